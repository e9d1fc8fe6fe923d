"""Random stories of the trigger orders, contract and model side by side, over a real engine.

HYPOTHESIS_PROFILE=nightly tells many more. A difference is told again by
`python -m tests.support.triggers_campaign --seeds N:N+1 --steps S --check-every 1`.
"""

import os
from collections import Counter
from typing import Final

import pytest

from tests.support.triggers_campaign import THEMES, Campaign
from walras.reasons import REASONS

NIGHTLY: Final = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
STEPS: Final = 150
SEEDS: Final = range(1_000 if NIGHTLY else 3 * len(THEMES))
TOLD: Final[dict[int, Counter[str]]] = {}
"""What the stories that this process has told did."""
ELSEWHERE: Final = {
    "triggers: not a contract",
    "triggers: other token",
    "triggers: no receiver",
    "triggers: too little gas",
    "triggers: failed without reason",
    "triggers: expired",
    "triggers: void",
}
"""Reasons of construction, of gas and of views, met in the unit tests."""


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed}-{THEMES[seed % len(THEMES)].name}")
def test_triggers_and_model_agree(seed: int) -> None:
    TOLD[seed] = Campaign(seed).run(STEPS, check_every=5)


@pytest.fixture(scope="module")
def done() -> Counter[str]:
    """What the first stories of each theme did and met."""
    total: Counter[str] = Counter()
    for seed in range(3 * len(THEMES)):
        total += TOLD.get(seed) or Campaign(seed).run(STEPS, check_every=STEPS)
    return total


def test_every_reason_is_met(done: Counter[str]) -> None:
    wanted = {reason for reason in REASONS if reason.startswith("triggers: ")} - ELSEWHERE
    wanted |= {"engine: not authorised", "engine: grant expired", "engine: awaiting price"}
    assert {reason for reason in wanted if not any(kind.endswith(reason) for kind in done)} == set()


def test_stories_lead_everywhere(done: Counter[str]) -> None:
    least = {
        "place": 300,
        "place_pair": 80,
        "cancel": 30,
        "executed limit": 25,
        "executed market": 25,
        "execute: ratcheted": 8,
        "execute: parked: triggers: nothing to close": 20,
        "execute: parked: engine: not authorised": 20,
        "sweep: EXPIRED": 12,
        "sweep: CLOSED": 4,
        "sweep: RESCALED": 1,
        "ratchet": 40,
        "claim": 30,
        "claim: the call gives no reason": 1,
        "place: the call gives no reason": 3,
    }
    assert {kind: done[kind] for kind, count in least.items() if done[kind] < count} == {}
