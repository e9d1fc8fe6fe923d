"""docs/parameters.md: bounds, steps and defaults of its tables are those of the code."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import fields, replace
from typing import Any, Final

import pytest

from tests.support.engine import OWNER, SETTINGS, EnginePair
from tests.support.guardian import GuardedPair
from tests.support.insurance import MARKET as INSURED
from tests.support.insurance import SAVER, FundPair
from tests.support.oracle import ONE
from tests.support.parameters import TEXT, cells, number, table
from tests.support.vault import PROVIDER, VaultPair
from tests.support.waterfall import Terms, Waterfall
from walras.devtools.evm import Reverted
from walras.model.market import MarketSettings
from walras.model.vault import QuoteSettings

DAY = 86_400
USDC = 10**6


MARKET: Final = table("Of a market: ")
BOOK: Final = table("Of a market's book")
LIQUIDATION: Final = table("Of a market's liquidation")
VAULT: Final = table("The vault")
QUOTED: Final = table("Quotes of the vault")
STANDARD: Final = MarketSettings(**{name: row[3] for name, row in MARKET.items()})


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(Reverted):
        yield


@pytest.fixture(scope="module")
def pair() -> EnginePair:
    """A market with the proposed settings."""
    return EnginePair(settings=STANDARD)


def at(name: str, value: int) -> MarketSettings:
    """The default with one number other, and what has to go with it."""
    settings = replace(STANDARD, **{name: value})
    if name == "maker_ppm":
        settings = replace(settings, taker_ppm=10_000)
    if name == "taker_ppm":
        settings = replace(settings, maker_ppm=0)
    if name == "soft_notional":
        settings = replace(settings, hard_notional=MARKET["hard_notional"][1])
    if name == "hard_notional":
        settings = replace(settings, soft_notional=min(value - 1, STANDARD.soft_notional) if value else 0)
    return settings


def test_every_setting_is_told() -> None:
    assert list(MARKET) == [field.name for field in fields(MarketSettings)]


@pytest.mark.parametrize("name", MARKET)
def test_bounds_of_a_market(pair: EnginePair, name: str) -> None:
    """Listed at both ends; beyond them a listing and a change are refused."""
    lowest, highest, *_ = MARKET[name]
    for value in (lowest, highest):
        saved = pair.evm.snapshot(), pair.model.save()
        market = pair.list(2_000 * ONE, at(name, value))
        assert pair.engine.market_settings(market)[list(MARKET).index(name)] == value
        pair.evm.revert(saved[0])
        pair.model.restore(saved[1])
        pair.books.pop()
        pair.sources.pop()
    for value in (lowest - 1, highest + 1):
        if value >= 0 or lowest < 0:
            with refused():
                pair.engine.configure_market(0, at(name, value), sender=OWNER)


@pytest.mark.parametrize("name", [name for name, row in MARKET.items() if row[2] != "see below"])
def test_step_of_a_market(name: str) -> None:
    """The least step or half of the default, up; what is free goes anywhere."""
    _, highest, least, default = MARKET[name]
    base = STANDARD if name != "maker_ppm" else replace(STANDARD, taker_ppm=5_000)
    here = EnginePair(settings=base)
    step = highest - default if least == "free" else max(number(least), abs(default) // 2)
    if least != "free":
        with pytest.raises(Reverted, match="engine: step too large"):
            here.engine.configure_market(0, replace(base, **{name: default + step + 1}), sender=OWNER)
    here.engine.configure_market(0, replace(base, **{name: default + step}), sender=OWNER)
    assert here.engine.market_settings(0)[list(MARKET).index(name)] == default + step
    here.evm.time += DAY - 1
    with pytest.raises(Reverted, match="engine: too soon"):
        here.engine.configure_market(
            0,
            base if name not in ("open_cap", "account_cap") else replace(base, **{name: default + step + 1}),
            sender=OWNER,
        )


def test_step_of_the_maintenance_margin() -> None:
    """50,000 x 60 % are 30,000: by 15,000 to 45,000, 90 %; 10 % of 20,000 are 2,000: by 10,000 to 60 %."""
    (least,) = re.findall(r"^([\d,]+) ppm, or half\.$", TEXT, re.MULTILINE)
    assert number(least) == 10_000
    here = EnginePair(settings=replace(STANDARD, initial_ppm=20_000, maintenance_bps=1_000))
    far = replace(STANDARD, initial_ppm=20_000, maintenance_bps=6_001)
    with pytest.raises(Reverted, match="engine: step too large"):
        here.engine.configure_market(0, far, sender=OWNER)
    here.engine.configure_market(0, replace(far, maintenance_bps=6_000), sender=OWNER)


def test_book() -> None:
    here = EnginePair(settings=STANDARD, interval=BOOK["interval"][3])
    assert (BOOK["interval"][0], BOOK["min_lots"][0]) == (0, 1)
    steps = number(BOOK["interval"][2]), number(BOOK["min_lots"][2])
    for interval, least in ((5 + steps[0] + 1, 1), (5, 1 + steps[1] + 1)):
        with pytest.raises(Reverted, match="engine: step too large"):
            here.engine.configure_book(0, interval, least, sender=OWNER)
    here.engine.configure_book(0, 5 + steps[0], 1 + steps[1], sender=OWNER)
    with pytest.raises(Reverted, match="engine: bad time"):
        here.engine.configure_book(0, BOOK["interval"][1] + 1, 1, sender=OWNER)
    longest = EnginePair(settings=STANDARD, interval=BOOK["interval"][1])
    assert longest.books[0].market()[3] == BOOK["interval"][1]


TERMS: Final = Terms(**{name: row[3] for name, row in LIQUIDATION.items()})


@pytest.fixture(scope="module")
def falls() -> Waterfall:
    """A waterfall; market 7 and those after it have no settings yet."""
    return Waterfall()


def test_every_setting_of_a_liquidation_is_told() -> None:
    assert list(LIQUIDATION) == [field.name for field in fields(Terms)]


ROOM: Final = {"discount_ppm": 50_000, "unwind_ppm": 0}
"""The distance at which the backstop sells is bound by the one at which it buys."""


@pytest.mark.parametrize("name", LIQUIDATION)
def test_liquidation(falls: Waterfall, name: str) -> None:
    """Bounds at a first configuration; then the least step or half of the default, up, and a day."""
    lowest, highest, least, default = LIQUIDATION[name]
    market = 7 + list(LIQUIDATION).index(name)
    base = replace(TERMS, **ROOM)
    for value in (lowest - 1, highest + 1):
        if value >= 0:
            with pytest.raises(Reverted, match="liquidation: bad settings"):
                falls.liquidator.configure(market, replace(base, **{name: value}), sender=OWNER)
    saved = falls.evm.snapshot()
    for value in (lowest, highest, default):
        falls.evm.revert(saved)
        saved = falls.evm.snapshot()
        falls.liquidator.configure(market, replace(base, **{name: value}), sender=OWNER)
        assert falls.liquidator.settings(market)[list(LIQUIDATION).index(name)] == value
    step = max(number(least), default // 2)
    with pytest.raises(Reverted, match="liquidation: step too large"):
        falls.liquidator.configure(market, replace(base, **{name: default + step + 1}), sender=OWNER)
    falls.liquidator.configure(market, replace(base, **{name: default + step}), sender=OWNER)
    falls.evm.time += DAY - 1
    with pytest.raises(Reverted, match="liquidation: too soon"):
        falls.liquidator.configure(market, replace(base, **{name: default + step}), sender=OWNER)


@pytest.mark.parametrize("name", [name for name, row in LIQUIDATION.items() if row[0] == 0])
def test_least_step_of_a_liquidation(falls: Waterfall, name: str) -> None:
    least = number(LIQUIDATION[name][2])
    market, base = 107 + list(LIQUIDATION).index(name), replace(TERMS, **{**ROOM, name: 0})
    falls.liquidator.configure(market, base, sender=OWNER)
    with pytest.raises(Reverted, match="liquidation: step too large"):
        falls.liquidator.configure(market, replace(base, **{name: least + 1}), sender=OWNER)
    falls.liquidator.configure(market, replace(base, **{name: least}), sender=OWNER)


def test_vault() -> None:
    pair = VaultPair(quotes=None)
    base, slope, cooldown, cap = (
        VAULT[name] for name in ("base_bps", "slope_bps", "cooldown", "deposit_cap")
    )
    assert (pair.vault.cooldown(), VaultPair(quotes=None, cap=0).vault.deposit_cap()) == (cooldown[3], cap[3])
    for ends in zip(base[:2], slope[:2], strict=True):
        assert pair.set_exit_fee(*ends)
    for seconds in cooldown[:2]:
        assert pair.set_cooldown(seconds)
    for fee in ((base[1] + 1, 0), (0, slope[1] + 1)):
        with pytest.raises(Reverted, match="vault: bad fee"):
            pair.vault.set_exit_fee(*fee, sender=OWNER)
    for seconds in (cooldown[0] - 1, cooldown[1] + 1):
        with pytest.raises(Reverted, match="vault: bad cooldown"):
            pair.vault.set_cooldown(seconds, sender=OWNER)
    with pytest.raises(Reverted, match="vault: bad cap"):
        pair.vault.set_deposit_cap(cap[1] + 1, sender=OWNER)
    assert pair.set_deposit_cap(cap[1])
    assert pair.set_exit_fee(0, 0)
    assert pair.set_cooldown(cooldown[0])
    assert pair.enter(100 * USDC, PROVIDER) is not None
    for fee in ((number(base[2]) + 1, 0), (0, number(slope[2]) + 1)):
        with pytest.raises(Reverted, match="vault: step too large"):
            pair.vault.set_exit_fee(*fee, sender=OWNER)
    assert pair.set_exit_fee(number(base[2]), number(slope[2]))
    with pytest.raises(Reverted, match="vault: step too large"):
        pair.vault.set_cooldown(cooldown[0] + number(cooldown[2]) + 1, sender=OWNER)
    assert pair.set_cooldown(cooldown[0] + number(cooldown[2]))


@pytest.fixture(scope="module")
def providers() -> VaultPair:
    """A vault with shares that quotes nowhere yet."""
    pair = VaultPair(quotes=None)
    assert pair.enter(100 * USDC, PROVIDER) is not None
    return pair


PROPOSED: Final = QuoteSettings(**{name: row[3] for name, row in QUOTED.items()})


def test_every_number_of_quotes_is_told() -> None:
    assert list(QUOTED) == [field.name for field in fields(QuoteSettings)]


@pytest.mark.parametrize("name", QUOTED)
def test_quotes(providers: VaultPair, name: str) -> None:
    """Bounds; then the least step or half of the default, and what is free."""
    lowest, highest, least, default = QUOTED[name]
    proposed = replace(PROPOSED, **({"spread_ppm": 100_000} if name == "skew_ppm" else {"skew_ppm": 0}))
    saved = providers.evm.snapshot(), deepcopy(providers.reference.settings)

    def back() -> None:
        nonlocal saved
        providers.evm.revert(saved[0])
        providers.reference.settings = deepcopy(saved[1])
        saved = providers.evm.snapshot(), saved[1]

    for value in (lowest, highest):
        providers.begin_with_quotes(0, replace(proposed, **{name: value}))
        back()
    for value in (lowest - 1, highest + 1):
        if value >= 0:
            with pytest.raises(Reverted, match="vault: bad "):
                providers.vault.configure(0, replace(proposed, **{name: value}), sender=OWNER)
    sense = -1 if name == "spread_ppm" else 1
    small = lowest if sense > 0 else lowest + number(least) + 1
    for start in (default, small):  # at a small number the least step is the larger one
        edge = start + sense * max(number(least), start // 2)
        providers.begin_with_quotes(0, replace(proposed, **{name: start}))
        with pytest.raises(Reverted, match="vault: step too large"):
            providers.vault.configure(0, replace(proposed, **{name: edge + sense}), sender=OWNER)
        providers.vault.configure(0, replace(proposed, **{name: edge}), sender=OWNER)
        back()
    free = highest if name == "spread_ppm" else lowest
    providers.begin_with_quotes(0, replace(proposed, **{name: default}))
    providers.vault.configure(0, replace(proposed, **{name: free}), sender=OWNER)
    assert (providers.vault.quotes_changed_at(0) == 0) == (name != "skew_ppm")
    back()


def test_draw_cap() -> None:
    lowest, highest, least, default = table("The insurance fund")["draw_cap"]
    fund = FundPair(cap=lowest)
    assert fund.fund.draw_cap(INSURED) == default
    assert fund.set_draw_cap(INSURED, highest + 1) == "fund: amount too large"
    assert fund.set_draw_cap(INSURED, highest) is None
    fund.stake(10**6, SAVER)
    assert fund.set_draw_cap(INSURED, lowest) is None
    assert fund.set_draw_cap(INSURED, number(least) + 1) == "fund: step too large"
    assert fund.set_draw_cap(INSURED, number(least)) is None


def test_ramp() -> None:
    """The table of a raise, row by row."""
    lines = TEXT[TEXT.index("| days | initial, ppm |") :].split("\n\n", 1)[0].splitlines()[2:]
    pair = EnginePair()
    pair.configure(0, replace(SETTINGS, initial_ppm=75_000))
    start = pair.evm.time
    for line in lines:
        days, initial, maintenance = map(number, cells(line))
        pair.advance(start + days * DAY - pair.evm.time)
        if days:
            pair.say(0, 2_000 * ONE)
            pair.auction()
        assert pair.engine.mark(0)[7:] == (initial, maintenance)
    assert f"({pair.engine.changed_at(0)[0] + 7 * DAY - start:,} s)" in TEXT


def test_term_and_times_of_the_guardian() -> None:
    pair = GuardedPair()
    terms: list[Any] = [number(found) for found in re.findall(r"\(([\d,]+) s\)", TEXT)]
    week, day, term = terms
    pair.guardian.renew(pair.evm.time + term, sender=OWNER)
    with pytest.raises(Reverted, match="guardian: term too long"):
        pair.guardian.renew(pair.evm.time + term + 1, sender=OWNER)
    pair.guardian.raise_margins(0, 60_000, 5_000, sender=pair.guardian.multisig())
    assert pair.engine.ramp_of(0)[7] == pair.evm.time + day
    pair.evm.time += 2 * DAY
    pair.engine.configure_market(0, replace(SETTINGS, initial_ppm=70_000), sender=OWNER)
    assert pair.engine.ramp_of(0)[7] == pair.evm.time + week
    assert pair.engine.gate() == 0
    pair.guardian.pause_withdrawals(sender=pair.guardian.multisig())
    assert pair.engine.gate() == pair.evm.time + DAY
