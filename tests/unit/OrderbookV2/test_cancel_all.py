"""cancel_all: every open order of one account."""

from tests.support.book import BookPair
from tests.support.orders import MAKER, NONE_OPEN, NOTHING, OTHER, TAKER, ask, bid, refused
from walras.model.book import Fills


def test_cancel_all(pair: BookPair) -> None:
    """Three orders of 5, 6 and 2 lots and as many classes; another account's 7 lots stay."""
    ids = [
        pair.place(MAKER, bid(100, 5)),
        pair.place(MAKER, ask(101, 6)),
        pair.place(MAKER, ask(101, 2, batch_only=True)),
    ]
    pair.place(OTHER, ask(101, 7))
    assert pair.cancel_all(MAKER) == 3
    assert (pair.fills, pair.exposure) == (NOTHING, NONE_OPEN)
    assert [(event.name, event.args) for event in pair.events] == [
        ("Cancelled", {"account": MAKER, "order_id": order_id, "lots": lots, "left": 0})
        for order_id, lots in zip(ids, (5, 6, 2), strict=True)
    ]
    assert pair.contract.best() == (0, 101)
    assert pair.contract.lots_at(True, 101) == (7, 0)
    pair.check()


def test_cancel_all_of_nothing(pair: BookPair) -> None:
    pair.place(OTHER, ask(101, 7))
    assert pair.cancel_all(MAKER) == 0
    assert (pair.fills, pair.exposure, pair.events) == (NOTHING, NONE_OPEN, [])
    pair.check()


def test_cancel_all_settles_first(pair: BookPair) -> None:
    """4 of 10 were sold at 100 at index 3, the other 6 are taken off; the filled order does not count."""
    pair.place(MAKER, ask(100, 10))
    pair.place(MAKER, ask(99, 1))
    pair.place(TAKER, bid(100, 5))
    pair.auction(funding_index=3)
    assert pair.cancel_all(MAKER) == 1
    assert pair.fills == Fills(lots=-5, cash=500, basis=-15, maker_notional=0, taker_notional=500, grid=0)
    assert pair.exposure == NONE_OPEN
    assert [event.name for event in pair.events] == ["Settled", "Settled", "Cancelled"]
    assert pair.sync(MAKER) == NOTHING


def test_cancel_all_while_the_batch_is_open(pair: BookPair) -> None:
    pair.place(MAKER, ask(100, 10))
    pair.advance(10)
    with refused(pair, "book: batch closed"):
        pair.cancel_all(MAKER)
    with refused(pair, "book: batch closed"):
        pair.cancel_all(OTHER)
    pair.clear()
    pair.advance(9)
    assert pair.cancel_all(MAKER) == 1


def test_cancel_all_of_32(pair: BookPair) -> None:
    for lots in range(1, 33):
        pair.place(MAKER, bid(100 + lots, lots))
    assert pair.exposure.bid_lots == 528  # 1 + 2 + .. + 32
    assert pair.cancel_all(MAKER) == 32
    assert pair.exposure == NONE_OPEN
    assert len(pair.events) == 32
    assert pair.contract.best() == (0, 0)
    pair.check()
    assert pair.place(MAKER, bid(100, 1)) & 31 == 0
