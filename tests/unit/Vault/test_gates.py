"""The engine's gates: maxima tell what it would pay, and nothing while it pays nobody."""

import pytest

from tests.support.engine import OWNER
from tests.support.oracle import ONE
from tests.support.orders import refused
from tests.support.traders import KEEPER
from tests.support.vault import CAP, OTHER, PROVIDER, VaultPair
from tests.support.vault_stories import DAY, USDC, take

HOUR = 3_600


@pytest.fixture
def ripe(full: VaultPair) -> VaultPair:
    """All of both providers' shares have waited."""
    for provider in (PROVIDER, OTHER):
        full.ask_back(full.reference.balance_of(provider), provider)
    full.wait()
    return full


def check_gated(pair: VaultPair, seconds: int) -> None:
    """For so long nothing can be claimed, and the maxima say so; then all can."""
    for passed in (0, seconds - 1):
        pair.advance(passed)
        assert pair.vault.maxRedeem(PROVIDER) == pair.vault.maxWithdraw(PROVIDER) == 0
        for act in (pair.claim, pair.claim_assets):
            with refused(pair, "engine: withdrawals gated"):
                act(USDC)
        assert pair.vault.claimableRedeemRequest(0, PROVIDER) == 300 * 10**12  # it has waited all the same
        assert pair.vault.previewDeposit(USDC) > 0
        pair.check()
    pair.advance(1)
    assert pair.vault.maxWithdraw(PROVIDER) == 300 * USDC
    assert pair.claim(pair.vault.maxRedeem(PROVIDER)) == 300 * USDC
    pair.check()


def test_guardians_pause(ripe: VaultPair) -> None:
    ripe.pause("withdrawals")
    check_gated(ripe, DAY)


def end_batch(pair: VaultPair, price: int) -> int:
    """With a price that was published after it closed; lots that it traded."""
    pair.advance(11)
    pair.say(0, price * ONE)
    return int(pair.auction(0).lots)


def trade(pair: VaultPair, buyer: int, seller: int, price: int) -> None:
    """A thousand lots, of which the vault takes none."""
    assert pair.sell(seller, 1_000, 10 * price, post_only=True) is not None
    assert pair.buy(buyer, 1_000, 10 * price) is not None
    assert end_batch(pair, price) == 1_000
    for account in (buyer, seller):
        pair.sync(account)


@pytest.fixture
def short(ripe: VaultPair) -> int:
    """An account with 101 tokens that lost 300. Others have left with the profit: 350 tokens are there."""
    short, long = ripe.fund(44, 101 * USDC), ripe.fund(55, 101 * USDC)
    buyer = ripe.fund(66, 3_000 * USDC)
    trade(ripe, long, short, 2_000)
    end_batch(ripe, 2_300)
    trade(ripe, buyer, long, 2_300)
    ripe.withdraw(long, 398 * USDC)
    ripe.withdraw(buyer, ripe.engine.tracked() - 350 * USDC)
    assert ripe.refusal is None
    return short


def test_hour_after_a_deficit(ripe: VaultPair, short: int) -> None:
    ripe.engine.set_liquidator(KEEPER, sender=OWNER)
    ripe.engine.force_socialise(short, 0, USDC, sender=KEEPER)
    ripe.model.force_socialise(short, 0, USDC)
    check_gated(ripe, HOUR)


def test_no_more_than_the_engine_has(ripe: VaultPair, short: int) -> None:
    """Who comes last is paid what is there, and the rest of his request waits for somebody to bring it."""
    assert ripe.claim(ripe.vault.maxRedeem(PROVIDER)) == 300 * USDC
    assert ripe.vault.maxWithdraw(OTHER) == 50 * USDC < ripe.reference.worth.free
    with refused(ripe, "engine: deficit unpaid"):
        ripe.claim_assets(50 * USDC + 1, OTHER)
    saved = ripe.save()
    paid = ripe.claim(ripe.vault.maxRedeem(OTHER), OTHER)
    assert paid is not None
    assert 50 * USDC - 2 <= paid <= 50 * USDC
    ripe.restore(saved)
    assert ripe.claim_assets(50 * USDC, OTHER) is not None
    assert ripe.vault.maxRedeem(OTHER) == ripe.vault.maxWithdraw(OTHER) == 0
    ripe.check()
    ripe.fund(77, 1_000 * USDC)
    assert ripe.claim(ripe.vault.maxRedeem(OTHER), OTHER)
    ripe.check()


def test_deposits_are_paused(full: VaultPair, taker: int) -> None:
    """Nobody enters while they are, but where the vault carries a position: that may always be carried."""
    full.pause("withdrawals")
    assert full.vault.maxDeposit(OTHER) == CAP - 400 * USDC
    full.pause("deposits")
    assert full.vault.maxDeposit(OTHER) == full.vault.maxMint(OTHER) == 0
    for act in (full.enter, full.buy_shares):
        with refused(full, "engine: deposits paused"):
            act(10**9, OTHER)
    assert full.vault.previewDeposit(USDC) == 10**12  # as ERC-4626 wants it
    full.check()
    take(full, taker, -10)
    most = full.vault.maxDeposit(OTHER)
    assert most > 0
    assert full.enter(most, OTHER)
    full.check()
    take(full, taker, 10)
    assert full.vault.maxDeposit(OTHER) == 0
    full.unpause()
    full.set_deposit_cap(2 * CAP)
    assert full.enter(full.vault.maxDeposit(OTHER), OTHER)
    full.check()
