"""OrderbookV2: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from walras.chain import abi
from walras.chain.call import Call


@dataclass(frozen=True, slots=True)
class Fills:
    """A struct of IOrderbookV2."""

    lots: int
    """Bought less sold."""
    cash: int
    """Notional sold less notional bought, lot-ticks."""
    basis: int
    """Sum of signed lots x funding index of the auction that filled them."""
    maker_notional: int
    """Lots x price filled as maker."""
    taker_notional: int
    """Lots x price filled as taker."""
    grid: int
    """Grid on which they traded (see rescale); 0 where nothing filled."""


FILLS: Final = abi.struct(Fills, abi.INT256, abi.INT256, abi.INT256, abi.UINT256, abi.UINT256, abi.UINT256)


@dataclass(frozen=True, slots=True)
class Exposure:
    """A struct of IOrderbookV2."""

    slots: int
    """Bit i: the account's slot i holds an open order; at most 32."""
    bid_lots: int
    """Unfilled lots of the open bids."""
    ask_lots: int
    bid_notional: int
    """Sum of unfilled lots x limit of the open bids."""
    ask_notional: int
    has_reduce_only: bool
    """False: none of them is reduce-only; True: one may be, open_orders tells."""


EXPOSURE: Final = abi.struct(
    Exposure, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.BOOL
)


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A struct of IOrderbookV2."""

    is_ask: bool
    """True sells, False buys."""
    tick: int
    """Limit."""
    lots: int
    """Size, at least the market's minimum unless reduce-only, and below 2**28."""
    batch_only: bool
    """Takes part in the auction of its own batch alone (IOC); what is left of it then vanishes."""
    post_only: bool
    """Refused where it would cross the resting book; its fills are always maker's."""
    reduce_only: bool
    """May be below the minimum; else a mark for the engine."""
    expiry: int
    """Anyone may sweep the order from this time on; 0: never."""
    client_id: int
    """The account's own label, below 2**128; 0: none."""


NEW_ORDER: Final = abi.struct(
    NewOrder, abi.BOOL, abi.UINT256, abi.UINT256, abi.BOOL, abi.BOOL, abi.BOOL, abi.UINT256, abi.UINT256
)


@dataclass(frozen=True, slots=True)
class Clearing:
    """A struct of IOrderbookV2."""

    traded: bool
    auction: int
    """Its number, or the next one's where nothing traded."""
    batch: int
    """The batch that it closes."""
    price: int
    """Clearing tick; 0 where nothing traded."""
    lots: int
    """Lots that changed hands."""
    imbalance: int
    """Lots bid at or above the price less lots offered at or below it."""
    vault_bought: int
    """Lots filled for the vault."""
    vault_sold: int


CLEARING: Final = abi.struct(
    Clearing,
    abi.BOOL,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.INT256,
    abi.UINT256,
    abi.UINT256,
)


@dataclass(frozen=True, slots=True)
class VaultQuotes:
    """A struct of IOrderbookV2."""

    bid_tick: int
    """The vault's virtual quotes: last in the queue of their ticks, in this auction alone."""
    bid_lots: int
    """0: no bid; below 2**29."""
    ask_tick: int
    ask_lots: int
    """0: no ask; below 2**29."""


VAULT_QUOTES: Final = abi.struct(VaultQuotes, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256)


@dataclass(frozen=True, slots=True)
class Market:
    """A struct of IOrderbookV2."""

    auctions: int
    """Number of records so far."""
    batch: int
    """Number of the batch that is open, or due."""
    due: int
    """Time from which its auction may run; 0: continuous mode."""
    interval: int
    """Seconds of the batches that open from now on; 0: continuous mode."""
    min_lots: int
    """Smallest order that is not reduce-only."""
    grid: int
    """Number of the current grid."""


MARKET: Final = abi.struct(
    Market, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256
)


@dataclass(frozen=True, slots=True)
class Auction:
    """A struct of IOrderbookV2."""

    price: int
    """Clearing tick; 0 marks a rescale, at which every resting lot became void."""
    lots: int
    batch: int
    time: int
    funding_index: int


AUCTION: Final = abi.struct(Auction, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.INT256)


@dataclass(frozen=True, slots=True)
class Level:
    """A struct of IOrderbookV2."""

    tick: int
    lots: int


LEVEL: Final = abi.struct(Level, abi.UINT256, abi.UINT256)


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """A struct of IOrderbookV2."""

    order_id: int
    is_ask: bool
    tick: int
    lots: int
    """Still open now."""
    filled: int
    """Filled since it was placed, unsettled fills included."""
    batch: int
    """Batch in which it was placed."""
    batch_only: bool
    post_only: bool
    reduce_only: bool
    expiry: int
    client_id: int


OPEN_ORDER: Final = abi.struct(
    OpenOrder,
    abi.UINT256,
    abi.BOOL,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.BOOL,
    abi.BOOL,
    abi.BOOL,
    abi.UINT256,
    abi.UINT256,
)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An event of IOrderbookV2."""

    account: int
    order_id: int
    lots: int
    """Taken off the order."""
    left: int
    """Still open."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Cancelled":
        """Raises AbiError where the log is of another event."""
        return _CANCELLED_EVENT.decode(topics, data)


_CANCELLED_EVENT: Final = abi.Event(
    "5d04485ffe23cf34ece5bdf0296682114141de925a2fc7b0e41ed3ddaecb8898",
    Cancelled,
    (True, True, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Cleared:
    """An event of IOrderbookV2."""

    auction: int
    batch: int
    price: int
    lots: int
    imbalance: int
    vault_bought: int
    vault_sold: int
    funding_index: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Cleared":
        """Raises AbiError where the log is of another event."""
        return _CLEARED_EVENT.decode(topics, data)


_CLEARED_EVENT: Final = abi.Event(
    "46ec1c09a651f5a17b3dd2596a54625e6f75b79e3942d90fd548c01e3d07b037",
    Cleared,
    (True, True, False, False, False, False, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.INT256, abi.UINT256, abi.UINT256, abi.INT256),
)


@dataclass(frozen=True, slots=True)
class Configured:
    """An event of IOrderbookV2."""

    interval: int
    min_lots: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Configured":
        """Raises AbiError where the log is of another event."""
        return _CONFIGURED_EVENT.decode(topics, data)


_CONFIGURED_EVENT: Final = abi.Event(
    "f314bf3c90b46e174ab99f91ef073816e45a9c6a734a681fc5a6dfe947d71a2e",
    Configured,
    (False, False),
    (abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Placed:
    """An event of IOrderbookV2."""

    account: int
    order_id: int
    lots: int
    flags: int
    """1: client id or expiry given, 2: reduce-only, 4: post-only; order_id tells the rest."""
    expiry: int
    client_id: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Placed":
        """Raises AbiError where the log is of another event."""
        return _PLACED_EVENT.decode(topics, data)


_PLACED_EVENT: Final = abi.Event(
    "eb2fe9568a4abe4727fdcec0fe47ece6b8d1f140e99c4a6232bb47f6b877e6e1",
    Placed,
    (True, True, False, False, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Postponed:
    """An event of IOrderbookV2."""

    batch: int
    due: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Postponed":
        """Raises AbiError where the log is of another event."""
        return _POSTPONED_EVENT.decode(topics, data)


_POSTPONED_EVENT: Final = abi.Event(
    "c2466bdab9402b0e7dc4c25b686e23b480f4cc0bac5e7dcfcbe6fa159c23d620",
    Postponed,
    (True, False),
    (abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Rescaled:
    """An event of IOrderbookV2."""

    grid: int
    auctions: int
    """Records before the rescale, its own two not counted."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Rescaled":
        """Raises AbiError where the log is of another event."""
        return _RESCALED_EVENT.decode(topics, data)


_RESCALED_EVENT: Final = abi.Event(
    "cbf58d411e9aab8c9178366fd983f89114daf78cc7b9fc074460b1ab122e3d63",
    Rescaled,
    (False, False),
    (abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Settled:
    """An event of IOrderbookV2."""

    account: int
    order_id: int
    lots: int
    """Filled since the last settlement."""
    notional: int
    basis: int
    """Sum of signed lots x funding index."""
    taker_lots: int
    taker_notional: int
    left: int
    """Still open; lots that were open before and are neither filled nor left are void."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Settled":
        """Raises AbiError where the log is of another event."""
        return _SETTLED_EVENT.decode(topics, data)


_SETTLED_EVENT: Final = abi.Event(
    "a481371d3bb580c5dcab0d841f390427475196e45a8185b989a0dc9eecc20622",
    Settled,
    (True, True, False, False, False, False, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.INT256, abi.UINT256, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class SwitchSet:
    """An event of IOrderbookV2."""

    account: int
    deadline: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "SwitchSet":
        """Raises AbiError where the log is of another event."""
        return _SWITCH_SET_EVENT.decode(topics, data)


_SWITCH_SET_EVENT: Final = abi.Event(
    "e35ec28537bf3440f2a941f4312ccb5dedfa91c1a897a7fcc0c03abbc69541b9",
    SwitchSet,
    (True, False),
    (abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Uncrossed:
    """An event of IOrderbookV2."""

    batch: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Uncrossed":
        """Raises AbiError where the log is of another event."""
        return _UNCROSSED_EVENT.decode(topics, data)


_UNCROSSED_EVENT: Final = abi.Event(
    "a14c18cb7f157aae161160e28550e30bc348227c8524eacffe9479d3258bc9e9", Uncrossed, (True,), (abi.UINT256,)
)


_cancel: Final[abi.Function[tuple[int, Fills, Exposure]]] = abi.Function(
    "OrderbookV2.cancel",
    "cancel(uint256,uint256,uint256)",
    "7eaf1e4d",
    (abi.UINT256, abi.UINT256, abi.UINT256),
    (abi.UINT256, FILLS, EXPOSURE),
)

_cancel_all: Final[abi.Function[tuple[int, Fills, Exposure]]] = abi.Function(
    "OrderbookV2.cancel_all",
    "cancel_all(uint256)",
    "24f1d4cf",
    (abi.UINT256,),
    (abi.UINT256, FILLS, EXPOSURE),
)

_cancel_all_after: Final[abi.Function[None]] = abi.Function(
    "OrderbookV2.cancel_all_after",
    "cancel_all_after(uint256,uint256)",
    "73d317a7",
    (abi.UINT256, abi.UINT256),
)

_cancel_replace: Final[abi.Function[tuple[int, tuple[int, ...], Fills, Exposure]]] = abi.Function(
    "OrderbookV2.cancel_replace",
    "cancel_replace(uint256,uint256[],(bool,uint256,uint256,bool,bool,bool,uint256,uint256)[],bool,uint256,uint256)",
    "f1aba380",
    (abi.UINT256, abi.array(abi.UINT256, 32), abi.array(NEW_ORDER, 32), abi.BOOL, abi.UINT256, abi.UINT256),
    (abi.UINT256, abi.array(abi.UINT256, 32), FILLS, EXPOSURE),
)

_clear: Final[abi.Function[Clearing]] = abi.Function(
    "OrderbookV2.clear",
    "clear(uint256,int256,(uint256,uint256,uint256,uint256))",
    "5bb290a6",
    (abi.UINT256, abi.INT256, VAULT_QUOTES),
    (CLEARING,),
)

_configure: Final[abi.Function[None]] = abi.Function(
    "OrderbookV2.configure", "configure(uint256,uint256)", "3e32747a", (abi.UINT256, abi.UINT256)
)

_engine: Final[abi.Function[str]] = abi.Function(
    "OrderbookV2.engine", "engine()", "c9d4623f", (), (abi.ADDRESS,)
)

_market: Final[abi.Function[Market]] = abi.Function(
    "OrderbookV2.market", "market()", "80f55605", (), (MARKET,)
)

_place: Final[abi.Function[tuple[int, Fills, Exposure]]] = abi.Function(
    "OrderbookV2.place",
    "place(uint256,(bool,uint256,uint256,bool,bool,bool,uint256,uint256),uint256,uint256)",
    "ce324b42",
    (abi.UINT256, NEW_ORDER, abi.UINT256, abi.UINT256),
    (abi.UINT256, FILLS, EXPOSURE),
)

_postpone: Final[abi.Function[int]] = abi.Function(
    "OrderbookV2.postpone", "postpone()", "e7caed91", (), (abi.UINT256,)
)

_rescale: Final[abi.Function[int]] = abi.Function(
    "OrderbookV2.rescale", "rescale()", "4dbff7e0", (), (abi.UINT256,)
)

_sweep: Final[abi.Function[tuple[int, Fills, Exposure]]] = abi.Function(
    "OrderbookV2.sweep",
    "sweep(uint256,uint256[])",
    "3bc81666",
    (abi.UINT256, abi.array(abi.UINT256, 32)),
    (abi.UINT256, FILLS, EXPOSURE),
)

_sync: Final[abi.Function[tuple[Fills, Exposure]]] = abi.Function(
    "OrderbookV2.sync", "sync(uint256)", "b1357bf9", (abi.UINT256,), (FILLS, EXPOSURE)
)

_views: Final[abi.Function[str]] = abi.Function(
    "OrderbookV2.views", "views()", "d65e880d", (), (abi.ADDRESS,)
)

_auction: Final[abi.Function[Auction]] = abi.Function(
    "OrderbookV2.auction", "auction(uint256)", "1200617f", (abi.UINT256,), (AUCTION,)
)

_auctions_from: Final[abi.Function[tuple[Auction, ...]]] = abi.Function(
    "OrderbookV2.auctions_from",
    "auctions_from(uint256,uint256)",
    "64bd87ac",
    (abi.UINT256, abi.UINT256),
    (abi.array(AUCTION, 64),),
)

_best: Final[abi.Function[tuple[int, int]]] = abi.Function(
    "OrderbookV2.best", "best()", "d0940a5d", (), (abi.UINT256, abi.UINT256)
)

_cancel_deadline: Final[abi.Function[int]] = abi.Function(
    "OrderbookV2.cancel_deadline", "cancel_deadline(uint256)", "650f9ede", (abi.UINT256,), (abi.UINT256,)
)

_depth: Final[abi.Function[tuple[tuple[Level, ...], tuple[Level, ...]]]] = abi.Function(
    "OrderbookV2.depth",
    "depth(uint256)",
    "eed385c8",
    (abi.UINT256,),
    (abi.array(LEVEL, 64), abi.array(LEVEL, 64)),
)

_impact: Final[abi.Function[tuple[int, int]]] = abi.Function(
    "OrderbookV2.impact", "impact(uint256)", "5f2e1a98", (abi.UINT256,), (abi.UINT256, abi.UINT256)
)

_lots_at: Final[abi.Function[tuple[int, int]]] = abi.Function(
    "OrderbookV2.lots_at",
    "lots_at(bool,uint256)",
    "ef05e967",
    (abi.BOOL, abi.UINT256),
    (abi.UINT256, abi.UINT256),
)

_open_orders: Final[abi.Function[tuple[OpenOrder, ...]]] = abi.Function(
    "OrderbookV2.open_orders",
    "open_orders(uint256)",
    "e77ec2b4",
    (abi.UINT256,),
    (abi.array(OPEN_ORDER, 32),),
)

_preview_clear: Final[abi.Function[Clearing]] = abi.Function(
    "OrderbookV2.preview_clear",
    "preview_clear(uint256,(uint256,uint256,uint256,uint256))",
    "5449bc3e",
    (abi.UINT256, VAULT_QUOTES),
    (CLEARING,),
)

_preview_sync: Final[abi.Function[tuple[Fills, Exposure]]] = abi.Function(
    "OrderbookV2.preview_sync", "preview_sync(uint256)", "4a925177", (abi.UINT256,), (FILLS, EXPOSURE)
)

_twap: Final[abi.Function[int]] = abi.Function(
    "OrderbookV2.twap", "twap(uint256,uint256)", "2267955d", (abi.UINT256, abi.UINT256), (abi.UINT256,)
)


class OrderbookV2(abi.Binding):
    """OrderbookV2: the order book of one market, cleared in batch auctions at one price."""

    EVENTS = abi.events(
        _CANCELLED_EVENT,
        _CLEARED_EVENT,
        _CONFIGURED_EVENT,
        _PLACED_EVENT,
        _POSTPONED_EVENT,
        _RESCALED_EVENT,
        _SETTLED_EVENT,
        _SWITCH_SET_EVENT,
        _UNCROSSED_EVENT,
    )

    def cancel(self, account: int, order_id: int, lots: int) -> Call[tuple[int, Fills, Exposure]]:
        """Settles the account, then takes lots off one of its orders; what stays keeps its place in the
        queue.
        """
        return _cancel(self.address, account, order_id, lots)

    def cancel_all(self, account: int) -> Call[tuple[int, Fills, Exposure]]:
        """Settles the account, then cancels every open order of it."""
        return _cancel_all(self.address, account)

    def cancel_all_after(self, account: int, deadline: int) -> Call[None]:
        """Sets the account's dead man's switch: from the deadline on anyone may have its orders swept,
        those placed later included, until it is set anew. Settles nothing, at any time.
        """
        return _cancel_all_after(self.address, account, deadline)

    def cancel_replace(
        self,
        account: int,
        order_ids: Sequence[int],
        new_orders: Sequence[NewOrder],
        strict: bool,
        lowest: int,
        highest: int,
    ) -> Call[tuple[int, tuple[int, ...], Fills, Exposure]]:
        """Settles the account, cancels some of its orders wholly, then places others: all or nothing."""
        return _cancel_replace(self.address, account, order_ids, new_orders, strict, lowest, highest)

    def clear(self, reference: int, funding_index: int, quotes: VaultQuotes) -> Call[Clearing]:
        """Runs the auction of the batch that is due and opens the next one. Its gas does not depend on the
        number of orders.
        """
        return _clear(self.address, reference, funding_index, quotes)

    def configure(self, interval: int, min_lots: int) -> Call[None]:
        """Sets the length of the batches that open from now on, and the smallest order."""
        return _configure(self.address, interval, min_lots)

    def engine(self) -> Call[str]:
        """The variable `engine()`."""
        return _engine(self.address)

    def market(self) -> Call[Market]:
        """The state of the market's batches."""
        return _market(self.address)

    def place(
        self, account: int, order: NewOrder, lowest: int, highest: int
    ) -> Call[tuple[int, Fills, Exposure]]:
        """Settles the account, then adds an order to the open batch."""
        return _place(self.address, account, order, lowest, highest)

    def postpone(self) -> Call[int]:
        """Makes the batch due one interval from now, without an auction: for a halt, in which orders may
        still be cancelled. Its orders stay in it, batch-only ones too. In continuous mode nothing
        changes.
        """
        return _postpone(self.address)

    def rescale(self) -> Call[int]:
        """Voids every open lot and begins a new grid, in O(1) and at any time: for a halt, a delisting, a
        new tick size. Fills up to now can still be settled; Fills.grid tells on which grid they traded.
        The batch ends too.
        """
        return _rescale(self.address)

    def sweep(self, account: int, order_ids: Sequence[int]) -> Call[tuple[int, Fills, Exposure]]:
        """Settles an account, then cancels orders of it that are past their expiry, or any if its dead
        man's switch is past its deadline. Ids that are not open any more are passed over.
        """
        return _sweep(self.address, account, order_ids)

    def sync(self, account: int) -> Call[tuple[Fills, Exposure]]:
        """Settles what auctions did to the account's orders, at any time. Two searches of the history show
        the common case, nothing, without reading an order.
        """
        return _sync(self.address, account)

    def views(self) -> Call[str]:
        """The variable `views()`."""
        return _views(self.address)

    def auction(self, number: int) -> Call[Auction]:
        """The record of an auction."""
        return _auction(self.address, number)

    def auctions_from(self, start: int, count: int) -> Call[tuple[Auction, ...]]:
        """A page of the market's history."""
        return _auctions_from(self.address, start, count)

    def best(self) -> Call[tuple[int, int]]:
        """Best resting bid and best resting ask, in ticks; 0 for none."""
        return _best(self.address)

    def cancel_deadline(self, account: int) -> Call[int]:
        """Deadline of the account's dead man's switch."""
        return _cancel_deadline(self.address, account)

    def depth(self, levels: int) -> Call[tuple[tuple[Level, ...], tuple[Level, ...]]]:
        """The best resting ticks with their lots, best first."""
        return _depth(self.address, levels)

    def impact(self, lots: int) -> Call[tuple[int, int]]:
        """The limits that so many lots meet, resting orders alone: the tick down to which a sale of them
        reaches, and the tick up to which a purchase does; 0 where the side has not as many.
        """
        return _impact(self.address, lots)

    def lots_at(self, is_ask: bool, tick: int) -> Call[tuple[int, int]]:
        """Live lots of a side at a tick."""
        return _lots_at(self.address, is_ask, tick)

    def open_orders(self, account: int) -> Call[tuple[OpenOrder, ...]]:
        """The account's open orders as they are now, unsettled fills included."""
        return _open_orders(self.address, account)

    def preview_clear(self, reference: int, quotes: VaultQuotes) -> Call[Clearing]:
        """What `clear` would do if it ran now, whether the batch is due or not."""
        return _preview_clear(self.address, reference, quotes)

    def preview_sync(self, account: int) -> Call[tuple[Fills, Exposure]]:
        """What `sync` would return now."""
        return _preview_sync(self.address, account)

    def twap(self, start: int, end: int) -> Call[int]:
        """Average of the last clearing price over a window that is past, each price weighted by its
        seconds.
        """
        return _twap(self.address, start, end)
