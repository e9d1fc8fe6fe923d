"""deliver: the pots of the insurance fund and of vaults."""

import pytest

from tests.support.engine import USDC
from tests.support.fees import CHEST, FLOOR, NEW_VAULT, NO_REASON, STAKERS, STRANGER, VAULT, FeePair


def test_to_the_insurance_fund(full: FeePair) -> None:
    assert full.deliver(full.fund.address) == 260 * USDC
    assert full.fund.reserve() == 260 * USDC
    assert full.fund.pot() == 0
    full.check()


def test_to_the_vault(full: FeePair) -> None:
    """Into its account of the engine: its net asset value grows."""
    assert full.deliver(VAULT) == 420 * USDC
    assert full.engine.margin_of(int(VAULT, 16) << 8)[0] == 420 * USDC
    full.check()


def test_twice(full: FeePair) -> None:
    for recipient in (VAULT, full.fund.address):
        full.deliver(recipient)
        assert full.deliver(recipient) == "fees: nothing to deliver"
    full.check()


@pytest.mark.parametrize("recipient", [CHEST, STAKERS, STRANGER, "0x" + 40 * "0"])
def test_what_is_claimed_is_not_delivered(full: FeePair, recipient: str) -> None:
    assert full.deliver(recipient) == "fees: nothing to deliver"
    full.check()


def test_before_the_first_distribution(pair: FeePair) -> None:
    pair.earn(fees=1_000 * USDC)
    assert pair.deliver(VAULT) == "fees: nothing to deliver"


def test_one_pot_leaves_the_others_alone(full: FeePair) -> None:
    full.deliver(full.fund.address)
    assert full.fees.deliverable(VAULT) == 420 * USDC
    assert full.fees.booked() == (420 + 155 + 155 + 50) * USDC


@pytest.mark.parametrize(("left", "goes"), [(260 * USDC, True), (260 * USDC - 1, False)])
def test_fund_with_little_room(full: FeePair, left: int, goes: bool) -> None:
    """The pot is delivered whole or not at all, and stays until it can be."""
    full.fill_up(left)
    assert full.deliver(full.fund.address) == (260 * USDC if goes else "fund: amount too large")
    assert full.fees.deliverable(full.fund.address) == (0 if goes else 260 * USDC)
    full.check()


def test_barred_fund_is_paid_later(full: FeePair) -> None:
    full.bar(full.fund.address)
    assert full.deliver(full.fund.address) == NO_REASON
    assert full.deliver(VAULT) == 420 * USDC
    assert full.claim() == 155 * USDC
    full.earn(fees=10_000)
    full.distribute()
    full.check()
    full.bar(full.fund.address, False)
    assert full.deliver(full.fund.address) == 260 * USDC + 2_000
    full.check()


def test_barred_engine_is_paid_later(full: FeePair) -> None:
    full.bar(full.engine.address)
    assert full.deliver(VAULT) == NO_REASON
    assert full.deliver(full.fund.address) == 260 * USDC
    full.bar(full.engine.address, False)
    assert full.deliver(VAULT) == 420 * USDC
    full.check()


def test_barred_vault_is_paid(full: FeePair) -> None:
    """Its money never leaves the engine's hands for it."""
    full.bar(VAULT)
    assert full.deliver(VAULT) == 420 * USDC


def test_former_vault_keeps_its_pot(full: FeePair) -> None:
    assert full.change(vault=NEW_VAULT) is None
    full.earn(fees=10_000)
    full.distribute()
    assert full.deliver(VAULT) == 420 * USDC
    assert full.deliver(NEW_VAULT) == 4_000
    full.check()


def test_donation_does_not_go_with_it(full: FeePair) -> None:
    full.donate(10**9)
    assert full.deliver(full.fund.address) == 260 * USDC
    full.check()


def test_smallest(pair: FeePair) -> None:
    pair.earn(fees=FLOOR + 1)
    pair.distribute()
    assert pair.deliver(pair.fund.address) == 1
    assert pair.deliver(VAULT) == "fees: nothing to deliver"
    pair.check()
