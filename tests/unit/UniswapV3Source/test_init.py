"""UniswapV3Source's constructor."""

import re
from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.support.orders import reverts
from tests.support.uniswap import UniswapPool
from walras.devtools.evm import SOURCES, Contract, Evm, Reverted, address, artifact
from walras.reasons import REASONS

NOBODY: Final = "0x" + 40 * "0"


@pytest.fixture
def pool(evm: Evm) -> UniswapPool:
    return UniswapPool(evm, decimals=(6, 18))


@pytest.fixture
def deploy(evm: Evm, pool: UniswapPool) -> Callable[..., Contract]:
    """A source on the pool, its arguments usual but those named."""

    def deployed(**changes: Any) -> Contract:
        arguments = {
            "pool": pool.address,
            "base": pool.token0.address,
            "window": 1_800,
            "min_liquidity": 10**15,
        }
        return evm.deploy(artifact("UniswapV3Source"), *(arguments | changes).values())

    return deployed


def test_getters_for_token0(pool: UniswapPool, deploy: Callable[..., Contract]) -> None:
    source = deploy()
    assert (source.pool(), source.base(), source.quote()) == (
        pool.address,
        pool.token0.address,
        pool.token1.address,
    )
    assert (source.window(), source.min_liquidity()) == (1_800, 10**15)
    assert (source.base_is_token0(), source.scale()) == (True, 10**6)


def test_getters_for_token1(pool: UniswapPool, deploy: Callable[..., Contract]) -> None:
    source = deploy(base=pool.token1.address)
    assert (source.base(), source.quote()) == (pool.token1.address, pool.token0.address)
    assert (source.base_is_token0(), source.scale()) == (False, 10**30)


@pytest.mark.parametrize("nothing", [NOBODY, address(1)])
def test_pool_without_code(deploy: Callable[..., Contract], nothing: str) -> None:
    with reverts("uniswap: no pool"):
        deploy(pool=nothing)


def test_contract_that_is_no_pool(pool: UniswapPool, deploy: Callable[..., Contract]) -> None:
    with pytest.raises(Reverted):
        deploy(pool=pool.token0.address)


@pytest.mark.parametrize("stranger", [NOBODY, address(1), "pool", "other"])
def test_base_of_another_pool(evm: Evm, deploy: Callable[..., Contract], stranger: str) -> None:
    other = UniswapPool(evm)
    stranger = {"pool": other.address, "other": other.token0.address}.get(stranger, stranger)
    with reverts("uniswap: not a token of the pool"):
        deploy(base=stranger)


@pytest.mark.parametrize("window", [60, 86_400])
def test_window_at_its_bounds(deploy: Callable[..., Contract], window: int) -> None:
    assert deploy(window=window).window() == window


@pytest.mark.parametrize("window", [0, 59, 86_401, 2**32 + 600, 2**256 - 1])
def test_window_outside_its_bounds(deploy: Callable[..., Contract], window: int) -> None:
    with reverts("uniswap: bad window"):
        deploy(window=window)


@pytest.mark.parametrize("liquidity", [1, 2**128 - 1])
def test_minimum_at_its_bounds(deploy: Callable[..., Contract], liquidity: int) -> None:
    assert deploy(min_liquidity=liquidity).min_liquidity() == liquidity


@pytest.mark.parametrize("liquidity", [0, 2**128, 2**256 - 1])
def test_minimum_outside_its_bounds(deploy: Callable[..., Contract], liquidity: int) -> None:
    with reverts("uniswap: bad minimum liquidity"):
        deploy(min_liquidity=liquidity)


@pytest.mark.parametrize(
    ("base", "quote", "scale"),
    [(0, 18, 1), (237, 255, 1), (20, 0, 10**38), (26, 6, 10**38), (255, 255, 10**18)],
)
def test_decimals_as_far_apart_as_may_be(evm: Evm, base: int, quote: int, scale: int) -> None:
    pool = UniswapPool(evm, (base, quote))
    source = evm.deploy(artifact("UniswapV3Source"), pool.address, pool.token0.address, 60, 1)
    assert source.scale() == scale


@pytest.mark.parametrize(("base", "quote"), [(0, 19), (236, 255), (21, 0), (27, 6), (255, 0), (0, 255)])
def test_decimals_too_far_apart(evm: Evm, base: int, quote: int) -> None:
    """Whichever way round the pool has its tokens."""
    for decimals, token in (((base, quote), "token0"), ((quote, base), "token1")):
        pool = UniswapPool(evm, decimals)
        with reverts("uniswap: decimals too far apart"):
            evm.deploy(artifact("UniswapV3Source"), pool.address, getattr(pool, token).address, 60, 1)


def test_table_and_contract_have_the_same_reasons() -> None:
    source = (SOURCES / "contracts/oracles/UniswapV3Source.vy").read_text(encoding="ascii")
    used = set(re.findall(r'_because\(\s*"([^"]*)"', source))
    assert used == {reason for reason in REASONS if reason.startswith("uniswap: ")}
    assert all(len(reason) <= 32 and reason in source.split('"""', 2)[2] for reason in used)
