"""The mark, margin at it, and the margin fractions that open interest makes; numbers by hand."""

from dataclasses import replace

from tests.support.engine import SETTINGS, USDC, EnginePair
from tests.support.oracle import ONE
from tests.support.orders import refused
from tests.support.traders import LOT_AT_PAR, PAR, RICH, fill, margin


def price(pair: EnginePair) -> int:
    """The mark, in millionths of a token a thousand lots, rounded to the nearest."""
    return (pair.engine.mark(0)[0] * 1_000 * 2 // 2**41 + 1) // 2


def free(pair: EnginePair, **others: int) -> None:
    settings = replace(SETTINGS, **{"maker_ppm": 0, "taker_ppm": 0, "interest": 0, **others})
    pair.configure(0, settings)
    pair.close()


def test_mark_is_the_index_until_something_trades(pair: EnginePair, maker: int) -> None:
    assert pair.engine.mark(0)[:4] == (LOT_AT_PAR,) * 4
    pair.say(0, 2_100 * ONE)
    pair.sell(maker, 10, 22_000)
    pair.close()
    assert price(pair) == 2_100 * USDC


def test_median(pair: EnginePair, maker: int, taker: int) -> None:
    """90 seconds at a premium of 2 % count for a tenth in 15 minutes: 0.2 % above the index of 2,000."""
    free(pair)
    fill(pair, taker, maker, 10)
    fill(pair, taker, maker, 10, 20_400, wait=90)
    assert price(pair) == 2_004 * USDC  # of 2,000, 2,004 and 2,040
    pair.say(0, 2_036 * ONE)
    pair.advance(61)
    pair.sync(taker)
    assert price(pair) == 2_040 * USDC  # of 2,036, 2,040.07 and 2,040
    pair.say(0, 2_100 * ONE)
    pair.advance(61)
    pair.sync(taker)
    assert price(pair) == 2_100 * USDC  # of 2,100, 2,104.2 and 2,040


def test_band(pair: EnginePair, maker: int, taker: int) -> None:
    """5 % around the index, whatever it trades at; with 1 % less."""
    free(pair)
    fill(pair, taker, maker, 10, 22_000, wait=900)
    assert price(pair) == 2_100 * USDC
    pair.configure(0, replace(SETTINGS, mark_band_bps=100, interest=0))
    pair.advance(61)
    pair.sync(taker)
    assert price(pair) == 2_020 * USDC


def test_band_below(pair: EnginePair, maker: int, taker: int) -> None:
    free(pair)
    fill(pair, taker, maker, 10, 18_000, wait=900)
    assert price(pair) == 1_900 * USDC


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
        pair.configure(market, replace(SETTINGS, maker_ppm=0, taker_ppm=0, interest=0))
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
    fill(pair, taker, maker, 500)
    assert pair.engine.mark(0)[7:] == (50_000, 25_000)
    fill(pair, taker, maker, 500)
    assert pair.engine.mark(0)[7:] == (525_000, 262_500)
    assert margin(pair, taker)[1:] == (1_050 * USDC, 525 * USDC)
    fill(pair, taker, maker, 500)
    assert pair.engine.mark(0)[7:] == (1_000_000, 500_000)


def test_the_smaller_side_counts(pair: EnginePair, maker: int, taker: int) -> None:
    """Bids alone are not open interest: one side cannot make the others' margin grow."""
    free(pair, soft_notional=1_000, hard_notional=3_000)
    pair.buy(maker, 5_000, PAR - 1)
    pair.close()
    assert pair.engine.open_interest(0) == (5_000, 0)
    assert pair.engine.mark(0)[7:] == (50_000, 25_000)


def test_fraction_falls_again(pair: EnginePair, maker: int, taker: int) -> None:
    free(pair, soft_notional=1_000, hard_notional=3_000)
    fill(pair, taker, maker, 1_000)
    fill(pair, maker, taker, 600)
    pair.close()  # of the time of an auction: these 600 were booked after it
    assert pair.engine.mark(0)[7:] == (50_000, 25_000)


def test_order_needs_the_grown_fraction(pair: EnginePair, maker: int, taker: int) -> None:
    free(pair, soft_notional=1_000, hard_notional=3_000)
    fill(pair, taker, maker, 1_000)
    account = pair.fund(44, 105 * USDC - 1)
    with refused(pair, "engine: margin missed"):
        pair.buy(account, 100, PAR - 1)  # 52.5 % of 200 tokens
    pair.buy(account, 99, PAR - 1)
    assert pair.refusal is None


# ---------------------------------------------------------------- age


def test_settings_of_age(pair: EnginePair, taker: int) -> None:
    pair.configure(0, replace(SETTINGS, max_mark_age=1))
    pair.buy(taker, 1, PAR)
    pair.advance(1)
    pair.sync(taker)
    assert pair.engine.mark(0)[5] == pair.evm.time - 1
    pair.advance(1)
    pair.sync(taker)
    assert pair.engine.mark(0)[5] == pair.evm.time


def test_refresh_keeps_the_due_time(pair: EnginePair, taker: int) -> None:
    pair.configure(0, replace(SETTINGS, max_mark_age=1))
    due = pair.engine.mark(0)[6]
    pair.buy(taker, 1, PAR)
    pair.advance(5)
    pair.sync(taker)
    assert pair.engine.mark(0)[5:7] == (pair.evm.time, due)
