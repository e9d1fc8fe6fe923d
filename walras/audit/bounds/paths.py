"""What is known at one place of a path through a contract's code, and where paths meet.

Where they meet, what is known is what all of them know. A loop's head moves outwards until it holds again.
"""

import functools
import itertools
from dataclasses import dataclass
from typing import Final

from walras.audit.bounds.facts import Facts
from walras.audit.bounds.intervals import HALF, TOP, Interval, hull, tight, within
from walras.audit.bounds.terms import Term, Terms

_WIDTHS: Final = ((8, 32, 64, 128, 255, 256), (64, 128, 255, 256), (255, 256))
_STEPS: Final = [[2**bits - 1 for bits in widths] for widths in _WIDTHS]
"""Bounds that a loop moves to while it does not settle, by pass; the last for all further ones."""

Place = tuple[str, int | Term]
"""Of the stack (from its bottom), of memory, storage or transient storage."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Of the last call on a path: bounds of its words in memory, if it succeeded and was long enough."""

    success: Term
    size: Term
    words: tuple[tuple[Term, Interval], ...]
    """From its first on."""


class State:
    """At one place of a path."""

    __slots__ = ("answer", "cells", "facts", "own", "stack")

    def __init__(
        self, facts: Facts, stack: list[Term], cells: dict[Place, Term], own: frozenset[Term] = frozenset()
    ) -> None:
        self.facts = facts
        self.stack = stack
        self.cells = cells
        self.own = own
        """Names of words that differed between the paths that met here."""
        self.answer: Answer | None = None

    def copy(self) -> "State":
        """For a path that goes on from here."""
        made = State(self.facts.copy(), list(self.stack), dict(self.cells))
        made.answer = self.answer
        return made

    def cut_short(self) -> Facts | None:
        """What holds if the last call succeeded with too short an answer; none if all is learned of it."""
        if self.answer is None or not self.answer.words or not self.facts.decide(self.answer.success):
            return None
        found, terms, size = self.facts.copy(), self.facts.terms, self.answer.size
        whole = terms.const(32 * len(self.answer.words))
        found.assume(terms.make("lt", size, whole), True)
        least = terms.find("select", terms.make("lt", whole, size), whole, size)
        if (
            least is not None and not found.dead
        ):  # what the compiler asks of it; bounds go deeper than conditions
            found.narrow(least, found.bounds(least))
        return found

    def learn(self) -> None:
        """The answer is as long as it should be."""
        if self.answer is not None:
            for word, bounds in self.answer.words:
                self.facts.narrow(word, bounds)
            self.answer = Answer(self.answer.success, self.answer.size, ())

    def places(self) -> dict[Place, Term]:
        """All words that are known."""
        return {("stack", at): one for at, one in enumerate(self.stack)} | self.cells


def joined(terms: Terms, states: list[State], is_loop: bool = False) -> State:
    """What is known on all of these paths; a word that differs between them gets a name of its own."""
    if len(states) == 1:
        return states[0]
    names: dict[tuple[Term, ...], Term] = {}

    def name(parts: tuple[Term, ...]) -> Term:
        if parts.count(parts[0]) == len(parts):
            return parts[0]
        if parts not in names:
            names[parts] = terms.fresh()
        return names[parts]

    stack = [name(parts) for parts in zip(*(state.stack for state in states), strict=True)]
    cells: dict[Place, Term] = {}
    for place, one in states[0].cells.items():
        others = [state.cells.get(place) for state in states[1:]]
        if None not in others:
            cells[place] = name((one, *others))  # type: ignore[arg-type]
    facts = Facts(terms)
    paths = [state.facts for state in states]
    for one in set(paths[0].bounded).intersection(*(path.bounded for path in paths[1:])):
        facts.bounded[one] = functools.reduce(hull, (path.bounded[one] for path in paths))
    for parts, one in names.items():
        found = (path.bounds(part) for path, part in zip(paths, parts, strict=True))
        facts.bounded[one] = functools.reduce(hull, found)
    for condition, holds in paths[0].known.items():
        if all(path.known.get(condition) is holds for path in paths):
            facts.known[condition] = holds
    _join_order(facts, paths, names, stack if is_loop else [])
    made = State(facts, stack, cells, frozenset(names.values()))
    made.answer = states[0].answer if all(state.answer is states[0].answer for state in states) else None
    return made


def _join_order(
    facts: Facts, paths: list[Facts], names: dict[tuple[Term, ...], Term], stack: list[Term]
) -> None:
    """Pairs in the order of the first path that the others have as well, under the new names.

    Of a loop, the stack is asked, too: Vyper has a loop's end there, and above it the number of the pass.
    """
    called: dict[Term, list[Term]] = {}
    before = {one: parts for parts, one in names.items()}
    for parts, one in names.items():
        called.setdefault(parts[0], []).append(one)
    wanted = [(False, a, b, True) for b, a in itertools.pairwise(stack) if a in before]
    for (is_signed, a), pairs in paths[0].order.items():
        for b, strict in pairs:
            if all((b, strict) in path.order.get((is_signed, a), ()) for path in paths):
                facts.add_pair(is_signed, a, b, strict)
            for x, y in itertools.product([a, *called.get(a, ())], [b, *called.get(b, ())]):
                if x is not a or y is not b:
                    wanted.append((is_signed, x, y, strict))
    same = itertools.repeat
    for is_signed, x, y, strict in wanted:
        each = zip(paths, before.get(x, same(x)), before.get(y, same(y)), strict=False)
        if x is not y and all(path.is_ordered(is_signed, a, b, strict) for path, a, b in each):
            facts.add_pair(is_signed, x, y, strict)


def covers(head: State, after: State) -> bool:
    """Whether all that is known at the head is so in `after`, too."""
    renamed: dict[Term, Term] = {}
    places = after.places()
    for place, one in head.places().items():
        other = places.get(place)
        if other is None or (renamed.setdefault(one, other) if one in head.own else one) is not other:
            return False
    facts = after.facts
    for one, bounds in head.facts.bounded.items():
        if not within(facts.bounds(renamed.get(one, one)), bounds):
            return False
    for (is_signed, a), pairs in head.facts.order.items():
        for b, strict in pairs:
            if not facts.is_ordered(is_signed, renamed.get(a, a), renamed.get(b, b), strict):
                return False
    return all(facts.known.get(one) is holds for one, holds in head.facts.known.items())


def widened(head: State, after: State, turn: int) -> State:
    """`after`, with bounds that grew since the last pass moved outwards at once."""
    places = head.places()
    for place, one in after.places().items():
        old = places.get(place)
        if old is None or one.op != "unknown" or one is old:
            continue
        was, now = head.facts.bounds(old), after.facts.bounds(one)
        if within(now, was):
            now = was if turn > 4 else now
        elif turn:
            now = hull(now, was)
            now = (
                now[0] if now[0] == was[0] else 0,
                now[1] if now[1] == was[1] else _next(now[1], turn),
                now[2] if now[2] == was[2] else -_next(-now[2] - 1, turn) - 1 if now[2] < 0 else 0,
                now[3] if now[3] == was[3] else _next(now[3], turn) if now[3] >= 0 else -1,
            )
            now = (now[0], now[1], max(now[2], -HALF), min(now[3], HALF - 1))
        after.facts.bounded[one] = tight(*now) or TOP
    after.facts._cache.clear()
    return after


def _next(number: int, turn: int) -> int:
    return next(step for step in _STEPS[min(turn, len(_STEPS)) - 1] if step >= number)
