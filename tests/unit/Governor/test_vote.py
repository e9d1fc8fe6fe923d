"""Votes: who has how many, when, once, and what they come to."""

import pytest

from tests.support.governance import (
    DAY,
    DELEGATE,
    FOUNDATION,
    ONE,
    OPPONENT,
    PROPOSER,
    QUORUM,
    STRANGER,
    VOTER,
    WHALE,
    State,
    Support,
    Terms,
    World,
)
from tests.support.orders import reverts
from walras.devtools.evm import Event, artifact


@pytest.fixture
def number(world: World) -> int:
    """A proposal, in the first second of its vote."""
    return world.open(world.raise_cap())


@pytest.mark.parametrize("support", list(Support))
def test_each_kind(world: World, number: int, support: Support) -> None:
    assert world.vote(number, WHALE, support) == 100_000 * ONE
    cast = {"voter": WHALE.lower(), "proposalId": number, "support": support, "weight": 100_000 * ONE}
    assert world.governor.events()[0] == Event("VoteCast", {**cast, "reason": ""})
    expected = [0, 0, 0]
    expected[support] = 100_000 * ONE
    assert list(world.governor.proposalVotes(number)) == expected
    assert world.governor.hasVoted(number, WHALE) is True
    assert world.governor.hasVoted(number, VOTER) is False


@pytest.mark.parametrize("support", [3, 255])
def test_no_such_kind(world: World, number: int, support: int) -> None:
    with reverts("governor: bad vote type"):
        world.vote(number, WHALE, support)
    assert world.governor.hasVoted(number, WHALE) is False


def test_reason(world: World, number: int) -> None:
    words = "x" * 2_048
    world.governor.castVoteWithReason(number, 0, words, sender=VOTER)
    (event,) = world.governor.events()
    assert (event.name, event.args["reason"]) == ("VoteCast", words)


def test_params(world: World, number: int) -> None:
    weight = world.governor.castVoteWithReasonAndParams(number, 1, "why", b"\x07", sender=VOTER)
    (event,) = world.governor.events()
    assert weight == 39_999 * ONE
    assert event == Event(
        "VoteCastWithParams",
        {
            "voter": VOTER.lower(),
            "proposalId": number,
            "support": 1,
            "weight": weight,
            "reason": "why",
            "params": b"\x07",
        },
    )


def test_empty_params(world: World, number: int) -> None:
    world.governor.castVoteWithReasonAndParams(number, 1, "why", b"", sender=VOTER)
    assert [event.name for event in world.governor.events()] == ["VoteCast"]


def test_twice(world: World, number: int) -> None:
    world.vote(number, VOTER)
    for support in Support:
        with reverts("governor: already voted"):
            world.vote(number, VOTER, support)
    assert world.governor.proposalVotes(number) == (0, 39_999 * ONE, 0)


def test_votes_on_one_proposal_leave_another_alone(world: World) -> None:
    first = world.propose(world.raise_cap())
    second = world.propose(world.raise_cap(description="Another"))
    world.advance(DAY + 1)
    world.vote(first)
    assert world.governor.proposalVotes(second) == (0, 0, 0)
    assert world.governor.hasVoted(second, WHALE) is False
    assert world.vote(second) == 100_000 * ONE


def test_by_a_contract(world: World, number: int) -> None:
    """msg.sender votes, not who sent the transaction."""
    caller = world.evm.deploy(artifact("PayingCaller"), foreign=True)
    caller.forward(world.governor.address, world.governor.encode("castVote", number, 1), sender=WHALE)
    assert world.governor.hasVoted(number, caller.address) is True
    assert world.governor.hasVoted(number, WHALE) is False
    assert world.governor.proposalVotes(number) == (0, 0, 0)


# ---------------------------------------------------------------- when


def test_snapshot_is_still_pending(world: World) -> None:
    number = world.propose(world.raise_cap())
    world.evm.time = world.governor.proposalSnapshot(number)
    assert world.state(number) == State.PENDING
    with reverts("governor: not active"):
        world.vote(number)


def test_second_after_the_snapshot(world: World) -> None:
    number = world.propose(world.raise_cap())
    world.evm.time = world.governor.proposalSnapshot(number) + 1
    assert world.state(number) == State.ACTIVE
    assert world.vote(number) == 100_000 * ONE


def test_last_second(world: World, number: int) -> None:
    world.evm.time = world.governor.proposalDeadline(number)
    assert world.state(number) == State.ACTIVE
    assert world.vote(number, VOTER) == 39_999 * ONE


def test_second_after_the_deadline(world: World, number: int) -> None:
    world.close(number)
    assert world.state(number) == State.DEFEATED
    with reverts("governor: not active"):
        world.vote(number)


def test_unknown_proposal(world: World) -> None:
    with reverts("governor: unknown proposal"):
        world.vote(1)


# ---------------------------------------------------------------- whose


def test_votes_of_the_snapshot_count(world: World) -> None:
    """Who sells after it votes with what he had."""
    number = world.open(world.raise_cap())
    world.token.transfer(STRANGER, 100_000 * ONE, sender=WHALE)
    world.advance(DAY)
    assert world.vote(number) == 100_000 * ONE


def test_votes_bought_after_the_snapshot_do_not_count(world: World) -> None:
    """Whoever borrows tokens, for a moment or a day, votes with nothing."""
    number = world.open(world.raise_cap())
    world.token.transfer(STRANGER, 100_000 * ONE, sender=WHALE)
    world.token.delegate(STRANGER, sender=STRANGER)
    world.advance(DAY)
    assert world.token.getPastVotes(STRANGER, world.evm.time - 1) == 100_000 * ONE
    assert world.vote(number, STRANGER) == 0
    assert world.governor.hasVoted(number, STRANGER) is True
    assert world.governor.proposalVotes(number) == (0, 0, 0)


def test_votes_held_between_two_seconds_only(world: World) -> None:
    """A loan that is paid back in the snapshot's own second leaves nothing at its end."""
    number = world.propose(world.raise_cap())
    world.evm.time = world.governor.proposalSnapshot(number)
    world.token.delegate(STRANGER, sender=STRANGER)
    world.token.transfer(STRANGER, 100_000 * ONE, sender=WHALE)
    world.token.transfer(WHALE, 100_000 * ONE, sender=STRANGER)
    world.advance(1)
    assert world.vote(number, STRANGER) == 0
    assert world.vote(number, WHALE) == 100_000 * ONE


def test_votes_of_the_snapshots_own_second_count(world: World) -> None:
    number = world.propose(world.raise_cap())
    world.evm.time = world.governor.proposalSnapshot(number)
    world.give(VOTER, ONE)
    world.advance(1)
    assert world.vote(number, VOTER) == 40_000 * ONE


def test_one_voting_for_others(world: World) -> None:
    for holder in (VOTER, OPPONENT):
        world.token.delegate(DELEGATE, sender=holder)
    number = world.open(world.raise_cap())
    assert world.vote(number, DELEGATE) == 79_998 * ONE
    assert world.vote(number, VOTER) == 0


def test_tokens_without_a_delegate_do_not_vote(world: World, number: int) -> None:
    assert world.vote(number, FOUNDATION) == 0


def test_past_votes_with_params(world: World) -> None:
    past = world.evm.time - 1
    assert world.governor.getVotesWithParams(WHALE, past, b"any") == 100_000 * ONE
    with reverts("votes: future lookup"):
        world.governor.getVotes(WHALE, past + 1)


# ---------------------------------------------------------------- what they come to


def test_quorum_is_a_part_of_the_supply(world: World) -> None:
    assert world.governor.quorum(world.evm.time - 1) == QUORUM == 40_000 * ONE
    with reverts("votes: future lookup"):
        world.governor.quorum(world.evm.time)


def test_quorum_is_rounded_down() -> None:
    world = World(supply=10**22 + 24, terms=Terms(threshold=10**20))
    world.advance(1)
    assert world.governor.quorum(world.evm.time - 1) == 4 * 10**20  # 24 * 4 % is 0.96


def test_one_vote_below_the_quorum(world: World) -> None:
    world.token.transfer(VOTER, ONE - 1, sender=WHALE)  # VOTER has 40,000 tokens less a unit
    number = world.open(world.raise_cap())
    world.vote(number, VOTER)
    world.close(number)
    assert world.state(number) == State.DEFEATED


def test_exactly_the_quorum(world: World) -> None:
    world.token.transfer(VOTER, ONE, sender=WHALE)
    number = world.open(world.raise_cap())
    world.vote(number, VOTER)
    world.close(number)
    assert world.state(number) == State.SUCCEEDED


def test_abstentions_make_a_quorum(world: World) -> None:
    number = world.open(world.raise_cap())
    world.vote(number, VOTER)
    world.vote(number, WHALE, Support.ABSTAIN)
    world.close(number)
    assert world.state(number) == State.SUCCEEDED


def test_votes_against_make_none(world: World) -> None:
    """39,999 for and 10,000 against: more for, too few."""
    number = world.open(world.raise_cap())
    world.vote(number, VOTER)
    world.vote(number, PROPOSER, Support.AGAINST)
    world.close(number)
    assert world.state(number) == State.DEFEATED


def test_a_tie_is_defeat(world: World) -> None:
    number = world.open(world.raise_cap())
    world.vote(number, VOTER)
    world.vote(number, OPPONENT, Support.AGAINST)
    world.vote(number, WHALE, Support.ABSTAIN)
    world.close(number)
    assert world.state(number) == State.DEFEATED


def test_one_vote_more_than_a_tie(world: World) -> None:
    world.give(VOTER, 1)
    number = world.open(world.raise_cap())
    world.vote(number, VOTER)
    world.vote(number, OPPONENT, Support.AGAINST)
    world.vote(number, WHALE, Support.ABSTAIN)
    world.close(number)
    assert world.state(number) == State.SUCCEEDED


def test_abstentions_alone_are_defeat(world: World) -> None:
    number = world.open(world.raise_cap())
    world.vote(number, WHALE, Support.ABSTAIN)
    world.close(number)
    assert world.state(number) == State.DEFEATED


def test_counting_mode(world: World) -> None:
    assert world.governor.COUNTING_MODE() == "support=bravo&quorum=for,abstain"
    assert world.governor.CLOCK_MODE() == "mode=timestamp"
    assert world.governor.clock() == world.evm.time
