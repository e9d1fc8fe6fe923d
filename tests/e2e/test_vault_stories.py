"""Attacks of an audit on the vault and on whoever else wants his money out, and what stops them."""

from dataclasses import replace

from tests.support.engine import OWNER, SETTINGS, USDC, EnginePair
from tests.support.oracle import ONE
from tests.support.orders import refused, reverts
from tests.support.traders import KEEPER, MAKER, PAR, RICH, TAKER, fill
from tests.support.vault import PROVIDER, VaultPair
from tests.support.vault_stories import position, take
from walras.model.book import NewOrder


def test_others_keep_nobodys_money() -> None:
    """Open orders had counted as open interest. Far away they raised the initial margin of everybody to 1.

    Whoever had a position could not withdraw, and the vault could not pay. It takes positions now, and what
    leaves is judged by the base fraction: only who wants to grow pays for how much is open.
    """
    pair = EnginePair(settings=replace(SETTINGS, soft_notional=1_000, hard_notional=2_000))
    maker, taker = pair.fund(MAKER, RICH), pair.fund(TAKER, 200 * USDC)
    fill(pair, taker, maker, 100)
    attacker, second = pair.fund(77, 10**6 * USDC), pair.fund(77, 10**6 * USDC, 1)
    pair.buy(attacker, 20_000, PAR - 4_000, post_only=True)
    pair.sell(attacker, 20_000, PAR + 4_000, post_only=True)
    for _ in range(2):
        pair.close()
        assert pair.engine.mark(0)[7] == 50_000
    fill(pair, attacker, second, 900)
    pair.close()
    assert pair.engine.mark(0)[7] == 1_000_000
    equity, initial, _ = pair.engine.margin_of(taker)
    assert initial == 200 * USDC > equity
    free = equity - 10 * USDC  # 5 % of 200
    pair.withdraw(taker, free + 1)
    assert pair.refusal == "engine: margin missed"
    pair.withdraw(taker, free)
    assert pair.refusal is None


def test_far_orders_make_no_vault_pay_dearly() -> None:
    """Orders of ten million tokens at the band's edges, for 5 %, had frozen vault and traders for an hour.

    With them or without, the fee and what can be claimed are the same, and who grows needs the base fraction.
    """
    found = []
    for attacked in (False, True):
        pair = VaultPair(settings=replace(SETTINGS, soft_notional=1_000_000, hard_notional=10_000_000))
        pair.begin_with_fee(0, 900)
        assert pair.enter(400_000 * USDC) is not None
        trader = pair.fund(TAKER, 100_000 * USDC)
        for _ in range(2):
            take(pair, trader, -50_000)
        assert position(pair) == 100_000
        shares = pair.vault.balanceOf(PROVIDER) // 4
        assert pair.ask_back(shares) is not None
        if attacked:
            attacker = pair.fund(77, 525_000 * USDC)
            for is_ask, tick in ((False, 16_100), (True, 23_900)):
                assert pair.place(attacker, NewOrder(is_ask, tick, 5_000_000, post_only=True)) is not None
        pair.wait()
        for _ in range(2):
            pair.advance(11)
            pair.say(0, 2_000 * ONE)
            pair.auction()
        assert pair.engine.mark(0)[7] == 50_000
        assert pair.vault.maxRedeem(PROVIDER) == shares
        found.append((pair.vault.exit_fee_bps(), pair.claim(shares)))
        assert found[-1][1] is not None
        pair.sync(trader)
        pair.withdraw(trader, pair.engine.worth(trader)[3])
        assert pair.refusal is None
    assert found[0] == found[1]


def test_rebate_referral_and_tip_leave_something() -> None:
    """Fees of 0.05 %, a rebate of as much, 30 % for the referrer and a tip: trading with oneself paid."""
    pair = EnginePair()
    for maker_ppm in (-301, -500):
        with reverts("engine: bad fee"):
            pair.engine.configure_market(0, replace(SETTINGS, maker_ppm=maker_ppm), sender=OWNER)
    pair.begin_with(0, replace(SETTINGS, maker_ppm=-300, tip=10**6))
    pair.set_referral("0x" + 38 * "0" + "99", 3_000)
    first, second = pair.fund(3, RICH), pair.fund(3, RICH, 1)
    friend, pot = 0x99 << 8, pair.model.tip_account
    pair.accounts.add(friend)
    pair.mint(pair.owner(pot), 10**9)
    pair.deposit(pair.owner(pot), pot, 10**9)
    for account in (first, second):
        pair.set_sharing(account, "0x" + 38 * "0" + "99", "0x" + 40 * "0", 0)
    before = pair.engine.collateral(pair.model.fee_account) + pair.engine.collateral(pot)
    for _ in range(3):
        fill(pair, first, second, 1_000)
    after = pair.engine.collateral(pair.model.fee_account) + pair.engine.collateral(pot)
    assert after >= before


def test_continuous_books_tell_no_premium() -> None:
    """In one transaction a bid was placed, whose own auction sampled it, and cancelled: free funding."""
    pair = EnginePair(interval=0, settings=replace(SETTINGS, interest=0))
    account = pair.fund(MAKER, RICH)
    pair.advance(60)
    pair.buy(account, 1_000, PAR + 1_000)
    assert pair.engine.funding_of(0)[1:4] == (0, 0, 0)
    pair.cancel_all(account)
    pair.advance(60)
    pair.auction()
    assert pair.engine.funding_of(0)[1:4] == (0, 0, 0)


def test_a_small_request_does_not_strip_the_backstop() -> None:
    """A provider asks back a token more than is free, and all 80,000 of the backstop could be recalled."""
    pair = VaultPair()
    assert pair.enter(400_000 * USDC) is not None
    budget = 80_000 * USDC
    assert pair.fund_backstop(budget)
    assert pair.ask_back(pair.vault.convertToShares(320_001 * USDC)) is not None
    with refused(pair, "vault: more than is short"):
        pair.recall_backstop(budget, sender=PROVIDER)
    assert pair.recall_backstop(USDC, sender=PROVIDER)
    with refused(pair, "ownable: caller is not the owner"):
        pair.recall_backstop(1, sender=PROVIDER)
    assert pair.engine.collateral(pair.backstop) == budget - USDC
    pair.wait()
    assert pair.claim(pair.vault.maxRedeem(PROVIDER)) == 320_001 * USDC
    pair.check()


def test_a_loss_does_not_let_leavers_strip_the_backstop() -> None:
    """320 and a backstop of 80; 300 are asked back, then 160 are lost: 140 could be recalled, all there was.

    What 300 of 400 shares are worth now is 180, of which 160 are free: 20 are short.
    """
    pair = VaultPair()
    assert pair.enter(400 * USDC) is not None
    assert pair.fund_backstop(80 * USDC)
    assert pair.ask_back(300 * 10**12) is not None
    who = pair.account_of_vault
    pair.engine.set_liquidator(KEEPER, sender=OWNER)
    pair.engine.force_payment(who, pair.account(TAKER), 160 * USDC, sender=KEEPER)
    assert (pair.vault.pending_value(), pair.vault.totalAssets()) == (300 * USDC, 240 * USDC)
    for amount in (80 * USDC, 20 * USDC + 1):
        with reverts("vault: more than is short"):
            pair.vault.recall_backstop(amount, sender=PROVIDER)
    pair.vault.recall_backstop(20 * USDC, sender=PROVIDER)
    with reverts("ownable: caller is not the owner"):
        pair.vault.recall_backstop(1, sender=PROVIDER)
    assert pair.engine.collateral(pair.backstop) == 60 * USDC
    pair.wait()
    assert pair.vault.redeem(300 * 10**12, PROVIDER, PROVIDER, sender=PROVIDER) == 180 * USDC


def test_no_claim_is_promised_that_the_engine_refuses() -> None:
    """Who claims what `maxRedeem` tells was refused for the day that the guardian's pause lasts."""
    pair = VaultPair()
    assert pair.enter(400_000 * USDC) is not None
    assert pair.ask_back(pair.vault.balanceOf(PROVIDER)) is not None
    pair.wait()
    pair.pause("withdrawals")
    assert pair.vault.maxRedeem(PROVIDER) == pair.vault.maxWithdraw(PROVIDER) == 0
    with refused(pair, "engine: withdrawals gated"):
        pair.claim_assets(1)
    pair.advance(pair.engine.gate() - pair.evm.time)
    assert pair.claim(pair.vault.maxRedeem(PROVIDER)) == 400_000 * USDC
    pair.check()
