"""An exchange with its guardian."""

import pytest

from tests.support.guardian import GuardedPair
from tests.support.traders import MAKER, RICH, TAKER


@pytest.fixture
def pair() -> GuardedPair:
    """One market at 2,000, a vault with a cap of a million, a guardian for 180 days."""
    return GuardedPair()


@pytest.fixture
def maker(pair: GuardedPair) -> int:
    """An account with 100,000 tokens."""
    return pair.fund(MAKER, RICH)


@pytest.fixture
def taker(pair: GuardedPair) -> int:
    """Another one."""
    return pair.fund(TAKER, RICH)
