# trap-ok: TRAP09 a token that misbehaves has to be free to call back
# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
"""
@title   HostileToken: an ERC-20 token that behaves, or misbehaves, as a test tells it
@license AGPL-3.0-only
@notice  Anyone may use it: never deploy it for real. Its misbehaviour is that of transfer and transferFrom alike.
"""


flag Manner:
    HONEST      # move the amount, return true
    SILENT      # move the amount, return nothing
    DENY        # move nothing, return false
    DENY_MOVED  # move the amount, return false
    IDLE        # move nothing, return true
    FEE         # the receiver gets a part less
    FEE_ON_TOP  # the sender pays a part more
    BONUS       # the receiver gets a part more
    GARBAGE     # move the amount, return a word that is no bool
    REVERT      # without a reason
    CALL_BACK   # move the amount, make the call that was set, return true
    REVERSE     # move the amount, or what is there of it, from the receiver to the sender, return true
    BAR_SPENDER # move the amount, return true, but false where a spender is approved


decimals: public(uint256)
totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
barred: public(HashMap[address, bool])
manner: public(Manner)
part: public(uint256)           # what FEE, FEE_ON_TOP and BONUS are about
target: address
data: Bytes[2048]
called: public(uint256)         # calls back that were made
answered: public(uint256)       # and that did not revert
last_answer: public(Bytes[256])


@deploy
def __init__(decimals_: uint256):
    self.decimals = decimals_
    self.manner = Manner.HONEST


@external
def behave(manner: Manner, part: uint256):
    """
    @notice How to transfer.
    """
    self.manner = manner
    self.part = part


@external
def call_back(target: address, data: Bytes[2048]):
    """
    @notice What to call in the manner CALL_BACK.
    """
    self.manner = Manner.CALL_BACK
    self.target = target
    self.data = data


@external
def bar(account: address, barred: bool):
    """
    @notice Whether an account can send and receive.
    """
    self.barred[account] = barred


@external
def mint(to: address, amount: uint256):
    """
    @notice New tokens for an address.
    """
    self.totalSupply += amount
    self.balanceOf[to] += amount


@external
def approve(spender: address, amount: uint256) -> bool:
    """
    @notice Lets a spender move tokens of the caller.
    """
    self.allowance[msg.sender][spender] = amount
    return self.manner not in Manner.BAR_SPENDER


@external
@raw_return
def transfer(to: address, amount: uint256) -> Bytes[32]:
    """
    @notice As ERC-20, or not.
    """
    return self._transfer(msg.sender, to, amount)


@external
@raw_return
def transferFrom(owner: address, to: address, amount: uint256) -> Bytes[32]:
    """
    @notice As ERC-20, or not.
    """
    self.allowance[owner][msg.sender] -= amount
    return self._transfer(owner, to, amount)


@internal
def _transfer(owner: address, to: address, amount: uint256) -> Bytes[32]:
    assert self.manner not in Manner.REVERT
    assert not self.barred[owner] and not self.barred[to]
    if self.manner in Manner.REVERSE:
        back: uint256 = min(amount, self.balanceOf[to])
        self.balanceOf[to] -= back
        self.balanceOf[owner] += back
    elif self.manner not in (Manner.DENY | Manner.IDLE):
        sent: uint256 = amount
        received: uint256 = amount
        if self.manner in Manner.FEE:
            received -= self.part
        if self.manner in Manner.FEE_ON_TOP:
            sent += self.part
        if self.manner in Manner.BONUS:
            received += self.part
        self.balanceOf[owner] -= sent
        self.balanceOf[to] += received
    if self.manner in Manner.CALL_BACK:
        success: bool = False
        answer: Bytes[256] = b""
        success, answer = raw_call(self.target, self.data, max_outsize=256, revert_on_failure=False)
        self.called += 1
        if success:
            self.answered += 1
        self.last_answer = answer
    if self.manner in Manner.SILENT:
        return b""
    if self.manner in Manner.GARBAGE:
        return slice(abi_encode(convert(2, uint256)), 0, 32)
    return slice(abi_encode(self.manner not in (Manner.DENY | Manner.DENY_MOVED)), 0, 32)
