"""The auditors' suite: every invariant of the whole exchange, by stories of fixed seeds; that it bites."""

from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from walras.audit import __main__ as explained
from walras.audit import runner
from walras.audit.__main__ import main
from walras.audit.actions import KINDS
from walras.audit.backends import BoaChain, Differs, compare
from walras.audit.bite import hunt, plant
from walras.audit.bite import main as hunt_all
from walras.audit.laws import LAWS
from walras.audit.planted import PLANTED, Planted
from walras.audit.run import Broken, Run, law
from walras.audit.runner import Options, Report, broken_by, run, shrink, tell, told
from walras.audit.system import System
from walras.audit.world import World
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.fault_table.fault import Fault

NUMBERS = list(range(1, 51))


def planted(number: int) -> Planted:
    """The fault of an invariant."""
    return next(one for one in PLANTED if one.number == number)


def test_stories_break_no_invariant_and_ask_every_one() -> None:
    report = run(Options(seed=0, steps=9_000))
    assert report.failure is None, report.failure.what
    assert sorted({int(name.split("_")[1]) for name in report.checks}) == NUMBERS


def test_every_invariant_has_checks_and_each_check_a_planted_bug() -> None:
    assert sorted({one.number for one in LAWS}) == NUMBERS
    assert sorted(one.check for one in PLANTED) == sorted(one.name for one in LAWS)
    assert [one.number for one in PLANTED] == sorted(one.number for one in PLANTED)


@pytest.mark.parametrize("one", PLANTED, ids=lambda one: one.fault.name)
def test_planted_text_is_there_once(one: Planted) -> None:
    assert (PROJECT_ROOT / one.fault.path).read_text().count(one.fault.old) == 1


def test_the_same_seed_tells_the_same_story() -> None:
    first, second = (run(Options(seed=11, steps=600)) for _ in range(2))
    assert first.outcomes == second.outcomes
    assert first.outcomes != run(Options(seed=12, steps=600)).outcomes


@pytest.mark.parametrize("one", PLANTED[::9], ids=lambda one: one.check)
def test_a_planted_bug_is_found(one: Planted) -> None:
    """A sample: all of them are `make invariants-bite`."""
    assert hunt(one, steps=60_000, minutes=20, seed=0).law == one.check


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    same = Fault("inv_49", planted(49).fault.path, planted(49).fault.old, planted(49).fault.old, "nothing")
    found = hunt(Planted(planted(49).check, same), steps=3_000, minutes=20, seed=0)
    assert found.law == ""
    assert found.steps >= 3_000


def test_a_story_is_cut_down_and_told_again(tmp_path: Path) -> None:
    sources = plant(planted(1), tmp_path)
    report = run(Options(seed=0, steps=5_000, only=("inv_01",), sources=sources))
    failure = report.failure
    assert failure is not None
    system = System(failure.decimals, sources)
    system.live_in()
    world = World(system)
    steps = shrink(world, failure)
    assert len(steps) <= 3 < len(failure.steps)
    broken, rows = broken_by(world, steps, ("inv_01",), failure.number)
    assert isinstance(broken, Broken)
    assert broken.law == failure.law
    assert len(rows) == len(steps)
    table, python = told(failure, steps, sources)
    assert "BREAKS THE LAW" in table
    names: dict[str, object] = {}
    exec(compile(python, "story", "exec"), names)
    assert names["STEPS"] == steps


@pytest.mark.parametrize(("backend", "steps"), [("anvil", 120), ("titanoboa", 25)])
def test_other_evms_agree(backend: str, steps: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--backend", backend, "--steps", str(steps), "--seed", "6"]) == 0
    assert f"{steps} steps on pyrevm and {backend}: the same" in capsys.readouterr().out


def test_chains_that_do_not_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    told = BoaChain.logs
    monkeypatch.setattr(BoaChain, "logs", lambda chain: told(chain)[1:])
    with pytest.raises(Differs, match="other logs"):
        compare("titanoboa", seed=6, steps=10)


def test_a_failure_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = next(one for one in LAWS if one.name == "inv_01_custody")

    def never(run: Run) -> None:
        assert run.step.kind != "sync", "somebody was settled"

    laws = [replace(broken, check=never) if one is broken else one for one in LAWS]
    for module in (runner, explained):
        monkeypatch.setattr(module, "LAWS", laws)
    monkeypatch.setattr(explained, "PROJECT_ROOT", tmp_path)
    assert main(["--only", "inv_01", "--steps", "600", "--jobs", "1", "--seed", "3"]) == 1
    said = capsys.readouterr().out
    assert "inv_01_custody: somebody was settled" in said
    assert "cut down to 1:" in said
    (story,) = (tmp_path / ".cache" / "audit").iterdir()
    assert "kind='sync'" in story.read_text() or "Step('sync'" in story.read_text()


def test_a_failure_of_a_rhythm_is_told_with_its_rhythm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A check that fails where it is not asked after each step: the printed Python breaks nothing."""
    broken = next(one for one in LAWS if one.name == "inv_33_depth")

    def once(run: Run) -> None:
        assert run.memory.setdefault("asked at", run.number) >= run.number - 1, "it was asked later"

    laws = [replace(broken, check=once) if one is broken else one for one in LAWS]
    for module in (runner, explained):
        monkeypatch.setattr(module, "LAWS", laws)
    monkeypatch.setattr(explained, "PROJECT_ROOT", tmp_path)
    line = ["--only", "inv_33", "--steps", "1", "--jobs", "1", "--seed", "3", "--length", "599"]
    assert main([*line, "--profile", "crash"]) == 1
    said = capsys.readouterr().out
    again = "--seed 3 --steps 1 --jobs 1 --length 599 --profile crash --only inv_33"
    assert f"python -m walras.audit {again}" in said
    assert main(again.split()) == 1


def test_what_never_was_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "inv_17", "--length", "5", "--steps", "1", "--jobs", "1"]) == 0
    said = capsys.readouterr().out
    assert "never asked: inv_17_ratio_does_not_fall" in said
    (never,) = [line for line in said.splitlines() if line.startswith("never done: ")]
    assert {"settle", "end", "deleverage"} < set(never.removeprefix("never done: ").split(", "))


def test_kinds_of_steps_are_known() -> None:
    assert {kind for kind, _ in run(Options(seed=5, steps=3_000, only=("inv_01",))).outcomes} <= KINDS


def test_too_many_jobs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--jobs", "65"]) == 2
    assert capsys.readouterr().err == "error: --jobs 65 is more than 64\n"


def test_without_an_anvil(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["--backend", "anvil", "--steps", "5"]) == 2
    assert capsys.readouterr().err.startswith("error: anvil is not on PATH")


def test_a_name_that_is_no_invariant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "inv_51", "--steps", "1"]) == 2
    for name in ("inv_17_nosuch", "²", "inv_", "17x"):
        assert main(["--only", name, "--steps", "1"]) == 2
    for option in (["--only", "inv_17"], ["--model"], ["--jobs", "2"], ["--keep-going"]):
        assert main(["--backend", "anvil", *option]) == 2
    assert "inv_51" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    ["--steps -5", "--steps 0", "--length 0", "--jobs -1", "--minutes 0", "--minutes nan", "--steps many"],
)
def test_a_run_of_nothing_is_refused(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    option, value = line.split()
    with pytest.raises(SystemExit) as ended:
        main([option, value])
    assert ended.value.code == 2
    assert f"argument {option}: {value!r} is no number of" in capsys.readouterr().err


def test_steps_end_a_run_that_has_minutes_too() -> None:
    assert run(Options(seed=0, steps=600, minutes=60.0, only=("inv_01",))).steps == 600


def test_minutes_end_a_run_that_has_steps_too() -> None:
    report = run(Options(seed=0, steps=10**9, minutes=0.01, only=("inv_01",)))
    assert 0 < report.steps < 10**6


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("--only foo", "no invariant is called foo: they are inv_01 to inv_50"),
        ("--only inv_51", "no invariant is called inv_51: they are inv_01 to inv_50"),
        ("--only inv_01 --report docs/assurance.md", "leave out --only"),
        ("--model --report docs/assurance.md", "leave out --model"),
        ("--steps 0", "'0' is no number of 1 or more"),
    ],
)
def test_what_cannot_be_hunted(line: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = (PROJECT_ROOT / "docs" / "assurance.md").read_bytes()
    with pytest.raises(SystemExit) as ended:
        hunt_all(line.split())
    assert ended.value.code == 2
    assert word in capsys.readouterr().err
    assert (PROJECT_ROOT / "docs" / "assurance.md").read_bytes() == before


def test_no_law_leaves_out_what_it_picks() -> None:
    """By the step's number: each 193 steps one of two was always the same one."""
    with pytest.raises(ValueError, match="some are never looked at"):
        law(31, "One of two markets.", every=192, picks=2)


def count(asked: Counter[str], name: str, _: Run) -> None:
    """A check that only counts."""
    asked[name] += 1


def test_checks_are_counted_where_they_are_asked() -> None:
    """Not where a step of their kind went through without an event that they hear."""
    asked: Counter[str] = Counter()
    laws = [replace(one, check=partial(count, asked, one.name)) for one in LAWS]
    report, system = Report(), System(6)
    system.live_in()
    tell(World(system), 3, "crash", laws, 600, report)
    assert report.checks == asked
    assert asked["inv_20_deficits_are_borne"] < asked["inv_16_only_below_margin"]


def test_one_invariant_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "inv_17", "--steps", "1200", "--jobs", "1", "--profile", "crash"]) == 0
    assert "of 1 invariants" in capsys.readouterr().out


def test_the_list_of_checks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(LAWS) + 1
    assert lines[-1].startswith("model ")
    assert all(f"inv_{number:02}" in "\n".join(lines) for number in NUMBERS)
