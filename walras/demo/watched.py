"""One market of a run, as it is watched."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from walras.chain.bindings import orderbook_v2 as book
from walras.chain.bindings import perp_engine as engine
from walras.chain.bindings.oracle_router import Price
from walras.demo.figures import Extreme, MarketFigures
from walras.demo.ledger import MarketRules
from walras.demo.series import Extremes, Minutes, Series


class WatchedMarket:
    """Series and sums of a market. Prices as in figures."""

    def __init__(
        self, name: str, number: int, rules: MarketRules, venues: Sequence[str], span: tuple[int, int]
    ) -> None:
        self.name, self.number, self.rules, self.venues = name, number, rules, tuple(venues)
        self.lasts: dict[str, int | None] = dict.fromkeys(self.venues)
        self.router = self.low = self.high = self.status = 0
        self.clearing = self.cleared_lots = self.cleared_volume = self.cleared_at = 0
        self.interest = self.rate_ppb = self.mark = 0
        self.volume = self.lots = self.vault_volume = 0
        self.orders = self.auctions_run = self.auctions_traded = self.postponed = 0
        self.minutes = Minutes(*span, ("volume", "auctions", "orders"))
        self._extremes = Extremes()
        self._widest: Extreme | None = None
        self._status_s: Counter[str] = Counter()
        self._prices = Series(("router", "low", "high", "mark", "status", *self.venues))
        self._auctions = Series(("price", "lots", "volume", "vault_lots"))
        self._state = Series(("long", "short", "interest", "rate_ppb"))

    def hear(self, event: Any, time: int) -> None:
        """An event of the book, or of the engine about this market."""
        match event:
            case book.Placed():
                self.orders += 1
                self.minutes.add(time, orders=1)
            case book.Cleared():
                self._cleared(event, time)
            case book.Uncrossed():
                self.auctions_run += 1
            case book.Postponed():
                self.postponed += 1
            case engine.MarkSet():
                self.mark = self.rules.lot_price(event.mark)
                self.rate_ppb = event.rate
            case _:
                pass

    def _cleared(self, event: book.Cleared, time: int) -> None:
        self.auctions_run += 1
        self.auctions_traded += 1
        taken = event.vault_bought + event.vault_sold
        worth = event.price * self.rules.unit
        self.clearing = self.rules.tick_price(event.price)
        self.cleared_lots, self.cleared_volume, self.cleared_at = event.lots, event.lots * worth, time
        self.volume += event.lots * worth
        self.lots += event.lots
        self.vault_volume += taken * worth
        self.minutes.add(time, volume=event.lots * worth, auctions=1)
        self._extremes.see("clearing", self.clearing, time)
        self._auctions.add(
            time, price=self.clearing, lots=event.lots, volume=event.lots * worth, vault_lots=taken
        )

    def see_venues(self, prices: Mapping[str, int | None], time: int) -> None:
        """Last trades by venue; of a venue that is not named nothing is known."""
        self.lasts = {venue: prices.get(venue) for venue in self.venues}
        heard = [price for price in self.lasts.values() if price]
        for venue, price in self.lasts.items():
            if price:
                self._extremes.see(venue, price, time)
        if len(heard) > 1:
            apart = max(heard) * 10_000 // min(heard) - 10_000
            if self._widest is None or apart > self._widest.value:
                self._widest = Extreme(apart, time)

    def see_price(self, price: Price, time: int, decimals: int, seconds: int) -> str:
        """What the router says, for so many seconds to come; news, if its status is another than before."""
        unit = 10**18 // 10**decimals
        before, self.status = self.status, int(price.status)
        self.router, self.low, self.high = price.price // unit, price.low // unit, price.high // unit
        if self.router:
            self._extremes.see("router", self.router, time)
        self._status_s[price.status.name or str(self.status)] += seconds
        self._prices.add(
            time,
            router=self.router or None,
            low=self.low or None,
            high=self.high or None,
            mark=self.mark or None,
            status=self.status,
            **self.lasts,
        )
        return (
            f"{self.name}: the router's price is {price.status.name}"
            if before not in (0, self.status)
            else ""
        )

    def sample(self, time: int, long: int, short: int, mark: int) -> None:
        """Open interest of positions that are booked; the mark as a lot price."""
        self.interest = self.rules.worth(max(long, short), mark)
        self._state.add(time, long=long, short=short, interest=self.interest, rate_ppb=self.rate_ppb)

    def figures(self) -> MarketFigures:
        """All of it."""
        return MarketFigures(
            name=self.name,
            number=self.number,
            lot=self.rules.lot,
            tick=self.rules.tick_price(1),
            venues=self.venues,
            prices=self._prices.columns,
            auctions=self._auctions.columns,
            state=self._state.columns,
            minutes=self.minutes.columns,
            lowest=self._extremes.lowest,
            highest=self._extremes.highest,
            widest_bps=self._widest,
            status_s=dict(sorted(self._status_s.items())),
            orders=self.orders,
            auctions_run=self.auctions_run,
            auctions_traded=self.auctions_traded,
            postponed=self.postponed,
            lots=self.lots,
            volume=self.volume,
            vault_volume=self.vault_volume,
            last_rate_ppb=self.rate_ppb,
        )
