"""An HTTP proxy before a node that fails as endpoints do, when it is told to.

`fault` is one of FAULTS, or none. Questions that came are counted by method, so that a test can say who was
asked.
"""

import json
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

FAULTS: Final = (
    "hangs", "drips", "429", "503", "cut", "html", "wrong id", "no result", "frozen", "other chain",
    "closes", "loses answers", "drops transactions", "other blocks", "busy error",
)  # fmt: skip


class FaultyProxy:
    """Forwards to a node, or fails."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.fault = ""
        self.asked: Counter[str] = Counter()
        self.frozen: Any = None
        self.released = threading.Event()
        handler = type("Handler", (_Handler,), {"proxy": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def forward(self, body: bytes) -> bytes:
        """Ask the node."""
        asked = urllib.request.Request(self.target, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=20) as response:
            return bytes(response.read())

    def freeze(self) -> None:
        """From now on the latest block is what it is now."""
        asked = {"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": ["latest", False]}
        self.frozen = json.loads(self.forward(json.dumps(asked).encode()))["result"]
        self.fault = "frozen"

    def changed(self, question: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        """An answer, with a lie in it where the fault is one."""
        method = question["method"]
        if self.fault == "other chain" and method == "eth_chainId":
            return {**answer, "result": "0x1"}
        if self.fault == "wrong id":
            return {**answer, "id": 10**9}
        if self.fault == "no result":
            return {"jsonrpc": "2.0", "id": answer["id"]}
        if self.fault == "busy error":
            return {
                "jsonrpc": "2.0",
                "id": answer["id"],
                "error": {"code": -32005, "message": "limit exceeded"},
            }
        if method == "eth_getBlockByNumber":
            if self.fault == "frozen" and question["params"][0] == "latest":
                return {**answer, "result": self.frozen}
            if self.fault == "other blocks" and question["params"][0] != "latest":
                return {**answer, "result": {**answer["result"], "hash": "0x" + "66" * 32}}
        return answer


class _Handler(BaseHTTPRequestHandler):
    proxy: FaultyProxy
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = json.loads(body)
        questions = asked if isinstance(asked, list) else [asked]
        self.proxy.asked.update(one["method"] for one in questions)
        fault = self.proxy.fault
        is_sending = any(one["method"] == "eth_sendRawTransaction" for one in questions)
        if fault == "hangs":
            self.proxy.released.wait(30)
            self.close_connection = True
            return
        if fault == "closes":
            self.close_connection = True
            return
        if fault in ("429", "503"):
            self._answer(b'{"error": "not now"}', int(fault))
            return
        if fault == "html":
            self._answer(b"<html>502 Bad Gateway</html>")
            return
        if fault == "drops transactions" and is_sending:
            told = [{"jsonrpc": "2.0", "id": one["id"], "result": "0x" + "00" * 32} for one in questions]
            self._answer(json.dumps(told if isinstance(asked, list) else told[0]).encode())
            return
        answered = json.loads(self.proxy.forward(body))
        if fault == "loses answers" and is_sending:
            self.close_connection = True
            return
        answers = answered if isinstance(answered, list) else [answered]
        by_id = {one["id"]: one for one in questions}
        told = [self.proxy.changed(by_id[one["id"]], one) for one in answers]
        made = json.dumps(told if isinstance(asked, list) else told[0]).encode()
        if fault == "cut":
            self._answer(made[: len(made) // 2])
        elif fault == "drips":
            self._drip(made)
        else:
            self._answer(made)

    def _answer(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, body: bytes) -> None:
        """A byte now and then: no read times out, and the answer never ends."""
        self.send_response(200)
        self.send_header("Content-Length", str(10**6))
        self.end_headers()
        self.close_connection = True
        try:
            while not self.proxy.released.wait(0.05):
                self.wfile.write(b" ")
                self.wfile.flush()
        except OSError:
            return  # whoever asked has gone

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@contextmanager
def faulty_proxy(target: str) -> Iterator[FaultyProxy]:
    """One before a node, on a free port."""
    proxy = FaultyProxy(target)
    thread = threading.Thread(target=proxy.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.released.set()
        proxy.server.shutdown()
        proxy.server.server_close()
        thread.join()
