# pragma version 0.4.3
"""
@title   auction: where supply meets demand, and at what price
@license AGPL-3.0-only
@notice  q is the first tick at which the asks up to it exceed the bids above it. Everything better than q trades; at
         q at most one side is filled in part, the marginal one. The price follows: most volume, then least surplus,
         then market pressure (a surplus of bids takes the highest such price, of asks the lowest), then nearest to
         the reference. With a marginal side that is q; where the two sides balance there is an interval, in which
         the reference decides. This is Walras' price: no order strictly better than it is left unfilled.
@dev     The blocks are walked from both ends: asks summed from the lowest up, bids from the highest down, whichever
         sum is smaller goes on, so each block is read on one side only until they meet. Within the block of q four
         words on the path of q decide, for each class; prefix sums of a word's eight lanes are one multiplication.
"""
from interfaces import IOrderbookV2
from contracts.modules import bits
from contracts.modules.orderbook import price_tree


uses: price_tree


struct Crossing:
    lots: uint256            # volume; 0: nothing crosses, and nothing else is set
    price: uint256
    threshold: uint256       # as in clearing_history: 2q - 1 or 2q + 1
    q: uint256
    live: uint256[4]         # live lots at q by class
    fill: uint256[4]         # of these, what a marginal side fills by class
    vault_bought: uint256
    vault_sold: uint256
    imbalance: int256        # bids at or above the price less asks at or below it


@internal
@view
def _cross(resting: uint256, batch_only: uint256, reference: uint256, quotes: IOrderbookV2.VaultQuotes) -> Crossing:
    """
    @notice The auction of all live lots and the vault's quotes.
    @param resting Maps of the resting classes; batch_only: of the batch-only ones.
    """
    x: Crossing = empty(Crossing)
    bid_map: uint256 = (resting | batch_only) & (2**64 - 1)
    ask_map: uint256 = ((resting | batch_only) >> 64) & (2**64 - 1)
    if quotes.bid_lots != 0:
        bid_map |= 1 << (quotes.bid_tick >> 12)
    if quotes.ask_lots != 0:
        ask_map |= 1 << (quotes.ask_tick >> 12)
    if bid_map == 0 or ask_map == 0:
        return x

    # the block of q: the first with asks(<= block) > bids(> block)
    low: uint256 = bits._lowest(ask_map)
    high: uint256 = bits._highest(bid_map)
    if low > high:
        return x
    supply: uint256 = 0                         # asks in the blocks below low
    demand: uint256 = 0                         # bids in the blocks above high
    asks: uint256 = self._block(price_tree.ASK, low, resting, batch_only, quotes.ask_tick, quotes.ask_lots)
    bids: uint256 = self._block(price_tree.BID, high, resting, batch_only, quotes.bid_tick, quotes.bid_lots)
    for _: uint256 in range(64):
        if low == high:
            break
        # unsafe: 64 blocks of less than 2**32 lots; low < high <= 63
        if unsafe_add(supply, asks) <= unsafe_add(demand, bids):
            supply = unsafe_add(supply, asks)
            low = unsafe_add(low, 1)
            asks = self._block(price_tree.ASK, low, resting, batch_only, quotes.ask_tick, quotes.ask_lots)
        else:
            demand = unsafe_add(demand, bids)
            high = unsafe_sub(high, 1)
            bids = self._block(price_tree.BID, high, resting, batch_only, quotes.bid_tick, quotes.bid_lots)

    # down the path of q: the first lane where asks + bids, from the block's first tick on, exceed what is left of bids
    # unsafe: bids from here up less asks below it are not negative, as low is not past q
    left: uint256 = unsafe_sub(unsafe_add(bids, demand), supply)
    node: uint256 = price_tree.ROOTS | low
    x.live[0] = (resting >> low) & 1
    x.live[1] = (resting >> 64 >> low) & 1
    x.live[2] = (batch_only >> low) & 1
    x.live[3] = (batch_only >> 64 >> low) & 1
    bids = 0
    asks = 0
    height: uint256 = 12
    for _: uint256 in range(price_tree.HEIGHT):
        # unsafe throughout: lanes of all classes and the vault at a node sum to less than 2**32 (price_tree)
        words: uint256[4] = empty(uint256[4])
        for cls: uint256 in range(4):
            if x.live[cls] != 0:
                words[cls] = price_tree.nodes[(cls << 16) | node]
        bid_word: uint256 = unsafe_add(words[0], words[2])
        ask_word: uint256 = unsafe_add(words[1], words[3])
        if quotes.bid_lots != 0 and (price_tree.LEAVES | quotes.bid_tick) >> height == node:
            bid_word = unsafe_add(bid_word, quotes.bid_lots << self._lane(quotes.bid_tick, height))
        if quotes.ask_lots != 0 and (price_tree.LEAVES | quotes.ask_tick) >> height == node:
            ask_word = unsafe_add(ask_word, quotes.ask_lots << self._lane(quotes.ask_tick, height))
        sums: uint256 = unsafe_mul(unsafe_add(bid_word, ask_word), price_tree.LANES)
        lane: uint256 = 0
        if (sums >> 96) & price_tree.LANE <= left:
            lane = 128
        if (sums >> unsafe_add(lane, 32)) & price_tree.LANE <= left:
            lane = unsafe_add(lane, 64)
        if (sums >> lane) & price_tree.LANE <= left:
            lane = unsafe_add(lane, 32)
        before: uint256 = unsafe_sub(price_tree.ONE << lane, 1)
        left = unsafe_sub(left, (sums << 32 >> lane) & price_tree.LANE)
        supply = unsafe_add(supply, unsafe_mul(ask_word & before, price_tree.LANES) >> 224)
        for cls: uint256 in range(4):
            x.live[cls] = (words[cls] >> lane) & price_tree.LANE
        bids = (bid_word >> lane) & price_tree.LANE
        asks = (ask_word >> lane) & price_tree.LANE
        node = (node << 3) | (lane >> 5)
        height = unsafe_sub(height, 3)
    # now supply = asks below q, left = bids from q up less supply, bids and asks those at q with the vault's
    q: uint256 = node ^ price_tree.LEAVES
    x.q = q
    x.price = q
    # unsafe to the end: q is not 0, sums are below 2**39, left is less than asks + bids
    x.threshold = unsafe_sub(q << 1, 1)
    if left == 0:
        # balanced: all bids from q up trade with all asks below it
        if supply == 0:
            return empty(Crossing)
        x.lots = supply
        x.price, x.imbalance = self._balanced_price(q, asks, resting, batch_only, reference, quotes)
    elif asks <= left:
        # bids at q are marginal, asks at q all trade
        x.lots = unsafe_add(supply, asks)
        x.threshold = unsafe_add(q << 1, 1)
        x.imbalance = convert(unsafe_sub(left, asks), int256)
        filled: uint256 = unsafe_sub(unsafe_add(asks, bids), left)
        x.fill[0], x.fill[2], x.vault_bought = self._share(filled, x.live[0], x.live[2])
    else:
        # asks at q are marginal, bids at q all trade
        x.lots = unsafe_add(supply, left)
        x.imbalance = unsafe_sub(convert(left, int256), convert(asks, int256))
        x.fill[1], x.fill[3], x.vault_sold = self._share(left, x.live[1], x.live[3])
    # the vault's quotes better than the margin
    if quotes.bid_lots != 0 and quotes.bid_tick << 1 > x.threshold:
        x.vault_bought = quotes.bid_lots
    if quotes.ask_lots != 0 and quotes.ask_tick << 1 < x.threshold:
        x.vault_sold = quotes.ask_lots
    return x


@internal
@pure
def _share(lots: uint256, resting: uint256, batch_only: uint256) -> (uint256, uint256, uint256):
    """
    @notice A marginal fill at a tick: resting orders first, batch-only orders next, the vault last.
    """
    first: uint256 = min(lots, resting)
    second: uint256 = min(unsafe_sub(lots, first), batch_only)
    return first, second, unsafe_sub(unsafe_sub(lots, first), second)


@internal
@view
def _balanced_price(
    q: uint256,
    asks: uint256,
    resting: uint256,
    batch_only: uint256,
    reference: uint256,
    quotes: IOrderbookV2.VaultQuotes,
) -> (uint256, int256):
    """
    @notice The price where all bids from q up match all asks below q, and `asks` lots are offered at q; its surplus.
    """
    ask: uint256 = max(price_tree._next(1, q, False, resting), price_tree._next(3, q, False, batch_only))
    bid: uint256 = max(price_tree._next(0, q, False, resting), price_tree._next(2, q, False, batch_only))
    if quotes.ask_lots != 0 and quotes.ask_tick < q:
        ask = max(ask, quotes.ask_tick)
    if quotes.bid_lots != 0 and quotes.bid_tick < q:
        bid = max(bid, quotes.bid_tick)
    # unsafe here and below: bids and asks are below q, which is not 0; a tick's lots are below 2**32
    low: uint256 = max(ask, unsafe_add(bid, 1))
    if asks == 0:
        return min(max(reference, low), q), 0
    if low < q:
        return min(max(reference, low), unsafe_sub(q, 1)), 0
    # bids one tick below and asks at q leave no price without a surplus: the smaller wins, the reference between equals
    bids: uint256 = unsafe_add(price_tree._lots(0, bid, resting), price_tree._lots(2, bid, batch_only))
    if quotes.bid_lots != 0 and quotes.bid_tick == bid:
        bids = unsafe_add(bids, quotes.bid_lots)
    if bids < asks or (bids == asks and reference < q):
        return bid, convert(bids, int256)
    return q, unsafe_sub(0, convert(asks, int256))


@internal
@view
def _block(
    side: uint256,
    block_: uint256,
    resting: uint256,
    batch_only: uint256,
    quote_tick: uint256,
    quote_lots: uint256,
) -> uint256:
    """
    @notice Lots of a side, the vault's included, in a block.
    """
    # unsafe: less than 2**32
    lots: uint256 = unsafe_add(
        price_tree._block_lots(side, block_, resting),
        price_tree._block_lots(price_tree.BATCH_ONLY | side, block_, batch_only),
    )
    if quote_lots != 0 and quote_tick >> 12 == block_:
        lots = unsafe_add(lots, quote_lots)
    return lots


@internal
@pure
def _lane(tick: uint256, height: uint256) -> uint256:
    """
    @notice Shift of a tick's lane in the word whose lanes cover 2**(height - 3) ticks.
    """
    # unsafe: height is 12, 9, 6 or 3
    return unsafe_mul(32, (tick >> unsafe_sub(height, 3)) & 7)
