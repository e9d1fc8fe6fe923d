# pragma version 0.4.3
"""
@title   order_layout: the words of an order and of an account, field by field
@license AGPL-3.0-only
@notice  order   class 2 | tick 18 | generation 32 | index 32 | lots 28 | start 64 | size 28 | batch 32 | grid 8 |
                 labelled 1 | reduce-only 1 | post-only 1
                 class and tick name the level; with generation and index in its queue they are the order's identity,
                 used once in the life of the book. lots are what is open, start the coordinate of the first of them,
                 size what was placed less what was cancelled.
         label   client id 128 | expiry 40; meaningful only where the order is labelled
         id      slot 5 | identity 84
         account open slots 32 | auctions settled 32 | best bid 18 | best ask 18 | bid lots 29 | ask lots 29 |
                 bid notional 47 | ask notional 47 | has batch-only 1 | has reduce-only 1
                 best bid and ask bound the open orders' ticks: none is better, though one may have been cancelled;
                 0: none. The two marks may outlive the order that set them, too. 29 bits of lots x 18 of tick fit 47
                 of notional.
"""

# ------------------------------------------------------------------ order

LEVEL: constant(uint256) = 2**20 - 1
TICK_AT: constant(uint256) = 2
GENERATION_AT: constant(uint256) = 20
INDEX_AT: constant(uint256) = 52
IDENTITY: constant(uint256) = 2**84 - 1
ORDER_LOTS_AT: constant(uint256) = 84
START_AT: constant(uint256) = 112
SIZE_AT: constant(uint256) = 176
BATCH_AT: constant(uint256) = 204
GRID_AT: constant(uint256) = 236
FLAGS_AT: constant(uint256) = 244
LABELLED: constant(uint256) = 1 << 244
REDUCE_ONLY: constant(uint256) = 1 << 245
POST_ONLY: constant(uint256) = 1 << 246

MAX_ORDER: constant(uint256) = 2**28 - 1
EXPIRY_AT: constant(uint256) = 128
SLOT_BITS: constant(uint256) = 5


@internal
@pure
def _class(order: uint256) -> uint256:
    return order & 3


@internal
@pure
def _tick(order: uint256) -> uint256:
    return (order >> TICK_AT) & (2**18 - 1)


@internal
@pure
def _generation(order: uint256) -> uint256:
    return (order >> GENERATION_AT) & (2**32 - 1)


@internal
@pure
def _index(order: uint256) -> uint256:
    return (order >> INDEX_AT) & (2**32 - 1)


@internal
@pure
def _lots(order: uint256) -> uint256:
    return (order >> ORDER_LOTS_AT) & MAX_ORDER


@internal
@pure
def _start(order: uint256) -> uint256:
    return (order >> START_AT) & (2**64 - 1)


@internal
@pure
def _size(order: uint256) -> uint256:
    return (order >> SIZE_AT) & MAX_ORDER


@internal
@pure
def _batch(order: uint256) -> uint256:
    return (order >> BATCH_AT) & (2**32 - 1)


@internal
@pure
def _grid(order: uint256) -> uint256:
    return (order >> GRID_AT) & (2**8 - 1)


@internal
@pure
def _new(
    level: uint256,
    generation: uint256,
    index: uint256,
    start: uint256,
    lots: uint256,
    batch: uint256,
    grid: uint256,
    flags: uint256,
) -> uint256:
    return (
        level
        | (generation << GENERATION_AT)
        | (index << INDEX_AT)
        | (lots << ORDER_LOTS_AT)
        | (start << START_AT)
        | (lots << SIZE_AT)
        | (batch << BATCH_AT)
        | (grid << GRID_AT)
        | flags
    )


@internal
@pure
def _fill(order: uint256, lots: uint256) -> uint256:
    """
    @notice The order after some of its lots, the first in the queue, were filled.
    """
    # unsafe: lots are at most the order's; start does not reach 2**64 (level_queue)
    return unsafe_add(order, unsafe_sub(lots << START_AT, lots << ORDER_LOTS_AT))


@internal
@pure
def _shrink(order: uint256, lots: uint256) -> uint256:
    """
    @notice The order after some of its lots, the last in the queue, were cancelled.
    """
    # unsafe: lots are at most the order's, and these at most its size
    return unsafe_sub(order, (lots << ORDER_LOTS_AT) | (lots << SIZE_AT))


@internal
@pure
def _id(order: uint256, slot: uint256) -> uint256:
    return ((order & IDENTITY) << SLOT_BITS) | slot


# ------------------------------------------------------------------ account

SETTLED_AT: constant(uint256) = 32
BEST_AT: constant(uint256) = 64                 # + 18 for asks
ACCOUNT_LOTS_AT: constant(uint256) = 100        # + 29 for asks
NOTIONAL_AT: constant(uint256) = 158            # + 47 for asks
HAS_BATCH_ONLY: constant(uint256) = 1 << 252
HAS_REDUCE_ONLY: constant(uint256) = 1 << 253

MAX_ACCOUNT_LOTS: constant(uint256) = 2**29 - 1
OPEN_SLOTS: constant(uint256) = 2**32 - 1
TICK: constant(uint256) = 2**18 - 1
TICK_BITS: constant(uint256) = 18
LOTS_BITS: constant(uint256) = 29
NOTIONAL_BITS: constant(uint256) = 47


@internal
@pure
def _settled(account: uint256) -> uint256:
    """
    @notice Auctions up to which every open order of the account is settled.
    """
    return (account >> SETTLED_AT) & (2**32 - 1)


@internal
@pure
def _best(account: uint256, side: uint256) -> uint256:
    # unsafe: side is 0 or 1, here and below
    return (account >> unsafe_add(BEST_AT, unsafe_mul(TICK_BITS, side))) & (2**18 - 1)


@internal
@pure
def _side_lots(account: uint256, side: uint256) -> uint256:
    return (account >> unsafe_add(ACCOUNT_LOTS_AT, unsafe_mul(LOTS_BITS, side))) & MAX_ACCOUNT_LOTS


@internal
@pure
def _side_notional(account: uint256, side: uint256) -> uint256:
    return (account >> unsafe_add(NOTIONAL_AT, unsafe_mul(NOTIONAL_BITS, side))) & (2**47 - 1)


@internal
@pure
def _lots_at(side: uint256, tick: uint256, lots: uint256) -> uint256:
    """
    @notice What lots at a tick add to an account's word.
    """
    return (lots << unsafe_add(ACCOUNT_LOTS_AT, unsafe_mul(LOTS_BITS, side))) | (
        unsafe_mul(lots, tick) << unsafe_add(NOTIONAL_AT, unsafe_mul(NOTIONAL_BITS, side))
    )


@internal
@pure
def _with_best(account: uint256, side: uint256, tick: uint256) -> uint256:
    at: uint256 = unsafe_add(BEST_AT, unsafe_mul(TICK_BITS, side))
    return (account & ~(TICK << at)) | (tick << at)


@internal
@pure
def _forget(account: uint256) -> uint256:
    """
    @notice The account without what is worked out anew from its orders: best bid and ask, and the two marks.
    """
    return account & ~(((2**36 - 1) << BEST_AT) | HAS_BATCH_ONLY | HAS_REDUCE_ONLY)


@internal
@pure
def _with_settled(account: uint256, auctions: uint256) -> uint256:
    return (account & ~((2**32 - 1) << SETTLED_AT)) | (auctions << SETTLED_AT)
