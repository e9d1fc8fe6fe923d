"""Signed reports on their way: what publishers signed last, and what goes into a call with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from walras.reports import MAX_REPORTS, BadSignatureError, SignedReport, pack, signer_of

MAX_PRICE: Final = 2**88 - 1
"""Of report_layout.vy."""
CLOCK_SKEW_S: Final = 5
"""Seconds by which the router lets a source be ahead of the chain: OracleRouter.vy."""


@dataclass(frozen=True, slots=True)
class Source:
    """A SignedReports that the router listens to."""

    address: str
    publishers: tuple[str, ...]
    quorum: int
    max_age: int
    """Seconds."""
    weight: int = 1
    """In the router's median."""


@dataclass(frozen=True, slots=True)
class PythFeed:
    """A PythSource that the router listens to."""

    address: str
    feed: str
    """Pyth's id, 0x and 64 digits."""
    weight: int = 1


Listened = Source | PythFeed | None
"""A source of the router; None: of a kind that keepers bring nothing to."""


@dataclass(frozen=True, slots=True)
class Update:
    """What Hermes told of a feed."""

    payload: bytes
    """For PythSource.update."""
    price: int
    """18 decimals, as Hermes says; nothing is believed of it."""
    published_at: int


class BadReportError(ValueError):
    """A report that another process told and that cannot be what it says."""


class Board:
    """The newest report of each publisher, by contract and market."""

    def __init__(self, chain_id: int) -> None:
        self._chain_id = chain_id
        self._reports: dict[tuple[str, int], dict[str, SignedReport]] = {}
        self._updates: dict[str, Update] = {}

    def put(self, contract: str, market: int, publisher: str, report: SignedReport) -> bool:
        """Keep a report if it is the newest of its publisher; whether it is."""
        there = self._reports.setdefault((contract, market), {})
        known = there.get(publisher)
        if known and known.published_at >= report.published_at:
            return False
        there[publisher] = report
        return True

    def take(self, rows: Sequence[Mapping[str, Any]], market: int, sources: Mapping[str, Source]) -> int:
        """Keep what another process told: reports of publishers that the contracts know. How many were news.

        Raises BadReportError where a row is not a report.
        """
        count = 0
        for row in rows:
            try:
                contract = str(row["contract"])
                report = SignedReport(
                    int(row["price"]),
                    int(row["confidence"]),
                    int(row["published_at"]),
                    int(row["v"]),
                    int(str(row["r"]), 16),
                    int(str(row["s"]), 16),
                )
            except (KeyError, TypeError, ValueError, OverflowError) as error:
                raise BadReportError(f"market {market}: not a report: {error!r}") from error
            if not _is_price(report):  # one such report would make the contract refuse all of its payload
                raise BadReportError(f"market {market}: a price of {report.price} +- {report.confidence}")
            source = sources.get(contract)
            publisher = str(row.get("publisher"))
            known = self._reports.get((contract, market), {}).get(publisher)
            if source is None or (known and known.published_at >= report.published_at):
                continue
            try:
                signer = signer_of(self._chain_id, contract, market, report)
            except BadSignatureError as error:
                raise BadReportError(f"market {market}: {error}") from error
            if signer in source.publishers:
                count += self.put(contract, market, signer, report)
        return count

    def rows(self, market: int) -> list[dict[str, Any]]:
        """The newest reports on a market, as `take` reads them."""
        return [
            {
                "contract": contract,
                "publisher": publisher,
                "price": str(report.price),
                "confidence": str(report.confidence),
                "published_at": report.published_at,
                "v": report.v,
                "r": hex(report.r),
                "s": hex(report.s),
            }
            for (contract, number), there in sorted(self._reports.items())
            if number == market
            for publisher, report in sorted(there.items())
        ]

    def fresh(self, market: int, source: Source, now: int, after: int) -> list[SignedReport]:
        """Reports of a source's publishers from after a time, that its contract takes now; none without a
        quorum. Beyond a quorum those older than half of what the contract takes are left out.
        """
        there = self._reports.get((source.address, market), {})
        good = [
            report
            for publisher, report in sorted(there.items())
            if publisher in source.publishers
            and max(after, now - source.max_age - 1) < report.published_at <= now
        ]
        good.sort(key=lambda report: -report.published_at)
        # the price is as old as the oldest, and one that grows too old on the way spoils all of them
        while len(good) > source.quorum and 2 * (now - good[-1].published_at) > source.max_age:
            good.pop()
        return good[:MAX_REPORTS] if len(good) >= source.quorum else []

    def put_update(self, feed: PythFeed, update: Update, now: int) -> bool:
        """Keep Pyth's update of a feed if it is the newest; whether it is.

        Raises BadReportError where it is from so far ahead of the chain that the router would not hear it.
        """
        if update.published_at > now + CLOCK_SKEW_S:
            raise BadReportError(
                f"feed {feed.feed}: published at {update.published_at}, and the chain is at {now}"
            )
        known = self._updates.get(feed.address)
        if known and known.published_at >= update.published_at:
            return False
        self._updates[feed.address] = update
        return True

    def update(self, feed: PythFeed, now: int, after: int) -> Update | None:
        """The newest update of a feed from after a time, that the router hears now."""
        found = self._updates.get(feed.address)
        return found if found and after < found.published_at <= now + CLOCK_SKEW_S else None

    def payloads(
        self, market: int, sources: Sequence[Listened], now: int, after: Callable[[Source | PythFeed], int]
    ) -> tuple[bytes, ...]:
        """For the router's sources in their order; empty for those of another kind, or without news."""
        return tuple(self._payload(market, one, now, after(one)) if one else b"" for one in sources)

    def _payload(self, market: int, source: Source | PythFeed, now: int, after: int) -> bytes:
        if isinstance(source, PythFeed):
            update = self.update(source, now, after)
            return update.payload if update else b""
        reports = self.fresh(market, source, now, after)
        return pack(self._chain_id, reports) if reports else b""


def _is_price(report: SignedReport) -> bool:
    """Whether SignedReports takes such a price and confidence, whoever signed them."""
    return 0 < report.price <= MAX_PRICE and 0 <= report.confidence < report.price
