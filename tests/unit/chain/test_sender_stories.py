"""Random stories of a sender: whatever chain, nodes and machine do, nothing is sent twice or lost.

Blocks, base fees, reorganisations shallower than the confirmations, dropped pools, nodes that refuse or do
not answer, foreign transactions with the same key, and ends of the process at any step. When calm returns,
every intent is over, each effect that was told to be there is there once, and no nonce is left out.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.support.anvils import KEY
from tests.support.fake_rpc import ADDRESS, GWEI, FakeRpc
from tests.support.sending import Counting, Said
from tests.unit.chain.test_sender import foreign
from walras.chain.fees import FeePolicy
from walras.chain.intents import End, Intent
from walras.chain.keys import from_hex
from walras.chain.outcome import Concluded, Known, Refused, Sent, Waiting
from walras.chain.rpc import Head
from walras.chain.sender import REFILL, Sender

CONFIRMATIONS = 3
POLICY = FeePolicy(priority_fee_wei=GWEI, max_fee_wei=20 * GWEI, patience_blocks=2)
KEYS = st.sampled_from([f"key {number}" for number in range(8)])
NEVER = st.just("")
STEPS = st.sampled_from(
    ["looked", "signed", "kept", "sent", "mined", "unmined", "taken", "cancelled", "concluded", "accepted"]
)
CALM = 60
"""Blocks after which all has to be over."""


class EndedError(Exception):
    """The process ends here."""


class Story(RuleBasedStateMachine):
    """One sender and its chain."""

    @initialize()
    def begin(self) -> None:
        self.chain = FakeRpc()
        self.folder = Path(tempfile.mkdtemp(prefix="walras-story-"))
        self.ends_at = ""
        self.accepted: set[str] = set()
        self.done: list[Concluded] = []
        self.sender = self.opened()

    def opened(self) -> Sender:
        told = {"confirmations": CONFIRMATIONS, "log": Said(), "meter": Counting(), "at": self.at}
        return Sender.open(self.chain, from_hex(KEY), self.folder, POLICY, **told)  # type: ignore[arg-type]

    def at(self, step: str) -> None:
        """A step was made: the process may end here."""
        if step == self.ends_at:
            raise EndedError

    @rule(
        keys=st.lists(KEYS, min_size=1, max_size=4),
        expires_in=st.none() | st.integers(0, 20),
        ends_at=NEVER | st.sampled_from(["looked", "accepted", "signed", "kept", "sent"]),
    )
    def submit(self, keys: list[str], expires_in: int | None, ends_at: str) -> None:
        """Some of them again."""
        ends = None if expires_in is None else self.chain.head().time + expires_in
        intents = [Intent(key, ADDRESS, key.encode(), "label", expires_at=ends) for key in keys]
        self.ends_at = ends_at
        try:
            outcomes = self.sender.submit_all(intents)
        except EndedError:
            self.reopen()
            return
        for outcome in outcomes:
            assert isinstance(outcome, Sent | Waiting | Known | Refused)
            if isinstance(outcome, Sent | Waiting):
                self.accepted.add(outcome.intent.key)

    @rule(blocks=st.integers(1, 4), ends_at=NEVER | STEPS)
    def tend(self, blocks: int, ends_at: str) -> None:
        """At each of some new heads."""
        for _ in range(blocks):
            self.look(self.chain.mine, ends_at)

    @rule(depth=st.integers(1, CONFIRMATIONS - 1), keep=st.booleans(), ends_at=NEVER | STEPS)
    def reorganise(self, depth: int, keep: bool, ends_at: str) -> None:
        """Less deep than what is taken as final."""
        if len(self.chain.blocks) > depth + 1:
            self.look(lambda: self.chain.reorg(depth, keep), ends_at)

    @rule()
    def drop(self) -> None:
        self.chain.drop()

    @rule(base_fee=st.sampled_from([GWEI, 5 * GWEI, 15 * GWEI, 30 * GWEI]))
    def change_base_fee(self, base_fee: int) -> None:
        self.chain.base_fee = base_fee

    @rule(what=st.sampled_from(["is_deaf", "is_mute", "is_full"]), is_so=st.booleans())
    def change(self, what: str, is_so: bool) -> None:
        setattr(self.chain, what, is_so)

    @rule(refusal=st.sampled_from(["", "insufficient funds", "exceeds block gas limit", "already known"]))
    def refuse(self, refusal: str) -> None:
        self.chain.refusal = refusal

    @rule(key=KEYS, is_so=st.booleans())
    def revert(self, key: str, is_so: bool) -> None:
        """Its simulation fails from now on, or not any more."""
        (self.chain.reverts.add if is_so else self.chain.reverts.discard)(key.encode())

    @rule(ahead=st.integers(0, 2))
    def send_by_another_process(self, ahead: int) -> None:
        """With the same key."""
        self.chain.foreign(foreign(self.chain.count + ahead, b"foreign"))

    @rule()
    def lose_what_another_process_sent(self) -> None:
        self.chain.pool = {key: tx for key, tx in self.chain.pool.items() if tx.data != b"foreign"}

    @rule()
    def replay(self) -> None:
        """Bytes that were sent once are anybody's to send again."""
        self.chain.replay()

    @rule()
    def calm(self) -> None:
        """Nodes and base fee are as they should be."""
        self.chain.refusal, self.chain.base_fee = "", GWEI
        self.chain.is_deaf = self.chain.is_mute = self.chain.is_full = False

    @rule()
    def restart(self) -> None:
        self.reopen()

    @invariant()
    def nothing_is_there_twice(self) -> None:
        """At any time, in any chain that there is."""
        for data, times in self.chain.effects().items():
            assert times == 1 or data in (b"", b"foreign"), data

    def look(self, happens: Callable[[], Head], ends_at: str = "") -> None:
        """Tend at a new head."""
        head = happens()
        self.ends_at = ends_at
        try:
            self.done += self.sender.tend(head)
        except EndedError:
            self.reopen()

    def reopen(self) -> None:
        self.ends_at = ""
        self.sender.close()
        self.sender = self.opened()

    def teardown(self) -> None:
        """Calm returns."""
        if not hasattr(self, "sender"):
            return
        try:
            self.calm_down()
        finally:
            self.sender.close()
            shutil.rmtree(self.folder)

    def calm_down(self) -> None:
        chain = self.chain
        chain.refusal, chain.base_fee, chain.reverts = "", GWEI, set()
        chain.is_deaf = chain.is_mute = chain.is_full = False
        chain.pool = {key: tx for key, tx in chain.pool.items() if tx.data != b"foreign"}
        for _ in range(CALM):
            self.look(chain.mine)
        assert self.sender._store.live() == []
        assert chain.pool == {}
        assert chain.count >= self.sender._store.next_nonce()
        rows = self.sender._store._db.execute("SELECT key, outcome FROM intents WHERE label != ?", (REFILL,))
        ended = Counter((row["key"], row["outcome"]) for row in rows)
        effects = chain.effects()
        for number in range(8):
            key = f"key {number}"
            assert effects[key.encode()] == ended[key, End.SUCCEEDED]
            assert ended[key, End.SUCCEEDED] <= 1
        assert self.accepted <= {key for key, _ in ended}
        for one in self.done:
            assert (one.end is End.SUCCEEDED) == bool(one.mined and one.reason == "" and one.mined.succeeded)


TestStory = Story.TestCase
TestStory.settings = settings(max_examples=3 * settings.default.max_examples, stateful_step_count=40)
