"""best: the best resting tick of each side."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, OTHER, TAKER, ask, bid
from walras.model.book import MAX_TICK


def test_best(pair: BookPair) -> None:
    for tick in (90, 95, 93):
        pair.place(MAKER, bid(tick, 1))
    for tick in (110, 105, 107):
        pair.place(OTHER, ask(tick, 1))
    assert pair.contract.best() == (95, 105)


def test_best_of_an_empty_side_is_0(pair: BookPair) -> None:
    assert pair.contract.best() == (0, 0)
    order_id = pair.place(MAKER, ask(1, 1))
    assert pair.contract.best() == (0, 1)
    pair.cancel(MAKER, order_id)
    pair.place(MAKER, bid(MAX_TICK, 1))
    assert pair.contract.best() == (MAX_TICK, 0)


def test_batch_only_orders_do_not_count(pair: BookPair) -> None:
    pair.place(MAKER, bid(95, 1, batch_only=True))
    pair.place(OTHER, bid(90, 1))
    pair.place(OTHER, ask(105, 1, batch_only=True))
    assert pair.contract.best() == (90, 0)


def test_best_moves_with_cancels_and_fills(pair: BookPair) -> None:
    first = pair.place(MAKER, bid(95, 1))
    pair.place(MAKER, bid(90, 2))
    pair.place(MAKER, bid(80, 2))
    pair.cancel(MAKER, first)
    assert pair.contract.best() == (90, 0)
    pair.place(TAKER, ask(90, 2))
    assert pair.contract.best() == (90, 90)  # crossed until the auction
    pair.auction()
    assert pair.contract.best() == (80, 0)


def test_best_where_the_last_tick_of_all_has_filled(pair: BookPair) -> None:
    """The highest block of ticks is wholly better than the tick that is filled in part."""
    pair.place(MAKER, bid(MAX_TICK, 1))
    pair.place(MAKER, bid(5_000, 10))
    pair.place(TAKER, ask(4_000, 5))
    assert pair.auction(4_500).price == 5_000
    assert pair.contract.best() == (5_000, 0)


# neighbours over the edges of lanes (8), words (64, 512), blocks (4,096) and the whole grid
@pytest.mark.parametrize("gap", [1, 7, 8, 63, 64, 511, 512, 4_095, 4_096, 4_097, 100_000, 262_000])
def test_next_best_is_found_at_any_distance(pair: BookPair, gap: int) -> None:
    for low in (1, 7, 64):
        pair.place(MAKER, bid(low, 1))
        high = pair.place(MAKER, bid(low + gap, 1))
        pair.cancel(MAKER, high)
        assert pair.contract.best() == (low, 0)
        pair.cancel_all(MAKER)
        low_ask = pair.place(MAKER, ask(low, 1))
        pair.place(MAKER, ask(low + gap, 1))
        pair.cancel(MAKER, low_ask)
        assert pair.contract.best() == (0, low + gap)
        pair.cancel_all(MAKER)
