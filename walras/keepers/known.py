"""What keepers know of the exchange from its events: who has something at stake, what waits, what expires.

Pure: events in, state out. The contracts keep no lists, so this is where accounts, triggers and orders are
found. It may hold too much (an order that is gone, an account that is settled), never too little: whoever
acts on it asks the chain first.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from walras.chain.bindings import liquidation_engine as liquidation
from walras.chain.bindings import orderbook_v2 as book
from walras.chain.bindings import perp_engine as engine
from walras.chain.bindings import trigger_orders as triggers

FORMAT: Final = 3
TICK_MASK: Final = 2**18 - 1


@dataclass(frozen=True, slots=True)
class KnownTrigger:
    """Of its terms what an executor needs."""

    market: int
    tip: int
    source: int
    """walras.chain.bindings.trigger_orders.Source"""
    is_trailing: bool
    is_ask: bool
    extreme: int
    """Best reference that it was shown, lot price."""


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """An order that may be open."""

    account: int
    expiry: int
    """Unix seconds; 0: none."""


@dataclass(slots=True)
class Known:
    """All of it, as of a block."""

    accounts: set[int] = field(default_factory=set)
    """That placed an order once, or were dealt lots."""
    unsettled: set[tuple[int, int]] = field(default_factory=set)
    """Account and market of orders that an auction may have filled since they were settled: the chain settles
    one market at a time."""
    pendings: dict[tuple[int, int], str] = field(default_factory=dict)
    """Account and market of liquidations that are not concluded, with who placed the order."""
    triggers: dict[int, KnownTrigger] = field(default_factory=dict)
    orders: dict[int, dict[int, KnownOrder]] = field(default_factory=dict)
    """By market and order id."""
    switches: dict[tuple[int, int], int] = field(default_factory=dict)
    """Account and market, with the deadline of its dead-man's switch."""

    def unsettled_accounts(self) -> set[int]:
        """Those with a market that may have to be settled."""
        return {account for account, _ in self.unsettled}

    def pending_accounts(self) -> set[int]:
        """Those with a liquidation that is not concluded."""
        return {account for account, _ in self.pendings}

    def dump(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "format": FORMAT,
            "accounts": sorted(self.accounts),
            "unsettled": sorted(self.unsettled),
            "pendings": [[*place, keeper] for place, keeper in sorted(self.pendings.items())],
            "triggers": [
                [id, one.market, one.tip, one.source, one.is_trailing, one.is_ask, one.extreme]
                for id, one in sorted(self.triggers.items())
            ],
            "orders": [
                [market, id, one.account, one.expiry]
                for market, orders in sorted(self.orders.items())
                for id, one in sorted(orders.items())
            ],
            "switches": [[*place, deadline] for place, deadline in sorted(self.switches.items())],
        }

    @classmethod
    def load(cls, told: dict[str, Any]) -> "Known":
        """Of `dump`; ValueError where it is of another format."""
        found = told.get("format") if isinstance(told, dict) else None
        if found != FORMAT:
            raise ValueError(f"format {found!r}, not {FORMAT}")
        made = cls(
            set(told["accounts"]),
            {(account, market) for account, market in told["unsettled"]},
            {(account, market): keeper for account, market, keeper in told["pendings"]},
            {id: KnownTrigger(*rest) for id, *rest in told["triggers"]},
        )
        for market, id, *rest in told["orders"]:
            made.orders.setdefault(market, {})[id] = KnownOrder(*rest)
        for account, market, deadline in told["switches"]:
            made.switches[account, market] = deadline
        return made


def take(known: Known, market: int | None, event: Any) -> None:
    """Take an event in; `market` is that of the book that told it, None for the other contracts."""
    handler = _HANDLERS.get(type(event))
    if handler:
        handler(known, market, event)


def _placed(known: Known, market: int, event: book.Placed) -> None:
    known.accounts.add(event.account)
    known.orders.setdefault(market, {})[event.order_id] = KnownOrder(event.account, event.expiry)


def _cancelled(known: Known, market: int, event: book.Cancelled) -> None:
    if event.left == 0:
        known.orders.get(market, {}).pop(event.order_id, None)


def _settled(known: Known, market: int, event: book.Settled) -> None:
    known.unsettled.discard((event.account, market))
    if event.left == 0:
        known.orders.get(market, {}).pop(event.order_id, None)


def _cleared(known: Known, market: int, event: book.Cleared) -> None:
    for id, order in known.orders.get(market, {}).items():
        tick = id >> 7 & TICK_MASK
        if tick <= event.price if id >> 5 & 1 else tick >= event.price:
            known.unsettled.add((order.account, market))
    _uncrossed(known, market, event)


def _uncrossed(known: Known, market: int, event: Any) -> None:
    """Orders of one batch are gone with it."""
    orders = known.orders.get(market, {})
    for id in [id for id in orders if id >> 6 & 1]:
        del orders[id]


def _rescaled(known: Known, market: int, event: book.Rescaled) -> None:
    known.orders.pop(market, None)


def _switched(known: Known, market: int, event: book.SwitchSet) -> None:
    known.switches.pop((event.account, market), None)
    if event.deadline:
        known.switches[event.account, market] = event.deadline


def _forced(known: Known, market: None, event: engine.ForcedTrade) -> None:
    known.accounts |= {event.account, event.counterparty}


def _liquidated(known: Known, market: None, event: liquidation.Liquidated) -> None:
    known.pendings[event.account, event.market] = event.keeper


def _collected(known: Known, market: None, event: liquidation.Collected) -> None:
    known.pendings.pop((event.account, event.market), None)


def _trigger_placed(known: Known, market: None, event: triggers.Placed) -> None:
    terms = event.terms
    known.triggers[event.id] = KnownTrigger(
        terms.market,
        terms.tip,
        int(terms.source),
        terms.kind == triggers.Kind.TRAILING,
        terms.is_ask,
        event.extreme,
    )


def _trigger_gone(known: Known, market: None, event: Any) -> None:
    known.triggers.pop(event.id, None)


def _ratcheted(known: Known, market: None, event: triggers.Ratcheted) -> None:
    old = known.triggers.get(event.id)
    if old:
        known.triggers[event.id] = KnownTrigger(
            old.market, old.tip, old.source, old.is_trailing, old.is_ask, event.extreme
        )


_HANDLERS: Final[dict[type, Callable[..., None]]] = {
    book.Placed: _placed,
    book.Cancelled: _cancelled,
    book.Settled: _settled,
    book.Cleared: _cleared,
    book.Uncrossed: _uncrossed,
    book.Rescaled: _rescaled,
    book.SwitchSet: _switched,
    engine.ForcedTrade: _forced,
    liquidation.Liquidated: _liquidated,
    liquidation.Collected: _collected,
    triggers.Placed: _trigger_placed,
    triggers.Executed: _trigger_gone,
    triggers.Removed: _trigger_gone,
    triggers.Ratcheted: _ratcheted,
}
EVENTS: Final = frozenset(_HANDLERS)
"""Events that are taken in."""
