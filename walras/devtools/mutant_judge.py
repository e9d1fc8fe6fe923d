"""What the tests say to the mutants of one source, in this process and its forks.

Pytest collects the tests once. Each mutant is judged in a fork of the process that has done so: the fork
writes the source, compiles what includes it when a test first asks for that, and stops at the first failure.
The tests run by file, the cheapest first, as a run without a mutant has measured them.
"""

import gc
import json
import os
import random
import re
import select
import shutil
import signal
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from vyper.exceptions import VyperException, VyperInternalException

from walras.devtools import evm
from walras.devtools.compiler import (
    PROJECT_ROOT,
    Artifact,
    compile_afresh,
    compile_contract,
    is_deployable,
    sources,
)
from walras.devtools.mutation import Mutant

KILLED: Final = "killed"
SURVIVED: Final = "survived"
EQUIVALENT: Final = "equivalent"
INVALID: Final = "invalid"
"""Does not compile."""
TIMEOUT: Final = "timeout"
ERROR: Final = "error"
"""The fork died; nothing is known of the mutant."""

_FOLDERS: Final = ("contracts", "interfaces", "tests/contracts")
_IMPORT: Final = re.compile(r"^from (contracts[\w.]*) import (\w+)", re.MULTILINE)
_REFUSED: Final = (VyperException, VyperInternalException)
_SLACK: Final = 120.0
_SLOWER: Final = 10
"""A mutant's time: so many times what the tests take without one, and the slack, in seconds."""
_OPTIONS: Final = ("-q", "-s", "-p", "no:ape_test", "-p", "no:cacheprovider", "--hypothesis-seed=0")


class JudgeError(Exception):
    """The judge cannot work: tests that fail without a mutant, or none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant."""

    kind: str
    by: str = ""
    """The test that failed, or the compiler's complaint."""
    seconds: float = 0.0


def including(path: str, root: Path = PROJECT_ROOT) -> list[str]:
    """Contracts whose code a source is part of, drivers of the tests too; those with least source first."""
    texts = {source.relative_to(root).as_posix(): source.read_text() for source in sources(root)}
    imports = {
        name: {f"{package.replace('.', '/')}/{module}.vy" for package, module in _IMPORT.findall(text)}
        for name, text in texts.items()
    }
    sizes = {}
    for name in texts:
        parts = _closure(name, imports)
        if is_deployable(Path(name)) and path in parts:
            sizes[name] = sum(len(texts[part]) for part in parts)
    return sorted(sizes, key=lambda name: (sizes[name], name))


def _closure(name: str, imports: dict[str, set[str]]) -> set[str]:
    found = {name}
    ahead = [name]
    while ahead:
        new = imports[ahead.pop()] - found
        found |= new
        ahead += new
    return found


def judge(
    path: str,
    mutants: Sequence[Mutant],
    tests: Sequence[str],
    tell: Callable[[Mutant, Verdict], None],
    end: float = float("inf"),
) -> None:
    """Judge mutants of one source by tests, and tell each verdict when it is there.

    None is begun after `end`, of time.monotonic().

    Raises JudgeError where the tests fail without a mutant. Pytest is run in this process: once a process.
    """
    with tempfile.TemporaryDirectory(prefix="walras-mutants-") as name:
        folder = Path(name)
        for part in _FOLDERS:
            shutil.copytree(PROJECT_ROOT / part, folder / part)
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder / "hypothesis")
        judging = _Judging(path, mutants, folder, tell, end)
        # Tests are told to be quiet, and what is left goes the way of all that they print.
        outcome = pytest.main([*_OPTIONS, "--rootdir", str(PROJECT_ROOT), *tests], plugins=[judging])
        if judging.error or not judging.ran:
            raise JudgeError(judging.error or f"{path}: pytest ended with {outcome!r} before a test ran")


class _Judging:
    """A plugin of pytest that runs the tests again and again."""

    def __init__(
        self,
        path: str,
        mutants: Sequence[Mutant],
        folder: Path,
        tell: Callable[[Mutant, Verdict], None],
        end: float,
    ) -> None:
        self._path = path
        self._mutants = mutants
        self._folder = folder
        self._tell = tell
        self._end = end
        self._contracts = including(path)
        self._failed = ""
        self._seconds: dict[str, float] = defaultdict(float)
        self.ran = False
        self.error = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what failed, and how long each file takes."""
        self._seconds[report.nodeid.partition("::")[0]] += report.duration
        if report.failed and not self._failed:
            self._failed = report.nodeid

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of pytest's own loop."""
        self.ran = True
        if session.testsfailed or not session.items:
            self.error = f"{self._path}: tests could not be collected"
            return True
        gc.collect()
        gc.freeze()
        items = list(session.items)
        begin = time.monotonic()
        whole = _in_fork(lambda: self._measure(items), limit=3_600)
        if failed := whole.get("failed", whole.get("kind")):
            self.error = f"{self._path}: without a mutant fails: {failed}"
            return True
        limit = _SLOWER * (time.monotonic() - begin) + _SLACK
        items.sort(key=lambda item: (whole["seconds"][_file(item)], _file(item)))  # stable: by file
        for mutant in self._mutants:
            begin = time.monotonic()
            if begin >= self._end:
                break
            answer = _in_fork(lambda mutant=mutant: self._try(mutant, items), limit)  # type: ignore[misc]
            verdict = Verdict(answer["kind"], answer["by"], round(time.monotonic() - begin, 1))
            self._tell(mutant, verdict)
        return True

    def _measure(self, items: Sequence[pytest.Item]) -> dict[str, Any]:
        self._run(items)
        return {"failed": self._failed, "seconds": self._seconds}

    def _run(self, items: Sequence[pytest.Item]) -> str:
        """The first test that fails; empty where none does."""
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failed:
                break
        return self._failed

    def _try(self, mutant: Mutant, items: Sequence[pytest.Item]) -> dict[str, str]:
        """Judge one mutant; in a fork."""
        gc.disable()
        random.seed(0)
        text = (PROJECT_ROOT / self._path).read_text()
        (self._folder / self._path).write_text(mutant.apply(text))
        planted = _Planted(self._contracts, self._folder)
        try:
            if not any(planted.differs(name) for name in self._contracts):
                return {"kind": EQUIVALENT, "by": ""}
        except _REFUSED as error:
            return {"kind": INVALID, "by": type(error).__name__}
        evm.compile_contract = planted.compile  # type: ignore[attr-defined]
        evm.artifact.cache_clear()
        failed = self._run(items)
        if planted.broken:
            return {"kind": INVALID, "by": planted.broken}
        if failed:
            return {"kind": KILLED, "by": failed}
        # A driver of the tests may have differed alone.
        deployed = [name for name in self._contracts if name.startswith("contracts/")]
        differs = any(planted.differs(name) for name in deployed)
        return {"kind": SURVIVED if differs else EQUIVALENT, "by": ""}


class _Planted:
    """Contracts with the mutant in those that include it, the others as they are."""

    def __init__(self, contracts: Iterable[str], folder: Path) -> None:
        self._names = {Path(name).stem: name for name in contracts}
        self._folder = folder
        self._made: dict[str, Artifact] = {}
        self.broken = ""

    def compile(self, name: str, _: Path = PROJECT_ROOT) -> Artifact:
        """As compile_contract, by name or path."""
        path = self._names.get(Path(name).stem)
        if path is None:
            return compile_contract(name)
        if path not in self._made:
            try:
                self._made[path] = compile_afresh(path, self._folder)
            except _REFUSED as error:
                self.broken = type(error).__name__
                raise
        return self._made[path]

    def differs(self, path: str) -> bool:
        """Whether a contract's code is another than without the mutant."""
        return self.compile(path).code != compile_contract(path).code


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _in_fork(work: Callable[[], dict[str, Any]], limit: float) -> dict[str, Any]:
    """What work returns, done in a fork of this process.

    Where it takes longer than a limit, in seconds, or the fork dies, that is said as a verdict's kind and by.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        ready, _, _ = select.select([pipe], [], [], limit)
        if not ready:
            os.kill(child, signal.SIGKILL)
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    if not ready:
        return {"kind": TIMEOUT, "by": ""}
    if not text:
        return {"kind": ERROR, "by": f"the fork ended with status {status}"}
    answer: dict[str, Any] = json.loads(text)
    return answer


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
