"""Constructors of the engine's parts: all of one token and one router."""

from typing import Final

import pytest

from tests.support.engine import OWNER, EnginePair
from tests.support.oracle import ONE
from tests.support.orders import reverts
from tests.support.traders import STRANGER, fill
from walras.devtools.evm import Contract, Reverted, artifact

CHAIN: Final = ("EngineViews", "EngineSettings", "EngineRelay", "EngineAccounts", "PerpEngine")


def below(pair: EnginePair, name: str) -> str:
    """The part that another hands calls on to."""
    at = pair.engine.address
    for part, link in (
        ("PerpEngine", "accounts"),
        ("EngineAccounts", "relay"),
        ("EngineRelay", "settings"),
        ("EngineSettings", "views"),
    ):
        at = str(getattr(Contract(pair.evm, at, artifact(part).abi), link)())
        if part == name:
            return at
    raise AssertionError(name)


def deploy(
    pair: EnginePair, name: str, token: str, router: str, following: str, auctions: str = ""
) -> Contract:
    """A part."""
    owner = [OWNER] if name == "PerpEngine" else []
    return pair.evm.deploy(
        artifact(name), *owner, token, router, auctions or pair.engine.auctions(), following
    )


def deploy_auctions(pair: EnginePair, token: str, router: str) -> Contract:
    """The part that none hands calls on to."""
    return pair.evm.deploy(artifact("EngineAuctions"), token, router)


@pytest.mark.parametrize("name", CHAIN[2:])
def test_parts_that_differ(pair: EnginePair, name: str) -> None:
    token, router, following = pair.token.address, pair.router.address, below(pair, name)
    other_token = pair.evm.deploy(artifact("PlainToken"), 6).address
    other_router = pair.evm.deploy(artifact("OracleRouter"), OWNER, OWNER, "0x" + 40 * "0", 0).address
    for addresses in ((other_token, router), (token, other_router), (other_token, other_router)):
        with reverts("engine: parts differ"):
            deploy(pair, name, *addresses, following)
    apart = deploy_auctions(pair, other_token, router), deploy_auctions(pair, token, other_router)
    for auctions in apart:
        with reverts("engine: parts differ"):
            deploy(pair, name, token, router, following, auctions.address)
    with pytest.raises(Reverted, match="Revert"):  # it knows no token
        deploy(pair, name, token, router, following, router)
    with reverts("engine: not a contract"):
        deploy(pair, name, token, router, following, STRANGER)
    part = deploy(pair, name, token, router, following)
    part.with_abi(artifact("EngineAccounts").abi)
    assert (part.token(), part.router()) == (token, router)


@pytest.mark.parametrize("name", CHAIN[2:])
def test_parts_that_are_none(pair: EnginePair, name: str) -> None:
    token, router, following = pair.token.address, pair.router.address, below(pair, name)
    with reverts("token: not a contract"):
        deploy(pair, name, STRANGER, router, following)
    for addresses in ((STRANGER, following), (router, STRANGER)):
        with reverts("engine: not a contract"):
            deploy(pair, name, token, *addresses)
    five = pair.evm.deploy(artifact("PlainToken"), 5).address
    with reverts("token: bad decimals"):
        deploy(pair, name, five, router, following)


def test_engine_tells_its_parts(pair: EnginePair) -> None:
    """Each is asked for by the engine's address, and is the one that the part itself names."""
    assert pair.engine.accounts() == below(pair, "PerpEngine")
    assert pair.engine.relay() == below(pair, "EngineAccounts")
    assert pair.engine.settings() == below(pair, "EngineRelay")
    assert pair.engine.views() == below(pair, "EngineSettings")
    assert (pair.engine.token(), pair.engine.router()) == (pair.token.address, pair.router.address)


# ---------------------------------------------------------------- EngineAuctions


def test_auctions_of_a_bad_token(pair: EnginePair) -> None:
    with reverts("token: not a contract"):
        deploy_auctions(pair, STRANGER, pair.router.address)
    for decimals in (5, 19):
        token = pair.evm.deploy(artifact("PlainToken"), decimals).address
        with reverts("token: bad decimals"):
            deploy_auctions(pair, token, pair.router.address)


def test_auctions_tell_their_parts(pair: EnginePair) -> None:
    """And hold nothing themselves, whatever they did for an engine."""
    auctions = pair.engine.auctions()
    code = Contract(pair.evm, auctions, artifact("EngineAuctions").abi)
    assert (code.token(), code.router()) == (pair.token.address, pair.router.address)
    assert [pair.evm.storage(auctions, slot) for slot in range(24)] == [0] * 24


@pytest.mark.parametrize("sender", [OWNER, STRANGER])
def test_auctions_answer_nobody_from_outside(pair: EnginePair, maker: int, taker: int, sender: str) -> None:
    """
    `run` with somebody else's account for the tip is no call of the engine's, nor is `refresh`. At the
    address of the code they find no market.
    """
    fill(pair, taker, maker, 10)
    pair.advance(10)
    code = artifact("EngineAuctions").selectors
    before = (pair.engine.mark(0), pair.engine.funding_of(0))
    for signature, words in (("run(uint256,uint256)", 64), ("refresh(uint256)", 32)):
        with pytest.raises(Reverted, match="Revert"):
            pair.evm.call(sender, pair.engine.address, code[signature] + bytes(words))
    with pytest.raises(Reverted, match="Revert"):
        pair.evm.call(sender, pair.engine.auctions(), code["run(uint256,uint256)"] + bytes(64))
    pair.evm.call(sender, pair.engine.auctions(), code["refresh(uint256)"] + bytes(32))
    assert (pair.engine.mark(0), pair.engine.funding_of(0)) == before
    pair.engine.run_auction(0, sender=sender)
    assert pair.engine.mark(0)[5] == pair.evm.time


def test_two_engines_on_one_code(pair: EnginePair, maker: int, taker: int) -> None:
    """Auctions of one leave nothing for the other, nor in the code itself."""
    twin = pair.evm.deploy(
        artifact("PerpEngine"),
        STRANGER,
        pair.token.address,
        pair.router.address,
        pair.engine.auctions(),
        pair.engine.accounts(),
    )
    twin.with_abi(artifact("EngineViews").abi)
    pair.say(0, 2_010 * ONE)
    fill(pair, taker, maker, 10)
    assert pair.engine.open_interest(0)[2:] == (10, 10)
    with reverts("engine: unknown market"):
        twin.mark(0)
    with reverts("engine: unknown market"):
        twin.run_auction(0)
