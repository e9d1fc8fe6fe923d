"""The waterfall against its model: stories of trouble, and where they lead.

A difference is told again by
`python -m tests.support.liquidation_campaign --seeds N:N+1 --steps S --check-every 1`.
"""

import os
from collections import Counter
from typing import Final

import pytest

from tests.support.liquidation_campaign import THEMES, Campaign

NIGHTLY: Final = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
STEPS: Final = 200 if NIGHTLY else 60
SEEDS: Final = range(600 if NIGHTLY else len(THEMES))
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
    for seed in range(len(THEMES)):
        done += TOLD.get(seed) or Campaign(seed).run(STEPS, check_every=STEPS)
    least = dict.fromkeys(LAWS, 50)
    least |= dict.fromkeys(("event Liquidated", "event TakenOver"), 10)
    least |= dict.fromkeys(("event Collected", "event Covered", "deficit insured", "deficit shared"), 3)
    least |= dict.fromkeys(("event Nominated", "event Deleveraged", "event Cancelled", "event Settled"), 3)
    assert {kind: done[kind] for kind, count in least.items() if done[kind] < count} == {}
