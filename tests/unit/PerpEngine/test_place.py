"""place: who may, what it books, what it needs."""

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.support.engine import SETTINGS, USDC, EnginePair
from tests.support.oracle import ONE, OWNER, Manner
from tests.support.orders import refused, reverts
from tests.support.traders import (
    PAR,
    RICH,
    SCALE,
    STRANGER,
    UNIT,
    caller,
    collateral,
    fill,
    lots_and_cash,
    margin,
    order,
    through,
)
from walras.model.book import MAX_TICK
from walras.model.market import Mode


def test_bid_and_ask(pair: EnginePair, maker: int) -> None:
    pair.buy(maker, 10, PAR - 1)
    pair.sell(maker, 20, PAR + 1)
    pair.buy(maker, 5, PAR - 2)
    assert pair.engine.position(maker, 0) == (0, 0, 0, 15, 20, 10 * 19_999 + 5 * 19_998, 20 * 20_001)
    assert pair.engine.open_interest(0) == (15, 20, 0, 0)
    assert list(pair.engine.markets_of(maker)) == [0]
    assert collateral(pair, maker) == RICH


def test_result_is_the_books_id(pair: EnginePair, maker: int) -> None:
    order_id = pair.buy(maker, 10, PAR, client_id=7)
    ((found, *_, client_id),) = pair.books[0].open_orders(maker)
    assert (found, client_id) == (order_id, 7)


def test_margin_of_an_order(pair: EnginePair) -> None:
    """1,000 lots at 2,000: 5 % are 100 tokens, and the taker's fee of 0.05 % is 1."""
    account = pair.fund(44, 101 * USDC - 1)
    for is_ask in (False, True):
        with refused(pair, "engine: margin missed"):
            pair.place(account, order(is_ask, lots=1_000))
    pair.mint(STRANGER, 1)
    pair.deposit(STRANGER, account, 1)
    pair.buy(account, 1_000, PAR)
    assert pair.refusal is None
    assert margin(pair, account) == (101 * USDC, 101 * USDC, 0)


@pytest.mark.parametrize(
    ("is_ask", "tick", "needed"),
    [
        (False, 20_100, 100_000_000 + 10_000_000 + 1_005_000),  # bid 2,010: loses 10 against the mark
        (False, 19_900, 100_000_000 + 995_000),  # bid 1,990: a gain does not count
        (True, 19_900, 100_000_000 + 10_000_000 + 995_000),
        (True, 20_100, 100_000_000 + 1_005_000),
    ],
)
def test_margin_of_a_limit_away_from_the_mark(pair: EnginePair, is_ask: bool, tick: int, needed: int) -> None:
    account = pair.fund(44, needed - 1)
    with refused(pair, "engine: margin missed"):
        pair.place(account, order(is_ask, tick, 1_000))
    pair.mint(STRANGER, 1)
    pair.deposit(STRANGER, account, 1)
    pair.place(account, order(is_ask, tick, 1_000))
    assert (pair.refusal, margin(pair, account)) == (None, (needed, needed, 0))


def test_fill_at_the_limit_leaves_initial_margin(pair: EnginePair, maker: int) -> None:
    """What was asked for an order is what its fill leaves.

    The clearing price is 0.5 % above the index: the mark follows by 10/900 of that, 55,555 in a billion, to
    2,000.11111 less a little.
    """
    account = pair.fund(44, 111_005_000)
    pair.sell(maker, 1_000, 20_100, post_only=True)
    pair.buy(account, 1_000, 20_100)
    pair.close()
    pair.sync(account)
    assert lots_and_cash(pair, account) == (1_000, -2_010 * USDC)
    assert collateral(pair, account) == 110_000_000
    assert margin(pair, account)[:2] == (100_111_109, 100_005_556)


@pytest.mark.parametrize("is_ask", [False, True])
def test_all_lots_of_a_side_lose_as_much_as_the_furthest(pair: EnginePair, is_ask: bool) -> None:
    """1,000 lots on the right side of the mark by 10, a lot on the wrong side by 10: gains do not count.

    5 % of 1,001 lots at 2,000 are 100.1, 1,001 lots x 10 are 10.01. The fees are those of the limits.
    """
    right, wrong = (20_100, 19_900) if is_ask else (19_900, 20_100)
    fee = (1_000 * right + wrong) * 100 * 500 // 10**6
    needed = 100_100_000 + 10_010_000 + fee
    account = pair.fund(44, needed - 1)
    pair.place(account, order(is_ask, right, 1_000))
    assert (pair.refusal, margin(pair, account)[1]) == (None, 100_000_000 + right * 50)
    with refused(pair, "engine: margin missed"):
        pair.place(account, order(is_ask, wrong, 1))
    pair.mint(STRANGER, 1)
    pair.deposit(STRANGER, account, 1)
    last = pair.place(account, order(is_ask, wrong, 1))
    assert (pair.refusal, margin(pair, account)) == (None, (needed, needed, 0))
    assert last is not None
    pair.cancel(account, last)  # the limit stays until the side is empty
    assert margin(pair, account)[1] == 100_000_000 + 10_000_000 + right * 50
    pair.cancel_all(account)
    pair.place(account, order(is_ask, right, 1_000))
    assert margin(pair, account)[1] == 100_000_000 + right * 50


def test_sides_do_not_make_up_for_each_other(pair: EnginePair, maker: int) -> None:
    """A bid 10 above the mark loses 10 a lot; an ask 15 above loses nothing, and gains nothing."""
    pair.buy(maker, 1_000, 20_100)
    pair.sell(maker, 900, 20_150)
    # fees of 0.05 % of 2,010 and of 900 x 2.015
    assert margin(pair, maker)[1] == 100_000_000 + 10_000_000 + 1_005_000 + 906_750


def test_two_sides_share_their_margin(pair: EnginePair) -> None:
    """The larger side counts: 1,000 lots; and the fees of both, 1 + 0.9."""
    account = pair.fund(44, 100_000_000 + 1_000_000 + 900_000)
    pair.buy(account, 1_000, PAR - 1)
    pair.sell(account, 900, PAR + 1)
    assert pair.refusal is None
    # bid 1,999.9 and ask 2,000.1: fees of 0.99995 and 0.900045
    assert margin(pair, account)[1] == 100_000_000 + 999_950 + 900_045
    with refused(pair, "engine: margin missed"):
        pair.sell(account, 101, PAR + 1)


def test_owner_only(pair: EnginePair, maker: int, taker: int) -> None:
    with reverts("engine: not authorised"):
        pair.engine.place(maker, 0, order(), sender=pair.owner(taker))
    with reverts("engine: not authorised"):
        pair.engine.place(maker | 1 << 168, 0, order(), sender=pair.owner(maker))
    pair.place(maker, order())
    assert pair.refusal is None


def test_by_a_contract(pair: EnginePair, maker: int) -> None:
    contract, account = caller(pair)
    with reverts("engine: not authorised"):
        through(pair, contract, "place", maker, 0, order(), sender=pair.owner(maker))
    pair.mint(STRANGER, RICH)
    pair.deposit(STRANGER, account, RICH)
    through(pair, contract, "place", account, 0, order(), sender=STRANGER)
    assert pair.engine.position(account, 0)[3] == 10


def test_unknown_market(pair: EnginePair, maker: int) -> None:
    for market in (1, 127, 128, 2**256 - 1):
        with refused(pair, "engine: unknown market"):
            pair.buy(maker, 10, PAR, market)
    pair.buy(maker, 10, PAR, 0)
    assert pair.refusal is None


@pytest.mark.parametrize(("tick", "outside"), [(16_000, 15_999), (24_000, 24_001)])
def test_band(pair: EnginePair, maker: int, tick: int, outside: int) -> None:
    """20 % around 2,000."""
    with refused(pair, "book: tick outside band"):
        pair.place(maker, order(tick=outside))
    pair.place(maker, order(tick=tick))
    assert pair.refusal is None


def test_band_rounds_inwards(pair: EnginePair, maker: int) -> None:
    """0.1 % around 2,000.05: 1,998.05 to 2,002.05, at ticks of 0.1."""
    pair.begin_with(0, replace(SETTINGS, band_bps=10))
    pair.say(0, 2_000_050_000_000_000_000_000)
    pair.close()
    for tick, outside in ((19_981, 19_980), (20_020, 20_021)):
        with refused(pair, "book: tick outside band"):
            pair.place(maker, order(tick=outside))
        pair.place(maker, order(tick=tick))
        assert pair.refusal is None
        pair.cancel_all(maker)


@pytest.mark.parametrize("over", [0, 1])
def test_lowest_tick_of_the_band_to_the_unit(pair: EnginePair, maker: int, over: int) -> None:
    """99.9 % of the mark on a tick: it is within; a unit above: it is not."""
    pair.begin_with(0, replace(SETTINGS, band_bps=10))
    bound = 19_990 * (UNIT << SCALE) + over
    around = bound * 1_000 // 999
    _mark_is(pair, next(mark for mark in range(around, around + 3) if mark - mark // 1_000 == bound))
    with refused(pair, "book: tick outside band"):
        pair.place(maker, order(tick=19_989 + over))
    pair.place(maker, order(tick=19_990 + over))
    assert pair.refusal is None


@pytest.mark.parametrize("under", [0, 1])
def test_highest_tick_of_the_band_to_the_unit(pair: EnginePair, maker: int, under: int) -> None:
    """100.1 % of the mark on a tick: it is within; a unit below: it is not."""
    pair.begin_with(0, replace(SETTINGS, band_bps=10))
    bound = 20_019 * (UNIT << SCALE) - under
    around = bound * 1_000 // 1_001
    _mark_is(pair, next(mark for mark in range(around, around + 3) if mark + mark // 1_000 == bound))
    with refused(pair, "book: tick outside band"):
        pair.place(maker, order(tick=20_020 - under))
    pair.place(maker, order(tick=20_019 - under))
    assert pair.refusal is None


def _mark_is(pair: EnginePair, mark: int) -> None:
    """Have this mark: without trades it is the index, and a price of 10**18 is 1,000 units a lot."""
    pair.say(0, -(-mark * 10**15 >> SCALE))
    pair.close()
    assert pair.engine.mark(0)[0] == mark


# ---------------------------------------------------------------- caps


def test_open_interest_cap(pair: EnginePair, maker: int, taker: int) -> None:
    """Exposure of all accounts, open orders included."""
    pair.begin_with(0, replace(SETTINGS, open_cap=1_500))
    pair.buy(maker, 1_000, PAR - 1)
    with refused(pair, "engine: open interest cap"):
        pair.buy(taker, 501, PAR - 1)
    first = pair.buy(taker, 500, PAR - 1)
    assert pair.engine.open_interest(0) == (1_500, 0, 0, 0)
    with refused(pair, "engine: open interest cap"):
        pair.buy(maker, 1, PAR - 1)
    pair.sell(taker, 1_500, PAR + 1)  # the other side has room of its own
    assert pair.refusal is None
    assert first is not None
    pair.cancel(taker, first, 1)
    pair.buy(maker, 1, PAR - 1)
    assert pair.engine.open_interest(0) == (1_500, 1_500, 0, 0)


def test_cap_is_asked_of_the_side_that_grows(pair: EnginePair, maker: int, taker: int) -> None:
    """Bids of 1,500 above a cap of 100 that came later: asks have the whole of theirs."""
    pair.buy(maker, 1_500, PAR - 1)
    pair.begin_with(0, replace(SETTINGS, open_cap=100))
    with refused(pair, "engine: open interest cap"):
        pair.buy(taker, 1, PAR - 1)
    with refused(pair, "engine: open interest cap"):
        pair.sell(taker, 101, PAR + 1)
    pair.sell(taker, 100, PAR + 1)
    assert (pair.refusal, pair.engine.open_interest(0)) == (None, (1_500, 100, 0, 0))
    pair.cancel_all(taker)
    with refused(pair, "engine: open interest cap"):  # a ladder with both has to have room for both
        pair.replace(taker, [], [order(tick=PAR - 2, lots=1), order(True, PAR + 1, 1)])


def test_resting_orders_are_no_growth(pair: EnginePair, maker: int, taker: int) -> None:
    """A bid that rests grows nothing; the same bid, placed now, does."""
    fill(pair, taker, maker, 100)
    pair.buy(taker, 50, PAR - 1)
    pair.set_mode(0, Mode.REDUCE_ONLY)
    with refused(pair, "engine: reduce-only mode"):
        pair.sell(taker, 101, PAR + 1)
    pair.sell(taker, 100, PAR + 1)
    assert pair.refusal is None
    pair.cancel_all(taker)
    with refused(pair, "engine: reduce-only mode"):
        pair.buy(taker, 1, PAR - 1)
    with refused(pair, "engine: reduce-only mode"):
        pair.buy(maker, 101, PAR - 1)
    pair.buy(maker, 100, PAR - 1)  # a short's bid
    assert pair.refusal is None


def test_lower_cap_lets_positions_shrink(pair: EnginePair, maker: int, taker: int) -> None:
    fill(pair, taker, maker, 1_000)
    pair.begin_with(0, replace(SETTINGS, open_cap=10))
    with refused(pair, "engine: open interest cap"):
        pair.sell(taker, 1_001, PAR)
    pair.sell(taker, 1_000, PAR)
    assert pair.refusal is None


def test_account_cap(pair: EnginePair, maker: int, taker: int) -> None:
    pair.begin_with(0, replace(SETTINGS, account_cap=1_000))
    with refused(pair, "engine: account cap"):
        pair.buy(taker, 1_001, PAR)
    fill(pair, taker, maker, 600)
    with refused(pair, "engine: account cap"):
        pair.buy(taker, 401, PAR)
    pair.buy(taker, 400, PAR)
    assert pair.refusal is None
    with refused(pair, "engine: account cap"):
        pair.sell(taker, 1_601, PAR + 1)
    pair.sell(taker, 1_600, PAR + 1)
    assert pair.refusal is None


def test_sixteen_markets() -> None:
    pair = EnginePair(prices=(2_000 * 10**18,) * 17)
    account = pair.fund(44, RICH)
    first = 0
    for market in range(16):
        first = pair.buy(account, 1, PAR, market) or first
    assert len(pair.engine.markets_of(account)) == 16
    with refused(pair, "engine: too many markets"):
        pair.buy(account, 1, PAR, 16)
    pair.buy(account, 1, PAR, 3)  # another order where it is already
    assert pair.refusal is None
    pair.cancel_all(account, 5)
    pair.buy(account, 1, PAR, 16)
    assert pair.refusal is None
    assert list(pair.engine.markets_of(account)) == [m for m in range(16, -1, -1) if m != 5]
    with refused(pair, "engine: too many markets"):
        pair.buy(account, 1, PAR, 5)


# ---------------------------------------------------------------- reduce-only


def test_reduce_only(pair: EnginePair, maker: int, taker: int) -> None:
    fill(pair, taker, maker, 1_000)
    with refused(pair, "engine: would not reduce"):
        pair.sell(taker, 1_001, PAR, reduce_only=True)
    pair.sell(taker, 600, PAR, reduce_only=True)
    assert pair.refusal is None
    with refused(pair, "engine: would not reduce"):  # together with the first it would turn the position
        pair.sell(taker, 401, PAR, reduce_only=True)
    pair.sell(taker, 400, PAR, reduce_only=True)
    assert pair.refusal is None
    with refused(pair, "engine: would not reduce"):
        pair.buy(taker, 1, PAR - 1, reduce_only=True)


def test_reduce_only_without_a_position(pair: EnginePair, maker: int) -> None:
    with refused(pair, "engine: would not reduce"):
        pair.sell(maker, 1, PAR, reduce_only=True)
    pair.sell(maker, 1, PAR)
    assert pair.refusal is None


def test_short_is_reduced_by_bids(pair: EnginePair, maker: int, taker: int) -> None:
    fill(pair, taker, maker, 1_000)
    with refused(pair, "engine: would not reduce"):
        pair.buy(maker, 1_001, PAR, reduce_only=True)
    pair.buy(maker, 1_000, PAR, reduce_only=True)
    assert pair.refusal is None


# ---------------------------------------------------------------- prices and modes


@pytest.mark.parametrize("manner", [Manner.REVERT, Manner.BURN])
def test_stale_price_opens_nothing(pair: EnginePair, maker: int, taker: int, manner: Manner) -> None:
    fill(pair, taker, maker, 1_000)
    pair.sources[0].behave(manner)
    pair.close()
    assert pair.engine.mark(0)[4] == 4
    with refused(pair, "engine: price not fit"):
        pair.buy(taker, 1, PAR)
    with refused(pair, "engine: price not fit"):
        pair.sell(taker, 1_001, PAR)
    pair.sell(taker, 600, PAR, post_only=True)
    pair.buy(maker, 600, PAR)
    assert pair.refusal is None
    assert pair.close().lots == 600  # auctions run
    pair.sync(taker)
    assert lots_and_cash(pair, taker)[0] == 400
    pair.sources[0].behave(Manner.ANSWER)
    pair.close()
    pair.buy(taker, 1, PAR)
    assert pair.refusal is None


def test_unsure_price_doubles_initial_margin(pair: EnginePair) -> None:
    """1,000 lots at 2,000: twice 100, and a fee of 1."""
    account = pair.fund(44, 201 * USDC - 1)
    pair.say(0, 2_000 * 10**18, 20 * 10**18)
    pair.close()
    assert pair.engine.mark(0)[4] == 2
    with refused(pair, "engine: margin missed"):
        pair.buy(account, 1_000, PAR)
    pair.mint(STRANGER, 1)
    pair.deposit(STRANGER, account, 1)
    pair.buy(account, 1_000, PAR)
    assert pair.refusal is None
    assert margin(pair, account)[1] == 101 * USDC  # only who opens has it doubled


def test_doubling_is_of_the_market_alone() -> None:
    """A position in another market, at a sure price, keeps its single margin."""
    pair = EnginePair(prices=(2_000 * 10**18,) * 2)
    account, maker = pair.fund(44, 302 * USDC), pair.fund(55, RICH)
    fill(pair, account, maker, 1_000)  # fee 1, margin 100
    pair.say(1, 2_000 * 10**18, 20 * 10**18)
    pair.close(1)
    needed = 100 * USDC + 201 * USDC
    free = margin(pair, account)[0] - needed  # funding of the few seconds is in it
    assert free == 0
    with refused(pair, "engine: margin missed"):
        pair.buy(account, 1_001, PAR, 1)
    pair.buy(account, 1_000, PAR, 1)
    assert pair.refusal is None


def test_halted_price(pair: EnginePair, maker: int, taker: int) -> None:
    """The batch is postponed with its orders, which can be cancelled; nothing opens."""
    first = pair.sell(maker, 10, PAR)
    pair.buy(taker, 10, PAR)
    pair.router.halt(0, sender=OWNER)
    assert pair.close() is None
    assert [event.name for event in pair.events] == ["MarkSet", "Halted"]
    assert pair.events[1].args == {"market": 0, "due": pair.evm.time + 10}
    assert pair.engine.mark(0)[4] == 8
    with refused(pair, "engine: price not fit"):
        pair.buy(taker, 1, PAR)
    assert first is not None
    assert pair.cancel(maker, first, 4) == 4
    pair.router.resume(0, sender=OWNER)
    assert pair.close().lots == 6


def test_halted_price_lets_nothing_be_reduced_either(pair: EnginePair, maker: int, taker: int) -> None:
    fill(pair, taker, maker, 100)
    pair.router.halt(0, sender=OWNER)
    pair.close()
    with refused(pair, "engine: price not fit"):
        pair.sell(taker, 50, PAR)
    pair.router.resume(0, sender=OWNER)
    pair.close()
    pair.sell(taker, 50, PAR)
    assert pair.refusal is None


def test_modes(pair: EnginePair, maker: int, taker: int) -> None:
    fill(pair, taker, maker, 100)
    pair.set_mode(0, Mode.POST_ONLY)
    with refused(pair, "engine: post-only mode"):
        pair.buy(taker, 10, PAR)
    pair.buy(taker, 10, PAR, post_only=True)
    assert pair.refusal is None
    pair.sell(taker, 10, PAR + 1, reduce_only=True)
    assert pair.refusal is None
    pair.set_mode(0, Mode.REDUCE_ONLY)
    with refused(pair, "engine: reduce-only mode"):
        pair.buy(taker, 1, PAR - 1)
    with refused(pair, "engine: reduce-only mode"):
        pair.sell(taker, 91, PAR + 1)
    pair.sell(taker, 90, PAR + 1)  # whatever its flag
    assert pair.refusal is None
    pair.set_mode(0, Mode.HALTED)
    with refused(pair, "engine: market halted"):
        pair.sell(taker, 1, PAR + 1, reduce_only=True)
    assert pair.cancel_all(taker) == 3
    pair.set_mode(0, Mode.ACTIVE)
    pair.buy(taker, 10, PAR)
    assert pair.refusal is None


def test_band_ends_with_the_grid() -> None:
    """At 26,000 the band reaches beyond the last tick, which is 26,214.2."""
    pair = EnginePair((26_000 * ONE,))
    account = pair.fund(44, RICH)
    pair.sell(account, 10, MAX_TICK)
    assert pair.refusal is None
    with refused(pair, "book: tick outside grid"):
        pair.sell(account, 10, MAX_TICK + 1)


def test_reductions_have_to_be_paid(pair: EnginePair, maker: int) -> None:
    """Whoever is below his margin may reduce, but not at a price that leaves him with nothing."""
    account = pair.fund(44, 101 * USDC)
    fill(pair, account, maker, 1_000)  # 100 are left
    pair.say(0, 1_910 * 10**18)
    pair.close()  # a loss of 90: equity 10, initial margin 95.5
    equity, initial, maintenance = margin(pair, account)
    assert equity < maintenance < initial
    with refused(pair, "engine: margin missed"):
        pair.sell(account, 1_000, 19_000)  # another 10, and a fee of 0.95
    pair.sell(account, 1_000, 19_020)  # 8, and 0.951
    assert pair.refusal is None
    with refused(pair, "engine: margin missed"):
        pair.buy(account, 1, 19_000)


def in_two_markets() -> tuple[EnginePair, int]:
    """5,000 lots at 2,000 in each of two, no fees: equity 1,000 is initial margin, maintenance 250 each."""
    pair = EnginePair((2_000 * ONE,) * 2, replace(SETTINGS, maker_ppm=0, taker_ppm=0, interest=0))
    account, other = pair.fund(44, 1_000 * USDC), pair.fund(55, RICH)
    for market in range(2):
        fill(pair, account, other, 5_000, market=market)
    assert margin(pair, account) == (1_000 * USDC, 1_000 * USDC, 500 * USDC)
    return pair, account


@pytest.mark.parametrize("lots", [5_000, 2_500, 2])
def test_reduction_keeps_equity_of_maintenance(lots: int) -> None:
    """What frees half of maintenance margin may cost half of equity: 500 on 5,000 lots, 100 from the mark."""
    pair, account = in_two_markets()
    with refused(pair, "engine: margin missed"):
        pair.sell(account, lots, 18_999, 1, reduce_only=True)
    pair.sell(account, lots, 19_000, 1, reduce_only=True)
    assert pair.refusal is None
    other = pair.account(55)
    pair.buy(other, lots, 19_000, 1)
    pair.close(1)
    pair.sync(account)
    assert collateral(pair, account) == 1_000 * USDC - lots * 100_000
    assert Fraction(1_000 * USDC - lots * 100_000, 500 * USDC - lots * 50_000) == 2  # at the mark of before


@pytest.mark.parametrize("is_long", [True, False])
def test_a_single_lot_is_reduced_by_the_same_rule(is_long: bool) -> None:
    """Of 10,001 lots it has 0.05 of 500.05 of maintenance margin: a ten-thousand-and-first of equity, 0.1."""
    pair = EnginePair((2_000 * ONE,) * 2, replace(SETTINGS, maker_ppm=0, taker_ppm=0, interest=0))
    account, other = pair.fund(44, 1_000_100_000), pair.fund(55, RICH)
    fill(pair, account, other, 10_000)
    fill(pair, *((account, other) if is_long else (other, account)), 1, market=1)
    assert margin(pair, account) == (1_000_100_000, 1_000_100_000, 500_050_000)
    for price in (18_999, 19_000):
        limit = price if is_long else 2 * PAR - price
        pair.place(account, order(is_long, limit, 1), 1)
        assert pair.refusal == ("engine: margin missed" if price == 18_999 else None)


def test_reduction_is_no_larger_than_the_position() -> None:
    """Orders beyond it free nothing: with 5,000 lots a further reduction has nothing to give."""
    pair, account = in_two_markets()
    pair.sell(account, 5_000, 19_000, 1)
    with refused(pair, "engine: margin missed"):
        pair.sell(account, 1, 19_000, 1)  # turns the position
    pair.cancel_all(account, 1)
    with refused(pair, "engine: margin missed"):
        pair.sell(account, 2, 18_000, 1, reduce_only=True)
    pair.sell(account, 2, PAR, 1, reduce_only=True)
    assert pair.refusal is None


@pytest.mark.parametrize(("price", "may"), [(1_900_000_100, True), (1_900_000_000, False)])
def test_reduction_needs_equity(price: int, may: bool) -> None:
    """10,000 lots and 1,000 tokens: at 1,900 nothing is left, at 1,900.0001 a thousandth of a token."""
    pair = EnginePair(settings=replace(SETTINGS, maker_ppm=0, taker_ppm=0, interest=0))
    account, other = pair.fund(44, 1_000 * USDC), pair.fund(55, RICH)
    fill(pair, account, other, 10_000)
    pair.say(0, price * 10**12)
    pair.close()
    assert margin(pair, account)[0] == (999 if may else 0)  # a lot price is rounded down
    pair.sell(account, 10_000, 19_001, reduce_only=True)
    assert pair.refusal == (None if may else "engine: margin missed")


# ---------------------------------------------------------------- due auctions, continuous mode


def test_due_auction_runs_first(pair: EnginePair, maker: int, taker: int) -> None:
    pair.sell(maker, 10, PAR)
    pair.buy(taker, 10, PAR)
    pair.advance(10)
    pair.buy(taker, 1, PAR)  # joins the next batch
    assert pair.refusal is None
    assert lots_and_cash(pair, taker) == (10, -20 * USDC)
    assert pair.books[0].open_orders(taker)[0][5] == 1
    pair.advance(9)
    pair.sell(maker, 1, PAR)  # no auction yet
    assert lots_and_cash(pair, taker)[0] == 10


def test_continuous_mode() -> None:
    pair = EnginePair(interval=0)
    maker, taker = pair.fund(11, RICH), pair.fund(22, RICH)
    pair.sell(maker, 10, PAR)
    pair.buy(taker, 4, PAR)  # fills at once, and is booked at once
    assert lots_and_cash(pair, taker) == (4, -8 * USDC)
    assert collateral(pair, taker) == RICH - 4_000
    assert lots_and_cash(pair, maker) == (0, 0)
    pair.sync(maker)
    assert lots_and_cash(pair, maker) == (-4, 8 * USDC)
    assert collateral(pair, maker) == RICH + 400
    assert pair.engine.mark(0)[6] == 0
    pair.buy(taker, 6, PAR - 1)  # does not reach the ask
    assert lots_and_cash(pair, taker) == (4, -8 * USDC)
    pair.sync(maker)
    assert lots_and_cash(pair, maker)[0] == -4


def test_continuous_mode_while_the_price_is_halted() -> None:
    pair = EnginePair(interval=0)
    maker, taker = pair.fund(11, RICH), pair.fund(22, RICH)
    pair.sell(maker, 10, PAR)
    pair.router.halt(0, sender=OWNER)
    pair.advance(61)
    with refused(pair, "engine: price not fit"):
        pair.buy(taker, 4, PAR)
    pair.router.resume(0, sender=OWNER)
    pair.buy(taker, 4, PAR)
    assert lots_and_cash(pair, taker)[0] == 4


def test_continuous_mode_in_the_second_of_a_halt() -> None:
    """The mark is young enough to place on, the auction is not to be: the order may not stay without it."""
    pair = EnginePair(interval=0)
    maker, taker = pair.fund(11, RICH), pair.fund(22, RICH)
    pair.sell(maker, 10, PAR)
    pair.router.halt(0, sender=OWNER)
    with refused(pair, "engine: price not fit"):
        pair.buy(taker, 4, PAR)
    with refused(pair, "engine: price not fit"):
        pair.auction()
    pair.router.resume(0, sender=OWNER)
    pair.buy(taker, 4, PAR)
    pair.buy(taker, 4, PAR)
    assert lots_and_cash(pair, taker)[0] == 8


def test_auction_of_continuous_mode_in_a_market_that_is_halted() -> None:
    pair = EnginePair(interval=0)
    pair.set_mode(0, Mode.HALTED)
    with refused(pair, "engine: market halted"):
        pair.auction()


def test_books_reasons_come_through(pair: EnginePair, maker: int) -> None:
    pair.sell(maker, 10, PAR)
    with refused(pair, "book: self-trade"):
        pair.buy(maker, 10, PAR)
    with refused(pair, "book: zero lots"):
        pair.buy(maker, 0, PAR - 1)
    pair.buy(maker, 10, PAR - 1)
    assert pair.refusal is None
