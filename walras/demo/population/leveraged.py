"""Those who borrow much: longs who were there before the crash, those who buy the fall, and shorts."""

from random import Random

from walras.chain.bindings.trigger_orders import Kind, NewTrigger, Source
from walras.chain.exchange import Exchange
from walras.demo.population.sight import BPS, Me, Sight, Wanted, take
from walras.demo.population.trader import DOLLAR, Trader
from walras.demo.wallet import Wallet

REDUCE = 4
"""Permission of an operator who may place nothing but what reduces."""
TIP = DOLLAR // 2
"""For who executes a stop."""


class Leveraged(Trader):
    """Opens once, in steps, and then mostly hopes. Some have a stop, some add collateral, most do neither."""

    side = 1

    def __init__(self, exchange: Exchange, wallet: Wallet, market: int, chance: Random) -> None:
        super().__init__(exchange, wallet, market, chance)
        self.capital = self.between(8, 60) * 1_000 * DOLLAR
        self.leverage_bps = self.between(60_000, 170_000)
        self.enters_after_s = self.between(0, 1_200)
        self.stop_bps = self.between(250, 900) if self.chance.random() < 0.25 else 0
        self.saves = self.between(1, 2) if self.chance.random() < 0.3 else 0
        """How often it adds collateral."""
        self.started = 0
        self.is_in = False
        self.has_stop = False
        self.steps = 0

    @property
    def deposit(self) -> int:
        """What it risks at first."""
        return self.capital

    @property
    def spare(self) -> int:
        """What it saves itself with, and the tip of its stop."""
        return self.saves * self.capital // 2 + (TIP if self.stop_bps else 0)

    def begin(self) -> Wanted:
        """Lets triggers reduce its position."""
        if not self.stop_bps:
            return []
        triggers, engine = self.exchange.triggers.address, self.exchange.engine
        return [
            engine.set_operator(self.account, triggers, REDUCE, 2**32 - 1, 2**32 - 1),
            self.exchange.token.approve(triggers, TIP),
        ]

    def decide(self, sight: Sight, me: Me) -> Wanted:
        """In, then a stop, then collateral where it gets tight."""
        self.sleep(sight, 10, 30)
        if not self.started:
            self.started = sight.time
        if not self.is_in:
            return self._enter(sight, me) if self.wants_in(sight) else []
        if me.lots == 0:
            self.sleep(sight, 300, 600)  # liquidated, or stopped out: it is over
            return []
        if self.stop_bps and not self.has_stop:
            self.has_stop = True
            return [self.exchange.triggers.place(self.account, self._stop(sight))]
        if self.saves and me.equity * 10 < me.maintenance * 14:
            self.saves -= 1
            return [self.exchange.engine.deposit(self.account, self.capital // 2)]
        return []

    def wants_in(self, sight: Sight) -> bool:
        """Whether its time has come."""
        return sight.time >= self.started + self.enters_after_s

    def _enter(self, sight: Sight, me: Me) -> Wanted:
        """A third of the way at a time: more than the book holds at once would push the price."""
        if sight.status != 1:
            return []
        goal = sight.lots_of(self.capital * self.leverage_bps // BPS)
        held = abs(me.lots)
        self.steps += 1
        if held * 10 >= goal * 9 or self.steps > 12:
            self.is_in = True
            return [self.settle()]
        size = min(goal - held, max(1, goal // 3))
        # What margin leaves room for while the market is small, with a tenth to spare.
        free = sight.lots_of(max(0, me.equity - me.initial) * 18)
        if min(size, free) <= 0:
            self.is_in = True
            return [self.settle()]
        order = take(sight, self.side * min(size, free), 40)
        return [self.exchange.engine.place(self.account, self.market, order)]

    def _stop(self, sight: Sight) -> NewTrigger:
        """Closes all of it at the mark's distance of now, within two per cent."""
        distance = sight.mark * self.stop_bps // BPS
        return NewTrigger(
            market=self.market,
            kind=Kind.STOP_MARKET,
            source=Source.MARK,
            is_ask=self.side > 0,
            tick=sight.tick(sight.mark - self.side * distance),
            limit=0,
            slippage=200,
            slippage_in_bps=True,
            distance=0,
            distance_in_bps=False,
            lots=0,
            reduce_only=True,
            attached=True,
            expiry=0,
            order_expiry=0,
            tip=TIP,
        )


class Long(Leveraged):
    """Was there before it fell."""

    group = "leveraged longs"


class Dip(Leveraged):
    """Buys when it has fallen far enough to look cheap."""

    group = "leveraged longs"

    def __init__(self, exchange: Exchange, wallet: Wallet, market: int, chance: Random) -> None:
        super().__init__(exchange, wallet, market, chance)
        self.enters_at_bps = -self.between(300, 1_500)

    def wants_in(self, sight: Sight) -> bool:
        """Below its price."""
        return sight.from_start_bps() <= self.enters_at_bps


class Short(Leveraged):
    """The other side of it."""

    group = "leveraged shorts"
    side = -1
