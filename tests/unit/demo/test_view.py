"""The live view, and its lines where there is no terminal."""

from collections.abc import Callable
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from tests.support.demo_figures import START
from walras.demo import view
from walras.demo.observer import KeeperNow, MarketNow, Snapshot
from walras.demo.view import View, line, picture

U = 10**6


def market(name: str, price: int, status: int, **venues: int | None) -> MarketNow:
    """One that has traded."""
    return MarketNow(
        name=name,
        venues=venues,
        router=price,
        low=price * 99 // 100,
        high=price * 101 // 100,
        status=status,
        clearing=price,
        cleared_lots=1_234,
        cleared_volume=10**9,
        cleared_at=START + 598,
        interest=3_000_000 * U,
        rate_ppb=-1_234_000,
        volume=12_640_000 * U,
    )


def snapshot(time: int = START + 600) -> Snapshot:
    """In the middle of it."""
    return Snapshot(
        block=300,
        time=time,
        start=START,
        end=START + 4_500,
        markets=[
            market("BTC", 112_345 * U, 1, gemini=112_350 * U),
            market("AVAX", 17_400_000, 4, coinbase=17_100_000, **{"binance-coinm-perp": None}),
        ],
        stages={"liquidated": (92, 2_100_000 * U), "deleveraged": (3, 51_000 * U), "bad_debt": (0, 0)},
        orders=12_345,
        transactions=20_111,
        refused=213,
        vault=4_912_000 * U,
        backstop=490_000 * U,
        reserve=150_000 * U,
        pot=250_000 * U,
        bad_debt=0,
        keepers=[KeeperNow("auctions", 0, 900, 2, 10**16), KeeperNow("liquidator", None, 92, 1, 10**15)],
        news=("AVAX: the router's price is STALE",),
        decimals=6,
    )


def shown(width: int, now: Snapshot) -> str:
    """The picture as text."""
    console = Console(file=StringIO(), width=width, record=True, force_terminal=True)
    console.print(picture(now, width))
    return console.export_text()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """The clock on the wall, set by hand."""
    at = [100.0]
    monkeypatch.setattr(view.time, "monotonic", lambda: at[0])

    def pass_by(seconds: float) -> None:
        at[0] += seconds

    return pass_by


@pytest.mark.parametrize("width", [90, 120, 180])
def test_the_picture_has_everything(width: int) -> None:
    text = shown(width, snapshot())
    for word in (
        "20:55:00 UTC",
        "BTC",
        "$112,345",
        "LIVE",
        "STALE",
        "$17.100",
        "2 s",
        "1,234",
        "$3,000,000",
        "-0.1234 %",
        "$12.64 m",
        "into the auction",
        "92",
        "$2,100,000",
        "deleveraged",
        "$4,912,000",
        "$400,000",
        "12,345",
        "20,111",
        "auctions",
        "0.0100",
        "the router's price is STALE",
    ):
        assert word in text, word
    assert max(map(len, text.splitlines())) <= width


def test_before_anything_happened() -> None:
    quiet = replace(market("LINK", 0, 0), clearing=0, cleared_at=0, venues={"gemini": None}, low=0, high=0)
    text = shown(120, replace(snapshot(), markets=[quiet], stages={}, keepers=[], news=()))
    assert "not known" in text
    assert "\N{EN DASH}" in text


def test_a_line_tells_the_most() -> None:
    said = line(snapshot())
    assert said.startswith("20:55:00  BTC $112,345 LIVE  AVAX $17.400 STALE  orders 12,345  volume $25.28 m")
    assert "into the auction 92, deleveraged 3" in said
    assert "bad debt" not in said


def test_without_a_terminal_a_line_comes_every_five_minutes_of_the_chain() -> None:
    file = StringIO()
    with View(True, Console(file=file, width=300)) as watched:
        for time in range(START, START + 901, 2):
            watched.update(snapshot(time))
        watched.say("money reconciled: difference 0")
    lines = file.getvalue().splitlines()
    assert [one[:8] for one in lines[:4]] == ["20:45:00", "20:50:00", "20:55:00", "21:00:00"]
    assert lines[4:] == ["money reconciled: difference 0"]


def test_no_line_is_wrapped_where_the_output_is_a_file() -> None:
    file = StringIO()
    with View(False, Console(file=file, width=40)) as watched:
        assert not watched.is_live
        watched.update(snapshot())
    assert len(file.getvalue().splitlines()) == 1


def test_a_terminal_is_drawn_a_few_times_a_second(clock: Callable[[float], None]) -> None:
    console = Console(file=StringIO(), width=150, height=40, force_terminal=True)
    drawn: list[object] = []
    with View(False, console) as watched:
        assert watched.is_live
        assert watched._live
        update = watched._live.update
        watched._live.update = lambda *args, **more: (drawn.append(args), update(*args, **more))  # type: ignore[method-assign]
        watched.update(snapshot())
        watched.update(snapshot(START + 602))
        clock(0.1)
        watched.update(snapshot(START + 604))
        assert len(drawn) == 1
        clock(0.2)
        watched.update(snapshot(START + 606))
        assert len(drawn) == 2
        watched.say("a keeper was started again")
    assert len(drawn) == 3  # the last one, as it was
    assert "a keeper was started again" in console.file.getvalue()


def test_headless_wins_over_a_terminal() -> None:
    console = Console(file=StringIO(), width=150, force_terminal=True)
    assert not View(True, console).is_live


def test_what_is_said_after_the_window_stands_below_the_picture() -> None:
    console = Console(file=StringIO(), width=150, height=40, force_terminal=True, legacy_windows=False)
    with View(False, console) as watched:
        watched.update(snapshot(START + 4_500))
        watched.say("money reconciled: difference 0")
        watched.update(snapshot(START + 4_502))
    assert console.file.getvalue().rstrip().endswith("money reconciled: difference 0")
