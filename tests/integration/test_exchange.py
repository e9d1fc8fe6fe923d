"""A day of the whole exchange on a real chain through Ape.

Every contract that trades, prices or holds money is the real one; only the token is a plain one of the tests.
Prices are reports that publishers signed, brought along by whoever runs the auction. Four traders, two
markets, a vault that fills what they leave over, liquidity providers who come and go, fees that are split. At
the end everybody leaves, and all the money is accounted for to the unit.
"""

from dataclasses import astuple
from fractions import Fraction
from math import ceil
from typing import Any, Final

import ape
import pytest
from ethpm_types import ContractType

from tests.support.ape_contracts import container
from tests.support.engine import SETTINGS
from tests.support.reports import key, publisher
from walras.devtools.compiler import compile_contract
from walras.devtools.wiring import PARTS, deploy_engine
from walras.model.book import NewOrder
from walras.reports import pack, sign_report

ONE: Final = 10**18
USDC: Final = 10**6
NOBODY: Final = "0x" + 40 * "0"
HOUR: Final = 3_600
DAY: Final = 24 * HOUR
INTERVAL: Final = 60
ETH, BTC = 0, 1
PAR: Final = {ETH: 20_000, BTC: 60_000}
"""Ticks of the first prices: 2,000 in ticks of 0.1, 60,000 in ticks of 1."""
TICK: Final = {ETH: ONE // 10, BTC: ONE}
LOT: Final = {ETH: ONE // 1_000, BTC: ONE // 10_000}
UNIT: Final = {ETH: 100, BTC: 100}


class Exchange:
    """All contracts, deployed and wired by one owner."""

    def __init__(self, accounts: Any, chain: Any) -> None:
        self.chain = chain
        self.owner, self.keeper = accounts[0], accounts[1]
        self.token = self.deploy("PlainToken", 6)
        self.router = self.deploy("OracleRouter", self.owner, NOBODY, NOBODY, 0)
        listed = [publisher(number) for number in range(3)]
        self.reports = self.deploy("SignedReports", self.owner, listed, 2, 60)
        engine = deploy_engine(self.deploy, self.owner, self.token, self.router)
        abi: dict[str, Any] = {}
        for name in (*PARTS, "EngineAuctions"):
            for entry in compile_contract(name).abi:
                if "name" in entry and (name in PARTS or entry["type"] == "event"):
                    abi.setdefault(f"{entry['type']} {entry['name']}", entry)
        self.engine = ape.Contract(
            engine.address, contract_type=ContractType(contractName="PerpEngine", abi=list(abi.values()))
        )
        self.fund = self.deploy("InsuranceFund", self.owner, self.token)
        self.vault = self.deploy("Vault", self.owner, self.engine, "Walras Vault", "wlVAULT")
        shares = (5_000, 2_500, 1_500, 1_000, [])
        penalties = (2_000, 6_000, 1_000, 1_000, [])
        split = (self.vault.address, accounts[9].address, [], shares, penalties, 0)
        self.fees = self.deploy("FeeDistributor", self.owner, self.engine, self.fund, split)
        self.treasury = accounts[9]
        self.engine.set_fee_receiver(self.fees, sender=self.owner)
        self.engine.set_vault(self.vault, sender=self.owner)
        blueprint = self.owner.declare(container("OrderbookV2"))
        book_views = self.deploy("OrderbookViews")
        policy, source = (1, 100, 200, 4_000, 1), (self.reports.address, 1, 120, 100, 200_000)
        self.price = {ETH: 2_000 * ONE, BTC: 60_000 * ONE}
        settings = list(astuple(SETTINGS))
        for market in (ETH, BTC):
            self.router.configure(market, policy, [source], sender=self.owner)
            self.router.update(market, [self.payload(market)], sender=self.keeper)
            self.engine.list_market(
                market,
                blueprint.contract_address,
                book_views,
                LOT[market],
                TICK[market],
                INTERVAL,
                1,
                tuple(settings),
                sender=self.owner,
            )
            self.vault.configure(market, (5_000, 20_000, 1_000, 500, 5_000), sender=self.owner)
        self.vault.set_deposit_cap(10**6 * USDC, sender=self.owner)
        self.vault.set_cooldown(DAY, sender=self.owner)

    def deploy(self, name: str, *args: Any) -> Any:
        """A contract of the project, by the owner."""
        return self.owner.deploy(container(name), *args)

    @property
    def now(self) -> int:
        """Of the last block."""
        return int(self.chain.blocks.head.timestamp)

    def payload(self, market: int) -> bytes:
        """What two publishers say now."""
        signed = [
            sign_report(
                key(number),
                self.chain.chain_id,
                self.reports.address,
                market,
                self.price[market],
                0,
                self.now,
            )
            for number in (0, 2)
        ]
        return pack(self.chain.chain_id, signed)

    def wait(self, until: int) -> None:
        """Let time pass."""
        if until > self.now:
            self.chain.mine(timestamp=until)

    def auction(self, market: int) -> Any:
        """The keeper brings the newest reports, and runs the auction whose batch is over."""
        self.wait(int(self.engine.mark(market).due) + 1)
        return self.engine.update_and_run(market, [self.payload(market)], sender=self.keeper)

    def place(self, trader: Any, market: int, is_ask: bool, tick: int, lots: int, **flags: Any) -> None:
        """An order of account 0 of a trader; a due auction is run before."""
        if self.now + 2 >= self.engine.mark(market).due:
            self.auction(market)
        order = NewOrder(is_ask=is_ask, tick=tick, lots=lots, **flags)
        self.engine.place(self.account(trader), market, astuple(order), sender=trader)

    @staticmethod
    def account(owner: Any, sub: int = 0) -> int:
        """Account of an address."""
        return int(owner.address, 16) << 8 | sub

    def fund_trader(self, trader: Any, amount: int) -> None:
        """Tokens, deposited."""
        self.token.mint(trader, amount, sender=self.owner)
        self.token.approve(self.engine, 2**256 - 1, sender=trader)
        self.engine.deposit(self.account(trader), amount, sender=trader)

    def owed(self, accounts: list[int], market: int) -> tuple[list[Fraction], int]:
        """Funding that accounts owe in the last block, and its index; the views say the same, rounded up."""
        at = self.chain.blocks.head.number
        index = self.engine.funding_of(market, block_id=at).index
        found = []
        for account in accounts:
            position = self.engine.position(account, market, block_id=at)
            exact = Fraction(position.lots * index - position.basis, 2 ** self.engine.market(market).scale)
            assert self.engine.valuation(account, market, block_id=at).funding == ceil(exact)
            found.append(exact)
        return found, index

    def everybody(self, traders: list[Any]) -> list[int]:
        """All accounts that can have anything."""
        special = [self.account(self.fees, sub) for sub in (0, 1, 2)]
        return [self.account(one) for one in (*traders, self.keeper, self.vault)] + special


@pytest.fixture(scope="module")
def exchange(accounts: Any, chain: Any) -> Exchange:
    """The exchange, with nobody in it."""
    return Exchange(accounts, chain)


def reconciled(exchange: Exchange, traders: list[Any]) -> Fraction:
    """Check that lots sum to nothing; the dust: the money there is less the money that somebody has."""
    engine, accounts = exchange.engine, exchange.everybody(traders)
    for account in accounts:
        engine.sync(account, sender=exchange.keeper)
    worth = Fraction(0)
    for account in accounts:
        worth += engine.collateral(account)
        for market in engine.markets_of(account):
            position = engine.position(account, market)
            worth += position.cash + Fraction(position.basis, 2 ** engine.market(market).scale)
    for market in (ETH, BTC):
        assert sum(engine.position(account, market).lots for account in accounts) == 0
    held = exchange.token.balanceOf(engine)
    assert held == engine.tracked()
    return held - worth


def test_a_day(exchange: Exchange, accounts: Any) -> None:
    """From the first deposit to the last exit."""
    engine, vault, token, keeper = exchange.engine, exchange.vault, exchange.token, exchange.keeper
    maker, taker, whale, small = traders = [accounts[number] for number in (2, 3, 4, 5)]
    early, late = accounts[6], accounts[7]
    supply = 0
    for trader, amount in ((maker, 200_000), (taker, 50_000), (whale, 100_000), (small, 1_000)):
        exchange.fund_trader(trader, amount * USDC)
        supply += amount * USDC
    for provider, amount in ((early, 100_000), (late, 50_000)):
        token.mint(provider, amount * USDC, sender=exchange.owner)
        token.approve(vault, 2**256 - 1, sender=provider)
        supply += amount * USDC
    vault.deposit(100_000 * USDC, early, sender=early)
    assert engine.collateral(exchange.account(vault)) == 100_000 * USDC

    # two traders meet, in both markets
    for market, lots in ((ETH, 5_000), (BTC, 1_000)):
        exchange.place(maker, market, True, PAR[market] + 2, lots, post_only=True)
        exchange.place(maker, market, False, PAR[market] - 2, lots, post_only=True)
        exchange.place(taker, market, False, PAR[market] + 2, lots // 2)
        exchange.auction(market)
        engine.sync(exchange.account(taker), sender=keeper)
        assert engine.position(exchange.account(taker), market).lots == lots // 2
    assert reconciled(exchange, traders) >= 0

    # an imbalance: the whale wants more than the makers offer, the vault sells him the rest at its quote
    exchange.place(whale, ETH, False, PAR[ETH] + 100, 10_000, batch_only=True)
    exchange.auction(ETH)
    engine.sync(exchange.account(whale), sender=keeper)
    bought = engine.position(exchange.account(whale), ETH).lots
    sold = -engine.position(exchange.account(vault), ETH).lots
    assert bought > 2_500
    assert sold == bought - 2_500  # what the maker had left, and the vault the rest
    question_limit = 100_000 * USDC * 5_000 // 10_000 * 2  # half its capital, twice
    assert sold * PAR[ETH] * UNIT[ETH] <= question_limit
    assert engine.market(ETH).scale == 41

    # a day of funding: the price is above, so longs pay
    holders = [exchange.account(one) for one in (maker, taker, whale, vault)]
    assert reconciled(exchange, traders) >= 0
    owed_before, index_before = exchange.owed(holders, ETH)
    exchange.price[ETH] = 2_010 * ONE
    begun = exchange.now
    for hour in range(1, 25):
        exchange.wait(begun + hour * HOUR)
        for market in (ETH, BTC):
            exchange.auction(market)
    owed, index = exchange.owed(holders, ETH)
    assert index > index_before
    grown = [Fraction(engine.position(one, ETH).lots * (index - index_before), 2**41) for one in holders]
    assert [late - soon for late, soon in zip(owed, owed_before, strict=True)] == grown
    assert sum(grown) == 0
    assert grown[2] > USDC  # the whale is long
    assert reconciled(exchange, traders) >= 0

    # another provider comes, the first asks to leave
    vault.deposit(50_000 * USDC, late, sender=late)
    shares = vault.balanceOf(early)
    vault.requestRedeem(shares, early, early, sender=early)
    with ape.reverts():
        vault.redeem(shares, early, early, sender=early)

    # everybody closes: the whale and the taker sell to the maker, who has the other side, and to the vault
    for _ in range(4):
        for market in (ETH, BTC):
            exchange.auction(market)
            engine.cancel_all(exchange.account(maker), market, sender=maker)
            for trader in (maker, taker, whale):
                account = exchange.account(trader)
                lots = engine.position(account, market).lots
                if lots:
                    low_high = PAR[market] + (300 if lots < 0 else -200)
                    exchange.place(trader, market, lots > 0, low_high, abs(lots), reduce_only=True)
            exchange.auction(market)
            for trader in (maker, taker, whale):
                engine.sync(exchange.account(trader), sender=keeper)
    accounts_left = [exchange.account(one) for one in (maker, taker, whale, vault)]
    assert all(not engine.markets_of(account) for account in accounts_left)

    # fees go to whom they belong
    collected = engine.collateral(exchange.account(exchange.fees))
    assert collected > 0
    exchange.fees.distribute(sender=keeper)
    exchange.fees.deliver(vault, sender=keeper)
    exchange.fees.deliver(exchange.fund, sender=keeper)
    exchange.fees.claim(exchange.treasury, sender=exchange.treasury)
    treasury = token.balanceOf(exchange.treasury)
    assert treasury == collected * 1_500 // 10_000

    # exits
    exchange.wait(exchange.now + DAY + 1)
    for market in (ETH, BTC):
        exchange.auction(market)
    vault.redeem(shares, early, early, sender=early)
    rest = vault.balanceOf(late)
    vault.requestRedeem(rest, late, late, sender=late)
    exchange.wait(exchange.now + DAY + 1)
    for market in (ETH, BTC):
        exchange.auction(market)
    vault.redeem(rest, late, late, sender=late)
    assert vault.totalSupply() == 0
    for trader in (*traders, keeper):
        account = exchange.account(trader)
        engine.withdraw(account, engine.collateral(account), trader, sender=trader)
        assert engine.collateral(account) == 0
    dust = reconciled(exchange, traders)
    assert 0 <= dust < 100

    # every token is somewhere; what is left in the engine is the runners' pot, the vault's remainder, dust
    holders = [
        *traders,
        keeper,
        early,
        late,
        exchange.treasury,
        exchange.fund,
        exchange.fees,
        exchange.engine,
    ]
    assert sum(token.balanceOf(holder) for holder in holders) == supply
    left = sum(engine.collateral(account) for account in exchange.everybody(traders))
    assert token.balanceOf(engine) == left + dust
    assert token.balanceOf(vault) == 0
