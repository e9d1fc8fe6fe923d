"""valuation and margin_ratio: what a position cost and is worth, and how far liquidation is."""

from fractions import Fraction
from math import ceil, floor

from tests.support.engine import USDC, EnginePair
from tests.support.oracle import ONE
from tests.support.orders import reverts
from tests.support.traders import LOT_AT_PAR, MAKER, PAR, SCALE, TAKER, UNIT, fill

NEVER = 2**255 - 1


def test_unknown_market_and_no_position(pair: EnginePair, maker: int) -> None:
    with reverts("engine: unknown market"):
        pair.engine.valuation(maker, 1)
    assert pair.engine.valuation(maker, 0) == (0, 0, 0, 0)
    assert pair.engine.margin_ratio(maker) == NEVER


def test_entry_and_profit_by_hand(pair: EnginePair, maker: int, taker: int) -> None:
    """1,000 lots bought at 2,000 and sold by the other: worth what they cost."""
    fill(pair, taker, maker, 1_000)
    long, short = pair.engine.valuation(taker, 0), pair.engine.valuation(maker, 0)
    assert (long[:2], short[:2]) == ((LOT_AT_PAR, 2_000 * USDC), (LOT_AT_PAR, -2_000 * USDC))
    assert long[3] == short[3] == 0
    assert pair.engine.margin_ratio(taker) == pair.engine.margin_of(taker)[0] * 10**6 // (50 * USDC)


def test_entry_is_an_average_rounded_against_the_account(pair: EnginePair, maker: int, taker: int) -> None:
    """3 lots at 20,000 and 4 at 20,001: 140,004 / 7 ticks, which is no whole number."""
    fill(pair, taker, maker, 3)
    fill(pair, taker, maker, 4, PAR + 1)
    average = Fraction((3 * PAR + 4 * (PAR + 1)) * UNIT << SCALE, 7)
    assert average.denominator != 1
    assert pair.engine.valuation(taker, 0)[0] == ceil(average)
    assert pair.engine.valuation(maker, 0)[0] == floor(average)


def test_entry_stays_where_a_part_is_closed(pair: EnginePair, maker: int, taker: int) -> None:
    fill(pair, taker, maker, 10)
    fill(pair, maker, taker, 4, PAR + 5)
    assert pair.engine.valuation(taker, 0)[0] == pair.engine.valuation(maker, 0)[0] == LOT_AT_PAR


def test_value_funding_and_profit_are_what_equity_has(pair: EnginePair, maker: int, taker: int) -> None:
    """Equity = collateral + unrealised profit, to the unit, with funding running and the price elsewhere."""
    fill(pair, taker, maker, 777, PAR + 3)
    pair.say(0, 2_050 * ONE)
    pair.close()
    pair.advance(1_234)
    for account in (maker, taker):
        _, value, owed, profit = pair.engine.valuation(account, 0)
        here, held = pair.model.markets[0], pair.model.account(account).positions[0]
        assert value == floor(Fraction(held.lots * here.mark.mark, here.one))
        assert owed == ceil(Fraction(held.lots * here.index(pair.evm.time) - held.basis, here.one)) != 0
        assert profit == held.cash + value - owed
        equity, _, maintenance = pair.engine.margin_of(account)
        assert equity == pair.engine.collateral(account) + profit
        assert pair.engine.margin_ratio(account) == floor(Fraction(equity * 10**6, maintenance))


def test_ratio_below_one_and_below_nothing(pair: EnginePair) -> None:
    """129 of equity, 50 of maintenance at 2,000. At 1,910 it is 39 of 47.75, at 1,860 less than nothing."""
    poor, rich = pair.fund(TAKER, 130 * USDC), pair.fund(MAKER, 10**6 * USDC)
    fill(pair, poor, rich, 1_000)
    assert pair.engine.margin_ratio(poor) == 129 * USDC * 10**6 // (50 * USDC)
    ratios = []
    for price in (1_910, 1_860):
        pair.say(0, price * ONE)
        pair.close()
        pair.close()
        pair.sync(poor)
        ratios.append(pair.engine.margin_ratio(poor))
    assert 0 < ratios[0] <= 39 * 10**6 * 100 // 4_775  # funding has taken its part
    assert ratios[1] < 0
