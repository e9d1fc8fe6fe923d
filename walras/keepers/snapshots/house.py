"""What triggers, sweeper, settler and caretaker look at."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final

from walras.chain.bindings.orderbook_v2 import OpenOrder
from walras.chain.bindings.perp_engine import Mode
from walras.chain.bindings.trigger_orders import Source
from walras.chain.call import Call
from walras.chain.reasons import Reverted
from walras.keepers.decisions.caretaking import Fees, MarkAge, VaultState
from walras.keepers.decisions.settling import Ending
from walras.keepers.decisions.sweeping import Resting
from walras.keepers.decisions.triggers import Trigger
from walras.keepers.snapshots.prices import is_due
from walras.keepers.snapshots.world import World, pages, sound, told

MOST_TRIED: Final = 256
"""Executions that are tried at one head."""


def triggers(world: World, markets: Collection[int]) -> list[Trigger]:
    """All triggers, with what an execution would do."""
    known = {id: one for id, one in sorted(world.known.triggers.items()) if one.market in markets}
    listed = pages(list(known))
    calls: list[Call[Any]] = [world.exchange.triggers.executable(page) for page in listed]
    clearing = sorted(
        {one.market for one in known.values() if one.is_trailing and one.source == Source.CLEARING}
    )
    calls += [world.exchange.engine.funding_of(market) for market in clearing]
    said = world.ask(calls)
    last = {market: told(one).clearing for market, one in zip(clearing, said[len(listed) :], strict=True)}
    made = []
    for page, answer in zip(listed, said, strict=False):
        for id, standing in zip(page, told(answer), strict=True):
            one = known[id]
            mark = world.markets[one.market].mark
            reference = {Source.MARK: mark.mark, Source.INDEX: mark.index}.get(Source(one.source))
            made.append(
                Trigger(
                    id=id,
                    tip=one.tip,
                    ready=standing.ready,
                    reason=standing.reason,
                    market=one.market,
                    is_trailing=one.is_trailing,
                    is_ask=one.is_ask,
                    extreme=one.extreme,
                    reference=last.get(one.market, 0) if reference is None else reference,
                )
            )
    return _tried(world, made)


def _tried(world: World, made: Sequence[Trigger]) -> list[Trigger]:
    """With what an execution of those that are ready would come to: an order's id, or 0 for none.

    Anyone may execute a trigger at a moment at which the engine refuses its order, and that is kept as the
    reason: only an execution tells whether it still holds. First come those that were not seen to place
    nothing, the highest tips before others, then those for which that is longest ago: tips that are never to
    be paid do not keep the others from their turn.
    """
    before = world.places_nothing
    ready = [one for one in made if one.ready]
    ready.sort(key=lambda one: (before.get(one.id, -1), -one.tip, one.id))
    tried = ready[:MOST_TRIED]
    said = world.ask([world.exchange.triggers.execute(one.id) for one in tried], sender=world.caller)
    places = {
        one.id: None if isinstance(answer, Reverted) else answer != 0
        for one, answer in zip(tried, said, strict=True)
    }
    seen = {one.id: before[one.id] for one in ready if one.id in before}
    for id, is_placed in places.items():
        seen.pop(id, None)
        if not is_placed:
            seen[id] = world.at.number
    world.places_nothing = seen
    return [replace(one, places=places.get(one.id)) for one in made]


def expired(world: World, markets: Collection[int]) -> list[Resting]:
    """Open orders of accounts some of whose orders have expired, or whose switch has; the books say which are
    open.
    """
    now = world.now
    # what is in a closed batch leaves it after the auction
    markets = [market for market in sorted(markets) if not is_due(world, market)]
    places = {
        (one.account, market)
        for market in markets
        for one in world.known.orders.get(market, {}).values()
        if 0 < one.expiry <= now
    }
    switches = {
        place: deadline
        for place, deadline in world.known.switches.items()
        if place[1] in markets and 0 < deadline <= now
    }
    live = {
        (one.account, market)
        for market in {market for _, market in switches}
        for one in world.known.orders.get(market, {}).values()
    }
    ordered = sorted(places | (switches.keys() & live))
    said = world.ask([world.exchange.books[market].open_orders(account) for account, market in ordered])
    made: list[Resting] = []
    for (account, market), answer in zip(ordered, said, strict=True):
        open_orders: tuple[OpenOrder, ...] = told(answer)
        switch = switches.get((account, market), 0)
        made += [
            Resting(account, market, one.order_id, one.expiry, switch)
            for one in open_orders
            if not one.batch_only and one.lots
        ]
    return made


def endings(world: World, markets: Collection[int], accounts: Collection[int]) -> list[Ending]:
    """Markets and their prices; of settled ones who has a position left."""
    it, numbers = world.exchange, sorted(markets)
    calls: list[Call[Any]] = []
    for number in numbers:
        calls += [
            it.router.price(number),
            it.router.last(number),
            it.liquidation.reported_at(number),
            it.engine.losses_of(number),
        ]
    said = world.ask(calls)
    made = []
    for i, number in enumerate(numbers):
        price, (_, _, recorded_at), reported_at, losses = (told(one) for one in said[4 * i : 4 * i + 4])
        mode = world.markets[number].market.mode
        positions: tuple[tuple[int, int], ...] = ()
        pending: tuple[tuple[int, int], ...] = ()
        if mode == Mode.SETTLED:
            positions = _held(world, number, accounts)
            pending = _pending(world, number)
        made.append(
            Ending(
                number,
                mode,
                price.status,
                recorded_at,
                reported_at,
                losses.settled_at,
                positions,
                pending,
            )
        )
    return made


def _held(world: World, market: int, accounts: Collection[int]) -> tuple[tuple[int, int], ...]:
    """Accounts with a position in a market, and their equity."""
    it, ordered = world.exchange, sorted(accounts)
    said = world.ask([it.engine.position(account, market) for account in ordered])
    held = [
        account
        for account, one in zip(ordered, said, strict=True)
        if sound(world, account, [one]) and one.lots
    ]
    said = world.ask([it.engine.margin_of(account) for account in held])
    return tuple(
        (account, one.equity) for account, one in zip(held, said, strict=True) if sound(world, account, [one])
    )


def _pending(world: World, market: int) -> tuple[tuple[int, int], ...]:
    """Accounts whose liquidation in a market is not concluded, and its batch."""
    some = sorted(account for account, where in world.known.pendings if where == market)
    said = world.ask([world.exchange.liquidation.pending(account, market) for account in some])
    return tuple(
        (account, one.batch)
        for account, one in zip(some, said, strict=True)
        if sound(world, account, [one]) and one.lots
    )


def fees(world: World) -> Fees:
    """What the fee distributor has."""
    it = world.exchange
    recipients = (it.vault.address, it.fund.address)
    said = world.ask([it.fees.preview(), *[it.fees.deliverable(one) for one in recipients]])
    parts, *pots = (told(one) for one in said)
    return Fees(parts.fees + parts.penalties, tuple(zip(recipients, pots, strict=True)))


def vault(world: World) -> VaultState | None:
    """The vault's money; None while its prices are not fit."""
    it = world.exchange
    account = int(it.vault.address, 16) << 8
    said = world.ask(
        [
            it.vault.pending_value(),
            it.vault.balanceOf(it.vault.address),
            it.engine.worth(account),
            it.engine.worth(account | 1),
            it.engine.collateral(account),
        ]
    )
    asked_back, waiting, own, backstop, collateral = (told(one) for one in said)
    worth = told(world.ask([it.vault.convertToAssets(waiting)])[0]) if asked_back else 0
    return VaultState(
        min(asked_back, worth), own.free, backstop.free, own.low < own.initial or collateral < 0
    )


def marks(world: World, markets: Collection[int], accounts: Collection[int], stale_s: int) -> list[MarkAge]:
    """Marks; who has a position is asked only where one is old."""
    made = []
    for number in sorted(markets):
        facts = world.markets[number]
        old = world.now - facts.mark.time >= stale_s
        held = _held(world, number, accounts) if old else ()
        holder = held[0][0] if held else 0
        made.append(MarkAge(number, facts.market.mode, facts.mark.time, facts.mark.due, holder))
    return made
