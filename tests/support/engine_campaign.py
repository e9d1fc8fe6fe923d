"""Random stories of an exchange, told to contracts and model at once.

A story is told from one number: traders with sub-accounts place, cancel, move ladders, deposit
and withdraw at the edge of their margin, in several markets whose prices drift, jump, become unsure, stand
still or halt.
"""

import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.support.engine import LOT, SETTINGS, TICK, TREASURY, EnginePair
from tests.support.hunting import main
from tests.support.oracle import ONE, Manner
from walras.devtools.evm import address
from walras.model.book import MAX_ORDER, MAX_TICK, NewOrder
from walras.model.market import MarketSettings, Mode

START_PRICES: Final = (2_000 * ONE, 60_000 * ONE, 20 * ONE)
LOT_SIZES: Final = (LOT, LOT // 10, 100 * LOT)
TICK_SIZES: Final = (TICK, 10 * TICK, TICK // 100)


@dataclass(frozen=True, slots=True)
class Theme:
    """What the markets and traders of a campaign are like."""

    name: str
    traders: int = 5
    markets: int = 2
    interval: int = 10
    decimals: int = 6
    drift: float = 0.002  # of a price, a step
    jumps: float = 0.01
    waits: tuple[int, ...] = (0, 0, 1, 3, 10, 11)
    leverage: float = 3  # of an order, of the equity
    changes: dict[str, Any] = field(default_factory=dict)  # of the settings
    weights_of: dict[str, float] = field(default_factory=dict)


THEMES: Final = (
    Theme("calm"),
    Theme("crowd", traders=10, markets=3),
    Theme("leveraged", leverage=19, drift=0.005),
    Theme("crash", jumps=0.15, leverage=10, weights_of={"withdraw": 4}),
    Theme(
        "funding", waits=(0, 10, 600, 3_600, 30_000), changes={"interest": -300_000, "max_mark_age": 3_600}
    ),
    Theme("continuous", interval=0),
    Theme("caps", leverage=30, changes={"open_cap": 20_000, "account_cap": 6_000, "initial_ppm": 10_000}),
    Theme("crowded out", changes={"soft_notional": 1_000, "hard_notional": 60_000}, leverage=8),
    Theme("wei", decimals=18, traders=4),
    Theme("unsure", weights_of={"doubt": 5, "outage": 2}),
    Theme("governed", weights_of={"settings": 3, "mode": 4, "rescale": 1, "batches": 1}),
    Theme("shared", leverage=15, weights_of={"sharing": 4, "referral": 2, "preview": 3}),
    Theme("restarts", changes={"restart_batches": 2}, weights_of={"mode": 6, "restart": 4, "preview": 2}),
    Theme(
        "guarded",
        leverage=15,
        waits=(0, 1, 10, 11, 3_600, 20_000),
        weights_of={
            "settings": 4,
            "raise_margins": 4,
            "caps": 1,
            "restrict": 1,
            "mode": 4,
            "pause": 3,
            "withdraw": 5,
        },
    ),
    Theme("withdrawals", leverage=15, weights_of={"withdraw": 8, "deposit": 4, "transfer": 5}),
)
_WEIGHTS: Final = {
    "order": 10.0,
    "ladder": 2,
    "close": 3,
    "cancel": 3,
    "cancel_all": 1,
    "sweep": 1,
    "auction": 5,
    "sync": 2,
    "deposit": 1,
    "withdraw": 2,
    "transfer": 1,
    "doubt": 0.5,
    "outage": 0.2,
    "settings": 0.2,
    "raise_margins": 0.1,
    "caps": 0.05,
    "restrict": 0.05,
    "pause": 0.05,
    "batches": 0.02,
    "mode": 0.3,
    "rescale": 0.05,
    "tip": 0.3,
    "stranger": 0.5,
    "sharing": 0.3,
    "referral": 0.1,
    "restart": 0.1,
    "preview": 0.5,
}


class Campaign:
    """A random story, made from a seed and a theme (the seed's own where that is None)."""

    pair_of: type[EnginePair] = EnginePair

    def __init__(self, seed: int, theme: Theme | None = None) -> None:
        self.random = random.Random(seed)
        self.theme = theme = theme or THEMES[seed % len(THEMES)]
        self.weights = {**_WEIGHTS, **theme.weights_of}
        self.done: Counter[str] = Counter()
        self.steps = 0
        self.last = "deploy"
        self.pair = pair = self.pair_of((), decimals=theme.decimals)
        self.fair = list(START_PRICES[: theme.markets])
        for market, price in enumerate(self.fair):
            settings = replace(SETTINGS, **theme.changes)
            pair.list(price, settings, theme.interval, LOT_SIZES[market], TICK_SIZES[market])
        self.accounts = [
            pair.fund(number, self.random.choice((1_000, 10_000, 50_000)) * pair.usd, sub)
            for number in range(1, theme.traders + 1)
            for sub in range(self.random.choice((1, 1, 2)))
        ]
        for account in self.accounts:
            pair.mint(pair.owner(account), 10**6 * pair.usd)
        self.orders: list[tuple[int, int, int]] = []

    def run(self, steps: int, check_every: int = 1) -> Counter[str]:
        """Act `steps` times; everything is compared each `check_every` steps and at the end."""
        self.pair.check_every = check_every
        for _ in range(steps):
            self.step()
        self.last = "settle everybody"
        self.pair.settle_everybody()
        for market in self.pair.model.markets.values():
            self.done["traded"] += market.book.market().auctions
        return self.done

    def step(self) -> None:
        """Let time pass and prices move, then one thing happen."""
        self.steps += 1
        self.pair.advance(self.pick(self.theme.waits))
        for market in range(len(self.fair)):
            self.move(market)
        names = list(self.weights)
        name = self.random.choices(names, [self.weights[name] for name in names])[0]
        self.last = name
        getattr(self, name)()
        self.note(name)

    def note(self, name: str) -> None:
        """Count what was done, or why it was refused."""
        self.done[name] += 1
        if self.pair.refusal:
            self.done[f"{name}: {self.pair.refusal}"] += 1

    # ------------------------------------------------------------ draws

    def pick(self, choices: Sequence[Any]) -> Any:
        """One of them."""
        return self.random.choice(choices)

    def chance(self, share: float) -> bool:
        """Whether it happens."""
        return self.random.random() < share

    def market(self) -> int:
        """One of the markets."""
        return self.random.randrange(len(self.fair))

    def move(self, market: int) -> None:
        """A price drifts, or jumps."""
        if self.chance(0.5):
            return
        by = self.random.gauss(0, self.theme.drift)
        if self.chance(self.theme.jumps):
            by = self.random.uniform(-0.3, 0.3)
        self.fair[market] = max(ONE // 100, int(self.fair[market] * (1 + by)))
        confidence = self.fair[market] // 50 if self.chance(self.weights["doubt"] / 40) else 0
        self.pair.say(market, self.fair[market], confidence)

    def tick(self, market: int, is_ask: bool) -> int:
        """A limit: near the mark, rather on the passive side; at times at the edge of the band."""
        here = self.pair.model.markets[market]
        lowest, highest = self.pair.model.band(market)
        if self.chance(0.05):
            return self.pick((lowest, lowest - 1, highest, highest + 1))
        middle = here.tick(here.mark.mark)
        away = int(abs(self.random.gauss(0, 0.004)) * middle) * (1 if is_ask else -1)
        if self.chance(0.4):
            away = -away
        return max(1, min(middle + away, MAX_TICK))

    def lots(self, account: int, market: int) -> int:
        """A size, of what the account is worth."""
        here = self.pair.model.markets[market]
        worth = max(self.pair.model.margin(account).equity, self.pair.usd)
        share = self.random.random() ** 2 * self.theme.leverage
        lots = int(worth * share) * here.one // max(here.mark.mark, 1)
        return max(1, min(lots, MAX_ORDER))

    def new_order(self, account: int, market: int) -> NewOrder:
        """An order of any kind."""
        is_ask = self.chance(0.5)
        kind = self.pick(("limit", "limit", "limit", "ioc", "post", "timed", "reduce"))
        return NewOrder(
            is_ask=is_ask,
            tick=self.tick(market, is_ask),
            lots=self.lots(account, market),
            batch_only=kind == "ioc",
            post_only=kind == "post",
            reduce_only=kind == "reduce",
            expiry=self.pair.evm.time + self.pick((1, 20, 100)) if kind == "timed" else 0,
        )

    # ------------------------------------------------------------ actions

    def order(self) -> None:
        """An order of somebody."""
        account, market = self.pick(self.accounts), self.market()
        order_id = self.pair.place(account, self.new_order(account, market), market)
        if order_id is not None:
            self.orders.append((account, market, order_id))

    def close(self) -> None:
        """Somebody closes, or turns, a position at once."""
        account, market = self.pick(self.accounts), self.market()
        position = self.pair.model.account(account).positions.get(market)
        if position and position.lots:
            lots = abs(position.lots) * self.pick((1, 1, 2)) // self.pick((1, 1, 2))
            is_ask = position.lots > 0
            lowest, highest = self.pair.model.band(market)
            order = NewOrder(
                is_ask=is_ask,
                tick=lowest + 1 if is_ask else highest - 1,
                lots=max(1, min(lots, MAX_ORDER)),
                batch_only=True,
                reduce_only=self.chance(0.5),
            )
            self.pair.place(account, order, market)

    def ladder(self) -> None:
        """Somebody moves some of his orders, or places several."""
        account, market = self.pick(self.accounts), self.market()
        old = [order_id for owner, where, order_id in self.orders if (owner, where) == (account, market)]
        old = old[-self.random.randint(0, 4) :] if old else []
        new = [self.new_order(account, market) for _ in range(self.random.randint(0, 4))]
        placed = self.pair.replace(account, old, new, market)
        for order_id in placed or ():
            self.orders.append((account, market, order_id))

    def cancel(self) -> None:
        """Somebody cancels an order, or part of it."""
        if self.orders:
            account, market, order_id = self.pick(self.orders[-40:])
            self.pair.cancel(account, order_id, self.pick((1, 5, MAX_ORDER)), market)

    def cancel_all(self) -> None:
        """Somebody cancels all."""
        self.pair.cancel_all(self.pick(self.accounts), self.market())

    def sweep(self) -> None:
        """Somebody sweeps orders."""
        if self.orders:
            account, market, order_id = self.pick(self.orders[-40:])
            self.pair.sweep(account, [order_id], market)

    def auction(self) -> None:
        """Somebody runs an auction, most often one that is due."""
        market = self.market()
        if self.chance(0.8):
            due = self.pair.model.markets[market].mark.due
            self.pair.advance(max(0, due - self.pair.evm.time))
        self.pair.auction(market, address(0x100 + self.random.randrange(3)))

    def sync(self) -> None:
        """Somebody is settled."""
        self.pair.sync(self.pick(self.accounts))

    def deposit(self) -> None:
        """Somebody adds collateral."""
        account = self.pick(self.accounts)
        self.pair.deposit(self.pair.owner(account), account, self.random.randint(0, 1_000 * self.pair.usd))

    def free(self, account: int) -> int:
        """What may be taken out, as far as is known before it is settled."""
        standing = self.pair.model.margin(account, unkind=True)
        collateral = self.pair.model.account(account).collateral
        return max(0, min(collateral, standing.equity - standing.initial))

    def withdraw(self) -> None:
        """Somebody takes out some, all that he may, or one unit more."""
        account = self.pick(self.accounts)
        if self.chance(0.5):
            self.pair.sync(account)
        free = self.free(account)
        self.pair.withdraw(account, self.pick((free, free + 1, free // 2, free // 10, 0)))

    def transfer(self) -> None:
        """Somebody moves collateral between sub-accounts."""
        account = self.pick(self.accounts)
        free = self.free(account)
        to = account ^ self.pick((1, 1, 2, 0))
        self.pair.transfer(account, to, self.pick((free, free + 1, free // 3)))

    def stranger(self) -> None:
        """Somebody reaches for what is another's."""
        account = self.pick(self.accounts)
        stranger = self.pair.owner(self.pick(self.accounts))
        if self.chance(0.5):
            self.pair.withdraw(account, self.free(account), stranger)
        else:
            self.pair.transfer(account, account ^ 1, self.free(account) // 2, stranger)

    def tip(self) -> None:
        """The runners' pot is filled."""
        pot = self.pair.model.tip_account
        self.pair.mint(TREASURY, self.pair.usd)
        self.pair.deposit(TREASURY, pot, self.random.randint(0, self.pair.usd))

    def doubt(self) -> None:
        """A market's source becomes unsure."""
        market = self.market()
        self.pair.say(market, self.fair[market], self.fair[market] // 75)
        self.pair.refusal = None

    def outage(self) -> None:
        """A market's source fails, or recovers; or its price is halted."""
        market = self.market()
        self.pair.sources[market].behave(self.pick((Manner.ANSWER, Manner.ANSWER, Manner.REVERT)))
        if self.chance(0.3):
            halted = self.chance(0.5)
            (self.pair.router.halt if halted else self.pair.router.resume)(market, sender=address(0x0A))
        self.pair.refusal = None

    def settings(self) -> None:
        """A market has other settings, a day later, or too soon; at times as if listed with them."""
        market = self.market()
        base: MarketSettings = replace(SETTINGS, **self.theme.changes)
        if self.chance(0.3):
            new = replace(
                base,
                initial_ppm=self.pick((10_000, 50_000, 200_000, 1_000_000)),
                maintenance_bps=self.pick((1_000, 5_000, 9_000)),
                maker_ppm=self.pick((-300, -50, 0, 100)),
                taker_ppm=self.pick((500, 10_000)),
                interest=self.pick((-1_000_000, 0, 100_000)),
                band_bps=self.pick((10, 2_000, 5_000)),
                mark_band_bps=self.pick((10, 500, 2_000)),
                tip=self.pick((0, 100_000)),
                restart_batches=self.pick((0, 1, 3)),
            )
            if self.chance(0.5):
                self.pair.begin_with(market, new)
                self.pair.refusal = None
            else:
                self.pair.configure(market, new)  # too large a step, most often
            return
        if self.chance(0.6):
            self.wait_a_day()
        now = self.pair.model.markets[market].settings
        share = self.pick((0, 0, -0.5, -0.2, -0.1, 0.1, 0.3, 0.5, 0.51))
        names = self.pick(
            (("initial_ppm",), ("maintenance_bps",), ("initial_ppm", "maintenance_bps"), ("tip",))
        )
        changes = {name: int(getattr(now, name) * (1 + share)) for name in names}
        changes |= {"open_cap": min(2**36 - 1, int(now.open_cap * self.pick((1, 1, 0.5, 1.5, 1.6))))}
        changes |= {"maker_ppm": now.maker_ppm + self.pick((-100, 0, 0, 1))}
        new = replace(now, **changes)
        new = replace(
            new,
            initial_ppm=max(10_000, min(new.initial_ppm, 1_000_000)),
            maintenance_bps=max(1_000, min(new.maintenance_bps, 9_000)),
            maker_ppm=max(-(new.taker_ppm * 6 // 10), min(new.maker_ppm, new.taker_ppm)),
            tip=min(new.tip, 2**40 - 1),
        )
        self.pair.configure(market, new)

    def wait_a_day(self) -> None:
        """A day passes, and prices are told anew."""
        self.pair.advance(86_400)
        for market, price in enumerate(self.fair):
            self.pair.say(market, price)

    def raise_margins(self) -> None:
        """The guardian raises margins: a step, too far, too soon, or down."""
        market = self.market()
        if self.chance(0.4):
            self.wait_a_day()
        now = self.pair.model.markets[market].settings
        initial = int(now.initial_ppm * self.pick((1, 1.1, 1.5, 1.51, 0.99)))
        bps = int(now.maintenance_bps * self.pick((1, 1, 1.1, 0.9)))
        within = min(initial, 1_000_000), max(1_000, min(bps, 9_000))
        self.pair.tighten(market, max(10_000, within[0]), within[1], (now.open_cap, now.account_cap))

    def caps(self) -> None:
        """The guardian lowers caps, or would raise them."""
        market = self.market()
        now = self.pair.model.markets[market].settings
        caps = (int(now.open_cap * self.pick((1, 0.9, 0.5))), int(now.account_cap * self.pick((1, 0.9))))
        if self.chance(0.2):
            caps = now.open_cap, now.account_cap + 1
        self.pair.tighten(market, now.initial_ppm, now.maintenance_bps, (caps[0], min(caps[1], 2**34 - 1)))

    def restrict(self) -> None:
        """The guardian sets a stricter mode, or one that he may not."""
        self.pair.restrict(
            self.market(), self.pick((Mode.POST_ONLY, Mode.REDUCE_ONLY, Mode.HALTED, Mode.ACTIVE))
        )

    def pause(self) -> None:
        """The guardian pauses, or the owner ends it."""
        what = self.pick(("deposits", "withdrawals", "withdrawals", ""))
        if what:
            self.pair.pause(what)
        else:
            self.pair.unpause()

    def batches(self) -> None:
        """Batches of another length, by a step, or too far; continuous mode stays what it is."""
        market = self.market()
        now = self.pair.model.markets[market].book.market()
        if now.interval:
            interval = max(1, min(now.interval + self.pick((0, 5, -5, 200)), 3_601))
            self.pair.configure_book(market, interval, max(1, now.min_lots + self.pick((0, 0, 1, -1))))

    def mode(self) -> None:
        """A market has another mode."""
        modes = (Mode.ACTIVE, Mode.ACTIVE, Mode.ACTIVE, Mode.POST_ONLY, Mode.REDUCE_ONLY, Mode.HALTED)
        self.pair.set_mode(self.market(), self.pick(modes))
        self.pair.refusal = None

    def restart(self) -> None:
        """A market is halted, and active again, after a while or at once."""
        market = self.market()
        self.pair.set_mode(market, Mode.HALTED)
        self.pair.advance(self.pick((0, 1, 30)))
        self.pair.set_mode(market, Mode.ACTIVE)
        self.pair.refusal = None

    def sharer(self) -> str:
        """One who has a part in fees: nobody, somebody from outside, or a trader."""
        choices = ("0x" + 40 * "0", address(0x200), address(0x201), self.pair.owner(self.pick(self.accounts)))
        return str(self.pick(choices))

    def sharing(self) -> None:
        """Somebody names a referrer and a builder."""
        ppm = self.pick((0, 1, 100, 777, 1_000, 1_001))
        self.pair.set_sharing(self.pick(self.accounts), self.sharer(), self.sharer(), ppm)

    def referral(self) -> None:
        """A referrer has another part."""
        self.pair.set_referral(self.pick((address(0x200), address(0x201))), self.pick((0, 1, 999, 3_000)))
        self.pair.refusal = None

    def preview(self) -> None:
        """Somebody asks what an order would do, and then places it."""
        account, market = self.pick(self.accounts), self.market()
        order = self.new_order(account, market)
        found = self.pair.engine.preview(account, market, order)
        self.pair.place(account, order, market)
        self.pair.check_preview(found, account, market, order)

    def rescale(self) -> None:
        """A market has another tick size."""
        market = self.market()
        size = TICK_SIZES[market] * self.pick((1, 2, 10))
        self.pair.rescale(market, size)


if __name__ == "__main__":
    sys.exit(main("tests.support.engine_campaign", Campaign, THEMES))
