"""stake: tokens into the pot, for shares that stay where they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.insurance import MARKET, NOBODY, ONE, OTHER, SAVER, STRANGER, FundPair
from walras.devtools.evm import artifact
from walras.model.insurance import MAX_AMOUNT, Drawn, Exit


def test_first_stake(pair: FundPair) -> None:
    assert pair.stake(5 * ONE) == 5_000 * ONE
    assert (pair.fund.shares_of(SAVER), pair.fund.value_of(SAVER)) == (5_000 * ONE, 5 * ONE)
    pair.check()


def test_price_after_a_loss(full: FundPair) -> None:
    """What is staked after a draw does not pay for it."""
    full.draw(300 * ONE)  # 200 of the pot's 400
    shares = full.stake(50 * ONE, OTHER)
    assert shares == 50 * ONE * (400_000 * ONE + 1_000) // (200 * ONE + 1)
    assert full.fund.value_of(SAVER) == 150 * ONE
    assert full.fund.value_of(OTHER) == 100 * ONE  # 50 of the first stake are left
    full.check()


def test_shares_are_rounded_down(pair: FundPair) -> None:
    pair.stake(9)
    pair.draw(4)
    assert pair.stake(1, OTHER) == (9_000 + 1_000) // 6  # 1,666 and two thirds
    assert pair.stake(2, OTHER) == 2 * 11_666 // 7
    pair.check()


def test_for_another(pair: FundPair) -> None:
    pair.stake(ONE, sender=SAVER, receiver=OTHER)
    assert pair.fund.shares_of(SAVER) == 0
    assert pair.leave(OTHER) == ONE


def test_for_nobody(pair: FundPair) -> None:
    assert pair.stake(ONE, receiver=NOBODY) == "fund: no receiver"


def test_without_an_engine() -> None:
    """One unit, staked while a fund is deployed, had first caps go by steps: the deployment ended there."""
    pair = FundPair(engine=False)
    assert pair.stake(1, STRANGER) == "fund: no engine"
    pair.check()
    assert pair.set_draw_cap(MARKET, 500_000 * ONE) is None
    assert pair.set_engine(pair.engine.address) is None
    assert pair.stake(1, STRANGER) == 1_000
    pair.check()


def test_anothers_stake_leaves_the_receivers_request_alone(full: FundPair) -> None:
    request = full.request_exit(ONE, SAVER)
    full.advance(3_600)
    full.stake(ONE, sender=OTHER, receiver=SAVER)
    assert Exit(*full.fund.pending_exit(SAVER)) == request


def test_nothing(pair: FundPair) -> None:
    assert pair.stake(0) == "fund: zero shares"


def test_up_to_the_bound(pair: FundPair) -> None:
    assert pair.stake(MAX_AMOUNT - 5) == (MAX_AMOUNT - 5) * 1_000
    assert pair.stake(5, OTHER) == 5_000
    pair.check()
    assert pair.leave() == MAX_AMOUNT - 5


def test_over_the_bound(pair: FundPair) -> None:
    assert pair.stake(MAX_AMOUNT + 1) == "fund: amount too large"
    assert pair.stake(2**256 - 1) == "fund: amount too large"
    pair.stake(MAX_AMOUNT - 5)
    assert pair.stake(6, OTHER) == "fund: amount too large"


def test_largest_stake_at_the_cheapest_share() -> None:
    """The largest products that there are: 10**9 shares a unit, and as many units as fit."""
    pair = FundPair()
    pair.stake(MAX_AMOUNT)
    keep = -(-(MAX_AMOUNT * 1_000 + 1_000) // 10**9) - 1
    drawn = pair.draw(MAX_AMOUNT - keep)
    assert isinstance(drawn, Drawn)
    assert drawn.voided is None
    shares = pair.stake(MAX_AMOUNT - keep, OTHER)
    assert isinstance(shares, int)
    assert 2**140 < shares < 2**142
    pair.check()
    paid = pair.leave(OTHER)
    assert isinstance(paid, int)
    assert MAX_AMOUNT - keep - 1 <= paid <= MAX_AMOUNT - keep
    pair.check()


def test_shares_cannot_be_transferred(pair: FundPair) -> None:
    names = {name.partition("(")[0] for name in artifact("InsuranceFund").selectors}
    assert not names & {"transfer", "transferFrom", "approve"}


def test_through_a_contract(pair: FundPair) -> None:
    """Who calls pays, and not who sent the transaction."""
    caller = pair.evm.deploy(artifact("PayingCaller"))
    pair.accounts.append(caller.address)
    before = pair.token.balanceOf(STRANGER)
    pair.token.mint(caller.address, 7)
    for to, call in (
        (pair.token, pair.token.encode("approve", pair.fund.address, 7)),
        (pair.fund, pair.fund.encode("stake", 7, caller.address)),
    ):
        caller.forward(to.address, call, sender=STRANGER)
    assert pair.token.balanceOf(STRANGER) == before
    assert (pair.fund.shares_of(STRANGER), pair.fund.shares_of(caller.address)) == (0, 7_000)


# ---------------------------------------------------------------- laws

amounts = st.one_of(st.integers(1, 20), st.integers(1, 10**13), st.integers(1, MAX_AMOUNT // 4))


@given(before=st.lists(amounts, max_size=2), loss=st.integers(0, 1_000), amount=amounts)
def test_what_leaves_is_at_most_what_came(before: list[int], loss: int, amount: int) -> None:
    """inv_42, at any worth of a share."""
    pair = FundPair()
    for one in before:
        pair.stake(one, OTHER)
    pair.draw(sum(before) * loss // 1_000)
    assert isinstance(pair.stake(amount), int)
    found = pair.leave()
    assert found == "fund: nothing to claim" or amount - 1 <= int(found) <= amount
    pair.check()


@given(first=amounts, donation=st.integers(0, 2**130), amount=amounts)
def test_donation_harms_nobody(first: int, donation: int, amount: int) -> None:
    """inv_43: stake little, send the fund a fortune, let a victim stake: he has all he staked."""
    pair = FundPair()
    pair.stake(first, STRANGER)
    pair.donate(donation)
    pair.stake(amount)
    assert pair.fund.value_of(SAVER) == amount
    assert pair.leave(STRANGER) == first
    pair.draw(amount // 2)
    assert pair.fund.draw_capacity(MARKET) <= amount - amount // 2  # nor does the donation pay deficits
    pair.check()


@pytest.mark.parametrize("shares", [1_999, 999, 1])
def test_leaving_in_pieces_does_not_pay(pair: FundPair, shares: int) -> None:
    """Pieces lose their rounding to those who stay."""
    pair.stake(100)
    pair.stake(100, OTHER)
    paid = 0
    for _ in range(20):
        found = pair.leave(SAVER, min(shares, pair.fund.shares_of(SAVER)))
        paid += found if isinstance(found, int) else 0
    rest = pair.leave(SAVER)
    assert paid + (rest if isinstance(rest, int) else 0) <= 100
    assert pair.fund.value_of(OTHER) >= 100
