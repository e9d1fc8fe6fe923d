"""What all who draw steps have in common: the exchange, the dice, and how a call is put.

Sizes are near what an account can just carry, ticks near the mark or the band's edges, times near the ends of
batches: where rules change. A drawer reads the chain's storage, and nothing of its rules.
"""

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Final

from walras.audit.chain import call
from walras.audit.prices import Prices
from walras.audit.state import PPM, State
from walras.audit.story import Price, Step
from walras.audit.system import (
    KEYS,
    MARKETS,
    TRADERS,
    owner,
)
from walras.audit.world import World

ORDER: Final = "(bool,uint256,uint256,bool,bool,bool,uint256,uint256)"
PLACE: Final = f"place(uint256,uint256,{ORDER})"
MAX_TICK: Final = 2**18 - 2
MAX_ORDER: Final = 2**28 - 1


class Hand:
    """Draws, and puts calls together."""

    def __init__(self, world: World, random: Random, profile: str) -> None:
        self.world, self.random, self.profile = world, random, profile
        self.system, self.chain, self.state = world.system, world.chain, State(world.system)
        self.prices = Prices(random, profile)
        self.queue: deque[Callable[[], Step | None]] = deque()
        """Steps that follow from earlier ones."""
        self.nonce = 0
        self.signatures: list[Step] = []
        self.lean = {account: random.choice((-1, 1)) for account in self.system.traded}
        self.home = {account: number % len(MARKETS) for number, account in enumerate(self.system.traded)}
        self.usd, self.at = self.system.usd, self.system.at

    def market(self) -> int:
        """One of them."""
        return self.random.randrange(len(MARKETS))

    def where(self, account: int) -> int:
        """A market for an account: most often its own, so that most are in one or two."""
        return self.home[account] if self.random.random() < 0.8 else self.random.randrange(len(MARKETS))

    def trader(self) -> int:
        """An account."""
        return self.random.choice(self.system.traded)

    def some(self, most: int) -> int:
        """A number up to another: all, one more, half, little, or any."""
        random = self.random
        kind = random.randrange(6)
        if kind == 0:
            return most
        if kind == 1:
            return most + 1
        if kind == 2:
            return most // 2
        if kind == 3:
            return min(most, random.randrange(1, 100))
        return random.randrange(most) if most > 0 else 0

    def engine(
        self, kind: str, who: str, told: str, signature: str, *values: int, account: int = 0, market: int = 0
    ) -> Step:
        """A call to the engine."""
        return Step(kind, who, "engine", call(signature, *values), told, account, market)

    def to(
        self,
        kind: str,
        who: str,
        where: str,
        told: str,
        signature: str,
        *values: int,
        account: int = 0,
        market: int = 0,
    ) -> Step:
        """A call to another contract."""
        return Step(kind, who, where, call(signature, *values), told, account, market)

    def order(self, account: int, market: int, closing: bool = False) -> tuple[int, ...]:
        """Fields of a new order."""
        random = self.random
        here = self.state.market(market)
        held = self.state.lots(account, market)
        one = here.unit * here.one
        middle = here.mark // one
        if random.random() < 0.02:
            self.lean[account] = -self.lean[account]
        is_ask = held > 0 if closing else (random.random() < 0.25) == (self.lean[account] > 0)
        if closing:
            lots = abs(held) * random.choice((1, 1, 2)) // random.choice((1, 1, 3))
        else:
            equity, initial, _ = self.state.margins(account)
            free = max(equity - initial, self.usd)
            most = free * PPM * here.one // max(1, here.mark * (here.initial_ppm + 2 * here.taker_ppm))
            lots = self.some(most) if random.random() < 0.6 else most * random.randrange(50, 100) // 100
            if random.random() < 0.8:
                lots = min(lots, self.room(here.open, is_ask, held))
        away = int(abs(random.gauss(0, 0.003)) * middle)
        if random.random() < 0.5:
            away = -away  # crosses
        tick = middle + away if is_ask else middle - away
        kind = random.randrange(10)
        if random.random() < 0.3:
            tick = self.tick_in_use(market) or tick
        if random.random() < 0.03:
            slack = here.mark * ((here.rules >> 129) & (2**13 - 1)) // 10_000
            tick = random.choice(((here.mark - slack) // one, (here.mark + slack) // one)) + random.randrange(
                2
            )
        batch_only = kind < 3 or (closing and kind < 7)
        post_only = kind == 3 and not closing
        reduce_only = kind == 4 or (closing and kind % 2 == 0)
        expiry = self.chain.time + random.choice((1, 20, 200)) if kind == 5 else 0
        return (
            int(is_ask),
            max(1, min(tick, MAX_TICK)),
            max(1, min(lots, MAX_ORDER)),
            int(batch_only),
            int(post_only),
            int(reduce_only),
            expiry,
            0,
        )

    def tick_in_use(self, market: int) -> int:
        """The limit of one of the last orders in a market, so that queues form; 0: there is none."""
        skip = self.random.randrange(4)
        for number, (where, order) in enumerate(reversed(self.world.ghost.orders)):
            if where == market and number >= skip:
                return int(order >> 7 & (2**18 - 1))
            if number > 12:
                break
        return 0

    def room(self, word: int, is_ask: bool, held: int) -> int:
        """Lots that the caps leave on a side, and what closes a position."""
        taken, cap, own = (
            word >> (40 * is_ask) & (2**40 - 1),
            word >> 80 & (2**36 - 1),
            word >> 116 & (2**34 - 1),
        )
        closing = max(0, held if is_ask else -held)
        return max(1, min(cap - min(cap, taken), own - min(own, abs(held))) + closing)

    def told_order(self, account: int, market: int, order: tuple[int, ...]) -> str:
        """An order in words."""
        flags = [name for name, flag in zip(("ioc", "post", "reduce"), order[3:6], strict=True) if flag]
        side = "sells" if order[0] else "buys"
        return f"{name(account)} {side} {order[2]} at {order[1]} in {market} {' '.join(flags)}"

    def open_order(self) -> tuple[int, int, int, int] | None:
        """Market, id, account and lots of an open order, as the logs tell."""
        orders = self.world.ghost.orders
        if not orders:
            return None
        # the oldest or one of the newest: orders are kept in the order of their placing
        if self.random.random() < 0.3:
            market, order = next(iter(orders))
        else:
            skip = self.random.randrange(min(len(orders), 30))
            backwards = reversed(orders)
            for _ in range(skip):
                next(backwards)
            market, order = next(backwards)
        account, lots = orders[market, order]
        if account not in self.lean:
            return None  # of the backstop: a contract does not begin a transaction
        return market, order, account, lots

    def free(self, account: int) -> int:
        """What may be taken out, nearly."""
        equity, initial, _ = self.state.margins(account)
        return max(0, min(self.state.collateral(account), equity - initial))

    def with_prices(self, step: Step, wait: int) -> Step:
        """After some time, with the same prices told again."""
        step.wait = wait
        told: tuple[Price, ...] = self.prices.steady(self.chain.time + wait)
        step.prices = told
        return step

    def fresh(self, step: Step) -> Step:
        """With a price of this second in all markets."""
        if self.random.random() < 0.7:
            step.prices = self.prices.steady(self.chain.time)
        return step


def name(account: int) -> str:
    """Short, of an account."""
    who = owner(account)
    if who in KEYS:
        return f"T{TRADERS.index(who)}.{account & 255}"
    return f"{who[:8]}.{account & 255}"
