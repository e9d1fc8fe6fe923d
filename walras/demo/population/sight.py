"""What a trader sees before it decides: its market, and its own account. Prices are ticks of the market."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from walras.chain.bindings.orderbook_v2 import NewOrder
from walras.chain.call import Call

BPS: Final = 10_000
LIVE: Final = 1
DEGRADED: Final = 2
MAX_TICK: Final = 2**18 - 2
MAX_LOTS: Final = 2**28 - 1


@dataclass(frozen=True, slots=True)
class Sight:
    """A market at a block."""

    number: int
    unit: int
    """Token units per lot and tick."""
    time: int
    """Of the next block, in which what is sent now is to be."""
    mark: int
    index: int
    """Of the last auction."""
    low: int
    high: int
    status: int
    """1 LIVE, 2 DEGRADED, 4 STALE, 8 HALTED."""
    is_open: bool
    """Whether the next block takes orders: its batch is not over, or its auction comes before them."""
    is_fresh: bool
    """Whether its auction was in this block: what an order of the next one sees is as new as can be."""
    times: Sequence[int]
    """Of the past, ascending."""
    past: Sequence[int]
    """Indices of then."""

    @property
    def may_grow(self) -> bool:
        """Whether the price lets positions be opened."""
        return self.status in (LIVE, DEGRADED)

    def move_bps(self, seconds: int) -> int:
        """How far the index went since then, 1/10,000; of what there is, where there is less."""
        place = bisect_left(self.times, self.times[-1] - seconds)
        return (self.past[-1] - self.past[place]) * BPS // self.past[place]

    def range_bps(self, seconds: int) -> int:
        """How far the highest index since then is above the lowest, 1/10,000."""
        window = self.past[bisect_left(self.times, self.times[-1] - seconds) :]
        return (max(window) - min(window)) * BPS // min(window)

    def from_start_bps(self) -> int:
        """How far the index is from the first one that was seen, 1/10,000."""
        return (self.index - self.past[0]) * BPS // self.past[0]

    def lots_of(self, money: int) -> int:
        """Lots that are worth so many token units, rounded down."""
        return money // (self.index * self.unit)

    def worth(self, lots: int) -> int:
        """Token units that lots are worth at the mark."""
        return abs(lots) * self.mark * self.unit

    def tick(self, price: int) -> int:
        """A price as a limit that the grid has."""
        return max(1, min(price, MAX_TICK))


@dataclass(frozen=True, slots=True)
class Me:
    """A trader's own account."""

    lots: int
    """Of its market, fills included that nobody has booked yet; negative when short."""
    equity: int
    """Token units."""
    initial: int
    maintenance: int


def limit(is_ask: bool, tick: int, lots: int) -> NewOrder:
    """An order that rests until it is cancelled."""
    return NewOrder(is_ask, tick, min(lots, MAX_LOTS), False, False, False, 0, 0)


def take(sight: Sight, lots: int, slippage_bps: int, reduce_only: bool = False) -> NewOrder:
    """An order for the next auction alone: buys where lots are positive, at most so far from the mark."""
    is_ask = lots < 0
    slack = max(1, sight.mark * slippage_bps // BPS)
    tick = sight.tick(sight.mark - slack if is_ask else sight.mark + slack)
    return NewOrder(is_ask, tick, min(abs(lots), MAX_LOTS), True, False, reduce_only, 0, 0)


Wanted = list[Call[Any]]
"""What a trader sends, in order; calls of the engine are made as one."""
