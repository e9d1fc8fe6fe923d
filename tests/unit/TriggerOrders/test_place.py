"""place: by the owner, within bounds, for a tip."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.traders import MAKER, STRANGER, TAKER, caller
from tests.support.triggers import (
    KEEPER,
    TIP,
    Executed,
    TriggerPair,
    stop,
    stop_limit,
    take,
    take_limit,
    trailing,
)
from walras.devtools.evm import Reverted
from walras.model.book import MAX_ORDER, MAX_TICK
from walras.model.triggers import MAX_TIME, MAX_TIP, Kind, NewTrigger, Source

KINDS = {
    "stop": stop(19_900),
    "stop-limit": stop_limit(19_900, 19_800),
    "take": take(20_100),
    "take-limit": take_limit(20_100, 20_050),
    "trailing": trailing(100),
}


@pytest.mark.parametrize("name", KINDS)
def test_pulls_the_tip(pair: TriggerPair, long: int, name: str) -> None:
    owner = pair.exchange.owner(long)
    before = pair.token.balanceOf(owner)
    assert isinstance(pair.place(long, KINDS[name]), int)
    assert pair.token.balanceOf(owner) == before - TIP
    assert pair.token.balanceOf(pair.contract.address) == TIP
    pair.check()


def test_without_a_tip_no_token_moves(pair: TriggerPair, long: int) -> None:
    pair.token.bar(pair.contract.address, True)
    assert isinstance(pair.place(long, stop(19_900, tip=0)), int)
    pair.check()


def test_tip_that_is_not_there(pair: TriggerPair, long: int) -> None:
    owner = pair.exchange.owner(long)
    pair.token.approve(pair.contract.address, TIP - 1, sender=owner)
    with pytest.raises(Reverted):
        pair.contract.place(long, stop(19_900), sender=owner)
    pair.token.approve(pair.contract.address, TIP, sender=owner)
    assert isinstance(pair.place(long, stop(19_900)), int)


def test_by_the_owner_alone(pair: TriggerPair, long: int, maker: int) -> None:
    """An operator of the account in the engine is not one here."""
    operator = pair.exchange.owner(maker)
    pair.engine.set_operator(long, operator, 7, 9, 2**40 - 1, sender=pair.exchange.owner(long))
    for sender in (operator, KEEPER, STRANGER):
        assert pair.place(long, stop(19_900), sender=sender) == "triggers: not the owner"
        assert pair.place_pair(long, stop(1), stop(1), sender=sender) == "triggers: not the owner"
    assert isinstance(pair.place(long, stop(19_900)), int)


def test_account_wider_than_an_address(pair: TriggerPair, long: int) -> None:
    owner = pair.exchange.owner(long)
    wide = long | 1 << 168
    assert pair.place(wide, stop(19_900), sender=owner) == "triggers: not the owner"
    assert pair.place(long & 255, stop(19_900), sender=owner) == "triggers: not the owner"


def test_sub_accounts_are_apart(pair: TriggerPair, long: int, maker: int) -> None:
    other = pair.trader(TAKER, sub=255)
    pair.position(other, maker, 10)
    first, second = pair.place(long, stop(19_900)), pair.place(other, stop(19_900))
    assert isinstance(first, int)
    assert isinstance(second, int)
    assert pair.contract.triggers_of(long) == (first,)
    assert pair.contract.triggers_of(other) == (second,)
    pair.price(1_990)
    done = pair.execute(second)
    assert isinstance(done, Executed)
    assert done.order.lots == 10
    pair.check()


def test_through_a_contract(pair: TriggerPair) -> None:
    """The caller is who calls, not who sent the transaction."""
    contract, account = caller(pair.exchange)
    pair.token.mint(contract.address, 10 * TIP)
    terms = stop(19_900)
    data = pair.contract.encode("place", account, terms)
    approval = pair.token.encode("approve", pair.contract.address, TIP)
    contract.forward(pair.token.address, approval, sender=STRANGER)
    contract.forward(pair.contract.address, data, sender=STRANGER)
    (placed,) = pair.contract.triggers_of(account)
    assert pair.token.balanceOf(pair.contract.address) == TIP
    with pytest.raises(Reverted, match="triggers: not the owner"):
        pair.contract.place(account, terms, sender=STRANGER)
    with pytest.raises(Reverted, match="triggers: not the owner"):
        pair.contract.cancel(placed, sender=STRANGER)
    contract.forward(pair.contract.address, pair.contract.encode("cancel", placed), sender=STRANGER)
    assert pair.contract.claimable(contract.address) == TIP
    contract.forward(pair.contract.address, pair.contract.encode("claim", contract.address), sender=STRANGER)
    assert pair.token.balanceOf(contract.address) == 10 * TIP


def test_ids_are_never_used_twice(pair: TriggerPair, long: int) -> None:
    first = pair.place(long, stop(19_900))
    assert isinstance(first, int)
    pair.cancel(first)
    second = pair.place(long, stop(19_900))
    assert isinstance(second, int)
    assert second & 63 == first & 63 == 0, "the slot is"
    assert second != first
    assert pair.execute(first) == "triggers: unknown trigger"
    assert pair.cancel(first, sender=pair.exchange.owner(long)) == "triggers: unknown trigger"
    assert pair.sweep(first) == pair.ratchet(first) == "triggers: unknown trigger"
    assert pair.contract.triggers_of(long) == (second,)
    pair.check()


def test_sixty_four_of_an_account(pair: TriggerPair, long: int, maker: int) -> None:
    ids = [pair.place(long, stop(19_900 - number, tip=0)) for number in range(63)]
    assert pair.place_pair(long, stop(2, tip=0), stop(1, tip=0)) == "triggers: too many triggers"
    ids.append(pair.place(long, stop(1, tip=0)))
    assert pair.place(long, stop(1, tip=0)) == "triggers: too many triggers"
    assert pair.contract.triggers_of(long) == tuple(ids)
    assert isinstance(pair.place(maker, stop(1, tip=0)), int), "others have slots of their own"
    pair.check()
    assert pair.cancel(ids[7]) == 0
    again = pair.place(long, stop(3))
    assert isinstance(again, int)
    assert again & 63 == 7
    assert pair.place(long, stop(1)) == "triggers: too many triggers"
    pair.check()


# ---------------------------------------------------------------- bounds

LIMIT = stop_limit(19_900, 19_800)
BOUNDS: list[tuple[str, NewTrigger, dict[str, Any], dict[str, Any]]] = [
    ("triggers: bad tick", stop(1), {"tick": MAX_TICK}, {"tick": MAX_TICK + 1}),
    ("triggers: bad tick", stop(1), {"tick": 1}, {"tick": 0}),
    ("triggers: bad tick", trailing(1), {"tick": 0}, {"tick": 1}),
    ("triggers: bad tick", stop(1), {}, {"tick": 2**255}),
    ("triggers: bad limit", LIMIT, {"limit": MAX_TICK}, {"limit": MAX_TICK + 1}),
    ("triggers: bad limit", LIMIT, {"limit": 1}, {"limit": 0}),
    ("triggers: bad limit", take_limit(1, 1), {"limit": 1}, {"limit": 0}),
    ("triggers: bad limit", stop(1), {"limit": 0}, {"limit": 1}),
    ("triggers: bad limit", take(1), {"limit": 0}, {"limit": 1}),
    ("triggers: bad limit", trailing(1), {"limit": 0}, {"limit": 1}),
    ("triggers: bad slippage", stop(1), {"slippage": MAX_TICK}, {"slippage": MAX_TICK + 1}),
    (
        "triggers: bad slippage",
        stop(1, slippage_in_bps=True),
        {"slippage": 9_999},
        {"slippage": 10_000},
    ),
    ("triggers: bad slippage", trailing(1), {"slippage": 0}, {"slippage": 2**255}),
    ("triggers: bad slippage", LIMIT, {"slippage": 0}, {"slippage": 1}),
    ("triggers: bad distance", trailing(1), {"distance": MAX_TICK}, {"distance": MAX_TICK + 1}),
    ("triggers: bad distance", trailing(1), {"distance": 1}, {"distance": 0}),
    (
        "triggers: bad distance",
        trailing(1, distance_in_bps=True),
        {"distance": 9_999},
        {"distance": 10_000},
    ),
    ("triggers: bad distance", stop(1), {"distance": 0}, {"distance": 1}),
    ("triggers: bad size", stop(1), {"lots": MAX_ORDER}, {"lots": MAX_ORDER + 1}),
    (
        "triggers: bad size",
        stop(1, reduce_only=False, lots=MAX_ORDER),
        {"lots": 1},
        {"lots": 0},
    ),
    ("triggers: bad expiry", stop(1), {"expiry": MAX_TIME}, {"expiry": MAX_TIME + 1}),
    ("triggers: bad expiry", LIMIT, {"order_expiry": MAX_TIME}, {"order_expiry": MAX_TIME + 1}),
    ("triggers: bad expiry", stop(1), {"order_expiry": 0}, {"order_expiry": MAX_TIME}),
    ("triggers: bad tip", stop(1), {"tip": MAX_TIP}, {"tip": MAX_TIP + 1}),
    ("engine: unknown market", stop(1), {"market": 0}, {"market": 1}),
    ("engine: unknown market", stop(1), {"market": 0}, {"market": 128}),
    ("triggers: bad kind", stop(1), {"kind": Kind.STOP_MARKET}, {"kind": 0}),
    ("triggers: bad kind", stop(1), {"kind": Kind.TAKE_MARKET}, {"kind": 3}),
    ("triggers: bad kind", stop(1), {}, {"kind": 20}),
    ("triggers: bad source", stop(1), {"source": Source.CLEARING}, {"source": 0}),
    ("triggers: bad source", stop(1), {"source": Source.INDEX}, {"source": 7}),
]


@pytest.mark.parametrize(
    ("reason", "terms", "good", "bad"),
    BOUNDS,
    ids=[f"{row[0].split(': ')[1]}-{number}" for number, row in enumerate(BOUNDS)],
)
def test_bounds(
    pair: TriggerPair, long: int, reason: str, terms: NewTrigger, good: dict[str, Any], bad: dict[str, Any]
) -> None:
    owner = pair.exchange.owner(long)
    pair.token.mint(owner, 2**81)
    for side in ({"is_ask": True}, {"is_ask": False}):
        assert isinstance(pair.place(long, replace(terms, **side, **good)), int)
        assert pair.place(long, replace(terms, **side, **bad)) == reason
        assert pair.place_pair(long, replace(terms, **side), replace(terms, **bad)) == reason
    pair.check()


@pytest.mark.parametrize("name", ["expiry", "order_expiry"])
def test_expiry_is_to_come(pair: TriggerPair, long: int, name: str) -> None:
    now = pair.evm.time
    assert pair.place(long, replace(LIMIT, **{name: now})) == "triggers: bad expiry"
    assert isinstance(pair.place(long, replace(LIMIT, **{name: now + 1})), int)


def test_every_field_is_kept(pair: TriggerPair, long: int) -> None:
    """All fields at their largest, and each flag by itself; the pair compares the views."""
    owner = pair.exchange.owner(long)
    pair.token.mint(owner, 2**84)
    market = pair.exchange.list(2_000 * 10**18)
    largest = {"lots": MAX_ORDER, "tip": MAX_TIP, "expiry": MAX_TIME, "market": market}
    full = [
        stop(MAX_TICK, **largest | {"slippage": MAX_TICK}),
        take_limit(MAX_TICK, MAX_TICK, **largest | {"order_expiry": MAX_TIME, "source": Source.CLEARING}),
        trailing(MAX_TICK, **largest | {"is_ask": False, "source": Source.INDEX}),
        stop(5, slippage_in_bps=True),
        trailing(5, distance_in_bps=True),
        stop(5, is_ask=False),
        stop(5, attached=True),
        stop(5, reduce_only=False, lots=1),
    ]
    assert [pair.place(long, one) for one in full] == pair.ids
    pair.check()


def test_attaches_to_a_position(pair: TriggerPair, long: int, maker: int) -> None:
    nobody = pair.trader(0x77)
    assert pair.place(nobody, stop(19_900, attached=True)) == "triggers: no position"
    assert pair.place(long, stop(20_100, is_ask=False, attached=True)) == "triggers: bad side"
    assert pair.place(maker, stop(19_900, attached=True)) == "triggers: bad side"
    for account, is_ask in ((long, True), (maker, False)):
        assert isinstance(pair.place(account, stop(19_900, is_ask=is_ask, attached=True)), int)
        adds = stop(19_900, is_ask=not is_ask, attached=True, reduce_only=False, lots=1)
        assert isinstance(pair.place(account, adds), int)
    pair.check()


def test_attaches_to_fills_that_are_not_settled(pair: TriggerPair, maker: int) -> None:
    """The account is synced first."""
    account = pair.trader(TAKER)
    assert pair.exchange.sell(maker, 10, 20_000, post_only=True)
    assert pair.exchange.buy(account, 10, 20_000)
    assert pair.place(account, stop(19_900, attached=True)) == "triggers: no position"
    pair.exchange.close()
    assert pair.engine.position(account, 0)[0] == 0
    assert isinstance(pair.place(account, stop(19_900, attached=True)), int)


def test_trader_number_of_the_maker_is_another(pair: TriggerPair) -> None:
    """Accounts of two owners have ids of their own even in the same slot."""
    first, second = pair.trader(MAKER), pair.trader(TAKER)
    assert pair.place(first, stop(5)) != pair.place(second, stop(5))
