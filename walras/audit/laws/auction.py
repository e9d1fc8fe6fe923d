"""Auctions and books: 29 to 34."""

from typing import Final

from walras.audit.chain import call, ints
from walras.audit.events import parse
from walras.audit.run import Run, law
from walras.audit.state import MODE_HALTED
from walras.audit.system import MARKETS, STRANGER

AUCTION_GAS: Final = 500_000
"""Bound on what an auction may use here, three sources and the vault's quotes included."""
BATCHED: Final = 2
"""Markets with batches, the first ones."""
FIELDS: Final = 11
"""Words of an open order."""


def is_ask(order_id: int) -> bool:
    """Its side, as the id tells."""
    return bool(order_id >> 5 & 1)


def tick_of(order_id: int) -> int:
    """Its limit."""
    return order_id >> 7 & (2**18 - 1)


@law(
    29,
    "Every buy fills at its limit or below, every sell at its limit or above; an auction has one price.",
    hears=frozenset({"Placed", "Settled", "Cleared"}),
)
def one_price(run: Run) -> None:
    market_of, since = run.ghost.market_of, run.memory.setdefault("since", {})
    for name, at, args in run.events:
        if at not in market_of:
            continue
        prices = run.memory.setdefault(f"prices {at}", [])
        if name == "Placed":
            since[at, args[1]] = len(prices)
        elif name == "Cleared" and args[3]:
            prices.append(args[2])
        elif name == "Settled":
            if args[2]:
                fills(args, prices, since.get((at, args[1])))
            since[at, args[1]] = len(prices)


def fills(args: list[int], prices: list[int], first: int | None) -> None:
    """What an order traded was within its limit, at prices of auctions since it was placed, or settled."""
    lots, notional, tick = args[2], args[3], tick_of(args[1])
    if is_ask(args[1]):
        assert notional >= lots * tick, f"{lots} lots offered at {tick} brought {notional}"
    else:
        assert notional <= lots * tick, f"{lots} lots bid at {tick} cost {notional}"
    if first is not None:  # it was placed in this story
        came = prices[first:]
        assert came, f"{lots} lots at {tick} filled without an auction"
        assert min(came) * lots <= notional <= max(came) * lots, (
            f"{lots} lots at {tick} came to {notional}, auctions were at {came}"
        )


@law(29, "An auction's price, as orders of it are settled at it, is the one that was logged.", every=384)
def one_price_for_all(run: Run) -> None:
    for market, book in enumerate(run.system.books):
        number = run.view(book, "market()")[0]
        if number:
            words = run.view(book, "auction(uint256)", number - 1)
            known = run.ghost.cleared.get((market, number - 1))
            assert known is None or words[0] == known, (
                f"auction {number - 1} of {market}: {words[0]}, logged {known}"
            )


@law(
    30,
    "An order never fills beyond its size, and the vault no more than was traded.",
    hears=frozenset({"Placed", "Settled", "Cancelled", "Cleared"}),
)
def no_order_overfills(run: Run) -> None:
    market_of = run.ghost.market_of
    sizes = run.memory.setdefault("sizes", {})
    for name, at, args in run.events:
        if at not in market_of:
            continue
        key = market_of[at], args[1]
        if name == "Placed":
            sizes[key] = args[2]
        elif name == "Settled" and key in sizes:
            left = sizes[key] - args[2]
            assert left >= args[7] >= 0, (
                f"order {args[1]:#x} of {sizes[key]} lots filled {args[2]} and has {args[7]} left"
            )
            sizes[key] = args[7]
        elif name == "Cancelled" and key in sizes:
            assert sizes[key] == args[2] + args[3], f"of {sizes[key]} lots {args[2]} went, {args[3]} are left"
            sizes[key] = args[3]
        elif name == "Cleared":
            bought, sold = args[5], args[6]
            assert max(bought, sold) <= args[3], f"the vault traded {bought, sold} of {args[3]}"


@law(31, "What an auction does is what all prices, tried one by one, say is best.", every=193, picks=BATCHED)
def most_volume_now(run: Run) -> None:
    system, chain = run.system, run.chain
    market = run.number % BATCHED
    here = run.state.market(market)
    if here.mode >= MODE_HALTED:
        return
    with run.trying():
        chain.time = max(chain.time, here.due) + 1
        price = run.view(system.router, "last(uint256)", market)[0]
        run.world.publish(
            tuple((market, feed, price, 0, chain.time, 0) for feed in range(len(system.feeds[market])))
        )
        orders = [
            (is_ask(order[1]), tick_of(order[1]), order[4]) for order in all_orders(run, market) if order[4]
        ]
        bids = [(tick, lots) for ask, tick, lots in orders if not ask]
        asks = [(tick, lots) for ask, tick, lots in orders if ask]
        if chain.send(STRANGER, system.engine, call("run_auction(uint256)", market)) is None:
            return
        volume = bought = sold = clearing = 0
        for name, _, args in parse(chain.logs()):
            if name == "Halted":
                return
            if name == "Cleared":
                volume, bought, sold, clearing = args[3], args[5], args[6], args[2]
        best = 0
        for price in {tick for tick, _ in (*bids, *asks)}:
            best = max(
                best,
                min(
                    sum(lots for tick, lots in bids if tick >= price),
                    sum(lots for tick, lots in asks if tick <= price),
                ),
            )
        assert volume >= best, f"{volume} lots traded in {market}, {best} could have"
        if volume:
            most = min(
                sum(lots for tick, lots in bids if tick >= clearing) + bought,
                sum(lots for tick, lots in asks if tick <= clearing) + sold,
            )
            assert volume <= most, f"{volume} lots traded in {market} at {clearing}, there were {most}"


def levels(run: Run, market: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Bids and asks of a book by tick, as it tells."""
    found = run.view(run.system.books[market], "depth(uint256)", 64)
    lists = []
    for at in found[:2]:
        start = at // 32
        count = found[start]
        words = found[start + 1 : start + 1 + 2 * count]
        lists.append(list(zip(words[::2], words[1::2], strict=True)))
    return lists[0], lists[1]


def all_orders(run: Run, market: int) -> list[tuple[int, ...]]:
    """Open orders of everybody in a book, an account before each."""
    found = []
    for one in run.system.accounts:
        held = run.state.position(one, market)
        if held.has_orders:
            answer = run.chain.ask(run.system.books[market], call("open_orders(uint256)", one))
            assert answer is not None, "open_orders reverts"
            words = ints(answer)[2:]
            found += [(one, *words[at : at + FIELDS]) for at in range(0, len(words), FIELDS)]
    return found


@law(
    34, "An auction costs no more than a bound, however many orders there are.", kinds=frozenset({"auction"})
)
def auction_gas(run: Run) -> None:
    assert run.gas <= AUCTION_GAS, f"an auction used {run.gas} gas"


@law(
    32,
    "At a price who came earlier fills first, and a strictly better price before it.",
    kinds=frozenset({"auction", "day"}),
)
def priority(run: Run) -> None:
    cleared = [
        args for name, at, args in run.events if name == "Cleared" and at == run.system.books[run.step.market]
    ]
    if not run.is_turn(2) or not cleared:
        return
    market, batch, price = run.step.market, cleared[0][1], cleared[0][2]
    queues: dict[tuple[bool, int, int, int], list[tuple[int, int, int]]] = {}
    for order in all_orders(run, market):
        number, lots, filled, placed = order[1], order[4], order[5], order[6]
        if not lots or placed > batch:
            continue
        tick = tick_of(number)
        better = tick < price if is_ask(number) else tick > price
        assert not better, f"in {market} {lots} lots at {tick} were left out at {price}"
        queues.setdefault(queue_of(number), []).append((number >> 57, lots, filled))
    if queues and run.is_turn(8):
        for number, filled in filled_wholly(run, market):
            queues.get(queue_of(number), []).append((number >> 57, 0, filled))
    for key, queue in queues.items():
        queue.sort()
        first = next(at for at, order in enumerate(queue) if order[1])
        for _, _, filled in queue[first + 1 :]:
            assert filled == 0, f"in {market} an order at {key[2]} filled {filled} lots before an earlier one"


def queue_of(order_id: int) -> tuple[bool, int, int, int]:
    """Where an order stands in line: side, class, tick and grid."""
    return is_ask(order_id), order_id >> 6 & 1, tick_of(order_id), order_id >> 25 & (2**32 - 1)


def filled_wholly(run: Run, market: int) -> list[tuple[int, int]]:
    """Orders that wait to be settled and have nothing left, with their lots: no view tells of these."""
    found = []
    with run.trying():
        for one in run.system.accounts:
            if run.state.position(one, market).has_orders:
                run.chain.send(STRANGER, run.system.engine, call("sync(uint256)", one))
                for name, at, args in parse(run.chain.logs()):
                    if name == "Settled" and at == run.system.books[market] and args[2] and not args[7]:
                        found.append((args[1], args[2]))
    return found


@law(33, "The depth of a level is the sum of its orders' live lots.", every=256, offset=64)
def depth(run: Run) -> None:
    for market in range(len(MARKETS)):
        sums: dict[tuple[bool, int], int] = {}
        batch: dict[tuple[bool, int], int] = {}
        for order in all_orders(run, market):
            if order[4]:
                key = is_ask(order[1]), tick_of(order[1])
                where = batch if order[1] >> 6 & 1 else sums
                where[key] = where.get(key, 0) + order[4]
        for key, lots in batch.items():
            kept = run.view(run.system.books[market], "lots_at(bool,uint256)", *key)[1]
            assert kept == lots, f"{kept} batch-only lots at {key} of {market}, its orders are {lots}"
        bids, asks = levels(run, market)
        told = {(False, tick): lots for tick, lots in bids} | {(True, tick): lots for tick, lots in asks}
        if len(bids) < 64 and len(asks) < 64:
            assert told == sums, f"depth of {market} is {told}, its orders are {sums}"


@law(
    33,
    "A cancel takes away exactly the unfilled rest, or the lots that were asked for.",
    kinds=frozenset({"cancel"}),
)
def cancels_are_exact(run: Run) -> None:
    if run.answer is not None:
        cancelled = run.named("Cancelled")
        asked = int.from_bytes(run.step.data[100:132])
        taken = int.from_bytes(run.answer[:32])
        if len(cancelled) == 1:
            assert cancelled[0][2] == taken <= asked, f"{taken} lots went, {asked} were asked for"
            assert taken == asked or cancelled[0][3] == 0, (
                f"{cancelled[0][3]} lots are left of a cancel of {asked}"
            )


@law(
    34,
    "An auction that is due runs, if there is a price of after its close; no order can stop it.",
    every=191,
    picks=BATCHED,
)
def auctions_run(run: Run) -> None:
    system, chain = run.system, run.chain
    market = run.number % BATCHED
    here = run.state.market(market)
    if not here.due:
        return  # a vote has taken its batches away: an auction is a call like any other
    with run.trying():
        chain.time = max(chain.time, here.due) + 1
        price = run.view(system.router, "last(uint256)", market)[0]
        run.world.publish(
            tuple((market, feed, price, 0, chain.time, 0) for feed in range(len(system.feeds[market])))
        )
        data = call("run_auction(uint256)", market)
        done = chain.send(STRANGER, system.engine, data)
        if done is None and chain.reason == "engine: awaiting price":
            chain.time = here.due + 601  # the grace is over: without the vault
            done = chain.send(STRANGER, system.engine, data)
        assert done is not None, f"the auction of {market} reverts: {chain.reason}"
        if run.state.market(market).due:  # none where a vote has taken them away from the next batch on
            again = chain.send(STRANGER, system.engine, data)
            assert again is None, f"the auction of {market} ran twice"
