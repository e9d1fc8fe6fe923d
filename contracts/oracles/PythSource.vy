# trap-ok: TRAP09 has no storage: whoever re-enters finds what was there before
# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
"""
@title   PythSource: the price of one Pyth feed
@license AGPL-3.0-only
@notice  Reads a feed of Pyth's contract on this chain and takes its signed updates.
@custom:security Trusts Pyth's contract, whoever may upgrade it, and the publishers behind the feed. Pyth's updates are
                 signed off chain and carried by anyone: the carrier chooses when, not what.
@custom:halt The router's owner takes the source out of the market.
"""
from interfaces import IPriceSource
from interfaces import IPullSource

from contracts.modules import refuse


implements: IPriceSource
implements: IPullSource


struct PythPrice:
    price: int64
    confidence: uint64
    exponent: int32
    publish_time: uint256


interface Pyth:
    def getPriceUnsafe(id: bytes32) -> PythPrice: view
    def getUpdateFee(updates: DynArray[Bytes[4096], 1]) -> uint256: view
    def updatePriceFeeds(updates: DynArray[Bytes[4096], 1]): payable


# Powers of ten: 10**(18 + exponent) has to divide or multiply 64 bits.
MIN_EXPONENT: constant(int256) = -36
MAX_EXPONENT: constant(int256) = 18

pyth: public(immutable(address))
feed: public(immutable(bytes32))


@deploy
def __init__(pyth_: address, feed_: bytes32):
    """
    @notice A source on a feed.
    @param pyth_ Pyth's contract on this chain.
    @param feed_ Pyth's id of the feed: base in the market's quote.
    @dev   Reverts "pyth: no contract". The feed may be one that has no price on this chain yet.
    """
    if not pyth_.is_contract:
        refuse._because("pyth: no contract")
    pyth = pyth_
    feed = feed_


@external
@view
def read(market: uint256) -> (uint256, uint256, uint256):
    """
    @notice The price that Pyth's contract was told last.
    @param market Not looked at.
    @return Price, rounded down; confidence, rounded up; publish time.
    @dev    Reverts: "pyth: bad price" (not positive), "pyth: bad exponent" (outside -36 .. 18); as Pyth does where the feed
            is unknown to it.
    """
    found: PythPrice = staticcall Pyth(pyth).getPriceUnsafe(feed)
    exponent: int256 = convert(found.exponent, int256)
    if found.price <= 0:
        refuse._because("pyth: bad price")
    if exponent < MIN_EXPONENT or exponent > MAX_EXPONENT:
        refuse._because("pyth: bad exponent")
    price: uint256 = convert(found.price, uint256)
    confidence: uint256 = convert(found.confidence, uint256)
    if exponent >= -18:
        up: uint256 = 10 ** convert(18 + exponent, uint256)
        return price * up, confidence * up, found.publish_time
    down: uint256 = 10 ** convert(-18 - exponent, uint256)
    return price // down, (confidence + down - 1) // down, found.publish_time


@external
@view
def update_fee(payload: Bytes[4096]) -> uint256:
    """
    @notice Pyth's fee for an update.
    @param payload As for `update`.
    @return Wei.
    """
    return staticcall Pyth(pyth).getUpdateFee([payload])


@external
@payable
def update(market: uint256, payload: Bytes[4096]):
    """
    @notice Hands an update to Pyth's contract, which verifies it; one that is older than what it has changes nothing.
    @param market  Not looked at.
    @param payload One update as Pyth's price service (Hermes) serves it; it may hold many feeds. Pyth's fee comes with
                   the call; Pyth keeps what is more.
    @dev   Reverts as Pyth does: wrong signatures, too small a fee.
    """
    extcall Pyth(pyth).updatePriceFeeds([payload], value=msg.value)
