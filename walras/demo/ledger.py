"""The books of the exchange as its events tell them: what each account has, and what all of it has to sum to.

Nothing is asked of the chain here. At the end of a run walras/demo/reconcile.py compares this with what the
contracts have in storage. Units: token units, lots, lot prices x 2**scale as in IPerpEngine.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from walras.chain.bindings import perp_engine as engine


@dataclass(slots=True)
class Holding:
    """A position, as of its account's last settlement."""

    lots: int = 0
    cash: int = 0
    index: int = 0
    """Funding index up to which it has paid."""
    losses: int = 0
    """What a lot of its market had borne of others' deficits then."""


@dataclass(slots=True)
class MarketRules:
    """How a market's numbers are read."""

    unit: int
    scale: int
    lot: int
    """1e-18 of the base."""

    def lot_price(self, price: int) -> int:
        """Token units for a whole base, of a lot price; rounded down."""
        return price * 10**18 // (self.lot << self.scale)

    def tick_price(self, tick: int) -> int:
        """The same of a tick."""
        return tick * self.unit * 10**18 // self.lot

    def worth(self, lots: int, lot_price: int) -> int:
        """Token units of so many lots, without their sign."""
        return abs(lots) * lot_price >> self.scale


@dataclass
class Ledger:
    """Hears events of the engine in their order."""

    fee_account: int
    tip_account: int
    insurer: str
    """Who brings what insurance pays: no money of the account's owner."""
    rules: dict[int, MarketRules]
    """By market; may be filled in later, before anything is heard of it."""
    collateral: Counter[int] = field(default_factory=Counter)
    positions: dict[tuple[int, int], Holding] = field(default_factory=dict)
    """By account and market."""
    seen: set[int] = field(default_factory=set)
    """Accounts that any event named."""
    deposited: Counter[int] = field(default_factory=Counter)
    withdrawn: Counter[int] = field(default_factory=Counter)
    """Money in and out by account, that of transfers too."""
    came: int = 0
    left: int = 0
    """Money in and out of the engine."""
    traded_cash: Counter[int] = field(default_factory=Counter)
    """By market: 0 once all are settled."""
    funding: int = 0
    """Paid less received."""
    fees: int = 0
    borne: int = 0
    losses: Counter[int] = field(default_factory=Counter)
    """By market, what a lot of either side has borne of that, lot price units."""
    bad_debt: int = 0
    settlements: int = 0
    """That rounded, each by less than a unit."""
    tips: Counter[int] = field(default_factory=Counter)
    """By account: for auctions, and what liquidations paid to it."""
    marks: dict[int, int] = field(default_factory=dict)
    indexes: dict[int, int] = field(default_factory=dict)
    """By market: last mark, last funding index."""
    held: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Markets by account, in which it has a position."""
    sharing: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Referrer and builder by account."""

    def hear(self, event: Any) -> None:
        """One event of the engine, decoded; those that move nothing are passed over."""
        match event:
            case engine.Booked():
                self._booked(event)
            case engine.MarkSet():
                self.marks[event.market] = event.mark
                self.indexes[event.market] = event.funding_index
            case engine.Deposited():
                self.came += event.amount
                self._move(event.account, event.amount)
                if event.by.lower() != self.insurer.lower():
                    self.deposited[event.account] += event.amount
            case engine.Withdrawn():
                self.left += event.amount
                self._move(event.account, -event.amount)
                self.withdrawn[event.account] += event.amount
            case engine.Transferred():
                self._move(event.sender, -event.amount)
                self._move(event.receiver, event.amount)
                self.withdrawn[event.sender] += event.amount
                self.deposited[event.receiver] += event.amount
            case engine.ForcedPayment():
                self._move(event.account, -event.amount)
                self._move(event.receiver, event.amount)
                self.tips[event.receiver] += event.amount
            case engine.Tipped():
                self._move(self.tip_account, -event.amount)
                self._move(event.runner, event.amount)
                self.tips[event.runner] += event.amount
            case engine.Socialised():
                self._move(event.account, event.amount)
                if event.is_borne:
                    lots = sum(self.open_lots(event.market))
                    self.borne += event.amount
                    self.losses[event.market] += -(-(event.amount << self.rules[event.market].scale) // lots)
                    self.settlements += 1  # rounded up like one
                else:
                    self.bad_debt += event.amount
            case engine.SharingSet():
                self.sharing[event.account] = (event.referrer, event.builder)
            case engine.Shared():
                referrer, builder = self.sharing[event.account]
                self._move(self.fee_account, -event.referral)
                self._move(int(referrer, 16) << 8, event.referral)
                self._move(event.account, -event.built)
                self._move(int(builder, 16) << 8, event.built)
            case _:
                pass

    def _booked(self, event: engine.Booked) -> None:
        self.settlements += 1
        self.traded_cash[event.market] += event.cash
        self.funding += event.funding
        self.fees += event.fee
        self._move(event.account, event.realised - event.fee - event.funding)
        self._move(self.fee_account, event.fee)
        holding = self.positions.setdefault((event.account, event.market), Holding())
        holding.lots += event.lots
        holding.cash += event.cash - event.realised
        holding.index = self.indexes.get(event.market, 0)
        holding.losses = self.losses[event.market]
        if holding.lots:
            self.held[event.account].add(event.market)
        else:
            self.held[event.account].discard(event.market)

    def _move(self, account: int, amount: int) -> None:
        self.seen.add(account)
        self.collateral[account] += amount

    # ------------------------------------------------------------ what it comes to

    def equity(self, account: int) -> int:
        """What an account is worth at the last marks, as of its last settlement, to a few units: what funding
        has moved since the last auction is left out.
        """
        worth = self.collateral[account]
        for market in self.held.get(account, ()):
            holding, scale = self.positions[account, market], self.rules[market].scale
            owed = holding.lots * (self.indexes.get(market, 0) - holding.index)
            owed += abs(holding.lots) * (self.losses[market] - holding.losses)
            worth += holding.cash + ((holding.lots * self.marks.get(market, 0) - owed) >> scale)
        return worth

    def open_lots(self, market: int) -> tuple[int, int]:
        """Long and short lots of all positions that are booked."""
        lots = [one.lots for (_, where), one in self.positions.items() if where == market]
        return sum(max(0, one) for one in lots), sum(max(0, -one) for one in lots)

    @property
    def expected_collateral(self) -> int:
        """All collateral there is."""
        return sum(self.collateral.values())
