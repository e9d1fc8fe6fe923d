"""What the liquidator sees of an account: its orders, and liquidations that are under way."""

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from walras.chain.bindings.liquidation_engine import Health, Pending, Stage
from walras.chain.bindings.perp_engine import Position
from walras.chain.reasons import Reverted
from walras.keepers.decisions.liquidation import Account, Backstop, Stake
from walras.keepers.decisions.triggers import Trigger
from walras.keepers.known import Known
from walras.keepers.snapshots import house, waterfall
from walras.keepers.snapshots.world import World

US, OTHER = "0x" + "aB" * 20, "0x" + "cd" * 20
WHO, MARKET = 77, 3
LONG = Position(100, 0, 0, 0, 0, 0, 0)
NONE = Position(0, 0, 0, 0, 0, 0, 0)
SOLD = Pending(lots=80, before=100, held=1_000, batch=9, failures=0, is_ask=True)


@dataclass(frozen=True)
class Said:
    """A call: its own data, and an answer that decodes to itself."""

    answer: Any

    @property
    def data(self) -> Any:
        return self.answer

    def decode(self, raw: Any) -> Any:
        return raw


def seen(
    position: Position,
    pending: Pending = SOLD,
    placed_by: str = US,
    synced: dict[int, Position] | None = None,
) -> Stake:
    """The stake of an account in its market; `synced`: its positions once its fills are settled."""
    [stake] = looked_at(position, pending, placed_by, synced).stakes
    return stake


def looked_at(
    position: Position,
    pending: Pending = SOLD,
    placed_by: str = US,
    synced: dict[int, Position] | None = None,
) -> Account:
    """The account, of an equity of 9."""
    exchange = SimpleNamespace(
        engine=SimpleNamespace(
            markets_of=lambda account: Said((MARKET,) if synced is None else tuple(synced)),
            collateral=lambda account: Said(5),
            position=lambda account, market: Said(
                position if synced is None else synced.get(market, position)
            ),
            sync=lambda account: Said(None),
            multicall=Said,
        ),
        liquidation=SimpleNamespace(
            pending=lambda account, market: Said(pending),
            plan=lambda account, market: Said(SimpleNamespace(tip=4)),
            nominees=lambda account, market: Said((0, ())),
        ),
    )
    rules = SimpleNamespace(tip_bps=1_000, tip_cap=60, penalty_ppm=10_000)
    facts = SimpleNamespace(
        settings=SimpleNamespace(liquidation=rules),
        terrain=SimpleNamespace(worth=lambda lots: abs(lots) * 100),
    )
    world = SimpleNamespace(
        exchange=exchange,
        markets={MARKET: facts},
        now=50,
        known=Known(pendings={(WHO, MARKET): placed_by}),
        own=frozenset({US.lower()}),
        ask=lambda calls: [one.answer for one in calls],
    )
    changed = frozenset() if synced is None else frozenset({WHO})
    scan = waterfall.Scan({WHO: Health(9, 0, 0, Stage(0))}, frozenset(), changed, Backstop(0, 0, {}))
    [account] = waterfall.accounts(cast(World, world), scan, [WHO])
    return account


@pytest.mark.parametrize(("is_synced", "equity"), [(False, 9), (True, 9 + 1_000)])
def test_what_is_held_counts_for_who_is_not_settled_too(is_synced: bool, equity: int) -> None:
    """Health tells equity with it; what is asked of the engine after a settlement is without."""
    position = Position(60, 0, 0, 0, 0, 0, 0)
    synced = {MARKET: position} if is_synced else None
    assert looked_at(position, synced=synced).equity == equity


@pytest.mark.parametrize(
    ("lots", "bids", "asks", "may_open"),
    [
        (0, 0, 0, False),
        (0, 1, 0, True),
        (0, 0, 1, True),
        (100, 0, 100, False),
        (100, 0, 101, True),
        (100, 1, 0, True),
        (-100, 100, 0, False),
        (-100, 101, 0, True),
        (-100, 0, 1, True),
    ],
)
def test_orders_that_can_only_reduce_are_left(lots: int, bids: int, asks: int, may_open: bool) -> None:
    """LiquidationEngine refuses to cancel them: "liquidation: orders reduce"."""
    assert seen(Position(lots, 0, 0, bids, asks, 0, 0)).has_orders is may_open


@pytest.mark.parametrize(
    ("lots", "pending", "placed_by", "tip"),
    [
        (60, SOLD, US, 50),  # a tenth of the penalty on 40 of 80
        (60, SOLD, US.lower(), 50),
        (60, SOLD, OTHER, 0),
        (100, SOLD, US, 0),  # nothing was filled
        (0, SOLD, US, 60),  # all of it, up to the cap
        (-9, SOLD, US, 60),
        (0, Pending(0, 0, 0, 9, 1, False), US, 0),
        (-60, Pending(80, 100, 1_000, 9, 0, False), US, 50),
    ],
)
def test_concluding_our_own_order_brings_its_tip(
    lots: int, pending: Pending, placed_by: str, tip: int
) -> None:
    assert seen(Position(lots, 0, 0, 0, 0, 0, 0), pending, placed_by).pending_tip == tip


@pytest.mark.parametrize(
    ("lots", "filled"), [(100, 0), (99, 1), (60, 40), (20, 80), (0, 80), (-9, 80), (120, 0)]
)
def test_what_an_order_found_is_by_how_much_the_position_is_smaller(lots: int, filled: int) -> None:
    assert seen(Position(lots, 0, 0, 0, 0, 0, 0)).pending_filled == filled


BACKSTOP = 1


def backstop_of(stored: int, settled: int | Reverted, markets: int = 40) -> Backstop:
    """In so many markets; lots of its position in the last one, stored and once it is settled."""

    def margin(equity: int) -> Any:
        return SimpleNamespace(equity=equity, initial=30)

    def held(market: int, lots: int) -> Position:
        return Position(lots, 0, 0, 0, abs(lots), 0, 0) if market == markets - 1 else NONE

    def multicall(parts: list[Any]) -> Said:
        if isinstance(settled, Reverted):
            return Said(settled)
        told = {"margin": margin(130), "markets": (markets - 1,) if settled else ()}
        return Said(
            [told.get(part, held(part, settled)) if isinstance(part, str | int) else None for part in parts]
        )

    class View(Said):
        """Its data names it."""

        def __init__(self, name: Any, answer: Any) -> None:
            super().__init__(answer)
            object.__setattr__(self, "name", name)

        @property
        def data(self) -> Any:
            return self.name  # type: ignore[attr-defined]

    engine = SimpleNamespace(
        margin_of=lambda _: View("margin", margin(90)),
        markets_of=lambda _: View("markets", (markets - 1,)),
        position=lambda _, market: View(market, held(market, stored)),
        sync=lambda _: Said(None),
        multicall=multicall,
    )
    liquidation = SimpleNamespace(pending=lambda _, market: Said(replace(SOLD, lots=market // (markets - 1))))
    world = SimpleNamespace(
        exchange=SimpleNamespace(engine=engine, liquidation=liquidation),
        markets=dict.fromkeys(range(markets)),
        backstop=BACKSTOP,
        ask=lambda calls: [one.answer for one in calls],
    )
    calls = waterfall._backstop_calls(cast(World, world))
    return waterfall._backstop(cast(World, world), [one.answer for one in calls])


def test_the_backstop_is_seen_as_it_is_once_its_fills_are_settled() -> None:
    """Or its spare margin would be what it had before an auction sold what it holds."""
    sold = Backstop(BACKSTOP, 100, {}, frozenset((39,)))
    assert backstop_of(stored=70, settled=0) == sold
    some = Backstop(BACKSTOP, 100, {39: 20}, frozenset((39,)), {39: 20}, frozenset((39,)))
    assert backstop_of(stored=70, settled=20) == some
    as_stored = Backstop(BACKSTOP, 60, {39: 70}, frozenset((39,)), {39: 70}, frozenset((39,)))
    assert backstop_of(stored=70, settled=Reverted("engine: awaiting price")) == as_stored


def test_triggers_that_place_nothing_do_not_keep_others_from_their_turn() -> None:
    """More of them than are tried at one head, with higher tips."""
    dead, alive = range(1_000, 1_000 + house.MOST_TRIED + 40), range(5)
    tried: list[int] = []

    def execute(id: int) -> Said:
        tried.append(id)
        return Said(int(id in alive))

    world = SimpleNamespace(
        exchange=SimpleNamespace(triggers=SimpleNamespace(execute=execute)),
        places_nothing={},
        caller=US,
        at=SimpleNamespace(number=10),
        ask=lambda calls, sender: [one.answer for one in calls],
    )
    made = [Trigger(id, 9, True, "") for id in dead] + [Trigger(id, 1, True, "") for id in alive]
    first = house._tried(cast(World, world), made)
    assert tried == list(dead)[: house.MOST_TRIED]
    assert {one.places for one in first if one.id in alive} == {None}
    tried.clear()
    world.at.number = 11
    second = house._tried(cast(World, world), made)
    assert tried[:45] == [*list(dead)[house.MOST_TRIED :], *alive]
    assert len(tried) == house.MOST_TRIED
    assert {one.places for one in second if one.id in alive} == {True}
    # what is not ready any more is forgotten, and what was seen to place is
    assert world.places_nothing.keys() == set(dead)
    house._tried(cast(World, world), made[-1:])
    assert world.places_nothing == {}


def test_what_was_sold_altogether_is_gone_before_it_is_booked() -> None:
    """The chain still tells of the position; once settled the account has none, in no market."""
    stake = seen(LONG, synced={})
    assert (stake.lots, stake.pending_tip, stake.plan_tip) == (0, 60, 0)
    stake = seen(LONG, synced={MARKET: Position(40, 0, 0, 0, 0, 0, 0)})
    assert (stake.lots, stake.pending_tip) == (40, 60)
    assert seen(NONE).lots == 0
