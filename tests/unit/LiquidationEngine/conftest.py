"""Exchanges to begin with."""

import pytest

from tests.support.waterfall import Waterfall


@pytest.fixture
def falls() -> Waterfall:
    """One market at 2,000, a backstop without money, an empty insurance fund."""
    return Waterfall()
