"""Reports of other processes: whoever serves them cannot keep the loop, fill memory, or end a turn."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.support.sending import Counting
from walras.keepers import fetch as module
from walras.keepers.board import Board
from walras.keepers.fetch import Fetcher
from walras.keepers.snapshots.world import World


class Peer:
    """Serves what it is told to."""

    def __init__(self) -> None:
        self.body, self.status, self.asked, self.drips = b"{}", 200, 0, False
        self.released = threading.Event()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                peer.asked += 1
                self.send_response(peer.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                try:
                    while peer.drips and not peer.released.wait(0.02):
                        self.wfile.write(b" ")
                    self.wfile.write(peer.body)
                except OSError:
                    return  # whoever asked has gone

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://name:secret@127.0.0.1:{self.server.server_address[1]}/reports"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.released.set()
    made.server.shutdown()
    made.server.server_close()


def world(now: int) -> World:
    return cast(World, SimpleNamespace(now=now, board=Board(1), sources=lambda market: {}))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"reports": [{"contract": "a", "price": Infinity}]}', 200),
        (b'{"reports": [1]}', 200),
        (b"[]", 200),
        (b" " * (module.LARGEST + 1), 200),
        (b"", 302),
        (b"", 500),
        (b"\xff", 200),
    ],
)
def test_who_tells_no_reports_is_left_alone_for_a_while(peer: Peer, body: bytes, status: int) -> None:
    meter = Counting()
    fetcher = Fetcher([peer.url], 5.0, meter)
    peer.body, peer.status = body, status
    fetcher.fetch(world(100), [0, 1])
    assert peer.asked == 1
    assert meter.counts["keeper_report_failures"] == 1
    peer.body, peer.status = b'{"reports": []}', 200
    fetcher.fetch(world(101), [0])
    assert peer.asked == 1
    fetcher.fetch(world(102), [0, 1])
    assert peer.asked == 3
    fetcher.close()


def test_an_answer_that_never_ends_is_given_up(peer: Peer) -> None:
    meter = Counting()
    fetcher = Fetcher([peer.url], 0.2, meter)
    peer.drips = True
    fetcher.fetch(world(100), [0])
    assert meter.counts["keeper_report_failures"] == 1
    fetcher.close()


def test_passwords_in_urls_are_not_told(peer: Peer, capsys: pytest.CaptureFixture[str]) -> None:
    fetcher = Fetcher([peer.url], 1.0, Counting())
    fetcher.fetch(world(100), [0])
    told = capsys.readouterr()
    assert "reports_not_fetched" in told.out + told.err
    assert "secret" not in told.out + told.err
    fetcher.close()
