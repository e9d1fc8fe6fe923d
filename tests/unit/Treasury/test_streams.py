"""Streams: what accrues, who gets it, and what a cancellation leaves to whom."""

import pytest

from tests.support.governance import FOUNDATION, GRANTEE, HELD, NOBODY, ONE, STRANGER, Chest
from tests.support.orders import reverts
from walras.devtools.evm import Event, artifact

TEN_YEARS = 315_360_000


def test_open(chest: Chest) -> None:
    now, token = chest.evm.time, chest.token.address.lower()
    stream = chest.open(100, begins_in=7, lasts=50)
    words = {"token": token, "receiver": GRANTEE.lower(), "total": 100, "start": now + 7, "end": now + 57}
    assert chest.treasury.events() == [Event("StreamOpened", {"stream": 0, **words})]
    assert chest.treasury.streams(stream) == (token, GRANTEE.lower(), 100, 0, now + 7, now + 57)
    assert (chest.reserved, chest.free) == (100, HELD - 100)
    assert chest.open(1) == 1
    assert chest.treasury.stream_count() == 2


@pytest.mark.parametrize(
    ("after", "accrued"),
    [(0, 0), (6, 0), (7, 0), (8, 0), (9, 1), (10, 1), (11, 2), (56, 24), (57, 25), (58, 25), (10**9, 25)],
)
def test_accrual(chest: Chest, after: int, accrued: int) -> None:
    """25 units over 50 seconds, from the seventh: half a unit a second, rounded down."""
    stream = chest.open(25, begins_in=7, lasts=50)
    chest.evm.time += after
    assert chest.treasury.claimable(stream) == accrued
    if accrued:
        assert chest.treasury.claim(stream, sender=STRANGER) == accrued
    else:
        with reverts("treasury: nothing to claim"):
            chest.treasury.claim(stream)
    assert chest.received == accrued
    assert chest.reserved == 25 - accrued


def test_claim(chest: Chest) -> None:
    stream = chest.open(1_000)
    chest.evm.time += 400
    assert chest.treasury.claim(stream, sender=GRANTEE) == 400
    assert chest.treasury.events() == [Event("StreamClaimed", {"stream": stream, "amount": 400})]
    with reverts("treasury: nothing to claim"):
        chest.treasury.claim(stream, sender=GRANTEE)
    chest.evm.time += 100
    assert chest.treasury.claim(stream, sender=GRANTEE) == 100
    chest.evm.time += 10_000
    assert chest.treasury.claim(stream, sender=GRANTEE) == 500
    assert (chest.received, chest.reserved, chest.free) == (1_000, 0, HELD - 1_000)


def test_stream_that_began_before(chest: Chest) -> None:
    stream = chest.open(1_000, begins_in=-250)
    assert chest.treasury.claim(stream) == 250


def test_claims_of_every_second_are_those_of_one(chest: Chest) -> None:
    """Rounding loses nothing: what a claim leaves, the next one has."""
    stream = chest.open(100, lasts=30)
    for _ in range(30):
        chest.evm.time += 1
        chest.treasury.claim(stream)
    assert (chest.received, chest.reserved) == (100, 0)


def test_streams_are_apart(chest: Chest) -> None:
    first, second = chest.open(1_000), chest.open(500, lasts=100)
    chest.evm.time += 50
    assert chest.treasury.claim(second) == 250
    assert chest.treasury.claimable(first) == 50
    assert chest.reserved == 1_250


# ---------------------------------------------------------------- what is refused


def test_bad_receiver_and_total(chest: Chest) -> None:
    now, token = chest.evm.time, chest.token.address
    with reverts("treasury: no receiver"):
        chest.treasury.open_stream(token, NOBODY, 1, now, now + 1)
    with reverts("treasury: zero amount"):
        chest.open(0)
    with reverts("treasury: not enough free"):
        chest.open(HELD + 1)
    chest.open(HELD)
    with reverts("treasury: not enough free"):
        chest.open(1)


def test_total_at_its_bound(chest: Chest) -> None:
    token = chest.evm.deploy(artifact("PlainToken"), 18, foreign=True)
    token.mint(chest.treasury.address, 2**129)
    with reverts("treasury: amount too large"):
        chest.open(2**128, token=token.address)
    stream = chest.open(2**128 - 1, lasts=TEN_YEARS, token=token.address)
    chest.evm.time += TEN_YEARS - 1
    assert chest.treasury.claimable(stream) == (2**128 - 1) * (TEN_YEARS - 1) // TEN_YEARS


@pytest.mark.parametrize(
    ("begins_in", "lasts"), [(0, 0), (0, -1), (0, TEN_YEARS + 1), (TEN_YEARS + 1, 5), (-100, 0)]
)
def test_bad_times(chest: Chest, begins_in: int, lasts: int) -> None:
    with reverts("treasury: bad times"):
        chest.open(1, begins_in, lasts)


@pytest.mark.parametrize(("begins_in", "lasts"), [(0, 1), (0, TEN_YEARS), (TEN_YEARS, TEN_YEARS)])
def test_times_at_their_bounds(chest: Chest, begins_in: int, lasts: int) -> None:
    assert chest.treasury.claimable(chest.open(1, begins_in, lasts)) == 0


def test_no_such_stream(chest: Chest) -> None:
    chest.open(1)
    for call in (chest.treasury.claim, chest.treasury.claimable, chest.treasury.cancel_stream):
        with reverts("treasury: no such stream"):
            call(1)


# ---------------------------------------------------------------- cancellation


@pytest.mark.parametrize("claimed_at", [None, 100, 250])
def test_cancel(chest: Chest, claimed_at: int | None) -> None:
    """After 250 of 1,000 seconds: 250 are the receiver's, whether he has claimed some or not."""
    begin = chest.evm.time
    stream = chest.open(1_000)
    if claimed_at:
        chest.evm.time = begin + claimed_at
        chest.treasury.claim(stream)
    chest.evm.time = begin + 250
    chest.treasury.cancel_stream(stream)
    cancelled = {"stream": stream, "accrued": 250, "returned": 750}
    assert chest.treasury.events() == [Event("StreamCancelled", cancelled)]
    assert chest.reserved == 250 - (claimed_at or 0)
    assert chest.free == HELD - 250
    chest.evm.time += 5_000
    assert chest.treasury.claimable(stream) == 250 - (claimed_at or 0)
    if claimed_at != 250:
        chest.treasury.claim(stream)
    assert (chest.received, chest.reserved, chest.free) == (250, 0, HELD - 250)


def test_cancel_before_the_start(chest: Chest) -> None:
    stream = chest.open(1_000, begins_in=100)
    chest.treasury.cancel_stream(stream)
    assert (chest.reserved, chest.free) == (0, HELD)
    chest.evm.time += 5_000
    assert chest.treasury.claimable(stream) == 0


def test_cancel_in_the_last_second(chest: Chest) -> None:
    stream = chest.open(1_000)
    chest.evm.time += 999
    chest.treasury.cancel_stream(stream)
    assert (chest.reserved, chest.free) == (999, HELD - 999)


def test_cancel_what_is_over(chest: Chest) -> None:
    stream = chest.open(1_000)
    chest.evm.time += 1_000
    with reverts("treasury: stream is over"):
        chest.treasury.cancel_stream(stream)


def test_cancel_twice(chest: Chest) -> None:
    stream = chest.open(1_000)
    chest.evm.time += 1
    chest.treasury.cancel_stream(stream)
    with reverts("treasury: stream is over"):
        chest.treasury.cancel_stream(stream)


# ---------------------------------------------------------------- tokens


def test_what_is_sent_later_is_free(chest: Chest) -> None:
    chest.open(HELD)
    chest.token.transfer(chest.treasury.address, 5 * ONE, sender=FOUNDATION)
    assert chest.free == 5 * ONE


def test_token_that_shrinks(chest: Chest) -> None:
    """Less is held than set aside: nothing is free, and nothing reverts."""
    token = chest.evm.deploy(artifact("CallingToken"), foreign=True)
    token.mint(chest.treasury.address, 10)
    stream = chest.open(10, token=token.address)
    token.transferFrom(chest.treasury.address, STRANGER, 4)
    assert chest.treasury.free(token.address) == 0
    chest.evm.time += 500
    assert chest.treasury.claim(stream) == 5
    assert token.balanceOf(GRANTEE) == 5


def test_token_that_claims_again(chest: Chest) -> None:
    """In the midst of a claim the treasury is closed."""
    token = chest.evm.deploy(artifact("CallingToken"), foreign=True)
    token.mint(chest.treasury.address, 1_000)
    stream = chest.open(1_000, token=token.address)
    token.arm(chest.treasury.address, chest.treasury.encode("claim", stream))
    chest.evm.time += 400
    chest.treasury.claim(stream)
    assert (token.has_called(), token.has_succeeded()) == (True, False)
    assert token.balanceOf(GRANTEE) == 400
