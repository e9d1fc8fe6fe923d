"""depth: the best ticks of both sides with their lots."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, OTHER, TAKER, ask, bid, reverts


def test_depth(pair: BookPair) -> None:
    for tick, lots in ((99, 1), (98, 2), (99, 3), (97, 4)):
        pair.place(MAKER, bid(tick, lots))
    for tick, lots in ((103, 1), (101, 2), (103, 3)):
        pair.place(OTHER, ask(tick, lots))
    pair.place(TAKER, ask(100, 1, batch_only=True))
    assert pair.contract.depth(2) == (((99, 4), (98, 2)), ((101, 2), (103, 4)))
    assert pair.contract.depth(64) == (((99, 4), (98, 2), (97, 4)), ((101, 2), (103, 4)))


@pytest.mark.parametrize(("good", "bad"), [(64, 65), (0, 2**256 - 1)])
def test_levels_asked_for(pair: BookPair, good: int, bad: int) -> None:
    pair.place(MAKER, bid(99, 1))
    with reverts("book: depth too large"):
        pair.contract.depth(bad)
    assert pair.contract.depth(good) == (((99, 1),) if good else (), ())


def test_depth_over_the_whole_grid(pair: BookPair) -> None:
    """One level at each power of two, seen from both ends."""
    ticks = [2**i for i in range(18)]
    for tick in ticks:
        pair.place(MAKER, bid(tick, tick))
    assert pair.contract.depth(64)[0] == tuple((tick, tick) for tick in reversed(ticks))
    pair.cancel_all(MAKER)
    for tick in ticks:
        pair.place(MAKER, ask(tick, tick))
    assert pair.contract.depth(64) == ((), tuple((tick, tick) for tick in ticks))
    assert pair.contract.depth(3) == ((), ((1, 1), (2, 2), (4, 4)))


def test_depth_is_live(pair: BookPair) -> None:
    pair.place(MAKER, bid(99, 5))
    pair.place(MAKER, bid(98, 5))
    pair.place(TAKER, ask(99, 7))
    pair.auction()
    assert pair.contract.depth(64) == (((98, 5),), ((99, 2),))
    pair.check()
