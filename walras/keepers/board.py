"""Signed reports on their way: what publishers signed last, and what goes into a call with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from walras.reports import MAX_REPORTS, BadSignatureError, SignedReport, pack, signer_of


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


class BadReportError(ValueError):
    """A report that another process told and that cannot be what it says."""


class Board:
    """The newest report of each publisher, by contract and market."""

    def __init__(self, chain_id: int) -> None:
        self._chain_id = chain_id
        self._reports: dict[tuple[str, int], dict[str, SignedReport]] = {}

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
            except (KeyError, TypeError, ValueError) as error:
                raise BadReportError(f"market {market}: not a report: {error!r}") from error
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
        quorum.
        """
        there = self._reports.get((source.address, market), {})
        good = [
            report
            for publisher, report in sorted(there.items())
            if publisher in source.publishers
            and max(after, now - source.max_age - 1) < report.published_at <= now
        ]
        good.sort(key=lambda report: -report.published_at)
        return good[:MAX_REPORTS] if len(good) >= source.quorum else []

    def payloads(
        self, market: int, sources: Sequence[Source | None], now: int, after: Callable[[Source], int]
    ) -> tuple[bytes, ...]:
        """For the router's sources in their order; empty for those of another kind, or without news."""
        found = []
        for source in sources:
            reports = self.fresh(market, source, now, after(source)) if source else []
            found.append(pack(self._chain_id, reports) if reports else b"")
        return tuple(found)
