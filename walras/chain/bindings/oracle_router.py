"""OracleRouter: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from walras.chain import abi
from walras.chain.call import Call


@dataclass(frozen=True, slots=True)
class Settings:
    """A struct of IOracleRouter."""

    quorum: int
    """Fewest sources that must agree, 1 .. number of sources."""
    deviation_bps: int
    """The guard: a source further from the median deviates; 1 .. 2,000."""
    rejection_bps: int
    """The outer guard: one further, or less sure, can never stand behind it; guard .. 4,000."""
    max_move_bps: int
    """Largest move of the price per second, of the price before; 1 .. 4,000."""
    spacing: int
    """Fewest seconds between two observations of the history, 1 .. 1,000."""


SETTINGS: Final = abi.struct(Settings, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256)


@dataclass(frozen=True, slots=True)
class Source:
    """A struct of IOracleRouter."""

    source: str
    """An IPriceSource; an IPullSource too where `update` is to feed it."""
    weight: int
    """In the median, 1 .. 15."""
    heartbeat: int
    """Oldest price that counts, seconds, 1 .. 172,800."""
    confidence_bps: int
    """Widest confidence that does not degrade, of the price; 0 .. the guard."""
    gas_limit: int
    """Gas that it may use, 20,000 .. 500,000 in thousands."""


SOURCE: Final = abi.struct(Source, abi.ADDRESS, abi.UINT256, abi.UINT256, abi.UINT256, abi.UINT256)


class Status(IntFlag):
    """A flag of IOracleRouter."""

    LIVE = 1
    DEGRADED = 2
    STALE = 4
    HALTED = 8


STATUS: Final = abi.flag(Status)


class Trouble(IntFlag):
    """A flag of IOracleRouter."""

    SOURCE_FAILED = 1
    SOURCE_LATE = 2
    SOURCE_WIDE = 4
    SOURCE_DEVIATES = 8
    MOVE_LIMITED = 16
    OUTDATED = 32
    QUORUM_MISSED = 64
    NO_MAJORITY = 128
    SEQUENCER_GRACE = 256
    SEQUENCER_DOWN = 512
    MARKET_HALTED = 1024
    NO_PRICE = 2048


TROUBLE: Final = abi.flag(Trouble)


@dataclass(frozen=True, slots=True)
class Price:
    """A struct of IOracleRouter."""

    price: int
    """0 with NO_PRICE alone."""
    low: int
    """Low .. high spans the confidence intervals of the sources that agree, and the price."""
    high: int
    status: Status
    published_at: int
    """The price is within the range of what sources published at this time or later; with MOVE_LIMITED it
    is on its way there, with OUTDATED what agrees is older.
    """
    troubles: Trouble
    """Why the status is what it is."""


PRICE: Final = abi.struct(Price, abi.UINT256, abi.UINT256, abi.UINT256, STATUS, abi.UINT256, TROUBLE)


@dataclass(frozen=True, slots=True)
class Reading:
    """A struct of IOracleRouter."""

    source: str
    price: int
    """0 where the source failed."""
    confidence: int
    published_at: int
    troubles: Trouble
    """SOURCE_ ones."""


READING: Final = abi.struct(Reading, abi.ADDRESS, abi.UINT256, abi.UINT256, abi.UINT256, TROUBLE)


class Terms(IntFlag):
    """A flag of IOracleRouter."""

    ALLOWED = 1
    DOUBLE_MARGIN = 2
    NO_VAULT = 4
    WIDER = 8
    KINDEST = 16
    UNKINDEST = 32


TERMS: Final = abi.flag(Terms)


class Action(IntFlag):
    """A flag of IOracleRouter."""

    OPEN = 1
    REDUCE = 2
    CANCEL = 4
    QUOTE = 8
    LIQUIDATE = 16
    WITHDRAW = 32
    WITHDRAW_FLAT = 64


ACTION: Final = abi.flag(Action)


@dataclass(frozen=True, slots=True)
class GuardianSet:
    """An event of IOracleRouter."""

    guardian: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "GuardianSet":
        """Raises AbiError where the log is of another event."""
        return _GUARDIAN_SET_EVENT.decode(topics, data)


_GUARDIAN_SET_EVENT: Final = abi.Event(
    "e6c09ffe4572dc9ceaa5ddde4ae41befa655d6fdfe8052077af0970f700e942e", GuardianSet, (True,), (abi.ADDRESS,)
)


@dataclass(frozen=True, slots=True)
class MarketConfigured:
    """An event of IOracleRouter."""

    market: int
    settings: Settings
    sources: tuple[Source, ...]

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "MarketConfigured":
        """Raises AbiError where the log is of another event."""
        return _MARKET_CONFIGURED_EVENT.decode(topics, data)


_MARKET_CONFIGURED_EVENT: Final = abi.Event(
    "2ab47fae73838df60706a5e8288bceb90e6f4d6b373b08a87f1ae340d61308fc",
    MarketConfigured,
    (True, False, False),
    (abi.UINT256, SETTINGS, abi.array(SOURCE, 8)),
)


@dataclass(frozen=True, slots=True)
class MarketHalted:
    """An event of IOracleRouter."""

    market: int
    by: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "MarketHalted":
        """Raises AbiError where the log is of another event."""
        return _MARKET_HALTED_EVENT.decode(topics, data)


_MARKET_HALTED_EVENT: Final = abi.Event(
    "a64e8889ed6ee7b5a5931818fa407303189ab08b8ccad0bccb76bbedb523a4d1",
    MarketHalted,
    (True, True),
    (abi.UINT256, abi.ADDRESS),
)


@dataclass(frozen=True, slots=True)
class MarketResumed:
    """An event of IOracleRouter."""

    market: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "MarketResumed":
        """Raises AbiError where the log is of another event."""
        return _MARKET_RESUMED_EVENT.decode(topics, data)


_MARKET_RESUMED_EVENT: Final = abi.Event(
    "494aab8fe38b99450ffd0b9998bfa08fc671c1788ebcef6a00894cdc134409e5", MarketResumed, (True,), (abi.UINT256,)
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
class Recorded:
    """An event of IOracleRouter."""

    market: int
    price: int
    published_at: int
    troubles: Trouble

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "Recorded":
        """Raises AbiError where the log is of another event."""
        return _RECORDED_EVENT.decode(topics, data)


_RECORDED_EVENT: Final = abi.Event(
    "10b9ad23969242645e4b60a3efe12f3296b5d8935810eab24ddb15697065081c",
    Recorded,
    (True, False, False, False),
    (abi.UINT256, abi.UINT256, abi.UINT256, TROUBLE),
)


@dataclass(frozen=True, slots=True)
class UpdateRefused:
    """An event of IOracleRouter."""

    market: int
    source: str
    why: bytes
    """What the source reverted with, cut off; empty where value for its fee was missing."""

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "UpdateRefused":
        """Raises AbiError where the log is of another event."""
        return _UPDATE_REFUSED_EVENT.decode(topics, data)


_UPDATE_REFUSED_EVENT: Final = abi.Event(
    "f1b01a6868fabccbdf36011661e0369568be71827df9e579c4d25f2cf4338a37",
    UpdateRefused,
    (True, True, False),
    (abi.UINT256, abi.ADDRESS, abi.BYTES),
)


_accept_ownership: Final[abi.Function[None]] = abi.Function(
    "OracleRouter.accept_ownership", "accept_ownership()", "a67c2dcb"
)

_configuration: Final[abi.Function[tuple[Settings, tuple[Source, ...]]]] = abi.Function(
    "OracleRouter.configuration",
    "configuration(uint256)",
    "a350820d",
    (abi.UINT256,),
    (SETTINGS, abi.array(SOURCE, 8)),
)

_configure: Final[abi.Function[None]] = abi.Function(
    "OracleRouter.configure",
    "configure(uint256,(uint256,uint256,uint256,uint256,uint256),(address,uint256,uint256,uint256,uint256)[])",
    "0951109f",
    (abi.UINT256, SETTINGS, abi.array(SOURCE, 8)),
)

_guardian: Final[abi.Function[str]] = abi.Function(
    "OracleRouter.guardian", "guardian()", "452a9320", (), (abi.ADDRESS,)
)

_halt: Final[abi.Function[None]] = abi.Function(
    "OracleRouter.halt", "halt(uint256)", "fb1fad50", (abi.UINT256,)
)

_halted_until: Final[abi.Function[int]] = abi.Function(
    "OracleRouter.halted_until", "halted_until(uint256)", "b78a31cd", (abi.UINT256,), (abi.UINT256,)
)

_is_configured: Final[abi.Function[bool]] = abi.Function(
    "OracleRouter.is_configured", "is_configured(uint256)", "f2248e20", (abi.UINT256,), (abi.BOOL,)
)

_last: Final[abi.Function[tuple[int, int, int]]] = abi.Function(
    "OracleRouter.last", "last(uint256)", "e4c1a3b2", (abi.UINT256,), (abi.UINT256, abi.UINT256, abi.UINT256)
)

_owner: Final[abi.Function[str]] = abi.Function(
    "OracleRouter.owner", "owner()", "8da5cb5b", (), (abi.ADDRESS,)
)

_pending_owner: Final[abi.Function[str]] = abi.Function(
    "OracleRouter.pending_owner", "pending_owner()", "7f4ec4c3", (), (abi.ADDRESS,)
)

_price: Final[abi.Function[Price]] = abi.Function(
    "OracleRouter.price", "price(uint256)", "26a49e37", (abi.UINT256,), (PRICE,)
)

_readings: Final[abi.Function[tuple[Reading, ...]]] = abi.Function(
    "OracleRouter.readings", "readings(uint256)", "d5da886d", (abi.UINT256,), (abi.array(READING, 8),)
)

_record: Final[abi.Function[Price]] = abi.Function(
    "OracleRouter.record", "record(uint256)", "2c16cd8a", (abi.UINT256,), (PRICE,)
)

_resume: Final[abi.Function[None]] = abi.Function(
    "OracleRouter.resume", "resume(uint256)", "414000b5", (abi.UINT256,)
)

_sequencer_feed: Final[abi.Function[str]] = abi.Function(
    "OracleRouter.sequencer_feed", "sequencer_feed()", "42a78528", (), (abi.ADDRESS,)
)

_sequencer_grace: Final[abi.Function[int]] = abi.Function(
    "OracleRouter.sequencer_grace", "sequencer_grace()", "06ceefba", (), (abi.UINT256,)
)

_set_guardian: Final[abi.Function[None]] = abi.Function(
    "OracleRouter.set_guardian", "set_guardian(address)", "75c29a3f", (abi.ADDRESS,)
)

_terms: Final[abi.Function[Terms]] = abi.Function(
    "OracleRouter.terms", "terms(uint256,uint256)", "21ac265d", (ACTION, STATUS), (TERMS,)
)

_transfer_ownership: Final[abi.Function[None]] = abi.Function(
    "OracleRouter.transfer_ownership", "transfer_ownership(address)", "f0350c04", (abi.ADDRESS,)
)

_twap: Final[abi.Function[int]] = abi.Function(
    "OracleRouter.twap", "twap(uint256,uint256)", "2267955d", (abi.UINT256, abi.UINT256), (abi.UINT256,)
)

_update: Final[abi.Function[Price]] = abi.Function(
    "OracleRouter.update",
    "update(uint256,bytes[])",
    "389f8754",
    (abi.UINT256, abi.array(abi.BYTES, 8)),
    (PRICE,),
)


class OracleRouter(abi.Binding):
    """OracleRouter: one price a market, out of several sources, with what it is worth."""

    EVENTS = abi.events(
        _GUARDIAN_SET_EVENT,
        _MARKET_CONFIGURED_EVENT,
        _MARKET_HALTED_EVENT,
        _MARKET_RESUMED_EVENT,
        _OWNERSHIP_TRANSFER_STARTED_EVENT,
        _OWNERSHIP_TRANSFERRED_EVENT,
        _RECORDED_EVENT,
        _UPDATE_REFUSED_EVENT,
    )

    def accept_ownership(self) -> Call[None]:
        """Note that this function can only be called by the current `pending_owner`."""
        return _accept_ownership(self.address)

    def configuration(self, market: int) -> Call[tuple[Settings, tuple[Source, ...]]]:
        """The settings of a market."""
        return _configuration(self.address, market)

    def configure(self, market: int, settings: Settings, sources: Sequence[Source]) -> Call[None]:
        """Opens a market, or replaces all its settings. What was recorded stays: publish times do not go
        back. A halt stays as well.
        """
        return _configure(self.address, market, settings, sources)

    def guardian(self) -> Call[str]:
        """The variable `guardian()`."""
        return _guardian(self.address)

    def halt(self, market: int) -> Call[None]:
        """Makes the price of a market HALTED: by the owner until `resume`, by the guardian for a day, and
        not again before `resume`. A halt of the owner's stays what it is.
        """
        return _halt(self.address, market)

    def halted_until(self, arg0: int) -> Call[int]:
        """The variable `halted_until(uint256)`."""
        return _halted_until(self.address, arg0)

    def is_configured(self, market: int) -> Call[bool]:
        """Whether a market is configured."""
        return _is_configured(self.address, market)

    def last(self, market: int) -> Call[tuple[int, int, int]]:
        """What was recorded last."""
        return _last(self.address, market)

    def owner(self) -> Call[str]:
        """The variable `owner()`."""
        return _owner(self.address)

    def pending_owner(self) -> Call[str]:
        """The variable `pending_owner()`."""
        return _pending_owner(self.address)

    def price(self, market: int) -> Call[Price]:
        """What the sources say now. Whatever they do, it is told by the status: the call does not revert."""
        return _price(self.address, market)

    def readings(self, market: int) -> Call[tuple[Reading, ...]]:
        """What each source says now, and what is wrong with it."""
        return _readings(self.address, market)

    def record(self, market: int) -> Call[Price]:
        """As `price`, and writes it down when it is a new one. By anyone."""
        return _record(self.address, market)

    def resume(self, market: int) -> Call[None]:
        """Ends a halt."""
        return _resume(self.address, market)

    def sequencer_feed(self) -> Call[str]:
        """The variable `sequencer_feed()`."""
        return _sequencer_feed(self.address)

    def sequencer_grace(self) -> Call[int]:
        """The variable `sequencer_grace()`."""
        return _sequencer_grace(self.address)

    def set_guardian(self, guardian: str) -> Call[None]:
        """Sets who besides the owner may halt."""
        return _set_guardian(self.address, guardian)

    def terms(self, action: Action, status: Status) -> Call[Terms]:
        """On which terms an action may be done: the action matrix."""
        return _terms(self.address, action, status)

    def transfer_ownership(self, new_owner: str) -> Call[None]:
        """Note that this function can only be called by the current `owner`. Importantly, there is no
        security risk in assigning `new_owner` to the zero address, as the default value of
        `pending_owner` is already set to the zero address, and the zero address cannot invoke
        `accept_ownership`. In fact, this can serve as a method to cancel an ongoing ownership transfer.
        Eventually, the function replaces the pending transfer if there is one.
        """
        return _transfer_ownership(self.address, new_owner)

    def twap(self, market: int, window: int) -> Call[int]:
        """The average over time of the recorded price until now; each record holds until the next."""
        return _twap(self.address, market, window)

    def update(self, market: int, payloads: Sequence[bytes]) -> Call[Price]:
        """Feeds the market's sources, then records. By anyone. A source that refuses its payload is told
        by the event UpdateRefused and stops nothing: somebody may have brought the same prices a moment
        earlier. A source that is fed gets all the gas and may ask for all the value of the call: who
        feeds it trusts it with them.
        """
        return _update(self.address, market, payloads)
