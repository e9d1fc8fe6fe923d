"""Keepers bring a market whose only source is Pyth its price, and pay Pyth for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from tests.support.exchange_on_anvil import OnAnvil, exchange_on_anvil, free_port
from tests.support.hermes import FEE, FakeHermes, fake_hermes, pyth_alone
from walras.chain.bindings import PythSource
from walras.cli import main

LINK = 3
PRICE = 21 * 10**8


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnAnvil]:
    with exchange_on_anvil(tmp_path_factory.mktemp("pyth")) as made:
        yield made


@pytest.fixture(scope="module")
def source(it: OnAnvil) -> PythSource:
    return PythSource(pyth_alone(it, LINK))


@pytest.fixture
def hermes() -> Iterator[FakeHermes]:
    with fake_hermes(PRICE) as made:
        yield made


def balance(it: OnAnvil, address: str) -> int:
    return int(it.ask("eth_getBalance", address, "latest"), 16)


def test_auctions_bring_pyth_s_updates(it: OnAnvil, source: PythSource, hermes: FakeHermes) -> None:
    reports = {"hermes": {"url": hermes.url}}
    config = it.config("pyth-auctions", [{"kind": "auctions", "markets": ["LINK"]}], reports=reports)
    batches = it.read(it.exchange.books[LINK].market()).batch
    contract = it.read(source.pyth())
    paid = balance(it, contract)
    with it.keepers(config) as keepers:
        for _ in range(14):
            hermes.time = it.head().time + 2
            status = keepers.wait_for(it.mine().number)
        why = {one["why"].split(", ")[1] for one in keepers.lines("sent")}
    assert why == {"reports for 1 sources"}
    assert status["failing"] == []
    ran = status["keepers"]["auctions"]["tasks"]["succeeded"]
    assert ran >= 2
    assert it.read(it.exchange.books[LINK].market()).batch >= batches + 2
    assert it.read(it.exchange.router.last(LINK))[0] == 21 * 10**18
    assert (balance(it, contract) - paid) // FEE >= ran
    assert (balance(it, contract) - paid) % FEE == 0
    assert balance(it, it.exchange.engine.address) == balance(it, it.exchange.router.address) == 0


def test_prices_bring_them_where_no_auction_does(it: OnAnvil, source: PythSource, hermes: FakeHermes) -> None:
    hermes.price = 22 * 10**8
    keeper = {"kind": "prices", "markets": ["LINK"], "heartbeat_s": 4, "min_profit_wei": -(10**18)}
    config = it.config("pyth-prices", [keeper], reports={"hermes": {"url": hermes.url}})
    with it.keepers(config) as keepers:
        for _ in range(8):
            hermes.time = it.head().time + 2
            keepers.wait_for(it.mine().number)
        assert keepers.lines("sent")
    assert it.read(source.read(LINK))[0] == 22 * 10**18


def test_a_fee_that_is_too_high_is_not_paid(it: OnAnvil, source: PythSource, hermes: FakeHermes) -> None:
    keeper = {"kind": "prices", "markets": ["LINK"], "heartbeat_s": 4}
    reports = {"hermes": {"url": hermes.url, "max_fee_wei": FEE - 1}}
    config = it.config("pyth-dear", [keeper], reports=reports)
    with it.keepers(config) as keepers:
        for _ in range(5):
            hermes.time = it.head().time + 2
            keepers.wait_for(it.mine().number)
        assert hermes.asked
        assert keepers.lines("sent") == []
        assert {one["fee"] for one in keepers.lines("update_left_out")} == {str(FEE)}


def test_check_says_that_nobody_brings_pyth_s_updates(
    it: OnAnvil, source: PythSource, hermes: FakeHermes, tmp_path: Path
) -> None:
    config = it.config("pyth-check", [{"kind": "auctions"}])
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    found = CliRunner().invoke(main, ["keeper", "check", "--config", str(path)])
    assert found.exit_code == 1
    assert "reports.hermes: the router of LINK listens to nobody but Pyth" in found.output
    assert "router of BTC" not in found.output
    config["reports"] = {"hermes": {"url": hermes.url}}
    config["web"]["port"] = free_port()
    path.write_text(yaml.safe_dump(config))
    assert CliRunner().invoke(main, ["keeper", "check", "--config", str(path)]).exit_code == 0
