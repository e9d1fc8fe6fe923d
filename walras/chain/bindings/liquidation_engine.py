"""LiquidationEngine: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from walras.chain import abi
from walras.chain.bindings.oracle_router import STATUS, Status
from walras.chain.bindings.perp_engine import MARK, MARKET, Mark, Market
from walras.chain.call import Call


@dataclass(frozen=True, slots=True)
class Settings:
    """Of a market."""

    penalty_ppm: int
    """Of the notional that is liquidated, out of the account; at most 50,000 (5 %)."""
    tip_bps: int
    """Of the penalty on what was filled, for who placed the order; at most 5,000."""
    tip_cap: int
    """Largest tip, token units, below 2**48."""
    buffer_ppm: int
    """Margin above maintenance that a partial liquidation restores, of the notional; at most 100,000."""
    min_notional: int
    """A position worth less, or that would be left with less, closes whole; token units, below 2**64."""
    patience: int
    """Orders in a row of which less than half found a buyer until the backstop may take over; 1 .. 255."""
    discount_ppm: int
    """At which the backstop takes over, off the mark and beyond the index; at most 50,000."""
    unwind_ppm: int
    """How far from the better of mark and index it trades its positions away; at most the discount."""


SETTINGS: Final = abi.struct(
    Settings,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
)


class Stage(IntFlag):
    """A flag of ILiquidationEngine."""

    CANCEL = 1
    LIQUIDATE = 2
    TAKE_OVER = 4
    RESOLVE = 8


STAGE: Final = abi.flag(Stage)


@dataclass(frozen=True, slots=True)
class Health:
    """A struct of ILiquidationEngine."""

    equity: int
    """With what is held of penalties; where a price is DEGRADED at the kindest that it allows."""
    initial: int
    maintenance: int
    stages: Stage
    """Those that may be called now; a price that is not fit may still refuse."""


HEALTH: Final = abi.struct(Health, abi.INT256, abi.UINT256, abi.UINT256, STAGE)


@dataclass(frozen=True, slots=True)
class Scene:
    """A market as a stage finds it, and the account in it."""

    mark: Mark
    market: Market
    lots: int
    held: int
    """|lots|."""
    equity: int
    initial: int
    maintenance: int
    """Of the account."""
    margin: int
    """Maintenance margin of this position alone."""
    backing: int
    """Equity at the marks, with what is held: limits and prices are off the mark."""


SCENE: Final = abi.struct(
    Scene,
    MARK,
    MARKET,
    abi.INT256,
    abi.UINT256,
    abi.INT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
)


@dataclass(frozen=True, slots=True)
class Nominee:
    """A struct of ILiquidationEngine."""

    account: int
    score: int
    """(profit / cost) x (worth / equity) x the part it can take, 2**32 is one."""


NOMINEE: Final = abi.struct(Nominee, abi.UINT256, abi.UINT256)


@dataclass(frozen=True, slots=True)
class Pending:
    """A liquidation's order, from its placement until its batch is over."""

    lots: int
    """Of the order; 0: none is pending."""
    before: int
    """Size of the position when it was placed."""
    held: int
    """The penalty, which waits here for the outcome, token units."""
    batch: int
    """In which it takes part; where none is pending, unix seconds at which the last was concluded."""
    failures: int
    """Orders in a row of which less than half found a buyer, so far."""
    is_ask: bool
    """It sells."""


PENDING: Final = abi.struct(
    Pending, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.BOOL
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What `liquidate` would do."""

    lots: int
    """That the order buys, less sells."""
    tick: int
    """Its limit."""
    penalty: int
    """If all of it is filled, token units."""
    tip: int
    """Of the penalty, for the keeper."""


PLAN: Final = abi.struct(Plan, abi.INT256, abi.UINT256, abi.UINT256, abi.UINT256)


@dataclass(frozen=True, slots=True)
class BackstopSet:
    """An event of ILiquidationEngine."""

    account: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "BackstopSet":
        """Raises AbiError where the log is of another event."""
        return _BACKSTOP_SET_EVENT.decode(topics, data)


_BACKSTOP_SET_EVENT: Final = abi.Event(
    "c391cf4bd2dd9f3f90e5ede9b73991e484e1888a5386fdda8b83ceca6ee25e4e", BackstopSet, (False,), (abi.UINT256,)
)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An event of ILiquidationEngine."""

    account: int
    market: int
    orders: int
    keeper: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Cancelled":
        """Raises AbiError where the log is of another event."""
        return _CANCELLED_EVENT.decode(topics, data)


_CANCELLED_EVENT: Final = abi.Event(
    "d1059f6d1bbc5555eace561973194533e207f64724be1c31d00e6d2c674dccbc",
    Cancelled,
    (True, True, False, True),
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.ADDRESS),
)


@dataclass(frozen=True, slots=True)
class Collected:
    """An event of ILiquidationEngine."""

    account: int
    market: int
    filled: int
    """Lots."""
    penalty: int
    """For the insurance."""
    tip: int
    returned: int
    keeper: str
    """Who placed the order, and has the tip."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Collected":
        """Raises AbiError where the log is of another event."""
        return _COLLECTED_EVENT.decode(topics, data)


_COLLECTED_EVENT: Final = abi.Event(
    "dad46f11f481816fd1bcedff791b6ba706c99af1e4f11707294deb0c0de3d0cc",
    Collected,
    (True, True, False, False, False, False, True),
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.ADDRESS),
)


@dataclass(frozen=True, slots=True)
class Configured:
    """An event of ILiquidationEngine."""

    market: int
    settings: Settings

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Configured":
        """Raises AbiError where the log is of another event."""
        return _CONFIGURED_EVENT.decode(topics, data)


_CONFIGURED_EVENT: Final = abi.Event(
    "57a0630188a88226bf51ba5bb367a5f34a620df4a79b376677356430a9b1dabf",
    Configured,
    (True, False),
    (abi.UINT256, SETTINGS),
)


@dataclass(frozen=True, slots=True)
class Covered:
    """An event of ILiquidationEngine."""

    account: int
    market: int
    insured: int
    """By the insurance fund, token units."""
    socialised: int
    """By all positions of the market, or recorded as bad debt."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Covered":
        """Raises AbiError where the log is of another event."""
        return _COVERED_EVENT.decode(topics, data)


_COVERED_EVENT: Final = abi.Event(
    "ed615807ed744766cc5613de4b1c36fe3e9540bc10ede97163f060b92db4ba8d",
    Covered,
    (True, True, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Deleveraged:
    """An event of ILiquidationEngine."""

    account: int
    market: int
    nominee: int
    lots: int
    price: int
    """Lot price."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Deleveraged":
        """Raises AbiError where the log is of another event."""
        return _DELEVERAGED_EVENT.decode(topics, data)


_DELEVERAGED_EVENT: Final = abi.Event(
    "456c951798d2807844f9546b954ea5168b3cf975e2edd212fd6817d6824017b2",
    Deleveraged,
    (True, True, True, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class HaltReported:
    """An event of ILiquidationEngine."""

    market: int
    status: Status

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "HaltReported":
        """Raises AbiError where the log is of another event."""
        return _HALT_REPORTED_EVENT.decode(topics, data)


_HALT_REPORTED_EVENT: Final = abi.Event(
    "6f0d495f01d73ec50e5e51e9fd8dff25d602385409245d9725b4280cc7b545e1",
    HaltReported,
    (True, False),
    (abi.UINT256, STATUS),
)


@dataclass(frozen=True, slots=True)
class Liquidated:
    """An event of ILiquidationEngine."""

    account: int
    market: int
    lots: int
    """That the order buys, less sells."""
    tick: int
    """Its limit."""
    held: int
    """The penalty, until the outcome is known."""
    keeper: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Liquidated":
        """Raises AbiError where the log is of another event."""
        return _LIQUIDATED_EVENT.decode(topics, data)


_LIQUIDATED_EVENT: Final = abi.Event(
    "880366ddf0a285df1acbe35389b78c5d93e58ac3ccce210fe3ede2a5116a043a",
    Liquidated,
    (True, True, False, False, False, True),
    (abi.UINT256, abi.UINT256, abi.INT256, abi.UINT256, abi.UINT256, abi.ADDRESS),
)


@dataclass(frozen=True, slots=True)
class Nominated:
    """An event of ILiquidationEngine."""

    account: int
    market: int
    nominee: int
    score: int
    until: int
    """Nominations are open before, then they may be executed."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Nominated":
        """Raises AbiError where the log is of another event."""
        return _NOMINATED_EVENT.decode(topics, data)


_NOMINATED_EVENT: Final = abi.Event(
    "945cb5e52d4900be03b2676677ff3ac2de98333a03a0075dba56a2512e44e2cf",
    Nominated,
    (True, True, True, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256),
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
class Settled:
    """An event of ILiquidationEngine."""

    market: int
    price: int
    """Lot price."""
    by: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Settled":
        """Raises AbiError where the log is of another event."""
        return _SETTLED_EVENT.decode(topics, data)


_SETTLED_EVENT: Final = abi.Event(
    "ad80bd5021987f3f1d52b69564356b8f3799fec3d3ef660c96023960568b2287",
    Settled,
    (True, False, True),
    (abi.UINT256, abi.UINT256, abi.ADDRESS),
)


@dataclass(frozen=True, slots=True)
class TakenOver:
    """An event of ILiquidationEngine."""

    account: int
    market: int
    lots: int
    """That the backstop takes on."""
    price: int
    """Lot price."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "TakenOver":
        """Raises AbiError where the log is of another event."""
        return _TAKEN_OVER_EVENT.decode(topics, data)


_TAKEN_OVER_EVENT: Final = abi.Event(
    "30f9d2f71b76c28d3f499239de36d822d134734cb157030414cf41897bc5e471",
    TakenOver,
    (True, True, False, False),
    (abi.UINT256, abi.UINT256, abi.INT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Unwound:
    """An event of ILiquidationEngine."""

    market: int
    lots: int
    tick: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Unwound":
        """Raises AbiError where the log is of another event."""
        return _UNWOUND_EVENT.decode(topics, data)


_UNWOUND_EVENT: Final = abi.Event(
    "0c045bc902f46c6f583f41880bf3cf72551cbe165bb83fdfa49a1fbe2cc57837",
    Unwound,
    (True, False, False),
    (abi.UINT256, abi.INT256, abi.UINT256),
)


_accept_ownership: Final[abi.Function[None]] = abi.Function(
    "LiquidationEngine.accept_ownership", "accept_ownership()", "a67c2dcb"
)

_backstop: Final[abi.Function[int]] = abi.Function(
    "LiquidationEngine.backstop", "backstop()", "7dea1817", (), (abi.UINT256,)
)

_cancel_orders: Final[abi.Function[int]] = abi.Function(
    "LiquidationEngine.cancel_orders",
    "cancel_orders(uint256,uint256)",
    "0c671668",
    (abi.UINT256, abi.UINT256),
    (abi.UINT256,),
)

_collect: Final[abi.Function[None]] = abi.Function(
    "LiquidationEngine.collect", "collect(uint256,uint256)", "cfa6f827", (abi.UINT256, abi.UINT256)
)

_configure: Final[abi.Function[None]] = abi.Function(
    "LiquidationEngine.configure",
    "configure(uint256,(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256))",
    "67334906",
    (abi.UINT256, SETTINGS),
)

_deleverage_without_1: Final[abi.Function[None]] = abi.Function(
    "LiquidationEngine.deleverage", "deleverage(uint256,uint256)", "e0b1a715", (abi.UINT256, abi.UINT256)
)

_deleverage: Final[abi.Function[None]] = abi.Function(
    "LiquidationEngine.deleverage",
    "deleverage(uint256,uint256,uint256)",
    "1d1419a6",
    (abi.UINT256, abi.UINT256, abi.UINT256),
)

_engine: Final[abi.Function[str]] = abi.Function(
    "LiquidationEngine.engine", "engine()", "c9d4623f", (), (abi.ADDRESS,)
)

_fund: Final[abi.Function[str]] = abi.Function(
    "LiquidationEngine.fund", "fund()", "b60d4288", (), (abi.ADDRESS,)
)

_liquidate: Final[abi.Function[None]] = abi.Function(
    "LiquidationEngine.liquidate", "liquidate(uint256,uint256)", "d296d1f1", (abi.UINT256, abi.UINT256)
)

_nominate: Final[abi.Function[None]] = abi.Function(
    "LiquidationEngine.nominate",
    "nominate(uint256,uint256,uint256)",
    "6cb12fc8",
    (abi.UINT256, abi.UINT256, abi.UINT256),
)

_owner: Final[abi.Function[str]] = abi.Function(
    "LiquidationEngine.owner", "owner()", "8da5cb5b", (), (abi.ADDRESS,)
)

_pending_owner: Final[abi.Function[str]] = abi.Function(
    "LiquidationEngine.pending_owner", "pending_owner()", "7f4ec4c3", (), (abi.ADDRESS,)
)

_report_halt: Final[abi.Function[None]] = abi.Function(
    "LiquidationEngine.report_halt", "report_halt(uint256)", "1fe58bbc", (abi.UINT256,)
)

_reported_at: Final[abi.Function[int]] = abi.Function(
    "LiquidationEngine.reported_at", "reported_at(uint256)", "e4808004", (abi.UINT256,), (abi.UINT256,)
)

_resolve: Final[abi.Function[None]] = abi.Function(
    "LiquidationEngine.resolve", "resolve(uint256)", "4f896d4f", (abi.UINT256,)
)

_router: Final[abi.Function[str]] = abi.Function(
    "LiquidationEngine.router", "router()", "f887ea40", (), (abi.ADDRESS,)
)

_set_backstop: Final[abi.Function[None]] = abi.Function(
    "LiquidationEngine.set_backstop", "set_backstop(uint256)", "99a636c6", (abi.UINT256,)
)

_settle: Final[abi.Function[None]] = abi.Function(
    "LiquidationEngine.settle", "settle(uint256)", "8df82800", (abi.UINT256,)
)

_settle_position: Final[abi.Function[None]] = abi.Function(
    "LiquidationEngine.settle_position",
    "settle_position(uint256,uint256)",
    "4bb89f74",
    (abi.UINT256, abi.UINT256),
)

_take_over: Final[abi.Function[None]] = abi.Function(
    "LiquidationEngine.take_over",
    "take_over(uint256,uint256,uint256)",
    "e5482cea",
    (abi.UINT256, abi.UINT256, abi.UINT256),
)

_token: Final[abi.Function[str]] = abi.Function(
    "LiquidationEngine.token", "token()", "fc0c546a", (), (abi.ADDRESS,)
)

_transfer_ownership: Final[abi.Function[None]] = abi.Function(
    "LiquidationEngine.transfer_ownership", "transfer_ownership(address)", "f0350c04", (abi.ADDRESS,)
)

_unwind: Final[abi.Function[None]] = abi.Function(
    "LiquidationEngine.unwind", "unwind(uint256)", "fad898c2", (abi.UINT256,)
)

_views: Final[abi.Function[str]] = abi.Function(
    "LiquidationEngine.views", "views()", "d65e880d", (), (abi.ADDRESS,)
)

_changed_at: Final[abi.Function[int]] = abi.Function(
    "LiquidationEngine.changed_at", "changed_at(uint256)", "250b150d", (abi.UINT256,), (abi.UINT256,)
)

_deleverage_rank: Final[abi.Function[int]] = abi.Function(
    "LiquidationEngine.deleverage_rank",
    "deleverage_rank(uint256,uint256,uint256)",
    "f675abde",
    (abi.UINT256, abi.UINT256, abi.UINT256),
    (abi.UINT256,),
)

_deleverage_score: Final[abi.Function[int]] = abi.Function(
    "LiquidationEngine.deleverage_score",
    "deleverage_score(uint256,uint256)",
    "dcde0842",
    (abi.UINT256, abi.UINT256),
    (abi.UINT256,),
)

_health: Final[abi.Function[tuple[Health, ...]]] = abi.Function(
    "LiquidationEngine.health",
    "health(uint256[])",
    "904d1572",
    (abi.array(abi.UINT256, 64),),
    (abi.array(HEALTH, 64),),
)

_is_full: Final[abi.Function[bool]] = abi.Function(
    "LiquidationEngine.is_full",
    "is_full(uint256,uint256,uint256,((uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256),(address,uint256,uint256,uint256,uint256,uint256),int256,uint256,int256,uint256,uint256,uint256,uint256))",
    "5e480c6c",
    (abi.UINT256, abi.UINT256, abi.UINT256, SCENE),
    (abi.BOOL,),
)

_nominees: Final[abi.Function[tuple[int, tuple[Nominee, ...]]]] = abi.Function(
    "LiquidationEngine.nominees",
    "nominees(uint256,uint256)",
    "0bf0c817",
    (abi.UINT256, abi.UINT256),
    (abi.UINT256, abi.array(NOMINEE, 8)),
)

_pending: Final[abi.Function[Pending]] = abi.Function(
    "LiquidationEngine.pending",
    "pending(uint256,uint256)",
    "a30a7171",
    (abi.UINT256, abi.UINT256),
    (PENDING,),
)

_plan: Final[abi.Function[Plan]] = abi.Function(
    "LiquidationEngine.plan", "plan(uint256,uint256)", "193f63a2", (abi.UINT256, abi.UINT256), (PLAN,)
)

_planned: Final[abi.Function[Plan]] = abi.Function(
    "LiquidationEngine.planned",
    "planned(uint256,uint256,(uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256),((uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256),(address,uint256,uint256,uint256,uint256,uint256),int256,uint256,int256,uint256,uint256,uint256,uint256),bool)",
    "b15c54de",
    (abi.UINT256, abi.UINT256, SETTINGS, SCENE, abi.BOOL),
    (PLAN,),
)

_settings: Final[abi.Function[Settings]] = abi.Function(
    "LiquidationEngine.settings", "settings(uint256)", "7a777d2c", (abi.UINT256,), (SETTINGS,)
)


class LiquidationEngine(abi.Binding):
    """LiquidationEngine: the waterfall."""

    EVENTS = abi.events(
        _BACKSTOP_SET_EVENT,
        _CANCELLED_EVENT,
        _COLLECTED_EVENT,
        _CONFIGURED_EVENT,
        _COVERED_EVENT,
        _DELEVERAGED_EVENT,
        _HALT_REPORTED_EVENT,
        _LIQUIDATED_EVENT,
        _NOMINATED_EVENT,
        _OWNERSHIP_TRANSFER_STARTED_EVENT,
        _OWNERSHIP_TRANSFERRED_EVENT,
        _SETTLED_EVENT,
        _TAKEN_OVER_EVENT,
        _UNWOUND_EVENT,
    )

    def accept_ownership(self) -> Call[None]:
        """Note that this function can only be called by the current `pending_owner`."""
        return _accept_ownership(self.address)

    def backstop(self) -> Call[int]:
        """The variable `backstop()`."""
        return _backstop(self.address)

    def cancel_orders(self, account: int, market: int) -> Call[int]:
        """Cancels the open orders in a market of an account below initial margin. Orders that can only
        reduce are nobody's to cancel before the account is to be liquidated: they are how it comes out,
        and count against its margin themselves. The backstop's never are: anyone places them by
        `unwind`, and would be paid for it.
        """
        return _cancel_orders(self.address, account, market)

    def collect(self, account: int, market: int) -> Call[None]:
        """Concludes a liquidation whose batch is over: of the penalty on what was filled its keeper has
        his tip and the insurance the rest; what is left goes back. By anyone; every other stage does it
        too.
        """
        return _collect(self.address, account, market)

    def configure(self, market: int, settings: Settings) -> Call[None]:
        """Sets how a market is liquidated: at first freely, then each number by a step at most, and a day
        after the last change at the earliest.
        """
        return _configure(self.address, market, settings)

    def deleverage(self, account: int, market: int, most: int | None = None) -> Call[None]:
        """Executes a round of nominations, from the highest score: each nominee gives up as much of its
        position as the account has to close, at the mark; where the account owes more than it has, at
        the price at which it owes nothing, bounded by the nominee's profit. Lots go first to whose
        profit bears that price. The insurance fund pays of the deficit what it can beforehand, for the
        lots that are taken. What neither bears is shared as by `resolve` once the account has no
        position; lots that nobody takes are for the auction, or the next round. Where the index is
        worse for the account than the mark, nominees get that, as far as the account can bear it.
        """
        if most is None:
            return _deleverage_without_1(self.address, account, market)
        return _deleverage(self.address, account, market, most)

    def engine(self) -> Call[str]:
        """The variable `engine()`."""
        return _engine(self.address)

    def fund(self) -> Call[str]:
        """The variable `fund()`."""
        return _fund(self.address)

    def liquidate(self, account: int, market: int) -> Call[None]:
        """Puts as much of a position as restores maintenance margin and a buffer into the next auction;
        all of it where that is not enough, deep below maintenance margin, or where dust would be left.
        The order's limit is where the account is left with no less equity for its maintenance margin
        than before; its orders in the market are cancelled. The penalty is held until the outcome is
        known: the caller has his tip of what was filled then. Where nothing is left the limit is the
        mark, and nobody is paid; nor of the vault's accounts, of which nothing is held.
        """
        return _liquidate(self.address, account, market)

    def nominate(self, account: int, market: int, nominee: int) -> Call[None]:
        """Names who is to take a part of a position that neither auction nor backstop took: an account on
        the other side, with a profit. The first opens the nominations, until the end of the batch, 30
        seconds at least; the eight highest scores stay, a higher one displaces a lower.
        """
        return _nominate(self.address, account, market, nominee)

    def owner(self) -> Call[str]:
        """The variable `owner()`."""
        return _owner(self.address)

    def pending_owner(self) -> Call[str]:
        """The variable `pending_owner()`."""
        return _pending_owner(self.address)

    def report_halt(self, market: int) -> Call[None]:
        """Notes that a market's price is not fit, so that anyone may settle it if that lasts. By anyone;
        once a good price is recorded (the router's `record`, which every auction calls) it has to be
        reported anew.
        """
        return _report_halt(self.address, market)

    def reported_at(self, arg0: int) -> Call[int]:
        """The variable `reported_at(uint256)`."""
        return _reported_at(self.address, arg0)

    def resolve(self, account: int) -> Call[None]:
        """Covers the deficit of an account without positions: by the insurance fund as far as its cap for
        the market goes, the rest by all positions of the market, or as bad debt where there are none:
        of the market in which its last position was closed. Its open orders are cancelled, after the
        auctions of batches that are over.
        """
        return _resolve(self.address, account)

    def router(self) -> Call[str]:
        """The variable `router()`."""
        return _router(self.address)

    def set_backstop(self, account: int) -> Call[None]:
        """Sets the account that takes positions over. It loses no more than it has: what is not in it
        cannot be lost.
        """
        return _set_backstop(self.address, account)

    def settle(self, market: int) -> Call[None]:
        """Ends a market: its positions close at the average price of the last hour with a good price. By
        the owner, or by anyone three days after `report_halt` if no good price was recorded since and
        there is none now. The liquidator closes who ends with a deficit for an hour
        (`settle_position`), then anyone closes anybody, by the engine's `settle_position`.
        """
        return _settle(self.address, market)

    def settle_position(self, account: int, market: int) -> Call[None]:
        """Closes, in the first hour of a settlement, a position of an account that ends with a deficit,
        and covers this.
        """
        return _settle_position(self.address, account, market)

    def take_over(self, account: int, market: int, lots: int) -> Call[None]:
        """Lets the backstop take a position over: of an account with less than two thirds of its
        maintenance margin, or whose orders found no buyer. At a discount to the mark, or to the index
        where that is worse for the account, as far as it can bear it; an account with nothing left gets
        the mark, and its deficit is covered as by `resolve`.
        """
        return _take_over(self.address, account, market, lots)

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

    def unwind(self, market: int) -> Call[None]:
        """Puts what the backstop has in a market into the next auction, within the settings' distance from
        the mark, or from the index where that is better for it. By anyone. While the price is not fit,
        or the market is settled, it takes back what it put there, or what a liquidation of the backstop
        did: nobody else can, and a limit of before would be far from the mark of after.
        """
        return _unwind(self.address, market)

    def views(self) -> Call[str]:
        """The variable `views()`."""
        return _views(self.address)

    def changed_at(self, market: int) -> Call[int]:
        """When the settings of a market were last changed, unix seconds."""
        return _changed_at(self.address, market)

    def deleverage_rank(self, account: int, market: int, nominee: int) -> Call[int]:
        """Place of an account among those nominated to take another's position, were it nominated now."""
        return _deleverage_rank(self.address, account, market, nominee)

    def deleverage_score(self, nominee: int, market: int) -> Call[int]:
        """What an account's position would be ranked by, beside one that is no larger: the higher, the
        earlier it is deleveraged; beside a larger one by the part of it that it can take. 2**32 is one.
        """
        return _deleverage_score(self.address, nominee, market)

    def health(self, accounts: Sequence[int]) -> Call[tuple[Health, ...]]:
        """How accounts stand at the stored marks, as of their last settlement, and what may be called.
        Never reverts.
        """
        return _health(self.address, accounts)

    def is_full(self, market: int, min_notional: int, backstop: int, scene: Scene) -> Call[bool]:
        """Whether the backstop has no room for a position, as LiquidationEngine finds both: for
        `nominate`.
        """
        return _is_full(self.address, market, min_notional, backstop, scene)

    def nominees(self, account: int, market: int) -> Call[tuple[int, tuple[Nominee, ...]]]:
        """Who is nominated to take an account's position."""
        return _nominees(self.address, account, market)

    def pending(self, account: int, market: int) -> Call[Pending]:
        """The liquidation order of an account in a market."""
        return _pending(self.address, account, market)

    def plan(self, account: int, market: int) -> Call[Plan]:
        """What `liquidate` would do and pay at the stored marks, with the account as it was settled last."""
        return _plan(self.address, account, market)

    def planned(
        self, account: int, market: int, settings: Settings, scene: Scene, is_of_vault: bool
    ) -> Call[Plan]:
        """The plan for an account as LiquidationEngine finds it: for `liquidate`, whose code has no room
        for it.
        """
        return _planned(self.address, account, market, settings, scene, is_of_vault)

    def settings(self, market: int) -> Call[Settings]:
        """How a market is liquidated."""
        return _settings(self.address, market)
