"""Which ways JUMPIs went: exactly those that pyrevm took, whatever becomes of the call."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyrevm
import pytest
from eth_utils.crypto import keccak

from walras.audit.branches.codemap import FELL, JUMPED, branches, is_written
from walras.audit.branches.tripwires import Outcome, wires, wires_of
from walras.audit.branches.watched import AstrayError, Notes, WatchedEvm
from walras.audit.runner import Options, run
from walras.devtools.compiler import Artifact, compile_contract
from walras.devtools.evm import DEPLOYER, PLENTY, Contract, Evm, Reverted

PRAGMAS = "# pragma version 0.4.3\n# pragma optimize gas\n# pragma evm-version cancun\n"
WALK = (
    PRAGMAS
    + """
seen: public(uint256)

interface Walk:
    def walk(number: uint256) -> uint256: nonpayable
    def recover(hash: bytes32) -> address: view

@external
def walk(number: uint256) -> uint256:
    self.seen += 1
    found: uint256 = number
    if number > 10:
        found = 10
    assert number != 5, "walk: five"
    for step: uint256 in range(300):
        if step == found:
            break
    return found

@external
def ask(other: address, number: uint256) -> bool:
    return raw_call(
        other,
        abi_encode(number, method_id=method_id("walk(uint256)")),
        gas=150_000,
        max_outsize=0,
        revert_on_failure=False,
    )

@external
@view
def recover(hash: bytes32) -> address:
    return ecrecover(hash, 27, 1, 1)

@external
def recover_by(other: address, hash: bytes32) -> address:
    return staticcall Walk(other).recover(hash)

@external
def fail(other: address, number: uint256):
    extcall Walk(other).walk(number)
    raise "walk: end"
"""
)
MAKER = (
    PRAGMAS
    + """
@external
def make(blueprint: address) -> address:
    return create_from_blueprint(blueprint)
"""
)
FORK = (
    PRAGMAS
    + """
@external
def fork(a: uint256, b: uint256, flag: bool) -> uint256:
    found: uint256 = 0
    if {condition}:
        found = a * 3
    else:
        found = b * 5
    found += (a * 7 if {condition} else b * 9)
    if {condition} and a != 99:
        found += a * 11
    if {condition} or b == 99:
        found += b * 13
    return found
"""
)
CONDITIONS = ("a < b", "a >= b", "a == b", "a != b", "flag", "not flag", "(a < b) == flag")
MORE, FIVE, END = "number > 10", "number != 5", "step == found"
LOOP = "for step: uint256 in range(300)"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sources of two small contracts."""
    root = tmp_path_factory.mktemp("tree")
    for folder in ("contracts", "interfaces", "tests/contracts"):
        (root / folder).mkdir(parents=True)
    (root / "contracts" / "Walk.vy").write_text(WALK)
    (root / "contracts" / "Maker.vy").write_text(MAKER)
    return root


@pytest.fixture
def notes(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Notes:
    """EVMs of this test are looked at, for the contract Walk."""
    made = Notes({"Walk": wires("Walk", tree)})
    monkeypatch.setattr(pyrevm, "EVM", pyrevm.EVM)
    made.watch()
    return made


@pytest.fixture
def artifact(tree: Path) -> Artifact:
    """Of the contract Walk."""
    return compile_contract("Walk", tree)


@pytest.fixture
def ways(tree: Path, notes: Notes) -> Callable[[], set[tuple[str, str]]]:
    """Those of the source's own branches in `walk` that were gone."""

    def gone() -> set[tuple[str, str]]:
        return {
            (one.text.split(",")[0].removeprefix("assert ").removeprefix("if ").rstrip(":"), one.meaning(way))
            for one in branches("Walk", tree)[1]
            for way in (JUMPED, FELL)
            if (one.place, way) in notes.taken["Walk"] and is_written(one)
        }

    return gone


def test_ways_of_a_call(notes: Notes, artifact: Artifact, ways: Callable[[], Any]) -> None:
    walk = Evm().deploy(artifact, foreign=True)
    expected = set[tuple[str, str]]()
    assert ways() == expected
    assert walk.walk(0) == 0
    expected |= {(MORE, "false"), (FIVE, "passes"), (END, "true")}
    assert ways() == expected
    assert walk.walk(3) == 3
    expected |= {(END, "false"), (LOOP, "goes on")}
    assert ways() == expected
    assert walk.walk(11) == 10
    expected |= {(MORE, "true")}
    assert ways() == expected
    with pytest.raises(Reverted, match="walk: five"):
        walk.walk(5)
    expected |= {(FIVE, "reverts")}
    assert ways() == expected
    assert walk.seen() == 3


def test_way_of_a_call_with_no_gas_left_for_a_wire(notes: Notes, artifact: Artifact, tree: Path) -> None:
    """`ecrecover` fails for want of gas, and so do both contracts, with a wire as without."""
    evm = Evm()
    one, other = (evm.deploy(artifact, foreign=True) for _ in range(2))
    (ran_out,) = (
        (found.place, way)
        for found in branches("Walk", tree)[1]
        for way in (JUMPED, FELL)
        if found.text.startswith("ecrecover(") and found.meaning(way) == "reverts"
    )
    for gas in range(22_000, 60_000, 500):
        with suppress(Reverted):
            one.recover_by(other.address, bytes(32), gas=gas)
    assert ran_out in notes.taken["Walk"]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_ways_of_branches_that_the_compiler_swaps(
    condition: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of `else`, the operator, `and` and `or`: true is where the condition holds."""
    for folder in ("contracts", "interfaces", "tests/contracts"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "contracts" / "Fork.vy").write_text(FORK.replace("{condition}", condition))
    notes = Notes({"Fork": wires("Fork", tmp_path)})
    monkeypatch.setattr(pyrevm, "EVM", pyrevm.EVM)
    notes.watch()
    fork = Evm().deploy(compile_contract("Fork", tmp_path), foreign=True)
    known = {
        (one.place, way): f"{one.node} {one.source.rpartition(':')[2]} {one.meaning(way)}"
        for one in branches("Fork", tmp_path)[1]
        for way in (JUMPED, FELL)
        if is_written(one) and ("operand 1" in one.text or one.node in ("If", "IfExp"))
    }
    gone = set[Outcome]()
    for a, b, flag in ((3, 2, False), (2, 3, True), (3, 3, True), (3, 2, True)):
        fork.fork(a, b, flag)
        new = {known[one] for one in notes.taken["Fork"] - gone if one in known}
        gone |= notes.taken["Fork"]
        word = str(eval(condition, {"a": a, "b": b, "flag": flag})).lower()
        assert all(one.endswith(word) for one in new), (a, b, flag, new)
    assert {one for one in known if one not in gone} == set()


def test_ways_before_a_revert_count(artifact: Artifact, ways: Callable[[], Any]) -> None:
    evm = Evm()
    walk, other = (evm.deploy(artifact, foreign=True) for _ in range(2))
    with pytest.raises(Reverted, match="walk: end"):
        walk.fail(other.address, 11)
    assert (MORE, "true") in ways()
    assert (MORE, "false") not in ways()


def test_ways_of_a_call_whose_failure_is_swallowed(artifact: Artifact, ways: Callable[[], Any]) -> None:
    """The one who asks has given it little gas: what burns is seen all the same."""
    evm = Evm()
    walk, other = (evm.deploy(artifact, foreign=True) for _ in range(2))
    assert walk.ask(other.address, 11)
    assert not walk.ask(other.address, 5)
    assert {(MORE, "true"), (MORE, "false"), (FIVE, "passes"), (FIVE, "reverts")} <= ways()
    assert other.seen() == 1


def test_loop_to_its_end(artifact: Artifact, notes: Notes, ways: Callable[[], Any]) -> None:
    """Gas of stubs on each pass of a loop is not taken for a way."""
    walk = Evm().deploy(artifact, foreign=True)
    before = notes.taken["Walk"].copy()
    assert walk.walk(2**255) == 10
    assert (END, "true") in ways()
    assert notes.phantoms == 0
    known = notes.taken["Walk"].copy()
    assert walk.walk(2**254) == 10
    assert notes.taken["Walk"] == known > before


def test_undone_calls_count(artifact: Artifact, ways: Callable[[], Any]) -> None:
    evm = Evm()
    walk = evm.deploy(artifact, foreign=True)
    checkpoint = evm.snapshot()
    walk.walk(11)
    evm.revert(checkpoint)
    assert (MORE, "true") in ways()
    assert walk.seen() == 0


def test_address_that_is_taken_again(artifact: Artifact, notes: Notes, tree: Path) -> None:
    """What was deployed after the checkpoint is gone; another contract may have its address."""
    evm = Evm()
    checkpoint = evm.snapshot()
    first = evm.deploy(artifact, foreign=True)
    evm.revert(checkpoint)
    second = evm.deploy(compile_contract("Maker", tree), foreign=True)
    assert second.address == first.address
    assert evm.code(second.address).startswith(compile_contract("Maker", tree).runtime)


def test_contract_that_a_contract_makes(artifact: Artifact, tree: Path, ways: Callable[[], Any]) -> None:
    evm = Evm()
    maker = evm.deploy(compile_contract("Maker", tree), foreign=True)
    made = maker.make(evm.create(artifact.blueprint))
    assert Contract(evm, made, artifact.abi).walk(11) == 10
    assert (MORE, "true") in ways()


def test_ways_of_calls_with_little_gas(artifact: Artifact, ways: Callable[[], Any]) -> None:
    """What burns is seen all the same; what ends for want of gas is seen as far as it came."""
    walk = Evm().deploy(artifact, foreign=True)
    assert walk.walk(11, gas=10**6) == 10
    assert (MORE, "true") in ways()
    with pytest.raises(Reverted, match="OutOfGas"):
        walk.walk(3, gas=22_000)
    assert (MORE, "false") not in ways()
    assert walk.seen() == 1


def test_code_is_seen_without_wires(artifact: Artifact, notes: Notes) -> None:
    evm = Evm()
    walk = evm.deploy(artifact)
    walk.walk(1)
    assert evm.code(walk.address).startswith(artifact.runtime)


def test_state_that_went_astray_is_told(artifact: Artifact, notes: Notes) -> None:
    evm = Evm()
    walk = evm.deploy(artifact)
    walk.walk(1)
    watching = evm._evm
    assert isinstance(watching, WatchedEvm)
    watching._wired.insert_account_storage(walk.address, 0, 7)
    with pytest.raises(AstrayError, match="slot 0"):
        evm.storage(walk.address, 0)
    with pytest.raises(AstrayError, match="on the true EVM"):
        walk.seen()


def test_what_was_seen_is_kept(artifact: Artifact, notes: Notes, tmp_path: Path) -> None:
    Evm().deploy(artifact).walk(1)
    notes.save(tmp_path)
    other = Notes(notes.wires)
    other.add(tmp_path)
    assert other.taken == notes.taken
    assert (other.operations, other.hunted) == (2, 1)
    assert other.outcomes() == notes.outcomes()


def test_wires_change_nothing_but_their_ways(artifact: Artifact, notes: Notes) -> None:
    """All wires at once are the wires one by one."""
    strung = notes.wires["Walk"]
    every = frozenset(strung.outcomes())
    assert len(every) == 2 * len(strung.places)
    assert strung.strung(artifact.runtime, frozenset()) == artifact.runtime
    for outcome in every:
        code = strung.strung(artifact.runtime, frozenset([outcome]))
        changed = [at for at, byte in enumerate(artifact.runtime) if code[at] != byte]
        assert changed
        assert all(outcome[0] - 2 <= at <= outcome[0] + 1 for at in changed)
        assert (len(code) > len(artifact.runtime)) == strung.has_stub(outcome)


def test_stub_is_reached_whatever_data_ends_the_code(notes: Notes) -> None:
    """An immutable may end in bytes that look like a PUSH of 32 bytes."""
    strung = notes.wires["Walk"]
    code = strung.runtime + b"\x7f"
    stubs = frozenset(one for one in strung.outcomes() if strung.has_stub(one))
    assert stubs
    evm = pyrevm.EVM(gas_limit=2**62, spec_id="CANCUN")
    at = "0x" + "77" * 20
    call = keccak(b"walk(uint256)")[:4] + (3).to_bytes(32)
    for one in (code, strung.strung(code, stubs, stubs)):
        evm.insert_account_info(at, pyrevm.AccountInfo(code=one))
        assert int.from_bytes(evm.message_call(DEPLOYER, at, call, gas=PLENTY)) == 3


def test_jumpi_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="no PUSH2 before the JUMPI at 4"):
        wires_of(bytes.fromhex("5f60045b57"), (4,))


@pytest.mark.parametrize("other", [False, True], ids=["jumps", "falls"])
def test_way_onto_a_place_that_others_jump_to(other: bool) -> None:
    """Behind the JUMPI is a JUMPDEST, where a JUMP comes too: only who falls onto it fell."""
    code = _ways_to_one_place()
    place = code.index(bytes.fromhex("57"), 8)
    notes = Notes({"Hand": wires_of(code, (place,))})
    evm = WatchedEvm(notes, gas_limit=2**62, spec_id="CANCUN")
    at = "0x" + "77" * 20
    evm.insert_account_info(at, pyrevm.AccountInfo(code=code))
    evm.message_call(DEPLOYER, at, bytes(64), gas=PLENTY)
    assert notes.taken["Hand"] == set()
    word = int(other).to_bytes(32)
    evm.message_call(DEPLOYER, at, (1).to_bytes(32) + word, gas=PLENTY)
    expected: set[Outcome] = {(place, JUMPED if other else FELL)}
    assert notes.taken["Hand"] == expected


def _ways_to_one_place() -> bytes:
    start = "5f35 61000a 57" + "610012 56"  # no first word: straight to 18
    return bytes.fromhex(start + "5b 6020 35 610014 57" + "5b 00" + "5b 00")  # a second word: to 20, past 18


def test_stories_are_told_as_without_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = run(Options(seed=3, steps=60, length=60))
    notes = Notes({"PerpEngine": wires("PerpEngine"), "OrderbookV2": wires("OrderbookV2")})
    monkeypatch.setattr(pyrevm, "EVM", pyrevm.EVM)
    notes.watch()
    looked_at = run(Options(seed=3, steps=60, length=60))
    assert (looked_at.outcomes, looked_at.calls) == (plain.outcomes, plain.calls)
    assert all(len(taken) > 100 for taken in notes.taken.values())
