"""Verdicts on mutants, kept on disk as they come: who has one is not judged again."""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.mutant_judge import KILLED, SURVIVED, Case, JudgeError, Verdict, judge
from walras.devtools.mutation import Mutant


class Store:
    """Of one source as it is now: in a file of its own in a folder, and in one of the documentation."""

    def __init__(self, path: str, folder: Path, kept: Path) -> None:
        self._files = kept, folder / f"{path.replace('/', '.')}.jsonl"
        self._path = path
        self._source = hashlib.sha256((PROJECT_ROOT / path).read_bytes()).hexdigest()[:16]

    def load(self) -> dict[str, Verdict]:
        """By the mutant's id, the last one of each."""
        found: dict[str, Verdict] = {}
        survived = set[str]()
        for file in self._files:
            for line in file.read_text().splitlines() if file.exists() else ():
                entry = json.loads(line)
                if not entry["id"].startswith(f"{self._path}:") or entry["source"] != self._source:
                    continue
                if entry["kind"] == SURVIVED or entry.get("late"):
                    survived.add(entry["id"])
                is_late = entry["kind"] == KILLED and entry["id"] in survived
                found[entry["id"]] = Verdict(entry["kind"], entry["by"], entry["seconds"], is_late)
        return found

    def add(self, mutant: Mutant, verdict: Verdict) -> None:
        """Keep one."""
        own = self._files[1]
        own.parent.mkdir(parents=True, exist_ok=True)
        with own.open("a") as file:
            file.write(self.line(mutant, verdict))

    def line(self, mutant: Mutant, verdict: Verdict) -> str:
        """How one is written down."""
        entry = {"id": mutant.id, "source": self._source, "kind": verdict.kind, "by": verdict.by}
        late = {"late": True} if verdict.is_late else {}
        return json.dumps({**entry, "seconds": verdict.seconds, **late}) + "\n"


def judge_and_keep(
    cases: Sequence[Case], store_of: Callable[[str], Store], steps: int, minutes: float | None, log: Path
) -> int:
    """Judge, keep and print the verdicts; 1 where the judge failed. What pytest prints goes to a log."""
    end = time.monotonic() + 60 * minutes if minutes else float("inf")
    log.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.dup(1), "w") as told, log.open("w") as quiet:
        sys.stdout.flush()
        os.dup2(quiet.fileno(), 1)

        def tell(mutant: Mutant, verdict: Verdict) -> None:
            store_of(mutant.path).add(mutant, verdict)
            line = f"{verdict.kind:<10} {verdict.seconds:>6.1f} s  {mutant.id}  {mutant.edit}  {verdict.by}"
            print(line, file=told, flush=True)

        try:
            judge(cases, tell, steps, end)
        except JudgeError as error:
            print(f"the judge: {error}; pytest said: {log}", file=sys.stderr)
            return 1
        finally:
            sys.stdout.flush()
            os.dup2(told.fileno(), 1)
    log.unlink()
    return 0
