"""propose: who may, what fits, and the id."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.governance import (
    DAY,
    FOUNDATION,
    NOBODY,
    ONE,
    PROPOSER,
    STRANGER,
    WHALE,
    Proposal,
    State,
    World,
)
from tests.support.orders import reverts
from walras.devtools.evm import Event, Reverted, artifact

MIXED = "0xAbCdEf0123456789aBcDeF0123456789ABCDEF01"


def sized(world: World, count: int = 1, size: int = 4, text: str = "Words") -> Proposal:
    """So many calls of so much data."""
    return Proposal([world.token.address] * count, [0] * count, [b"\x01" * size] * count, text)


def test_log_and_state(world: World) -> None:
    proposal = world.raise_cap()
    number = world.propose(proposal)
    now = world.evm.time
    assert world.governor.events() == [
        Event(
            "ProposalCreated",
            {
                "proposalId": number,
                "proposer": PROPOSER.lower(),
                "targets": (world.fund.address.lower(),) * 2,
                "values": (0, 0),
                "signatures": ("", ""),
                "calldatas": tuple(proposal.calldatas),
                "voteStart": now + DAY,
                "voteEnd": now + 6 * DAY,
                "description": "Raise a cap",
            },
        )
    ]
    assert world.governor.proposalSnapshot(number) == now + DAY
    assert world.governor.proposalDeadline(number) == now + 6 * DAY
    assert world.governor.proposalProposer(number) == PROPOSER.lower()
    assert world.governor.proposalEta(number) == 0
    assert world.governor.proposalNeedsQueuing(number) is True
    assert world.governor.proposalVotes(number) == (0, 0, 0)
    assert world.state(number) == State.PENDING


@pytest.mark.parametrize("count", [1, 2, 31, 32])
@pytest.mark.parametrize("size", [0, 1, 32, 33, 1_024])
def test_id_is_the_hash_of_the_words(world: World, count: int, size: int) -> None:
    """OpenZeppelin: uint256(keccak256(abi.encode(targets, values, calldatas, descriptionHash)))."""
    proposal = sized(world, count, size)
    types = ["address[]", "uint256[]", "bytes[]", "bytes32"]
    expected = int.from_bytes(keccak(encode(types, list(proposal.hashed))))
    assert world.governor.hashProposal(*proposal.hashed) == expected
    assert world.governor.getProposalId(*proposal.hashed) == expected
    assert world.propose(proposal) == expected


def test_unknown(world: World) -> None:
    assert world.governor.proposalSnapshot(1) == world.governor.proposalDeadline(1) == 0
    assert world.governor.proposalProposer(1) == NOBODY
    with reverts("governor: unknown proposal"):
        world.governor.state(1)


def test_threshold(world: World) -> None:
    """The proposer has 10,000 votes, which is it."""
    assert world.governor.getVotes(PROPOSER, world.evm.time - 1) == world.governor.proposalThreshold()
    assert world.state(world.propose(world.raise_cap())) == State.PENDING


def test_one_vote_short(world: World) -> None:
    world.token.transfer(STRANGER, 1, sender=PROPOSER)
    world.advance(1)
    with reverts("governor: too few votes"):
        world.propose(world.raise_cap())


def test_tokens_without_a_delegate_do_not_count(world: World) -> None:
    with reverts("governor: too few votes"):
        world.propose(world.raise_cap(), sender=FOUNDATION)


def test_votes_of_this_second_do_not_count(world: World) -> None:
    world.give(STRANGER, 10_000 * ONE)
    world.token.delegate(STRANGER, sender=STRANGER)
    with reverts("governor: too few votes"):
        world.propose(world.raise_cap(), sender=STRANGER)
    world.advance(1)
    assert world.state(world.propose(world.raise_cap(), sender=STRANGER)) == State.PENDING


def test_contract_proposes_with_its_own_votes(world: World) -> None:
    """Not with those of who sent the transaction."""
    caller = world.evm.deploy(artifact("PayingCaller"), foreign=True)
    data = world.governor.encode("propose", *world.raise_cap().words)
    with reverts("governor: too few votes"):
        caller.forward(world.governor.address, data, sender=WHALE)


def test_twice(world: World) -> None:
    world.propose(world.raise_cap())
    with reverts("governor: already proposed"):
        world.propose(world.raise_cap(), sender=WHALE)
    assert world.propose(world.raise_cap(description="Again"), sender=WHALE)


def test_again_after_defeat(world: World) -> None:
    world.close(world.open(world.raise_cap()))
    with reverts("governor: already proposed"):
        world.propose(world.raise_cap())


@pytest.mark.parametrize("lengths", [(0, 0, 0), (1, 0, 1), (1, 1, 0), (1, 2, 2), (2, 1, 2), (2, 2, 1)])
def test_lengths(world: World, lengths: tuple[int, int, int]) -> None:
    targets, values, calldatas = lengths
    proposal = Proposal([STRANGER] * targets, [0] * values, [b""] * calldatas)
    with reverts("governor: bad lengths"):
        world.propose(proposal)


@pytest.mark.parametrize("count", [33, 40])
def test_too_many_actions(world: World, count: int) -> None:
    with reverts("governor: too many actions"):
        world.propose(sized(world, count))


@pytest.mark.parametrize("size", [1_025, 1_536])
def test_calldata_too_long(world: World, size: int) -> None:
    proposal = Proposal([STRANGER] * 2, [0] * 2, [b"", b"\x01" * size])
    with reverts("governor: calldata too long"):
        world.propose(proposal)


def test_longest_description(world: World) -> None:
    assert world.propose(sized(world, text="x" * 16_384))


@pytest.mark.parametrize("length", [16_385, 20_480])
def test_description_too_long(world: World, length: int) -> None:
    with reverts("governor: description too long"):
        world.propose(sized(world, text="x" * length))


@pytest.mark.parametrize("form", [(41, 4, 5), (1, 1_537, 5), (1, 4, 20_481)])
def test_what_cannot_be_decoded_reverts_without_a_reason(world: World, form: tuple[int, int, int]) -> None:
    count, size, length = form
    with pytest.raises(Reverted) as error:
        world.propose(sized(world, count, size, "x" * length))
    assert "governor" not in str(error.value)


# ---------------------------------------------------------------- #proposer=


@pytest.mark.parametrize("before", ["", "Raise a cap "])
def test_named_proposer(world: World, before: str) -> None:
    assert world.propose(sized(world, text=f"{before}#proposer={PROPOSER}"))


@pytest.mark.parametrize("style", [str.lower, lambda text: "0x" + text[2:].upper()])
def test_named_proposer_in_any_case(world: World, style: object) -> None:
    assert callable(style)
    world.give(MIXED, 10_000 * ONE)
    world.token.delegate(MIXED, sender=MIXED)
    world.advance(1)
    for text in (MIXED, style(MIXED)):
        with reverts("governor: other proposer"):
            world.propose(sized(world, text=f"Words #proposer={text}"))
        assert world.propose(sized(world, text=f"Words #proposer={text}"), sender=MIXED)


@pytest.mark.parametrize("at", [0, 1, 20, 38, 39])
def test_another_proposer_by_one_digit(world: World, at: int) -> None:
    digits = list(PROPOSER[2:])
    digits[at] = "b" if digits[at] == "a" else "a"
    with reverts("governor: other proposer"):
        world.propose(sized(world, text=f"#proposer=0x{''.join(digits)}"))


@pytest.mark.parametrize(
    "text",
    [
        f"#proposer={WHALE} ",
        f"#proposer={WHALE[:-1]}",
        f"#proposer={WHALE}0",
        f"#proposer={WHALE[:-1]}g",
        f"#proposer={WHALE[:-1]}G",
        f"#proposer={WHALE[:-1]}/",
        f"#proposer={WHALE[:-1]}:",
        f"#proposer={WHALE[:-1]}@",
        f"#proposer={WHALE[:-1]}`",
        f"#proposer=0X{WHALE[2:]}",
        f"#Proposer={WHALE}",
        f"proposer={WHALE}",
        f"#proposer {WHALE}",
        "#proposer=",
    ],
)
def test_what_names_nobody_is_free_to_all(world: World, text: str) -> None:
    assert world.propose(sized(world, text=text))
