"""Distributors to begin with."""

import pytest

from tests.support.fees import FeePair


@pytest.fixture
def pair() -> FeePair:
    """A distributor that has earned nothing yet."""
    return FeePair()


@pytest.fixture
def full(pair: FeePair) -> FeePair:
    """The same after 1,000 dollars of fees and 100 of penalties were distributed.

    Vault 400 + 20, insurance 200 + 60, treasury 150 + 5, runners 50 + 10, stakers 150 + 5, buy-back 50.
    """
    pair.earn(fees=1_010 * pair.usd, penalties=100 * pair.usd)
    assert not isinstance(pair.distribute(), str)
    return pair
