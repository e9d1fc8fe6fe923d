"""Constructors of the engine's parts: all of one token and one router."""

from typing import Final

import pytest

from tests.support.engine import OWNER, EnginePair
from tests.support.orders import reverts
from tests.support.traders import STRANGER
from walras.devtools.evm import Contract, artifact

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


def deploy(pair: EnginePair, name: str, token: str, router: str, following: str) -> Contract:
    """A part."""
    owner = [OWNER] if name == "PerpEngine" else []
    return pair.evm.deploy(artifact(name), *owner, token, router, following)


@pytest.mark.parametrize("name", CHAIN[2:])
def test_parts_that_differ(pair: EnginePair, name: str) -> None:
    token, router, following = pair.token.address, pair.router.address, below(pair, name)
    other_token = pair.evm.deploy(artifact("PlainToken"), 6).address
    other_router = pair.evm.deploy(artifact("OracleRouter"), OWNER, OWNER, "0x" + 40 * "0", 0).address
    for addresses in ((other_token, router), (token, other_router), (other_token, other_router)):
        with reverts("engine: parts differ"):
            deploy(pair, name, *addresses, following)
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
