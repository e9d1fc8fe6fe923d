"""The one that sends for a key: nothing twice, nothing lost, and every failure said.

**New.** `submit_all` simulates intents in one request, keeps those that pass (`queued`), gives them nonces,
signs them, keeps the bytes (`signed`), and only then sends them, in one request. A process that ends between
two of these steps finds in its store what to go on with: bytes that were kept are sent again as they are, so
that they are the same transaction; an intent without bytes is simulated anew.

**Under way.** `tend` is called with every head. Of each nonce it finds one of these:

- A receipt: the intent is `mined`; once that block has `confirmations`, its own counted, it is done.
- No receipt, and the nonce is free: it waits. Where nodes have lost it (it was dropped, or its block was
  replaced), or it has waited `patience_blocks`, it is simulated again. If that passes, the same bytes are
  sent again, or, where it has waited too long or offers less than the base fee, bytes with the same nonce
  that offer an eighth more. If it fails, or the intent has expired, or nodes do not take it, a transfer of
  nothing to oneself takes its nonce, and whichever of the two is mined decides how it ended.
  What nodes do not show is sent again at each head, and its patience begins anew the first time only: some
  never show what waits.
- No receipt, and the nonce is used: whose transaction did it is looked up. If it is ours, its receipt is
  late, and waited for. If it is foreign (another process has this key) and has its confirmations, our bytes
  are void for ever: the intent is `queued` again, simulated, and gets another nonce, or is over because it is
  not needed any more.

**Holes.** A nonce below ours that nobody holds keeps all of ours waiting. At the second head at which it is
seen, the bytes that were mined with it are sent again (a reorganisation deeper than `confirmations` does
that), or a transfer of nothing to oneself fills it.

**Fees.** Above the cap nothing new is signed: intents stay queued, bytes are sent again as they are, and that
is said.

Decisions depend on the chain's time and blocks alone. A block with its confirmations is taken as final.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import structlog

from walras.chain.fees import FeePolicy, Fees
from walras.chain.intents import Attempt, End, Entry, Intent, Mined, State, Store
from walras.chain.keys import Signer
from walras.chain.meter import Meter, Silent
from walras.chain.node import FURTHEST_BACK, Node, Outlook, Sight, Simulated, Verdict, verdict
from walras.chain.outcome import (
    EXPIRED,
    FEE_CAP,
    NO_ANSWER,
    NO_ETHER,
    NONCE_HELD,
    NONCE_USED,
    NOT_SIMULATED,
    NOT_TAKEN,
    SENTENCES,
    TOO_EXPENSIVE,
    Concluded,
    Known,
    Outcome,
    Refused,
    Sent,
    Waiting,
)
from walras.chain.rpc import Head, Rpc, RpcError

REFILL: Final = "refill"
"""Label of the transfers that fill holes."""
KEPT_S: Final = 7 * 24 * 3_600
"""Chain time for which a key is remembered after its intent is done."""
_FORGET_EVERY: Final = 1_000
_REASONS: Final = {
    Verdict.NONCE_USED: NONCE_USED,
    Verdict.NONCE_HELD: NONCE_HELD,
    Verdict.POOR: NO_ETHER,
    Verdict.FEE_TOO_LOW: FEE_CAP,
    Verdict.REFUSED: NOT_TAKEN,
}


@dataclass(frozen=True, slots=True)
class _Ready:
    """What is to be signed: a call of an intent, or the cancelling of its nonce."""

    entry: Entry
    nonce: int
    gas: int
    fees: Fees
    is_cancel: bool = False


class Sender:
    """Sends for one key. Synchronous; one thread."""

    def __init__(
        self,
        rpc: Rpc,
        account: Signer,
        store: Store,
        policy: FeePolicy,
        *,
        confirmations: int = 2,
        l1_oracle: str | None = None,
        meter: Meter | None = None,
        log: Any = None,
        at: Callable[[str], None] = lambda step: None,
    ) -> None:
        """`l1_oracle` tells a rollup's fee for data, which comes on top of gas: walras/chain/node.py.

        `at` hears of each step that was just made: tests end the process there.
        """
        if confirmations < 1:
            raise ValueError("confirmations are 1 at least: the block that a transaction is in")
        self.address = account.address
        self._account = account
        self._store = store
        self._policy = policy
        self._node = Node(rpc, account.address, l1_oracle)
        self._l1_fees: dict[str, int] = {}
        """Of what this process sent, by key."""
        self._confirmations = confirmations
        self._meter = meter or Silent()
        self._log = (log or structlog.get_logger("walras.chain.sender")).bind(sender=account.address)
        self._at = at
        self._refused_since: dict[int, int] = {}
        self._hole_since: dict[int, int] = {}
        self._sent_at: dict[str, int] = {}
        self._concluded: list[Concluded] = []
        self._tended = 0

    @classmethod
    def open(cls, rpc: Rpc, account: Signer, folder: Path, policy: FeePolicy, **more: Any) -> Self:
        """With the key's own file in a folder. Raises StoreError, RpcError."""
        genesis = rpc.head("0x0").hash
        path = folder / f"{rpc.chain_id}-{account.address}.sqlite"
        store = Store.open(path, account.address, rpc.chain_id, genesis)
        try:
            return cls(rpc, account, store, policy, **more)
        except BaseException:
            store.close()
            raise

    @property
    def rpc(self) -> Rpc:
        """The endpoints it sends by."""
        return self._node.rpc

    def close(self) -> None:
        """Let go of the store: another process may have the key."""
        self._store.close()

    def counts(self) -> dict[str, int]:
        """How many intents are in each state, done ones by how they ended. From the sender's thread only."""
        return self._store.counts()

    # ------------------------------------------------------------ new intents

    def submit(self, intent: Intent) -> Outcome:
        """Send one. Raises RpcError, before anything is kept."""
        return self.submit_all([intent])[0]

    def submit_all(self, intents: Sequence[Intent]) -> list[Outcome]:
        """Send several: one request simulates them, one sends them. Raises as `submit`."""
        outcomes: dict[int, Outcome] = {}
        fresh: dict[str, int] = {}
        for place, one in enumerate(intents):
            found = self._store.find(one.key)
            if found or one.key in fresh:
                outcomes[place] = Known(one, found[0] if found else State.QUEUED)
            else:
                fresh[one.key] = place
        if fresh:
            asked = [intents[place] for place in fresh.values()]
            outlook = self._look(asked)
            outcomes |= zip(fresh.values(), self._send_new(asked, outlook), strict=True)
        for outcome in outcomes.values():
            self._say(outcome)
        return [outcomes[place] for place in range(len(intents))]

    def _look(self, intents: Sequence[Intent]) -> Outlook:
        """Simulate, and say what nodes would not simulate."""
        outlook = self._node.look(intents)
        self._at("looked")
        for one, simulated in zip(intents, outlook.simulated, strict=True):
            if not simulated.is_sure:
                self._log.warning(NOT_SIMULATED, label=one.label, key=one.key, node=simulated.words)
        return outlook

    def _send_new(self, intents: Sequence[Intent], outlook: Outlook) -> list[Outcome]:
        refused: dict[str, Outcome] = {}
        passing: dict[str, tuple[Intent, int]] = {}
        fees = self._policy.first(outlook.head.base_fee)
        spare = outlook.balance - self._bound()
        for one, simulated, l1_fee in zip(intents, outlook.simulated, outlook.l1_fees, strict=True):
            gas = one.gas or self._policy.gas(simulated.gas)
            cost = gas * fees.max_fee + l1_fee if fees else 0
            reason = simulated.reason
            if _is_expired(one, outlook.head):
                reason = EXPIRED
            elif not reason and one.max_cost_wei is not None and cost > one.max_cost_wei:
                reason = TOO_EXPENSIVE
            elif not reason and cost + one.value > spare:
                reason = NO_ETHER
            if reason:
                refused[one.key] = Refused(one, reason)
                continue
            spare -= cost + one.value
            passing[one.key] = (one, gas)
            self._l1_fees[one.key] = l1_fee
        sent: dict[str, Outcome] = {}
        if passing:
            wanted = [one for one, _ in passing.values()]
            ids = self._store.accept(wanted, outlook.head.time)
            self._at("accepted")
            entries = [_new_entry(made, one, outlook.head) for made, one in zip(ids, wanted, strict=True)]
            gases = [gas for _, gas in passing.values()]
            for outcome in self._sign_new(entries, gases, outlook):
                sent[outcome.intent.key] = outcome
        return [refused.get(one.key) or sent[one.key] for one in intents]

    def _sign_new(self, entries: Sequence[Entry], gases: Sequence[int], outlook: Outlook) -> list[Outcome]:
        """Give queued intents nonces, and send them; where fees do not allow it they stay queued."""
        fees = self._policy.first(outlook.head.base_fee)
        if fees is None:
            return [Waiting(entry.intent, FEE_CAP) for entry in entries]
        nonce = max(outlook.count, outlook.pending, self._store.next_nonce())
        ready = [
            _Ready(entry, nonce + place, gas, fees)
            for place, (entry, gas) in enumerate(zip(entries, gases, strict=True))
        ]
        return self._sign_and_send(ready, outlook.head)

    def _cost(self, entry: Entry, gas: int, fees: Fees) -> int:
        """Wei of gas, and of a rollup's fee for data, at most."""
        return gas * fees.max_fee + self._l1_fees.get(entry.intent.key, 0)

    def _bound(self) -> int:
        """Wei that what is under way may still cost."""
        return sum(
            entry.newest.max_cost + entry.intent.value + self._l1_fees.get(entry.intent.key, 0)
            for entry in self._store.live()
            if entry.attempts and not entry.mined
        )

    # ------------------------------------------------------------ bytes

    def _sign_and_send(self, ready: Sequence[_Ready], head: Head) -> list[Outcome]:
        """Sign, keep, send: in this order, whatever happens."""
        signed = [(one.entry.id, self._sign(one, head)) for one in ready]
        self._at("signed")
        self._store.sign(signed)
        self._at("kept")
        return self._send([(one.entry, made) for one, (_, made) in zip(ready, signed, strict=True)], head)

    def _sign(self, one: _Ready, head: Head) -> Attempt:
        intent = one.entry.intent
        made = self._account.sign_transaction(
            {
                "type": 2,
                "chainId": self._node.rpc.chain_id,
                "nonce": one.nonce,
                "to": self.address if one.is_cancel else intent.to,
                "value": 0 if one.is_cancel else intent.value,
                "data": b"" if one.is_cancel else intent.data,
                "gas": one.gas,
                "maxFeePerGas": one.fees.max_fee,
                "maxPriorityFeePerGas": one.fees.priority_fee,
            }
        )
        return Attempt(
            hash="0x" + bytes(made.hash).hex(),
            nonce=one.nonce,
            raw=bytes(made.raw_transaction),
            is_cancel=one.is_cancel,
            gas=one.gas,
            max_fee=one.fees.max_fee,
            priority_fee=one.fees.priority_fee,
            block=head.number,
        )

    def _send(self, bytes_of: Sequence[tuple[Entry, Attempt]], head: Head) -> list[Outcome]:
        """Send bytes that were kept. That nobody answers is an outcome too."""
        if not bytes_of:
            return []
        in_order = sorted(bytes_of, key=lambda one: one[1].nonce)
        try:
            told = self._node.rpc.broadcast([attempt.raw for _, attempt in in_order])
        except RpcError as error:
            return [Waiting(entry.intent, NO_ANSWER, one.hash, str(error)) for entry, one in bytes_of]
        self._at("sent")
        outcomes: dict[str, Outcome] = {}
        for (entry, attempt), answer in zip(in_order, told, strict=True):
            kind, words = verdict(answer)
            if kind is Verdict.REFUSED:
                self._refused_since.setdefault(entry.id, head.number)
            else:
                self._refused_since.pop(entry.id, None)
            if kind is Verdict.TAKEN:
                outcomes[attempt.hash] = Sent(entry.intent, attempt.hash, attempt.nonce)
            else:
                outcomes[attempt.hash] = Waiting(entry.intent, _REASONS[kind], attempt.hash, words)
        return [outcomes[attempt.hash] for _, attempt in bytes_of]

    # ------------------------------------------------------------ what is under way

    def tend(self, head: Head) -> list[Concluded]:
        """Look after all that is under way, at a head; what is over since the last time.

        Raises RpcError: what was concluded until then is told by the next call.
        """
        entries = self._store.live()
        signed = [entry for entry in entries if entry.attempts]
        sight = self._node.see(signed, head)
        self._meter.level("sender_in_flight", len(entries), sender=self.address)
        waiting: list[tuple[Entry, bool]] = []
        queued = [entry for entry in entries if not entry.attempts]
        with self._together():
            for entry in signed:
                mined = next(
                    (sight.receipts[one.hash] for one in entry.attempts if one.hash in sight.receipts), None
                )
                if mined:
                    self._mined(entry, mined, head)
                    continue
                is_replaced = entry.mined is not None
                if is_replaced:
                    self._unmine(entry)
                nonce = entry.newest.nonce
                if nonce >= sight.count:
                    waiting.append((entry, is_replaced))
                elif self._is_taken(entry, nonce, head):
                    if entry.intent.label == REFILL or entry.cancel:
                        self._conclude(entry, *_cancelled(entry), None)
                        continue
                    self._store.take_nonce_away(entry.id)
                    self._at("taken")
                    queued.append(entry)
                elif _is_expired(entry.intent, head) and head.number - entry.newest.block >= FURTHEST_BACK:
                    # nobody will tell any more whose it was; what wanted it is not to wait for ever
                    self._conclude(entry, End.EXPIRED, NONCE_USED, None)
        self._fill_holes({entry.nonce for entry in entries}, sight, head)
        self._go_on(waiting, queued, sight, head)
        if self._tended % _FORGET_EVERY == 0:
            self._store.forget(head.time - KEPT_S)
        self._tended += 1
        concluded, self._concluded = self._concluded, []
        return concluded

    @contextmanager
    def _together(self) -> Iterator[None]:
        """One write for all that happens inside; where that fails nothing of it is told."""
        told = len(self._concluded)
        try:
            with self._store.together():
                yield
        except BaseException:
            del self._concluded[told:]
            raise

    def _mined(self, entry: Entry, mined: Mined, head: Head) -> None:
        """There is a receipt: it is over once that is deep enough."""
        if entry.mined != mined:
            self._store.mine(entry.id, mined)
            self._at("mined")
            event = "in another block" if entry.mined else "in a block"
            self._log.info(
                event, label=entry.intent.label, key=entry.intent.key, hash=mined.hash, block=mined.block
            )
        if head.number - mined.block + 1 < self._confirmations:
            return
        is_cancel = next(one.is_cancel for one in entry.attempts if one.hash == mined.hash)
        if is_cancel:
            self._conclude(entry, *_cancelled(entry), mined)
        elif mined.succeeded:
            self._conclude(entry, End.SUCCEEDED, "", mined)
        else:
            why = self._node.why(entry.intent, mined.block)
            self._conclude(entry, End.REVERTED, why or "it passes on the state before its block", mined)

    def _unmine(self, entry: Entry) -> None:
        assert entry.mined is not None
        self._store.unmine(entry.id)
        self._at("unmined")
        self._meter.count("sender_reorganised", label=entry.intent.label)
        self._log.warning(
            "its block was replaced", label=entry.intent.label, key=entry.intent.key, block=entry.mined.block
        )

    def _is_taken(self, entry: Entry, nonce: int, head: Head) -> bool:
        """Whether a foreign transaction has its nonce for good."""
        found = self._node.who_used(nonce, entry.newest.block, head)
        words = {"label": entry.intent.label, "key": entry.intent.key, "nonce": nonce}
        if found is None:
            self._log.warning("its nonce is used, by whom is not known yet", **words)
            return False
        digest, block = found
        if any(one.hash == digest for one in entry.attempts):
            self._log.info("its receipt is late", hash=digest, **words)
            return False
        self._log.warning("another process has used its nonce", foreign=digest, block=block, **words)
        if head.number - block + 1 < self._confirmations:
            return False
        self._meter.count("sender_nonces_taken")
        return True

    def _go_on(
        self, waiting: Sequence[tuple[Entry, bool]], queued: Sequence[Entry], sight: Sight, head: Head
    ) -> None:
        """Send again, bump, cancel, or sign at last."""
        unsure: list[tuple[Entry, bool]] = []
        cancelled: list[Entry] = []
        for entry, is_replaced in waiting:
            is_lost = not self._node.rpc.is_relayed and entry.newest.hash not in sight.in_pool
            if is_replaced or (is_lost and entry.newest.hash not in self._sent_at):
                self._sent_at[entry.newest.hash] = head.number  # its patience begins anew
            is_late = self._is_late(entry.newest, sight, head)
            if entry.cancel:
                if is_lost or is_late or not entry.newest.is_cancel:
                    cancelled.append(entry)
            elif _is_expired(entry.intent, head):
                cancelled.append(self._cancel(entry, End.EXPIRED, EXPIRED))
            elif self._is_refused(entry, head):
                cancelled.append(self._cancel(entry, End.REFUSED, NOT_TAKEN))
            elif is_lost or is_late or is_replaced:
                unsure.append((entry, is_late))
        fresh = []
        for entry in queued:
            if (
                entry.intent.label == REFILL
            ):  # a process ended before it was signed: its hole is looked at anew
                self._conclude(entry, End.SUPERSEDED, NOT_TAKEN, None)
            elif _is_expired(entry.intent, head):
                self._conclude(entry, End.EXPIRED, EXPIRED, None)
            else:
                fresh.append(entry)
        again: list[tuple[Entry, Attempt]] = []
        ready: list[_Ready] = []
        if unsure or fresh:
            everything = [entry for entry, _ in unsure] + fresh
            outlook = self._look([entry.intent for entry in everything])
            for one, l1_fee in zip(everything, outlook.l1_fees, strict=True):
                self._l1_fees[one.intent.key] = l1_fee
            for (entry, is_late), simulated in zip(unsure, outlook.simulated, strict=False):
                if not simulated.is_sure:
                    again.append((entry, entry.newest))
                elif simulated.reason:
                    cancelled.append(self._cancel(entry, End.SUPERSEDED, simulated.reason))
                else:
                    self._again(entry, simulated, is_late, outlook.head, again, ready)
        for entry in cancelled:
            self._again_cancel(entry, self._is_late(entry.newest, sight, head), head, again, ready)
        outcomes = self._send(again, head)
        if ready:
            outcomes += self._sign_and_send(ready, head)
        if fresh:
            outcomes += self._send_queued(fresh, outlook, len(unsure))
        for outcome in outcomes:
            self._say(outcome, again=True)

    def _send_queued(self, fresh: Sequence[Entry], outlook: Outlook, first: int) -> list[Outcome]:
        """Intents without bytes: after a crash, while fees were too high, or since their nonce was taken."""
        passing: list[Entry] = []
        gases: list[int] = []
        fees = self._policy.first(outlook.head.base_fee)
        for entry, simulated in zip(fresh, outlook.simulated[first:], strict=True):
            gas, worth = entry.intent.gas or self._policy.gas(simulated.gas), entry.intent.max_cost_wei
            if not simulated.is_sure:
                continue  # it stays queued
            if simulated.reason:
                self._conclude(entry, End.SUPERSEDED, simulated.reason, None)
            elif fees and worth is not None and self._cost(entry, gas, fees) > worth:
                self._conclude(entry, End.SUPERSEDED, TOO_EXPENSIVE, None)
            else:
                passing.append(entry)
                gases.append(gas)
        return self._sign_new(passing, gases, outlook) if passing else []

    def _again(
        self,
        entry: Entry,
        simulated: Simulated,
        is_late: bool,
        head: Head,
        again: list[tuple[Entry, Attempt]],
        ready: list[_Ready],
    ) -> None:
        """The same bytes, or some that offer more."""
        newest = entry.newest
        if not is_late and not _is_low(newest, head):
            again.append((entry, newest))
            return
        fees = self._policy.bumped(Fees(newest.max_fee, newest.priority_fee), head.base_fee)
        gas = entry.intent.gas or max(newest.gas, self._policy.gas(simulated.gas))
        worth = entry.intent.max_cost_wei
        if fees is None or (worth is not None and self._cost(entry, gas, fees) > worth):
            reason = FEE_CAP if fees is None else TOO_EXPENSIVE
            self._log.warning(reason, label=entry.intent.label, key=entry.intent.key, base_fee=head.base_fee)
            self._meter.count("sender_over_cap")
            again.append((entry, newest))
            return
        self._meter.count("sender_bumped", label=entry.intent.label)
        ready.append(_Ready(entry, newest.nonce, gas, fees))

    def _again_cancel(
        self,
        entry: Entry,
        is_late: bool,
        head: Head,
        again: list[tuple[Entry, Attempt]],
        ready: list[_Ready],
    ) -> None:
        """The transfer that takes its nonce, or the bytes before it where fees allow no more."""
        newest = entry.newest
        fees = self._policy.bumped(Fees(newest.max_fee, newest.priority_fee), head.base_fee)
        if newest.is_cancel and not is_late and not _is_low(newest, head):
            again.append((entry, newest))
        elif fees is None:
            self._log.warning(FEE_CAP, label=entry.intent.label, key=entry.intent.key, base_fee=head.base_fee)
            self._meter.count("sender_over_cap")
            again.append((entry, newest))
        else:
            ready.append(_Ready(entry, newest.nonce, self._policy.cancel_gas, fees, is_cancel=True))

    def _is_late(self, newest: Attempt, sight: Sight, head: Head) -> bool:
        """Whether it has waited too long, and not for another of ours."""
        is_held_up = newest.nonce > sight.count and not _is_low(newest, head)
        since = max(newest.block, self._sent_at.get(newest.hash, 0))
        return head.number - since >= self._policy.patience_blocks and not is_held_up

    def _is_refused(self, entry: Entry, head: Head) -> bool:
        """Whether nodes have not taken its bytes for too long."""
        since = self._refused_since.get(entry.id)
        return since is not None and head.number - since >= self._policy.patience_blocks

    def _fill_holes(self, held: set[int | None], sight: Sight, head: Head) -> None:
        """Nonces below ours that nobody holds."""
        holes = [nonce for nonce in range(sight.count, self._store.next_nonce()) if nonce not in held]
        self._hole_since = {nonce: self._hole_since.get(nonce, head.number) for nonce in holes}
        for nonce in holes:
            if nonce < sight.pending or head.number <= self._hole_since[nonce]:
                continue
            self._meter.count("sender_holes")
            before = self._store.mined_with(nonce)
            self._log.warning("a nonce that nobody holds", nonce=nonce, again=before.hash if before else None)
            if before:
                self._node.rpc.broadcast([before.raw])
                continue
            fees = self._policy.first(head.base_fee)
            if fees is None:
                self._log.warning(FEE_CAP, label=REFILL, base_fee=head.base_fee)
                continue
            key = f"{REFILL}/{nonce}/{head.number}"
            refill = Intent(key, self.address, b"", REFILL, gas=self._policy.cancel_gas)
            entry = _new_entry(self._store.accept([refill], head.time)[0], refill, head)
            self._at("accepted")
            for outcome in self._sign_and_send([_Ready(entry, nonce, self._policy.cancel_gas, fees)], head):
                self._say(outcome)

    # ------------------------------------------------------------ ends

    def _cancel(self, entry: Entry, end: End, reason: str) -> Entry:
        """Decide that its nonce is to be used up. The entry as it was: what is signed for it follows."""
        self._store.cancel(entry.id, f"{end.value}|{reason}")
        self._at("cancelled")
        self._meter.count("sender_cancelled", label=entry.intent.label)
        self._log.warning("cancelled", label=entry.intent.label, key=entry.intent.key, why=reason)
        return entry

    def _conclude(self, entry: Entry, end: End, reason: str, mined: Mined | None) -> None:
        self._store.conclude(entry.id, end, reason)
        self._at("concluded")
        self._refused_since.pop(entry.id, None)
        self._l1_fees.pop(entry.intent.key, None)
        for one in entry.attempts:
            self._sent_at.pop(one.hash, None)
        cost = mined.cost if mined else 0
        self._meter.count("sender_concluded", label=entry.intent.label, end=end.value)
        self._meter.count("sender_spent_wei", cost, label=entry.intent.label)
        self._log.info(
            end.value, label=entry.intent.label, key=entry.intent.key, why=reason, cost=cost,
            hash=mined.hash if mined else None,
        )  # fmt: skip
        self._concluded.append(Concluded(entry.intent, end, reason, mined, cost))

    def _say(self, outcome: Outcome, again: bool = False) -> None:
        """To the log and the meter."""
        words = {"label": outcome.intent.label, "key": outcome.intent.key}
        kind = type(outcome).__name__.lower()
        self._meter.count(
            "sender_again" if again else "sender_submitted", outcome=kind, label=outcome.intent.label
        )
        if isinstance(outcome, Sent):
            self._log.info("sent again" if again else "sent", hash=outcome.hash, nonce=outcome.nonce, **words)
        elif isinstance(outcome, Waiting):
            self._log.warning(
                "waits",
                why=outcome.reason,
                meaning=SENTENCES.get(outcome.reason),
                node=outcome.words,
                **words,
            )
        elif isinstance(outcome, Refused):
            self._log.info("refused", why=outcome.reason, meaning=outcome.sentence, **words)
        else:
            self._log.debug("known", state=outcome.state.value, **words)


def _is_low(newest: Attempt, head: Head) -> bool:
    """Whether it offers less than a block asks for."""
    return newest.max_fee < head.base_fee + newest.priority_fee


def _is_expired(intent: Intent, head: Head) -> bool:
    return intent.expires_at is not None and head.time >= intent.expires_at


def _cancelled(entry: Entry) -> tuple[End, str]:
    """How a cancelled intent ended, and a refill that was not needed."""
    if not entry.cancel:
        return End.SUPERSEDED, NONCE_USED
    end, _, reason = entry.cancel.partition("|")
    return End(end), reason


def _new_entry(made: int, intent: Intent, head: Head) -> Entry:
    return Entry(made, intent, State.QUEUED, None, "", None, (), head.time)
