"""docs/parameters.md: bounds, steps and defaults of prices, publishers and fees are those of the code."""

from dataclasses import fields, replace
from typing import Any, Final

import pytest

from tests.support.fees import CHEST, OWNER, STAKERS, VAULT, FeePair
from tests.support.oracle import MARKET, RouterPair
from tests.support.orders import reverts
from tests.support.parameters import number, table
from tests.support.reports import OWNER as EDITOR
from walras.devtools.evm import Evm, Reverted, address, artifact
from walras.model.fees import BPS, Shares
from walras.model.fees import Settings as Split
from walras.model.oracle import STEPS, Settings, Source

DAY = 86_400
PRICE: Final = table("The price of a market")
SOURCE: Final = table("The price of a market", 1)
PUBLISHERS: Final = table("Publishers of signed reports")
FEES: Final = table("Who gets the fees")
PROPOSED: Final = Settings(**{name: row[3] for name, row in PRICE.items()})


def test_every_number_is_told() -> None:
    assert list(PRICE) == [field.name for field in fields(Settings)]
    assert list(SOURCE) == [field.name for field in fields(Source)][1:]
    shares = [field.name for field in fields(Shares)]
    kinds = [f"{kind}.{name}" for kind in ("fees", "penalties") for name in shares]
    assert list(FEES) == [*kinds, "floor"]
    assert {name for name, row in PRICE.items() if row[2] != "free"} == set(STEPS)


# ---------------------------------------------------------------- prices


@pytest.fixture(scope="module")
def prices() -> RouterPair:
    """As many sources as there may be, none with a confidence of its own."""
    return RouterPair(PROPOSED, sources=8, confidence_bps=0)


def at(name: str, value: int) -> Settings:
    """The default with one number other, and the other guard where it has to go with it."""
    settings = replace(PROPOSED, **{name: value})
    if name == "deviation_bps":
        return replace(settings, rejection_bps=max(value, PROPOSED.rejection_bps))
    if name == "rejection_bps":
        return replace(settings, deviation_bps=max(1, min(value, PROPOSED.deviation_bps)))
    return settings


@pytest.mark.parametrize("name", PRICE)
def test_bounds_of_a_price(prices: RouterPair, name: str) -> None:
    lowest, highest, *_ = PRICE[name]
    for value in (lowest, highest):
        prices.begin_with(at(name, value), prices.listed)
        assert prices.router.configuration(MARKET)[0][list(PRICE).index(name)] == value
    for value in (lowest - 1, highest + 1):
        with pytest.raises(Reverted, match="router: bad "):
            prices.router.configure(MARKET, at(name, value), prices.listed, sender=OWNER)


@pytest.mark.parametrize("name", PRICE)
def test_step_of_a_price(prices: RouterPair, name: str) -> None:
    """The least step or half of the default, up; then a day. What is free goes anywhere, on the same day."""
    lowest, highest, least, default = PRICE[name]
    prices.begin_with(PROPOSED, prices.listed)
    if least == "free":
        for value in (highest, lowest):
            assert prices.configure(at(name, value), prices.listed) is None
        assert prices.router.changed_at(MARKET) == 0
        return
    step = max(number(least), default // 2)
    assert prices.configure(at(name, default + step + 1), prices.listed) == "router: step too large"
    assert prices.configure(at(name, default + step), prices.listed) is None
    prices.advance(DAY - 1)
    assert prices.configure(PROPOSED, prices.listed) == "router: too soon"
    prices.advance(1)
    assert prices.configure(PROPOSED, prices.listed) is None
    small = at(name, lowest)
    prices.begin_with(small, prices.listed)
    large, largest = (replace(small, **{name: lowest + number(least) + more}) for more in (0, 1))
    assert prices.configure(largest, prices.listed) == "router: step too large"
    assert prices.configure(large, prices.listed) is None


@pytest.mark.parametrize("name", SOURCE)
def test_bounds_of_a_source(prices: RouterPair, name: str) -> None:
    """And all of them at once, on one day."""
    lowest, highest, least, default = SOURCE[name]
    wide = replace(PROPOSED, deviation_bps=PRICE["deviation_bps"][1], rejection_bps=PRICE["rejection_bps"][1])
    prices.begin_with(wide, prices.listed)
    assert least == "free"
    standard = [replace(one, **{key: row[3] for key, row in SOURCE.items()}) for one in prices.listed]
    unit = 1_000 if name == "gas_limit" else 1
    for value in (lowest, highest, default):
        assert prices.configure(wide, [replace(one, **{name: value}) for one in standard]) is None
    for value in (lowest - unit, highest + unit):
        if value >= 0:
            listed = [replace(one, **{name: value}) for one in standard]
            with pytest.raises(Reverted, match="router: bad "):
                prices.router.configure(MARKET, wide, listed, sender=OWNER)


def test_publishers(evm: Evm) -> None:
    count, quorum = PUBLISHERS["publishers"], PUBLISHERS["quorum"]
    people = tuple(address(0x500 + place) for place in range(count[1] + 1))
    reports = evm.deploy(artifact("SignedReports"), EDITOR, people[: count[3]], quorum[3], 15)
    for size, needed in ((count[0], quorum[0]), (count[1], quorum[1]), (count[3], quorum[3])):
        reports.set_publishers(people[:size], needed, sender=EDITOR)
        assert (reports.publishers(), reports.quorum()) == (people[:size], needed)
    with reverts("reports: quorum too small"):
        reports.set_publishers([], 0, sender=EDITOR)
    with pytest.raises(Reverted, match="Revert"):
        reports.set_publishers(people, quorum[1], sender=EDITOR)
    for size in range(1, count[1] + 1):
        with reverts("reports: quorum too small"):
            reports.set_publishers(people[:size], size // 2, sender=EDITOR)
        reports.set_publishers(people[:size], size // 2 + 1, sender=EDITOR)


# ---------------------------------------------------------------- fees


NAMES: Final = [field.name for field in fields(Shares)]


def shares_of(numbers: dict[str, int], kind: str) -> Shares:
    """Those of the others are one's."""
    *four, others = (numbers[f"{kind}.{name}"] for name in NAMES)
    return Shares(*four, (others,))


def split(numbers: dict[str, int]) -> Split:
    """Settings with these numbers."""
    fees, penalties = shares_of(numbers, "fees"), shares_of(numbers, "penalties")
    return Split(VAULT, CHEST, (STAKERS,), fees, penalties, numbers["floor"])


STANDARD: Final = {name: row[3] for name, row in FEES.items()}


def with_rest(name: str, value: int) -> dict[str, int]:
    """One share, and all else of its kind for the insurance, or for the vault where it is the insurance's."""
    if name == "floor":
        return STANDARD | {name: value}
    kind, _, share = name.partition(".")
    numbers = STANDARD | {f"{kind}.{one}": 0 for one in NAMES}
    bearer = "vault" if share == "insurance" else "insurance"
    return numbers | {name: value, f"{kind}.{bearer}": max(0, BPS - value)}


@pytest.mark.parametrize("name", FEES)
def test_bounds_of_fees(name: str) -> None:
    lowest, highest, *_ = FEES[name]
    for value in (lowest, highest):
        FeePair(split(with_rest(name, value))).check()
    pair = FeePair(split(STANDARD))
    for value in (lowest - 1, highest + 1):
        if value >= 0:
            why = "fees: bad floor" if name == "floor" else "fees: share out of bounds"
            assert pair.configure(split(with_rest(name, value))) == why


def moved(name: str, change: int) -> dict[str, int]:
    """The default with one share other; the rest of its kind bears it, none of them by more than its step."""
    numbers, (kind, _, share) = dict(STANDARD), name.partition(".")
    numbers[name] += change
    for one in NAMES:
        other = f"{kind}.{one}"
        if one != share:
            step = max(number(FEES[other][2]), STANDARD[other] // 2)
            room = min(step, STANDARD[other] - FEES[other][0] if change > 0 else step)
            part = min(abs(change), room)
            numbers[other] -= part if change > 0 else -part
            change -= part if change > 0 else -part
    assert change == 0
    return numbers


@pytest.mark.parametrize("name", [name for name in FEES if name != "penalties.insurance"])
def test_step_of_fees(name: str) -> None:
    """The least step or half of the default, then a day.

    Half of what insurance has of penalties is more than the others' steps: tests/unit/FeeDistributor has it.
    """
    _, _, least, default = FEES[name]
    step = max(number(least), default // 2)
    pair = FeePair(split(STANDARD))

    def to(change: int) -> Any:
        if name == "floor":
            return pair.change(floor=default + change)
        sense = -1 if name.endswith(".vault") else 1
        return pair.configure(split(moved(name, sense * change)))

    assert to(step + 1) == "fees: step too large"
    assert to(step) is None
    pair.exchange.advance(DAY - 1)
    assert pair.change(floor=pair.model.settings.floor + 1) == "fees: too soon"
    pair.check()
