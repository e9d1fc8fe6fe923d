"""What unit tests share."""

import pytest

from walras.devtools.evm import Evm


@pytest.fixture
def evm() -> Evm:
    """A chain of the test's own."""
    return Evm()
