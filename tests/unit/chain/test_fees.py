"""Fees: bounds of the cap, bumps that nodes take, rounding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walras.chain.fees import FeePolicy, Fees

POLICY = FeePolicy(priority_fee_wei=2, max_fee_wei=100)


def test_first() -> None:
    """Twice the base fee and the priority fee, within the cap; none where the cap does not reach."""
    assert POLICY.first(10) == Fees(22, 2)
    assert POLICY.first(49) == Fees(100, 2)
    assert POLICY.first(98) == Fees(100, 2)
    assert POLICY.first(99) is None


def test_bumped() -> None:
    """Both an eighth more, rounded up, and what the base fee asks for."""
    assert POLICY.bumped(Fees(22, 2), 1) == Fees(25, 3)
    assert POLICY.bumped(Fees(22, 2), 20) == Fees(43, 3)
    assert POLICY.bumped(Fees(88, 8), 10) == Fees(99, 9)
    assert POLICY.bumped(Fees(89, 8), 10) is None
    assert POLICY.bumped(Fees(22, 2), 97) == Fees(100, 3)
    assert POLICY.bumped(Fees(22, 2), 98) is None


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_bump_is_enough_for_nodes(old: int, priority: int, base_fee: int) -> None:
    """They want a tenth more of both, and strictly more."""
    made = FeePolicy(priority_fee_wei=0, max_fee_wei=10**20).bumped(Fees(old + priority, priority), base_fee)
    assert made is not None
    assert made.max_fee * 10 >= (old + priority) * 11
    assert made.priority_fee * 10 >= priority * 11
    assert made.max_fee > old + priority
    assert made.priority_fee > priority
    assert made.max_fee >= base_fee + made.priority_fee


def test_gas() -> None:
    """A margin on the estimate, rounded up."""
    assert POLICY.gas(100_001) == 130_002


@pytest.mark.parametrize(
    "words",
    [
        {"priority_fee_wei": -1},
        {"max_fee_wei": 2},
        {"base_fee_percent": 99},
        {"gas_percent": 99},
        {"patience_blocks": 0},
    ],
)
def test_bounds(words: dict[str, int]) -> None:
    """Settings that could not work are refused."""
    with pytest.raises(ValueError, match=r"at least|has to be"):
        FeePolicy(**{"priority_fee_wei": 2, "max_fee_wei": 100, **words})
