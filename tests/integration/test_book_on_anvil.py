"""The book on a real chain through Ape: deployed from its blueprint, traded and settled as the model says."""

from collections.abc import Callable
from typing import Any, Final

import ape
import pytest
from ethpm_types import ContractType

from tests.support.ape_contracts import container
from walras.devtools.compiler import compile_contract
from walras.model import book as model
from walras.model.book import NewOrder, VaultQuotes

INTERVAL: Final = 10
MAKER, TAKER = 1 << 8, 2 << 8
ANY: Final = (1, model.MAX_TICK)


@pytest.fixture(scope="module")
def engine(accounts: Any) -> Any:
    """Whoever the book obeys."""
    return accounts[1]


@pytest.fixture(scope="module")
def book(accounts: Any, engine: Any) -> Any:
    """A book created from its blueprint by a factory, as an engine lists a market."""
    deployer = accounts[0]
    views = deployer.deploy(container("OrderbookViews"))
    blueprint = deployer.declare(container("OrderbookV2"))
    factory = deployer.deploy(container("BookFactory"))
    receipt = factory.create(
        blueprint.contract_address, engine.address, views.address, INTERVAL, 1, sender=deployer
    )
    at = receipt.return_value
    answers = {entry["name"]: entry for entry in compile_contract("OrderbookViews").abi if "name" in entry}
    known = {entry["name"] for entry in compile_contract("OrderbookV2").abi if "name" in entry}
    abi = compile_contract("OrderbookV2").abi + [
        entry for name, entry in answers.items() if name not in known
    ]
    return ape.Contract(at, contract_type=ContractType(contractName="OrderbookV2", abi=abi))


def order(**terms: Any) -> tuple[Any, ...]:
    """A new order as the ABI wants it."""
    made = NewOrder(**terms)
    return tuple(getattr(made, name) for name in NewOrder.__slots__)


@pytest.fixture
def reference(book: Any, chain: Any) -> model.Book:
    """The model, opened when the book was."""
    made = model.Book(INTERVAL, 1, 0)
    made.due = book.market().due
    return made


def test_trades_as_the_model_does(book: Any, engine: Any, chain: Any, reference: model.Book) -> None:
    """A maker's ladder, a taker's batch order, the vault; everything settles to the same numbers."""

    def both(act: Callable[[], Any], expect: Callable[[], Any]) -> tuple[Any, Any]:
        receipt = act()
        reference.time = chain.blocks[receipt.block_number].timestamp
        return receipt, expect()

    def same(action: str, *args: Any, model_args: tuple[Any, ...] | None = None) -> Any:
        return both(
            lambda: getattr(book, action)(*args, sender=engine),
            lambda: getattr(reference, action)(*(args if model_args is None else model_args)),
        )

    for step in range(5):
        terms = {"is_ask": True, "tick": 1_000 + step, "lots": 10}
        same("place", MAKER, order(**terms), *ANY, model_args=(MAKER, NewOrder(**terms), *ANY))
    terms = {"is_ask": False, "tick": 1_010, "lots": 25, "batch_only": True}
    same("place", TAKER, order(**terms), *ANY, model_args=(TAKER, NewOrder(**terms), *ANY))

    with ape.reverts("book: batch not due"):
        book.clear(1_000, 7, (0, 0, 0, 0), sender=engine)
    chain.mine(timestamp=book.market().due)
    with ape.reverts("book: batch closed"):
        book.cancel_all(MAKER, sender=engine)

    quotes = VaultQuotes(0, 0, 1_002, 3)
    receipt, clearing = same("clear", 1_000, 7, (0, 0, 1_002, 3), model_args=(1_000, 7, quotes))
    assert clearing.price == 1_002
    assert receipt.events[0].price == clearing.price
    assert receipt.events[0].lots == clearing.lots == 25
    assert receipt.events[0].vault_sold == clearing.vault_sold == 0

    for account in (MAKER, TAKER):
        fills, exposure = book.preview_sync(account)
        expected_fills, expected_exposure = reference.preview_sync(account)
        assert tuple(fills) == tuple(getattr(expected_fills, name) for name in model.Fills.__slots__)
        assert tuple(exposure) == tuple(getattr(expected_exposure, name) for name in model.Exposure.__slots__)
        same("sync", account)
    bids, asks = book.depth(5)
    assert not bids
    assert [(level.tick, level.lots) for level in asks] == [(1_002, 5), (1_003, 10), (1_004, 10)]


def test_obeys_its_engine_alone(book: Any, accounts: Any) -> None:
    """Neither the deployer nor a stranger moves the book."""
    for stranger in (accounts[0], accounts[5]):
        with ape.reverts("book: only engine"):
            book.rescale(sender=stranger)
