"""Where all money is at the end of a run, to the unit.

The director settles every account of `observer.accounts` by transactions (`PerpEngine.sync`) first, and lets a block pass; then
`reconcile` reads. What nobody settled is counted in exactly, and said.
"""

from typing import TYPE_CHECKING

from walras.demo.figures import Reconciliation
from walras.demo.observer import Observer

if TYPE_CHECKING:
    from walras.chain.exchange import Exchange
    from walras.chain.rpc import Rpc


def reconcile(rpc: "Rpc", exchange: "Exchange", observer: Observer) -> Reconciliation:
    """At the last block that the observer took in."""
    raise NotImplementedError


def lines(found: Reconciliation) -> list[str]:
    """The table for the terminal; the last line is `money reconciled: difference 0`."""
    raise NotImplementedError
