"""A thin client over pyrevm: contracts of the project on an EVM in this process, called by name.

Every call is a transaction of its own: it commits or reverts whole, and transient storage ends with it. Gas
is not to be taken from here (slots stay warm between calls); benchmarks/ measures it on a chain.
"""

import dataclasses
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import pyrevm
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from walras.devtools.compiler import PROJECT_ROOT, Artifact, compile_contract
from walras.reasons import REASONS

DEPLOYER: Final = "0x" + "de" * 20
START: Final = 1_760_000_000
"""Time of the first block, unix seconds."""
PLENTY: Final = 2**40
"""Gas that is enough for anything."""

SOURCES: Final = Path(os.environ.get("WALRAS_SOURCES", PROJECT_ROOT))

_ERROR_STRING: Final = keccak(text="Error(string)")[:4].hex()
_OUTPUT: Final = re.compile(r"output: 0x([0-9a-f]*)")
_PADDING: Final = 33


class Reverted(Exception):  # noqa: N818 (what the EVM calls it)
    """A call reverted; its str is the reason, or what the EVM said where there is none."""


def address(number: int) -> str:
    """An address for an actor of a test."""
    return "0x" + (0xAC7000 + number).to_bytes(20).hex()


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """A decoded log."""

    name: str
    args: dict[str, Any]


class Evm:
    """One chain with a clock."""

    def __init__(self, time: int = START) -> None:
        self._evm = pyrevm.EVM(gas_limit=2**62, spec_id="CANCUN")
        self._evm.set_balance(DEPLOYER, 10**30)
        self.time = time

    @property
    def time(self) -> int:
        """Timestamp of the block that calls run in."""
        return self._time

    @time.setter
    def time(self, value: int) -> None:
        self._time = value
        self._evm.set_block_env(pyrevm.BlockEnv(timestamp=value, gas_limit=2**62))

    def deploy(self, artifact: Artifact, *args: Any, foreign: bool = False) -> "Contract":
        """Deploy a contract, its constructor's arguments in order. A foreign one has reasons of its own."""
        constructor = next((entry for entry in artifact.abi if entry["type"] == "constructor"), None)
        types = [_type(entry) for entry in constructor["inputs"]] if constructor else []
        try:
            at = self._evm.deploy(DEPLOYER, artifact.creation + encode(types, [_plain(arg) for arg in args]))
        except RuntimeError as error:
            raise _reverted(error, foreign) from None
        return Contract(self, at, artifact.abi, foreign)

    def create(self, code: bytes) -> str:
        """Run init code as it is; the address of what it makes."""
        return str(self._evm.deploy(DEPLOYER, code))

    def code(self, at: str) -> bytes:
        """Runtime code at an address."""
        return code_at(self._evm, at)

    def storage(self, at: str, slot: int) -> int:
        """A storage word."""
        return int(self._evm.storage(at, slot))

    def write(self, at: str, slot: int, word: int) -> None:
        """Put a word into storage: a state that would take long to come to."""
        self._evm.insert_account_storage(at, slot, word)

    def call(
        self,
        sender: str,
        to: str,
        data: bytes,
        static: bool = False,
        value: int = 0,
        foreign: bool = False,
        gas: int = PLENTY,
    ) -> bytes:
        """Run a call with a value in wei and gas, of which the EVM takes the transaction's own costs first.

        Raises Reverted, with any reason where the contract is foreign.
        """
        self._evm.reset_transient_storage()
        try:
            result = self._evm.message_call(sender, to, data, value, gas=gas, is_static=static)
        except RuntimeError as error:
            raise _reverted(error, foreign) from None
        return bytes(result)

    @property
    def logs(self) -> list[tuple[list[bytes], bytes]]:
        """Topics and data of the logs of the last call that changed state."""
        found = []
        result = self._evm.result
        for log in result.logs if result else ():
            data = log.data[1] if isinstance(log.data, tuple) else log.data
            found.append(([bytes.fromhex(topic.removeprefix("0x")) for topic in log.topics], bytes(data)))
        return found

    def fund(self, at: str) -> None:
        """Give an address ether."""
        self._evm.set_balance(at, 10**30)

    def balance(self, at: str) -> int:
        """Ether of an address."""
        return int(self._evm.get_balance(at))

    def snapshot(self) -> Any:
        """A checkpoint for `revert`."""
        return self._evm.snapshot()

    def revert(self, checkpoint: Any) -> None:
        """Undo all since a checkpoint."""
        self._evm.revert(checkpoint)


class Contract:
    """A contract at an address. `contract.name(*args, sender=..., value=wei, gas=...)` calls a function.

    A foreign one is not of this project: what it says when it reverts need not be in walras/reasons.py.
    """

    def __init__(self, evm: Evm, at: str, abi: list[dict[str, Any]], foreign: bool = False) -> None:
        self.evm = evm
        self.address = at
        self.foreign = foreign
        self.sender = DEPLOYER
        self._functions = _functions_of(abi)
        self._events = _events_of(abi)

    def with_abi(self, abi: list[dict[str, Any]]) -> "Contract":
        """Answer to the functions of another ABI too, and know its events."""
        self._functions |= _functions_of(abi)
        return self.with_events(abi)

    def with_events(self, abi: list[dict[str, Any]]) -> "Contract":
        """Know the events of another ABI too, whose code runs here."""
        self._events |= _events_of(abi)
        return self

    def __getattr__(self, name: str) -> Callable[..., Any]:
        functions = self.__dict__.get("_functions", {})
        if name not in functions:
            raise AttributeError(name)
        call = self._caller(name, functions[name])
        self.__dict__[name] = call
        return call

    def encode(self, name: str, *args: Any) -> bytes:
        """Calldata of a call, for a contract to forward."""
        inputs = [_type(argument) for argument in _entry(self._functions[name], len(args))["inputs"]]
        return bytes(_selector(f"{name}({','.join(inputs)})") + encode(inputs, [_plain(arg) for arg in args]))

    def _caller(self, name: str, entries: dict[int, dict[str, Any]]) -> Callable[..., Any]:
        entry = next(iter(entries.values()))
        outputs = [_type(argument) for argument in entry["outputs"]]
        static = entry["stateMutability"] in ("view", "pure")

        def call(*args: Any, sender: str | None = None, value: int = 0, gas: int = PLENTY) -> Any:
            data = self.encode(name, *args)
            caller = sender or self.sender
            answer = self.evm.call(caller, self.address, data, static, value, self.foreign, gas)
            result = decode(outputs, answer)
            return result if len(result) != 1 else result[0]

        return call

    def events(self) -> list[Event]:
        """Decoded logs of this contract's ABI in the last call that changed state."""
        found = []
        for topics, data in self.evm.logs:
            entry = self._events.get(topics[0])
            if entry is None:
                continue
            indexed = [argument for argument in entry["inputs"] if argument["indexed"]]
            plain = [argument for argument in entry["inputs"] if not argument["indexed"]]
            args = {
                argument["name"]: decode([_type(argument)], topic)[0]
                for argument, topic in zip(indexed, topics[1:], strict=True)
            }
            values = decode([_type(argument) for argument in plain], data)
            args |= dict(zip((argument["name"] for argument in plain), values, strict=True))
            found.append(Event(entry["name"], args))
        return found


def _functions_of(abi: list[dict[str, Any]]) -> dict[str, dict[int, dict[str, Any]]]:
    """Functions by name and number of arguments: those with defaults stand there more than once."""
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for entry in abi:
        if entry["type"] == "function":
            found.setdefault(entry["name"], {})[len(entry["inputs"])] = entry
    return found


def _entry(entries: dict[int, dict[str, Any]], given: int) -> dict[str, Any]:
    """The one that takes so many arguments; where none does, any: its encoding says what is wrong."""
    return entries.get(given) or next(iter(entries.values()))


def _events_of(abi: list[dict[str, Any]]) -> dict[bytes, dict[str, Any]]:
    """Events by their first topic."""
    return {
        keccak(text=f"{entry['name']}({','.join(map(_type, entry['inputs']))})"): entry
        for entry in abi
        if entry["type"] == "event"
    }


def code_at(evm: Any, at: str) -> bytes:
    """Runtime code at an address of a pyrevm.EVM, or what is one's like."""
    code = bytes(evm.get_code(at) or b"")
    return _exact(code, bytes(evm.basic(at).code_hash)) if code else b""


@cache
def _exact(code: bytes, code_hash: bytes) -> bytes:
    """A code without the zeros that pyrevm tells behind it where it was deployed, and not put there."""
    return code if keccak(code) == code_hash else code[:-_PADDING]


@cache
def artifact(name: str) -> Artifact:
    """A compiled contract of the project, or of the tree that WALRAS_SOURCES names (planted faults)."""
    return compile_contract(name, SOURCES)


@cache
def _selector(signature: str) -> bytes:
    return bytes(keccak(text=signature)[:4])


def _type(entry: dict[str, Any]) -> str:
    """The canonical ABI type of an argument."""
    kind: str = entry["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(_type, entry['components']))}){kind.removeprefix('tuple')}"


def _plain(value: Any) -> Any:
    """Dataclasses as tuples, all the way down."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return tuple(_plain(getattr(value, field.name)) for field in dataclasses.fields(value))
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _reverted(error: RuntimeError, foreign: bool = False) -> Reverted:
    found = _OUTPUT.search(str(error))
    if found and found[1].startswith(_ERROR_STRING):
        reason = decode(["string"], bytes.fromhex(found[1][8:]))[0]
        if not foreign and reason not in REASONS:
            raise AssertionError(f"reason {reason!r} is not in walras/reasons.py")
        return Reverted(reason)
    return Reverted(str(error))
