"""What a deployment did and means to do, a line each, on the disk before it is sent.

A line is written, flushed and synced before the next thing happens. A process that is killed leaves at most
one line that is not whole, and nothing was done on its account: it is cut off when the journal is opened.
"""

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class JournalError(Exception):
    """A journal that cannot be gone on with."""


class Journal:
    """Lines of a file that one process at a time holds.

    Kinds: `begin` (of which deployment), `intent` (a signed transaction that may have been sent), `done` and
    `reverted` (what became of it). What somebody else has done is `done` without a transaction.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise JournalError(f"{path}: another deployment is running") from error
        self.entries = self._load()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let others have it; nothing is left of one in which nothing was written."""
        if not self.entries:
            self.path.unlink(missing_ok=True)
        self._file.close()

    def append(self, kind: str, **content: Any) -> None:
        """Write a line, and come back when it is on the disk."""
        entry = {"kind": kind, **content}
        self._write(json.dumps(entry).encode() + b"\n")
        self.entries.append(entry)

    def clear(self) -> None:
        """Begin anew: the chain that it was about is gone."""
        self._file.truncate(0)
        os.fsync(self._file.fileno())
        self.entries = []

    @property
    def begin(self) -> dict[str, Any] | None:
        """Which deployment it is."""
        return self.entries[0] if self.entries else None

    def done(self) -> dict[str, dict[str, Any]]:
        """What is done, by step."""
        return {entry["step"]: entry for entry in self.entries if entry["kind"] == "done"}

    def open_intents(self) -> list[dict[str, Any]]:
        """Transactions of one nonce of which it is not known yet what became; the newest last."""
        found: list[dict[str, Any]] = []
        for entry in self.entries:
            if entry["kind"] == "intent":
                found.append(entry)
            elif entry["kind"] in ("done", "reverted"):
                found = []
        return found

    def next_nonce(self) -> int | None:
        """The one after all that were used."""
        ended = [entry for entry in self.entries if entry["kind"] in ("done", "reverted")]
        used = [entry["nonce"] for entry in ended if "nonce" in entry]
        return max(used) + 1 if used else None

    def _write(self, line: bytes) -> None:
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _load(self) -> list[dict[str, Any]]:
        self._file.seek(0)
        content = self._file.read()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            self._file.truncate(len(whole))
            os.fsync(self._file.fileno())
        entries = []
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                entries.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise JournalError(f"{self.path}:{number}: not a line of a journal") from error
        if entries and entries[0].get("kind") != "begin":
            raise JournalError(f"{self.path}:1: does not begin with a beginning")
        return entries
