"""Commands that deploy, where they are asked for what they must not do."""

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from tests.support.deploying import LOCAL
from walras.deploy import by_ape, local, run
from walras.devtools.compiler import PROJECT_ROOT


class _DeployedError(Exception):
    """It went on to deploy."""


@pytest.fixture
def deploy(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The function behind `ape run deploy`, which deploys nothing."""

    def deployed(*words: Any) -> None:
        raise _DeployedError

    monkeypatch.setattr(run, "deploy", deployed)
    monkeypatch.setattr(by_ape, "chain_of", lambda provider, account: None)
    monkeypatch.setattr(by_ape, "give_ether", lambda provider, at: None)
    return runpy.run_path(str(PROJECT_ROOT / "scripts" / "deploy.py"))["cli"].callback


def network(name: str, is_local: bool, is_fork: bool) -> Any:
    ecosystem = SimpleNamespace(name="base")
    return SimpleNamespace(
        network=SimpleNamespace(name=name, ecosystem=ecosystem, is_local=is_local, is_fork=is_fork)
    )


ACCOUNT = SimpleNamespace(address="0x" + "01" * 20)


def test_on_a_fork_nothing_is_written_as_the_network_s(deploy: Any) -> None:
    fork = network("sepolia-fork", is_local=False, is_fork=True)
    with pytest.raises(click.ClickException, match=r"base:sepolia-fork is a fork.*--dry-run"):
        deploy(fork, ACCOUNT, LOCAL, False)
    with pytest.raises(_DeployedError):
        deploy(fork, ACCOUNT, LOCAL, True)


@pytest.mark.parametrize("is_local", [True, False])
def test_elsewhere_it_goes_on(deploy: Any, is_local: bool) -> None:
    with pytest.raises(_DeployedError):
        deploy(network("sepolia", is_local, is_fork=False), ACCOUNT, LOCAL, False)


def test_a_dry_run_is_not_of_a_network(deploy: Any) -> None:
    with pytest.raises(click.ClickException, match="base:sepolia-fork:foundry"):
        deploy(network("sepolia", is_local=False, is_fork=False), ACCOUNT, LOCAL, True)


@pytest.mark.parametrize("text", ["x", "", "0", "65536", "-1", "8545.0", "\u0662"])
def test_a_port_that_is_none_is_told(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(SystemExit, match=r"PORT: .* is no port"):
        local.main()


def test_a_port_that_is_one_is_taken() -> None:
    assert [local._port(text) for text in ("1", "8545", "65535")] == [1, 8_545, 65_535]


def test_scripts_are_where_security_says() -> None:
    assert "planned" not in (PROJECT_ROOT / "SECURITY.md").read_text()
    assert Path(PROJECT_ROOT, "scripts").is_dir()
