"""What rewards are worth in wei, and that every task a decision may ask for is a call of its contract."""

import ast
from types import SimpleNamespace
from typing import Any, Final

import pytest

from walras.chain.bindings import (
    FeeDistributor,
    LiquidationEngine,
    OracleRouter,
    PerpEngine,
    TriggerOrders,
    Vault,
)
from walras.devtools.compiler import PROJECT_ROOT
from walras.keepers.dispatch import NOT_YET, Gas
from walras.reasons import REASONS

BINDINGS: Final[dict[str, Any]] = {
    "engine": PerpEngine,
    "router": OracleRouter,
    "liquidation": LiquidationEngine,
    "triggers": TriggerOrders,
    "fees": FeeDistributor,
    "vault": Vault,
}


def tasks() -> list[tuple[str, str, str]]:
    """Contract and function of every Task that the package makes."""
    found = []
    folder = PROJECT_ROOT / "walras" / "keepers"
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Task":
                contract, function = node.args[1], node.args[2]
                assert isinstance(contract, ast.Constant)
                assert isinstance(function, ast.Constant)
                found.append((path.stem, str(contract.value), str(function.value)))
    return found


def test_there_are_tasks_of_every_contract() -> None:
    assert {contract for _, contract, _ in tasks()} == BINDINGS.keys()


@pytest.mark.parametrize(("module", "contract", "function"), sorted(set(tasks())))
def test_every_task_is_a_call(module: str, contract: str, function: str) -> None:
    assert callable(getattr(BINDINGS[contract], function, None)), module


def test_refusals_that_only_say_not_yet_are_reasons() -> None:
    assert set(NOT_YET) <= REASONS.keys()


def test_a_unit_is_worth_so_many_wei() -> None:
    assert Gas(250_000_000).worth(4_000_000, SimpleNamespace()) == 10**15  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scale", "dollars", "expected"), [(0, 4_000, 250_000_000), (20, 2_000, 500_000_000)]
)
def test_or_what_the_coin_s_own_market_says(scale: int, dollars: int, expected: int) -> None:
    """A lot is 0.001 ether: at 4,000 dollars it costs 4,000,000 units of a 6-decimals token."""
    facts = SimpleNamespace(
        market=SimpleNamespace(lot_size=10**15, scale=scale),
        mark=SimpleNamespace(mark=dollars * 1_000 << scale),
    )
    world: Any = SimpleNamespace(markets={1: facts})
    assert Gas(-2).worth(1, world) == expected
    facts.mark.mark = 0
    assert Gas(-2).worth(1, world) == 0
