"""A random story of the trigger orders from a seed: contract and model side by side.

Each seed has a theme, in turn: markets, traders and troubles of a story decide which rules it reaches.

Usage: python -m tests.support.triggers_campaign; tests/support/hunting.py tells the rest.
"""

import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.support.engine import SETTINGS, USDC
from tests.support.hunting import main
from tests.support.oracle import ONE
from tests.support.triggers import KEEPER, RIVAL, TriggerPair
from walras.model.book import MAX_ORDER, MAX_TICK
from walras.model.market import Mode
from walras.model.triggers import LIMITS, MAX_TIME, MAX_TIP, End, Executed, Kind, NewTrigger, Source

TRADERS: Final = (0x11, 0x12, 0x13)


@dataclass(frozen=True, slots=True)
class Theme:
    """What the stories of a campaign are about."""

    name: str
    interval: int = 10
    decimals: int = 6
    price: int = 2_000
    step: float = 0.004  # of a price, from one to the next
    money: int = 100_000  # whole tokens of each account
    wrong: float = 0.1
    traded: bool = True  # from the beginning
    favourite: float = 0  # how often it is the first account that acts
    brief: float = 0.2  # how many triggers expire
    attached: float = 0.3  # how many are void with a position
    weights_of: dict[str, float] = field(default_factory=dict)  # of actions


THEMES: Final = (
    Theme("calm", step=0.001),
    Theme("wild", step=0.03),
    Theme("trailing", weights_of={"ratchet": 6, "price": 8}),
    Theme("pairs", weights_of={"place_pair": 5, "place": 1}),
    Theme("poor", money=25, step=0.01, weights_of={"trade": 6}),
    Theme("governed", weights_of={"mode": 2, "rescale": 0.4, "grant": 2}),
    Theme("continuous", interval=0),
    Theme("slow", interval=900, weights_of={"wait": 5}),
    Theme("barred", weights_of={"bar": 2, "allow": 1, "claim": 5}),
    Theme("wei", decimals=18, price=3, traded=False, weights_of={"trade": 1}),
    Theme(
        "crowded",
        favourite=0.97,
        wrong=0,
        weights_of={"place": 20, "place_pair": 10, "cancel": 0.1, "execute": 0.5, "sweep": 0.1, "rescale": 0},
    ),
    Theme("vaulted", weights_of={"price": 8}),
    Theme(
        "brief",
        step=0.0005,
        brief=0.6,
        attached=0.8,
        weights_of={"wait": 3, "sweep": 6, "trade": 8, "execute": 1},
    ),
)
_WEIGHTS: Final = {
    "place": 4.0,
    "place_pair": 1,
    "cancel": 0.6,
    "execute": 7,
    "ratchet": 1,
    "sweep": 1.5,
    "claim": 1,
    "trade": 4,
    "order": 1,
    "cancel_orders": 0.7,
    "price": 4,
    "wait": 1.5,
    "auction": 3,
    "silence": 0.05,
    "grant": 0.2,
    "mode": 0.1,
    "rescale": 0.02,
    "donate": 0.1,
    "bar": 0.05,
    "allow": 0.1,
}


class Campaign:
    """One exchange with triggers, and what happened."""

    def __init__(self, seed: int, theme: Theme | None = None) -> None:
        self.random = random.Random(seed)
        self.theme = theme = theme or THEMES[seed % len(THEMES)]
        self.weights = {**_WEIGHTS, **theme.weights_of}
        self.done: Counter[str] = Counter()
        """Actions by name, those refused with their reason, executions with what came of them."""
        self.steps = 0
        self.last = "deploy"
        settings = replace(SETTINGS, max_mark_age=self.pick((30, 60)), band_bps=self.pick((500, 2_000)))
        self.prices = [float(theme.price), theme.price * 1.5]
        self.pair = TriggerPair(
            prices=[round(price * ONE) for price in self.prices],
            settings=settings,
            decimals=theme.decimals,
            interval=theme.interval,
        )
        self.pair.exchange.check_every = 10**9
        if theme.name == "vaulted":
            self.pair.quoting()
        self.accounts = [
            self.pair.trader(number, theme.money * self.pair.exchange.usd, sub, self.pick((1, 4, 5, 5)))
            for number in TRADERS
            for sub in (0, 7)
        ]
        for _ in range(6 * theme.traded):
            self.trade()
        for market in (0, 1):
            self.pair.exchange.close(market)

    def run(self, steps: int, check_every: int = 1) -> Counter[str]:
        """Act `steps` times; all views are compared each `check_every` steps and at the end."""
        for step in range(steps):
            self.step()
            if step % check_every == 0:
                self.check()
        self.check()
        return self.done

    def step(self) -> None:
        """Let one thing happen."""
        self.steps += 1
        names = list(self.weights)
        name = self.random.choices(names, [self.weights[name] for name in names])[0]
        self.last = name
        found = getattr(self, name)()
        self.done[f"{name}: {found}" if isinstance(found, str) else name] += 1

    def check(self) -> None:
        """Compare all views."""
        self.last = "check"
        self.pair.check()

    # ------------------------------------------------------------ draws

    def pick(self, choices: Sequence[Any]) -> Any:
        """One of some."""
        return self.random.choice(choices)

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.random.random() < probability

    def tick(self, market: int, spread: float) -> int:
        """Around the mark."""
        here = self.pair.exchange.model.markets[market]
        at = here.tick(here.mark.mark)
        return max(1, min(MAX_TICK, round(at * (1 + self.random.uniform(-spread, spread)))))

    def terms(self) -> NewTrigger:
        """A trigger, often near the price; with a chance something is wrong with it."""
        market, kind = self.pick((0, 0, 1)), self.pick(list(Kind))
        now, step = self.pair.evm.time, self.theme.step
        is_limit, trails = kind in LIMITS, kind == Kind.TRAILING
        reduce_only = self.chance(0.7)
        terms = NewTrigger(
            market=market,
            kind=kind,
            source=self.pick(list(Source)),
            is_ask=self.chance(0.5),
            tick=0 if trails else self.tick(market, 2 * step),
            limit=self.tick(market, 4 * step) if is_limit else 0,
            slippage=0 if is_limit else self.pick((0, 10, 100, 700, 9_999)),
            slippage_in_bps=self.chance(0.5),
            distance=self.pick((1, 7, 20, 100, 9_999)) if trails else 0,
            distance_in_bps=self.chance(0.5),
            lots=0 if reduce_only and self.chance(0.5) else self.pick((1, 10, 100, 1_000)),
            reduce_only=reduce_only,
            attached=self.chance(self.theme.attached),
            expiry=now + self.random.randint(1, 2_000) if self.chance(self.theme.brief) else 0,
            order_expiry=now + self.random.randint(1, 2_000) if is_limit and self.chance(0.3) else 0,
            tip=self.pick((0, 1, USDC, 5 * USDC + 1)),
        )
        if not self.chance(self.theme.wrong):
            return terms
        changes: list[dict[str, Any]] = [
            {"market": 2},
            {"kind": 3},
            {"source": 0},
            {"tick": 0 if terms.tick else 1},
            {"tick": MAX_TICK + 1},
            {"limit": 0 if terms.limit else 1},
            {"slippage": MAX_TICK + 1},
            {"slippage": 10_000, "slippage_in_bps": True},
            {"distance": 0 if terms.distance else 1},
            {"lots": MAX_ORDER + 1},
            {"lots": 0, "reduce_only": False},
            {"expiry": now},
            {"order_expiry": MAX_TIME + 1},
            {"tip": MAX_TIP + 1},
        ]
        return replace(terms, **self.pick(changes))

    def owner(self) -> int:
        """An account that places triggers."""
        return int(self.accounts[0] if self.chance(self.theme.favourite) else self.pick(self.accounts))

    def one(self) -> int:
        """Id of a trigger, seldom of one that is gone."""
        live = list(self.pair.model.triggers)
        if live and self.chance(0.95):
            return int(self.pick(live))
        return int(self.pick(self.pair.ids or [5]))

    def keeper(self) -> str:
        """Who acts, seldom a trader himself."""
        trader = self.pair.exchange.owner(self.pick(self.accounts))
        return str(self.pick((KEEPER, KEEPER, RIVAL, trader)))

    # ------------------------------------------------------------ actions

    def place(self) -> Any:
        """One."""
        account = self.owner()
        sender = KEEPER if self.chance(0.02) else ""
        found = self.pair.place(account, self.terms(), sender)
        return found if isinstance(found, str) else None

    def place_pair(self) -> Any:
        """Two."""
        found = self.pair.place_pair(self.owner(), self.terms(), self.terms())
        return found if isinstance(found, str) else None

    def cancel(self) -> Any:
        """By the owner, seldom by somebody else."""
        found = self.pair.cancel(self.one(), KEEPER if self.chance(0.1) else "")
        return found if isinstance(found, str) else None

    def execute(self) -> Any:
        """What is ready, mostly."""
        ready = [one for one in self.pair.model.triggers if self.pair.model.standing(one).ready]
        chosen = self.pick(ready) if ready and self.chance(0.7) else self.one()
        found = self.pair.execute(chosen, self.keeper())
        if isinstance(found, Executed):
            self.done[f"executed {'limit' if not found.order.batch_only else 'market'}"] += 1
            return None
        if isinstance(found, End):
            return found.name
        return "ratcheted" if isinstance(found, int) else found

    def ratchet(self) -> Any:
        """Of a trailing stop, mostly."""
        trailing = [
            one for one, known in self.pair.model.triggers.items() if known.terms.kind == Kind.TRAILING
        ]
        found = self.pair.ratchet(self.pick(trailing) if trailing and self.chance(0.9) else self.one())
        return found if isinstance(found, str) else None

    def sweep(self) -> Any:
        """What has ended, mostly."""
        ended = [
            one
            for one in self.pair.model.triggers
            if self.pair.model.standing(one).reason in ("triggers: expired", "triggers: void")
        ]
        found = self.pair.sweep(self.pick(ended) if ended and self.chance(0.8) else self.one())
        return found.name if isinstance(found, End) else found

    def claim(self) -> Any:
        """By who has something, mostly."""
        owed = [one for one in sorted(self.pair.people) if self.pair.model.claimable[int(one, 16)]]
        sender = self.pick(owed) if owed and self.chance(0.8) else self.pick(sorted(self.pair.people))
        found = self.pair.claim(sender, self.pick(("", "", RIVAL)))
        return found if isinstance(found, str) else None

    def trade(self) -> Any:
        """Two accounts cross in the batch that is open."""
        exchange, market = self.pair.exchange, self.pick((0, 0, 1))
        buyer, seller = self.random.sample(self.accounts, 2)
        tick, lots = self.tick(market, self.theme.step / 2), self.pick((1, 10, 300, 1_000))
        exchange.sell(seller, lots, tick, market)
        if exchange.refusal is None:
            exchange.buy(buyer, lots, tick, market)
        return exchange.refusal

    def order(self) -> Any:
        """One that rests, reduce-only or not."""
        exchange, market = self.pair.exchange, self.pick((0, 0, 1))
        place = exchange.sell if self.chance(0.5) else exchange.buy
        place(
            self.pick(self.accounts),
            self.pick((1, 50, 200)),
            self.tick(market, 0.05),
            market,
            reduce_only=self.chance(0.5),
        )
        return exchange.refusal

    def cancel_orders(self) -> Any:
        """All of an account's in a market."""
        self.pair.exchange.cancel_all(self.pick(self.accounts), self.pick((0, 1)))
        return self.pair.exchange.refusal

    def price(self) -> None:
        """A new one, now."""
        market = self.pick((0, 0, 1))
        change = 1 + self.random.uniform(-self.theme.step, self.theme.step)
        back = (self.theme.price * (1.5 if market else 1) / self.prices[market]) ** 0.05
        self.prices[market] *= change * back
        self.pair.exchange.advance(self.pick((1, 2, 5)))
        self.pair.exchange.say(market, round(self.prices[market] * ONE))

    def wait(self) -> None:
        """A while."""
        self.pair.exchange.advance(self.pick((1, 5, 10, 31, 61, 300)))

    def auction(self) -> Any:
        """Of a market, if it is due."""
        self.pair.exchange.auction(self.pick((0, 1)), KEEPER)
        return self.pair.exchange.refusal

    def silence(self) -> None:
        """Until every price is STALE; then a new one, or not."""
        self.pair.exchange.advance(172_801)
        if self.chance(0.5):
            for market, price in enumerate(self.prices):
                self.pair.exchange.say(market, round(price * ONE))

    def grant(self) -> None:
        """Another one."""
        self.pair.grant(
            self.pick(self.accounts),
            self.pick((0, 1, 2, 4, 4, 5, 7)),
            self.pick((0, 1, 5, 1_000)),
            self.pick((self.pair.evm.time, 2**40 - 1, 2**40 - 1)),
        )

    def mode(self) -> None:
        """Another one, most often the usual one."""
        modes = (Mode.ACTIVE, Mode.ACTIVE, Mode.POST_ONLY, Mode.REDUCE_ONLY, Mode.HALTED)
        self.pair.exchange.set_mode(self.pick((0, 1)), self.pick(modes))

    def rescale(self) -> Any:
        """A tick of twice the size, or half of it."""
        market = self.pick((0, 1))
        grids = len(self.pair.exchange.model.markets[market].units)
        self.pair.exchange.rescale(market, 2 * 10**17 if grids % 2 else 10**17)
        return self.pair.exchange.refusal

    def donate(self) -> None:
        """Tokens come without a call."""
        self.pair.donate(self.pick((1, USDC)))

    def bar(self) -> None:
        """The token bars somebody."""
        self.pair.bar(self.pick((*sorted(self.pair.people), self.pair.contract.address)))

    def allow(self) -> str | None:
        """And lets somebody through again."""
        if not self.pair.barred:
            return "nobody is barred"
        self.pair.bar(self.pick(sorted(self.pair.barred)), barred=False)
        return None


if __name__ == "__main__":
    sys.exit(main("tests.support.triggers_campaign", Campaign, THEMES))
