# pragma version 0.4.3
"""
@title   report_layout: the packed word of SignedReports
@license AGPL-3.0-only
@notice  From the lowest bit: price 88 | confidence 88 | time of the oldest report 32 | time of the newest 32. A word of
         0 is one that was never written: no price is 0. Times fit 32 bits until the year 2106.
"""

MAX_PRICE: constant(uint256) = 2**88 - 1
CONFIDENCE_AT: constant(uint256) = 88
PUBLISHED_AT: constant(uint256) = 176
NEWEST_AT: constant(uint256) = 208


@internal
@pure
def _report(price: uint256, confidence: uint256, published_at: uint256, newest_at: uint256) -> uint256:
    """
    @notice The word; the fields fit, the caller has checked them.
    """
    return price | (confidence << CONFIDENCE_AT) | (published_at << PUBLISHED_AT) | (newest_at << NEWEST_AT)


@internal
@pure
def _price(report: uint256) -> uint256:
    return report & MAX_PRICE


@internal
@pure
def _confidence(report: uint256) -> uint256:
    return (report >> CONFIDENCE_AT) & MAX_PRICE


@internal
@pure
def _published_at(report: uint256) -> uint256:
    return (report >> PUBLISHED_AT) & (2**32 - 1)


@internal
@pure
def _newest_at(report: uint256) -> uint256:
    return report >> NEWEST_AT
