"""A governance action before it is proposed: what it calls, what it changes, the files to propose it with.

It is tried by the timelock's address on a fork or local chain, where nobody has to vote, and undone again.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from eth_abi.abi import decode, encode
from eth_utils.abi import abi_to_signature, get_abi_input_types
from eth_utils.crypto import keccak

from walras.deploy.chain import Chain, ChainReverted, Log
from walras.deploy.check import reader_of
from walras.deploy.contracts import abi_of, call_data, function, plain
from walras.deploy.executor import Reader
from walras.deploy.record import Record, code_hash
from walras.deploy.roles import prove_roles, table

MAX_CALLS: Final = 32
MAX_DATA: Final = 1_024
MAX_DESCRIPTION: Final = 16_384
_CALL: Final = re.compile(r"^\s*([\w.]+)\.(\w+)\((.*)\)\s*$", re.DOTALL)


class GovernError(Exception):
    """An action that cannot be proposed; its str says which call, and why."""


@dataclass(frozen=True, slots=True)
class Act:
    """A call of the timelock."""

    text: str
    to: str
    data: bytes


class Simulator(Protocol):
    """A fork or local chain that lets anybody be anybody."""

    def snapshot(self) -> str:
        """Remember how things are."""

    def revert(self, checkpoint: str) -> None:
        """Have them so again."""

    def act(self, sender: str, to: str, data: bytes) -> list[tuple[str, Log]]:
        """Send as somebody; addresses and events. Raises ChainReverted."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action did when it was tried."""

    changes: list[tuple[str, str, str]]
    """What the deployment knows of: question, before, after."""
    events: list[tuple[str, str, str]]
    """Contract, event, arguments."""


def read_call(record: Record, text: str) -> Act:
    """`Vault.set_cooldown(86400)`: arguments as in JSON, `"@Vault"` for the address of a contract."""
    found = _CALL.match(text)
    if not found:
        raise GovernError(f"{text}: `Contract.function(arguments)` is expected")
    name, called, inside = found.groups()
    if name not in record.contracts:
        raise GovernError(f"{text}: {name} is not in the record: {', '.join(record.contracts)}")
    try:
        args = json.loads(f"[{inside}]")
    except json.JSONDecodeError as error:
        raise GovernError(f"{text}: arguments are written as in JSON: {error}") from error
    contract = record.contracts[name].contract
    try:
        entry = function(contract, called, len(args))
    except LookupError as error:
        raise GovernError(f"{text}: {error}") from error
    if entry["stateMutability"] in ("view", "pure"):
        raise GovernError(f"{text}: changes nothing")
    try:
        data = call_data(contract, called, tuple(_filled(record, text, one) for one in args))
    except Exception as error:
        if type(error).__module__.startswith("eth_abi") or isinstance(error, TypeError | ValueError):
            raise GovernError(f"{text}: the arguments do not fit {_signature(entry)}: {error}") from error
        raise
    return Act(text, record.contracts[name].address, data)


def try_out(record: Record, chain: Chain, simulator: Simulator, acts: list[Act]) -> Effect:
    """Act as the timelock, look, and undo it. Raises GovernError where a call reverts."""
    reader = reader_of(record, chain)
    timelock = record.contracts["Timelock"].address
    checkpoint = simulator.snapshot()
    try:
        before = _state(reader, record)
        events = []
        for act in acts:
            try:
                logs = simulator.act(timelock, act.to, act.data)
            except ChainReverted as error:
                raise GovernError(f"{act.text}: reverts: {error}") from error
            events += [_told(record, at, log) for at, log in logs]
        after = _state(reader, record)
    finally:
        simulator.revert(checkpoint)
    keys = [*before, *(key for key in after if key not in before)]
    changes = [
        (key, before.get(key, ""), after.get(key, "")) for key in keys if before.get(key) != after.get(key)
    ]
    return Effect(changes, events)


def effect_table(effect: Effect) -> str:
    """As it is shown."""
    changes: list[tuple[Any, ...]] = list(effect.changes)
    events: list[tuple[Any, ...]] = list(effect.events)
    return "\n\n".join(
        [
            table(changes, ("what", "before", "after"))
            if changes
            else "nothing that the deployment asks for changes",
            table(events, ("contract", "event", "arguments")) if events else "no events",
        ]
    )


def proposal(record: Record, acts: list[Act], description: str) -> dict[str, Any]:
    """What the governor is given, and what it will make of it. Raises GovernError where it would refuse."""
    if not acts or len(acts) > MAX_CALLS:
        raise GovernError(f"a proposal has 1 to {MAX_CALLS} calls, not {len(acts)}")
    for act in acts:
        if len(act.data) > MAX_DATA:
            raise GovernError(f"{act.text}: {len(act.data):,} bytes of data, and {MAX_DATA:,} are the most")
    if not description or len(description.encode()) > MAX_DESCRIPTION:
        raise GovernError(f"a description has 1 to {MAX_DESCRIPTION:,} bytes")
    targets, values = [act.to for act in acts], [0] * len(acts)
    calldatas, hashed = [act.data for act in acts], keccak(text=description)
    words = targets, values, calldatas
    number = keccak(encode(["address[]", "uint256[]", "bytes[]", "bytes32"], [*words, hashed]))
    return {
        "governor": record.contracts["Governor"].address,
        "chain_id": record.chain_id,
        "description": description,
        "calls": [
            {"call": act.text, "target": act.to, "value": "0", "calldata": "0x" + act.data.hex()}
            for act in acts
        ],
        "proposal_id": str(int.from_bytes(number)),
        "description_hash": "0x" + hashed.hex(),
        "propose": "0x" + call_data("Governor", "propose", (*words, description)).hex(),
        "queue": "0x" + call_data("Governor", "queue", (*words, hashed)).hex(),
        "execute": "0x" + call_data("Governor", "execute", (*words, hashed)).hex(),
    }


def safe_batch(made: dict[str, Any]) -> dict[str, Any]:
    """The proposal as a file for the transaction builder of a Safe that proposes."""
    return {
        "version": "1.0",
        "chainId": str(made["chain_id"]),
        "meta": {"name": "Walras proposal", "description": made["description"][:200]},
        "transactions": [
            {
                "to": made["governor"],
                "value": "0",
                "data": made["propose"],
                "contractMethod": None,
                "contractInputsValues": None,
            }
        ],
    }


def write_action(folder: Path, made: dict[str, Any], effect: Effect) -> list[Path]:
    """proposal.json, safe.json and effect.txt."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "proposal.json": json.dumps(made, indent=2),
        "safe.json": json.dumps(safe_batch(made), indent=2),
        "effect.txt": effect_table(effect),
    }
    for name, text in files.items():
        (folder / name).write_text(text + "\n")
    return [folder / name for name in files]


class RpcSimulator:
    """By anvil's own calls."""

    def __init__(self, request: Callable[[str, list[Any]], Any]) -> None:
        self._request = request

    def snapshot(self) -> str:
        """Of the whole chain."""
        return str(self._asked("evm_snapshot", []))

    def revert(self, checkpoint: str) -> None:
        """To a snapshot."""
        self._asked("evm_revert", [checkpoint])

    def act(self, sender: str, to: str, data: bytes) -> list[tuple[str, Log]]:
        """By impersonating, with ether for gas."""
        self._asked("anvil_setBalance", [sender, hex(10**20)])
        self._asked("anvil_impersonateAccount", [sender])
        try:
            call = {"from": sender, "to": to, "data": "0x" + data.hex()}
            self._asked("eth_call", [call, "latest"])
            digest = self._asked("eth_sendTransaction", [call])
            receipt = None
            while receipt is None:
                receipt = self._asked("eth_getTransactionReceipt", [digest])
        finally:
            self._asked("anvil_stopImpersonatingAccount", [sender])
        if int(receipt["status"], 16) != 1:
            raise ChainReverted(f"transaction {digest}")
        return [(log["address"], _log(log)) for log in receipt["logs"]]

    def _asked(self, method: str, params: list[Any]) -> Any:
        answer = self._request(method, params)
        if "error" in answer:
            raise ChainReverted(answer["error"].get("message", str(answer["error"])))
        return answer["result"]


def _signature(entry: Any) -> str:
    return abi_to_signature(entry)


def _log(log: Any) -> Log:
    return Log(tuple(_bytes(topic) for topic in log["topics"]), _bytes(log["data"]))


def _bytes(value: Any) -> bytes:
    return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)


def _filled(record: Record, text: str, value: Any) -> Any:
    """Arguments with the addresses of contracts."""
    if isinstance(value, list):
        return tuple(_filled(record, text, one) for one in value)
    if isinstance(value, str) and value.startswith("@"):
        if value[1:] not in record.contracts:
            raise GovernError(f"{text}: {value[1:]} is not in the record")
        return record.contracts[value[1:]].address
    if isinstance(value, str) and re.fullmatch(r"0x([0-9a-fA-F]{2})*", value) and len(value) != 42:
        return bytes.fromhex(value[2:])
    return value


def _state(reader: Reader, record: Record) -> dict[str, str]:
    """All that the deployment can be asked."""
    found = {}
    for question in reader.plan.questions():
        try:
            found[question.name] = str(plain(reader.answer(question)))
        except ChainReverted as error:
            found[question.name] = f"reverts: {error}"
    for role in prove_roles(reader, record.contracts["Timelock"].block):
        key = f"{role.contract}: {role.role}"
        found[key] = ", ".join(filter(None, [found.get(key, ""), role.holder]))
    for name, one in record.contracts.items():
        found[f"{name}: code"] = code_hash(reader.chain.code(one.address))
    return found


def _told(record: Record, at: str, log: Log) -> tuple[str, str, str]:
    """An event as a row."""
    places = {one.address.lower(): (name, one.contract) for name, one in record.contracts.items()}
    places |= {one.book.lower(): (f"book of {name}", "OrderbookV2") for name, one in record.markets.items()}
    name, contract = places.get(at.lower(), (at, ""))
    for entry in abi_of(contract) if contract else []:
        if entry["type"] != "event" or keccak(text=_signature(entry)) != log.topics[0]:
            continue
        indexed = [one for one in entry["inputs"] if one["indexed"]]
        rest: Any = {**entry, "inputs": [one for one in entry["inputs"] if not one["indexed"]]}
        args = {
            one["name"]: decode([one["type"]], topic)[0]
            for one, topic in zip(indexed, log.topics[1:], strict=True)
        }
        names = [one["name"] for one in rest["inputs"]]
        args |= dict(zip(names, decode(get_abi_input_types(rest), log.data), strict=True))
        return name, entry["name"], ", ".join(f"{key}={plain(value)}" for key, value in args.items())
    return name, "0x" + log.topics[0].hex() if log.topics else "unnamed", "0x" + log.data.hex()
