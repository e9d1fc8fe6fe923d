"""A publisher: listens to venues, believes a price (`estimate`), signs it. Its time is the chain's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isqrt
from types import MappingProxyType

from walras.keepers.board import Board
from walras.keepers.decisions.publishing import signs
from walras.keepers.estimate import Level, Quote, aggregate
from walras.keepers.venues.base import Feed, Trade, Venue
from walras.reports import sign_report

DRIFT_BPS = 2
"""How far a price usually goes, per root of a second: how far the last trade of a venue is believed."""


@dataclass(slots=True)
class _Listening:
    """One market: its feeds, the last trade of each venue, the filter."""

    feeds: list[tuple[Venue, Feed]]
    last: dict[str, Trade] = field(default_factory=dict)
    level: Level | None = None
    signed_at: int | None = None
    rejected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a publisher believes now; prices with 18 decimals."""

    price: int
    confidence: int
    rejected: tuple[str, ...]
    """Venues that were left out of the last measurement."""


class Publisher:
    """One key, for one SignedReports."""

    def __init__(
        self,
        name: str,
        address: str,
        key: bytes,
        chain_id: int,
        contract: str,
        venues: Sequence[Venue],
        markets: Mapping[str, int],
        every_s: int,
        max_age_s: int,
        warmup_s: int,
        floor_bps: int,
    ) -> None:
        """`markets`: numbers by name. Those that none of the venues knows are left out."""
        self.name, self.address, self.contract = name, address, contract
        self._key, self._chain_id = key, chain_id
        self._venues = list(venues)
        self._markets = {
            asset: number
            for asset, number in markets.items()
            if any(asset in venue.assets() for venue in venues)
        }
        self._every_s, self._max_age_s, self._warmup_s = every_s, max_age_s, warmup_s
        self._floor_bps = floor_bps
        self._listening: dict[int, _Listening] = {}

    def markets(self) -> list[int]:
        """Numbers of what it reports on."""
        return sorted(self._markets.values())

    def listen(self, now: int) -> None:
        """Take in what traded until a chain time."""
        for asset, number in self._markets.items():
            if number not in self._listening:
                since = now - self._warmup_s
                feeds = [
                    (venue, venue.feed(asset, since)) for venue in self._venues if asset in venue.assets()
                ]
                self._listening[number] = _Listening(feeds)
            self._hear(self._listening[number], now)

    def estimate(self, market: int, now: int) -> Estimate | None:
        """What it believes of a market; None before it heard of a trade, or after too long without one."""
        here = self._listening.get(market)
        if here is None or here.level is None or now - here.level.time > self._max_age_s:
            return None
        return Estimate(here.level.price, here.level.confidence(now), here.rejected)

    def sign(self, now: int, board: Board, closes: Mapping[int, int] = MappingProxyType({})) -> list[int]:
        """Sign what is due at a chain time, and put it on the board; the markets that were.

        `closes` tells when the open batch of each market closes.
        """
        self.listen(now)
        done = []
        for market in self.markets():
            here = self._listening[market]
            said = self.estimate(market, now)
            if said is None or not signs(now, here.signed_at, self._every_s, closes.get(market, 0)):
                continue
            report = sign_report(
                self._key, self._chain_id, self.contract, market, said.price, said.confidence, now
            )
            board.put(self.contract, market, self.address, report)
            here.signed_at = now
            done.append(market)
        return done

    def _hear(self, here: _Listening, now: int) -> None:
        seconds: dict[int, dict[str, Trade]] = {}
        for venue, feed in here.feeds:
            for trade in feed.new(now):
                # what a venue tells late counts from when it was told
                at = max(trade.time, here.level.time) if here.level else trade.time
                seconds.setdefault(at, {})[venue.name] = trade
        for at in sorted(seconds):
            here.last.update(seconds[at])
            quotes = [
                _quote(venue, here.last[venue.name], at)
                for venue, _ in here.feeds
                if venue.name in here.last and at - here.last[venue.name].time <= self._max_age_s
            ]
            together = aggregate(quotes, self._floor_bps)
            here.rejected = together.rejected
            if here.level is None:
                here.level = Level.begin(at, together.price, together.confidence)
            else:
                here.level.measure(at, together.price, together.confidence)


def _quote(venue: Venue, trade: Trade, now: int) -> Quote:
    """A venue's last trade: how far trades of its second went, and how far a price goes in its age."""
    reach = max(trade.high - trade.price, trade.price - trade.low)
    age = max(0, now - trade.time)
    drift = isqrt(age * (trade.price * DRIFT_BPS) ** 2) // 10_000
    return Quote(venue.name, trade.price, max(reach, drift), venue.weight)
