"""Pure functions of the contracts as terms of a prover: the compiler's own syntax tree, read statement by
statement.

Nothing is transcribed by hand: a proof follows the code when it changes. In `Words` a number is 256 bits, and
every operation is what the EVM does. In `Numbers` it is an integer without bounds, divisions are
characterised by quotient x divisor <= dividend < (quotient + 1) x divisor, a shift by an unknown distance is
a division by an unknown power, and of `&`, `|` and `^` nothing is known but that the same numbers give the
same. Where the code reverts is collected in `reverts`, what it refuses by a reason also in `refusals`; a
result and what is written say nothing where one of them holds.

The tests run this reading with numbers against the compiled code (tests/proofs/).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import z3
from vyper import ast as vy_ast
from vyper.semantics.types import AddressT, BoolT, BytesM_T, FlagT, IntegerT, StructT, TupleT
from vyper.semantics.types.function import ContractFunctionT

from walras.devtools.compiler import PROJECT_ROOT, compiler_data

BITS: Final = 256
_CALLS: Final = (vy_ast.Call, vy_ast.ExtCall, vy_ast.StaticCall)
Term = Any
"""A z3 term; a struct is a dict of them by field, a tuple a tuple."""


class UnreadableError(Exception):
    """The code does what this reading has no word for."""


@dataclass(frozen=True, slots=True)
class Power:
    """A number of bits that is known by its power of two alone, an integer that is not below 1."""

    two_to_it: Term


@dataclass(frozen=True, slots=True)
class At:
    """A mapping in storage, of which one entry is known: code that asks for another cannot be read."""

    keys: tuple[Term, ...]
    value: Term


def module(path: str, root: Path = PROJECT_ROOT) -> dict[str, vy_ast.FunctionDef]:
    """Functions of a module by name; `path` is relative to `root`, the project or a changed copy of it."""
    tree = compiler_data(root / path, root).annotated_vyper_module
    return {node.name: node for node in tree.body if isinstance(node, vy_ast.FunctionDef)}


def constants(path: str, root: Path = PROJECT_ROOT) -> dict[str, int]:
    """The constants of a module that are numbers."""
    tree = compiler_data(root / path, root).annotated_vyper_module
    found = {}
    for node in tree.body:
        if isinstance(node, vy_ast.VariableDecl) and node.is_constant and node.value.has_folded_value:
            value = node.value.get_folded_value()
            if isinstance(value, vy_ast.Int):
                found[node.target.id] = int(value.value)
    return found


class Words:
    """Numbers of 256 bits."""

    facts: tuple[Term, ...] = ()

    def constant(self, value: int) -> Term:
        return z3.BitVecVal(value, BITS)

    def variable(self, name: str) -> Term:
        return z3.BitVec(name, BITS)

    def compare(self, op: str, a: Term, b: Term, signed: bool) -> Term:
        if op in ("Eq", "NotEq"):
            return a == b if op == "Eq" else a != b
        orders: dict[str, Callable[[Term, Term], Term]] = (
            {
                "Lt": lambda x, y: x < y,
                "LtE": lambda x, y: x <= y,
                "Gt": lambda x, y: x > y,
                "GtE": lambda x, y: x >= y,
            }
            if signed
            else {"Lt": z3.ULT, "LtE": z3.ULE, "Gt": z3.UGT, "GtE": z3.UGE}
        )
        return orders[op](a, b)

    def checked(self, op: str, a: Term, b: Term, signed: bool) -> tuple[Term, list[Term]]:
        """The result, and when the code reverts."""
        if op == "Add":
            fits = [z3.BVAddNoOverflow(a, b, signed)] + ([z3.BVAddNoUnderflow(a, b)] if signed else [])
            return a + b, [z3.Not(fit) for fit in fits]
        if op == "Sub":
            fits = [z3.BVSubNoUnderflow(a, b, signed)] + ([z3.BVSubNoOverflow(a, b)] if signed else [])
            return a - b, [z3.Not(fit) for fit in fits]
        if op == "Mult":
            fits = [z3.BVMulNoOverflow(a, b, signed)] + ([z3.BVMulNoUnderflow(a, b)] if signed else [])
            return a * b, [z3.Not(fit) for fit in fits]
        if op == "FloorDiv" and not signed:
            return z3.UDiv(a, b), [b == 0]
        if op == "Mod" and not signed:
            return z3.URem(a, b), [b == 0]
        raise UnreadableError(f"{op} of words")

    def bitwise(self, op: str, a: Term, b: Term, signed: bool) -> Term:
        if op == "RShift":
            return a >> b if signed else z3.LShR(a, b)
        return {
            "LShift": lambda: a << b,
            "BitAnd": lambda: a & b,
            "BitOr": lambda: a | b,
            "BitXor": lambda: a ^ b,
        }[op]()

    def unsafe(self, name: str, a: Term, b: Term) -> Term:
        return {"unsafe_add": a + b, "unsafe_sub": a - b, "unsafe_mul": a * b}[name]

    def invert(self, a: Term) -> Term:
        return ~a

    def outside(self, a: Term, low: int, high: int, signed: bool) -> Term:
        """Whether a number is not within bounds."""
        bottom, top = self.constant(low), self.constant(high)
        return z3.Or(a < bottom, a > top) if signed else z3.Or(low > 0, z3.UGT(a, top))


class Numbers:
    """Integers without bounds."""

    def __init__(self) -> None:
        self.facts: tuple[Term, ...] = ()
        """What holds of the quotients. Each number has one, so these exclude nothing, whatever is reached."""
        self._quotients: dict[tuple[Term, Term], Term] = {}

    def constant(self, value: int) -> Term:
        return z3.IntVal(value)

    def variable(self, name: str) -> Term:
        return z3.Int(name)

    def compare(self, op: str, a: Term, b: Term, signed: bool) -> Term:
        return {"Eq": a == b, "NotEq": a != b, "Lt": a < b, "LtE": a <= b, "Gt": a > b, "GtE": a >= b}[op]

    def floor(self, a: Term, b: Term) -> Term:
        """a / b rounded down, where b is above 0; any number elsewhere."""
        if z3.is_int_value(a) and z3.is_int_value(b):
            return z3.IntVal(a.as_long() // b.as_long())
        if (a, b) not in self._quotients:
            quotient = z3.FreshInt("quotient")
            is_one = z3.And(quotient * b <= a, a < quotient * b + b)
            self.facts += (is_one if _is_positive(b) else z3.Implies(b > 0, is_one),)
            self._quotients[a, b] = quotient
        return self._quotients[a, b]

    def checked(self, op: str, a: Term, b: Term, signed: bool) -> tuple[Term, list[Term]]:
        """The result, and when the code reverts: beyond 256 bits, or by 0. Divisors are positive."""
        if op in ("Add", "Sub", "Mult"):
            result = {"Add": a + b, "Sub": a - b, "Mult": a * b}[op]
            low, high = (-(2**255), 2**255 - 1) if signed else (0, 2**256 - 1)
            return result, [z3.Or(result < low, result > high)]
        if z3.is_int_value(b) and b.as_long() == 0:
            return b, [z3.BoolVal(True)]
        quotient = self.floor(a, b)
        if signed:  # towards zero
            quotient = _either(a >= 0, quotient, -self.floor(_clean_number(-a), b))
        if op == "FloorDiv":
            return quotient, [b == 0]
        if op == "Mod":
            return a - _clean_number(_clean_number(quotient) * b), [b == 0]
        raise UnreadableError(f"{op} of numbers")

    def bitwise(self, op: str, a: Term, b: Term, signed: bool) -> Term:
        if op in ("LShift", "RShift"):
            two_to_it = b.two_to_it if isinstance(b, Power) else z3.IntVal(2 ** z3.simplify(b).as_long())
            return a * two_to_it if op == "LShift" else self.floor(a, two_to_it)
        return z3.Function(op, z3.IntSort(), z3.IntSort(), z3.IntSort())(a, b)

    def unsafe(self, name: str, a: Term, b: Term) -> Term:
        raise UnreadableError(f"{name} of numbers")

    def invert(self, a: Term) -> Term:
        raise UnreadableError("~ of numbers")

    def outside(self, a: Term, low: int, high: int, signed: bool) -> Term:
        return z3.Or(a < low, a > high)


class Reading:
    """One evaluation. `state` gives storage variables, constants of the block and immutables by their last
    name, and has afterwards what the code makes of them; `stubs` gives what calls return, by how they are
    written: `funding._index`, `IPerpEngine(engine).worth`.
    """

    def __init__(
        self,
        domain: Words | Numbers,
        state: Mapping[str, Term] | None = None,
        stubs: Mapping[str, Callable[..., Term]] | None = None,
    ) -> None:
        self.domain = domain
        self.reverts: list[Term] = []
        self.refusals: list[Term] = []
        self.state = dict(state or {})
        self._stubs = dict(stubs or {})
        self._path: Term = z3.BoolVal(True)

    def call(self, function: vy_ast.FunctionDef, *args: Term) -> Term:
        """What a function returns for these arguments."""
        names = [argument.arg for argument in function.args.args]
        if len(names) != len(args):
            raise UnreadableError(f"{function.name} takes {len(names)} arguments")
        returns: list[tuple[Term, Term]] = []
        env = dict(zip(names, args, strict=True))
        before = self._path
        self._block(function.body, env, returns)
        if returns:
            self._path = before  # it came back, or reverted
            result = returns[-1][1]
            for path, value in reversed(returns[:-1]):
                result = _either(path, value, result)
            return result
        return None

    def write(self, name: str, value: Term) -> None:
        """Set a storage variable where the code is."""
        self.state[name] = _either(self._path, value, self.state[name])

    @property
    def goes_through(self) -> Term:
        """Whether the code refuses nothing."""
        return z3.Not(z3.Or(*self.refusals))

    def revert_if(self, condition: Term) -> None:
        """The code reverts where it is here and the condition holds."""
        here = _clean(z3.And(self._path, condition))
        if not z3.is_false(here):
            self.reverts.append(here)

    # ------------------------------------------------------------------ statements

    def _block(self, body: list[Any], env: dict[str, Term], returns: list[tuple[Term, Term]]) -> None:
        for statement in body:
            if z3.is_false(self._path):
                return
            self._statement(statement, env, returns)

    def _statement(self, node: Any, env: dict[str, Term], returns: list[tuple[Term, Term]]) -> None:
        if isinstance(node, vy_ast.Expr) and isinstance(node.value, _CALLS):
            self._expression(node.value, env)
        elif isinstance(node, vy_ast.Expr | vy_ast.Pass | vy_ast.Log):
            return
        elif isinstance(node, vy_ast.AnnAssign | vy_ast.Assign):
            self._assign(node.target, self._expression(node.value, env), env)
        elif isinstance(node, vy_ast.AugAssign):
            before = self._expression(node.target, env)
            value = self._binary(node.op, before, self._expression(node.value, env), node.target)
            self._assign(node.target, value, env)
        elif isinstance(node, vy_ast.If):
            self._if(node, env, returns)
        elif isinstance(node, vy_ast.Return):
            value = None if node.value is None else self._expression(node.value, env)
            if not z3.is_false(self._path):
                returns.append((self._path, value))
            self._path = z3.BoolVal(False)
        else:
            raise UnreadableError(f"{type(node).__name__}: {node.node_source_code}")

    def _assign(self, target: Any, value: Term, env: dict[str, Term]) -> None:
        if isinstance(target, vy_ast.Name):
            env[target.id] = value
        elif isinstance(target, vy_ast.Subscript):
            entry = self._entry(target, env)
            self.state[_mapping(target)] = At(entry.keys, _either(self._path, value, entry.value))
        elif not isinstance(target, vy_ast.Attribute):
            raise UnreadableError(f"assignment to {target.node_source_code}")
        elif isinstance(target.value._metadata.get("type"), StructT):
            self._assign(target.value, self._expression(target.value, env) | {target.attr: value}, env)
        else:
            self.write(target.attr, value)

    def _if(self, node: Any, env: dict[str, Term], returns: list[tuple[Term, Term]]) -> None:
        condition = _clean(self._expression(node.test, env))
        before = self._path
        ends, envs = [], []
        came_back = len(returns)
        for side, body in ((condition, node.body), (_clean(z3.Not(condition)), node.orelse or [])):
            self._path = _clean(z3.And(before, side))
            branch = dict(env)
            self._block(body, branch, returns)
            ends.append(self._path)
            envs.append(branch)
        if len(returns) == came_back and not all(map(z3.is_false, ends)):
            self._path = before  # where a side ends, it reverts: of that nothing is said anyway
        else:
            self._path = _clean(z3.Or(*ends))
        if z3.is_false(ends[0]) or z3.is_false(ends[1]):
            env.update(envs[1] if z3.is_false(ends[0]) else envs[0])
            return
        for name in envs[0].keys() & envs[1].keys():
            env[name] = _either(condition, envs[0][name], envs[1][name])

    # ------------------------------------------------------------------ expressions

    def _expression(self, node: Any, env: dict[str, Term]) -> Term:
        if node.has_folded_value:
            return self._constant(node.get_folded_value())
        if isinstance(node, vy_ast.Int | vy_ast.NameConstant | vy_ast.Str):
            return self._constant(node)
        if isinstance(node, vy_ast.Name):
            if node.id in env:
                return env[node.id]
            if node.id in self.state:
                return self.state[node.id]
            raise UnreadableError(f"unknown name {node.id}")
        if isinstance(node, vy_ast.Attribute):
            return self._attribute(node, env)
        if isinstance(node, vy_ast.BinOp):
            left, right = self._expression(node.left, env), self._expression(node.right, env)
            return self._binary(node.op, left, right, node)
        if isinstance(node, vy_ast.UnaryOp):
            return self._unary(node, env)
        if isinstance(node, vy_ast.Compare):
            left, right = self._expression(node.left, env), self._expression(node.right, env)
            if isinstance(left, z3.BoolRef):
                return left == right if isinstance(node.op, vy_ast.Eq) else left != right
            return self.domain.compare(type(node.op).__name__, left, right, _signed(node.left))
        if isinstance(node, vy_ast.BoolOp):
            return self._chain(node, env)
        if isinstance(node, vy_ast.IfExp):
            test = _clean(self._expression(node.test, env))
            yes = self._where(test, node.body, env)
            return _either(test, yes, self._where(_clean(z3.Not(test)), node.orelse, env))
        if isinstance(node, vy_ast.Tuple):
            return tuple(self._expression(element, env) for element in node.elements)
        if isinstance(node, vy_ast.Call):
            return self._call(node, env)
        if isinstance(node, vy_ast.ExtCall | vy_ast.StaticCall):
            return self._call(node.value, env)
        if isinstance(node, vy_ast.Subscript):
            if isinstance(node.value._metadata.get("type"), TupleT):
                return self._expression(node.value, env)[node.slice.value]
            return self._entry(node, env).value
        raise UnreadableError(f"{type(node).__name__}: {node.node_source_code}")

    def _entry(self, node: Any, env: dict[str, Term]) -> At:
        """What is known of a mapping, which has to be at the keys that the code asks for."""
        found = self.state.get(_mapping(node))
        keys: list[Term] = []
        while isinstance(node, vy_ast.Subscript):
            keys.insert(0, self._expression(node.slice, env))
            node = node.value
        if not isinstance(found, At) or not are_same(found.keys, keys):
            raise UnreadableError(f"{node.node_source_code} at {keys}")
        return found

    def _where(self, condition: Term, node: Any, env: dict[str, Term]) -> Term:
        """An expression that is evaluated only where the condition holds."""
        before = self._path
        self._path = _clean(z3.And(before, condition))
        value = self._expression(node, env)
        self._path = before
        return value

    def _chain(self, node: Any, env: dict[str, Term]) -> Term:
        """`and` and `or`: what comes later is evaluated only where it matters."""
        is_and = isinstance(node.op, vy_ast.And)
        parts: list[Term] = []
        for value in node.values:
            reached = z3.And(*parts) if is_and else z3.Not(z3.Or(*parts))
            parts.append(self._where(_clean(reached), value, env))
        return z3.And(*parts) if is_and else z3.Or(*parts)

    def _constant(self, node: Any) -> Term:
        if isinstance(node, vy_ast.NameConstant):
            return z3.BoolVal(bool(node.value))
        if isinstance(node, vy_ast.Int):
            return self.domain.constant(int(node.value))
        if isinstance(node, vy_ast.Str):  # which is compared and nothing else
            return self.domain.constant(int.from_bytes(node.value.encode()))
        raise UnreadableError(f"constant {node.node_source_code}")

    def _attribute(self, node: Any, env: dict[str, Term]) -> Term:
        kind = node._metadata.get("type")
        if isinstance(kind, FlagT) and node.attr in kind._flag_members:
            return self.domain.constant(1 << kind._flag_members[node.attr])
        if isinstance(node.value._metadata.get("type"), StructT):
            return self._expression(node.value, env)[node.attr]
        if node.attr in self.state:
            return self.state[node.attr]
        raise UnreadableError(f"unknown {node.node_source_code}")

    def _binary(self, op: Any, left: Term, right: Term, typed: Any) -> Term:
        name = type(op).__name__
        if name in ("LShift", "RShift", "BitAnd", "BitOr", "BitXor"):
            return _clean_number(self.domain.bitwise(name, left, right, _signed(typed)))
        if name == "Pow":
            raise UnreadableError("a power that is not constant")
        result, reverts = self.domain.checked(name, left, right, _signed(typed))
        for condition in reverts:
            self.revert_if(condition)
        return _clean_number(result)

    def _unary(self, node: Any, env: dict[str, Term]) -> Term:
        value = self._expression(node.operand, env)
        if isinstance(node.op, vy_ast.Not):
            return z3.Not(value)
        if isinstance(node.op, vy_ast.Invert):
            return self.domain.invert(value)
        if isinstance(node.op, vy_ast.USub):
            self.revert_if(value == self.domain.constant(-(2**255)))
            return _clean_number(-value)
        raise UnreadableError(f"{node.node_source_code}")

    def _call(self, node: Any, env: dict[str, Term]) -> Term:
        written = node.func.node_source_code
        if written in self._stubs:
            return self._stubs[written](*(self._expression(argument, env) for argument in node.args))
        if written == "refuse._because":
            self.refusals.append(self._path)
            self.revert_if(z3.BoolVal(True))
            self._path = z3.BoolVal(False)
            return None
        kind = node.func._metadata.get("type")
        if isinstance(kind, ContractFunctionT) and not kind.is_external:
            return self.call(kind.ast_def, *(self._expression(argument, env) for argument in node.args))
        result_type = node._metadata.get("type")
        if isinstance(result_type, StructT) and node.keywords:
            return {keyword.arg: self._expression(keyword.value, env) for keyword in node.keywords}
        if written == "empty":
            return self._empty(result_type)
        if written == "convert":
            return self._convert(
                self._expression(node.args[0], env), node.args[0]._metadata["type"], result_type
            )
        args = [self._expression(argument, env) for argument in node.args]
        if written in ("min", "max"):
            is_less = self.domain.compare("LtE", args[0], args[1], _signed(node))
            return (
                _either(is_less, args[0], args[1]) if written == "min" else _either(is_less, args[1], args[0])
            )
        if written == "abs":
            self.revert_if(args[0] == self.domain.constant(-(2**255)))
            return _either(args[0] < 0, _clean_number(-args[0]), args[0])
        if written.startswith("unsafe_"):
            return self.domain.unsafe(written, args[0], args[1])
        raise UnreadableError(f"call: {node.node_source_code}")

    def _empty(self, kind: Any) -> Term:
        if isinstance(kind, StructT):
            return {name: self._empty(member) for name, member in kind.members.items()}
        return z3.BoolVal(False) if isinstance(kind, BoolT) else self.domain.constant(0)

    def _convert(self, value: Term, before: Any, after: Any) -> Term:
        if isinstance(before, BoolT):
            return _either(value, self.domain.constant(1), self.domain.constant(0))
        if isinstance(after, BoolT):
            return value != self.domain.constant(0)
        if isinstance(before, BytesM_T) or isinstance(after, BytesM_T):
            if isinstance(self.domain, Numbers):
                raise UnreadableError("bytes as numbers")
            return value
        low, high = _bounds(after)
        least, most = _bounds(before)
        if low > least or high < most:
            self.revert_if(self.domain.outside(value, max(low, least), min(high, most), least < 0))
        return value


def values(given: Term) -> Any:
    """Terms that are numbers, as Python's."""
    if isinstance(given, dict):
        return {name: values(value) for name, value in given.items()}
    if isinstance(given, tuple):
        return tuple(values(value) for value in given)
    term = z3.simplify(given)
    if z3.is_true(term) or z3.is_false(term):
        return z3.is_true(term)
    return term.as_long()


def are_same(some: Sequence[Term], others: Sequence[Term]) -> bool:
    """Whether terms are the same, simplified."""
    return len(some) == len(others) and all(
        z3.simplify(one).eq(z3.simplify(other)) for one, other in zip(some, others, strict=True)
    )


def _mapping(node: Any) -> str:
    """The last name of a mapping, of which this is an entry."""
    while isinstance(node, vy_ast.Subscript):
        node = node.value
    return str(getattr(node, "attr", ""))


def _is_positive(term: Term) -> bool:
    return bool(z3.is_int_value(term) and term.as_long() > 0)


def _bounds(kind: Any) -> tuple[int, int]:
    if isinstance(kind, IntegerT):
        return (
            (-(2 ** (kind.bits - 1)), 2 ** (kind.bits - 1) - 1) if kind.is_signed else (0, 2**kind.bits - 1)
        )
    if isinstance(kind, AddressT):
        return 0, 2**160 - 1
    if isinstance(kind, FlagT):
        return 0, 2 ** len(kind._flag_members) - 1
    raise UnreadableError(f"bounds of {kind}")


def _signed(node: Any) -> bool:
    kind = node._metadata.get("type")
    return isinstance(kind, IntegerT) and bool(kind.is_signed)


def _clean(condition: Term) -> Term:
    return z3.simplify(condition)


def _clean_number(term: Term) -> Term:
    if all(z3.is_int_value(child) or z3.is_bv_value(child) for child in term.children()):
        return z3.simplify(term)
    return term


def _either(condition: Term, yes: Term, no: Term) -> Term:
    condition = _clean(condition)
    if yes is no or z3.is_true(condition):
        return yes
    if z3.is_false(condition):
        return no
    if isinstance(yes, dict):
        return {name: _either(condition, yes[name], no[name]) for name in yes}
    if isinstance(yes, tuple):
        return tuple(_either(condition, a, b) for a, b in zip(yes, no, strict=True))
    return z3.If(condition, yes, no)
