"""The token: what the triggers do with one that misbehaves, and with one that calls back."""

from collections.abc import Callable

import pytest

from tests.support.engine import USDC
from tests.support.insurance import Manner
from tests.support.orders import reverts
from tests.support.triggers import KEEPER, TIP, Executed, TriggerPair, stop
from walras.devtools.evm import Reverted


@pytest.fixture
def ready(pair: TriggerPair, long: int) -> TriggerPair:
    """The owner has a credit and a trigger; somebody sent a dollar without a call."""
    first = pair.place(long, stop(19_000))
    assert isinstance(first, int)
    pair.cancel(first)
    assert isinstance(pair.place(long, stop(30_000)), int)
    pair.donate(USDC)
    return pair


Deed = Callable[[TriggerPair, int], object]


def owner(pair: TriggerPair, long: int) -> str:
    return pair.exchange.owner(long)


DEEDS: dict[str, Deed] = {
    "place": lambda pair, long: pair.contract.place(long, stop(5), sender=owner(pair, long)),
    "place_pair": lambda pair, long: pair.contract.place_pair(
        long, stop(5), stop(6, tip=0), sender=owner(pair, long)
    ),
    "claim": lambda pair, long: pair.contract.claim(owner(pair, long), sender=owner(pair, long)),
}


def state(pair: TriggerPair, long: int) -> object:
    return (
        pair.contract.triggers_of(long),
        pair.contract.claimable(owner(pair, long)),
        pair.token.balanceOf(pair.contract.address),
    )


@pytest.mark.parametrize("name", DEEDS)
def test_returns_nothing(ready: TriggerPair, long: int, name: str) -> None:
    """Which is as good as true."""
    ready.token.behave(Manner.SILENT, 1)
    before = state(ready, long)
    DEEDS[name](ready, long)
    assert state(ready, long) != before


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        (Manner.DENY, "token: transfer refused"),
        (Manner.DENY_MOVED, "token: transfer refused"),
        (Manner.IDLE, "token: inexact transfer"),
        (Manner.REVERSE, "token: inexact transfer"),
    ],
)
def test_refused(ready: TriggerPair, long: int, name: str, manner: Manner, reason: str) -> None:
    before = state(ready, long)
    ready.token.behave(manner, 1)
    with reverts(reason):
        DEEDS[name](ready, long)
    assert state(ready, long) == before
    ready.token.behave(Manner.HONEST, 0)
    DEEDS[name](ready, long)


@pytest.mark.parametrize(
    ("name", "manner"),
    [
        ("place", Manner.FEE),
        ("place", Manner.BONUS),
        ("place_pair", Manner.FEE),
        ("claim", Manner.FEE_ON_TOP),
    ],
)
def test_other_amount(ready: TriggerPair, long: int, name: str, manner: Manner) -> None:
    """A donation does not pay for what is missing."""
    before = state(ready, long)
    ready.token.behave(manner, 1)
    with reverts("token: inexact transfer"):
        DEEDS[name](ready, long)
    assert state(ready, long) == before


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize("manner", [Manner.REVERT, Manner.GARBAGE])
def test_reverts_or_talks_nonsense(ready: TriggerPair, long: int, name: str, manner: Manner) -> None:
    before = state(ready, long)
    ready.token.behave(manner, 1)
    with pytest.raises(Reverted, match="Revert"):
        DEEDS[name](ready, long)
    assert state(ready, long) == before


def test_a_dead_token_stops_no_trigger(ready: TriggerPair, long: int) -> None:
    """Executing and cancelling move no tokens."""
    first, *_ = ready.contract.triggers_of(long)
    other = ready.place(long, stop(19_000))
    assert isinstance(other, int)
    ready.token.behave(Manner.REVERT, 0)
    assert isinstance(ready.execute(first), Executed)
    assert ready.cancel(other) == TIP


# ---------------------------------------------------------------- calls back


@pytest.mark.parametrize("name", DEEDS)
def test_finds_the_contract_closed(ready: TriggerPair, long: int, name: str) -> None:
    """Whatever the token calls in the midst of a transfer, views too, is refused."""
    contract = ready.contract
    (mine,) = contract.triggers_of(long)
    expired = ready.place(long, stop(5, expiry=ready.evm.time + 5))
    ready.exchange.advance(5)
    calls = {
        "place": contract.encode("place", long, stop(7, tip=0)),
        "place_pair": contract.encode("place_pair", long, stop(7, tip=0), stop(8, tip=0)),
        "cancel": contract.encode("cancel", mine),
        "claim": contract.encode("claim", KEEPER),
        "execute": contract.encode("execute", mine),
        "ratchet": contract.encode("ratchet", mine),
        "sweep": contract.encode("sweep", expired),
        "trigger": contract.encode("trigger", mine),
        "triggers_of": contract.encode("triggers_of", long),
        "executable": contract.encode("executable", [mine]),
    }
    assert set(contract._functions) - {"engine", "token", "claimable"} == set(calls)
    for data in calls.values():
        checkpoint = ready.evm.snapshot()
        ready.token.call_back(contract.address, data)
        DEEDS[name](ready, long)
        assert ready.token.called() > 0
        assert ready.token.answered() == 0
        ready.evm.revert(checkpoint)
    ready.token.call_back(ready.engine.address, ready.engine.encode("tracked"))
    DEEDS[name](ready, long)
    assert ready.token.answered() > 0, "so an answer would have been seen"


def test_no_execution_in_the_midst_of_the_engine(ready: TriggerPair, long: int) -> None:
    """A token that executes while the engine takes a deposit finds the engine closed, and parks nothing."""
    (mine,) = ready.contract.triggers_of(long)
    ready.token.call_back(ready.contract.address, ready.contract.encode("execute", mine))
    ready.engine.deposit(long, USDC, sender=owner(ready, long))
    assert (ready.token.called(), ready.token.answered()) == (1, 0)
    assert ready.contract.trigger(mine)[8] == ""
    ready.token.behave(Manner.HONEST, 0)
    assert ready.contract.execute(mine, sender=KEEPER) != 0
