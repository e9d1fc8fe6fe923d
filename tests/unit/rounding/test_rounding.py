"""rounding: the module on its real bytecode against Python's floor and ceil."""

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from walras.devtools.evm import Contract, Evm, Reverted, artifact

BIGGEST = 2**255 - 1
NUMBERS = st.integers(-BIGGEST, BIGGEST)


@pytest.fixture(scope="module")
def driver() -> Contract:
    return Evm().deploy(artifact("RoundingDriver"))


@pytest.mark.parametrize("dividend", range(-7, 8))
@pytest.mark.parametrize("divisor", [1, 2, 3, 7])
def test_small_numbers(driver: Contract, dividend: int, divisor: int) -> None:
    assert driver.div_up(dividend, divisor) == ceil(Fraction(dividend, divisor))
    assert driver.div_down(dividend, divisor) == floor(Fraction(dividend, divisor))


def test_directions(driver: Contract) -> None:
    """The compiler's own `//` gives -3 for -7 // 2, and 3 for 7 // 2."""
    assert (driver.div_up(7, 2), driver.div_down(7, 2)) == (4, 3)
    assert (driver.div_up(-7, 2), driver.div_down(-7, 2)) == (-3, -4)
    assert (driver.shift_up(7, 1), driver.shift_up(-7, 1)) == (4, -3)


@given(dividend=NUMBERS, divisor=st.integers(1, BIGGEST))
@example(dividend=BIGGEST, divisor=1)
@example(dividend=-BIGGEST, divisor=1)
@example(dividend=BIGGEST, divisor=BIGGEST)
@example(dividend=BIGGEST, divisor=2)
@example(dividend=-BIGGEST, divisor=2)
@example(dividend=0, divisor=BIGGEST)
@example(dividend=1, divisor=BIGGEST)
@example(dividend=-1, divisor=BIGGEST)
def test_divisions(driver: Contract, dividend: int, divisor: int) -> None:
    assert driver.div_up(dividend, divisor) == -(-dividend // divisor)
    assert driver.div_down(dividend, divisor) == dividend // divisor


@given(number=NUMBERS, bits=st.integers(0, 255))
@example(number=BIGGEST, bits=0)
@example(number=BIGGEST, bits=255)
@example(number=-BIGGEST, bits=255)
@example(number=-1, bits=255)
@example(number=1, bits=255)
def test_shift(driver: Contract, number: int, bits: int) -> None:
    assert driver.shift_up(number, bits) == ceil(Fraction(number, 2**bits))


def test_smallest_number_is_refused_where_its_opposite_does_not_exist(driver: Contract) -> None:
    for call in (driver.div_down, driver.shift_up):
        with pytest.raises(Reverted, match="Revert"):
            call(-(2**255), 1)
        assert call(-BIGGEST, 0 if call is driver.shift_up else 1) == -BIGGEST


@pytest.mark.parametrize("dividend", [0, 1, -1])
def test_nothing_is_divided_by_zero(driver: Contract, dividend: int) -> None:
    for call in (driver.div_up, driver.div_down):
        with pytest.raises(Reverted, match="Revert"):
            call(dividend, 0)
