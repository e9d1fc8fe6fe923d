"""The reasons of the vault: the table has those that the contracts give, each is met in a test."""

import re
from pathlib import Path

from walras.devtools.evm import SOURCES
from walras.reasons import REASONS

FILES = (
    "contracts/Vault.vy",
    *sorted(str(path.relative_to(SOURCES)) for path in (SOURCES / "contracts/modules/vault").glob("*.vy")),
)


def test_table_contracts_and_tests_have_the_same_reasons() -> None:
    text = "".join((SOURCES / path).read_text(encoding="ascii") for path in FILES)
    used = set(re.findall(r'(?:_because\(|raise |return )"(vault: [^"]*)"', text))
    assert used == {reason for reason in REASONS if reason.startswith("vault: ")}
    assert set(re.findall(r'"(vault: [^"]*)"', text)) == used
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [reason for reason in sorted(used) if f'"{reason}"' not in tests] == []
