"""Pyth's price updates, fetched from a Hermes service just before an auction or a price needs them.

Hermes tells the newest update of a feed: bytes that Pyth's contract verifies, and what is in them. What it
says of the price decides no more than when to post; the contract believes the bytes alone.
"""

from collections.abc import Collection
from typing import Any, Final
from urllib.parse import urlencode

import requests
from urllib3.exceptions import HTTPError

from walras.keepers.board import BadReportError, PythFeed, Update
from walras.keepers.fetch import Peers
from walras.keepers.snapshots.world import World

PATH: Final = "/v2/updates/price/latest"
LARGEST_PAYLOAD: Final = 4_096
"""Bytes of the contracts' payloads."""
EXPONENTS: Final = range(-36, 19)
"""Those that PythSource takes."""


class Hermes(Peers):
    """Asks one service."""

    def fetch(self, world: World, markets: Collection[int]) -> None:
        """Take the newest updates of the feeds of some markets. A failure is logged, and left alone for a
        while.
        """
        url = self._urls[0]
        feeds = {one.address: one for market in markets for one in world.feeds(market)}
        for _, one in sorted(feeds.items()):
            if self._rests.is_resting(url, world.now):
                return
            self._one(world, url, one)

    def _one(self, world: World, url: str, feed: PythFeed) -> None:
        words = urlencode([("ids[]", feed.feed), ("encoding", "hex"), ("parsed", "true")])
        try:
            told = self._get(f"{url}{PATH}?{words}")
            if told is None:
                raise BadReportError(f"it does not know feed {feed.feed}")
            news = world.board.put_update(feed, update_of(told, feed.feed), world.now)
        except (requests.RequestException, HTTPError, OSError, ValueError, RecursionError) as error:
            self._failed(world, url, error, feed=feed.feed)
            return
        self._answered(url, int(news))


def update_of(told: Any, feed: str) -> Update:
    """What Hermes says of one feed. Raises BadReportError where that is not what it documents."""
    try:
        (raw,) = told["binary"]["data"]
        (parsed,) = (one for one in told["parsed"] if f"0x{one['id']}".lower() == feed)
        payload = bytes.fromhex(str(raw).removeprefix("0x"))
        price, exponent = int(parsed["price"]["price"]), int(parsed["price"]["expo"])
        at = int(parsed["price"]["publish_time"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BadReportError(f"feed {feed}: no update as Hermes tells them: {error!r}") from error
    if not 0 < len(payload) <= LARGEST_PAYLOAD:
        raise BadReportError(f"feed {feed}: {len(payload)} bytes, 1 to {LARGEST_PAYLOAD} are wanted")
    if not 0 < price < 2**63 or exponent not in EXPONENTS:
        raise BadReportError(f"feed {feed}: a price of {price} and an exponent of {exponent}")
    power = 18 + exponent
    scaled = price * 10**power if power >= 0 else price // 10**-power
    return Update(payload, scaled, at)
