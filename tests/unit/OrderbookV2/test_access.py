"""Who may change a book: the engine's address as the caller, and nobody else, in whatever guise."""

from typing import Any

import pytest

from tests.support.book import ENGINE, BookPair
from tests.support.orders import MAKER, bid, reverts
from walras.devtools.evm import DEPLOYER, Contract, Reverted, address, artifact

ABI = artifact("OrderbookV2").abi
MUTATORS = {
    entry["name"]
    for entry in ABI
    if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
}
QUOTES = (0, 0, 0, 0)
# arguments with which the engine's own call succeeds, once the batch is due or not
CALLS: dict[str, tuple[Any, ...]] = {
    "place": (MAKER, bid(90, 3), 1, 200),
    "cancel": (MAKER, 0, 2),  # the id is filled in
    "cancel_all": (MAKER,),
    "cancel_replace": (MAKER, [], [bid(90, 3)], True, 1, 200),
    "cancel_all_after": (MAKER, 2**40),
    "sweep": (MAKER, []),
    "sync": (MAKER,),
    "clear": (100, 0, QUOTES),
    "postpone": (),
    "configure": (10, 1),
    "rescale": (),
}
STRANGERS = {
    "taker": address(0x77),
    "deployer": DEPLOYER,
    "nobody": "0x" + 40 * "0",
    "engine but for the first byte": "0x80" + ENGINE[4:],
    "engine but for the last bit": address(0xF),
}


def calls(name: str, order_id: int) -> tuple[Any, ...]:
    """Arguments of a mutator's call."""
    arguments = CALLS[name]
    return (arguments[0], order_id, *arguments[2:]) if name == "cancel" else arguments


def test_every_mutator_is_called_here() -> None:
    """The ABI's mutators; its default function only answers views (test_views.py)."""
    assert set(CALLS) == MUTATORS
    assert {entry["type"] for entry in ABI} == {"constructor", "event", "fallback", "function"}
    assert all(entry.get("stateMutability") != "payable" for entry in ABI)


@pytest.mark.parametrize("name", CALLS)
def test_engine(pair: BookPair, name: str) -> None:
    order_id = pair.place(MAKER, bid(90, 5))
    if name == "clear":
        pair.advance(10)
    getattr(pair.contract, name)(*calls(name, order_id))


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
@pytest.mark.parametrize("name", CALLS)
def test_only_engine(pair: BookPair, name: str, stranger: str) -> None:
    order_id = pair.place(MAKER, bid(90, 5))
    before = pair.contract.market(), pair.contract.open_orders(MAKER)
    for seconds in (0, 10):  # on an open and on a closed batch
        pair.advance(seconds)
        with reverts("book: only engine"):
            getattr(pair.contract, name)(*calls(name, order_id), sender=stranger)
    assert (pair.contract.market(), pair.contract.open_orders(MAKER)) == before


def test_strangers_hear_nothing_else(pair: BookPair) -> None:
    """Bad input does not change the reason: who calls comes first."""
    pair.contract.sender = STRANGERS["taker"]
    with reverts("book: only engine"):
        pair.contract.place(MAKER, bid(0, 0), 5, 4)
    with reverts("book: only engine"):
        pair.contract.cancel(MAKER, 0, 0)
    with reverts("book: only engine"):
        pair.contract.cancel_all_after(MAKER, 1)
    with reverts("book: only engine"):
        pair.contract.clear(0, 2**255 - 1, QUOTES)
    with reverts("book: only engine"):
        pair.contract.configure(2**256 - 1, 0)


# ---------------------------------------------------------------- through a contract


def forward(driver: Contract, book: Contract, name: str, order_id: int, sender: str) -> None:
    """A mutator's call by the contract BookDriver."""
    data = book.encode(name, *calls(name, order_id))
    driver.forward(book.address, data, sender=sender)


@pytest.mark.parametrize("name", CALLS)
def test_engine_as_origin_behind_another_contract(pair: BookPair, name: str) -> None:
    """The engine signs the transaction, but a contract of someone else makes the call."""
    order_id = pair.place(MAKER, bid(90, 5))
    pair.advance(10)
    driver = pair.evm.deploy(artifact("BookDriver"))
    with reverts("book: only engine"):
        forward(driver, pair.contract, name, order_id, sender=ENGINE)


@pytest.mark.parametrize("name", CALLS)
def test_engine_that_is_a_contract(name: str) -> None:
    """A stranger signs, the engine's contract calls: it may. The signer himself may not."""
    evm = BookPair().evm
    driver = evm.deploy(artifact("BookDriver"))
    views = evm.deploy(artifact("OrderbookViews"))
    book = evm.deploy(artifact("OrderbookV2"), driver.address, views.address, 10, 1)
    book.with_abi(artifact("OrderbookViews").abi)
    stranger = STRANGERS["taker"]
    forward(driver, book, "place", 0, stranger)
    order_id = book.open_orders(MAKER)[0][0]
    if name == "clear":
        evm.time += 10
    forward(driver, book, name, order_id, stranger)
    with reverts("book: only engine"):
        getattr(book, name)(*calls(name, order_id), sender=stranger)


def test_a_contract_is_not_let_in_by_a_view(pair: BookPair) -> None:
    """The default function runs the views' code: a mutator's selector is the book's own, none goes there."""
    for signature in artifact("OrderbookV2").selectors:
        assert signature not in artifact("OrderbookViews").selectors
    with pytest.raises(Reverted, match="Revert"):
        pair.evm.call(DEPLOYER, pair.contract.address, bytes.fromhex("deadbeef"))
