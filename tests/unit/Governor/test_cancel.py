"""cancel: by the proposer, while the proposal is pending."""

import pytest

from tests.support.governance import DAY, GUARDIAN, PROPOSER, STRANGER, WHALE, State, World
from tests.support.orders import reverts
from walras.devtools.evm import Event


def test_by_the_proposer(world: World) -> None:
    proposal = world.raise_cap()
    number = world.propose(proposal)
    assert world.governor.cancel(*proposal.hashed, sender=PROPOSER) == number
    assert world.governor.events() == [Event("ProposalCanceled", {"proposalId": number})]
    assert world.state(number) == State.CANCELED
    world.advance(DAY + 1)
    with reverts("governor: not active"):
        world.vote(number)


def test_in_the_snapshots_second(world: World) -> None:
    proposal = world.raise_cap()
    world.propose(proposal)
    world.advance(DAY)
    assert world.governor.cancel(*proposal.hashed, sender=PROPOSER)


def test_once_voting_has_begun(world: World) -> None:
    proposal = world.raise_cap()
    world.open(proposal)
    with reverts("governor: not pending"):
        world.governor.cancel(*proposal.hashed, sender=PROPOSER)


@pytest.mark.parametrize("caller", [STRANGER, WHALE, GUARDIAN])
def test_by_another(world: World, caller: str) -> None:
    proposal = world.raise_cap()
    number = world.propose(proposal)
    with reverts("governor: not the proposer"):
        world.governor.cancel(*proposal.hashed, sender=caller)
    assert world.state(number) == State.PENDING


def test_twice(world: World) -> None:
    proposal = world.raise_cap()
    world.propose(proposal)
    world.governor.cancel(*proposal.hashed, sender=PROPOSER)
    with reverts("governor: not pending"):
        world.governor.cancel(*proposal.hashed, sender=PROPOSER)


def test_what_nobody_proposed(world: World) -> None:
    with reverts("governor: unknown proposal"):
        world.governor.cancel(*world.raise_cap().hashed, sender=PROPOSER)


def test_is_not_proposed_again(world: World) -> None:
    """Without a name in its text, somebody else could have taken it first and cancelled it."""
    proposal = world.raise_cap()
    world.propose(proposal, sender=WHALE)
    world.governor.cancel(*proposal.hashed, sender=WHALE)
    with reverts("governor: already proposed"):
        world.propose(proposal)
    assert world.propose(world.raise_cap(description=f"Raise a cap #proposer={PROPOSER}"))


def test_stays_cancelled(world: World) -> None:
    proposal = world.raise_cap()
    number = world.propose(proposal)
    world.governor.cancel(*proposal.hashed, sender=PROPOSER)
    world.advance(100 * DAY)
    assert world.state(number) == State.CANCELED
    with reverts("governor: not succeeded"):
        world.queue(proposal)
