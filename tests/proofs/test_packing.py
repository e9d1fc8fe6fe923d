"""Every packed word: fields lie apart, what is packed is read back, setters touch nothing else
(docs/proofs.md).
"""

import random
from typing import Any

import pytest
import z3

from tests.proofs.layouts import ACCOUNT, LAYOUTS, MARKET, ORDER, Layout
from tests.proofs.linking import agree, any_of, changed, driver, words
from tests.proofs.packing import Prover
from tests.proofs.prover import module_of, refuted
from walras.devtools.symbolic import BITS, Reading, Words, module

FAULTS = [(layout, *fault) for layout in LAYOUTS for fault in layout.faults]


def name_of(value: Any) -> str:
    """A name for a test's parameter."""
    return value.path.rsplit("/", 1)[1] if isinstance(value, Layout) else str(value).splitlines()[0]


@pytest.mark.parametrize("layout", LAYOUTS, ids=name_of)
def test_words_are_bijections_within_their_bounds(layout: Layout) -> None:
    prover = Prover(layout)
    assert list(prover.failures()) == []
    assert prover.proved > 5


@pytest.mark.parametrize(("layout", "old", "new"), FAULTS, ids=name_of)
def test_a_moved_field_is_refuted(layout: Layout, old: str, new: str) -> None:
    with changed(layout.path, old, new) as root:
        assert list(Prover(layout, root).failures()) != []


def test_a_field_that_is_moved_onto_one_of_another_part_is_refuted() -> None:
    """With its accessor and its setter: each change of the settings would move the start of the ramp."""
    setter = "return word & ~(TIME << {0}) | (block.timestamp << {0})"
    with changed(MARKET.path, "(word >> 104) & TIME", "(word >> 40) & TIME") as root:
        path = root / MARKET.path
        text = path.read_text()
        assert setter.format(104) in text
        path.write_text(text.replace(setter.format(104), setter.format(40)))
        assert list(Prover(MARKET, root).failures()) == [
            "ramp: _settings_changed_at lies outside _changes",
            "ramp: nothing reads field 4 of the header alone",
        ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("maker ppm 15, signed", "maker ppm 15", "rules: _maker_ppm is not what the header says"),
        ("tip 40 |", "tip 39 |", "rules: _tip is not what the header says"),
        ("lot size 96", "lot size 95 | spare 1", "span: nothing reads field 3 of the header alone"),
        (
            "         span      low 72",
            "         late      since 32 | until 32\n         span      low 72",
            "late      since 32 | until 32: not in the layout",
        ),
    ],
)
def test_a_header_that_says_otherwise_is_refuted(old: str, new: str, said: str) -> None:
    with changed(MARKET.path, old, new) as root:
        assert said in list(Prover(MARKET, root).failures())


@pytest.mark.parametrize("layout", LAYOUTS, ids=name_of)
def test_the_reading_is_what_the_compiled_code_does(layout: Layout) -> None:
    functions = module(layout.path)
    names = tuple(name for name in functions if functions[name].returns is not None)
    contract = driver(layout.path, names)
    dice = random.Random(layout.path)
    for name in names:
        arguments = functions[name]._metadata["func_type"].arguments
        went = sum(
            agree(contract, functions[name], [any_of(one.typ, dice) for one in arguments], words())
            for _ in range(60)
        )
        assert went > 0, f"{name} always reverts here"


# ------------------------------------------------------------------ what is more than a packer or a setter


def read(layout: Layout, function: str, *args: Any) -> Any:
    """A function's result, of code that does not revert."""
    return Reading(Words()).call(module_of(layout.path)[function], *args)


def number(value: int) -> Any:
    return z3.BitVecVal(value, BITS)


def after_fill(layout: Layout, function: str, order: Any, lots: Any) -> dict[str, Any]:
    """All fields of an order before less those after."""
    fields = ("_class", "_tick", "_generation", "_index", "_lots", "_start", "_size", "_batch", "_grid")
    after = read(layout, function, order, lots)
    flags = number(7 << 244)
    return {name: read(layout, name, order) - read(layout, name, after) for name in fields} | {
        "flags": (order & flags) - (after & flags)
    }


def test_a_fill_moves_lots_and_start_alone() -> None:
    order, lots = z3.BitVecs("order lots", BITS)
    moved = after_fill(ORDER, "_fill", order, lots)
    claim = z3.And(
        *(change == {"_lots": lots, "_start": -lots}.get(name, number(0)) for name, change in moved.items())
    )
    fits = z3.ULE(lots, read(ORDER, "_lots", order))
    no_wrap = z3.ULT(read(ORDER, "_start", order) + lots, number(2**64))
    assert refuted(claim, fits, no_wrap) is None
    assert refuted(claim, fits) is not None  # twin: without the bound of level_queue
    assert refuted(claim, no_wrap) is not None  # twin: more lots than the order has


def test_a_cancel_moves_lots_and_size_alone() -> None:
    order, lots = z3.BitVecs("order lots", BITS)
    moved = after_fill(ORDER, "_shrink", order, lots)
    claim = z3.And(*(change == (lots if name in ("_lots", "_size") else 0) for name, change in moved.items()))
    fits = z3.ULE(lots, read(ORDER, "_lots", order))
    fits_size = z3.ULE(lots, read(ORDER, "_size", order))
    assert refuted(claim, fits, fits_size) is None
    assert refuted(claim, fits) is not None  # twin: an order whose size is less than its lots


@pytest.mark.parametrize("side", [0, 1])
def test_lots_of_an_order_add_to_one_side_of_its_account(side: int) -> None:
    account, lots, tick = z3.BitVecs("account lots tick", BITS)
    one, other = number(side), number(1 - side)
    # lots x tick in 47 bits is a lemma of its own, below; here it is any number of the right size
    worth = z3.BitVec("worth", BITS)
    added = (lots << (100 + 29 * side)) | (worth << (158 + 47 * side))
    after = account + added
    fits = (
        z3.ULT(read(ORDER, "_side_lots", account, one) + lots, number(2**29)),
        z3.ULT(lots, number(2**29)),
        z3.ULT(read(ORDER, "_side_notional", account, one) + worth, number(2**47)),
        z3.ULT(worth, number(2**47)),
    )
    claim = z3.And(
        read(ORDER, "_side_lots", after, one) == read(ORDER, "_side_lots", account, one) + lots,
        read(ORDER, "_side_notional", after, one) == read(ORDER, "_side_notional", account, one) + worth,
        read(ORDER, "_side_lots", after, other) == read(ORDER, "_side_lots", account, other),
        read(ORDER, "_side_notional", after, other) == read(ORDER, "_side_notional", account, other),
        (after ^ account) & number((2**100 - 1) | (3 << 252)) == 0,
    )
    assert refuted(claim, *fits) is None
    assert refuted(claim, *fits[1:]) is not None  # twin: more than 29 bits of lots in all
    code = read(ORDER, "_lots_at", one, tick, lots)
    assert refuted(code == z3.substitute(added, (worth, lots * tick))) is None
    a, b = z3.Ints("lots tick")
    within = (a >= 0, a <= 2**29 - 1, b >= 0, b <= 2**18 - 1)
    assert refuted(a * b < 2**47, *within) is None
    assert refuted(a * b < 2**46, *within) is not None  # twin: a bit less


def test_what_an_account_adds_to_open_interest_is_read_back() -> None:
    long, short, lots = z3.BitVecs("long short lots", BITS)
    word = read(MARKET, "_sides", long, short, lots)
    bound = number(2**39)
    zero = number(0)
    claim = z3.And(
        read(MARKET, "_long", word) == long,
        read(MARKET, "_short", word) == short,
        read(MARKET, "_held_long", word) == z3.If(z3.Not(lots <= zero), lots, zero),
        read(MARKET, "_held_short", word) == z3.If(z3.Not(zero <= lots), -lots, zero),
        read(MARKET, "_open_cap", word) == 0,
        read(MARKET, "_account_cap", word) == 0,
    )
    yes, no = z3.BoolVal(True), z3.BoolVal(False)
    for sign, at_most_0, at_least_0 in ((lots > 0, no, yes), (lots < 0, yes, no), (lots == 0, yes, yes)):
        case = z3.substitute(claim, (lots <= zero, at_most_0), (zero <= lots, at_least_0))
        given = (z3.ULT(long, bound), z3.ULT(short, bound), lots < bound, lots > -bound, sign)
        assert refuted(case, *given) is None
        assert refuted(case, *given[1:]) is not None  # twin: a long exposure of any size


def test_an_id_of_an_order_is_its_identity_and_slot() -> None:
    order, slot = z3.BitVecs("order slot", BITS)
    identity = read(ORDER, "_id", order, slot)
    claim = z3.And(identity & 31 == slot, z3.LShR(identity, 5) == order & number(2**84 - 1))
    assert refuted(claim, z3.ULT(slot, number(32))) is None
    assert refuted(claim, z3.ULT(slot, number(64))) is not None  # twin: a slot of six bits


def test_words_of_accounts_refuse_what_does_not_fit() -> None:
    amount = z3.BitVec("amount", BITS)
    reading = Reading(Words())
    reading.call(module(ACCOUNT.path)["_account"], amount, number(0))
    reverts = z3.Or(*reading.reverts)
    most = number(2**111 - 1)
    assert refuted(reverts == z3.Or(amount > most, amount < -most)) is None
    assert refuted(reverts == (amount > most)) is not None  # twin: one bound alone
