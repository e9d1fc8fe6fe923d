"""Random stories of a book, contract and model side by side; HYPOTHESIS_PROFILE=nightly tells many more.

A difference is told again by `python -m tests.support.book_campaign --seeds N:N+1 --steps S --check-every 1`.
"""

import os
from collections import Counter
from typing import Final

import pytest

from tests.support.book_campaign import THEMES, Campaign
from walras.reasons import REASONS

NIGHTLY: Final = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
SHORT: Final = range(1_000 if NIGHTLY else 24), 150, 1
LONG: Final = range(10_000, 10_200 if NIGHTLY else 10_008), 1_500, 25
NEVER: Final = 10**9
TOLD: Final[dict[tuple[int, int], Counter[str]]] = {}
"""What the stories that this process has told did."""

STORIES: Final = [
    pytest.param(seed, steps, check_every, id=f"{seed}-{THEMES[seed % len(THEMES)].name}-{steps}")
    for seeds, steps, check_every in (SHORT, LONG)
    for seed in seeds
]
FIXED: Final = [*((seed, 150) for seed in range(24)), *((seed, 1_500) for seed in range(10_000, 10_008))]
ELSEWHERE: Final = {
    "book: no engine": "test_constructor.py",
    "book: no views": "test_constructor.py",
    "book: last grid": "test_rescale.py: it takes 255 rescales",
    "book: only engine": "Witness.stranger, which wants nothing else",
}
"""Reasons that no action of a campaign meets, and who sees to them."""
ACTIONS: Final = {
    "place", "cancel", "cancel_all", "replace", "sweep", "switch", "clear", "settings", "average", "look",
}  # fmt: skip
NEVER_REFUSED: Final = {"sync", "wait", "stranger", "rescale", "postpone"}


@pytest.mark.parametrize(("seed", "steps", "check_every"), STORIES)
def test_contract_and_model_agree(seed: int, steps: int, check_every: int) -> None:
    TOLD[seed, steps] = Campaign(seed).run(steps, check_every)


@pytest.fixture(scope="module")
def done() -> Counter[str]:
    """What the fixed stories did and met; without the views compared they are quick."""
    total: Counter[str] = Counter()
    for seed, steps in FIXED:
        total += TOLD.get((seed, steps)) or Campaign(seed).run(steps, NEVER)
    return total


def test_every_action_succeeds_and_is_refused(done: Counter[str]) -> None:
    missing = {action for action in ACTIONS | NEVER_REFUSED if done[action] < 10}
    missing |= {f"{action} refused" for action in ACTIONS if not done[f"{action} refused"]}
    assert not missing


def test_every_reason_is_met(done: Counter[str]) -> None:
    met = {key.split(": ", 1)[1] for key in done if ": " in key}
    assert met == {reason for reason in REASONS if reason.startswith("book: ")} - set(ELSEWHERE)


def test_auctions_of_every_kind(done: Counter[str]) -> None:
    least = {
        "traded": 700,
        "uncrossed": 800,
        "balanced": 40,
        "marginal resting bid": 100,
        "marginal resting ask": 100,
        "marginal batch-only bid": 20,
        "marginal batch-only ask": 20,
        "vault bought": 100,
        "vault sold": 100,
        "vault marginal": 80,
        "12 auctions rolled up": 40,
        "144 auctions rolled up": 1,
        "rescaled with fills unsettled": 20,
        "swept": 50,
        "joined a queue of 8": 20,
        "joined a queue of 64": 3,
    }
    missing = {kind: done[kind] for kind, count in least.items() if done[kind] < count}
    assert not missing
