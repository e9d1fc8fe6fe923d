"""Which outcomes of the JUMPIs of a contract no call can take, as bounds of the words in it prove.

The runtime code itself is read, not its source: each call of an internal function by itself
(`walras/audit/flow.py`), each word as a term with bounds (`terms.py`, `facts.py`). Any calldata, storage,
answer of another contract, time and balance is taken to be possible, but for what the code itself checks or
masks. An outcome is proved where its condition cannot hold in any copy of its JUMPI on any path to it.

Sound: where paths meet, what is known is what all of them know. A loop is run until what is known at its head
holds again behind each pass. Memory is known by words at constant places; a write to where bounds do not tell
forgets all words that it may reach. Code that cannot be read proves nothing.
"""

import functools
import hashlib
import itertools
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from walras.audit import flow as _flow
from walras.audit.branches.codemap import FELL, JUMPED, JUMPI, branches
from walras.audit.flow import ENDS, GIVES, JUMP, JUMPDEST, NAMES, TAKES, Edge, Flow, Loop, Node, read
from walras.devtools import facts as _facts
from walras.devtools import intervals as _intervals
from walras.devtools import terms as _terms
from walras.devtools.compiler import PROJECT_ROOT, find_contract, fingerprint
from walras.devtools.facts import Facts
from walras.devtools.intervals import (
    BOOL,
    HALF,
    OPERATIONS,
    TOP,
    WORD,
    hull,
    tight,
    unsigned,
    within,
)
from walras.devtools.terms import Term, Terms

_CACHE: Final = PROJECT_ROOT / ".cache" / "bounds"
_MADE_BY: Final = [Path(__file__), *(Path(str(one.__file__)) for one in (_facts, _flow, _intervals, _terms))]
_PASSES: Final = 60
_APART: Final = 8
"""Paths that are not joined before they part again."""
_ENVIRONMENT: Final = {
    "address": 160,
    "caller": 160,
    "origin": 160,
    "coinbase": 160,
    "callvalue": 256,
    "calldatasize": 256,
    "codesize": 256,
    "timestamp": 256,
    "number": 256,
    "prevrandao": 256,
    "difficulty": 256,
    "gaslimit": 256,
    "gasprice": 256,
    "chainid": 256,
    "basefee": 256,
    "blobbasefee": 256,
    "pc": 256,
}
"""Words that are the same all through a call, and their bits."""
_CALLS: Final = {"call": 5, "callcode": 5, "delegatecall": 4, "staticcall": 4}
"""Operand that says where in memory the answer goes."""
_WIDTHS: Final = ((8, 32, 64, 128, 255, 256), (64, 128, 255, 256), (255, 256))
_STEPS: Final = [[2**bits - 1 for bits in widths] for widths in _WIDTHS]
"""Bounds that a loop moves to while it does not settle, by pass; the last for all further ones."""

Place = tuple[str, int | Term]
"""Of the stack (from its bottom), of memory, storage or transient storage."""
Outcome = tuple[int, int]


@functools.cache
def proved(name: str, root: Path = PROJECT_ROOT) -> frozenset[Outcome]:
    """Outcomes that no call can take, of a contract; kept in .cache."""
    made_by = hashlib.sha256(b"".join(path.read_bytes() for path in _MADE_BY)).hexdigest()[:16]
    kept = _CACHE / f"{name}-{fingerprint(find_contract(name, root), root)}-{made_by}.json"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}")
        code, found = branches(name, root)
        ways = {(one.place, way) for one in found for way in (JUMPED, FELL)}
        part.write_text(json.dumps(sorted(ways - possible(code))))
        part.replace(kept)
    return frozenset((place, way) for place, way in json.loads(kept.read_text()))


def possible(code: bytes) -> set[Outcome]:
    """Those of a runtime code that are not proved to be out of reach."""
    analysis = Analysis(read(code))
    analysis.run()
    return analysis.possible


class State:
    """At one place of a path."""

    __slots__ = ("cells", "facts", "own", "stack")

    def __init__(
        self, facts: Facts, stack: list[Term], cells: dict[Place, Term], own: frozenset[Term] = frozenset()
    ) -> None:
        self.facts = facts
        self.stack = stack
        self.cells = cells
        self.own = own
        """Names of words that differed between the paths that met here."""

    def copy(self) -> "State":
        """For a path that goes on from here."""
        return State(self.facts.copy(), list(self.stack), dict(self.cells))

    def places(self) -> dict[Place, Term]:
        """All words that are known."""
        return {("stack", at): one for at, one in enumerate(self.stack)} | self.cells


Incoming = dict[Node, list[State]]


class Analysis:
    """Of one code."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.terms = Terms()
        self.possible: set[Outcome] = set()
        self._at = 0

    def run(self) -> None:
        """Find all outcomes that may be possible."""
        first = State(Facts(self.terms), [], {})
        self._along(self.flow.order, {(0, ()): [first]})

    # ------------------------------------------------------------ paths

    def _along(self, order: list[Node | Loop], states: Incoming) -> None:
        """Run nodes in their order; what leads elsewhere is left in `states`."""
        for part in order:
            head = part.head if isinstance(part, Loop) else part
            coming = states.pop(head, [])
            if not coming:
                continue
            if isinstance(part, Loop):
                self._around(part, joined(self.terms, coming), states)
            elif len(coming) <= _APART and self._decides(part):
                for state in coming:
                    self._node(part, state, states)
            else:
                self._node(part, joined(self.terms, coming), states)

    def _decides(self, node: Node) -> bool:
        """Whether a node only asks what the stack has on top: as `and` and `or` do, where their ways meet."""
        at = node[0] + 1
        while NAMES.get(self.flow.operations.get(at, 0)) == "iszero":
            at += 1
        return (
            NAMES.get(self.flow.operations.get(at, 0)) == "push2"
            and self.flow.operations.get(at + 3) == JUMPI
        )

    def _around(self, loop: Loop, entry: State, states: Incoming) -> None:
        """Run a loop until what is known at its head holds again behind each pass."""
        before, head = self.possible, entry
        for turn in range(_PASSES):
            self.possible = set()
            leaving: Incoming = {}
            self._node(loop.head, head.copy(), leaving)
            self._along(loop.body, leaving)
            back = leaving.pop(loop.head, [])
            if not back:
                break
            after = joined(self.terms, [entry, *back], is_loop=True)
            if covers(head, after):
                break
            head = widened(head, after, turn)
        else:
            raise RecursionError(f"the loop at {loop.head[0]} does not settle")
        self.possible |= before
        for node, found in leaving.items():
            states.setdefault(node, []).extend(found)

    def _node(self, node: Node, state: State, states: Incoming) -> None:
        at = node[0]
        operations, code = self.flow.operations, self.flow.code
        stack = state.stack
        while (op := operations.get(at, 0)) not in ENDS:
            self._at = at
            if op == JUMPDEST and at != node[0]:
                break
            if op in (JUMP, JUMPI):
                stack.pop()
                if op == JUMPI:
                    self._branch(at, stack.pop(), state, self.flow.edges[node], states)
                    return
                break
            if 0x5F <= op <= 0x7F:
                size = op - 0x5F
                stack.append(self.terms.const(int.from_bytes(code[at + 1 : at + 1 + size])))
                at += size
            elif 0x80 <= op <= 0x8F:
                stack.append(stack[0x7F - op])
            elif 0x90 <= op <= 0x9F:
                place = 0x8F - op - 1
                stack[-1], stack[place] = stack[place], stack[-1]
            else:
                taken = [stack.pop() for _ in range(TAKES[op])]
                result = self._do(NAMES[op], taken, state)
                if GIVES[op]:
                    stack.append(result or self.terms.fresh())
            at += 1
        for edge in self.flow.edges[node]:
            states.setdefault(edge.to, []).append(state.copy())

    def _branch(
        self, at: int, condition: Term, state: State, edges: Iterable[Edge], states: Incoming
    ) -> None:
        decided = state.facts.decide(condition)
        for edge in edges:
            holds = edge.way == JUMPED
            if decided is (not holds):
                continue
            way = state if decided is holds else state.copy()
            if way.facts.assume(condition, holds):
                self.possible.add((at, edge.way))
                states.setdefault(edge.to, []).append(way)

    # ------------------------------------------------------------ operations

    def _do(self, name: str, taken: list[Term], state: State) -> Term | None:
        """What an operation gives, and what it does to memory and storage."""
        if name in OPERATIONS or name in ("lt", "gt", "slt", "sgt", "eq", "iszero"):
            return self.terms.make(name, *taken)
        if name in _ENVIRONMENT:
            return self._named(name, _ENVIRONMENT[name])
        if name == "calldataload":
            return self.terms.make(name, *taken)
        if name == "mload":
            return self._load(state, "memory", taken[0])
        if name in ("sload", "tload"):
            return self._load(state, name[0], taken[0])
        if name in ("sstore", "tstore"):
            self._store(state, name[0], *taken)
        elif name == "mstore":
            self._forget(state, taken[0], self.terms.const(32))
            if taken[0].op == "const":
                state.cells["memory", taken[0].args[0]] = taken[1]
        elif name == "mstore8":
            self._forget(state, taken[0], self.terms.const(1))
        elif name == "sha3":
            return self._hash(state, *taken)
        elif name in ("calldatacopy", "returndatacopy"):
            self._forget(state, taken[0], taken[2])
        elif name == "codecopy":
            self._copy_code(state, *taken)
        elif name == "extcodecopy":
            self._forget(state, taken[1], taken[3])
        elif name == "mcopy":
            self._copy(state, *taken)
        elif name in _CALLS:
            self._forget(state, *taken[_CALLS[name] : _CALLS[name] + 2])
            if name != "staticcall":
                self._forget_storage(state)
            return self.terms.fresh(BOOL)
        elif name in ("create", "create2"):
            self._forget_storage(state)
            return self.terms.fresh(unsigned(0, 2**160 - 1))
        elif name == "msize":
            ends = [place + 32 for kind, place in state.cells if kind == "memory" and isinstance(place, int)]
            return self.terms.fresh(unsigned(max(ends, default=0), WORD - 1))
        return None

    def _named(self, name: str, bits: int) -> Term:
        one = self.terms.make(name)
        one.free = unsigned(0, 2**bits - 1)
        return one

    def _load(self, state: State, kind: str, place: Term) -> Term:
        """A word, which has a name from then on."""
        if kind == "memory" and place.op != "const":
            return self.terms.fresh()
        key = (kind, place.args[0] if kind == "memory" else place)
        if key not in state.cells:
            state.cells[key] = self.terms.fresh()
        return state.cells[key]

    def _store(self, state: State, kind: str, place: Term, value: Term) -> None:
        for key in [key for key in state.cells if key[0] == kind]:
            if not (place.op == "const" and isinstance(key[1], Term) and key[1].op == "const"):
                del state.cells[key]
        state.cells[kind, place] = value

    def _forget_storage(self, state: State) -> None:
        for key in [key for key in state.cells if key[0] in ("s", "t")]:
            del state.cells[key]

    def _forget(self, state: State, place: Term, size: Term) -> None:
        """Bytes of memory are written, from somewhere in its bounds."""
        length = state.facts.bounds(size)[1]
        if length == 0:
            return
        low, high = state.facts.bounds(place)[:2]
        gone = [
            key
            for key in state.cells
            if key[0] == "memory" and isinstance(key[1], int) and low < key[1] + 32 and key[1] < high + length
        ]
        for key in gone:
            del state.cells[key]

    def _hash(self, state: State, place: Term, size: Term) -> Term | None:
        if place.op != "const" or size.op != "const" or size.args[0] % 32 or size.args[0] > 96:
            return None
        begin = place.args[0]
        places = range(begin, begin + size.args[0], 32)
        return self.terms.make("sha3", *(self._load(state, "memory", self.terms.const(at)) for at in places))

    def _copy(self, state: State, to: Term, source: Term, size: Term) -> None:
        moved: dict[Place, Term] = {}
        if to.op == source.op == size.op == "const":
            begin, target = source.args[0], to.args[0]
            for (kind, place), value in state.cells.items():
                if (
                    kind == "memory"
                    and isinstance(place, int)
                    and begin <= place <= begin + size.args[0] - 32
                ):
                    moved["memory", place - begin + target] = value
        self._forget(state, to, size)
        state.cells |= moved

    def _copy_code(self, state: State, to: Term, source: Term, size: Term) -> None:
        self._forget(state, to, size)
        if to.op == source.op == size.op == "const" and size.args[0] == 32:
            at, code = source.args[0], self.flow.code
            inside = at + 32 <= len(code)
            one = (
                self.terms.const(int.from_bytes(code[at : at + 32]))
                if inside
                else self.terms.make("code", source)
            )
            state.cells["memory", to.args[0]] = one


# ---------------------------------------------------------------- where paths meet


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
    return State(facts, stack, cells, frozenset(names.values()))


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
