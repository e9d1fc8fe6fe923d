"""Treasury: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from walras.chain import abi
from walras.chain.call import Call


@dataclass(frozen=True, slots=True)
class Stream:
    """A struct of ITreasury."""

    token: str
    receiver: str
    """Zero: no such stream."""
    total: int
    """What it pays in all; what had accrued, once it is cancelled."""
    claimed: int
    """Of it."""
    start: int
    """Nothing has accrued until then."""
    end: int
    """All has from then on; the time of its cancellation, once it is cancelled."""


STREAM: Final = abi.struct(
    Stream, abi.ADDRESS, abi.ADDRESS, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256
)


@dataclass(frozen=True, slots=True)
class OwnershipTransferStarted:
    """`previous_owner` to `new_owner` is initiated."""

    previous_owner: str
    new_owner: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "OwnershipTransferStarted":
        """Raises AbiError where the log is of another event."""
        return _OWNERSHIP_TRANSFER_STARTED_EVENT.decode(topics, data)


_OWNERSHIP_TRANSFER_STARTED_EVENT: Final = abi.Event(
    "38d16b8cac22d99fc7c124b9cd0de2d3fa1faef420bfe791d8c362d765e22700",
    OwnershipTransferStarted,
    (True, True),
    (abi.ADDRESS, abi.ADDRESS),
)


@dataclass(frozen=True, slots=True)
class OwnershipTransferred:
    """From `previous_owner` to `new_owner`."""

    previous_owner: str
    new_owner: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "OwnershipTransferred":
        """Raises AbiError where the log is of another event."""
        return _OWNERSHIP_TRANSFERRED_EVENT.decode(topics, data)


_OWNERSHIP_TRANSFERRED_EVENT: Final = abi.Event(
    "8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e0",
    OwnershipTransferred,
    (True, True),
    (abi.ADDRESS, abi.ADDRESS),
)


@dataclass(frozen=True, slots=True)
class Paid:
    """An event of ITreasury."""

    token: str
    """Zero: ether."""
    receiver: str
    amount: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Paid":
        """Raises AbiError where the log is of another event."""
        return _PAID_EVENT.decode(topics, data)


_PAID_EVENT: Final = abi.Event(
    "9def4e2802183d68ce90a6a226a2962b59298616c27165f12c4fbc5c84cdd778",
    Paid,
    (True, True, False),
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class StreamCancelled:
    """An event of ITreasury."""

    stream: int
    accrued: int
    """What the receiver keeps, claimed or not."""
    returned: int
    """What the treasury may spend again."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "StreamCancelled":
        """Raises AbiError where the log is of another event."""
        return _STREAM_CANCELLED_EVENT.decode(topics, data)


_STREAM_CANCELLED_EVENT: Final = abi.Event(
    "e371136c8e803ec26d1f711d0b7c513a1afb0707bbbecf3a20c7ac65cc4896e4",
    StreamCancelled,
    (True, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class StreamClaimed:
    """An event of ITreasury."""

    stream: int
    amount: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "StreamClaimed":
        """Raises AbiError where the log is of another event."""
        return _STREAM_CLAIMED_EVENT.decode(topics, data)


_STREAM_CLAIMED_EVENT: Final = abi.Event(
    "c0d66d57a736d70f4c50157741ee134f95240b8d60b265759a153859b9e0b19b",
    StreamClaimed,
    (True, False),
    (abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """An event of ITreasury."""

    stream: int
    token: str
    receiver: str
    total: int
    start: int
    end: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "StreamOpened":
        """Raises AbiError where the log is of another event."""
        return _STREAM_OPENED_EVENT.decode(topics, data)


_STREAM_OPENED_EVENT: Final = abi.Event(
    "6fb8e5e293f72ca16dee631b026c7dc9b11aa641097306ba4eff6cd421d728f2",
    StreamOpened,
    (True, True, True, False, False, False),
    (abi.UINT256, abi.ADDRESS, abi.ADDRESS, abi.UINT256, abi.UINT256, abi.UINT256),
)


_accept_ownership: Final[abi.Function[None]] = abi.Function(
    "Treasury.accept_ownership", "accept_ownership()", "a67c2dcb"
)

_cancel_stream: Final[abi.Function[None]] = abi.Function(
    "Treasury.cancel_stream", "cancel_stream(uint256)", "d864ddf7", (abi.UINT256,)
)

_claim: Final[abi.Function[int]] = abi.Function(
    "Treasury.claim", "claim(uint256)", "379607f5", (abi.UINT256,), (abi.UINT256,)
)

_claimable: Final[abi.Function[int]] = abi.Function(
    "Treasury.claimable", "claimable(uint256)", "d1d58b25", (abi.UINT256,), (abi.UINT256,)
)

_free: Final[abi.Function[int]] = abi.Function(
    "Treasury.free", "free(address)", "c9b5bb17", (abi.ADDRESS,), (abi.UINT256,)
)

_open_stream: Final[abi.Function[int]] = abi.Function(
    "Treasury.open_stream",
    "open_stream(address,address,uint256,uint256,uint256)",
    "8980740a",
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256, abi.UINT256, abi.UINT256),
    (abi.UINT256,),
)

_owner: Final[abi.Function[str]] = abi.Function("Treasury.owner", "owner()", "8da5cb5b", (), (abi.ADDRESS,))

_pay: Final[abi.Function[None]] = abi.Function(
    "Treasury.pay", "pay(address,address,uint256)", "b3d76188", (abi.ADDRESS, abi.ADDRESS, abi.UINT256)
)

_pay_ether: Final[abi.Function[None]] = abi.Function(
    "Treasury.pay_ether", "pay_ether(address,uint256)", "aa3a566a", (abi.ADDRESS, abi.UINT256)
)

_pending_owner: Final[abi.Function[str]] = abi.Function(
    "Treasury.pending_owner", "pending_owner()", "7f4ec4c3", (), (abi.ADDRESS,)
)

_reserved: Final[abi.Function[int]] = abi.Function(
    "Treasury.reserved", "reserved(address)", "da9425e2", (abi.ADDRESS,), (abi.UINT256,)
)

_stream_count: Final[abi.Function[int]] = abi.Function(
    "Treasury.stream_count", "stream_count()", "d6be24f7", (), (abi.UINT256,)
)

_streams: Final[abi.Function[Stream]] = abi.Function(
    "Treasury.streams", "streams(uint256)", "64d60d91", (abi.UINT256,), (STREAM,)
)

_transfer_ownership: Final[abi.Function[None]] = abi.Function(
    "Treasury.transfer_ownership", "transfer_ownership(address)", "f0350c04", (abi.ADDRESS,)
)


class Treasury(abi.Binding):
    """Treasury: the protocol's own tokens, and grants out of them."""

    EVENTS = abi.events(
        _OWNERSHIP_TRANSFER_STARTED_EVENT,
        _OWNERSHIP_TRANSFERRED_EVENT,
        _PAID_EVENT,
        _STREAM_CANCELLED_EVENT,
        _STREAM_CLAIMED_EVENT,
        _STREAM_OPENED_EVENT,
    )

    def accept_ownership(self) -> Call[None]:
        """Note that this function can only be called by the current `pending_owner`."""
        return _accept_ownership(self.address)

    def cancel_stream(self, stream: int) -> Call[None]:
        """Ends a stream now. What has accrued stays the receiver's; the rest is free again."""
        return _cancel_stream(self.address, stream)

    def claim(self, stream: int) -> Call[int]:
        """Pays a stream's receiver what has accrued and was not yet paid. Anybody may call it."""
        return _claim(self.address, stream)

    def claimable(self, stream: int) -> Call[int]:
        """What a claim would pay now."""
        return _claimable(self.address, stream)

    def free(self, token: str) -> Call[int]:
        """What the owner may spend of a token: the balance less what streams have yet to pay."""
        return _free(self.address, token)

    def open_stream(self, token: str, receiver: str, total: int, start: int, end: int) -> Call[int]:
        """Sets tokens aside for a receiver, to whom they accrue evenly from start to end."""
        return _open_stream(self.address, token, receiver, total, start, end)

    def owner(self) -> Call[str]:
        """The variable `owner()`."""
        return _owner(self.address)

    def pay(self, token: str, receiver: str, amount: int) -> Call[None]:
        """Pays tokens out."""
        return _pay(self.address, token, receiver, amount)

    def pay_ether(self, receiver: str, amount: int) -> Call[None]:
        """Pays ether out, with all the gas there is."""
        return _pay_ether(self.address, receiver, amount)

    def pending_owner(self) -> Call[str]:
        """The variable `pending_owner()`."""
        return _pending_owner(self.address)

    def reserved(self, arg0: str) -> Call[int]:
        """The variable `reserved(address)`."""
        return _reserved(self.address, arg0)

    def stream_count(self) -> Call[int]:
        """The variable `stream_count()`."""
        return _stream_count(self.address)

    def streams(self, arg0: int) -> Call[Stream]:
        """The variable `streams(uint256)`."""
        return _streams(self.address, arg0)

    def transfer_ownership(self, new_owner: str) -> Call[None]:
        """Note that this function can only be called by the current `owner`. Importantly, there is no
        security risk in assigning `new_owner` to the zero address, as the default value of
        `pending_owner` is already set to the zero address, and the zero address cannot invoke
        `accept_ownership`. In fact, this can serve as a method to cancel an ongoing ownership transfer.
        Eventually, the function replaces the pending transfer if there is one.
        """
        return _transfer_ownership(self.address, new_owner)
