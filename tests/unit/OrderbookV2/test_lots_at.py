"""lots_at: live lots of one side at one tick."""

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, OTHER, TAKER, ask, bid, reverts
from walras.model.book import MAX_TICK


def test_lots_at(pair: BookPair) -> None:
    """Resting 5 + 2, batch-only 3; the other side and the ticks beside have none."""
    pair.place(MAKER, ask(100, 5))
    pair.place(OTHER, ask(100, 2))
    pair.place(TAKER, ask(100, 3, batch_only=True))
    assert pair.contract.lots_at(True, 100) == (7, 3)
    assert pair.contract.lots_at(False, 100) == (0, 0)
    assert pair.contract.lots_at(True, 99) == pair.contract.lots_at(True, 101) == (0, 0)


@pytest.mark.parametrize("tick", [0, MAX_TICK + 1, 2**18, 2**256 - 1])
@pytest.mark.parametrize("is_ask", [False, True])
def test_tick_is_on_the_grid(pair: BookPair, is_ask: bool, tick: int) -> None:
    with reverts("book: tick outside grid"):
        pair.contract.lots_at(is_ask, tick)
    assert pair.contract.lots_at(is_ask, 1) == pair.contract.lots_at(is_ask, MAX_TICK) == (0, 0)


def test_lots_at_after_a_partial_fill(pair: BookPair) -> None:
    pair.place(MAKER, ask(100, 5))
    pair.place(OTHER, bid(100, 2))
    pair.auction()
    assert pair.contract.lots_at(True, 100) == (3, 0)  # before anyone settles
    pair.sync(MAKER)
    assert pair.contract.lots_at(True, 100) == (3, 0)


def test_stale_lots_do_not_come_back(pair: BookPair) -> None:
    """A filled range of ticks is dropped at its top; a new order beside shows none of the old ones."""
    for tick in range(96, 104):
        pair.place(MAKER, ask(tick, 9))
    pair.place(TAKER, bid(103, 72))
    pair.auction()
    pair.place(MAKER, ask(100, 1))
    assert [pair.contract.lots_at(True, tick)[0] for tick in range(96, 104)] == [0, 0, 0, 0, 1, 0, 0, 0]
    pair.check()
