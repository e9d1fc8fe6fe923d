"""Margins that rise move along a line; a raise makes nobody liquidatable when it is made."""

from dataclasses import astuple, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.engine import OWNER, SETTINGS, USDC, EnginePair
from tests.support.oracle import ONE
from tests.support.orders import reverts
from tests.support.traders import MAKER, RICH, TAKER, fill
from walras.devtools.evm import Contract, artifact

DAY = 86_400
WEEK = 7 * DAY
UP = replace(SETTINGS, initial_ppm=75_000)  # maintenance 37,500


def margins(pair: EnginePair) -> tuple[int, int]:
    """Margin fractions of a mark of now."""
    pair.say(0, 2_000 * ONE)
    pair.close()
    return tuple(pair.engine.mark(0)[7:])  # type: ignore[return-value]


def later(pair: EnginePair, seconds: int) -> None:
    """Let a time come after the start of the ramp that runs, such that the auction's mark is of it."""
    start = pair.model.markets[0].ramp.start  # type: ignore[union-attr]
    pair.advance(start + seconds - pair.evm.time)


def test_raise_takes_a_week(pair: EnginePair) -> None:
    """50,000 to 75,000 and 25,000 to 37,500 in 7 days: after 1 day 3,571.4 and 1,785.7 more."""
    pair.configure(0, UP)
    start = pair.evm.time
    assert pair.engine.ramp_of(0) == (
        *(50_000, 50_000, 75_000),
        *(25_000, 25_000, 37_500),
        *(start, start + WEEK),
    )
    assert pair.engine.mark(0)[7:] == (50_000, 25_000)
    for days, expected in ((1, (53_571, 26_785)), (3, (60_714, 30_357)), (7, (75_000, 37_500))):
        later(pair, days * DAY)
        assert margins(pair) == expected
    assert pair.engine.ramp_of(0) == (0,) * 8
    pair.advance(DAY)
    assert margins(pair) == (75_000, 37_500)


def test_ramp_is_told(pair: EnginePair) -> None:
    pair.engine.configure_market(0, UP, sender=OWNER)
    end = pair.evm.time + WEEK
    told = Contract(pair.evm, pair.engine.address, artifact("EngineSettings").abi).events()
    assert [event.args for event in told] == [
        {"market": 0, "initial_ppm": 50_000, "maintenance_ppm": 25_000, "end": end},
        {"market": 0, "settings": astuple(UP)},
    ]


def test_settings_tell_the_target(pair: EnginePair) -> None:
    pair.configure(0, UP)
    assert pair.engine.market_settings(0)[0] == 75_000


def test_last_second_of_a_ramp(pair: EnginePair) -> None:
    """25,000 x 604,799 / 604,800 is 24,999.96."""
    pair.configure(0, UP)
    later(pair, WEEK - 1)
    assert margins(pair) == (74_999, 37_499)
    later(pair, WEEK + 10)
    assert margins(pair) == (75_000, 37_500)


def test_fall_is_at_once(pair: EnginePair) -> None:
    pair.configure(0, replace(SETTINGS, initial_ppm=25_000))
    assert pair.engine.ramp_of(0) == (0,) * 8
    assert margins(pair) == (25_000, 12_500)


def test_one_falls_and_the_other_rises(pair: EnginePair) -> None:
    """Initial margin to 40,000 at once, of which 90 % are 36,000 of maintenance, from 25,000."""
    pair.configure(0, replace(SETTINGS, initial_ppm=40_000, maintenance_bps=9_000))
    assert margins(pair)[0] == 40_000
    later(pair, DAY)
    assert margins(pair) == (40_000, 26_571)  # 25,000 + 11,000 / 7


def test_second_raise_begins_where_the_first_one_is(pair: EnginePair) -> None:
    """After a day at 53,571; to 90,000 in 7 days from then: 36,429 / 7 a day are 5,204.1."""
    pair.configure(0, UP)
    later(pair, DAY)
    pair.configure(0, replace(SETTINGS, initial_ppm=90_000))
    assert pair.refusal is None
    assert pair.engine.ramp_of(0)[:3] == (53_571, 53_571, 90_000)
    later(pair, DAY)
    assert margins(pair)[0] == 58_775


def test_fall_in_the_midst_of_a_raise(pair: EnginePair) -> None:
    pair.configure(0, UP)
    later(pair, DAY)
    pair.configure(0, replace(SETTINGS, initial_ppm=52_000))
    assert pair.engine.ramp_of(0)[:3] == (0, 0, 0)
    assert margins(pair) == (52_000, 26_000)


def test_other_settings_leave_a_ramp_alone(pair: EnginePair) -> None:
    pair.configure(0, UP)
    before = pair.engine.ramp_of(0)
    later(pair, DAY)
    pair.configure(0, replace(UP, tip=1, max_mark_age=61))
    after = pair.engine.ramp_of(0)
    assert (after[0], *after[6:]) == (before[0], *before[6:])
    later(pair, 2 * DAY)
    assert margins(pair) == (57_142, 28_571)


def test_ramp_begins_again_after_it_is_over_without_a_mark(pair: EnginePair) -> None:
    """A ramp that nobody looked at after its end is one that ended."""
    pair.configure(0, UP)
    later(pair, 2 * WEEK)
    pair.configure(0, replace(UP, initial_ppm=100_000))
    assert pair.engine.ramp_of(0)[:3] == (75_000, 75_000, 100_000)


def test_withdrawals_ask_for_the_margin_of_now(pair: EnginePair, maker: int, taker: int) -> None:
    """
    1,000 lots are worth 2,000 tokens: 100 of margin before, 107.142 after a day, not 150. The taker paid 1
    for them; he is long at the mark.
    """
    pair.begin_with(0, replace(SETTINGS, interest=0, maker_ppm=0))
    fill(pair, taker, maker, 1_000)
    pair.configure(0, replace(UP, interest=0, maker_ppm=0))
    later(pair, DAY)
    pair.say(0, 2_000 * ONE)
    free = RICH - 1_000_000 - 107_142_000
    pair.withdraw(taker, free + 1)
    assert pair.refusal == "engine: margin missed"
    pair.withdraw(taker, free)
    assert pair.refusal is None


@pytest.mark.parametrize(("seconds", "needed"), [(WEEK - 1, 149_998_000), (WEEK, 150 * USDC)])
def test_worth_after_a_ramp_that_nobody_marked(
    pair: EnginePair, maker: int, taker: int, seconds: int, needed: int
) -> None:
    """Of 2,000 tokens 75,000 ppm; a second before, 74,999, rounded down."""
    pair.begin_with(0, replace(SETTINGS, interest=0, maker_ppm=0))
    fill(pair, taker, maker, 1_000)
    pair.configure(0, replace(UP, interest=0, maker_ppm=0))
    later(pair, seconds)
    assert pair.engine.worth(taker)[2] == needed


def test_raise_makes_nobody_liquidatable_when_it_is_made() -> None:
    """
    The taker is long 1,000 lots at 2,000 tokens, with 100 of collateral: at 1,948.718 he has 48.718, and his
    maintenance margin is 48.71795. The largest raise leaves him healthy at a mark of its own second; after a
    minute the fraction is 25,001 ppm, 48.7199, and he is not.
    """
    bare = replace(SETTINGS, interest=0, maker_ppm=0, taker_ppm=0)
    pair = EnginePair(settings=bare, interval=0)
    maker, taker = (pair.fund(number, RICH) for number in (MAKER, TAKER))
    pair.sell(maker, 1_000, 20_000)
    pair.buy(taker, 1_000, 20_000)
    pair.withdraw(taker, RICH - 100 * 10**6)
    assert pair.refusal is None
    pair.say(0, 1_948_718 * ONE // 1_000)
    pair.auction()
    before = pair.engine.margin_of(taker)
    assert before[::2] == (48_718_000, 48_717_950)
    pair.configure(0, replace(bare, initial_ppm=75_000))
    assert pair.refusal is None
    pair.auction()
    assert pair.engine.mark(0)[5] == pair.evm.time
    assert pair.engine.margin_of(taker) == before
    assert pair.engine.margin_ratio(taker) >= 10**6
    pair.advance(60)
    pair.auction()
    assert pair.engine.margin_of(taker)[2] == 48_719_899
    assert pair.engine.margin_ratio(taker) < 10**6


@given(
    before=st.tuples(st.integers(10_000, 1_000_000), st.integers(1_000, 9_000)),
    share=st.floats(-0.5, 0.5),
    bps=st.integers(1_000, 9_000),
    seconds=st.integers(0, 8 * DAY),
)
def test_raise_alone_takes_nothing_at_once(
    before: tuple[int, int], share: float, bps: int, seconds: int
) -> None:
    """
    Over random margins, changes and moments, once more in the midst of a ramp: the mark of the very second of
    a change asks for no more than that of just before; and maintenance is never above initial margin.
    """
    pair = EnginePair(
        settings=replace(SETTINGS, initial_ppm=before[0], maintenance_bps=before[1]), interval=0
    )
    for _ in range(2):
        was = remark(pair)
        settings = pair.model.markets[0].settings
        initial = max(10_000, min(1_000_000, int(settings.initial_ppm * (1 + share))))
        for maintenance in (bps, settings.maintenance_bps, (bps + settings.maintenance_bps) // 2):
            pair.configure(0, replace(settings, initial_ppm=initial, maintenance_bps=maintenance))
            if pair.refusal is None:
                break
        now = remark(pair)
        assert now[0] <= was[0]
        assert now[1] <= was[1]
        pair.advance(DAY + seconds)
        moved = remark(pair)
        here = pair.model.markets[0]
        assert moved[1] <= moved[0]
        assert moved[0] <= max(was[0], here.settings.initial_ppm)
        assert moved[1] <= max(was[1], here.settings.maintenance_ppm)


def remark(pair: EnginePair) -> tuple[Any, ...]:
    """Margin fractions of a mark of this second."""
    pair.say(0, 2_000 * ONE)
    pair.auction()
    return tuple(pair.engine.mark(0)[7:])


@pytest.mark.parametrize("market", [1, 128])
def test_ramp_of_no_market(pair: EnginePair, market: int) -> None:
    for view in (pair.engine.ramp_of, pair.engine.changed_at):
        with reverts("engine: unknown market"):
            view(market)


def test_open_interest_adds_to_the_margin_of_now() -> None:
    """
    Half way from 1,000 to 5,000 tokens of open interest the margin is half way from its base to 1: after 7
    days of a raise from 5 to 7.5 %, 53.75 %; after one, 52.6786 %, rounded up.
    """
    pair = EnginePair(settings=replace(SETTINGS, soft_notional=1_000, hard_notional=5_000, interest=0))
    maker, taker = (pair.fund(number, RICH) for number in (MAKER, TAKER))
    fill(pair, taker, maker, 1_500)
    pair.configure(0, replace(UP, soft_notional=1_000, hard_notional=5_000, interest=0))
    later(pair, DAY)
    assert margins(pair) == (526_786, 26_785)  # 53,571 + (1,000,000 - 53,571) / 2, rounded up
    later(pair, WEEK)
    assert margins(pair) == (537_500, 37_500)
