"""Real anvil processes for tests: each on a port of its own, mined by hand, ended with the test."""

import json
import os
import re
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
ANVIL: Final = ROOT / "node_modules" / ".bin" / "anvil"
KEY: Final = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
"""anvil's second account: of the sender under test."""
OTHER: Final = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"
"""anvil's third account: of anybody else."""
CHAIN: Final = 31_337
_LISTENS: Final = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")


@dataclass
class Anvil:
    """A chain that makes blocks when it is told to."""

    url: str
    process: "subprocess.Popen[bytes]"

    def ask(self, method: str, *params: Any) -> Any:
        """Ask; RuntimeError where it refuses."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()
        asked = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=20) as response:
            told = json.load(response)
        if "error" in told:
            raise RuntimeError(f"{method}: {told['error']}")
        return told["result"]

    def mine(self, blocks: int = 1) -> None:
        """Make blocks, one after the other."""
        for _ in range(blocks):
            self.ask("evm_mine")

    def number(self) -> int:
        """Of the head."""
        return int(self.ask("eth_blockNumber"), 16)

    def nonce(self, address: str) -> int:
        """Transactions in blocks."""
        return int(self.ask("eth_getTransactionCount", address, "latest"), 16)

    def pool(self) -> list[str]:
        """Hashes of what waits."""
        content = self.ask("txpool_content")
        return [
            one["hash"]
            for part in ("pending", "queued")
            for by in content[part].values()
            for one in by.values()
        ]

    def deploy(self, contract: str, *words: tuple[str, Any]) -> str:
        """Deploy a contract from anvil's first account, with constructor arguments as (type, value)."""
        from eth_abi.abi import encode  # here: processes that only send start sooner without the compiler

        from walras.devtools.compiler import compile_contract

        arguments = encode([kind for kind, _ in words], [value for _, value in words])
        sender = self.ask("eth_accounts")[0]
        data = "0x" + (compile_contract(contract).creation + arguments).hex()
        digest = self.ask("eth_sendTransaction", {"from": sender, "data": data, "gas": hex(8_000_000)})
        self.mine()
        return str(self.ask("eth_getTransactionReceipt", digest)["contractAddress"])


@contextmanager
def anvil(*options: str, chain_id: int = CHAIN) -> Iterator[Anvil]:
    """Start one; it chooses a free port itself."""
    words = [str(ANVIL), "--port", "0", "--no-mining", "--order", "fees", "--hardfork", "prague"]
    words += ["--chain-id", str(chain_id), *(options or ("--timestamp", "1760000000"))]
    with tempfile.TemporaryFile() as log:  # not a pipe: nobody empties it, and anvil would wait
        process = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield Anvil(_url_of(process, log), process)
        finally:
            process.kill()
            process.wait()


def _url_of(process: "subprocess.Popen[bytes]", log: IO[bytes]) -> str:
    """Where it listens, once it says so."""
    said = ""

    def listens() -> bool:
        nonlocal said
        said = os.pread(log.fileno(), 2**16, 0).decode()
        if process.poll() is not None:
            raise RuntimeError(f"anvil ended: {said}")
        return _LISTENS.search(said) is not None

    wait_for("anvil listens", listens, seconds=60)
    found = _LISTENS.search(said)
    assert found is not None
    return f"http://127.0.0.1:{found[1]}"


def wait_for(what: str, is_so: Any, seconds: float = 20.0) -> None:
    """Wait until something is so: for processes, where the outcome does not depend on how long it takes."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError(f"not so after {seconds} s: {what}")
        time.sleep(0.02)
