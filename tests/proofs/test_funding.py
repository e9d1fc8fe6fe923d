"""Funding and shared deficits never create money: what is paid is rounded up, what is received down
(docs/proofs.md).
"""

import random
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


def change(root: Path = PROJECT_ROOT) -> list[str]:
    """Which claims about one booking of `ledger._change` do not hold.

     Its statements for `new_basis` and `paid` are read; `old` is the basis before, `basis` that of the trade.
    Losses cancel where the lots do not change, and are counted in the basis otherwise.
    """
    before, lots, old, basis, losses, index, power = z3.Ints("before lots old basis losses index power")
    domain = Numbers()
    after = before + lots
    stubs = {
        "words._basis": lambda _: old,
        "funding._index": lambda _: index,
    }
    env = {
        "before": before, "after": after, "basis": basis, "losses": losses, "scale": Power(power),
        "position": z3.IntVal(0), "funding_word": z3.IntVal(0),
    }  # fmt: skip
    found = Reading(domain, stubs=stubs).slice(module(LEDGER, root)["_change"], {"new_basis", "paid"}, env)
    paid, new = found["paid"], found["new_basis"]
    claims = {
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
    amount, lots, before, power = z3.Ints("amount lots before power")
    domain = Numbers()
    stubs = {"layout._scale": lambda _: Power(power)}
    env = {
        "amount": amount,
        "lots": lots,
        "word": z3.IntVal(0),
        "self_losses": before,
        "market": z3.IntVal(0),
    }
    text = module(LEDGER, root)["_socialise"]
    statement = next(node for node in text.body if node.node_source_code.startswith("losses: uint256"))
    reading = Reading(domain, stubs=stubs)
    added = reading._expression(statement.value.right, env)
    exact = amount * power
    claim = z3.And(added * lots >= exact, (added - 1) * lots < exact)
    return refuted(claim, amount >= 0, lots >= 1, power >= 1, *domain.facts)


def test_a_shared_deficit_is_borne_whole() -> None:
    assert socialised() is None


def test_a_deficit_shared_rounded_down_is_refuted() -> None:
    with changed(LEDGER, "((amount << layout._scale(word)) + lots - 1) // lots",
                 "((amount << layout._scale(word)) + 0) // lots") as root:  # fmt: skip
        assert socialised(root) is not None


def owed(root: Path = PROJECT_ROOT) -> Any:
    """A counterexample to: what a view says a position owes is rounded up."""
    lots, index, losses, basis, power = z3.Ints("lots index losses basis power")
    domain = Numbers()
    result = Reading(domain).call(module(FUNDING, root)["_owed"], lots, index, losses, basis, Power(power))
    exact = lots * index + z3.If(lots < 0, -lots, lots) * losses - basis
    return refuted(result * power >= exact, power >= 1, *domain.facts)


def test_what_a_position_owes_is_rounded_up() -> None:
    assert owed() is None


def test_what_a_position_owes_rounded_down_is_refuted() -> None:
    old = "return rounding._shift_up(lots * index + abs(lots) * losses - basis, scale)"
    with changed(FUNDING, old, "return (lots * index + abs(lots) * losses - basis) >> scale") as root:
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
