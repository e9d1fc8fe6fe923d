"""Accounts in the last market there can be, and in as many as an account may be in."""

from dataclasses import replace

import pytest

from tests.support.engine import LOT, OWNER, SETTINGS, TICK, USDC, EnginePair
from tests.support.oracle import ONE
from tests.support.orders import refused, reverts
from tests.support.traders import MAKER, PAR, RICH, STRANGER, TAKER, margin, order
from walras.devtools.evm import artifact
from walras.model.oracle import Settings, Source

PLAIN = replace(SETTINGS, interest=0, maker_ppm=0, taker_ppm=0)


@pytest.mark.parametrize("market", [127, 64])
def test_last_market(market: int) -> None:
    """The long of 1,000 lots at 2,000 has to keep 100 tokens; the model numbers markets in their order."""
    pair = EnginePair(settings=PLAIN)
    maker, taker = pair.fund(MAKER, RICH), pair.fund(TAKER, RICH)
    source = pair.evm.deploy(artifact("ScriptedSource"))
    source.set(2_000 * ONE, 0, pair.evm.time)
    listed = (Source(source.address, 1, 172_800, 50, 100_000),)
    pair.router.configure(market, Settings(1, 100, 200, 4_000, 10), listed, sender=OWNER)
    for number, taken in ((128, "engine: bad market"), (0, "engine: bad market"), (market, "")):
        terms = (number, pair.blueprint, pair.book_views.address, LOT, TICK, 10, 1, PLAIN)
        if taken:
            with reverts(taken):
                pair.engine.list_market(*terms, sender=OWNER)
        else:
            pair.engine.list_market(*terms, sender=OWNER)
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
