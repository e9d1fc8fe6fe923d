# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   GovernanceToken: the token whose holders govern the exchange
@license AGPL-3.0-only
@notice  An ERC-20 of a fixed supply, with permits (EIP-2612). Who holds it votes through a delegate, himself or
         another: without one, tokens do not vote. What a delegate's votes were at any past second can be asked
         (ERC-5805, the clock of ERC-6372 being the block's time), so that a vote counts what was held before it began.
@dev     docs/governance.md explains; IGovernanceToken gives the units of all arguments and results. Balances,
         allowances and permits are snekmate's erc20, whose minter, owner and burning nobody can reach: nothing of them
         is exported. `transfer` and `transferFrom` are of this file, because votes move with tokens. Permits and
         delegations by signature share an account's nonces, as with OpenZeppelin's ERC20Votes.
         No sum overflows: no delegate has more votes than there are tokens, less than 2**96.
@custom:security Nobody has a right over others' tokens or votes. The sum of all delegates' votes is the sum of the
                 balances that are delegated, at every moment.
@custom:halt None. Transfers and delegations cannot be stopped.
"""
from snekmate.auth import ownable
from snekmate.tokens import erc20
from snekmate.utils import ecdsa

from interfaces import IGovernanceToken

from contracts.modules import refuse
from contracts.modules.governance import checkpoints as histories


initializes: ownable
initializes: erc20[ownable := ownable]
initializes: histories

implements: IGovernanceToken

exports: (
    erc20.name,
    erc20.symbol,
    erc20.decimals,
    erc20.totalSupply,
    erc20.balanceOf,
    erc20.allowance,
    erc20.approve,
    erc20.permit,
    erc20.nonces,
    erc20.DOMAIN_SEPARATOR,
    erc20.eip712Domain,
    # not mint, burn, minters or the owner: the supply is what it is
)


MAX_SUPPLY: constant(uint256) = 2**96 - 1
DELEGATION_TYPE: constant(bytes32) = keccak256("Delegation(address delegatee,uint256 nonce,uint256 expiry)")

BORN: immutable(uint256)

delegates: public(HashMap[address, address])  # zero: the account's tokens do not vote


@deploy
def __init__(holder: address, supply: uint256):
    """
    @notice All tokens there will ever be, for one account.
    @param holder Who gets them. They do not vote until he delegates.
    @param supply Units, below 2**96.
    @dev   Reverts: "votes: no holder", "votes: bad supply" (none, or 2**96 or more).
    """
    if holder == empty(address):
        refuse._because("votes: no holder")
    if supply == 0 or supply > MAX_SUPPLY:
        refuse._because("votes: bad supply")
    ownable.__init__()
    erc20.__init__("Walras", "WLRS", 18, "Walras", "1")
    erc20._mint(holder, supply)
    # The deployer is neither minter nor owner: nothing of it is exported, and now it is not in storage either.
    erc20.is_minter[msg.sender] = False
    log erc20.RoleMinterChanged(minter=msg.sender, status=False)
    ownable._transfer_ownership(empty(address))
    BORN = block.timestamp


# ------------------------------------------------------------------ transfers

@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Moves tokens of the caller, and their votes from his delegate to the receiver's.
    @param to     Who gets them; not the zero address.
    @param amount Units.
    @return True.
    @dev    Reverts as snekmate's erc20.
    """
    erc20._transfer(msg.sender, to, amount)
    self._move_votes(self.delegates[msg.sender], self.delegates[to], amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @notice Moves tokens of an owner who has approved the caller, and their votes.
    @param owner  Whose tokens they are.
    @param to     Who gets them; not the zero address.
    @param amount Units, taken from the allowance where that is not 2**256 - 1.
    @return True.
    @dev    Reverts as snekmate's erc20.
    """
    erc20._spend_allowance(owner, msg.sender, amount)
    erc20._transfer(owner, to, amount)
    self._move_votes(self.delegates[owner], self.delegates[to], amount)
    return True


# ------------------------------------------------------------------ delegates

@external
def delegate(delegatee: address):
    """
    @notice Lets all that the caller holds, now and later, vote through a delegate.
    @param delegatee Who; the caller himself is a delegate like others, and the zero address is none.
    """
    self._delegate(msg.sender, delegatee)


@external
def delegateBySig(delegatee: address, nonce: uint256, expiry: uint256, v: uint8, r: bytes32, s: bytes32):
    """
    @notice The same for who has signed it: Delegation(address delegatee,uint256 nonce,uint256 expiry).
    @param delegatee Whom the signer chose.
    @param nonce     `nonces(signer)`, which is one more then.
    @param expiry    Last second in which this passes.
    @param v         Of the signature, with r and s: 27 or 28.
    @param r         As the signer's wallet gave it.
    @param s         The lower one of the two that are possible.
    @dev   Reverts: "votes: signature expired", "votes: bad nonce" (of whoever the signature belongs to: that is
           somebody, whatever is signed), "ecdsa: invalid signature", "ecdsa: invalid signature `s` value".
    """
    if block.timestamp > expiry:
        refuse._because("votes: signature expired")
    digest: bytes32 = erc20.eip712_domain_separator._hash_typed_data_v4(
        keccak256(abi_encode(DELEGATION_TYPE, delegatee, nonce, expiry))
    )
    signer: address = ecdsa._recover_vrs(digest, convert(v, uint256), convert(r, uint256), convert(s, uint256))
    if erc20.nonces[signer] != nonce:
        refuse._because("votes: bad nonce")
    erc20.nonces[signer] = nonce + 1
    self._delegate(signer, delegatee)


# ------------------------------------------------------------------ views

@external
@view
def getVotes(account: address) -> uint256:
    """
    @notice The votes of an account now: what is held by those who chose it as their delegate.
    @param account Any address.
    @return Votes.
    """
    return histories._latest(self._history(account))


@external
@view
def getPastVotes(account: address, timepoint: uint256) -> uint256:
    """
    @notice The votes of an account at the end of a second that has passed.
    @param account   Any address.
    @param timepoint Below `clock()`.
    @return Votes.
    @dev    Reverts "votes: future lookup".
    """
    self._check_past(timepoint)
    return histories._at(self._history(account), timepoint)


@external
@view
def getPastTotalSupply(timepoint: uint256) -> uint256:
    """
    @notice All tokens, delegated or not, at the end of a second that has passed.
    @param timepoint Below `clock()`.
    @return Units; 0 before the token existed.
    @dev    Reverts "votes: future lookup".
    """
    self._check_past(timepoint)
    if timepoint < BORN:
        return 0
    return erc20.totalSupply


@external
@view
def numCheckpoints(account: address) -> uint32:
    """
    @notice How often the votes of an account have changed, changes in one second counted once.
    @param account Any address.
    @return A number; one a second fills its 32 bits in 136 years.
    """
    return convert(histories.lengths[self._history(account)], uint32)


@external
@view
def checkpoints(account: address, pos: uint32) -> IGovernanceToken.Checkpoint:
    """
    @notice One of these changes.
    @param account Any address.
    @param pos     From 0; below `numCheckpoints`.
    @return When, and the votes from then on; zeros where there is none.
    """
    time: uint48 = 0
    votes: uint208 = 0
    time, votes = histories._word(self._history(account), convert(pos, uint256))
    return IGovernanceToken.Checkpoint(_key=time, _value=votes)


@external
@view
def clock() -> uint48:
    """
    @notice The time by which votes are counted (ERC-6372).
    @return Unix seconds, of the block.
    """
    return convert(block.timestamp, uint48)


@external
@view
def CLOCK_MODE() -> String[14]:
    """
    @notice How `clock` runs, for machines (ERC-6372).
    @return By time.
    """
    return "mode=timestamp"


# ------------------------------------------------------------------ inside

@internal
@pure
def _history(account: address) -> uint256:
    return convert(account, uint256)


@internal
@view
def _check_past(timepoint: uint256):
    if timepoint >= block.timestamp:
        refuse._because("votes: future lookup")


@internal
def _delegate(account: address, delegatee: address):
    old: address = self.delegates[account]
    self.delegates[account] = delegatee
    log IGovernanceToken.DelegateChanged(delegator=account, fromDelegate=old, toDelegate=delegatee)
    self._move_votes(old, delegatee, erc20.balanceOf[account])


@internal
def _move_votes(giver: address, taker: address, amount: uint256):
    """
    @notice Takes votes from one delegate and gives them to another; the zero address has none and needs none.
    """
    if giver == taker or amount == 0:
        return
    if giver != empty(address):
        before: uint256 = histories._latest(self._history(giver))
        self._set_votes(giver, before, before - amount)
    if taker != empty(address):
        before: uint256 = histories._latest(self._history(taker))
        self._set_votes(taker, before, before + amount)


@internal
def _set_votes(account: address, before: uint256, votes: uint256):
    histories._record(self._history(account), votes)
    log IGovernanceToken.DelegateVotesChanged(delegate=account, previousVotes=before, newVotes=votes)
