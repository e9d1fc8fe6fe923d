# pragma version 0.4.3
"""
@title   mark: the price at which positions are valued, and margin fractions at an open interest
@license AGPL-3.0-only
@notice  Pure rules on lot prices.
"""
from contracts.modules.engine import market_words as layout

BPS: constant(uint256) = 10_000
PPM: constant(uint256) = 1_000_000
ONE: constant(uint256) = 10**9


@internal
@pure
def _lot_price(price: uint256, lot_size: uint256, token_unit: uint256, scale: uint256) -> uint256:
    """
    @notice An oracle's price as a lot price, rounded down; no more than a lot price can be, no less than 1.
    @dev    price < 2**88, and a listing bounds the rest by 2**168.
    """
    found: uint256 = price * ((lot_size * token_unit) << scale) // 10**36
    return max(1, min(found, layout.LOT_PRICE))


@internal
@pure
def _of(index: uint256, quarter: int256, clearing: uint256, band_bps: uint256) -> uint256:
    """
    @notice The median of the index, of the index with the average premium of 15 minutes, and of the last clearing
            price; not further from the index than the band.
    @param quarter  Average premium.
    @param clearing Last clearing price; 0 where there is none, and the mark is the index.
    """
    if clearing == 0:
        return index
    signed: int256 = convert(index, int256)
    expected: uint256 = convert(max(signed + signed * quarter // convert(ONE, int256), 1), uint256)
    median: uint256 = max(min(index, expected), min(max(index, expected), clearing))
    slack: uint256 = index * band_bps // BPS
    return max(index - slack, min(median, min(index + slack, layout.LOT_PRICE)))


@internal
@pure
def _initial_ppm(
    base: uint256, rules: uint256, open_lots: uint256, index: uint256, scale: uint256, token_unit: uint256
) -> uint256:
    """
    @notice Initial margin fraction at an open interest, rounded up. Source: dYdX v4.
    @param base What it is while open interest is small.
    """
    notional: uint256 = ((open_lots * index) >> scale) // token_unit
    soft: uint256 = layout._soft_notional(rules)
    if notional <= soft:
        return base
    hard: uint256 = layout._hard_notional(rules)
    if notional >= hard:
        return PPM
    span: uint256 = hard - soft
    return base + ((notional - soft) * (PPM - base) + span - 1) // span


@internal
@pure
def _maintenance_ppm(rules: uint256) -> uint256:
    """
    @notice Maintenance margin fraction, rounded up. It does not grow with the open interest: nobody's orders make
            another's position unhealthy. Source: dYdX v4.
    """
    return (layout._initial_ppm(rules) * layout._maintenance_bps(rules) + BPS - 1) // BPS
