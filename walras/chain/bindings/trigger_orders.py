"""TriggerOrders: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from walras.chain import abi
from walras.chain.call import Call


@dataclass(frozen=True, slots=True)
class Standing:
    """What an execution would do, at the stored mark, as of the account's last settlement."""

    ready: bool
    """Triggered, and nothing that can be seen from here is in its way."""
    reason: str
    """Why not; of one that is ready, why it is parked."""


STANDING: Final = abi.struct(Standing, abi.BOOL, abi.STRING)


class Kind(IntFlag):
    """A flag of ITriggerOrders."""

    STOP_MARKET = 1
    STOP_LIMIT = 2
    TAKE_MARKET = 4
    TAKE_LIMIT = 8
    TRAILING = 16


KIND: Final = abi.flag(Kind)


class Source(IntFlag):
    """The reference."""

    MARK = 1
    INDEX = 2
    CLEARING = 4


SOURCE: Final = abi.flag(Source)


@dataclass(frozen=True, slots=True)
class NewTrigger:
    """A struct of ITriggerOrders."""

    market: int
    kind: Kind
    source: Source
    is_ask: bool
    """True sells, False buys."""
    tick: int
    """Where it triggers; TRAILING: 0."""
    limit: int
    """Tick at which STOP_LIMIT and TAKE_LIMIT rest; the other kinds: 0."""
    slippage: int
    """Furthest limit of the other kinds from the reference that triggers them; limit kinds: 0."""
    slippage_in_bps: bool
    """True: below 10,000 bps; False: at most 2**18 - 2 ticks."""
    distance: int
    """Of TRAILING, more than 0; the other kinds: 0."""
    distance_in_bps: bool
    """As for the slippage."""
    lots: int
    """Below 2**28; 0: the whole position, or as much as an order holds; reduce-only."""
    reduce_only: bool
    """No more than what no open order closes already, however many lots it has."""
    attached: bool
    """Void when the position of the moment of its placing is closed or has turned."""
    expiry: int
    """Anyone may remove it from this time on; 0: never."""
    order_expiry: int
    """Of the order that a limit kind places; 0: never."""
    tip: int
    """To whoever executes it, below 2**80."""


NEW_TRIGGER: Final = abi.struct(
    NewTrigger,
    abi.UINT256,
    KIND,
    SOURCE,
    abi.BOOL,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.BOOL,
    abi.UINT256,
    abi.BOOL,
    abi.UINT256,
    abi.BOOL,
    abi.BOOL,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
)


class End(IntFlag):
    """A flag of ITriggerOrders."""

    CANCELLED = 1
    PARTNER = 2
    EXPIRED = 4
    CLOSED = 8
    RESCALED = 16


END: Final = abi.flag(End)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A struct of ITriggerOrders."""

    account: int
    terms: NewTrigger
    is_above: bool
    """It triggers at or above a price; False: at or below."""
    price: int
    """Lot price at which it triggers now, 1/10,000 of it; 0: at none."""
    extreme: int
    """Of TRAILING: best reference seen, lot price."""
    grid: int
    """Of the market, to which its ticks belong."""
    is_long: bool
    """Side of the position that it is attached to."""
    partner: int
    """Id of the trigger that goes with it; 0: none."""
    parked: str
    """Why it could not be placed when it was last tried; empty where it was not."""


TRIGGER: Final = abi.struct(
    Trigger,
    abi.UINT256,
    NEW_TRIGGER,
    abi.BOOL,
    abi.UINT256,
    abi.UINT256,
    abi.UINT256,
    abi.BOOL,
    abi.UINT256,
    abi.STRING,
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """An event of ITriggerOrders."""

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
class Executed:
    """An event of ITriggerOrders."""

    account: int
    id: int
    by: str
    order_id: int
    """Of the engine, in the trigger's market."""
    reference: int
    """Lot price."""
    tick: int
    """Limit of the order."""
    lots: int
    tip: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Executed":
        """Raises AbiError where the log is of another event."""
        return _EXECUTED_EVENT.decode(topics, data)


_EXECUTED_EVENT: Final = abi.Event(
    "a5796ed062531ca02e61a31ae492e6772cbd0cd1986578aeb1e0276fbf56f070",
    Executed,
    (True, True, True, False, False, False, False, False),
    (abi.UINT256, abi.UINT256, abi.ADDRESS, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Parked:
    """An event of ITriggerOrders."""

    account: int
    id: int
    reason: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Parked":
        """Raises AbiError where the log is of another event."""
        return _PARKED_EVENT.decode(topics, data)


_PARKED_EVENT: Final = abi.Event(
    "6f8f0e6f6e5505ef7855d22e36f07aff7abdc5a69a9cf9cc108b995cab50d780",
    Parked,
    (True, True, False),
    (abi.UINT256, abi.UINT256, abi.STRING),
)


@dataclass(frozen=True, slots=True)
class Placed:
    """An event of ITriggerOrders."""

    account: int
    id: int
    partner: int
    extreme: int
    terms: NewTrigger

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Placed":
        """Raises AbiError where the log is of another event."""
        return _PLACED_EVENT.decode(topics, data)


_PLACED_EVENT: Final = abi.Event(
    "e543e5642bc446d0f2b3ab69f97f5b6dacabcc380c35ebc577d3541852c84b84",
    Placed,
    (True, True, False, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, NEW_TRIGGER),
)


@dataclass(frozen=True, slots=True)
class Ratcheted:
    """An event of ITriggerOrders."""

    id: int
    extreme: int
    """Lot price."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Ratcheted":
        """Raises AbiError where the log is of another event."""
        return _RATCHETED_EVENT.decode(topics, data)


_RATCHETED_EVENT: Final = abi.Event(
    "714f2adad7f5d3dcfd7ef4e73d345febfb21b1a4725bf0d8cb0bf02a72a3de5a",
    Ratcheted,
    (True, False),
    (abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class Removed:
    """An event of ITriggerOrders."""

    account: int
    id: int
    why: End
    tip: int
    """To its owner's credit."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Removed":
        """Raises AbiError where the log is of another event."""
        return _REMOVED_EVENT.decode(topics, data)


_REMOVED_EVENT: Final = abi.Event(
    "769012cf4b28996a805b1b7b6753092f13888aeff948b0a0e374ac55b621def4",
    Removed,
    (True, True, False, False),
    (abi.UINT256, abi.UINT256, END, abi.UINT256),
)


_cancel: Final[abi.Function[int]] = abi.Function(
    "TriggerOrders.cancel", "cancel(uint256)", "40e58ee5", (abi.UINT256,), (abi.UINT256,)
)

_claim: Final[abi.Function[int]] = abi.Function(
    "TriggerOrders.claim", "claim(address)", "1e83409a", (abi.ADDRESS,), (abi.UINT256,)
)

_claimable: Final[abi.Function[int]] = abi.Function(
    "TriggerOrders.claimable", "claimable(address)", "402914f5", (abi.ADDRESS,), (abi.UINT256,)
)

_engine: Final[abi.Function[str]] = abi.Function(
    "TriggerOrders.engine", "engine()", "c9d4623f", (), (abi.ADDRESS,)
)

_executable: Final[abi.Function[tuple[Standing, ...]]] = abi.Function(
    "TriggerOrders.executable",
    "executable(uint256[])",
    "99cb7b69",
    (abi.array(abi.UINT256, 64),),
    (abi.array(STANDING, 64),),
)

_execute: Final[abi.Function[int]] = abi.Function(
    "TriggerOrders.execute", "execute(uint256)", "fe0d94c1", (abi.UINT256,), (abi.UINT256,)
)

_place: Final[abi.Function[int]] = abi.Function(
    "TriggerOrders.place",
    "place(uint256,(uint256,uint256,uint256,bool,uint256,uint256,uint256,bool,uint256,bool,uint256,bool,bool,uint256,uint256,uint256))",
    "8cf8aab5",
    (abi.UINT256, NEW_TRIGGER),
    (abi.UINT256,),
)

_place_pair: Final[abi.Function[tuple[int, int]]] = abi.Function(
    "TriggerOrders.place_pair",
    "place_pair(uint256,(uint256,uint256,uint256,bool,uint256,uint256,uint256,bool,uint256,bool,uint256,bool,bool,uint256,uint256,uint256),(uint256,uint256,uint256,bool,uint256,uint256,uint256,bool,uint256,bool,uint256,bool,bool,uint256,uint256,uint256))",
    "875e2be3",
    (abi.UINT256, NEW_TRIGGER, NEW_TRIGGER),
    (abi.UINT256, abi.UINT256),
)

_ratchet: Final[abi.Function[int]] = abi.Function(
    "TriggerOrders.ratchet", "ratchet(uint256)", "ba10e2d8", (abi.UINT256,), (abi.UINT256,)
)

_sweep: Final[abi.Function[End]] = abi.Function(
    "TriggerOrders.sweep", "sweep(uint256)", "aa60e733", (abi.UINT256,), (END,)
)

_token: Final[abi.Function[str]] = abi.Function(
    "TriggerOrders.token", "token()", "fc0c546a", (), (abi.ADDRESS,)
)

_trigger: Final[abi.Function[Trigger]] = abi.Function(
    "TriggerOrders.trigger", "trigger(uint256)", "ed684cc6", (abi.UINT256,), (TRIGGER,)
)

_triggers_of: Final[abi.Function[tuple[int, ...]]] = abi.Function(
    "TriggerOrders.triggers_of",
    "triggers_of(uint256)",
    "96fc2c99",
    (abi.UINT256,),
    (abi.array(abi.UINT256, 64),),
)


class TriggerOrders(abi.Binding):
    """TriggerOrders: stops, take-profits, trailing stops and pairs of them."""

    EVENTS = abi.events(
        _CLAIMED_EVENT, _EXECUTED_EVENT, _PARKED_EVENT, _PLACED_EVENT, _RATCHETED_EVENT, _REMOVED_EVENT
    )

    def cancel(self, id: int) -> Call[int]:
        """Removes a trigger, and its partner if it has one. By the account's owner. It asks neither the
        engine nor the token.
        """
        return _cancel(self.address, id)

    def claim(self, receiver: str) -> Call[int]:
        """Pays the caller's credit: tips that it earned, and tips that came back to it."""
        return _claim(self.address, receiver)

    def claimable(self, arg0: str) -> Call[int]:
        """The variable `claimable(address)`."""
        return _claimable(self.address, arg0)

    def engine(self) -> Call[str]:
        """The variable `engine()`."""
        return _engine(self.address)

    def executable(self, ids: Sequence[int]) -> Call[tuple[Standing, ...]]:
        """Which triggers could be executed, at the stored marks, as of the accounts' last settlement. An
        execution first syncs, and runs the auction that is due; whether the engine then takes the order
        its `preview` tells.
        """
        return _executable(self.address, ids)

    def execute(self, id: int) -> Call[int]:
        """Executes a trigger whose condition holds, for its tip, which comes to the caller's credit. By
        anyone. Runs the market's due auction, for whose tip the caller is the runner, and syncs the
        account before. What has expired or is void is removed; what the engine refuses is parked; a
        trailing stop whose reference is a new best is ratcheted.
        """
        return _execute(self.address, id)

    def place(self, account: int, terms: NewTrigger) -> Call[int]:
        """Places a trigger. By the account's owner, whose tokens pay the tip. A trailing stop begins at
        the reference of now.
        """
        return _place(self.address, account, terms)

    def place_pair(self, account: int, first: NewTrigger, second: NewTrigger) -> Call[tuple[int, int]]:
        """Places two triggers of which one cancels the other: where one is executed, or cancelled by its
        owner, the other is removed and its tip comes back. Where one expires or becomes void the other
        stays, alone.
        """
        return _place_pair(self.address, account, first, second)

    def ratchet(self, id: int) -> Call[int]:
        """Moves the extreme of a trailing stop to the reference of now, where that is better for it. By
        anyone.
        """
        return _ratchet(self.address, id)

    def sweep(self, id: int) -> Call[End]:
        """Removes a trigger that has expired, or is void: the position that it was attached to is closed
        or has turned, or its market has another grid. By anyone; the tip comes to the owner's credit.
        """
        return _sweep(self.address, id)

    def token(self) -> Call[str]:
        """The variable `token()`."""
        return _token(self.address)

    def trigger(self, id: int) -> Call[Trigger]:
        """A trigger."""
        return _trigger(self.address, id)

    def triggers_of(self, account: int) -> Call[tuple[int, ...]]:
        """Ids of an account's triggers, by their slots."""
        return _triggers_of(self.address, account)
