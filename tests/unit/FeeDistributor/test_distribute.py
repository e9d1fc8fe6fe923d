"""distribute: what is taken, and whose it is; numbers by hand."""

from dataclasses import replace

import pytest

from tests.support.engine import USDC
from tests.support.fees import (
    BUYBACK,
    CHEST,
    FLOOR,
    FOURTH,
    NO_REASON,
    SETTINGS,
    STAKERS,
    STRANGER,
    THIRD,
    VAULT,
    FeePair,
)
from tests.support.oracle import ONE
from tests.support.orders import reverts
from tests.support.traders import fill
from walras.devtools.evm import artifact
from walras.model.fees import Parts, Shares

PLAIN = Shares(vault=5_000, insurance=5_000)


def test_traders_fees(pair: FeePair) -> None:
    """80,000 dollars change hands: the taker pays 40, the maker gets 4 of them, 10 stay behind."""
    pair.trade(40_000, *pair.traders())
    assert pair.engine.collateral(pair.model.account(0)) == 36 * USDC
    assert pair.distribute() == Parts(
        fees=26_000_000,
        penalties=0,
        vault=10_400_000,
        insurance=5_200_000,
        treasury=3_900_000,
        runners=1_300_000,
        others=(3_900_000, 1_300_000),
    )
    pair.check()
    assert pair.engine.collateral(pair.model.account(0)) == FLOOR
    assert pair.fees.booked() == 26_000_000 - 1_300_000
    assert pair.fees.deliverable(VAULT) == 10_400_000
    assert pair.fees.deliverable(pair.fund.address) == 5_200_000
    assert [pair.fees.claimable(one) for one in (CHEST, STAKERS, BUYBACK)] == [
        3_900_000,
        3_900_000,
        1_300_000,
    ]
    assert pair.fees.claimable(STRANGER) == 0


def test_what_stays_pays_rebates(pair: FeePair) -> None:
    """The floor is not needed for the fees of the same trade, but for a maker who is settled first."""
    taker, maker = pair.traders()
    pair.trade(40_000, taker, maker)
    pair.distribute()
    before = pair.engine.collateral(maker)
    assert pair.exchange.sell(maker, 40_000, 20_000, post_only=True) is not None
    assert pair.exchange.buy(taker, 40_000, 20_000) is not None
    pair.exchange.close()
    pair.exchange.sync(maker)
    assert pair.engine.collateral(pair.model.account(0)) == FLOOR - 4 * USDC
    assert pair.distribute() == "fees: nothing to distribute"
    assert pair.engine.collateral(maker) > before


def test_penalties_are_split_their_own_way(pair: FeePair) -> None:
    pair.earn(penalties=100 * USDC)
    assert pair.distribute() == Parts(
        fees=0,
        penalties=100 * USDC,
        vault=20 * USDC,
        insurance=60 * USDC,
        treasury=5 * USDC,
        runners=10 * USDC,
        others=(5 * USDC, 0),
    )
    pair.check()
    assert [pair.engine.collateral(pair.model.account(number)) for number in range(3)] == [0, 10 * USDC, 0]


def test_penalties_leave_fees_below_the_floor_alone(pair: FeePair) -> None:
    pair.earn(fees=FLOOR - 1, penalties=10_000)
    found = pair.distribute()
    assert isinstance(found, Parts)
    assert (found.fees, found.penalties) == (0, 10_000)
    assert pair.engine.collateral(pair.model.account(0)) == FLOOR - 1
    pair.check()


def test_both(full: FeePair) -> None:
    usd = full.usd
    assert full.fees.deliverable(VAULT) == 420 * usd
    assert full.fees.deliverable(full.fund.address) == 260 * usd
    assert [full.fees.claimable(one) for one in (CHEST, STAKERS, BUYBACK)] == [155 * usd, 155 * usd, 50 * usd]
    assert full.engine.collateral(full.model.account(1)) == 60 * usd
    full.check()


@pytest.mark.parametrize(("over", "takes"), [(-1, None), (0, None), (1, 1)])
def test_floor(pair: FeePair, over: int, takes: int | None) -> None:
    pair.earn(fees=FLOOR + over)
    found = pair.distribute()
    if takes is None:
        assert found == "fees: nothing to distribute"
    else:
        assert isinstance(found, Parts)
        assert found.fees == found.insurance == takes
    pair.check()


def test_nothing(pair: FeePair) -> None:
    assert pair.distribute() == "fees: nothing to distribute"
    pair.check()


def test_twice(full: FeePair) -> None:
    assert full.distribute() == "fees: nothing to distribute"
    full.check()


def test_pots_add_up(full: FeePair) -> None:
    full.earn(fees=1_000 * USDC)
    full.distribute()
    assert full.fees.deliverable(VAULT) == 820 * USDC
    assert full.fees.deliverable(full.fund.address) == 460 * USDC
    assert [full.fees.claimable(one) for one in (CHEST, STAKERS, BUYBACK)] == [
        305 * USDC,
        305 * USDC,
        100 * USDC,
    ]
    full.check()


@pytest.mark.parametrize("amount", [1, 2, 3, 4, 7, 9, 10, 11, 19, 9_999, 10_001, 12_345_678_901])
def test_remainder_is_the_insurance_funds(pair: FeePair, amount: int) -> None:
    """Each part is rounded down, of fees and of penalties by itself."""
    pair.earn(fees=FLOOR + amount, penalties=amount)
    found = pair.distribute()
    assert isinstance(found, Parts)
    assert found.vault == amount * 4_000 // 10_000 + amount * 2_000 // 10_000
    assert found.treasury == amount * 1_500 // 10_000 + amount * 500 // 10_000
    assert found.runners == amount * 500 // 10_000 + amount * 1_000 // 10_000
    assert found.others == (amount * 1_500 // 10_000 + amount * 500 // 10_000, amount * 500 // 10_000)
    assert found.insurance == 2 * amount - found.vault - found.treasury - found.runners - sum(found.others)
    pair.check()


def test_seven_units(pair: FeePair) -> None:
    """Vault 2.8, insurance 1.4, treasury 1.05, runners 0.35, stakers 1.05, buy-back 0.35."""
    pair.earn(fees=FLOOR + 7)
    assert pair.distribute() == Parts(7, 0, vault=2, insurance=3, treasury=1, runners=0, others=(1, 0))


def test_four_others() -> None:
    others = (STAKERS, BUYBACK, THIRD, FOURTH)
    shares = Shares(insurance=7_000, others=(1_000, 900, 700, 400))
    pair = FeePair(replace(SETTINGS, others=others, fees=shares, penalties=shares, floor=0))
    pair.earn(fees=10_000)
    found = pair.distribute()
    assert isinstance(found, Parts)
    assert found.others == (1_000, 900, 700, 400)
    assert [pair.fees.claimable(one) for one in others] == [1_000, 900, 700, 400]
    pair.check()


def test_no_others() -> None:
    pair = FeePair(replace(SETTINGS, others=(), fees=PLAIN, penalties=PLAIN, floor=0))
    pair.earn(fees=11)
    assert pair.distribute() == Parts(11, 0, vault=5, insurance=6, treasury=0, runners=0, others=())
    pair.check()


def test_address_named_twice_gets_both_parts(pair: FeePair) -> None:
    pair.change(others=(CHEST, CHEST), floor=0)
    pair.earn(fees=10_000)
    pair.distribute()
    assert pair.fees.claimable(CHEST) == 1_500 + 1_500 + 500
    pair.check()


def test_insurance_alone() -> None:
    """Nobody else needs an address."""
    nobody = "0x" + 40 * "0"
    alone = Shares(insurance=10_000)
    settings = replace(SETTINGS, vault=nobody, treasury=nobody, others=(), fees=alone, penalties=alone)
    pair = FeePair(replace(settings, floor=0))
    pair.earn(fees=10, penalties=5)
    assert pair.distribute() == Parts(10, 5, vault=0, insurance=15, treasury=0, runners=0, others=())
    pair.check()


def test_tips_come_from_the_runners_part(full: FeePair) -> None:
    """5 % of the fees of 1,000 dollars and 10 % of the penalties; the tip of an auction is 0.1."""
    taker, maker = full.traders()
    full.trade(1_000, taker, maker)
    assert full.engine.collateral(full.model.account(1)) == 60 * USDC - 100_000


def test_donation_is_nobodys(full: FeePair) -> None:
    full.donate(77)
    assert full.distribute() == "fees: nothing to distribute"
    full.earn(fees=10_000)
    found = full.distribute()
    assert isinstance(found, Parts)
    assert found.fees == 10_000
    full.check()


def test_deficit_of_the_engine_stops_all(pair: FeePair) -> None:
    """A short with 101 dollars loses 300, the long takes the profit away, others take out what there is.

    What is earned waits in the engine; nothing is booked, and settings stay, until the deficit is covered.
    """
    exchange = pair.exchange
    short, long = exchange.fund(44, 101 * USDC), exchange.fund(55, 101 * USDC)
    buyer = exchange.fund(66, 2_000 * USDC)
    fill(exchange, long, short, 1_000)
    exchange.say(0, 2_300 * ONE)
    exchange.close()
    fill(exchange, buyer, long, 1_000, 23_000)
    exchange.withdraw(long, 398 * USDC)
    pair.earn(fees=FLOOR, penalties=100 * USDC)
    left = pair.engine.tracked()
    exchange.withdraw(buyer, left - 50 * USDC)
    assert (exchange.refusal, pair.engine.tracked()) == (None, 50 * USDC)
    assert pair.distribute() == "engine: deficit unpaid"
    assert pair.change(vault=STRANGER) == "engine: deficit unpaid"
    assert pair.fees.booked() == 0
    pair.check()
    exchange.fund(77, 1_000 * USDC)
    assert isinstance(pair.distribute(), Parts)
    pair.check()


def test_deficit_covered_for_what_leaves(pair: FeePair) -> None:
    """The runners' part stays in the engine: exactly the rest has to be there."""
    exchange = pair.exchange
    short, long = exchange.fund(44, 101 * USDC), exchange.fund(55, 101 * USDC)
    buyer = exchange.fund(66, 2_000 * USDC)
    fill(exchange, long, short, 1_000)
    exchange.say(0, 2_300 * ONE)
    exchange.close()
    fill(exchange, buyer, long, 1_000, 23_000)
    exchange.withdraw(long, 398 * USDC)
    pair.earn(fees=FLOOR, penalties=100 * USDC)
    parts = pair.preview()
    paid = parts.fees + parts.penalties - parts.runners
    exchange.withdraw(buyer, pair.engine.tracked() - paid)
    assert exchange.refusal is None
    assert isinstance(pair.distribute(), Parts)
    assert pair.engine.tracked() == 0
    pair.check()


def test_barred_distributor_loses_nothing(pair: FeePair) -> None:
    """It waits in the engine until the token lets it through again."""
    pair.earn(fees=1_000 * USDC)
    pair.bar(pair.fees.address)
    assert pair.distribute() == NO_REASON
    pair.bar(pair.fees.address, False)
    assert isinstance(pair.distribute(), Parts)
    pair.check()


def test_recipients_that_are_barred_stop_nobody(pair: FeePair) -> None:
    for one in (VAULT, CHEST, STAKERS, BUYBACK, pair.fund.address):
        pair.bar(one)
    pair.earn(fees=1_000 * USDC, penalties=USDC)
    assert isinstance(pair.distribute(), Parts)
    pair.check()


def test_full_fund_stops_nobody(pair: FeePair) -> None:
    pair.fill_up()
    pair.earn(fees=1_000 * USDC)
    assert isinstance(pair.distribute(), Parts)
    assert pair.deliver(pair.fund.address) == "fund: amount too large"
    assert isinstance(pair.deliver(VAULT), int)
    pair.check()


def test_through_a_contract(pair: FeePair) -> None:
    """Anyone may call; the events name who does, not who sent the transaction."""
    pair.earn(fees=FLOOR + 10_000)
    caller = pair.evm.deploy(artifact("PayingCaller"))
    caller.forward(pair.fees.address, pair.fees.encode("distribute"), sender=STRANGER)
    assert [event.args["by"] for event in pair.fees.events()] == [caller.address.lower()]
    assert pair.fees.booked() == 9_500
    caller.forward(pair.fees.address, pair.fees.encode("deliver", VAULT), sender=STRANGER)
    assert [event.args["by"] for event in pair.fees.events()] == [caller.address.lower()]
    with reverts("fees: nothing to distribute"):
        pair.fees.distribute(sender=STRANGER)


def test_token_of_18_decimals() -> None:
    pair = FeePair(replace(SETTINGS, floor=10**19), decimals=18)
    pair.earn(fees=11 * 10**18 + 7)
    found = pair.distribute()
    assert isinstance(found, Parts)
    assert (found.vault, found.insurance) == (4 * 10**17 + 2, 2 * 10**17 + 3)
    pair.check()


def test_most_that_an_account_holds(pair: FeePair) -> None:
    pair.change(floor=0)
    pair.earn(fees=2**111 - 1)
    found = pair.distribute()
    assert isinstance(found, Parts)
    assert found.fees == 2**111 - 1
    pair.check()
