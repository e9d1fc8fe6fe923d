"""OracleRouter.price: from the answers of the sources to a price with a status, in contract and model."""

from dataclasses import replace

import pytest

from tests.support.oracle import ONE, Manner, RouterPair
from tests.support.orders import reverts
from walras.model.actions import Status
from walras.model.oracle import MAX_PRICE, Settings, Trouble

P = 100 * ONE
LOOSE = Settings(quorum=1, deviation_bps=2_000, rejection_bps=2_000, max_move_bps=4_000, spacing=10)


def test_all_agree(pair: RouterPair) -> None:
    pair.say_all(P, P + ONE, P + 2 * ONE)
    found = pair.price()
    assert (found.price, found.low, found.high) == (P + ONE, P, P + 2 * ONE)
    assert (found.status, found.published_at, found.troubles) == (Status.LIVE, pair.evm.time, Trouble(0))


def test_unknown_market(pair: RouterPair) -> None:
    with reverts("router: unknown market"):
        pair.router.price(8)


def test_range_includes_confidence(pair: RouterPair) -> None:
    pair.say(0, P, confidence=ONE // 2)
    pair.say(1, P, confidence=ONE // 4)
    found = pair.price()
    assert (found.low, found.high, found.status) == (P - ONE // 2, P + ONE // 2, Status.LIVE)


# ---------------------------------------------------------------- the median


@pytest.mark.parametrize("outlier", [1, P // 2, P * 2, MAX_PRICE])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_source_pushed_by_any_amount(pair: RouterPair, place: int, outlier: int) -> None:
    prices = [P, P + ONE, P + 2 * ONE]
    prices[place] = outlier
    pair.say_all(*prices)
    found = pair.price()
    assert found.price == sorted(prices)[1]
    assert abs(found.price - (P + ONE)) <= ONE
    assert (found.status, found.troubles) == (Status.DEGRADED, Trouble.SOURCE_DEVIATES)


@pytest.mark.parametrize(
    ("weights", "prices", "expected"),
    [
        ((1, 1), (100, 102), 101),
        ((1, 2), (100, 101), 101),
        ((2, 1, 1), (100, 101, 102), 100),  # the middle of 100 and 101, rounded down
        ((1, 1, 2), (100, 101, 102), 101),
        ((1, 1, 3), (100, 101, 102), 102),
        ((15, 15, 15, 15), (100, 101, 101, 102), 101),
        ((1, 1, 1, 1, 1, 1, 1, 1), (103, 102, 101, 100, 100, 101, 102, 103), 101),
    ],
)
def test_weighted_median_of_small_prices(
    weights: tuple[int, ...], prices: tuple[int, ...], expected: int
) -> None:
    pair = RouterPair(LOOSE, len(weights), weights)
    pair.say_all(*prices)
    assert pair.price().price == expected


# ---------------------------------------------------------------- who is heard


@pytest.mark.parametrize("manner", [m for m in Manner if m not in (Manner.ANSWER, Manner.LONG)])
def test_source_that_misbehaves(pair: RouterPair, manner: Manner) -> None:
    pair.say_all(P, P + ONE, P + 2 * ONE)
    pair.behave(2, manner)
    found = pair.price()
    assert (found.price, found.status) == (P + ONE // 2, Status.DEGRADED)
    assert found.troubles == Trouble.SOURCE_FAILED


def test_words_after_the_third_are_not_looked_at(pair: RouterPair) -> None:
    pair.behave(1, Manner.LONG)
    assert pair.price().status == Status.LIVE


@pytest.mark.parametrize(
    ("price", "confidence", "age", "troubles"),
    [
        (P, 0, 0, Trouble(0)),
        (0, 0, 0, Trouble.SOURCE_FAILED),
        (MAX_PRICE + 1, 0, 0, Trouble.SOURCE_FAILED),
        (2**256 - 1, 0, 0, Trouble.SOURCE_FAILED),
        (2**256 - P, 0, 0, Trouble.SOURCE_FAILED),  # a negative price, told as if it were none
        (MAX_PRICE, MAX_PRICE, 0, Trouble.SOURCE_WIDE),
        (P, MAX_PRICE + 1, 0, Trouble.SOURCE_FAILED),
        (P, 2**256 - 1, 0, Trouble.SOURCE_FAILED),
        (P, P // 200, 0, Trouble(0)),
        (P, P // 200 + 1, 0, Trouble.SOURCE_WIDE),
        (P, P // 50, 0, Trouble.SOURCE_WIDE),
        (P, P // 50 + 1, 0, Trouble.SOURCE_WIDE),
        (2 * P, 2 * P // 50, 0, Trouble.SOURCE_WIDE | Trouble.SOURCE_DEVIATES),
        (2 * P, 2 * P // 50 + 1, 0, Trouble.SOURCE_WIDE),
        (P, 0, 60, Trouble(0)),
        (P, 0, 61, Trouble.SOURCE_LATE),
        (P, P, 61, Trouble.SOURCE_LATE),
        (P, 0, 10**12, Trouble.SOURCE_LATE),
        (P, 0, -5, Trouble(0)),
        (P, 0, -6, Trouble.SOURCE_FAILED),
        (P, 0, -(2**255), Trouble.SOURCE_FAILED),
        (P * 102 // 100, 0, 0, Trouble(0)),
        (P * 102 // 100 + 1, 0, 0, Trouble.SOURCE_DEVIATES),
        (P * 98 // 100, 0, 0, Trouble(0)),
        (P * 98 // 100 - 1, 0, 0, Trouble.SOURCE_DEVIATES),
    ],
)
def test_third_source(pair: RouterPair, price: int, confidence: int, age: int, troubles: Trouble) -> None:
    """Two agree on 100; what the third says, and what is said of it."""
    pair.say(2, price, confidence, age)
    found = pair.price()
    assert found.troubles == troubles
    assert found.status == (Status.DEGRADED if troubles else Status.LIVE)
    assert found.price == P


def test_clock_that_is_ahead_makes_no_price_from_the_future(pair: RouterPair) -> None:
    for place in range(3):
        pair.say(place, P, age=-5)
    assert pair.price().published_at == pair.evm.time


def test_source_wider_than_the_guard_has_no_vote(pair: RouterPair) -> None:
    pair.say_all(P, P + ONE, P + ONE)
    pair.say(2, P + ONE, confidence=(P + ONE) // 50)
    assert pair.price().price == P + ONE
    pair.say(2, P + ONE, confidence=(P + ONE) // 50 + 1)
    assert pair.price().price == P + ONE // 2
    assert pair.price().troubles == Trouble.SOURCE_WIDE


# ---------------------------------------------------------------- quorum and majority


def test_quorum_missed(recorded: RouterPair) -> None:
    recorded.behave(0, Manner.REVERT)
    assert recorded.price().status == Status.DEGRADED
    recorded.behave(1, Manner.REVERT)
    recorded.say(2, P + ONE)
    found = recorded.price()
    assert (found.price, found.low, found.high) == (P, P, P)  # the last recorded one
    assert (found.status, found.troubles) == (
        Status.STALE,
        Trouble.SOURCE_FAILED | Trouble.QUORUM_MISSED,
    )


def test_two_that_disagree_are_no_quorum(recorded: RouterPair) -> None:
    recorded.behave(0, Manner.REVERT)
    recorded.say_all(P, P, P * 104 // 100)
    assert recorded.price().status == Status.DEGRADED  # each is 1.96 % from the middle
    recorded.say_all(P, P, P * 105 // 100)
    found = recorded.price()
    assert found.troubles == Trouble.SOURCE_FAILED | Trouble.SOURCE_DEVIATES | Trouble.QUORUM_MISSED
    assert (found.price, found.status) == (P, Status.STALE)


TWO_GUARDS = Settings(quorum=2, deviation_bps=100, rejection_bps=1_000, max_move_bps=100, spacing=10)


@pytest.mark.parametrize(
    ("prices", "low", "high", "troubles"),
    [
        # one deviates, two agree closely: the range is theirs
        ((100, 101, 110), 100, 101, Trouble.SOURCE_DEVIATES),
        ((100, 101, 250), 100, 101, Trouble.SOURCE_DEVIATES),
        # none agrees closely with the middle one: all within the outer guard stand behind it
        ((95, 100, 110), 95, 110, Trouble.SOURCE_DEVIATES),
        ((95, 100, 111), 95, 100, Trouble.SOURCE_DEVIATES),
        ((6, 100, 110), 100, 110, Trouble.SOURCE_DEVIATES),
        ((89, 100, 111), 0, 0, Trouble.SOURCE_DEVIATES | Trouble.QUORUM_MISSED | Trouble.NO_PRICE),
    ],
)
def test_outer_guard_where_the_guard_leaves_too_few(
    prices: tuple[int, ...], low: int, high: int, troubles: Trouble
) -> None:
    pair = RouterPair(TWO_GUARDS)
    pair.say_all(*(price * ONE for price in prices))
    found = pair.price()
    assert (found.low, found.high, found.troubles) == (low * ONE, high * ONE, troubles)
    assert found.price == (sorted(prices)[1] * ONE if low else 0)


def test_outer_guard_makes_a_majority_too() -> None:
    settings = Settings(quorum=1, deviation_bps=100, rejection_bps=1_000, max_move_bps=100, spacing=10)
    pair = RouterPair(settings, 3, (1, 2, 1))
    pair.say_all(P - 5 * ONE, P, P + 11 * ONE)
    found = pair.price()
    assert (found.price, found.low, found.high) == (P, P - 5 * ONE, P)
    assert found.status == Status.DEGRADED


@pytest.mark.parametrize(("width", "heard"), [(P // 200, True), (P // 10, True), (P // 10 + 1, False)])
def test_wider_than_the_outer_guard_is_not_heard(width: int, heard: bool) -> None:
    pair = RouterPair(TWO_GUARDS)
    pair.say_all(P, P + ONE, P + ONE)
    pair.say(2, P, confidence=width)
    found = pair.price()
    assert found.price == (P if heard else P + ONE // 2)
    assert found.troubles == (Trouble.SOURCE_WIDE if width > P // 200 else Trouble(0))


@pytest.mark.parametrize("seen", [P - 2 * ONE, P, P + 2 * ONE])
def test_an_unsure_source_does_not_widen_the_range_past_the_guard(seen: int) -> None:
    """It says 20 % more or less where the others agree exactly."""
    pair = RouterPair(Settings(2, 200, 2_000, 100, 10))
    pair.say_all(P, P, P)
    pair.say(2, seen, confidence=seen // 5)
    found = pair.price()
    assert (found.price, found.low, found.high) == (P, P - 2 * ONE, P + 2 * ONE)
    assert found.troubles == Trouble.SOURCE_WIDE


def test_limits_of_confidence_are_rounded_up_as_confidences_are(pair: RouterPair) -> None:
    """Of a price of 101 its 50 bps are 1 when they are rounded up."""
    settings = Settings(2, 200, 200, 100, 10)
    pair.configure(settings, [replace(source, confidence_bps=50) for source in pair.listed])
    for place in range(3):
        pair.say(place, 101, confidence=1)
    assert pair.price().troubles == Trouble(0)
    pair.say(2, 101, confidence=2)
    assert pair.price().troubles == Trouble.SOURCE_WIDE
    pair.say(2, 101, confidence=3)  # the guard's are 3
    assert pair.price().published_at == pair.evm.time
    pair.say(1, 101, confidence=4)
    pair.say(0, 101, confidence=4)
    assert Trouble.QUORUM_MISSED in pair.price().troubles


def test_those_that_agree_need_more_than_half_of_the_weight() -> None:
    settings = Settings(quorum=1, deviation_bps=100, rejection_bps=100, max_move_bps=100, spacing=10)
    pair = RouterPair(settings, 3, (1, 2, 1))
    pair.say_all(P - 5 * ONE, P, P + 5 * ONE)  # the middle one has half of the weight
    found = pair.price()
    assert found.troubles == Trouble.SOURCE_DEVIATES | Trouble.NO_MAJORITY | Trouble.NO_PRICE
    assert (found.status, found.price) == (Status.HALTED, 0)
    pair = RouterPair(settings, 3, (1, 3, 1))
    pair.say_all(P - 5 * ONE, P, P + 5 * ONE)
    assert (pair.price().status, pair.price().price) == (Status.DEGRADED, P)


def test_never_a_price(pair: RouterPair) -> None:
    for place in range(3):
        pair.behave(place, Manner.SILENT)
    found = pair.price()
    assert (found.price, found.low, found.high, found.published_at) == (0, 0, 0, 0)
    assert found.status == Status.HALTED
    assert found.troubles == Trouble.SOURCE_FAILED | Trouble.QUORUM_MISSED | Trouble.NO_PRICE


# ---------------------------------------------------------------- publish time


@pytest.mark.parametrize(
    ("quorum", "weights", "ages", "expected"),
    [
        (2, (1, 1, 1), (0, 10, 50), 10),
        (3, (1, 1, 1), (0, 10, 50), 50),
        (1, (1, 1, 1), (0, 10, 50), 10),  # one source is not the majority
        (1, (3, 1, 1), (0, 10, 50), 0),  # here it is
        (2, (3, 1, 1), (0, 10, 50), 10),
        (2, (1, 1, 8), (0, 10, 50), 50),  # the old one decides the median
        (2, (1, 1, 2), (0, 10, 50), 50),  # half of the weight is not enough: it would move the median
        (2, (1, 1, 1), (7, 7, 7), 7),
    ],
)
def test_oldest_of_those_it_needs(
    quorum: int, weights: tuple[int, ...], ages: tuple[int, ...], expected: int
) -> None:
    pair = RouterPair(Settings(quorum, 200, 200, 100, 10), 3, weights)
    for place, age in enumerate(ages):
        pair.say(place, P + place * ONE // 10, age=age)
    assert pair.price().published_at == pair.evm.time - expected


def test_deviating_source_does_not_make_it_newer(pair: RouterPair) -> None:
    pair.say(0, P, age=30)
    pair.say(1, P, age=20)
    pair.say(2, 2 * P, age=0)
    assert pair.price().published_at == pair.evm.time - 30


def test_older_than_recorded_keeps_the_publish_time(recorded: RouterPair) -> None:
    """What the sources come to is older than what was recorded: it counts, but passes for no news."""
    time = recorded.evm.time
    recorded.advance(5)
    for place in range(3):
        recorded.say(place, P + ONE, age=6)
    found = recorded.price()
    assert (found.price, found.published_at) == (P + ONE, time)
    assert (found.status, found.troubles) == (Status.DEGRADED, Trouble.OUTDATED)
    for place in range(3):
        recorded.say(place, P + ONE, age=5)  # as old as the recorded one
    assert (recorded.price().price, recorded.price().troubles) == (P + ONE, Trouble(0))


def test_one_source_cannot_make_a_market_stale() -> None:
    """Two are fast and one is slow; one of the fast ones comes and goes.

    With it the others' price is as new as the fast ones, without it as old as the slow one.
    """
    pair = RouterPair(heartbeat=3_600)
    pair.say(2, P, age=3_000)
    assert pair.record().status == Status.LIVE
    for _ in range(3):
        pair.advance(1)
        pair.say(0, P * 3 // 2)
        pair.say(1, P - ONE)
        found = pair.record()
        assert (found.price, found.status) == (P, Status.DEGRADED)
        assert found.troubles == Trouble.SOURCE_DEVIATES | Trouble.OUTDATED
        pair.advance(1)
        pair.say(0, P)
        pair.say(1, P)
        assert pair.record().troubles == Trouble(0)


# ---------------------------------------------------------------- speed


@pytest.mark.parametrize(
    ("seconds", "told", "expected"),
    [
        (1, 101 * ONE, 101 * ONE),
        (1, 101 * ONE + 1, 101 * ONE),
        (1, 99 * ONE, 99 * ONE),
        (1, 99 * ONE - 1, 99 * ONE),
        (3, 110 * ONE, 103 * ONE),
        (30, 50 * ONE, 70 * ONE),
        (99, 1, ONE),
        (100, 1, 1),
        (150, 1, 1),
        (1, MAX_PRICE, 101 * ONE),
        (50, 3 * P, 150 * ONE),
    ],
)
def test_largest_move(recorded: RouterPair, seconds: int, told: int, expected: int) -> None:
    recorded.advance(seconds)
    recorded.say_all(told, told, told)
    found = recorded.price()
    assert found.price == expected
    limited = told != expected
    assert found.troubles == (Trouble.MOVE_LIMITED if limited else Trouble(0))
    assert (found.low, found.high) == (min(told, expected), max(told, expected))
    assert found.published_at == recorded.evm.time


def test_move_limit_up_to_the_largest_price() -> None:
    pair = RouterPair(LOOSE)
    pair.say_all(*[MAX_PRICE - 1] * 3)
    pair.record()
    pair.advance(1)
    pair.say_all(*[MAX_PRICE] * 3)
    assert pair.record().price == MAX_PRICE


def test_first_price_is_not_limited(pair: RouterPair) -> None:
    pair.say_all(1, 1, 1)
    assert pair.record().price == 1
    pair.say_all(MAX_PRICE, MAX_PRICE, MAX_PRICE)  # in the same second
    assert pair.record().price == MAX_PRICE


def test_many_records_of_one_second_are_one_move(recorded: RouterPair) -> None:
    recorded.advance(2)
    for told in (101, 200, 50, 102, 99, 98, 97):
        recorded.say_all(*[told * ONE] * 3)
        assert recorded.record().price == min(max(told, 98), 102) * ONE
    recorded.advance(1)
    recorded.say_all(P, P, P)
    assert recorded.record().price == 98 * ONE + 98 * ONE // 100  # from the last of them


@pytest.mark.parametrize("seconds", [65_535, 65_536, 200_000])
def test_after_a_long_silence(recorded: RouterPair, seconds: int) -> None:
    recorded.advance(seconds)
    recorded.say_all(*[50 * P] * 3)
    assert recorded.record().price == 50 * P
    recorded.say_all(*[40 * P] * 3)  # the same second again, measured from the old price
    assert recorded.record().price == 40 * P
