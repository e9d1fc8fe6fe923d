"""PythSource.update and update_fee, by themselves and through the router, against MockPyth."""

from dataclasses import dataclass

import pytest

from tests.support.oracle import MARKET, NOBODY, OWNER, price_of
from tests.support.pyth import PythFeed
from walras.devtools.evm import Contract, Evm, Reverted, address, artifact
from walras.model.actions import Status
from walras.model.oracle import Settings, Source, Trouble

KEEPER = address(0x5E)
FEE = 5


@dataclass
class Fed:
    """A router with one Pyth source."""

    pyth: PythFeed
    source: Contract
    router: Contract


@pytest.fixture
def fed(evm: Evm) -> Fed:
    """Each update costs five wei. Nothing published yet."""
    pyth = PythFeed(evm, fee=FEE)
    source = evm.deploy(artifact("PythSource"), pyth.address, pyth.id)
    router = evm.deploy(artifact("OracleRouter"), OWNER, NOBODY, NOBODY, 0)
    listed = [Source(source.address, 1, 60, 50, 100_000)]
    router.configure(MARKET, Settings(1, 200, 200, 100, 10), listed, sender=OWNER)
    evm.fund(KEEPER)
    return Fed(pyth, source, router)


def test_fee(fed: Fed) -> None:
    assert fed.source.update_fee(fed.pyth.create_price_feed_update(10**8)) == FEE


def test_update_by_anyone(evm: Evm, fed: Fed) -> None:
    payload = fed.pyth.create_price_feed_update(2 * 10**8, 10**6)
    fed.source.update(MARKET, payload, sender=KEEPER, value=FEE)
    assert fed.source.read(MARKET) == (2 * 10**18, 10**16, evm.time)


def test_fee_too_small(fed: Fed) -> None:
    payload = fed.pyth.create_price_feed_update(2 * 10**8)
    with pytest.raises(Reverted, match="Revert"):
        fed.source.update(MARKET, payload, sender=KEEPER, value=FEE - 1)
    with pytest.raises(Reverted, match="Revert"):
        fed.source.read(MARKET)


def test_through_the_router_with_change(evm: Evm, fed: Fed) -> None:
    payload = fed.pyth.create_price_feed_update(2 * 10**8, 10**6)
    before = evm.balance(KEEPER)
    found = price_of(fed.router.update(MARKET, [payload], sender=KEEPER, value=1_000))
    assert (found.price, found.low, found.high) == (2 * 10**18, 199 * 10**16, 201 * 10**16)
    assert (found.status, found.published_at) == (Status.LIVE, evm.time)
    assert evm.balance(KEEPER) == before - FEE
    assert evm.balance(fed.router.address) == evm.balance(fed.source.address) == 0
    assert evm.balance(fed.pyth.address) == FEE


def test_through_the_router_without_the_fee(evm: Evm, fed: Fed) -> None:
    """The source is not fed, the call goes on, and the value goes back."""
    payload = fed.pyth.create_price_feed_update(2 * 10**8)
    before = evm.balance(KEEPER)
    found = price_of(fed.router.update(MARKET, [payload], sender=KEEPER, value=FEE - 1))
    (event,) = fed.router.events()
    assert (event.name, event.args) == (
        "UpdateRefused",
        {"market": MARKET, "source": fed.source.address, "why": b""},
    )
    assert found.status == Status.HALTED
    assert found.troubles == Trouble.SOURCE_FAILED | Trouble.QUORUM_MISSED | Trouble.NO_PRICE
    assert evm.balance(KEEPER) == before


def test_an_older_update_changes_nothing(evm: Evm, fed: Fed) -> None:
    """Pyth ignores it: whoever was first, the later caller's transaction goes through."""
    evm.time += 10
    new = fed.pyth.create_price_feed_update(3 * 10**8)
    old = fed.pyth.create_price_feed_update(2 * 10**8, publish_time=evm.time - 5)
    fed.router.update(MARKET, [new], sender=KEEPER, value=FEE)
    found = price_of(fed.router.update(MARKET, [old], sender=KEEPER, value=FEE))
    assert (found.price, found.published_at) == (3 * 10**18, evm.time)


def test_wide_confidence_degrades(evm: Evm, fed: Fed) -> None:
    for confidence, status in ((5 * 10**5, Status.LIVE), (5 * 10**5 + 1, Status.DEGRADED)):
        evm.time += 1
        payload = fed.pyth.create_price_feed_update(10**8, confidence)  # the limit is 50 bps
        assert price_of(fed.router.update(MARKET, [payload], sender=KEEPER, value=FEE)).status == status


def test_garbage(evm: Evm, fed: Fed) -> None:
    before = evm.balance(KEEPER)
    found = price_of(fed.router.update(MARKET, [b"garbage"], sender=KEEPER, value=FEE))
    assert [event.name for event in fed.router.events()] == ["UpdateRefused"]
    assert found.status == Status.HALTED
    assert evm.balance(KEEPER) == before
