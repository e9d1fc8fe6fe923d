# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   UniswapTrader: mints liquidity into a Uniswap V3 pool and swaps against it, for tests
@license AGPL-3.0-only
@notice  It pays any caller of its callbacks from its own balance: never deploy it for real.
"""
from ethereum.ercs import IERC20


interface Pool:
    def token0() -> address: view
    def token1() -> address: view
    def mint(
        recipient: address, tick_lower: int24, tick_upper: int24, amount: uint128, data: Bytes[32]
    ) -> (uint256, uint256): nonpayable
    def swap(
        recipient: address, zero_for_one: bool, amount_specified: int256, sqrt_price_limit: uint160, data: Bytes[32]
    ) -> (int256, int256): nonpayable


@external
def mint(pool: address, lower: int24, upper: int24, liquidity: uint128) -> (uint256, uint256):
    """
    @notice Adds liquidity between two ticks, owned by this contract.
    @return Units of token0 and of token1 paid for it.
    """
    return extcall Pool(pool).mint(self, lower, upper, liquidity, b"")


@external
def swap(pool: address, zero_for_one: bool, amount: int256, sqrt_price_limit: uint160) -> (int256, int256):
    """
    @notice Swaps token0 for token1, or the other way, until the amount is used up or the limit reached.
    @param amount Units of the token paid; minus units of the token received where negative.
    @return Units of token0 and of token1 that the pool received; negative where it paid.
    """
    return extcall Pool(pool).swap(self, zero_for_one, amount, sqrt_price_limit, b"")


@external
@reentrant  # called back by the pool
def uniswapV3MintCallback(owed0: uint256, owed1: uint256, data: Bytes[32]):
    """
    @notice Pays the pool for liquidity.
    """
    self._pay(owed0, owed1)


@external
@reentrant  # called back by the pool
def uniswapV3SwapCallback(delta0: int256, delta1: int256, data: Bytes[32]):
    """
    @notice Pays the pool for a swap.
    """
    self._pay(convert(max(delta0, 0), uint256), convert(max(delta1, 0), uint256))


@internal
def _pay(owed0: uint256, owed1: uint256):
    """
    @dev To the caller, in its own tokens.
    """
    pool: address = msg.sender
    if owed0 > 0:
        assert extcall IERC20(staticcall Pool(pool).token0()).transfer(pool, owed0)
    if owed1 > 0:
        assert extcall IERC20(staticcall Pool(pool).token1()).transfer(pool, owed1)
