"""Governance to begin with."""

import pytest

from tests.support.governance import World


@pytest.fixture
def world() -> World:
    """All of it deployed, tokens held and delegated."""
    return World()
