"""Thousands of auctions: which of them filled an order, found through every height of the history's tree."""

import random
from bisect import bisect_left

import pytest

from tests.support.book import BookPair
from tests.support.orders import MAKER, OTHER, ask, bid
from walras.model.book import MAX_ORDER, MAX_TICK, NewOrder, VaultQuotes

BASE, MIRROR = 1_000, MAX_TICK  # the mirror image of tick t is MIRROR - t


class History:
    """A resting bid of MAKER at BASE, and a vault that sells: one lot of it an auction, or down to a tick.

    Mirrored, asks and a vault that buys. The funding index of an auction is its number.
    """

    def __init__(self, mirror: bool) -> None:
        self.pair = BookPair(interval=1)
        self.mirror = mirror
        self.sign = -1 if mirror else 1
        self.prices: list[int] = []  # of the auctions so far, not mirrored
        self.rest(MAKER, BASE, MAX_ORDER)

    def tick(self, tick: int) -> int:
        """As the book has it."""
        return MIRROR - tick if self.mirror else tick

    def rest(self, account: int, tick: int, lots: int) -> None:
        """Place a bid, or in the mirror an ask."""
        placed = self.pair.place(account, NewOrder(self.mirror, self.tick(tick), lots))
        assert placed is not None

    def sell(self, tick: int, lots: int = 1) -> None:
        """An auction in which the vault sells lots down to a tick."""
        at = self.tick(tick)
        quotes = VaultQuotes(at, lots, 0, 0) if self.mirror else VaultQuotes(0, 0, at, lots)
        clearing = self.pair.auction(at, len(self.prices), quotes)
        assert clearing.auction == len(self.prices)
        assert clearing.price == at
        self.prices.append(tick)

    def sell_to(self, count: int) -> None:
        """Auctions of one lot at BASE until there are so many."""
        while len(self.prices) < count:
            self.sell(BASE)

    def check_filled(self, account: int, lots: int, number: int) -> None:
        """An account's one order was filled wholly, by the auction of this number, at its price."""
        fills = self.pair.sync(account)
        assert fills.lots == self.sign * lots
        assert fills.basis == self.sign * lots * number
        assert fills.cash == -self.sign * lots * self.tick(self.prices[number])
        assert fills.maker_notional == lots * self.tick(self.prices[number])
        assert self.pair.exposure.slots == 0


def around(*numbers: int) -> list[int]:
    """Each of them, with one before and one behind."""
    return sorted({number + step for number in numbers for step in (-2, -1, 0, 1)})


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize(
    "numbers",
    [around(12, 24, 36, 132, 144, 156, 288), around(1_584, 1_728, 1_740, 1_872)],
    ids=["12 and 144", "1,728"],
)
def test_orders_filled_where_the_history_rolls_up(numbers: list[int], mirror: bool) -> None:
    """Order k, at tick 900 - k, is filled wholly by the auction numbers[k], which sells past BASE down to it.

    BASE is filled on the way each time, and placed anew. Orders 100 ticks below stay open to the end.
    """
    history = History(mirror)
    for k in range(len(numbers)):
        history.rest(100 + k, 900 - k, 5)
        history.rest(500 + k, 800 - k, 5)
    for k, number in enumerate(numbers):
        history.sell_to(number)
        assert [order[3] for order in history.pair.contract.open_orders(100 + k)] == [5]
        history.sell(900 - k, 2**29 - 1)
        assert history.pair.contract.open_orders(100 + k) == ()
        history.rest(MAKER, BASE, MAX_ORDER)
    for k in random.Random(1).sample(range(len(numbers)), len(numbers)):
        history.check_filled(100 + k, 5, numbers[k])
        assert history.pair.sync(500 + k).lots == 0
        assert history.pair.exposure.slots == 1
    history.pair.check()


def test_roll_up_at_12_to_the_4() -> None:
    """20,736 auctions; orders are filled by the numbers 20,734 .. 20,737 and rested since the first."""
    history = History(mirror=False)
    numbers = around(12**4)
    for k in range(4):
        history.rest(100 + k, 900 - k, 5)
        history.rest(200 + k, 700, 1)
    for k, number in enumerate(numbers):
        while len(history.prices) < number:
            history.sell(BASE)
        history.sell(900 - k, 2**29 - 1)
        history.rest(MAKER, BASE, MAX_ORDER)
    for k, number in enumerate(numbers):
        history.check_filled(100 + k, 5, number)
        assert history.pair.sync(200 + k).lots == 0


@pytest.mark.parametrize("mirror", [False, True])
def test_5000_auctions(mirror: bool) -> None:
    """One auction in 40 sells down to a random tick, and then two orders are placed anywhere below BASE.

    An order placed before auction n at tick t is filled wholly by the first auction from n on whose price is
    t or less; 40 orders rest from the beginning. Some accounts settle on the way, once for all.
    """
    pick = random.Random(5_000 + mirror)
    history = History(mirror)
    orders: list[tuple[int, int, int, int]] = []  # account, tick, lots, first auction

    def rest(tick: int) -> None:
        lots = pick.randint(1, 50)
        account = 1_000 + history.pair.model.placed
        history.rest(account, tick, lots)
        orders.append((account, tick, lots, len(history.prices)))

    for _ in range(40):
        rest(pick.randint(600, BASE - 1))
    while len(history.prices) < 5_000:
        history.sell_to(min(5_000, len(history.prices) + pick.randint(1, 80)))
        history.sell(BASE - int(400 * pick.random() ** 4), 2**29 - 1)
        history.rest(MAKER, BASE, MAX_ORDER)
        for _ in range(2):
            rest(BASE - 1 - int(400 * pick.random() ** 3))
        if pick.random() < 0.2:
            account, tick, lots, since = pick.choice(orders)
            fills = history.pair.sync(account)
            if fills.lots:
                orders.remove((account, tick, lots, since))
                assert fills.lots == history.sign * lots
    deep = [number for number, price in enumerate(history.prices) if price < BASE]
    pick.shuffle(orders)
    filled = 0
    for account, tick, lots, since in orders:
        later = deep[bisect_left(deep, since) :]
        number = next((number for number in later if history.prices[number] <= tick), None)
        if number is None:
            assert history.pair.sync(account).lots == 0
            assert history.pair.exposure.slots == 1
        else:
            filled += 1
            history.check_filled(account, lots, number)
    assert filled > 100
    assert len(orders) - filled > 3
    history.pair.check()


def test_one_order_filled_by_2000_auctions() -> None:
    """2,000 x 1 lot at indices 0 .. 1,999, settled once: basis 1,999 x 1,000."""
    history = History(mirror=True)
    history.sell_to(2_000)
    at = history.tick(BASE)
    fills = history.pair.sync(MAKER)
    assert (fills.lots, fills.cash, fills.basis) == (-2_000, 2_000 * at, -1_999_000)
    # the first was in its own batch
    assert (fills.taker_notional, fills.maker_notional) == (at, 1_999 * at)
    assert [order[3:5] for order in history.pair.contract.open_orders(MAKER)] == [(MAX_ORDER - 2_000, 2_000)]
    history.pair.check()


def test_accounts_touched_in_the_distant_past(pair: BookPair) -> None:
    """Bid and ask of one account, filled by the auctions 0 and 1, settled after 400 more on either side."""
    pair.place(OTHER, bid(90, 3))
    pair.place(OTHER, ask(110, 4))
    pair.auction(100, 0, VaultQuotes(ask_tick=90, ask_lots=2))
    pair.auction(100, 5, VaultQuotes(bid_tick=110, bid_lots=4))
    for number in range(400):
        pair.place(MAKER, NewOrder(number % 2 == 0, 100, 1))
        quotes = VaultQuotes(100, 1, 0, 0) if number % 2 == 0 else VaultQuotes(0, 0, 100, 1)
        pair.auction(100, 0, quotes)
    fills = pair.sync(OTHER)
    assert (fills.lots, fills.cash, fills.basis) == (2 - 4, -2 * 90 + 4 * 110, -20)
    assert (fills.taker_notional, fills.maker_notional) == (180, 440)
    assert (pair.exposure.bid_lots, pair.exposure.ask_lots) == (1, 0)
    pair.check()


def test_two_rescales_within_the_history() -> None:
    """Orders of three grids, filled or voided at numbers next to 144, each told what it should be."""
    history = History(mirror=False)
    history.rest(1, 900, 5)
    history.rest(2, 800, 5)
    history.sell_to(142)
    history.sell(900, 2**29 - 1)  # number 142 fills the first
    history.pair.rescale()  # records 143 and 144, which void the second
    history.prices += [0, 0]
    history.rest(3, 900, 5)
    history.rest(MAKER, BASE, MAX_ORDER)
    history.sell_to(287)
    history.pair.rescale()  # records 287 and 288 void the third
    history.prices += [0, 0]
    history.rest(4, 900, 5)
    history.sell(900, 2**29 - 1)
    history.check_filled(1, 5, 142)
    assert [history.pair.sync(account).lots for account in (2, 3)] == [0, 0]
    assert history.pair.contract.open_orders(2) == history.pair.contract.open_orders(3) == ()
    fills = history.pair.sync(4)
    assert (fills.lots, fills.basis, fills.grid) == (5, 5 * 289, 2)
