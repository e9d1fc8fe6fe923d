"""The waterfall against its model: stories of trouble, and where they lead.

A difference is told again by
`python -m tests.support.liquidation_campaign --seeds N:N+1 --steps S --check-every 1`.
"""

import os
from collections import Counter
from typing import Final

import pytest

from tests.support.engine import TREASURY, USDC
from tests.support.liquidation import KEEPER
from tests.support.liquidation_campaign import THEMES, Campaign
from tests.support.liquidation_laws import AuditedLiquidationPair
from tests.support.oracle import ONE
from walras.devtools.evm import address
from walras.model.stage import Stage

NIGHTLY: Final = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
STEPS: Final = 200 if NIGHTLY else 60
FEW: Final = (44, 42, 47, 66, 74, 333, 340)
SEEDS: Final = range(600) if NIGHTLY else FEW
TOLD: Final[dict[int, Counter[str]]] = {}
"""What the stories that this process has told did."""
LAWS: Final = (
    "inv_02_money_is_conserved",
    "inv_03_lots_sum_to_zero",
    "inv_16_only_below_margin",
    "inv_17_ratio_does_not_fall",
    "inv_18_no_dust",
    "inv_19_rewards_are_paid_for",
    "inv_20_deficits_do_not_stay",
    "inv_21_insurance_pays_deficits_alone",
    "inv_23_insurance_comes_first",
    "inv_24_haircuts",
    "inv_25_in_rank_order",
    "inv_26_open_interest_falls_alike",
)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed}-{THEMES[seed % len(THEMES)].name}")
def test_waterfall_and_model_agree(seed: int) -> None:
    TOLD[seed] = Campaign(seed).run(STEPS, check_every=10)


def test_stories_lead_everywhere() -> None:
    """Each stage is reached, each law is asked, and deficits are insured and shared."""
    done: Counter[str] = Counter()
    for seed in FEW:
        done += TOLD.get(seed) or Campaign(seed).run(STEPS, check_every=STEPS)
    least = dict.fromkeys(LAWS, 50)
    least |= dict.fromkeys(("event Liquidated", "event TakenOver", "event Collected"), 3)
    least |= dict.fromkeys(("event Nominated", "event Deleveraged", "event Cancelled", "event Settled"), 1)
    least |= dict.fromkeys(("deficit insured", "deficit shared"), 1)
    assert {kind: done[kind] for kind, count in least.items() if done[kind] < count} == {}


# ------------------------------------------------------------ what stories found, told by hand


@pytest.fixture
def pair() -> AuditedLiquidationPair:
    """A long of 9,000 lots with 1,000, below maintenance margin, that is not deep; his price is 1,936."""
    pair = AuditedLiquidationPair()
    pair.insure(100 * USDC)
    pair.fund(2, 100_000 * USDC)
    pair.fund(1, 1_000 * USDC)
    pair.sell(pair.account(2), 9_000, 20_000)
    pair.buy(pair.account(1), 9_000, 20_000)
    pair.close()
    pair.say(0, 1_936 * ONE)
    pair.advance(901)  # the clearing price has had its time
    pair.auction()
    pair.sync(pair.account(1))
    pair.sync(pair.account(2))
    pair.say(0, 1_936 * ONE)
    assert pair.waterfall.health(pair.account(1))[3] == Stage.CANCEL | Stage.LIQUIDATE
    return pair


def test_nobody_cancels_the_order_of_a_liquidation(pair: AuditedLiquidationPair) -> None:
    """It was a way to be paid for sending an account to the backstop: cancelled orders find no buyer."""
    long = pair.account(1)
    assert pair.liquidate(long)
    assert not pair.cancel_orders(long, keeper=address(0x4C))
    assert pair.refusal == "liquidation: order is pending"


def test_the_tip_of_an_auction_is_the_callers(pair: AuditedLiquidationPair) -> None:
    """Who liquidates after the batch is over runs the auction; its tip stayed with the waterfall."""
    pot = pair.model.tip_account
    pair.mint(TREASURY, USDC)
    pair.deposit(TREASURY, pot, USDC)
    pair.sell(pair.account(2), 100, 19_400)
    pair.buy(pair.fund(3, 10_000 * USDC), 100, 19_400)
    pair.advance(11)
    pair.say(0, 1_936 * ONE)
    before = pair.engine.collateral(int(KEEPER, 16) << 8)
    assert pair.liquidate(pair.account(1))
    fee = 100 * 19_400 * 100 * 500 // 10**7  # a tenth of the taker's 0.05 % on 194 dollars
    assert pair.engine.collateral(int(KEEPER, 16) << 8) - before == fee
    assert pair.engine.collateral(pot) == USDC - fee


def test_the_backstop_leaves_no_dust(pair: AuditedLiquidationPair) -> None:
    """All but a lot is asked for, and all is taken."""
    pair.back(50_000 * USDC)
    pair.say(0, 1_910 * ONE)
    pair.close()
    assert pair.take_over(pair.account(1), 8_999)
    assert pair.engine.position(pair.account(1), 0)[0] == 0


def test_one_small_profit_does_not_pay_for_others(pair: AuditedLiquidationPair) -> None:
    """Of 9,000 lots 60 are taken: insurance pays the deficit of those, and nobody that of the others.

    Who owes keeps them, and they go into the auction at the mark; one lot alone is dust.
    """
    long, small, dust = pair.account(1), pair.fund(4, 100 * USDC), pair.fund(5, 100 * USDC)
    pair.sell(small, 60, 19_360)
    pair.sell(dust, 1, 19_360)
    pair.buy(pair.account(2), 61, 19_360)
    pair.close()
    pair.say(0, 1_700 * ONE)
    pair.close()
    for account in (small, dust, pair.account(2)):
        pair.sync(account)
    assert not pair.nominate(long, dust)
    assert pair.refusal == "liquidation: not eligible"
    assert pair.nominate(long, small)
    pair.advance(31)
    pair.say(0, 1_700 * ONE)
    pair.auction()
    pair.sync(long)
    owed = -pair.engine.margin_of(long)[0]
    mark = pair.engine.mark(0)[0]
    assert pair.deleverage(long)
    (told,) = [event.args for event in pair.told if event.name == "Deleveraged"]
    assert (told["lots"], told["price"]) == (60, mark)
    (covered,) = [event.args for event in pair.told if event.name == "Covered"]
    assert (covered["insured"], covered["socialised"]) == (-(-owed * 60 // 9_000), 0)
    assert pair.engine.margin_of(long)[0] == covered["insured"] - owed
    assert pair.liquidate(long)
    (order,) = [event.args for event in pair.told if event.name == "Liquidated"]
    assert (order["lots"], order["held"]) == (-8_940, 0)
