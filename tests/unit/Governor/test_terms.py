"""The governor's terms: changed by a vote, within bounds, by steps, once a week."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.support.governance import (
    DAY,
    DELAY,
    HOUR,
    KEEPER,
    PROPOSER,
    STRANGER,
    SUPPLY,
    TERMS,
    VOTER,
    WEEK,
    WHALE,
    Proposal,
    State,
    World,
)
from tests.support.orders import reverts
from walras.devtools.evm import START, Reverted


@dataclass(frozen=True, slots=True)
class Term:
    """One of them, by hand from docs/governance.md."""

    setter: str
    view: str
    event: str
    least: int
    most: int
    step: int


ALL = {
    "voting_delay": Term("setVotingDelay", "votingDelay", "VotingDelaySet", HOUR, 7 * DAY, DAY),
    "voting_period": Term("setVotingPeriod", "votingPeriod", "VotingPeriodSet", 2 * DAY, 30 * DAY, 2 * DAY),
    "threshold": Term(
        "setProposalThreshold",
        "proposalThreshold",
        "ProposalThresholdSet",
        SUPPLY // 10_000,
        SUPPLY // 50,
        SUPPLY // 400,
    ),
    "quorum": Term("updateQuorumNumerator", "", "QuorumNumeratorUpdated", 100, 2_000, 100),
    "late_extension": Term(
        "setLateQuorumVoteExtension",
        "lateQuorumVoteExtension",
        "LateQuorumVoteExtensionSet",
        HOUR,
        7 * DAY,
        DAY,
    ),
}


def world_at(name: str, value: int) -> World:
    """One whose term is another, and whose proposer and whale have enough for all of them."""
    changes: dict[str, Any] = {name: value}
    world = World(replace(TERMS, **changes))
    world.give(PROPOSER, SUPPLY // 50)
    world.give(WHALE, SUPPLY // 5)
    world.advance(1)
    return world


def read(world: World, name: str) -> int:
    """A term."""
    return int(getattr(world.governor, ALL[name].view)()) if ALL[name].view else world.quorum_part()


def enact(world: World, name: str, value: int, text: str = "A term") -> None:
    """By the whole course."""
    world.enact(world.call(world.governor, ALL[name].setter, value, description=text))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("sign", [1, -1])
def test_one_step(world: World, name: str, sign: int) -> None:
    old = getattr(TERMS, name)
    new = max(old + sign * ALL[name].step, ALL[name].least)
    proposal = world.call(world.governor, ALL[name].setter, new)
    world.ripe(proposal)
    world.execute(proposal)
    events = [event for event in world.governor.events() if event.name == ALL[name].event]
    assert [list(event.args.values()) for event in events] == [[old, new]]
    assert read(world, name) == new


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("sign", [1, -1])
def test_one_step_and_a_bit(name: str, sign: int) -> None:
    middle = (ALL[name].least + ALL[name].most) // 2
    world = world_at(name, middle)
    with reverts("governor: step too large"):
        enact(world, name, middle + sign * (ALL[name].step + 1))
    assert read(world, name) == middle


@pytest.mark.parametrize("name", ALL)
def test_bounds(name: str) -> None:
    term = ALL[name]
    for bound, beyond in ((term.least, term.least - 1), (term.most, term.most + 1)):
        world = world_at(name, bound)
        with reverts("governor: bad setting"):
            enact(world, name, beyond)
        assert read(world, name) == bound


@pytest.mark.parametrize("name", ALL)
def test_to_a_bound(name: str) -> None:
    term = ALL[name]
    for bound, near in ((term.least, term.least + 1), (term.most, term.most - 1)):
        world = world_at(name, near)
        enact(world, name, bound)
        assert read(world, name) == bound


@pytest.mark.parametrize("name", ALL)
def test_once_a_week(world: World, name: str) -> None:
    """Two changes in one proposal are a larger step."""
    old = getattr(TERMS, name)
    data = [world.governor.encode(ALL[name].setter, old + half) for half in (1, 2)]
    proposal = Proposal([world.governor.address] * 2, [0, 0], data)
    world.ripe(proposal)
    with reverts("governor: changed too recently"):
        world.execute(proposal)
    assert read(world, name) == old


@pytest.mark.parametrize("name", ALL)
def test_a_week_later(world: World, name: str) -> None:
    old = getattr(TERMS, name)
    first, second = (
        world.call(world.governor, ALL[name].setter, old + extra, description=f"A term {extra}")
        for extra in (1, 2)
    )
    for proposal in (first, second):
        world.propose(proposal)
    world.advance(DAY + 1)
    for proposal in (first, second):
        world.vote(world.governor.hashProposal(*proposal.hashed))
    world.close(world.governor.hashProposal(*first.hashed))
    for proposal in (first, second):
        world.queue(proposal)
    world.advance(DELAY)
    world.execute(first)
    world.advance(WEEK - 1)
    with reverts("governor: changed too recently"):
        world.execute(second)
    world.advance(1)
    world.execute(second)
    assert read(world, name) == old + 2


def test_terms_are_changed_apart(world: World) -> None:
    """All five in one proposal: a week's waiting is each one's own."""
    values = {name: getattr(TERMS, name) + 1 for name in ALL}
    data = [world.governor.encode(ALL[name].setter, value) for name, value in values.items()]
    world.enact(Proposal([world.governor.address] * 5, [0] * 5, data))
    assert {name: read(world, name) for name in ALL} == values


@pytest.mark.parametrize("name", ALL)
def test_by_another(world: World, name: str) -> None:
    for caller in (STRANGER, KEEPER):
        with reverts("governor: only timelock"):
            getattr(world.governor, ALL[name].setter)(getattr(TERMS, name), sender=caller)


# ---------------------------------------------------------------- proposals under way


def test_delay_of_a_proposal_under_way(world: World) -> None:
    """The change is executed while another proposal is pending: that one keeps its snapshot."""
    proposal = world.call(world.governor, "setVotingDelay", 2 * DAY)
    world.ripe(proposal)
    pending = world.propose(world.raise_cap())
    world.execute(proposal)
    assert world.governor.proposalSnapshot(pending) == world.evm.time + DAY
    after = world.propose(world.raise_cap(description="After"))
    assert world.governor.proposalSnapshot(after) == world.evm.time + 2 * DAY


def test_threshold_counts_when_proposing(world: World) -> None:
    """It rises to 1.25 % while a proposal of one who has 1 % is under way."""
    proposal = world.call(world.governor, "setProposalThreshold", SUPPLY // 80)
    world.ripe(proposal)
    pending = world.propose(world.raise_cap())
    world.execute(proposal)
    assert world.state(pending) == State.PENDING
    with reverts("governor: too few votes"):
        world.propose(world.raise_cap(description="After"))


def test_late_extension_counts_when_the_quorum_comes(world: World) -> None:
    proposal = world.call(world.governor, "setLateQuorumVoteExtension", 3 * DAY)
    world.ripe(proposal)
    number = world.propose(world.raise_cap())
    world.execute(proposal)
    deadline = world.governor.proposalDeadline(number)
    world.evm.time = deadline
    world.vote(number)
    assert world.governor.proposalDeadline(number) == deadline + 3 * DAY


def test_period_of_a_proposal_under_way(world: World) -> None:
    """The change is executed while another proposal is pending: that one keeps its deadline."""
    proposal = world.call(world.governor, "setVotingPeriod", 7 * DAY)
    world.ripe(proposal)
    pending = world.propose(world.raise_cap())
    deadline = world.governor.proposalDeadline(pending)
    world.execute(proposal)
    assert world.governor.proposalDeadline(pending) == deadline
    after = world.propose(world.raise_cap(description="After"))
    assert world.governor.proposalDeadline(after) == deadline + 2 * DAY


def test_quorum_of_the_snapshot_counts() -> None:
    """The quorum rises to 5 % after a snapshot: 4 % are enough for that proposal, and not for the next."""
    world = World(replace(TERMS, voting_period=8 * DAY))
    raising = world.call(world.governor, "updateQuorumNumerator", 500)
    world.ripe(raising)
    before = world.propose(world.raise_cap(description="Before"))
    world.advance(DAY + 1)
    world.execute(raising)
    changed = world.evm.time
    after = world.propose(world.raise_cap(description="After"))
    world.advance(1)
    snapshot = world.governor.proposalSnapshot(before)
    assert snapshot == changed - 1
    part = world.governor.quorumNumerator
    assert [part(snapshot), part(changed), part(2**255), world.quorum_part()] == [400, 500, 500, 500]
    quorum = world.governor.quorum
    assert [quorum(snapshot), quorum(changed)] == [SUPPLY // 25, SUPPLY // 20]
    for voter in (VOTER, PROPOSER):  # 39,999 and 10,000: more than 4 %, less than 5 %
        world.vote(before, voter)
    world.advance(DAY)
    for voter in (VOTER, PROPOSER):
        world.vote(after, voter)
    world.close(before)
    assert world.state(before) == State.SUCCEEDED
    world.close(after)
    assert world.state(after) == State.DEFEATED


def test_too_large_a_number_for_its_type(world: World) -> None:
    """uint48 and uint32 are the standard's: what is beyond cannot be decoded."""
    proposal = Proposal(
        [world.governor.address],
        [0],
        [world.governor.encode("setVotingDelay", 1)[:4] + (2**48).to_bytes(32)],
    )
    world.ripe(proposal)
    with pytest.raises(Reverted):
        world.execute(proposal)
    assert world.governor.votingDelay() == TERMS.voting_delay


def test_quorum_before_there_was_a_governor(world: World) -> None:
    """Nothing is recorded of then, so there is no quorum; views alone ask that."""
    assert world.governor.quorumNumerator(START) == TERMS.quorum
    assert world.governor.quorumNumerator(START - 1) == 0
