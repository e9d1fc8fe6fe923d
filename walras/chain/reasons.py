"""What a node says of a call that reverted, as a reason of walras/reasons.py and its sentence."""

import re
from dataclasses import dataclass
from typing import Any, Final

from walras.chain.abi import STRING, UINT256, AbiError
from walras.reasons import REASONS

_ERROR: Final = bytes.fromhex("08c379a0")
"""Error(string)"""
_PANIC: Final = bytes.fromhex("4e487b71")
"""Panic(uint256)"""
_TEXT: Final = re.compile(
    r"(?:execution )?reverted(?:: (?:revert:? )?(?P<reason>.+))?$", re.IGNORECASE | re.DOTALL
)
_ENDED: Final = re.compile(
    r"revert|VM execution error|out of gas|OutOfGas|invalid opcode|EVM error", re.IGNORECASE
)
NO_REASON: Final = "reverted without a reason"
_UNKNOWN: Final = "Not in walras/reasons.py: another contract's reason, or the node's own words."


@dataclass(frozen=True, slots=True)
class Reverted:
    """A call that the EVM refused: why, and what that means."""

    reason: str
    """As in walras/reasons.py where it is one of ours."""

    @property
    def is_ours(self) -> bool:
        """Whether the table has it."""
        return self.reason in REASONS

    @property
    def sentence(self) -> str:
        """What it means and what to do about it."""
        return REASONS.get(self.reason, _UNKNOWN)

    def __str__(self) -> str:
        return f"{self.reason} ({self.sentence})"


def reverted(message: str, data: Any = None) -> Reverted:
    """Out of a node's error: its revert data where there are any, else the words.

    Nodes put the data in different places: a string, or an object with `data`, `result` or `output` in it.
    """
    raw = _bytes(data)
    if raw is not None:
        return Reverted(of_data(raw))
    found = _TEXT.search(message.strip())
    if found is None:
        return Reverted(message.strip() or NO_REASON)
    reason = (found["reason"] or "").strip().strip('"')
    return Reverted(reason if reason and reason != "0x" else NO_REASON)


def is_revert(message: str) -> bool:
    """Whether a node's refusal of a call says that the EVM ended it: asking again gives the same answer."""
    return _ENDED.search(message) is not None


def of_data(raw: bytes) -> str:
    """Of the bytes that a call reverted with."""
    if not raw:
        return NO_REASON
    body = raw[4:]
    try:
        if raw.startswith(_ERROR):
            return STRING.decode(body, UINT256.decode(body, 0))
        if raw.startswith(_PANIC) and len(body) >= 32:
            return f"panic {UINT256.decode(body, 0):#x}"
    except AbiError:
        pass  # its selector alone is known then
    return f"unknown revert data 0x{raw[:68].hex()}"


def _bytes(data: Any) -> bytes | None:
    """Revert data, where an error has any."""
    if isinstance(data, dict):
        found = (_bytes(data.get(name)) for name in ("data", "result", "output"))
        return next((one for one in found if one is not None), None)
    if not isinstance(data, str):
        return None
    text = data.removeprefix("Reverted ").strip()
    if not text.startswith("0x"):
        return None
    try:
        return bytes.fromhex(text[2:])
    except ValueError:
        return None
