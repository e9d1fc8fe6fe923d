"""Random stories of the fee distributor, contract and model side by side, over a real engine and a real fund.

HYPOTHESIS_PROFILE=nightly tells many more. A difference is told again by
`python -m tests.support.fees_campaign --seeds N:N+1 --steps S --check-every 1`.
"""

import os
from collections import Counter
from typing import Final

import pytest

from tests.support.fees_campaign import THEMES, Campaign
from walras.reasons import REASONS

NIGHTLY: Final = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
STEPS: Final = 150
SEEDS: Final = range(1_000 if NIGHTLY else 2 * len(THEMES))
TOLD: Final[dict[int, Counter[str]]] = {}
"""What the stories that this process has told did."""
ELSEWHERE: Final = {"fees: no owner", "fees: not a contract", "fees: other token"}
"""Reasons of construction, met in the unit tests."""


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed}-{THEMES[seed % len(THEMES)].name}")
def test_distributor_and_model_agree(seed: int) -> None:
    TOLD[seed] = Campaign(seed).run(STEPS, check_every=4)


@pytest.fixture(scope="module")
def done() -> Counter[str]:
    """What the first stories of each theme did and met."""
    total: Counter[str] = Counter()
    for seed in range(2 * len(THEMES)):
        total += TOLD.get(seed) or Campaign(seed).run(STEPS, check_every=STEPS)
    return total


def test_every_reason_is_met(done: Counter[str]) -> None:
    wanted = {reason for reason in REASONS if reason.startswith("fees: ")} - ELSEWHERE
    wanted |= {"engine: deficit unpaid", "engine: margin missed", "fund: amount too large"}
    assert {reason for reason in wanted if not any(kind.endswith(reason) for kind in done)} == set()


def test_stories_lead_everywhere(done: Counter[str]) -> None:
    least = {
        "paid fees": 30,
        "fees": 100,
        "penalties": 100,
        "distribute": 100,
        "both kinds": 20,
        "for runners": 50,
        "deliver": 80,
        "claim": 80,
        "configure": 40,
        "a step": 20,
        "another step": 10,
        "recall": 15,
        "donate": 10,
        "distribute: engine: deficit unpaid": 10,
        "deliver: fund: amount too large": 5,
        "deliver: the token gives no reason": 1,
        "claim: the token gives no reason": 5,
        "distribute: the token gives no reason": 3,
    }
    assert {kind: done[kind] for kind, count in least.items() if done[kind] < count} == {}
