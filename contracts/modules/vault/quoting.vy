# pragma version 0.4.3
"""
@title   quoting: what the vault bids and asks in an auction
@license AGPL-3.0-only
@notice  Pure rules on ticks and lots. Prices are rounded away from the index, sizes down: a fill never lifts the
         position above its limit, and never on the wrong side of the spread.
"""
from interfaces import IOrderbookV2
from interfaces import IQuoter
from interfaces import IVault

BPS: constant(uint256) = 10_000
PPM: constant(int256) = 1_000_000
MAX_TICK: constant(uint256) = 2**18 - 2      # of the book
MAX_LOTS: constant(uint256) = 2**29 - 1      # of a quote


@internal
@pure
def _quotes(question: IQuoter.Question, settings: IVault.QuoteSettings, base: uint256) -> IOrderbookV2.VaultQuotes:
    """
    @notice Quotes for one auction.
    @param question As the engine asks.
    @param settings Of the market.
    @param base     Capital of the vault that nobody has asked back, token units.
    """
    limit: uint256 = self._limit(question, settings, base)
    depth: uint256 = limit * settings.depth_bps // BPS
    half: int256 = convert(settings.spread_ppm, int256)
    low: uint256 = question.mark
    high: uint256 = question.mark
    if question.wider:
        half *= 2
        low = min(low, question.low)
        high = max(high, question.high)
    lean: int256 = self._lean(question.lots, limit, settings.skew_ppm)
    bid: uint256 = self._part_down(low, PPM - half - lean)
    ask: uint256 = self._part_up(high, PPM + half - lean)
    bid_lots: uint256 = self._lots(question.lots, limit, depth)
    ask_lots: uint256 = self._lots(-question.lots, limit, depth)
    # an index at an end of the grid may be any beyond it
    if low <= 1 or bid == 0 or bid > MAX_TICK:
        bid_lots = 0
    if high >= MAX_TICK or ask > MAX_TICK:
        ask_lots = 0
    if question.mark >= MAX_TICK:  # a lot is worth more than that, so the limit is less than it says
        bid_lots = min(bid_lots, convert(max(-question.lots, 0), uint256))
    return IOrderbookV2.VaultQuotes(bid_tick=bid, bid_lots=bid_lots, ask_tick=ask, ask_lots=ask_lots)


@internal
@pure
def _limit(question: IQuoter.Question, settings: IVault.QuoteSettings, base: uint256) -> uint256:
    """
    @notice Lots that the vault may hold in the market: what was allotted to it, less what the position has lost,
            levered.
    """
    capital: uint256 = base * settings.allocation_bps // BPS
    lost: uint256 = convert(max(-question.profit, 0), uint256)
    left: uint256 = capital - min(capital, lost)
    return left * settings.leverage_bps // BPS // (question.mark * question.unit)


@internal
@pure
def _lots(position: int256, limit: uint256, depth: uint256) -> uint256:
    """
    @notice Lots to buy with a position: all that closes a short one and the depth beyond it, but none beyond the
            limit. Lots to sell are those to buy with the opposite position.
    """
    held: uint256 = convert(abs(position), uint256)
    if position < 0:
        return min(held + depth, MAX_LOTS)
    return min(min(depth, limit - min(limit, held)), MAX_LOTS)


@internal
@pure
def _lean(position: int256, limit: uint256, skew_ppm: uint256) -> int256:
    """
    @notice By how much both prices go down with a long position, and up with a short one; all of the skew at the limit.
    """
    held: uint256 = convert(abs(position), uint256)
    lean: int256 = 0
    if held >= limit:
        lean = convert(skew_ppm if held != 0 else 0, int256)
    else:
        lean = convert(skew_ppm * held // limit, int256)
    return lean if position > 0 else -lean


@internal
@pure
def _part_down(tick: uint256, ppm: int256) -> uint256:
    """
    @notice ppm, which are positive, of a tick, rounded down.
    """
    return tick * convert(ppm, uint256) // convert(PPM, uint256)


@internal
@pure
def _part_up(tick: uint256, ppm: int256) -> uint256:
    """
    @notice The same rounded up.
    """
    one: uint256 = convert(PPM, uint256)
    return (tick * convert(ppm, uint256) + one - 1) // one
