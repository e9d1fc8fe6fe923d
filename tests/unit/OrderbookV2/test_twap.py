"""twap: the average of the last clearing price over a window."""

import random

import pytest

from tests.support.book import BookPair
from tests.support.orders import OTHER, TAKER, ask, bid, reverts, trade
from walras.model.book import MAX_TICK


@pytest.fixture
def traded(pair: BookPair) -> BookPair:
    """Price 100 from +10 on, 110 from +20, 130 from +40; the auction of +30 does not trade; it is +50."""
    trade(pair, 100)
    trade(pair, 110)
    pair.auction()
    trade(pair, 130)
    pair.advance(10)
    return pair


@pytest.mark.parametrize(
    ("start", "end", "ticks"),
    [
        (10, 20, 100 * 10**18),
        (20, 40, 110 * 10**18),
        (10, 30, 105 * 10**18),
        (10, 50, 1125 * 10**17),  # (100 x 10 + 110 x 20 + 130 x 10) / 40
        (19, 22, 106_666_666_666_666_666_666),  # (100 + 2 x 110) / 3, rounded down
        (39, 41, 120 * 10**18),
        (10, 11, 100 * 10**18),
        (49, 50, 130 * 10**18),
        (40, 50, 130 * 10**18),
    ],
)
def test_twap(traded: BookPair, start: int, end: int, ticks: int) -> None:
    begin = traded.evm.time - 50
    assert traded.contract.twap(begin + start, begin + end) == ticks
    traded.check_twap(begin + start, begin + end)


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        (20, 20, "book: bad window"),
        (21, 20, "book: bad window"),
        (20, 51, "book: bad window"),
        (9, 20, "book: no price yet"),
        (0, 50, "book: no price yet"),
    ],
)
def test_windows_that_have_no_average(traded: BookPair, start: int, end: int, reason: str) -> None:
    begin = traded.evm.time - 50
    with reverts(reason):
        traded.contract.twap(begin + start, begin + end)
    assert traded.contract.twap(begin + 20, begin + 21) == 110 * 10**18


def test_windows_far_away(traded: BookPair) -> None:
    for start, end in ((0, 2**256 - 1), (2**256 - 2, 2**256 - 1), (2**32 - 1, 2**32)):
        with reverts("book: bad window"):
            traded.contract.twap(start, end)
    with reverts("book: no price yet"):
        traded.contract.twap(0, 1)


def test_no_price_before_the_first_auction(pair: BookPair) -> None:
    pair.advance(5)
    with reverts("book: no price yet"):
        pair.contract.twap(pair.evm.time - 5, pair.evm.time)
    trade(pair, 100)
    pair.advance(5)
    assert pair.contract.twap(pair.evm.time - 5, pair.evm.time) == 100 * 10**18


def test_twap_begins_anew_with_a_grid(traded: BookPair) -> None:
    """The old grid's ticks mean nothing on the new one, whose own average does not count them."""
    traded.rescale()
    at = traded.evm.time
    with reverts("book: no price yet"):
        traded.contract.twap(at - 20, at)
    traded.advance(5)
    with reverts("book: no price yet"):
        traded.contract.twap(at, at + 5)
    trade(traded, 7)  # at + 10
    trade(traded, 9)  # at + 20
    traded.advance(5)
    with reverts("book: no price yet"):
        traded.contract.twap(at + 9, at + 25)
    assert traded.contract.twap(at + 10, at + 25) == (7 * 10 + 9 * 5) * 10**18 // 15
    traded.check_twap(at + 10, at + 25)


def test_several_auctions_at_one_time(continuous: BookPair) -> None:
    """In continuous mode the last auction of a second is its price."""
    pair = continuous
    for price in (100, 150, 120):
        trade_continuously(pair, price)
    pair.advance(4)
    assert pair.contract.twap(pair.evm.time - 4, pair.evm.time) == 120 * 10**18
    trade_continuously(pair, 140)
    pair.advance(4)
    assert pair.contract.twap(pair.evm.time - 8, pair.evm.time) == 130 * 10**18
    with reverts("book: no price yet"):
        pair.contract.twap(pair.evm.time - 9, pair.evm.time)


def trade_continuously(pair: BookPair, price: int) -> None:
    """One lot in continuous mode, with an auction after each of both orders."""
    pair.place(OTHER, ask(price, 1))
    pair.clear(price)
    pair.place(TAKER, bid(price, 1))
    assert pair.clear(price).price == price


def test_highest_price_over_the_longest_time(pair: BookPair) -> None:
    """Price-seconds of 262,142 ticks for 80 years, to the end of the 32-bit clock."""
    trade(pair, MAX_TICK)
    start = pair.evm.time
    pair.place(OTHER, ask(1, 1))
    pair.place(TAKER, bid(1, 1))
    pair.advance(2**32 - 20 - pair.evm.time)
    pair.clear(1)
    pair.advance(9)
    assert pair.contract.twap(start, pair.evm.time - 9) == MAX_TICK * 10**18
    assert pair.contract.twap(pair.evm.time - 9, pair.evm.time) == 10**18
    pair.check_twap(start, pair.evm.time)


def test_random_windows_of_a_long_history(pair: BookPair) -> None:
    """60 auctions at uneven times; 200 windows as the model reads them."""
    pick = random.Random(60)
    start = pair.evm.time
    for _ in range(60):
        trade(pair, pick.randint(1, 1_000), wait=pick.choice((0, 0, 1, 17, 100)))
    for _ in range(200):
        begin = pick.randint(start, pair.evm.time)
        pair.check_twap(begin, begin + pick.randint(1, pick.choice((3, 30, 300, 3_000))))
