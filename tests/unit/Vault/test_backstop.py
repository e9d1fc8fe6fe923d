"""fund_backstop, recall_backstop: what is set aside counts as the vault's, and is all that it can lose."""

from dataclasses import replace

import pytest

from tests.support.engine import OWNER, SETTINGS
from tests.support.oracle import ONE
from tests.support.orders import refused, reverts
from tests.support.traders import KEEPER, MAKER, PAR, RICH, TAKER
from tests.support.vault import CAP, OTHER, PROVIDER, QUOTES, VaultPair
from tests.support.vault_stories import spoil, take
from walras.audit.chain import slot_of
from walras.devtools.evm import Event, artifact

USDC = 10**6
DEEP = 80 * USDC  # a fifth of the equity


def test_set_aside_counts(full: VaultPair) -> None:
    price = full.vault.convertToAssets(10**18)
    assert full.fund_backstop(DEEP)
    assert full.told[-1] == Event("BackstopFunded", {"amount": DEEP})
    assert full.engine.collateral(full.backstop) == DEEP
    assert full.engine.collateral(full.account_of_vault) == 400 * USDC - DEEP
    assert (full.vault.totalAssets(), full.vault.convertToAssets(10**18)) == (400 * USDC, price)
    full.check()


def test_no_more_than_a_fifth(full: VaultPair) -> None:
    with refused(full, "vault: backstop too large"):
        full.fund_backstop(DEEP + 1)
    assert not full.vault.has_backstop()
    assert full.fund_backstop(DEEP)
    with refused(full, "vault: backstop too large"):
        full.fund_backstop(1)
    assert full.fund_backstop(0)
    full.check()


def test_gifts_to_it_count_once_it_is_used(full: VaultPair) -> None:
    super(VaultPair, full).deposit(OTHER, full.backstop, 7)
    assert full.vault.totalAssets() == 400 * USDC
    assert full.fund_backstop(0)
    assert full.vault.totalAssets() == 400 * USDC + 7
    full.check()


def test_entries_and_exits_are_at_the_whole(full: VaultPair) -> None:
    full.fund_backstop(DEEP)
    assert full.enter(100 * USDC, OTHER) == 100 * USDC * 10**6
    assert full.leave(PROVIDER, 10 * USDC * 10**6) == 10 * USDC
    full.check()


@pytest.fixture
def laden(full: VaultPair) -> VaultPair:
    """The backstop took 100 lots at what they are worth, 200 tokens; the vault's other account has none."""
    full.begin_with(0, replace(SETTINGS, interest=0))
    full.quote_in(0, replace(QUOTES, allocation_bps=0))
    full.fund_backstop(DEEP)
    taker, maker = full.fund(TAKER, RICH), full.fund(MAKER, RICH)
    assert full.sell(maker, 100, PAR, post_only=True) is not None
    assert full.buy(taker, 100, PAR) is not None
    full.advance(11)
    full.say(0, 2_000 * ONE)  # published after the batch closed
    assert full.auction(0).lots == 100
    full.sync(taker)
    full.engine.set_liquidator(KEEPER, sender=OWNER)
    full.engine.force_trade(taker, full.backstop, 0, -100, 200 * USDC, sender=KEEPER)
    return full


def worth_at(pair: VaultPair, price: int) -> tuple[int, int]:
    """Of the backstop and of the vault as a whole, at a price."""
    pair.advance(1)  # marks are of this second, not older
    pair.say(0, price * ONE)
    pair.engine.sync(pair.backstop)
    return pair.engine.worth(pair.backstop)[0], pair.vault.totalAssets()


def test_its_profit_is_the_vaults(laden: VaultPair) -> None:
    assert worth_at(laden, 2_000) == (DEEP, 400 * USDC)
    assert worth_at(laden, 2_100) == (DEEP + 10 * USDC, 410 * USDC)
    assert worth_at(laden, 1_900) == (DEEP - 10 * USDC, 390 * USDC)


def test_it_loses_what_it_has_and_no_more(laden: VaultPair) -> None:
    """A toxic position (JELLY): at half the price it owes 20 more than it had; the vault has lost 80."""
    assert worth_at(laden, 1_000) == (-20 * USDC, 320 * USDC)
    assert laden.engine.collateral(laden.account_of_vault) == 320 * USDC
    assert laden.engine.position(laden.account_of_vault, 0)[0] == 0
    assert laden.vault.maxDeposit(OTHER) == CAP - 320 * USDC


def test_who_enters_pays_its_high_end(laden: VaultPair) -> None:
    """100 lots of 0.001, 30 tokens of doubt, of which the guard leaves 20: two at either end."""
    laden.advance(1)
    laden.say(0, 2_000 * ONE, 30 * ONE)
    laden.engine.sync(laden.backstop)
    assert tuple(laden.engine.worth(laden.backstop)[:2]) == (DEEP - 2 * USDC, DEEP + 2 * USDC)
    shares = laden.vault.totalSupply() + 10**6
    assert laden.vault.convertToShares(10**6) == 10**6 * shares // (402 * USDC + 1)
    assert laden.vault.convertToAssets(10**12) == 10**12 * (398 * USDC + 1) // shares


def test_exits_wait_for_its_price_too(laden: VaultPair) -> None:
    """Nobody leaves at a worth that nobody knows."""
    laden.vault.requestRedeem(10**6, PROVIDER, PROVIDER, sender=PROVIDER)
    laden.router.halt(0, sender=OWNER)
    laden.advance(1)
    with reverts("vault: price not fit"):
        laden.vault.requestRedeem(10**6, PROVIDER, PROVIDER, sender=PROVIDER)


def test_owner_alone(full: VaultPair) -> None:
    for call in (full.vault.fund_backstop, full.vault.recall_backstop):
        with reverts("ownable: caller is not the owner"):
            call(0, sender=PROVIDER)
        call(0, sender=OWNER)


def test_recalled(full: VaultPair) -> None:
    full.fund_backstop(DEEP)
    assert full.recall_backstop(DEEP - 1)
    assert full.told[-1] == Event("BackstopFunded", {"amount": -(DEEP - 1)})
    assert full.engine.collateral(full.backstop) == 1
    with refused(full, "engine: margin missed"):
        full.recall_backstop(2)
    full.check()


def test_anyone_recalls_for_those_who_wait(full: VaultPair) -> None:
    """All ask back: 400 are owed, 320 are free; nobody waits for the owner."""
    full.fund_backstop(DEEP)
    with refused(full, "ownable: caller is not the owner"):
        full.recall_backstop(DEEP, sender=OTHER)
    for provider in (PROVIDER, OTHER):
        full.ask_back(full.reference.balance_of(provider), provider)
    full.wait()
    assert full.claim(full.reference.request_of(PROVIDER).shares, PROVIDER) == 300 * USDC
    with refused(full, "vault: margin in use"):
        full.claim(full.reference.request_of(OTHER).shares, OTHER)
    assert full.reference.worth.free == 100 * USDC - DEEP
    assert full.recall_backstop(DEEP, sender=OTHER)
    assert full.claim(full.reference.request_of(OTHER).shares, OTHER) == 100 * USDC
    full.check()


def test_nobody_recalls_for_those_who_can_leave(full: VaultPair) -> None:
    """What is asked back is free to the last unit; one more, and it is not."""
    full.fund_backstop(DEEP)
    full.ask_back(300 * USDC * 10**6, PROVIDER)
    full.ask_back(20 * USDC * 10**6, OTHER)
    assert full.reference.pending_value == 320 * USDC == full.reference.worth.free
    with refused(full, "ownable: caller is not the owner"):
        full.recall_backstop(1, sender=OTHER)
    full.ask_back(10**6, OTHER)
    assert full.recall_backstop(1, sender=OTHER)


def test_nobody_recalls_more_than_is_short(full: VaultPair) -> None:
    """330 are asked back and 320 are free: ten are for anyone to recall, the rest stays."""
    full.fund_backstop(DEEP)
    full.ask_back(300 * USDC * 10**6, PROVIDER)
    full.ask_back(30 * USDC * 10**6, OTHER)
    for amount in (10 * USDC + 1, DEEP, 2**256 - 1):
        with refused(full, "vault: more than is short"):
            full.recall_backstop(amount, sender=OTHER)
    assert full.recall_backstop(6 * USDC, sender=OTHER)
    with refused(full, "vault: more than is short"):
        full.recall_backstop(4 * USDC + 1, sender=OTHER)
    assert full.recall_backstop(4 * USDC, sender=OTHER)
    with refused(full, "ownable: caller is not the owner"):
        full.recall_backstop(1, sender=OTHER)
    assert full.recall_backstop(DEEP - 10 * USDC)  # the owner may
    full.check()


@pytest.fixture
def long(full: VaultPair, taker: int) -> VaultPair:
    """100 lots long, a tenth of it margin: about 300 tokens are free, 299 are asked back."""
    full.begin_with(0, replace(SETTINGS, initial_ppm=100_000))
    for _ in range(2):
        take(full, taker, -50)
    full.fund_backstop(DEEP)
    full.sync(full.account_of_vault)
    free = full.reference.worth.free
    assert 299 * USDC < free < 301 * USDC
    full.ask_back(full.vault.convertToShares(free - USDC))
    assert USDC // 2 < free - full.reference.pending_value < 2 * USDC
    return full


def test_nobody_enters_while_the_other_account_is_below_zero(long: VaultPair) -> None:
    """Insurance and positions bear what that owes, once it is closed: a share was too cheap until then."""
    who = long.account_of_vault
    long.engine.set_liquidator(KEEPER, sender=OWNER)
    long.engine.force_payment(who, long.account(TAKER), long.engine.collateral(who), sender=KEEPER)
    for price, is_open in ((2_100, True), (1_900, False), (2_100, True)):
        long.advance(1)
        long.say(0, price * ONE)
        long.engine.sync(who)
        assert (long.engine.worth(who)[0] >= 0) == is_open
        assert long.vault.totalAssets() > DEEP // 2
        assert (long.vault.maxDeposit(OTHER) > 0, long.vault.maxMint(OTHER) > 0) == (is_open, is_open)
        if not is_open:
            with reverts("vault: no equity"):
                long.vault.deposit(USDC, OTHER, sender=OTHER)
    long.vault.deposit(USDC, OTHER, sender=OTHER)


def test_nobody_recalls_for_an_account_below_margin(long: VaultPair) -> None:
    """Insurance and positions bear what it owes, not what was set aside. The owner answers for himself."""
    who = long.account_of_vault
    long.engine.set_liquidator(KEEPER, sender=OWNER)
    long.engine.force_payment(who, long.account(TAKER), long.engine.collateral(who), sender=KEEPER)
    long.advance(1)
    long.say(0, 1_900 * ONE)
    with reverts("vault: account below margin"):
        long.vault.recall_backstop(USDC, sender=OTHER)
    long.vault.recall_backstop(USDC, sender=OWNER)


def test_anyone_recalls_for_an_account_that_owes_nothing(long: VaultPair) -> None:
    """Its profit is worth more than its margin, what was asked back is short. Of who owes a unit, nobody."""
    who = long.account_of_vault
    long.engine.set_liquidator(KEEPER, sender=OWNER)
    long.advance(1)
    long.say(0, 2_300 * ONE)
    long.engine.sync(who)
    long.engine.force_payment(who, long.account(TAKER), long.engine.collateral(who), sender=KEEPER)
    worth = long.engine.worth(who)
    assert worth[0] >= worth[2]
    assert long.engine.collateral(who) == 0
    long.vault.recall_backstop(1, sender=OTHER)
    assert long.engine.collateral(who) == 1
    slot = slot_of(artifact("PerpEngine").layout["storage_layout"]["ledger"]["accounts"]["slot"], who)
    rest = long.evm.storage(long.engine.address, slot) & (2**128 - 1)
    long.evm.write(long.engine.address, slot, (2**112 - 1) << 128 | rest)
    assert long.engine.collateral(who) == -1
    with reverts("vault: account below margin"):
        long.vault.recall_backstop(1, sender=OTHER)


def test_nobody_recalls_again_and_again_for_an_account_below_its_margin(long: VaultPair) -> None:
    """What came was not free, and the same was short once more: it was emptied by calls of a unit."""
    who = long.account_of_vault
    long.begin_with(0, replace(SETTINGS, initial_ppm=900_000))
    long.engine.set_liquidator(KEEPER, sender=OWNER)
    long.engine.force_payment(who, long.account(TAKER), 200 * USDC, sender=KEEPER)
    worth = long.engine.worth(who)
    assert 0 < worth[0] < worth[2]
    assert long.engine.collateral(who) > 0
    with reverts("vault: account below margin"):
        long.vault.recall_backstop(1, sender=OTHER)
    long.vault.recall_backstop(1, sender=OWNER)


def test_what_is_short_is_told_by_marks_of_this_second(long: VaultPair) -> None:
    """At 1,800 the lots lost 20 tokens, 15 of them of who leaves, and need two less margin: two are short."""
    with refused(long, "ownable: caller is not the owner"):
        long.recall_backstop(1, sender=OTHER)
    long.advance(30)
    long.say(0, 1_800 * ONE)
    assert long.reference.worth.free > long.reference.pending_value  # as the engine has it still
    with refused(long, "vault: more than is short"):
        long.recall_backstop(3 * USDC, sender=OTHER)
    assert long.recall_backstop(USDC, sender=OTHER)
    worth = long.reference.worth
    assert worth.free < long.reference.owed(worth.low) < long.reference.pending_value
    long.advance(30)
    long.say(0, 2_000 * ONE)
    with refused(long, "ownable: caller is not the owner"):
        long.recall_backstop(1, sender=OTHER)
    long.check()


def test_others_wait_for_a_price(long: VaultPair) -> None:
    """What is short is not known without one. The owner answers for himself."""
    spoil(long, "halted")
    with refused(long, "vault: price not fit"):
        long.recall_backstop(1, sender=OTHER)
    assert long.recall_backstop(1)
    long.check()
