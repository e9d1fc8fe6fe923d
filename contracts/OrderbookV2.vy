# trap-ok: TRAP09 calls nobody but the code of OrderbookViews, which cannot call: nothing can re-enter
# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
"""
@title   OrderbookV2: the order book of one market, cleared in batch auctions at one price
@license AGPL-3.0-only
@notice  Orders rest in a price tree and in the queue of their tick. An auction changes O(log ticks) words and looks
         at no order; what it did to an order is worked out when its account is next settled, exactly. Every call
         that adds or takes orders settles all of the account's first and returns what filled, for the engine to book.
@dev     docs/auction.md explains the algorithm and the storage; IOrderbookV2 gives the units of all arguments and
         results. Mutators revert with "book: only engine" for anybody else, and those that orders join or leave by
         with "book: batch closed" once the batch is due. A call that reverts changes nothing.
@custom:security The book holds no money and calls nobody. No order that a trader can place makes `clear` revert.
@custom:halt The engine stops calling; `rescale` voids what rests.
"""
from interfaces import IOrderbookV2

from contracts.modules.orderbook import auction as auctions
from contracts.modules.orderbook import book
from contracts.modules.orderbook import clearing_history as history
from contracts.modules.orderbook import level_queue as queue
from contracts.modules.orderbook import market_layout as market_words
from contracts.modules.orderbook import order_layout as words
from contracts.modules.orderbook import orders
from contracts.modules.orderbook import price_tree as tree
from contracts.modules import refuse


initializes: tree
initializes: history
initializes: queue[clearing_history := history]
initializes: auctions[price_tree := tree]
initializes: book[history := history, queue := queue]
initializes: orders[tree := tree, queue := queue, book := book]

implements: IOrderbookV2


# largest answer of a view: 32 open orders of 11 words and the list's two
MAX_ANSWER: constant(uint256) = 16384

engine: public(immutable(address))
views: public(immutable(address))


@deploy
def __init__(engine_: address, views_: address, interval: uint256, min_lots: uint256):
    """
    @notice Opens the book of a market.
    @param engine_  The only address that may change it.
    @param views_   OrderbookViews, whose code answers the calls that this contract does not know.
    @param interval Seconds of a batch, below 2**24; 0 for continuous mode.
    @param min_lots Smallest order, 1 .. 2**20 - 1.
    @dev   Reverts: "book: no engine", "book: no views", and as `configure`.
    """
    if engine_ == empty(address):
        refuse._because("book: no engine")
    if not views_.is_contract:
        refuse._because("book: no views")
    engine = engine_
    views = views_
    self._check_parameters(interval, min_lots)
    book.state = market_words._new(0, 0, self._next_due(interval), min_lots, 0)
    book.batch_state = market_words._with_interval(0, interval)


# ------------------------------------------------------------------ orders

@external
def place(
    account: uint256, order: IOrderbookV2.NewOrder, lowest: uint256, highest: uint256
) -> (uint256, IOrderbookV2.Fills, IOrderbookV2.Exposure):
    """
    @notice Settles the account, then adds an order to the open batch.
    @param account The account.
    @param order   The order.
    @param lowest  Lowest tick that the engine's price band allows.
    @param highest Highest tick that it allows.
    @return The order's id; what the account's orders filled; its open orders, the new one included.
    @dev    Reverts for the order itself: "book: clear first" (a second order before the auction of the first, in
            continuous mode), "book: tick outside grid", "book: tick outside band", "book: zero lots",
            "book: below minimum size", "book: order too large", "book: conflicting flags", "book: order expired",
            "book: expiry too large", "book: client id too large"; beside others: "book: too many orders",
            "book: account lots exceeded", "book: self-trade", "book: post-only would cross", "book: block full".
    """
    now: orders.Standing = self._enter(account)
    orders._check_order(now.state, order, lowest, highest)
    id: uint256 = 0
    id, now.word = orders._place(account, now.word, now.state, order)
    book.accounts[account].word = now.word
    return id, now.fills, book._exposure(now.word)


@external
def cancel(
    account: uint256, order_id: uint256, lots: uint256
) -> (uint256, IOrderbookV2.Fills, IOrderbookV2.Exposure):
    """
    @notice Settles the account, then takes lots off one of its orders; what stays keeps its place in the queue.
    @param account  The account.
    @param order_id One of its open orders; else "book: unknown order".
    @param lots     Most lots to take, not 0 ("book: zero lots"); more than are open takes all.
    @return Lots taken; what the account's orders filled; its open orders.
    """
    now: orders.Standing = self._enter(account)
    if lots == 0:
        refuse._because("book: zero lots")
    if not orders._is_open(account, now.word, order_id):
        refuse._because("book: unknown order")
    taken: uint256 = 0
    taken, now.word = orders._cancel(account, now.word, order_id & (book.MAX_ORDERS - 1), lots)
    book.accounts[account].word = now.word
    return taken, now.fills, book._exposure(now.word)


@external
def cancel_all(account: uint256) -> (uint256, IOrderbookV2.Fills, IOrderbookV2.Exposure):
    """
    @notice Settles the account, then cancels every open order of it.
    @param account The account.
    @return Orders cancelled; what the account's orders filled; its open orders: none.
    """
    now: orders.Standing = self._enter(account)
    count: uint256 = 0
    count, now.word = orders._cancel_slots(account, now.word, now.word)
    return count, now.fills, book._exposure(now.word)


@external
def cancel_replace(
    account: uint256,
    order_ids: DynArray[uint256, book.MAX_ORDERS],
    new_orders: DynArray[IOrderbookV2.NewOrder, book.MAX_ORDERS],
    strict: bool,
    lowest: uint256,
    highest: uint256,
) -> (uint256, DynArray[uint256, book.MAX_ORDERS], IOrderbookV2.Fills, IOrderbookV2.Exposure):
    """
    @notice Settles the account, cancels some of its orders wholly, then places others: all or nothing.
    @param account   The account.
    @param order_ids Orders to cancel.
    @param new_orders Orders to place, one after the other.
    @param strict    True: an id that is not open reverts, "book: unknown order". False: it is passed over.
    @param lowest    Lowest tick that the engine's price band allows.
    @param highest   Highest tick that it allows.
    @return Orders cancelled; ids of the new ones; what the account's orders filled; its open orders.
    @dev    Reverts further as `place` does.
    """
    now: orders.Standing = self._enter(account)
    slots: uint256 = 0
    for order_id: uint256 in order_ids:
        if orders._is_open(account, now.word, order_id):
            slots |= 1 << (order_id & (book.MAX_ORDERS - 1))
        elif strict:
            refuse._because("book: unknown order")
    count: uint256 = 0
    count, now.word = orders._cancel_slots(account, now.word, slots)
    placed: DynArray[uint256, book.MAX_ORDERS] = []
    for order: IOrderbookV2.NewOrder in new_orders:
        state: uint256 = book.state
        orders._check_order(state, order, lowest, highest)
        id: uint256 = 0
        id, now.word = orders._place(account, now.word, state, order)
        placed.append(id)
    book.accounts[account].word = now.word
    return count, placed, now.fills, book._exposure(now.word)


@external
def cancel_all_after(account: uint256, deadline: uint256):
    """
    @notice Sets the account's dead man's switch: from the deadline on anyone may have its orders swept, those
            placed later included, until it is set anew. Settles nothing, at any time.
    @param account  The account.
    @param deadline Unix seconds, in the future ("book: deadline in the past"); 0 turns the switch off.
    """
    self._only_engine()
    if deadline != 0 and deadline <= block.timestamp:
        refuse._because("book: deadline in the past")
    book.deadlines[account] = deadline
    log IOrderbookV2.SwitchSet(account=account, deadline=deadline)


@external
def sweep(
    account: uint256, order_ids: DynArray[uint256, book.MAX_ORDERS]
) -> (uint256, IOrderbookV2.Fills, IOrderbookV2.Exposure):
    """
    @notice Settles an account, then cancels orders of it that are past their expiry, or any if its dead man's
            switch is past its deadline. Ids that are not open any more are passed over.
    @param account   The account.
    @param order_ids Its orders; one that may not be swept yet reverts the call, "book: not expired".
    @return Orders cancelled; what the account's orders filled; its open orders.
    """
    now: orders.Standing = self._enter(account)
    deadline: uint256 = book.deadlines[account]
    dead: bool = deadline != 0 and deadline <= block.timestamp
    slots: uint256 = 0
    for order_id: uint256 in order_ids:
        if orders._is_open(account, now.word, order_id):
            slot: uint256 = order_id & (book.MAX_ORDERS - 1)
            slots |= 1 << slot
            expiry: uint256 = book._label(account, slot) >> words.EXPIRY_AT
            if not dead and (expiry == 0 or expiry > block.timestamp):
                refuse._because("book: not expired")
    count: uint256 = 0
    count, now.word = orders._cancel_slots(account, now.word, slots)
    return count, now.fills, book._exposure(now.word)


@external
def sync(account: uint256) -> (IOrderbookV2.Fills, IOrderbookV2.Exposure):
    """
    @notice Settles what auctions did to the account's orders, at any time. Two searches of the history show the
            common case, nothing, without reading an order.
    @param account The account.
    @return What filled since the last settlement; its open orders.
    """
    self._only_engine()
    now: orders.Standing = orders._settle(account, book.state)
    if book.accounts[account].word & words.OPEN_SLOTS != 0:
        book.accounts[account].word = now.word
    return now.fills, book._exposure(now.word)


# ------------------------------------------------------------------ auctions

@external
def clear(reference: uint256, funding_index: int256, quotes: IOrderbookV2.VaultQuotes) -> IOrderbookV2.Clearing:
    """
    @notice Runs the auction of the batch that is due and opens the next one. Its gas does not depend on the number
            of orders.
    @param reference     Tick that decides where the orders leave the price open: the mark.
    @param funding_index Index that the fills of this auction carry, |index| < 2**79.
    @param quotes        The vault's virtual orders, last at their ticks.
    @return What it did; traded is False where nothing crossed, and no record is made then.
    @dev    Reverts: "book: batch not due", "book: reference outside grid", "book: vault quote too large",
            "book: vault quote outside grid", "book: vault quotes crossed", "book: funding index out of range".
    """
    self._only_engine()
    state: uint256 = book.state
    if market_words._due(state) > block.timestamp:
        refuse._because("book: batch not due")
    book._check_auction(reference, quotes)
    if funding_index >= 2**79 or funding_index <= -(2**79):
        refuse._because("book: funding index out of range")
    batch_state: uint256 = book.batch_state
    number: uint256 = market_words._auctions(state)
    batch: uint256 = market_words._batch(state)
    x: auctions.Crossing = auctions._cross(state, batch_state, reference, quotes)
    maps: uint256 = state & market_words.MAPS
    result: IOrderbookV2.Clearing = book._clearing(x, number, batch)
    if x.lots == 0:
        log IOrderbookV2.Uncrossed(batch=batch)
        self._open_next(maps, number, state, batch_state)
        return result

    # unsafe: |funding_index| < 2**79
    funding: uint256 = convert(unsafe_add(funding_index, 2**79), uint256)
    for cls: uint256 in range(4):
        if x.fill[cls] != 0:
            queue._fill((x.q << words.TICK_AT) | cls, x.fill[cls], number, funding)
    # what is left at q: of the marginal side's resting lots those unfilled, of the other side's nothing; where the two
    # sides balance, the asks at q
    bids_left: uint256 = 0
    asks_left: uint256 = 0
    # unsafe: q is a tick, and no more is filled than lives
    if x.threshold > x.q << 1:
        bids_left = unsafe_sub(x.live[0], x.fill[0])
    else:
        asks_left = unsafe_sub(x.live[1], x.fill[1])
    maps = tree._cut(tree.BID, x.q, bids_left, maps)
    maps = tree._cut(tree.ASK, x.q, asks_left, maps)
    is_first: bool = number == market_words._grid_start(batch_state)
    history._append(number, x.price, x.lots, batch, funding, x.threshold, is_first)
    log IOrderbookV2.Cleared(
        auction=number,
        batch=batch,
        price=x.price,
        lots=x.lots,
        imbalance=x.imbalance,
        vault_bought=x.vault_bought,
        vault_sold=x.vault_sold,
        funding_index=funding_index,
    )
    self._open_next(maps, unsafe_add(number, 1), state, batch_state)       # unsafe: a count of auctions
    return result


@external
def postpone() -> uint256:
    """
    @notice Makes the batch due one interval from now, without an auction: for a halt, in which orders may still be
            cancelled. Its orders stay in it, batch-only ones too. In continuous mode nothing changes.
    @return Unix seconds at which it is due now; 0 in continuous mode.
    """
    self._only_engine()
    state: uint256 = book.state
    due: uint256 = market_words._due(state)
    if due != 0:
        due = self._next_due(max(market_words._interval(book.batch_state), 1))
        book.state = market_words._with_due(state, due)
        log IOrderbookV2.Postponed(batch=market_words._batch(state), due=due)
    return due


@external
def configure(interval: uint256, min_lots: uint256):
    """
    @notice Sets the length of the batches that open from now on, and the smallest order.
    @param interval Seconds, below 2**24 ("book: interval too long"); 0 for continuous mode.
    @param min_lots Lots, 1 .. 2**20 - 1 ("book: bad minimum size"); orders that rest stay.
    """
    self._only_engine()
    self._check_parameters(interval, min_lots)
    state: uint256 = book.state
    book.state = market_words._with_min_lots(state, min_lots)
    book.batch_state = market_words._with_interval(book.batch_state, interval)
    log IOrderbookV2.Configured(interval=interval, min_lots=min_lots)


@external
def rescale() -> uint256:
    """
    @notice Voids every open lot and begins a new grid, in O(1) and at any time: for a halt, a delisting, a new tick
            size. Fills up to now can still be settled; Fills.grid tells on which grid they traded. The batch ends too.
    @return Number of the new grid; after grid 255 "book: last grid".
    """
    self._only_engine()
    state: uint256 = book.state
    batch_state: uint256 = book.batch_state
    grid: uint256 = market_words._grid(state) + 1
    if grid > market_words.MAX_GRID:
        refuse._because("book: last grid")
    number: uint256 = market_words._auctions(state)
    history._append_rescale(number, market_words._batch(state))
    # unsafe: counts of auctions and grids are below their bounds
    count: uint256 = unsafe_add(number, 2)
    book.batch_state = market_words._new_grid(batch_state, count)
    self._open_next(0, count, unsafe_add(state, 1 << market_words.GRID_AT), book.batch_state)
    log IOrderbookV2.Rescaled(grid=grid, auctions=number)
    return grid


# ------------------------------------------------------------------ views

@external
@view
def market() -> IOrderbookV2.Market:
    """
    @notice The state of the market's batches.
    """
    state: uint256 = book.state
    return IOrderbookV2.Market(
        auctions=market_words._auctions(state),
        batch=market_words._batch(state),
        due=market_words._due(state),
        interval=market_words._interval(book.batch_state),
        min_lots=market_words._min_lots(state),
        grid=market_words._grid(state),
    )


@external
@raw_return
def __default__() -> Bytes[MAX_ANSWER]:
    """
    @notice Answers IOrderbookViews with the code of `views` on this contract's storage. That code cannot write:
            tests/unit/OrderbookV2/test_views.py finds no opcode in it that could.
    """
    return raw_call(views, msg.data, max_outsize=MAX_ANSWER, is_delegate_call=True)


# ------------------------------------------------------------------ checks

@internal
@view
def _only_engine():
    if msg.sender != engine:
        refuse._because("book: only engine")


@internal
def _enter(account: uint256) -> orders.Standing:
    """
    @notice The engine comes to add or take orders of an account: settles it, if the batch can still be joined and left.
    """
    self._only_engine()
    state: uint256 = book.state
    due: uint256 = market_words._due(state)
    if due != 0 and block.timestamp >= due:
        refuse._because("book: batch closed")
    return orders._settle(account, state)


@internal
@pure
def _check_parameters(interval: uint256, min_lots: uint256):
    if interval > market_words.MAX_INTERVAL:
        refuse._because("book: interval too long")
    if min_lots == 0 or min_lots > market_words.MAX_MIN_LOTS:
        refuse._because("book: bad minimum size")


# ------------------------------------------------------------------ batches

@internal
@view
def _next_due(interval: uint256) -> uint256:
    if interval == 0:
        return 0
    return unsafe_add(block.timestamp, interval)            # unsafe: below 2**32, until 2106


@internal
def _open_next(maps: uint256, auctions_: uint256, state: uint256, batch_state: uint256):
    """
    @notice Opens the next batch: batch-only orders are gone.
    """
    if batch_state & market_words.MAPS != 0:
        book.batch_state = batch_state & ~market_words.MAPS
    book.state = maps | market_words._new(
        auctions_,
        unsafe_add(market_words._batch(state), 1),      # unsafe: a count of batches
        self._next_due(market_words._interval(batch_state)),
        market_words._min_lots(state),
        market_words._grid(state),
    )


