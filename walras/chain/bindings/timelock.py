"""Timelock: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from walras.chain import abi
from walras.chain.call import Call


class OperationState(IntFlag):
    """Https://x.com/pcaversaccio/status/1626514029094047747."""

    UNSET = 1
    WAITING = 2
    READY = 4
    DONE = 8


OPERATION_STATE: Final = abi.flag(OperationState)


@dataclass(frozen=True, slots=True)
class CallExecuted:
    """Individual, the `index` is `0`."""

    id: bytes
    index: int
    target: str
    amount: int
    payload: bytes

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "CallExecuted":
        """Raises AbiError where the log is of another event."""
        return _CALL_EXECUTED_EVENT.decode(topics, data)


_CALL_EXECUTED_EVENT: Final = abi.Event(
    "c2617efa69bab66782fa219543714338489c4e9e178271560a91b82c3f612b58",
    CallExecuted,
    (True, True, False, False, False),
    (abi.BYTES32, abi.UINT256, abi.ADDRESS, abi.UINT256, abi.BYTES),
)


@dataclass(frozen=True, slots=True)
class CallSalt:
    """Non-zero salt."""

    id: bytes
    salt: bytes

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "CallSalt":
        """Raises AbiError where the log is of another event."""
        return _CALL_SALT_EVENT.decode(topics, data)


_CALL_SALT_EVENT: Final = abi.Event(
    "20fda5fd27a1ea7bf5b9567f143ac5470bb059374a27e8f67cb44f946f6d0387",
    CallSalt,
    (True, False),
    (abi.BYTES32, abi.BYTES32),
)


@dataclass(frozen=True, slots=True)
class CallScheduled:
    """Individual, the `index` is `0`."""

    id: bytes
    index: int
    target: str
    amount: int
    payload: bytes
    predecessor: bytes
    delay: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "CallScheduled":
        """Raises AbiError where the log is of another event."""
        return _CALL_SCHEDULED_EVENT.decode(topics, data)


_CALL_SCHEDULED_EVENT: Final = abi.Event(
    "4cf4410cc57040e44862ef0f45f3dd5a5e02db8eb8add648d4b0e236f1d07dca",
    CallScheduled,
    (True, True, False, False, False, False, False),
    (abi.BYTES32, abi.UINT256, abi.ADDRESS, abi.UINT256, abi.BYTES, abi.BYTES32, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """@dev Emitted when operation `id` is cancelled."""

    id: bytes

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Cancelled":
        """Raises AbiError where the log is of another event."""
        return _CANCELLED_EVENT.decode(topics, data)


_CANCELLED_EVENT: Final = abi.Event(
    "baa1eb22f2a492ba1a5fea61b8df4d27c6c8b5f3971e63bb58fa14ff72eedb70", Cancelled, (True,), (abi.BYTES32,)
)


@dataclass(frozen=True, slots=True)
class MinimumDelayChange:
    """Operations is modified."""

    old_duration: int
    new_duration: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "MinimumDelayChange":
        """Raises AbiError where the log is of another event."""
        return _MINIMUM_DELAY_CHANGE_EVENT.decode(topics, data)


_MINIMUM_DELAY_CHANGE_EVENT: Final = abi.Event(
    "4b5554d29ee3e01e9de54465da9e1e3f85d3da63e9c40f316f0f7fc8a5351f97",
    MinimumDelayChange,
    (False, False),
    (abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class RoleAdminChanged:
    """Not being emitted signaling this."""

    role: bytes
    previousAdminRole: bytes
    newAdminRole: bytes

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "RoleAdminChanged":
        """Raises AbiError where the log is of another event."""
        return _ROLE_ADMIN_CHANGED_EVENT.decode(topics, data)


_ROLE_ADMIN_CHANGED_EVENT: Final = abi.Event(
    "bd79b86ffe0ab8e8776151514217cd7cacd52c909f66475c3af44e129f0b00ff",
    RoleAdminChanged,
    (True, True, True),
    (abi.BYTES32, abi.BYTES32, abi.BYTES32),
)


@dataclass(frozen=True, slots=True)
class RoleGranted:
    """Role bearer) that originated the contract call."""

    role: bytes
    account: str
    sender: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "RoleGranted":
        """Raises AbiError where the log is of another event."""
        return _ROLE_GRANTED_EVENT.decode(topics, data)


_ROLE_GRANTED_EVENT: Final = abi.Event(
    "2f8788117e7eff1d82e926ec794901d17c78024a50270940304540a733656f0d",
    RoleGranted,
    (True, True, True),
    (abi.BYTES32, abi.ADDRESS, abi.ADDRESS),
)


@dataclass(frozen=True, slots=True)
class RoleRevoked:
    """(i.e. `account`)."""

    role: bytes
    account: str
    sender: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "RoleRevoked":
        """Raises AbiError where the log is of another event."""
        return _ROLE_REVOKED_EVENT.decode(topics, data)


_ROLE_REVOKED_EVENT: Final = abi.Event(
    "f6391f5c32d9c69d2a47ea670b442974b53935d1edc7fd64eb21e047a839171b",
    RoleRevoked,
    (True, True, True),
    (abi.BYTES32, abi.ADDRESS, abi.ADDRESS),
)


_CANCELLER_ROLE: Final[abi.Function[bytes]] = abi.Function(
    "Timelock.CANCELLER_ROLE", "CANCELLER_ROLE()", "b08e51c0", (), (abi.BYTES32,)
)

_DEFAULT_ADMIN_ROLE: Final[abi.Function[bytes]] = abi.Function(
    "Timelock.DEFAULT_ADMIN_ROLE", "DEFAULT_ADMIN_ROLE()", "a217fddf", (), (abi.BYTES32,)
)

_EXECUTOR_ROLE: Final[abi.Function[bytes]] = abi.Function(
    "Timelock.EXECUTOR_ROLE", "EXECUTOR_ROLE()", "07bd0265", (), (abi.BYTES32,)
)

_IERC1155_TOKENRECEIVER_BATCH_SELECTOR: Final[abi.Function[bytes]] = abi.Function(
    "Timelock.IERC1155_TOKENRECEIVER_BATCH_SELECTOR",
    "IERC1155_TOKENRECEIVER_BATCH_SELECTOR()",
    "7d84ea81",
    (),
    (abi.fixed_bytes(4),),
)

_IERC1155_TOKENRECEIVER_SINGLE_SELECTOR: Final[abi.Function[bytes]] = abi.Function(
    "Timelock.IERC1155_TOKENRECEIVER_SINGLE_SELECTOR",
    "IERC1155_TOKENRECEIVER_SINGLE_SELECTOR()",
    "4cbe54d5",
    (),
    (abi.fixed_bytes(4),),
)

_IERC721_TOKENRECEIVER_SELECTOR: Final[abi.Function[bytes]] = abi.Function(
    "Timelock.IERC721_TOKENRECEIVER_SELECTOR",
    "IERC721_TOKENRECEIVER_SELECTOR()",
    "2e721ef9",
    (),
    (abi.fixed_bytes(4),),
)

_PROPOSER_ROLE: Final[abi.Function[bytes]] = abi.Function(
    "Timelock.PROPOSER_ROLE", "PROPOSER_ROLE()", "8f61f4f5", (), (abi.BYTES32,)
)

_accept_ownership: Final[abi.Function[None]] = abi.Function(
    "Timelock.accept_ownership", "accept_ownership(address)", "de19a3f3", (abi.ADDRESS,)
)

_cancel: Final[abi.Function[None]] = abi.Function(
    "Timelock.cancel", "cancel(bytes32)", "c4d252f5", (abi.BYTES32,)
)

_execute: Final[abi.Function[None]] = abi.Function(
    "Timelock.execute",
    "execute(address,uint256,bytes,bytes32,bytes32)",
    "134008d3",
    (abi.ADDRESS, abi.UINT256, abi.BYTES, abi.BYTES32, abi.BYTES32),
)

_execute_batch: Final[abi.Function[None]] = abi.Function(
    "Timelock.execute_batch",
    "execute_batch(address[],uint256[],bytes[],bytes32,bytes32)",
    "1d38c7ad",
    (
        abi.array(abi.ADDRESS, 255),
        abi.array(abi.UINT256, 255),
        abi.array(abi.BYTES, 255),
        abi.BYTES32,
        abi.BYTES32,
    ),
)

_getRoleAdmin: Final[abi.Function[bytes]] = abi.Function(
    "Timelock.getRoleAdmin", "getRoleAdmin(bytes32)", "248a9ca3", (abi.BYTES32,), (abi.BYTES32,)
)

_get_minimum_delay: Final[abi.Function[int]] = abi.Function(
    "Timelock.get_minimum_delay", "get_minimum_delay()", "e39defa8", (), (abi.UINT256,)
)

_get_operation_state: Final[abi.Function[OperationState]] = abi.Function(
    "Timelock.get_operation_state",
    "get_operation_state(bytes32)",
    "9b6e61a0",
    (abi.BYTES32,),
    (OPERATION_STATE,),
)

_get_timestamp: Final[abi.Function[int]] = abi.Function(
    "Timelock.get_timestamp", "get_timestamp(bytes32)", "9f0e3107", (abi.BYTES32,), (abi.UINT256,)
)

_grantRole: Final[abi.Function[None]] = abi.Function(
    "Timelock.grantRole", "grantRole(bytes32,address)", "2f2ff15d", (abi.BYTES32, abi.ADDRESS)
)

_hasRole: Final[abi.Function[bool]] = abi.Function(
    "Timelock.hasRole", "hasRole(bytes32,address)", "91d14854", (abi.BYTES32, abi.ADDRESS), (abi.BOOL,)
)

_hash_operation: Final[abi.Function[bytes]] = abi.Function(
    "Timelock.hash_operation",
    "hash_operation(address,uint256,bytes,bytes32,bytes32)",
    "74e4f168",
    (abi.ADDRESS, abi.UINT256, abi.BYTES, abi.BYTES32, abi.BYTES32),
    (abi.BYTES32,),
)

_hash_operation_batch: Final[abi.Function[bytes]] = abi.Function(
    "Timelock.hash_operation_batch",
    "hash_operation_batch(address[],uint256[],bytes[],bytes32,bytes32)",
    "2c31a1aa",
    (
        abi.array(abi.ADDRESS, 255),
        abi.array(abi.UINT256, 255),
        abi.array(abi.BYTES, 255),
        abi.BYTES32,
        abi.BYTES32,
    ),
    (abi.BYTES32,),
)

_is_operation: Final[abi.Function[bool]] = abi.Function(
    "Timelock.is_operation", "is_operation(bytes32)", "cb86b8bb", (abi.BYTES32,), (abi.BOOL,)
)

_is_operation_done: Final[abi.Function[bool]] = abi.Function(
    "Timelock.is_operation_done", "is_operation_done(bytes32)", "3a45297c", (abi.BYTES32,), (abi.BOOL,)
)

_is_operation_pending: Final[abi.Function[bool]] = abi.Function(
    "Timelock.is_operation_pending", "is_operation_pending(bytes32)", "a3fef5a1", (abi.BYTES32,), (abi.BOOL,)
)

_is_operation_ready: Final[abi.Function[bool]] = abi.Function(
    "Timelock.is_operation_ready", "is_operation_ready(bytes32)", "0632bbed", (abi.BYTES32,), (abi.BOOL,)
)

_onERC1155BatchReceived: Final[abi.Function[bytes]] = abi.Function(
    "Timelock.onERC1155BatchReceived",
    "onERC1155BatchReceived(address,address,uint256[],uint256[],bytes)",
    "bc197c81",
    (abi.ADDRESS, abi.ADDRESS, abi.array(abi.UINT256, 65535), abi.array(abi.UINT256, 65535), abi.BYTES),
    (abi.fixed_bytes(4),),
)

_onERC1155Received: Final[abi.Function[bytes]] = abi.Function(
    "Timelock.onERC1155Received",
    "onERC1155Received(address,address,uint256,uint256,bytes)",
    "f23a6e61",
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256, abi.UINT256, abi.BYTES),
    (abi.fixed_bytes(4),),
)

_onERC721Received: Final[abi.Function[bytes]] = abi.Function(
    "Timelock.onERC721Received",
    "onERC721Received(address,address,uint256,bytes)",
    "150b7a02",
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256, abi.BYTES),
    (abi.fixed_bytes(4),),
)

_renounceRole: Final[abi.Function[None]] = abi.Function(
    "Timelock.renounceRole", "renounceRole(bytes32,address)", "36568abe", (abi.BYTES32, abi.ADDRESS)
)

_revokeRole: Final[abi.Function[None]] = abi.Function(
    "Timelock.revokeRole", "revokeRole(bytes32,address)", "d547741f", (abi.BYTES32, abi.ADDRESS)
)

_schedule: Final[abi.Function[None]] = abi.Function(
    "Timelock.schedule",
    "schedule(address,uint256,bytes,bytes32,bytes32,uint256)",
    "01d5062a",
    (abi.ADDRESS, abi.UINT256, abi.BYTES, abi.BYTES32, abi.BYTES32, abi.UINT256),
)

_schedule_batch: Final[abi.Function[None]] = abi.Function(
    "Timelock.schedule_batch",
    "schedule_batch(address[],uint256[],bytes[],bytes32,bytes32,uint256)",
    "8b9b97fe",
    (
        abi.array(abi.ADDRESS, 255),
        abi.array(abi.UINT256, 255),
        abi.array(abi.BYTES, 255),
        abi.BYTES32,
        abi.BYTES32,
        abi.UINT256,
    ),
)

_set_role_admin: Final[abi.Function[None]] = abi.Function(
    "Timelock.set_role_admin", "set_role_admin(bytes32,bytes32)", "c2f9e63f", (abi.BYTES32, abi.BYTES32)
)

_supportsInterface: Final[abi.Function[bool]] = abi.Function(
    "Timelock.supportsInterface", "supportsInterface(bytes4)", "01ffc9a7", (abi.fixed_bytes(4),), (abi.BOOL,)
)

_update_delay: Final[abi.Function[None]] = abi.Function(
    "Timelock.update_delay", "update_delay(uint256)", "2c5de634", (abi.UINT256,)
)


class Timelock(abi.Binding):
    """Timelock: owns the exchange's contracts and does, after a delay, what votes have decided."""

    EVENTS = abi.events(
        _CALL_EXECUTED_EVENT,
        _CALL_SALT_EVENT,
        _CALL_SCHEDULED_EVENT,
        _CANCELLED_EVENT,
        _MINIMUM_DELAY_CHANGE_EVENT,
        _ROLE_ADMIN_CHANGED_EVENT,
        _ROLE_GRANTED_EVENT,
        _ROLE_REVOKED_EVENT,
    )

    def CANCELLER_ROLE(self) -> Call[bytes]:
        """The variable `CANCELLER_ROLE()`."""
        return _CANCELLER_ROLE(self.address)

    def DEFAULT_ADMIN_ROLE(self) -> Call[bytes]:
        """The variable `DEFAULT_ADMIN_ROLE()`."""
        return _DEFAULT_ADMIN_ROLE(self.address)

    def EXECUTOR_ROLE(self) -> Call[bytes]:
        """The variable `EXECUTOR_ROLE()`."""
        return _EXECUTOR_ROLE(self.address)

    def IERC1155_TOKENRECEIVER_BATCH_SELECTOR(self) -> Call[bytes]:
        """The variable `IERC1155_TOKENRECEIVER_BATCH_SELECTOR()`."""
        return _IERC1155_TOKENRECEIVER_BATCH_SELECTOR(self.address)

    def IERC1155_TOKENRECEIVER_SINGLE_SELECTOR(self) -> Call[bytes]:
        """The variable `IERC1155_TOKENRECEIVER_SINGLE_SELECTOR()`."""
        return _IERC1155_TOKENRECEIVER_SINGLE_SELECTOR(self.address)

    def IERC721_TOKENRECEIVER_SELECTOR(self) -> Call[bytes]:
        """The variable `IERC721_TOKENRECEIVER_SELECTOR()`."""
        return _IERC721_TOKENRECEIVER_SELECTOR(self.address)

    def PROPOSER_ROLE(self) -> Call[bytes]:
        """The variable `PROPOSER_ROLE()`."""
        return _PROPOSER_ROLE(self.address)

    def accept_ownership(self, offered: str) -> Call[None]:
        """Takes a contract that its owner has offered to the timelock. From then on it does what votes
        decide, and nothing else.
        """
        return _accept_ownership(self.address, offered)

    def cancel(self, id: bytes) -> Call[None]:
        """Note that the caller must have the `CANCELLER_ROLE` role."""
        return _cancel(self.address, id)

    def execute(
        self, target: str, amount: int, payload: bytes, predecessor: bytes, salt: bytes
    ) -> Call[None]:
        """Note that the caller must have the `EXECUTOR_ROLE` role."""
        return _execute(self.address, target, amount, payload, predecessor, salt)

    def execute_batch(
        self,
        targets: Sequence[str],
        amounts: Sequence[int],
        payloads: Sequence[bytes],
        predecessor: bytes,
        salt: bytes,
    ) -> Call[None]:
        """Note that the caller must have the `EXECUTOR_ROLE` role."""
        return _execute_batch(self.address, targets, amounts, payloads, predecessor, salt)

    def getRoleAdmin(self, arg0: bytes) -> Call[bytes]:
        """The variable `getRoleAdmin(bytes32)`."""
        return _getRoleAdmin(self.address, arg0)

    def get_minimum_delay(self) -> Call[int]:
        """The variable `get_minimum_delay()`."""
        return _get_minimum_delay(self.address)

    def get_operation_state(self, id: bytes) -> Call[OperationState]:
        """The variable `get_operation_state(bytes32)`."""
        return _get_operation_state(self.address, id)

    def get_timestamp(self, arg0: bytes) -> Call[int]:
        """The variable `get_timestamp(bytes32)`."""
        return _get_timestamp(self.address, arg0)

    def grantRole(self, role: bytes, account: str) -> Call[None]:
        """If `account` had not been already granted `role`, emits a `RoleGranted` event. Note that the
        caller must have `role`'s admin role.
        """
        return _grantRole(self.address, role, account)

    def hasRole(self, arg0: bytes, arg1: str) -> Call[bool]:
        """The variable `hasRole(bytes32, address)`."""
        return _hasRole(self.address, arg0, arg1)

    def hash_operation(
        self, target: str, amount: int, payload: bytes, predecessor: bytes, salt: bytes
    ) -> Call[bytes]:
        """The variable `hash_operation(address, uint256, bytes, bytes32, bytes32)`."""
        return _hash_operation(self.address, target, amount, payload, predecessor, salt)

    def hash_operation_batch(
        self,
        targets: Sequence[str],
        amounts: Sequence[int],
        payloads: Sequence[bytes],
        predecessor: bytes,
        salt: bytes,
    ) -> Call[bytes]:
        """The variable `hash_operation_batch(address[], uint256[], bytes[], bytes32, bytes32)`."""
        return _hash_operation_batch(self.address, targets, amounts, payloads, predecessor, salt)

    def is_operation(self, id: bytes) -> Call[bool]:
        """The variable `is_operation(bytes32)`."""
        return _is_operation(self.address, id)

    def is_operation_done(self, id: bytes) -> Call[bool]:
        """The variable `is_operation_done(bytes32)`."""
        return _is_operation_done(self.address, id)

    def is_operation_pending(self, id: bytes) -> Call[bool]:
        """The variable `is_operation_pending(bytes32)`."""
        return _is_operation_pending(self.address, id)

    def is_operation_ready(self, id: bytes) -> Call[bool]:
        """The variable `is_operation_ready(bytes32)`."""
        return _is_operation_ready(self.address, id)

    def onERC1155BatchReceived(
        self, operator: str, owner: str, ids: Sequence[int], amounts: Sequence[int], data: bytes
    ) -> Call[bytes]:
        """It must return its function selector to confirm the token transfers. If any other value is
        returned or the interface is not implemented by the recipient, the transfers will be reverted.
        """
        return _onERC1155BatchReceived(self.address, operator, owner, ids, amounts, data)

    def onERC1155Received(self, operator: str, owner: str, id: int, amount: int, data: bytes) -> Call[bytes]:
        """It must return its function selector to confirm the token transfer. If any other value is
        returned or the interface is not implemented by the recipient, the transfer will be reverted.
        """
        return _onERC1155Received(self.address, operator, owner, id, amount, data)

    def onERC721Received(self, operator: str, owner: str, token_id: int, data: bytes) -> Call[bytes]:
        """It must return its function selector to confirm the token transfer. If any other value is
        returned or the interface is not implemented by the recipient, the transfer will be reverted.
        """
        return _onERC721Received(self.address, operator, owner, token_id, data)

    def renounceRole(self, role: bytes, account: str) -> Call[None]:
        """Roles are often managed via `grantRole` and `revokeRole`. This function's purpose is to provide
        a mechanism for accounts to lose their privileges if they are compromised (such as when a
        trusted device is misplaced). If the calling account had been granted `role`, emits a
        `RoleRevoked` event. Note that the caller must be `account`.
        """
        return _renounceRole(self.address, role, account)

    def revokeRole(self, role: bytes, account: str) -> Call[None]:
        """If `account` had been granted `role`, emits a `RoleRevoked` event. Note that the caller must
        have `role`'s admin role.
        """
        return _revokeRole(self.address, role, account)

    def schedule(
        self, target: str, amount: int, payload: bytes, predecessor: bytes, salt: bytes, delay: int
    ) -> Call[None]:
        """Note that the caller must have the `PROPOSER_ROLE` role."""
        return _schedule(self.address, target, amount, payload, predecessor, salt, delay)

    def schedule_batch(
        self,
        targets: Sequence[str],
        amounts: Sequence[int],
        payloads: Sequence[bytes],
        predecessor: bytes,
        salt: bytes,
        delay: int,
    ) -> Call[None]:
        """Note that the caller must have the `PROPOSER_ROLE` role."""
        return _schedule_batch(self.address, targets, amounts, payloads, predecessor, salt, delay)

    def set_role_admin(self, role: bytes, admin_role: bytes) -> Call[None]:
        """Note that the caller must have `role`'s admin role."""
        return _set_role_admin(self.address, role, admin_role)

    def supportsInterface(self, interface_id: bytes) -> Call[bool]:
        """The variable `supportsInterface(bytes4)`."""
        return _supportsInterface(self.address, interface_id)

    def update_delay(self, new_delay: int) -> Call[None]:
        """Sets the delay of operations that are scheduled from now on."""
        return _update_delay(self.address, new_delay)
