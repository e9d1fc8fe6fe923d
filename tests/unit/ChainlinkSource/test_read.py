"""ChainlinkSource.read, against Chainlink's own FluxAggregator behind its own proxy."""

from dataclasses import dataclass
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from tests.support.chainlink import Flux
from tests.support.orders import reverts
from walras.devtools.evm import Contract, Evm, Reverted, artifact

MARKET = 3


@dataclass
class Feed:
    """A source on a real aggregator."""

    flux: Flux
    source: Contract


@pytest.fixture
def feed(evm: Evm) -> Feed:
    """Eight decimals, threshold 50 bps, one answer of 2,000."""
    flux = Flux(evm, oracles=3, decimals=8)
    flux.submit(2_000 * 10**8)
    return Feed(flux, evm.deploy(artifact("ChainlinkSource"), flux.address, 50))


def test_answer_confidence_and_time(evm: Evm, feed: Feed) -> None:
    published = evm.time
    evm.time += 1_000
    assert feed.source.read(MARKET) == (2_000 * 10**18, 10 * 10**18, published)


def test_median_of_the_oracles(evm: Evm, feed: Feed) -> None:
    evm.time += 60
    feed.flux.submit(1_990 * 10**8, 2_010 * 10**8, 9_000 * 10**8)
    assert feed.source.read(MARKET)[::2] == (2_010 * 10**18, evm.time)


def test_every_market_reads_the_same(feed: Feed) -> None:
    assert feed.source.read(0) == feed.source.read(2**256 - 1)


def test_round_that_waits_for_answers_leaves_the_last_one(evm: Evm, feed: Feed) -> None:
    before = feed.source.read(MARKET)
    evm.time += 10
    feed.flux.start_incomplete()
    assert feed.source.read(MARKET) == before


def test_aggregator_without_an_answer(evm: Evm, feed: Feed) -> None:
    feed.flux.new_phase()
    feed.source.foreign = True  # the aggregator's own reason comes through
    with pytest.raises(Reverted, match="No data present"):
        feed.source.read(MARKET)


@pytest.mark.parametrize(
    ("decimals", "answer", "price"),
    [
        (0, 7, 7 * 10**18),
        (18, 123_456_789, 123_456_789),
        (20, 199, 1),  # rounded down
        (36, 10**18 - 1, 0),
        (36, 5 * 10**18, 5),
    ],
)
def test_decimals(evm: Evm, decimals: int, answer: int, price: int) -> None:
    flux = Flux(evm, decimals=decimals)
    flux.submit(answer)
    source = evm.deploy(artifact("ChainlinkSource"), flux.address, 1)
    assert source.read(MARKET)[:2] == (price, -(-price // 10_000))  # confidence rounded up


# ---------------------------------------------------------------- rounds that Flux never shows


@dataclass
class Told:
    """A source on Chainlink's own mock, which can be told any round."""

    aggregator: Contract
    source: Contract

    def tell(self, answer: int, updated_at: int, round_id: int = 9) -> None:
        """The newest round; it began a while before its answer."""
        self.aggregator.updateRoundData(round_id, answer, updated_at, max(updated_at - 7, 0))


@pytest.fixture
def told(evm: Evm) -> Told:
    """Eighteen decimals."""
    from tests.support.solidity import chainlink

    aggregator = evm.deploy(chainlink("MockV3Aggregator"), 18, 1, foreign=True)
    return Told(aggregator, evm.deploy(artifact("ChainlinkSource"), aggregator.address, 0))


def test_largest_answer(evm: Evm, told: Told) -> None:
    told.tell(2**128 - 1, evm.time)
    assert told.source.read(MARKET) == (2**128 - 1, 0, evm.time)


@pytest.mark.parametrize("answer", [0, -1, -(2**255), 2**128, 2**255 - 1])
def test_bad_answer(evm: Evm, told: Told, answer: int) -> None:
    told.tell(answer, evm.time)
    with reverts("chainlink: bad answer"):
        told.source.read(MARKET)


def test_round_without_a_time(told: Told) -> None:
    told.tell(10**18, 1)
    assert told.source.read(MARKET)[2] == 1
    told.tell(10**18, 0)
    with reverts("chainlink: incomplete round"):
        told.source.read(MARKET)


class Words:
    """A contract that answers every call with the same words."""

    def __init__(self, evm: Evm, *words: Any) -> None:
        data = b"".join(encode(["uint256"], [word]) for word in words)
        # CODECOPY of what follows the code, RETURN
        code = bytes.fromhex(f"61{len(data):04x}600e60003961{len(data):04x}6000f3") + data
        init = bytes.fromhex(f"61{len(code):04x}600e60003961{len(code):04x}6000f3") + code
        self.address = evm.create(init)


@pytest.mark.parametrize(("answered_in", "complete"), [(9, True), (10, True), (8, False)])
def test_answer_carried_over_from_an_earlier_round(evm: Evm, answered_in: int, complete: bool) -> None:
    # the same five words answer `decimals`, which reads the first: nine
    aggregator = Words(evm, 9, 5 * 10**9, evm.time, evm.time, answered_in)
    source = evm.deploy(artifact("ChainlinkSource"), aggregator.address, 0)
    if complete:
        assert source.read(MARKET) == (5 * 10**18, 0, evm.time)
    else:
        with reverts("chainlink: incomplete round"):
            source.read(MARKET)


def test_too_few_words(evm: Evm) -> None:
    aggregator = Words(evm, 9, 5 * 10**9, evm.time, evm.time)
    source = evm.deploy(artifact("ChainlinkSource"), aggregator.address, 0)
    with pytest.raises(Reverted, match="Revert"):
        source.read(MARKET)


@given(answer=st.integers(1, 2**95), decimals=st.integers(0, 36), threshold=st.integers(0, 2_000))
def test_units(answer: int, decimals: int, threshold: int) -> None:
    evm = Evm()
    flux = Flux(evm, decimals=decimals)
    flux.submit(answer)
    price, confidence, _ = evm.deploy(artifact("ChainlinkSource"), flux.address, threshold).read(MARKET)
    assert price == answer * 10**18 // 10**decimals
    assert 0 <= confidence * 10_000 - price * threshold < 10_000
