"""Guards of small contracts: those that can revert are never proved, and those that bounds rule out are."""

import itertools
import random
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pyrevm
import pytest

from tests.unit.audit.bounds.words import EDGES, word
from walras.audit.bounds.flow import UnreadableError, read
from walras.audit.bounds.intervals import HALF, WORD, signed
from walras.audit.bounds.proof import possible, proved
from walras.audit.branches.codemap import FELL, JUMPED, Branch, branches
from walras.audit.branches.report import BOUNDS, CONTRACTS, Seen, rows
from walras.audit.branches.tripwires import Outcome, wires
from walras.audit.branches.watched import Notes
from walras.devtools.compiler import compile_contract
from walras.devtools.evm import Evm, Reverted

HEAD: Final = """# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
interface Other:
    def ask() -> uint256: view
    def act(): nonpayable

struct Pair:
    first: uint256
    second: uint256

HALF: constant(uint256) = 2**128 - 1
kept: uint256
table: HashMap[uint256, uint256]

@internal
@pure
def _next(number: uint256) -> uint256:
    return number + 1

@internal
@pure
def _low(number: uint256) -> uint256:
    return number & HALF

@internal
@pure
def _more(number: uint256) -> uint256:
    return number + 3

@internal
def _other(at: address) -> uint256:
    return staticcall Other(at).ask()
"""

X, XY, AB = "x: uint256", "x: uint256, y: uint256", "a: int256, b: int256"
# Name, check, parameters, the statements in which bounds rule the check's revert out, and the twin's.
CASES: Final = [
    ("mask", "safeadd", XY, "return (x & HALF) + (y & HALF)", "return (x & HALF) + y"),
    ("shift", "safemul", XY, "return (x >> 128) * (y >> 128)", "return (x >> 127) * (y >> 128)"),
    ("less", "safeadd", X, "if x < 2**255:\n    return x + 2**255\nreturn 0",
     "if x > 1:\n    return x + 1\nreturn 0"),
    ("otherwise", "safesub", X, "if x < 7:\n    return 0\nreturn x - 7",
     "if x < 3:\n    return 0\nreturn x - 7"),
    ("checked", "safesub", XY, "assert x >= y\nreturn x - y", "assert x != y\nreturn x - y"),
    ("reason", "safesub", XY, 'assert x >= y, "no"\nreturn x - y', 'assert x <= y, "no"\nreturn x - y'),
    ("both", "safeadd", XY, "if x < 2**255 and y < 2**255:\n    return x + y\nreturn 0",
     "if x < 2**255 or y < 2**255:\n    return x + y\nreturn 0"),
    ("neither", "safeadd", XY, "if x > HALF or y > HALF:\n    return 0\nreturn x + y",
     "if x > HALF and y > HALF:\n    return 0\nreturn x + (y << 128)"),
    ("least", "safesub", XY, "return x - min(x, y)", "return x - max(x, y)"),
    ("most", "safesub", XY, "return max(x, y) - y", "return min(x, y) - y"),
    ("part", "safesub", XY, "return x - x // max(y, 1)", "return x - unsafe_mul(x, y)"),
    ("share", "safesub", XY, "p: uint256 = x & HALF\nq: uint256 = y & HALF\nreturn p - p * min(q, 9) // 9",
     "p: uint256 = x & HALF\nq: uint256 = y & HALF\nreturn p - p * min(q, 10) // 9"),
    ("quotient", "clamp gt 0", XY, "return x // (y | 1)", "return x // y"),
    ("narrow", "uint8 bounds check", X, "return convert(convert(x & 255, uint8), uint256)",
     "return convert(convert(x & 511, uint8), uint256)"),
    ("clamped", "safeadd", "x: uint8, y: uint256", "return convert(x, uint256) + 1",
     "return convert(x, uint256) + y"),
    ("positive", "clamp sge 0", AB, "return convert(abs(a), uint256)", "return convert(a, uint256)"),
    ("positive_part", "clamp sge 0", AB, "return convert(max(a, 0), uint256)",
     "return convert(max(a, b), uint256)"),
    ("signed", "uint255 bounds check", XY, "return convert(abs(convert(x >> 1, int256)), uint256)",
     "return convert(abs(convert(x, int256)), uint256)"),
    ("signed_sum", "safeadd", AB, "return convert(abs((a >> 1) + (b >> 1)), uint256)",
     "return convert(abs(a + (b >> 1)), uint256)"),
    ("signed_difference", "safesub", AB, "return convert(abs((a >> 1) - (b >> 1)), uint256)",
     "return convert(abs((a >> 1) - b), uint256)"),
    ("signed_product", "safemul", AB, "return convert(abs((a >> 128) * (b >> 129)), uint256)",
     "return convert(abs((a >> 128) * (b >> 127)), uint256)"),
    ("loop", "safesub", X,
     "found: uint256 = 0\nfor i: uint256 in range(32):\n    found = 31 - i\nreturn found",
     "found: uint256 = 0\nfor i: uint256 in range(33):\n    found = 31 - i\nreturn found"),
    ("bounded_loop", "safesub", X,
     "found: uint256 = 0\nfor i: uint256 in range(x, bound=32):\n    found = 31 - i\nreturn found",
     "found: uint256 = 0\nfor i: uint256 in range(x, bound=33):\n    found = 31 - i\nreturn found"),
    ("loop_index", "uint256[32] bounds check", X,
     "all: uint256[32] = empty(uint256[32])\nfor i: uint256 in range(32):\n    all[i] = x\nreturn all[3]",
     "all: uint256[32] = empty(uint256[32])\nfor i: uint256 in range(33):\n    all[i] = x\nreturn all[3]"),
    ("kept_through_loop", "safesub", XY,
     "k: uint256 = 3\nfound: uint256 = 0\nfor i: uint256 in range(4):\n    found = 5 - k\n"
     "    k = min(y, 5)\nreturn found",
     "k: uint256 = 3\nfound: uint256 = 0\nfor i: uint256 in range(4):\n    found = 5 - k\n"
     "    k = y\nreturn found"),
    ("inner_loop", "safesub", XY,
     "found: uint256 = 0\nfor i: uint256 in range(4):\n"
     "    for j: uint256 in range(4):\n        found = 6 - i - j\n"
     "return found",
     "found: uint256 = 0\nfor i: uint256 in range(4):\n"
     "    for j: uint256 in range(5):\n        found = 6 - i - j\n"
     "return found"),
    ("alias", "safesub", XY, "m: uint256[4] = [0, 0, 3, 0]\nm[y % 2] = x\nreturn 5 - m[2]",
     "m: uint256[4] = [0, 0, 3, 0]\nm[y % 3] = x\nreturn 5 - m[2]"),
    ("copy", "safesub", XY, "m: Pair = Pair(first=x, second=3)\nn: Pair = m\nreturn 5 - n.second",
     "m: Pair = Pair(first=x, second=3)\nn: Pair = m\nreturn 5 - n.first"),
    ("overwritten", "safesub", XY, "m: uint256 = x\nm = 3\nreturn 5 - m",
     "m: uint256 = 3\nm = x\nreturn 5 - m"),
    ("internal", "safesub", XY, "return self._low(x) + 1 - self._low(x)",
     "return self._low(x) + 1 - self._low(y)"),
    ("storage", "safesub", XY, "self.kept = 3\nself.table[x] = 9\nself.kept = 4\nreturn 5 - self.kept",
     "self.kept = 3\nself.table[x] = y\nreturn 5 - self.table[x]"),
    ("answer", "safesub", "at: address", "return 5 - min(self._other(at), 5)", "return 5 - self._other(at)"),
    ("after_call", "safesub", "at: address", "k: uint256 = 3\nextcall Other(at).act()\nreturn 5 - k",
     "self.kept = 3\nextcall Other(at).act()\nreturn 5 - self.kept"),
]  # fmt: skip
ENDS: Final = (0, 1, 2, 5, 2**128 - 1, 2**128, HALF - 1, HALF, WORD - 1)
TWINS: Final = {"proved": 3, "open": 4}


def source() -> str:
    """The contract of all cases; two functions of each."""
    text = HEAD
    for case in CASES:
        for twin, place in TWINS.items():
            body = case[place].replace("\n", "\n    ")
            text += f"\n@external\ndef {case[0]}_{twin}({case[2]}) -> uint256:\n    {body}\n"
    for name, result in (("once", "self._next(x & HALF) + self._more(x & HALF)"), ("twice", "self._more(x)")):
        text += f"\n@external\ndef {name}(x: uint256) -> uint256:\n    return {result}\n"
    return text


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its source."""
    root = tmp_path_factory.mktemp("tree")
    for folder in ("contracts", "interfaces", "tests/contracts"):
        (root / folder).mkdir(parents=True)
    (root / "contracts" / "Guards.vy").write_text(source())
    return root


def guards(tree: Path, function: str, check: str) -> list[Branch]:
    """The compiler's checks of a kind in a function."""
    lines = source().split("\n")
    begin = next(at for at, line in enumerate(lines, 1) if re.match(rf"def {function}\(", line))
    end = next((at for at, line in enumerate(lines, 1) if at > begin and line.startswith("@")), len(lines))
    found = [one for one in branches("Guards", tree)[1] if one.check == check and "reverts" in one.ways]
    return [one for one in found if begin <= int(one.source.partition(":")[2]) < end]


def reverting(one: Branch) -> Outcome:
    """Its way."""
    return one.place, JUMPED if one.meaning(JUMPED) == "reverts" else FELL


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_guards(tree: Path, case: tuple[str, ...]) -> None:
    """All of one function are proved, and of its twin at least one is not."""
    known = proved("Guards", tree)
    first, second = (guards(tree, f"{case[0]}_{twin}", case[1]) for twin in TWINS)
    assert first
    assert second
    assert all(reverting(one) in known for one in first)
    assert not all(reverting(one) in known for one in second)


def test_function_that_one_caller_gives_any_word(tree: Path) -> None:
    """A guard is proved where it is in every copy of its function."""
    known = proved("Guards", tree)
    (following,), (more,) = guards(tree, "_next", "safeadd"), guards(tree, "_more", "safeadd")
    assert reverting(following) in known
    assert reverting(more) not in known


def test_no_call_takes_what_is_proved(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random calls of all functions; each guard that is open reverts in one of them."""
    notes = Notes({"Guards": wires("Guards", tree)})
    monkeypatch.setattr(pyrevm, "EVM", pyrevm.EVM)
    notes.watch()
    contract = Evm().deploy(compile_contract("Guards", tree), foreign=True)
    draw = random.Random(0)
    for case in CASES:
        for twin in TWINS:
            call = getattr(contract, f"{case[0]}_{twin}")
            edges = itertools.product(ENDS, repeat=2) if ", " in case[2] else zip((*EDGES, *range(40)))
            for words in [*edges, *((word(draw), draw.randrange(70)) for _ in range(40))]:
                try:
                    call(*_arguments(words, case[2]))
                except Reverted:
                    continue
    assert not notes.taken["Guards"] & proved("Guards", tree)
    seen = notes.taken["Guards"]
    for case in CASES:
        if case[0] not in ("answer", "after_call"):  # nobody is at the address
            assert any(reverting(one) in seen for one in guards(tree, f"{case[0]}_open", case[1])), case[0]


def _arguments(words: Iterable[int], parameters: str) -> list[object]:
    found: list[object] = []
    for one, parameter in zip(words, parameters.split(", "), strict=False):
        kind = parameter.partition(": ")[2]
        if kind == "int256":
            found.append(signed(one))
        else:
            found.append(
                f"0x{one % 2**160:040x}" if kind == "address" else one % 256 if kind == "uint8" else one
            )
    return found


def test_code_that_jumps_to_where_cannot_be_told() -> None:
    with pytest.raises(UnreadableError, match="where does the jump at 2 lead"):
        read(bytes.fromhex("5f35565b00"))
    with pytest.raises(UnreadableError, match="no JUMPDEST at 4"):
        possible(bytes.fromhex("60045600fe"))


def test_write_that_laps_over_a_known_word() -> None:
    """At 31 it changes a byte of the word at 0, at 32 it does not."""
    for place, ways in ((31, {JUMPED, FELL}), (32, {JUMPED})):
        code = bytes.fromhex(f"60035f52 5f3560{place:02x}52 5f516003146100135700 5b00")
        assert possible(code) == {(17, way) for way in ways}


def test_slot_that_may_be_another() -> None:
    """3 is stored in slot 0, then any word: in a slot of calldata, which may be 0, or in slot 1."""
    for slot, ways in (("5f35", {JUMPED, FELL}), ("6001", {JUMPED})):
        code = bytes.fromhex(f"60035f55 5f35{slot}55 5f546003146100135700 5b00")
        assert possible(code) == {(17, way) for way in ways}


def test_page_refuses_what_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """An outcome that a call took, and that bounds prove, stops the page."""
    name = "ChainlinkSource"
    expected = sorted(proved(name))

    def seen(taken: dict[int, int]) -> Seen:
        return Seen({one: taken if one == name else {} for one in CONTRACTS}, 0, 0, 0, 0)

    monkeypatch.setattr("walras.audit.branches.report.CONTRACTS", (name,))
    nothing = seen({})
    found = rows(nothing, nothing, nothing, {})
    assert sorted((row.branch.place, row.way) for row in found if row.unreachable == BOUNDS) == expected
    with pytest.raises(ValueError, match=r"\[bounds\] claims what was taken"):
        rows(nothing, seen(dict(expected)), nothing, {})
