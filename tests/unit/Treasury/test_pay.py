"""pay and pay_ether: on the owner's word, out of what is free."""

import pytest

from tests.support.governance import FOUNDATION, GRANTEE, GUARDIAN, HELD, NOBODY, ONE, STRANGER, Chest
from tests.support.insurance import Manner
from tests.support.orders import reverts
from walras.devtools.evm import Event, Evm, artifact

OWNER = "ownable: caller is not the owner"


def test_pay(chest: Chest) -> None:
    chest.treasury.pay(chest.token.address, GRANTEE, 3 * ONE)
    paid = {"token": chest.token.address.lower(), "receiver": GRANTEE.lower(), "amount": 3 * ONE}
    assert chest.treasury.events() == [Event("Paid", paid)]
    assert chest.received == 3 * ONE
    assert chest.free == HELD - 3 * ONE


def test_all_of_it(chest: Chest) -> None:
    chest.treasury.pay(chest.token.address, GRANTEE, HELD)
    assert (chest.free, chest.received) == (0, HELD)


def test_more_than_all_of_it(chest: Chest) -> None:
    with reverts("treasury: not enough free"):
        chest.treasury.pay(chest.token.address, GRANTEE, HELD + 1)


def test_what_streams_have_set_aside_is_not_paid(chest: Chest) -> None:
    chest.open(HELD - ONE)
    with reverts("treasury: not enough free"):
        chest.treasury.pay(chest.token.address, STRANGER, ONE + 1)
    chest.treasury.pay(chest.token.address, STRANGER, ONE)
    assert chest.free == 0


def test_another_token_is_not_set_aside(chest: Chest) -> None:
    other = chest.evm.deploy(artifact("GovernanceToken"), chest.treasury.address, 7)
    chest.open(HELD)
    chest.treasury.pay(other.address, STRANGER, 7)
    assert other.balanceOf(STRANGER) == 7


@pytest.mark.parametrize("caller", [STRANGER, GRANTEE, FOUNDATION])
def test_by_another(chest: Chest, caller: str) -> None:
    with reverts(OWNER):
        chest.treasury.pay(chest.token.address, caller, 1, sender=caller)
    with reverts(OWNER):
        chest.treasury.pay_ether(caller, 1, sender=caller)
    with reverts(OWNER):
        chest.treasury.open_stream(chest.token.address, caller, 1, 0, 1, sender=caller)
    stream = chest.open(ONE)
    with reverts(OWNER):
        chest.treasury.cancel_stream(stream, sender=caller)


def test_owner_is_who_calls(chest: Chest) -> None:
    """Not who sent the transaction."""
    caller = chest.evm.deploy(artifact("PayingCaller"), foreign=True)
    data = chest.treasury.encode("pay", chest.token.address, STRANGER, 1)
    with reverts(OWNER):
        caller.forward(chest.treasury.address, data, sender=GUARDIAN)


def test_to_nobody(chest: Chest) -> None:
    with reverts("treasury: no receiver"):
        chest.treasury.pay(chest.token.address, NOBODY, 1)
    with reverts("treasury: no receiver"):
        chest.treasury.pay_ether(NOBODY, 1)


def test_nothing(chest: Chest) -> None:
    with reverts("treasury: zero amount"):
        chest.treasury.pay(chest.token.address, GRANTEE, 0)
    with reverts("treasury: zero amount"):
        chest.treasury.pay_ether(GRANTEE, 0)


def test_to_itself(chest: Chest) -> None:
    with reverts("token: inexact transfer"):
        chest.treasury.pay(chest.token.address, chest.treasury.address, 1)


@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        (Manner.DENY, "token: transfer refused"),
        (Manner.DENY_MOVED, "token: transfer refused"),
        (Manner.IDLE, "token: inexact transfer"),
        (Manner.FEE_ON_TOP, "token: inexact transfer"),
        (Manner.REVERSE, "token: inexact transfer"),
    ],
)
def test_token_that_misbehaves(chest: Chest, manner: Manner, reason: str) -> None:
    """Nothing leaves; what it does later is paid."""
    token = chest.evm.deploy(artifact("HostileToken"), 18)
    for holder in (chest.treasury.address, GRANTEE):
        token.mint(holder, 10)
    token.behave(manner, 1)
    with reverts(reason):
        chest.treasury.pay(token.address, GRANTEE, 7)
    assert (token.balanceOf(chest.treasury.address), token.balanceOf(GRANTEE)) == (10, 10)
    token.behave(Manner.SILENT, 0)
    chest.treasury.pay(token.address, GRANTEE, 7)
    assert (token.balanceOf(chest.treasury.address), token.balanceOf(GRANTEE)) == (3, 17)


def test_token_that_calls_back(chest: Chest) -> None:
    """In the midst of a transfer the treasury is closed, also to its owner."""
    token = chest.evm.deploy(artifact("CallingToken"), foreign=True)
    token.mint(chest.treasury.address, 10)
    chest.treasury.transfer_ownership(token.address)
    token.forward(chest.treasury.address, chest.treasury.encode("accept_ownership"))
    token.arm(chest.treasury.address, chest.treasury.encode("pay", token.address, STRANGER, 4))
    token.forward(chest.treasury.address, chest.treasury.encode("pay", token.address, GRANTEE, 5))
    assert (token.has_called(), token.has_succeeded()) == (True, False)
    assert (token.balanceOf(GRANTEE), token.balanceOf(STRANGER)) == (5, 0)


# ---------------------------------------------------------------- ether


def give_ether(chest: Chest, amount: int, data: bytes = b"") -> None:
    """To the treasury, by anybody."""
    chest.evm.fund(STRANGER)
    chest.evm.call(STRANGER, chest.treasury.address, data, value=amount)


def test_ether(chest: Chest) -> None:
    give_ether(chest, 10)
    chest.treasury.pay_ether(GRANTEE, 10)
    paid = {"token": NOBODY, "receiver": GRANTEE.lower(), "amount": 10}
    assert chest.treasury.events() == [Event("Paid", paid)]
    assert chest.evm.balance(GRANTEE) == 10
    assert chest.evm.balance(chest.treasury.address) == 0


def test_more_ether_than_there_is(chest: Chest) -> None:
    give_ether(chest, 10)
    with reverts("treasury: not enough free"):
        chest.treasury.pay_ether(GRANTEE, 11)


def test_ether_that_is_refused(chest: Chest) -> None:
    give_ether(chest, 10)
    receiver = chest.evm.deploy(artifact("RefusingCaller"), foreign=True)
    with reverts("treasury: payment refused"):
        chest.treasury.pay_ether(receiver.address, 10)
    receiver.set(True)
    chest.treasury.pay_ether(receiver.address, 10)
    assert chest.evm.balance(receiver.address) == 10


def test_ether_that_comes_back(chest: Chest) -> None:
    """While it is paid out: here to the treasury itself."""
    give_ether(chest, 10)
    chest.treasury.pay_ether(chest.treasury.address, 10)
    assert chest.evm.balance(chest.treasury.address) == 10


def test_ether_with_data_is_a_call_that_is_not_there(chest: Chest) -> None:
    with reverts("treasury: no such call"):
        give_ether(chest, 1, b"\x01\x02\x03\x04")
    with reverts("treasury: no such call"):
        give_ether(chest, 0, b"\x01")


# ---------------------------------------------------------------- the owner


def test_no_owner(evm: Evm) -> None:
    with reverts("treasury: no owner"):
        evm.deploy(artifact("Treasury"), NOBODY)


def test_owner_hands_on(chest: Chest) -> None:
    assert chest.treasury.owner() == GUARDIAN.lower()
    chest.treasury.transfer_ownership(STRANGER)
    assert chest.treasury.owner() == GUARDIAN.lower()
    with reverts("ownable_2step: caller is not the new owner"):
        chest.treasury.accept_ownership(sender=GRANTEE)
    chest.treasury.accept_ownership(sender=STRANGER)
    chest.treasury.pay(chest.token.address, GRANTEE, 1, sender=STRANGER)
    with reverts(OWNER):
        chest.treasury.pay(chest.token.address, GRANTEE, 1)


def test_ownership_is_not_renounced() -> None:
    assert "renounce_ownership()" not in artifact("Treasury").selectors
    assert "transfer_ownership(address)" in artifact("Treasury").selectors
