# pragma version 0.4.3
"""
@title   level_queue: strict time priority at a tick, through cancels and partial fills, without a loop over orders
@license AGPL-3.0-only
@notice  An order joins its level's queue at the coordinate `start`, and the tail moves on by its lots: coordinates
         count lots and never go back. The lots cancelled before an order in the queue shift it forward, so what it
         owns is [start - cancelled_before, + lots). An auction that fills a level in part advances a front over
         these coordinates and leaves a checkpoint; an order's fills are the checkpoints that its interval meets.
@dev     Level: class and tick, (tick << 2) | class. A generation of its queue begins when an order joins while
         nothing is live there: never used, emptied, or swept by an auction since. Within a generation fills are a
         prefix and cancels touch only what lies beyond it; therefore tail - filled - live lots of the tick are the
         lots cancelled within the queue.
         Cancel sums: a tree over the queue index, 8 lanes of 32 bits a word at the heights 0 (a lane is an order) and 1
         (eight orders), 4 lanes of 64 bits above. A height is in use once the queue is longer than what one word below
         it covers. The sums of a generation stay: an order of it may be settled much later.
         An order is below 2**28 lots, so 32 bits hold eight; 64 bits of sums and coordinates hold 2**36 of the largest
         orders, 32 bits of generations and indices as many placements: out of reach at tens of thousands of gas each.
"""
from contracts.modules import bits
from contracts.modules.orderbook import clearing_history


uses: clearing_history


# a level: generation 32 | count 32 | checkpoints 32 | tail 64 | filled 64
COUNT_AT: constant(uint256) = 32
CHECKPOINTS_AT: constant(uint256) = 64
TAIL_AT: constant(uint256) = 96
FILLED_AT: constant(uint256) = 160
# a checkpoint: end of what it filled 64 | its lots 32 | auction 32 | sum of lots x stored funding index, mod 2**128
CK_LOTS_AT: constant(uint256) = 64
CK_AUCTION_AT: constant(uint256) = 96
CK_SUM_AT: constant(uint256) = 128

ONE: constant(uint256) = 1
M32: constant(uint256) = 2**32 - 1
M64: constant(uint256) = 2**64 - 1
M128: constant(uint256) = 2**128 - 1
LANES64: constant(uint256) = max_value(uint256) // M64         # times it: the top lane is the sum of the four
EVEN_LANES: constant(uint256) = M32 * LANES64            # lanes 0, 2, 4, 6 of eight
MAX_HEIGHT: constant(uint256) = 15              # 8 * 8 * 4**13 = 2**32 orders
# bits 3, 6, 8, 10 .. 30: queue lengths 8, 64, 256, 1024 .. at which a height begins
GROWTH: constant(uint256) = 2**3 + (2**32 - 2**6) // 3

levels: uint256[2**20]
cancelled: HashMap[uint256, uint256]            # (level << 80) | (generation << 48) | (height << 40) | node
checkpoints: HashMap[uint256, uint256]          # (level << 32) | number


# ------------------------------------------------------------------ changes

@internal
def _join(level: uint256, lots: uint256, live: uint256) -> (uint256, uint256, uint256):
    """
    @notice Appends an order to the queue of a level where `live` lots were live before.
    @return Its generation, its index in it, its start coordinate.
    """
    word: uint256 = self.levels[level]
    generation: uint256 = word & M32
    count: uint256 = (word >> COUNT_AT) & M32
    tail: uint256 = (word >> TAIL_AT) & M64
    filled: uint256 = word >> FILLED_AT
    # unsafe here and below: fields do not reach their bounds (above); count is not 0 where something is live
    if live == 0:
        generation = unsafe_add(generation, 1)
        count = 0
        filled = tail
    elif count & unsafe_sub(count, 1) == 0 and count & GROWTH != 0:
        gone: uint256 = unsafe_sub(unsafe_sub(tail, filled), live)
        if gone != 0:
            height: uint256 = max(1, unsafe_sub(bits._highest(count) >> 1, 1))
            self.cancelled[(level << 80) | (generation << 48) | (height << 40)] = gone
    self.levels[level] = (
        generation
        | (unsafe_add(count, 1) << COUNT_AT)
        | (word & (M32 << CHECKPOINTS_AT))
        | (unsafe_add(tail, lots) << TAIL_AT)
        | (filled << FILLED_AT)
    )
    return generation, count, tail


@internal
def _leave(level: uint256, index: uint256, lots: uint256):
    """
    @notice Takes unfilled lots of the order with this index of the current generation out of the queue.
    """
    word: uint256 = self.levels[level]
    # unsafe here and below: the queue has this order and its lots; lanes hold what was cancelled at most (above)
    top: uint256 = unsafe_sub((word >> COUNT_AT) & M32, 1)
    if index == top:
        self.levels[level] = unsafe_sub(word, lots << TAIL_AT)          # nobody behind to shift
        return
    queue: uint256 = (level << 80) | ((word & M32) << 48)
    node: uint256 = index
    for height: uint256 in range(MAX_HEIGHT):
        if top == 0:
            break
        lane: uint256 = 0
        if height < 2:
            lane = unsafe_mul(32, node & 7)
            node = node >> 3
            top = top >> 3
        else:
            lane = unsafe_mul(64, node & 3)
            node = node >> 2
            top = top >> 2
        key: uint256 = queue | (height << 40) | node
        self.cancelled[key] = unsafe_add(self.cancelled[key], lots << lane)


@internal
def _fill(level: uint256, lots: uint256, auction: uint256, biased_funding: uint256):
    """
    @notice Fills the first `lots` live lots of a level in part-filling auction `auction`.
    """
    word: uint256 = self.levels[level]
    number: uint256 = (word >> CHECKPOINTS_AT) & M32
    # unsafe here and below: sums are meant mod 2**128, other fields do not reach their bounds (above)
    sum: uint256 = unsafe_mul(lots, biased_funding)
    if number != 0:
        sum = unsafe_add(sum, self.checkpoints[(level << 32) | unsafe_sub(number, 1)] >> CK_SUM_AT) & M128
    self.checkpoints[(level << 32) | number] = (
        unsafe_add(word >> FILLED_AT, lots) | (lots << CK_LOTS_AT) | (auction << CK_AUCTION_AT) | (sum << CK_SUM_AT)
    )
    self.levels[level] = unsafe_add(word, (1 << CHECKPOINTS_AT) | (lots << FILLED_AT))


# ------------------------------------------------------------------ reads

@internal
@view
def _filled(
    level: uint256, generation: uint256, index: uint256, start: uint256, lots: uint256, since: uint256
) -> (uint256, uint256, uint256, uint256):
    """
    @notice What part-filling auctions, `since` one on, filled of an order.
    @return Lots; sum of lots x stored funding index; the first such auction; lots filled in that one.
    """
    word: uint256 = self.levels[level]
    count: uint256 = (word >> CHECKPOINTS_AT) & M32
    if count == 0:
        return 0, 0, 0, 0
    # unsafe here and below: count is not 0, and coordinates do not reach their bound (above)
    last: uint256 = self.checkpoints[(level << 32) | unsafe_sub(count, 1)]
    if (last >> CK_AUCTION_AT) & M32 < since:
        return 0, 0, 0, 0
    a: uint256 = unsafe_sub(start, self._cancelled_before(level, generation, index))
    b: uint256 = unsafe_add(a, lots)
    if last & M64 <= a:
        return 0, 0, 0, 0
    i: uint256 = self._checkpoint(level, count, a)
    head: uint256 = self.checkpoints[(level << 32) | i]
    if self._begin(head) >= b:
        return 0, 0, 0, 0
    # within a generation checkpoints lie side by side: the last one that the interval meets
    tip: uint256 = head
    if b > head & M64 and unsafe_add(i, 1) < count:
        j: uint256 = self._checkpoint(level, count, unsafe_sub(b, 1))
        if j == count:
            tip = last
        else:
            tip = self.checkpoints[(level << 32) | j]
            if self._begin(tip) >= b:
                tip = self.checkpoints[(level << 32) | unsafe_sub(j, 1)]
    end: uint256 = min(b, tip & M64)
    # the difference is below 2**28 lots x 2**80
    sum: uint256 = unsafe_sub(self._sum_to(tip, end), self._sum_to(head, a)) & M128
    return unsafe_sub(end, a), sum, (head >> CK_AUCTION_AT) & M32, unsafe_sub(min(b, head & M64), a)


@internal
@pure
def _begin(checkpoint: uint256) -> uint256:
    """
    @notice Coordinate at which the lots of a checkpoint begin.
    """
    # unsafe: its end is at least its lots
    return unsafe_sub(checkpoint & M64, (checkpoint >> CK_LOTS_AT) & M32)


@internal
@view
def _sum_to(checkpoint: uint256, coordinate: uint256) -> uint256:
    """
    @notice Sum of lots x stored funding index of the level up to a coordinate within a checkpoint, mod 2**256.
    """
    funding: uint256 = clearing_history._biased_funding(clearing_history.records[(checkpoint >> CK_AUCTION_AT) & M32])
    # unsafe: meant modulo a power of two
    return unsafe_sub(checkpoint >> CK_SUM_AT, unsafe_mul(unsafe_sub(checkpoint & M64, coordinate), funding))


@internal
@view
def _checkpoint(level: uint256, count: uint256, coordinate: uint256) -> uint256:
    """
    @notice Number of the first checkpoint that ends beyond a coordinate; `count` if there is none.
    """
    low: uint256 = 0
    high: uint256 = count
    step: uint256 = 1
    for _: uint256 in range(32):                # gallop back from the newest
        if step >= high:
            break
        # unsafe: step < high
        probe: uint256 = unsafe_sub(high, step)
        if self.checkpoints[(level << 32) | probe] & M64 > coordinate:
            high = probe
            step = step << 1
        else:
            low = unsafe_add(probe, 1)
            break
    for _: uint256 in range(32):
        if low >= high:
            break
        middle: uint256 = unsafe_add(low, high) >> 1        # unsafe: below 2**33
        if self.checkpoints[(level << 32) | middle] & M64 > coordinate:
            high = middle
        else:
            low = unsafe_add(middle, 1)
    return high


@internal
@view
def _cancelled_before(level: uint256, generation: uint256, index: uint256) -> uint256:
    """
    @notice Lots cancelled in the queue before an index.
    """
    queue: uint256 = (level << 80) | (generation << 48)
    total: uint256 = 0
    node: uint256 = index
    for height: uint256 in range(MAX_HEIGHT):
        if node == 0:
            break
        before: uint256 = 0                     # bits of the lanes before this one
        if height < 2:
            before = unsafe_mul(32, node & 7)           # unsafe: at most 224
            node = node >> 3
        else:
            before = unsafe_mul(64, node & 3)
            node = node >> 2
        if before != 0:
            sums: uint256 = self.cancelled[queue | (height << 40) | node] & unsafe_sub(ONE << before, 1)
            if height < 2:
                # unsafe: two lanes of 32 bits in one of 64
                sums = unsafe_add(sums & EVEN_LANES, (sums >> 32) & EVEN_LANES)
            # unsafe: modulo 2**256; the top lane is the sum of the four, below 2**64
            total = unsafe_add(total, unsafe_mul(sums, LANES64) >> 192)
    return total
