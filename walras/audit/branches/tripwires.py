"""Tripwires in a contract's code: who goes a way of a JUMPI that has one halts there, and burns its gas.

Nothing else about the code changes: what trips no wire runs as it would without them. There is one wire for
each way of each JUMPI, and each stands where only that way leads:

- to jump: the constant that the PUSH before the JUMPI puts on the stack becomes 0, where no JUMPDEST is;
- to fall through: the byte behind the JUMPI becomes INVALID;
- to fall through onto a JUMPDEST, which others may jump to: PUSH and JUMPI become a jump to a stub behind
  the code, which decides as the JUMPI did and has the INVALID. A pass costs 12 gas more. Zeros stand between
  code and stubs: the last bytes of a code are data, and may look like a PUSH that would swallow a JUMPDEST.
"""

from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from walras.audit.branches.codemap import FELL, JUMPED, branches, is_of_data
from walras.devtools.compiler import PROJECT_ROOT

JUMP, JUMPI, JUMPDEST, PUSH2, INVALID = 0x56, 0x57, 0x5B, 0x61, 0xFE
LONGEST_PUSH: Final = 32

Outcome = tuple[int, int]
"""Place of a JUMPI, and JUMPED or FELL."""
Outcomes = dict[int, int]
"""By place of a JUMPI: JUMPED, FELL, or both."""


@dataclass(frozen=True, slots=True)
class Wires:
    """The wires of one contract's runtime code."""

    runtime: bytes
    """Without immutables."""
    places: tuple[int, ...]
    """Of its JUMPIs."""
    checks: frozenset[int] = frozenset()
    """Those of its JUMPIs that are checks which the compiler made of data or of an answer."""

    def outcomes(self) -> list[Outcome]:
        """All that there are."""
        return [(place, way) for place in self.places for way in (JUMPED, FELL)]

    def has_stub(self, outcome: Outcome) -> bool:
        """Whether the wire changes what a pass that does not trip it costs."""
        return outcome[1] == FELL and self.runtime[outcome[0] + 1] == JUMPDEST

    def strung(self, code: bytes, wires: Set[Outcome], slack: Set[Outcome] = frozenset()) -> bytes:
        """Deployed code with these wires. Those that are `slack` have a stub that trips nobody."""
        made, stubs = bytearray(code), bytearray(LONGEST_PUSH)
        jumping = {place for place, way in wires if way == JUMPED}
        for place in jumping:
            made[place - 2 : place] = b"\0\0"
        for place, way in wires:
            if way != FELL:
                continue
            if made[place + 1] != JUMPDEST:
                made[place + 1] = INVALID
                continue
            stub = len(code) + len(stubs)
            target = bytes(made[place - 2 : place])
            rest = (
                bytes([PUSH2, *(place + 1).to_bytes(2), JUMP]) if (place, way) in slack else bytes([INVALID])
            )
            stubs += bytes([JUMPDEST, PUSH2, *target, JUMPI]) + rest
            made[place - 2 : place + 1] = bytes([*stub.to_bytes(2), JUMP])
        return bytes(made + stubs) if len(stubs) > LONGEST_PUSH else bytes(made)


def wires_of(runtime: bytes, places: tuple[int, ...], checks: frozenset[int] = frozenset()) -> Wires:
    """Wires for the JUMPIs of a code. Raises ValueError where one is of a form that has no wire."""
    for place in places:
        if runtime[place] != JUMPI or runtime[place - 3] != PUSH2:
            raise ValueError(f"no PUSH2 before the JUMPI at {place}")
    return Wires(runtime, places, checks)


def wires(name: str, root: Path = PROJECT_ROOT) -> Wires:
    """Of a contract of the project, or of a tree of sources."""
    runtime, found = branches(name, root)
    checks = frozenset(one.place for one in found if is_of_data(one))
    return wires_of(runtime, tuple(one.place for one in found), checks)
