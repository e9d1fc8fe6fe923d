"""Governor's constructor: what it takes, and its terms' bounds."""

from dataclasses import replace
from typing import Any

import pytest
from eth_utils.crypto import keccak

from tests.support.governance import (
    DAY,
    DELAY,
    HOUR,
    STRANGER,
    SUPPLY,
    TERMS,
    Proposal,
    Terms,
    World,
)
from tests.support.orders import reverts
from walras.devtools.evm import Event, artifact

BOUNDS = {
    "voting_delay": (HOUR, 7 * DAY),
    "voting_period": (2 * DAY, 30 * DAY),
    "threshold": (SUPPLY // 10_000, SUPPLY // 50),
    "quorum": (100, 2_000),
    "late_extension": (HOUR, 7 * DAY),
}


def with_term(name: str, value: int) -> Terms:
    """Terms of which one is another."""
    changes: dict[str, Any] = {name: value}
    return replace(TERMS, **changes)


def test_terms(world: World) -> None:
    governor = world.governor
    assert governor.token() == world.token.address.lower()
    assert governor.timelock() == world.timelock.address.lower()
    assert governor.votingDelay() == TERMS.voting_delay
    assert governor.votingPeriod() == TERMS.voting_period
    assert governor.proposalThreshold() == TERMS.threshold
    assert governor.lateQuorumVoteExtension() == TERMS.late_extension
    assert world.quorum_part() == TERMS.quorum
    assert governor.quorumDenominator() == 10_000


def test_terms_are_logged() -> None:
    world = World()
    address = world._next_address(1)
    timelock = world.evm.deploy(artifact("Timelock"), DELAY, address)
    words = (world.token.address, timelock.address, world.words)
    governor = world.evm.deploy(artifact("Governor"), *words)
    assert governor.events() == [
        Event("VotingDelaySet", {"oldVotingDelay": 0, "newVotingDelay": TERMS.voting_delay}),
        Event("VotingPeriodSet", {"oldVotingPeriod": 0, "newVotingPeriod": TERMS.voting_period}),
        Event("ProposalThresholdSet", {"oldProposalThreshold": 0, "newProposalThreshold": TERMS.threshold}),
        Event("QuorumNumeratorUpdated", {"oldQuorumNumerator": 0, "newQuorumNumerator": TERMS.quorum}),
        Event(
            "LateQuorumVoteExtensionSet", {"oldVoteExtension": 0, "newVoteExtension": TERMS.late_extension}
        ),
    ]


@pytest.mark.parametrize("name", BOUNDS)
def test_terms_at_their_bounds(name: str) -> None:
    for value in BOUNDS[name]:
        assert getattr(World(with_term(name, value)).terms, name) == value


@pytest.mark.parametrize("name", BOUNDS)
def test_terms_beyond_their_bounds(name: str) -> None:
    least, most = BOUNDS[name]
    for value in (least - 1, most + 1):
        with reverts("governor: bad setting"):
            World(with_term(name, value))


def test_token_that_is_none(world: World) -> None:
    with reverts("governor: token not a contract"):
        world.evm.deploy(artifact("Governor"), STRANGER, world.timelock.address, world.words)


def test_timelock_that_is_none(world: World) -> None:
    with reverts("governor: not its timelock"):
        world.evm.deploy(artifact("Governor"), world.token.address, STRANGER, world.words)


def test_timelock_of_another_governor(world: World) -> None:
    with reverts("governor: not its timelock"):
        world.evm.deploy(artifact("Governor"), world.token.address, world.timelock.address, world.words)


@pytest.mark.parametrize("role", ["PROPOSER_ROLE", "CANCELLER_ROLE"])
def test_timelock_that_gives_it_one_role_only(world: World, role: str) -> None:
    """The DAO gives a governor to come one of the two roles."""
    address = world._next_address(0)
    grant = (getattr(world.timelock, role)(), address)
    world.enact(world.call(world.timelock, "grantRole", *grant))
    with reverts("governor: not its timelock"):
        world.evm.deploy(artifact("Governor"), world.token.address, world.timelock.address, world.words)


def test_governor_that_takes_over(world: World) -> None:
    """With both roles it is the timelock's."""
    address = world._next_address(0)
    for role in ("PROPOSER_ROLE", "CANCELLER_ROLE"):
        grant = (getattr(world.timelock, role)(), address)
        world.enact(world.call(world.timelock, "grantRole", *grant, description=role))
    words = (world.token.address, world.timelock.address, world.words)
    assert world.evm.deploy(artifact("Governor"), *words).address == address


def test_governor_that_takes_over_has_its_quorum_changed_in_its_first_second(world: World) -> None:
    """A vote of the governor before it may wait for it: of a second's two quorums the later one holds."""
    address = world._next_address(0)
    for role in ("PROPOSER_ROLE", "CANCELLER_ROLE"):
        grant = (getattr(world.timelock, role)(), address)
        world.enact(world.call(world.timelock, "grantRole", *grant, description=role))
    data = world.governor.encode("updateQuorumNumerator", TERMS.quorum + 100)
    change = Proposal([address], [0], [data], "A quorum for the next governor")
    world.ripe(change)
    words = (world.token.address, world.timelock.address, world.words)
    second = world.evm.deploy(artifact("Governor"), *words)
    assert second.address == address
    world.execute(change)
    born = world.evm.time
    world.advance(1)
    asked = keccak(text="quorumNumerator(uint256)")[:4]
    parts = [
        int.from_bytes(world.evm.call(STRANGER, address, asked + time.to_bytes(32), True))
        for time in (born - 1, born, born + 1)
    ]
    assert parts == [0, TERMS.quorum + 100, TERMS.quorum + 100]
