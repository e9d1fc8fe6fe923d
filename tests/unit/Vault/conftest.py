"""Vaults to begin with, and who trades with them."""

import pytest

from tests.support.traders import RICH, TAKER
from tests.support.vault import OTHER, PROVIDER, VaultPair

USDC = 10**6


@pytest.fixture
def pair() -> VaultPair:
    """A vault without capital, in a market at 2,000."""
    return VaultPair()


@pytest.fixture
def full(pair: VaultPair) -> VaultPair:
    """The same with 400 tokens: 300 of PROVIDER's, 100 of OTHER's."""
    pair.enter(300 * USDC, PROVIDER)
    pair.enter(100 * USDC, OTHER)
    return pair


@pytest.fixture
def taker(pair: VaultPair) -> int:
    """A trader's account with 100,000 tokens."""
    return pair.fund(TAKER, RICH)
