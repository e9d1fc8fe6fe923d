"""Tables that grow by the block and stay small."""

from collections.abc import Sequence
from typing import Final

from walras.demo.figures import Columns, Extreme

MOST: Final = 8_192
"""Rows of a table; a longer one keeps every second of them."""


class Series:
    """Columns over time. Beyond MOST rows every second one is forgotten, and only every second comes in."""

    def __init__(self, names: Sequence[str], most: int = MOST) -> None:
        self.columns: Columns = {name: [] for name in ("time", *names)}
        self._most = most
        self._stride = 1
        self._offered = 0

    def __len__(self) -> int:
        return len(self.columns["time"])

    def add(self, time: int, **values: int | None) -> None:
        """A row; a value for each column. Raises KeyError where one is missing or too much."""
        if values.keys() != self.columns.keys() - {"time"}:
            raise KeyError(f"columns are {sorted(self.columns)}, values are {sorted(values)}")
        if self._offered % self._stride == 0:
            self.columns["time"].append(time)
            for name, value in values.items():
                self.columns[name].append(value)
            if len(self) > self._most:
                self._stride *= 2
                for name, column in self.columns.items():
                    self.columns[name] = column[::2]
        self._offered += 1


class Minutes:
    """Sums of pieces of a span of time, each of the same length, without a hole between them.

    What comes after the end counts for the last piece.
    """

    def __init__(self, start: int, end: int, names: Sequence[str], seconds: int = 60) -> None:
        self.start, self.end, self.seconds, self.names = start, end, seconds, tuple(names)
        self._sums: list[dict[str, int]] = []

    def add(self, time: int, **values: int) -> None:
        """What happened then; what was before the start counts for nothing."""
        if time < self.start:
            return
        self.reach(time)
        row = self._sums[self._place(time)]
        for name, value in values.items():
            row[name] += value

    def reach(self, time: int) -> None:
        """There are rows up to this time."""
        while len(self._sums) <= self._place(time):
            self._sums.append(dict.fromkeys(self.names, 0))

    def _place(self, time: int) -> int:
        return (min(time, max(self.end - 1, self.start)) - self.start) // self.seconds

    @property
    def columns(self) -> Columns:
        """time, and a column for each name."""
        made: Columns = {"time": [self.start + place * self.seconds for place in range(len(self._sums))]}
        for name in self.names:
            made[name] = [row[name] for row in self._sums]
        return made


class Extremes:
    """Lowest and highest by name, and when: the first time, if there are several."""

    def __init__(self) -> None:
        self.lowest: dict[str, Extreme] = {}
        self.highest: dict[str, Extreme] = {}

    def see(self, name: str, value: int, time: int) -> None:
        """A value."""
        if name not in self.lowest or value < self.lowest[name].value:
            self.lowest[name] = Extreme(value, time)
        if name not in self.highest or value > self.highest[name].value:
            self.highest[name] = Extreme(value, time)
