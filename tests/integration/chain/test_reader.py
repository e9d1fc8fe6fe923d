"""Batched reads of the deployed exchange on anvil: one block, typed answers, reasons of reverts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from web3 import HTTPProvider, Web3

from tests.support.anvils import CHAIN, Anvil, anvil
from tests.support.deploying import local_params
from walras.chain.bindings import PlainToken
from walras.chain.bindings.oracle_router import Status
from walras.chain.exchange import Exchange
from walras.chain.keys import from_hex
from walras.chain.reader import Reader, ReadError
from walras.chain.reasons import Reverted
from walras.chain.rpc import Rpc
from walras.deploy.chain import RpcChain, Signed, Transaction
from walras.deploy.run import deploy

DEPLOYER = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


@dataclass
class Deployed:
    node: Anvil
    exchange: Exchange
    reader: Reader


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    account = from_hex(DEPLOYER)

    def sign(one: Transaction) -> Signed:
        fees = {"maxFeePerGas": one.max_fee, "maxPriorityFeePerGas": one.priority_fee, "gas": one.gas}
        words = {"type": 2, "chainId": CHAIN, "nonce": one.nonce, "data": one.data, "value": 0, **fees}
        signed = account.sign_transaction(words | ({"to": one.to} if one.to else {}))
        return Signed("0x" + bytes(signed.hash).hex(), bytes(signed.raw_transaction))

    folder: Path = tmp_path_factory.mktemp("deployed")
    with anvil() as node:
        node.ask("evm_setAutomine", True)
        chain = RpcChain(Web3(HTTPProvider(node.url)), account.address, sign)
        record = deploy(local_params(), chain, folder / "journal", folder / "record", say=lambda line: None)
        node.ask("evm_setAutomine", False)
        yield Deployed(node, Exchange.of_record(record), Reader(Rpc([node.url], CHAIN)))


def test_views_of_one_block(deployed: Deployed) -> None:
    """By number and by hash, of several kinds in one request, in order."""
    engine, head = deployed.exchange.engine, deployed.reader.rpc.head()
    marks = deployed.reader.ask([engine.mark(number) for number in range(4)], head.number)
    assert all(not isinstance(one, Reverted) and one.status is Status.LIVE for one in marks)
    assert deployed.reader.ask([engine.mark(number) for number in range(4)], head.hash) == marks
    assert deployed.reader.one(engine.token()) == deployed.exchange.token.address


def test_reverts_are_answers(deployed: Deployed) -> None:
    """With the reason, beside the answers of the others."""
    exchange = deployed.exchange
    told = deployed.reader.ask([exchange.engine.market(99), exchange.engine.tracked()])
    assert told == [Reverted("engine: unknown market"), 0]
    with pytest.raises(ReadError, match=r"PerpEngine\.market of 0x.* reverts: engine: unknown market \(No"):
        deployed.reader.one(exchange.engine.market(99))
    owner = exchange.timelock.address
    (told_owner,) = deployed.reader.ask([exchange.engine.set_vault(owner)], sender=owner)
    assert not isinstance(told_owner, Reverted)
    assert isinstance(deployed.reader.ask([exchange.engine.set_vault(owner)])[0], Reverted)


def test_no_contract(deployed: Deployed) -> None:
    """An address without code, and a block that is not there, are no answers."""
    with pytest.raises(ReadError, match="no contract that answers it is at"):
        deployed.reader.one(PlainToken("0x" + "12" * 20).totalSupply())
    with pytest.raises(ReadError, match="the node refuses"):
        deployed.reader.one(deployed.exchange.engine.tracked(), 10**6)
    with pytest.raises(ReadError, match="the node refuses"):
        deployed.reader.one(deployed.exchange.engine.tracked(), "0x" + "12" * 32)


def test_logs(deployed: Deployed) -> None:
    """Events of the deployment, as their dataclasses."""
    engine, head = deployed.exchange.engine, deployed.reader.rpc.head()
    logs = deployed.reader.logs(0, head.number, [engine.address])
    listed = [engine.decode_log(one.topics, one.data) for one in logs]
    assert None not in listed
    books = [one.book for one in listed if type(one).__name__ == "MarketListed"]
    assert books == [book.address for book in deployed.exchange.books.values()]
    assert {one.address for one in logs} == {engine.address}
    assert deployed.reader.logs(0, head.number, [engine.address], [["0x" + logs[0].topics[0].hex()]])
    assert deployed.reader.logs(0, head.number, [engine.address], ["0x" + "12" * 32]) == []


def test_health_of_many(deployed: Deployed) -> None:
    """More accounts than a request has room for: each has its own answer, in order."""
    liquidation = deployed.exchange.liquidation
    accounts = [(0xABC + number) << 8 for number in range(7_000)]
    calls = [liquidation.health(accounts[first : first + 64]) for first in range(0, len(accounts), 64)]
    told = deployed.reader.ask(calls, deployed.reader.rpc.head().hash)
    found = [one for answer in told if not isinstance(answer, Reverted) for one in answer]
    assert len(found) == len(accounts)
    assert {one.equity for one in found} == {0}
