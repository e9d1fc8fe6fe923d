"""A pytest plugin: the EVMs of the tests are looked at, and which ways the JUMPIs went is written down.

`make branches` does it: `WALRAS_BRANCHES=folder pytest -p walras.audit.branches.watch_tests tests/unit`
"""

import os
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from walras.audit.branches.bending import BendingEvm, Bends
from walras.audit.branches.seen import FOLDER, notes
from walras.audit.branches.watched import Notes

STEPS: Final = ("stories", "tests", "bent")
"""What others saw is not looked for again by calls that are bent."""

_seen = notes()
_bent = Notes(_seen.wires)


def pytest_configure(config: Any) -> None:
    """Before any test module is read. Raises UsageError where nobody said where to write."""
    if FOLDER not in os.environ:
        raise pytest.UsageError(f"{FOLDER} has to name a folder")
    for step in STEPS:
        _bent.add(Path(os.environ[FOLDER]) / step)
    _bent.begin_anew()
    _seen.watch(partial(BendingEvm, bends=Bends(_bent)))


def pytest_unconfigure(config: Any) -> None:
    """At the end, whether tests failed or not."""
    for step, found in (("tests", _seen), ("bent", _bent)):
        found.save(Path(os.environ[FOLDER]) / step)
