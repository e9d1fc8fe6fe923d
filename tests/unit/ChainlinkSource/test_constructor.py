"""ChainlinkSource's constructor."""

import pytest

from tests.support.chainlink import Flux
from tests.support.orders import reverts
from walras.devtools.evm import DEPLOYER, Evm, artifact


def test_reads_the_aggregator_once(evm: Evm) -> None:
    flux = Flux(evm)
    source = evm.deploy(artifact("ChainlinkSource"), flux.address, 2_000)
    assert (source.aggregator(), source.threshold_bps()) == (flux.address, 2_000)


def test_threshold_above_the_bound(evm: Evm) -> None:
    flux = Flux(evm)
    with reverts("chainlink: threshold too wide"):
        evm.deploy(artifact("ChainlinkSource"), flux.address, 2_001)


def test_aggregator_without_code(evm: Evm) -> None:
    with reverts("chainlink: no aggregator"):
        evm.deploy(artifact("ChainlinkSource"), DEPLOYER, 50)


@pytest.mark.parametrize("decimals", [0, 36])
def test_decimals_within_the_bound(evm: Evm, decimals: int) -> None:
    evm.deploy(artifact("ChainlinkSource"), Flux(evm, decimals=decimals).address, 50)


def test_decimals_above_the_bound(evm: Evm) -> None:
    flux = Flux(evm, decimals=37)
    with reverts("chainlink: too many decimals"):
        evm.deploy(artifact("ChainlinkSource"), flux.address, 50)
