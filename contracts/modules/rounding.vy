# pragma version 0.4.3
"""
@title   rounding: divisions whose name says where they round
@license AGPL-3.0-only
@notice  The compiler's own division of signed numbers rounds towards zero. Credits are rounded down, debits up.
@dev     Divisors are positive.
"""


@internal
@pure
def _div_up(dividend: int256, divisor: int256) -> int256:
    quotient: int256 = dividend // divisor
    if dividend > 0 and dividend % divisor != 0:
        quotient += 1
    return quotient


@internal
@pure
def _div_down(dividend: int256, divisor: int256) -> int256:
    return -self._div_up(-dividend, divisor)


@internal
@pure
def _shift_up(number: int256, bits: uint256) -> int256:
    """
    @notice number / 2**bits, rounded up; `>>` alone rounds down.
    """
    return -(-number >> bits)
