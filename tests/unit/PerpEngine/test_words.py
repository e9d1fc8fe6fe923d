"""The packed words keep what is put into them, up to their bounds; the pure rules against exact fractions."""

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.support.engine import SETTINGS
from tests.support.orders import reverts
from walras.devtools.evm import Contract, Evm, artifact
from walras.model.market import MarketSettings

LOT_PRICES = st.integers(1, 2**72 - 1)
STATUSES = st.sampled_from([1, 2, 4, 8])
ADDRESSES = st.integers(0, 2**160 - 1).map(lambda number: "0x" + number.to_bytes(20).hex())


def below(bits: int) -> st.SearchStrategy[int]:
    """Numbers of so many bits, the bounds often."""
    return st.one_of(st.sampled_from([0, 1, 2**bits - 1]), st.integers(0, 2**bits - 1))


def within(bits: int) -> st.SearchStrategy[int]:
    """Signed numbers of a field of so many bits, its bounds often; the lowest number is not used."""
    most = 2 ** (bits - 1) - 1
    return st.one_of(st.sampled_from([-most, -1, 0, 1, most]), st.integers(-most, most))


SETTINGS_ = st.builds(
    MarketSettings,
    initial_ppm=st.integers(10_000, 1_000_000),
    maintenance_bps=st.integers(1_000, 9_000),
    soft_notional=below(40),
    hard_notional=below(40),
    open_cap=st.just(0),
    account_cap=st.just(0),
    maker_ppm=st.integers(-10_000, 10_000),
    taker_ppm=st.just(0),
    band_bps=st.integers(10, 5_000),
    mark_band_bps=st.integers(10, 2_000),
    interest=st.integers(-1_000_000, 1_000_000),
    funding_clamp=st.integers(1, 10),
    price_grace=st.integers(0, 600),
    max_mark_age=st.just(0),
    tip=below(40),
    restart_batches=below(7),
    impact_lots=below(21),
)
HIGHEST = MarketSettings(
    1_000_000,
    9_000,
    2**40 - 1,
    2**40 - 1,
    0,
    0,
    10_000,
    0,
    5_000,
    2_000,
    1_000_000,
    10,
    600,
    0,
    2**40 - 1,
    127,
    2**21 - 1,
)
LOWEST = MarketSettings(10_000, 1_000, 0, 0, 0, 0, -10_000, 0, 10, 10, -1_000_000, 1, 0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def driver() -> Contract:
    return Evm().deploy(artifact("EngineWordsDriver"))


# ---------------------------------------------------------------- words of an account


@given(collateral=within(112), markets=below(128))
def test_account(driver: Contract, collateral: int, markets: int) -> None:
    assert driver.account(collateral, markets) == (collateral, markets)


@given(lots=within(40), cash=within(96), basis=within(120))
def test_position(driver: Contract, lots: int, cash: int, basis: int) -> None:
    assert driver.position(lots, cash, basis) == (lots, cash, basis)


@pytest.mark.parametrize("sign", [1, -1])
def test_what_does_not_fit_is_refused(driver: Contract, sign: int) -> None:
    for most, call in (
        (2**111 - 1, lambda number: driver.account(number, 0)),
        (2**39 - 1, lambda number: driver.position(number, 0, 0)),
        (2**95 - 1, lambda number: driver.position(0, number, 0)),
        (2**119 - 1, lambda number: driver.position(0, 0, number)),
    ):
        assert sign * most in call(sign * most)
        for number in (most + 1, 2 * most + 2, 2**255 - 1):
            with reverts("engine: amount too large"):
                call(sign * number)


@given(words=st.tuples(below(36), below(36), below(56), below(56), below(18), below(18)))
@example(words=(2**36 - 1, 2**36 - 1, 2**56 - 1, 2**56 - 1, 2**18 - 1, 2**18 - 1))
@example(words=(2**36 - 1, 0, 2**56 - 1, 0, 2**18 - 1, 0))
@example(words=(0, 2**36 - 1, 0, 2**56 - 1, 0, 2**18 - 1))
def test_orders(driver: Contract, words: tuple[int, ...]) -> None:
    assert driver.orders(*words) == words


# ---------------------------------------------------------------- words of a market


@given(words=st.tuples(ADDRESSES, below(64), st.integers(0, 10_000), below(8), st.integers(0, 4)))
@example(words=("0x" + 40 * "f", 2**64 - 1, 2**14 - 1, 255, 4))
def test_book(driver: Contract, words: tuple[Any, ...]) -> None:
    assert driver.book(*words) == words


@given(settings=SETTINGS_)
@example(settings=HIGHEST)
@example(settings=LOWEST)
@example(settings=replace(HIGHEST, maker_ppm=-10_000, interest=-1_000_000))
def test_rules(driver: Contract, settings: MarketSettings) -> None:
    assert MarketSettings(*driver.rules(settings)) == settings


@given(sides=st.tuples(below(40), below(40)), lots=within(40), caps=st.tuples(below(36), below(34)))
@example(sides=(2**40 - 1, 2**40 - 1), lots=2**39 - 1, caps=(2**36 - 1, 2**34 - 1))
@example(sides=(0, 0), lots=1 - 2**39, caps=(0, 0))
@example(sides=(0, 0), lots=0, caps=(2**36 - 1, 0))
def test_open(driver: Contract, sides: tuple[int, int], lots: int, caps: tuple[int, int]) -> None:
    assert driver.open(*sides, lots, *caps) == (*sides, max(0, lots), max(0, -lots), *caps)


@given(
    sums=st.tuples(below(40), below(40), below(40), below(40)),
    caps=st.tuples(below(36), below(34)),
    other=st.tuples(below(36), below(34)),
)
@example(sums=4 * (2**40 - 1,), caps=(2**36 - 1, 2**34 - 1), other=(0, 0))
@example(sums=(0, 0, 0, 0), caps=(0, 0), other=(2**36 - 1, 2**34 - 1))
def test_caps_are_replaced(
    driver: Contract, sums: tuple[int, ...], caps: tuple[int, int], other: tuple[int, int]
) -> None:
    assert driver.with_caps(sums, caps, other) == (*sums, *other)


@given(
    prices=st.tuples(below(72), below(72), below(72), below(72)),
    status=STATUSES,
    times=st.tuples(below(32), below(32), below(32)),
    fractions=st.tuples(below(20), below(20)),
    lot_size=below(96),
)
@example(prices=4 * (2**72 - 1,), status=8, times=(0, 0, 0), fractions=(0, 0), lot_size=0)
@example(prices=(0, 0, 0, 0), status=1, times=(0, 0, 0), fractions=(0, 0), lot_size=2**96 - 1)
def test_mark(driver: Contract, prices: Any, status: int, times: Any, fractions: Any, lot_size: int) -> None:
    time, due, other = times
    found, size = driver.mark((*prices, status, time, due, *fractions), lot_size, other)
    assert found == (*prices, status, time, other, *fractions)
    assert size == lot_size


@given(words=st.tuples(within(96), within(80), below(32), below(7), below(12)))
@example(words=(-1, -1, 0, 127, 4_095))
@example(words=(-1, -1, 1, 0, 0))
def test_funding_word(driver: Contract, words: tuple[int, ...]) -> None:
    assert driver.funding_word(*words) == (*words, words[2] != 0)


@given(words=st.tuples(within(40), within(40), below(72), below(32), below(32)))
@example(words=(-1, 0, 0, 2**32 - 1, 0))
@example(words=(0, -1, 2**72 - 1, 0, 2**32 - 1))
def test_premium_word(driver: Contract, words: tuple[int, ...]) -> None:
    assert driver.premium_word(*words) == words


# ---------------------------------------------------------------- rules


@given(lots=within(40), index=within(80), losses=below(78), basis=within(120), scale=st.integers(0, 48))
@example(lots=1, index=1, losses=0, basis=0, scale=48)
@example(lots=-1, index=1, losses=0, basis=0, scale=48)
@example(lots=-1, index=0, losses=1, basis=0, scale=48)
def test_funding_owed(driver: Contract, lots: int, index: int, losses: int, basis: int, scale: int) -> None:
    """Funding is of signed lots, and losses of lots on whichever side."""
    expected = ceil(Fraction(lots * index + abs(lots) * losses - basis, 2**scale))
    assert driver.owed(lots, index, losses, basis, scale) == expected


@given(
    parts=st.lists(st.tuples(within(38), within(110)), min_size=2, max_size=4),
    index=within(80),
    scale=st.integers(0, 48),
)
def test_inv_10_splitting_funding_never_gains(
    driver: Contract, parts: list[tuple[int, int]], index: int, scale: int
) -> None:
    """Accounts that share a position owe no less than one that has it all, and a unit each more at most."""
    whole = driver.owed(sum(lots for lots, _ in parts), index, 0, sum(basis for _, basis in parts), scale)
    assert 0 <= sum(driver.owed(lots, index, 0, basis, scale) for lots, basis in parts) - whole < len(parts)


@given(parts=st.lists(below(38), min_size=2, max_size=4), losses=below(78), scale=st.integers(0, 48))
def test_splitting_losses_never_gains(driver: Contract, parts: list[int], losses: int, scale: int) -> None:
    """Nor where they bear others' deficits; and a long and a short that cancel out bear them both."""
    whole = driver.owed(sum(parts), 0, losses, 0, scale)
    for sign in (1, -1):
        assert 0 <= sum(driver.owed(sign * lots, 0, losses, 0, scale) for lots in parts) - whole < len(parts)


@given(
    parts=st.lists(below(39), min_size=2, max_size=4),
    mark=LOT_PRICES,
    ppm=st.integers(1_000, 1_000_000),
    scale=st.integers(0, 48),
)
def test_inv_14_splitting_margin_never_gains(
    driver: Contract, parts: list[int], mark: int, ppm: int, scale: int
) -> None:
    """Accounts that share a position need no less margin than one that has it all."""
    whole = driver.share(sum(parts) * mark, ppm, scale)
    assert whole == ceil(Fraction(sum(parts) * mark * ppm, 10**6 * 2**scale))
    assert 0 <= sum(driver.share(lots * mark, ppm, scale) for lots in parts) - whole < len(parts)


@given(price=LOT_PRICES, index=LOT_PRICES, band_bps=st.integers(10, 2_000))
def test_premium(driver: Contract, price: int, index: int, band_bps: int) -> None:
    bound = band_bps * 10**5
    exact = Fraction((price - index) * 10**9, index)
    assert driver.premium(price, index, band_bps) == max(-bound, min(bound, int(exact)))


@pytest.mark.parametrize(
    ("price", "found"), [(1_000, 0), (1_001, 10**6), (999, -(10**6)), (1_100, 5 * 10**7), (900, -5 * 10**7)]
)
def test_premium_by_hand(driver: Contract, price: int, found: int) -> None:
    """At an index of 1,000 and a band of 5 %."""
    assert driver.premium(price, 1_000, 500) == found


@given(
    average=st.integers(-(2 * 10**8), 2 * 10**8),
    sample=st.integers(-(2 * 10**8), 2 * 10**8),
    seconds=st.integers(0, 10_000),
    window=st.sampled_from([900, 3_600]),
)
def test_average(driver: Contract, average: int, sample: int, seconds: int, window: int) -> None:
    """It fades by the seconds before the sample's minute, then takes the sample for those of that minute."""
    found = driver.averaged(average, sample, seconds, window)
    faded = average - int(Fraction(average * max(0, min(seconds - 60, window)), window))
    assert found == faded + int(Fraction((sample - faded) * min(seconds, 60), window))
    assert min(average, sample, 0) <= found <= max(average, sample, 0)


@pytest.mark.parametrize(
    ("average", "sample", "seconds", "found"),
    [
        (900, 9_000, 0, 900),
        (900, 9_000, 1, 909),  # a 900th of the difference of 8,100
        (900, 9_000, 60, 1_440),  # 60 of them
        (900, 9_000, 61, 1_439),  # a second of silence takes 1 of the 900: 899, and 60 x 8,101 / 900 = 540.07
        (900, 9_000, 510, 1_020),  # 450 of silence: 450, and 60 x 8,550 / 900
        (900, 9_000, 959, 600),  # 899 of silence leave 1, and 60 x 8,999 / 900 = 599.9
        (900, 9_000, 960, 600),  # 900 leave nothing, and 60 x 9,000 / 900
        (900, 9_000, 2**40, 600),
        (900, 0, 510, 420),  # 450 - 60 x 450 / 900
        (-900, -9_000, 510, -1_020),
        (-900, 9_000, 961, 600),
    ],
)
def test_average_by_hand(driver: Contract, average: int, sample: int, seconds: int, found: int) -> None:
    """Within a window of 900 seconds; a sample is that of its last 60, what is before them counts as none."""
    assert driver.averaged(average, sample, seconds, 900) == found


@pytest.mark.parametrize(
    ("premium", "found"),
    [
        (0, 100_000),
        (-100_000, 0),
        (149_900_000, 150_000_000),
        (149_900_001, 150_000_000),
        (-150_100_000, -150_000_000),
        (-150_100_001, -150_000_000),
    ],
)
def test_rate_by_hand(driver: Contract, premium: int, found: int) -> None:
    """Interest 0.01 %, clamp 6 x (5 % - 2.5 %) = 15 %."""
    assert driver.rate(premium, 100_000, 6, 50_000, 25_000) == found


@given(rate=st.integers(-9 * 10**9, 9 * 10**9), index=LOT_PRICES)
@example(rate=9 * 10**9, index=2**72 - 1)
def test_growth(driver: Contract, rate: int, index: int) -> None:
    found = driver.growth(rate, index)
    assert found == int(Fraction(rate * index * 2**16, 10**9 * 28_800))
    assert abs(found) < 2**79


@given(price=below(88), lot_size=below(96), unit=st.sampled_from([10**6, 10**18]), scale=st.integers(0, 48))
@example(price=1, lot_size=1, unit=10**6, scale=0)
@example(price=0, lot_size=10**15, unit=10**6, scale=41)
@example(price=2**88 - 1, lot_size=2**68, unit=10**18, scale=11)
def test_lot_price(driver: Contract, price: int, lot_size: int, unit: int, scale: int) -> None:
    """Listing bounds lot size x unit x 2**scale by 2**168."""
    assume(lot_size * unit << scale < 2**168)
    exact = Fraction(price * lot_size * unit * 2**scale, 10**36)
    assert driver.lot_price(price, lot_size, unit, scale) == max(1, min(floor(exact), 2**72 - 1))


@pytest.mark.parametrize(
    ("price", "lot_size", "found"),
    [
        (2 * 10**18, 10**18, 2 * 10**6),
        (10**18, 10**12, 1),  # a unit
        (10**18, 10**12 - 1, 1),  # less than one is still 1: a price of none would be nobody's
        (0, 10**18, 1),
        (2 * 10**18 - 1, 10**12, 1),  # rounded down
        (2**87, 2**95, 2**72 - 1),
    ],
)
def test_lot_price_by_hand(driver: Contract, price: int, lot_size: int, found: int) -> None:
    """Of a token of 6 decimals, in whole units."""
    assert driver.lot_price(price, lot_size, 10**6, 0) == found


@given(
    index=LOT_PRICES,
    quarter=st.integers(-(2 * 10**8), 2 * 10**8),
    clearing=LOT_PRICES,
    band_bps=st.integers(10, 2_000),
)
def test_mark_is_a_median_within_the_band(
    driver: Contract, index: int, quarter: int, clearing: int, band_bps: int
) -> None:
    found = driver.mark_of(index, quarter, clearing, band_bps)
    expected = max(1, index + int(Fraction(index * quarter, 10**9)))
    slack = floor(Fraction(index * band_bps, 10_000))
    assert found == max(index - slack, min(sorted([index, expected, clearing])[1], index + slack, 2**72 - 1))


@pytest.mark.parametrize(
    ("quarter", "clearing", "found"),
    [
        (0, 0, 1_000),  # nothing has traded yet
        (10**8, 0, 1_000),
        (0, 1_200, 1_000),
        (2 * 10**7, 1_200, 1_020),
        (2 * 10**7, 1_010, 1_010),
        (-2 * 10**7, 1_200, 1_000),
        (-2 * 10**7, 990, 990),
        (2 * 10**8, 1_200, 1_050),
        (-2 * 10**8, 700, 950),
    ],
)
def test_mark_by_hand(driver: Contract, quarter: int, clearing: int, found: int) -> None:
    """At an index of 1,000 and a band of 5 %."""
    assert driver.mark_of(1_000, quarter, clearing, 500) == found


def test_mark_may_be_a_single_unit(driver: Contract) -> None:
    """Of an index of 2 a premium that takes all leaves 1, and 1 is the median."""
    assert driver.mark_of(2, -9 * 10**17, 1, 5_000) == 1


@given(
    settings=SETTINGS_.filter(lambda found: found.soft_notional < found.hard_notional),
    lots=below(36),
    index=LOT_PRICES,
    scale=st.integers(0, 48),
    unit=st.sampled_from([10**6, 10**18]),
)
def test_margin_fractions(
    driver: Contract, settings: MarketSettings, lots: int, index: int, scale: int, unit: int
) -> None:
    notional = lots * index // 2**scale // unit
    soft, hard, base = settings.soft_notional, settings.hard_notional, settings.initial_ppm
    share = min(Fraction(1), max(Fraction(0), Fraction(notional - soft, hard - soft)))
    initial = ceil(base + share * (1_000_000 - base))
    maintenance = ceil(Fraction(base * settings.maintenance_bps, 10_000))
    assert driver.fractions(settings, lots, index, scale, unit) == (initial, maintenance)


@pytest.mark.parametrize(
    ("lots", "initial"),
    [(1_000, 50_000), (1_001, 50_950), (2_000, 1_000_000), (3_000, 1_000_000)],
)
def test_margin_fractions_by_hand(driver: Contract, lots: int, initial: int) -> None:
    """5 % up to 1,000 tokens, 100 % from 2,000 on; a lot is worth a token. Maintenance stays half of 5 %."""
    settings = replace(SETTINGS, soft_notional=1_000, hard_notional=2_000)
    assert driver.fractions(settings, lots, 10**6, 0, 10**6) == (initial, 25_000)


@pytest.mark.parametrize(("initial", "bps", "maintenance"), [(50_001, 5_000, 25_001), (10_000, 1_000, 1_000)])
def test_maintenance_fraction_rounds_up(driver: Contract, initial: int, bps: int, maintenance: int) -> None:
    """Half of 50,001 is 25,000.5; a tenth of 10,000 is whole."""
    settings = replace(SETTINGS, initial_ppm=initial, maintenance_bps=bps)
    assert driver.fractions(settings, 0, 10**6, 0, 10**6) == (initial, maintenance)


@given(
    before=st.integers(-(2**34), 2**34),
    lots=st.integers(-(2**34), 2**34),
    old_cash=st.integers(-(2**90), 2**90),
    cash=st.integers(-(2**90), 2**90),
)
@example(before=3, lots=-1, old_cash=-100, cash=40)
@example(before=3, lots=-4, old_cash=-100, cash=70)
@example(before=-3, lots=1, old_cash=100, cash=-40)
@example(before=-3, lots=3, old_cash=100, cash=-90)
def test_cash_that_is_kept(driver: Contract, before: int, lots: int, old_cash: int, cash: int) -> None:
    after = before + lots
    if after == 0:
        exact = Fraction(0)
    elif before * lots >= 0:
        exact = Fraction(old_cash + cash)
    elif before * after > 0:
        exact = Fraction(old_cash * after, before)
    else:
        exact = Fraction(cash * after, lots)
    assert driver.kept(before, lots, old_cash, cash) == ceil(exact)


@pytest.mark.parametrize(
    ("before", "lots", "old_cash", "cash", "kept"),
    [
        (0, 3, 0, -100, -100),
        (3, 2, -100, -80, -180),
        (3, -1, -100, 40, -66),  # two thirds of 100; 6 are realised of 6.67
        (3, -3, -100, 120, 0),
        (3, -4, -100, 130, 33),  # a quarter of 130 is 32.5
        (-3, 1, 100, -30, 67),
        (-3, 4, 100, -130, -32),
    ],
)
def test_cash_that_is_kept_by_hand(
    driver: Contract, before: int, lots: int, old_cash: int, cash: int, kept: int
) -> None:
    assert driver.kept(before, lots, old_cash, cash) == kept
