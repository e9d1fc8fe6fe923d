"""Markets that are listed at an edge, and accounts in the last one, or in as many as there may be."""

from dataclasses import replace

import pytest

from tests.support.engine import LOT, OWNER, SETTINGS, TICK, USDC, EnginePair
from tests.support.oracle import ONE
from tests.support.orders import refused, reverts
from tests.support.traders import MAKER, PAR, RICH, SCALE, STRANGER, TAKER, margin, order
from walras.devtools.evm import Contract, artifact
from walras.model.oracle import Settings, Source

PLAIN = replace(SETTINGS, interest=0, maker_ppm=0, taker_ppm=0)


def in_router(pair: EnginePair, market: int) -> Contract:
    """A market in the router alone, at 2,000; its source."""
    source = pair.evm.deploy(artifact("ScriptedSource"))
    source.set(2_000 * ONE, 0, pair.evm.time)
    listed = (Source(source.address, 1, 172_800, 50, 100_000),)
    pair.router.configure(market, Settings(1, 100, 200, 4_000, 10), listed, sender=OWNER)
    return source


def open_market(pair: EnginePair, market: int, lot: int = LOT, tick: int = TICK) -> None:
    """The same in the engine. The model does not hear of it."""
    terms = (market, pair.blueprint, pair.book_views.address, lot, tick, 10, 1, PLAIN)
    pair.engine.list_market(*terms, sender=OWNER)


def test_tick_size_of_a_token_of_18_decimals() -> None:
    """49 x 10**38 units, beyond 2**128; 10**14 are the usual ones."""
    pair = EnginePair(decimals=18)
    assert pair.engine.market(0)[2] == 10**14
    in_router(pair, 1)
    with reverts("engine: bad tick size"):
        open_market(pair, 1, 7 * 10**28, 7 * 10**28)


def test_price_that_may_not_follow_at_once(pair: EnginePair) -> None:
    """Somebody recorded 2,000 in the router a second before its source said 20,000: 40 % are let in."""
    source = in_router(pair, 1)
    pair.router.record(1, sender=STRANGER)
    pair.advance(1)
    source.set(20_000 * ONE, 0, pair.evm.time)
    open_market(pair, 1)
    assert pair.engine.mark(1)[:2] == (2_800 * ONE * 2**SCALE // 10**15,) * 2


@pytest.mark.parametrize("market", [127, 64])
def test_last_market(market: int) -> None:
    """The long of 1,000 lots at 2,000 has to keep 100 tokens; the model numbers markets in their order."""
    pair = EnginePair(settings=PLAIN)
    maker, taker = pair.fund(MAKER, RICH), pair.fund(TAKER, RICH)
    in_router(pair, market)
    open_market(pair, market)
    for account, is_ask in ((maker, True), (taker, False)):
        pair.engine.place(account, market, order(is_ask, lots=1_000), sender=pair.owner(account))
    pair.engine.place(taker, 0, order(tick=PAR - 1, lots=1), sender=pair.owner(taker))
    pair.evm.time += 10
    pair.engine.run_auction(market, sender=STRANGER)
    pair.engine.sync(taker, sender=STRANGER)
    assert list(pair.engine.markets_of(taker)) == [market, 0]
    assert pair.engine.position(taker, market)[0] == 1_000
    pair.engine.cancel_all(taker, 0, sender=pair.owner(taker))
    assert list(pair.engine.markets_of(taker)) == [market]
    assert tuple(pair.engine.margin_of(taker)) == (RICH, 100 * USDC, 50 * USDC)
    assert tuple(pair.engine.worth(taker))[:4] == (RICH, RICH, 100 * USDC, RICH - 100 * USDC)
    with reverts("engine: margin missed"):
        pair.engine.withdraw(taker, RICH - 100 * USDC + 1, STRANGER, sender=pair.owner(taker))
    pair.engine.withdraw(taker, RICH - 100 * USDC, STRANGER, sender=pair.owner(taker))


def test_as_many_markets_as_there_may_be() -> None:
    """An order of 100 lots in each of 16: 10 tokens of margin each, and none is left out."""
    pair = EnginePair(prices=(2_000 * ONE,) * 16, settings=PLAIN)
    account = pair.fund(TAKER, 200 * USDC)
    for market in range(16):
        assert pair.buy(account, 100, PAR, market) is not None, pair.refusal
    assert len(pair.engine.markets_of(account)) == 16
    assert margin(pair, account) == (200 * USDC, 160 * USDC, 0)
    assert tuple(pair.engine.worth(account))[:4] == (200 * USDC, 200 * USDC, 160 * USDC, 40 * USDC)
    with refused(pair, "engine: margin missed"):
        pair.withdraw(account, 40 * USDC + 1)
    pair.withdraw(account, 40 * USDC)
    assert pair.refusal is None
