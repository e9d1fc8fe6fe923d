# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   TickPriceDriver: the module tick_price, callable, for tests and benchmarks
@license AGPL-3.0-only
"""
from contracts.modules.oracle import tick_price


@external
@pure
def price(tick: int256, scale: uint256) -> uint256:
    """
    @notice As tick_price gives it.
    """
    return tick_price._price(tick, scale)


@external
@pure
def prices(ticks: DynArray[int256, 1024], scale: uint256) -> DynArray[uint256, 1024]:
    """
    @notice Of many ticks.
    """
    found: DynArray[uint256, 1024] = []
    for tick: int256 in ticks:
        found.append(tick_price._price(tick, scale))
    return found


@external
@view
def gas(tick: int256, scale: uint256) -> uint256:
    """
    @notice Gas that a price takes, the call of the internal function included.
    """
    before: uint256 = msg.gas
    price: uint256 = tick_price._price(tick, scale)
    return before - msg.gas
