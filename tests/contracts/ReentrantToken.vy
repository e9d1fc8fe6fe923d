# trap-ok: TRAP09 a token that calls back has to be free to do so
# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
"""
@title   ReentrantToken: a token that, in the midst of a transfer, an approval or a permit, calls somebody
@license AGPL-3.0-only
@notice  Anyone may use it: never deploy it for real. What it calls by itself does not make it call again.
"""

decimals: public(immutable(uint8))
totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
called: public(bool)            # whether it called back
answered: public(bool)          # and what it called did not revert
target: address
data: Bytes[4096]
is_calling: bool
after: uint256


@deploy
def __init__(decimals_: uint8):
    decimals = decimals_


@external
def mint(to: address, amount: uint256):
    """
    @notice New tokens for an address.
    """
    self.totalSupply += amount
    self.balanceOf[to] += amount


@external
def arm(target: address, data: Bytes[4096], after: uint256):
    """
    @notice What to call, once, after so many occasions.
    """
    self.target = target
    self.after = after
    self.data = data


@external
def act(target: address, data: Bytes[4096]) -> bool:
    """
    @notice One call by the token, with nothing else under way. Whether it passed.
    """
    self.is_calling = True
    success: bool = raw_call(target, data, revert_on_failure=False)
    self.is_calling = False
    return success


@external
def permit(owner: address, spender: address, amount: uint256, deadline: uint256, v: uint8, r: bytes32, s: bytes32):
    """
    @notice As EIP-2612, of anybody's signature.
    """
    self.allowance[owner][spender] = amount
    self._call()


@external
def approve(spender: address, amount: uint256) -> bool:
    """
    @notice As ERC-20.
    """
    self.allowance[msg.sender][spender] = amount
    self._call()
    return True


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
    @notice As ERC-20, without a log.
    """
    self.allowance[owner][msg.sender] -= amount
    self._move(owner, to, amount)
    return True


@internal
def _move(owner: address, to: address, amount: uint256):
    self.balanceOf[owner] -= amount
    self.balanceOf[to] += amount
    self._call()


@internal
def _call():
    if self.target == empty(address) or self.is_calling or self.called:
        return
    if self.after != 0:
        self.after -= 1
        return
    self.is_calling = True
    self.called = True
    self.answered = raw_call(self.target, self.data, revert_on_failure=False)
    self.is_calling = False
