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
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

from eth_account import Account

from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.evm import Contract, Evm, artifact
from walras.model import oracle as model
from walras.model.actions import Status
from walras.model.oracle import BPS, Answer, Price, Settings, Source, Trouble
from walras.replay.publishers import Publisher, Report
from walras.replay.tapes import BadTapeError, read_tape
from walras.reports import pack, sign_report

DAY: Final = PROJECT_ROOT / "data" / "2025-10-10"
MIDNIGHT: Final = 1_760_054_400
SECONDS: Final = 86_400
ONE: Final = 10**18
MARKET: Final = 1
CHAIN: Final = 1
"""Number of the chain that the EVM in this process is."""
OWNER: Final = "0x" + "0a" * 20
KEEPER: Final = "0x" + "5e" * 20
NOBODY: Final = "0x" + "00" * 20
STATUSES: Final = tuple(Status)


# ---------------------------------------------------------------- what a deployer chooses


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue and what is chosen for it."""

    name: str
    tape: str
    weight: int
    confidence_bps: int


VENUES: Final = (
    # Coinbase: spot in dollars, traded in 22,003 seconds. Binance: in 19,741, but a perpetual whose margin is
    # the coin itself. Gemini: spot in dollars, but in 922 seconds only.
    # Weights: any two outvote the third, as 4 + 3, 4 + 2 and 3 + 2 are each more than half of 9. No two are
    # equal, so where only two are heard the price is the better one's and never the mean of both, which
    # nobody traded at: on this day that could have been the mean of 18 and 6.
    # Confidence limits: a deep venue whose trades of one minute reach further than 0.5 % is in no calm
    # market. The third venue is quiet for up to an hour on any day; 120 basis points is what the drift of an
    # hour comes to (walras/replay/publishers.py), and after that the market has two venues, not three.
    # Until 20:45 this makes 1.5 % of the seconds DEGRADED.
    Venue("coinbase", "coinbase-spot", weight=4, confidence_bps=50),
    Venue("binance", "binance-coinm-perp", weight=3, confidence_bps=50),
    Venue("gemini", "gemini-spot", weight=2, confidence_bps=120),
)

SETTINGS: Final = Settings(
    # Two of three: no venue makes a price alone, any one may fail.
    quorum=2,
    # Two guards, as two questions are asked. Do the venues still agree? On a calm day these three are within
    # 50 basis points of one another; further than 200, and the price is DEGRADED. Is there a price at all?
    # The two venues that held on this day stood 7 to 23.5 % apart from 21:18:41 to 21:22:42, at 17 to 20 and
    # at 21: an outer guard that calls that no quorum makes the price stand still as STALE, nobody is
    # liquidated, and when the venues move on, the price that stands is outside them (--compare shows it).
    # Within the outer guard low .. high spans both, and the action matrix takes the end that is kindest to
    # an account.
    deviation_bps=200,
    rejection_bps=2_000,
    # More than any honest second of the day: 894 is the largest of a venue (Coinbase, 21:22:47, from 21.25
    # to 19.35). A lower limit holds the price back in the middle of the crash, where it lags behind all
    # venues: 200 would in 181 seconds, and leave the envelope in 51. What the limit is for is worse: from
    # 18.41 to 6.02 takes eleven seconds under this one, and every one of them is DEGRADED.
    max_move_bps=1_000,
    # 1,024 observations of the history are then ten hours.
    spacing=36,
)

HEARTBEAT: Final = 30  # seconds
"""Six reports that did not come. It watches the publisher; how old a trade is, his confidence tells."""
MAX_AGE: Final = 60  # seconds
"""Oldest report that a source takes."""
GAS_LIMIT: Final = 50_000
"""Many times what SignedReports needs to read a word."""

SPLIT: Final = (3, 4)
"""A venue at this part of the middle of the other two, or lower, is split from them."""
APART_BPS: Final = 500
"""Venues this far apart are worth a figure."""


# ---------------------------------------------------------------- the replay


@dataclass(frozen=True, slots=True)
class Second:
    """What was known, and said, in a second."""

    time: int
    price: Price
    lasts: tuple[int, ...]
    """Last trade of each venue, 0 before the first."""
    reports: int
    """Bit i: venue i's publisher signed."""


class MismatchError(AssertionError):
    """Contract and model differ."""


@dataclass(frozen=True, slots=True)
class Market:
    """A market to replay: venues with their publishers, and settings."""

    asset: str
    venues: tuple[Venue, ...]
    publishers: tuple[Publisher, ...]
    settings: Settings

    @staticmethod
    def load(folder: Path, asset: str, settings: Settings = SETTINGS) -> "Market":
        """The asset's tapes in a folder; raises BadTapeError."""
        paths = {venue: folder / f"{asset}.{venue.tape}.csv.gz" for venue in VENUES}
        found = {venue: Publisher(read_tape(path)) for venue, path in paths.items() if path.exists()}
        if len(found) < settings.quorum:
            names = ", ".join(venue.name for venue in found) or "none"
            raise BadTapeError(f"{folder}: {settings.quorum} venues of {asset} are needed, there is {names}")
        return Market(asset, tuple(found), tuple(found.values()), settings)

    def sources(self, addresses: Sequence[str]) -> tuple[Source, ...]:
        """What the router is configured with."""
        return tuple(
            Source(address, venue.weight, HEARTBEAT, venue.confidence_bps, GAS_LIMIT)
            for address, venue in zip(addresses, self.venues, strict=True)
        )

    def due(self, now: int, heard: Sequence[Answer | None]) -> list[Report | None]:
        """What is signed in a second; a publisher who was not heard yet begins at once."""
        return [
            publisher.report(now) if publisher.signs(now) or (said is None and publisher.last(now)) else None
            for publisher, said in zip(self.publishers, heard, strict=True)
        ]

    def second(self, now: int, price: Price, due: Sequence[Report | None]) -> Second:
        """What is kept of a second."""
        bars = [publisher.last(now) for publisher in self.publishers]
        lasts = tuple(bar.close if bar else 0 for bar in bars)
        return Second(now, price, lasts, sum(1 << place for place, report in enumerate(due) if report))


class Chain:
    """The market's contracts on an EVM in this process."""

    def __init__(self, market: Market, now: int) -> None:
        self.evm = Evm(now)
        self.router: Contract = self.evm.deploy(artifact("OracleRouter"), OWNER, NOBODY, NOBODY, 0)
        self.keys = [bytes([1 + place]) * 32 for place in range(len(market.venues))]
        self.sources = [
            self.evm.deploy(
                artifact("SignedReports"), OWNER, [str(Account.from_key(key).address)], 1, MAX_AGE
            )
            for key in self.keys
        ]
        self.listed = market.sources([source.address for source in self.sources])
        self.router.configure(MARKET, market.settings, self.listed, sender=OWNER)

    def say(self, now: int, due: Sequence[Report | None]) -> Price:
        """Sign and carry what is due; what the router answers."""
        self.evm.time = now
        if any(due):
            payloads = [self._payload(place, report) for place, report in enumerate(due)]
            found = self.router.update(MARKET, payloads, sender=KEEPER)
        else:
            found = self.router.record(MARKET, sender=KEEPER)
        price, low, high, status, published_at, troubles = found
        return Price(price, low, high, Status(status), published_at, Trouble(troubles))

    def _payload(self, place: int, report: Report | None) -> bytes:
        if report is None:
            return b""
        source = self.sources[place].address
        return pack(CHAIN, [sign_report(self.keys[place], CHAIN, source, MARKET, *astuple(report))])


def replay(market: Market, start: int, end: int, bytecode: bool = True) -> Iterator[Second]:
    """The seconds from start to before end, by contract and model or, much faster, by the model alone."""
    chain = Chain(market, start) if bytecode else None
    names = chain.listed if chain else market.sources([venue.name for venue in market.venues])
    reference = model.Market(market.settings, names)
    answers: list[Answer | None] = [None] * len(market.venues)
    for now in range(start, end):
        due = market.due(now, answers)
        for place, report in enumerate(due):
            if report:
                answers[place] = Answer(*astuple(report))
        price = reference.record(now, answers)
        if chain:
            said = chain.say(now, due)
            if said != price:
                raise MismatchError(f"{clock(now)}: contract says {said}, model {price}")
        yield market.second(now, price, due)


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


def clock(at: int) -> str:
    """Time of day, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


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
    model.check_settings(settings, Market("", VENUES, (), settings).sources([v.name for v in VENUES]))
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
