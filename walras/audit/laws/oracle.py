"""Prices: 35 to 39."""

from fractions import Fraction
from typing import Final

from walras.audit.chain import call
from walras.audit.run import ORDERS, Run, law
from walras.audit.state import DEGRADED, LIVE, MAX_TICK, MODE_HALTED, STALE
from walras.audit.system import MARKETS, ONE, STRANGER, data_of, owner
from walras.devtools.evm import START

HEARTBEAT: Final = 60
ENTRIES: Final = frozenset({"enter", "mint", "leave", "take_out"})
"""Steps of who enters or leaves the vault."""
CONFIGURE: Final = (
    "configure(uint256,(uint256,uint256,uint256,uint256,uint256),(address,uint256,uint256,uint256,uint256)[])"
)
BPS: Final = 10_000


def heard(run: Run, market: int) -> list[tuple[int, int, int, int]]:
    """Price, confidence, publish time and weight of the sources that count now, as the scripts say."""
    plan, now, storage = MARKETS[market], run.chain.time, run.state.storage
    found = []
    for feed, weight in zip(run.system.feeds[market], plan.weights, strict=True):
        manner, price, confidence, at = (int(storage(feed, slot)) for slot in range(4))
        if not manner and price and now - at <= HEARTBEAT and confidence * BPS <= price * plan.router[2]:
            found.append((price, confidence, at, weight))
    return sorted(found)


@law(
    35,
    "A price in use is positive, fresh, of enough sources that agree, and within the guards.",
    hears=frozenset({"MarkSet", "Recorded"}),
)
def price_in_use(run: Run) -> None:
    recorded = {args[0]: args for args in run.named("Recorded")}
    # at first all sources may be older than the price that the market was listed at
    known = {market: run.memory.get(f"noted {market}", START) for market in recorded}
    run.memory.update((f"noted {market}", args[2]) for market, args in recorded.items())
    if not run.is_turn(3):
        return
    for args in run.named("MarkSet"):
        market, mark, index, status = args[:4]
        assert mark > 0 < index, f"a mark of {mark} and an index of {index} in {market}"
        here = run.here(market)
        if status not in (LIVE, DEGRADED) or here.mode > MODE_HALTED:
            continue
        plan = MARKETS[market]
        sources = heard(run, market)
        assert len(sources) >= plan.router[0], (
            f"{len(sources)} sources of {market} are heard, the quorum is {plan.router[0]}"
        )
        if market not in recorded:
            continue
        _, price, at, _ = recorded[market]
        before, gap = _earlier(run, market)
        exact = Fraction(price * plan.lot_size * run.system.usd * here.one, 10**36)
        assert index <= exact < index + 1 or index >= 2**72 - 1, (
            f"index {index} of {market}, exactly {float(exact)}"
        )
        lowest, highest = sources[0][0], sources[-1][0]
        most = before * plan.router[3] * gap // BPS
        limited = abs(price - before) in (most, most - 1, most + 1)
        assert limited or lowest <= price <= highest, (
            f"price {price} of {market} is outside {lowest} .. {highest}"
        )
        agreeing = [one for one in sources if abs(one[0] - price) * BPS <= one[0] * plan.router[2] * 2]
        assert limited or len(agreeing) >= plan.router[0], f"{len(agreeing)} sources of {market} agree"
        newest = max(one[2] for one in sources)
        assert at <= max(newest, known[market]), f"{at} is newer than all sources of {market}"
        band = index * (here.rules >> 142 & (2**11 - 1)) // BPS
        assert index - band - 1 <= mark <= index + band + 1, (
            f"mark {mark} of {market} is beyond its band of {index}"
        )


def _earlier(run: Run, market: int) -> tuple[int, int]:
    """The price that was recorded last before this second, at first that of set-up, and the seconds since."""
    for at, price in reversed(run.ghost.recorded[market]):
        if at < run.chain.time:
            return price, run.chain.time - at
    return MARKETS[market].price * ONE, run.chain.time - START


@law(36, "Publish times never go backwards.", hears=frozenset({"Recorded"}))
def publish_times(run: Run) -> None:
    for args in run.named("Recorded"):
        market, at = args[0], args[2]
        before = run.memory.get(f"published {market}", 0)
        assert at >= before, f"{market} was published at {before}, now at {at}"
        run.memory[f"published {market}"] = at


@law(36, "Nor do they where the sources are replaced.", every=419, picks=len(MARKETS))
def publish_times_of_new_sources(run: Run) -> None:
    system, chain = run.system, run.chain
    market = run.number // 419 % len(MARKETS)
    feeds, plan = system.feeds[market], MARKETS[market]
    listed = [
        (feed, weight, HEARTBEAT, min(50, plan.router[1]), 100_000)
        for feed, weight in zip(feeds[::-1], plan.weights, strict=True)
    ]
    with run.trying():
        before, at = run.view(system.router, "last(uint256)", market)[:2]
        chain.time = max(chain.time, at) + 1
        chain.write(system.router, system.at.ruled["router"][0], int(STRANGER, 16))  # its owner
        done = chain.send(STRANGER, system.router, data_of(CONFIGURE, market, plan.router, listed))
        assert done is not None, f"sources of {market} cannot be replaced: {chain.reason}"
        for time in (at - 2, at - 1, chain.time):
            run.world.publish(tuple((market, feed, before + 1, 0, time, 0) for feed in range(len(feeds))))
            chain.send(STRANGER, system.router, call("record(uint256)", market))
            found = run.view(system.router, "last(uint256)", market)[1]
            assert found in (at, max(at, time)), f"{market}: {found} after {at}, other sources are of {time}"
            status = run.view(system.router, "price(uint256)", market)[3]
            assert found >= time or status not in (LIVE, DEGRADED), f"{market}: {found}, and not {time}"


@law(
    37,
    "The vault never trades on a price that was published before the batch closed.",
    hears=frozenset({"Cleared"}),
)
def vault_is_not_sniped(run: Run) -> None:
    for name, at, args in run.events:
        if name != "Cleared" or at not in run.ghost.market_of or not (args[5] or args[6]):
            continue
        market = run.ghost.market_of[at]
        due = run.marks[market] >> 176 & (2**32 - 1)
        published = run.view(run.system.router, "last(uint256)", market)[1]
        assert not due or published > due, f"{market} closed at {due}, the price is of {published}"
        newest = max((one[2] for one in heard(run, market)), default=0)
        assert not due or newest > due, f"{market} closed at {due}, the newest source is of {newest}"


@law(38, "An average lies between the lowest and the highest price of its window.", every=83)
def averages(run: Run) -> None:
    market = run.number % len(MARKETS)
    history = run.ghost.recorded[market]
    if len(history) < 3:
        return
    now = run.chain.time
    start = history[-min(len(history) - 1, 20)][0]
    window = now - start - 1
    if window <= 0:
        return
    answer = run.chain.ask(run.system.router, call("twap(uint256,uint256)", market, window))
    if answer is None:
        assert run.chain.reason == "router: not enough history", f"twap reverts: {run.chain.reason}"
        return
    found = int.from_bytes(answer)
    spacing = MARKETS[market].router[4]
    # The time between two observations has one average. At the last record before the window there was one,
    # or less than the spacing before it.
    since = start - spacing
    before = [price for at, price in history if at <= since]
    if not before:
        return  # prices of before the story
    held = before[-1:] + [price for at, price in history if at > since]
    assert min(held) <= found <= max(held), (
        f"an average of {found} over {window} s, prices {min(held)} .. {max(held)}"
    )
    exact = _exact(history, now, window)
    if exact is not None and spacing == 1:
        assert abs(found - exact) <= 1, f"an average of {found}, exactly {float(exact)}"


def _exact(history: list[tuple[int, int]], now: int, window: int) -> Fraction | None:
    """The average of the prices recorded, each for as long as it held."""
    last: dict[int, int] = dict(history)  # the last record of a second
    times = sorted(last)
    start = now - window
    if times[0] > start:
        return None
    total = 0
    for at, until in zip(times, [*times[1:], now], strict=True):
        total += last[at] * max(0, until - max(at, start))
    return Fraction(total, window)


@law(39, "On a price that is STALE or HALTED nothing grows.", kinds=ORDERS)
def nothing_grows_on_a_stale_price(run: Run) -> None:
    for market in run.grown():
        here = run.here(market)
        statuses = _checked_at(run, market) if run.is_continuous(market) else {here.status}
        assert statuses & {LIVE, DEGRADED}, f"an exposure in {market} grew on a price of status {statuses}"


@law(
    39,
    "On a price that is STALE or HALTED nobody who has a position takes money out.",
    kinds=frozenset({"withdraw", "transfer"}),
)
def margin_stays_on_a_stale_price(run: Run) -> None:
    for market in run.state.markets_of(run.step.account):
        status = run.here(market).status
        fit = status in (LIVE, DEGRADED) or not run.state.lots(run.step.account, market)
        assert fit, f"{run.step.kind} on a price of status {status} in {market}"


@law(
    39,
    "On a price that is STALE or HALTED nobody enters or leaves the vault, and nobody is liquidated.",
    kinds=ENTRIES | {"liquidate", "take_over", "deleverage"},
)
def vault_and_waterfall_wait(run: Run) -> None:
    markets = [run.step.market]
    if run.step.kind in ENTRIES:
        markets = run.state.markets_of(run.system.vault_account)
        if int(run.state.storage(run.system.vault, run.system.at.vault_has_backstop)):
            markets += run.state.markets_of(run.system.backstop)
    for market in markets:
        statuses = {run.here(market).status}
        if run.is_continuous(market):  # the auction that came with it may have made the mark anew
            statuses.add(run.marks[market] >> 248)
        assert statuses & {LIVE, DEGRADED}, f"{run.step.kind} on a price of status {statuses} in {market}"


def _checked_at(run: Run, market: int) -> set[int]:
    """Of a continuous market: statuses of the price on which orders were checked, each before its auction."""
    book = run.system.books[market]
    known, news, placed, found = run.marks[market] >> 248, list[int](), False, set[int]()
    for name, at, args in (*run.events, ("Placed", book, [])):
        if name == "MarkSet" and args[0] == market:
            news.append(args[3])
        elif name == "Placed" and at == book:
            if placed:  # a price that is newer, if the last one was too old, then that of the auction
                found.add(news[0] if len(news) > 1 else known)
            known, news, placed = (news or [known])[-1], [], True
    return found


@law(
    39,
    "With the oracle down who has no position takes his money, orders are cancelled, positions reduced.",
    every=227,
)
def exits_stay_open(run: Run) -> None:
    system, chain, state = run.system, run.chain, run.state
    market = run.number // 227 % len(MARKETS)
    with run.trying():
        now = chain.time
        run.world.publish(
            tuple((market, feed, ONE, 0, now - 10_000, 0) for feed in range(len(system.feeds[market])))
        )
        here = state.market(market)
        if here.mode >= MODE_HALTED:
            return
        chain.time = max(now, here.due) + 1
        due = call("run_auction(uint256)", market)
        if here.due:
            run_it = chain.send(STRANGER, system.engine, due)
            assert run_it is not None, f"the auction of {market} without a price: {chain.reason}"
        else:
            chain.time += 60
            chain.send(STRANGER, system.router, call("record(uint256)", market))
        for one in system.traded[run.number % 4 :: 4]:
            word = state.word(one)
            if not word & 7 and chain.time >= state.gate():
                has = state.collateral(one)
                if 0 < has <= state.tracked():
                    data = call("withdraw(uint256,uint256,address)", one, has, int(owner(one), 16))
                    assert chain.send(owner(one), system.engine, data) is not None, (
                        f"flat, but {chain.reason}"
                    )
            elif word >> market & 1:
                data = call("cancel_all(uint256,uint256)", one, market)
                assert chain.send(owner(one), system.engine, data) is not None, f"cancel: {chain.reason}"
                if here.due and state.market(market).status == STALE:
                    reduces(run, one, market)


def reduces(run: Run, one: int, market: int) -> bool:
    """An order that reduces a position at the mark is taken of who has initial margin; whether one was."""
    here, lots = run.state.market(market), run.state.lots(one, market)
    equity, initial, _ = run.state.margins(one)
    tick = max(1, here.mark // here.one // here.unit)
    if not lots or equity <= initial or tick > MAX_TICK:
        return False  # beyond the grid nobody trades before it is made anew
    order = (int(lots > 0), tick, min(abs(lots), 2**28 - 1), 1, 0, 1, 0, 0)
    kind = "place(uint256,uint256,(bool,uint256,uint256,bool,bool,bool,uint256,uint256))"
    done = run.chain.send(owner(one), run.system.engine, call(kind, one, market, *order))
    fine = ("engine: margin missed", "book: depth full", "book: tick outside band")
    assert done is not None or run.chain.reason in fine, f"reducing {one:#x}: {run.chain.reason}"
    return done is not None
