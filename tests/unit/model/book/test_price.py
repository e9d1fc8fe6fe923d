"""The price, step by step, and who is filled first at it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.model_book import INTERVAL, MAKER, OTHER, START, TAKER, ask, bid, filled, put, run
from walras.model import book as model
from walras.model.book import (
    MAX_TICK,
    Auction,
    Book,
    Clearing,
    Fills,
    Market,
    VaultQuotes,
)


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
