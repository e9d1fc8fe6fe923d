"""Addresses of the deployed exchange out of its record, and bindings that read it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.deploying import FakeChain, FakeClock, local_params
from walras.chain.exchange import Exchange, ExchangeError
from walras.deploy.record import Record
from walras.deploy.run import deploy


@pytest.fixture(scope="module")
def chain() -> FakeChain:
    return FakeChain()


@pytest.fixture(scope="module")
def record(chain: FakeChain, tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder = tmp_path_factory.mktemp("deployed")
    files = folder / "journal.jsonl", folder / "record.json"
    return deploy(local_params(), chain, *files, say=lambda line: None, clock=FakeClock().clock)


def test_every_address_is_that_of_the_chain(chain: FakeChain, record: Record) -> None:
    """Contracts name each other as the record does, and bindings read what they say."""
    exchange = Exchange.of_record(record)

    def read(call: Any) -> Any:
        return call.decode(chain.call(call.to, call.data))

    assert exchange.chain_id == 31_337
    assert exchange.markets == {"BTC": 0, "ETH": 1, "AVAX": 2, "LINK": 3}
    assert (exchange.name_of(2), exchange.name_of(9)) == ("AVAX", "9")
    engine = exchange.engine
    for number, book in exchange.books.items():
        assert read(engine.market(number)).book == book.address
        assert read(book.engine()) == engine.address
    assert read(engine.router()) == exchange.router.address
    assert read(engine.token()) == exchange.token.address
    assert read(engine.fee_receiver()) == exchange.fees.address
    assert read(engine.liquidator()) == exchange.liquidation.address
    assert read(engine.guardian()) == exchange.guardian.address
    assert read(exchange.liquidation.fund()) == exchange.fund.address
    assert read(exchange.vault.engine()) == read(exchange.triggers.engine()) == engine.address
    assert read(exchange.governor.timelock()) == exchange.timelock.address
    assert read(exchange.governor.token()) == exchange.votes.address
    assert read(exchange.treasury.owner()) == exchange.timelock.address
    assert list(exchange.reports) == ["SignedReports.own"]
    assert read(exchange.reports["SignedReports.own"].owner()) == exchange.timelock.address
    assert read(exchange.liquidation.health([1, 2]))[1].equity == 0


def test_from_a_file(record: Record, tmp_path: Path) -> None:
    """The same, by path or text."""
    path = tmp_path / "ethereum-local.json"
    path.write_text(record.model_dump_json())
    told = Exchange.of_record(path)
    assert told.engine.address == Exchange.of_record(record).engine.address
    assert Exchange.of_record(str(path)).books.keys() == {0, 1, 2, 3}


def _without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda told: told["contracts"].pop(name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without("Vault"), "one Vault is expected, 0 are there"),
        (lambda told: told["contracts"].update(Again=told["contracts"]["Vault"]), "one Vault is expected, 2"),
        (
            lambda told: told["contracts"]["Vault"].update(address="0x12"),
            r"contracts\.Vault\.address: .*EIP-55",
        ),
        (lambda told: told["markets"]["BTC"].pop("book"), r"markets\.BTC\.book: Field required"),
        (lambda told: told.update(format="walras-deployment/2"), "its format is 'walras-deployment/2'"),
        (lambda told: told["contracts"].pop("Token"), r"params\.token\.address: the collateral is not named"),
    ],
)
def test_a_record_that_does_not_say(
    record: Record, tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    """The file is named, and what is missing."""
    told = record.model_dump(mode="json")
    told["params"]["token"]["address"] = None
    change(told)
    path = tmp_path / "record.json"
    path.write_text(json.dumps(told))
    with pytest.raises(ExchangeError, match=rf"record\.json: {message}"):
        Exchange.of_record(path)


def test_a_token_that_was_there(record: Record) -> None:
    """Where the deployment made none, the parameters name it."""
    told = record.model_dump(mode="json")
    address = told["contracts"].pop("Token")["address"]
    told["params"]["token"]["address"] = address
    assert Exchange.of_record(Record.model_validate(told)).token.address == address


def test_no_record(tmp_path: Path) -> None:
    """And how to come by one."""
    with pytest.raises(ExchangeError, match=r"none\.json: No such file.*make deploy-local"):
        Exchange.of_record(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(ExchangeError, match=r"bad\.json: file: Invalid JSON"):
        Exchange.of_record(tmp_path / "bad.json")
