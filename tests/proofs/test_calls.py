"""No chain of calls enters a contract twice but where it is meant; what leads outside is locked; where each
contract keeps its variables.
"""

from pathlib import Path
from typing import Final

import pytest

from tests.proofs.linking import changed
from walras.devtools import calls, layouts
from walras.devtools.calls import (
    ALLOWED,
    ANYTHING,
    OUTSIDE,
    UNLOCKED,
    Place,
    UnknownCallError,
    block,
    graph,
    twice,
    unlocked,
)
from walras.devtools.compiler import PROJECT_ROOT

SELF_CALLERS: Final = {
    "multicall", "place_signed", "cancel_signed", "largest_order", "preview",
    "update_and_run",  # what is left of the fees goes back, were a bundle of the engine's to run it
}  # fmt: skip
FUND: Final = "contracts/InsuranceFund.vy"
TRIGGERS: Final = "contracts/TriggerOrders.vy"


def names(chains: list[list[Place]]) -> list[list[str]]:
    """The contracts of chains."""
    return [[contract for contract, _ in chain] for chain in chains]


def with_call(caller: Place, callee: Place) -> dict[Place, frozenset[Place]]:
    """The graph, were there one call more."""
    return graph() | {caller: graph()[caller] | {callee}}


def test_no_chain_of_calls_enters_a_contract_twice() -> None:
    assert twice(graph()) == []


def test_a_chain_that_does_is_found() -> None:
    """The twin: were the vault to ask the engine something while it quotes, each auction would enter the
    engine twice.
    """
    asking = with_call(("Vault", "quotes"), ("PerpEngine", "worth"))
    assert ["PerpEngine", "Vault", "PerpEngine"] in names(twice(asking))


def test_a_chain_through_a_call_of_anything_is_found() -> None:
    """The twin: were the treasury, while it pays, to have the governor execute."""
    asking = with_call(("Treasury", "pay"), ("Governor", "execute"))
    assert ["Treasury", "Governor"] in [chain[-2:] for chain in names(twice(asking))]


def test_a_chain_behind_a_second_entry_that_is_meant_is_found() -> None:
    """The twin of the engine's calls of itself: they are followed."""
    asking = with_call(("PerpEngine", "place"), ("TriggerOrders", "execute"))
    asking[("TriggerOrders", "ask")] = frozenset({("PerpEngine", "preview")})
    assert ["TriggerOrders", "PerpEngine", "PerpEngine", "TriggerOrders"] in names(twice(asking))


@pytest.mark.parametrize("pair", ALLOWED, ids=" to ".join)
def test_exceptions_are_needed(pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "ALLOWED", {one: why for one, why in ALLOWED.items() if one != pair})
    assert twice(graph()) != []


def test_only_the_relay_has_the_engine_call_itself() -> None:
    own = {name for (contract, name), targets in graph().items() if contract == "PerpEngine"
           and any(target == "PerpEngine" for target, _ in targets)}  # fmt: skip
    assert own == SELF_CALLERS


def test_calls_that_matter_are_in_the_graph() -> None:
    edges = graph()
    assert ("Vault", "quotes") in edges["PerpEngine", "run_auction"]  # out of code that runs by delegatecall
    assert ("PerpEngine", "place") in edges["TriggerOrders", "execute"]
    assert ("InsuranceFund", "draw") in edges["LiquidationEngine", "resolve"]
    assert ("Timelock", "execute_batch") in edges["Governor", "execute"]
    assert any(target == ANYTHING for target, _ in edges["Timelock", "execute_batch"])
    assert ("PerpEngine", "__default__") in edges["OracleRouter", "update"]  # what is left of the fees
    assert ("OrderbookV2", "__init__") in edges["PerpEngine", "list_market"]
    assert ("LiquidationViews", "planned") in edges["LiquidationEngine", "liquidate"]
    assert ("LiquidationViews", "is_full") in edges["LiquidationEngine", "nominate"]
    assert ("PerpEngine", "margin_of") in edges["LiquidationViews", "is_full"]


def test_tokens_of_the_project_call_nobody() -> None:
    """IERC20 stands for what is outside: so a token of ours is no way in."""
    edges = graph()
    assert {targets for (contract, _), targets in edges.items() if contract == "GovernanceToken"} == {
        frozenset()
    }
    for name in ("transfer", "transferFrom", "approve", "balanceOf", "allowance"):
        assert edges["Vault", name] == frozenset()


def test_a_call_that_no_table_tells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(calls.RAW, ("EngineSettings", "blueprint"))
    with pytest.raises(UnknownCallError, match="create_from_blueprint"):
        graph.__wrapped__()


def calls_of(path: str, root: Path = PROJECT_ROOT) -> list[tuple[str, str]]:
    """What a contract's functions call."""
    return [call for function in calls._exposed(root / path, root) for call in calls._calls(function)]


@pytest.mark.parametrize("part", sorted(calls.FORWARDED), ids=" of ".join)
def test_a_part_that_no_table_tells_is_refused(
    part: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "FORWARDED", calls.FORWARDED - {part})
    with pytest.raises(UnknownCallError, match=f"{part[0]}: where does raw_call.{part[1]}"):
        calls_of(f"contracts/{part[0]}.vy")


@pytest.mark.parametrize("flag", [True, False])
def test_a_call_that_goes_on_elsewhere_is_refused(flag: bool) -> None:
    """The twin: whoever calls the trigger orders could have them run, or call, anything."""
    call = f"raw_call(msg.sender, msg.data, is_delegate_call={flag})"
    added = f"@external\n@reentrant\ndef forward():\n    {call}\n\n\n"
    first = "@external\ndef place("
    unknown = pytest.raises(UnknownCallError, match=r"TriggerOrders: where does raw_call.msg.sender")
    with changed(TRIGGERS, first, added + first) as root, unknown:
        calls_of(TRIGGERS, root)


def test_a_call_that_nobody_answers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: the views at their own address were left out of the graph before."""
    monkeypatch.setattr(calls, "ALONE", ())
    with pytest.raises(UnknownCallError, match="none of those that stand for Views has"):
        graph.__wrapped__()


def test_what_leads_outside_is_locked() -> None:
    assert unlocked(graph()) == set(UNLOCKED)


def test_a_function_that_leads_outside_without_a_lock_is_found() -> None:
    """The twin: the book has no lock, as it calls nobody."""
    asking = with_call(("OrderbookV2", "place"), (OUTSIDE, "transfer"))
    assert unlocked(asking) == set(UNLOCKED) | {("OrderbookV2", "place")}


def test_the_page_shows_the_graph() -> None:
    assert block(graph()) in calls.PAGE.read_text()


def test_the_snapshot_of_storage_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert layouts.main(["--check"]) == 0, capsys.readouterr().out


def test_a_moved_variable_changes_the_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: two variables change places; and a page that says otherwise is refused."""
    lines = layouts.layout_of(FUND)
    with changed(FUND, "pot: public(uint256)", "moved: uint256\npot: public(uint256)") as root:
        assert layouts.layout_of(FUND, root) != lines
    page = tmp_path / "storage.json"
    page.write_text(layouts.SNAPSHOT.read_text().replace(lines["storage"][0], "0 +1 moved: uint256"))
    monkeypatch.setattr(layouts, "SNAPSHOT", page)
    assert layouts.main(["--check"]) == 1
