"""Watches a run from outside: from blocks, receipts and a few views, and from nothing that the population knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from walras.demo.figures import Figures, Reconciliation, Run

if TYPE_CHECKING:
    from walras.chain.exchange import Exchange
    from walras.chain.rpc import Head, Rpc


@dataclass(frozen=True, slots=True)
class MarketNow:
    """A market for the live view; units as in figures."""

    name: str
    venues: Mapping[str, int | None]
    router: int
    low: int
    high: int
    status: int
    clearing: int
    """0: none yet."""
    cleared_lots: int
    cleared_volume: int
    cleared_at: int
    interest: int
    rate_ppb: int
    volume: int


@dataclass(frozen=True, slots=True)
class KeeperNow:
    """A keeper for the live view."""

    name: str
    lag: int | None
    """Blocks that it is behind; None: it has not said."""
    transactions: int
    refused: int
    spend_wei: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the live view shows."""

    block: int
    time: int
    start: int
    end: int
    markets: Sequence[MarketNow]
    stages: Mapping[str, tuple[int, int]]
    """By stage: how many, amount."""
    orders: int
    transactions: int
    refused: int
    vault: int
    backstop: int
    reserve: int
    pot: int
    bad_debt: int
    keepers: Sequence[KeeperNow]
    news: Sequence[str]
    """Last things that happened, oldest first."""
    decimals: int


class Observer:
    """Keeps the series of a run.

    `venues` are the names by market name; `groups` says of accounts of the engine to which group they belong
    and may grow; `keepers` names keys by address.
    """

    def __init__(
        self,
        rpc: "Rpc",
        exchange: "Exchange",
        run: Run,
        venues: Mapping[str, Sequence[str]],
        groups: Mapping[int, str],
        keepers: Mapping[str, str],
    ) -> None: ...

    def begin(self, first_block: int) -> None:
        """Reads what happened since the deployment's first block. Once, before the first on_block."""

    def on_block(
        self,
        head: "Head",
        transactions: Sequence[Mapping[str, Any]],
        receipts: Sequence[Mapping[str, Any]],
        venue_prices: Mapping[str, Mapping[str, int | None]],
        keeper_status: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Takes a block in: `transactions` of eth_getBlockByNumber(n, true), `receipts` of eth_getBlockReceipts, both as
        the node gives them; last trades by market name and venue, 1e18 dollars a base, None before the first; what
        each process's /status said last, by process.
        """

    def refused(self, reason: str) -> None:
        """A transaction of the population reverted, for this reason."""

    @property
    def accounts(self) -> Sequence[int]:
        """All accounts of the engine that ever appeared, ascending: those that have to be settled at the end."""
        return ()

    def snapshot(self) -> Snapshot:
        """For the live view; costs nothing."""
        raise NotImplementedError

    def figures(self, reconciliation: Reconciliation | None, machine: Mapping[str, Any]) -> Figures:
        """All of the run so far."""
        raise NotImplementedError
