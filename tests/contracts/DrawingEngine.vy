# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   DrawingEngine: stands in the engine's place at the insurance fund, for tests
@license AGPL-3.0-only
@notice  Anyone may use it: never deploy it for real.
"""
from interfaces import IInsuranceFund


@external
def draw(fund: address, market: uint256, amount: uint256) -> uint256:
    """
    @notice One draw, and what the fund says that it paid.
    """
    return extcall IInsuranceFund(fund).draw(market, amount)
