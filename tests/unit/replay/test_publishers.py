"""What publishers sign of a tape, and how sure they say they are."""

import pytest

from walras.replay.publishers import REACH, REPEAT, Publisher, Report
from walras.replay.tapes import Bar

ONE = 10**18
START = 1_760_054_400


def bar(time: int, close: int, low: int | None = None, high: int | None = None) -> Bar:
    """A bar of whole dollars."""
    low, high = close if low is None else low, close if high is None else high
    return Bar(START + time, close * ONE, high * ONE, low * ONE, close * ONE, ONE, 0, 1)


def test_nothing_is_signed_before_the_first_trade() -> None:
    publisher = Publisher([bar(7, 100)])
    assert publisher.last(START + 6) is None
    assert not any(publisher.signs(START + second) for second in range(7))
    with pytest.raises(ValueError, match="nothing has traded until"):
        publisher.report(START + 6)


def test_every_trade_is_signed_and_then_every_few_seconds() -> None:
    publisher = Publisher([bar(0, 100), bar(1, 101), bar(3 + 2 * REPEAT, 102)])
    signed = [second for second in range(3 + 3 * REPEAT) if publisher.signs(START + second)]
    assert signed == [0, 1, 1 + REPEAT, 1 + 2 * REPEAT, 3 + 2 * REPEAT]


def test_a_report_is_of_the_last_trade_and_of_now() -> None:
    publisher = Publisher([bar(0, 100), bar(1, 101)])
    assert publisher.report(START) == Report(100 * ONE, 0, START)
    assert publisher.report(START + 1) == Report(101 * ONE, ONE, START + 1)
    assert publisher.report(START + 6).published_at == START + 6
    assert publisher.report(START + 6).price == 101 * ONE


def test_the_reach_is_the_furthest_trade_of_a_minute() -> None:
    publisher = Publisher([bar(0, 100, low=90, high=103), bar(REACH - 1, 101, high=104), bar(REACH, 101)])
    assert publisher.report(START + REACH - 1).confidence == 11 * ONE
    assert publisher.report(START + REACH).confidence == 3 * ONE  # the first bar is a minute old


def test_a_second_without_a_trade_still_remembers_the_minute() -> None:
    publisher = Publisher([bar(0, 100, low=90), bar(1, 100)])
    assert publisher.report(START + REACH - 1).confidence == 10 * ONE
    assert publisher.report(START + REACH).confidence < ONE


@pytest.mark.parametrize(("age", "bps"), [(100, 20), (400, 40), (3_600, 120)])
def test_the_drift_is_two_basis_points_times_the_root_of_the_age(age: int, bps: int) -> None:
    assert Publisher([bar(0, 100)]).report(START + age).confidence == 100 * ONE * bps // 10_000


def test_no_interval_reaches_down_to_nothing() -> None:
    publisher = Publisher([bar(0, 10, high=30)])
    assert publisher.report(START).confidence == 10 * ONE - 1
