"""Books to begin with."""

import pytest

from tests.support.book import BookPair


@pytest.fixture
def pair() -> BookPair:
    """Batches of 10 seconds; batch 0 is open; any size is allowed."""
    return BookPair()


@pytest.fixture
def continuous() -> BookPair:
    """Continuous mode: an auction after every order."""
    return BookPair(interval=0)
