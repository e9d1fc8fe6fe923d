"""A random story of a market's sources from a seed: router and model side by side.

Each seed has a theme, in turn: what its sources are like decides which of the router's rules they reach.

Usage: python -m tests.support.oracle_campaign; tests/support/hunting.py tells the rest.
"""

import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.support.hunting import main
from tests.support.oracle import ONE, Manner, RouterPair
from walras.devtools.evm import START
from walras.model import oracle as model
from walras.model.actions import Action, Status, Terms, terms
from walras.model.oracle import BPS, MAX_CLOCK_SKEW, MAX_GAP, MAX_PRICE, Answer, Settings, Source
from walras.model.steps import EVERY

POOL: Final = model.MAX_SOURCES  # that a market chooses from
GRACE: Final = 600
LAST_TIME: Final = 2**32 - 1  # of the router's packed words
EXTREMES: Final = (0, 1, 2, MAX_PRICE - 1, MAX_PRICE, MAX_PRICE + 1, 2**128, 2**255, 2**256 - 1)


@dataclass(frozen=True, slots=True)
class Theme:
    """What the sources of a campaign are like."""

    name: str
    sources: tuple[int, ...] = (2, 3, 3, 4, 5)
    weights: tuple[int, ...] = (1, 1, 1, 2)
    heartbeats: tuple[int, ...] = (30, 60, 60, 3_600)
    guards: tuple[int, ...] = (10, 50, 200, 200, 2_000)
    outer: tuple[int, ...] = (1, 1, 3, 10)  # times the guard
    speeds: tuple[int, ...] = (10, 100, 100, 4_000)
    spacings: tuple[int, ...] = (1, 10, 60)
    gas: tuple[int, ...] = (60_000, 100_000)
    prices: tuple[int, ...] = (100 * ONE, ONE // 10**6, 60_000 * ONE, 10_007)
    start: int = START
    waits: tuple[int, ...] = (0, 1, 1, 2, 5, 12)
    drift: int = 0  # of the fair price each step, bps
    noise: int = 5  # of a source's price, bps
    jumps: float = 0.02  # chance that the fair price jumps
    silent: float = 0.15  # chance that a source publishes nothing new
    old: float = 0.2  # chance that what it publishes is some seconds old
    unsure: float = 0.3  # chance that it has a confidence interval
    failing: float = 0.05  # chance that a source takes to another manner
    split: float = 0.02  # chance that half of the sources publish another price
    records: int = 1  # publications and records in a step, a second or more apart
    feed: bool = False
    weights_of: dict[str, float] = field(default_factory=dict)  # of actions


THEMES: Final = (
    Theme("calm"),
    Theme("trending", drift=60, waits=(1, 2, 3), speeds=(10, 50, 100), jumps=0),
    Theme("jumpy", jumps=0.4, speeds=(1, 100, 4_000), waits=(0, 0, 1, 3)),
    Theme(
        "late", silent=0.4, old=0.6, heartbeats=(30, 60, 3_600), waits=(1, 5, 29, 30, 31), sources=(3, 5, 8)
    ),
    Theme("flapping", failing=0.6, sources=(3, 5), gas=(60_000,)),
    Theme("unsure", unsure=0.9, noise=40, weights_of={"edge": 6}),
    Theme("groups", split=0.5, noise=2, sources=(2, 3, 4, 5, 8), weights=(1, 1, 1, 3)),
    Theme(  # what no honest source says, and a clock that comes to its end
        "extremes",
        prices=(1, 2, 99, MAX_PRICE, MAX_PRICE - 10**6),
        start=LAST_TIME - 500_000,
        heartbeats=(1, 60, model.MAX_HEARTBEAT),
        waits=(0, 1, 5, 60),
        speeds=(1, 100, 4_000),
        spacings=(1, 10, model.MAX_SPACING),
        gas=(60_000, model.MAX_SOURCE_GAS),
        weights_of={"extreme": 5, "edge": 5},
    ),
    Theme("single", sources=(1,), failing=0.02),
    Theme(  # equal halves of the weight, equal prices
        "eight",
        sources=(7, 8, 8),
        weights=(1, 2, 3, 14, 15, 15),
        noise=1,
        unsure=0.1,
        weights_of={"even": 4},
    ),
    Theme(
        "gaps",
        waits=(0, 0, 1, 3_600, MAX_GAP - 1, MAX_GAP, MAX_GAP + 1, 200_000),
        speeds=(1, 1, 2),
        jumps=0.3,
        weights_of={"publish": 20},
    ),
    Theme(  # more than the 1,024 observations that are kept
        "ring",
        sources=(1, 2),
        spacings=(1,),
        guards=(200, 2_000),
        speeds=(4_000,),
        noise=3,
        old=0,
        unsure=0,
        records=30,
        waits=(0, 1),
        failing=0,
        weights_of={"average": 3, "settings": 0.05, "edge": 0.3, "extreme": 0},
    ),
    Theme("governed", weights_of={"settings": 15, "halt": 1}, silent=0.4),
    Theme(
        "outages", feed=True, weights_of={"sequencer": 5, "halt": 2}, waits=(0, 0, 1, 1, 2, 30, 599, 600, 601)
    ),
)
_WEIGHTS: Final = {
    "publish": 8.0,
    "edge": 3,
    "even": 0.5,
    "extreme": 0.5,
    "behave": 1,
    "wait": 0.5,
    "settings": 0.4,
    "halt": 0.2,
    "update": 0.5,
    "average": 1.5,
    "look": 0.5,
}


class Campaign:
    """One market, its sources, and what happened."""

    def __init__(self, seed: int, theme: Theme | None = None) -> None:
        self.random = random.Random(seed)
        self.theme = theme = theme or THEMES[seed % len(THEMES)]
        self.fair = self.pick(theme.prices)
        self.weights = {**_WEIGHTS, "sequencer": 0.0, **theme.weights_of}
        self.done: Counter[str] = Counter()
        """Actions by name, those refused with their reason, and what the prices were like."""
        self.sign = self.pick((-1, 1))  # where the price drifts to
        self.steps = 0
        self.last = "deploy"
        grace = self.pick((0, *[GRACE] * 6)) if theme.feed else 0
        self.pair = RouterPair(sources=POOL, feed=theme.feed, grace=grace, time=theme.start)
        self.pair.begin_with(*self.drawn())
        for place in range(POOL):
            if self.chance(0.8):  # the others still say what nobody else does
                self.say(place)
        if theme.feed:
            self.sequencer()

    def run(self, steps: int, check_every: int = 1) -> Counter[str]:
        """Act `steps` times; all views are compared each `check_every` steps and at the end."""
        for step in range(steps):
            self.step()
            if step % check_every == 0:
                self.check()
        self.check()
        return self.done

    def step(self) -> None:
        """Let some time pass and one thing happen, then ask for the price."""
        self.steps += 1
        self.advance(self.pick(self.theme.waits))
        if self.pair.model.halted and self.chance(0.3):
            self.pair.halt(False)
        if self.chance(self.theme.failing):
            self.behave()
        names = list(self.weights)
        name = self.random.choices(names, [self.weights[name] for name in names])[0]
        self.last = name
        getattr(self, name)()
        self.done[name] += 1
        self.last = f"{name}, then the price"
        self.ask()

    def check(self) -> None:
        """Compare all views."""
        self.last = "check"
        self.pair.price()
        self.pair.readings()
        self.pair.same_state()
        self.pair.same_configuration()
        self.average()

    # ------------------------------------------------------------ draws

    def pick(self, choices: Sequence[Any]) -> Any:
        """One of some."""
        return self.random.choice(choices)

    def chance(self, probability: float) -> bool:
        """True with a probability."""
        return self.random.random() < probability

    def listed(self) -> list[int]:
        """The market's sources, by their place in the pool."""
        return [self.pair.place(source) for source in self.pair.model.sources]

    def near(self, price: int, bps: int) -> int:
        """A price not far from another."""
        return max(1, min(MAX_PRICE, price * (BPS + self.random.randint(-bps, bps)) // BPS))

    def median(self) -> int:
        """Of the sources that are heard; the fair price where none is."""
        readings = self.pair.readings()
        heard = [reading for reading in readings if reading.heard]
        return model.weighted_median(heard) if heard else self.fair

    # ------------------------------------------------------------ actions

    def publish(self) -> None:
        """The fair price moves, and most sources publish what they see of it."""
        for _ in range(self.theme.records - 1):
            self.move()
            for place in self.listed():
                self.say(place)
            self.record()
            self.advance(1)
        self.move()
        places = self.listed()
        apart = self.random.sample(places, len(places) // 2) if self.chance(self.theme.split) else ()
        guard = self.pair.model.settings.deviation_bps
        other = self.fair * (BPS + guard * self.pick((-2, -1, 1, 2)) + self.pick((-1, 0, 1))) // BPS
        for place in places:
            if not self.chance(self.theme.silent):
                self.say(place, other if place in apart else self.fair)

    def edge(self) -> None:
        """One source, or all, goes to where a rule begins to hold."""
        pair, settings = self.pair, self.pair.model.settings
        place = self.pick(self.listed())
        source = next(one for one in pair.model.sources if pair.place(one) == place)
        answer = pair.answers[place]
        over = self.pick((0, 0, 1))
        kind = self.pick(
            ("guard", "guard", "limit", "width", "age", "ahead", "order", "move", "move", "equal")
        )
        median = self.median()
        if kind == "guard":
            guard_bps = self.pick((settings.deviation_bps, settings.rejection_bps))
            self.put(place, median + self.pick((-1, 1)) * (median * guard_bps // BPS + over))
        elif kind == "limit":
            self.put(place, median, -(-median * source.confidence_bps // BPS) + over)
        elif kind == "width":
            self.put(place, median, -(-median * settings.rejection_bps // BPS) + over)
        elif kind == "age":
            pair.say(place, answer.price, answer.confidence, source.heartbeat + over)
        elif kind == "ahead":
            pair.say(place, answer.price, answer.confidence, -MAX_CLOCK_SKEW - over)
        elif kind == "order":  # published about when the last recorded price was
            for one in self.listed():
                self.say(
                    one, self.fair, age=pair.evm.time - pair.model.published_at + self.pick((-1, 0, 0, 1))
                )
        elif kind == "equal":
            other = pair.answers[self.pick(self.listed())]
            pair.say(place, other.price, other.confidence, pair.evm.time - other.published_at)
        elif before := pair.before():
            time, price = before
            move = price * settings.max_move_bps * min(pair.evm.time - time, MAX_GAP + 1) // BPS + over
            for one in self.listed():
                self.put(one, price + self.sign * move)

    def even(self) -> None:
        """The lower sources have exactly half of the weight."""
        pair = self.pair
        places = self.random.sample(range(POOL), self.pick((2, 4, 4, 6, 8)))
        weights = [self.pick(self.theme.weights) for _ in places[::2]]
        listed = [
            self.source(place, pair.model.settings, weight)
            for place, weight in zip(places, weights * 2, strict=True)
        ]
        price = self.fair
        for place in places:
            self.put(place, price)
            price += self.pick((0, 0, 1, 3, self.fair // BPS))
        quorum = min(pair.model.settings.quorum, len(places))
        refused = pair.configure(
            replace(pair.model.settings, quorum=quorum), self.random.sample(listed, len(listed))
        )
        assert refused is None

    def extreme(self) -> None:
        """A source says what it should not, or hardly."""
        now = self.pair.evm.time
        times = (0, 1, now + MAX_CLOCK_SKEW, now + MAX_CLOCK_SKEW + 1, LAST_TIME, 2**32, 2**256 - 1)
        price = self.pick(EXTREMES) if self.chance(0.6) else self.fair
        confidence = self.pick(EXTREMES) if self.chance(0.3) else 0
        time = self.pick(times) if self.chance(0.3) else now
        places = self.listed() if self.chance(0.1) else [self.pick(self.listed())]
        for place in places:
            self.pair.say(place, price, confidence, now - time)

    def behave(self) -> None:
        """A source takes to another manner; most often one that fails recovers."""
        pair = self.pair
        failing = [place for place in self.listed() if pair.manners[place] != Manner.ANSWER]
        if failing and self.chance(0.5 if self.theme.failing > 0.5 else 0.9):
            pair.behave(self.pick(failing), Manner.ANSWER)
            return
        place = self.pick(self.listed())
        manner = self.pick(tuple(Manner))
        pair.behave(place, manner)
        if manner == Manner.RAW:
            words = [self.fair, 0, pair.evm.time, *(self.random.getrandbits(256) for _ in range(2))]
            raw = b"".join(word.to_bytes(32) for word in words)
            if self.chance(0.2):
                raw = self.random.randbytes(160)
            pair.say_raw(place, raw[: self.pick((0, 1, 31, 32, 64, 95, 96, 96, 97, 128, 160))])

    def wait(self) -> None:
        """Nothing is published for a while."""
        heartbeats = [source.heartbeat for source in self.pair.model.sources]
        self.advance(self.pick((*heartbeats, *heartbeats, self.random.randint(1, 200))) + self.pick((0, 1)))

    def drawn(self) -> tuple[Settings, list[Source]]:
        """Settings and sources as the theme has them."""
        guard, count = self.pick(self.theme.guards), self.pick(self.theme.sources)
        quorum = self.pick((*[count // 2 + 1] * 6, 1, 1, count, self.random.randint(1, count)))
        outer = min(guard * self.pick(self.theme.outer), model.MAX_REJECTION_BPS)
        new = Settings(quorum, guard, outer, self.pick(self.theme.speeds), self.pick(self.theme.spacings))
        return new, [self.source(place, new) for place in self.random.sample(range(POOL), count)]

    def stepped(self, old: Settings) -> Settings:
        """Numbers a step away, or a little more."""
        new = old
        for name in self.random.sample(list(model.STEPS), self.pick((1, 1, 2, 4))):
            number = getattr(old, name)
            most = max(model.STEPS[name], number // 2)
            step = self.pick((1, self.random.randint(0, most), most, most, most + self.chance(0.3)))
            new = replace(new, **{name: max(1, number + self.pick((-1, 1)) * step)})
        return replace(new, rejection_bps=max(new.rejection_bps, new.deviation_bps))

    def settings(self) -> None:
        """Other settings, other sources, or both; sometimes with one fault, often on another day."""
        old = self.pair.model.settings
        new, listed = self.drawn()
        if self.chance(0.4):  # sources alone
            new = replace(old, quorum=new.quorum)
        elif self.chance(0.9):  # numbers by steps, one thing or several
            places = self.listed()
            if self.chance(0.5):
                places = self.random.sample(places, self.random.randint(1, len(places)))
            new = replace(self.stepped(old), quorum=min(new.quorum, len(places)))
            listed = [self.source(place, new) for place in places]
        listed = [replace(one, confidence_bps=min(one.confidence_bps, new.deviation_bps)) for one in listed]
        if self.chance(0.25):
            new, listed = self.faulty(new, listed)
        if self.pair.model.changed_at and self.chance(0.3):  # never so late that the clock ends
            due = self.pair.model.changed_at + EVERY - self.pair.evm.time
            self.advance(max(0, due + self.pick((-1, 0, 0, 0, 1))))
        before = self.pair.model.changed_at
        refused = self.pair.configure(new, listed)
        if refused:
            self.done[f"settings: {refused}"] += 1
        self.done["a step"] += self.pair.model.changed_at != before
        self.done["another step"] += before not in (0, self.pair.model.changed_at)

    def halt(self) -> None:
        """Somebody halts the market; it is seldom for long."""
        self.pair.halt(not self.pair.model.halted)

    def sequencer(self) -> None:
        """The sequencer's feed tells something, most often that it is up since long ago."""
        now = self.pair.evm.time
        status = self.pick((*[0] * 15, 1, 2, 2**255))
        since = now - self.pick((0, 1, GRACE - 1, GRACE - 1, GRACE, GRACE, 10**6, 10**6, 10**6, -1))
        if self.chance(0.1):
            since = self.pick((0, 2**255, 2**256 - 1, 1))
        words = [self.random.getrandbits(64), status, since, now, 2]
        raw = b"".join(word.to_bytes(32) for word in (*words, 0))
        self.pair.say_feed(None if self.chance(0.05) else raw[: self.pick((*[160] * 20, 159, 192, 96, 0))])

    def update(self) -> None:
        """Sources are fed by a keeper who pays, mostly enough."""
        places = self.listed()
        self.move()
        answers = [Answer(self.near(self.fair, 5), 0, self.pair.evm.time) for _ in places]
        fees = [self.pick((0, 0, 1, 7, 10**9)) for _ in places]
        given = [answer if self.chance(0.8) else None for answer in answers]
        given = given[: self.random.randint(0, len(given))]
        due = sum(fee for fee, answer in zip(fees, given, strict=False) if answer)
        self.note(self.pair.update(given, fees, max(0, due + self.pick((-1, 0, 0, 5)))))

    def average(self) -> None:
        """Ask for averages, over windows that begin at records, at observations and beside them."""
        now, market = self.pair.evm.time, self.pair.model
        starts = [time for time, _ in market.records[-30:]]
        if market.records:
            starts.append(self.pick(market.records)[0])
        if market.observed:
            kept = market.observed[-model.OBSERVATIONS :]
            starts += [kept[-1], *(self.pick(kept) for _ in range(10))]
            starts += [kept[0]] * (len(starts) // 4)
        windows = [0, 1, now, now + 1, 2**256 - 1]
        for _ in range(3):
            window = self.pick(windows)
            if starts and self.chance(0.9):
                window = max(0, now - self.pick(starts) + self.pick((-1, 0, 1)))
            found = self.pair.twap(window)
            self.done[f"average: {found if isinstance(found, str) else 'told'}"] += 1
        self.done["the ring wrapped"] += len(market.observed) > model.OBSERVATIONS

    def look(self) -> None:
        """Ask what is wrong with each source, and what may be done on prices."""
        for _ in range(4):
            action, status = self.pick((*Action, 0, 3, 127)), self.pick((*Status, 0, 3, 15))
            known = isinstance(action, Action) and isinstance(status, Status)
            expected = terms(action, status) if known else Terms.REFUSED
            assert self.pair.router.terms(action, status) == expected
        for reading in self.pair.readings():
            self.done[f"reading: {reading.troubles!r}"] += 1

    # ------------------------------------------------------------ parts

    def advance(self, seconds: int) -> None:
        """Let time pass, as far as the router's clock goes."""
        self.pair.advance(min(seconds, LAST_TIME - self.pair.evm.time))

    def move(self) -> None:
        """The fair price moves a little, or jumps."""
        self.fair = self.near(self.fair, 8)
        self.fair += self.fair * self.theme.drift * self.sign // BPS
        if self.chance(self.theme.jumps):
            self.fair = self.fair * self.pick((1, 5, 9, 11, 20, 70)) // 10
            self.sign = -self.sign
        if self.chance(0.01):
            self.sign = -self.sign
        self.fair = max(1, min(MAX_PRICE, self.fair))

    def say(self, place: int, price: int | None = None, age: int | None = None) -> None:
        """A source publishes a price near this one."""
        seen = self.near(price or self.fair, self.theme.noise)
        confidence = 0
        if self.chance(self.theme.unsure):
            confidence = seen * self.pick((1, 5, 10, 20, 50, 100, 100, 300, 3_000)) // BPS
        if age is None:
            age = self.pick((1, 2, 5, 20, 59, -1, -5)) if self.chance(self.theme.old) else 0
        self.pair.say(place, seen, confidence, age)

    def put(self, place: int, price: int, confidence: int = 0) -> None:
        """A source publishes exactly this, now."""
        self.pair.say(place, max(0, min(price, MAX_PRICE + 1)), confidence)

    def source(self, place: int, settings: Settings, weight: int = 0) -> Source:
        """How a source of the pool might be listed."""
        guard = settings.deviation_bps
        return Source(
            self.pair.sources[place].address,
            weight or self.pick(self.theme.weights),
            self.pick(self.theme.heartbeats),
            self.pick((guard, guard // 2, guard // 4, 0)),
            self.pick(self.theme.gas),
        )

    def faulty(self, settings: Settings, listed: list[Source]) -> tuple[Settings, list[Source]]:
        """The same with one thing that is not allowed."""
        place = self.random.randrange(len(listed))
        name, value = self.pick(
            (
                ("quorum", self.pick((0, len(listed) + 1, 2**256 - 1))),
                ("deviation_bps", self.pick((0, model.MAX_DEVIATION_BPS + 1))),
                ("rejection_bps", self.pick((settings.deviation_bps - 1, model.MAX_REJECTION_BPS + 1))),
                ("max_move_bps", self.pick((0, model.MAX_MOVE_BPS + 1))),
                ("spacing", self.pick((0, model.MAX_SPACING + 1))),
                ("weight", self.pick((0, model.MAX_WEIGHT + 1))),
                ("heartbeat", self.pick((0, model.MAX_HEARTBEAT + 1))),
                ("confidence_bps", settings.deviation_bps + 1),
                (
                    "gas_limit",
                    self.pick((model.MIN_SOURCE_GAS - model.GAS_UNIT, model.MIN_SOURCE_GAS + 1, 501_000)),
                ),
                ("twice", 0),
                ("none", 0),
            )
        )
        if name == "none":
            return settings, []
        if name == "twice":
            return settings, [*listed[: POOL - 1], listed[0]]
        if name in Settings.__slots__:
            return replace(settings, **{name: value}), listed
        return settings, [*listed[:place], replace(listed[place], **{name: value}), *listed[place + 1 :]]

    def ask(self) -> None:
        """The price, most often to be recorded."""
        if self.chance(0.6):
            self.record()
            while self.chance(0.1):  # again in the same second
                self.move()
                self.say(self.pick(self.listed()))
                self.record()
        else:
            self.note(self.pair.price())

    def record(self) -> None:
        """Record, and count how."""
        records = self.pair.model.records
        before, again = len(records), bool(records) and records[-1][0] == self.pair.evm.time
        found = self.pair.record()
        self.note(found)
        self.done["recorded"] += len(records) > before
        self.done["recorded again in a second"] += again and not found.troubles & model.UNRECORDED

    def note(self, found: model.Price) -> None:
        """Count what a price is like."""
        self.done[f"{Status(found.status).name}"] += 1
        for trouble in found.troubles:
            self.done[f"{trouble.name}"] += 1


if __name__ == "__main__":
    sys.exit(main("tests.support.oracle_campaign", Campaign, THEMES))
