"""Scores of nominees at their ends: of a position that is gone, and of one that cost nothing."""

from tests.support.engine import USDC
from tests.support.waterfall import LONG, OWNER, PLENTY, SHORT, STRANGER, Waterfall

HIGHEST = 2**88 - 1


def test_position_that_is_gone(falls: Waterfall) -> None:
    """A short of 10,000 lots, bought back while nominations are open: there is nothing to take any more."""
    short = falls.fund_account(SHORT, 1_020 * USDC)
    first, second = (falls.fund_account(LONG, PLENTY, sub) for sub in (1, 2))
    for long in (first, second):
        falls.trade(long, short, 5_000)
    falls.price(2_110)
    falls.act("nominate", short, 0, first)
    assert falls.liquidator.deleverage_rank(short, 0, second) == 2
    falls.act("liquidate", short, 0)
    falls.sell(falls.fund_account(0x44, PLENTY), 10_000, 21_100)
    falls.close()
    falls.sync(short)
    assert (falls.lots(short), falls.liquidator.deleverage_rank(short, 0, second)) == (0, 0)
    assert falls.liquidator.nominees(short, 0)[0] > falls.evm.time
    assert falls.refuses("nominate", short, 0, second) == "liquidation: not eligible"


def test_account_without_a_position(falls: Waterfall) -> None:
    _, short = falls.positions()
    falls.price(1_890)
    assert falls.liquidator.deleverage_score(short, 0) > 0
    assert falls.liquidator.deleverage_score(falls.fund_account(0x44, PLENTY), 0) == 0


def test_position_that_cost_nothing(falls: Waterfall) -> None:
    """As one that was taken over when its lots were worth less than a unit. Its 1,000 lots are a tenth."""
    short, long = falls.mirror()
    gifted = falls.fund_account(LONG, PLENTY, 9)
    falls.close()
    falls.engine.set_liquidator(STRANGER, sender=OWNER)
    falls.engine.force_trade(long, gifted, 0, -1_000, 0, sender=STRANGER)
    falls.engine.set_liquidator(falls.liquidator.address, sender=OWNER)
    assert falls.engine.valuation(gifted, 0)[3] == 2_000 * USDC
    falls.price(2_110)
    score = falls.liquidator.deleverage_score
    assert score(gifted, 0) == HIGHEST > score(long, 0)
    falls.act("nominate", short, 0, long)
    falls.act("nominate", short, 0, gifted)
    (first, best), (second, _) = falls.liquidator.nominees(short, 0)[1]
    assert (first, best, second) == (gifted, HIGHEST // 10, long)
