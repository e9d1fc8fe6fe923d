"""The views: code of OrderbookViews on the book's storage, which it cannot write."""

import pytest

from tests.support.book import ENGINE, BookPair
from tests.support.opcodes import NAMES, reachable
from tests.support.orders import MAKER, OTHER, ask, bid, reverts
from walras.devtools.evm import DEPLOYER, Contract, Evm, Reverted, artifact

LOGS = {f"LOG{topics}" for topics in range(5)}
LEAVES = {"CALL", "CALLCODE", "STATICCALL", "CREATE", "CREATE2", "SELFDESTRUCT"}
WRITES = {"SSTORE", "TSTORE", *LOGS, *LEAVES, "DELEGATECALL"}

PUSH1, PUSH2, STOP, JUMPDEST = 0x60, 0x61, 0x00, 0x5B


# ---------------------------------------------------------------- what their code can do


def test_views_cannot_write_log_call_or_create() -> None:
    assert not WRITES & set(reachable(artifact("OrderbookViews").runtime))


def test_book_leaves_its_code_for_the_views_alone() -> None:
    """This is why it needs no lock against re-entry."""
    found = reachable(artifact("OrderbookV2").runtime)
    assert found.count("DELEGATECALL") == 1
    assert not LEAVES & set(found)
    assert "TSTORE" not in found


def test_scan_sees_what_others_do() -> None:
    assert set(reachable(artifact("OrderbookV2").runtime)) >= {"SLOAD", "SSTORE", "LOG3", "DELEGATECALL"}
    assert "CREATE" in reachable(artifact("BookFactory").runtime)
    assert {"CALL", "TSTORE"} <= set(reachable(artifact("BookDriver").runtime))


@pytest.mark.parametrize(("opcode", "name"), NAMES.items(), ids=NAMES.values())
def test_scan_bites(opcode: int, name: str) -> None:
    """In the open, behind push data, and behind a jump; not as push data, nor where nothing arrives."""
    views = artifact("OrderbookViews").runtime
    before = reachable(views)
    for hostile in (
        [opcode],
        [PUSH1, opcode, opcode],
        [PUSH2, 1, 2, opcode],
        [STOP, opcode, JUMPDEST, opcode],
    ):
        assert reachable(bytes(hostile)) == [name]
        assert sorted(reachable(views + bytes([JUMPDEST, *hostile]))) == sorted([*before, name])
    for harmless in (
        [PUSH1, opcode],
        [PUSH2, JUMPDEST, opcode],
        [STOP, opcode],
        [STOP, PUSH1, JUMPDEST, opcode],
    ):
        assert reachable(bytes(harmless)) == []
    assert reachable(bytes([0x7F, *[opcode] * 32, opcode])) == [name]  # PUSH32 takes 32 bytes along


def test_scanned_code_is_what_is_deployed(pair: BookPair) -> None:
    """The book's has its immutables behind it; pyrevm pads with zeros."""
    views, book = pair.contract.views(), pair.contract.address
    immutables = bytes(12) + bytes.fromhex(ENGINE[2:]) + bytes(12) + bytes.fromhex(views[2:])
    assert pair.evm.code(views).rstrip(b"\0") == artifact("OrderbookViews").runtime.rstrip(b"\0")
    assert pair.evm.code(book).rstrip(b"\0") == (artifact("OrderbookV2").runtime + immutables).rstrip(b"\0")
    assert sorted(reachable(pair.evm.code(book))) == sorted(reachable(artifact("OrderbookV2").runtime))


# ---------------------------------------------------------------- at the book's address

VIEWS = {entry["name"] for entry in artifact("OrderbookViews").abi if entry["type"] == "function"}
CALLS = {
    "best": (),
    "impact": (1,),
    "lots_at": (True, 100),
    "depth": (64,),
    "open_orders": (MAKER,),
    "preview_sync": (MAKER,),
    "preview_clear": (100, (0, 0, 0, 0)),
    "auction": (0,),
    "auctions_from": (0, 64),
    "twap": (1_760_000_010, 1_760_000_020),
    "cancel_deadline": (MAKER,),
}


def test_every_view_is_called_here() -> None:
    assert set(CALLS) == VIEWS
    for entry in artifact("OrderbookViews").abi:
        assert entry["stateMutability"] == "view"


@pytest.mark.parametrize("name", CALLS)
def test_views_work_in_a_static_call_for_anyone(pair: BookPair, name: str) -> None:
    """Contract's calls of view functions are static ones (walras/devtools/evm.py)."""
    pair.place(MAKER, ask(100, 5))
    pair.place(OTHER, bid(100, 3))
    pair.auction()
    pair.advance(20)
    results = [getattr(pair.contract, name)(*CALLS[name], sender=sender) for sender in (ENGINE, DEPLOYER)]
    assert results[0] == results[1]


def test_mutators_do_not_work_in_a_static_call(pair: BookPair) -> None:
    selector = artifact("OrderbookV2").selectors["rescale()"]
    with pytest.raises(Reverted, match="StateChangeDuringStaticCall"):
        pair.evm.call(ENGINE, pair.contract.address, selector, static=True)
    pair.evm.call(ENGINE, pair.contract.address, selector)


@pytest.mark.parametrize(
    "data", ["", "00", "000000", "00000000", "ffffffff", "12345678" + 64 * "0", "a9059cbb"]
)
@pytest.mark.parametrize("sender", [ENGINE, DEPLOYER])
def test_unknown_calls_revert(pair: BookPair, data: str, sender: str) -> None:
    with pytest.raises(Reverted, match="Revert"):
        pair.evm.call(sender, pair.contract.address, bytes.fromhex(data))


def test_malformed_calls_revert(pair: BookPair) -> None:
    """An argument is missing; a bool is neither 0 nor 1."""
    selector = artifact("OrderbookViews").selectors["lots_at(bool,uint256)"]
    good = selector + (1).to_bytes(32) + (100).to_bytes(32)
    assert pair.evm.call(DEPLOYER, pair.contract.address, good) == bytes(64)
    for bad in (good[:-1], selector, selector + (2).to_bytes(32) + (100).to_bytes(32)):
        with pytest.raises(Reverted, match="Revert"):
            pair.evm.call(DEPLOYER, pair.contract.address, bad)


def test_reasons_of_views_come_through(pair: BookPair) -> None:
    with reverts("book: no such auction"):
        pair.contract.auction(0)
    with reverts("book: tick outside grid"):
        pair.contract.lots_at(True, 0)


@pytest.mark.parametrize("signature", ["", "best()", "market()", "rescale()", "sync(uint256)", "engine()"])
def test_value_is_refused(pair: BookPair, signature: str) -> None:
    selectors = artifact("OrderbookV2").selectors | artifact("OrderbookViews").selectors | {"": b""}
    data = selectors[signature] + MAKER.to_bytes(32)
    pair.evm.fund(ENGINE)
    with pytest.raises(Reverted, match="Revert"):
        pair.evm.call(ENGINE, pair.contract.address, data, value=1)
    assert pair.evm.balance(pair.contract.address) == 0
    if signature:
        pair.evm.call(ENGINE, pair.contract.address, data)


def test_biggest_answers_fit(pair: BookPair) -> None:
    """32 open orders with all their fields; 64 levels a side beside a 65th; 64 records; all at once."""
    for owner in range(5):
        for side in (False, True):
            for i in range(13):
                tick = 101 + 13 * owner + i if side else 100 - 13 * owner - i
                pair.place(owner, (ask if side else bid)(tick, 1 + i))
    for i in range(32):
        order = bid(5, 2**23 - i, post_only=True, reduce_only=True, expiry=2**40 - 1, client_id=2**128 - 1)
        pair.place(MAKER, order)
    bids, asks = pair.contract.depth(64)
    assert [tick for tick, _ in bids] == list(range(100, 36, -1))
    assert [tick for tick, _ in asks] == list(range(101, 165))
    found = pair.contract.open_orders(MAKER)
    assert [order[3] for order in found] == [2**23 - i for i in range(32)]
    assert {order[10] for order in found} == {2**128 - 1}
    for _ in range(33):
        pair.rescale()
    assert len(pair.contract.auctions_from(0, 64)) == 64
    pair.check()


# ---------------------------------------------------------------- by themselves


def test_views_by_themselves_show_an_empty_book() -> None:
    evm = Evm()
    views = evm.deploy(artifact("OrderbookViews"))
    assert views.best() == (0, 0)
    assert views.depth(64) == ((), ())
    assert views.lots_at(True, 100) == (0, 0)
    assert views.open_orders(MAKER) == ()
    assert views.preview_sync(MAKER) == ((0,) * 6, (0, 0, 0, 0, 0, False))
    assert views.preview_clear(100, (0, 0, 0, 0)) == (False, 0, 0, 0, 0, 0, 0, 0)
    assert views.auctions_from(0, 64) == ()
    assert views.cancel_deadline(MAKER) == 0
    with reverts("book: no such auction"):
        views.auction(0)
    with reverts("book: no price yet"):
        views.twap(evm.time - 1, evm.time)


def test_views_by_themselves_do_not_change_a_book() -> None:
    """They have no function but their views: not even a default one."""
    evm = Evm()
    views = evm.deploy(artifact("OrderbookViews"))
    book = Contract(evm, views.address, artifact("OrderbookV2").abi)
    with pytest.raises(Reverted, match="Revert"):
        book.rescale(sender=ENGINE)
    with pytest.raises(Reverted, match="Revert"):
        evm.call(ENGINE, views.address, b"")
