"""What the auction and the price keeper look at."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog

from walras.chain.bindings import PythSource
from walras.chain.bindings.oracle_router import Status
from walras.chain.bindings.signed_reports import SignedReports
from walras.chain.call import Call
from walras.chain.reasons import Reverted
from walras.keepers.board import PythFeed
from walras.keepers.decisions.auctions import Auction
from walras.keepers.decisions.publishing import Posting, PostingRules, decide
from walras.keepers.estimate import weighted_median
from walras.keepers.snapshots.world import World, told

_log: Final = structlog.get_logger("walras.keepers.prices")


def is_due(world: World, market: int) -> bool:
    """Whether a market's batch has closed."""
    due = world.markets[market].mark.due
    return due != 0 and world.now >= due


@dataclass(frozen=True, slots=True)
class Payloads:
    """For the router's sources in their order, and what they cost."""

    payloads: tuple[bytes, ...]
    value: int
    """Wei that the sources ask for."""


def _payloads(world: World, after: Mapping[int, int]) -> dict[int, Payloads]:
    """What publishers said of markets after a time, each its own. Pyth asks a fee for it: a feed that would
    ask too much, or would not take its update, is left out.
    """
    plain = {
        number: world.board.payloads(
            number,
            world.markets[number].settings.sources,
            world.now,
            lambda source, at=at: at,  # type: ignore[misc]
        )
        for number, at in after.items()
    }
    asked = [
        (number, place, source)
        for number, payloads in plain.items()
        for place, source in enumerate(world.markets[number].settings.sources)
        if payloads[place] and isinstance(source, PythFeed)
    ]
    said = world.ask(
        [PythSource(one.address).update_fee(plain[number][place]) for number, place, one in asked]
    )
    fees: dict[int, dict[int, int]] = {number: {} for number in plain}
    refused: set[tuple[int, int]] = set()
    for (number, place, one), fee in zip(asked, said, strict=True):
        if isinstance(fee, Reverted) or fee > world.most_update_fee:
            refused.add((number, place))
            _log.warning("update_left_out", market=number, feed=one.feed, fee=str(fee))
        else:
            fees[number][place] = fee
    return {
        number: Payloads(
            tuple(b"" if (number, place) in refused else one for place, one in enumerate(payloads)),
            sum(fees[number].values()),
        )
        for number, payloads in plain.items()
    }


def auctions(world: World, markets: Collection[int], with_orders: bool = False) -> list[Auction]:
    """Markets whose batch has closed. The router is asked only where no report is at hand."""
    due = [number for number in sorted(markets) if is_due(world, number)]
    payloads = _payloads(world, {number: world.markets[number].mark.due for number in due})
    bare = [number for number in due if not any(payloads[number].payloads)]
    calls: list[Call[Any]] = [world.exchange.router.price(number) for number in bare]
    if with_orders:
        calls += [world.exchange.books[number].depth(1) for number in due]
    said = world.ask(calls)
    prices = {number: told(one).published_at for number, one in zip(bare, said, strict=False)}
    depths = dict(zip(due, said[len(bare) :], strict=False))
    made = []
    for number in due:
        facts = world.markets[number]
        made.append(
            Auction(
                market=number,
                mode=facts.market.mode,
                due=facts.mark.due,
                status=facts.mark.status or Status.HALTED,
                price_grace=facts.settings.engine.price_grace,
                published_at=prices.get(number, 0),
                payloads=payloads[number].payloads,
                fee=payloads[number].value,
                tip=facts.settings.engine.tip,
                has_orders=not with_orders or any(told(depths[number])),
            )
        )
    return made


def postings(world: World, markets: Collection[int], rules: PostingRules) -> list[Posting]:
    """Markets with what publishers say of them; of those to post what their sources hold, too."""
    found = {one.market: one for one in _postings(world, markets)}
    wanted = [one.args[0] for one in decide(world.now, list(found.values()), rules)]
    asked = [
        (number, source) for number in wanted for source in world.markets[number].settings.sources if source
    ]
    said = world.ask([SignedReports(source.address).read(number) for number, source in asked])  # of all kinds
    for number in wanted:
        held = [
            (source, answer)
            for (market, source), answer in zip(asked, said, strict=True)
            if market == number and not isinstance(answer, Reverted)  # it was never told anything
        ]
        if held:
            price = weighted_median([(answer[0], source.weight) for source, answer in held])
            found[number] = replace(found[number], held=price, held_at=max(answer[2] for _, answer in held))
    return list(found.values())


def _postings(world: World, markets: Collection[int]) -> list[Posting]:
    payloads = _payloads(world, {number: world.markets[number].last[1] for number in sorted(markets)})
    made = []
    for number, carried in payloads.items():
        price, published_at, recorded_at = world.markets[number].last
        prices: list[tuple[int, int]] = []
        times: list[int] = []
        for source, payload in zip(world.markets[number].settings.sources, carried.payloads, strict=True):
            if source is None or not payload:
                continue
            if isinstance(source, PythFeed):
                update = world.board.update(source, world.now, published_at)
                heard = [(update.price, update.published_at)] if update else []
            else:
                reports = world.board.fresh(number, source, world.now, published_at)
                heard = [(one.price, one.published_at) for one in reports]
            prices.append((weighted_median([(one, 1) for one, _ in heard]), source.weight))
            times += [at for _, at in heard]
        made.append(
            Posting(
                market=number,
                price=price,
                published_at=published_at,
                recorded_at=recorded_at,
                said=weighted_median(prices) if prices else 0,
                said_at=min(times, default=0),
                payloads=carried.payloads,
                fee=carried.value,
            )
        )
    return made
