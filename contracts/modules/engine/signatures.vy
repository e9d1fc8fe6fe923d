# pragma version 0.4.3
"""
@title   signatures: orders, cancels and grants that an account's owner signed, for anybody to carry
@license AGPL-3.0-only
@notice  EIP-712. What is signed names the account, the market and a nonce of the owner's; the domain names the chain and the
         engine: a signature is good for one thing, in one place, once. An owner that is a contract answers by ERC-1271.
@dev     Nonces have no order: each is a bit. The types as a wallet shows them:
           Place(uint256 account,uint256 market,NewOrder order,uint256 nonce,uint256 deadline)
           Cancel(uint256 account,uint256 market,uint256 order_id,uint256 lots,uint256 nonce,uint256 deadline)
           Grant(uint256 account,address operator,uint256 permissions,uint256 actions,uint256 expiry,uint256 nonce,
                 uint256 deadline)
         with NewOrder as IOrderbookV2 has it. Source of the encoding: EIP-712.
"""
from snekmate.utils import ecdsa
from snekmate.utils import eip712_domain_separator as eip712

from interfaces import IOrderbookV2

from contracts.modules import refuse
from contracts.modules.engine import operators

uses: operators
initializes: eip712

MAX_SIGNATURE: constant(uint256) = 1_024     # bytes, of a contract wallet with several keys
ERC1271: constant(bytes4) = 0x1626BA7E
ORDER_TYPE: constant(bytes32) = keccak256(
    "NewOrder(bool is_ask,uint256 tick,uint256 lots,bool batch_only,bool post_only,bool reduce_only,uint256 expiry,uint256 client_id)"
)
PLACE_TYPE: constant(bytes32) = keccak256(
    "Place(uint256 account,uint256 market,NewOrder order,uint256 nonce,uint256 deadline)NewOrder(bool is_ask,uint256 tick,uint256 lots,bool batch_only,bool post_only,bool reduce_only,uint256 expiry,uint256 client_id)"
)
CANCEL_TYPE: constant(bytes32) = keccak256(
    "Cancel(uint256 account,uint256 market,uint256 order_id,uint256 lots,uint256 nonce,uint256 deadline)"
)
GRANT_TYPE: constant(bytes32) = keccak256(
    "Grant(uint256 account,address operator,uint256 permissions,uint256 actions,uint256 expiry,uint256 nonce,uint256 deadline)"
)


@deploy
def __init__():
    eip712.__init__("Walras PerpEngine", "1")


@internal
@pure
def _place(account: uint256, market: uint256, order: IOrderbookV2.NewOrder, nonce: uint256, deadline: uint256) -> bytes32:
    return keccak256(
        abi_encode(PLACE_TYPE, account, market, keccak256(abi_encode(ORDER_TYPE, order)), nonce, deadline)
    )


@internal
@pure
def _cancel(
    account: uint256, market: uint256, order_id: uint256, lots: uint256, nonce: uint256, deadline: uint256
) -> bytes32:
    return keccak256(abi_encode(CANCEL_TYPE, account, market, order_id, lots, nonce, deadline))


@internal
@pure
def _grant(
    account: uint256,
    operator: address,
    permissions: uint256,
    actions: uint256,
    expiry: uint256,
    nonce: uint256,
    deadline: uint256,
) -> bytes32:
    return keccak256(abi_encode(GRANT_TYPE, account, operator, permissions, actions, expiry, nonce, deadline))


@internal
def _use(account: uint256, content: bytes32, nonce: uint256, deadline: uint256, signature: Bytes[MAX_SIGNATURE]):
    """
    @notice Checks that an account's owner signed something, in time and for the first time, and uses the nonce up.
    @param content Hash of what was signed, without the domain.
    """
    if block.timestamp > deadline:
        refuse._because("engine: signature expired")
    owner: address = operators._owner(account)
    bit: uint256 = 1 << (nonce & 255)
    if operators.nonces[owner][nonce >> 8] & bit != 0:
        refuse._because("engine: nonce used")
    operators._use_nonces(owner, nonce >> 8, bit)
    if not self._is_signed(owner, eip712._hash_typed_data_v4(content), signature):
        refuse._because("engine: bad signature")


@internal
@view
def _is_signed(owner: address, digest: bytes32, signature: Bytes[MAX_SIGNATURE]) -> bool:
    if not owner.is_contract:
        if len(signature) != 65 or owner == empty(address):
            return False
        return ecdsa._recover_sig(digest, slice(signature, 0, 65)) == owner
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        owner,
        abi_encode(digest, signature, method_id=ERC1271),
        max_outsize=32,
        is_static_call=True,
        revert_on_failure=False,
    )
    return success and len(answer) == 32 and convert(answer, bytes32) == convert(ERC1271, bytes32)
