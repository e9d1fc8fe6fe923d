"""The chain as whoever directs it sees it: it mines when it is told to, at the time that it is told."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from walras.chain.call import Call
from walras.chain.endpoint import RpcRefused
from walras.chain.reader import Reader
from walras.chain.reasons import NO_REASON, Reverted, of_data
from walras.chain.rpc import Rpc

ETHER: Final = 10**18


class NodeError(Exception):
    """The node does not do what a demo needs; its str says what, and what to do."""


class Node:
    """An anvil that mines on demand."""

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc
        self.reader = Reader(rpc)
        self.spent: dict[str, float] = {}
        """Seconds of the clock by what was waited for."""

    def mine(self, at: int) -> None:
        """A block of that time, with what was sent."""
        self._timed("mine", lambda: self.rpc.ask("evm_mine", [hex(at)]))

    def block(self, number: int | str) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
        """A block with its transactions, and their receipts."""
        where = number if isinstance(number, str) else hex(number)
        block, receipts = self._timed(
            "blocks",
            lambda: self.rpc.batch(
                [("eth_getBlockByNumber", [where, True]), ("eth_getBlockReceipts", [where])]
            ),
        )
        return block, receipts

    def send(self, raws: Sequence[str]) -> None:
        """Signed transactions, in this order; raises NodeError where one is not taken."""
        if not raws:
            return
        answers = self._timed(
            "send", lambda: self.rpc.batch([("eth_sendRawTransaction", [raw]) for raw in raws])
        )
        for answer in answers:
            if isinstance(answer, RpcRefused):
                raise NodeError(f"a transaction was not taken: {answer}") from answer

    def read(self, calls: Sequence[Call[Any]]) -> list[Any]:
        """Answers of views at the last block; raises NodeError where one reverts."""
        if not calls:
            return []
        found: list[Any] = self._timed("read", lambda: self.reader.ask(calls))
        for call, answer in zip(calls, found, strict=True):
            if isinstance(answer, Reverted):
                raise NodeError(f"{call.name} reverts: {answer}")
        return found

    def reasons(self, hashes: Sequence[str]) -> list[str]:
        """Why transactions reverted."""
        if not hashes:
            return []
        options = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        asked = [("debug_traceTransaction", [digest, options]) for digest in hashes]
        found = []
        for answer in self._timed("reasons", lambda: self.rpc.batch(asked)):
            if isinstance(answer, RpcRefused):
                raise NodeError(f"why a transaction reverted is not told: {answer}") from answer
            output = bytes.fromhex(answer.get("output", "0x")[2:])
            found.append(of_data(output) if output else answer.get("error", NO_REASON))
        return found

    def give_ether(self, addresses: Sequence[str], amount: int = 1_000 * ETHER) -> None:
        """So that they can pay for gas."""
        self.rpc.batch([("anvil_setBalance", [address, hex(amount)]) for address in addresses])

    def _timed(self, what: str, ask: Callable[[], Any]) -> Any:
        began = time.monotonic()
        try:
            return ask()
        finally:
            self.spent[what] = self.spent.get(what, 0.0) + time.monotonic() - began
