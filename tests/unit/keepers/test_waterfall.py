"""What the liquidator sees of an account: its orders, and liquidations that are under way."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest

from walras.chain.bindings.liquidation_engine import Health, Pending, Stage
from walras.chain.bindings.perp_engine import Position
from walras.keepers.decisions.liquidation import Backstop, Stake
from walras.keepers.known import Known
from walras.keepers.snapshots import waterfall
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
    [stake] = account.stakes
    return stake


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


def test_what_was_sold_altogether_is_gone_before_it_is_booked() -> None:
    """The chain still tells of the position; once settled the account has none, in no market."""
    stake = seen(LONG, synced={})
    assert (stake.lots, stake.pending_tip, stake.plan_tip) == (0, 60, 0)
    stake = seen(LONG, synced={MARKET: Position(40, 0, 0, 0, 0, 0, 0)})
    assert (stake.lots, stake.pending_tip) == (40, 60)
    assert seen(NONE).lots == 0
