"""Hypothesis profiles: quick (default), ci, nightly; chosen by HYPOTHESIS_PROFILE."""

import os

from hypothesis import HealthCheck, settings

_COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}
settings.register_profile("quick", max_examples=60, **_COMMON)
settings.register_profile("ci", max_examples=150, **_COMMON)
settings.register_profile("nightly", max_examples=5_000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
