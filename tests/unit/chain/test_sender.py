"""Corners of the sender, on a chain in memory that does what it is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.anvils import CHAIN, KEY
from tests.support.fake_rpc import ADDRESS, GWEI, ORACLE, FakeRpc
from tests.support.sending import Counting, Said
from walras.chain.endpoint import RpcRefused
from walras.chain.fees import FeePolicy
from walras.chain.intents import End, Intent, State
from walras.chain.keys import from_hex
from walras.chain.node import FURTHEST_BACK
from walras.chain.outcome import (
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
    Refused,
    Sent,
    Waiting,
)
from walras.chain.rpc import RpcError
from walras.chain.sender import REFILL, Sender
from walras.keepers.metrics import Metrics

POLICY = FeePolicy(priority_fee_wei=GWEI, max_fee_wei=50 * GWEI, patience_blocks=3)


class Scene:
    """A sender on a chain in memory."""

    def __init__(self, folder: Path) -> None:
        self.chain, self.folder = FakeRpc(), folder
        self.said, self.meter = Said(), Counting()
        self.sender = self.opened()

    def opened(self, **more: Any) -> Sender:
        words = {"policy": POLICY, "confirmations": 2, "log": self.said, "meter": self.meter, **more}
        return Sender.open(self.chain, from_hex(KEY), self.folder, **words)  # type: ignore[arg-type]

    def again(self, **more: Any) -> None:
        """Another process."""
        self.sender.close()
        self.sender = self.opened(**more)

    def tend(self, blocks: int = 1) -> list[Concluded]:
        concluded: list[Concluded] = []
        for _ in range(blocks):
            concluded += self.sender.tend(self.chain.mine())
        return concluded


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def intent(key: str = "a", **more: Any) -> Intent:
    return Intent(key, ADDRESS, key.encode(), "label", **more)


def foreign(nonce: int, data: bytes = b"foreign") -> bytes:
    signed = from_hex(KEY).sign_transaction(
        {"type": 2, "chainId": CHAIN, "nonce": nonce, "to": ADDRESS, "value": 0, "data": data, "gas": 50_000,
         "maxFeePerGas": 20 * GWEI, "maxPriorityFeePerGas": 5 * GWEI}
    )  # fmt: skip
    return bytes(signed.raw_transaction)


def ends(done: list[Concluded]) -> list[tuple[str, End, str]]:
    return [(one.intent.key, one.end, one.reason) for one in done]


def test_cost_is_what_the_receipt_says(scene: Scene) -> None:
    """Gas at its price, and what a rollup charges for data."""
    scene.sender.submit(intent())
    (done,) = scene.tend(2)
    assert done.cost_wei == 65_000 + 7
    assert scene.meter.counts["sender_spent_wei"] == done.cost_wei


def test_confirmations_are_counted_with_the_block_itself(scene: Scene) -> None:
    """One is the block that it is in; three are two more."""
    for confirmations in (1, 3):
        scene.again(confirmations=confirmations)
        scene.sender.submit(intent(f"{confirmations}"))
        assert scene.tend(confirmations - 1) == []
        assert ends(scene.tend()) == [(f"{confirmations}", End.SUCCEEDED, "")]
    with pytest.raises(ValueError, match="confirmations are 1 at least"):
        scene.again(confirmations=0)
    scene.opened()  # the store was let go of


def test_reverted_in_its_block(scene: Scene) -> None:
    """With the reason of a replay; where that passes, it says so."""
    scene.chain.fails |= {b"a", b"b"}
    scene.sender.submit_all([intent("a"), intent("b")])
    scene.tend()
    scene.chain.reverts.add(b"b")
    assert ends(scene.tend()) == [
        ("a", End.REVERTED, "it passes on the state before its block"),
        ("b", End.REVERTED, "engine: no such account"),
    ]


def test_refused_with_reason_and_sentence(scene: Scene) -> None:
    """Nothing is signed, no nonce is used."""
    scene.chain.reverts.add(b"a")
    bad, good = scene.sender.submit_all([intent("a"), intent("b")])
    assert isinstance(bad, Refused)
    assert bad.reason == "engine: no such account"
    assert bad.sentence.startswith("An account is (owner << 8)")
    assert isinstance(good, Sent)
    assert good.nonce == 0


def test_a_late_receipt(scene: Scene) -> None:
    """The nonce is used by our own transaction: its receipt is waited for, nothing is sent."""
    sent = scene.sender.submit(intent())
    assert isinstance(sent, Sent)
    scene.chain.late.add(sent.hash)
    assert scene.tend(4) == []
    assert scene.said.has("its receipt is late", hash=sent.hash)
    scene.chain.late.clear()
    assert ends(scene.tend()) == [("a", End.SUCCEEDED, "")]
    assert scene.chain.effects() == {b"a": 1}


def test_a_nonce_used_by_somebody_unknown(scene: Scene) -> None:
    """A node without history does not tell by whom: that is waited for, and said."""
    scene.sender.submit(intent())
    scene.chain.foreign(foreign(0))
    scene.chain.has_history = False
    assert scene.tend(4) == []
    assert scene.said.has("its nonce is used, by whom is not known yet", key="a")
    assert scene.chain.effects() == {b"foreign": 1}
    scene.chain.has_history = True
    assert ends(scene.tend(3)) == [("a", End.SUCCEEDED, "")]
    assert scene.chain.effects() == {b"foreign": 1, b"a": 1}


def test_a_nonce_of_which_nobody_ever_tells(scene: Scene) -> None:
    """What has expired is given up in the end, so that its subject is not under way for ever."""
    scene.sender.submit(intent(expires_at=scene.chain.head().time + 120))
    scene.chain.foreign(foreign(0))
    scene.chain.has_history = False
    assert scene.tend(FURTHEST_BACK - 1) == []
    assert ends(scene.tend()) == [("a", End.EXPIRED, NONCE_USED)]
    assert scene.chain.effects() == {b"foreign": 1}
    assert isinstance(scene.sender.submit(intent()), Sent)


def test_a_foreign_transaction_has_to_be_final_too(scene: Scene) -> None:
    """If its block is replaced, our bytes are good again: another nonce before that would be twice."""
    scene.again(confirmations=3)
    sent = scene.sender.submit(intent())
    assert isinstance(sent, Sent)
    scene.chain.foreign(foreign(0))
    assert scene.tend(2) == []
    assert scene.chain.effects() == {b"foreign": 1}
    scene.sender.tend(scene.chain.reorg(2, keep=False))
    assert set(scene.chain.pool) == {sent.hash}
    assert ends(scene.tend(3)) == [("a", End.SUCCEEDED, "")]
    assert scene.chain.effects() == {b"a": 1}


def test_a_nonce_taken_long_before(scene: Scene) -> None:
    """The node that we asked when we signed was far behind: the block is found all the same."""
    for nonce in range(6):
        scene.chain.foreign(foreign(nonce))
        scene.chain.mine()
    count = FakeRpc.eth_getTransactionCount
    scene.chain.eth_getTransactionCount = lambda *words: hex(1)  # type: ignore[method-assign]
    outcome = scene.sender.submit(intent())
    assert isinstance(outcome, Waiting)
    assert outcome.reason == NONCE_USED
    scene.chain.eth_getTransactionCount = count.__get__(scene.chain)  # type: ignore[method-assign]
    assert ends(scene.tend(3)) == [("a", End.SUCCEEDED, "")]
    assert scene.chain.effects() == {b"foreign": 6, b"a": 1}


def test_a_reorganisation_deeper_than_confirmations(scene: Scene) -> None:
    """What was done is sent again, as the same bytes, so that what comes after it is not kept waiting."""
    first = scene.sender.submit(intent("a"))
    assert isinstance(first, Sent)
    scene.tend(2)
    scene.sender.submit(intent("b"))
    scene.tend(2)
    assert scene.chain.effects() == {b"a": 1, b"b": 1}
    scene.sender.tend(scene.chain.reorg(4, keep=False))
    assert scene.tend(3) == []
    assert scene.chain.effects() == {b"a": 1, b"b": 1}
    assert scene.said.has("a nonce that nobody holds", nonce=0, again=first.hash)


def test_a_node_that_does_not_have_the_head(scene: Scene) -> None:
    """Nothing is decided on it."""
    scene.sender.submit(intent())
    head = scene.chain.mine()
    scene.chain.blocks.pop()
    with pytest.raises(RpcError, match="a node does not tell how the key stands: header not found"):
        scene.sender.tend(head)


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        ("insufficient funds for gas * price + value", NO_ETHER),
        ("replacement transaction underpriced", NONCE_HELD),
        ("max fee per gas less than block base fee", FEE_CAP),
        ("transaction underpriced", FEE_CAP),
        ("nonce too low: next nonce 5, tx nonce 0", NONCE_USED),
        ("exceeds block gas limit", NOT_TAKEN),
    ],
)
def test_what_nodes_say(scene: Scene, refusal: str, reason: str) -> None:
    """Each is a reason with a sentence, kept and tried again; as soon as it is taken, all is well."""
    scene.chain.refusal = refusal
    outcome = scene.sender.submit(intent())
    assert isinstance(outcome, Waiting)
    assert (outcome.reason, refusal in outcome.words) == (reason, True)
    assert scene.said.has("waits", why=reason, meaning=SENTENCES[reason])
    assert scene.tend() == []
    scene.chain.refusal = ""
    assert ends(scene.tend(3)) == [("a", End.SUCCEEDED, "")]
    assert scene.chain.effects() == {b"a": 1}


def test_what_was_over_before_an_error_is_told_later(scene: Scene) -> None:
    """Endpoints fail after something was concluded, or while it is: the next call tells it, once."""
    scene.sender.submit(intent("a"))
    scene.tend()
    scene.sender.submit(intent("b"))
    scene.chain.drop()
    look = scene.sender._node.look

    def fails(intents: object) -> None:
        raise RpcError("gone")

    scene.sender._node.look = fails  # type: ignore[method-assign, assignment]
    with pytest.raises(RpcError, match="gone"):
        scene.tend()
    scene.sender._node.look = look  # type: ignore[method-assign]
    assert ends(scene.tend(4)) == [("a", End.SUCCEEDED, ""), ("b", End.SUCCEEDED, "")]
    scene.chain.fails.add(b"d")
    scene.sender.submit_all([intent("c"), intent("d")])
    scene.tend()
    why = scene.sender._node.why
    scene.sender._node.why = fails  # type: ignore[method-assign, assignment]
    with pytest.raises(TypeError):
        scene.tend()
    scene.sender._node.why = why  # type: ignore[method-assign]
    assert [one.intent.key for one in scene.tend()] == ["c", "d"]


def test_already_known_is_taken(scene: Scene) -> None:
    """A question that is answered."""
    scene.chain.refusal = "already known"
    assert isinstance(scene.sender.submit(intent()), Sent)


def test_nodes_that_never_take_it(scene: Scene) -> None:
    """After the patience its nonce goes to a transfer of nothing, and what waits behind it goes on."""
    take = scene.chain._take
    scene.chain._take = lambda tx: "exceeds block gas limit" if tx.data == b"a" else take(tx)  # type: ignore[method-assign]
    first, second = scene.sender.submit_all([intent("a"), intent("b")])
    assert isinstance(first, Waiting)
    assert isinstance(second, Sent)
    done = scene.tend(6)
    assert ends(done) == [("a", End.REFUSED, NOT_TAKEN), ("b", End.SUCCEEDED, "")]
    assert scene.chain.effects() == {b"": 1, b"b": 1}
    assert done[0].cost_wei == 21_007


def test_nobody_answers_a_broadcast(scene: Scene) -> None:
    """Whether it arrived or not: the same bytes are sent again, and it happens once."""
    for arrives in (True, False):
        key = f"{arrives}"
        scene.chain.is_mute, scene.chain.is_deaf = arrives, not arrives
        outcome = scene.sender.submit(intent(key))
        assert isinstance(outcome, Waiting)
        assert outcome.reason == NO_ANSWER
        scene.chain.is_mute = scene.chain.is_deaf = False
        assert ends(scene.tend(3)) == [(key, End.SUCCEEDED, "")]
        assert scene.chain.effects()[key.encode()] == 1


def unwilling(message: dict[str, str], block: str) -> Any:
    """A node that has reasons of its own not to simulate."""
    return RpcRefused(-32000, "daily quota of this plan is used up")


def test_a_node_that_does_not_simulate_cancels_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(scene.sender.submit(intent()), Sent)
    scene.chain.drop()
    monkeypatch.setattr(scene.chain, "eth_estimateGas", unwilling)
    assert scene.tend() == []
    told = scene.sender.submit(intent("b"))
    assert isinstance(told, Refused)
    assert told.reason == NOT_SIMULATED
    assert scene.said.has(NOT_SIMULATED, key="b", node="daily quota of this plan is used up (code -32000)")
    monkeypatch.undo()
    assert ends(scene.tend(3)) == [("a", End.SUCCEEDED, "")]


def test_a_node_that_does_not_simulate_loses_nothing_that_is_queued(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.chain.base_fee = 60 * GWEI
    scene.chain.mine()
    assert isinstance(scene.sender.submit(intent()), Waiting)
    monkeypatch.setattr(scene.chain, "eth_estimateGas", unwilling)
    assert scene.tend() == []
    monkeypatch.undo()
    scene.chain.base_fee = GWEI
    assert ends(scene.tend(4)) == [("a", End.SUCCEEDED, "")]


def test_what_was_queued_is_sent_at_its_worth_at_most(scene: Scene) -> None:
    scene.chain.base_fee = 60 * GWEI
    scene.chain.mine()
    assert isinstance(scene.sender.submit(intent(max_cost_wei=65_000 * 10 * GWEI)), Waiting)
    scene.chain.base_fee = 20 * GWEI  # below the cap, and more than it is worth
    assert ends(scene.tend()) == [("a", End.SUPERSEDED, TOO_EXPENSIVE)]
    assert scene.chain.effects() == {}


def test_worth_less_than_a_bump(scene: Scene) -> None:
    """It is not bumped beyond what it is worth; it waits, and that is said."""
    scene.sender.submit(intent(max_cost_wei=65_000 * 3 * GWEI))
    scene.chain.is_full = True
    assert scene.tend(5) == []
    assert scene.said.has(TOO_EXPENSIVE, key="a")
    assert scene.meter.counts["sender_bumped"] == 0
    scene.chain.is_full = False
    assert ends(scene.tend(2)) == [("a", End.SUCCEEDED, "")]


@pytest.mark.parametrize("restarts", [False, True])
def test_a_node_that_does_not_show_what_waits_keeps_no_offer_low(scene: Scene, restarts: bool) -> None:
    """It looks lost at every head, and is sent again; its patience ends all the same."""
    scene.chain.hides_pool = scene.chain.is_full = True
    scene.sender.submit(intent())
    scene.tend(3)
    assert scene.meter.counts["sender_bumped"] == 0
    if restarts:
        scene.again()
    scene.tend(7)
    assert scene.meter.counts["sender_bumped"] in (1, 2)
    scene.chain.is_full = False
    assert ends(scene.tend(2)) == [("a", End.SUCCEEDED, "")]
    assert scene.chain.effects() == {b"a": 1}


def test_bumps_stop_at_the_cap(scene: Scene) -> None:
    """Each patience an eighth more, until the cap; never above it."""
    scene.again(policy=FeePolicy(priority_fee_wei=GWEI, max_fee_wei=4 * GWEI, patience_blocks=1))
    scene.sender.submit(intent())
    scene.chain.is_full = True
    scene.tend(10)
    (tx,) = scene.chain.pool.values()
    assert 3 * GWEI < tx.max_fee <= 4 * GWEI
    assert scene.meter.counts["sender_bumped"] == 2
    assert scene.said.has(FEE_CAP, key="a")
    scene.chain.is_full = False
    assert ends(scene.tend(2)) == [("a", End.SUCCEEDED, "")]


def test_an_older_attempt_is_mined(scene: Scene) -> None:
    """Of several bytes with one nonce any may come: its receipt counts."""
    sent = scene.sender.submit(intent())
    assert isinstance(sent, Sent)
    older = scene.chain.pool[sent.hash]
    scene.chain.is_full = True
    scene.tend(3)
    assert scene.meter.counts["sender_bumped"] == 1
    scene.chain.pool = {older.hash: older}
    scene.chain.is_full = False
    (done,) = scene.tend(2)
    assert done.mined
    assert done.mined.hash == sent.hash


def test_cancelled_too_late(scene: Scene) -> None:
    """The call is mined although its nonce was to be used up: then it succeeded."""
    sent = scene.sender.submit(intent(expires_at=scene.chain.head().time + 5))
    assert isinstance(sent, Sent)
    older = scene.chain.pool[sent.hash]
    scene.chain.is_full = True
    scene.tend(3)
    assert scene.said.has("cancelled", key="a")
    scene.chain.pool = {older.hash: older}
    scene.chain.is_full = False
    assert ends(scene.tend(2)) == [("a", End.SUCCEEDED, "")]


def test_ether_that_is_bound(scene: Scene) -> None:
    """What is under way may still cost its limit: a new intent has the rest alone."""
    cost = 65_000 * 3 * GWEI
    scene.chain.balance = 2 * cost
    scene.chain.is_full = True
    one, two, three = scene.sender.submit_all([intent("a"), intent("b"), intent("c")])
    assert isinstance(one, Sent)
    assert isinstance(two, Sent)
    assert three == Refused(intent("c"), NO_ETHER)
    assert scene.sender.submit(intent("c")) == Refused(intent("c"), NO_ETHER)
    scene.chain.balance += cost
    assert isinstance(scene.sender.submit(intent("c")), Sent)


def test_a_key_again_after_it_failed(scene: Scene) -> None:
    """An end without effect frees the key; success does not."""
    scene.chain.fails.add(b"a")
    scene.sender.submit(intent())
    assert [one.end for one in scene.tend(2)] == [End.REVERTED]
    scene.chain.fails.clear()
    assert isinstance(scene.sender.submit(intent()), Sent)
    assert isinstance(scene.sender.submit(intent()), Known)
    scene.tend(2)
    assert scene.sender.submit(intent()) == Known(intent(), State.DONE)


def test_a_hole_that_is_a_lagging_node(scene: Scene) -> None:
    """One look that shows fewer transactions than there were fills nothing."""
    scene.sender.submit(intent("a"))
    scene.tend(2)
    head = scene.chain.head()
    taken = scene.chain.blocks
    scene.chain.blocks = [type(one)(one.head, []) for one in taken]
    scene.sender.tend(head)
    scene.chain.blocks = taken
    scene.tend(3)
    assert scene.meter.counts["sender_holes"] == 0
    assert scene.chain.effects() == {b"a": 1}


def test_a_hole_above_the_cap(scene: Scene) -> None:
    """It is filled once fees allow it."""
    lost = scene.chain.foreign(foreign(0))
    assert isinstance(scene.sender.submit(intent()), Sent)
    del scene.chain.pool[lost.hash]
    scene.chain.base_fee = 60 * GWEI
    scene.tend(3)
    assert scene.said.has(FEE_CAP, label=REFILL)
    assert scene.sender.counts() == {"signed": 1}
    scene.chain.base_fee = GWEI
    assert {(one.intent.label, one.end) for one in scene.tend(4)} == {
        (REFILL, End.SUCCEEDED),
        ("label", End.SUCCEEDED),
    }


@pytest.mark.parametrize("step", ["accepted", "signed"])
def test_ended_before_anything_was_kept(scene: Scene, step: str) -> None:
    """An intent without bytes is simulated anew: it may not be needed any more."""

    class EndedError(Exception):
        pass

    def at(told: str) -> None:
        if told == step:
            raise EndedError

    scene.again(at=at)
    with pytest.raises(EndedError):
        scene.sender.submit_all([intent("a"), intent("b")])
    scene.again()
    scene.chain.reverts.add(b"a")
    done = scene.tend(3)
    assert ends(done) == [("a", End.SUPERSEDED, "engine: no such account"), ("b", End.SUCCEEDED, "")]
    assert scene.chain.effects() == {b"b": 1}


def test_forgets_after_a_week(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of chain time, now and then."""
    monkeypatch.setattr("walras.chain.sender._FORGET_EVERY", 1)
    scene.sender.submit_all([intent(f"{number}") for number in range(300)])
    scene.tend(3)
    assert scene.sender.counts() == {"succeeded": 300}
    scene.sender.tend(scene.chain.mine(seconds=7 * 24 * 3_600 + 1))
    assert scene.sender.counts() == {"succeeded": 257}


def test_what_is_in_flight_is_told_of_each_sender(scene: Scene) -> None:
    """Several of a process share a meter."""
    meter = Metrics()
    scene.again(meter=meter)
    scene.tend()
    assert f'walras_sender_in_flight{{sender="{scene.sender.address}"}} 0.0' in meter.text().decode()


def test_a_process_forgets_when_it_begins(scene: Scene) -> None:
    """Not after a thousand heads alone: one that is started often would never forget."""
    scene.sender.submit_all([intent(f"{number}") for number in range(300)])
    scene.tend(3)
    scene.again()
    scene.sender.tend(scene.chain.mine(seconds=7 * 24 * 3_600 + 1))
    assert scene.sender.counts() == {"succeeded": 257}


def _never(scene: Scene) -> None:
    """A node that takes nothing."""
    scene.chain.refusal = "no"


@pytest.mark.parametrize("change", [_never, lambda scene: setattr(scene.chain, "base_fee", 60 * GWEI)])
def test_the_same_chain_gives_the_same_bytes(tmp_path: Path, change: Callable[[Scene], object]) -> None:
    """No clock and no chance: two senders on chains that are the same sign the same."""
    hashes = []
    for name in ("one", "two"):
        scene = Scene(tmp_path / name)
        change(scene)
        scene.sender.submit_all([intent("a"), intent("b")])
        done = scene.tend(5)
        scene.chain.refusal, scene.chain.base_fee = "", GWEI
        done += scene.tend(6)
        hashes.append([one.mined and one.mined.hash for one in done])
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) == 2


# ---------------------------------------------------------------- rollups' fee for data

GAS = 65_000
"""Limit of the intents here: 130 % of what the fake estimates."""


def test_a_rollup_s_fee_for_data_counts_in_what_an_intent_is_worth(scene: Scene) -> None:
    scene.again(l1_oracle=ORACLE)
    scene.chain.l1_fee = GWEI
    gas = GAS * 3 * GWEI
    poor = scene.sender.submit(intent("a", max_cost_wei=gas + 256 * GWEI - 1))
    assert isinstance(poor, Refused)
    assert poor.reason == TOO_EXPENSIVE
    assert isinstance(scene.sender.submit(intent("a", max_cost_wei=gas + 256 * GWEI)), Sent)
    long = Intent("b", ADDRESS, bytes(256), "label", max_cost_wei=gas + 256 * GWEI)
    assert isinstance(scene.sender.submit(long), Refused)  # of 512 bytes


def test_and_in_the_balance_that_it_needs(scene: Scene) -> None:
    scene.again(l1_oracle=ORACLE)
    scene.chain.l1_fee = GWEI
    each = GAS * 3 * GWEI + 256 * GWEI
    scene.chain.balance = 2 * each - 1
    first, second = scene.sender.submit_all([intent("a"), intent("b")])
    assert isinstance(first, Sent)
    assert isinstance(second, Refused)
    assert second.reason == NO_ETHER
    third = scene.sender.submit(intent("c"))  # what is under way is counted too
    assert isinstance(third, Refused)
    assert third.reason == NO_ETHER
    scene.chain.balance += 1
    assert isinstance(scene.sender.submit(intent("d")), Sent)


def test_without_an_oracle_nobody_is_asked(scene: Scene) -> None:
    scene.chain.l1_fee = 10**30
    assert isinstance(scene.sender.submit(intent()), Sent)


def test_an_oracle_that_is_none_is_an_error(scene: Scene) -> None:
    scene.again(l1_oracle=ORACLE)
    with pytest.raises(RpcError, match="is it this chain's GasPriceOracle"):
        scene.sender.submit(intent())
    assert scene.sender.counts() == {}


def test_a_fee_for_data_that_rose_stops_what_waits(scene: Scene) -> None:
    scene.again(l1_oracle=ORACLE)
    scene.chain.l1_fee, scene.chain.is_full = 1, True
    scene.sender.submit(intent("a", max_cost_wei=GAS * 6 * GWEI))
    scene.chain.l1_fee = GAS * 6 * GWEI
    scene.tend(3)
    assert scene.meter.counts["sender_over_cap"] > 0
    assert scene.meter.counts["sender_bumped"] == 0
