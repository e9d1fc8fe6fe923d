"""delegate: who votes for whose tokens."""

from tests.support.governance import DELEGATE, NOBODY, ONE, OPPONENT, VOTER, WHALE, World
from walras.devtools.evm import Event, artifact


def test_to_another(world: World) -> None:
    world.token.delegate(DELEGATE, sender=WHALE)
    whale, delegate = WHALE.lower(), DELEGATE.lower()
    assert world.token.events() == [
        Event("DelegateChanged", {"delegator": whale, "fromDelegate": whale, "toDelegate": delegate}),
        Event("DelegateVotesChanged", {"delegate": whale, "previousVotes": 100_000 * ONE, "newVotes": 0}),
        Event("DelegateVotesChanged", {"delegate": delegate, "previousVotes": 0, "newVotes": 100_000 * ONE}),
    ]
    assert world.token.delegates(WHALE) == delegate
    assert world.token.getVotes(WHALE) == 0
    assert world.token.getVotes(DELEGATE) == 100_000 * ONE


def test_delegations_add_up_and_are_not_handed_on(world: World) -> None:
    world.token.delegate(DELEGATE, sender=VOTER)
    world.token.delegate(DELEGATE, sender=OPPONENT)
    assert world.token.getVotes(DELEGATE) == 79_998 * ONE
    world.token.delegate(WHALE, sender=DELEGATE)  # holds nothing: what others gave him stays his
    assert world.token.getVotes(DELEGATE) == 79_998 * ONE
    assert world.token.getVotes(WHALE) == 100_000 * ONE


def test_to_nobody(world: World) -> None:
    world.token.delegate(NOBODY, sender=WHALE)
    assert world.token.getVotes(WHALE) == 0
    assert world.token.getVotes(NOBODY) == 0
    assert world.token.delegates(WHALE) == NOBODY


def test_again_to_the_same(world: World) -> None:
    world.token.delegate(WHALE, sender=WHALE)
    assert [event.name for event in world.token.events()] == ["DelegateChanged"]
    assert world.token.getVotes(WHALE) == 100_000 * ONE


def test_before_there_are_tokens(world: World) -> None:
    world.token.delegate(WHALE, sender=DELEGATE)
    assert world.token.getVotes(WHALE) == 100_000 * ONE
    world.give(DELEGATE, ONE)
    assert world.token.getVotes(WHALE) == 100_001 * ONE


def test_by_a_contract(world: World) -> None:
    holder = world.evm.deploy(artifact("CallingToken"), foreign=True)
    world.give(holder.address, ONE)
    holder.forward(world.token.address, world.token.encode("delegate", DELEGATE), sender=WHALE)
    assert world.token.getVotes(DELEGATE) == ONE
    assert world.token.delegates(WHALE) == WHALE.lower()
