"""What is claimed, asked of z3 (docs/proofs.md)."""

import math
from collections.abc import Sequence
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any, Final

import z3
from z3 import z3util

from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.symbolic import Numbers, Reading, module

BUDGET: Final = 100_000_000
"""What the prover may spend on a question, in units of its own: not time, which depends on the machine."""


class UnprovedError(Exception):
    """The prover found no answer within its budget."""


def refuted(claim: Any, *given: Any) -> z3.ModelRef | None:
    """A counterexample to a claim; None where it is proved. Of integers what is not linear is proved case by
    case of what depends on a condition.
    """
    variables = z3util.get_vars(z3.And(claim, *given))
    if all(z3.is_bv(term) for term in variables):
        return _refuted(z3.Solver(), claim, given)
    if _holds_of_products(claim, given):
        return None
    condition = _condition(claim)
    if condition is None:
        return _refuted(z3.Solver(), claim, given)
    for truth, premise in ((True, condition), (False, z3.Not(condition))):
        case = z3.simplify(z3.substitute(claim, (condition, z3.BoolVal(truth))))
        found = refuted(case, premise, *given)
        if found is not None:
            return found
    return None


def refuted_in_bits(claim: Any, *given: Any) -> z3.ModelRef | None:
    """As `refuted`, of words: for questions that are quick bit by bit, and slow otherwise."""
    return _refuted(z3.SolverFor("QF_BV"), claim, given)


def _refuted(solver: z3.Solver, claim: Any, given: Sequence[Any]) -> z3.ModelRef | None:
    solver.set("rlimit", BUDGET)
    solver.add(*given, z3.Not(claim))
    answer = solver.check()
    if answer == z3.unknown:
        raise UnprovedError(str(z3.simplify(claim))[:200])
    return solver.model() if answer == z3.sat else None


def _holds_of_products(claim: Any, given: Sequence[Any]) -> bool:
    """Whether a claim follows already where of products of variables nothing is known but that the same
    factors give the same, in any order: then it is linear, and easy.
    """
    solver = z3.Solver()
    solver.set("rlimit", BUDGET)

    def flat(term: Any) -> Any:
        parts = [flat(child) for child in term.children()]
        factors = [part for part in parts if not z3.is_int_value(part)]
        if not z3.is_mul(term) or len(factors) < 2:
            return term.decl()(*parts) if parts else term
        product = z3.Function(f"product of {len(factors)}", *[z3.IntSort()] * (len(factors) + 1))
        solver.add(*(product(*factors) == product(*others) for others in permutations(factors)))
        return product(*factors) * math.prod(part.as_long() for part in parts if z3.is_int_value(part))

    solver.add(*(flat(z3.simplify(term, som=True)) for term in (*given, z3.Not(claim))))
    return bool(solver.check() == z3.unsat)


def _condition(term: Any) -> Any:
    """A condition on which a number inside a term depends; of nested ones the innermost."""
    if z3.is_app_of(term, z3.Z3_OP_ITE):
        inner = _condition(term.arg(0))
        return term.arg(0) if inner is None else inner
    return next((found for child in term.children() if (found := _condition(child)) is not None), None)


def failures(claims: dict[str, Any], *given: Any) -> list[str]:
    """Which claims do not hold in every case of these premises. There has to be a case: where premises
    exclude each other, anything follows.
    """
    assert refuted(z3.BoolVal(False), *given) is not None, "there is no such case"
    return [name for name, claim in claims.items() if refuted(claim, *given) is not None]


module_of = cache(module)
"""A module's functions, parsed once."""


class Sums:
    """A set of readings whose quotients share one set of facts."""

    def __init__(self, root: Path = PROJECT_ROOT, **state: Any) -> None:
        self._root = root
        self._state = state
        self._domain = Numbers()

    def call(self, path: str, function: str, *args: Any) -> Any:
        return Reading(self._domain, self._state).call(module_of(path, self._root)[function], *args)

    def failures(self, claims: dict[str, Any], *given: Any) -> list[str]:
        return failures(claims, *given, *self._domain.facts)


def opaque(name: str, takes: int = 1) -> z3.FuncDeclRef:
    """A function of which nothing is known but that the same numbers give the same."""
    return z3.Function(name, *[z3.IntSort()] * (takes + 1))


def size(number: Any) -> Any:
    """Without its sign."""
    return z3.If(number < 0, -number, number)
