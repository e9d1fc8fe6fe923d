"""Where the money is at the end of a run, on the deployed exchange after a crash through every stage."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from eth_utils.crypto import keccak

from tests.support.demo_exchange import (
    AVAX,
    DEEP,
    LONG,
    PROVIDER,
    SHORT,
    USDC,
    DemoExchange,
    account,
)
from walras.demo.figures import Reconciliation
from walras.demo.observer import Observer
from walras.demo.reconcile import lines, reconcile
from walras.deploy.contracts import slot_of


@contextmanager
def for_now(it: DemoExchange) -> Iterator[None]:
    """What happens here has not happened; another observer sees it, who begins now."""
    first, seen, kept = it.observer, it.seen, it.rpc.ask("evm_snapshot")
    it.observer = begun(it)
    try:
        yield
    finally:
        it.rpc.ask("evm_revert", [kept])
        it.observer, it.seen = first, seen


def begun(it: DemoExchange) -> Observer:
    """An observer who hears all that was, now."""
    first = it.observer
    made = Observer(first.reader.rpc, first.exchange, first.run, {}, it.groups, {})
    made.begin(0)
    return made


def off(found: Reconciliation) -> dict[str, int]:
    """The lines that are."""
    return {check.what: check.difference for check in found.checks if check.difference}


def word(slot: int, *keys: int) -> str:
    """Where a mapping keeps a value, as Vyper lays it out."""
    place = slot.to_bytes(32)
    for key in keys:
        place = keccak(place + key.to_bytes(32))
    return "0x" + place.hex()


def write(it: DemoExchange, where: str, place: str, change: Any) -> None:
    """Change a word of storage behind the contract's back, in a block."""
    value = int(it.rpc.ask("eth_getStorageAt", [where, place, "latest"]), 16)
    it.rpc.ask("anvil_setStorageAt", [where, place, f"0x{change(value):064x}"])
    it.rpc.ask("evm_mine")
    it.observer.head = it.rpc.head()


def test_every_unit_is_where_it_should_be(crashed: DemoExchange) -> None:
    found = reconcile(crashed.observer)
    assert off(found) == {}
    assert found.difference == 0
    assert found.unsettled == 1  # the bidder's last order is filled, and nobody has settled it
    assert found.positions == 5  # a long, the short, the bidder; vault and backstop
    assert sum(found.holders.values()) == 258_500 * USDC
    assert lines(found, 6)[-1] == "money reconciled: difference 0"


def test_it_is_so_once_all_are_settled(crashed: DemoExchange) -> None:
    with for_now(crashed):
        for one in crashed.observer.accounts:
            crashed.send(crashed.keeper, crashed.exchange.engine.sync(one))
        found = reconcile(crashed.observer)
        assert off(found) == {}
        assert found.unsettled == 0


def test_who_begins_at_the_end_finds_the_same(crashed: DemoExchange) -> None:
    assert reconcile(begun(crashed)) == reconcile(crashed.observer)


@pytest.mark.parametrize(
    ("slot", "keys", "unit", "expected"),
    [
        # collateral out of nothing: contracts/modules/engine/account_words.vy has it from bit 128 on
        (
            "ledger.accounts", (account(LONG),), 1 << 128,
            {"Accounts' money", "Collateral", "Accounts that differ from their events"},
        ),
        ("ledger.tracked", (), 1, {"Engine's tokens", "Money into the engine", "Accounts' money"}),
        ("ledger.bad_debt", (), 1, {"Bad debt"}),
    ],
)  # fmt: skip
def test_a_unit_too_much_in_the_engine_is_found(
    crashed: DemoExchange, slot: str, keys: tuple[int, ...], unit: int, expected: set[str]
) -> None:
    with for_now(crashed):
        where = crashed.exchange.engine.address
        write(crashed, where, word(slot_of("PerpEngine", slot), *keys), lambda value: value + unit)
        found = reconcile(crashed.observer)
        assert set(off(found)) == expected
        assert set(map(abs, off(found).values())) == {1}
        assert lines(found, 6)[-1] == f"money reconciled: difference {len(expected)}"


@pytest.mark.parametrize(("name", "line"), [("engine", "Engine's tokens"), ("fund", "Insurance fund's"),
                                            ("fees", "Fee distributor's"), ("triggers", "Trigger orders'"),
                                            ("liquidation", "Contracts that hold nothing")])  # fmt: skip
def test_tokens_that_nobody_keeps_track_of_are_found(crashed: DemoExchange, name: str, line: str) -> None:
    with for_now(crashed):
        token = crashed.exchange.token
        crashed.send(PROVIDER, token.mint(PROVIDER, 7))
        crashed.send(PROVIDER, token.transfer(getattr(crashed.exchange, name).address, 7))
        assert off(reconcile(crashed.observer)) == {line: 7}


def test_tokens_that_were_never_minted_are_found(crashed: DemoExchange) -> None:
    with for_now(crashed):
        where = crashed.exchange.token.address
        place = word(slot_of("PlainToken", "balanceOf"), int(PROVIDER, 16))
        write(crashed, where, place, lambda value: value + 3)
        assert off(reconcile(crashed.observer)) == {"Tokens": 3}


def test_an_event_that_was_not_heard_is_found(crashed: DemoExchange) -> None:
    ledger = crashed.observer.ledger
    ledger.funding += 1
    try:
        assert set(off(reconcile(crashed.observer))) == {"Accounts' money"}
    finally:
        ledger.funding -= 1


def test_lots_that_nobody_is_short_are_found(crashed: DemoExchange) -> None:
    position = crashed.read(crashed.exchange.engine.position(account(SHORT), AVAX))
    assert position.lots < 0
    with for_now(crashed):
        slot = word(slot_of("PerpEngine", "ledger.positions"), account(SHORT), AVAX)
        write(crashed, crashed.exchange.engine.address, slot, lambda value: 0)
        found = off(reconcile(crashed.observer))
        assert found["AVAX: lots"] == -position.lots
        assert found["AVAX: positions"] == position.lots
        assert {"Accounts' money", "Positions that differ from their events"} <= set(found)


def test_rounding_beyond_its_bound_is_found(crashed: DemoExchange) -> None:
    ledger = crashed.observer.ledger
    ledger.borne -= 1_000
    try:
        found = off(reconcile(crashed.observer))
    finally:
        ledger.borne += 1_000
    assert 1_000 - ledger.settlements - 2 <= found["Rounding"] <= 1_000


def test_nothing_is_reconciled_before_anything_was_seen(crashed: DemoExchange) -> None:
    first = crashed.observer
    fresh = Observer(first.reader.rpc, first.exchange, first.run, {}, {}, {})
    with pytest.raises(RuntimeError, match="begin"):
        reconcile(fresh)


def test_the_deficit_was_borne_by_all(crashed: DemoExchange) -> None:
    ledger = crashed.observer.ledger
    assert ledger.borne > 0
    assert ledger.collateral[account(DEEP)] == 0
