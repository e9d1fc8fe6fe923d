"""rescale: all that rests is void, all that filled is still to be had."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, NONE_OPEN, NOTHING, OTHER, TAKER, ask, bid, refused, trade
from walras.model.book import Auction, Exposure, Fills, Market, NewOrder


def test_rescale(pair: BookPair) -> None:
    """2 of 5 filled at index 3 before; the other 3, and a far ask, are void; the next order is of grid 1."""
    pair.place(MAKER, bid(100, 5))
    pair.place(TAKER, ask(100, 2))
    pair.place(OTHER, ask(120, 2))
    pair.auction(100, 3)
    assert pair.rescale() == 1
    (event,) = pair.events
    assert (event.name, event.args) == ("Rescaled", {"grid": 1, "auctions": 1})
    void = Auction(price=0, lots=0, batch=1, time=pair.evm.time, funding_index=0)
    assert Auction(*pair.contract.auction(1)) == Auction(*pair.contract.auction(2)) == void
    assert Market(*pair.contract.market()) == Market(3, 2, pair.evm.time + 10, 10, 1, 1)
    assert pair.contract.best() == (0, 0)
    pair.check()
    assert pair.sync(OTHER) == NOTHING
    assert [event.args["lots"] for event in pair.events] == [0]
    pair.place(MAKER, bid(7, 1))
    assert pair.fills == Fills(2, -200, 6, 0, 200, grid=0)
    assert pair.exposure == Exposure(1, 1, 0, 7, 0)
    pair.place(OTHER, ask(7, 1))
    assert pair.auction(7).auction == 3
    assert pair.sync(MAKER) == Fills(1, -7, 0, 0, 7, grid=1)


@pytest.mark.parametrize("batch_only", [False, True])
@pytest.mark.parametrize("is_ask", [False, True])
@pytest.mark.parametrize("tick", [1, 77_777, 2**18 - 2])
def test_every_order_is_void(pair: BookPair, tick: int, is_ask: bool, batch_only: bool) -> None:
    order_id = pair.place(MAKER, NewOrder(is_ask, tick, 5, batch_only=batch_only))
    pair.rescale()
    assert pair.contract.open_orders(MAKER) == ()
    assert pair.contract.lots_at(is_ask, tick) == (0, 0)
    pair.place(TAKER, NewOrder(not is_ask, tick, 5))
    assert not pair.auction(tick).traded
    with refused(pair, "book: unknown order"):
        pair.cancel(MAKER, order_id)
    assert pair.sync(MAKER) == NOTHING
    assert pair.exposure == NONE_OPEN
    pair.check()


def test_rescale_at_any_time(pair: BookPair) -> None:
    """In the open batch, on a closed one, twice in a row; each opens a batch of its own."""
    start = pair.evm.time
    pair.place(MAKER, bid(100, 5))
    assert pair.rescale() == 1
    pair.advance(11)
    assert pair.rescale() == 2
    assert pair.rescale() == 3
    assert Market(*pair.contract.market()) == Market(6, 3, start + 21, 10, 1, 3)
    with refused(pair, "book: batch not due"):
        pair.clear()
    pair.place(MAKER, bid(100, 5))


def test_rescale_keeps_the_settings(pair: BookPair) -> None:
    pair.configure(33, 44)
    pair.rescale()
    assert Market(*pair.contract.market()) == Market(2, 1, pair.evm.time + 33, 33, 44, 1)


def test_rescale_in_continuous_mode_takes_an_order_again(continuous: BookPair) -> None:
    continuous.place(MAKER, bid(100, 5))
    with refused(continuous, "book: clear first"):
        continuous.place(MAKER, bid(100, 5))
    continuous.rescale()
    continuous.place(MAKER, bid(100, 5))


def test_self_trade_guard_forgets_void_orders(pair: BookPair) -> None:
    pair.place(MAKER, ask(100, 5))
    with refused(pair, "book: self-trade"):
        pair.place(MAKER, bid(100, 5))
    pair.rescale()
    pair.place(MAKER, bid(100, 5))


def test_last_grid(pair: BookPair) -> None:
    """Grid 255 trades like any other, and its fills tell of it."""
    for grid in range(1, 256):
        assert pair.rescale() == grid
    with refused(pair, "book: last grid"):
        pair.rescale()
    pair.place(MAKER, bid(100, 5))
    trade(pair, 90)
    pair.place(TAKER, ask(100, 5))
    pair.auction()
    assert pair.contract.market()[5] == 255
    assert pair.sync(MAKER).grid == 255
    with refused(pair, "book: last grid"):
        pair.rescale()
    pair.check()


@pytest.mark.parametrize("rescales", [1, 2, 255])
def test_rescale_between_fill_and_settlement(pair: BookPair, rescales: int) -> None:
    """On grid 0, at index 4, 10 offered at 99 fill 5 at 101, an IOC of 3 at 100, and 2 of 6 at 99."""
    pair.place(MAKER, bid(101, 5))
    pair.place(MAKER, bid(99, 6))
    pair.place(MAKER, bid(100, 3, batch_only=True))
    pair.place(OTHER, ask(99, 10))
    clearing = pair.auction(99, 4)
    assert (clearing.price, clearing.lots, clearing.imbalance) == (99, 10, 4)
    for _ in range(rescales):
        pair.rescale()
    expected = Fills(10, -990, 40, maker_notional=0, taker_notional=990, grid=0)
    assert Fills(*pair.contract.preview_sync(MAKER)[0]) == expected
    assert pair.sync(MAKER) == expected
    assert pair.exposure == NONE_OPEN
    assert pair.sync(MAKER) == NOTHING
    pair.check()
