"""auction and auctions_from: the history, one record or a page of it."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import OTHER, TAKER, ask, bid, reverts, trade
from walras.model.book import MAX_TICK, Auction


def test_auction(pair: BookPair) -> None:
    start = pair.evm.time
    trade(pair, 100, lots=3, funding_index=-5)
    pair.auction()  # batch 1 does not trade
    trade(pair, 110, lots=4, funding_index=2**79 - 1)
    assert Auction(*pair.contract.auction(0)) == Auction(100, 3, 0, start + 10, -5)
    assert Auction(*pair.contract.auction(1)) == Auction(110, 4, 2, start + 30, 2**79 - 1)


@pytest.mark.parametrize("number", [1, 2, 2**32, 2**256 - 1])
def test_no_such_auction(pair: BookPair, number: int) -> None:
    with reverts("book: no such auction"):
        pair.contract.auction(0)
    trade(pair, 100)
    with reverts("book: no such auction"):
        pair.contract.auction(number)
    assert pair.contract.auction(0)[0] == 100


@pytest.mark.parametrize("price", [1, MAX_TICK])
def test_record_at_its_ends(pair: BookPair, price: int) -> None:
    pair.place(OTHER, ask(price, 2**28 - 1))
    pair.place(TAKER, bid(price, 2**28 - 1))
    pair.auction(price, 1 - 2**79)
    assert Auction(*pair.contract.auction(0)) == Auction(price, 2**28 - 1, 0, pair.evm.time, 1 - 2**79)


def test_a_page_of_history(pair: BookPair) -> None:
    for price in range(100, 105):
        trade(pair, price)
    pair.rescale()
    trade(pair, 200)
    every = [price for price, *_ in pair.contract.auctions_from(0, 64)]
    assert every == [100, 101, 102, 103, 104, 0, 0, 200]
    assert pair.contract.auctions_from(0, 64) == tuple(pair.contract.auction(i) for i in range(8))
    assert [price for price, *_ in pair.contract.auctions_from(2, 3)] == [102, 103, 104]
    assert [price for price, *_ in pair.contract.auctions_from(7, 2)] == [200]
    assert pair.contract.auctions_from(0, 0) == pair.contract.auctions_from(8, 1) == ()
    assert pair.contract.auctions_from(2**256 - 1, 64) == ()


@pytest.mark.parametrize("count", [65, 2**256 - 1])
def test_page_too_large(pair: BookPair, count: int) -> None:
    with reverts("book: page too large"):
        pair.contract.auctions_from(0, count)
    assert pair.contract.auctions_from(0, 64) == ()
