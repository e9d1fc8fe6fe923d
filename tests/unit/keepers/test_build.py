"""What is refused before anything runs: by `walras keeper check`, and where a process is put together."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml
from click.testing import CliRunner

from walras.chain.abi import AbiError
from walras.chain.reader import ReadError
from walras.cli import main
from walras.keepers import checking, logs
from walras.keepers.build import _lease
from walras.keepers.config import Config, ConfigError
from walras.keepers.snapshots.world import SnapshotError


@pytest.mark.parametrize(
    "error",
    [
        ReadError("backstop: no contract that answers it is at 0x01"),
        SnapshotError("mark: x (y)"),
        AbiError("0 bytes"),
    ],
)
def test_a_chain_without_the_deployment_is_told(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a line, which names the record."""
    closed = []

    def head() -> None:
        raise error

    parts = SimpleNamespace(rpc=SimpleNamespace(head=head), close=lambda: closed.append(1))
    monkeypatch.setattr(checking, "build", lambda config: parts)
    monkeypatch.setattr(logs, "configure", lambda config, process: None)  # it is the whole process's
    path = tmp_path / "keepers.yaml"
    content: dict[str, Any] = {
        "chain": {"rpc": ["http://127.0.0.1:1"], "deployment": "deployments/x.json"},
        "state": str(tmp_path / "state"),
        "accounts": {"main": {"env": "KEY"}},
        "keepers": [{"kind": "auctions", "account": "main"}],
    }
    path.write_text(yaml.safe_dump(content))
    told = CliRunner().invoke(main, ["keeper", "check", "--config", str(path)])
    assert told.exit_code == 1
    assert isinstance(told.exception, SystemExit)
    assert "chain.deployment: deployments/x.json: its contracts do not answer on this chain: " in told.output
    assert str(error) in told.output
    assert closed == [1]


def test_a_lease_that_cannot_be_written_ends_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"lease: .*/file/lease: "):
        _lease(cast(Config, SimpleNamespace(lease=tmp_path / "file" / "lease")))
    assert _lease(cast(Config, SimpleNamespace(lease=None))).is_mine()
