"""What publishers believe: the median with rejection, and the filter, on numbers and on the crash's tapes."""

from bisect import bisect_right
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walras.devtools.compiler import PROJECT_ROOT
from walras.keepers.estimate import Level, Quote, aggregate, weighted_median
from walras.replay.publishers import Publisher
from walras.replay.tapes import read_tape

ONE: Final = 10**18
DAY: Final = PROJECT_ROOT / "data" / "2025-10-10"
CRASH: Final = range(1_760_054_400 + 20 * 3_600 + 2_700, 1_760_054_400 + 22 * 3_600, 5)
"""20:45 to 22:00."""


@pytest.mark.parametrize(
    ("values", "median"),
    [
        ([(5, 1)], 5),
        ([(5, 1), (8, 1)], 6),  # between two halves the middle, rounded down
        ([(5, 1), (8, 2)], 8),
        ([(9, 1), (5, 1), (7, 1)], 7),
        ([(9, 4), (5, 3), (7, 2)], 7),
        ([(9, 5), (5, 2), (7, 2)], 9),
    ],
)
def test_the_weighted_median(values: list[tuple[int, int]], median: int) -> None:
    assert weighted_median(values) == median


def test_the_median_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="the median of nothing"):
        weighted_median([])


def quote(venue: str, price: int, confidence: int = 0, weight: int = 1) -> Quote:
    return Quote(venue, price * ONE // 100, confidence * ONE // 100, weight)


def test_a_venue_that_tears_away_is_left_out() -> None:
    found = aggregate([quote("a", 10_000), quote("b", 10_010), quote("c", 6_020)], floor_bps=50)
    assert (found.price, found.accepted, found.rejected) == (10_005 * ONE // 100, ("a", "b"), ("c",))
    assert found.confidence == 5 * ONE // 100


def test_two_that_merely_differ_are_both_heard() -> None:
    found = aggregate([quote("a", 10_000), quote("b", 10_040), quote("c", 9_960)], floor_bps=50)
    assert (found.price, found.rejected) == (10_000 * ONE // 100, ())
    assert found.confidence == 40 * ONE // 100


def test_who_says_how_unsure_he_is_is_heard() -> None:
    found = aggregate(
        [quote("a", 10_000), quote("b", 10_001), quote("c", 9_000, confidence=1_001)], floor_bps=1
    )
    assert found.rejected == ()


def test_of_two_none_is_the_outlier() -> None:
    found = aggregate([quote("a", 10_000), quote("b", 5_000)], floor_bps=1)
    assert (found.price, found.rejected, found.confidence) == (7_500 * ONE // 100, (), 2_500 * ONE // 100)


@given(
    prices=st.lists(st.integers(1, 10**9), min_size=1, max_size=8),
    weights=st.lists(st.integers(1, 15), min_size=8, max_size=8),
    floor=st.integers(1, 2_000),
)
def test_an_aggregate_lies_within_what_it_accepts(prices: list[int], weights: list[int], floor: int) -> None:
    quotes = [quote(str(place), price, 0, weights[place]) for place, price in enumerate(prices)]
    found = aggregate(quotes, floor)
    accepted = [one.price for one in quotes if one.venue in found.accepted]
    assert min(accepted) <= found.price <= max(accepted)
    assert all(abs(price - found.price) <= found.confidence for price in accepted)
    assert len(found.accepted) + len(found.rejected) == len(quotes)


def test_the_less_a_measurement_is_sure_the_less_it_moves_the_level() -> None:
    sure, unsure = Level.begin(0, 100 * ONE, ONE // 100), Level.begin(0, 100 * ONE, ONE // 100)
    sure.measure(1, 101 * ONE, ONE // 100)
    unsure.measure(1, 101 * ONE, 5 * ONE)
    assert 100 * ONE < unsure.price < sure.price <= 101 * ONE
    assert sure.price > 100 * ONE + ONE * 95 // 100


def test_confidence_grows_while_nothing_trades() -> None:
    level = Level.begin(0, 100 * ONE, ONE // 100)
    found = [level.confidence(now) for now in (0, 1, 60, 3_600)]
    assert found == sorted(found)
    # 2 basis points per root of a second, two and a half times: 300 after an hour
    assert 3 * ONE < found[-1] < 3 * ONE + ONE // 10


def test_a_surprise_widens_it_at_once_and_calm_narrows_it_again() -> None:
    level = Level.begin(0, 100 * ONE, 0)
    for now in range(1, 120):
        level.measure(now, 100 * ONE, 0)
    calm = level.confidence(120)
    level.measure(120, 97 * ONE, 0)
    shocked = level.confidence(121)
    for now in range(121, 900):
        level.measure(now, 97 * ONE, 0)
    assert shocked > 10 * calm
    assert level.confidence(900) < 2 * calm


def test_what_is_older_than_the_last_is_an_error() -> None:
    level = Level.begin(10, ONE, 0)
    with pytest.raises(ValueError, match="a measurement of 9 after one of 10"):
        level.measure(9, ONE, 0)


@given(
    st.lists(
        st.tuples(st.integers(0, 600), st.integers(1, 10**30), st.integers(0, 10**29)),
        min_size=1,
        max_size=30,
    )
)
def test_the_level_stays_between_what_was_measured(rows: list[tuple[int, int, int]]) -> None:
    level = Level.begin(0, rows[0][1], rows[0][2])
    now = 0
    for seconds, price, confidence in rows:
        now += seconds
        level.measure(now, price, confidence)
        assert min(row[1] for row in rows) - 1 <= level.price <= max(row[1] for row in rows) + 1
        assert 0 <= level.confidence(now) < level.price


@pytest.mark.parametrize("name", sorted(path.name for path in DAY.glob("*.csv.gz")))
def test_in_the_crash_it_holds_the_next_trade_no_less_often_than_the_rules_before_it(name: str) -> None:
    bars = read_tape(DAY / name)
    times = [bar.time for bar in bars]
    rules = Publisher(bars)
    place = bisect_right(times, CRASH.start - 3_600)
    first = bars[place]
    level = Level.begin(first.time, first.close, max(first.high - first.close, first.close - first.low))
    hits = before = signed = 0
    for now in CRASH:
        while place < len(bars) and bars[place].time <= now:
            bar = bars[place]
            level.measure(bar.time, bar.close, max(bar.high - bar.close, bar.close - bar.low))
            place += 1
        if place == len(bars):
            break
        signed += 1
        then = bars[place].open
        hits += abs(then - level.price) <= level.confidence(now)
        report = rules.report(now)
        before += abs(then - report.price) <= report.confidence
    assert signed >= 890
    assert hits >= before
    assert hits >= signed * 9 // 10
