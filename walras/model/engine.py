"""The clearing house: the exact reference that contracts/PerpEngine.vy is compared with.

Names, units and results are those of interfaces/IPerpEngine.vyi, books are those of walras.model.book. Prices
come from a function that stands for the router's `record`. Money is whole token units; what is in between is
a Fraction until the rule says where it rounds: against the account, and so that nothing is created.

A call that is refused leaves everything as it was.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from functools import wraps
from math import ceil, floor
from typing import Any, Final

from walras.model.account import NO_ORDERS, Account, Margin, Position, Question, Sharing, Worth, realised_of
from walras.model.actions import Action, Status, Terms, terms
from walras.model.book import MAX_TICK, NO_QUOTES, Book, Clearing, Exposure, Fills, NewOrder, VaultQuotes
from walras.model.mark import LOT_PRICE, lot_price, mark_market
from walras.model.market import (
    BPS,
    PPM,
    Market,
    MarketSettings,
    Mode,
    Ramp,
    check_steps,
    lowers_caps_alone,
)
from walras.model.oracle import Price, Trouble
from walras.model.revert import require
from walras.model.steps import is_early, is_large

PRICE_BITS: Final = 66
TICK_BITS: Final = 18
MAX_MARKETS: Final = 16  # of an account
MAX_COLLATERAL: Final = 2**111 - 1
MAX_BUILDER: Final = 1_000  # ppm
MAX_LOSSES: Final = 2**78
GATE: Final = 3_600  # seconds without withdrawals after a deficit that others bore
GATE_EVERY: Final = 86_400
MAX_INTERVAL: Final = 3_600
RAMP: Final = 7 * 86_400  # seconds of a raise of margins by the owner
GUARDED_RAMP: Final = 86_400  # and by the guardian
RAISED_EVERY: Final = 604_800  # seconds between two raises by the guardian
PAUSE: Final = 86_400  # seconds without withdrawals
INTERVAL_STEP: Final = 60
MIN_LOTS_STEP: Final = 10
SETTLEMENT_DELAY: Final = 3_600  # seconds in which the liquidator alone closes positions of a settled market


def _all_or_nothing(call: Any) -> Any:
    @wraps(call)
    def guarded(self: "Engine", *args: Any, **kwargs: Any) -> Any:
        if self.is_busy:  # a part of another call, which takes it back
            return call(self, *args, **kwargs)
        before = self.save()
        self.is_busy = True
        try:
            return call(self, *args, **kwargs)
        except Exception:
            self.restore(before)
            raise
        finally:
            self.is_busy = False

    return guarded


class Engine:
    """All accounts and markets."""

    def __init__(self, token_unit: int, record: Callable[[int], Price], time: int) -> None:
        self.token_unit = token_unit
        self.record = record
        self._time = time
        self.markets: dict[int, Market] = {}
        self.accounts: dict[int, Account] = {}
        self.fee_account = 0
        self.tip_account = 0
        self.tracked = 0
        self.referral_bps: dict[int, int] = {}
        self.quoter: Callable[[Question], VaultQuotes] | None = None
        self.vault_account = 0
        self.bad_debt = 0
        self.gate = 0
        self.owing: dict[int, tuple[int, int]] = {}
        """Market whose trades took most of what an account has not, and how much."""
        self.deposits_paused = False
        self.withdrawals_paused = False
        self.liquidator = 0  # owner
        self.is_busy = False

    @property
    def time(self) -> int:
        """The clock of the engine and of its books."""
        return self._time

    @time.setter
    def time(self, now: int) -> None:
        self._time = now
        for market in self.markets.values():
            market.book.time = now

    def save(self) -> Any:
        """All that calls change."""
        flags = self.deposits_paused, self.withdrawals_paused
        money = self.tracked, self.bad_debt, self.gate
        markets = {number: market.copied() for number, market in self.markets.items()}
        accounts = {number: account.copied() for number, account in self.accounts.items()}
        return markets, accounts, money, flags, dict(self.owing)

    def restore(self, saved: Any) -> None:
        """Back to what was saved, once."""
        self.markets, self.accounts, money, flags, self.owing = saved
        self.tracked, self.bad_debt, self.gate = money
        self.deposits_paused, self.withdrawals_paused = flags

    # ------------------------------------------------------------ collateral

    @_all_or_nothing
    def deposit(self, account: int, amount: int, sender: int | None = None) -> None:
        """Add to an account's collateral."""
        require(0 < account >> 8 < 2**160, "engine: no such account")
        require(amount <= MAX_COLLATERAL, "engine: amount too large")
        is_new = not self.account(account).positions and sender != (self.liquidator or -1)
        require(not (self.deposits_paused and is_new), "engine: deposits paused")
        self._credit(account, amount)
        self.tracked += amount

    @_all_or_nothing
    def withdraw(self, sender: int, account: int, amount: int) -> None:
        """Pay out collateral to the owner."""
        require(account >> 8 == sender, "engine: not the owner")
        self._release(account, amount)
        require(amount <= self.tracked, "engine: deficit unpaid")
        self.tracked -= amount

    @_all_or_nothing
    def transfer(self, sender: int, account: int, to: int, amount: int) -> None:
        """Move collateral between two accounts of one owner."""
        require(account >> 8 == sender and to >> 8 == sender, "engine: not the owner")
        self._release(account, amount)
        self._credit(to, amount)

    @_all_or_nothing
    def set_sharing(self, sender: int, account: int, sharing: Sharing) -> None:
        """Name a referrer and a builder."""
        require(account >> 8 == sender, "engine: not the owner")
        excess = sharing.builder_ppm > MAX_BUILDER or (sharing.builder_ppm and not sharing.builder)
        require(not excess, "engine: bad share")
        self._settle_all(account)
        mine = self.accounts.setdefault(account, Account())
        mine.sharing = sharing if sharing.referrer or sharing.builder else None
        standing = self.margin(account)
        require(not sharing.builder_ppm or standing.equity >= standing.initial, "engine: margin missed")

    # ------------------------------------------------------------ orders

    @_all_or_nothing
    def place(self, account: int, market: int, order: NewOrder) -> int:
        """Place an order; its id in the model's book."""
        here = self._enter(account, market)
        self._check_mode(here, order)
        order_id, fills, exposure = here.book.place(account, order, *self.band(market))
        sides = self._book(account, market, fills, exposure, [order])
        self._after(account, market, [order], *sides)
        return order_id

    @_all_or_nothing
    def cancel(self, account: int, market: int, order_id: int, lots: int) -> int:
        """Take lots off an order."""
        here = self._enter(account, market)
        taken, fills, exposure = here.book.cancel(account, order_id, lots)
        self._book(account, market, fills, exposure)
        return taken

    @_all_or_nothing
    def cancel_all(self, account: int, market: int) -> int:
        """Cancel all orders of an account in a market."""
        here = self._enter(account, market)
        taken, fills, exposure = here.book.cancel_all(account)
        self._book(account, market, fills, exposure)
        return taken

    @_all_or_nothing
    def cancel_replace(
        self, account: int, market: int, order_ids: Sequence[int], orders: Sequence[NewOrder], strict: bool
    ) -> tuple[int, list[int]]:
        """Cancel orders and place others."""
        here = self._enter(account, market)
        for order in orders:
            self._check_mode(here, order)
        taken, placed, fills, exposure = here.book.cancel_replace(
            account, order_ids, orders, strict, *self.band(market)
        )
        sides = self._book(account, market, fills, exposure, orders)
        if orders:
            self._after(account, market, orders, *sides)
        return taken, placed

    @_all_or_nothing
    def sweep(self, account: int, market: int, order_ids: Sequence[int]) -> int:
        """Take expired orders off."""
        here = self._enter(account, market)
        taken, fills, exposure = here.book.sweep(account, order_ids)
        self._book(account, market, fills, exposure)
        return taken

    @_all_or_nothing
    def sync(self, account: int) -> None:
        """Book what auctions did to an account's orders."""
        self._settle_all(account, now=account | 1 == self.vault_account | 1)

    @_all_or_nothing
    def run_auction(self, runner: int, market: int) -> Clearing | None:
        """Run an auction; None where the batch was postponed."""
        require(market in self.markets, "engine: unknown market")
        return self._run(market, runner << 8)

    # ------------------------------------------------------------ hooks of the liquidator

    @_all_or_nothing
    def force_cancel(self, account: int, market: int) -> int:
        """Cancel all orders of an account in a market whose batch is open."""
        taken, fills, exposure = self._forced(market).book.cancel_all(account)
        self._book(account, market, fills, exposure)
        return taken

    @_all_or_nothing
    def force_order(self, account: int, market: int, order: NewOrder) -> int:
        """Place what can only reduce, at any margin and price."""
        book = self._forced(market).book
        order_id, fills, exposure = book.place(account, order, 1, MAX_TICK)
        long, short = self._book(account, market, fills, exposure, [order])
        turns = short if order.is_ask else long
        require(order.reduce_only and not turns, "engine: would not reduce")
        book.cancel_all_after(account, 0)
        return order_id

    @_all_or_nothing
    def force_trade(self, account: int, counterparty: int, market: int, lots: int, cash: int) -> None:
        """Hand a part of a position on: the account buys lots and receives cash, the other the opposite."""
        here = self._forced(market)
        self._settle(account, market)
        self._settle(counterparty, market)
        held = self._position(account, market).lots
        reduces = 0 < -lots <= held or 0 < lots <= -held
        require(reduces and account != counterparty, "engine: would not reduce")
        for one, sign in ((account, 1), (counterparty, -1)):
            orders = self._position(one, market).orders
            basis = sign * lots * here.index(self.time)
            self._change(one, market, sign * lots, sign * cash, basis, 0, orders)
        self._settle(account, market)
        self._settle(counterparty, market)

    @_all_or_nothing
    def force_payment(self, account: int, to: int, amount: int) -> None:
        """Move collateral that is there."""
        require(self.account(account).collateral >= amount or not amount, "engine: amount too large")
        self._credit(account, -amount)
        self._credit(to, amount)

    @_all_or_nothing
    def force_socialise(self, account: int, market: int, amount: int) -> None:
        """Give an account what it lacks, and have every lot of the market bear it.

        Bad debt where there are no lots, or so few that what each has borne would not fit its word.
        """
        require(market in self.markets, "engine: unknown market")
        require(amount <= max(0, -self.margin(account).equity), "engine: amount too large")
        self._credit(account, amount)
        here, lots = self.markets[market], sum(self.open_interest(market)[2:])
        share = ceil(Fraction(amount * here.one, lots)) if lots else MAX_LOSSES
        if here.losses + share < MAX_LOSSES:
            here.losses += share
            here.rounded += Fraction(share * lots, here.one) - amount
        else:
            self.bad_debt += amount
        if self.time >= self.gate + GATE_EVERY:
            self.gate = self.time + GATE

    @_all_or_nothing
    def force_settle(self, market: int, price: int) -> None:
        """End a market at a price; funding stands still from now on."""
        require(market in self.markets, "engine: unknown market")
        here = self.markets[market]
        require(here.mode != Mode.SETTLED, "engine: bad mode")
        require(0 < price <= LOT_PRICE, "engine: bad price")
        here.mode, here.batches, here.settled_at = Mode.SETTLED, 0, self.time
        here.exact_index, here.growth, here.funded_at = here.exact(self.time), 0, self.time
        here.mark = replace(
            here.mark, mark=price, index=price, low=price, high=price, status=Status.LIVE, time=self.time
        )

    @_all_or_nothing
    def settle_position(self, account: int, market: int, by_liquidator: bool = False) -> None:
        """Close a position of a settled market at its last price, rounded against the account."""
        require(market in self.markets, "engine: unknown market")
        here = self.markets[market]
        require(here.mode == Mode.SETTLED, "engine: market not settled")
        opened = here.settled_at + SETTLEMENT_DELAY
        require(by_liquidator or self.time >= opened, "engine: settlement not open")
        self._enter(account, market)
        _, fills, exposure = here.book.cancel_all(account)
        self._book(account, market, fills, exposure)
        lots = self._position(account, market).lots
        if lots:
            worth = floor(Fraction(lots * here.mark.mark, here.one))
            self._change(account, market, -lots, worth, -lots * here.index(self.time), 0, NO_ORDERS)

    def _forced(self, market: int) -> Market:
        require(market in self.markets, "engine: unknown market")
        due = self.markets[market].mark.due
        require(not due or self.time < due, "engine: batch is due")
        return self.markets[market]

    # ------------------------------------------------------------ views

    def _position(self, account: int, market: int) -> Position:
        return self.account(account).positions.get(market) or Position()

    def account(self, account: int) -> Account:
        """An account, for reading."""
        return self.accounts.get(account) or Account()

    def band(self, market: int) -> tuple[int, int]:
        """Lowest and highest tick that an order may have."""
        here = self.markets[market]
        slack = floor(Fraction(here.mark.mark * here.settings.band_bps, BPS))
        one = here.unit * here.one
        lowest, highest = Fraction(here.mark.mark - slack, one), Fraction(here.mark.mark + slack, one)
        return ceil(lowest), min(floor(highest), MAX_TICK)

    def margin(self, account: int, unkind: bool = False, doubled: int | None = None) -> Margin:
        """Of an account at the stored marks, as it was last settled."""
        equity, initial, maintenance, losses = self.account(account).collateral, 0, 0, 0
        statuses = set()
        for market, position in self.account(account).positions.items():
            here = self.markets[market]
            lots, mark = position.lots, here.mark
            if lots:
                statuses.add(mark.status)
                at = mark.mark
                if unkind:
                    low, high = mark.index, mark.index
                    if mark.status == Status.DEGRADED:
                        low, high = mark.low, mark.high
                    at = min(at, low) if lots > 0 else max(at, high)
                equity += position.cash + floor(Fraction(lots * at, here.one))
                equity -= ceil(position.owed(here, self.time))
                maintenance += ceil(Fraction(abs(lots) * mark.mark * mark.maintenance_ppm, PPM * here.one))
            worst = max(abs(lots), position.long, position.short)
            rate = mark.initial_ppm * (2 if market == doubled else 1)
            if unkind:  # others' orders do not keep anybody's money here
                rate = here.fractions(self.time)[0]
            lost = self._losses(here, account, position)
            initial += ceil(Fraction(worst * mark.mark * rate, PPM * here.one)) + lost
            losses += lost
        return Margin(equity, initial, maintenance, losses, frozenset(statuses))

    def liquidation_price(self, account: int, market: int, lots: int = 0, tick: int = 0) -> int:
        """The mark that leaves an account less than its maintenance margin, after a trade; 0: no mark does.

        Margin is computed anew at each mark tried. Halving starts at the ends: equity and margin round apart,
        so that near the price there may be several such marks.
        """
        here, mine = self.markets[market], deepcopy(self.account(account))
        position = mine.positions.setdefault(market, Position())
        worth = lots * tick * here.unit
        rates = here.settings.taker_ppm, mine.sharing.builder_ppm if mine.sharing else 0
        mine.collateral -= sum(ceil(Fraction(abs(worth) * rate, PPM)) for rate in rates)
        position.basis -= abs(position.lots) * (here.losses - position.borne)
        position.borne = here.losses
        position.lots += lots
        position.cash -= worth
        position.basis += lots * here.index(self.time)
        if not position.lots:
            return 0
        bad, good = (1, LOT_PRICE) if position.lots > 0 else (LOT_PRICE, 1)
        if not self._is_short_at(bad, mine, account, market):
            return 0
        if self._is_short_at(good, mine, account, market):
            return good
        while abs(good - bad) > 1:
            middle = (good + bad) // 2
            if self._is_short_at(middle, mine, account, market):
                bad = middle
            else:
                good = middle
        return bad

    def _is_short_at(self, mark: int, mine: Account, account: int, market: int) -> bool:
        """Whether an account as it is given would be below maintenance margin at a mark."""
        here, accounts = self.markets[market], self.accounts
        before = here.mark
        here.mark, self.accounts = replace(before, mark=mark), {**accounts, account: mine}
        standing = self.margin(account)
        here.mark, self.accounts = before, accounts
        return standing.equity < standing.maintenance

    def worth(self, account: int) -> Worth:
        """Of an account at the stored marks, as it was last settled."""
        unkind = self.margin(account, unkind=True)
        doubt = 0
        for market, position in self.account(account).positions.items():
            here = self.markets[market]
            prices = [here.mark.mark, here.mark.index]
            if here.mark.status == Status.DEGRADED:
                prices = [here.mark.mark, here.mark.low, here.mark.high]
            doubt += ceil(Fraction(abs(position.lots) * (max(prices) - min(prices)), here.one))
        free = min(self.account(account).collateral, unkind.equity - unkind.initial)
        return Worth(unkind.equity, unkind.equity + doubt, unkind.initial, max(0, free), unkind.statuses)

    def open_interest(self, market: int) -> tuple[int, int, int, int]:
        """Sums over all accounts of what they may hold long, and short; and of what they hold."""
        held = [
            account.positions[market] for account in self.accounts.values() if market in account.positions
        ]
        return (
            sum(position.long for position in held),
            sum(position.short for position in held),
            sum(max(0, position.lots) for position in held),
            sum(max(0, -position.lots) for position in held),
        )

    # ------------------------------------------------------------ governance

    def list_market(
        self,
        market: int,
        lot_size: int,
        tick_size: int,
        interval: int,
        min_lots: int,
        settings: MarketSettings,
    ) -> None:
        """Open a market; bounds are the contract's alone."""
        unit = Fraction(lot_size * tick_size * self.token_unit, 10**36)
        require(unit.denominator == 1 and unit > 0, "engine: bad tick size")
        scale = PRICE_BITS - TICK_BITS - int(unit).bit_length()
        book = Book(interval, min_lots, self.time)
        here = Market(settings, book, [int(unit)], scale, lot_size, sampled_at=self.time, funded_at=self.time)
        self.markets[market] = here
        self._mark(market, self.record(market), 0, traded=False, due=book.market().due)

    @_all_or_nothing
    def configure_market(self, market: int, settings: MarketSettings) -> None:
        """Replace settings, by a step a day; bounds are the contract's alone."""
        here = self.markets[market]
        if not lowers_caps_alone(here.settings, settings):
            require(not is_early(here.changed_at, self.time), "engine: too soon")
            check_steps(here.settings, settings)
            here.changed_at = self.time
        self._configure(here, settings, self.time + RAMP)

    @_all_or_nothing
    def tighten(
        self, market: int, initial_ppm: int, maintenance_bps: int, open_cap: int, account_cap: int
    ) -> None:
        """The guardian raises margins and lowers caps."""
        here, before = self.markets[market], self.markets[market].settings
        after = replace(
            before,
            initial_ppm=initial_ppm,
            maintenance_bps=maintenance_bps,
            open_cap=open_cap,
            account_cap=account_cap,
        )
        margins = initial_ppm >= before.initial_ppm and after.maintenance_ppm >= before.maintenance_ppm
        caps = open_cap <= before.open_cap and account_cap <= before.account_cap
        require(margins and caps, "engine: would loosen")
        end = self.time + GUARDED_RAMP
        if here.ramp is not None:
            end = max(end, here.ramp.end)
        if not lowers_caps_alone(before, after):
            is_ripe = self.time >= here.raised_at + RAISED_EVERY
            require(is_ripe, "engine: too soon")
            check_steps(before, after)
            here.raised_at = self.time
        self._configure(here, after, end)

    def _configure(self, here: Market, settings: MarketSettings, end: int) -> None:
        before = here.settings
        if (before.initial_ppm, before.maintenance_bps) != (settings.initial_ppm, settings.maintenance_bps):
            initial, maintenance = here.fractions(self.time)
            initial = min(initial, settings.initial_ppm)
            maintenance = min(maintenance, settings.maintenance_ppm)
            rises = (initial, maintenance) != (settings.initial_ppm, settings.maintenance_ppm)
            here.ramp = Ramp(initial, maintenance, self.time, end) if rises else None
        here.settings = settings

    @_all_or_nothing
    def configure_book(self, market: int, interval: int, min_lots: int) -> None:
        """Other batches, by a step a day."""
        here = self.markets[market]
        require(interval <= MAX_INTERVAL, "engine: bad time")
        now = here.book.market()
        large = is_large(now.interval, interval, INTERVAL_STEP)
        require(not large and not is_large(now.min_lots, min_lots, MIN_LOTS_STEP), "engine: step too large")
        require(not is_early(here.book_changed_at, self.time), "engine: too soon")
        here.book_changed_at = self.time
        here.book.configure(interval, min_lots)

    @_all_or_nothing
    def restrict(self, market: int, mode: Mode) -> None:
        """The guardian sets a stricter mode, in which reductions go on."""
        here = self.markets[market]
        require(mode in (Mode.POST_ONLY, Mode.REDUCE_ONLY), "engine: bad mode")
        require(mode > here.mode, "engine: would loosen")
        here.mode, here.batches = mode, 0

    @_all_or_nothing
    def pause_deposits(self) -> None:
        """The guardian stops deposits into accounts without positions."""
        self.deposits_paused = True

    @_all_or_nothing
    def pause_withdrawals(self) -> None:
        """The guardian stops withdrawals for a day, once."""
        require(not self.withdrawals_paused, "engine: paused before")
        self.withdrawals_paused, self.gate = True, max(self.gate, self.time + PAUSE)

    @_all_or_nothing
    def unpause(self) -> None:
        """The owner opens deposits, and lets the guardian pause withdrawals once more."""
        self.deposits_paused = self.withdrawals_paused = False

    def set_mode(self, market: int, mode: Mode) -> None:
        """Another mode; while a market is halted its funding stands still. A settled one stays so."""
        here = self.markets[market]
        require(Mode.SETTLED not in (here.mode, mode), "engine: bad mode")
        restarts = here.mode != Mode.ACTIVE and mode == Mode.ACTIVE
        here.batches = here.settings.restart_batches if restarts else 0
        here.mode = Mode.POST_ONLY if here.batches else mode
        if mode == Mode.HALTED:
            here.exact_index, here.growth, here.funded_at = here.exact(self.time), 0, self.time

    def rescale(self, market: int, tick_size: int) -> None:
        """Another tick size; all open orders become void."""
        here = self.markets[market]
        here.book.rescale()
        here.units.append(here.lot_size * tick_size * self.token_unit // 10**36)
        here.mark = replace(here.mark, due=here.book.market().due)

    # ------------------------------------------------------------ around an action

    def _enter(self, account: int, market: int) -> Market:
        require(market in self.markets, "engine: unknown market")
        due = self.markets[market].mark.due
        if due and self.time >= due:
            self._run(market, account)
        return self.markets[market]

    @staticmethod
    def _check_mode(here: Market, order: NewOrder) -> None:
        require(here.mode < Mode.HALTED, "engine: market halted")
        calm = order.post_only or order.reduce_only
        require(here.mode != Mode.POST_ONLY or calm, "engine: post-only mode")

    def _after(self, account: int, market: int, new: Sequence[NewOrder], long: int, short: int) -> None:
        here = self.markets[market]
        self._settle_all(account, but=market)
        long = long if any(not order.is_ask for order in new) else 0
        short = short if any(order.is_ask for order in new) else 0
        grew = long > 0 or short > 0
        require(not (grew and any(order.reduce_only for order in new)), "engine: would not reduce")
        allowed = terms(Action.OPEN if grew else Action.REDUCE, here.mark.status)
        require(allowed != Terms.REFUSED, "engine: price not fit")
        doubled = None
        if grew:
            require(here.mode != Mode.REDUCE_ONLY, "engine: reduce-only mode")
            sides = zip(self.open_interest(market)[:2], (long, short), strict=True)
            full = any(mine and all_of > here.settings.open_cap for all_of, mine in sides)
            require(not full, "engine: open interest cap")
            require(max(long, short) <= here.settings.account_cap, "engine: account cap")
            doubled = market if Terms.DOUBLE_MARGIN in allowed else None
        standing = self.margin(account, doubled=doubled)
        if standing.equity < standing.initial:
            require(not grew and self._may_reduce(account, market, standing), "engine: margin missed")
        if here.mark.due == 0:
            self._run(market, account)
            self._settle(account, market)

    def _may_reduce(self, account: int, market: int, standing: Margin) -> bool:
        """Whether a fill at the limit leaves equity no less of maintenance margin than it was."""
        position = self.account(account).positions[market]
        here = self.markets[market]
        if standing.equity <= 0 or not position.lots:
            return False
        held = abs(position.lots)
        closing = position.orders.ask_lots if position.lots > 0 else position.orders.bid_lots
        maintenance = ceil(Fraction(held * here.mark.mark * here.mark.maintenance_ppm, PPM * here.one))
        released = floor(Fraction(maintenance * min(closing, held), held))
        losses = self._losses(here, account, position)
        return losses * standing.maintenance <= standing.equity * released

    def _losses(self, here: Market, account: int, position: Position) -> int:
        """The most that open orders can lose against the mark by filling, whichever of them do."""
        orders, mark = position.orders, Fraction(here.mark.mark, here.one)
        notional = (orders.bid_notional + orders.ask_notional) * here.unit
        sharing = self.account(account).sharing
        fee = ceil(Fraction(notional * here.settings.taker_ppm, PPM))
        fee += ceil(Fraction(notional * (sharing.builder_ppm if sharing else 0), PPM))
        bids = ceil(orders.bid_lots * max(Fraction(0), position.highest_bid * here.unit - mark))
        asks = ceil(orders.ask_lots * max(Fraction(0), mark - position.lowest_ask * here.unit))
        return fee + bids + asks

    def _release(self, account: int, amount: int) -> None:
        require(amount <= MAX_COLLATERAL, "engine: amount too large")
        require(self.time >= self.gate, "engine: withdrawals gated")
        self._settle_all(account, now=True)
        standing = self.margin(account, unkind=True)
        require(not standing.statuses & {Status.STALE, Status.HALTED}, "engine: price not fit")
        require(standing.equity - standing.initial >= amount, "engine: margin missed")
        self._credit(account, -amount)
        require(self.account(account).collateral >= 0, "engine: margin missed")

    def _settle_all(self, account: int, but: int | None = None, now: bool = False) -> None:
        for market, position in sorted(self.account(account).positions.items(), reverse=True):
            if market != but and (position.orders.bid_lots or position.orders.ask_lots):
                self._settle(account, market)
            here = self.markets[market]
            if self.time - here.mark.time <= (0 if now else here.settings.max_mark_age):
                continue
            if here.mode == Mode.SETTLED:
                here.mark = replace(here.mark, time=self.time)
            else:
                self._mark(market, self.record(market), 0, traded=False, due=here.mark.due)

    def _settle(self, account: int, market: int) -> None:
        self._book(account, market, *self.markets[market].book.sync(account))

    # ------------------------------------------------------------ the ledger

    def _credit(self, account: int, amount: int) -> None:
        self.accounts.setdefault(account, Account()).collateral += amount

    def _book(
        self, account: int, market: int, fills: Fills, exposure: Exposure, new: Sequence[NewOrder] = ()
    ) -> tuple[int, int]:
        """Book fills, and orders that were placed just now; what the account may then hold long and short."""
        here = self.markets[market]
        unit = here.units[fills.grid]
        charged = (
            fills.maker_notional * here.settings.maker_ppm + fills.taker_notional * here.settings.taker_ppm
        )
        fee = ceil(Fraction(charged * unit, PPM))
        limits = [(order.is_ask, order.tick) for order in new]
        self._change(account, market, fills.lots, fills.cash * unit, fills.basis, fee, exposure, limits)
        had = self.account(account).collateral
        self._share(account, (fills.maker_notional + fills.taker_notional) * unit, fee)
        self._note_deficit(account, market, had)
        position = self.account(account).positions.get(market) or Position()
        sides = position.long, position.short
        if here.mark.due == 0 or self.time < here.mark.due:
            self._trim(account, market)
        return sides

    def _share(self, account: int, worth: int, fee: int) -> None:
        """A referrer's part of a fee, and what a builder gets on top of it."""
        sharing = self.account(account).sharing
        if sharing and worth:
            referral = max(0, fee) * self.referral_bps.get(sharing.referrer, 0) // BPS
            built = ceil(Fraction(worth * sharing.builder_ppm, PPM))
            self._credit(self.fee_account, -referral)
            self._credit(sharing.referrer << 8, referral)
            self._credit(account, -built)
            self._credit(sharing.builder << 8, built)

    def _trim(self, account: int, market: int) -> None:
        """Take reduce-only orders off the book as far as they have nothing to reduce."""
        book = self.markets[market].book
        position = self.account(account).positions.get(market) or Position()
        room = {True: max(0, position.lots), False: max(0, -position.lots)}
        for order in book.open_orders(account):
            if order.reduce_only:
                kept = min(order.lots, room[order.is_ask])
                room[order.is_ask] -= kept
                if kept < order.lots:
                    left = book.cancel(account, order.order_id, order.lots - kept)[2]
                    self._change(account, market, 0, 0, 0, 0, left)

    def _change(
        self,
        account: int,
        market: int,
        lots: int,
        cash: int,
        basis: int,
        fee: int,
        orders: Exposure,
        limits: Sequence[tuple[bool, int]] = (),
    ) -> None:
        here = self.markets[market]
        mine = self.accounts.setdefault(account, Account())
        position = mine.positions.setdefault(market, Position())
        if fee < 0:  # out of fees, and no further than they go
            fee = -min(-fee, max(0, self.account(self.fee_account).collateral))
        had = mine.collateral
        realised = realised_of(position.lots, position.cash, lots, cash)
        position.cash += cash - realised
        position.basis += basis
        exact = position.owed(here, self.time, more=lots)
        owed = ceil(exact)
        position.lots += lots
        left = int((owed - exact) * here.one)  # paid ahead
        position.basis = position.lots * here.index(self.time) + left if position.lots else 0
        position.borne = here.losses
        position.orders = orders
        bids = [position.highest_bid, *(tick for is_ask, tick in limits if not is_ask)]
        asks = [tick for is_ask, tick in limits if is_ask]
        asks += [position.lowest_ask] if position.lowest_ask else []
        position.highest_bid = max(bids) if orders.bid_lots else 0
        position.lowest_ask = min(asks) if orders.ask_lots else 0
        mine.collateral += realised - owed - fee
        if position.is_empty:
            del mine.positions[market]
        require(len(mine.positions) <= MAX_MARKETS, "engine: too many markets")
        self._credit(self.fee_account, fee)
        self._note_deficit(account, market, had)

    def _note_deficit(self, account: int, market: int, before: int) -> None:
        """Whose trades took most of what an account has not, since it last had something."""
        now = self.account(account).collateral
        if now < 0:
            taken = max(0, min(before, 0) - now)
            if before >= 0 or taken > self.owing.get(account, (0, 0))[1]:
                self.owing[account] = market, taken

    # ------------------------------------------------------------ auctions

    def _run(self, market: int, runner: int) -> Clearing | None:
        here = self.markets[market]
        require(here.mark.due <= self.time, "engine: batch not due")
        if here.mode == Mode.SETTLED:
            here.mark = replace(here.mark, time=self.time, due=here.book.postpone())
            return None
        seen = self.record(market)
        if here.mode >= Mode.HALTED or seen.status == Status.HALTED:
            reason = "engine: market halted" if here.mode >= Mode.HALTED else "engine: price not fit"
            require(here.mark.due != 0, reason)
            self._mark(market, seen, 0, traded=False, due=here.book.postpone())
            return None
        quotes = self._quotes(market, here, seen)
        cleared = here.book.clear(here.tick(here.mark.mark), here.index(self.time), quotes)
        if here.batches and (here.mark.due or here.mark.time != self.time):
            here.batches -= 1
            here.mode = Mode.POST_ONLY if here.batches else Mode.ACTIVE
        lots = cleared.vault_bought - cleared.vault_sold
        if cleared.vault_bought or cleared.vault_sold:
            cash, basis = -lots * cleared.price * here.unit, lots * here.index(self.time)
            self._change(self.vault_account, market, lots, cash, basis, 0, NO_ORDERS)
        price = cleared.price * here.unit * here.one
        counts = cleared.lots >= here.settings.impact_lots
        if not counts:
            index = lot_price(here, seen.price, self.token_unit)
            bid, ask = (tick * here.unit * here.one for tick in here.book.impact(here.settings.impact_lots))
            price = bid if bid > index else ask if 0 < ask < index else index
            price = price if here.mark.due else 0
        self._mark(market, seen, price, counts, here.book.market().due)
        if cleared.traded:
            pot = self.account(self.tip_account).collateral
            fees = cleared.lots * cleared.price * here.unit * here.settings.taker_ppm
            tip = max(0, min(here.settings.tip, floor(Fraction(fees, 10 * PPM)), pot))
            self._credit(self.tip_account, -tip)
            self._credit(runner, tip)
        return cleared

    def _quotes(self, market: int, here: Market, seen: Price) -> VaultQuotes:
        """What the vault quotes, on a price of after the batch's close that is fit for it."""
        due = here.mark.due
        if self.quoter is None or not due:
            return NO_QUOTES
        is_news = seen.published_at > due and not seen.troubles & (Trouble.MOVE_LIMITED | Trouble.OUTDATED)
        if not is_news or terms(Action.QUOTE, seen.status) == Terms.REFUSED:
            waits = self.time < due + here.settings.price_grace and seen.status != Status.STALE
            require(not waits, "engine: awaiting price")
            return NO_QUOTES
        mine = self.account(self.vault_account)
        position = mine.positions.get(market) or Position()
        if len({*mine.positions, market}) > MAX_MARKETS or position.orders != NO_ORDERS:
            return NO_QUOTES
        owed = position.owed(here, self.time)
        index, low, high = (
            lot_price(here, one, self.token_unit) for one in (seen.price, seen.low, seen.high)
        )
        quotes = self.quoter(
            Question(
                market=market,
                unit=here.unit,
                mark=here.tick(index),
                low=here.tick(low),
                high=here.tick(high + here.unit * here.one - 1),
                wider=seen.status == Status.DEGRADED,
                lots=position.lots,
                collateral=mine.collateral,
                profit=position.cash + floor(Fraction(position.lots * index, here.one)) - ceil(owed),
            )
        )
        # no further than the cap of its side, but to close what the vault has
        cap, (long, short, *_) = here.settings.open_cap, self.open_interest(market)
        return replace(
            quotes,
            bid_lots=min(quotes.bid_lots, max(0, cap - long) + max(0, -position.lots)),
            ask_lots=min(quotes.ask_lots, max(0, cap - short) + max(0, position.lots)),
        )

    def _mark(self, market: int, seen: Price, price: int, traded: bool, due: int) -> None:
        open_lots = max(self.open_interest(market)[2:])
        mark_market(self.markets[market], seen, price, traded, due, self.time, open_lots, self.token_unit)
