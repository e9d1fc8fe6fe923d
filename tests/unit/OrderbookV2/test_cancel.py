"""cancel: lots off one order, its place in the queue kept."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, NONE_OPEN, NOTHING, OTHER, TAKER, ask, bid, refused
from walras.model.book import MAX_ORDER, Exposure, Fills


def test_cancel_in_part(pair: BookPair) -> None:
    order_id = pair.place(MAKER, bid(90, 5))
    assert pair.cancel(MAKER, order_id, 2) == 2
    assert (pair.fills, pair.exposure) == (NOTHING, Exposure(0b1, 3, 0, 270, 0))
    (event,) = pair.events
    assert event.name == "Cancelled"
    assert event.args == {"account": MAKER, "order_id": order_id, "lots": 2, "left": 3}
    assert pair.contract.open_orders(MAKER)[0][3:5] == (3, 0)  # open, filled
    pair.check()


@pytest.mark.parametrize("lots", [5, 6, MAX_ORDER, 2**256 - 1])
def test_cancel_takes_no_more_than_is_open(pair: BookPair, lots: int) -> None:
    order_id = pair.place(MAKER, bid(90, 5))
    assert pair.cancel(MAKER, order_id, lots) == 5
    assert pair.exposure == NONE_OPEN
    assert pair.events[0].args == {"account": MAKER, "order_id": order_id, "lots": 5, "left": 0}
    assert pair.contract.lots_at(False, 90) == (0, 0)
    with refused(pair, "book: unknown order"):
        pair.cancel(MAKER, order_id, lots)
    pair.check()


def test_cancel_of_no_lots(pair: BookPair) -> None:
    order_id = pair.place(MAKER, bid(90, 5))
    with refused(pair, "book: zero lots"):
        pair.cancel(MAKER, order_id, 0)
    with refused(pair, "book: zero lots"):
        pair.cancel(MAKER, order_id + 1, 0)  # said before the order is looked for


def test_cancel_of_an_unknown_order(pair: BookPair) -> None:
    """Other accounts' orders, other slots, other identities: none is the account's."""
    order_id = pair.place(MAKER, bid(90, 5))
    pair.place(OTHER, bid(90, 5))
    for account, bad in (
        (OTHER, order_id),
        (TAKER, order_id),
        (MAKER, order_id ^ 1),  # slot 1 is empty
        (MAKER, order_id ^ (1 << 5)),  # an ask
        (MAKER, order_id ^ (1 << 7)),  # another tick
        (MAKER, order_id ^ (1 << 25)),  # another generation
        (MAKER, order_id ^ (1 << 57)),  # another index
        (MAKER, order_id | 1 << 89),  # above the id's bits
        (MAKER, 0),
        (MAKER, 2**256 - 1),
    ):
        with refused(pair, "book: unknown order"):
            pair.cancel(account, bad)
    assert pair.cancel(MAKER, order_id) == 5


def test_filled_vanished_and_void_orders_are_unknown(pair: BookPair) -> None:
    filled = pair.place(MAKER, bid(100, 5))
    vanished = pair.place(MAKER, bid(100, 5, batch_only=True))
    void = pair.place(OTHER, bid(50, 1))
    pair.place(TAKER, ask(100, 7))
    pair.auction()
    assert pair.cancel(OTHER, void, 0) is None
    pair.rescale()
    for account, order_id in ((MAKER, filled), (MAKER, vanished), (OTHER, void)):
        with refused(pair, "book: unknown order"):
            pair.cancel(account, order_id)
    assert pair.sync(MAKER) == Fills(7, -700, 0, 0, 700, grid=0)


def test_cancel_while_the_batch_is_open(pair: BookPair) -> None:
    order_id = pair.place(MAKER, bid(90, 5))
    pair.advance(9)
    assert pair.cancel(MAKER, order_id, 1) == 1
    pair.advance(1)
    with refused(pair, "book: batch closed"):
        pair.cancel(MAKER, order_id, 0)
    pair.clear()
    assert pair.cancel(MAKER, order_id) == 4


def test_cancel_settles_first(pair: BookPair) -> None:
    """3 of 10 were bought at 100 at index -2; 4 of the other 7 are taken off."""
    order_id = pair.place(MAKER, bid(100, 10))
    pair.place(TAKER, ask(100, 3))
    pair.auction(funding_index=-2)
    assert pair.cancel(MAKER, order_id, 4) == 4
    assert pair.fills == Fills(lots=3, cash=-300, basis=-6, maker_notional=0, taker_notional=300, grid=0)
    assert pair.exposure == Exposure(0b1, 3, 0, 300, 0)
    settled, cancelled = pair.events
    assert settled.args == {
        "account": MAKER,
        "order_id": order_id,
        "lots": 3,
        "notional": 300,
        "basis": -6,
        "taker_lots": 3,
        "taker_notional": 300,
        "left": 7,
    }
    assert cancelled.args == {"account": MAKER, "order_id": order_id, "lots": 4, "left": 3}
    assert pair.contract.open_orders(MAKER)[0][3:5] == (3, 3)
    with refused(pair, "book: unknown order"):
        pair.cancel(MAKER, order_id + 1, 4)


@pytest.mark.parametrize("batch_only", [False, True])
@pytest.mark.parametrize(("place", "expected"), [(0, [3, 3, 0]), (1, [5, 1, 0]), (2, [5, 1, 0])])
def test_cancel_anywhere_in_the_queue(
    pair: BookPair, place: int, expected: list[int], batch_only: bool
) -> None:
    """Three of 5 at 100; 2 lots of one are taken off; 6 are sold: the first in time fill first."""
    accounts = (MAKER, OTHER, TAKER)
    ids = [pair.place(account, bid(100, 5, batch_only=batch_only)) for account in accounts]
    pair.cancel(accounts[place], ids[place], 2)
    pair.place(44, ask(100, 6))
    pair.auction()
    assert [pair.sync(account).lots for account in accounts] == expected
    pair.check()


def test_part_cancelled_order_keeps_its_place_and_a_new_one_goes_last(pair: BookPair) -> None:
    first = pair.place(MAKER, ask(100, 5))
    pair.place(OTHER, ask(100, 5))
    pair.cancel(MAKER, first, 2)
    pair.place(TAKER, bid(100, 4))
    pair.auction()
    assert (pair.sync(MAKER).lots, pair.sync(OTHER).lots) == (-3, -1)
    pair.place(MAKER, ask(100, 5))
    pair.place(TAKER, bid(100, 5))
    pair.auction()
    assert (pair.sync(MAKER).lots, pair.sync(OTHER).lots) == (-1, -4)


def test_cancel_of_batch_only(pair: BookPair) -> None:
    order_id = pair.place(MAKER, ask(100, 5, batch_only=True))
    pair.cancel(MAKER, order_id, 2)
    assert pair.contract.lots_at(True, 100) == (0, 3)
    pair.cancel(MAKER, order_id)
    assert pair.contract.lots_at(True, 100) == (0, 0)
    pair.place(TAKER, bid(100, 5))
    assert not pair.auction().traded
    pair.check()


@pytest.mark.parametrize("tick", [1, 7, 8, 4_095, 4_096, 2**18 - 2])
def test_cancel_leaves_the_neighbours(pair: BookPair, tick: int) -> None:
    """A level that empties takes none beside it along, at the edges of the tree's words."""
    near = tick + 1 if tick == 1 else tick - 1
    order_id = pair.place(MAKER, bid(tick, 5))
    pair.place(OTHER, bid(near, 3))
    pair.cancel(MAKER, order_id)
    assert pair.contract.best() == (near, 0)
    assert pair.contract.lots_at(False, near) == (3, 0)
    pair.place(TAKER, bid(tick, 2))
    assert pair.contract.lots_at(False, tick) == (2, 0)
    pair.check()
