"""A book from its EIP-5202 blueprint, as an engine creates one a market."""

import pytest

from tests.support.orders import MAKER, OTHER, ask, bid, reverts
from walras.devtools.evm import START, Contract, Evm, Reverted, address, artifact
from walras.model.book import Clearing, Market

ENGINE = address(1)
NOBODY = "0x" + 40 * "0"


@pytest.fixture
def evm() -> Evm:
    return Evm()


@pytest.fixture
def blueprint(evm: Evm) -> str:
    return evm.create(artifact("OrderbookV2").blueprint)


@pytest.fixture
def factory(evm: Evm) -> Contract:
    return evm.deploy(artifact("BookFactory"))


@pytest.fixture
def views(evm: Evm) -> str:
    return evm.deploy(artifact("OrderbookViews")).address


def test_book_of_a_blueprint_works(evm: Evm, blueprint: str, factory: Contract, views: str) -> None:
    at = factory.create(blueprint, ENGINE, views, 10, 1)
    book = Contract(evm, at, artifact("OrderbookV2").abi).with_abi(artifact("OrderbookViews").abi)
    book.sender = ENGINE
    assert (book.engine(), book.views()) == (ENGINE.lower(), views.lower())
    assert Market(*book.market()) == Market(0, 0, START + 10, 10, 1, 0)
    book.place(MAKER, bid(100, 5), 1, 200)
    book.place(OTHER, ask(100, 3), 1, 200)
    evm.time += 10
    assert Clearing(*book.clear(100, 7, (0, 0, 0, 0))) == Clearing(True, 0, 0, 100, 3, 2, 0, 0)
    assert book.open_orders(MAKER)[0][3:5] == (2, 3)
    with reverts("book: only engine"):
        book.place(MAKER, bid(100, 5), 1, 200, sender=address(2))


def test_its_code_is_that_of_a_book_deployed_directly(
    evm: Evm, blueprint: str, factory: Contract, views: str
) -> None:
    direct = evm.deploy(artifact("OrderbookV2"), ENGINE, views, 10, 1)
    assert evm.code(factory.create(blueprint, ENGINE, views, 10, 1)) == evm.code(direct.address)


def test_each_creation_is_a_new_book(evm: Evm, blueprint: str, factory: Contract, views: str) -> None:
    first, second = (factory.create(blueprint, ENGINE, views, 10, lots) for lots in (1, 2))
    assert first != second
    for at, lots in ((first, 1), (second, 2)):
        assert Contract(evm, at, artifact("OrderbookV2").abi).market()[4] == lots


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"engine": NOBODY}, "book: no engine"),
        ({"views": NOBODY}, "book: no views"),
        ({"interval": 2**24}, "book: interval too long"),
        ({"min_lots": 0}, "book: bad minimum size"),
        ({"min_lots": 2**20}, "book: bad minimum size"),
    ],
)
def test_reasons_of_the_constructor_surface(
    blueprint: str, factory: Contract, views: str, change: dict[str, str | int], reason: str
) -> None:
    arguments = {"engine": ENGINE, "views": views, "interval": 10, "min_lots": 1}
    with reverts(reason):
        factory.create(blueprint, *(arguments | change).values())
    factory.create(blueprint, *arguments.values())


def test_blueprint_is_marked_and_cannot_be_called(evm: Evm, blueprint: str) -> None:
    """0xFE is INVALID, 0x71 the mark, 0x00 the version without data; behind them the init code."""
    code = evm.code(blueprint)
    assert code[:3] == bytes.fromhex("fe7100")
    assert code[3:].startswith(artifact("OrderbookV2").creation)
    for data in (b"", artifact("OrderbookV2").selectors["market()"]):
        with pytest.raises(Reverted, match="InvalidFEOpcode"):
            evm.call(ENGINE, blueprint, data)


def test_blueprint_fits(evm: Evm, blueprint: str) -> None:
    """EIP-170: 24,576 bytes of code, of which the mark and the constructor are a part here."""
    assert len(artifact("OrderbookV2").creation) + 3 <= 24_576


def test_what_is_no_blueprint_makes_no_book(evm: Evm, factory: Contract, views: str) -> None:
    with pytest.raises(Reverted):
        factory.create(ENGINE, ENGINE, views, 10, 1)
