"""House-keeping: fees to where they belong, the vault's backstop to who waits for it, marks that grow old."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from walras.chain.bindings.perp_engine import Mode
from walras.keepers.task import Task

BPS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Fees:
    """What the fee distributor has; token units."""

    ready: int
    """Fees above the floor, and penalties: what a distribution would split."""
    pots: tuple[tuple[str, int], ...]
    """What waits to be delivered, by recipient: the vault, the insurance fund."""


@dataclass(frozen=True, slots=True)
class VaultState:
    """Of the vault; token units."""

    asked_back: int
    """Value of all requests: no more than the shares that wait are worth now."""
    free: int
    """What its account 0 may pay."""
    backstop_free: int
    """What its account 1 may pay."""
    is_below: bool = False
    """Whether its account 0 is below initial margin, or owes: its backstop is then left alone."""


@dataclass(frozen=True, slots=True)
class MarkAge:
    """A market's mark."""

    market: int
    mode: Mode
    time: int
    """Unix seconds."""
    due: int
    """Of its next auction; 0: continuous mode."""
    holder: int
    """An account with a position there, whose settlement refreshes it; 0: nobody needs it."""


@dataclass(frozen=True, slots=True)
class CaretakingRules:
    """How the operator wants the house kept; token units."""

    distribute_min: int
    deliver_min: int
    recall_min: int
    stale_mark_s: int
    """Age of a mark from which an account is settled to refresh it; longer than the auctions' interval."""
    recall_bps: int = 9_800
    """Of what may be recalled, what is asked for: marks move until the call is in a block."""


def decide(
    time: int, fees: Fees, vault: VaultState | None, marks: Sequence[MarkAge], rules: CaretakingRules
) -> list[Task]:
    """What to do at a chain time, unix seconds."""
    tasks = []
    if fees.ready >= max(1, rules.distribute_min):
        tasks.append(Task("distribute", "fees", "distribute", (), f"{fees.ready} units are ready"))
    for recipient, amount in fees.pots:
        if amount >= max(1, rules.deliver_min):
            why = f"{amount} units wait"
            tasks.append(Task(f"deliver/{recipient}", "fees", "deliver", (recipient,), why))
    if vault and vault.asked_back > vault.free and not vault.is_below:
        amount = min(vault.asked_back - vault.free, vault.backstop_free) * rules.recall_bps // BPS
        if amount >= max(1, rules.recall_min):
            why = f"{vault.asked_back} units are asked back, {vault.free} are free"
            tasks.append(Task("recall_backstop", "vault", "recall_backstop", (amount,), why))
    for one in marks:
        age = time - one.time
        if (
            one.holder
            and one.mode in (Mode.ACTIVE, Mode.POST_ONLY, Mode.REDUCE_ONLY)
            and age >= rules.stale_mark_s
        ):
            why = f"the mark of market {one.market} is {age} s old"
            tasks.append(Task(f"sync/{one.market}/{one.time}", "engine", "sync", (one.holder,), why))
    return tasks
