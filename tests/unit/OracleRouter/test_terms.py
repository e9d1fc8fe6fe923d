"""The action matrix: contract, model, interface and documents say the same, for every action and status."""

import re

import pytest

from tests.support.oracle import RouterPair
from walras.devtools.compiler import PROJECT_ROOT
from walras.model.actions import MATRIX, Action, Status, Terms, terms
from walras.model.oracle import Trouble

INTERFACE = (PROJECT_ROOT / "interfaces/IOracleRouter.vyi").read_text()

YES, NO = "yes", "no"
TABLE = {
    Action.OPEN: (YES, "DOUBLE_MARGIN", NO, NO),
    Action.REDUCE: (YES, YES, "NO_VAULT", NO),
    Action.CANCEL: (YES, YES, YES, YES),
    Action.QUOTE: (YES, "WIDER", NO, NO),
    Action.LIQUIDATE: (YES, "KINDEST", NO, NO),
    Action.WITHDRAW: (YES, "UNKINDEST", NO, NO),
    Action.WITHDRAW_FLAT: (YES, YES, YES, YES),
}
"""The design's table, written a second time."""


def word(found: Terms) -> str:
    """Terms as the table writes them."""
    if found == Terms.REFUSED:
        return NO
    if found == Terms.ALLOWED:
        return YES
    assert found & Terms.ALLOWED
    return str((found & ~Terms.ALLOWED).name)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("status", Status)
def test_terms(pair: RouterPair, action: Action, status: Status) -> None:
    found = Terms(pair.router.terms(action, status))
    assert word(found) == TABLE[action][list(Status).index(status)]
    assert found == terms(action, status)


def test_nothing_else_is_allowed(pair: RouterPair) -> None:
    """No status, no action, and mixtures of them: every pair of words that the types let through."""
    for action in range(2 ** len(Action)):
        for status in range(2 ** len(Status)):
            one = action in set(Action) and status in set(Status)
            found = pair.router.terms(action, status)
            assert bool(found) == (one and bool(terms(Action(action), Status(status))))


def test_a_worse_status_never_allows_more() -> None:
    for row in MATRIX.values():
        allowed = [bool(found & Terms.ALLOWED) for found in row]
        assert allowed == sorted(allowed, reverse=True)


@pytest.mark.parametrize("kind", [Status, Trouble, Action, Terms])
def test_flags_of_the_interface_are_the_models(kind: type[Status | Trouble | Action | Terms]) -> None:
    body = re.search(rf"^flag {kind.__name__}:\n((?:    .*\n)+)", INTERFACE, re.MULTILINE)
    assert body
    names = re.findall(r"^    ([A-Z_]+)", body[1], re.MULTILINE)
    assert names == [member.name for member in kind if member.value]
    assert [member.value for member in kind if member.value] == [2**bit for bit in range(len(names))]


def test_module_shows_the_same_table() -> None:
    text = (PROJECT_ROOT / "contracts/modules/action_matrix.vy").read_text()
    for action, row in TABLE.items():
        assert re.search(rf"^\s+{action.name}\s+" + r"\s+".join(row) + "$", text, re.MULTILINE)
