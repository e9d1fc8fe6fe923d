"""Every refusal, and what is just allowed."""

import re
from pathlib import Path

import pytest

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
from walras.model import book as model
from walras.model.book import (
    MAX_ORDER,
    MAX_ORDERS,
    MAX_TICK,
    Book,
    NewOrder,
    Revert,
    VaultQuotes,
)
from walras.reasons import REASONS, explain


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
