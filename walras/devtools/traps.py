"""Lint for what Vyper 0.4.3 compiles into something else than it seems to say.

Usage: python -m walras.devtools.traps [paths...]

A file or a folder per path; by default every .vy and .vyi in contracts/, interfaces/ and tests/contracts/.
The rules read the compiler's own analysed syntax tree, so calls are followed through internal functions
and through imported modules, and types are the compiler's. A finding is silenced by a comment on its line,
`# trap-ok: TRAP06 why it is safe here`; the reason is required, and a comment that silences nothing is
itself a finding. Findings about a whole file stand on line 1.

Limits: an external call is taken to write none of this contract's storage (the nonreentrancy pragma is what
makes that true), events do not count as side effects, and memory that one call shares with another is not
followed.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vyper import ast as vy_ast
from vyper.compiler.phases import CompilerData
from vyper.compiler.settings import OptimizationLevel
from vyper.exceptions import VersionException, VyperException
from vyper.semantics.analysis.base import VarAccess
from vyper.semantics.types import DArrayT, SArrayT, StructT, TupleT
from vyper.semantics.types.bytestrings import _BytestringT
from vyper.semantics.types.function import ContractFunctionT, MemberFunctionT

from walras.devtools.compiler import PROJECT_ROOT, compiler_data, is_deployable, sources

VERSION: Final = "0.4.3"

RULES: Final = {
    "TRAP00": "the file can be analysed and its trap-ok comments are in use",
    "TRAP01": "no `|` inside a branch of a ternary (CVE-2026-114117)",
    "TRAP02": "no ternary over nested arrays (CVE-2026-114115)",
    "TRAP03": "only printable ASCII and line feeds (CVE-2026-114114, -114116)",
    "TRAP04": "code_offset of create_from_blueprint is a constant (CVE-2026-114118)",
    "TRAP05": "no `x += f()`, nor `x.append(f())`, where f writes x",
    "TRAP06": "one call with side effects in a statement",
    "TRAP07": "no Venom, no optimiser other than gas",
    "TRAP08": f"`# pragma version {VERSION}`",
    "TRAP09": "`# pragma nonreentrancy on` where a contract can be entered",
    "TRAP10": "no read of x beside a call that writes x",
}

_ALLOW: Final = re.compile(r"#\s*trap-ok:\s*(TRAP\d\d)\s+(\S.*)")
_PLACE: Final = re.compile(r'(?<=contract ")[^"]+:\d+')  # in the text of a VyperException
_LINE_FEED: Final = 0x0A
_PRINTABLE: Final = range(0x20, 0x7F)
_EFFECTFUL_BUILTINS: Final = frozenset(
    {
        "create_copy_of",
        "create_from_blueprint",
        "create_minimal_proxy_to",
        "raw_call",
        "raw_create",
        "selfdestruct",
        "send",
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One trap in one place."""

    path: Path
    line: int
    """Counted from 1."""
    rule: str
    """A key of RULES."""
    message: str
    """What is wrong and what to write instead."""

    def render(self, root: Path) -> str:
        """`path:line: rule message`, the path relative to `root` where it is inside."""
        path = self.path.relative_to(root) if self.path.is_relative_to(root) else self.path
        return f"{path}:{self.line}: {self.rule} {self.message}"


def lint(path: Path, root: Path = PROJECT_ROOT) -> list[Finding]:
    """All findings in one .vy or .vyi, in order of lines, without those its comments silence.

    `root` is where the file's imports are resolved. A file that does not compile gives TRAP00.
    """
    content = path.read_bytes()
    found = [*_bytes(path, content)]
    if not found:  # the compiler's line numbers cannot be relied on otherwise
        found = list(_analysed(path, root))
    return _unsilenced(path, content.decode("utf-8", "replace").split("\n"), found)


def main(arguments: list[str] | None = None, root: Path = PROJECT_ROOT) -> int:
    """Lint the paths, print findings and a summary line; 1 when there are findings, else 0."""
    parser = argparse.ArgumentParser(description="Lint Vyper sources for traps of the compiler.")
    parser.add_argument("paths", nargs="*", type=Path, help="files or folders; default: all of the project")
    paths = parser.parse_args(arguments).paths
    files = list(_expand(parser, paths)) if paths else sources(root)
    found = [finding for path in files for finding in lint(path.resolve(), root)]
    for finding in found:
        print(finding.render(root))
    print(f"traps: {len(files)} files, {len(found)} findings")
    return 1 if found else 0


def _expand(parser: argparse.ArgumentParser, paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix in {".vy", ".vyi"})
        elif path.suffix in {".vy", ".vyi"} and path.is_file():
            yield path
        else:
            parser.error(f"not a Vyper source nor a folder: {path}")


def _unsilenced(path: Path, lines: list[str], found: Iterable[Finding]) -> list[Finding]:
    allowed = {
        (number, match[1])
        for number, line in enumerate(lines, 1)
        if (match := _ALLOW.search(line)) is not None
    }
    found = set(found)
    used = {(finding.line, finding.rule) for finding in found} & allowed
    kept = [finding for finding in found if (finding.line, finding.rule) not in used]
    stale = [
        Finding(path, line, "TRAP00", f"trap-ok for {rule} silences nothing: remove it")
        for line, rule in allowed - used
    ]
    return sorted(kept + stale)


# Rules on the file


def _bytes(path: Path, content: bytes) -> Iterator[Finding]:
    for number, line in enumerate(content.split(bytes([_LINE_FEED])), 1):
        bad = next((byte for byte in line if byte not in _PRINTABLE), None)
        if bad is not None:
            message = f"byte 0x{bad:02x}: only printable ASCII and line feeds, tabs and accents included"
            yield Finding(path, number, "TRAP03", message)


def _analysed(path: Path, root: Path) -> Iterator[Finding]:
    data = compiler_data(path, root)
    try:
        yield from _pragmas(path, root, data)
        if path.suffix == ".vy":
            for node in data.annotated_vyper_module.get_children(vy_ast.FunctionDef):
                yield from _function(path, node)
    except VersionException:
        yield Finding(
            path, 1, "TRAP08", f"another compiler version is asked for: write `{_version_pragma()}`"
        )
    except VyperException as error:
        first, *rest = str(error).strip().split("\n")
        place = next((match[0] for line in rest if (match := _PLACE.search(line))), "place unknown")
        message = f"does not compile: {type(error).__name__}: {first} ({place})"
        yield Finding(path, 1, "TRAP00", message)


def _pragmas(path: Path, root: Path, data: CompilerData) -> Iterator[Finding]:
    module = data.vyper_module
    settings = module.settings
    if settings.compiler_version != VERSION:
        yield Finding(path, 1, "TRAP08", f"the compiler is not pinned: write `{_version_pragma()}`")
    if settings.experimental_codegen:
        yield Finding(path, 1, "TRAP07", "Venom has open crashes: remove the pragma for it")
    if settings.optimize not in {None, OptimizationLevel.GAS}:
        message = f"optimiser {settings.optimize}: only gas is tested, remove the pragma or write gas"
        yield Finding(path, 1, "TRAP07", message)
    if settings.nonreentrancy_by_default or path.suffix == ".vyi":
        return
    relative = path.relative_to(root) if path.is_relative_to(root) else path
    if is_deployable(relative) or any(_is_external(node) for node in module.get_children(vy_ast.FunctionDef)):
        message = "views and mutators can be entered while locked: write `# pragma nonreentrancy on`"
        yield Finding(path, 1, "TRAP09", message)


def _version_pragma() -> str:
    return f"# pragma version {VERSION}"


def _is_external(node: vy_ast.FunctionDef) -> bool:
    return any(decorator.get("id") == "external" for decorator in node.decorator_list)


# Rules on a function


def _function(path: Path, node: vy_ast.FunctionDef) -> Iterator[Finding]:
    for operation in node.get_descendants(vy_ast.BinOp):
        if isinstance(operation.op, vy_ast.BitOr) and _in_ternary_branch(operation):
            message = "`|` in a branch of a ternary may give 1: compute it in a variable, or use if/else"
            yield Finding(path, operation.lineno, "TRAP01", message)
    for ternary in node.get_descendants(vy_ast.IfExp):
        if _nests_arrays(ternary._metadata["type"]):
            message = "ternary over nested arrays mixes up their bounds: use if/else"
            yield Finding(path, ternary.lineno, "TRAP02", message)
    for call in node.get_descendants(vy_ast.Call, {"func.id": "create_from_blueprint"}):
        yield from _blueprint(path, call)
    for statement in node.get_descendants(vy_ast.Stmt):
        parts = _evaluated(statement)
        yield from _lost_update(path, statement, parts)
        yield from _several_effects(path, statement, parts)
        yield from _read_beside_write(path, statement, parts)


def _in_ternary_branch(node: vy_ast.VyperNode) -> bool:
    ternary = node.get_ancestor(vy_ast.IfExp)
    if ternary is None:
        return False
    return not _is_inside(node, ternary.test) or _in_ternary_branch(ternary)


def _nests_arrays(typ: Any) -> bool:
    """Whether values of the type hold an array, or a byte string, inside an array."""
    if isinstance(typ, (SArrayT, DArrayT)):
        return _holds_array(typ.value_type)
    return any(_nests_arrays(member) for member in _members(typ))


def _holds_array(typ: Any) -> bool:
    if isinstance(typ, (SArrayT, DArrayT, _BytestringT)):
        return True
    return any(_holds_array(member) for member in _members(typ))


def _members(typ: Any) -> list[Any]:
    if isinstance(typ, StructT):
        return list(typ.members.values())
    return list(typ.member_types) if isinstance(typ, TupleT) else []


def _blueprint(path: Path, call: vy_ast.Call) -> Iterator[Finding]:
    offsets = [keyword.value for keyword in call.keywords if keyword.arg == "code_offset"]
    if any(not isinstance(offset.reduced(), vy_ast.Int) for offset in offsets):
        message = "computed code_offset may deploy empty code: use a literal or a constant"
        yield Finding(path, call.lineno, "TRAP04", message)


def _lost_update(path: Path, statement: vy_ast.VyperNode, parts: list[vy_ast.VyperNode]) -> Iterator[Finding]:
    if isinstance(statement, vy_ast.AugAssign):
        targets = [statement.target]
    else:
        targets = [
            call.func.value
            for call in _calls(parts)
            if isinstance(_callee(call), MemberFunctionT) and _callee(call).is_modifying
        ]
    for target in targets:
        for call in _calls(parts):
            if call.func.get("value") is not target and _overlap(target._expr_info._writes, _writes(call)):
                message = (
                    f"`{_source(target)}` is read before `{_source(call.func)}` writes it, so that write is "
                    "lost: take the call's result into a variable first"
                )
                yield Finding(path, statement.lineno, "TRAP05", message)


def _several_effects(
    path: Path, statement: vy_ast.VyperNode, parts: list[vy_ast.VyperNode]
) -> Iterator[Finding]:
    if sum(map(_effects, parts)) > 1:
        names = ", ".join(f"`{_source(call.func)}`" for call in _calls(parts) if _has_effect(call))
        message = (
            f"operands are evaluated right to left, and {names} all have effects: one statement for each"
        )
        yield Finding(path, statement.lineno, "TRAP06", message)


def _read_beside_write(
    path: Path, statement: vy_ast.VyperNode, parts: list[vy_ast.VyperNode]
) -> Iterator[Finding]:
    written = _written_nodes(statement)
    reads = [
        node
        for part in parts
        for node in part.get_descendants(vy_ast.ExprNode, include_self=True)
        if not any(node is target for target in written)
        and not _names_effect(node)  # two effects are TRAP06
        and _state_reads(node)
    ]
    for call in _calls(parts):
        writes = _writes(call)
        if not writes:
            continue
        for node in reads:
            if _overlap(_state_reads(node), writes) and _unordered(node, call, statement):
                message = (
                    f"`{_source(node)}` reads what `{_source(call.func)}` writes in the same statement, and "
                    "operands are evaluated right to left: split the statement"
                )
                yield Finding(path, statement.lineno, "TRAP10", message)
                break


# Reading the analysed tree


def _evaluated(statement: vy_ast.VyperNode) -> list[vy_ast.VyperNode]:
    """The expressions that a statement evaluates itself, without the statements inside its blocks."""
    match statement:
        case vy_ast.If():
            return [statement.test]
        case vy_ast.For():
            return [statement.iter]
        case vy_ast.Assign() | vy_ast.AugAssign():
            return [statement.target, statement.value]
        case vy_ast.AnnAssign() | vy_ast.Expr() | vy_ast.Log() | vy_ast.Return():
            return [] if statement.value is None else [statement.value]
        case vy_ast.Assert():
            return [part for part in (statement.test, statement.msg) if part is not None]
        case vy_ast.Raise():
            return [] if statement.exc is None else [statement.exc]
        case _:
            return []


def _calls(parts: Iterable[vy_ast.VyperNode]) -> list[vy_ast.Call]:
    return [call for part in parts for call in part.get_descendants(vy_ast.Call, include_self=True)]


def _callee(call: vy_ast.Call) -> Any:
    """Type of what is called; None for a type constructor and for what the compiler folded away."""
    info = call.func._expr_info
    return None if info is None else info.typ


def _writes(call: vy_ast.Call) -> set[VarAccess]:
    """State that a call of an internal function writes, through all that it calls."""
    callee = _callee(call)
    if isinstance(callee, ContractFunctionT) and not callee.from_interface:
        return {access for access in callee.get_variable_writes() if access.variable.is_state_variable()}
    if isinstance(callee, MemberFunctionT) and callee.is_modifying:
        return set(call.func.value._expr_info._writes)
    return set()


def _state_reads(node: vy_ast.VyperNode) -> set[VarAccess]:
    """State that a node reads of itself: a variable, or the function that a call's `func` names."""
    info = node._expr_info
    if info is None:
        return set()
    if isinstance(info.typ, ContractFunctionT):
        called = node.get_ancestor()
        if info.typ.from_interface or not isinstance(called, vy_ast.Call) or called.func is not node:
            return set()
        accesses = info.typ.get_variable_reads()
    else:
        accesses = info._reads
    return {access for access in accesses if access.variable.is_state_variable()}


def _names_effect(node: vy_ast.VyperNode) -> bool:
    called = node.get_ancestor()
    return isinstance(called, vy_ast.Call) and called.func is node and _has_effect(called)


def _overlap(left: Iterable[VarAccess], right: Iterable[VarAccess]) -> bool:
    return any(one.contains(other) or other.contains(one) for one in left for other in right)


def _written_nodes(statement: vy_ast.VyperNode) -> list[vy_ast.VyperNode]:
    """The nodes which name what an assignment writes: `self.m[i].x`, `self.m[i]`, `self.m`, but not `i`."""
    if not isinstance(statement, vy_ast.Assign | vy_ast.AugAssign):
        return []
    target = statement.target
    roots = list(target.elements) if isinstance(target, vy_ast.Tuple) else [target]
    found = []
    for node in roots:
        current = node
        while isinstance(current, vy_ast.Attribute | vy_ast.Subscript):
            found.append(current)
            current = current.value
    return found


def _unordered(node: vy_ast.VyperNode, call: vy_ast.Call, statement: vy_ast.VyperNode) -> bool:
    """Whether the language leaves it open which of the two comes first.

    It does not inside one call (arguments first), nor across `and`, `or` and a ternary.
    """
    if _is_inside(node, call) or _is_inside(call, node):
        return False
    above = node.get_ancestor()
    while above is not statement:
        if _is_inside(call, above):
            is_own_function = isinstance(above, vy_ast.Call) and _is_inside(node, above.func)
            return not is_own_function and not isinstance(above, vy_ast.BoolOp | vy_ast.IfExp)
        above = above.get_ancestor()
    return True


def _is_inside(node: vy_ast.VyperNode, above: vy_ast.VyperNode) -> bool:
    while node is not None and node is not above:
        node = node.get_ancestor()
    return node is above


def _effects(node: vy_ast.VyperNode) -> int:
    """How many calls with side effects one evaluation of an expression makes at most."""
    if isinstance(node, vy_ast.IfExp):
        return _effects(node.test) + max(_effects(node.body), _effects(node.orelse))
    own = 1 if isinstance(node, vy_ast.Call) and _has_effect(node) else 0
    return own + sum(map(_effects, node.get_children()))


def _has_effect(call: vy_ast.Call) -> bool:
    """Whether a call writes state, calls or creates another contract, directly or through what it calls."""
    if _is_outside_effect(call):
        return True
    callee = _callee(call)
    if isinstance(callee, MemberFunctionT):
        return callee.is_modifying and callee.return_type is not None  # pop; append is a statement of its own
    if not isinstance(callee, ContractFunctionT) or callee.from_interface or callee.is_external:
        return False
    return bool(_writes(call)) or any(
        _is_outside_effect(inner)
        for function in (callee, *callee.reachable_internal_functions)
        for inner in function.ast_def.get_descendants(vy_ast.Call)
    )


def _is_outside_effect(call: vy_ast.Call) -> bool:
    if isinstance(call.get_ancestor(), vy_ast.ExtCall):
        return True
    if call.get("func.id") not in _EFFECTFUL_BUILTINS:
        return False
    static = [keyword.value.reduced() for keyword in call.keywords if keyword.arg == "is_static_call"]
    return not any(getattr(value, "value", False) for value in static)


def _source(node: vy_ast.VyperNode) -> str:
    return " ".join(str(node.node_source_code).split())


if __name__ == "__main__":
    sys.exit(main())
