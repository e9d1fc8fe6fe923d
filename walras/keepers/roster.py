"""Each kind of keeper: its snapshot and its decision, put together."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from walras.keepers import config as settings
from walras.keepers.decisions import (
    auctions,
    caretaking,
    liquidation,
    nomination,
    publishing,
    settling,
    sweeping,
    triggers,
)
from walras.keepers.snapshots import house, prices, waterfall
from walras.keepers.snapshots.world import World
from walras.keepers.task import Task


@dataclass(slots=True)
class Turn:
    """One head, for all keepers of a process: what several of them need is read once."""

    world: World
    everybody: Collection[int] = ()
    """Accounts that may have something at stake."""
    _scan: waterfall.Scan | None = None
    _triggers: list[triggers.Trigger] | None = None
    _accounts: list[liquidation.Account] | None = None
    scanned: Callable[[waterfall.Scan, float], None] = field(default=lambda found, seconds: None)
    """Told of the scan once it is made, and how long it took."""

    def scan(self) -> waterfall.Scan:
        """Everybody's health."""
        if self._scan is None:
            begun = time.monotonic()
            self._scan = waterfall.scan(self.world, self.everybody)
            self.scanned(self._scan, time.monotonic() - begun)
        return self._scan

    def triggers(self, markets: Collection[int]) -> list[triggers.Trigger]:
        """All triggers of some markets."""
        if self._triggers is None:
            self._triggers = house.triggers(self.world, frozenset(self.world.markets))
        known = self.world.known.triggers
        return [one for one in self._triggers if known[one.id].market in markets]

    def needy(self) -> list[liquidation.Account]:
        """Accounts for which something may be called, and those whose liquidation is not concluded."""
        if self._accounts is None:
            found = self.scan()
            pending = self.world.known.pending_accounts()
            wanted = {*found.needy(self.world.known), *(pending & found.health.keys())}
            self._accounts = waterfall.accounts(self.world, found, wanted) if wanted else []
        return self._accounts


Decide = Callable[[Turn, Collection[int], Any], list[Task]]


def _auctions(turn: Turn, markets: Collection[int], config: settings.AuctionsKeeper) -> list[Task]:
    found = prices.auctions(turn.world, markets, config.skip_empty)
    return auctions.decide(turn.world.now, found, auctions.AuctionRules(config.skip_empty))


def _prices(turn: Turn, markets: Collection[int], config: settings.PricesKeeper) -> list[Task]:
    rules = publishing.PostingRules(config.heartbeat_s, config.deviation_bps)
    return publishing.decide(turn.world.now, prices.postings(turn.world, markets, rules), rules)


def _within(account: liquidation.Account, markets: Collection[int]) -> bool:
    return any(stake.market in markets for stake in account.stakes) or not account.stakes


def _liquidator(turn: Turn, markets: Collection[int], config: settings.LiquidatorKeeper) -> list[Task]:
    rules = liquidation.LiquidationRules(config.auctions_before_backstop, config.unwind)
    accounts = [one for one in turn.needy() if _within(one, markets)]
    terrains = turn.world.terrains()
    tasks = liquidation.decide(turn.world.now, accounts, terrains, turn.scan().backstop, rules)
    return [one for one in tasks if _market_of(one) in markets or _market_of(one) is None]


def _market_of(task: Task) -> int | None:
    """Of a task of the waterfall."""
    if task.function == "resolve":
        return None
    return int(task.args[0] if task.function == "unwind" else task.args[1])


def _nominator(turn: Turn, markets: Collection[int], config: settings.NominatorKeeper) -> list[Task]:
    world, tasks = turn.world, list[Task]()
    rules = liquidation.LiquidationRules(config.auctions_before_backstop)
    wanted = [
        (account, stake, terrain)
        for account in turn.needy()
        for stake in account.stakes
        if stake.market in markets
        and nomination.wanted(
            world.now,
            account,
            stake,
            terrain := world.markets[stake.market].terrain,
            turn.scan().backstop,
            rules,
        )
    ]
    if not wanted:
        return []
    rounds = waterfall.rounds(world, [(account.account, stake.market) for account, stake, _ in wanted])
    pools: dict[tuple[int, bool], list[nomination.Candidate]] = {}
    staked = sorted(account for account, one in turn.scan().health.items() if one.maintenance)
    for account, stake, terrain in wanted:
        side = (stake.market, stake.lots > 0)
        if side not in pools:
            pools[side] = waterfall.candidates(world, *side, staked)
        known = rounds.get((account.account, stake.market))
        tasks += nomination.decide(account, stake, terrain, pools[side], known)
    return tasks


def _triggers(turn: Turn, markets: Collection[int], config: settings.TriggersKeeper) -> list[Task]:
    rules = triggers.TriggerRules(config.ratchet_bps, config.retry_parked)
    return triggers.decide(turn.triggers(markets), rules)


def _sweeper(turn: Turn, markets: Collection[int], config: settings.SweeperKeeper) -> list[Task]:
    waiting = [(one.id, one.reason) for one in turn.triggers(markets)]
    return sweeping.decide(turn.world.now, house.expired(turn.world, markets), waiting)


def _settler(turn: Turn, markets: Collection[int], config: settings.SettlerKeeper) -> list[Task]:
    rules = settling.SettlingRules(config.report_after_s, config.settle)
    found = house.endings(turn.world, markets, turn.everybody)
    return settling.decide(turn.world.now, found, rules)


def _caretaker(turn: Turn, markets: Collection[int], config: settings.CaretakerKeeper) -> list[Task]:
    rules = caretaking.CaretakingRules(
        config.distribute_min, config.deliver_min, config.recall_min, config.stale_mark_s
    )
    world = turn.world
    marks = house.marks(world, markets, turn.everybody, config.stale_mark_s)
    return caretaking.decide(world.now, house.fees(world), house.vault(world), marks, rules)


ROSTER: Final[Mapping[str, Decide]] = {
    "auctions": _auctions,
    "prices": _prices,
    "liquidator": _liquidator,
    "nominator": _nominator,
    "triggers": _triggers,
    "sweeper": _sweeper,
    "settler": _settler,
    "caretaker": _caretaker,
}
"""By kind, in the order in which they have their turn: what waits least comes first."""
EARLY: Final = ("auctions", "prices")
"""Kinds that need no registry: they come before events are read."""


def reports_needed(world: World, kind: str, markets: Collection[int], config: Any) -> set[int]:
    """Markets on which a keeper of an early kind has use for reports now."""
    if kind == "auctions":
        return {market for market in markets if prices.is_due(world, market)}
    ages = {market: world.now - world.markets[market].last[1] for market in markets}
    return {market for market, age in ages.items() if age >= config.heartbeat_s}
