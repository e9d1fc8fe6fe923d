"""Prices per source, in regimes: calm, trend, jump, freeze, disagreement, outage."""

from random import Random
from typing import Final

from walras.audit.story import Price
from walras.audit.system import MARKETS, ONE

REGIMES: Final = ("calm", "trend", "wild", "freeze", "disagree", "outage")
WEIGHTS: Final = {
    "mixed": (8, 4, 4, 1, 2, 1),
    "calm": (30, 3, 0, 0, 1, 0),
    "crash": (3, 6, 10, 1, 2, 1),
    "doubt": (4, 2, 2, 4, 8, 4),
}
"""How often a profile has each regime."""


class Prices:
    """What the sources of an exchange say, drawn from a Random."""

    def __init__(self, random: Random, profile: str) -> None:
        self.random = random
        self.weights = WEIGHTS[profile]
        self.fair = [plan.price * ONE for plan in MARKETS]
        self.regime = ["calm" for _ in MARKETS]
        self.drift = [0.0 for _ in MARKETS]

    def after(self, seconds: int, now: int) -> tuple[Price, ...]:
        """What is published after some seconds, at the time `now`."""
        random, said = self.random, []
        for market, plan in enumerate(MARKETS):
            if random.random() < 0.006:
                self.regime[market] = random.choices(REGIMES, self.weights)[0]
                self.drift[market] = random.choice((-1, 1)) * random.uniform(0.0005, 0.003)
            regime = self.regime[market]
            if regime == "freeze" or (seconds < 12 and random.random() < 0.4):
                continue
            move = random.gauss(0, 0.0004 * min(seconds, 100) ** 0.5)
            if regime == "trend":
                move += self.drift[market] * min(seconds, 20) ** 0.5
            elif regime == "wild" and random.random() < 0.06:
                move = random.uniform(-0.09, 0.09)
            self.fair[market] = max(ONE // 1_000, int(self.fair[market] * (1 + move)))
            for feed in range(len(plan.weights)):
                price, confidence, age, manner = self.fair[market], 0, 0, 0
                if regime == "outage" and random.random() < 0.5:
                    manner = 2
                elif regime == "disagree":
                    price = int(price * (1 + random.gauss(0, 0.008)))
                    confidence = price // random.choice((10**9, 400, 90, 30))
                    age = random.choice((0, 0, 5, 70))
                else:
                    price += price * random.randrange(-3, 4) // 10_000
                said.append((market, feed, max(1, price), confidence, now - age, manner))
        return tuple(said)

    def steady(self, now: int, markets: tuple[int, ...] = tuple(range(len(MARKETS)))) -> tuple[Price, ...]:
        """The same prices again, told now, by all sources."""
        return tuple(
            (market, feed, self.fair[market], 0, now, 0)
            for market in markets
            for feed in range(len(MARKETS[market].weights))
        )
