"""quotes: what the vault bids and asks, by hand and against the model."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.engine import OWNER, SETTINGS
from tests.support.oracle import ONE, Manner
from tests.support.vault import PROVIDER, QUOTES, VaultPair
from tests.support.vault_stories import USDC, position, price_is, take
from walras.model.account import Question
from walras.model.book import MAX_TICK, VaultQuotes
from walras.model.vault import QuoteSettings

FLAT = Question(
    market=0,
    unit=100,
    mark=20_000,
    low=19_950,
    high=20_060,
    wider=False,
    lots=0,
    collateral=400 * USDC,
    profit=0,
)
"""400 tokens at 2,000: half of them twice are 200 lots, an auction adds 50; spread 20 ticks, skew 10."""


def asked(pair: VaultPair, **changes: int | bool) -> tuple[int, int, int, int]:
    """Bid and ask, with their lots."""
    found = pair.ask(replace(FLAT, **changes))
    return found.bid_tick, found.bid_lots, found.ask_tick, found.ask_lots


def test_flat(pair: VaultPair) -> None:
    assert asked(pair) == (19_980, 50, 20_020, 50)


def test_not_configured(pair: VaultPair) -> None:
    assert pair.ask(replace(FLAT, market=1)) == VaultQuotes()
    pair.quote_in(1, replace(QUOTES, allocation_bps=0))
    assert pair.ask(replace(FLAT, market=1)).bid_lots == 0
    assert pair.ask(replace(FLAT, market=1, lots=-7)).bid_lots == 7


@pytest.mark.parametrize(
    ("lots", "expected"),
    [
        (100, (19_975, 50, 20_015, 150)),  # half of the skew
        (160, (19_972, 40, 20_012, 210)),
        (200, (19_970, 0, 20_010, 250)),
        (260, (19_970, 0, 20_010, 310)),
        (-100, (19_985, 150, 20_025, 50)),
        (-160, (19_988, 210, 20_028, 40)),
        (-200, (19_990, 250, 20_030, 0)),
        (-260, (19_990, 310, 20_030, 0)),
        (2**39 - 1, (19_970, 0, 20_010, 2**29 - 1)),
        (1 - 2**39, (19_990, 2**29 - 1, 20_030, 0)),
    ],
)
def test_inventory(pair: VaultPair, lots: int, expected: tuple[int, ...]) -> None:
    """A long position lowers both prices; what closes it is always asked, and the depth beyond it."""
    assert asked(pair, lots=lots) == expected


def test_rounded_away_from_the_index(pair: VaultPair) -> None:
    """999 and 1,001 thousandths of 20,011: 19,990.989 and 20,031.011."""
    assert asked(pair, mark=20_011) == (19_990, 49, 20_032, 49)


def test_wider(pair: VaultPair) -> None:
    """From the ends of the range, at twice the spread: 19,950 x 0.998, 20,060 x 1.002 rounded up."""
    assert asked(pair, wider=True) == (19_910, 50, 20_101, 50)
    assert asked(pair, wider=True, low=20_010, high=19_990) == (19_960, 50, 20_040, 50)


@pytest.mark.parametrize(
    ("profit", "depth"),
    [(10**12, 50), (1, 50), (-1, 49), (-100 * USDC, 25), (-200 * USDC, 0), (-201 * USDC, 0), (-(2**115), 0)],
)
def test_losses_lower_the_limit_and_profits_do_not_raise_it(pair: VaultPair, profit: int, depth: int) -> None:
    _, bid_lots, _, ask_lots = asked(pair, profit=profit)
    assert bid_lots == ask_lots == depth
    _, bid_lots, _, ask_lots = asked(pair, profit=profit, lots=10)
    assert (bid_lots, ask_lots) == (depth, 10 + depth)


@pytest.mark.parametrize(
    ("collateral", "lots"), [(0, 0), (-1, 0), (-(2**111), 0), (8 * USDC, 1), (2**111 - 1, 2**29 - 1)]
)
def test_collateral(pair: VaultPair, collateral: int, lots: int) -> None:
    assert asked(pair, collateral=collateral)[1] == lots
    assert asked(pair, collateral=collateral, lots=-5)[1] == min(lots + 5, 2**29 - 1)


def test_what_is_asked_back_is_not_at_work(pair: VaultPair) -> None:
    pair.enter(400 * USDC)
    pair.ask_back(100 * 10**12)
    assert asked(pair)[1] == 37
    pair.ask_back(300 * 10**12)
    assert asked(pair)[1] == 0
    pair.wait()
    pair.claim(100 * 10**12)
    assert asked(pair)[1] == 12  # of 400 tokens that the question names, 300 are owed
    pair.claim(300 * 10**12)
    assert asked(pair)[1] == 50


def test_who_leaves_shares_a_loss(pair: VaultPair) -> None:
    """300 of 400 tokens are asked back, then 240 are lost: 120 of the 160 are theirs, and 40 are at work."""
    pair.enter(400 * USDC)
    pair.ask_back(300 * 10**12)
    assert asked(pair)[1] == 12
    assert asked(pair, collateral=160 * USDC)[1] == 5
    pair.ask_back(100 * 10**12)
    assert asked(pair, collateral=160 * USDC)[1] == 0


@pytest.mark.parametrize(
    ("mark", "lots", "bids", "asks"),
    [
        (1, 0, False, True),
        (1, -5, False, True),
        (2, 0, True, True),
        (2, -5, True, True),
        (MAX_TICK, 0, False, False),
        (MAX_TICK, 5, False, False),
        (MAX_TICK, -5, True, False),
        (MAX_TICK - 1, 0, True, False),
        (MAX_TICK - 300, 0, True, True),
    ],
)
def test_ends_of_the_grid(pair: VaultPair, mark: int, lots: int, bids: bool, asks: bool) -> None:
    """There an index may be any beyond it; a tick off the grid is none."""
    pair.quote_in(0, replace(QUOTES, leverage_bps=100_000, depth_bps=10_000))
    _, bid_lots, _, ask_lots = asked(pair, mark=mark, lots=lots, collateral=10**15)
    assert (bid_lots > 0, ask_lots > 0) == (bids, asks)


def test_ends_of_the_grid_when_the_skew_is_all_of_the_spread(pair: VaultPair) -> None:
    """A full position leans its quote onto the end itself, which is a tick; the index may be beyond it."""
    pair.quote_in(0, replace(QUOTES, skew_ppm=1_000))
    assert asked(pair, mark=1, lots=-(10**9))[:2] == (1, 0)
    assert asked(pair, mark=MAX_TICK, lots=10**6)[2:] == (MAX_TICK, 0)
    assert asked(pair, mark=2, lots=-(10**9))[:2] == (2, 2**29 - 1)
    assert asked(pair, mark=MAX_TICK - 1, lots=10**6)[2:] == (MAX_TICK - 1, 10**6 + 3)  # and the depth


def test_an_index_beyond_the_grid_lets_no_position_grow(pair: VaultPair) -> None:
    """Random stories found it: the limit was of lots at the grid's end, while each was worth more."""
    pair.quote_in(0, replace(QUOTES, leverage_bps=100_000, depth_bps=10_000))
    assert asked(pair, mark=MAX_TICK, lots=-5, collateral=10**15)[1] == 5
    assert asked(pair, mark=MAX_TICK - 1, lots=-5, collateral=10**15)[1] > 5


def test_no_bid_is_off_the_grid(pair: VaultPair) -> None:
    pair.quote_in(0, replace(QUOTES, skew_ppm=1_000))
    bid, bid_lots, _, _ = asked(pair, mark=MAX_TICK + 10, lots=-(10**6))
    assert (bid > MAX_TICK, bid_lots) == (True, 0)


@pytest.mark.parametrize(("mark", "above"), [(261_880, 0), (261_881, 1), (261_882, 2)])
def test_last_tick_is_asked_and_none_above_it(pair: VaultPair, mark: int, above: int) -> None:
    _, _, ask, ask_lots = asked(pair, mark=mark, collateral=10**15)
    assert (ask - MAX_TICK, ask_lots > 0) == (above, above == 0)


@pytest.mark.parametrize(("mark", "above"), [(MAX_TICK, 0), (MAX_TICK + 1, 1), (MAX_TICK + 2, 2)])
def test_last_tick_is_bid_and_none_above_it(pair: VaultPair, mark: int, above: int) -> None:
    pair.quote_in(0, replace(QUOTES, skew_ppm=1_000))
    bid, bid_lots, _, _ = asked(pair, mark=mark, lots=-(10**6))
    assert (bid - MAX_TICK, bid_lots > 0) == (above, above == 0)


settings = st.builds(
    QuoteSettings,
    st.integers(0, 10_000),
    st.integers(1_000, 100_000),
    st.integers(100, 100_000),
    st.integers(0, 100_000),
    st.integers(1, 10_000),
).map(lambda one: replace(one, skew_ppm=min(one.skew_ppm, one.spread_ppm)))
questions = st.builds(
    Question,
    market=st.just(0),
    unit=st.integers(1, 2**40),
    mark=st.integers(1, MAX_TICK),
    low=st.integers(1, MAX_TICK),
    high=st.integers(1, MAX_TICK),
    wider=st.booleans(),
    lots=st.one_of(st.integers(-100, 100), st.integers(1 - 2**39, 2**39 - 1)),
    collateral=st.one_of(st.integers(0, 10**15), st.integers(-(2**111), 2**111 - 1)),
    profit=st.one_of(st.just(0), st.integers(-(10**12), 10**12), st.integers(-(2**110), 2**110)),
)
SHARED = VaultPair(quotes=None)


@given(settings, questions)
def test_whatever_is_asked(settings: QuoteSettings, question: Question) -> None:
    """As the model; never crossed, above the limit, off the grid or on the index's wrong side."""
    assert SHARED.quote_in(0, settings)
    found = SHARED.ask(question)
    limit = max(0, question.collateral) * settings.allocation_bps // 10_000
    limit = max(0, limit + min(0, question.profit)) * settings.leverage_bps // 10_000
    limit //= question.mark * question.unit
    if found.bid_lots:
        assert 0 < found.bid_tick <= MAX_TICK
        assert question.lots + found.bid_lots <= max(limit, 0 if question.lots < 0 else question.lots)
    if found.ask_lots:
        assert 0 < found.ask_tick <= MAX_TICK
        assert question.lots - found.ask_lots >= min(-limit, 0 if question.lots > 0 else question.lots)
    assert found.bid_tick < found.ask_tick
    assert max(found.bid_lots, found.ask_lots) < 2**29
    assert found.bid_tick <= question.mark <= found.ask_tick


@pytest.mark.parametrize("depth", [1, 2_500, 5_000, 10_000])
def test_no_round_trip_pays(depth: int) -> None:
    """From end to end and back, as much as it takes in each auction, at the widest skew."""
    pair = VaultPair(quotes=None)
    assert pair.quote_in(0, replace(QUOTES, spread_ppm=1_000, skew_ppm=1_000, depth_bps=depth))
    held, cash, turns, fewest = 0, 0, 0, 0
    sells = True  # to the vault
    for _ in range(60):
        found = pair.ask(replace(FLAT, lots=held))
        lots = found.bid_lots if sells else found.ask_lots
        if not lots:
            sells, turns = not sells, turns + 1
            continue
        held += lots if sells else -lots
        cash += lots * (found.bid_tick if sells else -found.ask_tick)
        fewest = min(fewest, held * 20_000 - cash)
    assert fewest == 0
    assert turns > 1


# ---------------------------------------------------------------- in auctions


def test_fills_what_users_leave_over(full: VaultPair, taker: int) -> None:
    cleared = take(full, taker, 30)
    assert (cleared.price, cleared.vault_sold, position(full)) == (20_020, 30, -30)
    cleared = take(full, taker, -50)
    assert (cleared.vault_bought, position(full)) == (50, 20)
    full.check()


def test_in_doubt(full: VaultPair, taker: int) -> None:
    """2,000 give or take 20: asks at 2,020 and 0.2 %."""
    full.buy(taker, 10, 20_500)
    full.advance(11)
    full.say(0, 2_000 * ONE, 20 * ONE)
    assert full.auction().price == 20_241


@pytest.mark.parametrize("how", ["stale", "halted"])
def test_no_price_no_quotes(full: VaultPair, taker: int, how: str) -> None:
    full.buy(taker, 10, 20_500)
    full.advance(11)
    if how == "stale":
        full.sources[0].behave(Manner.REVERT)
    else:
        full.router.halt(0, sender=OWNER)
    full.auction()
    assert position(full) == 0


def test_gas(full: VaultPair, taker: int) -> None:
    """An auction's quotes fit the 300,000 gas that the engine gives, many times."""
    take(full, taker, 30)
    question = (0, 100, 20_000, 19_950, 20_060, True, -30, 400 * USDC, -1)
    assert full.vault.quotes(question, gas=80_000)[1] > 0


def test_position_stays_within_its_limit(full: VaultPair, taker: int) -> None:
    """However often one takes: 200 lots, fewer when it has lost."""
    for _ in range(8):
        take(full, taker, -50)
    assert 195 <= position(full) <= 200
    price_is(full, 1_500)
    held = position(full)
    take(full, taker, -50, 1_500)
    assert position(full) == held  # 100 of 200 tokens are lost: 133 lots at 1,500 would be the limit
    take(full, taker, held, 1_500)
    assert position(full) == 0


def test_markets_have_budgets_of_their_own() -> None:
    pair = VaultPair(prices=(2_000 * ONE, 2_000 * ONE))
    taker = pair.fund(22, 10**12)
    pair.enter(400 * USDC, PROVIDER)
    take(pair, taker, -50)
    price_is(pair, 1_900)
    cleared = take(pair, taker, -50, 2_000, market=1)
    assert cleared.vault_bought == 50
    pair.check()


# ---------------------------------------------------------------- the cap on open interest


def signed(pair: VaultPair, account: int, lots: int, tick: int, **flags: bool) -> None:
    """A bid, or an ask of negative lots, that has to pass."""
    place = pair.buy if lots > 0 else pair.sell
    assert place(account, abs(lots), tick, **flags) is not None, pair.refusal


def filled(pair: VaultPair) -> int:
    """What the vault sells in the batch's auction, nobody else filling; below zero what it buys."""
    pair.advance(max(0, pair.model.markets[0].mark.due + 1 - pair.evm.time))
    pair.say(0, 2_000 * ONE)
    cleared = pair.auction()
    assert cleared.lots == cleared.vault_sold + cleared.vault_bought
    return int(cleared.vault_sold - cleared.vault_bought)


def sides(pair: VaultPair, sign: int) -> tuple[int, ...]:
    """Open interest: longs, shorts, both without orders; mirrored where the sign is below zero."""
    long, short, held_long, held_short = pair.engine.open_interest(0)
    return (long, short, held_long, held_short) if sign > 0 else (short, long, held_short, held_long)


@pytest.mark.parametrize("sign", [1, -1])
def test_no_further_than_the_cap(pair: VaultPair, taker: int, sign: int) -> None:
    """It quotes 50 lots a side, and no more than the cap leaves; told for a vault that sells, and mirrored.

    The cap of shorts is 30, and somebody's asks far away take 20: it sells 10, and then none. It buys them
    back though the longs are above their cap by then, and beyond that what the cap leaves.
    """
    assert pair.enter(400 * USDC) is not None
    other = pair.fund(78, 10_000 * USDC)
    above, below = 20_000 + sign * 1_000, 20_000 - sign * 1_000
    pair.begin_with(0, replace(SETTINGS, open_cap=30))
    signed(pair, other, -sign * 20, 20_000 + sign * 3_000, post_only=True)
    signed(pair, taker, sign * 30, above, batch_only=True)
    assert filled(pair) == sign * 10
    pair.sync(taker)
    assert (position(pair), sides(pair, sign)) == (-sign * 10, (10, 30, 10, 10))

    signed(pair, taker, sign * 20, above, batch_only=True)
    assert filled(pair) == 0

    pair.begin_with(0, replace(SETTINGS, open_cap=5))
    signed(pair, taker, -sign * 4, below, reduce_only=True)
    assert filled(pair) == -sign * 4
    pair.sync(taker)
    assert (position(pair), sides(pair, sign)) == (-sign * 6, (6, 26, 6, 6))

    pair.begin_with(0, replace(SETTINGS, open_cap=25))
    pair.cancel_all(other)
    signed(pair, taker, sign * 12, 20_000 - sign * 3_000, post_only=True)  # of 25 these leave 7
    signed(pair, other, -sign * 19, below, batch_only=True)
    assert filled(pair) == -sign * 13
    pair.sync(other)
    assert (position(pair), sides(pair, sign)) == (sign * 7, (25, 13, 13, 13))
