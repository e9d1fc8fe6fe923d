"""The worst quarter of an hour of 2025-10-10 through the router's bytecode, and what is promised of it.

`make oracle-day` replays the whole day. What is here replays 21:10 to 21:25: the third venue falls from 25 to
6.02 and comes back to 11.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import pytest

from walras.model.actions import Status
from walras.model.oracle import Trouble
from walras.replay import market_day, oracle_day
from walras.replay.market_day import DAY, MIDNIGHT, ONE, Market, Second, replay
from walras.replay.oracle_day import Extreme, Figures, figures

CENT: Final = ONE // 100
COINBASE, BINANCE, GEMINI = range(3)


def at(hours: int, minutes: int, seconds: int = 0) -> int:
    """A second of the day."""
    return MIDNIGHT + 3_600 * hours + 60 * minutes + seconds


START: Final = at(21, 10)
END: Final = at(21, 25)


@pytest.fixture(scope="module")
def market() -> Market:
    """The AVAX market as it is deployed."""
    return Market.load(DAY, "AVAX-USD")


@pytest.fixture(scope="module")
def crash(market: Market) -> Sequence[Second]:
    """Contract and model agree on every field of every second, or this raises."""
    return list(replay(market, START, END))


@pytest.fixture(scope="module")
def found(crash: Sequence[Second]) -> Figures:
    return figures(crash)


def test_every_second_is_there(crash: Sequence[Second]) -> None:
    assert [second.time for second in crash] == list(range(START, END))


def test_price_at_six_dollars_and_two_cents(crash: Sequence[Second]) -> None:
    """The second that gives the test its reason."""
    second = crash[at(21, 21, 29) - START]
    assert second.lasts == (1841 * CENT, 602 * CENT, 2100 * CENT)
    assert second.price.price == 1841 * CENT
    assert second.price.low == 1700 * CENT
    assert 2100 * CENT < second.price.high < 2104 * CENT
    assert second.price.status == Status.DEGRADED
    assert second.price.troubles == Trouble.SOURCE_WIDE | Trouble.SOURCE_DEVIATES


def test_envelope(crash: Sequence[Second]) -> None:
    """While one venue stands at three quarters of the others, the price is between their last trades."""
    checked = 0
    for second in crash:
        coinbase, binance, gemini = second.lasts
        if binance <= (coinbase + gemini) * 3 // 8:
            assert min(coinbase, gemini) <= second.price.price <= max(coinbase, gemini)
            checked += 1
    assert checked == 360


def test_what_is_promised_is_what_is_checked(found: Figures) -> None:
    assert len(found.splits) == 360
    assert {split.venue for split in found.splits} == {BINANCE}
    assert (found.splits[0].second.time, found.splits[-1].second.time) == (at(21, 18, 57), END - 1)
    assert found.left == ()


def test_status_tells_what_happened_and_when(crash: Sequence[Second], found: Figures) -> None:
    assert dict(found.statuses) == {Status.LIVE: 49, Status.DEGRADED: 827, Status.STALE: 24}
    assert dict(found.troubles) == {
        Trouble.SOURCE_WIDE: 851,
        Trouble.SOURCE_DEVIATES: 459,
        Trouble.OUTDATED: 1,
        Trouble.QUORUM_MISSED: 24,
    }
    assert max(second.time for second in crash if second.price.status == Status.LIVE) == at(21, 11, 29)
    stale = [second.time for second in crash if second.price.status == Status.STALE]
    assert (stale[0], stale[-1]) == (at(21, 18, 45), at(21, 21, 22))


def test_a_stale_price_is_the_last_one(crash: Sequence[Second]) -> None:
    for before, after in pairwise(crash):
        if after.price.status == Status.STALE:
            assert (after.price.price, after.price.published_at) == (
                before.price.price,
                before.price.published_at,
            )


def test_figures(found: Figures) -> None:
    assert found.reports == (753, 769, 248)
    assert found.lowest == Extreme(1750 * CENT, at(21, 20, 35))
    assert found.lows == (
        Extreme(1700 * CENT, at(21, 21, 3)),
        Extreme(602 * CENT, at(21, 21, 29)),
        Extreme(20_883 * ONE // 1_000, at(21, 24, 20)),
    )
    assert found.gaps[BINANCE] == Extreme(-6_832, at(21, 21, 34))
    assert found.step == Extreme(-894, at(21, 22, 47))
    assert found.steps[COINBASE] == found.step
    assert found.apart_live == 0


def test_no_step_reaches_the_limit(market: Market, crash: Sequence[Second], found: Figures) -> None:
    """The limit is for wrong prices: no honest second of the crash is held back."""
    assert abs(found.step.value) < market.settings.max_move_bps
    assert not any(second.price.troubles & Trouble.MOVE_LIMITED for second in crash)


# ---------------------------------------------------------------- that the checks can fail


def test_a_tight_outer_guard_leaves_the_envelope_but_says_so(market: Market) -> None:
    """With a calm day's guard as the outer one the crash is STALE: the price stands while the venues move on.

    What may be acted on, LIVE or DEGRADED, stays inside all the same.
    """
    tight = replace(market, settings=replace(market.settings, rejection_bps=200))
    found = figures(list(replay(tight, START, END, bytecode=False)))
    assert len(found.left) > 100
    assert {split.second.price.status for split in found.left} == {Status.STALE}


def test_the_exit_status_tells(capsys: pytest.CaptureFixture[str]) -> None:
    window = ["--from", "21:12:00", "--to", "21:20:00"]
    assert oracle_day.main(window) == 0
    assert "envelope kept" in capsys.readouterr().out
    assert oracle_day.main([*window, "--settings", "rejection_bps=200"]) == 1
    assert "envelope LEFT" in capsys.readouterr().out


def test_a_router_that_differs_from_its_model_is_noticed(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    say = market_day.Chain.say

    def lie(chain: Any, now: int, due: Any) -> Any:
        price = say(chain, now, due)
        return replace(price, high=price.high + 1) if now == START + 3 else price

    monkeypatch.setattr(market_day.Chain, "say", lie)
    with pytest.raises(market_day.MismatchError, match=r"21:10:03: contract says"):
        list(replay(market, START, END))


def test_no_venues_no_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert oracle_day.main(["--asset", "DOGE-USD"]) == 2
    assert "2 venues of DOGE-USD are needed, there is none" in capsys.readouterr().err
