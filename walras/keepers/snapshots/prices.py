"""What the auction and the price keeper look at."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from walras.chain.bindings.oracle_router import Status
from walras.chain.bindings.signed_reports import SignedReports
from walras.chain.call import Call
from walras.chain.reasons import Reverted
from walras.keepers.decisions.auctions import Auction
from walras.keepers.decisions.publishing import Posting, PostingRules, decide
from walras.keepers.estimate import weighted_median
from walras.keepers.snapshots.world import World, told


def is_due(world: World, market: int) -> bool:
    """Whether a market's batch has closed."""
    due = world.markets[market].mark.due
    return due != 0 and world.now >= due


def auctions(world: World, markets: Collection[int], with_orders: bool = False) -> list[Auction]:
    """Markets whose batch has closed. The router is asked only where no report is at hand."""
    due = [number for number in sorted(markets) if is_due(world, number)]
    payloads = {
        number: world.board.payloads(
            number,
            world.markets[number].settings.sources,
            world.now,
            lambda source, closed=world.markets[number].mark.due: closed,  # type: ignore[misc]
        )
        for number in due
    }
    bare = [number for number in due if not any(payloads[number])]
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
                payloads=payloads[number],
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
    said = world.ask([SignedReports(source.address).read(number) for number, source in asked])
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
    numbers = sorted(markets)
    made = []
    for number in numbers:
        price, published_at, recorded_at = world.markets[number].last
        sources = world.markets[number].settings.sources
        heard = [
            (source, world.board.fresh(number, source, world.now, published_at))
            for source in sources
            if source
        ]
        heard = [(source, reports) for source, reports in heard if reports]
        prices = [
            (weighted_median([(report.price, 1) for report in reports]), source.weight)
            for source, reports in heard
        ]
        made.append(
            Posting(
                market=number,
                price=price,
                published_at=published_at,
                recorded_at=recorded_at,
                said=weighted_median(prices) if prices else 0,
                said_at=min((one.published_at for _, reports in heard for one in reports), default=0),
                payloads=world.board.payloads(number, sources, world.now, lambda source, at=published_at: at),  # type: ignore[misc]
            )
        )
    return made
