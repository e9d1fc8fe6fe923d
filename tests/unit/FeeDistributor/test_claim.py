"""claim: the pots of treasury and others, fetched by their owners alone."""

import pytest

from tests.support.engine import USDC
from tests.support.fees import (
    BUYBACK,
    CHEST,
    NEW_CHEST,
    NO_REASON,
    OWNER,
    STAKERS,
    STRANGER,
    VAULT,
    FeePair,
)
from tests.support.orders import reverts
from walras.devtools.evm import artifact
from walras.model.insurance import NOBODY


@pytest.mark.parametrize(("who", "amount"), [(CHEST, 155), (STAKERS, 155), (BUYBACK, 50)])
def test_own_pot(full: FeePair, who: str, amount: int) -> None:
    assert full.claim(who) == amount * USDC
    assert full.token.balanceOf(who) == amount * USDC
    assert full.claim(who) == "fees: nothing to claim"
    full.check()


def test_to_another(full: FeePair) -> None:
    assert full.claim(CHEST, STRANGER) == 155 * USDC
    assert full.token.balanceOf(STRANGER) == 155 * USDC
    assert full.fees.claimable(STAKERS) == 155 * USDC


def test_to_nobody(full: FeePair) -> None:
    assert full.claim(CHEST, NOBODY) == "fees: no receiver"
    full.check()


def test_to_the_distributor_itself(full: FeePair) -> None:
    with reverts("token: inexact transfer"):
        full.fees.claim(full.fees.address, sender=CHEST)


@pytest.mark.parametrize("who", [STRANGER, OWNER, VAULT])
def test_without_a_pot(full: FeePair, who: str) -> None:
    """The vault's is delivered to it, the owner has none."""
    assert full.claim(who) == "fees: nothing to claim"
    full.check()


def test_barred_recipient_stops_himself_alone(full: FeePair) -> None:
    full.bar(CHEST)
    assert full.claim(CHEST) == NO_REASON
    assert full.claim(STAKERS) == 155 * USDC
    full.earn(fees=10_000)
    assert not isinstance(full.distribute(), str)
    assert full.claim(CHEST, STRANGER) == 155 * USDC + 1_500
    full.check()


def test_former_treasury_keeps_its_pot(full: FeePair) -> None:
    assert full.change(treasury=NEW_CHEST) is None
    full.earn(fees=10_000)
    full.distribute()
    assert full.claim(CHEST) == 155 * USDC
    assert full.claim(NEW_CHEST) == 1_500
    full.check()


def test_through_a_contract(full: FeePair) -> None:
    """The pot is his who calls, not his who sent the transaction."""
    caller = full.evm.deploy(artifact("PayingCaller"))
    with reverts("fees: nothing to claim"):
        caller.forward(full.fees.address, full.fees.encode("claim", STRANGER), sender=CHEST)
    full.change(treasury=caller.address.lower())
    full.earn(fees=10_000)
    full.distribute()
    caller.forward(full.fees.address, full.fees.encode("claim", STRANGER), sender=STRANGER)
    assert full.token.balanceOf(STRANGER) == 1_500


def test_contract_that_cannot_call_stops_nobody(full: FeePair) -> None:
    """Its pot waits for it; the owner names another recipient for what comes later."""
    full.change(treasury=full.token.address.lower())
    full.earn(fees=10_000)
    assert not isinstance(full.distribute(), str)
    assert full.claim(STAKERS) == 155 * USDC + 1_500
    assert full.fees.claimable(full.token.address) == 1_500
    full.check()
