# trap-ok: TRAP09 reads only, calls nobody
# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
"""
@title   OrderbookViews: what a front end asks of a book, one call each
@license AGPL-3.0-only
@notice  Deployed once for all books. OrderbookV2 runs this code on its own storage, so its views are called at the
         book's address; called here they see an empty book.
@custom:security Reads only, holds nothing, calls nobody. Its storage layout must equal OrderbookV2's.
@custom:halt Nothing to halt.
"""
from interfaces import IOrderbookV2
from interfaces import IOrderbookViews

from contracts.modules.orderbook import auction as auctions
from contracts.modules.orderbook import book
from contracts.modules.orderbook import clearing_history as history
from contracts.modules.orderbook import level_queue as queue
from contracts.modules.orderbook import market_layout as market_words
from contracts.modules.orderbook import order_layout as words
from contracts.modules.orderbook import price_tree as tree
from contracts.modules import refuse


initializes: tree
initializes: history
initializes: queue[clearing_history := history]
initializes: auctions[price_tree := tree]
initializes: book[history := history, queue := queue]

implements: IOrderbookViews


MAX_LEVELS: constant(uint256) = 64
MAX_RECORDS: constant(uint256) = 64


@external
@view
def best() -> (uint256, uint256):
    """
    @notice Best resting bid and best resting ask, in ticks; 0 for none.
    """
    state: uint256 = book.state
    return tree._next(tree.BID, tree.MAX_TICK + 1, False, state), tree._next(tree.ASK, 0, True, state)


@external
@view
def impact(lots: uint256) -> (uint256, uint256):
    """
    @notice The limits that so many lots meet, resting orders alone: the tick down to which a sale of them reaches, and the tick up
            to which a purchase does; 0 where the side has not as many.
    @param lots At least 1 ("book: zero lots").
    @return Of the bids; of the asks.
    """
    if lots == 0:
        refuse._because("book: zero lots")
    state: uint256 = book.state
    return tree._reach(tree.BID, lots, state), tree._reach(tree.ASK, lots, state)


@external
@view
def lots_at(is_ask: bool, tick: uint256) -> (uint256, uint256):
    """
    @notice Live lots of a side at a tick.
    @param is_ask True: asks, False: bids.
    @param tick   1 .. 2**18 - 2, else "book: tick outside grid".
    @return Resting lots; batch-only lots.
    """
    book._check_tick(tick)
    side: uint256 = convert(is_ask, uint256)
    return tree._lots(side, tick, book.state), tree._lots(tree.BATCH_ONLY | side, tick, book.batch_state)


@external
@view
def depth(levels: uint256) -> (DynArray[IOrderbookV2.Level, MAX_LEVELS], DynArray[IOrderbookV2.Level, MAX_LEVELS]):
    """
    @notice The best resting ticks with their lots, best first.
    @param levels Ticks a side, at most 64 ("book: depth too large").
    @return Bids; asks.
    """
    if levels > MAX_LEVELS:
        refuse._because("book: depth too large")
    return self._depth(tree.BID, levels), self._depth(tree.ASK, levels)


@external
@view
def open_orders(account: uint256) -> DynArray[IOrderbookV2.OpenOrder, book.MAX_ORDERS]:
    """
    @notice The account's open orders as they are now, unsettled fills included.
    @param account The account.
    @return By slot; empty where there are none.
    """
    found: DynArray[IOrderbookV2.OpenOrder, book.MAX_ORDERS] = []
    state: uint256 = book.state
    word: uint256 = book.accounts[account].word
    touched: book.Touched = book._touched(word, state)
    for slot: uint256 in range(book.MAX_ORDERS):
        if (word >> slot) & 1 != 0:
            order: uint256 = book.accounts[account].orders[slot]
            fill: book.OrderFill = book._fill_of(order, touched, state)
            if not fill.done:
                label: uint256 = book._label(account, slot)
                lots: uint256 = words._lots(order) - fill.lots
                found.append(
                    IOrderbookV2.OpenOrder(
                        order_id=words._id(order, slot),
                        is_ask=order & tree.ASK != 0,
                        tick=words._tick(order),
                        lots=lots,
                        filled=words._size(order) - lots,
                        batch=words._batch(order),
                        batch_only=order & tree.BATCH_ONLY != 0,
                        post_only=order & words.POST_ONLY != 0,
                        reduce_only=order & words.REDUCE_ONLY != 0,
                        expiry=label >> words.EXPIRY_AT,
                        client_id=label & (2**128 - 1),
                    )
                )
    return found


@external
@view
def preview_sync(account: uint256) -> (IOrderbookV2.Fills, IOrderbookV2.Exposure):
    """
    @notice What `sync` would return now.
    @param account The account.
    @return What filled since its last settlement; its open orders.
    """
    state: uint256 = book.state
    word: uint256 = book.accounts[account].word
    touched: book.Touched = book._touched(word, state)
    fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
    count: uint256 = market_words._auctions(state)
    if word & words.HAS_BATCH_ONLY == 0 and touched.bids_since == count and touched.asks_since == count:
        return fills, book._exposure(word)          # as `sync`, which then looks at no order either
    after: uint256 = words._forget(word)
    for slot: uint256 in range(book.MAX_ORDERS):
        if (word >> slot) & 1 != 0:
            order: uint256 = book.accounts[account].orders[slot]
            fill: book.OrderFill = book._fill_of(order, touched, state)
            after = book._settled_word(after, slot, order, fill)
            if fill.lots != 0:
                fills = book._with_fill(fills, order, fill)
            if not fill.done and order & words.REDUCE_ONLY != 0:
                after |= words.HAS_REDUCE_ONLY
    return fills, book._exposure(after)


@external
@view
def preview_clear(reference: uint256, quotes: IOrderbookV2.VaultQuotes) -> IOrderbookV2.Clearing:
    """
    @notice What `clear` would do if it ran now, whether the batch is due or not.
    @param reference As for `clear`, with its reverts.
    @param quotes    As for `clear`, with its reverts.
    @return Price, volume, imbalance and the vault's part; traded is False where nothing crosses.
    """
    book._check_auction(reference, quotes)
    state: uint256 = book.state
    x: auctions.Crossing = auctions._cross(state, book.batch_state, reference, quotes)
    return book._clearing(x, market_words._auctions(state), market_words._batch(state))


@external
@view
def auction(number: uint256) -> IOrderbookV2.Auction:
    """
    @notice The record of an auction.
    @param number Below market().auctions, else "book: no such auction".
    @return The record; price 0 marks the two of a rescale.
    """
    if number >= market_words._auctions(book.state):
        refuse._because("book: no such auction")
    return self._record(number)


@external
@view
def auctions_from(start: uint256, count: uint256) -> DynArray[IOrderbookV2.Auction, MAX_RECORDS]:
    """
    @notice A page of the market's history.
    @param start Number of its first auction.
    @param count Records, at most 64 ("book: page too large").
    @return The records, oldest first: fewer, or none, where the history ends.
    """
    if count > MAX_RECORDS:
        refuse._because("book: page too large")
    found: DynArray[IOrderbookV2.Auction, MAX_RECORDS] = []
    total: uint256 = market_words._auctions(book.state)
    for i: uint256 in range(count, bound=MAX_RECORDS):
        if start >= total or total - start <= i:
            break
        found.append(self._record(start + i))
    return found


@external
@view
def twap(start: uint256, end: uint256) -> uint256:
    """
    @notice Average of the last clearing price over a window that is past, each price weighted by its seconds.
    @param start Unix seconds, not before the first auction of the current grid ("book: no price yet").
    @param end   Unix seconds, after start and not in the future ("book: bad window").
    @return Ticks x 1e18, rounded down.
    """
    if start >= end or end > block.timestamp:
        refuse._because("book: bad window")
    count: uint256 = market_words._auctions(book.state)
    first: uint256 = history._at_time(count, start)
    if first == history.NEVER or first < market_words._grid_start(book.batch_state):
        refuse._because("book: no price yet")
    last: uint256 = history._at_time(count, end)
    price_seconds: uint256 = history._price_seconds(history.records[last], end) - history._price_seconds(
        history.records[first], start
    )
    return price_seconds * 10**18 // (end - start)


@external
@view
def cancel_deadline(account: uint256) -> uint256:
    """
    @notice Deadline of the account's dead man's switch.
    @param account The account.
    @return Unix seconds; 0: off.
    """
    return book.deadlines[account]


@internal
@view
def _depth(side: uint256, levels: uint256) -> DynArray[IOrderbookV2.Level, MAX_LEVELS]:
    found: DynArray[IOrderbookV2.Level, MAX_LEVELS] = []
    state: uint256 = book.state
    tick: uint256 = 0
    if side == tree.BID:
        tick = tree.MAX_TICK + 1
    for _: uint256 in range(levels, bound=MAX_LEVELS):
        tick = tree._next(side, tick, side == tree.ASK, state)
        if tick == 0:
            break
        found.append(IOrderbookV2.Level(tick=tick, lots=tree._lots(side, tick, state)))
    return found


@internal
@view
def _record(number: uint256) -> IOrderbookV2.Auction:
    record: uint256 = history.records[number]
    return IOrderbookV2.Auction(
        price=history._price(record),
        lots=history._traded_lots(record),
        batch=history._batch(record),
        time=history._time(record),
        funding_index=convert(history._biased_funding(record), int256) - 2**79,
    )
