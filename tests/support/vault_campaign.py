"""A random story of the vault from a seed: contract and model side by side, over a real exchange.

Providers come, ask back and claim; traders take the vault's quotes; prices move, and at times nobody knows
them. Each seed has a theme, in turn.

Usage: python -m tests.support.vault_campaign; tests/support/hunting.py tells the rest.
"""

import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.support.engine import LOT, OWNER, SETTINGS, TICK
from tests.support.hunting import main
from tests.support.oracle import ONE, Manner
from tests.support.vault import DONOR, PROVIDERS, VaultPair
from walras.devtools.evm import address
from walras.model.account import Question
from walras.model.book import MAX_TICK, NewOrder
from walras.model.vault import (
    ANY,
    BPS,
    DAY,
    MAX_ASSETS,
    MAX_SHARES_PER_UNIT,
    NOBODY,
    QUOTE_STEPS,
    SKEW_STEP,
    VIRTUAL_SHARES,
    QuoteSettings,
)

START_PRICES: Final = (2_000 * ONE, 20 * ONE)
LOT_SIZES: Final = (LOT, 100 * LOT)
TICK_SIZES: Final = (TICK, TICK // 100)
OPERATOR: Final = address(0x0F)
STRANGER: Final = address(0x66)


@dataclass(frozen=True, slots=True)
class Theme:
    """What the stories of a campaign are about."""

    name: str
    decimals: int = 6
    amounts: tuple[int, ...] = (10, 1_000, 1_000, 20_000)  # whole tokens
    units: tuple[int, ...] = ()  # amounts in units, instead
    drift: float = 0.002
    jumps: float = 0.01
    doubts: float = 0.05  # chance that a price comes with a wide range
    outages: float = 0.0
    waits: tuple[int, ...] = (0, 0, 1, 5, 30, 61)
    fees: tuple[tuple[int, int], ...] = ((0, 0), (10, 50), (100, 900))
    leverage: tuple[int, ...] = (1_000, 20_000, 100_000)
    changes: dict[str, Any] = field(default_factory=dict)  # of the markets' settings
    weights_of: dict[str, float] = field(default_factory=dict)


THEMES: Final = (
    Theme("calm"),
    Theme("run", weights_of={"ask": 6, "claim": 6, "take": 2}, fees=((100, 900), (3, 7))),
    Theme("doubts", doubts=0.4, drift=0.01),
    Theme("outages", outages=0.15),
    Theme(
        "crash",
        jumps=0.1,
        drift=0.02,
        leverage=(100_000,),
        weights_of={"take": 6, "gift": 2, "ruin": 4},
        amounts=(100, 1_000),
    ),
    Theme("tiny", units=(1, 2, 3, 7, 1_000, 10**6), weights_of={"gift": 2, "take": 1}),
    Theme("wei", decimals=18, doubts=0.2),
    Theme(
        "margin",
        leverage=(100_000,),
        changes={"initial_ppm": 500_000},
        weights_of={"take": 6, "claim": 5, "ask": 4},
        drift=0.004,
    ),
    Theme("governed", weights_of={"settings": 4}),
    Theme("slow", waits=(0, 30, 600, DAY), changes={"max_mark_age": 3_600}),
    Theme("capped", changes={"open_cap": 5_000}, weights_of={"take": 6}),
)
_WEIGHTS: Final = {
    "enter": 3.0,
    "mint": 1.5,
    "ask": 2.5,
    "claim": 2.5,
    "take": 4,
    "auction": 2,
    "shares": 1,
    "operator": 0.5,
    "gift": 0.3,
    "donate": 0.2,
    "set_aside": 0.4,
    "settings": 0.4,
    "questions": 1,
    "round_trip": 0.5,
    "wrong": 0.5,
    "ruin": 0.05,
}


class Campaign:
    """One vault, its providers, a few traders, and what happened."""

    def __init__(self, seed: int, theme: Theme | None = None) -> None:
        self.random = random.Random(seed)
        self.theme = theme = theme or THEMES[seed % len(THEMES)]
        self.weights = {**_WEIGHTS, **theme.weights_of}
        self.done: Counter[str] = Counter()
        """Actions by name, those refused with their reason."""
        self.steps = 0
        self.last = "deploy"
        unit = 10**theme.decimals
        self.pair = pair = VaultPair((), decimals=theme.decimals, cap=10**6 * unit)
        self.fair = list(START_PRICES)
        for market, price in enumerate(self.fair):
            settings = replace(SETTINGS, **theme.changes)
            pair.list(price, settings, 10, LOT_SIZES[market], TICK_SIZES[market])
            pair.quote_in(market, self.quotes(5_000))
        pair.set_exit_fee(*self.pick(theme.fees))
        self.traders = [pair.fund(number, 10**6 * unit) for number in (11, 22, 33)]
        pair.check_every = 3
        pair.holders += [OPERATOR, STRANGER]

    def run(self, steps: int, check_every: int = 1) -> Counter[str]:
        """Act `steps` times; all views are compared each `check_every` steps and at the end."""
        for step in range(steps):
            self.step()
            if step % check_every == 0:
                self.check()
        self.check()
        self.last = "settle everybody"
        self.pair.settle_everybody()
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
        self.pair.refusal = None
        getattr(self, name)()
        self.done[f"{name}: {self.pair.refusal}" if self.pair.refusal else name] += 1

    def check(self) -> None:
        """Compare all views."""
        self.last = "check"
        self.pair.check((0, self.amount(), self.amount() * VIRTUAL_SHARES, MAX_ASSETS, ANY))

    # ------------------------------------------------------------ draws

    def pick(self, choices: Sequence[Any]) -> Any:
        """One of some."""
        return self.random.choice(choices)

    def chance(self, share: float) -> bool:
        """Whether it happens."""
        return self.random.random() < share

    def who(self) -> str:
        """A provider."""
        return str(self.pick(PROVIDERS))

    def amount(self) -> int:
        """Of tokens, in units."""
        if self.theme.units:
            return int(self.pick(self.theme.units))
        return int(self.pick(self.theme.amounts)) * self.pair.usd * self.random.randint(1, 1_000) // 1_000

    def quotes(self, allocation: int) -> QuoteSettings:
        """How to quote."""
        leverage, spread = self.pick(self.theme.leverage), self.pick((100, 1_000, 20_000, 100_000))
        return QuoteSettings(
            allocation_bps=allocation,
            leverage_bps=leverage,
            spread_ppm=spread,
            skew_ppm=min(spread, self.pick((0, 500, 30_000, 100_000))),
            depth_bps=self.pick((1, 2_500, 10_000)),
        )

    def move(self, market: int) -> None:
        """A price drifts, or jumps, or is not known for a while."""
        if self.chance(self.theme.outages):
            if self.chance(0.5):
                self.pair.sources[market].behave(self.pick((Manner.ANSWER, Manner.ANSWER, Manner.REVERT)))
            else:
                call = self.pick((self.pair.router.halt, self.pair.router.resume, self.pair.router.resume))
                call(market, sender=address(0x0A))
        if self.chance(0.5):
            return
        by = self.random.gauss(0, self.theme.drift)
        if self.chance(self.theme.jumps):
            by = self.random.uniform(-0.2, 0.2)
        self.fair[market] = max(ONE // 100, int(self.fair[market] * (1 + by)))
        self.say(market)

    def say(self, market: int) -> None:
        """The source publishes, at times in doubt."""
        wide = self.fair[market] // 75 if self.chance(self.theme.doubts) else 0
        self.pair.say(market, self.fair[market], wide)

    # ------------------------------------------------------------ providers

    def enter(self) -> None:
        """Somebody deposits, at times up to the cap."""
        amount = self.amount()
        if self.chance(0.05):
            self.pair.sync(self.pair.account_of_vault)
            amount = self.pair.reference.max_deposit(PROVIDERS[0]) + self.pick((0, 1))
            if amount > 10**5 * self.pair.usd and self.chance(0.9):
                amount = self.amount()
        self.pair.enter(amount, self.who(), self.who() if self.chance(0.2) else None)

    def mint(self) -> None:
        """Somebody buys a number of shares."""
        price = self.pair.reference.price(self.pair.reference.worth.high)
        shares = int(self.amount() / price) + self.pick((0, 1))
        self.pair.buy_shares(self.pick((shares, shares, shares // 7, 1)), self.who())

    def ask(self) -> None:
        """Somebody asks shares back, for himself or for one whose operator he is."""
        who = self.who()
        shares = self.pair.reference.balance_of(who)
        part = self.random.randint(0, shares)
        shares = self.pick((shares, part, part, min(shares, 1), shares + 1))
        if self.chance(0.2):
            self.pair.ask_back(shares, OPERATOR, self.pick((OPERATOR, who)), who)
        elif self.chance(0.1):
            self.pair.ask_back(shares, who, self.who())
        else:
            self.pair.ask_back(shares, who)

    def claim(self) -> None:
        """Somebody claims, by shares or by assets; often one is waited for."""
        pair = self.pair
        waiting = sorted((r.claimable_from, who) for who, r in pair.reference.requests.items())
        if waiting and waiting[0][0] > pair.evm.time and self.chance(0.5):
            pair.advance(waiting[0][0] - pair.evm.time - self.pick((0, 0, 0, 1)))
            for market in range(len(self.fair)):
                self.say(market)
        who = self.pick(waiting)[1] if waiting and self.chance(0.9) else self.who()
        sender = OPERATOR if self.chance(0.1) else who
        to = self.pick((None, None, STRANGER))
        if self.chance(0.5):
            pair.sync(pair.account_of_vault)
        if self.chance(0.5):
            most = pair.reference.max_redeem(who)
            asked = pair.reference.request_of(who).shares
            shares = self.pick((most, most, asked, self.random.randint(0, asked), most + 1, asked + 1))
            pair.claim(shares, sender, to, who)
        else:
            most = pair.reference.max_withdraw(who)
            part = self.random.randint(0, most)
            pair.claim_assets(self.pick((most, most, part, most + 1, 1)), sender, to, who)

    def shares(self) -> None:
        """Shares change hands."""
        who, to = self.who(), self.pick((*PROVIDERS, NOBODY, self.pair.home))
        held = self.pair.reference.balance_of(who)
        amount = self.pick((self.random.randint(0, held), held, held + 1))
        kind = self.pick(("give", "approve", "from"))
        if kind == "give":
            self.pair.give(to, amount, who)
        elif kind == "approve":
            self.pair.approve(OPERATOR, self.pick((amount, ANY, 0)), who)
        else:
            self.pair.give_from(who, to, amount, OPERATOR)

    def operator(self) -> None:
        """Somebody takes on an operator, or lets him go."""
        self.pair.set_operator(OPERATOR, self.chance(0.5), self.who())

    def wrong(self) -> None:
        """Somebody reaches for what is another's, or gives to nobody."""
        who, to = self.who(), self.pick((NOBODY, self.pair.home))
        kind = self.pick(("claim", "ask", "enter", "receiver"))
        if kind == "claim":
            self.pair.claim(1, STRANGER, None, who)
        elif kind == "ask":
            self.pair.ask_back(1, STRANGER, STRANGER, who)
        elif kind == "enter":
            self.pair.enter(self.amount(), who, to)
        else:
            self.pair.claim(max(1, self.pair.reference.max_redeem(who)), who, to)

    def gift(self) -> None:
        """Somebody adds to the vault's account, as fees will be; to a ruined one what it needs."""
        amount = self.amount() // 10
        low = self.pair.reference.worth.low
        edge = -(-(self.pair.reference.supply + VIRTUAL_SHARES) // MAX_SHARES_PER_UNIT) - 1
        if low < edge:
            amount = self.pick((max(0, -low), max(0, 1 - low), edge - low - 1, edge - low))
        self.pair.gift(amount)

    def ruin(self) -> None:
        """A price moves against the vault by about as much as it has."""
        market = self.random.randrange(len(self.fair))
        lots, low = self.position(market), self.pair.reference.worth.low
        if lots and low > 0:
            size = abs(lots) * LOT_SIZES[market] * self.pair.usd
            move = low * 10**36 // size * self.pick((50, 98, 100, 100, 101)) // 100
            self.fair[market] = max(ONE // 100, self.fair[market] - (move if lots > 0 else -move))
            self.pair.say(market, self.fair[market])
            self.pair.advance(61)
            self.pair.sync(self.pair.account_of_vault)
            self.pair.recall_backstop(0, DONOR)
            self.done[f"recall: {self.pair.refusal}"] += 1

    def donate(self) -> None:
        """Tokens come without a call."""
        self.pair.donate(self.amount())

    def set_aside(self) -> None:
        """A budget for the backstop, or some of it back, by the owner or by somebody."""
        worth = self.pair.reference.worth
        amount = self.random.choice((0, 1, max(0, worth.low) // 10, self.amount()))
        if self.chance(0.6):
            self.pair.fund_backstop(amount)
        else:
            self.pair.recall_backstop(amount, self.random.choice((OWNER, DONOR)))
            self.run_on_it()

    def run_on_it(self) -> None:
        """All ask back what they have, and somebody recalls what is short and no more. Then all is undone."""
        pair, saved = self.pair, self.pair.save()
        for who in PROVIDERS:
            pair.ask_back(pair.reference.balance_of(who), who)
        worth = pair.reference.worth
        short = max(0, pair.reference.owed(worth.low) - worth.free)
        for amount in (short + 1, short):
            pair.recall_backstop(amount, DONOR)
            self.done[f"recall: {pair.refusal}"] += 1
        pair.refusal = None
        pair.restore(saved)

    def round_trip(self) -> None:
        """Whatever came before, who enters and leaves gets no more than he put in. Then all is undone."""
        pair, saved = self.pair, self.pair.save()
        amount = self.amount()
        if self.chance(0.5):
            shares = pair.enter(amount, DONOR)
            paid = amount
        else:
            shares = max(1, int(amount / pair.reference.price(pair.reference.worth.high)))
            paid = pair.buy_shares(shares, DONOR) or 0
        if pair.refusal is None and pair.ask_back(shares or 0, DONOR) is not None:
            pair.wait()
            pair.sync(pair.account_of_vault)
            if self.chance(0.5):
                got = pair.claim(pair.reference.max_redeem(DONOR), DONOR) or 0
            else:
                got = pair.reference.max_withdraw(DONOR)
                got = got if pair.claim_assets(got, DONOR) is not None else 0
            assert got <= paid, "inv_42"
            self.done["round trips"] += got > 0
        pair.refusal = None
        pair.restore(saved)

    # ------------------------------------------------------------ the market

    def take(self) -> None:
        """A trader takes what the vault quotes, and the auction runs."""
        market, trader = self.random.randrange(len(self.fair)), self.pick(self.traders)
        is_ask = self.chance(0.5)
        here = self.pair.model.markets[market]
        if self.pair.evm.time >= here.mark.due:
            self.auction(market)
        lowest, highest = self.pair.model.band(market)
        lots = int(self.random.random() ** 2 * 20_000) + 1
        tick = lowest + 1 if is_ask else highest - 1
        self.pair.place(trader, NewOrder(is_ask, max(1, min(tick, MAX_TICK)), lots, batch_only=True), market)
        if self.pair.refusal is None:
            self.auction(market)

    def auction(self, market: int | None = None) -> None:
        """An auction runs on a new price; where the vault's position grows it is within its limit and cap."""
        market = self.random.randrange(len(self.fair)) if market is None else market
        pair = self.pair
        before = self.position(market)
        pair.advance(max(0, pair.model.markets[market].mark.due + 1 - pair.evm.time))
        self.say(market)
        asked: list[Question] = []
        pair.model.quoter = lambda question: (asked.append(question), pair.reference.quotes(question))[1]
        cleared = pair.auction(market)
        pair.model.quoter = pair.reference.quotes
        after = self.position(market)
        if cleared is not None and after != before:
            self.done["vault traded"] += 1
            self.done["vault traded in doubt"] += asked[0].wider
        if asked and (abs(after) > abs(before) or after * before < 0):
            assert self.is_within(asked[0], after), "inv_28"
            side = self.pair.engine.open_interest(market)[0 if after > 0 else 1]
            assert side <= self.pair.model.markets[market].settings.open_cap, "inv_27"
            self.done["vault grew"] += 1

    def position(self, market: int) -> int:
        """Lots of the vault, as the contract says."""
        return int(self.pair.engine.position(self.pair.account_of_vault, market)[0])

    def is_within(self, question: Question, lots: int) -> bool:
        """Whether a position is within its budget, reckoned from the contract's words alone."""
        allocation, leverage, *_ = self.pair.vault.quote_settings(question.market)
        vault, have = self.pair.vault, max(0, question.collateral)
        theirs = vault.balanceOf(vault.address) * (have + 1) // (vault.totalSupply() + VIRTUAL_SHARES)
        base = have - min(vault.pending_value(), theirs)
        capital = max(0, base * allocation // BPS + min(0, question.profit))
        return abs(lots) * question.mark * question.unit <= capital * leverage // BPS

    def questions(self) -> None:
        """What the vault would quote, whatever it holds."""
        tick = self.pick((1, 2, 3, 20_000, self.random.randint(1, MAX_TICK), MAX_TICK - 1, MAX_TICK))
        wide = self.pick((0, 1, tick // 100))
        lots = self.pick((0, 1, -1, self.random.randint(-(10**5), 10**5), 2**39 - 1, -(2**39 - 1)))
        collateral = self.amount() * self.pick((1, 1, 1_000_000, -1))
        found = self.pair.ask(
            Question(
                market=self.pick((0, 1, 2)),
                unit=self.pick((1, 100, 10**6)),
                mark=tick,
                low=max(1, tick - wide),
                high=min(MAX_TICK, tick + wide),
                wider=self.chance(0.5),
                lots=lots,
                collateral=collateral,
                profit=self.pick((0, 1, -1, -collateral // 3, collateral)),
            )
        )
        if found.bid_lots and found.ask_lots:
            assert found.bid_tick < found.ask_tick

    # ------------------------------------------------------------ governance

    def change_quotes(self, market: int) -> None:
        """As if from the beginning, too far most often, or by a step of one or two numbers."""
        pair = self.pair
        if self.chance(0.5):
            new = self.quotes(self.pick((0, 1, 5_000, 10_000)))
            others = pair.reference.allocated_bps - pair.reference.quote_settings(market).allocation_bps
            if self.chance(0.5) and others + new.allocation_bps <= BPS:
                pair.begin_with_quotes(market, new)
            else:
                pair.quote_in(market, new)
            return
        if self.chance(0.3):
            pair.advance(DAY)
        now = pair.reference.quote_settings(market)
        changes = {}
        for _ in range(2):
            name, least = self.pick((*(one[:2] for one in QUOTE_STEPS), ("skew_ppm", SKEW_STEP)))
            value = getattr(now, name)
            changes[name] = max(
                0, value + self.pick((least, -least, value // 2, -(value // 2), least + 1, -1))
            )
        pair.quote_in(market, replace(now, **changes))

    def settings(self) -> None:
        """The owner changes something."""
        pair, kind = self.pair, self.pick(("quotes", "quotes", "cooldown", "fee", "cap"))
        if kind == "quotes":
            market = self.pick((0, 1))
            self.change_quotes(market)
        elif kind == "cooldown":
            near = pair.reference.cooldown
            pair.set_cooldown(self.pick((near, near + DAY, DAY - 1, DAY, 3 * DAY, 14 * DAY, 14 * DAY + 1)))
        elif kind == "fee":
            base, slope = pair.reference.base_fee_bps, pair.reference.fee_slope_bps
            if self.chance(0.6):
                pair.set_exit_fee(self.pick((base, base + 25, base // 2)), self.pick((slope, slope + 100)))
            else:
                pair.set_exit_fee(self.pick((0, 100, 101)), self.pick((0, 300, 900, 901)))
        else:
            cap = self.pick((10**6 * pair.usd, max(0, pair.reference.worth.high) + self.amount(), MAX_ASSETS))
            pair.set_deposit_cap(cap)


if __name__ == "__main__":
    sys.exit(main("tests.support.vault_campaign", Campaign, THEMES))
