"""Reports of other processes: fetched from their /reports, just before an auction or a price needs them."""

import json
import time
from collections.abc import Collection, Sequence
from typing import Any, Final

import requests
import structlog
from urllib3.exceptions import HTTPError

from walras.chain.endpoint import name_of
from walras.chain.meter import Meter
from walras.keepers.backoff import Backoff
from walras.keepers.board import BadReportError
from walras.keepers.snapshots.world import World

LARGEST: Final = 2**18
"""Bytes of an answer: many times sixteen reports."""
REST_S: Final = (2, 60)
"""Chain seconds for which one that failed is left alone: at first, and at most. All keepers wait for it."""


class Peers:
    """Some URLs: each answers in time, and with little, or is left alone for a while."""

    def __init__(self, urls: Sequence[str], timeout_s: float, meter: Meter) -> None:
        self._urls = [url.rstrip("/") for url in urls]
        self._timeout_s, self._meter = timeout_s, meter
        self._session = requests.Session()
        self._rests = Backoff(*REST_S)
        self._log = structlog.get_logger("walras.keepers.reports")

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()

    def fetch(self, world: World, markets: Collection[int]) -> None:
        """Take what they say of markets. Who does not answer is logged, and left out."""
        raise NotImplementedError

    def _failed(self, world: World, url: str, error: Exception, **about: object) -> None:
        """One that did not answer, or not what was asked for."""
        name = name_of(url)  # there may be a password in the rest
        self._rests.refuse(url, world.now)
        self._meter.count("keeper_report_failures", url=name)
        why = str(error) if isinstance(error, BadReportError) else type(error).__name__
        self._log.warning("reports_not_fetched", url=name, error=why, **about)

    def _answered(self, url: str, news: int) -> None:
        self._rests.clear(url)
        self._meter.count("keeper_reports", news, url=name_of(url))

    def _get(self, url: str) -> Any:
        """JSON, or None where there is no such page; in `timeout_s` as a whole."""
        end, read = time.monotonic() + self._timeout_s, bytearray()
        with self._session.get(url, timeout=self._timeout_s, stream=True, allow_redirects=False) as answer:
            if answer.status_code == requests.codes.not_found:
                return None
            if answer.status_code != requests.codes.ok:
                raise BadReportError(f"HTTP status {answer.status_code}")
            while chunk := answer.raw.read1(2**14, decode_content=True):
                read += chunk
                if len(read) > LARGEST:
                    raise BadReportError(f"an answer of more than {LARGEST} bytes")
                if time.monotonic() > end:
                    raise BadReportError(f"no whole answer in {self._timeout_s} s")
        return json.loads(read)


class Fetcher(Peers):
    """Asks other publishers' processes."""

    def fetch(self, world: World, markets: Collection[int]) -> None:
        """Take what they say of markets. Who does not answer is logged, and left out."""
        for market in sorted(markets):
            for url in self._urls:
                if not self._rests.is_resting(url, world.now):
                    self._one(world, url, market)

    def _one(self, world: World, url: str, market: int) -> None:
        try:
            told = self._get(f"{url}/{market}")
            if told is None:
                return  # it does not publish this market
            rows = told.get("reports") if isinstance(told, dict) else None
            if not isinstance(rows, list):
                raise BadReportError(f"market {market}: no list of reports")
            news = world.board.take(rows, market, world.sources(market))
        except (requests.RequestException, HTTPError, OSError, ValueError, RecursionError) as error:
            self._failed(world, url, error, market=market)
            return
        self._answered(url, news)
