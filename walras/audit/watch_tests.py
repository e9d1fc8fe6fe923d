"""A pytest plugin: the EVMs of the tests are looked at, and which ways the JUMPIs went is written down.

`WALRAS_BRANCHES=folder python -m pytest -p walras.audit.watch_tests tests/unit`; `make branches` does it.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from walras.audit.bending import BendingEvm
from walras.audit.branches import BENT, FOLDER, SEEN, notes
from walras.audit.watched import WatchedEvm

_seen = notes()


def pytest_configure(config: Any) -> None:
    """Before any test module is read. Raises UsageError where nobody said where to write."""
    if FOLDER not in os.environ:
        raise pytest.UsageError(f"{FOLDER} has to name a folder")
    is_bent = BENT in os.environ
    for folder in (*([SEEN / "stories", SEEN / "tests"] if is_bent else []), Path(os.environ[FOLDER])):
        _seen.add(folder)
    _seen.begin_anew()
    _seen.watch(BendingEvm if is_bent else WatchedEvm)


def pytest_unconfigure(config: Any) -> None:
    """At the end, whether tests failed or not."""
    _seen.save(Path(os.environ[FOLDER]))
