"""The deployment on a real chain through Ape: killed, gone on with, proven, compared; and its command."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.deploying import LOCAL, Killed, local_params
from walras.deploy import by_ape, run
from walras.deploy.chain import RpcChain
from walras.deploy.check import check_deployment
from walras.deploy.executor import DeployError
from walras.deploy.record import read_record
from walras.devtools.compiler import PROJECT_ROOT


def test_killed_and_gone_on_with(accounts: Any, chain: Any, tmp_path: Path) -> None:
    """By a chain that dies after a transaction was sent, and by one that dies before."""
    params, files = local_params(), (tmp_path / "journal.jsonl", tmp_path / "record.json")
    provider, deployer = chain.provider, accounts[3]

    def dying(number: int, before: bool) -> RpcChain:
        made = by_ape.chain_of(provider, deployer)
        broadcast, sent = made.broadcast, 0

        def mortal(raw: bytes) -> None:
            nonlocal sent
            sent += 1
            if sent == number and before:
                raise Killed
            broadcast(raw)
            if sent == number:
                raise Killed

        made.broadcast = mortal  # type: ignore[method-assign]
        return made

    first = deployer.nonce
    for number, before in ((4, False), (12, True), (20, False)):
        with pytest.raises(Killed):
            run.deploy(params, dying(number, before), *files, say=lambda line: None)
    said: list[str] = []
    record = run.deploy(params, by_ape.chain_of(provider, deployer), *files, say=said.append)
    assert read_record(files[1]) == record
    sent = {one.transaction for one in record.contracts.values()} | {one.transaction for one in record.wiring}
    assert deployer.nonce - first == len(sent) == len(record.contracts) + len(record.wiring)
    assert re.search(r"all \d+ roles are right", "\n".join(said))

    reading = by_ape.chain_of(provider)
    differences, roles = check_deployment(record, reading)
    assert not differences
    assert all(one.holder != deployer.address for one in roles)

    with pytest.raises(DeployError, match="ethereum:local is deployed"):
        run.deploy(params, by_ape.chain_of(provider, deployer), *files, say=said.append)


def ape_run(*words: str) -> tuple[int, str]:
    """The command, on an anvil of its own."""
    environment = os.environ | {"APE_DATA_FOLDER": str(PROJECT_ROOT / ".cache" / "ape" / "command")}
    command = ["ape", "run", *words, "--network", "ethereum:local:foundry"]
    done = subprocess.run(
        command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def test_a_dry_run_keeps_nothing() -> None:
    before = sorted((PROJECT_ROOT / "deployments").iterdir())
    code, said = ape_run("deploy", "--dry-run", "--account", "TEST::0", "--params", str(LOCAL))
    assert code == 0, said
    assert "a dry run: nothing was written down" in said
    assert sorted((PROJECT_ROOT / "deployments").iterdir()) == before


def test_the_command_refuses_another_chain_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.yaml"
    path.write_text(LOCAL.read_text().replace("chain_id: 31337", "chain_id: 1337"))
    code, said = ape_run("deploy", "--dry-run", "--account", "TEST::0", "--params", str(path))
    assert code == 1
    assert "Error: network.chain_id: the parameters are for chain 1337, this is chain 31337" in said


def test_the_command_names_file_and_key(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(LOCAL.read_text().replace("quorum_bps: 400", "quorum_bps: 99"))
    code, said = ape_run("deploy", "--account", "TEST::0", "--params", str(path))
    assert code == 1
    assert re.search(r"Error: .*wrong\.yaml:\d+: governance\.quorum_bps: .*\(it is 99\)", said)
