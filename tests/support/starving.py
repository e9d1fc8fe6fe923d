"""Calls with too little gas: wherever it ends, nothing is half done."""

from collections.abc import Callable
from typing import Any, Final

from walras.devtools.evm import Reverted

FIRST: Final = 21_000
STEP: Final = 500
MOST: Final = 3_000_000


def starve(call: Callable[[int], Any], state: Callable[[], Any]) -> set[str]:
    """Try a call with more and more gas until it goes through; how it ended before: Halt, Revert.

    `call` is given gas, and raises Reverted; `state` is what no call that fails may change. In each 500 units
    there is one try: an `ecrecover` fails for want of its 3,000 while who called it has up to 47 left, which
    is so within 1,400 of them.
    """
    before = state()
    ended: set[str] = set()
    for gas in range(FIRST, MOST, STEP):
        try:
            call(gas)
        except Reverted as reason:
            ended.add(str(reason).partition(" ")[0])
            assert state() == before, gas
        else:
            assert state() != before
            return ended - {"Initial"}  # less than any transaction costs
    raise AssertionError(f"{MOST} are not enough")
