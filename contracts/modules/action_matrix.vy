# pragma version 0.4.3
"""
@title   action_matrix: what may be done on a price of which status
@license AGPL-3.0-only
@notice  The one place of the rule. walras/model/actions.py holds the same table for keepers and documents.

                        LIVE  DEGRADED               STALE              HALTED
         OPEN           yes   DOUBLE_MARGIN          no                 no
         REDUCE         yes   yes                    NO_VAULT           no
         CANCEL         yes   yes                    yes                yes
         QUOTE          yes   WIDER                  no                 no
         LIQUIDATE      yes   KINDEST                no                 no
         WITHDRAW       yes   UNKINDEST              no                 no
         WITHDRAW_FLAT  yes   yes                    yes                yes
@dev     Functions here are pure but declared as views: the compiler refuses another file's flags in pure functions.
"""
from interfaces import IOracleRouter


@internal
@view
def _terms(action: IOracleRouter.Action, status: IOracleRouter.Status) -> IOracleRouter.Terms:
    """
    @notice On which terms an action may be done.
    @param action One action.
    @param status One status.
    @return ALLOWED with what it is bound to; nothing where the action is not allowed, nor for anything that is not
            one action and one status.
    """
    if not (self._is_one(convert(action, uint256)) and self._is_one(convert(status, uint256))):
        return empty(IOracleRouter.Terms)
    if status in IOracleRouter.Status.LIVE:
        return IOracleRouter.Terms.ALLOWED
    if action in (IOracleRouter.Action.CANCEL | IOracleRouter.Action.WITHDRAW_FLAT):
        return IOracleRouter.Terms.ALLOWED
    if status in IOracleRouter.Status.DEGRADED:
        return IOracleRouter.Terms.ALLOWED | self._degraded(action)
    if status in IOracleRouter.Status.STALE and action in IOracleRouter.Action.REDUCE:
        return IOracleRouter.Terms.ALLOWED | IOracleRouter.Terms.NO_VAULT
    return empty(IOracleRouter.Terms)


@internal
@view
def _degraded(action: IOracleRouter.Action) -> IOracleRouter.Terms:
    """
    @notice What an action is bound to on a price that is DEGRADED.
    """
    if action in IOracleRouter.Action.OPEN:
        return IOracleRouter.Terms.DOUBLE_MARGIN
    if action in IOracleRouter.Action.QUOTE:
        return IOracleRouter.Terms.WIDER
    if action in IOracleRouter.Action.LIQUIDATE:
        return IOracleRouter.Terms.KINDEST
    if action in IOracleRouter.Action.WITHDRAW:
        return IOracleRouter.Terms.UNKINDEST
    return empty(IOracleRouter.Terms)


@internal
@pure
def _is_one(flags: uint256) -> bool:
    """
    @notice Whether exactly one bit is set.
    """
    if flags == 0:
        return False
    return flags & (flags - 1) == 0
