"""HTTP of a process: /health, /ready, /metrics, /status, /reports/<market>. Reads alone, of what the loop
last wrote.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

JSON: Final = "application/json"
TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Page:
    """An answer."""

    status: int
    kind: str
    body: bytes


def page(status: int, content: Any) -> Page:
    """Of something that JSON can tell."""
    return Page(status, JSON, json.dumps(content, separators=(",", ":")).encode() + b"\n")


class Web:
    """A server in a thread; `answer(path)` tells the page, None where there is none."""

    def __init__(self, host: str, port: int, answer: Callable[[str], Page | None]) -> None:
        self._server = ThreadingHTTPServer((host, port), _handler(answer))
        self._server.daemon_threads = True
        self.host, self.port = host, int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="web", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def _handler(answer: Callable[[str], Page | None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one write an answer: else each waits for an acknowledgement
        disable_nagle_algorithm = True
        timeout = 30

        def do_GET(self) -> None:
            """Answer."""
            found = answer(self.path.split("?")[0].rstrip("/") or "/") or page(404, {"error": "no such page"})
            self.send_response(found.status)
            self.send_header("Content-Type", found.kind)
            self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            self.wfile.write(found.body)
            self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:
            """Requests are not logged."""

    return Handler
