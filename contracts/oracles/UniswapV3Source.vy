# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   UniswapV3Source: the time-weighted average price of a Uniswap v3 pool
@license AGPL-3.0-only
@notice  The geometric mean over the last `window` seconds of what the pool's base token costs in its other one, the
         quote: the price at the mean tick. There is no price while the pool was too thin to be believed.
@dev     The pool accumulates tick x seconds (int56) and seconds / liquidity (uint160, 128 fractional bits); both wrap,
         and a difference modulo the width of the accumulator is right as long as what it measures fits the width,
         which it does over any window that is allowed here.
         A read searches the pool's observations: two cold slots a step, 16 steps where there are 65,535 of them, so
         67,200 gas at most beside the call itself.
         The pool has to remember the window: someone has to call its `increaseObservationCardinalityNext` for as many
         observations as it can have blocks with trades in that time. Where it does not, there is no price.
@custom:security Trusted are the pool and both tokens' decimals. The deployer checks that the pool is one of the
                 genuine factory's: anything else can answer at will.
                 Within one block the average does not move: a tick counts for the seconds that it lasted. To move the
                 average by n ticks (n times 0.01%) for s seconds out of the window, the pool has to be held
                 n * window / s ticks away for that long. Pushing a price P of the pool by a part x against a liquidity
                 L costs the fee, and what the arbitrageur gains who pushes it back: about L * sqrt(P) * x**2 / 4 in
                 smallest units of token1, in every block in which one answers. Who proposes several blocks in a row
                 keeps them out for that long, at the cost of the fees: choose a window that is long beside it.
                 The minimum is of the harmonic mean of the liquidity in range, to which the thinnest time counts
                 most: it refuses a price from a pool that was drained, or pushed to where nobody quotes, for part of
                 the window. It does not refuse one whose pusher quotes there himself: weigh this source in a median,
                 never let it stand alone.
@custom:halt Nobody can. The router's governance drops the source, or halts the market.
"""
from interfaces import IPriceSource

from contracts.modules import refuse
from contracts.modules.oracle import tick_price


implements: IPriceSource


interface Pool:
    def token0() -> address: view
    def token1() -> address: view
    def observe(seconds_agos: DynArray[uint32, 2]) -> (DynArray[int56, 2], DynArray[uint160, 2]): view


interface Token:
    def decimals() -> uint8: view


MIN_WINDOW: constant(uint256) = 60              # seconds; a few blocks of any chain
MAX_WINDOW: constant(uint256) = 86_400          # a day; more is no opinion on the price of now
MAX_LIQUIDITY: constant(uint256) = 2**128 - 1   # a pool's
PRICE_DECIMALS: constant(uint256) = 18
MAX_DIGITS: constant(uint256) = 38              # of the scale that tick_price takes

pool: public(immutable(address))
base: public(immutable(address))                # the token that is priced
quote: public(immutable(address))               # the token that it is priced in
window: public(immutable(uint256))              # seconds
min_liquidity: public(immutable(uint256))       # of the harmonic mean over the window, the pool's unit
base_is_token0: public(immutable(bool))
scale: public(immutable(uint256))               # 10**(18 + decimals of the base - decimals of the quote)


@deploy
def __init__(pool_: address, base_: address, window_: uint256, min_liquidity_: uint256):
    """
    @notice A source for one pool.
    @param pool_          A Uniswap v3 pool of the genuine factory's.
    @param base_          The one of its tokens that the market is about; the other one is the quote.
    @param window_        Seconds of the average, 60 .. 86,400.
    @param min_liquidity_ Least harmonic mean of the liquidity in range over the window, 1 .. 2**128 - 1, in the unit of
                          the pool's `liquidity()`: the root of the product of both tokens' smallest units.
    @dev   Reverts: "uniswap: no pool", "uniswap: not a token of the pool", "uniswap: bad window",
           "uniswap: bad minimum liquidity", "uniswap: decimals too far apart" (a base of over 20 decimals more than
           the quote, or over 18 fewer); without a reason where pool or tokens do not answer as such.
    """
    if not pool_.is_contract:
        refuse._because("uniswap: no pool")
    token0: address = staticcall Pool(pool_).token0()
    token1: address = staticcall Pool(pool_).token1()
    if base_ != token0 and base_ != token1:
        refuse._because("uniswap: not a token of the pool")
    if window_ < MIN_WINDOW or window_ > MAX_WINDOW:
        refuse._because("uniswap: bad window")
    if min_liquidity_ == 0 or min_liquidity_ > MAX_LIQUIDITY:
        refuse._because("uniswap: bad minimum liquidity")
    quote_: address = token1 if base_ == token0 else token0
    base_decimals: uint256 = convert(staticcall Token(base_).decimals(), uint256)
    quote_decimals: uint256 = convert(staticcall Token(quote_).decimals(), uint256)
    digits: uint256 = PRICE_DECIMALS + base_decimals
    if digits < quote_decimals or digits - quote_decimals > MAX_DIGITS:
        refuse._because("uniswap: decimals too far apart")
    pool = pool_
    base = base_
    quote = quote_
    window = window_
    min_liquidity = min_liquidity_
    base_is_token0 = base_ == token0
    scale = 10**(digits - quote_decimals)


# ------------------------------------------------------------------ the price

@external
@view
def read(market: uint256) -> (uint256, uint256, uint256):
    """
    @notice The average price over the window that ends now.
    @param market Ignored: the source knows one price.
    @return Price, quote per base, 18 decimals, rounded down: the base's mean tick towards minus infinity, and the
            price at it; 0 below 1e-18, max_value(uint256) from 2**96 on.
            Confidence: 0, the pool vouches for no interval.
            Time: where the window starts, for that is how old the oldest part of the average is. So it cannot count
            as a price published after a batch closed until all of the window lies behind the closing: before that
            the average holds ticks that everybody knew while orders could still be placed.
    @dev    Reverts: "uniswap: too little liquidity"; what the pool says where its observations do not reach back to the
            start of the window, "OLD", or where it was never initialised, "I".
    """
    ticks: DynArray[int56, 2] = []
    per_liquidity: DynArray[uint160, 2] = []
    ticks, per_liquidity = staticcall Pool(pool).observe([convert(window, uint32), 0])
    if self._liquidity(per_liquidity[0], per_liquidity[1]) < min_liquidity:
        refuse._because("uniswap: too little liquidity")
    price: uint256 = tick_price._price(self._tick(ticks[0], ticks[1]), scale)
    return price, 0, block.timestamp - window


@internal
@view
def _tick(before: int56, now: int56) -> int256:
    """
    @notice The base's mean tick over the window, rounded towards minus infinity, so that its price is rounded down.
    @param before Sum of tick x seconds at the start of the window.
    @param now    The same now.
    """
    # the difference modulo 2**56, with its sign: shifted up to the top of the word and down again.
    # unsafe: both are of 56 bits
    sum: int256 = (unsafe_sub(convert(now, int256), convert(before, int256)) << 200) >> 200
    if not base_is_token0:
        sum = -sum                      # the pool's tick is of token0; a price upside down is the tick's negative
    seconds: int256 = convert(window, int256)
    mean: int256 = sum // seconds       # towards zero ..
    if mean * seconds > sum:
        mean -= 1                       # .. but minus infinity is meant
    return mean


@internal
@view
def _liquidity(before: uint160, now: uint160) -> uint256:
    """
    @notice Harmonic mean over the window of the liquidity in range, where none at all counts as 1; rounded down.
    @param before Sum of seconds / liquidity, 128 fractional bits, at the start of the window.
    @param now    The same now.
    """
    # the difference modulo 2**160; unsafe: wraps as the pool's own sum does.
    # It is not 0: a liquidity is below 2**128, so every second has added 1 at least
    sum: uint256 = unsafe_sub(convert(now, uint256), convert(before, uint256)) & (2**160 - 1)
    return (window << 128) // sum
