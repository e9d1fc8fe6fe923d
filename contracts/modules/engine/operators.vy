# pragma version 0.4.3
"""
@title   operators: who besides its owner may act for an account
@license AGPL-3.0-only
@notice  A grant names what may be done, until when and how often. Nobody but the owner ever takes money out.
@dev     A grant is a word: permissions 8 | actions left 32 | expiry 40. The engine calls itself after it has checked an
         owner's signature, and for previews, which it undoes: so its own calls pass.
"""
from interfaces import IPerpEngine

from contracts.modules import refuse

PLACE: constant(uint256) = 1
CANCEL: constant(uint256) = 2
REDUCE: constant(uint256) = 4                        # place what may only reduce
PERMISSIONS: constant(uint256) = 7

DEPOSITS: constant(uint256) = 1                      # what the guardian paused
WITHDRAWALS: constant(uint256) = 2

liquidator: address                                  # LiquidationEngine; zero for nobody
grants: HashMap[uint256, HashMap[address, uint256]]  # account -> operator -> grant
nonces: HashMap[address, HashMap[uint256, uint256]]  # owner -> nonce // 256 -> bits of those that are used
guardian: address                                    # may tighten; zero for nobody
pauses: uint256                                      # DEPOSITS, WITHDRAWALS


@internal
def _authorise(account: uint256, permission: uint256):
    """
    @notice Lets the owner through, and an operator with a grant, at the price of one of its actions.
    @param permission PLACE, CANCEL or REDUCE; where there are several, one of them is enough.
    """
    if self._owner(account) == msg.sender or msg.sender == self:
        return
    grant: uint256 = self.grants[account][msg.sender]
    if grant & permission == 0:
        refuse._because("engine: not authorised")
    if block.timestamp >= grant >> 40:
        refuse._because("engine: grant expired")
    left: uint256 = (grant >> 8) & (2**32 - 1)
    if left == 0:
        refuse._because("engine: grant used up")
    self.grants[account][msg.sender] = grant - (1 << 8)


@internal
@view
def _check_owner(account: uint256):
    if self._owner(account) != msg.sender:
        refuse._because("engine: not the owner")


@internal
@view
def _check_liquidator():
    if msg.sender != self.liquidator:
        refuse._because("engine: not the liquidator")


@internal
@view
def _check_guardian():
    if msg.sender != self.guardian:
        refuse._because("engine: not the guardian")


@internal
def _grant(account: uint256, operator: address, permissions: uint256, actions: uint256, expiry: uint256):
    """
    @notice Replaces an operator's grant.
    @param permissions PLACE, CANCEL and REDUCE; 0 ends the grant.
    @param actions     How often it may act, below 2**32.
    @param expiry      Unix seconds, below 2**40.
    """
    if permissions > PERMISSIONS or actions >= 2**32 or expiry >= 2**40:
        refuse._because("engine: bad grant")
    self.grants[account][operator] = permissions | (actions << 8) | (expiry << 40)
    log IPerpEngine.OperatorSet(
        account=account, operator=operator, permissions=permissions, actions=actions, expiry=expiry
    )


@internal
def _use_nonces(owner: address, index: uint256, bits: uint256):
    """
    @notice Uses up 256 of an owner's nonces, or some of them.
    @param index Of the 256, nonce // 256.
    @param bits  Which of them.
    """
    self.nonces[owner][index] |= bits
    log IPerpEngine.NoncesUsed(owner=owner, index=index, bits=bits)


@internal
@pure
def _owner(account: uint256) -> address:
    """
    @dev What is wider than an address and a sub-account is nobody's.
    """
    if account >> 168 != 0:
        return empty(address)
    return convert(account >> 8, address)
