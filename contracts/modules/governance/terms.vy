# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title   terms: what a proposal needs and how long a vote takes, and how far a vote may change that
@license AGPL-3.0-only
@notice  Five numbers. Each has a least and a greatest value, a largest step, and a week between two changes of it: one vote
         can neither take the vote away from its holders nor put the next vote out of reach.
@dev     Times are in seconds; threshold and quorum are parts of the supply, which is fixed, in basis points. A change
         counts for proposals made after it; the late extension also for those under way whose quorum is not yet reached.
         The timelock alone changes them, and docs/governance.md has the bounds as a table.
"""
from interfaces import IGovernor

from contracts.modules import refuse
from contracts.modules.governance import checkpoints as histories

initializes: histories


WEEK: constant(uint256) = 604_800
BPS: constant(uint256) = 10_000
MIN_DELAY: constant(uint256) = 3_600            # an hour
MAX_DELAY: constant(uint256) = 604_800          # a week
DELAY_STEP: constant(uint256) = 86_400          # a day
MIN_PERIOD: constant(uint256) = 172_800         # two days
MAX_PERIOD: constant(uint256) = 2_592_000       # 30 days
PERIOD_STEP: constant(uint256) = 172_800        # two days
MIN_THRESHOLD: constant(uint256) = 1            # 0.01 % of the supply
MAX_THRESHOLD: constant(uint256) = 200          # 2 %
THRESHOLD_STEP: constant(uint256) = 25          # 0.25 %
MIN_QUORUM: constant(uint256) = 100             # 1 %
MAX_QUORUM: constant(uint256) = 2_000           # 20 %
QUORUM_STEP: constant(uint256) = 100            # 1 %
MIN_EXTENSION: constant(uint256) = 3_600        # an hour
MAX_EXTENSION: constant(uint256) = 604_800      # a week
EXTENSION_STEP: constant(uint256) = 86_400      # a day
QUORUM: constant(uint256) = 0                   # the history's number

timelock: public(immutable(address))
SUPPLY: immutable(uint256)

votingDelay: public(uint256)
votingPeriod: public(uint256)
proposalThreshold: public(uint256)
lateQuorumVoteExtension: public(uint48)
changed_at: HashMap[bytes4, uint256]            # by the setter's selector


@deploy
def __init__(timelock_: address, supply: uint256, terms: IGovernor.Terms):
    """
    @notice Takes terms within the bounds; steps do not count here.
    """
    timelock = timelock_
    SUPPLY = supply
    self._check_bounds(terms.voting_delay, MIN_DELAY, MAX_DELAY)
    self._check_bounds(terms.voting_period, MIN_PERIOD, MAX_PERIOD)
    self._check_bounds(terms.threshold, supply * MIN_THRESHOLD // BPS, supply * MAX_THRESHOLD // BPS)
    self._check_bounds(terms.quorum, MIN_QUORUM, MAX_QUORUM)
    self._check_bounds(terms.late_extension, MIN_EXTENSION, MAX_EXTENSION)
    self._set_delay(terms.voting_delay)
    self._set_period(terms.voting_period)
    self._set_threshold(terms.threshold)
    self._set_quorum(terms.quorum)
    self._set_extension(terms.late_extension)


# ------------------------------------------------------------------ by the timelock

@external
def setVotingDelay(newVotingDelay: uint48):
    """
    @notice Sets how long after a proposal its votes are counted up and voting begins.
    @param newVotingDelay Seconds, from an hour to a week, at most a day from what it was.
    @dev   Timelock only. Reverts: "governor: only timelock", "governor: bad setting", "governor: step too large",
           "governor: changed too recently" (less than a week ago).
    """
    delay: uint256 = convert(newVotingDelay, uint256)
    self._check_change(method_id("setVotingDelay(uint48)", output_type=bytes4))
    self._check_step(self.votingDelay, delay, DELAY_STEP)
    self._check_bounds(delay, MIN_DELAY, MAX_DELAY)
    self._set_delay(delay)


@external
def setVotingPeriod(newVotingPeriod: uint32):
    """
    @notice Sets how long a vote is open.
    @param newVotingPeriod Seconds, from two days to 30, at most two days from what it was.
    @dev   Timelock only. Reverts as `setVotingDelay`.
    """
    period: uint256 = convert(newVotingPeriod, uint256)
    self._check_change(method_id("setVotingPeriod(uint32)", output_type=bytes4))
    self._check_step(self.votingPeriod, period, PERIOD_STEP)
    self._check_bounds(period, MIN_PERIOD, MAX_PERIOD)
    self._set_period(period)


@external
def setProposalThreshold(newProposalThreshold: uint256):
    """
    @notice Sets how many votes a proposer needs.
    @param newProposalThreshold Votes, from 0.01 % to 2 % of the supply, at most 0.25 % of it from what it was.
    @dev   Timelock only. Reverts as `setVotingDelay`.
    """
    self._check_change(method_id("setProposalThreshold(uint256)", output_type=bytes4))
    self._check_step(self.proposalThreshold, newProposalThreshold, SUPPLY * THRESHOLD_STEP // BPS)
    self._check_bounds(newProposalThreshold, SUPPLY * MIN_THRESHOLD // BPS, SUPPLY * MAX_THRESHOLD // BPS)
    self._set_threshold(newProposalThreshold)


@external
def updateQuorumNumerator(newQuorumNumerator: uint256):
    """
    @notice Sets which part of the supply has to vote for a proposal, or abstain.
    @param newQuorumNumerator Basis points, from 100 to 2,000, at most 100 from what it was.
    @dev   Timelock only. Reverts as `setVotingDelay`.
    """
    self._check_change(method_id("updateQuorumNumerator(uint256)", output_type=bytes4))
    self._check_step(histories._latest(QUORUM), newQuorumNumerator, QUORUM_STEP)
    self._check_bounds(newQuorumNumerator, MIN_QUORUM, MAX_QUORUM)
    self._set_quorum(newQuorumNumerator)


@external
def setLateQuorumVoteExtension(newVoteExtension: uint48):
    """
    @notice Sets how long a vote stays open, at the least, once its quorum is reached.
    @param newVoteExtension Seconds, from an hour to a week, at most a day from what it was.
    @dev   Timelock only. Reverts as `setVotingDelay`.
    """
    extension: uint256 = convert(newVoteExtension, uint256)
    self._check_change(method_id("setLateQuorumVoteExtension(uint48)", output_type=bytes4))
    self._check_step(convert(self.lateQuorumVoteExtension, uint256), extension, EXTENSION_STEP)
    self._check_bounds(extension, MIN_EXTENSION, MAX_EXTENSION)
    self._set_extension(extension)


# ------------------------------------------------------------------ views

@external
@view
def quorumNumerator(timepoint: uint256 = max_value(uint256)) -> uint256:
    """
    @notice The part of the supply that makes a quorum.
    @param timepoint Of a vote's snapshot, unix seconds; now where it is left out.
    @return Basis points.
    """
    if timepoint >= block.timestamp:
        return histories._latest(QUORUM)
    return histories._at(QUORUM, timepoint)


@external
@view
def quorumDenominator() -> uint256:
    """
    @notice What quorumNumerator is a part of.
    @return 10,000.
    """
    return BPS


# ------------------------------------------------------------------ inside

@internal
@view
def _quorum_down(supply: uint256, time: uint256) -> uint256:
    """
    @notice Votes that make a quorum, by the part that held at a past time; rounded down, as OpenZeppelin's are.
    """
    return supply * histories._at(QUORUM, time) // BPS


@internal
def _check_change(setter: bytes4):
    """
    @notice Whether the timelock calls a setter, and a week after the last time.
    """
    if msg.sender != timelock:
        refuse._because("governor: only timelock")
    if block.timestamp < self.changed_at[setter] + WEEK:
        refuse._because("governor: changed too recently")
    self.changed_at[setter] = block.timestamp


@internal
@pure
def _check_step(old: uint256, new: uint256, step: uint256):
    if max(old, new) - min(old, new) > step:
        refuse._because("governor: step too large")


@internal
@pure
def _check_bounds(number: uint256, least: uint256, most: uint256):
    if number < least or number > most:
        refuse._because("governor: bad setting")


@internal
def _set_delay(delay: uint256):
    log IGovernor.VotingDelaySet(oldVotingDelay=self.votingDelay, newVotingDelay=delay)
    self.votingDelay = delay


@internal
def _set_period(period: uint256):
    log IGovernor.VotingPeriodSet(oldVotingPeriod=self.votingPeriod, newVotingPeriod=period)
    self.votingPeriod = period


@internal
def _set_threshold(threshold: uint256):
    log IGovernor.ProposalThresholdSet(
        oldProposalThreshold=self.proposalThreshold, newProposalThreshold=threshold
    )
    self.proposalThreshold = threshold


@internal
def _set_quorum(numerator: uint256):
    log IGovernor.QuorumNumeratorUpdated(
        oldQuorumNumerator=histories._latest(QUORUM), newQuorumNumerator=numerator
    )
    histories._record(QUORUM, numerator)


@internal
def _set_extension(extension: uint256):
    new: uint48 = convert(extension, uint48)
    log IGovernor.LateQuorumVoteExtensionSet(
        oldVoteExtension=convert(self.lateQuorumVoteExtension, uint64), newVoteExtension=convert(new, uint64)
    )
    self.lateQuorumVoteExtension = new
