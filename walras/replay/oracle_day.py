"""The crash of 2025-10-10 through the router's real bytecode, second by second.

Usage: python -m walras.replay.oracle_day [--from HH:MM:SS] [--to HH:MM:SS] [--plot FILE] [--help]

Every venue is a source of its own: a SignedReports contract with one publisher, who signs what
walras/replay/publishers.py says. Whatever is signed in a second is carried to OracleRouter.update in that
second; in a second without a report `record` is called. What the router answers is compared with its model,
all fields, every second.

Exit status 1 where the router's price leaves the envelope: while one venue stands at three quarters of the
other two or less, the price is to lie between the last trades of the others, whatever its status is.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

from walras.model import oracle as model
from walras.model.actions import Status
from walras.model.oracle import BPS, Settings, Trouble
from walras.model.revert import Revert
from walras.replay.market_day import (
    APART_BPS,
    DAY,
    HEARTBEAT,
    MIDNIGHT,
    ONE,
    SECONDS,
    SETTINGS,
    SPLIT,
    STATUSES,
    VENUES,
    Market,
    Second,
    clock,
    replay,
)
from walras.replay.tapes import BadTapeError

# ---------------------------------------------------------------- figures


@dataclass(frozen=True, slots=True)
class Extreme:
    """A largest or lowest value and when it first was."""

    value: int
    time: int


@dataclass(frozen=True, slots=True)
class Split:
    """A second in which a venue stood far below the other two."""

    second: Second
    venue: int
    low: int
    """The envelope: last trades of the other two."""
    high: int

    @property
    def outside_bps(self) -> int:
        """How far the router's price is outside the envelope, of itself; 0 inside. Rounded up."""
        price = self.second.price.price
        return -(-max(self.low - price, price - self.high, 0) * BPS // price)


@dataclass(frozen=True, slots=True)
class Figures:
    """The day in numbers."""

    statuses: Mapping[Status, int]
    """Seconds."""
    troubles: Mapping[Trouble, int]
    """Seconds."""
    gaps: tuple[Extreme, ...]
    """Largest distance of each venue's last trade from the router's price, basis points of that, signed."""
    step: Extreme
    """Largest move of the router's price from one second to the next, basis points, signed."""
    steps: tuple[Extreme, ...]
    """The same of each venue's last trade."""
    lowest: Extreme
    lows: tuple[Extreme, ...]
    """Of the router's price and of each venue's last trade."""
    reports: tuple[int, ...]
    apart_live: int
    """Seconds that were LIVE with two venues more than APART_BPS apart."""
    splits: tuple[Split, ...]

    @property
    def left(self) -> tuple[Split, ...]:
        """Where the envelope was left."""
        return tuple(split for split in self.splits if split.outside_bps)


def figures(seconds: Sequence[Second]) -> Figures:
    """The figures of at least one second with a price."""
    priced = [second for second in seconds if second.price.price]
    if not priced:
        raise ValueError("there was never a price")
    prices = [(second.time, second.price.price) for second in priced]
    venues = range(len(seconds[0].lasts))
    lasts = [
        [(second.time, second.lasts[venue]) for second in priced if second.lasts[venue]] for venue in venues
    ]
    troubles: Counter[Trouble] = Counter()
    for second in seconds:
        troubles.update(second.price.troubles)
    splits = tuple(split for second in priced for split in _splits(second))
    return Figures(
        statuses=Counter(second.price.status for second in seconds),
        troubles=troubles,
        gaps=tuple(
            _widest(
                Extreme(_bps(second.price.price, second.lasts[venue]), second.time)
                for second in priced
                if second.lasts[venue]
            )
            for venue in venues
        ),
        step=_step(prices),
        steps=tuple(_step(last) for last in lasts),
        lowest=_lowest(prices),
        lows=tuple(_lowest(last) for last in lasts),
        reports=tuple(sum(second.reports >> venue & 1 for second in seconds) for venue in venues),
        apart_live=sum(
            _bps(min(second.lasts), max(second.lasts)) > APART_BPS
            for second in priced
            if all(second.lasts) and second.price.status == Status.LIVE
        ),
        splits=splits,
    )


def _splits(second: Second) -> Iterator[Split]:
    """At most one of three venues; nothing to tell of fewer, or before all have traded."""
    if len(second.lasts) != 3 or not all(second.lasts):
        return
    part, whole = SPLIT
    for venue, last in enumerate(second.lasts):
        low, high = sorted(second.lasts[:venue] + second.lasts[venue + 1 :])
        if 2 * whole * last <= part * (low + high):
            yield Split(second, venue, low, high)


def _bps(base: int, value: int) -> int:
    """Distance of a value from a base, towards it."""
    distance = abs(value - base) * BPS // base
    return distance if value > base else -distance


def _widest(found: Iterator[Extreme]) -> Extreme:
    return max(found, key=lambda extreme: (abs(extreme.value), -extreme.time), default=Extreme(0, 0))


def _step(values: Sequence[tuple[int, int]]) -> Extreme:
    return _widest(Extreme(_bps(before, after), at) for (_, before), (at, after) in pairwise(values))


def _lowest(values: Sequence[tuple[int, int]]) -> Extreme:
    return min((Extreme(value, at) for at, value in values), key=lambda low: (low.value, low.time))


# ---------------------------------------------------------------- in words


def dollars(price: int) -> str:
    """A price with three decimals, as far as they are shown never rounded up; nothing for none."""
    return f"{price // ONE}.{price % ONE // 10**15:03}" if price else "-"


def names_of(troubles: Trouble) -> str:
    """Troubles in words."""
    return " ".join(trouble.name or "" for trouble in troubles) or "none"


def settings_in_words(market: Market) -> Iterator[str]:
    """What was chosen."""
    settings = market.settings
    yield (
        f"quorum {settings.quorum} of {len(market.venues)},"
        f" guards {settings.deviation_bps:,} and {settings.rejection_bps:,} bps,"
        f" move limit {settings.max_move_bps:,} bps a second, heartbeat {HEARTBEAT} s"
    )
    chosen = (f"{venue.name} {venue.weight} and {venue.confidence_bps} bps" for venue in market.venues)
    yield f"weights and confidence limits: {', '.join(chosen)}"


def figures_in_words(market: Market, found: Figures) -> Iterator[str]:
    """What happened, in numbers."""
    names = [venue.name for venue in market.venues]
    yield "status      seconds"
    for status in STATUSES:
        yield f"  {status.name:<16}{found.statuses.get(status, 0):>9,}"
    yield "trouble     seconds"
    for trouble in Trouble:
        if found.troubles.get(trouble):
            yield f"  {trouble.name:<16}{found.troubles[trouble]:>9,}"
    yield f"{'':12}{'reports':>9}{'lowest':>10}{'at':>10}{'step':>8}{'at':>10}{'from router':>13}{'at':>10}"
    yield (
        f"  {'router':<10}{sum(found.reports):>9,}{dollars(found.lowest.value):>10}"
        f"{clock(found.lowest.time):>10}{found.step.value:>+8,}{clock(found.step.time):>10}"
    )
    for name, reports, low, step, gap in zip(
        names, found.reports, found.lows, found.steps, found.gaps, strict=True
    ):
        yield (
            f"  {name:<10}{reports:>9,}{dollars(low.value):>10}{clock(low.time):>10}{step.value:>+8,}"
            f"{clock(step.time):>10}{gap.value:>+13,}{clock(gap.time):>10}"
        )
    yield "  steps in one second and distances are the largest, in basis points"
    yield f"LIVE with two venues more than {APART_BPS} bps apart: {found.apart_live:,} seconds"


def timeline(market: Market, seconds: Sequence[Second]) -> Iterator[str]:
    """Every change of status."""
    yield (
        f"{'':10}{'from':<10}{'to':<10}{'price':>8}"
        + "".join(f"{venue.name:>10}" for venue in market.venues)
        + "  because of"
    )
    for before, after in pairwise(seconds):
        if before.price.status != after.price.status:
            lasts = "".join(f"{dollars(last):>10}" for last in after.lasts)
            yield (
                f"{clock(after.time):<10}{before.price.status.name:<10}{after.price.status.name:<10}"
                f"{dollars(after.price.price):>8}{lasts}  {names_of(after.price.troubles)}"
            )


def envelope_in_words(market: Market, found: Figures) -> Iterator[str]:
    """Whether the promise was kept."""
    part, whole = SPLIT
    yield f"one venue at {part}/{whole} of the middle of the others, or lower: {len(found.splits):,} seconds"
    for place, venue in enumerate(market.venues):
        hers = [split for split in found.splits if split.venue == place]
        if hers:
            deepest = min(hers, key=lambda split: split.second.lasts[split.venue])
            begin, end = clock(hers[0].second.time), clock(hers[-1].second.time)
            yield f"  {venue.name} in {len(hers):,} of them, {begin} to {end}; at its lowest"
            yield f"    {_split_in_words(deepest)}"
    for status in STATUSES:
        there = [split for split in found.splits if split.second.price.status == status]
        if there:
            outside = sum(split.outside_bps > 0 for split in there)
            yield f"  {status.name:<10}{len(there):>6,} seconds, the price outside the others in {outside:,}"
    if found.left:
        worst = max(found.left, key=lambda split: split.outside_bps)
        yield f"envelope LEFT in {len(found.left):,} seconds, furthest by {worst.outside_bps:,} bps"
        yield f"    {_split_in_words(worst)}"
    elif found.splits:
        yield "envelope kept: in each of these seconds the price is between the last trades of the others"


def _split_in_words(split: Split) -> str:
    price, last = split.second.price, split.second.lasts[split.venue]
    return (
        f"{clock(split.second.time)} {dollars(last)}, others {dollars(split.low)} and {dollars(split.high)};"
        f" router {dollars(price.price)} in {dollars(price.low)} .. {dollars(price.high)},"
        f" {price.status.name}: {names_of(price.troubles)}"
    )


GUARDS: Final = (200, 300, 500, 1_000, 1_500, 2_000, 2_500, 4_000)


def comparison(market: Market, start: int, end: int) -> Iterator[str]:
    """The same day under other outer guards, by the model alone."""
    yield (
        f"{'outer':<8}"
        + "".join(f"{status.name:>10}" for status in STATUSES)
        + (f"{'apart':>8}{'outside':>10}{'usable':>8}{'furthest':>10}")
    )
    for guard in GUARDS:
        other = replace(market, settings=replace(market.settings, rejection_bps=guard))
        found = figures(list(replay(other, start, end, bytecode=False)))
        usable = [split for split in found.left if split.second.price.status <= Status.DEGRADED]
        yield (
            f"{guard:<8}"
            + "".join(f"{found.statuses.get(status, 0):>10,}" for status in STATUSES)
            + f"{found.apart_live:>8,}{len(found.left):>10,}{len(usable):>8,}"
            + f"{max((split.outside_bps for split in found.left), default=0):>10,}"
        )
    yield f"  apart: LIVE with two venues more than {APART_BPS} bps apart; outside: with the envelope left;"
    yield "  usable: of these, LIVE or DEGRADED; furthest: basis points outside"


# ---------------------------------------------------------------- command


def _time_of_day(text: str) -> int:
    hours, minutes, seconds = (int(part) for part in text.split(":"))
    found = 3_600 * hours + 60 * minutes + seconds
    if not (0 <= minutes < 60 and 0 <= seconds < 60 and 0 <= found <= SECONDS):
        raise ValueError(text)
    return MIDNIGHT + found


def _settings(text: str) -> Settings:
    names = {field.name for field in fields(Settings)}
    pairs = dict(pair.split("=") for pair in text.split(","))
    if not names >= set(pairs):
        raise ValueError(text)
    settings = replace(SETTINGS, **{name: int(value) for name, value in pairs.items()})
    try:
        model.check_settings(settings, Market("", VENUES, (), settings).sources([v.name for v in VENUES]))
    except Revert as error:
        raise argparse.ArgumentTypeError(f"{text!r}: the router refuses it: {error}") from error
    return settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the day; 1 where the envelope was left, 2 where there is nothing to replay."""
    parser = argparse.ArgumentParser(
        prog="oracle_day", description="The crash of 2025-10-10 through the router."
    )
    parser.add_argument("--data", type=Path, default=DAY, help="folder of tapes")
    parser.add_argument("--asset", default="AVAX-USD")
    parser.add_argument("--from", dest="start", type=_time_of_day, default="00:00:00", help="UTC, HH:MM:SS")
    parser.add_argument("--to", dest="end", type=_time_of_day, default="24:00:00", help="UTC, HH:MM:SS")
    parser.add_argument("--settings", type=_settings, default=SETTINGS, help="deviation_bps=500,quorum=2,...")
    parser.add_argument("--compare", action="store_true", help="the same under other guards, by the model")
    parser.add_argument("--plot", type=Path, help="draw 21:10 to 21:30 into this file, .svg or .png")
    options = parser.parse_args(arguments)
    if options.start >= options.end:
        parser.error("--from is not before --to")
    try:
        market = Market.load(options.data, options.asset, options.settings)
    except BadTapeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    began = time.monotonic()
    seconds = list(replay(market, options.start, options.end))
    took = time.monotonic() - began
    if not any(second.price.price for second in seconds):
        print("error: there was never a price", file=sys.stderr)
        return 2
    found = figures(seconds)
    begin, last = clock(options.start), clock(options.end - 1)
    evening = [second for second in seconds if EVENING[0] <= second.time < EVENING[1]]
    print(f"{market.asset} on 2025-10-10, {begin} to {last} UTC, every second")
    for part in (
        settings_in_words(market),
        figures_in_words(market, found),
        timeline(market, evening),
        envelope_in_words(market, found),
    ):
        print(*part, "", sep="\n")
    if options.compare:
        print(*comparison(market, options.start, options.end), "", sep="\n")
    sys.stdout.flush()
    print(f"{len(seconds):,} seconds, contract and model alike, in {took:.0f} s", file=sys.stderr)
    if options.plot:
        # matplotlib takes a second to load and is needed here only
        from walras.replay.plot import draw  # noqa: PLC0415

        draw(market, [second for second in seconds if CRASH[0] <= second.time < CRASH[1]], options.plot)
    return 1 if found.left else 0


EVENING: Final = (_time_of_day("20:45:00"), _time_of_day("22:00:00"))
"""Of which every change of status is told."""
CRASH: Final = (_time_of_day("21:10:00"), _time_of_day("21:30:00"))
"""Which is drawn."""


if __name__ == "__main__":
    sys.exit(main())
