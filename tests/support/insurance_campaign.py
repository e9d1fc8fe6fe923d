"""A random story of the insurance fund from a seed: contract and model side by side.

Each seed has a theme, in turn: amounts, losses and the token of a story decide which rules it reaches.

Usage: python -m tests.support.insurance_campaign; tests/support/hunting.py tells the rest.
"""

import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.hunting import main
from tests.support.insurance import (
    DONOR,
    MARKET,
    OTHER_MARKET,
    STAKERS,
    STRANGER,
    FundPair,
    Manner,
    leaving,
)
from walras.model.insurance import (
    CAP_STEP,
    DAY,
    MAX_AMOUNT,
    MAX_SHARES_PER_UNIT,
    NOBODY,
    VIRTUAL_SHARES,
    Drawn,
    Exit,
)


@dataclass(frozen=True, slots=True)
class Theme:
    """What the stories of a campaign are about."""

    name: str
    amounts: tuple[int, ...] = (10**6, 7 * 10**6, 10**9, 10**12, 1)
    losses: tuple[str, ...] = ("part", "part", "part", "reserve", "pot", "over", "lost")
    hostile: float = 0.0  # chance that the token takes to another manner
    caps: tuple[int, ...] = (MAX_AMOUNT,)
    waits: tuple[int, ...] = (0, 0, 0, 1, DAY, 3 * DAY)
    weights_of: dict[str, float] = field(default_factory=dict)  # of actions


THEMES: Final = (
    Theme("calm"),
    Theme("ruin", losses=("pot", "lost", "lost", "lost", "one", "part"), weights_of={"draw": 6}),
    Theme("tiny", amounts=(1, 1, 2, 3, 5, 11), weights_of={"leave": 5}),
    Theme(
        "bounds",
        amounts=(MAX_AMOUNT, MAX_AMOUNT // 2, MAX_AMOUNT // 3, MAX_AMOUNT + 1, 2**255, 1),
        losses=("part", "pot", "lost", "over", "huge"),
        caps=(MAX_AMOUNT, MAX_AMOUNT // 2, MAX_AMOUNT + 1, 2**256 - 1),
        weights_of={"cap": 1},
    ),
    Theme("capped", caps=(0, 1, 10**6, 10**7, 10**12), weights_of={"cap": 3, "draw": 5}),
    Theme("leaving", weights_of={"request": 6, "claim": 6, "cancel": 1}, waits=(0, 1, DAY, 7 * DAY)),
    Theme("hostile", hostile=0.4),
)
HOSTILE: Final = (
    Manner.SILENT,
    Manner.DENY,
    Manner.DENY_MOVED,
    Manner.IDLE,
    Manner.FEE,
    Manner.FEE_ON_TOP,
    Manner.BONUS,
)
"""Manners of which it is known how the fund takes them."""
_WEIGHTS: Final = {
    "contribute": 1.5,
    "stake": 4.0,
    "request": 2,
    "cancel": 0.4,
    "claim": 2,
    "leave": 1,
    "draw": 2.5,
    "cap": 0.3,
    "donate": 0.4,
    "stranger": 0.2,
    "wrong": 0.3,
    "round_trip": 0.7,
    "edge": 2,
}


class Campaign:
    """One fund, its stakers, and what happened."""

    def __init__(self, seed: int, theme: Theme | None = None) -> None:
        self.random = random.Random(seed)
        self.theme = theme = theme or THEMES[seed % len(THEMES)]
        self.weights = {**_WEIGHTS, **theme.weights_of}
        self.done: Counter[str] = Counter()
        """Actions by name, those refused with their reason."""
        self.steps = 0
        self.last = "deploy"
        self.pair = FundPair(decimals=self.pick((6, 8, 18)))
        for market in (MARKET, OTHER_MARKET):
            self.pair.set_draw_cap(market, min(self.pick(theme.caps), MAX_AMOUNT))
        if theme.hostile:
            self.pair.donate(10)  # of which a token can take what it likes on top

    def run(self, steps: int, check_every: int = 1) -> Counter[str]:
        """Act `steps` times; all views are compared each `check_every` steps and at the end."""
        for step in range(steps):
            self.step()
            if step % check_every == 0:
                self.check()
        self.check()
        return self.done

    def step(self) -> None:
        """Let some time pass and one thing happen."""
        self.steps += 1
        self.pair.advance(self.pick(self.theme.waits))
        if self.chance(self.theme.hostile):
            self.pair.behave(self.pick(HOSTILE))
        elif self.theme.hostile:
            self.pair.behave(Manner.HONEST)
        names = list(self.weights)
        name = self.random.choices(names, [self.weights[name] for name in names])[0]
        self.last = name
        found = getattr(self, name)()
        self.done[f"{name}: {found}" if isinstance(found, str) else name] += 1

    def check(self) -> None:
        """Compare all views."""
        self.last = "check"
        self.pair.check([self.amount() for _ in range(3)])

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
        if amount > 2**128 or self.chance(0.3):
            return amount
        return max(0, amount * self.random.randint(1, 1_000) // self.pick((1_000, 1_000, 100)))

    def who(self) -> str:
        """A staker."""
        return str(self.pick(STAKERS))

    def waiting(self) -> list[tuple[str, Exit]]:
        """Who asked to leave, and what."""
        requests = [(who, self.pair.model.pending_exit(who)) for who in STAKERS]
        return [(who, one) for who, one in requests if one.shares]

    # ------------------------------------------------------------ actions

    def contribute(self) -> Any:
        """Somebody adds to the reserve."""
        amounts = (self.amount(), self.amount(), MAX_AMOUNT - self.pair.model.reserve + self.pick((0, 1)))
        return self.pair.contribute(self.pick(amounts) if self.chance(0.3) else amounts[0])

    def stake(self) -> Any:
        """A staker stakes, sometimes for another, sometimes all that the pot can hold."""
        amount = self.amount()
        if self.chance(0.03):
            amount = MAX_AMOUNT - self.pair.model.pot + self.pick((0, 1))
        if self.chance(0.1):  # about what buys a whole number of shares
            amount = int(self.random.randint(0, 3) * self.pair.model.worth) + self.pick((0, 1))
        return self.pair.stake(amount, self.who(), self.who() if self.chance(0.3) else None)

    def request(self) -> Any:
        """A staker asks to leave."""
        who = self.who()
        shares = self.pair.model.shares_of(who)
        part = self.random.randint(0, shares)
        return self.pair.request_exit(self.pick((shares, shares, part, part, shares + 1, 0, 1)), who)

    def cancel(self) -> Any:
        """A staker thinks better of it."""
        return self.pair.cancel_exit(self.who())

    def claim(self) -> Any:
        """A staker claims, one that can where there is one; often one is waited for."""
        coming = [one.claimable_from for _, one in self.waiting() if one.claimable_from > self.pair.evm.time]
        if coming and self.chance(0.5):
            self.pair.advance(min(coming) - self.pair.evm.time)
        able = leaving(self.pair, self.pair.evm.time)
        who = self.pick(able) if able and self.chance(0.8) else self.who()
        return self.pair.claim(who, self.pick((None, None, STRANGER, self.who())))

    def leave(self) -> Any:
        """A staker leaves in one go, with all or with a part."""
        who = self.who()
        shares = self.pair.model.shares_of(who)
        return self.pair.leave(who, self.pick((shares, self.random.randint(0, shares), min(shares, 1_999))))

    def edge(self) -> Any:
        """Time goes to where a window opens or closes, and somebody claims."""
        for who in STAKERS:
            if shares := self.pair.model.shares_of(who):
                self.pair.request_exit(self.random.randint(1, shares), who)
                break
        waiting = self.waiting()
        if not waiting:
            return "nobody waits"
        who, request = self.pick(waiting)
        at = self.pick((request.claimable_from, request.until)) + self.pick((-1, 0))
        self.pair.advance(max(0, at - self.pair.evm.time))
        return self.pair.claim(who)

    def draw(self) -> Any:
        """The engine draws."""
        reference = self.pair.model
        reserve, pot, shares = reference.reserve, reference.pot, reference.total_shares
        lost = -(-(shares + VIRTUAL_SHARES) // MAX_SHARES_PER_UNIT) - 1  # the least that keeps the shares
        kind = self.pick(self.theme.losses)
        amount = {
            "part": self.random.randint(0, max(1, (reserve + pot) // 2)),
            "reserve": reserve + self.pick((-1, 0, 1)),
            "pot": reserve + pot,
            "one": reserve + pot - 1,
            "over": reserve + pot + 1,
            "lost": reserve + pot - lost + self.pick((-1, 0, 0, 1, 1)),
            "huge": self.pick((2**112, 2**256 - 1)),
        }[kind]
        found = self.pair.draw(max(0, amount), self.pick((MARKET, MARKET, OTHER_MARKET)))
        if isinstance(found, Drawn):
            self.note(found)
            return None
        return found

    def note(self, drawn: Drawn) -> None:
        """Count what a draw was like."""
        self.done["paid nothing"] += not drawn.paid
        self.done["paid by both"] += bool(drawn.from_reserve and drawn.from_pot)
        if drawn.voided:
            self.done["voided with dust" if drawn.voided[1] else "voided"] += 1

    def cap(self) -> Any:
        """The owner bounds draws, near what was drawn already or far from it."""
        market = self.pick((MARKET, OTHER_MARKET))
        cap = self.pick(self.theme.caps)
        if self.chance(0.3):
            cap = max(0, self.pair.model.drawn.get(market, 0) + self.pick((-1, 0, 1, 5)))
        if self.chance(0.4):  # a step, or a unit more
            left = max(0, self.pair.model.draw_cap.get(market, 0) - self.pair.model.drawn.get(market, 0))
            step = max(CAP_STEP * 10**self.pair.decimals, left // 2)
            cap = min(MAX_AMOUNT, self.pair.model.drawn.get(market, 0) + left + step + self.pick((0, 0, 1)))
            if self.chance(0.3):
                self.pair.set_draw_cap(market, cap)  # and once more at once
                cap = min(MAX_AMOUNT, cap + 1)
        return self.pair.set_draw_cap(market, cap)

    def donate(self) -> None:
        """Tokens come without a call."""
        self.pair.donate(min(self.amount(), MAX_AMOUNT))

    def stranger(self) -> Any:
        """Somebody else draws, or the owner names another engine."""
        if self.chance(0.5):
            return self.pair.set_engine(self.pair.token.address)
        return self.pair.draw(self.amount(), MARKET, self.pick((STRANGER, DONOR, *STAKERS)))

    def wrong(self) -> Any:
        """Tokens for nobody."""
        if self.chance(0.5):
            return self.pair.stake(self.amount(), self.who(), NOBODY)
        return self.pair.claim(self.who(), NOBODY)

    def round_trip(self) -> None:
        """Whatever came before, a stake that leaves gets no more than it put in. Then all is undone."""
        pair, amount, who = self.pair, self.amount(), STRANGER
        pair.behave(Manner.HONEST)
        checkpoint, time = pair.evm.snapshot(), pair.evm.time
        before = pair.model
        shares = pair.stake(amount, who)
        if isinstance(shares, int):
            found = pair.leave(who)
            assert found == "fund: nothing to claim" or int(found) <= amount, "inv_42"
        pair.evm.revert(checkpoint)
        pair.model, pair.evm.time = before, time


if __name__ == "__main__":
    sys.exit(main("tests.support.insurance_campaign", Campaign, THEMES))
