# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   ContractTrader: an owner of accounts that is a contract, and signs by one key
@license AGPL-3.0-only
@notice  Anyone may call through it: never deploy it for real.
"""
from snekmate.utils import ecdsa

MAX_DATA: constant(uint256) = 8_192
ERC1271: constant(bytes4) = 0x1626BA7E

KEY: immutable(address)


@deploy
def __init__(key: address):
    """
    @param key Whose signatures it takes for its own.
    """
    KEY = key


@external
@raw_return
def act(to: address, data: Bytes[MAX_DATA]) -> Bytes[MAX_DATA]:
    """
    @notice One call; what it returns, or its own reason for reverting.
    """
    return raw_call(to, data, max_outsize=MAX_DATA)


@external
@view
@reentrant  # trap-ok: a wallet answers for its signatures while it acts
def isValidSignature(digest: bytes32, signature: Bytes[65]) -> bytes4:
    """
    @notice As ERC-1271.
    """
    if ecdsa._recover_sig(digest, signature) != KEY:
        return 0x00000000
    return ERC1271
