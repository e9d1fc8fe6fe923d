# pragma version 0.4.3
"""
@title   sizing: how much is liquidated, at what price, and who is deleveraged first
@license AGPL-3.0-only
@notice  Pure rules. Lot prices have `scale` bits of fraction; money is in token units. Whatever is taken from the account is
         rounded down, limits towards the account.
"""
PPM: constant(uint256) = 1_000_000
ONE: constant(uint256) = 2**32               # of a score
MAX_SCORE: constant(uint256) = 2**88 - 1


@internal
@pure
def _lots_up(
    equity: uint256, wanted: uint256, held: uint256, price: uint256, ppm: uint256, cost_ppm: uint256, scale: uint256
) -> uint256:
    """
    @notice Lots to close so that equity is the margin wanted again; all where fewer do not do it. Source of the form: Drift.
    @param equity   Of the account, below `wanted`.
    @param wanted   Margin, the buffer included.
    @param held     Lots of the position.
    @param price    Mark.
    @param ppm      Margin that a lot needs, the buffer included.
    @param cost_ppm What closing a lot costs at most, in penalty and fees.
    """
    if ppm <= cost_ppm:
        return held
    divisor: uint256 = price * (ppm - cost_ppm)
    return min(held, (((wanted - equity) * PPM << scale) + divisor - 1) // divisor)


@internal
@pure
def _bearable(equity: uint256, margin: uint256, all: uint256, lots: uint256, held: uint256) -> uint256:
    """
    @notice What closing lots may cost an account, so that its equity is no less of its maintenance margin than before: the
            part of the equity that stands behind them. Rounded down. Source of the form: dYdX v4's bankruptcy prices.
    @param margin Maintenance margin of the position.
    @param all    Of the account.
    @param held   Lots of the position.
    """
    if all == 0:
        return 0
    return equity * margin // all * lots // held


@internal
@pure
def _ask_limit(price: uint256, loss: uint256, fee_ppm: uint256, one: uint256) -> uint256:
    """
    @notice Lowest tick at which a lot may be sold, rounded up.
    @param price Mark.
    @param loss  What selling it may cost, fees included, lot price.
    @param one   A tick as a lot price.
    """
    divisor: uint256 = one * (PPM - fee_ppm)
    return ((price - min(price, loss)) * PPM + divisor - 1) // divisor


@internal
@pure
def _bid_limit(price: uint256, loss: uint256, fee_ppm: uint256, one: uint256) -> uint256:
    """
    @notice Highest tick at which a lot may be bought, rounded down.
    """
    return (price + loss) * PPM // (one * (PPM + fee_ppm))


@internal
@pure
def _score(profit: uint256, cost: uint256, worth: uint256, equity: uint256) -> uint256:
    """
    @notice Who profits most, with most leverage, is deleveraged first. Rounded down. Source: Hyperliquid.
    @param profit Unrealised, of the position.
    @param cost   What the position was bought or sold for.
    @param worth  Of its lots at the mark.
    @param equity Of the account, above 0.
    @dev   Below 2**121 each: a profit has funding in it. No product overflows.
    """
    if cost == 0:
        return MAX_SCORE
    return min(min(profit * ONE // cost, 2**143) * min(worth * ONE // equity, 2**112) // ONE, MAX_SCORE)
