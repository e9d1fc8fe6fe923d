"""The reasons of the waterfall: the table has those that the contract gives, and tests meet each."""

import re
from pathlib import Path

from walras.devtools.evm import SOURCES
from walras.reasons import REASONS


def test_table_contract_and_tests_have_the_same_reasons() -> None:
    modules = sorted((SOURCES / "contracts/modules/liquidation").glob("*.vy"))
    files = [SOURCES / "contracts/LiquidationEngine.vy", SOURCES / "contracts/LiquidationViews.vy", *modules]
    text = "".join(path.read_text(encoding="ascii") for path in files)
    used = set(re.findall(r'_because\("(liquidation: [^"]*)"', text))
    assert used == {reason for reason in REASONS if reason.startswith("liquidation: ")}
    assert set(re.findall(r'"((?:liquidation|engine|fund): [^"]*)"', text)) <= set(REASONS)
    tested = [path for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__)]
    tests = "".join(path.read_text() for path in tested)
    assert [reason for reason in sorted(used) if f'"{reason}"' not in tests] == []
