"""The contracts of others that oracles are tested against answer as theirs do on a chain."""

import pytest
from eth_utils import keccak

from tests.support.chainlink import NOBODY, Flux, Sequencer
from tests.support.pyth import PythFeed
from tests.support.solidity import PackageMissingError, chainlink, uniswap
from tests.support.uniswap import MAX_TICK, MIN_TICK, UniswapPool, sqrt_price
from walras.devtools.evm import START, Evm, Reverted, address

PHASE = 1 << 64


@pytest.fixture
def evm() -> Evm:
    """A chain with nothing on it."""
    return Evm()


# Chainlink


def test_flux_round_trip(evm: Evm) -> None:
    flux = Flux(evm, oracles=3, decimals=8, description="BTC / USD")
    assert (flux.proxy.decimals(), flux.proxy.description()) == (8, "BTC / USD")
    with pytest.raises(Reverted, match="No data present"):
        flux.proxy.latestRoundData()
    assert flux.submit(100) == PHASE + 1
    evm.time += 30
    assert flux.submit(90, 300, 110) == PHASE + 2  # the median
    assert flux.proxy.latestRoundData() == (PHASE + 2, 110, START + 30, START + 30, PHASE + 2)
    assert flux.proxy.getRoundData(PHASE + 1) == (PHASE + 1, 100, START, START, PHASE + 1)


def test_flux_refuses_answers_out_of_bounds(evm: Evm) -> None:
    flux = Flux(evm, minimum=10, maximum=20)
    for answer, reason in ((9, "value below minSubmissionValue"), (21, "value above maxSubmissionValue")):
        with pytest.raises(Reverted, match=reason):
            flux.submit(answer)
    flux.submit(10)
    flux.submit(20)
    assert flux.proxy.latestAnswer() == 20


def test_flux_round_without_answer(evm: Evm) -> None:
    flux = Flux(evm, oracles=2, timeout=600)
    flux.submit(7)
    latest = flux.proxy.latestRoundData()
    evm.time += 10
    assert flux.start_incomplete() == PHASE + 2
    assert flux.proxy.latestRoundData() == latest
    with pytest.raises(Reverted, match="No data present"):
        flux.proxy.getRoundData(PHASE + 2)
    evm.time += 600
    assert flux.submit(8) == PHASE + 2  # not later than the timeout: the answer of that round
    assert flux.proxy.latestRoundData() == (PHASE + 2, 8, START + 10, START + 610, PHASE + 2)


def test_flux_round_timed_out(evm: Evm) -> None:
    flux = Flux(evm, oracles=2, timeout=600)
    flux.submit(7)
    flux.start_incomplete()
    evm.time += 601
    assert flux.submit(8) == PHASE + 3
    assert flux.proxy.getRoundData(PHASE + 2) == (PHASE + 2, 7, START, START + 601, PHASE + 1)


def test_flux_new_phase(evm: Evm) -> None:
    flux = Flux(evm)
    flux.submit(7)
    flux.new_phase()
    with pytest.raises(Reverted, match="No data present"):
        flux.proxy.latestRoundData()
    assert flux.submit(8) == 2 * PHASE + 1
    assert flux.proxy.getRoundData(PHASE + 1)[1] == 7


def test_sequencer_flips(evm: Evm) -> None:
    sequencer = Sequencer(evm)
    assert sequencer.proxy.latestRoundData() == (PHASE + 1, 0, START, START, PHASE + 1)
    evm.time += 5
    sequencer.set(up=True)  # changes nothing
    assert sequencer.proxy.latestRoundData()[2] == START
    sequencer.set(up=False)
    assert sequencer.proxy.latestRoundData() == (PHASE + 2, 1, START + 5, START + 5, PHASE + 2)
    evm.time += 60
    sequencer.set(up=True)
    assert sequencer.proxy.latestRoundData() == (PHASE + 3, 0, START + 65, START + 65, PHASE + 3)
    with pytest.raises(Reverted, match=_error("InvalidSender()")):
        sequencer.feed.updateStatus(True, evm.time, sender=address(1))


def test_optimism_sequencer_feed(evm: Evm) -> None:
    feed = evm.deploy(chainlink("OptimismSequencerUptimeFeed"), NOBODY, address(1), True, foreign=True)
    assert feed.latestRoundData(sender=address(2)) == (1, 1, START, START, 1)


def test_mock_aggregator(evm: Evm) -> None:
    mock = evm.deploy(chainlink("MockV3Aggregator"), 8, 5, foreign=True)
    mock.updateRoundData(9, 6, START - 1, START - 2)
    assert mock.latestRoundData() == (9, 6, START - 2, START - 1, 9)


# Pyth


def test_pyth_update_pays_the_fee(evm: Evm) -> None:
    feed = PythFeed(evm, expo=-8)
    with pytest.raises(Reverted, match=_error("PriceFeedNotFound()")):
        feed.contract.getPriceUnsafe(feed.id)
    with pytest.raises(Reverted, match=_error("InsufficientFee()")):
        feed.update(2_000, value=0)
    feed.update(2_000, confidence=3)
    assert evm.balance(feed.address) == 1
    assert feed.contract.getPriceUnsafe(feed.id) == (2_000, 3, -8, START)
    feed.update(1_000, publish_time=START - 1)  # older than what is there
    assert feed.contract.getPriceUnsafe(feed.id)[0] == 2_000


def test_pyth_price_goes_stale(evm: Evm) -> None:
    feed = PythFeed(evm)
    feed.update(2_000)
    evm.time += 30
    assert feed.contract.getPriceNoOlderThan(feed.id, 30)[0] == 2_000
    evm.time += 1
    with pytest.raises(Reverted, match=_error("StalePrice()")):
        feed.contract.getPriceNoOlderThan(feed.id, 30)


# Uniswap


@pytest.mark.parametrize("tick", [MIN_TICK, -200_311, -1, 0, 1, 276_324, MAX_TICK - 1])
def test_sqrt_price_is_the_lowest_of_its_tick(evm: Evm, tick: int) -> None:
    pool = UniswapPool(evm, tick=tick, liquidity=0)
    assert (pool.tick, pool.contract.slot0()[0]) == (tick, sqrt_price(tick))
    if tick > MIN_TICK:
        pool.mint(10**6)
        pool.swap(True, 2**127, sqrt_price(tick) - 1)
        assert pool.tick == tick - 1


def test_pool_is_as_asked_for(evm: Evm) -> None:
    pool = UniswapPool(evm, decimals=(18, 6), fee=500, tick=-200_311, cardinality=8)
    assert (pool.contract.token0(), pool.contract.token1()) == (pool.token0.address, pool.token1.address)
    assert (pool.token0.decimals(), pool.token1.decimals()) == (18, 6)
    assert (pool.contract.fee(), pool.contract.liquidity()) == (500, 10**18)
    assert pool.contract.slot0()[4] == 8
    assert pool.mint(10**18, -200_300, -200_290)[1] == 0  # all in token0, above the price


def test_swap_pays_and_is_paid(evm: Evm) -> None:
    pool = UniswapPool(evm, liquidity=10**24)
    before = [token.balanceOf(pool.trader.address) for token in (pool.token0, pool.token1)]
    paid, received = pool.swap(True, 10**18)
    assert (paid, received) == (10**18, -996_999_005_991_991_025)  # less a fee of 0.3 %
    after = [token.balanceOf(pool.trader.address) for token in (pool.token0, pool.token1)]
    assert after == [before[0] - paid, before[1] - received]


def test_observe_after_swaps(evm: Evm) -> None:
    pool = UniswapPool(evm, tick=1_000, cardinality=10)
    pool.advance(60)
    pool.move_to(1_300)
    pool.advance(30)
    pool.move_to(-500)
    pool.advance(10)
    assert pool.tick == -500
    assert pool.mean_tick(10) == -500
    assert pool.mean_tick(40) == (30 * 1_300 - 10 * 500) // 40
    assert pool.mean_tick(100) == (60 * 1_000 + 30 * 1_300 - 10 * 500) // 100
    with pytest.raises(Reverted, match="OLD"):
        pool.mean_tick(101)


def test_missing_package_says_what_to_do() -> None:
    with pytest.raises(PackageMissingError, match="make setup"):
        uniswap("NoSuchContract")


def _error(signature: str) -> str:
    """What the output of a revert with a custom error begins with."""
    return "output: 0x" + keccak(text=signature)[:4].hex()
