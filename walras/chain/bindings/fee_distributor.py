"""FeeDistributor: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from walras.chain import abi
from walras.chain.call import Call


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of one kind of income, 10,000 in all."""

    vault: int
    insurance: int
    treasury: int
    runners: int
    others: tuple[int, ...]
    """In the order of Settings.others."""


SHARES: Final = abi.struct(
    Shares, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.array(abi.UINT256, 4)
)


@dataclass(frozen=True, slots=True)
class Settings:
    """A struct of IFeeDistributor."""

    vault: str
    """Its account 0 of the engine is paid; zero: it has no share."""
    treasury: str
    """Zero: it has no share."""
    others: tuple[str, ...]
    fees: Shares
    penalties: Shares
    floor: int
    """Of fees, stays in account 0 for rebates."""


SETTINGS: Final = abi.struct(
    Settings, abi.ADDRESS, abi.ADDRESS, abi.array(abi.ADDRESS, 4), SHARES, SHARES, abi.UINT256
)


@dataclass(frozen=True, slots=True)
class Parts:
    """A distribution: fees + penalties = vault + insurance + treasury + runners + sum of others."""

    fees: int
    penalties: int
    vault: int
    insurance: int
    treasury: int
    runners: int
    others: tuple[int, ...]


PARTS: Final = abi.struct(
    Parts,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.array(abi.UINT256, 4),
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """An event of IFeeDistributor."""

    account: str
    receiver: str
    amount: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Claimed":
        """Raises AbiError where the log is of another event."""
        return _CLAIMED_EVENT.decode(topics, data)


_CLAIMED_EVENT: Final = abi.Event(
    "f7a40077ff7a04c7e61f6f26fb13774259ddf1b6bce9ecf26a8276cdd3992683",
    Claimed,
    (True, True, False),
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Configured:
    """An event of IFeeDistributor."""

    settings: Settings

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Configured":
        """Raises AbiError where the log is of another event."""
        return _CONFIGURED_EVENT.decode(topics, data)


_CONFIGURED_EVENT: Final = abi.Event(
    "a82b11eaf1b58d7e0c145e6ff8116dfa8ea9d05d83a59ce874ddd4b28407e514", Configured, (False,), (SETTINGS,)
)


@dataclass(frozen=True, slots=True)
class Delivered:
    """An event of IFeeDistributor."""

    recipient: str
    amount: int
    by: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Delivered":
        """Raises AbiError where the log is of another event."""
        return _DELIVERED_EVENT.decode(topics, data)


_DELIVERED_EVENT: Final = abi.Event(
    "8dbbfb858d4b818cdd0fdb8df46f9f4fb7cf255542e9b8622715926fe44d065d",
    Delivered,
    (True, False, True),
    (abi.ADDRESS, abi.UINT256, abi.ADDRESS),
)


@dataclass(frozen=True, slots=True)
class Distributed:
    """An event of IFeeDistributor."""

    by: str
    parts: Parts

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Distributed":
        """Raises AbiError where the log is of another event."""
        return _DISTRIBUTED_EVENT.decode(topics, data)


_DISTRIBUTED_EVENT: Final = abi.Event(
    "75f581df4a90c10b445549c2ca4cc347908a15119c16de0801b5c4278054f453",
    Distributed,
    (True, False),
    (abi.ADDRESS, PARTS),
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
class Recalled:
    """An event of IFeeDistributor."""

    amount: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Recalled":
        """Raises AbiError where the log is of another event."""
        return _RECALLED_EVENT.decode(topics, data)


_RECALLED_EVENT: Final = abi.Event(
    "b253b8bf292205ab6c69e4121b5bc300914f0c8fd30ecf3880a105f930afe98f", Recalled, (False,), (abi.UINT256,)
)


_accept_ownership: Final[abi.Function[None]] = abi.Function(
    "FeeDistributor.accept_ownership", "accept_ownership()", "a67c2dcb"
)

_booked: Final[abi.Function[int]] = abi.Function(
    "FeeDistributor.booked", "booked()", "a29a0552", (), (abi.UINT256,)
)

_claim: Final[abi.Function[int]] = abi.Function(
    "FeeDistributor.claim", "claim(address)", "1e83409a", (abi.ADDRESS,), (abi.UINT256,)
)

_claimable: Final[abi.Function[int]] = abi.Function(
    "FeeDistributor.claimable", "claimable(address)", "402914f5", (abi.ADDRESS,), (abi.UINT256,)
)

_configure: Final[abi.Function[None]] = abi.Function(
    "FeeDistributor.configure",
    "configure((address,address,address[],(uint256,uint256,uint256,uint256,uint256[]),(uint256,uint256,uint256,uint256,uint256[]),uint256))",
    "1e2723e2",
    (SETTINGS,),
)

_deliver: Final[abi.Function[int]] = abi.Function(
    "FeeDistributor.deliver", "deliver(address)", "e515cd38", (abi.ADDRESS,), (abi.UINT256,)
)

_deliverable: Final[abi.Function[int]] = abi.Function(
    "FeeDistributor.deliverable", "deliverable(address)", "f38fbf03", (abi.ADDRESS,), (abi.UINT256,)
)

_distribute: Final[abi.Function[Parts]] = abi.Function(
    "FeeDistributor.distribute", "distribute()", "e4fc6b6d", (), (PARTS,)
)

_engine: Final[abi.Function[str]] = abi.Function(
    "FeeDistributor.engine", "engine()", "c9d4623f", (), (abi.ADDRESS,)
)

_insurance: Final[abi.Function[str]] = abi.Function(
    "FeeDistributor.insurance", "insurance()", "89cf3204", (), (abi.ADDRESS,)
)

_owner: Final[abi.Function[str]] = abi.Function(
    "FeeDistributor.owner", "owner()", "8da5cb5b", (), (abi.ADDRESS,)
)

_pending_owner: Final[abi.Function[str]] = abi.Function(
    "FeeDistributor.pending_owner", "pending_owner()", "7f4ec4c3", (), (abi.ADDRESS,)
)

_preview: Final[abi.Function[Parts]] = abi.Function(
    "FeeDistributor.preview", "preview()", "efae2305", (), (PARTS,)
)

_recall: Final[abi.Function[None]] = abi.Function(
    "FeeDistributor.recall", "recall(uint256)", "7d32e793", (abi.UINT256,)
)

_settings: Final[abi.Function[Settings]] = abi.Function(
    "FeeDistributor.settings", "settings()", "e06174e4", (), (SETTINGS,)
)

_token: Final[abi.Function[str]] = abi.Function(
    "FeeDistributor.token", "token()", "fc0c546a", (), (abi.ADDRESS,)
)

_transfer_ownership: Final[abi.Function[None]] = abi.Function(
    "FeeDistributor.transfer_ownership", "transfer_ownership(address)", "f0350c04", (abi.ADDRESS,)
)


class FeeDistributor(abi.Binding):
    """FeeDistributor: who gets what the exchange earns."""

    EVENTS = abi.events(
        _CLAIMED_EVENT,
        _CONFIGURED_EVENT,
        _DELIVERED_EVENT,
        _DISTRIBUTED_EVENT,
        _OWNERSHIP_TRANSFER_STARTED_EVENT,
        _OWNERSHIP_TRANSFERRED_EVENT,
        _RECALLED_EVENT,
    )

    def accept_ownership(self) -> Call[None]:
        """Note that this function can only be called by the current `pending_owner`."""
        return _accept_ownership(self.address)

    def booked(self) -> Call[int]:
        """The variable `booked()`."""
        return _booked(self.address)

    def claim(self, receiver: str) -> Call[int]:
        """Pays the caller's pot: that of the treasury, present or past, or of another recipient."""
        return _claim(self.address, receiver)

    def claimable(self, arg0: str) -> Call[int]:
        """The variable `claimable(address)`."""
        return _claimable(self.address, arg0)

    def configure(self, settings: Settings) -> Call[None]:
        """Replaces shares, recipients and floor. What was earned until now is distributed by the old ones
        first; pots stay whose they are.
        """
        return _configure(self.address, settings)

    def deliver(self, recipient: str) -> Call[int]:
        """Pays the pot of the insurance fund into its reserve, or that of a vault, present or past, into
        the vault's account 0 of the engine. By anyone.
        """
        return _deliver(self.address, recipient)

    def deliverable(self, arg0: str) -> Call[int]:
        """The variable `deliverable(address)`."""
        return _deliverable(self.address, arg0)

    def distribute(self) -> Call[Parts]:
        """Takes what is earned out of the engine and books each recipient's part. By anyone. The runners'
        part goes to their account at once and does not leave the engine.
        """
        return _distribute(self.address)

    def engine(self) -> Call[str]:
        """The variable `engine()`."""
        return _engine(self.address)

    def insurance(self) -> Call[str]:
        """The variable `insurance()`."""
        return _insurance(self.address)

    def owner(self) -> Call[str]:
        """The variable `owner()`."""
        return _owner(self.address)

    def pending_owner(self) -> Call[str]:
        """The variable `pending_owner()`."""
        return _pending_owner(self.address)

    def preview(self) -> Call[Parts]:
        """What a distribution would book now."""
        return _preview(self.address)

    def recall(self, amount: int) -> Call[None]:
        """Takes money out of the runners' account back to the fees, where the next distribution splits it:
        when there is too much, or another receiver of fees is to come.
        """
        return _recall(self.address, amount)

    def settings(self) -> Call[Settings]:
        """Shares, recipients and floor."""
        return _settings(self.address)

    def token(self) -> Call[str]:
        """The variable `token()`."""
        return _token(self.address)

    def transfer_ownership(self, new_owner: str) -> Call[None]:
        """Note that this function can only be called by the current `owner`. Importantly, there is no
        security risk in assigning `new_owner` to the zero address, as the default value of
        `pending_owner` is already set to the zero address, and the zero address cannot invoke
        `accept_ownership`. In fact, this can serve as a method to cancel an ongoing ownership transfer.
        Eventually, the function replaces the pending transfer if there is one.
        """
        return _transfer_ownership(self.address, new_owner)
