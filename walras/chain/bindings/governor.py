"""Governor: written by walras/devtools/bindings.py, `make bindings`; not by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from walras.chain import abi
from walras.chain.call import Call


@dataclass(frozen=True, slots=True)
class LateQuorumVoteExtensionSet:
    """An event of IGovernor."""

    oldVoteExtension: int
    newVoteExtension: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "LateQuorumVoteExtensionSet":
        """Raises AbiError where the log is of another event."""
        return _LATE_QUORUM_VOTE_EXTENSION_SET_EVENT.decode(topics, data)


_LATE_QUORUM_VOTE_EXTENSION_SET_EVENT: Final = abi.Event(
    "7ca4ac117ed3cdce75c1161d8207c440389b1a15d69d096831664657c07dafc2",
    LateQuorumVoteExtensionSet,
    (False, False),
    (abi.uint(64), abi.uint(64)),
)


@dataclass(frozen=True, slots=True)
class ProposalCanceled:
    """An event of IGovernor."""

    proposalId: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "ProposalCanceled":
        """Raises AbiError where the log is of another event."""
        return _PROPOSAL_CANCELED_EVENT.decode(topics, data)


_PROPOSAL_CANCELED_EVENT: Final = abi.Event(
    "789cf55be980739dad1d0699b93b58e806b51c9d96619bfa8fe0a28abaa7b30c",
    ProposalCanceled,
    (False,),
    (abi.UINT256,),
)


@dataclass(frozen=True, slots=True)
class ProposalCreated:
    """An event of IGovernor."""

    proposalId: int
    proposer: str
    targets: tuple[str, ...]
    values: tuple[int, ...]
    signatures: tuple[str, ...]
    """Empty ones: Bravo's field, which calldatas have made void."""
    calldatas: tuple[bytes, ...]
    voteStart: int
    voteEnd: int
    description: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "ProposalCreated":
        """Raises AbiError where the log is of another event."""
        return _PROPOSAL_CREATED_EVENT.decode(topics, data)


_PROPOSAL_CREATED_EVENT: Final = abi.Event(
    "7d84a6263ae0d98d3329bd7b46bb4e8d6f98cd35a7adb45c274c8b7fd5ebd5e0",
    ProposalCreated,
    (False, False, False, False, False, False, False, False, False),
    (
        abi.UINT256,
        abi.ADDRESS,
        abi.array(abi.ADDRESS, 40),
        abi.array(abi.UINT256, 40),
        abi.array(abi.STRING, 40),
        abi.array(abi.BYTES, 40),
        abi.UINT256,
        abi.UINT256,
        abi.STRING,
    ),
)


@dataclass(frozen=True, slots=True)
class ProposalExecuted:
    """An event of IGovernor."""

    proposalId: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "ProposalExecuted":
        """Raises AbiError where the log is of another event."""
        return _PROPOSAL_EXECUTED_EVENT.decode(topics, data)


_PROPOSAL_EXECUTED_EVENT: Final = abi.Event(
    "712ae1383f79ac853f8d882153778e0260ef8f03b504e2866e0593e04d2b291f",
    ProposalExecuted,
    (False,),
    (abi.UINT256,),
)


@dataclass(frozen=True, slots=True)
class ProposalExtended:
    """An event of IGovernor."""

    proposalId: int
    extendedDeadline: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "ProposalExtended":
        """Raises AbiError where the log is of another event."""
        return _PROPOSAL_EXTENDED_EVENT.decode(topics, data)


_PROPOSAL_EXTENDED_EVENT: Final = abi.Event(
    "541f725fb9f7c98a30cc9c0ff32fbb14358cd7159c847a3aa20a2bdc442ba511",
    ProposalExtended,
    (True, False),
    (abi.UINT256, abi.uint(64)),
)


@dataclass(frozen=True, slots=True)
class ProposalQueued:
    """An event of IGovernor."""

    proposalId: int
    etaSeconds: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "ProposalQueued":
        """Raises AbiError where the log is of another event."""
        return _PROPOSAL_QUEUED_EVENT.decode(topics, data)


_PROPOSAL_QUEUED_EVENT: Final = abi.Event(
    "9a2e42fd6722813d69113e7d0079d3d940171428df7373df9c7f7617cfda2892",
    ProposalQueued,
    (False, False),
    (abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class ProposalThresholdSet:
    """An event of IGovernor."""

    oldProposalThreshold: int
    newProposalThreshold: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "ProposalThresholdSet":
        """Raises AbiError where the log is of another event."""
        return _PROPOSAL_THRESHOLD_SET_EVENT.decode(topics, data)


_PROPOSAL_THRESHOLD_SET_EVENT: Final = abi.Event(
    "ccb45da8d5717e6c4544694297c4ba5cf151d455c9bb0ed4fc7a38411bc05461",
    ProposalThresholdSet,
    (False, False),
    (abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class QuorumNumeratorUpdated:
    """An event of IGovernor."""

    oldQuorumNumerator: int
    newQuorumNumerator: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "QuorumNumeratorUpdated":
        """Raises AbiError where the log is of another event."""
        return _QUORUM_NUMERATOR_UPDATED_EVENT.decode(topics, data)


_QUORUM_NUMERATOR_UPDATED_EVENT: Final = abi.Event(
    "0553476bf02ef2726e8ce5ced78d63e26e602e4a2257b1f559418e24b4633997",
    QuorumNumeratorUpdated,
    (False, False),
    (abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class VoteCast:
    """An event of IGovernor."""

    voter: str
    proposalId: int
    support: int
    weight: int
    reason: str

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "VoteCast":
        """Raises AbiError where the log is of another event."""
        return _VOTE_CAST_EVENT.decode(topics, data)


_VOTE_CAST_EVENT: Final = abi.Event(
    "b8e138887d0aa13bab447e82de9d5c1777041ecd21ca36ba824ff1e6c07ddda4",
    VoteCast,
    (True, False, False, False, False),
    (abi.ADDRESS, abi.UINT256, abi.UINT8, abi.UINT256, abi.STRING),
)


@dataclass(frozen=True, slots=True)
class VoteCastWithParams:
    """An event of IGovernor."""

    voter: str
    proposalId: int
    support: int
    weight: int
    reason: str
    params: bytes

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "VoteCastWithParams":
        """Raises AbiError where the log is of another event."""
        return _VOTE_CAST_WITH_PARAMS_EVENT.decode(topics, data)


_VOTE_CAST_WITH_PARAMS_EVENT: Final = abi.Event(
    "e2babfbac5889a709b63bb7f598b324e08bc5a4fb9ec647fb3cbc9ec07eb8712",
    VoteCastWithParams,
    (True, False, False, False, False, False),
    (abi.ADDRESS, abi.UINT256, abi.UINT8, abi.UINT256, abi.STRING, abi.BYTES),
)


@dataclass(frozen=True, slots=True)
class VotingDelaySet:
    """An event of IGovernor."""

    oldVotingDelay: int
    newVotingDelay: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "VotingDelaySet":
        """Raises AbiError where the log is of another event."""
        return _VOTING_DELAY_SET_EVENT.decode(topics, data)


_VOTING_DELAY_SET_EVENT: Final = abi.Event(
    "c565b045403dc03c2eea82b81a0465edad9e2e7fc4d97e11421c209da93d7a93",
    VotingDelaySet,
    (False, False),
    (abi.UINT256, abi.UINT256),
)


@dataclass(frozen=True, slots=True)
class VotingPeriodSet:
    """An event of IGovernor."""

    oldVotingPeriod: int
    newVotingPeriod: int

    @staticmethod
    def decode_log(topics: Sequence[bytes], data: bytes) -> "VotingPeriodSet":
        """Raises AbiError where the log is of another event."""
        return _VOTING_PERIOD_SET_EVENT.decode(topics, data)


_VOTING_PERIOD_SET_EVENT: Final = abi.Event(
    "7e3f7f0708a84de9203036abaa450dccc85ad5ff52f78c170f3edb55cf5e8828",
    VotingPeriodSet,
    (False, False),
    (abi.UINT256, abi.UINT256),
)


_BALLOT_TYPEHASH: Final[abi.Function[bytes]] = abi.Function(
    "Governor.BALLOT_TYPEHASH", "BALLOT_TYPEHASH()", "deaaa7cc", (), (abi.BYTES32,)
)

_CLOCK_MODE: Final[abi.Function[str]] = abi.Function(
    "Governor.CLOCK_MODE", "CLOCK_MODE()", "4bf5d7e9", (), (abi.STRING,)
)

_COUNTING_MODE: Final[abi.Function[str]] = abi.Function(
    "Governor.COUNTING_MODE", "COUNTING_MODE()", "dd4e2ba5", (), (abi.STRING,)
)

_EXTENDED_BALLOT_TYPEHASH: Final[abi.Function[bytes]] = abi.Function(
    "Governor.EXTENDED_BALLOT_TYPEHASH", "EXTENDED_BALLOT_TYPEHASH()", "2fe3e261", (), (abi.BYTES32,)
)

_cancel: Final[abi.Function[int]] = abi.Function(
    "Governor.cancel",
    "cancel(address[],uint256[],bytes[],bytes32)",
    "452115d6",
    (abi.array(abi.ADDRESS, 40), abi.array(abi.UINT256, 40), abi.array(abi.BYTES, 40), abi.BYTES32),
    (abi.UINT256,),
)

_castVote: Final[abi.Function[int]] = abi.Function(
    "Governor.castVote", "castVote(uint256,uint8)", "56781388", (abi.UINT256, abi.UINT8), (abi.UINT256,)
)

_castVoteBySig: Final[abi.Function[int]] = abi.Function(
    "Governor.castVoteBySig",
    "castVoteBySig(uint256,uint8,address,bytes)",
    "8ff262e3",
    (abi.UINT256, abi.UINT8, abi.ADDRESS, abi.BYTES),
    (abi.UINT256,),
)

_castVoteWithReason: Final[abi.Function[int]] = abi.Function(
    "Governor.castVoteWithReason",
    "castVoteWithReason(uint256,uint8,string)",
    "7b3c71d3",
    (abi.UINT256, abi.UINT8, abi.STRING),
    (abi.UINT256,),
)

_castVoteWithReasonAndParams: Final[abi.Function[int]] = abi.Function(
    "Governor.castVoteWithReasonAndParams",
    "castVoteWithReasonAndParams(uint256,uint8,string,bytes)",
    "5f398a14",
    (abi.UINT256, abi.UINT8, abi.STRING, abi.BYTES),
    (abi.UINT256,),
)

_castVoteWithReasonAndParamsBySig: Final[abi.Function[int]] = abi.Function(
    "Governor.castVoteWithReasonAndParamsBySig",
    "castVoteWithReasonAndParamsBySig(uint256,uint8,address,string,bytes,bytes)",
    "5b8d0e0d",
    (abi.UINT256, abi.UINT8, abi.ADDRESS, abi.STRING, abi.BYTES, abi.BYTES),
    (abi.UINT256,),
)

_clock: Final[abi.Function[int]] = abi.Function("Governor.clock", "clock()", "91ddadf4", (), (abi.uint(48),))

_eip712Domain: Final[abi.Function[tuple[bytes, str, str, int, str, bytes, tuple[int, ...]]]] = abi.Function(
    "Governor.eip712Domain",
    "eip712Domain()",
    "84b0196e",
    (),
    (
        abi.fixed_bytes(1),
        abi.STRING,
        abi.STRING,
        abi.UINT256,
        abi.ADDRESS,
        abi.BYTES32,
        abi.array(abi.UINT256, 32),
    ),
)

_execute: Final[abi.Function[int]] = abi.Function(
    "Governor.execute",
    "execute(address[],uint256[],bytes[],bytes32)",
    "2656227d",
    (abi.array(abi.ADDRESS, 40), abi.array(abi.UINT256, 40), abi.array(abi.BYTES, 40), abi.BYTES32),
    (abi.UINT256,),
)

_getProposalId: Final[abi.Function[int]] = abi.Function(
    "Governor.getProposalId",
    "getProposalId(address[],uint256[],bytes[],bytes32)",
    "a8f8a668",
    (abi.array(abi.ADDRESS, 40), abi.array(abi.UINT256, 40), abi.array(abi.BYTES, 40), abi.BYTES32),
    (abi.UINT256,),
)

_getVotes: Final[abi.Function[int]] = abi.Function(
    "Governor.getVotes", "getVotes(address,uint256)", "eb9019d4", (abi.ADDRESS, abi.UINT256), (abi.UINT256,)
)

_getVotesWithParams: Final[abi.Function[int]] = abi.Function(
    "Governor.getVotesWithParams",
    "getVotesWithParams(address,uint256,bytes)",
    "9a802a6d",
    (abi.ADDRESS, abi.UINT256, abi.BYTES),
    (abi.UINT256,),
)

_hasVoted: Final[abi.Function[bool]] = abi.Function(
    "Governor.hasVoted", "hasVoted(uint256,address)", "43859632", (abi.UINT256, abi.ADDRESS), (abi.BOOL,)
)

_hashProposal: Final[abi.Function[int]] = abi.Function(
    "Governor.hashProposal",
    "hashProposal(address[],uint256[],bytes[],bytes32)",
    "c59057e4",
    (abi.array(abi.ADDRESS, 40), abi.array(abi.UINT256, 40), abi.array(abi.BYTES, 40), abi.BYTES32),
    (abi.UINT256,),
)

_lateQuorumVoteExtension: Final[abi.Function[int]] = abi.Function(
    "Governor.lateQuorumVoteExtension", "lateQuorumVoteExtension()", "32b8113e", (), (abi.uint(48),)
)

_name: Final[abi.Function[str]] = abi.Function("Governor.name", "name()", "06fdde03", (), (abi.STRING,))

_nonces: Final[abi.Function[int]] = abi.Function(
    "Governor.nonces", "nonces(address)", "7ecebe00", (abi.ADDRESS,), (abi.UINT256,)
)

_proposalDeadline: Final[abi.Function[int]] = abi.Function(
    "Governor.proposalDeadline", "proposalDeadline(uint256)", "c01f9e37", (abi.UINT256,), (abi.UINT256,)
)

_proposalEta: Final[abi.Function[int]] = abi.Function(
    "Governor.proposalEta", "proposalEta(uint256)", "ab58fb8e", (abi.UINT256,), (abi.UINT256,)
)

_proposalNeedsQueuing: Final[abi.Function[bool]] = abi.Function(
    "Governor.proposalNeedsQueuing", "proposalNeedsQueuing(uint256)", "a9a95294", (abi.UINT256,), (abi.BOOL,)
)

_proposalProposer: Final[abi.Function[str]] = abi.Function(
    "Governor.proposalProposer", "proposalProposer(uint256)", "143489d0", (abi.UINT256,), (abi.ADDRESS,)
)

_proposalSnapshot: Final[abi.Function[int]] = abi.Function(
    "Governor.proposalSnapshot", "proposalSnapshot(uint256)", "2d63f693", (abi.UINT256,), (abi.UINT256,)
)

_proposalThreshold: Final[abi.Function[int]] = abi.Function(
    "Governor.proposalThreshold", "proposalThreshold()", "b58131b0", (), (abi.UINT256,)
)

_proposalVotes: Final[abi.Function[tuple[int, int, int]]] = abi.Function(
    "Governor.proposalVotes",
    "proposalVotes(uint256)",
    "544ffc9c",
    (abi.UINT256,),
    (abi.UINT256, abi.UINT256, abi.UINT256),
)

_propose: Final[abi.Function[int]] = abi.Function(
    "Governor.propose",
    "propose(address[],uint256[],bytes[],string)",
    "7d5e81e2",
    (abi.array(abi.ADDRESS, 40), abi.array(abi.UINT256, 40), abi.array(abi.BYTES, 40), abi.STRING),
    (abi.UINT256,),
)

_queue: Final[abi.Function[int]] = abi.Function(
    "Governor.queue",
    "queue(address[],uint256[],bytes[],bytes32)",
    "160cbed7",
    (abi.array(abi.ADDRESS, 40), abi.array(abi.UINT256, 40), abi.array(abi.BYTES, 40), abi.BYTES32),
    (abi.UINT256,),
)

_quorum: Final[abi.Function[int]] = abi.Function(
    "Governor.quorum", "quorum(uint256)", "f8ce560a", (abi.UINT256,), (abi.UINT256,)
)

_quorumDenominator: Final[abi.Function[int]] = abi.Function(
    "Governor.quorumDenominator", "quorumDenominator()", "97c3d334", (), (abi.UINT256,)
)

_quorumNumerator_without_1: Final[abi.Function[int]] = abi.Function(
    "Governor.quorumNumerator", "quorumNumerator()", "a7713a70", (), (abi.UINT256,)
)

_quorumNumerator: Final[abi.Function[int]] = abi.Function(
    "Governor.quorumNumerator", "quorumNumerator(uint256)", "60c4247f", (abi.UINT256,), (abi.UINT256,)
)

_setLateQuorumVoteExtension: Final[abi.Function[None]] = abi.Function(
    "Governor.setLateQuorumVoteExtension", "setLateQuorumVoteExtension(uint48)", "330df7ff", (abi.uint(48),)
)

_setProposalThreshold: Final[abi.Function[None]] = abi.Function(
    "Governor.setProposalThreshold", "setProposalThreshold(uint256)", "ece40cc1", (abi.UINT256,)
)

_setVotingDelay: Final[abi.Function[None]] = abi.Function(
    "Governor.setVotingDelay", "setVotingDelay(uint48)", "79051887", (abi.uint(48),)
)

_setVotingPeriod: Final[abi.Function[None]] = abi.Function(
    "Governor.setVotingPeriod", "setVotingPeriod(uint32)", "e540d01d", (abi.uint(32),)
)

_state: Final[abi.Function[int]] = abi.Function(
    "Governor.state", "state(uint256)", "3e4f49e6", (abi.UINT256,), (abi.UINT8,)
)

_supportsInterface: Final[abi.Function[bool]] = abi.Function(
    "Governor.supportsInterface", "supportsInterface(bytes4)", "01ffc9a7", (abi.fixed_bytes(4),), (abi.BOOL,)
)

_timelock: Final[abi.Function[str]] = abi.Function(
    "Governor.timelock", "timelock()", "d33219b4", (), (abi.ADDRESS,)
)

_token: Final[abi.Function[str]] = abi.Function("Governor.token", "token()", "fc0c546a", (), (abi.ADDRESS,))

_updateQuorumNumerator: Final[abi.Function[None]] = abi.Function(
    "Governor.updateQuorumNumerator", "updateQuorumNumerator(uint256)", "06f3f9e6", (abi.UINT256,)
)

_version: Final[abi.Function[str]] = abi.Function(
    "Governor.version", "version()", "54fd4d50", (), (abi.STRING,)
)

_votingDelay: Final[abi.Function[int]] = abi.Function(
    "Governor.votingDelay", "votingDelay()", "3932abb1", (), (abi.UINT256,)
)

_votingPeriod: Final[abi.Function[int]] = abi.Function(
    "Governor.votingPeriod", "votingPeriod()", "02a251a3", (), (abi.UINT256,)
)


class Governor(abi.Binding):
    """Governor: proposals, votes and what comes of them."""

    EVENTS = abi.events(
        _LATE_QUORUM_VOTE_EXTENSION_SET_EVENT,
        _PROPOSAL_CANCELED_EVENT,
        _PROPOSAL_CREATED_EVENT,
        _PROPOSAL_EXECUTED_EVENT,
        _PROPOSAL_EXTENDED_EVENT,
        _PROPOSAL_QUEUED_EVENT,
        _PROPOSAL_THRESHOLD_SET_EVENT,
        _QUORUM_NUMERATOR_UPDATED_EVENT,
        _VOTE_CAST_EVENT,
        _VOTE_CAST_WITH_PARAMS_EVENT,
        _VOTING_DELAY_SET_EVENT,
        _VOTING_PERIOD_SET_EVENT,
    )

    def BALLOT_TYPEHASH(self) -> Call[bytes]:
        """The variable `BALLOT_TYPEHASH()`."""
        return _BALLOT_TYPEHASH(self.address)

    def CLOCK_MODE(self) -> Call[str]:
        """How `clock` runs, for machines (ERC-6372)."""
        return _CLOCK_MODE(self.address)

    def COUNTING_MODE(self) -> Call[str]:
        """What `support` means and what counts for the quorum, for machines."""
        return _COUNTING_MODE(self.address)

    def EXTENDED_BALLOT_TYPEHASH(self) -> Call[bytes]:
        """The variable `EXTENDED_BALLOT_TYPEHASH()`."""
        return _EXTENDED_BALLOT_TYPEHASH(self.address)

    def cancel(
        self,
        targets: Sequence[str],
        values: Sequence[int],
        calldatas: Sequence[bytes],
        descriptionHash: bytes,
    ) -> Call[int]:
        """Takes a proposal back, by its proposer and before its snapshot is over."""
        return _cancel(self.address, targets, values, calldatas, descriptionHash)

    def castVote(self, proposalId: int, support: int) -> Call[int]:
        """Votes with all the votes that the caller had at the proposal's snapshot."""
        return _castVote(self.address, proposalId, support)

    def castVoteBySig(self, proposalId: int, support: int, voter: str, signature: bytes) -> Call[int]:
        """Votes for who has signed a Ballot: see ballots.vy."""
        return _castVoteBySig(self.address, proposalId, support, voter, signature)

    def castVoteWithReason(self, proposalId: int, support: int, reason: str) -> Call[int]:
        """The same with words."""
        return _castVoteWithReason(self.address, proposalId, support, reason)

    def castVoteWithReasonAndParams(
        self, proposalId: int, support: int, reason: str, params: bytes
    ) -> Call[int]:
        """The same with parameters, which are logged and have no meaning here."""
        return _castVoteWithReasonAndParams(self.address, proposalId, support, reason, params)

    def castVoteWithReasonAndParamsBySig(
        self, proposalId: int, support: int, voter: str, reason: str, params: bytes, signature: bytes
    ) -> Call[int]:
        """Votes for who has signed an ExtendedBallot: see ballots.vy."""
        return _castVoteWithReasonAndParamsBySig(
            self.address, proposalId, support, voter, reason, params, signature
        )

    def clock(self) -> Call[int]:
        """The time by which votes are counted (ERC-6372), as the token has it."""
        return _clock(self.address)

    def eip712Domain(self) -> Call[tuple[bytes, str, str, int, str, bytes, tuple[int, ...]]]:
        """The bits in the 1-byte bit map are read from the least significant to the most significant, and
        fields are indexed in the order that is specified by EIP-712, identical to the order in which
        they are listed in the function type.
        """
        return _eip712Domain(self.address)

    def execute(
        self,
        targets: Sequence[str],
        values: Sequence[int],
        calldatas: Sequence[bytes],
        descriptionHash: bytes,
    ) -> Call[int]:
        """Lets the timelock make a proposal's calls, by anybody, from its eta on; all of them, or none and
        a revert. Ether that comes with it goes to the timelock first, which pays for the calls and
        keeps the rest.
        """
        return _execute(self.address, targets, values, calldatas, descriptionHash)

    def getProposalId(
        self,
        targets: Sequence[str],
        values: Sequence[int],
        calldatas: Sequence[bytes],
        descriptionHash: bytes,
    ) -> Call[int]:
        """The same."""
        return _getProposalId(self.address, targets, values, calldatas, descriptionHash)

    def getVotes(self, account: str, timepoint: int) -> Call[int]:
        """The votes of an account at the end of a second that has passed."""
        return _getVotes(self.address, account, timepoint)

    def getVotesWithParams(self, account: str, timepoint: int, params: bytes) -> Call[int]:
        """The same: parameters have no meaning here."""
        return _getVotesWithParams(self.address, account, timepoint, params)

    def hasVoted(self, arg0: int, arg1: str) -> Call[bool]:
        """The variable `hasVoted(uint256, address)`."""
        return _hasVoted(self.address, arg0, arg1)

    def hashProposal(
        self,
        targets: Sequence[str],
        values: Sequence[int],
        calldatas: Sequence[bytes],
        descriptionHash: bytes,
    ) -> Call[int]:
        """The id that a proposal has, or would have."""
        return _hashProposal(self.address, targets, values, calldatas, descriptionHash)

    def lateQuorumVoteExtension(self) -> Call[int]:
        """The variable `lateQuorumVoteExtension()`."""
        return _lateQuorumVoteExtension(self.address)

    def name(self) -> Call[str]:
        """The name of the domain that ballots are signed in."""
        return _name(self.address)

    def nonces(self, arg0: str) -> Call[int]:
        """The variable `nonces(address)`."""
        return _nonces(self.address, arg0)

    def proposalDeadline(self, proposalId: int) -> Call[int]:
        """The last second of a vote, as it is extended so far."""
        return _proposalDeadline(self.address, proposalId)

    def proposalEta(self, proposalId: int) -> Call[int]:
        """The first second in which a queued proposal can be executed."""
        return _proposalEta(self.address, proposalId)

    def proposalNeedsQueuing(self, proposalId: int) -> Call[bool]:
        """Whether a proposal has to be queued before it is executed."""
        return _proposalNeedsQueuing(self.address, proposalId)

    def proposalProposer(self, proposalId: int) -> Call[str]:
        """Who proposed."""
        return _proposalProposer(self.address, proposalId)

    def proposalSnapshot(self, proposalId: int) -> Call[int]:
        """The second whose votes count: voting begins after it."""
        return _proposalSnapshot(self.address, proposalId)

    def proposalThreshold(self) -> Call[int]:
        """The variable `proposalThreshold()`."""
        return _proposalThreshold(self.address)

    def proposalVotes(self, proposalId: int) -> Call[tuple[int, int, int]]:
        """What was voted so far."""
        return _proposalVotes(self.address, proposalId)

    def propose(
        self, targets: Sequence[str], values: Sequence[int], calldatas: Sequence[bytes], description: str
    ) -> Call[int]:
        """Puts a list of calls to the vote, by who had `proposalThreshold` votes a second ago."""
        return _propose(self.address, targets, values, calldatas, description)

    def queue(
        self,
        targets: Sequence[str],
        values: Sequence[int],
        calldatas: Sequence[bytes],
        descriptionHash: bytes,
    ) -> Call[int]:
        """Schedules a proposal that succeeded in the timelock, by anybody, within 14 days after its
        deadline.
        """
        return _queue(self.address, targets, values, calldatas, descriptionHash)

    def quorum(self, timepoint: int) -> Call[int]:
        """Votes for and abstentions that a proposal of a snapshot needs."""
        return _quorum(self.address, timepoint)

    def quorumDenominator(self) -> Call[int]:
        """What quorumNumerator is a part of."""
        return _quorumDenominator(self.address)

    def quorumNumerator(self, timepoint: int | None = None) -> Call[int]:
        """The part of the supply that makes a quorum."""
        if timepoint is None:
            return _quorumNumerator_without_1(self.address)
        return _quorumNumerator(self.address, timepoint)

    def setLateQuorumVoteExtension(self, newVoteExtension: int) -> Call[None]:
        """Sets how long a vote stays open, at the least, once its quorum is reached."""
        return _setLateQuorumVoteExtension(self.address, newVoteExtension)

    def setProposalThreshold(self, newProposalThreshold: int) -> Call[None]:
        """Sets how many votes a proposer needs."""
        return _setProposalThreshold(self.address, newProposalThreshold)

    def setVotingDelay(self, newVotingDelay: int) -> Call[None]:
        """Sets how long after a proposal its votes are counted up and voting begins."""
        return _setVotingDelay(self.address, newVotingDelay)

    def setVotingPeriod(self, newVotingPeriod: int) -> Call[None]:
        """Sets how long a vote is open."""
        return _setVotingPeriod(self.address, newVotingPeriod)

    def state(self, proposalId: int) -> Call[int]:
        """Where a proposal stands."""
        return _state(self.address, proposalId)

    def supportsInterface(self, interfaceId: bytes) -> Call[bool]:
        """Whether the contract has an interface (ERC-165)."""
        return _supportsInterface(self.address, interfaceId)

    def timelock(self) -> Call[str]:
        """The variable `timelock()`."""
        return _timelock(self.address)

    def token(self) -> Call[str]:
        """The variable `token()`."""
        return _token(self.address)

    def updateQuorumNumerator(self, newQuorumNumerator: int) -> Call[None]:
        """Sets which part of the supply has to vote for a proposal, or abstain."""
        return _updateQuorumNumerator(self.address, newQuorumNumerator)

    def version(self) -> Call[str]:
        """The version of that domain."""
        return _version(self.address)

    def votingDelay(self) -> Call[int]:
        """The variable `votingDelay()`."""
        return _votingDelay(self.address)

    def votingPeriod(self) -> Call[int]:
        """The variable `votingPeriod()`."""
        return _votingPeriod(self.address)
