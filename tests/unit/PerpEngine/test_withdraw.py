"""withdraw: the owner takes out what his positions do not need."""

from dataclasses import replace

import pytest

from tests.support.engine import SETTINGS, USDC, EnginePair
from tests.support.oracle import ONE, OWNER, Manner
from tests.support.orders import refused, reverts
from tests.support.traders import PAR, RICH, STRANGER, caller, collateral, fill, named
from walras.devtools.evm import Reverted


def test_withdraw(pair: EnginePair, maker: int) -> None:
    owner = pair.owner(maker)
    pair.withdraw(maker, 7)
    assert named(pair, "Withdrawn") == [{"account": maker, "amount": 7, "to": owner}]
    assert (collateral(pair, maker), pair.token.balanceOf(owner)) == (RICH - 7, 7)
    pair.withdraw(maker, RICH - 7)
    assert pair.engine.tracked() == collateral(pair, maker) == 0
    with refused(pair, "engine: margin missed"):
        pair.withdraw(maker, 1)


def test_to_somebody_else(pair: EnginePair, maker: int) -> None:
    pair.engine.withdraw(maker, 7, STRANGER, sender=pair.owner(maker))
    assert pair.token.balanceOf(STRANGER) == 7


def test_by_others(pair: EnginePair, maker: int, taker: int) -> None:
    with refused(pair, "engine: not the owner"):
        pair.withdraw(maker, 7, sender=pair.owner(taker))
    contract, account = caller(pair)
    call = pair.engine.encode("withdraw", maker, 7, contract.address)
    with reverts("engine: not the owner"):  # though the owner signs
        contract.forward(pair.engine.address, call, sender=pair.owner(maker))
    pair.mint(STRANGER, 7)
    pair.deposit(STRANGER, account, 7)
    call = pair.engine.encode("withdraw", account, 7, STRANGER)
    contract.forward(pair.engine.address, call, sender=STRANGER)
    assert pair.token.balanceOf(STRANGER) == 7


@pytest.mark.parametrize("wide", [1 << 168, 1 << 255])
def test_wide_account_is_not_ones_own(pair: EnginePair, maker: int, wide: int) -> None:
    """Only the lowest 168 bits name an owner."""
    with reverts("engine: not the owner"):
        pair.engine.withdraw(maker | wide, 0, STRANGER, sender=pair.owner(maker))


def test_most(pair: EnginePair, maker: int) -> None:
    for amount in (2**111, 2**256 - 1):
        with refused(pair, "engine: amount too large"):
            pair.withdraw(maker, amount)
    with refused(pair, "engine: margin missed"):
        pair.withdraw(maker, 2**111 - 1)


def test_positions_keep_their_initial_margin(pair: EnginePair, maker: int, taker: int) -> None:
    """1,000 lots at 2,000: a fee of 1, and 5 % of 2,000 tokens that stay."""
    fill(pair, taker, maker, 1_000)
    free = RICH - 1 * USDC - 100 * USDC
    with refused(pair, "engine: margin missed"):
        pair.withdraw(taker, free + 1)
    pair.withdraw(taker, free)
    assert pair.engine.margin_of(taker) == (100 * USDC, 100 * USDC, 50 * USDC)


def test_profit_that_is_not_realised_stays(pair: EnginePair, taker: int, maker: int) -> None:
    """At 2,200 equity is 200 above collateral, but collateral is what there is to take."""
    fill(pair, taker, maker, 1_000)
    pair.withdraw(taker, RICH - 101 * USDC)
    pair.advance(61)
    pair.say(0, 2_200 * ONE)
    with refused(pair, "engine: margin missed"):
        pair.withdraw(taker, 100 * USDC + 1)  # equity 300, initial margin 110: 190 are free
    pair.withdraw(taker, 100 * USDC)
    assert collateral(pair, taker) == 0


def test_open_orders_keep_theirs(pair: EnginePair, taker: int) -> None:
    """A bid for 1,000 lots: 5 % of 2,000 tokens, and a taker's fee of 1."""
    order_id = pair.buy(taker, 1_000, PAR)
    assert order_id is not None
    with refused(pair, "engine: margin missed"):
        pair.withdraw(taker, RICH - 101 * USDC + 1)
    pair.withdraw(taker, RICH - 101 * USDC)
    pair.cancel(taker, order_id)
    pair.withdraw(taker, 101 * USDC)


def test_unsettled_fills_count(pair: EnginePair, maker: int, taker: int) -> None:
    pair.sell(maker, 1_000, PAR, post_only=True)
    pair.buy(taker, 1_000, PAR)
    pair.close()
    with refused(pair, "engine: margin missed"):
        pair.withdraw(taker, RICH - 101 * USDC + 1)
    pair.withdraw(taker, RICH - 101 * USDC)
    assert pair.engine.position(taker, 0)[:2] == (1_000, -2_000 * USDC)


def test_unsure_price_counts_against_the_account(pair: EnginePair, maker: int, taker: int) -> None:
    """Within 1 % of 2,000: the long is worth 20 less, the short costs 20 more. Margin is not doubled here."""
    fill(pair, taker, maker, 1_000)
    pair.advance(61)
    pair.say(0, 2_000 * ONE, 20 * ONE)
    # 61 s of funding at 0.01 % in 8 hours cost the long 424 units, rounded up, and give the short 423
    for account, free in ((taker, -1 * USDC - 424), (maker, 100_000 + 423)):
        equity = RICH + free - 20 * USDC - 100 * USDC
        with refused(pair, "engine: margin missed"):
            pair.withdraw(account, equity + 1)
        pair.withdraw(account, equity)
    assert pair.engine.mark(0)[4] == 2


@pytest.mark.parametrize("seconds", [0, 1])
def test_mark_of_an_earlier_second_is_refreshed(
    pair: EnginePair, maker: int, taker: int, seconds: int
) -> None:
    """At 1,990 1,000 lots have lost 10 and need 99.5; in the mark's own second they have not."""
    pair.begin_with(0, replace(SETTINGS, maker_ppm=0, taker_ppm=0, interest=0))
    pair.close()
    fill(pair, taker, maker, 1_000)
    pair.advance(seconds)
    pair.say(0, 1_990 * ONE)
    free = RICH - 10 * USDC - 99_500_000 if seconds else RICH - 100 * USDC
    with refused(pair, "engine: margin missed"):
        pair.withdraw(taker, free + 1)
    pair.withdraw(taker, free)
    assert (pair.refusal, pair.engine.mark(0)[5]) == (None, pair.evm.time)


@pytest.mark.parametrize(("tick", "mark"), [(20_600, 2_004 * USDC), (19_400, 1_996 * USDC)])
def test_unkinder_of_mark_and_index(pair: EnginePair, maker: int, taker: int, tick: int, mark: int) -> None:
    """A minute at 3 % moves the mark by 0.2 %. A long is worth the lower, a short costs the higher."""
    pair.begin_with(0, replace(SETTINGS, maker_ppm=0, taker_ppm=0, interest=0))
    pair.close()
    fill(pair, taker, maker, 1_000, tick, wait=60)
    paid, index = tick * 100_000, 2_000 * USDC
    for account, equity in (
        (taker, RICH - paid + min(mark, index)),
        (maker, RICH + paid - max(mark, index)),
    ):
        free = equity - mark // 20
        with refused(pair, "engine: margin missed"):
            pair.withdraw(account, free + 1)
        pair.withdraw(account, free)
        assert pair.refusal is None


def test_sure_price_counts_as_it_is(pair: EnginePair, maker: int, taker: int) -> None:
    """Within 0.5 % of 2,000 a price is LIVE: its range takes nothing from anybody."""
    pair.begin_with(0, replace(SETTINGS, maker_ppm=0, taker_ppm=0, interest=0))
    pair.close()
    fill(pair, taker, maker, 1_000)
    pair.advance(1)
    pair.say(0, 2_000 * ONE, 10 * ONE)
    for account in (taker, maker):
        with refused(pair, "engine: margin missed"):
            pair.withdraw(account, RICH - 100 * USDC + 1)
        pair.withdraw(account, RICH - 100 * USDC)
        assert pair.refusal is None
    mark = pair.model.markets[0].mark
    assert (mark.status, mark.low < mark.index < mark.high) == (1, True)


@pytest.mark.parametrize("status", ["stale", "halted"])
def test_price_not_fit(pair: EnginePair, maker: int, taker: int, status: str) -> None:
    """Not with a position; without one at any time."""
    fill(pair, taker, maker, 10)
    bystander = pair.fund(44, USDC)
    pair.advance(61)
    if status == "stale":
        pair.sources[0].behave(Manner.REVERT)
    else:
        pair.router.halt(0, sender=OWNER)
    with refused(pair, "engine: price not fit"):
        pair.withdraw(taker, 1)
    pair.withdraw(bystander, USDC)
    assert pair.refusal is None
    if status == "stale":
        pair.sources[0].behave(Manner.ANSWER)
    else:
        pair.router.resume(0, sender=OWNER)
    pair.advance(61)
    pair.withdraw(taker, 1)
    assert pair.refusal is None


def test_engine_does_not_pay_itself(pair: EnginePair, maker: int) -> None:
    with pytest.raises(Reverted, match="token: inexact transfer"):
        pair.engine.withdraw(maker, 1, pair.engine.address, sender=pair.owner(maker))
    pair.engine.withdraw(maker, 1, pair.owner(maker), sender=pair.owner(maker))


def test_losses_that_nobody_bears_are_not_paid_out(pair: EnginePair) -> None:
    """A short with 101 tokens loses 300: what the others have is 200 more than what there is."""
    short, long = pair.fund(44, 101 * USDC), pair.fund(55, 101 * USDC)
    buyer = pair.fund(66, 2_000 * USDC)
    fill(pair, long, short, 1_000)
    pair.say(0, 2_300 * ONE)
    pair.close()
    fill(pair, buyer, long, 1_000, 23_000)
    pair.withdraw(long, 398 * USDC)
    left = pair.engine.tracked()
    assert left == 1_804 * USDC
    assert pair.engine.margin_of(buyer)[0] - pair.engine.margin_of(buyer)[1] > 1_850 * USDC
    with refused(pair, "engine: deficit unpaid"):
        pair.withdraw(buyer, left + 1)
    pair.withdraw(buyer, left)
    assert (pair.refusal, pair.engine.tracked()) == (None, 0)
