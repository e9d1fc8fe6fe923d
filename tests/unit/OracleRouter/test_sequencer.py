"""The sequencer's uptime feed, against Chainlink's own ArbitrumSequencerUptimeFeed behind its proxy."""

import pytest

from tests.support.chainlink import Sequencer
from tests.support.oracle import CALM, GUARDIAN, MARKET, ONE, OWNER, Manner, RouterPair, price_of
from walras.devtools.evm import Contract, Evm, artifact
from walras.model.actions import Status
from walras.model.oracle import Price, Source, Trouble

GRACE = 600
P = 100 * ONE


class L2:
    """A router on a chain with a sequencer, with one scripted source."""

    def __init__(self, feed: str | None = None) -> None:
        self.evm = Evm()
        self.sequencer = Sequencer(self.evm)
        feed = feed or self.sequencer.address
        self.router = self.evm.deploy(artifact("OracleRouter"), OWNER, GUARDIAN, feed, GRACE)
        self.source = self.evm.deploy(artifact("ScriptedSource"))
        listed = [Source(self.source.address, 1, 60, 50, 100_000)]
        self.router.configure(MARKET, (1, 200, 200, 100, 10), listed, sender=OWNER)

    def ask(self, price: int = P) -> Price:
        """What the router says to a fresh price; recorded."""
        self.source.set(price, 0, self.evm.time)
        return price_of(self.router.record(MARKET))


@pytest.fixture
def l2() -> L2:
    """An hour after the sequencer came up; a price is recorded."""
    chain = L2()
    chain.evm.time += 3_600
    assert chain.ask().status == Status.LIVE
    return chain


def test_grace_after_it_came_up() -> None:
    chain = L2()
    for seconds, status, troubles in (
        (0, Status.STALE, Trouble.SEQUENCER_GRACE),
        (GRACE - 1, Status.STALE, Trouble.SEQUENCER_GRACE),
        (1, Status.LIVE, Trouble(0)),
    ):
        chain.evm.time += seconds
        found = chain.ask()
        assert (found.status, found.troubles, found.price) == (status, troubles, P)


def test_down_and_up_again(l2: L2) -> None:
    l2.evm.time += 100
    l2.sequencer.set(up=False)
    found = l2.ask(P + ONE)
    assert (found.status, found.troubles) == (Status.HALTED, Trouble.SEQUENCER_DOWN)
    assert (found.price, found.low, found.high) == (P, P, P)  # what was recorded before
    before = l2.router.last(MARKET)
    l2.evm.time += 10_000
    assert l2.ask(P + ONE).troubles == Trouble.SEQUENCER_DOWN
    assert l2.router.last(MARKET) == before
    l2.sequencer.set(up=True)
    found = l2.ask(P + ONE)
    assert (found.status, found.troubles, found.price) == (Status.STALE, Trouble.SEQUENCER_GRACE, P + ONE)
    l2.evm.time += GRACE
    assert l2.ask(P + ONE).status == Status.LIVE


def test_halt_comes_before_the_sequencer(l2: L2) -> None:
    l2.sequencer.set(up=False)
    l2.router.halt(MARKET, sender=GUARDIAN)
    assert l2.ask().troubles == Trouble.MARKET_HALTED


def test_troubles_of_sources_are_told_in_the_grace_too() -> None:
    chain = L2()
    chain.source.behave(Manner.REVERT)
    found = price_of(chain.router.price(MARKET))
    assert found.troubles == (
        Trouble.SEQUENCER_GRACE | Trouble.SOURCE_FAILED | Trouble.QUORUM_MISSED | Trouble.NO_PRICE
    )


# ---------------------------------------------------------------- a feed that does not tell


def told(evm: Evm, *, status: int, since: int) -> Contract:
    """A feed on Chainlink's own mock."""
    from tests.support.solidity import chainlink

    feed = evm.deploy(chainlink("MockV3Aggregator"), 0, status, foreign=True)
    feed.updateRoundData(1, status, since, since)
    return feed


@pytest.mark.parametrize(
    ("status", "age", "troubles"),
    [
        (0, GRACE, Trouble(0)),
        (0, GRACE - 1, Trouble.SEQUENCER_GRACE),
        (0, -1, Trouble.SEQUENCER_GRACE),  # its clock is ahead
        (1, GRACE, Trouble.SEQUENCER_DOWN),
        (2, GRACE, Trouble.SEQUENCER_DOWN),
        (-1, GRACE, Trouble.SEQUENCER_DOWN),
    ],
)
def test_rounds(status: int, age: int, troubles: Trouble) -> None:
    pair = RouterPair()
    feed = told(pair.evm, status=status, since=pair.evm.time - age)
    pair.router = on_feed(pair, feed.address)
    pair.sequencer = troubles
    pair.record()


def test_feed_that_was_never_set() -> None:
    pair = RouterPair()
    feed = told(pair.evm, status=0, since=0)
    pair.router = on_feed(pair, feed.address)
    pair.sequencer = Trouble.SEQUENCER_DOWN
    assert pair.price().status == Status.HALTED


@pytest.mark.parametrize("manner", Manner)
def test_feed_that_misbehaves(manner: Manner) -> None:
    """ScriptedSource does not know `latestRoundData` at all: the call fails, and counts as an outage."""
    pair = RouterPair()
    feed = pair.evm.deploy(artifact("ScriptedSource"))
    feed.behave(manner)
    pair.router = on_feed(pair, feed.address)
    pair.sequencer = Trouble.SEQUENCER_DOWN
    pair.price()


def test_feed_with_too_few_words() -> None:
    pair = RouterPair()
    # 128 zero bytes to every call: 60 80 6000 f3
    code = bytes.fromhex("60806000f3")
    feed = pair.evm.create(bytes.fromhex("6005600c60003960056000f3") + code)
    assert pair.evm.code(feed).startswith(code)
    pair.router = on_feed(pair, feed)
    pair.sequencer = Trouble.SEQUENCER_DOWN
    pair.price()


def test_feed_that_burns_its_gas() -> None:
    pair = RouterPair()
    code = bytes.fromhex("5b600056")  # for ever
    feed = pair.evm.create(bytes.fromhex("6004600c60003960046000f3") + code)
    pair.router = on_feed(pair, feed)
    pair.sequencer = Trouble.SEQUENCER_DOWN
    pair.price()


def on_feed(pair: RouterPair, feed: str) -> Contract:
    """The pair's market on a router with this feed."""
    router = pair.evm.deploy(artifact("OracleRouter"), OWNER, GUARDIAN, feed, GRACE)
    router.configure(MARKET, CALM, pair.listed, sender=OWNER)
    return router
