"""Market makers: quotes around the last oracle price, wider when it moves, shifted by what they hold."""

from random import Random

from walras.chain.bindings.orderbook_v2 import NewOrder
from walras.chain.exchange import Exchange
from walras.demo.population.sight import BPS, DEGRADED, Me, Sight, Wanted, limit
from walras.demo.population.trader import DOLLAR, Trader
from walras.demo.wallet import Wallet

LEVELS = 3


class Maker(Trader):
    """Re-quotes after an auction, in one transaction that cancels and places."""

    group = "market makers"

    def __init__(self, exchange: Exchange, wallet: Wallet, market: int, chance: Random) -> None:
        super().__init__(exchange, wallet, market, chance)
        self.capital = self.between(150, 350) * 1_000 * DOLLAR
        self.spread_bps = self.between(3, 9)
        self.leverage_bps = self.between(15_000, 25_000)
        """Largest position, of what it is worth."""
        self.nerve_bps = self.between(250, 700)
        """Range of five minutes above which it quotes half as much, above three times of which nothing."""
        self.quoted = (0, 0)
        """Index and position of the last quotes."""

    @property
    def deposit(self) -> int:
        """All of it."""
        return self.capital

    def decide(self, sight: Sight, me: Me) -> Wanted:
        """New quotes where the price or the position has moved; none while there is no price."""
        if not sight.is_fresh:
            return []
        self.sleep(sight, 12, 40)
        engine = self.exchange.engine
        if not sight.may_grow or me.equity <= me.maintenance:
            self.quoted = (0, 0)
            return [engine.cancel_all(self.account, self.market)]
        index, lots = self.quoted
        if abs(sight.index - index) * BPS <= 3 * sight.index and lots == me.lots:
            return []
        self.quoted = (sight.index, me.lots)
        cancel = engine.cancel_all(self.account, self.market)
        orders = self.quotes(sight, me)
        if not orders:
            return [cancel]
        return [cancel, engine.cancel_replace(self.account, self.market, [], orders, False)]

    def quotes(self, sight: Sight, me: Me) -> list[NewOrder]:
        """Levels on both sides; only what reduces where it holds as much as it may, or dares no more."""
        shaken = sight.range_bps(300)
        dares = 0 if shaken > 3 * self.nerve_bps else BPS // 2 if shaken > self.nerve_bps else BPS
        if sight.status == DEGRADED:
            dares //= 2  # margin counts twice
        most = max(1, sight.lots_of(me.equity * self.leverage_bps // BPS))
        half = self.spread_bps + shaken // 12
        lean = max(-BPS, min(me.lots * BPS // most, BPS)) * half // BPS
        orders = []
        for is_ask in (False, True):
            held = -me.lots if is_ask else me.lots  # what the side makes larger
            room = (most - held) * dares // BPS if held >= 0 else -held + most * dares // BPS
            for level in range(1, LEVELS + 1):
                size = min(room, max(1, most * level // 16))
                if size <= 0:
                    break
                room -= size
                distance = max(1, sight.index * (half * level + (lean if not is_ask else -lean)) // BPS)
                price = sight.index + distance if is_ask else sight.index - distance
                orders.append(limit(is_ask, sight.tick(price), size))
        return orders
