"""Fees, rebates, and profit that trades realise; numbers by hand."""

from dataclasses import replace

import pytest

from tests.support.engine import SETTINGS, TREASURY, USDC, EnginePair
from tests.support.traders import PAR, RICH, collateral, fill, lots_and_cash, margin, named

FEES = int(TREASURY, 16) << 8


def test_taker_pays_and_maker_gets(pair: EnginePair, maker: int, taker: int) -> None:
    """2,000 tokens: 0.05 % are 1, 0.005 % are 0.1; the rest is the fee receiver's."""
    fill(pair, taker, maker, 1_000)
    assert collateral(pair, taker) == RICH - 1_000_000
    assert collateral(pair, maker) == RICH + 100_000
    assert collateral(pair, FEES) == 900_000


def test_two_takers(pair: EnginePair, maker: int, taker: int) -> None:
    pair.sell(maker, 1_000, PAR)
    pair.buy(taker, 1_000, PAR)
    pair.close()
    pair.sync(maker)
    pair.sync(taker)
    assert collateral(pair, maker) == collateral(pair, taker) == RICH - 1_000_000
    assert collateral(pair, FEES) == 2_000_000


def test_fees_round_against_the_trader(pair: EnginePair, maker: int, taker: int) -> None:
    """1 lot at 19,999 ticks: 1,999,900 units; the fee of 999.95 is 1,000, the rebate of 99.995 is 99."""
    fill(pair, taker, maker, 1, 19_999)
    assert collateral(pair, taker) == RICH - 1_000
    assert collateral(pair, maker) == RICH + 99
    assert collateral(pair, FEES) == 901


def test_maker_who_pays(pair: EnginePair, maker: int, taker: int) -> None:
    pair.begin_with(0, replace(SETTINGS, maker_ppm=500))
    fill(pair, taker, maker, 1_000)
    assert collateral(pair, maker) == RICH - 1_000_000
    assert collateral(pair, FEES) == 2_000_000


def test_without_fees(pair: EnginePair, maker: int, taker: int) -> None:
    pair.begin_with(0, replace(SETTINGS, maker_ppm=0, taker_ppm=0))
    fill(pair, taker, maker, 1_000)
    assert collateral(pair, maker) == collateral(pair, taker) == RICH
    assert collateral(pair, FEES) == 0


def test_rebates_go_as_far_as_fees(pair: EnginePair, maker: int, taker: int) -> None:
    """0.1 for 2,000 tokens: of a fee account with 0.099999 all there is, and nothing is owed for later."""
    for fees, rebate in ((0, 0), (99_999, 99_999), (100_000, 100_000), (100_001, 100_000)):
        pair.mint(TREASURY, fees)
        pair.deposit(TREASURY, FEES, fees)
        pair.sell(maker, 1_000, PAR, post_only=True)
        pair.buy(taker, 1_000, PAR)
        pair.close()
        before = collateral(pair, maker)
        pair.sync(maker)  # before the taker: his fee has not come yet
        (booked,) = named(pair, "Booked")
        assert booked["fee"] == -rebate
        assert collateral(pair, maker) - before == rebate - booked["funding"]
        assert collateral(pair, FEES) == fees - rebate
        pair.sync(taker)
        pair.withdraw(FEES, collateral(pair, FEES))


def test_fee_account_in_debt_pays_no_rebate(pair: EnginePair, maker: int, taker: int) -> None:
    """Its own trade lost more than it had: a rebate does not make that more."""
    pair.mint(TREASURY, 101 * USDC)
    pair.deposit(TREASURY, FEES, 101 * USDC)
    fill(pair, FEES, maker, 1_000)
    pair.say(0, 1_800 * 10**18)
    pair.close()
    pair.sell(FEES, 1_000, 18_000)
    assert pair.refusal == "engine: margin missed"
    assert collateral(pair, FEES) > 0 > margin(pair, FEES)[0]


def test_fee_receiver_trades_for_nothing(pair: EnginePair, maker: int) -> None:
    """His fee is his own; the maker's rebate he pays."""
    pair.mint(TREASURY, RICH)
    pair.deposit(TREASURY, FEES, RICH)
    fill(pair, FEES, maker, 1_000)
    assert collateral(pair, FEES) == RICH - 100_000
    assert collateral(pair, maker) == RICH + 100_000


# ---------------------------------------------------------------- profit


def test_reduced_long_realises_its_share(pair: EnginePair, maker: int, taker: int) -> None:
    """Bought 1,000 for 2,000 tokens, sells 400 for 840: of the cost 800 go with them, 40 are realised."""
    fill(pair, taker, maker, 1_000)
    before = collateral(pair, taker), collateral(pair, maker)
    fill(pair, maker, taker, 400, 21_000)
    assert lots_and_cash(pair, taker) == (600, -1_200 * USDC)
    assert lots_and_cash(pair, maker) == (-600, 1_200 * USDC)
    # 840 tokens: the seller made and gets 0.042, the buyer took and pays 0.42. The mark of the first auction
    # is 2,000; 10 seconds of funding at 0.01 % in 8 hours on 2,000 tokens are 69.4 units
    assert collateral(pair, taker) == before[0] + 40 * USDC + 42_000 - 70
    assert collateral(pair, maker) == before[1] - 40 * USDC - 420_000 + 69


def test_closed_position_realises_all(pair: EnginePair, maker: int, taker: int) -> None:
    pair.begin_with(0, replace(SETTINGS, maker_ppm=0, taker_ppm=0, interest=0))
    pair.close()
    fill(pair, taker, maker, 1_000)
    fill(pair, maker, taker, 1_000, 21_000)
    assert lots_and_cash(pair, taker) == lots_and_cash(pair, maker) == (0, 0)
    assert (collateral(pair, taker), collateral(pair, maker)) == (RICH + 100 * USDC, RICH - 100 * USDC)
    assert pair.engine.markets_of(taker) == ()
    assert margin(pair, taker) == (RICH + 100 * USDC, 0, 0)


@pytest.mark.parametrize(("tick", "profit"), [(21_000, 100 * USDC), (19_000, -100 * USDC)])
def test_turned_position_realises_the_old_one(
    pair: EnginePair, maker: int, taker: int, tick: int, profit: int
) -> None:
    """Long 1,000 at 2,000, sells 1,500: 1,000 are closed, 500 are sold at the new price."""
    pair.begin_with(0, replace(SETTINGS, maker_ppm=0, taker_ppm=0, interest=0))
    pair.close()
    fill(pair, taker, maker, 1_000)
    fill(pair, maker, taker, 1_500, tick)
    assert lots_and_cash(pair, taker) == (-500, 500 * tick * 100)
    assert lots_and_cash(pair, maker) == (500, -500 * tick * 100)
    assert (collateral(pair, taker), collateral(pair, maker)) == (RICH + profit, RICH - profit)


def test_grown_position_realises_nothing(pair: EnginePair, maker: int, taker: int) -> None:
    pair.begin_with(0, replace(SETTINGS, maker_ppm=0, taker_ppm=0, interest=0))
    pair.close()
    fill(pair, taker, maker, 1_000)
    fill(pair, taker, maker, 1_000, 20_100)
    assert lots_and_cash(pair, taker) == (2_000, -4_010 * USDC)
    assert collateral(pair, taker) == collateral(pair, maker) == RICH


def test_profit_rounds_down(pair: EnginePair, maker: int, taker: int) -> None:
    """3 lots for 6,000,100 units; one sold for 2,000,000: 33.33 are lost, 34 realised; the other gets 33.

    And some thousandths of a unit of funding, for which the long pays 1 and the short gets nothing.
    """
    pair.begin_with(0, replace(SETTINGS, maker_ppm=0, taker_ppm=0, interest=0))
    pair.close()
    fill(pair, taker, maker, 2)
    fill(pair, taker, maker, 1, PAR + 1)
    assert lots_and_cash(pair, taker) == (3, -6_000_100)
    fill(pair, maker, taker, 1)
    assert lots_and_cash(pair, taker) == (2, -4_000_066)
    assert lots_and_cash(pair, maker) == (-2, 4_000_067)
    assert collateral(pair, taker) == RICH - 34 - 1
    assert collateral(pair, maker) == RICH + 33
    pair.settle_everybody()


def test_booked_tells(pair: EnginePair, maker: int, taker: int) -> None:
    pair.sell(maker, 1_000, PAR, post_only=True)
    pair.buy(taker, 1_000, PAR)
    pair.close()
    pair.sync(taker)
    assert named(pair, "Booked") == [
        {
            "account": taker,
            "market": 0,
            "lots": 1_000,
            "cash": -2_000 * USDC,
            "fee": 1_000_000,
            "realised": 0,
            "funding": 0,
        }
    ]


def test_token_of_18_decimals() -> None:
    """A lot at a tick is 10**14 units; all else is the same."""
    pair = EnginePair(decimals=18)
    maker, taker = pair.fund(11, RICH * 10**12), pair.fund(22, RICH * 10**12)
    fill(pair, taker, maker, 1_000)
    assert lots_and_cash(pair, taker) == (1_000, -2_000 * 10**18)
    assert collateral(pair, taker) == RICH * 10**12 - 10**18
    assert collateral(pair, maker) == RICH * 10**12 + 10**17
    assert margin(pair, taker)[1:] == (100 * 10**18, 50 * 10**18)
