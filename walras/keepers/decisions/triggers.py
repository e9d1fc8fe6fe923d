"""Which triggers to execute for their tips, and which trailing stops to show a better price."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from walras.keepers.task import Task

BPS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger as the executor sees it."""

    id: int
    tip: int
    """Token units."""
    ready: bool
    reason: str
    """Why it is not ready; of a ready one, why it could not be placed when it was last tried, or nothing."""
    market: int | None = None
    is_trailing: bool = False
    is_ask: bool = False
    extreme: int = 0
    """Best reference that a trailing stop was shown, lot price."""
    reference: int = 0
    """Of now, lot price; 0: there is none."""
    places: bool | None = None
    """Of a ready one, whether an execution would place its order now; None: it would revert, or was not
    tried.
    """


@dataclass(frozen=True, slots=True)
class TriggerRules:
    """How the operator wants triggers executed."""

    ratchet_bps: int = 0
    """How much better a price has to be for a trailing stop to be shown it, without pay; 0: not at all."""
    retry_parked: bool = False
    """Whether to try again what the engine refused even where nobody knows that its reason is gone."""


def decide(triggers: Sequence[Trigger], rules: TriggerRules) -> list[Task]:
    """The highest tip first. A tip is paid where the order is placed: what the engine would refuse now is
    left, as an execution of that parks it, unpaid; what it refused before and would take now is executed.
    """
    tasks = []
    for one in sorted(triggers, key=lambda each: (-each.tip, each.id)):
        if one.ready and one.places is not False and (not one.reason or one.places or rules.retry_parked):
            why = f"triggered, tip {one.tip}" + (f", was parked: {one.reason}" if one.reason else "")
            tasks.append(
                Task(
                    f"trigger/{one.id}",
                    "triggers",
                    "execute",
                    (one.id,),
                    why,
                    one.tip if one.places else 0,
                    one.market,
                    urgent=True,
                )
            )
        elif one.is_trailing and rules.ratchet_bps and one.reference and one.extreme:
            gain = one.reference - one.extreme if one.is_ask else one.extreme - one.reference
            bps = gain * BPS // one.extreme
            if bps >= rules.ratchet_bps:
                why = f"the reference is {bps} bps better than the best it was shown"
                subject = f"ratchet/{one.id}/{one.extreme}"
                tasks.append(Task(subject, "triggers", "ratchet", (one.id,), why))
    return tasks
