"""A vault whose trades auctions book: what it has, and which market's trades took what it has not."""

from dataclasses import replace

import pytest

from tests.support.engine import OWNER, RUNNER, SETTINGS, USDC, EnginePair
from tests.support.oracle import ONE
from tests.support.orders import reverts
from tests.support.traders import KEEPER, RICH, STRANGER, collateral, lots_and_cash, order
from walras.devtools.evm import artifact

PLAIN = replace(SETTINGS, interest=0, tip=0, maker_ppm=0, taker_ppm=0, impact_lots=1_000)
"""Without fees; trades are too small to tell of a premium, so without funding, too."""
TAKER = 22


class Trading:
    """A vault with 10 tokens in two markets at 2,000, and who trades with it. The model knows no vault."""

    def __init__(self) -> None:
        self.pair = EnginePair(prices=(2_000 * ONE,) * 2, settings=PLAIN)
        self.taker = self.pair.fund(TAKER, RICH)
        self.quoter = self.pair.evm.deploy(artifact("ScriptedQuoter"))
        self.vault = int(self.quoter.address, 16) << 8
        self.pair.mint(STRANGER, 10 * USDC)
        self.pair.deposit(STRANGER, self.vault, 10 * USDC)
        self.pair.engine.set_vault(self.quoter.address, sender=OWNER)

    def close(self, market: int) -> None:
        """The batch ends, with a price of after it."""
        self.pair.advance(11)
        self.pair.say(market, 2_000 * ONE)
        self.pair.engine.run_auction(market, sender=KEEPER)

    def trade(self, market: int, lots: int, tick: int) -> tuple[int, int, int]:
        """The vault buys lots, or sells them: its lots there, its collateral, the market that it owes for."""
        self.quoter.set((0, 0, 0, 0))
        self.close(market)
        self.pair.engine.place(
            self.taker, market, order(lots > 0, tick, abs(lots)), sender=self.pair.owner(self.taker)
        )
        self.quoter.set((tick, lots, 0, 0) if lots > 0 else (0, 0, tick, -lots))
        self.close(market)
        found = lots_and_cash(self.pair, self.vault, market)[0]
        return found, collateral(self.pair, self.vault), self.pair.engine.owing(self.vault)


@pytest.fixture
def trading() -> Trading:
    """Nobody has a position."""
    return Trading()


def test_more_of_the_same_realises_nothing(trading: Trading) -> None:
    assert trading.trade(1, 25, 20_000) == (25, 10 * USDC, 0)
    assert trading.trade(1, 25, 20_000) == (50, 10 * USDC, 0)
    assert list(trading.pair.engine.markets_of(trading.vault)) == [1]


def test_market_that_took_most(trading: Trading) -> None:
    """Each lot that is sold at 1,600 or 1,700 loses 0.4 or 0.3 tokens."""
    trading.trade(1, 50, 20_000)
    assert trading.trade(1, -25, 16_000) == (25, 0, 0)  # nothing is left, and nothing is owed
    assert trading.trade(1, -5, 16_000) == (20, -2 * USDC, 1)
    assert trading.trade(0, 20, 20_000) == (20, -2 * USDC, 1)  # which takes nothing
    assert trading.trade(0, -5, 16_000) == (15, -4 * USDC, 1)  # 2, and no more than 2
    assert trading.trade(0, -7, 17_000) == (8, -6_100_000, 0)  # 2.1
    assert trading.trade(1, -5, 17_000) == (15, -7_600_000, 0)  # 1.5
    assert trading.trade(1, -10, 21_000) == (5, -6_600_000, 0)  # a gain
    trading.pair.mint(STRANGER, 6_600_000)
    trading.pair.engine.deposit(trading.vault, 6_600_000, sender=STRANGER)
    assert trading.trade(1, -1, 16_000) == (4, -400_000, 1)  # what was made good counts no more


def test_runner_whose_account_is_full(pair: EnginePair, maker: int, taker: int) -> None:
    """Its tip does not fit; another's does, and the auction waits for nobody."""
    runner, pot = int(RUNNER, 16) << 8, pair.model.tip_account
    pair.mint(STRANGER, 2**112)
    pair.deposit(STRANGER, pot, USDC)
    pair.deposit(STRANGER, runner, 2**111 - 1)
    pair.sell(maker, 1_000, 20_000)
    pair.buy(taker, 1_000, 20_000)
    pair.advance(10)
    with reverts("engine: amount too large"):
        pair.engine.run_auction(0, sender=RUNNER)
    assert collateral(pair, pot) == USDC
    pair.auction(runner=STRANGER)
    assert pair.refusal is None
    assert collateral(pair, int(STRANGER, 16) << 8) == USDC - collateral(pair, pot) == 100_000
