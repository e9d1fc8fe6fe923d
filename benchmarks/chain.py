"""An anvil to measure on, and the figures that are taken from its receipts."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from eth_abi.abi import encode
from web3 import HTTPProvider, Web3

from walras.devtools.compiler import Artifact
from walras.devtools.evm import _plain, _type

HARDFORK: Final = "prague"
GAS_LIMIT: Final = 25_000_000_000


class Chain:
    """An anvil of our own: fixed hardfork, no base fee, a block a transaction."""

    def __init__(self, url: str) -> None:
        self.web3 = Web3(HTTPProvider(url, request_kwargs={"timeout": 600}))
        self.deployer = ""

    def rpc(self, method: str, *params: Any) -> Any:
        """Call a method of the node; raises RuntimeError with what it answered."""
        answer = self.web3.provider.make_request(method, params)  # type: ignore[arg-type]
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def send(self, sender: str, to: str | None, data: bytes, value: int = 0) -> dict[str, Any]:
        """Send a transaction and return its receipt; raises RuntimeError where it reverted."""
        call = {"from": sender, "data": "0x" + data.hex(), "gas": hex(GAS_LIMIT), "gasPrice": "0x0"}
        call["value"] = hex(value)
        if to is not None:
            call["to"] = to
        digest = self.rpc("eth_sendTransaction", call)
        receipt = None
        while receipt is None:
            receipt = self.rpc("eth_getTransactionReceipt", digest)
        if int(receipt["status"], 16) != 1:
            self.rpc("eth_call", call, "latest")
            raise RuntimeError(f"transaction {digest} reverted")
        return dict(receipt)

    def ask(self, sender: str, to: str, data: bytes, value: int, time: int) -> bytes:
        """What a call would answer in a block of that time, without making it."""
        call = {"from": sender, "to": to, "data": "0x" + data.hex(), "value": hex(value)}
        answer: str = self.rpc("eth_call", call, "latest", {}, {"time": hex(time)})
        return bytes.fromhex(answer.removeprefix("0x"))

    def deploy(self, artifact: Artifact, *args: Any) -> str:
        """Deploy a contract; its address."""
        constructor = [entry for entry in artifact.abi if entry["type"] == "constructor"]
        types = [_type(entry) for entry in constructor[0]["inputs"]] if constructor else []
        data = artifact.creation + encode(types, [_plain(arg) for arg in args])
        receipt = self.send(self.deployer, None, data)
        return str(receipt["contractAddress"])

    def changed_words(self, digest: str) -> tuple[int, int]:
        """Storage words that a transaction changed: those that held something, those that were empty."""
        tracer = {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}
        diff = self.rpc("debug_traceTransaction", digest, tracer)
        used = fresh = 0
        for at, after in diff["post"].items():
            before = diff["pre"].get(at, {}).get("storage", {})
            for slot in after.get("storage", {}):
                if int(before.get(slot, "0x0"), 16):
                    used += 1
                else:
                    fresh += 1
        for at, before in diff["pre"].items():
            after_storage = diff["post"].get(at, {}).get("storage", {})
            used += sum(slot not in after_storage for slot in before.get("storage", {}))
        return used, fresh


@contextmanager
def anvil() -> Iterator[Chain]:
    """Start anvil on a free port, and stop it at the end."""
    binary = shutil.which("anvil")
    if binary is None:
        raise SystemExit("anvil is not on PATH: run this by `make bench`")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"--host 127.0.0.1 --port {port} --hardfork {HARDFORK} --gas-limit {GAS_LIMIT}"
    process = subprocess.Popen(
        [
            binary,
            *options.split(),
            "--base-fee",
            "0",
            "--gas-price",
            "0",
            "--order",
            "fifo",
            "--balance",
            "1000000",
            "--silent",
        ],
        stdout=subprocess.DEVNULL,
    )
    try:
        chain = Chain(f"http://127.0.0.1:{port}")
        for _ in range(200):
            if chain.web3.is_connected():
                break
            time.sleep(0.05)
        chain.deployer = chain.rpc("eth_accounts")[0]
        yield chain
    finally:
        process.terminate()
        process.wait()


class Ledger:
    """The figures of a run."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.figures: dict[str, int] = {}

    def note(self, name: str, receipt: dict[str, Any]) -> None:
        """Record a receipt's gas, and its floor."""
        gas = int(receipt["gasUsed"], 16)
        transaction = self.chain.rpc("eth_getTransactionByHash", receipt["transactionHash"])
        calldata = bytes.fromhex(transaction["input"].removeprefix("0x"))
        used, fresh = self.chain.changed_words(receipt["transactionHash"])
        floor = 21_000 + sum(16 if byte else 4 for byte in calldata) + 5_000 * used + 22_100 * fresh
        self.figures[name] = gas
        self.figures[f"{name}.floor"] = floor
        print(f"{name:<36}{gas:>10,}  floor {floor:>9,}  words {used} changed, {fresh} fresh", flush=True)

    def note_call(self, name: str, receipt: dict[str, Any]) -> None:
        """Record what a receipt's gas is without what its being a transaction costs, 21,000 and calldata."""
        gas = int(receipt["gasUsed"], 16)
        transaction = self.chain.rpc("eth_getTransactionByHash", receipt["transactionHash"])
        calldata = bytes.fromhex(transaction["input"].removeprefix("0x"))
        expect(self.chain.changed_words(receipt["transactionHash"]) == (0, 0), f"{name} changes nothing")
        self.figures[name] = gas - 21_000 - sum(16 if byte else 4 for byte in calldata)
        print(f"{name:<36}{self.figures[name]:>10,}  as a call", flush=True)


def expect(condition: bool, what: str) -> None:
    """Stop where a scenario is not what its name says."""
    if not condition:
        raise SystemExit(f"benchmark scenario broken: {what}")


# ---------------------------------------------------------------- scenarios


def encode_call(artifact: Artifact, name: str, args: tuple[Any, ...] | list[Any]) -> bytes:
    (signature,) = [signature for signature in artifact.selectors if signature.split("(")[0] == name]
    return artifact.selectors[signature] + encode(_split(signature), args)


def _split(signature: str) -> list[str]:
    """The argument types of a signature."""
    inner = signature[signature.index("(") + 1 : -1]
    types, depth, current = [], 0, ""
    for character in inner:
        if character == "," and depth == 0:
            types.append(current)
            current = ""
            continue
        depth += (character == "(") - (character == ")")
        current += character
    return [*types, current] if current else types
