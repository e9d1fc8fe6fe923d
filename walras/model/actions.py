"""The action matrix: what may be done on a price of which status, as contracts/modules/action_matrix.vy."""

from enum import IntEnum, IntFlag
from types import MappingProxyType
from typing import Final


class Status(IntEnum):
    """What a price is worth, from best to worst; values as in interfaces/IOracleRouter.vyi."""

    LIVE = 1
    DEGRADED = 2
    STALE = 4
    HALTED = 8


class Action(IntEnum):
    """What somebody may want to do."""

    OPEN = 1
    """Open or increase a position."""
    REDUCE = 2
    """Reduce or close one."""
    CANCEL = 4
    """Cancel orders."""
    QUOTE = 8
    """The vault's quotes."""
    LIQUIDATE = 16
    """Liquidate or deleverage."""
    WITHDRAW = 32
    """Withdraw collateral while positions are open."""
    WITHDRAW_FLAT = 64
    """Withdraw collateral without positions."""


class Terms(IntFlag):
    """What an action is bound to."""

    REFUSED = 0
    ALLOWED = 1
    DOUBLE_MARGIN = 2
    """At twice the initial margin."""
    NO_VAULT = 4
    """Through an auction in which the vault does not quote."""
    WIDER = 8
    """At quotes outside low .. high."""
    KINDEST = 16
    """Valued at the end of low .. high that is kindest to the account."""
    UNKINDEST = 32
    """Valued at the end that is unkindest to it."""


_YES: Final = Terms.ALLOWED
_NO: Final = Terms.REFUSED

MATRIX: Final = MappingProxyType(
    {
        Action.OPEN: (_YES, _YES | Terms.DOUBLE_MARGIN, _NO, _NO),
        Action.REDUCE: (_YES, _YES, _YES | Terms.NO_VAULT, _NO),
        Action.CANCEL: (_YES, _YES, _YES, _YES),
        Action.QUOTE: (_YES, _YES | Terms.WIDER, _NO, _NO),
        Action.LIQUIDATE: (_YES, _YES | Terms.KINDEST, _NO, _NO),
        Action.WITHDRAW: (_YES, _YES | Terms.UNKINDEST, _NO, _NO),
        Action.WITHDRAW_FLAT: (_YES, _YES, _YES, _YES),
    }
)
"""Terms of each action by status: LIVE, DEGRADED, STALE, HALTED."""


def terms(action: Action, status: Status) -> Terms:
    """On which terms an action may be done."""
    return MATRIX[action][tuple(Status).index(status)]
