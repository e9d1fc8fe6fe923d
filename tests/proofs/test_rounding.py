"""Divisions round as their names say (docs/proofs.md)."""

import random
from pathlib import Path
from typing import Final

import pytest
import z3

from tests.proofs.linking import agree, changed, driver, edges, numbers
from tests.proofs.prover import Sums, module_of
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.symbolic import Power

ROUNDING: Final = "contracts/modules/rounding.vy"


def divisions(root: Path = PROJECT_ROOT) -> list[str]:
    """Which claims about the divisions do not hold."""
    dividend, divisor, power = z3.Ints("dividend divisor power")
    failed: list[str] = []
    for function, by, is_up in (
        ("_div_up", divisor, True),
        ("_div_down", divisor, False),
        ("_shift_up", Power(power), True),
    ):
        sums = Sums(root)
        result = sums.call(ROUNDING, function, dividend, by)
        whole = divisor if by is divisor else power
        up = z3.And(result * whole >= dividend, (result - 1) * whole < dividend)
        down = z3.And(result * whole <= dividend, (result + 1) * whole > dividend)
        failed += sums.failures({function: up if is_up else down}, whole >= 1)
    return failed


def test_divisions_round_as_their_names_say() -> None:
    assert divisions() == []


@pytest.mark.parametrize(
    ("old", "new", "failing"),
    [
        ("dividend % divisor != 0", "dividend % divisor == 0", ["_div_up", "_div_down"]),
        ("if dividend > 0 and", "if", ["_div_up", "_div_down"]),
        ("-(-number >> bits)", "number >> bits", ["_shift_up"]),
    ],
)
def test_divisions_that_round_otherwise_are_refuted(old: str, new: str, failing: list[str]) -> None:
    with changed(ROUNDING, old, new) as root:
        assert divisions(root) == failing


def test_divisions_are_read_as_compiled() -> None:
    functions = module_of(ROUNDING)
    contract = driver(ROUNDING, ("_div_up", "_div_down"))
    dice = random.Random(1)
    for name in ("_div_up", "_div_down"):
        for _ in range(200):
            args = [edges(256, True, dice), max(1, edges(255, False, dice))]
            agree(contract, functions[name], args, numbers())
