"""SignedReports: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from walras.chain import abi
from walras.chain.call import Call


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
class PublishersSet:
    """An event of ISignedReports."""

    publishers: tuple[str, ...]
    quorum: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "PublishersSet":
        """Raises AbiError where the log is of another event."""
        return _PUBLISHERS_SET_EVENT.decode(topics, data)


_PUBLISHERS_SET_EVENT: Final = abi.Event(
    "30c7711f1ea280daef9d5c890158ff4d9612c3459138067c65fbc7839825adab",
    PublishersSet,
    (False, False),
    (abi.array(abi.ADDRESS, 16), abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Reported:
    """An event of ISignedReports."""

    market: int
    price: int
    confidence: int
    published_at: int
    signers: int
    """Bit i: publishers()[i] signed one of the reports."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Reported":
        """Raises AbiError where the log is of another event."""
        return _REPORTED_EVENT.decode(topics, data)


_REPORTED_EVENT: Final = abi.Event(
    "caf2c167d9ea750f83982b1560ac196f70e5723987548e3ef7411cdf8dbd42fb",
    Reported,
    (True, False, False, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256),
)


_accept_ownership: Final[abi.Function[None]] = abi.Function(
    "SignedReports.accept_ownership", "accept_ownership()", "a67c2dcb"
)

_digest: Final[abi.Function[bytes]] = abi.Function(
    "SignedReports.digest",
    "digest(uint256,uint256,uint256,uint256)",
    "b4cd364f",
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256),
    (abi.BYTES32,),
)

_eip712Domain: Final[abi.Function[tuple[bytes, str, str, int, str, bytes, tuple[int, ...]]]] = abi.Function(
    "SignedReports.eip712Domain",
    "eip712Domain()",
    "84b0196e",
    (),
    (
        abi.fixed_bytes(1),
        abi.STRING,
        abi.STRING,
        abi.UINT256,
        abi.ADDRESS,
        abi.BYTES32,
        abi.array(abi.UINT256, 32),
    ),
)

_max_age: Final[abi.Function[int]] = abi.Function(
    "SignedReports.max_age", "max_age()", "daafd7b3", (), (abi.UINT256,)
)

_owner: Final[abi.Function[str]] = abi.Function(
    "SignedReports.owner", "owner()", "8da5cb5b", (), (abi.ADDRESS,)
)

_pending_owner: Final[abi.Function[str]] = abi.Function(
    "SignedReports.pending_owner", "pending_owner()", "7f4ec4c3", (), (abi.ADDRESS,)
)

_publishers: Final[abi.Function[tuple[str, ...]]] = abi.Function(
    "SignedReports.publishers", "publishers()", "16f114aa", (), (abi.array(abi.ADDRESS, 16),)
)

_quorum: Final[abi.Function[int]] = abi.Function(
    "SignedReports.quorum", "quorum()", "1703a018", (), (abi.UINT256,)
)

_read: Final[abi.Function[tuple[int, int, int]]] = abi.Function(
    "SignedReports.read", "read(uint256)", "ed2e5a97", (abi.UINT256,), (abi.UINT256, abi.UINT256, abi.UINT256)
)

_set_publishers: Final[abi.Function[None]] = abi.Function(
    "SignedReports.set_publishers",
    "set_publishers(address[],uint256)",
    "7f6bc8e2",
    (abi.array(abi.ADDRESS, 16), abi.UINT256),
)

_transfer_ownership: Final[abi.Function[None]] = abi.Function(
    "SignedReports.transfer_ownership", "transfer_ownership(address)", "f0350c04", (abi.ADDRESS,)
)

_update: Final[abi.Function[None]] = abi.Function(
    "SignedReports.update", "update(uint256,bytes)", "0216b838", (abi.UINT256, abi.BYTES)
)

_update_fee: Final[abi.Function[int]] = abi.Function(
    "SignedReports.update_fee", "update_fee(bytes)", "2320f792", (abi.BYTES,), (abi.UINT256,)
)


class SignedReports(abi.Binding):
    """SignedReports: prices that a quorum of publishers signs."""

    EVENTS = abi.events(
        _OWNERSHIP_TRANSFER_STARTED_EVENT,
        _OWNERSHIP_TRANSFERRED_EVENT,
        _PUBLISHERS_SET_EVENT,
        _REPORTED_EVENT,
    )

    def accept_ownership(self) -> Call[None]:
        """Note that this function can only be called by the current `pending_owner`."""
        return _accept_ownership(self.address)

    def digest(self, market: int, price: int, confidence: int, published_at: int) -> Call[bytes]:
        """What a publisher signs, for tools to compare with."""
        return _digest(self.address, market, price, confidence, published_at)

    def eip712Domain(self) -> Call[tuple[bytes, str, str, int, str, bytes, tuple[int, ...]]]:
        """The bits in the 1-byte bit map are read from the least significant to the most significant, and
        fields are indexed in the order that is specified by EIP-712, identical to the order in which
        they are listed in the function type.
        """
        return _eip712Domain(self.address)

    def max_age(self) -> Call[int]:
        """The variable `max_age()`."""
        return _max_age(self.address)

    def owner(self) -> Call[str]:
        """The variable `owner()`."""
        return _owner(self.address)

    def pending_owner(self) -> Call[str]:
        """The variable `pending_owner()`."""
        return _pending_owner(self.address)

    def publishers(self) -> Call[tuple[str, ...]]:
        """The set of publishers; Reported.signers counts their places from bit 0."""
        return _publishers(self.address)

    def quorum(self) -> Call[int]:
        """The variable `quorum()`."""
        return _quorum(self.address)

    def read(self, market: int) -> Call[tuple[int, int, int]]:
        """The last report that was taken, however old."""
        return _read(self.address, market)

    def set_publishers(self, publishers: Sequence[str], quorum: int) -> Call[None]:
        """Replaces the whole set of publishers, by the owner. Markets keep the reports that were taken."""
        return _set_publishers(self.address, publishers, quorum)

    def transfer_ownership(self, new_owner: str) -> Call[None]:
        """Note that this function can only be called by the current `owner`. Importantly, there is no
        security risk in assigning `new_owner` to the zero address, as the default value of
        `pending_owner` is already set to the zero address, and the zero address cannot invoke
        `accept_ownership`. In fact, this can serve as a method to cancel an ongoing ownership transfer.
        Eventually, the function replaces the pending transfer if there is one.
        """
        return _transfer_ownership(self.address, new_owner)

    def update(self, market: int, payload: bytes) -> Call[None]:
        """Takes over the median of signed reports, by anyone. All of them have to be good: leave out those
        that are not.
        """
        return _update(self.address, market, payload)

    def update_fee(self, payload: bytes) -> Call[int]:
        """Reports are taken free of charge."""
        return _update_fee(self.address, payload)
