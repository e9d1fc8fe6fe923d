"""A call of a contract as a value: to whom, with which data, and how to read the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """What a binding returns. Nothing has been asked or sent yet."""

    to: str
    """Checksummed address of the contract."""
    data: bytes
    """Selector and arguments."""
    name: str
    """`PerpEngine.health`, for people."""
    decode: Callable[[bytes], T_co]
    """Reads the answer; raises abi.AbiError where it is not one of this call."""
    value: int = 0
    """Wei that go with it."""
