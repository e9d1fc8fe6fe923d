"""kill -9 after every step of the sender, in every story: nothing is sent twice, nothing is lost.

The sender dies in a process of its own; then another one opens its store, is asked for the same again, and
goes on. Mints that happen twice would be seen in balances, transactions too many in the nonce.
"""

import signal
from pathlib import Path

import pytest

from tests.support.mortal_sender import BLOCKS, Life, run
from tests.support.sending import Stage
from walras.chain.intents import End

STEPS = {
    "plain": ("looked 1", "accepted 1", "signed 1", "kept 1", "sent 1", "mined 1", "mined 2", "concluded 1",
              "concluded 2"),
    "reorganised": ("unmined 1", "unmined 2", "looked 2", "sent 2", "mined 3"),
    "bumped": ("looked 2", "signed 2", "kept 2", "sent 2"),
    "expired": ("cancelled 1", "cancelled 2", "signed 2", "kept 2", "sent 2", "concluded 1"),
    "gap": ("accepted 2", "signed 2", "kept 2", "sent 2", "mined 1", "concluded 1"),
    "taken": ("sent 2", "taken 1", "looked 2", "signed 2", "kept 2", "sent 3"),
}  # fmt: skip
"""Steps at which a process dies, with which occurrence of each: of the story's own, not those before it."""
TRANSACTIONS = {"plain": 2, "reorganised": 2, "bumped": 2, "expired": 2, "gap": 3, "taken": 3}
"""Of the key in blocks at the end, whenever it died."""


@pytest.mark.parametrize(
    ("story", "step"), [(story, step) for story, steps in STEPS.items() for step in steps]
)
def test_killed(stage: Stage, tmp_path: Path, story: str, step: str) -> None:
    """Dies at the step; goes on."""
    name, time = step.split()
    life = Life(stage.node.url, str(tmp_path), stage.token.address, story, name, int(time))
    assert run(life) == -signal.SIGKILL, "it did not come to the step"
    sender = stage.sender(confirmations=2)
    ends = {"expires_at": sender.rpc.head().time} if story == "expired" else {}
    sender.submit_all([stage.mint("a", to=1, **ends), stage.mint("b", to=2, **ends)])
    stage.tend(sender, BLOCKS)
    effect = 0 if story == "expired" else 1
    assert (stage.balance(1), stage.balance(2)) == (effect, effect)
    assert stage.node.nonce(sender.address) == TRANSACTIONS[story]
    end = End.EXPIRED if story == "expired" else End.SUCCEEDED
    counts = sender.counts()
    assert counts[end] >= 2
    assert set(counts) <= {End.EXPIRED, End.SUCCEEDED, End.SUPERSEDED}
    assert counts.get(End.SUPERSEDED, 0) <= (story == "gap")  # a refill that was not signed
    assert stage.node.pool() == []


@pytest.mark.parametrize("story", STEPS)
def test_not_killed(stage: Stage, tmp_path: Path, story: str) -> None:
    """The same stories to their end: each step that a process dies at above is there."""
    life = Life(stage.node.url, str(tmp_path), stage.token.address, story, "never", 1)
    assert run(life) == 0
    assert stage.node.nonce(stage.sender(confirmations=2).address) == TRANSACTIONS[story]
    effect = 0 if story == "expired" else 1
    assert (stage.balance(1), stage.balance(2)) == (effect, effect)
