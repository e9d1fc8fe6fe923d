"""Constructors of PerpEngine and EngineSettings."""

from tests.support.engine import OWNER, EnginePair
from tests.support.orders import reverts
from tests.support.traders import STRANGER
from walras.devtools.evm import DEPLOYER, artifact


def test_new_engine(pair: EnginePair) -> None:
    engine = pair.engine
    assert (engine.owner(), engine.token(), engine.tracked()) == (OWNER, pair.token.address, 0)
    assert len(pair.evm.code(engine.settings())) > 0
    assert len(pair.evm.code(engine.views())) > 0


def test_engine_asks_for_contracts(pair: EnginePair) -> None:
    token, router, settings = pair.token.address, pair.router.address, pair.engine.settings()
    with reverts("token: not a contract"):
        pair.evm.deploy(artifact("PerpEngine"), OWNER, STRANGER, router, settings)
    for addresses in ((token, STRANGER, settings), (token, router, STRANGER)):
        with reverts("engine: not a contract"):
            pair.evm.deploy(artifact("PerpEngine"), OWNER, *addresses)
    pair.evm.deploy(artifact("PerpEngine"), OWNER, token, router, settings)


def test_settings_ask_for_contracts(pair: EnginePair) -> None:
    token, router, views = pair.token.address, pair.router.address, pair.engine.views()
    with reverts("token: not a contract"):
        pair.evm.deploy(artifact("EngineSettings"), STRANGER, router, views)
    for addresses in ((token, STRANGER, views), (token, router, STRANGER)):
        with reverts("engine: not a contract"):
            pair.evm.deploy(artifact("EngineSettings"), *addresses)
    pair.evm.deploy(artifact("EngineSettings"), token, router, views)


def test_decimals_of_the_token(pair: EnginePair) -> None:
    router, settings, views = pair.router.address, pair.engine.settings(), pair.engine.views()
    for decimals in (5, 19):
        token = pair.evm.deploy(artifact("PlainToken"), decimals).address
        with reverts("token: bad decimals"):
            pair.evm.deploy(artifact("PerpEngine"), DEPLOYER, token, router, settings)
        with reverts("token: bad decimals"):
            pair.evm.deploy(artifact("EngineSettings"), token, router, views)
    for decimals in (6, 18):
        token = pair.evm.deploy(artifact("PlainToken"), decimals).address
        pair.evm.deploy(artifact("PerpEngine"), DEPLOYER, token, router, settings)
