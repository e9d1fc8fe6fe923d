"""Numbers on a command line. What a run of nothing would come of, or one without an end, is refused."""

import argparse


def count(text: str) -> int:
    """A number of things, 1 at least."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of 1 or more")
    return value


def minutes(text: str) -> float:
    """A time that is more than none, and has an end."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes above 0")
    return value
