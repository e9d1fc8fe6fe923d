"""The router's contract and its model, driven together and compared at every question."""

from collections.abc import Callable, Sequence
from enum import IntFlag
from typing import Any, Final

from tests.support.evm import Contract, Event, Evm, Reverted, address, artifact
from walras.model import oracle as model
from walras.model.actions import Status
from walras.model.oracle import Answer, Settings, Source, Trouble
from walras.model.revert import Revert

OWNER: Final = address(0x0A)
GUARDIAN: Final = address(0x6A)
NOBODY: Final = "0x" + 40 * "0"
MARKET: Final = 7
ONE: Final = 10**18
"""A price of one."""
CALM: Final = Settings(quorum=2, deviation_bps=200, max_move_bps=100, spacing=10)


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


ANSWERING: Final = Manner.ANSWER | Manner.LONG
"""Manners whose three words the router takes."""


def price_of(values: Sequence[Any]) -> model.Price:
    """A Price as the contract returns it."""
    price, low, high, status, published_at, troubles = values
    return model.Price(price, low, high, Status(status), published_at, Trouble(troubles))


class RouterPair:
    """A market with scripted sources."""

    def __init__(
        self,
        settings: Settings = CALM,
        sources: int = 3,
        weights: Sequence[int] = (),
        heartbeat: int = 60,
        confidence_bps: int = 50,
        sequencer: str = NOBODY,
        grace: int = 0,
    ) -> None:
        self.evm = Evm()
        self.router: Contract = self.evm.deploy(artifact("OracleRouter"), OWNER, GUARDIAN, sequencer, grace)
        self.sources = [self.evm.deploy(artifact("ScriptedSource")) for _ in range(sources)]
        self.listed = tuple(
            Source(source.address, weight, heartbeat, confidence_bps, 100_000)
            for source, weight in zip(self.sources, weights or [1] * sources, strict=True)
        )
        self.router.configure(MARKET, settings, self.listed, sender=OWNER)
        self.model = model.Market(settings, self.listed)
        self.answers: list[Answer] = []
        self.manners = [Manner.ANSWER] * sources
        self.events: list[Event] = []
        """What the contract logged in the last record."""
        self.sequencer = Trouble(0)
        """What the sequencer's feed is known to say."""
        for place in range(sources):
            self.answers.append(Answer(0, 0, 0))
            self.say(place, 100 * ONE)

    # ------------------------------------------------------------ what happens

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        self.evm.time += seconds

    def say(self, place: int, price: int, confidence: int = 0, age: int = 0) -> None:
        """Let a source have a price, published `age` seconds ago (negative: in the future)."""
        answer = Answer(price, confidence, max(self.evm.time - age, 0))
        self.sources[place].set(answer.price, answer.confidence, answer.published_at)
        self.answers[place] = answer

    def say_all(self, *prices: int) -> None:
        """Let every source publish now."""
        for place, price in enumerate(prices):
            self.say(place, price)

    def behave(self, place: int, manner: Manner) -> None:
        """Let a source answer in a manner."""
        self.sources[place].behave(manner)
        self.manners[place] = manner

    def configure(self, settings: Settings, listed: Sequence[Source]) -> None:
        """Change the market's settings."""
        self._same(
            lambda: self.router.configure(MARKET, settings, tuple(listed), sender=OWNER) or None,
            lambda: self._configure_model(settings, listed),
        )

    def halt(self, halted: bool) -> None:
        """Halt or resume."""
        (self.router.halt if halted else self.router.resume)(MARKET, sender=OWNER)
        self.model.halted = halted

    # ------------------------------------------------------------ what is asked

    def price(self) -> model.Price:
        """The price of both."""
        found = price_of(self.router.price(MARKET))
        assert found == self.model.price(self.evm.time, self._heard(), self.sequencer)
        self._check(found)
        return found

    def record(self) -> model.Price:
        """The price of both, recorded."""
        found = price_of(self.router.record(MARKET))
        self.events = self.router.events()
        assert found == self.model.record(self.evm.time, self._heard(), self.sequencer)
        self._check(found)
        self.same_state()
        return found

    def twap(self, window: int) -> int | str:
        """The average of both, or the reason why both refuse."""
        return self._same(
            lambda: self.router.twap(MARKET, window), lambda: self.model.twap(self.evm.time, window)
        )

    def same_state(self) -> None:
        """What is recorded is the same in both."""
        records = self.model.records
        expected = (self.model.recorded, self.model.published_at, records[-1][0] if records else 0)
        assert self.router.last(MARKET) == expected

    # ------------------------------------------------------------ inside

    def _heard(self) -> list[Answer | None]:
        """What each listed source answers."""
        by_address = {
            source.address: answer if manner in ANSWERING else None
            for source, answer, manner in zip(self.sources, self.answers, self.manners, strict=True)
        }
        return [by_address[source.source] for source in self.model.sources]

    def _configure_model(self, settings: Settings, listed: Sequence[Source]) -> None:
        model.check_settings(settings, listed)
        self.model.settings, self.model.sources = settings, tuple(listed)

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

    def _check(self, found: model.Price) -> None:
        """What always holds of a price."""
        now = self.evm.time
        assert found.status == model.status_of(found.troubles)
        assert found.low <= found.price <= found.high
        assert (found.price == 0) == bool(found.troubles & Trouble.NO_PRICE)
        assert self.router.last(MARKET)[1] <= found.published_at <= now
        if found.status in (Status.LIVE, Status.DEGRADED):
            agreeing = [
                answer
                for answer, manner in zip(self.answers, self.manners, strict=True)
                if manner in ANSWERING and found.low <= answer.price <= found.high
            ]
            assert len(agreeing) >= self.model.settings.quorum
        if found.status == Status.LIVE:
            newer = [
                answer.price for answer in self.answers if min(answer.published_at, now) >= found.published_at
            ]
            assert min(newer) <= found.price <= max(newer)
