"""Guards that the answer of another contract rules out, each with a twin whose answer may be any word."""

import itertools
import random
import re
from pathlib import Path
from typing import Final

import pyrevm
import pytest

from walras.audit.bounds.answers import answers, callees, proved_by_answers
from walras.audit.bounds.intervals import HALF, WORD, unsigned
from walras.audit.bounds.proof import possible, proved
from walras.audit.branches import report as branches_report
from walras.audit.branches.codemap import FELL, JUMPED, branches
from walras.audit.branches.report import ANSWERS, CONTRACTS, Seen, rows
from walras.audit.branches.tripwires import Outcome, wires
from walras.audit.branches.watched import Notes
from walras.devtools.compiler import compile_contract
from walras.devtools.evm import Evm, Reverted

PRAGMAS: Final = "# pragma version 0.4.3\n# pragma optimize gas\n# pragma evm-version cancun\n"
NEAR: Final = f"""{PRAGMAS}
struct Pair:
    first: uint256
    second: uint256

interface Far:
    def low() -> uint256: view
    def high() -> uint256: view

LOW: constant(uint256) = 2**128 - 1
kept: uint256
many: DynArray[uint256, 2]
far: public(address)

@deploy
def __init__(far_: address):
    self.far = far_

@external
def narrow() -> uint256:
    return self.kept & LOW

@external
def wide() -> uint256:
    return self.kept

@external
def small() -> int256:
    return convert(self.kept & LOW, int256) - 2**127

@external
def large() -> int256:
    return min_value(int256) if self.kept == 0 else 0

@external
def pair() -> Pair:
    return Pair(first=self.kept, second=self.kept & LOW)

@external
def either(first: bool) -> Pair:
    if first:
        return Pair(first=1, second=self.kept)
    found: Pair = Pair(first=self.kept & LOW, second=2)
    return found

@external
def given(x: uint256 = 3) -> uint256:
    return x & LOW

@external
def here() -> uint256:
    return self.kept & LOW

@external
def there() -> uint256:
    return self.kept & LOW

@external
def balanceOf(whose: address) -> uint256:
    return self.kept & LOW

@external
def few() -> DynArray[uint256, 2]:
    return self.many

@external
def through() -> uint256:
    return staticcall Far(self.far).low()

@external
def beyond() -> uint256:
    return staticcall Far(self.far).high()

@external
@raw_return
def __default__() -> Bytes[32]:
    return abi_encode(self.kept)
"""
FAR: Final = f"""{PRAGMAS}
kept: uint256

@external
def here() -> uint256:
    return 7

@external
def there() -> uint256:
    return self.kept

@external
@view
def low() -> uint256:
    return self.kept % 10

@external
@view
def high() -> uint256:
    return self.kept
"""
HEAD: Final = f"""{PRAGMAS}
struct Pair:
    first: uint256
    second: uint256

interface Near:
    def narrow() -> uint256: nonpayable
    def wide() -> uint256: nonpayable
    def small() -> int256: nonpayable
    def large() -> int256: nonpayable
    def pair() -> Pair: nonpayable
    def either(first: bool) -> Pair: nonpayable
    def given() -> uint256: nonpayable
    def here() -> uint256: nonpayable
    def there() -> uint256: nonpayable
    def balanceOf(whose: address) -> uint256: nonpayable
    def few() -> DynArray[uint256, 2]: nonpayable
    def through() -> uint256: nonpayable
    def beyond() -> uint256: nonpayable
    def unknown() -> uint256: nonpayable

@internal
def _other(at: address) -> uint256:
    return extcall Near(at).narrow()
"""
NARROW, WIDE = "return extcall Near(at).narrow() + 1", "return extcall Near(at).wide() + 1"
# Name, check, the statements in which an answer's bounds rule the check's revert out, and the twin's.
CASES: Final = [
    ("word", "safeadd", NARROW, WIDE),
    ("signed", "safesub", "return convert(abs(extcall Near(at).small() - 1), uint256)",
     "return convert(abs(extcall Near(at).large() - 2), uint256)"),
    ("struct", "safeadd", "return (extcall Near(at).pair()).second + 1",
     "return (extcall Near(at).pair()).first + 1"),
    ("two_returns", "safeadd", "return (extcall Near(at).either(x > 9)).first + 1",
     "return (extcall Near(at).either(x > 9)).second + 1"),
    ("left_out", "safeadd", "return extcall Near(at).given() + 1", WIDE),
    ("function_of_two", "safeadd", "return extcall Near(at).here() + 1",
     "return extcall Near(at).there() + 1"),
    ("as_of_a_token", "safeadd", NARROW, "return extcall Near(at).balanceOf(self) + 1"),
    ("list", "safeadd", NARROW, "return (extcall Near(at).few())[0] + 1"),
    ("function_that_nobody_has", "safeadd", NARROW, "return extcall Near(at).unknown() + 1"),
    ("raw", "safeadd", NARROW,
     "return abi_decode(raw_call(at, method_id('narrow()'), max_outsize=32), uint256) + 1"),
    ("default", "safeadd", NARROW, "return extcall Near(at).narrow(default_return_value=x) + 1"),
    ("internal", "safeadd", "return self._other(at) + 1", "return max(self._other(at), x) + 1"),
    ("first_of_two_calls", "safeadd",
     "a: uint256 = extcall Near(at).narrow()\nb: uint256 = extcall Near(at).wide()\nreturn min(a + 1, b)",
     "a: uint256 = extcall Near(at).narrow()\nb: uint256 = extcall Near(at).wide()\nreturn min(b + 1, a)"),
    ("loop", "safeadd",
     "a: uint256 = 0\nfor i: uint256 in range(4):\n    a = extcall Near(at).narrow() + 1\nreturn a",
     "a: uint256 = 0\nfor i: uint256 in range(4):\n    a = extcall Near(at).wide() + 1\nreturn a"),
    ("called_by_it", "safeadd", "return extcall Near(at).through() + 1",
     "return extcall Near(at).beyond() + 1"),
]  # fmt: skip
TWINS: Final = {"proved": 2, "open": 3}
CALLED: Final = ("Close", "Distant")


def source() -> str:
    """The caller; two functions of each case."""
    text = HEAD
    for case in CASES:
        for twin, place in TWINS.items():
            body = case[place].replace("\n", "\n    ")
            text += f"\n@external\ndef {case[0]}_{twin}(at: address, x: uint256) -> uint256:\n    {body}\n"
    return text


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three sources."""
    root = tmp_path_factory.mktemp("tree")
    for folder in ("contracts", "interfaces", "tests/contracts"):
        (root / folder).mkdir(parents=True)
    for name, text in (("Asks", source()), ("Close", NEAR), ("Distant", FAR)):
        (root / "contracts" / f"{name}.vy").write_text(text)
    return root


def guards(tree: Path, function: str, check: str) -> list[Outcome]:
    """That the compiler's checks of a kind revert, in a function."""
    lines = source().split("\n")
    begin = next(at for at, line in enumerate(lines, 1) if re.match(rf"def {function}\(", line))
    end = next((at for at, line in enumerate(lines, 1) if at > begin and line.startswith("@")), len(lines))
    found = [one for one in branches("Asks", tree)[1] if one.check == check and "reverts" in one.ways]
    inside = [one for one in found if begin <= int(one.source.partition(":")[2]) < end]
    return [(one.place, JUMPED if one.meaning(JUMPED) == "reverts" else FELL) for one in inside]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_guards(tree: Path, case: tuple[str, ...]) -> None:
    """Those of one function are proved by answers, and not alone; of its twin one is not."""
    known = proved_by_answers("Asks", CALLED, tree)
    first, second = (guards(tree, f"{case[0]}_{twin}", case[1]) for twin in TWINS)
    assert first
    assert second
    assert all(one in known for one in first)
    assert not any(one in proved("Asks", tree) for one in first)
    assert not all(one in known for one in second)


def test_words_of_an_answer(tree: Path) -> None:
    def asked(signature: str, rounds: int = 2, called: tuple[str, ...] = CALLED) -> list[tuple[int, ...]]:
        selector = int.from_bytes(compile_contract("Close", tree).selectors[signature])
        return list(answers(selector, rounds, called, tree))

    low, whole = unsigned(0, 2**128 - 1), (0, WORD - 1, -HALF, HALF - 1)
    assert asked("narrow()") == asked("here()") == asked("given(uint256)") == [low]
    assert asked("given()") == [unsigned(3, 3)]
    assert asked("there()") == [whole]
    assert asked("there()", called=CALLED[:1]) == [low]
    assert asked("pair()") == [whole, low]
    assert asked("either(bool)") == [low, whole]
    assert asked("few()") == asked("balanceOf(address)") == []
    assert asked("through()", 1) == [whole]
    assert asked("through()", 2) == [unsigned(0, 9)]


def test_no_call_takes_what_is_proved(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls with all kinds of words kept; each guard that is open reverts in one of them."""
    notes = Notes({"Asks": wires("Asks", tree)})
    monkeypatch.setattr(pyrevm, "EVM", pyrevm.EVM)
    notes.watch()
    evm = Evm()
    far = evm.deploy(compile_contract("Distant", tree), foreign=True)
    near = evm.deploy(compile_contract("Close", tree), far.address, foreign=True)
    contract = evm.deploy(compile_contract("Asks", tree), foreign=True)
    slots = [
        (one.address, compile_contract(name, tree).layout["storage_layout"]["kept"]["slot"])
        for name, one in (("Close", near), ("Distant", far))
    ]
    draw = random.Random(0)
    for kept in (0, 1, 2**127, 2**128 - 1, 2**128, HALF - 1, HALF, HALF + 1, WORD - 1, draw.randrange(WORD)):
        for at, slot in slots:
            evm.write(at, slot, kept)
        for case, twin, at in itertools.product(CASES, TWINS, (near.address, far.address)):
            for x in (0, 10, WORD - 1):
                try:
                    getattr(contract, f"{case[0]}_{twin}")(at, x)
                except Reverted:
                    continue
    assert not notes.taken["Asks"] & proved_by_answers("Asks", CALLED, tree)
    for case in CASES:
        if case[0] not in ("as_of_a_token", "list", "raw", "default"):  # which a liar alone could take
            seen = [one in notes.taken["Asks"] for one in guards(tree, f"{case[0]}_open", case[1])]
            assert any(seen), case[0]


@pytest.mark.parametrize("success", [True, False])
@pytest.mark.parametrize("size", [32, 31, 0])
def test_caller_that_checks_too_little(success: bool, size: int) -> None:
    """An answer of up to 9 is above 9 where the call may have failed, or the answer may be short."""
    code = bytes.fromhex("63112233445f52 60205f6004601c5f5afa")
    for check in ("15" if success else "50", f"60{size:02x}3d10" if size else ""):
        end = "" if check in ("50", "") else "603f57"
        code += bytes.fromhex(check + end)
    code += bytes.fromhex("5f51600910603f57")
    at = len(code) - 1
    code = code.ljust(0x3F, b"\x00") + bytes.fromhex("5b00")
    found = possible(code, {0x11223344: [unsigned(0, 9)]}.__getitem__)
    assert ((at, JUMPED) in found) is not (success and size == 32)
    assert (at, FELL) in found


def test_who_is_called() -> None:
    """The engine answers with its parts; what tokens and sources have, too, is nobody's."""

    def named(contract: str, signature: str) -> list[str]:
        return callees(int.from_bytes(compile_contract(contract).selectors[signature]))

    assert named("EngineViews", "mark(uint256)") == ["EngineViews"]
    assert named("OrderbookV2", "sync(uint256)") == ["PerpEngine", "OrderbookV2"]
    for signature in ("balanceOf(address)", "transfer(address,uint256)", "decimals()", "totalSupply()"):
        assert named("GovernanceToken", signature) == []
    assert named("ChainlinkSource", "read(uint256)") == []


def test_only_a_bent_call_may_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is taken; a story or a test that takes it stops the page."""
    name = "ChainlinkSource"
    written = {True: [], False: []}
    for one in branches(name)[1]:
        written[branches_report.is_written(one)].append((one.place, JUMPED))
    known = frozenset(ways[0] for ways in written.values()) - proved(name)
    assert len(known) == 2
    monkeypatch.setattr(branches_report, "CONTRACTS", (name,))
    monkeypatch.setattr(branches_report, "proved_by_answers", lambda _: known)

    def seen(taken: dict[int, int]) -> Seen:
        return Seen({one: taken if one == name else {} for one in CONTRACTS}, 0, 0, 0, 0)

    def claimed(bent: Seen) -> list[Outcome]:
        found = rows(nothing, nothing, bent, {})
        return [(row.branch.place, row.way) for row in found if row.unreachable == ANSWERS]

    nothing, all_of_it = seen({}), seen(dict(known))
    assert sorted(claimed(nothing)) == sorted(known)
    assert claimed(all_of_it) == written[True][:1]
    for stories, tests in ((all_of_it, nothing), (nothing, all_of_it)):
        with pytest.raises(ValueError, match=r"\[bounds of answers\] claims what was taken"):
            rows(stories, tests, nothing, {})
