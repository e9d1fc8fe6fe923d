# pragma version 0.4.3
"""
@title   ramping: margin fractions on their way to what was set
@license AGPL-3.0-only
@notice  A raise of a margin fraction takes effect along a line, from where it is to where it is to be; a fall at once. So
         nobody who is healthy is to be liquidated because of a raise when it is made.
@dev     While there is a ramp its market's word of funding has RAMPING, and the rules hold the target. Both fractions are
         rounded down, from starts and targets of which the maintenance fraction is the lower one: so it is at all times.
"""
from contracts.modules.engine import ledger
from contracts.modules.engine import mark as marks
from contracts.modules.engine import market_words as layout

uses: ledger


@internal
@view
def _fractions(market: uint256, rules: uint256, funding_word: uint256) -> (uint256, uint256):
    """
    @notice Initial margin fraction while open interest is small, and maintenance margin fraction, now.
    @param rules        Of the market.
    @param funding_word Of the market.
    """
    initial: uint256 = layout._initial_ppm(rules)
    maintenance: uint256 = marks._maintenance_ppm(rules)
    if layout._is_ramping(funding_word):
        ramp: uint256 = ledger.ramps[market]
        initial = self._on_way(layout._ramp_initial(ramp), initial, ramp)
        maintenance = self._on_way(layout._ramp_maintenance(ramp), maintenance, ramp)
    return initial, maintenance


@internal
@view
def _is_over(market: uint256) -> bool:
    """
    @notice Whether a market's last ramp has come to its end.
    """
    return block.timestamp >= layout._ramp_end(ledger.ramps[market])


@internal
@view
def _on_way(start: uint256, target: uint256, ramp: uint256) -> uint256:
    """
    @notice Where a line from a start to a target is now, rounded down.
    """
    begin: uint256 = layout._ramp_start(ramp)
    end: uint256 = layout._ramp_end(ramp)
    if block.timestamp >= end:
        return target
    return start + (target - start) * (block.timestamp - begin) // (end - begin)
