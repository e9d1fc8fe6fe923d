"""Runs: stories by seed, one after the other; a story that breaks a law is cut down and printed."""

from __future__ import annotations

import gc
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from walras.audit.actions import PROFILES, Drawer
from walras.audit.laws import LAWS
from walras.audit.run import MODEL, Broken, Law, Run
from walras.audit.story import Step, script, table
from walras.audit.system import System
from walras.audit.world import World
from walras.devtools.compiler import Artifact
from walras.devtools.evm import artifact

LENGTH: Final = 600
"""Steps of a story."""
DECIMALS: Final = (6, 18, 8)
MODEL_EVERY: Final = 101
"""Of stories with all laws each so-many-th has the exact models beside it, in all profiles and decimals."""
BREAKS: Final = "BREAKS THE LAW"
"""In the row of the step that does."""
EVERY: Final = 60.0
"""Seconds between two words on how far a run is."""


@dataclass(slots=True)
class Options:
    """What to run, until `steps` or `minutes` are over; 0: that one has no say. `profile` empty: all in turn.

    `only`: laws, `model` for the exact models among them. `model`: these run beside every story.
    """

    seed: int = 0
    steps: int = 100_000
    minutes: float = 0.0
    profile: str = ""
    only: tuple[str, ...] = ()
    model: bool = False
    length: int = LENGTH
    keep_going: bool = False
    """After a law broke, go on with the next story."""
    sources: Callable[[str], Artifact] = artifact


@dataclass(slots=True)
class Failure:
    """A law that broke, and the story of it."""

    law: str
    what: str
    seed: int
    profile: str
    decimals: int
    at: int
    """Steps of the run until then."""
    number: int
    """Of the step that broke it, as checks count them."""
    steps: list[Step]


@dataclass(slots=True)
class Report:
    """What a run did."""

    steps: int = 0
    calls: int = 0
    seconds: float = 0.0
    stories: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    beside: int = 0
    """Steps that were told to the exact models too."""
    not_known: Counter[str] = field(default_factory=Counter)
    """Those of which the models know nothing, by contract.function."""
    failures: list[Failure] = field(default_factory=list)

    @property
    def failure(self) -> Failure | None:
        """The first, if any."""
        return self.failures[0] if self.failures else None

    def add(self, other: Report) -> None:
        """Another job's."""
        self.steps += other.steps
        self.calls += other.calls
        self.seconds += other.seconds
        self.stories += other.stories
        self.outcomes.update(other.outcomes)
        self.checks.update(other.checks)
        self.beside += other.beside
        self.not_known.update(other.not_known)
        self.failures += other.failures


def chosen(only: tuple[str, ...]) -> list[Law]:
    """Laws by number or name (`inv_17`, `17`, a whole name); all where nothing is named.

    The exact models are no law of the list, but run beside: of `model` there is none here.
    """
    if not only:
        return LAWS
    numbers = {number_of(name) for name in only if name.removeprefix("inv_").isdigit()}
    return [one for one in LAWS if one.number in numbers or one.name in only]


def number_of(law: str) -> int:
    """Of an invariant, by its name; 0: of the exact models."""
    return 0 if law == MODEL else int(law.removeprefix("inv_").split("_")[0])


def run(options: Options) -> Report:
    """Tell stories until the steps, or the minutes, are over, or a law breaks."""
    report, laws = Report(), chosen(options.only)
    gc.disable()  # a story leaves no more than what is collected after it
    try:
        _tell_stories(options, laws, report)
    finally:
        gc.unfreeze()
        gc.enable()
    return report


def _tell_stories(options: Options, laws: list[Law], report: Report) -> None:
    worlds: dict[int, World] = {}
    begin, wall = time.process_time(), time.monotonic()
    profiles = [options.profile] if options.profile else list(PROFILES)
    number, news = 0, wall + EVERY
    while (options.keep_going or not report.failures) and not _is_over(report, options, wall):
        seed = options.seed + number
        profile, decimals = profiles[seed % len(profiles)], DECIMALS[seed // len(profiles) % len(DECIMALS)]
        if decimals not in worlds:
            system = System(decimals, options.sources)
            system.live_in()
            worlds[decimals] = World(system)
            gc.collect()
            gc.freeze()
        world = worlds[decimals]
        world.chain.calls = 0
        model = options.model or MODEL in options.only or (not options.only and seed % MODEL_EVERY == 0)
        tell(world, seed, profile, laws, options.length, report, model)
        report.calls += world.chain.calls
        report.stories += 1
        number += 1
        if time.monotonic() >= news:
            news += EVERY
            _say(report, options.seed, time.process_time() - begin)
        gc.collect()
    report.seconds = time.process_time() - begin


def _say(report: Report, seed: int, seconds: float) -> None:
    """How far a long run is, to the standard error."""
    broken = f", {len(report.failures)} broken" if report.failures else ""
    rate = report.steps / seconds
    print(
        f"from seed {seed}: {report.steps:,} steps, {rate:,.0f} a second{broken}", file=sys.stderr, flush=True
    )


def _is_over(report: Report, options: Options, wall: float) -> bool:
    if options.minutes and time.monotonic() - wall >= options.minutes * 60:
        return True
    return bool(options.steps) and report.steps >= options.steps


def tell(
    world: World, seed: int, profile: str, laws: list[Law], length: int, report: Report, model: bool = False
) -> None:
    """One story, with the exact models beside it or without; a failure goes into the report."""
    world.reset()
    drawer = Drawer(world, Random(seed), profile)
    told = Run(world, laws, start=seed * 131 % 997, model=model)
    steps: list[Step] = []
    for _ in range(length):
        step = drawer.draw()
        steps.append(step)
        report.steps += 1
        try:
            outcome = told.tell(step)
        except Broken as broken:
            decimals = world.system.decimals
            report.failures.append(
                Failure(broken.law, str(broken), seed, profile, decimals, report.steps, told.number, steps)
            )
            report.checks.update(told.done())
            print(f"seed {seed}: {broken}", file=sys.stderr, flush=True)  # a long run may go on for hours
            return
        report.outcomes[step.kind, outcome] += 1
    report.checks.update(told.done())
    if told.beside:
        report.beside += told.beside.steps
        report.not_known.update(told.beside.not_known)


def broken_by(
    world: World, steps: list[Step], only: tuple[str, ...], number: int
) -> tuple[Broken | None, list[tuple[Step, str]]]:
    """Tell a story again; what it breaks, and how each step went.

    Every law is asked after every step, as if that were the one of this number.
    """
    world.reset()
    told, rows = Run(world, chosen(only), dense=number, model=MODEL in only), []
    for step in steps:
        try:
            rows.append((step, told.tell(step)))
        except Broken as broken:
            rows.append((step, BREAKS))
            return broken, rows
    return None, rows


def shrink(world: World, failure: Failure, tries: int = 400) -> list[Step]:
    """A shorter story that breaks the same law: steps are left out, many at a time and then one by one."""
    only, number = (failure.law,), failure.number
    broken, rows = broken_by(world, failure.steps, only, number)
    if broken is None:
        return failure.steps  # it takes the very rhythm of the checks: told as it is
    steps = [step for step, _ in rows]
    size = len(steps) // 2
    while size:
        at, found = 0, False
        while at < len(steps) and tries > 0:
            shorter = steps[:at] + _carry(steps[at : at + size], steps[at + size :])
            tries -= 1
            broken, rows = broken_by(world, shorter, only, number)
            if broken is not None and number_of(broken.law) == number_of(failure.law):
                steps, found = [step for step, _ in rows], True
            else:
                at += size
        size = size // 2 if not found or size > 1 else (1 if tries > 0 else 0)
    return steps


def _carry(left_out: list[Step], rest: list[Step]) -> list[Step]:
    """What follows steps that are left out, with the time and the prices that they had brought."""
    if not rest:
        return rest
    wait = sum(step.wait for step in left_out) + rest[0].wait
    prices = {price[:2]: price for step in (*left_out, rest[0]) for price in step.prices}
    first = rest[0]
    changed = Step(
        first.kind,
        first.who,
        first.to,
        first.data,
        first.told,
        first.account,
        first.market,
        wait,
        tuple(prices.values()),
        first.value,
    )
    return [changed, *rest[1:]]


def replay(steps: list[Step], decimals: int, number: int, only: list[str]) -> None:
    """Tell a printed story again. Raises Broken as it did then."""
    system = System(decimals)
    system.live_in()
    broken, rows = broken_by(World(system), steps, tuple(only), number)
    print(table(rows))
    if broken is not None:
        raise broken


def told(
    failure: Failure, steps: list[Step], sources: Callable[[str], Artifact] = artifact
) -> tuple[str, str]:
    """A failure as a table and as Python."""
    system = System(failure.decimals, sources)
    system.live_in()
    number = number_of(failure.law)
    law = f"inv_{number:02}" if number else MODEL
    _, rows = broken_by(World(system), steps, (law,), failure.number)
    return table(rows), script(steps, failure.decimals, failure.number, law, failure.what)
