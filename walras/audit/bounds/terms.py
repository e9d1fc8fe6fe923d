"""What a word of a run is made of: terms over what is not known, and what is known of them on a path.

A term stands for one word of one run: equal terms are equal words. `term` makes them, each once, and rewrites
by laws that hold for all words alone. `Facts` has what is known on a path: bounds of terms, pairs in order,
and conditions that held or failed. Whatever is not understood is not known.
"""

from typing import Any, Final

from walras.audit.bounds.intervals import (
    BOOL,
    OPERATIONS,
    TOP,
    WORD,
    Interval,
    hull,
    point,
    signed,
)

TRUTHS: Final = {"lt", "slt", "eq", "iszero", "carry"}
"""Operations that answer 0 or 1. `carry` is that of an addition; `gt` and `sgt` are turned round."""
_COMMUTE: Final = {
    *("add", "mul", "and", "or", "xor", "eq", "carry"),
    *("signed sum", "signed product", "unsigned product"),
}
_TURNED: Final = {"gt": "lt", "sgt": "slt"}


class Term:
    """An operation on terms, a constant, or an unknown word."""

    __slots__ = ("args", "free", "number", "op")

    def __init__(self, op: str, args: tuple[Any, ...], free: Interval, number: int) -> None:
        self.op = op
        self.args = args
        self.free = free
        """Bounds on every path."""
        self.number = number

    def __repr__(self) -> str:
        if self.op == "const":
            return hex(self.args[0]) if self.args[0] > 999 else str(self.args[0])
        return f"{self.op}({', '.join(map(repr, self.args))})"


class Terms:
    """All terms of one analysis."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Term] = {}
        self._count = 0

    def const(self, value: int) -> Term:
        """A number."""
        return self._made("const", (value % WORD,), point(value))

    def fresh(self, bounds: Interval = TOP) -> Term:
        """A word of which no more is known."""
        self._count += 1
        return Term("unknown", (self._count,), bounds, self._count)

    def find(self, op: str, *args: Term) -> Term | None:
        """One that was made."""
        return self._known.get((op, *self._ordered(op, args)))

    def make(self, op: str, *args: Term) -> Term:
        """The word that an operation makes; operands in the order in which the EVM takes them."""
        if op in _TURNED:
            return self.make(_TURNED[op], *args[::-1])
        args = self._ordered(op, args)
        found = self._known.get((op, *args))
        return found if found is not None else self._rewritten(op, args)

    def _ordered(self, op: str, args: tuple[Term, ...]) -> tuple[Term, ...]:
        if op in _COMMUTE and (args[0].op == "const", args[0].number) > (
            args[1].op == "const",
            args[1].number,
        ):
            return args[::-1]
        return args

    def _rewritten(self, op: str, args: tuple[Term, ...]) -> Term:
        other = self._simpler(op, args)
        if other is not None:
            self._known[(op, *args)] = other
            return other
        if op in TRUTHS:
            free = BOOL
        elif op == "select":
            free = hull(args[1].free, args[2].free)
        elif op in OPERATIONS:
            free = OPERATIONS[op](*(arg.free for arg in args))
        else:
            free = TOP
        if free[0] == free[1]:
            return self.const(free[0])
        return self._made(op, args, free)

    def _made(self, op: str, args: tuple[Any, ...], free: Interval) -> Term:
        key = (op, *args)
        found = self._known.get(key)
        if found is None:
            self._count += 1
            found = self._known[key] = Term(op, args, free, self._count)
        return found

    def _simpler(self, op: str, args: tuple[Term, ...]) -> Term | None:
        """An equal term."""
        if op in TRUTHS and all(arg.op == "const" for arg in args):
            return self.const(_truth(op, *(arg.args[0] for arg in args)))
        if op == "iszero":
            inner = args[0]
            if inner.op == "iszero" and inner.args[0].op in TRUTHS:
                return inner.args[0]  # type: ignore[no-any-return]
            if inner.op in ("xor", "sub"):
                return self.make("eq", *inner.args)
            return None
        if len(args) != 2:
            return None
        a, b = args
        if op == "lt":
            if b.op == "sub" and b.args[0] is a:  # a < a - y: it wrapped
                return self.make("lt", a, b.args[1])
            if a.op == "add" and b in a.args:
                return self.make("carry", *a.args)
        if op in ("lt", "slt", "xor", "sub") and a is b:
            return self.const(0)
        if op == "eq":
            if a is b:
                return self.const(1)
            if b.op == "const" and b.args[0] == 0:
                return self.make("iszero", a)
        if op in ("and", "or") and a is b:
            return a
        if b.op == "const":
            number = b.args[0]
            if number == 0 and op in ("add", "sub", "or", "xor"):
                return a
            if number == 1 and op in ("mul", "div", "sdiv"):
                return a
        if op in ("shl", "shr") and a.op == "const":
            factor = self.const(1 << a.args[0] if a.args[0] < 256 else 0)
            return self.make("mul", b, factor) if op == "shl" else self.make("div", b, factor)
        if op == "add":
            for x, y in (args, args[::-1]):
                if x.op == "sub" and x.args[1] is y:
                    return x.args[0]  # type: ignore[no-any-return]
        if op == "sub" and a.op == "add" and b in a.args:
            return a.args[1] if a.args[0] is b else a.args[0]  # type: ignore[no-any-return]
        if op == "mul":
            for x, y in (args, args[::-1]):
                if y.op in TRUTHS:
                    return self.make("select", y, x, self.const(0))
        if op == "xor":
            return self._chosen(a, b) or self._chosen(b, a)
        return None

    def _chosen(self, product: Term, base: Term) -> Term | None:
        """b ^ ((a ^ b) * c) is a where c is 1, and b where it is 0."""
        if product.op != "select" or product.args[2] is not self.const(0):
            return None
        which, change, _ = product.args
        if change is base:  # a is 0
            return self.make("select", which, self.const(0), base)
        if change.op != "xor" or base not in change.args:
            return None
        return self.make("select", which, change.args[1] if change.args[0] is base else change.args[0], base)


def _truth(op: str, a: int, b: int = 0) -> bool:
    if op == "lt":
        return a < b
    if op == "slt":
        return signed(a) < signed(b)
    if op == "eq":
        return a == b
    if op == "carry":
        return a + b >= WORD
    return a == 0
