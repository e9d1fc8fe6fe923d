"""What every test run needs: hypothesis profiles, and an ape that keeps to the project's folder.

Profiles are quick (default), ci and nightly, chosen by HYPOTHESIS_PROFILE.
"""

import os
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings

ROOT: Final = Path(__file__).resolve().parents[1]

_COMMON: Final[dict[str, Any]] = {
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
}
settings.register_profile("quick", max_examples=40, **_COMMON)
settings.register_profile("ci", max_examples=80, **_COMMON)
settings.register_profile("nightly", max_examples=3_000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_configure(config: pytest.Config) -> None:
    """Give each worker an ape data folder of its own under .cache, and let pytest have the last word."""
    from ape import config as ape_config
    from ape.logging import LogLevel, logger

    ape_config.DATA_FOLDER = ROOT / ".cache" / "ape" / os.environ.get("PYTEST_XDIST_WORKER", "main")
    logger.set_level(LogLevel.WARNING)
