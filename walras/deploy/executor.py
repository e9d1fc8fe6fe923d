"""Sends a plan, step by step, and goes on where it stopped.

A transaction is signed, written into the journal, and only then sent. What is signed is sent again as often
as needed: it is the same transaction. So whatever kills the process, no step is lost and none happens twice.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import rlp
from eth_account import Account
from eth_utils.address import to_canonical_address, to_checksum_address
from eth_utils.crypto import keccak

from walras.deploy.chain import (
    Chain,
    ChainError,
    ChainReverted,
    Clock,
    PatientChain,
    Receipt,
    Transaction,
)
from walras.deploy.contracts import answer, call_data, creation_code, is_code_of, plain, slot_of
from walras.deploy.journal import Journal
from walras.deploy.params import Params, params_hash
from walras.deploy.plan import (
    AccountOf,
    AfterNow,
    At,
    BookOf,
    Call,
    Deploy,
    Deployer,
    Next,
    Plan,
    Question,
    SignedPrice,
    Step,
    reports_name,
)
from walras.reports import pack, sign_report

FIT: Final = (1, 2)
"""Statuses of a price on which a market is listed: LIVE, DEGRADED."""
POLL: Final = (0.02, 1.0)
"""Seconds between two looks: the first ones, doubled up to the last ones."""
LEAST_TRIES: Final = 3
"""However long a question takes."""
ROUNDS: Final = 6
"""How often a transaction is waited for, and paid more for."""

T = TypeVar("T")


class DeployError(Exception):
    """The deployment cannot go on; its str says why, and what to do."""


class Reader:
    """Asks a chain about a plan whose contracts have addresses."""

    def __init__(self, plan: Plan, chain: Chain, addresses: dict[str, str]) -> None:
        self.plan = plan
        self.chain = chain
        self.addresses = addresses

    def resolve(self, value: Any) -> Any:
        """A value of the plan as the ABI takes it."""
        match value:
            case At(name):
                return self.addresses[name]
            case Deployer():
                return self.chain.deployer
            case AccountOf(owner, number):
                return int(self.addresses[owner.name], 16) << 8 | number
            case BookOf(market):
                return self.answer(Question(At("PerpEngine"), "PerpEngine", "market", (market,), None, 0))
            case list() | tuple():
                return type(value)(self.resolve(one) for one in value)
        return value

    def answer(self, question: Question) -> Any:
        """What a contract says."""
        at = self.resolve(question.target)
        if question.function.startswith("storage "):
            word = self.chain.storage(
                at, slot_of(question.contract, question.function.removeprefix("storage "))
            )
            return "0x" + word.to_bytes(20).hex() if isinstance(question.answer, At) else word
        args = self.resolve(question.args)
        data = call_data(question.contract, question.function, args)
        said = answer(question.contract, question.function, len(args), self.chain.call(at, data))
        return said if question.part is None else said[question.part]

    def difference(self, question: Question) -> str | None:
        """How an answer is not what it should be; None where it is."""
        expected = plain(self.resolve(question.answer))
        try:
            found = plain(self.answer(question))
        except ChainReverted as error:
            return f"{question.name}: {expected} expected, the call fails: {error}"
        except (OverflowError, ValueError) as error:
            return f"{question.name}: {expected} expected, the answer is unreadable: {error}"
        except Exception as error:
            if type(error).__module__.startswith("eth_abi"):
                return f"{question.name}: {expected} expected, the answer is unreadable"
            raise
        return None if found == expected else f"{question.name}: {expected} expected, {found} found"

    def differences(self) -> list[str]:
        """Of all questions of the plan."""
        return [found for one in self.plan.questions() if (found := self.difference(one))]


class Executor(Reader):
    """One deployment, from its journal to its last step."""

    def __init__(
        self,
        plan: Plan,
        params: Params,
        chain: Chain,
        journal: Journal,
        say: Callable[[str], None] = print,
        clock: Clock | None = None,
    ) -> None:
        self.clock = clock or Clock()
        super().__init__(plan, PatientChain(chain, params.gas.patience_s, self.clock), {})
        self.params = params
        self.journal = journal
        self.say = say
        self._objection = ""
        """What the node said last when it was sent something."""
        self._steps: dict[str, Step] = {step.name: step for step in plan.steps}
        for step in plan.steps:
            if isinstance(step, Call) and step.remedy:
                self._steps[step.remedy.name] = step.remedy

    def run(self) -> None:
        """All that is left to do. Raises DeployError."""
        self._check_chain()
        self._begin()
        self.addresses |= {
            name: one["address"] for name, one in self.journal.done().items() if one.get("address")
        }
        self._settle()
        total = len(self.plan.steps)
        for number, step in enumerate(self.plan.steps, 1):
            if step.name in self.journal.done():
                continue
            self.say(f"{number:>3}/{total}  {step.name}")
            if isinstance(step, Call) and step.needs_price is not None:
                self._bring_price(step)
            self._perform(step)

    # ---------------------------------------------------------------- before the first transaction

    def _check_chain(self) -> None:
        found, wanted = self.patiently(self.chain.chain_id), self.params.network.chain_id
        if found != wanted:
            raise DeployError(
                f"network.chain_id: the parameters are for chain {wanted}, this is chain {found}"
            )
        for key, at in self.plan.external.items():
            if not self.patiently(lambda at=at: self.chain.code(at)):  # type: ignore[misc]
                raise DeployError(f"{key}: there is no contract at {at} on chain {found}")
        for question in self.plan.before:
            difference = self.patiently(lambda question=question: self.difference(question))  # type: ignore[misc]
            if difference:
                raise DeployError(difference)
        reports = self.params.oracle.signed_reports
        for key, somebody in (
            ("governance.holder", [self.params.governance.holder]),
            ("guardian.multisig", [self.params.guardian.multisig]),
            ("oracle.guardian", [self.params.oracle.guardian]),
            *((f"oracle.signed_reports.{name}.publishers", one.publishers) for name, one in reports.items()),
        ):
            if self.chain.deployer.lower() in [one.lower() for one in somebody]:
                raise DeployError(f"{key}: is the deployer, who may keep nothing")

    def _begin(self) -> None:
        told = {
            "chain_id": self.params.network.chain_id,
            "genesis": self.patiently(self.chain.genesis),
            "deployer": to_checksum_address(self.chain.deployer),
            "params": params_hash(self.params),
            "plan": self.plan.digest(),
        }
        begin = self.journal.begin
        if begin is None:
            self.journal.append("begin", **told)
            return
        for key, what in (
            ("chain_id", "another chain"),
            ("genesis", "another chain"),
            ("deployer", "another deployer"),
            ("params", "other parameters"),
            ("plan", "other contracts or steps"),
        ):
            if begin.get(key) != told[key]:
                raise DeployError(
                    f"{self.journal.path}: was begun with {what} ({key}: {begin.get(key)}, now {told[key]}). "
                    "Go on as it was begun, or move the file away to begin anew"
                )
        self.say(f"going on from {self.journal.path}: {len(self.journal.done())} steps are done")

    # ---------------------------------------------------------------- a step

    def _bring_price(self, step: Call) -> None:
        """See that the router has a price for a market that is to be listed."""
        if self._has_price(step):
            return
        if step.remedy is None:
            raise DeployError(
                f"{step.name}: the router at {self.addresses['OracleRouter']} has no fit price for market "
                f"{step.needs_price} yet. Let its sources publish one (OracleRouter.update), and run again"
            )
        self.say(f"         {step.remedy.name}")
        self._perform(step.remedy)
        if not self.until(lambda: self._has_price(step)):
            raise DeployError(f"{step.name}: there is no fit price after {step.remedy.name}")

    def _has_price(self, step: Call) -> bool:
        asked = Question(At("OracleRouter"), "OracleRouter", "price", (step.needs_price,), None, 3)
        try:
            return self.patiently(lambda: self.answer(asked)) in FIT
        except ChainReverted:
            return False

    def _perform(self, step: Step) -> None:
        """Send a step, and see it done."""
        nonce = self._next_nonce()
        self._check_next(step, nonce)
        to, data = self._transaction(step, nonce)
        gas = self._estimate(step, to, data)
        if not gas:
            self._take_as_done(step)
            return
        self._send(step, Transaction(nonce, to, data, gas, *self._fees()))
        self._await()

    def _transaction(self, step: Step, nonce: int) -> tuple[str | None, bytes]:
        args = self._signed(self._with_next(self.resolve(step.args), nonce))
        if isinstance(step, Deploy):
            return None, creation_code(step.contract, args, step.blueprint)
        return self.addresses[step.target.name], call_data(step.contract, step.function, args)

    def _with_next(self, value: Any, nonce: int) -> Any:
        if isinstance(value, list | tuple):
            return type(value)(self._with_next(one, nonce) for one in value)
        return contract_address(self.chain.deployer, nonce + 1) if isinstance(value, Next) else value

    def _signed(self, value: Any) -> Any:
        """What depends on now: prices as payloads of signed reports, times."""
        if isinstance(value, list | tuple):
            return type(value)(self._signed(one) for one in value)
        if isinstance(value, AfterNow):
            return self.patiently(self.chain.time) + value.seconds
        if not isinstance(value, SignedPrice):
            return value
        reports = self.params.oracle.signed_reports[value.by]
        chain, at = self.params.network.chain_id, self.addresses[reports_name(value.by)]
        now = self.patiently(self.chain.time)
        keys = sorted(reports.keys, key=lambda key: int(Account.from_key(key).address, 16))[: reports.quorum]
        return pack(chain, [sign_report(key, chain, at, value.market, value.price, 0, now) for key in keys])

    def _check_next(self, step: Step, nonce: int) -> None:
        """The contract that the step before was made for has to get its address."""
        index = self.plan.steps.index(step) if step in self.plan.steps else 0
        before = self.plan.steps[index - 1] if index else None
        if before is None or Next() not in before.args:
            return
        meant = self.journal.done()[before.name]["nonce"] + 1
        if nonce != meant:
            raise DeployError(
                f"{step.name}: {before.name} was deployed for the address of nonce {meant} of "
                f"{self.chain.deployer}, and that nonce is used. Move "
                f"{self.journal.path} away and begin anew, with an account that nothing else uses"
            )

    def _next_nonce(self) -> int:
        """The deployer's, once the node has caught up with the journal."""
        expected = self.journal.next_nonce() or 0
        if not self.until(lambda: self.patiently(self.chain.nonce) >= expected):
            raise DeployError(
                f"the node does not know yet that nonce {expected - 1} is used: try later, or another node"
            )
        return self.patiently(self.chain.nonce)

    def _estimate(self, step: Step, to: str | None, data: bytes) -> int:
        """Gas, from a node that may not have seen the last block; none where somebody else did the step."""
        reason = ""

        def estimated() -> int:
            nonlocal reason
            try:
                return self.patiently(lambda: self.chain.estimate(to, data))
            except ChainReverted as error:
                reason = str(error)
                return 0

        gas = self.until(estimated)
        if not gas and not self._is_true(step):
            raise DeployError(f"{step.name}: would revert: {reason}")
        return gas * self.params.gas.limit_multiple_bps // 10_000

    def _fees(self, at_least: int = 0) -> tuple[int, int]:
        """Most that is paid for a gas, and the part of it for the sequencer."""
        gas = self.params.gas
        base = self.patiently(self.chain.base_fee)
        if base + gas.priority_fee_wei > gas.max_fee_wei:
            raise DeployError(
                f"gas.max_fee_wei: a gas costs {base + gas.priority_fee_wei:,} wei now, more than "
                f"{gas.max_fee_wei:,}: run again when it is cheaper"
            )
        wanted = max(base * gas.base_fee_multiple_bps // 10_000 + gas.priority_fee_wei, at_least)
        return min(wanted, gas.max_fee_wei), gas.priority_fee_wei

    def _send(self, step: Step, transaction: Transaction) -> None:
        signed = self.chain.sign(transaction)
        self.journal.append(
            "intent",
            step=step.name,
            nonce=transaction.nonce,
            hash=signed.hash,
            max_fee=transaction.max_fee,
            priority_fee=transaction.priority_fee,
            gas=transaction.gas,
            raw="0x" + signed.raw.hex(),
        )
        self._broadcast(signed.raw)

    def _broadcast(self, raw: bytes) -> None:
        try:
            self.chain.broadcast(raw)
        except (ChainError, ChainReverted) as error:
            # It may be there already, or the answer was lost: receipts tell.
            if "insufficient funds" in str(error).lower() and not self.chain.receipt(
                f"0x{keccak(raw).hex()}"
            ):
                raise DeployError(
                    f"{self.chain.deployer} has too little ether for the next transaction: send it some and "
                    f"run this again (the node says: {error})"
                ) from error
            self._objection = str(error)
            self.say(f"         the node says: {error}")

    # ---------------------------------------------------------------- what became of it

    def _settle(self) -> None:
        """What was sent, or was about to be, when the process ended."""
        intents = self.journal.open_intents()
        if not intents:
            return
        self.say(f"         looking for {intents[-1]['step']}")
        if self._find(intents) is None:
            self._broadcast(bytes.fromhex(intents[-1]["raw"][2:]))
        self._await()

    def _find(self, intents: list[dict[str, Any]]) -> tuple[dict[str, Any], Receipt] | None:
        for intent in reversed(intents):
            receipt = self.patiently(lambda intent=intent: self.chain.receipt(intent["hash"]))  # type: ignore[misc]
            if receipt is not None:
                return intent, receipt
        return None

    def _await(self) -> None:
        """Until the open transaction is in a block: sent again, and paid more for, where that takes long."""
        for _ in range(ROUNDS):
            intents = self.journal.open_intents()
            newest = intents[-1]
            found = self.until(lambda intents=intents: self._find(intents))  # type: ignore[misc]
            if found:
                self._finish(*found)
                return
            if self.patiently(self.chain.nonce) > newest["nonce"]:
                continue  # it is in a block, and the node is behind with its receipts
            self._raise_fee(newest)
        newest = self.journal.open_intents()[-1]
        if self.patiently(self.chain.nonce) > newest["nonce"]:
            raise DeployError(
                f"{newest['step']}: nonce {newest['nonce']} of {self.chain.deployer} is used, and the node "
                f"has no receipt of {newest['hash']}. Run again later; if another transaction took the "
                f"nonce, move {self.journal.path} away and begin anew"
            )
        said = f" (the node says: {self._objection})" if self._objection else ""
        raise DeployError(
            f"{newest['step']}: {newest['hash']} is in no block yet{said}: run again to go on waiting"
        )

    def _raise_fee(self, intent: dict[str, Any]) -> None:
        """The same nonce for a quarter more, up to what the parameters allow; then the same again."""
        step = self._steps[intent["step"]]
        max_fee, priority_fee = self._fees(at_least=intent["max_fee"] * 5 // 4)
        if max_fee * 10 < intent["max_fee"] * 11:  # nodes want a tenth more, or do not replace
            self._broadcast(bytes.fromhex(intent["raw"][2:]))
            return
        self.say(f"         {step.name}: once more, for up to {max_fee:,} wei a gas")
        priority_fee = min(max(priority_fee, intent["priority_fee"] * 5 // 4 + 1), max_fee)
        to, data = self._transaction(step, intent["nonce"])
        self._send(step, Transaction(intent["nonce"], to, data, intent["gas"], max_fee, priority_fee))

    def _finish(self, intent: dict[str, Any], receipt: Receipt) -> None:
        """Write down what became of a step; raises DeployError where it is not what was meant."""
        step = self._steps[intent["step"]]
        told = {key: intent[key] for key in ("step", "nonce", "hash")}
        told |= {"block": receipt.block, "gas_used": receipt.gas_used}
        if not receipt.succeeded:
            self.journal.append("reverted", **told)
            if self._is_true(step):
                self._take_as_done(step)
                return
            raise DeployError(f"{step.name}: transaction {intent['hash']} reverted in block {receipt.block}")
        if isinstance(step, Deploy):
            at = to_checksum_address(
                receipt.contract or contract_address(self.chain.deployer, intent["nonce"])
            )
            code = self.until(lambda: self.patiently(lambda: self.chain.code(at))) or b""
            if not is_code_of(step.contract, step.blueprint, code):
                raise DeployError(f"{step.name}: at {at} is other code than that of {step.contract}")
            told["address"] = self.addresses[step.name] = at
        self.journal.append("done", **told)
        for question in step.questions:
            wrong = ""

            def agrees(question: Question = question) -> bool:
                nonlocal wrong
                wrong = self.patiently(lambda: self.difference(question)) or ""
                return not wrong

            if not self.until(agrees):
                raise DeployError(f"{step.name}: {wrong}")

    def _is_true(self, step: Step) -> bool:
        """Whether a call has changed what it is to change: anybody may have made it, as an acceptance."""
        wrong = [self.patiently(lambda one=one: self.difference(one)) for one in step.questions]  # type: ignore[misc]
        return isinstance(step, Call) and bool(wrong) and not any(wrong)

    def _take_as_done(self, step: Step) -> None:
        """Without a transaction of the deployer's."""
        self.say("         somebody else has done it")
        self.journal.append("done", step=step.name)

    # ---------------------------------------------------------------- patience

    def until(self, question: Callable[[], T]) -> T:
        """Ask until the answer is true, or patience ends, three times at the least; the last answer."""
        end = self.clock.now() + self.params.gas.patience_s
        pause, longest = POLL
        tries = 1
        while not (found := question()) and (tries < LEAST_TRIES or self.clock.now() < end):
            self.clock.sleep(pause)
            pause = min(2 * pause, longest)
            tries += 1
        return found

    def patiently(self, question: Callable[[], T]) -> T:
        """What a node answers, each of whose calls was asked for again and again."""
        try:
            return question()
        except ChainError as error:
            raise DeployError(f"the node does not answer: {error}") from error


def contract_address(deployer: str, nonce: int) -> str:
    """Of what a transaction creates."""
    return str(to_checksum_address(keccak(rlp.encode([to_canonical_address(deployer), nonce]))[12:]))
