"""Every JUMPI of a contract's runtime code: the source line that it comes from, and what each way means."""

import dataclasses
import json
import os
import re
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from vyper import ast as vy_ast
from vyper.ir.compile_ir import assembly_to_evm
from vyper.warnings import ContractSizeLimit

from walras.devtools.compiler import PROJECT_ROOT, compiler_data, find_contract, fingerprint

_CACHE: Final = PROJECT_ROOT / ".cache" / "branches"
_FORMAT: Final = 1  # of a kept file; raised when Branch changes

JUMPED: Final = 1
FELL: Final = 2
_TERMINATORS: Final = {0x00, 0x56, 0xF3, 0xFD, 0xFE}
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
    """The node's source, its first line."""
    check: str
    """What the compiler calls its own check (safeadd, bounds); empty for branches that are not one."""
    ways: tuple[str, str]
    """What it is to jump, and to fall through: reverts, true or false."""

    def way(self, bit: int) -> str:
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
def branches(name: str) -> tuple[bytes, tuple[Branch, ...]]:
    """A contract's runtime code, without immutables, and its JUMPIs in their order; kept in .cache."""
    kept = _CACHE / f"{name}-{fingerprint(find_contract(name), PROJECT_ROOT)}-{_FORMAT}.json"
    if not kept.is_file():
        code, found = _mapped(name)
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps([code.hex(), [dataclasses.astuple(one) for one in found]]))
        part.replace(kept)
    text, rows = json.loads(kept.read_text())
    return bytes.fromhex(text), tuple(Branch(*row[:-1], ways=tuple(row[-1])) for row in rows)


def _mapped(name: str) -> tuple[bytes, list[Branch]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ContractSizeLimit)
        assembly = compiler_data(find_contract(name)).assembly_runtime
        code, maps = assembly_to_evm(assembly)
    listed = opcodes(code)
    count = sum(1 for item in assembly if isinstance(item, str) and item == "JUMPI")
    nodes, errors = maps["pc_raw_ast_map"], maps["error_map"]
    found: list[Branch] = []
    node: Any = None
    for number, (at, op) in enumerate(listed):
        node = nodes.get(at, node)
        if op != 0x57 or len(found) == count:  # tables of selectors stand behind the code
            continue
        found.append(_branch(name, code, listed, number, node, str(errors.get(at) or "")))
    if len(found) != count:
        raise ValueError(f"{name}: {count} JUMPIs in the assembly, {len(found)} in its bytes")
    return code, found


def _branch(
    name: str, code: bytes, listed: list[tuple[int, int]], number: int, node: Any, check: str
) -> Branch:
    at = listed[number][0]
    pushed = listed[number - 1][0]
    target = int.from_bytes(code[pushed + 1 : at])
    negated = listed[number - 2][1] == 0x15
    jumped = "reverts" if _reverts(code, target) else ("false" if negated else "true")
    fell = "reverts" if _reverts(code, at + 1) else ("true" if negated else "false")
    if node is None:
        return Branch(name, at, "dispatch", "", "selector", check, (jumped, fell))
    module = node if isinstance(node, vy_ast.Module) else node.get_ancestor(vy_ast.Module)
    text = re.sub(r"\s+", " ", str(node.node_source_code).strip().split("\n")[0])
    kind = type(node).__name__
    source = f"{_short(module.resolved_path)}:{node.lineno}"
    return Branch(name, at, source, kind, text[:90], check, (jumped, fell))


def _reverts(code: bytes, at: int) -> bool:
    """Whether the straight line that begins here ends in a revert."""
    while at < len(code):
        op = code[at]
        if op in _TERMINATORS:
            return op in (0xFD, 0xFE)
        if op == 0x57:
            return False
        at += 1 + (op - 0x5F if 0x5F <= op <= 0x7F else 0)
    return False


def is_written(branch: Branch) -> bool:
    """Whether the source itself branches there, rather than the compiler for a check of its own."""
    return branch.node in _WRITTEN and branch.check in ("", "user revert with reason", "user assert")


def _short(path: str) -> str:
    full = Path(path)
    if full.is_relative_to(PROJECT_ROOT):
        return full.relative_to(PROJECT_ROOT).as_posix()
    parts = full.parts
    return "/".join(parts[parts.index("site-packages") + 1 :]) if "site-packages" in parts else full.name
