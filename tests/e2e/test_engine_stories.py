"""Attacks on the engine that an audit found, each told as it was made; what stops it, what it costs now."""

from dataclasses import replace
from typing import Final

import pytest

from tests.support.engine import SETTINGS, TREASURY, USDC, EnginePair
from tests.support.oracle import ONE, OWNER
from tests.support.orders import refused
from tests.support.traders import PAR, STRANGER, collateral, fill, margin, order
from walras.model.market import Mode

FEES: Final = int(TREASURY, 16) << 8


def quiet(pair: EnginePair, seconds: int, price: int = 2_000) -> None:
    """Time passes with an auction of an empty book at its end."""
    pair.advance(seconds)
    pair.say(0, price * ONE)
    pair.auction()


def test_gain_of_one_order_does_not_carry_the_loss_of_another() -> None:
    """A bid far below the mark had been set against one far above it, so that both together lost nothing.

    An accomplice sold into the bad one alone: its owner was left in debt, and he withdrew his gain.
    """
    pair = EnginePair()
    pair.fund(9, 50_000 * USDC)  # everybody else's
    # 20,000 lots at 2,000: margin of 2,000; the bid at 2,390 costs each of them 390; fees of 0.05 % of 39,900
    needed = 2_000 * USDC + 7_800 * USDC + 19_950_000
    loser, winner = pair.fund(1, needed - 1), pair.fund(2, 1_100 * USDC)
    pair.buy(loser, 10_000, 16_000)
    assert pair.refusal is None
    with refused(pair, "engine: margin missed"):
        pair.buy(loser, 10_000, 23_900)
    pair.mint(STRANGER, 1)
    pair.deposit(STRANGER, loser, 1)
    pair.buy(loser, 10_000, 23_900)
    pair.sell(winner, 10_000, 23_900)
    pair.close()
    pair.sync(loser)
    pair.cancel_all(loser)
    equity, initial, _ = margin(pair, loser)
    assert equity > 5 * initial  # he bears the loss himself
    pair.settle_everybody()


def test_order_is_not_cheaper_for_taking_the_place_of_another() -> None:
    """Lots were compared before and after: as many at another price were no growth, and needed no margin."""
    pair = EnginePair()
    account = pair.fund(1, 1_000 * USDC)
    first = pair.buy(account, 9_800, 16_100)
    assert first is not None
    with refused(pair, "engine: margin missed"):  # 98 a thousand lots from the mark: 960.4 more
        pair.replace(account, [first], [order(tick=20_980, lots=9_800)])
    assert pair.replace(account, [first], [order(tick=16_100, lots=9_800)]) is not None


def test_expired_order_hides_no_growth() -> None:
    """An order of the last batch still counted as open: as many lots placed in its stead were no growth."""
    pair = EnginePair()
    account = pair.fund(1, 1_000 * USDC)
    pair.buy(account, 9_800, 16_100, batch_only=True)
    pair.advance(10)
    pair.set_mode(0, Mode.REDUCE_ONLY)
    with refused(pair, "engine: reduce-only mode"):
        pair.buy(account, 9_800, 16_100)
    pair.set_mode(0, Mode.ACTIVE)
    with refused(pair, "engine: margin missed"):
        pair.buy(account, 9_800, 20_880)
    pair.buy(account, 9_800, 16_100)
    assert pair.refusal is None


def test_orders_and_positions_of_others_make_nobody_unhealthy() -> None:
    """Open interest raises initial margin; it had raised maintenance too, and orders counted as such.

    For the time of one auction, and a deposit that comes back, everybody else was ripe for liquidation. Now
    it takes positions, and these make growth dear alone. By hand: 28,020,000 tokens are 18,020,000 of
    90,000,000 on the way from 5 % to 100 %.
    """
    pair = EnginePair(settings=replace(SETTINGS, account_cap=10**9))
    victim, other = pair.fund(9, 3_000 * USDC), pair.fund(8, 3_000 * USDC)
    fill(pair, victim, other, 10_000)
    assert margin(pair, victim)[1:] == (1_000 * USDC, 500 * USDC)
    attacker, second = pair.fund(1, 1_510_000 * USDC), pair.fund(1, 1_510_000 * USDC, 1)
    pair.buy(attacker, 14_000_000, PAR - 1)
    pair.sell(attacker, 14_000_000, PAR + 1)
    for _ in range(2):
        pair.close()
        assert margin(pair, victim)[1:] == (1_000 * USDC, 500 * USDC)
    pair.cancel_all(attacker)
    fill(pair, attacker, second, 14_000_000)
    pair.close()
    equity, initial, maintenance = margin(pair, victim)
    assert pair.engine.mark(0)[7] == 50_000 + 190_212  # 950,000 x 18,020 / 90,000 = 190,211.1, rounded up
    assert initial == 240_212 * 20_000 > equity > maintenance == 500 * USDC
    pair.sell(victim, 10_000, PAR, reduce_only=True)  # nor is he locked in
    assert pair.refusal is None


def test_premium_of_one_trade_is_gone_within_the_day() -> None:
    """One lot, traded with oneself after a quiet hour, had counted for that hour, and until the next trade.

    What it moves by now is reckoned here: the sample of 5 % counts 10 seconds of 3,600; each auction 600 s
    later leaves 3,060 / 3,600 of it, and 59 / 60 of that. The rate is that of 8 hours.
    """
    equity = []
    for attacked in (False, True):
        pair = EnginePair()
        long, short = pair.fund(1, 3_000 * USDC), pair.fund(2, 3_000 * USDC)
        fill(pair, long, short, 10_000)
        for _ in range(6):
            quiet(pair, 600)
        first, second = pair.fund(3, 100 * USDC), pair.fund(3, 100 * USDC, 1)
        if attacked:
            pair.buy(first, 1, 21_000)
            pair.sell(second, 1, 21_000)
        pair.close()
        for _ in range(144):
            quiet(pair, 600)
        pair.settle_everybody()
        assert abs(pair.engine.funding_of(0)[2]) < 10
        assert pair.engine.mark(0)[0] == pair.engine.mark(0)[1]
        equity.append(margin(pair, short)[0])
    faded, premium = 0, 50_000_000 * 10 // 3_600
    for _ in range(144):
        faded += premium
        premium -= premium * 540 // 3_600
        premium -= premium * 60 // 3_600
    moved = 20_000 * USDC * faded * 600 // (10**9 * 28_800)
    assert moved < 360_000  # 0.36 of 20,000 tokens
    assert abs(equity[1] - equity[0] - moved) <= 10  # rounding


@pytest.mark.parametrize("tick", [21_000, 19_000])
def test_pushed_mark_lets_nobody_withdraw_more(tick: int) -> None:
    """The mark was pushed up by a lot, the long withdrew what it gave him; pushed down, the short did."""
    pair = EnginePair(settings=replace(SETTINGS, maker_ppm=0, taker_ppm=0, interest=0))
    pair.fund(9, 50_000 * USDC)
    long, short = pair.fund(1, 1_020 * USDC), pair.fund(2, 1_020 * USDC)
    fill(pair, long, short, 10_000)
    pusher, other = pair.fund(3, 100 * USDC), pair.fund(3, 100 * USDC, 1)
    fill(pair, pusher, other, 1, tick, wait=60)
    winner = long if tick > PAR else short
    equity, initial, _ = margin(pair, winner)
    assert equity - initial > 80 * USDC  # 0.33 % of 20,000 tokens, at the mark
    mark = pair.engine.mark(0)[0]
    free = 1_020 * USDC - initial
    with refused(pair, "engine: margin missed"):
        pair.withdraw(winner, free + 1)
    pair.withdraw(winner, free)
    assert (pair.refusal, pair.engine.mark(0)[0]) == (None, mark)


def test_reduction_is_no_free_option() -> None:
    """Whoever reduced needed no margin, so he could sell to himself far below the mark out of his margin.

    What one account lost the other won and withdrew; behind stayed the other market.
    """
    pair = EnginePair((2_000 * ONE,) * 2)
    account, winner = pair.fund(1, 1_020 * USDC), pair.fund(2, 1_020 * USDC)
    for market in range(2):
        fill(pair, account, winner, 5_000, market=market)
    with refused(pair, "engine: margin missed"):
        pair.sell(account, 5_000, 18_100, 1, reduce_only=True)  # 950 of 1,010
    pair.sell(account, 5_000, 19_100, 1, reduce_only=True)
    assert pair.refusal is None
    pair.buy(winner, 5_000, 19_100, 1)
    pair.close(1)
    pair.sync(account)
    equity, _, maintenance = margin(pair, account)
    assert equity >= 2 * maintenance  # as before: 1,010 of 500


def test_rebates_do_not_empty_the_fee_account() -> None:
    """Makers settled after the fees were withdrawn: their rebates left the fee account in debt."""
    pair = EnginePair(settings=replace(SETTINGS, maker_ppm=-300))
    maker, taker = pair.fund(1, 5_000 * USDC), pair.fund(2, 5_000 * USDC)
    pair.sell(maker, 10_000, PAR, post_only=True)
    pair.buy(taker, 10_000, PAR)
    pair.close()
    pair.sync(taker)
    pair.withdraw(FEES, 10 * USDC)
    pair.sync(maker)
    assert (collateral(pair, FEES), collateral(pair, maker)) == (0, 5_000 * USDC)


def test_trading_with_oneself_for_the_tip_costs() -> None:
    """A lot a batch with oneself had earned the tip of 0.1 for fees of 0.002."""
    pair = EnginePair()
    pair.mint(STRANGER, 1_000 * USDC)
    pair.deposit(STRANGER, FEES | 1, 1_000 * USDC)
    first, second = pair.fund(3, 100 * USDC), pair.fund(3, 100 * USDC, 1)
    for _ in range(10):
        pair.buy(first, 1, PAR)
        pair.sell(second, 1, PAR)
        pair.advance(10)
        pair.auction(runner=pair.owner(first))
        pair.sync(first)
        pair.sync(second)
    assert collateral(pair, FEES | 1) == 1_000 * USDC - 10 * 100  # a tenth of a fee of 1,000 units
    # two fees of 1,000 a batch; funding of one lot is a unit at most
    assert 19_000 - 20 <= 200 * USDC - collateral(pair, first) - collateral(pair, second) <= 19_000 + 20


def test_halted_price_is_seen_by_a_withdrawal() -> None:
    """Within the age of a mark a loss was known, and the guardian had halted: one withdrew still."""
    pair = EnginePair()
    long, short = pair.fund(1, 3_000 * USDC), pair.fund(2, 3_000 * USDC)
    fill(pair, long, short, 10_000)
    pair.advance(55)
    pair.say(0, 1_880 * ONE)
    pair.router.halt(0, sender=OWNER)
    with refused(pair, "engine: price not fit"):
        pair.withdraw(long, 1_980 * USDC)
    pair.router.resume(0, sender=OWNER)
    pair.advance(1)
    with refused(pair, "engine: margin missed"):
        pair.withdraw(long, 1_980 * USDC)
