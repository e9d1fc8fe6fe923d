"""Funding: what longs pay shorts, by hand."""

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.support.engine import SETTINGS, USDC, EnginePair
from tests.support.oracle import ONE, OWNER
from tests.support.traders import LOT_AT_PAR, PAR, RICH, collateral, fill, margin, named
from walras.model.market import Mode

HOUR = 3_600


def free(pair: EnginePair, **others: int) -> None:
    """No fees, so that money is what trades and funding make of it."""
    pair.begin_with(0, replace(SETTINGS, **{"maker_ppm": 0, "taker_ppm": 0, **others}))
    pair.close()


def test_interest_of_a_day(pair: EnginePair, maker: int, taker: int) -> None:
    """0.01 % in 8 hours, on 2,000 tokens, are 0.6 tokens a day. The long pays, the short gets a unit less."""
    free(pair)
    fill(pair, taker, maker, 1_000)
    assert named(pair, "MarkSet") == []
    assert margin(pair, taker)[0] == margin(pair, maker)[0] == RICH
    pair.hours(24)
    assert margin(pair, taker)[0] == RICH - 600_000
    assert margin(pair, maker)[0] == RICH + 599_999
    assert collateral(pair, taker) == RICH  # not before something is booked


def test_log_tells_the_index_to_settle_with(pair: EnginePair, maker: int, taker: int) -> None:
    """0.6 tokens a day on 1,000 lots, as the index moves from auction to auction."""
    free(pair)
    fill(pair, taker, maker, 1_000)
    pair.close()
    (first,) = named(pair, "MarkSet")
    pair.hours(24)
    (last,) = named(pair, "MarkSet")
    scale = pair.engine.market(0)[3]
    paid = Fraction((last["funding_index"] - first["funding_index"]) * 1_000, 2**scale)
    assert abs(paid - 600_000) < 1
    assert last["funding_index"] == pair.engine.funding_of(0)[0]


def test_is_booked_with_the_next_order(pair: EnginePair, maker: int, taker: int) -> None:
    free(pair)
    fill(pair, taker, maker, 1_000)
    pair.hours(24)
    pair.buy(taker, 1, PAR - 100)
    assert [event["funding"] for event in named(pair, "Booked")] == [600_000]
    pair.sell(maker, 1, PAR + 100)
    assert [event["funding"] for event in named(pair, "Booked")] == [-599_999]
    assert (collateral(pair, taker), collateral(pair, maker)) == (RICH - 600_000, RICH + 599_999)
    pair.cancel_all(taker)
    assert named(pair, "Booked") == []  # not twice
    pair.say(0, 2_000 * ONE)
    pair.hours(24)
    pair.cancel_all(taker)
    assert collateral(pair, taker) == RICH - 1_200_000


def test_no_funding_without_a_position(pair: EnginePair, maker: int) -> None:
    free(pair)
    pair.buy(maker, 1_000, PAR)
    pair.hours(24)
    pair.cancel_all(maker)
    assert collateral(pair, maker) == RICH


def test_only_since_the_trade(pair: EnginePair, maker: int, taker: int) -> None:
    """Who buys half a day later pays for half a day."""
    free(pair)
    late = pair.fund(44, RICH)
    fill(pair, taker, maker, 1_000)
    pair.hours(12)
    fill(pair, late, maker, 1_000)
    pair.hours(12)
    assert margin(pair, late)[0] == RICH - 300_000
    pair.hours(12)
    assert margin(pair, late)[0] == RICH - 600_000


@pytest.mark.parametrize("interest", [0, -100_000])
def test_interest_may_be_none_or_of_the_other_sign(
    pair: EnginePair, maker: int, taker: int, interest: int
) -> None:
    free(pair, interest=interest)
    fill(pair, taker, maker, 1_000)
    pair.hours(24)
    paid = 600_000 if interest else 0
    assert margin(pair, maker)[0] == RICH - paid
    assert RICH + paid - 1 <= margin(pair, taker)[0] <= RICH + paid


def test_premium(pair: EnginePair, maker: int, taker: int) -> None:
    """A clearing price 2 % above the index, 36 seconds after the last sample: 1 % of it counts."""
    free(pair)
    fill(pair, taker, maker, 10)  # a sample of 0 at par
    fill(pair, taker, maker, 10, 20_400, wait=36)
    rates = pair.engine.funding_of(0)
    assert pair.evm.time - pair.model.markets[0].sampled_at == 0
    assert rates[2:] == (200_000, 800_000, 20_400 * 100 << 41)
    # 0.02 % and the interest of 0.01 % in 8 hours, of 2,000 tokens a thousand lots
    assert rates[1] == 300_000 * LOT_AT_PAR * 2**16 // (10**9 * 28_800)
    pair.advance(HOUR)
    grown = pair.engine.funding_of(0)[0] - rates[0]
    assert LOT_AT_PAR * 3 // 80_000 - grown in (0, 1)  # an eighth; cut a unit of 2**-16 a second


def test_premium_of_a_book_that_does_not_cross(pair: EnginePair, maker: int, taker: int) -> None:
    """Bid 2,010, ask 2,030: 0.5 % above the index is bid, for 60 seconds of 360. No clearing price."""
    free(pair)
    sampled = pair.model.markets[0].sampled_at
    pair.buy(maker, 1, 20_100)
    pair.sell(taker, 1, 20_300)
    pair.advance(sampled + 360 - pair.evm.time)
    pair.auction()
    assert pair.engine.funding_of(0)[2:] == (83_333, 333_333, 0)  # a 60th and a 15th of 5,000,000
    assert pair.engine.mark(0)[0] == LOT_AT_PAR


def test_premium_is_held_within_the_marks_band(pair: EnginePair, maker: int, taker: int) -> None:
    """10 % above the index counts as 5 %, for a minute: a 60th and a 15th of 50,000,000."""
    free(pair)
    fill(pair, taker, maker, 10, 22_000, wait=60)
    assert pair.engine.funding_of(0)[2:4] == (833_333, 3_333_333)


def averaged(average: int, sample: int, seconds: int) -> int:
    """An hour's average after a sample that is no older than a minute, cut towards zero."""
    return average + int(Fraction((sample - average) * seconds, 3_600))


def test_rate_is_clamped(pair: EnginePair, maker: int, taker: int) -> None:
    """1 x (1 % - 0.9 %) = 0.1 % in 8 hours, though an hour's premium is 1.4 % after 20 minutes at 5 %."""
    free(pair, initial_ppm=10_000, maintenance_bps=9_000, funding_clamp=1)
    premium = 0
    for minute in range(20):
        pair.sell(maker, 10, 22_000, post_only=True)
        pair.buy(taker, 10, 22_000)
        pair.advance(60)
        pair.auction()
        premium = averaged(premium, 50_000_000, 60)
        # the first minute's 833,333 and the interest of 100,000 are less than the bound
        assert [event["rate"] for event in named(pair, "MarkSet")] == [1_000_000 if minute else 933_333]
    assert 14_200_000 < premium < 14_300_000  # 50,000,000 x (1 - (59/60)**20)
    pair.begin_with(0, replace(SETTINGS, initial_ppm=10_000, maintenance_bps=9_000, funding_clamp=10))
    pair.close()
    premium = averaged(premium, 0, 10)
    assert [event["rate"] for event in named(pair, "MarkSet")] == [10_000_000]
    pair.begin_with(0, replace(SETTINGS, initial_ppm=1_000_000, maintenance_bps=1_000, funding_clamp=10))
    pair.close()
    premium = averaged(premium, 0, 10)
    assert [event["rate"] for event in named(pair, "MarkSet")] == [premium + 100_000]


def test_trade_of_long_ago_costs_no_longer(pair: EnginePair, maker: int, taker: int) -> None:
    """One trade 5 % above the index, then auctions of an empty book: in three hours the premium is gone."""
    free(pair)
    fill(pair, taker, maker, 1, 21_000, wait=60)
    assert pair.engine.funding_of(0)[2:4] == (833_333, 3_333_333)
    premium = 833_333
    for _ in range(6):
        pair.advance(1_800)
        pair.auction()
        premium -= premium * 1_740 // 3_600  # silence
        premium = averaged(premium, 0, 60)
    assert premium < 15_000
    assert pair.engine.funding_of(0)[2:4] == (premium, 0)


@pytest.mark.parametrize("what", ["price", "mode"])
def test_halt_stops_funding(pair: EnginePair, maker: int, taker: int, what: str) -> None:
    free(pair)
    fill(pair, taker, maker, 1_000)
    if what == "price":
        pair.router.halt(0, sender=OWNER)
    else:
        pair.set_mode(0, Mode.HALTED)
    pair.close()  # after 10 seconds: 69.4 units where the price is halted, the mode stops it at once
    assert named(pair, "MarkSet")[0]["rate"] == 0
    pair.hours(24)
    paid = 70 if what == "price" else 0
    assert margin(pair, taker)[0] == RICH - paid
    if what == "price":
        pair.router.resume(0, sender=OWNER)
    else:
        pair.set_mode(0, Mode.ACTIVE)
    pair.say(0, 2_000 * ONE)
    pair.close()
    pair.hours(24)
    assert margin(pair, taker)[0] == RICH - 600_000 - paid


@pytest.mark.parametrize("what", ["nobody comes", "the price is halted"])
def test_rate_speaks_for_an_hour(pair: EnginePair, maker: int, taker: int, what: str) -> None:
    """0.6 tokens a day are 0.025 an hour. Nobody marks the market: after that hour funding stands still.

    An hour's growth is cut by 3,600 x 5/9 of the 2**16 parts of a unit of the index: less than the index has.
    """
    free(pair)
    fill(pair, taker, maker, 1_000)
    pair.advance(HOUR - 1)
    assert margin(pair, taker)[0] == RICH - 24_994  # and 0.05 of a unit, rounded up
    if what != "nobody comes":
        pair.router.halt(0, sender=OWNER)
    pair.advance(1)
    assert margin(pair, taker)[0] == RICH - 25_000
    index = pair.engine.funding_of(0)[0]
    for seconds in (1, HOUR, 30 * 24 * HOUR):
        pair.advance(seconds)
        assert pair.engine.funding_of(0)[0] == index
        assert (margin(pair, taker)[0], margin(pair, maker)[0]) == (RICH - 25_000, RICH + 25_000)
    pair.router.resume(0, sender=OWNER)
    pair.say(0, 2_000 * ONE)
    pair.auction()  # the days before are not made up for
    assert margin(pair, taker)[0] == RICH - 25_000
    pair.advance(2 * HOUR)
    assert margin(pair, taker)[0] == RICH - 50_000
    pair.sell(taker, 1_000, PAR, reduce_only=True)
    assert [event["funding"] for event in named(pair, "Booked")] == [50_000]


def test_refresh_keeps_the_sum(pair: EnginePair, maker: int, taker: int) -> None:
    """The same over a day however often the mark is refreshed within the hour; it follows the index."""
    free(pair)
    fill(pair, taker, maker, 1_000)
    for _ in range(24):
        for seconds in (600, 900, 2_100):
            pair.advance(seconds)
            pair.sync(taker)
    assert margin(pair, taker)[0] == RICH - 600_000
    pair.say(0, 1_000 * ONE)
    pair.sync(taker)  # just refreshed: not yet
    pair.advance(61)
    pair.sync(taker)
    paid = RICH - margin(pair, taker)[0] - 1_000 * USDC
    pair.hours(24)
    assert RICH - margin(pair, taker)[0] - 1_000 * USDC - paid in (300_000, 299_999)
