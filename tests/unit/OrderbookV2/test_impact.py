"""impact: the ticks that a size reaches, counted from the best resting orders on."""

from collections.abc import Callable

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, OTHER, TAKER, ask, bid, reverts
from walras.model.book import MAX_TICK, NewOrder


@pytest.mark.parametrize(
    ("lots", "reached"),
    [
        (1, (95, 105)),
        (3, (95, 105)),
        (4, (93, 107)),
        (5, (93, 107)),
        (6, (90, 110)),
        (12, (90, 110)),
        (13, (0, 0)),
    ],
)
def test_sides_are_alike(pair: BookPair, lots: int, reached: tuple[int, int]) -> None:
    """3 lots at the best tick, 2 at the next, 7 at the last."""
    for away, size in ((5, 3), (7, 2), (10, 7)):
        pair.place(MAKER, bid(100 - away, size))
        pair.place(OTHER, ask(100 + away, size))
    assert pair.contract.impact(lots) == reached


def test_no_lots_is_refused(pair: BookPair) -> None:
    with reverts("book: zero lots"):
        pair.contract.impact(0)
    assert pair.contract.impact(1) == pair.contract.impact(2**256 - 1) == (0, 0)


def test_across_the_whole_grid(pair: BookPair) -> None:
    """One lot in the first and one in the last block, and on both sides of a block's edge."""
    for tick in (1, 4_095, 4_096, MAX_TICK):
        pair.place(MAKER, ask(tick, 1))
    assert [pair.contract.impact(lots)[1] for lots in range(1, 6)] == [1, 4_095, 4_096, MAX_TICK, 0]


def test_batch_only_orders_and_what_is_gone_do_not_count(pair: BookPair) -> None:
    pair.place(MAKER, bid(95, 5, batch_only=True))
    first = pair.place(MAKER, bid(94, 5))
    pair.place(MAKER, bid(90, 5))
    assert pair.contract.impact(6) == (90, 0)
    pair.cancel(MAKER, first)
    assert (pair.contract.impact(5), pair.contract.impact(6)) == ((90, 0), (0, 0))
    pair.place(TAKER, ask(90, 7))  # five of them go to the batch-only bid
    pair.auction()
    assert (pair.contract.impact(3), pair.contract.impact(4)) == ((90, 0), (0, 0))


@pytest.mark.parametrize("order", [bid, ask], ids=["bids", "asks"])
def test_side_with_lots_in_every_block(pair: BookPair, order: Callable[..., NewOrder]) -> None:
    """All 64 blocks are counted, and there still are not as many: the answer had been 2**18, no tick."""
    for block in range(64):
        assert pair.place((MAKER, OTHER)[block % 2], order(4_096 * block + 2, 1)) is not None, pair.refusal
    side = 0 if order is bid else 1
    worst = (2, 4_096 * 63 + 2)[side]
    assert pair.contract.impact(64)[side] == worst
    assert pair.contract.impact(65) == (0, 0)
