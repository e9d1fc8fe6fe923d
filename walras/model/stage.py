"""What the waterfall's model (liquidation.py) goes by, and what it keeps.

Money is whole token units, prices and rates as in interfaces/ILiquidationEngine.vyi.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntFlag
from fractions import Fraction
from math import floor
from typing import Final

from walras.model.actions import Status
from walras.model.market import Market

DEEP: Final = Fraction(2, 3)  # of maintenance margin


class Stage(IntFlag):
    """What may be called for an account."""

    NONE = 0
    CANCEL = 1
    LIQUIDATE = 2
    TAKE_OVER = 4
    RESOLVE = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """Of a market, as the interface tells."""

    penalty_ppm: int
    tip_bps: int
    tip_cap: int
    buffer_ppm: int
    min_notional: int
    patience: int
    discount_ppm: int
    unwind_ppm: int


@dataclass(frozen=True, slots=True)
class Pending:
    """A liquidation's order until its batch is over; without lots, when that was, and its failures."""

    lots: int = 0
    before: int = 0
    held: int = 0
    batch: int = 0
    failures: int = 0
    is_ask: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What `liquidate` does: lots bought, less sold; limit; penalty, and the keeper's part of it."""

    lots: int = 0
    tick: int = 0
    penalty: int = 0
    tip: int = 0


@dataclass(frozen=True, slots=True)
class Round:
    """Nominees, from the highest score, each with his score; among equals the earlier one first."""

    until: int
    nominees: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """What the router recorded last, and when."""

    price: int
    time: int
    status: Status  # now
    average: Callable[[int], int | None]  # of the recorded price over so many seconds; None: it cannot say

    @property
    def is_fit(self) -> bool:
        """Whether a market with it is not halted."""
        return self.status in (Status.LIVE, Status.DEGRADED)


@dataclass(frozen=True, slots=True)
class Scene:
    """A market as a stage finds it, and the account in it."""

    market: Market
    lots: int
    equity: int  # at the kindest prices where one is DEGRADED, with what is held of penalties
    marked: int  # at the marks, with what is held of this market's penalty: others may be earned already
    initial: int
    maintenance: int
    behind: Fraction  # share of the account's maintenance margin that is this position's

    @property
    def held(self) -> int:
        """Its size."""
        return abs(self.lots)

    @property
    def is_deep(self) -> bool:
        """Whether the auction may be passed over."""
        return self.equity < DEEP * self.maintenance

    @property
    def gap(self) -> int:
        """By how much the index is worse for the account than the mark."""
        mark = self.market.mark
        return max(0, mark.mark - mark.index if self.lots > 0 else mark.index - mark.mark)

    def worth(self, lots: int) -> int:
        """Lots at the mark."""
        return floor(Fraction(lots * self.market.mark.mark, self.market.one))

    def bearable(self, lots: int) -> int:
        """What closing lots may cost so that no less equity stands behind a unit of maintenance margin.

        At the marks, off which limits and prices are: what a kinder price promises cannot be given away.
        """
        return floor(Fraction(floor(max(0, self.marked) * self.behind) * lots, self.held))
