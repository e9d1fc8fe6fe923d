"""Inputs for explorers: they compile to what is on the chain, and the arguments are those that were sent."""

import json
from pathlib import Path

import pytest
from eth_utils.crypto import keccak
from vyper.cli.vyper_json import compile_json

from tests.support.deploying import FakeChain
from walras.deploy.record import Record
from walras.deploy.verify import constructor_data, standard_json, write_inputs
from walras.devtools.compiler import compile_contract


@pytest.mark.parametrize("contract", ["Timelock"])
def test_an_input_compiles_to_the_same(contract: str) -> None:
    made = standard_json(contract)
    assert not any("/work" in name or ".venv" in name for name in made["sources"])
    ((path, found),) = compile_json(made)["contracts"].items()
    assert path == f"contracts/{contract}.vy"
    assert found[contract]["evm"]["bytecode"]["object"] == "0x" + compile_contract(contract).creation.hex()


def test_arguments_are_those_that_were_sent(deployed: Record, chain: FakeChain) -> None:
    sent = {"0x" + keccak(raw).hex(): transaction.data for raw, transaction in chain._signed.items()}
    for name, one in deployed.contracts.items():
        made = compile_contract(one.contract)
        code = made.blueprint if one.kind == "blueprint" else made.creation
        assert sent[one.transaction] == code + constructor_data(one), name


def test_files(deployed: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("walras.deploy.verify.standard_json", lambda contract: {"of": contract})
    written = write_inputs(deployed, tmp_path)
    assert len(written) == len({one.contract for one in deployed.contracts.values()}) + 1
    told = json.loads((tmp_path / "contracts.json").read_text())
    assert set(told) == {name for name, one in deployed.contracts.items() if one.kind == "contract"}
    assert told["Vault"]["address"] == deployed.contracts["Vault"].address
    assert told["Vault"]["compiler"] == "vyper:0.4.3"
    assert json.loads((tmp_path / told["Vault"]["input"]).read_text()) == {"of": "Vault"}
