"""PythSource.read, against MockPyth of Pyth's own SDK."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.orders import reverts
from tests.support.pyth import FEED, PythFeed
from walras.devtools.evm import Contract, Evm, Reverted, artifact

MARKET = 3


def source_on(evm: Evm, pyth: PythFeed) -> Contract:
    """A source on a feed."""
    return evm.deploy(artifact("PythSource"), pyth.address, pyth.id)


def test_price_confidence_and_time(evm: Evm) -> None:
    pyth = PythFeed(evm, expo=-8)
    pyth.update(2_000 * 10**8, 150_000_000)
    published = evm.time
    evm.time += 1_000  # long stale for Pyth itself: the router is the judge of age
    assert source_on(evm, pyth).read(MARKET) == (2_000 * 10**18, 15 * 10**17, published)


def test_feed_without_a_price(evm: Evm) -> None:
    source = source_on(evm, PythFeed(evm))
    with pytest.raises(Reverted, match="Revert"):
        source.read(MARKET)


def test_other_feed(evm: Evm) -> None:
    pyth = PythFeed(evm)
    pyth.update(2_000 * 10**8)
    other = evm.deploy(artifact("PythSource"), pyth.address, FEED[::-1])
    with pytest.raises(Reverted, match="Revert"):
        other.read(MARKET)


def test_price_has_to_be_positive(evm: Evm) -> None:
    pyth = PythFeed(evm)
    source = source_on(evm, pyth)
    pyth.update(1)
    assert source.read(MARKET)[0] == 10**10
    for price in (0, -1, -(2**63)):
        evm.time += 1
        pyth.update(price)
        with reverts("pyth: bad price"):
            source.read(MARKET)


@pytest.mark.parametrize(
    ("expo", "price", "confidence", "expected"),
    [
        (18, 3, 2, (3 * 10**36, 2 * 10**36)),
        (0, 3, 2, (3 * 10**18, 2 * 10**18)),
        (-18, 3, 2, (3, 2)),
        (-19, 39, 31, (3, 4)),  # price rounded down, confidence up
        (-36, 10**18 - 1, 1, (0, 1)),
        (-36, 2**63 - 1, 2**64 - 1, (9, 19)),
        (18, 2**63 - 1, 2**64 - 1, ((2**63 - 1) * 10**36, (2**64 - 1) * 10**36)),
    ],
)
def test_exponents(evm: Evm, expo: int, price: int, confidence: int, expected: tuple[int, int]) -> None:
    pyth = PythFeed(evm, expo=expo)
    pyth.update(price, confidence)
    assert source_on(evm, pyth).read(MARKET)[:2] == expected


@pytest.mark.parametrize("expo", [19, -37, 2**31 - 1, -(2**31)])
def test_exponent_out_of_bounds(evm: Evm, expo: int) -> None:
    pyth = PythFeed(evm, expo=expo)
    pyth.update(3, 2)
    with reverts("pyth: bad exponent"):
        source_on(evm, pyth).read(MARKET)


@given(price=st.integers(1, 2**63 - 1), confidence=st.integers(0, 2**64 - 1), expo=st.integers(-36, 18))
def test_units(price: int, confidence: int, expo: int) -> None:
    evm = Evm()
    pyth = PythFeed(evm, expo=expo)
    pyth.update(price, confidence)
    found, width, _ = source_on(evm, pyth).read(MARKET)
    scale = 10 ** (18 + expo + 36)  # an integer for every exponent
    assert found == price * scale // 10**36
    assert width == -(-confidence * scale // 10**36)
