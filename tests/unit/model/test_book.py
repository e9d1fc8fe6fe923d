"""The reference model by itself: hand-worked auctions, every refusal, and laws over random books."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from walras.model import book as model
from walras.model.book import (
    MAX_ORDER,
    MAX_ORDERS,
    MAX_TICK,
    NO_QUOTES,
    Auction,
    Book,
    Clearing,
    Exposure,
    Fills,
    Level,
    Market,
    NewOrder,
    OpenOrder,
    Order,
    Revert,
    VaultQuotes,
)
from walras.reasons import REASONS, explain

MAKER, TAKER, OTHER = 11, 22, 33
START, INTERVAL = 1_000, 10
NOTHING = Fills(0, 0, 0, 0, 0, grid=0)
NONE_OPEN = Exposure(0, 0, 0, 0, 0)


@pytest.fixture
def book() -> Book:
    """Batch 0 is open from 1000 to 1010, and any size is allowed."""
    return Book(INTERVAL, 1, START)


@pytest.fixture
def continuous() -> Book:
    return Book(0, 1, START)


def bid(tick: int, lots: int, **flags: int) -> NewOrder:
    return NewOrder(False, tick, lots, **flags)


def ask(tick: int, lots: int, **flags: int) -> NewOrder:
    return NewOrder(True, tick, lots, **flags)


def put(book: Book, account: int, order: NewOrder) -> int:
    """Place within the widest band; returns the order's id."""
    return book.place(account, order, 1, MAX_TICK)[0]


def run(book: Book, reference: int = 100, funding: int = 0, quotes: VaultQuotes = NO_QUOTES) -> Clearing:
    """Wait for the batch to be due, and run its auction."""
    book.time = max(book.time, book.due)
    return book.clear(reference, funding, quotes)


def filled(book: Book) -> dict[int, int]:
    """Lots filled so far of each order that is not settled yet."""
    return {order.order_id: sum(fill.lots for fill in order.fills) for order in book.orders}


@contextmanager
def refused(book: Book, reason: str) -> Iterator[None]:
    """The call is refused for this reason, and changes nothing."""
    before = deepcopy(vars(book))
    with pytest.raises(Revert) as caught:
        yield
    assert str(caught.value) == reason
    assert vars(book) == before


# ---------------------------------------------------------------- the price, step by step


def price_of(
    bids: list[tuple[int, int]], asks: list[tuple[int, int]], reference: int
) -> tuple[int, int, int]:
    """(price, lots, imbalance) of an auction of (tick, lots), each side's orders of one account."""
    book = Book(INTERVAL, 1, START)
    for tick, lots in bids:
        put(book, TAKER, bid(tick, lots))
    for tick, lots in asks:
        put(book, MAKER, ask(tick, lots))
    clearing = run(book, reference)
    return clearing.price, clearing.lots, clearing.imbalance


@pytest.mark.parametrize("reference", [1, 100, 103, 104, 105, MAX_TICK])
def test_price_has_the_largest_volume(reference: int) -> None:
    """Demand 18 up to 102 and 10 from 103; supply 5 up to 103 and 15 from 104.

    Volume 5 at 100 .. 103 and 10 at 104 and 105, where both have sellers of 5 left: the lowest, 104.
    """
    assert price_of([(105, 10), (102, 8)], [(100, 5), (104, 10)], reference) == (104, 10, -5)


@pytest.mark.parametrize(("reference", "price"), [(1, 103), (103, 103), (104, 104), (105, 105), (200, 105)])
def test_price_then_has_the_least_surplus_nearest_to_the_reference(reference: int, price: int) -> None:
    """Supply 10 throughout, demand 15 up to 102 and 10 from 103: volume 10 at all of 100 .. 105.

    The surplus is 5 at 100 .. 102 and 0 at 103 .. 105, of which the reference chooses.
    """
    assert price_of([(105, 10), (102, 5)], [(100, 10)], reference) == (price, 10, 0)


@pytest.mark.parametrize(("reference", "price"), [(1, 100), (101, 101), (102, 102), (103, 102), (200, 102)])
def test_least_surplus_below_further_asks(reference: int, price: int) -> None:
    """The mirror image. Supply 10 up to 102 and 15 from 103: the surplus is 0 at 100 .. 102 alone."""
    assert price_of([(105, 10)], [(100, 10), (103, 5)], reference) == (price, 10, 0)


@pytest.mark.parametrize("reference", [1, 100, 102, 105, MAX_TICK])
def test_price_is_the_highest_where_buyers_are_left(reference: int) -> None:
    """Demand 10 and supply 4 at all of 100 .. 105: volume 4, and buyers of 6 are left."""
    assert price_of([(105, 10)], [(100, 4)], reference) == (105, 4, 6)


@pytest.mark.parametrize("reference", [1, 100, 102, 105, MAX_TICK])
def test_price_is_the_lowest_where_sellers_are_left(reference: int) -> None:
    """Demand 4 and supply 10 at all of 100 .. 105: volume 4, and sellers of 6 are left."""
    assert price_of([(105, 4)], [(100, 10)], reference) == (100, 4, -6)


@pytest.mark.parametrize(
    ("reference", "outcome"),
    [(1, (102, 5, 3)), (102, (102, 5, 3)), (103, (103, 5, -3)), (MAX_TICK, (103, 5, -3))],
)
def test_price_is_one_of_two_neighbours_where_buyers_or_sellers_are_left(
    reference: int, outcome: tuple[int, int, int]
) -> None:
    """Demand 8 up to 102 and 5 from 103; supply 5 up to 102 and 8 from 103: volume 5 throughout.

    Buyers of 3 are left at 100 .. 102, sellers of 3 at 103 .. 105: 102 or 103, whichever is nearer.
    """
    assert price_of([(105, 5), (102, 3)], [(100, 5), (103, 3)], reference) == outcome


def test_price_at_the_ends_of_the_grid() -> None:
    """One lot each, at any price of the grid: zero surplus everywhere, so the reference itself."""
    for reference in (1, 77_777, MAX_TICK):
        assert price_of([(MAX_TICK, 1)], [(1, 1)], reference) == (reference, 1, 0)


def test_touching_limits_trade_and_a_gap_does_not() -> None:
    assert price_of([(100, 2)], [(100, 3)], 50) == (100, 2, -1)
    assert price_of([(99, 2)], [(100, 3)], 50) == (0, 0, 0)
    assert price_of([(100, 2)], [], 50) == (0, 0, 0)


def test_vault_takes_part_in_the_price(book: Book) -> None:
    """4 bid at 105. The vault offers 10 at 101 and bids 7 at 99.

    101 .. 105: demand 4, supply 10, sellers of 6 left: 101. The vault sells 4 and buys none.
    """
    put(book, TAKER, bid(105, 4))
    quotes = VaultQuotes(bid_tick=99, bid_lots=7, ask_tick=101, ask_lots=10)
    assert book.preview_clear(103, quotes) == run(book, 103, 0, quotes)
    assert book.auction(0) == Auction(price=101, lots=4, batch=0, time=START + INTERVAL, funding_index=0)
    assert book.sync(TAKER)[0] == Fills(4, -404, 0, 0, 404, grid=0)


def test_clearing_tells_all(book: Book) -> None:
    """The vault bids 3 at 100 where 5 are bid already, against 7 offered at 100: demand 8, supply 7."""
    put(book, TAKER, bid(100, 5))
    put(book, MAKER, ask(100, 7))
    assert run(book, 100, 1, VaultQuotes(bid_tick=100, bid_lots=3)) == Clearing(
        traded=True, auction=0, batch=0, price=100, lots=7, imbalance=1, vault_bought=2, vault_sold=0
    )
    assert run(book) == Clearing(
        False, auction=1, batch=1, price=0, lots=0, imbalance=0, vault_bought=0, vault_sold=0
    )
    assert book.market() == Market(
        auctions=1, batch=2, due=START + 3 * INTERVAL, interval=INTERVAL, min_lots=1, grid=0
    )


ORDER_LISTS = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 5)), max_size=6)


@given(bids=ORDER_LISTS, asks=ORDER_LISTS, reference=st.integers(1, 32))
@example(bids=[(105, 5), (102, 3)], asks=[(100, 5), (103, 3)], reference=103)
@example(bids=[(105, 10), (102, 5)], asks=[(100, 10)], reference=1)
@example(bids=[(105, 10)], asks=[(100, 10), (103, 5)], reference=200)
def test_the_points_tried_are_enough(
    bids: list[tuple[int, int]], asks: list[tuple[int, int]], reference: int
) -> None:
    """Trying every tick chooses the same price, volume and surplus."""
    quick = model.choose(model.telling_points(bids, asks, reference), reference)
    assert quick == model.choose(model.every_point(bids, asks), reference)


# ---------------------------------------------------------------- priority


def test_better_limit_first_then_time(book: Book) -> None:
    """7 offered at 100 against bids of 5 at 100, 4 at 101, 4 at 100: the 4 fill, then 3 of the 5."""
    first = put(book, TAKER, bid(100, 5))
    better = put(book, OTHER, bid(101, 4))
    last = put(book, OTHER, bid(100, 4))
    put(book, MAKER, ask(100, 7))
    assert run(book).price == 100
    assert [filled(book)[order_id] for order_id in (first, better, last)] == [3, 4, 0]


def test_resting_then_batch_only_then_vault_at_one_tick(book: Book) -> None:
    """9 bid at 100 against a batch-only 4, a resting 4 placed later, and 4 of the vault, all at 100."""
    batch_only = put(book, MAKER, ask(100, 4, batch_only=True))
    resting = put(book, OTHER, ask(100, 4))
    put(book, TAKER, bid(100, 9))
    assert run(book, 100, 0, VaultQuotes(ask_tick=100, ask_lots=4)).vault_sold == 1
    assert (filled(book)[resting], filled(book)[batch_only]) == (4, 4)


def test_resting_starves_batch_only_at_one_tick_and_not_at_a_worse_one(book: Book) -> None:
    """5 bid at 101: a batch-only ask at 100 comes before a resting one at 101, whose twin comes last."""
    better = put(book, MAKER, ask(100, 2, batch_only=True))
    starved = put(book, MAKER, ask(101, 2, batch_only=True))
    resting = put(book, OTHER, ask(101, 9))
    put(book, TAKER, bid(101, 5))
    assert run(book).price == 101
    assert [filled(book)[order_id] for order_id in (better, resting, starved)] == [2, 3, 0]


def test_partial_cancel_keeps_the_place_and_a_new_order_goes_last(book: Book) -> None:
    first = put(book, MAKER, ask(100, 5))
    second = put(book, OTHER, ask(100, 5))
    assert book.cancel(MAKER, first, 2)[0] == 2
    put(book, TAKER, bid(100, 4))
    run(book)
    assert filled(book)[first] == 3
    assert filled(book)[second] == 1
    book.sync(MAKER)
    again = put(book, MAKER, ask(100, 5))
    put(book, TAKER, bid(100, 4))
    run(book)
    assert filled(book)[second] == 5
    assert filled(book)[again] == 0


# ---------------------------------------------------------------- orders and fills


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


# ---------------------------------------------------------------- batches and the market


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


def trade_at(book: Book, price: int) -> None:
    put(book, MAKER, bid(price, 1))
    put(book, TAKER, ask(price, 1))
    assert run(book).price == price


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


# ---------------------------------------------------------------- every refusal, and what is just allowed


def test_bounds_are_those_of_the_interface() -> None:
    assert (MAX_TICK, MAX_ORDER, MAX_ORDERS) == (262_142, 268_435_455, 32)


@pytest.mark.parametrize(
    ("interval", "min_lots", "reason"),
    [
        (2**24, 0, "book: interval too long"),
        (0, 0, "book: bad minimum size"),
        (0, 2**20, "book: bad minimum size"),
    ],
)
def test_bad_settings(book: Book, interval: int, min_lots: int, reason: str) -> None:
    with pytest.raises(Revert, match=reason):
        Book(interval, min_lots, START)
    with refused(book, reason):
        book.configure(interval, min_lots)


@pytest.mark.parametrize(("interval", "min_lots"), [(2**24 - 1, 1), (0, 2**20 - 1)])
def test_settings_just_allowed(book: Book, interval: int, min_lots: int) -> None:
    book.configure(interval, min_lots)
    assert book.market().interval == Book(interval, min_lots, START).market().interval == interval


# Each refused order breaks a rule that is checked later too; beside it is one that is just allowed.
LATE = 2**128
BAD_ORDERS = [
    (bid(0, 0, expiry=1), "book: tick outside grid", bid(1, 5)),
    (ask(MAX_TICK + 1, 0, expiry=1), "book: tick outside grid", ask(MAX_TICK, 5)),
    (bid(100, 0, batch_only=True, post_only=True), "book: zero lots", bid(100, 5)),
    (bid(100, 4, batch_only=True, post_only=True), "book: below minimum size", bid(100, 5)),
    (bid(100, MAX_ORDER + 1, batch_only=True, post_only=True), "book: order too large", bid(100, MAX_ORDER)),
    (bid(100, 5, batch_only=True, post_only=True, client_id=LATE), "book: conflicting flags", bid(100, 5)),
    (bid(100, 5, batch_only=True, expiry=1), "book: conflicting flags", bid(100, 5, batch_only=True)),
    (bid(100, 5, expiry=START, client_id=LATE), "book: order expired", bid(100, 5, expiry=START + 1)),
    (bid(100, 5, expiry=2**40, client_id=LATE), "book: expiry too large", bid(100, 5, expiry=2**40 - 1)),
    (bid(100, 5, client_id=2**128), "book: client id too large", bid(100, 5, client_id=2**128 - 1)),
]


@pytest.mark.parametrize(("bad", "reason", "good"), BAD_ORDERS)
def test_bad_order(bad: NewOrder, reason: str, good: NewOrder) -> None:
    book = Book(INTERVAL, 5, START)
    with refused(book, reason):
        put(book, MAKER, bad)
    put(book, MAKER, good)


def test_reduce_only_orders_have_no_minimum_size() -> None:
    book = Book(INTERVAL, 5, START)
    put(book, MAKER, bid(100, 1, reduce_only=True))
    with refused(book, "book: zero lots"):
        put(book, MAKER, bid(100, 0, reduce_only=True))
    with refused(book, "book: order too large"):
        put(book, MAKER, bid(100, MAX_ORDER + 1, reduce_only=True))


def test_band(book: Book) -> None:
    for tick in (89, 111):
        with refused(book, "book: tick outside band"):
            book.place(MAKER, bid(tick, 0), 90, 110)
    for tick in (90, 110):
        book.place(MAKER, bid(tick, 1), 90, 110)
    with refused(book, "book: tick outside band"):
        book.place(MAKER, bid(100, 1), 101, 99)


def test_orders_of_an_account(book: Book) -> None:
    for tick in range(1, MAX_ORDERS + 1):
        put(book, MAKER, bid(tick, 1))
    with refused(book, "book: too many orders"):
        put(book, MAKER, bid(100, MAX_ORDER))
    with refused(book, "book: too many orders"):
        book.cancel_replace(MAKER, [1], [bid(50, 1), bid(51, 1)], True, 1, MAX_TICK)
    book.cancel_replace(MAKER, [1], [bid(50, 1)], True, 1, MAX_TICK)
    put(book, TAKER, bid(100, 1))


def test_lots_of_an_account(book: Book) -> None:
    """MAX_ORDER twice is 2**29 - 2; one more lot is the last. The other side counts by itself."""
    put(book, MAKER, bid(100, MAX_ORDER))
    put(book, MAKER, bid(5_000, MAX_ORDER, batch_only=True))
    with refused(book, "book: account lots exceeded"):
        put(book, MAKER, bid(100, 2))
    put(book, MAKER, bid(100, 1))
    with refused(book, "book: account lots exceeded"):
        put(book, MAKER, bid(100, 1))
    put(book, MAKER, ask(5_001, MAX_ORDER))


@pytest.mark.parametrize(("batch_only", "bound"), [(False, 2**30), (True, 2**29)])
def test_lots_of_a_block(book: Book, batch_only: bool, bound: int) -> None:
    """Ticks 4096 .. 8191 are one block; sides, classes and its neighbours count by themselves."""
    room = bound - 1
    for account in range(100, 100 + bound // 2**28 - 1):
        put(book, account, bid(4_096, MAX_ORDER, batch_only=batch_only))
        room -= MAX_ORDER
    put(book, MAKER, bid(8_191, MAX_ORDER, batch_only=batch_only))
    room -= MAX_ORDER
    with refused(book, "book: block full"):
        put(book, TAKER, bid(8_191, room + 1, batch_only=batch_only))
    put(book, TAKER, bid(8_191, room, batch_only=batch_only))
    with refused(book, "book: block full"):
        put(book, OTHER, bid(4_096, 1, batch_only=batch_only))
    put(book, OTHER, bid(4_096, 1, batch_only=not batch_only))
    put(book, OTHER, bid(4_095, 1, batch_only=batch_only))
    put(book, OTHER, ask(8_192, 1, batch_only=batch_only))
    book.cancel(MAKER, book.open_orders(MAKER)[0].order_id, 1)
    put(book, OTHER, bid(4_096, 1, batch_only=batch_only))


def test_order_of_the_last_refusals(book: Book) -> None:
    """Too many orders, account lots, self-trade, post-only, block: the first that applies."""
    for account in (101, 102, 103, 104):
        put(book, account, bid(100, MAX_ORDER))  # 2**30 - 4 in all
    put(book, TAKER, ask(200, 1))
    put(book, MAKER, ask(300, 1))
    with refused(book, "book: self-trade"):
        put(book, MAKER, bid(300, 9, post_only=True))
    with refused(book, "book: post-only would cross"):
        put(book, MAKER, bid(200, 9, post_only=True))
    with refused(book, "book: block full"):
        put(book, MAKER, bid(199, 9, post_only=True))
    put(book, MAKER, bid(199, 3, post_only=True))
    for tick in (5_000, 6_000):
        put(book, 105, bid(tick, MAX_ORDER, batch_only=True))
    put(book, 105, ask(7_000, 1))
    with refused(book, "book: account lots exceeded"):
        put(book, 105, bid(7_000, 2, post_only=True))


def test_cancel(book: Book) -> None:
    order_id = put(book, MAKER, bid(100, 5))
    with refused(book, "book: zero lots"):
        book.cancel(MAKER, order_id + 1, 0)
    with refused(book, "book: unknown order"):
        book.cancel(TAKER, order_id, 1)
    with refused(book, "book: unknown order"):
        book.cancel(MAKER, order_id + 1, 1)
    book.cancel(MAKER, order_id, 5)
    with refused(book, "book: unknown order"):
        book.cancel(MAKER, order_id, 1)


def test_filled_and_void_orders_are_unknown(book: Book) -> None:
    whole, part = put(book, MAKER, bid(100, 5)), put(book, MAKER, bid(100, 5, batch_only=True))
    put(book, TAKER, ask(100, 7))
    run(book)
    rest = put(book, OTHER, bid(50, 1))
    book.rescale()
    for account, order_id in ((MAKER, whole), (MAKER, part), (OTHER, rest)):
        with refused(book, "book: unknown order"):
            book.cancel(account, order_id, 1)


def test_cancel_all(book: Book) -> None:
    put(book, MAKER, bid(100, 5))
    put(book, MAKER, ask(101, 6))
    put(book, OTHER, ask(101, 7))
    assert book.cancel_all(MAKER) == (2, NOTHING, NONE_OPEN)
    assert book.lots_at(True, 101) == (7, 0)


def test_deadline(book: Book) -> None:
    with refused(book, "book: deadline in the past"):
        book.cancel_all_after(MAKER, START)
    for deadline in (START + 1, 2**40, 2**256 - 1):
        book.cancel_all_after(MAKER, deadline)
        assert book.cancel_deadline(MAKER) == deadline
    book.cancel_all_after(MAKER, 0)
    assert book.cancel_deadline(MAKER) == 0


BAD_QUOTES = [
    (VaultQuotes(0, 2**29, 0, 2**29), "book: vault quote too large", VaultQuotes(5, 2**29 - 1, 6, 2**29 - 1)),
    (VaultQuotes(0, 1, 0, 1), "book: vault quote outside grid", VaultQuotes(1, 1, 2, 1)),
    (VaultQuotes(5, 1, 0, 2**29), "book: vault quote too large", VaultQuotes(5, 1, 0, 0)),
    (VaultQuotes(5, 1, MAX_TICK + 1, 1), "book: vault quote outside grid", VaultQuotes(5, 1, MAX_TICK, 1)),
    (VaultQuotes(5, 1, 5, 1), "book: vault quotes crossed", VaultQuotes(5, 0, 5, 1)),
]


@pytest.mark.parametrize(("bad", "reason", "good"), BAD_QUOTES)
def test_bad_quotes(book: Book, bad: VaultQuotes, reason: str, good: VaultQuotes) -> None:
    book.time = book.due
    with refused(book, reason):
        book.clear(100, 0, bad)
    with refused(book, reason):
        book.preview_clear(100, bad)
    assert book.preview_clear(100, good) == book.clear(100, 0, good)


def test_bad_reference_and_funding_index(book: Book) -> None:
    with refused(book, "book: batch not due"):
        book.clear(0, 2**79)
    book.time = book.due
    for reference in (0, MAX_TICK + 1):
        with refused(book, "book: reference outside grid"):
            book.clear(reference, 2**79, BAD_QUOTES[0][0])
        with refused(book, "book: reference outside grid"):
            book.preview_clear(reference, BAD_QUOTES[0][0])
    for index in (2**79, -(2**79), 2**255 - 1, -(2**255)):
        for bad, reason, _ in BAD_QUOTES:
            with refused(book, reason):
                book.clear(1, index, bad)
        with refused(book, "book: funding index out of range"):
            book.clear(1, index)
    for reference, index in ((1, 2**79 - 1), (MAX_TICK, 1 - 2**79)):
        run(book, reference, index)


def test_bad_views(book: Book) -> None:
    for tick in (0, MAX_TICK + 1):
        with refused(book, "book: tick outside grid"):
            book.lots_at(True, tick)
    assert book.lots_at(True, 1) == book.lots_at(False, MAX_TICK) == (0, 0)
    with refused(book, "book: depth too large"):
        book.depth(65)
    assert book.depth(64) == ([], [])
    with refused(book, "book: no such auction"):
        book.auction(0)
    trade_at(book, 100)
    assert book.auction(0).price == 100
    with refused(book, "book: page too large"):
        book.auctions_from(0, 65)
    assert book.auctions_from(0, 64) == [book.auction(0)]
    assert book.auctions_from(1, 64) == []


def test_the_table_has_the_reasons_that_are_used() -> None:
    used = set(re.findall(r'"(book: [^"]*)"', Path(model.__file__).read_text(encoding="utf-8")))
    of_the_contract = {"book: only engine", "book: no engine", "book: no views"}
    assert used | of_the_contract == {reason for reason in REASONS if reason.startswith("book: ")}
    assert explain("book: zero lots") == REASONS["book: zero lots"]
    with pytest.raises(KeyError, match="'book: bad luck' is not in the table"):
        explain("book: bad luck")


# ---------------------------------------------------------------- laws over random books

TICKS = 12
FLAGS = st.sampled_from(["plain", "plain", "batch_only", "post_only"])
PLACE = st.tuples(st.just("place"), st.booleans(), st.integers(1, TICKS), st.integers(1, 9), FLAGS)
CANCEL = st.tuples(st.just("cancel"), st.integers(0, 99), st.integers(1, 9))
SYNC = st.tuples(st.just("sync"), st.integers(0, 99))
RESCALE = st.tuples(st.just("rescale"))
POSTPONE = st.tuples(st.just("postpone"), st.integers(0, 2 * INTERVAL))
QUOTES = st.builds(
    lambda low, gap, buys, sells: VaultQuotes(low, buys, low + gap, sells),
    st.integers(1, TICKS - 1),
    st.integers(1, 4),
    st.integers(0, 5),
    st.integers(0, 5),
)
CLEAR = st.tuples(st.just("clear"), st.integers(1, TICKS), st.integers(-3, 3), QUOTES)
STEPS = st.lists(st.one_of(PLACE, PLACE, PLACE, CANCEL, SYNC, CLEAR, CLEAR, RESCALE, POSTPONE), max_size=40)


def check_auction(
    live: list[Order], quotes: VaultQuotes, clearing: Clearing, shares: dict[int, int], makers: set[int]
) -> None:
    """`live` holds the orders as they were before the auction, `shares` the lots that it filled of each."""
    # (is ask, tick, class, id, size, share) of each order and quote; the vault's have class 2 and no id.
    entries = [
        (o.terms.is_ask, o.terms.tick, int(o.terms.batch_only), o.order_id, o.lots, shares[o.order_id])
        for o in live
    ]
    entries.append((False, quotes.bid_tick, 2, 0, quotes.bid_lots, clearing.vault_bought))
    entries.append((True, quotes.ask_tick, 2, 0, quotes.ask_lots, clearing.vault_sold))

    def tradable(price: int) -> int:
        bought = sum(size for is_ask, tick, _, _, size, _ in entries if not is_ask and tick >= price)
        sold = sum(size for is_ask, tick, _, _, size, _ in entries if is_ask and tick <= price)
        return min(bought, sold)

    price = clearing.price
    most = max(tradable(tick) for tick in range(1, TICKS + 6))
    assert clearing.traded == (most > 0)
    assert clearing.lots == most
    assert sum(share for is_ask, *_, share in entries if is_ask) == most
    assert sum(share for is_ask, *_, share in entries if not is_ask) == most
    if not clearing.traded:
        return
    assert tradable(price) == most

    for is_ask, tick, _, _, size, share in entries:
        better_by = price - tick if is_ask else tick - price
        assert 0 <= share <= size
        assert share == 0 or better_by >= 0
        assert share == size or better_by <= 0, "a strictly better order was rationed"

    for side in (False, True):
        queue = sorted((-e[1] if not side else e[1], *e[2:]) for e in entries if e[0] == side)
        short = False
        for _, _, _, size, share in queue:
            assert not (short and share), "filled before one that comes first"
            short = short or share < size

    by_makers = [e for e in entries if e[3] in makers and e[5]]
    assert len({is_ask for is_ask, *_ in by_makers}) <= 1, "makers filled on both sides"
    assert 2 * most - sum(e[5] for e in by_makers) >= sum(e[5] for e in by_makers)


@given(steps=STEPS)
def test_laws(steps: list[tuple]) -> None:
    """Every auction obeys the rules, and whatever fills is settled once, exactly.

    Each order has an account of its own, so that none is refused as a self-trade, and is post-only only where
    it does not cross.
    """
    book = Book(INTERVAL, 1, START)
    settled: list[Fills] = []
    vault_lots = vault_cash = vault_basis = 0
    for kind, *step in steps:
        if kind == "place":
            is_ask, tick, lots, flag = step
            best_bid, best_ask = book.best()
            crossing = tick <= best_bid if is_ask else best_ask and tick >= best_ask
            put(
                book,
                book.placed,
                NewOrder(
                    is_ask,
                    tick,
                    lots,
                    batch_only=flag == "batch_only",
                    post_only=flag == "post_only" and not crossing,
                ),
            )
        elif kind == "cancel":
            live = [order for order in book.orders if order.lots]
            if live:
                order = live[step[0] % len(live)]
                taken, fills, _ = book.cancel(order.account, order.order_id, step[1])
                assert 1 <= taken <= step[1]
                settled.append(fills)
        elif kind == "sync":
            preview = book.preview_sync(step[0])
            assert book.sync(step[0]) == preview
            settled.append(preview[0])
        elif kind == "rescale":
            book.rescale()
            assert not [order for order in book.orders if order.lots]
        elif kind == "postpone":
            before = deepcopy(book.orders)
            book.time += step[0]
            assert book.postpone() == book.time + INTERVAL
            assert book.orders == before
        else:
            reference, index, quotes = step
            live = deepcopy([order for order in book.orders if order.lots])
            makers = {o.order_id for o in live if o.batch < book.batch or o.terms.post_only}
            before = filled(book)
            preview = book.preview_clear(reference, quotes)
            clearing = run(book, reference, index, quotes)
            assert clearing == preview
            shares = {order_id: lots - before[order_id] for order_id, lots in filled(book).items()}
            check_auction(live, quotes, clearing, shares, makers)
            for order in book.orders:
                if shares[order.order_id]:
                    assert order.fills[-1].is_taker == (order.order_id not in makers)
            best_bid, best_ask = book.best()
            assert not best_bid or not best_ask or best_bid < best_ask, "still crossed"
            bought = clearing.vault_bought - clearing.vault_sold
            vault_lots += bought
            vault_cash -= bought * clearing.price
            vault_basis += bought * index

    settled += [book.sync(account)[0] for account in range(book.placed)]
    assert sum(fills.lots for fills in settled) == -vault_lots
    assert sum(fills.cash for fills in settled) == -vault_cash
    assert sum(fills.basis for fills in settled) == -vault_basis
    for account in range(book.placed):
        assert book.sync(account)[0].lots == 0
        listed = book.open_orders(account)
        assert book.preview_sync(account)[1] == Exposure(
            slots=len(listed),  # one order at most, so in slot 0
            bid_lots=sum(order.lots for order in listed if not order.is_ask),
            ask_lots=sum(order.lots for order in listed if order.is_ask),
            bid_notional=sum(order.lots * order.tick for order in listed if not order.is_ask),
            ask_notional=sum(order.lots * order.tick for order in listed if order.is_ask),
        )
