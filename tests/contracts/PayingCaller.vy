# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   PayingCaller: a contract that pays for calls and cannot be paid itself
@license AGPL-3.0-only
@notice  Anyone may use it: never deploy it for real.
"""


@external
@payable
def forward(to: address, data: Bytes[65536]):
    """
    @notice One call, with the value that came.
    """
    raw_call(to, data, value=msg.value)
