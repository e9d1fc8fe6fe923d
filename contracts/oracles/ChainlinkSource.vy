# trap-ok: TRAP09 has no storage: whoever re-enters finds what was there before
# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
"""
@title   ChainlinkSource: the price of one Chainlink-style aggregator
@license AGPL-3.0-only
@notice  Reads `latestRoundData` of an AggregatorV3 contract, usually its proxy. A market that is quoted in dollars
         needs the feed of the base in dollars.
@custom:security Trusts the aggregator's owner and its oracles. The aggregator's own bounds on answers are a trap: beyond
                 them it reports the bound. Let another source disagree: the router's deviation guard is the remedy.
@custom:halt The router's owner takes the source out of the market.
"""
from interfaces import IPriceSource

from contracts.modules import refuse


implements: IPriceSource


interface Aggregator:
    def decimals() -> uint8: view
    def latestRoundData() -> (uint80, int256, uint256, uint256, uint80): view


BPS: constant(uint256) = 10_000
MAX_DECIMALS: constant(uint256) = 36
MAX_ANSWER: constant(uint256) = 2**128 - 1  # 10**18 times it still fits

aggregator: public(immutable(address))
threshold_bps: public(immutable(uint256))
_up: immutable(uint256)
_down: immutable(uint256)


@deploy
def __init__(aggregator_: address, threshold_bps_: uint256):
    """
    @notice A source on an aggregator.
    @param aggregator_    An AggregatorV3 contract. Its decimals, at most 36, are read once.
    @param threshold_bps_ How far the price may move before the aggregator reports it (its deviation threshold), 1/10,000,
                          at most 2,000: the source's confidence.
    @dev   Reverts: "chainlink: no aggregator", "chainlink: threshold too wide", "chainlink: too many decimals".
    """
    if not aggregator_.is_contract:
        refuse._because("chainlink: no aggregator")
    if threshold_bps_ > 2_000:
        refuse._because("chainlink: threshold too wide")
    decimals: uint256 = convert(staticcall Aggregator(aggregator_).decimals(), uint256)
    if decimals > MAX_DECIMALS:
        refuse._because("chainlink: too many decimals")
    aggregator = aggregator_
    threshold_bps = threshold_bps_
    _up = 10 ** (18 - min(decimals, 18))
    _down = 10 ** (max(decimals, 18) - 18)


@external
@view
def read(market: uint256) -> (uint256, uint256, uint256):
    """
    @notice The answer of the last round.
    @param market Not looked at.
    @return Price, rounded down; threshold_bps of it, rounded up; time of the round's last update.
    @dev    Reverts: "chainlink: incomplete round" (no answer yet, or one that was carried over from an earlier round),
            "chainlink: bad answer" (not positive, or 2**128 and more).
    """
    round: uint80 = 0
    answer: int256 = 0
    started_at: uint256 = 0
    updated_at: uint256 = 0
    answered_in: uint80 = 0
    round, answer, started_at, updated_at, answered_in = staticcall Aggregator(aggregator).latestRoundData()
    if updated_at == 0 or answered_in < round:
        refuse._because("chainlink: incomplete round")
    if answer <= 0 or answer > convert(MAX_ANSWER, int256):
        refuse._because("chainlink: bad answer")
    price: uint256 = convert(answer, uint256) * _up // _down
    return price, (price * threshold_bps + BPS - 1) // BPS, updated_at
