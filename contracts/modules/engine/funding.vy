# pragma version 0.4.3
"""
@title   funding: what longs pay shorts, and how a premium becomes a rate
@license AGPL-3.0-only
@notice  Pure rules. Premiums and rates are in 1/1,000,000,000; a rate is that of eight hours. The index is in lot
         price units: a position pays lots x (index now - index then) / 2**scale, rounded up, so what is paid is
         never less than what is received.
@dev     Source of the form: the premium funding of dYdX v4 and Injective, with an exponential average instead of a
         window of samples (docs/architecture.md).
"""
from contracts.modules import rounding
from contracts.modules.engine import market_words as layout

ONE: constant(int256) = 10**9
PERIOD: constant(int256) = 28_800            # seconds of a rate
HOUR: constant(uint256) = 3_600
QUARTER: constant(uint256) = 900
LONGEST: constant(uint256) = 60               # seconds that one sample speaks for


@internal
@view
def _exact_index(word: uint256) -> int256:
    """
    @notice The index now, with FRACTION bits of fraction: it grows steadily since the word was written, for an hour at most.
            A rate speaks no longer than that: where nobody marks the market, or its price is halted, funding stops.
    """
    seconds: int256 = convert(min(block.timestamp - layout._funded_at(word), HOUR), int256)
    return layout._exact_index(word) + layout._growth(word) * seconds


@internal
@view
def _index(word: uint256) -> int256:
    """
    @notice The index now, rounded down.
    """
    return self._exact_index(word) >> layout.FRACTION


@internal
@pure
def _owed(lots: int256, index: int256, losses: int256, basis: int256, scale: uint256) -> int256:
    """
    @notice Token units that a position owes for funding and for others' deficits, rounded up; negative where it is owed.
    @param losses What every lot of either side has borne, lot price units.
    """
    return rounding._shift_up(lots * index + abs(lots) * losses - basis, scale)


@internal
@pure
def _premium(price: uint256, index: uint256, band_bps: uint256) -> int256:
    """
    @notice How far a price is from the index, rounded towards zero, held within the mark's band.
    """
    bound: int256 = convert(band_bps, int256) * ONE // 10_000
    premium: int256 = (convert(price, int256) - convert(index, int256)) * ONE // convert(index, int256)
    return max(-bound, min(bound, premium))


@internal
@pure
def _averaged(average: int256, sample: int256, seconds: uint256, window: uint256) -> int256:
    """
    @notice The average after some seconds and a sample; rounded towards zero. A sample speaks for the last LONGEST seconds
            at most; before them, where nobody sampled, the premium counts as none.
    """
    decayed: int256 = self._faded(average, seconds, window)
    weight: int256 = convert(min(seconds, LONGEST), int256)
    return decayed + (sample - decayed) * weight // convert(window, int256)


@internal
@pure
def _faded(average: int256, seconds: uint256, window: uint256) -> int256:
    """
    @notice What is left of an average after some seconds without a sample, rounded away from zero: of all but the last LONGEST the
            premium counts as none.
    """
    silent: int256 = convert(min(seconds - min(seconds, LONGEST), window), int256)
    return average - average * silent // convert(window, int256)


@internal
@pure
def _rate(premium: int256, interest: int256, times: uint256, initial_ppm: uint256, maintenance_ppm: uint256) -> int256:
    """
    @notice The rate of eight hours: the hour's premium and the interest, within `times` the difference of margins.
    """
    bound: int256 = convert(times * (initial_ppm - maintenance_ppm) * 1_000, int256)
    return max(-bound, min(bound, premium + interest))


@internal
@pure
def _growth(rate: int256, index_price: uint256) -> int256:
    """
    @notice By how much the exact index grows a second, rounded towards zero.
    """
    return (rate * convert(index_price << layout.FRACTION, int256)) // (ONE * PERIOD)
