"""The little that a deployment asks of a chain, and a chain behind an RPC that does it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import ContractLogicError, TransactionNotFound, Web3Exception, Web3RPCError

T = TypeVar("T")


class ChainError(Exception):
    """A node did not answer, or not as it should: asking again may help."""


class ChainReverted(Exception):  # noqa: N818 (what the EVM calls it)
    """A call or an estimate reverted; its str is what the node says. A node that lags reverts too."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """What is signed."""

    nonce: int
    to: str | None
    data: bytes
    gas: int
    max_fee: int
    priority_fee: int


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed transaction: the same bytes are the same transaction, however often they are sent."""

    hash: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction."""

    succeeded: bool
    block: int
    gas_used: int
    contract: str | None


@dataclass(frozen=True, slots=True)
class Log:
    """An event as a node has it."""

    topics: tuple[bytes, ...]
    data: bytes


class Chain(Protocol):
    """A chain, and the one account that sends. Any method may raise ChainError."""

    deployer: str

    def chain_id(self) -> int:
        """Of the chain."""

    def genesis(self) -> str:
        """Hash of its first block: it tells one local chain from the next."""

    def nonce(self) -> int:
        """How many transactions of the deployer are in blocks."""

    def time(self) -> int:
        """Unix seconds of the next block."""

    def base_fee(self) -> int:
        """Wei a gas, of the last block."""

    def estimate(self, to: str | None, data: bytes) -> int:
        """Gas; raises ChainReverted."""

    def sign(self, transaction: Transaction) -> Signed:
        """Sign, without sending."""

    def broadcast(self, raw: bytes) -> None:
        """Send what is signed."""

    def receipt(self, transaction: str) -> Receipt | None:
        """None where there is none yet."""

    def code(self, at: str) -> bytes:
        """Runtime code."""

    def storage(self, at: str, slot: int) -> int:
        """A storage word."""

    def call(self, to: str, data: bytes) -> bytes:
        """Ask; raises ChainReverted."""

    def logs(self, at: str, first_block: int) -> list[Log]:
        """All events of a contract."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the machine has it."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class PatientChain:
    """A chain whose node may be busy: each question is asked until it is answered, or patience ends.

    What is sent is sent once: whether it arrived is for receipts to tell.
    """

    PAUSE = 1.0
    """Seconds before a question is asked again."""

    def __init__(self, chain: Chain, patience: float, clock: Clock | None = None) -> None:
        self._chain = chain
        self._patience = patience
        self._clock = clock or Clock()
        self.deployer = chain.deployer

    def chain_id(self) -> int:
        """As the chain's."""
        return self._ask(self._chain.chain_id)

    def genesis(self) -> str:
        """As the chain's."""
        return self._ask(self._chain.genesis)

    def nonce(self) -> int:
        """As the chain's."""
        return self._ask(self._chain.nonce)

    def time(self) -> int:
        """As the chain's."""
        return self._ask(self._chain.time)

    def base_fee(self) -> int:
        """As the chain's."""
        return self._ask(self._chain.base_fee)

    def estimate(self, to: str | None, data: bytes) -> int:
        """As the chain's."""
        return self._ask(lambda: self._chain.estimate(to, data))

    def sign(self, transaction: Transaction) -> Signed:
        """As the chain's, once."""
        return self._chain.sign(transaction)

    def broadcast(self, raw: bytes) -> None:
        """As the chain's, once."""
        self._chain.broadcast(raw)

    def receipt(self, transaction: str) -> Receipt | None:
        """As the chain's."""
        return self._ask(lambda: self._chain.receipt(transaction))

    def code(self, at: str) -> bytes:
        """As the chain's."""
        return self._ask(lambda: self._chain.code(at))

    def storage(self, at: str, slot: int) -> int:
        """As the chain's."""
        return self._ask(lambda: self._chain.storage(at, slot))

    def call(self, to: str, data: bytes) -> bytes:
        """As the chain's."""
        return self._ask(lambda: self._chain.call(to, data))

    def logs(self, at: str, first_block: int) -> list[Log]:
        """As the chain's."""
        return self._ask(lambda: self._chain.logs(at, first_block))

    def _ask(self, question: Callable[[], T]) -> T:
        end = self._clock.now() + self._patience
        while True:
            try:
                return question()
            except ChainError:
                if self._clock.now() >= end:
                    raise
                self._clock.sleep(self.PAUSE)


class RpcChain:
    """A chain behind web3; who signs is given."""

    LOG_BLOCKS = 5_000
    """That public nodes answer at once."""

    def __init__(self, web3: Web3, deployer: str, signer: Callable[[Transaction], Signed] | None) -> None:
        self.web3 = web3
        self.deployer = deployer
        self._signer = signer

    def chain_id(self) -> int:
        """Asked of the node each time: a proxy may change its mind."""
        return int(self._ask(lambda: self.web3.eth.chain_id))

    def genesis(self) -> str:
        """Of block 0."""
        return "0x" + bytes(self._ask(lambda: self.web3.eth.get_block(0))["hash"]).hex()

    def nonce(self) -> int:
        """Of the last block."""
        at = Web3.to_checksum_address(self.deployer)
        return int(self._ask(lambda: self.web3.eth.get_transaction_count(at, "latest")))

    def time(self) -> int:
        """Of the pending block where the node tells of one."""
        return int(self._ask(lambda: self.web3.eth.get_block("pending"))["timestamp"])

    def base_fee(self) -> int:
        """0 where there is none."""
        return int(self._ask(lambda: self.web3.eth.get_block("latest")).get("baseFeePerGas", 0))

    def estimate(self, to: str | None, data: bytes) -> int:
        """By the node."""
        call = {"from": self.deployer, "data": "0x" + data.hex()} | ({"to": to} if to else {})
        return int(self._ask(lambda: self.web3.eth.estimate_gas(call)))  # type: ignore[arg-type]

    def sign(self, transaction: Transaction) -> Signed:
        """By who was given."""
        if self._signer is None:
            raise ChainError("this chain was opened to read")
        return self._signer(transaction)

    def broadcast(self, raw: bytes) -> None:
        """As it is."""
        self._ask(lambda: self.web3.eth.send_raw_transaction(HexBytes(raw)))

    def receipt(self, transaction: str) -> Receipt | None:
        """By hash."""
        try:
            found = self._ask(lambda: self.web3.eth.get_transaction_receipt(HexBytes(transaction)))
        except TransactionNotFound:
            return None
        if found is None or found.get("blockNumber") is None:
            return None
        return Receipt(
            found["status"] == 1, found["blockNumber"], found["gasUsed"], found.get("contractAddress")
        )

    def code(self, at: str) -> bytes:
        """In the last block."""
        return bytes(self._ask(lambda: self.web3.eth.get_code(Web3.to_checksum_address(at))))

    def storage(self, at: str, slot: int) -> int:
        """In the last block."""
        word = self._ask(lambda: self.web3.eth.get_storage_at(Web3.to_checksum_address(at), slot))
        return int.from_bytes(word)

    def call(self, to: str, data: bytes) -> bytes:
        """In the last block."""
        asked = {"to": Web3.to_checksum_address(to), "data": "0x" + data.hex()}
        return bytes(self._ask(lambda: self.web3.eth.call(asked)))  # type: ignore[arg-type]

    def logs(self, at: str, first_block: int) -> list[Log]:
        """In pieces."""
        last = int(self._ask(lambda: self.web3.eth.block_number))
        found = []
        for first in range(first_block, last + 1, self.LOG_BLOCKS):
            end = min(first + self.LOG_BLOCKS - 1, last)
            asked: Any = {"address": Web3.to_checksum_address(at), "fromBlock": first, "toBlock": end}
            found += self._ask(partial(self.web3.eth.get_logs, asked))
        return [Log(tuple(bytes(topic) for topic in log["topics"]), bytes(log["data"])) for log in found]

    def _ask(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except TransactionNotFound:
            raise
        except ContractLogicError as error:
            raise ChainReverted(str(error.message or error)) from error
        except Web3RPCError as error:
            if "revert" in str(error):
                raise ChainReverted(str(error)) from error
            raise ChainError(str(error)) from error
        except (Web3Exception, OSError, ValueError) as error:
            raise ChainError(str(error)) from error
