"""Queues of one tick past every height of their cancel sums, against a list of lots that is walked."""

import random

import pytest

from tests.support.book import BookPair
from tests.support.orders import NONE_OPEN, NewOrder, bid, refused
from walras.model.book import Fills

TICK = 5_000
PER_ACCOUNT = 31  # orders: one slot stays free
TAKER = 1_000_000


class Queue:
    """A tick's orders in a list, and the same in a book."""

    def __init__(self, is_ask: bool, seed: int) -> None:
        self.pair = BookPair()
        self.random = random.Random(seed)
        self.is_ask = is_ask
        self.ids: list[int] = []
        self.open: list[int] = []
        self.filled: list[int] = []
        self.told: dict[int, int] = {}  # lots that settling told of, by account

    def place(self, lots: int) -> None:
        """At the end of the queue."""
        account = len(self.ids) // PER_ACCOUNT
        order_id = self.pair.place(account, NewOrder(self.is_ask, TICK, lots))
        assert order_id is not None
        self.tell(account)
        self.ids.append(order_id)
        self.open.append(lots)
        self.filled.append(0)

    def cancel(self, place: int, lots: int) -> None:
        """Somewhere in the queue."""
        account = place // PER_ACCOUNT
        if self.open[place] == 0:
            with refused(self.pair, "book: unknown order"):
                self.pair.cancel(account, self.ids[place], lots)
            return
        taken = min(lots, self.open[place])
        assert self.pair.cancel(account, self.ids[place], lots) == taken
        self.tell(account)
        self.open[place] -= taken

    def fill(self, lots: int) -> None:
        """From the front of the queue, in an auction."""
        self.pair.place(TAKER, NewOrder(not self.is_ask, TICK, lots, batch_only=True))
        clearing = self.pair.auction(TICK, 3)
        assert clearing.lots == min(lots, sum(self.open))
        for place, open_ in enumerate(self.open):
            share = min(lots, open_)
            self.open[place] -= share
            self.filled[place] += share
            lots -= share

    def tell(self, account: int) -> None:
        """Note what the last action told that account of fills."""
        self.told[account] = self.told.get(account, 0) + abs(self.pair.fills.lots)

    def check(self) -> None:
        """Each order shows what the list says; settled, each account was told as much."""
        accounts = list(range(-(-len(self.ids) // PER_ACCOUNT)))
        self.random.shuffle(accounts)
        assert self.pair.contract.lots_at(self.is_ask, TICK) == (sum(self.open), 0)
        for account in accounts:
            places = range(account * PER_ACCOUNT, min(len(self.ids), (account + 1) * PER_ACCOUNT))
            shown = {order[0]: order[3:5] for order in self.pair.contract.open_orders(account)}
            for place in places:
                if self.open[place]:
                    assert shown.pop(self.ids[place]) == (self.open[place], self.filled[place])
            assert not shown
            self.pair.check_account(account)
            fills = self.pair.sync(account)
            self.tell(account)
            assert self.told[account] == sum(self.filled[place] for place in places)
            assert fills.basis == 3 * fills.lots
            assert fills.cash == -TICK * fills.lots


# a height begins with the queue's order 9, 65, 257 and 1,025; with 33, 129 and 513 none does
@pytest.mark.parametrize("count", [32, 128, 512, 8, 9, 64, 65, 256, 257, 1_024, 1_025, 1_100])
def test_cancels_before_and_after_a_height_begins(count: int) -> None:
    """A third of all places is cancelled in part before the queue grows past `count`, a third after it."""
    queue = Queue(is_ask=count % 2 == 1, seed=count)
    for _ in range(count):
        queue.place(queue.random.randint(1, 20))
    for place in range(1, count, max(3, count // 60)):
        queue.cancel(place, queue.random.randint(1, 12))
    queue.place(7)
    queue.place(7)
    for place in range(0, count, max(3, count // 50)):
        queue.cancel(place, queue.random.randint(1, 12))
    for share in (2, 3, 5, 1):
        queue.fill(max(1, sum(queue.open) // 3 // share))
    queue.check()
    queue.fill(sum(queue.open))
    queue.check()


@pytest.mark.parametrize("count", [8, 64, 256])
def test_cancels_that_were_passed_when_a_height_begins(count: int) -> None:
    """Fills have gone by the places of those in front who cancelled."""
    queue = Queue(is_ask=count % 2 == 1, seed=count)
    for _ in range(count):
        queue.place(10)
    queue.cancel(0, 10)
    queue.cancel(2, 4)
    queue.fill(10 + 6 + 5)
    queue.place(7)
    queue.place(7)
    queue.cancel(5, 3)
    queue.check()
    queue.fill(3 + sum(queue.open) // 2)
    queue.check()


@pytest.mark.parametrize("seed", range(3))
def test_a_queue_that_lives(seed: int) -> None:
    """300 placements with cancels anywhere, partial fills and settlements in between, at random."""
    queue = Queue(is_ask=seed % 2 == 1, seed=seed)
    pick = queue.random
    for step in range(300):
        queue.place(pick.choice((1, 10, pick.randint(1, 1_000))))
        if pick.random() < 0.6:
            queue.cancel(pick.randrange(len(queue.ids)), pick.choice((1, 5, 2_000)))
        if pick.random() < 0.05:
            queue.fill(pick.randint(1, 1 + max(1, sum(queue.open) // 4)))
        if pick.random() < 0.03:
            account = pick.randrange(len(queue.ids)) // PER_ACCOUNT
            queue.pair.sync(account)
            queue.tell(account)
        if step % 100 == 99:
            queue.check()
    queue.fill(max(1, sum(queue.open)))
    queue.check()


def test_a_queue_past_1_100_that_lives() -> None:
    """Past the fourth height: each 40 placements 6 cancels anywhere and a partial fill of a hundredth."""
    queue = Queue(is_ask=False, seed=1_100)
    pick = queue.random
    for step in range(1_100):
        queue.place(pick.randint(1, 100))
        if step % 40 == 39:
            for _ in range(6):
                queue.cancel(pick.randrange(len(queue.ids)), pick.choice((1, 30, 200)))
            queue.fill(1 + sum(queue.open) // 100)
    queue.check()


def test_largest_orders_cancelled_in_a_queue() -> None:
    """69 neighbours of 2**28 - 1 lots are cancelled, each once the next has come: eight make 2**31 - 8."""
    queue = Queue(is_ask=False, seed=0)
    largest = 2**28 - 1
    queue.place(1)
    queue.place(largest)
    for place in range(1, 70):
        queue.place(largest)
        queue.cancel(place, largest)
    assert queue.open == [1, *[0] * 69, largest]
    queue.fill(50)
    queue.check()
    queue.place(largest)
    queue.fill(largest)
    queue.check()


@pytest.mark.parametrize("is_ask", [False, True])
def test_generations(is_ask: bool) -> None:
    """60 generations of a level, each with cancels and a partial fill of its own, settled after the last.

    Each: A 5, B 5, C 5; A gives 2 back and is not last; 4 fill, A 3 and B 1; C, the last, gives 1 back; then
    all 8 that are left fill at a better price. A is told of 3 lots, B of 1 + 4, C of 4.
    """
    pair = BookPair()
    sign, better = (-1, TICK + 9) if is_ask else (1, TICK - 9)
    for generation in range(60):
        a, b, c = (3 * generation + i for i in range(3))
        first = pair.place(a, NewOrder(is_ask, TICK, 5))
        pair.place(b, NewOrder(is_ask, TICK, 5))
        last = pair.place(c, NewOrder(is_ask, TICK, 5))
        assert first is not None
        assert (first >> 25) % 2**32 == generation + 1
        pair.cancel(a, first, 2)
        pair.place(TAKER, NewOrder(not is_ask, TICK, 4))
        pair.auction(TICK, generation)
        assert last is not None
        pair.cancel(c, last, 1)
        assert pair.contract.lots_at(is_ask, TICK) == (8, 0)
        pair.place(TAKER, NewOrder(not is_ask, better, 9, batch_only=True))
        assert pair.auction(TICK, -generation).price == better
        assert pair.contract.lots_at(is_ask, TICK) == (0, 0)
    for generation in random.Random(60).sample(range(60), 60):
        a, b, c = (3 * generation + i for i in range(3))
        assert pair.sync(a) == Fills(sign * 3, -sign * 3 * TICK, sign * 3 * generation, 0, 3 * TICK, grid=0)
        assert pair.exposure == NONE_OPEN
        assert pair.sync(b) == Fills(
            sign * 5, -sign * (TICK + 4 * better), sign * -3 * generation, 4 * better, TICK, grid=0
        )
        assert pair.sync(c) == Fills(
            sign * 4, -sign * 4 * better, sign * -4 * generation, 4 * better, 0, grid=0
        )


def test_a_generation_ends_by_cancels_too(pair: BookPair) -> None:
    """Filled in part, then the rest is cancelled: the next order begins anew, and is not taken for filled."""
    first = pair.place(1, bid(TICK, 10))
    pair.place(2, NewOrder(True, TICK, 4))
    pair.auction(TICK)
    assert first is not None
    pair.cancel(1, first)
    pair.place(3, bid(TICK, 10))
    pair.place(2, NewOrder(True, TICK, 3))
    pair.auction(TICK)
    assert pair.sync(3).lots == 3
    assert pair.contract.lots_at(False, TICK) == (7, 0)
    pair.check()
