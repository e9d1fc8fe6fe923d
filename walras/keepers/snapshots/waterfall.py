"""What the liquidator and the nominator look at: everybody's health, then more of whoever needs something."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from walras.chain.bindings.liquidation_engine import Health, Pending, Stage
from walras.chain.bindings.perp_engine import Position
from walras.chain.call import Call
from walras.chain.reasons import Reverted
from walras.keepers.decisions.liquidation import BPS, LAPSE_S, PPM, Account, Backstop, Stake
from walras.keepers.decisions.nomination import Candidate, Round
from walras.keepers.known import Known
from walras.keepers.snapshots.world import MarketFacts, World, pages, sound

SYNCED_PAGE: Final = 16
"""Accounts of one multicall, which takes 32 calls."""
BACKSTOP_PAGE: Final = 31
"""Views of one multicall, after a settlement."""

_GONE: Final = Position(0, 0, 0, 0, 0, 0, 0)


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
    unsettled = sorted(world.known.unsettled_accounts() & set(ordered))
    listed = pages(ordered)
    calls: list[Call[Any]] = [world.exchange.liquidation.health(page) for page in listed]
    groups = pages(unsettled, SYNCED_PAGE)
    engine = world.exchange.engine
    calls += [_synced(world, group) for group in groups]
    said = world.ask([*calls, *_backstop_calls(world)])
    health: dict[int, Health] = {}
    for page, answer in zip(listed, said, strict=False):
        health.update(
            _health(world, page) if isinstance(answer, Reverted) else zip(page, answer, strict=True)
        )
    settled, changed = set(), set()
    answers = list(zip(groups, said[len(listed) : len(calls)], strict=True))
    alone = [[one] for group, answer in answers if isinstance(answer, Reverted) for one in group]
    answers += zip(alone, world.ask([_synced(world, group) for group in alone]), strict=True)
    for group, answer in answers:
        if isinstance(answer, Reverted):
            continue  # it was asked alone, too, where it cannot be settled now: as it is stored, then
        for one, raw in zip(group, answer[1::2], strict=True):
            if one not in health:
                continue
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


def _health(world: World, page: Sequence[int]) -> dict[int, Health]:
    """Of accounts one by one, where they were not told together; one that reverts is left out."""
    said = world.ask([world.exchange.liquidation.health([one]) for one in page])
    found = {}
    for one, answer in zip(page, said, strict=True):
        if isinstance(answer, Reverted):
            world.leave_out(f"account {one}", answer)
        else:
            found[one] = answer[0]
    return found


def _synced(world: World, group: Sequence[int]) -> Call[Any]:
    """The margin of accounts as it were were their fills settled."""
    engine = world.exchange.engine
    return engine.multicall(
        [part for one in group for part in (engine.sync(one).data, engine.margin_of(one).data)]
    )


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
    pairs = {account: said[2 * i : 2 * i + 2] for i, account in enumerate(ordered)}
    ordered = [account for account in ordered if sound(world, account, pairs[account])]
    markets = {account: {*pairs[account][0], *held.get(account, ())} for account in ordered}
    collateral = {account: pairs[account][1] for account in ordered}
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
    broken: set[int] = set()
    for i, (account, market) in enumerate(places):
        if account in broken or not sound(world, account, said[4 * i : 4 * i + 4]):
            broken.add(account)
            continue
        position, pending, plan, (until, nominees) = said[4 * i : 4 * i + 4]
        tip = plan.tip
        if account in held:
            position = held[account].get(market, _GONE)
            tip = _largest_tip(world.markets[market], position.lots)
        lapsed = pending.lots == 0 and world.now >= pending.batch + LAPSE_S
        stakes[account].append(
            Stake(
                market=market,
                lots=position.lots,
                has_orders=_may_open(position),
                pending_lots=pending.lots,
                pending_batch=pending.batch if pending.lots else 0,
                pending_held=pending.held,
                failures=0 if lapsed else pending.failures,
                plan_tip=tip,
                round_until=until,
                nominees=len(nominees),
                concluded_at=0 if pending.lots else pending.batch,
                pending_filled=_filled(pending, position.lots),
                pending_tip=_own_tip(world, account, market, pending, position.lots),
            )
        )
    return [
        Account(
            account,
            found.health[account].equity
            + sum(one.pending_held for one in stakes[account] if account in found.unsettled),
            found.health[account].initial,
            found.health[account].maintenance,
            collateral[account],
            tuple(stakes[account]),
        )
        for account in ordered
        if account in found.health and account not in broken
    ]


def _held_after_settlement(world: World, some: Sequence[int]) -> dict[int, dict[int, Position]]:
    """Positions of accounts as they are once their fills are settled, by market: those that are left."""
    engine = world.exchange.engine
    said = world.ask([engine.multicall([engine.sync(one).data, engine.markets_of(one).data]) for one in some])
    listed = {
        one: engine.markets_of(one).decode(answer[1])
        for one, answer in zip(some, said, strict=True)
        if not isinstance(answer, Reverted)
    }
    said = world.ask(
        [
            engine.multicall([engine.sync(one).data, *[engine.position(one, each).data for each in markets]])
            for one, markets in listed.items()
        ]
    )
    return {
        one: {
            market: engine.position(one, market).decode(raw)
            for market, raw in zip(markets, answer[1:], strict=True)
        }
        for (one, markets), answer in zip(listed.items(), said, strict=True)
        if not isinstance(answer, Reverted)
    }


def _may_open(position: Position) -> bool:
    """Whether open orders do more than reduce it."""
    return position.bid_lots > max(-position.lots, 0) or position.ask_lots > max(position.lots, 0)


def _filled(pending: Pending, lots: int) -> int:
    """Of a liquidation's order, as LiquidationEngine reckons it: by how much the position is smaller."""
    left = max(lots if pending.is_ask else -lots, 0)
    return min(pending.before - min(pending.before, left), pending.lots)


def _own_tip(world: World, account: int, market: int, pending: Pending, lots: int) -> int:
    """Of the penalty of an order that we placed, token units, as LiquidationEngine reckons it."""
    if pending.lots == 0 or world.known.pendings.get((account, market), "").lower() not in world.own:
        return 0
    rules = world.markets[market].settings.liquidation
    return min(pending.held * _filled(pending, lots) // pending.lots * rules.tip_bps // BPS, rules.tip_cap)


def _largest_tip(facts: MarketFacts, lots: int) -> int:
    """Of a liquidation of a whole position, token units."""
    rules = facts.settings.liquidation
    penalty = facts.terrain.worth(lots) * rules.penalty_ppm // PPM
    return min(rules.tip_cap, penalty * rules.tip_bps // BPS)


def _backstop_calls(world: World) -> list[Call[Any]]:
    """As it is once its fills are settled, then as it is stored, for where it cannot be settled now."""
    it, number, markets = world.exchange, world.backstop, sorted(world.markets)
    if number == 0:
        return []
    stored: list[Call[Any]] = [
        it.engine.margin_of(number),
        it.engine.markets_of(number),
        *[it.engine.position(number, market) for market in markets],
    ]
    settled = [
        it.engine.multicall([it.engine.sync(number).data, *[one.data for one in page]])
        for page in pages(stored, BACKSTOP_PAGE)
    ]
    return [*settled, *stored, *[it.liquidation.pending(number, market) for market in markets]]


def _backstop(world: World, said: Sequence[Any]) -> Backstop:
    if not said:
        return Backstop(0, 0, {})
    markets = sorted(world.markets)
    count = 2 + len(markets)
    groups = -(-count // BACKSTOP_PAGE)
    settled, stored, pendings = said[:groups], said[groups : groups + count], said[groups + count :]
    if not sound(world, world.backstop, [*stored, *pendings]):
        return Backstop(world.backstop, 0, {})  # it takes nothing over until it answers
    if not any(isinstance(one, Reverted) for one in settled):
        raw = [part for one in settled for part in one[1:]]
        calls = _backstop_calls(world)[groups : groups + count]
        stored = [call.decode(one) for call, one in zip(calls, raw, strict=True)]
    margin, listed, *positions = stored
    held = dict(zip(markets, positions, strict=True))
    return Backstop(
        world.backstop,
        max(margin.equity, 0) - margin.initial,
        {market: one.lots for market, one in held.items() if one.lots},
        frozenset(market for market, one in zip(markets, pendings, strict=True) if one.lots),
        {market: one.bid_lots + one.ask_lots for market, one in held.items() if one.bid_lots + one.ask_lots},
        frozenset(listed),
    )


def candidates(world: World, market: int, is_long: bool, pool: Sequence[int]) -> list[Candidate]:
    """Accounts with a position on the other side of one that is long, or short, and their scores."""
    it = world.exchange
    positions = world.ask([it.engine.position(account, market) for account in pool])
    opposite = [
        (account, one.lots)
        for account, one in zip(pool, positions, strict=True)
        if sound(world, account, [one]) and one.lots and (one.lots > 0) != is_long
    ]
    scores = world.ask([it.liquidation.deleverage_score(account, market) for account, _ in opposite])
    return [
        Candidate(account, lots, score)
        for (account, lots), score in zip(opposite, scores, strict=True)
        if sound(world, account, [score])
    ]


def rounds(world: World, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Round]:
    """Nominations that are open, by account and market."""
    said = world.ask([world.exchange.liquidation.nominees(account, market) for account, market in places])
    found = {}
    for place, answer in zip(places, said, strict=True):
        if not sound(world, place[0], [answer]):
            continue
        until, nominees = answer
        if until > world.now:
            found[place] = Round(until, {one.account: one.score for one in nominees})
    return found
