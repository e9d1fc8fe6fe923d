# pragma version 0.4.3
"""
@title   bits: highest and lowest set bit
@license AGPL-3.0-only
"""


@internal
@pure
def _highest(word: uint256) -> uint256:
    """
    @notice Index of the highest set bit of a word that is not zero (0 for zero).
    """
    x: uint256 = word
    index: uint256 = 0
    if x >= 2**128:
        x = x >> 128
        index = 128
    if x >= 2**64:
        x = x >> 64
        index |= 64
    if x >= 2**32:
        x = x >> 32
        index |= 32
    if x >= 2**16:
        x = x >> 16
        index |= 16
    if x >= 2**8:
        x = x >> 8
        index |= 8
    if x >= 2**4:
        x = x >> 4
        index |= 4
    if x >= 2**2:
        x = x >> 2
        index |= 2
    if x >= 2:
        index |= 1
    return index


@internal
@pure
def _lowest(word: uint256) -> uint256:
    """
    @notice Index of the lowest set bit of a word that is not zero (0 for zero).
    """
    # x & -x keeps the lowest set bit alone; unsafe: two's complement negation is meant
    return self._highest(word & unsafe_add(~word, 1))
