"""docs/branches.md: which outcomes of the branches were taken, by contract, and the list of what was not."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from walras.audit.bounds.answers import proved_by_answers
from walras.audit.bounds.proof import proved
from walras.audit.branches.codemap import FELL, JUMPED, Branch, branches, is_written
from walras.audit.branches.tripwires import Outcomes
from walras.audit.branches.watched import Notes
from walras.devtools.compiler import PROJECT_ROOT

PAGE: Final = PROJECT_ROOT / "docs" / "branches.md"
CLASSES: Final = Path(__file__).with_name("unreachable.toml")
CONTRACTS: Final = (
    "PerpEngine",
    "EngineAccounts",
    "EngineAuctions",
    "EngineRelay",
    "EngineSettings",
    "EngineViews",
    "OrderbookV2",
    "OrderbookViews",
    "OracleRouter",
    "SignedReports",
    "ChainlinkSource",
    "PythSource",
    "UniswapV3Source",
    "LiquidationEngine",
    "LiquidationViews",
    "Vault",
    "InsuranceFund",
    "FeeDistributor",
    "TriggerOrders",
    "GovernanceToken",
    "Governor",
    "Timelock",
    "Guardian",
    "Treasury",
)
"""All that is deployed."""
BOUNDS: Final = "bounds"
"""Class of the outcomes that are proved one by one."""
ANSWERS: Final = "bounds of answers"
"""Class of those that are proved so if the exchange's contracts answer one another as their code does."""
_KEYS: Final = {"contract", "check", "node", "source", "text", "way"}
_WORDS: Final = {"reason", "trusts"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a step of the measurement saw, and its effort."""

    outcomes: dict[str, Outcomes]
    steps: int
    operations: int
    hunted: int
    tries: int

    @staticmethod
    def of(notes: Notes) -> "Seen":
        """From the notes of its processes."""
        return Seen(notes.outcomes(), notes.steps, notes.operations, notes.hunted, notes.tries)


@dataclass(frozen=True, slots=True)
class Row:
    """One outcome."""

    branch: Branch
    way: int
    stories: bool
    tests: bool
    bent: bool
    """By any of the three."""
    unreachable: str
    """Class of those that no call can take, or empty."""

    @property
    def is_taken(self) -> bool:
        """By a story or a test, or where the compiler branches for itself, by a bent call."""
        return self.stories or self.tests or (self.bent and not is_written(self.branch))

    @property
    def line(self) -> str:
        """How it is listed."""
        one = self.branch
        check = f" [{one.check}]" if one.check and not is_written(one) else ""
        return f"{one.source} never {one.meaning(self.way)}{check}  {one.text}"


def classes(path: Path = CLASSES) -> dict[str, dict[str, str]]:
    """Written classes of outcomes that no call can take. Raises ValueError for one without a reason."""
    found: dict[str, dict[str, str]] = tomllib.loads(path.read_text())
    for name, one in found.items():
        unknown = set(one) - _KEYS - _WORDS
        if unknown or not one.get("reason") or not _KEYS & set(one):
            raise ValueError(f"{path.name}: [{name}] needs a reason and a pattern, knows no {unknown or ''}")
    return found


def class_of(branch: Branch, way: int, known: dict[str, dict[str, str]]) -> str:
    """The class that an outcome belongs to; empty if none."""
    facts = {
        "contract": branch.contract,
        "check": branch.check,
        "node": branch.node,
        "source": branch.source,
        "text": branch.text,
        "way": branch.meaning(way),
    }
    for name, one in known.items():
        if all(re.search(pattern, facts[key]) for key, pattern in one.items() if key in _KEYS):
            return name
    return ""


def rows(stories: Seen, tests: Seen, bent: Seen, known: dict[str, dict[str, str]]) -> list[Row]:
    """Every outcome. Raises ValueError for one that was taken and is said to be unreachable.

    Where that trusts a contract of the exchange, a bent call may take it, as that one lies there to another;
    no story and no test may. It is of the class no more where the bent call counts.
    """
    found = []
    for name in CONTRACTS:
        for branch in branches(name)[1]:
            for way in (JUMPED, FELL):
                taken = [
                    bool(seen.outcomes[name].get(branch.place, 0) & way) for seen in (stories, tests, bent)
                ]
                unreachable = _unreachable(branch, way, known)
                one = Row(branch, way, taken[0], taken[1], any(taken), unreachable)
                trusts = unreachable == ANSWERS or "trusts" in known.get(unreachable, {})
                if unreachable and (one.stories or one.tests if trusts else one.bent):
                    raise ValueError(f"[{one.unreachable}] claims what was taken: {name} {one.line}")
                found.append(replace(one, unreachable="") if one.is_taken else one)
    return found


def _unreachable(branch: Branch, way: int, known: dict[str, dict[str, str]]) -> str:
    """The class that trusts the least."""
    if (branch.place, way) in proved(branch.contract):
        return BOUNDS
    is_proved = (branch.place, way) in proved_by_answers(branch.contract)
    return class_of(branch, way, known) or (ANSWERS if is_proved else "")


def page(stories: Seen, tests: Seen, bent: Seen, revision: str) -> str:
    """The page's text, for a revision of the sources."""
    known = classes()
    found = rows(stories, tests, bent, known)
    counts = Counter(row.unreachable for row in found if row.unreachable)
    if idle := set(known) - set(counts):
        raise ValueError(f"{CLASSES.name}: nothing is of the class [{sorted(idle)[0]}]")
    return "\n".join(
        [
            _INTRODUCTION,
            f"Sources: commit {revision}. "
            f"Stories: {stories.steps:,} steps, {stories.operations:,} calls. "
            f"Tests: {tests.operations:,} calls. "
            f"Bent: {bent.operations:,} calls. "
            f"A wire tripped in {sum(one.hunted for one in (stories, tests, bent)):,} of them, and "
            f"{sum(one.tries for one in (stories, tests, bent)):,} tries told which.",
            "",
            "## All outcomes",
            "",
            *_table(found),
            "",
            "## Outcomes of branches in the source",
            "",
            "Of `if`, `assert`, `and`, `or`, comparisons and loops. Bent calls do not count here.",
            "",
            *_table([row for row in found if is_written(row.branch)]),
            "",
            "## What no call can take",
            "",
            "Proved, or written in `walras/audit/branches/unreachable.toml`, each a pattern over a branch",
            "and its way.",
            "Where a call takes one, `make branches` fails.",
            "",
            f"- **{BOUNDS}** ({counts[BOUNDS]:,}): {_PROVED}",
            f"- **{ANSWERS}** ({counts[ANSWERS]:,}): {_PROVED_BY_ANSWERS}",
            *[f"- **{name}** ({counts[name]:,}): {_reason(one)}" for name, one in known.items()],
            "",
            "## What was not taken",
            "",
            "File and line, the way that nothing went, in brackets the check if it is the compiler's own.",
            "",
            *(["```", *listed, "```"] if (listed := _listed(found)) else ["Nothing."]),
            "",
        ]
    )


def _reason(one: dict[str, str]) -> str:
    return one["reason"] + (f" This trusts {one['trusts']}." if "trusts" in one else "")


def _table(found: list[Row]) -> Iterator[str]:
    yield "| contract | outcomes | stories | tests | taken | no call can | left | taken | or explained |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for name in (*CONTRACTS, ""):
        own = [row for row in found if not name or row.branch.contract == name]
        if not own:
            continue
        taken = sum(row.is_taken for row in own)
        explained = sum(bool(row.unreachable) for row in own)
        cells = [
            f"{len(own):,}",
            f"{sum(row.stories for row in own):,}",
            f"{sum(row.tests for row in own):,}",
            f"{taken:,}",
            f"{explained:,}",
            f"{len(own) - taken - explained:,}",
            f"{taken / len(own):.1%}",
            f"{(taken + explained) / len(own):.1%}",
        ]
        yield f"| {name or '**all**'} | {' | '.join(cells)} |"


def _listed(found: list[Row]) -> Iterator[str]:
    for name in CONTRACTS:
        lines = Counter(
            row.line + ("  (bent calls do)" if row.bent else "")
            for row in found
            if row.branch.contract == name and not row.is_taken and not row.unreachable
        )
        if lines:
            yield name
            for line, count in sorted(lines.items(), key=lambda one: _in_order(one[0])):
                yield f"  {line}{f'  ({count} times)' if count > 1 else ''}"


def _in_order(line: str) -> tuple[str, int, str]:
    file, _, rest = line.partition(":")
    digits = rest.split(" ", 1)[0]
    return file, int(digits) if digits.isdigit() else 0, rest


_PROVED: Final = (
    "Each alone is proved from the runtime code by `walras/audit/bounds/proof.py`: on no path to its "
    "JUMPI do the bounds of words let it be taken. Calldata, storage, other contracts' answers and the "
    "block may be anything that the code does not check or mask; its time is below 2**64 (docs/proofs.md)."
)

_PROVED_BY_ANSWERS: Final = (
    "Each alone is proved in the same way by `walras/audit/bounds/answers.py`, with the words that the "
    "exchange's own contracts answer within the bounds that their code gives them, found by the same "
    "analysis of that code. Tokens, price feeds and sources may answer anything. This trusts who is "
    "called: that behind an address which a constructor or the timelock set stands the exchange's "
    "contract, with the parts that it delegates to. A bent call in which that one lies may take such an "
    "outcome; no story and no test does."
)

_INTRODUCTION: Final = """# Branches

Both ways of every JUMPI of the deployed runtime code; a contract's code wherever it runs, delegated to, too.
An outcome is a JUMPI and one of its two ways. `make branches` measures and writes this page.

How it is known: every call of a story or a test runs on pyrevm, and again on a second pyrevm whose codes have
a tripwire on each way that was not seen yet. A way counts where a call trips on it as the only wire
(`walras/audit/branches/watched.py`). Constructors are not looked at.

Bent calls are calls of the tests, made once more and undone (`walras/audit/branches/bending.py`): with a
word of their data at an edge, cut short, or with ether; and with a contract that they come to failing,
answering too little, answering with a word at an edge, calling back, or gone. They count for checks that
the compiler makes on its own (data, answers, locks, overflow), not for branches of the source. So some of
what is counted takes a contract of the exchange that lies to another: what is shown is that the check is
there.

What no call can take is told apart: most of it is proved, outcome by outcome, by the bounds of the words in
the code.
"""
