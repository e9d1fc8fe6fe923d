"""What the owner may do, within which bounds; and that nobody else may."""

from dataclasses import astuple, replace
from typing import Any

import pytest

from tests.support.engine import LOT, OWNER, SETTINGS, TICK, TREASURY, USDC, EnginePair, deploy_engine
from tests.support.oracle import GUARDIAN, ONE, Manner
from tests.support.orders import refused, reverts
from tests.support.traders import PAR, RICH, STRANGER, caller, collateral, fill, lots_and_cash, order, through
from walras.devtools.evm import DEPLOYER, Contract, Event, Reverted, artifact
from walras.model.market import Mode
from walras.model.oracle import Settings, Source

NOBODY = "0x" + 40 * "0"


def router_market(pair: EnginePair, market: int, price: int = 2_000 * ONE) -> Contract:
    """A market in the router alone; its source."""
    source = pair.evm.deploy(artifact("ScriptedSource"))
    source.set(price, 0, pair.evm.time)
    listed = (Source(source.address, 1, 172_800, 50, 100_000),)
    pair.router.configure(market, Settings(1, 100, 200, 4_000, 10), listed, sender=OWNER)
    return source


def listing(
    pair: EnginePair, market: int = 1, lot: int = LOT, tick: int = TICK, **settings: int
) -> tuple[Any, ...]:
    """Arguments of list_market."""
    terms = replace(SETTINGS, **settings)
    return (market, pair.blueprint, pair.book_views.address, lot, tick, 10, 1, terms)


def settings_events(pair: EnginePair) -> list[Event]:
    """What the engine logged in the last call, by the ABI of its settings."""
    return Contract(pair.evm, pair.engine.address, artifact("EngineSettings").abi).events()


# ---------------------------------------------------------------- list_market


def test_new_market(pair: EnginePair) -> None:
    router_market(pair, 127)
    pair.engine.list_market(*listing(pair, 127, tip=7), sender=OWNER)
    events = {event.name: event.args for event in settings_events(pair)}
    book, mode, unit, scale, lot, grid = pair.engine.market(127)
    assert (mode, unit, scale, lot, grid) == (Mode.ACTIVE, 100, 41, LOT, 0)
    assert events["MarketListed"] == {"market": 127, "book": book, "unit": 100, "scale": 41, "lot_size": LOT}
    assert events["MarketConfigured"] == {"market": 127, "settings": astuple(replace(SETTINGS, tip=7))}
    assert book != pair.books[0].address
    assert Contract(pair.evm, book, artifact("OrderbookV2").abi).engine() == pair.engine.address


def test_number_of_a_market(pair: EnginePair) -> None:
    router_market(pair, 128)
    for market in (0, 128, 2**256 - 1):
        with reverts("engine: bad market"):
            pair.engine.list_market(*listing(pair, market), sender=OWNER)
    router_market(pair, 1)
    pair.engine.list_market(*listing(pair, 1), sender=OWNER)
    with reverts("engine: bad market"):
        pair.engine.list_market(*listing(pair, 1), sender=OWNER)


def test_lot_size(pair: EnginePair) -> None:
    router_market(pair, 1)
    for lot in (0, 2**96, 2**256 - 1):
        with reverts("engine: bad lot size"):
            pair.engine.list_market(*listing(pair, lot=lot), sender=OWNER)


def test_largest_lots(pair: EnginePair) -> None:
    """7 x 10**28, below 2**96, at a tick of 100: 7 units, and a price beyond any lot price."""
    router_market(pair, 1)
    pair.engine.list_market(*listing(pair, lot=7 * 10**28, tick=100), sender=OWNER)
    assert pair.engine.market(1)[2:5] == (7, 45, 7 * 10**28)
    assert pair.engine.mark(1)[0] == 2**72 - 1


@pytest.mark.parametrize(
    ("lot", "tick"),
    [
        (LOT, 0),
        (LOT, 2**96),
        (LOT, 2**256 - 1),
        (LOT, TICK + 1),  # not a whole number of units
        (LOT, 10**14),  # a tenth of a unit
        (10**18, 2**48 * 10**12),  # 2**48 units
        (7 * 10**28, 7 * 10**28),  # nearly 2**92
    ],
)
def test_tick_size(pair: EnginePair, lot: int, tick: int) -> None:
    router_market(pair, 1)
    with reverts("engine: bad tick size"):
        pair.engine.list_market(*listing(pair, lot=lot, tick=tick), sender=OWNER)


@pytest.mark.parametrize(
    ("lot", "tick", "unit", "scale"),
    [(LOT, 10**15, 1, 47), (10**18, (2**48 - 1) * 10**12, 2**48 - 1, 0), (LOT, TICK, 100, 41)],
)
def test_unit_and_scale(pair: EnginePair, lot: int, tick: int, unit: int, scale: int) -> None:
    router_market(pair, 1)
    pair.engine.list_market(*listing(pair, lot=lot, tick=tick), sender=OWNER)
    assert pair.engine.market(1)[2:4] == (unit, scale)


def test_market_needs_a_price(pair: EnginePair) -> None:
    with reverts("router: unknown market"):
        pair.engine.list_market(*listing(pair), sender=OWNER)
    source = router_market(pair, 1)
    source.behave(Manner.REVERT)
    with reverts("engine: no price"):
        pair.engine.list_market(*listing(pair), sender=OWNER)
    source.behave(Manner.ANSWER)
    pair.router.halt(1, sender=OWNER)
    with reverts("engine: no price"):
        pair.engine.list_market(*listing(pair), sender=OWNER)
    pair.router.resume(1, sender=OWNER)
    pair.router.record(1)
    source.behave(Manner.REVERT)
    with reverts("engine: no price"):  # an old one does not do
        pair.engine.list_market(*listing(pair), sender=OWNER)
    source.behave(Manner.ANSWER)
    source.set(2_000 * ONE, 20 * ONE, pair.evm.time)
    pair.engine.list_market(*listing(pair), sender=OWNER)  # an unsure one does
    assert pair.engine.mark(1)[4] == 2


def test_market_needs_a_fee_receiver(pair: EnginePair) -> None:
    """Fees of nobody's would be rebates that nobody pays."""
    engine = deploy_engine(pair.evm, OWNER, pair.token.address, pair.router.address)
    with reverts("engine: no fee receiver"):
        engine.list_market(*listing(pair, 0), sender=OWNER)
    engine.set_fee_receiver(NOBODY, sender=OWNER)
    with reverts("engine: no fee receiver"):
        engine.list_market(*listing(pair, 0), sender=OWNER)
    engine.set_fee_receiver(TREASURY, sender=OWNER)
    engine.list_market(*listing(pair, 0), sender=OWNER)
    assert [event.name for event in engine.events()] == ["MarkSet", "MarketListed", "MarketConfigured"]


# ---------------------------------------------------------------- settings

BOUNDS = [
    ("initial_ppm", 10_000, 1_000_000, "engine: bad margin"),
    ("maintenance_bps", 1_000, 9_000, "engine: bad margin"),
    ("soft_notional", 0, SETTINGS.hard_notional - 1, "engine: bad open interest"),
    ("hard_notional", SETTINGS.soft_notional + 1, 2**40 - 1, "engine: bad open interest"),
    ("open_cap", 0, 2**36 - 1, "engine: bad cap"),
    ("account_cap", 0, 2**34 - 1, "engine: bad cap"),
    ("maker_ppm", -SETTINGS.taker_ppm * 6 // 10, SETTINGS.taker_ppm, "engine: bad fee"),
    ("taker_ppm", 84, 10_000, "engine: bad fee"),
    ("band_bps", 10, 5_000, "engine: bad band"),
    ("mark_band_bps", 10, 2_000, "engine: bad band"),
    ("interest", -1_000_000, 1_000_000, "engine: bad funding"),
    ("funding_clamp", 1, 10, "engine: bad funding"),
    ("price_grace", 0, 600, "engine: bad time"),
    ("max_mark_age", 1, 3_600, "engine: bad time"),
    ("tip", 0, 2**40 - 1, "engine: bad tip"),
    ("restart_batches", 0, 127, "engine: bad time"),
    ("impact_lots", 1, 2**21 - 1, "engine: bad funding"),
]
SIGNED = ("maker_ppm", "interest")


def test_every_setting_has_bounds() -> None:
    assert [name for name, *_ in BOUNDS] == list(SETTINGS.__slots__)


@pytest.mark.parametrize(("name", "low", "high", "reason"), BOUNDS)
def test_bounds(pair: EnginePair, name: str, low: int, high: int, reason: str) -> None:
    for market, value in enumerate((low, high), 1):
        router_market(pair, market)
        pair.engine.list_market(*listing(pair, market, **{name: value}), sender=OWNER)
        assert pair.engine.market_settings(market) == astuple(replace(SETTINGS, **{name: value}))
    before = pair.engine.market_settings(0)
    most = 2**255 - 1 if name in SIGNED else 2**256 - 1
    for value in (low - 1, high + 1, most):
        if value >= 0 or name in SIGNED:
            with reverts(reason):
                pair.engine.configure_market(0, replace(SETTINGS, **{name: value}), sender=OWNER)
    assert pair.engine.market_settings(0) == before
    router_market(pair, 3)
    with reverts(reason):
        pair.engine.list_market(*listing(pair, 3, **{name: high + 1}), sender=OWNER)


def test_smallest_of_signed_numbers(pair: EnginePair) -> None:
    for name in SIGNED:
        with pytest.raises(Reverted):
            pair.engine.configure_market(0, replace(SETTINGS, **{name: -(2**255)}), sender=OWNER)


def test_configured(pair: EnginePair, maker: int, taker: int) -> None:
    """Whatever else the market's words hold stays as it is."""
    fill(pair, taker, maker, 100)
    pair.set_mode(0, Mode.POST_ONLY)
    views = ("market", "open_interest", "funding_of", "mark")
    before = [getattr(pair.engine, name)(0) for name in views]
    terms = replace(SETTINGS, taker_ppm=400, maker_ppm=-1, open_cap=7, account_cap=8, max_mark_age=9)
    pair.engine.configure_market(0, terms, sender=OWNER)
    assert [event.args for event in settings_events(pair)] == [{"market": 0, "settings": astuple(terms)}]
    assert before == [getattr(pair.engine, name)(0) for name in views]
    with reverts("engine: unknown market"):
        pair.engine.configure_market(1, terms, sender=OWNER)


# ---------------------------------------------------------------- configure_book, rescale


def test_configure_book(pair: EnginePair, maker: int) -> None:
    pair.configure_book(0, 60, 5)
    with refused(pair, "book: below minimum size"):
        pair.buy(maker, 4, PAR)
    pair.buy(maker, 5, PAR)
    assert pair.engine.mark(0)[6] == pair.evm.time + 10  # this batch is as long as it was
    pair.close()
    assert pair.engine.mark(0)[6] == pair.evm.time + 60
    with reverts("engine: unknown market"):
        pair.engine.configure_book(1, 60, 5, sender=OWNER)
    pair.advance(86_400)
    with reverts("engine: bad time"):
        pair.engine.configure_book(0, 3_601, 5, sender=OWNER)
    with reverts("book: bad minimum size"):
        pair.engine.configure_book(0, 60, 0, sender=OWNER)


def test_longest_batches(pair: EnginePair) -> None:
    router_market(pair, 1)
    for interval in (3_601, 2**24, 2**256 - 1):
        with reverts("engine: bad time"):
            pair.engine.list_market(*listing(pair)[:5], interval, *listing(pair)[6:], sender=OWNER)
    pair.engine.list_market(*listing(pair)[:5], 3_600, *listing(pair)[6:], sender=OWNER)
    assert pair.engine.mark(1)[6] == pair.evm.time + 3_600


def test_book_goes_by_steps(pair: EnginePair) -> None:
    """From batches of 10 seconds a minute more is a step; from 70 as well; from 130, 65; from 195, 97."""
    for interval, too_far in ((70, 71), (130, 131), (195, 196), (292, 293)):
        pair.configure_book(0, too_far, 1)
        assert pair.refusal == "engine: step too large"
        pair.configure_book(0, interval, 1)
        assert pair.refusal is None
        pair.configure_book(0, interval, 1)
        assert pair.refusal == "engine: too soon"
        pair.advance(86_400)
    for least, too_far in ((11, 12), (21, 22), (31, 32), (46, 47)):
        pair.configure_book(0, 292, too_far)
        assert pair.refusal == "engine: step too large"
        pair.configure_book(0, 292, least)
        assert pair.refusal is None
        pair.advance(86_399)
        pair.configure_book(0, 292, least)
        assert pair.refusal == "engine: too soon"
        pair.advance(1)
    pair.configure_book(0, 145, 46)
    assert pair.refusal == "engine: step too large"
    pair.configure_book(0, 146, 23)
    assert pair.refusal is None


def test_into_continuous_mode_and_back(pair: EnginePair, maker: int, taker: int) -> None:
    pair.configure_book(0, 0, 1)
    pair.close()
    assert pair.engine.mark(0)[6] == 0
    pair.sell(maker, 10, PAR)
    pair.buy(taker, 10, PAR)
    assert lots_and_cash(pair, taker)[0] == 10
    pair.advance(86_400)
    pair.say(0, 2_000 * ONE)
    pair.configure_book(0, 10, 1)
    pair.auction()
    assert pair.engine.mark(0)[6] == pair.evm.time + 10
    pair.sell(maker, 10, PAR)
    pair.buy(taker, 10, PAR)
    assert lots_and_cash(pair, taker)[0] == 10


def test_rescale(pair: EnginePair, maker: int, taker: int) -> None:
    """Open orders become void; what had filled is booked at the price of its grid."""
    fill(pair, taker, maker, 10)
    pair.sell(maker, 20, PAR, post_only=True)
    pair.buy(taker, 10, PAR)
    pair.close()
    pair.rescale(0, 2 * TICK)
    assert pair.engine.market(0)[2:] == (200, 41, LOT, 1)
    pair.sync(taker)
    pair.sync(maker)
    assert lots_and_cash(pair, taker) == (20, -40 * USDC)
    assert pair.engine.position(maker, 0)[3:] == (0, 0, 0, 0)
    with refused(pair, "book: tick outside band"):
        pair.buy(taker, 1, PAR)
    fill(pair, maker, taker, 20, PAR // 2)
    assert lots_and_cash(pair, taker) == (0, 0)


@pytest.mark.parametrize("tick", [0, TICK + 1, 2**96, 2**256 - 1, 10**14, 128 * TICK // 100])
def test_rescale_refuses(pair: EnginePair, tick: int) -> None:
    """The highest tick of a new grid has to fit a lot price: 2**54 at a scale of 41 are units below 2**13."""
    if tick == 128 * TICK // 100:
        pair.rescale(0, tick)
        assert pair.engine.market(0)[2] == 128
        tick = 2**13 * 10**15
    with reverts("engine: bad tick size"):
        pair.engine.rescale(0, tick, sender=OWNER)


def test_coarsest_rescale(pair: EnginePair) -> None:
    pair.rescale(0, (2**13 - 1) * 10**15)
    assert pair.engine.market(0)[2] == 2**13 - 1
    with reverts("engine: unknown market"):
        pair.engine.rescale(1, TICK, sender=OWNER)


# ---------------------------------------------------------------- set_mode


@pytest.mark.parametrize("mode", [Mode.POST_ONLY, Mode.REDUCE_ONLY, Mode.HALTED, Mode.ACTIVE])
def test_set_mode(pair: EnginePair, mode: Mode) -> None:
    before = pair.engine.market(0)
    pair.engine.set_mode(0, mode, sender=OWNER)
    assert [event.args for event in settings_events(pair)] == [{"market": 0, "mode": mode}]
    assert pair.engine.market(0) == (before[0], mode, *before[2:])


@pytest.mark.parametrize("mode", [0, 3, 9, 15, Mode.SETTLED, 17, 31])
def test_bad_mode(pair: EnginePair, mode: int) -> None:
    with reverts("engine: bad mode"):
        pair.engine.set_mode(0, mode, sender=OWNER)
    assert pair.engine.market(0)[1] == Mode.ACTIVE
    with reverts("engine: unknown market"):
        pair.engine.set_mode(1, Mode.HALTED, sender=OWNER)


# ---------------------------------------------------------------- fee receiver


def test_fee_receiver(pair: EnginePair, maker: int, taker: int) -> None:
    assert pair.engine.fee_receiver() == TREASURY
    pair.set_fee_receiver(STRANGER)
    assert pair.engine.fee_receiver() == STRANGER
    pair.mint(STRANGER, USDC)
    pair.deposit(STRANGER, int(STRANGER, 16) << 8 | 1, USDC)
    fill(pair, taker, maker, 1_000)
    assert collateral(pair, int(STRANGER, 16) << 8) == 900_000
    assert collateral(pair, int(STRANGER, 16) << 8 | 1) == USDC - SETTINGS.tip
    assert collateral(pair, int(TREASURY, 16) << 8) == 0
    pair.withdraw(int(STRANGER, 16) << 8, 900_000)
    assert pair.token.balanceOf(STRANGER) == 900_000


# ---------------------------------------------------------------- nobody else


def calls(pair: EnginePair) -> dict[str, tuple[Any, ...]]:
    """Everything that only the owner may do."""
    return {
        "list_market": listing(pair),
        "configure_market": (0, SETTINGS),
        "configure_book": (0, 10, 1),
        "rescale": (0, TICK),
        "set_mode": (0, Mode.HALTED),
        "set_vault": (STRANGER,),
        "set_fee_receiver": (STRANGER,),
        "set_referral": (STRANGER, 100),
        "set_liquidator": (STRANGER,),
        "set_guardian": (STRANGER,),
        "unpause": (),
        "transfer_ownership": (STRANGER,),
    }


OTHERS = {"force_settle", "restrict", "tighten", "pause_deposits", "pause_withdrawals"}
"""The liquidator's, and the guardian's."""


def test_every_mutator_of_the_settings_is_called_here(pair: EnginePair) -> None:
    mutators = {
        entry["name"]
        for entry in artifact("EngineSettings").abi
        if entry["type"] == "function" and entry["stateMutability"] not in ("view", "pure")
    }
    assert mutators == {*calls(pair), "accept_ownership", *OTHERS}


@pytest.mark.parametrize("sender", [STRANGER, GUARDIAN, DEPLOYER, TREASURY])
def test_owner_only(pair: EnginePair, sender: str) -> None:
    router_market(pair, 1)
    for name, arguments in calls(pair).items():
        with reverts("ownable: caller is not the owner"):
            getattr(pair.engine, name)(*arguments, sender=sender)
    for name, arguments in calls(pair).items():
        getattr(pair.engine, name)(*arguments, sender=OWNER)


def test_owner_behind_a_contract_of_somebody_else(pair: EnginePair) -> None:
    contract, _ = caller(pair)
    router_market(pair, 1)
    for name, arguments in calls(pair).items():
        with reverts("ownable: caller is not the owner"):
            through(pair, contract, name, *arguments, sender=OWNER)


def test_contract_as_owner(pair: EnginePair) -> None:
    contract, _ = caller(pair)
    pair.engine.transfer_ownership(contract.address, sender=OWNER)
    through(pair, contract, "accept_ownership", sender=STRANGER)
    through(pair, contract, "set_mode", 0, Mode.HALTED, sender=STRANGER)
    assert pair.engine.market(0)[1] == Mode.HALTED
    with reverts("ownable: caller is not the owner"):
        pair.engine.set_mode(0, Mode.ACTIVE, sender=OWNER)


def test_ownership_takes_two_steps(pair: EnginePair) -> None:
    assert pair.engine.pending_owner() == NOBODY
    pair.engine.transfer_ownership(STRANGER, sender=OWNER)
    assert (pair.engine.owner(), pair.engine.pending_owner()) == (OWNER, STRANGER)
    with reverts("ownable_2step: caller is not the new owner"):
        pair.engine.accept_ownership(sender=GUARDIAN)
    pair.engine.accept_ownership(sender=STRANGER)
    assert (pair.engine.owner(), pair.engine.pending_owner()) == (STRANGER, NOBODY)
    with reverts("ownable: caller is not the owner"):
        pair.engine.set_mode(0, Mode.HALTED, sender=OWNER)
    pair.engine.set_mode(0, Mode.HALTED, sender=STRANGER)


# ---------------------------------------------------------------- the settings by themselves


@pytest.mark.parametrize("sender", [OWNER, DEPLOYER, STRANGER])
def test_settings_called_directly_change_nothing(pair: EnginePair, sender: str) -> None:
    at = pair.engine.settings()
    settings = Contract(pair.evm, at, artifact("EngineSettings").abi)
    settings.with_abi(artifact("EngineViews").abi)
    assert (settings.owner(), settings.pending_owner()) == (NOBODY, NOBODY)
    router_market(pair, 1)
    for name, arguments in calls(pair).items():
        with reverts("ownable: caller is not the owner"):
            getattr(settings, name)(*arguments, sender=sender)
    with reverts("ownable_2step: caller is not the new owner"):
        settings.accept_ownership(sender=sender)
    with reverts("engine: not the liquidator"):
        settings.force_settle(0, 1, sender=sender)
    assert [pair.evm.storage(at, slot) for slot in range(24)] == [0] * 24
    with reverts("engine: unknown market"):
        settings.market(0)
    assert (settings.tracked(), settings.collateral(pair.account(11))) == (0, 0)
    with pytest.raises(Reverted, match="Revert"):  # orders are the engine's alone
        pair.evm.call(sender, at, pair.engine.encode("place", pair.account(11), 0, order()))


def test_deposit_at_a_part_is_not_the_engines(pair: EnginePair, maker: int) -> None:
    """Who takes EngineAccounts for the engine finds his tokens there again, and moves nobody else's."""
    settings = Contract(pair.evm, pair.engine.accounts(), artifact("EngineAccounts").abi)
    settings.with_abi(artifact("EngineViews").abi)
    owner = pair.owner(maker)
    pair.token.mint(owner, 7)
    pair.token.approve(settings.address, 7, sender=owner)
    settings.deposit(maker, 7, sender=owner)
    assert (settings.collateral(maker), settings.tracked()) == (7, 7)
    pair.same_accounts()  # the engine's are as they were
    with reverts("engine: margin missed"):
        settings.withdraw(maker, 8, owner, sender=owner)
    settings.withdraw(maker, 7, owner, sender=owner)
    assert pair.token.balanceOf(owner) == 7
    with reverts("engine: unknown market"):
        settings.cancel_all_after(maker, 0, 0, sender=owner)


def test_settings_of_two_engines_are_apart(pair: EnginePair, maker: int) -> None:
    other = EnginePair()
    pair.engine.set_mode(0, Mode.HALTED, sender=OWNER)
    assert other.engine.market(0)[1] == Mode.ACTIVE
    twin = pair.evm.deploy(
        artifact("PerpEngine"),
        STRANGER,
        pair.token.address,
        pair.router.address,
        pair.engine.auctions(),
        pair.engine.settings(),
    )
    twin.with_abi(artifact("EngineSettings").abi).with_abi(artifact("EngineViews").abi)
    assert (twin.owner(), twin.collateral(maker), pair.engine.collateral(maker)) == (STRANGER, 0, RICH)
    with reverts("engine: unknown market"):
        twin.market(0)
    with reverts("ownable: caller is not the owner"):
        twin.set_vault(STRANGER, sender=OWNER)
