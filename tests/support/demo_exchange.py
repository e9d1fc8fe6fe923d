"""The deployed exchange on an anvil of its own, actors who send from any address, and an observer."""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Final

from eth_account import Account
from web3 import HTTPProvider, Web3

from tests.support.demo_figures import START
from tests.support.deploying import KEY, local_params
from walras.chain.call import Call
from walras.chain.exchange import Exchange
from walras.chain.reader import Reader
from walras.chain.rpc import Head, Rpc
from walras.demo.figures import Run
from walras.demo.observer import Observer
from walras.deploy.chain import RpcChain, Signed, Transaction
from walras.deploy.run import deploy
from walras.model.book import NewOrder
from walras.reports import pack, sign_report

ONE: Final = 10**18
USDC: Final = 10**6
CHAIN: Final = 31_337
AVAX: Final = 2
PRICE: Final = 30
GAS: Final = 20_000_000
ETHER: Final = hex(10**21)


class RefusedError(Exception):
    """A transaction reverted."""


def account(owner: str, sub: int = 0) -> int:
    """An address's account in the engine."""
    return int(owner, 16) << 8 | sub


def person(number: int) -> str:
    """An address."""
    return Web3.to_checksum_address(f"0x{number:040x}")


class DemoExchange:
    """One market is used, AVAX: lots of 0.1, ticks of a thousandth of a dollar, batches of five seconds."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        binary = shutil.which("anvil")
        assert binary, "anvil is not on PATH"
        self.url = f"http://127.0.0.1:{port}"
        words = f"--port {port} --chain-id {CHAIN} --hardfork prague --gas-limit 1000000000 --silent"
        self.process = subprocess.Popen([binary, *words.split(), "--timestamp", str(START - 3600)])
        try:
            web3 = Web3(HTTPProvider(self.url))
            end = time.monotonic() + 20
            while not web3.is_connected():
                assert time.monotonic() < end, "anvil does not answer"
                time.sleep(0.05)
            self._build(web3, folder)
        except BaseException:
            self.close()
            raise

    def _build(self, web3: Web3, folder: Path) -> None:
        self.params = local_params()
        deployer = Account.from_key(KEY)
        self.rpc = Rpc([self.url], CHAIN, 30.0)
        self.rpc.ask("anvil_setBalance", [deployer.address, ETHER])

        def sign(one: Transaction) -> Signed:
            fields: dict[str, Any] = {
                "chainId": CHAIN, "nonce": one.nonce, "data": one.data, "gas": one.gas, "value": 0, "type": 2,
                "maxFeePerGas": one.max_fee, "maxPriorityFeePerGas": one.priority_fee,
            }  # fmt: skip
            if one.to:
                fields["to"] = one.to
            made = deployer.sign_transaction(fields)
            return Signed("0x" + bytes(made.hash).hex(), bytes(made.raw_transaction))

        record = deploy(
            self.params, RpcChain(web3, deployer.address, sign), folder / "journal", None, lambda line: None
        )
        self.exchange = Exchange.of_record(record)
        self.rpc.ask("anvil_autoImpersonateAccount", [True])
        self.funded: set[str] = set()
        self.price = PRICE * ONE
        self.groups: dict[int, str] = {account(PROVIDER): "providers"}
        self.keeper = person(0x5E9)
        self.observer: Observer | None = None
        self.seen = 0
        if self.now < START:
            self.rpc.ask("evm_setNextBlockTimestamp", [START])
            self.rpc.ask("evm_mine")

    def close(self) -> None:
        """End the chain."""
        self.process.terminate()
        self.process.wait(10)

    # ------------------------------------------------------------ the chain

    @property
    def now(self) -> int:
        """Of the last block."""
        return self.rpc.head().time

    def send(self, sender: str, call: Call[Any], expect: str | None = None) -> None:
        """A transaction in a block of its own, a second after the last; raises RefusedError."""
        if sender not in self.funded:
            self.rpc.ask("anvil_setBalance", [sender, ETHER])
            self.funded.add(sender)
        self.rpc.ask("evm_setNextBlockTimestamp", [self.now + 1])
        words = {"from": sender, "to": call.to, "data": "0x" + call.data.hex(), "gas": hex(GAS)}
        digest = self.rpc.ask("eth_sendTransaction", [words])
        receipt = None
        while receipt is None:  # it is mined at once, but the answer may come before
            receipt = self.rpc.ask("eth_getTransactionReceipt", [digest])
        self.watch()
        if receipt["status"] != "0x1":
            traced = self.rpc.ask("debug_traceTransaction", [digest, {"tracer": "callTracer"}])
            raise RefusedError(f"{call.name}: {traced.get('revertReason') or traced.get('error')}")

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        if seconds > 0:
            self.rpc.ask("evm_setNextBlockTimestamp", [self.now + seconds])
            self.rpc.ask("evm_mine")
            self.watch()

    def watch(self) -> None:
        """Show the observer what it has not seen."""
        if self.observer is None:
            return
        last = self.rpc.head().number
        for number in range(self.seen + 1, last + 1):
            block, receipts = self.rpc.batch(
                [("eth_getBlockByNumber", [hex(number), True]), ("eth_getBlockReceipts", [hex(number)])]
            )
            head = Head(
                number,
                block["hash"],
                block["parentHash"],
                int(block["timestamp"], 16),
                int(block["baseFeePerGas"], 16),
            )
            self.observer.on_block(
                head, block["transactions"], receipts, {"AVAX": {"coinbase": self.price, "gemini": None}}
            )
        self.seen = last

    # ------------------------------------------------------------ actions

    def payload(self) -> bytes:
        """What a quorum of the publishers say now."""
        local = self.params.oracle.signed_reports["own"]
        (reports,) = self.exchange.reports.values()
        signed = [
            sign_report(key, CHAIN, reports.address, AVAX, self.price, 0, self.now)
            for key in local.keys[: local.quorum]
        ]
        return pack(CHAIN, signed)

    def auction(self, dollars: float | None = None) -> None:
        """At a new price, once the batch is over."""
        mark = self.read(self.exchange.engine.mark(AVAX))
        self.wait(mark.due + 1 - self.now)
        if dollars is not None:
            self.price = round(dollars * 1000) * ONE // 1000
        self.send(self.keeper, self.exchange.engine.update_and_run(AVAX, [self.payload()]))

    def read(self, call: Call[Any]) -> Any:
        """A view's answer."""
        return Reader(self.rpc).one(call)

    def fund(self, who: str, dollars: int, group: str = "") -> int:
        """Money into its account, which is in a group."""
        token, engine = self.exchange.token, self.exchange.engine
        self.send(who, token.mint(who, dollars * USDC))
        self.send(who, token.approve(engine.address, dollars * USDC))
        self.send(who, engine.deposit(account(who), dollars * USDC))
        if group:
            self.groups[account(who)] = group
        return account(who)

    def place(self, who: str, *, is_ask: bool, lots: int, dollars: float, **flags: Any) -> None:
        """An order; the auction is run before where it is due."""
        if self.read(self.exchange.engine.mark(AVAX)).due <= self.now + 1:
            self.auction()
        order = NewOrder(is_ask=is_ask, tick=round(dollars * 1000), lots=lots, **flags)
        self.send(who, self.exchange.engine.place(account(who), AVAX, order))

    def observe(self, first_block: int = 0, **more: Any) -> Observer:
        """From here on."""
        run = Run(
            seed=1,
            commit="c" * 40,
            clean=True,
            options={},
            command="test",
            start=self.now,
            end=self.now + 3600,
            block_s=1,
            chain_id=CHAIN,
            data="made up",
            traders=len(self.groups),
        )
        self.observer = Observer(
            self.rpc,
            self.exchange,
            run,
            {"AVAX": ("coinbase", "gemini")},
            self.groups,
            {self.keeper: "keeper"},
            **more,
        )
        self.observer.begin(first_block)
        self.seen = self.rpc.head().number
        return self.observer

    def settle_all(self) -> None:
        """By transactions, as the director does."""
        assert self.observer
        for one in self.observer.accounts:
            self.send(self.keeper, self.exchange.engine.sync(one))


MAKER, LONG, SHORT, PROVIDER, DEEP, POOR, BIDDER = (person(0x100 + place) for place in range(7))


def crash(it: DemoExchange) -> None:
    """A fall from 30 to 27 in which every stage of the waterfall takes place. The observer watches."""
    exchange, keeper = it.exchange, it.keeper
    liquidation = exchange.liquidation
    money = (
        (MAKER, 100_000, "makers"),
        (BIDDER, 100_000, "makers"),
        (SHORT, 50_000, "shorts"),
        (LONG, 2_000, "longs"),
        (DEEP, 1_500, "longs"),
        (POOR, 1_000, "longs"),
    )
    for who, dollars, group in money:
        it.fund(who, dollars, group)
    token = exchange.token
    runners = account(exchange.fees.address, 1)
    for call in (
        token.mint(PROVIDER, 4_000 * USDC),
        token.approve(exchange.vault.address, 3_000 * USDC),
        exchange.vault.deposit(3_000 * USDC, PROVIDER),
        token.approve(exchange.fund.address, 300 * USDC),
        exchange.fund.contribute(50 * USDC),
        exchange.fund.stake(100 * USDC, PROVIDER),
        token.approve(exchange.engine.address, 300 * USDC),
        exchange.engine.deposit(runners, 300 * USDC),
    ):
        it.send(PROVIDER, call)
    it.auction(30)
    it.send(exchange.timelock.address, exchange.vault.fund_backstop(272 * USDC))
    it.place(SHORT, is_ask=True, lots=13_000, dollars=30)
    for who, lots in ((LONG, 4_000), (DEEP, 4_000), (POOR, 5_000)):
        it.place(who, is_ask=False, lots=lots, dollars=30)
    it.auction(30)
    it.settle_all()
    it.place(DEEP, is_ask=False, lots=500, dollars=27.2)  # it rests, costs margin, and is cancelled
    for dollars in (29.5, 29.0, 28.6):
        it.auction(dollars)
    it.send(keeper, liquidation.liquidate(account(POOR), AVAX))
    it.place(BIDDER, is_ask=False, lots=1_000, dollars=28.6)
    it.auction(28.6)
    it.send(keeper, liquidation.collect(account(POOR), AVAX))
    for dollars in (28.0, 27.5):
        it.auction(dollars)
    it.send(keeper, liquidation.cancel_orders(account(DEEP), AVAX))
    it.auction(27.0)
    it.send(keeper, liquidation.take_over(account(POOR), AVAX, 2_000))
    it.send(keeper, liquidation.nominate(account(POOR), AVAX, account(SHORT)))
    it.wait(35)
    it.auction(27.0)
    it.send(keeper, liquidation.deleverage(account(POOR), AVAX))
    it.auction(27.0)
    for dollars in (26.4, 25.8):
        it.auction(dollars)
    it.send(keeper, liquidation.liquidate(account(DEEP), AVAX))
    it.place(BIDDER, is_ask=False, lots=4_000, dollars=25.8)
    it.auction(25.8)
    it.send(keeper, liquidation.collect(account(DEEP), AVAX))
