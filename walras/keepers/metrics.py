"""What a process counts, for Prometheus: every name with its meaning, in one table."""

from dataclasses import dataclass
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

PREFIX: Final = "walras_"
SECONDS: Final = (0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(frozen=True, slots=True)
class Measure:
    """A name, what it counts, and the labels that go with it."""

    kind: Literal["count", "level", "took"]
    help: str
    labels: tuple[str, ...] = ()


MEASURES: Final = {
    "keeper_head": Measure("level", "Number of the last block that was handled completely."),
    "keeper_head_time": Measure("level", "Its time, unix seconds."),
    "keeper_heads": Measure("count", "Heads that were handled."),
    "keeper_reorgs": Measure("count", "Times that blocks were replaced."),
    "keeper_turn": Measure("took", "From seeing a head to having handled it."),
    "keeper_block_to_tx": Measure(
        "took", "From seeing a head to the answer to a broadcast that it led to.", ("keeper",)
    ),
    "keeper_tasks": Measure("count", "Tasks by what became of them.", ("keeper", "outcome")),
    "keeper_failures": Measure("count", "Turns that a keeper ended with an error.", ("keeper",)),
    "keeper_spent_wei": Measure("count", "Gas that was paid.", ("keeper",)),
    "keeper_tips_units": Measure(
        "level",
        "Collateral in the keeper's account of the engine, and credit in TriggerOrders.",
        ("account",),
    ),
    "keeper_balance_wei": Measure("level", "Of the account that pays the gas.", ("account",)),
    "keeper_accounts": Measure("level", "Accounts whose health was asked at the last scan."),
    "keeper_scan": Measure("took", "A scan of all accounts' health."),
    "keeper_known": Measure("level", "What is known of the exchange, by kind.", ("kind",)),
    "keeper_resting": Measure("level", "Subjects that rest after a refusal.", ("keeper",)),
    "keeper_signed": Measure("count", "Reports that were signed.", ("publisher",)),
    "keeper_reports": Measure("count", "Reports of other processes that were news.", ("url",)),
    "keeper_report_failures": Measure("count", "Other processes that did not tell their reports.", ("url",)),
    "keeper_venue_failures": Measure("count", "Times that a venue did not tell its trades.", ("venue",)),
    "keeper_stuck": Measure("count", "Transactions that were in no block for too long.", ("account",)),
    "keeper_left_out": Measure("count", "What was not looked at, as a view of it reverts.", ("what",)),
    "keeper_alerts": Measure("count", "Alerts, sent and held back.", ("outcome",)),
}
"""What this package counts. Others' names (walras.chain) are taken as they come."""


class Metrics:
    """A Meter (walras/chain/meter.py) of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._made: dict[str, Counter | Gauge | Histogram] = {}
        for name, measure in MEASURES.items():
            self._make(name, measure)

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        """Something happened, so many times."""
        made = self._made.get(name) or self._make(name, Measure("count", name, tuple(sorted(labels))))
        (made.labels(**labels) if labels else made).inc(by)  # type: ignore[union-attr]

    def level(self, name: str, value: float, **labels: str) -> None:
        """Something stands at a value."""
        made = self._made.get(name) or self._make(name, Measure("level", name, tuple(sorted(labels))))
        (made.labels(**labels) if labels else made).set(value)  # type: ignore[union-attr]

    def took(self, name: str, seconds: float, **labels: str) -> None:
        """Something took a time."""
        made = self._made.get(name) or self._make(name, Measure("took", name, tuple(sorted(labels))))
        (made.labels(**labels) if labels else made).observe(seconds)  # type: ignore[union-attr]

    def text(self) -> bytes:
        """As Prometheus reads it."""
        return generate_latest(self.registry)

    def _make(self, name: str, measure: Measure) -> Counter | Gauge | Histogram:
        made: Counter | Gauge | Histogram
        words = PREFIX + name, measure.help, measure.labels
        if measure.kind == "count":
            made = Counter(*words, registry=self.registry)
        elif measure.kind == "level":
            made = Gauge(*words, registry=self.registry)
        else:
            made = Histogram(
                f"{PREFIX}{name}_seconds",
                measure.help,
                measure.labels,
                buckets=SECONDS,
                registry=self.registry,
            )
        self._made[name] = made
        return made
