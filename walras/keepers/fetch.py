"""Reports of other processes: fetched from their /reports, just before an auction or a price needs them."""

from collections.abc import Collection, Sequence
from typing import Any

import requests
import structlog

from walras.chain.meter import Meter
from walras.keepers.board import BadReportError
from walras.keepers.snapshots.world import World


class Fetcher:
    """Asks some URLs."""

    def __init__(self, urls: Sequence[str], timeout_s: float, meter: Meter) -> None:
        self._urls = [url.rstrip("/") for url in urls]
        self._timeout_s, self._meter = timeout_s, meter
        self._session = requests.Session()
        self._log = structlog.get_logger("walras.keepers.reports")

    def fetch(self, world: World, markets: Collection[int]) -> None:
        """Take what they say of markets. Who does not answer is logged, and left out."""
        for market in sorted(markets):
            for url in self._urls:
                self._one(world, url, market)

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    def _one(self, world: World, url: str, market: int) -> None:
        try:
            answer = self._session.get(f"{url}/{market}", timeout=self._timeout_s)
            if answer.status_code == requests.codes.not_found:
                return  # it does not publish this market
            answer.raise_for_status()
            told: Any = answer.json()
            rows = told.get("reports") if isinstance(told, dict) else None
            if not isinstance(rows, list):
                raise BadReportError(f"market {market}: no list of reports")
            news = world.board.take(rows, market, world.sources(market))
        except (requests.RequestException, ValueError) as error:
            self._meter.count("keeper_report_failures", url=url)
            self._log.warning("reports_not_fetched", url=url, market=market, error=str(error))
            return
        self._meter.count("keeper_reports", news, url=url)
