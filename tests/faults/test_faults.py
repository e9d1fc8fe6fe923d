"""One fault of each part is planted and found, of each file by night: the whole table is `make faults`."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from walras.devtools import faults
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.fault_table import FAULTS, Fault
from walras.devtools.faults import (
    AREAS,
    PART,
    FaultTableError,
    area_of,
    judges_of,
    known,
    mutant_of,
    occurrences,
    plant,
    store_of,
)
from walras.devtools.mutant_judge import EQUIVALENT, ERROR, KILLED, SURVIVED, Verdict

BY_NAME: Final = {fault.name: fault for fault in FAULTS}
SAMPLE: Final = {
    "bits.overwrite": 0,
    "price_tree.stale_read": 0,
    "level_queue.generation": 0,
    "clearing_history.ask_edge": 0,
    "auction.meet": 0,
    "order_layout.notional": 0,
    "market_layout.maps": 0,
    "book.cash_sign": 0,
    "refuse.one_reason": 0,
    "orders.best_not_kept": 0,
    "OrderbookV2.batch_only_reset": 0,
    "OrderbookViews.open_filled": 0,
    "OracleRouter.outdated_same": 0,
    "aggregate.upper_middle": 0,
    "oracle_layout.halted": 1,
    "price_history.outside": 0,
    "action_matrix.stale": 1,
    "ChainlinkSource.carried": "ChainlinkSource/test_read.py::test_answer_carried_over_from_an_earlier_round",
    "PythSource.confidence": "PythSource/test_read.py::test_units",
    "report_layout.time_lost": "SignedReports/test_read.py",
    "SignedReports.duplicate": "SignedReports/test_update.py",
    "tick_price.sign": "UniswapV3Source/test_tick_price.py",
    "UniswapV3Source.upside_down": "UniswapV3Source/test_read.py",
    "PerpEngine.unmargined": "PerpEngine/test_place.py",
    "EngineAccounts.deposit_free": 0,
    "EngineRelay.as_engine": "PerpEngine/test_multicall.py",
    "signatures.replay": "PerpEngine/test_signed.py",
    "parts.other_router": "PerpEngine/test_parts.py",
    "EngineSettings.rescale_old": "PerpEngine/test_governance.py",
    "EngineViews.ask_lots": 0,
    "ledger.fee_down": 0,
    "margin.fees_free": "PerpEngine/test_place.py",
    "clearing.runner_lost": "PerpEngine/test_run_auction.py",
    "auctioning.tip_free": "PerpEngine/test_run_auction.py",
    "EngineAuctions.no_value": "PerpEngine/test_update_and_run.py",
    "funding.owed_down": "PerpEngine/test_words.py",
    "mark.median": "PerpEngine/test_words.py",
    "operators.anybody": "PerpEngine/test_operators.py",
    "settling.untrimmed": "PerpEngine/test_trim.py",
    "account_words.basis_sign": 0,
    "market_words.sides": "PerpEngine/test_governance.py",
    "rounding.shift_down": "rounding",
    "InsuranceFund.never_void": "InsuranceFund/test_draw.py",
    "token.inexact_less": "InsuranceFund/test_token.py",
    "FeeDistributor.part_up": "FeeDistributor/test_distribute.py",
    "TriggerOrders.unripe": "TriggerOrders/test_execute.py",
    "conditions.turned": "TriggerOrders/test_execute.py",
    "shelf.refund_to_caller": "TriggerOrders/test_sweep.py",
    "trigger_words.lots_bits": "TriggerOrders/test_place.py",
    "Vault.deposit_low": "Vault/test_deposit.py",
    "requests.pending_unknown": "Vault/test_request.py",
    "shares.infinite_spent": "Vault/test_shares.py",
    "valuing.shares_up": "Vault/test_deposit.py",
    "vault_terms.fee_day": "Vault/test_settings.py",
    "quoting.skewed_up": "Vault/test_quotes.py",
    "sizing.lots_cost": "LiquidationEngine/test_liquidate.py",
    "liquidation_words.side_lost": "LiquidationEngine/test_collect.py",
    "planning.penalty_half": "LiquidationEngine/test_liquidate.py",
    "LiquidationEngine.not_held": "LiquidationEngine/test_liquidate.py",
    "LiquidationViews.plan_settled": "LiquidationEngine/test_liquidate.py",
    "stage.tip_of_all": "LiquidationEngine/test_collect.py",
    "deficits.held_first": "LiquidationEngine/test_resolve.py",
    "deleveraging.rests_unused": "LiquidationEngine/test_deleverage.py",
    "ranks.rank_ties": "LiquidationEngine/test_deleverage.py",
    "ending.early": "LiquidationEngine/test_settle.py",
    "checkpoints.later": "GovernanceToken/test_past.py",
    "GovernanceToken.from_votes": "GovernanceToken/test_transfer.py",
    "terms.quorum_now": "Governor/test_terms.py",
    "ballots.replay": "Governor/test_ballots.py",
    "actions.upper_value": "Governor/test_propose.py",
    "Governor.votes_now": "Governor/test_vote.py",
    "Timelock.executor": "Timelock/test_constructor.py",
    "Treasury.cancel_takes": "Treasury/test_streams.py",
    "Guardian.for_ever": "Guardian/test_guardian.py",
    "steps.of_after": "PerpEngine/test_steps.py",
    "ramping.maintenance_at_once": "PerpEngine/test_ramps.py",
}
"""A fault of each file, and the seed whose campaign finds it, or the unit tests that do."""
NIGHTLY: Final = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
BY_AREA: Final = {area_of(BY_NAME[name].path).name: name for name in reversed(SAMPLE)}
PLANTED: Final = sorted(SAMPLE if NIGHTLY else BY_AREA.values())
"""One of each part: to compile and hunt it takes most of a minute where the engine is concerned."""
STEPS: Final = 200


def hunt(campaign: str, seed: int, sources: Path) -> Any:
    """What one campaign of a seed finds in the sources of a folder; None where contract and model agree."""
    arguments = [
        "--seeds",
        f"{seed}:{seed + 1}",
        "--steps",
        str(STEPS),
        "--check-every",
        "5",
        "--seconds",
        "60",
    ]
    done = run(["-m", campaign, *arguments], sources)
    assert done.stdout.strip(), done.stderr
    return json.loads(done.stdout)["difference"]


def failed(tests: Sequence[str], sources: Path) -> str:
    """The first test that fails with the sources in a folder; empty where none does."""
    options = ["-q", "-x", "-p", "no:ape_test", "-p", "no:cacheprovider", "--tb=line"]
    done = run(["-m", "pytest", *options, *tests], sources)
    found = re.search(r"^FAILED (\S+)", done.stdout, re.MULTILINE)
    assert done.returncode == bool(found), done.stdout + done.stderr
    return found[1] if found else ""


def run(line: Sequence[str], sources: Path) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(prefix="walras-hypothesis-") as storage:
        changes = {"WALRAS_SOURCES": str(sources), "HYPOTHESIS_STORAGE_DIRECTORY": storage}
        return subprocess.run(
            [sys.executable, *line],
            cwd=PROJECT_ROOT,
            env={**os.environ, **changes},
            capture_output=True,
            text=True,
            check=False,
        )


def test_sample_has_every_file() -> None:
    files = {path.stem for path in (PROJECT_ROOT / "contracts").rglob("*.vy")}
    assert {BY_NAME[name].module for name in SAMPLE} == files


@pytest.mark.parametrize("name", PLANTED)
def test_planted_fault_is_found(name: str, tmp_path: Path) -> None:
    fault, by = BY_NAME[name], SAMPLE[name]
    plant(fault, tmp_path)
    if isinstance(by, int):
        assert hunt(area_of(fault.path).campaign, by, tmp_path)
    else:
        assert failed([f"tests/unit/{by}"], tmp_path)


@pytest.mark.parametrize(
    ("campaign", "seed"),
    sorted(
        {
            (area_of(BY_NAME[name].path).campaign, by)
            for name in PLANTED
            if isinstance(by := SAMPLE[name], int)
        }
    ),
)
def test_nothing_is_found_where_nothing_is_planted(campaign: str, seed: int) -> None:
    assert hunt(campaign, seed, PROJECT_ROOT) is None


# ---------------------------------------------------------------- areas


def test_every_file_is_in_an_area_with_tests() -> None:
    for path in (PROJECT_ROOT / "contracts").rglob("*.vy"):
        area = area_of(path.relative_to(PROJECT_ROOT).as_posix())
        assert area.tests
    for path in sorted({fault.path for fault in FAULTS}):
        assert all((PROJECT_ROOT / tests).exists() for tests in judges_of(path))


def test_areas_name_what_exists() -> None:
    assert [path for path in AREAS if not (PROJECT_ROOT / path).exists()] == []


def test_file_wins_over_its_folder() -> None:
    assert area_of("contracts/modules/oracle/tick_price.vy").contracts == ("UniswapV3Source",)
    assert area_of("contracts/modules/oracle/aggregate.vy").contracts == ("OracleRouter",)


def test_path_in_no_area_is_told(tmp_path: Path) -> None:
    fault = Fault("Nowhere.none", "contracts/Nowhere.vy", "x", "y", "")
    with pytest.raises(FaultTableError, match=re.escape("contracts/Nowhere.vy is in no area")):
        plant(fault, tmp_path)


# ---------------------------------------------------------------- the table


def test_the_page_has_the_marks_between_which_it_is_written() -> None:
    text = (PROJECT_ROOT / "docs" / "campaigns.md").read_text()
    assert text.index(PART.begin) < text.index(PART.end)


@pytest.mark.parametrize("path", sorted({fault.path for fault in FAULTS}))
def test_every_text_is_there_once(path: str) -> None:
    wrong = {fault.name: occurrences(fault) for fault in FAULTS if fault.path == path}
    assert {name: times for name, times in wrong.items() if times != 1} == {}


def test_every_file_has_four_faults() -> None:
    counts = Counter(fault.path for fault in FAULTS)
    paths = {path.relative_to(PROJECT_ROOT).as_posix() for path in (PROJECT_ROOT / "contracts").rglob("*.vy")}
    assert set(counts) == paths
    assert min(counts.values()) >= 4


def test_names_are_unique_and_edits_are_edits_of_one_line() -> None:
    assert len(BY_NAME) == len(FAULTS)
    assert all(fault.old != fault.new and "\n" not in fault.old + fault.new for fault in FAULTS)


def test_text_that_is_not_there_is_told(tmp_path: Path) -> None:
    fault = Fault("bits.none", "contracts/modules/bits.vy", "if x >= 2**333:", "", "")
    with pytest.raises(FaultTableError, match=re.escape("'if x >= 2**333:' is not found")):
        plant(fault, tmp_path)


def test_text_that_is_there_twice_is_told(tmp_path: Path) -> None:
    fault = Fault("bits.twice", "contracts/modules/bits.vy", "if x >= 2**", "if x > 2**", "")
    with pytest.raises(FaultTableError, match="is found 7 times"):
        plant(fault, tmp_path)


def test_fault_that_changes_nothing_is_told(tmp_path: Path) -> None:
    fault = Fault("bits.same", "contracts/modules/bits.vy", "if x >= 2**4:", "if x >= 16:", "")
    with pytest.raises(FaultTableError, match="the fault is none"):
        plant(fault, tmp_path)


def test_fault_that_does_not_compile_is_told(tmp_path: Path) -> None:
    fault = Fault("bits.broken", "contracts/modules/bits.vy", "if x >= 2**4:", "if y:", "")
    with pytest.raises(FaultTableError, match="does not compile"):
        plant(fault, tmp_path)


# ---------------------------------------------------------------- the report


NIBBLE: Final = BY_NAME["bits.nibble"]
HALVES: Final = BY_NAME["bits.halves"]


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page of its own, and no verdicts."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{PART.begin}\nold\n{PART.end}\nafter\n")
    for name, value in {"PAGE": page, "KEPT": tmp_path / "kept.jsonl", "_STORE": tmp_path}.items():
        monkeypatch.setattr(faults, name, value)
    monkeypatch.setattr(faults, "FAULTS", (NIBBLE, HALVES, BY_NAME["refuse.one_reason"]))
    return page


def say(fault: Fault, kind: str, by: str = "") -> None:
    store_of(fault.path).add(mutant_of(fault), Verdict(kind, by))


def test_report_tells_what_was_found_by_what_and_what_was_not(page: Path, tmp_path: Path) -> None:
    say(NIBBLE, KILLED, "stories: inv_02_x")
    say(HALVES, SURVIVED)
    assert faults.main(["--report"]) == 0
    text = page.read_text()
    assert text.startswith(
        f"before\n{PART.begin}\n"
        "2 of 3 faults judged: 1 found by stories, 0 by tests, 1 not found.\n\n| Source |"
    )
    assert text.endswith(f"{PART.end}\nafter\n")
    assert "old" not in text
    assert "| `contracts/modules/bits.vy` | 2 | 2 | 1 | 0 | 1 |" in text
    assert f"- `bits.halves`, {HALVES.why}: survived\n" in text
    assert "| `contracts/modules/refuse.vy` | 1 | 0 | 0 | 0 | 0 |" in text
    own = tmp_path / "contracts.modules.bits.vy.jsonl"
    own.unlink()  # what the page tells is known all the same
    assert [one.is_found for one in known([NIBBLE, HALVES])] == [True, False]


def test_what_a_fault_puts_there_is_part_of_its_name(page: Path) -> None:
    say(NIBBLE, KILLED)
    other = Fault(NIBBLE.name, NIBBLE.path, NIBBLE.old, f"{NIBBLE.new} ", NIBBLE.why)
    assert [one.verdict is None for one in known([NIBBLE, other])] == [False, True]


@pytest.mark.parametrize(
    ("kind", "status", "told"),
    [
        (KILLED, 0, "1 of 1 faults judged: 0 found by stories, 1 by tests, none is left"),
        (SURVIVED, 1, f"bits.nibble: {NIBBLE.why}: survived"),
        (EQUIVALENT, 1, f"bits.nibble: {NIBBLE.why}: equivalent"),
    ],
)
def test_what_is_not_found_fails_the_run(
    page: Path, kind: str, status: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    say(NIBBLE, kind)
    assert faults.main(["--only", NIBBLE.name]) == status
    assert told in capsys.readouterr().out


def test_only_what_is_not_known_is_judged(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def judge(cases: Sequence[Any], *_: object) -> int:
        asked.extend(case.mutant.operator for case in cases)
        return 1

    monkeypatch.setattr(faults, "judge_and_keep", judge)
    say(NIBBLE, KILLED)
    say(HALVES, ERROR)
    assert faults.main(["--module", "bits"]) == 1
    assert asked == ["halves"]
    assert faults.main(["--module", "bits", "--anew"]) == 1
    assert asked[1:] == ["nibble", "halves"]
    assert capsys.readouterr().out.startswith("1 faults of 1 sources\n")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (["--only", "bits.nothing"], "no fault is called bits.nothing: --list names them"),
        (["--only", "bits.halves", "--only", "nothing"], "no fault is called nothing"),
        (["--module", "nowhere"], "no module with faults is called nowhere"),
        (["--only", "bits.halves", "--module", "price_tree"], "no fault is of both --only and --module"),
        (["--only", "bits.halves", "--report"], "--report writes of all faults"),
        (["--module", "bits", "--report"], "--report writes of all faults"),
        (["--minutes", "0"], "'0' is no number of minutes above 0"),
    ],
)
def test_bad_lines_are_told(line: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        faults.main(line)
    assert why in capsys.readouterr().err
