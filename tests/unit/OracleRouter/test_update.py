"""OracleRouter.update: feeding the sources, and its cost. Real ones are in the tests of their contracts."""

import pytest
from eth_abi.abi import encode

from tests.support.oracle import MARKET, ONE, Manner, RouterPair, price_of
from tests.support.orders import reverts
from walras.devtools.evm import Contract, Event, address, artifact
from walras.model.actions import Status

KEEPER = address(0x5E)
P = 100 * ONE


@pytest.fixture
def fed(recorded: RouterPair) -> RouterPair:
    """A second after prices were recorded."""
    recorded.evm.fund(KEEPER)
    recorded.advance(1)
    return recorded


def payload(pair: RouterPair, price: int = P + ONE) -> bytes:
    """Three words for a scripted source to take over."""
    return encode(["uint256"] * 3, [price, 0, pair.evm.time])


def refusals(pair: RouterPair) -> list[Event]:
    """UpdateRefused of the last call."""
    return [event for event in pair.router.events() if event.name == "UpdateRefused"]


def test_each_source_gets_its_payload(fed: RouterPair) -> None:
    payloads = [payload(fed, P + place) for place in range(3)]
    found = price_of(fed.router.update(MARKET, payloads, sender=KEEPER))
    assert (found.price, found.low, found.high, found.status) == (P + 1, P, P + 2, Status.LIVE)
    assert fed.router.last(MARKET) == (P + 1, fed.evm.time, fed.evm.time)


def test_empty_and_missing_payloads_feed_nobody(fed: RouterPair) -> None:
    found = price_of(fed.router.update(MARKET, [b"", payload(fed)], sender=KEEPER))
    assert refusals(fed) == []
    assert (found.price, found.high) == (P, P + ONE)


def test_without_payloads_it_records(fed: RouterPair) -> None:
    fed.say_all(P + 5, P + 5, P + 5)
    fed.router.update(MARKET, [], sender=KEEPER)
    assert fed.router.last(MARKET)[0] == P + 5


def test_more_payloads_than_sources(fed: RouterPair) -> None:
    fed.router.update(MARKET, [b"", b"", b""])
    with reverts("router: too many payloads"):
        fed.router.update(MARKET, [b"", b"", b"", b""])
    with reverts("router: unknown market"):
        fed.router.update(MARKET + 1, [])


def test_fees_come_out_of_the_value_and_the_change_goes_back(fed: RouterPair) -> None:
    for place, fee in enumerate((7, 0, 5)):
        fed.sources[place].behave_in_update(Manner.ANSWER, fee)
    before = fed.evm.balance(KEEPER)
    fed.router.update(MARKET, [payload(fed)] * 3, sender=KEEPER, value=100)
    assert fed.evm.balance(KEEPER) == before - 12
    assert [source.seen() for source in fed.sources] == [7, 0, 5]
    assert fed.evm.balance(fed.router.address) == 0


def test_exact_value(fed: RouterPair) -> None:
    fed.sources[0].behave_in_update(Manner.ANSWER, 7)
    before = fed.evm.balance(KEEPER)
    fed.router.update(MARKET, [payload(fed)], sender=KEEPER, value=7)
    assert refusals(fed) == []
    assert fed.evm.balance(KEEPER) == before - 7


def test_value_that_does_not_cover_the_second_fee(fed: RouterPair) -> None:
    for place, fee in enumerate((7, 6, 5)):
        fed.sources[place].behave_in_update(Manner.ANSWER, fee)
    before = fed.evm.balance(KEEPER)
    found = price_of(fed.router.update(MARKET, [payload(fed)] * 3, sender=KEEPER, value=12))
    (event,) = refusals(fed)
    assert event.args == {"market": MARKET, "source": fed.sources[1].address, "why": b""}
    assert found.price == P + ONE  # the first and the third were fed
    assert fed.evm.balance(KEEPER) == before - 12


@pytest.mark.parametrize("fee", [2**256 - 1, 2**255, 1])
def test_fee_that_is_absurd(fed: RouterPair, fee: int) -> None:
    fed.sources[1].behave_in_update(Manner.ANSWER, fee)
    fed.router.update(MARKET, [payload(fed)] * 3, sender=KEEPER)
    assert [event.args["source"] for event in refusals(fed)] == [fed.sources[1].address]


@pytest.mark.parametrize(
    "manner", [Manner.REVERT, Manner.SILENT, Manner.SHORT, Manner.REENTER, Manner.REENTER_RECORD]
)
def test_source_that_refuses_stops_nothing(fed: RouterPair, manner: Manner) -> None:
    """Whatever it does with the payload, the others are fed, and its fee goes back."""
    fed.sources[1].behave_in_update(manner, 9)
    before = fed.evm.balance(KEEPER)
    found = price_of(fed.router.update(MARKET, [payload(fed)] * 3, sender=KEEPER, value=50))
    (event,) = refusals(fed)
    assert event.args["source"] == fed.sources[1].address
    assert (found.price, found.low) == (P + ONE, P)
    assert fed.evm.balance(KEEPER) == before
    reasons = {Manner.REVERT: b"source: update refused", Manner.SHORT: b"source: no fee"}
    assert reasons.get(manner, b"") in event.args["why"]


def test_source_that_takes_no_updates(fed: RouterPair) -> None:
    """ChainlinkSource knows no `update`: a payload for it is refused, and is no harm."""
    from tests.support.chainlink import Flux
    from tests.support.oracle import CALM
    from walras.model.oracle import Source

    flux = Flux(fed.evm)
    flux.submit(100 * 10**8)
    source = fed.evm.deploy(artifact("ChainlinkSource"), flux.address, 0)
    fed.configure(CALM, [*fed.listed[:2], Source(source.address, 1, 60, 50, 100_000)])
    found = price_of(fed.router.update(MARKET, [b"", b"", payload(fed)], sender=KEEPER, value=3))
    assert [event.args["source"] for event in refusals(fed)] == [source.address]
    assert found.status == Status.LIVE


def test_caller_that_takes_no_change(fed: RouterPair) -> None:
    """A contract that cannot be paid sends exactly the fees, or reverts whole."""
    driver: Contract = fed.evm.deploy(artifact("PayingCaller"))
    fed.evm.fund(KEEPER)
    fed.sources[0].behave_in_update(Manner.ANSWER, 7)
    call = fed.router.encode("update", MARKET, [payload(fed)])
    before = fed.router.last(MARKET)
    with reverts("router: refund failed"):
        driver.forward(fed.router.address, call, sender=KEEPER, value=8)
    assert (fed.router.last(MARKET), fed.sources[0].seen()) == (before, 0)
    driver.forward(fed.router.address, call, sender=KEEPER, value=7)
    assert fed.sources[0].seen() == 7
