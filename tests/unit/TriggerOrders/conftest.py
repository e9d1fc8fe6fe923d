"""Triggers to begin with."""

import pytest

from tests.support.traders import MAKER, TAKER
from tests.support.triggers import TriggerPair


@pytest.fixture
def pair() -> TriggerPair:
    """No triggers yet."""
    return TriggerPair()


@pytest.fixture
def maker(pair: TriggerPair) -> int:
    """Takes the other side."""
    return pair.trader(MAKER)


@pytest.fixture
def long(pair: TriggerPair, maker: int) -> int:
    """An account long 1,000 lots at par, which is 2,000 dollars; its triggers may reduce alone."""
    account = pair.trader(TAKER)
    pair.position(account, maker, 1_000)
    return account
