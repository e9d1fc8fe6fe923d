"""What a key is to bring about on the chain, and all that was signed for it, in SQLite.

One file holds one key on one chain, and one process holds the file: a lock beside it goes with the process
that has it, however that ends. What is written is on the disk before the call that wrote it returns.

An intent is `queued` (accepted, nothing signed), `signed` (it has a nonce, and bytes that may be anywhere),
`mined` (a receipt is in a block that may still be replaced), or `done`. Of one key (a name for one effect,
which the caller gives) there is one intent at most that is not done, or that succeeded: so nothing is sent
twice. A key whose intent ended without effect may be used again.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

FORMAT: Final = "1"
_TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE intents (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL, target TEXT NOT NULL, data BLOB NOT NULL, value TEXT NOT NULL, label TEXT NOT NULL,
    expires_at INTEGER, max_cost TEXT, gas INTEGER,
    state TEXT NOT NULL, accepted_at INTEGER NOT NULL,
    nonce INTEGER, cancel TEXT NOT NULL DEFAULT '',
    block INTEGER, block_hash TEXT, mined_hash TEXT, status INTEGER, cost TEXT,
    reorganised INTEGER NOT NULL DEFAULT 0,
    outcome TEXT, reason TEXT
);
CREATE UNIQUE INDEX intents_key ON intents (key) WHERE outcome IS NULL OR outcome = 'succeeded';
CREATE INDEX intents_live ON intents (id) WHERE outcome IS NULL;
CREATE TABLE attempts (
    hash TEXT PRIMARY KEY, intent INTEGER NOT NULL REFERENCES intents (id), nonce INTEGER NOT NULL,
    raw BLOB NOT NULL, is_cancel INTEGER NOT NULL, gas INTEGER NOT NULL,
    max_fee TEXT NOT NULL, priority_fee TEXT NOT NULL,
    block INTEGER NOT NULL, is_retired INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX attempts_intent ON attempts (intent);
CREATE INDEX attempts_nonce ON attempts (nonce);
"""


class StoreError(Exception):
    """A store that cannot be used; its str says which file and why."""


class State(StrEnum):
    """Where an intent is."""

    QUEUED = "queued"
    SIGNED = "signed"
    MINED = "mined"
    DONE = "done"


class End(StrEnum):
    """How an intent ended."""

    SUCCEEDED = "succeeded"
    REVERTED = "reverted"
    """Its transaction is in a block and failed."""
    SUPERSEDED = "superseded"
    """It was not needed any more: a simulation failed before it was in a block; nothing happened."""
    EXPIRED = "expired"
    """Its time passed before it was in a block; nothing happened."""
    REFUSED = "refused"
    """Nodes would not have it; nothing happened."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A transaction that somebody wants."""

    key: str
    """A name of the effect: `auction/0/1234`."""
    to: str
    """Checksummed."""
    data: bytes
    label: str
    """For people and metrics: one of few, such as `run_auction`."""
    expires_at: int | None = None
    """Chain time, unix seconds, from which on it is not wanted any more."""
    max_cost_wei: int | None = None
    """Gas limit x largest fee, with a rollup's fee for data, may not be more."""
    value: int = 0
    """Wei that go with it."""
    gas: int | None = None
    """Gas limit; None: estimated."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Signed bytes."""

    hash: str
    nonce: int
    raw: bytes
    is_cancel: bool
    """A transfer of nothing to oneself, which uses the nonce up."""
    gas: int
    max_fee: int
    priority_fee: int
    block: int
    """The head when it was signed."""

    @property
    def max_cost(self) -> int:
        """Wei that gas may cost."""
        return self.gas * self.max_fee


@dataclass(frozen=True, slots=True)
class Mined:
    """Where a transaction of an intent is."""

    hash: str
    block: int
    block_hash: str
    succeeded: bool
    cost: int
    """Wei, of gas."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An intent in the store, with what was signed for it with its present nonce, in order."""

    id: int
    intent: Intent
    state: State
    nonce: int | None
    cancel: str
    """Why it is to be cancelled; empty: it is not."""
    mined: Mined | None
    attempts: tuple[Attempt, ...]
    accepted_at: int

    @property
    def newest(self) -> Attempt:
        """What was signed last."""
        return self.attempts[-1]


class Store:
    """A file of intents. Every method that writes is one SQLite transaction, with synchronous=FULL."""

    def __init__(self, connection: sqlite3.Connection, lock: int) -> None:
        """By `open`."""
        self._db = connection
        self._lock = lock

    @classmethod
    def open(cls, path: Path, address: str, chain_id: int, genesis: str) -> Self:
        """Open the file of a key, or make it. Raises StoreError, also where another process has it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _take_lock(path.with_name(f"{path.name}.lock"))
        try:
            db = sqlite3.connect(path, isolation_level=None)
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            made = cls(db, lock)
            made._expect(
                {"format": FORMAT, "address": address, "chain": str(chain_id), "genesis": genesis}, path
            )
        except sqlite3.DatabaseError as error:
            os.close(lock)
            raise StoreError(f"{path} cannot be used as a store of intents: {error}") from error
        except StoreError:
            os.close(lock)
            raise
        return made

    def close(self) -> None:
        """Let go of file and lock."""
        self._db.close()
        os.close(self._lock)

    # ------------------------------------------------------------ what is there

    def live(self) -> list[Entry]:
        """All that are not done, by nonce; queued ones last, in order of acceptance."""
        rows = self._db.execute(
            "SELECT * FROM intents WHERE outcome IS NULL ORDER BY nonce IS NULL, nonce, id"
        )
        return [self._entry(row) for row in rows.fetchall()]

    def find(self, key: str) -> tuple[State, End | None] | None:
        """Of the intent with a key that is under way or succeeded."""
        row = self._db.execute(
            "SELECT state, outcome FROM intents WHERE key = ? AND (outcome IS NULL OR outcome = 'succeeded')",
            (key,),
        ).fetchone()
        return None if row is None else (State(row["state"]), End(row["outcome"]) if row["outcome"] else None)

    def next_nonce(self) -> int:
        """One more than the highest that anything was signed with; 0 where nothing was."""
        row = self._db.execute("SELECT max(nonce) AS highest FROM attempts").fetchone()
        return 0 if row["highest"] is None else int(row["highest"]) + 1

    def mined_with(self, nonce: int) -> Attempt | None:
        """Of done intents: what was in a block with a nonce."""
        row = self._db.execute(
            "SELECT attempts.* FROM attempts JOIN intents ON intents.mined_hash = attempts.hash"
            " WHERE attempts.nonce = ? AND intents.outcome IS NOT NULL",
            (nonce,),
        ).fetchone()
        return None if row is None else _attempt(row)

    def counts(self) -> dict[str, int]:
        """How many intents are in each state, done ones by how they ended."""
        rows = self._db.execute(
            "SELECT coalesce(outcome, state) AS name, count(*) AS many FROM intents GROUP BY name"
        )
        return {row["name"]: row["many"] for row in rows}

    # ------------------------------------------------------------ what happens

    def accept(self, intents: Sequence[Intent], time: int) -> list[int]:
        """Queue them; their ids. Raises sqlite3.IntegrityError where a key is in use: ask `find` before."""
        with self._writing() as db:
            ids = []
            for one in intents:
                values = (
                    one.key, one.to, one.data, str(one.value), one.label, one.expires_at,
                    None if one.max_cost_wei is None else str(one.max_cost_wei), one.gas, State.QUEUED, time,
                )  # fmt: skip
                made = db.execute(
                    "INSERT INTO intents (key, target, data, value, label, expires_at, max_cost, gas, state,"
                    " accepted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    values,
                )
                assert made.lastrowid is not None
                ids.append(made.lastrowid)
            return ids

    def sign(self, signed: Sequence[tuple[int, Attempt]]) -> None:
        """Keep bytes that were signed for intents, before anybody gets them."""
        with self._writing() as db:
            for intent, one in signed:
                values = (
                    one.hash, intent, one.nonce, one.raw, one.is_cancel, one.gas, str(one.max_fee),
                    str(one.priority_fee), one.block,
                )  # fmt: skip
                db.execute(
                    "INSERT INTO attempts"
                    " (hash, intent, nonce, raw, is_cancel, gas, max_fee, priority_fee, block)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    values,
                )
                db.execute(
                    "UPDATE intents SET state = ?, nonce = ? WHERE id = ?", (State.SIGNED, one.nonce, intent)
                )

    def cancel(self, intent: int, reason: str) -> None:
        """From now on its nonce is to be used up without effect."""
        with self._writing() as db:
            db.execute("UPDATE intents SET cancel = ? WHERE id = ?", (reason, intent))

    def mine(self, intent: int, mined: Mined) -> None:
        """A transaction of it is in a block."""
        where = (mined.hash, mined.block, mined.block_hash)
        with self._writing() as db:
            db.execute(
                "UPDATE intents SET state = ?, mined_hash = ?, block = ?, block_hash = ?, status = ?,"
                " cost = ? WHERE id = ?",
                (State.MINED, *where, mined.succeeded, str(mined.cost), intent),
            )

    def unmine(self, intent: int) -> None:
        """Its block was replaced."""
        with self._writing() as db:
            db.execute(
                "UPDATE intents SET state = ?, mined_hash = NULL, block = NULL, block_hash = NULL,"
                " status = NULL, cost = NULL, reorganised = reorganised + 1 WHERE id = ?",
                (State.SIGNED, intent),
            )

    def take_nonce_away(self, intent: int) -> None:
        """A foreign transaction used its nonce for good: its bytes are void, and it is queued again."""
        with self._writing() as db:
            db.execute("UPDATE attempts SET is_retired = 1 WHERE intent = ?", (intent,))
            db.execute("UPDATE intents SET state = ?, nonce = NULL WHERE id = ?", (State.QUEUED, intent))

    def conclude(self, intent: int, end: End, reason: str) -> None:
        """It is done."""
        with self._writing() as db:
            db.execute(
                "UPDATE intents SET state = ?, outcome = ?, reason = ? WHERE id = ?",
                (State.DONE, end, reason, intent),
            )

    def forget(self, before: int) -> int:
        """Drop done intents that were accepted before a chain time, and bytes but for the last nonces."""
        with self._writing() as db:
            old = "SELECT id FROM intents WHERE outcome IS NOT NULL AND accepted_at < ?"
            keep = "nonce < (SELECT max(nonce) FROM attempts) - 256"
            db.execute(f"DELETE FROM attempts WHERE intent IN ({old}) AND {keep}", (before,))
            gone = db.execute(
                f"DELETE FROM intents WHERE id IN ({old}) AND id NOT IN (SELECT intent FROM attempts)",
                (before,),
            )
            return gone.rowcount

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside is one SQLite transaction: all of it is kept, or none."""
        with self._writing():
            yield

    # ------------------------------------------------------------ inside

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if self._db.in_transaction:  # of `together`
            yield self._db
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _expect(self, wanted: dict[str, str], path: Path) -> None:
        """Make the tables, or see that they are of the same key and chain."""
        names = {row["name"] for row in self._db.execute("SELECT name FROM sqlite_master")}
        if not names:
            self._db.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
        elif "meta" not in names:
            raise StoreError(f"{path} is no store of intents; give another path")
        there = {row["name"]: row["value"] for row in self._db.execute("SELECT name, value FROM meta")}
        if not there:
            with self._writing() as db:
                db.executemany("INSERT INTO meta VALUES (?, ?)", list(wanted.items()))
            return
        for name, value in wanted.items():
            if there.get(name) != value:
                raise StoreError(
                    f"{path}: its {name} is {there.get(name)}, {value} is wanted;"
                    " give another path, or move it away"
                )

    def _entry(self, row: sqlite3.Row) -> Entry:
        attempts = self._db.execute(
            "SELECT * FROM attempts WHERE intent = ? AND NOT is_retired ORDER BY rowid", (row["id"],)
        )
        mined = None
        if row["mined_hash"] is not None:
            mined = Mined(
                row["mined_hash"], row["block"], row["block_hash"], bool(row["status"]), int(row["cost"])
            )
        return Entry(
            id=row["id"],
            intent=_intent(row),
            state=State(row["state"]),
            nonce=row["nonce"],
            cancel=row["cancel"],
            mined=mined,
            attempts=tuple(_attempt(one) for one in attempts.fetchall()),
            accepted_at=row["accepted_at"],
        )


def _intent(row: Any) -> Intent:
    return Intent(
        key=row["key"],
        to=row["target"],
        data=row["data"],
        label=row["label"],
        expires_at=row["expires_at"],
        max_cost_wei=None if row["max_cost"] is None else int(row["max_cost"]),
        value=int(row["value"]),
        gas=row["gas"],
    )


def _attempt(row: Any) -> Attempt:
    return Attempt(
        hash=row["hash"],
        nonce=row["nonce"],
        raw=row["raw"],
        is_cancel=bool(row["is_cancel"]),
        gas=row["gas"],
        max_fee=int(row["max_fee"]),
        priority_fee=int(row["priority_fee"]),
        block=row["block"],
    )


def _take_lock(path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(handle, 32).decode(errors="replace").strip()
        os.close(handle)
        raise StoreError(
            f"{path}: process {holder or 'unknown'} has this key; one process sends for a key, stop it first"
        ) from error
    os.ftruncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())
    return handle
