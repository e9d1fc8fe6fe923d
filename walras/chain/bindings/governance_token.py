"""GovernanceToken: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from walras.chain import abi
from walras.chain.call import Call


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A struct of IGovernanceToken."""

    _key: int
    """Time of the change."""
    _value: int
    """Votes from then on."""


CHECKPOINT: Final = abi.struct(Checkpoint, abi.uint(48), abi.uint(208))


@dataclass(frozen=True, slots=True)
class Approval:
    """An event of IERC20."""

    owner: str
    spender: str
    value: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Approval":
        """Raises AbiError where the log is of another event."""
        return _APPROVAL_EVENT.decode(topics, data)


_APPROVAL_EVENT: Final = abi.Event(
    "8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925",
    Approval,
    (True, True, False),
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class DelegateChanged:
    """An event of IGovernanceToken."""

    delegator: str
    fromDelegate: str
    toDelegate: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "DelegateChanged":
        """Raises AbiError where the log is of another event."""
        return _DELEGATE_CHANGED_EVENT.decode(topics, data)


_DELEGATE_CHANGED_EVENT: Final = abi.Event(
    "3134e8a2e6d97e929a7e54011ea5485d7d196dd5f0ba4d4ef95803e8e3fc257f",
    DelegateChanged,
    (True, True, True),
    (abi.ADDRESS, abi.ADDRESS, abi.ADDRESS),
)


@dataclass(frozen=True, slots=True)
class DelegateVotesChanged:
    """An event of IGovernanceToken."""

    delegate: str
    previousVotes: int
    newVotes: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "DelegateVotesChanged":
        """Raises AbiError where the log is of another event."""
        return _DELEGATE_VOTES_CHANGED_EVENT.decode(topics, data)


_DELEGATE_VOTES_CHANGED_EVENT: Final = abi.Event(
    "dec2bacdd2f05b59de34da9b523dff8be42e5e38e818c82fdb0bae774387a724",
    DelegateVotesChanged,
    (True, False, False),
    (abi.ADDRESS, abi.UINT256, abi.UINT256),
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
class RoleMinterChanged:
    """Address is changed."""

    minter: str
    status: bool

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "RoleMinterChanged":
        """Raises AbiError where the log is of another event."""
        return _ROLE_MINTER_CHANGED_EVENT.decode(topics, data)


_ROLE_MINTER_CHANGED_EVENT: Final = abi.Event(
    "bb6e183664bd7425a9e444072cb0f1c7f7c4d5486a36d7d24d0b0735687c2ef4",
    RoleMinterChanged,
    (True, False),
    (abi.ADDRESS, abi.BOOL),
)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Events."""

    sender: str
    receiver: str
    value: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Transfer":
        """Raises AbiError where the log is of another event."""
        return _TRANSFER_EVENT.decode(topics, data)


_TRANSFER_EVENT: Final = abi.Event(
    "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
    Transfer,
    (True, True, False),
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256),
)


_CLOCK_MODE: Final[abi.Function[str]] = abi.Function(
    "GovernanceToken.CLOCK_MODE", "CLOCK_MODE()", "4bf5d7e9", (), (abi.STRING,)
)

_DOMAIN_SEPARATOR: Final[abi.Function[bytes]] = abi.Function(
    "GovernanceToken.DOMAIN_SEPARATOR", "DOMAIN_SEPARATOR()", "3644e515", (), (abi.BYTES32,)
)

_allowance: Final[abi.Function[int]] = abi.Function(
    "GovernanceToken.allowance",
    "allowance(address,address)",
    "dd62ed3e",
    (abi.ADDRESS, abi.ADDRESS),
    (abi.UINT256,),
)

_approve: Final[abi.Function[bool]] = abi.Function(
    "GovernanceToken.approve", "approve(address,uint256)", "095ea7b3", (abi.ADDRESS, abi.UINT256), (abi.BOOL,)
)

_balanceOf: Final[abi.Function[int]] = abi.Function(
    "GovernanceToken.balanceOf", "balanceOf(address)", "70a08231", (abi.ADDRESS,), (abi.UINT256,)
)

_checkpoints: Final[abi.Function[Checkpoint]] = abi.Function(
    "GovernanceToken.checkpoints",
    "checkpoints(address,uint32)",
    "f1127ed8",
    (abi.ADDRESS, abi.uint(32)),
    (CHECKPOINT,),
)

_clock: Final[abi.Function[int]] = abi.Function(
    "GovernanceToken.clock", "clock()", "91ddadf4", (), (abi.uint(48),)
)

_decimals: Final[abi.Function[int]] = abi.Function(
    "GovernanceToken.decimals", "decimals()", "313ce567", (), (abi.UINT8,)
)

_delegate: Final[abi.Function[None]] = abi.Function(
    "GovernanceToken.delegate", "delegate(address)", "5c19a95c", (abi.ADDRESS,)
)

_delegateBySig: Final[abi.Function[None]] = abi.Function(
    "GovernanceToken.delegateBySig",
    "delegateBySig(address,uint256,uint256,uint8,bytes32,bytes32)",
    "c3cda520",
    (abi.ADDRESS, abi.UINT256, abi.UINT256, abi.UINT8, abi.BYTES32, abi.BYTES32),
)

_delegates: Final[abi.Function[str]] = abi.Function(
    "GovernanceToken.delegates", "delegates(address)", "587cde1e", (abi.ADDRESS,), (abi.ADDRESS,)
)

_eip712Domain: Final[abi.Function[tuple[bytes, str, str, int, str, bytes, tuple[int, ...]]]] = abi.Function(
    "GovernanceToken.eip712Domain",
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

_getPastTotalSupply: Final[abi.Function[int]] = abi.Function(
    "GovernanceToken.getPastTotalSupply",
    "getPastTotalSupply(uint256)",
    "8e539e8c",
    (abi.UINT256,),
    (abi.UINT256,),
)

_getPastVotes: Final[abi.Function[int]] = abi.Function(
    "GovernanceToken.getPastVotes",
    "getPastVotes(address,uint256)",
    "3a46b1a8",
    (abi.ADDRESS, abi.UINT256),
    (abi.UINT256,),
)

_getVotes: Final[abi.Function[int]] = abi.Function(
    "GovernanceToken.getVotes", "getVotes(address)", "9ab24eb0", (abi.ADDRESS,), (abi.UINT256,)
)

_name: Final[abi.Function[str]] = abi.Function(
    "GovernanceToken.name", "name()", "06fdde03", (), (abi.STRING,)
)

_nonces: Final[abi.Function[int]] = abi.Function(
    "GovernanceToken.nonces", "nonces(address)", "7ecebe00", (abi.ADDRESS,), (abi.UINT256,)
)

_numCheckpoints: Final[abi.Function[int]] = abi.Function(
    "GovernanceToken.numCheckpoints", "numCheckpoints(address)", "6fcfff45", (abi.ADDRESS,), (abi.uint(32),)
)

_permit: Final[abi.Function[None]] = abi.Function(
    "GovernanceToken.permit",
    "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
    "d505accf",
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256, abi.UINT256, abi.UINT8, abi.BYTES32, abi.BYTES32),
)

_symbol: Final[abi.Function[str]] = abi.Function(
    "GovernanceToken.symbol", "symbol()", "95d89b41", (), (abi.STRING,)
)

_totalSupply: Final[abi.Function[int]] = abi.Function(
    "GovernanceToken.totalSupply", "totalSupply()", "18160ddd", (), (abi.UINT256,)
)

_transfer: Final[abi.Function[bool]] = abi.Function(
    "GovernanceToken.transfer",
    "transfer(address,uint256)",
    "a9059cbb",
    (abi.ADDRESS, abi.UINT256),
    (abi.BOOL,),
)

_transferFrom: Final[abi.Function[bool]] = abi.Function(
    "GovernanceToken.transferFrom",
    "transferFrom(address,address,uint256)",
    "23b872dd",
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256),
    (abi.BOOL,),
)


class GovernanceToken(abi.Binding):
    """GovernanceToken: the token whose holders govern the exchange."""

    EVENTS = abi.events(
        _APPROVAL_EVENT,
        _DELEGATE_CHANGED_EVENT,
        _DELEGATE_VOTES_CHANGED_EVENT,
        _OWNERSHIP_TRANSFERRED_EVENT,
        _ROLE_MINTER_CHANGED_EVENT,
        _TRANSFER_EVENT,
    )

    def CLOCK_MODE(self) -> Call[str]:
        """How `clock` runs, for machines (ERC-6372)."""
        return _CLOCK_MODE(self.address)

    def DOMAIN_SEPARATOR(self) -> Call[bytes]:
        """The variable `DOMAIN_SEPARATOR()`."""
        return _DOMAIN_SEPARATOR(self.address)

    def allowance(self, arg0: str, arg1: str) -> Call[int]:
        """The variable `allowance(address, address)`."""
        return _allowance(self.address, arg0, arg1)

    def approve(self, spender: str, amount: int) -> Call[bool]:
        """WARNING: Note that if `amount` is the maximum `uint256`, the allowance is not updated on
        `transferFrom`. This is semantically equivalent to an infinite approval. Also, `spender` cannot
        be the zero address. IMPORTANT: Beware that changing an allowance with this method brings the
        risk that someone may use both the old and the new allowance by unfortunate transaction
        ordering. One possible solution to mitigate this race condition is to first reduce the spender's
        allowance to `0` and set the desired amount afterwards:
        https://github.com/ethereum/EIPs/issues/20#issuecomment-263524729.
        """
        return _approve(self.address, spender, amount)

    def balanceOf(self, arg0: str) -> Call[int]:
        """The variable `balanceOf(address)`."""
        return _balanceOf(self.address, arg0)

    def checkpoints(self, account: str, pos: int) -> Call[Checkpoint]:
        """One of these changes."""
        return _checkpoints(self.address, account, pos)

    def clock(self) -> Call[int]:
        """The time by which votes are counted (ERC-6372)."""
        return _clock(self.address)

    def decimals(self) -> Call[int]:
        """The variable `decimals()`."""
        return _decimals(self.address)

    def delegate(self, delegatee: str) -> Call[None]:
        """Lets all that the caller holds, now and later, vote through a delegate."""
        return _delegate(self.address, delegatee)

    def delegateBySig(
        self, delegatee: str, nonce: int, expiry: int, v: int, r: bytes, s: bytes
    ) -> Call[None]:
        """The same for who has signed it: Delegation(address delegatee,uint256 nonce,uint256 expiry)."""
        return _delegateBySig(self.address, delegatee, nonce, expiry, v, r, s)

    def delegates(self, arg0: str) -> Call[str]:
        """The variable `delegates(address)`."""
        return _delegates(self.address, arg0)

    def eip712Domain(self) -> Call[tuple[bytes, str, str, int, str, bytes, tuple[int, ...]]]:
        """The bits in the 1-byte bit map are read from the least significant to the most significant, and
        fields are indexed in the order that is specified by EIP-712, identical to the order in which
        they are listed in the function type.
        """
        return _eip712Domain(self.address)

    def getPastTotalSupply(self, timepoint: int) -> Call[int]:
        """All tokens, delegated or not, at the end of a second that has passed."""
        return _getPastTotalSupply(self.address, timepoint)

    def getPastVotes(self, account: str, timepoint: int) -> Call[int]:
        """The votes of an account at the end of a second that has passed."""
        return _getPastVotes(self.address, account, timepoint)

    def getVotes(self, account: str) -> Call[int]:
        """The votes of an account now: what is held by those who chose it as their delegate."""
        return _getVotes(self.address, account)

    def name(self) -> Call[str]:
        """The variable `name()`."""
        return _name(self.address)

    def nonces(self, arg0: str) -> Call[int]:
        """The variable `nonces(address)`."""
        return _nonces(self.address, arg0)

    def numCheckpoints(self, account: str) -> Call[int]:
        """How often the votes of an account have changed, changes in one second counted once."""
        return _numCheckpoints(self.address, account)

    def permit(
        self, owner: str, spender: str, amount: int, deadline: int, v: int, r: bytes, s: bytes
    ) -> Call[None]:
        """Note that `spender` cannot be the zero address. Also, `deadline` must be a block timestamp in
        the future. `v`, `r`, and `s` must be a valid secp256k1 signature from `owner` over the
        EIP-712-formatted function arguments. Eventually, the signature must use `owner`'s current
        nonce.
        """
        return _permit(self.address, owner, spender, amount, deadline, v, r, s)

    def symbol(self) -> Call[str]:
        """The variable `symbol()`."""
        return _symbol(self.address)

    def totalSupply(self) -> Call[int]:
        """The variable `totalSupply()`."""
        return _totalSupply(self.address)

    def transfer(self, to: str, amount: int) -> Call[bool]:
        """Moves tokens of the caller, and their votes from his delegate to the receiver's."""
        return _transfer(self.address, to, amount)

    def transferFrom(self, owner: str, to: str, amount: int) -> Call[bool]:
        """Moves tokens of an owner who has approved the caller, and their votes."""
        return _transferFrom(self.address, owner, to, amount)
