"""What becomes of tasks, on a chain in memory: pages of them, and transactions that get into no block."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.support.anvils import CHAIN, KEY
from tests.support.fake_rpc import ADDRESS, FakeRpc
from tests.support.sending import Counting
from walras.chain.bindings import PerpEngine
from walras.chain.keys import from_hex
from walras.chain.outcome import Concluded
from walras.chain.rpc import Head
from walras.keepers.alerts import Alerts
from walras.keepers.backoff import Backoff
from walras.keepers.config import AccountConfig, LiquidatorKeeper
from walras.keepers.dispatch import AWAITING, PAGES, Dispatch, Gas
from walras.keepers.running import Running
from walras.keepers.task import Task


class Scene:
    """A keeper with one account."""

    def __init__(self, folder: Path) -> None:
        self.chain, self.meter, self.told, self.folder = FakeRpc(), Counting(), list[str](), folder
        self.world: Any = SimpleNamespace(
            exchange=SimpleNamespace(chain_id=CHAIN, engine=PerpEngine(ADDRESS)),
            closes_soon=lambda market: False,
            reader=SimpleNamespace(ask=lambda calls, block, sender: [b""] * len(calls)),
        )
        self.open()

    def open(self, dry_run: bool = False) -> None:
        """A process."""
        config = LiquidatorKeeper(kind="liquidator", account="main", max_tasks=4, dry_run=dry_run)
        self.keeper = Running("liquidator", config, frozenset(), Backoff(4, 600))
        alerts = SimpleNamespace(raise_=lambda key, text: self.told.append(f"{key}: {text}"))
        account = AccountConfig(env="KEY", patience_blocks=2)
        self.dispatch = Dispatch(
            self.world, cast(Any, self.chain), {"main": (cast(Any, from_hex(KEY)), account)}, self.folder, 1,
            Gas(0), {"liquidator": self.keeper}, cast(Any, self.meter), cast(Alerts, alerts),
        )  # fmt: skip
        self.begin()

    def begin(self) -> None:
        """A block."""
        head = self.chain.mine()
        self.world.at, self.world.now = head, head.time
        self.dispatch.begin(head, 0.0, True)

    def task(self, number: int, market: int) -> Task:
        return Task(f"a/{number}", "engine", "sync", (number,), "why", market=market, urgent=True)

    def refuse(self, *numbers: int) -> None:
        self.chain.reverts |= {PerpEngine(ADDRESS).sync(one).data for one in numbers}

    def serve(self, *tasks: Task) -> dict[str, int]:
        """What became of them at this head."""
        self.keeper.counts.clear()
        self.dispatch.serve(self.keeper, list(tasks))
        return self.keeper.counts


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.dispatch.close()


def test_a_market_that_waits_for_its_price_does_not_starve_the_others(scene: Scene) -> None:
    scene.chain.revert = f"execution reverted: {AWAITING}"
    scene.refuse(*range(1_000))
    worst = [scene.task(number, 0) for number in range(100)]
    second = [scene.task(number, 1) for number in range(100, 200)]
    others = [scene.task(number, 2) for number in range(1_000, 1_010)]
    counts = scene.serve(*worst, *second, *others)
    assert counts == {"refused": 8, "awaiting": 192, "sent": 4}


def test_pages_are_bounded(scene: Scene) -> None:
    scene.refuse(*range(1_000))
    assert scene.serve(*[scene.task(number, 0) for number in range(100)]) == {"refused": 4 * PAGES}


def test_no_more_than_max_tasks_are_sent(scene: Scene) -> None:
    scene.refuse(0, 1)
    assert scene.serve(*[scene.task(number, 0) for number in range(20)]) == {"refused": 2, "sent": 4}


def test_a_dry_run_leaves_what_is_under_way(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Of an earlier run: it is not sent again, bumped or cancelled, and a later run goes on with it."""
    scene.chain.is_full = True
    assert scene.serve(scene.task(1, 0)) == {"sent": 1}
    scene.chain.drop()
    scene.dispatch.close()
    scene.open(dry_run=True)
    for _ in range(20):
        scene.begin()
    assert scene.chain.pool == {}
    assert scene.dispatch.senders["main"].counts() == {"signed": 1}
    assert len(scene.dispatch._stores["main"].live()[0].attempts) == 1
    assert capsys.readouterr().out.count("intents_wait") == 1
    assert scene.serve(scene.task(1, 0), scene.task(2, 0)) == {"under_way": 1, "dry_run": 1}
    scene.dispatch.close()
    scene.open()
    scene.chain.is_full = False
    scene.begin()
    assert scene.chain.count == 1


def test_nonces_are_looked_at_now_and_then_whichever_heads_are_seen(scene: Scene) -> None:
    asked: list[int] = []
    sender = scene.dispatch.senders["main"]
    tend = sender.tend

    def counted(head: Head) -> list[Concluded]:
        asked.append(head.number)
        return tend(head)

    sender.tend = counted  # type: ignore[method-assign]
    for _ in range(6):
        for _ in range(4):
            scene.chain.mine()
        scene.begin()
    assert [number // 8 for number in asked] == [1, 2, 3]


def test_a_transaction_that_stays_out_of_blocks_is_alerted_once(scene: Scene) -> None:
    scene.chain.is_full = True
    assert scene.serve(scene.task(1, 0)) == {"sent": 1}
    for _ in range(7):
        scene.begin()
    assert scene.told == []
    scene.begin()
    [told] = scene.told
    assert told.startswith("transactions of main do not get into blocks: 1; liquidator: a/1, nonce 0, was")
    assert "signed 8 blocks ago" in told
    for _ in range(10):
        scene.begin()
    assert len(scene.told) == scene.meter.counts["keeper_stuck"] == 1
    scene.chain.is_full = False
    scene.begin()
    assert scene.chain.count == 1
