# pragma version 0.4.3
"""
@title   token: moving the collateral token
@license AGPL-3.0-only
@notice  What holds the collateral moves it by these calls and no others. A transfer happens in full or reverts: what came
         in, or left, is measured by this contract's own balance, so a token that takes a fee on the way in, or on
         top of what leaves, is refused, whatever it returns. A token that returns nothing is taken at its balance.
@dev     Amounts are in the token's units. Balances are read to measure a transfer, never to account: what a contract
         holds is what it has tracked. The contract that uses the module has its lock held over these calls
         (`# pragma nonreentrancy on`): a token that calls back finds it closed.
"""
from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

from contracts.modules import refuse


MIN_DECIMALS: constant(uint8) = 6
MAX_DECIMALS: constant(uint8) = 18


@internal
@view
def _check(token: address):
    """
    @notice Whether a token can be the collateral, for constructors: a contract of 6 to 18 decimals.
    @dev    Reverts: "token: not a contract", "token: bad decimals"; without a reason where it does not tell its decimals.
    @param token The token.
    """
    if not token.is_contract:
        refuse._because("token: not a contract")
    decimals: uint8 = staticcall IERC20Detailed(token).decimals()
    if decimals < MIN_DECIMALS or decimals > MAX_DECIMALS:
        refuse._because("token: bad decimals")


@internal
@view
def _unit(token: address) -> uint256:
    """
    @notice Units of one whole token.
    """
    return 10 ** convert(staticcall IERC20Detailed(token).decimals(), uint256)


@internal
def _pull(token: address, sender: address, amount: uint256):
    """
    @notice Takes tokens from an account that has approved this contract.
    @dev    Reverts: "token: transfer refused" (the token returned false), "token: inexact transfer" (another amount came,
            for one because the token takes a fee); as the token reverts, for want of balance or approval.
    @param token  The token.
    @param sender Whose tokens they are.
    @param amount How many.
    """
    before: uint256 = staticcall IERC20(token).balanceOf(self)
    if not extcall IERC20(token).transferFrom(sender, self, amount, default_return_value=True):
        refuse._because("token: transfer refused")
    self._check_moved(before, staticcall IERC20(token).balanceOf(self), amount)


@internal
def _push(token: address, to: address, amount: uint256):
    """
    @notice Pays tokens out. What leaves is exact; what arrives is between the receiver and the token.
    @dev    Reverts: "token: transfer refused" (the token returned false), "token: inexact transfer" (another amount left,
            for one because this contract is the receiver); as the token reverts, for one because it bars the receiver.
    @param token  The token.
    @param to     Who gets them.
    @param amount How many.
    """
    before: uint256 = staticcall IERC20(token).balanceOf(self)
    if not extcall IERC20(token).transfer(to, amount, default_return_value=True):
        refuse._because("token: transfer refused")
    self._check_moved(staticcall IERC20(token).balanceOf(self), before, amount)


@internal
@pure
def _check_moved(low: uint256, high: uint256, amount: uint256):
    """
    @notice Whether a balance moved by an amount, from low to high or from high to low.
    """
    if high < low or high - low != amount:
        refuse._because("token: inexact transfer")
