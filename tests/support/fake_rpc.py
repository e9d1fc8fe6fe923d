"""A chain in memory for corners of the sender that no real node is brought into: it does what it is told.

It answers what walras.chain.node asks. A transaction is in a block when its nonce is next and its fee enough;
it has no effect but that it is there. `Effect` tells how often each calldata is in blocks.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import rlp
from eth_utils.crypto import keccak

from tests.support.anvils import CHAIN
from walras.chain.endpoint import Question, RpcRefused
from walras.chain.rpc import Broadcast, Head, RpcError

GWEI = 10**9
ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
ORACLE = "0x420000000000000000000000000000000000000F"
"""Tells a rollup's fee for data."""
REVERT = "execution reverted: engine: no such account"


@dataclass(frozen=True)
class Tx:
    """A transaction of the one key that there is."""

    hash: str
    nonce: int
    data: bytes
    max_fee: int
    priority: int
    gas: int


def parsed(raw: bytes) -> Tx:
    """Out of signed bytes of type 2."""
    words = rlp.decode(raw[1:])
    nonce, priority, max_fee, gas = (int.from_bytes(words[place]) for place in (1, 2, 3, 4))
    return Tx("0x" + keccak(raw).hex(), nonce, bytes(words[7]), max_fee, priority, gas)


@dataclass
class Block:
    """One of the chain."""

    head: Head
    txs: list[Tx]


@dataclass
class FakeRpc:
    """Blocks, a pool, and what goes wrong."""

    chain_id: int = CHAIN
    is_relayed: bool = False
    blocks: list[Block] = field(default_factory=list)
    pool: dict[str, Tx] = field(default_factory=dict)
    base_fee: int = GWEI
    revert: str = REVERT
    """What they are answered with."""
    l1_fee: int | None = None
    """Of a rollup, wei a byte of a transaction; None: ORACLE answers nothing."""
    salt: int = 0
    balance: int = 10**24
    reverts: set[bytes] = field(default_factory=set)
    """Calldata whose simulation fails."""
    fails: set[bytes] = field(default_factory=set)
    """Calldata that fails in its block."""
    late: set[str] = field(default_factory=set)
    """Hashes whose receipts are not told."""
    refusal: str = ""
    """What every broadcast is answered with."""
    is_deaf: bool = False
    """No broadcast is answered, and none arrives."""
    is_mute: bool = False
    """No broadcast is answered, though it arrives."""
    has_history: bool = True
    hides_pool: bool = False
    """It does not tell what waits."""
    is_full: bool = False
    """Nothing is put into blocks."""
    seen: dict[str, Tx] = field(default_factory=dict)
    """All that ever arrived."""

    def __post_init__(self) -> None:
        self.mine()

    # ------------------------------------------------------------ what happens

    @property
    def count(self) -> int:
        """Transactions in blocks."""
        return sum(len(block.txs) for block in self.blocks)

    def effects(self) -> Counter[bytes]:
        """How often each calldata is in blocks."""
        return Counter(tx.data for block in self.blocks for tx in block.txs)

    def mine(self, seconds: int = 2) -> Head:
        """A block of all that fits."""
        number = len(self.blocks)
        parent = self.blocks[-1].head.hash if self.blocks else "0x" + "00" * 32
        time = self.blocks[-1].head.time + seconds if self.blocks else 1_000
        digest = "0x" + keccak(text=f"{number} {parent} {self.salt}").hex()
        taken: list[Tx] = []
        while not self.is_full:
            wanted = self.count + len(taken)
            found = [tx for tx in self.pool.values() if tx.nonce == wanted and tx.max_fee >= self.base_fee]
            if not found:
                break
            taken.append(found[0])
            self.pool = {key: tx for key, tx in self.pool.items() if tx.nonce > wanted}
        self.blocks.append(Block(Head(number, digest, parent, time, self.base_fee), taken))
        return self.blocks[-1].head

    def reorg(self, depth: int, keep: bool) -> Head:
        """Replace so many blocks by empty ones; their transactions go back to the pool, or nowhere."""
        gone = [self.blocks.pop() for _ in range(depth)]
        self.salt += 1
        if keep:
            for tx in (tx for block in gone for tx in block.txs):
                self.pool[tx.hash] = tx
        was_full, self.is_full = self.is_full, True
        for _ in range(depth):
            self.mine()
        self.is_full = was_full
        return self.blocks[-1].head

    def drop(self) -> None:
        """Forget the pool."""
        self.pool = {}

    def replay(self) -> None:
        """Somebody sends again all that ever arrived and could still come, older bytes of a nonce first."""
        for tx in self.seen.values():
            if tx.nonce >= self.count and all(tx.nonce != one.nonce for one in self.pool.values()):
                self.pool[tx.hash] = tx

    def foreign(self, raw: bytes) -> Tx:
        """Somebody else with the key sends, and wins over what waits with the nonce."""
        tx = parsed(raw)
        self.pool = {key: one for key, one in self.pool.items() if one.nonce != tx.nonce}
        self.pool[tx.hash] = tx
        return tx

    # ------------------------------------------------------------ as an Rpc

    def head(self, block: str = "latest") -> Head:
        return self.blocks[-1].head if block == "latest" else self.blocks[int(block, 16)].head

    def ask(self, method: str, params: Sequence[Any] = ()) -> Any:
        answer = self.batch([(method, list(params))])[0]
        if isinstance(answer, RpcRefused):
            raise answer
        return answer

    def batch(self, questions: Sequence[Question]) -> list[Any]:
        return [getattr(self, method)(*params) for method, params in questions]

    def broadcast(self, raws: Sequence[bytes]) -> list[Broadcast]:
        if self.is_deaf:
            raise RpcError("no endpoint answers: deaf")
        told = [self._take(parsed(raw)) for raw in raws]
        if self.is_mute:
            raise RpcError("no endpoint answers: mute")
        return [Broadcast(0, (RpcRefused(-32000, one),)) if one else Broadcast(1, ()) for one in told]

    def _take(self, tx: Tx) -> str:
        if self.refusal:
            return self.refusal
        if tx.hash in self.pool:
            return "already known"
        if tx.nonce < self.count:
            return "nonce too low"
        for other in [one for one in self.pool.values() if one.nonce == tx.nonce]:
            if tx.max_fee * 10 < other.max_fee * 11 or tx.priority * 10 < other.priority * 11:
                return "replacement transaction underpriced"
            del self.pool[other.hash]
        self.pool[tx.hash] = self.seen[tx.hash] = tx
        return ""

    # ------------------------------------------------------------ methods of nodes

    def eth_getBlockByNumber(self, block: str, full: bool) -> Any:  # noqa: N802
        found = self.blocks[-1 if block == "latest" else int(block, 16)]
        head = found.head
        return {
            "number": hex(head.number), "hash": head.hash, "parentHash": head.parent,
            "timestamp": hex(head.time), "baseFeePerGas": hex(head.base_fee),
            "transactions": [{"hash": tx.hash, "from": ADDRESS, "nonce": hex(tx.nonce)} for tx in found.txs],
        }  # fmt: skip

    def eth_getTransactionCount(self, address: str, block: str) -> Any:  # noqa: N802
        if block == "latest":
            return hex(self.count)
        if block == "pending":
            nonce = self.count
            while any(tx.nonce == nonce for tx in self.pool.values()):
                nonce += 1
            return hex(nonce)
        number = int(block, 16)
        if number >= len(self.blocks):
            return RpcRefused(-32000, "header not found")
        if not self.has_history and number < len(self.blocks) - 1:
            return RpcRefused(-32000, "missing trie node")
        return hex(sum(len(one.txs) for one in self.blocks[: number + 1]))

    def eth_getBalance(self, address: str, block: str) -> Any:  # noqa: N802
        return hex(self.balance)

    def eth_estimateGas(self, message: dict[str, str], block: str) -> Any:  # noqa: N802
        return hex(50_000) if self._passes(message) else RpcRefused(3, self.revert)

    def eth_call(self, message: dict[str, str], block: str) -> Any:
        if message["to"] == ORACLE:
            size = int(message["data"][10:], 16)
            return "0x" if self.l1_fee is None else f"0x{size * self.l1_fee:064x}"
        return "0x" if self._passes(message) else RpcRefused(3, self.revert)

    def eth_getTransactionReceipt(self, digest: str) -> Any:  # noqa: N802
        if digest in self.late:
            return None
        for block in self.blocks:
            for tx in block.txs:
                if tx.hash == digest:
                    return {
                        "blockNumber": hex(block.head.number), "blockHash": block.head.hash, "l1Fee": "0x7",
                        "status": hex(tx.data not in self.fails), "gasUsed": hex(tx.gas),
                        "effectiveGasPrice": "0x1",
                    }  # fmt: skip
        return None

    def eth_getTransactionByHash(self, digest: str) -> Any:  # noqa: N802
        waits = digest in self.pool and not self.hides_pool
        there = waits or any(tx.hash == digest for one in self.blocks for tx in one.txs)
        return {"hash": digest} if there else None

    def _passes(self, message: dict[str, str]) -> bool:
        return bytes.fromhex(message["data"][2:]) not in self.reverts
