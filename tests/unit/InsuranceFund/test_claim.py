"""claim: leaving, at what the shares are worth then."""

import pytest

from tests.support.insurance import NOBODY, ONE, OTHER, SAVER, STRANGER, FundPair
from tests.support.orders import reverts
from walras.devtools.evm import artifact
from walras.model.insurance import CLAIM_WINDOW, DAY, EXIT_DELAY, Exit

ALL = 300 * 10**9


def test_whole_stake(full: FundPair) -> None:
    full.request_exit(ALL)
    full.advance(EXIT_DELAY)
    assert full.claim() == 300 * ONE
    assert full.fund.shares_of(SAVER) == 0
    assert full.model.pending_exit(SAVER) == Exit()
    full.check()


def test_twice(full: FundPair) -> None:
    full.leave()
    assert full.claim() == "fund: no exit requested"


def test_part(full: FundPair) -> None:
    full.request_exit(ALL // 3)
    full.advance(EXIT_DELAY)
    assert full.claim() == 100 * ONE
    assert full.fund.value_of(SAVER) == 200 * ONE
    full.check()


@pytest.mark.parametrize("seconds", [EXIT_DELAY, EXIT_DELAY + 1, EXIT_DELAY + CLAIM_WINDOW - 1])
def test_within_the_window(full: FundPair, seconds: int) -> None:
    full.request_exit(ALL)
    full.advance(seconds)
    assert full.claim() == 300 * ONE


@pytest.mark.parametrize("seconds", [0, 1, EXIT_DELAY - 1])
def test_too_early(full: FundPair, seconds: int) -> None:
    full.request_exit(ALL)
    full.advance(seconds)
    assert full.claim() == "fund: exit too early"
    full.check()


@pytest.mark.parametrize("seconds", [EXIT_DELAY + CLAIM_WINDOW, 365 * DAY])
def test_too_late(full: FundPair, seconds: int) -> None:
    full.request_exit(ALL)
    full.advance(seconds)
    assert full.claim() == "fund: exit expired"
    full.check()


def test_without_a_request(full: FundPair) -> None:
    assert full.claim() == "fund: no exit requested"
    assert full.claim(STRANGER) == "fund: no exit requested"


def test_to_another(full: FundPair) -> None:
    full.request_exit(ALL)
    full.advance(EXIT_DELAY)
    before = full.token.balanceOf(STRANGER)
    assert full.claim(SAVER, STRANGER) == 300 * ONE
    assert full.token.balanceOf(STRANGER) == before + 300 * ONE


def test_to_nobody(full: FundPair) -> None:
    full.request_exit(ALL)
    full.advance(EXIT_DELAY)
    assert full.claim(SAVER, NOBODY) == "fund: no receiver"


def test_to_the_fund_itself(full: FundPair) -> None:
    """It would be a donation; nothing leaves, so it is refused."""
    full.request_exit(ALL)
    full.advance(EXIT_DELAY)
    with reverts("token: inexact transfer"):
        full.fund.claim(full.fund.address, sender=SAVER)


def test_shares_that_leave_share_a_loss(full: FundPair) -> None:
    full.request_exit(ALL)
    full.advance(EXIT_DELAY - 1)
    full.draw(100 * ONE + 200 * ONE)
    full.advance(1)
    assert full.claim() == 150 * ONE
    assert full.fund.value_of(OTHER) == 50 * ONE
    full.check()


def test_loss_after_the_claim_is_of_those_who_stay(full: FundPair) -> None:
    full.leave()
    full.draw(100 * ONE + 50 * ONE)
    assert full.fund.value_of(OTHER) == 50 * ONE


def test_least_that_is_paid(pair: FundPair) -> None:
    pair.stake(5)
    assert pair.leave(SAVER, 1_000) == 1
    pair.check()


def test_less_than_a_unit(pair: FundPair) -> None:
    pair.stake(5)
    assert pair.leave(SAVER, 999) == "fund: nothing to claim"
    assert pair.fund.shares_of(SAVER) == 5_000
    pair.check()


def test_through_a_contract(full: FundPair) -> None:
    """The claim is his who calls, not his who sent the transaction."""
    caller = full.evm.deploy(artifact("PayingCaller"))
    full.request_exit(ALL)
    full.advance(EXIT_DELAY)
    with reverts("fund: no exit requested"):
        caller.forward(full.fund.address, full.fund.encode("claim", STRANGER), sender=SAVER)
    assert full.claim() == 300 * ONE
