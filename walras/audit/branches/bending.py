"""Bent calls: what no client sends, and what no contract answers. For the checks that the compiler adds.

Of each function the first call that goes through, and the first that fails, are made again on the same state,
and so is every call that passes for the first time a check of data or of an answer: with each word of its
data in turn at an edge, cut short, and with ether. And with each contract that it comes to (not for the first
that fails), at each of its calls, failing, answering too little, answering with a word at an edge, calling
back, or gone. All is undone, and then the call is made as it was.

Nothing is asserted of a bent call; it only shows that an outcome can be, and that what comes of it is a
revert or an answer. So a branch of the source that bent calls alone take counts as not tested.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any, Final

import pyrevm

from walras.audit.branches import lying
from walras.audit.branches.codemap import FELL, JUMPED, opcodes
from walras.audit.branches.watched import Notes, WatchedEvm
from walras.devtools.evm import PLENTY, code_at

PER_CALL: Final = 1
"""Calls that are bent of a function: of those that go through, and of those that fail."""
WORDS: Final = 32
"""The first ones of calldata are bent."""
TURNS: Final = 6
"""The first calls to a contract within one call get every lie."""
LATER: Final = 32
"""Later ones, up to this one, get failure and silence."""
STRANGERS: Final = 300
"""Selectors by chance that are tried on each contract."""
LONG: Final = 2_048
"""Bytes of arguments for every function."""
FILLINGS: Final = 40
"""Arguments by chance, of words that are offsets and lengths, and now and then an edge."""
PUSH4: Final = 0x63
BLUEPRINT: Final = 0xFE
"""First byte of a code that nobody calls, but that others are made from."""
_EDGES: Final = (
    0,
    1,
    2,
    255,
    2**16,
    2**32,
    2**64,
    2**128 - 1,
    2**128,
    2**160,
    2**255 - 1,
    2**255,
    2**256 - 1,
)
_OFFSETS: Final = (0, 1, 32, 64, 96, 128, 160, 192)


def bends(data: bytes) -> Iterator[bytes]:
    """Calldata with each of its first words in turn at an edge, and cut short."""
    for size in range(4):
        yield data[:size]
    yield data[:-1]
    for number in range(min(WORDS, (len(data) - 4) // 32)):
        at = 4 + 32 * number
        yield data[:at]
        word = int.from_bytes(data[at : at + 32])
        for value in sorted({*_EDGES, word + 1, word - 1, 2 * word}):
            if 0 <= value < 2**256 and value != word:
                yield data[:at] + value.to_bytes(32) + data[at + 32 :]


@cache
def fillings() -> tuple[bytes, ...]:
    """Arguments for functions that no test may call: zeros, ones, and what may be offsets and lengths."""
    random, made = Random(0), [bytes(LONG), b"\xff" * LONG]
    for _ in range(FILLINGS):
        words = [random.choice(_EDGES if random.random() < 0.2 else _OFFSETS) for _ in range(LONG // 32)]
        made.append(b"".join(word.to_bytes(32) for word in words))
    return tuple(made)


@dataclass(slots=True)
class Bends:
    """What bent calls took and what calls were bent, over all EVMs of a process."""

    notes: Notes
    done: Counter[tuple[str, bytes, bool]] = field(default_factory=Counter)
    """Calls that were bent: of a contract and a function, and whether they went through."""
    greeted: set[str] = field(default_factory=set)
    """Contracts that were called by every selector."""


@dataclass(frozen=True, slots=True)
class _Call:
    caller: str
    to: str
    data: bytes
    value: int | None
    is_static: bool


class BendingEvm(WatchedEvm):
    """A watched EVM that bends calls. What they take goes into notes of their own."""

    def __init__(self, notes: Notes, bends: Bends, **settings: Any) -> None:
        super().__init__(notes, **settings)
        self._bends = bends

    def message_call(
        self,
        caller: str,
        to: str,
        calldata: bytes | None = None,
        value: int | None = None,
        gas: int | None = None,
        gas_price: int | None = None,
        is_static: bool = False,
    ) -> Any:
        """The call, and before it those that it can be bent to."""

        def call() -> Any:
            return super(BendingEvm, self).message_call(
                caller, to, calldata, value, gas, gas_price, is_static
            )

        name, data = self.name_at(to), calldata or b""
        self._greet(caller)
        if not name:
            return call()
        checkpoint, known = self.snapshot(), len(self._notes.order)
        try:
            answer, error = call(), None
        except RuntimeError as failed:
            answer, error = None, failed
        key = name, data[:4], error is None
        is_new = self._passed_a_check(known)
        if is_new or self._bends.done[key] < PER_CALL:
            self._bends.done[key] += 1
            self.revert(checkpoint)
            self._bend(_Call(caller, to, data, value, is_static), lies=is_new or error is None)
            return call()
        self.commit()
        if error is not None:
            raise error
        return answer

    def _passed_a_check(self, known: int) -> bool:
        """Whether a check of data or answers was passed for the first time, and nobody failed it yet."""
        taken = self._bends.notes.taken
        return any(
            place in self._notes.wires[name].checks and (place, JUMPED + FELL - way) not in taken[name]
            for name, (place, way) in self._notes.order[known:]
        )

    # ------------------------------------------------------------ calls that are undone

    def _bend(self, call: _Call, lies: bool) -> None:
        plain, self._notes = self._notes, self._bends.notes
        self._notes.learn(plain)
        self._strung_for = -1
        try:
            for data in bends(call.data):
                self._undone(call, data)
            if not call.value:
                self._undone(call, call.data, 1)
                self._undone(call, call.data[:4], 1)
            for at in self._others() if lies else ():
                self._lie(call, at)
        finally:
            self._notes = plain
            self._strung_for = -1

    def _others(self) -> list[str]:
        """All that may be called: also what CREATE2 made, which no nonce tells of."""
        state = [at.lower() for at, info in self._true.journal_state.items() if len(info.code or b"") > 1]
        return sorted({*self._nonces, *state})

    def _lie(self, call: _Call, at: str) -> None:
        """Make the call again and again, while a contract lies to it."""
        code = code_at(self, at)
        if code[0] == BLUEPRINT:
            return
        for turn in range(int(at == call.to.lower()), LATER):
            words = self._words(call, at, code, turn)
            if words is None:
                break
            self._put(lying.COPY, code)
            lies = [*lying.lies(words), lying.calling_back(self._selectors())]
            for lie in lies if turn < TURNS else (lying.FAILURE, lying.SILENCE):
                self._put(at, lying.liar(turn, lie))
                self._undone(call, call.data)
            self._put(lying.COPY, b"")
            if turn == 0:
                self._put(at, b"")
                self._undone(call, call.data)
            self._put(at, code)

    def _words(self, call: _Call, at: str, code: bytes, turn: int) -> int | None:
        """Words of what a contract answers at its turn in this call; None if it does not come to that."""
        true, spent = self._true, []
        _put(true, lying.COPY, code)
        for answer in (lying.TRUTH, lying.TELLING):
            _put(true, at, lying.liar(turn, answer))
            checkpoint = true.snapshot()
            with suppress(RuntimeError):
                true.message_call(call.caller, call.to, call.data, call.value, PLENTY, None, call.is_static)
            spent.append(int(true.result.gas_used))
            true.revert(checkpoint)
        _put(true, at, code)
        _put(true, lying.COPY, b"")
        told = round((spent[1] - spent[0]) / lying.WORD_GAS)
        return told - 1 if told > 0 else None

    def _greet(self, caller: str) -> None:
        """Call each contract that is new by every selector that it may know, and by some that it may not.

        Parts of the engine, too, which others only delegate to.
        """
        new = {name: at for at, name in self.watched().items() if name not in self._bends.greeted}
        if not new:
            return
        plain, self._notes = self._notes, self._bends.notes
        self._notes.learn(plain)
        self._strung_for = -1
        self._bends.greeted |= set(new)
        for at in new.values():
            call = _Call(caller, at, b"", 0, False)
            for selector in selectors(bytes(self.get_code(at))):
                self._undone(call, selector)
                for filling in fillings():
                    self._undone(call, selector + filling)
                self._undone(call, selector + bytes(LONG), 1)
            random = Random(0)
            for _ in range(STRANGERS):
                self._undone(call, random.randbytes(4))
            for size in range(4):
                self._undone(call, bytes(size))
        self._notes = plain
        self._strung_for = -1

    def _undone(self, call: _Call, data: bytes, value: int | None = None) -> None:
        """A call with other data, or with ether, which the caller may not have."""
        value = call.value if value is None else value
        static = call.is_static and not value
        checkpoint, wealth = self.snapshot(), self.get_balance(call.caller)
        if value:
            self.set_balance(call.caller, 10**18)
        with suppress(RuntimeError):
            super().message_call(call.caller, call.to, data, value, PLENTY, None, static)
        self.revert(checkpoint)
        if value:
            self.set_balance(call.caller, wealth)

    def _selectors(self) -> list[bytes]:
        names = {*self.watched().values()}
        return sorted({one for name in names for one in selectors(self._notes.wires[name].runtime)})

    def _put(self, at: str, code: bytes) -> None:
        """A code at an address, on both."""
        for evm in (self._true, self._wired):
            _put(evm, at, code)
        self._add(at)


@cache
def selectors(code: bytes) -> list[bytes]:
    """All that may be one in a code."""
    return sorted({code[at + 1 : at + 5] for at, op in opcodes(code) if op == PUSH4})


def _put(evm: Any, at: str, code: bytes) -> None:
    known = evm.basic(at)
    evm.insert_account_info(
        at,
        pyrevm.AccountInfo(nonce=known.nonce, balance=known.balance, code=code),  # type: ignore[call-arg]
    )
