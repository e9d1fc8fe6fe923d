"""liquidation_price: the mark that leaves an account less than its maintenance margin."""

from dataclasses import replace
from fractions import Fraction
from typing import Final

import pytest

from tests.support.engine import SETTINGS, EnginePair
from tests.support.oracle import ONE
from tests.support.orders import reverts
from tests.support.traders import PAR, STRANGER, fill
from walras.model.mark import LOT_PRICE

TOKENS: Final = 10**6


def price_of(pair: EnginePair, account: int, market: int = 0, lots: int = 0, tick: int = 0) -> int:
    """The contract's, which is the model's."""
    found = pair.engine.liquidation_price(account, market, lots, tick)
    assert found == pair.model.liquidation_price(account, market, lots, tick)
    return int(found)


def open_position(pair: EnginePair, lots: int, tokens: int, tick: int = PAR) -> int:
    """Of somebody with so many tokens."""
    account, maker = pair.fund(44, tokens * TOKENS), pair.fund(11, 10**12)
    if lots > 0:
        fill(pair, account, maker, lots, tick)
    else:
        assert pair.buy(maker, -lots, tick, post_only=True) is not None
        assert pair.sell(account, -lots, tick) is not None
        pair.close()
        pair.sync(account)
    return account


def exact(pair: EnginePair, account: int, lots: int) -> Fraction:
    """Where equity is maintenance margin without any rounding, as a lot price."""
    here, mine = pair.model.markets[0], pair.model.account(account)
    position = mine.positions[0]
    owed = Fraction(position.lots * here.index(pair.evm.time) - position.basis, here.one)
    rest = mine.collateral + position.cash - owed
    share = Fraction(here.mark.maintenance_ppm, 10**6)
    return -rest * here.one / (lots - abs(lots) * share)


@pytest.mark.parametrize(("lots", "tokens"), [(1_000, 300), (7, 1), (-1_000, 300), (-7, 1), (12_345, 5_000)])
def test_near_the_exact_one(pair: EnginePair, lots: int, tokens: int) -> None:
    """Rounding is of three token units, over the lots."""
    account = open_position(pair, lots, tokens)
    found = price_of(pair, account)
    slack = Fraction(4 * pair.model.markets[0].one, abs(lots)) * Fraction(100, 97) + 2
    assert abs(found - exact(pair, account, lots)) <= slack
    assert (found < pair.engine.mark(0)[0]) == (lots > 0)


@pytest.mark.parametrize("lots", [1_000, -1_000])
def test_on_the_spot(pair: EnginePair, lots: int) -> None:
    """With the oracle at the price the account is below maintenance; a little on this side it is not."""
    account = open_position(pair, lots, 250)
    pair.advance(3_600)  # no clearing price is remembered
    pair.close()
    pair.sync(account)
    found = price_of(pair, account)
    here = pair.model.markets[0]
    per = Fraction(10**36, here.lot_size * pair.model.token_unit * here.one)  # oracle's price of a lot price
    below = []
    slack = (4 if lots > 0 else -4) * here.one  # of funding, in two minutes
    for at in (found - slack, found + slack):
        pair.say(0, int(at * per))
        pair.advance(61)
        pair.say(0, int(at * per))
        pair.sync(account)
        assert abs(pair.engine.mark(0)[0] - at) <= 4_000
        equity, _, maintenance = pair.engine.margin_of(account)
        below.append(equity < maintenance)
    assert below == [True, False]


def test_exactly_here_and_not_at_the_next(pair: EnginePair) -> None:
    """By the model's margin, at the price and one on from it."""
    for lots in (999, -999):
        own = EnginePair()
        account = open_position(own, lots, 250)
        found = price_of(own, account)
        step = 1 if lots > 0 else -1
        mine = own.model.account(account)
        assert own.model._is_short_at(found, mine, account, 0)
        assert not own.model._is_short_at(found + step, mine, account, 0)


def test_half_of_all_prices(pair: EnginePair) -> None:
    """The short of one lot that has just its margin at 2**71: halving finds the next price a step earlier."""
    pair.begin_with(0, replace(SETTINGS, interest=0, maker_ppm=0, taker_ppm=0))
    maintenance = 26_843_546  # 2.5 % of 2**30 units, rounded up
    account, maker = pair.fund(44, 2**30 + maintenance - 2 * TOKENS), pair.fund(11, 10**12)
    fill(pair, maker, account, 1)
    assert price_of(pair, account) == 2**71 + 1


def test_several_markets() -> None:
    pair = EnginePair((2_000 * ONE, 100 * ONE))
    account, maker = pair.fund(44, 1_000 * TOKENS), pair.fund(11, 10**12)
    fill(pair, account, maker, 2_000)
    alone = price_of(pair, account)
    fill(pair, account, maker, 50_000, 1_000, market=1)
    both = price_of(pair, account), price_of(pair, account, 1)
    assert alone < both[0] < pair.engine.mark(0)[0]
    assert 0 < both[1] < pair.engine.mark(1)[0]


def test_order_that_has_not_filled(pair: EnginePair, maker: int) -> None:
    """As if it filled at its limit with the taker's fee: then it is the price of the position."""
    account = pair.fund(44, 300 * TOKENS)
    for lots in (1_000, -1_000):
        assert price_of(pair, account) == 0
        assert 0 < price_of(pair, account, lots=lots, tick=PAR) < LOT_PRICE
    before = price_of(pair, account, lots=1_000, tick=PAR + 7)
    pair.sell(maker, 1_000, PAR + 7)
    pair.buy(account, 1_000, PAR + 7)
    pair.close()
    pair.sync(account)
    assert abs(price_of(pair, account) - before) < 2**41


def test_builder_is_paid_too(pair: EnginePair) -> None:
    account = pair.fund(44, 300 * TOKENS)
    before = price_of(pair, account, lots=1_000, tick=PAR)
    pair.set_sharing(account, STRANGER, STRANGER, 1_000)
    assert price_of(pair, account, lots=1_000, tick=PAR) > before


def test_closing_and_turning(pair: EnginePair) -> None:
    account = open_position(pair, 1_000, 300)
    assert price_of(pair, account, lots=-1_000, tick=PAR) == 0
    assert price_of(pair, account, lots=-500, tick=PAR) < price_of(pair, account)
    assert price_of(pair, account, lots=-2_000, tick=PAR) > pair.engine.mark(0)[0]


def test_never(pair: EnginePair) -> None:
    """A long that is worth nothing and paid for."""
    rich = open_position(pair, 1_000, 100_000)
    assert price_of(pair, rich) == 0
    assert price_of(pair, rich, lots=-1_001, tick=PAR) == 0  # the highest lot price is 2,147 tokens


def test_always(pair: EnginePair) -> None:
    """Sold for nothing, or bought so dear that no price of this market would do."""
    account = pair.fund(44, 0)
    assert price_of(pair, account, lots=-1, tick=0) == 1
    assert price_of(pair, account, lots=1, tick=2**40) == LOT_PRICE


def test_unknown_market(pair: EnginePair, maker: int) -> None:
    with reverts("engine: unknown market"):
        pair.engine.liquidation_price(maker, 1, 0, 0)
