"""What tests and random stories say to mutants, in this process and its forks.

Pytest collects the tests once, and runs them and the stories once without a mutant: both have to pass. Each
mutant is judged in a fork of the process that has done so. The fork writes the source, compiles what the
mutant can reach, and stops at the first failure: tests of drivers, that are compiled in no time; then stories
of walras.audit, every invariant asked, which find most in seconds; then the other tests in the order of their
paths, of each path the quickest file first.
"""

import gc
import json
import math
import os
import random
import resource
import select
import shutil
import signal
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from walras.audit.runner import Options
from walras.audit.runner import run as tell_stories
from walras.devtools import evm
from walras.devtools.compiler import PROJECT_ROOT, Artifact, compile_afresh, compile_contract
from walras.devtools.mutant_reach import Reach
from walras.devtools.mutant_tests import OF_DRIVERS
from walras.devtools.mutation import Mutant

KILLED: Final = "killed"
SURVIVED: Final = "survived"
EQUIVALENT: Final = "equivalent"
"""The same bytecode."""
INVALID: Final = "invalid"
"""Does not compile."""
TIMEOUT: Final = "timeout"
ERROR: Final = "error"
"""The judge failed; nothing is known of the mutant."""
STORIES: Final = "stories: "
"""How `by` begins where they killed it."""

_COPIED: Final = ("contracts", "interfaces", "tests/contracts")
_NOT_THE_MUTANT: Final = (ImportError, OSError, MemoryError, SyntaxError)
"""What a test may fail with that no change to a contract brings about."""
_SLACK: Final = 60
_SLOWER: Final = 4
"""A mutant's seconds on the processor: so many times what the tests take without one, and the slack."""
_STUCK: Final = 3_600
"""Seconds after which a fork is given up that takes no time on the processor."""
_OPTIONS: Final = ("-q", "-s", "-p", "no:ape_test", "-p", "no:cacheprovider", "--hypothesis-seed=0")


class _DoesNotCompileError(Exception):
    """The compiler says no to a mutant, in whatever way."""


class JudgeError(Exception):
    """The judge cannot work: tests that fail without a mutant, or none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant."""

    kind: str
    by: str = ""
    """The test or the invariant that failed, or the compiler's complaint."""
    seconds: float = 0.0
    """Of the processor's time."""
    is_late: bool = False
    """Killed now; it had survived before a test was written for it, or named."""


@dataclass(frozen=True, slots=True)
class Case:
    """A mutant, and the paths of the tests that judge it, in their order."""

    mutant: Mutant
    tests: tuple[str, ...]


def judge(
    cases: Sequence[Case], tell: Callable[[Mutant, Verdict], None], steps: int = 0, end: float = float("inf")
) -> None:
    """Judge mutants by their tests and so many steps of stories; tell each verdict when it is there.

    None is begun after `end`, of time.monotonic().

    Raises JudgeError where tests or stories fail without a mutant. Pytest is run in this process: once a
    process.
    """
    with tempfile.TemporaryDirectory(prefix="walras-mutants-") as name:
        folder = Path(name)
        for part in _COPIED:
            shutil.copytree(PROJECT_ROOT / part, folder / part)
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder / "hypothesis")
        judging = _Judging(cases, folder, tell, steps, end)
        tests = _outermost({path for case in cases for path in case.tests})
        outcome = pytest.main([*_OPTIONS, "--rootdir", str(PROJECT_ROOT), *tests], plugins=[judging])
        if judging.error or not judging.ran:
            raise JudgeError(judging.error or f"pytest ended with {outcome!r} before a test ran")


class _Judging:
    """A plugin of pytest that runs the tests again and again."""

    def __init__(
        self,
        cases: Sequence[Case],
        folder: Path,
        tell: Callable[[Mutant, Verdict], None],
        steps: int,
        end: float,
    ) -> None:
        self._cases = cases
        self._folder = folder
        self._tell = tell
        self._steps = steps
        self._end = end
        self._reach = {path: Reach(path) for path in {case.mutant.path for case in cases}}
        self._failed = ""
        self._not_the_mutant = ""
        self._seconds: dict[str, float] = defaultdict(float)
        self.ran = False
        self.error = ""

    def pytest_exception_interact(self, node: pytest.Item, call: pytest.CallInfo[Any]) -> None:
        """Note a failure that says nothing about the mutant."""
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, _NOT_THE_MUTANT):
            self._not_the_mutant = f"{node.nodeid}: {type(error).__name__}: {error}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what failed, and how long each file takes."""
        self._seconds[_file(report.nodeid)] += report.duration
        if report.failed and not self._failed:
            self._failed = report.nodeid

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of pytest's own loop."""
        self.ran = True
        if session.testsfailed or not session.items:
            self.error = "tests could not be collected"
            return True
        gc.collect()
        gc.freeze()
        whole = _in_fork(lambda: self._measure(session.items), limit=_STUCK)
        if failed := whole.get("failed", whole.get("kind")):
            self.error = f"without a mutant fails: {failed} {whole.get('by', '')}"
            return True
        seconds = whole["files"]
        for case in self._cases:
            if time.monotonic() >= self._end:
                break
            items = _chosen(session.items, case.tests, seconds)
            if not items:
                self.error = f"{case.mutant.path}: no test is below {', '.join(case.tests)}"
                break
            whole_time = whole["stories"] + sum(seconds[name] for name in _files(items))
            limit = _SLACK + _SLOWER * math.ceil(whole_time)
            answer = _in_fork(lambda case=case, items=items: self._try(case.mutant, items), limit)  # type: ignore[misc]
            self._tell(case.mutant, Verdict(answer["kind"], answer["by"], answer["seconds"]))
        return True

    def _measure(self, items: Sequence[pytest.Item]) -> dict[str, Any]:
        begin = time.monotonic()
        failed = self._stories()
        stories = time.monotonic() - begin
        return {"failed": failed or self._run(items), "files": self._seconds, "stories": stories}

    def _run(self, items: Sequence[pytest.Item]) -> str:
        """The first test that fails; empty where none does."""
        for at, item in enumerate(items, 1):
            following = items[at] if at < len(items) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failed:
                break
        return self._failed

    def _stories(self) -> str:
        """The invariant that breaks in the stories; empty where none does."""
        if not self._steps:
            return ""
        try:
            report = tell_stories(Options(seed=0, steps=self._steps))
        except (_DoesNotCompileError, *_NOT_THE_MUTANT):
            raise
        except Exception as error:  # noqa: BLE001 (without the mutant there is none)
            return f"{STORIES}{type(error).__name__}"
        return f"{STORIES}{report.failure.law}" if report.failure else ""

    def _try(self, mutant: Mutant, items: Sequence[pytest.Item]) -> dict[str, str]:
        """Judge one mutant; in a fork."""
        gc.disable()
        random.seed(0)
        for other in self._reach:  # another fork's
            shutil.copyfile(PROJECT_ROOT / other, self._folder / other)
        text = (PROJECT_ROOT / mutant.path).read_text()
        (self._folder / mutant.path).write_text(mutant.apply(text))
        contracts = self._reach[mutant.path].of(mutant)
        planted = _Planted(contracts, self._folder)
        try:
            return self._verdict(planted, contracts, items)
        except _DoesNotCompileError as error:
            return {"kind": INVALID, "by": str(error)}

    def _verdict(
        self, planted: "_Planted", contracts: Sequence[str], items: Sequence[pytest.Item]
    ) -> dict[str, str]:
        if not any(planted.differs(name) for name in contracts):
            return {"kind": EQUIVALENT, "by": ""}
        evm.compile_contract = planted.compile  # type: ignore[attr-defined,assignment]
        evm.artifact.cache_clear()
        failed = self._run([item for item in items if _is_of_driver(item)])
        if not failed:
            # A driver may have differed alone.
            deployed = [name for name in contracts if name.startswith("contracts/")]
            if not any(planted.differs(name) for name in deployed):
                return {"kind": EQUIVALENT, "by": ""}
            failed = self._stories() or self._run([item for item in items if not _is_of_driver(item)])
        if planted.broken:
            return {"kind": INVALID, "by": planted.broken}
        if self._not_the_mutant:
            return {"kind": ERROR, "by": self._not_the_mutant}
        return {"kind": KILLED if failed else SURVIVED, "by": failed}


class _Planted:
    """Contracts with the mutant in those that it reaches, the others as they are."""

    def __init__(self, contracts: Iterable[str], folder: Path) -> None:
        self._names = {Path(name).stem: name for name in contracts}
        self._folder = folder
        self._made: dict[str, Artifact] = {}
        self.broken = ""

    def compile(self, name: str, _: Path = PROJECT_ROOT) -> Artifact:
        """As compile_contract, by name or path."""
        path = self._names.get(Path(name).stem)
        if path is None:
            return _without_mutant(name)
        if path not in self._made:
            try:
                self._made[path] = compile_afresh(path, self._folder)
            except _NOT_THE_MUTANT:
                raise
            except Exception as error:
                self.broken = type(error).__name__
                raise _DoesNotCompileError(self.broken) from error
        return self._made[path]

    def differs(self, path: str) -> bool:
        """Whether a contract's code is another than without the mutant."""
        return self.compile(path).code != _without_mutant(path).code


@cache
def _without_mutant(name: str) -> Artifact:
    return compile_contract(name)


def _outermost(paths: Iterable[str]) -> list[str]:
    """Without those that are below another: pytest would take them and leave out the rest of the folder."""
    named = sorted(set(paths))
    return [path for path in named if not any(str(above) in named for above in Path(path).parents)]


def _file(test: str) -> str:
    return test.partition("::")[0]


def _files(items: Sequence[pytest.Item]) -> list[str]:
    return list(dict.fromkeys(_file(item.nodeid) for item in items))


def _chosen(
    items: Sequence[pytest.Item], paths: Sequence[str], seconds: dict[str, float]
) -> list[pytest.Item]:
    """Tests below the paths, path by path, of each the quickest file first; in a file as they stand."""
    ranked = []
    for number, item in enumerate(items):
        below = [at for at, path in enumerate(paths) if item.path.is_relative_to(PROJECT_ROOT / path)]
        if below:
            file = _file(item.nodeid)
            ranked.append((below[0], seconds[file], file, number, item))
    return [item for *_, item in sorted(ranked, key=lambda one: one[:4])]


def _is_of_driver(item: pytest.Item) -> bool:
    return any(item.path.is_relative_to(PROJECT_ROOT / path) for path in OF_DRIVERS)


def _in_fork(work: Callable[[], dict[str, Any]], limit: int) -> dict[str, Any]:
    """What work returns, and its seconds, done in a fork of this process.

    Where it takes longer than a limit, in seconds of the processor's time (other processes do not count), or
    the fork dies, that is said as a verdict's kind and by.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 60))  # a fork's clock begins at 0
        _answer(work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        ready, _, _ = select.select([pipe], [], [], _STUCK)
        if not ready:
            os.kill(child, signal.SIGKILL)
        text = pipe.read()
    _, status, usage = os.wait4(child, 0)
    seconds = {"seconds": round(usage.ru_utime + usage.ru_stime, 1)}
    if text:
        answer: dict[str, Any] = json.loads(text)
        return answer | seconds
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return {"kind": TIMEOUT, "by": "", **seconds}
    return {"kind": ERROR, "by": f"the fork ended with status {status}", **seconds}


def _answer(work: Callable[[], dict[str, Any]], writing: int) -> None:
    """Write what work returns, and end this process. What it raises becomes the verdict."""
    try:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        try:
            answer = work()
        except Exception as error:  # noqa: BLE001 (told, and counted, as an error of the judge)
            answer = {"kind": ERROR, "by": f"{type(error).__name__}: {error}"}
        os.write(writing, json.dumps(answer).encode())
    finally:
        os._exit(0)
