"""What publishers sign of a tape: one for each venue, who tells what its trades tell and how far they go.

A publisher signs the venue's last price in every second in which it traded, and again every REPEAT seconds
while it does not. `published_at` is the second in which he signs. That is honest only because the report
also says how much is known: an old trade signed as if it were new would make a dead market look like a
quiet one. So the confidence is the larger of

- the reach: how far trades of the last REACH seconds went from the last one. A venue that sweeps its book
  up and down says so, whatever its last trade was;
- the drift: DRIFT_BPS x the root of the last trade's age in seconds: what a price usually does in that
  time. On the three AVAX tapes of 2025-10-10 until 20:45, before anything happened, the root of the mean
  square move in a minute and in an hour was 1.5 and 1.8 basis points per root of a second.

The other way, the time of the last trade as `published_at`, needs a heartbeat of an hour for a venue that
trades in 922 seconds of a day, and then an hour-old price counts as much as one of this second. It also
makes the price no news: with two of three sources needed, its time is that of the older of the two that
agree, and a price older than the last record is OUTDATED.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Final

from walras.replay.tapes import Bar

BPS: Final = 10_000
REPEAT: Final = 5  # seconds
REACH: Final = 60  # seconds
DRIFT_BPS: Final = 2

_ROOT: Final = 10**6  # the root of an age is taken to six decimals


@dataclass(frozen=True, slots=True)
class Report:
    """What is signed."""

    price: int
    confidence: int
    published_at: int


class Publisher:
    """Watches one tape."""

    def __init__(self, bars: Sequence[Bar]) -> None:
        self._bars = bars
        self._times = [bar.time for bar in bars]

    def last(self, now: int) -> Bar | None:
        """The bar of the last trade until now; None before the first."""
        place = bisect_right(self._times, now)
        return self._bars[place - 1] if place else None

    def signs(self, now: int) -> bool:
        """Whether he signs in this second."""
        bar = self.last(now)
        return bar is not None and (now - bar.time) % REPEAT == 0

    def report(self, now: int) -> Report:
        """What he would sign now; ValueError before the first trade."""
        place = bisect_right(self._times, now)
        if place == 0:
            raise ValueError(f"nothing has traded until {now}")
        price = self._bars[place - 1].close
        drift = price * DRIFT_BPS * isqrt((now - self._times[place - 1]) * _ROOT**2) // (BPS * _ROOT)
        recent = self._bars[bisect_right(self._times, now - REACH, hi=place) : place]
        reach = max((max(bar.high - price, price - bar.low) for bar in recent), default=0)
        # SignedReports takes no interval that reaches down to 0
        return Report(price, min(max(reach, drift), price - 1), now)
