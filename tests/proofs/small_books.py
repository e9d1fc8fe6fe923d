"""Every small book there is, auctioned by the real contracts and by the rule of docs/auction.md taken at its
word: try every price.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any, Final

from walras.devtools.compiler import PROJECT_ROOT, compile_contract
from walras.devtools.evm import DEPLOYER, Evm
from walras.model.book import MAX_TICK, NewOrder, VaultQuotes

INTERVAL: Final = 10


@dataclass(frozen=True)
class Universe:
    """Which books there are: up to `orders` orders at neighbouring ticks. Each book is auctioned under every
    pair of the vault's quotes and every reference, from the tick below to the one above.
    """

    first: int
    """The lowest tick."""
    ticks: int
    orders: int
    size: int
    """Lots of an order: 1 .. size."""
    vault: int = 0
    """Lots of a quote of the vault: 0 .. vault."""
    batch_only: bool = True
    """Whether there are such orders, beside those that rest."""
    in_any_order: bool = False
    """Whether the same orders, placed in another order, are another book."""

    @cached_property
    def grid(self) -> range:
        """The ticks of its orders."""
        return range(self.first, self.first + self.ticks)

    @cached_property
    def references(self) -> list[int]:
        """The ticks of its orders, and those beside them."""
        return [tick for tick in range(self.first - 1, self.first + self.ticks + 1) if 1 <= tick <= MAX_TICK]

    @cached_property
    def kinds(self) -> list[NewOrder]:
        """The orders that a book is made of."""
        return [
            NewOrder(is_ask, tick, lots, batch_only)
            for is_ask, tick, lots, batch_only in product(
                (False, True), self.grid, range(1, self.size + 1), (False, True)
            )
            if self.batch_only or not batch_only
        ]

    @cached_property
    def quotes(self) -> list[VaultQuotes]:
        """The vault's quotes: none, either side, and both where they do not cross."""
        sides = [(0, 0), *product(self.grid, range(1, self.vault + 1))]
        return [
            VaultQuotes(*bid, *ask)
            for bid, ask in product(sides, sides)
            if not (bid[1] and ask[1] and bid[0] >= ask[0])
        ]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rule says of a book, whatever the reference is."""

    lots: int
    prices: list[int]
    """Among these the reference decides."""
    surplus: dict[int, int]
    bought: list[int]
    """Lots of each bid, in the order of placing; the vault's last."""
    sold: list[int]
    step: str
    """Which step of the rule it took."""

    def price(self, reference: int) -> int:
        """Of the prices that are left the one nearest to the reference; there has to be one."""
        first, *others = sorted(self.prices, key=lambda price: abs(price - reference))
        assert not others or abs(first - reference) < abs(others[0] - reference), "two are as near"
        return first


def ruling(orders: Sequence[NewOrder], quotes: VaultQuotes, tried: Sequence[int]) -> Ruling:
    """The rule of docs/auction.md, step by step, of each price that is tried."""
    bids = [order for order in orders if not order.is_ask] + [
        NewOrder(False, quotes.bid_tick, quotes.bid_lots)
    ]
    asks = [order for order in orders if order.is_ask] + [NewOrder(True, quotes.ask_tick, quotes.ask_lots)]
    demand = {price: sum(bid.lots for bid in bids if bid.tick >= price) for price in tried}
    supply = {price: sum(ask.lots for ask in asks if ask.tick <= price) for price in tried}
    surplus = {price: demand[price] - supply[price] for price in tried}
    volume = {price: min(demand[price], supply[price]) for price in tried}

    most = max(volume.values())
    if most == 0:
        return Ruling(0, [0], {0: 0}, [0] * len(bids), [0] * len(asks), "nothing crosses")
    prices = [price for price in tried if volume[price] == most]
    step = "most volume"
    least = min(abs(surplus[price]) for price in prices)
    if any(abs(surplus[price]) > least for price in prices):
        step = "least surplus"
    prices = [price for price in prices if abs(surplus[price]) == least]
    if least:
        highest = [price for price in prices if surplus[price] > 0][-1:]
        lowest = [price for price in prices if surplus[price] < 0][:1]
        if len(prices) > 1:
            step = (
                "pressure of sellers"
                if not highest
                else "pressure of buyers"
                if not lowest
                else "pressure of both"
            )
        prices = highest + lowest
    elif len(prices) > 1:
        step = "nearest to the reference"
    return Ruling(most, prices, surplus, _shares(bids, -1, most), _shares(asks, 1, most), step)


def _shares(orders: Sequence[NewOrder], better: int, volume: int) -> list[int]:
    """Who fills first: better ticks, then resting, batch-only, the vault (the last one), then the earlier."""
    vault = len(orders) - 1
    shares = [0] * len(orders)
    for number in sorted(
        range(len(orders)),
        key=lambda n: (better * orders[n].tick, 2 if n == vault else orders[n].batch_only, n),
    ):
        shares[number] = min(orders[number].lots, volume)
        volume -= shares[number]
    return shares


def told(ruled: Ruling, orders: Sequence[NewOrder], reference: int, settled: bool) -> int:
    """The word that AuctionTrials has to answer."""
    price = ruled.price(reference)
    word = (
        price
        | ruled.lots << 18
        | ruled.surplus[price] + 2**15 << 34
        | ruled.bought[-1] << 50
        | ruled.sold[-1] << 66
    )
    if settled:
        bought, sold = iter(ruled.bought), iter(ruled.sold)
        for number, order in enumerate(orders):
            lots = next(sold if order.is_ask else bought)
            left = 0 if order.batch_only else order.lots - lots
            word |= ((-lots if order.is_ask else lots) + 8 | left << 4) << 82 + 8 * number
    return word


def indifferent(ruled: Ruling, orders: Sequence[NewOrder], quotes: VaultQuotes) -> bool:
    """Walras' price, at each price that the rule leaves: who is better than it fills whole, who is worse not
    at all, and as much is bought as is sold.
    """
    bids = [(order.tick, order.lots) for order in orders if not order.is_ask] + [
        (quotes.bid_tick, quotes.bid_lots)
    ]
    asks = [(order.tick, order.lots) for order in orders if order.is_ask] + [
        (quotes.ask_tick, quotes.ask_lots)
    ]
    return sum(ruled.bought) == sum(ruled.sold) == ruled.lots and all(
        share == (lots if better * (tick - price) > 0 else 0)
        for price in ruled.prices
        for better, side, shares in ((1, bids, ruled.bought), (-1, asks, ruled.sold))
        for (tick, lots), share in zip(side, shares, strict=True)
        if tick != price and ruled.lots
    )


class Trials:
    """A book of the contracts under `root`, and all auctions of a universe tried on it."""

    def __init__(self, universe: Universe, root: Path = PROJECT_ROOT) -> None:
        self.universe = universe
        self.books = 0
        self.auctions = 0
        self.steps: Counter[str] = Counter()
        """How many pairs of a book and quotes each step of the rule decided."""
        self._evm = Evm()
        self._driver = self._evm.deploy(compile_contract("AuctionTrials"))
        views = self._evm.deploy(compile_contract("OrderbookViews", root))
        artifact = compile_contract("OrderbookV2", root)
        self._book = self._evm.deploy(artifact, self._driver.address, views.address, INTERVAL, 1)
        self._calls: dict[Any, bytes] = {}

    def difference(self) -> str:
        """Tries every book; tells the first auction that the rule has otherwise, or nothing."""
        return self._from((), 0)

    def _from(self, orders: tuple[NewOrder, ...], first: int) -> str:
        """All books that begin with these orders, which are placed."""
        found = self._compared(orders)
        if found or len(orders) == self.universe.orders:
            return found
        for number in range(0 if self.universe.in_any_order else first, len(self.universe.kinds)):
            before = self._evm.snapshot()
            self._send("place", len(orders) + 1, self.universe.kinds[number])
            found = self._from((*orders, self.universe.kinds[number]), number)
            self._evm.revert(before)
            if found:
                return found
        return ""

    def _compared(self, orders: tuple[NewOrder, ...]) -> str:
        universe = self.universe
        self.books += 1
        self._evm.time += INTERVAL
        answer = self._send("outcomes", len(orders), tuple(universe.references), tuple(universe.quotes))
        self._evm.time -= INTERVAL
        words = iter(range(64, len(answer), 32))
        for quotes in universe.quotes:
            ruled = ruling(orders, quotes, universe.references)
            self.steps[ruled.step] += 1
            assert indifferent(ruled, orders, quotes), (orders, quotes)
            ends = universe.references[0], universe.references[-1]
            for reference in universe.references:
                self.auctions += 1
                at = next(words)
                said = int.from_bytes(answer[at : at + 32])
                if said != told(ruled, orders, reference, settled=reference in ends):
                    return f"{orders}, {quotes}, reference {reference}: {ruled}, and not {said:#x}"
        return ""

    def _send(self, name: str, *args: Any) -> bytes:
        key = (name, *args[:2])
        if key not in self._calls:
            self._calls[key] = self._driver.encode(name, self._book.address, *args)
        return self._evm.call(DEPLOYER, self._driver.address, self._calls[key])
