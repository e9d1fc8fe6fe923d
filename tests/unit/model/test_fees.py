"""The model of the fee distributor by itself: worked by hand."""

from typing import NoReturn

import pytest

from walras.model.engine import Engine
from walras.model.fees import FeeDistributor, Parts, Settings, Shares
from walras.model.insurance import InsuranceFund
from walras.model.revert import Revert

ME, FUND, VAULT, CHEST, STAKERS = (f"0x{number:040x}" for number in (1, 2, 3, 4, 5))
SETTINGS = Settings(
    VAULT,
    CHEST,
    (STAKERS,),
    fees=Shares(vault=3_333, insurance=3_333, treasury=1_111, runners=1_112, others=(1_111,)),
    penalties=Shares(insurance=9_000, runners=1_000, others=(0,)),
    floor=100,
)


def no_price(market: int) -> NoReturn:
    """Nobody trades here."""
    raise AssertionError(market)


@pytest.fixture
def fees() -> FeeDistributor:
    """It has earned 101 units of fees over the floor, and 19 of penalties."""
    distributor = FeeDistributor(ME, Engine(10**6, no_price, 1_700_000_000), FUND, InsuranceFund(), SETTINGS)
    distributor.engine.deposit(distributor.account(0), 201)
    distributor.engine.deposit(distributor.account(2), 19)
    return distributor


def test_a_story(fees: FeeDistributor) -> None:
    """Of 101: 33.66, 33.66, 11.22, 11.23, 11.22; of 19: 17.1 and 1.9."""
    assert fees.distribute() == Parts(101, 19, vault=33, insurance=53, treasury=11, runners=12, others=(11,))
    assert fees.booked == 108
    assert [fees.engine.account(fees.account(number)).collateral for number in range(3)] == [100, 12, 0]
    assert fees.engine.tracked == 112
    assert fees.deliver(FUND) == fees.fund.reserve == 53
    assert fees.deliver(VAULT) == fees.engine.account(3 << 8).collateral == 33
    assert fees.claim(STAKERS, CHEST) == 11
    assert fees.booked == 11
    fees.recall(12)
    assert fees.preview().fees == 12


def test_refusals_change_nothing(fees: FeeDistributor) -> None:
    fees.engine.tracked = 107
    for call in (fees.distribute, lambda: fees.configure(SETTINGS)):
        with pytest.raises(Revert, match="engine: deficit unpaid"):
            call()
    assert (fees.booked, fees.engine.tracked) == (0, 107)
    fees.engine.tracked = 108
    assert fees.distribute().insurance == 53
    assert fees.engine.tracked == 0
    with pytest.raises(Revert, match="fees: nothing to distribute"):
        fees.distribute()


def test_change_distributes_first(fees: FeeDistributor) -> None:
    other = Shares(vault=2_000, insurance=4_900, treasury=1_000, runners=1_000, others=(1_100,))
    fees.configure(Settings(VAULT, CHEST, (STAKERS,), other, SETTINGS.penalties, 0))
    assert (fees.deliverable[VAULT], fees.claimable[STAKERS]) == (33, 11)
    assert fees.preview() == Parts(100, 0, vault=20, insurance=49, treasury=10, runners=10, others=(11,))
