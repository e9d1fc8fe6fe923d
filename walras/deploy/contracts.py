"""What the deployment knows of contracts: code, ABI with that of the code they run, calls and answers."""

from functools import cache
from typing import Any, Final

from eth_abi.abi import decode, encode
from eth_utils.abi import abi_to_signature, get_abi_input_types, get_abi_output_types
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from walras.devtools.compiler import Artifact, compile_contract
from walras.devtools.wiring import PARTS

ANSWERED_BY: Final = {
    "PerpEngine": (*PARTS, "EngineAuctions"),
    "LiquidationEngine": ("LiquidationEngine", "LiquidationViews"),
    "OrderbookV2": ("OrderbookV2", "OrderbookViews"),
}
"""Contracts whose code runs at the address of another."""
BLUEPRINT_PREAMBLE: Final = 10
"""Bytes of init code that return the rest of it."""


@cache
def artifact(contract: str) -> Artifact:
    """A compiled contract."""
    return compile_contract(contract)


@cache
def abi_of(contract: str) -> list[dict[str, Any]]:
    """All that an address with this contract answers to, and may log."""
    entries: dict[str, dict[str, Any]] = {}
    for part in ANSWERED_BY.get(contract, (contract,)):
        for entry in artifact(part).abi:
            if entry["type"] == "constructor":
                if part == contract:
                    entries["constructor"] = entry
            elif "name" in entry and (entry["type"] == "event" or part != "EngineAuctions"):
                entries.setdefault(f"{entry['type']} {abi_to_signature(entry)}", entry)  # type: ignore[arg-type]
    return list(entries.values())


def constructor_of(contract: str) -> list[dict[str, Any]]:
    """Its constructor's arguments."""
    found = [entry for entry in artifact(contract).abi if entry["type"] == "constructor"]
    return list(found[0]["inputs"]) if found else []


def function(contract: str, name: str, count: int) -> dict[str, Any]:
    """The entry of a function that takes so many arguments."""
    found = [
        entry
        for entry in abi_of(contract)
        if entry["type"] == "function" and entry["name"] == name and len(entry["inputs"]) == count
    ]
    if len(found) != 1:
        raise LookupError(f"{contract} has no function {name} of {count} arguments")
    return found[0]


def creation_code(contract: str, args: tuple[Any, ...], blueprint: bool) -> bytes:
    """Data of the transaction that deploys it."""
    made = artifact(contract)
    if blueprint:
        return made.blueprint
    inputs: Any = {"type": "constructor", "inputs": constructor_of(contract)}
    return made.creation + encode(get_abi_input_types(inputs), args)


def call_data(contract: str, name: str, args: tuple[Any, ...]) -> bytes:
    """Data of a call."""
    entry = function(contract, name, len(args))
    types = get_abi_input_types(entry)  # type: ignore[arg-type]
    return bytes(keccak(text=f"{name}({','.join(types)})")[:4]) + encode(types, args)


def answer(contract: str, name: str, count: int, data: bytes) -> Any:
    """What a call said: one value, or a tuple."""
    types = get_abi_output_types(function(contract, name, count))  # type: ignore[arg-type]
    values = decode(types, data)
    return values[0] if len(values) == 1 else values


def slot_of(contract: str, variable: str) -> int:
    """Where a variable is kept: `clearing.vault`."""
    place: Any = artifact(contract).layout["storage_layout"]
    for part in variable.split("."):
        place = place[part]
    return int(place["slot"])


def is_code_of(contract: str, blueprint: bool, code: bytes) -> bool:
    """Whether code on a chain is what today's sources compile to; immutables follow it."""
    made = artifact(contract)
    if blueprint:
        return code == made.blueprint[BLUEPRINT_PREAMBLE:]
    return code.startswith(made.runtime) and len(code) == len(made.runtime) + _immutables(made.layout)


def _immutables(layout: dict[str, Any]) -> int:
    """Bytes that the constructor appends to the code."""
    return sum(
        int(part["length"]) if "length" in part else _immutables({"code_layout": part})
        for part in layout.get("code_layout", {}).values()
    )


def plain(value: Any) -> Any:
    """A value as it is compared and written down: addresses with their checksum, lists, hexadecimal bytes."""
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, str) and len(value) == 42 and value.startswith("0x"):
        return str(to_checksum_address(value))
    return value
