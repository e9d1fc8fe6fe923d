"""docs/branches.md: what of the branches was taken, by contract, and the list of what was not."""

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Final

from walras.audit.branches import OTHERS, STORIES_HAVE, Result, missing
from walras.audit.codemap import Branch, branches, is_written
from walras.devtools.compiler import PROJECT_ROOT

PAGE: Final = PROJECT_ROOT / "docs" / "branches.md"
CLASSES: Final = Path(__file__).with_name("unreachable.toml")


def classes(path: Path = CLASSES) -> dict[str, dict[str, str]]:
    """Written classes of outcomes that no call can take. Raises ValueError for one without a reason."""
    found: dict[str, dict[str, str]] = tomllib.loads(path.read_text())
    for name, one in found.items():
        unknown = set(one) - {"check", "source", "text", "way", "reason"}
        if not one.get("reason") or unknown or len(one) < 2:
            raise ValueError(f"{path.name}: [{name}] needs a reason and a pattern, and knows no {unknown}")
    return found


def class_of(branch: Branch, bit: int, known: dict[str, dict[str, str]]) -> str:
    """The class that an outcome belongs to; empty if none."""
    facts = {"check": branch.check, "source": branch.source, "text": branch.text, "way": branch.way(bit)}
    for name, one in known.items():
        if all(re.search(pattern, facts[key]) for key, pattern in one.items() if key != "reason"):
            return name
    return ""


def page(result: Result, command: str) -> str:
    """The page's text."""
    known, counts = classes(), Counter[str]()
    rows, listed, contradicted = [], [], []
    sums = [0] * 7
    for name in STORIES_HAVE:
        taken, by_stories = result.all.get(name, {}), result.stories.get(name, {})
        every = branches(name)[1]
        gone, lines = missing(name, taken), Counter[str]()
        for one, bit in gone:
            kind = class_of(one, bit, known)
            if kind:
                counts[kind] += 1
            else:
                lines[_line(one, bit)] += 1
        contradicted += [
            f"{name} {_line(one, bit)}"
            for one in every
            for bit in (1, 2)
            if taken.get(one.place, 0) & bit and class_of(one, bit, known)
        ]
        both = sum(taken.get(one.place, 0) == 3 for one in every)
        never = sum(not taken.get(one.place, 0) for one in every)
        explained = len(gone) - lines.total()
        stories = sum(by_stories.get(one.place, 0).bit_count() for one in every)
        written = [one for one in every if is_written(one)]
        done = sum(taken.get(one.place, 0).bit_count() for one in written)
        cells = [len(every), both, len(every) - both - never, never, explained]
        rows.append(_row(name, cells, stories, 2 * len(every) - len(gone), done, len(written)))
        for at, value in enumerate((*cells, stories, 2 * len(every) - len(gone))):
            sums[at] += value
        listed.append(f"\n{name}\n")
        listed += [
            f"  {line}{f'  ({count} times)' if count > 1 else ''}" for line, count in sorted(lines.items())
        ]
    if contradicted:
        raise ValueError(f"said to be unreachable, and taken: {contradicted[0]}")
    others = ", ".join(f"{name} {len(branches(name)[1])}" for name in OTHERS)
    unlike = result.counted.unlike.total()
    return "\n".join(
        [
            *_INTRODUCTION,
            f"Measured by `{command}`: {result.told} stories, {result.steps:,} steps; "
            f"of {result.counted.sent:,} calls {result.counted.traced:,} traced; "
            f"{result.counted.bent:,} bent calls; {result.instructions:,} instructions, "
            f"{result.seconds:.0f} s. The two EVMs differed on {unlike} of the traced calls.",
            "",
            "| contract | JUMPIs | both ways | one way | never | unreachable outcomes "
            "| stories alone | all | written in the source |",
            "|---|---|---|---|---|---|---|---|---|",
            *rows,
            _total(sums),
            "",
            f"Not in stories, so not measured at all (JUMPIs): {others}.",
            "",
            "## Outcomes that no call can take",
            "",
            *(
                [f"- **{name}** ({counts[name]}): {one['reason']}" for name, one in known.items()]
                or ["None is claimed yet."]
            ),
            "",
            "## Outcomes that were not taken",
            "",
            "File and line, the way that was never gone, the compiler's own check if it is one, the source.",
            "",
            "```",
            *listed,
            "```",
            "",
        ]
    )


_INTRODUCTION: Final = (
    "# Branches",
    "",
    "Both ways of every JUMPI of the deployed runtime code, a contract's code wherever it runs (by",
    'DELEGATECALL too). An outcome is a JUMPI and one of its two ways. "Written in the source" counts the',
    "outcomes of `if`, `assert`, `and`, `or`, comparisons and loops; the others are the compiler's own",
    "checks: overflow, bounds, calldata, answers of calls. Percentages are of outcomes.",
    "A JUMPI without a place of its",
    "own in the compiler's map is named by the last line before it that has one.",
    "",
)


def _row(name: str, cells: list[int], stories: int, taken: int, done: int, written: int) -> str:
    total = 2 * cells[0]
    share = f"{done} of {2 * written}, {done / (2 * written):.1%}" if written else "none"
    return (
        f"| {name} | {' | '.join(map(str, cells))} | {stories / total:.1%} | {taken / total:.1%} | {share} |"
    )


def _total(sums: list[int]) -> str:
    *cells, stories, taken = sums
    outcomes = 2 * cells[0]
    return (
        f"| **all** | {' | '.join(map(str, cells))} | {stories / outcomes:.1%} | {taken / outcomes:.1%} | |"
    )


def _line(branch: Branch, bit: int) -> str:
    check = f" [{branch.check}]" if branch.check else ""
    return f"{branch.source} never {branch.way(bit)}{check}  {branch.text}"
