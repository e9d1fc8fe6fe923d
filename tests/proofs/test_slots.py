"""Slots of triggers, bits of maps, and functions of packed words that are neither packers nor setters."""

import os
from pathlib import Path
from typing import Any, Final

import pytest
import z3

from tests.proofs.layouts import BOOK_STATE, LAYOUTS, MARKET, ORACLE, TRIGGER, Layout
from tests.proofs.linking import changed
from tests.proofs.prover import module_of, refuted, refuted_in_bits
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.symbolic import BITS, Reading, Words

MODULE: Final = "contracts/modules/bits.vy"
ELSEWHERE: Final = {
    "_check_fits": "test_words_of_accounts_refuse_what_does_not_fit, and each packer that asks it",
    "_sides": "test_what_an_account_adds_to_open_interest_is_read_back",
    "_fill": "test_a_fill_moves_lots_and_start_alone",
    "_shrink": "test_a_cancel_moves_lots_and_size_alone",
    "_lots_at": "test_lots_of_an_order_add_to_one_side_of_its_account",
    "_id": "test_an_id_of_an_order_is_its_identity_and_slot",
    "_sides_of": "test_the_sides_of_a_word_are_without_the_caps",
    "_settings": "test_settings_are_what_accessors_read",
    "_new_grid": "test_a_new_grid_keeps_the_interval_alone",
    "_numbers": "test_numbers_of_a_policy_are_its_stepped_fields",
    "_owner": "test_an_id_of_a_trigger_tells_its_owner",
    "_key": "test_keys_of_triggers_are_apart",
    "_is_of": "test_terms_are_of_an_id_by_its_number",
    "_has_room": "test_the_next_trigger_takes_the_lowest_free_slot",
    "_with_next": "test_the_next_trigger_takes_the_lowest_free_slot",
    "_without": "test_a_trigger_that_goes_frees_its_slot_alone",
    "_uses": "test_a_trigger_that_goes_frees_its_slot_alone",
}
"""Functions of which tests/proofs/layouts.py says nothing, and the test that proves what they do."""

at_length = pytest.mark.skipif(not os.environ.get("PROOFS"), reason="takes minutes: make proofs")


def read(layout: Layout | str, function: str, *args: Any, root: Path = PROJECT_ROOT) -> Any:
    """A function's result, of code that does not revert."""
    path = layout if isinstance(layout, str) else layout.path
    return Reading(Words()).call(module_of(path, root)[function], *args)


def number(value: int) -> Any:
    return z3.BitVecVal(value, BITS)


def word(name: str = "word") -> Any:
    return z3.BitVec(name, BITS)


def claimed(layout: Layout) -> set[str]:
    """The functions of which a layout says something."""
    accessors = [name for one in layout.words for name in one.others]
    functions = []
    for one in layout.words:
        for packer in one.packers:
            functions.append(packer.function)
            accessors += [*packer.fields.values(), *(name for _, name in packer.also)]
        for setter in one.setters:
            functions.append(setter.function)
            accessors += setter.fields
    return {*functions, *(name.partition(".")[0].partition(" ")[0] for name in accessors)}


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.path.rsplit("/", 1)[1])
def test_nothing_is_left_out(layout: Layout) -> None:
    """A function that is added to a layout wants a proof."""
    assert set(module_of(layout.path)) - claimed(layout) <= set(ELSEWHERE)


def test_what_is_proved_elsewhere_is_there() -> None:
    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [
        name for tests in ELSEWHERE.values() for name in tests.split(",")[:1] if f"def {name}(" not in text
    ] == []
    assert set(ELSEWHERE) == {
        name for layout in LAYOUTS for name in set(module_of(layout.path)) - claimed(layout)
    }


# ------------------------------------------------------------------ bits


def wrong_bits(function: str, root: Path = PROJECT_ROOT) -> list[int]:
    """Bits that are not found, where they are the lowest of a word, or the highest."""
    found = read(MODULE, function, word(), root=root)
    wrong = []
    for bit in range(BITS):
        if function == "_lowest":
            is_there = word() & number(2 ** (bit + 1) - 1) == number(2**bit)
        else:
            is_there = z3.LShR(word(), bit) == 1
        if refuted_in_bits(found == bit, is_there) is not None:
            wrong.append(bit)
    return wrong


@pytest.mark.parametrize("function", ["_lowest", "_highest"])
def test_the_lowest_and_the_highest_bit_are_found(function: str) -> None:
    assert wrong_bits(function) == []


def test_a_bit_that_is_missed_is_told() -> None:
    with changed(MODULE, "if x >= 2**4:", "if x >= 2**5:") as root:
        assert wrong_bits("_highest", root) == [bit for bit in range(BITS) if bit % 8 == 4]


# ------------------------------------------------------------------ triggers


def next_trigger(root: Path = PROJECT_ROOT) -> list[int]:
    """Slots that are the lowest free one, and not taken as they have to be."""
    after, slot = read(TRIGGER, "_with_next", word(), root=root)
    wrong = []
    for lowest in range(64):
        claim = z3.And(
            slot == lowest,
            read(TRIGGER, "_has_room", word()),
            after & number(2**64 - 1) == (word() | number(1 << lowest)) & number(2**64 - 1),
            read(TRIGGER, "_count", after) == read(TRIGGER, "_count", word()) + 1,
        )
        is_lowest = word() & number(2 ** (lowest + 1) - 1) == number(2**lowest - 1)
        if refuted(claim, is_lowest, z3.ULT(word(), number(2**255))) is not None:
            wrong.append(lowest)
    return wrong


@at_length
def test_the_next_trigger_takes_the_lowest_free_slot() -> None:
    """The count has 192 bits: half of it will do. A word without room is one of 64 slots that are taken."""
    assert next_trigger() == []
    full = word() & number(2**64 - 1) == number(2**64 - 1)
    assert refuted(z3.Not(read(TRIGGER, "_has_room", word())), full) is None
    assert refuted(z3.Not(read(TRIGGER, "_has_room", word()))) is not None  # twin: a word of any kind


@at_length
def test_a_trigger_that_takes_another_slot_or_is_not_counted_is_found() -> None:
    with changed(TRIGGER.path, "bits._lowest(~word & SLOTS)", "bits._highest(~word & SLOTS)") as root:
        assert next_trigger(root) == list(range(63))
    with changed(
        TRIGGER.path, "(word | (1 << slot)) + (1 << MAX_TRIGGERS), slot", "(word | (1 << slot)), slot"
    ) as root:
        assert next_trigger(root) == list(range(64))


def test_a_trigger_that_goes_frees_its_slot_alone() -> None:
    slot = word("slot")
    after = read(TRIGGER, "_without", word(), slot)
    claim = z3.And(
        z3.Not(read(TRIGGER, "_uses", after, slot)),
        (word() ^ after) & ~(number(1) << slot) == 0,
        read(TRIGGER, "_count", after) == read(TRIGGER, "_count", word()),
    )
    assert refuted(claim, z3.ULT(slot, number(64))) is None
    assert refuted(claim, z3.ULT(slot, number(65))) is not None  # twin: a slot too many


def test_an_id_of_a_trigger_tells_its_owner() -> None:
    owner, sub, numbered, slot = z3.BitVecs("owner sub number slot", BITS)
    made = read(TRIGGER, "_id", owner << 8 | sub, slot, numbered)
    within = (z3.ULT(sub, number(256)), z3.ULT(numbered, number(2**40)), z3.ULT(slot, number(64)))
    small = z3.ULT(owner, number(2**160))
    assert refuted(read(TRIGGER, "_owner", made) == owner, small, *within) is None
    assert refuted(read(TRIGGER, "_owner", made) == owner, *within) is not None  # twin: an owner of any size


def test_keys_of_triggers_are_apart() -> None:
    one, other, a, b = z3.BitVecs("one other a b", BITS)
    same = read(TRIGGER, "_key", one, a) == read(TRIGGER, "_key", other, b)
    accounts = (z3.ULT(one, number(2**168)), z3.ULT(other, number(2**168)))
    slots = (z3.ULT(a, number(64)), z3.ULT(b, number(64)))
    claim = z3.Implies(same, z3.And(one == other, a == b))
    assert refuted(claim, *accounts, *slots) is None
    assert refuted(claim, *accounts) is not None  # twin: a slot of any number


def test_terms_are_of_an_id_by_its_number() -> None:
    made, terms = z3.BitVecs("id terms", BITS)
    numbered = read(TRIGGER, "_number", terms) == z3.LShR(made, 6) & number(2**40 - 1)
    claim = read(TRIGGER, "_is_of", made, terms) == z3.And(terms != 0, numbered)
    assert refuted(claim) is None
    assert refuted(read(TRIGGER, "_is_of", made, terms) == numbered) is not None  # twin: no terms at all


# ------------------------------------------------------------------ others


def test_a_new_grid_keeps_the_interval_alone() -> None:
    start = word("start")
    after = read(BOOK_STATE, "_new_grid", word(), start)
    claim = z3.And(
        read(BOOK_STATE, "_grid_start", after) == start,
        read(BOOK_STATE, "_interval", after) == read(BOOK_STATE, "_interval", word()),
        after & number(2**128 - 1) == 0,
    )
    assert refuted(claim, z3.ULT(start, number(2**32))) is None
    assert refuted(claim) is not None  # twin: a start of any size


def unlike_accessors(layout: Layout, words: dict[str, str], root: Path = PROJECT_ROOT) -> set[str]:
    """Fields of the struct of a layout's settings that are not what their accessors read; `words` names the
    words of fields that are not in the first.
    """
    node = module_of(layout.path, root)["_settings"]
    given = {argument.arg: word(argument.arg) for argument in node.args.args}
    first = next(iter(given))
    found = read(layout, "_settings", *given.values(), root=root)
    return {
        name
        for name, value in found.items()
        if refuted(value == read(layout, f"_{name}", given[words.get(name, first)])) is not None
    }


IN_WORDS: Final = {
    "initial_ppm": "rules", "maintenance_bps": "rules", "soft_notional": "rules", "hard_notional": "rules",
    "open_cap": "open", "account_cap": "open", "maker_ppm": "rules", "band_bps": "rules",
    "mark_band_bps": "rules", "interest": "rules", "funding_clamp": "rules", "price_grace": "rules",
    "max_mark_age": "funding", "tip": "rules", "restart_batches": "rules", "impact_lots": "rules",
}  # fmt: skip
"""Which word a setting is in; the others are in the book's."""


def test_settings_are_what_accessors_read() -> None:
    assert unlike_accessors(MARKET, IN_WORDS) == set()
    assert unlike_accessors(ORACLE, {}) == set()


def test_settings_that_are_mixed_up_are_found() -> None:
    with changed(MARKET.path, "tip=self._tip(rules)", "tip=self._restart_batches(rules)") as root:
        assert unlike_accessors(MARKET, IN_WORDS, root) == {"tip"}


def test_the_sides_of_a_word_are_without_the_caps() -> None:
    after = read(MARKET, "_sides_of", word())
    fields = ("_long", "_short", "_held_long", "_held_short")
    same = [read(MARKET, name, after) == read(MARKET, name, word()) for name in fields]
    gone = [read(MARKET, name, after) == 0 for name in ("_open_cap", "_account_cap")]
    assert refuted(z3.And(*same, *gone)) is None
    assert refuted(after == word()) is not None  # twin: the caps are part of it


def test_numbers_of_a_policy_are_its_stepped_fields() -> None:
    one, other = z3.BitVecs("one other", BITS)
    fields = ("_deviation_bps", "_rejection_bps", "_max_move_bps", "_spacing", "_is_halted")
    same = [read(ORACLE, name, one) == read(ORACLE, name, other) for name in fields]
    numbers = read(ORACLE, "_numbers", one) == read(ORACLE, "_numbers", other)
    assert refuted(numbers == z3.And(*same)) is None
    assert refuted(numbers == z3.And(*same[1:])) is not None  # twin: one of them left out
