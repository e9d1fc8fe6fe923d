"""deposit and mint: shares at once, at the kinder valuation."""

import pytest

from tests.support.orders import refused, reverts
from tests.support.vault import CAP, NOBODY, OTHER, PROVIDER, PROVIDERS, VaultPair
from tests.support.vault_stories import USDC, mend, position, price_is, spoil, take, worth
from walras.devtools.evm import Reverted, artifact
from walras.model.vault import MAX_SHARES


def test_first_and_second(pair: VaultPair) -> None:
    assert pair.enter(300 * USDC) == 300 * USDC * 10**6
    assert pair.enter(100 * USDC, OTHER) == 100 * USDC * 10**6
    assert pair.engine.collateral(pair.account_of_vault) == pair.vault.totalAssets() == 400 * USDC
    assert pair.token.balanceOf(pair.vault.address) == 0
    assert pair.token.allowance(pair.vault.address, pair.engine.address) == 0
    pair.check()


def test_for_another(pair: VaultPair) -> None:
    pair.enter(5 * USDC, PROVIDER, OTHER)
    assert (pair.vault.balanceOf(PROVIDER), pair.vault.balanceOf(OTHER)) == (0, 5 * 10**12)


def test_mint_rounds_up(full: VaultPair) -> None:
    assert full.buy_shares(10**12) == USDC
    full.gift(40 * USDC)  # 441 tokens for 401 x 10**12 shares and the virtual ones
    assert full.buy_shares(401 * 10**6) == 441  # 440.9999998
    assert full.buy_shares(401 * 10**6 + 1) == 442  # 441.0000009
    assert full.buy_shares(1) == 1
    full.check()


def test_deposit_rounds_down(full: VaultPair) -> None:
    full.gift(400 * USDC)
    assert full.enter(1) == 500_000
    assert full.enter(3) == 1_500_000
    full.check()


def test_at_the_kinder_valuation(full: VaultPair, taker: int) -> None:
    """The vault is long 50 lots (100 tokens) and the price is 2,000 give or take 20: 399 to 401 tokens."""
    take(full, taker, -50)
    assert position(full) == 50
    price_is(full, 2_000, 20)
    low, high = worth(full)
    assert high - low == 2 * USDC
    assert full.enter(100 * USDC) == 100 * USDC * (400 * 10**12 + 10**6) // (high + 1)
    full.check()


@pytest.mark.parametrize("lots", [50, -50])
def test_on_marks_that_are_not_old(full: VaultPair, taker: int, lots: int) -> None:
    """What was gained after the last mark is not shared with who comes now."""
    take(full, taker, lots)
    full.advance(61)
    full.say(0, (2_020 if lots < 0 else 1_980) * 10**18)
    before = worth(full)[1]
    full.enter(100 * USDC)
    assert worth(full)[1] > before + 100 * USDC + USDC // 2
    full.check()


@pytest.mark.parametrize("how", ["stale", "halted"])
def test_price_not_fit(full: VaultPair, taker: int, how: str) -> None:
    take(full, taker, 10)
    spoil(full, how)
    for act in (full.enter, full.buy_shares):
        with refused(full, "vault: price not fit"):
            act(10 * USDC)
    assert full.vault.maxDeposit(PROVIDER) == full.vault.maxMint(PROVIDER) == 0
    assert full.vault.previewDeposit(USDC) == full.vault.previewMint(USDC) == 0
    full.check()
    mend(full)
    assert full.enter(10 * USDC)


@pytest.mark.parametrize("how", ["stale", "halted"])
def test_price_of_a_market_without_a_position_does_not_matter(full: VaultPair, how: str) -> None:
    spoil(full, how)
    assert full.enter(10 * USDC)


def ruined(pair: VaultPair, taker: int, left: int) -> None:
    """A vault of 400 tokens that is left with so many units, or owes them."""
    take(pair, taker, 50)
    price_is(pair, 10_500)
    low, _ = worth(pair)
    assert low < 0
    pair.gift(left - low)
    assert worth(pair) == (left, left)


@pytest.mark.parametrize("left", [-1, 0])
def test_no_equity(full: VaultPair, taker: int, left: int) -> None:
    ruined(full, taker, left)
    for act in (full.enter, full.buy_shares):
        with refused(full, "vault: no equity"):
            act(10 * USDC)
    assert full.vault.maxDeposit(PROVIDER) == full.vault.previewDeposit(USDC) == 0
    full.check()


@pytest.mark.parametrize(("left", "reason"), [(399, "vault: shares too cheap"), (400, None)])
def test_shares_too_cheap(full: VaultPair, taker: int, left: int, reason: str | None) -> None:
    """4 x 10**14 + 10**6 shares: 401 units, the virtual one among them, are enough, 400 are not."""
    ruined(full, taker, left)
    with refused(full, reason):
        full.enter(10 * USDC)
    full.check()


def test_shares_just_dear_enough(full: VaultPair, taker: int) -> None:
    """10**12 for each of 401 units, the virtual shares among them, are taken; one more is too many."""
    ruined(full, taker, 400)
    at = artifact("Vault").layout["storage_layout"]["erc20"]["totalSupply"]["slot"]
    for more, shares in ((0, USDC * 10**12), (1, 0)):
        full.evm.write(full.vault.address, at, 401 * 10**12 - 10**6 + more)
        assert full.vault.previewDeposit(USDC) == shares


def test_owing_before_anybody_came() -> None:
    """A deficit of an empty vault is not for the first depositor to pay."""
    pair = VaultPair()
    taker = pair.fund(22, 10**12)
    pair.enter(400 * USDC)
    pair.leave()
    assert pair.vault.totalSupply() == 0
    pair.gift(400 * USDC)
    take(pair, taker, 50)
    price_is(pair, 10_500)
    with refused(pair, "vault: no equity"):
        pair.enter(10 * USDC)


def test_cap(full: VaultPair) -> None:
    room = CAP - 400 * USDC
    assert full.vault.maxDeposit(PROVIDER) == room
    with refused(full, "vault: deposit cap"):
        full.enter(room + 1)
    with refused(full, "vault: deposit cap"):
        full.buy_shares((room + 1) * 10**6)
    assert full.buy_shares(full.vault.maxMint(PROVIDER) - 10**6) == room - 1
    assert full.enter(1) == 10**6
    assert full.vault.maxDeposit(PROVIDER) == full.vault.maxMint(PROVIDER) == 0
    full.check()


def test_cap_counts_the_kinder_valuation(full: VaultPair, taker: int) -> None:
    take(full, taker, -50)
    price_is(full, 2_000, 20)
    full.set_deposit_cap(worth(full)[1] + 10)
    with refused(full, "vault: deposit cap"):
        full.enter(11)
    assert full.enter(10)


@pytest.mark.parametrize("huge", [MAX_SHARES, MAX_SHARES + 1, 2**255, 2**256 - 1])
def test_huge_numbers_have_a_reason(full: VaultPair, huge: int) -> None:
    for act in (full.vault.mint, full.vault.deposit):
        with reverts("vault: deposit cap"):
            act(huge, PROVIDER, sender=PROVIDER)


def test_nothing(full: VaultPair) -> None:
    with refused(full, "vault: zero shares"):
        full.enter(0)
    with refused(full, "vault: zero shares"):
        full.buy_shares(0)


def test_bad_receiver(full: VaultPair) -> None:
    for nobody in (NOBODY, full.home):
        with refused(full, "vault: bad receiver"):
            full.enter(USDC, PROVIDER, nobody)
        with refused(full, "vault: bad receiver"):
            full.buy_shares(10**12, PROVIDER, nobody)
        assert full.vault.maxDeposit(nobody) == full.vault.maxMint(nobody) == 0


def test_through_a_contract(pair: VaultPair) -> None:
    """The caller pays, not who sent the transaction."""
    contract = pair.evm.deploy(artifact("PayingCaller"))
    call = pair.vault.encode("deposit", USDC, contract.address)
    with pytest.raises(Reverted):
        contract.forward(pair.vault.address, call, sender=PROVIDER)
    pair.token.mint(contract.address, USDC)
    contract.forward(pair.token.address, pair.token.encode("approve", pair.vault.address, USDC))
    contract.forward(pair.vault.address, call, sender=PROVIDER)
    assert pair.vault.balanceOf(contract.address) == 10**12


def test_many(pair: VaultPair) -> None:
    for number, provider in enumerate(PROVIDERS):
        pair.enter(10 ** (number + 3), provider)
        pair.gift(7 * 10**number)
    pair.check()
