"""A late quorum leaves everybody two days more."""

import pytest

from tests.support.governance import DAY, ONE, OPPONENT, VOTER, WHALE, State, Support, World
from walras.devtools.evm import Event


@pytest.fixture
def number(world: World) -> int:
    """A proposal, in the first second of its vote."""
    return world.open(world.raise_cap())


def extensions(world: World) -> list[Event]:
    """Logged by the last call."""
    return [event for event in world.governor.events() if event.name == "ProposalExtended"]


def test_in_the_last_second(world: World, number: int) -> None:
    deadline = world.governor.proposalDeadline(number)
    world.evm.time = deadline
    world.vote(number)
    later = deadline + 2 * DAY
    assert extensions(world) == [Event("ProposalExtended", {"proposalId": number, "extendedDeadline": later})]
    assert world.governor.proposalDeadline(number) == later
    world.evm.time = later
    assert world.vote(number, OPPONENT, Support.AGAINST) == 39_999 * ONE
    world.advance(1)
    assert world.state(number) == State.SUCCEEDED


def test_exactly_two_days_before(world: World, number: int) -> None:
    deadline = world.governor.proposalDeadline(number)
    world.evm.time = deadline - 2 * DAY
    world.vote(number)
    assert extensions(world) == []
    assert world.governor.proposalDeadline(number) == deadline


def test_a_second_less_than_two_days_before(world: World, number: int) -> None:
    deadline = world.governor.proposalDeadline(number)
    world.evm.time = deadline - 2 * DAY + 1
    world.vote(number)
    assert len(extensions(world)) == 1
    assert world.governor.proposalDeadline(number) == deadline + 1


def test_votes_before_the_quorum_extend_nothing(world: World, number: int) -> None:
    deadline = world.governor.proposalDeadline(number)
    world.evm.time = deadline
    world.vote(number, VOTER)
    assert extensions(world) == []
    world.vote(number, OPPONENT, Support.AGAINST)
    assert world.governor.proposalDeadline(number) == deadline


def test_once_only(world: World, number: int) -> None:
    """Votes after the quorum extend nothing."""
    world.vote(number, WHALE)
    deadline = world.governor.proposalDeadline(number)
    world.evm.time = deadline
    world.vote(number, VOTER)
    assert extensions(world) == []
    assert world.governor.proposalDeadline(number) == deadline


def test_no_second_extension(world: World, number: int) -> None:
    world.evm.time = world.governor.proposalDeadline(number)
    world.vote(number, WHALE)
    later = world.governor.proposalDeadline(number)
    world.evm.time = later
    world.vote(number, VOTER)
    assert world.governor.proposalDeadline(number) == later


def test_abstentions_bring_the_quorum_too(world: World, number: int) -> None:
    world.evm.time = world.governor.proposalDeadline(number)
    world.vote(number, WHALE, Support.ABSTAIN)
    assert len(extensions(world)) == 1
