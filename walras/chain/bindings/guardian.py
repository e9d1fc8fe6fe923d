"""Guardian: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from walras.chain import abi
from walras.chain.bindings.perp_engine import MODE, Mode
from walras.chain.call import Call


@dataclass(frozen=True, slots=True)
class MultisigSet:
    """An event of IGuardian."""

    multisig: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "MultisigSet":
        """Raises AbiError where the log is of another event."""
        return _MULTISIG_SET_EVENT.decode(topics, data)


_MULTISIG_SET_EVENT: Final = abi.Event(
    "f2a068f9de5c16d8cfc486ef064153275cef08f1aee2e6d946ee343cb1471ff8", MultisigSet, (True,), (abi.ADDRESS,)
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
class Renewed:
    """An event of IGuardian."""

    until: int
    """First second without powers."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Renewed":
        """Raises AbiError where the log is of another event."""
        return _RENEWED_EVENT.decode(topics, data)


_RENEWED_EVENT: Final = abi.Event(
    "fe31ddbda31d56a1b63742a4c0771e609015a19fa5d8c8c94de97dc9dd63581f", Renewed, (False,), (abi.UINT256,)
)


_accept_ownership: Final[abi.Function[None]] = abi.Function(
    "Guardian.accept_ownership", "accept_ownership()", "a67c2dcb"
)

_engine: Final[abi.Function[str]] = abi.Function(
    "Guardian.engine", "engine()", "c9d4623f", (), (abi.ADDRESS,)
)

_expires_at: Final[abi.Function[int]] = abi.Function(
    "Guardian.expires_at", "expires_at()", "8999d963", (), (abi.UINT256,)
)

_lower_caps: Final[abi.Function[None]] = abi.Function(
    "Guardian.lower_caps",
    "lower_caps(uint256,uint256,uint256)",
    "2fc5f031",
    (abi.UINT256, abi.UINT256, abi.UINT256),
)

_lower_deposit_cap: Final[abi.Function[None]] = abi.Function(
    "Guardian.lower_deposit_cap", "lower_deposit_cap(uint256)", "bb489405", (abi.UINT256,)
)

_multisig: Final[abi.Function[str]] = abi.Function(
    "Guardian.multisig", "multisig()", "4783c35b", (), (abi.ADDRESS,)
)

_owner: Final[abi.Function[str]] = abi.Function("Guardian.owner", "owner()", "8da5cb5b", (), (abi.ADDRESS,))

_pause_deposits: Final[abi.Function[None]] = abi.Function(
    "Guardian.pause_deposits", "pause_deposits()", "36486e10"
)

_pause_withdrawals: Final[abi.Function[None]] = abi.Function(
    "Guardian.pause_withdrawals", "pause_withdrawals()", "706c6eb5"
)

_pending_owner: Final[abi.Function[str]] = abi.Function(
    "Guardian.pending_owner", "pending_owner()", "7f4ec4c3", (), (abi.ADDRESS,)
)

_raise_margins: Final[abi.Function[None]] = abi.Function(
    "Guardian.raise_margins",
    "raise_margins(uint256,uint256,uint256)",
    "085f5615",
    (abi.UINT256, abi.UINT256, abi.UINT256),
)

_renew: Final[abi.Function[None]] = abi.Function(
    "Guardian.renew", "renew(uint256)", "5baa7509", (abi.UINT256,)
)

_restrict: Final[abi.Function[None]] = abi.Function(
    "Guardian.restrict", "restrict(uint256[],uint256)", "6892bfce", (abi.array(abi.UINT256, 128), MODE)
)

_set_multisig: Final[abi.Function[None]] = abi.Function(
    "Guardian.set_multisig", "set_multisig(address)", "e8c5d0a3", (abi.ADDRESS,)
)

_transfer_ownership: Final[abi.Function[None]] = abi.Function(
    "Guardian.transfer_ownership", "transfer_ownership(address)", "f0350c04", (abi.ADDRESS,)
)

_vault: Final[abi.Function[str]] = abi.Function("Guardian.vault", "vault()", "fbfa77cf", (), (abi.ADDRESS,))


class Guardian(abi.Binding):
    """Guardian: a multisig that can stop things, and nothing else."""

    EVENTS = abi.events(
        _MULTISIG_SET_EVENT, _OWNERSHIP_TRANSFER_STARTED_EVENT, _OWNERSHIP_TRANSFERRED_EVENT, _RENEWED_EVENT
    )

    def accept_ownership(self) -> Call[None]:
        """Note that this function can only be called by the current `pending_owner`."""
        return _accept_ownership(self.address)

    def engine(self) -> Call[str]:
        """The variable `engine()`."""
        return _engine(self.address)

    def expires_at(self) -> Call[int]:
        """The variable `expires_at()`."""
        return _expires_at(self.address)

    def lower_caps(self, market: int, open_cap: int, account_cap: int) -> Call[None]:
        """Lowers caps, at once."""
        return _lower_caps(self.address, market, open_cap, account_cap)

    def lower_deposit_cap(self, cap: int) -> Call[None]:
        """Lowers the equity up to which the vault takes deposits."""
        return _lower_deposit_cap(self.address, cap)

    def multisig(self) -> Call[str]:
        """The variable `multisig()`."""
        return _multisig(self.address)

    def owner(self) -> Call[str]:
        """The variable `owner()`."""
        return _owner(self.address)

    def pause_deposits(self) -> Call[None]:
        """Stops deposits of the engine into accounts that have neither a position nor orders, and those of
        the vault.
        """
        return _pause_deposits(self.address)

    def pause_withdrawals(self) -> Call[None]:
        """Stops withdrawals and transfers for a day. Not again before the owner's `unpause`."""
        return _pause_withdrawals(self.address)

    def pending_owner(self) -> Call[str]:
        """The variable `pending_owner()`."""
        return _pending_owner(self.address)

    def raise_margins(self, market: int, initial_ppm: int, maintenance_bps: int) -> Call[None]:
        """Raises margins by a step at most. They move to their new values in a day, and no sooner than a
        raise that is on its way.
        """
        return _raise_margins(self.address, market, initial_ppm, maintenance_bps)

    def renew(self, until: int) -> Call[None]:
        """Gives the multisig its powers until a time."""
        return _renew(self.address, until)

    def restrict(self, markets: Sequence[int], mode: Mode) -> Call[None]:
        """Puts markets into a stricter mode. Those that are in it, or in a stricter one, stay as they are."""
        return _restrict(self.address, markets, mode)

    def set_multisig(self, multisig: str) -> Call[None]:
        """Names who acts."""
        return _set_multisig(self.address, multisig)

    def transfer_ownership(self, new_owner: str) -> Call[None]:
        """Note that this function can only be called by the current `owner`. Importantly, there is no
        security risk in assigning `new_owner` to the zero address, as the default value of
        `pending_owner` is already set to the zero address, and the zero address cannot invoke
        `accept_ownership`. In fact, this can serve as a method to cancel an ongoing ownership transfer.
        Eventually, the function replaces the pending transfer if there is one.
        """
        return _transfer_ownership(self.address, new_owner)

    def vault(self) -> Call[str]:
        """The variable `vault()`."""
        return _vault(self.address)
