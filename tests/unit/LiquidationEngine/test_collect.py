"""collect: what a penalty comes to once the batch is over.

3,520 of 10,000 lots are on offer, for a penalty of 68.464, of which 6.8464 are with the keeper and
61.6176 are held.
"""

import pytest

from tests.support.engine import USDC
from tests.support.waterfall import SHORT, Waterfall, account, named, owner


@pytest.fixture
def offered(falls: Waterfall) -> int:
    """The long, its order in the book."""
    long, _ = falls.positions()
    falls.price(1_945)
    falls.act("liquidate", long, 0)
    return long


@pytest.mark.parametrize(
    ("lots", "penalty"),
    [
        (0, 0),
        (300, 0),  # 5.835 earned: less than the tip
        (352, 0),  # 6.8464: the tip
        (1_000, 19_450_000 - 6_846_400),
        (3_520, 61_617_600),
    ],
)
def test_penalty_is_for_what_was_filled(falls: Waterfall, offered: int, lots: int, penalty: int) -> None:
    if lots:
        falls.buy(account(SHORT), lots, 19_450)
    falls.close()
    (event,) = named(falls.act("collect", offered, 0), "Collected")
    assert event == {
        "account": offered, "market": 0, "filled": lots, "penalty": penalty, "returned": 61_617_600 - penalty
    }  # fmt: skip
    assert falls.collateral(falls.penalties) == penalty
    assert falls.collateral(falls.own) == 0
    assert falls.pending(offered) == (0, 0, 0, 0, falls.evm.time, int(lots == 0), False)
    assert falls.liquidator.health([offered])[0][0] == falls.equity(offered)
    falls.check_money()


def test_lot_that_just_pays_the_tip(falls: Waterfall, offered: int) -> None:
    """353 lots earn 6.86585."""
    falls.buy(account(SHORT), 353, 19_450)
    falls.close()
    assert named(falls.act("collect", offered, 0), "Collected")[0]["penalty"] == 19_450


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
        assert falls.pending(offered)[5] == failures
        falls.act("liquidate", offered, 0)
        assert falls.pending(offered)[5] == failures
    falls.buy(account(SHORT), 1, 19_450)
    falls.close()
    falls.act("collect", offered, 0)
    assert falls.pending(offered)[5] == 0


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
    assert (event["filled"], event["returned"]) == (0, 61_617_600)
    assert falls.collateral(offered) == 1_000 * USDC - 6_846_400
    assert falls.collateral(falls.own) == 0


def test_settlement_is_no_fill(falls: Waterfall, offered: int) -> None:
    """Somebody closes the position of a settled market before the penalty is asked for."""
    falls.liquidator.settle(0, sender=falls.liquidator.owner())
    falls.evm.time += 3_600
    falls.engine.settle_position(offered, 0, sender=falls.liquidator.owner())
    assert falls.lots(offered) == 0
    event = named(falls.act("collect", offered, 0), "Collected")[0]
    assert (event["filled"], event["returned"]) == (0, 61_617_600)
