"""A Hermes service that tells what MockPyth takes, and a market on anvil whose only source is Pyth."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from eth_abi.abi import encode

from tests.support.exchange_on_anvil import OnAnvil
from tests.support.pyth import FEED
from tests.support.solidity import pyth
from walras.chain.bindings.oracle_router import Source
from walras.devtools.compiler import compile_contract

FEE: Final = 3
"""Wei of an update."""
EXPONENT: Final = -8


def payload(feed: bytes, price: int, confidence: int, at: int) -> bytes:
    """As MockPyth takes it: a feed and its average."""
    one = (price, confidence, EXPONENT, at)
    return encode(["(bytes32,(int64,uint64,int32,uint256),(int64,uint64,int32,uint256))"], [(feed, one, one)])


class FakeHermes:
    """Serves /v2/updates/price/latest as `answer` says; `price` is of 10**-8, `time` unix seconds."""

    def __init__(self, price: int, feed: bytes = FEED) -> None:
        self.price, self.feed, self.time, self.asked = price, feed, 0, list[str]()
        self.change: dict[str, Any] = {}
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fake.asked.append(self.path)
                told = fake.answer(self.path)
                self.send_response(200 if told else 404)
                self.end_headers()
                self.wfile.write(json.dumps(told).encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> dict[str, Any]:
        """Of its own feed alone."""
        parts = urlsplit(path)
        if parts.path != "/v2/updates/price/latest":
            return {}
        if parse_qs(parts.query).get("ids[]") != ["0x" + self.feed.hex()]:
            return {}
        return self.update()

    def update(self) -> dict[str, Any]:
        """As Hermes tells one."""
        price = {"price": str(self.price), "conf": "0", "expo": EXPONENT, "publish_time": self.time}
        told: dict[str, Any] = {
            "binary": {"encoding": "hex", "data": [payload(self.feed, self.price, 0, self.time).hex()]},
            "parsed": [{"id": self.feed.hex(), "price": price, "ema_price": price, "metadata": {}}],
        }
        return {**told, **self.change}


@contextmanager
def fake_hermes(price: int) -> Iterator[FakeHermes]:
    """Serving, until the end."""
    made = FakeHermes(price)
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()


def pyth_alone(it: OnAnvil, market: int) -> str:
    """From now on the router of a market listens to nobody but Pyth; the PythSource."""
    contract = created(it, pyth("MockPyth").creation + encode(["uint256", "uint256"], [60, FEE]))
    words = encode(["address", "bytes32"], [contract, FEED])
    source = created(it, compile_contract("PythSource").creation + words)
    router, timelock = it.exchange.router, it.exchange.timelock.address
    settings, _ = it.read(router.configuration(market))
    words_of = {name: getattr(settings, name) for name in settings.__dataclass_fields__} | {"quorum": 1}
    it.ask("anvil_impersonateAccount", timelock)
    it.ask("anvil_setBalance", timelock, hex(10**20))
    listed = Source(source=source, weight=1, heartbeat=60, confidence_bps=50, gas_limit=150_000)
    it.do(timelock, router.configure(market, type(settings)(**words_of), [listed]))
    return source


def created(it: OnAnvil, data: bytes) -> str:
    """A contract; its address."""
    digest = it.ask(
        "eth_sendTransaction", {"from": it.accounts[9], "data": "0x" + data.hex(), "gas": hex(8_000_000)}
    )
    it.mine(1)
    return str(it.web3.eth.get_transaction_receipt(digest)["contractAddress"])
