"""resolve: stages 4 and 6, for an account without positions that owes."""

import pytest

from tests.support.engine import USDC
from tests.support.waterfall import PLENTY, SHORT, Waterfall, account, named


@pytest.fixture
def owing(falls: Waterfall) -> int:
    """Sold at the mark of 1,890: 100 and a fee of 9.45 are missing."""
    long, short = falls.positions()
    falls.price(1_890)
    falls.act("liquidate", long, 0)
    falls.buy(short, 10_000, 18_900)
    falls.close()
    falls.sync(long, short)
    assert (falls.lots(long), falls.collateral(long)) == (0, -109_450_000)
    return long


def test_fund_pays(falls: Waterfall, owing: int) -> None:
    falls.insure(200 * USDC)
    assert named(falls.act("resolve", owing, 0), "Covered") == [
        {"account": owing, "market": 0, "insured": 109_450_000, "socialised": 0}
    ]
    assert falls.fund.reserve() == 90_550_000
    assert falls.collateral(owing) == 0
    assert falls.engine.gate() == 0
    assert falls.token.balanceOf(falls.liquidator.address) == 0
    assert falls.token.allowance(falls.liquidator.address, falls.engine.address) == 0
    falls.check_money(0)


def test_positions_bear_the_rest(falls: Waterfall, owing: int) -> None:
    """49.45 over the 100 lots of either side: 24.725 each."""
    falls.insure(60 * USDC)
    first, second = falls.fund_account(0x44, PLENTY), falls.fund_account(0x55, PLENTY)
    falls.trade(first, second, 100, 18_900)
    before = falls.equity(first), falls.equity(second)
    (event,) = named(falls.act("resolve", owing, 0), "Covered")
    assert (event["insured"], event["socialised"]) == (60 * USDC, 49_450_000)
    assert before[0] - falls.equity(first) == before[1] - falls.equity(second) == 24_725_000
    assert falls.engine.bad_debt() == 0
    falls.check_money()


def test_without_positions_it_is_recorded(falls: Waterfall, owing: int) -> None:
    falls.act("resolve", owing, 0)
    assert falls.engine.bad_debt() == 109_450_000
    assert falls.collateral(owing) == 0
    falls.check_money(0)


def test_its_orders_are_cancelled(falls: Waterfall) -> None:
    """In every market."""
    falls.open_market(2_000)
    long, short = falls.positions(1_010 * USDC)
    falls.buy(long, 10, 18_000, 1)
    falls.price(1_880)
    falls.act("liquidate", long, 0)
    falls.buy(short, 10_000, 18_800)
    falls.close()
    falls.sync(long, short)
    assert (falls.lots(long), len(falls.orders(long, 1))) == (0, 1)
    falls.close(1)
    falls.act("resolve", long, 0)
    assert (falls.orders(long, 1), list(falls.engine.markets_of(long))) == ([], [])
    assert falls.collateral(long) == 0


def test_orders_of_a_batch_that_is_over_wait_for_its_auction(falls: Waterfall) -> None:
    falls.open_market(2_000)
    long, short = falls.positions(1_010 * USDC)
    falls.buy(long, 10, 18_000, 1)
    falls.price(1_880)
    falls.act("liquidate", long, 0)
    falls.buy(short, 10_000, 18_800)
    falls.close()
    falls.sync(long, short)
    falls.wait(1)
    assert falls.refuses("resolve", long, 0) == "liquidation: no deficit"
    falls.close(1)
    assert falls.refuses("resolve", long, 0) == ""


def test_no_deficit(falls: Waterfall, owing: int) -> None:
    falls.act("resolve", owing, 0)
    assert falls.refuses("resolve", owing, 0) == "liquidation: no deficit"
    assert falls.refuses("resolve", account(SHORT), 0) == "liquidation: no deficit"
    assert falls.refuses("resolve", owing, 9) == "liquidation: another market"


def test_with_a_position_left(falls: Waterfall) -> None:
    long, _ = falls.positions()
    falls.price(1_890)
    assert falls.refuses("resolve", long, 0) == "liquidation: no deficit"


def test_another_market_bears_nothing(falls: Waterfall, owing: int) -> None:
    """Before, whoever called chose whose insurance and whose positions were to pay."""
    falls.open_market(2_000)
    assert falls.refuses("resolve", owing, 1) == "liquidation: another market"
    assert falls.refuses("resolve", owing, 0) == ""


def test_unknown_market(falls: Waterfall) -> None:
    assert falls.refuses("resolve", account(0x99), 9) == "engine: unknown market"


def test_health_tells(falls: Waterfall, owing: int) -> None:
    assert falls.stages(owing)[0] & 8
    falls.act("resolve", owing, 0)
    assert falls.stages(owing) == [0]
