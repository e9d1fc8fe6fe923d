"""A Uniswap V3 pool in its published bytecode, with tokens of its own and a trader who has plenty of them."""

from decimal import Decimal, localcontext
from typing import Final

from tests.support.solidity import uniswap
from walras.devtools.evm import Contract, Evm, artifact

MIN_TICK: Final = -887272
MAX_TICK: Final = 887272

_PLENTY: Final = 2**200
_MAX_SWAP: Final = 2**127


def sqrt_price(tick: int) -> int:
    """Root of the price at a tick, units of token1 for one of token0, in Q64.96; as Uniswap's TickMath."""
    ratio = 2**128
    for bit in range(20):
        if abs(tick) >> bit & 1:
            ratio = ratio * _ROOTS[bit] >> 128
    if tick > 0:
        ratio = (2**256 - 1) // ratio
    return -(-ratio >> 32)


class UniswapPool:
    """A pool with an oracle of some length and liquidity over the full range.

    `token0` and `token1` have the decimals asked for, in this order; the tick is of token1 for one of token0,
    in units.
    """

    def __init__(
        self,
        evm: Evm,
        decimals: tuple[int, int] = (18, 18),
        fee: int = 3000,
        tick: int = 0,
        cardinality: int = 1,
        liquidity: int = 10**18,
    ) -> None:
        """The fee is in 1e-6 (500, 3000 or 10000), the cardinality in observations."""
        self.evm = evm
        self.token0, self.token1 = self._tokens(*decimals)
        self.trader = evm.deploy(artifact("UniswapTrader"))
        for token in (self.token0, self.token1):
            token.mint(self.trader.address, _PLENTY)
        self.factory = evm.deploy(uniswap("UniswapV3Factory"), foreign=True)
        self.address = self.factory.createPool(self.token0.address, self.token1.address, fee)
        self.contract = Contract(evm, self.address, uniswap("UniswapV3Pool").abi, foreign=True)
        self.contract.initialize(sqrt_price(tick))
        self.trader.foreign = True  # it passes on what the pool says
        if cardinality > 1:
            self.grow(cardinality)
        if liquidity:
            self.mint(liquidity)

    @property
    def tick(self) -> int:
        """Of the present price."""
        return int(self.contract.slot0()[1])

    def grow(self, cardinality: int) -> None:
        """Make room for so many observations; it is in use from the next one written on."""
        self.contract.increaseObservationCardinalityNext(cardinality)

    def mint(self, liquidity: int, lower: int | None = None, upper: int | None = None) -> tuple[int, int]:
        """Add liquidity between two ticks, by default the outermost; units of both tokens paid.

        Raises Reverted for ticks that are no multiples of the pool's tick spacing.
        """
        spacing = self.contract.tickSpacing()
        last = MAX_TICK // spacing * spacing
        paid0, paid1 = self.trader.mint(
            self.address, -last if lower is None else lower, last if upper is None else upper, liquidity
        )
        return paid0, paid1

    def swap(self, zero_for_one: bool, amount: int, limit: int | None = None) -> tuple[int, int]:
        """Swap an amount of token0 for token1, or the other way; units of both that the pool received.

        A negative amount is of the token received. The limit is a root of the price in Q64.96.
        """
        if limit is None:
            limit = sqrt_price(MIN_TICK) + 1 if zero_for_one else sqrt_price(MAX_TICK) - 1
        received0, received1 = self.trader.swap(self.address, zero_for_one, amount, limit)
        return received0, received1

    def move_to(self, tick: int) -> None:
        """Swap until the price is at a tick, which must be inside the range of ticks."""
        # One above the root: a swap down to an initialised tick itself ends on the tick below.
        target = sqrt_price(tick) + 1
        now = self.contract.slot0()[0]
        if now != target:
            self.swap(now > target, _MAX_SWAP, target)

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        self.evm.time += seconds

    def mean_tick(self, window: int) -> int:
        """Mean over the last seconds, rounded down. Raises Reverted where the oracle is too young."""
        (before, now), _ = self.contract.observe([window, 0])
        return int((now - before) // window)

    def _tokens(self, decimals0: int, decimals1: int) -> tuple[Contract, Contract]:
        """Two tokens; Uniswap's token0 is the one with the lower address, so try until they come in order."""
        while True:
            token0 = self.evm.deploy(artifact("PlainToken"), decimals0)
            token1 = self.evm.deploy(artifact("PlainToken"), decimals1)
            if int(token0.address, 16) < int(token1.address, 16):
                return token0, token1


def _roots() -> list[int]:
    """1.0001 ** -(2**bit / 2) in Q128.128, to the nearest: the constants of TickMath."""
    with localcontext() as context:
        context.prec = 80
        return [round(2**128 / Decimal("1.0001") ** (Decimal(2**bit) / 2)) for bit in range(20)]


_ROOTS: Final = _roots()
