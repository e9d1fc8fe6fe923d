"""Random stories of an exchange in trouble, told to contracts and models at once.

As tests.support.engine_campaign, with keepers who call every stage of the waterfall, at the right moment and
at wrong ones, and with prices that crash. At the end of a story keepers alone put everything in order.
"""

import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from tests.support.engine import OWNER
from tests.support.engine_campaign import Campaign as Trading
from tests.support.engine_campaign import Theme as Trade
from tests.support.hunting import main
from tests.support.liquidation import KEEPER, WATERFALL
from tests.support.liquidation_laws import AuditedLiquidationPair
from tests.support.oracle import ONE, Manner
from walras.devtools.evm import address
from walras.model.actions import Status
from walras.model.book import MAX_ORDER
from walras.model.liquidation import RANKS, STEPS
from walras.model.market import Mode
from walras.model.stage import Pending, Stage

KEEPERS: Final = (KEEPER, address(0x4C))
ROUNDS: Final = 30
"""Of keepers' work after a story."""


@dataclass(frozen=True, slots=True)
class Theme(Trade):
    """What the markets, traders and safety nets of a campaign are like."""

    leverage: float = 18
    insured: int = 500  # dollars
    draw_cap: int = 10**9
    backstop: int = 20_000  # dollars; 0: there is none
    dry_after: int = 10**9  # steps from which on nobody trades any more
    waterfall: dict[str, int] = field(default_factory=dict)  # of its settings


NO_TRADE: Final = dict.fromkeys(("order", "ladder", "close", "duel", "quote", "cancel", "cancel_all"), 0.0)
THEMES: Final = (
    Theme("calm"),
    Theme("crash", drift=0.004, jumps=0.1),
    Theme("jump", traders=7, jumps=0.3, leverage=12),
    Theme("stale oracle", jumps=0.1, weights_of={"outage": 2.5}, waits=(0, 1, 3, 10, 11, 40)),
    Theme("doubt", drift=0.004, jumps=0.06, weights_of={"doubt": 14}),
    Theme("uninsured", jumps=0.15, insured=0, weights_of={"insure": 0, "withdraw": 4}),
    Theme("capped", jumps=0.15, insured=50_000, draw_cap=300, weights_of={"insure": 0}),
    Theme("no backstop", jumps=0.12, backstop=0, weights_of={"refill": 0, "another_backstop": 0}),
    Theme("full backstop", jumps=0.12, backstop=60, weights_of={"refill": 0, "take_over": 6}),
    Theme("no bids", traders=6, jumps=0.1, dry_after=60, waterfall={"patience": 1}),
    Theme("many markets", traders=6, markets=3, jumps=0.06, leverage=10),
    Theme(
        "socialised", traders=8, markets=1, jumps=0.3, insured=0, backstop=0,
        weights_of={"insure": 0, "refill": 0, "another_backstop": 0, "resolve": 6, "withdraw": 4},
    ),
    Theme("settlement", jumps=0.1, weights_of={"settle": 1.2, "outage": 1, "long_silence": 0.6}),
    Theme("continuous", interval=0, drift=0.004, jumps=0.1),
    Theme("shared", jumps=0.1, weights_of={"sharing": 4, "referral": 1}),
    Theme("arranged", jumps=0.1, weights_of={"arrangement": 3, "settings": 1, "mode": 1, "rescale": 0.5}),
    Theme("wei", decimals=18, traders=5, jumps=0.12),
    Theme("funding", waits=(0, 10, 600, 3_600), changes={"interest": -900_000, "max_mark_age": 3_600}),
)  # fmt: skip
MORE: Final = {
    "order": 4.0,
    "ladder": 1,
    "duel": 6,
    "quote": 3,
    "crash": 3,
    "keep": 16,
    "cancel_orders": 1,
    "liquidate": 1,
    "collect": 0.4,
    "take_over": 0.5,
    "resolve": 0.3,
    "nominate": 0.5,
    "nominations": 0.3,
    "deleverage": 0.3,
    "unwind": 0.7,
    "insure": 0.3,
    "refill": 0.3,
    "another_backstop": 0.1,
    "arrangement": 0.1,
    "settle": 0.05,
    "report_halt": 0.2,
    "settle_deficit": 0.5,
    "settle_position": 0.5,
    "long_silence": 0.02,
    "mode": 0.1,
    "outage": 0.1,
}


class Campaign(Trading):
    """A random story, made from a seed and a theme (the seed's own where that is None)."""

    pair_of = AuditedLiquidationPair
    pair: AuditedLiquidationPair
    theme: Theme

    def __init__(self, seed: int, theme: Theme | None = None) -> None:
        super().__init__(seed, theme or THEMES[seed % len(THEMES)])
        pair, theme = self.pair, self.theme
        self.weights |= MORE | theme.weights_of
        for market in range(len(self.fair)):
            small = replace(WATERFALL, min_notional=100 * pair.usd, tip_cap=20 * pair.usd)
            if pair.usd > 10**6:
                small = replace(small, min_notional=10 * pair.usd, tip_cap=pair.usd // 10_000)
            pair.begin_with_waterfall(market, replace(small, **theme.waterfall))
            pair.set_draw_cap(market, theme.draw_cap * pair.usd)
        if theme.insured:
            pair.insure(theme.insured * pair.usd)
        if theme.backstop:
            pair.mint(pair.owner(pair.back(theme.backstop * pair.usd)), 10**6 * pair.usd)
        self.backstops = [pair.waterfall.backstop] if theme.backstop else [0]
        self.maker = pair.fund(0x77, 10**6 * pair.usd)
        for _ in range(theme.traders):
            self.duel()

    def run(self, steps: int, check_every: int = 1) -> Counter[str]:
        """Act `steps` times, then let keepers put everything in order; see Trading."""
        self.pair.check_every = check_every
        for _ in range(steps):
            self.step()
            if self.steps == self.theme.dry_after:
                self.weights |= NO_TRADE
        self.last = "clean up"
        self.clean_up()
        self.last = "settle everybody"
        self.pair.settle_everybody()
        for market in self.pair.model.markets.values():
            self.done["traded"] += market.book.market().auctions
        self.done += self.pair.checked
        return self.done

    def step(self) -> None:
        """As any, with the last refusal forgotten."""
        self.pair.refusal = None
        super().step()

    def note(self, name: str) -> None:
        """Count what was done and met."""
        super().note(name)
        for event in self.pair.told:
            self.done[f"event {event.name}"] += 1
            if event.name == "Covered" and event.args["socialised"]:
                self.done["deficit shared"] += 1
            if event.name == "Covered" and event.args["insured"]:
                self.done["deficit insured"] += 1
            if event.name == "Collected" and event.args["filled"]:
                self.done["liquidation filled"] += 1
        self.pair.told, self.pair.refusal = [], None

    # ------------------------------------------------------------ draws

    def keeper(self) -> str:
        """Who calls: a keeper, at times a trader."""
        return self.pair.owner(self.pick(self.accounts)) if self.chance(0.1) else str(self.pick(KEEPERS))

    def everybody(self) -> list[int]:
        """All who trade."""
        return [*self.accounts, self.maker, *(one for one in self.backstops if one)]

    def victim(self) -> tuple[int, int]:
        """An account and a market: most often one that cannot carry a position."""
        if self.chance(0.1):
            return self.pick(self.accounts), self.market()
        bad = [
            (account, market)
            for account in self.everybody()
            if self.pair.waterfall.health(account)[3] & ~Stage.CANCEL
            for market in sorted(self.pair.model.account(account).positions) or [self.market()]
        ]
        pending = sorted(key for key, one in self.pair.waterfall.pendings.items() if one.lots)
        rounds = sorted(self.pair.waterfall.rounds)
        if self.chance(0.2):
            bad = [*bad, *pending, *rounds]
        return self.pick(bad) if bad else (self.pick(self.accounts), self.market())

    def others(self, account: int, market: int) -> list[int]:
        """Who could be deleveraged, from the highest score, and some who could not."""
        score = self.pair.waterfall.deleverage_score
        able = [one for one in self.everybody() if self._is_opposite(account, one, market)]
        return sorted(able, key=lambda one: (-score(one, market), one))

    def _is_opposite(self, account: int, other: int, market: int) -> bool:
        lots = [
            position.lots
            for one in (account, other)
            if (position := self.pair.model.account(one).positions.get(market))
        ]
        return len(lots) == 2 and lots[0] * lots[1] < 0

    # ------------------------------------------------------------ what leads there

    def duel(self) -> None:
        """One buys from another, both with as much leverage as they dare."""
        market = self.market()
        self.pair.say(market, self.fair[market])
        self.pair.close(market)
        here = self.pair.model.markets[market]
        buyer, seller = self.random.sample(self.accounts, 2)
        equity = min(self.pair.model.margin(one).equity for one in (buyer, seller))
        share = self.random.uniform(0.3, 0.95) * 10**6 / max(here.mark.initial_ppm, 1)
        price = here.mark.mark
        lots = min(MAX_ORDER, int(max(equity, 0) * share) * here.one // price)
        if lots:
            self.pair.sell(seller, lots, here.tick(price), market)
            self.pair.buy(buyer, lots, here.tick(price), market)
            self.pair.say(market, self.fair[market])
            self.pair.close(market)

    def quote(self) -> None:
        """A maker with deep pockets trades with whom the auction brings, near the mark."""
        market = self.market()
        self.pair.cancel_all(self.maker, market)
        here = self.pair.model.markets[market]
        away = self.random.uniform(0.001, 0.03)
        lots = self.random.randint(1, 100_000 * self.pair.usd * here.one // here.mark.mark)
        for is_ask in (True, False):
            tick = here.tick(int(here.mark.mark * (1 + (away if is_ask else -away))))
            trade = self.pair.sell if is_ask else self.pair.buy
            trade(self.maker, min(lots, MAX_ORDER), tick, market)

    def crash(self) -> None:
        """A price moves to where somebody cannot carry his position, by little or by much."""
        model, market = self.pair.model, self.market()
        held = [
            (account, market)
            for account in self.everybody()
            for market, position in sorted(model.account(account).positions.items())
            if position.lots
        ]
        by = Fraction(self.random.randint(-90, 90), 1_000)
        if held:
            account, market = self.pick(held)
            price, mark = model.liquidation_price(account, market), model.markets[market].mark.mark
            further = Fraction(self.random.randint(0, self.pick((8, 30, 60))), 1_000)
            away = Fraction(price, mark) - 1
            if price and abs(away) < Fraction(3, 10):
                is_long = model.account(account).positions[market].lots > 0
                by = away - further if is_long else away + further
        self.fair[market] = max(ONE // 100, int(self.fair[market] * (1 + by)))
        self.pair.say(market, self.fair[market])
        self.pair.close(market)

    def keep(self) -> None:
        """A keeper does what there is to be done."""
        waterfall = self.pair.waterfall
        pending = sorted(key for key, one in waterfall.pendings.items() if one.lots)
        troubled = [
            (account, market)
            for account in self.everybody()
            if waterfall.health(account)[3] & Stage.LIQUIDATE
            for market, position in sorted(self.pair.model.account(account).positions.items())
            if position.lots and (account, market) not in {*pending, *waterfall.rounds}
        ]
        choices = [(self.collect, 2 * bool(pending)), (self.deleverage, 2 * bool(waterfall.rounds))]
        choices += [
            (self.resolve, 2 * any(waterfall.health(one)[3] & Stage.RESOLVE for one in self.accounts))
        ]
        choices += [(self.liquidate, 4 * bool(troubled))]
        if any(waterfall.health(account)[3] & Stage.TAKE_OVER for account, _ in troubled):
            choices += [(self.take_over, 2), (self.nominations, 4)]
        actions = [action for action, weight in choices for _ in range(weight)]
        (self.pick(actions) if actions else self.pick((self.crash, self.crash, self.duel)))()

    # ------------------------------------------------------------ stages

    def cancel_orders(self) -> None:
        """Stage 1."""
        account, market = self.victim()
        if self.chance(0.5):
            account = self.pick(self.accounts)
        self.pair.cancel_orders(account, market, self.keeper())

    def liquidate(self) -> None:
        """Stage 2."""
        account, market = self.victim()
        self.pair.liquidate(account, market, self.keeper())

    def collect(self) -> None:
        """Its end."""
        pending = sorted(key for key, one in self.pair.waterfall.pendings.items() if one.lots)
        account, market = self.pick(pending) if pending and self.chance(0.9) else self.victim()
        if self.chance(0.5):
            due = self.pair.model.markets[market].mark.due
            self.pair.advance(max(0, due - self.pair.evm.time))
        self.pair.collect(account, market, self.keeper())

    def take_over(self) -> None:
        """Stage 3: all, some, or what the backstop can bear by its margin."""
        account, market = self.victim()
        position = self.pair.model.account(account).positions.get(market)
        held = abs(position.lots) if position else 1
        lots = self.pick((MAX_ORDER, held, held // 2, max(0, held - 1), 1, 0, self.random.randint(0, held)))
        self.pair.take_over(account, lots, market, self.keeper())

    def resolve(self) -> None:
        """Stage 4."""
        empty = [
            account for account in self.everybody() if self.pair.waterfall.health(account)[3] & Stage.RESOLVE
        ]
        account = self.pick(empty) if empty and self.chance(0.9) else self.pick(self.accounts)
        self.pair.resolve(account, self.keeper())

    def nominate(self) -> None:
        """Stage 5, one nominee."""
        account, market = self.victim()
        others = self.others(account, market)
        nominee = self.pick(others) if others and self.chance(0.85) else self.pick(self.everybody())
        self.pair.nominate(account, nominee, market, self.keeper())

    def nominations(self) -> None:
        """Stage 5, all who could be."""
        account, market = self.victim()
        others = self.others(account, market)
        self.random.shuffle(others)
        for nominee in others[: RANKS + 2]:
            self.pair.nominate(account, nominee, market, self.keeper())
            self.note("nominations")

    def deleverage(self) -> None:
        """Stage 5, at last."""
        rounds = sorted(self.pair.waterfall.rounds)
        account, market = self.pick(rounds) if rounds and self.chance(0.9) else self.victim()
        here = self.pair.waterfall.rounds.get((account, market))
        if here and self.chance(0.7):
            self.pair.advance(max(0, here.until - self.pair.evm.time))
            self.pair.say(market, self.fair[market])
        self.pair.deleverage(account, market, self.keeper(), self.pick((8, 8, 1, 2)))

    def unwind(self) -> None:
        """The backstop trades away."""
        self.pair.unwind(self.market(), self.keeper())

    # ------------------------------------------------------------ nets

    def insure(self) -> None:
        """Somebody adds to the insurance, or its cap changes."""
        if self.chance(0.5):
            self.pair.insure(self.random.randint(1, 200 * self.pair.usd))
        else:
            self.pair.set_draw_cap(self.market(), self.random.randint(0, 500 * self.pair.usd))

    def refill(self) -> None:
        """Somebody adds to the backstop."""
        account = self.pair.waterfall.backstop
        if account:
            owner = self.pair.owner(account)
            self.pair.deposit(owner, account, self.random.randint(1, 2_000 * self.pair.usd))

    def another_backstop(self) -> None:
        """Nobody, or another account, takes over."""
        if self.chance(0.3):
            self.backstops.append(self.pair.fund(0xB6, 1_000 * self.pair.usd, len(self.backstops)))
            self.pair.mint(address(0xB6), 10**6 * self.pair.usd)
        self.pair.set_backstop(self.pick(self.backstops))
        self.pair.refusal = None

    def arrangement(self) -> None:
        """A market is liquidated otherwise: as if from the beginning, too far, or by a step."""
        market = self.market()
        now = self.pair.waterfall.settings[market]
        if self.chance(0.4):
            if self.chance(0.2):
                self.wait_a_day()
            share = self.pick((0.5, 0.1, -0.1, -0.5, 0.51))
            name = self.pick(tuple(STEPS))
            value = getattr(now, name)
            near = self.pick((int(value * (1 + share)), value + STEPS[name], value + STEPS[name] + 1))
            self.pair.arrange(market, replace(now, **{name: near}))  # some are out of bounds
            return
        new = replace(
            WATERFALL,
            penalty_ppm=self.pick((0, 10_000, 50_000)),
            tip_bps=self.pick((0, 2_500, 5_000)),
            tip_cap=self.pick((0, self.pair.usd, 50 * self.pair.usd)),
            buffer_ppm=self.pick((0, 10_000, 100_000)),
            min_notional=self.pick((0, 1, 100, 1_000)) * self.pair.usd,
            patience=self.pick((1, 2, 4)),
            discount_ppm=self.pick((0, 5_000, 50_000)),
            unwind_ppm=self.pick((0, 3_000, 50_000)),
        )
        # a cap may not fit where a token has 18 decimals: that is refused by either way
        fits = new.tip_cap < 2**48 and new.min_notional < 2**64
        if fits and self.chance(0.7):
            self.pair.begin_with_waterfall(market, new)
        else:
            self.pair.arrange(market, new)  # too large a step, most often

    # ------------------------------------------------------------ ends

    def settle(self) -> None:
        """A market ends, by the owner or by anyone."""
        self.pair.settle(self.market(), self.pick((OWNER, KEEPER, KEEPER)))

    def settled(self) -> int:
        """A market, one that is settled where there is one."""
        ended = [at for at, here in self.pair.model.markets.items() if here.mode == Mode.SETTLED]
        return int(self.pick(ended)) if ended else self.market()

    def settle_deficit(self) -> None:
        """The liquidator closes who ends with a deficit."""
        self.pair.settle_deficit(self.pick(self.everybody()), self.settled(), self.keeper())

    def settle_position(self) -> None:
        """Anyone closes anybody."""
        self.pair.settle_position(self.pick(self.everybody()), self.settled(), self.keeper())

    def report_halt(self) -> None:
        """Somebody says that a price is not fit."""
        self.pair.report_halt(self.market(), self.keeper())

    def long_silence(self) -> None:
        """A market's source fails for days, and anyone may end the market if that was reported."""
        market = self.market()
        self.pair.sources[market].behave(Manner.REVERT)
        if self.chance(0.8):
            self.pair.report_halt(market, self.keeper())
        self.pair.advance(self.pick((259_199, 259_200, 300_000)))
        self.pair.settle(market, KEEPER)

    # ------------------------------------------------------------ the end of a story

    def clean_up(self) -> None:
        """Keepers alone leave nobody with a deficit, and nobody below margin who could be helped."""
        pair = self.pair
        checked, pair.check_every = pair.check_every, 10**9
        for market in range(len(self.fair)):
            pair.router.resume(market, sender=OWNER)
            pair.sources[market].behave(Manner.ANSWER)
        for _ in range(ROUNDS):
            pair.advance(31)
            for market in range(len(self.fair)):
                pair.say(market, self.fair[market])
                pair.auction(market, KEEPER)
            for account in self.everybody():
                pair.sync(account)
                self._help(account)
            if not self._is_trouble():
                break
        pair.check_every = checked
        pair.same_accounts()
        pair.same_markets()
        pair.told = []
        for account in self.everybody():
            self._check_helped(account)

    def _is_trouble(self) -> bool:
        """Whether a keeper finds anything to do."""
        waterfall = self.pair.waterfall
        waits = any(one.lots for one in waterfall.pendings.values()) or waterfall.rounds
        bad = any(waterfall.health(one)[3] & ~Stage.CANCEL for one in self.everybody())
        return bool(waits or bad)

    def _help(self, account: int) -> None:
        """One round of what a keeper does for an account."""
        pair = self.pair
        for market in range(len(self.fair)):
            if pair.waterfall.pendings.get((account, market), Pending()).lots:
                pair.collect(account, market)
            if (account, market) in pair.waterfall.rounds:
                pair.deleverage(account, market)
            position = pair.model.account(account).positions.get(market)
            if position is None or not pair.waterfall.health(account)[3] & ~Stage.CANCEL:
                continue
            if pair.model.markets[market].mode == Mode.SETTLED:
                if not pair.settle_deficit(account, market):
                    pair.settle_position(account, market)
            elif position.lots:
                failures = pair.waterfall.pendings.get((account, market), Pending()).failures
                is_tried = failures >= pair.waterfall.settings[market].patience
                if is_tried or not pair.liquidate(account, market):
                    self._hand_over(account, market)
        if pair.waterfall.health(account)[3] & Stage.RESOLVE:
            pair.resolve(account)

    def _hand_over(self, account: int, market: int) -> None:
        """What the auction does not take: to the backstop, as far as it has room, else to the others."""
        pair, lots = self.pair, abs(self.pair.model.account(account).positions[market].lots)
        while lots:
            if not pair.take_over(account, lots, market):
                if pair.refusal != "liquidation: backstop is full":
                    break
                lots //= 2
        for nominee in self.others(account, market):
            pair.nominate(account, nominee, market)

    def _check_helped(self, account: int) -> None:
        """Read from the chain: no deficit without a position; below margin only whom nobody can relieve."""
        pair = self.pair
        equity, _, maintenance, _ = pair.liquidation.health([account])[0]
        markets = pair.engine.markets_of(account)
        lots = {market: pair.engine.position(account, market)[0] for market in markets}
        self.done["helped"] += 1
        if not any(lots.values()):
            assert pair.engine.collateral(account) >= 0, (hex(account), pair.engine.collateral(account))
        elif equity < maintenance:
            for market, held in lots.items():
                fit = pair.engine.mark(market)[4] <= Status.DEGRADED
                if held and fit and pair.engine.market(market)[1] != Mode.SETTLED:
                    able = [
                        one
                        for one in self.everybody()
                        if pair.liquidation.deleverage_rank(account, market, one)
                    ]
                    assert not able or pair.model.gate > pair.evm.time, (
                        hex(account),
                        market,
                        equity,
                        maintenance,
                    )
            self.done["beyond help"] += 1


if __name__ == "__main__":
    sys.exit(main("tests.support.liquidation_campaign", Campaign, THEMES))
