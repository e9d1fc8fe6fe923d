"""Which auctions to run, and how.

An auction whose batch has closed is run with reports that were published after the close, in one call: only
then does the vault quote. Until `price_grace` seconds after the close the engine waits for such a price;
after that the auction is run with whatever there is, so that marks and funding go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from walras.chain.bindings.oracle_router import Status
from walras.chain.bindings.perp_engine import Mode
from walras.keepers.task import Task


@dataclass(frozen=True, slots=True)
class Auction:
    """A market as the auction keeper sees it."""

    market: int
    mode: Mode
    due: int
    """Unix seconds from which its batch may be cleared; 0: continuous mode."""
    status: Status
    """Of the price at the last mark."""
    price_grace: int
    """Seconds after the close in which the auction waits for a price of after it."""
    published_at: int
    """Of the router's price; 0 where it was not asked."""
    payloads: tuple[bytes, ...]
    """Reports for the router's sources, in their order; empty where there are none newer than the close."""
    tip: int
    """For whoever runs an auction that trades, token units at most."""
    fee: int = 0
    """What the sources ask for those, wei."""
    has_orders: bool = True
    """Whether an order may rest or wait; known only where empty auctions are left out."""


@dataclass(frozen=True, slots=True)
class AuctionRules:
    """How the operator wants auctions run."""

    skip_empty: bool = False
    """Leave auctions without an order to others. Marks and funding need auctions: no, by default."""


def decide(time: int, auctions: Sequence[Auction], rules: AuctionRules) -> list[Task]:
    """The auctions to run at a chain time, unix seconds."""
    return [task for one in auctions if (task := _of(time, one, rules))]


def _of(time: int, one: Auction, rules: AuctionRules) -> Task | None:
    if one.due == 0 or time < one.due or one.mode == Mode.SETTLED:
        return None
    if rules.skip_empty and not one.has_orders:
        return None
    subject = f"auction/{one.market}/{one.due}"
    late = time - one.due
    if one.mode == Mode.HALTED:
        return Task(subject, "engine", "run_auction", (one.market,), f"closed {late} s ago, market halted")
    if any(one.payloads):
        count = sum(1 for payload in one.payloads if payload)
        why = f"closed {late} s ago, reports for {count} sources"
        args = (one.market, list(one.payloads))
        return Task(subject, "engine", "update_and_run", args, why, one.tip, urgent=True, value=one.fee)
    if one.published_at > one.due:
        why = f"closed {late} s ago, the router's price is newer"
        return Task(subject, "engine", "run_auction", (one.market,), why, one.tip, urgent=True)
    if late >= one.price_grace or one.status in (Status.STALE, Status.HALTED):
        why = f"closed {late} s ago, no newer price came"
        return Task(subject, "engine", "run_auction", (one.market,), why, one.tip)
    return None
