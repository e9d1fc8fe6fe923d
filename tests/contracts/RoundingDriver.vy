# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   RoundingDriver: the module rounding, callable, for tests
@license AGPL-3.0-only
"""
from contracts.modules import rounding


@external
@pure
def div_up(dividend: int256, divisor: int256) -> int256:
    """
    @notice As rounding gives it.
    """
    return rounding._div_up(dividend, divisor)


@external
@pure
def div_down(dividend: int256, divisor: int256) -> int256:
    """
    @notice As rounding gives it.
    """
    return rounding._div_down(dividend, divisor)


@external
@pure
def shift_up(number: int256, bits: uint256) -> int256:
    """
    @notice As rounding gives it.
    """
    return rounding._shift_up(number, bits)
