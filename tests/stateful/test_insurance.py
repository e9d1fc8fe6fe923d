"""Random stories of the insurance fund, contract and model side by side.

HYPOTHESIS_PROFILE=nightly tells many more. A difference is told again by
`python -m tests.support.insurance_campaign --seeds N:N+1 --steps S --check-every 1`.
"""

import os
from collections import Counter
from typing import Final

import pytest

from tests.support.insurance_campaign import THEMES, Campaign
from walras.reasons import REASONS

NIGHTLY: Final = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
STEPS: Final = 200
SEEDS: Final = range(1_000 if NIGHTLY else 2 * len(THEMES))
TOLD: Final[dict[int, Counter[str]]] = {}
"""What the stories that this process has told did."""
ELSEWHERE: Final = {
    "fund: no owner",
    "fund: engine not a contract",
    "fund: no engine",
    "token: not a contract",
    "token: bad decimals",
}
"""Reasons of construction, met in the unit tests."""


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed}-{THEMES[seed % len(THEMES)].name}")
def test_fund_and_model_agree(seed: int) -> None:
    TOLD[seed] = Campaign(seed).run(STEPS, check_every=4)


@pytest.fixture(scope="module")
def done() -> Counter[str]:
    """What the first stories of each theme did and met."""
    total: Counter[str] = Counter()
    for seed in range(2 * len(THEMES)):
        total += TOLD.get(seed) or Campaign(seed).run(STEPS, check_every=4)
    return total


def test_every_reason_is_met(done: Counter[str]) -> None:
    wanted = {reason for reason in REASONS if reason.startswith(("fund: ", "token: "))} - ELSEWHERE
    assert {reason for reason in wanted if not any(kind.endswith(reason) for kind in done)} == set()


def test_stories_lead_everywhere(done: Counter[str]) -> None:
    least = {
        "contribute": 100,
        "stake": 300,
        "request": 100,
        "cancel": 10,
        "claim": 10,
        "leave": 50,
        "edge": 20,
        "draw": 200,
        "cap": 50,
        "donate": 30,
        "round_trip": 50,
        "paid by both": 30,
        "paid nothing": 30,
        "voided": 20,
        "voided with dust": 10,
    }
    assert {kind: done[kind] for kind, count in least.items() if done[kind] < count} == {}
