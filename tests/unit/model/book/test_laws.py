"""Laws over random books."""

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from tests.support.model_book import INTERVAL, START, filled, put, run
from walras.model.book import (
    Book,
    Clearing,
    Exposure,
    Fills,
    NewOrder,
    Order,
    VaultQuotes,
)

TICKS = 12
FLAGS = st.sampled_from(["plain", "plain", "batch_only", "post_only"])
PLACE = st.tuples(st.just("place"), st.booleans(), st.integers(1, TICKS), st.integers(1, 9), FLAGS)
CANCEL = st.tuples(st.just("cancel"), st.integers(0, 99), st.integers(1, 9))
SYNC = st.tuples(st.just("sync"), st.integers(0, 99))
RESCALE = st.tuples(st.just("rescale"))
POSTPONE = st.tuples(st.just("postpone"), st.integers(0, 2 * INTERVAL))
QUOTES = st.builds(
    lambda low, gap, buys, sells: VaultQuotes(low, buys, low + gap, sells),
    st.integers(1, TICKS - 1),
    st.integers(1, 4),
    st.integers(0, 5),
    st.integers(0, 5),
)
CLEAR = st.tuples(st.just("clear"), st.integers(1, TICKS), st.integers(-3, 3), QUOTES)
STEPS = st.lists(st.one_of(PLACE, PLACE, PLACE, CANCEL, SYNC, CLEAR, CLEAR, RESCALE, POSTPONE), max_size=40)


def check_auction(
    live: list[Order], quotes: VaultQuotes, clearing: Clearing, shares: dict[int, int], makers: set[int]
) -> None:
    """`live` holds the orders as they were before the auction, `shares` the lots that it filled of each."""
    # (is ask, tick, class, id, size, share) of each order and quote; the vault's have class 2 and no id.
    entries = [
        (o.terms.is_ask, o.terms.tick, int(o.terms.batch_only), o.order_id, o.lots, shares[o.order_id])
        for o in live
    ]
    entries.append((False, quotes.bid_tick, 2, 0, quotes.bid_lots, clearing.vault_bought))
    entries.append((True, quotes.ask_tick, 2, 0, quotes.ask_lots, clearing.vault_sold))

    def tradable(price: int) -> int:
        bought = sum(size for is_ask, tick, _, _, size, _ in entries if not is_ask and tick >= price)
        sold = sum(size for is_ask, tick, _, _, size, _ in entries if is_ask and tick <= price)
        return min(bought, sold)

    price = clearing.price
    most = max(tradable(tick) for tick in range(1, TICKS + 6))
    assert clearing.traded == (most > 0)
    assert clearing.lots == most
    assert sum(share for is_ask, *_, share in entries if is_ask) == most
    assert sum(share for is_ask, *_, share in entries if not is_ask) == most
    if not clearing.traded:
        return
    assert tradable(price) == most

    for is_ask, tick, _, _, size, share in entries:
        better_by = price - tick if is_ask else tick - price
        assert 0 <= share <= size
        assert share == 0 or better_by >= 0
        assert share == size or better_by <= 0, "a strictly better order was rationed"

    for side in (False, True):
        queue = sorted((-e[1] if not side else e[1], *e[2:]) for e in entries if e[0] == side)
        short = False
        for _, _, _, size, share in queue:
            assert not (short and share), "filled before one that comes first"
            short = short or share < size

    by_makers = [e for e in entries if e[3] in makers and e[5]]
    assert len({is_ask for is_ask, *_ in by_makers}) <= 1, "makers filled on both sides"
    assert 2 * most - sum(e[5] for e in by_makers) >= sum(e[5] for e in by_makers)


@given(steps=STEPS)
def test_laws(steps: list[tuple]) -> None:
    """Every auction obeys the rules, and whatever fills is settled once, exactly.

    Each order has an account of its own, so that none is refused as a self-trade, and is post-only only where
    it does not cross.
    """
    book = Book(INTERVAL, 1, START)
    settled: list[Fills] = []
    vault_lots = vault_cash = vault_basis = 0
    for kind, *step in steps:
        if kind == "place":
            is_ask, tick, lots, flag = step
            best_bid, best_ask = book.best()
            crossing = tick <= best_bid if is_ask else best_ask and tick >= best_ask
            put(
                book,
                book.placed,
                NewOrder(
                    is_ask,
                    tick,
                    lots,
                    batch_only=flag == "batch_only",
                    post_only=flag == "post_only" and not crossing,
                ),
            )
        elif kind == "cancel":
            live = [order for order in book.orders if order.lots]
            if live:
                order = live[step[0] % len(live)]
                taken, fills, _ = book.cancel(order.account, order.order_id, step[1])
                assert 1 <= taken <= step[1]
                settled.append(fills)
        elif kind == "sync":
            preview = book.preview_sync(step[0])
            assert book.sync(step[0]) == preview
            settled.append(preview[0])
        elif kind == "rescale":
            book.rescale()
            assert not [order for order in book.orders if order.lots]
        elif kind == "postpone":
            before = deepcopy(book.orders)
            book.time += step[0]
            assert book.postpone() == book.time + INTERVAL
            assert book.orders == before
        else:
            reference, index, quotes = step
            live = deepcopy([order for order in book.orders if order.lots])
            makers = {o.order_id for o in live if o.batch < book.batch or o.terms.post_only}
            before = filled(book)
            preview = book.preview_clear(reference, quotes)
            clearing = run(book, reference, index, quotes)
            assert clearing == preview
            shares = {order_id: lots - before[order_id] for order_id, lots in filled(book).items()}
            check_auction(live, quotes, clearing, shares, makers)
            for order in book.orders:
                if shares[order.order_id]:
                    assert order.fills[-1].is_taker == (order.order_id not in makers)
            best_bid, best_ask = book.best()
            assert not best_bid or not best_ask or best_bid < best_ask, "still crossed"
            bought = clearing.vault_bought - clearing.vault_sold
            vault_lots += bought
            vault_cash -= bought * clearing.price
            vault_basis += bought * index

    settled += [book.sync(account)[0] for account in range(book.placed)]
    assert sum(fills.lots for fills in settled) == -vault_lots
    assert sum(fills.cash for fills in settled) == -vault_cash
    assert sum(fills.basis for fills in settled) == -vault_basis
    for account in range(book.placed):
        assert book.sync(account)[0].lots == 0
        listed = book.open_orders(account)
        assert book.preview_sync(account)[1] == Exposure(
            slots=len(listed),  # one order at most, so in slot 0
            bid_lots=sum(order.lots for order in listed if not order.is_ask),
            ask_lots=sum(order.lots for order in listed if order.is_ask),
            bid_notional=sum(order.lots * order.tick for order in listed if not order.is_ask),
            ask_notional=sum(order.lots * order.tick for order in listed if order.is_ask),
        )
