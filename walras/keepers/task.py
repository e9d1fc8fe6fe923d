"""What a decision asks for: one call of the exchange, why, and what it earns."""

from dataclasses import dataclass
from typing import Any, Literal

Contract = Literal["engine", "router", "liquidation", "triggers", "fees", "vault", "token"]
"""Of the exchange: the attribute of walras.chain.exchange.Exchange that has the binding."""


@dataclass(frozen=True, slots=True)
class Task:
    """A call that is worth making now."""

    subject: str
    """What it is about, `liquidate/<account>/<market>`: under way once, and rested by itself."""
    contract: Contract
    function: str
    args: tuple[Any, ...]
    why: str
    """For the log: the numbers that decided."""
    reward: int = 0
    """What the caller is paid at most, token units; 0: nothing."""
    market: int | None = None
    """Whose due auction the call runs first: it is held back while that is to close before the next block."""
    urgent: bool = False
    """It is not backed off by a refusal that only says: not yet."""
    value: int = 0
    """Wei that go with the call: fees of the oracle's sources."""
