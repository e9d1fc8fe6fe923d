"""The demo as its user has it: a short window of one market, twice with a seed, once with another."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from walras.devtools.compiler import PROJECT_ROOT

WINDOW = ("--market", "LINK", "--from", "21:13:20", "--to", "21:15:20", "--traders", "24", "--headless")


def command(*words: str) -> list[str]:
    """As `make demo` calls it."""
    return [sys.executable, "-m", "walras.demo", *words]


def start(out: Path, *words: str) -> "subprocess.Popen[str]":
    """A run into a folder."""
    return subprocess.Popen(
        command(*WINDOW, "--out", str(out), *words),
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def figures(out: Path) -> dict[str, Any]:
    """Of the only run of a folder, without what only its machine had."""
    (file,) = out.glob("*/figures.json")
    found: dict[str, Any] = json.loads(file.read_text())
    assert found.pop("machine")
    return found


def test_the_same_seed_gives_the_same_report(tmp_path: Path) -> None:
    """Money is where it should be in each; another seed gives another one."""
    outs = [tmp_path / name for name in ("first", "second", "other")]
    runs = [start(out, "--seed", seed) for out, seed in zip(outs, ("5", "5", "6"), strict=True)]
    said = [run.communicate(timeout=300)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], said
    assert all("money reconciled: difference 0" in text for text in said)

    first, second, other = (figures(out) for out in outs)
    assert first == second
    assert first["markets"] != other["markets"]
    assert first["reconciliation"]["difference"] == 0
    assert first["headline"]["orders"] > 40
    assert first["headline"]["auctions_traded"] > 5
    assert first["headline"]["traders"] == 24
    assert next(one for one in first["keepers"] if one["name"] == "auctions")["transactions"] > 10
    for out in outs:
        (page,) = out.glob("*/report.html")
        assert "http://" not in page.read_text().replace("http://www.w3.org", "")


def test_ctrl_c_leaves_nothing_running(tmp_path: Path) -> None:
    """Neither chain nor keepers."""
    run = start(tmp_path, "--traders", "10", "--speed", "1")
    assert run.stdout
    for line in run.stdout:
        if "20:4" in line or "21:1" in line:  # the window has begun
            break
    started = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    commands = [command_line(process) for process in started]
    assert sorted("anvil" in words for words in commands) == [False, False, True], commands
    assert sum("keeper run" in words for words in commands) == 2
    run.send_signal(signal.SIGINT)
    rest = run.stdout.read()
    assert run.wait(60) == 130, rest
    assert "interrupted: chain and keepers are ended" in rest
    assert not any(command_line(process) for process in started)


def command_line(process: str) -> str:
    """Of a process; nothing where it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--market", "DOGE"), "no tape of DOGE; there are AVAX, BTC, ETH, LINK"),
        (("--from", "25:00"), "--from: '25:00' is neither HH:MM"),
        (("--from", "21:00", "--to", "20:00"), "--to: at least 60 s after --from"),
        (("--traders", "3"), "--traders: from 10 to 5000, not 3"),
        (("--data", "nowhere"), "nowhere: there is no such folder"),
        (("--rpc", "http://127.0.0.1:9"), "nothing answers at http://127.0.0.1:9"),
    ],
)
def test_what_cannot_be_run_is_said(tmp_path: Path, words: tuple[str, ...], why: str) -> None:
    found = subprocess.run(
        command("--headless", "--out", str(tmp_path), *words),
        cwd=PROJECT_ROOT,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert found.returncode != 0
    assert why in found.stderr


def test_keepers_that_die_are_started_again_once(tmp_path: Path) -> None:
    """The run goes on, and nothing is lost; the second time it ends, and says where to look."""
    run = start(tmp_path, "--seed", "5")
    assert run.stdout
    said = ""
    for line in run.stdout:
        said += line
        if "orders 0" in line:  # the first line of the window
            break
    (prices,) = (
        process
        for process in Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
        if "prices.yaml" in command_line(process)
    )
    os.kill(int(prices), signal.SIGKILL)
    said += run.stdout.read()
    assert run.wait(120) == 0, said
    assert "keepers: prices ended with -9 and is started again: see" in said
    assert "keepers were started again: " in said
    assert "money reconciled: difference 0" in said
