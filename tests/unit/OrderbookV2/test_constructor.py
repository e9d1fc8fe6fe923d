"""The constructor: a book begins empty, with settings that make sense."""

import pytest

from tests.support.orders import reverts
from walras.devtools.evm import DEPLOYER, START, Contract, Evm, address, artifact
from walras.model.book import Market

ENGINE = address(1)
NOBODY = "0x" + 40 * "0"


@pytest.fixture
def evm() -> Evm:
    return Evm()


@pytest.fixture
def views(evm: Evm) -> Contract:
    return evm.deploy(artifact("OrderbookViews"))


@pytest.mark.parametrize(
    ("interval", "min_lots"), [(0, 1), (1, 1), (2**24 - 1, 2**20 - 1)], ids=["continuous", "least", "most"]
)
def test_a_new_book(evm: Evm, views: Contract, interval: int, min_lots: int) -> None:
    book = evm.deploy(artifact("OrderbookV2"), ENGINE, views.address, interval, min_lots)
    book.with_abi(artifact("OrderbookViews").abi)
    assert book.engine() == ENGINE.lower()
    assert book.views() == views.address.lower()
    due = START + interval if interval else 0
    assert Market(*book.market()) == Market(0, 0, due, interval, min_lots, 0)
    assert book.best() == (0, 0)
    assert evm.logs == []


def test_no_engine(evm: Evm, views: Contract) -> None:
    with reverts("book: no engine"):
        evm.deploy(artifact("OrderbookV2"), NOBODY, views.address, 10, 1)


@pytest.mark.parametrize("what", [NOBODY, ENGINE, DEPLOYER])
def test_no_views(evm: Evm, what: str) -> None:
    with reverts("book: no views"):
        evm.deploy(artifact("OrderbookV2"), ENGINE, what, 10, 1)


@pytest.mark.parametrize(
    ("interval", "min_lots", "reason"),
    [
        (2**24, 1, "book: interval too long"),
        (2**256 - 1, 0, "book: interval too long"),
        (10, 0, "book: bad minimum size"),
        (10, 2**20, "book: bad minimum size"),
    ],
)
def test_bad_settings(evm: Evm, views: Contract, interval: int, min_lots: int, reason: str) -> None:
    with reverts(reason):
        evm.deploy(artifact("OrderbookV2"), ENGINE, views.address, interval, min_lots)


def test_books_share_views_and_nothing_else(evm: Evm, views: Contract) -> None:
    books = [evm.deploy(artifact("OrderbookV2"), ENGINE, views.address, 10, 1) for _ in range(2)]
    for book in books:
        book.with_abi(artifact("OrderbookViews").abi)
    books[0].place(5, (False, 100, 3, False, False, False, 0, 0), 1, 1000, sender=ENGINE)
    assert [book.best() for book in books] == [(100, 0), (0, 0)]
    assert len(books[0].open_orders(5)) == 1
    assert books[1].open_orders(5) == ()
