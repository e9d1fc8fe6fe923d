"""The reasons of the triggers: the table has those that the contract gives, and tests meet each."""

import re
from pathlib import Path

from walras.devtools.evm import SOURCES
from walras.reasons import REASONS


def test_table_contract_and_tests_have_the_same_reasons() -> None:
    paths = [SOURCES / "contracts/TriggerOrders.vy", *(SOURCES / "contracts/modules/triggers").glob("*.vy")]
    text = "".join(path.read_text(encoding="ascii") for path in paths)
    code = re.sub(r'"""(.|\n)*?"""', "", text)
    used = set(re.findall(r'"(triggers: [^"]*)"', code))
    assert used == {reason for reason in REASONS if reason.startswith("triggers: ")}
    assert all(len(reason) <= 32 for reason in used)
    told = set(re.findall(r'"((?:triggers|engine|router|token): [^"\n]*)"', text))
    assert {reason for reason in told if "\n" not in reason} <= set(REASONS)
    files = [path for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__)]
    tests = "".join(path.read_text() for path in files)
    met = set(re.findall(r'(triggers: [a-z ]*)"', tests))
    assert sorted(used - met) == []
