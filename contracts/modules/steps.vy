# pragma version 0.4.3
"""
@title   steps: how far, and how often, governance moves a number
@license AGPL-3.0-only
@notice  One rule for all contracts: a change is of half of what was, or of a least step that each number has, whichever is more;
         and a day lies between two of them. So nothing doubles in less than two days, and whoever does not like where a
         number goes has time to leave. docs/parameters.md lists the numbers.
@dev     What only tightens and hurts nobody, such as a cap that falls, is free: its contract says so where it asks.
"""
EVERY: constant(uint256) = 86_400            # seconds between two changes


@internal
@pure
def _is_large(before: uint256, after: uint256, least: uint256) -> bool:
    """
    @notice Whether a change is too large for one step.
    @param least A change that is never too large.
    """
    return max(before, after) - min(before, after) > max(before // 2, least)


@internal
@pure
def _is_large_signed(before: int256, after: int256, least: uint256) -> bool:
    """
    @notice The same of numbers with a sign, below 2**254 both.
    """
    return convert(abs(after - before), uint256) > max(convert(abs(before), uint256) // 2, least)


@internal
@view
def _is_early(changed_at: uint256) -> bool:
    """
    @notice Whether the last change is less than a day ago.
    @param changed_at Its time; 0 before the first.
    """
    return block.timestamp < changed_at + EVERY
