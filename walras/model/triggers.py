"""Trigger orders: the exact reference that contracts/TriggerOrders.vy is compared with.

Names, arguments and units are those of interfaces/ITriggerOrders.vyi. It acts on the model of the engine, and
knows the grants that accounts give it there, which that model does not. Events, gas and the token's own
refusals are not its matter; docs/risk.md tells the rules in prose.
"""

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, replace
from enum import IntEnum
from fractions import Fraction
from functools import wraps
from math import ceil, floor
from typing import Any, Final

from walras.model.account import Position
from walras.model.actions import Status
from walras.model.book import MAX_ORDER, MAX_TICK, NewOrder
from walras.model.engine import Engine
from walras.model.insurance import NOBODY
from walras.model.market import Market
from walras.model.revert import Revert, require

BPS: Final = 10_000
MAX_TRIGGERS: Final = 64
MAX_TIME: Final = 2**32 - 1
MAX_TIP: Final = 2**80 - 1
PLACE: Final = 1
REDUCE: Final = 4


class Kind(IntEnum):
    """What it does, and when."""

    STOP_MARKET = 1
    STOP_LIMIT = 2
    TAKE_MARKET = 4
    TAKE_LIMIT = 8
    TRAILING = 16


class Source(IntEnum):
    """Which price is its reference."""

    MARK = 1
    INDEX = 2
    CLEARING = 4


class End(IntEnum):
    """Why one that was not executed is gone."""

    CANCELLED = 1
    PARTNER = 2
    EXPIRED = 4
    CLOSED = 8
    RESCALED = 16


LIMITS: Final = (Kind.STOP_LIMIT, Kind.TAKE_LIMIT)


@dataclass(frozen=True, slots=True)
class NewTrigger:
    """As the interface tells."""

    market: int = 0
    kind: int = Kind.STOP_MARKET
    source: int = Source.MARK
    is_ask: bool = True
    tick: int = 0
    limit: int = 0
    slippage: int = 0
    slippage_in_bps: bool = False
    distance: int = 0
    distance_in_bps: bool = False
    lots: int = 0
    reduce_only: bool = True
    attached: bool = False
    expiry: int = 0
    order_expiry: int = 0
    tip: int = 0


@dataclass(slots=True)
class Trigger:
    """One that waits."""

    account: int
    terms: NewTrigger
    grid: int
    is_long: bool
    extreme: int
    slot: int
    partner: int = 0
    parked: str = ""

    @property
    def owner(self) -> int:
        """Who placed it."""
        return self.account >> 8

    @property
    def is_above(self) -> bool:
        """It waits for a price that is high enough: to buy on a stop, to sell on a take-profit."""
        stops = self.terms.kind in (Kind.STOP_MARKET, Kind.STOP_LIMIT, Kind.TRAILING)
        return stops != self.terms.is_ask


@dataclass(frozen=True, slots=True)
class Executed:
    """An order that was placed: its id in the model's book, and what it was."""

    order_id: int
    reference: int
    order: NewOrder
    tip: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What an execution would do."""

    ready: bool
    reason: str


@dataclass(slots=True)
class Grant:
    """What an account lets the triggers do in the engine."""

    permissions: int = 0
    actions: int = 0
    expiry: int = 0


def _all_or_nothing(call: Any) -> Any:
    @wraps(call)
    def guarded(self: "TriggerOrders", *args: Any, **kwargs: Any) -> Any:
        before = self.save()
        try:
            return call(self, *args, **kwargs)
        except Exception:
            self.restore(before)
            raise

    return guarded


class TriggerOrders:
    """All triggers. Owners and keepers are addresses as numbers."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.triggers: dict[int, Trigger] = {}
        self.numbers: Counter[int] = Counter()
        """How many triggers each account ever placed."""
        self.claimable: Counter[int] = Counter()
        self.grants: dict[int, Grant] = {}

    def save(self) -> Any:
        """All that calls change."""
        mine = deepcopy((self.triggers, self.numbers, self.claimable, self.grants))
        return mine, self.engine.save()

    def restore(self, saved: Any) -> None:
        """Back to what was saved."""
        mine, engine = saved
        self.triggers, self.numbers, self.claimable, self.grants = mine
        self.engine.restore(engine)

    # ------------------------------------------------------------ by the owner

    @_all_or_nothing
    def place(self, sender: int, account: int, terms: NewTrigger) -> int:
        """Place a trigger; its id."""
        require(account >> 8 == sender, "triggers: not the owner")
        return self._place(account, terms)

    @_all_or_nothing
    def place_pair(self, sender: int, account: int, first: NewTrigger, second: NewTrigger) -> tuple[int, int]:
        """Place two of which one cancels the other."""
        require(account >> 8 == sender, "triggers: not the owner")
        one, other = self._place(account, first), self._place(account, second)
        self.triggers[one].partner, self.triggers[other].partner = other, one
        return one, other

    @_all_or_nothing
    def cancel(self, sender: int, trigger_id: int) -> int:
        """Remove a trigger and its partner; the tips."""
        trigger = self._live(trigger_id)
        require(trigger.owner == sender, "triggers: not the owner")
        refund = self._remove(trigger_id)
        if trigger.partner:
            refund += self._remove(trigger.partner)
        return refund

    @_all_or_nothing
    def claim(self, sender: int, receiver: str) -> int:
        """Pay a credit."""
        require(receiver != NOBODY, "triggers: no receiver")
        amount = self.claimable[sender]
        require(amount > 0, "triggers: nothing to claim")
        self.claimable[sender] = 0
        return amount

    # ------------------------------------------------------------ by anyone

    @_all_or_nothing
    def execute(self, sender: int, trigger_id: int) -> Executed | End | str | int:
        """Execute: an order, why it was removed, why it is parked, or the new extreme."""
        trigger = self._live(trigger_id)
        terms, market = trigger.terms, trigger.terms.market
        if self._is_expired(trigger):
            return self._remove_alone(trigger_id, End.EXPIRED)
        self.engine.sync(trigger.account)
        due = self.engine.markets[market].mark.due
        if due and self.engine.time >= due:
            self.engine.sweep(sender << 8, market, [])
            self.engine.sync(trigger.account)
        why = self._void(trigger)
        if why:
            return self._remove_alone(trigger_id, why)
        reference = self._reference(terms)
        if self._is_better(trigger, reference):
            trigger.extreme = reference
            return reference
        require(self._is_triggered(trigger, reference), "triggers: not triggered")
        order = self._order(trigger, reference)
        if not order.lots:
            trigger.parked = "triggers: nothing to close"
            return trigger.parked
        try:
            order_id = self._place_order(trigger, order)
        except Revert as reason:
            trigger.parked = str(reason)
            return trigger.parked
        del self.triggers[trigger_id]
        self.claimable[sender] += terms.tip
        if trigger.partner:
            self._remove(trigger.partner)
        return Executed(order_id, reference, order, terms.tip)

    @_all_or_nothing
    def ratchet(self, trigger_id: int) -> int:
        """Move the extreme of a trailing stop; where it is."""
        trigger = self._live(trigger_id)
        require(trigger.terms.kind == Kind.TRAILING, "triggers: not trailing")
        self.engine.sync(trigger.account)
        reference = self._reference(trigger.terms)
        if self._is_better(trigger, reference):
            trigger.extreme = reference
        return trigger.extreme

    @_all_or_nothing
    def sweep(self, trigger_id: int) -> End:
        """Remove what has expired or is void."""
        trigger = self._live(trigger_id)
        if self._is_expired(trigger):
            return self._remove_alone(trigger_id, End.EXPIRED)
        self.engine.sync(trigger.account)
        why = self._void(trigger)
        if why is None:
            raise Revert("triggers: not void")
        return self._remove_alone(trigger_id, why)

    # ------------------------------------------------------------ views

    def of(self, account: int) -> list[int]:
        """Ids of an account's triggers, by slot."""
        mine = [one for one, trigger in self.triggers.items() if trigger.account == account]
        return sorted(mine, key=lambda one: self.triggers[one].slot)

    def price(self, trigger: Trigger) -> Fraction | None:
        """Lot price at which it triggers; None: no price does."""
        terms, here = trigger.terms, self.engine.markets[trigger.terms.market]
        if terms.kind != Kind.TRAILING:
            return Fraction(terms.tick * here.unit * here.one)
        distance = self._span(here, terms.distance, terms.distance_in_bps, trigger.extreme)
        price = trigger.extreme + (-distance if terms.is_ask else distance)
        return price if price > 0 else None

    def standing(self, trigger_id: int) -> Standing:
        """What an execution would do, at the stored marks."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            return Standing(False, "triggers: unknown trigger")
        if self._is_expired(trigger):
            return Standing(False, "triggers: expired")
        if self._void(trigger):
            return Standing(False, "triggers: void")
        try:
            reference = self._reference(trigger.terms)
        except Revert as reason:
            return Standing(False, str(reason))
        if not self._is_triggered(trigger, reference):
            return Standing(False, "triggers: not triggered")
        if not self._order(trigger, reference).lots:
            return Standing(False, "triggers: nothing to close")
        return Standing(True, trigger.parked)

    # ------------------------------------------------------------ placing

    def _place(self, account: int, terms: NewTrigger) -> int:
        taken = {trigger.slot for trigger in self.triggers.values() if trigger.account == account}
        require(len(taken) < MAX_TRIGGERS, "triggers: too many triggers")
        self._check(terms)
        require(terms.market in self.engine.markets, "engine: unknown market")
        trailing = terms.kind == Kind.TRAILING
        if trailing or terms.attached:
            self.engine.sync(account)
        lots = self._position(account, terms.market).lots
        if terms.attached:
            require(lots != 0, "triggers: no position")
            reduces = terms.is_ask == (lots > 0)
            require(reduces or not terms.reduce_only, "triggers: bad side")
        extreme = self._reference(terms) if trailing else 0
        self.numbers[account] += 1
        slot = min(set(range(MAX_TRIGGERS)) - taken)
        trigger_id = account << 46 | self.numbers[account] << 6 | slot
        grid = len(self.engine.markets[terms.market].units) - 1
        is_long = terms.attached and lots > 0
        self.triggers[trigger_id] = Trigger(account, terms, grid, is_long, extreme, slot)
        return trigger_id

    def _check(self, terms: NewTrigger) -> None:
        """The bounds."""
        require(terms.kind in list(Kind), "triggers: bad kind")
        require(terms.source in list(Source), "triggers: bad source")
        trailing, limit = terms.kind == Kind.TRAILING, terms.kind in LIMITS
        ticks = range(1, MAX_TICK + 1)
        require(terms.tick == 0 if trailing else terms.tick in ticks, "triggers: bad tick")
        require(terms.limit in ticks if limit else terms.limit == 0, "triggers: bad limit")
        most = BPS - 1 if terms.slippage_in_bps else MAX_TICK
        require(terms.slippage <= (0 if limit else most), "triggers: bad slippage")
        most = BPS - 1 if terms.distance_in_bps else MAX_TICK
        good = 1 <= terms.distance <= most if trailing else terms.distance == 0
        require(good, "triggers: bad distance")
        require(terms.lots <= MAX_ORDER, "triggers: bad size")
        require(terms.lots > 0 or terms.reduce_only, "triggers: bad size")
        for time in (terms.expiry, terms.order_expiry):
            require(time == 0 or self.engine.time < time <= MAX_TIME, "triggers: bad expiry")
        require(limit or terms.order_expiry == 0, "triggers: bad expiry")
        require(terms.tip <= MAX_TIP, "triggers: bad tip")

    # ------------------------------------------------------------ removing

    def _live(self, trigger_id: int) -> Trigger:
        require(trigger_id in self.triggers, "triggers: unknown trigger")
        return self.triggers[trigger_id]

    def _remove(self, trigger_id: int) -> int:
        trigger = self.triggers.pop(trigger_id)
        self.claimable[trigger.owner] += trigger.terms.tip
        return trigger.terms.tip

    def _remove_alone(self, trigger_id: int, why: End) -> End:
        partner = self.triggers[trigger_id].partner
        self._remove(trigger_id)
        if partner:
            self.triggers[partner].partner = 0
        return why

    # ------------------------------------------------------------ conditions

    def _position(self, account: int, market: int) -> Position:
        return self.engine.account(account).positions.get(market) or Position()

    def _is_expired(self, trigger: Trigger) -> bool:
        return 0 < trigger.terms.expiry <= self.engine.time

    def _void(self, trigger: Trigger) -> End | None:
        if len(self.engine.markets[trigger.terms.market].units) - 1 != trigger.grid:
            return End.RESCALED
        lots = self._position(trigger.account, trigger.terms.market).lots
        if trigger.terms.attached and not (lots > 0 if trigger.is_long else lots < 0):
            return End.CLOSED
        return None

    def _reference(self, terms: NewTrigger) -> int:
        here = self.engine.markets[terms.market]
        require(here.mark.status in (Status.LIVE, Status.DEGRADED), "triggers: price not fit")
        age = self.engine.time - here.mark.time
        require(age <= here.settings.max_mark_age, "triggers: mark too old")
        if terms.source == Source.CLEARING:
            require(here.clearing != 0, "triggers: no clearing price")
            return here.clearing
        return here.mark.index if terms.source == Source.INDEX else here.mark.mark

    @staticmethod
    def _is_better(trigger: Trigger, reference: int) -> bool:
        if trigger.terms.kind != Kind.TRAILING:
            return False
        return reference > trigger.extreme if trigger.terms.is_ask else reference < trigger.extreme

    def _is_triggered(self, trigger: Trigger, reference: int) -> bool:
        price = self.price(trigger)
        if price is None:
            return False
        return reference >= price if trigger.is_above else reference <= price

    @staticmethod
    def _span(here: Market, amount: int, in_bps: bool, of: int) -> Fraction:
        """A slippage or a distance as a lot price."""
        return Fraction(of * amount, BPS) if in_bps else Fraction(amount * here.unit * here.one)

    def _order(self, trigger: Trigger, reference: int) -> NewOrder:
        terms = trigger.terms
        lots = terms.lots
        if terms.reduce_only:
            position = self._position(trigger.account, terms.market)
            held, closing = position.lots, position.orders.ask_lots
            if not terms.is_ask:
                held, closing = -position.lots, position.orders.bid_lots
            lots = min(lots or MAX_ORDER, max(0, held - closing))
        is_limit = terms.kind in LIMITS
        return NewOrder(
            is_ask=terms.is_ask,
            tick=terms.limit if is_limit else self._market_tick(terms, reference),
            lots=lots,
            batch_only=not is_limit,
            reduce_only=terms.reduce_only,
            expiry=terms.order_expiry,
        )

    def _market_tick(self, terms: NewTrigger, reference: int) -> int:
        """As far from the reference as slippage and band allow."""
        here = self.engine.markets[terms.market]
        one = here.unit * here.one
        slack = self._span(here, terms.slippage, terms.slippage_in_bps, reference)
        lowest, highest = self.engine.band(terms.market)
        if terms.is_ask:
            tick = max(ceil((reference - slack) / one), lowest)
        else:
            tick = min(floor((reference + slack) / one), highest)
        return max(1, min(tick, MAX_TICK))

    def _place_order(self, trigger: Trigger, order: NewOrder) -> int:
        """Place in the engine, as the account's operator."""
        grant = self.grants.get(trigger.account, Grant())
        wanted = PLACE | (REDUCE if order.reduce_only else 0)
        require(grant.permissions & wanted != 0, "engine: not authorised")
        require(self.engine.time < grant.expiry, "engine: grant expired")
        require(grant.actions > 0, "engine: grant used up")
        order_id: int = self.engine.place(trigger.account, trigger.terms.market, order)
        self.grants[trigger.account] = replace(grant, actions=grant.actions - 1)
        return order_id
