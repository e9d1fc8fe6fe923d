# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   ScriptedWallet: a contract that answers for signatures (ERC-1271) as a test tells it
@license AGPL-3.0-only
@notice  Anyone may use it: never deploy it for real.
"""
answer: Bytes[128]
reverts: bool
wanted: bytes32
signed: Bytes[1024]


@external
def set(answer: Bytes[128], reverts: bool):
    """
    @notice What to answer, or to revert with.
    """
    self.answer = answer
    self.reverts = reverts


@external
def want(digest: bytes32, signature: Bytes[1024]):
    """
    @notice The only digest and signature that are answered; zero for any.
    """
    self.wanted = digest
    self.signed = signature


@external
@view
@raw_return
def isValidSignature(digest: bytes32, signature: Bytes[1024]) -> Bytes[128]:
    """
    @notice As ERC-1271, or not.
    """
    if self.wanted != empty(bytes32):
        assert digest == self.wanted and keccak256(signature) == keccak256(self.signed), "wallet: other"
    if self.reverts:
        raw_revert(self.answer)
    return self.answer
