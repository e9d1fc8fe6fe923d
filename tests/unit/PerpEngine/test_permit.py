"""deposit_with_permit: collateral whose approval is signed, with a token of snekmate's (EIP-2612)."""

from typing import Any, Final

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from tests.support.engine import OWNER, EnginePair, deploy_engine
from tests.support.orders import reverts
from tests.support.signing import ANOTHER, CHAIN, SIGNER
from tests.support.traders import KEEPER, STRANGER
from walras.devtools.evm import DEPLOYER, Contract, artifact

AMOUNT: Final = 10**9
LATER: Final = 2**40
TYPES: Final = {
    "Permit": [
        {"name": name, "type": kind}
        for name, kind in (
            ("owner", "address"),
            ("spender", "address"),
            ("value", "uint256"),
            ("nonce", "uint256"),
            ("deadline", "uint256"),
        )
    ]
}


@pytest.fixture
def engine() -> tuple[Contract, Contract]:
    """An engine, and its token, of which the signer has some."""
    pair = EnginePair()
    token = pair.evm.deploy(artifact("PermitToken"), foreign=True)
    token.mint(SIGNER.address, 10 * AMOUNT, sender=DEPLOYER)
    return deploy_engine(pair.evm, OWNER, token.address, pair.router.address), token


def permit(
    engine: Contract, token: Contract, signer: LocalAccount = SIGNER, **changes: Any
) -> tuple[int, int, bytes, bytes]:
    """Deadline and signature."""
    message = {
        "owner": SIGNER.address,
        "spender": engine.address,
        "value": AMOUNT,
        "nonce": token.nonces(SIGNER.address),
        "deadline": LATER,
    } | changes
    domain = {"name": "Permit", "version": "1", "chainId": CHAIN, "verifyingContract": token.address}
    signed = Account.sign_typed_data(signer.key, domain, TYPES, message)
    return message["deadline"], signed.v, signed.r.to_bytes(32), signed.s.to_bytes(32)


ACCOUNT: Final = int(SIGNER.address, 16) << 8


def test_deposit(engine: tuple[Contract, Contract]) -> None:
    venue, token = engine
    venue.deposit_with_permit(ACCOUNT, AMOUNT, *permit(venue, token), sender=SIGNER.address)
    assert venue.collateral(ACCOUNT) == venue.tracked() == token.balanceOf(venue.address) == AMOUNT
    assert token.allowance(SIGNER.address, venue.address) == 0
    other = int(STRANGER, 16) << 8 | 7  # into anybody's account
    venue.deposit_with_permit(other, AMOUNT, *permit(venue, token), sender=SIGNER.address)
    assert venue.collateral(other) == AMOUNT


def test_replay(engine: tuple[Contract, Contract]) -> None:
    venue, token = engine
    signed = permit(venue, token)
    venue.deposit_with_permit(ACCOUNT, AMOUNT, *signed, sender=SIGNER.address)
    with reverts("engine: bad permit"):
        venue.deposit_with_permit(ACCOUNT, AMOUNT, *signed, sender=SIGNER.address)
    assert venue.collateral(ACCOUNT) == AMOUNT


def test_somebody_brought_the_permit_before(engine: tuple[Contract, Contract]) -> None:
    venue, token = engine
    signed = permit(venue, token)
    token.permit(SIGNER.address, venue.address, AMOUNT, *signed, sender=STRANGER)
    with reverts("engine: bad permit"):  # more than it allows
        venue.deposit_with_permit(ACCOUNT, AMOUNT + 1, *signed, sender=SIGNER.address)
    venue.deposit_with_permit(ACCOUNT, AMOUNT, *signed, sender=SIGNER.address)
    assert venue.collateral(ACCOUNT) == AMOUNT


def test_bad_permits(engine: tuple[Contract, Contract]) -> None:
    venue, token = engine
    now = venue.evm.time
    deadline, v, r, s = permit(venue, token)
    bad = (
        permit(venue, token, ANOTHER),
        permit(venue, token, value=AMOUNT - 1),
        permit(venue, token, nonce=1),
        permit(venue, token, spender=STRANGER),
        permit(venue, token, deadline=now - 1),
        (deadline - 1, v, r, s),
        (deadline, 55 - v, r, s),
        (deadline, 0, r, s),
        (deadline, v, s, r),
    )
    for signed in bad:
        with reverts("engine: bad permit"):
            venue.deposit_with_permit(ACCOUNT, AMOUNT, *signed, sender=SIGNER.address)
    venue.deposit_with_permit(ACCOUNT, AMOUNT, *permit(venue, token, deadline=now), sender=SIGNER.address)


def test_permit_is_the_callers(engine: tuple[Contract, Contract]) -> None:
    """Nobody spends another's signature, nor another's allowance."""
    venue, token = engine
    signed = permit(venue, token)
    theirs = int(STRANGER, 16) << 8
    with reverts("engine: bad permit"):
        venue.deposit_with_permit(theirs, AMOUNT, *signed, sender=STRANGER)
    token.approve(venue.address, 2**256 - 1, sender=SIGNER.address)
    with reverts("engine: bad permit"):
        venue.deposit_with_permit(theirs, 1, *signed, sender=STRANGER)
    assert token.balanceOf(SIGNER.address) == 10 * AMOUNT


def test_deposit_that_is_refused_keeps_the_permit(engine: tuple[Contract, Contract]) -> None:
    venue, token = engine
    signed = permit(venue, token)
    with reverts("engine: no such account"):
        venue.deposit_with_permit(7, AMOUNT, *signed, sender=SIGNER.address)
    assert (token.nonces(SIGNER.address), token.allowance(SIGNER.address, venue.address)) == (0, 0)
    with reverts("engine: amount too large"):
        venue.deposit_with_permit(ACCOUNT, 2**111, *permit(venue, token, value=2**111), sender=SIGNER.address)
    poor = int(KEEPER, 16) << 8
    token.approve(venue.address, 2**256 - 1, sender=KEEPER)
    data = venue.encode("deposit_with_permit", poor, 1, *signed)
    with reverts("erc20: transfer amount exceeds balance"):  # allowed, but not there
        venue.evm.call(KEEPER, venue.address, data, foreign=True)
    venue.deposit_with_permit(ACCOUNT, AMOUNT, *signed, sender=SIGNER.address)


def test_token_without_permits() -> None:
    """An allowance is as good."""
    pair = EnginePair()
    pair.mint(STRANGER, AMOUNT)
    account = int(STRANGER, 16) << 8
    pair.engine.deposit_with_permit(account, AMOUNT, 0, 0, bytes(32), bytes(32), sender=STRANGER)
    assert pair.engine.collateral(account) == AMOUNT
    pair.token.mint(KEEPER, AMOUNT)
    with reverts("engine: bad permit"):
        pair.engine.deposit_with_permit(account, AMOUNT, 0, 0, bytes(32), bytes(32), sender=KEEPER)
