"""redeem and withdraw: what has waited is paid, the least of then and now, less the fee."""

from dataclasses import replace

import pytest

from tests.support.engine import SETTINGS
from tests.support.orders import refused
from tests.support.vault import NOBODY, OTHER, PROVIDER, VaultPair
from tests.support.vault_stories import COOLDOWN, USDC, mend, position, price_is, spoil, take, worth
from walras.devtools.evm import address, artifact
from walras.model.vault import Request

OPERATOR = address(0x0F)
HEIR = address(0x77)


@pytest.fixture
def ripe(full: VaultPair) -> VaultPair:
    """100 of PROVIDER's 300 tokens have waited."""
    full.ask_back(100 * 10**12)
    full.wait()
    return full


def test_redeem(ripe: VaultPair) -> None:
    assert ripe.claim(100 * 10**12) == 100 * USDC
    assert ripe.vault.request_of(PROVIDER) == (0, 0, 0)
    assert (ripe.vault.totalSupply(), ripe.vault.pending_value()) == (300 * 10**12, 0)
    assert ripe.vault.totalAssets() == 300 * USDC
    ripe.check()


def test_withdraw(ripe: VaultPair) -> None:
    assert ripe.claim_assets(100 * USDC) == 100 * 10**12
    assert ripe.vault.request_of(PROVIDER) == (0, 0, 0)
    ripe.check()


def test_parts(ripe: VaultPair) -> None:
    due = ripe.reference.request_of(PROVIDER).claimable_from
    assert ripe.claim(30 * 10**12) == 30 * USDC
    assert ripe.reference.request_of(PROVIDER) == Request(70 * 10**12, 70 * USDC, due)
    assert ripe.claim_assets(7) == 7 * 10**6
    assert ripe.vault.pending_value() == 70 * USDC - 7
    assert ripe.claim(70 * 10**12 - 7 * 10**6) == 70 * USDC - 7
    ripe.check()


def test_parts_round_down(ripe: VaultPair) -> None:
    """A third of a unit here and there stays in the vault."""
    third = 10**6 // 3
    with refused(ripe, "vault: nothing to claim"):
        ripe.claim(third)
    assert ripe.claim(4 * third) == 1
    assert ripe.reference.request_of(PROVIDER).value == 100 * USDC - 2
    assert ripe.claim_assets(1) == 10**6 + 1  # the rest of its request is worth a little less each
    ripe.check()


def test_request_at_high_claim_at_low(ripe: VaultPair, taker: int) -> None:
    """37 lots bought at 1,998 lose 7.326 of 400 tokens at 1,800, and a little funding."""
    take(ripe, taker, -37)
    price_is(ripe, 1_800)
    low, _ = worth(ripe)
    assert 392_670_000 < low <= 392_674_000
    assert ripe.claim(100 * 10**12) == 100 * 10**12 * (low + 1) // (400 * 10**12 + 10**6)
    ripe.check()


def test_request_at_low_claim_at_high(ripe: VaultPair) -> None:
    """Who has asked earns nothing any more."""
    ripe.gift(400 * USDC)
    assert ripe.vault.maxWithdraw(PROVIDER) == 100 * USDC
    with refused(ripe, "vault: more than claimable"):
        ripe.claim_assets(100 * USDC + 1)
    assert ripe.claim(100 * 10**12) == 100 * USDC
    assert ripe.vault.convertToAssets(100 * 10**12) == 233_333_332  # 700 for 300


def test_on_marks_that_are_not_old(ripe: VaultPair, taker: int) -> None:
    take(ripe, taker, -37)
    ripe.advance(61)
    ripe.say(0, 1_800 * 10**18)
    paid = ripe.claim(100 * 10**12)
    assert paid is not None
    assert 98 * USDC < paid < 99 * USDC


@pytest.mark.parametrize(
    ("base", "slope", "net"), [(0, 0, 100_000_000), (100, 0, 99_000_000), (1, 900, 99_990_000)]
)
def test_fee_without_leverage(ripe: VaultPair, base: int, slope: int, net: int) -> None:
    ripe.begin_with_fee(base, slope)
    assert ripe.vault.exit_fee_bps() == base
    assert ripe.vault.maxWithdraw(PROVIDER) == net
    saved = ripe.save()
    assert ripe.claim(100 * 10**12) == net
    ripe.restore(saved)
    assert ripe.claim_assets(net) == 100 * 10**12
    assert ripe.vault.totalAssets() == 400 * USDC - net  # the fee stays
    ripe.check()


def test_fee_rises_with_leverage(ripe: VaultPair, taker: int) -> None:
    """Margin of 5 % of 74 tokens is 3.7, of 399: 10 + 900 x 3.7 / 399 = 18.3 bps, and 19."""
    ripe.begin_with_fee(10, 900)
    assert ripe.claim(10**12) == USDC - USDC // 1_000
    take(ripe, taker, -37)
    margin = ripe.engine.worth(ripe.account_of_vault)[2]
    assert 3_690_000 < margin <= 3_700_000
    assert ripe.vault.exit_fee_bps() == 19
    ripe.sync(ripe.account_of_vault)
    assert ripe.claim(10 * 10**12) == 10 * USDC - 19_000
    ripe.check()


def test_fee_is_bounded(ripe: VaultPair, taker: int) -> None:
    """With nothing left the fee is all of base and slope."""
    ripe.begin_with_fee(100, 900)
    take(ripe, taker, 37)
    price_is(ripe, 13_500)
    assert worth(ripe)[0] < 0
    assert ripe.vault.exit_fee_bps() == 1_000
    ripe.gift(-worth(ripe)[0] + 1)  # margin is many times as much as equity
    assert ripe.vault.exit_fee_bps() == 1_000
    ripe.check()


def test_not_before(full: VaultPair) -> None:
    full.ask_back(10**12)
    full.advance(COOLDOWN - 1)
    with refused(full, "vault: more than claimable"):
        full.claim(10**12)
    with refused(full, "vault: more than claimable"):
        full.claim_assets(1)
    full.advance(1)
    assert full.claim(10**12) == USDC


def test_more_than_claimable(ripe: VaultPair) -> None:
    with refused(ripe, "vault: more than claimable"):
        ripe.claim(100 * 10**12 + 1)
    with refused(ripe, "vault: more than claimable"):
        ripe.claim_assets(100 * USDC + 1)
    for act in (ripe.vault.withdraw, ripe.vault.redeem):
        for huge in (2**128, 2**256 - 1):
            with pytest.raises(Exception, match=r"^vault: more than claimable$"):
                act(huge, PROVIDER, PROVIDER, sender=PROVIDER)
    ripe.begin_with_fee(100, 0)
    with refused(ripe, "vault: more than claimable"):  # 99 after the fee
        ripe.claim_assets(99 * USDC + 1)
    assert ripe.claim_assets(99 * USDC)


def test_nothing(ripe: VaultPair) -> None:
    with refused(ripe, "vault: zero shares"):
        ripe.claim(0)
    with refused(ripe, "vault: nothing to claim"):
        ripe.claim_assets(0)
    with refused(ripe, "vault: nothing to claim"):
        ripe.claim(10**6 - 1)
    with refused(ripe, "vault: zero shares"):
        ripe.claim(0, OTHER)
    with refused(ripe, "vault: more than claimable"):
        ripe.claim(1, OTHER)


def test_share_too_small_for_a_unit_is_worth_nothing(ripe: VaultPair) -> None:
    """All but one of a request's shares are paid; the last one waits, and nothing can be claimed for it."""
    assert ripe.claim(100 * 10**12 - 1) == 100 * USDC - 1
    shares, value, _ = ripe.vault.request_of(PROVIDER)
    assert (shares, value, ripe.vault.pending_value()) == (1, 0, 0)
    with refused(ripe, "vault: more than claimable"):
        ripe.claim_assets(1)
    for act, amount in ((ripe.claim_assets, 0), (ripe.claim, 1)):
        with refused(ripe, "vault: nothing to claim"):
            act(amount)
    ripe.check()
    ripe.ask_back(10**12)
    ripe.wait()
    assert ripe.claim(10**12 + 1) == USDC  # with what joins it
    ripe.check()


@pytest.mark.parametrize("how", ["stale", "halted"])
def test_price_not_fit(ripe: VaultPair, taker: int, how: str) -> None:
    take(ripe, taker, 10)
    spoil(ripe, how)
    with refused(ripe, "vault: price not fit"):
        ripe.claim(10**12)
    with refused(ripe, "vault: price not fit"):
        ripe.claim_assets(USDC)
    assert ripe.vault.maxRedeem(PROVIDER) == ripe.vault.maxWithdraw(PROVIDER) == 0
    ripe.check()
    mend(ripe)
    assert ripe.claim(10**12)


@pytest.mark.parametrize("how", ["stale", "halted"])
def test_flat_vault_pays_without_a_price(ripe: VaultPair, how: str) -> None:
    spoil(ripe, how)
    assert ripe.claim(100 * 10**12) == 100 * USDC


def test_only_the_controller(ripe: VaultPair) -> None:
    for act in (ripe.claim, ripe.claim_assets):
        with refused(ripe, "vault: not the controller"):
            act(USDC, OTHER, OTHER, PROVIDER)


def test_operator_claims_to_anybody(ripe: VaultPair) -> None:
    ripe.set_operator(OPERATOR)
    assert ripe.claim(50 * 10**12, OPERATOR, HEIR, PROVIDER) == 50 * USDC
    assert ripe.claim_assets(50 * USDC, OPERATOR, HEIR, PROVIDER) == 50 * 10**12
    assert ripe.token.balanceOf(HEIR) == 100 * USDC


def test_bad_receiver(ripe: VaultPair) -> None:
    for nobody in (NOBODY, ripe.home):
        with refused(ripe, "vault: bad receiver"):
            ripe.claim(10**12, PROVIDER, nobody)
        with refused(ripe, "vault: bad receiver"):
            ripe.claim_assets(USDC, PROVIDER, nobody)


@pytest.fixture
def levered(full: VaultPair, taker: int) -> VaultPair:
    """Long 149 lots, 298 tokens, half of it margin; 300 of 400 tokens are asked back and have waited."""
    full.begin_with(0, replace(SETTINGS, initial_ppm=500_000))
    for lots in (50, 50, 49):  # at the third, funding has cost a lot of the limit
        take(full, taker, -lots)
    assert position(full) == 149
    full.ask_back(300 * 10**12)
    full.wait()
    full.sync(full.account_of_vault)
    return full


def test_margin_in_use(levered: VaultPair, taker: int) -> None:
    """What the positions need stays; the rest is paid, and nothing of the request is lost."""
    free = levered.engine.worth(levered.account_of_vault)[3]
    assert 250 * USDC < free < 252 * USDC
    asked = levered.vault.request_of(PROVIDER)
    with refused(levered, "vault: margin in use"):
        levered.claim(300 * 10**12)
    with refused(levered, "vault: margin in use"):
        levered.claim_assets(free + 1)
    assert levered.vault.request_of(PROVIDER) == asked
    assert levered.vault.maxWithdraw(PROVIDER) == free
    most = levered.vault.maxRedeem(PROVIDER)
    assert 0 < most == levered.reference.max_redeem(PROVIDER)
    paid = levered.claim(most)
    assert paid is not None
    assert free - 2 <= paid <= free
    levered.check()
    take(levered, taker, 149)  # the vault sells, and the rest is free
    assert position(levered) == 0
    assert levered.claim(levered.vault.request_of(PROVIDER)[0])
    levered.check()


def test_profit_that_is_not_realised_is_not_paid(full: VaultPair, taker: int) -> None:
    """50 lots gain 100 tokens: equity of 500, but 400 of collateral."""
    take(full, taker, -50)
    price_is(full, 4_000)
    full.ask_back(300 * 10**12)
    full.ask_back(100 * 10**12, OTHER)
    full.wait()
    full.sync(full.account_of_vault)
    assert full.claim(300 * 10**12)
    free = full.engine.collateral(full.account_of_vault)
    assert full.vault.maxWithdraw(OTHER) == full.engine.worth(full.account_of_vault)[3] == free < 30 * USDC
    with refused(full, "vault: margin in use"):
        full.claim_assets(free + 1, OTHER)
    assert full.claim_assets(free, OTHER)
    full.check()


def test_marks_of_this_second_have_the_last_word(levered: VaultPair) -> None:
    """Marks are of this second where it pays: what the vault thought free before may not be."""
    levered.advance(30)
    before = levered.vault.maxWithdraw(PROVIDER)
    levered.say(0, 1_900 * 10**18)
    with refused(levered, "vault: margin in use"):
        levered.claim_assets(before)
    levered.sync(levered.account_of_vault)
    least = levered.vault.maxWithdraw(PROVIDER)
    assert 7 * USDC < before - least < 8 * USDC  # 149 lots lost 14.9, and need 7.45 less of margin
    levered.claim_assets(least)
    assert levered.refusal is None
    levered.check()


def test_through_a_contract(ripe: VaultPair) -> None:
    """Who sent the transaction is nobody."""
    contract = ripe.evm.deploy(artifact("PayingCaller"))
    for name in ("redeem", "withdraw"):
        with pytest.raises(Exception, match=r"Revert|vault: not the controller"):
            contract.forward(
                ripe.vault.address, ripe.vault.encode(name, USDC, HEIR, PROVIDER), sender=PROVIDER
            )
