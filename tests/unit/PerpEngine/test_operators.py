"""set_operator and grant: who besides the owner places and cancels, how often, until when."""

from typing import Any

import pytest

from tests.support.engine import EnginePair
from tests.support.orders import reverts
from tests.support.traders import OPERATOR, PAR, RICH, STRANGER, caller, fill, order, through

PLACE, CANCEL, BOTH = 1, 2, 3


def grant(pair: EnginePair, account: int, permissions: int, actions: int = 10, until: int = 100) -> None:
    """To the operator, by the owner."""
    expiry = pair.evm.time + until
    pair.engine.set_operator(account, OPERATOR, permissions, actions, expiry, sender=pair.owner(account))


CALLS: dict[str, tuple[int, tuple[Any, ...]]] = {
    "place": (PLACE, (0, order())),
    "cancel_replace": (PLACE, (0, [], [order()], False)),
    "cancel": (CANCEL, (0, 0, 1)),
    "cancel_all": (CANCEL, (0,)),
    "cancel_all_after": (CANCEL, (0, 0)),
}


@pytest.mark.parametrize("name", CALLS)
def test_permissions(pair: EnginePair, maker: int, name: str) -> None:
    needed, arguments = CALLS[name]
    if name == "cancel":
        arguments = (0, pair.buy(maker, 10, PAR), 1)

    def call() -> None:
        getattr(pair.engine, name)(maker, *arguments, sender=OPERATOR)

    with reverts("engine: not authorised"):
        call()
    for permissions in (0, BOTH - needed):
        grant(pair, maker, permissions)
        with reverts("engine: not authorised"):
            call()
    for permissions in (needed, BOTH):
        grant(pair, maker, permissions)
        call()
        assert pair.engine.grant(maker, OPERATOR) == (permissions, 9, pair.evm.time + 100)


def test_event_and_view(pair: EnginePair, maker: int) -> None:
    assert pair.engine.grant(maker, OPERATOR) == (0, 0, 0)
    pair.engine.set_operator(maker, OPERATOR, BOTH, 2**32 - 1, 2**40 - 1, sender=pair.owner(maker))
    (event,) = pair.engine.events()
    assert (event.name, event.args) == (
        "OperatorSet",
        {
            "account": maker,
            "operator": OPERATOR,
            "permissions": BOTH,
            "actions": 2**32 - 1,
            "expiry": 2**40 - 1,
        },
    )
    assert pair.engine.grant(maker, OPERATOR) == (BOTH, 2**32 - 1, 2**40 - 1)
    assert pair.engine.grant(maker | 1, OPERATOR) == pair.engine.grant(maker, STRANGER) == (0, 0, 0)


def test_expiry(pair: EnginePair, maker: int) -> None:
    grant(pair, maker, PLACE, until=100)
    pair.advance(99)
    pair.engine.place(maker, 0, order(), sender=OPERATOR)
    pair.advance(1)
    with reverts("engine: grant expired"):
        pair.engine.place(maker, 0, order(), sender=OPERATOR)
    pair.engine.place(maker, 0, order(), sender=pair.owner(maker))


@pytest.mark.parametrize("name", CALLS)
def test_grant_that_has_ended(pair: EnginePair, maker: int, name: str) -> None:
    """By time or by use, whichever part of the engine is asked."""
    needed, arguments = CALLS[name]
    grant(pair, maker, needed, actions=0)
    with reverts("engine: grant used up"):
        getattr(pair.engine, name)(maker, *arguments, sender=OPERATOR)
    grant(pair, maker, needed, until=0)
    with reverts("engine: grant expired"):
        getattr(pair.engine, name)(maker, *arguments, sender=OPERATOR)


def test_actions_are_counted(pair: EnginePair, maker: int) -> None:
    grant(pair, maker, BOTH, actions=2)
    pair.engine.place(maker, 0, order(), sender=OPERATOR)
    pair.engine.cancel_all(maker, 0, sender=OPERATOR)
    assert pair.engine.grant(maker, OPERATOR)[:2] == (BOTH, 0)
    with reverts("engine: grant used up"):
        pair.engine.place(maker, 0, order(), sender=OPERATOR)
    pair.engine.place(maker, 0, order(), sender=pair.owner(maker))  # the owner's are not
    grant(pair, maker, BOTH, actions=1)
    pair.engine.place(maker, 0, order(), sender=OPERATOR)


def test_reduce_is_for_reductions_alone(pair: EnginePair, maker: int, taker: int) -> None:
    """Who may do nothing but reduce places reduce-only orders; neither others, nor ladders, nor cancels."""
    fill(pair, taker, maker, 10)
    grant(pair, taker, 4)
    with reverts("engine: not authorised"):
        pair.engine.place(taker, 0, order(is_ask=True), sender=OPERATOR)
    for name in ("cancel_replace", "cancel", "cancel_all", "cancel_all_after"):
        with reverts("engine: not authorised"):
            getattr(pair.engine, name)(taker, *CALLS[name][1], sender=OPERATOR)
    placed = pair.engine.place(taker, 0, order(is_ask=True, reduce_only=True), sender=OPERATOR)
    assert pair.engine.grant(taker, OPERATOR)[1] == 9
    with reverts("engine: not authorised"):
        pair.engine.cancel(taker, 0, placed, 1, sender=OPERATOR)


def test_refused_action_costs_nothing(pair: EnginePair, maker: int) -> None:
    grant(pair, maker, BOTH, actions=1)
    with reverts("book: zero lots"):
        pair.engine.place(maker, 0, order(lots=0), sender=OPERATOR)
    assert pair.engine.grant(maker, OPERATOR)[1] == 1


def test_bounds(pair: EnginePair, maker: int) -> None:
    owner = pair.owner(maker)
    for bad in ((8, 1, 1), (256, 1, 1), (1, 2**32, 1), (1, 1, 2**40), (2**256 - 1, 0, 0)):
        with reverts("engine: bad grant"):
            pair.engine.set_operator(maker, OPERATOR, *bad, sender=owner)
    pair.engine.set_operator(maker, OPERATOR, 7, 2**32 - 1, 2**40 - 1, sender=owner)


def test_owner_grants(pair: EnginePair, maker: int, taker: int) -> None:
    grant(pair, maker, BOTH)
    for sender in (OPERATOR, pair.owner(taker), STRANGER):
        with reverts("engine: not the owner"):
            pair.engine.set_operator(maker, OPERATOR, BOTH, 10, 2**40 - 1, sender=sender)
    contract, account = caller(pair)
    with reverts("engine: not the owner"):
        through(pair, contract, "set_operator", maker, OPERATOR, 3, 1, 1, sender=pair.owner(maker))
    through(pair, contract, "set_operator", account, OPERATOR, 3, 1, 1, sender=STRANGER)
    assert pair.engine.grant(account, OPERATOR) == (3, 1, 1)


def test_operator_takes_no_money(pair: EnginePair, maker: int) -> None:
    grant(pair, maker, BOTH)
    with reverts("engine: not the owner"):
        pair.engine.withdraw(maker, 1, OPERATOR, sender=OPERATOR)
    with reverts("engine: not the owner"):
        pair.engine.transfer(maker, maker | 1, 1, sender=OPERATOR)
    assert pair.engine.collateral(maker) == RICH


def test_grant_is_of_one_account(pair: EnginePair, maker: int, taker: int) -> None:
    grant(pair, maker, BOTH)
    for account in (maker | 1, taker):
        with reverts("engine: not authorised"):
            pair.engine.place(account, 0, order(), sender=OPERATOR)
    pair.engine.place(maker, 0, order(), sender=OPERATOR)


def test_contract_as_operator(pair: EnginePair, maker: int) -> None:
    contract, _ = caller(pair)
    pair.engine.set_operator(maker, contract.address, 3, 2, 2**40 - 1, sender=pair.owner(maker))
    through(pair, contract, "place", maker, 0, order(), sender=STRANGER)
    through(pair, contract, "cancel_all", maker, 0, sender=STRANGER)
    with reverts("engine: grant used up"):
        through(pair, contract, "place", maker, 0, order(), sender=STRANGER)
    pair.engine.set_operator(maker, OPERATOR, 3, 2, 2**40 - 1, sender=pair.owner(maker))
    with reverts("engine: grant used up"):  # the operator signs, but the contract calls
        through(pair, contract, "place", maker, 0, order(), sender=OPERATOR)


def test_orders_of_an_operator_are_the_accounts(pair: EnginePair, maker: int) -> None:
    grant(pair, maker, PLACE)
    pair.place(maker, order(lots=1_000), sender=OPERATOR)
    assert pair.engine.position(maker, 0)[3] == 1_000
    poor = pair.fund(44, 100)
    grant(pair, poor, PLACE)
    with reverts("engine: margin missed"):
        pair.engine.place(poor, 0, order(lots=1_000), sender=OPERATOR)
