"""Heads of the chain one after the other, and which blocks were replaced."""

from dataclasses import dataclass
from typing import Any, Final

import structlog

from walras.chain.meter import Meter, Silent
from walras.chain.rpc import BehindError, Head, Rpc, RpcError

REMEMBERED: Final = 256
"""Blocks back to which a reorganisation is followed."""


@dataclass(frozen=True, slots=True)
class Advance:
    """A new block of the chain."""

    head: Head
    replaced: tuple[Head, ...] = ()
    """Blocks that are not of the chain any more, from the highest, before this one came in their place."""
    skipped: int = 0
    """Blocks before it that are not told of: more than were to be asked for."""

    @property
    def depth(self) -> int:
        """Of the reorganisation; 0 where there was none."""
        return len(self.replaced)


class Follower:
    """Follows the head. Nodes that fall behind are not mistaken for reorganisations.

    Nor is a chain that was only rolled back, which looks the same: what was undone is told of once there is
    another block in its place.
    """

    def __init__(self, rpc: Rpc, *, most: int = 64, meter: Meter | None = None, log: Any = None) -> None:
        """At most so many blocks are told of at once; of more the last one only."""
        self._rpc = rpc
        self._most = most
        self._meter = meter or Silent()
        self._log = log or structlog.get_logger("walras.chain.follow")
        self._known: list[Head] = []

    @property
    def tip(self) -> Head | None:
        """The head that was told of last."""
        return self._known[-1] if self._known else None

    def poll(self) -> list[Advance]:
        """What is new since the last time, in order. Raises RpcError, RpcRefused."""
        try:
            latest = self._rpc.head()
        except LookupError as error:  # a node that has begun to sync has no head
            raise RpcError(str(error)) from error
        if not self._known:
            self._known = [latest]
            return [Advance(latest)]
        if any(one.hash == latest.hash for one in self._known):
            return []  # the tip, or a node that is behind
        ahead = latest.number - self._known[-1].number
        try:
            if self._is_behind(latest):
                raise BehindError(
                    f"the node is behind: its head is {latest.number}, after {self._known[-1].number}"
                )
            fresh = [latest] if ahead > self._most else self._back_to_known(latest)
            ancestor = self._ancestor(fresh[0])
        except LookupError as error:  # the chain changed while it was asked: the next poll sees what came
            self._log.info("the chain changed while it was read", why=str(error))
            return []
        replaced = tuple(reversed(self._known[ancestor + 1 :]))
        skipped = ahead - 1 if ahead > self._most else 0
        self._say(latest, replaced, skipped, ancestor)
        self._known = [*self._known[: ancestor + 1], *fresh][-REMEMBERED:]
        return [Advance(fresh[0], replaced, skipped), *(Advance(one) for one in fresh[1:])]

    def _is_behind(self, latest: Head) -> bool:
        """Whether an unknown head replaces nothing: what is remembered is above it, or of its chain."""
        below = [one for one in self._known if one.number <= latest.number]
        if not below or len(below) == len(self._known):
            return not below
        before = below[-1]
        return before.number < latest.number and self._rpc.head(hex(before.number)).hash == before.hash

    def _back_to_known(self, latest: Head) -> list[Head]:
        """Unknown blocks up to `latest`, as far back as anything is remembered."""
        hashes = {one.hash for one in self._known}
        fresh = [latest]
        while fresh[0].parent not in hashes and fresh[0].number > self._known[0].number:
            fresh.insert(0, self._rpc.head(fresh[0].parent))
        return fresh

    def _ancestor(self, first: Head) -> int:
        """The place of the last known block that is still of the chain; -1 where none is."""
        for place in range(len(self._known) - 1, -1, -1):
            known = self._known[place]
            if known.hash == first.parent:
                return place
            if known.number < first.number - 1 and self._rpc.head(hex(known.number)).hash == known.hash:
                return place  # blocks between them were skipped
        return -1

    def _say(self, latest: Head, replaced: tuple[Head, ...], skipped: int, ancestor: int) -> None:
        if replaced:
            self._meter.count("reorganisations")
            self._log.warning("blocks replaced", depth=len(replaced), head=latest.number)
        if ancestor < 0:
            self._log.error("a reorganisation deeper than is remembered", blocks=len(self._known))
        if skipped:
            self._log.warning("blocks skipped", blocks=skipped, head=latest.number)
