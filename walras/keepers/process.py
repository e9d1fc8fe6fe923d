"""One process: a loop from head to head, and in each turn every keeper once. docs/keepers.md.

A turn: look after what is under way, read the markets, sign what publishers owe, then each keeper in the
roster's order: snapshot, decision, what is left of it after profit and rests, transactions. Time in all of it
is the chain's. A keeper that fails is logged, counted, alerted and rested; the others go on, and /ready says
so.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event
from typing import Any, Final

import structlog

from walras.chain.abi import AbiError
from walras.chain.endpoint import RpcRefused
from walras.chain.follow import Advance
from walras.chain.reader import ReadError
from walras.chain.rpc import Head, RpcError
from walras.keepers.build import Parts
from walras.keepers.config import Config, ConfigError
from walras.keepers.inventory import look_after
from walras.keepers.publisher import Publisher
from walras.keepers.roster import EARLY, ROSTER, Turn, reports_needed
from walras.keepers.running import Running, is_due
from walras.keepers.snapshots.waterfall import Scan
from walras.keepers.snapshots.world import SnapshotError
from walras.keepers.web import TEXT, Page, Web, page

_DIGITS: Final = re.compile("[0-9]{1,4}")
NODE_ERRORS: Final = (RpcError, RpcRefused, ReadError, SnapshotError, AbiError)
"""What a node, or what lies between, may be to blame for: the turn is tried again."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the web tells, as of the last turn: replaced as a whole."""

    head: int = -1
    head_time: int = 0
    at: float = 0.0
    """Of the machine's clock, monotonic."""
    failing: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    """Publishers with a market of which they say nothing."""
    keepers: dict[str, dict[str, Any]] | None = None
    accounts: int = 0
    scan_seconds: float = 0.0
    reports: dict[int, list[dict[str, Any]]] | None = None
    leads: bool = True


class Process:
    """Runs until it is stopped, or once."""

    def __init__(self, config: Config, parts: Parts, clock: Callable[[], float] = time.monotonic) -> None:
        self.config, self.parts = config, parts
        self.stop = Event()
        self._clock = clock
        self._log = structlog.get_logger("walras.keepers")
        self._said = Said()
        self._started = clock()
        self._idle: set[int] = set()
        self._silent: list[str] = []
        self._looked_at: int | None = None
        """The head at which the inventory was looked after."""
        self._scan_seconds = 0.0
        self._scanned = 0
        self.web: Web | None = None
        if config.web:
            try:
                self.web = Web(config.web.host, config.web.port, self.answer)
            except OSError as error:
                parts.close()
                raise ConfigError(
                    f"web.port: {config.web.host}:{config.web.port}: {error.strerror}"
                ) from error
            self._log.info("web", host=self.web.host, port=self.web.port)

    # ------------------------------------------------------------ the loop

    def run(self, once: bool = False) -> int:
        """Turn after turn until `stop` is set; the exit code. Once: one turn, 1 where something failed."""
        pause = self.config.chain.poll_s
        try:
            while not self.stop.is_set():
                before = self._said.head
                done = self.step(once)
                if once and done is not None:
                    return 0 if done else 1
                if not done:  # where no node answers there is no hurry
                    is_idle = done is None or self._said.head != before
                    self.stop.wait(pause if is_idle else max(pause, 1.0))
            self._log.info("stopped", head=self._said.head)
            return 0
        finally:
            self.close()

    def step(self, once: bool = False) -> bool | None:
        """Handle the newest head: whether nothing failed; None where there is none that is new. Once: a turn
        that fails is not tried again.
        """
        advances = self._poll()
        if not advances:
            return None if advances is not None else False
        return self._turn_safely(advances, once) and not self._said.failing

    def close(self) -> None:
        """Write down what has to be, and let go of everything."""
        if self.web:
            self.web.close()
        self.parts.close()

    def _poll(self) -> list[Advance] | None:
        """What is new; None where that could not be found out."""
        try:
            found = self.parts.follower.poll()
        except NODE_ERRORS as error:
            self._fail("node", error)
        except Exception as error:  # noqa: BLE001 (a bug, or an answer of no known kind; the next may be one)
            self._break("poll_failed", error)
        else:
            if any(one.replaced for one in found):
                self.parts.metrics.count("keeper_reorgs")
            return found
        self.parts.lease.give_up()
        return None

    def _turn_safely(self, advances: list[Advance], once: bool) -> bool:
        """A turn for the newest head, tried again while the node is to blame and no newer head is there."""
        ancestors = [one.head.number - 1 for one in advances if one.replaced]
        while not self.stop.is_set():
            seen = self._clock()
            try:
                self.turn(advances[-1].head, min(ancestors, default=None), seen)
                self.parts.lease.resume()
                return True
            except NODE_ERRORS as error:
                self._fail("node", error)
                self.parts.lease.give_up()
            except Exception as error:  # noqa: BLE001 (a bug at one head; the next may pass, and /ready tells)
                self._break("turn_failed", error, head=advances[-1].head.number)
                self.parts.lease.give_up()
                return False
            if once:
                return False
            self.stop.wait(max(self.config.chain.poll_s, 0.5))
            newer = self._poll() or []
            ancestors += [one.head.number - 1 for one in newer if one.replaced]
            advances = newer or advances
        return False

    def turn(self, head: Head, ancestor: int | None, seen: float) -> None:
        """One head. Raises NODE_ERRORS where nothing can be done at it."""
        parts = self.parts
        leads = parts.lease.is_mine()
        parts.dispatch.begin(head, seen, leads)
        parts.world.look(head)
        failing: list[str] = []
        self._silent = []
        closes = {number: facts.mark.due for number, facts in parts.world.markets.items()}
        for publisher in parts.publishers:
            self._guarded(publisher.name, failing, lambda one=publisher: self._sign(one, head, closes))  # type: ignore[misc]
        if set(self._silent) - set(self._said.silent):
            why = "no venue told a trade, or none for max_age_s"
            parts.alerts.raise_("publishers are silent", f"{why}: {'; '.join(self._silent)}")
        turn = Turn(parts.world, scanned=self._note_scan)
        early = [one for one in parts.running if one.config.kind in EARLY]
        late = [one for one in parts.running if one.config.kind not in EARLY]
        for fetcher in parts.fetchers if early else ():
            self._guarded("reports", failing, lambda one=fetcher: one.fetch(parts.world, self._needed(early)))  # type: ignore[misc]
        self._serve(turn, early, failing)
        if late:
            touched = parts.registry.follow(head, ancestor)
            known = parts.world.known = parts.registry.known
            # one that was liquidated altogether has nothing left, but what is held of its penalty
            self._idle -= touched | known.unsettled_accounts() | known.pending_accounts()
            turn.everybody = (parts.always(parts.world) | known.accounts) - self._idle
            if parts.registry.block >= head.number:
                self._serve(turn, late, failing)
            else:
                failing.append(f"reading events, at block {parts.registry.block},")
        if is_due(self.config.inventory.every_blocks, self._looked_at, head.number):
            error = self._guarded(
                "inventory", failing, lambda: look_after(parts, self.config.inventory, head)
            )
            self._looked_at = head.number if error is None else self._looked_at
        self._finish(head, seen, failing, leads)

    def _sign(self, publisher: Publisher, head: Head, closes: dict[int, int]) -> None:
        """Let a publisher sign what it owes."""
        signed = publisher.sign(head.time, self.parts.board, closes)
        if signed:
            self.parts.metrics.count("keeper_signed", len(signed), publisher=publisher.name)
        for market in publisher.markets():
            if publisher.estimate(market, head.time) is None:
                self._silent.append(
                    f"publisher {publisher.name} says nothing of {self.parts.exchange.name_of(market)}"
                )

    def _guarded(self, name: str, failing: list[str], work: Callable[[], object]) -> type[Exception] | None:
        """What a part of a turn failed by: that is said, and does not keep the others."""
        found: type[Exception]
        try:
            work()
        except NODE_ERRORS as error:
            found = type(error)
            self._fail(name, error)
        except Exception as error:  # noqa: BLE001 (a bug in one part does not stop the others; it is said)
            found = type(error)
            self._log.exception("keeper_failed", keeper=name)
            self.parts.alerts.raise_(f"{name} failed", f"{type(error).__name__}: {error}")
        else:
            return None
        failing.append(name)
        return found

    def _needed(self, early: list[Running]) -> set[int]:
        """Markets on which reports of other processes are of use now."""
        world = self.parts.world
        return {
            market
            for one in early
            for market in reports_needed(world, one.config.kind, one.markets, one.config)
        }

    def _serve(self, turn: Turn, some: list[Running], failing: list[str]) -> None:
        """Each keeper in turn; one that fails does not keep the others."""
        head = turn.world.at
        for one in some:
            is_resting = one.rests.is_resting("itself", head.time)
            if is_resting or not is_due(one.config.every_blocks, one.served_at, head.number):
                failing += [one.name] if one.is_failing else []
                continue
            error = self._guarded(one.name, failing, lambda one=one: self._turn_of(one, turn))  # type: ignore[misc]
            one.is_failing = error is not None
            if error is None:
                one.served_at = head.number
                one.rests.clear("itself")
                continue
            if not issubclass(error, NODE_ERRORS):  # a node may answer at the next head
                one.rests.refuse("itself", head.time)
            one.failures += 1
            self.parts.metrics.count("keeper_failures", keeper=one.name)

    def _turn_of(self, one: Running, turn: Turn) -> None:
        """A keeper's snapshot and decision, and what comes of it."""
        tasks = ROSTER[one.config.kind](turn, one.markets, one.config)
        self.parts.dispatch.serve(one, tasks)

    def _finish(self, head: Head, seen: float, failing: list[str], leads: bool) -> None:
        parts, meter = self.parts, self.parts.metrics
        for one in parts.running:
            one.rests.tidy(head.time)
            meter.level("keeper_resting", len(one.rests), keeper=one.name)
        known = parts.world.known
        for kind, count in (
            ("accounts", len(known.accounts)),
            ("orders", sum(map(len, known.orders.values()))),
            ("triggers", len(known.triggers)),
            ("unsettled", len(known.unsettled_accounts())),
        ):
            meter.level("keeper_known", count, kind=kind)
        meter.count("keeper_heads")
        meter.level("keeper_head", head.number)
        meter.level("keeper_head_time", head.time)
        meter.took("keeper_turn", self._clock() - seen)
        markets = sorted({market for one in parts.publishers for market in one.markets()})
        self._said = Said(
            head.number,
            head.time,
            self._clock(),
            tuple(failing),
            tuple(self._silent),
            {one.name: one.told() for one in parts.running},
            self._scanned,
            self._scan_seconds,
            {market: parts.board.rows(market) for market in markets},
            leads,
        )

    def _note_scan(self, found: Scan, seconds: float) -> None:
        idle = found.idle()
        self._idle |= idle - set(self.parts.always(self.parts.world))
        known = self.parts.world.known
        known.unsettled = {place for place in known.unsettled if place[0] not in found.settled}
        self._scanned, self._scan_seconds = len(found.health), seconds
        self.parts.metrics.took("keeper_scan", seconds)
        self.parts.metrics.level("keeper_accounts", len(found.health))

    def _break(self, event: str, error: Exception, **words: Any) -> None:
        """A bug ended what the process itself does; called where it is handled."""
        self._log.exception(event, **words)
        self.parts.metrics.count("keeper_failures", keeper="process")
        self.parts.alerts.raise_("a turn failed", f"{type(error).__name__}: {error}")
        self._said = replace(self._said, failing=("process",))

    def _fail(self, what: str, error: Exception) -> None:
        self._log.warning("node_failed", what=what, error=f"{type(error).__name__}: {error}")
        self.parts.alerts.raise_(f"{what}: the node fails", f"{type(error).__name__}: {error}")

    # ------------------------------------------------------------ what the web tells

    def answer(self, path: str) -> Page | None:
        """A page; called by threads of the web server, so it reads what was replaced as a whole."""
        said = self._said
        if path == "/health":
            return page(200, {"process": self.config.process, "alive": True})
        if path == "/ready":
            wrong = self._wrong(said)
            return page(503 if wrong else 200, {"ready": not wrong, "wrong": wrong})
        if path == "/metrics":
            return Page(200, TEXT, self.parts.metrics.text())
        if path == "/status":
            return page(200, self._status(said))
        if path.startswith("/reports/"):
            return self._reports(said, path.removeprefix("/reports/"))
        return None

    def _wrong(self, said: Said) -> list[str]:
        limit = self.config.web.ready_lag_s if self.config.web else 60.0
        wrong = [f"{name} failed at the last head" for name in said.failing]
        wrong += said.silent
        age = self._clock() - (said.at or self._started)
        if said.head < 0:
            wrong.append("no head was handled yet")
        elif age > limit:
            wrong.append(f"no head was handled for {age:.0f} s")
        return wrong

    def _status(self, said: Said) -> dict[str, Any]:
        return {
            "process": self.config.process,
            "head": said.head,
            "head_time": said.head_time,
            "leads": said.leads,
            "failing": list(said.failing),
            "keepers": said.keepers or {},
            "publishers": [one.name for one in self.parts.publishers],
            "accounts": said.accounts,
            "scan_seconds": round(said.scan_seconds, 6),
            "endpoints": self.parts.rpc.status(),
        }

    def _reports(self, said: Said, market: str) -> Page | None:
        number = self.parts.exchange.markets.get(market, int(market) if _DIGITS.fullmatch(market) else None)
        if number is None or number not in (said.reports or {}):
            return None
        return page(200, {"market": number, "reports": (said.reports or {})[number]})
