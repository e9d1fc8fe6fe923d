"""The reasons of the router, its sources and the fund: the table has those that contracts give, and no other.

Each is met in the test of its function.
"""

import re
from pathlib import Path

import pytest

from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.evm import SOURCES
from walras.reasons import REASONS


@pytest.mark.parametrize("group", ["router", "chainlink", "pyth", "uniswap", "reports", "fund", "token"])
def test_table_contracts_and_tests_have_the_same_reasons(group: str) -> None:
    used = {
        reason
        for path in sorted((SOURCES / "contracts").rglob("*.vy"))
        for reason in re.findall(rf'_because\(\s*"({group}: [^"]*)"', path.read_text(encoding="ascii"))
    }
    assert used == {reason for reason in REASONS if reason.startswith(f"{group}: ")}
    files = [path for path in (PROJECT_ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    tests = "".join(path.read_text() for path in files)
    assert [reason for reason in sorted(used) if f'"{reason}"' not in tests] == []


def test_reasons_fit_their_type() -> None:
    """refuse takes a String[32]; the library's own reasons are under the names of its modules."""
    library = ("ownable", "ecdsa", "erc20", "access_control", "timelock_controller")
    assert all(len(reason) <= 32 for reason in REASONS if not reason.startswith(library))
