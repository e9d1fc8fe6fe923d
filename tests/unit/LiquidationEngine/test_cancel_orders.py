"""cancel_orders: stage 1, below initial margin.

The long has 1,100 for 10,000 lots and bids for 30 more. At 1,980: 900 of 5 % of 10,030 x 1.98, which is
992.97.
"""

import pytest

from tests.support.engine import USDC
from tests.support.waterfall import CANCEL, KEEPER, PLENTY, Waterfall, account, named, owner


@pytest.fixture
def bidding(falls: Waterfall) -> int:
    """The long, below initial margin."""
    long, _ = falls.positions(1_100 * USDC)
    for tick in (19_000, 18_900, 18_800):
        falls.buy(long, 10, tick)
    falls.price(1_980)
    assert falls.margins(long)[0] == 900 * USDC
    return long


@pytest.mark.parametrize(("cap", "pay"), [(10, 1), (109, 10.9), (111, 11), (10_000, 11)])
def test_orders_go_and_the_caller_is_paid(falls: Waterfall, bidding: int, cap: int, pay: float) -> None:
    """A tenth of the tip's cap, at most a hundredth of the collateral of 1,100."""
    falls.terms(tip_cap=cap * USDC)
    assert falls.stages(bidding) == [CANCEL]
    events = falls.act("cancel_orders", bidding, 0)
    assert named(events, "Cancelled") == [{"account": bidding, "market": 0, "orders": 3, "keeper": KEEPER}]
    assert falls.orders(bidding) == []
    assert falls.collateral(falls.keeper) == round(pay * USDC)
    assert falls.collateral(bidding) == 1_100 * USDC - round(pay * USDC)
    assert falls.lots(bidding) == 10_000
    falls.check_money()


def test_without_orders_nobody_is_paid(falls: Waterfall, bidding: int) -> None:
    falls.engine.cancel_all(bidding, 0, sender=owner(bidding))
    (event,) = named(falls.act("cancel_orders", bidding, 0), "Cancelled")
    assert event["orders"] == 0
    assert falls.collateral(falls.keeper) == 0


def test_at_initial_margin(falls: Waterfall, bidding: int) -> None:
    equity, initial, _ = falls.margins(bidding)
    falls.credit(bidding, initial - equity - 1)
    assert falls.refuses("cancel_orders", bidding, 0) == ""
    falls.credit(bidding, 1)
    assert falls.stages(bidding) == [0]
    assert falls.refuses("cancel_orders", bidding, 0) == "liquidation: margin is met"


def test_other_markets_orders_stay(falls: Waterfall) -> None:
    falls.open_market(2_000)
    long, _ = falls.positions(1_100 * USDC)
    falls.buy(long, 10, 19_000)
    falls.buy(long, 10, 19_000, 1)
    falls.price(1_980)
    falls.act("cancel_orders", long, 1)
    assert (len(falls.orders(long, 0)), len(falls.orders(long, 1))) == (1, 0)


def test_order_of_a_liquidation_stays(falls: Waterfall) -> None:
    """Before, whoever was liquidated had it cancelled, batch after batch."""
    long, _ = falls.positions()
    falls.price(1_945)
    falls.act("liquidate", long, 0)
    assert falls.refuses("cancel_orders", long, 0, sender=owner(long)) == "liquidation: order is pending"
    falls.close()
    assert falls.refuses("cancel_orders", long, 0) == ""


def test_orders_of_the_backstop_stay(falls: Waterfall) -> None:
    """They can only reduce. Anyone places them by `unwind`: he cancelled them for pay, or to keep it full."""
    long, _ = falls.positions()
    falls.arm_backstop(772 * USDC)
    falls.price(1_930)
    falls.act("take_over", long, 0, 10_000)
    falls.price(1_929)
    assert falls.margins(falls.backstop)[0] < falls.margins(falls.backstop)[1]
    assert falls.stages(falls.backstop) == [0]
    falls.act("unwind", 0)
    assert falls.refuses("cancel_orders", falls.backstop, 0) == "liquidation: margin is met"
    assert len(falls.orders(falls.backstop)) == 1


def test_refusals(falls: Waterfall) -> None:
    falls.open_market(2_000, terms=None)
    who = falls.fund_account(0x77, PLENTY)
    assert falls.refuses("cancel_orders", who, 1) == "liquidation: not configured"
    assert falls.refuses("cancel_orders", who, 0) == "liquidation: margin is met"
    assert falls.refuses("cancel_orders", account(0x78), 0) == "liquidation: margin is met"
