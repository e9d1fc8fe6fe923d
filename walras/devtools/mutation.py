"""Mutants of a Vyper source: each one edit, taken from the compiler's syntax tree.

Operators:

    arith     + and -, * and //, % and *, ** and *, << and >>, | and & for one another, unary minus dropped
    round     a function that rounds up for its twin that rounds down, and back; x // y one higher
    compare   < <= > >= == != in for their neighbours and opposites
    bool      `and` for `or` and back, `not` dropped, True for False and back
    const     a number one higher, one lower, 0
    shift     the bits of a shift one more, one less
    minmax    min for max and back
    remove    a statement left out: assignments, calls, logs, asserts, raise, break, continue
    cond      the test of an if, a ternary or an assert is always true, is never
    args      two neighbouring arguments of one type change places, in calls of internal functions

Annotations, bounds of loops, structs and interfaces are left alone.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vyper import ast as vy_ast
from vyper.semantics.types.function import ContractFunctionT

from walras.devtools.compiler import PROJECT_ROOT, compiler_data

_ARITHMETIC: Final = {
    "+": "-",
    "-": "+",
    "*": "//",
    "//": "*",
    "%": "*",
    "**": "*",
    "<<": ">>",
    ">>": "<<",
    "|": "&",
    "&": "|",
    "^": "&",
}
_COMPARISONS: Final = {
    "<": ("<=", ">"),
    "<=": ("<", ">"),
    ">": (">=", "<"),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
    "in": ("not in",),
    "not in": ("in",),
}
_TWINS: Final = (("_up", "_down"), ("_down", "_up"))
_EXTREMES: Final = {"min": "max", "max": "min"}
_LEFT_OUT: Final = (
    vy_ast.Assign,
    vy_ast.AugAssign,
    vy_ast.Expr,
    vy_ast.Log,
    vy_ast.Assert,
    vy_ast.Raise,
    vy_ast.Break,
    vy_ast.Continue,
)
_LEAVES: Final = (vy_ast.Name, vy_ast.Int, vy_ast.Hex, vy_ast.NameConstant, vy_ast.Str)
_LEAF: Final = re.compile(r"""\w+|"[^"\n]*"|'[^'\n]*'|-\s*\d\w*""")
_COMMENT: Final = re.compile(r"#[^\n]*")
_DEFINITION: Final = re.compile(r"^def (\w+)\(", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One edit of one source."""

    path: str
    """Relative to the project."""
    line: int
    """Where the edit begins, counted from 1, as the column."""
    column: int
    operator: str
    number: int
    """Among those of the same place and operator, from 0."""
    start: int
    """Of the text that is replaced, in characters of the file."""
    old: str
    new: str

    @property
    def place(self) -> str:
        """`line:column:operator:number`; unique in the file."""
        return f"{self.line}:{self.column}:{self.operator}:{self.number}"

    @property
    def id(self) -> str:
        """`path:line:column:operator:number`; the same for the same text of the file."""
        return f"{self.path}:{self.place}"

    @property
    def edit(self) -> str:
        """What was and what is, on one line."""
        return f"{_flat(self.old)} -> {_flat(self.new) or '(nothing)'}"

    def apply(self, text: str) -> str:
        """The file with the edit in it. Raises ValueError where the text is another."""
        end = self.start + len(self.old)
        if text[self.start : end] != self.old:
            raise ValueError(f"{self.id}: the source is not the one that the mutant was made from")
        return text[: self.start] + self.new + text[end:]


def mutants_of(path: str, root: Path = PROJECT_ROOT) -> list[Mutant]:
    """All mutants of a source, by place. Raises what the compiler does where it does not compile."""
    text = (root / path).read_text()
    module = compiler_data(root / path, root).annotated_vyper_module
    finder = _Finder(text, _functions(root))
    for node in module.get_children((vy_ast.FunctionDef, vy_ast.VariableDecl)):
        finder.visit(node)
    starts = _line_starts(text)
    counts: Counter[tuple[int, str]] = Counter()
    found = []
    for start, end, operator, new in sorted(finder.edits):
        line = max(number for number, begin in enumerate(starts) if begin <= start)
        number = counts[(start, operator)]
        counts[(start, operator)] += 1
        column = start - starts[line] + 1
        found.append(Mutant(path, line + 1, column, operator, number, start, text[start:end], new))
    return found


def _functions(root: Path) -> frozenset[str]:
    """Names of all functions of the contracts."""
    paths = (root / "contracts").rglob("*.vy")
    return frozenset(name for path in paths for name in _DEFINITION.findall(path.read_text()))


class _Finder:
    """Walks a function or a constant, and notes edits as (start, end, operator, new text)."""

    def __init__(self, text: str, functions: frozenset[str]) -> None:
        self._text = text
        self._starts = _line_starts(text)
        self._functions = functions
        self.edits: set[tuple[int, int, str, str]] = set()

    def visit(self, node: vy_ast.VyperNode) -> None:
        """Note the edits in a node and below it."""
        if isinstance(node, vy_ast.FunctionDef):
            for statement in node.body:
                self.visit(statement)
            return
        self._mutate(node)
        for child in self._children(node):
            self.visit(child)

    def _children(self, node: vy_ast.VyperNode) -> Iterator[vy_ast.VyperNode]:
        annotation = node.get("annotation")
        for child in node.get_children():
            is_bound = isinstance(child, vy_ast.keyword) and child.arg == "bound"
            if child is not annotation and not is_bound:
                yield child

    def _mutate(self, node: vy_ast.VyperNode) -> None:
        if isinstance(node, _LEFT_OUT):
            self._replace(node, "remove", "pass")
        match node:
            case vy_ast.BinOp():
                self._arithmetic(node, node.left, node.right)
                if isinstance(node.op, vy_ast.FloorDiv):
                    self._replace(node, "round", f"({self._source(node)} + 1)")
                if isinstance(node.op, vy_ast.LShift | vy_ast.RShift):
                    self._shift(node.right)
            case vy_ast.AugAssign():
                self._arithmetic(node, node.target, node.value)
            case vy_ast.UnaryOp():
                self._drop_sign(node)
            case vy_ast.Compare():
                self._between(node.left, node.right, "compare", _COMPARISONS)
            case vy_ast.BoolOp():
                for left, right in zip(node.values, node.values[1:], strict=False):
                    self._between(left, right, "bool", {"and": ("or",), "or": ("and",)})
            case vy_ast.NameConstant() if node.value is not None:
                self._replace(node, "bool", str(not node.value))
            case vy_ast.Int():
                self._number(node)
            case vy_ast.Call():
                self._call(node)
            case vy_ast.If() | vy_ast.IfExp() | vy_ast.Assert():
                self._replace(node.test, "cond", "True")
                self._replace(node.test, "cond", "False")

    def _arithmetic(self, node: Any, left: vy_ast.VyperNode, right: vy_ast.VyperNode) -> None:
        suffix = "=" if isinstance(node, vy_ast.AugAssign) else ""
        swaps = {old + suffix: (new + suffix,) for old, new in _ARITHMETIC.items()}
        self._between(left, right, "arith", swaps)

    def _between(
        self,
        left: vy_ast.VyperNode,
        right: vy_ast.VyperNode,
        operator: str,
        swaps: Mapping[str, tuple[str, ...]],
    ) -> None:
        """Replace the sign that stands between two nodes, among brackets, breaks and comments."""
        begin, end = self._span(left)[1], self._span(right)[0]
        gap = _COMMENT.sub(lambda found: " " * len(found[0]), self._text[begin:end])
        sign = gap.strip("() \\\n")
        if sign not in swaps:
            raise ValueError(f"line {left.end_lineno}: {sign!r} is no sign of the operator {operator}")
        start = begin + gap.index(sign)
        for new in swaps[sign]:
            self.edits.add((start, start + len(sign), operator, new))

    def _drop_sign(self, node: vy_ast.UnaryOp) -> None:
        if isinstance(node.op, vy_ast.Not | vy_ast.USub):
            operator = "bool" if isinstance(node.op, vy_ast.Not) else "arith"
            start, end = self._span(node)[0], self._span(node.operand)[0]
            sign = re.match(r"not\s*|-\s*", self._text[start:end])
            if sign is None:
                raise ValueError(f"line {node.lineno}: no sign stands before an operand")
            self.edits.add((start, start + len(sign[0]), operator, ""))

    def _shift(self, bits: vy_ast.VyperNode) -> None:
        source = self._source(bits)
        if isinstance(bits, vy_ast.Int):
            changed = [str(bits.value + 1), str(bits.value - 1)]
        else:
            changed = [f"({source} + 1)", f"({source} - 1)"]
        for new in changed:
            self._replace(bits, "shift", new)

    def _number(self, node: vy_ast.Int) -> None:
        above = node.get_ancestor()
        is_shift = isinstance(above, vy_ast.BinOp) and isinstance(above.op, vy_ast.LShift | vy_ast.RShift)
        if is_shift and above.right is node:
            return
        for value in {node.value + 1, node.value - 1, 0} - {node.value}:
            if value >= 0:
                self._replace(node, "const", str(value))

    def _call(self, node: vy_ast.Call) -> None:
        name = node.func.get("id")
        if name in _EXTREMES:
            self._replace(node.func, "minmax", _EXTREMES[name])
        if not isinstance(node.func, vy_ast.Attribute):
            return
        for old, new in _TWINS:
            if old in node.func.attr and (twin := node.func.attr.replace(old, new)) in self._functions:
                end = self._span(node.func)[1]
                self.edits.add((end - len(node.func.attr), end, "round", twin))
        info = node.func._expr_info
        called = info.typ if info is not None else None
        if isinstance(called, ContractFunctionT) and not called.from_interface and not called.is_external:
            for left, right in zip(node.args, node.args[1:], strict=False):
                self._swap(left, right)

    def _swap(self, left: vy_ast.VyperNode, right: vy_ast.VyperNode) -> None:
        if left._metadata["type"] == right._metadata["type"] and self._source(left) != self._source(right):
            (start, middle), (after, end) = self._span(left), self._span(right)
            new = self._source(right) + self._text[middle:after] + self._source(left)
            self.edits.add((start, end, "args", new))

    def _replace(self, node: vy_ast.VyperNode, operator: str, new: str) -> None:
        start, end = self._span(node)
        if self._text[start:end] != new:
            self.edits.add((start, end, operator, new))

    def _span(self, node: vy_ast.VyperNode) -> tuple[int, int]:
        """Where a node begins and ends in the text.

        Its end is built from what it ends with: the compiler misplaces ends where `log`, `extcall` or
        `staticcall` stands in the line. Raises ValueError where that does not come out.
        """
        start = self._starts[node.lineno - 1] + node.col_offset
        if isinstance(node, vy_ast.Attribute):
            end = self._text.index(node.attr, self._span(node.value)[1]) + len(node.attr)
        elif (leaf := _LEAF.match(self._text, start)) and isinstance(node, _LEAVES):
            end = leaf.end()
        else:
            inner = (vy_ast.nodes.ExprNode, vy_ast.keyword)
            ends = [self._span(child)[1] for child in node.get_children() if isinstance(child, inner)]
            end = max(ends, default=self._starts[node.end_lineno - 1] + node.end_col_offset)
            if isinstance(node, vy_ast.Call):
                end = max(end, self._text.index("(", self._span(node.func)[1]) + 1)
        while self._open(start, end) > 0:
            end += 1
        if self._open(start, end) < 0:
            raise ValueError(f"line {node.lineno}: the end of {self._text[start:end]!r} is not found")
        return start, end

    def _open(self, start: int, end: int) -> int:
        """Brackets that are opened in a stretch and not closed; negative where more are closed."""
        stretch = self._text[start:end]
        return sum(map(stretch.count, "([{")) - sum(map(stretch.count, ")]}"))

    def _source(self, node: vy_ast.VyperNode) -> str:
        start, end = self._span(node)
        return self._text[start:end]


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _flat(text: str) -> str:
    return " ".join(text.split())
