"""The exchange's contracts and the engine's model, driven together and compared after every step.

Real parts all through: books from the blueprint, the router with scripted sources, a token.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import astuple
from fractions import Fraction
from math import ceil
from typing import Any, Final

from eth_utils import keccak

from tests.support.oracle import ONE, price_of
from walras.audit.state import RULES
from walras.devtools import wiring
from walras.devtools.evm import Contract, Event, Evm, Reverted, address, artifact
from walras.model import engine as model
from walras.model.account import Position, Sharing
from walras.model.book import MAX_ORDER, NewOrder
from walras.model.market import MarketSettings, Mode
from walras.model.oracle import Settings, Source
from walras.model.revert import Revert

PARTS: Final = wiring.PARTS
OWNER: Final = address(0x0A)
GUARDIAN: Final = address(0x6A)
RUNNER: Final = address(0x5E)
TREASURY: Final = address(0xFEE)
USDC: Final = 10**6
SETTINGS: Final = MarketSettings(
    initial_ppm=50_000,
    maintenance_bps=5_000,
    soft_notional=10_000_000,
    hard_notional=100_000_000,
    open_cap=10**9,
    account_cap=10**8,
    maker_ppm=-50,
    taker_ppm=500,
    band_bps=2_000,
    mark_band_bps=500,
    interest=100_000,
    funding_clamp=6,
    price_grace=30,
    max_mark_age=60,
    tip=100_000,
)
LOT: Final = 10**15  # 0.001 of the base
TICK: Final = 10**17  # 0.1 quote


def _deployer(evm: Evm) -> Callable[..., Contract]:
    """What walras.devtools.wiring deploys with."""

    def deploy(name: str, *args: Any) -> Contract:
        addresses = (one.address if isinstance(one, Contract) else one for one in args)
        return evm.deploy(artifact(name), *addresses)

    return deploy


def deploy_engine(evm: Evm, owner: str, token: str, router: str) -> Contract:
    """An engine and the contracts whose code it runs; all their calls, at its address."""
    engine: Contract = wiring.deploy_engine(_deployer(evm), owner, token, router)
    for name in PARTS[1:]:
        engine.with_abi(artifact(name).abi)
    return engine.with_events(artifact("EngineAuctions").abi)


def deploy_waterfall(evm: Evm, owner: str, engine: str, fund: str) -> Contract:
    """A waterfall and the contract whose code answers its views; all their calls, at its address."""
    waterfall: Contract = wiring.deploy_waterfall(_deployer(evm), owner, engine, fund)
    return waterfall.with_abi(artifact("LiquidationViews").abi)


def forget_waterfall(evm: Evm, waterfall: Contract, market: int) -> None:
    """The market as if it had never been configured: the next configuration is the first one, and free."""
    slot = artifact("LiquidationEngine").layout["storage_layout"]["stage"]["settings_of"]["slot"]
    evm.write(waterfall.address, int.from_bytes(keccak(slot.to_bytes(32) + market.to_bytes(32))), 0)
    assert waterfall.settings(market) == (0,) * 8


def market_words(market: int) -> int:
    """Where the engine keeps the words of a market."""
    layout = artifact("PerpEngine").layout["storage_layout"]
    slot = layout["ledger"]["markets"]["slot"]
    return int.from_bytes(keccak(slot.to_bytes(32) + market.to_bytes(32)))


def _packed(settings: MarketSettings) -> dict[int, tuple[int, int]]:
    """By a word's number: the bits that settings have in it, and their value."""
    rules = at = 0
    for name, width in RULES:
        rules |= (getattr(settings, name) & (2**width - 1)) << at
        at += width
    caps = settings.open_cap << 80 | settings.account_cap << 116
    return {
        0: ((2**14 - 1) << 224, settings.taker_ppm << 224),
        1: (2**256 - 1, rules),
        2: ((2**70 - 1) << 80, caps),
        5: ((2**12 - 1) << 215 | 1 << 228, settings.max_mark_age << 215),  # and no ramp
    }


class EnginePair:
    """Applies each action to contracts and model: same results, same reasons, same accounts."""

    def __init__(
        self,
        prices: Sequence[int] = (2_000 * ONE,),
        settings: MarketSettings = SETTINGS,
        decimals: int = 6,
        interval: int = 10,
        token: str = "PlainToken",
    ) -> None:
        self.evm = Evm()
        self.usd = 10**decimals
        self.token = self.evm.deploy(artifact(token), decimals)
        self.router = self.evm.deploy(artifact("OracleRouter"), OWNER, OWNER, "0x" + 40 * "0", 0)
        self.engine = deploy_engine(self.evm, OWNER, self.token.address, self.router.address)
        self.blueprint = self.evm.create(artifact("OrderbookV2").blueprint)
        self.book_views = self.evm.deploy(artifact("OrderbookViews"))
        self.model = model.Engine(self.usd, lambda market: price_of(self.router.price(market)), self.evm.time)
        self.sources: list[Contract] = []
        self.books: list[Contract] = []
        self.accounts: set[int] = set()
        self.model_id: dict[tuple[int, int], int] = {}
        self.result: Any = None
        self.refusal: str | None = None
        self.model_placed = 0
        self.events: list[Event] = []
        self.check_every = 1
        self._actions = 0
        self.set_fee_receiver(TREASURY)
        self.engine.set_guardian(GUARDIAN, sender=OWNER)
        for price in prices:
            self.list(price, settings, interval)

    # ------------------------------------------------------------ the world

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        self.evm.time += seconds
        self.model.time = self.evm.time

    def hours(self, number: int, market: int = 0) -> None:
        """Let hours pass, an auction at the end of each: a funding rate speaks for no more than one."""
        for _ in range(number):
            self.advance(3_600)
            self.auction(market)

    def say(self, market: int, price: int, confidence: int = 0) -> None:
        """A market's source publishes a price now."""
        self.sources[market].set(price, confidence, self.evm.time)

    def mint(self, to: str, amount: int) -> None:
        """Give tokens, approved for the engine."""
        self.token.mint(to, amount)
        self.token.approve(self.engine.address, 2**256 - 1, sender=to)

    def fund(self, number: int, amount: int, sub: int = 0) -> int:
        """A trader with collateral; his account."""
        owner = address(number)
        self.mint(owner, amount)
        account = self.account(number, sub)
        self.deposit(owner, account, amount)
        return account

    @staticmethod
    def account(number: int, sub: int = 0) -> int:
        """An account of a numbered trader."""
        return int(address(number), 16) << 8 | sub

    @staticmethod
    def owner(account: int) -> str:
        """Whose it is."""
        return "0x" + (account >> 8).to_bytes(20).hex()

    # ------------------------------------------------------------ governance

    def list(
        self,
        price: int,
        settings: MarketSettings = SETTINGS,
        interval: int = 10,
        lot_size: int = LOT,
        tick_size: int = TICK,
    ) -> int:
        """Open a market whose one source has a price."""
        market = len(self.books)
        source = self.evm.deploy(artifact("ScriptedSource"))
        self.sources.append(source)
        self.say(market, price)
        listed = (Source(source.address, 1, 172_800, 50, 100_000),)
        self.router.configure(market, Settings(1, 100, 200, 4_000, 10), listed, sender=OWNER)
        self._both(
            lambda: self.engine.list_market(
                market,
                self.blueprint,
                self.book_views.address,
                lot_size,
                tick_size,
                interval,
                1,
                settings,
                sender=OWNER,
            ),
            lambda: self.model.list_market(market, lot_size, tick_size, interval, 1, settings),
        )
        assert self.refusal is None, self.refusal
        book = Contract(self.evm, self.engine.market(market)[0], artifact("OrderbookV2").abi, False)
        book.with_abi(artifact("OrderbookViews").abi)
        self.books.append(book)
        return market

    def configure(self, market: int, settings: MarketSettings) -> None:
        """Other settings."""
        self._both(
            lambda: self.engine.configure_market(market, settings, sender=OWNER),
            lambda: self.model.configure_market(market, settings),
        )

    def begin_with(self, market: int, settings: MarketSettings) -> None:
        """The market as if it had been listed with these settings: no steps to them, no ramp."""
        slot, words = market_words(market), []
        for place, (kept, ours) in _packed(settings).items():
            word = self.evm.storage(self.engine.address, slot + place) & ~kept | ours
            words.append((slot + place, word))
        for at, word in words:
            self.evm.write(self.engine.address, at, word)
        self.model.markets[market].settings, self.model.markets[market].ramp = settings, None
        assert self.engine.market_settings(market) == astuple(settings)

    def tighten(self, market: int, initial_ppm: int, maintenance_bps: int, caps: tuple[int, int]) -> None:
        """The guardian raises margins, lowers caps."""
        self._both(
            lambda: self.engine.tighten(market, initial_ppm, maintenance_bps, *caps, sender=GUARDIAN),
            lambda: self.model.tighten(market, initial_ppm, maintenance_bps, *caps),
        )

    def restrict(self, market: int, mode: Mode) -> None:
        """The guardian sets a stricter mode."""
        self._both(
            lambda: self.engine.restrict(market, mode, sender=GUARDIAN),
            lambda: self.model.restrict(market, mode),
        )

    def pause(self, what: str) -> None:
        """The guardian pauses deposits, or withdrawals."""
        self._both(
            lambda: getattr(self.engine, f"pause_{what}")(sender=GUARDIAN),
            getattr(self.model, f"pause_{what}"),
        )

    def unpause(self) -> None:
        """The owner ends pauses."""
        self._both(lambda: self.engine.unpause(sender=OWNER), self.model.unpause)

    def configure_book(self, market: int, interval: int, min_lots: int) -> None:
        """Other batches."""
        self._both(
            lambda: self.engine.configure_book(market, interval, min_lots, sender=OWNER),
            lambda: self.model.configure_book(market, interval, min_lots),
        )

    def set_mode(self, market: int, mode: Mode) -> None:
        """Another mode."""
        self._both(
            lambda: self.engine.set_mode(market, mode, sender=OWNER),
            lambda: self.model.set_mode(market, mode),
        )

    def rescale(self, market: int, tick_size: int) -> None:
        """Another tick size."""
        self._both(
            lambda: self.engine.rescale(market, tick_size, sender=OWNER),
            lambda: self.model.rescale(market, tick_size),
        )

    def set_referral(self, referrer: str, bps: int) -> None:
        """A referrer's part of fees."""
        self.engine.set_referral(referrer, bps, sender=OWNER)
        self.model.referral_bps[int(referrer, 16)] = bps
        self.accounts.add(int(referrer, 16) << 8)

    def set_fee_receiver(self, receiver: str) -> None:
        """Where fees go, and who pays tips."""
        self.engine.set_fee_receiver(receiver, sender=OWNER)
        self.model.fee_account = int(receiver, 16) << 8
        self.model.tip_account = self.model.fee_account | 1
        self.accounts |= {self.model.fee_account, self.model.tip_account}

    # ------------------------------------------------------------ actions

    def deposit(self, sender: str, account: int, amount: int) -> None:
        """Add collateral."""
        self.accounts.add(account)
        self._both(
            lambda: self.engine.deposit(account, amount, sender=sender),
            lambda: self.model.deposit(account, amount, int(sender, 16)),
        )

    def withdraw(self, account: int, amount: int, sender: str = "") -> None:
        """Take collateral out."""
        owner = sender or self.owner(account)
        self._both(
            lambda: self.engine.withdraw(account, amount, owner, sender=owner),
            lambda: self.model.withdraw(int(owner, 16), account, amount),
        )

    def transfer(self, account: int, to: int, amount: int, sender: str = "") -> None:
        """Move collateral between sub-accounts."""
        owner = sender or self.owner(account)
        self.accounts.add(to)
        self._both(
            lambda: self.engine.transfer(account, to, amount, sender=owner),
            lambda: self.model.transfer(int(owner, 16), account, to, amount),
        )

    def set_sharing(self, account: int, referrer: str, builder: str, ppm: int, sender: str = "") -> None:
        """Name who has a part in an account's fees."""
        owner = sender or self.owner(account)
        self.accounts |= {int(referrer, 16) << 8, int(builder, 16) << 8}
        sharing = Sharing(int(referrer, 16), int(builder, 16), ppm)
        self._both(
            lambda: self.engine.set_sharing(account, referrer, builder, ppm, sender=owner),
            lambda: self.model.set_sharing(int(owner, 16), account, sharing),
        )

    def place(self, account: int, order: NewOrder, market: int = 0, sender: str = "") -> int | None:
        """Place an order; its id, or None where both refuse."""
        both = self._both(
            lambda: self.engine.place(account, market, order, sender=sender or self.owner(account)),
            lambda: self.model.place(account, market, order),
        )
        if both is None:
            return None
        self.model_id[market, both[0]] = self.model_placed = both[1]
        return int(both[0])

    def buy(self, account: int, lots: int, tick: int, market: int = 0, **flags: Any) -> int | None:
        """Place a bid."""
        return self.place(account, NewOrder(is_ask=False, tick=tick, lots=lots, **flags), market)

    def sell(self, account: int, lots: int, tick: int, market: int = 0, **flags: Any) -> int | None:
        """Place an ask."""
        return self.place(account, NewOrder(is_ask=True, tick=tick, lots=lots, **flags), market)

    def cancel(self, account: int, order_id: int, lots: int = MAX_ORDER, market: int = 0) -> int | None:
        """Take lots off an order."""
        both = self._both(
            lambda: self.engine.cancel(account, market, order_id, lots, sender=self.owner(account)),
            lambda: self.model.cancel(account, market, self.model_id.get((market, order_id), 0), lots),
        )
        return None if both is None else self._equal(*both)

    def cancel_all(self, account: int, market: int = 0) -> int | None:
        """Cancel every order in a market."""
        both = self._both(
            lambda: self.engine.cancel_all(account, market, sender=self.owner(account)),
            lambda: self.model.cancel_all(account, market),
        )
        return None if both is None else self._equal(*both)

    def replace(
        self, account: int, order_ids: Sequence[int], orders: Sequence[NewOrder], market: int = 0
    ) -> Sequence[int] | None:
        """Cancel some orders and place others, not strict."""
        ids = [self.model_id.get((market, order_id), 0) for order_id in order_ids]
        both = self._both(
            lambda: self.engine.cancel_replace(
                account, market, order_ids, orders, False, sender=self.owner(account)
            ),
            lambda: self.model.cancel_replace(account, market, ids, orders, strict=False),
        )
        if both is None:
            return None
        (taken, placed), (expected, expected_ids) = both
        self._equal(taken, expected)
        for contract_id, model_id in zip(placed, expected_ids, strict=True):
            self.model_id[market, contract_id] = model_id
        return list(placed)

    def sync(self, account: int) -> None:
        """Settle an account."""
        self._both(lambda: self.engine.sync(account), lambda: self.model.sync(account))

    def auction(self, market: int = 0, runner: str = RUNNER) -> Any:
        """Run the auction of a market; what it did."""
        self.accounts.add(int(runner, 16) << 8)
        both = self._both(
            lambda: self.engine.run_auction(market, sender=runner),
            lambda: self.model.run_auction(int(runner, 16), market),
        )
        if both is None or both[1] is None:
            return None
        return self._equal(model.Clearing(*both[0]), both[1])

    def close(self, market: int = 0) -> Any:
        """Let the batch end, with the price as it is, and run its auction."""
        due = self.model.markets[market].mark.due
        self.advance(max(0, due - self.evm.time))
        return self.auction(market)

    def sweep(self, account: int, order_ids: Sequence[int], market: int = 0) -> int | None:
        """Sweep orders of an account."""
        ids = [self.model_id.get((market, order_id), 0) for order_id in order_ids]
        both = self._both(
            lambda: self.engine.sweep(account, market, order_ids, sender=RUNNER),
            lambda: self.model.sweep(account, market, ids),
        )
        return None if both is None else self._equal(*both)

    def check_preview(self, found: Any, account: int, market: int, order: NewOrder) -> None:
        """What a preview told of the order that was placed just after it: all that the model knows now."""
        reason, equity, initial, maintenance, fee, price = found
        self._equal(reason, self.refusal or "")
        if self.refusal:
            self._equal((equity, initial, maintenance, fee, price), (0, 0, 0, 0, 0))
            return
        margin = self.model.margin(account)
        self._equal((equity, initial, maintenance), (margin.equity, margin.initial, margin.maintenance))
        here, sharing = self.model.markets[market], self.model.account(account).sharing
        worth = order.lots * order.tick * here.unit
        rates = here.settings.taker_ppm, sharing.builder_ppm if sharing else 0
        self._equal(fee, sum(ceil(Fraction(worth * rate, 10**6)) for rate in rates))
        left = sum(mine.lots for mine in here.book.open_orders(account) if mine.order_id == self.model_placed)
        lots = -left if order.is_ask else left
        self._equal(price, self.model.liquidation_price(account, market, lots, order.tick))

    # ------------------------------------------------------------ comparison

    def _both(self, contract: Callable[[], Any], reference: Callable[[], Any]) -> tuple[Any, Any] | None:
        """Results of both; None where both refuse, for one reason. The model is asked first."""
        refused: str | None = None
        expected = None
        try:
            expected = reference()
        except Revert as reason:
            refused = str(reason)
        try:
            found = contract()
        except Reverted as reason:
            self._equal(str(reason), refused)
            self.refusal = refused
            self._compare()
            return None
        assert refused is None, f"the model refuses: {refused}"
        self.refusal = None
        self.events = self.engine.events()
        self._compare()
        return found, expected

    def _compare(self) -> None:
        self._actions += 1
        if self._actions % self.check_every == 0:
            self.same_accounts()
            self.same_markets()

    def same_accounts(self) -> None:
        """Collateral and positions of all accounts, and all the money."""
        for account in self.accounts:
            mine = self.model.account(account)
            assert self.engine.collateral(account) == mine.collateral, hex(account)
            assert list(self.engine.markets_of(account)) == sorted(mine.positions, reverse=True)
            for market in range(len(self.books)):
                position = mine.positions.get(market) or Position()
                orders = position.orders
                assert tuple(self.engine.position(account, market)) == (
                    position.lots,
                    position.cash,
                    position.basis + abs(position.lots) * position.borne,
                    orders.bid_lots,
                    orders.ask_lots,
                    orders.bid_notional,
                    orders.ask_notional,
                )
            margin = self.model.margin(account)
            assert tuple(self.engine.margin_of(account)) == (
                margin.equity,
                margin.initial,
                margin.maintenance,
            )
        assert self.engine.tracked() == self.model.tracked == self.token.balanceOf(self.engine.address)

    def same_markets(self) -> None:
        """Marks, funding and exposure of all markets."""
        for market in range(len(self.books)):
            here = self.model.markets[market]
            assert self.engine.market(market)[1] == here.mode
            assert tuple(self.engine.mark(market)) == tuple(
                getattr(here.mark, name) for name in here.mark.__slots__
            )
            assert tuple(self.engine.funding_of(market)) == (
                here.index(self.evm.time),
                here.growth,
                here.hour,
                here.quarter,
                here.clearing,
            )
            assert tuple(self.engine.open_interest(market)) == self.model.open_interest(market)
            assert tuple(self.engine.losses_of(market)) == (here.losses, here.settled_at)
            assert tuple(self.engine.market_settings(market)) == astuple(here.settings)
            assert tuple(self.engine.ramp_of(market)) == self._ramp(here)
            changes = here.changed_at, here.book_changed_at, here.raised_at
            assert tuple(self.engine.changed_at(market)) == changes
        assert self.engine.bad_debt() == self.model.bad_debt
        assert self.engine.gate() == self.model.gate
        pauses = self.model.deposits_paused, self.model.withdrawals_paused
        assert tuple(self.engine.pauses()) == pauses

    def _ramp(self, here: model.Market) -> tuple[int, ...]:
        """As `ramp_of` tells."""
        ramp, targets = here.ramp, (here.settings.initial_ppm, here.settings.maintenance_ppm)
        if ramp is None or self.evm.time >= ramp.end or (ramp.initial, ramp.maintenance) == targets:
            return (0,) * 8
        now = here.fractions(self.evm.time)
        starts = ramp.initial, ramp.maintenance
        lines = [part for line in zip(starts, now, targets, strict=True) for part in line]
        return (*lines, ramp.start, ramp.end)

    def settle_everybody(self) -> None:
        """Settle all accounts: what they have, less funding they owe, is the money there is, but for dust."""
        for account in sorted(self.accounts):
            self.sync(account)
        assert set(self.model.accounts) <= self.accounts
        lots: Counter[int] = Counter()
        money = Fraction(0)
        changes = 0
        for account in self.model.accounts.values():
            money += account.collateral
            for market, position in account.positions.items():
                here = self.model.markets[market]
                lots[market] += position.lots if here.mode != Mode.SETTLED else 0
                value = Fraction(position.lots * here.mark.mark, here.one)  # sums to 0, but in a settlement
                money += position.cash + value - position.owed(here, self.evm.time)
                changes += 1
        assert not any(lots.values())
        dust = self.model.tracked + self.model.bad_debt - money
        dust -= sum(here.rounded for here in self.model.markets.values())
        assert 0 <= dust <= self._actions + changes
        self.same_accounts()

    @staticmethod
    def _equal(found: Any, expected: Any) -> Any:
        assert found == expected, (found, expected)
        return found
