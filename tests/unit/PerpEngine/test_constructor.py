"""Constructors of PerpEngine and of the parts whose code it runs."""

import pytest

from tests.support.engine import OWNER, PARTS, EnginePair, deploy_engine
from tests.support.orders import reverts
from tests.support.traders import STRANGER
from walras.devtools.evm import Contract, artifact


def test_new_engine(pair: EnginePair) -> None:
    engine = pair.engine
    assert len(pair.evm.code(engine.auctions())) > 0
    assert (engine.owner(), engine.token(), engine.tracked()) == (OWNER, pair.token.address, 0)
    for part in (engine.accounts(), engine.relay(), engine.settings()):
        assert len(pair.evm.code(part)) > 0
    assert engine.router() == pair.router.address
    assert len(pair.evm.code(engine.views())) > 0


def successors(pair: EnginePair) -> dict[str, str]:
    """Each part, and the address of the next one."""
    engine = pair.engine
    return {
        "PerpEngine": engine.accounts(),
        "EngineAccounts": engine.relay(),
        "EngineRelay": engine.settings(),
        "EngineSettings": engine.views(),
    }


def deploy(pair: EnginePair, name: str, *addresses: str) -> Contract:
    """A part, with the engine's own EngineAuctions; the engine itself gets an owner."""
    token, router, following = addresses
    first = (OWNER,) if name == "PerpEngine" else ()
    auctions = (pair.engine.auctions(),) if name != "EngineSettings" else ()
    return pair.evm.deploy(artifact(name), *first, token, router, *auctions, following)


@pytest.mark.parametrize("name", PARTS[:-1])
def test_parts_ask_for_contracts(pair: EnginePair, name: str) -> None:
    token, router, next_ = pair.token.address, pair.router.address, successors(pair)[name]
    with reverts("token: not a contract"):
        deploy(pair, name, STRANGER, router, next_)
    for addresses in ((token, STRANGER, next_), (token, router, STRANGER)):
        with reverts("engine: not a contract"):
            deploy(pair, name, *addresses)
    deploy(pair, name, token, router, next_)


@pytest.mark.parametrize("name", PARTS[:-2])
def test_parts_are_of_one_token_and_router(pair: EnginePair, name: str) -> None:
    token, router, next_ = pair.token.address, pair.router.address, successors(pair)[name]
    with reverts("engine: parts differ"):
        deploy(pair, name, pair.evm.deploy(artifact("PlainToken"), 6).address, router, next_)
    with reverts("engine: parts differ"):
        deploy(pair, name, token, token, next_)


@pytest.mark.parametrize("name", PARTS[:-1])
def test_decimals_of_the_token(pair: EnginePair, name: str) -> None:
    for decimals in (5, 19):
        token = pair.evm.deploy(artifact("PlainToken"), decimals).address
        with reverts("token: bad decimals"):
            deploy(pair, name, token, pair.router.address, successors(pair)[name])


@pytest.mark.parametrize("decimals", [6, 18])
def test_decimals_that_will_do(pair: EnginePair, decimals: int) -> None:
    token = pair.evm.deploy(artifact("PlainToken"), decimals).address
    engine = deploy_engine(pair.evm, OWNER, token, pair.router.address)
    assert engine.token() == token
