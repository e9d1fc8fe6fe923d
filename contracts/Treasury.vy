# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Treasury: the protocol's own tokens, and grants out of them
@license AGPL-3.0-only
@notice  Holds whatever tokens and ether it is sent. The owner, the timelock, pays them out, at once or as a stream that
         accrues evenly over time. What a stream has yet to pay is set aside: nothing else can spend it, and only a
         cancellation, which leaves the receiver what has accrued, gives it back.
@dev     docs/governance.md explains; ITreasury gives the units of all arguments and results. A treasury is given tokens
         without a call, so what it may spend is its balance less what is set aside; what is set aside is tracked. A
         transfer leaves exactly, or reverts: token._push. Tokens whose balances shrink by themselves can leave a
         stream short, and no other token's.
         Nothing overflows: totals are below 2**128, times below 2**64.
@custom:security Trusts the owner with all that is not set aside. What has accrued to a receiver nobody can take. It does
                 not delegate, so governance tokens in it do not vote.
@custom:halt None. A receiver's claim cannot be stopped but by his token.
"""
from ethereum.ercs import IERC20
from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from interfaces import ITreasury

from contracts.modules import refuse
from contracts.modules import token as tokens


initializes: ownable
initializes: ownable_2step[ownable := ownable]

implements: ITreasury

exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    # not renounce_ownership: nobody could spend any more
)


MAX_TOTAL: constant(uint256) = 2**128 - 1
MAX_LENGTH: constant(uint256) = 315_360_000  # ten years, in seconds

stream_count: public(uint256)
streams: public(HashMap[uint256, ITreasury.Stream])
reserved: public(HashMap[address, uint256])  # by token: what streams have yet to pay


@deploy
def __init__(owner: address):
    """
    @notice A treasury that is empty, or has what was sent to its address before.
    @param owner The timelock: spends; may hand this right on in two steps.
    @dev   Reverts "treasury: no owner".
    """
    if owner == empty(address):
        refuse._because("treasury: no owner")
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(owner)


@external
@payable
@reentrant  # ether may come back while some is paid out; nothing happens here
def __default__():
    """
    @notice Takes ether.
    @dev    Reverts "treasury: no such call" where it comes with data.
    """
    if len(msg.data) != 0:
        refuse._because("treasury: no such call")


# ------------------------------------------------------------------ the owner

@external
def pay(token: address, receiver: address, amount: uint256):
    """
    @notice Pays tokens out.
    @param token    Which.
    @param receiver Who gets them.
    @param amount   Units, at most `free(token)`.
    @dev   Owner only. Reverts: "treasury: no receiver" (the zero address), "treasury: zero amount",
           "treasury: not enough free"; as token._push.
    """
    ownable._check_owner()
    self._check_payment(receiver, amount)
    if amount > self._free(token):
        refuse._because("treasury: not enough free")
    tokens._push(token, receiver, amount)
    log ITreasury.Paid(token=token, receiver=receiver, amount=amount)


@external
def pay_ether(receiver: address, amount: uint256):
    """
    @notice Pays ether out, with all the gas there is.
    @param receiver Who gets it.
    @param amount   Wei, at most the balance.
    @dev   Owner only. Reverts: "treasury: no receiver" (the zero address), "treasury: zero amount",
           "treasury: not enough free", "treasury: payment refused" (the receiver reverts).
    """
    ownable._check_owner()
    self._check_payment(receiver, amount)
    if amount > self.balance:
        refuse._because("treasury: not enough free")
    if not raw_call(receiver, b"", value=amount, revert_on_failure=False):
        refuse._because("treasury: payment refused")
    log ITreasury.Paid(token=empty(address), receiver=receiver, amount=amount)


@external
def open_stream(token: address, receiver: address, total: uint256, start: uint256, end: uint256) -> uint256:
    """
    @notice Sets tokens aside for a receiver, to whom they accrue evenly from start to end.
    @param token    Which.
    @param receiver Who may claim them; for good.
    @param total    Units, at most `free(token)` and below 2**128.
    @param start    Unix seconds, past or to come, at most ten years from now.
    @param end      Unix seconds, after start, at most ten years after it.
    @return The stream's number.
    @dev    Owner only. Reverts: "treasury: no receiver" (the zero address), "treasury: zero amount",
            "treasury: bad times", "treasury: amount too large", "treasury: not enough free".
    """
    ownable._check_owner()
    self._check_payment(receiver, total)
    if start > block.timestamp + MAX_LENGTH or end <= start or end - start > MAX_LENGTH:
        refuse._because("treasury: bad times")
    if total > MAX_TOTAL:
        refuse._because("treasury: amount too large")
    if total > self._free(token):
        refuse._because("treasury: not enough free")
    stream: uint256 = self.stream_count
    self.stream_count = stream + 1
    self.reserved[token] += total
    self.streams[stream] = ITreasury.Stream(
        token=token, receiver=receiver, total=total, claimed=0, start=start, end=end
    )
    log ITreasury.StreamOpened(
        stream=stream, token=token, receiver=receiver, total=total, start=start, end=end
    )
    return stream


@external
def cancel_stream(stream: uint256):
    """
    @notice Ends a stream now. What has accrued stays the receiver's; the rest is free again.
    @param stream Its number.
    @dev   Owner only. Reverts: "treasury: no such stream", "treasury: stream is over".
    """
    ownable._check_owner()
    found: ITreasury.Stream = self._stream(stream)
    if block.timestamp >= found.end:
        refuse._because("treasury: stream is over")
    accrued: uint256 = self._accrued_down(found)
    returned: uint256 = found.total - accrued
    self.streams[stream].total = accrued
    self.streams[stream].end = block.timestamp
    self.reserved[found.token] -= returned
    log ITreasury.StreamCancelled(stream=stream, accrued=accrued, returned=returned)


# ------------------------------------------------------------------ receivers

@external
def claim(stream: uint256) -> uint256:
    """
    @notice Pays a stream's receiver what has accrued and was not yet paid. Anybody may call it.
    @param stream Its number.
    @return Units of the token.
    @dev    Reverts: "treasury: no such stream", "treasury: nothing to claim"; as token._push.
    """
    found: ITreasury.Stream = self._stream(stream)
    amount: uint256 = self._accrued_down(found) - found.claimed
    if amount == 0:
        refuse._because("treasury: nothing to claim")
    self.streams[stream].claimed = found.claimed + amount
    self.reserved[found.token] -= amount
    tokens._push(found.token, found.receiver, amount)
    log ITreasury.StreamClaimed(stream=stream, amount=amount)
    return amount


# ------------------------------------------------------------------ views

@external
@view
def claimable(stream: uint256) -> uint256:
    """
    @notice What a claim would pay now.
    @param stream Its number.
    @return Units of the token, rounded down.
    @dev    Reverts "treasury: no such stream".
    """
    found: ITreasury.Stream = self._stream(stream)
    return self._accrued_down(found) - found.claimed


@external
@view
def free(token: address) -> uint256:
    """
    @notice What the owner may spend of a token: the balance less what streams have yet to pay.
    @param token Which.
    @return Units; 0 where the balance has shrunk below that.
    """
    return self._free(token)


# ------------------------------------------------------------------ inside

@internal
@view
def _free(token: address) -> uint256:
    held: uint256 = staticcall IERC20(token).balanceOf(self)
    reserved: uint256 = self.reserved[token]
    if held <= reserved:
        return 0
    return held - reserved


@internal
@view
def _stream(stream: uint256) -> ITreasury.Stream:
    found: ITreasury.Stream = self.streams[stream]
    if found.receiver == empty(address):
        refuse._because("treasury: no such stream")
    return found


@internal
@view
def _accrued_down(stream: ITreasury.Stream) -> uint256:
    """
    @notice What has accrued by now, rounded down: against who claims, until the end, when all of it has.
    """
    if block.timestamp >= stream.end:
        return stream.total
    if block.timestamp <= stream.start:
        return 0
    return stream.total * (block.timestamp - stream.start) // (stream.end - stream.start)


@internal
@pure
def _check_payment(receiver: address, amount: uint256):
    if receiver == empty(address):
        refuse._because("treasury: no receiver")
    if amount == 0:
        refuse._because("treasury: zero amount")
