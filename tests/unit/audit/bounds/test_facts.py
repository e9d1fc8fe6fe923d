"""What is said of terms on a path is so: asked of random conditions over random words that make them true."""

import random
from collections.abc import Callable

import pytest

from tests.unit.audit.bounds.words import meaning, word
from walras.audit.bounds.facts import Facts
from walras.audit.bounds.intervals import HALF, signed, unsigned
from walras.audit.bounds.terms import TRUTHS, Term, Terms

UNARY = ("iszero", "not")
BINARY = (
    *("add", "sub", "mul", "div", "sdiv", "mod", "smod", "and", "or", "xor", "shl", "shr", "sar"),
    *("signextend", "lt", "gt", "slt", "sgt", "eq"),
)


class World:
    """Some words, and terms over them."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.terms = Terms()
        self.values: dict[Term, int] = {}
        self.all: list[Term] = []
        for _ in range(3):
            value = word(self.draw)
            bounds = unsigned(0, 2 ** max(value.bit_length(), 1) - 1)
            self.add(self.terms.fresh(bounds) if self.draw.random() < 0.3 else self.terms.fresh(), value)
        for value in (0, 1, self.draw.choice((2, 255, 2**128 - 1, HALF, HALF * 2 - 1))):
            self.number(value)

    def number(self, value: int) -> Term:
        """A constant."""
        return self.add(self.terms.const(value), value)

    def add(self, term: Term, value: int) -> Term:
        """A term, whose word has to be that of all that are equal to it."""
        assert self.values.setdefault(term, value) == value, term
        assert term.free[0] <= value <= term.free[1], term
        self.all.append(term)
        return term

    def make(self, op: str, *args: Term) -> Term:
        """With what the operation means."""
        return self.add(self.terms.make(op, *args), meaning(op, *(self.values[arg] for arg in args)))

    def some(self) -> Term:
        """Any term."""
        return self.draw.choice(self.all)

    def guard(self) -> Term:
        """A condition, often one that Vyper's compiler makes."""
        x, y = self.some(), self.some()
        make, zero = self.make, self.number(0)
        sign = make("slt", y, zero)
        total, less, product = make("add", x, y), make("sub", x, y), make("mul", x, y)
        guards: list[Callable[[], Term]] = [
            lambda: make("iszero", make("lt", total, x)),
            lambda: make("iszero", make("gt", less, x)),
            lambda: make("eq", sign, make("slt", total, x)),
            lambda: make("eq", sign, make("sgt", less, x)),
            lambda: make("or", make("eq", make("div", product, y), x), make("iszero", y)),
            lambda: make("or", make("eq", make("sdiv", product, y), x), make("iszero", y)),
            lambda: make("eq", make("sdiv", product, y), x),
            lambda: make("eq", x, make("sub", zero, x)),
            lambda: make("xor", y, make("mul", make("xor", x, y), make("lt", x, y))),
            lambda: make("iszero", make("shr", self.number(self.draw.choice((1, 8, 160, 255))), x)),
            lambda: make("and", make("lt", x, y), make("iszero", make("slt", y, x))),
            lambda: make(self.draw.choice(BINARY), x, y),
            lambda: make(self.draw.choice(UNARY), x),
        ]
        return self.draw.choice(guards)()


def agree(world: World, facts: Facts) -> None:
    """All that is said is so."""
    assert not facts.dead
    for one, value in world.values.items():
        low, high, slow, shigh = facts.bounds(one)
        assert low <= value <= high, one
        assert slow <= signed(value) <= shigh, one
    for _ in range(12):
        a, b = world.some(), world.some()
        x, y = world.values[a], world.values[b]
        for is_signed in (False, True):
            for strict in (False, True):
                if facts.is_ordered(is_signed, a, b, strict):
                    assert (signed(x) + strict <= signed(y)) if is_signed else (x + strict <= y), (a, b)


@pytest.mark.parametrize("part", range(8))
def test_what_is_known_is_so(part: int) -> None:
    """Conditions are assumed as they are; nothing that follows may be false."""
    decided = 0
    for seed in range(part * 60, part * 60 + 60):
        world = World(seed)
        facts = Facts(world.terms)
        for _ in range(8):
            condition = world.guard()
            truth = world.values[condition] != 0
            said = facts.decide(condition)
            assert said in (None, truth), condition
            decided += said is not None
            assert facts.assume(condition, truth), condition
            agree(world, facts)
    assert decided > 60  # it says something


def test_truths_are_zero_or_one() -> None:
    terms = Terms()
    for op in TRUTHS - {"iszero"}:
        assert terms.make(op, terms.fresh(), terms.fresh()).free[:2] == (0, 1)


def test_least_number_times_minus_one() -> None:
    """The check by division lets it pass: nothing follows for the product."""
    terms = Terms()
    x, y, zero = terms.fresh(), terms.fresh(), terms.const(0)
    product = terms.make("mul", x, y)
    quotient = terms.make("eq", terms.make("sdiv", product, y), x)
    facts = Facts(terms)
    assert facts.assume(terms.make("or", quotient, terms.make("iszero", y)), True)
    for factor in (x, y):
        assert facts.assume(terms.make("slt", factor, zero), True)
    assert facts.bounds(product)[2] == -HALF
