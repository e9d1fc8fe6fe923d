"""Parked: the engine refuses, nothing is lost, and it is tried again."""

from typing import Final

import pytest

from tests.support.engine import OWNER, USDC
from tests.support.oracle import ONE
from tests.support.orders import reverts
from tests.support.traders import MAKER, TAKER
from tests.support.triggers import (
    KEEPER,
    RIVAL,
    TIP,
    Executed,
    TriggerPair,
    market,
    stop,
    stop_limit,
    take_limit,
)
from walras.devtools.evm import Reverted
from walras.model.book import NewOrder
from walras.model.market import Mode
from walras.model.oracle import Settings, Source
from walras.reasons import REASONS

ENTRY: Final = {"reduce_only": False, "lots": 10}


def parked(pair: TriggerPair, placed: int | str, reason: str) -> int:
    """It is, for a reason; the tip is where it was, and nobody is paid."""
    assert isinstance(placed, int)
    held = pair.token.balanceOf(pair.contract.address)
    credit = pair.contract.claimable(KEEPER)
    assert pair.execute(placed) == f"parked: {reason}"
    assert pair.contract.trigger(placed)[8] == reason
    assert pair.token.balanceOf(pair.contract.address) == held
    assert pair.contract.claimable(KEEPER) == credit
    assert pair.standing(placed).reason == reason
    pair.check()
    return placed


def again(pair: TriggerPair, placed: int) -> None:
    """It is executed, and whoever does it now is paid."""
    assert isinstance(pair.execute(placed, RIVAL), Executed)
    assert pair.contract.claimable(RIVAL) == TIP
    pair.check()


def test_margin(pair: TriggerPair, maker: int) -> None:
    """A margin of 5 % of 20 dollars is 1; the fee at 20,100 is 1.005 cents more."""
    account = pair.trader(TAKER, USDC, permissions=1)
    placed = pair.place(account, stop(30_000, **ENTRY))
    parked(pair, placed, "engine: margin missed")
    pair.exchange.deposit(pair.exchange.owner(account), account, USDC)
    assert isinstance(placed, int)
    again(pair, placed)


def test_mode(pair: TriggerPair, long: int) -> None:
    pair.grant(long, 5)
    closing, opening = pair.place(long, stop(30_000, lots=5)), pair.place(long, stop(30_000, **ENTRY))
    adding = pair.place(long, stop(5, is_ask=False, **ENTRY))
    pair.exchange.set_mode(0, Mode.HALTED)
    for placed in (closing, opening):
        parked(pair, placed, "engine: market halted")
    pair.exchange.set_mode(0, Mode.POST_ONLY)
    parked(pair, opening, "engine: post-only mode")
    pair.exchange.set_mode(0, Mode.REDUCE_ONLY)
    parked(pair, adding, "engine: reduce-only mode")
    assert isinstance(pair.execute(closing), Executed) if isinstance(closing, int) else False
    pair.exchange.cancel_all(long)
    pair.exchange.set_mode(0, Mode.ACTIVE)
    assert isinstance(adding, int)
    again(pair, adding)


def test_grants(pair: TriggerPair, long: int) -> None:
    """Missing, of another kind, expired, used up: each has its reason, and each is mended."""
    placed = pair.place(long, stop(30_000))
    pair.grant(long, 0)
    parked(pair, placed, "engine: not authorised")
    pair.grant(long, 2)
    parked(pair, placed, "engine: not authorised")
    pair.grant(long, 4, expiry=pair.evm.time)
    parked(pair, placed, "engine: grant expired")
    pair.grant(long, 4, actions=0)
    parked(pair, placed, "engine: grant used up")
    pair.grant(long, 4, actions=1, expiry=pair.evm.time + 1)
    assert isinstance(placed, int)
    again(pair, placed)


def test_reduce_grant_opens_nothing(pair: TriggerPair, long: int) -> None:
    """4 is for what closes, 1 for both."""
    placed = pair.place(long, stop(30_000, **ENTRY))
    closing = pair.place(long, stop(30_000, lots=5))
    parked(pair, placed, "engine: not authorised")
    pair.grant(long, 1)
    assert isinstance(closing, int)
    assert isinstance(pair.execute(closing), Executed)
    assert isinstance(placed, int)
    again(pair, placed)


def test_limit_outside_the_band(pair: TriggerPair, long: int) -> None:
    """16,000 is the last tick within 20 % of 2,000."""
    beyond = pair.place(long, stop_limit(30_000, 15_999, lots=5))
    within = pair.place(long, stop_limit(30_000, 16_000, lots=5))
    parked(pair, beyond, "book: tick outside band")
    assert isinstance(within, int)
    assert isinstance(pair.execute(within), Executed)
    pair.price(1_999)
    assert isinstance(beyond, int)
    again(pair, beyond)


def test_own_orders_in_the_way(pair: TriggerPair, long: int) -> None:
    """An account does not trade with itself: a resting bid at the limit or above is in the way."""
    placed = pair.place(long, stop(30_000))
    resting = pair.exchange.buy(long, 10, 19_950)
    assert resting is not None
    parked(pair, placed, "book: self-trade")
    pair.exchange.cancel(long, resting)
    assert isinstance(placed, int)
    again(pair, placed)


def test_order_that_has_expired(pair: TriggerPair, long: int) -> None:
    """The order's own expiry, not the trigger's."""
    placed = pair.place(long, take_limit(5, 20_500, order_expiry=pair.evm.time + 10))
    pair.exchange.advance(9)
    parked(pair, pair.place(long, stop_limit(30_000, 5)), "book: tick outside band")
    pair.exchange.advance(1)
    pair.exchange.auction()
    parked(pair, placed, "book: order expired")


def test_a_new_reason_replaces_the_old(pair: TriggerPair, long: int) -> None:
    placed = pair.place(long, stop(30_000))
    pair.grant(long, 0)
    parked(pair, placed, "engine: not authorised")
    pair.exchange.set_mode(0, Mode.HALTED)
    pair.grant(long, 4)
    parked(pair, placed, "engine: market halted")
    parked(pair, placed, "engine: market halted")


def test_its_condition_has_to_hold_again(pair: TriggerPair, long: int) -> None:
    """Parked at 1,990; at 1,991 it waits as before."""
    placed = pair.place(long, stop(19_900))
    pair.grant(long, 0)
    pair.price(1_990)
    parked(pair, placed, "engine: not authorised")
    pair.grant(long, 4)
    pair.price(1_991)
    assert isinstance(placed, int)
    assert pair.execute(placed) == "triggers: not triggered"
    assert pair.contract.trigger(placed)[8] == "engine: not authorised"
    pair.price(1_989)
    again(pair, placed)


def test_reason_goes_with_the_trigger(pair: TriggerPair, long: int) -> None:
    """The next in its slot begins without one."""
    placed = pair.place(long, stop(30_000))
    pair.grant(long, 0)
    parked(pair, placed, "engine: not authorised")
    assert isinstance(placed, int)
    pair.cancel(placed)
    after = pair.place(long, stop(30_000))
    assert isinstance(after, int)
    assert pair.contract.trigger(after)[8] == pair.contract.trigger(placed)[8] == ""
    assert pair.standing(after).reason == ""


def test_open_interest_that_others_fill() -> None:
    """Who fills the market's cap parks the entries of others, for as long as he holds it."""
    pair = market(open_cap=1_000)
    account, rival = pair.trader(TAKER, permissions=1), pair.trader(0x77)
    placed = pair.place(account, stop(5, is_ask=False, **ENTRY))
    resting = pair.exchange.buy(rival, 995, 18_000)
    assert resting is not None
    parked(pair, placed, "engine: open interest cap")
    pair.exchange.cancel(rival, resting, 5)
    assert isinstance(placed, int)
    again(pair, placed)


# ---------------------------------------------------------------- gas


@pytest.mark.parametrize(("gas", "reason"), [(1_500_000, "triggers: too little gas"), (1_600_000, "")])
def test_begins_with_enough_gas(pair: TriggerPair, long: int, gas: int, reason: str) -> None:
    """The transaction's own 21,000 and calldata come first."""
    placed = pair.place(long, stop(30_000))
    if reason:
        with reverts(reason):
            pair.contract.execute(placed, sender=KEEPER, gas=gas)
    else:
        assert pair.contract.execute(placed, sender=KEEPER, gas=gas) != 0


def outcomes(pair: TriggerPair, placed: int | str) -> set[str]:
    """Of executions with more and more gas, each undone."""
    found = set()
    for gas in range(1_530_000, 6_000_000, 10_000):
        checkpoint = pair.evm.snapshot()
        try:
            assert pair.contract.execute(placed, sender=KEEPER, gas=gas) != 0, "or it would be parked"
            found.add("executed")
        except Reverted as error:
            found.add(str(error) if str(error) in REASONS else "out of gas")
        pair.evm.revert(checkpoint)
    return found


def later(pair: TriggerPair) -> None:
    """All auctions are run, then all marks are too old."""
    markets = range(len(pair.exchange.books))
    pair.exchange.advance(10)
    for number in markets:
        pair.exchange.say(number, 2_000 * ONE)
        assert pair.exchange.auction(number) is not None
    pair.exchange.advance(61)
    for number in markets:
        pair.exchange.say(number, 2_000 * ONE)


def test_nobody_can_starve_it(pair: TriggerPair, maker: int, long: int) -> None:
    """
    With so many fills to settle that 1,500,000 gas do not go round: at no gas is the trigger parked, or
    executed without its order. It is executed whole, or all is as before.
    """
    pair.exchange.check_every = 10**6  # views make slots warm, and calls cheaper
    for number in range(1, 9):
        pair.exchange.list(2_000 * ONE)
        bids = [NewOrder(False, 17_000 - number, 1)] * 32
        assert pair.exchange.replace(long, [], bids, number) is not None
        assert pair.exchange.sell(maker, 32, 16_980, number) is not None
    placed = pair.place(long, stop(30_000))
    later(pair)
    found = outcomes(pair, placed)
    assert {"executed", "triggers: failed without reason"} <= found
    assert found <= {"executed", "triggers: failed without reason", "out of gas", "router: too little gas"}


def test_nobody_can_starve_the_auction_after_it() -> None:
    """In continuous mode the engine asks for a price after the order: its sources get their gas."""
    pair = TriggerPair(interval=0)
    maker, account = pair.trader(MAKER), pair.trader(TAKER)
    assert pair.exchange.sell(maker, 1_000, 20_000)
    assert pair.exchange.buy(account, 1_000, 20_000)
    for number in range(1, 16):
        pair.exchange.list(2_000 * ONE, interval=0)
        assert pair.exchange.buy(account, 1, 17_000, number) is not None
    placed = pair.place(account, stop(30_000))
    source = Source(pair.exchange.sources[0].address, 1, 172_800, 50, 500_000)
    pair.exchange.router.configure(0, Settings(1, 100, 200, 4_000, 10), (source,), sender=OWNER)
    later(pair)
    found = outcomes(pair, placed)
    assert {"executed", "triggers: too little gas"} <= found
    reverted = {"triggers: too little gas", "triggers: failed without reason", "out of gas"}
    assert found <= {"executed", "router: too little gas"} | reverted
