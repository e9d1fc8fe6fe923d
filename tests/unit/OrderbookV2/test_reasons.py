"""Every reason of the table is given by a contract in some story, and the contracts give no other.

Each story ends in the one call that is refused; what is just allowed is in the test of its function.
"""

import re
from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, OTHER, TAKER, ask, bid, reverts, trade
from walras.devtools.evm import DEPLOYER, SOURCES, artifact
from walras.model.book import MAX_ORDER, MAX_TICK, VaultQuotes
from walras.reasons import REASONS

NOBODY = "0x" + 40 * "0"
Story = Callable[[BookPair], Callable[[], Any]]


def construct(**changes: Any) -> Story:
    """Deploy a book with one argument changed."""

    def story(pair: BookPair) -> Callable[[], Any]:
        arguments = {"engine": DEPLOYER, "views": pair.contract.views(), "interval": 10, "min_lots": 1}
        return lambda: pair.evm.deploy(artifact("OrderbookV2"), *(arguments | changes).values())

    return story


def place(order: Any, lowest: int = 1, highest: int = MAX_TICK) -> Story:
    """Place an order on a new book."""
    return lambda pair: lambda: pair.contract.place(MAKER, order, lowest, highest)


def clear(reference: int = 100, funding_index: int = 0, *quotes: int) -> Story:
    """Clear a new book's first batch."""

    def story(pair: BookPair) -> Callable[[], Any]:
        pair.close()
        return lambda: pair.contract.clear(reference, funding_index, VaultQuotes(*quotes))

    return story


def last_grid(pair: BookPair) -> Callable[[], Any]:
    for _ in range(255):
        pair.contract.rescale()
    return pair.contract.rescale


def closed(pair: BookPair) -> Callable[[], Any]:
    pair.close()
    return lambda: pair.contract.cancel_all(MAKER)


def clear_first(_: BookPair) -> Callable[[], Any]:
    pair = BookPair(interval=0)
    pair.place(OTHER, bid(90, 1))
    return place(bid(90, 1))(pair)


def below_minimum(_: BookPair) -> Callable[[], Any]:
    return place(bid(90, 4))(BookPair(min_lots=5))


def too_many(pair: BookPair) -> Callable[[], Any]:
    for _ in range(32):
        pair.place(MAKER, bid(90, 1))
    return place(bid(90, 1))(pair)


def account_lots(pair: BookPair) -> Callable[[], Any]:
    for tick in (90, 91):
        pair.place(MAKER, bid(tick, MAX_ORDER))
    return place(bid(90, 2))(pair)


def crossing(owner: int, **terms: bool) -> Story:
    """Bid at 100 where there is an ask."""

    def story(pair: BookPair) -> Callable[[], Any]:
        pair.place(owner, ask(100, 1))
        return place(bid(100, 1, **terms))(pair)

    return story


def block_full(pair: BookPair) -> Callable[[], Any]:
    for account in (1, 2, 3, 4):
        pair.place(account, bid(90, MAX_ORDER))
    return place(bid(90, 4))(pair)


def not_expired(pair: BookPair) -> Callable[[], Any]:
    order_id = pair.place(MAKER, bid(90, 1))
    return lambda: pair.contract.sweep(MAKER, [order_id])


def no_price(pair: BookPair) -> Callable[[], Any]:
    trade(pair, 100)
    return lambda: pair.contract.twap(pair.evm.time - 1, pair.evm.time)


STORIES: Final[dict[str, Story]] = {
    "book: no engine": construct(engine=NOBODY),
    "book: no views": construct(views=NOBODY),
    "book: interval too long": construct(interval=2**24),
    "book: bad minimum size": construct(min_lots=0),
    "book: last grid": last_grid,
    "book: only engine": lambda pair: lambda: pair.contract.rescale(sender=DEPLOYER),
    "book: batch closed": closed,
    "book: clear first": clear_first,
    "book: batch not due": lambda pair: lambda: pair.contract.clear(100, 0, VaultQuotes()),
    "book: tick outside grid": place(bid(0, 1)),
    "book: tick outside band": place(bid(90, 1), 91),
    "book: zero lots": place(bid(90, 0)),
    "book: below minimum size": below_minimum,
    "book: order too large": place(bid(90, MAX_ORDER + 1)),
    "book: conflicting flags": place(bid(90, 1, batch_only=True, post_only=True)),
    "book: order expired": place(bid(90, 1, expiry=1)),
    "book: expiry too large": place(bid(90, 1, expiry=2**40)),
    "book: client id too large": place(bid(90, 1, client_id=2**128)),
    "book: too many orders": too_many,
    "book: account lots exceeded": account_lots,
    "book: self-trade": crossing(MAKER),
    "book: post-only would cross": crossing(TAKER, post_only=True),
    "book: block full": block_full,
    "book: unknown order": lambda pair: lambda: pair.contract.cancel(MAKER, 0, 1),
    "book: not expired": not_expired,
    "book: deadline in the past": lambda pair: lambda: pair.contract.cancel_all_after(MAKER, 1),
    "book: reference outside grid": clear(0),
    "book: funding index out of range": clear(100, 2**79),
    "book: vault quote too large": clear(100, 0, 5, 2**29),
    "book: vault quote outside grid": clear(100, 0, 0, 1),
    "book: vault quotes crossed": clear(100, 0, 5, 1, 5, 1),
    "book: depth too large": lambda pair: lambda: pair.contract.depth(65),
    "book: no such auction": lambda pair: lambda: pair.contract.auction(0),
    "book: page too large": lambda pair: lambda: pair.contract.auctions_from(0, 65),
    "book: bad window": lambda pair: lambda: pair.contract.twap(pair.evm.time, pair.evm.time),
    "book: no price yet": no_price,
}


@pytest.mark.parametrize("reason", STORIES)
def test_reason(pair: BookPair, reason: str) -> None:
    call = STORIES[reason](pair)
    with reverts(reason):
        call()


def test_stories_table_and_contracts_have_the_same_reasons() -> None:
    used = {
        reason
        for path in sorted((SOURCES / "contracts").rglob("*.vy"))
        for reason in re.findall(r'_because\(\s*"(book: [^"]*)"', path.read_text(encoding="ascii"))
    }
    table = {reason for reason in REASONS if reason.startswith("book: ")}
    assert used == table == set(STORIES)


def test_reasons_fit_their_type() -> None:
    """refuse takes a String[32]."""
    assert all(len(reason) <= 32 for reason in STORIES)
