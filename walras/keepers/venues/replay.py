"""A venue that trades as it did on a recorded day (walras/replay/tapes.py). Its clock is the chain's."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from pathlib import Path

from walras.keepers.venues.base import Trade, VenueError
from walras.replay.tapes import BadTapeError, Bar, read_tape

QUOTE = "-USD."
SUFFIX = ".csv.gz"


class ReplayFeed:
    """A place on a tape."""

    def __init__(self, bars: Sequence[Bar], since: int, shift: int) -> None:
        self._bars = bars
        self._times = [bar.time for bar in bars]
        self._shift = shift
        self._next = bisect_left(self._times, since - shift)

    def new(self, now: int) -> Sequence[Trade]:
        end = bisect_right(self._times, now - self._shift)
        bars = self._bars[self._next : end]
        self._next = max(self._next, end)
        return [Trade(bar.time + self._shift, bar.close, bar.low, bar.high) for bar in bars]


class ReplayVenue:
    """The tapes of one venue in a folder."""

    def __init__(self, name: str, folder: Path, tape: str, shift: int, weight: int) -> None:
        self.name, self.weight = name, weight
        self._shift = shift
        ending = f"{QUOTE}{tape}{SUFFIX}"
        self._paths = {path.name.removesuffix(ending): path for path in sorted(folder.glob(f"*{ending}"))}
        self._tapes: dict[str, tuple[Bar, ...]] = {}
        if not self._paths:
            raise VenueError(f"venues.{name}: {folder} has no file <asset>{ending}")

    def assets(self) -> frozenset[str]:
        return frozenset(self._paths)

    def feed(self, asset: str, since: int) -> ReplayFeed:
        if asset not in self._tapes:
            if asset not in self._paths:
                raise VenueError(f"venues.{self.name}: there is no tape of {asset}")
            try:
                self._tapes[asset] = read_tape(self._paths[asset])
            except BadTapeError as error:
                raise VenueError(f"venues.{self.name}: {error}") from error
        return ReplayFeed(self._tapes[asset], since, self._shift)

    def close(self) -> None:
        self._tapes.clear()
