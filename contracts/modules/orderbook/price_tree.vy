# pragma version 0.4.3
"""
@title   price_tree: live lots by tick, for the four classes of orders
@license AGPL-3.0-only
@notice  One tree a class. A node is one word of eight lanes of 32 bits, each the lots of an eighth of its ticks: a
         leaf covers 8 ticks, its ancestors 64, 512 and 4,096 (a block). A bit map of the 64 blocks stands above.
         Nodes are numbered like a heap: 2**18 | tick is the lane of a leaf, and an id shifted right by three is
         its parent's, so the low three bits are its lane there.
@dev     **A zero lane means that the child word is stale**: its content is ignored and overwritten whole. The same
         holds between a map bit and its block. Thus whole price ranges are dropped by one write.
         A class is (batch_only << 1) | is_ask. The caller owns the maps: for each pair of classes a word that has
         the 64 bids' bits lowest and the 64 asks' bits above them; functions take it and hand it back.
         No lane overflows: a block holds less than BLOCK_LOTS resting and BATCH_ONLY_BLOCK_LOTS batch-only lots.
"""
from contracts.modules import bits
from contracts.modules import refuse


BID: constant(uint256) = 0
ASK: constant(uint256) = 1
BATCH_ONLY: constant(uint256) = 2           # the flag of the class

MAX_TICK: constant(uint256) = 2**18 - 2     # 0 means none, 2**18 - 1 bounds searches
BLOCK_LOTS: constant(uint256) = 2**30       # a class' lots in a block stay below; bids and asks of both classes and
BATCH_ONLY_BLOCK_LOTS: constant(uint256) = 2**29    # of the vault thus stay below 2 * (2**30 + 2 * 2**29) = 2**32

ONE: constant(uint256) = 1
LANE: constant(uint256) = 2**32 - 1
# a word times LANES has in its top lane the sum of all lanes, in lane i the sum of the lanes 0 .. i
LANES: constant(uint256) = max_value(uint256) // (2**32 - 1)
LEAVES: constant(uint256) = 2**18           # id of the lane of tick 0
ROOTS: constant(uint256) = 2**6             # id of the word of block 0
HEIGHT: constant(uint256) = 4               # words from a block's to a tick's

nodes: uint256[2**18]                       # class << 16 | id


# ------------------------------------------------------------------ changes

@internal
def _add(cls: uint256, tick: uint256, lots: uint256, maps: uint256) -> (uint256, uint256):
    """
    @notice Adds lots at a tick.
    @return Lots that were live there before; the maps.
    """
    bit: uint256 = ((cls & ASK) << 6) | (tick >> 12)
    valid: bool = (maps >> bit) & 1 != 0
    live: uint256 = 0
    leaf_lane: uint256 = LEAVES | tick
    height: uint256 = 12
    for _: uint256 in range(HEIGHT):
        index: uint256 = (cls << 16) | (leaf_lane >> height)
        # unsafe: height runs 12, 9, 6, 3 and a lane is at most 7
        height = unsafe_sub(height, 3)
        lane: uint256 = unsafe_mul(32, (leaf_lane >> height) & 7)
        word: uint256 = 0
        if valid:
            word = self.nodes[index]
        if height == 9:
            limit: uint256 = BLOCK_LOTS
            if cls & BATCH_ONLY != 0:
                limit = BATCH_ONLY_BLOCK_LOTS
            # unsafe: the lanes of a word sum to less than 2**30, lots are below 2**28
            if unsafe_add(unsafe_mul(word, LANES) >> 224, lots) >= limit:
                refuse._because("book: block full")
        live = (word >> lane) & LANE
        valid = live != 0
        # unsafe: no lane passes its block's limit, so none carries into the next
        self.nodes[index] = unsafe_add(word, lots << lane)
    return live, maps | (1 << bit)


@internal
def _sub(cls: uint256, tick: uint256, lots: uint256, maps: uint256) -> uint256:
    """
    @notice Takes away lots that are live at a tick. A word whose parent's lane becomes zero is stale: not written.
    @return The maps.
    """
    leaf_lane: uint256 = LEAVES | tick
    height: uint256 = 12
    for _: uint256 in range(HEIGHT):
        index: uint256 = (cls << 16) | (leaf_lane >> height)
        # unsafe: as in _add
        height = unsafe_sub(height, 3)
        lane: uint256 = unsafe_mul(32, (leaf_lane >> height) & 7)
        # unsafe: every lane on the path holds at least the lots that are live at the tick
        word: uint256 = unsafe_sub(self.nodes[index], lots << lane)
        if height == 9 and word == 0:
            return maps ^ (1 << (((cls & ASK) << 6) | (tick >> 12)))
        self.nodes[index] = word
        if (word >> lane) & LANE == 0:
            break
    return maps


@internal
def _cut(cls: uint256, tick: uint256, keep: uint256, maps: uint256) -> uint256:
    """
    @notice Drops all that is better than a tick (bids above, asks below) and leaves `keep` lots at it.
    @return The maps.
    """
    block_: uint256 = tick >> 12
    bit: uint256 = ((cls & ASK) << 6) | block_
    kept: uint256 = maps
    if (maps >> bit) & 1 != 0:
        # the path of the tick, root first; words below a zero lane are stale and stay 0
        path: uint256[HEIGHT] = empty(uint256[HEIGHT])
        leaf_lane: uint256 = LEAVES | tick
        height: uint256 = 12
        for i: uint256 in range(HEIGHT):
            word: uint256 = self.nodes[(cls << 16) | (leaf_lane >> height)]
            path[i] = word
            # unsafe: as in _add
            height = unsafe_sub(height, 3)
            if (word >> unsafe_mul(32, (leaf_lane >> height) & 7)) & LANE == 0:
                break
        # rebuild it from the leaf up: the lane of the tick holds what is left below, better lanes go
        left: uint256 = keep
        leaf_lane = leaf_lane >> height
        for i: uint256 in range(HEIGHT):
            # unsafe: i < HEIGHT, a lane is at most 7
            word: uint256 = path[unsafe_sub(HEIGHT - 1, i)]
            if word != 0:
                lane: uint256 = unsafe_mul(32, leaf_lane & 7)
                rest: uint256 = left << lane
                if cls & ASK == 0:
                    rest |= word & unsafe_sub(ONE << lane, 1)
                else:
                    rest |= (word >> lane >> 32) << 32 << lane
                # unsafe: the lanes of a word sum to less than 2**32
                left = unsafe_mul(rest, LANES) >> 224
                leaf_lane = leaf_lane >> 3
                if left != 0 and rest != word:
                    self.nodes[(cls << 16) | leaf_lane] = rest
        if left == 0:
            kept ^= 1 << bit
    # blocks that are wholly better lose their bits: unsafe: shifts of 1 by less than 128 are not zero
    if cls & ASK == 0:
        kept &= ~(((2**64 - 1) >> unsafe_add(block_, 1)) << unsafe_add(block_, 1))
    else:
        kept &= ~(unsafe_sub(ONE << block_, 1) << 64)
    return kept


# ------------------------------------------------------------------ reads

@internal
@view
def _lots(cls: uint256, tick: uint256, maps: uint256) -> uint256:
    """
    @notice Lots live at a tick.
    """
    lots: uint256 = (maps >> (((cls & ASK) << 6) | (tick >> 12))) & 1
    height: uint256 = 12
    for _: uint256 in range(HEIGHT):
        if lots == 0:
            break
        word: uint256 = self.nodes[(cls << 16) | ((LEAVES | tick) >> height)]
        # unsafe: as in _add
        height = unsafe_sub(height, 3)
        lots = (word >> unsafe_mul(32, ((LEAVES | tick) >> height) & 7)) & LANE
    return lots


@internal
@view
def _block_lots(cls: uint256, block_: uint256, maps: uint256) -> uint256:
    """
    @notice Lots live in a block of 4,096 ticks.
    """
    if (maps >> (((cls & ASK) << 6) | block_)) & 1 == 0:
        return 0
    # unsafe: the lanes sum to less than 2**32
    return unsafe_mul(self.nodes[(cls << 16) | ROOTS | block_], LANES) >> 224


@internal
@view
def _next(cls: uint256, tick: uint256, above: bool, maps: uint256) -> uint256:
    """
    @notice The nearest tick with live lots strictly above, or strictly below, a given one; 0 if there is none.
    """
    map: uint256 = (maps >> ((cls & ASK) << 6)) & (2**64 - 1)
    block_: uint256 = tick >> 12
    id: uint256 = LEAVES | tick
    at: uint256 = 0                             # id of the lane that is found
    at_height: uint256 = 0                         # of that lane: 0 for a tick's, 9 for a block's eighth
    if (map >> block_) & 1 != 0:
        # go down the tick's own path; the lowest word with a lane beyond the path's holds the neighbour
        height: uint256 = 12
        for _: uint256 in range(HEIGHT):
            word: uint256 = self.nodes[(cls << 16) | (id >> height)]
            # unsafe: as in _add
            height = unsafe_sub(height, 3)
            lane: uint256 = unsafe_mul(32, (id >> height) & 7)
            beyond: uint256 = 0
            if above:
                beyond = (word >> lane >> 32) << 32 << lane
            else:
                beyond = word & unsafe_sub(ONE << lane, 1)
            if beyond != 0:
                at = ((id >> height) & ~convert(7, uint256)) | self._edge(beyond, above)
                at_height = height
            if (word >> lane) & LANE == 0:
                break
    if at == 0:
        # unsafe: 1 << 63 is the largest
        if above:
            map &= ~unsafe_sub(ONE << unsafe_add(block_, 1), 1)
            if map == 0:
                return 0
            at = ROOTS | bits._lowest(map)
        else:
            map &= unsafe_sub(ONE << block_, 1)
            if map == 0:
                return 0
            at = ROOTS | bits._highest(map)
        at_height = 12
    for _: uint256 in range(HEIGHT):
        if at_height == 0:
            break
        at = (at << 3) | self._edge(self.nodes[(cls << 16) | at], above)
        at_height = unsafe_sub(at_height, 3)          # unsafe: a multiple of 3 that is not 0
    return at ^ LEAVES


@internal
@view
def _reach(cls: uint256, lots: uint256, maps: uint256) -> uint256:
    """
    @notice The tick at which the live lots, counted from the best tick on, come to a number; 0 if there are not as many.
    @param lots At least 1.
    """
    map: uint256 = (maps >> ((cls & ASK) << 6)) & (2**64 - 1)
    left: uint256 = lots
    at: uint256 = 0
    for _: uint256 in range(64):
        if map == 0:
            return 0
        block_: uint256 = bits._highest(map)
        if cls & ASK != 0:
            block_ = bits._lowest(map)
        live: uint256 = self._block_lots(cls, block_, maps)
        if live >= left:
            at = ROOTS | block_
            break
        left -= live
        map ^= 1 << block_
    if at == 0:
        return 0  # each of the 64 blocks has lots, and all together too few
    for _: uint256 in range(HEIGHT):
        word: uint256 = self.nodes[(cls << 16) | at]
        for i: uint256 in range(8):
            lane: uint256 = i if cls & ASK != 0 else 7 - i
            live: uint256 = (word >> (32 * lane)) & LANE
            if live >= left:
                at = (at << 3) | lane
                break
            left -= live
    return at ^ LEAVES


@internal
@pure
def _edge(word: uint256, lowest: bool) -> uint256:
    """
    @notice The lowest, or highest, lane of a word that is not zero.
    """
    if lowest:
        return bits._lowest(word) >> 5
    return bits._highest(word) >> 5
