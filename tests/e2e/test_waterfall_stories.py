"""What went wrong on other exchanges, each told with its mechanism, and tried here.

What the waterfall makes of it.
"""

from dataclasses import replace
from typing import Final

import pytest

from tests.support.engine import USDC
from tests.support.orders import reverts
from tests.support.waterfall import (
    BIDDER,
    KEEPER,
    LONG,
    OWNER,
    PAR,
    PLENTY,
    RULES,
    SHORT,
    STRANGER,
    Waterfall,
    account,
    named,
    owner,
)
from walras.devtools.evm import artifact
from walras.model.book import NewOrder
from walras.model.triggers import NewTrigger

ATTACKER: Final = 0x77
GAS: Final = 15_000_000


def test_pumped_profit_is_no_cash_and_its_account_falls_with_it() -> None:
    """Mango, October 2022: one trader on both sides pumps his own market.

    Unrealised profit serves as collateral.

    He is both sides of a market that he then pumps through its price source. Here the profit never
    leaves as cash, and
    when the price is back his other account pays: both together have what they began with, less fees.
    """
    falls = Waterfall((2_000, 2_000), rules=replace(RULES, initial_ppm=200_000))
    falls.insure(0, 0)
    falls.positions(50_000 * USDC, market=1)  # everybody else
    long, short = falls.fund_account(ATTACKER, 10_020 * USDC), falls.fund_account(ATTACKER, 10_020 * USDC, 1)
    falls.trade(long, short, 10_000)
    for price in (2_200, 2_500, 2_900):
        falls.price(price)
    assert falls.equity(long) == 19_010 * USDC
    with reverts("engine: margin missed"):  # 14,500 of margin are free by equity; it is no cash
        falls.engine.withdraw(long, 10_010 * USDC + 1, STRANGER, sender=owner(long))
    spent = falls.collateral(long) + falls.collateral(short)
    out = min(falls.collateral(long), 19_010 * USDC - 5_800 * USDC)
    falls.engine.withdraw(long, out, STRANGER, sender=owner(long))
    falls.price(2_000)
    falls.price(1_800)
    assert falls.equity(long) < 0  # he is worth less than he took; who bears it?
    before = {one: falls.equity(one) for one in (account(LONG), account(SHORT))}
    falls.price(1_800)
    falls.act("nominate", long, 0, short)
    falls.evm.time += 30
    falls.say(1_800)
    falls.say(2_000, 1)
    falls.act("deleverage", long, 0)
    # the other side was his own: the haircut is his as well
    assert falls.lots(long) == falls.lots(short) == 0
    assert out + falls.collateral(long) + falls.collateral(short) <= spent
    assert {one: falls.equity(one) for one in before} == before
    assert falls.engine.bad_debt() == 0
    falls.check_money()


def test_pushed_spot_fills_nobody_at_the_oracles_price() -> None:
    """GMX on AVAX, September 2022.

    Fills at an oracle's price without impact, while the spot behind it is pushed.

    Here a fill needs somebody on the other side: who pushes the source for a batch finds the bids that
    are in the book, and a
    liquidation that the push brings about is sold at its limit or better, to whoever bids most.
    """
    falls = Waterfall()
    long, short = falls.positions()
    attacker, honest = falls.fund_account(ATTACKER, PLENTY), falls.fund_account(BIDDER, PLENTY)
    falls.price(1_945)  # pushed
    falls.act("liquidate", long, 0, sender=owner(attacker))
    limit = falls.orders(long)[0][1]
    assert limit == 19_205
    falls.buy(attacker, 3_520, limit)  # he bids the worst that the account can take
    falls.buy(honest, 3_520, 19_990)  # and somebody who knows better bids more
    falls.wait()
    falls.say(2_000)
    falls.auction()
    falls.sync(attacker, honest, long)
    assert (falls.lots(attacker), falls.lots(honest)) == (0, 3_520)
    falls.act("collect", long, 0)
    assert falls.collateral(long) == 734_512_800  # sold at 1,945, the mark of the batch, and not at 1,920.5
    assert falls.lots(short) == -10_000
    falls.check_money()


@pytest.mark.parametrize("price", [1_500, 1_100, 600])
def test_toxic_position_costs_the_backstop_no_more_than_it_has(price: int) -> None:
    """Hyperliquid's JELLY, March 2025.

    The vault inherits a toxic position, shares its collateral, and deleveraging never fires.

    The backstop is an account of the vault with a fifth of its capital. The market falls on after it took
    a position over: it ends at nothing, others by rank take the position, and providers lost a fifth alone.
    """
    falls = Waterfall()
    vault = falls.evm.deploy(artifact("Vault"), OWNER, falls.engine.address, "Walras liquidity", "WLP")
    vault.set_deposit_cap(10**12, sender=OWNER)
    provider = owner(account(BIDDER))
    falls.token.mint(provider, 5_000 * USDC)
    falls.token.approve(vault.address, 2**256 - 1, sender=provider)
    shares = vault.deposit(5_000 * USDC, provider, sender=provider)
    vault.fund_backstop(1_000 * USDC, sender=OWNER)
    main = int(vault.address, 16) << 8
    backstop = main | 1
    falls.accounts |= {main, backstop}
    falls.act("set_backstop", backstop, sender=OWNER)
    long, short = falls.positions()
    falls.price(1_920)
    falls.act("take_over", long, 0, 10_000)
    assert falls.lots(backstop) == 10_000
    falls.price(price)
    assert falls.equity(backstop) < 0
    falls.act("nominate", backstop, 0, short)
    falls.evm.time += 30
    falls.say(price)
    falls.act("deleverage", backstop, 0)
    assert (falls.lots(backstop), falls.collateral(backstop)) == (0, 0)
    assert (falls.collateral(main), falls.lots(main)) == (4_000 * USDC, 0)
    assert (vault.totalAssets(), vault.balanceOf(provider)) == (4_000 * USDC, shares)
    assert falls.engine.bad_debt() == 0
    falls.check_money()


def test_deleveraging_takes_what_is_owed_and_no_more() -> None:
    """Hyperliquid, 10 October 2025.

    34,983 deleveraging fills in 12 minutes took 45 to 52 million more than was owed.

    Ten bankrupt longs, the other side deleveraged for each: what the winners give up is what the
    bankrupt owed, and a unit for
    each fill at most. Who is not needed keeps his position.
    """
    falls = Waterfall()
    shorts = [falls.fund_account(SHORT, 20_000 * USDC, sub) for sub in range(1, 5)]
    longs = [falls.fund_account(LONG, 1_010 * USDC, sub) for sub in range(10)]
    for number, long in enumerate(longs):
        falls.trade(long, shorts[number % 3], 10_000)
    spare = shorts[3]
    falls.trade(falls.fund_account(BIDDER, PLENTY), spare, 10_000)
    falls.price(1_880)
    owed = -sum(map(falls.equity, longs))
    assert owed == 10 * 200 * USDC
    before = sum(map(falls.equity, shorts))
    fills = 0
    for long in longs:
        for short in shorts[:3]:
            if falls.lots(short):
                falls.act("nominate", long, 0, short)
        falls.evm.time += 30
        falls.say(1_880)
        fills += len(named(falls.act("deleverage", long, 0), "Deleveraged"))
    assert all(falls.lots(long) == falls.collateral(long) == 0 for long in longs)
    assert owed <= before - sum(map(falls.equity, shorts)) <= owed + fills
    assert falls.lots(spare) == -10_000
    assert sum(falls.lots(short) for short in shorts[:3]) == 0
    falls.check_money()


def test_price_of_zero_liquidates_nobody() -> None:
    """Paradex, January 2026: a migration publishes a price of 0, and everybody long is liquidated.

    A source that says 0 is no source: the price is not fit, the mark stays where it was, and no stage
    moves anything.
    """
    falls = Waterfall()
    falls.arm_backstop()
    long, short = falls.positions()
    falls.wait()
    falls.say(0)
    falls.auction()
    assert falls.engine.mark(0)[0] == PAR * 100 << 41
    for who in (long, short):
        for name, args in (
            ("liquidate", ()),
            ("take_over", (10_000,)),
            ("nominate", (short,)),
            ("cancel_orders", ()),
        ):
            assert falls.refuses(name, who, 0, *args) == "liquidation: margin is met"
    falls.price(2_000)
    assert falls.stages(long, short) == [0, 0]


def test_frozen_oracle_lets_nobody_trade_on_the_old_price() -> None:
    """Levana, December 2023: the chain is congested, the price stale, and traders open at the old one.

    While the source is silent nobody opens, withdraws with a position, or is liquidated; the first
    price after
    it is what everybody is judged by.
    """
    falls = Waterfall()
    long, _ = falls.positions()
    falls.arm_backstop()
    falls.evm.time += 61
    late = falls.fund_account(ATTACKER, PLENTY)
    with reverts("engine: price not fit"):
        falls.buy(late, 10_000)
    with reverts("engine: price not fit"):
        falls.engine.withdraw(long, 1, STRANGER, sender=owner(long))
    falls.price(1_920)
    assert falls.refuses("take_over", long, 0, 10_000) == ""
    falls.evm.time += 61  # it freezes at a loss
    falls.auction()
    assert falls.refuses("take_over", long, 0, 10_000) == "liquidation: price not fit"


def test_frozen_market_shields_nobody_in_others() -> None:
    """The same from the other side.

    Who freezes a market on purpose, where he holds a lot, is liquidated in the others.

    Even where its price is HALTED, its last mark counts.
    """
    falls = Waterfall((2_000, 2_000))
    long, _ = falls.positions(1_010 * USDC)
    rich = falls.fund_account(BIDDER, PLENTY)
    falls.trade(long, rich, 1, market=1)
    falls.router.halt(1, sender=OWNER)
    falls.arm_backstop()
    falls.price(1_940)
    falls.wait(1)
    assert falls.refuses("liquidate", long, 1) == "liquidation: price not fit"
    checkpoint = falls.evm.snapshot()
    falls.act("liquidate", long, 0)
    falls.buy(rich, 10_000, 19_400)
    falls.close()
    falls.act("collect", long, 0)
    assert falls.lots(long) < 10_000
    falls.evm.revert(checkpoint)
    falls.price(1_910)
    falls.act("take_over", long, 0, 10_000)
    assert falls.lots(long) == 0


def test_callback_in_the_midst_of_a_close_finds_every_door_shut() -> None:
    """GMX v1, July 2025: a callback enters another contract in the middle of a close.

    The insurance fund pays in the midst of a take-over, with a token that calls back. Whatever it
    calls, of engine, fund or
    waterfall, changes nothing: the doors are locked, or there is nothing to do.
    """
    calls = (
        ("liquidator", "resolve", lambda who: (who,)),
        ("liquidator", "take_over", lambda who: (who, 0, 10_000)),
        ("liquidator", "liquidate", lambda who: (who, 0)),
        ("liquidator", "settle_position", lambda who: (who, 0)),
        ("fund", "contribute", lambda who: (1,)),
        ("fund", "draw", lambda who: (0, 1)),
    )
    for name, function, arguments in calls:
        falls = Waterfall(token="HostileToken")
        long, _ = falls.positions()
        falls.arm_backstop()
        falls.insure(1_000 * USDC)
        falls.price(1_890)
        target = getattr(falls, name)
        falls.token.call_back(target.address, target.encode(function, *arguments(long)))
        falls.act("take_over", long, 0, 10_000)
        assert falls.token.called() != 0
        assert falls.token.answered() == 0, function
        assert falls.collateral(long) == 0
        assert falls.fund.reserve() == 900 * USDC
        falls.check_money()


def test_open_forwarder_reaches_no_price_and_no_hook() -> None:
    """KiloEx, April 2025: an open forwarder reaches the price setter.

    A contract that forwards whatever anybody asks it is nobody special here: no hook of the engine, no
    draw of the fund, no
    setting answers it, and through the engine's own `multicall` nobody is more than he was.
    """
    falls = Waterfall()
    long, short = falls.positions()
    caller = falls.evm.deploy(artifact("PayingCaller"))
    hooks = (
        ("force_cancel", (long, 0)),
        ("force_order", (long, 0, NewOrder(True, 1, 1, reduce_only=True))),
        ("force_trade", (long, short, 0, -1, 1)),
        ("force_payment", (long, short, 1)),
        ("force_socialise", (long, 0, 1)),
        ("force_settle", (0, 1)),
    )
    for name, args in hooks:
        data = falls.engine.encode(name, *args)
        with reverts("engine: not the liquidator"):
            caller.forward(falls.engine.address, data, sender=STRANGER)
        with reverts("engine: not the liquidator"):
            falls.engine.multicall([data], sender=STRANGER)
    with reverts("fund: only engine"):
        caller.forward(falls.fund.address, falls.fund.encode("draw", 0, 1), sender=STRANGER)
    with reverts("ownable: caller is not the owner"):
        caller.forward(falls.router.address, falls.router.encode("resume", 0), sender=STRANGER)
    with reverts("ownable: caller is not the owner"):
        caller.forward(falls.liquidator.address, falls.liquidator.encode("set_backstop", short), sender=OWNER)


@pytest.mark.parametrize("parts", [2, 5, 10])
def test_splitting_over_accounts_gains_nothing(parts: int) -> None:
    """Dust and split accounts.

    Margins that round down, penalties with a floor, deficits too small to be worth a call.

    The same position in several accounts: the sum of what is needed, and of what a liquidation leaves,
    is no better.
    """
    left, needed = [], []
    for split in (1, parts):
        falls = Waterfall()
        rich = falls.fund_account(SHORT, PLENTY)
        accounts = [falls.fund_account(LONG, 1_010 * USDC // split, sub) for sub in range(split)]
        for one in accounts:
            falls.trade(one, rich, 10_000 // split)
        falls.price(1_930.1)
        needed.append(sum(falls.margins(one)[2] for one in accounts))
        for one in accounts:
            falls.act("liquidate", one, 0)
        falls.buy(rich, 10_000, 19_301)
        falls.close()
        for one in accounts:
            falls.act("collect", one, 0)
            assert falls.lots(one) == 0
        left.append(sum(map(falls.collateral, accounts)))
        falls.check_money()
    assert needed[1] >= needed[0]
    assert left[1] <= left[0]


@pytest.mark.parametrize("is_taker", [False, True])
def test_liquidating_oneself_brings_nothing(is_taker: bool) -> None:
    """Perennial, July 2023: open, and liquidate oneself for the reward.

    Victim, keeper, and where he can the buyer at the worst price are one: together they have no more
    than before, and
    tips never exceed what their own accounts paid.
    """
    falls = Waterfall()
    falls.terms(tip_bps=5_000, tip_cap=2**48 - 1, penalty_ppm=50_000)
    falls.credit(falls.runners, PLENTY)
    pot = falls.collateral(falls.runners)
    long, short = falls.fund_account(ATTACKER, 1_010 * USDC), falls.fund_account(ATTACKER, 30_000 * USDC, 1)
    keeper = account(ATTACKER)
    falls.trade(long, short, 10_000)
    falls.price(1_945)
    before = falls.equity(long) + falls.equity(short)
    for _ in range(3):
        collateral = falls.collateral(long)
        (event,) = named(falls.act("liquidate", long, 0, sender=owner(keeper)), "Liquidated")
        assert falls.collateral(long) == collateral - event["held"]
        if is_taker and falls.orders(long):
            falls.buy(short, falls.orders(long)[0][2], falls.orders(long)[0][1], reduce_only=True)
        falls.close()
        (told,) = named(falls.act("collect", long, 0), "Collected")
        # the owner's account 0 is the victim: the tip comes back to it, and is what it paid
        assert told["tip"] <= told["tip"] + told["penalty"] == event["held"] - told["returned"]
        falls.sync(short)
        if falls.refuses("liquidate", long, 0):
            break
    assert falls.equity(long) + falls.equity(short) <= before
    assert falls.collateral(falls.runners) == pot
    falls.check_money()


def test_cancelling_the_order_of_a_liquidation_lets_the_backstop_in() -> None:
    """The owner takes the order off the book each time.

    No buyer is no buyer, and after two the backstop comes.
    """
    falls = Waterfall()
    falls.arm_backstop()
    long, _ = falls.positions()
    falls.price(1_945)
    for _ in range(2):
        falls.act("liquidate", long, 0)
        falls.engine.cancel_all(long, 0, sender=owner(long))
        falls.close()
    falls.act("take_over", long, 0, 10_000)
    assert falls.lots(long) == 0


def test_spam_of_orders_makes_no_liquidation_too_dear() -> None:
    """32 orders in each of 16 markets, to make a liquidation cost more than a block.

    Every stage stays below 15M gas.

    The account has a position in each market too. pyrevm counts less for what was touched before; the
    benchmark's
    `liquidate.worst` measures the same on a chain.
    """
    falls = Waterfall((2_000,) * 16)
    rich = falls.fund_account(SHORT, PLENTY)
    spammer = falls.fund_account(ATTACKER, 1_020 * USDC)
    falls.trade(spammer, rich, 9_000)
    for market in range(1, 16):
        falls.say(2_000, market)
        falls.trade(spammer, rich, 1, market=market)
    for market in range(16):
        falls.say(2_000, market)
        ladder = [NewOrder(False, 16_001 + 16 * number, 1) for number in range(32)]
        falls.engine.cancel_replace(spammer, market, [], ladder, True, sender=owner(spammer))
    for market in range(16):
        falls.price(2_000, market)
    falls.arm_backstop()
    falls.price(1_935)
    assert falls.equity(spammer) * 3 >= 2 * falls.margins(spammer)[2] > 0
    checkpoint = falls.evm.snapshot()
    falls.act("liquidate", spammer, 0, gas=GAS)
    falls.evm.revert(checkpoint)
    falls.price(1_880)
    for name, args in (("cancel_orders", ()), ("liquidate", ()), ("take_over", (9_000,))):
        checkpoint = falls.evm.snapshot()
        falls.act(name, spammer, 0, *args, gas=GAS)
        falls.evm.revert(checkpoint)
    for market in range(1, 16):  # out of everything but the first
        falls.take_lot(spammer, rich, market)
    assert sum(len(falls.orders(spammer, market)) for market in range(16)) >= 15 * 32
    falls.act("take_over", spammer, 0, 9_000, gas=GAS)
    assert falls.collateral(spammer) == 0
    assert sum(len(falls.orders(spammer, market)) for market in range(16)) == 0


def test_fills_in_many_parts_are_settled_market_by_market() -> None:
    """Orders that fill a lot at a time, in all markets, so that one settlement of them all is too dear.

    Anybody settles one market alone by a sweep of nothing, and the rest is cheap.
    """
    falls = Waterfall((2_000, 2_000))
    maker, other = falls.fund_account(ATTACKER, 1_000 * USDC), falls.fund_account(SHORT, PLENTY)
    for market in range(2):
        falls.buy(maker, 10, market=market)
    for market in range(2):
        for _ in range(3):
            falls.say(2_000, market)
            falls.sell(other, 1, market=market)
            falls.close(market)
    assert [falls.lots(maker, market) for market in range(2)] == [0, 0]
    falls.engine.sweep(maker, 1, [], sender=STRANGER)
    assert [falls.lots(maker, market) for market in range(2)] == [0, 3]
    assert len(falls.orders(maker, 1)) == 1


ACCOUNTS: Final = 2_000


def test_crash_that_wipes_out_a_third() -> None:
    """A third of all accounts at once, by keepers alone.

    Every account ends in order, and the sum of money is exact.

    Longs of leverage 19 down to 2, against shorts of as many; the price falls by a tenth in one step,
    nobody bids, the
    backstop is small and the fund smaller. Keepers do what `health` says until it says nothing.
    """
    falls = Waterfall(rules=replace(RULES, taker_ppm=500))
    falls.arm_backstop(20_000 * USDC)
    falls.insure(500 * USDC)
    longs, shorts = [], []
    for number in range(ACCOUNTS // 2):
        money = (105 + number * 880 // (ACCOUNTS // 2)) * USDC
        long = falls.fund_account(0x1000 + number // 256, money, number % 256)
        short = falls.fund_account(0x2000 + number // 256, money, number % 256)
        falls.say(2_000)
        falls.sell(short, 1_000)
        falls.buy(long, 1_000)
        longs.append(long)
        shorts.append(short)
        if number % 50 == 49:
            falls.close()
    falls.close()
    falls.sync(*longs, *shorts)
    everybody = [*longs, *shorts, falls.backstop]
    before = falls.money()
    falls.price(1_300)
    wiped = [one for one in longs if falls.equity(one) < 0]
    assert 3 * len(wiped) >= ACCOUNTS
    for _ in range(60):
        falls.close()
        left = step(falls, everybody, 1_300)
        if not left:
            break
    assert not left
    for one in everybody:
        equity, _, maintenance = falls.margins(one)
        assert equity >= maintenance
        if not falls.lots(one):
            assert falls.collateral(one) >= 0
    made = falls.money() - before - falls.fund_paid() - falls.engine.bad_debt()
    assert -4 * falls.actions <= made <= 0  # nothing is made; each call leaves a unit of dust or two
    falls.check_money()


def step(falls: Waterfall, everybody: list[int], price: int) -> list[int]:
    """What keepers do in a batch: whatever passes, stage by stage. Who is still to be dealt with."""
    health = [
        (one, state)
        for start in range(0, len(everybody), 64)
        for one, state in zip(
            everybody[start : start + 64], falls.liquidator.health(everybody[start : start + 64]), strict=True
        )
    ]
    ill = [one for one, state in health if state[3] & ~1]
    scores = {one: falls.liquidator.deleverage_score(one, 0) for one in everybody}
    rich = sorted((one for one in everybody if scores[one]), key=lambda one: -scores[one])
    opened = []
    for number, one in enumerate(ill):
        if falls.lots(one) == 0:
            falls.act("resolve", one)
        elif not falls.refuses("take_over", one, 0, 10**6):
            falls.act("take_over", one, 0, 10**6)
        else:
            for nominee in rich[number : number + 2]:  # whom others have not named
                if not falls.refuses("nominate", one, 0, nominee):
                    falls.act("nominate", one, 0, nominee)
            opened.append(one)
    if opened:
        falls.evm.time += 30
        falls.say(price)
        for one in opened:
            if not falls.refuses("deleverage", one, 0):
                falls.act("deleverage", one, 0)
            elif not falls.refuses("liquidate", one, 0):
                falls.act("liquidate", one, 0)
    return ill


def test_keeper_is_a_contract_as_well() -> None:
    """Who calls is paid, not who signs."""
    falls = Waterfall()
    long, short = falls.positions()
    falls.price(1_945)
    caller = falls.evm.deploy(artifact("PayingCaller"))
    falls.accounts.add(int(caller.address, 16) << 8)
    caller.forward(falls.liquidator.address, falls.liquidator.encode("liquidate", long, 0), sender=KEEPER)
    falls.buy(short, 3_520, 19_450)
    falls.close()
    falls.act("collect", long, 0)
    assert falls.collateral(falls.keeper) == 0
    assert falls.collateral(int(caller.address, 16) << 8) == 6_846_400
    falls.check_money()


def test_a_stop_is_not_cancelled_by_who_executed_it() -> None:
    """A stop fires after a loss, and its slippage puts its owner below initial margin.

    Who executed it, for its tip, cancelled its order in the same breath, for another: the position was there,
    its stop and its take-profit were not.
    """
    falls = Waterfall()
    triggers = falls.evm.deploy(artifact("TriggerOrders"), falls.engine.address, falls.token.address)
    long, _ = falls.positions(1_300 * USDC)
    mine = owner(long)
    falls.engine.set_operator(long, triggers.address, 4, 2, 2**40 - 1, sender=mine)
    stop = triggers.place(long, NewTrigger(tick=19_750, slippage=200), sender=mine)
    falls.price(1_970)
    assert falls.margins(long) == (1_000 * USDC, 985 * USDC, 492_500_000)
    assert triggers.execute(stop, sender=STRANGER) != 0
    equity, initial, _ = falls.margins(long)
    assert equity < initial
    assert falls.refuses("cancel_orders", long, 0, sender=STRANGER) == "liquidation: nothing to cancel"
    falls.buy(falls.fund_account(BIDDER, PLENTY), 10_000, 19_600)
    falls.close()
    falls.sync(long)
    assert falls.lots(long) == 0
    falls.check_money()
