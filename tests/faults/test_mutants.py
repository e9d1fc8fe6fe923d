"""Mutants are made, judged and counted: on the smallest source. The whole is `make mutants`."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from walras.devtools import mutants
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.faults import area_of
from walras.devtools.mutant_judge import (
    EQUIVALENT,
    ERROR,
    INVALID,
    KILLED,
    SURVIVED,
    TIMEOUT,
    Verdict,
    including,
)
from walras.devtools.mutants import MONEY, Judged, Store, Words, choose, known, score, tests_of
from walras.devtools.mutation import Mutant, mutants_of

ROUNDING: Final = "contracts/modules/rounding.vy"
BY_PLACE: Final = {mutant.place: mutant for mutant in mutants_of(ROUNDING)}
JUDGE: Final = """
import sys
from walras.devtools.mutant_judge import judge
from walras.devtools.mutation import Mutant, mutants_of

path, *places = sys.argv[1:]
chosen = [mutant for mutant in mutants_of(path) if mutant.place in places]
text = open(path).read()
at = text.index("quotient: int256 = dividend // divisor")
chosen.append(Mutant(path, 1, 1, "same", 0, at, "quotient: int256 =", "quotient: int256  ="))
judge(path, chosen, ["tests/unit/rounding"], lambda one, verdict: print("::", one.place, verdict.kind))
"""


def test_mutants_are_killed_and_equal_code_is_dropped() -> None:
    places = ["14:8:cond:0", "14:17:compare:1", "22:18:round:0", "31:12:arith:0"]
    done = subprocess.run(
        [sys.executable, "-c", JUDGE, ROUNDING, *places],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert dict(re.findall(r"^:: (\S+) (\S+)$", done.stdout, re.MULTILINE)) == {
        "14:8:cond:0": KILLED,
        "14:17:compare:1": SURVIVED,
        "22:18:round:0": INVALID,  # _div_down would call itself
        "31:12:arith:0": KILLED,
        "1:1:same:0": EQUIVALENT,
    }


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
    for path in MONEY:
        assert (PROJECT_ROOT / path).is_file()
        assert all((PROJECT_ROOT / test).exists() for test in tests_of(path))


def test_campaigns_of_areas_judge_too() -> None:
    path = "contracts/modules/engine/margin.vy"
    assert tests_of(path) == (*area_of(path).tests, "tests/fuzz/test_engine.py")


def test_contracts_that_include_a_source() -> None:
    found = including("contracts/modules/token.vy")
    assert {"contracts/Treasury.vy", "contracts/InsuranceFund.vy", "contracts/PerpEngine.vy"} <= set(found)
    assert "contracts/Timelock.vy" not in found
    assert including(ROUNDING)[0] == "tests/contracts/RoundingDriver.vy"  # the cheapest first


# ---------------------------------------------------------------- verdicts, words, figures


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(Store.__init__, "__defaults__", (tmp_path,))
    return Store(ROUNDING)


def test_verdicts_are_kept_for_the_source_as_it_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = BY_PLACE["14:17:compare:1"]
    store.add(mutant, Verdict(SURVIVED))
    store.add(mutant, Verdict(KILLED, "a test", 1.5))
    assert store.load() == {mutant.id: Verdict(KILLED, "a test", 1.5)}  # the last
    monkeypatch.setattr(store, "_source", "another")
    assert store.load() == {}


def test_figures(tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    edit = BY_PLACE["14:17:compare:1"].edit
    file.write_text(
        f'["{ROUNDING}"]\n"14:17:compare:1" = {{ edit = "{edit}", word = "equivalent because x" }}\n'
    )
    kinds = [KILLED, KILLED, TIMEOUT, SURVIVED, SURVIVED, INVALID, EQUIVALENT, ERROR]
    places = ["14:8:cond:0", "14:8:cond:1", "14:17:compare:0", "14:17:compare:1", "14:19:const:0"]
    places += ["14:21:bool:0", "14:34:arith:0", "14:44:compare:0"]
    judged = [Judged(BY_PLACE[place], Verdict(kind)) for place, kind in zip(places, kinds, strict=True)]
    found = score(ROUNDING, 24, judged, Words(file))
    assert (found.invalid, found.equivalent, found.killed, found.survivors, found.errors) == (1, 1, 3, 2, 1)
    assert (found.judged, found.equal, found.raw, found.net) == (7, 1, 60.0, 75.0)


def test_word_on_another_edit_is_void(tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_text(
        f'["{ROUNDING}"]\n"14:17:compare:1" = {{ edit = "x -> y", word = "equivalent because x" }}\n'
    )
    assert Words(file).on(BY_PLACE["14:17:compare:1"]) == ""


def test_words_are_on_mutants_that_there_are() -> None:
    for path, words in mutants.Words()._words.items():
        edits = {one.place: one.edit for one in mutants_of(path)}
        assert {place: entry["edit"] for place, entry in words.items()} == {
            place: edits.get(place) for place in words
        }


def options(**changes: object) -> object:
    return type("Options", (), {"sample": None, "seed": 0, "survivors": False, "resume": False, **changes})


def test_sample_is_the_same_for_a_seed() -> None:
    every = list(BY_PLACE.values())
    assert choose(every, {}, options()) == every
    assert len(choose(every, {}, options(sample=5))) == 5
    assert choose(every, {}, options(sample=5)) == choose(every, {}, options(sample=5))
    assert choose(every, {}, options(sample=5)) != choose(every, {}, options(sample=5, seed=1))


def test_resume_leaves_out_what_is_known() -> None:
    first, second, *rest = BY_PLACE.values()
    verdicts = {first.id: Verdict(SURVIVED), second.id: Verdict(ERROR)}
    assert choose([first, second, *rest], verdicts, options(resume=True)) == [second, *rest]
    assert choose([first, second, *rest], verdicts, options(survivors=True)) == [first]


def test_report_tells_what_was_not_run_and_who_survived(store: Store) -> None:
    survivor, killed = BY_PLACE["14:19:const:0"], BY_PLACE["14:8:cond:0"]
    store.add(survivor, Verdict(SURVIVED))
    store.add(killed, Verdict(KILLED))
    text = mutants.report([ROUNDING, "contracts/modules/steps.vy"], Words())
    assert f"| `{ROUNDING}` | 24 | 2 | 0 | 0 | 1 | 1 | 50.0 % | 50.0 % |" in text
    assert "Not run: `contracts/modules/steps.vy`." in text
    assert f"- `{survivor.id}`: `0 -> 1`: **unjudged**" in text
    assert killed.id not in text


def test_survivor_without_a_word_fails_the_run(store: Store, tmp_path: Path) -> None:
    page = str(tmp_path / "page.md")
    known_word: Mutant = BY_PLACE["14:17:compare:1"]
    store.add(known_word, Verdict(SURVIVED))
    assert mutants.main(["--only", ROUNDING, "--report", page]) == 0
    store.add(BY_PLACE["14:19:const:0"], Verdict(SURVIVED))
    assert len(known(ROUNDING)[1]) == 2
    assert mutants.main(["--only", ROUNDING, "--report", page]) == 1
