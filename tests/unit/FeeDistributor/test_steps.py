"""How far, and how often, shares and the floor go; and that recipients change at once."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.fees import (
    CHEST,
    FOURTH,
    NEW_CHEST,
    NEW_VAULT,
    SETTINGS,
    STAKERS,
    STRANGER,
    THIRD,
    VAULT,
    FeePair,
)
from walras.model.fees import FLOOR_STEP, SHARE_STEP, Settings, Shares

DAY = 86_400
FEES = Shares(vault=3_000, insurance=3_400, treasury=1_600, runners=200, others=(200, 1_600))
PENALTIES = Shares(vault=2_000, insurance=5_600, treasury=1_200, runners=400, others=(0, 800))
BASE = replace(SETTINGS, fees=FEES, penalties=PENALTIES, floor=30_000 * 10**6)


def with_share(kind: str, name: str, change: int) -> Settings:
    """BASE with one share another; of fees insurance bears it, of penalties the vault."""
    shares: Shares = getattr(BASE, kind)
    bearer = "insurance" if kind == "fees" or name == "vault" else "vault"
    moved: dict[str, Any] = {bearer: getattr(shares, bearer) - change}
    if name == "others":
        moved["others"] = (shares.others[0], shares.others[1] + change)
    else:
        moved[name] = getattr(shares, name) + change
    return replace(BASE, **{kind: replace(shares, **moved)})


@pytest.fixture
def pair() -> FeePair:
    """Shares of which half is more, and less, than the least step."""
    return FeePair(BASE)


@pytest.mark.parametrize(
    ("kind", "name", "change"),
    [
        ("fees", "vault", 1_500),
        ("fees", "vault", -1_500),
        ("fees", "treasury", 800),
        ("fees", "treasury", -800),
        ("fees", "runners", 500),
        ("fees", "others", 900),
        ("fees", "others", -900),
        ("penalties", "vault", -1_000),
        ("penalties", "treasury", 600),
        ("penalties", "treasury", -600),
        ("penalties", "runners", 500),
        ("penalties", "others", 500),
        ("penalties", "others", -500),
    ],
)
def test_half_or_the_least_step(pair: FeePair, kind: str, name: str, change: int) -> None:
    further = change + (1 if change > 0 else -1)
    assert pair.configure(with_share(kind, name, further)) == "fees: step too large"
    pair.check()
    assert pair.configure(with_share(kind, name, change)) is None
    pair.check()


def test_step_of_what_is_insured() -> None:
    """By the least step of the fees, by half of the penalties, borne by some whose steps are small enough."""
    fees = Shares(vault=8_000, insurance=1_000, treasury=1_000)
    penalties = Shares(vault=2_500, insurance=5_000, treasury=2_400, runners=100)
    base = replace(SETTINGS, others=(), fees=fees, penalties=penalties)
    for more, goes in ((1, False), (0, True)):
        pair = FeePair(base)
        raised = replace(fees, vault=7_500 - more, insurance=SHARE_STEP + 1_000 + more)
        assert pair.change(fees=raised) == (None if goes else "fees: step too large")
        pair = FeePair(base)
        raised = Shares(vault=1_250, insurance=7_500 + more, treasury=1_200, runners=50 - more)
        assert pair.change(penalties=raised) == (None if goes else "fees: step too large")


@pytest.mark.parametrize(
    ("floor", "goes"), [(15_000, True), (14_999, False), (45_000, True), (45_001, False)]
)
def test_floor(pair: FeePair, floor: int, goes: bool) -> None:
    assert pair.change(floor=floor * 10**6) == (None if goes else "fees: step too large")
    pair.check()


@pytest.mark.parametrize("decimals", [6, 18])
def test_least_step_of_the_floor_is_of_whole_tokens(decimals: int) -> None:
    pair = FeePair(replace(SETTINGS, floor=0), decimals)
    assert pair.change(floor=FLOOR_STEP * 10**decimals + 1) == "fees: step too large"
    assert pair.change(floor=FLOOR_STEP * 10**decimals) is None
    pair.check()


def test_a_day_lies_between_two_changes_of_whichever_number(pair: FeePair) -> None:
    assert pair.fees.changed_at() == 0
    assert pair.change(floor=BASE.floor + 1) is None
    start = pair.evm.time
    assert pair.fees.changed_at() == start
    later = replace(with_share("penalties", "runners", 1), floor=BASE.floor + 1)
    for seconds in (0, DAY - 1):
        pair.exchange.advance(start + seconds - pair.evm.time)
        assert pair.configure(later) == "fees: too soon"
    pair.exchange.advance(1)
    assert pair.configure(later) is None
    assert pair.fees.changed_at() == start + DAY
    pair.check()


def test_recipients_change_at_once(pair: FeePair) -> None:
    """On the day of a step, and without using one up; how the others share what is theirs goes along."""
    assert pair.change(vault=NEW_VAULT, treasury=NEW_CHEST, others=(THIRD, FOURTH)) is None
    assert pair.fees.changed_at() == 0
    assert pair.change(floor=BASE.floor + 1) is None
    fees = replace(FEES, others=(1_800,))
    penalties = replace(PENALTIES, others=(800,))
    assert pair.change(vault=VAULT, treasury=CHEST, others=(STAKERS,), fees=fees, penalties=penalties) is None
    pair.check()
    assert pair.change(floor=BASE.floor) == "fees: too soon"
    assert pair.change(treasury=STRANGER) is None


def test_bounds_come_before_steps(pair: FeePair) -> None:
    assert pair.configure(with_share("fees", "runners", 1_801)) == "fees: share out of bounds"
    assert pair.change(floor=2**200) == "fees: bad floor"


def test_a_step_that_is_refused_distributes_nothing(pair: FeePair) -> None:
    pair.earn(fees=BASE.floor + 10_000, penalties=7)
    assert pair.configure(with_share("fees", "treasury", 801)) == "fees: step too large"
    assert pair.fees.booked() == 0
    pair.check()
