"""An account of the clearing house: what it has, what its positions are, and what others are told of it.

Units and names are those of interfaces/IPerpEngine.vyi.
"""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil
from typing import Final

from walras.model.actions import Status
from walras.model.book import Exposure
from walras.model.market import Market

NO_ORDERS: Final = Exposure(0, 0, 0, 0, 0, has_reduce_only=False)


@dataclass(slots=True)
class Position:
    """Of an account in a market, with its open orders as of the last settlement."""

    lots: int = 0
    cash: int = 0
    basis: int = 0  # of funding
    borne: int = 0  # up to which losses of the market it has paid
    orders: Exposure = NO_ORDERS
    highest_bid: int = 0  # highest tick of a bid since there was none
    lowest_ask: int = 0

    @property
    def is_empty(self) -> bool:
        """Neither a position nor orders nor a remainder of money."""
        return not (self.lots or self.cash or self.basis or self.orders.bid_lots or self.orders.ask_lots)

    @property
    def long(self) -> int:
        """Largest position that the open orders can lead to."""
        return max(0, self.lots + self.orders.bid_lots)

    @property
    def short(self) -> int:
        """The same on the other side."""
        return max(0, self.orders.ask_lots - self.lots)

    def owed(self, market: Market, now: int, more: int = 0) -> Fraction:
        """Funding, at a size that is `more`, and of others' deficits what its lots have to bear."""
        funding = (self.lots + more) * market.index(now) - self.basis
        return Fraction(funding + abs(self.lots) * (market.losses - self.borne), market.one)


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who has a part in an account's fees."""

    referrer: int  # owners
    builder: int
    builder_ppm: int


@dataclass(slots=True)
class Account:
    """Collateral and positions."""

    collateral: int = 0
    positions: dict[int, Position] = field(default_factory=dict)
    sharing: Sharing | None = None

    def copied(self) -> "Account":
        """Another one that is the same now."""
        positions = {market: replace(position) for market, position in self.positions.items()}
        return Account(self.collateral, positions, self.sharing)


@dataclass(frozen=True, slots=True)
class Margin:
    """What an account is worth, and has to be worth."""

    equity: int
    initial: int
    maintenance: int
    losses: int
    statuses: frozenset[Status]


@dataclass(frozen=True, slots=True)
class Worth:
    """What an account is worth at the unkindest and at the kindest prices."""

    low: int
    high: int
    initial: int
    free: int
    statuses: frozenset[Status]


@dataclass(frozen=True, slots=True)
class Question:
    """What the quoter is told before an auction."""

    market: int
    unit: int
    mark: int
    low: int
    high: int
    wider: bool
    lots: int
    collateral: int
    profit: int


def realised_of(before: int, old_cash: int, lots: int, cash: int) -> int:
    """How much of a position's cash a trade moves to the collateral, rounded down."""
    after = before + lots
    if after == 0:
        return old_cash + cash
    if before * lots >= 0:
        return 0
    if before * after > 0:
        return old_cash + cash - ceil(Fraction(old_cash * after, before))
    return old_cash + cash - ceil(Fraction(cash * after, lots))
