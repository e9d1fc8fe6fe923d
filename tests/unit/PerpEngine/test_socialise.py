"""force_socialise: all positions of a market bear a deficit, lot for lot; withdrawals wait for an hour."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from math import ceil
from typing import Any

import pytest

from tests.support.engine import OWNER, SETTINGS, USDC, EnginePair
from tests.support.forcing import LIQUIDATOR, Forced
from tests.support.oracle import ONE
from tests.support.orders import reverts
from tests.support.traders import (
    LOT_AT_PAR,
    PAR,
    RICH,
    SCALE,
    STRANGER,
    collateral,
    lots_and_cash,
    margin,
    named,
    order,
)
from walras.devtools.evm import DEPLOYER
from walras.model.market import Mode

D = 1_000 * USDC
"""A deficit; 2,000 lots of both sides bear 0.5 each."""
HALF = 500_000 << SCALE


@pytest.fixture
def pair() -> EnginePair:
    """A market without interest: trades at the index, as here, are without funding."""
    return EnginePair(settings=replace(SETTINGS, interest=0, tip=0))


@pytest.fixture
def forced(pair: EnginePair, maker: int, taker: int) -> Forced:
    """Nobody has a position yet."""
    return Forced(pair)


@pytest.fixture
def open_(forced: Forced, maker: int, taker: int) -> Forced:
    """The taker is long 1,000 lots against the maker."""
    forced.fill(taker, maker, 1_000)
    return forced


def owed(forced: Forced, account: int) -> int:
    """What a position owes, for funding and losses."""
    return int(forced.engine.valuation(account, 0)[2])


def borne(forced: Forced, account: int) -> int:
    """What an account pays when it does anything in the market."""
    before = collateral(forced.pair, account)
    forced.touch(account)
    return before - collateral(forced.pair, account)


# ---------------------------------------------------------------- lot for lot


def test_both_sides_bear_the_same(open_: Forced, maker: int, taker: int) -> None:
    """1,000 tokens over 2,000 lots: 500 for each of two positions of 1,000."""
    pair = open_.pair
    debtor = open_.debtor(maker, D)
    open_.call("force_socialise", debtor, 0, D)
    (told,) = named(pair, "Socialised")
    assert tuple(told.values()) == (debtor, 0, D, True)
    assert collateral(pair, debtor) == 0
    assert (open_.engine.losses_of(0), open_.engine.bad_debt()) == ((HALF, 0), 0)
    for account in (maker, taker):
        assert owed(open_, account) == 500 * USDC
        before = collateral(pair, account)
        open_.call("place", account, 0, order(tick=PAR - 1_000, lots=1), sender=pair.owner(account))
        (booked,) = named(pair, "Booked")
        assert (booked["funding"], booked["lots"]) == (500 * USDC, 0)
        assert collateral(pair, account) == before - 500 * USDC
        assert borne(open_, account) == 0  # once


def test_rounded_up(forced: Forced, maker: int, taker: int) -> None:
    """100 units over 7 + 3 + 4 lots: 50 and a little, 21.4 and 28.6, each rounded up; 102 in all."""
    small = forced.fund(33, 100 * USDC)
    forced.fill(taker, maker, 3)
    forced.fill(taker, small, 4)
    debtor = forced.debtor(maker, 100)
    forced.call("force_socialise", debtor, 0, 100)
    assert forced.engine.losses_of(0)[0] == ceil(Fraction(100 << SCALE, 14))
    assert [borne(forced, account) for account in (taker, maker, small)] == [51, 22, 29]


@pytest.mark.parametrize("amount", [1, 2, 13, 10**6, 1_234_567_891])
@pytest.mark.parametrize(("longs", "shorts"), [((1,), (1,)), ((5, 8), (13,)), ((1, 2, 97), (60, 40))])
def test_sum_of_what_is_borne(
    forced: Forced, maker: int, longs: tuple[int, ...], shorts: tuple[int, ...], amount: int
) -> None:
    """No less than the amount, and less than a unit of each account more: rounding stays in the house."""
    buyers = [forced.fund(100 + number, 10_000 * USDC) for number in range(len(longs))]
    sellers = [forced.fund(200 + number, 10_000 * USDC) for number in range(len(shorts))]
    left = dict(zip(sellers, shorts, strict=True))
    for buyer, lots in zip(buyers, longs, strict=True):
        rest = lots
        for seller in sellers:
            part = min(rest, left[seller])
            if part:
                forced.fill(buyer, seller, part)
                left[seller] -= part
                rest -= part
    debtor = forced.debtor(maker, amount)
    forced.call("force_socialise", debtor, 0, amount)
    lots_of_all = sum(longs) + sum(shorts)
    losses = forced.engine.losses_of(0)[0]
    assert amount << SCALE <= losses * lots_of_all < (amount << SCALE) + lots_of_all
    total = 0
    for account, lots in zip((*buyers, *sellers), (*longs, *shorts), strict=True):
        paid = borne(forced, account)
        assert paid in (ceil(Fraction(amount * lots, lots_of_all)), amount * lots // lots_of_all + 1)
        total += paid
    assert amount <= total <= amount + len(longs) + len(shorts)


def test_several_add_up(open_: Forced, maker: int, taker: int) -> None:
    """1,000 and 500 tokens: what is not paid of the first stands beside the second."""
    for number, deficit in ((77, D), (78, D // 2)):
        open_.call("force_socialise", open_.debtor(maker, deficit, number), 0, deficit)
    assert open_.engine.losses_of(0)[0] == HALF + HALF // 2
    assert owed(open_, taker) == 750 * USDC


# ---------------------------------------------------------------- positions count as they are booked


def test_fills_that_wait_bear_nothing(open_: Forced, maker: int, taker: int) -> None:
    """Two others have traded, and are not booked yet: 2,000 lots are, and these bear it."""
    pair = open_.pair
    debtor = open_.debtor(maker, D)
    buyer, seller = open_.fund(33, D), open_.fund(34, D)
    open_.orders(buyer, seller, 100)
    open_.auction()
    assert open_.engine.position(buyer, 0)[0] == 0
    open_.call("force_socialise", debtor, 0, D)
    assert open_.engine.losses_of(0)[0] == HALF
    for account in (buyer, seller):
        before = collateral(pair, account)
        open_.sync(account)
        fee = sum(booked["fee"] for booked in named(pair, "Booked"))
        assert collateral(pair, account) == before - fee
        assert owed(open_, account) == 0


def test_position_that_was_closed_but_is_booked_bears_it(open_: Forced, maker: int, taker: int) -> None:
    """Whoever wants to be out of it settles before."""
    debtor = open_.debtor(maker, D)
    other = open_.fund(33, 10 * D)
    open_.orders(other, taker, 1_000)
    open_.auction()
    open_.call("force_socialise", debtor, 0, D)
    before = collateral(open_.pair, taker)
    open_.sync(taker)
    (booked,) = named(open_.pair, "Booked")
    assert booked["funding"] == 500 * USDC
    assert collateral(open_.pair, taker) == before - 500 * USDC - booked["fee"] + booked["realised"]
    assert lots_and_cash(open_.pair, taker) == (0, 0)


def test_opened_later_bears_nothing(open_: Forced, maker: int, taker: int) -> None:
    open_.call("force_socialise", open_.debtor(maker, D), 0, D)
    buyer = open_.fund(33, D)
    open_.fill(buyer, maker, 100)
    assert owed(open_, buyer) == 0
    assert borne(open_, buyer) == 0


def test_added_later_bears_with_what_there_was(open_: Forced, maker: int, taker: int) -> None:
    """1,000 lots bear 500; of 1,000 tokens more, 1,500 of now 3,000 lots bear another 500."""
    open_.call("force_socialise", open_.debtor(maker, D), 0, D)
    before = collateral(open_.pair, taker)
    open_.fill(taker, maker, 500)
    assert lots_and_cash(open_.pair, taker)[0] == 1_500
    fee = 500 * PAR * 100 * SETTINGS.taker_ppm // 10**6
    assert collateral(open_.pair, taker) == before - 500 * USDC - fee
    second = open_.debtor(maker, D, 78)
    open_.call("force_socialise", second, 0, D)
    assert open_.engine.losses_of(0)[0] == HALF + ceil(Fraction(D << SCALE, 3_000))
    assert borne(open_, taker) == 500 * USDC + 1  # a third of a unit of 2**-41 is rounded up


def paid(forced: Forced) -> dict[int, int]:
    """What accounts paid beside fees in the last call."""
    sums: Counter[int] = Counter()
    for booked in named(forced.pair, "Booked"):
        sums[booked["account"]] += booked["funding"]
    return dict(sums)


def test_reduced_bears_once(open_: Forced, maker: int, taker: int) -> None:
    """All 1,000 lots pay when 400 of them close; the 600 that stay pay nothing again."""
    open_.call("force_socialise", open_.debtor(maker, D), 0, D)
    open_.call("force_trade", taker, maker, 0, -400, 400 * PAR * 100)
    assert paid(open_) == {taker: 500 * USDC, maker: 500 * USDC}
    assert lots_and_cash(open_.pair, taker)[0] == 600
    assert owed(open_, taker) == owed(open_, maker) == 0
    assert (borne(open_, taker), borne(open_, maker)) == (0, 0)
    # and next time they bear it as what they are: 600 of 1,200 lots each
    open_.call("force_socialise", open_.debtor(maker, D, 78), 0, D)
    assert borne(open_, taker) == 500 * USDC + 1  # of 1,200 lots each bears a third of 2**-41 too much


@pytest.mark.parametrize("lots", [400, 1_000, 1_500])
def test_fill_pays_once(open_: Forced, maker: int, taker: int, lots: int) -> None:
    """Orders of both are open when the deficit comes; they reduce 1,000 lots, close or turn them."""
    pair = open_.pair
    debtor = open_.debtor(maker, D)
    open_.orders(maker, taker, lots)
    open_.call("force_socialise", debtor, 0, D)
    open_.auction()
    for account, sign in ((taker, 1), (maker, -1)):
        before = collateral(pair, account)
        open_.sync(account)
        (booked,) = named(pair, "Booked")
        assert (booked["lots"], booked["funding"], booked["realised"]) == (-sign * lots, 500 * USDC, 0)
        assert collateral(pair, account) == before - 500 * USDC - booked["fee"]
        assert lots_and_cash(pair, account)[0] == sign * (1_000 - lots)
        assert owed(open_, account) == 0
        assert borne(open_, account) == 0


def test_closed_pays_all_of_it(open_: Forced, maker: int, taker: int) -> None:
    open_.call("force_socialise", open_.debtor(maker, D), 0, D)
    open_.call("force_trade", taker, maker, 0, -1_000, 1_000 * PAR * 100)
    assert paid(open_) == {taker: 500 * USDC, maker: 500 * USDC}
    assert open_.engine.markets_of(taker) == open_.engine.markets_of(maker) == ()
    assert open_.engine.position(taker, 0)[:3] == (0, 0, 0)


def test_other_markets_bear_nothing() -> None:
    pair = EnginePair((2_000 * ONE, 2_000 * ONE), replace(SETTINGS, interest=0, tip=0))
    maker, one, two = (pair.fund(number, RICH) for number in (11, 33, 34))
    forced = Forced(pair)
    forced.fill(one, two, 100, market=1)
    forced.fill(one, maker, 100)
    forced.call("force_socialise", forced.debtor(maker, D), 0, D)
    assert forced.engine.losses_of(0)[0] == 10 * HALF
    assert forced.engine.losses_of(1) == (0, 0)
    assert (forced.engine.valuation(one, 1)[2], owed(forced, one)) == (0, 500 * USDC)
    before = collateral(pair, two)
    forced.touch(two, 1)
    assert collateral(pair, two) == before


# ---------------------------------------------------------------- what else changes the funding word


def test_losses_outlive_auctions_settings_and_halts(open_: Forced, maker: int, taker: int) -> None:
    """Whatever writes the word of funding keeps the mark that there are losses."""
    open_.call("force_socialise", open_.debtor(maker, D), 0, D)
    raised = replace(SETTINGS, initial_ppm=60_000)
    for step in (
        open_.auction,
        lambda: open_.engine.configure_market(0, raised, sender=OWNER),
        lambda: open_.engine.configure_market(0, replace(raised, open_cap=10**8), sender=OWNER),
        lambda: open_.engine.set_mode(0, Mode.HALTED, sender=OWNER),
        lambda: open_.engine.set_mode(0, Mode.ACTIVE, sender=OWNER),
        lambda: open_.engine.rescale(0, 2 * 10**17, sender=OWNER),
    ):
        step()
        assert owed(open_, taker) == 500 * USDC
        assert open_.engine.market_settings(0)[13] == SETTINGS.max_mark_age
        assert open_.engine.market(0)[3] == SCALE


def test_beside_funding() -> None:
    """An hour at 0.01 % in 8 hours of 2,000 tokens: the long pays 0.025 to the short, and both bear 500."""
    pair = EnginePair()
    maker, taker = pair.fund(11, RICH), pair.fund(22, RICH)
    forced = Forced(pair)
    forced.fill(taker, maker, 1_000)
    debtor = forced.debtor(maker, D)
    forced.touch(taker)
    forced.touch(maker)
    assert (owed(forced, taker), owed(forced, maker)) == (0, 0)
    start = forced.engine.funding_of(0)[0]
    forced.call("force_socialise", debtor, 0, D)
    pair.advance(3_600)
    moved = forced.engine.funding_of(0)[0] - start
    assert (1_000 * moved) >> SCALE in range(24_990, 25_001)
    assert owed(forced, taker) == ceil(Fraction(1_000 * moved, 2**SCALE)) + 500 * USDC
    assert owed(forced, maker) == ceil(Fraction(-1_000 * moved, 2**SCALE)) + 500 * USDC


# ---------------------------------------------------------------- what there is to see


def test_views_agree(open_: Forced, maker: int, taker: int) -> None:
    """Equity, profit and worth fall by 500 tokens, before anything is booked as after it."""
    debtor = open_.debtor(maker, D)
    before = {account: seen(open_, account) for account in (maker, taker)}
    open_.call("force_socialise", debtor, 0, D)
    for account in (maker, taker):
        equity, profit, low, high, free = before[account]
        lost = 500 * USDC
        assert seen(open_, account) == (equity - lost, profit - lost, low - lost, high - lost, free - lost)
        assert open_.engine.margin_ratio(account) == (equity - lost) * 10**6 // margin(open_.pair, account)[2]
        open_.touch(account)
        assert seen(open_, account) == (equity - lost, profit, low - lost, high - lost, free - lost)


def seen(forced: Forced, account: int) -> tuple[int, ...]:
    """Equity, profit of the position, worth and what is free."""
    low, high, _, free, _ = forced.engine.worth(account)
    return margin(forced.pair, account)[0], forced.engine.valuation(account, 0)[3], low, high, free


def test_liquidation_price(forced: Forced, maker: int) -> None:
    """
    1,000 lots long with 1,000 tokens of collateral, less a fee of 1: at p a lot, 999 + 1,000 p - 2,000 are
    less than 25 p below p = 1,001 / 975. With 500 less, below 1,501 / 975.
    """
    trader = forced.fund(33, 1_000 * USDC)
    forced.fill(trader, maker, 1_000)
    assert collateral(forced.pair, trader) + lots_and_cash(forced.pair, trader)[1] == -1_001 * USDC
    for deficit in (0, D):
        if deficit:
            forced.call("force_socialise", forced.debtor(maker, D), 0, D)
        rest = margin(forced.pair, trader)[0] - 1_000 * LOT_AT_PAR // 2**SCALE
        found = int(forced.engine.liquidation_price(trader, 0, 0, 0))
        assert short_at(found, rest)
        assert not short_at(found + 1, rest)
        assert abs(found - ((1_001 + deficit // 2 // USDC) * USDC << SCALE) // 975) < 2**SCALE


def short_at(price: int, rest: int) -> bool:
    """Whether 1,000 lots at a price, with `rest`, are less than 2.5 % of them."""
    return rest + (1_000 * price >> SCALE) < ceil(Fraction(1_000 * price * 25_000, 10**6 << SCALE))


def test_others_may_be_liquidated_by_it(forced: Forced, maker: int) -> None:
    """100 tokens of equity are enough for 1,000 lots, which ask for 50; with 75 of 150 borne they are not."""
    trader = forced.fund(33, 101 * USDC)
    forced.fill(trader, maker, 1_000)
    equity, _, maintenance = margin(forced.pair, trader)
    assert equity >= maintenance
    debtor = forced.debtor(maker, 150 * USDC)
    forced.call("force_socialise", debtor, 0, 150 * USDC)
    equity, _, maintenance = margin(forced.pair, trader)
    assert 0 < equity < maintenance


# ---------------------------------------------------------------- where nobody is there


def test_nobody_to_bear_it(forced: Forced, maker: int, taker: int) -> None:
    """It is recorded; and who comes last finds that so much is not there."""
    pair = forced.pair
    forced.call("withdraw", taker, RICH, STRANGER, sender=pair.owner(taker))
    debtor = forced.debtor(maker, D)
    forced.call("force_socialise", debtor, 0, D)
    (told,) = named(pair, "Socialised")
    assert tuple(told.values()) == (debtor, 0, D, False)
    assert (forced.engine.bad_debt(), forced.engine.losses_of(0)) == (D, (0, 0))
    assert collateral(pair, debtor) == 0
    second = forced.debtor(maker, 7, 78)
    forced.call("force_socialise", second, 0, 7)
    assert forced.engine.bad_debt() == D + 7
    pair.advance(3_600)
    have, there = collateral(pair, maker), forced.engine.tracked()
    assert have > there
    with reverts("engine: deficit unpaid"):
        forced.engine.withdraw(maker, there + 1, pair.owner(maker), sender=pair.owner(maker))
    forced.call("withdraw", maker, there, pair.owner(maker), sender=pair.owner(maker))
    assert forced.engine.tracked() == pair.token.balanceOf(forced.engine.address) == 0


def test_too_few_to_bear_it(forced: Forced, maker: int, taker: int) -> None:
    """
    Two lots can bear less than 2**38 units, whose half is 2**78 as a lot price. More is bad debt: the call
    goes through, as whoever is to be liquidated next must not wait for it.
    """
    forced.fill(taker, maker, 1)
    first = forced.debtor(maker, 2**38)
    kept = forced.pair.evm.snapshot()
    forced.engine.force_socialise(first, 0, 2**38 - 1, sender=LIQUIDATOR)
    assert forced.engine.losses_of(0)[0] == 2**78 - 2**40
    assert forced.engine.bad_debt() == 0
    forced.pair.evm.revert(kept)
    forced.call("force_socialise", first, 0, 2**38)
    assert named(forced.pair, "Socialised")[0]["is_borne"] is False
    assert (forced.engine.losses_of(0)[0], forced.engine.bad_debt()) == (0, 2**38)
    assert owed(forced, taker) == 0


# ---------------------------------------------------------------- withdrawals wait


def test_gate(open_: Forced, maker: int, taker: int) -> None:
    """An hour, in which money may come; not a second less, nor more."""
    pair, owner = open_.pair, open_.pair.owner(taker)
    debtor = open_.debtor(maker, D)
    pair.mint(STRANGER, 2)
    assert open_.engine.gate() == 0
    open_.call("withdraw", taker, 1, owner, sender=owner)
    start = pair.evm.time
    open_.call("force_socialise", debtor, 0, D)
    assert open_.engine.gate() == start + 3_600
    for seconds in (0, 3_599):
        pair.evm.time = start + seconds
        pair.say(0, 2_000 * ONE)
        with reverts("engine: withdrawals gated"):
            open_.engine.withdraw(taker, 1, owner, sender=owner)
        with reverts("engine: withdrawals gated"):
            open_.engine.transfer(taker, taker | 1, 1, sender=owner)
        open_.call("deposit", taker, 1, sender=STRANGER)
    pair.evm.time = start + 3_600
    pair.accounts.add(taker | 1)
    open_.call("withdraw", taker, 1, owner, sender=owner)
    open_.call("transfer", taker, taker | 1, 1, sender=owner)


def test_gate_of_who_has_nothing_to_do_with_it(open_: Forced, maker: int, taker: int) -> None:
    """Also who has no position waits: the exchange's money is one."""
    pair = open_.pair
    idle = open_.fund(44, D)
    open_.call("force_socialise", open_.debtor(maker, D), 0, D)
    with reverts("engine: withdrawals gated"):
        open_.engine.withdraw(idle, 1, STRANGER, sender=pair.owner(idle))


def test_gate_once_a_day(open_: Forced, maker: int, taker: int) -> None:
    """Deficits that follow shut nobody out, until a day after the gate opened: a second before, and then."""
    pair, owner = open_.pair, open_.pair.owner(taker)
    debtor = open_.debtor(maker, D)
    start = pair.evm.time
    open_.call("force_socialise", debtor, 0, 10)
    for seconds in (10, 3_600, 3_600 + 86_400 - 1):
        pair.evm.time = start + seconds
        open_.call("force_socialise", debtor, 0, 10)
        assert open_.engine.gate() == start + 3_600
    pair.say(0, 2_000 * ONE)
    open_.call("withdraw", taker, 1, owner, sender=owner)
    pair.evm.time = start + 3_600 + 86_400
    open_.call("force_socialise", debtor, 0, 10)
    assert open_.engine.gate() == start + 7_200 + 86_400
    with reverts("engine: withdrawals gated"):
        open_.engine.withdraw(taker, 1, owner, sender=owner)


def test_bad_debt_shuts_the_gate_too(forced: Forced, maker: int) -> None:
    debtor = forced.debtor(maker, D)
    forced.call("force_socialise", debtor, 0, D)
    assert (forced.engine.bad_debt(), forced.engine.gate()) == (D, forced.pair.evm.time + 3_600)


# ---------------------------------------------------------------- who, and how much


@pytest.mark.parametrize("sender", [OWNER, STRANGER, DEPLOYER])
def test_only_the_liquidator(open_: Forced, maker: int, sender: str) -> None:
    debtor = open_.debtor(maker, D)
    for who in (sender, open_.pair.owner(debtor), open_.pair.owner(maker)):
        with reverts("engine: not the liquidator"):
            open_.engine.force_socialise(debtor, 0, 1, sender=who)
    open_.call("force_socialise", debtor, 0, 1)


@pytest.mark.parametrize("too_much", [D + 1, 2**128, 2**256 - 1])
def test_no_more_than_the_deficit(open_: Forced, maker: int, too_much: int) -> None:
    debtor = open_.debtor(maker, D)
    with reverts("engine: amount too large"):
        open_.engine.force_socialise(debtor, 0, too_much, sender=LIQUIDATOR)
    open_.call("force_socialise", debtor, 0, D - 1)
    with reverts("engine: amount too large"):
        open_.engine.force_socialise(debtor, 0, 2, sender=LIQUIDATOR)
    open_.call("force_socialise", debtor, 0, 1)
    with reverts("engine: amount too large"):
        open_.engine.force_socialise(debtor, 0, 1, sender=LIQUIDATOR)


def test_deficit_is_of_the_equity(open_: Forced, maker: int, taker: int) -> None:
    """A position's profit counts: 1,000 tokens of debt and a profit of 10 are a deficit of 990."""
    debtor = open_.debtor(maker, D)
    cash = -(PAR - 50) * 100 * 2_000  # 2,000 lots at 1,995: 10 tokens of profit at the mark
    open_.call("force_trade", taker, debtor, 0, -1_000, -cash // 2)
    open_.call("force_trade", maker, debtor, 0, 1, -PAR * 100)
    equity = margin(open_.pair, debtor)[0]
    assert -D < equity < 0
    for amount, is_fit in ((-equity + 1, False), (-equity, True)):
        if is_fit:
            open_.call("force_socialise", debtor, 0, amount)
        else:
            with reverts("engine: amount too large"):
                open_.engine.force_socialise(debtor, 0, amount, sender=LIQUIDATOR)


def test_deficit_is_at_the_mark(forced: Forced, maker: int, taker: int) -> None:
    """At 2,004: at the index of 2,000 another 4 tokens would be lacking."""
    debtor = forced.debtor(maker, D)
    forced.orders(taker, maker, 1_000, 20_600)
    forced.pair.evm.time += 60
    forced.auction()
    forced.sync(taker, maker)
    mark, index = forced.engine.mark(0)[:2]
    assert mark > index
    forced.call("force_trade", taker, debtor, 0, -1_000, (PAR + 40) * 100 * 1_000)
    equity, low = margin(forced.pair, debtor)[0], forced.engine.worth(debtor)[0]
    assert low < equity - USDC < 0
    with reverts("engine: amount too large"):
        forced.engine.force_socialise(debtor, 0, -equity + 1, sender=LIQUIDATOR)
    forced.call("force_socialise", debtor, 0, -equity)


def test_of_who_owes_nothing(open_: Forced, taker: int) -> None:
    with reverts("engine: amount too large"):
        open_.engine.force_socialise(taker, 0, 1, sender=LIQUIDATOR)


@pytest.mark.parametrize("market", [1, 128, 2**256 - 1])
def test_unknown_market(open_: Forced, maker: int, market: int) -> None:
    debtor = open_.debtor(maker, D)
    with reverts("engine: unknown market"):
        open_.engine.force_socialise(debtor, market, D, sender=LIQUIDATOR)
    with reverts("engine: unknown market"):
        open_.engine.losses_of(market)


def test_nothing_at_first(pair: EnginePair) -> None:
    found: tuple[Any, ...] = (pair.engine.losses_of(0), pair.engine.bad_debt(), pair.engine.gate())
    assert found == ((0, 0), 0, 0)
