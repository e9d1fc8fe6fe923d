"""Vault against its model: stories of providers and traders, and where they lead.

A difference is told again by
`python -m tests.support.vault_campaign --seeds N:N+1 --steps S --check-every 1`.
"""

import os
from collections import Counter
from typing import Final

import pytest

from tests.support.vault_campaign import THEMES, Campaign
from walras.reasons import REASONS

NIGHTLY: Final = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
STEPS: Final = 100
SEEDS: Final = range(1_000 if NIGHTLY else 2 * len(THEMES))
TOLD: Final[dict[int, Counter[str]]] = {}
"""What the stories that this process has told did."""
ELSEWHERE: Final = {
    "vault: no owner",
    "vault: engine not a contract",
    "vault: bad market",
    "vault: bad leverage",
    "vault: bad spread",
    "vault: bad skew",
    "vault: bad depth",
    "vault: bad cap",
    "vault: asynchronous",
    "vault: shares too cheap",
}
"""Reasons of construction and settings, and a rare one, met in the unit tests."""


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed}-{THEMES[seed % len(THEMES)].name}")
def test_vault_and_model_agree(seed: int) -> None:
    TOLD[seed] = Campaign(seed).run(STEPS, check_every=8)


@pytest.fixture(scope="module")
def done() -> Counter[str]:
    """What the first stories of each theme did and met."""
    total: Counter[str] = Counter()
    for seed in range(2 * len(THEMES)):
        total += TOLD.get(seed) or Campaign(seed).run(STEPS, check_every=STEPS)
    return total


def test_every_reason_is_met(done: Counter[str]) -> None:
    wanted = {reason for reason in REASONS if reason.startswith("vault: ")} - ELSEWHERE
    assert {reason for reason in wanted if not any(kind.endswith(reason) for kind in done)} == set()


def test_stories_lead_everywhere(done: Counter[str]) -> None:
    least = dict.fromkeys(("enter", "mint", "take", "auction"), 100)
    least |= dict.fromkeys(("ask", "claim", "gift", "questions", "settings", "shares"), 30)
    least |= {"vault grew": 150, "vault traded in doubt": 10, "round trips": 30, "ruin": 10, "donate": 10}
    assert {kind: done[kind] for kind, count in least.items() if done[kind] < count} == {}
