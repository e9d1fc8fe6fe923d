"""What is known on a path: bounds of terms, pairs of terms in order, and conditions that held or failed.

Every method is sound: what it says is so in each run that comes along the path. It may always say less.
"""

from typing import Final

from walras.audit.bounds.intervals import (
    HALF,
    OPERATIONS,
    WORD,
    Interval,
    between,
    corners,
    hull,
    meet,
    transfer,
    unsigned,
)
from walras.audit.bounds.terms import TRUTHS, Term, Terms

_DEPTH: Final = 6
_CHAIN: Final = 4
_NESTED: Final = 1
"""How far an assumption is made within another, to answer a question."""
_WRAPS: Final = {"carry", "signed sum", "signed difference", "signed product", "unsigned product"}

Pair = tuple[Term, bool]
"""A term that another is not above, and whether it is below."""


class Facts:
    """Of one path."""

    __slots__ = ("_cache", "_nested", "bounded", "dead", "known", "order", "terms")

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.bounded: dict[Term, Interval] = {}
        self.order: dict[tuple[bool, Term], tuple[Pair, ...]] = {}
        """By whether it is an order of signed words, and the lesser term."""
        self.known: dict[Term, bool] = {}
        """Conditions; `unsigned product`, `signed sum` and the like stand for results that did not wrap."""
        self.dead = False
        """No run comes along here."""
        self._nested = 0
        self._cache: dict[tuple[Term, int], Interval] = {}

    def copy(self) -> "Facts":
        """For a path that goes on from here."""
        made = Facts(self.terms)
        made.bounded, made.order, made.known = dict(self.bounded), dict(self.order), dict(self.known)
        made.dead, made._nested, made._cache = self.dead, self._nested, dict(self._cache)
        return made

    def assuming(self, condition: Term, holds: bool) -> "Facts":
        """What is known where it holds besides, or fails."""
        made = self.copy()
        made._nested += 1
        made.assume(condition, holds)
        return made

    # ------------------------------------------------------------ bounds

    def bounds(self, one: Term, depth: int = _DEPTH) -> Interval:
        """Where a term is."""
        if one.op == "const":
            return one.free
        key = (one, depth)
        if key not in self._cache:
            self._cache[key] = self._bounds(one, depth)
        return self._cache[key]

    def _bounds(self, one: Term, depth: int) -> Interval:
        found = self.bounded.get(one, one.free)
        if depth == 0 or found[0] == found[1]:
            return found
        for more in (self._of_operands(one, depth - 1), self._of_order(one, depth - 1)):
            if more is not None:
                found = meet(found, more) or found
        return found

    def _of_operands(self, one: Term, depth: int) -> Interval | None:
        if one.op == "select":
            return self._of_choice(one, depth)
        if one.op not in OPERATIONS:
            return None
        a, b = one.args[0], one.args[-1]
        parts = [self.bounds(arg, depth) for arg in one.args]
        found = transfer(one.op, *parts)
        x, y = parts[0], parts[-1]
        more = None
        if one.op == "add":
            if self.known.get(self.terms.make("carry", a, b)) is False:
                more = unsigned(x[0] + y[0], min(x[1] + y[1], WORD - 1))
            if self.known.get(self.terms.make("signed sum", a, b)):
                found = _meet(found, _clipped(x[2] + y[2], x[3] + y[3]))
        elif one.op == "sub":
            if depth and self.is_ordered(False, b, a, False, 2, depth - 1):
                apart = int(self.is_ordered(False, b, a, True, 2, depth - 1))
                more = unsigned(max(x[0] - y[1], apart), max(x[1] - y[0], apart))
            if self.known.get(self.terms.make("signed difference", a, b)):
                found = _meet(found, _clipped(x[2] - y[3], x[3] - y[2]))
            if (
                depth
                and self.is_ordered(True, b, a, False, 2, depth - 1)
                and self._subtracts(a, b, depth - 1)
            ):
                found = _meet(found, _clipped(0, x[3] - y[2]))
        elif one.op == "mul":
            if self.known.get(self.terms.make("unsigned product", a, b)):
                more = unsigned(x[0] * y[0], min(x[1] * y[1], WORD - 1))
            if self.known.get(self.terms.make("signed product", a, b)):
                found = _meet(found, _clipped(*corners(x, y)))
        return found if more is None else _meet(found, more)

    def _of_choice(self, one: Term, depth: int) -> Interval:
        which, a, b = one.args
        if depth < _DEPTH - 4 or self._nested >= _NESTED:
            return hull(self.bounds(a, depth), self.bounds(b, depth))
        ways = [(self.assuming(which, True), a), (self.assuming(which, False), b)]
        found = [facts.bounds(way, depth - 1) for facts, way in ways if not facts.dead]
        if not found:
            return one.free
        return found[0] if len(found) == 1 else hull(*found)

    def _of_order(self, one: Term, depth: int) -> Interval | None:
        found: Interval | None = None
        for is_signed in (False, True):
            for above, strict in self.order.get((is_signed, one), ()):
                most = self.bounds(above, min(depth, 2))
                part = (
                    between(-HALF, max(most[3] - strict, -HALF))
                    if is_signed
                    else unsigned(0, max(most[1] - strict, 0))
                )
                found = part if found is None else _meet(found, part)
        return found

    # ------------------------------------------------------------ order

    def is_ordered(
        self, is_signed: bool, a: Term, b: Term, strict: bool = False, chain: int = _CHAIN, depth: int = 3
    ) -> bool:
        """Whether a is not above b, or is below it; false where that is not known."""
        if a is b:
            return not strict
        x, y = self.bounds(a, depth), self.bounds(b, depth)
        if (x[3] + strict <= y[2]) if is_signed else (x[1] + strict <= y[0]):
            return True
        if chain == 0:
            return False
        alike = x[3] >= 0 and x[2] >= 0 and y[2] >= 0
        for sign in (False, True) if alike else (is_signed,):
            for above, is_below in self.order.get((sign, a), ()):
                if self.is_ordered(sign, above, b, strict and not is_below, chain - 1, depth):
                    return True
        if is_signed and not alike:
            return self._both(True, a, b, strict, chain - 1, depth)
        return self._is_part(a, b, strict, chain - 1, depth) or self._both(
            False, a, b, strict, chain - 1, depth
        )

    def _both(self, is_signed: bool, a: Term, b: Term, strict: bool, chain: int, depth: int) -> bool:
        """A choice is below what both of its are."""
        if self._nested >= _NESTED:
            return False
        if a.op == "select":
            ways = ((one, b, holds) for one, holds in zip(a.args[1:], (True, False), strict=True))
            which = a.args[0]
        elif b.op == "select":
            ways = ((a, one, holds) for one, holds in zip(b.args[1:], (True, False), strict=True))
            which = b.args[0]
        else:
            return False
        for x, y, holds in ways:
            facts = self.assuming(which, holds)
            if not facts.dead and not facts.is_ordered(is_signed, x, y, strict, chain, depth):
                return False
        return True

    def _is_part(self, a: Term, b: Term, strict: bool, chain: int, depth: int) -> bool:
        """Of unsigned words: a part of a word is not above it, nor a summand above the sum."""

        def ordered(x: Term, y: Term, strict: bool = False) -> bool:
            return self.is_ordered(False, x, y, strict, chain, depth)

        if a.op in ("div", "mod", "and", "sub"):
            x, y = a.args
            if ordered(x, b, strict) and (a.op != "sub" or ordered(y, x)):
                return True
            if a.op == "and" and ordered(y, b, strict):
                return True
            if a.op == "mod" and self.bounds(y, depth)[0] and ordered(y, b):
                return True
            if a.op == "div" and x.op == "mul" and self._multiplies(False, x.args[0], x.args[1], depth):
                for factor, other in (x.args, x.args[::-1]):
                    if ordered(other, y) and ordered(factor, b, strict):
                        return True
        if a.op == "add" and not strict and a.args[1].free[:2] == (1, 1) and ordered(a.args[0], b, True):
            return True
        if b.op == "or" or (b.op == "add" and self._adds(b.args[0], b.args[1], depth)):
            return any(ordered(a, one, strict) for one in b.args)
        return False

    # ------------------------------------------------------------ results that do not wrap

    def _adds(self, a: Term, b: Term, depth: int = _DEPTH) -> bool:
        """Whether their sum does not wrap, unsigned."""
        if self.known.get(self.terms.make("carry", a, b)) is False:
            return True
        return self.bounds(a, depth)[1] + self.bounds(b, depth)[1] < WORD

    def _adds_signed(self, a: Term, b: Term, depth: int = _DEPTH) -> bool:
        x, y = self.bounds(a, depth), self.bounds(b, depth)
        if x[2] + y[2] >= -HALF and x[3] + y[3] < HALF:
            return True
        return bool(self.known.get(self.terms.make("signed sum", a, b)))

    def _subtracts(self, a: Term, b: Term, depth: int = _DEPTH) -> bool:
        """Whether their difference does not wrap, signed."""
        x, y = self.bounds(a, depth), self.bounds(b, depth)
        if x[2] - y[3] >= -HALF and x[3] - y[2] < HALF:
            return True
        return bool(self.known.get(self.terms.make("signed difference", a, b)))

    def _multiplies(self, is_signed: bool, a: Term, b: Term, depth: int = _DEPTH) -> bool:
        """Whether their product does not wrap."""
        x, y = self.bounds(a, depth), self.bounds(b, depth)
        if is_signed:
            low, high = corners(x, y)
            if low >= -HALF and high < HALF:
                return True
        elif x[1] * y[1] < WORD:
            return True
        return bool(self.known.get(self.terms.make(_product(is_signed), a, b)))

    # ------------------------------------------------------------ conditions

    def decide(self, one: Term, ahead: int = 2) -> bool | None:
        """Whether a term is other than 0 in every run, or in none; None where neither is known."""
        if one.op == "const":
            return bool(one.args[0])
        if one in self.known:
            return self.known[one]
        found: bool | None = None
        if one.op == "iszero":
            inner = self.decide(one.args[0], ahead)
            return None if inner is None else not inner
        if one.op in ("lt", "slt"):
            found = self._decide_order(one)
        elif one.op in ("eq", "xor", "sub"):
            found = self._decide_equal(one.args[0], one.args[1], ahead)
            if one.op != "eq" and found is not None:
                found = not found
        elif one.op == "carry":
            a, b = (self.bounds(arg) for arg in one.args)
            found = False if a[1] + b[1] < WORD else True if a[0] + b[0] >= WORD else None
        elif one.op in ("and", "or"):
            found = self._decide_joint(one, ahead)
        if found is None:
            low, high = self.bounds(one)[:2]
            found = True if low else False if high == 0 else None
        return found

    def _decide_order(self, one: Term) -> bool | None:
        a, b = one.args
        is_signed = one.op == "slt"
        if is_signed and (change := self._wrapped(one)) is not None:
            kind, x, y = change
            if self._adds_signed(x, y) if kind == "add" else self._subtracts(x, y):
                bounds = self.bounds(y)
                return True if bounds[3] < 0 else False if bounds[2] >= 0 else None
        if self.is_ordered(is_signed, a, b, strict=True):
            return True
        return False if self.is_ordered(is_signed, b, a) else None

    @staticmethod
    def _wrapped(one: Term) -> tuple[str, Term, Term] | None:
        """x + y < x, or x < x - y, as signed words: what y < 0 is where nothing wraps."""
        if one.op != "slt":
            return None
        a, b = one.args
        if a.op == "add" and b in a.args:
            return "add", b, a.args[1] if a.args[0] is b else a.args[0]
        if b.op == "sub" and b.args[0] is a:
            return "sub", a, b.args[1]
        return None

    def _decide_equal(self, a: Term, b: Term, ahead: int) -> bool | None:
        if a is b:
            return True
        x, y = self.bounds(a), self.bounds(b)
        if meet(x, y) is None:
            return False
        if x[0] == x[1] == y[0] == y[1]:
            return True
        for is_signed in (False, True):
            for p, q in ((a, b), (b, a)):
                if self.is_ordered(is_signed, p, q, strict=True):
                    return False
        if (factors := _divided(a, b)) is not None:
            is_signed, p, q = factors
            if self.decide(q, 0) and self._multiplies(is_signed, p, q):
                return True
        if a.op in TRUTHS and b.op in TRUTHS and ahead:
            if (change := self._checked(a, b)) is not None:
                kind, p, q = change
                if self._adds_signed(p, q) if kind == "add" else self._subtracts(p, q):
                    return True
            left, right = self.decide(a, ahead - 1), self.decide(b, ahead - 1)
            if left is not None and right is not None:
                return left is right
        return None

    def _checked(self, a: Term, b: Term) -> tuple[str, Term, Term] | None:
        """(y < 0) == (x + y < x), or (y < 0) == (x < x - y): that nothing wrapped."""
        for sign, order in ((a, b), (b, a)):
            change = self._wrapped(order)
            zero = self.terms.const(0)
            if change is not None and sign.op == "slt" and sign.args == (change[2], zero):
                return change
        return None

    def _decide_joint(self, one: Term, ahead: int) -> bool | None:
        """Of `and` and `or` of truths; of other words, of `or` alone."""
        ends = one.op == "or"
        if one.op == "and" and not all(_is_truth(arg) for arg in one.args):
            return None
        parts = [self.decide(arg, ahead) for arg in one.args]
        if ends in parts:
            return ends
        if parts == [not ends, not ends]:
            return not ends
        if ahead and self._nested <= _NESTED:
            for first, second in (one.args, one.args[::-1]):
                facts = self.assuming(first, not ends)
                if facts.dead or facts.decide(second, ahead - 1) is ends:
                    return ends
        return None

    # ------------------------------------------------------------ assumptions

    def narrow(self, one: Term, to: Interval | None) -> None:
        """A term is within these bounds as well."""
        now = self.bounds(one)
        found = None if to is None else meet(now, to)
        if found is None:
            self.dead = True
            return
        if found == self.bounded.get(one, one.free):
            return
        self.bounded[one] = found
        self._cache.clear()
        if one.op == "div" and one.args[1].op == "const" and (by := one.args[1].args[0]):
            self.narrow(one.args[0], unsigned(found[0] * by, min(found[1] * by + by - 1, WORD - 1)))

    def put_in_order(self, is_signed: bool, a: Term, b: Term, strict: bool = False) -> None:
        """a is not above b, or is below it."""
        x, y = self.bounds(a), self.bounds(b)
        if is_signed:
            self.narrow(a, _between(-HALF, y[3] - strict))
            self.narrow(b, _between(x[2] + strict, HALF - 1))
        else:
            self.narrow(a, _unsigned(0, y[1] - strict))
            self.narrow(b, _unsigned(x[0] + strict, WORD - 1))
        if a.op != "const" and b.op != "const":
            self.add_pair(is_signed, a, b, strict)

    def add_pair(self, is_signed: bool, a: Term, b: Term, strict: bool) -> None:
        """Remember an order."""
        pairs = self.order.get((is_signed, a), ())
        if (b, strict) not in pairs:
            self.order[is_signed, a] = (*pairs, (b, strict))
            self._cache.clear()

    def note(self, condition: Term, holds: bool) -> None:
        """Remember an answer."""
        if self.known.get(condition) is not holds:
            self.known[condition] = holds
            if condition.op in _WRAPS:
                self._cache.clear()

    def assume(self, one: Term, holds: bool) -> bool:
        """A condition holds, or fails, from here on; false if no run comes here then."""
        if self.dead:
            return False
        decided = self.decide(one)
        if decided is not None and decided is not holds:
            self.dead = True
            return False
        if one.op == "iszero":
            return self.assume(one.args[0], not holds)
        self.note(one, holds)
        a, b = one.args if len(one.args) == 2 else (one, one)
        if one.op in ("lt", "slt"):
            is_signed = one.op == "slt"
            self._learn_wrap(one, holds)
            self.put_in_order(is_signed, *((a, b) if holds else (b, a)), strict=holds)
        elif one.op in ("eq", "xor", "sub"):
            self._assume_equal(a, b, holds is (one.op == "eq"))
        elif one.op == "carry" and not holds:
            self._learn(one)
        elif one.op in ("and", "or") and holds is (one.op == "and"):
            if one.op == "or" or all(map(_is_truth, one.args)):
                self.assume(a, holds)
                self.assume(b, holds)
        elif one.op == "or":
            self._assume_any(a, b)
        if one.op not in TRUTHS:
            self.narrow(one, unsigned(1, WORD - 1) if holds else unsigned(0, 0))
        return not self.dead

    def _learn(self, carry: Term) -> None:
        """A sum did not wrap."""
        made = self.terms.find("add", *carry.args)
        for arg, other in (carry.args, carry.args[::-1]):
            self.narrow(arg, unsigned(0, WORD - 1 - self.bounds(other)[0]))
            if made is not None:
                self.put_in_order(False, arg, made)

    def _learn_wrap(self, one: Term, holds: bool) -> None:
        """x + y < x, where the sign of y is known: nothing wrapped, if it is as it should be."""
        change = self._wrapped(one)
        if change is not None:
            low, high = self.bounds(change[2])[2:]
            if (high < 0) if holds else (low >= 0):
                self._learn_signed(*change)

    def _learn_signed(self, kind: str, a: Term, b: Term) -> None:
        self.note(self.terms.make("signed sum" if kind == "add" else "signed difference", a, b), True)

    def _assume_equal(self, a: Term, b: Term, holds: bool) -> None:
        if not holds:
            for x, y in ((a, b), (b, a)):
                if y.op == "sub" and y.args[0].free[1] == 0 and y.args[1] is x:  # as abs() asks
                    self.narrow(x, between(1 - HALF, HALF - 1))
                for is_signed in (False, True):
                    if self.is_ordered(is_signed, x, y):
                        self.put_in_order(is_signed, x, y, strict=True)
            return
        for x, y in ((a, b), (b, a)):
            self.narrow(x, self.bounds(y))
            for is_signed in (False, True):
                self.put_in_order(is_signed, x, y)
        if a.op in TRUTHS and b.op in TRUTHS and (change := self._checked(a, b)) is not None:
            self._learn_signed(*change)
        if (factors := _divided(a, b)) is not None and self.decide(factors[2], 0):
            self._learn_product(*factors)

    def _learn_product(self, is_signed: bool, a: Term, b: Term) -> None:
        """a * b / b was a, or b is 0. Signed, -2**255 * -1 passes that, too."""
        if is_signed and self.bounds(a)[2] == -HALF and self.bounds(b)[2] <= -1 <= self.bounds(b)[3]:
            return
        self.note(self.terms.make(_product(is_signed), a, b), True)

    def _assume_any(self, a: Term, b: Term) -> None:
        for check, zero in ((a, b), (b, a)):
            factors = _divided(*check.args) if check.op == "eq" else None
            if factors is not None and zero.op == "iszero" and zero.args[0] is factors[2]:
                self._learn_product(*factors)
        for first, second in ((a, b), (b, a)):
            if self.decide(first) is False:
                self.assume(second, True)


def _product(is_signed: bool) -> str:
    return "signed product" if is_signed else "unsigned product"


def _is_truth(one: Term) -> bool:
    return one.free[1] <= 1


def _divided(a: Term, b: Term) -> tuple[bool, Term, Term] | None:
    """(x * y) / y == x: whether it is signed, x and y."""
    for quotient, x in ((a, b), (b, a)):
        if quotient.op in ("div", "sdiv") and quotient.args[0].op == "mul":
            y = quotient.args[1]
            if quotient.args[0].args in ((x, y), (y, x)):
                return quotient.op == "sdiv", x, y
    return None


def _meet(a: Interval, b: Interval) -> Interval:
    return meet(a, b) or a


def _clipped(slow: int, shigh: int) -> Interval:
    return between(max(slow, -HALF), min(shigh, HALF - 1))


def _unsigned(low: int, high: int) -> Interval | None:
    return unsigned(low, high) if low <= high else None


def _between(slow: int, shigh: int) -> Interval | None:
    return between(slow, shigh) if slow <= shigh else None
