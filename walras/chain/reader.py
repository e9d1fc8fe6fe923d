"""Many views of one block in few requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from walras.chain.abi import AbiError, checksummed
from walras.chain.call import Call
from walras.chain.endpoint import RpcRefused
from walras.chain.reasons import Reverted, is_revert, reverted
from walras.chain.rpc import Rpc

T = TypeVar("T")


class ReadError(Exception):
    """A node refuses a read though the call does not revert; or what it answers is none of the call."""


@dataclass(frozen=True, slots=True)
class Log:
    """An event as a node has it."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    block_hash: str
    transaction: str
    index: int
    """Of the log in its block."""


class Reader:
    """Asks contracts."""

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc

    def ask(
        self, calls: Sequence[Call[T]], block: int | str = "latest", sender: str | None = None
    ) -> list[T | Reverted]:
        """What each call says at one block, a number or a 0x hash, or why it reverts.

        A hash is safest: a block that was replaced meanwhile is a ReadError then, never an answer of another
        block. Raises ReadError, AbiError, RpcError.
        """
        at = block_parameter(block)
        questions = [("eth_call", [_message(one, sender), at]) for one in calls]
        return [_read(call, told) for call, told in zip(calls, self.rpc.batch(questions), strict=True)]

    def one(self, call: Call[T], block: int | str = "latest") -> T:
        """What one call says. Raises ReadError where it reverts, too."""
        told = self.ask([call], block)[0]
        if isinstance(told, Reverted):
            raise ReadError(f"{call.name} of {call.to} reverts: {told}")
        return told

    def logs(
        self, first: int, last: int, addresses: Sequence[str] = (), topics: Sequence[Any] = ()
    ) -> list[Log]:
        """Events of blocks `first` to `last`; topics as in eth_getLogs."""
        wanted: dict[str, Any] = {"fromBlock": hex(first), "toBlock": hex(last)}
        if addresses:
            wanted["address"] = list(addresses)
        if topics:
            wanted["topics"] = list(topics)
        return [log_of(one) for one in self.rpc.ask("eth_getLogs", [wanted])]


def _message(call: Call[Any], sender: str | None) -> dict[str, str]:
    made = {"to": call.to, "data": "0x" + call.data.hex()}
    if sender:
        made["from"] = sender
    if call.value:
        made["value"] = hex(call.value)
    return made


def block_parameter(block: int | str) -> Any:
    """As eth_call takes it: a number, a tag, or a hash by EIP-1898."""
    if isinstance(block, int):
        return hex(block)
    return {"blockHash": block} if len(block) == 66 else block


def log_of(told: dict[str, Any]) -> Log:
    """A log out of JSON."""
    return Log(
        address=checksummed(bytes.fromhex(told["address"][2:])),
        topics=tuple(bytes.fromhex(one[2:]) for one in told["topics"]),
        data=bytes.fromhex(told["data"][2:]),
        block=int(told["blockNumber"], 16),
        block_hash=told["blockHash"],
        transaction=told["transactionHash"],
        index=int(told["logIndex"], 16),
    )


def _read(call: Call[T], told: Any) -> T | Reverted:
    if isinstance(told, RpcRefused):
        if is_revert(told.message):
            return reverted(told.message, told.data)
        raise ReadError(f"{call.name} of {call.to}: the node refuses: {told}")
    if not isinstance(told, str) or not told.startswith("0x"):
        raise ReadError(f"{call.name} of {call.to}: {told!r} is no answer")
    try:
        return call.decode(bytes.fromhex(told[2:]))
    except AbiError:
        if told == "0x":
            raise ReadError(f"{call.name}: no contract that answers it is at {call.to}") from None
        raise
