"""The same exchange on titanoboa and on anvil, told the same story: they have to agree with pyrevm.

After each step the outcome or the reason and every log are compared, after each twentieth what is stored of
markets, accounts, tokens, vault and fund.
"""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from random import Random
from typing import Any, Final

import boa
import requests
from eth_abi.abi import decode

from walras.audit.actions import Drawer
from walras.audit.chain import GAS, Chain, Log
from walras.audit.events import parse
from walras.audit.system import MARKETS, System
from walras.audit.world import World
from walras.deploy.executor import contract_address
from walras.devtools.evm import DEPLOYER

BACKENDS: Final = ("titanoboa", "anvil")
BLOCK_GAS: Final = 2**50


class Differs(AssertionError):  # noqa: N818 (it is what two chains do)
    """Two EVMs do not agree."""


class Storage:
    """What of pyrevm's EVM a World asks for, of another chain."""

    def __init__(self, chain: Chain) -> None:
        self.storage = chain.word
        self.insert_account_storage = chain.write

    def snapshot(self) -> None:
        """None: stories are told once."""


class BoaChain(Chain):
    """A chain that titanoboa's EVM runs."""

    def __init__(self) -> None:
        self.env = boa.Env()
        self.state = self.env.evm.vm.state
        self.deployed = 0
        self.last: list[Log] = []
        super().__init__()
        self.evm: Any = Storage(self)

    @property
    def time(self) -> int:
        """Of the block that calls run in, unix seconds."""
        return self._time

    @time.setter
    def time(self, value: int) -> None:
        self._time = value
        self.env.evm.patch.timestamp = value

    def next_address(self, ahead: int) -> str:
        """Of a contract that is deployed after so many others."""
        return contract_address(DEPLOYER, self.deployed + ahead).lower()

    def create(self, code: bytes) -> str:
        """Run init code; the address of what it makes."""
        at = self.next_address(0)
        self.deployed += 1
        self.env.deploy_code(sender=DEPLOYER, bytecode=code, override_address=at)
        return at

    def send_again(self, sender: str, to: str, data: bytes, gas: int = GAS) -> bytes | None:
        """A transaction."""
        self.state.clear_transient_storage()
        done = self.env.execute_code(to, sender=sender, gas=gas, data=data)
        if done.is_error:
            self.reason = _reason(bytes(done.output))
            return None
        self.last = [
            ("0x" + where.hex(), list(topics), bytes(body)) for where, topics, body in done.get_log_entries()
        ]
        self.reason = ""
        return bytes(done.output)

    def send(self, sender: str, to: str, data: bytes, gas: int = GAS) -> bytes | None:
        """The same."""
        return self.send_again(sender, to, data, gas)

    def ask(self, to: str, data: bytes, sender: str = DEPLOYER) -> bytes | None:
        """A view."""
        self.state.clear_transient_storage()
        done = self.env.execute_code(to, sender=sender, gas=GAS, data=data, is_modifying=False)
        self.reason = _reason(bytes(done.output)) if done.is_error else ""
        return None if done.is_error else bytes(done.output)

    def word(self, at: str, slot: int) -> int:
        """A storage word."""
        return int(self.env.get_storage(at, slot))

    def write(self, at: str, slot: int, word: int) -> None:
        """Put a word into storage."""
        self.env.set_storage(at, slot, word)

    def logs(self) -> list[Log]:
        """Of the last transaction."""
        return self.last


class AnvilChain(Chain):
    """A chain that an anvil runs: every call is a transaction in a block of its own."""

    def __init__(self, url: str) -> None:
        self.url, self.session = url, requests.Session()
        self.deployed = 0
        self.last: list[Log] = []
        super().__init__()
        self.evm: Any = Storage(self)
        self.rpc("anvil_autoImpersonateAccount", True)

    def rpc(self, method: str, *params: Any) -> Any:
        """Ask the node. Raises RuntimeError with what it answered."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self.session.post(self.url, json=body, timeout=120).json()
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    @property
    def time(self) -> int:
        """Of the next block, unix seconds."""
        return self._time

    @time.setter
    def time(self, value: int) -> None:
        self._time = value

    def next_address(self, ahead: int) -> str:
        """Of a contract that is deployed after so many others."""
        return contract_address(DEPLOYER, self.deployed + ahead).lower()

    def _mine(self, call: dict[str, str]) -> dict[str, Any]:
        """A transaction in a block of the time that it is."""
        self.rpc("evm_setNextBlockTimestamp", hex(self._time))
        digest = self.rpc("eth_sendTransaction", {**call, "gas": hex(GAS), "gasPrice": "0x0"})
        receipt = None
        while receipt is None:
            receipt = self.rpc("eth_getTransactionReceipt", digest)
        return dict(receipt)

    def create(self, code: bytes) -> str:
        """Run init code; the address of what it makes."""
        self.rpc("anvil_setNonce", DEPLOYER, hex(self.deployed))
        receipt = self._mine({"from": DEPLOYER, "data": "0x" + code.hex()})
        assert int(receipt["status"], 16) == 1, "init code reverted"
        at = self.next_address(0)
        self.deployed += 1
        assert str(receipt["contractAddress"]).lower() == at, f"deployed at {receipt['contractAddress']}"
        return at

    def send_again(self, sender: str, to: str, data: bytes, gas: int = GAS) -> bytes | None:
        """A transaction; what it returned is not known, an empty answer stands for it."""
        receipt = self._mine({"from": sender, "to": to, "data": "0x" + data.hex()})
        if int(receipt["status"], 16) != 1:
            trace = self.rpc("debug_traceTransaction", receipt["transactionHash"], {"tracer": "callTracer"})
            self.reason = _reason(bytes.fromhex(trace.get("output", "0x").removeprefix("0x")))
            return None
        self.last = [
            (
                log["address"].lower(),
                [int(topic, 16) for topic in log["topics"]],
                bytes.fromhex(log["data"].removeprefix("0x")),
            )
            for log in receipt["logs"]
        ]
        self.reason = ""
        return b""

    def send(self, sender: str, to: str, data: bytes, gas: int = GAS) -> bytes | None:
        """The same."""
        return self.send_again(sender, to, data, gas)

    def ask(self, to: str, data: bytes, sender: str = DEPLOYER) -> bytes | None:
        """A view."""
        call = {"from": sender, "to": to, "data": "0x" + data.hex()}
        answer: str = self.rpc("eth_call", call, "latest", {}, {"time": hex(self._time)})
        return bytes.fromhex(answer.removeprefix("0x"))

    def word(self, at: str, slot: int) -> int:
        """A storage word."""
        return int(self.rpc("eth_getStorageAt", at, hex(slot), "latest"), 16)

    def write(self, at: str, slot: int, word: int) -> None:
        """Put a word into storage."""
        self.rpc("anvil_setStorageAt", at, hex(slot), "0x" + word.to_bytes(32).hex())

    def logs(self) -> list[Log]:
        """Of the last transaction."""
        return self.last


def _reason(output: bytes) -> str:
    if output[:4].hex() == "08c379a0":
        return str(decode(["string"], output[4:])[0])
    return "panic: "


@contextlib.contextmanager
def opened(name: str) -> Iterator[Chain]:
    """A chain of a backend. Raises FileNotFoundError without anvil, TimeoutError if it does not start."""
    if name == "titanoboa":
        yield BoaChain()
        return
    binary = shutil.which("anvil")
    if binary is None:
        raise FileNotFoundError("anvil is not on PATH: run this by make, or add node_modules/.bin")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    flags = (
        f"--host 127.0.0.1 --port {port} --hardfork cancun --gas-limit {BLOCK_GAS} --base-fee 0 --gas-price 0"
    )
    command = [binary, *flags.split(), "--chain-id", "1", "--timestamp", "1759999000", "--silent"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield AnvilChain(_answering(f"http://127.0.0.1:{port}"))
    finally:
        process.terminate()
        process.wait(30)


def _answering(url: str) -> str:
    """A node's address, once it answers."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    for _ in range(600):
        with contextlib.suppress(requests.ConnectionError):
            requests.post(url, json=body, timeout=5)
            return url
        time.sleep(0.1)
    raise TimeoutError(f"anvil does not answer at {url}")


# ------------------------------------------------------------------ the same story on two chains


def compare(name: str, seed: int, steps: int, profile: str = "mixed", decimals: int = 6) -> dict[str, int]:
    """Tell a story to pyrevm and to another EVM. Raises Differs; how often each outcome was."""
    outcomes: dict[str, int] = {}
    with opened(name) as chain:
        ours, theirs = System(decimals), System(decimals, chain=chain)
        for system in (ours, theirs):
            system.live_in()
        first, second = World(ours), World(theirs)
        drawer = Drawer(first, Random(seed), profile)
        for number in range(steps):
            step = drawer.draw()
            told = []
            for world in (first, second):
                world.begin(step)
                at = world.names.get(step.to, step.to)
                answer = world.chain.send(step.who, at, step.data)
                outcome = "ok" if answer is not None else world.chain.reason
                told.append(
                    (
                        "panic" if outcome.startswith("panic") else outcome,
                        world.chain.logs() if answer is not None else [],
                    )
                )
            where = f"{name}, seed {seed}, step {number}, {step.kind}: {step.told}"
            if told[0][0] != told[1][0]:
                raise Differs(f"{where}: {told[0][0]!r} on pyrevm, {told[1][0]!r} here")
            if told[0][1] != told[1][1]:
                raise Differs(f"{where}: other logs")
            if number % 20 == 19 and digest(ours) != digest(theirs):
                raise Differs(f"{where}: other state")
            if told[0][0] == "ok":
                first.ghost.hear(parse(told[0][1]), first.chain.time)
            outcomes[told[0][0]] = outcomes.get(told[0][0], 0) + 1
        if digest(ours) != digest(theirs):
            raise Differs(f"{name}, seed {seed}: other state at the end")
    return outcomes


def digest(system: System) -> list[int]:
    """What is stored of markets, accounts, tokens, vault and fund."""
    word, at, found = system.chain.word, system.at, []
    for slot in system.market_slot:
        found += [word(system.engine, slot + number) for number in range(7)]
    for one in (*system.traded[::3], system.vault_account, system.backstop, system.fee_account):
        found.append(word(system.engine, system.slot[one]))
        for market in range(len(MARKETS)):
            slot = system.position_slot[one, market]
            found += [word(system.engine, slot), word(system.engine, slot + 1)]
    found += [word(system.token, slot) for slot in system.holds.values()]
    found += [word(system.vault, at.vault_supply), word(system.vault, at.vault_pending)]
    found += [word(system.fund, at.reserve), word(system.fund, at.pot)]
    return found
