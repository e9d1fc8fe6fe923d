"""Settings go by steps: how far, how often, and what is free of it."""

from dataclasses import astuple, replace

import pytest

from tests.support.engine import SETTINGS, EnginePair
from walras.model.steps import is_early, is_large

DAY = 86_400
STEPS = [
    # from SETTINGS, and by hand: half of what it is, or the least step, whichever is more
    ("initial_ppm", 50_000, 30_000, 75_000),
    ("maintenance_bps", 5_000, 3_000, 7_000),  # of 50,000 ppm: 25,000, 15,000 and 35,000; half is 12,500
    ("soft_notional", 10_000_000, 5_000_000, 15_000_000),
    ("hard_notional", 100_000_000, 50_000_000, 150_000_000),
    ("maker_ppm", -50, -150, 50),
    ("taker_ppm", 500, 250, 750),
    ("band_bps", 2_000, 1_000, 3_000),
    ("mark_band_bps", 500, 250, 750),
    ("interest", 100_000, 0, 200_000),
    ("funding_clamp", 6, 3, 9),
    ("price_grace", 30, 0, 90),
    ("max_mark_age", 60, 1, 120),
    ("impact_lots", 1_000, 500, 1_500),
]
BASE = replace(SETTINGS, impact_lots=1_000)
FREE = ("open_cap", "account_cap", "tip", "restart_batches")


def test_every_setting_has_a_step_or_is_free() -> None:
    assert sorted([*FREE, *(name for name, *_ in STEPS)]) == sorted(SETTINGS.__slots__)


@pytest.mark.parametrize(("name", "start", "low", "high"), STEPS)
def test_step(name: str, start: int, low: int, high: int) -> None:
    """One step either way passes, one unit more does not."""
    pair = EnginePair(settings=BASE)
    assert getattr(BASE, name) == start
    edge = {"maintenance_bps": (2_500, 7_500), "initial_ppm": (25_000, 75_000)}.get(name, (low, high))
    floors = {"maintenance_bps", "initial_ppm"}
    for value, beyond in zip(edge, (-1, 1), strict=True):
        outside = value + beyond
        if outside >= 0 and not (name == "max_mark_age" and outside == 0):
            pair.configure(0, replace(BASE, **{name: outside}))
            assert pair.refusal == "engine: step too large", (name, outside)
        assert name in floors or value in (low, high)
        checkpoint, model = pair.evm.snapshot(), pair.model.save()
        pair.configure(0, replace(BASE, **{name: value}))
        assert pair.refusal is None, (name, value)
        assert pair.engine.market_settings(0) == astuple(replace(BASE, **{name: value}))
        pair.evm.revert(checkpoint)
        pair.model.restore(model)


@pytest.mark.parametrize("sign", [-1, 1])
def test_half_of_what_has_a_sign(sign: int) -> None:
    """More than the least step."""
    base = replace(BASE, interest=sign * 1_000_000)
    pair = EnginePair(settings=base)
    pair.configure(0, replace(base, interest=sign * 499_999))
    assert pair.refusal == "engine: step too large"
    pair.configure(0, replace(base, interest=sign * 500_000))
    assert pair.refusal is None


def test_every_bit_of_a_change_is_told(pair: EnginePair) -> None:
    """Nothing of the time before is left in it, and nothing of what stands beside it goes."""
    pair.advance(1)
    pair.configure_book(0, 20, 2)
    book = pair.evm.time
    assert book % 2
    for number, wait in enumerate((DAY + 1, DAY, DAY + 1), 1):
        pair.advance(wait)
        pair.configure(0, replace(SETTINGS, tip=number))
        assert pair.refusal is None
        assert pair.engine.changed_at(0) == (pair.evm.time, book, 0)


def test_a_step_a_day(pair: EnginePair) -> None:
    first, second = (replace(SETTINGS, tip=tip) for tip in (1, 2))
    pair.configure(0, first)
    assert pair.refusal is None
    assert pair.engine.changed_at(0) == (pair.evm.time, 0, 0)
    pair.advance(DAY - 1)
    pair.configure(0, second)
    assert pair.refusal == "engine: too soon"
    pair.advance(1)
    pair.configure(0, second)
    assert pair.refusal is None
    assert pair.engine.market_settings(0) == astuple(second)


@pytest.mark.parametrize("cap", ["open_cap", "account_cap"])
def test_caps_fall_at_any_time_and_rise_by_steps(pair: EnginePair, cap: str) -> None:
    before = getattr(SETTINGS, cap)
    pair.configure(0, replace(SETTINGS, **{cap: before * 3 // 2 + 1}))
    assert pair.refusal == "engine: step too large"
    pair.configure(0, replace(SETTINGS, **{cap: before * 3 // 2}))
    assert pair.refusal is None
    for lower in (before, 0):
        pair.configure(0, replace(SETTINGS, **{cap: lower}))
        assert pair.refusal is None
    pair.configure(0, replace(SETTINGS, **{cap: 1}))
    assert pair.refusal == "engine: too soon"
    pair.advance(DAY)
    pair.configure(0, replace(SETTINGS, **{cap: 2**20 + 1}))
    assert pair.refusal == "engine: step too large"
    pair.configure(0, replace(SETTINGS, **{cap: 2**20}))
    assert pair.refusal is None


@pytest.mark.parametrize(
    "other", [{"tip": 1}, {"taker_ppm": 501}, {"max_mark_age": 61}, {"account_cap": SETTINGS.account_cap + 1}]
)
def test_fall_of_a_cap_covers_nothing_else(pair: EnginePair, other: dict[str, int]) -> None:
    pair.configure(0, replace(SETTINGS, tip=7))
    pair.configure(0, replace(SETTINGS, **{"tip": 7, "open_cap": 5, **other}))
    assert pair.refusal == "engine: too soon"
    pair.configure(0, replace(SETTINGS, tip=7, open_cap=5))
    assert pair.refusal is None


def test_markets_have_days_of_their_own(pair: EnginePair) -> None:
    pair.list(60_000 * 10**18)
    for market in (0, 1):
        pair.configure(market, replace(SETTINGS, tip=1))
        assert pair.refusal is None


@pytest.mark.parametrize(
    ("before", "after", "least", "large"),
    [
        (0, 5, 5, False),
        (0, 6, 5, True),
        (100, 150, 0, False),
        (100, 151, 0, True),
        (100, 50, 0, False),
        (100, 49, 0, True),
        (101, 151, 0, False),
        (101, 152, 0, True),
        (-50, 50, 100, False),
        (-50, 51, 100, True),
        (-400, -200, 100, False),
        (-400, -199, 100, True),
        (1, 0, 1, False),
    ],
)
def test_rule(before: int, after: int, least: int, large: bool) -> None:
    assert is_large(before, after, least) is large


def test_rule_of_time() -> None:
    assert is_early(1_000, 1_000 + DAY - 1)
    assert not is_early(1_000, 1_000 + DAY)
    assert not is_early(0, DAY)
