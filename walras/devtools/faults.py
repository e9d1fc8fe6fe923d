"""Plant faults in the contracts, one at a time, and see that the tests find each.

Usage: python -m walras.devtools.faults [--list] [--only NAME ...] [--module M ...] [--jobs 2] [--report FILE]

Every fault of walras.devtools.fault_table goes into a copy of the sources, which WALRAS_SOURCES then names
to the tests. The copy is hunted by its area's random campaigns, longer ones, unit tests and more campaigns.
Exits 1 when a fault survives them all, and when the table is at fault: text that is not there once, a copy
that does not compile, code that stays the same. --report is of the whole table: not with --only or --module.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from walras.devtools import arguments
from walras.devtools.compiler import PROJECT_ROOT, compile_contract
from walras.devtools.fault_table import FAULTS, Fault
from walras.devtools.pages import Part

PART: Final = Part(
    '<!-- planted faults: written by `make faults ARGS="--report docs/campaigns.md"`, not by hand -->',
    "<!-- end of planted faults -->",
)

_COPIED: Final = ("contracts", "interfaces", "tests/contracts")
_COMPILE: Final = (
    "import sys, pathlib; from walras.devtools.compiler import compile_contract;"
    "[compile_contract(name, pathlib.Path(sys.argv[1])) for name in sys.argv[2:]]"
)
_PYTEST: Final = ("-m", "pytest", "-q", "-x", "-p", "no:ape_test", "-p", "no:cacheprovider", "--tb=line")
_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - (.*))?$", re.MULTILINE)
_TIME_LIMIT: Final = 1_800  # seconds, of one test run


class FaultTableError(Exception):
    """The table is at fault, not the contracts."""


@dataclass(frozen=True, slots=True)
class Area:
    """Contracts that belong together, and who hunts the faults in them."""

    name: str
    contracts: tuple[str, ...]
    """Those whose code a fault changes."""
    tests: tuple[str, ...]
    """Paths of their tests."""
    campaign: str = ""
    """Module of their random campaign; empty where they have none."""


def _source(name: str) -> Area:
    """A contract of its own, with tests of its own."""
    return Area(name, (name,), (f"tests/unit/{name}",))


_BOOK: Final = Area(
    "order book",
    ("OrderbookV2", "OrderbookViews"),
    ("tests/unit/OrderbookV2",),
    "tests.support.book_campaign",
)
_ROUTER: Final = Area(
    "oracle router",
    ("OracleRouter",),
    ("tests/unit/OracleRouter", "tests/fuzz/test_oracle.py"),
    "tests.support.oracle_campaign",
)
_FUND: Final = Area(
    "insurance fund",
    ("InsuranceFund",),
    ("tests/unit/InsuranceFund", "tests/stateful/test_insurance.py"),  # the latter runs its campaign
)
_FEES: Final = Area(
    "fee distributor",
    ("FeeDistributor",),
    ("tests/unit/FeeDistributor", "tests/fuzz/test_fees.py"),  # the latter runs its campaign
)
_TRIGGERS: Final = Area(
    "trigger orders",
    ("TriggerOrders",),
    ("tests/unit/TriggerOrders", "tests/stateful/test_triggers.py"),  # the latter runs its campaign
)
_VAULT: Final = Area(
    "vault",
    ("Vault",),
    ("tests/unit/Vault", "tests/fuzz/test_vault.py"),  # the latter runs its campaign
)
_ENGINE: Final = Area(
    "engine",
    ("PerpEngine", "EngineAuctions", "EngineAccounts", "EngineRelay", "EngineSettings", "EngineViews"),
    (
        "tests/unit/PerpEngine",
        "tests/unit/rounding",
        "tests/unit/Vault/test_quotes.py",
        "tests/unit/Guardian",
    ),
    "tests.support.engine_campaign",
)
_GUARDIAN: Final = Area(
    "guardian",
    ("Guardian",),
    ("tests/unit/Guardian",),
)
_WATERFALL: Final = Area(
    "waterfall",
    ("LiquidationEngine", "LiquidationViews"),
    ("tests/unit/LiquidationEngine", "tests/e2e/test_audit_stories.py", "tests/fuzz/test_liquidation.py"),
)
_VOTES: Final = Area(
    "votes",
    ("GovernanceToken", "Governor"),
    ("tests/unit/GovernanceToken", "tests/fuzz/test_governance.py"),
)
_GOVERNOR: Final = Area(
    "governor",
    ("Governor",),
    ("tests/unit/Governor", "tests/fuzz/test_governance.py"),
)
AREAS: Final = {
    "contracts/OrderbookV2.vy": _BOOK,
    "contracts/OrderbookViews.vy": _BOOK,
    "contracts/modules/bits.vy": _BOOK,
    "contracts/modules/refuse.vy": _BOOK,
    "contracts/modules/orderbook": _BOOK,
    "contracts/OracleRouter.vy": _ROUTER,
    "contracts/modules/action_matrix.vy": _ROUTER,
    "contracts/modules/oracle": _ROUTER,
    "contracts/PerpEngine.vy": _ENGINE,
    "contracts/EngineAuctions.vy": _ENGINE,
    "contracts/EngineAccounts.vy": _ENGINE,
    "contracts/EngineRelay.vy": _ENGINE,
    "contracts/EngineSettings.vy": _ENGINE,
    "contracts/EngineViews.vy": _ENGINE,
    "contracts/modules/engine": _ENGINE,
    "contracts/modules/rounding.vy": _ENGINE,
    "contracts/modules/steps.vy": _ENGINE,
    "contracts/Guardian.vy": _GUARDIAN,
    "contracts/InsuranceFund.vy": _FUND,
    "contracts/modules/token.vy": _FUND,
    "contracts/FeeDistributor.vy": _FEES,
    "contracts/LiquidationEngine.vy": _WATERFALL,
    "contracts/LiquidationViews.vy": _WATERFALL,
    "contracts/modules/liquidation": _WATERFALL,
    "contracts/TriggerOrders.vy": _TRIGGERS,
    "contracts/modules/triggers": _TRIGGERS,
    "contracts/Vault.vy": _VAULT,
    "contracts/modules/vault": _VAULT,
    "contracts/GovernanceToken.vy": _VOTES,
    "contracts/modules/governance/checkpoints.vy": _VOTES,
    "contracts/Governor.vy": _GOVERNOR,
    "contracts/modules/governance": _GOVERNOR,
    "contracts/Timelock.vy": _source("Timelock"),
    "contracts/Treasury.vy": _source("Treasury"),
    "contracts/modules/oracle/tick_price.vy": _source("UniswapV3Source"),
    "contracts/modules/oracle/report_layout.vy": _source("SignedReports"),
    "contracts/oracles/ChainlinkSource.vy": _source("ChainlinkSource"),
    "contracts/oracles/PythSource.vy": _source("PythSource"),
    "contracts/oracles/SignedReports.vy": _source("SignedReports"),
    "contracts/oracles/UniswapV3Source.vy": _source("UniswapV3Source"),
}
"""By file, or by folder for the files in it that are not named."""


def area_of(path: str) -> Area:
    """The area of a file; raises FaultTableError where it is in none."""
    area = AREAS.get(path) or AREAS.get(path.rpartition("/")[0])
    if area is None:
        raise FaultTableError(f"{path} is in no area of walras/devtools/faults.py: add it to AREAS")
    return area


@dataclass(frozen=True, slots=True)
class Search:
    """Campaigns over some seeds, as tests.support.hunting takes them."""

    name: str
    seeds: str
    steps: int
    check_every: int
    seconds: int


QUICK: Final = Search("campaign", "0:120", steps=200, check_every=5, seconds=120)
LONG: Final = Search("long campaign", "1000:1024", steps=1500, check_every=25, seconds=120)
LAST: Final = Search("last campaign", "2000:2160", steps=1500, check_every=25, seconds=300)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the tests had to say to one fault."""

    fault: Fault
    found_by: str
    """A search's name or `tests`; `nothing` where it survived; `error` where the hunt itself went wrong."""
    where: str = ""
    """Seed and step, or the test."""
    what: str = ""
    """The message, or what went wrong."""
    steps: int = 0
    """Steps that campaigns made until then, where one found it."""
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether the fault was found."""
        return self.found_by not in ("nothing", "error")


def occurrences(fault: Fault, root: Path = PROJECT_ROOT) -> int:
    """How often the text that a fault replaces stands in its file; 1 is right."""
    return (root / fault.path).read_text().count(fault.old)


def plant(fault: Fault, folder: Path) -> None:
    """Copy the sources into an empty folder, the fault in them.

    Raises FaultTableError where its text is not found exactly once, and where it does not compile or leaves
    the code as it is.
    """
    contracts = area_of(fault.path).contracts
    found = occurrences(fault)
    if found != 1:
        times = "not found" if not found else f"found {found} times"
        raise FaultTableError(f"{fault.path}: {fault.old!r} is {times}")
    for part in _COPIED:
        shutil.copytree(PROJECT_ROOT / part, folder / part)
    path = folder / fault.path
    path.write_text(path.read_text().replace(fault.old, fault.new))
    compiled = _run(["-c", _COMPILE, str(folder), *contracts], folder)  # into the cache of compile_contract
    if compiled.returncode != 0:
        raise FaultTableError(f"does not compile: {_line(compiled.stderr[-300:])}")
    if all(compile_contract(name, folder).code == compile_contract(name).code for name in contracts):
        raise FaultTableError("the compiled code is the same: the fault is none")


def hunt(campaign: str, search: Search, sources: Path) -> dict[str, Any]:
    """Run campaigns against the sources in a folder; their outcome, as tests.support.hunting prints it."""
    arguments = {
        "--seeds": search.seeds,
        "--steps": search.steps,
        "--check-every": search.check_every,
        "--seconds": search.seconds,
    }
    flat = [str(part) for pair in arguments.items() for part in pair]
    done = _run(["-m", campaign, *flat], sources)
    if not done.stdout.strip():
        raise RuntimeError(f"the campaign broke down: {done.stderr[-2000:]}")
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


def run_tests(tests: Sequence[str], sources: Path) -> tuple[str, str] | None:
    """The first test that fails with the sources in a folder, and its message; None where none does."""
    done = _run([*_PYTEST, *tests], sources)
    if done.returncode == 0:
        return None
    failed = _FAILED.search(done.stdout)
    if failed is None:
        raise RuntimeError(f"pytest broke down: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return failed[1], failed[2] or ""


def examine(fault: Fault) -> Finding:
    """Plant a fault and hunt it; what goes wrong on the way becomes the finding, so that others go on."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="walras-fault-") as name:
        folder = Path(name)
        try:
            plant(fault, folder)
            finding = _search(fault, folder)
        except (FaultTableError, RuntimeError, subprocess.TimeoutExpired) as error:
            finding = Finding(fault, "error", what=_line(str(error)))
    return replace(finding, seconds=round(time.monotonic() - begin, 1))


def examine_all(faults: Sequence[Fault], jobs: int) -> Iterable[Finding]:
    """The findings, as they come. Threads are enough: compiler and tests run in processes of their own."""
    with ThreadPoolExecutor(jobs) as pool:
        for future in as_completed([pool.submit(examine, fault) for fault in faults]):
            yield future.result()


def table(findings: Iterable[Finding]) -> str:
    """The findings as a Markdown table."""
    lines = ["| Fault | What it does | Found by | Where |", "|---|---|---|---|"]
    for finding in findings:
        where = finding.where or finding.what
        if finding.steps:
            where += f"; {finding.steps:,} steps in all"
        cells = (f"`{finding.fault.name}`", finding.fault.why, finding.found_by, where)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines)


def summary(findings: Sequence[Finding]) -> str:
    """One line: how many faults were found by what."""
    kinds = (QUICK.name, LONG.name, "tests", LAST.name, "nothing", "error")
    counts = {kind: sum(finding.found_by == kind for finding in findings) for kind in kinds}
    by = ", ".join(f"{count} by {kind}" for kind, count in counts.items() if count and kind != "error")
    broken = f"; {counts['error']} could not be hunted" if counts["error"] else ""
    return f"{len(findings)} faults: found {by}{broken}"


def write_report(path: Path, findings: Sequence[Finding]) -> None:
    """Put the summary and the table between the marks of a file, or make a file of them."""
    PART.put(path, f"{summary(findings)}.\n\n{table(findings)}")


def main(line: Sequence[str] | None = None) -> int:
    """Do what the command line asks; 1 where a fault was not found."""
    parser = _parser()
    given = parser.parse_args(line)
    if given.report and (given.only or given.module):
        parser.error("--report writes of all faults: leave --only and --module out")
    names, modules = {fault.name for fault in FAULTS}, {fault.module for fault in FAULTS}
    if unknown := [name for name in given.only or () if name not in names]:
        parser.error(f"no fault is called {unknown[0]}: --list names them")
    if unknown := [name for name in given.module or () if name not in modules]:
        parser.error(f"no module with faults is called {unknown[0]}: they are {', '.join(sorted(modules))}")
    faults = [
        fault
        for fault in FAULTS
        if (not given.only or fault.name in given.only) and (not given.module or fault.module in given.module)
    ]
    if not faults:
        parser.error("no fault is of both --only and --module")
    if given.list:
        for fault in faults:
            print(f"{fault.name:<36} {fault.why}")
        return 0
    for area in sorted({area_of(fault.path) for fault in faults}, key=lambda area: area.name):
        if failed := _fails(area):
            print(f"faults: the {area.name} as it is fails: {failed}")
            return 1
    by_name = {}
    for finding in examine_all(faults, given.jobs):
        by_name[finding.fault.name] = finding
        about = finding.where if finding.good else finding.what
        print(f"{finding.fault.name:<36} {finding.found_by:<13} {finding.seconds:>6}s  {about}", flush=True)
    findings = [by_name[fault.name] for fault in faults]
    if given.report:
        write_report(given.report, findings)
    print(f"faults: {summary(findings)}")
    return 0 if all(finding.good for finding in findings) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m walras.devtools.faults", description="Plant faults and see the tests find them."
    )
    parser.add_argument("--list", action="store_true", help="only list the table")
    parser.add_argument("--only", action="append", metavar="NAME", help="this fault; may be repeated")
    parser.add_argument("--module", action="append", metavar="M", help="faults of a file, by its stem")
    parser.add_argument("--jobs", type=arguments.count, default=2, help="faults hunted at a time")
    parser.add_argument(
        "--report", type=PART.page, metavar="FILE", help="write a Markdown table into this file"
    )
    return parser


def _fails(area: Area) -> object:
    """What an area fails in without a fault; nothing where it is healthy."""
    if area.campaign:
        search = Search("the sources as they are", "0:16", 200, 5, 60)
        if difference := hunt(area.campaign, search, PROJECT_ROOT)["difference"]:
            return difference
    return run_tests(area.tests, PROJECT_ROOT)


def _search(fault: Fault, sources: Path) -> Finding:
    """Hunt a fault that is planted in these sources."""
    area = area_of(fault.path)
    for search in (QUICK, LONG, None, LAST):
        if search is None:  # the tests' turn
            failed = run_tests(area.tests, sources)
            if failed is not None:
                return Finding(fault, "tests", failed[0], _line(failed[1]))
        elif area.campaign:
            outcome = hunt(area.campaign, search, sources)
            found = outcome["difference"]
            if found is not None:
                where = f"seed {found['seed']} ({found['theme']}), step {found['step']}, {found['action']}"
                return Finding(fault, search.name, where, _line(found["what"]), outcome["steps"])
    return Finding(fault, "nothing")


def _run(arguments: Sequence[str], sources: Path) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(prefix="walras-hypothesis-") as storage:
        changes = {"WALRAS_SOURCES": str(sources), "HYPOTHESIS_STORAGE_DIRECTORY": storage}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=PROJECT_ROOT,
            env={**os.environ, **changes},
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIME_LIMIT,
        )


def _line(text: str, most: int = 160) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


if __name__ == "__main__":
    sys.exit(main())
