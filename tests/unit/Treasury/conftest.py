"""A treasury to begin with."""

import pytest

from tests.support.governance import Chest


@pytest.fixture
def chest() -> Chest:
    """With 1,000 tokens and no stream."""
    return Chest()
