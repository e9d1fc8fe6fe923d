"""A random story of the fee distributor from a seed: contract and model side by side.

Each seed has a theme, in turn: amounts, settings and troubles of a story decide which rules it reaches.

Usage: python -m tests.support.fees_campaign; tests/support/hunting.py tells the rest.
"""

import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.support.engine import USDC
from tests.support.fees import RECIPIENTS, SETTINGS, STRANGER, FeePair
from tests.support.hunting import main
from tests.support.oracle import ONE
from tests.support.traders import fill
from walras.model import fees as model
from walras.model.fees import Settings, Shares
from walras.model.insurance import MAX_AMOUNT, NOBODY
from walras.model.steps import EVERY


@dataclass(frozen=True, slots=True)
class Theme:
    """What the stories of a campaign are about."""

    name: str
    amounts: tuple[int, ...] = (10**6, 7 * 10**6, 10**9, 10**11, 9_999)
    decimals: int = 6
    trades: bool = True
    weights_of: dict[str, float] = field(default_factory=dict)  # of actions


THEMES: Final = (
    Theme("calm"),
    Theme("tiny", amounts=(1, 1, 2, 3, 5, 11, 19), trades=False, weights_of={"distribute": 8}),
    Theme("governed", weights_of={"configure": 8, "recall": 2}),
    Theme("barred", weights_of={"bar": 5, "allow": 3, "deliver": 6, "claim": 6}),
    Theme("full", amounts=(2**110, 2**108, 10**12), trades=False, weights_of={"contribute": 3}),
    Theme(
        "deficit", amounts=(10**6, 7 * 10**6, 5 * 10**7), trades=False, weights_of={"drain": 5, "cover": 2}
    ),
    Theme("wei", decimals=18, trades=False, amounts=(10**18, 10**15 + 7, 10**21 - 1)),
)
_WEIGHTS: Final = {
    "trade": 3.0,
    "fees": 3,
    "penalties": 3,
    "distribute": 5,
    "deliver": 4,
    "claim": 4,
    "configure": 2,
    "recall": 0.7,
    "donate": 0.4,
    "contribute": 0.3,
    "bar": 0.3,
    "allow": 0.4,
    "drain": 0,
    "cover": 0,
}


class Campaign:
    """One distributor, who pays it and who is paid, and what happened."""

    def __init__(self, seed: int, theme: Theme | None = None) -> None:
        self.random = random.Random(seed)
        self.theme = theme = theme or THEMES[seed % len(THEMES)]
        self.weights = {**_WEIGHTS, **theme.weights_of}
        self.done: Counter[str] = Counter()
        """Actions by name, those refused with their reason."""
        self.steps = 0
        self.last = "deploy"
        self.price = 2_000 * ONE  # of the only market
        settings = SETTINGS if seed % 3 else self.settings(NOBODY, NOBODY, 10**theme.decimals, wrong=0)
        self.pair = FeePair(settings, theme.decimals)
        self.mean = self.pair.traders() if theme.trades else ()
        if not theme.trades:
            del self.weights["trade"]
        if theme.name == "deficit":
            self.buyer = self.ruin()

    def run(self, steps: int, check_every: int = 1) -> Counter[str]:
        """Act `steps` times; all views are compared each `check_every` steps and at the end."""
        self.pair.exchange.check_every = check_every
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

    def amount(self) -> int:
        """Of tokens."""
        amount: int = self.pick(self.theme.amounts)
        return amount if self.chance(0.3) else max(1, amount * self.random.randint(1, 1_000) // 1_000)

    def shares(self, least: int, count: int, has_vault: bool, has_treasury: bool) -> Shares:
        """Shares within their bounds, often at one of them."""
        left = 10_000 - least
        sizes = []
        for most in (
            model.MAX_OTHERS,
            model.MAX_TREASURY * has_treasury,
            model.MAX_RUNNERS,
            left * has_vault,
        ):
            size = min(left, self.pick((0, most, most, self.random.randint(0, most))))
            sizes.append(size)
            left -= size
        others, treasury, runners, vault = sizes
        cuts = sorted(self.random.randint(0, others) for _ in range(count - 1))
        each = [b - a for a, b in zip([0, *cuts], [*cuts, others], strict=True)] if count else []
        insured = 10_000 - treasury - runners - vault - sum(each)
        return Shares(vault, insured, treasury, runners, tuple(each))

    def settings(self, me: str, insurance: str, unit: int, wrong: float) -> Settings:
        """New settings; with a chance something is wrong with them."""
        vault, treasury = self.pick((*RECIPIENTS, NOBODY)), self.pick((*RECIPIENTS, NOBODY))
        others = tuple(self.pick(RECIPIENTS) for _ in range(self.random.randint(0, 4)))
        terms = (len(others), vault != NOBODY, treasury != NOBODY)
        settings = Settings(
            vault,
            treasury,
            others,
            self.shares(model.MIN_INSURANCE, *terms),
            self.shares(model.MIN_INSURANCE_OF_PENALTIES, *terms),
            self.pick((0, 1, 10 * unit, model.MAX_FLOOR * unit, self.random.randint(0, 1_000 * unit))),
        )
        if not self.chance(wrong):
            return settings
        part = self.pick(("fees", "penalties"))
        shares: Shares = getattr(settings, part)
        spoiled = {
            "vault": replace(shares, vault=shares.vault + self.pick((1, 2**255))),
            "insurance": replace(shares, insurance=shares.insurance + self.pick((-1, 1, 10_001))),
            "uninsured": replace(shares, insurance=999, vault=shares.vault + shares.insurance - 999),
            "treasury": replace(shares, treasury=5_001),
            "runners": replace(shares, runners=2_001),
            "longer": replace(shares, others=(*shares.others, 0)[:4]),
        }
        changes: list[dict[str, Any]] = [{part: one} for one in spoiled.values()]
        changes += [{"vault": me}, {"vault": insurance}, {"treasury": me}, {"vault": NOBODY}]
        changes += [{"treasury": NOBODY}, {"others": (NOBODY,)}, {"others": (me,)}]
        changes += [{"floor": model.MAX_FLOOR * unit + 1}]
        return replace(settings, **self.pick(changes))

    def stepped(self) -> Settings:
        """Other recipients, and numbers a step away, or a little more."""
        old = self.pair.model.settings
        vault, treasury = self.pick(RECIPIENTS), self.pick(RECIPIENTS)
        others = tuple(self.pick(RECIPIENTS) for _ in old.others)
        floor = old.floor + self.pick((-1, 0, 1)) * self.size(model.FLOOR_STEP * self.pair.usd, old.floor)
        kinds = [self.moved(old.fees), self.moved(old.penalties)]
        if self.chance(0.3):
            return Settings(vault, treasury, others, old.fees, old.penalties, old.floor)
        return Settings(vault, treasury, others, *kinds, max(0, floor))

    def moved(self, shares: Shares) -> Shares:
        """From one to another."""
        giver, taker = self.random.sample(("vault", "insurance", "treasury", "runners"), 2)
        size = min(self.size(model.SHARE_STEP, getattr(shares, giver)), getattr(shares, giver))
        given = {giver: getattr(shares, giver) - size, taker: getattr(shares, taker) + size}
        return replace(shares, **given)

    def size(self, least: int, number: int) -> int:
        """Of a step, or a little more."""
        most = max(least, number // 2)
        size: int = self.pick((0, 1, self.random.randint(0, least), least, most, most + 1))
        return size

    # ------------------------------------------------------------ actions

    def trade(self) -> None:
        """Somebody takes, somebody makes, and back again."""
        taker, maker = self.mean if self.chance(0.5) else self.mean[::-1]
        before = self.pair.engine.collateral(self.pair.model.account(0))
        self.pair.trade(self.random.randint(1, 5_000), taker, maker)
        self.done["paid fees"] += self.pair.engine.collateral(self.pair.model.account(0)) > before

    def _earn(self, number: int) -> str | None:
        amount = self.amount()
        held = self.pair.model.engine.account(self.pair.model.account(number)).collateral
        if held + amount >= 2**110:  # account 0 is to hold the sum for a moment
            return "rich enough"
        self.pair.earn(**{("fees", "", "penalties")[number]: amount})
        return None

    def fees(self) -> str | None:
        """An amount comes into account 0."""
        return self._earn(0)

    def penalties(self) -> str | None:
        """An amount comes into account 2."""
        return self._earn(2)

    def distribute(self) -> Any:
        """Somebody distributes."""
        found = self.pair.distribute(self.pick((STRANGER, *RECIPIENTS)))
        if not isinstance(found, str):
            self.done["both kinds"] += bool(found.fees and found.penalties)
            self.done["for runners"] += found.runners != 0
        return found

    def deliver(self) -> Any:
        """Somebody delivers to the fund, a vault, or who is neither."""
        full = [one for one in RECIPIENTS if self.pair.model.deliverable[one]]
        recipients = (self.pair.fund.address, self.pick(full or RECIPIENTS), self.pick((*RECIPIENTS, NOBODY)))
        return self.pair.deliver(self.pick((*recipients[:2], *recipients)))

    def claim(self) -> Any:
        """Somebody claims, most often one who can."""
        full = [one for one in RECIPIENTS if self.pair.model.claimable[one]]
        sender = self.pick(full) if full and self.chance(0.8) else self.pick((*RECIPIENTS, STRANGER))
        return self.pair.claim(sender, self.pick((None, None, None, STRANGER, self.pick(RECIPIENTS), NOBODY)))

    def configure(self) -> Any:
        """Other settings, often on another day."""
        me, insurance = self.pair.model.address, self.pair.model.insurance
        before = self.pair.model.changed_at
        if before and self.chance(0.5):
            due = before + EVERY - self.pair.evm.time
            self.pair.exchange.advance(max(0, due + self.pick((-1, 0, 0, 0, 1))))
            self.pair.exchange.say(0, self.price)
        wild = self.chance(0.4)
        new = self.settings(me, insurance, self.pair.usd, wrong=0.7) if wild else self.stepped()
        found = self.pair.configure(new)
        self.done["a step"] += self.pair.model.changed_at != before
        self.done["another step"] += before not in (0, self.pair.model.changed_at)
        return found

    def recall(self) -> Any:
        """Of the runners' money some, all, or more."""
        held = self.pair.model.engine.account(self.pair.model.account(1)).collateral
        return self.pair.recall(self.pick((held, held + 1, self.random.randint(0, held))))

    def donate(self) -> None:
        """Tokens come without a call."""
        self.pair.donate(self.amount())

    def contribute(self) -> str | None:
        """The fund's reserve grows, up to its bound where amounts are large."""
        reserve = self.pair.model.fund.reserve
        if self.theme.name == "full":
            room = MAX_AMOUNT - reserve
            amount = self.pick((room, max(0, room - self.amount()), min(room, self.amount())))
        else:
            amount = self.amount()
        if not amount:
            return "no room"
        if self.pair.model.insurance in self.pair.barred:
            return "the fund is barred"
        self.pair.contribute(amount)
        return None

    def bar(self) -> None:
        """The token bars somebody."""
        pair = self.pair
        fixed = (pair.fund.address, pair.fees.address) if self.theme.name == "barred" else ()
        self.pair.bar(self.pick((*RECIPIENTS, *fixed)))

    def allow(self) -> str | None:
        """The token lets somebody through again."""
        if not self.pair.barred:
            return "nobody is barred"
        self.pair.bar(self.pick(sorted(self.pair.barred)), barred=False)
        return None

    def ruin(self) -> int:
        """A short loses more than it has; the account that has what the engine does not."""
        exchange = self.pair.exchange
        short, long, buyer = (
            exchange.fund(*one) for one in ((44, 1_010 * USDC), (55, 1_010 * USDC), (66, 20_000 * USDC))
        )
        fill(exchange, long, short, 10_000)
        self.price = 2_300 * ONE
        exchange.say(0, self.price)
        exchange.close()
        fill(exchange, buyer, long, 10_000, 23_000)
        exchange.withdraw(long, 3_980 * USDC)
        assert exchange.refusal is None
        return buyer

    def drain(self) -> str | None:
        """The account takes out what its margin allows: all there is, or all but what is earned."""
        parts, pair = self.pair.preview(), self.pair
        paid = parts.fees + parts.penalties - parts.runners
        equity, initial, _ = pair.engine.margin_of(self.buyer)
        leave = self.pick((0, max(0, paid - 1), paid, self.amount()))
        pair.exchange.withdraw(self.buyer, max(0, min(equity - initial, pair.engine.tracked() - leave)))
        return pair.exchange.refusal

    def cover(self) -> None:
        """Somebody deposits."""
        self.pair.exchange.fund(77, self.amount())


if __name__ == "__main__":
    sys.exit(main("tests.support.fees_campaign", Campaign, THEMES))
