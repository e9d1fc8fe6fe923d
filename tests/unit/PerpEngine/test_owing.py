"""owing: which market's trades took most of what an account has not."""

from dataclasses import replace

import pytest

from tests.support.engine import USDC
from tests.support.waterfall import LONG, PLENTY, RULES, SHORT, STRANGER, Waterfall, owner
from walras.devtools.evm import address


@pytest.fixture
def falls() -> Waterfall:
    """Three markets."""
    return Waterfall((2_000, 2_000, 2_000))


def closed(falls: Waterfall, price: int, market: int, by_sweep: bool = False) -> int:
    """A long of 10,000 lots with 1,000 dollars, liquidated and sold at a price; and settled."""
    long, short = falls.positions(market=market)
    falls.price(price, market)
    falls.act("liquidate", long, market)
    falls.buy(short, 10_000, price * 10, market)
    falls.close(market)
    if by_sweep:
        falls.engine.sweep(long, market, [], sender=STRANGER)
    falls.sync(long)
    assert falls.lots(long, market) == 0
    return long


@pytest.mark.parametrize("by_sweep", [False, True])
def test_market_of_the_position(falls: Waterfall, by_sweep: bool) -> None:
    """At 1,890 it ends with 109.45 less than nothing, whoever settles it."""
    long = closed(falls, 1_890, 2, by_sweep)
    assert falls.collateral(long) == -109_450_000
    assert falls.engine.owing(long) == 2


def test_who_owes_nothing(falls: Waterfall) -> None:
    """At 1,930 it ends with something."""
    long = closed(falls, 1_930, 2)
    assert falls.collateral(long) > 0
    assert falls.engine.owing(long) == 0


def test_what_a_builder_takes_counts() -> None:
    """Nothing is left at 1,900; 0.1 % of 19,000 come after the position was closed."""
    falls = Waterfall((2_000, 2_000), rules=replace(RULES, taker_ppm=0, maker_ppm=0))
    long, short = falls.fund_account(LONG, 1_000 * USDC), falls.fund_account(SHORT, PLENTY)
    falls.trade(long, short, 10_000, market=1)
    builder = address(0xB1)
    falls.engine.set_sharing(long, "0x" + 40 * "0", builder, 1_000, sender=owner(long))
    falls.accounts |= {int(builder, 16) << 8}
    falls.price(1_900, 1)
    falls.act("liquidate", long, 1)
    falls.buy(short, 10_000, 19_000, 1)
    falls.close(1)
    falls.sync(long)
    assert (falls.lots(long, 1), falls.collateral(long)) == (0, -19 * USDC)
    assert falls.engine.owing(long) == 1


def test_dust_that_is_closed_later(falls: Waterfall) -> None:
    """It takes less than what took most."""
    long, short = falls.positions(market=2)
    falls.trade(short, falls.fund_account(0x55, PLENTY), 1, market=1)
    falls.credit(long, 200_000)
    falls.trade(long, short, 1, market=1)
    falls.price(1_890, 2)
    falls.say(2_000, 1)
    for market, tick, lots in ((2, 18_900, 10_000), (1, 20_000, 1)):
        falls.act("liquidate", long, market)
        falls.buy(short, lots, tick, market)
        falls.close(market)
        falls.sync(long)
    assert (falls.lots(long, 1), falls.lots(long, 2)) == (0, 0)
    assert falls.engine.owing(long) == 2


def test_what_took_more_later(falls: Waterfall) -> None:
    """A lot that is closed first leaves a cent to owe; what took 109 after it bears all."""
    long, short = falls.positions(1_010 * USDC, market=2)
    falls.trade(long, short, 1, market=1)
    falls.price(1_885, 2)
    falls.say(2_000, 1)
    falls.take(long, falls.collateral(long))
    for market, tick, lots in ((1, 20_000, 1), (2, 18_850, 10_000)):
        falls.act("liquidate", long, market)
        falls.buy(short, lots, tick, market)
        falls.close(market)
        falls.sync(long)
        assert falls.collateral(long) < 0
        assert falls.engine.owing(long) == market


def test_what_was_made_good_counts_no_more(falls: Waterfall) -> None:
    """109 in market 2, paid; then less in market 1."""
    long = closed(falls, 1_890, 2)
    falls.credit(long, 109_450_000 + 100 * USDC + 1_000_000)
    short = falls.fund_account(SHORT, PLENTY)
    falls.trade(long, short, 900, market=1)
    falls.price(1_885, 1)
    falls.act("liquidate", long, 1)
    falls.buy(short, 900, 18_850, 1)
    falls.close(1)
    falls.sync(long)
    assert -109_450_000 < falls.collateral(long) < 0
    assert falls.engine.owing(long) == 1


def test_fills_that_cancel_out(falls: Waterfall) -> None:
    """Bought and sold between two settlements, a tick apart: the fees are more than that, and market 2's."""
    falls = Waterfall((2_000, 2_000, 2_000), rules=replace(RULES, maker_ppm=500))
    long, short = falls.fund_account(LONG, 1_020 * USDC), falls.fund_account(SHORT, PLENTY)
    falls.trade(long, short, 9_000, market=1)
    falls.say(2_000, 2)
    falls.buy(long, 400, 20_000, 2)
    falls.sell(long, 400, 20_001, 2)
    falls.price(1_888.7, 1)
    falls.act("liquidate", long, 1)
    falls.say(2_000, 2)
    falls.buy(short, falls.pending(long, 1)[0], 18_950, 1)
    falls.close(1)
    falls.sync(long)
    falls.act("collect", long, 1)
    assert (falls.lots(long, 1), falls.collateral(long) >= 0) == (0, True)
    falls.sell(short, 400, 20_000, 2)
    falls.close(2)
    falls.buy(short, 400, 20_001, 2)
    falls.close(2)
    falls.sync(long)
    assert (falls.lots(long, 2), falls.collateral(long) < 0) == (0, True)
    assert falls.engine.owing(long) == 2
