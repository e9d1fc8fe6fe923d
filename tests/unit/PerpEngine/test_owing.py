"""owing: in which market an account closed its last position with less than nothing left."""

from dataclasses import replace

import pytest

from tests.support.engine import USDC
from tests.support.waterfall import LONG, PLENTY, RULES, SHORT, Waterfall, owner
from walras.devtools.evm import address


@pytest.fixture
def falls() -> Waterfall:
    """Three markets."""
    return Waterfall((2_000, 2_000, 2_000))


def closed(falls: Waterfall, price: int, market: int) -> int:
    """A long of 10,000 lots with 1,000 dollars, liquidated and sold at a price."""
    long, short = falls.positions(market=market)
    falls.price(price, market)
    falls.act("liquidate", long, market)
    falls.buy(short, 10_000, price * 10, market)
    falls.close(market)
    falls.sync(long)
    assert falls.lots(long, market) == 0
    return long


def test_market_of_the_position(falls: Waterfall) -> None:
    """At 1,890 it ends with 109.45 less than nothing."""
    long = closed(falls, 1_890, 2)
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
