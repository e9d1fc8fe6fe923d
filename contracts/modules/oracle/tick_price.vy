# pragma version 0.4.3
"""
@title   tick_price: the price at a tick of Uniswap v3, to the last digit
@license AGPL-3.0-only
@notice  floor(1.0001**tick * scale), exactly, wherever that is below 2**96.
@dev     1.0001**tick is kept as m * 2**(e - 277), m an integer. The tick is read as 21 bits of two's complement: its
         sign weighs -2**20 and gives the first m and e, every other bit that is set multiplies by its power of
         1.0001. Each power is stored as a mantissa of 127 fractional bits, rounded down, and the whole number of
         doublings that brings the mantissa nearest to 1, between 2**-0.5 and 2**0.5. So no m has to be normalised:
         the logarithms of the mantissas that are above 1 add up to 1.59, those below 1 to -1.59, whence
         2**124.4 < m < 2**127.6 after any choice of bits, and every product is below 2**256.

         Error: m starts less than 1 too low. A step loses less than 1 by its shift and less than m / 2**127 < 1.51 by
         the rounding of its mantissa, and multiplies what was lost before by the mantissa. From the highest bit
         to the lowest that comes to less than 54.02 for the worst choice of bits (and to less than 23 for every tick of
         a pool). m + 55 is therefore never too low, and too high by less than 55 / 2**124.4 < 2**-118 of the price.

         Exactness: the result is wrong only where a whole number lies above the true price by less than 2**-118 of
         it. None does: all 1,774,545 ticks have been compared with exact arithmetic for all 39 scales 10**0 ..
         10**38 (tests/unit/UniswapV3Source/test_tick_price.py, nightly). Prices that are whole numbers, which
         ticks 0 .. 7 have, come out whole because m + 55 is never too low.
"""


LIMIT: constant(uint256) = 2**96                # of exactness; what would be more is max_value(uint256)
SLACK: constant(uint256) = 55                   # more than m can be too low
UNIT_EXPONENT: constant(uint256) = 277          # m * 2**(e - 277) is the power of 1.0001


@internal
@pure
def _price(tick: int256, scale: uint256) -> uint256:
    """
    @notice The price at a tick, rounded down.
    @param tick  1.0001**tick is the price in smallest units, quote per base. Within 887,272 either way; pools have no
                 others, and beyond 2**20 the result means nothing.
    @param scale What a price of 1 in smallest units is to be called: 10**0 .. 10**38.
    @return floor(1.0001**tick * scale), 0 where that is less than 1; max_value(uint256) where it is 2**96 or more.
    """
    m: uint256 = 2**126
    e: uint256 = 151
    if tick < 0:
        m = 70551870977033635116227866761814681409    # 1.0001**-2**20 * 2**151
        e = 0
    # unsafe: m < 2**128 and so are the mantissas
    if tick & 2**19 != 0:
        m = unsafe_mul(m, 132108241182511356145451747873654200572) >> 127    # 1.0001**2**19 / 2**76
        e = unsafe_add(e, 76)
    if tick & 2**18 != 0:
        m = unsafe_mul(m, 149923488819042566223600043140150739823) >> 127    # 1.0001**2**18 / 2**38
        e = unsafe_add(e, 38)
    if tick & 2**17 != 0:
        m = unsafe_mul(m, 159712741558694461162426593279973585938) >> 127    # 1.0001**2**17 / 2**19
        e = unsafe_add(e, 19)
    if tick & 2**16 != 0:
        m = unsafe_mul(m, 233125351956891822559423839007288128611) >> 127    # 1.0001**2**16 / 2**9
        e = unsafe_add(e, 9)
    if tick & 2**15 != 0:
        m = unsafe_mul(m, 140826530306941794308269032237787701374) >> 127    # 1.0001**2**15 / 2**5
        e = unsafe_add(e, 5)
    if tick & 2**14 != 0:
        m = unsafe_mul(m, 218908165809568256103776875661926091926) >> 127    # 1.0001**2**14 / 2**2
        e = unsafe_add(e, 2)
    if tick & 2**13 != 0:
        m = unsafe_mul(m, 192990399761233125289803691963432667101) >> 127    # 1.0001**2**13 / 2
        e = unsafe_add(e, 1)
    if tick & 2**12 != 0:
        m = unsafe_mul(m, 128131992515306774544952247879771045188) >> 127    # 1.0001**2**12 / 2
        e = unsafe_add(e, 1)
    if tick & 2**11 != 0:
        m = unsafe_mul(m, 208808662874423293802141369441626221097) >> 127    # 1.0001**2**11
    if tick & 2**10 != 0:
        m = unsafe_mul(m, 188485949126858058811764596418840012539) >> 127    # 1.0001**2**10
    if tick & 2**9 != 0:
        m = unsafe_mul(m, 179078816307550534875638498028973347829) >> 127    # 1.0001**2**9
    if tick & 2**8 != 0:
        m = unsafe_mul(m, 174552805016896319140492061640095164218) >> 127    # 1.0001**2**8
    if tick & 2**7 != 0:
        m = unsafe_mul(m, 172332877948229225148116863634693701865) >> 127    # 1.0001**2**7
    if tick & 2**6 != 0:
        m = unsafe_mul(m, 171233524180460413231464361443040807800) >> 127    # 1.0001**2**6
    if tick & 2**5 != 0:
        m = unsafe_mul(m, 170686479992325137638016798653260371570) >> 127    # 1.0001**2**5
    if tick & 2**4 != 0:
        m = unsafe_mul(m, 170413613618736170931918235410374511815) >> 127    # 1.0001**2**4
    if tick & 2**3 != 0:
        m = unsafe_mul(m, 170277344056298073405811865520012775367) >> 127    # 1.0001**2**3
    if tick & 2**2 != 0:
        m = unsafe_mul(m, 170209250143005008800494105512458604706) >> 127    # 1.0001**2**2
    if tick & 2**1 != 0:
        m = unsafe_mul(m, 170175213398573160182725958493500319707) >> 127    # 1.0001**2**1
    if tick & 2**0 != 0:
        m = unsafe_mul(m, 170158197578815278654860472446255694138) >> 127    # 1.0001**2**0
    # unsafe: the doublings of all bits add up to 151
    if e > UNIT_EXPONENT:
        return max_value(uint256)                               # m alone is more than the limit
    price: uint256 = ((m + SLACK) * scale) >> unsafe_sub(UNIT_EXPONENT, e)    # down, as IPriceSource asks
    return price if price < LIMIT else max_value(uint256)
