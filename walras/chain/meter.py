"""What this package counts. Who wants figures gives a Meter; walras.keepers has one for Prometheus."""

from typing import Protocol


class Meter(Protocol):
    """Takes counts, levels and durations by name, with labels of few values."""

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        """Something happened, so many times."""

    def level(self, name: str, value: float, **labels: str) -> None:
        """Something stands at a value."""

    def took(self, name: str, seconds: float, **labels: str) -> None:
        """Something took a time of the machine's clock."""


class Silent:
    """A Meter that keeps nothing."""

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        """Nothing."""

    def level(self, name: str, value: float, **labels: str) -> None:
        """Nothing."""

    def took(self, name: str, seconds: float, **labels: str) -> None:
        """Nothing."""
