"""getPastVotes, getPastTotalSupply and checkpoints: what was, second by second."""

import pytest

from tests.support.governance import DELEGATE, FOUNDATION, ONE, SUPPLY, VOTER, WHALE, World
from tests.support.orders import reverts


def test_a_change_counts_from_its_second_on(world: World) -> None:
    changed = world.evm.time
    world.give(WHALE, ONE)
    world.advance(2)
    past = world.token.getPastVotes
    assert [past(WHALE, changed + shift) // ONE for shift in (-1, 0, 1)] == [100_000, 100_001, 100_001]


def test_before_the_first_change(world: World) -> None:
    assert world.token.getPastVotes(WHALE, 0) == 0
    assert world.token.getPastVotes(DELEGATE, world.evm.time - 1) == 0


@pytest.mark.parametrize("ahead", [0, 1, 2**40])
def test_not_yet(world: World, ahead: int) -> None:
    with reverts("votes: future lookup"):
        world.token.getPastVotes(WHALE, world.evm.time + ahead)
    with reverts("votes: future lookup"):
        world.token.getPastTotalSupply(world.evm.time + ahead)


def test_a_second_ago(world: World) -> None:
    assert world.token.getPastVotes(WHALE, world.evm.time - 1) == 100_000 * ONE


def test_changes_of_one_second_are_one_checkpoint(world: World) -> None:
    count = world.token.numCheckpoints(WHALE)
    for _ in range(3):
        world.give(WHALE, ONE)
    assert world.token.numCheckpoints(WHALE) == count + 1
    assert world.token.checkpoints(WHALE, count) == (world.evm.time, 100_003 * ONE)
    world.advance(1)
    world.give(WHALE, ONE)
    assert world.token.numCheckpoints(WHALE) == count + 2


def test_checkpoint_that_is_not_there(world: World) -> None:
    assert world.token.checkpoints(WHALE, world.token.numCheckpoints(WHALE)) == (0, 0)
    assert world.token.numCheckpoints(DELEGATE) == 0


@pytest.mark.parametrize("changes", [1, 2, 3, 7, 8, 9, 33])
def test_every_second_of_a_history(world: World, changes: int) -> None:
    """Changes three seconds apart; each second between them is asked."""
    begin = world.evm.time
    for _ in range(changes):
        world.give(VOTER, ONE)
        world.advance(3)
    found = [world.token.getPastVotes(VOTER, begin - 1 + second) // ONE for second in range(3 * changes)]
    assert found == [39_999 + -(-second // 3) for second in range(3 * changes)]


def test_supply(world: World) -> None:
    born = world.evm.time
    token = World(supply=SUPPLY + 1, evm=world.evm).token
    world.advance(10)
    assert token.getPastTotalSupply(born - 1) == 0
    assert token.getPastTotalSupply(born) == token.getPastTotalSupply(born + 9) == SUPPLY + 1


def test_undelegated_tokens_are_supply_and_no_votes(world: World) -> None:
    assert world.token.getVotes(FOUNDATION) == 0
    assert world.token.getPastTotalSupply(world.evm.time - 1) == SUPPLY
