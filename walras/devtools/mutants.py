"""How many small changes to the contracts the tests notice.

Usage: python -m walras.devtools.mutants [--only FILE ...] [--sample N] [--seed S] [--minutes M] [--steps K]
           [--anew | --survivors] [--list] [--report [FILE]]

The contracts that handle money by default. Verdicts are kept in .cache/mutants, one file a source, and hold
for the text of that source alone: who has one is not judged again, unless --anew or --survivors says so.
Exits 1 where a survivor is without a word in mutant_words.toml, and where the judge failed.
"""

import argparse
import hashlib
import json
import os
import random
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

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
    JudgeError,
    Verdict,
    judge,
)
from walras.devtools.mutant_tests import MONEY, tests_of
from walras.devtools.mutation import Mutant, mutants_of

WORDS: Final = Path(__file__).with_name("mutant_words.toml")
EQUAL: Final = "equivalent because"
"""How the word on a survivor begins that no test can find."""
PAGE: Final = PROJECT_ROOT / "docs" / "mutants.md"
STEPS: Final = 24_000
"""Of stories, for who survives the tests: forty, each profile and number of decimals three times."""

_STORE: Final = PROJECT_ROOT / ".cache" / "mutants"


@dataclass(frozen=True, slots=True)
class Judged:
    """A mutant and what became of it."""

    mutant: Mutant
    verdict: Verdict


class Store:
    """Verdicts on disk, of one source as it is now."""

    def __init__(self, path: str, folder: Path = _STORE) -> None:
        self._file = folder / f"{path.replace('/', '.')}.jsonl"
        self._source = hashlib.sha256((PROJECT_ROOT / path).read_bytes()).hexdigest()[:16]

    def load(self) -> dict[str, Verdict]:
        """By the mutant's id, the last one of each."""
        found: dict[str, Verdict] = {}
        if self._file.exists():
            for line in self._file.read_text().splitlines():
                entry = json.loads(line)
                if entry["source"] == self._source:
                    found[entry["id"]] = Verdict(entry["kind"], entry["by"], entry["seconds"])
        return found

    def add(self, mutant: Mutant, verdict: Verdict) -> None:
        """Keep one."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        entry = {"id": mutant.id, "source": self._source, "kind": verdict.kind, "by": verdict.by}
        with self._file.open("a") as file:
            file.write(json.dumps({**entry, "seconds": verdict.seconds}) + "\n")


class Words:
    """What has been found out about survivors: {path: {place: {edit, word}}}.

    A word holds for one edit: where the source has changed and another edit stands at its place, it is void.
    """

    def __init__(self, file: Path = WORDS) -> None:
        self._words: dict[str, dict[str, dict[str, str]]] = tomllib.loads(file.read_text())

    def on(self, mutant: Mutant) -> str:
        """The word on a mutant; empty where there is none."""
        entry = self._words.get(mutant.path, {}).get(mutant.place)
        return entry["word"] if entry and entry["edit"] == mutant.edit else ""


@dataclass(frozen=True, slots=True)
class Score:
    """The mutants of one source in numbers."""

    path: str
    mutants: int
    invalid: int
    equivalent: int
    """By their bytecode."""
    killed: int
    survivors: int
    equal: int
    """Of the survivors: those of which a word says that no test can find them."""
    errors: int

    @property
    def judged(self) -> int:
        """Those of which something is known."""
        return self.invalid + self.equivalent + self.killed + self.survivors

    @property
    def raw(self) -> float | None:
        """Percent killed of those with other bytecode; None where there is none."""
        return _percent(self.killed, self.killed + self.survivors)

    @property
    def net(self) -> float | None:
        """The same without the survivors that no test can find."""
        return _percent(self.killed, self.killed + self.survivors - self.equal)


def score(path: str, mutants: int, judged: Iterable[Judged], words: Words) -> Score:
    """Count verdicts."""
    found = list(judged)
    kinds = Counter(one.verdict.kind for one in found)
    return Score(
        path,
        mutants,
        invalid=kinds[INVALID],
        equivalent=kinds[EQUIVALENT],
        killed=kinds[KILLED] + kinds[TIMEOUT],
        survivors=kinds[SURVIVED],
        equal=sum(one.verdict.kind == SURVIVED and words.on(one.mutant).startswith(EQUAL) for one in found),
        errors=kinds[ERROR],
    )


def known(path: str) -> tuple[list[Mutant], list[Judged]]:
    """All mutants of a source, and those with a verdict."""
    mutants = mutants_of(path)
    verdicts = Store(path).load()
    return mutants, [Judged(mutant, verdicts[mutant.id]) for mutant in mutants if mutant.id in verdicts]


def report(paths: Sequence[str], words: Words) -> str:
    """What is known of the sources, as a page of Markdown."""
    scores, survivors = [], []
    for path in paths:
        mutants, judged = known(path)
        scores.append(score(path, len(mutants), judged, words))
        survivors += [one.mutant for one in judged if one.verdict.kind == SURVIVED]
    rows = [_row(one.path, one) for one in scores if one.judged]
    lines = [
        "# Mutants",
        "",
        "Small changes to the contracts, one at a time, and whether a test fails. Written by",
        '`make mutants ARGS="--report docs/mutants.md"` from verdicts that `make mutants` came to.',
        "",
        "**Judged**: of all mutants, those that were run. **Same code**: the bytecode is the same, so there",
        "is nothing to find. **Score**: killed of the rest. **Net**: without survivors that no test can",
        "find, each with the reason below.",
        "",
        "| Source | Mutants | Judged | Do not compile | Same code | Killed | Survivors | Score | Net |",
        "|---|---|---|---|---|---|---|---|---|",
        *rows,
    ]
    if len(rows) > 1:
        lines.append(_row("**all**", _sum(scores)))
    if unread := [f"`{one.path}`" for one in scores if not one.judged]:
        lines += ["", f"Not run: {', '.join(unread)}."]
    lines += ["", "## Survivors", ""]
    lines += [f"- `{one.id}`: `{one.edit}`: {words.on(one) or '**unjudged**'}" for one in survivors] or [
        "None."
    ]
    return "\n".join(lines) + "\n"


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
        verdicts = Store(path).load()
        for turn, mutant in enumerate(choose(mutants_of(path), given.sample, given.seed)):
            verdict = verdicts.get(mutant.id)
            is_open = verdict is None or verdict.kind == ERROR
            if given.survivors:
                is_open = verdict is not None and verdict.kind == SURVIVED
            if is_open or given.anew:
                rounds.append((turn, at, Case(mutant, tests_of(path))))
    return [case for *_, case in sorted(rounds, key=lambda one: one[:2])]


def _judge(cases: Sequence[Case], given: argparse.Namespace) -> int:
    """Judge, keep and print the verdicts; 1 where the judge failed. What pytest prints goes to a log."""
    end = time.monotonic() + 60 * given.minutes if given.minutes else float("inf")
    _STORE.mkdir(parents=True, exist_ok=True)
    log = _STORE / f"pytest-{os.getpid()}.log"
    with os.fdopen(os.dup(1), "w") as told, log.open("w") as quiet:
        sys.stdout.flush()
        os.dup2(quiet.fileno(), 1)

        def tell(mutant: Mutant, verdict: Verdict) -> None:
            Store(mutant.path).add(mutant, verdict)
            line = f"{verdict.kind:<10} {verdict.seconds:>6.1f} s  {mutant.id}  {mutant.edit}  {verdict.by}"
            print(line, file=told, flush=True)

        try:
            judge(cases, tell, given.steps, end)
        except JudgeError as error:
            print(f"mutants: {error}; pytest said: {log}", file=sys.stderr)
            return 1
        finally:
            sys.stdout.flush()
            os.dup2(told.fileno(), 1)
    log.unlink()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m walras.devtools.mutants", description="Change contracts and see a test fail."
    )
    parser.add_argument("--only", action="append", metavar="FILE", help="this source; may be repeated")
    parser.add_argument("--sample", type=int, metavar="N", help="so many of each source")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--minutes", type=float, metavar="M", help="begin no mutant after these")
    parser.add_argument("--steps", type=int, default=STEPS, help="of stories that survivors are told")
    parser.add_argument("--anew", action="store_true", help="those that have a verdict too")
    parser.add_argument("--survivors", action="store_true", help="only those that survived, once more")
    parser.add_argument("--list", action="store_true", help="only list the mutants")
    parser.add_argument(
        "--report",
        type=Path,
        nargs="?",
        const=PAGE,
        metavar="FILE",
        help="judge nothing, and write what is known into docs/mutants.md, or this file",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks."""
    given = _parser().parse_args(arguments)
    paths = given.only or MONEY
    words = Words()
    if given.list:
        for path in paths:
            for mutant in mutants_of(path):
                print(f"{mutant.id:<64} {mutant.edit}")
        return 0
    status = 0
    if given.report:
        given.report.write_text(report(paths, words))
    elif cases := ahead(paths, given):
        print(f"{len(cases)} mutants of {len({case.mutant.path for case in cases})} sources", flush=True)
        status = _judge(cases, given)
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


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _shown(percent: float | None) -> str:
    return "" if percent is None else f"{percent:.1f} %"


def _row(name: str, one: Score) -> str:
    counts = (one.mutants, one.judged, one.invalid, one.equivalent, one.killed, one.survivors)
    cells = [name if name.startswith("*") else f"`{name}`", *(f"{count:,}" for count in counts)]
    return f"| {' | '.join([*cells, _shown(one.raw), _shown(one.net)])} |"


def _line(one: Score) -> str:
    return (
        f"{one.path}: {one.mutants} mutants, {one.judged} judged, {one.invalid} do not compile, "
        f"{one.equivalent} same code, {one.killed} killed, {one.survivors} survive ({one.equal} equivalent), "
        f"{one.errors} errors; score {_shown(one.raw) or '-'}, net {_shown(one.net) or '-'}"
    )


def _sum(scores: Sequence[Score]) -> Score:
    fields = ("mutants", "invalid", "equivalent", "killed", "survivors", "equal", "errors")
    return Score("all", **{field: sum(getattr(one, field) for one in scores) for field in fields})


if __name__ == "__main__":
    sys.exit(main())
