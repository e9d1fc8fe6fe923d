"""The waterfall: the exact reference that contracts/LiquidationEngine.vy is compared with.

Names, units and results are those of interfaces/ILiquidationEngine.vyi; docs/risk.md tells the rules. Works
on the models of the engine and of the insurance fund. Money is whole token units; what is in between is a
Fraction until a rule rounds: what is taken from an account down, limits of orders towards the account.

A call that is refused leaves everything as it was.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from functools import wraps
from math import ceil, floor
from typing import Any, Final

from walras.model.account import Position
from walras.model.actions import Action, Status, Terms, terms
from walras.model.book import MAX_ORDER, MAX_TICK, NewOrder
from walras.model.engine import MAX_MARKETS, Engine
from walras.model.insurance import InsuranceFund
from walras.model.mark import LOT_PRICE
from walras.model.market import BPS, PPM, Mode
from walras.model.revert import Revert, require
from walras.model.stage import DEEP, Pending, Plan, Record, Round, Scene, Settings, Stage
from walras.model.steps import is_early, is_large

RANKS: Final = 8
NOTICE: Final = 30  # seconds
LAPSE: Final = 600
HALT: Final = 259_200
WINDOW: Final = 3_600
SCORE_ONE: Final = 2**32
MAX_SCORE: Final = 2**88 - 1
MAX_FAILURES: Final = 255
RUNNERS: Final = 1  # numbers of the fee receiver's accounts
PENALTIES: Final = 2
STEPS: Final = {
    "penalty_ppm": 5_000,
    "tip_bps": 500,
    "tip_cap": 1_000_000,
    "buffer_ppm": 5_000,
    "min_notional": 100_000_000,
    "patience": 1,
    "discount_ppm": 5_000,
    "unwind_ppm": 5_000,
}
"""Changes that are never too large."""


def _all_or_nothing(call: Any) -> Any:
    @wraps(call)
    def guarded(self: "Liquidation", *args: Any, **kwargs: Any) -> Any:
        before = self.save()
        self.engine.is_busy = True
        try:
            return call(self, *args, **kwargs)
        except Exception:
            self.restore(before)
            raise
        finally:
            self.engine.is_busy = False

    return guarded


class Liquidation:
    """Stages of an account that cannot carry its positions. Each is called by a keeper, an owner's number."""

    def __init__(
        self, engine: Engine, fund: InsuranceFund, me: int, owner: int, record: Callable[[int], Record]
    ) -> None:
        self.engine = engine
        self.fund = fund
        self.me = me
        self.own = me << 8
        self.owner = owner
        self.record = record
        self.backstop = 0
        self.settings: dict[int, Settings] = {}
        self.changed_at: dict[int, int] = {}
        """When a market's settings were last changed."""
        self.pendings: dict[tuple[int, int], Pending] = {}
        self.rounds: dict[tuple[int, int], Round] = {}
        self.keepers: dict[tuple[int, int], int] = {}
        """Who placed the liquidation's order of an account in a market."""
        self.unborne: dict[int, tuple[int, int]] = {}
        """Of an account's deficit, what nominees who were executed should have borne and could not; when."""
        self.reported: dict[int, int] = {}
        """When a market's price was last reported unfit."""

    @property
    def name(self) -> str:
        """What the fund knows it by."""
        return "0x" + self.me.to_bytes(20).hex()

    def save(self) -> Any:
        """All that calls change."""
        fund = deepcopy(vars(self.fund))
        mine = self.pendings, self.rounds, self.keepers, self.unborne, self.reported
        return self.engine.save(), fund, *(dict(one) for one in mine)

    def restore(self, saved: Any) -> None:
        """Back to what was saved."""
        engine, fund, self.pendings, self.rounds, self.keepers, self.unborne, self.reported = saved
        self.engine.restore(engine)
        vars(self.fund).update(fund)

    # ------------------------------------------------------------ governance

    def configure(self, market: int, settings: Settings) -> None:
        """How a market is liquidated."""
        fits = max(settings.penalty_ppm, settings.discount_ppm) <= 50_000
        fits = fits and settings.unwind_ppm <= settings.discount_ppm
        fits = fits and settings.tip_bps <= 5_000 and settings.tip_cap < 2**48
        fits = fits and settings.buffer_ppm <= 100_000 and settings.min_notional < 2**64
        require(fits and 1 <= settings.patience <= 255, "liquidation: bad settings")
        if market in self.settings:  # the first configuration is free
            before = self.settings[market]
            for name, least in STEPS.items():
                large = is_large(getattr(before, name), getattr(settings, name), least)
                require(not large, "liquidation: step too large")
            early = market in self.changed_at and is_early(self.changed_at[market], self.engine.time)
            require(not early, "liquidation: too soon")
            self.changed_at[market] = self.engine.time
        self.settings[market] = settings

    # ------------------------------------------------------------ stages

    @_all_or_nothing
    def cancel_orders(self, keeper: int, account: int, market: int) -> int:
        """Cancel orders of an account below initial margin; such as can only reduce, below maintenance."""
        settings = self._settings(market)
        scene = self._enter(keeper, account, market)
        require(scene.equity < scene.initial, "liquidation: margin is met")
        self._check_concluded(account, market)
        orders = self._position(account, market).orders
        reduces = orders.bid_lots <= max(0, -scene.lots) and orders.ask_lots <= max(0, scene.lots)
        is_theirs = scene.equity >= scene.maintenance or account == self.backstop
        require(not (reduces and is_theirs), "liquidation: nothing to cancel")
        count: int = self.engine.force_cancel(account, market)
        if count:
            tip = min(settings.tip_cap // 10, self._collateral(account) // 100)
            self.engine.force_payment(account, keeper << 8, tip)
        return count

    @_all_or_nothing
    def liquidate(self, keeper: int, account: int, market: int) -> None:
        """Put what has to be closed into the next auction."""
        settings = self._settings(market)
        last, here = self._pending(account, market), self.engine.markets.get(market)
        if here and not here.mark.due and not last.lots and last.failures:
            require(self.engine.time >= last.batch + NOTICE, "liquidation: no buyer now")
        scene = self._enter(keeper, account, market)
        self._check_liquidatable(scene)
        self._check_concluded(account, market)
        self.engine.force_cancel(account, market)
        plan, here = self._plan(account, market, settings, scene), scene.market
        is_ask = plan.lots < 0
        self.engine.force_payment(account, self.own, plan.penalty)
        self.keepers[account, market] = keeper
        self.pendings[account, market] = Pending(
            lots=abs(plan.lots),
            before=scene.held,
            held=plan.penalty,
            batch=here.book.market().batch,
            failures=self._failures(account, market),
            is_ask=is_ask,
        )
        self._reduce(account, market, is_ask, plan.tick, abs(plan.lots))
        if not here.mark.due:
            self._run(keeper, market)
            self.engine.sync(account)
            self._conclude(account, market)

    @_all_or_nothing
    def collect(self, keeper: int, account: int, market: int) -> None:
        """Conclude an order whose batch is over."""
        require(self._pending(account, market).lots > 0, "liquidation: no order is pending")
        self._enter(keeper, account, market)
        self._check_concluded(account, market)
        self._resolve(account)

    @_all_or_nothing
    def take_over(self, keeper: int, account: int, market: int, lots: int) -> None:
        """Let the backstop have a position, or a part of it that leaves no dust."""
        settings = self._settings(market)
        self._prepare_backstop(keeper, market)  # first: it trades at no older mark than its own
        scene = self._enter(keeper, account, market)
        self._check_deep(account, market, settings, scene)
        is_there = self.backstop and account != self.backstop and lots
        require(bool(is_there), "liquidation: backstop is full")
        self._clear_away(account, market)
        taken = min(lots, scene.held)
        if scene.worth(scene.held - taken) < settings.min_notional:
            taken = scene.held
        mark = scene.market.mark.mark
        most = floor(Fraction(scene.bearable(taken) * scene.market.one, taken))
        discount = min(floor(Fraction(mark * settings.discount_ppm, PPM)) + scene.gap, most)
        mine = self._position(self.backstop, market).lots
        shrinks = mine * scene.lots < 0 and abs(mine) >= taken
        self._trade(account, self.backstop, market, scene, taken, discount)
        standing = self.engine.margin(self.backstop)
        require(shrinks or standing.equity >= standing.initial, "liquidation: backstop is full")
        self._tip(keeper, settings, scene, taken)
        self._resolve(account)

    @_all_or_nothing
    def unwind(self, keeper: int, market: int) -> None:
        """Offer what the backstop has; take back what it offered where the price is not fit."""
        settings = self._settings(market)
        scene = self._enter(keeper, self.backstop, market)
        require(scene.lots != 0, "liquidation: no position")
        count = self.engine.force_cancel(self.backstop, market)
        if not self._is_fit(scene):
            require(count > 0, "liquidation: price not fit")
            self._conclude(self.backstop, market, now=True)
            return
        self._check_concluded(self.backstop, market)
        mark, index = scene.market.mark.mark, scene.market.mark.index
        distance = floor(Fraction(mark * settings.unwind_ppm, PPM))
        one = scene.market.unit * scene.market.one
        is_ask = scene.lots > 0
        if is_ask:
            tick = ceil(Fraction(max(mark, index) - distance, one))
        else:
            tick = floor(Fraction(min(mark, index) + distance, one))
        self._reduce(self.backstop, market, is_ask, tick, min(scene.held, MAX_ORDER))
        if not scene.market.mark.due:
            self._run(keeper, market)
            self.engine.sync(self.backstop)

    @_all_or_nothing
    def resolve(self, keeper: int, account: int) -> None:
        """Cover the deficit of an account without positions, where its last one was closed."""
        for market in sorted(self.engine.account(account).positions, reverse=True):
            due = self.engine.markets[market].mark.due
            if due and self.engine.time >= due:
                self._run(keeper, market)
        self.engine.sync(account)
        require(not self._held(account), "liquidation: order is pending")
        require(self._resolve(account), "liquidation: no deficit")

    @_all_or_nothing
    def nominate(self, keeper: int, account: int, market: int, nominee: int) -> None:
        """Name who is to take a part of a position."""
        settings = self._settings(market)
        now, here = self.engine.time, self._round(account, market)
        if here is None:
            self._prepare_backstop(keeper, market)  # whose room is asked for
        self._prepare(keeper, account, market)
        self._prepare(keeper, nominee, market)
        scene = self._look(account, market)
        if here is None:
            self._check_deep(account, market, settings, scene)
            self._check_full(market, settings, scene)
            here = Round(max(scene.market.mark.due, now + NOTICE))
        require(now < here.until, "liquidation: nominations closed")
        score = self._candidacy(account, market, nominee)
        require(score > 0, "liquidation: not eligible")
        ranked = self.ranked(here.nominees, nominee, score)
        again = any(who == nominee for who, _ in here.nominees)
        moved = ranked != here.nominees and (not again or self._is_better(here, ranked, nominee))
        if not moved:
            raise Revert("liquidation: already nominated" if again else "liquidation: score too low")
        self.rounds[account, market] = replace(here, nominees=ranked)

    @staticmethod
    def ranked(
        nominees: tuple[tuple[int, int], ...], nominee: int, score: int
    ) -> tuple[tuple[int, int], ...]:
        """The eight highest, with one more, or with another score of his."""
        others = [(who, his) for who, his in nominees if who != nominee]
        place = sum(his >= score for _, his in others)
        return tuple([*others[:place], (nominee, score), *others[place:]][:RANKS])

    @staticmethod
    def _is_better(before: Round, after: tuple[tuple[int, int], ...], nominee: int) -> bool:
        """Whether one who was there already stands further up."""
        old = [who for who, _ in before.nominees].index(nominee)
        return [who for who, _ in after].index(nominee) < old

    @_all_or_nothing
    def deleverage(self, keeper: int, account: int, market: int, most: int = RANKS) -> None:
        """Let so many nominees take a position, in their order; each bears what he would with all."""
        settings, most = self._settings(market), max(most, 1)
        self._prepare(keeper, account, market)
        here = self._round(account, market)
        if here is None:
            raise Revert("liquidation: no nominations")
        require(self.engine.time >= here.until, "liquidation: nominations open")
        for place, (nominee, _) in enumerate(here.nominees):
            if place < most or nominee | 1 == self.backstop:
                self._prepare(keeper, nominee, market)
        scene = self._look(account, market)
        self._check_deep(account, market, settings, scene)
        owed = max(0, -(self.engine.margin(account).equity + self._held(account)))
        unborne = min(owed, self.unborne_of(account))  # what others could not bear is nobody's
        # this position's part of it, and no more than it has lost: what is beyond was lost elsewhere
        price_loss = -self._position(account, market).cash - self._profit(account, market)[1]
        owed = min(floor((owed - unborne) * scene.behind), max(0, price_loss))
        # what the fund has is for the first lots: the fewer are taken, the less is left for each to bear
        capacity = self.fund.draw_capacity(market)
        worst = self._haircut(scene, max(0, owed - capacity), scene.held)
        takes, left = [], scene.held
        for nominee, _ in here.nominees:
            lots, rest = self._takes(market, scene, nominee, left, worst)
            takes.append((nominee, lots, rest))
            left -= lots
        able = []
        for nominee, lots, beyond in takes:  # those for which nobody has a profit that bears a haircut
            more = min(left, beyond)
            able.append((nominee, lots + more))
            left -= more
        ready = sum(lots for _, lots in able[:most])
        if ready:
            self._clear_away(account, market)
        deficit = asked = ceil(Fraction(owed * ready, scene.held))
        if ready + left != scene.held:  # the others have their part of what the fund has
            asked = min(deficit, floor(Fraction(capacity * ready, scene.held - left)))
        haircut = self._haircut(scene, deficit - self._insure(account, market, asked), ready)
        self._tip(keeper, settings, scene, ready)
        gap = missed = 0
        if ready:
            gap = min(scene.gap, floor(Fraction(scene.bearable(ready) * scene.market.one, ready)))
        for nominee, lots in able[:most]:
            if lots:
                if self._pending(nominee, market).lots:
                    self._clear_away(nominee, market)
                bearable = floor(Fraction(self._bears(nominee, market) * scene.market.one, lots))
                self._trade(account, nominee, market, scene, lots, gap - min(haircut, bearable))
                missed += ceil(Fraction(max(0, haircut - bearable) * lots, scene.market.one))
        if missed:
            self.unborne[account] = self.unborne_of(account) + missed, self.engine.time
        waiting = () if ready == scene.held else here.nominees[most:]
        if waiting:
            self.rounds[account, market] = replace(here, nominees=waiting)
        else:
            del self.rounds[account, market]
        self._resolve(account)

    # ------------------------------------------------------------ the end of a market

    @_all_or_nothing
    def report_halt(self, market: int) -> None:
        """Note that a market's price is not fit."""
        record = self.record(market)
        require(not record.is_fit, "liquidation: price is fit")
        require(self.reported.get(market, 0) <= record.time, "liquidation: reported already")
        self.reported[market] = self.engine.time

    @_all_or_nothing
    def settle(self, keeper: int, market: int) -> None:
        """End a market at the average of the last hour with a good price."""
        require(market in self.engine.markets, "engine: unknown market")
        last = self.record(market)
        silence = self.engine.time - last.time
        if keeper != self.owner:
            reported = self.reported.get(market, 0)
            is_long = reported > last.time and self.engine.time >= reported + HALT
            require(is_long and not last.is_fit, "liquidation: not halted so long")
        price, whole = last.price, last.average(silence + WINDOW)
        if whole is not None:  # what came after the last record is it, held
            price = max(0, floor(Fraction(whole * (silence + WINDOW) - last.price * silence, WINDOW)))
        here = self.engine.markets[market]
        exact = Fraction(price * here.lot_size * self.engine.token_unit * here.one, 10**36)
        self.engine.force_settle(market, max(1, min(floor(exact), LOT_PRICE)))

    @_all_or_nothing
    def settle_position(self, account: int, market: int) -> None:
        """Close a position of a settled market that ends with a deficit."""
        self.engine.sync(account)
        self._conclude(account, market)
        require(self.engine.margin(account).equity < 0, "liquidation: margin is met")
        self.engine.settle_position(account, market, by_liquidator=True)
        self._resolve(account)

    # ------------------------------------------------------------ views

    def health(self, account: int) -> tuple[int, int, int, Stage]:
        """Equity, initial and maintenance margin, and what may be called."""
        equity, standing = self._standing(account)
        stages = Stage.NONE
        if equity < standing.initial and account != self.backstop:  # its orders can only reduce
            stages |= Stage.CANCEL
        if equity < standing.maintenance:
            stages |= Stage.LIQUIDATE
            if equity < DEEP * standing.maintenance:
                stages |= Stage.TAKE_OVER
        if not standing.maintenance and equity < 0:
            stages |= Stage.RESOLVE
        return equity, standing.initial, standing.maintenance, stages

    def plan(self, account: int, market: int) -> Plan:
        """What `liquidate` would do, at the stored marks."""
        scene = self._look(account, market)
        is_due = scene.lots and scene.equity < scene.maintenance and scene.market.mode != Mode.SETTLED
        if market not in self.settings or not is_due:
            return Plan()
        return self._plan(account, market, self.settings[market], scene)

    def deleverage_score(self, nominee: int, market: int) -> int:
        """What a position would be ranked by."""
        return self._score(market, -self._position(nominee, market).lots, nominee)

    def deleverage_rank(self, account: int, market: int, nominee: int) -> int:
        """Place of an account among the nominees, were it nominated now; 0: it is not eligible."""
        score = self._candidacy(account, market, nominee)
        if not score:
            return 0
        here = self._round(account, market) or Round(0)
        return 1 + sum(his >= score for who, his in here.nominees if who != nominee)

    # ------------------------------------------------------------ how a stage begins

    def _settings(self, market: int) -> Settings:
        require(market in self.settings, "liquidation: not configured")
        return self.settings[market]

    def _enter(self, keeper: int, account: int, market: int) -> Scene:
        self._prepare(keeper, account, market)
        return self._look(account, market)

    def _prepare(self, keeper: int, account: int, market: int) -> None:
        """Run the auction that is due, settle the account, conclude its order if that is over."""
        require(market in self.engine.markets, "engine: unknown market")
        here = self.engine.markets[market]
        if here.mark.due and self.engine.time >= here.mark.due:
            self._run(keeper, market)
        self.engine.sync(account)
        self._conclude(account, market)

    def _prepare_backstop(self, keeper: int, market: int) -> None:
        """The account that takes over, where there is one."""
        if self.backstop:
            self._prepare(keeper, self.backstop, market)

    def _look(self, account: int, market: int) -> Scene:
        """A market and the account in it."""
        require(market in self.engine.markets, "engine: unknown market")
        here, lots = self.engine.markets[market], self._position(account, market).lots
        equity, standing = self._standing(account)
        own = ceil(Fraction(abs(lots) * here.mark.mark * here.mark.maintenance_ppm, PPM * here.one))
        behind = Fraction(own, standing.maintenance) if standing.maintenance else Fraction(0)
        marked = standing.equity + self._pending(account, market).held
        return Scene(here, lots, equity, marked, standing.initial, standing.maintenance, behind)

    def _run(self, keeper: int, market: int) -> None:
        """An auction, whose tip is the keeper's."""
        before = self._collateral(self.own)
        self.engine.run_auction(self.me, market)
        self.engine.force_payment(self.own, keeper << 8, self._collateral(self.own) - before)

    def _standing(self, account: int) -> tuple[int, Any]:
        """Equity, what is held of penalties with it, and margins; the kindest where a price is DEGRADED."""
        standing, worth = self.engine.margin(account), self.engine.worth(account)
        kindest = worth.high if Status.DEGRADED in worth.statuses else standing.equity
        return max(standing.equity, kindest) + self._held(account), standing

    @staticmethod
    def _is_fit(scene: Scene) -> bool:
        """Whether the market's price is one to liquidate at."""
        allowed = terms(Action.LIQUIDATE, scene.market.mark.status)
        return allowed != Terms.REFUSED and scene.market.mode != Mode.SETTLED

    def _check_concluded(self, account: int, market: int) -> None:
        require(not self._pending(account, market).lots, "liquidation: order is pending")

    def _check_liquidatable(self, scene: Scene) -> None:
        require(scene.equity < scene.maintenance, "liquidation: margin is met")
        require(scene.lots != 0, "liquidation: no position")
        require(scene.market.mode != Mode.SETTLED, "liquidation: market is settled")
        require(self._is_fit(scene), "liquidation: price not fit")

    def _check_deep(self, account: int, market: int, settings: Settings, scene: Scene) -> None:
        self._check_liquidatable(scene)
        is_patient = self._failures(account, market) < settings.patience
        require(scene.is_deep or not is_patient, "liquidation: not so deep")

    def _check_full(self, market: int, settings: Settings, scene: Scene) -> None:
        """The backstop takes neither all nor a part that is worth the gas."""
        if not self.backstop:
            return
        mine = self.engine.account(self.backstop).positions
        if len({*mine, market}) > MAX_MARKETS:
            return
        standing, mark = self.engine.margin(self.backstop), scene.market.mark
        spare = max(0, standing.equity - standing.initial)
        room = floor(Fraction(spare * PPM * scene.market.one, mark.mark * mark.initial_ppm))
        lots = self._position(self.backstop, market).lots
        if (lots > 0) != (scene.lots > 0):
            room += abs(lots)  # what it closes
        room = min(room, scene.held)
        is_worth_it = room == scene.held or scene.worth(room) >= settings.min_notional
        require(not (room and is_worth_it), "liquidation: backstop has room")

    # ------------------------------------------------------------ orders

    def _plan(self, account: int, market: int, settings: Settings, scene: Scene) -> Plan:
        """How much goes into the auction, at which limit, for which penalty."""
        here, mark = scene.market, Fraction(scene.market.mark.mark, scene.market.one)
        sharing = self.engine.account(account).sharing
        fees = Fraction(here.settings.taker_ppm + (sharing.builder_ppm if sharing else 0), PPM)
        lots = min(self._size(settings, scene, fees), MAX_ORDER)
        bearable = scene.bearable(lots)
        if scene.marked <= 0:
            fees = Fraction(0)  # it cannot bear them: its limit is the mark
        most = floor(Fraction(scene.worth(lots) * settings.penalty_ppm, PPM))
        penalty = min(most, bearable // 2, self._collateral(account), 2**72 - 1)
        if account | 1 == self.backstop:  # the vault's: what is held is in no share price
            penalty = 0
        # what a lot may lose, its fee included, in the fractions that lot prices have
        slack = Fraction(floor(Fraction((bearable - penalty) * here.one, lots)), here.one)
        if scene.lots > 0:
            tick = ceil(max(Fraction(0), mark - slack) / (1 - fees) / here.unit)
        else:
            tick = floor((mark + slack) / (1 + fees) / here.unit)
        return Plan(
            lots=-lots if scene.lots > 0 else lots,
            tick=max(1, min(tick, MAX_TICK)),
            penalty=penalty,
            tip=self._tip_of(settings, penalty),
        )

    def _size(self, settings: Settings, scene: Scene, fees: Fraction) -> int:
        """Lots to close: until equity is maintenance margin and a buffer again, all where no fewer do it."""
        worth, here = scene.worth(scene.held), scene.market
        if scene.is_deep or worth < settings.min_notional:
            return scene.held
        wanted = scene.maintenance + floor(Fraction(worth * settings.buffer_ppm, PPM))
        freed = Fraction(here.mark.maintenance_ppm + settings.buffer_ppm - settings.penalty_ppm, PPM) - fees
        if freed <= 0:
            return scene.held
        needed = (wanted - scene.equity) / (freed * Fraction(here.mark.mark, here.one))
        lots = min(scene.held, ceil(needed))
        return lots if scene.worth(scene.held - lots) >= settings.min_notional else scene.held

    def _reduce(self, account: int, market: int, is_ask: bool, tick: int, lots: int) -> None:
        tick = max(1, min(tick, MAX_TICK))
        order = NewOrder(is_ask=is_ask, tick=tick, lots=lots, batch_only=True, reduce_only=True)
        self.engine.force_order(account, market, order)

    def _clear_away(self, account: int, market: int) -> None:
        """Orders of an account, and a liquidation's, that stand in the way of another stage."""
        self.engine.force_cancel(account, market)
        self._conclude(account, market, now=True)

    def _conclude(self, account: int, market: int, now: bool = False) -> None:
        """Of an order whose batch is over the penalty on what was filled is kept, the rest goes back; all of
        it where the batch is not over: in a settled market, or where it is concluded `now` all the same.
        """
        pending = self._pending(account, market)
        if not pending.lots:
            return
        is_over, filled = self._filled(account, market)
        if not (is_over or now):
            return
        earned = floor(Fraction(pending.held * filled, pending.lots))
        tip = self._tip_of(self.settings[market], earned)
        failures = 0 if 2 * filled >= pending.lots else min(pending.failures + 1, MAX_FAILURES)
        if not is_over:  # nobody could buy
            failures = pending.failures
        self.pendings[account, market] = Pending(batch=self.engine.time, failures=failures)
        self.engine.force_payment(self.own, self.keepers[account, market] << 8, tip)
        self.engine.force_payment(self.own, self.engine.fee_account | PENALTIES, earned - tip)
        self.engine.force_payment(self.own, account, pending.held - earned)

    def _filled(self, account: int, market: int) -> tuple[bool, int]:
        """Whether a liquidation's order is over, its batch or the market, and its lots that filled."""
        pending, here = self._pending(account, market), self.engine.markets[market]
        if here.book.market().batch == pending.batch:
            return here.mode == Mode.SETTLED, 0
        lots = self._position(account, market).lots
        left = max(0, lots if pending.is_ask else -lots)
        return True, min(max(0, pending.before - left), pending.lots)

    @staticmethod
    def _tip_of(settings: Settings, penalty: int) -> int:
        """The keeper's part of an earned penalty."""
        return min(penalty * settings.tip_bps // BPS, settings.tip_cap)

    # ------------------------------------------------------------ money

    def _pending(self, account: int, market: int) -> Pending:
        return self.pendings.get((account, market), Pending())

    def _failures(self, account: int, market: int) -> int:
        """Orders in a row that found no buyer, each soon after the one before."""
        pending = self._pending(account, market)
        is_old = not pending.lots and self.engine.time >= pending.batch + LAPSE
        return 0 if is_old else pending.failures

    def _held(self, account: int) -> int:
        """Of an account's penalties, in all markets, whose outcome is open: they are its equity."""
        return sum(one.held for (who, _), one in self.pendings.items() if who == account)

    def _position(self, account: int, market: int) -> Position:
        return self.engine.account(account).positions.get(market) or Position()

    def _collateral(self, account: int) -> int:
        return max(0, self.engine.account(account).collateral)

    def _tip(self, keeper: int, settings: Settings, scene: Scene, lots: int) -> None:
        """A tenth of a taker's fee on what was done, out of the runners' pot."""
        fees = floor(Fraction(scene.worth(lots) * scene.market.settings.taker_ppm, 10 * PPM))
        pot = self.engine.fee_account | RUNNERS
        self.engine.force_payment(pot, keeper << 8, min(settings.tip_cap, fees, self._collateral(pot)))

    def _trade(self, account: int, to: int, market: int, scene: Scene, lots: int, off: int) -> None:
        """Hand lots on at the mark less `off` a lot for a long, plus it for a short."""
        mark = scene.market.mark.mark
        if scene.lots > 0:  # rounded towards the account
            cash = ceil(Fraction(lots * (mark - off), scene.market.one))
            self.engine.force_trade(account, to, market, -lots, cash)
        else:
            price = max(0, mark + off)
            cash = -floor(Fraction(lots * price, scene.market.one))
            self.engine.force_trade(account, to, market, lots, cash)

    def unborne_of(self, account: int) -> int:
        """What nominees who were executed not long ago could not bear."""
        amount, when = self.unborne.get(account, (0, -LAPSE))
        return amount if self.engine.time < when + LAPSE else 0

    def _insure(self, account: int, market: int, deficit: int) -> int:
        """What the fund pays; one that cannot stops nothing."""
        if not deficit or self.fund.engine.lower() != self.name:
            return 0
        paid = self.fund.draw(self.fund.engine, market, deficit).paid
        if paid:
            self.engine.deposit(account, paid, sender=self.me)
        return paid

    def _resolve(self, account: int) -> bool:
        """Cover what an account without positions lacks; False where nothing, or orders cannot go."""
        mine = self.engine.account(account)
        if mine.collateral >= 0 or self._held(account):
            return False
        if any(position.lots for position in mine.positions.values()):
            return False
        for where in sorted(mine.positions, reverse=True):
            due = self.engine.markets[where].mark.due
            if due and self.engine.time >= due:
                return False
            self.engine.force_cancel(account, where)
        self.unborne.pop(account, None)
        deficit, market = -mine.collateral, self.engine.owing.get(account, (0, 0))[0]
        rest = deficit - self._insure(account, market, deficit)
        if rest:
            self.engine.force_socialise(account, market, rest)
        return True

    # ------------------------------------------------------------ ranks

    def _round(self, account: int, market: int) -> Round | None:
        """The round for a position, unless it has lapsed."""
        here = self.rounds.get((account, market))
        return None if here is None or self.engine.time >= here.until + LAPSE else here

    def _profit(self, nominee: int, market: int) -> tuple[int, int]:
        """Unrealised, of a position, and what it is worth at the mark."""
        here, position = self.engine.markets[market], self._position(nominee, market)
        value = floor(Fraction(position.lots * here.mark.mark, here.one))
        return position.cash + value - ceil(position.owed(here, self.engine.time)), value

    def _score(self, market: int, lots: int, nominee: int) -> int:
        """(profit / cost) x (worth / equity), for who is on the other side with a profit."""
        require(market in self.engine.markets, "engine: unknown market")
        position = self._position(nominee, market)
        if position.lots * lots >= 0:
            return 0
        profit, value = self._profit(nominee, market)
        equity = self._equity(nominee, market)
        if profit <= 0 or equity <= 0:
            return 0
        if not position.cash:
            return MAX_SCORE
        gain = floor(Fraction(profit * SCORE_ONE, abs(position.cash)))
        leverage = floor(Fraction(abs(value) * SCORE_ONE, equity))
        return max(1, min(floor(Fraction(gain * min(leverage, 2**112), SCORE_ONE)), MAX_SCORE))

    def _bears(self, nominee: int, market: int) -> int:
        """Of a deficit: its profit, and no more than its equity, so that it owes nothing by it."""
        return max(0, min(self._profit(nominee, market)[0], self._equity(nominee, market)))

    def _equity(self, nominee: int, market: int) -> int:
        """With what is held for an order in the market, and is not earned: his when that is over."""
        pending, equity = self._pending(nominee, market), self.engine.margin(nominee).equity
        if not pending.lots:
            return equity
        _, filled = self._filled(nominee, market)
        return equity + pending.held - floor(Fraction(pending.held * filled, pending.lots))

    def _candidacy(self, account: int, market: int, nominee: int) -> int:
        """Score for as much of a position as a nominee can take; 0 where it may not be nominated."""
        lots = self._position(account, market).lots
        score = self._score(market, lots, nominee)
        if not score or nominee == account or self._is_dust(market, lots, nominee):
            return 0
        able = min(abs(lots), abs(self._position(nominee, market).lots))
        return max(1, score * able // abs(lots))

    def _is_dust(self, market: int, lots: int, nominee: int) -> bool:
        """Whether a position is too small to have a place among eight, beside a larger one."""
        here, size = self.engine.markets[market], abs(self._position(nominee, market).lots)
        least = self.settings[market].min_notional if market in self.settings else 0
        return size < abs(lots) and floor(Fraction(size * here.mark.mark, here.one)) < least

    @staticmethod
    def _haircut(scene: Scene, deficit: int, lots: int) -> int:
        """What each of some lots bears of a deficit, lot price."""
        return ceil(Fraction(deficit * scene.market.one, lots)) if lots else 0

    def _takes(self, market: int, scene: Scene, nominee: int, left: int, haircut: int) -> tuple[int, int]:
        """Lots of a nominee, on the other side, whose haircut it can bear; and those beyond them."""
        if not self._score(market, scene.lots, nominee):
            return 0, 0
        held = abs(self._position(nominee, market).lots)
        lots = min(left, held)
        if haircut:
            lots = min(lots, floor(Fraction(self._bears(nominee, market) * scene.market.one, haircut)))
        return lots, held - lots
