"""A keeper while its process runs: where it stands, and what became of its tasks."""

from dataclasses import dataclass, field
from typing import Any

from walras.keepers.backoff import Backoff


def is_due(every: int, last: int | None, head: int) -> bool:
    """Whether a multiple of `every` came with the blocks since the last turn, if there was one. A turn that
    is tried again is at its own head.
    """
    return last is None or last == head or last // every != head // every


@dataclass(slots=True)
class Running:
    """A keeper of this process."""

    name: str
    config: Any
    """Of its kind: walras.keepers.config."""
    markets: frozenset[int]
    rests: Backoff
    is_failing: bool = False
    failures: int = 0
    served_at: int | None = None
    """The head of its last turn that did not fail."""
    counts: dict[str, int] = field(default_factory=dict)
    """Tasks by what became of them."""

    def told(self) -> dict[str, Any]:
        """For /status."""
        return {
            "kind": self.config.kind,
            "account": self.config.account,
            "dry_run": self.config.dry_run,
            "failing": self.is_failing,
            "failures": self.failures,
            "tasks": dict(sorted(self.counts.items())),
            "resting": len(self.rests),
        }
