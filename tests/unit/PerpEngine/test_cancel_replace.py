"""cancel_replace: a ladder is moved as one."""

from dataclasses import replace

import pytest

from tests.support.engine import SETTINGS, USDC, EnginePair
from tests.support.oracle import Manner
from tests.support.orders import refused, reverts
from tests.support.traders import PAR, RICH, STRANGER, caller, fill, lots_and_cash, order, through
from walras.model.market import Mode


def test_ladder_is_moved(pair: EnginePair, maker: int) -> None:
    ids = pair.replace(maker, [], [order(tick=PAR - 1), order(True, PAR + 1)])
    assert ids is not None
    assert pair.engine.open_interest(0) == (10, 10, 0, 0)
    moved = pair.replace(maker, ids, [order(tick=PAR), order(True, PAR + 2, 20)])
    assert moved is not None
    assert pair.engine.open_interest(0) == (10, 20, 0, 0)
    assert {found[0] for found in pair.books[0].open_orders(maker)} == set(moved)


def test_margin_is_asked_for_what_results(pair: EnginePair) -> None:
    """1,000 lots need 101 tokens: one order of them can be moved, not doubled."""
    account = pair.fund(44, 101 * USDC)
    first = pair.buy(account, 1_000, PAR)
    assert first is not None
    with refused(pair, "engine: margin missed"):
        pair.replace(account, [], [order(lots=1)])
    moved = pair.replace(account, [first], [order(tick=PAR - 1, lots=1_000)])
    assert moved is not None
    with refused(pair, "engine: margin missed"):
        pair.replace(account, moved, [order(tick=PAR - 1, lots=1_000), order(tick=PAR - 2, lots=1)])
    pair.replace(account, moved, [])
    assert pair.engine.open_interest(0) == (0, 0, 0, 0)


def test_strict(pair: EnginePair, maker: int) -> None:
    owner = pair.owner(maker)
    first = pair.buy(maker, 10, PAR)
    assert first is not None
    pair.cancel(maker, first)
    with reverts("book: unknown order"):
        pair.engine.cancel_replace(maker, 0, [first], [order()], True, sender=owner)
    assert pair.engine.open_interest(0) == (0, 0, 0, 0)
    taken, _ = pair.engine.cancel_replace(maker, 0, [first], [order()], False, sender=owner)
    assert (taken, pair.engine.open_interest(0)) == (0, (10, 0, 0, 0))


def test_band(pair: EnginePair, maker: int) -> None:
    with refused(pair, "book: tick outside band"):
        pair.replace(maker, [], [order(), order(tick=15_999)])
    with refused(pair, "book: tick outside band"):
        pair.replace(maker, [], [order(True, 24_001)])
    pair.replace(maker, [], [order(tick=16_000), order(True, 24_000)])
    assert pair.refusal is None


def test_owner_only(pair: EnginePair, maker: int, taker: int) -> None:
    with reverts("engine: not authorised"):
        pair.engine.cancel_replace(maker, 0, [], [order()], False, sender=pair.owner(taker))
    contract, account = caller(pair)
    with reverts("engine: not authorised"):
        through(pair, contract, "cancel_replace", maker, 0, [], [order()], False, sender=pair.owner(maker))
    pair.mint(STRANGER, RICH)
    pair.deposit(STRANGER, account, RICH)
    through(pair, contract, "cancel_replace", account, 0, [], [order()], False, sender=STRANGER)
    assert pair.engine.position(account, 0)[3] == 10


def test_refusals(pair: EnginePair, maker: int, taker: int) -> None:
    with refused(pair, "engine: unknown market"):
        pair.replace(maker, [], [order()], 1)
    fill(pair, taker, maker, 100)
    with refused(pair, "engine: would not reduce"):
        pair.replace(taker, [], [order(True, lots=101, reduce_only=True)])
    with refused(pair, "engine: would not reduce"):  # one that reduces does not carry another
        pair.replace(taker, [], [order(True, PAR + 1, 1, reduce_only=True), order(tick=PAR - 1)])
    pair.replace(taker, [], [order(True, lots=100, reduce_only=True)])
    assert pair.refusal is None


def test_modes(pair: EnginePair, maker: int, taker: int) -> None:
    fill(pair, taker, maker, 100)
    pair.set_mode(0, Mode.POST_ONLY)
    with refused(pair, "engine: post-only mode"):
        pair.replace(taker, [], [order(tick=PAR - 2, post_only=True), order(tick=PAR - 3)])
    ids = pair.replace(taker, [], [order(tick=PAR - 2, post_only=True)])
    assert ids is not None
    pair.set_mode(0, Mode.REDUCE_ONLY)
    with refused(pair, "engine: reduce-only mode"):
        pair.replace(taker, [], [order(tick=PAR - 3)])
    with refused(pair, "engine: reduce-only mode"):  # no more than before, but it is placed now
        pair.replace(taker, ids, [order(tick=PAR - 3)])
    with refused(pair, "engine: reduce-only mode"):
        pair.replace(taker, ids, [order(True, tick=PAR + 3, lots=101)])
    pair.replace(taker, ids, [order(True, tick=PAR + 3, lots=100)])
    assert pair.refusal is None
    pair.set_mode(0, Mode.HALTED)
    with refused(pair, "engine: market halted"):
        pair.replace(taker, [], [order(tick=PAR - 3)])
    pair.replace(taker, ids, [])  # cancels alone
    assert pair.refusal is None


@pytest.mark.parametrize("cap", ["open_cap", "account_cap"])
def test_caps(pair: EnginePair, maker: int, cap: str) -> None:
    fields = {name: getattr(SETTINGS, name) for name in SETTINGS.__slots__}
    pair.begin_with(0, type(SETTINGS)(**{**fields, cap: 100}))
    reason = {"open_cap": "engine: open interest cap", "account_cap": "engine: account cap"}[cap]
    with refused(pair, reason):
        pair.replace(maker, [], [order(lots=50), order(tick=PAR - 1, lots=51)])
    pair.replace(maker, [], [order(lots=50), order(tick=PAR - 1, lots=50)])
    assert pair.refusal is None


@pytest.mark.parametrize("is_ask", [False, True])
def test_caps_are_of_the_side_of_the_new_orders(pair: EnginePair, maker: int, is_ask: bool) -> None:
    """What rests on the other side is above a cap of later, and stays."""
    pair.place(maker, order(not is_ask, PAR + (-5 if is_ask else 5), 1_000))
    pair.begin_with(0, replace(SETTINGS, account_cap=500))
    assert pair.replace(maker, [], [order(is_ask, PAR, 10)]) is not None
    with refused(pair, "engine: account cap"):
        pair.replace(maker, [], [order(not is_ask, PAR + (-5 if is_ask else 5), 1)])


def test_stale_price(pair: EnginePair, maker: int) -> None:
    first = pair.buy(maker, 10, PAR)
    assert first is not None
    pair.sources[0].behave(Manner.REVERT)
    pair.close()
    with refused(pair, "engine: price not fit"):
        pair.replace(maker, [first], [order(lots=11)])
    with refused(pair, "engine: price not fit"):  # no more than before, but it is placed now
        pair.replace(maker, [first], [order(lots=10, tick=PAR - 5)])
    pair.replace(maker, [first], [])
    assert pair.refusal is None


def test_continuous_mode(pair: EnginePair) -> None:
    """One order between two auctions, after which one runs; a ladder without orders runs none."""
    continuous = EnginePair(interval=0)
    maker, taker = continuous.fund(11, RICH), continuous.fund(22, RICH)
    ids = continuous.replace(maker, [], [order(True)])
    assert ids is not None
    moved = continuous.replace(maker, ids, [order(True, PAR - 1)])
    assert moved is not None
    continuous.replace(taker, [], [order()])
    assert lots_and_cash(continuous, taker) == (10, -20 * USDC)
    continuous.replace(maker, moved, [])
    assert lots_and_cash(continuous, maker) == (-10, 20 * USDC)
