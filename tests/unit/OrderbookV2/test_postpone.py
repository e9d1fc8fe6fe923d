"""postpone: a batch goes on for another interval, without an auction."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, NOTHING, OTHER, TAKER, ask, bid, refused, trade
from walras.model.book import Auction, Clearing, Exposure, Fills, Market


def test_due_batch_is_open_again(pair: BookPair) -> None:
    """2 of 5 are cancelled in the time won; the other 3 meet an IOC from before the halt, at index 4."""
    order_id = pair.place(MAKER, bid(100, 5))
    pair.place(TAKER, ask(100, 9, batch_only=True))
    pair.close()
    with refused(pair, "book: batch closed"):
        pair.cancel(MAKER, order_id, 2)
    assert pair.postpone() == pair.evm.time + 10
    assert pair.contract.lots_at(True, 100) == (0, 9)
    pair.check()
    assert pair.cancel(MAKER, order_id, 2) == 2
    with refused(pair, "book: batch not due"):
        pair.clear()
    pair.advance(9)
    with refused(pair, "book: zero lots"):  # still open
        pair.cancel(MAKER, order_id, 0)
    pair.advance(1)
    with refused(pair, "book: batch closed"):
        pair.cancel(MAKER, order_id, 2)
    assert pair.clear(100, 4) == Clearing(True, 0, 0, 100, 3, -6, 0, 0)
    assert Auction(*pair.contract.auction(0)) == Auction(100, 3, 0, pair.evm.time, 4)
    assert pair.sync(MAKER) == Fills(3, -300, 12, maker_notional=0, taker_notional=300, grid=0)
    assert pair.sync(TAKER) == Fills(-3, 300, -12, maker_notional=0, taker_notional=300, grid=0)
    pair.check()


def test_event(pair: BookPair) -> None:
    """It tells the batch and its new end, of a batch that is open and of one that is due."""
    trade(pair, 100)
    pair.auction()  # batch 1 does not trade: batches and auctions are counted apart
    for seconds in (3, 10, 1_000):
        pair.advance(seconds)
        due = pair.postpone()
        (event,) = pair.events
        assert (event.name, event.args) == ("Postponed", {"batch": 2, "due": pair.evm.time + 10})
        assert due == pair.evm.time + 10


def test_open_batch_ends_later(pair: BookPair) -> None:
    start = pair.evm.time
    pair.advance(4)
    assert pair.postpone() == start + 14
    assert Market(*pair.contract.market()) == Market(0, 0, start + 14, 10, 1, 0)
    pair.advance(9)
    with refused(pair, "book: batch not due"):
        pair.clear()
    pair.place(MAKER, bid(100, 1))
    pair.advance(1)
    with refused(pair, "book: batch closed"):
        pair.place(MAKER, bid(100, 1))
    assert pair.clear() is not None
    assert Market(*pair.contract.market()) == Market(0, 1, start + 24, 10, 1, 0)


@pytest.mark.parametrize("seconds", [0, 4, 10, 99])
@pytest.mark.parametrize("interval", [1, 7, 60, 2**24 - 1])
def test_the_interval_that_is_set_now_counts(pair: BookPair, interval: int, seconds: int) -> None:
    """Not the one of the batch: it may end sooner, too."""
    pair.configure(interval, 1)
    pair.advance(seconds)
    assert pair.postpone() == pair.evm.time + interval
    assert pair.contract.market()[2] == pair.evm.time + interval
    pair.check()


@pytest.mark.parametrize("seconds", [3, 10, 25])
def test_one_second_where_continuous_mode_comes_next(pair: BookPair, seconds: int) -> None:
    """The batch stays one, for any number of orders; then the mode changes."""
    order_id = pair.place(MAKER, bid(100, 5))
    pair.configure(0, 1)
    pair.advance(seconds)
    assert pair.postpone() == pair.evm.time + 1
    assert pair.cancel(MAKER, order_id, 1) == 1
    pair.place(OTHER, bid(99, 1))
    pair.place(TAKER, ask(100, 2))
    with refused(pair, "book: batch not due"):
        pair.clear()
    pair.advance(1)
    with refused(pair, "book: batch closed"):
        pair.cancel(MAKER, order_id, 1)
    assert pair.clear(100).lots == 2
    assert Market(*pair.contract.market()) == Market(1, 1, 0, 0, 1, 0)
    assert pair.postpone() == 0
    pair.check()


def test_again_and_again(pair: BookPair) -> None:
    """An hour's halt: nothing trades, batch 0 lasts."""
    pair.place(MAKER, bid(100, 5))
    pair.place(TAKER, ask(100, 5, batch_only=True))
    for _ in range(60):
        pair.advance(60)
        assert pair.postpone() == pair.evm.time + 10
        assert pair.sync(MAKER) == NOTHING
    assert Market(*pair.contract.market()) == Market(0, 0, pair.evm.time + 10, 10, 1, 0)
    assert pair.auction(100).lots == 5
    pair.check()


def test_orders_that_join_are_of_the_same_batch(pair: BookPair) -> None:
    """First in time first; all of them are takers."""
    pair.place(MAKER, bid(100, 3))
    pair.close()
    pair.postpone()
    pair.place(OTHER, bid(100, 3))
    pair.place(TAKER, ask(100, 4))
    assert [order[5] for order in pair.contract.open_orders(OTHER)] == [0]
    assert pair.auction(100).lots == 4
    assert pair.sync(MAKER) == Fills(3, -300, 0, maker_notional=0, taker_notional=300, grid=0)
    assert pair.sync(OTHER) == Fills(1, -100, 0, maker_notional=0, taker_notional=100, grid=0)
    assert pair.sync(TAKER) == Fills(-4, 400, 0, maker_notional=0, taker_notional=400, grid=0)


def test_all_ways_out_are_open_again(pair: BookPair) -> None:
    """cancel_all, cancel_replace and sweep, each refused on the closed batch."""
    first = pair.place(MAKER, bid(100, 5))
    pair.place(OTHER, bid(100, 5))
    third = pair.place(TAKER, bid(100, 5, expiry=pair.evm.time + 10))
    pair.close()
    with refused(pair, "book: batch closed"):
        pair.cancel_replace(MAKER, [first], [bid(90, 1)])
    with refused(pair, "book: batch closed"):
        pair.cancel_all(OTHER)
    with refused(pair, "book: batch closed"):
        pair.sweep(TAKER, [third])
    pair.postpone()
    assert pair.cancel_replace(MAKER, [first], [bid(90, 1)]) is not None
    assert pair.cancel_all(OTHER) == pair.sweep(TAKER, [third]) == 1
    assert pair.contract.depth(64) == (((90, 1),), ())
    pair.check()


def test_fills_of_earlier_auctions_stay_to_be_settled(pair: BookPair) -> None:
    pair.place(MAKER, bid(100, 5))
    pair.place(TAKER, ask(100, 2))
    pair.auction(100, 3)
    pair.close()
    pair.postpone()
    assert pair.sync(MAKER) == Fills(2, -200, 6, maker_notional=0, taker_notional=200, grid=0)
    assert pair.exposure == Exposure(1, 3, 0, 300, 0)
    pair.check()


def test_the_rest_of_its_word_stays(pair: BookPair) -> None:
    """A history, a grid, a minimum size and orders of all classes lie beside the due time."""
    pair.rescale()
    trade(pair, 100)
    pair.configure(2**24 - 1, 2**20 - 1)
    for tick, batch_only in ((1, False), (2, True)):
        pair.place(MAKER, bid(tick, 2**20, batch_only=batch_only))
        pair.place(OTHER, ask(2**18 - 1 - tick, 2**20, batch_only=batch_only))
    before = pair.contract.market()
    pair.advance(2**24)
    assert pair.postpone() == pair.evm.time + 2**24 - 1
    after = pair.contract.market()
    assert (before[:2], before[3:]) == (after[:2], after[3:])
    assert [pair.contract.lots_at(False, tick) for tick in (1, 2)] == [(2**20, 0), (0, 2**20)]
    pair.check()


@pytest.mark.parametrize("interval", [0, 10])
def test_nothing_happens_in_continuous_mode(continuous: BookPair, interval: int) -> None:
    """Nor where batches begin after the next auction; the order that waits for it still does."""
    pair = continuous
    pair.place(MAKER, bid(100, 5))
    pair.configure(interval, 1)
    before = pair.contract.market()
    assert pair.postpone() == 0
    assert pair.events == []
    assert pair.contract.market() == before
    with refused(pair, "book: clear first"):
        pair.place(TAKER, ask(100, 5))
    pair.check()
    assert pair.clear() is not None
    assert pair.postpone() == (pair.evm.time + interval if interval else 0)
