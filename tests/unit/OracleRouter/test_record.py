"""OracleRouter.record, last and twap: what is written down, and its average."""

from typing import Any

import pytest

from tests.support.oracle import GUARDIAN, MARKET, ONE, OWNER, Manner, RouterPair, price_of
from tests.support.orders import reverts
from walras.devtools.evm import address, artifact
from walras.model.oracle import Settings, Trouble

P = 100 * ONE
KEEPER = address(0x5E)


def events(pair: RouterPair) -> list[dict[str, Any]]:
    """Arguments of the Recorded events of the last record."""
    return [event.args for event in pair.events if event.name == "Recorded"]


def test_nothing_recorded_yet(pair: RouterPair) -> None:
    assert pair.router.last(MARKET) == (0, 0, 0)
    assert pair.twap(1) == "router: not enough history"


def test_recorded_by_anyone(pair: RouterPair) -> None:
    pair.advance(3)
    found = price_of(pair.router.record(MARKET, sender=KEEPER))
    pair.events = pair.router.events()
    assert pair.router.last(MARKET) == (P, pair.evm.time - 3, pair.evm.time)
    expected = {"market": MARKET, "price": P, "published_at": found.published_at, "troubles": 0}
    assert events(pair) == [expected]


def test_event_tells_troubles(recorded: RouterPair) -> None:
    recorded.advance(1)
    recorded.say_all(2 * P, 2 * P, 2 * P)
    recorded.behave(0, Manner.REVERT)
    recorded.record()
    (event,) = events(recorded)
    assert event["price"] == 101 * ONE
    assert event["troubles"] == Trouble.MOVE_LIMITED | Trouble.SOURCE_FAILED


@pytest.mark.parametrize("trouble", ["quorum", "halt"])
def test_without_a_new_price_nothing_is_recorded(recorded: RouterPair, trouble: str) -> None:
    before = recorded.router.last(MARKET)
    recorded.advance(5)
    if trouble == "quorum":
        recorded.behave(0, Manner.BURN)
        recorded.behave(1, Manner.EMPTY)
    else:
        recorded.say_all(P + ONE, P + ONE, P + ONE)
        recorded.halt(True)
    recorded.record()
    assert recorded.router.last(MARKET) == before
    assert events(recorded) == []


def test_publish_time_does_not_go_back_across_a_change_of_sources(recorded: RouterPair) -> None:
    """The sources that were heard are replaced by slower ones."""
    time = recorded.evm.time
    recorded.advance(20)
    slow = recorded.listed[2]
    recorded.configure(Settings(1, 200, 200, 100, 10), [slow])
    recorded.say(2, P + ONE, age=30)
    assert recorded.record().troubles == Trouble.OUTDATED
    assert recorded.router.last(MARKET) == (P + ONE, time, time + 20)
    recorded.say(2, P + ONE, age=19)
    assert recorded.record().published_at == time + 1


# ---------------------------------------------------------------- averages


def tell(pair: RouterPair, price: int, seconds: int) -> None:
    """Record a price that then holds for some seconds."""
    pair.say_all(*[price] * len(pair.sources))
    pair.record()
    pair.advance(seconds)


@pytest.fixture
def free() -> RouterPair:
    """Any move; an observation at most every ten seconds."""
    return RouterPair(
        Settings(quorum=2, deviation_bps=200, rejection_bps=200, max_move_bps=4_000, spacing=10)
    )


def test_average_weighs_by_time(free: RouterPair) -> None:
    tell(free, 100, 10)
    tell(free, 200, 30)
    assert free.twap(1) == free.twap(30) == 200
    assert free.twap(40) == (100 * 10 + 200 * 30) // 40
    assert free.twap(35) == (100 * 5 + 200 * 30) // 35
    assert free.twap(41) == "router: not enough history"


def test_price_holds_while_nothing_is_recorded(free: RouterPair) -> None:
    tell(free, 100, 10)
    tell(free, 150, 0)
    for place in range(3):
        free.behave(place, Manner.SILENT)
    free.advance(90)
    free.record()
    assert free.twap(100) == (100 * 10 + 150 * 90) // 100


def test_between_observations_the_average_is_taken(free: RouterPair) -> None:
    """Records every second, observations every ten: a window that begins between two takes their average."""
    for price in range(101, 111):
        tell(free, price, 1)
    tell(free, 120, 10)
    assert free.twap(20) == (sum(range(101, 111)) + 120 * 10) // 20
    assert free.twap(15) == int((1055 * 5 / 10 + 120 * 10) / 15)
    assert free.twap(10) == 120


def test_last_record_of_a_second_counts(free: RouterPair) -> None:
    tell(free, 100, 10)
    tell(free, 150, 0)
    tell(free, 300, 0)
    tell(free, 200, 10)
    assert free.twap(20) == 150


@pytest.mark.parametrize("window", [0, 2**255])
def test_bad_window(free: RouterPair, window: int) -> None:
    tell(free, 100, 10)
    assert free.twap(window) == "router: bad window"


def test_window_as_long_as_time(free: RouterPair) -> None:
    tell(free, 100, 10)
    assert free.twap(free.evm.time) == "router: not enough history"
    assert free.twap(free.evm.time + 1) == "router: bad window"


def test_ring_keeps_1024_observations() -> None:
    pair = RouterPair(
        Settings(quorum=1, deviation_bps=200, rejection_bps=200, max_move_bps=4_000, spacing=1), sources=1
    )
    for number in range(1_024):
        tell(pair, 1_000 + number % 7, 1)
    assert isinstance(pair.twap(1_024), int)
    tell(pair, 5_000, 1)  # takes the place of the first
    assert isinstance(pair.twap(1_024), int)
    assert pair.twap(1_025) == "router: not enough history"
    for window in (1, 2, 3, 500, 1_000, 1_023):
        pair.twap(window)
    for number in range(30):
        tell(pair, 2_000 - number, 1 + number % 3)
        pair.twap(1 + 37 * number)


def test_markets_do_not_mix(recorded: RouterPair) -> None:
    other = recorded.evm.deploy(artifact("ScriptedSource"))
    other.set(5 * ONE, 0, recorded.evm.time)
    listed = [(other.address, 1, 60, 50, 100_000)]
    recorded.router.configure(MARKET + 1, Settings(1, 200, 200, 100, 10), listed, sender=OWNER)
    assert price_of(recorded.router.record(MARKET + 1)).price == 5 * ONE
    assert recorded.router.last(MARKET)[0] == P
    recorded.router.halt(MARKET + 1, sender=GUARDIAN)
    recorded.price()
    with reverts("router: unknown market"):
        recorded.router.record(MARKET + 2)
