"""One-second bars of a venue, read from a CSV.gz as data/2025-10-10/README.md describes it.

A tape is believed whole or not at all: what is wrong with it is told by file and line.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from pathlib import Path
from typing import Final

COLUMNS: Final = ("time", "open", "high", "low", "close", "buy_volume", "sell_volume", "trades")
DECIMALS: Final = 18
LAST_TIME: Final = 2**32
"""Unix seconds, in 2106: what contracts keep of a time ends there."""

_WHOLE: Final = re.compile(r"[0-9]{1,20}")
_DECIMAL: Final = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?(e-?[0-9]{1,2})?")
_EXACT: Final = Context(prec=160)


class BadTapeError(ValueError):
    """A tape that cannot be believed; its str begins with file and line."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A second in which a venue traded."""

    time: int
    """Unix seconds."""
    open: int
    """Prices in USD, 18 decimals."""
    high: int
    low: int
    close: int
    buy_volume: int
    """By the taker's side, 18 decimals: base units on spot, contracts on the coin-margined perpetual."""
    sell_volume: int
    trades: int


def read_tape(path: Path) -> tuple[Bar, ...]:
    """All bars of a tape, ascending in time; raises BadTapeError."""
    bars: list[Bar] = []
    for line, cells in _rows(path):
        try:
            if line == 1:
                _check(tuple(cells) == COLUMNS, f"columns are {','.join(cells)}, not {','.join(COLUMNS)}")
                continue
            bar = _bar(cells)
            _check(not bars or bar.time > bars[-1].time, f"time {bar.time} is not after the row before")
        except ValueError as error:
            raise BadTapeError(f"{path}:{line}: {error}") from None
        bars.append(bar)
    if not bars:
        raise BadTapeError(f"{path}:1: no bars")
    return tuple(bars)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Lines with their numbers from 1, cells as they are."""
    line = 0
    try:
        with gzip.open(path, "rt", encoding="ascii", newline="") as file:
            for cells in csv.reader(file, strict=True):
                line += 1
                yield line, cells
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise BadTapeError(f"{path}:{line + 1}: cannot be read: {error}") from None


def _bar(cells: Sequence[str]) -> Bar:
    _check(len(cells) == len(COLUMNS), f"{len(cells)} cells, not {len(COLUMNS)}")
    named = dict(zip(COLUMNS, cells, strict=True))
    bar = Bar(
        time=_whole("time", named["time"]),
        **{name: _decimal(name, named[name]) for name in COLUMNS[1:-1]},
        trades=_whole("trades", named["trades"]),
    )
    _check(bar.time < LAST_TIME, f"time is {bar.time}, not unix seconds (milliseconds?)")
    _check(bar.low > 0, f"low is {named['low']}, and no price is 0")
    _check(bar.low <= min(bar.open, bar.close), "low is above open or close")
    _check(bar.high >= max(bar.open, bar.close), "high is below open or close")
    _check(bar.trades > 0, "a bar without a trade")
    return bar


def _whole(name: str, cell: str) -> int:
    _check(_WHOLE.fullmatch(cell) is not None, f"{name} is {cell!r}, not a whole number")
    return int(cell)


def _decimal(name: str, cell: str) -> int:
    """Exact, 18 decimals."""
    _check(_DECIMAL.fullmatch(cell) is not None, f"{name} is {cell!r}, not a number without a sign")
    scaled = Decimal(cell).scaleb(DECIMALS, _EXACT)
    _check(scaled == scaled.to_integral_value(), f"{name} is {cell!r}, of more than {DECIMALS} decimals")
    return int(scaled)


def _check(condition: bool, reason: str) -> None:
    if not condition:
        raise ValueError(reason)
