"""The waterfall with real parts.

Engine, books, router with scripted sources, insurance fund, backstop, keepers.

The usual market, so that numbers can be reckoned by hand: a lot is 0.001 of the base, a tick 0.1,
initial margin 5 %,
maintenance half of it, taker's fee 0.05 %, makers free, no interest, and a premium that needs more lots
than any
test trades. So mark = index, and no funding is owed. At 2,000 a lot is worth 2 dollars, a lot at a tick
100 units.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tests.support.engine import (
    LOT,
    RUNNER,
    SETTINGS,
    TICK,
    TREASURY,
    USDC,
    deploy_engine,
    deploy_waterfall,
    forget_waterfall,
    market_words,
)
from tests.support.oracle import ONE
from walras.devtools.evm import Contract, Event, Evm, Reverted, address, artifact
from walras.model.book import NewOrder
from walras.model.market import MarketSettings
from walras.model.oracle import Settings as OracleSettings
from walras.model.oracle import Source

OWNER: Final = address(0x0A)
KEEPER: Final = address(0x5E9)
STRANGER: Final = address(0x66)
DONOR: Final = address(0xD0)
LONG: Final = 0x11
SHORT: Final = 0x22
BIDDER: Final = 0x33
BACKSTOP: Final = 0xBA
PAR: Final = 20_000
"""The tick of 2,000."""
SCALE: Final = 41
ONE_LOT_TICK: Final = 100 << SCALE
"""A tick as a lot price."""
NOBODY: Final = "0x" + 40 * "0"
RULES: Final = replace(
    SETTINGS, interest=0, maker_ppm=0, tip=0, impact_lots=2**21 - 1, open_cap=10**10, account_cap=10**9
)
PLENTY: Final = 10**9 * USDC


@dataclass(frozen=True, slots=True)
class Terms:
    """How a market is liquidated, as ILiquidationEngine tells."""

    penalty_ppm: int = 10_000
    tip_bps: int = 1_000
    tip_cap: int = 10 * USDC
    buffer_ppm: int = 5_000
    min_notional: int = 100 * USDC
    patience: int = 2
    discount_ppm: int = 10_000
    unwind_ppm: int = 10_000


TERMS: Final = Terms()
CANCEL: Final = 1
LIQUIDATE: Final = 2
TAKE_OVER: Final = 4
RESOLVE: Final = 8


class Waterfall:
    """An exchange with its waterfall. The backstop has an account, and no money, to begin with."""

    def __init__(
        self,
        prices: Sequence[int] = (2_000,),
        rules: MarketSettings = RULES,
        terms: Terms | None = TERMS,
        interval: int = 10,
        token: str = "PlainToken",
        lot_size: int = LOT,
    ) -> None:
        self.evm = Evm()
        self.token = self.evm.deploy(artifact(token), 6)
        self.router = self.evm.deploy(artifact("OracleRouter"), OWNER, OWNER, NOBODY, 0)
        self.engine = deploy_engine(self.evm, OWNER, self.token.address, self.router.address)
        self.fund = self.evm.deploy(artifact("InsuranceFund"), OWNER, self.token.address)
        self.liquidator = deploy_waterfall(self.evm, OWNER, self.engine.address, self.fund.address)
        self.engine.set_liquidator(self.liquidator.address, sender=OWNER)
        self.engine.set_fee_receiver(TREASURY, sender=OWNER)
        self.fund.set_engine(self.liquidator.address, sender=OWNER)
        self.blueprint = self.evm.create(artifact("OrderbookV2").blueprint)
        self.views = self.evm.deploy(artifact("OrderbookViews"))
        self.own = int(self.liquidator.address, 16) << 8
        self.fees = int(TREASURY, 16) << 8
        self.runners = self.fees | 1
        self.penalties = self.fees | 2
        self.keeper = int(KEEPER, 16) << 8
        self.backstop = account(BACKSTOP)
        self.sources: list[Contract] = []
        self.said: dict[int, tuple[float, float]] = {}
        self.books: list[Contract] = []
        self.accounts: set[int] = {
            self.own, self.fees, self.runners, self.penalties, self.keeper, self.backstop,
            int(RUNNER, 16) << 8,
        }  # fmt: skip
        self.refusal: str | None = None
        self.actions = 0
        self.insured = 0
        self.token.mint(DONOR, 2**100)
        for spender in (self.engine, self.fund):
            self.token.approve(spender.address, 2**255, sender=DONOR)
        self.liquidator.set_backstop(self.backstop, sender=OWNER)
        for price in prices:
            self.open_market(price, rules, terms, interval, lot_size)

    # ------------------------------------------------------------ the world

    def open_market(
        self,
        price: int,
        rules: MarketSettings = RULES,
        terms: Terms | None = TERMS,
        interval: int = 10,
        lot_size: int = LOT,
    ) -> int:
        """Open a market, with liquidations where there are terms."""
        market = len(self.books)
        self.sources.append(self.evm.deploy(artifact("ScriptedSource")))
        self.say(price, market)
        listed = (Source(self.sources[-1].address, 1, 60, 50, 100_000),)
        self.router.configure(market, OracleSettings(1, 100, 200, 4_000, 10), listed, sender=OWNER)
        self.engine.list_market(
            market, self.blueprint, self.views.address, lot_size, TICK, interval, 1, rules, sender=OWNER
        )
        book = Contract(self.evm, self.engine.market(market)[0], artifact("OrderbookV2").abi, False)
        self.books.append(book.with_abi(artifact("OrderbookViews").abi))
        if terms:
            self.liquidator.configure(market, terms, sender=OWNER)
        return market

    def terms(self, market: int = 0, **changes: Any) -> None:
        """The market as if these had been its first terms: no steps to them."""
        forget_waterfall(self.evm, self.liquidator, market)
        self.liquidator.configure(market, replace(TERMS, **changes), sender=OWNER)

    def say(self, price: float, market: int = 0, doubt: float = 0) -> None:
        """A market's source publishes a price in dollars, to the cent, now."""
        self.said[market] = price, doubt
        self.sources[market].set(
            round(price * 100) * ONE // 100, round(doubt * 100) * ONE // 100, self.evm.time
        )

    def price(self, price: float, market: int = 0, doubt: float = 0) -> None:
        """A new price, and the auction that sees it."""
        self.wait(market)
        self.say(price, market, doubt)
        self.auction(market)

    def index(self, price: float, market: int = 0) -> None:
        """The mark stays, as if a premium had been paid: the index alone is somewhere else."""
        slot = market_words(market) + 3
        word, exact = self.evm.storage(self.engine.address, slot), round(price * 1_000) << SCALE
        self.evm.write(self.engine.address, slot, word & ~((2**72 - 1) << 72) | exact << 72)
        assert self.engine.mark(market)[1] == exact

    def wait(self, market: int = 0) -> None:
        """Until the batch is over."""
        self.evm.time = max(self.evm.time, self.engine.mark(market)[6])

    def auction(self, market: int = 0) -> Any:
        """Run the auction that is due."""
        return self.engine.run_auction(market, sender=RUNNER)

    def close(self, market: int = 0) -> Any:
        """The batch ends at the price that was, its source being alive."""
        self.wait(market)
        price, doubt = self.said[market]
        self.say(price, market, doubt)
        return self.auction(market)

    # ------------------------------------------------------------ traders

    def fund_account(self, number: int, amount: int, sub: int = 0) -> int:
        """Collateral for a numbered trader; his account."""
        self.credit(account(number, sub), amount)
        return account(number, sub)

    def credit(self, to: int, amount: int) -> None:
        """Collateral out of nowhere."""
        self.accounts.add(to)
        if amount:
            self.engine.deposit(to, amount, sender=DONOR)

    def take(self, who: int, amount: int, to: str = TREASURY) -> None:
        """Takes collateral away, whatever the margin: as a liquidation engine could that has gone mad."""
        self.engine.set_liquidator(STRANGER, sender=OWNER)
        self.engine.force_payment(who, int(to, 16) << 8, amount, sender=STRANGER)
        self.engine.set_liquidator(self.liquidator.address, sender=OWNER)

    def place(self, who: int, is_ask: bool, lots: int, tick: int = PAR, market: int = 0, **flags: Any) -> int:
        """An order of an account; its id."""
        order = NewOrder(is_ask, tick, lots, **flags)
        return int(self.engine.place(who, market, order, sender=owner(who)))

    def buy(self, who: int, lots: int, tick: int = PAR, market: int = 0, **flags: Any) -> int:
        """A bid."""
        return self.place(who, False, lots, tick, market, **flags)

    def sell(self, who: int, lots: int, tick: int = PAR, market: int = 0, **flags: Any) -> int:
        """An ask."""
        return self.place(who, True, lots, tick, market, **flags)

    def trade(self, buyer: int, seller: int, lots: int, tick: int = PAR, market: int = 0) -> None:
        """In one batch, both takers; both settled."""
        self.say(self.said[market][0], market, self.said[market][1])
        self.sell(seller, lots, tick, market)
        self.buy(buyer, lots, tick, market)
        if self.engine.mark(market)[6] != 0:
            assert self.close(market)[0]
        self.sync(buyer, seller)

    def sync(self, *accounts: int) -> None:
        """Settle accounts."""
        for one in accounts:
            self.engine.sync(one)

    def positions(self, equity: int = 1_000 * USDC, lots: int = 10_000, market: int = 0) -> tuple[int, int]:
        """A long with as much equity, and a rich short, at par; fees paid on top of it."""
        fee = lots * PAR * 100 * RULES.taker_ppm // 10**6
        long, short = self.fund_account(LONG, equity + fee), self.fund_account(SHORT, PLENTY)
        self.trade(long, short, lots, market=market)
        assert self.equity(long) == equity
        return long, short

    def mirror(self, equity: int = 1_000 * USDC, lots: int = 10_000) -> tuple[int, int]:
        """A short with as much equity, and a rich long, at par."""
        fee = lots * PAR * 100 * RULES.taker_ppm // 10**6
        short, long = self.fund_account(SHORT, equity + fee), self.fund_account(LONG, PLENTY)
        self.trade(long, short, lots)
        assert self.equity(short) == equity
        return short, long

    def arm_backstop(self, amount: int = PLENTY) -> int:
        """Money for the backstop."""
        self.credit(self.backstop, amount)
        return self.backstop

    def insure(self, amount: int, cap: int | None = None, market: int = 0) -> None:
        """Reserve of the insurance fund, and what a market may draw."""
        if amount:
            self.fund.contribute(amount, sender=DONOR)
            self.insured += amount
        self.fund.set_draw_cap(market, amount if cap is None else cap, sender=OWNER)

    def take_lot(self, who: int, to: int, market: int) -> None:
        """Hands a lot over at the mark, as a liquidation engine could: orders stay."""
        self.engine.set_liquidator(STRANGER, sender=OWNER)
        worth = self.engine.mark(market)[0] >> SCALE
        self.wait(market)
        self.say(self.said[market][0], market)
        self.auction(market)
        self.engine.force_trade(who, to, market, -1, worth, sender=STRANGER)
        self.engine.set_liquidator(self.liquidator.address, sender=OWNER)

    def fund_paid(self) -> int:
        """What the insurance fund has paid."""
        return self.insured - int(self.fund.reserve())

    # ------------------------------------------------------------ keepers

    def act(self, name: str, *args: Any, sender: str = KEEPER, gas: int | None = None) -> list[Event]:
        """A call to the liquidation engine; its events."""
        self.actions += 1
        getattr(self.liquidator, name)(*args, sender=sender, **({"gas": gas} if gas else {}))
        return self.liquidator.events()

    def refuses(self, name: str, *args: Any, sender: str = KEEPER, gas: int | None = None) -> str:
        """Why a call is refused; empty, and everything as it was, where it is not."""
        checkpoint = self.evm.snapshot()
        try:
            getattr(self.liquidator, name)(*args, sender=sender, **({"gas": gas} if gas else {}))
        except Reverted as reason:
            self.evm.revert(checkpoint)
            return str(reason)
        self.evm.revert(checkpoint)
        return ""

    # ------------------------------------------------------------ what there is

    def equity(self, who: int) -> int:
        """Of an account, at the stored marks."""
        return int(self.engine.margin_of(who)[0])

    def margins(self, who: int) -> tuple[int, int, int]:
        """Equity, initial margin, maintenance margin."""
        equity, initial, maintenance = self.engine.margin_of(who)
        return equity, initial, maintenance

    def collateral(self, who: int) -> int:
        """Of an account."""
        return int(self.engine.collateral(who))

    def lots(self, who: int, market: int = 0) -> int:
        """Of a position."""
        return int(self.engine.position(who, market)[0])

    def stages(self, *accounts: int) -> list[int]:
        """What may be called for accounts."""
        return [one[3] for one in self.liquidator.health(list(accounts))]

    def pending(self, who: int, market: int = 0) -> tuple[Any, ...]:
        """Lots, before, held, paid, batch, failures, is_ask."""
        return tuple(self.liquidator.pending(who, market))

    def orders(self, who: int, market: int = 0) -> list[tuple[bool, int, int]]:
        """Side, tick and lots of the open orders."""
        return [
            (one[NAMES["is_ask"]], one[NAMES["tick"]], one[NAMES["lots"]])
            for one in self.books[market].open_orders(who)
        ]

    def money(self) -> int:
        """All collateral, and what positions are worth at the marks, all accounts settled; lots sum to 0."""
        for one in sorted(self.accounts):
            self.engine.sync(one)
        total = sum(self.equity(one) for one in self.accounts)
        for market in range(len(self.books)):
            assert sum(self.lots(one, market) for one in self.accounts) == 0, "inv_03"
        return total

    def check_money(self, slack: int | None = None) -> None:
        """The money of the accounts is what the engine tracks, less recorded bad debt, but for dust.

        The token agrees.
        """
        dust = 2 * len(self.accounts) * len(self.books) + 4 * self.actions if slack is None else slack
        left = self.engine.tracked() + self.engine.bad_debt() - self.money()
        assert 0 <= left <= dust, f"inv_02: {left}"
        assert self.token.balanceOf(self.engine.address) == self.engine.tracked()


def _order_fields() -> dict[str, int]:
    entry = next(one for one in artifact("OrderbookViews").abi if one.get("name") == "open_orders")
    return {part["name"]: number for number, part in enumerate(entry["outputs"][0]["components"])}


NAMES: Final = _order_fields()


def account(number: int, sub: int = 0) -> int:
    """An account of a numbered trader."""
    return int(address(number), 16) << 8 | sub


def owner(who: int) -> str:
    """Whose an account is."""
    return "0x" + (who >> 8).to_bytes(20).hex()


def named(events: Sequence[Event], name: str) -> list[dict[str, Any]]:
    """Arguments of the events of a name."""
    return [event.args for event in events if event.name == name]
