"""A pytest plugin: the EVMs of the tests are looked at, and which ways the JUMPIs went is written down.

`WALRAS_BRANCHES=folder python -m pytest -p walras.audit.watch_tests tests/unit`; `make branches` does it.
"""

import os
from pathlib import Path
from typing import Any

from walras.audit.branches import CONTRACTS
from walras.audit.tripwires import wires
from walras.audit.watched import Notes, watch

FOLDER = "WALRAS_BRANCHES"

_notes = Notes({})


def pytest_configure(config: Any) -> None:
    """Before any test module is read."""
    for name in CONTRACTS:
        _notes.see(name, wires(name))
    watch(_notes)


def pytest_unconfigure(config: Any) -> None:
    """At the end, whether tests failed or not."""
    _notes.save(Path(os.environ[FOLDER]))
