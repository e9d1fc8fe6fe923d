"""liquidation_price with lots and prices that no order has: no answer is given of numbers that wrapped."""

from dataclasses import replace
from typing import Final

import pytest

from tests.support.engine import OWNER, SETTINGS, EnginePair
from tests.support.oracle import ONE
from tests.support.orders import overflows, reverts
from tests.unit.PerpEngine.test_governance import listing, router_market
from tests.unit.PerpEngine.test_liquidation_price import TOKENS, open_position

UNIT: Final = 100
TAKER: Final = 500
WHOLE: Final = 2**256 - 1
HALF: Final = 2**255


@pytest.mark.parametrize(
    ("lots", "tick"),
    [
        (1, HALF // UNIT + 1),
        (HALF - 1, 0),
        (-(2**200), 0),
        (WHOLE // (UNIT * TAKER), 1),
    ],
    ids=["worth", "lots", "value", "fee"],
)
def test_number_too_large(pair: EnginePair, lots: int, tick: int) -> None:
    account = open_position(pair, 1_000, 300)
    with overflows():
        pair.engine.liquidation_price(account, 0, lots, tick)


def test_worth_without_an_opposite(pair: EnginePair) -> None:
    """Where a lot at a tick is worth one unit it can be -2**255."""
    router_market(pair, 1, 100 * ONE)
    pair.engine.list_market(*listing(pair, lot=10**15, tick=10**15), sender=OWNER)
    assert pair.engine.market(1)[1] == 1
    with overflows():
        pair.engine.liquidation_price(pair.fund(44, TOKENS), 1, -HALF, 1)


@pytest.mark.parametrize(
    ("taker", "held", "lots"), [(0, 0, -1), (1, 0, 1), (0, -10, 1)], ids=["equity", "fee", "mark"]
)
def test_rest_too_large(taker: int, held: int, lots: int) -> None:
    """Of a market whose fee leaves a worth of almost 2**255."""
    pair = EnginePair(settings=replace(SETTINGS, taker_ppm=taker, maker_ppm=0))
    account = open_position(pair, held, 1_000) if held else pair.fund(44, 1_000 * TOKENS)
    with overflows():
        pair.engine.liquidation_price(account, 0, lots, (HALF - 1) // UNIT)


@pytest.mark.parametrize("init", ["5f5ff3", "625f5ffd5f526003601df3"], ids=["no code", "no answer"])
def test_blueprint_of_no_book(pair: EnginePair, init: str) -> None:
    """What it makes is asked for its batch, and says nothing: no market is listed."""
    router_market(pair, 1)
    code = bytes.fromhex("fe7100" + init)
    made = pair.evm.create(bytes.fromhex(f"61{len(code):04x}80600a5f395ff3") + code)
    with overflows():
        pair.engine.list_market(1, made, *listing(pair)[2:], sender=OWNER)
    with reverts("engine: unknown market"):
        pair.engine.market(1)
