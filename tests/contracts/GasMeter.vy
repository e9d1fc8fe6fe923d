# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   GasMeter: a price source that answers what gas it was given, and a sequencer's feed that minds it
@license AGPL-3.0-only
@notice  Tells whether what the router hears depends on its caller's gas. Anyone may use it: never deploy it for real.
"""


wanted: public(uint256)


@external
def want(least: uint256):
    """
    @notice The least gas with which the sequencer is up.
    """
    self.wanted = least


@external
@view
def read(market: uint256) -> (uint256, uint256, uint256):
    """
    @notice As IPriceSource; the price is the gas left at the start.
    """
    given: uint256 = msg.gas  # before any slot is read, which may be warm
    return given, 0, block.timestamp


@external
@view
def latestRoundData() -> (uint80, int256, uint256, uint256, uint80):
    """
    @notice As Chainlink's feed: up since the first second, or down.
    """
    given: uint256 = msg.gas
    return 0, 0 if given >= self.wanted else 1, 1, 1, 0
