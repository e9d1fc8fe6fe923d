"""The process of keepers: its signals, its files, its lease, its words for a bad configuration."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from tests.support.exchange_on_anvil import (
    OnAnvil,
    free_port,
    until,
)
from tests.support.keepers_on_anvil import (
    LINK,
    WATERFALL,
    mark_at,
    nonce,
    opened,
    publishers,
    stop,
    venue,
    with_triggers,
)
from walras.cli import main
from walras.keepers.build import build
from walras.keepers.config import load_config


def test_a_signal_ends_it_after_its_turn(it: OnAnvil) -> None:
    with it.keepers(it.config("ends", [{"kind": "caretaker"}])) as keepers:
        keepers.wait_for(it.mine(1).number)
        assert keepers.stop(signal.SIGTERM) == 0
        assert keepers.lines("stopped")[0]["head"] == it.head().number


def test_once_is_one_head(it: OnAnvil) -> None:
    opened(it)
    mark_at(it, 19_450_000_000_000_000_000)
    with it.keepers(it.config("once", WATERFALL), "--once") as keepers:
        assert keepers.process.wait(30) == 0
        assert [one["task"].split("/")[0] for one in keepers.lines("sent")] == ["liquidate"]
    it.mine(1)
    assert nonce(it) == 1


def test_a_dry_run_sends_nothing(it: OnAnvil) -> None:
    opened(it)
    mark_at(it, 19_450_000_000_000_000_000)
    with it.keepers(it.config("dry", WATERFALL), "--dry-run") as keepers:
        for _ in range(3):
            status = keepers.wait_for(it.mine(1).number)
        assert status["keepers"]["liquidator"]["tasks"] == {"dry_run": 3}
        assert keepers.lines("dry_run")[0]["passes"] is True
    assert nonce(it) == 0


def test_after_kill_9_it_goes_on_from_what_it_wrote(it: OnAnvil) -> None:
    long, _ = opened(it)
    mark_at(it, 19_450_000_000_000_000_000)
    config = it.config("killed", WATERFALL)
    with it.keepers(config) as keepers:
        keepers.wait_for(it.mine(1).number)
        keepers.stop(signal.SIGKILL)
    with it.keepers(config) as keepers:  # the liquidation is sent, and in no block
        keepers.wait_for(it.head().number)
        for _ in range(2):
            status = keepers.wait_for(it.mine(1).number)
        assert it.read(it.exchange.liquidation.pending(long, LINK)).lots > 0
        assert status["keepers"]["liquidator"]["tasks"]["succeeded"] == 1
    assert nonce(it) == 1


def test_replaced_blocks_are_forgotten(it: OnAnvil) -> None:
    """A trigger that was placed in a block that is not of the chain any more is not known any more."""
    opened(it, dollars=5_000)
    config = it.config("replaced", [{"kind": "triggers"}])
    with it.keepers(config) as keepers:
        keepers.wait_for(it.mine(1).number)
        snapshot = it.ask("evm_snapshot")
        with_triggers(it, stop(it, 19_000_000_000_000_000_000))
        keepers.wait_for(it.mine(1).number)
        known = 'walras_keeper_known{kind="triggers"} '
        assert known + "1.0" in keepers.get("/metrics")[1]
        it.ask("evm_revert", snapshot)
        for _ in range(3):
            it.mine(3)
        keepers.wait_for(it.head().number)
        assert known + "0.0" in keepers.get("/metrics")[1]
        assert "walras_keeper_reorgs_total 1.0" in keepers.get("/metrics")[1]


def test_of_two_with_one_lease_one_acts(it: OnAnvil) -> None:
    opened(it)
    mark_at(it, 19_450_000_000_000_000_000)
    first = it.config("leads", WATERFALL, lease=str(it.folder / "lease"))
    second = it.config("stands-by", WATERFALL, lease=str(it.folder / "lease"))
    second["accounts"]["main"] = {"key": it.key(3)}
    with it.keepers(first) as one:
        one.wait_for(it.head().number)
        with it.keepers(second) as other:
            for _ in range(2):
                head = it.mine(1).number
                statuses = [one.wait_for(head), other.wait_for(head)]
            assert [status["leads"] for status in statuses] == [True, False]
            assert nonce(it, 3) == 0
            one.stop(signal.SIGKILL)
            until(lambda: other.wait_for(it.mine(1).number)["leads"], "the other to lead")


@pytest.mark.parametrize("words", [("keeper", "check"), ("keeper", "run")])
def test_a_bad_configuration_is_named(it: OnAnvil, words: tuple[str, ...], tmp_path: Path) -> None:
    config = it.config("bad", [{"kind": "auctions", "markets": ["XYZ"]}])
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(config))
    found = subprocess.run(
        [sys.executable, "-m", "walras", *words, "--config", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert "keepers.0.markets: there is no market 'XYZ'; there are AVAX, BTC, ETH, LINK" in found.stderr


def test_check_tells_what_would_run_and_what_is_wrong(it: OnAnvil, tmp_path: Path) -> None:
    venues = venue(it, "checked", [(-60, "20")])
    config = it.config("checked", [{"kind": "auctions"}], **publishers(it, venues))
    path = tmp_path / "checked.yaml"
    path.write_text(yaml.safe_dump(config))
    found = CliRunner().invoke(main, ["keeper", "check", "--config", str(path)])
    assert found.exit_code == 0, found.output
    assert "keeper auctions (auctions): BTC, ETH, AVAX, LINK; by main, whatever it costs" in found.output
    assert f"publisher p7: LINK; venues a; signs as {it.accounts[7]}" in found.output
    config["accounts"]["p7"] = {"key": "0x" + "11" * 32}
    config["accounts"]["main"] = {"key": "0x" + "12" * 32}
    config["web"]["port"] = free_port()
    path.write_text(yaml.safe_dump(config))
    found = CliRunner().invoke(main, ["keeper", "check", "--config", str(path)])
    assert found.exit_code == 1
    assert "has nothing to pay gas with" in found.output
    assert "is none of the publishers of" in found.output


def test_check_says_that_an_oracle_of_data_fees_is_none(it: OnAnvil, tmp_path: Path) -> None:
    config = it.config("data-fees", [{"kind": "auctions"}])
    config["chain"]["l1_fee"] = {"oracle": "0x420000000000000000000000000000000000000F"}
    config["chain"]["max_lag_blocks"] = 7
    path = tmp_path / "data-fees.yaml"
    path.write_text(yaml.safe_dump(config))
    found = CliRunner().invoke(main, ["keeper", "check", "--config", str(path)])
    assert found.exit_code == 1
    assert "chain.l1_fee.oracle: 0x420000000000000000000000000000000000000F tells no fee" in found.output


def test_how_far_an_endpoint_may_lag_is_a_setting(it: OnAnvil, tmp_path: Path) -> None:
    config = it.config("lagging", [{"kind": "auctions"}])
    for blocks in (3, 7):
        config["chain"]["max_lag_blocks"] = blocks
        config["web"] = None
        path = tmp_path / "lagging.yaml"
        path.write_text(yaml.safe_dump(config))
        parts = build(load_config(path))
        assert parts.rpc._max_lag == blocks
        parts.close()
