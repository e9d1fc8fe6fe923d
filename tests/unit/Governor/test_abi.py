"""The Governor and its token seen from outside are OpenZeppelin's, save what is listed here with its reason.

The published packages in node_modules are of version 4; what version 5 changed and added is written out
below, after its documentation and ERC-5805, ERC-6372, ERC-5267 and ERC-165.
"""

import json
from functools import reduce
from typing import Any, Final

import pytest
from eth_utils.crypto import keccak

from tests.support.governance import World
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.evm import artifact

PACKAGES: Final = PROJECT_ROOT / "node_modules/@openzeppelin"
LISTS: Final = "address[],uint256[],bytes[],bytes32"

IGOVERNOR_5: Final = f"""
name() view -> string
version() view -> string
COUNTING_MODE() view -> string
hashProposal({LISTS}) pure -> uint256
getProposalId({LISTS}) view -> uint256
state(uint256) view -> uint8
proposalThreshold() view -> uint256
proposalSnapshot(uint256) view -> uint256
proposalDeadline(uint256) view -> uint256
proposalProposer(uint256) view -> address
proposalEta(uint256) view -> uint256
proposalNeedsQueuing(uint256) view -> bool
votingDelay() view -> uint256
votingPeriod() view -> uint256
quorum(uint256) view -> uint256
getVotes(address,uint256) view -> uint256
getVotesWithParams(address,uint256,bytes) view -> uint256
hasVoted(uint256,address) view -> bool
propose(address[],uint256[],bytes[],string) nonpayable -> uint256
queue({LISTS}) nonpayable -> uint256
execute({LISTS}) payable -> uint256
cancel({LISTS}) nonpayable -> uint256
castVote(uint256,uint8) nonpayable -> uint256
castVoteWithReason(uint256,uint8,string) nonpayable -> uint256
castVoteWithReasonAndParams(uint256,uint8,string,bytes) nonpayable -> uint256
castVoteBySig(uint256,uint8,address,bytes) nonpayable -> uint256
castVoteWithReasonAndParamsBySig(uint256,uint8,address,string,bytes,bytes) nonpayable -> uint256
"""
"""Functions of its own, of which its ERC-165 id is made; those of ERC-165 and ERC-6372 come beside them."""
OTHERS_5: Final = """
supportsInterface(bytes4) view -> bool
clock() view -> uint48
CLOCK_MODE() view -> string
eip712Domain() view -> bytes1,string,string,uint256,address,bytes32,uint256[]
nonces(address) view -> uint256
BALLOT_TYPEHASH() view -> bytes32
EXTENDED_BALLOT_TYPEHASH() view -> bytes32
token() view -> address
timelock() view -> address
proposalVotes(uint256) view -> uint256,uint256,uint256
quorumNumerator() view -> uint256
quorumNumerator(uint256) view -> uint256
quorumDenominator() view -> uint256
lateQuorumVoteExtension() view -> uint48
setVotingDelay(uint48) nonpayable ->
setVotingPeriod(uint32) nonpayable ->
setProposalThreshold(uint256) nonpayable ->
updateQuorumNumerator(uint256) nonpayable ->
setLateQuorumVoteExtension(uint48) nonpayable ->
event ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)
event ProposalQueued(uint256,uint256)
event ProposalExecuted(uint256)
event ProposalCanceled(uint256)
event ProposalExtended(uint256 indexed,uint64)
event VoteCast(address indexed,uint256,uint8,uint256,string)
event VoteCastWithParams(address indexed,uint256,uint8,uint256,string,bytes)
event VotingDelaySet(uint256,uint256)
event VotingPeriodSet(uint256,uint256)
event ProposalThresholdSet(uint256,uint256)
event QuorumNumeratorUpdated(uint256,uint256)
event LateQuorumVoteExtensionSet(uint64,uint64)
"""
TOKEN_5: Final = """
name() view -> string
symbol() view -> string
decimals() view -> uint8
totalSupply() view -> uint256
balanceOf(address) view -> uint256
allowance(address,address) view -> uint256
transfer(address,uint256) nonpayable -> bool
transferFrom(address,address,uint256) nonpayable -> bool
approve(address,uint256) nonpayable -> bool
permit(address,address,uint256,uint256,uint8,bytes32,bytes32) nonpayable ->
nonces(address) view -> uint256
DOMAIN_SEPARATOR() view -> bytes32
eip712Domain() view -> bytes1,string,string,uint256,address,bytes32,uint256[]
clock() view -> uint48
CLOCK_MODE() view -> string
getVotes(address) view -> uint256
getPastVotes(address,uint256) view -> uint256
getPastTotalSupply(uint256) view -> uint256
delegates(address) view -> address
delegate(address) nonpayable ->
delegateBySig(address,uint256,uint256,uint8,bytes32,bytes32) nonpayable ->
numCheckpoints(address) view -> uint32
checkpoints(address,uint32) view -> (uint48,uint208)
event Transfer(address indexed,address indexed,uint256)
event Approval(address indexed,address indexed,uint256)
event DelegateChanged(address indexed,address indexed,address indexed)
event DelegateVotesChanged(address indexed,uint256,uint256)
"""

_BY_V_R_S: Final = "version 5 takes the voter and his signature as bytes, so that contracts vote too"
_NO_RECEIVER: Final = "the timelock holds what the DAO has, and receives"
_WIDTH: Final = "version 5 has other widths"
_INITIALIZED: Final = "of upgradeable contracts only"
DIFFERENCES: Final = {
    "castVoteBySig(uint256,uint8,uint8,bytes32,bytes32) nonpayable -> uint256": _BY_V_R_S,
    "castVoteWithReasonAndParamsBySig(uint256,uint8,string,bytes,uint8,bytes32,bytes32) nonpayable"
    " -> uint256": _BY_V_R_S,
    "COUNTING_MODE() view -> string": "pure, as GovernorCountingSimple has it: the interface says view",
    "relay(address,uint256,bytes) nonpayable -> ": "the governor holds nothing",
    "updateTimelock(address) nonpayable -> ": "a new timelock is a new governor",
    "event TimelockChange(address,address)": "the same",
    "onERC721Received(address,address,uint256,bytes) nonpayable -> bytes4": _NO_RECEIVER,
    "onERC1155Received(address,address,uint256,uint256,bytes) nonpayable -> bytes4": _NO_RECEIVER,
    "onERC1155BatchReceived(address,address,uint256[],uint256[],bytes) nonpayable -> bytes4": _NO_RECEIVER,
    "setVotingDelay(uint256) nonpayable -> ": _WIDTH,
    "setVotingPeriod(uint256) nonpayable -> ": _WIDTH,
    "lateQuorumVoteExtension() view -> uint64": _WIDTH,
    "setLateQuorumVoteExtension(uint64) nonpayable -> ": _WIDTH,
    "checkpoints(address,uint32) view -> (uint32,uint224)": _WIDTH,
    "increaseAllowance(address,uint256) nonpayable -> bool": "version 5 has dropped it",
    "decreaseAllowance(address,uint256) nonpayable -> bool": "version 5 has dropped it",
    "event Initialized(uint8)": _INITIALIZED,
}
OWN: Final = {
    "event OwnershipTransferred(address indexed,address indexed)": "snekmate's, in the constructor only",
    "event RoleMinterChanged(address indexed,bool)": "snekmate's, in the constructor only",
}
"""What ours have and OpenZeppelin's do not."""
PUBLISHED: Final = {
    "Governor": [
        "contracts/build/contracts/IGovernor",
        "contracts/build/contracts/IGovernorTimelock",
        "contracts-upgradeable-4.7.3/build/contracts/IGovernorUpgradeable",
        "contracts-upgradeable-4.7.3/build/contracts/IGovernorTimelockUpgradeable",
        "contracts-upgradeable-4.7.3/build/contracts/GovernorSettingsUpgradeable",
        "contracts-upgradeable-4.7.3/build/contracts/GovernorCountingSimpleUpgradeable",
        "contracts-upgradeable-4.7.3/build/contracts/GovernorPreventLateQuorumUpgradeable",
        "contracts-upgradeable-4.7.3/build/contracts/GovernorVotesQuorumFractionUpgradeable",
        "contracts-upgradeable-4.7.3/build/contracts/GovernorTimelockControlUpgradeable",
    ],
    "GovernanceToken": [
        "contracts-upgradeable-4.7.3/build/contracts/IVotesUpgradeable",
        "contracts-upgradeable-4.7.3/build/contracts/ERC20VotesUpgradeable",
    ],
}


def kind(argument: dict[str, Any]) -> str:
    """Canonical type."""
    name: str = argument["type"]
    if not name.startswith("tuple"):
        return name
    return f"({','.join(map(kind, argument['components']))}){name.removeprefix('tuple')}"


def surface(abi: list[dict[str, Any]]) -> set[str]:
    """Functions with arguments, results and mutability; events with what is indexed."""
    found = set()
    for entry in abi:
        inputs = ",".join(
            kind(argument) + (" indexed" if argument.get("indexed") else "")
            for argument in entry.get("inputs", ())
        )
        if entry["type"] == "event":
            found.add(f"event {entry['name']}({inputs})")
        elif entry["type"] == "function":
            outputs = ",".join(map(kind, entry["outputs"]))
            found.add(f"{entry['name']}({inputs}) {entry['stateMutability']} -> {outputs}")
    return found


def lines(text: str) -> set[str]:
    """Those of a table, without the spaces around them; a function that returns nothing ends in an arrow."""
    return {line if not line.endswith("->") else f"{line} " for line in text.split("\n") if line}


def published(path: str) -> set[str]:
    """Of a package in node_modules."""
    return surface(json.loads((PACKAGES / f"{path}.json").read_text())["abi"])


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_version_4_publishes(name: str) -> None:
    ours = surface(artifact(name).abi)
    for path in PUBLISHED[name]:
        theirs = published(path)
        assert len(theirs) > 5, path
        assert sorted(theirs - ours - set(DIFFERENCES)) == [], path


def test_interface_of_version_4_differs_in_one_function() -> None:
    missing = published("contracts/build/contracts/IGovernor") - surface(artifact("Governor").abi)
    assert missing == {"castVoteBySig(uint256,uint8,uint8,bytes32,bytes32) nonpayable -> uint256"}
    votes = published("contracts-upgradeable-4.7.3/build/contracts/IVotesUpgradeable")
    assert votes <= surface(artifact("GovernanceToken").abi)


def test_version_5_is_all_there_and_nothing_else() -> None:
    governor = surface(artifact("Governor").abi)
    expected = lines(IGOVERNOR_5) | lines(OTHERS_5)
    assert expected - governor == {"COUNTING_MODE() view -> string"}
    assert governor - expected == {"COUNTING_MODE() pure -> string"}
    token = surface(artifact("GovernanceToken").abi)
    assert lines(TOKEN_5) - token == set()
    assert token - lines(TOKEN_5) == set(OWN)


def test_every_difference_is_one() -> None:
    """The list has nothing that is not missing, or that nobody has."""
    ours = {name: surface(artifact(name).abi) for name in PUBLISHED}
    missing = {
        line for name, paths in PUBLISHED.items() for path in paths for line in published(path) - ours[name]
    }
    assert set(DIFFERENCES) == missing | {"COUNTING_MODE() view -> string"}


def test_events_have_openzeppelins_names() -> None:
    """Of arguments: front ends decode by them. Version 5 has renamed three."""
    renamed = {"startBlock": "voteStart", "endBlock": "voteEnd", "eta": "etaSeconds"}
    ours = {entry["name"]: entry for entry in artifact("Governor").abi if entry["type"] == "event"}
    for path in PUBLISHED["Governor"]:
        for entry in json.loads((PACKAGES / f"{path}.json").read_text())["abi"]:
            if entry["type"] == "event" and entry["name"] in ours:
                names = [renamed.get(argument["name"], argument["name"]) for argument in entry["inputs"]]
                assert [argument["name"] for argument in ours[entry["name"]]["inputs"]] == names


def identity(signatures: set[str]) -> bytes:
    """ERC-165: the selectors of an interface, one over the other."""
    selectors = [int.from_bytes(keccak(text=line.split(" ")[0])[:4]) for line in signatures]
    return reduce(lambda one, other: one ^ other, selectors).to_bytes(4)


def test_interface_ids(world: World) -> None:
    later = lines(IGOVERNOR_5)
    earlier = {line for line in later if not line.startswith("getProposalId")}
    assert identity(earlier) == bytes.fromhex("65455a86")  # of OpenZeppelin 5.0, as published
    for signatures in (later, earlier, {"clock()", "CLOCK_MODE()"}, {"supportsInterface(bytes4)"}):
        assert world.governor.supportsInterface(identity(signatures)) is True
    assert world.governor.supportsInterface(identity(later | {"clock()"})) is False
