"""execute: when, at what limit, and what it pays."""

from dataclasses import replace
from typing import Any, Final

import pytest

from tests.support.engine import SETTINGS, USDC
from tests.support.oracle import ONE
from tests.support.traders import MAKER, STRANGER, TAKER, UNIT, caller
from tests.support.triggers import (
    KEEPER,
    RIVAL,
    TIP,
    End,
    Executed,
    TriggerPair,
    market,
    stop,
    stop_limit,
    take,
    take_limit,
)
from walras.model.book import MAX_TICK, NewOrder
from walras.model.triggers import NewTrigger, Source

ENTRY: Final = {"reduce_only": False, "lots": 10}


def done(pair: TriggerPair, trigger_id: int | str, sender: str = KEEPER) -> Executed:
    """Executed."""
    assert isinstance(trigger_id, int), trigger_id
    found = pair.execute(trigger_id, sender)
    assert isinstance(found, Executed), found
    return found


def put(pair: TriggerPair, account: int, terms: NewTrigger) -> int:
    """Placed."""
    found = pair.place(account, terms)
    assert isinstance(found, int), found
    return found


# ---------------------------------------------------------------- direction and boundary

DIRECTIONS: Final[dict[str, tuple[NewTrigger, bool]]] = {
    "stop sells": (stop(19_900), False),
    "stop-limit sells": (stop_limit(19_900, 19_850), False),
    "stop buys": (stop(20_100, is_ask=False, **ENTRY), True),
    "stop-limit buys": (stop_limit(20_100, 20_150, is_ask=False, **ENTRY), True),
    "take sells": (take(20_100), True),
    "take-limit sells": (take_limit(20_100, 20_050), True),
    "take buys": (take(19_900, is_ask=False, **ENTRY), False),
    "take-limit buys": (take_limit(19_900, 19_950, is_ask=False, **ENTRY), False),
}


@pytest.mark.parametrize("name", DIRECTIONS)
@pytest.mark.parametrize("source", [Source.MARK, Source.INDEX])
def test_triggers_at_its_tick_and_beyond(pair: TriggerPair, long: int, name: str, source: Source) -> None:
    """A thousandth of a dollar short of the tick's price it does not."""
    terms, is_above = DIRECTIONS[name]
    pair.grant(long, 5)
    first, second = put(pair, long, replace(terms, source=source)), put(pair, long, terms)
    at = terms.tick / 10
    short, beyond = (-0.001, 0.001) if is_above else (0.001, -0.001)
    assert pair.execute(first) == "triggers: not triggered"
    pair.price(at + short)
    assert pair.execute(first) == "triggers: not triggered"
    assert not pair.standing(first).ready
    pair.price(at)
    assert pair.standing(first).ready
    assert done(pair, first).order.is_ask == terms.is_ask
    pair.exchange.cancel_all(long)
    pair.price(at + beyond)
    done(pair, second)
    pair.check()


@pytest.mark.parametrize("is_ask", [True, False])
def test_last_clearing_price(pair: TriggerPair, long: int, maker: int, is_ask: bool) -> None:
    """A trade moves it, the index does not; at the tick it triggers, a tick short it does not."""
    pair.grant(long, 5)
    tick, short = (19_990, 19_991) if is_ask else (20_010, 20_009)
    terms = {} if is_ask else ENTRY
    placed = put(pair, long, stop(tick, is_ask=is_ask, source=Source.CLEARING, **terms))
    pair.price(1_900 if is_ask else 2_100)
    assert pair.execute(placed) == "triggers: not triggered"
    pair.price(2_000)
    other = pair.trader(0x77)
    assert pair.exchange.sell(maker, 5, short)
    assert pair.exchange.buy(other, 5, short)
    pair.exchange.close()
    assert pair.execute(placed) == "triggers: not triggered"
    assert pair.exchange.sell(maker, 5, tick)
    assert pair.exchange.buy(other, 5, tick)
    pair.exchange.close()
    assert done(pair, placed).reference == tick * UNIT << 41
    pair.check()


def test_no_clearing_price_never_triggers(pair: TriggerPair) -> None:
    account = pair.trader(TAKER, permissions=1)
    low = put(pair, account, stop(MAX_TICK, source=Source.CLEARING, **ENTRY))
    high = put(pair, account, stop(1, is_ask=False, source=Source.CLEARING, **ENTRY))
    for placed in (low, high):
        assert pair.execute(placed) == "triggers: no clearing price"
        assert pair.standing(placed).reason == "triggers: no clearing price"
    maker = pair.trader(MAKER)
    pair.position(pair.trader(0x77), maker, 5)
    done(pair, low)
    pair.exchange.cancel_all(account)
    done(pair, high)


def test_sources_differ(pair: TriggerPair, long: int, maker: int) -> None:
    """Trades at 2,050 pull the mark above an index of 2,000, and the clearing price further."""
    pair.grant(long, 1)
    other = pair.trader(0x77)
    for _ in range(3):
        assert pair.exchange.sell(maker, 100, 20_500)
        assert pair.exchange.buy(other, 100, 20_500)
        pair.exchange.close()
    mark, index, *_ = pair.engine.mark(0)
    assert 20_002 * UNIT << 41 < mark < 20_400 * UNIT << 41
    assert index == 20_000 * UNIT << 41
    by_mark, by_index, by_clearing = (
        put(pair, long, stop(20_001, is_ask=False, source=source, **ENTRY))
        for source in (Source.MARK, Source.INDEX, Source.CLEARING)
    )
    assert pair.execute(by_index) == "triggers: not triggered"
    assert done(pair, by_mark).reference == mark
    assert done(pair, by_clearing).reference == 20_500 * UNIT << 41
    at_once = put(pair, long, stop(20_000, is_ask=False, source=Source.INDEX, **ENTRY))
    assert done(pair, at_once).reference == index
    pair.check()


# ---------------------------------------------------------------- the order


def tick_of(pair: TriggerPair, account: int, terms: NewTrigger) -> int:
    """Of the order, which is taken off again."""
    found = done(pair, put(pair, account, terms)).order.tick
    pair.exchange.cancel_all(account)
    return found


@pytest.mark.parametrize(
    ("price", "slippage", "in_bps", "sells", "buys"),
    [
        (2_000, 0, False, 20_000, 20_000),
        (2_000, 100, False, 19_900, 20_100),
        (2_000, 100, True, 19_800, 20_200),
        (2_000, 1, True, 19_998, 20_002),
        (2_000.05, 0, False, 20_001, 20_000),  # towards the reference of 20,000.5: the order is within it
        (2_000.05, 100, False, 19_901, 20_100),
        (2_000.05, 100, True, 19_801, 20_200),  # 19,800.495 and 20,200.505
        (2_001, 7, True, 19_996, 20_024),  # 20,010 -+ 14.007
    ],
)
def test_slippage(
    pair: TriggerPair, long: int, price: float, slippage: int, in_bps: bool, sells: int, buys: int
) -> None:
    pair.grant(long, 5)
    pair.price(price)
    terms = {"slippage": slippage, "slippage_in_bps": in_bps, **ENTRY}
    assert tick_of(pair, long, stop(30_000, source=Source.INDEX, **terms)) == sells
    assert tick_of(pair, long, stop(10, is_ask=False, source=Source.INDEX, **terms)) == buys


def test_slippage_ends_at_the_band(pair: TriggerPair, long: int) -> None:
    """The band is 20 % of the mark; what would lie beyond it would be refused."""
    pair.grant(long, 5)
    for terms in ({"slippage": MAX_TICK}, {"slippage": 9_999, "slippage_in_bps": True}):
        assert tick_of(pair, long, stop(30_000, **terms, **ENTRY)) == 16_000
        assert tick_of(pair, long, stop(10, is_ask=False, **terms, **ENTRY)) == 24_000


def test_band_is_rounded_as_the_engine_does(pair: TriggerPair, long: int) -> None:
    pair.grant(long, 5)
    pair.price(2_000.003)
    assert tick_of(pair, long, stop(30_000, slippage=MAX_TICK, **ENTRY)) == 16_001
    assert tick_of(pair, long, stop(10, is_ask=False, slippage=MAX_TICK, **ENTRY)) == 24_000
    assert pair.exchange.sell(long, 10, 16_000) is None
    assert pair.exchange.buy(long, 10, 24_001) is None


def test_at_the_end_of_the_grid() -> None:
    """At prices of the first and the last ticks the limit stays on the grid."""
    low = TriggerPair(prices=(3 * 10**17,), settings=replace(SETTINGS, band_bps=5_000))
    account = low.trader(TAKER, permissions=1)
    assert tick_of(low, account, stop(5, slippage=100, **ENTRY)) == 2, "half of 3, rounded up"
    one = TriggerPair(prices=(10**17,), settings=replace(SETTINGS, band_bps=5_000))
    account = one.trader(TAKER, permissions=1)
    assert tick_of(one, account, stop(5, slippage=9_999, slippage_in_bps=True, **ENTRY)) == 1
    below = TriggerPair(prices=(5 * 10**16,))
    account = below.trader(TAKER, permissions=1)
    placed = put(below, account, stop(1, is_ask=False, source=Source.INDEX, slippage=0, **ENTRY))
    assert below.execute(placed) == "triggers: not triggered", "half a tick"
    top = TriggerPair(prices=(MAX_TICK * 10**17,))
    account = top.trader(TAKER, 10**12 * USDC, permissions=1)
    assert tick_of(top, account, stop(1, is_ask=False, slippage=5, **ENTRY)) == MAX_TICK
    above = TriggerPair(prices=((MAX_TICK + 5) * 10**17,))
    account = above.trader(TAKER, 10**12 * USDC, permissions=1)
    for is_ask in (True, False):
        terms = replace(take(5) if is_ask else stop(5), is_ask=is_ask, slippage=1, **ENTRY)
        assert tick_of(above, account, terms) == MAX_TICK


@pytest.mark.parametrize("expiry", [0, 50_000])
def test_limit_kinds_rest(pair: TriggerPair, long: int, expiry: int) -> None:
    """At their limit, beyond the batch, until they expire or are cancelled."""
    until = pair.evm.time + expiry if expiry else 0
    placed = put(pair, long, take_limit(20_100, 20_200, lots=400, order_expiry=until))
    pair.price(2_010)
    order = done(pair, placed).order
    assert order == NewOrder(True, 20_200, 400, reduce_only=True, expiry=until)
    for _ in range(3):
        pair.exchange.close()
    (found,) = pair.exchange.books[0].open_orders(long)
    assert found[1:4] == (True, 20_200, 400)
    pair.check()


def test_market_kinds_are_of_one_batch(pair: TriggerPair, long: int, maker: int) -> None:
    placed = put(pair, long, stop(19_900, slippage=50, lots=300))
    pair.price(1_990)
    assert done(pair, placed).order == NewOrder(True, 19_850, 300, batch_only=True, reduce_only=True)
    assert pair.exchange.buy(maker, 100, 19_850)
    pair.exchange.close()
    pair.exchange.sync(long)
    assert pair.engine.position(long, 0)[0] == 900
    assert pair.exchange.books[0].open_orders(long) == ()


def test_whole_position_with_fills_that_are_not_settled(pair: TriggerPair, long: int, maker: int) -> None:
    """1,000 lots and 200 of the batch before."""
    placed = put(pair, long, stop(19_910))
    assert pair.exchange.sell(maker, 200, 20_000)
    assert pair.exchange.buy(long, 200, 20_000)
    pair.price(1_990)
    assert pair.engine.position(long, 0)[0] == 1_000
    assert done(pair, placed).order.lots == 1_200


def test_whole_position_with_fills_of_the_due_batch(pair: TriggerPair, long: int, maker: int) -> None:
    """Its auction is run first, at the new price; what it fills is settled, and its tip is the caller's."""
    placed = put(pair, long, stop(19_910))
    tips = pair.exchange.model.tip_account
    pair.exchange.mint(STRANGER, USDC)
    pair.exchange.deposit(STRANGER, tips, USDC)
    assert pair.exchange.sell(maker, 200, 20_000)
    assert pair.exchange.buy(long, 200, 20_000)
    pair.exchange.advance(10)
    pair.exchange.say(0, 1_990 * ONE)
    assert not pair.standing(placed).ready, "at the stored mark"
    assert done(pair, placed).order.lots == 1_200
    # a tenth of 0.05 % of 400 dollars
    assert pair.engine.collateral(int(KEEPER, 16) << 8) == 20_000
    assert pair.engine.collateral(int(pair.contract.address, 16) << 8) == 0
    pair.check()


@pytest.mark.parametrize("is_ask", [True, False])
def test_reduce_only_has_what_no_order_closes(pair: TriggerPair, long: int, maker: int, is_ask: bool) -> None:
    """Of 1,000 lots 700 rest in orders already: 300; the other side's orders do not count."""
    account = long if is_ask else maker
    tick = 20_500 if is_ask else 19_500
    place = pair.exchange.sell if is_ask else pair.exchange.buy
    other = pair.exchange.buy if is_ask else pair.exchange.sell
    assert other(account, 50, 40_000 - tick)
    terms = stop(30_000 if is_ask else 5, is_ask=is_ask)
    whole, much, little = (put(pair, account, replace(terms, lots=lots)) for lots in (0, 999, 100))
    assert place(account, 700, tick)
    assert done(pair, little).order.lots == 100
    assert done(pair, much).order.lots == 200
    assert pair.execute(whole) == "parked: triggers: nothing to close"
    pair.exchange.cancel_all(account)
    assert done(pair, whole).order.lots == 1_000
    pair.check()


def test_reduce_only_of_the_wrong_side(pair: TriggerPair, long: int) -> None:
    placed = put(pair, long, stop(5, is_ask=False))
    assert pair.standing(placed).reason == "triggers: nothing to close"
    assert pair.execute(placed) == "parked: triggers: nothing to close"
    pair.check()


def test_entries_need_no_position(pair: TriggerPair, maker: int) -> None:
    account = pair.trader(TAKER, permissions=1)
    placed = put(pair, account, stop(20_100, is_ask=False, reduce_only=False, lots=77))
    pair.price(2_010)
    assert done(pair, placed).order == NewOrder(False, 20_200, 77, batch_only=True)
    assert pair.exchange.sell(maker, 77, 20_100)
    pair.exchange.close()
    pair.exchange.sync(account)
    assert pair.engine.position(account, 0)[0] == 77


# ---------------------------------------------------------------- whose tip


def test_tip_is_the_callers(pair: TriggerPair, long: int) -> None:
    placed = put(pair, long, stop(30_000))
    assert done(pair, placed, RIVAL).tip == TIP
    assert pair.contract.claimable(RIVAL) == TIP
    assert pair.contract.claimable(KEEPER) == 0
    assert pair.claim(RIVAL) == TIP
    pair.check()


def test_executed_once(pair: TriggerPair, long: int) -> None:
    placed = put(pair, long, stop(30_000, lots=10))
    done(pair, placed)
    assert pair.execute(placed, RIVAL) == "triggers: unknown trigger"
    assert pair.contract.claimable(RIVAL) == 0
    for wrong in (0, 1, placed ^ 64, placed | 1 << 214, 2**256 - 1):
        assert pair.execute(wrong) == "triggers: unknown trigger"


def test_through_a_contract(pair: TriggerPair, long: int) -> None:
    placed = put(pair, long, stop(30_000, lots=10))
    contract, _ = caller(pair.exchange)
    data = pair.contract.encode("execute", placed)
    contract.forward(pair.contract.address, data, sender=STRANGER)
    assert pair.contract.claimable(contract.address) == TIP
    assert pair.contract.claimable(STRANGER) == 0


def test_one_action_of_the_grant(pair: TriggerPair, long: int) -> None:
    """What is refused uses none up; so nobody can run the grant out."""
    pair.grant(long, 4, actions=1)
    first, second = put(pair, long, stop(30_000, lots=10)), put(pair, long, stop(30_000, lots=10))
    far = put(pair, long, stop(5))
    bad = put(pair, long, stop_limit(30_000, 5))
    assert pair.execute(far) == "triggers: not triggered"
    assert str(pair.execute(bad)).startswith("parked: book: ")
    done(pair, first)
    assert pair.execute(second) == "parked: engine: grant used up"
    pair.check()


# ---------------------------------------------------------------- at which prices


def test_without_a_price_of_after_the_batch(pair: TriggerPair, long: int) -> None:
    """With a vault the auction waits for one; so does the trigger, and is not parked."""
    pair.quoting()
    placed = put(pair, long, stop(30_000))
    pair.exchange.advance(10)
    assert pair.execute(placed) == "engine: awaiting price"
    pair.exchange.advance(1)
    pair.exchange.say(0, 2_000 * ONE)
    done(pair, placed)
    pair.check()


def test_old_mark_is_refreshed_for_who_has_a_position() -> None:
    """max_mark_age is 60; the batch lasts an hour."""
    pair = TriggerPair(interval=3_600)
    maker, account, other = pair.trader(MAKER), pair.trader(TAKER), pair.trader(0x77, permissions=1)
    pair.position(account, maker, 1_000)
    free = put(pair, other, stop(19_900, **ENTRY))
    mine = put(pair, account, stop(19_900))
    pair.exchange.advance(60)
    pair.exchange.say(0, 1_900 * ONE)
    for placed in (free, mine):
        assert pair.execute(placed) == "triggers: not triggered", "a mark of 60 seconds serves"
    pair.exchange.advance(1)
    for placed in (free, mine):
        assert pair.standing(placed).reason == "triggers: mark too old"
    assert pair.execute(free) == "triggers: mark too old"
    assert done(pair, mine).reference == 19_000 * UNIT << 41
    done(pair, free)
    pair.check()


def test_old_mark_in_continuous_mode() -> None:
    """Anyone may run an auction there at any time."""
    pair = TriggerPair(interval=0)
    account = pair.trader(TAKER, permissions=1)
    placed = put(pair, account, stop(19_900, is_ask=True, **ENTRY))
    pair.exchange.advance(61)
    pair.exchange.say(0, 1_900 * ONE)
    assert pair.execute(placed) == "triggers: mark too old"
    assert pair.exchange.auction() is not None
    done(pair, placed)
    pair.check()


def test_continuous_mode() -> None:
    """The order takes at once what is there, and leaves nothing."""
    pair = TriggerPair(interval=0)
    maker, account = pair.trader(MAKER), pair.trader(TAKER)
    assert pair.exchange.sell(maker, 100, 20_000)
    assert pair.exchange.buy(account, 100, 20_000)
    assert pair.exchange.buy(maker, 30, 19_950)
    placed = put(pair, account, stop(20_000))
    assert done(pair, placed).order.tick == 19_900
    assert pair.engine.position(account, 0)[0] == 70
    assert pair.exchange.books[0].open_orders(account) == ()
    pair.check()


@pytest.mark.parametrize("source", list(Source))
def test_price_not_fit(pair: TriggerPair, long: int, maker: int, source: Source) -> None:
    """STALE: the last price is no news, whatever it triggers. With another it is executed."""
    placed = put(pair, long, stop(30_000, source=source))
    pair.exchange.advance(172_801)
    assert pair.exchange.auction() is not None
    assert pair.engine.mark(0)[4] == 4
    assert pair.execute(placed) == "triggers: price not fit"
    assert pair.standing(placed).reason == "triggers: price not fit"
    pair.price(2_000)
    if source == Source.CLEARING:  # nothing has traded for more than 15 minutes
        assert pair.execute(placed) == "triggers: no clearing price"
        pair.position(long, maker, 1)
    done(pair, placed)
    pair.check()


def test_degraded_price_serves(pair: TriggerPair, long: int) -> None:
    placed = put(pair, long, stop(30_000))
    pair.exchange.advance(10)
    pair.exchange.say(0, 2_000 * ONE, 20 * ONE)
    assert pair.exchange.auction() is not None
    assert pair.engine.mark(0)[4] == 2
    done(pair, placed)
    pair.check()


# ---------------------------------------------------------------- what is void


def test_expired(pair: TriggerPair, long: int) -> None:
    """At its expiry it is removed, even if it has triggered; a second before it is executed."""
    until = pair.evm.time + 50
    early, late = (put(pair, long, stop(30_000, lots=10, expiry=until)) for _ in range(2))
    pair.exchange.advance(49)
    pair.exchange.say(0, 2_000 * ONE)
    done(pair, early)
    pair.exchange.advance(1)
    assert pair.standing(late).reason == "triggers: expired"
    assert pair.execute(late) == End.EXPIRED
    assert pair.contract.claimable(KEEPER) == TIP, "of the first alone"
    assert pair.contract.claimable(pair.exchange.owner(long)) == TIP
    pair.check()


def test_expired_asks_no_engine(pair: TriggerPair, long: int) -> None:
    pair.quoting()
    placed = put(pair, long, stop(30_000, expiry=pair.evm.time + 10))
    pair.exchange.advance(10)
    assert pair.execute(placed) == End.EXPIRED


@pytest.mark.parametrize("turned", [False, True])
def test_attached_to_a_position_that_is_gone(pair: TriggerPair, long: int, maker: int, turned: bool) -> None:
    placed = put(pair, long, stop(30_000, attached=True))
    free = put(pair, long, stop(30_000, is_ask=False))
    pair.position(maker, long, 1_500 if turned else 1_000)
    assert pair.standing(placed).reason == "triggers: void"
    assert pair.execute(placed) == End.CLOSED
    assert pair.contract.claimable(pair.exchange.owner(long)) == TIP
    assert pair.contract.claimable(KEEPER) == 0
    assert pair.execute(free) == "triggers: not triggered"
    pair.check()


def test_attached_to_a_position_that_is_smaller(pair: TriggerPair, long: int, maker: int) -> None:
    placed = put(pair, long, stop(30_000, attached=True, lots=500))
    pair.position(maker, long, 999)
    assert done(pair, placed).order.lots == 1


def test_attached_short(pair: TriggerPair, long: int, maker: int) -> None:
    first, second = (put(pair, maker, stop(5, is_ask=False, attached=True, lots=5)) for _ in range(2))
    done(pair, first)
    pair.exchange.cancel_all(maker)
    pair.position(maker, long, 1_000)
    assert pair.execute(second) == End.CLOSED


def test_attached_closed_by_the_due_auction(pair: TriggerPair, long: int, maker: int) -> None:
    placed = put(pair, long, stop(30_000, attached=True))
    assert pair.exchange.buy(maker, 1_000, 20_000)
    assert pair.exchange.sell(long, 1_000, 20_000)
    pair.exchange.advance(10)
    assert pair.execute(placed) == End.CLOSED
    pair.check()


def test_ticks_of_another_grid(pair: TriggerPair, long: int) -> None:
    """After a rescale a tick means another price: 19,900 would be 3,980."""
    placed = put(pair, long, stop(19_900))
    pair.exchange.rescale(0, 2 * 10**17)
    later = put(pair, long, stop(9_950))
    assert pair.standing(placed).reason == "triggers: void"
    assert pair.execute(placed) == End.RESCALED
    assert pair.execute(later) == "triggers: not triggered"
    pair.price(1_990)
    done(pair, later)
    pair.check()


def test_other_units_of_the_token() -> None:
    """18 decimals: other units, another scale."""
    pair = TriggerPair(decimals=18)
    maker, account = pair.trader(MAKER, 10**24), pair.trader(TAKER, 10**24)
    pair.position(account, maker, 1_000)
    placed = put(pair, account, stop(19_900))
    pair.price(1_990.001)
    assert pair.execute(placed) == "triggers: not triggered"
    pair.price(1_990)
    assert done(pair, placed).order.tick == 19_800
    pair.check()


def test_small_bands() -> None:
    """The market's own band, not a constant."""
    pair = market(band_bps=100)
    account = pair.trader(TAKER, permissions=1)
    terms: dict[str, Any] = {"slippage": 500, **ENTRY}
    assert tick_of(pair, account, stop(30_000, **terms)) == 19_800
    assert tick_of(pair, account, stop(5, is_ask=False, **terms)) == 20_200
