"""The mark, margin at it, and the margin fractions that open interest makes; numbers by hand."""

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

import pytest

from tests.support.engine import SETTINGS, USDC, EnginePair
from tests.support.oracle import ONE
from tests.support.orders import refused
from tests.support.traders import LOT_AT_PAR, PAR, RICH, SCALE, UNIT, fill, margin


def price(pair: EnginePair) -> int:
    """The mark, in millionths of a token a thousand lots, rounded to the nearest."""
    return (pair.engine.mark(0)[0] * 1_000 * 2 // 2**41 + 1) // 2


def free(pair: EnginePair, **others: int) -> None:
    settings = replace(SETTINGS, **{"maker_ppm": 0, "taker_ppm": 0, "interest": 0, **others})
    pair.begin_with(0, settings)
    pair.close()


def test_mark_is_the_index_until_something_trades(pair: EnginePair, maker: int) -> None:
    assert pair.engine.mark(0)[:4] == (LOT_AT_PAR,) * 4
    pair.say(0, 2_100 * ONE)
    pair.sell(maker, 10, 22_000)
    pair.close()
    assert price(pair) == 2_100 * USDC


def test_median(pair: EnginePair, maker: int, taker: int) -> None:
    """60 seconds at a premium of 3 % are a fifteenth of 15 minutes: 0.2 % above the index of 2,000."""
    free(pair)
    fill(pair, taker, maker, 10)
    fill(pair, taker, maker, 10, 20_600, wait=60)
    assert price(pair) == 2_004 * USDC  # of 2,000, 2,004 and 2,060
    pair.say(0, 2_058 * ONE)
    pair.advance(61)
    pair.sync(taker)
    assert price(pair) == 2_060 * USDC  # of 2,058, 2,062.1 and 2,060
    pair.say(0, 2_100 * ONE)
    pair.advance(61)
    pair.sync(taker)
    assert price(pair) == 2_100 * USDC  # of 2,100, 2,104.2 and 2,060


def test_auction_leans_to_the_mark_and_not_to_the_index(pair: EnginePair, maker: int, taker: int) -> None:
    """Of prices at which as much trades, 1,990 to 2,060, the one nearest to the mark of before."""
    free(pair)
    fill(pair, taker, maker, 10)
    fill(pair, taker, maker, 10, 20_600, wait=60)
    assert price(pair) == 2_004 * USDC
    pair.sell(maker, 10, 19_900)
    pair.buy(taker, 10, 20_600)
    assert pair.close().price == 20_040


def test_rare_trade_speaks_for_a_minute(pair: EnginePair, maker: int, taker: int) -> None:
    """After an hour without a sample a trade 3 % above the index counts as one after a minute."""
    free(pair)
    fill(pair, taker, maker, 10, 20_600, wait=3_600)
    assert price(pair) == 2_004 * USDC
    assert pair.engine.funding_of(0)[2:4] == (500_000, 2_000_000)  # a 60th and a 15th of 30,000,000


@pytest.mark.parametrize(
    ("tick", "wide", "narrow"), [(22_000, 2_006_666_666, 2_002), (18_000, 1_993_333_334, 1_998)]
)
def test_band(pair: EnginePair, maker: int, taker: int, tick: int, wide: int, narrow: int) -> None:
    """10 % from the index count as the band's 5 %, a minute of them for 0.3333333 %; then it is 0.1 %."""
    free(pair)
    fill(pair, taker, maker, 10, tick, wait=60)
    assert price(pair) == wide
    pair.begin_with(0, replace(SETTINGS, mark_band_bps=10, interest=0))
    pair.advance(61)
    pair.sync(taker)
    assert price(pair) == narrow * USDC


# ---------------------------------------------------------------- what is past


def test_premium_fades_where_nobody_trades(pair: EnginePair, maker: int, taker: int) -> None:
    """0.2 % above the index, and 480 seconds later an auction of an empty book."""
    free(pair)
    fill(pair, taker, maker, 10, 20_600, wait=60)
    pair.advance(480)
    pair.auction()
    # 420 seconds of silence take 2,000,000 x 420 / 900 = 933,333, a minute of none a 15th of the rest: 71,111
    assert pair.engine.funding_of(0)[3] == 995_556
    assert price(pair) == 2_001_991_112


@pytest.mark.parametrize(("seconds", "left"), [(60, 2_000_000), (510, 1_000_000), (960, 0), (2**20, 0)])
def test_premium_fades_where_nothing_can_be_sampled(
    pair: EnginePair, maker: int, taker: int, seconds: int, left: int
) -> None:
    """As it would at the next sample; what is stored stays. Without sources it can be long until that.

    Before, marks and rates were of the last premium for as long as anybody renewed them.
    """
    free(pair)
    fill(pair, taker, maker, 10, 20_600, wait=60)
    hour, quarter, clearing = pair.engine.funding_of(0)[2:5]
    assert quarter == 2_000_000
    pair.advance(seconds)
    pair.sync(taker)
    assert pair.engine.funding_of(0)[2:5] == (hour, quarter, clearing)
    index = 2_000 * USDC
    assert price(pair) == (index + index * left // 10**9 if seconds <= 900 else index)


def test_continuous_market_forgets_its_premium(pair: EnginePair, maker: int, taker: int) -> None:
    """Where no trade is large enough nothing is sampled: after 15 minutes the mark is the index."""
    free(pair)
    fill(pair, taker, maker, 10, 20_600, wait=60)
    pair.configure_book(0, 0, 1)
    pair.begin_with(0, replace(SETTINGS, impact_lots=1_000, interest=0))
    pair.advance(3_661)
    fill(pair, taker, maker, 10, 20_600)
    assert price(pair) == 2_000 * USDC
    assert pair.engine.funding_of(0)[0:2][1] == 0


@pytest.mark.parametrize(
    ("is_ask", "tick", "sample"),
    [
        (None, 0, 0),
        (True, 20_900, 0),
        (False, 19_100, 0),
        (False, 20_900, 45_000_000),  # 4.5 % above the index
        (True, 19_100, -45_000_000),
    ],
)
def test_premium_of_a_book_with_an_empty_side(
    pair: EnginePair, maker: int, is_ask: bool | None, tick: int, sample: int, taker: int
) -> None:
    """Only a bid above the index, or an ask below it, is a premium; else an average fades by a 15th."""
    free(pair)
    fill(pair, taker, maker, 10, 20_600, wait=60)
    if is_ask is not None:
        (pair.sell if is_ask else pair.buy)(maker, 10, tick)
    pair.advance(60)
    pair.auction()
    exact = 2_000_000 + Fraction(sample - 2_000_000, 15)
    assert pair.engine.funding_of(0)[3] in {floor(exact), ceil(exact)}


@pytest.mark.parametrize("lots", [999, 1_000])
def test_trade_too_small_tells_nothing(pair: EnginePair, maker: int, taker: int, lots: int) -> None:
    """Of 1,000 lots that have to trade: with fewer there is neither a clearing price nor a premium."""
    free(pair)
    pair.begin_with(0, replace(SETTINGS, impact_lots=1_000))
    fill(pair, taker, maker, lots, 20_600, wait=60)
    counts = lots == 1_000
    assert pair.engine.funding_of(0)[3:] == ((2_000_000, 20_600 * UNIT << SCALE) if counts else (0, 0))
    assert (pair.engine.mark(0)[0] > LOT_AT_PAR) == counts


@pytest.mark.parametrize("lots", [999, 1_000])
def test_order_too_small_tells_nothing(pair: EnginePair, maker: int, lots: int) -> None:
    """Of 1,000 lots that have to rest: the price at which all find a buyer counts, not the best bid."""
    free(pair)
    pair.begin_with(0, replace(SETTINGS, impact_lots=1_000))
    pair.buy(maker, 1, 20_900)
    pair.buy(maker, lots - 1, 20_300)
    pair.advance(60)
    pair.auction()
    assert pair.engine.funding_of(0)[3] == (1_000_000 if lots == 1_000 else 0)  # a 15th of 1.5 %


@pytest.mark.parametrize(("seconds", "kept"), [(900, True), (901, False)])
def test_clearing_price_is_forgotten(
    pair: EnginePair, maker: int, taker: int, seconds: int, kept: bool
) -> None:
    """15 minutes after the last trade it still counts, a second later the mark is the index."""
    free(pair)
    fill(pair, taker, maker, 10, 20_600, wait=60)
    clearing = pair.engine.funding_of(0)[4]
    assert clearing == 20_600 * UNIT << SCALE
    pair.buy(maker, 1, 20_300)  # nothing crosses: 1.5 % for a minute, a 15th of 15,000,000 and more
    pair.sell(taker, 1, 20_500)
    pair.advance(seconds)
    pair.auction()
    assert pair.engine.funding_of(0)[3:] == (pair.model.markets[0].quarter, clearing if kept else 0)
    assert 1_000_000 <= pair.engine.funding_of(0)[3] < 1_150_000
    mark, index = pair.engine.mark(0)[:2]
    assert (mark > index) == kept


def test_trade_remembers_the_clearing_price_anew(pair: EnginePair, maker: int, taker: int) -> None:
    free(pair)
    fill(pair, taker, maker, 10, 20_600, wait=60)
    fill(pair, taker, maker, 10, 20_500, wait=901)
    assert pair.engine.funding_of(0)[4] == 20_500 * UNIT << SCALE
    pair.advance(900)
    pair.auction()
    assert pair.engine.funding_of(0)[4] == 20_500 * UNIT << SCALE
    pair.advance(10)
    pair.auction()
    assert pair.engine.funding_of(0)[4] == 0


def test_margin(pair: EnginePair, maker: int, taker: int) -> None:
    """1,000 lots at 2,000, then 2,100: 100 of profit and loss; 5 % and 2.5 % of 2,100."""
    free(pair)
    fill(pair, taker, maker, 1_000)
    assert margin(pair, taker) == margin(pair, maker) == (RICH, 100 * USDC, 50 * USDC)
    pair.say(0, 2_100 * ONE)
    pair.advance(61)
    assert margin(pair, taker)[0] == RICH  # at the stored mark
    pair.sync(taker)
    assert margin(pair, taker) == (RICH + 100 * USDC, 105 * USDC, 52_500_000)
    assert margin(pair, maker) == (RICH - 100 * USDC, 105 * USDC, 52_500_000)


def test_margin_counts_the_worst_of_position_and_orders(pair: EnginePair, maker: int, taker: int) -> None:
    free(pair)
    fill(pair, taker, maker, 1_000)
    pair.sell(taker, 1_500, PAR + 1)  # at worst 500 short: the 1,000 long are more
    assert margin(pair, taker)[1:] == (100 * USDC, 50 * USDC)
    pair.sell(taker, 1_500, PAR + 1)  # 2,000 short
    assert margin(pair, taker)[1:] == (200 * USDC, 50 * USDC)
    pair.buy(taker, 1_200, PAR - 1)  # 2,200 long
    assert margin(pair, taker)[1:] == (220 * USDC, 50 * USDC)


def test_margin_is_summed_over_markets() -> None:
    pair = EnginePair(prices=(2_000 * ONE, 2_000 * ONE))
    maker, taker = pair.fund(11, RICH), pair.fund(22, RICH)
    for market in range(2):
        pair.begin_with(market, replace(SETTINGS, maker_ppm=0, taker_ppm=0, interest=0))
        pair.close(market)
        fill(pair, taker, maker, 1_000, market=market)
    assert margin(pair, taker) == (RICH, 200 * USDC, 100 * USDC)


def test_value_rounds_against_the_account(pair: EnginePair, maker: int, taker: int) -> None:
    """A lot at 2,000.0000005: half a unit that the long does not have and the short does owe."""
    free(pair)
    fill(pair, taker, maker, 1)
    pair.say(0, 2_000 * ONE + ONE // 2_000)
    pair.advance(61)
    pair.sync(taker)
    assert (margin(pair, taker)[0], margin(pair, maker)[0]) == (RICH, RICH - 1)
    assert margin(pair, taker)[1:] == (100_001, 50_001)  # 5 % of 2,000,000.5, rounded up


# ---------------------------------------------------------------- open interest


def test_margin_fraction_grows_with_open_interest(pair: EnginePair, maker: int, taker: int) -> None:
    """From 5 % at 1,000 tokens to 100 % at 3,000: 2,000 tokens are half-way."""
    free(pair, soft_notional=1_000, hard_notional=3_000)
    fill(pair, taker, maker, 1_000)
    assert pair.engine.mark(0)[7:] == (50_000, 25_000)  # of what was booked before the auction
    pair.close()
    assert pair.engine.mark(0)[7:] == (525_000, 25_000)  # maintenance stays half of 5 %
    assert margin(pair, taker)[1:] == (1_050 * USDC, 50 * USDC)
    fill(pair, taker, maker, 250)
    pair.close()
    assert pair.engine.mark(0)[7:] == (762_500, 25_000)  # three quarters of 95 % on top
    fill(pair, taker, maker, 250)
    pair.close()
    assert pair.engine.mark(0)[7:] == (1_000_000, 25_000)


def test_orders_are_no_positions(pair: EnginePair, maker: int, taker: int) -> None:
    """Who bids and asks far away, for little margin, makes nobody's growth dear, whatever it comes to."""
    free(pair, soft_notional=1_000, hard_notional=3_000)
    pair.buy(maker, 5_000, PAR - 4_000)
    pair.sell(maker, 5_000, PAR + 4_000)
    fill(pair, taker, maker, 500)
    pair.close()
    assert pair.engine.open_interest(0) == (5_000, 5_500, 500, 500)
    assert pair.engine.mark(0)[7:] == (50_000, 25_000)
    fill(pair, taker, maker, 500)
    pair.close()
    assert pair.engine.mark(0)[7:] == (525_000, 25_000)


@pytest.mark.parametrize("first", ["buyer", "seller", "nobody"])
def test_whoever_is_settled_counts(pair: EnginePair, maker: int, taker: int, first: str) -> None:
    """The larger side counts: it takes one of the two to be settled, whichever."""
    free(pair, soft_notional=1_000, hard_notional=3_000)
    pair.sell(maker, 1_000, PAR, post_only=True)
    pair.buy(taker, 1_000, PAR)
    pair.close()
    assert pair.engine.open_interest(0) == (1_000, 1_000, 0, 0)
    if first != "nobody":
        pair.sync(taker if first == "buyer" else maker)
    held = {"buyer": (1_000, 0), "seller": (0, 1_000), "nobody": (0, 0)}[first]
    assert pair.engine.open_interest(0) == (1_000, 1_000, *held)
    pair.close()
    assert pair.engine.mark(0)[7] == (50_000 if first == "nobody" else 525_000)
    pair.sync(maker)
    pair.sync(taker)
    assert pair.engine.open_interest(0) == (1_000, 1_000, 1_000, 1_000)


def test_positions_that_turn_and_pass_on(pair: EnginePair, maker: int, taker: int) -> None:
    """What is held follows each position: reduced, closed, turned, passed on to a third."""
    other = pair.fund(44, RICH)
    fill(pair, taker, maker, 100)
    assert pair.engine.open_interest(0) == (100, 100, 100, 100)
    fill(pair, maker, taker, 30)
    assert pair.engine.open_interest(0) == (70, 70, 70, 70)
    fill(pair, other, taker, 70)
    assert pair.engine.open_interest(0) == (70, 70, 70, 70)
    fill(pair, maker, other, 90)
    assert pair.engine.open_interest(0) == (20, 20, 20, 20)  # these two have changed sides
    assert [pair.engine.position(one, 0)[0] for one in (taker, maker, other)] == [0, 20, -20]


def test_fraction_falls_again(pair: EnginePair, maker: int, taker: int) -> None:
    free(pair, soft_notional=1_000, hard_notional=3_000)
    fill(pair, taker, maker, 1_000)
    pair.close()
    assert pair.engine.mark(0)[7:] == (525_000, 25_000)
    fill(pair, maker, taker, 600)
    pair.close()  # of the time of an auction: these 600 were booked after it
    assert pair.engine.mark(0)[7:] == (50_000, 25_000)


def test_order_needs_the_grown_fraction(pair: EnginePair, maker: int, taker: int) -> None:
    free(pair, soft_notional=1_000, hard_notional=3_000)
    fill(pair, taker, maker, 1_000)
    pair.close()
    account = pair.fund(44, 105 * USDC - 1)
    with refused(pair, "engine: margin missed"):
        pair.buy(account, 100, PAR - 1)  # 52.5 % of 200 tokens
    pair.buy(account, 99, PAR - 1)
    assert pair.refusal is None


# ---------------------------------------------------------------- age


def test_settings_of_age(pair: EnginePair, taker: int) -> None:
    pair.begin_with(0, replace(SETTINGS, max_mark_age=1))
    pair.buy(taker, 1, PAR)
    pair.advance(1)
    pair.sync(taker)
    assert pair.engine.mark(0)[5] == pair.evm.time - 1
    pair.advance(1)
    pair.sync(taker)
    assert pair.engine.mark(0)[5] == pair.evm.time


def test_refresh_keeps_the_due_time(pair: EnginePair, taker: int) -> None:
    pair.begin_with(0, replace(SETTINGS, max_mark_age=1))
    due = pair.engine.mark(0)[6]
    pair.buy(taker, 1, PAR)
    pair.advance(5)
    pair.sync(taker)
    assert pair.engine.mark(0)[5:7] == (pair.evm.time, due)
