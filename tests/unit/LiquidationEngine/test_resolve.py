"""resolve: stages 4 and 6, for an account without positions that owes."""

import pytest

from tests.support.engine import USDC
from tests.support.waterfall import PLENTY, SHORT, Waterfall, account, named
from walras.devtools.evm import artifact


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
    assert named(falls.act("resolve", owing), "Covered") == [
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
    (event,) = named(falls.act("resolve", owing), "Covered")
    assert (event["insured"], event["socialised"]) == (60 * USDC, 49_450_000)
    assert before[0] - falls.equity(first) == before[1] - falls.equity(second) == 24_725_000
    assert falls.engine.bad_debt() == 0
    falls.check_money()


def test_without_positions_it_is_recorded(falls: Waterfall, owing: int) -> None:
    falls.act("resolve", owing)
    assert falls.engine.bad_debt() == 109_450_000
    assert falls.collateral(owing) == 0
    falls.check_money(0)


def test_fund_that_fails_stops_nothing(falls: Waterfall, owing: int) -> None:
    """As one that has nothing: it has forgotten its engine here, and refuses."""
    falls.insure(200 * USDC)
    slot = artifact("InsuranceFund").layout["storage_layout"]["engine"]["slot"]
    falls.evm.write(falls.fund.address, slot, 0)
    (event,) = named(falls.act("resolve", owing), "Covered")
    assert (event["insured"], event["socialised"]) == (0, 109_450_000)
    assert (falls.collateral(owing), falls.engine.bad_debt()) == (0, 109_450_000)


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
    falls.act("resolve", long)
    assert (falls.orders(long, 1), list(falls.engine.markets_of(long))) == ([], [])
    assert falls.collateral(long) == 0


def test_orders_of_batches_and_of_a_continuous_market(falls: Waterfall) -> None:
    """Where there is no batch nothing has to be waited for."""
    falls.open_market(2_000)
    falls.open_market(2_000, interval=0)
    long, short = falls.positions(1_020 * USDC)
    for market in (1, 2):
        falls.buy(long, 10, 18_000, market)
    falls.price(1_880)
    falls.act("liquidate", long, 0)
    falls.buy(short, 10_000, 18_800)
    falls.close()
    falls.sync(long, short)
    assert list(falls.engine.markets_of(long)) == [2, 1]
    falls.act("resolve", long)
    assert (falls.orders(long, 1), falls.orders(long, 2)) == ([], [])
    assert (falls.collateral(long), list(falls.engine.markets_of(long))) == (0, [])


def test_auction_of_a_batch_that_is_over_is_run_first(falls: Waterfall) -> None:
    """In the other market; its order cannot leave before."""
    falls.open_market(2_000)
    long, short = falls.positions(1_010 * USDC)
    falls.buy(long, 10, 18_000, 1)
    falls.price(1_880)
    falls.act("liquidate", long, 0)
    falls.buy(short, 10_000, 18_800)
    falls.close()
    falls.sync(long, short)
    falls.wait(1)
    assert falls.engine.mark(1)[6] <= falls.evm.time
    assert falls.refuses("resolve", long) == ""
    falls.act("resolve", long)
    assert falls.engine.mark(1)[6] > falls.evm.time
    assert (falls.orders(long, 1), falls.collateral(long)) == ([], 0)


def test_batch_that_ends_this_second_stops_no_other_stage(falls: Waterfall) -> None:
    """Its order cannot leave any more, so that the deficit waits for its auction."""
    falls.open_market(2_000)
    long, short = falls.positions(1_010 * USDC)
    falls.buy(long, 10, 18_000, 1)
    falls.price(1_880)
    falls.act("liquidate", long, 0)
    falls.buy(short, 10_000, 18_800)
    falls.close()
    falls.close(1)
    falls.evm.time = falls.engine.mark(1)[6]
    events = falls.act("collect", long, 0)
    assert (len(named(events, "Collected")), named(events, "Covered")) == (1, [])
    assert (falls.collateral(long) < 0, len(falls.orders(long, 1))) == (True, 1)
    falls.act("resolve", long)
    assert (falls.collateral(long), falls.orders(long, 1)) == (0, [])


def test_position_that_such_an_auction_opens(falls: Waterfall) -> None:
    """Then there is a position left, for the stages before."""
    falls.open_market(2_000)
    long, short = falls.positions(1_010 * USDC)
    falls.buy(long, 10, 18_000, 1)
    falls.price(1_880)
    falls.act("liquidate", long, 0)
    falls.buy(short, 10_000, 18_800)
    falls.close()
    falls.sync(long, short)
    falls.sell(short, 10, 18_000, 1)
    falls.wait(1)
    assert falls.refuses("resolve", long) == "liquidation: no deficit"


def test_no_deficit(falls: Waterfall, owing: int) -> None:
    falls.act("resolve", owing)
    assert falls.refuses("resolve", owing) == "liquidation: no deficit"
    assert falls.refuses("resolve", account(SHORT)) == "liquidation: no deficit"
    assert falls.refuses("resolve", account(0x99)) == "liquidation: no deficit"


def test_with_a_position_left(falls: Waterfall) -> None:
    long, _ = falls.positions()
    falls.price(1_890)
    assert falls.refuses("resolve", long) == "liquidation: no deficit"


def test_market_of_the_last_position_bears_it(falls: Waterfall) -> None:
    """Whoever called chose who was to pay, where the account had never been liquidated."""
    falls.open_market(2_000)
    long, short = falls.positions(2_100 * USDC)
    falls.trade(long, short, 10_000, market=1)
    falls.price(1_800)
    falls.sell(long, 10_000, 18_000, reduce_only=True)
    falls.buy(short, 10_000, 18_000)
    falls.close()
    falls.sync(long, short)
    assert (falls.lots(long), falls.collateral(long) > 0) == (0, True)
    falls.price(1_980, 1)
    falls.act("liquidate", long, 1)
    falls.buy(short, 10_000, 19_800, 1)
    falls.close(1)
    falls.sync(long)
    assert falls.collateral(long) < 0
    assert falls.engine.owing(long) == 1
    assert named(falls.act("collect", long, 1), "Covered")[0]["market"] == 1


def test_penalty_that_is_held_elsewhere_comes_first(falls: Waterfall) -> None:
    """It is the account's until the order's outcome is known, so that others do not pay for it."""
    falls.open_market(2_000)
    falls.arm_backstop()
    long, short = falls.positions(2_020 * USDC)
    falls.trade(long, short, 10_000, market=1)
    falls.price(1_830)
    falls.act("liquidate", long, 0)
    held = falls.pending(long)[2]
    falls.buy(short, 10_000, 18_300)
    falls.close()
    falls.price(1_900, 1)
    falls.act("take_over", long, 1, 10_000)
    assert (falls.lots(long), falls.lots(long, 1)) == (0, 0)
    owed = -falls.collateral(long)
    assert owed > 0 < held
    assert falls.refuses("resolve", long) == "liquidation: order is pending"
    events = falls.act("collect", long, 0)
    assert named(events, "Collected")[0]["filled"] == 10_000
    assert named(events, "Covered") == [{"account": long, "market": 1, "insured": 0, "socialised": owed}]
    assert falls.collateral(long) == 0


def test_health_tells(falls: Waterfall, owing: int) -> None:
    assert falls.stages(owing)[0] & 8
    falls.act("resolve", owing)
    assert falls.stages(owing) == [0]
