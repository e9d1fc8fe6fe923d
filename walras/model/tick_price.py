"""The price at a tick of Uniswap v3 and the average of UniswapV3Source: the exact reference for both.

Nothing is rounded on the way. A power of 1.0001 is held between two integers; where these do not agree on the
answer they are computed anew with twice the bits, until they do. Units are those of the contracts: a price in
smallest units is 1.0001**tick, `scale` is what a price of 1 in them is called, times are seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

MAX_TICK: Final = 887_272
"""Ticks of a pool run from -MAX_TICK to MAX_TICK."""
LIMIT: Final = 2**96
"""Prices from here on are called SATURATED."""
SATURATED: Final = 2**256 - 1
MAX_DIGITS: Final = 38
"""Scales are 10**0 .. 10**MAX_DIGITS."""

_BITS: Final = 512
_WHOLE: Final = 9
"""1.0001**tick * 10**38 = 10001**tick * 10**(38 - 4 * tick) is whole for the ticks 0 .. 9 and no others."""


@dataclass(frozen=True, slots=True)
class Power:
    """A power of 1.0001, and how well it is known: low <= 2**bits * 1.0001**tick <= high."""

    tick: int
    bits: int
    low: int
    high: int

    def times(self, scale: int) -> int | None:
        """floor(1.0001**tick * scale); None where the bounds do not agree on it."""
        if 0 <= self.tick <= _WHOLE:
            return int(Fraction(10_001, 10_000) ** self.tick * scale)
        floor = self.low * scale >> self.bits
        return floor if floor == self.high * scale >> self.bits else None

    def next(self) -> "Power":
        """That of the next tick; its bounds are 1 further apart."""
        high = self.high + -(-self.high // 10_000)
        return Power(self.tick + 1, self.bits, self.low + self.low // 10_000, high)


def power(tick: int, bits: int) -> Power:
    """1.0001**tick to about so many bits."""
    fraction = bits + 130  # 1.0001**887272 < 2**129
    one = 1 << fraction
    low = high = one
    base_low, base_high = one + one // 10_000, one + -(-one // 10_000)
    exponent = abs(tick)
    while exponent:
        if exponent & 1:
            low, high = low * base_low >> fraction, _shift_up(high * base_high, fraction)
        base_low, base_high = base_low**2 >> fraction, _shift_up(base_high**2, fraction)
        exponent >>= 1
    if tick < 0:
        low, high = one * one // high, -(-one * one // low)
    return Power(tick, fraction, low, high)


def powers(first: int = -MAX_TICK, last: int = MAX_TICK) -> Iterator[Power]:
    """The powers of all ticks from one to another, much faster than one by one."""
    at = power(first, _BITS)
    while at.tick <= last:
        yield at
        at = at.next()


def floor_price(tick: int, scale: int) -> int:
    """floor(1.0001**tick * scale), however large."""
    bits = _BITS
    while (floor := power(tick, bits).times(scale)) is None:
        bits *= 2
    return floor


def price(tick: int, scale: int) -> int:
    """As tick_price.vy: floor(1.0001**tick * scale), SATURATED from LIMIT on."""
    floor = floor_price(tick, scale)
    return floor if floor < LIMIT else SATURATED


def scale(base_decimals: int, quote_decimals: int) -> int | None:
    """What a price of 1 in smallest units is in 18 decimals; None where it is none of the scales."""
    digits = 18 + base_decimals - quote_decimals
    return int(10**digits) if 0 <= digits <= MAX_DIGITS else None


@dataclass(frozen=True, slots=True)
class Observations:
    """What a pool's `observe([window, 0])` gives: sums up to the start of the window, and up to now."""

    window: int
    ticks: tuple[int, int]
    """Sums of tick x seconds, each modulo 2**56 with its sign."""
    seconds_per_liquidity: tuple[int, int]
    """Sums of seconds / liquidity, 128 fractional bits, modulo 2**160."""

    def mean_tick(self, base_is_token0: bool) -> int:
        """The base's mean tick, rounded towards minus infinity."""
        total = (self.ticks[1] - self.ticks[0] + 2**55) % 2**56 - 2**55
        return (total if base_is_token0 else -total) // self.window

    @property
    def liquidity(self) -> int:
        """Harmonic mean of the liquidity in range, rounded down."""
        before, now = self.seconds_per_liquidity
        return (self.window << 128) // ((now - before) % 2**160)

    def price(self, base_is_token0: bool, scale: int) -> int:
        """As UniswapV3Source.read."""
        return price(self.mean_tick(base_is_token0), scale)


def _shift_up(value: int, bits: int) -> int:
    return -(-value >> bits)
