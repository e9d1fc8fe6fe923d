"""The oracle's rules: the exact reference that contracts/OracleRouter.vy is compared with.

Names, arguments, results and units are those of interfaces/IOracleRouter.vyi. The sources are not here: each
question comes with what they answer at that moment, None for one that reverts, burns its gas or answers with
fewer than three words.

From sources to a price
-----------------------
1. A source is *heard* when it answers with a price in range that is not from the future, not older than its
   heartbeat and no less sure than the market's outer guard asks. One that is not is SOURCE_FAILED,
   SOURCE_LATE or SOURCE_WIDE. One whose confidence is wider than its own limit, but not than the outer guard,
   is SOURCE_WIDE too, but heard.
2. The price is the weighted median of the heard ones.
3. A heard source further from the median than the guard is SOURCE_DEVIATES. It has had its vote in the median
   all the same: to drop it and take the median again would let a source that jumps in and out move the price.
4. Those within the guard stand behind the price, if they make the quorum and more than half of the weight of
   all heard; else those within the outer guard do, if these make it. If not: QUORUM_MISSED or NO_MAJORITY,
   and there is no price. So a single source that deviates is left out, and cannot widen the range, while the
   others agree; and when markets drift apart all together, there is still a price, DEGRADED, with a wide one.
   The range spans the confidence intervals of those that stand behind it, as far as their guard reaches.
5. The publish time is the newest time t such that the agreeing sources published at t or later make the
   quorum and hold more than half of the weight of all heard. Less than half of the weight lies elsewhere, so
   the median is within the range of those sources: no price is older than its publish time says.
6. Publish times never go back: an aggregate older than the last recorded one is OUTDATED, and the recorded
   one's publish time stands.
7. A price further from the recorded one than the market's speed allows is MOVE_LIMITED and follows at that
   speed. Records of one second replace one another, measured against the price before that second.
8. Where there is no price, the last recorded one is given for what it is worth, by its status.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import IntFlag
from fractions import Fraction
from math import ceil
from typing import Final

from walras.model.actions import Status
from walras.model.revert import require
from walras.model.steps import is_early, is_large

BPS: Final = 10_000
MAX_PRICE: Final = 2**88 - 1
MAX_SOURCES: Final = 8
MAX_CLOCK_SKEW: Final = 5  # seconds
MAX_DEVIATION_BPS: Final = 2_000
MAX_REJECTION_BPS: Final = 4_000
MAX_MOVE_BPS: Final = 4_000
MAX_WEIGHT: Final = 15
MAX_SPACING: Final = 1_000
MAX_HEARTBEAT: Final = 172_800
STEPS: Final = {"deviation_bps": 50, "rejection_bps": 100, "max_move_bps": 100, "spacing": 15}
"""Least steps of the settings that go by steps. The quorum counts sources, and goes with their list."""
MIN_SOURCE_GAS: Final = 20_000
MAX_SOURCE_GAS: Final = 500_000
GAS_UNIT: Final = 1_000
MAX_GRACE: Final = 86_400
MAX_GAP: Final = 2**16 - 1
OBSERVATIONS: Final = 1_024


class Trouble(IntFlag):
    """Why a status is what it is; explained in the interface."""

    SOURCE_FAILED = 1
    SOURCE_LATE = 2
    SOURCE_WIDE = 4
    SOURCE_DEVIATES = 8
    MOVE_LIMITED = 16
    OUTDATED = 32
    QUORUM_MISSED = 64
    NO_MAJORITY = 128
    SEQUENCER_GRACE = 256
    SEQUENCER_DOWN = 512
    MARKET_HALTED = 1024
    NO_PRICE = 2048


NONE: Final = Trouble(0)
HALTING: Final = Trouble.SEQUENCER_DOWN | Trouble.MARKET_HALTED | Trouble.NO_PRICE
UNRECORDED: Final = (
    Trouble.QUORUM_MISSED | Trouble.NO_MAJORITY | Trouble.SEQUENCER_DOWN | Trouble.MARKET_HALTED
)
"""With any of these there is nothing new to record."""
STALING: Final = Trouble.QUORUM_MISSED | Trouble.NO_MAJORITY | Trouble.SEQUENCER_GRACE


def status_of(troubles: Trouble) -> Status:
    """The worst that troubles make of a price."""
    if troubles & HALTING:
        return Status.HALTED
    if troubles & STALING:
        return Status.STALE
    return Status.DEGRADED if troubles else Status.LIVE


@dataclass(frozen=True, slots=True)
class Settings:
    """A market's."""

    quorum: int
    deviation_bps: int
    rejection_bps: int
    max_move_bps: int
    spacing: int


@dataclass(frozen=True, slots=True)
class Source:
    """A source of a market."""

    source: str  # its address
    weight: int
    heartbeat: int
    confidence_bps: int
    gas_limit: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Three words from a source, whatever they are."""

    price: int
    confidence: int
    published_at: int


@dataclass(frozen=True, slots=True)
class Price:
    """What the router says."""

    price: int
    low: int
    high: int
    status: Status
    published_at: int
    troubles: Trouble


def price_of(values: Sequence[int]) -> Price:
    """A Price as the contract returns it."""
    price, low, high, status, published_at, troubles = values
    return Price(price, low, high, Status(status), published_at, Trouble(troubles))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source says, judged by itself."""

    price: int
    confidence: int
    published_at: int
    troubles: Trouble
    weight: int
    heard: bool
    """Whether it counts in the median."""


def read(source: Source, answer: Answer | None, now: int, guard_bps: int) -> Reading:
    """Rule 1; the guard is the market's outer one."""
    if (
        answer is None
        or not 0 < answer.price <= MAX_PRICE
        or answer.confidence > MAX_PRICE
        or answer.published_at > now + MAX_CLOCK_SKEW
    ):
        return Reading(0, 0, 0, Trouble.SOURCE_FAILED, source.weight, heard=False)
    published_at = min(answer.published_at, now)
    troubles, heard = NONE, True
    if now - published_at > source.heartbeat:
        troubles, heard = Trouble.SOURCE_LATE, False
    elif answer.confidence > _share_up(answer.price, source.confidence_bps):
        troubles = Trouble.SOURCE_WIDE
        heard = answer.confidence <= _share_up(answer.price, guard_bps)
    return Reading(answer.price, answer.confidence, published_at, troubles, source.weight, heard)


def _share_up(price: int, bps: int) -> int:
    """As a source rounds its confidence."""
    return ceil(Fraction(price * bps, BPS))


def read_sequencer(round_: Sequence[int] | None, grace: int, now: int) -> Trouble:
    """What the sequencer's uptime feed says; None where it fails or answers with fewer than five words.

    The second word is 0 while the sequencer is up, the third since when.
    """
    if round_ is None or round_[1] != 0 or round_[2] == 0:
        return Trouble.SEQUENCER_DOWN
    return Trouble.SEQUENCER_GRACE if now < round_[2] + grace else NONE


def weighted_median(heard: Sequence[Reading]) -> int:
    """Rule 2. The lowest price that, with all below it, holds half of the weight.

    Where that is exactly half, the middle between it and the next one, rounded down.
    """
    half = Fraction(sum(reading.weight for reading in heard), 2)
    prices = sorted((reading.price, reading.weight) for reading in heard)
    held = 0
    for place, (price, weight) in enumerate(prices):
        held += weight
        if held > half:
            return price
        if held == half:
            return (price + prices[place + 1][0]) // 2
    raise ValueError("the median of nothing")


def agrees(reading: Reading, median: int, guard_bps: int) -> bool:
    """Whether a source is within a guard of the median."""
    return abs(reading.price - median) <= Fraction(guard_bps, BPS) * median


def aggregate(readings: Sequence[Reading], settings: Settings) -> Price:
    """Rules 1 to 5; price 0 where there is none."""
    troubles = NONE
    for reading in readings:
        troubles |= reading.troubles
    heard = [reading for reading in readings if reading.heard]
    if len(heard) < settings.quorum:
        return _nothing(troubles | Trouble.QUORUM_MISSED)
    median = weighted_median(heard)
    missing = NONE
    for guard_bps in (settings.deviation_bps, settings.rejection_bps):
        agreeing = [reading for reading in heard if agrees(reading, median, guard_bps)]
        deviates = NONE if agreeing == heard else Trouble.SOURCE_DEVIATES
        found = _agreed(median, heard, agreeing, settings.quorum, guard_bps)
        troubles |= deviates
        if isinstance(found, Price):
            return replace(found, status=status_of(troubles), troubles=troubles)
        missing = found
    return _nothing(troubles | missing)


def _agreed(
    median: int, heard: Sequence[Reading], agreeing: Sequence[Reading], quorum: int, guard_bps: int
) -> Price | Trouble:
    """Rules 4 and 5: a price, its status still open, or why there is none."""
    if len(agreeing) < quorum:
        return Trouble.QUORUM_MISSED
    weight = sum(reading.weight for reading in heard)
    for time in sorted({reading.published_at for reading in agreeing}, reverse=True):
        since = [reading for reading in agreeing if reading.published_at >= time]
        if len(since) >= quorum and 2 * sum(reading.weight for reading in since) > weight:
            slack = median * guard_bps // BPS
            low = min(median, *(reading.price - reading.confidence for reading in agreeing))
            high = max(median, *(reading.price + reading.confidence for reading in agreeing))
            low, high = max(low, median - slack), min(high, median + slack)
            return Price(median, low, high, Status.LIVE, time, NONE)
    return Trouble.NO_MAJORITY


def _nothing(troubles: Trouble) -> Price:
    return Price(0, 0, 0, status_of(troubles), 0, troubles)


@dataclass(slots=True)
class Market:
    """One market of the router."""

    settings: Settings
    sources: tuple[Source, ...]
    halted: bool = False
    records: list[tuple[int, int]] = field(default_factory=list)
    """Time and price of every record, one a second."""
    observed: list[int] = field(default_factory=list)
    """Times of the observations, all there ever were."""
    published_at: int = 0
    changed_at: int = 0
    """When a setting with a step last changed; 0 where none has."""

    def configure(self, now: int, settings: Settings, sources: Sequence[Source]) -> None:
        """Replace the settings: the list of sources at will, numbers by steps."""
        check_settings(settings, sources)
        numbers = [
            (getattr(self.settings, name), getattr(settings, name), least) for name, least in STEPS.items()
        ]
        if any(before != after for before, after, _ in numbers):
            require(not any(is_large(*number) for number in numbers), "router: step too large")
            require(not is_early(self.changed_at, now), "router: too soon")
            self.changed_at = now
        self.settings, self.sources = settings, tuple(sources)

    @property
    def recorded(self) -> int:
        """The last recorded price; 0 before the first."""
        return self.records[-1][1] if self.records else 0

    def price(self, now: int, answers: Sequence[Answer | None], sequencer: Trouble = NONE) -> Price:
        """What the router says now; `sequencer` is SEQUENCER_DOWN, SEQUENCER_GRACE or nothing."""
        outer = Trouble.MARKET_HALTED if self.halted else sequencer
        if outer & (Trouble.MARKET_HALTED | Trouble.SEQUENCER_DOWN):
            found = _nothing(outer)
        else:
            pairs = zip(self.sources, answers, strict=True)
            found = aggregate(
                [read(source, answer, now, self.settings.rejection_bps) for source, answer in pairs],
                self.settings,
            )
        troubles = found.troubles | outer
        if found.price == 0:  # rule 8
            last = self.recorded
            troubles |= NONE if last else Trouble.NO_PRICE
            return Price(last, last, last, status_of(troubles), self.published_at, troubles)
        price = self._limited(now, found.price)  # rule 7
        troubles |= NONE if price == found.price else Trouble.MOVE_LIMITED
        low, high = min(found.low, price), max(found.high, price)
        troubles |= Trouble.OUTDATED if found.published_at < self.published_at else NONE  # rule 6
        published_at = max(found.published_at, self.published_at)
        return Price(price, low, high, status_of(troubles), published_at, troubles)

    def record(self, now: int, answers: Sequence[Answer | None], sequencer: Trouble = NONE) -> Price:
        """As `price`, and keeps it where it is a new one."""
        found = self.price(now, answers, sequencer)
        if found.troubles & UNRECORDED:
            return found
        self.published_at = found.published_at
        if self.records and self.records[-1][0] == now:
            self.records[-1] = (now, found.price)
            return found
        self.records.append((now, found.price))
        if not self.observed or now - self.observed[-1] >= self.settings.spacing:
            self.observed.append(now)
        return found

    def readings(self, now: int, answers: Sequence[Answer | None]) -> list[Reading]:
        """What each source says, and whether it agrees with the median of those that are heard."""
        pairs = zip(self.sources, answers, strict=True)
        readings = [read(source, answer, now, self.settings.rejection_bps) for source, answer in pairs]
        heard = [reading for reading in readings if reading.heard]
        if not heard:
            return readings
        median = weighted_median(heard)
        return [
            replace(reading, troubles=reading.troubles | Trouble.SOURCE_DEVIATES)
            if reading.heard and not agrees(reading, median, self.settings.deviation_bps)
            else reading
            for reading in readings
        ]

    def twap(self, now: int, window: int) -> int:
        """The average of the recorded price over the last `window` seconds, rounded down.

        Reverts: "router: bad window", "router: not enough history".
        """
        require(0 < window <= now, "router: bad window")
        kept = self.observed[-OBSERVATIONS:]
        start = now - window
        require(bool(kept) and kept[0] <= start, "router: not enough history")
        return int((self._sum(now) - self._sum_observed(start)) / window)

    def _limited(self, now: int, price: int) -> int:
        """Rule 7, bounds rounded towards the recorded price."""
        again = bool(self.records) and self.records[-1][0] == now  # another record of the same second
        before = self.records[-2:-1] if again else self.records[-1:]
        if not before:
            return price
        ((time, base),) = before
        elapsed = min(now - time, MAX_GAP) if again else now - time  # a packed word holds the former
        move = base * self.settings.max_move_bps * elapsed // BPS
        return max(base - move, min(base + move, price))

    def _sum(self, until: int) -> int:
        """Sum of price x seconds from the first record on."""
        total = 0
        for place, (time, price) in enumerate(self.records):
            if time >= until:
                break
            end = self.records[place + 1][0] if place + 1 < len(self.records) else until
            total += price * (min(end, until) - time)
        return total

    def _sum_observed(self, until: int) -> Fraction:
        """The same where between two observations, or the last and the last record, the average is taken."""
        points = [time for time in self.observed if time <= self.records[-1][0]]
        if self.records[-1][0] not in points:
            points.append(self.records[-1][0])
        if until >= points[-1]:
            return Fraction(self._sum(until))
        began = max(time for time in points if time <= until)
        ended = min(time for time in points if time > until)
        first, second = self._sum(began), self._sum(ended)
        between = Fraction((second - first) * (until - began), ended - began)
        return Fraction(first + int(between))  # rounded down


@dataclass(slots=True)
class Router:
    """All markets, and who may govern them."""

    owner: str
    guardian: str
    markets: dict[int, Market] = field(default_factory=dict)

    def market(self, number: int) -> Market:
        """A configured market."""
        require(number in self.markets, "router: unknown market")
        return self.markets[number]

    def configure(self, now: int, number: int, settings: Settings, sources: Sequence[Source]) -> None:
        """Open a market or replace its settings; what was recorded, and a halt, stay."""
        if number in self.markets:
            self.markets[number].configure(now, settings, sources)
        else:
            check_settings(settings, sources)
            self.markets[number] = Market(settings, tuple(sources))


def check_settings(settings: Settings, sources: Sequence[Source]) -> None:
    """Refuse what `configure` refuses, but for sources that are no contracts."""
    require(len(sources) > 0, "router: no sources")
    require(0 < settings.quorum <= len(sources), "router: bad quorum")
    require(0 < settings.deviation_bps <= MAX_DEVIATION_BPS, "router: bad deviation guard")
    require(settings.deviation_bps <= settings.rejection_bps <= MAX_REJECTION_BPS, "router: bad outer guard")
    require(0 < settings.max_move_bps <= MAX_MOVE_BPS, "router: bad move limit")
    require(0 < settings.spacing <= MAX_SPACING, "router: bad spacing")
    for place, source in enumerate(sources):
        require(0 < source.weight <= MAX_WEIGHT, "router: bad weight")
        require(0 < source.heartbeat <= MAX_HEARTBEAT, "router: bad heartbeat")
        require(source.confidence_bps <= settings.deviation_bps, "router: bad confidence limit")
        require(MIN_SOURCE_GAS <= source.gas_limit <= MAX_SOURCE_GAS, "router: bad gas limit")
        require(source.gas_limit % GAS_UNIT == 0, "router: bad gas limit")
        later = [other.source for other in sources[place + 1 :]]
        require(source.source not in later, "router: source listed twice")
