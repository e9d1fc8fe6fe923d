"""liquidate: how much, at what limit, for what penalty and tip.

A long of 10,000 lots (20,000 dollars) with 1,000 has at the price P an equity of 1,000 + 10 (P - 2,000)
and a maintenance
margin of P / 4. At 1,945: 450 of 486.25. A lot closed sets free 3 % of 1.945 (margin and buffer) and
costs 1.05 % at most.
"""

from dataclasses import replace

import pytest

from tests.support.engine import USDC
from tests.support.orders import reverts
from tests.support.waterfall import (
    CANCEL,
    KEEPER,
    LIQUIDATE,
    LONG,
    OWNER,
    PLENTY,
    RULES,
    SHORT,
    STRANGER,
    TAKE_OVER,
    TERMS,
    Waterfall,
    account,
    named,
    owner,
)
from walras.devtools.evm import address, artifact


def liquidated(falls: Waterfall, who: int, market: int = 0, sender: str = KEEPER) -> tuple[int, ...]:
    """Lots, tick, penalty and tip of a liquidation; order and money are these, and what was planned."""
    plan = tuple(falls.liquidator.plan(who, market))
    purse = int(sender, 16) << 8
    before = falls.collateral(who), falls.collateral(falls.own), falls.collateral(purse)
    (event,) = named(falls.act("liquidate", who, market, sender=sender), "Liquidated")
    assert (event["account"], event["market"], event["keeper"]) == (who, market, sender)
    lots, tick, held = (event[name] for name in ("lots", "tick", "held"))
    assert plan[:3] == (lots, tick, held)
    assert falls.orders(who, market) == [(lots < 0, tick, abs(lots))]
    assert falls.collateral(who) == before[0] - held
    assert falls.collateral(falls.own) == before[1] + held
    assert falls.collateral(purse) == before[2]
    assert falls.pending(who, market)[:3] == (abs(lots), abs(falls.lots(who, market)), held)
    assert falls.pending(who, market)[5] == (lots < 0)
    return plan


@pytest.mark.parametrize("sub", [0, 1])
def test_nothing_is_held_of_the_vaults_accounts(falls: Waterfall, sub: int) -> None:
    """It would be in no share price until the outcome is known: who entered meanwhile had a part of it."""
    winner, who = falls.fund_account(SHORT, PLENTY), falls.fund_account(LONG, 1_010 * USDC, sub)
    falls.trade(who, winner, 10_000)
    falls.price(1_945)
    falls.sync(who)
    assert falls.liquidator.plan(who, 0)[2] > 0
    falls.liquidator.set_backstop(account(LONG, 1), sender=OWNER)
    before = falls.equity(who)
    assert liquidated(falls, who)[2:] == (0, 0)
    assert falls.equity(who) == before
    falls.buy(winner, 10_000, 19_450)
    falls.close()
    falls.act("collect", who, 0)
    assert falls.lots(who) < 10_000
    assert falls.collateral(falls.keeper) == 0


def test_part_of_a_long(falls: Waterfall) -> None:
    """Short of 486.25 + 97.25 are 133.5: / (1.945 x 0.0195) = 3,519.9 lots. These may cost 35.2 % of 450."""
    long, short = falls.positions()
    falls.price(1_945)
    assert falls.margins(long) == (450 * USDC, 972_500_000, 486_250_000)
    # worth 6,846.40, penalty 1 %; (158.40 - 68.464) / 3,520 = 0.02555; 1.91945 / 0.9995 = 1.92041 a lot
    assert liquidated(falls, long) == (-3_520, 19_205, 68_464_000, 6_846_400)
    falls.buy(short, 3_520, 19_450)
    falls.close()
    falls.act("collect", long, 0)
    # 1,000 - penalty 68.464 - loss 193.60 - fee 3.4232; 6,480 lots are left, 55 cents below their price
    assert falls.collateral(long) == 734_512_800
    assert falls.margins(long)[::2] == (
        378_112_800,
        315_090_000,
    )  # 1.2 of it: with the buffer it wanted 378.108
    assert falls.collateral(falls.penalties) == 61_617_600
    assert falls.collateral(falls.own) == 0
    assert falls.stages(long) == [CANCEL]
    falls.check_money()


def test_part_of_a_short(falls: Waterfall) -> None:
    """At 2,055: 450 of 513.75; 166.5 / (2.055 x 0.0195) = 4,154.97 lots."""
    short, _ = falls.mirror()
    falls.price(2_055)
    assert falls.margins(short)[::2] == (450 * USDC, 513_750_000)
    # (186.975 - 85.38525) / 4,155 = 0.02445; 2.07945 / 1.0005 = 2.078411 a lot
    assert liquidated(falls, short) == (4_155, 20_784, 85_385_250, 8_538_525)


def test_margin_that_is_just_met(falls: Waterfall) -> None:
    """At 1,948.717948: equity 487.17948, maintenance 487.179487. A cent of price more, and it is met."""
    long, _ = falls.positions()
    falls.price(1_948.72)
    assert falls.margins(long)[::2] == (487_200_000, 487_180_000)
    assert falls.refuses("liquidate", long, 0) == "liquidation: margin is met"
    falls.price(1_948.71)
    assert falls.margins(long)[::2] == (487_100_000, 487_177_500)
    assert falls.refuses("liquidate", long, 0) == ""


def test_margin_to_the_unit(falls: Waterfall) -> None:
    """Equity equal to maintenance margin is enough."""
    long, _ = falls.positions()
    falls.price(1_948.71)
    falls.credit(long, 77_500)
    assert falls.equity(long) == 487_177_500
    assert falls.stages(long) == [CANCEL]
    assert falls.refuses("liquidate", long, 0) == "liquidation: margin is met"


def test_deep_closes_whole(falls: Waterfall) -> None:
    """300 of 482.5 are less than two thirds. Half of the 300 is the most that the penalty takes.

    The tip is capped.
    """
    long, _ = falls.positions()
    falls.price(1_930)
    # (300 - 150) / 10,000 = 0.015; 1.915 / 0.9995 = 1.915958
    assert liquidated(falls, long) == (-10_000, 19_160, 150 * USDC, 10 * USDC)


def test_two_thirds_are_not_deep(falls: Waterfall) -> None:
    """At 1,932, 483 of maintenance: 322 are two thirds of it, and a unit less is not."""
    long, _ = falls.positions()
    falls.price(1_932)
    falls.credit(long, 2 * USDC)
    assert falls.margins(long)[::2] == (322 * USDC, 483 * USDC)
    assert falls.stages(long) == [CANCEL | LIQUIDATE]
    assert liquidated(falls, long)[0] == -6_838  # (483 + 96.6 - 322) / (1.932 x 0.0195) = 6,837.6


def test_two_thirds_less_a_unit_are_deep(falls: Waterfall) -> None:
    long, _ = falls.positions(1_002 * USDC - 1)
    falls.price(1_932)
    assert falls.margins(long)[::2] == (322 * USDC - 1, 483 * USDC)
    assert falls.stages(long) == [CANCEL | LIQUIDATE | TAKE_OVER]
    assert liquidated(falls, long)[0] == -10_000


def test_dust_closes_whole(falls: Waterfall) -> None:
    """The position is worth 19,450 dollars."""
    long, _ = falls.positions()
    falls.price(1_945)
    falls.terms(min_notional=19_450 * USDC + 1)
    assert liquidated(falls, long)[0] == -10_000


@pytest.mark.parametrize(("least", "lots"), [(12_603_600_000, 3_520), (12_603_600_001, 10_000)])
def test_rest_that_would_be_dust_closes_too(falls: Waterfall, least: int, lots: int) -> None:
    """6,480 lots would be left, worth 12,603.60."""
    long, _ = falls.positions()
    falls.price(1_945)
    falls.terms(min_notional=least)
    assert liquidated(falls, long)[0] == -lots


def test_all_where_no_part_is_enough(falls: Waterfall) -> None:
    """A lot that costs 3.05 % and sets 3 % free brings no margin."""
    long, _ = falls.positions()
    falls.price(1_945)
    falls.terms(penalty_ppm=29_500)
    assert liquidated(falls, long)[0] == -10_000


def test_penalty_is_half_of_what_may_be_lost(falls: Waterfall) -> None:
    """At 5 % it were 972.5 for all; 450 may be lost."""
    long, _ = falls.positions()
    falls.price(1_945)
    falls.terms(penalty_ppm=50_000, tip_cap=2**48 - 1, tip_bps=5_000)
    assert liquidated(falls, long)[2:] == (225 * USDC, 112_500_000)


def test_penalty_is_no_more_than_the_collateral() -> None:
    """The profit of another market is equity, and no collateral."""
    falls = Waterfall((2_000, 2_000))
    rich = falls.fund_account(SHORT, PLENTY)
    who = falls.fund_account(LONG, 1_010 * USDC)
    for market in range(2):
        falls.trade(who, rich, 5_000, market=market)
    falls.take(who, 999 * USDC)
    falls.price(2_150, 1)  # 750 more
    falls.price(1_900, 0)  # 500 less: 251 of 506.25
    assert falls.margins(who)[::2] == (251 * USDC, 506_250_000)
    # bears 251 x 237.5 / 506.25 = 117.753086; (117.753086 - 1) / 5,000 = 0.02335; 1.87665 / 0.9995 = 1.87759
    assert liquidated(falls, who) == (-5_000, 18_776, USDC, 100_000)


def test_tip_has_a_cap_and_a_share(falls: Waterfall) -> None:
    long, _ = falls.positions()
    falls.price(1_945)
    falls.terms(tip_cap=6_846_399)
    checkpoint = falls.evm.snapshot()
    assert liquidated(falls, long)[3] == 6_846_399
    falls.evm.revert(checkpoint)
    falls.terms(tip_bps=0)
    assert liquidated(falls, long)[3] == 0


def test_degraded_price_counts_at_its_kindest(falls: Waterfall) -> None:
    """1,920 +- 19: at 1,939 there are 390 of 480; at 1,920 there were 200, which is deep."""
    long, _ = falls.positions()
    falls.price(1_920, doubt=19)
    assert falls.margins(long)[::2] == (200 * USDC, 480 * USDC)
    assert list(falls.liquidator.health([long])) == [(390 * USDC, 960 * USDC, 480 * USDC, CANCEL | LIQUIDATE)]
    assert liquidated(falls, long)[0] == -4_968  # 186 / (1.92 x 0.0195) = 4,967.9


def test_degraded_price_that_allows_margin_to_be_met(falls: Waterfall) -> None:
    long, _ = falls.positions()
    falls.price(1_930, doubt=19)  # 490 of 482.5 at 1,949
    assert falls.refuses("liquidate", long, 0) == "liquidation: margin is met"


def crossed() -> tuple[Waterfall, int]:
    """Two markets with 20,000 each and 2,200; at 1,860 in the first 800 of 965, of which 465 are its own."""
    falls = Waterfall((2_000, 2_000))
    who, rich = falls.fund_account(LONG, 2_220 * USDC), falls.fund_account(SHORT, PLENTY)
    for market in range(2):
        falls.trade(who, rich, 10_000, market=market)
    falls.price(1_860, 0)
    assert falls.margins(who)[::2] == (800 * USDC, 965 * USDC)
    return falls, who


def test_degraded_price_of_another_market_counts_at_its_kindest() -> None:
    """2,000 +- 10 in the other market: 100 more are possible, so 158 are short and not 258."""
    falls, who = crossed()
    falls.price(2_000, 1, doubt=10.2)
    falls.say(1_860)
    assert falls.liquidator.health([who])[0][0] == 902 * USDC
    assert liquidated(falls, who, 0)[0] == -4_302  # 156 / (1.86 x 0.0195) = 4,301.1


def test_cross_margin() -> None:
    """258 / (1.86 x 0.0195) = 7,113.3; 800 x 465 / 965 x 0.7114 = 274.23917 may be lost."""
    falls, who = crossed()
    checkpoint = falls.evm.snapshot()
    # (274.23917 - 132.3204) / 7,114 = 0.01994928; 1.84005072 / 0.9995 = 1.840971
    assert liquidated(falls, who, 0) == (-7_114, 18_410, 132_320_400, 10 * USDC)
    falls.evm.revert(checkpoint)
    assert liquidated(falls, who, 1)[0] == -6_795  # in the other 265 / (2 x 0.0195) = 6,794.9


def test_held_penalty_makes_nobody_deep() -> None:
    """What waits for the outcome still is the account's.

    Before, the first penalty let the backstop in elsewhere.
    """
    falls, who = crossed()
    falls.arm_backstop()
    falls.terms(0, penalty_ppm=20_000, tip_bps=100)
    _, _, held, tip = liquidated(falls, who, 0)
    assert (held, tip) == (192_746_113, 1_927_461)  # half of 385.492227
    assert falls.equity(who) == 800 * USDC - held < 643 * USDC  # two thirds
    assert falls.liquidator.health([who])[0][0] == 800 * USDC
    assert falls.refuses("take_over", who, 1, 10_000) == "liquidation: not so deep"


def test_continuous_mode_is_done_at_once() -> None:
    falls = Waterfall(interval=0)
    long, short = falls.positions()
    falls.price(1_945)
    falls.buy(short, 3_000, 19_450)
    events = falls.act("liquidate", long, 0)
    assert named(events, "Liquidated")[0]["lots"] == -3_520
    # 3,000 of 3,520 lots: 58.35 of 68.464
    assert named(events, "Collected") == [
        {
            "account": long,
            "market": 0,
            "filled": 3_000,
            "penalty": 58_350_000 - 5_835_000,
            "tip": 5_835_000,
            "returned": 68_464_000 - 58_350_000,
            "keeper": KEEPER,
        }
    ]
    assert falls.lots(long) == 7_000
    assert falls.orders(long) == []
    assert falls.pending(long)[:4] == (0, 0, 0, falls.evm.time)
    assert falls.collateral(falls.own) == 0
    falls.check_money()


def test_in_continuous_mode_bidders_have_time_to_come() -> None:
    """All the failures that the backstop waits for fitted into one transaction."""
    falls = Waterfall(interval=0)
    falls.arm_backstop()
    long, short = falls.positions()
    falls.price(1_945)
    falls.buy(short, 3_000, 19_450)
    falls.act("liquidate", long, 0)
    falls.price(1_932)
    falls.buy(short, 10, 19_320)
    for failures in range(1, TERMS.patience + 1):
        falls.act("liquidate", long, 0)  # the one before found a buyer, or is long ago
        assert falls.pending(long)[4] == failures
        at = falls.evm.time
        for later in (0, 29):
            falls.evm.time = at + later
            assert falls.refuses("liquidate", long, 0) == "liquidation: no buyer now"
        falls.evm.time = at + 30
        falls.say(1_932)
    falls.act("take_over", long, 0, 10_000)
    assert falls.lots(long) == 0


def test_in_batches_the_next_order_comes_at_once(falls: Waterfall) -> None:
    """Its batch is the time that bidders have."""
    long, _ = falls.positions()
    falls.price(1_945)
    falls.act("liquidate", long, 0)
    falls.close()
    falls.act("collect", long, 0)
    assert falls.pending(long)[3:5] == (falls.evm.time, 1)
    assert falls.refuses("liquidate", long, 0) == ""


def test_order_of_a_batch_where_there_are_none_any_more(falls: Waterfall) -> None:
    """Its failure is concluded by the next one: nobody has to collect it first, and wait."""
    long, _ = falls.positions()
    falls.price(1_945)
    falls.act("liquidate", long, 0)
    falls.engine.configure_book(0, 0, 1, sender=OWNER)
    falls.close()
    assert falls.engine.mark(0)[6] == 0
    falls.act("liquidate", long, 0)
    assert falls.pending(long)[4] == 2
    assert falls.refuses("liquidate", long, 0) == "liquidation: no buyer now"


def test_builder_is_reckoned_with(falls: Waterfall) -> None:
    """0.1 % more: 133.5 / (1.945 x 0.0185) = 3,710.1; 1.91945 / 0.9985 = 1.922334."""
    long, _ = falls.positions()
    builder = address(0xB1)
    falls.engine.set_sharing(long, "0x" + "0" * 40, builder, 1_000, sender=owner(long))
    falls.accounts |= {int(builder, 16) << 8}
    falls.price(1_945)
    assert liquidated(falls, long) == (-3_711, 19_224, 72_178_950, 7_217_895)


def test_sub_account_stands_alone(falls: Waterfall) -> None:
    long, _ = falls.positions()
    other = falls.fund_account(LONG, PLENTY, 1)
    falls.price(1_945)
    assert liquidated(falls, long)[0] == -3_520
    assert falls.refuses("liquidate", other, 0) == "liquidation: margin is met"
    assert falls.collateral(other) == PLENTY


def test_orders_are_cancelled_first(falls: Waterfall) -> None:
    """An account whose own asks would close the position has them replaced; other markets' orders stay."""
    falls = Waterfall((2_000, 2_000))
    long, _ = falls.positions(1_200 * USDC)
    falls.sell(long, 10_000, 21_000, reduce_only=True)
    falls.buy(long, 5, 19_000)
    falls.buy(long, 5, 19_000, 1)
    falls.price(1_920)  # 400 of 480
    assert liquidated(falls, long)[0] == -4_701
    assert len(falls.orders(long, 1)) == 1


def test_no_position(falls: Waterfall) -> None:
    falls.open_market(2_000)
    long, _ = falls.positions()
    falls.price(1_945)
    assert falls.refuses("liquidate", long, 1) == "liquidation: no position"


def test_healthy_account_without_a_position(falls: Waterfall) -> None:
    assert falls.refuses("liquidate", account(0x77), 0) == "liquidation: margin is met"


def test_market_that_is_not_configured(falls: Waterfall) -> None:
    falls.open_market(2_000, terms=None)
    long, _ = falls.positions()
    falls.price(1_945)
    assert falls.refuses("liquidate", long, 1) == "liquidation: not configured"
    falls.liquidator.configure(5, TERMS, sender=falls.liquidator.owner())
    assert falls.refuses("liquidate", long, 5) == "engine: unknown market"


def test_order_that_is_pending(falls: Waterfall) -> None:
    long, _ = falls.positions()
    falls.price(1_945)
    falls.act("liquidate", long, 0)
    assert falls.refuses("liquidate", long, 0) == "liquidation: order is pending"
    falls.close()
    assert falls.refuses("liquidate", long, 0) == ""


def test_stale_price(falls: Waterfall) -> None:
    long, _ = falls.positions()
    falls.price(1_945)
    falls.evm.time += 61
    assert falls.refuses("liquidate", long, 0) == "liquidation: price not fit"
    falls.say(1_945)
    assert falls.refuses("liquidate", long, 0) == ""


def test_halted_price(falls: Waterfall) -> None:
    long, _ = falls.positions()
    falls.price(1_945)
    falls.router.halt(0, sender=falls.liquidator.owner())
    falls.wait()
    assert falls.refuses("liquidate", long, 0) == "liquidation: price not fit"


def test_settled_market(falls: Waterfall) -> None:
    long, _ = falls.positions()
    falls.price(1_945)
    falls.liquidator.settle(0, sender=falls.liquidator.owner())
    assert falls.margins(long)[0] < falls.margins(long)[2]
    assert falls.refuses("liquidate", long, 0) == "liquidation: market is settled"


def test_batch_that_is_over_is_run_first(falls: Waterfall) -> None:
    """With the price that the source has now; its tip is the keeper's, as any runner's."""
    falls = Waterfall(rules=replace(RULES, tip=100_000))
    falls.credit(falls.runners, USDC)
    long, short = falls.positions()
    spare = falls.collateral(falls.runners)
    other = falls.fund_account(0x44, 10_000 * USDC)
    falls.buy(other, 100, 20_000)
    falls.sell(short, 100, 20_000)
    falls.wait()
    falls.say(1_945)
    falls.act("liquidate", long, 0)
    # of 200 dollars traded 0.05 % are 0.10, a tenth of which is 0.01
    assert falls.collateral(falls.runners) == spare - 10_000
    assert falls.collateral(falls.keeper) == 10_000
    assert falls.collateral(falls.own) == falls.pending(long)[2]


def test_nothing_left_goes_at_the_mark(falls: Waterfall) -> None:
    """-100: whole, without penalty or tip, and somebody who buys at the mark finds it.

    The rest is a deficit.
    """
    long, short = falls.positions()
    falls.insure(1_000 * USDC)
    falls.price(1_890)
    assert falls.equity(long) == -100 * USDC
    assert liquidated(falls, long) == (-10_000, 18_900, 0, 0)
    falls.buy(short, 10_000, 18_900)
    falls.close()
    falls.act("collect", long, 0)  # and resolved with it
    assert falls.fund.reserve() == 1_000 * USDC - 109_450_000  # and the fee on 18,900
    assert (falls.lots(long), falls.collateral(long)) == (0, 0)
    falls.check_money()


def test_equity_of_one_unit_is_something(falls: Waterfall) -> None:
    long, _ = falls.positions(1_000 * USDC + 1)
    falls.price(1_900)
    # half of a unit is nothing; one unit may be lost: 1.9 / 0.9995 a lot
    assert liquidated(falls, long) == (-10_000, 19_010, 0, 0)


def test_largest_order(falls: Waterfall) -> None:
    """A position beyond 2**28 - 1 lots goes in parts."""
    falls = Waterfall(rules=replace(RULES, soft_notional=2**39, hard_notional=2**40 - 1))
    lots = 2**28 + 5
    fee = lots * 2 * 500
    long, short = falls.fund_account(LONG, fee + lots * 100_000), falls.fund_account(SHORT, 10**12 * USDC)
    for part in (2**27, 2**27, 5):
        falls.trade(long, short, part)
    falls.price(1_900)
    assert liquidated(falls, long)[0] == -(2**28 - 1)


def test_through_a_contract(falls: Waterfall) -> None:
    """The tip is his who placed the order, whoever concludes it."""
    long, short = falls.positions()
    falls.price(1_945)
    caller = falls.evm.deploy(artifact("PayingCaller"))
    caller.forward(falls.liquidator.address, falls.liquidator.encode("liquidate", long, 0), sender=STRANGER)
    falls.buy(short, 3_520, 19_450)
    falls.close()
    falls.act("collect", long, 0)
    assert falls.collateral(falls.keeper) == 0
    assert falls.collateral(int(caller.address, 16) << 8) == 6_846_400
    assert falls.collateral(int(STRANGER, 16) << 8) == 0


def test_plan_of_what_would_be_refused(falls: Waterfall) -> None:
    """Zeros: margin is met, no position, not configured, settled; a market that is not there is said."""
    none = (0, 0, 0, 0)
    falls.open_market(2_000, terms=None)
    long, short = falls.positions(1_010 * USDC)
    assert falls.liquidator.plan(long, 0) == none
    falls.trade(long, short, 1, market=1)
    falls.price(1_945)
    assert falls.liquidator.plan(long, 0)[0] < -3_000
    assert falls.lots(long, 1) == 1
    assert falls.liquidator.plan(long, 1) == none
    assert falls.liquidator.plan(account(0x77), 0) == none
    with reverts("engine: unknown market"):
        falls.liquidator.plan(long, 9)
    falls.liquidator.settle(0, sender=falls.liquidator.owner())
    assert falls.liquidator.plan(long, 0) == none
