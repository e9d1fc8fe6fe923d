"""Transfers: as ERC-20, and votes go with the tokens."""

import pyrevm
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.governance import (
    CHAIN,
    DELEGATE,
    FOUNDATION,
    NOBODY,
    ONE,
    OPPONENT,
    STRANGER,
    SUPPLY,
    VOTER,
    WHALE,
    World,
)
from tests.support.orders import reverts
from walras.devtools.evm import Contract, Event, artifact


def votes(world: World, *accounts: str) -> list[int]:
    """In whole tokens."""
    return [world.token.getVotes(account) // ONE for account in accounts]


def test_votes_move_between_delegates(world: World) -> None:
    assert world.token.transfer(VOTER, 30_000 * ONE, sender=WHALE)
    names = [event.name for event in world.token.events()]
    assert names == ["Transfer", "DelegateVotesChanged", "DelegateVotesChanged"]
    assert votes(world, WHALE, VOTER) == [70_000, 69_999]
    assert world.token.balanceOf(WHALE) == 70_000 * ONE


def test_votes_leave_with_tokens_to_who_has_no_delegate(world: World) -> None:
    world.token.transfer(STRANGER, ONE, sender=WHALE)
    assert world.token.events()[1:] == [
        Event(
            "DelegateVotesChanged",
            {"delegate": WHALE.lower(), "previousVotes": 100_000 * ONE, "newVotes": 99_999 * ONE},
        )
    ]
    assert votes(world, WHALE, STRANGER) == [99_999, 0]


def test_votes_appear_with_tokens_of_who_had_no_delegate(world: World) -> None:
    world.token.transfer(WHALE, ONE, sender=FOUNDATION)
    assert votes(world, WHALE, FOUNDATION) == [100_001, 0]


def test_nothing_changes_between_holders_of_one_delegate(world: World) -> None:
    for holder in (VOTER, OPPONENT):
        world.token.delegate(DELEGATE, sender=holder)
    count = world.token.numCheckpoints(DELEGATE)
    world.advance(1)
    world.token.transfer(OPPONENT, 1_000 * ONE, sender=VOTER)
    assert [event.name for event in world.token.events()] == ["Transfer"]
    assert votes(world, DELEGATE) == [79_998]
    assert world.token.numCheckpoints(DELEGATE) == count


def test_transfer_to_oneself(world: World) -> None:
    world.token.transfer(WHALE, 100_000 * ONE, sender=WHALE)
    assert votes(world, WHALE) == [100_000]
    assert world.token.balanceOf(WHALE) == 100_000 * ONE


def test_transfer_of_nothing(world: World) -> None:
    world.token.transfer(VOTER, 0, sender=WHALE)
    assert [event.name for event in world.token.events()] == ["Transfer"]


def test_more_than_the_balance(world: World) -> None:
    with reverts("erc20: transfer amount exceeds balance"):
        world.token.transfer(VOTER, 100_000 * ONE + 1, sender=WHALE)


def test_to_nobody(world: World) -> None:
    with reverts("erc20: transfer to the zero address"):
        world.token.transfer(NOBODY, 1, sender=WHALE)


def test_transfer_from_uses_the_allowance(world: World) -> None:
    world.token.approve(STRANGER, 3 * ONE, sender=WHALE)
    assert world.token.transferFrom(WHALE, VOTER, 2 * ONE, sender=STRANGER)
    assert world.token.allowance(WHALE, STRANGER) == ONE
    assert votes(world, WHALE, VOTER, STRANGER) == [99_998, 40_001, 0]


def test_transfer_from_without_allowance(world: World) -> None:
    with reverts("erc20: insufficient allowance"):
        world.token.transferFrom(WHALE, VOTER, 1, sender=STRANGER)


def test_endless_allowance_stays(world: World) -> None:
    world.token.approve(STRANGER, 2**256 - 1, sender=WHALE)
    world.token.transferFrom(WHALE, VOTER, ONE, sender=STRANGER)
    assert world.token.allowance(WHALE, STRANGER) == 2**256 - 1


def test_by_a_contract(world: World) -> None:
    """msg.sender holds, not who sent the transaction."""
    holder = world.evm.deploy(artifact("CallingToken"), foreign=True)
    world.give(holder.address, 5 * ONE)
    holder.forward(world.token.address, world.token.encode("transfer", VOTER, 2 * ONE), sender=WHALE)
    assert world.token.balanceOf(holder.address) == 3 * ONE
    assert votes(world, WHALE, VOTER) == [100_000, 40_001]


def test_supply_stays(world: World) -> None:
    world.token.transfer(VOTER, world.token.balanceOf(FOUNDATION), sender=FOUNDATION)
    assert world.token.totalSupply() == SUPPLY
    assert world.token.balanceOf(FOUNDATION) == 0


def test_nobody_is_no_spender_and_no_owner(world: World) -> None:
    """The zero address is approved of nothing; nothing, too, cannot be taken from it."""
    with reverts("erc20: approve to the zero address"):
        world.token.approve(NOBODY, 1, sender=WHALE)
    assert world.token.allowance(WHALE, NOBODY) == 0
    with reverts("erc20: approve from the zero address"):
        world.token.transferFrom(NOBODY, VOTER, 0, sender=WHALE)


def test_domain_after_a_fork_of_the_chain(world: World) -> None:
    """The branch that takes another number is another domain: a permit of before is not good there."""
    at = world.token.address
    branch = pyrevm.EVM(env=pyrevm.Env(cfg=pyrevm.CfgEnv(chain_id=7)), gas_limit=2**62, spec_id="CANCUN")
    branch.insert_account_info(at, pyrevm.AccountInfo(code=world.evm.code(at)))
    call = world.token.encode("DOMAIN_SEPARATOR")
    there = bytes(branch.message_call(WHALE, at, call))
    elsewhere = "0x" + "e1" * 20
    world.evm._evm.insert_account_info(elsewhere, pyrevm.AccountInfo(code=world.evm.code(at)))
    moved = world.evm.call(WHALE, elsewhere, call)
    assert len({there, moved, bytes(world.token.DOMAIN_SEPARATOR())}) == 3
    assert there == separator(world.token, 7)
    assert bytes(world.token.DOMAIN_SEPARATOR()) == separator(world.token, CHAIN)


def separator(token: Contract, chain: int) -> bytes:
    """By EIP-712, from what the token says of itself but the chain."""
    fields, name, version, _, at, _, _ = token.eip712Domain()
    assert fields == b"\x0f"
    kind = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    words = [kind, keccak(text=name), keccak(text=version), chain, at]
    return keccak(encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], words))
