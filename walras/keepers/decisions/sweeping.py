"""What has expired: orders to take off the books, triggers to remove. Nobody is paid for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from walras.keepers.task import Task

VOID: Final = ("triggers: expired", "triggers: void")
MAX_ORDERS: Final = 32
"""Of a call."""


@dataclass(frozen=True, slots=True)
class Resting:
    """An open order, as the book tells it."""

    account: int
    market: int
    id: int
    expiry: int
    """Unix seconds; 0: none."""
    switch: int
    """Its account's dead-man's switch in the market, unix seconds; 0: not set."""


def decide(time: int, orders: Sequence[Resting], triggers: Sequence[tuple[int, str]]) -> list[Task]:
    """`triggers`: ids with why they are not ready. Orders of one account and market go together."""
    expired: dict[tuple[int, int], list[int]] = {}
    for one in orders:
        if 0 < one.expiry <= time or 0 < one.switch <= time:
            expired.setdefault((one.account, one.market), []).append(one.id)
    tasks = []
    for (account, market), ids in sorted(expired.items()):
        some = sorted(ids)[:MAX_ORDERS]
        why = f"{len(ids)} orders have expired"
        subject = f"sweep/{account}/{market}/{some[0]}"
        tasks.append(Task(subject, "engine", "sweep", (account, market, some), why, 0, market))
    for trigger, reason in sorted(triggers):
        if reason in VOID:
            why = reason.removeprefix("triggers: ")
            tasks.append(Task(f"sweep_trigger/{trigger}", "triggers", "sweep", (trigger,), why))
    return tasks
