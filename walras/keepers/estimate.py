"""What a publisher believes a price to be, and how sure he is: venues together, then over time.

**Together**: the weighted median of the venues that are heard. One further from it than REJECT times the
median absolute deviation is left out, unless it is within its own confidence or within `floor_bps`; then the
median is taken anew. A venue that tears away in a crash is so not believed, and two that merely differ are
both heard.

**Over time**: a local level model, a Kalman filter of one number. Between trades the variance of the level
grows by a speed; a trade that surprises makes the filter faster at once (ATTACK), calm makes it slow again
slowly (DECAY). How far a measurement is believed follows from its own confidence: how far trades of its
second, and accepted venues from one another, went. The confidence that is signed is SIGMAS deviations of what
the next trade may be, and no less than how far accepted venues are apart. It grows while nothing trades, so
an old price never looks new.

Whole numbers throughout, prices with 18 decimals and variances with 36: the same on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Final

BPS: Final = 10_000
REJECT: Final = (741, 100)
"""5 deviations of a normal distribution, in median absolute deviations."""
ATTACK: Final = (1, 2)
"""Part of a surprise that the speed takes on at once."""
DECAY_S: Final = 60
"""Seconds in which the speed forgets about two thirds of what is above its floor."""
SIGMAS: Final = (5, 2)
"""Deviations of the next trade that are vouched for: on the tapes of 2025-10-10 the interval then holds the
next trade
no less often than the rules of walras/replay/publishers.py, on thin venues far more often."""
CALM_BPS2: Final = 4
"""Least speed: variance a second, of the price in basis points: 2 bps per root of a second
(walras/replay/publishers.py).
"""
NOISE_BPS2: Final = 1
"""Least variance of a measurement, of the price in basis points."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a venue says: its last trade, and how far that goes."""

    venue: str
    price: int
    confidence: int
    weight: int


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Venues together."""

    price: int
    confidence: int
    """Half the range of accepted venues, or the least confidence of one of them, whichever is larger."""
    accepted: tuple[str, ...]
    rejected: tuple[str, ...]


def weighted_median(values: Sequence[tuple[int, int]]) -> int:
    """Of (value, weight) pairs; between two halves of the weight the middle, rounded down."""
    if not values:
        raise ValueError("the median of nothing")
    ordered = sorted(values)
    total = sum(weight for _, weight in ordered)
    sum_ = 0
    for place, (value, weight) in enumerate(ordered):
        sum_ += weight
        if 2 * sum_ == total:
            return (value + ordered[place + 1][0]) // 2
        if 2 * sum_ > total:
            return value
    raise ValueError("weights have to be above 0")


def aggregate(quotes: Sequence[Quote], floor_bps: int) -> Aggregate:
    """What venues come to; ValueError where there is none."""
    middle = weighted_median([(one.price, one.weight) for one in quotes])
    spread = weighted_median([(abs(one.price - middle), one.weight) for one in quotes])
    limit = max(spread * REJECT[0] // REJECT[1], middle * floor_bps // BPS)
    accepted = [one for one in quotes if abs(one.price - middle) <= max(limit, one.confidence)]
    names = {one.venue for one in accepted}
    price = weighted_median([(one.price, one.weight) for one in accepted])
    apart = max(abs(one.price - price) for one in accepted)
    return Aggregate(
        price,
        max(apart, min(one.confidence for one in accepted)),
        tuple(one.venue for one in accepted),
        tuple(one.venue for one in quotes if one.venue not in names),
    )


@dataclass(slots=True)
class Level:
    """The filter: a level, its variance, and the speed at which that grows."""

    time: int
    """Unix seconds of the last measurement."""
    price: int
    variance: int
    """Of the level, when it was last measured."""
    noise: int
    """Variance of the last measurement."""
    speed: int
    """Growth of the variance a second."""
    spread: int
    """How far the last measurement's venues were apart, or its trades went."""

    @classmethod
    def begin(cls, time: int, price: int, confidence: int) -> "Level":
        """From a first measurement."""
        noise = _noise(price, confidence)
        return cls(time, price, noise, noise, _calm(price), confidence)

    def measure(self, time: int, price: int, confidence: int) -> None:
        """Take a measurement in; those of one second count one after the other."""
        if time < self.time:
            raise ValueError(f"a measurement of {time} after one of {self.time}")
        seconds = time - self.time
        calm, noise = _calm(self.price), _noise(price, confidence)
        before = self.variance + self.speed * seconds
        surprise = (price - self.price) ** 2
        self.speed = max(calm, self._slower(seconds))
        excess = max(0, surprise - self.variance - noise) // max(1, seconds)
        if excess > self.speed:
            self.speed += (excess - self.speed) * ATTACK[0] // ATTACK[1]
            before = max(before, self.variance + self.speed * max(1, seconds))
        whole = before + noise
        self.price += (2 * (price - self.price) * before + whole) // (2 * whole)  # to the nearest
        self.variance = before * noise // whole
        self.time, self.noise, self.spread = time, noise, confidence

    def confidence(self, now: int) -> int:
        """Half the width of the interval for the next trade after now, below the price."""
        seconds = now - self.time
        speed = max(_calm(self.price), self._slower(seconds))
        variance = self.variance + self.noise + speed * max(1, seconds)
        return min(max(SIGMAS[0] * isqrt(variance) // SIGMAS[1], self.spread), self.price - 1)

    def _slower(self, seconds: int) -> int:
        """The speed after so many seconds of calm."""
        calm = _calm(self.price)
        return calm + max(0, self.speed - calm) * DECAY_S // (DECAY_S + seconds)


def _calm(price: int) -> int:
    return CALM_BPS2 * price * price // BPS**2


def _noise(price: int, confidence: int) -> int:
    return 1 + confidence * confidence // 4 + NOISE_BPS2 * price * price // BPS**2
