"""PerpEngine: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from walras.chain import abi
from walras.chain.bindings.oracle_router import STATUS, Status
from walras.chain.bindings.orderbook_v2 import CLEARING, NEW_ORDER, Clearing, NewOrder
from walras.chain.call import Call


@dataclass(frozen=True, slots=True)
class Preview:
    """What an order would do, if it were placed now."""

    reason: str
    """Why it would be refused; empty where it would not, and the rest is 0 where it would."""
    equity: int
    """Of the account, with the order in the book."""
    initial: int
    maintenance: int
    fee: int
    """What it costs if all of it fills as a taker's at its limit, token units."""
    liquidation_price: int
    """Of the account in this market once the order has filled at its limit, lot price; 0: none."""


PREVIEW: Final = abi.struct(
    Preview, abi.STRING, abi.INT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256
)


@dataclass(frozen=True, slots=True)
class MarketSettings:
    """A struct of IPerpEngine."""

    initial_ppm: int
    """Initial margin fraction while open interest is small; 10,000 .. 1,000,000 (1 % .. 100 %)."""
    maintenance_bps: int
    """Maintenance margin, of the initial one; 1,000 .. 9,000."""
    soft_notional: int
    """Positions from which the initial margin fraction grows, whole tokens, below 2**40."""
    hard_notional: int
    """Positions at which it is 1; above soft_notional, below 2**40."""
    open_cap: int
    """Largest exposure of a side over all accounts, open orders included, lots, below 2**36."""
    account_cap: int
    """Largest exposure of a side of one account, lots, below 2**34."""
    maker_ppm: int
    """Fee of makers, of the notional; -0.6 x taker_ppm .. taker_ppm."""
    taker_ppm: int
    """Fee of takers, of the notional; at most 10,000 (1 %)."""
    band_bps: int
    """Order's furthest limit from the mark; 10 .. 5,000."""
    mark_band_bps: int
    """Mark's furthest distance from the index; 10 .. 2,000."""
    interest: int
    """Added to the average premium, premium units in 8 hours; magnitude at most 1,000,000 (0.1 %)."""
    funding_clamp: int
    """Largest rate of 8 hours, in (initial - maintenance margin fraction); 1 .. 10."""
    price_grace: int
    """Seconds after a batch closed in which its auction waits for a price of after; at most 600."""
    max_mark_age: int
    """Seconds for which a mark serves; older, it is refreshed from the oracle; 1 .. 3,600."""
    tip: int
    """Token units for whoever runs an auction, while the runners' pot has them; below 2**40."""
    restart_batches: int
    """Batches of POST_ONLY before ACTIVE; below 128."""
    impact_lots: int
    """Lots that have to trade, or to rest, for a price to count for premium and mark; 1 .. 2**21 - 1."""


MARKET_SETTINGS: Final = abi.struct(
    MarketSettings,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.INT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.INT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
)


class Mode(IntFlag):
    """A flag of IPerpEngine."""

    ACTIVE = 1
    POST_ONLY = 2
    REDUCE_ONLY = 4
    HALTED = 8
    SETTLED = 16


MODE: Final = abi.flag(Mode)


@dataclass(frozen=True, slots=True)
class Funding:
    """A struct of IPerpEngine."""

    index: int
    """Now."""
    growth: int
    """Of the index a second, 1/2**16 of its unit."""
    hour_premium: int
    """Average premium of clearing or impact prices over an hour."""
    quarter_premium: int
    """And over 15 minutes."""
    clearing: int
    """Last clearing price, lot price; 0 before the first."""


FUNDING: Final = abi.struct(Funding, abi.INT256, abi.INT256, abi.INT256, abi.INT256, abi.UINT256)


@dataclass(frozen=True, slots=True)
class Losses:
    """A struct of IPerpEngine."""

    borne: int
    """By every lot of either side, of others' deficits, since the market was listed; lot price units."""
    settled_at: int
    """0: it is not."""


LOSSES: Final = abi.struct(Losses, abi.UINT256, abi.UINT256)


@dataclass(frozen=True, slots=True)
class Margin:
    """A struct of IPerpEngine."""

    equity: int
    """Collateral + positions at the mark - funding owed."""
    initial: int
    """Initial margin with the worst of the open orders."""
    maintenance: int
    """Maintenance margin of the positions."""


MARGIN: Final = abi.struct(Margin, abi.INT256, abi.UINT256, abi.UINT256)


@dataclass(frozen=True, slots=True)
class Mark:
    """A struct of IPerpEngine."""

    mark: int
    """Lot price at which positions are valued."""
    index: int
    """Lot price that the oracle said."""
    low: int
    """Lot prices that the oracle's sources span."""
    high: int
    status: Status
    time: int
    """Of the last auction or refresh."""
    due: int
    """From when on the next auction may run; 0: continuous mode."""
    initial_ppm: int
    """Margin fractions at the open interest of that time."""
    maintenance_ppm: int


MARK: Final = abi.struct(
    Mark,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    STATUS,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
)


@dataclass(frozen=True, slots=True)
class Market:
    """A struct of IPerpEngine."""

    book: str
    mode: Mode
    unit: int
    """Token units per lot and tick."""
    scale: int
    """Lot prices have so many fractional bits."""
    lot_size: int
    """Base per lot, 18 decimals."""
    grid: int
    """Number of the book's grid."""


MARKET: Final = abi.struct(Market, abi.ADDRESS, MODE, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256)


@dataclass(frozen=True, slots=True)
class Open:
    """A struct of IPerpEngine."""

    long: int
    """Sum over accounts of max(0, lots + open bids), lots."""
    short: int
    """Sum of max(0, open asks - lots)."""
    held_long: int
    """Sum of the long positions that are booked, without what auctions filled since."""
    held_short: int
    """The same of the short ones: equal once all accounts are settled."""


OPEN: Final = abi.struct(Open, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256)


@dataclass(frozen=True, slots=True)
class Position:
    """A struct of IPerpEngine."""

    lots: int
    cash: int
    """Token units: what the position cost (negative when long) but for what was realised."""
    basis: int
    """Sum of signed lots x funding index, less funding that was paid; + |lots| x losses borne so far."""
    bid_lots: int
    """Open orders, as of the account's last settlement in the market."""
    ask_lots: int
    bid_notional: int
    """Sum of lots x limit, lot-ticks."""
    ask_notional: int


POSITION: Final = abi.struct(
    Position, abi.INT256, abi.INT256, abi.INT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256
)


@dataclass(frozen=True, slots=True)
class Ramp:
    """Margin fractions on their way from what they were to what the settings say, ppm."""

    initial_from: int
    initial_now: int
    initial_to: int
    maintenance_from: int
    maintenance_now: int
    maintenance_to: int
    start: int
    end: int


RAMP: Final = abi.struct(
    Ramp,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
)


@dataclass(frozen=True, slots=True)
class Valuation:
    """What a position is worth now."""

    entry_price: int
    """Lot price at which what is open was bought, or sold, on average; rounded up for a long, else down."""
    value: int
    """Of the lots at the mark, rounded down; negative when short."""
    funding: int
    """Owed since the last settlement, rounded up; negative: it is owed to the account."""
    profit: int
    """Unrealised: cash + value - funding."""


VALUATION: Final = abi.struct(Valuation, abi.UINT256, abi.INT256, abi.INT256, abi.INT256)


@dataclass(frozen=True, slots=True)
class Worth:
    """A struct of IPerpEngine."""

    low: int
    """Equity, positions at the unkindest of mark and index, where DEGRADED of low and high too."""
    high: int
    """The same at the kindest."""
    initial: int
    """As in Margin."""
    free: int
    """What a withdrawal may take at these marks."""
    statuses: Status
    """Of the prices of all markets with a position."""


WORTH: Final = abi.struct(Worth, abi.INT256, abi.INT256, abi.UINT256, abi.UINT256, STATUS)


@dataclass(frozen=True, slots=True)
class Booked:
    """An event of IPerpEngine."""

    account: int
    market: int
    lots: int
    """Traded, bought less sold."""
    cash: int
    """Received less paid, token units."""
    fee: int
    """Charged, token units; negative: a rebate."""
    realised: int
    """Profit moved from the position to the collateral."""
    funding: int
    """Funding paid; negative: received."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Booked":
        """Raises AbiError where the log is of another event."""
        return _BOOKED_EVENT.decode(topics, data)


_BOOKED_EVENT: Final = abi.Event(
    "2f8fbf8612a00436a38909adc87b83f0be9dfa4117a9b01ce65631002ea69116",
    Booked,
    (True, True, False, False, False, False, False),
    (abi.UINT256, abi.UINT256, abi.INT256, abi.INT256, abi.INT256, abi.INT256, abi.INT256),
)


@dataclass(frozen=True, slots=True)
class Deposited:
    """An event of IPerpEngine."""

    account: int
    amount: int
    by: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Deposited":
        """Raises AbiError where the log is of another event."""
        return _DEPOSITED_EVENT.decode(topics, data)


_DEPOSITED_EVENT: Final = abi.Event(
    "faddc2a572d923daf0944fe20bf804595e90ca57c85045b1081d338d1510bf14",
    Deposited,
    (True, False, False),
    (abi.UINT256, abi.UINT256, abi.ADDRESS),
)


@dataclass(frozen=True, slots=True)
class ForcedPayment:
    """An event of IPerpEngine."""

    account: int
    receiver: int
    amount: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "ForcedPayment":
        """Raises AbiError where the log is of another event."""
        return _FORCED_PAYMENT_EVENT.decode(topics, data)


_FORCED_PAYMENT_EVENT: Final = abi.Event(
    "1f2e948e24a3665c6128a1e16e6d3cadcb425a5e2e7669ea2b3f9293b8a856fa",
    ForcedPayment,
    (True, True, False),
    (abi.UINT256, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class ForcedTrade:
    """An event of IPerpEngine."""

    account: int
    """Whose position got smaller."""
    counterparty: int
    market: int
    lots: int
    """That the account bought, less sold."""
    cash: int
    """That it received for them, token units."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "ForcedTrade":
        """Raises AbiError where the log is of another event."""
        return _FORCED_TRADE_EVENT.decode(topics, data)


_FORCED_TRADE_EVENT: Final = abi.Event(
    "fb546f7cd1c28427a18ecdae089019af3da30f28cb7bf438e8079bd694995f41",
    ForcedTrade,
    (True, True, True, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.INT256, abi.INT256),
)


@dataclass(frozen=True, slots=True)
class GuardianSet:
    """An event of IPerpEngine."""

    guardian: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "GuardianSet":
        """Raises AbiError where the log is of another event."""
        return _GUARDIAN_SET_EVENT.decode(topics, data)


_GUARDIAN_SET_EVENT: Final = abi.Event(
    "e6c09ffe4572dc9ceaa5ddde4ae41befa655d6fdfe8052077af0970f700e942e", GuardianSet, (True,), (abi.ADDRESS,)
)


@dataclass(frozen=True, slots=True)
class Halted:
    """An event of IPerpEngine."""

    market: int
    due: int
    """The batch was postponed until then."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Halted":
        """Raises AbiError where the log is of another event."""
        return _HALTED_EVENT.decode(topics, data)


_HALTED_EVENT: Final = abi.Event(
    "6ee7a80c9b76876b78d2eb80b2f424ff294fff0ab616a5491216516c51fc94f8",
    Halted,
    (True, False),
    (abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class LiquidatorSet:
    """An event of IPerpEngine."""

    liquidator: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "LiquidatorSet":
        """Raises AbiError where the log is of another event."""
        return _LIQUIDATOR_SET_EVENT.decode(topics, data)


_LIQUIDATOR_SET_EVENT: Final = abi.Event(
    "e8c0056707ed008ae443ab5de430ae0701dacac38472cca13c9c1d02593ef88c", LiquidatorSet, (True,), (abi.ADDRESS,)
)


@dataclass(frozen=True, slots=True)
class MarkSet:
    """An event of IPerpEngine."""

    market: int
    mark: int
    index: int
    status: Status
    funding_index: int
    rate: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "MarkSet":
        """Raises AbiError where the log is of another event."""
        return _MARK_SET_EVENT.decode(topics, data)


_MARK_SET_EVENT: Final = abi.Event(
    "6c140efc8488fa6d519768c8cb4d24d5397d58ae1fce0bb59af1595cf656a315",
    MarkSet,
    (True, False, False, False, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256, STATUS, abi.INT256, abi.INT256),
)


@dataclass(frozen=True, slots=True)
class MarketConfigured:
    """An event of IPerpEngine."""

    market: int
    settings: MarketSettings

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "MarketConfigured":
        """Raises AbiError where the log is of another event."""
        return _MARKET_CONFIGURED_EVENT.decode(topics, data)


_MARKET_CONFIGURED_EVENT: Final = abi.Event(
    "e29f945f1dc6217dcb736f561fa5224692697a2de814fba92d5a68799d922894",
    MarketConfigured,
    (True, False),
    (abi.UINT256, MARKET_SETTINGS),
)


@dataclass(frozen=True, slots=True)
class MarketListed:
    """An event of IPerpEngine."""

    market: int
    book: str
    unit: int
    scale: int
    lot_size: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "MarketListed":
        """Raises AbiError where the log is of another event."""
        return _MARKET_LISTED_EVENT.decode(topics, data)


_MARKET_LISTED_EVENT: Final = abi.Event(
    "9cee2ef04b32248023fd4168e884e874281e0dca8538efc41f0ba95d25aec892",
    MarketListed,
    (True, False, False, False, False),
    (abi.UINT256, abi.ADDRESS, abi.UINT256, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class ModeSet:
    """An event of IPerpEngine."""

    market: int
    mode: Mode

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "ModeSet":
        """Raises AbiError where the log is of another event."""
        return _MODE_SET_EVENT.decode(topics, data)


_MODE_SET_EVENT: Final = abi.Event(
    "27a2faefe7ae8ebdcaa0852f6468ad951ef983638b02bfb29c6bae4ec1773312",
    ModeSet,
    (True, False),
    (abi.UINT256, MODE),
)


@dataclass(frozen=True, slots=True)
class NoncesUsed:
    """An event of IPerpEngine."""

    owner: str
    index: int
    """Nonce // 256."""
    bits: int
    """Of the 256, used or not wanted any more."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "NoncesUsed":
        """Raises AbiError where the log is of another event."""
        return _NONCES_USED_EVENT.decode(topics, data)


_NONCES_USED_EVENT: Final = abi.Event(
    "b24ac4c5371e7ddd73a699a88263605c588e48ce4dc4e53d7ea69d875fa6c5d7",
    NoncesUsed,
    (True, False, False),
    (abi.ADDRESS, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class OperatorSet:
    """An event of IPerpEngine."""

    account: int
    operator: str
    permissions: int
    """1: place, 2: cancel, 4: place reduce-only orders."""
    actions: int
    expiry: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "OperatorSet":
        """Raises AbiError where the log is of another event."""
        return _OPERATOR_SET_EVENT.decode(topics, data)


_OPERATOR_SET_EVENT: Final = abi.Event(
    "5cad3c1aa3a40a173e59e95c19bc145a2da74e77f16c3d64b832081c246d1b9a",
    OperatorSet,
    (True, True, False, False, False),
    (abi.UINT256, abi.ADDRESS, abi.UINT256, abi.UINT256, abi.UINT256),
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
class PausesSet:
    """An event of IPerpEngine."""

    deposits: bool
    withdrawals: bool

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "PausesSet":
        """Raises AbiError where the log is of another event."""
        return _PAUSES_SET_EVENT.decode(topics, data)


_PAUSES_SET_EVENT: Final = abi.Event(
    "f86791eca2ddd749d63e135052f94caf6e86cd0f0ceb71febf72a5b30a022d4e",
    PausesSet,
    (False, False),
    (abi.BOOL, abi.BOOL),
)


@dataclass(frozen=True, slots=True)
class RampStarted:
    """An event of IPerpEngine."""

    market: int
    initial_ppm: int
    """From which the initial margin fraction goes to that of the settings."""
    maintenance_ppm: int
    end: int
    """When it is there."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "RampStarted":
        """Raises AbiError where the log is of another event."""
        return _RAMP_STARTED_EVENT.decode(topics, data)


_RAMP_STARTED_EVENT: Final = abi.Event(
    "39ecf060ed03f35f47231cb9df40cf8cc7d5da592677cafeab8adf48786ebdd9",
    RampStarted,
    (True, False, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class ReferralSet:
    """An event of IPerpEngine."""

    referrer: str
    bps: int
    """Of the fees of whom it referred."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "ReferralSet":
        """Raises AbiError where the log is of another event."""
        return _REFERRAL_SET_EVENT.decode(topics, data)


_REFERRAL_SET_EVENT: Final = abi.Event(
    "c4e26aa6be6770b94168bf3bbb8f7e13da5619433246feb7fdd847838e4f30b1",
    ReferralSet,
    (True, False),
    (abi.ADDRESS, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Shared:
    """An event of IPerpEngine."""

    account: int
    market: int
    referral: int
    """Of the fee, that went to its referrer, token units."""
    built: int
    """That the account paid to its builder."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Shared":
        """Raises AbiError where the log is of another event."""
        return _SHARED_EVENT.decode(topics, data)


_SHARED_EVENT: Final = abi.Event(
    "9d9e821f7cb3c8cd22695703ea9bd5cbe20d3be08aca501314376ed4f812d7f1",
    Shared,
    (True, True, False, False),
    (abi.UINT256, abi.UINT256, abi.INT256, abi.INT256),
)


@dataclass(frozen=True, slots=True)
class SharingSet:
    """An event of IPerpEngine."""

    account: int
    referrer: str
    builder: str
    builder_ppm: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "SharingSet":
        """Raises AbiError where the log is of another event."""
        return _SHARING_SET_EVENT.decode(topics, data)


_SHARING_SET_EVENT: Final = abi.Event(
    "cfaff464575246c5b0fd8f0a8e664fd51a7e8caee0260eba5bb8bbc9d4807ab6",
    SharingSet,
    (True, True, True, False),
    (abi.UINT256, abi.ADDRESS, abi.ADDRESS, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Socialised:
    """An event of IPerpEngine."""

    account: int
    market: int
    amount: int
    is_borne: bool
    """By the market's positions; else it is bad debt."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Socialised":
        """Raises AbiError where the log is of another event."""
        return _SOCIALISED_EVENT.decode(topics, data)


_SOCIALISED_EVENT: Final = abi.Event(
    "d4efeb64fec954e85fcc938769420d317fb0fbb72b7e6898fdbe434fd818927d",
    Socialised,
    (True, True, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.BOOL),
)


@dataclass(frozen=True, slots=True)
class Tipped:
    """An event of IPerpEngine."""

    market: int
    runner: int
    """Its account."""
    amount: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Tipped":
        """Raises AbiError where the log is of another event."""
        return _TIPPED_EVENT.decode(topics, data)


_TIPPED_EVENT: Final = abi.Event(
    "a0e6810c23a7b34a45119012a905ed44d8d4fe0b90b37d2a061217eba8c58e75",
    Tipped,
    (True, True, False),
    (abi.UINT256, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Transferred:
    """An event of IPerpEngine."""

    sender: int
    receiver: int
    amount: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Transferred":
        """Raises AbiError where the log is of another event."""
        return _TRANSFERRED_EVENT.decode(topics, data)


_TRANSFERRED_EVENT: Final = abi.Event(
    "e83ae817d487e687cf0dec47aa9522f61efb88e84a2bbfcbc46d96cddc9e33f2",
    Transferred,
    (True, True, False),
    (abi.UINT256, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An event of IPerpEngine."""

    account: int
    amount: int
    to: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Withdrawn":
        """Raises AbiError where the log is of another event."""
        return _WITHDRAWN_EVENT.decode(topics, data)


_WITHDRAWN_EVENT: Final = abi.Event(
    "02ffa641367f5b897c0f8be81bce51f2ef055b4113d7a1e4fd082feea749bf52",
    Withdrawn,
    (True, False, False),
    (abi.UINT256, abi.UINT256, abi.ADDRESS),
)


_accounts: Final[abi.Function[str]] = abi.Function(
    "PerpEngine.accounts", "accounts()", "68cd03f6", (), (abi.ADDRESS,)
)

_auctions: Final[abi.Function[str]] = abi.Function(
    "PerpEngine.auctions", "auctions()", "85aa6103", (), (abi.ADDRESS,)
)

_cancel: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.cancel",
    "cancel(uint256,uint256,uint256,uint256)",
    "72739815",
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256),
    (abi.UINT256,),
)

_cancel_all: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.cancel_all",
    "cancel_all(uint256,uint256)",
    "fcb9b0bb",
    (abi.UINT256, abi.UINT256),
    (abi.UINT256,),
)

_cancel_replace: Final[abi.Function[tuple[int, tuple[int, ...]]]] = abi.Function(
    "PerpEngine.cancel_replace",
    "cancel_replace(uint256,uint256,uint256[],(bool,uint256,uint256,bool,bool,bool,uint256,uint256)[],bool)",
    "370d760c",
    (abi.UINT256, abi.UINT256, abi.array(abi.UINT256, 32), abi.array(NEW_ORDER, 32), abi.BOOL),
    (abi.UINT256, abi.array(abi.UINT256, 32)),
)

_place: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.place",
    "place(uint256,uint256,(bool,uint256,uint256,bool,bool,bool,uint256,uint256))",
    "2860e132",
    (abi.UINT256, abi.UINT256, NEW_ORDER),
    (abi.UINT256,),
)

_run_auction: Final[abi.Function[Clearing]] = abi.Function(
    "PerpEngine.run_auction", "run_auction(uint256)", "27c08915", (abi.UINT256,), (CLEARING,)
)

_sync: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.sync", "sync(uint256)", "b1357bf9", (abi.UINT256,)
)

_cancel_all_after: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.cancel_all_after",
    "cancel_all_after(uint256,uint256,uint256)",
    "7d020f41",
    (abi.UINT256, abi.UINT256, abi.UINT256),
)

_deposit: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.deposit", "deposit(uint256,uint256)", "e2bbb158", (abi.UINT256, abi.UINT256)
)

_deposit_with_permit: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.deposit_with_permit",
    "deposit_with_permit(uint256,uint256,uint256,uint8,bytes32,bytes32)",
    "98ab1766",
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT8, abi.BYTES32, abi.BYTES32),
)

_force_cancel: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.force_cancel",
    "force_cancel(uint256,uint256)",
    "bea61900",
    (abi.UINT256, abi.UINT256),
    (abi.UINT256,),
)

_force_order: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.force_order",
    "force_order(uint256,uint256,(bool,uint256,uint256,bool,bool,bool,uint256,uint256))",
    "21d6469b",
    (abi.UINT256, abi.UINT256, NEW_ORDER),
    (abi.UINT256,),
)

_force_payment: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.force_payment",
    "force_payment(uint256,uint256,uint256)",
    "44367ca3",
    (abi.UINT256, abi.UINT256, abi.UINT256),
)

_force_socialise: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.force_socialise",
    "force_socialise(uint256,uint256,uint256)",
    "78970af4",
    (abi.UINT256, abi.UINT256, abi.UINT256),
)

_force_trade: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.force_trade",
    "force_trade(uint256,uint256,uint256,int256,int256)",
    "c6e785e5",
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.INT256, abi.INT256),
)

_relay: Final[abi.Function[str]] = abi.Function("PerpEngine.relay", "relay()", "b59589d1", (), (abi.ADDRESS,))

_router: Final[abi.Function[str]] = abi.Function(
    "PerpEngine.router", "router()", "f887ea40", (), (abi.ADDRESS,)
)

_set_operator: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.set_operator",
    "set_operator(uint256,address,uint256,uint256,uint256)",
    "7379f269",
    (abi.UINT256, abi.ADDRESS, abi.UINT256, abi.UINT256, abi.UINT256),
)

_set_sharing: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.set_sharing",
    "set_sharing(uint256,address,address,uint256)",
    "92e927df",
    (abi.UINT256, abi.ADDRESS, abi.ADDRESS, abi.UINT256),
)

_settle_position: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.settle_position", "settle_position(uint256,uint256)", "4bb89f74", (abi.UINT256, abi.UINT256)
)

_token: Final[abi.Function[str]] = abi.Function("PerpEngine.token", "token()", "fc0c546a", (), (abi.ADDRESS,))

_transfer: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.transfer",
    "transfer(uint256,uint256,uint256)",
    "90dd2627",
    (abi.UINT256, abi.UINT256, abi.UINT256),
)

_withdraw: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.withdraw",
    "withdraw(uint256,uint256,address)",
    "0ad58d2f",
    (abi.UINT256, abi.UINT256, abi.ADDRESS),
)

_cancel_nonces: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.cancel_nonces", "cancel_nonces(uint256,uint256)", "4dd0e865", (abi.UINT256, abi.UINT256)
)

_cancel_signed: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.cancel_signed",
    "cancel_signed(uint256,uint256,uint256,uint256,uint256,uint256,bytes)",
    "fd8ea10a",
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.BYTES),
    (abi.UINT256,),
)

_eip712Domain: Final[abi.Function[tuple[bytes, str, str, int, str, bytes, tuple[int, ...]]]] = abi.Function(
    "PerpEngine.eip712Domain",
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

_grant_signed: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.grant_signed",
    "grant_signed(uint256,address,uint256,uint256,uint256,uint256,uint256,bytes)",
    "08658dc6",
    (abi.UINT256, abi.ADDRESS, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.BYTES),
)

_largest_order: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.largest_order",
    "largest_order(uint256,uint256,(bool,uint256,uint256,bool,bool,bool,uint256,uint256))",
    "e4eaa4bd",
    (abi.UINT256, abi.UINT256, NEW_ORDER),
    (abi.UINT256,),
)

_multicall: Final[abi.Function[tuple[bytes, ...]]] = abi.Function(
    "PerpEngine.multicall",
    "multicall(bytes[])",
    "ac9650d8",
    (abi.array(abi.BYTES, 32),),
    (abi.array(abi.BYTES, 32),),
)

_place_signed: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.place_signed",
    "place_signed(uint256,uint256,(bool,uint256,uint256,bool,bool,bool,uint256,uint256),uint256,uint256,bytes)",
    "9d92462d",
    (abi.UINT256, abi.UINT256, NEW_ORDER, abi.UINT256, abi.UINT256, abi.BYTES),
    (abi.UINT256,),
)

_preview: Final[abi.Function[Preview]] = abi.Function(
    "PerpEngine.preview",
    "preview(uint256,uint256,(bool,uint256,uint256,bool,bool,bool,uint256,uint256))",
    "a69d71ae",
    (abi.UINT256, abi.UINT256, NEW_ORDER),
    (PREVIEW,),
)

_settings: Final[abi.Function[str]] = abi.Function(
    "PerpEngine.settings", "settings()", "e06174e4", (), (abi.ADDRESS,)
)

_sweep: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.sweep",
    "sweep(uint256,uint256,uint256[])",
    "8485c500",
    (abi.UINT256, abi.UINT256, abi.array(abi.UINT256, 32)),
    (abi.UINT256,),
)

_update_and_run: Final[abi.Function[Clearing]] = abi.Function(
    "PerpEngine.update_and_run",
    "update_and_run(uint256,bytes[])",
    "e1ffd593",
    (abi.UINT256, abi.array(abi.BYTES, 8)),
    (CLEARING,),
)

_accept_ownership: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.accept_ownership", "accept_ownership()", "a67c2dcb"
)

_configure_book: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.configure_book",
    "configure_book(uint256,uint256,uint256)",
    "f574408c",
    (abi.UINT256, abi.UINT256, abi.UINT256),
)

_configure_market: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.configure_market",
    "configure_market(uint256,(uint256,uint256,uint256,uint256,uint256,uint256,int256,uint256,uint256,uint256,int256,uint256,uint256,uint256,uint256,uint256,uint256))",
    "65ebb96a",
    (abi.UINT256, MARKET_SETTINGS),
)

_force_settle: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.force_settle", "force_settle(uint256,uint256)", "6b99bd59", (abi.UINT256, abi.UINT256)
)

_list_market: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.list_market",
    "list_market(uint256,address,address,uint256,uint256,uint256,uint256,(uint256,uint256,uint256,uint256,uint256,uint256,int256,uint256,uint256,uint256,int256,uint256,uint256,uint256,uint256,uint256,uint256))",
    "b47b4110",
    (
        abi.UINT256,
        abi.ADDRESS,
        abi.ADDRESS,
        abi.UINT256,
        abi.UINT256,
        abi.UINT256,
        abi.UINT256,
        MARKET_SETTINGS,
    ),
)

_owner: Final[abi.Function[str]] = abi.Function("PerpEngine.owner", "owner()", "8da5cb5b", (), (abi.ADDRESS,))

_pause_deposits: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.pause_deposits", "pause_deposits()", "36486e10"
)

_pause_withdrawals: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.pause_withdrawals", "pause_withdrawals()", "706c6eb5"
)

_pending_owner: Final[abi.Function[str]] = abi.Function(
    "PerpEngine.pending_owner", "pending_owner()", "7f4ec4c3", (), (abi.ADDRESS,)
)

_rescale: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.rescale", "rescale(uint256,uint256)", "f5f0a799", (abi.UINT256, abi.UINT256)
)

_restrict: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.restrict", "restrict(uint256,uint256)", "fe3e7ffb", (abi.UINT256, MODE)
)

_set_fee_receiver: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.set_fee_receiver", "set_fee_receiver(address)", "e41ab771", (abi.ADDRESS,)
)

_set_guardian: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.set_guardian", "set_guardian(address)", "75c29a3f", (abi.ADDRESS,)
)

_set_liquidator: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.set_liquidator", "set_liquidator(address)", "88ae3be5", (abi.ADDRESS,)
)

_set_mode: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.set_mode", "set_mode(uint256,uint256)", "1d21219a", (abi.UINT256, MODE)
)

_set_referral: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.set_referral", "set_referral(address,uint256)", "fa6ecccf", (abi.ADDRESS, abi.UINT256)
)

_set_vault: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.set_vault", "set_vault(address)", "895ef6da", (abi.ADDRESS,)
)

_tighten: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.tighten",
    "tighten(uint256,uint256,uint256,uint256,uint256)",
    "a988ae77",
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256),
)

_transfer_ownership: Final[abi.Function[None]] = abi.Function(
    "PerpEngine.transfer_ownership", "transfer_ownership(address)", "f0350c04", (abi.ADDRESS,)
)

_unpause: Final[abi.Function[None]] = abi.Function("PerpEngine.unpause", "unpause()", "3f4ba83a")

_views: Final[abi.Function[str]] = abi.Function("PerpEngine.views", "views()", "d65e880d", (), (abi.ADDRESS,))

_bad_debt: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.bad_debt", "bad_debt()", "8b2d6811", (), (abi.UINT256,)
)

_changed_at: Final[abi.Function[tuple[int, int, int]]] = abi.Function(
    "PerpEngine.changed_at",
    "changed_at(uint256)",
    "250b150d",
    (abi.UINT256,),
    (abi.UINT256, abi.UINT256, abi.UINT256),
)

_collateral: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.collateral", "collateral(uint256)", "3b1f18dd", (abi.UINT256,), (abi.INT256,)
)

_fee_receiver: Final[abi.Function[str]] = abi.Function(
    "PerpEngine.fee_receiver", "fee_receiver()", "cab4d3db", (), (abi.ADDRESS,)
)

_funding_of: Final[abi.Function[Funding]] = abi.Function(
    "PerpEngine.funding_of", "funding_of(uint256)", "58d1e9c8", (abi.UINT256,), (FUNDING,)
)

_gate: Final[abi.Function[int]] = abi.Function("PerpEngine.gate", "gate()", "7a0ebc88", (), (abi.UINT256,))

_grant: Final[abi.Function[tuple[int, int, int]]] = abi.Function(
    "PerpEngine.grant",
    "grant(uint256,address)",
    "887d7c3e",
    (abi.UINT256, abi.ADDRESS),
    (abi.UINT256, abi.UINT256, abi.UINT256),
)

_guardian: Final[abi.Function[str]] = abi.Function(
    "PerpEngine.guardian", "guardian()", "452a9320", (), (abi.ADDRESS,)
)

_liquidation_price: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.liquidation_price",
    "liquidation_price(uint256,uint256,int256,uint256)",
    "50ef6b74",
    (abi.UINT256, abi.UINT256, abi.INT256, abi.UINT256),
    (abi.UINT256,),
)

_liquidator: Final[abi.Function[str]] = abi.Function(
    "PerpEngine.liquidator", "liquidator()", "4046ebae", (), (abi.ADDRESS,)
)

_losses_of: Final[abi.Function[Losses]] = abi.Function(
    "PerpEngine.losses_of", "losses_of(uint256)", "84f7461e", (abi.UINT256,), (LOSSES,)
)

_margin_of: Final[abi.Function[Margin]] = abi.Function(
    "PerpEngine.margin_of", "margin_of(uint256)", "7ef0bc9d", (abi.UINT256,), (MARGIN,)
)

_margin_ratio: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.margin_ratio", "margin_ratio(uint256)", "501fc2f3", (abi.UINT256,), (abi.INT256,)
)

_mark: Final[abi.Function[Mark]] = abi.Function(
    "PerpEngine.mark", "mark(uint256)", "b69766c2", (abi.UINT256,), (MARK,)
)

_market: Final[abi.Function[Market]] = abi.Function(
    "PerpEngine.market", "market(uint256)", "28861d22", (abi.UINT256,), (MARKET,)
)

_market_settings: Final[abi.Function[MarketSettings]] = abi.Function(
    "PerpEngine.market_settings", "market_settings(uint256)", "89f8a0ae", (abi.UINT256,), (MARKET_SETTINGS,)
)

_markets_of: Final[abi.Function[tuple[int, ...]]] = abi.Function(
    "PerpEngine.markets_of", "markets_of(uint256)", "8531eda5", (abi.UINT256,), (abi.array(abi.UINT256, 16),)
)

_nonces: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.nonces", "nonces(address,uint256)", "502e1a16", (abi.ADDRESS, abi.UINT256), (abi.UINT256,)
)

_open_interest: Final[abi.Function[Open]] = abi.Function(
    "PerpEngine.open_interest", "open_interest(uint256)", "7ebbdc6b", (abi.UINT256,), (OPEN,)
)

_owing: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.owing", "owing(uint256)", "a065ff6c", (abi.UINT256,), (abi.UINT256,)
)

_pauses: Final[abi.Function[tuple[bool, bool]]] = abi.Function(
    "PerpEngine.pauses", "pauses()", "c68eef3d", (), (abi.BOOL, abi.BOOL)
)

_position: Final[abi.Function[Position]] = abi.Function(
    "PerpEngine.position", "position(uint256,uint256)", "1b2f3b4b", (abi.UINT256, abi.UINT256), (POSITION,)
)

_ramp_of: Final[abi.Function[Ramp]] = abi.Function(
    "PerpEngine.ramp_of", "ramp_of(uint256)", "9b2b94f0", (abi.UINT256,), (RAMP,)
)

_referral_of: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.referral_of", "referral_of(address)", "d68cbae5", (abi.ADDRESS,), (abi.UINT256,)
)

_sharing_of: Final[abi.Function[tuple[str, str, int]]] = abi.Function(
    "PerpEngine.sharing_of",
    "sharing_of(uint256)",
    "e4d72c6c",
    (abi.UINT256,),
    (abi.ADDRESS, abi.ADDRESS, abi.UINT256),
)

_tracked: Final[abi.Function[int]] = abi.Function(
    "PerpEngine.tracked", "tracked()", "9dea1c44", (), (abi.UINT256,)
)

_valuation: Final[abi.Function[Valuation]] = abi.Function(
    "PerpEngine.valuation", "valuation(uint256,uint256)", "60068b75", (abi.UINT256, abi.UINT256), (VALUATION,)
)

_worth: Final[abi.Function[Worth]] = abi.Function(
    "PerpEngine.worth", "worth(uint256)", "865435c8", (abi.UINT256,), (WORTH,)
)


class PerpEngine(abi.Binding):
    """PerpEngine: the clearing house."""

    EVENTS = abi.events(
        _BOOKED_EVENT,
        _DEPOSITED_EVENT,
        _FORCED_PAYMENT_EVENT,
        _FORCED_TRADE_EVENT,
        _GUARDIAN_SET_EVENT,
        _HALTED_EVENT,
        _LIQUIDATOR_SET_EVENT,
        _MARK_SET_EVENT,
        _MARKET_CONFIGURED_EVENT,
        _MARKET_LISTED_EVENT,
        _MODE_SET_EVENT,
        _NONCES_USED_EVENT,
        _OPERATOR_SET_EVENT,
        _OWNERSHIP_TRANSFER_STARTED_EVENT,
        _OWNERSHIP_TRANSFERRED_EVENT,
        _PAUSES_SET_EVENT,
        _RAMP_STARTED_EVENT,
        _REFERRAL_SET_EVENT,
        _SHARED_EVENT,
        _SHARING_SET_EVENT,
        _SOCIALISED_EVENT,
        _TIPPED_EVENT,
        _TRANSFERRED_EVENT,
        _WITHDRAWN_EVENT,
    )

    def accounts(self) -> Call[str]:
        """The variable `accounts()`."""
        return _accounts(self.address)

    def auctions(self) -> Call[str]:
        """The variable `auctions()`."""
        return _auctions(self.address)

    def cancel(self, account: int, market: int, order_id: int, lots: int) -> Call[int]:
        """Takes lots off an open order."""
        return _cancel(self.address, account, market, order_id, lots)

    def cancel_all(self, account: int, market: int) -> Call[int]:
        """Cancels all of an account's open orders in a market."""
        return _cancel_all(self.address, account, market)

    def cancel_replace(
        self,
        account: int,
        market: int,
        order_ids: Sequence[int],
        new_orders: Sequence[NewOrder],
        strict: bool,
    ) -> Call[tuple[int, tuple[int, ...]]]:
        """Cancels orders and places others, as one: a ladder is moved, or several orders are placed at
        once.
        """
        return _cancel_replace(self.address, account, market, order_ids, new_orders, strict)

    def place(self, account: int, market: int, order: NewOrder) -> Call[int]:
        """Places an order."""
        return _place(self.address, account, market, order)

    def run_auction(self, market: int) -> Call[Clearing]:
        """Runs the auction of a market whose batch is over. By anyone, for a tip where it traded."""
        return _run_auction(self.address, market)

    def sync(self, account: int) -> Call[None]:
        """Books what auctions did to an account's orders, in all its markets. By anyone. The marks of the
        vault's markets (its accounts 0 and 1) become those of this second, as whoever enters or leaves
        it is paid by them; others', where they are too old.
        """
        return _sync(self.address, account)

    def cancel_all_after(self, account: int, market: int, deadline: int) -> Call[None]:
        """Sets a dead-man's switch: from the deadline on anyone may sweep all of the account's orders in
        the market. An order of its liquidation turns it off.
        """
        return _cancel_all_after(self.address, account, market, deadline)

    def deposit(self, account: int, amount: int) -> Call[None]:
        """Adds to an account's collateral. By anyone, out of his own tokens."""
        return _deposit(self.address, account, amount)

    def deposit_with_permit(
        self, account: int, amount: int, deadline: int, v: int, r: bytes, s: bytes
    ) -> Call[None]:
        """As `deposit`, with the approval signed (EIP-2612). A permit that somebody else brought before is
        as good.
        """
        return _deposit_with_permit(self.address, account, amount, deadline, v, r, s)

    def force_cancel(self, account: int, market: int) -> Call[int]:
        """Cancels all of an account's orders in a market."""
        return _force_cancel(self.address, account, market)

    def force_order(self, account: int, market: int, order: NewOrder) -> Call[int]:
        """Places an order that can only reduce an account's position, whatever its margin, at any price of
        the grid. Turns the account's dead-man's switch in the market off: past its deadline anyone
        could sweep this order, too.
        """
        return _force_order(self.address, account, market, order)

    def force_payment(self, account: int, to: int, amount: int) -> Call[None]:
        """Moves collateral from one account to another: penalties and tips, and what covers a deficit."""
        return _force_payment(self.address, account, to, amount)

    def force_socialise(self, account: int, market: int, amount: int) -> Call[None]:
        """Covers a part of an account's deficit, or all of it: all positions of a market bear it, lot for
        lot on both sides. Where there are none, or too few for it, it is recorded as bad debt.
        Withdrawals stop for an hour, once a day.
        """
        return _force_socialise(self.address, account, market, amount)

    def force_trade(self, account: int, counterparty: int, market: int, lots: int, cash: int) -> Call[None]:
        """Moves a part of a position, or all of it, to another account, at a price and without a fee."""
        return _force_trade(self.address, account, counterparty, market, lots, cash)

    def relay(self) -> Call[str]:
        """The variable `relay()`."""
        return _relay(self.address)

    def router(self) -> Call[str]:
        """The variable `router()`."""
        return _router(self.address)

    def set_operator(
        self, account: int, operator: str, permissions: int, actions: int, expiry: int
    ) -> Call[None]:
        """Lets somebody place or cancel orders for an account; never more."""
        return _set_operator(self.address, account, operator, permissions, actions, expiry)

    def set_sharing(self, account: int, referrer: str, builder: str, builder_ppm: int) -> Call[None]:
        """Names who referred an account, and who built what it trades through. A referrer gets, out of the
        account's fees, the part that governance set for it; a builder gets from the account, on top of
        them, what is agreed here. Both in their account 0, from the next fill that is booked on.
        """
        return _set_sharing(self.address, account, referrer, builder, builder_ppm)

    def settle_position(self, account: int, market: int) -> Call[None]:
        """Closes an account's position in a market that is settled, and its orders. By anyone, an hour
        after the settlement; until then by the liquidator, who closes those first that end with a
        deficit.
        """
        return _settle_position(self.address, account, market)

    def token(self) -> Call[str]:
        """The variable `token()`."""
        return _token(self.address)

    def transfer(self, account: int, to: int, amount: int) -> Call[None]:
        """Moves collateral between two accounts of the caller."""
        return _transfer(self.address, account, to, amount)

    def withdraw(self, account: int, amount: int, to: str) -> Call[None]:
        """Pays out collateral. By the account's owner."""
        return _withdraw(self.address, account, amount, to)

    def cancel_nonces(self, index: int, bits: int) -> Call[None]:
        """Makes signatures of the caller void that nobody has used."""
        return _cancel_nonces(self.address, index, bits)

    def cancel_signed(
        self, account: int, market: int, order_id: int, lots: int, nonce: int, deadline: int, signature: bytes
    ) -> Call[int]:
        """Cancels an order, as the account's owner signed. By anyone."""
        return _cancel_signed(self.address, account, market, order_id, lots, nonce, deadline, signature)

    def eip712Domain(self) -> Call[tuple[bytes, str, str, int, str, bytes, tuple[int, ...]]]:
        """The bits in the 1-byte bit map are read from the least significant to the most significant, and
        fields are indexed in the order that is specified by EIP-712, identical to the order in which
        they are listed in the function type.
        """
        return _eip712Domain(self.address)

    def grant_signed(
        self,
        account: int,
        operator: str,
        permissions: int,
        actions: int,
        expiry: int,
        nonce: int,
        deadline: int,
        signature: bytes,
    ) -> Call[None]:
        """Makes somebody an operator, as the account's owner signed. By anyone."""
        return _grant_signed(
            self.address, account, operator, permissions, actions, expiry, nonce, deadline, signature
        )

    def largest_order(self, account: int, market: int, order: NewOrder) -> Call[int]:
        """Lots that an order may have at most, for it to be placed now; 0 where none may. It is tried some
        thirty times, and undone: to be called by eth_call.
        """
        return _largest_order(self.address, account, market, order)

    def multicall(self, calls: Sequence[bytes]) -> Call[tuple[bytes, ...]]:
        """Makes several calls of the engine, all or none, as the caller."""
        return _multicall(self.address, calls)

    def place_signed(
        self, account: int, market: int, order: NewOrder, nonce: int, deadline: int, signature: bytes
    ) -> Call[int]:
        """Places an order that the account's owner signed. By anyone."""
        return _place_signed(self.address, account, market, order, nonce, deadline, signature)

    def preview(self, account: int, market: int, order: NewOrder) -> Call[Preview]:
        """What would happen if an account placed an order now. It is tried, with all that comes before and
        after it, and undone: to be called by eth_call, or by a contract that pays the gas.
        """
        return _preview(self.address, account, market, order)

    def settings(self) -> Call[str]:
        """The variable `settings()`."""
        return _settings(self.address)

    def sweep(self, account: int, market: int, order_ids: Sequence[int]) -> Call[int]:
        """Takes expired orders off the book, by anyone."""
        return _sweep(self.address, account, market, order_ids)

    def update_and_run(self, market: int, payloads: Sequence[bytes]) -> Call[Clearing]:
        """Brings the oracle's sources their newest reports, then runs the market's auction: so that
        nobody's price is older than the batch that it clears. By anyone, for the tip.
        """
        return _update_and_run(self.address, market, payloads)

    def accept_ownership(self) -> Call[None]:
        """Note that this function can only be called by the current `pending_owner`."""
        return _accept_ownership(self.address)

    def configure_book(self, market: int, interval: int, min_lots: int) -> Call[None]:
        """Sets the length of a market's batches from the next one on, and its smallest order, a day after
        the last change at the earliest.
        """
        return _configure_book(self.address, market, interval, min_lots)

    def configure_market(self, market: int, settings: MarketSettings) -> Call[None]:
        """Replaces a market's settings, each by a step at most, and a day after the last change at the
        earliest: caps that fall are free of both. A margin fraction that rises moves to its new value
        in 7 days, along a line.
        """
        return _configure_market(self.address, market, settings)

    def force_settle(self, market: int, price: int) -> Call[None]:
        """Ends a market for good: its positions are worth this price from now on, and close at it."""
        return _force_settle(self.address, market, price)

    def list_market(
        self,
        market: int,
        blueprint: str,
        book_views: str,
        lot_size: int,
        tick_size: int,
        interval: int,
        min_lots: int,
        settings: MarketSettings,
    ) -> Call[None]:
        """Opens a market, with a book of its own, in the mode ACTIVE."""
        return _list_market(
            self.address, market, blueprint, book_views, lot_size, tick_size, interval, min_lots, settings
        )

    def owner(self) -> Call[str]:
        """The variable `owner()`."""
        return _owner(self.address)

    def pause_deposits(self) -> Call[None]:
        """Stops deposits into accounts that have neither a position nor orders, until the owner's
        `unpause`.
        """
        return _pause_deposits(self.address)

    def pause_withdrawals(self) -> Call[None]:
        """Stops withdrawals and transfers for a day: `gate` tells its end. Not again before the owner's
        `unpause`.
        """
        return _pause_withdrawals(self.address)

    def pending_owner(self) -> Call[str]:
        """The variable `pending_owner()`."""
        return _pending_owner(self.address)

    def rescale(self, market: int, tick_size: int) -> Call[None]:
        """Gives a market another tick size. All open orders become void."""
        return _rescale(self.address, market, tick_size)

    def restrict(self, market: int, mode: Mode) -> Call[None]:
        """Sets a stricter mode, in which reductions, cancels, auctions and liquidations go on: POST_ONLY
        or REDUCE_ONLY. It stays until the owner sets another.
        """
        return _restrict(self.address, market, mode)

    def set_fee_receiver(self, receiver: str) -> Call[None]:
        """Sets whose account 0 gets the fees, and whose account 1 pays the tips."""
        return _set_fee_receiver(self.address, receiver)

    def set_guardian(self, guardian: str) -> Call[None]:
        """Sets who may tighten."""
        return _set_guardian(self.address, guardian)

    def set_liquidator(self, liquidator: str) -> Call[None]:
        """Sets who may call the hooks of EngineAccounts: cancel, reduce and move what accounts have, by
        the rules of the waterfall, which are its own.
        """
        return _set_liquidator(self.address, liquidator)

    def set_mode(self, market: int, mode: Mode) -> Call[None]:
        """Sets what may be done in a market. While it is halted its funding stands still. Whatever it was,
        the way back to ACTIVE leads through POST_ONLY for the batches that the settings tell.
        """
        return _set_mode(self.address, market, mode)

    def set_referral(self, referrer: str, bps: int) -> Call[None]:
        """Sets which part of the fees of whom it referred goes to a referrer's account 0, from now on."""
        return _set_referral(self.address, referrer, bps)

    def set_vault(self, vault: str) -> Call[None]:
        """Sets who quotes in auctions, and is an account of the engine."""
        return _set_vault(self.address, vault)

    def tighten(
        self, market: int, initial_ppm: int, maintenance_bps: int, open_cap: int, account_cap: int
    ) -> Call[None]:
        """Raises margins by a step at most, a week after the guardian's last raise at the earliest, and
        lowers caps. Margins move to their new values in a day, along a line, and no sooner than a raise
        that is on its way.
        """
        return _tighten(self.address, market, initial_ppm, maintenance_bps, open_cap, account_cap)

    def transfer_ownership(self, new_owner: str) -> Call[None]:
        """Note that this function can only be called by the current `owner`. Importantly, there is no
        security risk in assigning `new_owner` to the zero address, as the default value of
        `pending_owner` is already set to the zero address, and the zero address cannot invoke
        `accept_ownership`. In fact, this can serve as a method to cancel an ongoing ownership transfer.
        Eventually, the function replaces the pending transfer if there is one.
        """
        return _transfer_ownership(self.address, new_owner)

    def unpause(self) -> Call[None]:
        """Opens deposits, and lets the guardian pause withdrawals once more. A pause of withdrawals that
        runs goes on to its end.
        """
        return _unpause(self.address)

    def views(self) -> Call[str]:
        """The variable `views()`."""
        return _views(self.address)

    def bad_debt(self) -> Call[int]:
        """Deficits that nobody was there to bear, token units: so much more is owed than the engine has."""
        return _bad_debt(self.address)

    def changed_at(self, market: int) -> Call[tuple[int, int, int]]:
        """When a market was last changed: a day has to pass before the next step."""
        return _changed_at(self.address, market)

    def collateral(self, account: int) -> Call[int]:
        """Collateral of an account, token units; negative where a loss is larger than it was."""
        return _collateral(self.address, account)

    def fee_receiver(self) -> Call[str]:
        """Whose account 0 gets the fees, 1 pays the tips and 2 gets the penalties."""
        return _fee_receiver(self.address)

    def funding_of(self, market: int) -> Call[Funding]:
        """A market's funding now."""
        return _funding_of(self.address, market)

    def gate(self) -> Call[int]:
        """Until when nothing is withdrawn, unix seconds: an hour from a deficit that others had to bear,
        once a day.
        """
        return _gate(self.address)

    def grant(self, account: int, operator: str) -> Call[tuple[int, int, int]]:
        """What an operator may do for an account."""
        return _grant(self.address, account, operator)

    def guardian(self) -> Call[str]:
        """Who may tighten."""
        return _guardian(self.address)

    def liquidation_price(self, account: int, market: int, lots: int, tick: int) -> Call[int]:
        """The mark of one market at which an account's equity is below its maintenance margin, all other
        marks and funding as they are: at the price given it is, at the next one, on the side of the
        mark, it is not.
        """
        return _liquidation_price(self.address, account, market, lots, tick)

    def liquidator(self) -> Call[str]:
        """Who may call the hooks of EngineAccounts."""
        return _liquidator(self.address)

    def losses_of(self, market: int) -> Call[Losses]:
        """What the positions of a market have borne of others' deficits, and when it was settled."""
        return _losses_of(self.address, market)

    def margin_of(self, account: int) -> Call[Margin]:
        """An account's margin at the stored marks, as of its last settlement."""
        return _margin_of(self.address, account)

    def margin_ratio(self, account: int) -> Call[int]:
        """Equity over maintenance margin, 1/1,000,000, rounded down: below 1,000,000 an account is to be
        liquidated.
        """
        return _margin_ratio(self.address, account)

    def mark(self, market: int) -> Call[Mark]:
        """What positions are valued at."""
        return _mark(self.address, market)

    def market(self, market: int) -> Call[Market]:
        """What a market is."""
        return _market(self.address, market)

    def market_settings(self, market: int) -> Call[MarketSettings]:
        """A market's settings."""
        return _market_settings(self.address, market)

    def markets_of(self, account: int) -> Call[tuple[int, ...]]:
        """Markets in which an account has a position or open orders, from the highest number."""
        return _markets_of(self.address, account)

    def nonces(self, owner: str, index: int) -> Call[int]:
        """Which of 256 of an owner's nonces are used."""
        return _nonces(self.address, owner, index)

    def open_interest(self, market: int) -> Call[Open]:
        """Exposure of both sides, open orders included, and positions alone, as far as they are booked."""
        return _open_interest(self.address, market)

    def owing(self, account: int) -> Call[int]:
        """Which market's trades took most of what an account has not: whose insurance and positions bear
        it.
        """
        return _owing(self.address, account)

    def pauses(self) -> Call[tuple[bool, bool]]:
        """What the guardian paused, until the owner's `unpause`."""
        return _pauses(self.address)

    def position(self, account: int, market: int) -> Call[Position]:
        """A position and its open orders, as of the account's last settlement in the market."""
        return _position(self.address, account, market)

    def ramp_of(self, market: int) -> Call[Ramp]:
        """The way of a market's margin fractions to what its settings say."""
        return _ramp_of(self.address, market)

    def referral_of(self, referrer: str) -> Call[int]:
        """A referrer's part of the fees of whom it referred, 1/10,000."""
        return _referral_of(self.address, referrer)

    def sharing_of(self, account: int) -> Call[tuple[str, str, int]]:
        """Who has a part in an account's fees."""
        return _sharing_of(self.address, account)

    def tracked(self) -> Call[int]:
        """Collateral that came in and has not left, token units: no less is in the engine's hands."""
        return _tracked(self.address)

    def valuation(self, account: int, market: int) -> Call[Valuation]:
        """What a position is worth at the stored mark, as of the account's last settlement in the market."""
        return _valuation(self.address, account, market)

    def worth(self, account: int) -> Call[Worth]:
        """What an account is worth for somebody who may not gain by how it is valued: the vault of
        liquidity providers.
        """
        return _worth(self.address, account)
