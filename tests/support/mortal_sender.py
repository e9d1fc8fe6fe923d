"""A sender in a process of its own that kills itself, with SIGKILL, right after a step of its work.

`python -m tests.support.mortal_sender '<Life as JSON>'`. What it did until then is on the chain and in its
store; a test opens the same store afterwards and goes on. It ends with status 0 if it lives to the end.
"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.support.anvils import CHAIN, KEY, ROOT, Anvil
from tests.support.sending import GWEI, Stage
from walras.chain.bindings import PlainToken
from walras.chain.keys import from_hex
from walras.chain.sender import Sender

BLOCKS = 8
"""That a life goes on for at most."""


@dataclass(frozen=True)
class Life:
    """What a process does, and when it ends."""

    url: str
    folder: str
    token: str
    story: str
    step: str
    time: int
    """At which occurrence of the step."""


def run(life: Life) -> int:
    """In a process of its own; its exit status."""
    words = [sys.executable, "-m", "tests.support.mortal_sender", json.dumps(asdict(life))]
    return subprocess.run(words, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode


def foreign(nonce: int) -> str:
    """A transaction of the same key that the sender does not know of."""
    account = from_hex(KEY)
    signed = account.sign_transaction(
        {"type": 2, "chainId": CHAIN, "nonce": nonce, "to": account.address, "value": 0, "data": b"",
         "gas": 21_000, "maxFeePerGas": 4 * GWEI, "maxPriorityFeePerGas": 2 * GWEI}
    )  # fmt: skip
    return "0x" + bytes(signed.raw_transaction).hex()


def live(life: Life) -> None:
    """The story, as far as it comes."""
    seen: Counter[str] = Counter()

    def at(step: str) -> None:
        seen[step] += 1
        if step == life.step and seen[step] == life.time:
            os.kill(os.getpid(), signal.SIGKILL)

    node = Anvil(life.url, None)  # type: ignore[arg-type]
    stage = Stage(node, PlainToken(life.token), Path(life.folder))
    sender = stage.sender(confirmations=2, at=at)
    STORIES[life.story](stage, sender)
    stage.tend(sender, BLOCKS)


def _plain(stage: Stage, sender: Sender) -> None:
    """Two intents at once, and nothing happens to them."""
    sender.submit_all([stage.mint("a", to=1), stage.mint("b", to=2)])


def _reorganised(stage: Stage, sender: Sender) -> None:
    """Their block is replaced."""
    _plain(stage, sender)
    stage.tend(sender)
    stage.node.ask("anvil_reorg", 1, [])
    sender.tend(sender.rpc.head())


def _bumped(stage: Stage, sender: Sender) -> None:
    """The base fee goes beyond what they offer."""
    _plain(stage, sender)
    stage.node.ask("anvil_setNextBlockBaseFeePerGas", hex(10 * GWEI))
    stage.tend(sender)


def _expired(stage: Stage, sender: Sender) -> None:
    """Nodes lose them, and their time passes."""
    ends = sender.rpc.head().time + 50
    sender.submit_all([stage.mint("a", to=1, expires_at=ends), stage.mint("b", to=2, expires_at=ends)])
    for one in stage.node.pool():
        stage.node.ask("anvil_dropTransaction", one)
    stage.node.ask("evm_setNextBlockTimestamp", ends)
    stage.tend(sender)


def _gap(stage: Stage, sender: Sender) -> None:
    """A foreign transaction before theirs is lost."""
    lost = stage.node.ask("eth_sendRawTransaction", foreign(0))
    _plain(stage, sender)
    stage.node.ask("anvil_dropTransaction", lost)


def _taken(stage: Stage, sender: Sender) -> None:
    """A foreign transaction takes the first nonce; the second one waits for its own."""
    _plain(stage, sender)
    for one in stage.node.pool():
        stage.node.ask("anvil_dropTransaction", one)
    stage.node.ask("eth_sendRawTransaction", foreign(0))
    stage.node.mine()


STORIES = {
    "plain": _plain,
    "reorganised": _reorganised,
    "bumped": _bumped,
    "expired": _expired,
    "gap": _gap,
    "taken": _taken,
}

if __name__ == "__main__":
    live(Life(**json.loads(sys.argv[1])))
