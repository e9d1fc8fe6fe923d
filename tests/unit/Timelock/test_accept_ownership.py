"""Timelock's accept_ownership: takes what it is offered, for anybody who asks, and nothing else."""

import pytest

from tests.support.governance import GUARDIAN, PROPOSER, STRANGER, World
from tests.support.orders import reverts
from walras.devtools.evm import Reverted


def test_takes_what_is_offered(world: World) -> None:
    assert world.fund.pending_owner() == world.timelock.address
    world.timelock.accept_ownership(world.fund.address, sender=STRANGER)
    assert world.fund.owner() == world.timelock.address
    assert int(world.fund.pending_owner(), 16) == 0


def test_whoever_asked_may_do_nothing_with_it(world: World) -> None:
    world.timelock.accept_ownership(world.fund.address, sender=STRANGER)
    for caller in (STRANGER, PROPOSER, GUARDIAN):
        with reverts("ownable: caller is not the owner"):
            world.fund.set_draw_cap(0, 1, sender=caller)


@pytest.mark.parametrize("caller", [STRANGER, PROPOSER, GUARDIAN])
def test_what_is_offered_to_another_is_not_taken(world: World, caller: str) -> None:
    world.fund.transfer_ownership(STRANGER, sender=GUARDIAN)
    with reverts("ownable_2step: caller is not the new owner"):
        world.timelock.accept_ownership(world.fund.address, sender=caller)
    assert world.fund.owner() == GUARDIAN


def test_is_no_way_to_call_as_the_timelock(world: World) -> None:
    """What was taken already, has no owner, or is no contract."""
    world.timelock.accept_ownership(world.fund.address, sender=STRANGER)
    with reverts("ownable_2step: caller is not the new owner"):
        world.timelock.accept_ownership(world.fund.address, sender=STRANGER)
    for other in (world.token.address, STRANGER):
        with pytest.raises(Reverted):
            world.timelock.accept_ownership(other, sender=STRANGER)
