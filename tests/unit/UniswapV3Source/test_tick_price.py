"""tick_price: the contract on its real bytecode, and a replica of it, against exact arithmetic.

The sample runs always; all ticks at all scales in the nightly profile (HYPOTHESIS_PROFILE=nightly).
"""

import os
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import pairwise
from random import Random
from typing import Final

import pytest

from walras.devtools.evm import Contract, Evm, artifact
from walras.model import tick_price as model
from walras.model.tick_price import LIMIT, MAX_DIGITS, MAX_TICK, SATURATED

NIGHTLY: Final = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
SCALES: Final = [10**digits for digits in range(MAX_DIGITS + 1)]
USUAL: Final = [0, 6, 8, 16, 18, 20, 28, 30, 38]
"""Digits of the scales of 18 to 18, 6 to 18, 8 to 18, 6 to 8 decimals, back, and the outermost."""
ROUTER_LIMIT: Final = 2**88
PAGE: Final = 1_024
CHUNKS: Final = 16
SLACK: Final = 55


@pytest.fixture(scope="module")
def driver() -> Contract:
    return Evm().deploy(artifact("TickPriceDriver"))


# ---------------------------------------------------------------- the replica


@cache
def power(exponent: int) -> tuple[int, int]:
    """1.0001**exponent = c * 2**e with c between 2**-0.5 and 2**0.5: floor(c * 2**127), e."""
    known = model.power(exponent, 512)
    at = known.bits - 127

    def mantissa(e: int) -> int:
        low, high = (
            bound >> at + e if at + e >= 0 else bound << -at - e for bound in (known.low, known.high)
        )
        assert low == high
        return low

    doublings = known.low.bit_length() - 1 - known.bits
    if mantissa(doublings) ** 2 >= 2**255:
        doublings += 1
    return mantissa(doublings), doublings


POWERS: Final = [power(2**bit) for bit in range(20)]


def mantissa(tick: int) -> tuple[int, int]:
    """The contract's m and its exponent: 1.0001**tick is about m * 2**exponent."""
    sign, exponent = power(-(2**20))
    m, exponent = (sign >> 1, exponent - 126) if tick < 0 else (2**126, -126)
    for bit in range(19, -1, -1):
        if tick >> bit & 1:
            m = m * POWERS[bit][0] >> 127
            exponent += POWERS[bit][1]
    return m, exponent


def replica(tick: int, scale: int) -> int:
    """What the contract computes."""
    m, exponent = mantissa(tick)
    price = (m + SLACK) * scale << exponent if exponent > 0 else (m + SLACK) * scale >> -exponent
    return price if price < LIMIT else SATURATED


def test_error_is_bounded() -> None:
    """The worst of all choices of bits: m stays below 2**128, and loses less than SLACK."""
    for start in (Fraction(2**126), Fraction(power(-(2**20))[0] >> 1)):
        least = most = start
        error = Fraction(1)
        for mantissa_, _ in reversed(POWERS):
            factor = Fraction(mantissa_ + 1, 2**127)
            error = max(error, error * factor + most / 2**127 + 1)
            least, most = min(least, least * factor), max(most, most * factor)
        assert most + SLACK < 2**127.6
        assert least > 2**124.4
        assert error < 54.02 < SLACK


# ---------------------------------------------------------------- the sample


def stratified() -> list[int]:
    """Around every power of two and every product of neighbours, both ends, zero, and at random."""
    random = Random(20_260_520)
    ticks = {*range(-20, 21), *random.sample(range(-MAX_TICK, MAX_TICK + 1), 3_000)}
    for bit in range(20):
        for centre in (2**bit, 3 * 2**bit, MAX_TICK):
            ticks |= {sign * centre + near for sign in (-1, 1) for near in range(-3, 4)}
    return sorted(tick for tick in ticks if abs(tick) <= MAX_TICK)


def pages(ticks: list[int]) -> list[list[int]]:
    return [ticks[i : i + PAGE] for i in range(0, len(ticks), PAGE)]


@pytest.mark.parametrize("digits", USUAL)
def test_sample_is_exact(driver: Contract, digits: int) -> None:
    ticks = stratified()
    assert len(ticks) > 3_000
    for page in pages(ticks):
        exact = tuple(model.price(tick, 10**digits) for tick in page)
        assert driver.prices(page, 10**digits) == exact
        assert tuple(replica(tick, 10**digits) for tick in page) == exact


@pytest.mark.parametrize("tick", [*range(-12, 13), 100, -100, 1_500, -1_500])
def test_small_ticks_are_exact_fractions(driver: Contract, tick: int) -> None:
    """Of these 0 .. 7 give whole numbers below the limit, where one too low would be the easiest slip."""
    for scale in SCALES:
        exact = int(Fraction(10_001, 10_000) ** tick * scale)
        assert model.floor_price(tick, scale) == exact
        assert driver.price(tick, scale) == (exact if exact < LIMIT else SATURATED)


def first(condition: Callable[[int], bool]) -> int:
    """The lowest tick that meets a condition, which all above it meet too."""
    low, high = -MAX_TICK, MAX_TICK
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if condition(middle) else (middle + 1, high)
    return low


@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: f"{len(str(scale)) - 1}")
def test_edges(driver: Contract, scale: int) -> None:
    """Where prices reach 1, what the router refuses, and the limit: a tick before, and from there on."""
    for bound in (1, ROUTER_LIMIT, LIMIT):
        edge = first(lambda tick, bound=bound: model.floor_price(tick, scale) >= bound)
        assert model.floor_price(edge - 1, scale) < bound <= model.floor_price(edge, scale)
        for tick in range(edge - 3, min(edge + 3, MAX_TICK) + 1):
            assert driver.price(tick, scale) == model.price(tick, scale) == replica(tick, scale)
        if bound == 1:
            assert driver.price(edge - 1, scale) == 0 < driver.price(edge, scale)
        if bound == LIMIT:
            assert driver.price(edge - 1, scale) < LIMIT
            assert driver.price(edge, scale) == SATURATED


@pytest.mark.parametrize("scale", [1, 10**18, 10**38])
def test_ends_of_the_range(driver: Contract, scale: int) -> None:
    assert driver.price(MAX_TICK, scale) == SATURATED
    assert driver.price(-MAX_TICK, scale) == model.floor_price(-MAX_TICK, scale) == scale // 2**128


def test_gas(driver: Contract) -> None:
    """No storage, so it is the same everywhere; -1 has all bits."""
    assert max(driver.gas(tick, 10**18) for tick in stratified()[::37]) < 1_700
    assert driver.gas(-1, 10**18) < 1_700


# ---------------------------------------------------------------- all ticks


def chunk(number: int) -> tuple[int, int]:
    """First and last of a part of all ticks."""
    ends = [-MAX_TICK + (2 * MAX_TICK + 1) * i // CHUNKS for i in range(CHUNKS + 1)]
    return ends[number], ends[number + 1] - 1


def test_chunks_are_all_ticks() -> None:
    chunks = [chunk(number) for number in range(CHUNKS)]
    assert (chunks[0][0], chunks[-1][1]) == (-MAX_TICK, MAX_TICK)
    assert all(before[1] + 1 == after[0] for before, after in pairwise(chunks))
    assert sum(last - start + 1 for start, last in chunks) == 1_774_545


@pytest.mark.skipif(not NIGHTLY, reason="minutes: HYPOTHESIS_PROFILE=nightly")
@pytest.mark.parametrize("number", range(CHUNKS))
def test_every_tick_is_exact_at_every_scale(number: int) -> None:
    """The replica; wherever it is below the limit."""
    start, last = chunk(number)
    for known in model.powers(start, last):
        m, exponent = mantissa(known.tick)
        # how much too low m is: less than what the docstring claims
        at = known.bits + exponent
        low = known.low >> at if at >= 0 else known.low << -at
        assert -1 <= low - m < 23
        for scale in SCALES:
            exact = known.times(scale)
            assert exact is not None
            price = (m + SLACK) * scale >> -exponent if exponent <= 0 else LIMIT
            if exact >= LIMIT:
                assert price >= LIMIT
                break  # larger scales too
            assert price == exact
    assert known.tick == last


@pytest.mark.skipif(not NIGHTLY, reason="minutes: HYPOTHESIS_PROFILE=nightly")
@pytest.mark.parametrize("number", range(CHUNKS))
@pytest.mark.parametrize("digits", [18, 38])
def test_bytecode_is_the_replica_at_every_tick(driver: Contract, digits: int, number: int) -> None:
    """At 38 digits prices below the limit hold the most of m."""
    start, last = chunk(number)
    for page in pages(list(range(start, last + 1))):
        assert driver.prices(page, 10**digits) == tuple(replica(tick, 10**digits) for tick in page)
