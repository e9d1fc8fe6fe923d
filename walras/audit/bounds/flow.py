"""How control flows through a contract's runtime code, each call of an internal function by itself.

A node is a stretch of code without a jump into it or out of it, and the labels that are on the stack there:
what Vyper's code returns to is a label that the caller pushed, so a function that is called from two places
has two copies of its nodes. Vyper knows no recursion; the nodes are finitely many.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from vyper.evm.opcodes import get_opcodes

from walras.audit.branches.codemap import FELL, JUMPED, JUMPI, opcodes

JUMP: Final = 0x56
JUMPDEST: Final = 0x5B
ENDS: Final = {0x00, 0xF3, 0xFD, 0xFE, 0xFF}
WRITES: Final = {0x37, 0x39, 0x3C, 0x3E, 0x52, 0x53, 0x5E, 0xF0, 0xF1, 0xF2, 0xF4, 0xF5, 0xFA}
"""Operations that write to memory."""

NAMES: Final[dict[int, str]] = {
    one[0]: name.lower() for name, one in get_opcodes().items() if one[0] is not None
}
TAKES: Final[dict[int, int]] = {one[0]: one[1] for one in get_opcodes().values() if one[0] is not None}
GIVES: Final[dict[int, int]] = {one[0]: one[2] for one in get_opcodes().values() if one[0] is not None}

Node = tuple[int, tuple[int | None, ...]]
"""Where it begins; the stack there, from its bottom: labels, and None for whatever else."""


class UnreadableError(ValueError):
    """Code of a form that is not known here."""


@dataclass(frozen=True, slots=True)
class Edge:
    """To a node."""

    way: int
    """JUMPED or FELL of a JUMPI, 0 where there is no choice."""
    to: Node


@dataclass(frozen=True, slots=True)
class Loop:
    """Nodes that lead back to their first."""

    head: Node
    body: "list[Node | Loop]"
    """In their order, without the head."""
    nodes: frozenset[Node]


@dataclass(frozen=True, slots=True)
class Flow:
    """Of a code."""

    code: bytes
    operations: dict[int, int]
    edges: dict[Node, tuple[Edge, ...]]
    order: list[Node | Loop]
    """Each after those that lead to it."""


def read(code: bytes) -> Flow:
    """Raises UnreadableError for code that jumps to where this cannot tell."""
    operations = dict(opcodes(code))
    edges: dict[Node, tuple[Edge, ...]] = {}
    first: Node = (0, ())
    ahead = [first]
    while ahead:
        node = ahead.pop()
        if node not in edges:
            edges[node] = tuple(_Walk(code, operations, node).edges())
            ahead += [edge.to for edge in edges[node]]
    return Flow(code, operations, edges, _ordered(edges, first))


class _Walk:
    """Along one node, with what is known of the stack: numbers, and the index into the table of selectors."""

    def __init__(self, code: bytes, operations: dict[int, int], node: Node) -> None:
        self.code = code
        self.operations = operations
        self.at = node[0]
        self.stack: list[Any] = list(node[1])
        self.is_clean = node == (0, ())
        """Whether memory is as a call finds it."""
        self.table: tuple[int, ...] = ()
        """Targets that the code copied one of to memory, of which nothing else is written."""

    def edges(self) -> Iterator[Edge]:
        """Where it leads."""
        begin = self.at
        while (op := self.operations.get(self.at, 0)) not in ENDS:
            if op == JUMPDEST and self.at != begin:
                yield self._edge(0, self.at)
                return
            if op in (JUMP, JUMPI):
                target = self.stack.pop()
                if op == JUMPI:
                    self.stack.pop()
                if op == JUMP and isinstance(target, tuple) and target[0] == "table":
                    yield from (self._edge(0, one) for one in sorted(set(self.table)))
                elif isinstance(target, int):
                    yield self._edge(JUMPED if op == JUMPI else 0, target)
                else:
                    raise UnreadableError(f"where does the jump at {self.at} lead?")
                if op == JUMPI:
                    yield self._edge(FELL, self.at + 1)
                return
            self._do(op)

    def _edge(self, way: int, to: int) -> Edge:
        if way != FELL and self.operations.get(to) != JUMPDEST:
            raise UnreadableError(f"no JUMPDEST at {to}")
        labels = (
            one if isinstance(one, int) and self.operations.get(one) == JUMPDEST else None
            for one in self.stack
        )
        return Edge(way, (to, tuple(labels)))

    def _do(self, op: int) -> None:
        if 0x5F <= op <= 0x7F:
            size = op - 0x5F
            self.stack.append(int.from_bytes(self.code[self.at + 1 : self.at + 1 + size]))
            self.at += size
        elif 0x80 <= op <= 0x8F:
            self.stack.append(self.stack[0x7F - op])
        elif 0x90 <= op <= 0x9F:
            place = 0x8F - op - 1
            self.stack[-1], self.stack[place] = self.stack[place], self.stack[-1]
        elif op in NAMES:
            taken = [self.stack.pop() for _ in range(TAKES[op])]
            result = self._result(op, taken)
            if op in WRITES:
                self.is_clean = False
            self.stack += [result] * GIVES[op]
        else:
            raise UnreadableError(f"operation {op:#x} at {self.at}")
        self.at += 1

    def _result(self, op: int, taken: list[Any]) -> Any:
        """The dispatcher: `codecopy(30, TABLE + (selector % n) * 2, 2)`, and a jump to that word."""
        if op in WRITES:
            self.table = ()
        match op, taken:
            case (0x06, [_, int(count)]):
                return "index", count
            case (0x16, [_, int(mask)]) if mask & (mask + 1) == 0:
                return "index", mask + 1
            case (0x1B, [1, ("index", count)]):
                return "double", count
            case (0x01, [int(table), ("double", count)]) | (0x01, [("double", count), int(table)]):
                return "entry", table, count
            case (0x39, [30, ("entry", table, count), 2]) if self.is_clean:
                places = (table + 2 * number for number in range(min(count, 1024)))
                self.table = tuple(int.from_bytes(self.code[place : place + 2]) for place in places)
            case (0x51, [0]) if self.table:
                return "table", self.table
        return None


def _ordered(edges: dict[Node, tuple[Edge, ...]], first: Node) -> list[Node | Loop]:
    """Nodes in an order in which each follows those that lead to it; what leads back is a loop."""
    before: dict[Node, set[Node]] = {node: set() for node in edges}
    for node, out in edges.items():
        for edge in out:
            before[edge.to].add(node)

    def parts(among: frozenset[Node], without: Node | None) -> Iterator[Node | Loop]:
        for part in reversed(list(_components(edges, among, without))):
            nodes = frozenset(part)
            if not any(before[node] & nodes for node in part):
                yield part[0]
                continue
            heads = [node for node in part if before[node] - nodes or node == first]
            if len(heads) != 1:
                raise UnreadableError(f"a loop with {len(heads)} ways into it")
            yield Loop(heads[0], list(parts(nodes - {heads[0]}, heads[0])), nodes)

    return list(parts(frozenset(edges), None))


def _components(
    edges: dict[Node, tuple[Edge, ...]], among: frozenset[Node], without: Node | None
) -> Iterator[list[Node]]:
    """Strongly connected ones (Tarjan), each before those that lead to it."""
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    path: list[Node] = []
    on_path: set[Node] = set()
    for root in among:
        if root in index:
            continue
        work: list[tuple[Node, Iterator[Edge]]] = []
        ahead: Node | None = root
        while work or ahead is not None:
            if ahead is not None:
                index[ahead] = low[ahead] = len(index)
                path.append(ahead)
                on_path.add(ahead)
                work.append((ahead, iter(edges[ahead])))
                ahead = None
            node, rest = work[-1]
            for edge in rest:
                if edge.to not in among or edge.to == without:
                    continue
                if edge.to not in index:
                    ahead = edge.to
                    break
                if edge.to in on_path:
                    low[node] = min(low[node], index[edge.to])
            if ahead is not None:
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == index[node]:
                found = []
                while True:
                    one = path.pop()
                    on_path.discard(one)
                    found.append(one)
                    if one == node:
                        break
                yield found
