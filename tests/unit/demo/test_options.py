"""Options of the demo: what they stand for, and what is said of those that cannot be."""

from pathlib import Path
from typing import Any

import pytest

from walras.demo.options import OptionError, Options, moment
from walras.replay.market_day import MIDNIGHT

EVENING = MIDNIGHT + 20 * 3_600 + 45 * 60
OTHER = Path("some/where")


@pytest.mark.parametrize(
    ("words", "first", "last", "window"),
    [
        ({}, MIDNIGHT, MIDNIGHT + 86_399, (EVENING, EVENING + 4_500)),
        ({"start": "21:10"}, MIDNIGHT, MIDNIGHT, (EVENING + 1_500, EVENING + 4_500)),
        ({"end": "20:50:31"}, MIDNIGHT, MIDNIGHT, (EVENING, EVENING + 330)),
        ({"start": "2025-10-10T21:00:00", "end": "24:00"}, MIDNIGHT, 0, (EVENING + 900, MIDNIGHT + 86_400)),
        (
            {"start": "2025-10-10T21:00:00+02:00", "end": "21:00"},
            MIDNIGHT,
            0,
            (EVENING - 6_300, EVENING + 900),
        ),
        ({"data": OTHER}, 1_000, 3_001, (1_000, 3_000)),
        ({"data": OTHER}, 1_000, 90_000, (1_000, 5_500)),
        ({"data": OTHER, "start": "00:30"}, 1_000, 90_000, (1_800, 6_300)),
    ],
)
def test_windows(words: dict[str, Any], first: int, last: int, window: tuple[int, int]) -> None:
    """A window of the project's own day by default; of other tapes what they all have, up to 75 minutes."""
    assert Options(**words).window(first, last) == window


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"traders": 9}, "--traders: from 10 to 5000, not 9"),
        ({"traders": 5_001}, "--traders"),
        ({"seed": -1}, "--seed"),
        ({"speed": 0.0}, "--speed"),
        ({"max_gap_s": 0}, "--max-gap"),
        ({"start": "noon"}, "--from: 'noon' is neither"),
        ({"end": "24:01"}, "--to: '24:01' is neither"),
        ({"end": "20:60"}, "--to: '20:60' is neither"),
    ],
)
def test_options_that_cannot_be(words: dict[str, Any], why: str) -> None:
    with pytest.raises(OptionError, match=why):
        Options(**words)


def test_a_start_after_the_tapes_end_is_named() -> None:
    words = {"data": OTHER, "start": "00:30"}
    assert Options(**words).window(1_000, 1_860) == (1_800, 1_860)
    with pytest.raises(OptionError, match="--from: all tapes trade from 1970-01-01 00:16:40 to"):
        Options(**words).window(1_000, 1_859)


def test_a_window_has_a_length() -> None:
    with pytest.raises(OptionError, match="--to: at least 60 s after --from; the window is 59 s long"):
        Options(start="21:00", end="21:00:59").window(MIDNIGHT, MIDNIGHT)
    assert Options(start="21:00", end="21:01:01").window(MIDNIGHT, MIDNIGHT)[1] == EVENING + 960


def test_the_words_that_make_a_difference() -> None:
    assert Options().words() == ["--seed", "7", "--traders", "240"]
    given = Options(markets=("BTC", "ETH"), start="21:00", seed=3, data=OTHER, max_gap_s=60, headless=True)
    assert given.words() == [
        "--market", "BTC", "--market", "ETH", "--from", "21:00", "--seed", "3", "--traders", "240",
        "--data", "some/where", "--max-gap", "60",
    ]  # fmt: skip


def test_a_moment_is_of_the_tapes_day() -> None:
    assert moment("--from", "00:00", MIDNIGHT + 5_000) == MIDNIGHT
    assert moment("--from", "24:00:00", MIDNIGHT) == MIDNIGHT + 86_400
