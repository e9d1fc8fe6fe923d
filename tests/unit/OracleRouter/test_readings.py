"""OracleRouter.readings: what each source says, and what is wrong with it."""

from tests.support.oracle import MARKET, NOBODY, ONE, Manner, RouterPair
from tests.support.orders import reverts
from walras.model.oracle import Trouble

P = 100 * ONE


def test_each_source_and_its_troubles() -> None:
    pair = RouterPair(sources=6)
    now = pair.evm.time
    pair.say(0, P, confidence=1)
    pair.say(1, P, age=61)
    pair.say(2, P + 5 * ONE)
    pair.say(3, P - ONE, confidence=ONE)
    pair.behave(4, Manner.SHORT)
    pair.say(5, P + 5, age=-3)
    found = [tuple(reading) for reading in pair.router.readings(MARKET)]
    sources = [source.address for source in pair.sources]
    assert found == [
        (sources[0], P, 1, now, 0),
        (sources[1], P, 0, now - 61, Trouble.SOURCE_LATE),
        (sources[2], P + 5 * ONE, 0, now, Trouble.SOURCE_DEVIATES),
        (sources[3], P - ONE, ONE, now, Trouble.SOURCE_WIDE),
        (sources[4], 0, 0, 0, Trouble.SOURCE_FAILED),
        (sources[5], P + 5, 0, now, 0),
    ]


def test_guard_to_the_unit() -> None:
    """2 % around 100, on either side: at it a source is within, a unit beyond it is not."""
    for sign in (1, -1):
        for beyond in (0, 1):
            pair = RouterPair(sources=3)
            for source, price in enumerate((P, P, P + sign * (2 * ONE + beyond))):
                pair.say(source, price)
            troubles = [reading[4] for reading in pair.router.readings(MARKET)]
            assert troubles == [0, 0, Trouble.SOURCE_DEVIATES if beyond else 0]


def test_troubles_are_those_of_the_price() -> None:
    pair = RouterPair(sources=6)
    pair.say(1, P, age=61)
    pair.say(2, P + 5 * ONE, confidence=2 * ONE)
    pair.behave(4, Manner.SHORT)
    together = Trouble(0)
    for reading in pair.router.readings(MARKET):
        together |= Trouble(reading[4])
    assert together | Trouble.NO_PRICE == pair.price().troubles | Trouble.NO_PRICE


def test_nobody_answers(pair: RouterPair) -> None:
    for place in range(3):
        pair.behave(place, Manner.BURN)
    assert [reading[1:] for reading in pair.router.readings(MARKET)] == [
        (0, 0, 0, Trouble.SOURCE_FAILED) for _ in range(3)
    ]


def test_unknown_market(pair: RouterPair) -> None:
    assert pair.router.readings(MARKET)[0][0] != NOBODY
    with reverts("router: unknown market"):
        pair.router.readings(MARKET + 1)
