"""Which opcodes a contract's code can ever execute."""

from typing import Final

NAMES: Final = {
    0x54: "SLOAD",
    0x55: "SSTORE",
    0x5C: "TLOAD",
    0x5D: "TSTORE",
    0xA0: "LOG0",
    0xA1: "LOG1",
    0xA2: "LOG2",
    0xA3: "LOG3",
    0xA4: "LOG4",
    0xF0: "CREATE",
    0xF1: "CALL",
    0xF2: "CALLCODE",
    0xF4: "DELEGATECALL",
    0xF5: "CREATE2",
    0xFA: "STATICCALL",
    0xFF: "SELFDESTRUCT",
}
"""Those that read or write state, log, call or create."""

_JUMPDEST: Final = 0x5B
_JUMP: Final = 0x56
_PUSH1, _PUSH32 = 0x60, 0x7F
_KNOWN: Final = {
    *range(0x0C),
    *range(0x10, 0x1E),
    0x20,
    *range(0x30, 0x4B),
    *range(0x50, 0xA5),
    *range(0xF0, 0xF6),
    0xFA,
    0xFD,
    0xFF,
}
_ENDS: Final = {0x00, _JUMP, 0xF3, 0xFD, 0xFE, 0xFF}  # STOP, JUMP, RETURN, REVERT, INVALID, SELFDESTRUCT


def reachable(code: bytes) -> list[str]:
    """Names of the opcodes of NAMES in the code, one for each place where execution can come.

    Execution begins at 0 or at a JUMPDEST outside push data, and goes on until it stops or jumps. Data behind
    the code is met only as far as it contains a byte like JUMPDEST: too much is found, never too little.
    """
    found = []
    alive = True
    at = 0
    while at < len(code):
        opcode = code[at]
        alive = alive or opcode == _JUMPDEST
        if alive and opcode in NAMES:
            found.append(NAMES[opcode])
        if opcode in _ENDS or opcode not in _KNOWN:
            alive = False
        at += 1
        if _PUSH1 <= opcode <= _PUSH32:
            at += opcode - _PUSH1 + 1
    return found
