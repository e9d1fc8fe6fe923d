"""update_delay: by the timelock itself, within bounds, by steps, once a week."""

import pytest

from tests.support.governance import DAY, DELAY, PROPOSER, STRANGER, WEEK, Proposal, World
from tests.support.orders import reverts
from walras.devtools.evm import Event, artifact


@pytest.fixture
def timelock(world: World) -> Proposal:
    """Two changes in one proposal."""
    data = [world.timelock.encode("update_delay", DELAY + half * DAY) for half in (1, 2)]
    return Proposal([world.timelock.address] * 2, [0, 0], data)


@pytest.mark.parametrize("delay", [DAY, DELAY - 1, DELAY, DELAY + 2 * DAY])
def test_one_step(world: World, delay: int) -> None:
    world.enact(world.call(world.timelock, "update_delay", delay))
    changes = [event for event in world.governor.events() if event.name == "MinimumDelayChange"]
    assert changes == [Event("MinimumDelayChange", {"old_duration": DELAY, "new_duration": delay})]
    assert world.timelock.get_minimum_delay() == delay


def test_one_step_and_a_second(world: World) -> None:
    world.ripe(proposal := world.call(world.timelock, "update_delay", DELAY + 2 * DAY + 1))
    with reverts("timelock: step too large"):
        world.execute(proposal)
    assert world.timelock.get_minimum_delay() == DELAY


def test_below_a_day(world: World) -> None:
    world.ripe(proposal := world.call(world.timelock, "update_delay", DAY - 1))
    with reverts("timelock: bad delay"):
        world.execute(proposal)


def test_above_thirty_days(world: World) -> None:
    """As high as it goes by steps, and a second more."""
    delay = DELAY
    for step in range(14):
        delay += 2 * DAY
        world.enact(world.call(world.timelock, "update_delay", delay, description=f"Step {step}"))
    assert world.timelock.get_minimum_delay() == 30 * DAY
    world.ripe(proposal := world.call(world.timelock, "update_delay", 30 * DAY + 1))
    with reverts("timelock: bad delay"):
        world.execute(proposal)


def test_twice_in_one_proposal(world: World, timelock: Proposal) -> None:
    world.ripe(timelock)
    with reverts("timelock: changed too recently"):
        world.execute(timelock)
    assert world.timelock.get_minimum_delay() == DELAY


@pytest.mark.parametrize("early", [1, 0])
def test_a_week_later(world: World, early: int) -> None:
    first, second = (
        world.call(world.timelock, "update_delay", DELAY + extra, description=f"Step {extra}")
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
    world.advance(WEEK - early)
    if early:
        with reverts("timelock: changed too recently"):
            world.execute(second)
    else:
        world.execute(second)
        assert world.timelock.get_minimum_delay() == DELAY + 2


@pytest.mark.parametrize("caller", [STRANGER, PROPOSER])
def test_by_another(world: World, caller: str) -> None:
    with reverts("timelock: only timelock"):
        world.timelock.update_delay(DELAY, sender=caller)


def test_not_even_the_governor(world: World) -> None:
    caller = world.evm.deploy(artifact("PayingCaller"), foreign=True)
    with reverts("timelock: only timelock"):
        caller.forward(world.timelock.address, world.timelock.encode("update_delay", DELAY))


def test_new_delay_counts_for_what_is_queued_later(world: World) -> None:
    early = world.raise_cap(description="Early")
    change = world.call(world.timelock, "update_delay", 4 * DAY)
    for proposal in (early, change):
        world.propose(proposal)
    world.advance(DAY + 1)
    for proposal in (early, change):
        world.vote(world.governor.hashProposal(*proposal.hashed))
    world.close(world.governor.hashProposal(*early.hashed))
    for proposal in (early, change):
        world.queue(proposal)
    world.advance(DELAY)
    world.execute(change)
    world.execute(early)
    late = world.raise_cap(description="Late")
    number = world.succeed(late)
    world.queue(late)
    assert world.governor.proposalEta(number) == world.evm.time + 4 * DAY
