"""The invariants bite by themselves: each finds a planted fault with nobody comparing contract and model."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from tests.support import engine as support
from tests.support.engine import SETTINGS, USDC
from tests.support.engine_campaign import Campaign
from tests.support.engine_invariants import Audit, BlindPair
from tests.support.oracle import ONE
from tests.support.traders import MAKER, OTHER, PAR, TAKER
from walras.devtools.compiler import compile_contract
from walras.devtools.fault_table import FAULTS
from walras.devtools.faults import plant

NIGHTLY: Final = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
STEPS = 60
Story = Callable[[int], None]


class BlindCampaign(Campaign):
    """A story on an exchange that only the audit watches."""

    pair_of = BlindPair


def audited(pair: BlindPair) -> Audit:
    """Watch from now on."""
    pair.audit = audit = Audit(pair)
    audit.moved = pair.engine.tracked()
    return audit


def random_story(seed: int) -> None:
    """Some steps of a campaign, every call audited."""
    campaign = BlindCampaign(seed)
    assert isinstance(campaign.pair, BlindPair)
    audited(campaign.pair)
    for _ in range(STEPS):
        campaign.step()


def greedy_story(_: int) -> None:
    """A trader tries to get more than he may have, in every way; a day of funding between."""
    settings = replace(SETTINGS, account_cap=3_000, open_cap=4_000, maker_ppm=100)
    pair = BlindPair(settings=settings)
    poor, rich = pair.fund(TAKER, 140 * USDC), pair.fund(MAKER, 10**6 * USDC)
    audit = audited(pair)
    pair.buy(poor, 2_500, PAR)
    pair.sell(rich, 3_001, PAR)
    pair.sell(rich, 1_000, PAR)
    pair.buy(poor, 1_000, PAR)
    pair.close()
    pair.sync(rich)
    pair.sync(poor)
    pair.withdraw(poor, 100 * USDC)
    pair.say(0, 2_200 * ONE)
    pair.close()
    pair.withdraw(poor, 150 * USDC)
    pair.say(0, 2_100 * ONE)
    pair.close()
    for hour in range(8):
        pair.advance(3_600)
        pair.say(0, (2_100 + hour) * ONE)
        pair.close()
    other = pair.fund(OTHER, 10**5 * USDC)
    audit.moved = pair.engine.tracked()
    pair.buy(other, 3_000, PAR)
    pair.sell(rich, 2_000, 21_000)
    pair.buy(rich, 333, 21_300)
    pair.sell(poor, 700, 21_000)
    pair.close()
    for account in (poor, rich, other):
        pair.sync(account)
    pair.transfer(rich, rich + 1, 10**6 * USDC)
    for name in (one for one in dir(Audit) if one.startswith("inv_")):
        assert audit.checked[name] > 0, name


BITES = [
    ("EngineAccounts.deposit_free", "inv_01", random_story, 0),
    ("ledger.funding_twice", "inv_02", random_story, 0),
    ("ledger.fee_lost", "inv_0", greedy_story, 0),
    ("ledger.exposure", "inv_05", random_story, 0),
    ("funding.period", "inv_09", random_story, 0),
    ("margin.orders_free", "inv_11", greedy_story, 0),
    ("EngineAccounts.withdraw_all", "inv_1[25]", greedy_story, 0),
    ("EngineAccounts.profit", "inv_15", greedy_story, 0),
    ("PerpEngine.account_cap", "inv_27", greedy_story, 0),
]
SHORT: Final = ("EngineAccounts.deposit_free", "margin.orders_free", "PerpEngine.account_cap")
"""What CI hunts: the parts of the engine are compiled for each, which takes most of a minute."""


@pytest.mark.parametrize(
    ("fault", "law", "story", "seed"), [one for one in BITES if NIGHTLY or one[0] in SHORT]
)
def test_law_bites(
    fault: str, law: str, story: Story, seed: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (planted,) = (one for one in FAULTS if one.name == fault)
    plant(planted, tmp_path)
    monkeypatch.setattr(support, "artifact", lambda name: compile_contract(name, tmp_path))
    with pytest.raises(AssertionError, match=law):
        story(seed)


def test_stories_break_no_law() -> None:
    """As they should be."""
    greedy_story(0)
    for seed in (0, 18):
        random_story(seed)
