"""The constructor: an engine and its collateral, for good."""

import pytest

from tests.support.orders import reverts
from tests.support.traders import STRANGER
from tests.support.triggers import TriggerPair
from walras.devtools.evm import artifact


def deploy(pair: TriggerPair, engine: str, token: str) -> object:
    return pair.evm.deploy(artifact("TriggerOrders"), engine, token)


def test_knows_engine_and_token(pair: TriggerPair) -> None:
    assert pair.contract.engine() == pair.engine.address.lower()
    assert pair.contract.token() == pair.token.address.lower()


def test_engine_is_a_contract(pair: TriggerPair) -> None:
    assert deploy(pair, pair.engine.address, pair.token.address)
    with reverts("triggers: not a contract"):
        deploy(pair, STRANGER, pair.token.address)


def test_token_is_the_engines(pair: TriggerPair) -> None:
    other = pair.evm.deploy(artifact("PlainToken"), 6)
    with reverts("triggers: other token"):
        deploy(pair, pair.engine.address, other.address)


@pytest.mark.parametrize(("decimals", "good"), [(6, True), (18, True)])
def test_token_of_any_decimals(decimals: int, good: bool) -> None:
    pair = TriggerPair(decimals=decimals)
    assert (pair.contract.token() == pair.token.address.lower()) is good


def test_token_is_a_contract(pair: TriggerPair) -> None:
    with reverts("token: not a contract"):
        deploy(pair, pair.engine.address, STRANGER)
