"""contribute: anybody adds to the reserve."""

import pytest

from tests.support.insurance import DONOR, ONE, SAVER, STRANGER, FundPair
from walras.devtools.evm import Reverted, artifact
from walras.model.insurance import MAX_AMOUNT


def test_adds_to_the_reserve(full: FundPair) -> None:
    assert full.contribute(25 * ONE, STRANGER) is None
    assert full.fund.reserve() == 125 * ONE
    full.check()


def test_not_to_the_pot(full: FundPair) -> None:
    worth = full.state().worth
    full.contribute(25 * ONE)
    assert full.fund.pot() == 400 * ONE
    assert full.state().worth == worth


def test_one_unit(pair: FundPair) -> None:
    assert pair.contribute(1) is None


def test_nothing(pair: FundPair) -> None:
    assert pair.contribute(0) == "fund: zero amount"


def test_up_to_the_bound(pair: FundPair) -> None:
    assert pair.contribute(MAX_AMOUNT - 5) is None
    assert pair.contribute(5) is None
    pair.check()


def test_over_the_bound(pair: FundPair) -> None:
    assert pair.contribute(MAX_AMOUNT + 1) == "fund: amount too large"
    assert pair.contribute(2**256 - 1) == "fund: amount too large"
    pair.contribute(MAX_AMOUNT - 5)
    assert pair.contribute(6) == "fund: amount too large"
    assert pair.contribute(2**256 - 1) == "fund: amount too large"


def test_full_reserve_leaves_the_pot_alone(pair: FundPair) -> None:
    pair.contribute(MAX_AMOUNT)
    assert pair.stake(MAX_AMOUNT) == MAX_AMOUNT * 1_000
    assert pair.draw(2**256 - 1).paid == MAX_AMOUNT  # the market's cap
    pair.check()


def test_caller_pays_and_not_who_sent_the_transaction(pair: FundPair) -> None:
    caller = pair.evm.deploy(artifact("PayingCaller"))
    call = pair.fund.encode("contribute", 7)
    before = pair.token.balanceOf(DONOR)
    pair.token.mint(caller.address, 7)
    approve = pair.token.encode("approve", pair.fund.address, 7)
    caller.forward(pair.token.address, approve, sender=DONOR)
    caller.forward(pair.fund.address, call, sender=DONOR)
    assert pair.fund.events()[0].args == {"sender": caller.address.lower(), "amount": 7}
    assert (pair.token.balanceOf(DONOR), pair.token.balanceOf(caller.address)) == (before, 0)


def test_without_approval(pair: FundPair) -> None:
    pair.token.approve(pair.fund.address, 6, sender=SAVER)
    with pytest.raises(Reverted):
        pair.fund.contribute(7, sender=SAVER)
    assert pair.contribute(6, SAVER) is None
