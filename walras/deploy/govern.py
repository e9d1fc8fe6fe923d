"""A governance action before it is proposed: what it calls, what it changes, the files to propose it with.

It is tried on a fork or local chain, as the very operation of the timelock that a vote would make of it: its
calls in their order, in one transaction. Only the vote and the delay are left out. Then it is undone.
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
from walras.deploy.contracts import abi_of, call_data, function, plain, slot_of
from walras.deploy.executor import Reader
from walras.deploy.record import Record, code_hash
from walras.deploy.roles import prove_roles, table

MAX_CALLS: Final = 32
MAX_DATA: Final = 1_024
MAX_DESCRIPTION: Final = 16_384
MAX_GAS: Final = 2**24 - 2**20
"""Of an execution: what a transaction may use (EIP-7825), less a million for who sends it on."""
READY: Final = 2
"""A time in the past, at which an operation is due; the timelock takes 1 for done."""
_CALL: Final = re.compile(r"^\s*([\w.]+)\.(\w+)\((.*)\)\s*$", re.DOTALL)


class GovernError(Exception):
    """An action that cannot be proposed; its str says which call, and why."""


@dataclass(frozen=True, slots=True)
class Act:
    """A call of the timelock."""

    text: str
    to: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """What a transaction did."""

    gas_used: int
    logs: list[tuple[str, Log]]
    """By the contract that logged."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Calls of the timelock as one, under the name that the governor gives them."""

    acts: list[Act]
    salt: bytes

    @property
    def _words(self) -> tuple[Any, ...]:
        return (
            [act.to for act in self.acts],
            [0] * len(self.acts),
            [act.data for act in self.acts],
            bytes(32),
            self.salt,
        )

    @property
    def id(self) -> bytes:
        """As the timelock has it."""
        return keccak(encode(["address[]", "uint256[]", "bytes[]", "bytes32", "bytes32"], self._words))

    @property
    def execution(self) -> bytes:
        """Data of the timelock's call."""
        return call_data("Timelock", "execute_batch", self._words)


class Simulator(Protocol):
    """A fork or local chain that lets anybody be anybody."""

    def snapshot(self) -> str:
        """Remember how things are."""

    def revert(self, checkpoint: str) -> None:
        """Have them so again."""

    def write(self, at: str, slot: int, value: int) -> None:
        """Put a word into a contract's storage."""

    def ask(self, sender: str, to: str, data: bytes, gas: int | None) -> None:
        """Call as somebody, without effect; None: with all the gas of a block. Raises ChainReverted."""

    def send(self, sender: str, to: str, data: bytes, gas: int) -> Sent:
        """Send as somebody, with his gas limit. Raises ChainReverted."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action did when it was tried."""

    changes: list[tuple[str, str, str]]
    """What the deployment knows of: question, before, after."""
    events: list[tuple[str, str, str]]
    """Contract, event, arguments."""
    gas_used: int
    """By the timelock's transaction."""


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


def operation(record: Record, acts: list[Act], description: str) -> Operation:
    """What the governor queues for these calls."""
    governor = bytes.fromhex(record.contracts["Governor"].address[2:]) + bytes(12)
    hashed = keccak(text=description)
    return Operation(acts, bytes(one ^ other for one, other in zip(governor, hashed, strict=True)))


def try_out(
    record: Record,
    chain: Chain,
    simulator: Simulator,
    acts: list[Act],
    description: str,
    max_gas: int = MAX_GAS,
) -> Effect:
    """Execute the timelock's operation, look, and undo it. Raises GovernError, with the call that reverts."""
    reader = reader_of(record, chain)
    checkpoint = simulator.snapshot()
    try:
        before = _state(reader, record)
        sent = _execute(record, simulator, operation(record, acts, description), max_gas)
        events = [_told(record, at, log) for at, log in sent.logs]
        after = _state(reader, record)
    finally:
        simulator.revert(checkpoint)
    keys = [*before, *(key for key in after if key not in before)]
    changes = [
        (key, before.get(key, ""), after.get(key, "")) for key in keys if before.get(key) != after.get(key)
    ]
    mine = ("Timelock", "CallExecuted")  # one for each call: nothing that the call did
    return Effect(changes, [event for event in events if event[:2] != mine], sent.gas_used)


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
            f"executed by the timelock at once, for {effect.gas_used:,} gas; {MAX_GAS:,} are the most",
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
        "operation_id": "0x" + operation(record, acts, description).id.hex(),
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

    def write(self, at: str, slot: int, value: int) -> None:
        """As it is."""
        self._asked("anvil_setStorageAt", [at, hex(slot), "0x" + value.to_bytes(32).hex()])

    def ask(self, sender: str, to: str, data: bytes, gas: int | None) -> None:
        """In the last block."""
        call = {"from": sender, "to": to, "data": "0x" + data.hex()} | ({"gas": hex(gas)} if gas else {})
        self._asked("eth_call", [call, "latest"])

    def send(self, sender: str, to: str, data: bytes, gas: int) -> Sent:
        """By impersonating, with ether for gas."""
        self._asked("anvil_setBalance", [sender, hex(10**20)])
        self._asked("anvil_impersonateAccount", [sender])
        try:
            call = {"from": sender, "to": to, "data": "0x" + data.hex(), "gas": hex(gas)}
            digest = self._asked("eth_sendTransaction", [call])
            receipt = None
            while receipt is None:
                receipt = self._asked("eth_getTransactionReceipt", [digest])
        finally:
            self._asked("anvil_stopImpersonatingAccount", [sender])
        if int(receipt["status"], 16) != 1:
            raise ChainReverted(f"transaction {digest}")
        return Sent(int(receipt["gasUsed"], 16), [(log["address"], _log(log)) for log in receipt["logs"]])

    def _asked(self, method: str, params: list[Any]) -> Any:
        answer = self._request(method, params)
        if "error" in answer:
            raise ChainReverted(answer["error"].get("message", str(answer["error"])))
        return answer["result"]


def _execute(record: Record, simulator: Simulator, whole: Operation, max_gas: int) -> Sent:
    """The operation, as if its delay were over. Asked first: with one call, with two, until one reverts."""
    timelock, governor = (record.contracts[name].address for name in ("Timelock", "Governor"))
    times = slot_of("Timelock", "timelock_controller.get_timestamp").to_bytes(32)
    for count in range(1, len(whole.acts) + 1):
        part = Operation(whole.acts[:count], whole.salt)
        simulator.write(timelock, int.from_bytes(keccak(times + part.id)), READY)
        try:
            simulator.ask(governor, timelock, part.execution, max_gas)
        except ChainReverted as error:
            raise GovernError(_refusal(part, simulator, governor, timelock, max_gas, error)) from error
    try:
        return simulator.send(governor, timelock, whole.execution, max_gas)
    except ChainReverted as error:
        raise GovernError(f"the calls together: {error}") from error


def _refusal(
    part: Operation, simulator: Simulator, governor: str, timelock: str, max_gas: int, error: ChainReverted
) -> str:
    """Why the last call of a part reverts: by itself, or as there is no gas left for it."""
    last = part.acts[-1]
    try:
        simulator.ask(governor, timelock, part.execution, None)
    except ChainReverted:
        return f"{last.text}: reverts: {error}"
    before = f" with the {len(part.acts) - 1} before it" if len(part.acts) > 1 else ""
    return f"{last.text}: takes more than {max_gas:,} gas{before}: propose less at once"


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
