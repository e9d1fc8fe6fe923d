"""A lease on leadership, optional: of several processes on one machine with the same file one acts, the
others watch.

It saves gas, no more: the chain itself refuses what was done already. The lock goes with the process that
holds it. Who cannot act gives it up, and takes it again, where it is free, after a turn that went well. What
is under way is no part of it: each process has keys of its own, and looks after what it sent with them.
"""

import fcntl
from pathlib import Path
from typing import IO


class Lease:
    """Of a file; None: always the leader."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._is_able = True

    def check(self) -> None:
        """Raises OSError where the file cannot be written."""
        if self._path is not None:
            self._open(self._path).close()

    def is_mine(self) -> bool:
        """Whether this process leads; it takes the lease when nobody has it, unless it has given it up."""
        if self._path is None or self._file is not None:
            return True
        if not self._is_able:
            return False
        file = self._open(self._path)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    @staticmethod
    def _open(path: Path) -> IO[bytes]:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab")

    def give_up(self) -> None:
        """Let another one lead, until `resume`: this one cannot act."""
        self._is_able = False
        self.close()

    def resume(self) -> None:
        """It can: from now on it takes the lease when nobody has it."""
        self._is_able = True

    def close(self) -> None:
        """Give it up."""
        if self._file:
            self._file.close()
            self._file = None
