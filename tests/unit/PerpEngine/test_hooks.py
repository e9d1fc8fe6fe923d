"""force_cancel, force_order, force_trade, force_payment: what the liquidation engine alone may do."""

import pytest

from tests.support.engine import OWNER, USDC, EnginePair
from tests.support.engine_invariants import Audit
from tests.support.orders import reverts
from tests.support.traders import LOT_AT_PAR, PAR, SCALE, STRANGER, UNIT, fill, named, order
from walras.devtools.evm import DEPLOYER, address
from walras.model.market import Mode

LIQUIDATOR = address(0x11C)


@pytest.fixture
def watched(pair: EnginePair, maker: int, taker: int) -> Audit:
    """The taker is long 1,000 lots against the maker; the liquidator has his role; all is audited."""
    fill(pair, taker, maker, 1_000)
    pair.engine.set_liquidator(LIQUIDATOR, sender=OWNER)
    assert pair.engine.liquidator() == LIQUIDATOR
    audit = Audit(pair)
    audit.moved = pair.engine.tracked()
    return audit


def force(pair: EnginePair, audit: Audit, name: str, *args: object) -> object:
    """A hook, and the money afterwards: nothing is made, lots sum to nothing, exposures are right."""
    audit.begin()
    result = getattr(pair.engine, name)(*args, sender=LIQUIDATOR)
    pair.events = pair.engine.events()
    now = audit.look()
    for check in (
        "inv_01_custody",
        "inv_02_money_is_conserved",
        "inv_03_lots_sum_to_zero",
        "inv_05_aggregates",
    ):
        getattr(audit, check)([], audit.before, now)
    return result


def position(pair: EnginePair, account: int) -> int:
    return int(pair.engine.position(account, 0)[0])


CALLS = {
    "force_cancel": lambda account, other: (account, 0),
    "force_order": lambda account, other: (account, 0, order(is_ask=True, reduce_only=True)),
    "force_trade": lambda account, other: (account, other, 0, -1, 2 * USDC),
    "force_payment": lambda account, other: (account, other, 1),
    "force_socialise": lambda account, other: (account, 0, 0),
    "force_settle": lambda account, other: (0, LOT_AT_PAR),
}


@pytest.mark.parametrize("name", CALLS)
def test_role(pair: EnginePair, watched: Audit, maker: int, taker: int, name: str) -> None:
    arguments = CALLS[name](taker, maker)
    for sender in (OWNER, STRANGER, DEPLOYER, pair.owner(taker)):
        with reverts("engine: not the liquidator"):
            getattr(pair.engine, name)(*arguments, sender=sender)
    force(pair, watched, name, *arguments)
    pair.engine.set_liquidator(STRANGER, sender=OWNER)
    with reverts("engine: not the liquidator"):
        getattr(pair.engine, name)(*arguments, sender=LIQUIDATOR)


def test_nobody_is_the_liquidator_at_first(pair: EnginePair, maker: int) -> None:
    assert pair.engine.liquidator() == "0x" + 40 * "0"
    with reverts("engine: not the liquidator"):
        pair.engine.force_payment(maker, maker, 0, sender=LIQUIDATOR)


def test_order_turns_the_switch_off(pair: EnginePair, watched: Audit, taker: int) -> None:
    """Past its deadline anyone could sweep the order."""
    pair.engine.cancel_all_after(taker, 0, pair.evm.time + 1, sender=pair.owner(taker))
    placed = force(pair, watched, "force_order", taker, 0, order(True, PAR, 600, reduce_only=True))
    pair.advance(2)
    with reverts("book: not expired"):
        pair.engine.sweep(taker, 0, [placed])


@pytest.mark.parametrize("name", ["force_cancel", "force_order", "force_trade"])
def test_closed_batch_and_unknown_market(
    pair: EnginePair, watched: Audit, maker: int, taker: int, name: str
) -> None:
    arguments = CALLS[name](taker, maker)
    place = arguments.index(0)
    with reverts("engine: unknown market"):
        getattr(pair.engine, name)(*arguments[:place], 7, *arguments[place + 1 :], sender=LIQUIDATOR)
    pair.advance(pair.engine.mark(0)[6] - pair.evm.time - 1)
    kept = pair.evm.snapshot()
    force(pair, watched, name, *arguments)
    pair.evm.revert(kept)
    pair.advance(1)
    with reverts("engine: batch is due"):
        getattr(pair.engine, name)(*arguments, sender=LIQUIDATOR)


def test_cancel(pair: EnginePair, watched: Audit, taker: int) -> None:
    for tick in (PAR - 1, PAR - 2):
        pair.buy(taker, 10, tick)
    assert force(pair, watched, "force_cancel", taker, 0) == 2
    assert pair.engine.position(taker, 0)[3:5] == (0, 0)


def test_order_reduces_whatever_the_margin(pair: EnginePair, watched: Audit, maker: int, taker: int) -> None:
    """At a tick far outside of the band, in a market that lets nobody else in."""
    pair.engine.set_mode(0, Mode.REDUCE_ONLY, sender=OWNER)
    placed = force(pair, watched, "force_order", taker, 0, order(True, 1, 1_000, reduce_only=True))
    (found,) = pair.books[0].open_orders(taker)
    assert (found[0], found[2], found[3]) == (placed, 1, 1_000)


@pytest.mark.parametrize(
    ("is_ask", "lots", "reduce_only"),
    [(True, 1_001, True), (True, 1_000, False), (False, 1, True), (False, 1, False)],
)
def test_order_that_does_not_reduce(
    pair: EnginePair, watched: Audit, taker: int, is_ask: bool, lots: int, reduce_only: bool
) -> None:
    terms = order(is_ask, PAR, lots, reduce_only=reduce_only)
    with reverts("engine: would not reduce"):
        pair.engine.force_order(taker, 0, terms, sender=LIQUIDATOR)


def test_order_beside_others(pair: EnginePair, watched: Audit, taker: int) -> None:
    """With 400 lots offered already, 600 are left to reduce."""
    pair.sell(taker, 400, PAR + 5)
    with reverts("engine: would not reduce"):
        pair.engine.force_order(taker, 0, order(True, PAR, 601, reduce_only=True), sender=LIQUIDATOR)
    force(pair, watched, "force_order", taker, 0, order(True, PAR, 600, reduce_only=True))


def test_trade_by_hand(pair: EnginePair, watched: Audit, maker: int, taker: int) -> None:
    """600 of 1,000 lots go at 1,990 instead of 2,000: a loss of 6 tokens; the other takes 600 at 1,990."""
    other = pair.fund(77, 10_000 * USDC)
    watched.moved = pair.engine.tracked()
    before = pair.engine.collateral(taker)
    cash = 600 * 19_900 * UNIT
    force(pair, watched, "force_trade", taker, other, 0, -600, cash)
    (told,) = named(pair, "ForcedTrade")
    assert tuple(told.values()) == (taker, other, 0, -600, cash)
    assert (position(pair, taker), position(pair, other), position(pair, maker)) == (400, 600, -1_000)
    assert pair.engine.collateral(taker) == before - 6 * USDC
    assert pair.engine.valuation(other, 0)[0] == 19_900 * UNIT << SCALE
    assert pair.engine.valuation(taker, 0)[0] == LOT_AT_PAR
    assert pair.engine.collateral(other) == 10_000 * USDC  # no fee


def test_trade_of_a_short(pair: EnginePair, watched: Audit, maker: int, taker: int) -> None:
    """The maker's short goes to the taker, who was long: both have nothing."""
    force(pair, watched, "force_trade", maker, taker, 0, 1_000, -1_000 * PAR * UNIT)
    assert pair.engine.markets_of(maker) == pair.engine.markets_of(taker) == ()


@pytest.mark.parametrize("lots", [0, 1, -1_001, 2**38])
def test_trade_that_does_not_reduce(
    pair: EnginePair, watched: Audit, maker: int, taker: int, lots: int
) -> None:
    with reverts("engine: would not reduce"):
        pair.engine.force_trade(taker, maker, 0, lots, 0, sender=LIQUIDATOR)
    with reverts("engine: would not reduce"):
        pair.engine.force_trade(taker, taker, 0, -1, 0, sender=LIQUIDATOR)


def test_trade_settles_and_trims(pair: EnginePair, watched: Audit, maker: int, taker: int) -> None:
    """Fills that wait are booked before, and reduce-only orders beyond what is left go."""
    pair.sell(taker, 300, PAR, post_only=True)
    pair.buy(maker, 300, PAR)
    pair.close()
    pair.sell(taker, 700, PAR + 9, reduce_only=True)
    force(pair, watched, "force_trade", taker, maker, 0, -500, 500 * PAR * UNIT)
    assert position(pair, taker) == 200
    assert pair.engine.position(taker, 0)[4] == 200  # of 700 lots offered, 200 are left


def test_payment(pair: EnginePair, watched: Audit, maker: int, taker: int) -> None:
    have, other = pair.engine.collateral(taker), pair.engine.collateral(maker)
    for bad in (have + 1, 2**256 - 1):
        with reverts("engine: amount too large"):
            pair.engine.force_payment(taker, maker, bad, sender=LIQUIDATOR)
    force(pair, watched, "force_payment", taker, maker, have)
    assert (pair.engine.collateral(taker), pair.engine.collateral(maker)) == (0, other + have)


def test_role_is_told(pair: EnginePair) -> None:
    pair.engine.set_liquidator(LIQUIDATOR, sender=OWNER)
    (event,) = pair.engine.events()
    assert (event.name, event.args) == ("LiquidatorSet", {"liquidator": LIQUIDATOR})
