"""No chain of calls enters a contract twice; where each contract keeps its variables."""

import pytest

from walras.devtools import calls, layouts
from walras.devtools.calls import ALLOWED, ANYTHING, block, graph, twice, used


def test_no_chain_of_calls_enters_a_contract_twice() -> None:
    assert twice(graph()) == []


def test_a_chain_that_does_is_found() -> None:
    """The twin: were the vault to ask the engine something while it quotes, each auction would enter the
    engine twice.
    """
    edges = dict(graph())
    edges["Vault", "quotes"] = edges["Vault", "quotes"] | {("PerpEngine", "worth")}
    assert ["PerpEngine", "Vault", "PerpEngine"] in [
        [contract for contract, _ in chain] for chain in twice(edges)
    ]


def test_exceptions_are_needed() -> None:
    assert set(ALLOWED) <= used(graph())


def test_only_the_relay_has_the_engine_call_itself() -> None:
    own = {name for (contract, name), targets in graph().items() if contract == "PerpEngine"
           and any(target == "PerpEngine" for target, _ in targets)}  # fmt: skip
    assert own == SELF_CALLERS


SELF_CALLERS = {"multicall", "place_signed", "cancel_signed", "largest_order", "preview"}


def test_calls_that_matter_are_in_the_graph() -> None:
    edges = graph()
    assert ("Vault", "quotes") in edges["PerpEngine", "run_auction"]  # out of code that runs by delegatecall
    assert ("PerpEngine", "place") in edges["TriggerOrders", "execute"]
    assert ("InsuranceFund", "draw") in edges["LiquidationEngine", "resolve"]
    assert ("Timelock", "execute_batch") in edges["Governor", "execute"]
    assert any(target == ANYTHING for target, _ in edges["Timelock", "execute_batch"])


def test_the_page_shows_the_graph() -> None:
    assert block(graph()) in calls.PAGE.read_text()


def test_the_snapshot_of_storage_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert layouts.main(["--check"]) == 0, capsys.readouterr().out
