# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title   shares: the ERC-20 token that stands for a part of the vault
@license AGPL-3.0-only
@notice  Balances, allowances and nothing else: who mints and burns is the vault's matter. An allowance of 2**256 - 1 is
         not spent.
@dev     Written here, as the one of snekmate comes with minters, permits and an owner of its own, and its calls are not
         locked while the vault is.
"""
from ethereum.ercs import IERC20

from contracts.modules import refuse


totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Gives shares to another address.
    @param to     Neither zero nor the vault, to which shares come by requestRedeem alone.
    @param amount Shares.
    @return True.
    @dev    Reverts: "vault: bad receiver", "vault: not enough shares".
    """
    self._check_receiver(to)
    self._move(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @notice Gives shares of an owner who approved the caller to another address.
    @param owner  Whose shares they are.
    @param to     As in transfer.
    @param amount Shares.
    @return True.
    @dev    Reverts: "vault: bad receiver", "vault: allowance too low", "vault: not enough shares".
    """
    self._check_receiver(to)
    self._spend(owner, msg.sender, amount)
    self._move(owner, to, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    """
    @notice Lets somebody move shares of the caller.
    @param spender Who.
    @param amount  How many; 2**256 - 1: any number.
    @return True.
    """
    self.allowance[msg.sender][spender] = amount
    log IERC20.Approval(owner=msg.sender, spender=spender, value=amount)
    return True


@internal
@view
def _check_receiver(to: address):
    """
    @notice Whether an address can be given something: shares in the vault's own hands are those that wait to leave.
    """
    if to == empty(address) or to == self:
        refuse._because("vault: bad receiver")


@internal
def _spend(owner: address, spender: address, amount: uint256):
    allowed: uint256 = self.allowance[owner][spender]
    if allowed < amount:
        refuse._because("vault: allowance too low")
    if allowed != max_value(uint256):
        self.allowance[owner][spender] = allowed - amount


@internal
def _move(owner: address, to: address, amount: uint256):
    held: uint256 = self.balanceOf[owner]
    if held < amount:
        refuse._because("vault: not enough shares")
    self.balanceOf[owner] = held - amount
    self.balanceOf[to] += amount
    log IERC20.Transfer(sender=owner, receiver=to, value=amount)


@internal
def _mint(to: address, amount: uint256):
    self.totalSupply += amount
    self.balanceOf[to] += amount
    log IERC20.Transfer(sender=empty(address), receiver=to, value=amount)


@internal
def _burn(owner: address, amount: uint256):
    self.totalSupply -= amount
    self.balanceOf[owner] -= amount
    log IERC20.Transfer(sender=owner, receiver=empty(address), value=amount)
