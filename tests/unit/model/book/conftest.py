"""Books that tests begin with."""

import pytest

from tests.support.model_book import INTERVAL, START
from walras.model.book import (
    Book,
)


@pytest.fixture
def book() -> Book:
    """Batch 0 is open from 1000 to 1010, and any size is allowed."""
    return Book(INTERVAL, 1, START)


@pytest.fixture
def continuous() -> Book:
    return Book(0, 1, START)
