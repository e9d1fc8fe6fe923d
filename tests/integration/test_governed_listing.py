"""A vote lists a market, and it trades: the exchange as it is deployed, on a real chain.

Nobody but the timelock owns anything there, so the only way to a fifth market is a proposal: its oracle, its
book, its quotes, how it is liquidated and insured, in one batch of calls. Publishers speak of the market
before it is there, as a listing asks for a price.
"""

from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any, Final

import ape
import pytest
from eth_account import Account
from ethpm_types import ContractType

from tests.support.deploying import local_params
from walras.deploy.chain import RpcChain, Signed, Transaction
from walras.deploy.govern import Act, operation
from walras.deploy.run import deploy
from walras.devtools.compiler import compile_contract
from walras.devtools.wiring import PARTS
from walras.model.book import NewOrder
from walras.reports import pack, sign_report

ONE: Final = 10**18
USDC: Final = 10**6
NUMBER: Final = 9
"""Of the new market: as LINK, under another number."""
FOR: Final = 1
ACTIVE, SUCCEEDED, QUEUED, EXECUTED = 1, 4, 5, 7


def signer(key: str, chain_id: int) -> Callable[[Transaction], Signed]:
    """By a private key."""

    def sign(transaction: Transaction) -> Signed:
        words: dict[str, Any] = {
            "chainId": chain_id, "nonce": transaction.nonce, "data": transaction.data, "gas": transaction.gas,
            "maxFeePerGas": transaction.max_fee, "maxPriorityFeePerGas": transaction.priority_fee, "value": 0,
            "type": 2,
        }  # fmt: skip
        if transaction.to:
            words["to"] = transaction.to
        made = Account.from_key(key).sign_transaction(words)
        return Signed("0x" + bytes(made.hash).hex(), bytes(made.raw_transaction))

    return sign


class Governed:
    """The deployed exchange, and who holds the votes."""

    def __init__(self, accounts: Any, chain: Any, folder: Path) -> None:
        self.chain, self.params = chain, local_params()
        web3 = chain.provider.web3
        deployer = accounts[0]
        rpc = RpcChain(web3, deployer.address, signer(deployer.private_key, chain.chain_id))
        self.said: list[str] = []
        self.record = deploy(self.params, rpc, folder / "journal", None, self.said.append)
        self.holder = next(one for one in accounts if one.address == self.params.governance.holder)
        self.deployer, self.keeper, self.traders = deployer, accounts[4], (accounts[5], accounts[6])
        self.token = self.at("Token", "PlainToken")
        self.votes, self.governor = self.at("GovernanceToken"), self.at("Governor")
        self.timelock, self.router = self.at("Timelock"), self.at("OracleRouter")
        self.reports = self.at("SignedReports.own", "SignedReports")
        self.engine = self.at("PerpEngine", *PARTS)
        self.link = self.params.markets["LINK"]

    def at(self, name: str, *contracts: str) -> Any:
        """A contract of the record, with the calls of all that answer there."""
        abi: dict[str, Any] = {}
        for contract in contracts or (name,):
            for entry in compile_contract(contract).abi:
                if "name" in entry:
                    abi.setdefault(f"{entry['type']} {entry['name']}", entry)
        kind = ContractType(contractName=name, abi=list(abi.values()))
        return ape.Contract(self.record.contracts[name].address, contract_type=kind)

    @property
    def now(self) -> int:
        """Of the last block."""
        return int(self.chain.blocks.head.timestamp)

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.chain.mine(timestamp=self.now + seconds)

    def payload(self, price: int) -> bytes:
        """What a quorum of the publishers say of the new market."""
        local = self.params.oracle.signed_reports["own"]
        signed = [
            sign_report(key, self.chain.chain_id, self.reports.address, NUMBER, price, 0, self.now)
            for key in local.keys[: local.quorum]
        ]
        return pack(self.chain.chain_id, signed)

    def auction(self, price: int) -> None:
        """The keeper brings reports, and runs the auction of the batch that is open."""
        self.wait(max(1, int(self.engine.mark(NUMBER).due) + 1 - self.now))
        self.engine.update_and_run(NUMBER, [self.payload(price)], sender=self.keeper)

    def listing(self) -> list[tuple[Any, bytes]]:
        """Calls of the proposal."""
        link, vault, fund = self.link, self.at("Vault"), self.at("InsuranceFund")
        sources = [(self.reports.address, *source.words()) for source in link.oracle.sources]
        return [
            (self.router, self.router.configure.encode_input(NUMBER, link.oracle.words(), sources)),
            (
                self.engine,
                self.engine.list_market.encode_input(
                    NUMBER,
                    self.record.contracts["OrderbookBlueprint"].address,
                    self.record.contracts["OrderbookViews"].address,
                    int(link.lot_size * ONE),
                    int(link.tick_size * ONE),
                    link.interval_s,
                    link.min_lots,
                    link.settings.words(),
                ),
            ),
            (
                vault,
                vault.configure.encode_input(NUMBER, (0, *link.quotes.words()[1:])),
            ),  # others have it all
            (
                self.at("LiquidationEngine"),
                self.at("LiquidationEngine").configure.encode_input(NUMBER, link.liquidation.words()),
            ),
            (fund, fund.set_draw_cap.encode_input(NUMBER, self.params.amount(link.draw_cap))),
        ]


@pytest.fixture(scope="module")
def governed(accounts: Any, chain: Any, tmp_path_factory: pytest.TempPathFactory) -> Governed:
    """Deployed once."""
    return Governed(accounts, chain, tmp_path_factory.mktemp("governed"))


def test_a_vote_lists_a_market_and_it_trades(governed: Governed) -> None:
    it, holder = governed, governed.holder
    price = 20 * ONE
    calls = it.listing()
    with ape.reverts("ownable: caller is not the owner"):  # the deployer may nothing any more
        it.engine.set_vault(it.deployer, sender=it.deployer)
    it.votes.invoke_transaction(
        "delegate", holder, sender=holder
    )  # an ape contract has a `delegate` of its own
    it.wait(1)
    words = [one.address for one, _ in calls], [0] * len(calls), [data for _, data in calls]
    description = "List another LINK"
    it.governor.propose(*words, description, sender=holder)
    digest = bytes(it.chain.provider.web3.keccak(text=description))
    number = it.governor.hashProposal(*words, digest)
    it.wait(it.governor.votingDelay() + 1)
    assert it.governor.state(number) == ACTIVE
    it.governor.castVote(number, FOR, sender=holder)
    it.wait(it.governor.votingPeriod() + 1)
    assert it.governor.state(number) == SUCCEEDED
    it.governor.queue(*words, digest, sender=it.keeper)
    acts = [Act("", one.address, data) for one, data in calls]
    assert it.timelock.is_operation_pending(operation(it.record, acts, description).id)
    assert it.governor.state(number) == QUEUED
    with ape.reverts():  # a second too early, or so
        it.governor.execute(*words, digest, sender=it.keeper)
    it.wait(it.timelock.get_minimum_delay())
    it.reports.update(NUMBER, it.payload(price), sender=it.keeper)
    it.governor.execute(*words, digest, sender=it.keeper)
    assert it.governor.state(number) == EXECUTED

    # two who met nobody before trade 100 lots there, and all the money is theirs or the fees'
    amount, lots = 10_000 * USDC, 100
    unit, tick = int(it.engine.market(NUMBER).unit), int(price // int(it.link.tick_size * ONE))
    for one in it.traders:
        it.token.mint(one, amount, sender=one)
        it.token.approve(it.engine, amount, sender=one)
        it.engine.deposit(account(one), amount, sender=one)
    maker, taker = it.traders
    it.auction(price)
    it.engine.place(
        account(maker), NUMBER, astuple(NewOrder(is_ask=True, tick=tick, lots=lots)), sender=maker
    )
    it.engine.place(
        account(taker), NUMBER, astuple(NewOrder(is_ask=False, tick=tick, lots=lots)), sender=taker
    )
    it.auction(price)
    for one, held in ((maker, -lots), (taker, lots)):
        it.engine.sync(account(one), sender=it.keeper)
        position = it.engine.position(account(one), NUMBER)
        assert (position.lots, position.cash) == (held, -held * tick * unit)
    paid = sum(amount - it.engine.collateral(account(one)) for one in it.traders)
    fees = account(it.at("FeeDistributor"))
    kept = sum(it.engine.collateral(one) for one in (fees, fees | 1, account(it.keeper)))
    assert (
        0 <= paid - kept < 2 < kept
    )  # what each owes of funding is rounded up to a unit: dust of the exchange
    assert it.token.balanceOf(it.engine) == it.engine.tracked() == 2 * amount


def account(owner: Any) -> int:
    """Its first account in the engine."""
    return int(owner.address, 16) << 8
