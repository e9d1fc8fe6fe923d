"""Codes that stand in for a contract's: at one of the calls that come they lie, else they answer as it does.

The contract's own code lies at COPY meanwhile, and is run from there by DELEGATECALL, so that its storage and
its caller are as ever. How often it was called is told from which of some addresses are warm: a count that
static calls can keep, too, and that ends with the transaction. Pieces of code find their places by PC.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from walras.devtools.evm import address

COPY: Final = address(0xC0DE)
"""Where the true code lies meanwhile."""
WORD_GAS: Final = 31 * 100
"""Gas that TELLING burns for each word of the answer, and once more."""
WORDS: Final = 16
"""The first ones of an answer are bent."""
_EDGES: Final = (0, 1, 2**64, 2**255 - 1, 2**256 - 1)
_STRINGS: Final = ((2**256 - 1, 0), (2**255, 0), (64, 0), (65, 0), (96, 0), (32, 33), (32, 2**256 - 1))
"""Where a string of at most 32 bytes begins in 96 bytes, and its length."""
_MARKS: Final = 0xC0117
_WARM: Final = 1_000
"""BALANCE costs less where the address is warm, and more where it is cold."""
_LONG: Final = 2_052
"""Bytes of calldata, zeros but for the selector, that are enough for any function."""

ADD, MUL, SUB, GT, SHL, SHR = 0x01, 0x02, 0x03, 0x11, 0x1B, 0x1C
BALANCE, CALLER, CALLDATASIZE, CALLDATACOPY, RETURNDATASIZE, RETURNDATACOPY = (
    0x31,
    0x33,
    0x36,
    0x37,
    0x3D,
    0x3E,
)
POP, MSTORE, JUMPI, PC, GAS, JUMPDEST = 0x50, 0x52, 0x57, 0x58, 0x5A, 0x5B
PUSH0, DUP1, SWAP1, CALL, RETURN, DELEGATECALL, REVERT = 0x5F, 0x80, 0x90, 0xF1, 0xF3, 0xF4, 0xFD


def _push(number: int, size: int) -> bytes:
    return bytes([PUSH0 + size]) + number.to_bytes(size)


_ASK: Final = (
    bytes([CALLDATASIZE, PUSH0, PUSH0, CALLDATACOPY, PUSH0, PUSH0, CALLDATASIZE, PUSH0])
    + _push(int(COPY, 16), 20)
    + bytes([GAS, DELEGATECALL, RETURNDATASIZE, PUSH0, PUSH0, RETURNDATACOPY])
    + _push(6, 1)
    + bytes([PC, ADD, JUMPI, RETURNDATASIZE, PUSH0, REVERT, JUMPDEST])
)
"""The true answer comes into memory; a failure is passed on."""
TRUTH: Final = _ASK + bytes([RETURNDATASIZE, PUSH0, RETURN])
FAILURE: Final = bytes([PUSH0, PUSH0, REVERT])
"""Also undoes that it was called, so who fails once fails on."""
SILENCE: Final = bytes([PUSH0, PUSH0, RETURN])
TELLING: Final = (
    _ASK
    + bytes([RETURNDATASIZE, *_push(5, 1), SHR, *_push(1, 1), ADD, *_push(100, 1), MUL])
    + bytes([JUMPDEST, *_push(1, 1), SWAP1, SUB, DUP1, *_push(8, 1), PC, SUB, JUMPI])
    + bytes([RETURNDATASIZE, PUSH0, RETURN])
)
"""The truth, and gas burnt that tells how many words it has."""


def liar(turn: int, lie: bytes) -> bytes:
    """A code that lies when it is called after `turn` calls, and answers truly before and later."""
    return b"".join(_if_cold(number, TRUTH) for number in range(turn)) + _if_cold(turn, lie) + TRUTH


def lies(words: int) -> Iterator[bytes]:
    """Failure, the answer cut short, and the answer with a word at an edge, of an answer of so many words.

    Failures, too, that look like Error(string), of the size that such a one has, and are no such string.
    """
    yield FAILURE
    yield SILENCE
    for start, length in _STRINGS:
        memory = _push(start, 32) + _push(4, 1) + bytes([MSTORE]) + _push(length, 32) + _push(36, 1)
        yield memory + bytes([MSTORE, *_push(100, 1), PUSH0, REVERT])
    for number in range(min(words, WORDS)):
        yield _ASK + _push(32 * number + 31, 2) + bytes([PUSH0, RETURN])
        for value in _EDGES:
            changed = _push(value, 32) + _push(32 * number, 2) + bytes([MSTORE])
            yield _ASK + changed + bytes([RETURNDATASIZE, PUSH0, RETURN])


def calling_back(selectors: Iterable[bytes]) -> bytes:
    """The truth, after calling the caller by each selector."""
    made = bytearray()
    for selector in selectors:
        made += _push(int.from_bytes(selector), 4) + _push(224, 1) + bytes([SHL, PUSH0, MSTORE])
        made += bytes([PUSH0, PUSH0, *_push(_LONG, 2), PUSH0, PUSH0, CALLER, GAS, CALL, POP])
    return bytes(made) + TRUTH


def _if_cold(number: int, block: bytes) -> bytes:
    """Do what ends in an answer if nobody looked at this mark yet."""
    cost = bytes([GAS, *_push(_MARKS + number, 20), BALANCE, POP, GAS, SWAP1, SUB])
    skip = _push(_WARM, 2) + bytes([GT, *_push(3 + len(block), 2), PC, ADD, JUMPI])
    return cost + skip + block + bytes([JUMPDEST])
