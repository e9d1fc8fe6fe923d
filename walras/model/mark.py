"""What a market's positions are valued at, the rate of its funding, and margins at an open interest.

Rules of contracts/modules/engine/mark.vy and funding.vy; premiums and rates are in 1/1,000,000,000, a rate is
that of eight hours.
"""

from fractions import Fraction
from math import ceil, floor
from typing import Final

from walras.model.actions import Status
from walras.model.market import BPS, FRACTION, HOUR, PPM, Mark, Market, Mode
from walras.model.oracle import Price

LOT_PRICE: Final = 2**72 - 1
"""The highest."""
PREMIUM: Final = 10**9
PERIOD: Final = 28_800  # seconds of a funding rate
QUARTER: Final = 900
LONGEST: Final = 60  # seconds that one sample speaks for


def lot_price(here: Market, price: int, token_unit: int) -> int:
    """An oracle's price as a lot price, rounded down; no more than a lot price can be, no less than 1."""
    exact = Fraction(price * here.lot_size * token_unit * here.one, 10**36)
    return max(1, min(floor(exact), LOT_PRICE))


def mark_market(
    here: Market, seen: Price, price: int, traded: bool, due: int, now: int, open_lots: int, token_unit: int
) -> None:
    """A market's new mark and rate.

    `price` is a lot price that the batch tells of, 0 where it tells none; `traded` says that it is the
    clearing price of a batch large enough to count. `open_lots` are those of the larger side.
    """
    settings = here.settings
    index, low, high = (lot_price(here, one, token_unit) for one in (seen.price, seen.low, seen.high))
    if price and seen.status != Status.STALE:
        _sample(here, price, index, traded, now)
        hour, quarter, clearing = here.hour, here.quarter, here.clearing
    else:  # the silence counts already as it will at the next sample
        silence = now - here.sampled_at
        hour, quarter = _faded(here.hour, silence, HOUR), _faded(here.quarter, silence, QUARTER)
        clearing = 0 if now - here.traded_at > QUARTER else here.clearing
    initial = _initial_ppm(here, open_lots, index, now, token_unit)
    maintenance = here.fractions(now)[1]
    rate = 0
    if seen.status != Status.HALTED and here.mode < Mode.HALTED:
        bound = settings.funding_clamp * (initial - maintenance) * 1_000
        rate = max(-bound, min(bound, hour + settings.interest))
    here.exact_index = here.exact(now)
    here.growth = _towards_zero(Fraction(rate * index * FRACTION, PREMIUM * PERIOD))
    here.funded_at = now
    mark = index
    if clearing:
        expected = max(1, index + _towards_zero(Fraction(index * quarter, PREMIUM)))
        median = sorted((index, expected, clearing))[1]
        slack = floor(Fraction(index * settings.mark_band_bps, BPS))
        mark = max(index - slack, min(median, index + slack, LOT_PRICE))
    here.mark = Mark(mark, index, low, high, seen.status, now, due, initial, maintenance)


def _sample(here: Market, price: int, index: int, traded: bool, now: int) -> None:
    """Averages of the premium after a price that counts."""
    bound = here.settings.mark_band_bps * PREMIUM // BPS
    premium = max(-bound, min(bound, _towards_zero(Fraction((price - index) * PREMIUM, index))))
    seconds = now - here.sampled_at
    here.hour = _averaged(here.hour, premium, seconds, HOUR)
    here.quarter = _averaged(here.quarter, premium, seconds, QUARTER)
    if traded:
        here.clearing, here.traded_at = min(price, LOT_PRICE), now
    elif now - here.traded_at > QUARTER:
        here.clearing = 0
    here.sampled_at = now


def _averaged(average: int, sample: int, seconds: int, window: int) -> int:
    """A sample speaks for the last minute at most."""
    average = _faded(average, seconds, window)
    return average + _towards_zero(Fraction((sample - average) * min(seconds, LONGEST), window))


def _faded(average: int, seconds: int, window: int) -> int:
    """What silence leaves of an average: but for the last minute, the premium is none."""
    silent = min(max(0, seconds - LONGEST), window)
    return average - _towards_zero(Fraction(average * silent, window))


def _initial_ppm(here: Market, open_lots: int, index: int, now: int, token_unit: int) -> int:
    """Initial margin fraction: it grows with the open interest. Source: dYdX v4."""
    settings = here.settings
    notional = floor(Fraction(floor(Fraction(open_lots * index, here.one)), token_unit))
    base = here.fractions(now)[0]
    if notional <= settings.soft_notional:
        return base
    span = settings.hard_notional - settings.soft_notional
    grown = Fraction(notional - settings.soft_notional, span) * (PPM - base)
    return min(PPM, base + ceil(grown))


def _towards_zero(number: Fraction) -> int:
    """The whole part."""
    return int(number)
