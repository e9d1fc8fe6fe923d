"""Which outcomes of the JUMPIs of a contract no call can take, as bounds of the words in it prove.

The runtime code itself is read, not its source: each call of an internal function by itself
(`flow.py`), each word as a term with bounds (`terms.py`, `facts.py`). Any calldata, storage,
answer of another contract, time below 2**64 and balance is taken to be possible, but for what the code
itself checks or masks. An outcome is proved where its condition cannot hold in any copy of its JUMPI on any
path to it.

Sound: where paths meet, what is known is what all of them know. A loop is run until what is known at its head
holds again behind each pass. Memory is known by words at constant places; a write to where bounds do not tell
forgets all words that it may reach. Code that cannot be read proves nothing.
"""

import functools
import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from walras.audit.bounds.facts import Facts
from walras.audit.bounds.flow import ENDS, GIVES, JUMP, JUMPDEST, NAMES, TAKES, Edge, Flow, Loop, Node, read
from walras.audit.bounds.intervals import (
    BOOL,
    OPERATIONS,
    TOP,
    WORD,
    Interval,
    hull,
    unsigned,
)
from walras.audit.bounds.paths import Answer, Place, State, covers, joined, widened
from walras.audit.bounds.terms import Term, Terms
from walras.audit.branches.codemap import FELL, JUMPED, JUMPI, branches
from walras.devtools.compiler import PROJECT_ROOT, find_contract, fingerprint

CACHE: Final = PROJECT_ROOT / ".cache" / "bounds"
MADE_BY: Final = sorted(Path(__file__).parent.glob("*.py"))
"""What a kept result was made by."""
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
    "timestamp": 64,
    "number": 64,
    "prevrandao": 256,
    "difficulty": 256,
    "gaslimit": 256,
    "gasprice": 256,
    "chainid": 256,
    "basefee": 256,
    "blobbasefee": 256,
    "pc": 256,
}
"""Words that are the same all through a call, and their bits: every client has 64 for time and number."""
_CALLS: Final = {"call": 5, "callcode": 5, "delegatecall": 4, "staticcall": 4}
"""Operand that says where in memory the answer goes."""

Outcome = tuple[int, int]
Answers = Callable[[int], list[Interval]]
"""Bounds of the words that a call of a selector is answered with; none where nothing is known of them."""


@functools.cache
def proved(name: str, root: Path = PROJECT_ROOT) -> frozenset[Outcome]:
    """Outcomes that no call can take, of a contract; kept in .cache."""
    made_by = hashlib.sha256(b"".join(path.read_bytes() for path in MADE_BY)).hexdigest()[:16]
    kept = CACHE / f"{name}-{fingerprint(find_contract(name, root), root)}-{made_by}.json"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}")
        code, found = branches(name, root)
        ways = {(one.place, way) for one in found for way in (JUMPED, FELL)}
        part.write_text(json.dumps(sorted(ways - possible(code))))
        part.replace(kept)
    return frozenset((place, way) for place, way in json.loads(kept.read_text()))


def possible(code: bytes, answers: Answers | None = None) -> set[Outcome]:
    """Those of a runtime code that are not proved to be out of reach."""
    analysis = Analysis(read(code), answers)
    analysis.run()
    return analysis.possible


Incoming = dict[Node, list[State]]


class Analysis:
    """Of one code, or of its calls with one selector; what it is answered may be bounded."""

    def __init__(self, flow: Flow, answers: Answers | None = None, selector: int | None = None) -> None:
        self.flow = flow
        self.terms = Terms()
        self.possible: set[Outcome] = set()
        self.returned: list[Interval] = []
        """Bounds of the words that it answers, as many as the longest answer has."""
        self.is_told = True
        """Whether all answers are words at a place that is known."""
        self._answers = answers
        self._selector = selector
        self._entry: int | None = None
        """That the dispatcher took from its table, where the selector is known."""
        self._at = 0

    def run(self) -> None:
        """Find all outcomes that may be possible."""
        first = State(Facts(self.terms), [], {})
        if self._selector is not None:
            first.facts.narrow(self._named("calldatasize", 256), unsigned(4, WORD - 1))
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
            elif len(coming) <= _APART and (self._decides(part) or self._returns(part)):
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

    def _returns(self, node: Node) -> bool:
        """Whether it ends in an answer: that lies where each `return` put it."""
        at = node[0] + 1
        while (op := self.flow.operations.get(at, 0)) not in ENDS | {JUMP, JUMPI, JUMPDEST}:
            at += 1 + max(0, op - 0x5F if op <= 0x7F else 0)
        return NAMES.get(op) == "return"

    def _around(self, loop: Loop, entry: State, states: Incoming) -> None:
        """Run a loop until what is known at its head holds again behind each pass."""
        entry.answer = None  # a pass may call, and is answered anew
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
        at, self._entry = node[0], None
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
        else:
            if NAMES.get(op) == "return":
                self._return(state, stack[-1], stack[-2])
        for edge in self._onward(node):
            states.setdefault(edge.to, []).append(state.copy())

    def _onward(self, node: Node) -> Iterable[Edge]:
        """Where it leads without a choice; from the dispatcher's table, to the entry of the selector."""
        edges = self.flow.edges[node]
        if self._entry is None or len(edges) == 1:
            return edges
        return [edge for edge in edges if edge.to[0] == self._entry]

    def _branch(
        self, at: int, condition: Term, state: State, edges: Iterable[Edge], states: Incoming
    ) -> None:
        decided = state.facts.decide(condition)
        short = state.cut_short()
        for edge in edges:
            holds = edge.way == JUMPED
            if decided is (not holds):
                continue
            way = state if decided is holds else state.copy()
            is_alive = way.facts.assume(condition, holds)
            if is_alive and short is not None and (short.dead or short.decide(condition) is (not holds)):
                way.learn()
            if not way.facts.dead:
                self.possible.add((at, edge.way))
                states.setdefault(edge.to, []).append(way)

    # ------------------------------------------------------------ operations

    def _do(self, name: str, taken: list[Term], state: State) -> Term | None:
        """What an operation gives, and what it does to memory and storage."""
        if name == "shr" and self._selector is not None and taken == self._first_bytes():
            return self.terms.const(self._selector)
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
            return self._call(name, taken, state)
        elif name == "returndatasize" and state.answer is not None:
            return state.answer.size
        elif name in ("create", "create2"):
            state.answer = None
            self._forget_storage(state)
            return self.terms.fresh(unsigned(0, 2**160 - 1))
        elif name == "msize":
            ends = [place + 32 for kind, place in state.cells if kind == "memory" and isinstance(place, int)]
            return self.terms.fresh(unsigned(max(ends, default=0), WORD - 1))
        return None

    def _call(self, name: str, taken: list[Term], state: State) -> Term:
        """Where it is answered by bounded words, they have names in memory from here on."""
        source, length, to, size = taken[_CALLS[name] - 2 : _CALLS[name] + 2]
        known: list[Interval] = []
        if self._answers is not None and name in ("call", "staticcall") and to.op == size.op == "const":
            selector = self._asked(state, source, length)
            known = [] if selector is None else self._answers(selector)[: size.args[0] // 32]
        self._forget(state, to, size)
        if name != "staticcall":
            self._forget_storage(state)
        success = self.terms.fresh(BOOL)
        state.answer = None
        if known:
            words = tuple((self.terms.fresh(), bounds) for bounds in known)
            state.answer = Answer(success, self.terms.fresh(), words)
            for at, (word, _) in enumerate(words):
                state.cells["memory", to.args[0] + 32 * at] = word
        return success

    def _asked(self, state: State, source: Term, length: Term) -> int | None:
        """The selector of a call, as the compiler stores it: the last four bytes of a word."""
        head = state.cells.get(("memory", source.args[0] - 28)) if source.op == "const" else None
        if head is None or head.op != "const" or state.facts.bounds(length)[0] < 4:
            return None
        return int(head.args[0]) % 2**32

    def _return(self, state: State, place: Term, size: Term) -> None:
        """Its words are added to what is answered."""
        if place.op != "const" or size.op != "const" or size.args[0] % 32:
            self.is_told = False
            return
        places = range(place.args[0], place.args[0] + size.args[0], 32)
        found = [state.cells.get(("memory", at)) for at in places]
        bounds = [TOP if one is None else state.facts.bounds(one) for one in found]
        both = [hull(a, b) for a, b in zip(self.returned, bounds, strict=False)]
        self.returned = both + max(self.returned, bounds, key=len)[len(both) :]

    def _first_bytes(self) -> list[Term]:
        """Operands of the shift that makes the selector."""
        return [self.terms.const(224), self.terms.make("calldataload", self.terms.const(0))]

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
        is_told = self._selector is not None and to.op == source.op == size.op == "const"
        if is_told and (to.args[0], size.args[0]) == (30, 2):
            # of two bytes in clean memory `flow.py` makes a jump's target only
            self._entry = int.from_bytes(self.flow.code[source.args[0] : source.args[0] + 2])
        if to.op == source.op == size.op == "const" and size.args[0] == 32:
            at, code = source.args[0], self.flow.code
            inside = at + 32 <= len(code)
            one = (
                self.terms.const(int.from_bytes(code[at : at + 32]))
                if inside
                else self.terms.make("code", source)
            )
            state.cells["memory", to.args[0]] = one
