"""What stories, tests and bent calls saw, in .cache/branches/seen: a folder a step, a file a process."""

from typing import Final

from walras.audit.branches.report import CONTRACTS
from walras.audit.branches.tripwires import wires
from walras.audit.branches.watched import Notes
from walras.devtools.compiler import PROJECT_ROOT

SEEN: Final = PROJECT_ROOT / ".cache" / "branches" / "seen"
FOLDER: Final = "WALRAS_BRANCHES"
"""Environment of the tests: where to write what was seen, by them and by bent calls."""


def notes() -> Notes:
    """Of all contracts, nothing seen yet."""
    return Notes({name: wires(name) for name in CONTRACTS})


def known(*steps: str) -> Notes:
    """What these steps saw."""
    found = notes()
    for step in steps:
        found.add(SEEN / step)
    return found
