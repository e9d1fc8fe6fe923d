"""Each rule of the trap lint: a source it must find, and the adjacent one it must not."""

from pathlib import Path

import pytest

from walras.devtools import traps

HEADER = "# pragma version 0.4.3\n# pragma nonreentrancy on\n"

STATE = """
x: uint256
y: uint256
xs: DynArray[uint256, 4]
m: HashMap[uint256, uint256]

interface Token:
    def transfer(to: address, amount: uint256) -> bool: nonpayable
    def balance() -> uint256: view

@internal
def _bump() -> uint256:
    self.x += 1
    return self.x

@internal
def _bump_deep() -> uint256:
    return self._bump()

@internal
def _other() -> uint256:
    self.y += 1
    return self.y

@internal
def _pay(token: Token) -> bool:
    return extcall token.transfer(msg.sender, 1)

@internal
@view
def _peek() -> uint256:
    return self.x

@internal
def _push() -> uint256:
    self.xs.append(1)
    return 1

"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An empty project to write sources into."""
    for folder in ("contracts/modules", "interfaces", "tests/contracts"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def rules_of(tree: Path, source: str, name: str = "contracts/Subject.vy") -> list[str]:
    """Codes of the findings in a source, in order of lines."""
    path = tree / name
    path.write_text(source)
    return [finding.rule for finding in traps.lint(path, tree)]


def function(*body: str, decorators: str = "@external\n@payable", signature: str = "f(token: Token)") -> str:
    """A contract with the state above and one function of the given lines."""
    lines = "\n".join(f"    {line}" for line in body)
    return f"{HEADER}{STATE}{decorators}\ndef {signature}:\n{lines}\n"


FOUND = {
    "or of msg.value in a branch": ("TRAP01", ["a: uint256 = (msg.value | 2) if self.y == 0 else 3"]),
    "or of len(msg.data) in the else": ("TRAP01", ["a: uint256 = 3 if self.y == 0 else len(msg.data) | 2"]),
    "or in the test of an inner ternary": (
        "TRAP01",
        ["a: uint256 = (1 if (self.y | 2) == 3 else 4) if self.y == 0 else 5"],
    ),
    "ternary over nested arrays": (
        "TRAP02",
        [
            "a: DynArray[DynArray[uint256, 3], 2] = []",
            "b: DynArray[DynArray[uint256, 3], 2] = a if self.y == 0 else [[1, 2]]",
        ],
    ),
    "ternary over byte strings in an array": (
        "TRAP02",
        ["a: DynArray[Bytes[3], 2] = []", "b: DynArray[Bytes[3], 2] = a if self.y == 0 else [b'c']"],
    ),
    "code_offset computed": (
        "TRAP04",
        ["a: address = create_from_blueprint(msg.sender, code_offset=self.y)"],
    ),
    "lost update": ("TRAP05", ["self.x += self._bump()"]),
    "lost update through a chain": ("TRAP05", ["self.x -= 1 + self._bump_deep()"]),
    "lost update of an element": ("TRAP05", ["self.xs[0] += self._push()"]),
    "append of a call that appends": ("TRAP05", ["self.xs.append(self._push())"]),
    "two internal effects": ("TRAP06", ["a: uint256 = self._bump() + self._other()"]),
    "two effects through a chain": ("TRAP06", ["a: uint256 = self._bump_deep() + self._other()"]),
    "effect as an argument of an effect": (
        "TRAP06",
        ["a: bool = extcall token.transfer(msg.sender, self._bump())"],
    ),
    "external call in an internal one": ("TRAP06", ["assert self._pay(token) and self._pay(token)"]),
    "effects in the condition": ("TRAP06", ["if self._bump() < self._other():", "    self.y = 1"]),
    "effects in an index and a value": ("TRAP06", ["self.m[self._bump()] = self._other()"]),
    "two pops": ("TRAP06", ["a: uint256 = self.xs.pop() - self.xs.pop()"]),
    "raw_call and send": (
        "TRAP06",
        ["a: uint256 = len(raw_call(msg.sender, b'', max_outsize=32)) + self._bump()"],
    ),
    "read left of the writer": ("TRAP10", ["a: uint256 = self.x + self._bump()"]),
    "read of a view beside the writer": ("TRAP10", ["a: uint256 = self._peek() + self._bump()"]),
    "index read beside the writer": ("TRAP10", ["self.m[self.x] = self._bump()"]),
}

NOT_FOUND = {
    "or outside a ternary": ["a: uint256 = msg.value | 2", "b: uint256 = a if self.y == 0 else 3"],
    "or in the test of a ternary": ["a: uint256 = 1 if (msg.value | 2) == 3 else 4"],
    "and in a branch": ["a: uint256 = (msg.value & 2) if self.y == 0 else 3"],
    "ternary over flat arrays": ["a: uint256[2] = [1, 2] if self.y == 0 else [3, 4]"],
    "ternary over byte strings": ["a: Bytes[3] = b'a' if self.y == 0 else b'b'"],
    "code_offset literal": ["a: address = create_from_blueprint(msg.sender, code_offset=3)"],
    "code_offset default": ["a: address = create_from_blueprint(msg.sender)"],
    "update from a call that writes another": ["self.x += self._other()"],
    "update from a variable": ["a: uint256 = self._bump()", "self.x += a"],
    "assignment of a call that writes it": ["self.x = self._bump()"],
    "update of an element of another map": ["self.m[1] += self._bump()"],
    "append of a call that writes another": ["self.xs.append(self._bump())"],
    "one effect and a static call": ["a: uint256 = self._other() + staticcall token.balance()"],
    "one effect and a view": ["a: uint256 = self._other() + self._peek()"],
    "effects in either branch of a ternary": [
        "a: uint256 = self._bump() if msg.value == 0 else self._other()"
    ],
    "effects in the block, one in the condition": ["if self._bump() == 1:", "    self._other()"],
    "a static raw_call": [
        "a: uint256 = len(raw_call(self, b'', max_outsize=32, is_static_call=True)) + self._bump()"
    ],
    "read as an argument of the writer": ["a: uint256 = self._add(self.x)"],
    "read before the writer by `and`": ["assert self.x == 0 and self._bump() == 1"],
    "read of another variable": ["a: uint256 = self.y + self._bump()"],
    "read of memory": ["a: uint256 = 1", "b: uint256 = a + self._bump()"],
}

ADD = "\n@internal\ndef _add(a: uint256) -> uint256:\n    self.x += a\n    return self.x\n"


@pytest.mark.parametrize(("rule", "body"), FOUND.values(), ids=FOUND)
def test_trap_is_found(tree: Path, rule: str, body: list[str]) -> None:
    assert rule in rules_of(tree, function(*body))


@pytest.mark.parametrize("body", NOT_FOUND.values(), ids=NOT_FOUND)
def test_sound_code_is_not_found(tree: Path, body: list[str]) -> None:
    assert rules_of(tree, function(*body) + ADD) == []


MODULE = HEADER + "x: uint256\n\n@internal\ndef bump() -> uint256:\n    self.x += 1\n    return self.x\n"
USER = (
    HEADER
    + "from contracts.modules import thing\n\ninitializes: thing\ny: uint256\n\n@external\ndef f():\n    {}\n"
)


@pytest.mark.parametrize(
    ("statement", "rules"),
    [
        ("thing.x += thing.bump()", ["TRAP05"]),
        ("self.y += thing.bump()", []),
        ("self.y = thing.x + thing.bump()", ["TRAP10"]),
        ("self.y = thing.bump() + thing.bump()", ["TRAP06"]),
    ],
)
def test_calls_are_followed_into_modules(tree: Path, statement: str, rules: list[str]) -> None:
    (tree / "contracts/modules/thing.vy").write_text(MODULE)
    assert rules_of(tree, USER.format(statement)) == rules


def test_constant_code_offset_is_not_found(tree: Path) -> None:
    source = HEADER + (
        "OFFSET: constant(uint256) = 1 + 2\n\n@external\ndef f():\n"
        "    a: address = create_from_blueprint(msg.sender, code_offset=OFFSET)\n"
    )
    assert rules_of(tree, source) == []


@pytest.mark.parametrize(
    "byte", [b"\xc3\xa9", b"\t", b"\r", b"\x0c", b"\x0b", b"\xc2\x85", b"\xe2\x80\xa8", b"\x00"]
)
@pytest.mark.parametrize("name", ["contracts/Subject.vy", "interfaces/ISubject.vyi"])
def test_byte_is_found(tree: Path, byte: bytes, name: str) -> None:
    path = tree / name
    path.write_bytes(HEADER.encode() + b"# a" + byte + b"b\n")
    found = traps.lint(path, tree)
    assert [(finding.rule, finding.line) for finding in found] == [("TRAP03", 3)]


def test_interface_is_held_to_bytes_and_version_only(tree: Path) -> None:
    assert rules_of(tree, "# pragma version 0.4.3\n", "interfaces/ISubject.vyi") == []
    assert rules_of(tree, "\n", "interfaces/ISubject.vyi") == ["TRAP08"]


@pytest.mark.parametrize(
    "pragma", ["# pragma experimental-codegen", "# pragma optimize codesize", "# pragma optimize none"]
)
def test_untested_code_generation_is_found(tree: Path, pragma: str) -> None:
    assert rules_of(tree, f"{HEADER}{pragma}\n") == ["TRAP07"]


def test_gas_optimiser_is_not_found(tree: Path) -> None:
    assert rules_of(tree, f"{HEADER}# pragma optimize gas\n") == []


@pytest.mark.parametrize(
    "pragma", ["", "# pragma version ^0.4.0", "# pragma version 0.4.2", '"""# pragma version 0.4.3"""']
)
def test_version_not_pinned_is_found(tree: Path, pragma: str) -> None:
    assert rules_of(tree, f"# pragma nonreentrancy on\n{pragma}\n") == ["TRAP08"]


EXTERNAL = "\n@external\ndef f():\n    pass\n"
INTERNAL = "\n@internal\ndef f():\n    pass\n"


@pytest.mark.parametrize(
    ("name", "pragma", "body", "rules"),
    [
        ("contracts/Subject.vy", "", "", ["TRAP09"]),
        ("contracts/Subject.vy", "# pragma nonreentrancy off", "", ["TRAP09"]),
        ("contracts/oracles/Subject.vy", "", "", ["TRAP09"]),
        ("contracts/modules/thing.vy", "", EXTERNAL, ["TRAP09"]),
        ("contracts/modules/thing.vy", "", INTERNAL, []),
        ("contracts/Subject.vy", "# pragma nonreentrancy on", EXTERNAL, []),
    ],
)
def test_nonreentrancy(tree: Path, name: str, pragma: str, body: str, rules: list[str]) -> None:
    (tree / "contracts/oracles").mkdir()
    assert rules_of(tree, f"# pragma version 0.4.3\n{pragma}\n{body}", name) == rules


def test_reason_silences(tree: Path) -> None:
    body = "a: uint256 = self._bump() + self._other()  # trap-ok: TRAP06 neither reads the other's state"
    assert rules_of(tree, function(body)) == []


def test_no_reason_does_not_silence(tree: Path) -> None:
    body = "a: uint256 = self._bump() + self._other()  # trap-ok: TRAP06"
    assert rules_of(tree, function(body)) == ["TRAP06"]


def test_reason_for_another_rule_does_not_silence(tree: Path) -> None:
    body = "a: uint256 = self._bump() + self._other()  # trap-ok: TRAP05 neither reads the other's state"
    assert sorted(rules_of(tree, function(body))) == ["TRAP00", "TRAP06"]


def test_comment_that_silences_nothing_is_found(tree: Path) -> None:
    assert rules_of(tree, function("self.y = 1  # trap-ok: TRAP06 it was once")) == ["TRAP00"]


def test_source_that_does_not_compile_is_found(tree: Path) -> None:
    assert rules_of(tree, function("self.nothing = 1")) == ["TRAP00"]


def test_main_lists_findings_with_their_place(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "contracts/Subject.vy").write_text(function("self.x += self._bump()"))
    (tree / "interfaces/ISubject.vyi").write_text("# pragma version 0.4.3\n")
    assert traps.main([], tree) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(
        "contracts/Subject.vy:44: TRAP05 `self.x` is read before `self._bump` writes it"
    )
    assert lines[-1] == "traps: 2 files, 1 findings"


def test_main_is_content_without_findings(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "contracts/Subject.vy").write_text(function("self.x = self._bump()"))
    assert traps.main([str(tree / "contracts")], tree) == 0
    assert capsys.readouterr().out == "traps: 1 files, 0 findings\n"


def test_main_refuses_what_is_not_a_source(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        traps.main([str(tree / "nothing.vy")], tree)
    assert "not a Vyper source nor a folder" in capsys.readouterr().err
