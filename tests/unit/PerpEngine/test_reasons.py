"""The reasons of the engine: the table has those that the contracts give, and no other.

Each is met in the test of its function.
"""

import re
from pathlib import Path

from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.evm import SOURCES
from walras.reasons import REASONS

RAISED = r'(?:_because\(\s*|reason = )"(engine: [^"]*)"'
"""Where a contract reverts with a reason, or `preview` finds that there is none."""


def test_table_contracts_and_tests_have_the_same_reasons() -> None:
    used = {
        reason
        for path in sorted((SOURCES / "contracts").rglob("*.vy"))
        for reason in re.findall(RAISED, path.read_text(encoding="ascii"))
    }
    assert used == {reason for reason in REASONS if reason.startswith("engine: ")}
    files = [path for path in (PROJECT_ROOT / "tests/unit").rglob("test_*.py") if path != Path(__file__)]
    tests = "".join(path.read_text() for path in files)
    assert [reason for reason in sorted(used) if f'"{reason}"' not in tests] == []


def test_reasons_that_functions_name_exist() -> None:
    """NatSpec of the engine names reasons of the table alone."""
    named = {
        reason
        for path in sorted((SOURCES / "contracts").glob("*.vy"))
        for reason in re.findall(r'"(engine: [^"]*)"', path.read_text(encoding="ascii"))
    }
    assert named <= set(REASONS)
