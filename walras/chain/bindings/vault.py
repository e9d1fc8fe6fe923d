"""Vault: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from walras.chain import abi
from walras.chain.bindings.orderbook_v2 import VAULT_QUOTES, VaultQuotes
from walras.chain.call import Call


@dataclass(frozen=True, slots=True)
class QuoteSettings:
    """How the vault quotes in a market."""

    allocation_bps: int
    """Share of the vault's capital; at most 10,000 over all markets."""
    leverage_bps: int
    """Largest position in that capital; 1,000 .. 100,000 (0.1 .. 10 times)."""
    spread_ppm: int
    """From the index to either quote; 100 .. 100,000; 0 where the market is not configured."""
    skew_ppm: int
    """By which a position at its limit shifts both quotes; at most the spread."""
    depth_bps: int
    """Lots that an auction may add to a position, of the limit; 1 .. 10,000."""


QUOTE_SETTINGS: Final = abi.struct(
    QuoteSettings, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256
)


@dataclass(frozen=True, slots=True)
class Question:
    """A struct of IQuoter."""

    market: int
    unit: int
    """Token units per lot and tick."""
    mark: int
    """Ticks, rounded down."""
    low: int
    """Ticks that the oracle's sources span, outwards."""
    high: int
    wider: bool
    """The price is DEGRADED."""
    lots: int
    """The quoter's position."""
    collateral: int
    """Of its account, token units."""
    profit: int
    """Of that position: cash + value at the price - funding owed, token units, rounded down."""


QUESTION: Final = abi.struct(
    Question,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.BOOL,
    abi.INT256,
    abi.INT256,
    abi.INT256,
)


@dataclass(frozen=True, slots=True)
class Request:
    """What a controller has asked back."""

    shares: int
    """0: nothing."""
    value: int
    """What they were worth when they were asked for: no more is paid."""
    claimable_from: int
    """First second in which they can be claimed."""


REQUEST: Final = abi.struct(Request, abi.UINT256, abi.UINT256, abi.UINT256)


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
class BackstopFunded:
    """An event of IVault."""

    amount: int
    """Units of the token, set aside for the backstop; negative: taken back."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "BackstopFunded":
        """Raises AbiError where the log is of another event."""
        return _BACKSTOP_FUNDED_EVENT.decode(topics, data)


_BACKSTOP_FUNDED_EVENT: Final = abi.Event(
    "e0fb5b70d9cf29275db2d1c2e6dcf9f7d1ea21358419364169958f6c7ce87c72",
    BackstopFunded,
    (False,),
    (abi.INT256,),
)


@dataclass(frozen=True, slots=True)
class CooldownSet:
    """An event of IVault."""

    cooldown: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "CooldownSet":
        """Raises AbiError where the log is of another event."""
        return _COOLDOWN_SET_EVENT.decode(topics, data)


_COOLDOWN_SET_EVENT: Final = abi.Event(
    "f4f81c8df394c367119ef9185e49924fbc14f33668d8c0fe5a767cc822858ae2", CooldownSet, (False,), (abi.UINT256,)
)


@dataclass(frozen=True, slots=True)
class Deposit:
    """Events."""

    sender: str
    owner: str
    assets: int
    shares: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Deposit":
        """Raises AbiError where the log is of another event."""
        return _DEPOSIT_EVENT.decode(topics, data)


_DEPOSIT_EVENT: Final = abi.Event(
    "dcbc1c05240f31ff3ad067ef1ee35ce4997762752e3a095284754544f4c709d7",
    Deposit,
    (True, True, False, False),
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class DepositCapSet:
    """An event of IVault."""

    cap: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "DepositCapSet":
        """Raises AbiError where the log is of another event."""
        return _DEPOSIT_CAP_SET_EVENT.decode(topics, data)


_DEPOSIT_CAP_SET_EVENT: Final = abi.Event(
    "50e5341d7a4ad030a1a03c7b2bccfa67438c0bdf5c398a3b1d7a64babfbf97fe",
    DepositCapSet,
    (False,),
    (abi.UINT256,),
)


@dataclass(frozen=True, slots=True)
class ExitFeeSet:
    """An event of IVault."""

    base_bps: int
    slope_bps: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "ExitFeeSet":
        """Raises AbiError where the log is of another event."""
        return _EXIT_FEE_SET_EVENT.decode(topics, data)


_EXIT_FEE_SET_EVENT: Final = abi.Event(
    "c84081a9c94a2300cdec20e3d60952b84e96e11edf24cb65ba26b7f8455f29db",
    ExitFeeSet,
    (False, False),
    (abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class ExitFeeTaken:
    """An event of IVault."""

    controller: str
    amount: int
    """What stays with those who stay."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "ExitFeeTaken":
        """Raises AbiError where the log is of another event."""
        return _EXIT_FEE_TAKEN_EVENT.decode(topics, data)


_EXIT_FEE_TAKEN_EVENT: Final = abi.Event(
    "aa053ed5ba5b52ee195a279f55d05d5e23c6740c494452ba1f48cf613280ec60",
    ExitFeeTaken,
    (True, False),
    (abi.ADDRESS, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class GuardianSet:
    """An event of IVault."""

    guardian: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "GuardianSet":
        """Raises AbiError where the log is of another event."""
        return _GUARDIAN_SET_EVENT.decode(topics, data)


_GUARDIAN_SET_EVENT: Final = abi.Event(
    "e6c09ffe4572dc9ceaa5ddde4ae41befa655d6fdfe8052077af0970f700e942e", GuardianSet, (True,), (abi.ADDRESS,)
)


@dataclass(frozen=True, slots=True)
class OperatorSet:
    """An event of IVault."""

    controller: str
    operator: str
    approved: bool

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "OperatorSet":
        """Raises AbiError where the log is of another event."""
        return _OPERATOR_SET_EVENT.decode(topics, data)


_OPERATOR_SET_EVENT: Final = abi.Event(
    "ceb576d9f15e4e200fdb5096d64d5dfd667e16def20c1eefd14256d8e3faa267",
    OperatorSet,
    (True, True, False),
    (abi.ADDRESS, abi.ADDRESS, abi.BOOL),
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
class QuotesConfigured:
    """An event of IVault."""

    market: int
    settings: QuoteSettings

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "QuotesConfigured":
        """Raises AbiError where the log is of another event."""
        return _QUOTES_CONFIGURED_EVENT.decode(topics, data)


_QUOTES_CONFIGURED_EVENT: Final = abi.Event(
    "af04b86fce33c27242295ba5d6146eb80d9e592acdaff4cfbce42a0a5c953f50",
    QuotesConfigured,
    (True, False),
    (abi.UINT256, QUOTE_SETTINGS),
)


@dataclass(frozen=True, slots=True)
class RedeemRequest:
    """An event of IVault."""

    controller: str
    owner: str
    requestId: int
    """Always 0."""
    sender: str
    shares: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "RedeemRequest":
        """Raises AbiError where the log is of another event."""
        return _REDEEM_REQUEST_EVENT.decode(topics, data)


_REDEEM_REQUEST_EVENT: Final = abi.Event(
    "1fdc681a13d8c5da54e301c7ce6542dcde4581e4725043fdab2db12ddc574506",
    RedeemRequest,
    (True, True, True, False, False),
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256, abi.ADDRESS, abi.UINT256),
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


@dataclass(frozen=True, slots=True)
class Withdraw:
    """An event of IERC4626."""

    sender: str
    receiver: str
    owner: str
    assets: int
    shares: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Withdraw":
        """Raises AbiError where the log is of another event."""
        return _WITHDRAW_EVENT.decode(topics, data)


_WITHDRAW_EVENT: Final = abi.Event(
    "fbde797d201c681b91056529119e0b02407c7bb96a4a2c75c01fc9667232c8db",
    Withdraw,
    (True, True, True, False, False),
    (abi.ADDRESS, abi.ADDRESS, abi.ADDRESS, abi.UINT256, abi.UINT256),
)


_accept_ownership: Final[abi.Function[None]] = abi.Function(
    "Vault.accept_ownership", "accept_ownership()", "a67c2dcb"
)

_allocated_bps: Final[abi.Function[int]] = abi.Function(
    "Vault.allocated_bps", "allocated_bps()", "d6a604f0", (), (abi.UINT256,)
)

_allowance: Final[abi.Function[int]] = abi.Function(
    "Vault.allowance", "allowance(address,address)", "dd62ed3e", (abi.ADDRESS, abi.ADDRESS), (abi.UINT256,)
)

_approve: Final[abi.Function[bool]] = abi.Function(
    "Vault.approve", "approve(address,uint256)", "095ea7b3", (abi.ADDRESS, abi.UINT256), (abi.BOOL,)
)

_asset: Final[abi.Function[str]] = abi.Function("Vault.asset", "asset()", "38d52e0f", (), (abi.ADDRESS,))

_balanceOf: Final[abi.Function[int]] = abi.Function(
    "Vault.balanceOf", "balanceOf(address)", "70a08231", (abi.ADDRESS,), (abi.UINT256,)
)

_base_fee_bps: Final[abi.Function[int]] = abi.Function(
    "Vault.base_fee_bps", "base_fee_bps()", "08711537", (), (abi.UINT256,)
)

_claimableRedeemRequest: Final[abi.Function[int]] = abi.Function(
    "Vault.claimableRedeemRequest",
    "claimableRedeemRequest(uint256,address)",
    "eaed1d07",
    (abi.UINT256, abi.ADDRESS),
    (abi.UINT256,),
)

_configure: Final[abi.Function[None]] = abi.Function(
    "Vault.configure",
    "configure(uint256,(uint256,uint256,uint256,uint256,uint256))",
    "6758fd26",
    (abi.UINT256, QUOTE_SETTINGS),
)

_convertToAssets: Final[abi.Function[int]] = abi.Function(
    "Vault.convertToAssets", "convertToAssets(uint256)", "07a2d13a", (abi.UINT256,), (abi.UINT256,)
)

_convertToShares: Final[abi.Function[int]] = abi.Function(
    "Vault.convertToShares", "convertToShares(uint256)", "c6e6f592", (abi.UINT256,), (abi.UINT256,)
)

_cooldown: Final[abi.Function[int]] = abi.Function(
    "Vault.cooldown", "cooldown()", "787a08a6", (), (abi.UINT256,)
)

_cooldown_changed_at: Final[abi.Function[int]] = abi.Function(
    "Vault.cooldown_changed_at", "cooldown_changed_at()", "8c9cf65f", (), (abi.UINT256,)
)

_decimals: Final[abi.Function[int]] = abi.Function(
    "Vault.decimals", "decimals()", "313ce567", (), (abi.UINT8,)
)

_deposit: Final[abi.Function[int]] = abi.Function(
    "Vault.deposit", "deposit(uint256,address)", "6e553f65", (abi.UINT256, abi.ADDRESS), (abi.UINT256,)
)

_deposit_cap: Final[abi.Function[int]] = abi.Function(
    "Vault.deposit_cap", "deposit_cap()", "68a4254c", (), (abi.UINT256,)
)

_engine: Final[abi.Function[str]] = abi.Function("Vault.engine", "engine()", "c9d4623f", (), (abi.ADDRESS,))

_exit_fee_bps: Final[abi.Function[int]] = abi.Function(
    "Vault.exit_fee_bps", "exit_fee_bps()", "d197384d", (), (abi.UINT256,)
)

_fee_changed_at: Final[abi.Function[int]] = abi.Function(
    "Vault.fee_changed_at", "fee_changed_at()", "b95b67e1", (), (abi.UINT256,)
)

_fee_slope_bps: Final[abi.Function[int]] = abi.Function(
    "Vault.fee_slope_bps", "fee_slope_bps()", "95d32ec8", (), (abi.UINT256,)
)

_fund_backstop: Final[abi.Function[None]] = abi.Function(
    "Vault.fund_backstop", "fund_backstop(uint256)", "cf128684", (abi.UINT256,)
)

_guardian: Final[abi.Function[str]] = abi.Function(
    "Vault.guardian", "guardian()", "452a9320", (), (abi.ADDRESS,)
)

_has_backstop: Final[abi.Function[bool]] = abi.Function(
    "Vault.has_backstop", "has_backstop()", "ebbd3fd1", (), (abi.BOOL,)
)

_isOperator: Final[abi.Function[bool]] = abi.Function(
    "Vault.isOperator", "isOperator(address,address)", "b6363cf2", (abi.ADDRESS, abi.ADDRESS), (abi.BOOL,)
)

_maxDeposit: Final[abi.Function[int]] = abi.Function(
    "Vault.maxDeposit", "maxDeposit(address)", "402d267d", (abi.ADDRESS,), (abi.UINT256,)
)

_maxMint: Final[abi.Function[int]] = abi.Function(
    "Vault.maxMint", "maxMint(address)", "c63d75b6", (abi.ADDRESS,), (abi.UINT256,)
)

_maxRedeem: Final[abi.Function[int]] = abi.Function(
    "Vault.maxRedeem", "maxRedeem(address)", "d905777e", (abi.ADDRESS,), (abi.UINT256,)
)

_maxWithdraw: Final[abi.Function[int]] = abi.Function(
    "Vault.maxWithdraw", "maxWithdraw(address)", "ce96cb77", (abi.ADDRESS,), (abi.UINT256,)
)

_mint: Final[abi.Function[int]] = abi.Function(
    "Vault.mint", "mint(uint256,address)", "94bf804d", (abi.UINT256, abi.ADDRESS), (abi.UINT256,)
)

_name: Final[abi.Function[str]] = abi.Function("Vault.name", "name()", "06fdde03", (), (abi.STRING,))

_owner: Final[abi.Function[str]] = abi.Function("Vault.owner", "owner()", "8da5cb5b", (), (abi.ADDRESS,))

_pendingRedeemRequest: Final[abi.Function[int]] = abi.Function(
    "Vault.pendingRedeemRequest",
    "pendingRedeemRequest(uint256,address)",
    "f5a23d8d",
    (abi.UINT256, abi.ADDRESS),
    (abi.UINT256,),
)

_pending_owner: Final[abi.Function[str]] = abi.Function(
    "Vault.pending_owner", "pending_owner()", "7f4ec4c3", (), (abi.ADDRESS,)
)

_pending_value: Final[abi.Function[int]] = abi.Function(
    "Vault.pending_value", "pending_value()", "c075edf2", (), (abi.UINT256,)
)

_previewDeposit: Final[abi.Function[int]] = abi.Function(
    "Vault.previewDeposit", "previewDeposit(uint256)", "ef8b30f7", (abi.UINT256,), (abi.UINT256,)
)

_previewMint: Final[abi.Function[int]] = abi.Function(
    "Vault.previewMint", "previewMint(uint256)", "b3d7f6b9", (abi.UINT256,), (abi.UINT256,)
)

_previewRedeem: Final[abi.Function[int]] = abi.Function(
    "Vault.previewRedeem", "previewRedeem(uint256)", "4cdad506", (abi.UINT256,), (abi.UINT256,)
)

_previewWithdraw: Final[abi.Function[int]] = abi.Function(
    "Vault.previewWithdraw", "previewWithdraw(uint256)", "0a28a477", (abi.UINT256,), (abi.UINT256,)
)

_quote_settings: Final[abi.Function[QuoteSettings]] = abi.Function(
    "Vault.quote_settings", "quote_settings(uint256)", "50472915", (abi.UINT256,), (QUOTE_SETTINGS,)
)

_quotes: Final[abi.Function[VaultQuotes]] = abi.Function(
    "Vault.quotes",
    "quotes((uint256,uint256,uint256,uint256,uint256,bool,int256,int256,int256))",
    "6ba94249",
    (QUESTION,),
    (VAULT_QUOTES,),
)

_quotes_changed_at: Final[abi.Function[int]] = abi.Function(
    "Vault.quotes_changed_at", "quotes_changed_at(uint256)", "96684053", (abi.UINT256,), (abi.UINT256,)
)

_recall_backstop: Final[abi.Function[None]] = abi.Function(
    "Vault.recall_backstop", "recall_backstop(uint256)", "1a208c0e", (abi.UINT256,)
)

_redeem: Final[abi.Function[int]] = abi.Function(
    "Vault.redeem",
    "redeem(uint256,address,address)",
    "ba087652",
    (abi.UINT256, abi.ADDRESS, abi.ADDRESS),
    (abi.UINT256,),
)

_requestRedeem: Final[abi.Function[int]] = abi.Function(
    "Vault.requestRedeem",
    "requestRedeem(uint256,address,address)",
    "7d41c86e",
    (abi.UINT256, abi.ADDRESS, abi.ADDRESS),
    (abi.UINT256,),
)

_request_of: Final[abi.Function[Request]] = abi.Function(
    "Vault.request_of", "request_of(address)", "3a55e73a", (abi.ADDRESS,), (REQUEST,)
)

_setOperator: Final[abi.Function[bool]] = abi.Function(
    "Vault.setOperator", "setOperator(address,bool)", "558a7297", (abi.ADDRESS, abi.BOOL), (abi.BOOL,)
)

_set_cooldown: Final[abi.Function[None]] = abi.Function(
    "Vault.set_cooldown", "set_cooldown(uint256)", "d6798645", (abi.UINT256,)
)

_set_deposit_cap: Final[abi.Function[None]] = abi.Function(
    "Vault.set_deposit_cap", "set_deposit_cap(uint256)", "7a3aa1ec", (abi.UINT256,)
)

_set_exit_fee: Final[abi.Function[None]] = abi.Function(
    "Vault.set_exit_fee", "set_exit_fee(uint256,uint256)", "4d2eded9", (abi.UINT256, abi.UINT256)
)

_set_guardian: Final[abi.Function[None]] = abi.Function(
    "Vault.set_guardian", "set_guardian(address)", "75c29a3f", (abi.ADDRESS,)
)

_share: Final[abi.Function[str]] = abi.Function("Vault.share", "share()", "a8d5fd65", (), (abi.ADDRESS,))

_supportsInterface: Final[abi.Function[bool]] = abi.Function(
    "Vault.supportsInterface", "supportsInterface(bytes4)", "01ffc9a7", (abi.fixed_bytes(4),), (abi.BOOL,)
)

_symbol: Final[abi.Function[str]] = abi.Function("Vault.symbol", "symbol()", "95d89b41", (), (abi.STRING,))

_totalAssets: Final[abi.Function[int]] = abi.Function(
    "Vault.totalAssets", "totalAssets()", "01e1d114", (), (abi.UINT256,)
)

_totalSupply: Final[abi.Function[int]] = abi.Function(
    "Vault.totalSupply", "totalSupply()", "18160ddd", (), (abi.UINT256,)
)

_transfer: Final[abi.Function[bool]] = abi.Function(
    "Vault.transfer", "transfer(address,uint256)", "a9059cbb", (abi.ADDRESS, abi.UINT256), (abi.BOOL,)
)

_transferFrom: Final[abi.Function[bool]] = abi.Function(
    "Vault.transferFrom",
    "transferFrom(address,address,uint256)",
    "23b872dd",
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256),
    (abi.BOOL,),
)

_transfer_ownership: Final[abi.Function[None]] = abi.Function(
    "Vault.transfer_ownership", "transfer_ownership(address)", "f0350c04", (abi.ADDRESS,)
)

_withdraw: Final[abi.Function[int]] = abi.Function(
    "Vault.withdraw",
    "withdraw(uint256,address,address)",
    "b460af94",
    (abi.UINT256, abi.ADDRESS, abi.ADDRESS),
    (abi.UINT256,),
)


class Vault(abi.Binding):
    """Vault: liquidity providers, who together quote for what an auction leaves over."""

    EVENTS = abi.events(
        _APPROVAL_EVENT,
        _BACKSTOP_FUNDED_EVENT,
        _COOLDOWN_SET_EVENT,
        _DEPOSIT_EVENT,
        _DEPOSIT_CAP_SET_EVENT,
        _EXIT_FEE_SET_EVENT,
        _EXIT_FEE_TAKEN_EVENT,
        _GUARDIAN_SET_EVENT,
        _OPERATOR_SET_EVENT,
        _OWNERSHIP_TRANSFER_STARTED_EVENT,
        _OWNERSHIP_TRANSFERRED_EVENT,
        _QUOTES_CONFIGURED_EVENT,
        _REDEEM_REQUEST_EVENT,
        _TRANSFER_EVENT,
        _WITHDRAW_EVENT,
    )

    def accept_ownership(self) -> Call[None]:
        """Note that this function can only be called by the current `pending_owner`."""
        return _accept_ownership(self.address)

    def allocated_bps(self) -> Call[int]:
        """The variable `allocated_bps()`."""
        return _allocated_bps(self.address)

    def allowance(self, arg0: str, arg1: str) -> Call[int]:
        """The variable `allowance(address, address)`."""
        return _allowance(self.address, arg0, arg1)

    def approve(self, spender: str, amount: int) -> Call[bool]:
        """Lets somebody move shares of the caller."""
        return _approve(self.address, spender, amount)

    def asset(self) -> Call[str]:
        """The variable `asset()`."""
        return _asset(self.address)

    def balanceOf(self, arg0: str) -> Call[int]:
        """The variable `balanceOf(address)`."""
        return _balanceOf(self.address, arg0)

    def base_fee_bps(self) -> Call[int]:
        """The variable `base_fee_bps()`."""
        return _base_fee_bps(self.address)

    def claimableRedeemRequest(self, requestId: int, controller: str) -> Call[int]:
        """Shares that a controller asked for and that have waited."""
        return _claimableRedeemRequest(self.address, requestId, controller)

    def configure(self, market: int, settings: QuoteSettings) -> Call[None]:
        """Sets how the vault quotes in a market, from the next auction on. While there are shares it goes
        by steps, a day apart, but for what only tightens: no more allocation, leverage and depth, no
        less spread, and the same skew. The first configuration of a market has a step of its allocation
        alone.
        """
        return _configure(self.address, market, settings)

    def convertToAssets(self, shareAmount: int) -> Call[int]:
        """What shares are worth before the exit fee, price fit or not."""
        return _convertToAssets(self.address, shareAmount)

    def convertToShares(self, assetAmount: int) -> Call[int]:
        """What assets would buy, price fit or not."""
        return _convertToShares(self.address, assetAmount)

    def cooldown(self) -> Call[int]:
        """The variable `cooldown()`."""
        return _cooldown(self.address)

    def cooldown_changed_at(self) -> Call[int]:
        """The variable `cooldown_changed_at()`."""
        return _cooldown_changed_at(self.address)

    def decimals(self) -> Call[int]:
        """The variable `decimals()`."""
        return _decimals(self.address)

    def deposit(self, assets: int, receiver: str) -> Call[int]:
        """Buys shares for assets."""
        return _deposit(self.address, assets, receiver)

    def deposit_cap(self) -> Call[int]:
        """The variable `deposit_cap()`."""
        return _deposit_cap(self.address)

    def engine(self) -> Call[str]:
        """The variable `engine()`."""
        return _engine(self.address)

    def exit_fee_bps(self) -> Call[int]:
        """What leaving costs now, of the value, in bps."""
        return _exit_fee_bps(self.address)

    def fee_changed_at(self) -> Call[int]:
        """The variable `fee_changed_at()`."""
        return _fee_changed_at(self.address)

    def fee_slope_bps(self) -> Call[int]:
        """The variable `fee_slope_bps()`."""
        return _fee_slope_bps(self.address)

    def fund_backstop(self, amount: int) -> Call[None]:
        """Sets a part of the capital aside for positions that no auction takes: no more than it can be
        lost with them.
        """
        return _fund_backstop(self.address, amount)

    def guardian(self) -> Call[str]:
        """The variable `guardian()`."""
        return _guardian(self.address)

    def has_backstop(self) -> Call[bool]:
        """The variable `has_backstop()`."""
        return _has_backstop(self.address)

    def isOperator(self, arg0: str, arg1: str) -> Call[bool]:
        """The variable `isOperator(address, address)`."""
        return _isOperator(self.address, arg0, arg1)

    def maxDeposit(self, receiver: str) -> Call[int]:
        """The most that can be deposited. It never reverts."""
        return _maxDeposit(self.address, receiver)

    def maxMint(self, receiver: str) -> Call[int]:
        """The most shares that can be minted. It never reverts."""
        return _maxMint(self.address, receiver)

    def maxRedeem(self, controller: str) -> Call[int]:
        """The shares that a controller can claim. It never reverts."""
        return _maxRedeem(self.address, controller)

    def maxWithdraw(self, controller: str) -> Call[int]:
        """The tokens that a controller can claim, after the fee. It never reverts."""
        return _maxWithdraw(self.address, controller)

    def mint(self, shares: int, receiver: str) -> Call[int]:
        """Buys a number of shares."""
        return _mint(self.address, shares, receiver)

    def name(self) -> Call[str]:
        """The variable `name()`."""
        return _name(self.address)

    def owner(self) -> Call[str]:
        """The variable `owner()`."""
        return _owner(self.address)

    def pendingRedeemRequest(self, requestId: int, controller: str) -> Call[int]:
        """Shares that a controller asked for and that wait still."""
        return _pendingRedeemRequest(self.address, requestId, controller)

    def pending_owner(self) -> Call[str]:
        """The variable `pending_owner()`."""
        return _pending_owner(self.address)

    def pending_value(self) -> Call[int]:
        """The variable `pending_value()`."""
        return _pending_value(self.address)

    def previewDeposit(self, assets: int) -> Call[int]:
        """What a deposit would give, whatever the cap. It never reverts."""
        return _previewDeposit(self.address, assets)

    def previewMint(self, shares: int) -> Call[int]:
        """What a mint would cost, rounded up, whatever the cap. It never reverts."""
        return _previewMint(self.address, shares)

    def previewRedeem(self, shares: int) -> Call[int]:
        """As ERC-7540 demands, it reverts: what a claim pays depends on the request."""
        return _previewRedeem(self.address, shares)

    def previewWithdraw(self, assets: int) -> Call[int]:
        """As ERC-7540 demands, it reverts: what a claim takes depends on the request."""
        return _previewWithdraw(self.address, assets)

    def quote_settings(self, market: int) -> Call[QuoteSettings]:
        """How the vault quotes in a market."""
        return _quote_settings(self.address, market)

    def quotes(self, question: Question) -> Call[VaultQuotes]:
        """What the vault bids and asks in an auction. It asks the engine nothing: that is locked while it
        calls.
        """
        return _quotes(self.address, question)

    def quotes_changed_at(self, arg0: int) -> Call[int]:
        """The variable `quotes_changed_at(uint256)`."""
        return _quotes_changed_at(self.address, arg0)

    def recall_backstop(self, amount: int) -> Call[None]:
        """Takes back what the backstop does not need. By the owner; by anyone what requests wait for
        beyond what is free: no more than they are worth now, and nothing while account 0 is below
        initial margin: what came would be free for nobody, could be asked for again, and stand behind
        positions whose losses insurance and others are to bear.
        """
        return _recall_backstop(self.address, amount)

    def redeem(self, shares: int, receiver: str, controller: str) -> Call[int]:
        """Claims shares that were asked back and have waited."""
        return _redeem(self.address, shares, receiver, controller)

    def requestRedeem(self, shares: int, controller: str, owner: str) -> Call[int]:
        """Asks shares back: they wait in the vault's hands, share its losses, and can be claimed after the
        cooldown. What was asked before and not claimed joins: values are added, and all of it waits
        anew. A request cannot be taken back.
        """
        return _requestRedeem(self.address, shares, controller, owner)

    def request_of(self, controller: str) -> Call[Request]:
        """All that a controller has asked for and not claimed."""
        return _request_of(self.address, controller)

    def setOperator(self, operator: str, approved: bool) -> Call[bool]:
        """Lets somebody ask back and claim for the caller, to any receiver, or no longer."""
        return _setOperator(self.address, operator, approved)

    def set_cooldown(self, cooldown: int) -> Call[None]:
        """Sets how long requests wait from now on. While there are shares it goes by steps, a day apart."""
        return _set_cooldown(self.address, cooldown)

    def set_deposit_cap(self, cap: int) -> Call[None]:
        """Sets up to which equity the vault takes deposits."""
        return _set_deposit_cap(self.address, cap)

    def set_exit_fee(self, base_bps: int, slope_bps: int) -> Call[None]:
        """Sets what leaving costs: base + slope x initial margin / equity, and no more than base + slope.
        While there are shares it goes by steps, a day apart.
        """
        return _set_exit_fee(self.address, base_bps, slope_bps)

    def set_guardian(self, guardian: str) -> Call[None]:
        """Sets who may lower the deposit cap."""
        return _set_guardian(self.address, guardian)

    def share(self) -> Call[str]:
        """The token of the shares: this contract."""
        return _share(self.address)

    def supportsInterface(self, interface_id: bytes) -> Call[bool]:
        """ERC-165."""
        return _supportsInterface(self.address, interface_id)

    def symbol(self) -> Call[str]:
        """The variable `symbol()`."""
        return _symbol(self.address)

    def totalAssets(self) -> Call[int]:
        """What the vault's accounts are worth at the unkinder end; 0 where it owes."""
        return _totalAssets(self.address)

    def totalSupply(self) -> Call[int]:
        """The variable `totalSupply()`."""
        return _totalSupply(self.address)

    def transfer(self, to: str, amount: int) -> Call[bool]:
        """Gives shares to another address."""
        return _transfer(self.address, to, amount)

    def transferFrom(self, owner: str, to: str, amount: int) -> Call[bool]:
        """Gives shares of an owner who approved the caller to another address."""
        return _transferFrom(self.address, owner, to, amount)

    def transfer_ownership(self, new_owner: str) -> Call[None]:
        """Note that this function can only be called by the current `owner`. Importantly, there is no
        security risk in assigning `new_owner` to the zero address, as the default value of
        `pending_owner` is already set to the zero address, and the zero address cannot invoke
        `accept_ownership`. In fact, this can serve as a method to cancel an ongoing ownership transfer.
        Eventually, the function replaces the pending transfer if there is one.
        """
        return _transfer_ownership(self.address, new_owner)

    def withdraw(self, assets: int, receiver: str, controller: str) -> Call[int]:
        """Claims an amount out of the shares that were asked back and have waited."""
        return _withdraw(self.address, assets, receiver, controller)
