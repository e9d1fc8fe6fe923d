"""Sources to begin with."""

import pytest

from tests.support.reports import ReportsPair


@pytest.fixture
def pair() -> ReportsPair:
    """Five publishers, quorum 3; reports count for a minute. Nothing reported yet."""
    return ReportsPair()
