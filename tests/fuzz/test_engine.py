"""PerpEngine against its model: stories of traders in several markets, and where they lead."""

import os
from collections import Counter
from typing import Final

import pytest

from tests.support.engine_campaign import THEMES, Campaign

NIGHTLY: Final = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
STEPS: Final = 200
SEEDS: Final = range(1_000 if NIGHTLY else 2 * len(THEMES))
TOLD: Final[dict[int, Counter[str]]] = {}
"""What the stories that this process has told did."""


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed}-{THEMES[seed % len(THEMES)].name}")
def test_engine_and_model_agree(seed: int) -> None:
    TOLD[seed] = Campaign(seed).run(STEPS, check_every=4)


def test_stories_lead_everywhere() -> None:
    """Each action happens, and is refused for each reason that a trader can meet."""
    done: Counter[str] = Counter()
    for seed in range(2 * len(THEMES)):
        done += TOLD.get(seed) or Campaign(seed).run(STEPS, check_every=STEPS)
    least = dict.fromkeys(("order", "ladder", "close", "cancel", "auction", "withdraw", "transfer"), 50)
    least |= dict.fromkeys(("doubt", "outage", "settings", "mode", "sync", "deposit", "sweep", "tip"), 10)
    least |= {"traded": 100, "rescale": 3, "raise_margins": 10, "restrict": 5, "pause": 5, "caps": 5}
    reasons = (
        "margin missed",
        "price not fit",
        "market halted",
        "reduce-only mode",
        "post-only mode",
        "would not reduce",
        "open interest cap",
        "not the owner",
        "batch not due",
        "step too large",
        "too soon",
        "would loosen",
        "bad mode",
        "deposits paused",
        "withdrawals gated",
        "paused before",
    )
    refused = Counter(
        {reason: sum(done[kind] for kind in done if kind.endswith(f"engine: {reason}")) for reason in reasons}
    )
    assert {kind: done[kind] for kind, count in least.items() if done[kind] < count} == {}
    assert {reason: refused[reason] for reason in reasons if refused[reason] < 1} == {}
