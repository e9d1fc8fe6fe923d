# pragma version 0.4.3
"""
@title   orders: an order's life, from the checks of its placing to its settlement
@license AGPL-3.0-only
@notice  Functions take the word of a settled account and hand back the new one: the caller stores it, once.
"""
from interfaces import IOrderbookV2

from contracts.modules.orderbook import book
from contracts.modules.orderbook import level_queue as queue
from contracts.modules.orderbook import market_layout as market_words
from contracts.modules.orderbook import order_layout as words
from contracts.modules.orderbook import price_tree as tree
from contracts.modules import refuse


uses: tree
uses: queue
uses: book


# an account brought up to the last auction
struct Standing:
    state: uint256                              # of the market, market_layout
    word: uint256                               # of the account, order_layout: for the caller to store
    fills: IOrderbookV2.Fills


@internal
@view
def _check_order(state: uint256, order: IOrderbookV2.NewOrder, lowest: uint256, highest: uint256):
    if state & market_words.UNCLEAR != 0:
        refuse._because("book: clear first")
    book._check_tick(order.tick)
    if order.tick < lowest or order.tick > highest:
        refuse._because("book: tick outside band")
    if order.lots == 0:
        refuse._because("book: zero lots")
    if order.lots < market_words._min_lots(state) and not order.reduce_only:
        refuse._because("book: below minimum size")
    if order.lots > words.MAX_ORDER:
        refuse._because("book: order too large")
    if order.batch_only and (order.post_only or order.expiry != 0):
        refuse._because("book: conflicting flags")
    if order.expiry != 0 and order.expiry <= block.timestamp:
        refuse._because("book: order expired")
    if order.expiry >= 2**40:
        refuse._because("book: expiry too large")
    if order.client_id >= 2**128:
        refuse._because("book: client id too large")


@internal
def _place(account: uint256, word: uint256, state: uint256, order: IOrderbookV2.NewOrder) -> (uint256, uint256):
    """
    @notice Adds a checked order of a settled account to tree and queue.
    @return Its id; the account's word.
    """
    side: uint256 = convert(order.is_ask, uint256)
    cls: uint256 = side
    if order.batch_only:
        cls |= tree.BATCH_ONLY
    slot: uint256 = self._free_slot(word)
    # unsafe: below 2**29 and 2**28
    if unsafe_add(words._side_lots(word, side), order.lots) > words.MAX_ACCOUNT_LOTS:
        refuse._because("book: account lots exceeded")
    after: uint256 = self._guard_self_trade(account, word, side, order.tick)
    if order.post_only:
        if order.is_ask:
            if tree._next(tree.BID, tree.MAX_TICK + 1, False, state) >= order.tick:
                refuse._because("book: post-only would cross")
        else:
            best_ask: uint256 = tree._next(tree.ASK, 0, True, state)
            if best_ask != 0 and order.tick >= best_ask:
                refuse._because("book: post-only would cross")

    live: uint256 = 0
    maps: uint256 = 0
    if order.batch_only:
        batch_state: uint256 = book.batch_state
        live, maps = tree._add(cls, order.tick, order.lots, batch_state)
        if maps != batch_state:
            book.batch_state = maps
        maps = state
        after |= words.HAS_BATCH_ONLY
    else:
        live, maps = tree._add(cls, order.tick, order.lots, state)
    if market_words._due(state) == 0:
        maps |= market_words.UNCLEAR
    if maps != state:
        book.state = maps

    level: uint256 = (order.tick << words.TICK_AT) | cls
    generation: uint256 = 0
    index: uint256 = 0
    start: uint256 = 0
    generation, index, start = queue._join(level, order.lots, live)
    flags: uint256 = 0
    if order.client_id | order.expiry != 0:
        flags = words.LABELLED
        book.accounts[account].labels[slot] = order.client_id | (order.expiry << words.EXPIRY_AT)
    if order.post_only:
        flags |= words.POST_ONLY
    if order.reduce_only:
        flags |= words.REDUCE_ONLY
        after |= words.HAS_REDUCE_ONLY
    placed: uint256 = words._new(
        level, generation, index, start, order.lots, market_words._batch(state), market_words._grid(state), flags
    )
    book.accounts[account].orders[slot] = placed
    id: uint256 = words._id(placed, slot)
    log IOrderbookV2.Placed(
        account=account,
        order_id=id,
        lots=order.lots,
        flags=flags >> words.FLAGS_AT,
        expiry=order.expiry,
        client_id=order.client_id,
    )
    # unsafe: lots are below their bound, and so is their notional (order_layout)
    return id, unsafe_add(after, (1 << slot) | words._lots_at(side, order.tick, order.lots))


@internal
def _cancel(account: uint256, word: uint256, slot: uint256, most: uint256) -> (uint256, uint256):
    """
    @notice Takes lots off an open order of a settled account.
    @return Lots taken; the account's word.
    """
    order: uint256 = book.accounts[account].orders[slot]
    lots: uint256 = words._lots(order)
    taken: uint256 = min(most, lots)
    cls: uint256 = words._class(order)
    tick: uint256 = words._tick(order)
    queue._leave(order & words.LEVEL, words._index(order), taken)
    if cls & tree.BATCH_ONLY != 0:
        batch_state: uint256 = book.batch_state
        maps: uint256 = tree._sub(cls, tick, taken, batch_state)
        if maps != batch_state:
            book.batch_state = maps
    else:
        state: uint256 = book.state
        maps: uint256 = tree._sub(cls, tick, taken, state)
        if maps != state:
            book.state = maps
    # unsafe: the account's sums hold its open orders' lots
    after: uint256 = unsafe_sub(word, words._lots_at(cls & tree.ASK, tick, taken))
    if taken == lots:
        after ^= 1 << slot
    else:
        book.accounts[account].orders[slot] = words._shrink(order, taken)
    left: uint256 = unsafe_sub(lots, taken)                 # unsafe: at most what is open is taken
    log IOrderbookV2.Cancelled(account=account, order_id=words._id(order, slot), lots=taken, left=left)
    return taken, after


@internal
def _cancel_slots(account: uint256, word: uint256, slots: uint256) -> (uint256, uint256):
    """
    @notice Cancels the orders in some open slots of a settled account and stores its word.
    @return Orders cancelled; the word.
    """
    after: uint256 = word
    count: uint256 = 0
    taken: uint256 = 0
    for slot: uint256 in range(book.MAX_ORDERS):
        if (slots >> slot) & 1 != 0:
            taken, after = self._cancel(account, after, slot, words.MAX_ORDER)
            count = unsafe_add(count, 1)            # unsafe: at most 32
    book.accounts[account].word = after
    return count, after


@internal
def _settle(account: uint256, state: uint256) -> Standing:
    """
    @notice Brings an account's orders up to the last auction. The caller stores the account's word.
    """
    word: uint256 = book.accounts[account].word
    now: Standing = Standing(state=state, word=0, fills=empty(IOrderbookV2.Fills))
    count: uint256 = market_words._auctions(state)
    if word & words.OPEN_SLOTS == 0:
        now.word = count << words.SETTLED_AT
        return now
    touched: book.Touched = book._touched(word, state)
    if word & words.HAS_BATCH_ONLY == 0 and touched.bids_since == count and touched.asks_since == count:
        now.word = words._with_settled(word, count)
        return now

    after: uint256 = words._forget(word)
    for slot: uint256 in range(book.MAX_ORDERS):
        if (word >> slot) & 1 != 0:
            order: uint256 = book.accounts[account].orders[slot]
            fill: book.OrderFill = book._fill_of(order, touched, state)
            after = book._settled_word(after, slot, order, fill)
            if fill.lots != 0:
                now.fills = book._with_fill(now.fills, order, fill)
            if not fill.done:
                if fill.lots != 0:
                    book.accounts[account].orders[slot] = words._fill(order, fill.lots)
                tick: uint256 = words._tick(order)
                side: uint256 = order & tree.ASK
                if not self._reaches(side ^ 1, tick, words._best(after, side)):
                    after = words._with_best(after, side, tick)
                if order & tree.BATCH_ONLY != 0:
                    after |= words.HAS_BATCH_ONLY
                if order & words.REDUCE_ONLY != 0:
                    after |= words.HAS_REDUCE_ONLY
            if fill.done or fill.lots != 0:
                left: uint256 = 0
                if not fill.done:
                    left = unsafe_sub(words._lots(order), fill.lots)          # unsafe: no more fills than was open
                log IOrderbookV2.Settled(
                    account=account,
                    order_id=words._id(order, slot),
                    lots=fill.lots,
                    notional=fill.notional,
                    basis=fill.basis,
                    taker_lots=fill.taker_lots,
                    taker_notional=fill.taker_notional,
                    left=left,
                )
    now.word = words._with_settled(after, count)
    return now


@internal
@view
def _is_open(account: uint256, word: uint256, order_id: uint256) -> bool:
    slot: uint256 = order_id & (book.MAX_ORDERS - 1)
    return (word >> slot) & 1 != 0 and words._id(book.accounts[account].orders[slot], slot) == order_id


@internal
@pure
def _free_slot(word: uint256) -> uint256:
    for slot: uint256 in range(book.MAX_ORDERS):
        if (word >> slot) & 1 == 0:
            return slot
    refuse._because("book: too many orders")
    return book.MAX_ORDERS


@internal
@view
def _guard_self_trade(account: uint256, word: uint256, side: uint256, tick: uint256) -> uint256:
    """
    @notice Refuses an order that would cross an open one of its own account.
    @return The account's word, its best bid and ask with the new order.
    """
    after: uint256 = word
    other: uint256 = side ^ 1
    if self._reaches(side, tick, words._best(word, other)):
        # the stored bound may be that of a cancelled order: look
        exact: uint256 = 0
        for slot: uint256 in range(book.MAX_ORDERS):
            if (word >> slot) & 1 != 0:
                order: uint256 = book.accounts[account].orders[slot]
                if order & tree.ASK == other and not self._reaches(side, words._tick(order), exact):
                    exact = words._tick(order)
        if self._reaches(side, tick, exact):
            refuse._because("book: self-trade")
        after = words._with_best(after, other, exact)
    if not self._reaches(other, tick, words._best(word, side)):
        after = words._with_best(after, side, tick)
    return after


@internal
@pure
def _reaches(side: uint256, tick: uint256, target: uint256) -> bool:
    """
    @notice Whether a bid (ask) at a tick is at or above (below) a target; 0 is none, and out of reach.
    """
    if side == tree.BID:
        return target != 0 and tick >= target
    return tick <= target
