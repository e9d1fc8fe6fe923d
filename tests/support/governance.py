"""Governance as it is deployed: token, timelock, governor, treasury, and a fund that the timelock owns.

The governor's address is found before it is deployed, because the timelock is deployed for it. Votes and
delegations are signed off-chain by eth_account, after the types that wallets show.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from walras.devtools.evm import Contract, Evm, address, artifact

FOUNDATION: Final = address(0xF0)
"""Who gets the supply."""
PROPOSER: Final = address(0x60)
DELEGATE: Final = address(0x61)
"""Votes for others."""
WHALE: Final = address(0x62)
VOTER: Final = address(0x63)
OPPONENT: Final = address(0x64)
KEEPER: Final = address(0x65)
"""Has no tokens: queues and executes."""
GUARDIAN: Final = address(0x66)
GRANTEE: Final = address(0x67)
STRANGER: Final = address(0x57)
NOBODY: Final = "0x" + "00" * 20
SIGNER: Final[LocalAccount] = Account.from_key(b"\x11" * 32)
ANOTHER: Final[LocalAccount] = Account.from_key(b"\x22" * 32)

ONE: Final = 10**18
SUPPLY: Final = 1_000_000 * ONE
HOUR: Final = 3_600
DAY: Final = 86_400
WEEK: Final = 7 * DAY
DELAY: Final = 2 * DAY
"""Of the timelock."""
CHAIN: Final = 1
MARKET: Final = 7
HELD: Final = 1_000 * ONE
"""What a chest holds."""


class State(IntEnum):
    """OpenZeppelin's ProposalState."""

    PENDING = 0
    ACTIVE = 1
    CANCELED = 2
    DEFEATED = 3
    SUCCEEDED = 4
    QUEUED = 5
    EXPIRED = 6
    EXECUTED = 7


class Support(IntEnum):
    """OpenZeppelin's VoteType."""

    AGAINST = 0
    FOR = 1
    ABSTAIN = 2


@dataclass(frozen=True, slots=True)
class Terms:
    """What the governor begins with; IGovernor.Terms."""

    voting_delay: int = DAY
    voting_period: int = 5 * DAY
    threshold: int = SUPPLY // 100
    quorum: int = 400
    late_extension: int = 2 * DAY


TERMS: Final = Terms()
QUORUM: Final = SUPPLY * 400 // 10_000
"""Votes: 40,000."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody proposes."""

    targets: list[str]
    values: list[int]
    calldatas: list[bytes]
    description: str = "Raise a cap"

    @property
    def words(self) -> tuple[list[str], list[int], list[bytes], str]:
        """Arguments of propose."""
        return self.targets, self.values, self.calldatas, self.description

    @property
    def hashed(self) -> tuple[list[str], list[int], list[bytes], bytes]:
        """Arguments of queue, execute, cancel and hashProposal."""
        return self.targets, self.values, self.calldatas, keccak(text=self.description)


@dataclass
class World:
    """The whole of it, as it is deployed.

    Holders have delegated to themselves, an hour ago: PROPOSER 10,000 tokens, which is the threshold; VOTER
    and OPPONENT 39,999, each one less than the quorum; WHALE 100,000. The foundation has the rest and no
    delegate.
    """

    terms: Terms = TERMS
    supply: int = SUPPLY
    evm: Evm = field(default_factory=Evm)

    def __post_init__(self) -> None:
        evm = self.evm
        self.token: Contract = evm.deploy(artifact("GovernanceToken"), FOUNDATION, self.supply)
        governor = self._next_address(1)
        self.timelock: Contract = evm.deploy(artifact("Timelock"), DELAY, governor)
        self.governor: Contract = evm.deploy(
            artifact("Governor"), self.token.address, self.timelock.address, self.words
        )
        assert self.governor.address == governor
        self.governor.with_events(artifact("Timelock").abi)
        self.treasury: Contract = evm.deploy(artifact("Treasury"), self.timelock.address)
        self.collateral: Contract = evm.deploy(artifact("PermitToken"), foreign=True)
        self.fund: Contract = evm.deploy(artifact("InsuranceFund"), GUARDIAN, self.collateral.address)
        """Owned by the guardian, who has offered it to the timelock."""
        self.fund.transfer_ownership(self.timelock.address, sender=GUARDIAN)
        if self.supply == SUPPLY:
            for holder, tokens in ((PROPOSER, 10_000), (VOTER, 39_999), (OPPONENT, 39_999), (WHALE, 100_000)):
                self.give(holder, tokens * ONE)
                self.token.delegate(holder, sender=holder)
            self.advance(HOUR)

    @property
    def words(self) -> tuple[int, ...]:
        """The terms, as the constructor takes them."""
        terms = self.terms
        return (
            terms.voting_delay,
            terms.voting_period,
            terms.threshold,
            terms.quorum,
            terms.late_extension,
        )

    def _next_address(self, skip: int) -> str:
        """Of what is deployed after some others."""
        checkpoint = self.evm.snapshot()
        for _ in range(skip):
            self.evm.deploy(artifact("Treasury"), GUARDIAN)
        found = self.evm.deploy(artifact("Treasury"), GUARDIAN).address
        self.evm.revert(checkpoint)
        return found

    # ------------------------------------------------------------ actions

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        self.evm.time += seconds

    def give(self, to: str, amount: int) -> None:
        """Tokens of the foundation."""
        self.token.transfer(to, amount, sender=FOUNDATION)

    def call(self, target: Contract, name: str, *args: Any, description: str = "Raise a cap") -> Proposal:
        """A proposal of one call."""
        return Proposal([target.address], [0], [target.encode(name, *args)], description)

    def propose(self, proposal: Proposal, sender: str = PROPOSER) -> int:
        """Propose; the id."""
        return int(self.governor.propose(*proposal.words, sender=sender))

    def open(self, proposal: Proposal) -> int:
        """Propose, and wait for the first second of the vote."""
        number = self.propose(proposal)
        self.advance(self.governor.votingDelay() + 1)
        return number

    def vote(self, number: int, voter: str = WHALE, support: int = Support.FOR) -> int:
        """Vote; the weight."""
        return int(self.governor.castVote(number, support, sender=voter))

    def close(self, number: int) -> None:
        """Wait for the first second after the vote."""
        self.evm.time = self.governor.proposalDeadline(number) + 1

    def succeed(self, proposal: Proposal) -> int:
        """Propose, and let the whale pass it."""
        number = self.open(proposal)
        self.vote(number)
        self.close(number)
        return number

    def queue(self, proposal: Proposal, sender: str = KEEPER) -> int:
        """Queue; the id."""
        return int(self.governor.queue(*proposal.hashed, sender=sender))

    def execute(self, proposal: Proposal, sender: str = KEEPER, value: int = 0) -> int:
        """Execute; the id."""
        return int(self.governor.execute(*proposal.hashed, sender=sender, value=value))

    def ripe(self, proposal: Proposal) -> int:
        """Propose, pass, queue, and wait for the eta."""
        number = self.succeed(proposal)
        self.queue(proposal)
        self.evm.time = self.governor.proposalEta(number)
        return number

    def enact(self, proposal: Proposal) -> int:
        """The whole course."""
        number = self.ripe(proposal)
        self.execute(proposal)
        return number

    def state(self, number: int) -> State:
        """Where a proposal stands."""
        return State(self.governor.state(number))

    def quorum_part(self) -> int:
        """quorumNumerator() of now; the one of a past time is another function of the same name."""
        answer = self.evm.call(STRANGER, self.governor.address, keccak(text="quorumNumerator()")[:4], True)
        return int.from_bytes(answer)

    def operation(self, proposal: Proposal) -> tuple[Any, ...]:
        """Arguments of the timelock's batch of a proposal, as OpenZeppelin salts it."""
        salt = int.from_bytes(proposal.hashed[3]) ^ (int(self.governor.address, 16) << 96)
        return proposal.targets, proposal.values, proposal.calldatas, bytes(32), salt.to_bytes(32)

    def raise_cap(self, cap: int = 5, description: str = "Raise a cap") -> Proposal:
        """The fund comes to the timelock, and a market's cap is set."""
        calls = [self.fund.encode("accept_ownership"), self.fund.encode("set_draw_cap", MARKET, cap)]
        return Proposal([self.fund.address] * 2, [0, 0], calls, description)


@dataclass
class Chest:
    """A treasury of 1,000 tokens, owned by the guardian: what it does under the timelock is World's."""

    evm: Evm = field(default_factory=Evm)

    def __post_init__(self) -> None:
        self.token: Contract = self.evm.deploy(artifact("GovernanceToken"), FOUNDATION, SUPPLY)
        self.treasury: Contract = self.evm.deploy(artifact("Treasury"), GUARDIAN)
        self.treasury.sender = GUARDIAN
        self.token.transfer(self.treasury.address, HELD, sender=FOUNDATION)

    def open(self, total: int, begins_in: int = 0, lasts: int = 1_000, token: str | None = None) -> int:
        """A stream to the grantee."""
        start = self.evm.time + begins_in
        words = (token or self.token.address, GRANTEE, total, start, start + lasts)
        return int(self.treasury.open_stream(*words))

    @property
    def free(self) -> int:
        """Of the token."""
        return int(self.treasury.free(self.token.address))

    @property
    def reserved(self) -> int:
        """Of the token."""
        return int(self.treasury.reserved(self.token.address))

    @property
    def received(self) -> int:
        """By the grantee."""
        return int(self.token.balanceOf(GRANTEE))


# ---------------------------------------------------------------- signatures

_BALLOT: Final = [
    {"name": "proposalId", "type": "uint256"},
    {"name": "support", "type": "uint8"},
    {"name": "voter", "type": "address"},
    {"name": "nonce", "type": "uint256"},
]
TYPES: Final = {
    "Ballot": _BALLOT,
    "ExtendedBallot": [
        *_BALLOT,
        {"name": "reason", "type": "string"},
        {"name": "params", "type": "bytes"},
    ],
    "Delegation": [
        {"name": "delegatee", "type": "address"},
        {"name": "nonce", "type": "uint256"},
        {"name": "expiry", "type": "uint256"},
    ],
    "Permit": [
        {"name": "owner", "type": "address"},
        {"name": "spender", "type": "address"},
        {"name": "value", "type": "uint256"},
        {"name": "nonce", "type": "uint256"},
        {"name": "deadline", "type": "uint256"},
    ],
}


def domain(contract: Contract, **changes: Any) -> dict[str, Any]:
    """Of the governor or the token, by the name that it is deployed with."""
    name = "Walras" if hasattr(contract, "DOMAIN_SEPARATOR") else "Walras Governor"
    return {
        "name": name,
        "version": "1",
        "chainId": CHAIN,
        "verifyingContract": contract.address,
        **changes,
    }


def typed(kind: str, message: dict[str, Any], in_domain: dict[str, Any]) -> Any:
    """What is signed."""
    return encode_typed_data(in_domain, {kind: TYPES[kind]}, message)


def sign(
    kind: str, message: dict[str, Any], in_domain: dict[str, Any], signer: LocalAccount = SIGNER
) -> bytes:
    """Signature of 65 bytes."""
    return bytes(signer.sign_message(typed(kind, message, in_domain)).signature)


def vrs(signature: bytes) -> tuple[int, bytes, bytes]:
    """Its parts, as delegateBySig and permit take them."""
    return signature[64], signature[:32], signature[32:64]
