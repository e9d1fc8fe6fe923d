"""Markets out of tapes: what they become, and what is said of tapes that cannot be believed."""

import gzip
from decimal import Decimal
from pathlib import Path

import pytest

from walras.demo.listing import make_params, write_params
from walras.demo.markets import (
    DemoMarket,
    DemoVenue,
    check_window,
    choose,
    make_markets,
    overlap,
    read_tapes,
    rounded,
)
from walras.deploy.params import load_params, params_hash
from walras.deploy.plan import make_plan
from walras.replay.market_day import DAY
from walras.replay.tapes import BadTapeError, Bar

HEAD = "time,open,high,low,close,buy_volume,sell_volume,trades\n"
ONE = 10**18
START, END = 1_760_129_100, 1_760_133_600


def row(time: int, price: str = "2.5") -> str:
    return f"{time},{price},{price},{price},{price},1,1,1\n"


def tape(folder: Path, text: str, name: str = "DOGE-USD.kraken-spot.csv.gz") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()))
    return path


def venue(*times: int) -> DemoVenue:
    bars = [Bar(time, ONE, ONE, ONE, ONE, 1, 1, 1) for time in times]
    return DemoVenue("somewhere", Path("some.csv.gz"), 1, 120, bars)


def test_the_days_markets() -> None:
    venues = read_tapes(choose(DAY, ()))
    markets = make_markets(venues, START, END)
    assert [(one.name, one.number, len(one.venues)) for one in markets] == [
        ("AVAX", 0, 3), ("BTC", 1, 1), ("ETH", 2, 1), ("LINK", 3, 2),
    ]  # fmt: skip
    avax = markets[0]
    assert {one.name: (one.weight, one.confidence_bps) for one in avax.venues} == {
        "binance-coinm-perp": (3, 50), "coinbase-spot": (4, 50), "gemini-spot": (2, 120),
    }  # fmt: skip
    assert avax.first_price == 26_610_000_000_000_000_000  # Coinbase's, the heaviest
    for market in markets:
        price = Decimal(market.first_price) / ONE
        assert 6 <= market.lot_size * price <= 16
        assert Decimal("0.6") <= market.tick_size / price * 10_000 <= Decimal("1.6")


@pytest.mark.parametrize("chosen", [(), ("LINK",), ("BTC", "AVAX")])
def test_parameters_of_markets_can_be_deployed(tmp_path: Path, chosen: tuple[str, ...]) -> None:
    """As a file they are the same, and each venue is a source with one publisher."""
    markets = make_markets(read_tapes(choose(DAY, chosen)), START, END)
    params = make_params(markets, 31_337)
    write_params(params, tmp_path / "params.yaml")
    assert params_hash(load_params(tmp_path / "params.yaml")) == params_hash(params)
    plan = make_plan(params)
    made = {step.name for step in plan.deployments() if step.contract == "SignedReports"}
    assert made == {f"SignedReports.{venue.name}" for market in markets for venue in market.venues}
    for market in markets:
        told = params.markets[market.name].oracle
        assert told.quorum == {1: 1, 2: 2, 3: 2}[len(market.venues)]
        assert [one.weight for one in told.sources] == [one.weight for one in market.venues]


def test_another_coin_needs_no_code(tmp_path: Path) -> None:
    """A price of millionths, a venue that nobody knows."""
    times = range(START - 10, START + 200, 5)
    tape(tmp_path, HEAD + "".join(row(time, "0.00002173") for time in times), "PEPE2-USD.my-venue.csv.gz")
    venues = read_tapes(choose(tmp_path, ()))
    assert overlap(venues) == (START - 10, START + 195)
    (market,) = make_markets(venues, START, START + 190)
    assert (market.name, market.venues[0].weight, market.venues[0].confidence_bps) == ("PEPE2", 1, 120)
    assert (market.lot_size, market.tick_size) == (Decimal(500_000), Decimal("0.000000002"))
    make_plan(make_params([market], 31_337))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (HEAD.replace("trades", "count") + row(START), r":1: columns are .*count"),
        (HEAD + row(START) + row(START), r":3: time \d+ is not after"),
        (HEAD + row(START + 5) + row(START), r":3: time \d+ is not after"),
        (HEAD + row(START, "0"), r":2: low is 0"),
        (HEAD + row(START, "-2"), r":2: open is '-2'"),
        (HEAD + row(START, "nan"), r":2: open is 'nan'"),
        (HEAD + f"{START},1\n", r":2: 2 cells"),
        (HEAD, r":1: no bars"),
        ("", r":1: no bars"),
    ],
)
def test_a_bad_tape_is_named_by_file_and_line(tmp_path: Path, text: str, why: str) -> None:
    path = tape(tmp_path, text)
    with pytest.raises(BadTapeError, match=f"^{path}{why}"):
        read_tapes(choose(tmp_path, ()))


@pytest.mark.parametrize("name", ["DOGE.kraken.csv.gz", "doge-USD.kraken.csv.gz", "DOGE-USD.kraken.csv"])
def test_a_file_of_another_name_is_named(tmp_path: Path, name: str) -> None:
    tape(tmp_path, HEAD + row(START), name)
    with pytest.raises(BadTapeError, match=f"{name}: tapes are named"):
        choose(tmp_path, ())


def test_folders_and_markets_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadTapeError, match="no tapes"):
        choose(tmp_path, ())
    with pytest.raises(BadTapeError, match="no such folder"):
        choose(tmp_path / "none", ())
    with pytest.raises(BadTapeError, match="no tape of DOGE; there are AVAX, BTC, ETH, LINK"):
        choose(DAY, ("DOGE",))


@pytest.mark.parametrize(
    ("times", "why"),
    [
        # a window of 100 to 200, silent for 30 at most
        ((101, 130, 160, 190), ":2: trades from .* outside"),
        ((100, 130, 160, 169), ":5: trades from .* outside"),
        ((100, 131, 160, 190), ":3: no trade for 31 s since 1970-01-01 00:01:40"),
        ((60, 91, 120, 150, 180), None),  # before the window nobody minds
        ((69, 100, 130, 160, 190), None),
        ((69, 101, 130, 160, 190), ":3: no trade for 32 s"),
        ((100, 130, 160, 190), None),
        ((100, 130, 160, 170), None),
        ((100, 130, 160, 190, 400), None),  # after it nobody does, either
        ((100, 130, 160, 169, 400), ":6: no trade for 231 s"),
    ],
)
def test_a_venue_may_not_be_silent_for_long(times: tuple[int, ...], why: str | None) -> None:
    if why is None:
        check_window(venue(*times), 100, 200, 30)
    else:
        with pytest.raises(BadTapeError, match=f"^some.csv.gz{why}"):
            check_window(venue(*times), 100, 200, 30)


def test_the_last_trade_is_that_until_now() -> None:
    one = venue(100, 110)
    assert [one.last(now) is None for now in (99, 100, 200)] == [True, False, False]


@pytest.mark.parametrize(
    ("value", "step"),
    [("1", "1"), ("1.4", "1"), ("1.5", "2"), ("3.1", "2"), ("3.2", "5"), ("7", "5"), ("7.2", "10"),
     ("0.0266", "0.02"), ("99", "100"), ("123456", "100000")],
)  # fmt: skip
def test_sizes_are_round(value: str, step: str) -> None:
    assert rounded(Decimal(value)) == Decimal(step)


def test_a_market_knows_what_a_million_is() -> None:
    market = DemoMarket("X", 0, (venue(1),), 20 * ONE)
    assert market.lot_size == Decimal("0.5")
    assert market.lots_per_million == 100_000
