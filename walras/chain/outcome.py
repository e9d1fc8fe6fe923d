"""What a sender answers, and what it tells later."""

from dataclasses import dataclass
from typing import Final

from walras.chain.intents import End, Intent, Mined, State
from walras.chain.reasons import Reverted

EXPIRED: Final = "sender: expired"
TOO_EXPENSIVE: Final = "sender: too expensive"
NO_ETHER: Final = "sender: not enough ether"
FEE_CAP: Final = "sender: base fee above the cap"
NO_ANSWER: Final = "sender: no endpoint answered"
NONCE_USED: Final = "sender: nonce used"
NONCE_HELD: Final = "sender: nonce held"
NOT_TAKEN: Final = "sender: not taken"
NOT_SIMULATED: Final = "sender: not simulated"

SENTENCES: Final = {
    EXPIRED: "Chain time is past the intent's expiry; decide anew.",
    TOO_EXPENSIVE: "Gas limit x fee (and a rollup's for data) is more than it is worth; wait for lower fees.",
    NO_ETHER: "The key does not have the ether for gas, beside what is under way; send it some.",
    FEE_CAP: "Base and priority fee are above max_fee_wei; it is sent once they are not, or raise the cap.",
    NO_ANSWER: "It is signed and kept, and the same bytes are sent until an endpoint answers.",
    NONCE_USED: "Its nonce is in a block already; whose transaction that is, is found out first.",
    NONCE_HELD: "Another transaction with its nonce waits; does another process send with this key?",
    NOT_SIMULATED: "The node refuses to simulate it, and that says nothing of the call; it is asked again.",
    NOT_TAKEN: "Nodes do not take it; the same bytes are sent again, and cancelled if that goes on.",
}
"""Of the sender's own reasons; those of contracts are in walras/reasons.py."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Signed, kept, and taken by a node at least."""

    intent: Intent
    hash: str
    nonce: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Accepted and kept, but no node is known to have it: `tend` goes on with it."""

    intent: Intent
    reason: str
    hash: str | None = None
    """None: nothing is signed yet."""
    words: str = ""
    """The node's own."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was signed or kept: the simulation says that it would fail, or it may not be sent."""

    intent: Intent
    reason: str
    """Of walras/reasons.py, or of SENTENCES."""

    @property
    def sentence(self) -> str:
        """What it means."""
        return SENTENCES.get(self.reason) or Reverted(self.reason).sentence


@dataclass(frozen=True, slots=True)
class Known:
    """The key is under way, or succeeded before: nothing was done."""

    intent: Intent
    state: State


Outcome = Sent | Waiting | Refused | Known


@dataclass(frozen=True, slots=True)
class Concluded:
    """An intent is over."""

    intent: Intent
    end: End
    reason: str
    """Why, where it did not succeed."""
    mined: Mined | None
    """Its transaction, or that which cancelled it."""
    cost_wei: int
    """Of gas, whatever became of it."""
