"""A chain in this process for the deployment: it can lag, lose what it is sent, and kill who talks to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyrevm
from eth_account import Account
from eth_utils.crypto import keccak

from walras.deploy.chain import ChainError, ChainReverted, Clock, Log, Receipt, Signed, Transaction
from walras.deploy.executor import Executor, contract_address
from walras.deploy.journal import Journal
from walras.deploy.params import Params, load_params
from walras.deploy.plan import Plan
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.evm import Evm, Reverted

CHAIN: Final = 31_337
KEY: Final = "0x" + "d1" * 32
LOCAL: Final = PROJECT_ROOT / "params" / "local.yaml"


class Killed(BaseException):
    """The process ends here."""


class FakeClock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        """Seconds."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Lets them pass."""
        self.time += seconds

    @property
    def clock(self) -> Clock:
        """As the executor takes it."""
        return Clock(self.now, self.sleep)


def _new_evm() -> Evm:
    """With the chain id of a local chain, of which reports are signed."""
    made = Evm()
    cfg = pyrevm.CfgEnv(chain_id=CHAIN)
    made._evm = pyrevm.EVM(gas_limit=2**62, spec_id="CANCUN", env=pyrevm.Env(cfg=cfg))
    made.time = made.time  # the EVM's own is new
    return made


@dataclass
class FakeChain:
    """An EVM with signed transactions, nonces, receipts and blocks: one transaction a block.

    `kill_at` is the moment at which the process ends, of all at which it can. `lag` is how many questions a
    receipt is late. `lose` tells of the n-th broadcast that it never arrives.
    """

    evm: Evm = field(default_factory=_new_evm)
    lag: int = 0
    lose: Callable[[int], bool] = lambda number: False
    kill_at: int | None = None
    id: int = CHAIN
    fee: int = 10**9
    least_fee: int = 0
    behind: int = 0
    flaky: int = 0

    def __post_init__(self) -> None:
        self.account = Account.from_key(KEY)
        self.deployer: str = self.account.address
        self.evm.fund(self.deployer)
        self.receipts: dict[str, Receipt] = {}
        self.asked: dict[str, int] = {}
        self.events: dict[str, list[Log]] = {}
        self.sent: list[str] = []
        self.moments = 0
        self.questions = 0
        self.block = 1

    def moment(self) -> None:
        """One at which the process may be killed."""
        self.moments += 1
        if self.kill_at is not None and self.moments >= self.kill_at:
            raise Killed

    def chain_id(self) -> int:
        return self.id

    def genesis(self) -> str:
        return "0x" + "00" * 32

    def nonce(self) -> int:
        self.fail_at_times()
        return self.true_nonce() - self.is_behind(f"nonce {self.true_nonce()}")

    def true_nonce(self) -> int:
        """As it is."""
        return int(self.evm._evm.basic(self.deployer).nonce)

    def is_behind(self, question: str) -> bool:
        """Whether the node has not heard of it yet."""
        if self.true_nonce() == 0:
            return False
        self.asked[question] = self.asked.get(question, 0) + 1
        return self.asked[question] <= self.behind

    def fail_at_times(self) -> None:
        """As nodes do."""
        self.questions += 1
        if self.flaky and self.questions % self.flaky == 0:
            raise ChainError("the node is busy")

    def time(self) -> int:
        return self.evm.time

    def base_fee(self) -> int:
        return self.fee

    def estimate(self, to: str | None, data: bytes) -> int:
        self.fail_at_times()
        if self.is_behind(f"estimate {self.true_nonce()}"):
            raise ChainReverted("a contract that is not there yet")
        checkpoint = self.evm.snapshot()
        try:
            self._run(to, data)
        except Reverted as error:
            raise ChainReverted(str(error)) from None
        finally:
            self.evm.revert(checkpoint)
        return 10**6

    def sign(self, transaction: Transaction) -> Signed:
        self.moment()
        words: dict[str, Any] = {
            "chainId": self.id, "nonce": transaction.nonce, "data": transaction.data, "gas": transaction.gas,
            "maxFeePerGas": transaction.max_fee, "maxPriorityFeePerGas": transaction.priority_fee, "value": 0,
            "type": 2,
        }  # fmt: skip
        if transaction.to:
            words["to"] = transaction.to
        signed = self.account.sign_transaction(words)
        self._signed = getattr(self, "_signed", {})
        made = Signed("0x" + bytes(signed.hash).hex(), bytes(signed.raw_transaction))
        self._signed[made.raw] = transaction
        return made

    def broadcast(self, raw: bytes) -> None:
        self.moment()
        digest = "0x" + keccak(raw).hex()
        transaction = self._signed[raw]
        self.sent.append(digest)
        if digest in self.receipts:
            raise ChainError("already known")
        if transaction.nonce < self.true_nonce():
            raise ChainError("nonce too low")
        assert transaction.nonce == self.true_nonce(), "a nonce was left out"
        if self.lose(len(self.sent)) or transaction.max_fee < self.least_fee:
            return
        self.include(digest, transaction)
        self.moment()

    def include(self, digest: str, transaction: Transaction) -> None:
        """Into a block."""
        succeeded, contract = True, None
        try:
            contract = self._run(transaction.to, transaction.data)
        except Reverted:
            succeeded = False
        self._set_nonce(transaction.nonce + 1)
        self.block += 1
        self.evm.time += 2
        self.receipts[digest] = Receipt(succeeded, self.block, 21_000, contract)

    def receipt(self, transaction: str) -> Receipt | None:
        self.moment()
        self.fail_at_times()
        if transaction not in self.receipts:
            return None
        self.asked[transaction] = self.asked.get(transaction, 0) + 1
        return self.receipts[transaction] if self.asked[transaction] > self.lag else None

    def code(self, at: str) -> bytes:
        self.fail_at_times()
        if self.is_behind(f"code {at}"):
            return b""
        return self.evm.code(at)

    def storage(self, at: str, slot: int) -> int:
        return self.evm.storage(at, slot)

    def call(self, to: str, data: bytes) -> bytes:
        self.fail_at_times()
        if self.is_behind(f"call {self.true_nonce()} {to} {data.hex()}"):
            return bytes(64)  # a node that knows no contract there, or an older one
        try:
            return self.evm.call(self.deployer, to, data, static=True)
        except Reverted as error:
            raise ChainReverted(str(error)) from None

    def logs(self, at: str, first_block: int) -> list[Log]:
        return self.events.get(at.lower(), [])

    def _run(self, to: str | None, data: bytes) -> str | None:
        made = None
        if to is None:
            nonce = self.true_nonce()
            try:
                made = str(self.evm._evm.deploy(self.deployer, data))
            except RuntimeError as error:
                raise Reverted(str(error)) from None
            assert made.lower() == contract_address(self.deployer, nonce).lower()
        else:
            self.evm.call(self.deployer, to, data)
        result = self.evm._evm.result
        for log in result.logs if result else ():
            body = log.data[1] if isinstance(log.data, tuple) else log.data
            topics = tuple(bytes.fromhex(topic.removeprefix("0x")) for topic in log.topics)
            self.events.setdefault(log.address.lower(), []).append(Log(topics, bytes(body)))
        return made

    def _set_nonce(self, nonce: int) -> None:
        known = self.evm._evm.basic(self.deployer)
        info = pyrevm.AccountInfo(nonce=nonce, balance=known.balance)
        self.evm._evm.insert_account_info(self.deployer, info)


def local_params() -> Params:
    """Of a local chain."""
    return load_params(LOCAL)


def deploy(chain: FakeChain, plan: Plan, params: Params, path: Path) -> dict[str, dict[str, Any]]:
    """All of it, in one go or from where it stopped; what is done, by step."""
    with Journal(path) as journal:
        append = journal.append

        def killable(kind: str, **content: Any) -> None:
            chain.moment()
            append(kind, **content)
            chain.moment()

        journal.append = killable  # type: ignore[method-assign]
        Executor(plan, params, chain, journal, lambda line: None, FakeClock().clock).run()
        return journal.done()
