"""Pools of Uniswap's own bytecode, and sources that read them."""

from collections.abc import Callable
from typing import Any, Final

import pyrevm
import pytest

from tests.support.uniswap import UniswapPool
from walras.devtools.evm import Contract, Evm, artifact
from walras.model import tick_price as model
from walras.model.tick_price import Observations

WINDOW: Final = 600
LIQUIDITY: Final = 10**18
FULL_RANGE: Final = 887_220
"""The outermost tick of a pool of 0.3%."""


class Feed:
    """A pool at a tick of its own, whose history begins now, and a source for each of its tokens."""

    def __init__(
        self,
        decimals: tuple[int, int] = (18, 18),
        tick: int = 0,
        window: int = WINDOW,
        min_liquidity: int = 1,
        cardinality: int = 50,
    ) -> None:
        self.evm = Evm()
        self.pool = UniswapPool(self.evm, decimals, 3000, tick, cardinality, LIQUIDITY)
        self.decimals = decimals
        self.window = window
        self.of_token0 = self.source(self.pool.token0.address, min_liquidity)
        self.of_token1 = self.source(self.pool.token1.address, min_liquidity)

    def source(self, base: str, min_liquidity: int) -> Contract:
        """A source for one of the pool's tokens."""
        arguments = self.pool.address, base, self.window, min_liquidity
        source = self.evm.deploy(artifact("UniswapV3Source"), *arguments)
        source.foreign = True  # it passes on what the pool says
        return source

    @property
    def observed(self) -> Observations:
        """What the pool says about the window."""
        ticks, seconds_per_liquidity = self.pool.contract.observe([self.window, 0])
        return Observations(self.window, tuple(ticks), tuple(seconds_per_liquidity))

    def check(self) -> tuple[int, int]:
        """Both sources read what the model makes of the pool's sums; both prices."""
        decimals0, decimals1 = self.decimals
        observed, start = self.observed, self.evm.time - self.window
        scale0, scale1 = model.scale(decimals0, decimals1), model.scale(decimals1, decimals0)
        assert scale0 is not None
        assert scale1 is not None
        price0, price1 = observed.price(True, scale0), observed.price(False, scale1)
        assert self.of_token0.read(0) == (price0, 0, start)
        assert self.of_token1.read(0) == (price1, 0, start)
        return price0, price1

    def burn(self, liquidity: int, lower: int = -FULL_RANGE, upper: int = FULL_RANGE) -> None:
        """Pull liquidity out of the pool.

        The trader owns it and has no function for this: its code is away while it calls, as pyrevm keeps to
        EIP-3607, by which contracts send no transactions.
        """
        trader = self.pool.trader.address
        code = self.evm.code(trader)
        self._set_code(trader, b"")
        self.pool.contract.burn(lower, upper, liquidity, sender=trader)
        self._set_code(trader, code)

    def observe_from(self, tick_seconds: int, seconds_per_liquidity: int) -> None:
        """Let the only observation so far be made now, with these sums."""
        word = self.evm.time | tick_seconds % 2**56 << 32 | seconds_per_liquidity << 88 | 1 << 248
        self.evm._evm.insert_account_storage(self.pool.address, 8, word)
        assert self.pool.contract.observations(0)[:3] == (self.evm.time, tick_seconds, seconds_per_liquidity)

    def _set_code(self, at: str, code: bytes) -> None:
        account = pyrevm.AccountInfo(balance=self.evm.balance(at), nonce=1, code=code)
        self.evm._evm.insert_account_info(at, account)


@pytest.fixture
def make() -> Callable[..., Feed]:
    """Feeds that differ from the usual one."""
    return Feed


@pytest.fixture
def feed() -> Any:
    """A pool at tick 0, of 18 decimals on both sides, quiet for a window."""
    made = Feed()
    made.pool.advance(WINDOW)
    return made
