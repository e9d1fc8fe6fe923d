"""Funds to begin with."""

import pytest

from tests.support.insurance import ONE, OTHER, SAVER, FundPair


@pytest.fixture
def pair() -> FundPair:
    """An empty fund with an engine and a market that may draw all."""
    return FundPair()


@pytest.fixture
def full(pair: FundPair) -> FundPair:
    """The same with 100 dollars of reserve and a pot of 400: 300 of SAVER's, 100 of OTHER's."""
    pair.contribute(100 * ONE)
    pair.stake(300 * ONE, SAVER)
    pair.stake(100 * ONE, OTHER)
    return pair
