# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title   requests: shares that were asked back, until they are claimed
@license AGPL-3.0-only
@notice  All that a controller asked for is one request, as in ERC-7540 with the id 0. It is paid what its shares were worth when
         they were asked for, or are when they are claimed, whichever is less.
"""
from interfaces import IVault

from contracts.modules import refuse
from contracts.modules.vault import shares as erc20
from contracts.modules.vault import valuing


uses: erc20
uses: valuing


pending_value: public(uint256)                       # of all requests
isOperator: public(HashMap[address, HashMap[address, bool]])
requests: HashMap[address, IVault.Request]


@internal
@view
def _acts_for(who: address) -> bool:
    return msg.sender == who or self.isOperator[who][msg.sender]


@internal
def _join(controller: address, shares: uint256, worth: uint256, claimable_from: uint256):
    """
    @notice Adds to what a controller has asked for, all of which waits anew.
    """
    request: IVault.Request = self.requests[controller]
    request.shares += shares
    request.value += worth
    request.claimable_from = claimable_from
    self.requests[controller] = request
    self.pending_value += worth


@internal
def _take(controller: address, request: IVault.Request, shares: uint256):
    """
    @notice Takes shares out of a request. What is left of it is worth its part, rounded down.
    """
    left: IVault.Request = empty(IVault.Request)
    if shares != request.shares:
        left = request
        left.shares -= shares
        left.value = request.value * left.shares // request.shares
    self.requests[controller] = left
    self.pending_value -= request.value - left.value


@internal
@view
def _owed(equity: int256) -> uint256:
    """
    @notice The most that all requests are paid: what was asked for, or what the shares that wait, all that the vault itself
            has, are worth of an equity, whichever is less. It is no more than the equity.
    """
    asked: uint256 = self.pending_value
    if asked == 0:
        return 0
    return min(asked, valuing._assets_down(erc20.balanceOf[self], equity))


@internal
@view
def _ripe(controller: address) -> IVault.Request:
    """
    @notice A request that has waited; an empty one where there is none.
    """
    request: IVault.Request = self.requests[controller]
    if block.timestamp < request.claimable_from:
        return empty(IVault.Request)
    return request


@internal
@view
def _claimable(controller: address) -> IVault.Request:
    if not self._acts_for(controller):
        refuse._because("vault: not the controller")
    return self._ripe(controller)


@internal
@view
def _value_down(request: IVault.Request, shares: uint256, equity: int256) -> uint256:
    """
    @notice What some of a request's shares are paid before the fee: the least of then and now, rounded down.
    """
    if shares == 0:
        return 0
    return min(request.value * shares // request.shares, valuing._assets_down(shares, equity))


@internal
@view
def _shares_up(request: IVault.Request, gross: uint256, equity: int256) -> uint256:
    """
    @notice The fewest of a request's shares that are worth a value; more than it has where they are not.
    """
    if gross == 0:
        return 0
    if gross > request.value:
        return max_value(uint256)
    then: uint256 = (gross * request.shares + request.value - 1) // request.value
    return max(then, valuing._shares_up(gross, equity))
