"""From tasks to transactions: what is under way, what rests, what pays, and what became of it."""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import structlog
from eth_account.signers.local import LocalAccount

from walras.chain.call import Call
from walras.chain.fees import FeePolicy
from walras.chain.intents import End, Entry, Intent, State, Store
from walras.chain.outcome import (
    FEE_CAP,
    NO_ETHER,
    NOT_SIMULATED,
    Concluded,
    Known,
    Outcome,
    Refused,
    Sent,
    Waiting,
)
from walras.chain.reasons import Reverted
from walras.chain.rpc import Head, Rpc
from walras.chain.sender import Sender
from walras.keepers.alerts import Alerts
from walras.keepers.config import AccountConfig
from walras.keepers.metrics import Metrics
from walras.keepers.running import Running, is_due
from walras.keepers.snapshots.world import World
from walras.keepers.task import Task

QUIET_BLOCKS: Final = 8
"""Where nothing is under way the nonces are looked at once in so many blocks."""
KEPT_FAILURES: Final = 1_000
_WARNINGS: Final = structlog.make_filtering_bound_logger(logging.WARNING)
EXPIRES_S: Final = 120
"""Chain seconds after which a task that is not in a block is not wanted any more."""
PAGES: Final = 8
"""Of `max_tasks` tasks at one head: the next one comes where some of a page were refused."""
STUCK: Final = 4
"""Times patience_blocks after which a transaction that is in no block is alerted."""
AWAITING: Final = "engine: awaiting price"
"""Whoever meets a market's due auction is refused with it."""
NOT_YET: Final = frozenset(
    (
        AWAITING,
        "engine: batch not due",
        "liquidation: order is pending",
        "liquidation: nominations open",
        "liquidation: nominations closed",
        "triggers: mark too old",
    )
)
"""Refusals of an urgent task that say no more than: ask at the next head."""


@dataclass(slots=True)
class Gas:
    """What rewards are worth in the coin that pays for gas."""

    token_wei: int
    """Of a token unit, wei; below 0: by the mark of market -1 - token_wei, whose base is the coin."""

    def worth(self, units: int, world: World) -> int:
        """Of token units, wei, rounded down."""
        if self.token_wei >= 0:
            return units * self.token_wei
        facts = world.markets[-1 - self.token_wei]
        # a lot is lot_size / 10**18 of the coin, and costs mark / 2**scale token units
        return (
            (units * facts.market.lot_size << facts.market.scale) // facts.mark.mark if facts.mark.mark else 0
        )


def encode(world: World, task: Task) -> Call[Any]:
    """A task as a call of its contract."""
    binding = getattr(world.exchange, task.contract)
    call: Call[Any] = getattr(binding, task.function)(*task.args)
    return replace(call, value=task.value)


class Dispatch:
    """One sender for each account, and what every keeper's tasks became. `begin` comes first at each head."""

    def __init__(
        self,
        world: World,
        rpc: Rpc,
        accounts: dict[str, tuple[LocalAccount, AccountConfig]],
        folder: Path,
        confirmations: int,
        gas: Gas,
        running: dict[str, Running],
        metrics: Metrics,
        alerts: Alerts,
        clock: Callable[[], float] = time.monotonic,
        l1_oracle: str | None = None,
    ) -> None:
        self._world, self._gas, self._running = world, gas, running
        self._metrics, self._alerts, self._clock = metrics, alerts, clock
        self._log = structlog.get_logger("walras.keepers")
        self._seen = clock()
        self._leads = True
        self._under_way: dict[str, set[str]] = {name: set() for name in accounts}
        self._stores: dict[str, Store] = {}
        self._failed: dict[str, None] = {}
        """Hashes of transactions that failed in a block, and after which their subject rests already."""
        self._tended_at: dict[str, int] = {}
        """The last head, by account."""
        self._stuck: dict[str, set[int]] = {name: set() for name in accounts}
        """Intents that were alerted, by account."""
        self._patience = {name: config.patience_blocks for name, (_, config) in accounts.items()}
        self.senders: dict[str, Sender] = {}
        genesis = rpc.head("0x0").hash
        for name, (signer, config) in accounts.items():
            path = folder / f"{name}.intents.sqlite"
            store = Store.open(path, signer.address, world.exchange.chain_id, genesis)
            self._stores[name] = store
            policy = FeePolicy(
                priority_fee_wei=config.priority_fee_wei,
                max_fee_wei=config.max_fee_wei,
                base_fee_percent=config.base_fee_percent,
                patience_blocks=config.patience_blocks,
                gas_percent=config.gas_percent,
            )
            self.senders[name] = Sender(
                rpc,
                signer,
                store,
                policy,
                confirmations=confirmations,
                l1_oracle=l1_oracle,
                meter=metrics,
                log=structlog.wrap_logger(None, wrapper_class=_WARNINGS),  # the rest is told here, with why
            )

    def close(self) -> None:
        """Let go of the stores."""
        for store in self._stores.values():
            store.close()

    def begin(self, head: Head, seen: float, leads: bool) -> None:
        """Look after what is under way; `seen` is when the head was, on the machine's clock."""
        self._seen, self._leads = seen, leads
        for name, sender in self.senders.items():
            live = self._stores[name].live()
            if self.is_dry(name):
                self._leave(name, live)
                continue
            if not live and not is_due(QUIET_BLOCKS, self._tended_at.get(name), head.number):
                self._under_way[name] = set()
                continue
            for one in sender.tend(head):
                self._conclude(one, head.time)
            self._tended_at[name] = head.number
            live = self._stores[name].live()
            self._note_stuck(name, live, head)
            self._under_way[name] = {_subject(one.intent.key) for one in live if one.state != State.MINED}
            for entry in live:
                if entry.mined and not entry.mined.succeeded and entry.mined.hash not in self._failed:
                    self._failed[entry.mined.hash] = None
                    self._rest(entry.intent, head.time)
        for old in list(self._failed)[:-KEPT_FAILURES]:
            del self._failed[old]

    def is_dry(self, account: str) -> bool:
        """Whether all that an account sends for is a dry run."""
        return all(one.config.dry_run for one in self._running.values() if one.config.account == account)

    def _leave(self, name: str, live: Sequence[Entry]) -> None:
        """In a dry run what an earlier run has under way waits for a later one."""
        subjects = {_subject(one.intent.key) for one in live}
        if subjects - self._under_way[name]:
            self._log.warning("intents_wait", account=name, intents=len(live), why="this is a dry run")
        self._under_way[name] = subjects

    def _note_stuck(self, name: str, live: Sequence[Entry], head: Head) -> None:
        """Alert transactions that do not get into blocks, each once."""
        limit = STUCK * self._patience[name]
        waiting = {
            entry.id: entry
            for entry in live
            if entry.state != State.MINED
            and entry.attempts
            and head.number - entry.attempts[0].block >= limit
        }
        fresh = sorted(waiting.keys() - self._stuck[name])
        self._stuck[name] = set(waiting)
        if not fresh:
            return
        first = waiting[fresh[0]]
        age = head.number - first.attempts[0].block
        text = (
            f"{len(waiting)}; {first.intent.label}: {_subject(first.intent.key)}, nonce {first.nonce}, was "
            f"signed {age} blocks ago and last sent as {first.newest.hash}"
        )
        self._metrics.count("keeper_stuck", len(fresh), account=name)
        self._alerts.raise_(f"transactions of {name} do not get into blocks", text)

    def serve(self, one: Running, tasks: list[Task]) -> None:
        """Send what a keeper wants."""
        self.send(one.config.account, one.name, tasks)

    def send(self, account: str, keeper: str, tasks: Sequence[Task]) -> None:
        """Send tasks by an account: those that do not rest, are not under way, and pay."""
        one = self._running.get(keeper)
        left = one.config.max_tasks if one else len(tasks)
        waiting = iter(tasks)
        awaiting: set[int] = set()
        for _ in range(PAGES):
            chosen = self._choose(account, keeper, one, waiting, left, awaiting)
            if not chosen:
                return
            if one and one.config.dry_run:
                self._try(account, one, chosen)
                return
            outcomes = self.senders[account].submit_all([self._intent(keeper, one, task) for task in chosen])
            took = self._clock() - self._seen
            if any(isinstance(outcome, Sent) for outcome in outcomes):
                self._metrics.took("keeper_block_to_tx", took, keeper=keeper)
            for task, outcome in zip(chosen, outcomes, strict=True):
                self._told(account, keeper, one, task, outcome, took)
                if not isinstance(outcome, Refused):
                    left -= 1
                elif outcome.reason == AWAITING and task.market is not None:
                    awaiting.add(task.market)

    def _choose(
        self,
        account: str,
        keeper: str,
        one: Running | None,
        tasks: Iterator[Task],
        most: int,
        awaiting: Collection[int],
    ) -> list[Task]:
        """The next tasks that may be sent: none of a market whose auction waits for a price, as was seen."""
        chosen: list[Task] = []
        while len(chosen) < most and (task := next(tasks, None)):
            why_not = "awaiting" if task.market in awaiting else self._why_not(account, one, task)
            if why_not:
                self._count(keeper, why_not)
            else:
                chosen.append(task)
        return chosen

    # ------------------------------------------------------------ before

    def _why_not(self, account: str, one: Running | None, task: Task) -> str:
        """Why a task is not sent at this head; empty: it is."""
        if not self._leads:
            return "not_leading"
        if task.subject in self._under_way[account]:
            return "under_way"
        if one and one.rests.is_resting(task.subject, self._world.now):
            return "resting"
        if task.market is not None and self._world.closes_soon(task.market):
            return "closing"
        limit = self._limit(one, task)
        if limit is not None and limit <= 0:
            return "unprofitable"
        return ""

    def _limit(self, one: Running | None, task: Task) -> int | None:
        """What the gas of a task may cost at most, wei; None: whatever it costs."""
        if one is None or one.config.min_profit_wei is None:
            return None
        return self._gas.worth(task.reward, self._world) - int(one.config.min_profit_wei) - task.value

    def _intent(self, keeper: str, one: Running | None, task: Task) -> Intent:
        call = encode(self._world, task)
        head = self._world.at
        return Intent(
            key=f"{task.subject}@{head.number}",
            to=call.to,
            data=call.data,
            label=keeper,
            expires_at=head.time + EXPIRES_S,
            max_cost_wei=self._limit(one, task),
            value=call.value,
        )

    def _try(self, account: str, one: Running, tasks: list[Task]) -> None:
        """Simulate, and tell."""
        calls = [encode(self._world, task) for task in tasks]
        sender = self.senders[account].address
        answers = self._world.reader.ask(calls, self._world.at.hash, sender=sender)
        for task, answer in zip(tasks, answers, strict=True):
            refused = isinstance(answer, Reverted)
            self._count(one.name, "dry_refused" if refused else "dry_run")
            reason = {"reason": str(answer)} if refused else {}
            self._log.info(
                "dry_run", keeper=one.name, task=task.subject, why=task.why, passes=not refused, **reason
            )

    # ------------------------------------------------------------ after

    def _told(
        self, account: str, keeper: str, one: Running | None, task: Task, outcome: Outcome, took: float
    ) -> None:
        now = self._world.now
        said: dict[str, Any] = {"keeper": keeper, "task": task.subject, "why": task.why}
        match outcome:
            case Sent():
                self._under_way[account].add(task.subject)
                self._count(keeper, "sent")
                self._log.info(
                    "sent", transaction=outcome.hash, nonce=outcome.nonce, block=self._world.at.number,
                    ms=round(took * 1_000, 1), **said,
                )  # fmt: skip
            case Waiting():
                self._under_way[account].add(task.subject)
                self._count(keeper, "waiting")
                self._log.warning("waiting", reason=outcome.reason, words=outcome.words, **said)
                self._alerts.raise_(f"{keeper} waits", f"{task.subject}: {outcome.reason} {outcome.words}")
            case Refused():
                self._count(keeper, "refused")
                until = now
                is_early = task.urgent and outcome.reason in NOT_YET
                if one and not is_early and outcome.reason != NOT_SIMULATED:
                    until = one.rests.refuse(task.subject, now)
                self._log.info(
                    "refused", reason=outcome.reason, sentence=outcome.sentence, rests_until=until, **said
                )
                if outcome.reason in (NO_ETHER, FEE_CAP):
                    self._alerts.raise_(f"{keeper} cannot send", f"{task.subject}: {outcome.sentence}")
            case Known():
                self._count(keeper, "known")

    def _conclude(self, told: Concluded, now: int) -> None:
        keeper, subject = told.intent.label, _subject(told.intent.key)
        one = self._running.get(keeper)
        self._count(keeper, told.end.value)
        if told.cost_wei:
            self._metrics.count("keeper_spent_wei", told.cost_wei, keeper=keeper)
        said = {"keeper": keeper, "task": subject, "end": told.end.value, "cost_wei": told.cost_wei}
        if told.end == End.SUCCEEDED:
            if one:
                one.rests.clear(subject)
            self._log.info("concluded", block=told.mined.block if told.mined else None, **said)
            return
        if told.mined is None or told.mined.hash not in self._failed:
            self._rest(told.intent, now)
        self._log.info("concluded", reason=told.reason, **said)

    def _rest(self, intent: Intent, now: int) -> None:
        one = self._running.get(intent.label)
        if one:
            one.rests.refuse(_subject(intent.key), now)

    def _count(self, keeper: str, outcome: str) -> None:
        self._metrics.count("keeper_tasks", keeper=keeper, outcome=outcome)
        one = self._running.get(keeper)
        if one:
            one.counts[outcome] = one.counts.get(outcome, 0) + 1


def _subject(key: str) -> str:
    """Of an intent's key, which ends in the block of the decision."""
    return key.rpartition("@")[0]
