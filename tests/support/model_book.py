"""Orders, auctions and refusals of the reference model's book."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

import pytest

from walras.model.book import (
    MAX_TICK,
    NO_QUOTES,
    Book,
    Clearing,
    Exposure,
    Fills,
    NewOrder,
    Revert,
    VaultQuotes,
)

MAKER, TAKER, OTHER = 11, 22, 33
START, INTERVAL = 1_000, 10
NOTHING = Fills(0, 0, 0, 0, 0, grid=0)
NONE_OPEN = Exposure(0, 0, 0, 0, 0)


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


def trade_at(book: Book, price: int) -> None:
    """One lot, at a price."""
    put(book, MAKER, bid(price, 1))
    put(book, TAKER, ask(price, 1))
    assert run(book).price == price


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
