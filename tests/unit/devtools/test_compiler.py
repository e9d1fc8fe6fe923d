"""The compiler module: what it finds, compiles and keeps."""

from pathlib import Path

import pytest
from eth_utils import function_signature_to_4byte_selector
from vyper.exceptions import VyperException

from walras.devtools import compiler

PRAGMAS = "# pragma version 0.4.3\n# pragma nonreentrancy on\n"
INTERFACE = """\
# pragma version 0.4.3

@external
def put(amount: uint256): ...
"""
MODULE = PRAGMAS + "amount: uint256\nSTEP: constant(uint256) = 1\n"
CONTRACT = (
    PRAGMAS
    + """
from interfaces import IBox
from contracts.modules import store

initializes: store
implements: IBox

LIMIT: immutable(uint256)

@deploy
def __init__(limit: uint256):
    LIMIT = limit

@external
def put(amount: uint256):
    assert amount < LIMIT
    store.amount = amount + store.STEP

@external
def a():
    pass
"""
)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one contract over a module and an interface, and a cache of its own."""
    root = tmp_path / "project"
    for name, text in {
        "interfaces/IBox.vyi": INTERFACE,
        "contracts/modules/store.vy": MODULE,
        "contracts/Box.vy": CONTRACT,
        "tests/contracts/Mock.vy": PRAGMAS,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.setattr(compiler, "_CACHE", tmp_path / "cache")
    return root


def test_artifact_is_complete(tree: Path) -> None:
    box = compiler.compile_contract("Box", tree)
    assert box.name == "Box"
    assert set(box.selectors) == {"put(uint256)", "a()"}
    assert {entry["type"] for entry in box.abi} == {"constructor", "function"}
    assert box.runtime in box.creation
    assert box.creation in box.blueprint
    assert box.layout["storage_layout"]["store"]["amount"]["type"] == "uint256"
    assert box.layout["code_layout"]["LIMIT"]["length"] == 32


@pytest.mark.parametrize("name", ["contracts/Box.vy", "tests/contracts/Mock.vy"])
def test_runtime_is_what_the_compiler_makes_of_it(tree: Path, name: str) -> None:
    whole = compiler.compiler_data(tree / name, tree)
    assert compiler.compile_contract(name, tree).runtime == whole.bytecode_runtime


def test_selectors_are_four_bytes(tree: Path) -> None:
    selectors = compiler.compile_contract("Box", tree).selectors
    assert selectors["a()"] == bytes.fromhex("0dbe671f")  # the compiler writes 0xdbe671f
    assert all(value == function_signature_to_4byte_selector(name) for name, value in selectors.items())


def test_name_and_path_are_the_same(tree: Path) -> None:
    assert compiler.compile_contract("Box", tree) == compiler.compile_contract("contracts/Box.vy", tree)


def test_second_compilation_is_taken_from_the_cache(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = compiler.compile_contract("Box", tree)
    monkeypatch.setattr(compiler, "_compile", lambda *_: pytest.fail("compiled again"))
    assert compiler.compile_contract("Box", tree) == first


@pytest.mark.parametrize("name", ["contracts/modules/store.vy", "contracts/Box.vy"])
def test_changed_source_is_compiled_anew(tree: Path, name: str) -> None:
    first = compiler.compile_contract("Box", tree)
    path = tree / name
    path.write_text(path.read_text().replace("= 1", "= 2").replace("amount <", "amount <="))
    assert compiler.compile_contract("Box", tree).runtime != first.runtime


def test_changed_copy_of_the_tree_has_its_own_imports(tree: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for path in compiler.sources(tree):
        target = copy / path.relative_to(tree)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path.read_text().replace("constant(uint256) = 1", "constant(uint256) = 7"))
    assert compiler.compile_contract("Box", copy).runtime != compiler.compile_contract("Box", tree).runtime


def test_cache_holds_whole_files_only(tree: Path, tmp_path: Path) -> None:
    compiler.compile_contract("Box", tree)
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".json"]


def test_source_that_does_not_compile_is_not_kept(tree: Path, tmp_path: Path) -> None:
    (tree / "contracts/Box.vy").write_text(PRAGMAS + "x: nothing\n")
    with pytest.raises(VyperException):
        compiler.compile_contract("Box", tree)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("name", ["Nothing", "contracts/Nothing.vy"])
def test_unknown_contract_is_refused(tree: Path, name: str) -> None:
    with pytest.raises(compiler.ContractNotFoundError, match="found: none"):
        compiler.compile_contract(name, tree)


def test_ambiguous_name_is_refused(tree: Path) -> None:
    (tree / "tests/contracts/Box.vy").write_text(PRAGMAS)
    with pytest.raises(compiler.ContractNotFoundError, match=r"contracts/Box\.vy, tests/contracts/Box\.vy"):
        compiler.compile_contract("Box", tree)


def test_deployables_are_neither_modules_nor_mocks(tree: Path) -> None:
    assert compiler.deployables(tree) == [tree / "contracts/Box.vy"]


def test_sources_are_all_of_the_tree(tree: Path) -> None:
    names = [path.name for path in compiler.sources(tree)]
    assert sorted(names) == ["Box.vy", "IBox.vyi", "Mock.vy", "store.vy"]
