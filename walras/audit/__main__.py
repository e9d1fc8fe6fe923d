"""Tell the exchange random stories and ask every invariant.

Usage: python -m walras.audit [--seed 0] [--steps 100000] [--minutes 4] [--profile crash] [--only inv_17 ...]
                              [--jobs 2] [--keep-going] [--backend pyrevm|titanoboa|anvil] [--list]

Exits 1 where an invariant breaks: the story is cut down, printed as a table, and written as Python that tells
it again. Says how often each action succeeded, for what it was refused, and which never succeeded. On
another backend the same steps are told to pyrevm and to it: outcomes, logs and storage have to be the same.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

from walras.audit.actions import KINDS, PROFILES
from walras.audit.backends import BACKENDS, Differs, compare
from walras.audit.laws import LAWS
from walras.audit.run import MODEL
from walras.audit.runner import BREAKS, DECIMALS, Failure, Options, Report, chosen, run, shrink, told
from walras.audit.system import System
from walras.audit.world import World
from walras.devtools import arguments
from walras.devtools.compiler import PROJECT_ROOT

STEPS: Final = 100_000
"""Of a run that is told neither how many nor how long."""
JOBS: Final = 64
"""At most."""
APART: Final = 1_000_000
"""Seeds between two jobs."""


def main(line: Sequence[str] | None = None) -> int:
    """Do what the command line asks; 1 where an invariant broke."""
    given = _parser().parse_args(line)
    if given.list:
        for one in sorted(LAWS, key=lambda one: (one.number, one.every)):
            when = "each step" if one.every == 1 else f"each {one.every}"
            print(f"{one.name:<42} {when:<10} {one.sentence}")
        print(
            f"{MODEL:<42} {'each step':<10} The chain does what the exact models do, and has what they have."
        )
        return 0
    unknown = [name for name in given.only or () if not _is_known(name)]
    if unknown:
        print(f"error: no invariant is called {unknown[0]}; --list names them", file=sys.stderr)
        return 2
    if given.backend != "pyrevm":
        own = {
            "--only": given.only,
            "--model": given.model,
            "--jobs": given.jobs,
            "--keep-going": given.keep_going,
        }
        for option, value in own.items():
            if value:
                print(f"error: {option} is for pyrevm alone; leave it or --backend out", file=sys.stderr)
                return 2
        return _compare(given)
    if given.jobs > JOBS:
        print(f"error: --jobs {given.jobs} is more than {JOBS}", file=sys.stderr)
        return 2
    jobs = given.jobs or min(4, os.cpu_count() or 1)
    options = Options(
        seed=given.seed,
        steps=-(-(given.steps or (0 if given.minutes else STEPS)) // jobs),
        minutes=given.minutes,
        profile=given.profile,
        only=tuple(given.only or ()),
        model=given.model,
        length=given.length,
        keep_going=given.keep_going,
    )
    begin = time.monotonic()
    report = Report()
    if jobs == 1:
        report = run(options)
    else:
        with ProcessPoolExecutor(jobs) as pool:
            for part in pool.map(
                run, [replace(options, seed=given.seed + APART * job) for job in range(jobs)]
            ):
                report.add(part)
    _print(report, time.monotonic() - begin, jobs)
    mute = [one for one in chosen(options.only) if one.name not in report.checks]
    asleep = [one.name for one in mute if one.kinds != {"steal"}]  # one that went through is the failure
    if asleep:
        print(f"never asked: {', '.join(asleep)}")
    told_of: set[str] = set()
    for failure in report.failures:
        if failure.law in told_of:
            print(f"\nagain, seed {failure.seed}: {failure.what}")
        else:
            _explain(failure, given)
        told_of.add(failure.law)
    return 1 if report.failures else 0


def _compare(given: argparse.Namespace) -> int:
    """Tell the same stories to pyrevm and to another backend."""
    done, seed, outcomes = 0, given.seed, Counter[str]()
    begin = time.monotonic()
    profiles = [given.profile] if given.profile else list(PROFILES)
    most = given.steps or STEPS
    while done < most and not (given.minutes and time.monotonic() - begin >= given.minutes * 60):
        steps = min(given.length, most - done)
        profile, decimals = profiles[seed % len(profiles)], DECIMALS[seed % len(DECIMALS)]
        try:
            outcomes.update(compare(given.backend, seed, steps, profile, decimals))
        except Differs as found:
            print(f"{profile}, {decimals} decimals: {found}")
            return 1
        except FileNotFoundError as missing:
            print(f"error: {missing}", file=sys.stderr)
            return 2
        done, seed = done + steps, seed + 1
    refused = len(outcomes) - ("ok" in outcomes)
    print(
        f"{done:,} steps on pyrevm and {given.backend}: the same; "
        f"{outcomes['ok']:,} went through, {refused} reasons"
    )
    return 0


def _is_known(name: str) -> bool:
    if name == MODEL:
        return True
    if any(one.name == name for one in LAWS):
        return True
    digits = name.removeprefix("inv_")
    return digits.isascii() and digits.isdigit() and any(one.number == int(digits) for one in LAWS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m walras.audit", description="Tell the exchange random stories and ask every invariant."
    )
    parser.add_argument("--seed", type=int, default=0, help="of the first story")
    parser.add_argument(
        "--steps", type=arguments.count, help=f"over all jobs, whole stories; {STEPS:,} without --minutes"
    )
    parser.add_argument(
        "--minutes", type=arguments.minutes, default=0.0, help="how long; with --steps whichever ends first"
    )
    parser.add_argument("--length", type=arguments.count, default=600, help="steps of a story")
    parser.add_argument(
        "--profile", default="", choices=PROFILES, help="regimes; all in turn if none is named"
    )
    parser.add_argument(
        "--only", action="append", metavar="inv_17", help="this invariant, or `model`; may be repeated"
    )
    parser.add_argument(
        "--model", action="store_true", help="the exact models run beside every story, not beside a few"
    )
    parser.add_argument("--jobs", type=arguments.count, default=0, help="processes; one a core, 4 at most")
    parser.add_argument(
        "--keep-going", action="store_true", help="after an invariant broke, go on with the next story"
    )
    parser.add_argument(
        "--backend", default="pyrevm", choices=["pyrevm", *BACKENDS], help="what stories are told to"
    )
    parser.add_argument("--list", action="store_true", help="only list the checks")
    return parser


def _print(report: Report, wall: float, jobs: int) -> None:
    kinds = sorted(KINDS | {kind for kind, _ in report.outcomes})
    print(f"{'action':<16} {'tried':>9} {'done':>9}  refused most often for")
    never = []
    for kind in kinds:
        outcomes = Counter({how: count for (one, how), count in report.outcomes.items() if one == kind})
        done = outcomes.pop("ok", 0)
        tried = done + outcomes.total()
        reasons = ", ".join(f"{how} {count}" for how, count in outcomes.most_common(3))
        print(f"{kind:<16} {tried:>9,} {done:>9,}  {reasons}")
        if not done and kind != "steal":
            never.append(kind)
    if never:
        print(f"never done: {', '.join(never)}")
    checks = sum(report.checks.values())
    rate = report.steps / report.seconds if report.seconds else 0
    print(
        f"{report.steps:,} steps in {report.stories:,} stories, {report.calls:,} calls, {checks:,} checks of "
        f"{len({name[:6] for name in report.checks})} invariants, {wall:.0f} s with {jobs} jobs; "
        f"{rate:,.0f} steps a second of processor time"
    )
    if report.beside:
        calls = ", ".join(f"{call} {count}" for call, count in sorted(report.not_known.items()))
        known = report.beside - report.not_known.total()
        print(
            f"{report.beside:,} steps told to the exact models too: they knew {known:,}; "
            f"taken from the chain: {calls or 'none'}"
        )


def _explain(failure: Failure, given: argparse.Namespace) -> None:
    system = System(failure.decimals)
    system.live_in()
    steps = shrink(World(system), failure)
    rows, python = told(failure, steps)
    path = Path(PROJECT_ROOT / ".cache" / "audit" / f"{failure.law}_seed_{failure.seed}.py")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(python)
    print(
        f"\n{failure.what}\nseed {failure.seed}, profile {failure.profile}, {failure.decimals} decimals, ",
        end="",
    )
    print(f"{failure.at:,} steps; {len(failure.steps)} in its story, cut down to {len(steps)}:\n\n{rows}")
    print(f"\nas Python: {path.relative_to(PROJECT_ROOT)}")
    if BREAKS not in rows:
        again = [f"--seed {failure.seed} --steps 1 --jobs 1 --length {given.length}"]
        again += [f"--profile {given.profile}"] if given.profile else []
        again += [f"--only {name}" for name in given.only or ()]
        again += ["--model"] if given.model else []
        print("told with each check after each step it breaks nothing; with the checks' own rhythm it does:")
        print(f"python -m walras.audit {' '.join(again)}")


if __name__ == "__main__":
    sys.exit(main())
