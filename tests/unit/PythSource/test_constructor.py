"""PythSource's constructor."""

from tests.support.orders import reverts
from tests.support.pyth import FEED, PythFeed
from walras.devtools.evm import DEPLOYER, Evm, artifact


def test_knows_its_feed(evm: Evm) -> None:
    pyth = PythFeed(evm)
    source = evm.deploy(artifact("PythSource"), pyth.address, FEED)
    assert (source.pyth(), source.feed()) == (pyth.address, FEED)


def test_pyth_without_code(evm: Evm) -> None:
    with reverts("pyth: no contract"):
        evm.deploy(artifact("PythSource"), DEPLOYER, FEED)
