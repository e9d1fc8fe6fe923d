"""Plant faults in the contracts, one at a time, and see that each is found.

Usage: python -m walras.devtools.faults [--list] [--only NAME ...] [--module M ...] [--minutes M] [--steps K]
           [--anew] [--report]

Every fault of walras.devtools.fault_table is judged as a mutant is (walras.devtools.mutant_judge): by random
stories of the whole exchange, every invariant asked, and by the tests of its part, until one fails. Verdicts
are kept in .cache/faults, one file a source, and come into docs/campaigns.md and docs/faults.jsonl with
--report. They hold for the text of their source alone: what has one is not judged again, unless --anew says
so.
Exits 1 where a fault is not found, where the judge failed, and where the table is at fault: text that is not
there once, a copy that does not compile, code that stays the same.
"""

import argparse
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from walras.devtools import arguments
from walras.devtools.compiler import PROJECT_ROOT, compile_contract
from walras.devtools.fault_table import FAULTS, Fault
from walras.devtools.mutant_judge import ERROR, KILLED, STORIES, TIMEOUT, Case, Verdict
from walras.devtools.mutant_tests import MONEY, tests_of
from walras.devtools.mutants import STEPS
from walras.devtools.mutation import Mutant
from walras.devtools.pages import Part
from walras.devtools.verdicts import Store, judge_and_keep

PART: Final = Part(
    '<!-- planted faults: written by `make faults ARGS="--report"`, not by hand -->',
    "<!-- end of planted faults -->",
)
PAGE: Final = PROJECT_ROOT / "docs" / "campaigns.md"
KEPT: Final = PROJECT_ROOT / "docs" / "faults.jsonl"
"""Verdicts that the page tells of."""

_STORE: Final = PROJECT_ROOT / ".cache" / "faults"
_COPIED: Final = ("contracts", "interfaces", "tests/contracts")
_COMPILE: Final = (
    "import sys, pathlib; from walras.devtools.compiler import compile_contract;"
    "[compile_contract(name, pathlib.Path(sys.argv[1])) for name in sys.argv[2:]]"
)


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
    """Module of their random campaign, by which `make test` finds some; empty where they have none."""


def _source(name: str) -> Area:
    """A contract of its own, with tests of its own."""
    return Area(name, (name,), (f"tests/unit/{name}",))


_BOOK: Final = Area(
    "order book",
    ("OrderbookV2", "OrderbookViews"),
    ("tests/unit/OrderbookV2", "tests/fuzz/test_book.py"),
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
        "tests/fuzz/test_engine.py",
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
class Finding:
    """A fault and what became of it; no verdict where it was not judged yet."""

    fault: Fault
    verdict: Verdict | None

    @property
    def is_found(self) -> bool:
        """Whether a story or a test noticed it, or took for ever."""
        return self.verdict is not None and self.verdict.kind in (KILLED, TIMEOUT)


def occurrences(fault: Fault, root: Path = PROJECT_ROOT) -> int:
    """How often the text that a fault replaces stands in its file; 1 is right."""
    return (root / fault.path).read_text().count(fault.old)


def mutant_of(fault: Fault) -> Mutant:
    """The fault as an edit at its place; its number is of what it puts there, so that another one has another
    id. Raises FaultTableError where its text is not found exactly once.
    """
    found = occurrences(fault)
    if found != 1:
        times = "not found" if not found else f"found {found} times"
        raise FaultTableError(f"{fault.path}: {fault.old!r} is {times}")
    text = (PROJECT_ROOT / fault.path).read_text()
    start = text.index(fault.old)
    line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
    number = zlib.crc32(fault.new.encode())
    return Mutant(fault.path, line, column, fault.word, number, start, fault.old, fault.new)


def plant(fault: Fault, folder: Path) -> None:
    """Copy the sources into an empty folder, the fault in them.

    Raises FaultTableError where its text is not found exactly once, and where it does not compile or leaves
    the code as it is.
    """
    contracts = area_of(fault.path).contracts
    mutant = mutant_of(fault)
    for part in _COPIED:
        shutil.copytree(PROJECT_ROOT / part, folder / part)
    path = folder / fault.path
    path.write_text(mutant.apply(path.read_text()))
    compiled = subprocess.run(  # into the cache of compile_contract
        [sys.executable, "-c", _COMPILE, str(folder), *contracts],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if compiled.returncode != 0:
        raise FaultTableError(f"does not compile: {' '.join(compiled.stderr[-300:].split())}")
    if all(compile_contract(name, folder).code == compile_contract(name).code for name in contracts):
        raise FaultTableError("the compiled code is the same: the fault is none")


def store_of(path: str) -> Store:
    """Verdicts on a source's faults."""
    return Store(path, _STORE, KEPT)


def judges_of(path: str) -> tuple[str, ...]:
    """Paths of the tests that judge a source's faults, in their order: its own, then its area's."""
    own = tests_of(path) if path in MONEY else ()
    return tuple(dict.fromkeys((*own, *area_of(path).tests)))


def known(faults: Iterable[Fault]) -> list[Finding]:
    """What is known of faults, in their order."""
    faults = list(faults)
    verdicts = {path: store_of(path).load() for path in {fault.path for fault in faults}}
    return [Finding(fault, verdicts[fault.path].get(mutant_of(fault).id)) for fault in faults]


def summary(findings: Sequence[Finding]) -> str:
    """One line: how many faults were found by what."""
    judged = [one for one in findings if one.verdict]
    found = [one for one in judged if one.is_found]
    stories = sum(_is_by_story(one) for one in found)
    lost = f"{len(judged) - len(found)} not found" if len(found) < len(judged) else "none is left"
    return (
        f"{len(judged):,} of {len(findings):,} faults judged: {stories:,} found by stories, "
        f"{len(found) - stories:,} by tests, {lost}"
    )


def table(findings: Sequence[Finding]) -> str:
    """Findings by source, as a Markdown table, and by name what was not found."""
    lines = ["| Source | Faults | Judged | Stories | Tests | Not found |", "|---|---|---|---|---|---|"]
    for path in dict.fromkeys(one.fault.path for one in findings):
        own = [one for one in findings if one.fault.path == path]
        found = [one for one in own if one.is_found]
        judged, stories = sum(one.verdict is not None for one in own), sum(map(_is_by_story, found))
        counts = (len(own), judged, stories, len(found) - stories, judged - len(found))
        lines.append(f"| `{path}` | {' | '.join(map(str, counts))} |")
    lost = [one for one in findings if one.verdict and not one.is_found]
    if lost:
        lines += ["", "Not found:", "", *(f"- `{one.fault.name}`, {_told(one)}" for one in lost)]
    return "\n".join(lines)


def main(line: Sequence[str] | None = None) -> int:
    """Do what the command line asks; 1 where a fault was not found."""
    parser = _parser()
    given = parser.parse_args(line)
    faults = _chosen(parser, given)
    if given.list:
        for fault in faults:
            print(f"{fault.name:<36} {fault.why}")
        return 0
    if given.report:
        findings = known(faults)
        PART.put(PAGE, f"{summary(findings)}.\n\n{table(findings)}")
        KEPT.write_text(
            "".join(
                store_of(one.fault.path).line(mutant_of(one.fault), one.verdict)
                for one in findings
                if one.verdict
            )
        )
        return 0
    cases = [
        Case(mutant_of(one.fault), judges_of(one.fault.path))
        for one in known(faults)
        if given.anew or one.verdict is None or one.verdict.kind == ERROR
    ]
    status = 0
    if cases:
        print(f"{len(cases)} faults of {len({case.mutant.path for case in cases})} sources", flush=True)
        log = _STORE / f"pytest-{os.getpid()}.log"
        status = judge_and_keep(cases, store_of, given.steps, given.minutes, log)
    findings = known(faults)
    lost = [one for one in findings if one.verdict and not one.is_found]
    for one in lost:
        print(f"{one.fault.name}: {_told(one)}")
    print(f"faults: {summary(findings)}")
    return int(bool(status or lost))


def _chosen(parser: argparse.ArgumentParser, given: argparse.Namespace) -> list[Fault]:
    """Those that the command line names, or all."""
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
    return faults


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m walras.devtools.faults", description="Plant faults and see that each is found."
    )
    parser.add_argument("--list", action="store_true", help="only list the table")
    parser.add_argument("--only", action="append", metavar="NAME", help="this fault; may be repeated")
    parser.add_argument("--module", action="append", metavar="M", help="faults of a file, by its stem")
    parser.add_argument("--minutes", type=arguments.minutes, metavar="M", help="begin no fault after these")
    parser.add_argument(
        "--steps", type=arguments.count, default=STEPS, help="of stories that a fault is told"
    )
    parser.add_argument("--anew", action="store_true", help="those that have a verdict too")
    parser.add_argument(
        "--report",
        action="store_true",
        help="judge nothing, and write what is known into docs/campaigns.md and docs/faults.jsonl",
    )
    return parser


def _is_by_story(one: Finding) -> bool:
    return one.verdict is not None and one.verdict.by.startswith(STORIES)


def _told(one: Finding) -> str:
    assert one.verdict is not None
    return f"{one.fault.why}: {one.verdict.kind} {one.verdict.by}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
