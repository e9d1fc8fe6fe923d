"""The reasons of the distributor: the table has those that the contract gives, and tests meet each."""

import re
from pathlib import Path

from walras.devtools.evm import SOURCES
from walras.reasons import REASONS


def test_table_contract_and_tests_have_the_same_reasons() -> None:
    text = (SOURCES / "contracts/FeeDistributor.vy").read_text(encoding="ascii")
    used = set(re.findall(r'_because\("(fees: [^"]*)"', text))
    assert used == {reason for reason in REASONS if reason.startswith("fees: ")}
    assert set(re.findall(r'"((?:fees|engine|token): [^"]*)"', text)) <= set(REASONS)
    files = [path for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__)]
    tests = "".join(path.read_text() for path in files)
    assert [reason for reason in sorted(used) if f'"{reason}"' not in tests] == []
