"""The token: what the distributor does with one that misbehaves."""

from collections.abc import Callable

import pytest

from tests.support.engine import USDC
from tests.support.fees import CHEST, NEW_VAULT, OWNER, SETTINGS, STRANGER, VAULT, FeePair
from tests.support.insurance import Manner
from tests.support.orders import reverts
from walras.devtools.evm import Reverted, artifact

Deed = Callable[[FeePair], object]
DEEDS: dict[str, Deed] = {
    "distribute": lambda pair: pair.distribute(),
    "configure": lambda pair: pair.change(vault=NEW_VAULT),
    "fund": lambda pair: pair.deliver(pair.fund.address),
    "vault": lambda pair: pair.deliver(VAULT),
    "claim": lambda pair: pair.claim(),
}
RAW: dict[str, Deed] = {
    "distribute": lambda pair: pair.fees.distribute(sender=STRANGER),
    "configure": lambda pair: pair.fees.configure(SETTINGS, sender=OWNER),
    "fund": lambda pair: pair.fees.deliver(pair.fund.address, sender=STRANGER),
    "vault": lambda pair: pair.fees.deliver(VAULT, sender=STRANGER),
    "claim": lambda pair: pair.fees.claim(CHEST, sender=CHEST),
}
"""The same without the model, which does not know the token's manners."""


@pytest.fixture
def ready(full: FeePair) -> FeePair:
    """All pots have something, more has been earned, and somebody sent a dollar without a call."""
    full.donate(USDC)
    full.earn(fees=1_000 * USDC)
    full.token.mint(full.engine.address, USDC)  # of which a token can take what it likes on top
    return full


def test_manners_are_those_of_all_deeds() -> None:
    assert set(RAW) == set(DEEDS)


@pytest.mark.parametrize("name", DEEDS)
def test_returns_nothing(full: FeePair, name: str) -> None:
    """Which is as good as true."""
    full.earn(fees=1_000 * USDC)
    full.token.behave(Manner.SILENT, 1)
    assert not isinstance(DEEDS[name](full), str)
    full.check()


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        (Manner.DENY, "token: transfer refused"),
        (Manner.DENY_MOVED, "token: transfer refused"),
        (Manner.IDLE, "token: inexact transfer"),
        (Manner.REVERSE, "token: inexact transfer"),
        (Manner.FEE_ON_TOP, "token: inexact transfer"),
    ],
)
def test_refused(ready: FeePair, manner: Manner, reason: str, name: str) -> None:
    """A fee on top too: a donation could pay for it, and pots would not be what is there."""
    ready.token.mint(CHEST, USDC)  # to be moved the other way
    before = ready.state()
    ready.token.behave(manner, 1)
    with reverts(reason):
        RAW[name](ready)
    assert ready.state() == before
    ready.token.behave(Manner.HONEST, 0)
    assert not isinstance(RAW[name](ready), str)


@pytest.mark.parametrize("name", ["distribute", "configure", "fund", "vault"])
@pytest.mark.parametrize("manner", [Manner.FEE, Manner.BONUS])
def test_other_amount_arrives(ready: FeePair, manner: Manner, name: str) -> None:
    before = ready.state()
    ready.token.behave(manner, 1)
    with reverts("token: inexact transfer"):
        RAW[name](ready)
    assert ready.state() == before


def test_claimants_costs_are_his(ready: FeePair) -> None:
    """What leaves is exact: a token that begins to take a fee does not lock anybody in."""
    ready.token.behave(Manner.FEE, 5)
    ready.fees.claim(CHEST, sender=CHEST)
    assert ready.token.balanceOf(CHEST) == 155 * USDC - 5
    assert ready.fees.claimable(CHEST) == 0


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize("manner", [Manner.REVERT, Manner.GARBAGE])
def test_reverts_or_talks_nonsense(ready: FeePair, manner: Manner, name: str) -> None:
    before = ready.state()
    ready.token.behave(manner, 1)
    with pytest.raises(Reverted, match="Revert"):
        RAW[name](ready)
    assert ready.state() == before


# ---------------------------------------------------------------- calls back

CALLS = {
    "distribute": (),
    "deliver": (VAULT,),
    "claim": (STRANGER,),
    "configure": (SETTINGS,),
    "recall": (1,),
    "settings": (),
    "changed_at": (),
    "booked": (),
    "deliverable": (VAULT,),
    "claimable": (CHEST,),
    "preview": (),
}
OWNERSHIP = {"owner", "pending_owner", "transfer_ownership", "accept_ownership"}
"""snekmate's, which know nothing of money, and no lock."""
FIXED = {"token", "engine", "insurance"}
"""Of code, not of storage: never half done."""


def test_every_call_is_tried() -> None:
    names = {name.partition("(")[0] for name in artifact("FeeDistributor").selectors}
    assert set(CALLS) == names - OWNERSHIP - FIXED


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", DEEDS)
def test_token_that_calls_back_finds_it_closed(full: FeePair, name: str, call: str) -> None:
    """Views too: what they would tell is half done. What was under way is done, as if it had not called."""
    full.earn(fees=1_000 * USDC)
    full.token.call_back(full.fees.address, full.fees.encode(call, *CALLS[call]))
    assert not isinstance(DEEDS[name](full), str)
    assert (full.token.called(), full.token.answered()) == (1, 0)
    assert full.token.last_answer() == b""  # the lock gives no reason
    full.check()


def test_token_that_calls_elsewhere_is_heard(full: FeePair) -> None:
    """So the tests above would see an answer: ownership can be asked for."""
    full.token.call_back(full.fees.address, full.fees.encode("owner"))
    full.claim()
    assert (full.token.called(), full.token.answered()) == (1, 1)
    assert int.from_bytes(full.token.last_answer()) == int(OWNER, 16)
