"""requestRedeem: shares wait in the vault's hands, their value is written down."""

import pytest

from tests.support.orders import refused
from tests.support.vault import NOBODY, OTHER, PROVIDER, VaultPair
from tests.support.vault_stories import COOLDOWN, DAY, USDC, mend, price_is, spoil, take, worth
from walras.devtools.evm import address
from walras.model.vault import ANY, Request

OPERATOR = address(0x0F)


def test_escrow(full: VaultPair) -> None:
    now = full.evm.time
    assert full.ask_back(100 * 10**12) == Request(100 * 10**12, 100 * USDC, now + COOLDOWN)
    vault = full.vault
    assert (vault.balanceOf(PROVIDER), vault.balanceOf(full.home)) == (200 * 10**12, 100 * 10**12)
    assert (vault.totalSupply(), vault.pending_value()) == (400 * 10**12, 100 * USDC)
    assert vault.pendingRedeemRequest(0, PROVIDER) == 100 * 10**12
    assert vault.claimableRedeemRequest(0, PROVIDER) == vault.maxRedeem(PROVIDER) == 0
    assert vault.pendingRedeemRequest(1, PROVIDER) == vault.claimableRedeemRequest(1, PROVIDER) == 0
    full.check()


@pytest.mark.parametrize(("seconds", "ripe"), [(COOLDOWN - 1, False), (COOLDOWN, True)])
def test_ripens(full: VaultPair, seconds: int, ripe: bool) -> None:
    full.ask_back(10**12)
    full.advance(seconds)
    assert full.vault.claimableRedeemRequest(0, PROVIDER) == (10**12 if ripe else 0)
    assert full.vault.claimableRedeemRequest(1, PROVIDER) == 0
    assert full.vault.pendingRedeemRequest(0, PROVIDER) == (0 if ripe else 10**12)
    assert full.vault.maxRedeem(PROVIDER) == (10**12 if ripe else 0)
    full.check()


def test_second_request_joins_and_waits_anew(full: VaultPair) -> None:
    """Values at the requests are added; what had waited waits again."""
    full.ask_back(10**12)
    full.advance(COOLDOWN)
    full.gift(400 * USDC)
    now = full.evm.time
    assert full.ask_back(10**12) == Request(2 * 10**12, 3 * USDC - 1, now + COOLDOWN)
    assert full.vault.claimableRedeemRequest(0, PROVIDER) == 0
    assert full.vault.pending_value() == 3 * USDC - 1
    full.check()


def test_cooldown_is_that_of_the_request(full: VaultPair) -> None:
    now = full.evm.time
    full.ask_back(10**12)
    assert full.set_cooldown(2 * DAY)
    assert full.reference.request_of(PROVIDER).claimable_from == now + COOLDOWN
    full.ask_back(10**12, OTHER)
    assert full.vault.request_of(OTHER) == (10**12, USDC, now + 2 * DAY)


def test_at_the_unkinder_valuation(full: VaultPair, taker: int) -> None:
    take(full, taker, -50)
    price_is(full, 2_000, 20)
    low, high = worth(full)
    found = full.ask_back(100 * 10**12)
    assert found is not None
    assert found.value == 100 * 10**12 * (low + 1) // (400 * 10**12 + 10**6) < high // 4


def test_on_marks_that_are_not_old(full: VaultPair, taker: int) -> None:
    """50 lots that were 100 tokens are 90: who asks now does not leave that to the others."""
    take(full, taker, -50)
    full.advance(61)
    full.say(0, 1_800 * 10**18)
    found = full.ask_back(100 * 10**12)
    assert found is not None
    assert found.value < 98 * USDC


@pytest.mark.parametrize("how", ["stale", "halted"])
def test_price_not_fit(full: VaultPair, taker: int, how: str) -> None:
    take(full, taker, 10)
    spoil(full, how)
    with refused(full, "vault: price not fit"):
        full.ask_back(10**12)
    mend(full)
    assert full.ask_back(10**12)


def test_worth_nothing(full: VaultPair) -> None:
    with refused(full, "vault: nothing to claim"):
        full.ask_back(10**6 - 1)
    assert full.ask_back(10**6)


def test_no_shares(full: VaultPair) -> None:
    with refused(full, "vault: zero shares"):
        full.ask_back(0)
    with refused(full, "vault: not enough shares"):
        full.ask_back(300 * 10**12 + 1)
    assert full.ask_back(300 * 10**12)


def test_for_a_stranger(full: VaultPair) -> None:
    """Nobody can make another's request wait anew, nor take his shares."""
    full.ask_back(10**12, OTHER)
    for controller in (OTHER, NOBODY, full.home):
        with refused(full, "vault: not the controller"):
            full.ask_back(10**12, PROVIDER, controller)
    with refused(full, "vault: allowance too low"):
        full.ask_back(10**12, PROVIDER, PROVIDER, OTHER)
    with refused(full, "vault: allowance too low"):  # what waits is nobody's to ask back again
        full.ask_back(10**12, PROVIDER, PROVIDER, full.home)


def test_operator(full: VaultPair) -> None:
    full.set_operator(OPERATOR)
    full.ask_back(10**12, OPERATOR, PROVIDER, PROVIDER)
    full.ask_back(10**12, OPERATOR, OPERATOR, PROVIDER)
    assert full.reference.request_of(PROVIDER).shares == full.reference.request_of(OPERATOR).shares == 10**12
    full.holders.append(OPERATOR)
    full.check()
    full.set_operator(OPERATOR, False)
    with refused(full, "vault: not the controller"):
        full.ask_back(10**12, OPERATOR, PROVIDER, PROVIDER)
    with refused(full, "vault: allowance too low"):
        full.ask_back(10**12, OPERATOR, OPERATOR, PROVIDER)


def test_allowance(full: VaultPair) -> None:
    full.approve(OTHER, 10**12)
    with refused(full, "vault: allowance too low"):
        full.ask_back(10**12 + 1, OTHER, OTHER, PROVIDER)
    assert full.ask_back(10**12, OTHER, OTHER, PROVIDER)
    assert full.vault.allowance(PROVIDER, OTHER) == 0
    full.approve(OTHER, ANY)
    assert full.ask_back(10**12, OTHER, OTHER, PROVIDER)
    assert full.vault.allowance(PROVIDER, OTHER) == ANY
    full.check()


def test_cannot_be_taken_back(full: VaultPair) -> None:
    """There is no such call: else the lower of two values would be an option, not a price."""
    full.ask_back(10**12)
    assert not [name for name in full.vault._functions if "cancel" in name.lower()]
