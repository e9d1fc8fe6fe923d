"""A random story of a book from a seed: contract and model side by side. Used by tests and by long campaigns."""

import random
from collections import Counter
from typing import Final

from tests.support.book import BookPair
from walras.model.book import MAX_ORDER, MAX_TICK, NewOrder, VaultQuotes

# first ticks of the grids' words, blocks and ends, where an off-by-one would show
BASES: Final = (1, 5, 60, 508, 511, 4_090, 4_096 * 7 - 3, 64 * 8 * 20 - 2, 131_070, MAX_TICK - 650)
WIDTHS: Final = (1, 2, 3, 8, 20, 90, 600)


class Campaign:
    """One book, its traders, and what they have done."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        pick = self.random.choice
        self.pair = BookPair(interval=pick((1, 10, 3600, 0)), min_lots=pick((1, 1, 5)))
        self.base, self.width = pick(BASES), pick(WIDTHS)
        self.wide = self.random.random() < 0.15  # over the whole grid
        self.small = self.random.random() < 0.4  # lots of few units collide more
        self.users = range(1, 1 + pick((2, 4, 7)))
        self.auctions = pick((1, 2, 6))
        self.cancels = pick((1, 3, 6))
        self.funding = 0
        self.ids: list[tuple[int, int]] = []
        self.done: Counter[str] = Counter()

    def run(self, steps: int, check_every: int = 1) -> Counter[str]:
        """Act `steps` times; all views are compared each `check_every` steps and at the end."""
        for step in range(steps):
            self.step()
            if step % check_every == 0:
                self.pair.check()
        self.pair.check()
        for user in self.users:
            self.pair.sync(user)
        self.pair.check()
        return self.done

    # ------------------------------------------------------------ draws

    def tick(self) -> int:
        """A tick near the others."""
        if self.wide:
            return self.random.randint(1, MAX_TICK)
        return min(MAX_TICK, self.base + self.random.randrange(self.width))

    def lots(self) -> int:
        """A size."""
        pick = self.random
        if self.small:
            return pick.randint(1, 9)
        return pick.choice((1, 5, 10, pick.randint(1, 1_000), pick.randint(1, 10**6), pick.randint(1, MAX_ORDER)))

    def order(self) -> NewOrder:
        """A new order, most often a valid one."""
        chance = self.random.random
        kind = chance()
        return NewOrder(
            is_ask=chance() < 0.5,
            tick=self.tick() if chance() < 0.99 else self.random.choice((0, MAX_TICK + 1, 2**200)),
            lots=self.lots() if chance() < 0.99 else self.random.choice((0, MAX_ORDER + 1, 2**100)),
            batch_only=kind < 0.25,
            post_only=0.25 <= kind < 0.4 or chance() < 0.02,
            reduce_only=chance() < 0.2,
            expiry=self.pair.evm.time + self.random.randint(-1, 30) if 0.4 <= kind < 0.5 else 0,
            client_id=self.random.randrange(2**128) if chance() < 0.2 else 0,
        )

    def quotes(self) -> VaultQuotes:
        """Quotes of the vault, often none."""
        if self.random.random() < 0.6:
            return VaultQuotes()
        bid, ask = sorted((self.tick(), self.tick()))
        return VaultQuotes(bid, self.quote_lots(), ask + (self.random.random() < 0.9), self.quote_lots())

    def quote_lots(self) -> int:
        """Lots of a quote."""
        return self.random.choice((0, self.random.randint(1, 30), self.random.randint(1, 2**29 - 1)))

    def some_ids(self, user: int) -> list[int]:
        """Ids of a user's orders, open or not, rarely another's."""
        own = [id_ for owner, id_ in self.ids[-60:] if owner == user or self.random.random() < 0.02]
        return self.random.sample(own, min(len(own), self.random.randint(0, 5)))

    # ------------------------------------------------------------ actions

    def step(self) -> None:
        """Act once, at random."""
        user = self.random.choice(self.users)
        if 0 < self.pair.model.due <= self.pair.evm.time and self.random.random() < 0.85:
            self.clear(user)  # what is due comes first, or most of what follows is refused
        actions = {
            self.place: 8,
            self.cancel: self.cancels,
            self.replace: self.cancels / 2,
            self.clear: self.auctions,
            self.sync: 1,
            self.sweep: 0.5,
            self.switch: 0.2,
            self.cancel_all: 0.2,
            self.wait: 1,
            self.settings: 0.1,
            self.rescale: 0.05,
            self.average: 0.3,
        }
        act = self.random.choices(list(actions), list(actions.values()))[0]
        outcome = act(user)
        self.done[act.__name__ if outcome else f"{act.__name__} refused"] += 1

    def place(self, user: int) -> bool:
        """Place one order; in continuous mode its auction follows at once."""
        order_id = self.pair.place(user, self.order())
        if order_id is None:
            return False
        self.ids.append((user, order_id))
        if self.pair.model.due == 0 and self.random.random() < 0.9:
            self.clear(user)
        return True

    def cancel(self, user: int) -> bool:
        """Cancel an order in part or whole."""
        if not self.ids:
            return False
        owner, order_id = self.random.choice(self.ids[-40:])
        user = owner if self.random.random() < 0.97 else user
        lots = MAX_ORDER if self.random.random() < 0.5 else self.random.randint(0, 20)
        return self.pair.cancel(user, order_id, lots) is not None

    def replace(self, user: int) -> bool:
        """Move some orders."""
        orders = [self.order() for _ in range(self.random.randint(0, 4))]
        new = self.pair.cancel_replace(user, self.some_ids(user), orders, strict=self.random.random() < 0.3)
        if new is None:
            return False
        self.ids += [(user, order_id) for order_id in new]
        return True

    def clear(self, _user: int) -> bool:
        """Run the auction, most often when it is due."""
        if self.random.random() < 0.97:
            self.pair.close()
        self.funding += self.random.choice((0, self.random.randint(-(10**6), 10**6), -self.funding * 2))
        if self.random.random() < 0.02:
            self.funding = self.random.choice((2**79 - 1, 1 - 2**79, 0))
        reference, quotes = self.tick(), self.quotes()
        self.pair.check_preview(reference, quotes) if quotes.bid_tick < quotes.ask_tick else None
        funding = max(1 - 2**79, min(2**79 - 1, self.funding))
        clearing = self.pair.clear(reference, funding, quotes)
        if clearing is not None and clearing.traded:
            self.done["traded"] += 1
        return clearing is not None

    def sync(self, user: int) -> bool:
        """Settle an account."""
        self.pair.sync(user)
        return True

    def sweep(self, user: int) -> bool:
        """Sweep some orders."""
        return self.pair.sweep(user, self.some_ids(user)) is not None

    def switch(self, user: int) -> bool:
        """Set the dead man's switch."""
        return self.pair.cancel_all_after(user, self.random.choice((0, self.pair.evm.time + self.random.randint(-1, 30))))

    def cancel_all(self, user: int) -> bool:
        """Cancel all."""
        return self.pair.cancel_all(user) is not None

    def wait(self, _user: int) -> bool:
        """Let time pass."""
        self.pair.advance(self.random.randint(0, 12))
        return True

    def settings(self, _user: int) -> bool:
        """Change the settings."""
        return self.pair.configure(self.random.choice((0, 1, 10, 2**24)), self.random.choice((0, 1, 3, 2**20)))

    def rescale(self, _user: int) -> bool:
        """Begin a new grid."""
        return self.pair.rescale() is not None

    def average(self, _user: int) -> bool:
        """Ask for an average price."""
        now = self.pair.evm.time
        start = now - self.random.randint(0, 200)
        self.pair.check_twap(start, start + self.random.randint(0, 100))
        return True
