"""recall: money of the runners' account back to the fees."""

import pytest

from tests.support.engine import USDC
from tests.support.fees import FLOOR, STRANGER, FeePair
from tests.support.orders import reverts
from walras.model.fees import Parts


def test_is_split_again(full: FeePair) -> None:
    assert full.recall(60 * USDC) is None
    assert [full.engine.collateral(full.model.account(number)) for number in range(3)] == [
        FLOOR + 60 * USDC,
        0,
        0,
    ]
    found = full.distribute()
    assert isinstance(found, Parts)
    assert (found.fees, found.runners, found.vault) == (60 * USDC, 3 * USDC, 24 * USDC)
    full.check()


@pytest.mark.parametrize(
    ("amount", "goes"), [(0, True), (1, True), (60 * USDC, True), (60 * USDC + 1, False)]
)
def test_amounts(full: FeePair, amount: int, goes: bool) -> None:
    assert full.recall(amount) == (None if goes else "engine: margin missed")
    full.check()


def test_more_than_an_account_can_hold(full: FeePair) -> None:
    with reverts("engine: amount too large"):
        full.fees.recall(2**256 - 1, sender=full.fees.owner())


def test_by_another(full: FeePair) -> None:
    with reverts("ownable: caller is not the owner"):
        full.fees.recall(1, sender=STRANGER)


def test_distributor_that_retires_can_be_emptied(full: FeePair) -> None:
    """Another receiver of fees comes: floor and runners' pot are distributed to all but a few units."""
    insured = full.model.settings.fees
    assert insured.runners == 500
    full.exchange.set_fee_receiver(STRANGER)
    assert full.change(floor=0) is None
    for _ in range(8):
        full.recall(full.engine.collateral(full.model.account(1)))
        full.distribute()
    assert [full.engine.collateral(full.model.account(number)) for number in range(3)] == [0, 0, 0]
    full.check()
