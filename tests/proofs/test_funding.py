"""Funding and shared deficits never create money: what is paid is rounded up, what is received down
(docs/proofs.md).
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import z3

from tests.proofs.linking import agree, changed, driver, edges, numbers
from tests.proofs.packing import refuted
from walras.devtools.compiler import PROJECT_ROOT
from walras.devtools.symbolic import Numbers, Power, Reading, module

LEDGER: Final = "contracts/modules/engine/ledger.vy"
FUNDING: Final = "contracts/modules/engine/funding.vy"


def of(result: Any, *expected: Any) -> Callable[..., Any]:
    """What a call returns for these arguments; for others any number."""

    def answer(*given: Any) -> Any:
        right = all(
            z3.eq(z3.simplify(one), z3.simplify(other)) for one, other in zip(given, expected, strict=True)
        )
        return result if right else z3.FreshInt("other")

    return answer


def change(root: Path = PROJECT_ROOT) -> list[str]:
    """Which claims about one booking of `ledger._change` do not hold.

    All statements are read that what is paid, the position and the collateral come of; `old` is the basis
    before, `basis` that of the trade. Losses cancel where the lots do not change, and are counted in the
    basis otherwise.
    """
    before, lots, old, basis, losses, index, power = z3.Ints("before lots old basis losses index power")
    held, cash, kept, charged, position, funding_word, market = z3.Ints(
        "held cash kept charged position funding_word market"
    )
    domain = Numbers()
    after = before + lots
    packed: list[Any] = []
    stubs = {
        "layout._scale": lambda word: Power(power if z3.eq(word, funding_word) else z3.FreshInt("other")),
        "words._lots": of(before, position),
        "words._cash": of(held, position),
        "words._basis": of(old, position),
        "funding._index": of(index, funding_word),
        "self._losses": of(losses, market, funding_word),
        "self._kept": of(kept, before, lots, held, cash),
        "words._position": lambda *fields: packed.extend(fields) or z3.Int("new_position"),
    }
    env = {
        "lots": lots, "cash": cash, "basis": basis, "charged": charged,
        "position": position, "funding_word": funding_word, "market": market,
    }  # fmt: skip
    names = {
        "scale",
        "before",
        "after",
        "total",
        "kept",
        "losses",
        "new_basis",
        "paid",
        "new_position",
        "delta",
    }
    found = Reading(domain, stubs=stubs).slice(module(LEDGER, root)["_change"], names, env)
    paid, new = found["paid"], found["new_basis"]
    claims = {
        "the position has what is left": z3.And(packed[0] == after, packed[1] == kept, packed[2] == new),
        "the account pays it": found["delta"] == held + cash - kept - paid - charged,
        # exact debt before, as it is charged: never less than it, and less than a unit more
        "paid is rounded up": z3.And(
            paid * power >= after * index - (old + basis - z3.If(before < 0, -before, before) * losses),
            (paid - 1) * power < after * index - (old + basis - z3.If(before < 0, -before, before) * losses),
        ),
        # what is not charged yet stays in the basis, to the last unit
        "nothing is lost in between": z3.Implies(
            after != 0,
            new
            == old
            + basis
            + paid * power
            - z3.If(before < 0, -before, before) * losses
            + z3.If(after < 0, -after, after) * losses,
        ),
        # what is dropped with the last lot is the account's
        "a closed position leaves nothing": z3.Implies(after == 0, new == 0),
        "who closes has paid for it": z3.Implies(
            after == 0, old + basis + paid * power >= z3.If(before < 0, -before, before) * losses
        ),
    }
    return [
        name
        for name, claim in claims.items()
        if refuted(claim, power >= 1, losses >= 0, *domain.facts) is not None
    ]


def test_a_booking_charges_funding_rounded_up_and_keeps_the_rest() -> None:
    assert change() == []


@pytest.mark.parametrize(
    ("old", "new", "failing"),
    [
        ("paid: int256 = rounding._shift_up(after * funding._index(funding_word) - new_basis, scale)",
         "paid: int256 = (after * funding._index(funding_word) - new_basis) >> scale",
         ["paid is rounded up", "who closes has paid for it"]),
        ("words._basis(position) + basis", "words._basis(funding_word) + basis",
         ["paid is rounded up", "nothing is lost in between", "who closes has paid for it"]),
        ("words._position(after, kept, new_basis)", "words._position(after, kept, words._basis(position))",
         ["the position has what is left"]),
        ("total - kept - paid - charged", "total - kept - charged", ["the account pays it"]),
        ("losses: int256 = self._losses(market, funding_word)", "losses: int256 = 0",
         ["paid is rounded up", "nothing is lost in between", "who closes has paid for it"]),
        ("new_basis += (paid << scale) + abs(after) * losses", "new_basis += abs(after) * losses",
         ["nothing is lost in between"]),
        ("        new_basis = 0  #", "        new_basis += 0  #", ["a closed position leaves nothing"]),
    ],
)  # fmt: skip
def test_a_booking_that_rounds_otherwise_is_refuted(old: str, new: str, failing: list[str]) -> None:
    with changed(LEDGER, old, new) as root:
        assert change(root) == failing


def test_what_all_pay_is_never_less_than_what_all_are_owed() -> None:
    """From one booking to all: with T the bases of an account's trades and D the dropped rest, its bookings
    give basis = T + unit x paid - D; closed, the basis is 0. Trades of an auction have bases that sum to
    0, as its lots do.
    """
    trades, paid, dropped = (z3.Ints(f"{name}0 {name}1 {name}2") for name in ("trades", "paid", "dropped"))
    power = z3.Int("power")
    closed = [t + p * power - d == 0 for t, p, d in zip(trades, paid, dropped, strict=True)]
    given = (power >= 1, sum(trades) == 0, *closed)
    assert refuted(sum(paid) * power >= 0, *given, *(d >= 0 for d in dropped)) is None
    assert (
        refuted(sum(paid) * power >= 0, *given) is not None
    )  # twin: what is dropped may be the account's credit


def socialised(root: Path = PROJECT_ROOT) -> Any:
    """A counterexample to: all lots together bear the amount of `ledger._socialise`, and less than a unit a
    lot more.
    """
    amount, long, short, before, power, open_, word = z3.Ints("amount long short before power open word")
    domain = Numbers()
    stubs = {
        "layout._scale": lambda given: Power(power if z3.eq(given, word) else z3.FreshInt("other")),
        "layout._held_long": of(long, open_),
        "layout._held_short": of(short, open_),
    }
    env = {"amount": amount, "open": open_, "word": word}
    reading = Reading(domain, stubs=stubs, texts={"self.losses[market]": before})
    found = reading.slice(module(LEDGER, root)["_socialise"], {"lots", "losses"}, env)
    added, lots, exact = found["losses"] - before, long + short, amount * power
    claim = z3.And(added * lots >= exact, (added - 1) * lots < exact)
    return refuted(claim, amount >= 0, long >= 0, short >= 0, lots >= 1, power >= 1, *domain.facts)


def test_a_shared_deficit_is_borne_whole() -> None:
    assert socialised() is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "((amount << layout._scale(word)) + lots - 1) // lots",
            "((amount << layout._scale(word)) + 0) // lots",
        ),
        ("self.losses[market] + ((amount", "self.losses[market] - ((amount"),
        ("layout._held_long(open) + layout._held_short(open)", "layout._held_long(open)"),
    ],
    ids=["rounded down", "taken off", "one side alone"],
)
def test_a_deficit_shared_otherwise_is_refuted(old: str, new: str) -> None:
    with changed(LEDGER, old, new) as root:
        assert socialised(root) is not None


def owed(root: Path = PROJECT_ROOT) -> Any:
    """A counterexample to: what a view says a position owes is rounded up, by less than a unit."""
    lots, index, losses, basis, power = z3.Ints("lots index losses basis power")
    domain = Numbers()
    result = Reading(domain).call(module(FUNDING, root)["_owed"], lots, index, losses, basis, Power(power))
    exact = lots * index + z3.If(lots < 0, -lots, lots) * losses - basis
    claim = z3.And(result * power >= exact, (result - 1) * power < exact)
    return refuted(claim, power >= 1, *domain.facts)


def test_what_a_position_owes_is_rounded_up() -> None:
    assert owed() is None


@pytest.mark.parametrize(
    "new",
    [
        "return (lots * index + abs(lots) * losses - basis) >> scale",
        "return rounding._shift_up(lots * index + abs(lots) * losses - basis, scale) + 1",
    ],
)
def test_what_a_position_owes_rounded_otherwise_is_refuted(new: str) -> None:
    old = "return rounding._shift_up(lots * index + abs(lots) * losses - basis, scale)"
    with changed(FUNDING, old, new) as root:
        assert owed(root) is not None


def test_what_a_position_owes_is_read_as_compiled() -> None:
    contract = driver(FUNDING, ("_owed",))
    node = module(FUNDING)["_owed"]
    dice = random.Random(5)
    went = 0
    for _ in range(300):
        args = [edges(39, True, dice), edges(79, True, dice), edges(77, False, dice), edges(119, True, dice)]
        went += agree(contract, node, [*args, dice.randrange(90)], numbers())
    assert went > 250
