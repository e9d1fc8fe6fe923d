"""InsuranceFund's constructor, its owner, and which tokens it takes."""

import pytest

from tests.support.insurance import NOBODY, ONE, OWNER, SAVER, STRANGER, FundPair
from tests.support.orders import reverts
from walras.devtools.evm import DEPLOYER, Evm, Reverted, artifact


def test_new_fund_is_empty(evm: Evm) -> None:
    token = evm.deploy(artifact("PlainToken"), 6)
    fund = evm.deploy(artifact("InsuranceFund"), OWNER, token.address)
    assert fund.token() == token.address.lower()
    assert (fund.owner(), fund.pending_owner(), fund.engine()) == (OWNER, NOBODY, NOBODY)
    assert (fund.reserve(), fund.pot(), fund.total_shares(), fund.epoch()) == (0, 0, 0, 0)
    with reverts("ownable: caller is not the owner"):
        fund.set_draw_cap(1, 1, sender=DEPLOYER)


def test_no_owner(evm: Evm) -> None:
    token = evm.deploy(artifact("PlainToken"), 6)
    with reverts("fund: no owner"):
        evm.deploy(artifact("InsuranceFund"), NOBODY, token.address)


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_good_decimals(decimals: int) -> None:
    pair = FundPair(decimals=decimals)
    assert pair.stake(10**decimals) == 10**decimals * 1_000
    assert pair.leave() == 10**decimals
    pair.check()


@pytest.mark.parametrize("decimals", [0, 5, 19, 255])
def test_bad_decimals(evm: Evm, decimals: int) -> None:
    token = evm.deploy(artifact("HostileToken"), decimals)
    with reverts("token: bad decimals"):
        evm.deploy(artifact("InsuranceFund"), OWNER, token.address)


def test_decimals_that_are_no_byte(evm: Evm) -> None:
    token = evm.deploy(artifact("HostileToken"), 256 + 6)
    with pytest.raises(Reverted):
        evm.deploy(artifact("InsuranceFund"), OWNER, token.address)


@pytest.mark.parametrize("token", [NOBODY, STRANGER])
def test_token_is_no_contract(evm: Evm, token: str) -> None:
    with reverts("token: not a contract"):
        evm.deploy(artifact("InsuranceFund"), OWNER, token)


def test_contract_that_is_no_token(evm: Evm) -> None:
    other = evm.deploy(artifact("PayingCaller"))
    with pytest.raises(Reverted):
        evm.deploy(artifact("InsuranceFund"), OWNER, other.address)


def test_plain_token_all_the_way() -> None:
    pair = FundPair(token="PlainToken")
    pair.contribute(5 * ONE)
    pair.stake(10 * ONE)
    pair.draw(8 * ONE)
    assert pair.leave() == 7 * ONE
    pair.check()


def test_ownership_is_handed_on_in_two_steps(pair: FundPair) -> None:
    fund = pair.fund
    fund.transfer_ownership(SAVER, sender=OWNER)
    assert (fund.owner(), fund.pending_owner()) == (OWNER, SAVER)
    with reverts("ownable_2step: caller is not the new owner"):
        fund.accept_ownership(sender=OWNER)
    fund.accept_ownership(sender=SAVER)
    fund.set_draw_cap(1, 1, sender=SAVER)
    with reverts("ownable: caller is not the owner"):
        fund.set_draw_cap(1, 2, sender=OWNER)


def test_somebody_always_owns_it() -> None:
    assert not [name for name in artifact("InsuranceFund").selectors if "renounce" in name]
