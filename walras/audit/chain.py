"""The fast client: calldata in, bytes out, storage words by slot; nothing is decoded that nobody looks at.

A call is a transaction of its own. It costs 10 to 200 microseconds, a storage word half of one.
"""

from functools import cache
from typing import Any, Final

import pyrevm
from eth_abi.abi import decode
from eth_utils.crypto import keccak

from walras.deploy.executor import contract_address
from walras.devtools.evm import DEPLOYER, START, Reverted, address
from walras.reasons import REASONS

GAS: Final = 2**40
Log = tuple[str, list[int], bytes]
"""Address of the contract, topics, data."""

_ERROR: Final = "output: 0x08c379a0"
_ABIS: dict[str, tuple[bytes, list[str], list[str]]] = {}


class Chain:
    """One chain with a clock. `send` and `ask` answer None where the call reverts; `reason` tells why."""

    def __init__(self) -> None:
        self.evm: Any = pyrevm.EVM(gas_limit=2**62, spec_id="CANCUN")
        self.evm.set_balance(DEPLOYER, 10**30)
        self.reason = ""
        self.calls = 0
        self._time = START
        self.time = START

    @property
    def time(self) -> int:
        """Of the block that calls run in, unix seconds."""
        return self._time

    @time.setter
    def time(self, value: int) -> None:
        self._time = value
        self.evm.set_block_env(pyrevm.BlockEnv(timestamp=value, gas_limit=2**62))

    def next_address(self, ahead: int) -> str:
        """Of a contract that is deployed after so many others."""
        return contract_address(DEPLOYER, int(self.evm.basic(DEPLOYER).nonce) + ahead).lower()

    def create(self, code: bytes) -> str:
        """Run init code; the address of what it makes."""
        return str(self.evm.deploy(DEPLOYER, code)).lower()

    def send(self, sender: str, to: str, data: bytes, gas: int = GAS) -> bytes | None:
        """A transaction. Raises AssertionError for a reason that walras/reasons.py does not know."""
        self.evm.reset_transient_storage()
        return self.send_again(sender, to, data, gas)

    def send_again(self, sender: str, to: str, data: bytes, gas: int = GAS) -> bytes | None:
        """One more call of the last transaction: transient storage is as that left it."""
        self.calls += 1
        evm = self.evm
        try:
            answer: bytes = evm.message_call(sender, to, data, 0, gas=gas, is_static=False)
        except RuntimeError as error:
            self.reason = reason_of(str(error))
            return None
        self.reason = ""
        return answer

    def ask(self, to: str, data: bytes, sender: str = DEPLOYER) -> bytes | None:
        """A view."""
        self.calls += 1
        self.evm.reset_transient_storage()
        try:
            answer: bytes = self.evm.message_call(sender, to, data, 0, gas=GAS, is_static=True)
        except RuntimeError as error:
            self.reason = reason_of(str(error))
            return None
        self.reason = ""
        return answer

    def must(self, sender: str, to: str, data: bytes) -> bytes:
        """A transaction that has to succeed. Raises Reverted."""
        answer = self.send(sender, to, data)
        if answer is None:
            raise Reverted(self.reason)
        return answer

    def word(self, at: str, slot: int) -> int:
        """A storage word."""
        return int(self.evm.storage(at, slot))

    def write(self, at: str, slot: int, word: int) -> None:
        """Put a word into storage."""
        self.evm.insert_account_storage(at, slot, word)

    def logs(self) -> list[Log]:
        """Of the last transaction that went through."""
        result = self.evm.result
        found: list[Log] = []
        for log in result.logs if result else ():
            data = log.data[1] if isinstance(log.data, tuple) else log.data
            found.append((log.address.lower(), [int(topic, 16) for topic in log.topics], bytes(data)))
        return found

    def gas_used(self) -> int:
        """Of the last transaction; less than on a chain, as what was touched before stays warm."""
        result = self.evm.result
        return int(result.gas_used) if result else 0


def reason_of(text: str) -> str:
    """What a revert says; what the EVM says where it says nothing."""
    at = text.find(_ERROR)
    if at < 0:
        return "panic: " + text[:60].split(",", maxsplit=1)[0].replace("\n", " ")
    body = bytes.fromhex(text[at + 18 :].split(",", 1)[0].split(" ", 1)[0].strip("} \n)"))
    size = int.from_bytes(body[32:64])
    reason = body[64 : 64 + size].decode(errors="replace")
    if reason not in REASONS and not reason.startswith(_FOREIGN):
        raise AssertionError(f"reason {reason!r} is not in walras/reasons.py")
    return reason


_FOREIGN: Final = ("timelock_controller:", "access_control:", "ownable", "source:", "erc20", "batch")


# ------------------------------------------------------------------ calldata


def words(*values: int) -> bytes:
    """Static ABI words; negative numbers in two's complement."""
    return b"".join([(value & _MASK).to_bytes(32) for value in values])


_MASK: Final = 2**256 - 1


@cache
def selector(signature: str) -> bytes:
    """The first four bytes of a call."""
    return bytes(keccak(text=signature)[:4])


@cache
def topic(signature: str) -> int:
    """The first topic of an event."""
    return int.from_bytes(keccak(text=signature))


def call(signature: str, *values: int) -> bytes:
    """Calldata of a function whose arguments are all static words (booleans and addresses as numbers)."""
    return selector(signature) + words(*values)


@cache
def slot_of(slot: int, *keys: int) -> int:
    """Where a map keeps a key's first word."""
    for key in keys:
        slot = int.from_bytes(keccak(slot.to_bytes(32) + key.to_bytes(32)))
    return slot


def signed(word: int, bits: int = 256) -> int:
    """The lowest bits of a word, as a signed number."""
    word &= (1 << bits) - 1
    return word - (1 << bits) if word >> (bits - 1) else word


def ints(data: bytes) -> list[int]:
    """An answer's words."""
    return [int.from_bytes(data[at : at + 32]) for at in range(0, len(data), 32)]


def person(number: int) -> str:
    """The address of a numbered actor."""
    return address(number)


def hexed(number: int) -> str:
    """An address from a word."""
    return "0x" + number.to_bytes(20).hex()


def decoded(types: list[str], data: bytes) -> Any:
    """An answer of any types; slow."""
    return decode(types, data)
