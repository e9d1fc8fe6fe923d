"""sweep: what it books before it takes an order off the book, whatever happened to the account since."""

from dataclasses import replace

import pytest

from tests.support.engine import SETTINGS, TICK, USDC, EnginePair
from tests.support.forcing import Forced
from tests.support.oracle import ONE
from tests.support.orders import reverts
from tests.support.traders import (
    MAKER,
    PAR,
    RICH,
    STRANGER,
    TAKER,
    collateral,
    fill,
    lots_and_cash,
    named,
    order,
)

FULL = 2**111 - 1
"""The most that an account can have."""


def expiring(pair: EnginePair, account: int, seconds: int = 10, market: int = 0) -> int:
    """An order of one lot that can be swept after some seconds; its id."""
    found = pair.buy(account, 1, PAR - 1_000, market, expiry=pair.evm.time + seconds)
    assert found is not None, pair.refusal
    return found


def test_grid_of_the_fills(pair: EnginePair, maker: int, taker: int) -> None:
    """Filled at ticks of 0.1, which are of 0.2 before anybody books it; then at those."""
    first = expiring(pair, maker, 20)
    pair.sell(maker, 30, PAR, post_only=True)
    pair.buy(taker, 10, PAR)
    pair.close()
    pair.sync(taker)
    pair.rescale(0, 2 * TICK)
    pair.advance(10)
    pair.auction()
    assert pair.sweep(maker, [first]) is not None, pair.refusal
    assert lots_and_cash(pair, maker) == (-10, 20 * USDC)
    second = pair.buy(maker, 1, PAR // 2 - 1_000, expiry=pair.evm.time + 10)
    pair.sell(maker, 5, PAR // 2, post_only=True)
    pair.buy(taker, 5, PAR // 2)
    pair.close()
    assert second is not None
    assert pair.sweep(maker, [second]) == 1
    assert lots_and_cash(pair, maker) == (-15, 30 * USDC)


@pytest.mark.parametrize("act", ["sweep", "withdraw"])
def test_fills_that_cancel_out(pair: EnginePair, maker: int, taker: int, act: str) -> None:
    """Bought, and sold a token dearer, before anybody booked it: no lots, but 10 x 10 ticks x 100 units."""
    pair.begin_with(0, replace(SETTINGS, maker_ppm=0, interest=0))
    swept = expiring(pair, maker, 20)
    pair.buy(maker, 10, PAR, post_only=True)
    pair.sell(maker, 10, PAR + 10, post_only=True)
    pair.sell(taker, 10, PAR)
    pair.close()
    pair.buy(taker, 10, PAR + 10)
    pair.close()
    if act == "sweep":
        assert pair.sweep(maker, [swept]) == 1
    else:
        pair.withdraw(maker, 7)
    assert pair.refusal is None
    (booked,) = named(pair, "Booked")
    assert (booked["lots"], booked["cash"], booked["realised"]) == (0, 10_000, 10_000)
    assert collateral(pair, maker) == RICH + 10_000 - (7 if act == "withdraw" else 0)
    assert lots_and_cash(pair, maker) == (0, 0)


@pytest.fixture
def forced() -> Forced:
    """The taker is long 1,000 lots against the maker, without funding."""
    forced = Forced(EnginePair((2_000 * ONE,) * 2, replace(SETTINGS, interest=0, tip=0)))
    maker, taker = (forced.pair.fund(number, RICH) for number in (MAKER, TAKER))
    forced.audit.moved = forced.engine.tracked()
    forced.fill(taker, maker, 1_000)
    return forced


def test_losses_of_others_are_paid(forced: Forced) -> None:
    """1,000 of 2,000 lots bear half of 1,000 tokens."""
    pair, taker = forced.pair, forced.pair.account(TAKER)
    leaving = order(tick=PAR - 1_000, lots=1, expiry=pair.evm.time + 60)
    swept = forced.call("place", taker, 0, leaving, sender=pair.owner(taker))
    debtor = forced.debtor(pair.account(MAKER), 1_000 * USDC)
    forced.call("force_socialise", debtor, 0, 1_000 * USDC)
    pair.advance(60)
    before = collateral(pair, taker)
    assert forced.call("sweep", taker, 0, [swept], sender=STRANGER) == 1
    assert collateral(pair, taker) == before - 500 * USDC
    assert forced.engine.valuation(taker, 0)[2] == 0


def test_debt_stays_the_market_s_that_made_it(forced: Forced) -> None:
    """Seven tokens that market 1 took; an order in market 0 leaves, and nothing is owed for that."""
    pair = forced.pair
    maker, account = pair.account(MAKER), forced.fund(77, 10 * USDC)
    leaving = order(tick=PAR - 1_000, lots=1, expiry=pair.evm.time + 60)
    swept = forced.call("place", account, 0, leaving, sender=pair.owner(account))
    forced.fill(account, maker, 1, market=1)
    _, cash = lots_and_cash(pair, account, 1)
    left = -7 * USDC - collateral(pair, account) - cash
    forced.call("force_trade", account, maker, 1, -1, left)
    assert (collateral(pair, account), forced.engine.owing(account)) == (-7 * USDC, 1)
    pair.advance(60)
    assert forced.call("sweep", account, 0, [swept], sender=STRANGER) == 1
    assert (collateral(pair, account), forced.engine.owing(account)) == (-7 * USDC, 1)
    assert list(forced.engine.markets_of(account)) == []


@pytest.mark.parametrize("act", ["sweep", "sync"])
def test_account_that_is_full(pair: EnginePair, maker: int, taker: int, act: str) -> None:
    """What its word cannot hold is refused, whoever asks; it can be booked once there is room."""
    swept = expiring(pair, maker)
    pair.sell(maker, 10, PAR, post_only=True)
    pair.buy(taker, 10, PAR)
    pair.close()
    pair.sync(taker)  # its fee pays the rebate
    pair.mint(STRANGER, FULL)
    pair.deposit(STRANGER, maker, FULL - RICH)
    calls = {
        "sweep": lambda: pair.engine.sweep(maker, 0, [swept], sender=STRANGER),
        "sync": lambda: pair.engine.sync(maker, sender=STRANGER),
    }
    with reverts("engine: amount too large"):
        calls[act]()
    assert (collateral(pair, maker), lots_and_cash(pair, maker)) == (FULL, (0, 0))


def test_account_that_has_room_for_the_rebate(pair: EnginePair, maker: int, taker: int) -> None:
    """20 tokens x 0.005 % are 1,000 units: with room for them it is booked."""
    swept = expiring(pair, maker)
    pair.sell(maker, 10, PAR, post_only=True)
    pair.buy(taker, 10, PAR)
    pair.close()
    pair.sync(taker)
    pair.mint(STRANGER, FULL)
    pair.deposit(STRANGER, maker, FULL - RICH - 1_000)
    assert pair.sweep(maker, [swept]) == 1
    assert (collateral(pair, maker), lots_and_cash(pair, maker)) == (FULL, (-10, 20 * USDC))


# ---------------------------------------------------------------- reduce-only orders


def open_lots(pair: EnginePair, account: int) -> list[int]:
    return [found[3] for found in pair.books[0].open_orders(account)]


def test_orders_that_fit_stay(pair: EnginePair, maker: int, taker: int) -> None:
    """Though the account may grow by a bid, which is no reduce-only order."""
    fill(pair, taker, maker, 100)
    swept = expiring(pair, taker)
    pair.buy(taker, 20, PAR - 100)
    pair.sell(taker, 60, PAR + 100, reduce_only=True)
    pair.advance(10)
    pair.auction()
    assert pair.sweep(taker, [swept]) == 1
    assert open_lots(pair, taker) == [20, 60]


@pytest.mark.parametrize("act", ["sweep", "withdraw"])
def test_continuous_market_has_no_batch_to_wait_for(act: str) -> None:
    """A sale closes the position while orders reduce it: they leave with the next touch."""
    pair = EnginePair(interval=0)
    maker, taker = pair.fund(MAKER, RICH), pair.fund(TAKER, RICH)
    pair.sell(maker, 100, PAR, post_only=True)
    pair.advance(1)
    pair.buy(taker, 100, PAR)
    swept = expiring(pair, taker)
    pair.advance(1)
    pair.sell(taker, 100, PAR + 100, reduce_only=True)
    pair.advance(1)
    pair.sell(taker, 100, PAR, post_only=True)
    pair.advance(1)
    pair.buy(maker, 100, PAR)
    assert open_lots(pair, taker)[-1] == 100
    pair.advance(10)
    if act == "sweep":
        assert pair.sweep(taker, [swept]) == 1
    else:
        pair.withdraw(taker, 1)
    assert pair.refusal is None
    assert lots_and_cash(pair, taker)[0] == 0
    assert open_lots(pair, taker) == ([] if act == "sweep" else [1])
