"""Votes by signature: of one voter, on one chain, for one governor, once."""

from typing import Any

import pytest
from eth_utils.crypto import keccak

from tests.support.governance import (
    ANOTHER,
    CHAIN,
    GUARDIAN,
    ONE,
    SIGNER,
    STRANGER,
    WHALE,
    Support,
    World,
    domain,
    sign,
    typed,
)
from tests.support.orders import reverts
from tests.support.starving import starve
from walras.devtools.evm import Contract, Event, artifact

MAGIC = bytes.fromhex("1626ba7e") + bytes(28)
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
EXTENDED = {"reason": "why", "params": b"\x07"}


@pytest.fixture
def number(world: World) -> int:
    """A proposal, in the first second of its vote; SIGNER has 7 tokens, ANOTHER 5."""
    for signer, tokens in ((SIGNER, 7), (ANOTHER, 5)):
        world.give(signer.address, tokens * ONE)
        world.token.delegate(signer.address, sender=signer.address)
    return world.open(world.raise_cap())


def ballot(
    number: int, support: int = Support.FOR, voter: str = SIGNER.address, nonce: int = 0
) -> dict[str, Any]:
    """What is signed."""
    return {"proposalId": number, "support": int(support), "voter": voter, "nonce": nonce}


def signed(world: World, message: dict[str, Any], **changes: Any) -> bytes:
    """By SIGNER, whoever the voter is said to be."""
    kind = "ExtendedBallot" if "reason" in message else "Ballot"
    return sign(kind, message, domain(world.governor, **changes))


def cast(world: World, number: int, signature: bytes, voter: str = SIGNER.address, support: int = 1) -> int:
    """Carry a ballot; the weight."""
    return int(world.governor.castVoteBySig(number, support, voter, signature, sender=STRANGER))


def test_ballot(world: World, number: int) -> None:
    assert cast(world, number, signed(world, ballot(number))) == 7 * ONE
    (event,) = world.governor.events()
    assert (event.name, event.args["voter"]) == ("VoteCast", SIGNER.address.lower())
    assert world.governor.hasVoted(number, SIGNER.address) is True
    assert world.governor.hasVoted(number, STRANGER) is False
    assert world.governor.nonces(SIGNER.address) == 1


def test_extended_ballot(world: World, number: int) -> None:
    signature = signed(world, ballot(number, Support.ABSTAIN) | EXTENDED)
    words = (number, 2, SIGNER.address, "why", b"\x07", signature)
    assert world.governor.castVoteWithReasonAndParamsBySig(*words, sender=STRANGER) == 7 * ONE
    cast_event = {"voter": SIGNER.address.lower(), "proposalId": number, "support": 2, "weight": 7 * ONE}
    assert world.governor.events() == [Event("VoteCastWithParams", cast_event | EXTENDED)]
    assert world.governor.proposalVotes(number) == (0, 0, 7 * ONE)
    assert world.governor.nonces(SIGNER.address) == 1


@pytest.mark.parametrize("change", [("why not", b"\x07"), ("why", b"\x08"), ("why", b"")])
def test_extended_ballot_with_other_words(world: World, number: int, change: tuple[str, bytes]) -> None:
    signature = signed(world, ballot(number) | EXTENDED)
    with reverts("governor: bad signature"):
        world.governor.castVoteWithReasonAndParamsBySig(number, 1, SIGNER.address, *change, signature)


def test_extended_ballot_is_no_plain_one(world: World, number: int) -> None:
    message = ballot(number) | {"reason": "", "params": b""}
    with reverts("governor: bad signature"):
        cast(world, number, signed(world, message))


def test_replay(world: World, number: int) -> None:
    signature = signed(world, ballot(number))
    cast(world, number, signature)
    with reverts("governor: bad signature"):
        cast(world, number, signature)


def test_second_ballot_of_the_next_nonce(world: World, number: int) -> None:
    cast(world, number, signed(world, ballot(number)))
    with reverts("governor: already voted"):
        cast(world, number, signed(world, ballot(number, nonce=1)))


def test_replay_on_another_proposal(world: World, number: int) -> None:
    other = world.open(world.raise_cap(description="Another"))
    with reverts("governor: bad signature"):
        cast(world, other, signed(world, ballot(number)))


def test_nonce_to_come(world: World, number: int) -> None:
    with reverts("governor: bad signature"):
        cast(world, number, signed(world, ballot(number, nonce=1)))


@pytest.mark.parametrize(
    "changes",
    [{"chainId": CHAIN + 1}, {"verifyingContract": WHALE}, {"name": "Walras"}, {"version": "2"}],
)
def test_another_domain(world: World, number: int, changes: dict[str, Any]) -> None:
    with reverts("governor: bad signature"):
        cast(world, number, signed(world, ballot(number), **changes))


@pytest.mark.parametrize("changes", [{"chainId": CHAIN + 1}, {"verifyingContract": WHALE}])
def test_domain_of_where_the_code_runs(world: World, number: int, changes: dict[str, Any]) -> None:
    """After a fork of the chain, or in a copy: ballots of there are good ones, and those of here are not."""
    import pyrevm

    chain, at = changes.get("chainId", CHAIN), changes.get("verifyingContract", world.governor.address)
    there = pyrevm.EVM(env=pyrevm.Env(cfg=pyrevm.CfgEnv(chain_id=chain)), gas_limit=2**62, spec_id="CANCUN")
    there.insert_account_info(at, pyrevm.AccountInfo(code=world.evm.code(world.governor.address)))
    for signature, reason in (
        (signed(world, ballot(number), **changes), "governor: unknown proposal"),
        (signed(world, ballot(number)), "governor: bad signature"),
    ):
        call = world.governor.encode("castVoteBySig", number, 1, SIGNER.address, signature)
        with pytest.raises(RuntimeError, match=reason.encode().hex()):
            there.message_call(STRANGER, at, call)


def test_other_support(world: World, number: int) -> None:
    with reverts("governor: bad signature"):
        cast(world, number, signed(world, ballot(number)), support=0)


def test_another_voter(world: World, number: int) -> None:
    with reverts("governor: bad signature"):
        cast(world, number, signed(world, ballot(number, voter=ANOTHER.address)), voter=ANOTHER.address)


def test_after_the_vote(world: World, number: int) -> None:
    """A ballot has no expiry of its own: it ends with the vote."""
    world.close(number)
    with reverts("governor: not active"):
        cast(world, number, signed(world, ballot(number)))


def test_refused_ballot_uses_no_nonce(world: World, number: int) -> None:
    with reverts("governor: bad signature"):
        cast(world, number, signed(world, ballot(number, nonce=1)))
    assert world.governor.nonces(SIGNER.address) == 0


@pytest.mark.parametrize("length", [0, 64, 66])
def test_length(world: World, number: int, length: int) -> None:
    with reverts("governor: bad signature"):
        cast(world, number, (signed(world, ballot(number)) + b"\x00")[:length])


def test_too_little_gas(world: World, number: int) -> None:
    governor, words = world.governor, (number, 1, SIGNER.address, signed(world, ballot(number)))

    def state() -> list[Any]:
        return [governor.nonces(SIGNER.address), governor.hasVoted(number, SIGNER.address)]

    ended = starve(lambda gas: governor.castVoteBySig(*words, sender=STRANGER, gas=gas), state)
    assert ended == {"Halt", "Revert"}
    assert state() == [1, True]


def test_no_signature_is_nobodys(world: World, number: int) -> None:
    with reverts("ecdsa: invalid signature"):
        cast(world, number, bytes(65), voter="0x" + "00" * 20)


def test_upper_twin(world: World, number: int) -> None:
    signature = signed(world, ballot(number))
    twin = (ORDER - int.from_bytes(signature[32:64])).to_bytes(32)
    with reverts("ecdsa: invalid signature `s` value"):
        cast(world, number, signature[:32] + twin + bytes([55 - signature[64]]))


# ---------------------------------------------------------------- contracts (ERC-1271)


@pytest.fixture
def wallet(world: World) -> Contract:
    """A contract that answers for signatures, and votes for 9 tokens."""
    wallet = world.evm.deploy(artifact("ScriptedWallet"), foreign=True)
    world.give(GUARDIAN, 9 * ONE)
    world.token.delegate(wallet.address, sender=GUARDIAN)
    return wallet


def test_contract_votes(world: World, wallet: Contract) -> None:
    number = world.open(world.raise_cap())  # after the wallet has its votes
    message = ballot(number, voter=wallet.address)
    whole = typed("Ballot", message, domain(world.governor))
    signature = b"\x05" * 1_024
    wallet.set(MAGIC, False)
    wallet.want(keccak(b"\x19" + whole.version + whole.header + whole.body), signature)
    assert cast(world, number, signature, voter=wallet.address) == 9 * ONE


@pytest.mark.parametrize(
    "answer", [b"", MAGIC[:4], MAGIC[:31], bytes(32), b"\xff" * 32, MAGIC[:4] + b"\x01" * 28]
)
def test_contract_says_no(world: World, wallet: Contract, number: int, answer: bytes) -> None:
    wallet.set(answer, False)
    with reverts("governor: bad signature"):
        cast(world, number, b"any", voter=wallet.address)


def test_contract_reverts(world: World, wallet: Contract, number: int) -> None:
    wallet.set(MAGIC, True)
    with reverts("governor: bad signature"):
        cast(world, number, b"any", voter=wallet.address)


def test_owners_key_does_not_sign_for_a_contract(world: World, wallet: Contract, number: int) -> None:
    wallet.set(bytes(32), False)
    with reverts("governor: bad signature"):
        cast(world, number, signed(world, ballot(number, voter=wallet.address)), voter=wallet.address)


def test_type_hashes(world: World) -> None:
    words = "uint256 proposalId,uint8 support,address voter,uint256 nonce"
    assert world.governor.BALLOT_TYPEHASH() == keccak(text=f"Ballot({words})")
    extended = keccak(text=f"ExtendedBallot({words},string reason,bytes params)")
    assert world.governor.EXTENDED_BALLOT_TYPEHASH() == extended


def test_domain(world: World) -> None:
    _, name, version, chain, contract, salt, extensions = world.governor.eip712Domain()
    assert (name, version) == (world.governor.name(), world.governor.version()) == ("Walras Governor", "1")
    assert (chain, contract) == (CHAIN, world.governor.address.lower())
    assert (salt, extensions) == (bytes(32), ())
