"""What is known of the exchange, kept up with the chain: events read block by block, through reorganisations
and restarts.

The state up to a block that is DEPTH below the head is the base; the events after it are kept, so that the
state of any block since can be made anew when later ones are replaced. The base is written to SQLite, with
its block: a restart reads on from there, and from the first block again where the chain does not have that
one any more.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from walras.chain.endpoint import RpcRefused
from walras.chain.exchange import Exchange
from walras.chain.intents import StoreError
from walras.chain.reader import Reader, log_of
from walras.chain.rpc import BehindError, Head, RpcError, is_behind
from walras.keepers.known import EVENTS, Known, take

DEPTH: Final = 64
"""Blocks that may be replaced without reading all anew."""
WRITE_EVERY: Final = 256
"""Blocks by which the base advances before it is written."""
CHUNKS: Final = 64
"""Questions in one turn, when catching up: the others' turns come in between."""


@dataclass(frozen=True, slots=True)
class _Told:
    """An event of a block."""

    block: int
    market: int | None
    event: Any


class Registry:
    """The state of one exchange's accounts, triggers and orders."""

    def __init__(self, reader: Reader, exchange: Exchange, path: Path, first_block: int, chunk: int) -> None:
        """`first_block` is one before which the exchange was not there; `chunk` how many are read at once.

        Raises StoreError where the file is none that can be used.
        """
        self._reader = reader
        self._most = self._chunk = self._size = chunk
        self._first = first_block
        self._log = structlog.get_logger("walras.keepers.registry")
        self._sources: dict[str, tuple[int | None, Any]] = {
            one.address.lower(): (None, one)
            for one in (exchange.engine, exchange.liquidation, exchange.triggers)
        }
        self._sources |= {one.address.lower(): (market, one) for market, one in exchange.books.items()}
        self._topics = sorted(
            {
                "0x" + topic.hex()
                for _, source in self._sources.values()
                for topic, event in source.EVENTS.items()
                if event._kind in EVENTS
            }
        )
        self._engine = exchange.engine.address
        path.parent.mkdir(parents=True, exist_ok=True)
        self._store = sqlite3.connect(path)
        self._recent: list[_Told] = []
        self._touched: set[int] = set()
        """Not told yet."""
        self._last = self._written = 0
        self._last_hash = ""
        self.known = Known()
        self._base = Known()
        self._base_block = 0
        try:
            self._load()
        except sqlite3.DatabaseError as error:
            self._store.close()
            raise StoreError(
                f"{path} cannot be used as a store of events: {error}; without it they are read anew"
            ) from error

    @property
    def block(self) -> int:
        """Up to which block events are taken in."""
        return self._last

    def follow(self, head: Head, ancestor: int | None = None) -> set[int]:
        """Take in what happened until a head; `ancestor`: the last block that was not replaced, where some
        were.

        The accounts that something happened to. It may end before the head: `block` tells. What was read
        stays read where a later question fails. Raises RpcError, RpcRefused.
        """
        if ancestor is not None and ancestor < self._last:
            self._touched |= self._undo(ancestor)
        elif self._is_replaced(head):
            self._touched |= self._undo(self._base_block)
        if head.number == self._last + 1:
            self._take_in(self._read({"blockHash": head.hash}), head.number, head)
        else:
            self._catch_up(head)
        self._write_now_and_then()
        touched, self._touched = self._touched, set()
        return touched

    def close(self) -> None:
        """Write the base, and let go of the store."""
        self._write_safely()
        self._store.close()

    # ------------------------------------------------------------ reading

    def _catch_up(self, head: Head) -> None:
        """By chunks. One that a node finds too large, or does not answer in time, is halved; they grow again,
        after what was too large slowly.
        """
        for _ in range(CHUNKS):
            if self._last >= head.number:
                return
            end = min(head.number, self._last + self._size)
            try:
                fresh = self._read_range(self._last + 1, end, head)
            except (RpcRefused, RpcError) as error:
                asked = end - self._last
                if asked == 1 or isinstance(error, BehindError):
                    raise
                self._size = asked // 2
                self._log.info("log_range_halved", blocks=self._size, why=str(error))
                if isinstance(error, RpcError):
                    raise
                self._chunk = self._size
                continue
            self._chunk = min(self._most, self._chunk + self._chunk // 8 + 1)
            self._size = min(self._chunk, 2 * self._size)
            self._take_in(fresh, end, head)
        if self._last < head.number:
            self._log.info("registry_catches_up", block=self._last, head=head.number)

    def _take_in(self, fresh: list[_Told], block: int, head: Head) -> None:
        """Events up to a block, on the way to a head."""
        for one in fresh:
            take(self.known, one.market, one.event)
            found = (getattr(one.event, name, None) for name in ("account", "counterparty"))
            self._touched |= {account for account in found if account is not None}
        self._recent += fresh
        self._last, self._last_hash = block, head.hash if block == head.number else ""
        self._advance(min(block, head.number - DEPTH))

    def _read_range(self, first: int, last: int, head: Head) -> list[_Told]:
        """Events of some blocks, from a node that has the last of them: others leave out what they lack.

        Raises BehindError where it has not, or another one at the head.
        """
        told: list[Any] = self._reader.rpc.batch(
            [
                ("eth_getLogs", [self._wanted({"fromBlock": hex(first), "toBlock": hex(last)})]),
                ("eth_getBlockByNumber", [hex(last), False]),
            ]
        )
        for answer in told:
            if isinstance(answer, RpcRefused):
                raise BehindError(str(answer)) if is_behind(answer) else answer
        logs, block = told
        if block is None:
            raise BehindError(f"the node is behind: it has no block {last}")
        if last == head.number and block["hash"] != head.hash:
            raise BehindError(f"the node is behind: its block {last} is {block['hash']}, not {head.hash}")
        return self._events(logs)

    def _read(self, where: dict[str, Any]) -> list[_Told]:
        """Events of a block."""
        return self._events(self._reader.rpc.ask("eth_getLogs", [self._wanted(where)]))

    def _wanted(self, where: dict[str, Any]) -> dict[str, Any]:
        return {**where, "address": sorted(self._sources), "topics": [self._topics]}

    def _events(self, told: Sequence[Any]) -> list[_Told]:
        logs = sorted(map(log_of, told), key=lambda one: (one.block, one.index))
        return [event for log in logs if (event := self._event(log))]

    def _event(self, log: Any) -> _Told | None:
        market, source = self._sources[log.address.lower()]
        event = source.decode_log(log.topics, log.data)
        return None if event is None else _Told(log.block, market, event)

    # ------------------------------------------------------------ base and reorganisations

    def _is_replaced(self, head: Head) -> bool:
        """Whether the last block is not of the chain any more, where nobody told."""
        if not self._last_hash or head.parent == self._last_hash or head.hash == self._last_hash:
            return False
        try:
            return self._reader.rpc.head(hex(self._last)).hash != self._last_hash
        except LookupError:
            return True

    def _undo(self, ancestor: int) -> set[int]:
        """Back to the state of a block. All accounts: those replaced may have touched any, by fills too."""
        if ancestor < self._base_block:
            self._log.warning("registry_read_anew", ancestor=ancestor, base=self._base_block)
            self._base, self._base_block, self._recent = Known(), self._first - 1, []
            self._last = self._base_block
        else:
            self._recent = [one for one in self._recent if one.block <= ancestor]
            self._last = ancestor
        self._last_hash = ""
        self.known = Known.load(self._base.dump())
        self._take_all(self.known, self._recent)
        return set(self.known.accounts)

    def _advance(self, block: int) -> None:
        """Move the base up to a block."""
        if block <= self._base_block:
            return
        old = [one for one in self._recent if one.block <= block]
        self._take_all(self._base, old)
        self._recent = self._recent[len(old) :]
        self._base_block = block

    def _write_now_and_then(self) -> None:
        if self._base_block - self._written >= WRITE_EVERY:
            self._write_safely()

    def _write_safely(self) -> None:
        """Without a node, or a disk, the base of before has to do until the next time."""
        try:
            self._write()
        except (RpcError, RpcRefused, LookupError, sqlite3.Error) as error:
            self._log.warning("registry_not_written", error=f"{type(error).__name__}: {error}")

    @staticmethod
    def _take_all(known: Known, events: Sequence[_Told]) -> None:
        for one in events:
            take(known, one.market, one.event)

    def _load(self) -> None:
        self._base_block = self._last = self._first - 1
        self._store.execute(
            "create table if not exists base (engine text primary key, block integer, hash text, state text)"
        )
        row = self._store.execute(
            "select block, hash, state from base where engine = ?", (self._engine,)
        ).fetchone()
        if row:
            block, digest, state = row
            why = "the chain has another block there"
            try:
                if self._reader.rpc.head(hex(block)).hash == digest:
                    self._base, self._base_block, why = Known.load(json.loads(state)), block, ""
            except LookupError:
                pass
            except (ValueError, TypeError, KeyError) as error:
                why = f"it was written by another version: {error!r}"
            if why:
                self._log.warning("registry_read_anew", base=block, why=why)
        self.known = Known.load(self._base.dump())
        self._last = self._written = self._base_block

    def _write(self) -> None:
        if self._base_block <= self._first or self._base_block == self._written:
            return
        digest = self._reader.rpc.head(hex(self._base_block)).hash
        with self._store:
            self._store.execute(
                "insert or replace into base values (?, ?, ?, ?)",
                (self._engine, self._base_block, digest, json.dumps(self._base.dump())),
            )
        self._written = self._base_block
