# pragma version 0.4.3
"""
@title   book: what the book stores, and what its words say
@license AGPL-3.0-only
@notice  The storage of one market's book and the reads that both its contracts need: OrderbookV2, which changes it, and
         OrderbookViews, whose code runs on OrderbookV2's storage. Both declare the same modules in the same
         order, so the layouts are equal; tests/unit/OrderbookV2/test_layout.py compares them.
"""
from interfaces import IOrderbookV2

from contracts.modules.orderbook import auction as auctions
from contracts.modules.orderbook import clearing_history as history
from contracts.modules.orderbook import level_queue as queue
from contracts.modules.orderbook import market_layout as market_words
from contracts.modules.orderbook import order_layout as words
from contracts.modules.orderbook import price_tree as tree
from contracts.modules import refuse


uses: history
uses: queue


MAX_ORDERS: constant(uint256) = 32              # open orders of an account


struct Account:
    word: uint256                               # order_layout
    orders: uint256[MAX_ORDERS]                 # by slot; meaningful where the slot is open
    labels: uint256[MAX_ORDERS]                 # meaningful where the order is labelled


# which auctions can have touched an account's orders
struct Touched:
    settled: uint256                            # its orders are settled up to before this one
    bids_since: uint256                         # none before this one touched its bids; the number of all: none did
    asks_since: uint256


# what became of an order since its account was last settled
struct OrderFill:
    lots: uint256
    notional: uint256
    basis: int256                               # sum of signed lots x funding index
    taker_lots: uint256
    taker_notional: uint256
    done: bool                                  # nothing of it is open any more


state: uint256                                  # market_layout
batch_state: uint256                            # market_layout
accounts: HashMap[uint256, Account]
deadlines: HashMap[uint256, uint256]            # dead man's switch by account; 0: off


@internal
@pure
def _check_tick(tick: uint256):
    if tick == 0 or tick > tree.MAX_TICK:
        refuse._because("book: tick outside grid")


@internal
@pure
def _check_auction(reference: uint256, quotes: IOrderbookV2.VaultQuotes):
    if reference == 0 or reference > tree.MAX_TICK:
        refuse._because("book: reference outside grid")
    if max(quotes.bid_lots, quotes.ask_lots) >= tree.BATCH_ONLY_BLOCK_LOTS:
        refuse._because("book: vault quote too large")
    if self._is_outside(quotes.bid_tick, quotes.bid_lots) or self._is_outside(quotes.ask_tick, quotes.ask_lots):
        refuse._because("book: vault quote outside grid")
    if quotes.bid_lots != 0 and quotes.ask_lots != 0 and quotes.bid_tick >= quotes.ask_tick:
        refuse._because("book: vault quotes crossed")


@internal
@pure
def _is_outside(tick: uint256, lots: uint256) -> bool:
    return lots != 0 and (tick == 0 or tick > tree.MAX_TICK)


@internal
@view
def _touched(word: uint256, state: uint256) -> Touched:
    """
    @notice Two searches: an auction that reached no tick beyond an account's best has not touched it.
    """
    settled: uint256 = words._settled(word)
    count: uint256 = market_words._auctions(state)
    touched: Touched = Touched(settled=settled, bids_since=count, asks_since=count)
    if settled == count:
        return touched
    bid: uint256 = words._best(word, tree.BID)
    if bid != 0:
        touched.bids_since = min(history._first(tree.BID, bid + 1, settled, count), count)
    ask: uint256 = words._best(word, tree.ASK)
    if ask != 0:
        touched.asks_since = min(history._first(tree.ASK, ask - 1, settled, count), count)
    return touched


@internal
@view
def _fill_of(order: uint256, touched: Touched, state: uint256) -> OrderFill:
    """
    @notice What the auctions since its account was last settled did to an order.
    """
    fill: OrderFill = empty(OrderFill)
    count: uint256 = market_words._auctions(state)
    batch: uint256 = words._batch(order)
    side: uint256 = order & tree.ASK
    since: uint256 = touched.bids_since
    if side != 0:
        since = touched.asks_since
    batch_only: bool = order & tree.BATCH_ONLY != 0
    if batch_only:
        fill.done = batch != market_words._batch(state)
        since = touched.settled                 # its one auction, if that traded
    if since == count:
        return fill
    tick: uint256 = words._tick(order)
    lots: uint256 = words._lots(order)
    first: uint256 = 0
    sum: uint256 = 0
    # at the margin of its own tick
    fill.lots, sum, first, fill.taker_lots = queue._filled(
        order & words.LEVEL, words._generation(order), words._index(order), words._start(order), lots, since
    )
    # unsafe: lots are below 2**28, ticks below 2**18, stored funding indices below 2**80
    fill.notional = unsafe_mul(fill.lots, tick)
    if fill.taker_lots != 0 and history._batch(history.records[first]) != batch:
        fill.taker_lots = 0
    fill.taker_notional = unsafe_mul(fill.taker_lots, tick)
    if fill.lots != lots:
        # wholly, by the first auction that reached beyond its tick; a batch-only order has but one
        number: uint256 = history.NEVER
        if not batch_only:
            number = history._first(side, tick, since, count)
        elif history._batch(history.records[since]) == batch and history._reached(side, tick, since):
            number = since
        if number != history.NEVER:
            record: uint256 = history.records[number]
            price: uint256 = history._price(record)
            fill.done = True
            if price != 0:
                left: uint256 = unsafe_sub(lots, fill.lots)
                notional: uint256 = unsafe_mul(left, price)
                fill.lots = lots
                fill.notional = unsafe_add(fill.notional, notional)
                sum = unsafe_add(sum, unsafe_mul(left, history._biased_funding(record)))
                if history._batch(record) == batch:
                    fill.taker_lots = unsafe_add(fill.taker_lots, left)
                    fill.taker_notional = unsafe_add(fill.taker_notional, notional)
    else:
        fill.done = True
    if order & words.POST_ONLY != 0:
        fill.taker_lots = 0
        fill.taker_notional = 0
    fill.basis = unsafe_sub(convert(sum, int256), convert(fill.lots << 79, int256))
    if side != 0:
        fill.basis = unsafe_sub(0, fill.basis)
    return fill


@internal
@pure
def _settled_word(word: uint256, slot: uint256, order: uint256, fill: OrderFill) -> uint256:
    """
    @notice The account's word after an order was settled.
    """
    gone: uint256 = fill.lots
    after: uint256 = word
    if fill.done:
        gone = words._lots(order)
        after ^= 1 << slot
    # unsafe: the account's sums hold its open orders' lots
    return unsafe_sub(after, words._lots_at(order & tree.ASK, words._tick(order), gone))


@internal
@pure
def _with_fill(fills: IOrderbookV2.Fills, order: uint256, fill: OrderFill) -> IOrderbookV2.Fills:
    total: IOrderbookV2.Fills = fills
    # unsafe: 32 orders of less than 2**28 lots, 2**46 notional and 2**107 basis
    sign: int256 = unsafe_sub(1, convert((order & tree.ASK) << 1, int256))
    total.lots = unsafe_add(total.lots, unsafe_mul(sign, convert(fill.lots, int256)))
    total.cash = unsafe_sub(total.cash, unsafe_mul(sign, convert(fill.notional, int256)))
    total.basis = unsafe_add(total.basis, fill.basis)
    total.taker_notional = unsafe_add(total.taker_notional, fill.taker_notional)
    total.maker_notional = unsafe_add(total.maker_notional, unsafe_sub(fill.notional, fill.taker_notional))
    total.grid = words._grid(order)
    return total


@internal
@pure
def _exposure(word: uint256) -> IOrderbookV2.Exposure:
    return IOrderbookV2.Exposure(
        slots=word & words.OPEN_SLOTS,
        bid_lots=words._side_lots(word, tree.BID),
        ask_lots=words._side_lots(word, tree.ASK),
        bid_notional=words._side_notional(word, tree.BID),
        ask_notional=words._side_notional(word, tree.ASK),
        has_reduce_only=word & words.HAS_REDUCE_ONLY != 0 and word & words.OPEN_SLOTS != 0,
    )


@internal
@view
def _label(account: uint256, slot: uint256) -> uint256:
    if self.accounts[account].orders[slot] & words.LABELLED == 0:
        return 0
    return self.accounts[account].labels[slot]


@internal
@pure
def _clearing(x: auctions.Crossing, number: uint256, batch: uint256) -> IOrderbookV2.Clearing:
    return IOrderbookV2.Clearing(
        traded=x.lots != 0,
        auction=number,
        batch=batch,
        price=x.price,
        lots=x.lots,
        imbalance=x.imbalance,
        vault_bought=x.vault_bought,
        vault_sold=x.vault_sold,
    )
