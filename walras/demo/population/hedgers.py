"""Hedgers: they hold the coin elsewhere, are short of it here, and adjust."""

from random import Random

from walras.chain.exchange import Exchange
from walras.demo.population.sight import BPS, Me, Sight, Wanted, take
from walras.demo.population.trader import DOLLAR, Trader
from walras.demo.wallet import Wallet


class Hedger(Trader):
    """Sells as much as it holds; buys a part back in a fall, because it is worth less, and looks cheap."""

    group = "hedgers"

    def __init__(self, exchange: Exchange, wallet: Wallet, market: int, chance: Random) -> None:
        super().__init__(exchange, wallet, market, chance)
        self.capital = self.between(60, 200) * 1_000 * DOLLAR
        self.ratio_bps = self.between(10_000, 22_000)
        """Worth of the coin held elsewhere, of the collateral."""
        self.covers_at_bps = -self.between(600, 2_500)
        """Fall at which it buys back."""
        self.covers_bps = self.between(2_500, 7_000)
        """How much of it."""
        self.holds = 0
        """Lots of the coin; 0: not counted yet."""
        self.has_covered = False

    @property
    def deposit(self) -> int:
        """All of it."""
        return self.capital

    def decide(self, sight: Sight, me: Me) -> Wanted:
        """A step of the way to the hedge."""
        self.sleep(sight, 20, 70)
        if not self.holds:
            self.holds = sight.lots_of(self.capital * self.ratio_bps // BPS)
        if sight.from_start_bps() < self.covers_at_bps:
            self.has_covered = True
        target = -self.holds * (BPS - self.covers_bps if self.has_covered else BPS) // BPS
        change = target - me.lots
        if abs(change) * 20 < self.holds:
            return []
        closes = change > 0 and me.lots < 0
        if not closes and not sight.may_grow:
            return []
        step = max(1, self.holds // 4)
        order = take(sight, max(-step, min(change, step)), 60, reduce_only=closes)
        return [self.exchange.engine.place(self.account, self.market, order)]
