"""The views: code of LiquidationViews on the waterfall's storage, which it cannot write."""

from typing import Any

import pytest

from tests.support.engine import USDC
from tests.support.opcodes import reachable
from tests.support.waterfall import SCALE, STRANGER, Waterfall
from walras.devtools.evm import Contract, Reverted, artifact

MARK, MAINTENANCE_PPM = 0, 8
"""Places in the engine's `Mark`."""
LOGS = {f"LOG{topics}" for topics in range(5)}
WRITES = {"SSTORE", "TSTORE", *LOGS, "CALL", "CALLCODE", "CREATE", "CREATE2", "SELFDESTRUCT", "DELEGATECALL"}


def test_views_cannot_write_log_call_or_create() -> None:
    assert not WRITES & set(reachable(artifact("LiquidationViews").runtime))


def test_waterfall_leaves_its_code_for_the_views_alone() -> None:
    assert reachable(artifact("LiquidationEngine").runtime).count("DELEGATECALL") == 1


def slots(contract: str) -> dict[str, Any]:
    """Where its modules keep their variables."""
    layout = artifact(contract).layout["storage_layout"]
    return {
        f"{module}.{name}": (place["slot"], place["type"])
        for module, names in layout.items()
        if isinstance(names, dict) and "slot" not in names
        for name, place in names.items()
    }


def test_both_keep_the_same_in_the_same_places() -> None:
    views, waterfall = slots("LiquidationViews"), slots("LiquidationEngine")
    assert {"stage.pendings", "stage.notes", "stage.settings_of", "ranks.rounds"} <= set(views)
    assert {name: waterfall[name] for name in views} == views


def test_called_by_itself_it_knows_nothing(falls: Waterfall) -> None:
    """Its own storage is empty."""
    long, _ = falls.positions()
    falls.price(1_945)
    falls.act("liquidate", long, 0)
    assert alone(falls).pending(long, 0, sender=STRANGER)[0] == 0
    assert falls.liquidator.pending(long, 0, sender=STRANGER)[0] == 3_520


def scene_of(falls: Waterfall, who: int, market: int = 0) -> list[Any]:
    """A market and an account in it, as LiquidationEngine finds them."""
    mark, here, lots = falls.engine.mark(market), falls.engine.market(market), falls.lots(who, market)
    equity, initial, maintenance = falls.engine.margin_of(who)
    own = -(-abs(lots) * mark[MARK] * mark[MAINTENANCE_PPM] // (10**6 << SCALE))
    return [mark, here, lots, abs(lots), equity, initial, maintenance, own, max(0, equity)]


def alone(falls: Waterfall) -> Contract:
    """The views at their own address."""
    return Contract(falls.evm, falls.liquidator.views(), artifact("LiquidationViews").abi)


def test_plan_of_a_scene_that_is_told(falls: Waterfall) -> None:
    long, _ = falls.positions()
    falls.price(1_945)
    plan = falls.liquidator.plan(long, 0)
    assert plan[0] < 0 < plan[2]
    settings = falls.liquidator.settings(0)
    assert alone(falls).planned(long, 0, settings, scene_of(falls, long), False) == plan
    vaults = alone(falls).planned(long, 0, settings, scene_of(falls, long), True)
    assert (vaults[0], vaults[2]) == (plan[0], 0)


def test_room_in_a_market_where_the_backstop_is_already() -> None:
    """In sixteen it takes on no other, and more of those."""
    falls = Waterfall((2_000,) * 17)
    falls.arm_backstop()
    rich = falls.fund_account(0x55, 10**9 * USDC)
    for market in range(1, 17):
        falls.trade(falls.backstop, rich, 1, market=market)
    long, _ = falls.positions()
    scene, least = scene_of(falls, long), 100 * USDC
    assert alone(falls).is_full(0, least, falls.backstop, scene) is True
    assert alone(falls).is_full(16, least, falls.backstop, scene) is False
    assert alone(falls).is_full(16, least, 0, scene) is True


def test_plan_of_a_scene_without_maintenance(falls: Waterfall) -> None:
    """Nothing stands behind its lots: they go at the mark, for no penalty."""
    long, _ = falls.positions()
    falls.price(1_945)
    scene = scene_of(falls, long)
    scene[4:] = -1, 0, 0, 0, 10 * USDC
    lots, tick, *paid = alone(falls).planned(long, 0, falls.liquidator.settings(0), scene, False)
    assert (lots, paid) == (-10_000, [0, 0])
    assert tick == 19_460  # the mark, and its fee, rounded up


@pytest.mark.parametrize(("is_short", "mark", "tick"), [(True, 1, 1), (False, 2**72 - 1, 2**18 - 2)])
def test_plan_at_a_mark_beyond_the_grid(falls: Waterfall, is_short: bool, mark: int, tick: int) -> None:
    """The lowest tick that there is, or the highest, for want of another."""
    who = falls.positions()[is_short]
    scene = scene_of(falls, who)
    scene[0] = (mark, *scene[0][1:])
    scene[4:] = -1, 0, 0, 0, 0
    plan = alone(falls).planned(who, 0, falls.liquidator.settings(0), scene, False)
    assert plan[:2] == (10_000 if is_short else -10_000, tick)


@pytest.mark.parametrize("is_short", [False, True])
def test_room_for_a_single_lot(falls: Waterfall, is_short: bool) -> None:
    """The backstop has a lot of the other side, and can do no more than close it."""
    whose, _ = falls.mirror() if is_short else falls.positions()
    falls.arm_backstop(1 * USDC)
    rich = falls.fund_account(0x55, 10**9 * USDC)
    falls.trade(*((falls.backstop, rich) if is_short else (rich, falls.backstop)), 1)
    equity, initial, _ = falls.margins(falls.backstop)
    falls.take(falls.backstop, equity - initial)
    views, scene = alone(falls), scene_of(falls, whose)
    assert views.is_full(0, 2 * USDC, falls.backstop, scene) is False  # what a lot is worth
    assert views.is_full(0, 2 * USDC + 1, falls.backstop, scene) is True


@pytest.mark.parametrize("place", [3, 6])
def test_a_scene_that_cannot_be_is_refused(falls: Waterfall, place: int) -> None:
    """Sizes and margins beyond all that there can be: the arithmetic says no."""
    long, _ = falls.positions()
    falls.price(1_945)
    scene = scene_of(falls, long)
    scene[place] = 2**255
    with pytest.raises(Reverted, match="Revert"):
        alone(falls).planned(long, 0, falls.liquidator.settings(0), scene, False)


@pytest.mark.parametrize("mark", [2**240, (2**256 - 1) // 10**6])
def test_a_mark_that_cannot_be_is_refused(falls: Waterfall, mark: int) -> None:
    long, _ = falls.positions()
    falls.price(1_945)
    scene = scene_of(falls, long)
    scene[0] = (mark, *scene[0][1:])
    scene[2:9] = 1, 1, 0, 0, 1, 1, 0  # a lot of who has nothing
    with pytest.raises(Reverted, match="Revert"):
        alone(falls).planned(long, 0, (0,) * 8, scene, False)


def test_room_at_a_mark_that_cannot_be_is_refused(falls: Waterfall) -> None:
    """The backstop is short of a hundred lots, that it could close: their worth is no number."""
    long, _ = falls.positions()
    falls.arm_backstop()
    falls.trade(falls.fund_account(0x55, 10**9 * USDC), falls.backstop, 100)
    scene = scene_of(falls, long)
    scene[0] = (2**250, *scene[0][1:7], 1, 1)
    with pytest.raises(Reverted, match="Revert"):
        alone(falls).is_full(0, 100 * USDC, falls.backstop, scene)


def test_a_flag_is_true_or_false(falls: Waterfall) -> None:
    (planned,) = [
        selector
        for signature, selector in artifact("LiquidationViews").selectors.items()
        if signature.startswith("planned(")
    ]
    words = (0x404 - 4) // 32  # before the flag, which comes last
    with pytest.raises(Reverted, match="Revert"):
        falls.evm.call(STRANGER, falls.liquidator.views(), planned + bytes(32 * words) + (2).to_bytes(32))


@pytest.mark.parametrize("data", [b"", b"\x01\x02\x03\x04", bytes(40)])
def test_what_nobody_knows_reverts(falls: Waterfall, data: bytes) -> None:
    with pytest.raises(Exception, match="Revert"):
        falls.evm.call(STRANGER, falls.liquidator.address, data, foreign=True)
