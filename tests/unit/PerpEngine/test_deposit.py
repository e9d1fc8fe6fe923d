"""deposit: anyone adds to any account, out of his own tokens."""

import pytest

from tests.support.engine import OWNER, USDC, EnginePair
from tests.support.orders import refused, reverts
from tests.support.traders import KEEPER, MAKER, PAR, STRANGER, caller, collateral, named
from walras.devtools.evm import Reverted, address


def test_deposit(pair: EnginePair, maker: int) -> None:
    owner = pair.owner(maker)
    pair.mint(owner, 7)
    before = collateral(pair, maker)
    pair.deposit(owner, maker, 7)
    assert named(pair, "Deposited") == [{"account": maker, "amount": 7, "by": owner}]
    assert collateral(pair, maker) == before + 7
    assert pair.engine.tracked() == pair.token.balanceOf(pair.engine.address) == before + 7
    assert pair.token.balanceOf(owner) == 0


def test_into_somebody_elses_account(pair: EnginePair) -> None:
    pair.mint(STRANGER, 5)
    account = pair.account(MAKER, 255)
    pair.deposit(STRANGER, account, 5)
    assert named(pair, "Deposited") == [{"account": account, "amount": 5, "by": STRANGER}]
    assert (collateral(pair, account), collateral(pair, pair.account(MAKER, 254))) == (5, 0)


def test_of_nothing(pair: EnginePair) -> None:
    pair.deposit(STRANGER, pair.account(MAKER), 0)
    assert pair.engine.tracked() == 0


def test_by_a_contract(pair: EnginePair) -> None:
    contract, account = caller(pair)
    pair.token.mint(contract.address, 9)
    approval = pair.token.encode("approve", pair.engine.address, 2**256 - 1)
    contract.forward(pair.token.address, approval, sender=STRANGER)
    contract.forward(pair.engine.address, pair.engine.encode("deposit", account, 9), sender=STRANGER)
    assert collateral(pair, account) == 9
    pair.mint(STRANGER, 9)  # who signs does not pay
    with pytest.raises(Reverted):
        contract.forward(pair.engine.address, pair.engine.encode("deposit", account, 9), sender=STRANGER)
    assert pair.token.balanceOf(STRANGER) == 9


@pytest.mark.parametrize("account", [0, 1, 255, 1 << 168, (1 << 168) | (5 << 8), 2**256 - 1])
def test_accounts_of_nobody(pair: EnginePair, account: int) -> None:
    pair.mint(STRANGER, 5)
    with reverts("engine: no such account"):
        pair.engine.deposit(account, 5, sender=STRANGER)
    pair.deposit(STRANGER, (1 << 168) - 1, 5)  # the last one of all


def test_while_deposits_are_paused(pair: EnginePair, maker: int) -> None:
    """Into accounts with a position or orders, and by the liquidator, who covers deficits."""
    pair.engine.set_guardian(KEEPER, sender=OWNER)
    pair.sell(maker, 10, PAR)
    pair.engine.pause_deposits(sender=KEEPER)
    pair.model.pause_deposits()
    pair.mint(STRANGER, 10)
    pair.deposit(STRANGER, maker, 5)
    with refused(pair, "engine: deposits paused"):
        pair.deposit(STRANGER, pair.account(MAKER, 9), 5)
    pair.engine.set_liquidator(STRANGER, sender=OWNER)
    pair.engine.deposit(pair.account(MAKER, 9), 5, sender=STRANGER)
    assert collateral(pair, pair.account(MAKER, 9)) == 5


def test_most(pair: EnginePair) -> None:
    account = pair.account(MAKER)
    pair.mint(STRANGER, 2**112)
    for amount in (2**111, 2**255, 2**256 - 1):
        with refused(pair, "engine: amount too large"):
            pair.deposit(STRANGER, account, amount)
    pair.deposit(STRANGER, account, 2**111 - 1)
    with reverts("engine: amount too large"):  # no account holds more, however it comes
        pair.engine.deposit(account, 1, sender=STRANGER)
    assert collateral(pair, account) == pair.engine.tracked() == 2**111 - 1


def test_without_tokens_or_approval(pair: EnginePair) -> None:
    account = pair.account(MAKER)
    pair.mint(STRANGER, 10)
    with pytest.raises(Reverted):
        pair.engine.deposit(account, 11, sender=STRANGER)
    poor = address(0x77)
    pair.token.mint(poor, 10)
    with pytest.raises(Reverted):
        pair.engine.deposit(account, 10, sender=poor)
    assert collateral(pair, account) == pair.engine.tracked() == 0


def test_in_any_mode_and_at_any_price(pair: EnginePair) -> None:
    pair.router.halt(0, sender=pair.router.owner())
    pair.mint(STRANGER, USDC)
    pair.deposit(STRANGER, pair.account(MAKER), USDC)
    assert pair.refusal is None


def test_tokens_that_are_sent_by_themselves_do_not_count(pair: EnginePair) -> None:
    pair.token.mint(pair.engine.address, 5)
    assert pair.engine.tracked() == 0
