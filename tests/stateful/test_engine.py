"""Random stories of an exchange in which, after every single call, what must always hold does hold.

The checks read the chain alone, so that they would find a fault that contract and model share.
HYPOTHESIS_PROFILE=nightly tells many more stories.
"""

import os
from collections import Counter
from typing import Final

import pytest

from tests.support.engine_campaign import THEMES, Campaign
from tests.support.engine_invariants import Audit, AuditedPair

NIGHTLY: Final = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
STEPS: Final = 80
SEEDS: Final = range(1_000 if NIGHTLY else len(THEMES))


class AuditedCampaign(Campaign):
    """A story on an audited exchange."""

    pair_of = AuditedPair

    def run(self, steps: int, check_every: int = 1) -> Counter[str]:
        """Act, with every call audited."""
        assert isinstance(self.pair, AuditedPair)
        self.pair.audit = self.audit = Audit(self.pair)
        self.audit.moved = self.pair.engine.tracked()
        return super().run(steps, check_every)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed}-{THEMES[seed % len(THEMES)].name}")
def test_invariants_hold(seed: int) -> None:
    campaign = AuditedCampaign(seed)
    campaign.run(STEPS, check_every=STEPS)
    checked = campaign.audit.checked
    laws = {name: number for name, number in checked.items() if name != "refused"}
    assert len(laws) == len([name for name in dir(Audit) if name.startswith("inv_")])
    assert min(laws.values()) > STEPS // 3
    assert checked["refused"] > 0
