"""Medians of histograms."""

import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from walras.demo.latency import LATENCY, medians


@pytest.mark.parametrize(
    ("seconds", "median"),
    [([0.15], 0.15), ([0.05, 0.05, 0.15, 0.15], 0.1), ([0.15] * 3 + [0.3], 0.1 + 0.1 * 2 / 3), ([9.0], 0.4)],
)
def test_a_median_is_within_its_bucket(seconds: list[float], median: float) -> None:
    registry = CollectorRegistry()
    made = Histogram(LATENCY, "help", ("keeper",), buckets=(0.1, 0.2, 0.4), registry=registry)
    made.labels(keeper="idle")
    for one in seconds:
        made.labels(keeper="auctions").observe(one)
    found = medians(generate_latest(registry).decode())
    assert found == {"auctions": (pytest.approx(median), len(seconds))}
