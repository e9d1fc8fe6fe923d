"""Scenarios of the oracle: every source is the real contract of its maker, set up as it would be on chain.

A read is a transaction to `price` of the router, less what any transaction pays (21,000 and calldata):
what is left is what a contract pays that asks it in a transaction that has touched nothing of it before.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from eth_account import Account

from benchmarks.chain import GAS_LIMIT, Chain, Ledger, encode_call, expect
from tests.support.chainlink import Flux, Sequencer
from tests.support.oracle import MARKET, NOBODY, price_of
from tests.support.pyth import PythFeed
from tests.support.uniswap import UniswapPool
from walras.devtools.compiler import Artifact, compile_contract
from walras.devtools.evm import DEPLOYER, Contract, Evm
from walras.model.actions import Status
from walras.model.oracle import Settings, Source
from walras.reports import pack, sign_report

CHAIN_ID: Final = 31_337
START: Final = 2_000_000_000  # later than any clock of the machine
WINDOW: Final = 1_800
POOL_OBSERVATIONS: Final = 400
POOL_EVERY: Final = 15  # seconds between two trades of the pool
PUBLISHERS: Final = [Account.from_key(bytes([number]) * 32) for number in range(1, 6)]
USD: Final = 10**18


class AnvilEvm(Evm):
    """The chain that the tests' helpers take, on anvil: a call is a transaction, a second after the last."""

    def __init__(self, chain: Chain) -> None:  # there is no EVM in this process to set up
        self.chain = chain
        self._time = START
        self.receipt: dict[str, Any] = {}
        chain.rpc("anvil_autoImpersonateAccount", True)
        chain.deployer = DEPLOYER  # who owns what the helpers deploy
        self.fund(DEPLOYER)

    @property
    def time(self) -> int:
        """Of the next block."""
        return self._time

    @time.setter
    def time(self, value: int) -> None:
        self._time = value

    def deploy(self, artifact: Artifact, *args: Any, foreign: bool = False) -> Contract:
        """As in the base."""
        self._tick()
        return Contract(self, self.chain.deploy(artifact, *args), artifact.abi, foreign)

    def create(self, code: bytes) -> str:
        """As in the base."""
        self._tick()
        return str(self.chain.send(DEPLOYER, None, code)["contractAddress"])

    def call(
        self,
        sender: str,
        to: str,
        data: bytes,
        static: bool = False,
        value: int = 0,
        foreign: bool = False,
        gas: int = GAS_LIMIT,
    ) -> bytes:
        """As in the base; `receipt` is kept."""
        answer = self.chain.ask(sender, to, data, value, self._time)
        if not static:
            self.send(sender, to, data, value)
        return answer

    def send(self, sender: str, to: str, data: bytes, value: int = 0) -> dict[str, Any]:
        """A transaction."""
        self.fund(sender)
        self._tick()
        self.receipt = self.chain.send(sender, to, data, value)
        return self.receipt

    def fund(self, at: str) -> None:
        """As in the base."""
        self.chain.rpc("anvil_setBalance", at, hex(10**30))

    def _tick(self) -> None:
        self.chain.rpc("evm_setNextBlockTimestamp", hex(self._time))
        self._time += 1


class Oracle:
    """A router, and sources for its market that agree on 2,000 dollars."""

    def __init__(self, chain: Chain, sequencer: bool = False) -> None:
        self.evm = evm = AnvilEvm(chain)
        self.owner = chain.deployer
        feed = Sequencer(evm).address if sequencer else NOBODY
        self.router = evm.deploy(compile_contract("OracleRouter"), self.owner, NOBODY, feed, 600)
        self.flux = Flux(evm, oracles=3)
        source = compile_contract("ChainlinkSource")
        self.chainlink = evm.deploy(source, self.flux.aggregator.address, 50)
        self.proxied = evm.deploy(source, self.flux.address, 50)
        self.pyth_feed = PythFeed(evm)
        self.pyth = evm.deploy(compile_contract("PythSource"), self.pyth_feed.address, self.pyth_feed.id)
        keys = [account.address for account in PUBLISHERS]
        self.reports = evm.deploy(compile_contract("SignedReports"), self.owner, keys, 3, 60)
        self.second_flux = Flux(evm, oracles=3)
        self.second_chainlink = evm.deploy(source, self.second_flux.aggregator.address, 50)

    def pool(self) -> Contract:
        """A TWAP over half an hour on a pool that trades every 15 seconds."""
        pool = UniswapPool(self.evm, (18, 18), tick=76_012, cardinality=POOL_OBSERVATIONS, liquidity=10**24)
        for _ in range(WINDOW // POOL_EVERY + 5):
            pool.advance(POOL_EVERY)
            pool.swap(True, 10**15)
            pool.move_to(76_012)
        source = compile_contract("UniswapV3Source")
        return self.evm.deploy(source, pool.address, pool.token0.address, WINDOW, 10**20)

    def use(self, *sources: Contract) -> None:
        """List these sources."""
        listed = [Source(source.address, 1, 7_200, 100, 300_000) for source in sources]
        settings = Settings(len(sources) // 2 + 1, 200, 200, 100, 15)
        self.router.configure(MARKET, settings, listed, sender=self.owner)

    def publish(self, cents: int = 0) -> None:
        """Every feed publishes 2,000 dollars and some cents."""
        answer = 2_000 * 10**8 + cents * 10**6
        self.flux.submit(answer)
        self.second_flux.submit(answer)
        self.pyth_feed.update(answer, 10**7)
        self.reports.update(MARKET, self.payload(cents))

    def payload(self, cents: int = 0) -> bytes:
        """Three of the five publishers report."""
        at, price = self.evm.time - 1, 2_000 * USD + cents * USD // 100
        signed = [
            sign_report(account.key, CHAIN_ID, self.reports.address, MARKET, price, USD, at)
            for account in PUBLISHERS[:3]
        ]
        return pack(CHAIN_ID, signed)

    def read(self, ledger: Ledger, name: str) -> None:
        """Measure a read that finds the price LIVE."""
        expect(price_of(self.router.price(MARKET)).status == Status.LIVE, f"{name}: the price is LIVE")
        data = encode_call(compile_contract("OracleRouter"), "price", (MARKET,))
        ledger.note_call(name, self.evm.send(self.owner, self.router.address, data))


def reads(ledger: Ledger, chain: Chain) -> None:
    """A price out of one, three and five sources; each kind of source alone."""
    oracle = Oracle(chain)
    pool = oracle.pool()
    oracle.publish()
    alone = {"proxied": oracle.proxied, "pyth": oracle.pyth, "reports": oracle.reports, "uniswap": pool}
    groups: dict[str, Sequence[Contract]] = {
        "1_source": [oracle.chainlink],
        "3_sources": [oracle.chainlink, oracle.pyth, oracle.reports],
        "3_sources_proxied": [oracle.proxied, oracle.pyth, oracle.reports],
        "5_sources": [oracle.chainlink, oracle.pyth, oracle.reports, pool, oracle.second_chainlink],
        **{f"1_source_{name}": [source] for name, source in alone.items()},
    }
    for name, sources in groups.items():
        oracle.use(*sources)
        oracle.read(ledger, f"oracle.read.{name}")


def reads_on_a_rollup(ledger: Ledger, chain: Chain) -> None:
    """The same where the chain has a sequencer."""
    oracle = Oracle(chain, sequencer=True)
    oracle.evm.time += 3_600
    oracle.publish()
    oracle.use(oracle.chainlink, oracle.pyth, oracle.reports)
    oracle.read(ledger, "oracle.read.3_sources_rollup")


def records(ledger: Ledger, chain: Chain) -> None:
    """Reports brought, prices recorded."""
    oracle = Oracle(chain)
    oracle.use(oracle.chainlink, oracle.pyth, oracle.reports)
    oracle.publish()
    oracle.router.record(MARKET)
    ledger.note("oracle.record.fresh_slot", recorded(oracle, 20))
    ledger.note("oracle.record.between_observations", recorded(oracle, 3))
    oracle.evm.time += 5
    oracle.reports.update(MARKET, oracle.payload(1))
    ledger.note("oracle.report.3_of_5", oracle.evm.receipt)
    oracle.evm.time += 5
    oracle.router.update(MARKET, [b"", b"", oracle.payload(2)])
    expect(oracle.router.last(MARKET)[2] == oracle.evm.time - 1, "the update recorded a price")
    ledger.note("oracle.update.3_of_5", oracle.evm.receipt)


def recorded(oracle: Oracle, seconds: int) -> dict[str, Any]:
    """A record of a new price after some seconds; its receipt."""
    oracle.evm.time += seconds
    oracle.publish(3)
    oracle.router.record(MARKET)
    return oracle.evm.receipt


def averages(ledger: Ledger, chain: Chain) -> None:
    """An average over 1,000 observations, found by bisection in a ring that has wrapped."""
    oracle = Oracle(chain)
    oracle.use(oracle.chainlink)
    oracle.flux.submit(2_000 * 10**8)
    for _ in range(1_030):
        oracle.evm.time += 15
        if oracle.evm.time % 6_000 < 20:
            oracle.flux.submit(2_000 * 10**8)
        oracle.router.record(MARKET)
    ledger.note("oracle.record.steady", oracle.evm.receipt)
    data = encode_call(compile_contract("OracleRouter"), "twap", (MARKET, 15_000))
    ledger.note_call(
        "oracle.twap.1000_observations", oracle.evm.send(oracle.owner, oracle.router.address, data)
    )


SCENARIOS: Final[list[Callable[[Ledger, Chain], None]]] = [reads, reads_on_a_rollup, records, averages]

WHAT: Final = {
    "oracle.read.1_source": ("", "price out of a Chainlink aggregator alone"),
    "oracle.read.3_sources": ("60,000", "and of Pyth, and of signed reports"),
    "oracle.read.3_sources_proxied": ("", "the three, the aggregator behind Chainlink's own proxy"),
    "oracle.read.5_sources": ("", "and of a Uniswap v3 TWAP, and of a second aggregator"),
    "oracle.read.3_sources_rollup": ("", "the three where the sequencer's uptime feed is asked first"),
    "oracle.read.1_source_proxied": ("", "price out of an aggregator behind Chainlink's proxy alone"),
    "oracle.read.1_source_pyth": ("", "price out of Pyth alone"),
    "oracle.read.1_source_reports": ("", "price out of signed reports alone"),
    "oracle.read.1_source_uniswap": ("", "price out of a Uniswap v3 TWAP over half an hour alone"),
    "oracle.report.3_of_5": ("", "three of five publishers' reports, to SignedReports itself"),
    "oracle.update.3_of_5": ("", "the same through the router, which then asks three sources and records"),
    "oracle.record.between_observations": ("", "a price of three sources recorded, no observation due"),
    "oracle.record.fresh_slot": ("", "the same, and an observation in a slot never used"),
    "oracle.record.steady": ("", "a price of one source recorded, the observation's slot used before"),
    "oracle.twap.1000_observations": ("", "average over the last 1,000 of 1,024 observations"),
}
"""What each figure is, and its bound where one is set."""
