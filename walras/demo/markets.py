"""Markets of a run, made of the tapes in a folder: `<ASSET>-USD.<venue>.csv.gz`.

Their columns are described in data/2025-10-10/README.md. Nothing here knows an asset by name. A file that
cannot be believed is told by file and line.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from walras.replay.market_day import VENUES
from walras.replay.publishers import Publisher
from walras.replay.tapes import BadTapeError, Bar, read_tape

ONE: Final = 10**18
MAX_MARKETS: Final = 16
"""In which an account can be at once."""
MAX_VENUES: Final = 8
"""Sources that the router takes for a market."""
MAX_GAP_S: Final = 900
"""Seconds without a trade after which a venue's last price says nothing. In a quarter of an hour a price
drifts by 60 bps, 2 by the root of a second: half of the limit of a quiet venue."""
LOT_DOLLARS: Final = 10
TICK: Final = Decimal("0.0001")
"""Of the price."""

_FILE: Final = re.compile(r"([A-Z0-9]{1,12})-USD\.([a-z][a-z0-9-]{0,23})\.csv\.gz")
_KNOWN: Final = {venue.tape: (venue.weight, venue.confidence_bps) for venue in VENUES}
_UNKNOWN: Final = (1, 120)
"""Weight and confidence limit of a venue that nothing is known of: those of a quiet one, and less."""


@dataclass(frozen=True, slots=True)
class DemoVenue:
    """A venue of a market, which has a publisher of its own."""

    name: str
    path: Path
    weight: int
    confidence_bps: int
    bars: Sequence[Bar]

    def last(self, now: int) -> int | None:
        """Price of the last trade until now, 18 decimals; None before the first."""
        place = bisect_right(self.bars, now, key=lambda bar: bar.time)
        return self.bars[place - 1].close if place else None


@dataclass(frozen=True, slots=True)
class DemoMarket:
    """A market of a run."""

    name: str
    number: int
    venues: Sequence[DemoVenue]
    first_price: int
    """Of the heaviest venue at the window's start, 18 decimals."""

    @property
    def lot_size(self) -> Decimal:
        """Base, worth some ten dollars at the first price."""
        return rounded(Decimal(LOT_DOLLARS * ONE) / self.first_price)

    @property
    def tick_size(self) -> Decimal:
        """Dollars, about a basis point of the first price."""
        return rounded(Decimal(self.first_price) / ONE * TICK)

    @property
    def lots_per_million(self) -> int:
        """Lots that are worth a million dollars at the first price."""
        return int(Decimal(1_000_000 * ONE) / (self.lot_size * self.first_price))


def rounded(value: Decimal) -> Decimal:
    """1, 2 or 5 times a power of ten: the one whose distance from the value, as a ratio, is least."""
    power = Decimal(1).scaleb(value.adjusted())
    steps = [power * digit for digit in (1, 2, 5, 10)]
    return min(steps, key=lambda step: max(step / value, value / step))


def find_tapes(folder: Path) -> dict[str, dict[str, Path]]:
    """Files by asset and venue, in alphabetical order; raises BadTapeError."""
    if not folder.is_dir():
        raise BadTapeError(f"{folder}: there is no such folder")
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.glob("*.csv*")):
        match = _FILE.fullmatch(path.name)
        if match is None:
            raise BadTapeError(
                f"{path}: tapes are named <ASSET>-USD.<venue>.csv.gz, as BTC-USD.gemini-spot.csv.gz"
            )
        found.setdefault(match[1], {})[match[2]] = path
    if not found:
        raise BadTapeError(f"{folder}: there are no tapes <ASSET>-USD.<venue>.csv.gz")
    return found


def choose(folder: Path, names: Sequence[str]) -> dict[str, dict[str, Path]]:
    """Tapes of the markets that are asked for, of all where none is; raises BadTapeError."""
    tapes = find_tapes(folder)
    for name in names:
        if name not in tapes:
            raise BadTapeError(f"{folder}: there is no tape of {name}; there are {', '.join(tapes)}")
    chosen = {name: venues for name, venues in tapes.items() if not names or name in names}
    if len(chosen) > MAX_MARKETS:
        raise BadTapeError(f"{folder}: {len(chosen)} markets, at most {MAX_MARKETS}: choose with --market")
    for name, venues in chosen.items():
        if len(venues) > MAX_VENUES:
            raise BadTapeError(f"{folder}: {name} has {len(venues)} venues, at most {MAX_VENUES}")
    return chosen


def read_tapes(chosen: Mapping[str, Mapping[str, Path]]) -> dict[str, list[DemoVenue]]:
    """Venues by market; raises BadTapeError that names file and line."""
    return {
        market: [
            DemoVenue(name, path, *_KNOWN.get(name, _UNKNOWN), read_tape(path))
            for name, path in venues.items()
        ]
        for market, venues in chosen.items()
    }


def overlap(venues: Mapping[str, Sequence[DemoVenue]]) -> tuple[int, int]:
    """From when on all venues have traded, and the last second in which all still did."""
    tapes = [venue.bars for found in venues.values() for venue in found]
    return max(bars[0].time for bars in tapes), min(bars[-1].time for bars in tapes)


def make_markets(
    venues: Mapping[str, Sequence[DemoVenue]], start: int, end: int, max_gap_s: int = MAX_GAP_S
) -> list[DemoMarket]:
    """In alphabetical order, numbered from 0; raises BadTapeError where a tape does not carry the window."""
    for found in venues.values():
        for venue in found:
            check_window(venue, start, end, max_gap_s)
    markets = []
    for number, (name, found) in enumerate(venues.items()):
        heaviest = max(found, key=lambda venue: venue.weight)
        first = heaviest.last(start)
        assert first is not None  # check_window has seen a trade before the start
        markets.append(DemoMarket(name, number, tuple(found), first))
    return markets


def check_window(venue: DemoVenue, start: int, end: int, max_gap_s: int) -> None:
    """Raises BadTapeError where the tape does not reach over the window, or is silent for too long."""
    bars = venue.bars
    window = f"{clock(start)} to {clock(end)}"
    if bars[0].time > start or bars[-1].time + max_gap_s < end:
        raise BadTapeError(
            f"{venue.path}:{2 if bars[0].time > start else len(bars) + 1}: trades from {clock(bars[0].time)}"
            f" to {clock(bars[-1].time)}; the window {window} is outside of it"
        )
    place = bisect_right(bars, start, key=lambda bar: bar.time)
    before = bars[place - 1].time
    while before < end:
        after = bars[place].time if place < len(bars) else end
        if min(after, end) - before > max_gap_s:
            raise BadTapeError(
                f"{venue.path}:{min(place, len(bars) - 1) + 2}: no trade for {after - before} s since"
                f" {clock(before)}, and {max_gap_s} s are the most in the window {window}: choose another"
                " window, or --max-gap"
            )
        before, place = after, place + 1


def publisher_of(venue: DemoVenue) -> Publisher:
    """What an honest publisher says of it."""
    return Publisher(venue.bars)


def clock(at: int) -> str:
    """UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
