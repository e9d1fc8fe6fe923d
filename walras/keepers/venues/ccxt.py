"""A venue by its public API, through ccxt: a thread asks for trades, and the loop never waits for them."""

import importlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import structlog

from walras.keepers.venues.base import Trade, VenueError

LIMIT: Final = 200
"""Trades that are asked for at once."""
KEPT: Final = 4_000
"""Seconds with trades that are kept of an asset."""
DECIMALS: Final = 18
AHEAD_S: Final = 5
"""A trade dated later than so long from now is left out: those before it would be no news any more."""


class CcxtFeed:
    """What one reader has not been told yet."""

    def __init__(self, lock: threading.Lock, trades: dict[int, Trade], since: int) -> None:
        self._lock, self._trades = lock, trades
        self._told: dict[int, Trade] = {}
        self._since = since

    def new(self, now: int) -> Sequence[Trade]:
        """A second that grew since it was told is told again."""
        with self._lock:
            found = [
                trade
                for second, trade in sorted(self._trades.items())
                if self._since <= second <= now and self._told.get(second) != trade
            ]
            self._told.update((trade.time, trade) for trade in found)
            for second in [second for second in self._told if second not in self._trades]:
                del self._told[second]
        return found


class CcxtVenue:
    """One exchange of ccxt. `client` stands in for it in tests."""

    def __init__(
        self,
        name: str,
        exchange: str,
        symbols: Mapping[str, str],
        poll_s: float,
        weight: int,
        client: Any = None,
        failed: Callable[[str], None] = lambda venue: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name, self.weight = name, weight
        self._symbols = dict(symbols)
        self._client = client if client is not None else _client(name, exchange)
        self._poll_s = poll_s
        self._failed, self._clock = failed, clock
        self._lock = threading.Lock()
        self._trades: dict[str, dict[int, Trade]] = {asset: {} for asset in symbols}
        self._newest: dict[str, tuple[int, frozenset[str]]] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._log = structlog.get_logger("walras.keepers.venues").bind(venue=name)

    def assets(self) -> frozenset[str]:
        return frozenset(self._symbols)

    def feed(self, asset: str, since: int) -> CcxtFeed:
        """Begins to listen with the first reader."""
        if asset not in self._symbols:
            raise VenueError(f"venues.{self.name}: symbols says nothing of {asset}")
        if self._thread is None:
            self._thread = threading.Thread(target=self._listen, name=f"venue {self.name}", daemon=True)
            self._thread.start()
        return CcxtFeed(self._lock, self._trades[asset], since)

    def close(self) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=5)

    def poll(self, asset: str) -> None:
        """Ask for the newest trades of an asset, and keep them by their second."""
        rows = self._client.fetch_trades(self._symbols[asset], None, LIMIT)
        newest, known = self._newest.get(asset, (0, frozenset()))
        latest = (self._clock() + AHEAD_S) * 1_000
        rows = [
            row
            for row in rows
            if row["timestamp"] and row["timestamp"] <= latest and row["price"] and row["price"] > 0
        ]
        rows.sort(key=lambda row: (row["timestamp"], str(row.get("id"))))
        fresh = [
            row
            for row in rows
            if row["timestamp"] > newest or (row["timestamp"] == newest and str(row.get("id")) not in known)
        ]
        if not fresh:
            return
        last = int(fresh[-1]["timestamp"])
        same = frozenset(str(row.get("id")) for row in rows if row["timestamp"] == last)
        self._newest[asset] = (last, same | known if last == newest else same)
        with self._lock:
            trades = self._trades[asset]
            for row in fresh:
                second, price = int(row["timestamp"]) // 1_000, _price(row["price"])
                seen = trades.get(second)
                low, high = (min(seen.low, price), max(seen.high, price)) if seen else (price, price)
                trades[second] = Trade(second, price, low, high)
            for second in sorted(trades)[:-KEPT]:
                del trades[second]

    def _listen(self) -> None:
        while not self._stop.is_set():
            for asset in self._symbols:
                try:
                    self.poll(asset)
                except Exception as error:  # noqa: BLE001 (a venue's client may raise anything; the price grows unsure)
                    self._failed(self.name)
                    self._log.warning("venue_failed", asset=asset, error=f"{type(error).__name__}: {error}")
            self._stop.wait(self._poll_s)


def _client(name: str, exchange: str) -> Any:
    """ccxt's client of an exchange; its modules take a while to load, so only those that are needed are."""
    try:
        module = importlib.import_module(f"ccxt.{exchange}")
    except ModuleNotFoundError as error:
        raise VenueError(f"venues.{name}.exchange: ccxt knows no exchange {exchange!r}") from error
    return getattr(module, exchange)({"enableRateLimit": True})


def _price(value: Any) -> int:
    """Exact for what the venue wrote: ccxt hands floats on, whose shortest form is that."""
    return int(Decimal(str(value)).scaleb(DECIMALS))
