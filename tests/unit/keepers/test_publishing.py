"""When publishers sign, and when prices are posted by themselves."""

from dataclasses import replace
from typing import Any

import pytest

from walras.keepers.decisions.publishing import Posting, PostingRules, decide, signs

NOW = 10_000
ONE = 10**18
CALM = Posting(
    market=1,
    price=100 * ONE,
    published_at=NOW - 10,
    recorded_at=NOW - 10,
    said=100 * ONE,
    said_at=NOW,
    payloads=(b"signed",),
)
RULES = PostingRules(heartbeat_s=20, deviation_bps=50)


@pytest.mark.parametrize(
    ("last", "signed"), [(None, True), (NOW - 4, False), (NOW - 5, True), (NOW - 9, True)]
)
def test_a_publisher_signs_every_so_many_seconds(last: int | None, signed: bool) -> None:
    assert signs(NOW, last, 5) is signed


@pytest.mark.parametrize(
    ("last", "due", "signed"),
    [
        (NOW - 2, NOW - 1, True),  # a batch closed since: its auction waits for a price
        (NOW - 1, NOW - 1, True),  # one of the second of its close is not after it
        (NOW - 1, NOW - 2, False),
        (NOW - 1, NOW, False),  # a report of now would not be after its close
        (NOW - 1, 0, False),  # continuous mode
    ],
)
def test_and_after_each_close(last: int, due: int, signed: bool) -> None:
    assert signs(NOW, last, 5, due) is signed


@pytest.mark.parametrize(
    ("change", "posted"),
    [
        ({}, False),
        ({"published_at": NOW - 19}, False),
        ({"published_at": NOW - 20}, True),
        ({"said": 100 * ONE + ONE // 2 - 1}, False),
        ({"said": 100 * ONE + ONE // 2}, True),
        ({"said": 100 * ONE - ONE // 2}, True),
        ({"published_at": NOW - 20, "payloads": (b"",)}, False),  # nobody said anything
        ({"published_at": NOW - 20, "said_at": NOW - 20}, False),  # the router has it
        ({"price": 0, "published_at": 0}, True),  # the first
        # the source has it, and the router does not believe it (it is STALE): once is enough
        ({"said": 110 * ONE, "held": 110 * ONE, "held_at": NOW - 5}, False),
        ({"said": 110 * ONE, "held": 110 * ONE, "held_at": NOW - 20, "published_at": NOW - 90}, True),
        ({"said": 110 * ONE, "held": 105 * ONE, "held_at": NOW - 5}, True),
        ({"said": 110 * ONE, "held": 110 * ONE, "held_at": NOW - 11}, True),  # the router's is newer
    ],
)
def test_prices_are_posted_when_they_are_old_or_far(change: dict[str, Any], posted: bool) -> None:
    tasks = decide(NOW, [replace(CALM, **change)], RULES)
    assert [(one.contract, one.function, one.args) for one in tasks] == (
        [("router", "update", (1, list(CALM.payloads)))] if posted else []
    )
