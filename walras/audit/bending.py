"""Bent calls: what no client sends. For the checks that the compiler puts before the source's own.

A call that goes through is made again, on the same state, with each word of its data in turn at an edge, cut
short, and with ether. All is undone, and then the call is made as it was. Nothing is asserted of a bent call;
it only shows that an outcome can be, and that what comes of it is a revert or an answer. So a branch of the
source that bent calls alone take counts as not tested.
"""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any, ClassVar, Final

from walras.audit.codemap import opcodes
from walras.audit.watched import WatchedEvm
from walras.devtools.evm import PLENTY

PER_CALL: Final = 2
"""Calls that are bent, of a contract and a function."""
WORDS: Final = 32
"""The first ones of calldata are bent."""
STRANGERS: Final = 300
"""Selectors by chance that are tried on each contract."""
LONG: Final = 2_048
"""Bytes of arguments, all bits 0 or 1, for every function."""
PUSH4: Final = 0x63
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


class BendingEvm(WatchedEvm):
    """A watched EVM that bends the first calls of each function."""

    _bent: ClassVar[Counter[tuple[str, bytes]]] = Counter()
    """By contract and function; over all EVMs of the process."""

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
        name, data = self.name_at(to), calldata or b""
        key = name, data[:4]
        if name and self._bent[key] < PER_CALL:
            checkpoint = self.snapshot()
            if self._goes_through(caller, to, data, value, is_static):
                self.revert(checkpoint)
                self._bend(caller, to, data, value, is_static)
                self._bent[key] += 1
            else:
                self.revert(checkpoint)
        self._greet(caller)
        return super().message_call(caller, to, calldata, value, gas, gas_price, is_static)

    def _bend(self, caller: str, to: str, data: bytes, value: int | None, is_static: bool) -> None:
        for bent in bends(data):
            self._undone(caller, to, bent, value, is_static)
        if not value:
            self._undone(caller, to, data, 1, False)
            self._undone(caller, to, data[:4], 1, False)

    def _greet(self, caller: str) -> None:
        """Call each contract that is new by every selector that it may know, and by some that it may not.

        Parts of the engine, too, which others only delegate to.
        """
        for at, name in self.watched().items():
            if self._bent[name, b""]:
                continue
            self._bent[name, b""] += 1
            code = bytes(self.get_code(at))
            for selector in sorted({code[here + 1 : here + 5] for here, op in opcodes(code) if op == PUSH4}):
                self._undone(caller, at, selector, 0, False)
                for filling in (bytes(LONG), b"\xff" * LONG):
                    self._undone(caller, at, selector + filling, 0, False)
                    self._undone(caller, at, selector + filling, 1, False)
            random = Random(0)
            for _ in range(STRANGERS):
                self._undone(caller, at, random.randbytes(4), 0, True)
            for size in range(4):
                self._undone(caller, at, bytes(size), 0, True)

    def _undone(self, caller: str, to: str, data: bytes, value: int | None, is_static: bool) -> None:
        checkpoint, wealth = self.snapshot(), self.get_balance(caller)
        if value:
            self.set_balance(caller, 10**18)
        self._goes_through(caller, to, data, value, is_static)
        self.revert(checkpoint)
        if value:
            self.set_balance(caller, wealth)

    def _goes_through(self, caller: str, to: str, data: bytes, value: int | None, is_static: bool) -> bool:
        try:
            super().message_call(caller, to, data, value, PLENTY, None, is_static)
        except RuntimeError:
            return False
        return True
