"""Batches, the market, and averages of its prices."""

from copy import deepcopy

from tests.support.model_book import (
    INTERVAL,
    MAKER,
    NONE_OPEN,
    NOTHING,
    OTHER,
    START,
    TAKER,
    ask,
    bid,
    put,
    refused,
    run,
    trade_at,
)
from walras.model.book import (
    MAX_TICK,
    Auction,
    Book,
    Clearing,
    Exposure,
    Fills,
    Market,
)


def test_closed_batch_takes_no_changes(book: Book) -> None:
    order_id = put(book, MAKER, bid(100, 5, expiry=START + 5))
    book.time = START + INTERVAL - 1
    assert book.cancel(MAKER, order_id, 1)[0] == 1
    with refused(book, "book: batch not due"):
        book.clear(100, 0)
    book.time = START + INTERVAL
    with refused(book, "book: batch closed"):
        put(book, MAKER, bid(0, 0))
    with refused(book, "book: batch closed"):
        book.cancel(MAKER, order_id, 0)
    with refused(book, "book: batch closed"):
        book.cancel_all(MAKER)
    with refused(book, "book: batch closed"):
        book.cancel_replace(MAKER, [], [], False, 1, MAX_TICK)
    with refused(book, "book: batch closed"):
        book.sweep(MAKER, [order_id])
    book.sync(MAKER)
    book.cancel_all_after(MAKER, 2_000)
    book.configure(INTERVAL, 1)
    book.clear(100, 0)
    assert book.sweep(MAKER, [order_id])[0] == 1


def test_postpone(book: Book) -> None:
    """A due batch is open again, all its orders in it, for the interval that is set then."""
    first = put(book, MAKER, bid(100, 5))
    put(book, TAKER, ask(100, 3, batch_only=True))
    assert book.postpone() == START + INTERVAL
    book.time = START + 17
    with refused(book, "book: batch closed"):
        book.cancel(MAKER, first, 1)
    assert book.postpone() == START + 27
    assert book.market() == Market(0, 0, START + 27, INTERVAL, 1, 0)
    assert book.cancel(MAKER, first, 1) == (1, NOTHING, Exposure(1, 4, 0, 400, 0))
    with refused(book, "book: batch not due"):
        book.clear(100, 0)
    book.configure(7, 1)
    assert book.postpone() == START + 24
    book.configure(0, 1)
    assert book.postpone() == START + 18
    assert run(book) == Clearing(True, 0, 0, 100, 3, 1, 0, 0)
    assert book.sync(MAKER)[0] == Fills(3, -300, 0, maker_notional=0, taker_notional=300, grid=0)


def test_postpone_does_nothing_in_continuous_mode(continuous: Book) -> None:
    put(continuous, MAKER, bid(100, 5))
    continuous.configure(INTERVAL, 1)
    before = deepcopy(vars(continuous))
    assert continuous.postpone() == 0
    assert vars(continuous) == before
    with refused(continuous, "book: clear first"):
        put(continuous, MAKER, bid(100, 5))


def test_configure_takes_the_size_now_and_the_interval_later(book: Book) -> None:
    book.configure(60, 5)
    assert book.market() == Market(0, 0, START + INTERVAL, 60, 5, 0)
    with refused(book, "book: below minimum size"):
        put(book, MAKER, bid(100, 4))
    put(book, MAKER, bid(100, 5))
    book.time = START + 17
    run(book)
    assert book.market().due == START + 17 + 60
    book.configure(0, 5)
    run(book)
    assert book.market().due == 0


def test_continuous_mode(continuous: Book) -> None:
    """One order, one auction; cancels are free, and do not give the place back."""
    book = continuous
    first = put(book, MAKER, bid(100, 5))
    with refused(book, "book: clear first"):
        put(book, TAKER, ask(0, 0))
    assert book.cancel(MAKER, first, 2)[0] == 2
    with refused(book, "book: clear first"):
        put(book, MAKER, bid(100, 1))
    with refused(book, "book: clear first"):
        book.cancel_replace(MAKER, [first], [bid(100, 1)], True, 1, MAX_TICK)
    assert not run(book).traded
    with refused(book, "book: clear first"):
        book.cancel_replace(MAKER, [first], [bid(100, 3), bid(99, 1)], True, 1, MAX_TICK)
    assert book.cancel_replace(MAKER, [first], [bid(100, 3)], True, 1, MAX_TICK)[:2] == (1, [2])
    run(book)
    put(book, TAKER, ask(99, 3))
    assert run(book) == Clearing(True, 0, 2, 100, 3, 0, 0, 0)
    assert book.sync(MAKER)[0] == Fills(3, -300, 0, maker_notional=300, taker_notional=0, grid=0)
    assert book.sync(TAKER)[0] == Fills(-3, 300, 0, maker_notional=0, taker_notional=300, grid=0)
    assert book.market() == Market(1, 3, 0, 0, 1, 0)


def test_rescale_opens_the_continuous_book_again(continuous: Book) -> None:
    put(continuous, MAKER, bid(100, 5))
    continuous.rescale()
    put(continuous, MAKER, bid(100, 5))


def test_rescale(book: Book) -> None:
    """2 of 5 fill on grid 0, the rest is void; the fill stays claimable, and says its grid."""
    put(book, MAKER, bid(100, 5))
    put(book, TAKER, ask(100, 2))
    put(book, OTHER, ask(120, 2))
    run(book, 100, 3)
    assert book.rescale() == 1
    void = Auction(0, 0, batch=1, time=START + INTERVAL, funding_index=0)
    assert [book.auction(1), book.auction(2)] == [void, void]
    assert book.market() == Market(
        auctions=3, batch=2, due=START + 2 * INTERVAL, interval=INTERVAL, min_lots=1, grid=1
    )
    assert book.best() == (0, 0)
    assert book.open_orders(MAKER) == []
    assert book.preview_sync(MAKER) == (Fills(2, -200, 6, 0, 200, grid=0), NONE_OPEN)
    assert book.preview_sync(OTHER) == (NOTHING, NONE_OPEN)
    _, fills, interest = book.place(MAKER, bid(7, 1), 1, MAX_TICK)
    assert fills == Fills(2, -200, 6, 0, 200, grid=0)
    assert interest == Exposure(1, 1, 0, 7, 0)
    put(book, OTHER, ask(7, 1))
    assert run(book).auction == 3
    assert book.sync(MAKER)[0] == Fills(1, -7, 0, 0, 7, grid=1)


def test_rescale_on_a_closed_batch_and_up_to_the_last_grid(book: Book) -> None:
    put(book, MAKER, bid(100, 5))
    put(book, TAKER, ask(100, 5))
    book.time = START + INTERVAL
    for grid in range(1, 256):
        assert book.rescale() == grid
    with refused(book, "book: last grid"):
        book.rescale()
    assert book.sync(MAKER) == (NOTHING, NONE_OPEN)


def test_twap(book: Book) -> None:
    """Price 100 from 1010 on, 110 from 1020 on, 130 from 1040 on; the auction of 1030 does not trade."""
    trade_at(book, 100)
    trade_at(book, 110)
    run(book)
    trade_at(book, 130)
    book.time = 1_050
    assert book.twap(1_010, 1_020) == 100 * 10**18
    assert book.twap(1_020, 1_040) == 110 * 10**18
    assert book.twap(1_010, 1_030) == 105 * 10**18
    assert book.twap(1_010, 1_050) == (100 * 10 + 110 * 20 + 130 * 10) * 10**18 // 40 == 1125 * 10**17
    assert book.twap(1_019, 1_022) == (100 + 2 * 110) * 10**18 // 3 == 106_666_666_666_666_666_666
    with refused(book, "book: no price yet"):
        book.twap(1_009, 1_020)
    with refused(book, "book: bad window"):
        book.twap(1_020, 1_020)
    with refused(book, "book: bad window"):
        book.twap(1_020, 1_051)


def test_twap_of_two_auctions_at_one_time(continuous: Book) -> None:
    """Only the last one of a second is ever in force."""
    for price in (100, 200):
        put(continuous, MAKER, bid(price, 1))
        run(continuous)
        put(continuous, TAKER, ask(price, 1))
        assert run(continuous, price).price == price
    continuous.time += 5
    assert continuous.twap(START, START + 5) == 200 * 10**18


def test_twap_starts_anew_with_a_grid(book: Book) -> None:
    trade_at(book, 100)
    book.time += 1
    book.rescale()
    book.time += 1
    with refused(book, "book: no price yet"):
        book.twap(book.time - 1, book.time)
    with refused(book, "book: no price yet"):
        book.twap(START + INTERVAL, book.time)
    trade_at(book, 50)
    book.time += 3
    assert book.twap(book.time - 3, book.time) == 50 * 10**18


def test_previews_change_nothing(book: Book) -> None:
    put(book, MAKER, bid(100, 5))
    put(book, TAKER, ask(100, 2))
    before = deepcopy(vars(book))
    preview = book.preview_clear(100)
    book.preview_sync(MAKER)
    assert vars(book) == before
    assert run(book) == preview
