"""One uninterrupted deployment, that others are compared with."""

from pathlib import Path

import pytest

from tests.support.deploying import FakeChain, FakeClock, local_params
from walras.deploy.params import Params
from walras.deploy.plan import Plan, make_plan
from walras.deploy.record import Record
from walras.deploy.run import deploy


@pytest.fixture(scope="session")
def params() -> Params:
    """Of a local chain."""
    return local_params()


@pytest.fixture(scope="session")
def plan(params: Params) -> Plan:
    """Of a local chain."""
    return make_plan(params)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """For journal and record."""
    return tmp_path


@pytest.fixture
def chain() -> FakeChain:
    """An empty chain."""
    return FakeChain()


@pytest.fixture
def deployed(params: Params, folder: Path, chain: FakeChain) -> Record:
    """The exchange on the chain."""
    files = folder / "journal.jsonl", folder / "record.json"
    return deploy(params, chain, *files, say=lambda line: None, clock=FakeClock().clock)


@pytest.fixture(scope="session")
def uninterrupted(params: Params, tmp_path_factory: pytest.TempPathFactory) -> Record:
    """What comes of it when nothing happens."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    files = folder / "journal.jsonl", folder / "record.json"
    return deploy(params, FakeChain(), *files, say=lambda line: None, clock=FakeClock().clock)
