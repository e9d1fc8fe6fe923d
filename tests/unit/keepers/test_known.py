"""What is known from events, and how it is kept through restarts and replaced blocks."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from walras.chain.bindings import liquidation_engine, orderbook_v2, perp_engine, trigger_orders
from walras.chain.endpoint import Question, RpcRefused
from walras.chain.intents import StoreError
from walras.chain.rpc import BehindError, Head, RpcError
from walras.keepers import registry as registry_module
from walras.keepers.known import Known, KnownOrder, take
from walras.keepers.registry import Registry, _Told

MARKET: Final = 3


def order_id(tick: int, is_ask: bool = False, batch_only: bool = False, number: int = 1) -> int:
    """As the book makes them: slot 5 | is ask 1 | batch-only 1 | tick 18 | generation 32 | index 32."""
    return number << 57 | tick << 7 | batch_only << 6 | is_ask << 5


def placed(account: int, id: int, expiry: int = 0) -> orderbook_v2.Placed:
    return orderbook_v2.Placed(account, id, lots=10, flags=0, expiry=expiry, client_id=0)


def cleared(price: int) -> orderbook_v2.Cleared:
    return orderbook_v2.Cleared(
        auction=0, batch=0, price=price, lots=1, imbalance=0, vault_bought=0, vault_sold=0, funding_index=0
    )


def settled(account: int, id: int, left: int) -> orderbook_v2.Settled:
    return orderbook_v2.Settled(
        account, id, lots=1, notional=1, basis=0, taker_lots=0, taker_notional=0, left=left
    )


def after(*events: Any) -> Known:
    """Events of MARKET's book, and of the other contracts."""
    return taken(*((MARKET, event) for event in events))


def taken(*told: tuple[int, Any]) -> Known:
    """Events of books, each with its market, and of the other contracts."""
    known = Known()
    for market, event in told:
        take(known, market if type(event).__module__.endswith("orderbook_v2") else None, event)
    return known


@pytest.mark.parametrize(
    ("is_ask", "tick", "price", "filled"),
    [
        (False, 100, 99, True), (False, 100, 100, True), (False, 100, 101, False),
        (True, 100, 101, True), (True, 100, 100, True), (True, 100, 99, False),
    ],
)  # fmt: skip
def test_an_auction_may_have_filled_what_it_reached(
    is_ask: bool, tick: int, price: int, filled: bool
) -> None:
    known = after(placed(7, order_id(tick, is_ask)), cleared(price))
    assert known.accounts == {7}
    assert known.unsettled == ({(7, MARKET)} if filled else set())


def test_settlement_is_seen() -> None:
    id = order_id(100)
    assert after(placed(7, id), cleared(100), settled(7, id, left=5)).unsettled == set()
    assert id in after(placed(7, id), settled(7, id, left=5)).orders[MARKET]
    assert id not in after(placed(7, id), settled(7, id, left=0)).orders[MARKET]


def test_settling_one_market_hides_no_fill_of_another() -> None:
    id, other = order_id(100, batch_only=True), 5
    known = taken(
        (MARKET, placed(7, id)),
        (other, placed(7, id)),
        (MARKET, cleared(100)),
        (other, cleared(100)),
        (other, settled(7, id, left=0)),
    )
    assert known.unsettled == {(7, MARKET)}
    assert known.unsettled_accounts() == {7}
    take(known, MARKET, settled(7, id, left=0))
    assert known.unsettled == set()


def test_orders_end() -> None:
    id, once = order_id(100), order_id(100, batch_only=True, number=2)
    events = [placed(7, id), placed(8, once)]
    assert set(after(*events).orders[MARKET]) == {id, once}
    assert set(after(*events, orderbook_v2.Uncrossed(batch=0)).orders[MARKET]) == {id}
    assert set(after(*events, orderbook_v2.Cancelled(7, id, lots=1, left=1)).orders[MARKET]) == {id, once}
    assert set(after(*events, orderbook_v2.Cancelled(7, id, lots=1, left=0)).orders[MARKET]) == {once}
    assert after(*events, orderbook_v2.Rescaled(grid=1, auctions=0)).orders == {}
    gone = after(*events, cleared(100))
    assert set(gone.orders[MARKET]) == {id}
    assert gone.unsettled_accounts() == {7, 8}


def test_switches_liquidations_and_dealt_lots() -> None:
    switch = orderbook_v2.SwitchSet(account=7, deadline=99)
    assert after(switch).switches == {(7, MARKET): 99}
    assert after(switch, orderbook_v2.SwitchSet(account=7, deadline=0)).switches == {}
    liquidated = liquidation_engine.Liquidated(
        account=7, market=MARKET, lots=-1, tick=1, held=0, keeper="0x" + "0a" * 20
    )
    assert after(liquidated).pendings == {(7, MARKET): "0x" + "0a" * 20}
    assert after(liquidated).pending_accounts() == {7}
    collected = liquidation_engine.Collected(
        account=7, market=MARKET, filled=0, penalty=0, tip=0, returned=0, keeper="0x" + "00" * 20
    )
    assert after(liquidated, collected).pendings == {}
    dealt = perp_engine.ForcedTrade(account=7, counterparty=8, market=MARKET, lots=1, cash=1)
    assert after(dealt).accounts == {7, 8}


def terms(kind: trigger_orders.Kind = trigger_orders.Kind.TRAILING) -> trigger_orders.NewTrigger:
    return trigger_orders.NewTrigger(
        market=MARKET, kind=kind, source=trigger_orders.Source.MARK, is_ask=True, tick=0, limit=0, slippage=1,
        slippage_in_bps=True, distance=5, distance_in_bps=True, lots=0, reduce_only=True, attached=False,
        expiry=0, order_expiry=0, tip=9,
    )  # fmt: skip


def test_triggers_come_move_and_go() -> None:
    trigger = trigger_orders.Placed(account=7, id=70, partner=0, extreme=100, terms=terms())
    known = after(trigger, trigger_orders.Ratcheted(id=70, extreme=120))
    assert (known.triggers[70].tip, known.triggers[70].extreme, known.triggers[70].is_trailing) == (
        9,
        120,
        True,
    )
    removed = trigger_orders.Removed(account=7, id=70, why=trigger_orders.End.EXPIRED, tip=9)
    assert after(trigger, removed).triggers == {}
    executed = trigger_orders.Executed(
        account=7, id=70, by="0x" + "00" * 20, order_id=1, reference=1, tick=1, lots=1, tip=9
    )
    assert after(trigger, executed).triggers == {}


def test_it_can_be_written_and_read() -> None:
    known = after(
        placed(7, order_id(100), expiry=5),
        cleared(100),
        orderbook_v2.SwitchSet(account=7, deadline=99),
        trigger_orders.Placed(account=7, id=70, partner=0, extreme=100, terms=terms()),
    )
    known.pendings[7, 1] = "0x" + "0a" * 20
    assert Known.load(known.dump()) == known
    with pytest.raises(ValueError, match="format 9, not 3"):
        Known.load({"format": 9})


# ---------------------------------------------------------------- the registry


@dataclass
class Blocks:
    """A chain of which each block has a hash and orders that were placed."""

    hashes: dict[int, str] = field(default_factory=dict)
    orders: dict[str, list[int]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    """Logs of which blocks."""
    most: int = 10**9
    """Blocks in an answer; of more it says so."""
    patience: int = 10**9
    """Blocks in an answer; with more it is silent."""
    top: int = 10**9
    """The last block that the node has, which leaves others out."""
    is_frank: bool = False
    """It does not leave them out: it says that it lacks them."""

    def add(self, number: int, fork: str = "a", *accounts: int) -> Head:
        digest = f"{fork}{number}"
        parent = self.hashes.get(number - 1, "")
        self.hashes = {one: text for one, text in self.hashes.items() if one < number} | {number: digest}
        self.orders[digest] = list(accounts)
        return Head(number, digest, parent, 0, 0)

    def head(self, block: str) -> Head:
        number = int(block, 16)
        if number not in self.hashes:
            raise LookupError(block)
        return Head(number, self.hashes[number], self.hashes.get(number - 1, ""), 0, 0)

    def ask(self, method: str, params: list[Any]) -> Any:
        [answer] = self.batch([(method, params)])
        return answer

    def batch(self, questions: list[Question]) -> list[Any]:
        return [getattr(self, method)(*params) for method, params in questions]

    def eth_getBlockByNumber(self, number: str, full: bool) -> Any:  # noqa: N802
        found = int(number, 16)
        return {"hash": self.hashes[found]} if found <= self.top else None

    def eth_getLogs(self, question: dict[str, Any]) -> Any:  # noqa: N802
        """Events as `take` has them: they are not decoded."""
        where = {name: question[name] for name in ("blockHash", "fromBlock", "toBlock") if name in question}
        self.asked.append(where)
        if "blockHash" in where:
            wanted = [int(where["blockHash"][1:])]
        else:
            wanted = list(range(int(where["fromBlock"], 16), int(where["toBlock"], 16) + 1))
            if self.is_frank and wanted[-1] > self.top:
                return RpcRefused(-32_602, "block range extends beyond current head block")
        if len(wanted) > self.patience:
            raise RpcError("no answer in 5 s")
        if len(wanted) > self.most:
            return RpcRefused(-32_005, "too many blocks")
        return [
            _Told(number, MARKET, placed(account, order_id(1, number=account)))
            for number in wanted
            if number <= self.top
            for account in self.orders.get(self.hashes.get(number, ""), ())
        ]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Blocks, Callable[[], Registry]]:
    """A registry over such a chain; events are given, not decoded."""
    blocks = Blocks()
    monkeypatch.setattr(Registry, "_events", lambda self, told: list(told))
    monkeypatch.setattr(registry_module, "DEPTH", 4)
    monkeypatch.setattr(registry_module, "WRITE_EVERY", 2)

    class Exchange:
        engine = perp_engine.PerpEngine("0x" + "01" * 20)
        liquidation = liquidation_engine.LiquidationEngine("0x" + "02" * 20)
        triggers = trigger_orders.TriggerOrders("0x" + "03" * 20)
        books: Final = {MARKET: orderbook_v2.OrderbookV2("0x" + "04" * 20)}

    class Reader:
        rpc = blocks

    def build() -> Registry:
        return Registry(Reader(), Exchange(), tmp_path / "registry.sqlite", 1, 100)  # type: ignore[arg-type]

    return blocks, build


def test_it_catches_up_in_pieces_that_the_node_answers(made: tuple[Blocks, Callable[[], Registry]]) -> None:
    blocks, build = made
    blocks.most = 3
    for number in range(1, 9):
        head = blocks.add(number, "a", number)
    registry = build()
    assert registry.follow(head) == set(range(1, 9))
    assert registry.known.accounts == set(range(1, 9))
    assert registry.follow(blocks.add(9, "a", 9)) == {9}
    assert blocks.asked[-1] == {"blockHash": "a9"}


def test_what_was_read_stays_read_where_a_node_fails(made: tuple[Blocks, Callable[[], Registry]]) -> None:
    """A node that gives up on long ranges, without saying so, is asked for shorter ones, turn after turn."""
    blocks, build = made
    for number in range(1, 41):
        head = blocks.add(number, "a", number)
    registry = build()
    blocks.patience = 8
    told: set[int] = set()
    reached = []
    while registry.block < head.number:
        try:
            told |= registry.follow(head)
        except RpcError:
            reached.append(registry.block)
    assert told == registry.known.accounts == set(range(1, 41))
    assert reached == sorted(reached)
    assert 0 < reached[-1] < 40
    answered = [
        int(one["fromBlock"], 16)
        for one in blocks.asked
        if int(one["toBlock"], 16) - int(one["fromBlock"], 16) < blocks.patience
    ]
    assert len(answered) == len(set(answered))  # nothing was read twice


def sizes(blocks: Blocks) -> list[int]:
    """How many blocks were asked for at once."""
    return [int(one["toBlock"], 16) - int(one["fromBlock"], 16) + 1 for one in blocks.asked]


def test_pieces_are_halved_from_what_was_asked_and_grow_again(
    made: tuple[Blocks, Callable[[], Registry]],
) -> None:
    blocks, build = made
    for number in range(1, 9):
        head = blocks.add(number)
    registry = build()
    blocks.most = 4
    registry.follow(head)
    assert sizes(blocks) == [8, 4, 4]
    blocks.most, blocks.asked = 10**9, []
    for number in range(9, 2_000):
        head = blocks.add(number)
    registry.follow(head)
    assert sizes(blocks)[0] < 16
    assert max(sizes(blocks)) == 100


@pytest.mark.parametrize("is_frank", [False, True])
def test_a_node_that_lags_loses_no_event(made: tuple[Blocks, Callable[[], Registry]], is_frank: bool) -> None:
    """It leaves out the blocks that it does not have, or says so: they are read once it has them."""
    blocks, build = made
    for number in range(1, 13):
        head = blocks.add(number, "a", number)
    blocks.top, blocks.is_frank = 9, is_frank
    registry = build()
    for _ in range(3):
        with pytest.raises(BehindError, match=r"behind|beyond"):
            registry.follow(head)
    assert set(sizes(blocks)) == {12}  # less would not help
    blocks.top = 12
    assert registry.follow(head) == registry.known.accounts == set(range(1, 13))


def test_a_node_with_another_block_at_the_head_is_not_believed(
    made: tuple[Blocks, Callable[[], Registry]],
) -> None:
    blocks, build = made
    for number in range(1, 4):
        head = blocks.add(number, "a", number)
    blocks.add(3, "b", 33)
    registry = build()
    with pytest.raises(BehindError, match="its block 3 is b3, not a3"):
        registry.follow(head)
    assert registry.block == 0
    registry.follow(blocks.head("0x3"))
    assert registry.known.accounts == {1, 2, 33}


def test_a_base_that_cannot_be_written_costs_no_turn(
    made: tuple[Blocks, Callable[[], Registry]], monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks, build = made
    registry = build()
    failures = [LookupError("the chain has no block"), sqlite3.OperationalError("disk is full")]

    def fail(self: Registry) -> None:
        raise failures.pop()

    with monkeypatch.context() as patched:
        patched.setattr(Registry, "_write", fail)
        for number in range(1, 8):
            assert registry.follow(blocks.add(number, "a", number)) == {number}
    assert failures == []
    registry.close()
    assert build().block > 0


def test_a_long_way_is_gone_in_several_turns(
    made: tuple[Blocks, Callable[[], Registry]], monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks, build = made
    monkeypatch.setattr(registry_module, "CHUNKS", 2)
    for number in range(1, 251):
        head = blocks.add(number, "a", number)
    registry = build()
    assert registry.follow(head) == set(range(1, 201))
    assert registry.block == 200
    registry.close()  # stopped on the way
    registry = build()
    registry.follow(head)
    assert registry.block == 250
    assert registry.known.accounts == set(range(1, 251))
    assert len(blocks.asked) == 3


@pytest.mark.parametrize(
    ("depth", "told"), [(1, True), (3, True), (4, True), (6, True), (1, False), (3, False), (4, False)]
)
def test_replaced_blocks_are_forgotten(
    made: tuple[Blocks, Callable[[], Registry]], depth: int, told: bool
) -> None:
    """Of the depth that can be undone, and deeper: then all is read anew. Told by the follower, or not."""
    blocks, build = made
    registry = build()
    for number in range(1, 11):
        registry.follow(blocks.add(number, "a", number))
    ancestor = 10 - depth
    for number in range(ancestor + 1, 12):
        head = blocks.add(number, "b", 100 + number)
    touched = registry.follow(head, ancestor if told else None)
    assert touched >= registry.known.accounts  # whatever was thought idle is looked at anew
    kept = set(range(1, ancestor + 1))
    assert registry.known.accounts == kept | {100 + number for number in range(ancestor + 1, 12)}
    assert registry.known.orders[MARKET].keys() == {
        order_id(1, number=account) for account in registry.known.accounts
    }


def test_a_restart_reads_on_from_the_base(made: tuple[Blocks, Callable[[], Registry]]) -> None:
    blocks, build = made
    registry = build()
    for number in range(1, 11):
        registry.follow(blocks.add(number, "a", number))
    registry.close()
    blocks.asked.clear()
    again = build()
    assert again.block == 6
    again.follow(blocks.add(11, "a", 11))
    assert again.known == registry.known or again.known.accounts == set(range(1, 12))
    assert blocks.asked == [{"fromBlock": "0x7", "toBlock": "0xb"}]


@pytest.mark.parametrize("state", ['{"format": 1, "accounts": [1]}', "{}", "[", "[]", '{"format": 3}'])
def test_what_another_version_wrote_is_read_anew(
    made: tuple[Blocks, Callable[[], Registry]], tmp_path: Path, state: str
) -> None:
    blocks, build = made
    registry = build()
    for number in range(1, 11):
        registry.follow(blocks.add(number, "a", number))
    registry.close()
    with closing(sqlite3.connect(tmp_path / "registry.sqlite")) as store, store:
        store.execute("update base set state = ?", (state,))
    again = build()
    again.follow(blocks.add(11, "a", 11))
    assert again.known.accounts == set(range(1, 12))


@pytest.mark.parametrize("is_read", [False, True])
def test_a_damaged_file_is_told(
    made: tuple[Blocks, Callable[[], Registry]], tmp_path: Path, is_read: bool
) -> None:
    """One that is no database, and one with another table."""
    _, build = made
    path = tmp_path / "registry.sqlite"
    if is_read:
        with closing(sqlite3.connect(path)) as store, store:
            store.execute("create table base (engine text)")
    else:
        path.write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match=r"registry\.sqlite cannot be used as a store of events"):
        build()


def test_a_restart_on_another_chain_reads_all(made: tuple[Blocks, Callable[[], Registry]]) -> None:
    blocks, build = made
    registry = build()
    for number in range(1, 11):
        registry.follow(blocks.add(number, "a", number))
    registry.close()
    for number in range(1, 12):
        head = blocks.add(number, "b", 50 + number)
    again = build()
    again.follow(head)
    assert again.known.accounts == {50 + number for number in range(1, 12)}


def test_what_is_known_of_an_order_is_little() -> None:
    assert KnownOrder(7, 0) == KnownOrder(account=7, expiry=0)
