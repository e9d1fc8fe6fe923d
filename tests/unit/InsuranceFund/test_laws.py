"""The laws bite by themselves: a contract and a model that are wrong in the same way are found out."""

from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from tests.support import insurance as support
from tests.support.insurance import ONE, SAVER, FundPair
from walras.devtools.compiler import compile_contract
from walras.devtools.fault_table import FAULTS
from walras.devtools.faults import plant
from walras.model.insurance import MAX_AMOUNT, VIRTUAL_SHARES, InsuranceFund

Patch = dict[str, Callable[..., Any]]
right_claim, right_draw = InsuranceFund.claim, InsuranceFund.draw


def generous_stake(fund: InsuranceFund, assets: int, receiver: str) -> int:
    """Rounds up."""
    shares = ceil(assets / fund.worth)
    fund.stakes[receiver] = support.model.Stake(fund.shares_of(receiver) + shares)
    fund.pot += assets
    return shares


def generous_preview(fund: InsuranceFund, assets: int) -> int:
    """Rounds up."""
    return ceil(assets / fund.worth) if fund.pot + assets <= MAX_AMOUNT else 0


def claim_at_cost(fund: InsuranceFund, now: int, sender: str, receiver: str) -> int:
    """As if there had been no loss."""
    shares = fund.pending_exit(sender).shares
    pot, assets = fund.pot, min(fund.pot, shares // VIRTUAL_SHARES)
    right_claim(fund, now, sender, receiver)
    fund.pot = pot - assets
    return assets


def costly_claim(fund: InsuranceFund, now: int, sender: str, receiver: str) -> int:
    """Loses a unit."""
    assets = right_claim(fund, now, sender, receiver)
    fund.pot -= 1
    return assets


def free_draw(fund: InsuranceFund, sender: str, market: int, amount: int) -> Any:
    """The reserve is not used up."""
    reserve = fund.reserve
    drawn = right_draw(fund, sender, market, amount)
    fund.reserve = reserve
    return drawn


@pytest.mark.parametrize(
    ("fault", "patch", "law"),
    [
        ("shares_up", {"stake": generous_stake, "preview_stake": generous_preview}, "inv_41"),
        ("claim_at_cost", {"claim": claim_at_cost}, "inv_41"),
        ("claim_pot", {"claim": costly_claim}, "inv_21"),
        ("reserve_stays", {"draw": free_draw}, "inv_21"),
    ],
)
def test_law_bites(
    fault: str, patch: Patch, law: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (planted,) = (one for one in FAULTS if one.name == f"InsuranceFund.{fault}")
    plant(planted, tmp_path)
    monkeypatch.setattr(support, "artifact", lambda name: compile_contract(name, tmp_path))
    for name, function in patch.items():
        monkeypatch.setattr(InsuranceFund, name, function)
    pair = FundPair()
    with pytest.raises(AssertionError, match=law):
        story(pair)


def test_story_breaks_no_law(pair: FundPair) -> None:
    """As it should be."""
    story(pair)


def story(pair: FundPair) -> None:
    """A little of everything."""
    pair.contribute(ONE)
    pair.stake(10 * ONE)
    pair.stake(5 * ONE, support.OTHER)
    pair.draw(3 * ONE)
    pair.stake(7, support.OTHER)
    pair.leave(SAVER)
