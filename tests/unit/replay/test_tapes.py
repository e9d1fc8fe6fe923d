"""The reader of tapes: what it reads, and what it refuses with file and line."""

import gzip
from decimal import Decimal
from pathlib import Path

import pytest

from walras.devtools.compiler import PROJECT_ROOT
from walras.replay.tapes import COLUMNS, BadTapeError, Bar, read_tape

DAY = PROJECT_ROOT / "data" / "2025-10-10"
MIDNIGHT = 1_760_054_400
HEADER = ",".join(COLUMNS)
ROW = "1760055186,28.352,28.352,28.3,28.35,0,0.098921,1"
NEXT = "1760055190,28.4,28.5,28.3,28.45,3,0,2"
CENT = 10**16


def tape(folder: Path, *lines: str) -> Path:
    """A tape of these lines."""
    path = folder / "tape.csv.gz"
    path.write_bytes(gzip.compress("".join(line + "\n" for line in lines).encode()))
    return path


def test_prices_and_volumes_are_exact(tmp_path: Path) -> None:
    bars = read_tape(tape(tmp_path, HEADER, ROW, NEXT))
    assert bars == (
        Bar(
            time=1_760_055_186,
            open=28_352 * 10**15,
            high=28_352 * 10**15,
            low=2_830 * CENT,
            close=2_835 * CENT,
            buy_volume=0,
            sell_volume=98_921 * 10**12,
            trades=1,
        ),
        Bar(1_760_055_190, 2_840 * CENT, 2_850 * CENT, 2_830 * CENT, 2_845 * CENT, 3 * 10**18, 0, 2),
    )


def test_the_smallest_and_a_long_number_are_exact(tmp_path: Path) -> None:
    row = "1,0.000000000000000001,12345678901234567890.123456789012345678,1e-18,1,4.261e-05,0,1"
    (bar,) = read_tape(tape(tmp_path, HEADER, row))
    assert (bar.open, bar.low, bar.high) == (1, 1, 12345678901234567890123456789012345678)
    assert bar.buy_volume == 4_261 * 10**10


@pytest.mark.parametrize(
    ("name", "seconds", "trades", "low", "high"),
    [
        ("BTC-USD.gemini-spot", 12_698, 24_706, "107000", "122590.34"),
        ("ETH-USD.gemini-spot", 8_780, 22_320, "3681", "4395.54"),
        ("AVAX-USD.gemini-spot", 922, 1_552, "20.883", "28.579"),
        ("AVAX-USD.coinbase-spot", 22_003, 113_589, "17", "28.61"),
        ("AVAX-USD.binance-coinm-perp", 19_741, 137_632, "6.02", "28.63"),
        ("LINK-USD.gemini-spot", 2_645, 6_523, "16", "22.80443"),
        ("LINK-USD.coinbase-spot", 36_999, 228_597, "15", "22.8"),
    ],
)
def test_the_day_is_as_its_note_says(name: str, seconds: int, trades: int, low: str, high: str) -> None:
    bars = read_tape(DAY / f"{name}.csv.gz")
    assert len(bars) == seconds
    assert sum(bar.trades for bar in bars) == trades
    assert min(bar.low for bar in bars) == int(Decimal(low) * 10**18)
    assert max(bar.high for bar in bars) == int(Decimal(high) * 10**18)
    assert MIDNIGHT <= bars[0].time < bars[-1].time < MIDNIGHT + 86_400


@pytest.mark.parametrize(
    ("rows", "line", "reason"),
    [
        ([], 1, "no bars"),
        ([HEADER], 1, "no bars"),
        ([ROW], 1, "columns are 1760055186,"),
        ([HEADER.replace("close", "last"), ROW], 1, "columns are time,open,high,low,last,"),
        ([HEADER + ",venue", ROW + ",gemini"], 1, "columns are "),
        ([HEADER, ROW, "1760055190,28.4,28.5,28.3,28.45,3,2"], 3, "7 cells, not 8"),
        ([HEADER, ROW + ",1"], 2, "9 cells, not 8"),
        ([HEADER, ROW, "", NEXT], 3, "0 cells, not 8"),
        ([HEADER, NEXT, "1760055191,28.4,28.5,28.3,,3,0,2"], 3, "close is '', not a number"),
        ([HEADER, "1760055190,28.4,28.5,0,28.45,3,0,2"], 2, "low is 0, and no price is 0"),
        ([HEADER, "1760055190,28.4,28.5,0.00,28.45,3,0,2"], 2, "low is 0.00, and no price is 0"),
        ([HEADER, "1760055190,-28.4,28.5,28.3,28.45,3,0,2"], 2, "open is '-28.4', not a number"),
        ([HEADER, "1760055190,28.4,1E3,28.3,28.45,3,0,2"], 2, "high is '1E3', not a number"),
        ([HEADER, "1760055190,28.4,nan,28.3,28.45,3,0,2"], 2, "high is 'nan', not a number"),
        ([HEADER, "1760055190,28.4,1_000,28.3,28.45,3,0,2"], 2, "high is '1_000', not a number"),
        (
            [HEADER, "1,1,2,1,1.1234567890123456789,3,0,2"],
            2,
            "close is '1.1234567890123456789', of more than",
        ),
        ([HEADER, "1,1,2,1,1.5,3,1e-19,2"], 2, "sell_volume is '1e-19', of more than 18 decimals"),
        ([HEADER, "1760055190,28.4,28.5,28.41,28.45,3,0,2"], 2, "low is above open or close"),
        ([HEADER, "1760055190,28.4,28.5,28.3,28.2,3,0,2"], 2, "low is above open or close"),
        ([HEADER, "1760055190,28.4,28.44,28.3,28.45,3,0,2"], 2, "high is below open or close"),
        ([HEADER, "1760055190,28.6,28.5,28.3,28.45,3,0,2"], 2, "high is below open or close"),
        ([HEADER, "1760055190,28.4,28.5,28.3,28.45,-3,0,2"], 2, "buy_volume is '-3', not a number"),
        ([HEADER, "1760055190,28.4,28.5,28.3,28.45,3,0,0"], 2, "a bar without a trade"),
        ([HEADER, "5,28.4,28.5,28.3,28.45,3,0,1.5"], 2, "trades is '1.5', not a whole number"),
        (
            [HEADER, "1760055190.5,28.4,28.5,28.3,28.45,3,0,1"],
            2,
            "time is '1760055190.5', not a whole number",
        ),
        ([HEADER, "1760055190000,28.4,28.5,28.3,28.45,3,0,1"], 2, "time is 1760055190000, not unix seconds"),
        ([HEADER, NEXT, ROW], 3, "time 1760055186 is not after the row before"),
        ([HEADER, ROW, ROW], 3, "time 1760055186 is not after the row before"),
        ([HEADER, ROW, 'a"b', '"unclosed'], 3, "1 cells, not 8"),
        ([HEADER, ROW, '"unclosed'], 3, "cannot be read: unexpected end of data"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, rows: list[str], line: int, reason: str) -> None:
    path = tape(tmp_path, *rows)
    with pytest.raises(BadTapeError) as caught:
        read_tape(path)
    assert str(caught.value).startswith(f"{path}:{line}: {reason}")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", 1),
        (f"{HEADER}\n{ROW}\n".encode(), 1),
        (gzip.compress(f"{HEADER}\n{ROW}\n".encode())[:-9], None),
        (gzip.compress(f"{HEADER}\n{ROW}\n".encode()[:-1] + b"\xff\n"), None),
    ],
    ids=["empty", "not compressed", "cut off", "not ASCII"],
)
def test_unreadable_files_are_named(tmp_path: Path, content: bytes, line: int | None) -> None:
    path = tmp_path / "tape.csv.gz"
    path.write_bytes(content)
    with pytest.raises(BadTapeError) as caught:
        read_tape(path)
    assert str(caught.value).startswith(f"{path}:{line}: " if line else f"{path}:")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tape.csv.gz"
    with pytest.raises(BadTapeError, match=r"cannot be read: .*No such file"):
        read_tape(path)
