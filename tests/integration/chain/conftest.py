"""A chain of its own for each test, with a token."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.anvils import anvil
from tests.support.sending import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Blocks are made when the test says so."""
    with anvil() as node:
        yield Stage.on(node, tmp_path)
