"""Operations of the timelock by hand: salts, predecessors, batches, roles. Its governor is a person here."""

from typing import Any

import pytest

from tests.support.governance import DAY, NOBODY, STRANGER
from tests.support.orders import reverts
from walras.devtools.evm import Contract, Evm, address, artifact

GOVERNOR, KEEPER = address(0x91), address(0x92)
NONE = bytes(32)
SALT = b"\x05".ljust(32, b"\0")


@pytest.fixture
def timelock(evm: Evm) -> Contract:
    """Of a day, with a proposer; anybody executes."""
    return evm.deploy(artifact("Timelock"), DAY, GOVERNOR)


def role(timelock: Contract, name: str, *args: Any) -> tuple[str, int, bytes]:
    """A call of the timelock to itself."""
    return timelock.address, 0, timelock.encode(name, *args)


def schedule(
    timelock: Contract,
    call: tuple[str, int, bytes],
    before: bytes = NONE,
    salt: bytes = NONE,
    delay: int = DAY,
) -> bytes:
    """By the governor; the operation's id."""
    timelock.schedule(*call, before, salt, delay, sender=GOVERNOR)
    return bytes(timelock.hash_operation(*call, before, salt))


def test_salt_is_told(timelock: Contract) -> None:
    call = role(timelock, "update_delay", 2 * DAY)
    timelock.schedule(*call, NONE, NONE, DAY, sender=GOVERNOR)
    assert [event.name for event in timelock.events()] == ["CallScheduled"]
    timelock.schedule(*call, NONE, SALT, DAY, sender=GOVERNOR)
    scheduled, told = timelock.events()
    assert (scheduled.name, told.name) == ("CallScheduled", "CallSalt")
    salted = bytes(timelock.hash_operation(*call, NONE, SALT))
    assert told.args == {"id": salted, "salt": SALT}
    assert salted != bytes(timelock.hash_operation(*call, NONE, NONE))


def test_salt_of_a_batch_is_told(timelock: Contract) -> None:
    at, _, data = role(timelock, "update_delay", 2 * DAY)
    timelock.schedule_batch([at], [0], [data], NONE, SALT, DAY, sender=GOVERNOR)
    assert [event.name for event in timelock.events()] == ["CallScheduled", "CallSalt"]
    timelock.schedule_batch([at], [0], [data], NONE, NONE, DAY, sender=GOVERNOR)
    assert [event.name for event in timelock.events()] == ["CallScheduled"]


def test_same_operation_twice(timelock: Contract) -> None:
    call = role(timelock, "update_delay", 2 * DAY)
    schedule(timelock, call)
    with reverts("timelock_controller: operation already scheduled"):
        schedule(timelock, call)
    timelock.evm.time += DAY
    timelock.execute(*call, NONE, NONE, sender=KEEPER)
    with reverts("timelock_controller: operation already scheduled"):
        schedule(timelock, call)


def test_less_than_the_delay(timelock: Contract) -> None:
    call = role(timelock, "update_delay", 2 * DAY)
    with reverts("timelock_controller: insufficient delay"):
        schedule(timelock, call, delay=DAY - 1)
    schedule(timelock, call)


def test_predecessor_first(timelock: Contract) -> None:
    first = role(timelock, "update_delay", 2 * DAY)
    second = role(timelock, "grantRole", timelock.EXECUTOR_ROLE(), KEEPER)
    before = schedule(timelock, first)
    schedule(timelock, second, before=before)
    timelock.evm.time += DAY
    with reverts("timelock_controller: missing dependency"):
        timelock.execute(*second, before, NONE, sender=KEEPER)
    timelock.execute(*first, NONE, NONE, sender=KEEPER)
    timelock.execute(*second, before, NONE, sender=KEEPER)
    assert timelock.hasRole(timelock.EXECUTOR_ROLE(), KEEPER)


@pytest.mark.parametrize("lengths", [(1, 2, 1), (1, 1, 2), (2, 1, 1), (0, 1, 0)])
def test_batch_of_unlike_lengths(timelock: Contract, lengths: tuple[int, int, int]) -> None:
    targets, amounts, payloads = lengths
    batch = [timelock.address] * targets, [0] * amounts, [b""] * payloads
    with reverts("timelock_controller: length mismatch"):
        timelock.schedule_batch(*batch, NONE, NONE, DAY, sender=GOVERNOR)
    with reverts("timelock_controller: length mismatch"):
        timelock.execute_batch(*batch, NONE, NONE, sender=KEEPER)


def test_batch_of_nothing(timelock: Contract) -> None:
    """It is an operation like others, as those that follow may ask for it."""
    timelock.schedule_batch([], [], [], NONE, NONE, DAY, sender=GOVERNOR)
    timelock.evm.time += DAY
    timelock.execute_batch([], [], [], NONE, NONE, sender=KEEPER)
    assert timelock.is_operation_done(timelock.hash_operation_batch([], [], [], NONE, NONE))


def test_roles_given_twice_and_taken_twice(timelock: Contract) -> None:
    """The second time changes nothing, and says nothing."""
    executor = timelock.EXECUTOR_ROLE()
    for name, has in (("grantRole", True), ("revokeRole", False)):
        for number, events in enumerate((2, 1)):
            call = role(timelock, name, executor, KEEPER)
            schedule(timelock, call, salt=bytes([number + 1]).ljust(32, b"\0"))
            timelock.evm.time += DAY
            timelock.execute(*call, NONE, bytes([number + 1]).ljust(32, b"\0"), sender=STRANGER)
            assert len(timelock.events()) == events
            assert timelock.hasRole(executor, KEEPER) == has


def test_executors_alone_once_the_role_is_not_open(timelock: Contract) -> None:
    executor = timelock.EXECUTOR_ROLE()
    for call in (
        role(timelock, "grantRole", executor, KEEPER),
        role(timelock, "revokeRole", executor, NOBODY),
    ):
        schedule(timelock, call)
        timelock.evm.time += DAY
        timelock.execute(*call, NONE, NONE, sender=STRANGER)
    call = role(timelock, "update_delay", 2 * DAY)
    schedule(timelock, call)
    timelock.evm.time += DAY
    with reverts("access_control: account is missing role"):
        timelock.execute(*call, NONE, NONE, sender=STRANGER)
    timelock.execute(*call, NONE, NONE, sender=KEEPER)
    assert timelock.get_minimum_delay() == 2 * DAY
