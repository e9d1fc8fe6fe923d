# pragma version 0.4.3
"""
@title   market_layout: the two words that hold the state of a market's book
@license AGPL-3.0-only
@notice  state   resting bid blocks 64 | resting ask blocks 64 | auctions 32 | batch 32 | due 32 | minimum lots 20 |
                 grid 8 | unclear 1
         batch state   batch-only bid blocks 64 | batch-only ask blocks 64 | interval 24 | first auction of the grid 32
         A block's bit is the root of its tree (price_tree). due 0 is continuous mode; unclear is set there
         by a placement and taken back by the next clear. Times fit 32 bits until the year 2106.
"""

MAPS: constant(uint256) = 2**128 - 1
AUCTIONS_AT: constant(uint256) = 128
BATCH_AT: constant(uint256) = 160
DUE_AT: constant(uint256) = 192
MIN_LOTS_AT: constant(uint256) = 224
GRID_AT: constant(uint256) = 244
UNCLEAR: constant(uint256) = 1 << 252

INTERVAL_AT: constant(uint256) = 128
GRID_START_AT: constant(uint256) = 152

MAX_INTERVAL: constant(uint256) = 2**24 - 1
MAX_MIN_LOTS: constant(uint256) = 2**20 - 1
MAX_GRID: constant(uint256) = 2**8 - 1


@internal
@pure
def _auctions(state: uint256) -> uint256:
    return (state >> AUCTIONS_AT) & (2**32 - 1)


@internal
@pure
def _batch(state: uint256) -> uint256:
    return (state >> BATCH_AT) & (2**32 - 1)


@internal
@pure
def _due(state: uint256) -> uint256:
    return (state >> DUE_AT) & (2**32 - 1)


@internal
@pure
def _min_lots(state: uint256) -> uint256:
    return (state >> MIN_LOTS_AT) & MAX_MIN_LOTS


@internal
@pure
def _grid(state: uint256) -> uint256:
    return (state >> GRID_AT) & MAX_GRID


@internal
@pure
def _interval(batch_state: uint256) -> uint256:
    return (batch_state >> INTERVAL_AT) & MAX_INTERVAL


@internal
@pure
def _grid_start(batch_state: uint256) -> uint256:
    """
    @notice Number of the first auction on the current grid.
    """
    return (batch_state >> GRID_START_AT) & (2**32 - 1)


@internal
@pure
def _new(auctions: uint256, batch: uint256, due: uint256, min_lots: uint256, grid: uint256) -> uint256:
    """
    @notice A state without lots.
    """
    return (
        (auctions << AUCTIONS_AT)
        | (batch << BATCH_AT)
        | (due << DUE_AT)
        | (min_lots << MIN_LOTS_AT)
        | (grid << GRID_AT)
    )


@internal
@pure
def _with_due(state: uint256, due: uint256) -> uint256:
    return state & ~((2**32 - 1) << DUE_AT) | (due << DUE_AT)


@internal
@pure
def _with_min_lots(state: uint256, min_lots: uint256) -> uint256:
    return state & ~(MAX_MIN_LOTS << MIN_LOTS_AT) | (min_lots << MIN_LOTS_AT)


@internal
@pure
def _with_interval(batch_state: uint256, interval: uint256) -> uint256:
    return batch_state & ~(MAX_INTERVAL << INTERVAL_AT) | (interval << INTERVAL_AT)


@internal
@pure
def _new_grid(batch_state: uint256, start: uint256) -> uint256:
    """
    @notice The batch state of a new grid, empty, whose first auction will have the number `start`.
    """
    return (batch_state & (MAX_INTERVAL << INTERVAL_AT)) | (start << GRID_START_AT)
