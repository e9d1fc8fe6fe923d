"""collect: what a penalty comes to once the batch is over.

3,520 of 10,000 lots are on offer, for a penalty of 68.464, which is held; of what is earned a tenth
is the keeper's.
"""

import pytest

from tests.support.engine import USDC
from tests.support.waterfall import KEEPER, OWNER, SHORT, STRANGER, Waterfall, account, named, owner


@pytest.fixture
def offered(falls: Waterfall) -> int:
    """The long, its order in the book."""
    long, _ = falls.positions()
    falls.price(1_945)
    falls.act("liquidate", long, 0)
    return long


@pytest.mark.parametrize(
    ("lots", "earned"),
    [(0, 0), (1, 19_450), (300, 5_835_000), (1_759, 34_212_550), (1_760, 34_232_000), (3_520, 68_464_000)],
)
def test_penalty_is_for_what_was_filled(falls: Waterfall, offered: int, lots: int, earned: int) -> None:
    if lots:
        falls.buy(account(SHORT), lots, 19_450)
    falls.close()
    (event,) = named(falls.act("collect", offered, 0), "Collected")
    tip = earned // 10
    assert event == {
        "account": offered, "market": 0, "filled": lots, "penalty": earned - tip, "tip": tip,
        "returned": 68_464_000 - earned, "keeper": KEEPER,
    }  # fmt: skip
    assert falls.collateral(falls.penalties) == earned - tip
    assert falls.collateral(falls.keeper) == tip
    assert falls.collateral(falls.own) == 0
    assert falls.pending(offered) == (0, 0, 0, falls.evm.time, int(2 * lots < 3_520), False)
    assert falls.liquidator.health([offered])[0][0] == falls.equity(offered)
    falls.check_money()


def test_a_few_lots(falls: Waterfall) -> None:
    """Where a lot is one bit of a word, and no more."""
    long, short = falls.positions(1_600_000, 16)
    falls.price(1_945)
    falls.act("liquidate", long, 0)
    assert falls.pending(long)[:2] == (16, 16)
    falls.buy(short, 16, 19_450)
    falls.close()
    (event,) = named(falls.act("collect", long, 0), "Collected")
    assert event["filled"] == 16
    assert falls.lots(long) == 0


def test_tip_has_a_cap_when_it_is_paid(falls: Waterfall, offered: int) -> None:
    """Of 19.45 a tenth is 1.945."""
    falls.terms(tip_cap=1_944_999)
    falls.buy(account(SHORT), 1_000, 19_450)
    falls.close()
    event = named(falls.act("collect", offered, 0), "Collected")[0]
    assert (event["tip"], event["penalty"]) == (1_944_999, 19_450_000 - 1_944_999)


def test_order_that_finds_nobody_costs_nothing(falls: Waterfall, offered: int) -> None:
    """inv_17: the tip was paid at once before, and an order without a buyer lowered the ratio by it."""
    assert falls.liquidator.health([offered])[0][0] == 450 * USDC
    falls.close()
    falls.act("collect", offered, 0)
    assert falls.margins(offered) == (450 * USDC, 972_500_000, 486_250_000)
    assert falls.collateral(falls.keeper) == 0


def test_tip_is_for_who_placed_the_last_order(falls: Waterfall, offered: int) -> None:
    falls.close()
    falls.act("liquidate", offered, 0, sender=STRANGER)
    falls.buy(account(SHORT), 3_520, 19_450)
    falls.close()
    falls.act("collect", offered, 0)
    assert falls.collateral(falls.keeper) == 0
    assert falls.collateral(int(STRANGER, 16) << 8) > 6_000_000


def test_limit_binds(falls: Waterfall, offered: int) -> None:
    falls.buy(account(SHORT), 3_520, 19_204)
    falls.close()
    assert named(falls.act("collect", offered, 0), "Collected")[0]["filled"] == 0
    falls.act("liquidate", offered, 0)
    tick = falls.orders(offered)[0][1]
    falls.buy(account(SHORT), 3_520, tick)
    falls.close()
    assert named(falls.act("collect", offered, 0), "Collected")[0]["filled"] == 3_520


def test_ratio_is_no_worse_at_the_limit(falls: Waterfall) -> None:
    """inv_17: 0.9254 before.

    The fill at the worst price leaves as much, but for the rounding of the limit.
    """
    long, short = falls.positions()
    falls.price(1_945)
    before = falls.margins(long)
    falls.act("liquidate", long, 0)
    falls.buy(short, 3_520, 19_205)
    falls.close()
    falls.act("collect", long, 0)
    after = falls.margins(long)
    assert falls.lots(long) == 6_480
    assert after[0] * before[2] >= before[0] * after[2]


def test_failures_are_counted_in_a_row(falls: Waterfall, offered: int) -> None:
    for failures in (1, 2):
        falls.close()
        falls.act("collect", offered, 0)
        assert falls.pending(offered)[4] == failures
        falls.act("liquidate", offered, 0)
        assert falls.pending(offered)[4] == failures
    falls.buy(account(SHORT), 1_760, 19_450)
    falls.close()
    falls.act("collect", offered, 0)
    assert falls.pending(offered)[4] == 0


def test_a_lot_a_batch_does_not_keep_the_backstop_away(falls: Waterfall, offered: int) -> None:
    """The owner takes back all but one lot of his liquidation's order, and buys that one himself."""
    falls.arm_backstop()
    for failures in (1, 2):
        ((order, *_),) = falls.books[0].open_orders(offered)
        lots = falls.liquidator.pending(offered, 0)[0]
        falls.engine.cancel(offered, 0, order, lots - 1, sender=owner(offered))
        falls.buy(account(SHORT), 1, 19_450)
        falls.close()
        falls.act("collect", offered, 0)
        assert falls.pending(offered)[4] == failures
        if failures == 1:
            assert falls.refuses("take_over", offered, 0, 2**255) == "liquidation: not so deep"
            falls.act("liquidate", offered, 0)
    assert falls.lots(offered) == 9_998
    falls.act("take_over", offered, 0, 2**255)
    assert falls.lots(offered) == 0


def test_what_the_owner_closes_himself_counts(falls: Waterfall, offered: int) -> None:
    """He may not dodge the penalty by being quicker with an order of his own."""
    falls.engine.cancel_all(offered, 0, sender=owner(offered))
    falls.sell(offered, 3_520, 19_400, reduce_only=True)
    falls.buy(account(SHORT), 3_520, 19_450)
    falls.close()
    assert named(falls.act("collect", offered, 0), "Collected")[0]["filled"] == 3_520


def test_before_the_batch_is_over(falls: Waterfall, offered: int) -> None:
    assert falls.refuses("collect", offered, 0) == "liquidation: order is pending"
    falls.evm.time = falls.engine.mark(0)[6] - 1
    falls.say(1_945)
    assert falls.refuses("collect", offered, 0) == "liquidation: order is pending"
    falls.evm.time += 1
    assert falls.refuses("collect", offered, 0) == ""


def test_nothing_to_collect(falls: Waterfall, offered: int) -> None:
    assert falls.refuses("collect", account(SHORT), 0) == "liquidation: no order is pending"
    falls.close()
    falls.act("collect", offered, 0)
    assert falls.refuses("collect", offered, 0) == "liquidation: no order is pending"


def test_market_that_is_settled_meanwhile(falls: Waterfall, offered: int) -> None:
    """Its batch is never over: before, the penalty was lost."""
    falls.liquidator.settle(0, sender=falls.liquidator.owner())
    event = named(falls.act("collect", offered, 0), "Collected")[0]
    assert (event["filled"], event["returned"]) == (0, 68_464_000)
    assert falls.collateral(offered) == 1_000 * USDC
    assert falls.collateral(falls.own) == 0


def test_market_that_is_continuous_meanwhile(falls: Waterfall, offered: int) -> None:
    """Its last batch is over, and no other one comes."""
    falls.engine.configure_book(0, 0, 1, sender=OWNER)
    falls.close()
    assert falls.engine.mark(0)[6] == 0
    event = named(falls.act("collect", offered, 0), "Collected")[0]
    assert (event["filled"], event["returned"]) == (0, 68_464_000)
    assert falls.collateral(offered) == 1_000 * USDC


def test_settlement_is_no_fill(falls: Waterfall, offered: int) -> None:
    """Somebody closes the position of a settled market before the penalty is asked for."""
    falls.liquidator.settle(0, sender=falls.liquidator.owner())
    falls.evm.time += 3_600
    falls.engine.settle_position(offered, 0, sender=falls.liquidator.owner())
    assert falls.lots(offered) == 0
    event = named(falls.act("collect", offered, 0), "Collected")[0]
    assert (event["filled"], event["returned"]) == (0, 68_464_000)
