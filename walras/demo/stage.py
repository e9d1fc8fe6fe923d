"""The stage of a run: a chain at the time of the window, the exchange on it, and money in its purses."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from web3 import HTTPProvider, Web3

from walras.chain.call import Call
from walras.chain.endpoint import RpcRefused
from walras.chain.exchange import Exchange
from walras.chain.rpc import Rpc, RpcError
from walras.demo.listing import key_of, make_params, write_params
from walras.demo.markets import DemoMarket
from walras.demo.node import Node, NodeError
from walras.demo.wallet import Wallet
from walras.deploy.chain import RpcChain, Signed, Transaction
from walras.deploy.local import CONTRACTS
from walras.deploy.params import LOCAL_CHAINS, Params
from walras.deploy.run import deploy
from walras.devtools.compiler import compile_contract

CHAIN_ID: Final = 31_337
SETUP_S: Final = 900
"""Before the window: a second a block of the deployment, and what comes after it."""
HARDFORK: Final = "prague"
GAS_LIMIT: Final = 2_000_000_000
"""Of a block: whatever is sent is in the next one."""
HISTORY: Final = 64
"""States of past blocks that anvil keeps."""
START_S: Final = 20.0
"""That anvil may take to answer."""
TIMEOUT_S: Final = 60.0
RESERVE: Final = 150_000
"""Dollars of the protocol's own in the insurance fund."""
STAKED: Final = 250_000
"""Dollars of its stakers."""
RUNNERS: Final = 2_000
"""Dollars in the pot that pays who runs auctions, until fees fill it."""
BACKSTOP_BPS: Final = 400
"""Of the vault's equity; a fifth would be the most. Little, so that the stages behind it are seen."""
MAX_FEE: Final = 2 * 10**9
GAS: Final = 2_000_000


def find_port() -> int:
    """One that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Anvil:
    """A chain of the run's own. It mines nothing unless it is told to, once it is staged."""

    def __init__(self, log: Path, genesis: int) -> None:
        binary = shutil.which("anvil")
        if binary is None:
            raise NodeError("anvil is not on PATH: run this by `make demo`, or put node_modules/.bin there")
        port = find_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        options = (
            f"--port {port} --chain-id {CHAIN_ID} --hardfork {HARDFORK} --order fees --gas-limit {GAS_LIMIT}"
            f" --timestamp {genesis} --accounts 1 --prune-history {HISTORY} --silent"
        )
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [binary, *options.split()],
                stdout=file,
                stderr=file,
                start_new_session=True,  # Ctrl-C is for the director, who ends it
            )

    def wait(self) -> None:
        """Until it answers; raises NodeError."""
        web3 = Web3(HTTPProvider(self.url))
        end = time.monotonic() + START_S
        while not web3.is_connected():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise NodeError(f"anvil does not answer at {self.url}: see {self.log}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@dataclass(frozen=True, slots=True)
class Stage:
    """What is there when the window begins."""

    node: Node
    url: str
    exchange: Exchange
    params: Params
    record: Path
    first_block: int
    """The first one that is of this run."""
    seconds: float
    """That it took, on the clock."""


def connect(url: str, genesis: int) -> Node:
    """A node that does what a demo asks, at the time before the window; NodeError says what it lacks."""
    web3 = Web3(HTTPProvider(url, request_kwargs={"timeout": 10}))
    if not web3.is_connected():
        raise NodeError(f"nothing answers at {url}: start a chain there, or leave --rpc out")
    client, chain_id = web3.client_version, web3.eth.chain_id
    if chain_id not in LOCAL_CHAINS:
        known = " or ".join(map(str, LOCAL_CHAINS))
        raise NodeError(f"{url} is chain {chain_id}: the demo prints money, it runs on chain {known} alone")
    if "anvil" not in client.lower():
        raise NodeError(f"{url} is {client}: the demo sets the time of each block, which takes an anvil")
    node = Node(Rpc([url], chain_id, TIMEOUT_S, check_s=10**9))
    try:
        node.rpc.ask("evm_setBlockGasLimit", [hex(GAS_LIMIT)])
        node.rpc.ask("evm_setTime", [genesis])
        node.rpc.ask("evm_mine")
        found = node.rpc.head().time
    except (RpcError, RpcRefused) as error:
        raise NodeError(f"{url}: time and gas limit of blocks cannot be set: {error}") from error
    if abs(found - genesis) > 60:
        raise NodeError(f"{url}: the time was set to {genesis}, a block of {found} came: take a fresh anvil")
    return node


class _StagedChain(RpcChain):
    """While it is staged, each block is a second after the one before. The node foretells another time."""

    def time(self) -> int:
        """Of the last block, at which the node estimates: what is signed for it is good in the next one."""
        return int(self.web3.eth.get_block("latest")["timestamp"])


def compile_all() -> None:
    """Every contract of the deployment, side by side; what is cached costs nothing."""
    with ProcessPoolExecutor() as pool:
        list(pool.map(compile_contract, CONTRACTS))


def build(
    url: str, markets: Sequence[DemoMarket], start: int, folder: Path, say: Callable[[str], None]
) -> Stage:
    """Deploy on the chain at a URL, at the time before the window. Raises NodeError, DeployError."""
    began = time.monotonic()
    node = connect(url, start - SETUP_S)
    first_block = node.rpc.head().number
    params = make_params(markets, node.rpc.chain_id)
    write_params(params, folder / "params.yaml")
    deployer = key_of("deployer")
    node.rpc.ask("evm_setAutomine", [True])
    node.rpc.ask("anvil_setBlockTimestampInterval", [1])
    node.give_ether([deployer.address])
    chain = _StagedChain(Web3(HTTPProvider(url)), deployer.address, lambda one: _signed(deployer, node, one))
    record = folder / "deployment.json"
    quietly: Callable[[str], None] = lambda line: None  # noqa: E731
    deploy(params, chain, folder / "deployment.journal.jsonl", record, quietly)
    node.rpc.ask("anvil_removeBlockTimestampInterval")
    node.rpc.ask("evm_setAutomine", [False])
    exchange = Exchange.of_record(record)
    say(f"deployed: {len(exchange.markets)} markets, {node.rpc.head().number - first_block} transactions")
    return Stage(node, url, exchange, params, record, first_block, time.monotonic() - began)


def fill_purses(stage: Stage) -> None:
    """The insurance fund's reserve and stakers, the runners' pot: sent, and in the next block."""
    exchange, node = stage.exchange, stage.node
    protocol, staker = Wallet(key_of("protocol")), Wallet(key_of("staker"))
    unit = 10**stage.params.token.decimals
    runners = int(exchange.fees.address, 16) << 8 | 1
    wanted: list[tuple[Wallet, Call[Any]]] = [
        (protocol, exchange.token.mint(protocol.address, (RESERVE + RUNNERS) * unit)),
        (protocol, exchange.token.approve(exchange.fund.address, RESERVE * unit)),
        (protocol, exchange.fund.contribute(RESERVE * unit)),
        (protocol, exchange.token.approve(exchange.engine.address, RUNNERS * unit)),
        (protocol, exchange.engine.deposit(runners, RUNNERS * unit)),
        (staker, exchange.token.mint(staker.address, STAKED * unit)),
        (staker, exchange.token.approve(exchange.fund.address, STAKED * unit)),
        (staker, exchange.fund.stake(STAKED * unit, staker.address)),
    ]
    node.give_ether([protocol.address, staker.address])
    node.send(
        [
            wallet.sign(exchange.chain_id, call.to, call.data, GAS, MAX_FEE - place)
            for place, (wallet, call) in enumerate(wanted)
        ]
    )


def fund_backstop(stage: Stage) -> None:
    """What a vote would have done: the timelock sets a part of the vault's equity aside, in the next block.

    A vote takes days. Here the local chain lets the timelock's address send.
    """
    exchange, node = stage.exchange, stage.node
    timelock = exchange.timelock.address
    account = int(exchange.vault.address, 16) << 8
    (collateral,) = node.read([exchange.engine.collateral(account)])
    call = exchange.vault.fund_backstop(collateral * BACKSTOP_BPS // 10_000)
    node.give_ether([timelock])
    node.rpc.ask("anvil_impersonateAccount", [timelock])
    node.rpc.ask(
        "eth_sendTransaction",
        [
            {
                "from": timelock,
                "to": call.to,
                "data": "0x" + call.data.hex(),
                "gas": hex(GAS),
                "maxFeePerGas": hex(MAX_FEE),
                "maxPriorityFeePerGas": hex(MAX_FEE),
            }
        ],
    )


def _signed(deployer: Any, node: Node, one: Transaction) -> Signed:
    words = {
        "chainId": node.rpc.chain_id, "nonce": one.nonce, "data": one.data, "gas": one.gas,
        "value": 0, "type": 2, "maxFeePerGas": one.max_fee, "maxPriorityFeePerGas": one.priority_fee,
    }  # fmt: skip
    if one.to:
        words["to"] = one.to
    made = deployer.sign_transaction(words)
    return Signed("0x" + bytes(made.hash).hex(), bytes(made.raw_transaction))
