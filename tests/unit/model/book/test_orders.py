"""Orders and their fills."""

import pytest

from tests.support.model_book import (
    MAKER,
    NONE_OPEN,
    NOTHING,
    OTHER,
    START,
    TAKER,
    ask,
    bid,
    filled,
    put,
    refused,
    run,
)
from walras.model.book import (
    MAX_TICK,
    Book,
    Exposure,
    Fills,
    Level,
    NewOrder,
    OpenOrder,
    VaultQuotes,
)


def test_place_returns_what_is_open(book: Book) -> None:
    assert book.place(MAKER, bid(90, 3), 1, MAX_TICK) == (1, NOTHING, Exposure(1, 3, 0, 270, 0))
    assert book.place(MAKER, ask(91, 2), 1, MAX_TICK) == (2, NOTHING, Exposure(0b11, 3, 2, 270, 182))


def test_open_orders_by_slot_with_what_is_filled_now(book: Book) -> None:
    """Slots 0, 1, 2; the cancelled order's slot 0 goes to the next order, which is listed first."""
    first, second, third = (put(book, MAKER, ask(tick, 5, client_id=tick)) for tick in (101, 102, 103))
    book.cancel(MAKER, first, 5)
    fourth = put(book, MAKER, ask(104, 5, post_only=True, reduce_only=True, expiry=2**40 - 1))
    assert [order.order_id for order in book.open_orders(MAKER)] == [fourth, second, third]
    assert book.open_orders(MAKER)[0] == OpenOrder(
        fourth, True, 104, 5, 0, 0, False, True, True, 2**40 - 1, 0
    )
    put(book, TAKER, bid(102, 3))
    run(book)
    assert book.open_orders(MAKER)[1] == OpenOrder(second, True, 102, 2, 3, 0, False, False, False, 0, 102)


def test_slot_of_a_filled_order_is_free_once_settled(book: Book) -> None:
    first, second = put(book, MAKER, ask(101, 5)), put(book, MAKER, ask(102, 5))
    put(book, TAKER, bid(101, 5))
    run(book)
    assert [order.order_id for order in book.open_orders(MAKER)] == [second]
    third = put(book, MAKER, ask(103, 5))
    assert [order.order_id for order in book.open_orders(MAKER)] == [third, second]
    assert first not in filled(book)


def test_partial_cancel_is_no_fill(book: Book) -> None:
    order_id = put(book, MAKER, ask(100, 5))
    assert book.cancel(MAKER, order_id, 2) == (2, NOTHING, Exposure(1, 0, 3, 0, 300))
    assert (book.open_orders(MAKER)[0].lots, book.open_orders(MAKER)[0].filled) == (3, 0)
    assert book.cancel(MAKER, order_id, 99) == (3, NOTHING, NONE_OPEN)
    assert book.open_orders(MAKER) == []


def test_fills_over_several_auctions(book: Book) -> None:
    """A bid of 10 at 100 buys 4 in its own batch at index 7, and 3 in the next at index -2.

    lots 7, cash -700, basis 4 * 7 + 3 * -2 = 22, 400 as taker and 300 as maker.
    """
    order_id = put(book, MAKER, bid(100, 10))
    put(book, TAKER, ask(100, 4))
    run(book, 100, 7)
    put(book, OTHER, ask(100, 3))
    run(book, 100, -2)
    expected = Fills(lots=7, cash=-700, basis=22, maker_notional=300, taker_notional=400, grid=0)
    left = Exposure(1, 3, 0, 300, 0)
    assert book.preview_sync(MAKER) == (expected, left)
    assert book.open_orders(MAKER)[0].filled == 7
    assert book.sync(MAKER) == (expected, left)
    assert book.sync(MAKER) == (NOTHING, left)
    assert book.open_orders(MAKER)[0].filled == 7
    assert book.cancel(MAKER, order_id, 3) == (3, NOTHING, NONE_OPEN)
    assert book.sync(TAKER) == (Fills(-4, 400, -28, 0, 400, grid=0), NONE_OPEN)


def test_every_mutator_of_an_account_settles_first(book: Book) -> None:
    """Each trades one lot at 100 at index 1 before it is called, and reports it."""
    put(book, MAKER, bid(100, 9))

    def trade_one() -> None:
        put(book, TAKER, ask(100, 1))
        run(book, 100, 1)

    one = Fills(1, -100, 1, 100, 0, grid=0)
    trade_one()
    assert book.sync(MAKER)[0] == Fills(1, -100, 1, 0, 100, grid=0)
    trade_one()
    assert book.place(MAKER, bid(50, 1), 1, MAX_TICK)[1] == one
    trade_one()
    assert book.cancel(MAKER, 1, 1)[1] == one
    trade_one()
    assert book.sweep(MAKER, [])[1] == one
    trade_one()
    assert book.cancel_replace(MAKER, [], [], True, 1, MAX_TICK)[2] == one
    trade_one()
    book.cancel_all_after(MAKER, 2_000)  # the exception: it returns nothing, so it settles nothing
    assert book.cancel_all(MAKER)[1] == one
    assert book.sync(MAKER) == (NOTHING, NONE_OPEN)


def test_unknown_accounts_are_empty(book: Book) -> None:
    assert book.sync(OTHER) == book.preview_sync(OTHER) == (NOTHING, NONE_OPEN)
    assert book.cancel_all(OTHER) == book.sweep(OTHER, [1, 2]) == (0, NOTHING, NONE_OPEN)
    assert book.open_orders(OTHER) == []
    assert book.cancel_deadline(OTHER) == 0


def test_batch_only_orders_vanish(book: Book) -> None:
    """3 of 5 fill; the rest is gone, and so is one that met nobody in an auction that did not trade."""
    put(book, TAKER, bid(100, 5, batch_only=True))
    put(book, MAKER, ask(100, 3))
    assert book.lots_at(False, 100) == (0, 5)
    assert book.best() == (0, 100)
    assert run(book).imbalance == 2
    assert book.lots_at(False, 100) == (0, 0)
    assert book.open_orders(TAKER) == []
    put(book, OTHER, bid(100, 5, batch_only=True))
    assert not run(book).traded
    assert book.preview_sync(OTHER) == (NOTHING, NONE_OPEN)
    assert book.sync(TAKER) == (Fills(3, -300, 0, 0, 300, grid=0), NONE_OPEN)


def test_post_only_is_a_maker_in_its_own_batch(book: Book) -> None:
    put(book, MAKER, ask(100, 3, post_only=True))
    put(book, TAKER, bid(100, 3))
    run(book)
    assert book.sync(MAKER)[0] == Fills(-3, 300, 0, maker_notional=300, taker_notional=0, grid=0)
    assert book.sync(TAKER)[0] == Fills(3, -300, 0, maker_notional=0, taker_notional=300, grid=0)


def test_post_only_above_the_vaults_ask_is_filled_as_maker(book: Book) -> None:
    """The vault's quotes do not rest: a post-only order may cross them."""
    put(book, MAKER, bid(105, 4, post_only=True))
    assert run(book, 103, 0, VaultQuotes(ask_tick=101, ask_lots=10)).vault_sold == 4
    assert book.sync(MAKER)[0] == Fills(4, -404, 0, maker_notional=404, taker_notional=0, grid=0)


def test_exposure_tells_of_reduce_only_orders(book: Book) -> None:
    """As long as one of them is open, and no longer."""
    put(book, MAKER, bid(90, 5))
    assert not book.sync(MAKER)[1].has_reduce_only
    first = put(book, MAKER, bid(100, 5, reduce_only=True))
    assert book.sync(MAKER)[1] == Exposure(0b11, 10, 0, 950, 0, has_reduce_only=True)
    assert not book.sync(OTHER)[1].has_reduce_only
    book.cancel(MAKER, first, 4)
    assert book.sync(MAKER)[1].has_reduce_only
    put(book, TAKER, ask(100, 1))
    run(book)
    assert book.preview_sync(MAKER)[1] == book.sync(MAKER)[1] == Exposure(1, 5, 0, 450, 0)
    second = put(book, MAKER, ask(100, 5, reduce_only=True, batch_only=True))
    assert book.sync(MAKER)[1].has_reduce_only
    assert not book.cancel(MAKER, second, 5)[2].has_reduce_only


@pytest.mark.parametrize("mirror", [False, True])
def test_post_only_against_the_resting_book(book: Book, mirror: bool) -> None:
    """Orders of the batch that is open count, batch-only ones do not."""
    put(book, MAKER, NewOrder(not mirror, 100, 1, batch_only=True))
    put(book, OTHER, NewOrder(mirror, 100, 1, post_only=True))
    put(book, OTHER, NewOrder(mirror, 100, 1))
    worse = 99 if mirror else 101
    with refused(book, "book: post-only would cross"):
        put(book, TAKER, NewOrder(not mirror, 100, 1, post_only=True))
    put(book, TAKER, NewOrder(not mirror, worse, 1, post_only=True))
    put(book, TAKER, NewOrder(not mirror, 100, 1))


@pytest.mark.parametrize("mirror", [False, True])
def test_self_trade_counts_every_class(book: Book, mirror: bool) -> None:
    put(book, MAKER, NewOrder(mirror, 100, 1, batch_only=True))
    with refused(book, "book: self-trade"):
        put(book, MAKER, NewOrder(not mirror, 100, 1))
    put(book, MAKER, NewOrder(not mirror, 99 if mirror else 101, 1))
    put(book, TAKER, NewOrder(not mirror, 100, 1))
    run(book)
    put(book, MAKER, NewOrder(not mirror, 100, 1))  # the batch-only one is gone


def test_depth_and_best(book: Book) -> None:
    for tick, lots in ((99, 1), (98, 2), (99, 3), (97, 4)):
        put(book, MAKER, bid(tick, lots))
    for tick, lots in ((103, 1), (101, 2), (103, 3)):
        put(book, OTHER, ask(tick, lots))
    put(book, TAKER, ask(100, 1, batch_only=True))
    assert book.best() == (99, 101)
    assert book.depth(2) == ([Level(99, 4), Level(98, 2)], [Level(101, 2), Level(103, 4)])
    assert book.depth(0) == ([], [])
    assert book.lots_at(True, 103) == (4, 0)
    assert book.lots_at(True, 100) == (0, 1)


def test_cancel_replace(book: Book) -> None:
    first, second = put(book, MAKER, bid(100, 5)), put(book, MAKER, bid(99, 4))
    foreign = put(book, OTHER, bid(98, 1))
    # The new ask would cross the first bid, which is gone by then.
    assert book.cancel_replace(MAKER, [first, first], [ask(100, 2), bid(97, 1)], True, 90, 110) == (
        1,
        [4, 5],
        NOTHING,
        Exposure(0b111, 5, 2, 493, 200),
    )
    for gone in (first, foreign, 99):
        with refused(book, "book: unknown order"):
            book.cancel_replace(MAKER, [second, gone], [], True, 90, 110)
    assert book.cancel_replace(MAKER, [foreign, second, second, 99], [], False, 90, 110)[0] == 1
    assert book.open_orders(OTHER)[0].order_id == foreign
    with refused(book, "book: tick outside band"):
        book.cancel_replace(MAKER, [4], [bid(90, 1), bid(89, 1)], True, 90, 110)
    with refused(book, "book: self-trade"):
        book.cancel_replace(MAKER, [], [bid(99, 1), ask(99, 1)], True, 90, 110)


def test_refused_call_settles_nothing(book: Book) -> None:
    order_id = put(book, MAKER, bid(100, 5))
    put(book, TAKER, ask(100, 2))
    run(book)
    with refused(book, "book: unknown order"):
        book.cancel(MAKER, order_id + 1, 1)
    with refused(book, "book: self-trade"):
        put(book, MAKER, ask(100, 1))
    with refused(book, "book: not expired"):
        book.sweep(MAKER, [order_id])
    with refused(book, "book: unknown order"):
        book.cancel_replace(MAKER, [order_id, order_id + 9], [], True, 1, MAX_TICK)
    assert book.sync(MAKER)[0].lots == 2


def test_sweep_by_expiry_and_by_deadline(book: Book) -> None:
    expiring, lasting = put(book, MAKER, bid(100, 5, expiry=START + 5)), put(book, MAKER, bid(99, 4))
    book.time = START + 4
    with refused(book, "book: not expired"):
        book.sweep(MAKER, [expiring])
    book.time = START + 5
    with refused(book, "book: not expired"):
        book.sweep(MAKER, [expiring, lasting])
    assert book.sweep(OTHER, [expiring])[0] == 0  # another account's order is none of its own
    assert book.sweep(MAKER, [expiring, expiring, 99]) == (1, NOTHING, Exposure(0b10, 4, 0, 396, 0))
    book.cancel_all_after(MAKER, START + 7)
    book.time = START + 6
    with refused(book, "book: not expired"):
        book.sweep(MAKER, [lasting])
    book.time = START + 7
    assert book.sweep(MAKER, [lasting])[0] == 1
    assert book.cancel_deadline(MAKER) == START + 7  # and later orders may be swept too
    later = put(book, MAKER, bid(99, 4))
    assert book.sweep(MAKER, [later])[0] == 1
    book.cancel_all_after(MAKER, 0)
    safe = put(book, MAKER, bid(99, 4))
    with refused(book, "book: not expired"):
        book.sweep(MAKER, [safe])


def test_expired_order_trades_until_it_is_swept(book: Book) -> None:
    put(book, MAKER, bid(100, 5, expiry=START + 5))
    put(book, TAKER, ask(100, 5))
    assert run(book).lots == 5
