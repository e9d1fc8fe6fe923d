"""Bounds of results hold what pyrevm makes of words within the bounds of the operands."""

import random

import pyrevm
import pytest

from tests.unit.audit.bounds.words import MEANINGS, meaning, word
from walras.audit.bounds.flow import NAMES
from walras.audit.bounds.intervals import (
    HALF,
    OPERATIONS,
    TOP,
    WORD,
    Interval,
    hull,
    meet,
    point,
    signed,
    tight,
    transfer,
)

CODES = {name: code for code, name in NAMES.items()}
AT = "0x" + "11" * 20


def holds(bounds: Interval, one: int) -> bool:
    """Whether a word is within."""
    return bounds[0] <= one <= bounds[1] and bounds[2] <= signed(one) <= bounds[3]


def some(draw: random.Random) -> tuple[Interval, list[int]]:
    """Bounds, and words within."""
    words = [word(draw) for _ in range(draw.choice((1, 2, 2, 3)))]
    bounds = point(words[0])
    for one in words[1:]:
        bounds = hull(bounds, point(one))
    inside = [bounds[0], bounds[1], bounds[2] % WORD, bounds[3] % WORD, *words]
    return bounds, [one for one in inside if holds(bounds, one)]


@pytest.mark.parametrize("op", sorted(MEANINGS.keys() - {"select", "carry"}))
def test_meanings_are_what_pyrevm_does(op: str) -> None:
    """The tests' own table, that the others are measured with."""
    draw, evm = random.Random(op), pyrevm.EVM()
    for _ in range(60):
        args = [word(draw) for _ in range(MEANINGS[op].__code__.co_argcount)]
        code = b"".join(bytes([0x7F]) + one.to_bytes(32) for one in reversed(args)) + bytes([CODES[op]])
        code += bytes.fromhex("5f5260205ff3")
        evm.insert_account_info(AT, pyrevm.AccountInfo(code=code))  # type: ignore[call-arg]
        assert int.from_bytes(evm.message_call("0x" + "22" * 20, AT)) == meaning(op, *args), (op, args)


@pytest.mark.parametrize("op", sorted(OPERATIONS))
def test_results_are_within_their_bounds(op: str) -> None:
    draw = random.Random(op)
    for _ in range(3_000):
        parts = [some(draw) for _ in range(MEANINGS[op].__code__.co_argcount)]
        bounds = transfer(op, *(part[0] for part in parts))
        assert tight(*bounds) is not None
        for _ in range(4):
            args = [draw.choice(part[1]) for part in parts]
            assert holds(bounds, meaning(op, *args)), (op, args)


def test_tight_bounds_lose_no_word() -> None:
    draw = random.Random(0)
    for _ in range(20_000):
        loose = (word(draw), word(draw), signed(word(draw)), signed(word(draw)))
        found = tight(*loose)
        for one in (word(draw), loose[0], loose[1], loose[2] % WORD, loose[3] % WORD):
            assert holds(loose, one) == (found is not None and holds(found, one))


def test_words_of_both_are_in_the_meet() -> None:
    draw = random.Random(1)
    for _ in range(5_000):
        (a, inside), (b, more) = some(draw), some(draw)
        found = meet(a, b)
        for one in inside + more:
            assert (holds(a, one) and holds(b, one)) == (found is not None and holds(found, one))


@pytest.mark.parametrize(
    ("op", "parts", "expected"),
    [
        ("add", ((0, 7), (1, 2)), (1, 9)),
        ("sub", ((5, 7), (1, 2)), (3, 6)),
        ("mul", ((2, 3), (10, 20)), (20, 60)),
        ("div", ((10, 100), (3, 5)), (2, 33)),
        ("and", ((0, WORD - 1), (255, 255)), (0, 255)),
        ("or", ((0, 8), (0, 16)), (0, 24)),
        ("shl", ((4, 4), (1, 3)), (16, 48)),
        ("shr", ((4, 4), (16, 48)), (1, 3)),
        ("mod", ((0, WORD - 1), (1, 10)), (0, 9)),
        ("not", ((0, 1), ), (WORD - 2, WORD - 1)),
        ("exp", ((10, 10), (0, 18)), (1, 10**18)),
    ],
)  # fmt: skip
def test_bounds_are_near(op: str, parts: tuple[tuple[int, int], ...], expected: tuple[int, int]) -> None:
    found = transfer(op, *(tight(low, high, -HALF, HALF - 1) or TOP for low, high in parts))
    assert found[:2] == expected
