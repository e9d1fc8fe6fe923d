"""Bent calls take the checks that the compiler adds, of data and of answers, and leave nothing behind."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyrevm
import pytest

from walras.audit.branches import bending, lying
from walras.audit.branches.bending import BendingEvm, Bends
from walras.audit.branches.codemap import FELL, JUMPED, ROUNDS, branches, is_written
from walras.audit.branches.tripwires import Outcome, wires
from walras.audit.branches.watched import Notes
from walras.devtools.compiler import compile_contract
from walras.devtools.evm import Contract, Evm

PRAGMAS = (
    "# pragma version 0.4.3\n# pragma optimize gas\n# pragma evm-version cancun\n# pragma nonreentrancy on\n"
)
ASKED = (
    PRAGMAS
    + """
asked: public(uint256)

@external
@view
def small() -> uint8:
    return 7

@external
def touch():
    self.asked += 1

@external
@view
def listed() -> DynArray[uint256, 4]:
    return [1, 2, 3]
"""
)
ASKING = (
    PRAGMAS
    + """
interface Asked:
    def small() -> uint8: view
    def touch(): nonpayable
    def listed() -> DynArray[uint256, 4]: view

sum: public(uint256)

@external
def touch(other: address):
    extcall Asked(other).touch()
    self.sum += 1

@external
def add(other: address, more: uint8):
    first: uint8 = staticcall Asked(other).small()
    found: DynArray[uint256, 4] = staticcall Asked(other).listed()
    self.sum += convert(first, uint256) + convert(more, uint256) + found[0]
"""
)
SMALL, LISTED, TOUCH = (f"Asked(other).{name}()" for name in ("small", "listed", "touch"))

Left = Callable[[str], set[Outcome]]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sources of two small contracts, one that asks the other."""
    root = tmp_path_factory.mktemp("tree")
    for folder in ("contracts", "interfaces", "tests/contracts"):
        (root / folder).mkdir(parents=True)
    (root / "contracts" / "Asked.vy").write_text(ASKED)
    (root / "contracts" / "Asking.vy").write_text(ASKING)
    return root


@pytest.fixture
def plain(tree: Path) -> Notes:
    """What calls take that are as they are."""
    return Notes({name: wires(name, tree) for name in ("Asking", "Asked")})


@pytest.fixture
def bends(plain: Notes, monkeypatch: pytest.MonkeyPatch) -> Bends:
    """Calls of this test are bent."""
    made = Bends(Notes(plain.wires))
    monkeypatch.setattr(pyrevm, "EVM", pyrevm.EVM)
    plain.watch(partial(BendingEvm, bends=made))
    return made


@pytest.fixture
def evm(bends: Bends) -> Evm:
    """Where calls are bent."""
    return Evm()


@pytest.fixture
def asked(evm: Evm, tree: Path) -> Contract:
    """Answers."""
    return evm.deploy(compile_contract("Asked", tree), foreign=True)


@pytest.fixture
def asking(evm: Evm, tree: Path) -> Contract:
    """Asks."""
    return evm.deploy(compile_contract("Asking", tree), foreign=True)


@pytest.fixture
def failures(tree: Path) -> Callable[[str], set[Outcome]]:
    """Ways in which checks of the compiler fail, on lines of the contract that asks that hold a text."""
    lines = ASKING.split("\n")

    def found(text: str) -> set[Outcome]:
        return {
            (one.place, way)
            for one in branches("Asking", tree)[1]
            for way in (JUMPED, FELL)
            if one.meaning(way) == "reverts" and not is_written(one)
            if text in lines[int(one.source.partition(":")[2] or 1) - 1]
        }

    return found


@pytest.fixture
def left(failures: Callable[[str], set[Outcome]], bends: Bends) -> Left:
    """Those that nothing took."""
    return lambda text: failures(text) - bends.notes.taken["Asking"]


def test_data_is_bent(asking: Contract, asked: Contract, left: Left) -> None:
    assert left("def add")
    asking.add(asked.address, 1)
    assert not left("def add")


def test_answers_are_bent(asking: Contract, asked: Contract, left: Left) -> None:
    """Failure, too short an answer, one out of range, no code: all that can be checked of an answer."""
    for line in (SMALL, LISTED, TOUCH):
        assert left(line)
    asking.touch(asked.address)
    asking.add(asked.address, 1)
    for line in (SMALL, LISTED, TOUCH):
        assert not left(line)


def test_later_answers_are_bent_by_later_lies(
    asking: Contract, asked: Contract, left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bending, "TURNS", 1)
    asking.add(asked.address, 1)
    assert not left(SMALL)
    assert left(LISTED)


def test_calls_back_meet_the_lock(
    asking: Contract, asked: Contract, left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bending, "PER_CALL", 2)
    true = lying.calling_back
    monkeypatch.setattr(lying, "calling_back", lambda _: lying.TRUTH)
    asking.touch(asked.address)
    assert len(left("def touch")) == 1
    monkeypatch.setattr(lying, "calling_back", true)
    asking.touch(asked.address)
    assert not left("def touch")


def test_nothing_is_left_behind(asking: Contract, asked: Contract, evm: Evm) -> None:
    """Codes are as before to the byte: who makes others from a blueprint goes by its size."""
    before = [evm._evm.basic(one.address).code_hash for one in (asking, asked)]
    asking.touch(asked.address)
    asking.add(asked.address, 1)
    assert (asking.sum(), asked.asked()) == (1 + 7 + 1 + 1, 1)
    assert [evm._evm.basic(one.address).code_hash for one in (asking, asked)] == before
    assert evm.code(lying.COPY) == b""


def test_what_bent_calls_take_is_noted_apart(
    asking: Contract, asked: Contract, plain: Notes, bends: Bends, failures: Left
) -> None:
    asking.add(asked.address, 1)
    assert failures(SMALL) <= bends.notes.taken["Asking"]
    assert not failures(SMALL) & plain.taken["Asking"]
    assert bends.notes.operations > 100 > plain.operations


def test_call_that_passes_a_check_for_the_first_time_is_bent(
    asking: Contract, asked: Contract, left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bending, "PER_CALL", 0)
    asking.add(asked.address, 1)
    assert not left(SMALL)


def test_rounds_of_a_list_are_told(asking: Contract, asked: Contract, tree: Path, bends: Bends) -> None:
    """The check before the loop that encodes what `listed` returns, which no lie and no data fails."""
    lines = ASKED.split("\n")
    found = [one for one in branches("Asked", tree)[1] if one.check == ROUNDS]
    assert [lines[int(one.source.partition(":")[2]) - 1].strip() for one in found] == ["return [1, 2, 3]"]
    assert asked.listed() == (1, 2, 3)
    asking.add(asked.address, 1)
    taken = {(place, way) for place, way in bends.notes.taken["Asked"] if place == found[0].place}
    assert [found[0].meaning(way) for _, way in taken] == ["passes"]
