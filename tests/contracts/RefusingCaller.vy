# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   RefusingCaller: a contract that calls with value, and takes some back or not
@license AGPL-3.0-only
@notice  Anyone may use it: never deploy it for real.
"""
accepts: public(bool)


@external
def set(accepts: bool):
    """
    @notice Whether it takes ether.
    """
    self.accepts = accepts


@external
@payable
def forward(to: address, data: Bytes[65536]):
    """
    @notice One call, with the value that came.
    """
    raw_call(to, data, value=msg.value)


@external
@payable
@reentrant  # trap-ok: ether comes back in the midst of `forward`
def __default__():
    assert self.accepts, "caller: no ether"
