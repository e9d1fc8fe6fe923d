"""Routers to begin with."""

import pytest

from tests.support.oracle import RouterPair


@pytest.fixture
def pair() -> RouterPair:
    """Three scripted sources of equal weight at a price of 100; quorum 2, guard 2 %, 1 % a second."""
    return RouterPair()


@pytest.fixture
def recorded(pair: RouterPair) -> RouterPair:
    """The same with that price recorded."""
    pair.record()
    return pair
