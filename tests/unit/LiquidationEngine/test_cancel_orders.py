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
    assert falls.refuses("cancel_orders", bidding, 0) == "liquidation: nothing to cancel"
    falls.price(1_930)
    assert falls.margins(bidding)[0] < falls.margins(bidding)[2]
    (event,) = named(falls.act("cancel_orders", bidding, 0), "Cancelled")
    assert event["orders"] == 0
    assert falls.collateral(falls.keeper) == 0


@pytest.mark.parametrize("flags", [{"reduce_only": True, "batch_only": True}, {}])
def test_orders_that_only_reduce_stay(falls: Waterfall, flags: dict[str, bool]) -> None:
    """A long above initial margin closes 1 % below the mark, and is below it by that order.

    Before, anyone cancelled it in its batch, for pay, and the next one: the long could not come out, and was
    liquidated where the price went on falling.
    """
    long, _ = falls.positions(1_100 * USDC)
    falls.sell(long, 10_000, 19_800, **flags)
    equity, initial, maintenance = falls.margins(long)
    assert maintenance < equity < initial
    assert falls.refuses("cancel_orders", long, 0) == "liquidation: nothing to cancel"
    assert falls.collateral(falls.keeper) == 0


def test_orders_that_only_reduce_a_short_stay(falls: Waterfall) -> None:
    short, _ = falls.mirror(1_100 * USDC)
    falls.buy(short, 10_000, 20_200)
    assert falls.margins(short)[0] < falls.margins(short)[1]
    assert falls.refuses("cancel_orders", short, 0) == "liquidation: nothing to cancel"


@pytest.mark.parametrize(("is_ask", "lots"), [(True, 1), (False, 1)])
def test_one_that_may_grow_takes_the_others_with_it(falls: Waterfall, is_ask: bool, lots: int) -> None:
    """A lot more than the position on its other side, or any on its own."""
    long, _ = falls.positions(1_600 * USDC)
    falls.place(long, is_ask, lots, 20_900 if is_ask else 19_100)
    falls.sell(long, 10_000, 19_800)
    falls.take(long, 500 * USDC)
    (event,) = named(falls.act("cancel_orders", long, 0), "Cancelled")
    assert (event["orders"], falls.orders(long)) == (2, [])


def test_orders_that_only_reduce_go_below_maintenance_margin(falls: Waterfall) -> None:
    """The account is to be liquidated then, and a stage that has many orders to cancel needs much gas."""
    long, _ = falls.positions(1_100 * USDC)
    falls.sell(long, 10_000, 20_900)
    falls.price(1_935)
    equity, initial, maintenance = falls.margins(long)
    assert (equity, maintenance) == (450 * USDC, 483_750_000)
    falls.credit(long, maintenance - equity)
    assert falls.margins(long)[0] < initial
    assert falls.refuses("cancel_orders", long, 0) == "liquidation: nothing to cancel"
    falls.take(long, 1)
    falls.act("cancel_orders", long, 0)
    assert falls.orders(long) == []


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
    assert falls.refuses("cancel_orders", falls.backstop, 0) == "liquidation: nothing to cancel"
    assert len(falls.orders(falls.backstop)) == 1


def test_nobody_is_paid_for_what_the_backstop_unwinds(falls: Waterfall) -> None:
    """Below maintenance margin too: `unwind` and a cancel for pay, again and again, took all that it had."""
    long, _ = falls.positions()
    falls.arm_backstop(772 * USDC)
    falls.price(1_930)
    falls.act("take_over", long, 0, 10_000)
    falls.price(1_880)
    equity, _, maintenance = falls.margins(falls.backstop)
    assert 0 < equity < maintenance
    before = falls.collateral(falls.backstop)
    for _ in range(3):
        falls.act("unwind", 0)
        assert falls.refuses("cancel_orders", falls.backstop, 0) == "liquidation: nothing to cancel"
    assert falls.collateral(falls.backstop) == before
    falls.act("liquidate", falls.backstop, 0)  # which takes it off the book itself
    assert len(falls.orders(falls.backstop)) == 1


def test_refusals(falls: Waterfall) -> None:
    falls.open_market(2_000, terms=None)
    who = falls.fund_account(0x77, PLENTY)
    assert falls.refuses("cancel_orders", who, 1) == "liquidation: not configured"
    assert falls.refuses("cancel_orders", who, 0) == "liquidation: margin is met"
    assert falls.refuses("cancel_orders", account(0x78), 0) == "liquidation: margin is met"
