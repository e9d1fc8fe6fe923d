"""Those who take: some follow the price, some trade for reasons of their own."""

from random import Random

from walras.chain.exchange import Exchange
from walras.demo.population.sight import Me, Sight, Wanted, take
from walras.demo.population.trader import DOLLAR, Trader
from walras.demo.wallet import Wallet


class Momentum(Trader):
    """Goes with a move that is large enough, and out when it is over."""

    group = "momentum takers"

    def __init__(self, exchange: Exchange, wallet: Wallet, market: int, chance: Random) -> None:
        super().__init__(exchange, wallet, market, chance)
        self.capital = self.between(10, 60) * 1_000 * DOLLAR
        self.leverage = self.between(2, 6)
        self.looks_back_s = self.between(60, 240)
        self.threshold_bps = self.between(25, 120)
        self.slippage_bps = self.between(30, 120)

    @property
    def deposit(self) -> int:
        """All of it."""
        return self.capital

    def decide(self, sight: Sight, me: Me) -> Wanted:
        """A position in the direction of the move, or none."""
        self.sleep(sight, 16, 60)
        if sight.status != 1:
            return [self.settle()] if self.chance.random() < 0.1 else []
        move = sight.move_bps(self.looks_back_s)
        target = 0
        if abs(move) > self.threshold_bps:
            size = sight.lots_of(max(0, me.equity) * self.leverage)
            target = size if move > 0 else -size
        elif 2 * abs(move) > self.threshold_bps and (move > 0) == (me.lots > 0):
            return []  # it slows, and is not over
        change = target - me.lots
        if abs(change) < max(1, sight.lots_of(500 * DOLLAR)):
            return []
        closes = abs(target) < abs(me.lots) and target * me.lots >= 0
        order = take(sight, change, self.slippage_bps, reduce_only=closes)
        return [self.exchange.engine.place(self.account, self.market, order)]


class Retail(Trader):
    """Buys and sells a little, now and then, and does not stay."""

    group = "retail"

    def __init__(self, exchange: Exchange, wallet: Wallet, market: int, chance: Random) -> None:
        super().__init__(exchange, wallet, market, chance)
        self.capital = self.between(3, 20) * 1_000 * DOLLAR

    @property
    def deposit(self) -> int:
        """All of it."""
        return self.capital

    def decide(self, sight: Sight, me: Me) -> Wanted:
        """Opens where it has nothing, closes where it has something."""
        self.sleep(sight, 20, 110)
        if me.lots:
            order = take(sight, -me.lots, 80, reduce_only=True)
        elif sight.may_grow:
            size = sight.lots_of(max(0, me.equity) * self.between(5, 25) // 10)
            order = take(sight, size if self.chance.random() < 0.5 else -size, 40)
        else:
            return []
        return [self.exchange.engine.place(self.account, self.market, order)] if order.lots else []
