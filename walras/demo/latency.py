"""Medians out of the histograms that keepers serve at /metrics."""

from collections import defaultdict
from itertools import pairwise
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

LATENCY: Final = "walras_keeper_block_to_tx_seconds"
"""From seeing a head to the answer to a broadcast that it led to."""


def medians(text: str, name: str = LATENCY) -> dict[str, tuple[float, int]]:
    """By keeper, who has any: seconds, evenly spread within a bucket; and of how many."""
    buckets: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == f"{name}_bucket":
                buckets[sample.labels["keeper"]].append((float(sample.labels["le"]), sample.value))
    found = {}
    for keeper, counts in buckets.items():
        steps = [(0.0, 0.0), *sorted(counts)]
        total = steps[-1][1]
        for (below, before), (edge, until) in pairwise(steps):
            if total and until * 2 >= total:
                part = (total / 2 - before) / (until - before)
                found[keeper] = (below if edge == float("inf") else below + (edge - below) * part, int(total))
                break
    return found
