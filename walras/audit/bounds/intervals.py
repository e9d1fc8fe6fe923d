"""Sets of 256-bit words, by bounds: what an operation of the EVM makes of words within theirs.

An interval is (low, high, slow, shigh): the least and the greatest word, read unsigned, and read signed. Each
function here is sound: words within the intervals that it is given have a result within the one that it
answers (`tests/unit/devtools/test_intervals.py` asks pyrevm). None is the empty set.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

Interval = tuple[int, int, int, int]

WORD: Final = 1 << 256
HALF: Final = 1 << 255
TOP: Final[Interval] = (0, WORD - 1, -HALF, HALF - 1)
BOOL: Final[Interval] = (0, 1, 0, 1)


def signed(word: int) -> int:
    """A word read as two's complement."""
    return word - WORD if word >= HALF else word


def point(number: int) -> Interval:
    """One word alone."""
    word = number % WORD
    return word, word, signed(word), signed(word)


def tight(low: int, high: int, slow: int, shigh: int) -> Interval | None:
    """The same words, each bound as near as the others tell; None if there are none."""
    first, last = max(low, slow), min(high, shigh)  # of those that are not negative
    nfirst, nlast = max(low, slow + WORD), min(high, min(shigh, -1) + WORD)
    if first > last:
        return (nfirst, nlast, nfirst - WORD, nlast - WORD) if nfirst <= nlast else None
    if nfirst > nlast:
        return first, last, first, last
    return first, nlast, nfirst - WORD, last


def unsigned(low: int, high: int) -> Interval:
    """Words between two."""
    return tight(low, high, -HALF, HALF - 1) or TOP


def between(slow: int, shigh: int) -> Interval:
    """Words that read signed are between two."""
    return tight(0, WORD - 1, slow, shigh) or TOP


@lru_cache(1 << 16)
def meet(a: Interval, b: Interval) -> Interval | None:
    """What is in both."""
    return tight(max(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), min(a[3], b[3]))


def hull(a: Interval, b: Interval) -> Interval:
    """What is in one of them, and what is between."""
    return min(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), max(a[3], b[3])


def within(a: Interval, b: Interval) -> bool:
    """Whether all of a is in b."""
    return a[0] >= b[0] and a[1] <= b[1] and a[2] >= b[2] and a[3] <= b[3]


def _both(low: int, high: int, slow: int, shigh: int) -> Interval:
    """From bounds of the true results: each pair holds if no result leaves its range, and wraps if all do."""
    turns = low // WORD
    low, high = (low % WORD, high % WORD) if high // WORD == turns else (0, WORD - 1)
    turns = (slow + HALF) // WORD
    if (shigh + HALF) // WORD == turns:
        slow, shigh = slow - turns * WORD, shigh - turns * WORD
    else:
        slow, shigh = -HALF, HALF - 1
    return tight(low, high, slow, shigh) or TOP


def add(a: Interval, b: Interval) -> Interval:
    """ADD."""
    return _both(a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3])


def sub(a: Interval, b: Interval) -> Interval:
    """SUB."""
    return _both(a[0] - b[1], a[1] - b[0], a[2] - b[3], a[3] - b[2])


def corners(a: Interval, b: Interval) -> tuple[int, int]:
    """The least and the greatest product of two that are read signed."""
    ends = [x * y for x in a[2:] for y in b[2:]]
    return min(ends), max(ends)


def mul(a: Interval, b: Interval) -> Interval:
    """MUL."""
    low, high = corners(a, b)
    return _both(a[0] * b[0], a[1] * b[1], low, high)


def div(a: Interval, b: Interval) -> Interval:
    """DIV, which is 0 by 0."""
    return unsigned(a[0] // b[1] if b[0] else 0, a[1] // max(b[0], 1))


def sdiv(a: Interval, b: Interval) -> Interval:
    """SDIV, towards zero."""
    parts = [(low, high) for low, high in ((b[2], min(b[3], -1)), (max(b[2], 1), b[3])) if low <= high]
    ends = [_towards_zero(x, y) for x in a[2:] for part in parts for y in part]
    if b[2] <= 0 <= b[3] or a[2] <= 0 <= a[3]:
        ends.append(0)
    if max(ends) >= HALF:
        return TOP
    return between(min(ends), max(ends))


def _towards_zero(x: int, y: int) -> int:
    return abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)


def mod(a: Interval, b: Interval) -> Interval:
    """MOD, which is 0 by 0."""
    if a[0] == a[1] and b[0] == b[1]:
        return point(a[0] % b[0] if b[0] else 0)
    return a if a[1] < b[0] else unsigned(0, min(a[1], max(b[1] - 1, 0)))


def smod(a: Interval, b: Interval) -> Interval:
    """SMOD, with the sign of a."""
    most = max(abs(b[2]), abs(b[3]), 1) - 1
    return between(max(min(a[2], 0), -most), min(max(a[3], 0), most))


def and_(a: Interval, b: Interval) -> Interval:
    """AND."""
    for x, y in ((a, b), (b, a)):
        if x[0] != x[1]:
            continue
        mask = x[0]
        if mask & (mask + 1) == 0 and y[1] <= mask:
            return y
        if (WORD - mask) & (WORD - mask - 1) == 0:  # ones, then zeros
            return unsigned(y[0] & mask, y[1] & mask)
    return unsigned(0, min(a[1], b[1]))


def or_(a: Interval, b: Interval) -> Interval:
    """OR."""
    most = min((1 << (a[1] | b[1]).bit_length()) - 1, a[1] + b[1])
    return unsigned(max(a[0], b[0]), most)


def xor(a: Interval, b: Interval) -> Interval:
    """XOR."""
    if a[0] == a[1] and b[0] == b[1]:
        return point(a[0] ^ b[0])
    return unsigned(0, min((1 << (a[1] | b[1]).bit_length()) - 1, a[1] + b[1]))


def not_(a: Interval) -> Interval:
    """NOT."""
    return WORD - 1 - a[1], WORD - 1 - a[0], -1 - a[3], -1 - a[2]


def shl(by: Interval, a: Interval) -> Interval:
    """SHL."""
    if by[1] > 255:
        return point(0) if by[0] > 255 else TOP
    return mul(a, unsigned(1 << by[0], 1 << by[1]))


def shr(by: Interval, a: Interval) -> Interval:
    """SHR."""
    return unsigned(a[0] >> min(by[1], 256), a[1] >> min(by[0], 256))


def sar(by: Interval, a: Interval) -> Interval:
    """SAR, down."""
    ends = [x >> y for x in a[2:] for y in (min(by[0], 256), min(by[1], 256))]
    return between(min(ends), max(ends))


def signextend(size: Interval, a: Interval) -> Interval:
    """SIGNEXTEND of size + 1 bytes."""
    if size[1] > 30:
        return a if size[0] > 30 else TOP
    half = 1 << (8 * size[1] + 7)
    least = 1 << (8 * size[0] + 7)
    return a if -least <= a[2] and a[3] < least else between(-half, half - 1)


def byte(at: Interval, a: Interval) -> Interval:
    """BYTE."""
    return unsigned(0, min(255, a[1]))


def exp(a: Interval, b: Interval) -> Interval:
    """EXP."""
    if b[1] > 256 or (a[1] and a[1] ** b[1] >= WORD):
        return TOP
    return unsigned(a[0] ** b[0] if a[0] else 0, max(a[1] ** b[1], 1))


def addmod(a: Interval, b: Interval, n: Interval) -> Interval:
    """ADDMOD and MULMOD."""
    return unsigned(0, max(n[1] - 1, 0))


OPERATIONS: Final[dict[str, Callable[..., Interval]]] = {
    "add": add,
    "sub": sub,
    "mul": mul,
    "div": div,
    "sdiv": sdiv,
    "mod": mod,
    "smod": smod,
    "and": and_,
    "or": or_,
    "xor": xor,
    "not": not_,
    "shl": shl,
    "shr": shr,
    "sar": sar,
    "signextend": signextend,
    "byte": byte,
    "exp": exp,
    "addmod": addmod,
    "mulmod": addmod,
}
"""Operands in the order in which the EVM takes them off the stack."""


@lru_cache(1 << 16)
def transfer(op: str, *parts: Interval) -> Interval:
    """What an operation makes of words within these."""
    return OPERATIONS[op](*parts)
