# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   ScriptedQuoter: a vault that quotes as a test tells it
@license AGPL-3.0-only
@notice  Anyone may use it: never deploy it for real.
"""
from interfaces import IOrderbookV2
from interfaces import IQuoter

implements: IQuoter

answer: IOrderbookV2.VaultQuotes
expected: IQuoter.Question
is_strict: bool
is_burning: bool


@external
def set(answer: IOrderbookV2.VaultQuotes):
    """
    @notice What to answer, whatever is asked.
    """
    self.answer = answer
    self.is_strict = False
    self.is_burning = False


@external
def expect(question: IQuoter.Question):
    """
    @notice Revert at any other question from now on.
    """
    self.expected = question
    self.is_strict = True


@external
def burn():
    """
    @notice Use up all gas from now on.
    """
    self.is_burning = True


@external
@view
def quotes(question: IQuoter.Question) -> IOrderbookV2.VaultQuotes:
    """
    @notice As IQuoter.
    """
    if self.is_burning:
        word: bytes32 = empty(bytes32)
        for _: uint256 in range(max_value(uint256)):
            word = keccak256(word)
        assert word != empty(bytes32)
    assert not self.is_strict or keccak256(abi_encode(question)) == keccak256(abi_encode(self.expected))
    return self.answer
