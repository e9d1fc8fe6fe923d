"""The views: code of LiquidationViews on the waterfall's storage, which it cannot write."""

from typing import Any

import pytest

from tests.support.opcodes import reachable
from tests.support.waterfall import STRANGER, Waterfall
from walras.devtools.evm import Contract, artifact

LOGS = {f"LOG{topics}" for topics in range(5)}
WRITES = {"SSTORE", "TSTORE", *LOGS, "CALL", "CALLCODE", "CREATE", "CREATE2", "SELFDESTRUCT", "DELEGATECALL"}


def test_views_cannot_write_log_call_or_create() -> None:
    assert not WRITES & set(reachable(artifact("LiquidationViews").runtime))


def test_waterfall_leaves_its_code_for_the_views_alone() -> None:
    assert reachable(artifact("LiquidationEngine").runtime).count("DELEGATECALL") == 1


def slots(contract: str) -> dict[str, Any]:
    """Where its modules keep their variables."""
    layout = artifact(contract).layout["storage_layout"]
    return {
        f"{module}.{name}": (place["slot"], place["type"])
        for module, names in layout.items()
        if isinstance(names, dict) and "slot" not in names
        for name, place in names.items()
    }


def test_both_keep_the_same_in_the_same_places() -> None:
    views, waterfall = slots("LiquidationViews"), slots("LiquidationEngine")
    assert {"stage.pendings", "stage.notes", "stage.settings_of", "ranks.rounds"} <= set(views)
    assert {name: waterfall[name] for name in views} == views


def test_called_by_itself_it_knows_nothing(falls: Waterfall) -> None:
    """Its own storage is empty."""
    long, _ = falls.positions()
    falls.price(1_945)
    falls.act("liquidate", long, 0)
    alone = Contract(falls.evm, falls.liquidator.views(), artifact("LiquidationViews").abi)
    assert alone.pending(long, 0, sender=STRANGER)[0] == 0
    assert falls.liquidator.pending(long, 0, sender=STRANGER)[0] == 3_520


@pytest.mark.parametrize("data", [b"", b"\x01\x02\x03\x04", bytes(40)])
def test_what_nobody_knows_reverts(falls: Waterfall, data: bytes) -> None:
    with pytest.raises(Exception, match="Revert"):
        falls.evm.call(STRANGER, falls.liquidator.address, data, foreign=True)
