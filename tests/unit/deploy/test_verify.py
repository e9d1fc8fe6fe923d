"""Inputs for explorers: they compile to what is on the chain, and the arguments are those that were sent."""

import json
from pathlib import Path

import pytest
from eth_utils.crypto import keccak
from vyper.cli.vyper_json import compile_json

from tests.support.deploying import FakeChain
from walras.deploy.record import Record
from walras.deploy.verify import constructor_data, standard_json, verifiables, write_inputs
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


def test_books_are_what_their_arguments_make(deployed: Record, chain: FakeChain) -> None:
    """The engine made them; made again with the arguments that are told, their code is the same."""
    books = [one for name, one in verifiables(deployed).items() if name.startswith("book of ")]
    assert [one.address for one in books] == [one.book for one in deployed.markets.values()]
    for one in books:
        creation = compile_contract("OrderbookV2").creation + one.arguments
        assert chain.code(chain.evm.create(creation)) == chain.code(one.address)


def test_files(deployed: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("walras.deploy.verify.standard_json", lambda contract: {"of": contract})
    written = write_inputs(deployed, tmp_path)
    names = {one.contract for one in deployed.contracts.values() if one.kind == "contract"} | {"OrderbookV2"}
    assert {path.name for path in written} == {f"{one}.json" for one in names} | {
        "contracts.json",
        "by-hand.txt",
    }
    told = json.loads((tmp_path / "contracts.json").read_text())
    contracts = {name for name, one in deployed.contracts.items() if one.kind == "contract"}
    assert set(told) == contracts | {f"book of {name}" for name in deployed.markets}
    assert told["SignedReports.own"]["contract_name"] == "contracts/oracles/SignedReports.vy:SignedReports"
    assert told["Vault"]["address"] == deployed.contracts["Vault"].address
    assert told["Vault"]["compiler"] == "vyper:0.4.3"
    assert json.loads((tmp_path / told["Vault"]["input"]).read_text()) == {"of": "Vault"}
