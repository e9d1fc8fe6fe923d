"""What a sender asks of the chain, in as few requests as can be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from walras.chain import abi
from walras.chain.endpoint import Question, RpcRefused
from walras.chain.intents import Entry, Intent, Mined
from walras.chain.outcome import NOT_SIMULATED
from walras.chain.reasons import is_revert, reverted
from walras.chain.rpc import Broadcast, Head, Rpc, RpcError, head_of

FURTHEST_BACK: Final = 512
"""Blocks in which a nonce is looked for."""
ENVELOPE: Final = 128
"""Bytes of a transaction beside its data, before it is signed, at most."""
SIZE_STEP: Final = 256
"""Sizes are rounded up to it, so that few are asked for."""
_UPPER_BOUND: Final[abi.Function[int]] = abi.Function(
    "GasPriceOracle.getL1FeeUpperBound",
    "getL1FeeUpperBound(uint256)",
    "f1c7a58b",
    (abi.UINT256,),
    (abi.UINT256,),
)


class Verdict(Enum):
    """What nodes said of signed bytes."""

    TAKEN = auto()
    """By one at least, now or before."""
    NONCE_USED = auto()
    NONCE_HELD = auto()
    POOR = auto()
    FEE_TOO_LOW = auto()
    REFUSED = auto()


_WORDS: Final = (
    (Verdict.TAKEN, re.compile(r"already known|known transaction|already imported|already exists", re.I)),
    (Verdict.NONCE_USED, re.compile(r"nonce (is )?too low|already used|invalid nonce|old nonce", re.I)),
    (Verdict.NONCE_HELD, re.compile(r"replace", re.I)),
    (Verdict.POOR, re.compile(r"insufficient funds|insufficient balance", re.I)),
    (Verdict.FEE_TOO_LOW, re.compile(r"base ?fee|underpriced|fee ?cap|FeeTooLow", re.I)),
)


def verdict(told: Broadcast) -> tuple[Verdict, str]:
    """What to make of it, and the words of who refused."""
    said = "; ".join(str(one) for one in told.refusals)
    if told.accepted:
        return Verdict.TAKEN, said
    found = {kind for one in told.refusals for kind, words in _WORDS if words.search(one.message)}
    for kind, _ in _WORDS:
        if kind in found:
            return kind, said
    return Verdict.REFUSED, said


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of an intent, were it in the next block."""

    gas: int
    """Estimated, or the intent's own; 0 where it reverts."""
    reason: str
    """Why it reverts; empty: it does not."""
    words: str = ""
    """Of a node that refuses to simulate for reasons of its own."""

    @property
    def is_sure(self) -> bool:
        """Whether the EVM said so."""
        return not self.words


@dataclass(frozen=True, slots=True)
class Outlook:
    """What has to be known before something is signed."""

    head: Head
    count: int
    """Transactions of the key in blocks: the nonce that comes next."""
    pending: int
    """The same with those that the node has waiting."""
    balance: int
    simulated: tuple[Simulated, ...]
    l1_fees: tuple[int, ...]
    """What the rollup charges for the data of each at most, wei; 0 where the chain is none."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How a key and what it signed stand at a head."""

    count: int
    pending: int
    receipts: dict[str, Mined]
    in_pool: frozenset[str]
    """Newest bytes of each intent that the node knows of."""


class Node:
    """The chain, for one key."""

    def __init__(self, rpc: Rpc, address: str, l1_oracle: str | None = None) -> None:
        """`l1_oracle`: the GasPriceOracle of a chain of the OP stack."""
        self.rpc = rpc
        self.address = address
        self._l1_oracle = l1_oracle

    def look(self, intents: Sequence[Intent]) -> Outlook:
        """Simulate intents on the latest block. Raises RpcError."""
        sizes = [_size(one) for one in intents] if self._l1_oracle else []
        asked = sorted(set(sizes))
        questions: list[Question] = [
            ("eth_getBlockByNumber", ["latest", False]),
            ("eth_getTransactionCount", [self.address, "latest"]),
            ("eth_getTransactionCount", [self.address, "pending"]),
            ("eth_getBalance", [self.address, "latest"]),
            *(self._simulation(one, "latest") for one in intents),
            *(self._l1_question(size) for size in asked),
        ]
        told = self.rpc.batch(questions)
        block, count, pending, balance = map(_useful, told[:4])
        end = 4 + len(intents)
        simulated = tuple(_simulated(one, answer) for one, answer in zip(intents, told[4:end], strict=True))
        fees = dict(zip(asked, map(self._l1_fee, told[end:]), strict=True))
        return Outlook(
            head_of(block),
            int(count, 16),
            int(pending, 16),
            int(balance, 16),
            simulated,
            tuple(fees[size] for size in sizes) or (0,) * len(intents),
        )

    def _l1_question(self, size: int) -> Question:
        call = _UPPER_BOUND(str(self._l1_oracle), size)
        return "eth_call", [{"to": call.to, "data": "0x" + call.data.hex()}, "latest"]

    def _l1_fee(self, told: Any) -> int:
        if isinstance(told, RpcRefused) or not isinstance(told, str) or len(told) != 66:
            raise RpcError(
                f"{self._l1_oracle} tells no fee for data: is it this chain's GasPriceOracle? {told}"
            )
        return int(told, 16)

    def see(self, entries: Sequence[Entry], head: Head) -> Sight:
        """Receipts of all bytes, and what of the newest is known. Raises RpcError."""
        hashes = [attempt.hash for entry in entries for attempt in entry.attempts]
        newest = [entry.newest.hash for entry in entries if entry.attempts]
        told = self.rpc.batch(
            [
                ("eth_getTransactionCount", [self.address, hex(head.number)]),
                ("eth_getTransactionCount", [self.address, "pending"]),
                *(("eth_getTransactionReceipt", [one]) for one in hashes),
                *(("eth_getTransactionByHash", [one]) for one in newest),
            ]
        )
        count, pending, *rest = (_useful(one) for one in told)
        receipts = {
            one: _mined(one, found) for one, found in zip(hashes, rest[: len(hashes)], strict=True) if found
        }
        in_pool = (one for one, found in zip(newest, rest[len(hashes) :], strict=True) if found)
        return Sight(int(count, 16), int(pending, 16), receipts, frozenset(in_pool))

    def why(self, intent: Intent, block: int) -> str:
        """Why a transaction failed in a block, by a replay on the state before; empty where that passes."""
        found = self.rpc.batch([self._call(intent, hex(max(block - 1, 0)))])[0]
        if isinstance(found, RpcRefused):
            return reverted(found.message, found.data).reason
        return ""

    def who_used(self, nonce: int, since: int, head: Head) -> tuple[str, int] | None:
        """Hash and block of the transaction with a nonce of the key; None where the node does not tell.

        `since` is a block at which the nonce was most likely free.
        """
        try:
            low, step = max(since, 0), 1
            while low > 0 and self._count(low) > nonce:
                low, step = max(0, low - step), step * 2
                if head.number - low > FURTHEST_BACK:
                    return None
            high = head.number
            while low + 1 < high:
                middle = (low + high) // 2
                low, high = (low, middle) if self._count(middle) > nonce else (middle, high)
            block = self.rpc.ask("eth_getBlockByNumber", [hex(high), True])
        except RpcRefused:
            return None
        for one in (block or {}).get("transactions", ()):
            if one["from"].lower() == self.address.lower() and int(one["nonce"], 16) == nonce:
                return str(one["hash"]), high
        return None

    def _count(self, block: int) -> int:
        return int(self.rpc.ask("eth_getTransactionCount", [self.address, hex(block)]), 16)

    def _simulation(self, intent: Intent, block: str) -> Question:
        return (
            self._call(intent, block) if intent.gas else ("eth_estimateGas", [self._message(intent), block])
        )

    def _call(self, intent: Intent, block: str) -> Question:
        return "eth_call", [self._message(intent), block]

    def _message(self, intent: Intent) -> dict[str, str]:
        made = {"from": self.address, "to": intent.to, "data": "0x" + intent.data.hex()}
        if intent.value:
            made["value"] = hex(intent.value)
        if intent.gas:
            made["gas"] = hex(intent.gas)
        return made


def _size(intent: Intent) -> int:
    """Bytes of its transaction, rounded up."""
    return -(-(len(intent.data) + ENVELOPE) // SIZE_STEP) * SIZE_STEP


def _useful(told: Any) -> Any:
    if isinstance(told, RpcRefused):
        raise RpcError(f"a node does not tell how the key stands: {told}") from told
    return told


def _simulated(intent: Intent, told: Any) -> Simulated:
    if isinstance(told, RpcRefused):
        if is_revert(told.message):
            return Simulated(0, reverted(told.message, told.data).reason)
        return Simulated(0, NOT_SIMULATED, str(told))
    return Simulated(intent.gas or int(told, 16), "")


def _mined(digest: str, told: dict[str, Any]) -> Mined:
    cost = int(told["gasUsed"], 16) * int(told["effectiveGasPrice"], 16)
    return Mined(
        hash=digest,
        block=int(told["blockNumber"], 16),
        block_hash=told["blockHash"],
        succeeded=int(told["status"], 16) == 1,
        cost=cost + int(told.get("l1Fee") or "0x0", 16),  # rollups on the OP stack charge for their data
    )
