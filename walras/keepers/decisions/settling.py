"""The end of markets: a price that is lost is reported, a market without one is settled, its positions
closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from walras.chain.bindings.oracle_router import Status
from walras.chain.bindings.perp_engine import Mode
from walras.keepers.task import Task

HALT_S: Final = 259_200
"""After a report anyone settles."""
FIRST_HOUR_S: Final = 3_600
"""Of a settlement: the liquidator closes who ends with a deficit; after it anyone closes anybody."""
FIT: Final = (Status.LIVE, Status.DEGRADED)


@dataclass(frozen=True, slots=True)
class Ending:
    """A market and its price."""

    market: int
    mode: Mode
    status: Status
    """Of the router's price now."""
    recorded_at: int
    """When the router last recorded a good price."""
    reported_at: int
    """When its price was last reported unfit; 0: never."""
    settled_at: int
    """0: it is not."""
    positions: tuple[tuple[int, int], ...] = ()
    """Of a settled market: accounts with a position there, and their equity."""
    pending: tuple[tuple[int, int], ...] = ()
    """Of a settled market: accounts whose liquidation there is not concluded, and its batch."""


@dataclass(frozen=True, slots=True)
class SettlingRules:
    """How the operator wants markets ended."""

    report_after_s: int = 600
    """How long no good price was recorded before that is reported."""
    settle: bool = True
    """Whether to settle a market as soon as anyone may."""


def decide(time: int, markets: Sequence[Ending], rules: SettlingRules) -> list[Task]:
    """What to do at a chain time, unix seconds. In the first hour who owes most is closed first."""
    tasks: list[Task] = []
    for one in markets:
        if one.mode == Mode.SETTLED:
            tasks += _closings(time, one)
        elif one.status not in FIT:
            silence = time - one.recorded_at
            if one.reported_at <= one.recorded_at:
                if silence >= rules.report_after_s:
                    why = f"{one.status.name}, no good price for {silence} s"
                    subject = f"report_halt/{one.market}/{one.recorded_at}"
                    tasks.append(Task(subject, "liquidation", "report_halt", (one.market,), why))
            elif rules.settle and time >= one.reported_at + HALT_S:
                why = f"{one.status.name} since it was reported at {one.reported_at}"
                tasks.append(Task(f"settle/{one.market}", "liquidation", "settle", (one.market,), why))
    return tasks


def _closings(time: int, one: Ending) -> list[Task]:
    """Who is in a liquidation yet is closed at a later head: a position that is gone counts as its fill."""
    tasks = []
    pending = dict(one.pending)
    for account, batch in sorted(pending.items()):
        subject = f"collect/{account}/{one.market}/{batch}"  # as the liquidator's: it is sent once
        why = f"the market is settled, the order of batch {batch} has no auction any more"
        tasks.append(Task(subject, "liquidation", "collect", (account, one.market), why))
    first_hour = time < one.settled_at + FIRST_HOUR_S
    for account, equity in sorted(one.positions, key=lambda pair: (pair[1], pair[0])):
        if account in pending:
            continue
        args = (account, one.market)
        subject = f"settle_position/{account}/{one.market}"
        if equity < 0:
            why = f"the market is settled, the account owes {-equity}"
            tasks.append(Task(subject, "liquidation", "settle_position", args, why))
        elif not first_hour:
            tasks.append(Task(subject, "engine", "settle_position", args, "the market is settled"))
    return tasks
