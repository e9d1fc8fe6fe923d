"""Senders over a real chain for fault tests: a token whose mints count, a meter and a log to read."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.anvils import CHAIN, KEY, Anvil
from walras.chain.bindings import PlainToken
from walras.chain.fees import FeePolicy
from walras.chain.intents import Intent
from walras.chain.keys import from_hex
from walras.chain.outcome import Concluded
from walras.chain.rpc import Rpc
from walras.chain.sender import Sender

GWEI = 10**9
POLICY = FeePolicy(priority_fee_wei=GWEI, max_fee_wei=50 * GWEI, patience_blocks=3)


@dataclass
class Said:
    """A log that keeps what it is told."""

    lines: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def bind(self, **words: Any) -> "Said":
        return self

    def debug(self, event: str, **words: Any) -> None:
        self.lines.append(("debug", event, words))

    def info(self, event: str, **words: Any) -> None:
        self.lines.append(("info", event, words))

    def warning(self, event: str, **words: Any) -> None:
        self.lines.append(("warning", event, words))

    def error(self, event: str, **words: Any) -> None:
        self.lines.append(("error", event, words))

    def has(self, event: str, **words: Any) -> bool:
        """Whether an event was told, with these words among its own."""
        return any(told == event and words.items() <= said.items() for _, told, said in self.lines)

    def failures(self) -> list[str]:
        """Warnings and errors."""
        return [event for level, event, _ in self.lines if level in ("warning", "error")]


class Counting:
    """A meter that keeps its counts."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.levels: dict[str, float] = {}

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        self.counts[name] += by

    def level(self, name: str, value: float, **labels: str) -> None:
        self.levels[name] = value

    def took(self, name: str, seconds: float, **labels: str) -> None:
        self.counts[name] += 1


@dataclass
class Stage:
    """A chain with a token, and what sends to it."""

    node: Anvil
    token: PlainToken
    folder: Path
    said: Said = field(default_factory=Said)
    meter: Counting = field(default_factory=Counting)

    @classmethod
    def on(cls, node: Anvil, folder: Path) -> "Stage":
        return cls(node, PlainToken(node.deploy("PlainToken", ("uint8", 6))), folder)

    def rpc(self, *urls: str, **more: Any) -> Rpc:
        """Endpoints, the node itself where none is given."""
        return Rpc(urls or [self.node.url], CHAIN, more.pop("timeout_s", 5.0), log=self.said, **more)

    def sender(
        self, rpc: Rpc | None = None, key: str = KEY, folder: Path | None = None, **more: Any
    ) -> Sender:
        more = {"policy": POLICY, "log": self.said, "meter": self.meter, **more}
        return Sender.open(rpc or self.rpc(), from_hex(key), folder or self.folder, **more)

    def mint(self, key: str, to: int = 1, amount: int = 1, **more: Any) -> Intent:
        """Of tokens: sent twice, the balance is too large."""
        call = self.token.mint(f"0x{to:040x}", amount)
        return Intent(key, call.to, call.data, "mint", **more)

    def balance(self, of: int = 1) -> int:
        """Tokens in the last block."""
        call = self.token.balanceOf(f"0x{of:040x}")
        told = self.node.ask("eth_call", {"to": call.to, "data": "0x" + call.data.hex()}, "latest")
        return call.decode(bytes.fromhex(told[2:]))

    def tend(self, sender: Sender, blocks: int = 1) -> list[Concluded]:
        """Mine so many blocks, and tend after each."""
        concluded: list[Concluded] = []
        for _ in range(blocks):
            self.node.mine()
            concluded += sender.tend(sender.rpc.head())
        return concluded
