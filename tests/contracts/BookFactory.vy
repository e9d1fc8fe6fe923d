# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   BookFactory: creates a book from its blueprint, as an engine does when it lists a market
@license AGPL-3.0-only
"""


@external
def create(blueprint: address, engine: address, views: address, interval: uint256, min_lots: uint256) -> address:
    """
    @notice A new book of an engine.
    """
    return create_from_blueprint(blueprint, engine, views, interval, min_lots, code_offset=3)
