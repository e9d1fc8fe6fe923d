# pragma version 0.4.3
"""
@title   clearing_history: what every auction did, and the search for the auction that filled an order
@license AGPL-3.0-only
@notice  Each traded auction leaves a record (price, lots, batch, time, funding index) and a threshold v, an odd
         number of half ticks: it filled every live resting bid at tick t with 2t > v and every ask with 2t < v.
         Thresholds are kept as a tree of minima and maxima, twelve to a word, so that the first auction from a
         given one on that filled a tick is found in O(log12 auctions).
@dev     A rescale is two records of price 0 with the thresholds 0 and 2**19 - 1, which reach every bid and ask.
         A lane of minima or maxima is written when the twelve lanes below it are complete.
         A lane is 19 bits of threshold under a guard bit. All twelve are compared at once: with the guards set, a
         word less twelve copies of a limit keeps the guards of those lanes that are not below it, and no lane
         borrows from the next.
"""
from contracts.modules import bits
from contracts.modules.orderbook import price_tree


ONE: constant(uint256) = 1
NEVER: constant(uint256) = max_value(uint256)
FANOUT: constant(uint256) = 12
LANE_BITS: constant(uint256) = 20
LANE: constant(uint256) = 2**19 - 1             # the threshold in a lane
COPIES: constant(uint256) = (2**240 - 1) // (2**20 - 1)      # times a value below 2**20: twelve copies of it
GUARDS: constant(uint256) = COPIES << 19
MAX_HEIGHT: constant(uint256) = 9               # 12**9 > 2**32 auctions

# a record: price 18 | lots 40 | batch 32 | time 32 | price-seconds up to its time 50 | funding index 80
LOTS_AT: constant(uint256) = 18
BATCH_AT: constant(uint256) = 58
TIME_AT: constant(uint256) = 90
PRICE_SECONDS_AT: constant(uint256) = 122
FUNDING_AT: constant(uint256) = 172
FUNDING_BIAS: constant(uint256) = 2**79         # stored index = index + 2**79, in 0 .. 2**80 - 1

thresholds: HashMap[uint256, uint256]           # (height << 33) | (kind << 32) | node; kind 0: minima, 1: maxima
records: HashMap[uint256, uint256]


# ------------------------------------------------------------------ records

@internal
@pure
def _price(record: uint256) -> uint256:
    return record & (2**18 - 1)


@internal
@pure
def _traded_lots(record: uint256) -> uint256:
    return (record >> LOTS_AT) & (2**40 - 1)


@internal
@pure
def _batch(record: uint256) -> uint256:
    return (record >> BATCH_AT) & (2**32 - 1)


@internal
@pure
def _time(record: uint256) -> uint256:
    return (record >> TIME_AT) & (2**32 - 1)


@internal
@pure
def _biased_funding(record: uint256) -> uint256:
    return record >> FUNDING_AT


@internal
@view
def _price_seconds(record: uint256, time: uint256) -> uint256:
    """
    @notice Sum of clearing price x seconds from the first auction of the grid to a time not before the record's.
    """
    # unsafe: times are below 2**32, so the sum fits its 50 bits
    return unsafe_add(
        (record >> PRICE_SECONDS_AT) & (2**50 - 1),
        unsafe_mul(self._price(record), unsafe_sub(time, self._time(record))),
    )


@internal
def _append(
    number: uint256,
    price: uint256,
    lots: uint256,
    batch: uint256,
    biased_funding: uint256,
    threshold: uint256,
    first: bool,
):
    """
    @notice Writes the record and the threshold of the auction `number`, the first of its grid or not.
    """
    # 18 bits of price x 32 bits of time: price-seconds fit 50 bits
    price_seconds: uint256 = 0
    if not first:
        price_seconds = self._price_seconds(self.records[number - 1], block.timestamp)
    self.records[number] = (
        price
        | (lots << LOTS_AT)
        | (batch << BATCH_AT)
        | (block.timestamp << TIME_AT)
        | (price_seconds << PRICE_SECONDS_AT)
        | (biased_funding << FUNDING_AT)
    )
    self._push(number, threshold)


@internal
def _append_rescale(number: uint256, batch: uint256):
    """
    @notice Two records that void what rests: the first reaches every bid, the second every ask.
    """
    self._append(number, 0, 0, batch, FUNDING_BIAS, 0, True)
    self._append(number + 1, 0, 0, batch, FUNDING_BIAS, LANE, True)


@internal
@view
def _at_time(count: uint256, time: uint256) -> uint256:
    """
    @notice The last of the first `count` auctions whose time is not after `time`; NEVER if there is none.
    """
    # gallop back from the newest: lows and highs keep time(low - 1) <= time < time(high)
    high: uint256 = count
    step: uint256 = 1
    for _: uint256 in range(32):
        if high == 0:
            return NEVER
        step = min(step, high)
        if self._time(self.records[high - step]) <= time:
            break
        high -= step
        step = step << 1
    low: uint256 = high - min(step, high) + 1
    for _: uint256 in range(32):
        if low >= high:
            break
        middle: uint256 = (low + high) // 2
        if self._time(self.records[middle]) <= time:
            low = middle + 1
        else:
            high = middle
    return low - 1


# ------------------------------------------------------------------ thresholds

@internal
@view
def _reached(side: uint256, tick: uint256, number: uint256) -> bool:
    """
    @notice Whether an auction filled every live lot of a side at a tick.
    """
    lane: uint256 = number % FANOUT
    # unsafe: lane is below 12
    return self._scan(self.thresholds[number // FANOUT], side, tick, lane, unsafe_add(lane, 1)) != FANOUT


@internal
def _push(number: uint256, threshold: uint256):
    """
    @notice Appends a threshold; completes the words above where a word of twelve is full.
    """
    # unsafe here and below: shifts are below 240
    node: uint256 = number // FANOUT
    lane: uint256 = number % FANOUT
    word: uint256 = self.thresholds[node] | (threshold << unsafe_mul(LANE_BITS, lane))
    self.thresholds[node] = word
    if lane != FANOUT - 1:
        return
    low: uint256 = LANE
    high: uint256 = 0
    for i: uint256 in range(FANOUT):
        value: uint256 = (word >> unsafe_mul(LANE_BITS, i)) & LANE
        low = min(low, value)
        high = max(high, value)
    for height: uint256 in range(1, MAX_HEIGHT):
        lane = node % FANOUT
        node //= FANOUT
        lows: uint256 = (height << 33) | node
        low_word: uint256 = self.thresholds[lows] | (low << unsafe_mul(LANE_BITS, lane))
        high_word: uint256 = self.thresholds[lows | 2**32] | (high << unsafe_mul(LANE_BITS, lane))
        self.thresholds[lows] = low_word
        self.thresholds[lows | 2**32] = high_word
        if lane != FANOUT - 1:
            break
        for i: uint256 in range(FANOUT):
            low = min(low, (low_word >> unsafe_mul(LANE_BITS, i)) & LANE)
            high = max(high, (high_word >> unsafe_mul(LANE_BITS, i)) & LANE)


@internal
@view
def _first(side: uint256, tick: uint256, start: uint256, count: uint256) -> uint256:
    """
    @notice The first auction from `start` to before `count`, the number of all, that filled every live resting lot
            of a side (0 bids, 1 asks) at a tick; NEVER if there is none.
    """
    height: uint256 = 0
    index: uint256 = start                      # node of this height from which on nothing is known yet
    complete: uint256 = count                   # complete nodes of this height
    span: uint256 = 1                           # auctions a node of this height covers
    rising: bool = start < count
    found: bool = False
    for _: uint256 in range(2 * MAX_HEIGHT):
        parent: uint256 = index // FANOUT
        # unsafe here and below: index <= complete <= count < 2**32, spans of at most count; height > 0 where it falls
        end: uint256 = min(FANOUT, unsafe_sub(complete, unsafe_mul(parent, FANOUT)))
        lane: uint256 = self._scan(self._word(side, height, parent), side, tick, index % FANOUT, end)
        if lane != FANOUT:
            index = unsafe_add(unsafe_mul(parent, FANOUT), lane)
            found = True
            break
        if rising and end == FANOUT:            # the whole word has no such auction: on with its right neighbour
            height = unsafe_add(height, 1)
            index = unsafe_add(parent, 1)
            span = unsafe_mul(span, FANOUT)
        else:                                   # beyond are nodes that are not complete: look below
            rising = False
            if height == 0:
                break
            height = unsafe_sub(height, 1)
            index = unsafe_mul(complete, FANOUT)
            span //= FANOUT
        complete = count // span
    if not found:
        return NEVER
    for _: uint256 in range(MAX_HEIGHT):
        if height == 0:
            break
        height = unsafe_sub(height, 1)
        index = unsafe_add(
            unsafe_mul(index, FANOUT), self._scan(self._word(side, height, index), side, tick, 0, FANOUT)
        )
    return index


@internal
@view
def _word(side: uint256, height: uint256, node: uint256) -> uint256:
    if height == 0:
        return self.thresholds[node]
    return self.thresholds[(height << 33) | (side << 32) | node]


@internal
@pure
def _scan(word: uint256, side: uint256, tick: uint256, start: uint256, end: uint256) -> uint256:
    """
    @notice The first lane from start to before end that fills a bid (ask) at the tick; FANOUT if there is none.
    """
    # unsafe: limits are at most 2 * (MAX_TICK + 1) < 2**19, so a guard covers each; ends are at most 12, shifts 240
    hits: uint256 = 0
    if side == price_tree.BID:                  # threshold < 2 * tick: the guard is gone
        hits = ~unsafe_sub(word | GUARDS, unsafe_mul(tick << 1, COPIES))
    else:                                       # threshold >= 2 * tick + 1: the guard stays
        hits = unsafe_sub(word | GUARDS, unsafe_mul(tick << 1 | 1, COPIES))
    hits = (hits & GUARDS & unsafe_sub(ONE << unsafe_mul(LANE_BITS, end), 1)) >> unsafe_mul(LANE_BITS, start)
    if hits == 0:
        return FANOUT
    return unsafe_add(start, bits._lowest(hits) // LANE_BITS)
