"""Numbers on a command line."""

import argparse

import pytest

from walras.devtools import arguments


def test_numbers() -> None:
    assert arguments.count("1") == 1
    assert arguments.count("10000000") == 10_000_000
    assert arguments.minutes("0.5") == 0.5


@pytest.mark.parametrize("text", ["0", "-5", "1.5", "many", ""])
def test_no_count(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=f"'{text}' is no number of 1 or more"):
        arguments.count(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "long", ""])
def test_no_minutes(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=f"'{text}' is no number of minutes above 0"):
        arguments.minutes(text)
