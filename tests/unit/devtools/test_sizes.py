"""The size table: what it counts and when it fails."""

from pathlib import Path

import pytest

from walras.devtools import compiler, sizes

PRAGMAS = "# pragma version 0.4.3\n# pragma nonreentrancy on\n"
IMMUTABLE = """
A: immutable(uint256)

@deploy
def __init__():
    A = 1

@external
def a() -> uint256:
    return A
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one small contract and a module."""
    monkeypatch.setattr(compiler, "_CACHE", tmp_path / "cache")
    (tmp_path / "contracts/modules").mkdir(parents=True)
    (tmp_path / "contracts/Small.vy").write_text(PRAGMAS + IMMUTABLE)
    (tmp_path / "contracts/modules/thing.vy").write_text(PRAGMAS)
    return tmp_path


def write_large(tree: Path) -> None:
    """Add a contract over the runtime limit."""
    functions = "".join(
        f"\n@external\ndef f{index}() -> String[1000]:\n    return '{'a' * 900}{index:03}'\n"
        for index in range(28)
    )
    (tree / "contracts/Large.vy").write_text(PRAGMAS + functions)


def test_small_contract_fits(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sizes.main(tree) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["contract", "Small", "sizes:"]
    assert lines[-1] == "sizes: all within 24,576 runtime and blueprint, 49,152 initcode"


def test_large_contract_fails(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_large(tree)
    assert sizes.main(tree) == 1
    out = capsys.readouterr().out
    assert "TOO LARGE" in out
    assert (
        out.splitlines()[-1] == "sizes: over the limit (24,576 runtime and blueprint, 49,152 initcode): Large"
    )


def test_immutables_are_part_of_the_runtime(tree: Path) -> None:
    (size,) = sizes.measure(tree)
    artifact = compiler.compile_contract("Small", tree)
    assert size == sizes.Size("Small", len(artifact.runtime) + 32, len(artifact.creation))


@pytest.mark.parametrize(
    ("runtime", "initcode", "fits"),
    [(24_576, 49_152, True), (24_577, 24_600, False), (24_576, 49_153, False)],
)
def test_limits(runtime: int, initcode: int, fits: bool) -> None:
    assert sizes.Size("Any", runtime, initcode).fits is fits


@pytest.mark.parametrize(("initcode", "fits"), [(24_573, True), (24_574, False)])
def test_a_blueprint_is_deployed_code(initcode: int, fits: bool) -> None:
    assert sizes.Size("OrderbookV2", 24_000, initcode).fits is fits


def test_no_contract_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sizes.main(tmp_path) == 0
    assert capsys.readouterr().out == "sizes: no deployable in contracts/ yet\n"
