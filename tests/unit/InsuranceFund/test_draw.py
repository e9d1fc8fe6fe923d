"""draw: the engine takes what a deficit needs, as far as there is."""

import pytest

from tests.support.insurance import (
    MARKET,
    ONE,
    OTHER,
    OTHER_MARKET,
    OWNER,
    SAVER,
    STRANGER,
    FundPair,
)
from tests.support.orders import reverts
from walras.devtools.evm import artifact
from walras.model.insurance import EXIT_DELAY, MAX_AMOUNT, Drawn, Exit


@pytest.mark.parametrize(
    ("amount", "from_reserve", "from_pot"),
    [
        (0, 0, 0),
        (1, 1, 0),
        (100 * ONE, 100 * ONE, 0),
        (100 * ONE + 1, 100 * ONE, 1),
        (500 * ONE - 1, 100 * ONE, 400 * ONE - 1),
    ],
)
def test_reserve_pays_first(full: FundPair, amount: int, from_reserve: int, from_pot: int) -> None:
    found = full.draw(amount)
    assert isinstance(found, Drawn)
    assert (found.from_reserve, found.from_pot) == (from_reserve, from_pot)
    full.check()


@pytest.mark.parametrize("amount", [500 * ONE, 500 * ONE + 1, 2**256 - 1])
def test_all_there_is(full: FundPair, amount: int) -> None:
    assert full.draw(amount) == Drawn(100 * ONE, 400 * ONE, (400_000 * ONE, 0))
    full.check()


def test_empty_fund_pays_nothing(pair: FundPair) -> None:
    assert pair.draw(5) == Drawn(0, 0)
    assert pair.draw(2**256 - 1) == Drawn(0, 0)
    pair.check()


def test_nothing_is_paid_without_a_transfer(full: FundPair) -> None:
    """A token that is stopped does not stop a draw that would pay nothing anyway."""
    full.token.bar(full.engine.address, True)
    assert full.draw(5, OTHER_MARKET) == Drawn(0, 0)
    with pytest.raises(Exception, match="Revert"):
        full.engine.draw(full.fund.address, MARKET, 5)


def test_only_the_engine(full: FundPair) -> None:
    for caller in (STRANGER, OWNER, SAVER):
        assert full.draw(5, sender=caller) == "fund: only engine"
    assert full.draw(0, sender=OWNER) == "fund: only engine"


def test_engine_is_who_calls(full: FundPair) -> None:
    """Not who sent the transaction: here the engine's own address did, to no avail."""
    caller = full.evm.deploy(artifact("PayingCaller"))
    with reverts("fund: only engine"):
        caller.forward(full.fund.address, full.fund.encode("draw", MARKET, 5), sender=OWNER)


def test_before_there_is_an_engine() -> None:
    pair = FundPair(engine=False)
    assert pair.draw(5, sender=OWNER) == "fund: only engine"


# ---------------------------------------------------------------- caps


def test_cap_is_on_the_sum(full: FundPair) -> None:
    full.set_draw_cap(MARKET, 120 * ONE)
    assert full.draw(70 * ONE) == Drawn(70 * ONE, 0)
    assert full.fund.draw_capacity(MARKET) == 50 * ONE
    assert full.draw(51 * ONE) == Drawn(30 * ONE, 20 * ONE)
    assert full.draw(1) == Drawn(0, 0)
    assert full.fund.drawn(MARKET) == 120 * ONE
    full.check()


def test_each_market_has_its_own(full: FundPair) -> None:
    full.set_draw_cap(MARKET, 10 * ONE)
    full.set_draw_cap(OTHER_MARKET, 20 * ONE)
    assert full.draw(99 * ONE) == Drawn(10 * ONE, 0)
    assert full.draw(99 * ONE, OTHER_MARKET) == Drawn(20 * ONE, 0)
    full.check()


def test_market_without_a_cap(full: FundPair) -> None:
    assert full.draw(5, OTHER_MARKET) == Drawn(0, 0)


def test_refilling_the_reserve_does_not_refill_the_cap(full: FundPair) -> None:
    full.set_draw_cap(MARKET, 10 * ONE)
    full.draw(10 * ONE)
    full.contribute(10 * ONE)
    assert full.draw(1) == Drawn(0, 0)
    full.set_draw_cap(MARKET, 11 * ONE)
    assert full.draw(5 * ONE) == Drawn(1 * ONE, 0)


# ---------------------------------------------------------------- void shares


def test_emptied_pot_voids_all_shares(full: FundPair) -> None:
    full.request_exit(1, SAVER)
    full.draw(500 * ONE)
    assert (full.fund.total_shares(), full.fund.epoch()) == (0, 1)
    for account in (SAVER, OTHER):
        assert (full.fund.shares_of(account), full.fund.value_of(account)) == (0, 0)
    assert Exit(*full.fund.pending_exit(SAVER)) == Exit()
    full.advance(EXIT_DELAY)
    assert full.fund.preview_claim(SAVER) == 0
    assert full.claim(SAVER) == "fund: no exit requested"
    assert full.cancel_exit(SAVER) == "fund: no exit requested"
    assert full.request_exit(1, SAVER) == "fund: not enough shares"
    full.check()


def test_later_stakers_do_not_share_with_those(full: FundPair) -> None:
    full.draw(500 * ONE)
    assert full.stake(ONE, STRANGER) == 1_000 * ONE
    assert full.stake(ONE, SAVER) == 1_000 * ONE  # none of his old ones among them
    assert full.fund.shares_of(OTHER) == 0
    assert full.leave(STRANGER) == ONE
    assert full.leave(SAVER) == ONE
    full.check()


def test_one_unit_left_keeps_shares_that_are_few_enough(pair: FundPair) -> None:
    pair.stake(ONE)
    drawn = pair.draw(ONE - 1)
    assert drawn == Drawn(0, ONE - 1)
    assert pair.fund.value_of(SAVER) == 1
    pair.check()


def test_last_unit_that_keeps_the_shares(full: FundPair) -> None:
    """400,000,000,000 shares and 1,000 virtual ones need 401 units, of which one is virtual."""
    assert full.draw(500 * ONE - 400) == Drawn(100 * ONE, 400 * ONE - 400)
    assert full.fund.pot() == 400
    full.check()


def test_one_less_makes_them_void_and_is_reserve(full: FundPair) -> None:
    assert full.draw(500 * ONE - 399) == Drawn(100 * ONE, 400 * ONE - 399, (400_000 * ONE, 399))
    assert (full.fund.reserve(), full.fund.pot(), full.fund.total_shares()) == (399, 0, 0)
    full.check()
    assert full.draw(500) == Drawn(399, 0)
    full.check()


@pytest.mark.parametrize(("left", "void"), [(399, False), (398, True)])
def test_exactly_as_many_shares_as_a_unit_may_have(pair: FundPair, left: int, void: bool) -> None:
    """With the virtual ones 400 * 10**9, for 399 units and the virtual one."""
    pair.stake(400 * ONE - 1)
    drawn = pair.draw(400 * ONE - 1 - left)
    assert isinstance(drawn, Drawn)
    assert (drawn.voided is not None) == void
    pair.check()


def test_draw_from_the_reserve_voids_nothing(full: FundPair) -> None:
    full.draw(100 * ONE)
    assert full.fund.epoch() == 0
    assert full.fund.value_of(SAVER) == 300 * ONE


def test_empty_pot_without_shares_begins_no_epoch(pair: FundPair) -> None:
    """What rounding leaves in a pot that all have left can be drawn like the rest."""
    pair.stake(4)
    assert [pair.leave(SAVER, shares) for shares in (1_999, 1_500, 501)] == [1, 1, 1]
    assert (pair.fund.total_shares(), pair.fund.pot()) == (0, 1)
    assert pair.draw(5) == Drawn(0, 1)
    assert pair.fund.epoch() == 0
    pair.check()


def test_worthless_shares_outlive_a_draw_from_the_reserve(pair: FundPair) -> None:
    """A claim may leave others' shares that are worth less than a unit, and nothing in the pot."""
    pair.stake(10)
    pair.stake(1, OTHER)
    pair.draw(10)
    assert pair.leave(SAVER) == 1
    assert (pair.fund.pot(), pair.fund.total_shares()) == (0, 1_000)
    pair.contribute(5)
    assert pair.draw(5) == Drawn(5, 0)
    assert pair.fund.epoch() == 0
    pair.check()
    pair.stake(10**6, SAVER)
    assert pair.fund.value_of(SAVER) == 10**6
    pair.check()


def test_epochs_are_counted(pair: FundPair) -> None:
    for epoch in range(3):
        assert pair.fund.epoch() == epoch
        pair.stake(ONE, SAVER)
        pair.draw(MAX_AMOUNT)
    pair.stake(ONE, OTHER)
    assert pair.fund.shares_of(SAVER) == 0
    pair.check()


def test_the_cap_counts_what_the_pot_paid(full: FundPair) -> None:
    full.set_draw_cap(MARKET, 150 * ONE)
    full.draw(2**255)
    assert (full.fund.pot(), full.fund.drawn(MARKET)) == (350 * ONE, 150 * ONE)
