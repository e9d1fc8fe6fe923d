"""What an explorer asks for to show sources: standard JSON inputs, and constructor arguments."""

import json
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import encode
from eth_utils.abi import get_abi_input_types
from vyper.compiler import outputs_from_compiler_data

from walras.deploy.contracts import constructor_of
from walras.deploy.record import DeployedContract, Record
from walras.devtools.compiler import compiler_data, find_contract

LIBRARIES: Final = "libraries"
"""What the folder of installed packages is called in the inputs, wherever it is on this machine."""


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


def constructor_data(one: DeployedContract) -> bytes:
    """Arguments of a contract's constructor as they follow its code."""
    if one.kind == "blueprint":
        return b""
    inputs = constructor_of(one.contract)
    entry: Any = {"type": "constructor", "inputs": inputs}
    values = [_value(given, argument.value) for given, argument in zip(inputs, one.constructor, strict=True)]
    return encode(get_abi_input_types(entry), values)


def write_inputs(record: Record, folder: Path) -> list[Path]:
    """A folder's files: an input for each source, and a table of what to give with it."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for contract in sorted({one.contract for one in record.contracts.values()}):
        path = folder / f"{contract}.json"
        path.write_text(json.dumps(standard_json(contract)) + "\n")
        written.append(path)
    told = {
        name: {
            "address": one.address,
            "input": f"{one.contract}.json",
            "compiler": f"vyper:{record.compiler.version.split('+')[0]}",
            "constructor_arguments": constructor_data(one).hex(),
        }
        for name, one in record.contracts.items()
        if one.kind == "contract"
    }
    path = folder / "contracts.json"
    path.write_text(json.dumps(told, indent=2) + "\n")
    return [*written, path]


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
