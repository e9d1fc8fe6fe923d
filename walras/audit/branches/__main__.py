"""Which outcomes of every JUMPI of the deployed contracts stories and tests take: docs/branches.md.

Usage: python -m walras.audit.branches [--minutes 8] [--seed 0] [--only stories|tests|page]

Three steps, each a process of its own; --only makes one anew. What they see is kept in .cache/branches.

stories  tells random stories, as `make invariants` does, with every check asked
tests    runs the tests of the contracts, a process a folder, and bends their calls (bending.py)
page     puts the page together from what the others saw

An outcome is counted only where pyrevm took it: watched.py says how that is known.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from walras.audit.branches.report import CONTRACTS, PAGE, Seen, page
from walras.audit.branches.seen import FOLDER, SEEN, known, notes
from walras.audit.runner import Options, run
from walras.deploy.record import git_state
from walras.devtools import arguments
from walras.devtools.compiler import PROJECT_ROOT

STEPS: Final = ("stories", "tests", "page")
TESTS: Final = (
    *(f"tests/unit/{name}" for name in CONTRACTS if (PROJECT_ROOT / "tests" / "unit" / name).is_dir()),
    *(f"tests/unit/{name}" for name in ("oracles", "parameters", "roles", "rounding", "deploy")),
    "tests/e2e",
)
"""Those whose chain is a pyrevm."""


def main(line: Sequence[str] | None = None) -> int:
    """Do what the command line asks; 1 where a step failed."""
    given = _parser().parse_args(line)
    if given.only:
        return _step(given.only, given.minutes, given.seed)
    for step in STEPS:
        command = [sys.executable, "-m", "walras.audit.branches", "--only", step]
        options = ["--minutes", str(given.minutes), "--seed", str(given.seed)]
        if code := subprocess.run([*command, *options], check=False).returncode:
            print(f"error: the step {step} failed", file=sys.stderr)
            return code
    return 0


def _step(step: str, minutes: float, seed: int) -> int:
    begin = time.monotonic()
    kept = {"stories": ["stories"], "tests": ["tests", "bent"], "page": []}[step]
    for name in kept:
        shutil.rmtree(SEEN / name, ignore_errors=True)
    if step == "stories":
        code = _stories(Options(seed=seed, steps=0, minutes=minutes))
    elif step == "tests":
        code = _tests(TESTS, {FOLDER: str(SEEN)})
    else:
        stories, tests, bent = (Seen.of(known(one)) for one in ("stories", "tests", "bent"))
        git = git_state()
        revision = git.commit[:7] + ("" if git.clean else ", and changes of the sources since")
        PAGE.write_text(page(stories, tests, bent, revision))
        print(f"{PAGE.relative_to(PROJECT_ROOT)} is written")
        return 0
    for name in kept:
        print(f"{name}: {sum(map(len, known(name).taken.values())):,} outcomes")
    print(f"{step}: {time.monotonic() - begin:.0f} s")
    return code


def _stories(options: Options) -> int:
    seen = notes()
    seen.watch()
    report = run(options)
    seen.steps = report.steps
    seen.save(SEEN / "stories")
    if report.failure is not None:
        print(f"error: a law broke; make invariants tells of it: {report.failure.what}", file=sys.stderr)
    return int(report.failure is not None)


def _tests(paths: Sequence[str], environment: dict[str, str]) -> int:
    """A process for each folder, as many at a time as there are cores, those with most tests first."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        longest = sorted(paths, key=_size, reverse=True)
        return max(pool.map(lambda path: _folder(path, environment), longest))


def _size(path: str) -> int:
    return sum(one.stat().st_size for one in (PROJECT_ROOT / path).rglob("test_*.py"))


def _folder(path: str, environment: dict[str, str]) -> int:
    begin = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:ape_test", "-p", "no:cacheprovider"]
    plugin = ["-p", "walras.audit.branches.watch_tests"]
    done = subprocess.run(
        [*command, *plugin, path],
        cwd=PROJECT_ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    last = done.stdout.rstrip().rpartition("\n")[2]
    print(f"{path}: {last.strip(' =')}, {time.monotonic() - begin:.0f} s", flush=True)
    if done.returncode:
        print(done.stdout, file=sys.stderr, flush=True)
    return done.returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m walras.audit.branches",
        description="Measure which ways the JUMPIs of the contracts go.",
    )
    parser.add_argument("--minutes", type=arguments.minutes, default=8.0, help="how long stories are told")
    parser.add_argument("--seed", type=int, default=0, help="of the first story")
    parser.add_argument("--only", choices=STEPS, help="one step alone")
    return parser


if __name__ == "__main__":
    sys.exit(main())
