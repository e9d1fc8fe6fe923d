"""Words for tests of intervals and terms, and what operations of the EVM make of them."""

import random
from collections.abc import Callable
from typing import Final

from walras.audit.bounds.intervals import HALF, WORD, signed

EDGES: Final = [
    *(0, 1, 2, 3, 7, 31, 32, 255, 256, 10**4, 10**18),
    *(2**bits + shift for bits in (8, 64, 127, 128, 160, 254, 255) for shift in (-1, 0, 1)),
    *(WORD - number for number in (1, 2, 3, 256, 10**18, 2**64, 2**128)),
]


def word(draw: random.Random) -> int:
    """An edge, or any of some width."""
    if draw.random() < 0.5:
        return draw.choice(EDGES)
    found = draw.getrandbits(draw.choice((1, 8, 64, 128, 250, 256)))
    return found if draw.random() < 0.7 else -found % WORD


def _divided(a: int, b: int) -> int:
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _extended(size: int, a: int) -> int:
    if size > 30:
        return a
    bits = 8 * (size + 1)
    low = a % 2**bits
    return low - 2**bits if low >> (bits - 1) else low


MEANINGS: Final[dict[str, Callable[..., int]]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a // b if b else 0,
    "sdiv": lambda a, b: _divided(signed(a), signed(b)) if b else 0,
    "mod": lambda a, b: a % b if b else 0,
    "smod": lambda a, b: abs(signed(a)) % abs(signed(b)) * (-1 if a >= HALF else 1) if b else 0,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "not": lambda a: ~a,
    "shl": lambda by, a: a << by if by < 256 else 0,
    "shr": lambda by, a: a >> by if by < 256 else 0,
    "sar": lambda by, a: signed(a) >> min(by, 256),
    "signextend": _extended,
    "byte": lambda at, a: a >> (248 - 8 * at) & 255 if at < 32 else 0,
    "exp": lambda a, b: pow(a, b, WORD),
    "addmod": lambda a, b, n: (a + b) % n if n else 0,
    "mulmod": lambda a, b, n: a * b % n if n else 0,
    "lt": lambda a, b: int(a < b),
    "gt": lambda a, b: int(a > b),
    "slt": lambda a, b: int(signed(a) < signed(b)),
    "sgt": lambda a, b: int(signed(a) > signed(b)),
    "eq": lambda a, b: int(a == b),
    "iszero": lambda a: int(a == 0),
    "carry": lambda a, b: int(a + b >= WORD),
    "select": lambda which, a, b: a if which else b,
}
"""Of words read unsigned; the result is taken modulo 2**256."""


def meaning(op: str, *args: int) -> int:
    """The word that an operation gives."""
    return MEANINGS[op](*args) % WORD
