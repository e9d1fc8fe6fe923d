"""Margins, fees and losses are asked for rounded up, of the words that say them (docs/proofs.md)."""

import random
from pathlib import Path
from typing import Any, Final

import pytest
import z3
from vyper import ast as vy_ast

from tests.proofs.linking import agree, changed, driver, edges, numbers
from tests.proofs.prover import Sums, failures, module_of, opaque, size
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.symbolic import At, Numbers, Power, Reading, are_same, constants, module

MARGIN: Final = "contracts/modules/engine/margin.vy"
WORDS: Final = "contracts/modules/engine/account_words.vy"
DEGRADED: Final = 2
"""A flag's second member, as IOracleRouter.Status has it."""


def margins(root: Path = PROJECT_ROOT) -> list[str]:
    """Which claims about margins and fees, rounded up, do not hold."""
    worth, ppm, lots, price, power = z3.Ints("worth ppm lots price power")
    given = (worth >= 0, ppm >= 0, lots >= 0, price >= 0, power >= 1)
    failed: list[str] = []
    for name, args, exact, whole in (
        ("_share", (worth, ppm, Power(power)), worth * ppm, 10**6 * power),
        ("_worth_up", (lots, price, Power(power)), lots * price, power),
    ):
        sums = Sums(root)
        result = sums.call(MARGIN, name, *args)
        up = z3.And(result * whole >= exact, (result - 1) * whole < exact)
        failed += sums.failures({name: up}, *given)
    return failed


def test_margins_and_losses_are_asked_for_rounded_up() -> None:
    assert margins() == []


@pytest.mark.parametrize(
    ("old", "new", "failing"),
    [
        ("(worth * ppm + divisor - 1) // divisor", "worth * ppm // divisor", ["_share"]),
        ("(lots * price + (1 << scale) - 1) >> scale", "(lots * price) >> scale", ["_worth_up"]),
    ],
)
def test_margins_rounded_down_are_refuted(old: str, new: str, failing: list[str]) -> None:
    with changed(MARGIN, old, new) as root:
        assert margins(root) == failing


SHARE: Final = opaque("share", 3)
WORTH_UP: Final = opaque("worth up", 3)
"""Rounded up, as proved above; the third argument is two to the scale."""
ACCESSORS: Final = (
    "words._lots", "words._cash", "words._basis", "words._bid_notional", "words._ask_notional",
    "words._highest_bid", "words._lowest_ask", "words._bid_lots", "words._ask_lots", "layout._unit",
    "layout._taker_ppm", "layout._mark", "layout._status", "layout._index", "layout._low", "layout._high",
    "layout._marked_maintenance", "layout._marked_initial",
)  # fmt: skip
FIELD: Final = {name.partition("._")[2]: opaque(name) for name in ACCESSORS}


class InMarket:
    """An account in a market, by the words that say it: each field is its accessor's of the word it is in."""

    def __init__(self, root: Path) -> None:
        self._functions = module_of(MARGIN, root)
        self.account, self.market, self.power = z3.Ints("account market power")
        self.position, self.orders, self.word, self.builder = z3.Ints("position orders word builder_ppm")
        names = ("book", "rules", "mark", "funding", "span")
        self.words = {name: z3.Int(f"{name} word") for name in names}
        self.mark = FIELD["mark"](self.words["mark"])
        self.domain = Numbers()

    def call(self, function: str, *args: Any, **stubs: Any) -> Any:
        """What a function of the margins makes of it; `stubs` are more functions of theirs."""
        state = {
            "markets": At((self.market,), self.words),
            "accounts": At((self.account,), self.word),
            "positions": At((self.account, self.market), {"position": self.position, "orders": self.orders}),
            "sharing": At((self.account,), {"builder_ppm": self.builder}),
        }
        known = {
            **{name: FIELD[name.partition("._")[2]] for name in ACCESSORS},
            "layout._scale": lambda word: Power(
                self.power if word.eq(self.words["funding"]) else z3.FreshInt("other")
            ),
            "layout._span_word": opaque("span", 3),
            "ledger._owed": opaque("owed", 3),
            "ledger._long": opaque("long", 2),
            "ledger._short": opaque("short", 2),
            "ramping._fractions": lambda *given: (opaque("initial", 3)(*given), z3.Int("maintenance")),
            "self._share": lambda worth, ppm, scale: SHARE(worth, ppm, _two_to(scale)),
            "self._worth_up": lambda lots, price, scale: WORTH_UP(lots, price, _two_to(scale)),
            **{f"self.{name}": stub for name, stub in stubs.items()},
        }
        return Reading(self.domain, state, known).call(self._functions[function], *args)


def _two_to(scale: Any) -> Any:
    return scale.two_to_it if isinstance(scale, Power) else z3.IntVal(2 ** scale.as_long())


def losses(root: Path = PROJECT_ROOT) -> list[str]:
    """Whether what open orders can lose is said of other words, or of fewer."""
    at = InMarket(root)
    found = at.call("_losses", at.account, at.market, at.orders, at.mark, Power(at.power))
    field = {name: accessor(at.orders) for name, accessor in FIELD.items()}
    unit, taker = FIELD["unit"](at.words["book"]), FIELD["taker_ppm"](at.words["book"])
    notional = (field["bid_notional"] + field["ask_notional"]) * unit
    bid, ask = (field[name] * unit * at.power for name in ("highest_bid", "lowest_ask"))
    has_shares = opaque("BitAnd", 2)(at.word, constants(WORDS)["SHARES"]) != 0
    expected = (
        SHARE(notional, taker, 1)
        + z3.If(has_shares, SHARE(notional, at.builder, 1), 0)
        + z3.If(bid > at.mark, WORTH_UP(field["bid_lots"], bid - at.mark, at.power), 0)
        + z3.If(ask < at.mark, WORTH_UP(field["ask_lots"], at.mark - ask, at.power), 0)
    )
    return failures({"losses of orders": found == expected}, at.power >= 1, *at.domain.facts)


def places(root: Path = PROJECT_ROOT) -> list[str]:
    """Which claims do not hold about what is asked of an account in a market, and of which of its words."""
    unkind, is_double = z3.Bools("unkind is_double")
    at, worst, of_orders = InMarket(root), z3.Int("worst"), z3.Int("losses")

    def losses_of(*given: Any) -> Any:
        *told, scale = given
        right = are_same(told, (at.account, at.market, at.orders, at.mark)) and scale == Power(at.power)
        return of_orders if right else z3.FreshInt("other")

    found = at.call("_in", at.account, at.market, unkind, is_double, _losses=losses_of)
    lots, mark_word, orders = FIELD["lots"](at.position), at.words["mark"], at.orders
    index = FIELD["index"](mark_word)
    is_ranged = FIELD["status"](mark_word) == DEGRADED
    low, high = (z3.If(is_ranged, FIELD[end](at.words["span"]), index) for end in ("low", "high"))
    unkindest = z3.If(lots > 0, z3.If(low < at.mark, low, at.mark), z3.If(high > at.mark, high, at.mark))
    worth = lots * z3.If(unkind, unkindest, at.mark)
    owed = opaque("owed", 3)(at.market, lots, FIELD["basis"](at.position))
    value = found["equity"] - FIELD["cash"](at.position) + owed
    ramped = opaque("initial", 3)(at.market, at.words["rules"], at.words["funding"])
    ppm = z3.If(unkind, ramped, FIELD["marked_initial"](mark_word))
    sizes = [size(lots), *(opaque(side, 2)(lots, orders) for side in ("long", "short"))]
    largest = z3.And(*(worst >= one for one in sizes), z3.Or(*(worst == one for one in sizes)))
    maintenance = SHARE(size(lots) * at.mark, FIELD["marked_maintenance"](mark_word), at.power)
    initial = SHARE(worst * at.mark, z3.If(is_double, 2 * ppm, ppm), at.power)
    claims = {
        "a position is valued down": z3.Implies(
            lots != 0, z3.And(value * at.power <= worth, (value + 1) * at.power > worth)
        ),
        "maintenance": found["maintenance"] == z3.If(lots == 0, 0, maintenance),
        "initial": found["initial"] == initial + z3.If(orders == 0, 0, of_orders),
    }
    at_index = opaque("span", 3)(index, index, 0)
    given = (
        at.power >= 1,
        z3.If(orders == 0, worst == size(lots), largest),
        FIELD["low"](at_index) == index,  # as proved of the layout
        FIELD["high"](at_index) == index,
    )
    return failures(claims, *given, *at.domain.facts)


def test_margins_and_losses_are_asked_for_of_the_right_words() -> None:
    assert losses() == []
    assert places() == []


_INITIAL: Final = "self._share(worst * mark, initial_ppm << 1 if double else initial_ppm, scale)"


@pytest.mark.parametrize(
    ("old", "new", "failing"),
    [
        ("self._share(paid + received, layout._taker_ppm(book_word), 0)",
         "(paid + received) * layout._taker_ppm(book_word) // PPM", ["losses of orders"]),
        ("self._worth_up(words._bid_lots(orders), limit - mark, scale)",
         "words._bid_lots(orders) * (limit - mark) >> scale", ["losses of orders"]),
        ("words._ask_lots(orders), mark - limit", "words._bid_lots(orders), mark - limit",
         ["losses of orders"]),
        (_INITIAL, "worst * mark * initial_ppm // (PPM << scale)", ["initial"]),
        (_INITIAL, _INITIAL.replace("initial_ppm << 1", "initial_ppm"), ["initial"]),
        ("ledger._long(lots, orders), max(", "ledger._long(lots, orders), min(", ["initial"]),
        ("convert(abs(lots), uint256) * mark, layout._marked_maintenance(mark_word)",
         "convert(abs(lots), uint256) * mark, layout._marked_maintenance(mark)", ["maintenance"]),
        ("- ledger._owed(market", "+ ledger._owed(market", ["a position is valued down"]),
        ("if lots > 0 else max(", "if lots < 0 else max(", ["a position is valued down"]),
    ],
)  # fmt: skip
def test_margins_of_other_words_are_refuted(old: str, new: str, failing: list[str]) -> None:
    with changed(MARGIN, old, new) as root:
        assert losses(root) + places(root) == failing


def rounded_in_place(root: Path = PROJECT_ROOT) -> set[str]:
    """Divisions and shifts to the right of the module that are in none of the functions above."""
    return {
        node.node_source_code
        for name, function in module(MARGIN, root).items()
        if name not in ("_share", "_worth_up")
        for node in function.get_descendants(vy_ast.BinOp)
        if isinstance(node.op, vy_ast.FloorDiv | vy_ast.RShift | vy_ast.Mod)
    }


VALUE_OF_LOTS: Final = "lots * convert(value_at, int256) >> scale"


def test_nothing_of_a_margin_is_rounded_elsewhere() -> None:
    """The value of a position alone, which is an account's own: down."""
    assert rounded_in_place() == {VALUE_OF_LOTS}


def test_a_margin_that_is_rounded_in_place_is_found() -> None:
    rounded = "losses: uint256 = self._share(paid + received, layout._taker_ppm(book_word), 0)"
    down = "(paid + received) * layout._taker_ppm(book_word) // PPM"
    with changed(MARGIN, rounded, f"losses: uint256 = {down}") as root:
        assert rounded_in_place(root) == {VALUE_OF_LOTS, down}


def test_margins_are_read_as_compiled() -> None:
    contract = driver(MARGIN, ("_share", "_worth_up"))
    dice = random.Random(4)
    went = 0
    for _ in range(200):
        for name in ("_share", "_worth_up"):
            args = [edges(112, False, dice), edges(72, False, dice), dice.randrange(90)]
            went += agree(contract, module_of(MARGIN)[name], args, numbers())
    assert went > 300
