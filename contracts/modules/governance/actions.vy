# pragma version 0.4.3
"""
@title   actions: what a proposal does, and who may propose it
@license AGPL-3.0-only
@notice  A proposal is a list of calls and a text. Its id is their hash, as with OpenZeppelin's Governor: whoever has the
         list can find it, and nothing of it is stored. A list has at most 32 calls with at most 1,024 bytes of data each,
         which is what snekmate's timelock takes; a text has at most 16,384 bytes.
@dev     Lists are declared somewhat larger than they may be, so that one that is too large is refused by a reason. A
         larger one still cannot be decoded, and the call reverts without any.
"""
from contracts.modules import refuse


MAX_ACTIONS: constant(uint256) = 32
MAX_CALLDATA: constant(uint256) = 1_024
MAX_DESCRIPTION: constant(uint256) = 16_384
ACTIONS: constant(uint256) = 40            # as declared
CALLDATA: constant(uint256) = 1_536
DESCRIPTION: constant(uint256) = 20_480

SUFFIX: constant(uint256) = 52             # #proposer=0x and 40 digits
MARK: constant(uint256) = 12               # the former


@internal
@pure
def _id(
    targets: DynArray[address, ACTIONS],
    amounts: DynArray[uint256, ACTIONS],
    calldatas: DynArray[Bytes[CALLDATA], ACTIONS],
    description_hash: bytes32,
) -> uint256:
    return convert(keccak256(abi_encode(targets, amounts, calldatas, description_hash)), uint256)


@internal
@pure
def _check(
    targets: DynArray[address, ACTIONS],
    amounts: DynArray[uint256, ACTIONS],
    calldatas: DynArray[Bytes[CALLDATA], ACTIONS],
    description: String[DESCRIPTION],
):
    """
    @notice Refuses lists of different lengths, empty ones and what is too large.
    """
    count: uint256 = len(targets)
    if count == 0 or len(amounts) != count or len(calldatas) != count:
        refuse._because("governor: bad lengths")
    if count > MAX_ACTIONS:
        refuse._because("governor: too many actions")
    if len(description) > MAX_DESCRIPTION:
        refuse._because("governor: description too long")
    for data: Bytes[CALLDATA] in calldatas:
        if len(data) > MAX_CALLDATA:
            refuse._because("governor: calldata too long")


@internal
@pure
def _is_free_to(description: String[DESCRIPTION], proposer: address) -> bool:
    """
    @notice Whether somebody may propose a text: where it ends in #proposer=0x and 40 digits of an address, only who has
            that address. So nobody can propose, and then cancel, what another has made public.
    """
    length: uint256 = len(description)
    if length < SUFFIX:
        return True
    end: String[SUFFIX] = slice(description, length - SUFFIX, SUFFIX)
    if slice(end, 0, MARK) != "#proposer=0x":
        return True
    named: uint256 = 0
    for at: uint256 in range(MARK, SUFFIX):
        letter: uint256 = convert(convert(slice(end, at, 1), Bytes[1]), uint256)
        if letter >= 48 and letter <= 57:      # 0 to 9
            letter -= 48
        elif letter >= 65 and letter <= 70:    # A to F
            letter -= 55
        elif letter >= 97 and letter <= 102:   # a to f
            letter -= 87
        else:
            return True                        # not an address, as OpenZeppelin has it
        named = named << 4 | letter
    return named == convert(proposer, uint256)
