# pragma version 0.4.3
"""
@title   aggregate: one price out of the readings of several sources
@license AGPL-3.0-only
@notice  Pure rules on readings, words of oracle_layout, of the sources that are heard: neither failed nor late, and sure
         enough of themselves.
@dev     unsafe arithmetic: prices and confidences are below 2**88, weights below 2**4 and of at most 8 sources, basis
         points below 2**12: no sum or product here reaches 2**110. No difference is negative: a guard is below
         the whole price, and the confidence of what is heard is no wider than the outer guard.
"""
from interfaces import IOracleRouter

from contracts.modules.oracle import oracle_layout as layout

BPS: constant(uint256) = 10_000


@internal
@view
def _of(heard: uint256[layout.MAX_SOURCES], count: uint256, policy: uint256) -> IOracleRouter.Price:
    """
    @notice The weighted median of the readings, and who stands behind it: the sources within the guard, or, where these
            are too few, those within the outer guard. So one source that deviates is left out while the others agree,
            and sources that drift apart together still make a price.
    @param heard    Words, in any order.
    @param count    How many.
    @param policy   The market's.
    @return Price, range, publish time and troubles; without a status. With QUORUM_MISSED or NO_MAJORITY there is no price.
    """
    if count < layout._quorum(policy):
        nothing: IOracleRouter.Price = empty(IOracleRouter.Price)
        nothing.troubles = IOracleRouter.Trouble.QUORUM_MISSED
        return nothing
    readings: uint256[layout.MAX_SOURCES] = self._sorted(heard, count)
    median: uint256 = self._median(readings, count)
    found: IOracleRouter.Price = self._within(layout._deviation_bps(policy), readings, count, median, policy)
    if found.price == 0:
        found = self._within(layout._rejection_bps(policy), readings, count, median, policy)
        found.troubles |= IOracleRouter.Trouble.SOURCE_DEVIATES
    return found


@internal
@view
def _within(
    guard_bps: uint256,
    readings: uint256[layout.MAX_SOURCES],
    count: uint256,
    median: uint256,
    policy: uint256,
) -> IOracleRouter.Price:
    """
    @notice The median, if the sources within a guard can stand behind it.
    @dev    An unsure source does not widen the range beyond the guard.
            The publish time is the newest one at or after which so many of them were published that they make the
            quorum and hold more than half of all weight. Less than half of the weight lies outside these sources, so
            the median is never outside their range: the price is at least as new as it says.
    @param guard_bps Furthest from the median.
    @param readings  Words, ascending.
    @param median    Theirs.
    @return As `_of`; SOURCE_DEVIATES where some are not within the guard.
    """
    found: IOracleRouter.Price = empty(IOracleRouter.Price)
    bottom: uint256 = 0
    top: uint256 = 0
    bottom, top = self._guard(median, guard_bps)
    low: uint256 = median
    high: uint256 = median
    total: uint256 = 0
    agreeing: uint256 = 0
    times: uint256[layout.MAX_SOURCES] = empty(uint256[layout.MAX_SOURCES])
    for i: uint256 in range(count, bound=layout.MAX_SOURCES):
        word: uint256 = readings[i]
        total = unsafe_add(total, (word >> layout.READING_WEIGHT_AT) & layout.WEIGHT)
        price: uint256 = word >> layout.PRICE_AT
        if price < bottom or price > top:
            found.troubles |= IOracleRouter.Trouble.SOURCE_DEVIATES
            continue
        confidence: uint256 = (word >> layout.CONFIDENCE_AT) & layout.MAX_PRICE
        low = min(low, max(unsafe_sub(price, confidence), bottom))
        high = max(high, min(unsafe_add(price, confidence), top))
        times[agreeing] = word & layout.TIMED
        agreeing = unsafe_add(agreeing, 1)
    quorum: uint256 = layout._quorum(policy)
    if agreeing < quorum:
        found.troubles |= IOracleRouter.Trouble.QUORUM_MISSED
        return found
    times = self._sorted(times, agreeing)
    weight: uint256 = 0
    for i: uint256 in range(agreeing, bound=layout.MAX_SOURCES):
        timed: uint256 = times[unsafe_sub(unsafe_sub(agreeing, 1), i)]  # from the newest
        weight = unsafe_add(weight, (timed >> layout.READING_WEIGHT_AT) & layout.WEIGHT)
        if unsafe_add(weight, weight) > total and i + 1 >= quorum:
            found.price = median
            found.low = low
            found.high = high
            found.published_at = timed >> layout.TIME_AT
            return found
    found.troubles |= IOracleRouter.Trouble.NO_MAJORITY
    return found


@internal
@pure
def _guard(median: uint256, guard_bps: uint256) -> (uint256, uint256):
    """
    @notice Lowest and highest price within a guard of the median.
    """
    slack: uint256 = unsafe_mul(median, guard_bps) // BPS
    return unsafe_sub(median, slack), unsafe_add(median, slack)


@internal
@pure
def _median(readings: uint256[layout.MAX_SOURCES], count: uint256) -> uint256:
    """
    @notice The weighted median: the lowest price that, with those below it, has half of the weight; where that is exactly
            half, the middle between it and the next one, rounded down.
    @param readings Words, ascending.
    @param count    How many.
    @return Price, 0 of nothing.
    """
    left: uint256 = 0
    for i: uint256 in range(count, bound=layout.MAX_SOURCES):
        left = unsafe_add(left, (readings[i] >> layout.READING_WEIGHT_AT) & layout.WEIGHT)
    below: uint256 = 0
    for i: uint256 in range(count, bound=layout.MAX_SOURCES):
        weight: uint256 = (readings[i] >> layout.READING_WEIGHT_AT) & layout.WEIGHT
        below = unsafe_add(below, weight)
        left = unsafe_sub(left, weight)
        if below > left:
            return readings[i] >> layout.PRICE_AT
        if below == left:
            return ((readings[i] >> layout.PRICE_AT) + (readings[i + 1] >> layout.PRICE_AT)) // 2
    return 0


@internal
@pure
def _sorted(words: uint256[layout.MAX_SOURCES], count: uint256) -> uint256[layout.MAX_SOURCES]:
    """
    @notice The first `count` words in ascending order.
    """
    result: uint256[layout.MAX_SOURCES] = words
    for i: uint256 in range(count, bound=layout.MAX_SOURCES):
        word: uint256 = result[i]
        place: uint256 = i
        for _: uint256 in range(i, bound=layout.MAX_SOURCES):
            before: uint256 = result[unsafe_sub(place, 1)]
            if before <= word:
                break
            result[place] = before
            place = unsafe_sub(place, 1)
        result[place] = word
    return result
