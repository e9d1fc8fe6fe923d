"""delegateBySig and permit: good once, in time, on one chain, for one token."""

from typing import Any

import pytest
from eth_account.signers.local import LocalAccount

from tests.support.governance import (
    ANOTHER,
    CHAIN,
    DELEGATE,
    HOUR,
    ONE,
    SIGNER,
    STRANGER,
    WHALE,
    World,
    domain,
    sign,
    vrs,
)
from tests.support.orders import reverts
from tests.support.starving import starve

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def signer(world: World) -> str:
    """Who signs, and has 7 tokens."""
    world.give(SIGNER.address, 7 * ONE)
    return SIGNER.address.lower()


def delegation(
    world: World,
    nonce: int = 0,
    expires_in: int = HOUR,
    by: LocalAccount = SIGNER,
    **changes: Any,
) -> tuple[Any, ...]:
    """Arguments of delegateBySig."""
    expiry = world.evm.time + expires_in
    message = {"delegatee": DELEGATE, "nonce": nonce, "expiry": expiry}
    return DELEGATE, nonce, expiry, *vrs(sign("Delegation", message, domain(world.token, **changes), by))


def permission(world: World, nonce: int = 0, expires_in: int = HOUR, **changes: Any) -> tuple[Any, ...]:
    """Arguments of permit."""
    words = (SIGNER.address, STRANGER, 3 * ONE)
    deadline = world.evm.time + expires_in
    names = ("owner", "spender", "value", "nonce", "deadline")
    message = dict(zip(names, (*words, nonce, deadline), strict=True))
    return *words, deadline, *vrs(sign("Permit", message, domain(world.token, **changes)))


def test_delegation(world: World, signer: str) -> None:
    world.token.delegateBySig(*delegation(world), sender=STRANGER)
    assert world.token.delegates(signer) == DELEGATE.lower()
    assert world.token.delegates(STRANGER) == "0x" + "00" * 20
    assert world.token.getVotes(DELEGATE) == 7 * ONE
    assert world.token.nonces(signer) == 1


@pytest.mark.parametrize("name", ["delegateBySig", "permit"])
def test_too_little_gas(world: World, signer: str, name: str) -> None:
    token = world.token
    words = delegation(world) if name == "delegateBySig" else permission(world)

    def state() -> list[Any]:
        return [token.nonces(signer), token.delegates(signer), token.allowance(signer, STRANGER)]

    ended = starve(lambda gas: getattr(token, name)(*words, sender=STRANGER, gas=gas), state)
    assert ended == {"Halt", "Revert"}
    assert token.nonces(signer) == 1


def test_delegation_twice(world: World, signer: str) -> None:
    words = delegation(world)
    world.token.delegateBySig(*words)
    with reverts("votes: bad nonce"):
        world.token.delegateBySig(*words)


def test_delegations_in_order(world: World, signer: str) -> None:
    second = delegation(world, nonce=1)
    with reverts("votes: bad nonce"):
        world.token.delegateBySig(*second)
    world.token.delegateBySig(*delegation(world))
    world.token.delegateBySig(*second)
    assert world.token.nonces(signer) == 2


def test_delegation_in_its_last_second(world: World, signer: str) -> None:
    words = delegation(world, expires_in=5)
    world.advance(5)
    world.token.delegateBySig(*words)
    assert world.token.getVotes(DELEGATE) == 7 * ONE


def test_delegation_a_second_later(world: World, signer: str) -> None:
    words = delegation(world, expires_in=5)
    world.advance(6)
    with reverts("votes: signature expired"):
        world.token.delegateBySig(*words)


@pytest.mark.parametrize(
    "changes",
    [
        {"chainId": CHAIN + 1},
        {"verifyingContract": WHALE},
        {"name": "Walras Governor"},
        {"version": "2"},
    ],
)
def test_delegation_in_another_domain_is_not_the_signers(
    world: World, signer: str, changes: dict[str, Any]
) -> None:
    """It recovers to some address that holds nothing: it delegates no votes, and not the signer's."""
    world.token.delegateBySig(*delegation(world, **changes))
    assert world.token.getVotes(DELEGATE) == 0
    assert world.token.nonces(signer) == 0
    assert world.token.delegates(signer) == "0x" + "00" * 20


def test_delegation_with_changed_words_is_not_the_signers(world: World, signer: str) -> None:
    _, *rest = delegation(world)
    world.token.delegateBySig(STRANGER, *rest)
    assert world.token.getVotes(STRANGER) == 0
    assert world.token.nonces(signer) == 0


def test_delegation_with_the_upper_twin(world: World, signer: str) -> None:
    *rest, v, r, s = delegation(world)
    twin = (ORDER - int.from_bytes(s)).to_bytes(32)
    with reverts("ecdsa: invalid signature `s` value"):
        world.token.delegateBySig(*rest, 55 - v, r, twin)


def test_delegation_of_a_bad_signature(world: World, signer: str) -> None:
    *rest, _, r, s = delegation(world)
    with reverts("ecdsa: invalid signature"):
        world.token.delegateBySig(*rest, 29, r, s)


def test_permit(world: World, signer: str) -> None:
    world.token.permit(*permission(world), sender=STRANGER)
    world.token.transferFrom(signer, WHALE, 3 * ONE, sender=STRANGER)
    assert world.token.balanceOf(signer) == 4 * ONE
    assert world.token.getVotes(WHALE) == 100_003 * ONE


def test_permit_twice(world: World, signer: str) -> None:
    words = permission(world)
    world.token.permit(*words)
    with reverts("erc20: invalid signature"):
        world.token.permit(*words)


def test_permit_too_late(world: World, signer: str) -> None:
    words = permission(world, expires_in=5)
    world.advance(6)
    with reverts("erc20: expired deadline"):
        world.token.permit(*words)


def test_permit_on_another_chain(world: World, signer: str) -> None:
    with reverts("erc20: invalid signature"):
        world.token.permit(*permission(world, chainId=CHAIN + 1))


def test_nonces_are_shared(world: World, signer: str) -> None:
    world.token.permit(*permission(world))
    with reverts("votes: bad nonce"):
        world.token.delegateBySig(*delegation(world))
    world.token.delegateBySig(*delegation(world, nonce=1))
    assert world.token.nonces(signer) == 2


def test_accounts_have_nonces_of_their_own(world: World, signer: str) -> None:
    world.token.delegateBySig(*delegation(world))
    world.token.delegateBySig(*delegation(world, by=ANOTHER))
    assert world.token.nonces(ANOTHER.address) == 1


def test_domain(world: World) -> None:
    fields, name, version, chain, contract, salt, extensions = world.token.eip712Domain()
    assert (fields, name, version, chain) == (b"\x0f", "Walras", "1", CHAIN)
    assert (contract, salt, extensions) == (world.token.address.lower(), bytes(32), ())
