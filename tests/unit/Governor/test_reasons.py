"""The reasons of governance: the table has those that the contracts give, and tests meet each."""

import re
from pathlib import Path

from walras.devtools.evm import SOURCES
from walras.reasons import REASONS

GROUPS = ("votes", "governor", "timelock", "treasury")
FILES = ("GovernanceToken", "Governor", "Timelock", "Treasury")


def test_table_contracts_and_tests_have_the_same_reasons() -> None:
    paths = [
        *(SOURCES / f"contracts/{name}.vy" for name in FILES),
        *(SOURCES / "contracts/modules/governance").glob("*.vy"),
    ]
    text = "".join(path.read_text(encoding="ascii") for path in paths)
    used = set(re.findall(r'_because\("([^"]*)"', text))
    assert used == {reason for reason in REASONS if reason.partition(":")[0] in GROUPS}
    told = set(re.findall(rf'"((?:{"|".join(GROUPS)}|token|ecdsa): [^"]*)"', text))
    assert told <= set(REASONS)
    unit = Path(__file__).parents[1]
    files = [path for name in FILES for path in (unit / name).glob("test_*.py") if path != Path(__file__)]
    tests = "".join(path.read_text() for path in files)
    assert [reason for reason in sorted(used) if f'"{reason}"' not in tests] == []
