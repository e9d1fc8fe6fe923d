"""What all keepers of a process look at: the markets at one head, and settings that seldom change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import structlog

from walras.chain.bindings import PythSource, liquidation_engine, orderbook_v2, perp_engine
from walras.chain.bindings.oracle_router import Status
from walras.chain.call import Call
from walras.chain.exchange import Exchange
from walras.chain.meter import Meter, Silent
from walras.chain.reader import Reader
from walras.chain.reasons import Reverted
from walras.chain.rpc import Head
from walras.keepers.board import Board, Listened, PythFeed, Source
from walras.keepers.decisions.liquidation import Terrain
from walras.keepers.known import Known

T = TypeVar("T")
_log: Final = structlog.get_logger("walras.keepers.snapshots")
SETTINGS_BLOCKS: Final = 100
"""Blocks for which settings are believed before they are read anew."""
HEALTH_PAGE: Final = 64
"""Accounts, or triggers, of one call."""


class SnapshotError(Exception):
    """The chain does not answer a question that every exchange answers."""


@dataclass(frozen=True, slots=True)
class RevertedCall(Reverted):
    """Of which call, too."""

    call: str = ""

    def __str__(self) -> str:
        return f"{self.call}: {self.reason} ({self.sentence})"


def told(answer: Any) -> Any:
    """An answer; SnapshotError where the call reverted."""
    if isinstance(answer, Reverted):
        raise SnapshotError(str(answer))
    return answer


def pages(items: Sequence[T], size: int = HEALTH_PAGE) -> list[Sequence[T]]:
    """In pieces of a size."""
    return [items[first : first + size] for first in range(0, len(items), size)]


@dataclass(frozen=True, slots=True)
class MarketSettings:
    """What governance sets."""

    engine: perp_engine.MarketSettings
    liquidation: liquidation_engine.Settings
    sources: tuple[Listened, ...]
    """The router's, in its order; None for those that nobody brings anything."""


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """A market at a head."""

    number: int
    mark: perp_engine.Mark
    market: perp_engine.Market
    book: orderbook_v2.Market
    last: tuple[int, int, int]
    """The router's last recorded price, 18 decimals, when it was published, and when recorded."""
    settings: MarketSettings

    @property
    def terrain(self) -> Terrain:
        """For liquidations."""
        return Terrain(
            market=self.number,
            mode=self.market.mode,
            status=self.mark.status or Status.HALTED,
            mark=self.mark.mark,
            scale=self.market.scale,
            initial_ppm=max(1, self.mark.initial_ppm),
            batch=self.book.batch,
            due=self.mark.due,
            min_notional=self.settings.liquidation.min_notional,
            patience=self.settings.liquidation.patience,
            tip_cap=self.settings.liquidation.tip_cap,
            taker_ppm=self.settings.engine.taker_ppm,
        )


@dataclass(slots=True)
class World:
    """Where snapshots are made from. `look` comes first at each head."""

    exchange: Exchange
    reader: Reader
    board: Board
    known: Known = field(default_factory=Known)
    head: Head | None = None
    markets: dict[int, MarketFacts] = field(default_factory=dict)
    _settings: dict[int, MarketSettings] = field(default_factory=dict)
    _settings_at: int = -SETTINGS_BLOCKS
    meter: Meter = field(default_factory=Silent)
    caller: str | None = None
    """Who executes triggers, where that is tried; None: nobody does."""
    places_nothing: dict[int, int] = field(default_factory=dict)
    """Triggers that are ready but placed no order when that was tried last, at which head."""
    most_update_fee: int = 10**13
    """Wei that a source of the oracle is paid for an update, at most."""
    spacing: int = 0
    """Seconds between the head and the one before it; 0: not known."""
    backstop: int = 0
    """The account that takes over; 0: nobody."""
    own: frozenset[str] = frozenset()
    """Addresses whose tips are ours."""

    @property
    def now(self) -> int:
        """Chain time of the head, unix seconds."""
        return self.at.time

    @property
    def at(self) -> Head:
        """The head; RuntimeError before the first look."""
        if self.head is None:
            raise RuntimeError("look at a head first")
        return self.head

    def closes_soon(self, market: int) -> bool:
        """Whether a batch is open, and will not be in the next block, if that comes as the last did."""
        due = self.markets[market].mark.due
        return self.now < due <= self.now + self.spacing

    def ask(self, calls: Sequence[Call[Any]], sender: str | None = None) -> list[Any]:
        """What calls say at the head, or would do, by whoever; Reverted where one does."""
        if not calls:
            return []
        said = self.reader.ask(calls, self.at.hash, sender=sender)
        return [
            RevertedCall(answer.reason, call.name) if isinstance(answer, Reverted) else answer
            for call, answer in zip(calls, said, strict=True)
        ]

    def leave_out(self, what: str, answer: Reverted) -> None:
        """Say that something is not looked at, as its view reverts: the others are."""
        self.meter.count("keeper_left_out", what=what.partition(" ")[0])
        _log.warning("left_out", what=what, block=self.at.number, why=str(answer))

    def look(self, head: Head) -> None:
        """Read the markets at a head."""
        if self.head and head.number == self.head.number + 1:
            self.spacing = head.time - self.head.time
        self.head = head
        numbers = sorted(self.exchange.books)
        if head.number - self._settings_at >= SETTINGS_BLOCKS or head.number < self._settings_at:
            self._read_settings(numbers)
            self._settings_at = head.number
        engine = self.exchange.engine
        calls: list[Call[Any]] = []
        for number in numbers:
            book, router = self.exchange.books[number], self.exchange.router
            calls += [engine.mark(number), engine.market(number), book.market(), router.last(number)]
        said = [told(one) for one in self.ask(calls)]
        self.markets = {
            number: MarketFacts(
                number,
                said[4 * i],
                said[4 * i + 1],
                said[4 * i + 2],
                said[4 * i + 3],
                self._settings[number],
            )
            for i, number in enumerate(numbers)
        }

    def terrains(self) -> dict[int, Terrain]:
        """All markets, for liquidations."""
        return {number: facts.terrain for number, facts in self.markets.items()}

    def sources(self, market: int) -> Mapping[str, Source]:
        """A market's SignedReports, by address."""
        return {one.address: one for one in self._settings[market].sources if isinstance(one, Source)}

    def feeds(self, market: int) -> list[PythFeed]:
        """A market's feeds of Pyth."""
        return [one for one in self._settings[market].sources if isinstance(one, PythFeed)]

    def _read_settings(self, numbers: Sequence[int]) -> None:
        it = self.exchange
        calls: list[Call[Any]] = []
        for number in numbers:
            calls += [
                it.engine.market_settings(number),
                it.liquidation.settings(number),
                it.router.configuration(number),
            ]
        reports = sorted(it.reports.values(), key=lambda one: one.address)
        for contract in reports:
            calls += [contract.publishers(), contract.quorum(), contract.max_age()]
        calls.append(it.liquidation.backstop())
        said = [told(one) for one in self.ask(calls)]
        self.backstop = said[-1]
        place = 3 * len(numbers)
        sets = {
            contract.address: said[place + 3 * i : place + 3 * i + 3] for i, contract in enumerate(reports)
        }
        listed = {one.source for i in range(len(numbers)) for one in said[3 * i + 2][1]}
        feeds = self._feeds(sorted(listed - sets.keys()))
        for i, number in enumerate(numbers):
            engine, liquidation, (_, found) = said[3 * i : 3 * i + 3]
            sources: tuple[Listened, ...] = tuple(
                _source(one.source, sets[one.source], one.weight)
                if one.source in sets
                else PythFeed(one.source, feeds[one.source], one.weight)
                if one.source in feeds
                else None
                for one in found
            )
            self._settings[number] = MarketSettings(engine, liquidation, sources)

    def _feeds(self, addresses: Sequence[str]) -> dict[str, str]:
        """Of the sources that are a PythSource: Pyth's id of the feed. Sources of other kinds refuse."""
        asked: list[Call[Any]] = []
        for one in addresses:
            asked += [PythSource(one).pyth(), PythSource(one).feed()]
        # undecoded: a contract without such a view may answer anything
        said = self.ask([Call(one.to, one.data, one.name, bytes) for one in asked])
        return {
            one: "0x" + said[2 * i + 1].hex()
            for i, one in enumerate(addresses)
            if all(isinstance(told, bytes) and len(told) == 32 for told in said[2 * i : 2 * i + 2])
        }


def _source(address: str, said: Sequence[Any], weight: int) -> Source:
    publishers, quorum, max_age = said
    return Source(address, tuple(publishers), quorum, max_age, weight)


def sound(world: World, one: int, answers: Sequence[Any]) -> bool:
    """Whether all views of an account answer; where one does not it is left out, and that is said."""
    wrong = next((answer for answer in answers if isinstance(answer, Reverted)), None)
    if wrong:
        world.leave_out(f"account {one}", wrong)
    return wrong is None
