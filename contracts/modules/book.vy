# pragma version 0.4.3
"""
@title   book: what the book stores, and what its words say
@license AGPL-3.0-only
@notice  The storage of one market's book and the reads that both its contracts need: OrderbookV2, which changes it, and
         OrderbookViews, whose code runs on OrderbookV2's storage. Both declare the same modules in the same
         order, so the layouts are equal; tests/unit/OrderbookV2/test_layout.py compares them.
"""
from interfaces import IOrderbookV2

from contracts.modules import auction as auctions
from contracts.modules import clearing_history as history
from contracts.modules import level_queue as queue
from contracts.modules import market_layout as market_words
from contracts.modules import order_layout as words
from contracts.modules import price_tree as tree
from contracts.modules import refuse


uses: history
uses: queue


MAX_ORDERS: constant(uint256) = 32              # open orders of an account


struct Account:
    word: uint256                               # order_layout
    orders: uint256[MAX_ORDERS]                 # by slot; meaningful where the slot is open
    labels: uint256[MAX_ORDERS]                 # meaningful where the order is labelled


# what became of an order since its account was last settled
struct OrderFill:
    lots: uint256
    notional: uint256
    basis: int256                               # sum of lots x funding index, whatever the side
    taker_lots: uint256
    taker_notional: uint256
    done: bool                                  # nothing of it is open any more


state: uint256                                  # market_layout
batch_state: uint256                                 # market_layout
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
def _fill_of(order: uint256, settled: uint256, state: uint256) -> OrderFill:
    """
    @notice What the auctions from number `settled` on did to an order.
    """
    fill: OrderFill = empty(OrderFill)
    count: uint256 = market_words._auctions(state)
    batch: uint256 = words._batch(order)
    batch_only: bool = order & tree.BATCH_ONLY != 0
    if batch_only:
        fill.done = batch != market_words._batch(state)
    if settled == count:
        return fill
    tick: uint256 = words._tick(order)
    side: uint256 = order & tree.ASK
    lots: uint256 = words._lots(order)
    first: uint256 = 0
    sum: uint256 = 0
    # at the margin of its own tick
    fill.lots, sum, first, fill.taker_lots = queue._filled(
        order & words.LEVEL, words._generation(order), words._index(order), words._start(order), lots, settled
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
            number = history._first(side, tick, settled, count)
        elif history._batch(history.records[settled]) == batch:
            number = history._first(side, tick, settled, settled + 1)
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
    return after - words._lots_at(order & tree.ASK, words._tick(order), gone)


@internal
@pure
def _with_fill(fills: IOrderbookV2.Fills, order: uint256, fill: OrderFill) -> IOrderbookV2.Fills:
    total: IOrderbookV2.Fills = fills
    lots: int256 = convert(fill.lots, int256)
    notional: int256 = convert(fill.notional, int256)
    if order & tree.ASK == 0:
        total.lots += lots
        total.cash -= notional
        total.basis += fill.basis
    else:
        total.lots -= lots
        total.cash += notional
        total.basis -= fill.basis
    total.taker_notional += fill.taker_notional
    total.maker_notional += fill.notional - fill.taker_notional
    total.grid = words._grid(order)
    return total


@internal
@pure
def _no_fills(state: uint256) -> IOrderbookV2.Fills:
    fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
    fills.grid = market_words._grid(state)
    return fills


@internal
@pure
def _open_interest(word: uint256) -> IOrderbookV2.OpenInterest:
    count: uint256 = 0
    slots: uint256 = word & words.OPEN_SLOTS
    for _: uint256 in range(MAX_ORDERS):
        if slots == 0:
            break
        slots &= slots - 1
        count += 1
    return IOrderbookV2.OpenInterest(
        orders=count,
        bid_lots=words._side_lots(word, tree.BID),
        ask_lots=words._side_lots(word, tree.ASK),
        bid_notional=words._side_notional(word, tree.BID),
        ask_notional=words._side_notional(word, tree.ASK),
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
