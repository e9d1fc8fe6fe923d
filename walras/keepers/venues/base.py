"""What a publisher asks of a venue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class VenueError(Exception):
    """A venue that cannot be used as it is configured; its str says which and why."""


@dataclass(frozen=True, slots=True)
class Trade:
    """What traded in one second."""

    time: int
    """Unix seconds of the chain."""
    price: int
    """Of the last trade, 18 decimals."""
    low: int
    high: int


class Feed(Protocol):
    """The trades of one asset at one venue, for one reader."""

    def new(self, now: int) -> Sequence[Trade]:
        """Those until `now`, unix seconds of the chain, that were not told yet, ascending in time."""


class Venue(Protocol):
    """A venue."""

    name: str
    weight: int
    """In the median with others."""

    def assets(self) -> frozenset[str]:
        """What trades there, by the names of the exchange's markets."""

    def feed(self, asset: str, since: int) -> Feed:
        """Trades from a chain time on. Raises VenueError."""

    def close(self) -> None:
        """Let go of what it holds."""
