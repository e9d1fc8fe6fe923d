"""Constructor, configure, set_backstop, ownership, health and the words behind them."""

from dataclasses import astuple, replace

import pytest

from tests.support.engine import USDC
from tests.support.orders import reverts
from tests.support.waterfall import (
    BACKSTOP,
    KEEPER,
    NOBODY,
    OWNER,
    STRANGER,
    TERMS,
    Terms,
    Waterfall,
    account,
    named,
)
from walras.devtools.evm import DEPLOYER, Event, artifact

HIGHEST = Terms(
    penalty_ppm=50_000,
    tip_bps=5_000,
    tip_cap=2**48 - 1,
    buffer_ppm=100_000,
    min_notional=2**64 - 1,
    patience=255,
    discount_ppm=50_000,
    unwind_ppm=50_000,
)
LOWEST = Terms(0, 0, 0, 0, 0, 1, 0, 0)


def test_what_it_is_made_of(falls: Waterfall) -> None:
    it = falls.liquidator
    assert it.engine() == falls.engine.address.lower()
    assert it.fund() == falls.fund.address.lower()
    assert it.token() == falls.token.address.lower()
    assert it.router() == falls.router.address.lower()
    assert it.owner() == OWNER
    assert it.backstop() == account(BACKSTOP)


def test_constructor_refusals(falls: Waterfall) -> None:
    made = artifact("LiquidationEngine")
    engine, fund = falls.engine.address, falls.fund.address
    views = falls.liquidator.views()
    with reverts("liquidation: no owner"):
        falls.evm.deploy(made, NOBODY, engine, fund, views)
    for addresses in ((STRANGER, fund, views), (engine, STRANGER, views), (engine, fund, STRANGER)):
        with reverts("liquidation: not a contract"):
            falls.evm.deploy(made, OWNER, *addresses)
    elsewhere = falls.evm.deploy(artifact("LiquidationViews"), fund)
    with reverts("liquidation: other engine"):
        falls.evm.deploy(made, OWNER, engine, fund, elsewhere.address)
    token = falls.evm.deploy(artifact("PlainToken"), 6)
    other = falls.evm.deploy(artifact("InsuranceFund"), OWNER, token.address)
    with reverts("liquidation: other token"):
        falls.evm.deploy(made, OWNER, engine, other.address, views)


@pytest.mark.parametrize("terms", [HIGHEST, LOWEST, TERMS])
def test_settings(falls: Waterfall, terms: Terms) -> None:
    """Every field has its own place in the word."""
    assert tuple(falls.liquidator.settings(7)) == (0,) * 8
    falls.liquidator.configure(7, terms, sender=OWNER)
    assert falls.liquidator.events() == [Event("Configured", {"market": 7, "settings": astuple(terms)})]
    assert tuple(falls.liquidator.settings(7)) == astuple(terms)
    assert tuple(falls.liquidator.settings(0)) == astuple(TERMS)


@pytest.mark.parametrize("name", Terms.__dataclass_fields__)
def test_each_field_alone(falls: Waterfall, name: str) -> None:
    terms = replace(LOWEST, **{name: getattr(HIGHEST, name)})
    if name == "unwind_ppm":
        terms = replace(terms, discount_ppm=50_000)
    falls.liquidator.configure(7, terms, sender=OWNER)
    assert tuple(falls.liquidator.settings(7)) == astuple(terms)


@pytest.mark.parametrize("name", Terms.__dataclass_fields__)
def test_bounds(falls: Waterfall, name: str) -> None:
    for value in (getattr(HIGHEST, name) + 1, 2**256 - 1):
        with reverts("liquidation: bad settings"):
            falls.liquidator.configure(7, replace(HIGHEST, **{name: value}), sender=OWNER)
    if name == "patience":
        with reverts("liquidation: bad settings"):
            falls.liquidator.configure(7, replace(HIGHEST, patience=0), sender=OWNER)


@pytest.mark.parametrize(("discount", "edge"), [(0, 0), (10_000, 10_000), (50_000, 50_000)])
def test_it_sells_no_further_off_than_it_buys(falls: Waterfall, discount: int, edge: int) -> None:
    """Else who has it take a position over buys that back for less."""
    terms = replace(TERMS, discount_ppm=discount)
    with reverts("liquidation: bad settings"):
        falls.liquidator.configure(7, replace(terms, unwind_ppm=edge + 1), sender=OWNER)
    falls.liquidator.configure(7, replace(terms, unwind_ppm=edge), sender=OWNER)


@pytest.mark.parametrize(
    ("name", "start", "low", "high"),
    [
        # by hand: half of what it is, or the least step, whichever is more
        ("penalty_ppm", 20_000, 10_000, 30_000),
        ("penalty_ppm", 6_000, 1_000, 11_000),
        ("tip_bps", 2_001, 1_001, 3_001),
        ("tip_bps", 600, 100, 1_100),
        ("tip_cap", 10_000_000, 5_000_000, 15_000_000),
        ("tip_cap", 1_000_000, 0, 2_000_000),
        ("buffer_ppm", 40_000, 20_000, 60_000),
        ("buffer_ppm", 5_001, 1, 10_001),
        ("min_notional", 500_000_000, 250_000_000, 750_000_000),
        ("min_notional", 100_000_001, 1, 200_000_001),
        ("patience", 9, 5, 13),
        ("patience", 2, 1, 3),
        ("discount_ppm", 30_000, 15_000, 45_000),
        ("discount_ppm", 7_000, 2_000, 12_000),
        ("unwind_ppm", 30_000, 15_000, 45_000),
        ("unwind_ppm", 7_000, 2_000, 12_000),
    ],
)
def test_step(falls: Waterfall, name: str, start: int, low: int, high: int) -> None:
    """A step either way passes, one unit more does not."""
    base = replace(TERMS, discount_ppm=50_000, unwind_ppm=0)
    base = replace(base, **{name: start})
    falls.liquidator.configure(7, base, sender=OWNER)
    for value, beyond in ((low, low - 1), (high, high + 1)):
        if beyond >= (name == "patience"):
            with reverts("liquidation: step too large"):
                falls.liquidator.configure(7, replace(base, **{name: beyond}), sender=OWNER)
        checkpoint = falls.evm.snapshot()
        falls.liquidator.configure(7, replace(base, **{name: value}), sender=OWNER)
        assert tuple(falls.liquidator.settings(7)) == astuple(replace(base, **{name: value}))
        falls.evm.revert(checkpoint)


def test_a_step_a_day(falls: Waterfall) -> None:
    """The first configuration is none; a market's day is its own."""
    assert falls.liquidator.changed_at(0) == 0
    falls.liquidator.configure(0, replace(TERMS, patience=3), sender=OWNER)
    changed_at = falls.evm.time
    assert falls.liquidator.changed_at(0) == changed_at
    falls.evm.time += 86_399
    with reverts("liquidation: too soon"):
        falls.liquidator.configure(0, TERMS, sender=OWNER)
    falls.liquidator.configure(7, TERMS, sender=OWNER)
    falls.liquidator.configure(7, replace(TERMS, patience=1), sender=OWNER)
    assert falls.liquidator.changed_at(0) == changed_at
    falls.evm.time += 1
    falls.liquidator.configure(0, replace(TERMS, unwind_ppm=5_000), sender=OWNER)
    assert tuple(falls.liquidator.settings(0)) == astuple(replace(TERMS, unwind_ppm=5_000))
    assert falls.liquidator.changed_at(0) == changed_at + 86_400


@pytest.mark.parametrize("sender", [STRANGER, KEEPER, DEPLOYER])
def test_owner_alone(falls: Waterfall, sender: str) -> None:
    for name, args in (
        ("configure", (0, TERMS)),
        ("set_backstop", (1,)),
        ("transfer_ownership", (STRANGER,)),
    ):
        with reverts("ownable: caller is not the owner"):
            getattr(falls.liquidator, name)(*args, sender=sender)
    with reverts("liquidation: not halted so long"):
        falls.liquidator.settle(0, sender=sender)


def test_owner_is_replaced_in_two_steps(falls: Waterfall) -> None:
    falls.liquidator.transfer_ownership(STRANGER, sender=OWNER)
    assert (falls.liquidator.owner(), falls.liquidator.pending_owner()) == (OWNER, STRANGER)
    with reverts("ownable_2step: caller is not the new owner"):
        falls.liquidator.accept_ownership(sender=OWNER)
    falls.liquidator.accept_ownership(sender=STRANGER)
    assert falls.liquidator.owner() == STRANGER


def test_backstop_is_told(falls: Waterfall) -> None:
    events = falls.act("set_backstop", 5, sender=OWNER)
    assert named(events, "BackstopSet") == [{"account": 5}]
    assert falls.liquidator.backstop() == 5


def test_health_tells_of_many(falls: Waterfall) -> None:
    long, short = falls.positions()
    falls.price(1_930)
    assert list(falls.liquidator.health([long, short, account(0x99), 0, 2**256 - 1])) == [
        (300 * USDC, 965 * USDC, 482_500_000, 7),
        (falls.equity(short), 965 * USDC, 482_500_000, 0),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
    ]
    assert len(falls.liquidator.health([long] * 64)) == 64


def test_health_of_a_halted_market(falls: Waterfall) -> None:
    long, _ = falls.positions()
    falls.price(1_930)
    falls.router.halt(0, sender=OWNER)
    falls.evm.time += 10**6
    assert falls.stages(long) == [7]


def test_engine_hears_nobody_else(falls: Waterfall) -> None:
    long, short = falls.positions()
    for name, args in (
        ("force_cancel", (long, 0)),
        ("force_payment", (long, short, 1)),
        ("force_settle", (0, 1)),
    ):
        with reverts("engine: not the liquidator"):
            getattr(falls.engine, name)(*args, sender=OWNER)


def test_fund_hears_nobody_else(falls: Waterfall) -> None:
    with reverts("fund: only engine"):
        falls.fund.draw(0, 1, sender=OWNER)
