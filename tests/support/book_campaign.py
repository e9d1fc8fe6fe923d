"""A random story of a book from a seed: contract and model side by side. Used by tests and by long campaigns.

Each seed has a theme, in turn: what its traders are like decides which corners of the book they reach.

Usage: python -m tests.support.book_campaign; tests/support/hunting.py tells the rest.
"""

import random
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.support.hunting import main
from tests.support.witness import Witness
from walras.model.book import (
    ACCOUNT_LOTS,
    BLOCK_BATCH_ONLY,
    BLOCK_BITS,
    BLOCK_RESTING,
    CLIENT_ID_BOUND,
    FUNDING_BOUND,
    INTERVAL_BOUND,
    MAX_ORDER,
    MAX_TICK,
    MIN_LOTS_BOUND,
    TIME_BOUND,
    VAULT_LOTS,
    NewOrder,
    Order,
    VaultQuotes,
)

# first ticks of the grids' words, blocks and ends, where an off-by-one would show
BASES: Final = (1, 5, 60, 508, 511, 4_090, 4_096 * 7 - 3, 64 * 8 * 20 - 2, 131_070, MAX_TICK)
WIDTHS: Final = (1, 2, 3, 8, 20, 90, 600)
WORDS_OF_HISTORY: Final = (12, 144)  # auctions that fill a word of thresholds at each height


@dataclass(frozen=True, slots=True)
class Theme:
    """What the traders of a campaign are like."""

    name: str
    users: tuple[int, ...] = (2, 4, 7)
    intervals: tuple[int, ...] = (1, 10, 3600, 0)
    bases: tuple[int, ...] = BASES
    widths: tuple[int, ...] = WIDTHS
    sizes: tuple[str, ...] = ("few", "few", "any", "any", "full")
    batch_only: float = 0.25
    near: float = 0.2  # chance that a tick is next to an order's
    loyal: float = 0.5  # chance that an order is on its user's usual side
    lopsided: bool = False  # that side is the same for all but the last two
    turns: int = 0  # steps for which one user does most, so that others' orders wait long; 0: all mix
    quotes: float = 0.4
    wild_funding: float = 0.02
    auctions: tuple[float, ...] = (1, 2, 6)
    cancels: tuple[float, ...] = (1, 3, 6)
    weights: dict[str, float] = field(default_factory=dict)  # of the other actions


THEMES: Final = (
    Theme("mixed"),
    Theme(  # dense prices, balanced books: which price, who is marginal
        "margins",
        widths=(2, 3, 5),
        sizes=("few", "few", "pairs"),
        batch_only=0.45,
        quotes=0.6,
        auctions=(3, 6),
    ),
    Theme(  # long queues at one or two ticks that are nibbled at and cancelled within
        "queues",
        users=(10, 16),
        intervals=(3600,),
        widths=(1, 2),
        sizes=("few",),
        batch_only=0.05,
        near=0,
        loyal=0.97,
        lopsided=True,
        quotes=0.02,
        auctions=(0.4, 0.8),
        cancels=(3,),
        weights={"replace": 0.3, "cancel_all": 0, "rescale": 0.005, "settings": 0, "wait": 0.2},
    ),
    Theme(  # accounts, blocks and quotes filled to their bounds
        "bounds",
        users=(4, 7),
        sizes=("full",),
        widths=(2, 20, 90),
        auctions=(0.5, 1),
        cancels=(1,),
        loyal=0.9,
        weights={"settings": 0.3},
    ),
    Theme(  # an auction after nearly every order: a long history
        "history",
        intervals=(0, 0, 1),
        widths=(2, 8, 90, 600),
        sizes=("few", "few", "any"),
        users=(7,),
        turns=30,
        auctions=(1,),
        cancels=(0.5,),
        weights={"replace": 0.2, "rescale": 0.01, "sync": 0.2, "settings": 0, "average": 1},
    ),
    Theme(  # over many blocks
        "wide",
        bases=(1,),
        widths=(MAX_TICK, MAX_TICK, 4096 * 3),
        near=0.35,
        sizes=("few", "pairs", "any"),
    ),
    Theme(  # new grids while fills wait to be settled, and indices of any size
        "grids",
        wild_funding=0.5,
        weights={"rescale": 1, "sync": 0.3, "average": 1},
        auctions=(6,),
    ),
    Theme(  # few accounts with all slots in use
        "crowds",
        users=(1, 2),
        intervals=(10, 3600),
        loyal=0.95,
        batch_only=0.05,
        quotes=0.2,
        cancels=(0.3,),
        auctions=(0.3, 1),
        widths=(20, 90, 600),
        sizes=("few", "few", "any"),
        weights={"cancel_all": 0.02, "replace": 1, "switch": 0.5, "settings": 0.02, "rescale": 0.02},
    ),
)
_WEIGHTS: Final = {
    "place": 8.0,
    "sync": 1,
    "sweep": 0.5,
    "switch": 0.3,
    "cancel_all": 0.3,
    "wait": 1,
    "settings": 0.1,
    "rescale": 0.05,
    "postpone": 0.15,
    "average": 0.3,
    "look": 0.4,
    "stranger": 0.02,
}


class Campaign:
    """One book, its traders, and what they have done."""

    def __init__(self, seed: int, theme: Theme | None = None) -> None:
        self.random = random.Random(seed)
        self.theme = theme = theme or THEMES[seed % len(THEMES)]
        pick = self.random.choice
        self.pair = Witness(interval=pick(theme.intervals), min_lots=pick((1, 1, 5)))
        self.width = pick(theme.widths)
        self.base = max(1, min(pick(theme.bases), MAX_TICK + 1 - self.width))
        self.sizes = pick(theme.sizes)
        self.users = [*range(1, pick(theme.users)), 2**256 - 1]
        # one seldom acts: its orders wait while much happens
        self.activity = [0.1 if user == 1 and len(self.users) > 2 else 1 for user in self.users]
        self.weights = {
            **_WEIGHTS,
            "cancel": (cancels := pick(theme.cancels)),
            "replace": cancels / 2,
            "clear": pick(theme.auctions),
            **theme.weights,
        }
        self.sellers = self.chance(0.5)  # what nearly all are where the theme is lopsided
        self.funding = 0
        self.ids: list[tuple[int, int]] = []
        self.done: Counter[str] = Counter()
        """Actions by name, those refused with their reason, and what auctions met."""
        self.steps = 0
        self.last = ""

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

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.random.random() < probability

    def open_orders(self, user: int | None = None) -> list[Order]:
        """Open orders, of a user or of all."""
        return [order for order in self.pair.model.orders if order.lots and user in (None, order.account)]

    def tick(self) -> int:
        """A tick, often near the others."""
        found = self.random.randrange(self.base, self.base + self.width)
        if self.chance(self.theme.near) and (others := self.pair.model.orders[-20:]):
            found = self.random.choice(others).terms.tick + self.random.choice((-1, 0, 0, 1))
        return max(1, min(MAX_TICK, found))

    def small(self) -> int:
        """A few lots."""
        return self.random.randint(1, 3 if self.sizes == "pairs" else 9)

    def lots(self, user: int, is_ask: bool, batch_only: bool, tick: int) -> int:
        """A size."""
        pick = self.random
        if self.theme.lopsided and user in self.users[-2:]:  # who takes from the queue, takes much of it
            waiting = sum(order.lots for order in self.open_orders() if order.terms.is_ask != is_ask)
            return pick.randint(1, max(9, min(MAX_ORDER, waiting // 3)))
        if self.sizes in ("few", "pairs"):
            return self.small()
        if self.sizes == "any":
            sizes = (1, 5, 10, pick.randint(1, 1_000), pick.randint(1, 10**6), pick.randint(1, MAX_ORDER))
            return pick.choice(sizes)
        if self.chance(0.4):
            return pick.choice((MAX_ORDER, MAX_ORDER - 1, self.small()))
        in_block = in_account = 0
        for order in self.open_orders():
            if order.terms.is_ask == is_ask:
                if order.account == user:
                    in_account += order.lots
                if order.terms.batch_only == batch_only and (order.terms.tick ^ tick) >> BLOCK_BITS == 0:
                    in_block += order.lots
        block = BLOCK_BATCH_ONLY if batch_only else BLOCK_RESTING
        room = min(block - in_block, ACCOUNT_LOTS - in_account) - 1  # all that fits
        return max(1, min(MAX_ORDER, room + pick.choice((0, 0, 0, 1, -1))))

    def order(self, user: int) -> NewOrder:
        """A new order, most often a valid one; if not, it has one fault."""
        model, kind = self.pair.model, self.random.random()
        batch_only = kind < self.theme.batch_only
        post_only = not batch_only and self.chance(0.2)
        is_ask = user % 2 == 1
        if self.theme.lopsided:
            is_ask = self.sellers ^ (user in self.users[-2:])
        is_ask ^= not self.chance(self.theme.loyal)
        tick = self.tick()
        if self.chance(0.8):  # clear of the user's own orders
            own = [order.terms.tick for order in self.open_orders(user) if order.terms.is_ask != is_ask]
            tick = max(tick, max(own, default=0) + 1) if is_ask else min([tick, *(one - 1 for one in own)])
        if post_only and self.chance(0.6):  # beside or at the best
            best = model.best()[0 if is_ask else 1]
            edge = best + (1 if is_ask else -1)
            if best:
                tick = edge if self.chance(0.5) else max(tick, edge) if is_ask else min(tick, edge)
        tick = max(1, min(MAX_TICK, tick))
        lots = self.lots(user, is_ask, batch_only, tick)
        if self.chance(0.95):
            lots = max(lots, model.min_lots)
        order = NewOrder(
            is_ask=is_ask,
            tick=tick,
            lots=lots,
            batch_only=batch_only,
            post_only=post_only,
            reduce_only=self.chance(0.2),
            expiry=model.time + self.random.randint(1, 25) if not batch_only and self.chance(0.15) else 0,
            client_id=self.random.randrange(CLIENT_ID_BOUND) if self.chance(0.2) else 0,
        )
        if self.chance(0.96):
            return order
        wrong: tuple[dict[str, Any], ...] = (
            {"tick": self.random.choice((0, MAX_TICK + 1, 2**200))},
            {"lots": self.random.choice((0, MAX_ORDER + 1, 2**100, model.min_lots - 1))},
            {"batch_only": True, "post_only": True},
            {"batch_only": True, "post_only": False, "expiry": model.time + 9},
            {"batch_only": False, "expiry": self.random.choice((model.time, model.time - 1, 1))},
            {"batch_only": False, "expiry": self.random.choice((TIME_BOUND, TIME_BOUND - 1, 2**200))},
            {"client_id": self.random.choice((CLIENT_ID_BOUND, CLIENT_ID_BOUND - 1, 2**200))},
        )
        return replace(order, **self.random.choice(wrong))

    def band(self, orders: Iterable[NewOrder]) -> tuple[int, int]:
        """The engine's price band: seldom narrow, and then at the orders' edges."""
        ticks = [order.tick for order in orders if 1 <= order.tick <= MAX_TICK]
        if not ticks or not self.chance(0.08):
            return self.random.choice(((1, MAX_TICK), (0, 2**256 - 1)))
        shift = self.random.choice
        return min(ticks) + shift((-1, 0, 0, 1)), max(ticks) + shift((1, 0, 0, -1))

    def quotes(self) -> VaultQuotes:
        """Quotes of the vault, often none; if not valid, with one fault."""
        if not self.chance(self.theme.quotes):
            return VaultQuotes()
        bid, ask = sorted((self.tick(), self.tick()))
        if bid == ask:
            bid, ask = (bid, ask + 1) if ask < MAX_TICK else (bid - 1, ask)
        quotes = VaultQuotes(bid, self.quote_lots(), ask, self.quote_lots())
        if self.chance(0.97):
            return quotes
        wrong: tuple[dict[str, int], ...] = (
            {"bid_tick": ask, "bid_lots": 1, "ask_lots": 1},
            {"bid_tick": MAX_TICK, "ask_tick": 1, "ask_lots": 3, "bid_lots": 1},
            {"bid_tick": 0, "bid_lots": 1},
            {"ask_tick": self.random.choice((MAX_TICK + 1, 2**100)), "ask_lots": 1},
            {"bid_lots": VAULT_LOTS},
            {"ask_lots": self.random.choice((VAULT_LOTS, 2**200))},
        )
        return replace(quotes, **self.random.choice(wrong))

    def quote_lots(self) -> int:
        """Lots of a quote."""
        large = (self.random.randint(1, 30), self.random.randint(1, VAULT_LOTS - 1), VAULT_LOTS - 1)
        return self.random.choice((0, self.small(), self.small(), *large))

    def some_id(self) -> tuple[int, int] | None:
        """An order and its user: most often open, and its user's."""
        if self.chance(0.9) and (open_ := self.open_orders()):
            order = self.random.choice(open_)
            found = order.account, self.pair.contract_id[order.order_id]
        elif self.ids:
            found = self.random.choice(self.ids[-40:])
        else:
            return None
        return found if self.chance(0.98) else (self.random.choice(self.users), found[1])

    def some_ids(self, user: int) -> list[int]:
        """Ids of a user's orders, most of them open, rarely another's, rarely one twice."""
        own = [self.pair.contract_id[order.order_id] for order in self.open_orders(user)]
        if self.chance(0.2):
            own += [id_ for owner, id_ in self.ids[-60:] if owner == user or self.chance(0.02)]
        found = self.random.sample(own, min(len(own), self.random.randint(0, 5)))
        return found + found[:1] if self.chance(0.05) else found

    # ------------------------------------------------------------ actions

    def step(self) -> None:
        """Act once, at random."""
        model = self.pair.model
        self.steps += 1
        user = self.random.choices(self.users, self.activity)[0]
        if self.theme.turns and self.chance(0.9):
            user = self.users[self.steps // self.theme.turns % len(self.users)]
        if model.due <= model.time and (model.due or model.placed_in_batch):
            if self.chance(0.2):  # what is due comes first, or most of what follows is refused
                self.act(self.random.choice(("place", "cancel", "cancel_all", "replace", "sweep")), user)
            if self.chance(0.95):
                self.act("clear", user)
        self.act(self.random.choices(list(self.weights), list(self.weights.values()))[0], user)

    def act(self, name: str, user: int) -> None:
        """Do one thing, and count how it went."""
        self.last = name
        self.pair.refusal = None
        getattr(self, name)(user)
        if self.pair.refusal is None:
            self.done[name] += 1
        else:
            self.done[f"{name}: {self.pair.refusal}"] += 1
            self.done[f"{name} refused"] += 1

    def place(self, user: int) -> None:
        """Place one order."""
        order = self.order(user)
        order_id = self.pair.place(user, order, *self.band([order]))
        if order_id is not None:
            self.remember(user, [order_id])

    def cancel(self, user: int) -> None:
        """Cancel an order in part or whole."""
        user, order_id = self.some_id() or (user, 7)
        lots = self.random.choice((MAX_ORDER, MAX_ORDER, 2**256 - 1, 1, self.small(), self.small()))
        if self.chance(0.2) and (open_ := self.open_orders()):
            lots = max(1, self.random.choice(open_).lots - self.random.randint(0, 2))
        self.pair.cancel(user, order_id, lots if self.chance(0.99) else 0)

    def replace(self, user: int) -> None:
        """Move some orders."""
        most = 1 if self.pair.model.due == 0 and self.chance(0.8) else 4
        orders = [self.order(user) for _ in range(self.random.randint(0, most))]
        band = self.band(orders)
        new = self.pair.cancel_replace(user, self.some_ids(user), orders, self.chance(0.3), *band)
        if new is not None:
            self.remember(user, new)

    def clear(self, _user: int) -> None:
        """Run the auction, most often when it is due."""
        model, random_ = self.pair.model, self.random
        if self.chance(0.97):
            self.pair.close()
            if self.chance(0.3):
                self.pair.advance(random_.randint(0, 3))
        elif model.due > model.time:
            self.pair.advance(model.due - model.time - 1)  # a second too early
        self.funding += random_.choice((0, random_.randint(-(10**6), 10**6), -self.funding * 2))
        if self.chance(self.theme.wild_funding):
            self.funding = random_.choice((FUNDING_BOUND - 1, 1 - FUNDING_BOUND, 0))
        bound = FUNDING_BOUND - 1
        funding = self.funding = max(-bound, min(bound, self.funding))
        reference, quotes = self.tick(), self.quotes()
        if self.chance(0.01):  # one fault
            quotes = VaultQuotes()
            if self.chance(0.5):
                reference = random_.choice((0, MAX_TICK + 1))
            else:
                funding = random_.choice((FUNDING_BOUND, -FUNDING_BOUND))
        if self.chance(0.3):
            self.pair.check_preview(reference, quotes)
        before = {order.order_id: order.lots for order in model.orders if order.lots}
        history = len(model.auctions)
        clearing = self.pair.clear(reference, funding, quotes)
        if clearing is None:
            return
        if not clearing.traded:
            self.done["uncrossed"] += 1
            return
        self.done["traded"] += 1
        for order in model.orders:
            if order.order_id in before and order.fills and len(order.unsettled):
                left = before[order.order_id] - order.fills[-1].lots
                if left > 0 and order.lots in (left, 0) and order.terms.tick == clearing.price:
                    kind = "batch-only" if order.terms.batch_only else "resting"
                    self.done[f"marginal {kind} {'ask' if order.terms.is_ask else 'bid'}"] += 1
        self.done["balanced"] += clearing.imbalance == 0
        self.done["vault bought"] += clearing.vault_bought > 0
        self.done["vault sold"] += clearing.vault_sold > 0
        self.done["vault marginal"] += 0 < clearing.vault_bought < quotes.bid_lots
        self.done["vault marginal"] += 0 < clearing.vault_sold < quotes.ask_lots
        for size in WORDS_OF_HISTORY:
            self.done[f"{size} auctions rolled up"] += (history + 1) // size > history // size

    def sync(self, user: int) -> None:
        """Settle an account."""
        self.pair.sync(user)

    def sweep(self, user: int) -> None:
        """Sweep some orders: most often those that may be."""
        ids, model = self.some_ids(user), self.pair.model
        if self.chance(0.7) and not 0 < model.cancel_deadline(user) <= model.time:
            expired = (order for order in self.open_orders(user) if 0 < order.terms.expiry <= model.time)
            ids = [self.pair.contract_id[order.order_id] for order in expired]
        taken = self.pair.sweep(user, ids)
        self.done["swept"] += bool(taken)

    def switch(self, user: int) -> None:
        """Set the dead man's switch."""
        soon = self.pair.model.time + self.random.choice((-1, 0, 1, 5, 30))
        self.pair.cancel_all_after(user, self.random.choice((0, soon, soon)))

    def cancel_all(self, user: int) -> None:
        """Cancel all."""
        self.pair.cancel_all(user)

    def wait(self, user: int) -> None:
        """Let time pass, sometimes exactly until an order or a user's orders may be swept."""
        model = self.pair.model
        ends = [order.terms.expiry for order in self.open_orders(user) if order.terms.expiry > model.time]
        ends += [model.cancel_deadline(user), model.due, model.due + 1]
        end = self.random.choice(ends) - self.random.randint(0, 1)
        self.pair.advance(end - model.time if 0 < end - model.time < 60 else self.random.randint(0, 12))

    def settings(self, user: int) -> None:
        """Change the settings, seldom to extremes, and then back."""
        pick = self.random.choice
        if self.chance(0.4):
            extreme = (pick((INTERVAL_BOUND - 1, INTERVAL_BOUND, 2**255)), 1)
            if self.chance(0.5):
                extreme = (0, pick((0, MIN_LOTS_BOUND - 1, MIN_LOTS_BOUND, 2**255)))
            refused = not self.pair.configure(*extreme)
            if not refused:
                self.act("place", user)
                self.act("clear", user)
            usual = self.pair.configure(pick(self.theme.intervals), 1)
            assert usual
            self.pair.refusal = "book: interval too long" if refused and extreme[0] else None
            if refused and not extreme[0]:
                self.pair.refusal = "book: bad minimum size"
        else:
            self.pair.configure(pick((*self.theme.intervals, 2)), pick((1, 3)))

    def postpone(self, _user: int) -> None:
        """Keep the batch open, sometimes where the next would be continuous."""
        model = self.pair.model
        interval = model.interval
        if self.chance(0.3):
            self.pair.configure(0, model.min_lots)
        if self.chance(0.5):
            self.pair.advance(self.random.randint(0, 3))
        self.pair.postpone()
        self.pair.configure(interval, model.min_lots)

    def rescale(self, _user: int) -> None:
        """Begin a new grid."""
        waiting = any(order.unsettled for order in self.pair.model.orders)
        self.pair.rescale()
        self.done["rescaled with fills unsettled"] += waiting and self.pair.refusal is None

    def average(self, _user: int) -> None:
        """Ask for an average price, often from an auction to another."""
        now, pick = self.pair.evm.time, self.random
        start = now - pick.choice((1, pick.randint(0, 200)))
        times = [record.time for record in self.pair.model.auctions[-40:]]
        if times and self.chance(0.7):
            start = pick.choice(times) + pick.choice((-1, 0, 0, 1))
        end = pick.choice((now, now + 1, start, start + 1, *(time for time in times if time >= start)))
        if self.chance(0.5):
            end = pick.randint(start, max(start, now))
        self.pair.check_twap(start, end)

    def look(self, _user: int) -> None:
        """Ask what is asked seldom."""
        pick, count = self.random, len(self.pair.model.auctions)
        looks = pick.randrange(5)
        if looks == 0:
            self.pair.check_auction(pick.choice((count, max(0, count - 1), pick.randint(0, count), 2**255)))
        elif looks == 1:
            self.pair.check_depth(pick.choice((0, 1, 2, 3, 64, 65)))
        elif looks == 2:
            self.pair.check_page(
                pick.choice((0, pick.randint(0, count), 2**256 - 1)), pick.choice((0, 1, 5, 64, 65))
            )
        elif looks == 3:
            self.pair.check_lots_at(self.chance(0.5), pick.choice((0, 1, MAX_TICK, MAX_TICK + 1, 2**255)))
        else:
            self.pair.check_preview(pick.choice((0, self.tick(), self.tick(), MAX_TICK + 1)), VaultQuotes())

    def stranger(self, user: int) -> None:
        """One who is not the engine tries everything."""
        self.pair.stranger(user)

    # ------------------------------------------------------------ parts

    def remember(self, user: int, ids: Iterable[int]) -> None:
        """Note the ids of new orders, and how long a queue they found."""
        for order_id in ids:
            self.ids.append((user, order_id))
            index = order_id >> 57  # slot 5, class 2, tick 18, generation 32 (order_layout)
            for length in (8, 64, 256):
                self.done[f"joined a queue of {length}"] += index == length


if __name__ == "__main__":
    sys.exit(main("tests.support.book_campaign", Campaign, THEMES))
