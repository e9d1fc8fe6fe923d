"""UniswapV3Source.read, against Uniswap's own factory and pool."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.orders import reverts
from walras.devtools.evm import artifact
from walras.model import tick_price as model
from walras.model.tick_price import SATURATED

if TYPE_CHECKING:
    from tests.unit.UniswapV3Source.conftest import Feed
else:
    Feed = object

WINDOW: Final = 600
LIQUIDITY: Final = 10**18
ONE: Final = 10**18

Make = Callable[..., Feed]


# ---------------------------------------------------------------- a quiet pool


@pytest.mark.parametrize("tick", [0, 1, -1, 7, -7, 70_000, -70_000, 200_311, -200_311])
@pytest.mark.parametrize("decimals", [(18, 18), (6, 18), (18, 6), (8, 6), (0, 18), (18, 0)])
def test_price_of_a_quiet_pool(make: Make, decimals: tuple[int, int], tick: int) -> None:
    """Exactly the price at its tick, and at the negative of it the other way."""
    feed = make(decimals, tick)
    feed.pool.advance(WINDOW)
    digits = decimals[0] - decimals[1]
    assert feed.check() == (model.price(tick, 10 ** (18 + digits)), model.price(-tick, 10 ** (18 - digits)))


def test_price_of_ether_in_dollars(make: Make) -> None:
    """The USDC/WETH pool as on mainnet: 6 and 18 decimals, tick 195,000 at $3,401."""
    feed = make((6, 18), 195_000)
    feed.pool.advance(WINDOW)
    dollars_in_ether, ether_in_dollars = feed.check()
    assert 3_401 * ONE < ether_in_dollars < 3_402 * ONE
    assert ONE * ONE - ONE * ONE // 10**12 < dollars_in_ether * ether_in_dollars <= ONE * ONE


def test_market_is_ignored(feed: Feed) -> None:
    assert feed.of_token0.read(0) == feed.of_token0.read(2**256 - 1)


def test_time_is_the_start_of_the_window(feed: Feed) -> None:
    """However long nobody traded, and right after somebody did."""
    for seconds in (0, 1, 5_000):
        feed.pool.advance(seconds)
        assert feed.of_token0.read(0) == (ONE, 0, feed.evm.time - WINDOW)
    feed.pool.move_to(500)
    assert feed.of_token0.read(0)[2] == feed.evm.time - WINDOW


@pytest.mark.parametrize("window", [60, 61, 86_400])
def test_other_windows(make: Make, window: int) -> None:
    feed = make(window=window)
    feed.pool.advance(window - 7)
    feed.pool.move_to(90_000)
    feed.pool.advance(7)
    price, _ = feed.check()
    assert price == model.price(90_000 * 7 // window, ONE)


# ---------------------------------------------------------------- pushing the price


@pytest.mark.parametrize("tick", [50_000, -50_000, 880_000, -880_000])
def test_push_within_a_block_moves_nothing(feed: Feed, tick: int) -> None:
    before = feed.of_token0.read(0), feed.of_token1.read(0)
    feed.pool.move_to(tick)
    assert (feed.of_token0.read(0), feed.of_token1.read(0)) == before
    feed.pool.move_to(-tick)
    assert (feed.of_token0.read(0), feed.of_token1.read(0)) == before
    feed.check()


@pytest.mark.parametrize("tick", [50_000, -50_000, 880_000, -880_000])
def test_push_that_lasts_a_second_counts_for_one(feed: Feed, tick: int) -> None:
    feed.pool.move_to(tick)
    feed.pool.advance(1)
    assert feed.check() == (model.price(tick // WINDOW, ONE), model.price(-tick // WINDOW, ONE))
    assert feed.of_token0.read(0)[0] != ONE


@pytest.mark.parametrize("seconds", [1, 12, 299, 599])
@pytest.mark.parametrize("tick", [40_000, -40_000])
def test_push_for_part_of_the_window_moves_its_share(make: Make, tick: int, seconds: int) -> None:
    """In the space of ticks, from its first second until it has left the window."""
    feed = make(tick=1_000)
    feed.pool.advance(WINDOW)
    feed.pool.move_to(1_000 + tick)
    feed.pool.advance(seconds)
    feed.pool.move_to(1_000)
    assert feed.pool.tick == 1_000
    share = 1_000 * WINDOW + tick * seconds
    pushed = model.price(share // WINDOW, ONE), model.price(-share // WINDOW, ONE)
    for wait in (0, 1, WINDOW - seconds - 1):
        feed.pool.advance(wait)
        assert feed.check() == pushed
    feed.pool.advance(seconds)
    assert feed.check() == (model.price(1_000, ONE), model.price(-1_000, ONE))


@pytest.mark.parametrize(
    ("seconds", "mean0", "mean1"),
    [(1, -1, 0), (299, -1, 0), (599, -1, 0), (600, -1, 1)],
)
def test_negative_mean_is_rounded_towards_minus_infinity(
    make: Make, seconds: int, mean0: int, mean1: int
) -> None:
    """Tick -1 for part of the window: the mean of token0 is in -1 .. 0, that of token1 in 0 .. 1."""
    feed = make(tick=0)
    feed.pool.advance(WINDOW)
    feed.pool.move_to(-1)
    assert feed.pool.tick == -1
    feed.pool.advance(seconds)
    assert feed.check() == (model.price(mean0, ONE), model.price(mean1, ONE))


@pytest.mark.parametrize(
    ("seconds", "mean0", "mean1"),
    [(1, 0, -1), (299, 0, -1), (599, 0, -1), (600, 1, -1)],
)
def test_positive_mean_is_rounded_towards_minus_infinity(
    make: Make, seconds: int, mean0: int, mean1: int
) -> None:
    feed = make(tick=0)
    feed.pool.advance(WINDOW)
    feed.pool.move_to(1)
    assert feed.pool.tick == 1
    feed.pool.advance(seconds)
    assert feed.check() == (model.price(mean0, ONE), model.price(mean1, ONE))


@pytest.mark.parametrize(("minutes", "mean"), [(1, -7), (3, -21)])
def test_mean_that_is_whole_is_left(make: Make, minutes: int, mean: int) -> None:
    feed = make(tick=0)
    feed.pool.advance(WINDOW)
    feed.pool.move_to(-70)
    feed.pool.advance(60 * minutes)
    assert feed.check() == (model.price(mean, ONE), model.price(-mean, ONE))


# ---------------------------------------------------------------- liquidity


def test_liquidity_pulled_for_part_of_the_window(make: Make) -> None:
    """9/10 are away for half of it: the harmonic mean is 1 / (1/2 + 10/2)."""
    feed = make(min_liquidity=181_818_181_818_181_818)
    thicker = feed.source(feed.pool.token0.address, 181_818_181_818_181_819)
    feed.pool.advance(WINDOW)
    assert thicker.read(0)[0] == feed.of_token0.read(0)[0] == ONE
    feed.burn(LIQUIDITY * 9 // 10)
    assert thicker.read(0)[0] == ONE  # it lay there until now
    feed.pool.advance(WINDOW // 2)
    assert feed.observed.liquidity == 181_818_181_818_181_818
    feed.check()
    with reverts("uniswap: too little liquidity"):
        thicker.read(0)
    feed.pool.advance(1)
    with reverts("uniswap: too little liquidity"):
        feed.of_token0.read(0)
    with reverts("uniswap: too little liquidity"):
        feed.of_token1.read(0)


def test_liquidity_that_came_back_counts_when_the_window_is_full(make: Make) -> None:
    feed = make(min_liquidity=LIQUIDITY)
    feed.burn(1)
    feed.pool.advance(1)
    feed.pool.mint(1)
    feed.pool.advance(WINDOW - 1)
    with reverts("uniswap: too little liquidity"):
        feed.of_token0.read(0)
    feed.pool.advance(1)
    feed.check()


def test_empty_pool_has_no_price(make: Make) -> None:
    """One second without any liquidity: Uniswap counts it as 1, which outweighs all the others."""
    feed = make(min_liquidity=WINDOW + 1)
    feed.pool.advance(WINDOW)
    feed.burn(LIQUIDITY)
    assert feed.pool.contract.liquidity() == 0
    feed.check()
    feed.pool.advance(1)
    assert feed.observed.liquidity == WINDOW - 1  # the rest of the seconds count a little
    with reverts("uniswap: too little liquidity"):
        feed.of_token0.read(0)


def test_price_pushed_out_of_all_liquidity(make: Make) -> None:
    """Only the range 0 .. 600 is quoted: beyond it the price flies for nothing, and means nothing."""
    feed = make(min_liquidity=10**6, tick=300)
    feed.pool.mint(LIQUIDITY, 0, 600)
    feed.burn(LIQUIDITY)
    feed.pool.advance(WINDOW)
    feed.check()
    feed.pool.move_to(800_000)
    assert feed.pool.contract.liquidity() == 0
    feed.check()
    feed.pool.advance(1)
    with reverts("uniswap: too little liquidity"):
        feed.of_token0.read(0)


@pytest.mark.parametrize("liquidity", [1, None])
def test_extreme_liquidity(make: Make, liquidity: int | None) -> None:
    """The least, and the most that Uniswap lets a tick hold."""
    liquidity = liquidity or int(make().pool.contract.maxLiquidityPerTick())
    feed = make(min_liquidity=liquidity)
    feed.burn(LIQUIDITY)
    feed.pool.mint(liquidity)
    feed.pool.advance(WINDOW)
    assert feed.observed.liquidity >= liquidity
    feed.check()


# ---------------------------------------------------------------- history


def test_pool_that_is_too_young(make: Make) -> None:
    feed = make()
    feed.pool.advance(WINDOW - 1)
    for source in (feed.of_token0, feed.of_token1):
        with reverts("OLD"):
            source.read(0)
    feed.pool.advance(1)
    feed.check()


def test_pool_that_remembers_too_little(make: Make) -> None:
    """One observation: a trade overwrites it, and the window with it."""
    feed = make(cardinality=1)
    feed.pool.advance(5 * WINDOW)
    feed.check()
    feed.pool.move_to(100)
    for seconds in (0, 1, WINDOW - 2):
        feed.pool.advance(seconds)
        with reverts("OLD"):
            feed.of_token0.read(0)
    feed.pool.advance(1)
    assert feed.check()[0] == model.price(100, ONE)


def test_history_that_is_just_long_enough(make: Make) -> None:
    """Three observations, a trade every 300 seconds: two of them span the window, a trade more does not."""
    feed = make(cardinality=3)
    for tick in (10, 20, 30, 40):
        feed.pool.advance(300)
        feed.pool.move_to(tick)
    assert feed.check()[0] == model.price(25, ONE)
    feed.pool.advance(299)
    feed.pool.move_to(50)
    with reverts("OLD"):
        feed.of_token0.read(0)


def test_pool_that_was_never_initialised(make: Make) -> None:
    feed = make()
    pool = feed.pool
    blank = pool.factory.createPool(pool.token0.address, pool.token1.address, 500)
    source = feed.evm.deploy(artifact("UniswapV3Source"), blank, pool.token0.address, WINDOW, 1)
    source.foreign = True
    with reverts("I"):
        source.read(0)


# ---------------------------------------------------------------- extremes


@pytest.mark.parametrize("tick", [887_271, 700_000, -700_000, -887_272])
def test_prices_beyond_all_bounds(make: Make, tick: int) -> None:
    """Nothing reverts: too large is saturated, too small is 0, and the router takes neither."""
    feed = make(tick=tick)
    feed.pool.advance(WINDOW)
    assert feed.check() == ((SATURATED, 0) if tick > 0 else (0, SATURATED))


@pytest.mark.parametrize("start", [2**55 - 1, 2**55 - 300_001, -(2**55), -(2**55) + 300_000])
@pytest.mark.parametrize("tick", [1_000, -1_000])
def test_sum_of_ticks_that_wraps(make: Make, start: int, tick: int) -> None:
    feed = make(tick=tick)
    feed.observe_from(start, 0)
    feed.pool.advance(WINDOW)
    assert feed.check() == (model.price(tick, ONE), model.price(-tick, ONE))
    before, now = feed.observed.ticks
    assert abs(now - before) == (2**56 - 600_000 if (now > before) != (tick > 0) else 600_000)


@pytest.mark.parametrize(("start", "tick"), [(2**55 - 300_000, 1_000), (-(2**55) + 300_000, -1_000)])
def test_sum_of_ticks_really_wraps(make: Make, start: int, tick: int) -> None:
    feed = make(tick=tick)
    feed.observe_from(start, 0)
    feed.pool.advance(WINDOW)
    before, now = feed.observed.ticks
    assert (now < before) == (tick > 0)
    feed.check()


@pytest.mark.parametrize("start", [2**160 - 1, 2**160 - 10**20, 2**159, 0])
def test_sum_of_liquidity_that_wraps(make: Make, start: int) -> None:
    feed = make(min_liquidity=LIQUIDITY)
    feed.observe_from(0, start)
    feed.pool.advance(WINDOW)
    before, now = feed.observed.seconds_per_liquidity
    assert (now < before) == (start > 2**159)
    assert feed.observed.liquidity == LIQUIDITY
    feed.check()
    feed.burn(1)
    feed.pool.advance(1)
    with reverts("uniswap: too little liquidity"):
        feed.of_token0.read(0)


# ---------------------------------------------------------------- stories

Step = tuple[int, int, int]
STEPS: Final = st.lists(
    st.tuples(st.integers(0, 200), st.integers(-300_000, 300_000), st.integers(0, 5)), min_size=1, max_size=12
)


@given(
    steps=STEPS,
    decimals=st.sampled_from([(18, 18), (6, 18), (18, 6), (8, 6)]),
    window=st.integers(60, 900),
    wait=st.integers(0, 900),
)
@example(steps=[(0, -1, 0), (1, 1, 1)], decimals=(18, 18), window=61, wait=59)
@example(steps=[(0, -138_163, 0)], decimals=(6, 18), window=60, wait=0)
def test_any_story_reads_as_the_model(
    steps: list[Step], decimals: tuple[int, int], window: int, wait: int
) -> None:
    """Trades and liquidity that comes, at any times; both sources against what the pool says."""
    from tests.unit.UniswapV3Source.conftest import Feed

    feed = Feed(decimals, window=window)
    begin = feed.evm.time
    for seconds, tick, mints in steps:
        feed.pool.advance(seconds)
        feed.pool.move_to(tick)
        if mints:
            feed.pool.mint(10 ** (10 + mints))
    feed.pool.advance(max(wait, window - (feed.evm.time - begin)))
    price, _ = feed.check()
    least = feed.observed.liquidity
    assert feed.source(feed.pool.token0.address, least).read(0)[0] == price
    with reverts("uniswap: too little liquidity"):
        feed.source(feed.pool.token0.address, least + 1).read(0)
