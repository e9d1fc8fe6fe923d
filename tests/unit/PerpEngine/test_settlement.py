"""force_settle and settle_position: the end of a market, at one price, from which everybody gets away."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Final

import pytest

from tests.support.engine import OWNER, SETTINGS, USDC, EnginePair
from tests.support.forcing import LIQUIDATOR, Forced
from tests.support.oracle import ONE
from tests.support.orders import reverts
from tests.support.traders import (
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
from walras.devtools.evm import DEPLOYER, address
from walras.model.market import Mode

PLAIN: Final = replace(SETTINGS, interest=0, tip=0)
"""Trades at the index, as here, are without funding."""
LAST: Final = 21_000 * 100 << SCALE
"""The price of 2,100."""
HOUR: Final = 3_600
MAKER, TAKER, OTHER = 11, 22, 33


class Ending(Forced):
    """The taker is long 1,000 lots of market 0 against the maker, and another is long 100 of market 1."""

    def __init__(self, settings: object = PLAIN, prices: int = 2) -> None:
        pair = EnginePair((2_000 * ONE,) * prices, settings)  # type: ignore[arg-type]
        self.maker, self.taker, self.other = (pair.fund(number, RICH) for number in (MAKER, TAKER, OTHER))
        super().__init__(pair)
        self.fill(self.taker, self.maker, 1_000)
        if prices > 1:
            self.fill(self.other, self.maker, 100, market=1)
        pair.say(0, 2_000 * ONE)

    def settle(self, price: int = LAST) -> None:
        """The end of market 0."""
        self.call("force_settle", 0, price)

    def leave(self, account: int, amount: int, sender: str = "") -> None:
        """Money leaves."""
        owner = sender or self.pair.owner(account)
        self.call("withdraw", account, amount, owner, sender=owner)


@pytest.fixture
def ending() -> Ending:
    return Ending()


# ---------------------------------------------------------------- the settlement


def test_settled(ending: Ending) -> None:
    pair, now = ending.pair, ending.pair.evm.time
    due, initial, maintenance = (ending.engine.mark(0)[place] for place in (6, 7, 8))
    ending.settle()
    assert ending.engine.market(0)[1] == Mode.SETTLED
    assert tuple(ending.engine.mark(0)) == (LAST, LAST, LAST, LAST, 1, now, due, initial, maintenance)
    assert ending.engine.losses_of(0) == (0, now)
    (told,) = named(pair, "ModeSet")
    assert told == {"market": 0, "mode": Mode.SETTLED}
    (marked,) = named(pair, "MarkSet")
    assert (marked["mark"], marked["index"], marked["rate"]) == (LAST, LAST, 0)
    assert ending.engine.market(1)[1] == Mode.ACTIVE


@pytest.mark.parametrize("sender", [OWNER, STRANGER, DEPLOYER])
def test_only_the_liquidator_settles(ending: Ending, sender: str) -> None:
    with reverts("engine: not the liquidator"):
        ending.engine.force_settle(0, LAST, sender=sender)
    ending.settle()


def test_twice(ending: Ending) -> None:
    """What is over is over: no other price, no way back."""
    ending.settle()
    for price in (LAST, LAST + 1, 0):
        with reverts("engine: bad mode"):
            ending.engine.force_settle(0, price, sender=LIQUIDATOR)
    for mode in Mode:
        with reverts("engine: bad mode"):
            ending.engine.set_mode(0, mode, sender=OWNER)
    assert ending.engine.mark(0)[0] == LAST


@pytest.mark.parametrize("price", [0, 2**72, 2**256 - 1])
def test_bad_price(ending: Ending, price: int) -> None:
    with reverts("engine: bad price"):
        ending.engine.force_settle(0, price, sender=LIQUIDATOR)


@pytest.mark.parametrize("price", [1, 2**72 - 1])
def test_last_prices(ending: Ending, price: int) -> None:
    ending.settle(price)
    assert ending.engine.mark(0)[:4] == (price,) * 4


@pytest.mark.parametrize("market", [2, 128, 2**256 - 1])
def test_unknown_market(ending: Ending, market: int) -> None:
    for name, arguments in (("force_settle", (market, LAST)), ("settle_position", (ending.taker, market))):
        with reverts("engine: unknown market"):
            getattr(ending.engine, name)(*arguments, sender=LIQUIDATOR)


def halt(ending: Ending) -> None:
    """Nobody publishes for three days."""
    ending.pair.advance(3 * 86_400)
    assert ending.pair.router.price(0)[3] >= 4  # STALE, or HALTED


def move(ending: Ending) -> None:
    """A tenth of the price."""
    ending.pair.advance(100)
    ending.pair.say(0, 200 * ONE)


@pytest.mark.parametrize("happens", [halt, move])
def test_mark_stays(ending: Ending, happens: Callable[[Ending], None]) -> None:
    """Whatever the oracle says, whoever asks; only its time goes on, so that accounts can be valued."""
    ending.settle()
    before = ending.engine.margin_of(ending.taker)
    happens(ending)
    ending.call("run_auction", 0)
    assert ending.engine.mark(0)[:6] == (LAST,) * 4 + (1, ending.pair.evm.time)
    ending.pair.advance(5)
    ending.call("deposit", ending.taker, 0, sender=STRANGER)
    ending.leave(ending.taker, 1)  # which takes a new mark
    assert ending.engine.mark(0)[:6] == (LAST,) * 4 + (1, ending.pair.evm.time)
    equity, initial, maintenance = before
    assert tuple(ending.engine.margin_of(ending.taker)) == (equity - 1, initial, maintenance)


def test_funding_stops() -> None:
    ending = Ending(replace(SETTINGS, tip=0), 1)
    ending.pair.advance(600)
    start = ending.engine.funding_of(0)[0]
    assert start > 0
    ending.settle()
    assert ending.engine.funding_of(0)[:2] == (start, 0)
    owed = ending.engine.valuation(ending.taker, 0)[2]
    assert owed > 0
    for _ in range(3):
        ending.pair.advance(1_800)
        ending.call("run_auction", 0)
        assert ending.engine.funding_of(0)[:2] == (start, 0)
        assert ending.engine.valuation(ending.taker, 0)[2] == owed


def test_batches_are_postponed(ending: Ending) -> None:
    """Orders that would meet do not; they can leave, and none can come."""
    pair = ending.pair
    placed = ending.call("place", ending.taker, 0, order(lots=5, tick=PAR), sender=pair.owner(ending.taker))
    ending.call("place", ending.maker, 0, order(True, PAR, 5), sender=pair.owner(ending.maker))
    ending.settle()
    for _ in range(3):
        due = ending.engine.mark(0)[6]
        pair.advance(due - pair.evm.time)
        cleared = ending.call("run_auction", 0)
        assert (cleared[0], cleared[1]) == (0, 0)
        assert ending.engine.mark(0)[6] > due
        with reverts("engine: batch not due"):
            ending.engine.run_auction(0, sender=STRANGER)
    assert ending.engine.open_interest(0)[2:] == (1_000, 1_000)
    owner = pair.owner(ending.taker)
    for terms in (order(), order(True), order(True, reduce_only=True), order(post_only=True)):
        with reverts("engine: market halted"):
            ending.engine.place(ending.taker, 0, terms, sender=owner)
        with reverts("engine: market halted"):
            ending.engine.cancel_replace(ending.taker, 0, [placed], [terms], True, sender=owner)
    assert ending.call("cancel", ending.taker, 0, placed, 5, sender=owner) == 5
    assert ending.call("cancel_all", ending.maker, 0, sender=pair.owner(ending.maker)) == 1
    assert ending.engine.open_interest(0) == (1_000,) * 4


def test_orders_leave_a_batch_that_was_over(ending: Ending) -> None:
    """It was due when the market ended: whoever comes first postpones it."""
    pair = ending.pair
    placed = ending.call("place", ending.taker, 0, order(lots=5), sender=pair.owner(ending.taker))
    ending.call("place", ending.maker, 0, order(True, PAR, 5), sender=pair.owner(ending.maker))
    pair.advance(60)
    ending.settle()
    ending.call("settle_position", ending.maker, 0)
    assert lots_and_cash(pair, ending.maker) == (0, 0)
    assert pair.books[0].open_orders(ending.maker) == ()
    pair.advance(60)
    assert ending.call("cancel", ending.taker, 0, placed, 5, sender=pair.owner(ending.taker)) == 5


def test_continuous_mode(ending: Ending) -> None:
    """No batch to postpone: an auction does nothing, a position closes."""
    ending.engine.configure_book(0, 0, 1, sender=OWNER)
    ending.auction()
    assert ending.engine.mark(0)[6] == 0
    ending.settle()
    cleared = ending.call("run_auction", 0)
    assert (cleared[0], cleared[1]) == (0, 0)
    assert ending.engine.mark(0)[:2] == (LAST, LAST)
    for account in (ending.maker, ending.taker):
        ending.call("settle_position", account, 0)
        assert lots_and_cash(ending.pair, account) == (0, 0)


def test_others_go_on(ending: Ending) -> None:
    """Deposits, orders, auctions and withdrawals in another market, and of who has no position."""
    pair = ending.pair
    ending.settle()
    idle = ending.fund(44, RICH)
    ending.leave(idle, RICH)
    ending.fill(ending.other, ending.maker, 100, market=1)
    assert lots_and_cash(pair, ending.other, 1)[0] == 200
    pair.say(1, 2_000 * ONE)
    ending.leave(ending.other, 1_000 * USDC)
    ending.call("deposit", ending.taker, 1_000 * USDC, sender=pair.owner(ending.other))


def test_withdrawal_before_the_position_is_closed(ending: Ending) -> None:
    """At 2,100 the taker has 100 more, which he cannot take yet, and 105 are kept for 1,000 lots."""
    pair = ending.pair
    ending.settle()
    pair.advance(3 * 86_400)  # no price of the oracle is asked for
    equity, initial, _ = margin(pair, ending.taker)
    assert (equity - collateral(pair, ending.taker), initial) == (100 * USDC, 105 * USDC)
    with reverts("engine: margin missed"):
        ending.engine.withdraw(ending.taker, equity - initial + 1, STRANGER, sender=pair.owner(ending.taker))
    ending.leave(ending.taker, equity - initial)


def test_withdrawal_after_a_ramp_that_the_settlement_cut_short(ending: Ending) -> None:
    """A market that is settled has no marks any more: after a week 7.5 % of 2,100 are kept, 157.5."""
    pair = ending.pair
    ending.call("configure_market", 0, replace(PLAIN, initial_ppm=75_000), sender=OWNER)
    ending.settle()
    pair.advance(7 * 86_400)
    free = margin(pair, ending.taker)[0] - 157_500_000
    with reverts("engine: margin missed"):
        ending.engine.withdraw(ending.taker, free + 1, STRANGER, sender=pair.owner(ending.taker))
    ending.leave(ending.taker, free)


# ---------------------------------------------------------------- positions close


def test_closed_at_the_price(ending: Ending) -> None:
    """Bought at 2,000, closed at 2,100: 100 tokens of 1,000 lots, from the one to the other."""
    pair = ending.pair
    before = {account: collateral(pair, account) for account in (ending.maker, ending.taker)}
    ending.settle()
    for account, gain in ((ending.maker, -100), (ending.taker, 100)):
        lots = lots_and_cash(pair, account)[0]
        ending.call("settle_position", account, 0)
        (booked,) = named(pair, "Booked")
        assert (booked["lots"], booked["cash"]) == (-lots, lots * 21_000 * 100)
        assert (booked["fee"], booked["realised"], booked["funding"]) == (0, gain * USDC, 0)
        assert collateral(pair, account) == before[account] + gain * USDC
        assert ending.engine.position(account, 0) == (0,) * 7
    assert ending.engine.markets_of(ending.taker) == ()
    assert ending.engine.markets_of(ending.maker) == (1,)
    assert ending.engine.open_interest(0) == (0,) * 4


def test_fraction_of_a_unit_stays_in_the_house() -> None:
    """At a lot price of 3.7 units 7 lots are worth 25.9: 25 to the long, 26 from the short."""
    pair = EnginePair(settings=PLAIN)
    maker, taker = pair.fund(MAKER, RICH), pair.fund(TAKER, RICH)
    forced = Forced(pair)
    forced.fill(taker, maker, 7)
    forced.call("force_settle", 0, (37 << SCALE) // 10)
    worth = []
    for account in (taker, maker):
        before, (_, cash) = collateral(pair, account), lots_and_cash(pair, account)
        forced.call("settle_position", account, 0)
        worth.append(collateral(pair, account) - before - cash)
    assert worth == [25, -26]


def test_with_funding_and_losses() -> None:
    """A day of funding is owed, and 1,000 tokens of others' deficit are borne: 500 each."""
    ending = Ending(replace(SETTINGS, tip=0), 1)
    pair = ending.pair
    debtor = ending.debtor(ending.maker, 1_000 * USDC)
    ending.touch(ending.taker)
    ending.touch(ending.maker)
    pair.advance(HOUR)
    ending.settle()
    ending.call("force_socialise", debtor, 0, 1_000 * USDC)
    index, losses = ending.engine.funding_of(0)[0], ending.engine.losses_of(0)[0]
    for account, sign in ((ending.taker, 1), (ending.maker, -1)):
        lots, cash, basis, *_ = ending.engine.position(account, 0)
        assert lots == sign * 1_000
        owed = -((basis - lots * index - 1_000 * losses) // 2**SCALE)
        funding = owed - 500 * USDC
        assert funding * sign in range(24_000, 26_001)  # 0.01 % of 2,000 tokens, an hour of eight
        before = collateral(pair, account)
        ending.call("settle_position", account, 0)
        assert [booked["funding"] for booked in named(pair, "Booked")] == [owed, 0]
        assert collateral(pair, account) == before + cash + lots * 21_000 * 100 - owed


def test_orders_and_fills_that_wait(ending: Ending) -> None:
    """What an auction did before the end counts, and closes at the last price too; open orders are gone."""
    pair = ending.pair
    ending.orders(ending.taker, ending.maker, 500)
    ending.auction()
    ending.call("place", ending.taker, 0, order(lots=9, tick=PAR - 5), sender=pair.owner(ending.taker))
    ending.call("cancel_all", ending.taker, 0, sender=pair.owner(ending.taker))
    ending.orders(ending.taker, ending.maker, 500, PAR)
    ending.auction()
    ending.pair.say(0, 2_000 * ONE)
    ending.call("place", ending.maker, 0, order(True, PAR + 5, 9), sender=pair.owner(ending.maker))
    ending.settle()
    assert lots_and_cash(pair, ending.taker)[0] == 1_500
    before = collateral(pair, ending.taker)
    ending.call("settle_position", ending.taker, 0)
    fee = sum(booked["fee"] for booked in named(pair, "Booked"))
    assert collateral(pair, ending.taker) == before + 200 * USDC - fee  # 2,000 lots bought at 2,000
    ending.call("settle_position", ending.maker, 0)
    assert pair.books[0].open_orders(ending.maker) == ()
    assert ending.engine.open_interest(0) == (0,) * 4


# ---------------------------------------------------------------- when, and by whom


def test_liquidator_first_then_anyone(ending: Ending) -> None:
    pair = ending.pair
    start = pair.evm.time
    ending.settle()
    for seconds in (0, HOUR - 1):
        pair.evm.time = start + seconds
        for sender in (OWNER, STRANGER, pair.owner(ending.taker)):
            with reverts("engine: settlement not open"):
                ending.engine.settle_position(ending.taker, 0, sender=sender)
    ending.call("settle_position", ending.taker, 0)
    pair.evm.time = start + HOUR
    ending.call("settle_position", ending.maker, 0, sender=STRANGER)
    assert lots_and_cash(pair, ending.maker) == (0, 0)


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode != Mode.SETTLED])
def test_market_that_is_not_settled(ending: Ending, mode: Mode) -> None:
    ending.engine.set_mode(0, mode, sender=OWNER)
    ending.pair.advance(2 * HOUR)
    for sender in (LIQUIDATOR, STRANGER):
        with reverts("engine: market not settled"):
            ending.engine.settle_position(ending.taker, 0, sender=sender)
    ending.settle()
    with reverts("engine: market not settled"):
        ending.engine.settle_position(ending.other, 1, sender=LIQUIDATOR)


def test_position_twice(ending: Ending) -> None:
    """The second time there is nothing to close; nor has who was never there anything."""
    ending.settle()
    ending.call("settle_position", ending.taker, 0)
    before = ending.audit.look()
    ending.call("settle_position", ending.taker, 0)
    ending.call("settle_position", ending.other, 0)
    ending.call("settle_position", ending.pair.account(99), 0)
    assert ending.pair.events == []
    assert ending.audit.look() == before
    assert ending.engine.markets_of(ending.pair.account(99)) == ()


def test_liquidator_cannot_reach_past_it(ending: Ending) -> None:
    """His hooks still ask what they ask: a batch that is over, an order that would not reduce."""
    ending.settle()
    ending.auction()
    with reverts("engine: would not reduce"):
        ending.engine.force_trade(ending.taker, ending.maker, 0, 1, 0, sender=LIQUIDATOR)
    ending.pair.advance(60)
    with reverts("engine: batch is due"):
        ending.engine.force_cancel(ending.taker, 0, sender=LIQUIDATOR)


# ---------------------------------------------------------------- everybody leaves


def test_everybody_leaves_without_an_owner() -> None:
    """
    Neither owner nor liquidator comes again, and the oracle is silent. After an hour somebody closes all
    positions, and each takes what he has; dust is all that stays.
    """
    ending = Ending(replace(SETTINGS, tip=0), 1)
    pair = ending.pair
    small = ending.fund(55, 500 * USDC)
    ending.fill(small, ending.maker, 333, PAR + 7)
    ending.fill(ending.maker, ending.taker, 101, PAR - 3)
    pair.advance(1_800)
    ending.auction()
    ending.settle(LAST - 12_345)
    ending.engine.set_liquidator(address(0), sender=OWNER)
    pair.evm.time += HOUR
    everybody = (ending.maker, ending.taker, ending.other, small)
    for account in everybody:
        ending.call("settle_position", account, 0, sender=STRANGER)
    house = pair.model.fee_account
    for account in (*everybody, house):
        ending.leave(account, collateral(pair, account))
        assert ending.engine.collateral(account) == 0
    dust = ending.engine.tracked()
    assert 0 <= dust <= ending.audit.settlements
    assert pair.token.balanceOf(ending.engine.address) == dust


def test_deficit_first_then_the_others(ending: Ending) -> None:
    """
    Who is short with 200 tokens at 2,000, less a fee of 1, owes 101 at 2,300. The liquidator closes him in
    the first hour, and the others bear it before they can close: then everybody can be paid in full.
    """
    pair = ending.pair
    poor = ending.fund(55, 200 * USDC)
    ending.fill(ending.taker, poor, 1_000)
    ending.settle(23_000 * 100 << SCALE)
    ending.call("settle_position", poor, 0)
    deficit = -collateral(pair, poor)
    assert deficit == 101 * USDC
    ending.call("force_socialise", poor, 0, deficit)
    assert ending.engine.losses_of(0)[0] == -(-(deficit << SCALE) // 3_000)
    pair.advance(HOUR)
    for account, share in ((ending.taker, Fraction(2, 3)), (ending.maker, Fraction(1, 3))):
        before, (lots, cash) = collateral(pair, account), lots_and_cash(pair, account)
        ending.call("settle_position", account, 0, sender=STRANGER)
        paid = before + cash + lots * 23_000 * 100 - collateral(pair, account)
        assert deficit * share <= paid < deficit * share + 2
    assert ending.engine.bad_debt() == 0
    pair.say(1, 2_000 * ONE)
    ending.leave(ending.taker, collateral(pair, ending.taker))
