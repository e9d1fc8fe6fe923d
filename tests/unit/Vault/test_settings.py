"""configure, set_cooldown, set_exit_fee, set_deposit_cap: bounds and their edges."""

from dataclasses import replace

import pytest

from tests.support.engine import OWNER
from tests.support.orders import refused, reverts
from tests.support.vault import CAP, OTHER, QUOTES, VaultPair
from tests.support.vault_stories import DAY
from walras.devtools.evm import Event
from walras.model.vault import QuoteSettings


@pytest.mark.parametrize(
    ("field", "good", "bad", "reason"),
    [
        ("allocation_bps", (0, 10_000), (10_001, 2**256 - 1), "vault: bad allocation"),
        ("leverage_bps", (1_000, 100_000), (0, 999, 100_001, 2**256 - 1), "vault: bad leverage"),
        ("spread_ppm", (100, 100_000), (0, 99, 100_001, 2**256 - 1), "vault: bad spread"),
        ("skew_ppm", (0, 1_000), (1_001, 100_001, 2**256 - 1), "vault: bad skew"),
        ("depth_bps", (1, 10_000), (0, 10_001, 2**256 - 1), "vault: bad depth"),
    ],
)
def test_quote_settings(field: str, good: tuple[int, ...], bad: tuple[int, ...], reason: str) -> None:
    pair = VaultPair(quotes=None)
    for number in good:
        settings = replace(QUOTES, **{"skew_ppm": 0, field: number})
        assert pair.quote_in(0, settings)
        assert QuoteSettings(*pair.vault.quote_settings(0)) == settings
        assert pair.told[-1].name == "QuotesConfigured"
        assert pair.told[-1].args["market"] == 0
        assert pair.told[-1].args["settings"] == pair.vault.quote_settings(0)
    for number in bad:
        with refused(pair, reason):
            pair.quote_in(0, replace(QUOTES, **{field: number}))
    pair.check()


@pytest.mark.parametrize("spread", [100, 999, 50_000, 100_000])
def test_skew_is_at_most_the_spread(spread: int) -> None:
    """In one auction it goes from full to beyond flat, at the lean of where it stood."""
    pair = VaultPair(quotes=None)
    with refused(pair, "vault: bad skew"):
        pair.quote_in(0, replace(QUOTES, spread_ppm=spread, skew_ppm=spread + 1))
    assert pair.quote_in(0, replace(QUOTES, spread_ppm=spread, skew_ppm=spread))
    pair.check()


def test_spread_does_not_fall_below_the_skew(full: VaultPair) -> None:
    full.begin_with_quotes(0, replace(QUOTES, spread_ppm=700, skew_ppm=500))
    with refused(full, "vault: bad skew"):
        full.quote_in(0, replace(QUOTES, spread_ppm=499, skew_ppm=500))
    assert full.quote_in(0, replace(QUOTES, spread_ppm=500, skew_ppm=500))


def test_allocations_sum_to_one(pair: VaultPair) -> None:
    assert pair.quote_in(1, replace(QUOTES, allocation_bps=3_000))
    assert pair.vault.allocated_bps() == 8_000
    with refused(pair, "vault: bad allocation"):
        pair.quote_in(2, replace(QUOTES, allocation_bps=2_001))
    assert pair.quote_in(2, replace(QUOTES, allocation_bps=2_000))
    with refused(pair, "vault: bad allocation"):
        pair.quote_in(1, replace(QUOTES, allocation_bps=3_001))
    assert pair.quote_in(1, replace(QUOTES, allocation_bps=0))
    assert pair.quote_in(127, replace(QUOTES, allocation_bps=3_000))
    assert pair.vault.allocated_bps() == 10_000
    pair.check()


@pytest.mark.parametrize("market", [128, 2**256 - 1])
def test_market(pair: VaultPair, market: int) -> None:
    with refused(pair, "vault: bad market"):
        pair.quote_in(market, QUOTES)


def test_cooldown(pair: VaultPair) -> None:
    for seconds in (DAY, 14 * DAY):
        assert pair.set_cooldown(seconds)
        assert pair.told == [Event("CooldownSet", {"cooldown": seconds})]
    for seconds in (0, DAY - 1, 14 * DAY + 1, 2**256 - 1):
        with refused(pair, "vault: bad cooldown"):
            pair.set_cooldown(seconds)
    assert pair.vault.cooldown() == 14 * DAY


def test_exit_fee(pair: VaultPair) -> None:
    for base, slope in ((0, 0), (100, 0), (0, 900), (100, 900)):
        assert pair.set_exit_fee(base, slope)
        assert pair.told == [Event("ExitFeeSet", {"base_bps": base, "slope_bps": slope})]
        assert (pair.vault.base_fee_bps(), pair.vault.fee_slope_bps()) == (base, slope)
    for base, slope in ((101, 0), (0, 901), (2**256 - 1, 0), (0, 2**256 - 1)):
        with refused(pair, "vault: bad fee"):
            pair.set_exit_fee(base, slope)


def test_deposit_cap(pair: VaultPair) -> None:
    for cap in (0, 2**96 - 1):
        assert pair.set_deposit_cap(cap)
        assert pair.told == [Event("DepositCapSet", {"cap": cap})]
    for cap in (2**96, 2**256 - 1):
        with refused(pair, "vault: bad cap"):
            pair.set_deposit_cap(cap)
    assert pair.enter(2**96 - 1) == (2**96 - 1) * 10**6
    pair.check()


# ---------------------------------------------------------------- steps, while there are shares


def test_exit_fee_goes_by_steps(full: VaultPair) -> None:
    """From 0 by 25 and 100 bps; from 100 and 300 by half."""
    for base, slope in ((26, 0), (0, 101), (100, 900)):
        with refused(full, "vault: step too large"):
            full.set_exit_fee(base, slope)
    assert full.set_exit_fee(25, 100)
    assert full.vault.fee_changed_at() == full.evm.time
    full.begin_with_fee(100, 300)
    full.advance(DAY - 1)
    with refused(full, "vault: too soon"):
        full.set_exit_fee(100, 300)
    full.advance(1)
    for base, slope in ((49, 300), (100, 451), (100, 149)):
        with refused(full, "vault: step too large"):
            full.set_exit_fee(base, slope)
    assert full.set_exit_fee(50, 450)


def test_cooldown_goes_by_steps(full: VaultPair) -> None:
    """From 3 days by a day and a half."""
    for seconds in (3 * DAY // 2 - 1, 9 * DAY // 2 + 1, DAY, 14 * DAY):
        with refused(full, "vault: step too large"):
            full.set_cooldown(seconds)
    assert full.set_cooldown(9 * DAY // 2)
    assert full.vault.cooldown_changed_at() == full.evm.time
    full.advance(DAY - 1)
    with refused(full, "vault: too soon"):
        full.set_cooldown(3 * DAY)
    full.advance(1)
    assert full.set_cooldown(3 * DAY)
    assert full.set_exit_fee(1, 1)  # has days of its own


@pytest.mark.parametrize(
    ("name", "start", "edge", "beyond"),
    [
        # by hand: half of what it is, or the least step, whichever is more
        ("allocation_bps", 5_000, 7_500, 7_501),
        ("allocation_bps", 500, 1_500, 1_501),
        ("leverage_bps", 20_000, 30_000, 30_001),
        ("leverage_bps", 2_000, 7_000, 7_001),
        ("depth_bps", 2_500, 3_750, 3_751),
        ("depth_bps", 1, 1_001, 1_002),
        ("spread_ppm", 1_000, 500, 499),
        ("spread_ppm", 700, 200, 199),
        ("spread_ppm", 3_000, 1_500, 1_499),
        ("skew_ppm", 500, 1_000, 1_001),
        ("skew_ppm", 3_000, 1_500, 1_499),
        ("skew_ppm", 3_000, 4_500, 4_501),
    ],
)
def test_quotes_go_by_steps(full: VaultPair, name: str, start: int, edge: int, beyond: int) -> None:
    base = replace(
        QUOTES, **{"spread_ppm": 10_000 if name == "skew_ppm" else 1_000, "skew_ppm": 0, name: start}
    )
    full.begin_with_quotes(0, base)
    with refused(full, "vault: step too large"):
        full.quote_in(0, replace(base, **{name: beyond}))
    assert full.quote_in(0, replace(base, **{name: edge}))
    assert full.vault.quotes_changed_at(0) == full.evm.time


def test_quotes_go_by_a_step_a_day(full: VaultPair) -> None:
    """Each market has a day of its own."""
    full.begin_with_quotes(1, replace(QUOTES, allocation_bps=1_000))
    assert full.quote_in(0, replace(QUOTES, allocation_bps=5_001))
    full.advance(DAY - 1)
    with refused(full, "vault: too soon"):
        full.quote_in(0, replace(QUOTES, allocation_bps=5_002))
    assert full.quote_in(1, replace(QUOTES, allocation_bps=1_001))
    full.advance(1)
    assert full.quote_in(0, replace(QUOTES, allocation_bps=5_002))


@pytest.mark.parametrize(
    ("tighter", "looser"),
    [
        ({"allocation_bps": 0}, {"allocation_bps": 1}),
        ({"leverage_bps": 1_000}, {"leverage_bps": 1_001}),
        ({"depth_bps": 1}, {"depth_bps": 2}),
        ({"spread_ppm": 100_000}, {"spread_ppm": 99_999}),
        (
            {"allocation_bps": 0, "leverage_bps": 1_000},
            {"allocation_bps": 0, "leverage_bps": 1_000, "skew_ppm": 499},
        ),
    ],
)
def test_quotes_tighten_at_any_time(full: VaultPair, tighter: dict[str, int], looser: dict[str, int]) -> None:
    """As far as wanted, and again; but back, or with anything else, by steps."""
    day = full.evm.time
    assert full.quote_in(0, replace(QUOTES, skew_ppm=501))
    assert full.quote_in(0, replace(QUOTES, skew_ppm=501, **tighter))
    assert full.vault.quotes_changed_at(0) == day
    with refused(full, "vault: too soon"):
        full.quote_in(0, replace(QUOTES, **{"skew_ppm": 501, **looser}))
    assert full.quote_in(0, replace(QUOTES, skew_ppm=501, **tighter))


def test_first_quotes_of_a_market(full: VaultPair) -> None:
    """A step of the allocation, from nothing; the rest is free."""
    others = {"leverage_bps": 100_000, "spread_ppm": 100_000, "skew_ppm": 100_000, "depth_bps": 10_000}
    with refused(full, "vault: step too large"):
        full.quote_in(1, replace(QUOTES, allocation_bps=1_001, **others))
    assert full.quote_in(1, replace(QUOTES, allocation_bps=1_000, **others))
    with refused(full, "vault: too soon"):
        full.quote_in(1, replace(QUOTES, allocation_bps=1_001, **others))
    assert full.quote_in(2, replace(QUOTES, allocation_bps=0, **others))
    assert full.vault.quotes_changed_at(2) == 0


def test_guardian_lowers_the_cap_alone(full: VaultPair) -> None:
    full.vault.set_guardian(OTHER, sender=OWNER)
    full.vault.set_deposit_cap(CAP - 1, sender=OTHER)
    full.vault.set_deposit_cap(CAP - 1, sender=OTHER)
    with reverts("ownable: caller is not the owner"):
        full.vault.set_deposit_cap(CAP, sender=OTHER)
    full.vault.set_deposit_cap(CAP, sender=OWNER)
    full.vault.set_guardian("0x" + 40 * "0", sender=OWNER)
    with reverts("ownable: caller is not the owner"):
        full.vault.set_deposit_cap(0, sender=OTHER)


def test_what_falls_freely_may_fall_beside_a_step(full: VaultPair) -> None:
    far = {"allocation_bps": 0, "leverage_bps": 1_000, "depth_bps": 1, "spread_ppm": 100_000}
    with refused(full, "vault: step too large"):
        full.quote_in(0, replace(QUOTES, skew_ppm=1_001, **far))
    assert full.quote_in(0, replace(QUOTES, skew_ppm=1_000, **far))
    full.check()
