"""The router's contract and its model, driven together and compared at every question.

Beside the comparison stands what holds of every answer whatever the model says: RouterPair._check.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import IntFlag
from typing import Any, Final

from eth_abi.abi import encode

from walras.devtools.evm import START, Contract, Event, Evm, Reverted, address, artifact
from walras.model import oracle as model
from walras.model.actions import Status
from walras.model.oracle import Answer, Settings, Source, Trouble, price_of
from walras.model.revert import Revert

OWNER: Final = address(0x0A)
GUARDIAN: Final = address(0x6A)
KEEPER: Final = address(0x5E)
NOBODY: Final = "0x" + 40 * "0"
MARKET: Final = 7
ONE: Final = 10**18
"""A price of one."""
CALM: Final = Settings(quorum=2, deviation_bps=200, rejection_bps=200, max_move_bps=100, spacing=10)


class Manner(IntFlag):
    """How a scripted source answers; tests/contracts/ScriptedSource.vy tells."""

    ANSWER = 1
    REVERT = 2
    SILENT = 4
    EMPTY = 8
    SHORT = 16
    LONG = 32
    BURN = 64
    REENTER = 128
    REENTER_RECORD = 256
    RAW = 512
    DENY = 1024


ANSWERING: Final = Manner.ANSWER | Manner.LONG
"""Manners in which the router takes the three words that were set."""


class RouterPair:
    """A market with scripted sources, and a scripted sequencer's feed where `feed` says so."""

    def __init__(
        self,
        settings: Settings = CALM,
        sources: int = 3,
        weights: Sequence[int] = (),
        heartbeat: int = 60,
        confidence_bps: int = 50,
        sequencer: str = NOBODY,
        grace: int = 0,
        feed: bool = False,
        time: int = START,
    ) -> None:
        self.evm = Evm(time)
        self.evm.fund(KEEPER)
        self.feed = self.evm.deploy(artifact("ScriptedSource")) if feed else None
        self.grace = grace
        at = self.feed.address if self.feed else sequencer
        self._made_of = (OWNER, GUARDIAN, at, grace)
        self.sources = [self.evm.deploy(artifact("ScriptedSource")) for _ in range(sources)]
        self.listed = tuple(
            Source(source.address, weight, heartbeat, confidence_bps, 100_000)
            for source, weight in zip(self.sources, weights or [1] * sources, strict=True)
        )
        self.begin_with(settings, self.listed)
        self.answers: list[Answer | None] = []
        """What each source would answer in a manner that answers."""
        self.raw: list[Answer | None] = [None] * sources
        """The same in the manner RAW."""
        self.manners = [Manner.ANSWER] * sources
        self.events: list[Event] = []
        """What the contract logged in the last record."""
        self.sequencer = Trouble(0)
        """What the sequencer's feed is known to say."""
        self._base: tuple[int, int] | None = None
        """Time and price of the last record before the second of the last one."""
        for place in range(sources):
            self.answers.append(None)
            self.say(place, 100 * ONE)

    # ------------------------------------------------------------ what happens

    def begin_with(self, settings: Settings, listed: Sequence[Source]) -> None:
        """Another router, where the market is opened with these."""
        self.router: Contract = self.evm.deploy(artifact("OracleRouter"), *self._made_of)
        self.router.configure(MARKET, settings, tuple(listed), sender=OWNER)
        self.model = model.Market(settings, tuple(listed))

    def advance(self, seconds: int) -> None:
        """Let time pass; a sequencer's grace ends with it."""
        self.evm.time += seconds
        if self.feed:
            self.sequencer = model.read_sequencer(self._round, self.grace, self.evm.time)

    def say(self, place: int, price: int, confidence: int = 0, age: int = 0) -> None:
        """Let a source have a price, published `age` seconds ago (negative: in the future)."""
        answer = Answer(price, confidence, max(self.evm.time - age, 0))
        self.sources[place].set(answer.price, answer.confidence, answer.published_at)
        self.answers[place] = answer

    def say_all(self, *prices: int) -> None:
        """Let every source publish now."""
        for place, price in enumerate(prices):
            self.say(place, price)

    def say_raw(self, place: int, answer: bytes) -> None:
        """Let a source have an answer for the manner RAW; its first 96 bytes are what counts."""
        self.sources[place].set_raw(answer)
        self.raw[place] = Answer(*_words(answer, 3)) if len(answer) >= 96 else None

    def behave(self, place: int, manner: Manner) -> None:
        """Let a source answer in a manner."""
        self.sources[place].behave(manner)
        self.manners[place] = manner

    def say_feed(self, answer: bytes | None) -> None:
        """Let the sequencer's feed answer bytes, of which five words count; None: use up its gas."""
        assert self.feed
        self.feed.behave(Manner.BURN if answer is None else Manner.RAW)
        self.feed.set_raw(answer or b"")
        self._round = _words(answer, 5) if answer and len(answer) >= 160 else None
        self.sequencer = model.read_sequencer(self._round, self.grace, self.evm.time)

    def configure(self, settings: Settings, listed: Sequence[Source]) -> str | None:
        """Change the market's settings; the reason where both refuse."""
        refused: str | None = self._same(
            lambda: self.router.configure(MARKET, settings, tuple(listed), sender=OWNER) or None,
            lambda: self.model.configure(self.evm.time, settings, listed),
        )
        if refused is None:
            (event,) = self.router.events()
            assert event.name == "MarketConfigured"
            assert event.args == {
                "market": MARKET,
                "settings": _fields(settings),
                "sources": tuple(map(_fields, listed)),
            }
        return refused

    def halt(self, halted: bool, by: str = OWNER) -> None:
        """Halt or resume."""
        (self.router.halt if halted else self.router.resume)(MARKET, sender=by)
        self.model.halted = halted

    # ------------------------------------------------------------ what is asked

    def price(self) -> model.Price:
        """The price of both."""
        found = price_of(self.router.price(MARKET))
        assert found == self.model.price(self.evm.time, self._heard(), self.sequencer)
        self._check(found, self.before())
        return found

    def record(self) -> model.Price:
        """The price of both, recorded."""
        return self._recorded(lambda: self.router.record(MARKET))

    def update(self, answers: Sequence[Answer | None], fees: Sequence[int], value: int) -> model.Price:
        """The price of both, recorded after the listed sources were fed, each for a fee."""
        payloads = [
            encode(["uint256"] * 3, [answer.price, answer.confidence, answer.published_at]) if answer else b""
            for answer in answers
        ]
        fed, left = list(self.answers), value
        refused = []
        for source, answer, fee in zip(self.model.sources, answers, fees, strict=False):
            place = self.place(source)
            self.sources[place].behave_in_update(Manner.ANSWER, fee)
            if answer is None:
                continue
            if fee > left:
                refused.append({"market": MARKET, "source": source.source, "why": b""})
            else:
                fed[place] = answer
                left -= fee
        rich = self.evm.balance(KEEPER)

        def call() -> Any:
            result = self.router.update(MARKET, payloads, sender=KEEPER, value=value)
            self.answers = fed
            return result

        found = self._recorded(call, refused)
        assert self.evm.balance(KEEPER) == rich - (value - left)
        assert self.evm.balance(self.router.address) == 0
        return found

    def readings(self) -> list[model.Reading]:
        """What each source says, of both."""
        heard = self._heard()
        if self.model.halted:  # `price` asks no source then: one that asks for it does not end without gas
            silent = self.model.price(self.evm.time, heard)
            echo = Answer(silent.price, silent.low, silent.published_at)
            places = map(self.place, self.model.sources)
            heard = [
                echo if self.manners[place] == Manner.REENTER else answer
                for place, answer in zip(places, heard, strict=True)
            ]
        expected = self.model.readings(self.evm.time, heard)
        assert [tuple(reading) for reading in self.router.readings(MARKET)] == [
            (source.source, reading.price, reading.confidence, reading.published_at, reading.troubles)
            for source, reading in zip(self.model.sources, expected, strict=True)
        ]
        return expected

    def twap(self, window: int) -> int | str:
        """The average of both, or the reason why both refuse."""
        found: int | str = self._same(
            lambda: self.router.twap(MARKET, window), lambda: self.model.twap(self.evm.time, window)
        )
        if isinstance(found, int):
            prices = self._prices_since(self.evm.time - window)
            assert min(prices) <= found <= max(prices)
        return found

    def same_state(self) -> None:
        """What is recorded is the same in both."""
        records = self.model.records
        expected = (self.model.recorded, self.model.published_at, records[-1][0] if records else 0)
        assert self.router.last(MARKET) == expected

    def same_configuration(self) -> None:
        """And what is configured."""
        settings, listed = self.router.configuration(MARKET)
        assert settings == _fields(self.model.settings)
        assert listed == tuple(map(_fields, self.model.sources))
        assert self.router.changed_at(MARKET) == self.model.changed_at

    def before(self) -> tuple[int, int] | None:
        """Time and price of the last record before this second, which a price's move is measured against."""
        price, _, time = self.router.last(MARKET)
        if time == self.evm.time:
            return self._base
        return (time, price) if time else None

    def place(self, source: Source) -> int:
        """Which of the scripted sources a listed one is."""
        return next(place for place, known in enumerate(self.sources) if known.address == source.source)

    # ------------------------------------------------------------ inside

    _round: Sequence[int] | None = None
    """What the sequencer's feed answers."""

    def _heard(self) -> list[Answer | None]:
        """What each listed source answers."""
        by_address = {}
        for source, answer, raw, manner in zip(
            self.sources, self.answers, self.raw, self.manners, strict=True
        ):
            taken = answer if manner in ANSWERING else None
            by_address[source.address] = raw if manner == Manner.RAW else taken
        return [by_address[source.source] for source in self.model.sources]

    def _recorded(self, call: Callable[[], Any], refused: Iterable[dict[str, Any]] = ()) -> model.Price:
        before = self.before()
        found = price_of(call())
        self.events = self.router.events()
        assert found == self.model.record(self.evm.time, self._heard(), self.sequencer)
        expected = [Event("UpdateRefused", args) for args in refused]
        if not found.troubles & model.UNRECORDED:
            args = {"price": found.price, "published_at": found.published_at, "troubles": found.troubles}
            expected.append(Event("Recorded", {"market": MARKET, **args}))
            self._base = before
        assert self.events == expected
        self._check(found, before)
        self.same_state()
        return found

    def _same(self, contract: Callable[[], Any], reference: Callable[[], Any]) -> Any:
        """One result, or one reason."""
        results = []
        for call, refusal in ((contract, Reverted), (reference, Revert)):
            try:
                results.append(call())
            except refusal as reason:
                results.append(str(reason))
        assert results[0] == results[1]
        return results[0]

    def _prices_since(self, start: int) -> list[int]:
        """The prices of which an average from `start` on is taken.

        Those that held since then; and, where it lies between two observations, those since the earlier.
        """
        records = self.model.records
        if start < records[-1][0]:
            start = max(time for time in self.model.observed if time <= start)
        ends = [*(time for time, _ in records[1:]), self.evm.time + 1]
        return [price for (_, price), end in zip(records, ends, strict=True) if end > start]

    def _check(self, found: model.Price, before: tuple[int, int] | None) -> None:
        """What always holds of a price; `before` is what its move is measured against."""
        now, settings = self.evm.time, self.model.settings
        recorded, published_at, _ = self.router.last(MARKET)
        assert found.status == model.status_of(found.troubles)
        assert found.low <= found.price <= found.high
        assert (found.price == 0) == bool(found.troubles & Trouble.NO_PRICE)
        assert published_at <= found.published_at <= now
        if found.troubles & model.UNRECORDED:
            assert (found.price, found.published_at) == (recorded, published_at)
            assert found.low == found.high == found.price
            return
        pairs = zip(self.model.sources, self._heard(), strict=True)
        readings = [model.read(source, answer, now, settings.rejection_bps) for source, answer in pairs]
        heard = [reading for reading in readings if reading.heard]
        agreeing = [reading for reading in heard if found.low <= reading.price <= found.high]
        assert len(agreeing) >= settings.quorum
        if found.status == Status.LIVE:
            assert agreeing == readings
        if not found.troubles & Trouble.SOURCE_DEVIATES:
            slack = max(reading.price for reading in heard) * settings.deviation_bps // model.BPS + 1
            reached = [reading.price for reading in heard] + ([before[1]] if before else [])
            assert min(reached) - slack <= found.low <= found.high <= max(reached) + slack
        if found.troubles & Trouble.OUTDATED:
            assert found.published_at == published_at
            return
        reach = [reading.price for reading in agreeing if reading.published_at >= found.published_at]
        assert len(reach) >= settings.quorum
        if before:
            time, price = before
            assert abs(found.price - price) * model.BPS <= price * settings.max_move_bps * (now - time)
            if found.troubles & Trouble.MOVE_LIMITED:
                reach.append(price)
        assert min(reach) <= found.price <= max(reach)


def _words(answer: bytes, count: int) -> list[int]:
    return [int.from_bytes(answer[32 * place : 32 * place + 32]) for place in range(count)]


def _fields(values: Settings | Source) -> tuple[Any, ...]:
    return tuple(getattr(values, name) for name in values.__slots__)
