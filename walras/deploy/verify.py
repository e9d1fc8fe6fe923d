"""What an explorer asks for to show sources: standard JSON inputs, and constructor arguments."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import encode
from eth_utils.abi import get_abi_input_types
from vyper.compiler import outputs_from_compiler_data

from walras.deploy.contracts import constructor_of
from walras.deploy.record import DeployedContract, Record
from walras.devtools.compiler import PROJECT_ROOT, compiler_data, find_contract

LIBRARIES: Final = "libraries"
"""What the folder of installed packages is called in the inputs, wherever it is on this machine."""
BY_HAND: Final = """\
Each contract of contracts.json, at the network's explorer:

1. Open the contract's `address` there, then "Contract", then "Verify and Publish".
2. Compiler type: Vyper (Standard-Json-Input). Compiler version: that of `compiler`. Licence: AGPL-3.0.
3. Upload the file that `input` names. Contract name, where it is asked for: `contract_name`.
4. Constructor arguments, ABI-encoded: `constructor_arguments` as it stands, without 0x.
"""


def standard_json(contract: str) -> dict[str, Any]:
    """All that the compiler needs to make a contract's bytecode: `vyper-json` takes it, and explorers do."""
    made = outputs_from_compiler_data(compiler_data(find_contract(contract)), ("solc_json",))["solc_json"]
    packages: str = made["settings"]["search_paths"][0]
    told: dict[str, Any] = json.loads(json.dumps(made))
    told["sources"] = {
        f"{LIBRARIES}{name.removeprefix(packages)}" if name.startswith(packages) else name: source
        for name, source in told["sources"].items()
    }
    told["settings"]["search_paths"] = [LIBRARIES, *told["settings"]["search_paths"][1:]]
    return told


def source_of(contract: str) -> str:
    """Where its source lies, from the root: as the inputs name it."""
    return find_contract(contract).relative_to(PROJECT_ROOT).as_posix()


@dataclass(frozen=True, slots=True)
class Verifiable:
    """A contract that an explorer can show, and the arguments it was made with."""

    address: str
    contract: str
    arguments: bytes


def verifiables(record: Record) -> dict[str, Verifiable]:
    """All by name: contracts, and the books; blueprints are no code that runs."""
    found = {
        name: Verifiable(one.address, one.contract, constructor_data(one))
        for name, one in record.contracts.items()
        if one.kind == "contract"
    }
    for name, one in record.markets.items():
        market = record.params["markets"][name]
        engine, views = (record.contracts[one].address for one in ("PerpEngine", "OrderbookViews"))
        arguments = engine, views, market["interval_s"], market["min_lots"]
        entry: Any = {"type": "constructor", "inputs": constructor_of("OrderbookV2")}
        data = encode(get_abi_input_types(entry), arguments)
        found[f"book of {name}"] = Verifiable(one.book, "OrderbookV2", data)
    return found


def constructor_data(one: DeployedContract) -> bytes:
    """Arguments of a contract's constructor as they follow its code."""
    if one.kind == "blueprint":
        return b""
    inputs = constructor_of(one.contract)
    entry: Any = {"type": "constructor", "inputs": inputs}
    values = [_value(given, argument.value) for given, argument in zip(inputs, one.constructor, strict=True)]
    return encode(get_abi_input_types(entry), values)


def write_inputs(record: Record, folder: Path) -> list[Path]:
    """A folder's files: an input for each source, what to give with it, and how that is done by hand."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    found = verifiables(record)
    for contract in sorted({one.contract for one in found.values()}):
        path = folder / f"{contract}.json"
        path.write_text(json.dumps(standard_json(contract)) + "\n")
        written.append(path)
    told = {
        name: {
            "address": one.address,
            "input": f"{one.contract}.json",
            "contract_name": f"{source_of(one.contract)}:{one.contract}",
            "compiler": f"vyper:{record.compiler.version.split('+')[0]}",
            "constructor_arguments": one.arguments.hex(),
        }
        for name, one in found.items()
    }
    path = folder / "contracts.json"
    path.write_text(json.dumps(told, indent=2) + "\n")
    steps = folder / "by-hand.txt"
    steps.write_text(BY_HAND)
    return [*written, path, steps]


def _value(given: dict[str, Any], value: Any) -> Any:
    """A value of the record as the ABI takes it."""
    kind: str = given["type"]
    if kind.endswith("]"):
        return [_value(given | {"type": kind[: kind.rindex("[")]}, one) for one in value]
    if kind == "tuple":
        return tuple(_value(part, one) for part, one in zip(given["components"], value, strict=True))
    if kind.startswith(("uint", "int")):
        return int(value)
    return bytes.fromhex(value[2:]) if kind.startswith("bytes") else value
