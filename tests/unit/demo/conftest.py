"""An exchange after a crash, once for all tests of what watches it."""

from collections.abc import Iterator

import pytest

from tests.support.demo_exchange import DemoExchange, crash


@pytest.fixture(scope="session")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoExchange]:
    """Watched from its beginning on. Tests leave it as they found it."""
    it = DemoExchange(tmp_path_factory.mktemp("crashed"))
    try:
        it.observe()
        crash(it)
        yield it
    finally:
        it.close()
