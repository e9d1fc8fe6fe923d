"""set_engine and set_draw_cap: the owner's two rights."""

import pytest

from tests.support.insurance import MARKET, NOBODY, ONE, OWNER, SAVER, STRANGER, FundPair
from tests.support.orders import reverts
from walras.devtools.evm import artifact
from walras.model.insurance import MAX_AMOUNT


@pytest.fixture
def bare() -> FundPair:
    """A fund without an engine."""
    return FundPair(engine=False)


def test_engine(bare: FundPair) -> None:
    assert bare.set_engine(bare.engine.address) is None
    assert bare.fund.engine() == bare.engine.address.lower()
    bare.check()


def test_engine_twice(pair: FundPair) -> None:
    assert pair.set_engine(pair.engine.address) == "fund: engine is set"
    assert pair.set_engine(pair.token.address) == "fund: engine is set"


@pytest.mark.parametrize("engine", [NOBODY, STRANGER])
def test_engine_is_no_contract(bare: FundPair, engine: str) -> None:
    assert bare.set_engine(engine, is_contract=False) == "fund: engine not a contract"


def test_engine_by_another(bare: FundPair) -> None:
    for caller in (STRANGER, SAVER):
        with reverts("ownable: caller is not the owner"):
            bare.fund.set_engine(bare.engine.address, sender=caller)


def test_cap(pair: FundPair) -> None:
    assert pair.set_draw_cap(MARKET, 7) is None
    pair.check()
    assert pair.set_draw_cap(MARKET, MAX_AMOUNT) is None
    pair.check()


def test_cap_over_the_bound(pair: FundPair) -> None:
    assert pair.set_draw_cap(MARKET, MAX_AMOUNT + 1) == "fund: amount too large"
    assert pair.set_draw_cap(MARKET, 2**256 - 1) == "fund: amount too large"


def test_cap_below_what_was_drawn(full: FundPair) -> None:
    full.draw(50 * ONE)
    for cap in (50 * ONE, 50 * ONE - 1, 0):
        full.set_draw_cap(MARKET, cap)
        assert full.fund.draw_capacity(MARKET) == 0
    full.set_draw_cap(MARKET, 50 * ONE + 1)
    assert full.fund.draw_capacity(MARKET) == 1


def test_cap_by_another(pair: FundPair) -> None:
    with reverts("ownable: caller is not the owner"):
        pair.fund.set_draw_cap(MARKET, 7, sender=STRANGER)


def test_owner_is_who_calls(bare: FundPair) -> None:
    """Not who sent the transaction."""
    caller = bare.evm.deploy(artifact("PayingCaller"))
    for call in (
        bare.fund.encode("set_engine", bare.engine.address),
        bare.fund.encode("set_draw_cap", MARKET, 1),
    ):
        with reverts("ownable: caller is not the owner"):
            caller.forward(bare.fund.address, call, sender=OWNER)
