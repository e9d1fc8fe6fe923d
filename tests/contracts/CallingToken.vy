# trap-ok: TRAP09 it has to call back, and be called back
# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
"""
@title   CallingToken: a token that calls somebody in the midst of a transfer
@license AGPL-3.0-only
@notice  Anyone may use it: never deploy it for real.
"""
decimals: public(constant(uint8)) = 6
balanceOf: public(HashMap[address, uint256])

target: address
data: Bytes[4096]
has_called: public(bool)
has_succeeded: public(bool)


@external
def mint(to: address, amount: uint256):
    """
    @notice New tokens.
    """
    self.balanceOf[to] += amount


@external
def arm(target: address, data: Bytes[4096]):
    """
    @notice What to call in each transfer from now on.
    """
    self.target = target
    self.data = data
    self.has_called = False
    self.has_succeeded = False


@external
def forward(to: address, data: Bytes[4096]):
    """
    @notice One call by the token itself.
    """
    raw_call(to, data)


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice As ERC-20, without a log.
    """
    self._move(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @notice As ERC-20, without an allowance.
    """
    self._move(owner, to, amount)
    return True


@internal
def _move(owner: address, to: address, amount: uint256):
    self.balanceOf[owner] -= amount
    self.balanceOf[to] += amount
    if self.target != empty(address):
        self.has_called = True
        self.has_succeeded = raw_call(self.target, self.data, revert_on_failure=False)
