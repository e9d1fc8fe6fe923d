"""take_over: stage 3. At 1,930 the long has 300 of 482.5: two thirds are 321.67."""

import pytest

from tests.support.engine import USDC
from tests.support.waterfall import BIDDER, PLENTY, SCALE, SHORT, Waterfall, account, named


@pytest.fixture
def deep(falls: Waterfall) -> int:
    """The long at 1,930, the backstop rich."""
    long, _ = falls.positions()
    falls.arm_backstop()
    falls.price(1_930)
    return long


def test_whole_at_the_discount(falls: Waterfall, deep: int) -> None:
    """1 % off 1.93 a lot: 193 of the 300 are lost with it."""
    (event,) = named(falls.act("take_over", deep, 0, 10_000), "TakenOver")
    assert event == {"account": deep, "market": 0, "lots": 10_000, "price": 1_910_700 << SCALE}
    assert (falls.lots(deep), falls.collateral(deep)) == (0, 107 * USDC)
    assert tuple(falls.engine.position(falls.backstop, 0))[:2] == (10_000, -19_107 * USDC)
    assert falls.equity(falls.backstop) == PLENTY + 193 * USDC
    falls.check_money()


def test_short(falls: Waterfall) -> None:
    """At 2,070: 300 of 517.5; 1 % above 2.07: 207 are lost."""
    short, _ = falls.mirror()
    falls.arm_backstop()
    falls.price(2_070)
    (event,) = named(falls.act("take_over", short, 0, 10_000), "TakenOver")
    assert (event["lots"], event["price"]) == (-10_000, 2_090_700 << SCALE)
    assert falls.collateral(short) == 93 * USDC
    falls.check_money()


@pytest.mark.parametrize(
    ("index", "price", "left"),
    [
        (1_940, 1_910_700, 107),
        (1_930, 1_910_700, 107),
        (1_920, 1_900_700, 7),
        (1_919.3, 1_900_000, 0),
        (1_900, 1_900_000, 0),
    ],
)
def test_discount_is_off_the_index_where_that_is_lower(
    falls: Waterfall, deep: int, index: float, price: int, left: int
) -> None:
    """Who holds all of a market's open interest makes its mark: the backstop paid it, 2 % above the index."""
    falls.index(index)
    (event,) = named(falls.act("take_over", deep, 0, 10_000), "TakenOver")
    assert event["price"] == price << SCALE
    assert falls.collateral(deep) == left * USDC
    falls.check_money()


@pytest.mark.parametrize(("index", "price"), [(2_060, 2_090_700), (2_075, 2_095_700), (2_100, 2_100_000)])
def test_short_gets_the_higher_one(falls: Waterfall, index: float, price: int) -> None:
    short, _ = falls.mirror()
    falls.arm_backstop()
    falls.price(2_070)
    falls.index(index)
    assert named(falls.act("take_over", short, 0, 10_000), "TakenOver")[0]["price"] == price << SCALE


def test_discount_is_what_the_account_can_bear(falls: Waterfall) -> None:
    """At 1,905 it has 50 left, half a cent a lot; 1 % were 1.9."""
    long, _ = falls.positions()
    falls.arm_backstop()
    falls.price(1_905)
    (event,) = named(falls.act("take_over", long, 0, 10_000), "TakenOver")
    assert event["price"] == 1_900_000 << SCALE
    assert falls.collateral(long) == 0


def test_part(falls: Waterfall, deep: int) -> None:
    """4,000 lots: 0.0193 each; the rest keeps 300 - 77.2 = 222.8 of 289.5."""
    falls.act("take_over", deep, 0, 4_000)
    assert falls.lots(deep) == 6_000
    assert falls.margins(deep)[::2] == (222_800_000, 289_500_000)
    assert falls.refuses("take_over", deep, 0, 6_000) == "liquidation: not so deep"


@pytest.mark.parametrize(("lots", "taken"), [(9_948, 9_948), (9_949, 10_000), (2**255, 10_000)])
def test_dust_goes_with_it(falls: Waterfall, deep: int, lots: int, taken: int) -> None:
    """52 lots are worth 100.36, 51 are 98.43: less than 100."""
    assert named(falls.act("take_over", deep, 0, lots), "TakenOver")[0]["lots"] == taken


def test_two_thirds_are_met(falls: Waterfall) -> None:
    long, _ = falls.positions()
    falls.arm_backstop()
    falls.price(1_932)
    falls.credit(long, 2 * USDC - 1)
    assert falls.refuses("take_over", long, 0, 10_000) == ""
    falls.credit(long, 1)
    assert falls.refuses("take_over", long, 0, 10_000) == "liquidation: not so deep"


def fail(falls: Waterfall, who: int, times: int) -> None:
    """Orders that find no buyer."""
    for _ in range(times):
        falls.act("liquidate", who, 0)
        falls.close()
    falls.act("collect", who, 0)


def test_after_orders_that_found_no_buyer(falls: Waterfall) -> None:
    """Two in a row; the account is not deep."""
    long, _ = falls.positions()
    falls.arm_backstop()
    falls.price(1_945)
    fail(falls, long, 1)
    assert falls.refuses("take_over", long, 0, 10_000) == "liquidation: not so deep"
    fail(falls, long, 1)
    assert falls.refuses("take_over", long, 0, 10_000) == ""
    falls.evm.time += 599
    falls.say(1_945)
    assert falls.refuses("take_over", long, 0, 10_000) == ""
    falls.evm.time += 1
    falls.say(1_945)
    assert falls.refuses("take_over", long, 0, 10_000) == "liquidation: not so deep"


def test_order_that_is_pending_does_not_stand_in_the_way(falls: Waterfall, deep: int) -> None:
    """Before, whoever liquidated in each batch kept the backstop away for good.

    What was held is the account's.
    """
    falls.act("liquidate", deep, 0)
    events = falls.act("take_over", deep, 0, 10_000)
    assert named(events, "Collected")[0]["returned"] == 150 * USDC
    assert falls.collateral(deep) == 107 * USDC
    assert falls.orders(deep) == []
    falls.check_money()


def test_penalty_of_another_market_pays_no_discount(falls: Waterfall) -> None:
    """What is held for an order that filled is the insurance's: it is not there to be taken off the mark.

    Before, the backstop had it, and the insurance paid it, where nobody had collected before.
    """
    elsewhere = falls.open_market(2_000)
    falls.insure(1_000 * USDC)
    long, short = falls.positions(1_000 * USDC)
    falls.credit(long, 1_010 * USDC)
    falls.trade(long, short, 10_000, market=elsewhere)
    falls.arm_backstop()
    falls.price(1_880, elsewhere)
    falls.price(1_960)
    assert falls.equity(long) == 400 * USDC
    falls.act("liquidate", long, elsewhere)
    held = falls.pending(long, elsewhere)[2]
    tick = falls.orders(long, elsewhere)[0][1]
    falls.buy(falls.fund_account(BIDDER, PLENTY), 10_000, tick, elsewhere)
    falls.close(elsewhere)
    falls.close()
    falls.sync(long)
    assert (falls.lots(long, elsewhere), falls.pending(long, elsewhere)[2]) == (0, held)
    falls.price(1_960 - (falls.equity(long) - 20 * USDC) // 10 / USDC)
    assert 20 * USDC <= falls.equity(long) < 21 * USDC < held
    falls.act("take_over", long, 0, 10_000)
    assert 0 <= falls.collateral(long) <= 1
    falls.act("collect", long, elsewhere)
    assert 0 <= falls.collateral(long) <= 1
    assert falls.fund_paid() == 0
    falls.check_money()


def test_own_reductions_in_an_open_batch_cost_no_penalty(falls: Waterfall, deep: int) -> None:
    falls.act("liquidate", deep, 0)
    falls.act("take_over", deep, 0, 5_000)
    assert falls.collateral(falls.penalties) == 0


def test_deficit_is_covered_at_once(falls: Waterfall) -> None:
    """At 1,890 100 are missing: 60 of the fund, 40 of 20,000 lots: a fifth of a cent each."""
    long, short = falls.positions()
    falls.arm_backstop()
    falls.insure(60 * USDC)
    falls.price(1_890)
    before = falls.equity(short), falls.equity(falls.backstop)
    events = falls.act("take_over", long, 0, 10_000)
    assert named(events, "TakenOver")[0]["price"] == 1_890_000 << SCALE
    assert named(events, "Covered") == [
        {"account": long, "market": 0, "insured": 60 * USDC, "socialised": 40 * USDC}
    ]
    assert falls.collateral(long) == 0
    assert falls.equity(short) == before[0] - 20 * USDC
    assert falls.equity(falls.backstop) == before[1] - 20 * USDC
    assert falls.fund.reserve() == 0
    assert falls.engine.gate() == falls.evm.time + 3_600
    falls.check_money()


@pytest.mark.parametrize("market", [0])
def test_cap_of_the_fund(falls: Waterfall, market: int) -> None:
    long, _ = falls.positions()
    falls.arm_backstop()
    falls.insure(1_000 * USDC, cap=70 * USDC, market=market)
    falls.price(1_890)
    (event,) = named(falls.act("take_over", long, 0, 10_000), "Covered")
    assert (event["insured"], event["socialised"]) == (70 * USDC, 30 * USDC)


def test_fund_that_refuses_stops_nothing(falls: Waterfall) -> None:
    """A fund whose engine is another: all is socialised."""
    long, _ = falls.positions()
    falls.arm_backstop()
    falls.price(1_890)
    fund = falls.fund
    assert fund.draw_capacity(0) == 0
    (event,) = named(falls.act("take_over", long, 0, 10_000), "Covered")
    assert (event["insured"], event["socialised"]) == (0, 100 * USDC)


@pytest.mark.parametrize(
    ("money", "reason"), [(772_000_000, ""), (771_999_999, "liquidation: backstop is full")]
)
def test_backstop_needs_initial_margin(falls: Waterfall, money: int, reason: str) -> None:
    """5 % of 19,300 are 965, and it gains 193."""
    long, _ = falls.positions()
    falls.arm_backstop(money)
    falls.price(1_930)
    assert falls.refuses("take_over", long, 0, 10_000) == reason


def test_backstop_below_margin_may_reduce(falls: Waterfall) -> None:
    """It is short, and poor; a long on its way down makes it less so.

    Before, neither it nor others could take that long.
    """
    long, _ = falls.positions()
    falls.arm_backstop(2_020 * USDC)
    falls.trade(falls.fund_account(BIDDER, PLENTY), falls.backstop, 20_000)
    falls.price(1_930)  # 1,400 more
    falls.take(falls.backstop, 2_000 * USDC)
    falls.take(falls.backstop, falls.collateral(falls.backstop))
    equity, initial, _ = falls.margins(falls.backstop)
    assert equity == 1_400 * USDC < initial == 1_930 * USDC
    falls.price(1_960)
    falls.price(1_930)
    assert falls.refuses("nominate", long, 0, account(SHORT)) == "liquidation: backstop has room"
    falls.act("take_over", long, 0, 10_000)
    assert falls.lots(falls.backstop) == -10_000
    # 193 of discount and 1,400 are not below the 965 that are needed now; poorer it would reduce as well
    assert falls.margins(falls.backstop)[:2] == (1_593 * USDC, 965 * USDC)


def test_backstop_that_stays_below_margin_may_reduce(falls: Waterfall) -> None:
    long, _ = falls.positions()
    falls.arm_backstop(4_040 * USDC)
    falls.trade(falls.fund_account(BIDDER, PLENTY), falls.backstop, 40_000)
    falls.price(1_930)  # 2,800 more
    falls.take(falls.backstop, falls.collateral(falls.backstop))
    assert falls.margins(falls.backstop)[:2] == (2_800 * USDC, 3_860 * USDC)
    falls.open_market(2_000)
    other = falls.fund_account(0x55, PLENTY)
    falls.credit(falls.backstop, 3_000 * USDC)
    falls.trade(falls.backstop, other, 18_000, market=1)
    falls.take(falls.backstop, falls.collateral(falls.backstop))
    falls.say(1_930)
    equity, initial, _ = falls.margins(falls.backstop)
    assert (equity, initial) == (2_800 * USDC, 5_660 * USDC)
    falls.act("take_over", long, 0, 10_000)
    assert falls.lots(falls.backstop) == -30_000
    assert falls.margins(falls.backstop)[:2] == (2_993 * USDC, 4_695 * USDC)


def test_who_is_no_backstop(falls: Waterfall, deep: int) -> None:
    assert falls.refuses("take_over", deep, 0, 0) == "liquidation: backstop is full"
    falls.liquidator.set_backstop(0, sender=falls.liquidator.owner())
    assert falls.refuses("take_over", deep, 0, 1) == "liquidation: backstop is full"
    falls.liquidator.set_backstop(deep, sender=falls.liquidator.owner())
    assert falls.refuses("take_over", deep, 0, 10_000) == "liquidation: backstop is full"


@pytest.mark.parametrize(("pot", "tip"), [(10 * USDC, 965_000), (400_000, 400_000), (0, 0)])
def test_keeper_is_paid_out_of_the_pot(falls: Waterfall, deep: int, pot: int, tip: int) -> None:
    """A tenth of 0.05 % of 19,300."""
    falls.credit(falls.runners, pot)
    falls.act("take_over", deep, 0, 10_000)
    assert falls.collateral(falls.keeper) == tip
    assert falls.collateral(falls.runners) == pot - tip


def test_pay_has_a_cap(falls: Waterfall, deep: int) -> None:
    falls.credit(falls.runners, PLENTY)
    falls.terms(tip_cap=900_000)
    falls.act("take_over", deep, 0, 10_000)
    assert falls.collateral(falls.keeper) == 900_000


def test_refusals(falls: Waterfall, deep: int) -> None:
    falls.open_market(2_000)
    falls.open_market(2_000, terms=None)
    short = account(SHORT)
    assert falls.refuses("take_over", short, 0, 1) == "liquidation: margin is met"
    assert falls.refuses("take_over", deep, 1, 1) == "liquidation: no position"
    assert falls.refuses("take_over", deep, 2, 1) == "liquidation: not configured"
    falls.evm.time += 61
    assert falls.refuses("take_over", deep, 0, 1) == "liquidation: price not fit"


def test_settled(falls: Waterfall, deep: int) -> None:
    falls.liquidator.settle(0, sender=falls.liquidator.owner())
    falls.credit(deep, 0)
    assert falls.refuses("take_over", deep, 0, 1) == "liquidation: market is settled"
