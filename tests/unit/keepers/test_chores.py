"""Triggers, sweeping, settling, caretaking: what is called, by table."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from walras.chain.bindings.oracle_router import Status
from walras.chain.bindings.perp_engine import Mode
from walras.keepers.decisions import caretaking, settling, sweeping, triggers
from walras.keepers.decisions.caretaking import CaretakingRules, Fees, MarkAge, VaultState
from walras.keepers.decisions.settling import Ending, SettlingRules
from walras.keepers.decisions.sweeping import Resting
from walras.keepers.decisions.triggers import Trigger, TriggerRules
from walras.keepers.dispatch import NOT_YET
from walras.keepers.known import Known, KnownOrder
from walras.keepers.snapshots import house
from walras.keepers.snapshots.world import World

NOW = 1_000_000
STOP = Trigger(id=1, tip=5, ready=True, reason="")
TRAIL = replace(
    STOP, ready=False, reason="triggers: not triggered", is_trailing=True, is_ask=True, extreme=1_000
)


@pytest.mark.parametrize(
    ("trigger", "rules", "function"),
    [
        (STOP, TriggerRules(), "execute"),
        (replace(STOP, ready=False, reason="triggers: not triggered"), TriggerRules(), None),
        (replace(STOP, reason="engine: margin missed"), TriggerRules(), None),
        (replace(STOP, reason="engine: margin missed"), TriggerRules(retry_parked=True), "execute"),
        (replace(STOP, reason="engine: margin missed", places=True), TriggerRules(), "execute"),
        (replace(STOP, reason="engine: margin missed", places=False), TriggerRules(retry_parked=True), None),
        (replace(STOP, places=True), TriggerRules(), "execute"),
        (replace(STOP, places=False), TriggerRules(), None),  # it would be parked, unpaid
        (replace(TRAIL, reference=1_010), TriggerRules(), None),
        (replace(TRAIL, reference=1_010), TriggerRules(ratchet_bps=100), "ratchet"),
        (replace(TRAIL, reference=1_009), TriggerRules(ratchet_bps=100), None),
        (replace(TRAIL, reference=990), TriggerRules(ratchet_bps=100), None),
        (replace(TRAIL, reference=990, is_ask=False), TriggerRules(ratchet_bps=100), "ratchet"),
        (replace(TRAIL, reference=0, is_ask=False), TriggerRules(ratchet_bps=100), None),
    ],
)
def test_triggers(trigger: Trigger, rules: TriggerRules, function: str | None) -> None:
    assert [one.function for one in triggers.decide([trigger], rules)] == ([function] if function else [])


@pytest.mark.parametrize(("places", "reward"), [(True, 5), (None, 0)])
def test_a_tip_counts_where_it_would_be_paid(places: bool | None, reward: int) -> None:
    assert [one.reward for one in triggers.decide([replace(STOP, places=places)], TriggerRules())] == [reward]


def test_a_trigger_that_meets_a_due_auction_does_not_rest() -> None:
    [task] = triggers.decide([STOP], TriggerRules())
    assert task.urgent
    assert "engine: awaiting price" in NOT_YET


def test_expired_switches_cost_the_orders_of_a_market_once() -> None:
    """Anybody sets switches for nothing: they and the orders are not multiplied."""

    class Orders(dict[int, KnownOrder]):
        read = 0

        def values(self) -> Any:
            Orders.read += 1
            return super().values()

    known = Known(orders={0: Orders({1: KnownOrder(7, 0)})})
    known.switches = {(account, 0): NOW - 1 for account in range(100)}
    asked: list[Any] = []

    class Book:
        def open_orders(self, account: int) -> int:
            asked.append(account)
            return account

    facts = SimpleNamespace(mark=SimpleNamespace(due=0))
    world = SimpleNamespace(
        now=NOW,
        known=known,
        markets={0: facts},
        exchange=SimpleNamespace(books={0: Book()}),
        ask=lambda calls: [() for _ in calls],
    )
    assert house.expired(cast(World, world), [0]) == []
    assert asked == [7]
    assert Orders.read == 2


def test_the_highest_tip_is_executed_first() -> None:
    one = replace(STOP, places=True)
    found = triggers.decide([one, replace(one, id=2, tip=9), replace(one, id=3, tip=9)], TriggerRules())
    assert [(one.args, one.reward) for one in found] == [((2,), 9), ((3,), 9), ((1,), 5)]


def test_expired_orders_go_by_account_and_market() -> None:
    orders = [
        Resting(7, 0, 31, expiry=NOW, switch=0),
        Resting(7, 0, 30, expiry=NOW - 1, switch=0),
        Resting(7, 0, 32, expiry=NOW + 1, switch=0),
        Resting(7, 1, 33, expiry=0, switch=0),
        Resting(8, 0, 34, expiry=0, switch=NOW),
        Resting(9, 0, 35, expiry=0, switch=NOW + 1),
    ]
    found = sweeping.decide(
        NOW, orders, [(5, "triggers: void"), (4, "triggers: expired"), (3, "triggers: not triggered")]
    )
    assert [(one.contract, one.args) for one in found] == [
        ("engine", (7, 0, [30, 31])),
        ("engine", (8, 0, [34])),
        ("triggers", (4,)),
        ("triggers", (5,)),
    ]


FINE = Ending(
    market=2, mode=Mode.ACTIVE, status=Status.LIVE, recorded_at=NOW - 10, reported_at=0, settled_at=0
)
LOST = replace(FINE, status=Status.STALE, recorded_at=NOW - 600)


@pytest.mark.parametrize(
    ("market", "function"),
    [
        (FINE, None),
        (replace(FINE, status=Status.DEGRADED, recorded_at=NOW - 9_999), None),
        (LOST, "report_halt"),
        (replace(LOST, status=Status.HALTED), "report_halt"),
        (replace(LOST, recorded_at=NOW - 599), None),  # it may come back
        (replace(LOST, reported_at=NOW - 300), None),  # reported
        (replace(LOST, reported_at=NOW - 700), "report_halt"),  # of a silence before this one
        (replace(LOST, recorded_at=NOW - 300_000, reported_at=NOW - 259_199), None),
        (replace(LOST, recorded_at=NOW - 300_000, reported_at=NOW - 259_200), "settle"),
    ],
)
def test_lost_prices_end_markets(market: Ending, function: str | None) -> None:
    found = settling.decide(NOW, [market], SettlingRules())
    assert [(one.contract, one.function, one.args) for one in found] == (
        [("liquidation", function, (2,))] if function else []
    )


@pytest.mark.parametrize(("age", "expected"), [(0, [("liquidation", 8)]), (3_599, [("liquidation", 8)])])
def test_in_the_first_hour_only_who_owes_is_closed(age: int, expected: list[Any]) -> None:
    ended = replace(FINE, mode=Mode.SETTLED, settled_at=NOW - age, positions=((7, 5), (8, -5)))
    found = settling.decide(NOW, [ended], SettlingRules())
    assert [(one.contract, one.args[0]) for one in found] == expected


def test_after_it_anybody_is() -> None:
    ended = replace(FINE, mode=Mode.SETTLED, settled_at=NOW - 3_600, positions=((7, 5), (8, -5)))
    found = settling.decide(NOW, [ended], SettlingRules())
    assert [(one.contract, one.function, one.args) for one in found] == [
        ("liquidation", "settle_position", (8, 2)),
        ("engine", "settle_position", (7, 2)),
    ]


@pytest.mark.parametrize("age", [0, 3_600])
def test_who_is_in_a_liquidation_is_closed_once_that_is_concluded(age: int) -> None:
    """Closed before, its whole position would count as filled by the order, and cost the penalty."""
    ended = replace(
        FINE,
        mode=Mode.SETTLED,
        settled_at=NOW - age,
        positions=((7, -5), (8, -4)),
        pending=((9, 3), (7, 4)),
    )
    found = settling.decide(NOW, [ended], SettlingRules())
    assert [(one.function, one.args, one.subject) for one in found] == [
        ("collect", (7, 2), "collect/7/2/4"),
        ("collect", (9, 2), "collect/9/2/3"),
        ("settle_position", (8, 2), "settle_position/8/2"),
    ]


def test_of_a_settled_market_it_is_known_who_is_in_a_liquidation() -> None:
    known = Known(pendings={(7, 2): "0x", (8, 3): "0x", (9, 2): "0x"})
    book = SimpleNamespace(market=SimpleNamespace(mode=Mode.SETTLED))
    answers = {
        "price": SimpleNamespace(status=Status.STALE), "last": (0, 0, 5), "reported_at": 6,
        "losses_of": SimpleNamespace(settled_at=7), "pending 7": SimpleNamespace(lots=5, batch=4),
        "pending 9": SimpleNamespace(lots=0, batch=NOW),
    }  # fmt: skip
    exchange = SimpleNamespace(router=Named(), liquidation=Named(), engine=Named())
    exchange.liquidation.pending = lambda account, market: f"pending {account}"
    world = SimpleNamespace(
        known=known, markets={2: book}, exchange=exchange, ask=lambda calls: [answers[one] for one in calls]
    )
    [found] = house.endings(cast(World, world), [2], [])
    assert found.pending == ((7, 4),)


class Named:
    """A contract whose calls are their names."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args: name


@pytest.mark.parametrize(
    ("pending", "worth", "low", "expected"),
    [
        (100, 150, 5, VaultState(100, 30, 40)),
        (100, 90, 5, VaultState(90, 30, 40)),  # the shares that wait are worth less by now
        (0, 90, 5, VaultState(0, 30, 40)),
        (100, 150, -1, VaultState(100, 30, 40, is_below=True)),
    ],
)
def test_what_the_vault_owes_is_no_more_than_its_shares_are_worth(
    pending: int, worth: int, low: int, expected: VaultState
) -> None:
    vault = SimpleNamespace(
        address="0x01",
        pending_value=lambda: pending,
        balanceOf=lambda owner: {"0x01": 6}[owner],
        convertToAssets=lambda shares: {6: worth}[shares],
    )
    worths = {256: SimpleNamespace(low=low, free=30, initial=0), 257: SimpleNamespace(low=50, free=40)}
    engine = SimpleNamespace(
        worth=lambda account: worths[account], collateral=lambda account: {256: 1}[account]
    )
    exchange = SimpleNamespace(vault=vault, engine=engine)
    world = SimpleNamespace(exchange=exchange, ask=list)
    assert house.vault(cast(World, world)) == expected


@pytest.mark.parametrize(
    ("low", "collateral", "is_below"), [(20, 0, False), (19, 0, True), (20, -1, True), (-1, 5, True)]
)
def test_below_initial_margin_the_backstop_is_left_alone(low: int, collateral: int, is_below: bool) -> None:
    vault = SimpleNamespace(
        address="0x01", pending_value=lambda: 5, balanceOf=lambda _: 6, convertToAssets=lambda _: 7
    )
    worths = {
        256: SimpleNamespace(low=low, free=0, initial=20),
        257: SimpleNamespace(low=50, free=40, initial=0),
    }
    engine = SimpleNamespace(
        worth=lambda account: worths[account], collateral=lambda account: {256: collateral}[account]
    )
    world = SimpleNamespace(exchange=SimpleNamespace(vault=vault, engine=engine), ask=list)
    assert house.vault(cast(World, world)) == VaultState(5, 0, 40, is_below)


RULES = CaretakingRules(distribute_min=100, deliver_min=50, recall_min=10, stale_mark_s=600)
FRESH = MarkAge(market=0, mode=Mode.ACTIVE, time=NOW - 599, due=0, holder=7)


@pytest.mark.parametrize(
    ("fees", "vault", "mark", "expected"),
    [
        (Fees(99, (("0xv", 49), ("0xf", 0))), None, FRESH, []),
        (Fees(100, ()), None, FRESH, [("distribute",)]),
        (Fees(0, (("0xv", 50), ("0xf", 51))), None, FRESH, [("deliver", "0xv"), ("deliver", "0xf")]),
        (Fees(0, ()), VaultState(asked_back=100, free=100, backstop_free=99), FRESH, []),
        (
            Fees(0, ()),
            VaultState(asked_back=100, free=60, backstop_free=99),
            FRESH,
            [("recall_backstop", 39)],  # less than is short: marks move until the call is in a block
        ),
        (
            Fees(0, ()),
            VaultState(asked_back=100, free=60, backstop_free=20),
            FRESH,
            [("recall_backstop", 19)],
        ),
        (
            Fees(0, ()),
            VaultState(asked_back=100, free=60, backstop_free=99, is_below=True),
            FRESH,
            [],
        ),
        (Fees(0, ()), VaultState(asked_back=100, free=60, backstop_free=9), FRESH, []),
        (Fees(0, ()), None, replace(FRESH, time=NOW - 600), [("sync", 7)]),
        (Fees(0, ()), None, replace(FRESH, time=NOW - 600, holder=0), []),
        (Fees(0, ()), None, replace(FRESH, time=NOW - 600, mode=Mode.SETTLED), []),
        (Fees(0, ()), None, replace(FRESH, time=NOW - 600, mode=Mode.HALTED), []),
    ],
)
def test_the_house_is_kept(fees: Fees, vault: VaultState | None, mark: MarkAge, expected: list[Any]) -> None:
    found = caretaking.decide(NOW, fees, vault, [mark], RULES)
    assert [(one.function, *one.args) for one in found] == expected


def test_nothing_is_never_distributed() -> None:
    rules = CaretakingRules(distribute_min=0, deliver_min=0, recall_min=0, stale_mark_s=600)
    assert caretaking.decide(NOW, Fees(0, (("0xv", 0),)), VaultState(1, 0, 0), [], rules) == []
