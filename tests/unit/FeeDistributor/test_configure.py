"""configure: bounds of shares, recipients and floor; what was earned before."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.engine import USDC
from tests.support.fees import (
    BUYBACK,
    CHEST,
    FLOOR,
    FOURTH,
    NEW_CHEST,
    NEW_VAULT,
    OWNER,
    SETTINGS,
    STAKERS,
    STRANGER,
    THIRD,
    VAULT,
    FeePair,
)
from tests.support.orders import reverts
from walras.devtools.evm import Reverted, artifact
from walras.model.fees import Parts, Settings, Shares
from walras.model.insurance import NOBODY

ALL = (STAKERS, BUYBACK, THIRD, FOURTH)
INSURED = Shares(insurance=10_000)


def both(fees: Shares, penalties: Shares = INSURED, others: tuple[str, ...] = (), **changes: Any) -> Settings:
    """Settings with these shares; shares of nobody where the list of others is longer."""
    padded = [replace(one, others=one.others or (0,) * len(others)) for one in (fees, penalties)]
    return replace(SETTINGS, others=others, fees=padded[0], penalties=padded[1], **changes)


@pytest.mark.parametrize(
    "fees",
    [
        Shares(vault=9_000, insurance=1_000),
        Shares(insurance=10_000),
        Shares(vault=1_000, insurance=4_000, treasury=5_000),
        Shares(vault=1_000, insurance=7_000, runners=2_000),
        Shares(insurance=1_000, treasury=5_000, runners=2_000, vault=2_000),
    ],
)
def test_shares_at_their_bounds(fees: Shares) -> None:
    FeePair(both(fees)).check()


@pytest.mark.parametrize(
    "fees",
    [
        Shares(vault=9_001, insurance=999),
        Shares(vault=10_000),
        Shares(vault=999, insurance=4_000, treasury=5_001),
        Shares(vault=999, insurance=7_000, runners=2_001),
        Shares(insurance=10_001),
        Shares(vault=10_001, insurance=1_000),
        Shares(vault=2**256 - 1, insurance=1_000, treasury=1),
        Shares(insurance=2**256 - 1, vault=1),
        Shares(insurance=1_000, treasury=2**256 - 1),
        Shares(insurance=1_000, runners=2**256 - 1),
    ],
)
def test_shares_over_their_bounds(pair: FeePair, fees: Shares) -> None:
    assert pair.configure(both(fees)) == "fees: share out of bounds"
    pair.check()


@pytest.mark.parametrize(
    "penalties",
    [
        Shares(vault=5_000, insurance=5_000),
        Shares(insurance=5_000, treasury=5_000),
        Shares(insurance=8_000, runners=2_000),
        Shares(insurance=10_000),
    ],
)
def test_penalties_at_their_bounds(penalties: Shares) -> None:
    FeePair(both(INSURED, penalties)).check()


@pytest.mark.parametrize(
    "penalties",
    [
        Shares(vault=5_001, insurance=4_999),
        Shares(insurance=7_999, runners=2_001),
        Shares(insurance=5_000, treasury=5_001),
        Shares(insurance=10_001),
    ],
)
def test_penalties_over_their_bounds(pair: FeePair, penalties: Shares) -> None:
    assert pair.configure(both(INSURED, penalties)) == "fees: share out of bounds"


@pytest.mark.parametrize("others", [(3_000,), (1_000, 2_000), (750,) * 4, (3_000, 0, 0, 0), (0, 0, 0, 3_000)])
def test_others_at_their_bound(others: tuple[int, ...]) -> None:
    shares = Shares(insurance=7_000, others=others)
    FeePair(both(shares, shares, ALL[: len(others)])).check()


@pytest.mark.parametrize(
    "others", [(3_001,), (1_001, 2_000), (750, 750, 750, 751), (2**256 - 1,), (2**255, 2**255)]
)
def test_others_over_their_bound(pair: FeePair, others: tuple[int, ...]) -> None:
    shares = Shares(insurance=max(1_000, 10_000 - sum(others)), others=others)
    assert pair.configure(both(shares, INSURED, ALL[: len(others)])) == "fees: share out of bounds"


@pytest.mark.parametrize(
    ("fees", "penalties"),
    [
        (Shares(vault=8_999, insurance=1_000), INSURED),
        (Shares(vault=9_000, insurance=1_001), INSURED),
        (INSURED, Shares(vault=4_999, insurance=5_000)),
        (INSURED, Shares(vault=5_000, insurance=5_000, treasury=1)),
        (INSURED, Shares(insurance=9_999)),
    ],
)
def test_shares_that_are_not_whole(pair: FeePair, fees: Shares, penalties: Shares) -> None:
    assert pair.configure(both(fees, penalties)) == "fees: shares not whole"


def test_others_count_towards_the_whole(pair: FeePair) -> None:
    shares = Shares(insurance=7_000, others=(2_999,))
    assert pair.configure(both(shares, INSURED, (STAKERS,))) == "fees: shares not whole"
    shares = Shares(insurance=7_001, others=(3_000,))
    assert pair.configure(both(shares, INSURED, (STAKERS,))) == "fees: shares not whole"


@pytest.mark.parametrize(
    ("fees", "penalties"), [((), (0,)), ((0,), ()), ((0, 0), (0,)), ((0,), (0, 0)), ((), ())]
)
def test_one_share_for_each_other(pair: FeePair, fees: tuple[int, ...], penalties: tuple[int, ...]) -> None:
    settings = replace(
        SETTINGS,
        others=(STAKERS,),
        fees=replace(INSURED, others=fees),
        penalties=replace(INSURED, others=penalties),
    )
    assert pair.configure(settings) == "fees: bad shares"


def test_five_others(pair: FeePair) -> None:
    """The list has no room for a fifth."""
    shares = Shares(insurance=10_000, others=(0,) * 5)
    with pytest.raises(Reverted, match="Revert"):
        pair.fees.configure(both(shares, shares, (*ALL, STRANGER)), sender=OWNER)


# ---------------------------------------------------------------- recipients


@pytest.mark.parametrize(
    ("fees", "penalties"),
    [(replace(INSURED, insurance=9_999, vault=1), INSURED), (INSURED, Shares(insurance=9_999, vault=1))],
)
def test_vault_with_a_share_has_an_address(fees: Shares, penalties: Shares) -> None:
    pair = FeePair(both(fees, penalties))
    assert pair.change(vault=NOBODY) == "fees: no recipient"
    pair.check()


@pytest.mark.parametrize(
    ("fees", "penalties"),
    [
        (replace(INSURED, insurance=9_999, treasury=1), INSURED),
        (INSURED, Shares(insurance=9_999, treasury=1)),
    ],
)
def test_treasury_with_a_share_has_an_address(fees: Shares, penalties: Shares) -> None:
    pair = FeePair(both(fees, penalties))
    assert pair.change(treasury=NOBODY) == "fees: no recipient"
    pair.check()


def test_who_has_no_share_needs_no_address() -> None:
    pair = FeePair(both(INSURED, vault=NOBODY, treasury=NOBODY))
    pair.earn(fees=FLOOR + 10)
    assert isinstance(pair.distribute(), Parts)
    pair.check()


def test_others_have_addresses(pair: FeePair) -> None:
    assert pair.configure(both(INSURED, others=(STAKERS, NOBODY))) == "fees: no recipient"


def test_distributor_is_no_recipient(pair: FeePair) -> None:
    me = pair.model.address
    for changes in ({"vault": me}, {"treasury": me}, {"others": (STAKERS, me)}):
        assert pair.change(**changes) == "fees: bad recipient"


def test_fund_is_no_vault(pair: FeePair) -> None:
    assert pair.change(vault=pair.model.insurance) == "fees: bad recipient"


@pytest.mark.parametrize(
    ("units", "goes"), [(0, True), (10**12, True), (10**12 + 1, False), (2**256 - 1, False)]
)
def test_floor(pair: FeePair, units: int, goes: bool) -> None:
    """At most 1,000,000 dollars."""
    if goes:
        FeePair(replace(SETTINGS, floor=units)).check()
    else:
        assert pair.change(floor=units) == "fees: bad floor"
        pair.check()


def test_floor_of_18_decimals() -> None:
    pair = FeePair(replace(SETTINGS, floor=10**24), decimals=18)
    assert pair.change(floor=10**24 + 1) == "fees: bad floor"


# ---------------------------------------------------------------- what was earned before


def test_old_shares_apply_to_what_was_earned(pair: FeePair) -> None:
    pair.earn(fees=FLOOR + 10_000, penalties=1_000)
    swapped = replace(SETTINGS.fees, vault=3_500, treasury=2_000)
    assert pair.change(vault=NEW_VAULT, treasury=NEW_CHEST, others=(THIRD, FOURTH), fees=swapped) is None
    pots = pair.fees.deliverable, pair.fees.claimable
    assert (pots[0](VAULT), pots[0](NEW_VAULT)) == (4_000 + 200, 0)
    assert (pots[1](CHEST), pots[1](NEW_CHEST)) == (1_500 + 50, 0)
    assert (pots[1](STAKERS), pots[1](THIRD)) == (1_500 + 50, 0)
    pair.check()
    pair.earn(fees=10_000)
    pair.distribute()
    assert (pots[0](NEW_VAULT), pots[1](NEW_CHEST), pots[1](THIRD)) == (3_500, 2_000, 1_500)
    assert (pots[0](VAULT), pots[1](CHEST), pots[1](STAKERS)) == (4_200, 1_550, 1_550)
    pair.check()


def test_old_floor_applies_too(pair: FeePair) -> None:
    pair.earn(fees=FLOOR + 7 * USDC)
    assert pair.change(floor=FLOOR + 5 * USDC) is None
    assert pair.fees.booked() == 7 * USDC - 350_000
    assert pair.distribute() == "fees: nothing to distribute"
    pair.check()


def test_lower_floor_frees_what_stayed(full: FeePair) -> None:
    full.change(floor=FLOOR - 10_000)
    found = full.distribute()
    assert isinstance(found, Parts)
    assert found.fees == 10_000
    full.check()


def test_refused_change_distributes_nothing(pair: FeePair) -> None:
    pair.earn(fees=FLOOR + 10_000)
    assert pair.change(floor=2**200) == "fees: bad floor"
    assert pair.fees.booked() == 0
    pair.check()


def test_by_another(pair: FeePair) -> None:
    with reverts("ownable: caller is not the owner"):
        pair.fees.configure(SETTINGS, sender=STRANGER)


def test_owner_is_who_calls(pair: FeePair) -> None:
    """Not who sent the transaction."""
    caller = pair.evm.deploy(artifact("PayingCaller"))
    for call in (pair.fees.encode("configure", SETTINGS), pair.fees.encode("recall", 0)):
        with reverts("ownable: caller is not the owner"):
            caller.forward(pair.fees.address, call, sender=OWNER)
