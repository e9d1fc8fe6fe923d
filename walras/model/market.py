"""A market of the clearing house: settings, how far they move at once, margins' ramps, mark and funding.

Units and names are those of interfaces/IPerpEngine.vyi.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from fractions import Fraction
from math import ceil, floor
from typing import Final

from walras.model.actions import Status
from walras.model.book import MAX_TICK, Book
from walras.model.revert import require
from walras.model.steps import is_large

PPM: Final = 1_000_000
BPS: Final = 10_000
HOUR: Final = 3_600
FRACTION: Final = 2**16  # of the exact funding index
STEPS: Final = {
    "soft_notional": 100_000,
    "hard_notional": 100_000,
    "initial_ppm": 20_000,
    "maker_ppm": 100,
    "taker_ppm": 100,
    "band_bps": 50,
    "mark_band_bps": 50,
    "interest": 100_000,
    "funding_clamp": 1,
    "price_grace": 60,
    "max_mark_age": 60,
    "impact_lots": 100,
}
"""Changes that are never too large."""
MAINTENANCE_STEP: Final = 10_000  # ppm
CAP_STEP: Final = 2**20


class Mode(IntEnum):
    """What may be done in a market."""

    ACTIVE = 1
    POST_ONLY = 2
    REDUCE_ONLY = 4
    HALTED = 8
    SETTLED = 16


@dataclass(frozen=True, slots=True)
class MarketSettings:
    """As the interface tells, with bounds."""

    initial_ppm: int
    maintenance_bps: int
    soft_notional: int
    hard_notional: int
    open_cap: int
    account_cap: int
    maker_ppm: int
    taker_ppm: int
    band_bps: int
    mark_band_bps: int
    interest: int
    funding_clamp: int
    price_grace: int
    max_mark_age: int
    tip: int
    restart_batches: int = 0
    impact_lots: int = 1

    @property
    def maintenance_ppm(self) -> int:
        """Maintenance margin fraction, rounded up."""
        return ceil(Fraction(self.initial_ppm * self.maintenance_bps, BPS))


@dataclass(frozen=True, slots=True)
class Ramp:
    """Where margin fractions come from, on a line to what the settings say."""

    initial: int
    maintenance: int
    start: int
    end: int

    def at(self, now: int, start: int, target: int) -> int:
        """Where a line is, rounded down."""
        if now >= self.end:
            return target
        return floor(start + Fraction((target - start) * (now - self.start), self.end - self.start))


@dataclass(frozen=True, slots=True)
class Mark:
    """What positions are valued at."""

    mark: int
    index: int
    low: int
    high: int
    status: Status
    time: int
    due: int
    initial_ppm: int
    maintenance_ppm: int


@dataclass(slots=True)
class Market:
    """A listed market."""

    settings: MarketSettings
    book: Book
    units: list[int]  # token units per lot and tick, by grid
    scale: int  # lot prices have so many fractional bits
    lot_size: int
    mode: Mode = Mode.ACTIVE
    batches: int = 0  # of POST_ONLY that are left before it is ACTIVE again; 0: it stays as it is
    mark: Mark = Mark(0, 0, 0, 0, Status.HALTED, 0, 0, 0, 0)
    hour: int = 0  # average premium of an hour
    quarter: int = 0
    clearing: int = 0
    sampled_at: int = 0
    traded_at: int = 0
    exact_index: int = 0  # with 16 bits of fraction, at funded_at
    growth: int = 0
    funded_at: int = 0
    losses: int = 0  # what each lot of either side has borne of others' deficits, lot price units
    settled_at: int = 0
    ramp: Ramp | None = None
    changed_at: int = 0  # settings
    book_changed_at: int = 0
    raised_at: int = 0  # margins, by the guardian
    rounded: Fraction = Fraction(0)  # token units of losses beyond the deficits that they are of

    @property
    def unit(self) -> int:
        """Token units per lot and tick of the present grid."""
        return self.units[-1]

    @property
    def one(self) -> int:
        """A lot price of one token unit."""
        return int(2**self.scale)

    def copied(self) -> "Market":
        """Another one, with its book, that is the same now."""
        return replace(self, book=self.book.copied(), units=[*self.units])

    def fractions(self, now: int) -> tuple[int, int]:
        """Initial margin fraction while open interest is small, and maintenance margin fraction."""
        targets = self.settings.initial_ppm, self.settings.maintenance_ppm
        if self.ramp is None:
            return targets
        starts = self.ramp.initial, self.ramp.maintenance
        initial, maintenance = map(self.ramp.at, (now, now), starts, targets)
        return initial, maintenance

    def index(self, now: int) -> int:
        """The funding index now, rounded down."""
        return floor(Fraction(self.exact(now), FRACTION))

    def exact(self, now: int) -> int:
        """The same with its fraction. A rate speaks for an hour at most."""
        return self.exact_index + self.growth * min(now - self.funded_at, HOUR)

    def tick(self, lot_price: int) -> int:
        """The tick at or below a lot price, on the grid."""
        return max(1, min(floor(Fraction(lot_price, self.one * self.unit)), MAX_TICK))


def lowers_caps_alone(before: MarketSettings, after: MarketSettings) -> bool:
    """Whether a change tightens, and hurts nobody who is there."""
    same = replace(after, open_cap=before.open_cap, account_cap=before.account_cap) == before
    return same and after.open_cap <= before.open_cap and after.account_cap <= before.account_cap


def check_steps(before: MarketSettings, after: MarketSettings) -> None:
    """Refuse what goes further than a step."""
    large = [is_large(getattr(before, name), getattr(after, name), least) for name, least in STEPS.items()]
    large.append(is_large(before.maintenance_ppm, after.maintenance_ppm, MAINTENANCE_STEP))
    for was, is_now in ((before.open_cap, after.open_cap), (before.account_cap, after.account_cap)):
        large.append(is_now > was and is_large(was, is_now, CAP_STEP))
    require(not any(large), "engine: step too large")
