"""Keepers while something fails: a node, a venue, a keeper, an inventory."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.support.exchange_on_anvil import (
    USDC,
    OnAnvil,
)
from tests.support.keepers_on_anvil import KEEPER, nonce, opened, publishers, venue
from walras.chain.rpc import RpcError
from walras.keepers import process as process_module
from walras.keepers import roster
from walras.keepers.build import build
from walras.keepers.config import ConfigError, load_config
from walras.keepers.process import Process


@pytest.fixture
def process(it: OnAnvil, request: pytest.FixtureRequest) -> Iterator[Process]:
    """In this process, to be stepped by hand."""
    name = f"inside-{request.node.name}"[:40].lower().rstrip("_")
    config = it.config(name, [{"kind": "liquidator"}, {"kind": "caretaker", "every_blocks": 1}])
    path = it.folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(config))
    made = load_config(path)
    found = Process(made, build(made))
    yield found
    found.close()


def ready(process: Process) -> tuple[int, list[str]]:
    page = process.answer("/ready")
    assert page
    return page.status, json.loads(page.body)["wrong"]


def test_a_keeper_that_fails_is_rested_and_the_others_go_on(
    it: OnAnvil, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*words: Any) -> list[Any]:
        raise ZeroDivisionError("a bug")

    assert ready(process) == (503, ["no head was handled yet"])
    monkeypatch.setattr(roster, "ROSTER", {**roster.ROSTER, "liquidator": broken})
    monkeypatch.setattr(process_module, "ROSTER", roster.ROSTER)
    it.mine(1)
    assert process.step() is False
    assert ready(process) == (503, ["liquidator failed at the last head"])
    told = {one.name: (one.is_failing, one.failures) for one in process.parts.running}
    assert told == {"liquidator": (True, 1), "caretaker": (False, 0)}
    it.mine(1)
    assert process.step() is False  # it rests, and still counts as failing
    assert process.parts.running[0].failures == 1
    monkeypatch.undo()
    it.mine(10)
    assert process.step() is True
    assert ready(process) == (200, [])
    metrics = process.parts.metrics.text().decode()
    assert 'walras_keeper_failures_total{keeper="liquidator"} 1.0' in metrics
    assert 'walras_keeper_alerts_total{outcome="logged"} 1.0' in metrics


def test_nobody_rests_for_a_node_that_failed(
    it: OnAnvil, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unanswered(*words: Any) -> list[Any]:
        raise RpcError("no endpoint answers")

    monkeypatch.setattr(process_module, "ROSTER", {**roster.ROSTER, "liquidator": unanswered})
    for _ in range(6):
        it.mine(1)
        assert process.step() is False
    assert process.parts.running[0].failures == 6
    monkeypatch.undo()
    it.mine(1)
    assert process.step() is True  # at the very next head


def test_a_node_that_fails_is_said_and_asked_again(
    it: OnAnvil, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    it.mine(1)
    assert process.step() is True
    assert process.step() is None  # nothing is new

    def silent(*words: Any) -> None:
        raise RpcError("no endpoint answers")

    it.mine(1)
    monkeypatch.setattr(process.parts.rpc, "batch", silent)
    assert process.step() is False
    monkeypatch.undo()
    assert process.step() is True
    assert 'walras_keeper_alerts_total{outcome="logged"} 1.0' in process.parts.metrics.text().decode()


def test_a_publisher_that_fails_keeps_nobody(it: OnAnvil, monkeypatch: pytest.MonkeyPatch) -> None:
    config = it.config("spoiled", [{"kind": "auctions"}], **publishers(it, venue(it, "s", [(-60, "20")])))
    path = it.folder / "spoiled.yaml"
    path.write_text(yaml.safe_dump(config))
    made = load_config(path)
    process = Process(made, build(made))

    def broken(*words: Any) -> list[int]:
        raise ValueError("no price")

    try:
        monkeypatch.setattr(process.parts.publishers[0], "sign", broken)
        it.mine(8)
        assert process.step() is False
        assert ready(process) == (503, ["p7 failed at the last head"])
        assert len(json.loads(process.answer("/reports/LINK").body)["reports"]) == 2  # type: ignore[union-attr]
        sent = sum(one.counts.get("sent", 0) for one in process.parts.running)
        assert sent > 0
        assert process.answer("/reports/\u00b2") is None
    finally:
        process.close()


def test_a_publisher_that_hears_nothing_is_not_ready(it: OnAnvil) -> None:
    venues = venue(it, "mute", [(-60, "20")], seconds=20)
    config = it.config("mute", [{"kind": "auctions"}], **publishers(it, venues))
    config["publishers"] = [{**config["publishers"][0], "max_age_s": 30}]
    path = it.folder / "mute.yaml"
    path.write_text(yaml.safe_dump(config))
    made = load_config(path)
    process = Process(made, build(made))
    try:
        it.mine(2)
        assert process.step() is True
        assert ready(process) == (200, [])
        it.mine(60)
        process.step()
        assert ready(process) == (503, ["publisher p7 says nothing of LINK"])
    finally:
        process.close()


def test_a_node_without_a_head_ends_no_process(
    it: OnAnvil, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    def empty(questions: list[Any]) -> list[None]:
        return [None for _ in questions]

    monkeypatch.setattr(process.parts.rpc, "batch", empty)
    assert process.step() is False
    monkeypatch.undo()
    it.mine(1)
    assert process.step() is True


def test_a_dry_run_leaves_tips_where_they_are(it: OnAnvil) -> None:
    exchange, keeper = it.exchange, it.accounts[KEEPER]
    it.do(
        keeper,
        exchange.token.mint(keeper, 7 * USDC),
        exchange.token.approve(exchange.engine.address, 7 * USDC),
        exchange.engine.deposit(it.account(KEEPER), 7 * USDC),
    )
    config = it.config(
        "dry-tips",
        [{"kind": "liquidator"}],
        inventory={"every_blocks": 1, "withdraw_units": 6 * USDC},
    )
    before = nonce(it)
    with it.keepers(config, "--dry-run") as keepers:
        for _ in range(2):
            keepers.wait_for(it.mine(1).number)
    assert nonce(it) == before


def test_two_accounts_with_one_key_are_an_error(it: OnAnvil) -> None:
    config = it.config("twins", [{"kind": "auctions"}, {"kind": "sweeper", "account": "twin"}])
    config["accounts"]["twin"] = config["accounts"]["main"]
    path = it.folder / "twins.yaml"
    path.write_text(yaml.safe_dump(config))
    with pytest.raises(ConfigError, match="main and twin have the same key"):
        build(load_config(path))


def test_inventory_is_watched_and_tips_are_fetched(it: OnAnvil) -> None:
    exchange, keeper = it.exchange, it.accounts[KEEPER]
    it.do(
        keeper,
        exchange.token.mint(keeper, 7 * USDC),
        exchange.token.approve(exchange.engine.address, 7 * USDC),
        exchange.engine.deposit(it.account(KEEPER), 7 * USDC),
    )
    config = it.config(
        "inventory",
        [{"kind": "liquidator"}],
        inventory={"every_blocks": 1, "alarm_units": 5 * USDC, "withdraw_units": 6 * USDC},
    )
    config["accounts"]["main"]["low_balance_wei"] = 10**24
    with it.keepers(config) as keepers:
        for _ in range(2):
            keepers.wait_for(it.mine(1).number)
        assert {one["about"] for one in keepers.lines("alert")} == {"main runs low", "tips of main"}
    assert it.read(exchange.engine.collateral(it.account(KEEPER))) == 0
    assert it.read(exchange.token.balanceOf(keeper)) == 7 * USDC


def test_the_same_chain_gives_the_same_transactions(it: OnAnvil) -> None:
    """Two processes, one after the other, that see the same blocks from the same one on."""

    def run(name: str) -> list[str]:
        snapshot = it.ask("evm_snapshot")
        it.ask("anvil_setNextBlockBaseFeePerGas", hex(10**6))  # which no snapshot brings back
        venues = venue(it, "same", [(-60, "20"), (7, "19.3")])
        kinds = [{"kind": kind} for kind in ("auctions", "prices", "liquidator", "nominator", "caretaker")]
        with it.keepers(it.config(name, kinds, **publishers(it, venues))) as keepers:
            keepers.wait_for(it.head().number)
            for _ in range(12):
                keepers.wait_for(it.mine().number)
            sent = [one["transaction"] for one in keepers.lines("sent")]
        it.ask("evm_revert", snapshot)
        return sent

    opened(it)
    first, second = run("same-first"), run("same-second")
    assert first == second
    assert len(first) >= 4
