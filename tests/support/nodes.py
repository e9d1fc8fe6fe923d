"""Anvils of a test's own, for commands that run in a process of theirs."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from web3 import HTTPProvider, Web3


@contextmanager
def anvil_node(*words: str) -> Iterator[str]:
    """An anvil started with these words, on a port that was free; its address."""
    binary = shutil.which("anvil")
    assert binary, "anvil is on PATH after `make setup`"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([binary, "--port", str(port), "--hardfork", "prague", "--silent", *words])
    try:
        web3 = Web3(HTTPProvider(url))
        while not web3.is_connected():
            assert process.poll() is None, f"anvil ended: {words}"
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait()
