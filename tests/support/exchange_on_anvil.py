"""The whole exchange on an anvil of its own that mines when it is told to, and keeper processes beside it."""

import csv
import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from eth_account import Account
from web3 import HTTPProvider, Web3

from tests.support.deploying import local_params
from walras.chain.bindings.orderbook_v2 import NewOrder
from walras.chain.call import Call
from walras.chain.exchange import Exchange
from walras.chain.reader import Reader
from walras.chain.rpc import Head, Rpc
from walras.deploy.chain import RpcChain, Signed, Transaction
from walras.deploy.plan import reports_name
from walras.deploy.run import deploy
from walras.devtools.compiler import PROJECT_ROOT
from walras.reports import pack, sign_report

T = TypeVar("T")
START: Final = 1_760_100_000
ONE: Final = 10**18
USDC: Final = 10**6
PATIENCE: Final = 60.0
"""Seconds of the clock for what has to happen: what fails takes as long, what passes does not."""


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def until(is_true: Callable[[], T], what: str, patience: float = PATIENCE, pause: float = 0.01) -> T:
    """Wait for something; AssertionError where it does not come."""
    end = time.monotonic() + patience
    while True:
        found = is_true()
        if found:
            return found
        assert time.monotonic() < end, f"waited {patience:.0f} s in vain for: {what}"
        time.sleep(pause)


class RefusedError(AssertionError):
    """A transaction that reverted; its str is why."""


class Keepers:
    """A process of keepers."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log

    def get(self, path: str) -> tuple[int, Any]:
        """A page: its status, and what it says."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return int(answer.status), _content(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, _content(error.read())

    def status(self) -> dict[str, Any]:
        """As /status tells."""
        found: dict[str, Any] = self.get("/status")[1]
        return found

    def lines(self, event: str = "") -> list[dict[str, Any]]:
        """What it logged."""
        told = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [one for one in told if not event or one["event"] == event]

    def wait_for(self, head: int) -> dict[str, Any]:
        """Until it has handled a head completely."""

        def handled() -> dict[str, Any] | None:
            assert self.process.poll() is None, f"it ended:\n{self.log.read_text()[-4_000:]}"
            try:
                status = self.status()
            except OSError:
                return None
            return status if status["head"] >= head else None

        return until(handled, f"head {head} to be handled; its log ends\n{self.log.read_text()[-4_000:]}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and wait; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


class OnAnvil:
    """Markets as in params/local.yaml; anvil's accounts act."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.web3 = Web3(HTTPProvider(url, request_kwargs={"timeout": 60}))
        self.accounts: list[str] = list(self.web3.eth.accounts)
        self.params = local_params()
        self.record_file = folder / "ethereum-local.json"
        self._keys = [_key(place) for place in range(10)]
        rpc = RpcChain(self.web3, self.accounts[0], self._sign)
        self.said: list[str] = []
        deploy(self.params, rpc, folder / "journal", self.record_file, self.said.append)
        self.exchange = Exchange.of_record(self.record_file)
        self.rpc = Rpc([url], self.exchange.chain_id)
        self.reader = Reader(self.rpc)
        self.ask("evm_setAutomine", False)
        self.ask("anvil_setBlockTimestampInterval", 1)
        self.reports = next(iter(self.exchange.reports.values()))

    # ------------------------------------------------------------ the chain

    def ask(self, method: str, *params: Any) -> Any:
        """A method of the node."""
        return self.rpc.ask(method, list(params))

    def head(self) -> Head:
        """The last block."""
        return self.rpc.head()

    def mine(self, seconds: int = 2) -> Head:
        """A block, so much later."""
        self.ask("evm_setNextBlockTimestamp", hex(self.head().time + seconds))
        self.ask("evm_mine")
        return self.head()

    def read(self, call: Call[T]) -> T:
        """A view, now."""
        return self.reader.one(call)

    def do(self, sender: str, *calls: Call[Any], seconds: int = 1) -> None:
        """Transactions of an account of anvil's, in one block; RefusedError where one reverts."""
        hashes = [
            self.ask(
                "eth_sendTransaction",
                {"from": sender, "to": call.to, "data": "0x" + call.data.hex(), "gas": hex(8_000_000)},
            )
            for call in calls
        ]
        self.mine(seconds)
        for call, digest in zip(calls, hashes, strict=True):
            receipt = self._receipt(digest)
            if receipt is None or int(receipt["status"], 16) != 1:
                told = self.reader.ask([call], sender=sender)[0]
                raise RefusedError(f"{call.name}: {told}, receipt {receipt}")

    def _receipt(self, digest: str) -> Any:
        """Of a transaction that was sent; where anvil left it out of the last block, a block later."""
        for _ in range(3):
            receipt = self.ask("eth_getTransactionReceipt", digest)
            if receipt is not None:
                return receipt
            self.mine(1)
        return None

    # ------------------------------------------------------------ the exchange

    def account(self, place: int) -> int:
        """In the engine, of one of anvil's accounts."""
        return int(self.accounts[place], 16) << 8

    def fund(self, place: int, dollars: int) -> int:
        """Money for a trader; his account."""
        it, owner, amount = self.exchange, self.accounts[place], dollars * USDC
        self.do(
            owner,
            it.token.mint(owner, amount),
            it.token.approve(it.engine.address, amount),
            it.engine.deposit(self.account(place), amount),
        )
        return self.account(place)

    def signed(self, market: int, price: int, at: int) -> bytes:
        """What a quorum of the publishers says."""
        local = next(iter(self._publishers().values()))
        made = [
            sign_report(key, self.exchange.chain_id, self.reports.address, market, price, 0, at)
            for key in local["keys"][: local["quorum"]]
        ]
        return pack(self.exchange.chain_id, made)

    def post(self, market: int, price: int, seconds: int = 1) -> None:
        """A price, 18 decimals, on the chain."""
        at = self.head().time
        self.do(
            self.accounts[9],
            self.exchange.router.update(market, [self.signed(market, price, at)]),
            seconds=seconds,
        )

    def auction(self, market: int, price: int) -> None:
        """A price of after the close, and the auction."""
        due = self.read(self.exchange.engine.mark(market)).due
        while self.head().time <= due:
            self.mine(max(1, due + 1 - self.head().time))
        at = self.head().time
        call = self.exchange.engine.update_and_run(market, [self.signed(market, price, at)])
        self.do(self.accounts[9], call)

    def order(self, market: int, is_ask: bool, price: int, lots: int, **more: Any) -> NewOrder:
        """At a price, 18 decimals."""
        words = {"batch_only": False, "post_only": False, "reduce_only": False, "expiry": 0, "client_id": 0}
        return NewOrder(is_ask=is_ask, tick=self.tick(market, price), lots=lots, **{**words, **more})

    def tick(self, market: int, price: int) -> int:
        """Of a price."""
        size = next(one.tick_size for one in self.params.markets.values() if one.number == market)
        return int(price // int(size * ONE))

    def trade(self, market: int, price: int, lots: int, buyer: int, seller: int) -> None:
        """Two of anvil's accounts trade at a price."""
        engine = self.exchange.engine
        self.auction(market, price)
        self.do(
            self.accounts[seller],
            engine.place(self.account(seller), market, self.order(market, True, price, lots)),
        )
        self.do(
            self.accounts[buyer],
            engine.place(self.account(buyer), market, self.order(market, False, price, lots)),
        )
        self.auction(market, price)

    # ------------------------------------------------------------ keepers

    def key(self, place: int) -> str:
        """Of one of anvil's accounts."""
        return self._keys[place]

    def config(self, name: str, keepers: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """A configuration: keepers of account `main`, the fifth of anvil's."""
        made: dict[str, Any] = {
            "process": name,
            "chain": {
                "rpc": [self.url],
                "deployment": str(self.record_file),
                "poll_s": 0.01,
                "confirmations": 1,
            },
            "state": str(self.folder / name),
            "accounts": {"main": {"key": self.key(4), "priority_fee_wei": 2_000_000}},
            "keepers": [{"account": "main", **one} for one in keepers],
            "web": {"port": free_port()},
        }
        for part, content in more.items():
            made[part] = {**made.get(part, {}), **content} if isinstance(content, dict) else content
        return made

    @contextmanager
    def keepers(
        self, config: Mapping[str, Any], *words: str, environment: Mapping[str, str] | None = None
    ) -> Iterator[Keepers]:
        """A process as a user would start it; it is ended at the end."""
        name = config["process"]
        path, log = self.folder / f"{name}.yaml", self.folder / f"{name}.log"
        path.write_text(yaml.safe_dump(dict(config)))
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "walras", "keeper", "run", "--config", str(path), *words],
                stdout=file,
                stderr=file,
                cwd=PROJECT_ROOT,
                env={**os.environ, **(environment or {})},
            )
        try:
            yield Keepers(process, config["web"]["port"], log)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(PATIENCE)

    # ------------------------------------------------------------ inside

    def _publishers(self) -> dict[str, dict[str, Any]]:
        """Sets of publishers of the parameters, by the names of their contracts."""
        sets = self.params.oracle.signed_reports.items()
        return {reports_name(name): {"keys": one.keys, "quorum": one.quorum} for name, one in sets}

    def _sign(self, transaction: Transaction) -> Signed:
        words: dict[str, Any] = {
            "chainId": 31_337, "nonce": transaction.nonce, "data": transaction.data, "gas": transaction.gas,
            "maxFeePerGas": transaction.max_fee, "maxPriorityFeePerGas": transaction.priority_fee, "value": 0,
            "type": 2,
        }  # fmt: skip
        if transaction.to:
            words["to"] = transaction.to
        made = Account.from_key(self._keys[0]).sign_transaction(words)
        return Signed("0x" + bytes(made.hash).hex(), bytes(made.raw_transaction))


@contextmanager
def exchange_on_anvil(folder: Path, *words: str) -> Iterator[OnAnvil]:
    """Deployed, and ended at the end."""
    binary = shutil.which("anvil")
    assert binary, "anvil is not on PATH"
    port = free_port()
    log = folder / "anvil.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [
                binary,
                "--port",
                str(port),
                "--hardfork",
                "prague",
                "--timestamp",
                str(START),
                "--order",
                "fees",
                *words,
            ],
            stdout=file,
            stderr=file,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        web3 = Web3(HTTPProvider(url))
        until(web3.is_connected, f"anvil, see {log}")
        yield OnAnvil(url, folder)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def write_tape(path: Path, trades: list[tuple[int, str]]) -> None:
    """A venue's day: (time, price) rows."""
    with gzip.open(path, "wt", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("time", "open", "high", "low", "close", "buy_volume", "sell_volume", "trades"))
        for at, price in trades:
            rows.writerow((at, price, price, price, price, 1, 1, 1))


def _key(place: int) -> str:
    """Of anvil's accounts, from the phrase that everybody knows."""
    Account.enable_unaudited_hdwallet_features()
    phrase = "test test test test test test test test test test test junk"
    return str(Account.from_mnemonic(phrase, account_path=f"m/44'/60'/0'/0/{place}").key.hex())


def _content(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode()
