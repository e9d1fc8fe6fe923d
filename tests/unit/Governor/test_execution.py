"""queue and execute: from a vote to what the timelock does, once, whole or not at all."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.governance import (
    DAY,
    DELAY,
    GUARDIAN,
    KEEPER,
    MARKET,
    NOBODY,
    ONE,
    OPPONENT,
    PROPOSER,
    STRANGER,
    WHALE,
    Proposal,
    State,
    Support,
    World,
)
from tests.support.orders import reverts
from walras.devtools.evm import Contract, Event, Reverted, artifact


@pytest.fixture
def target(world: World) -> Contract:
    """Counts, and does what it is told."""
    return world.evm.deploy(artifact("ActingTarget"), foreign=True)


def acts(target: Contract, times: int = 1, value: int = 0) -> Proposal:
    """A proposal to let a target act."""
    return Proposal([target.address] * times, [value] * times, [target.encode("act")] * times)


def test_whole_course(world: World) -> None:
    """A holder proposes, delegates vote, a keeper queues and executes: the fund is the timelock's."""
    proposal = world.raise_cap(cap=5)
    number = world.propose(proposal)
    begin = world.evm.time
    assert world.state(number) == State.PENDING
    world.evm.time = begin + DAY + 1
    assert world.state(number) == State.ACTIVE
    world.vote(number, WHALE)
    world.vote(number, OPPONENT, Support.AGAINST)
    world.evm.time = begin + 6 * DAY + 1
    assert world.state(number) == State.SUCCEEDED
    assert world.queue(proposal) == number
    queued = world.evm.time
    assert world.governor.proposalEta(number) == queued + DELAY
    assert world.state(number) == State.QUEUED
    world.evm.time = queued + DELAY - 1
    with reverts("timelock_controller: operation is not ready"):
        world.execute(proposal)
    world.evm.time = queued + DELAY
    assert world.fund.owner() == GUARDIAN.lower()
    assert world.execute(proposal) == number
    assert world.governor.events()[-1] == Event("ProposalExecuted", {"proposalId": number})
    assert world.state(number) == State.EXECUTED
    assert world.fund.owner() == world.timelock.address.lower()
    assert world.fund.draw_cap(MARKET) == 5


def test_queue_logs(world: World) -> None:
    proposal = world.raise_cap()
    number = world.succeed(proposal)
    world.queue(proposal)
    events = world.governor.events()
    names = [event.name for event in events]
    assert names == ["CallScheduled", "CallScheduled", "CallSalt", "ProposalQueued"]
    eta = {"proposalId": number, "etaSeconds": world.evm.time + DELAY}
    assert events[-1] == Event("ProposalQueued", eta)


def test_operation_is_openzeppelins(world: World) -> None:
    """Its salt is the governor's address over the description's hash; its id the hash of the batch."""
    proposal = world.raise_cap()
    world.succeed(proposal)
    world.queue(proposal)
    operation = world.operation(proposal)
    types = ["address[]", "uint256[]", "bytes[]", "bytes32", "bytes32"]
    identity = keccak(encode(types, list(operation)))
    assert world.timelock.hash_operation_batch(*operation) == identity
    assert world.timelock.is_operation_pending(identity) is True
    assert world.timelock.get_timestamp(identity) == world.evm.time + DELAY


# ---------------------------------------------------------------- what is queued


@pytest.mark.parametrize("moment", ["pending", "active", "defeated", "queued"])
def test_not_to_be_queued(world: World, moment: str) -> None:
    proposal = world.raise_cap()
    number = world.propose(proposal)
    if moment != "pending":
        world.advance(DAY + 1)
    if moment == "queued":
        world.vote(number)
    if moment in ("defeated", "queued"):
        world.close(number)
    if moment == "queued":
        world.queue(proposal)
    assert world.state(number) == State[moment.upper()]
    with reverts("governor: not succeeded"):
        world.queue(proposal)


def test_queue_of_what_nobody_proposed(world: World) -> None:
    proposal = world.raise_cap()
    world.succeed(proposal)
    with reverts("governor: unknown proposal"):
        world.queue(world.raise_cap(cap=6))
    with reverts("governor: unknown proposal"):
        world.queue(world.raise_cap(description="Other words"))


def test_last_second_to_queue(world: World) -> None:
    proposal = world.raise_cap()
    number = world.succeed(proposal)
    world.evm.time = world.governor.proposalDeadline(number) + 14 * DAY
    assert world.state(number) == State.SUCCEEDED
    assert world.queue(proposal) == number


def test_too_late_to_queue(world: World) -> None:
    """What passed and was forgotten does not come back."""
    proposal = world.raise_cap()
    number = world.succeed(proposal)
    world.evm.time = world.governor.proposalDeadline(number) + 14 * DAY + 1
    assert world.state(number) == State.EXPIRED
    with reverts("governor: not succeeded"):
        world.queue(proposal)


def test_queued_proposal_does_not_expire(world: World) -> None:
    proposal = world.raise_cap()
    number = world.ripe(proposal)
    world.advance(1_000 * DAY)
    assert world.state(number) == State.QUEUED
    assert world.execute(proposal) == number


# ---------------------------------------------------------------- what is executed


@pytest.mark.parametrize("moment", ["pending", "active", "defeated", "succeeded", "executed"])
def test_not_to_be_executed(world: World, moment: str) -> None:
    proposal = world.raise_cap()
    number = world.propose(proposal)
    if moment != "pending":
        world.advance(DAY + 1)
    if moment in ("succeeded", "executed"):
        world.vote(number)
    if moment in ("defeated", "succeeded", "executed"):
        world.close(number)
    if moment == "executed":
        world.queue(proposal)
        world.advance(DELAY)
        world.execute(proposal)
    assert world.state(number) == State[moment.upper()]
    with reverts("governor: not queued"):
        world.execute(proposal)


def test_execute_what_nobody_proposed(world: World) -> None:
    world.ripe(world.raise_cap())
    with reverts("governor: unknown proposal"):
        world.execute(world.raise_cap(cap=6))


def test_at_the_timelock_by_anybody(world: World, target: Contract) -> None:
    proposal = acts(target)
    number = world.ripe(proposal)
    world.timelock.execute_batch(*world.operation(proposal), sender=STRANGER)
    assert target.count() == 1
    assert world.state(number) == State.EXECUTED
    with reverts("governor: not queued"):
        world.execute(proposal)


def test_execution_twice_at_the_timelock(world: World, target: Contract) -> None:
    proposal = acts(target)
    world.ripe(proposal)
    world.execute(proposal)
    with reverts("timelock_controller: operation is not ready"):
        world.timelock.execute_batch(*world.operation(proposal), sender=STRANGER)
    assert target.count() == 1


def test_same_calls_in_two_proposals(world: World, target: Contract) -> None:
    """Their descriptions tell them apart, in the timelock as well."""
    for text in ("Once", "Twice"):
        proposal = Proposal([target.address], [0], [target.encode("act")], text)
        world.enact(proposal)
    assert target.count() == 2


def test_failing_call_undoes_all(world: World, target: Contract) -> None:
    proposal = Proposal(
        [target.address, world.fund.address],
        [0, 0],
        [target.encode("act"), world.fund.encode("set_draw_cap", MARKET, 5)],  # not its owner yet
    )
    number = world.ripe(proposal)
    with reverts("ownable: caller is not the owner"):
        world.execute(proposal)
    assert target.count() == 0
    assert world.state(number) == State.QUEUED
    world.enact(world.call(world.fund, "accept_ownership", description="First this"))
    assert world.execute(proposal) == number
    assert (target.count(), world.fund.draw_cap(MARKET)) == (1, 5)


def test_failing_call_without_a_reason(world: World, target: Contract) -> None:
    proposal = Proposal([target.address], [0], [target.encode("fail", b"")])
    number = world.ripe(proposal)
    with reverts("timelock_controller: underlying transaction reverted"):
        world.execute(proposal)
    assert world.state(number) == State.QUEUED


def test_thirty_two_calls_of_a_kilobyte(world: World, target: Contract) -> None:
    data = target.encode("act") + bytes(1_020)
    proposal = Proposal([target.address] * 32, [0] * 32, [data] * 32, "x" * 16_384)
    world.enact(proposal)
    assert target.count() == 32


# ---------------------------------------------------------------- ether


def test_ether_of_the_timelock(world: World, target: Contract) -> None:
    proposal = acts(target, times=2, value=3)
    world.ripe(proposal)
    world.evm.fund(GUARDIAN)
    world.evm.call(GUARDIAN, world.timelock.address, b"", value=7)
    world.execute(proposal)
    assert world.evm.balance(target.address) == 6
    assert world.evm.balance(world.timelock.address) == 1


def test_ether_of_who_executes(world: World, target: Contract) -> None:
    proposal = acts(target, value=3)
    number = world.ripe(proposal)
    with reverts("timelock_controller: underlying transaction reverted"):
        world.execute(proposal)
    assert world.state(number) == State.QUEUED
    world.evm.fund(KEEPER)
    world.execute(proposal, value=5)
    assert world.evm.balance(target.address) == 3
    assert world.evm.balance(world.timelock.address) == 2
    assert world.evm.balance(world.governor.address) == 0


def test_governor_takes_no_ether_by_itself(world: World) -> None:
    world.evm.fund(KEEPER)
    with pytest.raises(Reverted):
        world.evm.call(KEEPER, world.governor.address, b"", value=1)


# ---------------------------------------------------------------- calls that come back


def test_call_that_executes_the_proposal_again(world: World, target: Contract) -> None:
    proposal = acts(target)
    number = world.ripe(proposal)
    target.arm(world.governor.address, world.governor.encode("execute", *proposal.hashed))
    world.execute(proposal)
    assert target.has_succeeded() is False
    assert target.count() == 1
    assert world.state(number) == State.EXECUTED


def test_call_that_executes_the_operation_again(world: World, target: Contract) -> None:
    """Within itself it would pass; then the outer one finds it done, and all is undone."""
    proposal = acts(target)
    number = world.ripe(proposal)
    operation = world.operation(proposal)
    target.arm(world.timelock.address, world.timelock.encode("execute_batch", *operation))
    with reverts("timelock_controller: operation is not ready"):
        world.execute(proposal)
    assert target.count() == 0
    assert world.state(number) == State.QUEUED


def test_call_that_reads_the_governor(world: World, target: Contract) -> None:
    """Views are open in the midst of an execution, and tell that it is executed."""
    proposal = acts(target)
    number = world.ripe(proposal)
    target.arm(world.governor.address, world.governor.encode("state", number))
    world.execute(proposal)
    assert target.has_succeeded() is True


def test_call_that_votes(world: World, target: Contract) -> None:
    """As what it is: an account without votes."""
    proposal = acts(target)
    world.succeed(proposal)
    world.queue(proposal)
    other = world.propose(world.raise_cap(description="Another"))
    target.arm(world.governor.address, world.governor.encode("castVote", other, 1))
    world.advance(DELAY)
    world.execute(proposal)
    assert target.has_succeeded() is True
    assert world.governor.hasVoted(other, target.address) is True
    assert world.governor.proposalVotes(other) == (0, 0, 0)


# ---------------------------------------------------------------- what a vote can give and take


def test_guardian_with_a_role_stops_a_queued_proposal(world: World, target: Contract) -> None:
    role = world.timelock.CANCELLER_ROLE()
    world.enact(world.call(world.timelock, "grantRole", role, GUARDIAN, description="A guardian"))
    proposal = acts(target)
    number = world.ripe(proposal)
    operation = world.timelock.hash_operation_batch(*world.operation(proposal))
    with reverts("access_control: account is missing role"):
        world.timelock.cancel(operation, sender=STRANGER)
    world.timelock.cancel(operation, sender=GUARDIAN)
    assert world.state(number) == State.CANCELED
    with reverts("governor: not queued"):
        world.execute(proposal)
    with reverts("governor: not succeeded"):
        world.queue(proposal)


def test_proposal_pays_from_the_treasury(world: World) -> None:
    world.give(world.treasury.address, 500 * ONE)
    words = (world.token.address, STRANGER, 200 * ONE)
    world.enact(world.call(world.treasury, "pay", *words))
    assert world.token.balanceOf(STRANGER) == 200 * ONE
    assert world.token.balanceOf(world.treasury.address) == 300 * ONE


def test_interfaces(world: World) -> None:
    supports = world.governor.supportsInterface
    assert supports(bytes.fromhex("01ffc9a7")) is True  # ERC-165
    assert supports(bytes.fromhex("65455a86")) is True  # IGovernor, as OpenZeppelin 5.0 has it
    assert supports(bytes.fromhex("ffffffff")) is False
    assert supports(bytes.fromhex("4e2312e0")) is False  # IERC1155Receiver: the timelock receives
    assert supports(bytes(4)) is False


def test_proposer_has_no_right_over_what_passed(world: World) -> None:
    proposal = world.raise_cap()
    world.ripe(proposal)
    with reverts("governor: not pending"):
        world.governor.cancel(*proposal.hashed, sender=PROPOSER)
    operation = world.timelock.hash_operation_batch(*world.operation(proposal))
    for caller in (PROPOSER, GUARDIAN, NOBODY):
        with reverts("access_control: account is missing role"):
            world.timelock.cancel(operation, sender=caller)
