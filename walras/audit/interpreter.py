"""A plain EVM in Python that notes both ways of every JUMPI: it runs one call on the state of a pyrevm.

Slow (about a million instructions a second), so it is asked of chosen calls alone. It changes nothing: what
it writes is forgotten. Gas is not counted, but GAS answers what the call was given, so a call that runs out
of gas differs from pyrevm; `Tracer.run` hands back what it found, for the caller to compare.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature, ValidationError
from eth_utils.crypto import keccak

from walras.deploy.executor import contract_address

WORD: Final = 2**256
MASK: Final = WORD - 1
TOP: Final = 1 << 255
JUMPED: Final = 1
FELL: Final = 2

Outcomes = dict[int, int]
"""By place of a JUMPI in the code: JUMPED, FELL, or both."""


class UnsupportedError(Exception):
    """An instruction or precompile that this EVM does not have."""


@dataclass(slots=True)
class Code:
    """A contract's code, read once: instructions with their constants, and where a jump may land."""

    raw: bytes
    ops: list[tuple[int, int, int]] = field(default_factory=list)
    """Operation, constant, place."""
    landings: dict[int, int] = field(default_factory=dict)
    """By place, number of the instruction."""
    taken: Outcomes = field(default_factory=dict)

    def __post_init__(self) -> None:
        at, raw = 0, self.raw
        while at < len(raw):
            op = raw[at]
            size = op - 0x5F if 0x5F <= op <= 0x7F else 0
            if op == 0x5B:
                self.landings[at] = len(self.ops)
            if size or op == 0x5F:
                self.ops.append((0x60, int.from_bytes(raw[at + 1 : at + 1 + size].ljust(size, b"\0")), at))
            else:
                self.ops.append((op, 0, at))
            at += 1 + size
        self.ops.append((0, 0, at))


@dataclass(slots=True)
class _Frame:
    """What a call runs in."""

    code: Code
    here: int
    caller: int
    value: int
    data: bytes
    static: bool


class Tracer:
    """Runs calls on the state of a pyrevm's EVM, and sums up what its JUMPIs did, by code."""

    def __init__(self, evm: Any) -> None:
        self.evm = evm
        self.codes: dict[bytes, Code] = {}
        self.instructions = 0
        self.found = 0
        """Outcomes that were new, over all calls."""
        self._time = 0
        self._origin = 0
        self._gas = 0
        self._storage: dict[tuple[int, int], int] = {}
        self._transient: dict[tuple[int, int], int] = {}
        self._balances: dict[int, int] = {}
        self._deployed: dict[int, Code] = {}
        self._by_address: dict[int, Code] = {}
        self._nonces: dict[int, int] = {}

    def run(
        self, sender: str, to: str, data: bytes, time: int, gas: int, value: int = 0, static: bool = False
    ) -> tuple[bool, bytes]:
        """A transaction: whether it went through, and what it returned. Raises UnsupportedError."""
        self._time, self._origin, self._gas = time, int(sender, 16), gas
        self._storage, self._transient, self._balances = {}, {}, {}
        self._deployed, self._nonces, self._by_address = {}, {}, {}
        code = self._code(int(to, 16))
        frame = _Frame(code, int(to, 16), self._origin, value, data, static)
        if value:
            self._pay(self._origin, int(to, 16), value)
        return self._call(frame)

    # ------------------------------------------------------------ state

    def _code(self, at: int) -> Code:
        found = self._deployed.get(at) or self._by_address.get(at)
        if found is None:
            raw = bytes(self.evm.get_code(_hexed(at)) or b"")
            found = self._by_address[at] = self.known(raw)
        return found

    def known(self, raw: bytes) -> Code:
        """A code by its bytes; deployments of the same bytes share what their JUMPIs did."""
        if raw not in self.codes:
            self.codes[raw] = Code(raw)
        return self.codes[raw]

    def _load(self, at: int, slot: int) -> int:
        found = self._storage.get((at, slot))
        if found is None:
            if at in self._deployed:
                return 0
            found = self._storage[at, slot] = int(self.evm.storage(_hexed(at), slot))
        return found

    def _balance(self, at: int) -> int:
        found = self._balances.get(at)
        return int(self.evm.get_balance(_hexed(at))) if found is None else found

    def _pay(self, giver: int, taker: int, value: int) -> bool:
        if self._balance(giver) < value:
            return False
        self._balances[giver] = self._balance(giver) - value
        self._balances[taker] = self._balance(taker) + value
        return True

    # ------------------------------------------------------------ calls

    def _call(self, frame: _Frame) -> tuple[bool, bytes]:
        """Run a frame; where it fails, all that it changed is as before."""
        if not frame.code.raw and 1 <= frame.here <= 10:
            return _precompiled(frame.here, frame.data)
        kept = (
            dict(self._storage),
            dict(self._transient),
            dict(self._balances),
            dict(self._deployed),
            dict(self._nonces),
        )
        went, answer = self._execute(frame)
        if not went:
            self._storage, self._transient, self._balances, self._deployed, self._nonces = kept
        return went, answer

    def _create(self, frame: _Frame, init: bytes, value: int) -> int:
        nonce = self._nonces.get(frame.here)
        if nonce is None:
            nonce = int(self.evm.basic(_hexed(frame.here)).nonce)
        self._nonces[frame.here] = nonce + 1
        at = int(contract_address(_hexed(frame.here), nonce), 16)
        went, body = self._call(_Frame(Code(init), at, frame.here, value, b"", False))
        if not went:
            return 0
        self._deployed[at] = self.known(body)
        return at

    def _execute(self, frame: _Frame) -> tuple[bool, bytes]:
        """The loop; a long list of instructions, the most frequent first."""
        code, data, here = frame.code, frame.data, frame.here
        ops, landings, taken = code.ops, code.landings, code.taken
        stack: list[int] = []
        push, pop = stack.append, stack.pop
        memory, returned = bytearray(), b""
        at = count = 0

        def grow(end: int) -> None:
            if end > len(memory):
                if end > 2**24:
                    raise UnsupportedError("memory of more than 16 MB")
                memory.extend(bytes(-(-end // 32) * 32 - len(memory)))

        def read(start: int, size: int) -> bytes:
            if not size:
                return b""
            grow(start + size)
            return bytes(memory[start : start + size])

        def put(start: int, source: bytes, origin: int, size: int) -> None:
            if size:
                grow(start + size)
                memory[start : start + size] = source[origin : origin + size].ljust(size, b"\0")

        try:
            while True:
                op, constant, place = ops[at]
                at += 1
                count += 1
                if op == 0x60:
                    push(constant)
                elif 0x80 <= op <= 0x8F:
                    push(stack[0x7F - op])
                elif 0x90 <= op <= 0x9F:
                    stack[-1], stack[0x8E - op] = stack[0x8E - op], stack[-1]
                elif op == 0x50:
                    pop()
                elif op == 0x5B:
                    pass
                elif op == 0x52:
                    start = pop()
                    grow(start + 32)
                    memory[start : start + 32] = pop().to_bytes(32)
                elif op == 0x51:
                    start = pop()
                    grow(start + 32)
                    push(int.from_bytes(memory[start : start + 32]))
                elif op == 0x57:
                    target = pop()
                    which = JUMPED if pop() else FELL
                    known = taken.get(place, 0)
                    if not known & which:
                        taken[place] = known | which
                        self.found += 1
                    if which == JUMPED:
                        if target not in landings:
                            return False, b""
                        at = landings[target]
                elif op == 0x56:
                    target = pop()
                    if target not in landings:
                        return False, b""
                    at = landings[target]
                elif op == 0x01:
                    push((pop() + pop()) & MASK)
                elif op == 0x03:
                    push((pop() - pop()) & MASK)
                elif op == 0x02:
                    push((pop() * pop()) & MASK)
                elif op == 0x15:
                    push(0 if pop() else 1)
                elif op == 0x10:
                    push(1 if pop() < pop() else 0)
                elif op == 0x11:
                    push(1 if pop() > pop() else 0)
                elif op == 0x14:
                    push(1 if pop() == pop() else 0)
                elif op == 0x16:
                    push(pop() & pop())
                elif op == 0x17:
                    push(pop() | pop())
                elif op == 0x18:
                    push(pop() ^ pop())
                elif op == 0x19:
                    push(pop() ^ MASK)
                elif op == 0x1C:
                    shift, word = pop(), pop()
                    push(word >> shift if shift < 256 else 0)
                elif op == 0x1B:
                    shift, word = pop(), pop()
                    push(word << shift & MASK if shift < 256 else 0)
                elif op == 0x1D:
                    shift, word = pop(), _signed(pop())
                    push(word >> min(shift, 256) & MASK)
                elif op == 0x12:
                    push(1 if _signed(pop()) < _signed(pop()) else 0)
                elif op == 0x13:
                    push(1 if _signed(pop()) > _signed(pop()) else 0)
                elif op == 0x04:
                    above, below = pop(), pop()
                    push(above // below if below else 0)
                elif op == 0x05:
                    above, below = _signed(pop()), _signed(pop())
                    quotient = abs(above) // abs(below) if below else 0
                    push((quotient if (above < 0) == (below < 0) else -quotient) & MASK)
                elif op == 0x06:
                    above, below = pop(), pop()
                    push(above % below if below else 0)
                elif op == 0x07:
                    above, below = _signed(pop()), _signed(pop())
                    rest = abs(above) % abs(below) if below else 0
                    push((-rest if above < 0 else rest) & MASK)
                elif op == 0x08:
                    first, second, modulus = pop(), pop(), pop()
                    push((first + second) % modulus if modulus else 0)
                elif op == 0x09:
                    first, second, modulus = pop(), pop(), pop()
                    push(first * second % modulus if modulus else 0)
                elif op == 0x0A:
                    base, power = pop(), pop()
                    push(pow(base, power, WORD))
                elif op == 0x0B:
                    size, word = pop(), pop()
                    if size < 31:
                        bit = 8 * size + 7
                        word &= (1 << bit + 1) - 1
                        word = word | (MASK ^ ((1 << bit + 1) - 1)) if word >> bit else word
                    push(word)
                elif op == 0x1A:
                    number, word = pop(), pop()
                    push(word >> 8 * (31 - number) & 255 if number < 32 else 0)
                elif op == 0x20:
                    start, size = pop(), pop()
                    push(int.from_bytes(keccak(read(start, size))))
                elif op == 0x35:
                    start = pop()
                    push(int.from_bytes(data[start : start + 32].ljust(32, b"\0")))
                elif op == 0x36:
                    push(len(data))
                elif op == 0x37:
                    put(pop(), data, pop(), pop())
                elif op == 0x38:
                    push(len(code.raw))
                elif op == 0x39:
                    put(pop(), code.raw, pop(), pop())
                elif op == 0x3B:
                    push(len(self._code(pop()).raw))
                elif op == 0x3C:
                    put_from = self._code(pop()).raw
                    put(pop(), put_from, pop(), pop())
                elif op == 0x3D:
                    push(len(returned))
                elif op == 0x3E:
                    start, origin, size = pop(), pop(), pop()
                    if origin + size > len(returned):
                        return False, b""
                    put(start, returned, origin, size)
                elif op == 0x3F:
                    raw = self._code(pop()).raw
                    push(int.from_bytes(keccak(raw)) if raw else 0)
                elif op == 0x5E:
                    start, origin, size = pop(), pop(), pop()
                    put(start, read(origin, size), 0, size)
                elif op == 0x53:
                    start, word = pop(), pop()
                    grow(start + 1)
                    memory[start] = word & 255
                elif op == 0x54:
                    push(self._load(here, pop()))
                elif op == 0x55:
                    slot, word = pop(), pop()
                    if frame.static:
                        return False, b""
                    self._storage[here, slot] = word
                elif op == 0x5C:
                    push(self._transient.get((here, pop()), 0))
                elif op == 0x5D:
                    slot, word = pop(), pop()
                    if frame.static:
                        return False, b""
                    self._transient[here, slot] = word
                elif op == 0x30:
                    push(here)
                elif op == 0x31:
                    push(self._balance(pop()))
                elif op == 0x32:
                    push(self._origin)
                elif op == 0x33:
                    push(frame.caller)
                elif op == 0x34:
                    push(frame.value)
                elif op == 0x42:
                    push(self._time)
                elif op == 0x46:
                    push(1)
                elif op == 0x47:
                    push(self._balance(here))
                elif op == 0x5A:
                    push(self._gas)
                elif op == 0x59:
                    push(len(memory))
                elif op == 0x58:
                    push(place)
                elif 0xA0 <= op <= 0xA4:
                    if frame.static:
                        return False, b""
                    read(pop(), pop())
                    del stack[len(stack) - (op - 0xA0) :]
                elif op in (0xF1, 0xF4, 0xFA):
                    pop()  # its gas
                    to = pop()
                    value = pop() if op == 0xF1 else 0
                    handed = read(pop(), pop())
                    start, size = pop(), pop()
                    if value and frame.static:
                        return False, b""
                    code_of = self._code(to) if to > 10 else Code(b"")
                    if op == 0xF4:
                        inner = _Frame(code_of, here, frame.caller, frame.value, handed, frame.static)
                        went, returned = self._call(inner)
                    elif value and not self._balance(here) >= value:
                        went, returned = False, b""
                    else:
                        kept = dict(self._balances)
                        if value:
                            self._pay(here, to, value)
                        static = frame.static or op == 0xFA
                        went, returned = self._call(_Frame(code_of, to, here, value, handed, static))
                        if not went:
                            self._balances = kept
                    put(start, returned, 0, min(size, len(returned)))
                    if size:
                        grow(start + size)
                    push(1 if went else 0)
                elif op == 0xF0:
                    value, start, size = pop(), pop(), pop()
                    returned = b""
                    push(self._create(frame, read(start, size), value))
                elif op == 0xF3:
                    return True, read(pop(), pop())
                elif op == 0xFD:
                    return False, read(pop(), pop())
                elif op == 0x00:
                    return True, b""
                elif op == 0xFE:
                    return False, b""
                else:
                    raise UnsupportedError(f"instruction {op:#x} at {place}")
        finally:
            self.instructions += count


def _signed(word: int) -> int:
    return word - WORD if word & TOP else word


def _hexed(at: int) -> str:
    return "0x" + at.to_bytes(20).hex()


def _precompiled(number: int, data: bytes) -> tuple[bool, bytes]:
    """Recovery of a signer, and the identity. Raises UnsupportedError for others."""
    if number == 4:
        return True, data
    if number != 1:
        raise UnsupportedError(f"precompile {number}")
    data = data[:128].ljust(128, b"\0")
    v, r, s = (int.from_bytes(data[at : at + 32]) for at in (32, 64, 96))
    if v not in (27, 28):
        return True, b""
    try:
        signer = Signature(vrs=(v - 27, r, s)).recover_public_key_from_msg_hash(data[:32])
    except (BadSignature, ValidationError):
        return True, b""
    return True, bytes(12) + signer.to_canonical_address()
