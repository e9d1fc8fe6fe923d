"""How many small changes to the contracts the tests notice.

Usage: python -m walras.devtools.mutants [--only FILE ...] [--sample N] [--seed S] [--minutes M] [--steps K]
           [--anew | --survivors] [--list] [--report]

The contracts that handle money by default. Verdicts are kept in .cache/mutants, one file a source, and come
into docs/mutants.jsonl with --report. They hold for the text of their source alone: who has one is not judged
again, unless --anew or --survivors says so.
Exits 1 where a survivor is without a word in mutant_words.toml, and where the judge failed.
"""

import argparse
import os
import random
import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from walras.devtools import arguments
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.mutant_judge import (
    EQUIVALENT,
    ERROR,
    INVALID,
    KILLED,
    STORIES,
    SURVIVED,
    TIMEOUT,
    Case,
    Verdict,
)
from walras.devtools.mutant_tests import MONEY, tests_of
from walras.devtools.mutation import Mutant, mutants_of
from walras.devtools.verdicts import Store, judge_and_keep

WORDS: Final = Path(__file__).with_name("mutant_words.toml")
EQUAL: Final = "equivalent because"
"""How the word on a survivor begins that no test can find."""
PAGE: Final = PROJECT_ROOT / "docs" / "mutants.md"
STEPS: Final = 24_000
"""Of stories: forty, each profile and number of decimals three times."""

KEPT: Final = PAGE.with_suffix(".jsonl")
"""Verdicts that the page tells of."""

_STORE: Final = PROJECT_ROOT / ".cache" / "mutants"


@dataclass(frozen=True, slots=True)
class Judged:
    """A mutant and what became of it."""

    mutant: Mutant
    verdict: Verdict


def store_of(path: str) -> Store:
    """Verdicts on a source's mutants."""
    return Store(path, _STORE, KEPT)


class Words:
    """What has been found out about survivors: {path: {place: {edit, word}}}.

    A word holds for one edit: where the source has changed and another edit stands at its place, it is void.
    """

    def __init__(self, file: Path = WORDS) -> None:
        self.all: dict[str, dict[str, dict[str, str]]] = tomllib.loads(file.read_text())

    def on(self, mutant: Mutant) -> str:
        """The word on a mutant; empty where there is none."""
        entry = self.all.get(mutant.path, {}).get(mutant.place)
        return entry["word"] if entry and entry["edit"] == mutant.edit else ""


@dataclass(frozen=True, slots=True)
class Score:
    """The mutants of one source in numbers."""

    path: str
    mutants: int
    invalid: int
    same: int
    """Equivalent by their bytecode."""
    equal: int
    """Equivalent by a word, that says why no test can find them."""
    by_tests: int
    by_stories: int
    survivors: int
    """That are not known to be equivalent."""
    errors: int
    late: int = 0
    """Of those that are killed: which had survived at first."""

    @property
    def judged(self) -> int:
        """Those of which something is known."""
        return self.invalid + self.same + self.equal + self.killed + self.survivors

    @property
    def killed(self) -> int:
        """By whomever."""
        return self.by_tests + self.by_stories

    @property
    def percent(self) -> float | None:
        """Killed, of those and the survivors; None where there is none."""
        whole = self.killed + self.survivors
        return 100 * self.killed / whole if whole else None


def score(path: str, mutants: int, judged: Sequence[Judged], words: Words) -> Score:
    """Count verdicts."""
    counts: Counter[str] = Counter()
    for one in judged:
        kind = one.verdict.kind
        if kind in (KILLED, TIMEOUT):
            kind = "by_stories" if one.verdict.by.startswith(STORIES) else "by_tests"
        elif kind == SURVIVED and words.on(one.mutant).startswith(EQUAL):
            kind = "equal"
        counts[kind] += 1
    return Score(
        path,
        mutants,
        invalid=counts[INVALID],
        same=counts[EQUIVALENT],
        equal=counts["equal"],
        by_tests=counts["by_tests"],
        by_stories=counts["by_stories"],
        survivors=counts[SURVIVED],
        errors=counts[ERROR],
        late=sum(one.verdict.is_late for one in judged),
    )


def known(path: str) -> tuple[list[Mutant], list[Judged]]:
    """All mutants of a source, and those with a verdict."""
    mutants = mutants_of(path)
    verdicts = store_of(path).load()
    return mutants, [Judged(mutant, verdicts[mutant.id]) for mutant in mutants if mutant.id in verdicts]


_PAGE: Final = """\
# Mutants

Small changes to the contracts, one at a time, and whether a test fails. Of the sources below this is
**a sample and not the whole**: {judged:,} of {mutants:,} mutants. They are drawn by the order in which seed
{seed} shuffles the mutants of a source, and were run as far as time went.
{killed:,} of {alive:,} with code of their own are killed, **{percent}**, and the others are listed below.
{late} of those survived at first, and tests were written for them, or named: before, it were **{first}**, and
that is what to expect of mutants that nobody has looked at. Of an earlier sample, by seed 1, 298 of 298 of
320 were killed, but tests had been written for the eight that were not at first.

```
make mutants ARGS="--seed {seed} --sample 26"  # judge the first 26 of each source that have no verdict yet
make mutants ARGS="--seed {seed} --report"     # write this page
```

A mutant is one edit of a source: a sign, a number, a comparison, a rounding, a condition, a statement left
out, two arguments that change places (`walras/devtools/mutation.py`). It goes into every contract whose code
it can reach. First it is told {steps:,} steps of random stories, in which every invariant is asked
(docs/invariants.md), for they find most in seconds; then the tests of its source judge it, and the unit tests
of its kin (`walras/devtools/mutant_tests.py`), until the first one fails. Where a driver has the source alone
its tests come before the stories. Without a mutant tests and stories pass: that is tried first.

**Judged**: with a verdict. **No code**: does not compile. **Same code**: the same bytecode, so that there is
nothing to find. **Equivalent**: by a word below, which says why no test can find it. **Tests**, **stories**:
by whom it was killed. **Score**: killed, of those and the survivors. Each verdict, and the test that killed:
[mutants.jsonl](mutants.jsonl).

| Source | Mutants | Judged | No code | Same code | Equivalent | Tests | Stories | Survivors | Score |
|---|---|---|---|---|---|---|---|---|---|
"""


def report(paths: Sequence[str], words: Words, seed: int = 0) -> str:
    """What is known of the sources, as a page of Markdown."""
    scores, left = [], []
    for path in paths:
        mutants, judged = known(path)
        scores.append(score(path, len(mutants), judged, words))
        left += [one.mutant for one in judged if one.verdict.kind == SURVIVED]
    whole = _sum(scores)
    head = _PAGE.format(
        judged=whole.judged,
        mutants=whole.mutants,
        seed=seed,
        killed=whole.killed,
        alive=whole.killed + whole.survivors,
        percent=_shown(whole),
        late=whole.late,
        first=_shown(
            replace(whole, by_tests=whole.by_tests - whole.late, survivors=whole.survivors + whole.late)
        ),
        steps=STEPS,
    )
    lines = [_row(f"`{one.path}`", one) for one in scores if one.judged]
    lines.append(_row("**all**", whole))
    if unread := [f"`{one.path}`" for one in scores if not one.judged]:
        lines += ["", f"Not judged: {', '.join(unread)}."]
    survivors = [one for one in left if not words.on(one).startswith(EQUAL)]
    lines += ["", "## Survivors", "", *(_item(one, words) for one in survivors)]
    lines += [] if survivors else ["None."]
    lines += ["", "## Equivalent, by a word", ""]
    lines += [_item(one, words) for one in left if one not in survivors] or ["None."]
    return head + "\n".join(lines) + "\n"


def _item(one: Mutant, words: Words) -> str:
    return f"- `{one.id}`: `{one.edit}`: {words.on(one) or '**no word yet**'}"


def choose(mutants: Sequence[Mutant], sample: int | None, seed: int) -> list[Mutant]:
    """Mutants of a source in the order in which the seed shuffles them: the first ones, or all."""
    shuffled = list(mutants)
    random.Random(seed).shuffle(shuffled)
    return shuffled[:sample]


def ahead(paths: Sequence[str], given: argparse.Namespace) -> list[Case]:
    """What is to be judged: of each source the first one, then of each the second, and so on.

    Where time ends early the sources have been drawn from alike.
    """
    rounds: list[tuple[int, int, Case]] = []
    for at, path in enumerate(paths):
        verdicts = store_of(path).load()
        for turn, mutant in enumerate(choose(mutants_of(path), given.sample, given.seed)):
            verdict = verdicts.get(mutant.id)
            is_open = verdict is None or verdict.kind == ERROR
            if given.survivors:
                is_open = verdict is not None and verdict.kind == SURVIVED
            if is_open or given.anew:
                rounds.append((turn, at, Case(mutant, tests_of(path))))
    return [case for *_, case in sorted(rounds, key=lambda one: one[:2])]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m walras.devtools.mutants", description="Change contracts and see a test fail."
    )
    parser.add_argument("--only", action="append", metavar="FILE", help="this source; may be repeated")
    parser.add_argument("--sample", type=arguments.count, metavar="N", help="so many of each source")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--minutes", type=arguments.minutes, metavar="M", help="begin no mutant after these")
    parser.add_argument(
        "--steps", type=arguments.count, default=STEPS, help="of stories that a mutant is told"
    )
    parser.add_argument("--anew", action="store_true", help="those that have a verdict too")
    parser.add_argument("--survivors", action="store_true", help="only those that survived, once more")
    parser.add_argument("--list", action="store_true", help="only list the mutants")
    parser.add_argument(
        "--report",
        action="store_true",
        help="judge nothing, and write what is known into docs/mutants.md and docs/mutants.jsonl",
    )
    return parser


def main(line: Sequence[str] | None = None) -> int:
    """Do what the command line asks."""
    parser = _parser()
    given = parser.parse_args(line)
    paths = given.only or MONEY
    for path in paths:
        if path not in MONEY:
            parser.error(f"{path} is none of the sources that handle money; --list names them")
    if given.report and given.only:
        parser.error("--report is of all sources: leave out --only")
    words = Words()
    if given.list:
        for path in paths:
            for mutant in mutants_of(path):
                print(f"{mutant.id:<64} {mutant.edit}")
        return 0
    status = 0
    if given.report:
        PAGE.write_text(report(paths, words, given.seed))
        lines = (store_of(path).line(one.mutant, one.verdict) for path in paths for one in known(path)[1])
        KEPT.write_text("".join(lines))
        return 0
    if cases := ahead(paths, given):
        print(f"{len(cases)} mutants of {len({case.mutant.path for case in cases})} sources", flush=True)
        log = _STORE / f"pytest-{os.getpid()}.log"
        status = judge_and_keep(cases, store_of, given.steps, given.minutes, log)
    for path in paths:
        mutants, judged = known(path)
        if not judged:
            continue
        print(_line(score(path, len(mutants), judged, words)))
        unjudged = [one for one in judged if one.verdict.kind == SURVIVED and not words.on(one.mutant)]
        status |= bool(unjudged)
        for one in unjudged:
            print(f"  without a word: {one.mutant.place} {one.mutant.edit}")
    return int(status)


def _shown(one: Score) -> str:
    return "-" if one.percent is None else f"{one.percent:.1f} %"


def _row(name: str, one: Score) -> str:
    before = (one.mutants, one.judged, one.invalid, one.same, one.equal)
    counts = (*before, one.by_tests, one.by_stories, one.survivors)
    return f"| {' | '.join([name, *(f'{count:,}' for count in counts), _shown(one)])} |"


def _line(one: Score) -> str:
    return (
        f"{one.path}: {one.judged} of {one.mutants} judged, {one.invalid} do not compile, "
        f"{one.same} same code, {one.equal} equivalent, {one.by_tests} killed by tests, "
        f"{one.by_stories} by stories, {one.survivors} survive, {one.errors} errors; score {_shown(one)}"
    )


def _sum(scores: Sequence[Score]) -> Score:
    names = ("mutants", "invalid", "same", "equal", "by_tests", "by_stories", "survivors", "errors", "late")
    return Score("all", **{name: sum(getattr(one, name) for one in scores) for name in names})


if __name__ == "__main__":
    sys.exit(main())
