"""The exchange as it is deployed, once for each file, and as it was deployed for each test."""

from collections.abc import Iterator

import pytest

from tests.support.exchange_on_anvil import (
    OnAnvil,
    exchange_on_anvil,
)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnAnvil]:
    """Once."""
    with exchange_on_anvil(tmp_path_factory.mktemp("keepers")) as made:
        yield made


@pytest.fixture
def it(deployed: OnAnvil) -> Iterator[OnAnvil]:
    """As it was deployed."""
    snapshot = deployed.ask("evm_snapshot")
    yield deployed
    deployed.ask("evm_revert", snapshot)
