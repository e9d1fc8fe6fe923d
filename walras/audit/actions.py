"""Who does what, and how often: actions of traders, keepers, providers, stakers, governance and attackers."""

from bisect import bisect
from itertools import accumulate
from random import Random
from typing import Final

from walras.audit import powers
from walras.audit.capital import Capital
from walras.audit.keepers import Keepers
from walras.audit.story import Step
from walras.audit.traders import Traders
from walras.audit.waiting import Waiting
from walras.audit.world import World

WEIGHTS: Final = {
    "place": 260,
    "close": 40,
    "cancel": 90,
    "cancel_all": 20,
    "replace": 15,
    "auction": 90,
    "sync": 30,
    "deposit": 40,
    "withdraw": 35,
    "transfer": 30,
    "share": 6,
    "grant": 3,
    "switch": 4,
    "sweep": 10,
    "signed": 8,
    "replayed": 4,
    "multicall": 4,
    "liquidate": 60,
    "resolve": 8,
    "collect": 10,
    "unwind": 8,
    "enter": 8,
    "mint": 4,
    "ask_back": 8,
    "leave": 8,
    "take_out": 4,
    "share_move": 3,
    "stake": 4,
    "ask_exit": 3,
    "exit": 3,
    "contribute": 2,
    "distribute": 5,
    "deliver": 3,
    "fetch": 2,
    "trigger": 12,
    "trigger_pair": 2,
    "execute": 12,
    "ratchet": 3,
    "drop": 3,
    "tips": 2,
    "donate": 3,
    "steal": 12,
    "guard": 2,
    "halt": 1,
    "govern": 1,
    "record": 10,
    "day": 1,
    "report": 2,
    "settle": 2,
    "end": 6,
}
"""How often each action is tried, against the others."""
KINDS: Final = (WEIGHTS.keys() - {"govern"}) | {
    *("propose", "vote", "queue", "enact"),
    *("cancel_orders", "take_over", "nominate", "deleverage"),
}
"""Of steps: a vote has four, and a liquidation five."""
PROFILES: Final = {
    "mixed": {},
    "calm": {"liquidate": 20, "day": 2, "govern": 3},
    "crash": {"liquidate": 200, "resolve": 25, "unwind": 15, "day": 0},
    "doubt": {"guard": 6, "halt": 3, "withdraw": 70, "auction": 200},
}
WAITS: Final = (0, 1, 3, 12, 45, 400, 4_000)
"""Seconds before a step."""
_WAITS: Final = tuple(accumulate((60, 14, 12, 9, 3, 0.5, 0.1)))


class Drawer(Traders, Keepers, Capital, Waiting):
    """Draws the steps of a story."""

    def __init__(self, world: World, random: Random, profile: str) -> None:
        super().__init__(world, random, profile)
        chosen = {**WEIGHTS, **PROFILES[profile]}
        self.ways = [getattr(self, kind) for kind in chosen if chosen[kind]]
        self.cumulated = list(accumulate(weight for weight in chosen.values() if weight))
        self.total = float(self.cumulated[-1])

    def draw(self) -> Step:
        """The next step, of a kind that finds something to do."""
        random = self.random
        wait = WAITS[bisect(_WAITS, random.random() * _WAITS[-1])]
        news = self.prices.after(wait, self.chain.time + wait) if wait else ()
        while True:
            if self.queue and random.random() < 0.8:
                step = self.queue.popleft()()
            else:
                step = self.ways[bisect(self.cumulated, random.random() * self.total)]()
            if step is not None:
                if not step.wait:
                    step.wait = wait
                    step.prices = news + step.prices
                return step

    def steal(self) -> Step | None:
        """Somebody reaches for what is not his."""
        return powers.attack(self)

    def guard(self) -> Step | None:
        """The guardian tightens."""
        return powers.guard(self)

    def govern(self) -> Step | None:
        """A proposal, voted, queued and executed."""
        return powers.govern(self)
