"""The order book and its batch auction: the exact reference that contracts/OrderbookV2.vy is compared with.

It is written to be read: one list of orders in the order of their placing, walked from end to end for every
question. Names, arguments and results are those of interfaces/IOrderbookV2.vyi, and so are the units: prices
are ticks, sizes are lots, notionals are lots x ticks, times are unix seconds. There is no engine here: who
may call is not the model's matter. Order ids are sequence numbers from 1.

The price of an auction
-----------------------
demand(p) is what is bid at p or above, supply(p) what is offered at p or below, the vault's quotes included;
min(demand, supply) can trade at p, and demand - supply is the surplus there. Tried is every tick from the
lowest ask up to the highest bid; where there is none, the book is uncrossed and nothing trades. Of those
ticks stay

1. the ones with the largest volume;
2. of these, the ones with the smallest surplus, its sign aside;
3. of these, by market pressure: where all have buyers left over, the highest; where all have sellers left
   over, the lowest; where some have buyers and some have sellers left over, the highest of the former and the
   lowest of the latter;
4. of these, the one nearest to the reference price.

Demand never rises and supply never falls with the price, so the surplus never rises. From this follow:

- After step 2 either every surplus is zero, and the ticks are one interval, or every surplus is +m or -m.
- In the last case of step 3 the two ticks are neighbours. Between them the volume is at least that of both
  ends, so a tick there would have passed step 1; step 2 gives it +m or -m, and so one of the two were not the
  end.
- Step 4 never meets a tie: it chooses within an interval, or between two neighbours.

Why pressure is needed: the price should be Walras's, at which the side with the surplus is short only at the
price itself, so that **every order strictly better than the price fills entirely**. Take 10 lots bid at 105
and 4 offered at 100. Volume 4 and surplus 6 are the same at all of 100 .. 105. At 100 .. 104 six lots of a
bid that is strictly better than the price stay empty, and the book stays crossed for whoever comes next. Only
at 105 is the bidder who is left over indifferent.

In general let all ticks that step 2 left have the surplus m > 0, and b be the highest of them. supply(b)
trades. Were the bids above b more than that, demand(b + 1) > supply(b), then with supply(b + 1) > supply(b)
the volume at b + 1 would be larger, against step 1; and with supply(b + 1) = supply(b) it would be the same,
at a surplus of m at most, so that step 2 had left b + 1 too. So the bids above b fill entirely, and the asks
at or below b do in any case. The mirror image holds for sellers. With both kinds, at neighbours b and b + 1,
the volume is supply(b) and demand(b + 1): the asks up to b and the bids from b + 1 fill entirely at either
price. With no surplus everybody does.

Hence what stays after an auction is uncrossed. Hence also makers, the orders that rested before the batch or
are post-only, never cross each other and never fill on both sides of an auction: takers and the vault
together trade at least the lots that makers do.

Who fills
---------
On either side the better limit first; at one limit resting orders, then batch-only orders, then the vault;
among those the earlier one first. A fill is a taker's if its order was placed in the very batch that is
cleared and is not post-only; else it is a maker's.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Final

from walras.model.revert import Revert, require

MAX_TICK: Final = 2**18 - 2
MAX_ORDER: Final = 2**28 - 1  # lots of one order
MAX_ORDERS: Final = 32  # open orders of one account
ACCOUNT_LOTS: Final = 2**29  # bound of the open lots of one account and side
BLOCK_BITS: Final = 12  # a block is 4,096 ticks
BLOCK_RESTING: Final = 2**30  # bound of the live resting lots of one block and side
BLOCK_BATCH_ONLY: Final = 2**29  # the same of the batch-only lots
VAULT_LOTS: Final = 2**29  # bound of one quote of the vault
FUNDING_BOUND: Final = 2**79
CLIENT_ID_BOUND: Final = 2**128
TIME_BOUND: Final = 2**40
INTERVAL_BOUND: Final = 2**24
MIN_LOTS_BOUND: Final = 2**20
LAST_GRID: Final = 255
MAX_DEPTH: Final = 64
MAX_RECORDS: Final = 64  # of one page of history
TWAP_SCALE: Final = 10**18


# ---------------------------------------------------------------- the structs of the interface


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order as its owner gives it."""

    is_ask: bool
    tick: int
    lots: int
    batch_only: bool = False
    post_only: bool = False
    reduce_only: bool = False
    expiry: int = 0
    client_id: int = 0


@dataclass(frozen=True, slots=True)
class VaultQuotes:
    """The vault's quotes in one auction; a side with 0 lots does not quote, whatever its tick."""

    bid_tick: int = 0
    bid_lots: int = 0
    ask_tick: int = 0
    ask_lots: int = 0


NO_QUOTES: Final = VaultQuotes()


@dataclass(frozen=True, slots=True)
class Fills:
    """What was filled of one account's orders since it was last settled."""

    lots: int  # bought less sold
    cash: int  # notional sold less notional bought
    basis: int  # sum of signed lots x funding index
    maker_notional: int
    taker_notional: int
    grid: int  # on which they traded; 0 where nothing was filled


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one account has open."""

    slots: int  # bit i: slot i holds an open order
    bid_lots: int
    ask_lots: int
    bid_notional: int  # open lots x limit
    ask_notional: int
    has_reduce_only: bool = False  # one of them is reduce-only


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """One open order as its owner sees it."""

    order_id: int
    is_ask: bool
    tick: int
    lots: int  # open now
    filled: int  # since its placing
    batch: int  # in which it was placed
    batch_only: bool
    post_only: bool
    reduce_only: bool
    expiry: int
    client_id: int


@dataclass(frozen=True, slots=True)
class Clearing:
    """What an auction did."""

    traded: bool
    auction: int  # number of its record, or of the next one where nothing traded
    batch: int  # the batch that it closes
    price: int
    lots: int
    imbalance: int  # demand less supply at the price
    vault_bought: int
    vault_sold: int


@dataclass(frozen=True, slots=True)
class Auction:
    """The record of an auction that traded; a price of 0 marks a rescale."""

    price: int
    lots: int
    batch: int
    time: int
    funding_index: int


@dataclass(frozen=True, slots=True)
class Level:
    """The live resting lots of one tick and side."""

    tick: int
    lots: int


@dataclass(frozen=True, slots=True)
class Market:
    """State and settings of the market."""

    auctions: int
    batch: int
    due: int  # 0: continuous mode
    interval: int  # of the batches that open from now on
    min_lots: int
    grid: int


# ---------------------------------------------------------------- the price


@dataclass(frozen=True, slots=True)
class Point:
    """A price, the lots bid at or above it, and the lots offered at or below it."""

    price: int
    demand: int
    supply: int

    @property
    def volume(self) -> int:
        """Lots that can trade."""
        return min(self.demand, self.supply)

    @property
    def surplus(self) -> int:
        """Lots bid in excess; negative where offered in excess."""
        return self.demand - self.supply


Limits = Sequence[tuple[int, int]]  # (tick, lots) of each order of one side


def every_point(bids: Limits, asks: Limits) -> list[Point]:
    """Every price from the lowest ask up to the highest bid: the specification, too slow for a wide book."""
    if not bids or not asks:
        return []
    lowest_ask = min(tick for tick, _ in asks)
    highest_bid = max(tick for tick, _ in bids)
    return [
        Point(
            price,
            demand=sum(lots for tick, lots in bids if tick >= price),
            supply=sum(lots for tick, lots in asks if tick <= price),
        )
        for price in range(lowest_ask, highest_bid + 1)
    ]


def telling_points(bids: Limits, asks: Limits, reference: int) -> list[Point]:
    """Those of every_point that can be chosen: the ticks of the orders, their neighbours, and the reference.

    Demand and supply change only beside an order's tick, so each stretch in which both are flat begins and
    ends at such a tick or its neighbour. The rule takes a stretch's highest price, its lowest, or the nearest
    to the reference, which is the reference itself or again an end.
    """
    if not bids or not asks:
        return []
    lowest_ask = min(tick for tick, _ in asks)
    highest_bid = max(tick for tick, _ in bids)
    bid_at: Counter[int] = Counter()
    ask_at: Counter[int] = Counter()
    for tick, lots in bids:
        bid_at[tick] += lots
    for tick, lots in asks:
        ask_at[tick] += lots
    prices = {tick + step for tick in (*bid_at, *ask_at) for step in (-1, 0, 1)} | {reference}

    points = []
    demand, supply = bid_at.total(), 0
    for price in sorted(prices):
        supply += ask_at[price]
        if lowest_ask <= price <= highest_bid:
            points.append(Point(price, demand, supply))
        demand -= bid_at[price]
    return points


def choose(points: Sequence[Point], reference: int) -> Point | None:
    """Choose the clearing price by the rule at the head of this module; None where nothing can trade."""
    if not points:
        return None
    most = max(point.volume for point in points)
    points = [point for point in points if point.volume == most]
    least = min(abs(point.surplus) for point in points)
    points = [point for point in points if abs(point.surplus) == least]
    if least:
        buyers_left = [point for point in points if point.surplus > 0]
        sellers_left = [point for point in points if point.surplus < 0]
        points = []
        if buyers_left:
            points.append(max(buyers_left, key=lambda point: point.price))
        if sellers_left:
            points.append(min(sellers_left, key=lambda point: point.price))
    return min(points, key=lambda point: abs(point.price - reference))


# ---------------------------------------------------------------- the book


@dataclass(frozen=True, slots=True)
class Fill:
    """What one auction filled of one order."""

    lots: int
    price: int
    funding_index: int
    is_taker: bool


@dataclass(slots=True)
class Order:
    """An order in the book. One without open lots stays until its account is settled."""

    order_id: int
    account: int
    slot: int
    grid: int
    batch: int
    terms: NewOrder
    lots: int  # open; 0 once filled or void
    fills: list[Fill] = field(default_factory=list)  # all since its placing
    unsettled: list[Fill] = field(default_factory=list)  # those since its account was last settled

    @property
    def sign(self) -> int:
        """Of the lots that it adds to a position."""
        return -1 if self.terms.is_ask else 1


def _crosses(is_ask: bool, tick: int, other_tick: int) -> bool:
    """Whether an order at `tick` can trade with one of the other side at `other_tick`."""
    return tick <= other_tick if is_ask else tick >= other_tick


def _on_grid(tick: int) -> bool:
    return 1 <= tick <= MAX_TICK


class Book:
    """The order book of one market. Set `time` to the block's timestamp before a call."""

    def __init__(self, interval: int, min_lots: int, time: int) -> None:
        """Open batch 0 at `time` with batches of `interval` seconds (0: continuous mode)."""
        self._check_settings(interval, min_lots)
        self.time = time
        self.interval = interval
        self.min_lots = min_lots
        self.grid = 0
        self.batch = 0
        self.due = 0
        self.orders: list[Order] = []  # in the order of their placing
        self.auctions: list[Auction] = []
        self.first_of_grid = 0  # number of the first auction of the current grid
        self.deadlines: dict[int, int] = {}
        self.placed = 0  # orders so far
        self.placed_in_batch = 0  # those of the batch that is open
        self._open_batch()

    def copied(self) -> "Book":
        """Another book that is the same now."""
        twin = copy(self)
        twin.orders = [
            replace(order, fills=[*order.fills], unsettled=[*order.unsettled]) for order in self.orders
        ]
        twin.auctions, twin.deadlines = [*self.auctions], dict(self.deadlines)
        return twin

    # ------------------------------------------------------------ orders

    def place(self, account: int, order: NewOrder, lowest: int, highest: int) -> tuple[int, Fills, Exposure]:
        """Settle the account, then place an order whose limit lies in lowest .. highest.

        Returns the order's id, what settling found, and what is open after.
        """
        with self._all_or_nothing(account):
            self._require_open()
            self._check_terms(order, lowest, highest)
            fills = self._settle(account)
            order_id = self._enter(account, order)
        return order_id, fills, self._interest(account)

    def cancel(self, account: int, order_id: int, lots: int) -> tuple[int, Fills, Exposure]:
        """Settle the account, then take up to `lots` off its order; the rest keeps its place in the queue.

        Returns the lots taken off, what settling found, and what is open after.
        """
        with self._all_or_nothing(account):
            self._require_open()
            require(lots != 0, "book: zero lots")
            fills = self._settle(account)
            order = self._find(account, order_id)
            if order is None:
                raise Revert("book: unknown order")
            taken = self._take_off(order, lots)
        return taken, fills, self._interest(account)

    def cancel_all(self, account: int) -> tuple[int, Fills, Exposure]:
        """Settle the account, then cancel all its orders. Returns their number, then as `cancel` does."""
        self._require_open()
        fills = self._settle(account)
        return self._cancel_wholly(self._live(account=account)), fills, self._interest(account)

    def cancel_replace(
        self,
        account: int,
        order_ids: Sequence[int],
        orders: Sequence[NewOrder],
        strict: bool,
        lowest: int,
        highest: int,
    ) -> tuple[int, list[int], Fills, Exposure]:
        """Settle the account, cancel some of its orders wholly, then place others, one after the other.

        An id that is not open is refused if `strict`, else passed over; one given twice counts once. Returns
        the number of orders cancelled, the ids of the new ones, what settling found, and what is open after.
        """
        with self._all_or_nothing(account):
            self._require_open()
            fills = self._settle(account)
            named = [self._find(account, order_id) for order_id in dict.fromkeys(order_ids)]
            require(not strict or None not in named, "book: unknown order")
            cancelled = self._cancel_wholly([order for order in named if order is not None])
            new_ids = []
            for order in orders:
                self._check_terms(order, lowest, highest)
                new_ids.append(self._enter(account, order))
        return cancelled, new_ids, fills, self._interest(account)

    def cancel_all_after(self, account: int, deadline: int) -> None:
        """From `deadline` on anyone may sweep the account's orders, until another is set. 0 disarms.

        Allowed on a closed batch too, and settles nothing.
        """
        if deadline != 0:
            require(deadline > self.time, "book: deadline in the past")
        self.deadlines[account] = deadline

    def sweep(self, account: int, order_ids: Sequence[int]) -> tuple[int, Fills, Exposure]:
        """Settle the account, then cancel those of its orders that have expired, or all past its deadline.

        Ids that are no open orders of the account are skipped. Returns the number of orders cancelled, and
        the rest as `cancel`.
        """
        with self._all_or_nothing(account):
            self._require_open()
            fills = self._settle(account)
            named = [self._find(account, order_id) for order_id in dict.fromkeys(order_ids)]
            swept = [order for order in named if order is not None]
            for order in swept:
                ends = (order.terms.expiry, self.cancel_deadline(account))
                require(any(end != 0 and end <= self.time for end in ends), "book: not expired")
            cancelled = self._cancel_wholly(swept)
        return cancelled, fills, self._interest(account)

    def sync(self, account: int) -> tuple[Fills, Exposure]:
        """Settle the account, at any time. Returns what was filled since the last time, and what is open."""
        return self._settle(account), self._interest(account)

    # ------------------------------------------------------------ the market

    def clear(self, reference: int, funding_index: int, quotes: VaultQuotes = NO_QUOTES) -> Clearing:
        """Run the auction of the batch that is due, and open the next batch.

        `reference` is the tick that decides where the orders leave the price open, `funding_index` is
        recorded with every fill. Whether it trades or not, the batch-only orders of the batch are void
        afterwards.
        """
        require(self.due == 0 or self.time >= self.due, "book: batch not due")
        self._check_auction(reference, quotes)
        require(abs(funding_index) < FUNDING_BOUND, "book: funding index out of range")
        clearing, allotted = self._match(reference, quotes)
        for order, lots in allotted:
            is_taker = order.batch == self.batch and not order.terms.post_only
            fill = Fill(lots, clearing.price, funding_index, is_taker)
            order.lots -= lots
            order.fills.append(fill)
            order.unsettled.append(fill)
        if clearing.traded:
            self.auctions.append(Auction(clearing.price, clearing.lots, self.batch, self.time, funding_index))
        for order in self.orders:
            if order.terms.batch_only:
                order.lots = 0
        self.batch += 1
        self._open_batch()
        return clearing

    def postpone(self) -> int:
        """Make the batch due one interval from now, orders and all; nothing in continuous mode.

        Returns when it is due now.
        """
        if self.due:
            self.due = self.time + max(self.interval, 1)
        return self.due

    def configure(self, interval: int, min_lots: int) -> None:
        """Set the minimum size now, and the interval for the batches that open from now on."""
        self._check_settings(interval, min_lots)
        self.interval = interval
        self.min_lots = min_lots

    def rescale(self) -> int:
        """Void all open lots, append two void records, and open a batch on a new grid. Returns its number.

        Earlier fills stay claimable, and say on which grid they traded.
        """
        require(self.grid < LAST_GRID, "book: last grid")
        for order in self.orders:
            order.lots = 0
        self.auctions += [Auction(0, 0, self.batch, self.time, 0)] * 2
        self.first_of_grid = len(self.auctions)
        self.grid += 1
        self.batch += 1
        self._open_batch()
        return self.grid

    # ------------------------------------------------------------ views

    def market(self) -> Market:
        """State and settings of the market."""
        return Market(len(self.auctions), self.batch, self.due, self.interval, self.min_lots, self.grid)

    def best(self) -> tuple[int, int]:
        """Ticks of the highest resting bid and the lowest resting ask; 0 where there is none."""
        bids = [order.terms.tick for order in self._live(is_ask=False, batch_only=False)]
        asks = [order.terms.tick for order in self._live(is_ask=True, batch_only=False)]
        return max(bids, default=0), min(asks, default=0)

    def impact(self, lots: int) -> tuple[int, int]:
        """Ticks at which resting bids, and asks, from the best on come to so many lots; else 0."""
        require(lots > 0, "book: zero lots")
        reached = []
        for is_ask in (False, True):
            orders = self._live(is_ask=is_ask, batch_only=False)
            left, found = lots, 0
            for order in sorted(orders, key=lambda one: one.terms.tick, reverse=not is_ask):
                left -= order.lots
                if left <= 0:
                    found = order.terms.tick
                    break
            reached.append(found)
        return reached[0], reached[1]

    def lots_at(self, is_ask: bool, tick: int) -> tuple[int, int]:
        """Live lots of one side at one tick: resting, batch-only."""
        require(_on_grid(tick), "book: tick outside grid")
        here = [order for order in self._live(is_ask=is_ask) if order.terms.tick == tick]
        return (
            sum(order.lots for order in here if not order.terms.batch_only),
            sum(order.lots for order in here if order.terms.batch_only),
        )

    def depth(self, levels: int) -> tuple[list[Level], list[Level]]:
        """The best `levels` ticks of the resting bids and of the asks, each with its lots, best first."""
        require(levels <= MAX_DEPTH, "book: depth too large")
        sides = []
        for is_ask in (False, True):
            lots_of: Counter[int] = Counter()
            for order in self._live(is_ask=is_ask, batch_only=False):
                lots_of[order.terms.tick] += order.lots
            ticks = sorted(lots_of, reverse=not is_ask)[:levels]
            sides.append([Level(tick, lots_of[tick]) for tick in ticks])
        bids, asks = sides
        return bids, asks

    def open_orders(self, account: int) -> list[OpenOrder]:
        """List the account's open orders by slot, with what is filled of them by now."""
        return [
            OpenOrder(
                order_id=order.order_id,
                is_ask=order.terms.is_ask,
                tick=order.terms.tick,
                lots=order.lots,
                filled=sum(fill.lots for fill in order.fills),
                batch=order.batch,
                batch_only=order.terms.batch_only,
                post_only=order.terms.post_only,
                reduce_only=order.terms.reduce_only,
                expiry=order.terms.expiry,
                client_id=order.terms.client_id,
            )
            for order in sorted(self._live(account=account), key=lambda order: order.slot)
        ]

    def preview_sync(self, account: int) -> tuple[Fills, Exposure]:
        """What `sync` would return now."""
        return self._unsettled(account), self._interest(account)

    def preview_clear(self, reference: int, quotes: VaultQuotes = NO_QUOTES) -> Clearing:
        """What `clear` would return if the batch were due now."""
        self._check_auction(reference, quotes)
        clearing, _ = self._match(reference, quotes)
        return clearing

    def auction(self, number: int) -> Auction:
        """The record of an auction."""
        require(number < len(self.auctions), "book: no such auction")
        return self.auctions[number]

    def auctions_from(self, start: int, count: int) -> list[Auction]:
        """Up to `count` records from number `start` on, oldest first."""
        require(count <= MAX_RECORDS, "book: page too large")
        return self.auctions[start : start + count]

    def twap(self, start: int, end: int) -> int:
        """Average clearing tick from `start` to `end`, weighted by seconds, x 10**18, rounded down.

        In force at a time is the price of the last auction that ran then or before, on the current grid.
        """
        require(start < end <= self.time, "book: bad window")
        records = self.auctions[self.first_of_grid :]
        require(any(record.time <= start for record in records), "book: no price yet")
        total = 0
        for number, record in enumerate(records):
            until = records[number + 1].time if number + 1 < len(records) else end
            total += record.price * max(0, min(until, end) - max(record.time, start))
        return total * TWAP_SCALE // (end - start)

    def cancel_deadline(self, account: int) -> int:
        """The deadline that `cancel_all_after` set; 0 where it is disarmed."""
        return self.deadlines.get(account, 0)

    # ------------------------------------------------------------ what may not be

    @staticmethod
    def _check_settings(interval: int, min_lots: int) -> None:
        require(interval < INTERVAL_BOUND, "book: interval too long")
        require(1 <= min_lots < MIN_LOTS_BOUND, "book: bad minimum size")

    def _require_open(self) -> None:
        require(self.due == 0 or self.time < self.due, "book: batch closed")

    def _check_terms(self, order: NewOrder, lowest: int, highest: int) -> None:
        """What is refused of a new order whoever places it. A cancelled order still counts as placed."""
        require(self.due != 0 or self.placed_in_batch == 0, "book: clear first")
        require(_on_grid(order.tick), "book: tick outside grid")
        require(lowest <= order.tick <= highest, "book: tick outside band")
        require(order.lots != 0, "book: zero lots")
        require(order.lots >= self.min_lots or order.reduce_only, "book: below minimum size")
        require(order.lots <= MAX_ORDER, "book: order too large")
        lasting = order.post_only or order.expiry != 0
        require(not (order.batch_only and lasting), "book: conflicting flags")
        require(order.expiry == 0 or order.expiry > self.time, "book: order expired")
        require(order.expiry < TIME_BOUND, "book: expiry too large")
        require(order.client_id < CLIENT_ID_BOUND, "book: client id too large")

    def _check_beside_others(self, account: int, order: NewOrder) -> None:
        """What is refused of a new order for what else is in the book. The account is settled."""
        own = self._live(account=account)
        require(len(own) < MAX_ORDERS, "book: too many orders")
        own_side = sum(other.lots for other in own if other.terms.is_ask == order.is_ask)
        require(own_side + order.lots < ACCOUNT_LOTS, "book: account lots exceeded")

        def crosses(other: Order) -> bool:
            return other.terms.is_ask != order.is_ask and _crosses(order.is_ask, order.tick, other.terms.tick)

        require(not any(crosses(other) for other in own), "book: self-trade")
        if order.post_only:
            resting = self._live(batch_only=False)
            require(not any(crosses(other) for other in resting), "book: post-only would cross")

        block = order.tick >> BLOCK_BITS
        in_block = sum(
            other.lots
            for other in self._live(is_ask=order.is_ask, batch_only=order.batch_only)
            if other.terms.tick >> BLOCK_BITS == block
        )
        bound = BLOCK_BATCH_ONLY if order.batch_only else BLOCK_RESTING
        require(in_block + order.lots < bound, "book: block full")

    @staticmethod
    def _check_auction(reference: int, quotes: VaultQuotes) -> None:
        require(_on_grid(reference), "book: reference outside grid")
        require(max(quotes.bid_lots, quotes.ask_lots) < VAULT_LOTS, "book: vault quote too large")
        for tick, lots in ((quotes.bid_tick, quotes.bid_lots), (quotes.ask_tick, quotes.ask_lots)):
            require(lots == 0 or _on_grid(tick), "book: vault quote outside grid")
        if quotes.bid_lots and quotes.ask_lots:
            require(quotes.bid_tick < quotes.ask_tick, "book: vault quotes crossed")

    @contextmanager
    def _all_or_nothing(self, account: int) -> Iterator[None]:
        """Undo what a call did to the account, and so to the book, where the call is refused on the way."""
        before = [
            replace(order, fills=[*order.fills], unsettled=[*order.unsettled])
            if order.account == account
            else order
            for order in self.orders
        ]
        counts = self.placed, self.placed_in_batch
        try:
            yield
        except Revert:
            self.orders = before
            self.placed, self.placed_in_batch = counts
            raise

    # ------------------------------------------------------------ what calls are made of

    def _open_batch(self) -> None:
        self.due = self.time + self.interval if self.interval else 0
        self.placed_in_batch = 0

    def _live(
        self, account: int | None = None, is_ask: bool | None = None, batch_only: bool | None = None
    ) -> list[Order]:
        """Those orders with open lots, of an account, side or class where one is given, earliest first."""
        return [
            order
            for order in self.orders
            if order.lots
            and account in (None, order.account)
            and is_ask in (None, order.terms.is_ask)
            and batch_only in (None, order.terms.batch_only)
        ]

    def _find(self, account: int, order_id: int) -> Order | None:
        """The account's open order of this id, if it has one."""
        return next((order for order in self._live(account=account) if order.order_id == order_id), None)

    def _enter(self, account: int, terms: NewOrder) -> int:
        """Add an order of a settled account to the book, in the lowest slot that is free. Returns its id."""
        self._check_beside_others(account, terms)
        taken = {order.slot for order in self._live(account=account)}
        slot = next(slot for slot in range(MAX_ORDERS) if slot not in taken)
        self.placed += 1
        self.placed_in_batch += 1
        self.orders.append(Order(self.placed, account, slot, self.grid, self.batch, terms, terms.lots))
        return self.placed

    @staticmethod
    def _take_off(order: Order, lots: int) -> int:
        """Cancel up to `lots` of an order. Returns what was taken."""
        taken = min(lots, order.lots)
        order.lots -= taken
        return taken

    def _cancel_wholly(self, orders: Sequence[Order]) -> int:
        """Cancel settled orders. Returns how many."""
        for order in orders:
            self._take_off(order, order.lots)
        return len(orders)

    def _settle(self, account: int) -> Fills:
        """Report the account's unsettled fills, once, and drop those of its orders that have nothing open."""
        fills = self._unsettled(account)
        for order in self.orders:
            if order.account == account:
                order.unsettled = []
        self.orders = [order for order in self.orders if order.account != account or order.lots]
        return fills

    def _unsettled(self, account: int) -> Fills:
        """Sum up the account's unsettled fills. They are of one grid: a rescale leaves nothing to fill."""
        news = [
            (order, fill) for order in self.orders if order.account == account for fill in order.unsettled
        ]
        return Fills(
            lots=sum(order.sign * fill.lots for order, fill in news),
            cash=sum(-order.sign * fill.lots * fill.price for order, fill in news),
            basis=sum(order.sign * fill.lots * fill.funding_index for order, fill in news),
            maker_notional=sum(fill.lots * fill.price for _, fill in news if not fill.is_taker),
            taker_notional=sum(fill.lots * fill.price for _, fill in news if fill.is_taker),
            grid=news[0][0].grid if news else 0,
        )

    def _interest(self, account: int) -> Exposure:
        bids = self._live(account=account, is_ask=False)
        asks = self._live(account=account, is_ask=True)
        return Exposure(
            slots=sum(1 << order.slot for order in (*bids, *asks)),
            has_reduce_only=any(order.terms.reduce_only for order in (*bids, *asks)),
            bid_lots=sum(order.lots for order in bids),
            ask_lots=sum(order.lots for order in asks),
            bid_notional=sum(order.lots * order.terms.tick for order in bids),
            ask_notional=sum(order.lots * order.terms.tick for order in asks),
        )

    def _match(self, reference: int, quotes: VaultQuotes) -> tuple[Clearing, list[tuple[Order, int]]]:
        """What the auction would do: its outcome, and the lots that it fills of each order that it fills."""
        bids = self._live(is_ask=False)
        asks = self._live(is_ask=True)
        bid_limits = [(order.terms.tick, order.lots) for order in bids]
        ask_limits = [(order.terms.tick, order.lots) for order in asks]
        if quotes.bid_lots:
            bid_limits.append((quotes.bid_tick, quotes.bid_lots))
        if quotes.ask_lots:
            ask_limits.append((quotes.ask_tick, quotes.ask_lots))

        chosen = choose(telling_points(bid_limits, ask_limits, reference), reference)
        if chosen is None:
            return Clearing(False, len(self.auctions), self.batch, 0, 0, 0, 0, 0), []
        bought, vault_bought = self._allot(False, bids, quotes.bid_tick, quotes.bid_lots, chosen.volume)
        sold, vault_sold = self._allot(True, asks, quotes.ask_tick, quotes.ask_lots, chosen.volume)
        clearing = Clearing(
            traded=True,
            auction=len(self.auctions),
            batch=self.batch,
            price=chosen.price,
            lots=chosen.volume,
            imbalance=chosen.surplus,
            vault_bought=vault_bought,
            vault_sold=vault_sold,
        )
        return clearing, bought + sold

    @staticmethod
    def _allot(
        is_ask: bool, orders: Sequence[Order], vault_tick: int, vault_lots: int, volume: int
    ) -> tuple[list[tuple[Order, int]], int]:
        """Share `volume` among the orders of one side by priority. Returns their shares, and the vault's."""
        better_first = 1 if is_ask else -1
        queue: list[tuple[int, int, int, Order | None]] = [
            (better_first * order.terms.tick, int(order.terms.batch_only), order.lots, order)
            for order in orders
        ]
        queue.append((better_first * vault_tick, 2, vault_lots, None))
        queue.sort(key=lambda entry: entry[:2])  # stable: at one tick and class the earlier order stays first

        shares = []
        vault_share = 0
        for _, _, lots, order in queue:
            share = min(lots, volume)
            volume -= share
            if order is None:
                vault_share = share
            elif share:
                shares.append((order, share))
        return shares, vault_share
