"""Scenarios of the clearing house, the vault and the insurance fund: whole transactions of their users.

Auctions read a router with three real sources, as in benchmarks/oracle.py; elsewhere no transaction that is
measured asks a price, and each market has one scripted source. Nobody quotes but in the vault's own scenario.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from benchmarks.book import MID, SPREAD
from benchmarks.chain import Chain, Ledger, expect
from benchmarks.oracle import AnvilEvm, Oracle
from tests.support.engine import LOT, SETTINGS, USDC
from tests.support.oracle import MARKET, NOBODY
from walras.devtools.compiler import compile_contract
from walras.devtools.evm import Contract, address
from walras.devtools.wiring import PARTS, deploy_engine
from walras.model.book import MAX_ORDER, NewOrder
from walras.model.oracle import Settings, Source
from walras.model.vault import QuoteSettings

PRICE: Final = 2_000 * 10**18
TICK: Final = 2 * 10**16  # MID ticks are the price
INTERVAL: Final = 3_600  # more seconds than a scenario sends transactions between two auctions
RULES: Final = replace(SETTINGS, max_mark_age=3_600, tip=USDC // 10)
RICH: Final = 10**7 * USDC
LOTS: Final = 1_000  # of a position: 2,000 dollars, on which every second costs funding
OBSERVATIONS: Final = 1_030  # more than the router's ring has
DAY: Final = 86_400

RUNNER: Final = 0x5E
TREASURY: Final = 0xFEE
ONE_MARKET: Final = 0x11
EIGHT_MARKETS: Final = 0x12
ORDERS_IN_EIGHT: Final = 0x13
MAKER: Final = 0x14
TAKER: Final = 0x15
CROWD: Final = 0x100


def bid(tick: int, lots: int, batch_only: bool = False) -> NewOrder:
    """A bid without label or expiry."""
    return NewOrder(is_ask=False, tick=tick, lots=lots, batch_only=batch_only)


def ask(tick: int, lots: int, batch_only: bool = False) -> NewOrder:
    """An ask without label or expiry."""
    return NewOrder(is_ask=True, tick=tick, lots=lots, batch_only=batch_only)


def account_of(number: int, sub: int = 0) -> int:
    """An account of a numbered trader."""
    return int(address(number), 16) << 8 | sub


def owner_of(account: int) -> str:
    """Whose it is."""
    return "0x" + (account >> 8).to_bytes(20).hex()


class Exchange:
    """The exchange on a chain, its pot for tips filled, its fee account in funds to pay rebates."""

    def __init__(self, chain: Chain, oracle: Oracle | None = None) -> None:
        self.evm = AnvilEvm(chain) if oracle is None else oracle.evm
        self.owner = chain.deployer
        self.token = self._deploy("PlainToken", 6)
        self.router = (
            self._deploy("OracleRouter", self.owner, NOBODY, NOBODY, 0) if oracle is None else oracle.router
        )
        self.engine = deploy_engine(self._deploy, self.owner, self.token, self.router)
        for name in PARTS[1:]:
            self.engine.with_abi(compile_contract(name).abi)
        self.engine.with_events(compile_contract("EngineAuctions").abi)
        self.blueprint = self.evm.create(compile_contract("OrderbookV2").blueprint)
        self.book_views = self._deploy("OrderbookViews")
        self.sources: dict[int, Contract] = {}
        self.tokens_for(self.owner)
        self.engine.set_fee_receiver(address(TREASURY))
        for account in (account_of(TREASURY), account_of(TREASURY, 1), account_of(RUNNER)):
            self.credit(account)

    def _deploy(self, name: str, *args: Any) -> Contract:
        addresses = (one.address if isinstance(one, Contract) else one for one in args)
        return self.evm.deploy(compile_contract(name), *addresses)

    # ------------------------------------------------------------ the world

    def tokens_for(self, holder: str) -> None:
        """More than anybody needs, approved for the engine."""
        self.token.mint(holder, 10**6 * RICH)
        self.token.approve(self.engine.address, 2**256 - 1, sender=holder)

    def credit(self, account: int) -> None:
        """Collateral, out of the owner's tokens."""
        self.send(self.owner, "deposit", account, RICH)

    def traders(self, *numbers: int) -> list[int]:
        """Accounts with collateral."""
        accounts = [account_of(number) for number in numbers]
        for account in accounts:
            self.credit(account)
        return accounts

    def list_scripted(self, market: int) -> None:
        """Open a market with one scripted source."""
        source = self.sources[market] = self._deploy("ScriptedSource")
        source.set(PRICE, 0, self.evm.time)
        listed = (Source(source.address, 1, 7_200, 50, 100_000),)
        self.router.configure(market, Settings(1, 100, 200, 4_000, 15), listed)
        self.open_market(market)

    def open_market(self, market: int) -> None:
        """Open a market that the router knows."""
        self.engine.list_market(
            market, self.blueprint, self.book_views.address, LOT, TICK, INTERVAL, 1, RULES
        )

    # ------------------------------------------------------------ actions

    def send(self, sender: str, name: str, *args: Any) -> dict[str, Any]:
        """A transaction to the engine, without asking first what it would answer; its receipt."""
        return self.evm.send(sender, self.engine.address, self.engine.encode(name, *args))

    def place(self, account: int, order: NewOrder, market: int = 0) -> int:
        """Place one order; its id."""
        return int(self.engine.place(account, market, order, sender=owner_of(account)))

    def place_many(self, account: int, orders: list[NewOrder], market: int = 0) -> dict[str, Any]:
        """Place up to 32 orders."""
        return self.send(owner_of(account), "cancel_replace", account, market, [], orders, True)

    def cancel(self, account: int, order_id: int, market: int = 0) -> dict[str, Any]:
        """Cancel an order."""
        return self.send(owner_of(account), "cancel", account, market, order_id, MAX_ORDER)

    def wait(self, market: int = 0) -> None:
        """Until the batch is over."""
        self.evm.time = max(self.evm.time, self.engine.mark(market)[6])

    def auction(self, market: int = 0) -> tuple[Any, dict[str, Any]]:
        """Run an auction that is due; what it did, and its receipt."""
        if market in self.sources:
            self.sources[market].set(PRICE, 0, self.evm.time)
        cleared = self.engine.run_auction(market, sender=address(RUNNER))
        return cleared, self.evm.receipt

    def close(self, market: int = 0) -> None:
        """Wait for an auction, and see it trade."""
        self.wait(market)
        expect(self.auction(market)[0][0], f"the auction of market {market} trades")

    def lots(self, account: int, market: int = 0) -> int:
        """Of a position."""
        return int(self.engine.position(account, market)[0])

    def hand_over(self, buyer: int, seller: int, market: int = 0) -> None:
        """In the batch that is open: a trade at the middle."""
        self.place(buyer, bid(MID, LOTS), market)
        self.place(seller, ask(MID, LOTS, batch_only=True), market)

    def sync(self, account: int) -> dict[str, Any]:
        """Settle an account."""
        return self.send(self.owner, "sync", account)


# ---------------------------------------------------------------- engine


def engine_collateral(ledger: Ledger, chain: Chain) -> None:
    """In and out, by the owner of an account with a position in one market."""
    exchange = Exchange(chain)
    exchange.list_scripted(0)
    trader, maker = exchange.traders(ONE_MARKET, MAKER)
    exchange.hand_over(trader, maker)
    exchange.close()
    exchange.sync(trader)
    sender = owner_of(trader)
    exchange.tokens_for(sender)
    ledger.note("engine.deposit", exchange.send(sender, "deposit", trader, 100 * USDC))
    ledger.note("engine.withdraw", exchange.send(sender, "withdraw", trader, 50 * USDC, sender))


def engine_orders(ledger: Ledger, chain: Chain) -> None:
    """Place and cancel with positions in one market and in eight."""
    exchange = Exchange(chain)
    markets = range(8)
    for market in markets:
        exchange.list_scripted(market)
    maker, taker, one, eight, orders = exchange.traders(
        MAKER, TAKER, ONE_MARKET, EIGHT_MARKETS, ORDERS_IN_EIGHT
    )
    for market in markets:
        for trader in (one, eight, orders):
            if trader != one or market == 0:
                exchange.hand_over(trader, taker, market)
    for market in markets:
        exchange.close(market)
    for trader, count in ((one, 1), (eight, 8), (orders, 8)):
        exchange.sync(trader)
        expect(all(exchange.lots(trader, market) == LOTS for market in range(count)), "a position everywhere")
    for market in markets:
        exchange.place(orders, bid(MID - 50, 10), market)
        exchange.hand_over(maker, taker, market)
    for market in markets:
        exchange.close(market)
    for number, (name, trader) in enumerate(
        (
            ("engine.place.only_order", one),
            ("engine.place.limit_1_market", one),
            ("engine.place.limit_8_markets", eight),
            ("engine.place.limit_8_markets_with_orders", orders),
        )
    ):
        order = bid(MID - 256 * number - 10, 10)  # each at a tick of its own
        exchange.place(maker, order)  # keeps the tick live
        exchange.send(owner_of(trader), "cancel_all", trader, 0)
        first = exchange.place(trader, order)
        if number != 0:
            exchange.place(trader, order)
        exchange.cancel(trader, first)
        exchange.evm.time += 60  # funding is due
        last = exchange.place(trader, order)
        expect(last & 31 == first & 31, "the order takes the slot that was used before")
        ledger.note(name, exchange.evm.receipt)
        if name == "engine.place.limit_1_market":
            exchange.evm.time += 60
            ledger.note("engine.cancel", exchange.cancel(trader, last))
            exchange.evm.time += 60
            exchange.place(trader, bid(MID - 4_096 * 3, 10))
            ledger.note("engine.place.fresh_tick", exchange.evm.receipt)


def engine_auctions(ledger: Ledger, chain: Chain) -> None:
    """Auctions among 10 to 10,000 resting orders, at new prices, the router's ring of observations full."""
    oracle = Oracle(chain)
    oracle.use(oracle.chainlink, oracle.pyth, oracle.reports)
    record = oracle.router.encode("record", MARKET)
    for number in range(OBSERVATIONS):
        if number % 400 == 0:
            oracle.publish()
        oracle.evm.time += 15
        oracle.evm.send(oracle.owner, oracle.router.address, record)
    oracle.publish()
    exchange = Exchange(chain, oracle)
    exchange.open_market(MARKET)
    exchange.traders(MAKER, TAKER, CROWD)
    for cents in range(2):  # the second finds every word in use
        receipt = run(oracle, exchange, cents, trades=False)
    ledger.note("engine.run_auction.empty", receipt)
    start, time = chain.rpc("evm_snapshot"), oracle.evm.time
    for count in (10, 100, 10_000):
        asked = resting(exchange, count, random.Random(count))
        exchange.hand_over(account_of(MAKER), account_of(TAKER), MARKET)
        run(oracle, exchange, 2)  # the first that trades in a book finds the history's words empty
        exchange.place(account_of(MAKER), bid(MID + SPREAD // 2, asked // 2, batch_only=True), MARKET)
        ledger.note(f"engine.run_auction.traded_{count}", run(oracle, exchange, 3, lots=asked // 2))
        if count == 10_000:
            ledger.note("engine.run_auction.no_cross", run(oracle, exchange, 4, trades=False))
        chain.rpc("evm_revert", start)
        start, oracle.evm.time = chain.rpc("evm_snapshot"), time


def run(
    oracle: Oracle, exchange: Exchange, cents: int, trades: bool = True, lots: int | None = None
) -> dict[str, Any]:
    """The receipt of the auction that is due next, at a price of so many cents more."""
    exchange.wait(MARKET)
    oracle.publish(cents)
    cleared, receipt = exchange.auction(MARKET)
    expect(cleared[0] == trades, "an auction trades where it should")
    expect(lots is None or cleared[4] == lots, f"half of the asks trade: {cleared}")
    return receipt


def resting(exchange: Exchange, count: int, rng: random.Random) -> int:
    """Place orders over SPREAD ticks, asks above bids, 32 to an account; lots of the asks."""
    sides: tuple[list[NewOrder], list[NewOrder]] = ([], [])
    for number in range(count):
        lots = rng.randrange(5, 100)
        offset = 1 + rng.randrange(SPREAD // 2)
        sides[number % 2].append(ask(MID + offset, lots) if number % 2 else bid(MID - offset, lots))
    ladders = [side[start : start + 32] for side in sides for start in range(0, len(side), 32)]
    for number, orders in enumerate(ladders):
        account = account_of(CROWD + number // 256, number % 256)
        exchange.credit(account)
        exchange.place_many(account, orders, MARKET)
    return sum(order.lots for order in sides[1])


def engine_settlements(ledger: Ledger, chain: Chain) -> None:
    """Settle one order of an account, and thirty-two."""
    exchange = Exchange(chain)
    exchange.list_scripted(0)
    maker, taker, ladder = exchange.traders(MAKER, TAKER, ONE_MARKET)
    for filled in (LOTS, 2 * LOTS):  # the second round finds every word in use
        exchange.hand_over(maker, taker)
        exchange.close()
        receipt = exchange.sync(maker)
        expect(exchange.lots(maker) == filled, "the maker's order filled")
        exchange.sync(taker)
    ledger.note("engine.sync.filled_1", receipt)
    exchange.hand_over(ladder, taker)
    exchange.close()
    exchange.sync(ladder)
    exchange.place_many(ladder, [bid(MID - 50 - i, 10) for i in range(32)])
    exchange.place(taker, ask(MID - 100, 320, batch_only=True))
    exchange.close()
    receipt = exchange.sync(ladder)
    expect(exchange.lots(ladder) == LOTS + 320, "all 32 orders filled")
    ledger.note("engine.sync.filled_32", receipt)


def derived(figures: dict[str, int]) -> dict[str, int]:
    """What is computed from the receipts of other figures."""
    place, auction, sync = (
        "engine.place.limit_1_market",
        "engine.run_auction.traded_100",
        "engine.sync.filled_1",
    )
    if not {place, auction, sync} <= figures.keys():
        return {}
    trip = figures[place] + figures[auction] // 100 + figures[sync]
    print(f"{'engine.round_trip':<36}{trip:>10,}  computed")
    return {"engine.round_trip": trip}


# ---------------------------------------------------------------- vault


def vault_entries_and_exits(ledger: Ledger, chain: Chain) -> None:
    """A provider comes, asks back and claims while the vault has a position in one market."""
    exchange = Exchange(chain)
    exchange.list_scripted(0)
    (taker,) = exchange.traders(TAKER)
    vault = exchange.evm.deploy(
        compile_contract("Vault"), chain.deployer, exchange.engine.address, "Walras liquidity", "WLP"
    )
    vault.set_deposit_cap(RICH)
    vault.configure(0, QuoteSettings(10_000, 10_000, 1_000, 500, 10_000))
    exchange.engine.set_vault(vault.address)
    provider, other = address(0x51), address(0x52)
    for holder in (provider, other):
        exchange.token.mint(holder, RICH)
        exchange.token.approve(vault.address, 2**255, sender=holder)
        vault.deposit(10_000 * USDC, holder, sender=holder)
    exchange.place(taker, bid(MID + MID // 100, LOTS, batch_only=True))
    exchange.wait()
    exchange.evm.time += 1  # a price of after the close
    exchange.close()
    expect(exchange.lots(int(vault.address, 16) << 8) == -LOTS, "the vault has sold")
    vault.deposit(1_000 * USDC, provider, sender=provider)
    ledger.note("vault.deposit", exchange.evm.receipt)
    vault.requestRedeem(10**15, other, other, sender=other)
    vault.requestRedeem(2 * 10**15, provider, provider, sender=provider)
    ledger.note("vault.request", exchange.evm.receipt)
    exchange.evm.time += 3 * DAY
    exchange.sources[0].set(PRICE, 0, exchange.evm.time)
    vault.redeem(10**15, provider, provider, sender=provider)
    ledger.note("vault.claim", exchange.evm.receipt)


# ---------------------------------------------------------------- insurance fund


def fund_stakes_and_draws(ledger: Ledger, chain: Chain) -> None:
    """A staker comes and leaves; draws out of both purses."""
    evm = AnvilEvm(chain)
    token = evm.deploy(compile_contract("PlainToken"), 6)
    fund = evm.deploy(compile_contract("InsuranceFund"), chain.deployer, token.address)
    engine = evm.deploy(compile_contract("DrawingEngine")).address
    saver, other = address(0x51), address(0x52)
    for holder in (chain.deployer, saver, other, engine):
        token.mint(holder, RICH)
        token.approve(fund.address, 2**255, sender=holder)
    fund.set_engine(engine)
    fund.set_draw_cap(MARKET, RICH)
    fund.contribute(1_000 * USDC)
    fund.stake(1_000 * USDC, other, sender=other)
    fund.stake(1_000 * USDC, saver, sender=saver)
    ledger.note("fund.stake.first", evm.receipt)
    fund.stake(1_000 * USDC, saver, sender=saver)
    ledger.note("fund.stake", evm.receipt)
    fund.request_exit(fund.shares_of(saver) // 2, sender=saver)
    ledger.note("fund.request_exit", evm.receipt)
    evm.time += 15 * DAY
    fund.claim(saver, sender=saver)
    ledger.note("fund.claim", evm.receipt)
    for amount in (100, 200):  # the second is not the first for its market
        fund.draw(MARKET, amount * USDC, sender=engine)
    expect(fund.reserve() == 700 * USDC, "the reserve paid")
    ledger.note("fund.draw", evm.receipt)
    fund.draw(MARKET, 800 * USDC, sender=engine)
    expect((fund.reserve(), fund.epoch()) == (0, 0) and fund.pot() != 0, "the pot paid the rest")
    ledger.note("fund.draw.both_purses", evm.receipt)


SCENARIOS: Final[list[Callable[[Ledger, Chain], None]]] = [
    engine_collateral,
    engine_orders,
    engine_auctions,
    engine_settlements,
    vault_entries_and_exits,
    fund_stakes_and_draws,
]

WHAT: Final = {
    "engine.deposit": ("", "to an account that has collateral, by its owner"),
    "engine.withdraw": ("", "by the owner of an account with a position in one market"),
    "engine.place.limit_1_market": (
        "200,000",
        "with a position in one market and an open order there: an order at a tick in use, into a used slot",
    ),
    "engine.place.only_order": ("", "the same without the other open order"),
    "engine.place.fresh_tick": ("", "the first order ever within 4,096 ticks"),
    "engine.place.limit_8_markets": (
        "",
        "with positions in eight markets; a market adds at most 30,000",
    ),
    "engine.place.limit_8_markets_with_orders": (
        "",
        "the same with an open order in each, past which an auction traded in each",
    ),
    "engine.cancel": ("", "the last order of a queue, of an account with other orders"),
    "engine.run_auction.empty": ("", "no orders at all; like the others at a new price of three sources"),
    "engine.run_auction.no_cross": ("", "10,000 orders rest, nothing crosses"),
    "engine.run_auction.traded_10": (
        "350,000",
        "10 orders rest over 2,000 ticks, half of the asks are bought",
    ),
    "engine.run_auction.traded_100": ("350,000", "100 orders rest"),
    "engine.run_auction.traded_10000": (
        "350,000",
        "10,000 orders rest; also at most 1.1 x the cost with 10",
    ),
    "engine.sync.filled_1": ("", "an account with one order, filled as a maker; its position grows"),
    "engine.sync.filled_32": ("", "32 open orders on 32 ticks, all filled"),
    "engine.round_trip": (
        "330,000",
        "computed: place.limit_1_market + run_auction.traded_100 / 100 + sync.filled_1",
    ),
    "vault.deposit": ("", "by somebody who has shares; like the others with a position in one market"),
    "vault.request": ("", "the first request of a holder, for a part of his shares; others wait already"),
    "vault.claim": ("", "half of that, after three days: the market's mark is refreshed"),
    "fund.stake": ("", "by somebody who has a stake"),
    "fund.stake.first": ("", "by somebody who has none"),
    "fund.request_exit": ("", "the first request of a staker, for half of his shares"),
    "fund.claim": ("", "that half, after two weeks"),
    "fund.draw": ("", "out of the reserve, sent by the engine's address itself; not the market's first"),
    "fund.draw.both_purses": ("", "the same, what the reserve does not have out of the pot"),
}
"""What each figure is, and its bound where one is set."""
