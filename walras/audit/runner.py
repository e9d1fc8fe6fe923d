"""Runs: stories by seed, one after the other; a story that breaks a law is cut down and printed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from walras.audit.actions import PROFILES, Drawer
from walras.audit.laws import LAWS
from walras.audit.run import Broken, Law, Run
from walras.audit.story import Step, script, table
from walras.audit.system import System
from walras.audit.world import World
from walras.devtools.compiler import Artifact
from walras.devtools.evm import artifact

LENGTH: Final = 600
"""Steps of a story."""
DECIMALS: Final = (6, 18, 8)


@dataclass(slots=True)
class Options:
    """What to run. `profile` empty: all in turn; `minutes` 0: as many steps as `steps` says."""

    seed: int = 0
    steps: int = 100_000
    minutes: float = 0.0
    profile: str = ""
    only: tuple[str, ...] = ()
    length: int = LENGTH
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
    failure: Failure | None = None

    def add(self, other: Report) -> None:
        """Another job's."""
        self.steps += other.steps
        self.calls += other.calls
        self.seconds += other.seconds
        self.stories += other.stories
        self.outcomes.update(other.outcomes)
        self.checks.update(other.checks)
        self.failure = self.failure or other.failure


def chosen(only: tuple[str, ...]) -> list[Law]:
    """Laws by number or name (`inv_17`, `17`, a whole name); all where nothing is named."""
    if not only:
        return LAWS
    numbers = {int(name.removeprefix("inv_").split("_")[0]) for name in only}
    return [one for one in LAWS if one.number in numbers]


def run(options: Options) -> Report:
    """Tell stories until the steps, or the minutes, are over, or a law breaks."""
    report, laws = Report(), chosen(options.only)
    worlds: dict[int, World] = {}
    begin, wall = time.process_time(), time.monotonic()
    profiles = [options.profile] if options.profile else list(PROFILES)
    number = 0
    while report.failure is None and not _is_over(report, options, wall):
        seed = options.seed + number
        profile, decimals = profiles[seed % len(profiles)], DECIMALS[seed // len(profiles) % len(DECIMALS)]
        if decimals not in worlds:
            system = System(decimals, options.sources)
            system.live_in()
            worlds[decimals] = World(system)
        world = worlds[decimals]
        world.chain.calls = 0
        tell(world, seed, profile, laws, options.length, report)
        report.calls += world.chain.calls
        report.stories += 1
        number += 1
    report.seconds = time.process_time() - begin
    return report


def _is_over(report: Report, options: Options, wall: float) -> bool:
    if options.minutes:
        return time.monotonic() - wall >= options.minutes * 60
    return report.steps >= options.steps


def tell(world: World, seed: int, profile: str, laws: list[Law], length: int, report: Report) -> None:
    """One story; a failure goes into the report."""
    world.reset()
    drawer = Drawer(world, Random(seed), profile)
    told = Run(world, laws, start=seed * 131 % 997)
    steps: list[Step] = []
    for _ in range(length):
        step = drawer.draw()
        steps.append(step)
        report.steps += 1
        try:
            outcome = told.tell(step)
        except Broken as broken:
            decimals = world.system.decimals
            report.failure = Failure(
                broken.law, str(broken), seed, profile, decimals, report.steps, told.number, steps
            )
            return
        report.outcomes[step.kind, outcome] += 1
    report.checks.update(told.done())


def broken_by(
    world: World, steps: list[Step], laws: list[Law], number: int
) -> tuple[Broken | None, list[tuple[Step, str]]]:
    """Tell a story again; what it breaks, and how each step went.

    Every law is asked after every step, as if that were the one of this number.
    """
    world.reset()
    told, rows = Run(world, laws, dense=number), []
    for step in steps:
        try:
            rows.append((step, told.tell(step)))
        except Broken as broken:
            rows.append((step, "BREAKS THE LAW"))
            return broken, rows
    return None, rows


def shrink(world: World, failure: Failure, tries: int = 400) -> list[Step]:
    """A shorter story that breaks the same law: steps are left out, many at a time and then one by one."""
    laws = [one for one in LAWS if one.number == int(failure.law.split("_")[1])]
    number = failure.number
    broken, rows = broken_by(world, failure.steps, laws, number)
    if broken is None:
        return failure.steps  # it takes the very rhythm of the checks: told as it is
    steps = [step for step, _ in rows]
    size = len(steps) // 2
    while size:
        at, found = 0, False
        while at < len(steps) and tries > 0:
            shorter = steps[:at] + _carry(steps[at : at + size], steps[at + size :])
            tries -= 1
            broken, rows = broken_by(world, shorter, laws, number)
            if broken is not None and broken.law.split("_")[1] == failure.law.split("_")[1]:
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
    broken, rows = broken_by(World(system), steps, chosen(tuple(only)), number)
    print(table(rows))
    if broken is not None:
        raise broken


def told(
    failure: Failure, steps: list[Step], sources: Callable[[str], Artifact] = artifact
) -> tuple[str, str]:
    """A failure as a table and as Python."""
    system = System(failure.decimals, sources)
    system.live_in()
    number = failure.law.split("_")[1]
    _, rows = broken_by(World(system), steps, chosen((number,)), failure.number)
    return table(rows), script(steps, failure.decimals, failure.number, f"inv_{number}", failure.what)
