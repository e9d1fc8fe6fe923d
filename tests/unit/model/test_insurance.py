"""The model of the insurance fund by itself: worked by hand."""

from fractions import Fraction

import pytest

from walras.model.insurance import (
    CLAIM_WINDOW,
    EXIT_DELAY,
    MAX_AMOUNT,
    NOBODY,
    Drawn,
    Exit,
    InsuranceFund,
    Stake,
)
from walras.model.revert import Revert

NOW = 1_000


@pytest.fixture
def fund() -> InsuranceFund:
    """Nothing in it; market 1 may draw 1,000."""
    empty = InsuranceFund()
    empty.set_engine("engine")
    empty.set_draw_cap(1, 1_000)
    return empty


def test_a_story(fund: InsuranceFund) -> None:
    fund.contribute(10)
    assert fund.stake(30, "a") == 30_000
    assert fund.stake(10, "b") == 10_000
    assert fund.worth == Fraction(41, 41_000)
    assert fund.request_exit(NOW, "a", 30_000) == Exit(
        30_000, NOW + EXIT_DELAY, NOW + EXIT_DELAY + CLAIM_WINDOW
    )
    assert fund.draw("engine", 1, 31) == Drawn(10, 21)
    assert fund.worth == Fraction(20, 41_000)
    assert (fund.value_of("a"), fund.value_of("b")) == (14, 4)  # 14.6 and 4.9
    assert fund.preview_claim(NOW + EXIT_DELAY, "a") == 14
    assert fund.claim(NOW + EXIT_DELAY, "a", "a") == 14
    assert (fund.pot, fund.total_shares) == (5, 10_000)
    assert fund.value_of("b") == 5  # with what the rounding of the other left
    assert fund.stake(1, "c") == 11_000 // 6
    assert fund.draw("engine", 1, 2_000) == Drawn(0, 6, (11_833, 0))
    assert (fund.epoch, fund.stakes, fund.drawn) == (1, {}, {1: 37})
    assert fund.draw_capacity(1) == 0


def test_dust(fund: InsuranceFund) -> None:
    fund.set_draw_cap(1, MAX_AMOUNT)
    fund.stake(10**9, "a")  # 10**12 shares, for which 1,000 and one virtual unit are just too few
    assert fund.draw("engine", 1, 10**9 - 1_000) == Drawn(0, 10**9 - 1_000)
    assert fund.worth == Fraction(1_001, 10**12 + 1_000)
    assert fund.draw("engine", 1, 1) == Drawn(0, 1, (10**12, 999))
    assert (fund.reserve, fund.pot) == (999, 0)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda fund: fund.contribute(0), "fund: zero amount"),
        (lambda fund: fund.contribute(MAX_AMOUNT + 1), "fund: amount too large"),
        (lambda fund: fund.stake(1, NOBODY), "fund: no receiver"),
        (lambda fund: fund.stake(MAX_AMOUNT + 1, "a"), "fund: amount too large"),
        (lambda fund: fund.stake(0, "a"), "fund: zero shares"),
        (lambda _: InsuranceFund().stake(1, "a"), "fund: no engine"),
        (lambda fund: fund.request_exit(NOW, "a", 0), "fund: no shares"),
        (lambda fund: fund.request_exit(NOW, "a", 1), "fund: not enough shares"),
        (lambda fund: fund.cancel_exit("a"), "fund: no exit requested"),
        (lambda fund: fund.claim(NOW, "a", NOBODY), "fund: no receiver"),
        (lambda fund: fund.claim(NOW, "a", "a"), "fund: no exit requested"),
        (lambda fund: fund.draw("a", 1, 1), "fund: only engine"),
        (lambda fund: fund.set_engine("a"), "fund: engine is set"),
        (lambda _: InsuranceFund().set_engine("a", is_contract=False), "fund: engine not a contract"),
        (lambda fund: fund.set_draw_cap(1, MAX_AMOUNT + 1), "fund: amount too large"),
    ],
)
def test_refusals(fund: InsuranceFund, call, reason: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Revert, match=f"^{reason}$"):
        call(fund)


def test_times(fund: InsuranceFund) -> None:
    fund.stake(5, "a")
    request = fund.request_exit(NOW, "a", 999)
    for now, reason in (
        (request.claimable_from - 1, "fund: exit too early"),
        (request.claimable_from, "fund: nothing to claim"),
        (request.until - 1, "fund: nothing to claim"),
        (request.until, "fund: exit expired"),
    ):
        with pytest.raises(Revert, match=f"^{reason}$"):
            fund.claim(now, "a", "a")
    fund.cancel_exit("a")
    assert fund.stakes["a"] == Stake(5_000)
