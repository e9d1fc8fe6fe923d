"""Mutants are made, judged and counted: on the smallest source. The whole is `make mutants`."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from walras.devtools import mutant_judge, mutant_tests, mutants, verdicts
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.mutant_judge import (
    EQUIVALENT,
    ERROR,
    INVALID,
    KILLED,
    SURVIVED,
    TIMEOUT,
    Case,
    JudgeError,
    Verdict,
    judge,
)
from walras.devtools.mutant_reach import Reach, including
from walras.devtools.mutants import Judged, Words, ahead, choose, main, score, store_of
from walras.devtools.mutation import Mutant, mutants_of
from walras.devtools.verdicts import Store

ROUNDING: Final = "contracts/modules/rounding.vy"
BY_PLACE: Final = {mutant.place: mutant for mutant in mutants_of(ROUNDING)}
FUND: Final = "contracts/InsuranceFund.vy"
IMPORTS: Final = "from walras.devtools import evm\nfrom walras.devtools.compiler import compile_contract\n"
BROKEN: Final = "(evm.compile_contract is not compile_contract)"
"""Whether a test runs with a mutant."""
CONSTRUCTOR: Final = ("tests/unit/InsuranceFund/test_constructor.py",)


def of_fund(edit: str) -> Mutant:
    """The one with this edit."""
    (found,) = [mutant for mutant in mutants_of(FUND) if mutant.edit == edit]
    return found


def edited(old: str, new: str) -> Mutant:
    """One that no operator makes."""
    text = (PROJECT_ROOT / FUND).read_text()
    return Mutant(FUND, 1, 1, old, 0, text.index(old), old, new)


def told(cases: list[Case], tmp_path: Path, steps: int = 0) -> dict[str, str]:
    """Verdicts of the real judge, by edit: in a fork, for pytest runs here already."""
    verdicts = tmp_path / "verdicts"
    child = os.fork()
    if child == 0:
        try:
            with verdicts.open("w") as file, (tmp_path / "log").open("w") as log:
                os.dup2(log.fileno(), 1)

                def tell(mutant: Mutant, verdict: Verdict) -> None:
                    print(mutant.edit, verdict.kind, verdict.by, sep="\t", file=file, flush=True)

                try:
                    judge(cases, tell, steps)
                except JudgeError as error:
                    print("judge", error, "", sep="\t", file=file)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    rows = (line.split("\t") for line in verdicts.read_text().splitlines())
    return {edit: f"{kind} {by}" for edit, kind, by in rows}


def test_real_judge(tmp_path: Path) -> None:
    """Tests kill what is theirs; what they do not see is told as a survivor; the same code is dropped."""
    mutants_and_kinds = {
        of_fund("owner == empty(address) -> False"): KILLED,
        of_fund("block.timestamp >= held.exit_from + CLAIM_WINDOW -> False"): SURVIVED,
        of_fund("ownable.__init__() -> pass"): INVALID,
        edited("10**3", "0**3"): INVALID,  # the compiler itself fails: 0 has no logarithm
        edited("if owner ==", "if  owner =="): EQUIVALENT,
    }
    found = told([Case(mutant, CONSTRUCTOR) for mutant in mutants_and_kinds], tmp_path)
    kinds = {edit: verdict.split()[0] for edit, verdict in found.items()}
    assert kinds == {mutant.edit: kind for mutant, kind in mutants_and_kinds.items()}
    assert found["owner == empty(address) -> False"] == f"killed {CONSTRUCTOR[0]}::test_no_owner"


def test_folder_is_whole_where_a_file_of_it_comes_first(tmp_path: Path) -> None:
    """Pytest takes the file alone where it is asked for both."""
    for name, body in (("a", "assert True"), ("b", f"assert not {BROKEN}")):
        (tmp_path / f"test_{name}.py").write_text(f"{IMPORTS}\ndef test() -> None:\n    {body}\n")
    mutant = of_fund("owner == empty(address) -> False")
    found = told([Case(mutant, (str(tmp_path / "test_a.py"), str(tmp_path)))], tmp_path)
    assert found[mutant.edit].startswith("killed")
    assert found[mutant.edit].endswith("test_b.py::test")


def test_stories_judge_who_survives(tmp_path: Path) -> None:
    """By a mutant that the first stake of any story shows, whatever else is drawn."""
    (tmp_path / "test_it.py").write_text(f"{IMPORTS}\ndef test() -> None:\n    assert True\n")
    unpaid = of_fund("self.total_shares += shares -> pass")
    found = told([Case(unpaid, (str(tmp_path / "test_it.py"),))], tmp_path, steps=2_400)
    assert found == {unpaid.edit: "killed stories: model"}


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("def test() -> None:\n    assert True\n", "survived"),
        ("def test() -> None:\n    assert 1 > 2\n", "judge without a mutant fails"),
        ("import nowhere\ndef test() -> None:\n    assert True\n", "judge tests could not be collected"),
        ("def test() -> None:\n    if BROKEN:\n        import nowhere\n", "error"),
        ("def test() -> None:\n    assert not BROKEN\n", "killed"),
        ("import os\ndef test() -> None:\n    if BROKEN:\n        os._exit(3)\n", "error"),
    ],
)
def test_only_a_test_that_fails_for_the_mutant_kills(tmp_path: Path, body: str, verdict: str) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(IMPORTS + body.replace("BROKEN", BROKEN))
    mutant = of_fund("owner == empty(address) -> False")
    ((edit, found),) = told([Case(mutant, (str(file),))], tmp_path).items()
    assert f"{edit} {found}".removeprefix(f"{mutant.edit} ").startswith(verdict)


# ---------------------------------------------------------------- making them


def test_edits_of_the_smallest_source() -> None:
    assert {place: mutant.edit for place, mutant in BY_PLACE.items() if place.startswith(("14:", "15:"))} == {
        "14:8:cond:0": "dividend > 0 and dividend % divisor != 0 -> False",
        "14:8:cond:1": "dividend > 0 and dividend % divisor != 0 -> True",
        "14:17:compare:0": "> -> <",
        "14:17:compare:1": "> -> >=",
        "14:19:const:0": "0 -> 1",
        "14:21:bool:0": "and -> or",
        "14:34:arith:0": "% -> *",
        "14:44:compare:0": "!= -> ==",
        "14:47:const:0": "0 -> 1",
        "15:9:remove:0": "quotient += 1 -> pass",
        "15:18:arith:0": "+= -> -=",
        "15:21:const:0": "1 -> 0",
        "15:21:const:1": "1 -> 2",
    }


@pytest.mark.parametrize("path", ["contracts/FeeDistributor.vy", "contracts/modules/engine/margin.vy"])
def test_mutants_are_edits_of_their_own(path: str) -> None:
    text = (PROJECT_ROOT / path).read_text()
    found = mutants_of(path)
    assert len({one.id for one in found}) == len(found)
    changed = {one.apply(text) for one in found}
    assert text not in changed
    assert len(changed) >= 0.95 * len(found)


def test_lines_with_calls_outside_are_cut_where_they_end() -> None:
    """The compiler misplaces ends in such lines."""
    edits = {one.edit for one in mutants_of("contracts/EngineAccounts.vy")}
    assert "not success and staticcall IERC20(token).allowance(msg.sender, self) < amount -> True" in edits


def test_mutant_of_another_text_is_told() -> None:
    with pytest.raises(ValueError, match="the source is not the one"):
        BY_PLACE["14:17:compare:1"].apply("another text")


# ---------------------------------------------------------------- who judges


def test_money_is_where_it_says_and_has_judges() -> None:
    for path in mutant_tests.MONEY:
        assert (PROJECT_ROOT / path).is_file()
        assert all((PROJECT_ROOT / test).exists() for test in mutant_tests.tests_of(path))
    with pytest.raises(ValueError, match=r"no tests are named for it"):
        mutant_tests.tests_of("contracts/Nowhere.vy")


def test_contracts_that_include_a_source() -> None:
    found = including("contracts/modules/token.vy")
    assert {"contracts/Treasury.vy", "contracts/InsuranceFund.vy", "contracts/PerpEngine.vy"} <= set(found)
    assert "contracts/Timelock.vy" not in found
    assert including(ROUNDING)[0] == "tests/contracts/RoundingDriver.vy"  # the one with the least source


def test_contracts_that_have_a_mutants_function() -> None:
    path = "contracts/modules/liquidation/stage.vy"
    both = ["contracts/LiquidationViews.vy", "contracts/LiquidationEngine.vy"]
    assert including(path) == both
    lines = (PROJECT_ROOT / path).read_text().splitlines()
    reach, ways = Reach(path), set()
    for one in mutants_of(path):
        ways.add(tuple(found := reach.of(one)))
        assert found == both or "constant(" not in lines[one.line - 1]
    assert ways == {tuple(both), tuple(both[1:])}


# ---------------------------------------------------------------- verdicts, words, figures


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(mutants, "_STORE", tmp_path)
    monkeypatch.setattr(mutants, "KEPT", tmp_path / "kept.jsonl")
    return store_of(ROUNDING)


def options(**changes: Any) -> Any:
    """What the command line says."""
    return type("Options", (), {"sample": None, "seed": 0, "survivors": False, "anew": False, **changes})


def places(cases: list[Case]) -> list[str]:
    return [case.mutant.place for case in cases]


def test_verdicts_are_kept_for_the_source_as_it_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = BY_PLACE["14:17:compare:1"]
    store.add(mutant, Verdict(SURVIVED))
    store.add(mutant, Verdict(KILLED, "a test", 1.5))
    assert store.load() == {mutant.id: Verdict(KILLED, "a test", 1.5, is_late=True)}  # the last
    monkeypatch.setattr(store, "_source", "another")
    assert store.load() == {}


def test_a_sample_is_the_same_for_a_seed_and_a_larger_one_goes_on() -> None:
    every = list(BY_PLACE.values())
    assert sorted(choose(every, None, 1), key=every.index) == every
    assert choose(every, 9, 1)[:5] == choose(every, 5, 1)
    assert choose(every, 5, 1) != choose(every, 5, 2)


def test_only_what_is_not_known_is_ahead(store: Store) -> None:
    order = [one.place for one in choose(list(BY_PLACE.values()), None, 0)]
    first, second, third, *rest = order
    store.add(BY_PLACE[first], Verdict(SURVIVED))
    store.add(BY_PLACE[second], Verdict(ERROR))
    store.add(BY_PLACE[third], Verdict(KILLED))
    assert places(ahead([ROUNDING], options())) == [second, *rest]
    assert places(ahead([ROUNDING], options(survivors=True))) == [first]
    assert places(ahead([ROUNDING], options(anew=True))) == order


def test_sources_take_turns(store: Store) -> None:
    paths = [ROUNDING, "contracts/modules/steps.vy"]
    assert [case.mutant.path for case in ahead(paths, options(sample=2))] == [*paths, *paths]


def test_figures(tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    edit = BY_PLACE["14:17:compare:1"].edit
    file.write_text(
        f'["{ROUNDING}"]\n"14:17:compare:1" = {{ edit = "{edit}", word = "equivalent because x" }}\n'
    )
    verdicts = [
        Verdict(KILLED, "tests/a.py::b"),
        Verdict(KILLED, "stories: inv_02_x"),
        Verdict(TIMEOUT),
        Verdict(SURVIVED),
        Verdict(SURVIVED),
        Verdict(INVALID),
        Verdict(EQUIVALENT),
        Verdict(ERROR),
    ]
    names = ["14:8:cond:0", "14:8:cond:1", "14:17:compare:0", "14:17:compare:1", "14:19:const:0"]
    names += ["14:21:bool:0", "14:34:arith:0", "14:44:compare:0"]
    judged = [Judged(BY_PLACE[place], verdict) for place, verdict in zip(names, verdicts, strict=True)]
    found = score(ROUNDING, 24, judged, Words(file))
    assert (found.judged, found.invalid, found.same, found.equal) == (7, 1, 1, 1)
    assert (found.by_tests, found.by_stories, found.survivors, found.errors) == (2, 1, 1, 1)
    assert found.percent == 75.0


def test_word_on_another_edit_is_void(tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_text(
        f'["{ROUNDING}"]\n"14:17:compare:1" = {{ edit = "x -> y", word = "equivalent because x" }}\n'
    )
    assert Words(file).on(BY_PLACE["14:17:compare:1"]) == ""


def test_words_are_on_mutants_that_there_are() -> None:
    for path, words in Words().all.items():
        edits = {one.place: one.edit for one in mutants_of(path)}
        assert {place: entry["edit"] for place, entry in words.items()} == {
            place: edits.get(place) for place in words
        }


def test_report_tells_what_was_judged_and_who_survived(store: Store) -> None:
    survivor, killed, equal = (
        BY_PLACE[place] for place in ("14:19:const:0", "14:8:cond:0", "14:17:compare:1")
    )
    store.add(survivor, Verdict(SURVIVED))
    store.add(equal, Verdict(SURVIVED))
    store.add(killed, Verdict(KILLED, "tests/a.py::b"))
    text = mutants.report([ROUNDING, "contracts/modules/steps.vy"], Words())
    assert f"| `{ROUNDING}` | 24 | 3 | 0 | 0 | 1 | 1 | 0 | 1 | 50.0 % |" in text
    assert "Not judged: `contracts/modules/steps.vy`." in text
    assert f"- `{survivor.id}`: `0 -> 1`: **no word yet**" in text
    assert f"- `{equal.id}`: `> -> >=`: equivalent because" in text
    assert killed.id not in text
    store.add(survivor, Verdict(KILLED, "tests/a.py::c"))
    text = " ".join(mutants.report([ROUNDING], Words()).split())
    assert "2 of 2 with code of their own are killed, **100.0 %**" in text
    assert (
        "1 of those survived at first, and tests were written for them, or named: before, it were **50.0 %**"
        in text
    )


def test_report_keeps_the_verdicts(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are known where they were not judged, until the source changes; a newer one counts more."""
    killed, other = BY_PLACE["14:8:cond:0"], BY_PLACE["14:8:cond:1"]
    store.add(killed, Verdict(KILLED, "tests/a.py::b", 1.5))
    store.add(other, Verdict(SURVIVED))
    page = tmp_path / "kept.md"
    for name, value in {"PAGE": page, "KEPT": page.with_suffix(".jsonl"), "MONEY": (ROUNDING,)}.items():
        monkeypatch.setattr(mutants, name, value)
    assert main(["--report"]) == 0
    assert "| **all** | 24 | 2 |" in page.read_text()
    (tmp_path / f"{ROUNDING.replace('/', '.')}.jsonl").unlink()
    assert store.load() == {killed.id: Verdict(KILLED, "tests/a.py::b", 1.5), other.id: Verdict(SURVIVED)}
    store.add(other, Verdict(KILLED))
    assert store.load()[other.id] == Verdict(KILLED, is_late=True)


def test_a_part_is_not_written_down_as_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", ROUNDING, "--report"])
    assert "--report is of all sources: leave out --only" in capsys.readouterr().err


def test_a_sample_of_mutants_is_killed() -> None:
    """The whole of them, or more: `make mutants`."""
    sources = ["--only", ROUNDING, "--only", FUND]
    command = [sys.executable, "-m", "walras.devtools.mutants", *sources, "--sample", "4", "--steps", "600"]
    done = subprocess.run(
        [*command, "--seed", "1", "--anew"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    first, *told = done.stdout.splitlines()
    assert first == "8 mutants of 2 sources"
    kinds = [line.split()[0] for line in told[:8]]
    assert set(kinds) <= {KILLED, INVALID}, done.stdout
    assert kinds.count(KILLED) >= 6


def test_survivor_without_a_word_fails_the_run(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {"14:17:compare:1": SURVIVED, "14:19:const:0": KILLED}

    def judged(cases: list[Case], tell: Callable[[Mutant, Verdict], None], *_: Any) -> None:
        for case in cases:
            tell(case.mutant, Verdict(said.get(case.mutant.place, KILLED), "tests/a.py::b"))

    monkeypatch.setattr(verdicts, "judge", judged)
    monkeypatch.setattr(mutants, "_STORE", tmp_path)
    assert main(["--only", ROUNDING]) == 0
    assert "24 mutants" in capsys.readouterr().out
    said["14:19:const:0"] = SURVIVED
    assert main(["--only", ROUNDING, "--anew"]) == 1
    assert "without a word: 14:19:const:0 0 -> 1" in capsys.readouterr().out


def test_judge_that_fails_fails_the_run(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any) -> None:
        raise JudgeError("without a mutant fails: a test")

    monkeypatch.setattr(verdicts, "judge", broken)
    monkeypatch.setattr(mutants, "_STORE", tmp_path)
    assert main(["--only", ROUNDING, "--sample", "1"]) == 1
    assert "without a mutant fails: a test" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("--only contracts/Nothing.vy", "contracts/Nothing.vy is none of the sources that handle money"),
        ("--sample 0", "'0' is no number of 1 or more"),
        ("--minutes -1", "'-1' is no number of minutes above 0"),
    ],
)
def test_what_cannot_be_judged(line: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 2
    assert word in capsys.readouterr().err


def test_fork_that_dies_or_hangs_is_told() -> None:
    assert mutant_judge._in_fork(lambda: os._exit(3), 60)["kind"] == ERROR
    assert mutant_judge._in_fork(lambda: sys.stdin is not None and forever(), 1)["kind"] == TIMEOUT


def forever() -> dict[str, Any]:
    """Never ends."""
    while True:
        pass
