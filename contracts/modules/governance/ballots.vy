# pragma version 0.4.3
"""
@title   ballots: votes that somebody signed, for anybody to carry
@license AGPL-3.0-only
@notice  EIP-712, with OpenZeppelin's types, so that wallets and front ends know them:
           Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)
           ExtendedBallot(uint256 proposalId,uint8 support,address voter,uint256 nonce,string reason,bytes params)
         The domain names the chain and the governor; nonces are counted up, so a ballot is good once and in order. It has no
         expiry but the end of the vote. A voter that is a contract answers by ERC-1271.
"""
from snekmate.utils import ecdsa
from snekmate.utils import eip712_domain_separator as eip712

from contracts.modules import refuse

initializes: eip712


MAX_SIGNATURE: constant(uint256) = 1_024   # bytes, of a contract wallet with several keys
MAX_REASON: constant(uint256) = 2_048      # bytes
MAX_PARAMS: constant(uint256) = 256        # bytes
ERC1271: constant(bytes4) = 0x1626BA7E

BALLOT_TYPEHASH: public(constant(bytes32)) = keccak256(
    "Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)"
)
EXTENDED_BALLOT_TYPEHASH: public(constant(bytes32)) = keccak256(
    "ExtendedBallot(uint256 proposalId,uint8 support,address voter,uint256 nonce,string reason,bytes params)"
)

nonces: public(HashMap[address, uint256])


@deploy
def __init__(name: String[50], version: String[20]):
    eip712.__init__(name, version)


@internal
def _use(proposal: uint256, support: uint8, voter: address, signature: Bytes[MAX_SIGNATURE]):
    """
    @notice Checks that a voter signed a ballot, and uses his nonce up.
    @dev    Reverts "governor: bad signature", or as snekmate's ecdsa.
    """
    nonce: uint256 = self._next(voter)
    self._check(voter, keccak256(abi_encode(BALLOT_TYPEHASH, proposal, support, voter, nonce)), signature)


@internal
def _use_extended(
    proposal: uint256,
    support: uint8,
    voter: address,
    reason: String[MAX_REASON],
    params: Bytes[MAX_PARAMS],
    signature: Bytes[MAX_SIGNATURE],
):
    """
    @notice The same for a ballot with a reason and parameters.
    """
    nonce: uint256 = self._next(voter)
    content: bytes32 = keccak256(
        abi_encode(
            EXTENDED_BALLOT_TYPEHASH, proposal, support, voter, nonce, keccak256(reason), keccak256(params)
        )
    )
    self._check(voter, content, signature)


@internal
def _next(voter: address) -> uint256:
    nonce: uint256 = self.nonces[voter]
    self.nonces[voter] = nonce + 1
    return nonce


@internal
@view
def _check(voter: address, content: bytes32, signature: Bytes[MAX_SIGNATURE]):
    if not self._is_signed(voter, eip712._hash_typed_data_v4(content), signature):
        refuse._because("governor: bad signature")


@internal
@view
def _is_signed(voter: address, digest: bytes32, signature: Bytes[MAX_SIGNATURE]) -> bool:
    if not voter.is_contract:
        if len(signature) != 65:
            return False
        return ecdsa._recover_sig(digest, slice(signature, 0, 65)) == voter
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        voter,
        abi_encode(digest, signature, method_id=ERC1271),
        max_outsize=32,
        is_static_call=True,
        revert_on_failure=False,
    )
    return success and len(answer) == 32 and convert(answer, bytes32) == convert(ERC1271, bytes32)
