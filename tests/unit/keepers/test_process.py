"""The loop from head to head, where nodes and keepers fail: no chain, but heads that a test gives."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from walras.chain.bindings.liquidation_engine import Health, Stage
from walras.chain.follow import Advance
from walras.chain.rpc import Head, RpcError
from walras.keepers import process as process_module
from walras.keepers.backoff import Backoff
from walras.keepers.config import AuctionsKeeper, CaretakerKeeper
from walras.keepers.decisions.liquidation import Backstop
from walras.keepers.lease import Lease
from walras.keepers.metrics import Metrics
from walras.keepers.process import Process
from walras.keepers.running import Running
from walras.keepers.snapshots.waterfall import Scan


def head(number: int) -> Head:
    return Head(number, f"0x{number}", f"0x{number - 1}", 1_000 + 2 * number, 0)


class Scene:
    """A process with a caretaker; `polls` has what its follower tells, in turn: heads, or an error."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, lease: Path | None = None) -> None:
        self.polls: list[Any] = []
        self.served: list[int] = []
        self.everybody: list[set[int]] = []
        """Who was looked at, each time."""
        self.looked_after: list[int] = []
        self.led: list[bool] = []
        self.told: list[str] = []
        self.following: list[Callable[[], None]] = []
        """What following the registry does, turn after turn."""
        self.metrics = Metrics()
        self.caretaker = Running(
            "caretaker", CaretakerKeeper(kind="caretaker", account="main"), frozenset(), Backoff(4, 600)
        )

        def serve(turn: Any, markets: Any, config: Any) -> None:
            self.served.append(turn.world.at.number)
            self.everybody.append(set(turn.everybody))

        monkeypatch.setattr(process_module, "ROSTER", {"auctions": serve, "caretaker": serve})
        monkeypatch.setattr(
            process_module, "look_after", lambda parts, config, at: self.looked_after.append(at.number)
        )
        known = SimpleNamespace(
            accounts=set(), orders={}, triggers={}, unsettled_accounts=set, pending_accounts=set
        )
        self.registry: Any = SimpleNamespace(known=known, block=0, follow=self._follow)
        world = SimpleNamespace(markets={}, known=known)
        world.look = lambda at: setattr(world, "at", at)
        parts: Any = SimpleNamespace(
            follower=SimpleNamespace(poll=self._poll), metrics=self.metrics, lease=Lease(lease), world=world,
            dispatch=SimpleNamespace(begin=lambda at, seen, leads: self.led.append(leads), serve=_nothing),
            registry=self.registry, publishers=[], fetchers=[], running=[self.caretaker], board=None,
            alerts=SimpleNamespace(raise_=lambda key, text: self.told.append(f"{key}: {text}")),
            always=lambda world: set(), close=_nothing,
        )  # fmt: skip
        config: Any = SimpleNamespace(
            web=None,
            process="p",
            chain=SimpleNamespace(poll_s=0.0),
            inventory=SimpleNamespace(every_blocks=100),
        )
        self.process = Process(config, parts)
        self.process.stop = _NeverWaits()  # type: ignore[assignment]

    def _poll(self) -> list[Advance]:
        found = self.polls.pop(0)
        if isinstance(found, Exception):
            raise found
        return [one if isinstance(one, Advance) else Advance(head(one)) for one in found]

    def _follow(self, at: Head, ancestor: int | None) -> set[int]:
        if self.following:
            self.following.pop(0)()
        self.registry.block = at.number
        return set()

    def count(self, line: str) -> bool:
        """Whether metrics have it."""
        return line in self.metrics.text().decode()


class _NeverWaits:
    """A stop that is set once it was waited for often."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def is_set(self) -> bool:
        return len(self.waits) > 10

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)


def _nothing(*words: Any) -> None:
    """Does it."""


def _fails() -> None:
    raise RpcError("no endpoint answers")


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(monkeypatch)


def test_a_bug_in_asking_for_heads_ends_no_process(scene: Scene) -> None:
    scene.polls = [OverflowError("int too large"), [7]]
    assert scene.process.step() is False
    assert scene.told == ["a turn failed: OverflowError: int too large"]
    assert scene.process._said.failing == ("process",)
    assert scene.count('walras_keeper_failures_total{keeper="process"} 1.0')
    assert scene.process.step() is True
    assert scene.process._said.failing == ()


def test_nor_does_one_while_a_turn_is_tried_again(scene: Scene) -> None:
    scene.polls = [[7], OverflowError("int too large"), []]
    scene.following = [_fails, _fails]
    assert scene.process.step() is True
    assert scene.process._said.head == 7


def test_once_is_one_try(scene: Scene) -> None:
    """Where a turn fails that is said, by the exit code too; and where there is no head."""
    scene.polls = [[7]]
    scene.following = [_fails]
    assert scene.process.run(once=True) == 1
    scene.polls = [RpcError("no endpoint answers")]
    assert scene.process.run(once=True) == 1
    scene.polls = [[8]]
    assert scene.process.run(once=True) == 0


def test_replaced_blocks_are_counted_once(scene: Scene) -> None:
    scene.polls = [[7], [Advance(head(7), (head(7),))], [], []]
    scene.process.step()
    scene.following = [_fails, _fails]
    assert scene.process.step() is True
    assert scene.count("walras_keeper_reorgs_total 1.0")


def test_blocks_that_are_skipped_cost_no_turn(scene: Scene) -> None:
    """Every 15 blocks: once in each 15, though of several new heads the newest alone is handled."""
    scene.polls = [[7], [14], [16], [17], [29], [31, 44, 46], [47]]
    while scene.polls:
        assert scene.process.step() is True
    assert scene.served == [7, 16, 31 + 15]
    assert scene.looked_after == [7]
    scene.polls = [[101], [199], [200]]
    while scene.polls:
        scene.process.step()
    assert scene.looked_after == [7, 101, 200]


def test_a_turn_that_fails_is_served_again_at_its_own_head(scene: Scene) -> None:
    early = Running("auctions", AuctionsKeeper(kind="auctions", account="main"), frozenset(), Backoff(4, 600))
    scene.process.parts.running.insert(0, early)
    scene.polls = [[7], [8], []]
    scene.process.step()
    scene.following = [_fails]
    assert scene.process.step() is True
    assert scene.served == [7, 7, 8, 8]


def test_who_is_settled_is_so_in_every_market(scene: Scene) -> None:
    known = scene.registry.known
    known.unsettled = {(7, 0), (7, 1), (8, 0)}
    scene.process._note_scan(Scan({}, frozenset({7}), frozenset({8}), Backstop(0, 0, {})), 0.0)
    assert known.unsettled == {(8, 0)}


def test_who_was_liquidated_altogether_is_looked_at_until_that_is_concluded(scene: Scene) -> None:
    """Without margin or stages he is idle but for what is held of his penalty."""
    known = scene.registry.known
    known.accounts, known.unsettled, known.pending_accounts = {7, 8}, set(), lambda: {7}
    scene.caretaker.config = CaretakerKeeper(kind="caretaker", account="main", every_blocks=1)
    scene.polls = [[7], [8], [9]]
    scene.process.step()
    nothing = dict.fromkeys((7, 8), Health(0, 0, 0, Stage(0)))
    scene.process._note_scan(Scan(nothing, frozenset(), frozenset(), Backstop(0, 0, {})), 0.0)
    scene.process.step()
    known.pending_accounts = set
    scene.process._note_scan(Scan(nothing, frozenset(), frozenset(), Backstop(0, 0, {})), 0.0)
    scene.process.step()
    assert scene.everybody == [{7, 8}, {7}, set()]


def test_who_cannot_act_lets_another_lead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    scene, other = Scene(monkeypatch, tmp_path / "lease"), Lease(tmp_path / "lease")
    scene.polls = [[7], RpcError("no endpoint answers")]
    assert scene.process.step() is True
    assert not other.is_mine()
    assert scene.process.step() is False
    assert other.is_mine()
    other.close()
    scene.polls = [[8], [9], [10], []]
    scene.process.step()  # it goes well, and nobody else leads
    scene.process.step()
    scene.following = [_fails]
    scene.process.step()
    assert scene.led == [True, False, True, True, False]
    assert other.is_mine()
    scene.polls = [[11], [12]]
    scene.process.step()
    scene.process.step()
    assert scene.led[5:] == [False, False]


def test_without_a_lease_a_failure_costs_no_turn(scene: Scene) -> None:
    scene.polls = [RpcError("no endpoint answers"), [7]]
    scene.process.step()
    scene.process.step()
    assert scene.led == [True]
