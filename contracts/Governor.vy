# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Governor: proposals, votes and what comes of them
@license AGPL-3.0-only
@notice  A holder of enough votes proposes a list of calls. After a delay the votes of all delegates are counted up, and for a
         period each may vote with what he had then: against, for, or abstaining. A proposal with more votes for than
         against, and enough of those and abstentions, is queued in the timelock by anybody, and executed by anybody.
         It answers and logs as OpenZeppelin's Governor of version 5, with its extensions for simple counting, settings,
         a quorum that is a part of the supply, a late quorum and a timelock.
@dev     docs/governance.md explains, and lists what differs from OpenZeppelin's; IGovernor gives the units of all
         arguments and results. A proposal is the hash of its list, which every call about it gives anew.
         Sums of votes do not overflow: each delegate votes once, and all votes together are the supply, below 2**96.
@custom:security Trusts the token to tell past votes, and the timelock to call its setters. Nobody is privileged: a
                 proposer may cancel what is still pending, and that is all.
@custom:halt None. A proposal that passed can be stopped only by who has the timelock's CANCELLER_ROLE beside the governor.
"""
from ethereum.ercs import IERC165

from interfaces import IGovernanceToken
from interfaces import IGovernor
from interfaces import ITimelock

from contracts.modules import refuse
from contracts.modules.governance import actions
from contracts.modules.governance import ballots
from contracts.modules.governance import terms


initializes: ballots
initializes: terms

implements: IERC165
implements: IGovernor

exports: (
    ballots.BALLOT_TYPEHASH,
    ballots.EXTENDED_BALLOT_TYPEHASH,
    ballots.nonces,
    ballots.eip712.eip712Domain,
    terms.timelock,
    terms.votingDelay,
    terms.votingPeriod,
    terms.proposalThreshold,
    terms.lateQuorumVoteExtension,
    terms.quorumNumerator,
    terms.quorumDenominator,
    terms.setVotingDelay,
    terms.setVotingPeriod,
    terms.setProposalThreshold,
    terms.updateQuorumNumerator,
    terms.setLateQuorumVoteExtension,
)


PENDING: constant(uint8) = 0
ACTIVE: constant(uint8) = 1
CANCELED: constant(uint8) = 2
DEFEATED: constant(uint8) = 3
SUCCEEDED: constant(uint8) = 4
QUEUED: constant(uint8) = 5
EXPIRED: constant(uint8) = 6
EXECUTED: constant(uint8) = 7

AGAINST: constant(uint8) = 0
IN_FAVOUR: constant(uint8) = 1
ABSTAIN: constant(uint8) = 2

QUEUE_WINDOW: constant(uint256) = 1_209_600  # 14 days, in seconds
NAME: constant(String[15]) = "Walras Governor"
VERSION: constant(String[1]) = "1"
PROPOSER_ROLE: constant(bytes32) = keccak256("PROPOSER_ROLE")
CANCELLER_ROLE: constant(bytes32) = keccak256("CANCELLER_ROLE")

SUPPORTED: constant(bytes4[4]) = [
    0x01FFC9A7,  # ERC-165
    0xDA287A1D,  # ERC-6372
    0xCDBDFCEE,  # OpenZeppelin's IGovernor, of version 5.3 and later
    0x65455A86,  # and of 5.0 to 5.2, without getProposalId
]


struct Proposal:
    proposer: address
    snapshot: uint256           # 0: no such proposal
    deadline: uint256           # last second of the vote, as extended
    eta: uint256                # 0: not queued
    operation: bytes32          # the timelock's id of it, once queued
    against: uint256
    in_favour: uint256
    abstaining: uint256
    is_quorate: bool            # the quorum was reached, and the deadline extended where that was late
    is_executed: bool           # by `execute` here
    is_canceled: bool


token: public(immutable(address))

proposals: HashMap[uint256, Proposal]
hasVoted: public(HashMap[uint256, HashMap[address, bool]])


@deploy
def __init__(token_: address, timelock_: address, terms_: IGovernor.Terms):
    """
    @notice A governor without proposals.
    @param token_    GovernanceToken: its votes count.
    @param timelock_ Timelock, deployed for the address that this contract gets.
    @param terms_    To begin with: docs/governance.md has the bounds.
    @dev   Reverts: "governor: token not a contract", "governor: not its timelock", "governor: bad setting".
    """
    if not token_.is_contract:
        refuse._because("governor: token not a contract")
    if not timelock_.is_contract:
        refuse._because("governor: not its timelock")
    if not staticcall ITimelock(timelock_).hasRole(PROPOSER_ROLE, self):
        refuse._because("governor: not its timelock")
    if not staticcall ITimelock(timelock_).hasRole(CANCELLER_ROLE, self):
        refuse._because("governor: not its timelock")
    token = token_
    ballots.__init__(NAME, VERSION)
    terms.__init__(timelock_, staticcall IGovernanceToken(token_).totalSupply(), terms_)


# ------------------------------------------------------------------ the path of a proposal

@external
def propose(
    targets: DynArray[address, actions.ACTIONS],
    values: DynArray[uint256, actions.ACTIONS],
    calldatas: DynArray[Bytes[actions.CALLDATA], actions.ACTIONS],
    description: String[actions.DESCRIPTION],
) -> uint256:
    """
    @notice Puts a list of calls to the vote, by who had `proposalThreshold` votes a second ago.
    @param targets     Who is called, in this order; at most 32.
    @param values      Wei that go with each call, from the timelock or from who executes.
    @param calldatas   Data of each call, at most 1,024 bytes.
    @param description What it is about; at most 16,384 bytes. Where it ends in #proposer=0x and an address, only that
                       address may propose it.
    @return The proposal's id.
    @dev    Reverts: "governor: other proposer", "governor: too few votes", "governor: bad lengths" (of unequal lengths,
            or empty), "governor: too many actions", "governor: calldata too long", "governor: description too long",
            "governor: already proposed"; without a reason where a list is beyond decoding: see actions.vy.
    """
    if not actions._is_free_to(description, msg.sender):
        refuse._because("governor: other proposer")
    if self._votes(msg.sender, block.timestamp - 1) < terms.proposalThreshold:
        refuse._because("governor: too few votes")
    actions._check(targets, values, calldatas, description)
    id: uint256 = actions._id(targets, values, calldatas, keccak256(description))
    if self.proposals[id].snapshot != 0:
        refuse._because("governor: already proposed")
    snapshot: uint256 = block.timestamp + terms.votingDelay
    deadline: uint256 = snapshot + terms.votingPeriod
    self.proposals[id].proposer = msg.sender
    self.proposals[id].snapshot = snapshot
    self.proposals[id].deadline = deadline
    signatures: DynArray[String[32], actions.ACTIONS] = []
    for _: address in targets:
        signatures.append("")
    log IGovernor.ProposalCreated(
        proposalId=id,
        proposer=msg.sender,
        targets=targets,
        values=values,
        signatures=signatures,
        calldatas=calldatas,
        voteStart=snapshot,
        voteEnd=deadline,
        description=description,
    )
    return id


@external
def cancel(
    targets: DynArray[address, actions.ACTIONS],
    values: DynArray[uint256, actions.ACTIONS],
    calldatas: DynArray[Bytes[actions.CALLDATA], actions.ACTIONS],
    descriptionHash: bytes32,
) -> uint256:
    """
    @notice Takes a proposal back, by its proposer and before its snapshot is over.
    @param targets         As proposed, like all that follows.
    @param values          Wei of each call.
    @param calldatas       Data of each call.
    @param descriptionHash keccak256 of the description.
    @return The proposal's id, which cannot be proposed again.
    @dev    Reverts: "governor: unknown proposal", "governor: not pending", "governor: not the proposer".
    """
    id: uint256 = actions._id(targets, values, calldatas, descriptionHash)
    if self._state(id) != PENDING:
        refuse._because("governor: not pending")
    if msg.sender != self.proposals[id].proposer:
        refuse._because("governor: not the proposer")
    self.proposals[id].is_canceled = True
    log IGovernor.ProposalCanceled(proposalId=id)
    return id


@external
def queue(
    targets: DynArray[address, actions.ACTIONS],
    values: DynArray[uint256, actions.ACTIONS],
    calldatas: DynArray[Bytes[actions.CALLDATA], actions.ACTIONS],
    descriptionHash: bytes32,
) -> uint256:
    """
    @notice Schedules a proposal that succeeded in the timelock, by anybody, within 14 days after its deadline.
    @param targets         As proposed, like all that follows.
    @param values          Wei of each call.
    @param calldatas       Data of each call.
    @param descriptionHash keccak256 of the description.
    @return The proposal's id.
    @dev    Reverts: "governor: unknown proposal", "governor: not succeeded"; as snekmate's timelock_controller.
    """
    id: uint256 = actions._id(targets, values, calldatas, descriptionHash)
    if self._state(id) != SUCCEEDED:
        refuse._because("governor: not succeeded")
    salt: bytes32 = self._salt(descriptionHash)
    delay: uint256 = staticcall ITimelock(terms.timelock).get_minimum_delay()
    eta: uint256 = block.timestamp + delay
    self.proposals[id].operation = keccak256(abi_encode(targets, values, calldatas, empty(bytes32), salt))
    self.proposals[id].eta = eta
    extcall ITimelock(terms.timelock).schedule_batch(targets, values, calldatas, empty(bytes32), salt, delay)
    log IGovernor.ProposalQueued(proposalId=id, etaSeconds=eta)
    return id


@external
@payable
@reentrant  # calls of a proposal change the terms here, and read: it is marked as executed before them
def execute(
    targets: DynArray[address, actions.ACTIONS],
    values: DynArray[uint256, actions.ACTIONS],
    calldatas: DynArray[Bytes[actions.CALLDATA], actions.ACTIONS],
    descriptionHash: bytes32,
) -> uint256:
    """
    @notice Lets the timelock make a proposal's calls, by anybody, from its eta on; all of them, or none and a revert. Ether
            that comes with it goes to the timelock first, which pays for the calls and keeps the rest.
    @param targets         As proposed, like all that follows.
    @param values          Wei of each call.
    @param calldatas       Data of each call.
    @param descriptionHash keccak256 of the description.
    @return The proposal's id.
    @dev    Reverts: "governor: unknown proposal", "governor: not queued"; as snekmate's timelock_controller, for one
            before the eta; as a call of the proposal, where its answer is at most 255 bytes.
            The same operation can be executed at the timelock itself; the proposal is executed then, without an event
            of this contract.
    """
    id: uint256 = actions._id(targets, values, calldatas, descriptionHash)
    if self._state(id) != QUEUED:
        refuse._because("governor: not queued")
    self.proposals[id].is_executed = True
    extcall ITimelock(terms.timelock).execute_batch(
        targets, values, calldatas, empty(bytes32), self._salt(descriptionHash), value=msg.value
    )
    log IGovernor.ProposalExecuted(proposalId=id)
    return id


# ------------------------------------------------------------------ votes

@external
def castVote(proposalId: uint256, support: uint8) -> uint256:
    """
    @notice Votes with all the votes that the caller had at the proposal's snapshot.
    @param proposalId Which.
    @param support    0 against, 1 for, 2 abstain.
    @return The votes; 0 count as having voted, too.
    @dev    Reverts: "governor: unknown proposal", "governor: not active", "governor: already voted",
            "governor: bad vote type".
    """
    return self._cast(proposalId, msg.sender, support, "", b"")


@external
def castVoteWithReason(proposalId: uint256, support: uint8, reason: String[ballots.MAX_REASON]) -> uint256:
    """
    @notice The same with words.
    @param proposalId Which.
    @param support    0 against, 1 for, 2 abstain.
    @param reason     At most 2,048 bytes; logged.
    @return The votes.
    @dev    Reverts as `castVote`.
    """
    return self._cast(proposalId, msg.sender, support, reason, b"")


@external
def castVoteWithReasonAndParams(
    proposalId: uint256,
    support: uint8,
    reason: String[ballots.MAX_REASON],
    params: Bytes[ballots.MAX_PARAMS],
) -> uint256:
    """
    @notice The same with parameters, which are logged and have no meaning here.
    @param proposalId Which.
    @param support    0 against, 1 for, 2 abstain.
    @param reason     At most 2,048 bytes; logged.
    @param params     At most 256 bytes.
    @return The votes.
    @dev    Reverts as `castVote`.
    """
    return self._cast(proposalId, msg.sender, support, reason, params)


@external
def castVoteBySig(
    proposalId: uint256, support: uint8, voter: address, signature: Bytes[ballots.MAX_SIGNATURE]
) -> uint256:
    """
    @notice Votes for who has signed a Ballot: see ballots.vy.
    @param proposalId Which.
    @param support    0 against, 1 for, 2 abstain.
    @param voter      Who signed.
    @param signature  65 bytes, or what a contract takes by ERC-1271, at most 1,024.
    @return The votes.
    @dev    Reverts: "governor: bad signature" (another one's, of another nonce, chain or content), as snekmate's ecdsa, as
            `castVote`.
    """
    ballots._use(proposalId, support, voter, signature)
    return self._cast(proposalId, voter, support, "", b"")


@external
def castVoteWithReasonAndParamsBySig(
    proposalId: uint256,
    support: uint8,
    voter: address,
    reason: String[ballots.MAX_REASON],
    params: Bytes[ballots.MAX_PARAMS],
    signature: Bytes[ballots.MAX_SIGNATURE],
) -> uint256:
    """
    @notice Votes for who has signed an ExtendedBallot: see ballots.vy.
    @param proposalId Which.
    @param support    0 against, 1 for, 2 abstain.
    @param voter      Who signed.
    @param reason     At most 2,048 bytes; logged.
    @param params     At most 256 bytes.
    @param signature  65 bytes, or what a contract takes by ERC-1271, at most 1,024.
    @return The votes.
    @dev    Reverts as `castVoteBySig`.
    """
    ballots._use_extended(proposalId, support, voter, reason, params, signature)
    return self._cast(proposalId, voter, support, reason, params)


# ------------------------------------------------------------------ views of a proposal

@external
@view
def state(proposalId: uint256) -> uint8:
    """
    @notice Where a proposal stands.
    @param proposalId Which.
    @return 0 pending, 1 active, 2 canceled, 3 defeated, 4 succeeded, 5 queued, 6 expired, 7 executed.
    @dev    Reverts "governor: unknown proposal".
    """
    return self._state(proposalId)


@external
@view
def proposalSnapshot(proposalId: uint256) -> uint256:
    """
    @notice The second whose votes count: voting begins after it.
    @param proposalId Which.
    @return Unix seconds; 0 where there is no such proposal.
    """
    return self.proposals[proposalId].snapshot


@external
@view
def proposalDeadline(proposalId: uint256) -> uint256:
    """
    @notice The last second of a vote, as it is extended so far.
    @param proposalId Which.
    @return Unix seconds; 0 where there is no such proposal.
    """
    return self.proposals[proposalId].deadline


@external
@view
def proposalEta(proposalId: uint256) -> uint256:
    """
    @notice The first second in which a queued proposal can be executed.
    @param proposalId Which.
    @return Unix seconds; 0 where it is not queued.
    """
    return self.proposals[proposalId].eta


@external
@view
def proposalProposer(proposalId: uint256) -> address:
    """
    @notice Who proposed.
    @param proposalId Which.
    @return Zero where there is no such proposal.
    """
    return self.proposals[proposalId].proposer


@external
@view
def proposalNeedsQueuing(proposalId: uint256) -> bool:
    """
    @notice Whether a proposal has to be queued before it is executed.
    @param proposalId Which.
    @return True: each has to.
    """
    return True


@external
@view
def proposalVotes(proposalId: uint256) -> (uint256, uint256, uint256):
    """
    @notice What was voted so far.
    @param proposalId Which.
    @return Votes against.
    @return Votes for.
    @return Abstentions, in votes.
    """
    proposal: Proposal = self.proposals[proposalId]
    return proposal.against, proposal.in_favour, proposal.abstaining


@external
@pure
def hashProposal(
    targets: DynArray[address, actions.ACTIONS],
    values: DynArray[uint256, actions.ACTIONS],
    calldatas: DynArray[Bytes[actions.CALLDATA], actions.ACTIONS],
    descriptionHash: bytes32,
) -> uint256:
    """
    @notice The id that a proposal has, or would have.
    @param targets         Who is called.
    @param values          Wei of each call.
    @param calldatas       Data of each call.
    @param descriptionHash keccak256 of the description.
    @return Its id.
    """
    return actions._id(targets, values, calldatas, descriptionHash)


@external
@view
def getProposalId(
    targets: DynArray[address, actions.ACTIONS],
    values: DynArray[uint256, actions.ACTIONS],
    calldatas: DynArray[Bytes[actions.CALLDATA], actions.ACTIONS],
    descriptionHash: bytes32,
) -> uint256:
    """
    @notice The same.
    @param targets         Who is called.
    @param values          Wei of each call.
    @param calldatas       Data of each call.
    @param descriptionHash keccak256 of the description.
    @return Its id.
    """
    return actions._id(targets, values, calldatas, descriptionHash)


# ------------------------------------------------------------------ views

@external
@view
def getVotes(account: address, timepoint: uint256) -> uint256:
    """
    @notice The votes of an account at the end of a second that has passed.
    @param account   Any address.
    @param timepoint Unix seconds, below `clock()`.
    @return Votes.
    @dev    Reverts "votes: future lookup".
    """
    return self._votes(account, timepoint)


@external
@view
def getVotesWithParams(account: address, timepoint: uint256, params: Bytes[ballots.MAX_PARAMS]) -> uint256:
    """
    @notice The same: parameters have no meaning here.
    @param account   Any address.
    @param timepoint Unix seconds, below `clock()`.
    @param params    At most 256 bytes.
    @return Votes.
    @dev    Reverts "votes: future lookup".
    """
    return self._votes(account, timepoint)


@external
@view
def quorum(timepoint: uint256) -> uint256:
    """
    @notice Votes for and abstentions that a proposal of a snapshot needs.
    @param timepoint Unix seconds, below `clock()`.
    @return Votes, rounded down.
    @dev    Reverts "votes: future lookup".
    """
    return self._quorum(timepoint)


@external
@view
def clock() -> uint48:
    """
    @notice The time by which votes are counted (ERC-6372), as the token has it.
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


@external
@pure
def COUNTING_MODE() -> String[32]:
    """
    @notice What `support` means and what counts for the quorum, for machines.
    @return Votes as Compound's Governor Bravo has them; the quorum is of those for and those who abstain.
    """
    return "support=bravo&quorum=for,abstain"


@external
@view
def name() -> String[15]:
    """
    @notice The name of the domain that ballots are signed in.
    @return Walras Governor.
    """
    return NAME


@external
@view
def version() -> String[1]:
    """
    @notice The version of that domain.
    @return 1.
    """
    return VERSION


@external
@view
def supportsInterface(interfaceId: bytes4) -> bool:
    """
    @notice Whether the contract has an interface (ERC-165).
    @param interfaceId The interface's four bytes.
    @return Yes for ERC-165, ERC-6372 and OpenZeppelin's IGovernor with and without getProposalId.
    """
    return interfaceId in SUPPORTED


# ------------------------------------------------------------------ inside

@internal
@view
def _state(id: uint256) -> uint8:
    proposal: Proposal = self.proposals[id]
    if proposal.snapshot == 0:
        refuse._because("governor: unknown proposal")
    if proposal.is_executed:
        return EXECUTED
    if proposal.is_canceled:
        return CANCELED
    if block.timestamp <= proposal.snapshot:
        return PENDING
    if block.timestamp <= proposal.deadline:
        return ACTIVE
    if not proposal.is_quorate or proposal.in_favour <= proposal.against:
        return DEFEATED
    if proposal.eta != 0:
        return self._state_of_queued(proposal.operation)
    if block.timestamp > proposal.deadline + QUEUE_WINDOW:
        return EXPIRED
    return SUCCEEDED


@internal
@view
def _state_of_queued(operation: bytes32) -> uint8:
    """
    @notice The timelock knows: anybody may have executed it there, and who has the role may have cancelled it.
    """
    if staticcall ITimelock(terms.timelock).is_operation_pending(operation):
        return QUEUED
    if staticcall ITimelock(terms.timelock).is_operation_done(operation):
        return EXECUTED
    return CANCELED


@internal
def _cast(
    id: uint256,
    voter: address,
    support: uint8,
    reason: String[ballots.MAX_REASON],
    params: Bytes[ballots.MAX_PARAMS],
) -> uint256:
    if self._state(id) != ACTIVE:
        refuse._because("governor: not active")
    if self.hasVoted[id][voter]:
        refuse._because("governor: already voted")
    self.hasVoted[id][voter] = True
    weight: uint256 = self._votes(voter, self.proposals[id].snapshot)
    if support == AGAINST:
        self.proposals[id].against += weight
    elif support == IN_FAVOUR:
        self.proposals[id].in_favour += weight
    elif support == ABSTAIN:
        self.proposals[id].abstaining += weight
    else:
        refuse._because("governor: bad vote type")
    if len(params) == 0:
        log IGovernor.VoteCast(voter=voter, proposalId=id, support=support, weight=weight, reason=reason)
    else:
        log IGovernor.VoteCastWithParams(
            voter=voter, proposalId=id, support=support, weight=weight, reason=reason, params=params
        )
    self._extend_if_quorate(id)
    return weight


@internal
def _extend_if_quorate(id: uint256):
    """
    @notice Once a vote has its quorum, it stays open for some time: who brings the quorum in the last minute does not have
            the last word. The quorum of a past snapshot does not change, and votes are not taken back.
    """
    if self.proposals[id].is_quorate:
        return
    votes: uint256 = self.proposals[id].in_favour + self.proposals[id].abstaining
    if votes < self._quorum(self.proposals[id].snapshot):
        return
    self.proposals[id].is_quorate = True
    deadline: uint256 = block.timestamp + convert(terms.lateQuorumVoteExtension, uint256)
    if deadline > self.proposals[id].deadline:
        self.proposals[id].deadline = deadline
        log IGovernor.ProposalExtended(proposalId=id, extendedDeadline=convert(deadline, uint64))


@internal
@view
def _votes(account: address, time: uint256) -> uint256:
    return staticcall IGovernanceToken(token).getPastVotes(account, time)


@internal
@view
def _quorum(time: uint256) -> uint256:
    return terms._quorum_down(staticcall IGovernanceToken(token).getPastTotalSupply(time), time)


@internal
@view
def _salt(description_hash: bytes32) -> bytes32:
    """
    @notice As OpenZeppelin's: it tells operations of several governors apart.
    """
    return convert(convert(self, uint256) << 96 ^ convert(description_hash, uint256), bytes32)
