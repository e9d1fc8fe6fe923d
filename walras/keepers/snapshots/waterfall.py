"""What the liquidator and the nominator look at: everybody's health, then more of whoever needs something."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from walras.chain.bindings.liquidation_engine import Health, Stage
from walras.chain.bindings.perp_engine import Position
from walras.chain.call import Call
from walras.chain.reasons import Reverted
from walras.keepers.decisions.liquidation import BPS, LAPSE_S, PPM, Account, Backstop, Stake
from walras.keepers.decisions.nomination import Candidate, Round
from walras.keepers.known import Known
from walras.keepers.snapshots.world import MarketFacts, World, pages, told

SYNCED_PAGE: Final = 16
"""Accounts of one multicall, which takes 32 calls."""


@dataclass(frozen=True, slots=True)
class Scan:
    """Everybody's health at a head."""

    health: dict[int, Health]
    settled: frozenset[int]
    """Of those that auctions may have filled: whose settlement would change nothing."""
    unsettled: frozenset[int]
    """Of those the others: what the chain stores of them is not what they have."""
    backstop: Backstop
    """The account that takes over, and what it has."""

    def needy(self, known: Known) -> list[int]:
        """For whom something may be called; who is below initial margin alone has to have orders."""
        found = [account for account, one in self.health.items() if one.stages & ~Stage.CANCEL]
        below = {account for account, one in self.health.items() if one.stages == Stage.CANCEL}
        if below:
            found += below & {one.account for orders in known.orders.values() for one in orders.values()}
        return sorted(found)

    def idle(self) -> set[int]:
        """Accounts with nothing at stake."""
        return {
            account
            for account, one in self.health.items()
            if not (one.initial or one.maintenance or one.stages)
        }


def scan(world: World, accounts: Collection[int]) -> Scan:
    """The health of accounts, 64 a call; with fills that are not settled, as it were after that."""
    ordered = sorted(accounts)
    unsettled = sorted(world.known.unsettled & set(ordered))
    listed = pages(ordered)
    calls: list[Call[Any]] = [world.exchange.liquidation.health(page) for page in listed]
    groups = pages(unsettled, SYNCED_PAGE)
    engine = world.exchange.engine
    calls += [
        engine.multicall(
            [part for one in group for part in (engine.sync(one).data, engine.margin_of(one).data)]
        )
        for group in groups
    ]
    said = world.ask([*calls, *_backstop_calls(world)])
    health: dict[int, Health] = {}
    for page, answer in zip(listed, said, strict=False):
        health.update(zip(page, told(answer), strict=True))
    settled, changed = set(), set()
    for group, answer in zip(groups, said[len(listed) :], strict=False):
        if isinstance(answer, Reverted):
            continue  # one of them cannot be settled now: as they are stored, then
        for one, raw in zip(group, answer[1::2], strict=True):
            margin = engine.margin_of(one).decode(raw)
            before = health[one]
            if (margin.equity, margin.initial, margin.maintenance) == (
                before.equity,
                before.initial,
                before.maintenance,
            ):
                settled.add(one)
            else:
                changed.add(one)
                health[one] = _staged(margin.equity, margin.initial, margin.maintenance)
    return Scan(health, frozenset(settled), frozenset(changed), _backstop(world, said[len(calls) :]))


def _staged(equity: int, initial: int, maintenance: int) -> Health:
    """As LiquidationViews tells it, without what is held of penalties."""
    stages = Stage(0)
    if equity < initial:
        stages |= Stage.CANCEL
    if equity < maintenance:
        stages |= Stage.LIQUIDATE
        if equity * 3 < maintenance * 2:
            stages |= Stage.TAKE_OVER
    if maintenance == 0 and equity < 0:
        stages |= Stage.RESOLVE
    return Health(equity, initial, maintenance, stages)


def accounts(world: World, found: Scan, wanted: Collection[int]) -> list[Account]:
    """More of some accounts: their positions, orders, liquidations under way."""
    it, ordered = world.exchange, sorted(wanted)
    held = _held_after_settlement(world, sorted(found.unsettled & set(ordered)))
    said = world.ask(
        [one for account in ordered for one in (it.engine.markets_of(account), it.engine.collateral(account))]
    )
    markets = {account: {*told(said[2 * i]), *held.get(account, ())} for i, account in enumerate(ordered)}
    collateral = {account: told(said[2 * i + 1]) for i, account in enumerate(ordered)}
    for account, market in world.known.pendings:
        if account in markets:
            markets[account].add(market)
    places = [
        (account, market)
        for account in ordered
        for market in sorted(markets[account])
        if market in world.markets
    ]
    calls: list[Call[Any]] = []
    for account, market in places:
        calls += [
            it.engine.position(account, market),
            it.liquidation.pending(account, market),
            it.liquidation.plan(account, market),
            it.liquidation.nominees(account, market),
        ]
    said = world.ask(calls)
    stakes: dict[int, list[Stake]] = {account: [] for account in ordered}
    for i, (account, market) in enumerate(places):
        position, pending, plan, (until, nominees) = (told(one) for one in said[4 * i : 4 * i + 4])
        tip = plan.tip
        if account in held:
            position = held[account].get(market, position)
            tip = _largest_tip(world.markets[market], position.lots)
        lapsed = pending.lots == 0 and world.now >= pending.batch + LAPSE_S
        stakes[account].append(
            Stake(
                market=market,
                lots=position.lots,
                has_orders=bool(position.bid_lots or position.ask_lots),
                pending_lots=pending.lots,
                pending_batch=pending.batch if pending.lots else 0,
                pending_held=pending.held,
                failures=0 if lapsed else pending.failures,
                plan_tip=tip,
                round_until=until,
                nominees=len(nominees),
            )
        )
    return [
        Account(
            account,
            found.health[account].equity,
            found.health[account].initial,
            found.health[account].maintenance,
            collateral[account],
            tuple(stakes[account]),
        )
        for account in ordered
        if account in found.health
    ]


def _held_after_settlement(world: World, some: Sequence[int]) -> dict[int, dict[int, Position]]:
    """Positions of accounts as they are once their fills are settled, by market."""
    engine = world.exchange.engine
    said = world.ask([engine.multicall([engine.sync(one).data, engine.markets_of(one).data]) for one in some])
    listed = [
        () if isinstance(answer, Reverted) else engine.markets_of(one).decode(answer[1])
        for one, answer in zip(some, said, strict=True)
    ]
    said = world.ask(
        [
            engine.multicall([engine.sync(one).data, *[engine.position(one, each).data for each in markets]])
            for one, markets in zip(some, listed, strict=True)
        ]
    )
    return {
        one: {
            market: engine.position(one, market).decode(raw)
            for market, raw in zip(markets, told(answer)[1:], strict=True)
        }
        for one, markets, answer in zip(some, listed, said, strict=True)
        if markets
    }


def _largest_tip(facts: MarketFacts, lots: int) -> int:
    """Of a liquidation of a whole position, token units."""
    rules = facts.settings.liquidation
    penalty = facts.terrain.worth(lots) * rules.penalty_ppm // PPM
    return min(rules.tip_cap, penalty * rules.tip_bps // BPS)


def _backstop_calls(world: World) -> list[Call[Any]]:
    it, number, markets = world.exchange, world.backstop, sorted(world.markets)
    if number == 0:
        return []
    return [
        it.engine.margin_of(number),
        *[it.engine.position(number, market) for market in markets],
        *[it.liquidation.pending(number, market) for market in markets],
    ]


def _backstop(world: World, said: Sequence[Any]) -> Backstop:
    if not said:
        return Backstop(0, 0, {})
    markets = sorted(world.markets)
    margin, *rest = (told(one) for one in said)
    lots = {market: one.lots for market, one in zip(markets, rest, strict=False) if one.lots}
    pending = frozenset(market for market, one in zip(markets, rest[len(markets) :], strict=True) if one.lots)
    return Backstop(world.backstop, max(margin.equity, 0) - margin.initial, lots, pending)


def candidates(world: World, market: int, is_long: bool, pool: Sequence[int]) -> list[Candidate]:
    """Accounts with a position on the other side of one that is long, or short, and their scores."""
    it = world.exchange
    positions = world.ask([it.engine.position(account, market) for account in pool])
    opposite = [
        (account, told(one).lots)
        for account, one in zip(pool, positions, strict=True)
        if told(one).lots and (told(one).lots > 0) != is_long
    ]
    scores = world.ask([it.liquidation.deleverage_score(account, market) for account, _ in opposite])
    return [
        Candidate(account, lots, told(score)) for (account, lots), score in zip(opposite, scores, strict=True)
    ]


def rounds(world: World, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Round]:
    """Nominations that are open, by account and market."""
    said = world.ask([world.exchange.liquidation.nominees(account, market) for account, market in places])
    found = {}
    for place, answer in zip(places, said, strict=True):
        until, nominees = told(answer)
        if until > world.now:
            found[place] = Round(until, {one.account: one.score for one in nominees})
    return found
