"""Who would gain by how the vault is valued, and does not."""

import pytest

from tests.support.orders import refused
from tests.support.vault import OTHER, PROVIDER, QUOTES, VaultPair
from tests.support.vault_stories import USDC, position, price_is, take, worth

THIEF = PROVIDER
VICTIM = OTHER


@pytest.mark.parametrize("gift", [1, USDC, 10_000 * USDC, 900_000 * USDC])
@pytest.mark.parametrize("first", [1, USDC])
def test_inflation(pair: VaultPair, first: int, gift: int) -> None:
    """A first depositor makes his shares dear: half of that is lost to him, the next loses nearly nothing."""
    pair.enter(first, THIEF)
    pair.gift(gift)
    deposit = 100 * USDC
    assert pair.enter(deposit, VICTIM)
    lost = deposit - pair.vault.convertToAssets(pair.vault.balanceOf(VICTIM))
    assert 0 <= lost <= 1 + (first + gift) // 10**6
    kept = pair.vault.convertToAssets(pair.vault.balanceOf(THIEF))
    assert kept <= first + gift  # not even with all that the victim lost
    assert first + gift - kept >= (gift // (first + 1)) // 2
    pair.check()


def test_bare_tokens_do_not_count(full: VaultPair) -> None:
    full.donate(10**6 * USDC)
    assert full.enter(USDC) == 10**12
    assert full.leave(OTHER) == 100 * USDC
    assert full.token.balanceOf(full.vault.address) == 10**6 * USDC


def test_gifts_to_the_account_belong_to_all(full: VaultPair) -> None:
    """So do fees, which come the same way."""
    full.gift(40 * USDC)
    assert full.vault.convertToAssets(300 * 10**12) == 330 * USDC - 1
    assert full.vault.convertToAssets(100 * 10**12) == 110 * USDC - 1


@pytest.mark.parametrize("lots", [50, -50])
def test_just_before_a_profit_that_the_oracle_shows_already(full: VaultPair, taker: int, lots: int) -> None:
    """The mark is over a minute old; who enters pays the new price, and gains nothing by leaving."""
    take(full, taker, lots)
    full.advance(61)
    full.say(0, (2_100 if lots < 0 else 1_900) * 10**18)
    shares = full.enter(100 * USDC, THIEF)
    assert shares is not None
    found = full.ask_back(shares, THIEF)
    assert found is not None
    assert found.value <= 100 * USDC


def test_doubt_is_paid_by_who_comes_and_who_goes(full: VaultPair, taker: int) -> None:
    """In at 401, out at 399 of 400 tokens."""
    take(full, taker, -50)
    price_is(full, 2_000, 20)
    low, high = worth(full)
    shares = full.enter(100 * USDC, THIEF) or 0
    found = full.ask_back(shares, THIEF)
    assert found is not None
    assert found.value <= 100 * USDC * (low + 100 * USDC) // (high + 100 * USDC) + 1
    assert found.value < 99_700_000


def test_enter_before_and_leave_after_a_profit(full: VaultPair, taker: int) -> None:
    """Three days lie between, and what he asks for at the high is paid at the low."""
    take(full, taker, -50)
    shares = full.enter(100 * USDC, THIEF) or 0
    price_is(full, 2_200)
    found = full.ask_back(shares, THIEF)
    assert found is not None
    assert found.value > 101 * USDC
    price_is(full, 2_000)
    full.wait()
    paid = full.claim(shares, THIEF)
    assert paid is not None
    assert paid < 100 * USDC + 100_000


def test_request_is_no_option(full: VaultPair, taker: int) -> None:
    """Whatever comes after the request, none of it is the leaver's gain."""
    take(full, taker, -50)
    full.ask_back(100 * 10**12, VICTIM)
    value = full.reference.request_of(VICTIM).value
    price_is(full, 3_000)
    full.wait()
    full.sync(full.account_of_vault)
    assert full.vault.maxWithdraw(VICTIM) == value
    assert full.claim(100 * 10**12, VICTIM) == value


def test_staying_pays_nothing_for_the_leaving(full: VaultPair, taker: int) -> None:
    """Who leaves at the low of a price in doubt leaves the doubt's worth to the others."""
    take(full, taker, -50)
    full.ask_back(100 * 10**12, VICTIM)
    full.wait()
    price_is(full, 2_000, 20)
    low, high = worth(full)
    before = full.vault.totalSupply() + 10**6
    assert full.claim(100 * 10**12, VICTIM)
    after = full.vault.totalSupply() + 10**6
    left_low, left_high = worth(full)
    assert (left_low + 1) * before >= (low + 1) * after
    gain = left_high * before - high * after
    assert 495_000 * before < gain < 505_000 * before  # a quarter of two tokens


def test_leaving_under_leverage_leaves_a_fee(full: VaultPair, taker: int) -> None:
    """A run: each that leaves makes the rest more levered, and pays for it."""
    full.begin_with_quotes(0, QUOTES.__class__(10_000, 100_000, 1_000, 500, 1_000))
    full.begin_with_fee(0, 900)
    for _ in range(4):
        take(full, taker, -200)
    assert position(full) > 700
    full.ask_back(50 * 10**12, PROVIDER)
    full.ask_back(50 * 10**12, OTHER)
    full.wait()
    full.sync(full.account_of_vault)
    first = full.vault.exit_fee_bps()
    assert first > 100
    assert full.claim(50 * 10**12, PROVIDER)
    price_left = full.vault.convertToAssets(10**12)
    assert full.vault.exit_fee_bps() > first
    assert full.claim(50 * 10**12, OTHER)
    assert full.vault.convertToAssets(10**12) > price_left
    full.check()


def test_nobody_delays_another(full: VaultPair) -> None:
    """A request for another's account would make all of his wait anew."""
    full.ask_back(10**12, VICTIM)
    full.wait()
    with refused(full, "vault: not the controller"):
        full.ask_back(1, THIEF, VICTIM)
    assert full.claim(10**12, VICTIM) == USDC


def test_who_asks_and_asks_waits_and_waits(full: VaultPair) -> None:
    full.ask_back(10**12)
    full.advance(3 * 86_400 - 1)
    full.ask_back(10**12)
    full.advance(1)
    with refused(full, "vault: more than claimable"):
        full.claim(1)
