"""Every JUMPI of a contract's runtime code: the source line that it comes from, and what each way means."""

import dataclasses
import json
import os
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from vyper import ast as vy_ast
from vyper.codegen.ir_node import IRnode
from vyper.ir import compile_ir, optimizer
from vyper.warnings import ContractSizeLimit

from walras.devtools.compiler import (
    PROJECT_ROOT,
    compile_contract,
    compiler_data,
    find_contract,
    fingerprint,
)

_CACHE: Final = PROJECT_ROOT / ".cache" / "branches"
_FORMAT: Final = 8  # of a kept file; raised when Branch changes

ROUNDS: Final = "rounds of a list"
"""Check before a loop over a list (to copy or encode it, or a `for`): its length is at most its bound."""

JUMPED: Final = 1
FELL: Final = 2
GT, ISZERO, JUMPI, PUSH2, DUP1, DUP2 = 0x11, 0x15, 0x57, 0x61, 0x80, 0x81
_TERMINATORS: Final = {0x00, 0x56, 0xF3, 0xFD, 0xFE}
_BLOCKS: Final = ("If", "For", "FunctionDef")
_OPERANDS: Final = ("Compare", "BoolOp", "UnaryOp")
"""The map has no place of its own for those of `and` and `or` but the first."""
_ARITHMETIC: Final = re.compile("safe|clamp|uint255 ")
_SWAPPED: Final = "swapped "
"""Before the message of an `if` whose two branches the compiler swapped."""
_WRITTEN: Final = ("If", "IfExp", "Assert", "BoolOp", "Compare", "For", "UnaryOp")


@dataclass(frozen=True, slots=True)
class Branch:
    """One JUMPI."""

    contract: str
    place: int
    """Byte of the runtime code."""
    source: str
    """`contracts/modules/token.vy:56`, or `dispatch` where no source stands behind it."""
    node: str
    """Kind of the syntax tree's node: If, For, Assert, BinOp..."""
    text: str
    """The node's source; `after ...` where the compiler's map has none, and this is the last one before."""
    check: str
    """What the compiler calls its own check (safeadd, bounds); empty for branches that are not one."""
    ways: tuple[str, str]
    """What it is to jump, and to fall through: reverts and passes, or false and true."""

    def meaning(self, bit: int) -> str:
        """The word for an outcome."""
        return self.ways[0 if bit == JUMPED else 1]


def opcodes(code: bytes) -> list[tuple[int, int]]:
    """Places and operations, constants of PUSH skipped."""
    at, found = 0, []
    while at < len(code):
        op = code[at]
        found.append((at, op))
        at += 1 + (op - 0x5F if 0x5F <= op <= 0x7F else 0)
    return found


@cache
def branches(name: str, root: Path = PROJECT_ROOT) -> tuple[bytes, tuple[Branch, ...]]:
    """A contract's runtime code, without immutables, and its JUMPIs in their order; kept in .cache."""
    kept = _CACHE / f"{name}-{fingerprint(find_contract(name, root), root)}-{_FORMAT}.json"
    if not kept.is_file():
        code, found = _mapped(name, root)
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps([code.hex(), [dataclasses.astuple(one) for one in found]]))
        part.replace(kept)
    text, rows = json.loads(kept.read_text())
    return bytes.fromhex(text), tuple(Branch(*(*row[:-1], tuple(row[-1]))) for row in rows)


def _mapped(name: str, root: Path) -> tuple[bytes, list[Branch]]:
    with warnings.catch_warnings(), _swaps_marked(), _inversions_marked():
        warnings.simplefilter("ignore", ContractSizeLimit)
        assembly = compiler_data(find_contract(name, root), root).assembly_runtime
        code, maps = compile_ir.assembly_to_evm(assembly)
    if code != compile_contract(name, root).runtime:
        raise ValueError(f"{name}: the map is of another code than the contract's")
    listed = opcodes(code)
    jumps = [
        (item, str(assembly[number - 1])) for number, item in enumerate(assembly) if str(item) == "JUMPI"
    ]
    nodes, errors = maps["pc_raw_ast_map"], maps["error_map"]
    found: list[Branch] = []
    node: Any = None
    operands: Counter[int] = Counter()
    for number, (at, op) in enumerate(listed):
        node = nodes.get(at, node)
        if op != JUMPI or len(found) == len(jumps):  # tables of selectors stand behind the code
            continue
        operands[id(node)] += 1
        item, label = jumps[len(found)]
        target = int.from_bytes(code[listed[number - 1][0] + 1 : at])
        message = str(item.error_msg or "")
        is_inverted = isinstance(item, _Inverted) != message.startswith(_SWAPPED)
        ways = _ways(node, is_inverted, label, _reverts(code, target), _reverts(code, at + 1))
        operand = operands[id(node)] if isinstance(node, vy_ast.BoolOp) else 0
        message = str(errors.get(at) or "").removeprefix(_SWAPPED)
        check = message if "reverts" in ways else ""  # the map names what is around, too
        check = check or (ROUNDS if _is_of_rounds(listed, number) else "")
        one = _branch(name, root, at, node, check, operand, ways)
        if at not in nodes and (one.node not in _OPERANDS or "reverts" in ways or "loop" in label):
            one = dataclasses.replace(one, node="", text=f"after {one.text}")
        found.append(one)
    if len(found) != len(jumps):
        raise ValueError(f"{name}: {len(jumps)} JUMPIs in the assembly, {len(found)} in its bytes")
    return code, found


class _Inverted(compile_ir.Instruction):  # type: ignore[misc]
    """A JUMPI that the optimizer made to jump where its condition holds; others do where not."""


@contextmanager
def _inversions_marked() -> Iterator[None]:
    """Within, the optimizer says which JUMPIs it turns round, and whose they are; it does the same."""

    def optimize(assembly: list[Any]) -> bool:
        changed, at = False, 0
        while at < len(assembly) - 6:
            near, jumpi, far, jump, label, landing = assembly[at : at + 6]
            symbols = compile_ir.is_symbol(near) and compile_ir.is_symbol(far)
            if symbols and (jumpi, jump, landing) == ("JUMPI", "JUMP", "JUMPDEST") and near == label:
                plain = isinstance(jumpi, _Inverted)
                kind = compile_ir.Instruction if plain else _Inverted
                turned = kind("JUMPI", getattr(jumpi, "ast_source", None), getattr(jumpi, "error_msg", None))
                assembly[at : at + 4] = ["ISZERO", far, turned]
                changed = True
            else:
                at += 1
        return changed

    before = compile_ir._optimize_inefficient_jumps
    compile_ir._optimize_inefficient_jumps = optimize
    try:
        yield
    finally:
        compile_ir._optimize_inefficient_jumps = before


def _is_of_rounds(listed: list[tuple[int, int]], number: int) -> bool:
    """Whether a JUMPI is what `repeat` begins with: rounds > bound, and next whether there are any."""
    before = [op for _, op in listed[number - 3 : number]]
    after = [op for _, op in listed[number + 1 : number + 5]]
    return before == [DUP2, GT, PUSH2] and after == [DUP1, ISZERO, PUSH2, JUMPI]


@contextmanager
def _swaps_marked() -> Iterator[None]:
    """Within, an `if` with an `else` says whether the optimizer negated its condition, its branches swapped.

    It does so with most; `and`, `or` and the operator are such, too.
    """

    class Nodes:
        negated: Any = None

        @classmethod
        def from_list(cls, parts: Any, **named: Any) -> Any:
            if parts[0] == "if" and len(parts) == 4:
                for part in parts[1:]:  # else they would take over the message
                    part.error_msg = part.error_msg or ""
                if parts[1] is cls.negated:
                    before = named["error_msg"] or ""
                    is_back = before.startswith(_SWAPPED)
                    named["error_msg"] = before.removeprefix(_SWAPPED) if is_back else _SWAPPED + before
            made = IRnode.from_list(parts, **named)
            if parts[0] == "iszero" and not named:
                cls.negated = made
            return made

    optimizer.IRnode = Nodes
    try:
        yield
    finally:
        optimizer.IRnode = IRnode


def _ways(
    node: Any, is_inverted: bool, label: str, jump_reverts: bool, fall_reverts: bool
) -> tuple[str, str]:
    """What it means to jump, and to fall: an `if` of the compiler jumps where its condition is false."""
    if jump_reverts or fall_reverts:
        return ("reverts" if jump_reverts else "passes"), ("reverts" if fall_reverts else "passes")
    if "loop_start" in label:
        return "goes on", "comes to its bound"
    if isinstance(node, vy_ast.For):
        return "has no pass", "has a pass"
    return ("true", "false") if is_inverted else ("false", "true")


def _branch(
    name: str, root: Path, at: int, node: Any, check: str, operand: int, ways: tuple[str, str]
) -> Branch:
    if node is None:
        return Branch(name, at, "dispatch", "", "selector", check, ways)
    module = node if isinstance(node, vy_ast.Module) else node.get_ancestor(vy_ast.Module)
    kind = type(node).__name__
    whole = str(node.node_source_code).strip()
    text = re.sub(r"\s+", " ", whole.split("\n")[0] if kind in _BLOCKS else whole)[:90]
    source = f"{_short(module.resolved_path, root)}:{node.lineno}"
    return Branch(name, at, source, kind, f"{text} (operand {operand})" if operand else text, check, ways)


def _reverts(code: bytes, at: int) -> bool:
    """Whether the straight line that begins here ends in a revert."""
    while at < len(code):
        op = code[at]
        if op in _TERMINATORS:
            return op in (0xFD, 0xFE)
        if op == JUMPI:
            return False
        at += 1 + (op - 0x5F if 0x5F <= op <= 0x7F else 0)
    return False


def is_written(branch: Branch) -> bool:
    """Whether the source itself branches there, rather than the compiler for a check of its own."""
    return branch.node in _WRITTEN and branch.check in ("", "user revert with reason", "user assert")


def is_of_data(branch: Branch) -> bool:
    """Whether it is a check that the compiler made, but not of arithmetic."""
    return "reverts" in branch.ways and not is_written(branch) and not _ARITHMETIC.match(branch.check)


def _short(path: str, root: Path) -> str:
    full = Path(path)
    if full.is_relative_to(root):
        return full.relative_to(root).as_posix()
    parts = full.parts
    return "/".join(parts[parts.index("site-packages") + 1 :]) if "site-packages" in parts else full.name
