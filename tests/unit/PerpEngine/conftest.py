"""Engines to begin with, and who trades there."""

import pytest

from tests.support.engine import EnginePair
from tests.support.traders import MAKER, RICH, TAKER


@pytest.fixture
def pair() -> EnginePair:
    """One market at 2,000, batches of 10 seconds."""
    return EnginePair()


@pytest.fixture
def maker(pair: EnginePair) -> int:
    """An account with 100,000 tokens."""
    return pair.fund(MAKER, RICH)


@pytest.fixture
def taker(pair: EnginePair) -> int:
    """Another one."""
    return pair.fund(TAKER, RICH)
