"""set_engine and set_draw_cap: the owner's two rights."""

import pytest

from tests.support.insurance import MARKET, NOBODY, ONE, OTHER_MARKET, OWNER, SAVER, STRANGER, FundPair
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


# ---------------------------------------------------------------- steps, while there are shares

DAY = 86_400
STEP = 100_000 * ONE


def test_cap_rises_by_steps(full: FundPair) -> None:
    """From 0 by 100,000 tokens, from 300,000 by half; it falls freely, also on the day of a rise."""
    assert full.set_draw_cap(MARKET, 0) is None
    assert full.set_draw_cap(MARKET, STEP + 1) == "fund: step too large"
    assert full.set_draw_cap(MARKET, STEP) is None
    assert full.fund.cap_raised_at(MARKET) == full.evm.time
    assert full.set_draw_cap(MARKET, 0) is None
    full.evm.time += DAY - 1
    assert full.set_draw_cap(MARKET, 1) == "fund: too soon"
    assert full.set_draw_cap(OTHER_MARKET, 1) is None
    full.evm.time += 1
    assert full.set_draw_cap(MARKET, 1) is None


def test_cap_rises_by_half(pair: FundPair) -> None:
    """Free while nobody has a share."""
    assert pair.set_draw_cap(MARKET, 0) is None
    assert pair.set_draw_cap(MARKET, 3 * STEP) is None
    assert pair.fund.cap_raised_at(MARKET) == 0
    pair.stake(ONE, SAVER)
    assert pair.set_draw_cap(MARKET, 9 * STEP // 2 + 1) == "fund: step too large"
    assert pair.set_draw_cap(MARKET, 9 * STEP // 2) is None


def test_step_is_of_what_is_left(full: FundPair) -> None:
    """50 tokens were drawn: so much more than a step is allowed, and no more where the cap was below that."""
    full.draw(50 * ONE)
    assert full.set_draw_cap(MARKET, 10 * ONE) is None
    assert full.set_draw_cap(MARKET, 50 * ONE + STEP + 1) == "fund: step too large"
    assert full.set_draw_cap(MARKET, 50 * ONE + STEP) is None
    assert full.fund.draw_capacity(MARKET) <= STEP


@pytest.mark.parametrize("decimals", [6, 18])
def test_step_is_of_whole_tokens(decimals: int) -> None:
    pair = FundPair(cap=0, decimals=decimals)
    pair.stake(10**decimals, SAVER)
    assert pair.set_draw_cap(MARKET, 10**decimals * 100_000 + 1) == "fund: step too large"
    assert pair.set_draw_cap(MARKET, 10**decimals * 100_000) is None
