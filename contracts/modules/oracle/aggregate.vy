# pragma version 0.4.3
"""
@title   aggregate: one price out of the readings of several sources
@license AGPL-3.0-only
@notice  Pure rules. Readings are words of oracle_layout, those that are heard: neither failed nor late.
"""
from interfaces import IOracleRouter

from contracts.modules.oracle import oracle_layout as layout

BPS: constant(uint256) = 10_000


@internal
@view
def _of(
    readings: uint256[layout.MAX_SOURCES], count: uint256, settings: IOracleRouter.Settings
) -> IOracleRouter.Price:
    """
    @notice The weighted median of the readings, and who agrees with it.
    @dev    The publish time is the newest one at or after which so many of the agreeing sources were published that they
            make the quorum and hold more than half of all weight. Less than half of the weight lies outside these
            sources, so the median is never outside their range: the price is at least as new as it says.
    @param readings Words, ascending.
    @param count    How many.
    @param settings The market's.
    @return Price, range, publish time and troubles; without a status. With QUORUM_MISSED or NO_MAJORITY there is no price.
    """
    found: IOracleRouter.Price = empty(IOracleRouter.Price)
    if count < settings.quorum:
        found.troubles = IOracleRouter.Trouble.QUORUM_MISSED
        return found
    total: uint256 = self._weight(readings, count)
    median: uint256 = self._median(readings, count, total)
    by_time: uint256[layout.MAX_SOURCES] = empty(uint256[layout.MAX_SOURCES])
    agreeing: uint256 = 0
    low: uint256 = median
    high: uint256 = median
    for i: uint256 in range(count, bound=layout.MAX_SOURCES):
        word: uint256 = readings[i]
        price: uint256 = layout._reading_price(word)
        confidence: uint256 = layout._reading_confidence(word)
        if not self._agrees(price, confidence, median, settings.deviation_bps):
            found.troubles |= IOracleRouter.Trouble.SOURCE_DEVIATES
            continue
        low = min(low, price - confidence)
        high = max(high, price + confidence)
        timed: uint256 = (layout._reading_time(word) << 8) | layout._reading_weight(word)
        by_time = self._inserted(by_time, agreeing, timed)
        agreeing += 1
    if agreeing < settings.quorum:
        found.troubles |= IOracleRouter.Trouble.QUORUM_MISSED
        return found
    weight: uint256 = 0
    for i: uint256 in range(agreeing, bound=layout.MAX_SOURCES):
        timed: uint256 = by_time[agreeing - 1 - i]
        weight += timed & (2**8 - 1)
        if i + 1 >= settings.quorum and 2 * weight > total:
            found.price = median
            found.low = low
            found.high = high
            found.published_at = timed >> 8
            return found
    found.troubles |= IOracleRouter.Trouble.NO_MAJORITY
    return found


@internal
@pure
def _agrees(price: uint256, confidence: uint256, median: uint256, deviation_bps: uint256) -> bool:
    """
    @notice Whether a source is near enough to the median, and sure enough of it.
    @dev    A source whose interval is wider than the guard cannot tell whether it is within the guard.
    """
    distance: uint256 = price - median if price > median else median - price
    return distance * BPS <= median * deviation_bps and confidence * BPS <= price * deviation_bps


@internal
@pure
def _median(readings: uint256[layout.MAX_SOURCES], count: uint256, total: uint256) -> uint256:
    """
    @notice The weighted median of at least one reading: the lowest price that, with those below it, has half of the
            weight; where that is exactly half, the middle between it and the next one, rounded down.
    @param readings Words, ascending.
    @param total    Their weight.
    """
    weight: uint256 = 0
    for i: uint256 in range(count, bound=layout.MAX_SOURCES):
        weight += layout._reading_weight(readings[i])
        if 2 * weight > total:
            return layout._reading_price(readings[i])
        if 2 * weight == total:
            return (layout._reading_price(readings[i]) + layout._reading_price(readings[i + 1])) // 2
    return 0


@internal
@pure
def _weight(readings: uint256[layout.MAX_SOURCES], count: uint256) -> uint256:
    """
    @notice Weight of all readings.
    """
    total: uint256 = 0
    for i: uint256 in range(count, bound=layout.MAX_SOURCES):
        total += layout._reading_weight(readings[i])
    return total


@internal
@pure
def _inserted(words: uint256[layout.MAX_SOURCES], count: uint256, word: uint256) -> uint256[layout.MAX_SOURCES]:
    """
    @notice The ascending words with one more in its place.
    """
    result: uint256[layout.MAX_SOURCES] = words
    hole: uint256 = count
    for i: uint256 in range(count, bound=layout.MAX_SOURCES):
        if result[hole - 1] <= word:
            break
        result[hole] = result[hole - 1]
        hole -= 1
    result[hole] = word
    return result
