"""What a run is asked for."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from walras.demo.markets import MAX_GAP_S, clock
from walras.replay.market_day import DAY

BLOCK_S: Final = 2
"""Seconds of the chain between two blocks."""
DEFAULT_WINDOW: Final = ("20:45:00", "22:00:00")
"""Of the crash of 2025-10-10."""
DEFAULT_LENGTH_S: Final = 4_500
"""Of a window in tapes of one's own."""
SHORTEST_S: Final = 60
DEFAULT_SEED: Final = 7
DEFAULT_TRADERS: Final = 240
LEAST_TRADERS: Final = 10
MOST_TRADERS: Final = 5_000

_CLOCK: Final = re.compile(r"([01]\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?")


class OptionError(ValueError):
    """An option that cannot be used; its str names the option and what it takes."""


@dataclass(frozen=True, slots=True)
class Options:
    """Of one run, as they were given."""

    markets: tuple[str, ...] = ()
    """Empty: all that there are tapes of."""
    start: str | None = None
    end: str | None = None
    seed: int = DEFAULT_SEED
    traders: int = DEFAULT_TRADERS
    speed: float | None = None
    """Seconds of the chain a second of the clock, at most; None: as fast as it goes."""
    rpc: str | None = None
    """None: an anvil of its own."""
    data: Path = DAY
    keep: bool = False
    headless: bool = False
    out: Path = Path("out")
    max_gap_s: int = MAX_GAP_S

    def __post_init__(self) -> None:
        if not LEAST_TRADERS <= self.traders <= MOST_TRADERS:
            raise OptionError(f"--traders: from {LEAST_TRADERS} to {MOST_TRADERS}, not {self.traders}")
        if not 0 <= self.seed < 2**64:
            raise OptionError("--seed: a whole number from 0, below 2**64")
        if self.speed is not None and not self.speed > 0:
            raise OptionError("--speed: seconds of the chain a second of the clock, above 0")
        if self.max_gap_s < 1:
            raise OptionError("--max-gap: seconds, at least 1")
        for option, text in (("--from", self.start), ("--to", self.end)):
            if text is not None:
                moment(option, text, 0)

    def window(self, first: int, last: int) -> tuple[int, int]:
        """Unix seconds of start and end, of tapes that all trade from first to last; raises OptionError."""
        if self.data.resolve() == DAY.resolve():
            start_text, end_text = self.start or DEFAULT_WINDOW[0], self.end or DEFAULT_WINDOW[1]
        else:
            start_text, end_text = self.start or "", self.end or ""
        start = moment("--from", start_text, first) if start_text else first
        if start_text and not end_text and start > last - SHORTEST_S:
            raise OptionError(f"--from: all tapes trade from {clock(first)} to {clock(last)}, UTC, alone")
        end = moment("--to", end_text, start) if end_text else min(start + DEFAULT_LENGTH_S, last)
        if end - start < SHORTEST_S:
            raise OptionError(
                f"--to: at least {SHORTEST_S} s after --from; the window is {end - start} s long"
            )
        return start, end - (end - start) % BLOCK_S

    def words(self) -> list[str]:
        """The options that make a difference to what is found, as they are given on the command line."""
        made = [word for market in self.markets for word in ("--market", market)]
        for name, value in (("--from", self.start), ("--to", self.end)):
            made += [name, value] if value else []
        made += ["--seed", str(self.seed), "--traders", str(self.traders)]
        if self.data.resolve() != DAY.resolve():
            made += ["--data", str(self.data)]
        if self.max_gap_s != MAX_GAP_S:
            made += ["--max-gap", str(self.max_gap_s)]
        return made


def moment(option: str, text: str, day: int) -> int:
    """Unix seconds of HH:MM[:SS] in the UTC day of `day`, or of an ISO time; raises OptionError."""
    match = _CLOCK.fullmatch(text)
    if match:
        found = 3_600 * int(match[1]) + 60 * int(match[2]) + int(match[3] or 0)
        if found <= 86_400:
            return day - day % 86_400 + found
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = None
    if match or read is None:
        raise OptionError(f"{option}: {text!r} is neither HH:MM[:SS] nor a time as 2025-10-10T20:45:00, UTC")
    return int(read.replace(tzinfo=read.tzinfo or UTC).timestamp())
