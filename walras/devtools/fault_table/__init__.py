"""The faults that walras.devtools.faults plants in the contracts, each a slip that a person could make.

`old` is text that its file holds exactly once, on one line, so that the table survives edits elsewhere; `new`
takes its place. tests/faults checks the former, and that one fault of each file is found by a campaign.
"""

from typing import Final

from walras.devtools.fault_table import (
    book,
    engine,
    engine_modules,
    governance,
    guard,
    money,
    oracle,
    triggers,
    vault,
    waterfall,
)
from walras.devtools.fault_table.fault import Fault

__all__ = ["FAULTS", "Fault"]

FAULTS: Final[tuple[Fault, ...]] = (
    *book.FAULTS,
    *oracle.FAULTS,
    *money.FAULTS,
    *vault.FAULTS,
    *engine_modules.FAULTS,
    *engine.FAULTS,
    *guard.FAULTS,
    *waterfall.FAULTS,
    *triggers.FAULTS,
    *governance.FAULTS,
)
