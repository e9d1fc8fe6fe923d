"""Plant a fault for each check in a copy of the contracts, and see that it finds it.

Usage: python -m walras.audit.bite [--only inv_17 ...] [--model] [--steps 200000] [--minutes 10] [--report X]

Every copy is told stories, with its check alone, or with nothing but the exact models beside them, until it
breaks. Exits 1 where it does not.
"""

import argparse
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from walras.audit.laws import LAWS
from walras.audit.planted import PLANTED, Planted
from walras.audit.run import CRASHED, MODEL, Broken, Law, Run, obey
from walras.audit.runner import Failure, Options, number_of, run
from walras.audit.system import System
from walras.audit.world import World
from walras.devtools import arguments
from walras.devtools.compiler import PROJECT_ROOT, Artifact, compile_contract, find_contract
from walras.devtools.evm import artifact
from walras.devtools.pages import Part

PART: Final = Part(
    "<!-- planted bugs: written by `make invariants-bite`, not by hand -->", "<!-- end of planted bugs -->"
)
_COPIED: Final = ("contracts", "interfaces", "tests/contracts")
_IMPORTED: Final = re.compile(r"^from ((?:contracts|interfaces)[\w.]*) import (\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one fault."""

    planted: Planted
    law: str
    """Empty where it was not found."""
    steps: int
    seconds: float
    what: str
    others: tuple[int, ...] = ()
    """Invariants that the story of it breaks too, until then."""


class Noting(Run):
    """A run that goes on where a law is broken, and notes which are."""

    def __init__(self, world: World, start: int) -> None:
        super().__init__(world, LAWS, start=start)
        self.broken: set[int] = set()

    def _ask(self, laws: list[Law]) -> None:
        for one in laws:
            try:
                obey(one.name, one.check, self)
            except Broken as found:
                if CRASHED not in str(found):
                    self.broken.add(one.number)


def reaches(path: Path, target: Path, root: Path) -> bool:
    """Whether a source is another, or imports it, itself or by others."""
    seen, rest = set(), [path]
    while rest:
        one = rest.pop()
        if one == target:
            return True
        if one in seen or not one.exists():
            continue
        seen.add(one)
        for folder, name in _IMPORTED.findall(one.read_text()):
            rest += [root / folder.replace(".", "/") / f"{name}{suffix}" for suffix in (".vy", ".vyi")]
    return False


def plant(planted: Planted, folder: Path) -> Callable[[str], Artifact]:
    """Copy the sources with the fault in them; what compiles a contract there, or takes it as it is.

    Raises ValueError where the text is not in its file exactly once.
    """
    fault = planted.fault
    for part in _COPIED:
        shutil.copytree(PROJECT_ROOT / part, folder / part)
    path = folder / fault.path
    text = path.read_text()
    if text.count(fault.old) != 1:
        raise ValueError(f"{fault.name}: {fault.old!r} is {text.count(fault.old)} times in {fault.path}")
    path.write_text(text.replace(fault.old, fault.new))

    def compiled(name: str) -> Artifact:
        if reaches(find_contract(name, folder), path, folder):
            return compile_contract(name, folder)
        return artifact(name)

    return compiled


def hunt(planted: Planted, steps: int, minutes: float, seed: int, model: bool = False) -> Finding:
    """Tell stories to the copy until its check fails, or it differs from the exact models."""
    only = MODEL if model else planted.check
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="walras-planted-") as name:
        sources = plant(planted, Path(name))
        until = time.monotonic() + minutes * 60
        done = 0
        while done < steps and time.monotonic() < until:
            part = min(12_000, steps - done)
            report = run(Options(seed=seed, steps=part, only=(only,), sources=sources))
            done += report.steps
            seed += report.stories
            if report.failure is not None:
                failure = report.failure
                if CRASHED in failure.what:  # which shows nothing of the promise
                    return Finding(planted, "", done, time.monotonic() - begin, failure.what)
                others = () if model else broken_too(failure, sources)
                return Finding(planted, failure.law, done, time.monotonic() - begin, failure.what, others)
    return Finding(planted, "", done, time.monotonic() - begin, "")


def broken_too(failure: Failure, sources: Callable[[str], Artifact]) -> tuple[int, ...]:
    """What else a story breaks: it is told again with all laws, and after its last step each is asked."""
    system = System(failure.decimals, sources)
    system.live_in()
    told = Noting(World(system), start=failure.seed * 131 % 997)
    for step in failure.steps[:-1]:
        told.tell(step)
    told.dense = failure.number
    told.tell(failure.steps[-1])
    return tuple(sorted(told.broken - {number_of(failure.law)}))


def table(findings: Sequence[Finding]) -> str:
    """What is promised and checked, which bug was planted, and after how many steps it was found."""
    lines = [
        "| | promise | check, and after which steps | planted bug | found after | breaks too |",
        "|---|---|---|---|---|---|",
    ]
    for one in findings:
        law = next(law for law in LAWS if law.name == one.planted.check)
        check = f"`{_short(law.name)}` {_rate(law)}"
        found = f"{one.steps:,}" if one.law else f"**not in {one.steps:,}**"
        others = ", ".join(map(str, one.others)) or "nothing"
        why = one.planted.fault.why
        lines.append(f"| {law.number} | {law.sentence} | {check} | {why} | {found} | {others} |")
    return "\n".join(lines)


def _short(name: str) -> str:
    """A check's name without the number of its promise."""
    return re.sub(r"^inv_\d+_", "", name)


def _rate(law: Law) -> str:
    if law.every != 1:
        return f"each {law.every}"
    return ", ".join(sorted(law.kinds)) if 0 < len(law.kinds) < 4 else "each"


def main(line: Sequence[str] | None = None) -> int:
    """Do what the command line asks; 1 where a fault was not found."""
    parser = argparse.ArgumentParser(
        prog="python -m walras.audit.bite", description="See that each check bites."
    )
    parser.add_argument(
        "--only", action="append", metavar="inv_17", help="this promise, or check; may be repeated"
    )
    parser.add_argument(
        "--steps", type=arguments.count, default=200_000, help="steps that each fault has at most"
    )
    parser.add_argument(
        "--minutes", type=arguments.minutes, default=10.0, help="minutes that each fault has at most"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the first story")
    parser.add_argument("--model", action="store_true", help="hunt with the exact models alone")
    parser.add_argument("--report", type=PART.page, help="write a Markdown table into this file")
    given = parser.parse_args(line)
    if given.model and given.report:
        parser.error("--report is of what invariants find: leave out --model")
    if given.only and given.report:
        parser.error("--report is of all invariants: leave out --only")
    promises = {f"inv_{one.number:02}" for one in PLANTED}
    known = promises | {one.check for one in PLANTED}
    if unknown := [name for name in given.only or () if name not in known]:
        parser.error(
            f"no invariant is called {unknown[0]}: they are {min(promises)} to {max(promises)}, "
            f"and checks like {PLANTED[0].check}"
        )
    chosen = set(given.only or known)
    findings = []
    for planted in PLANTED:
        if not chosen & {planted.check, f"inv_{planted.number:02}"}:
            continue
        finding = hunt(planted, given.steps, given.minutes, given.seed, given.model)
        findings.append(finding)
        how = f"{'' if finding.law else 'NOT FOUND: '}{finding.what.removeprefix(f'{finding.law}: ')[:90]}"
        if finding.others:
            how += f"; breaks too: {', '.join(map(str, finding.others))}"
        print(
            f"{planted.check:<38}  {finding.steps:>8,} steps {finding.seconds:>6.1f} s  {how}",
            flush=True,
        )
    if given.report:
        PART.put(given.report, table(findings))
    lost = [one.planted.check for one in findings if not one.law]
    print(
        f"bite: {len(findings) - len(lost)} of {len(findings)} found"
        + (f", not {', '.join(lost)}" if lost else "")
    )
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
