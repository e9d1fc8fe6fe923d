"""What the waterfall needs next for each account (docs/risk.md), and what the backstop is to sell.

The order of the stages, for one account:

1. a liquidation's order whose batch is over is concluded (`collect`), unless the next stage does that anyway;
2. below initial margin its open orders are cancelled, but for those that can only reduce its position;
3. below maintenance margin its positions go into the auction: the largest first, one market at a time; all of
   them where it is deep below, as then each would close whole;
4. deep below, or where orders found no buyer `patience` times, after `auctions_before_backstop` orders in a
row that found none, and at once where nothing is left: the backstop takes as much as its margin bears;
5. where the backstop has no room the nominator comes (`nomination`), and this keeper executes its rounds;
6. what owes and has no position is covered (`resolve`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from walras.chain.bindings.oracle_router import Status
from walras.chain.bindings.perp_engine import Mode
from walras.keepers.task import Task

PPM: Final = 1_000_000
BPS: Final = 10_000
MAX_MARKETS: Final = 16
"""In which an account may have something."""
LAPSE_S: Final = 600
"""Seconds in which a round of nominations is executed."""
NOTICE_S: Final = 30
"""Seconds between two orders in a market without batches, if the first found no buyer."""
NOMINEES_A_CALL: Final = 2
"""That are deleveraged in one transaction: one whose orders fill its slots may need four million gas."""
FIT: Final = (Status.LIVE, Status.DEGRADED)


@dataclass(frozen=True, slots=True)
class Terrain:
    """A market, for liquidations."""

    market: int
    mode: Mode
    status: Status
    mark: int
    """Lot price."""
    scale: int
    initial_ppm: int
    batch: int
    """Number of the batch that is open, or due; in it a new order takes part."""
    due: int
    min_notional: int
    """A position worth less closes whole, token units."""
    patience: int
    tip_cap: int
    """Largest tip, token units."""
    taker_ppm: int

    def worth(self, lots: int) -> int:
        """Of lots at the mark, token units, rounded down."""
        return abs(lots) * self.mark >> self.scale

    def tip(self, lots: int) -> int:
        """What the runners' pot pays at most for lots that are taken over or deleveraged, token units."""
        return min(self.tip_cap, self.worth(lots) * self.taker_ppm // (10 * PPM))


@dataclass(frozen=True, slots=True)
class Stake:
    """What an account has in a market."""

    market: int
    lots: int
    has_orders: bool
    """That may open: such as can only reduce the position stay."""
    pending_lots: int
    """Of a liquidation's order; 0: none is pending."""
    pending_batch: int
    """In which that takes part."""
    pending_held: int
    """Its penalty, token units, while it is pending."""
    failures: int
    """Orders in a row that found no buyer and still count, without the one that is pending."""
    plan_tip: int = 0
    """Of a liquidation now, if all of it is filled, token units."""
    round_until: int = 0
    """Until when nominations are open; 0: no round."""
    nominees: int = 0
    concluded_at: int = 0
    """When its last order was concluded, unix seconds; 0 while one is pending."""
    pending_filled: int = 0
    """Lots of a liquidation's order that were filled, once it is over."""
    pending_tip: int = 0
    """What concluding the order brings who runs this keeper, token units; 0 where another placed it."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account that needs something."""

    account: int
    equity: int
    """Token units, with what is held of penalties."""
    initial: int
    maintenance: int
    collateral: int
    stakes: tuple[Stake, ...]

    @property
    def is_deep(self) -> bool:
        """Below two thirds of maintenance margin."""
        return self.equity * 3 < self.maintenance * 2


@dataclass(frozen=True, slots=True)
class Backstop:
    """The account that takes over."""

    account: int
    """0: nobody."""
    spare: int
    """Equity above initial margin, token units."""
    lots: Mapping[int, int]
    """Its positions, by market."""
    pending: frozenset[int] = frozenset()
    """Markets in which it is liquidated itself."""
    offered: Mapping[int, int] = field(default_factory=dict)
    """Lots of its open orders, by market."""
    listed: frozenset[int] = frozenset()
    """Markets in which it has something."""

    def room(self, terrain: Terrain, lots: int) -> int:
        """Lots of a position that its margin bears, as LiquidationEngine reckons it."""
        if self.account == 0 or terrain.mark == 0:
            return 0
        if len(self.listed) >= MAX_MARKETS and terrain.market not in self.listed:
            return 0
        room = (max(self.spare, 0) * PPM << terrain.scale) // (terrain.mark * terrain.initial_ppm)
        own = self.lots.get(terrain.market, 0)
        if own and (own > 0) != (lots > 0):
            room += abs(own)
        return min(room, abs(lots))

    def after(self, terrain: Terrain, lots: int) -> "Backstop":
        """With so much less to spare, once it took lots over; those that close its own position count too."""
        needed = terrain.worth(lots) * terrain.initial_ppm // PPM
        return replace(self, spare=self.spare - needed)

    def part(self, terrain: Terrain, lots: int, bps: int) -> int:
        """Lots to take over: all, or so many bps of its room; of what leaves dust the contract takes all."""
        room, size = self.room(terrain, lots), abs(lots)
        if room == size:
            return size
        least = -(-(terrain.min_notional << terrain.scale) // terrain.mark)
        return max(1, min(room * bps // BPS, size - least))

    def is_full(self, terrain: Terrain, lots: int) -> bool:
        """Whether it can take neither the position nor a part of it that is worth the gas."""
        room = self.room(terrain, lots)
        return room == 0 or (room != abs(lots) and terrain.worth(room) < terrain.min_notional)


@dataclass(frozen=True, slots=True)
class LiquidationRules:
    """How the operator wants the waterfall run."""

    auctions_before_backstop: int = 1
    """Orders without a buyer before the backstop is asked for what is deep below maintenance margin."""
    unwind: bool = True
    """Whether to put what the backstop has into auctions."""
    room_bps: int = 9_800
    """Of the backstop's room, what it is asked to take: its margin fraction may grow with that."""


def decide(
    time: int,
    accounts: Sequence[Account],
    terrains: Mapping[int, Terrain],
    backstop: Backstop,
    rules: LiquidationRules,
) -> list[Task]:
    """What to call at a chain time, unix seconds: the account first that lacks most."""
    tasks: list[Task] = []
    left = backstop
    for account in sorted(accounts, key=_shortfall):
        found = _of(time, account, terrains, left, rules)
        for task in found:
            if task.function == "take_over":
                left = left.after(terrains[task.args[1]], task.args[2])
        tasks += found
    if rules.unwind:
        tasks += _unwinds(terrains, backstop)
    return tasks


def is_over(stake: Stake, terrain: Terrain) -> bool:
    """Whether a liquidation's order has had its auction, or will never have it: its market is settled."""
    is_past = terrain.due == 0 or terrain.batch != stake.pending_batch
    return stake.pending_lots != 0 and (is_past or terrain.mode == Mode.SETTLED)


def failures_of(stake: Stake, terrain: Terrain) -> int:
    """Orders in a row that found no buyer, one that is over included: any call concludes that first. What was
    filled by less than half found none.
    """
    if not is_over(stake, terrain):
        return stake.failures
    return stake.failures + 1 if stake.pending_filled * 2 < stake.pending_lots else 0


def found_in(account: Account, stake: Stake, terrain: Terrain) -> Account:
    """An account as a stage in a market finds it: an order that is over there is concluded first, and of its
    penalty what it has earned is gone.
    """
    if not is_over(stake, terrain):
        return account
    earned = stake.pending_held * stake.pending_filled // stake.pending_lots
    return replace(account, equity=account.equity - earned)


def may_take(account: Account, stake: Stake, terrain: Terrain, rules: LiquidationRules) -> bool:
    """Whether a position is for the backstop, or for nominees, now."""
    if stake.pending_lots and not is_over(stake, terrain):
        return account.is_deep and (account.equity <= 0 or terrain.mode == Mode.HALTED)
    failures = failures_of(stake, terrain)
    if account.is_deep:
        no_auction = account.equity <= 0 or terrain.mode == Mode.HALTED
        return no_auction or failures >= rules.auctions_before_backstop
    return failures >= terrain.patience


def _shortfall(account: Account) -> tuple[int, int]:
    """What is lacking of maintenance margin, the most first: dust waits for what may cost others."""
    return account.equity - account.maintenance, account.account


def _of(
    time: int,
    account: Account,
    terrains: Mapping[int, Terrain],
    backstop: Backstop,
    rules: LiquidationRules,
) -> list[Task]:
    if account.equity < 0 and not any(stake.lots for stake in account.stakes):
        return _resolve(account, terrains)
    cancels = [] if account.account == backstop.account else _cancels(account, terrains)
    fit = [
        (stake, terrains[stake.market])
        for stake in account.stakes
        if stake.lots and terrains[stake.market].status in FIT and terrains[stake.market].mode != Mode.SETTLED
    ]
    fit.sort(key=lambda pair: (-pair[1].worth(pair[0].lots), pair[0].market))
    tasks: list[Task] = []
    for stake, terrain in fit:
        found = found_in(account, stake, terrain)
        if found.equity >= found.maintenance:
            continue
        task = _step(time, found, stake, terrain, backstop, rules)
        if task:
            tasks.append(task)
            if not found.is_deep:
                break
        elif stake.pending_lots and not is_over(stake, terrain) and not found.is_deep:
            break  # what is in an auction already may be enough
    return _with_chores(account, terrains, tasks, cancels)


def _step(
    time: int, account: Account, stake: Stake, terrain: Terrain, backstop: Backstop, rules: LiquidationRules
) -> Task | None:
    number, market = account.account, stake.market
    standing = f"equity {account.equity}, maintenance margin {account.maintenance}"
    is_for_others = account.is_deep or failures_of(stake, terrain) >= terrain.patience
    is_closed = stake.round_until and stake.round_until <= time < stake.round_until + LAPSE_S
    if is_closed and stake.nominees and is_for_others:
        why = f"{standing}; {stake.nominees} nominees"
        subject = f"deleverage/{number}/{market}/{stake.round_until}/{stake.nominees}"
        return Task(
            subject,
            "liquidation",
            "deleverage",
            (number, market, NOMINEES_A_CALL),
            why,
            terrain.tip(stake.lots),
            market,
            urgent=True,
        )
    if may_take(account, stake, terrain, rules):
        if number != backstop.account and not backstop.is_full(terrain, stake.lots):
            room = backstop.part(terrain, stake.lots, rules.room_bps)
            why = f"{standing}; the backstop has room for {room} of {stake.lots} lots"
            subject = f"take_over/{number}/{market}"
            return Task(
                subject,
                "liquidation",
                "take_over",
                (number, market, room),
                why,
                terrain.tip(room),
                market,
                urgent=True,
            )
        if account.equity <= 0 and failures_of(stake, terrain):
            return None  # for the nominator; another order at the mark would find the same nobody
    if stake.pending_lots and not is_over(stake, terrain):
        return None
    if terrain.due == 0 and stake.failures and time < stake.concluded_at + NOTICE_S:
        return None  # others have time to bid
    if terrain.due == 0 and terrain.mode == Mode.HALTED:
        return None  # its auction comes at once, and there is none
    why = f"{standing}; {stake.lots} lots"
    subject = f"liquidate/{number}/{market}/{terrain.batch}"
    return Task(
        subject, "liquidation", "liquidate", (number, market), why, stake.plan_tip, market, urgent=True
    )


def _with_chores(
    account: Account, terrains: Mapping[int, Terrain], tasks: list[Task], cancels: list[Task]
) -> list[Task]:
    """One call for each market: any other concludes an order that is over by itself, and brings what that
    brings. What the orders of other markets brought comes first: the account is what it is after them.
    """
    brings = {one.market: one.pending_tip for one in account.stakes if is_over(one, terrains[one.market])}
    tasks, cancels = (
        [replace(one, reward=one.reward + brings.get(one.args[1], 0)) for one in some]
        for some in (tasks, cancels)
    )
    touched = {one.args[1] for one in tasks}
    cancels = [one for one in cancels if one.args[1] not in touched]
    touched |= {one.args[1] for one in cancels}
    return [one for one in _collects(account, terrains) if one.args[1] not in touched] + tasks + cancels


def _cancels(account: Account, terrains: Mapping[int, Terrain]) -> list[Task]:
    tasks = []
    for stake in account.stakes:
        terrain = terrains[stake.market]
        if not stake.has_orders or (stake.pending_lots and not is_over(stake, terrain)):
            continue
        equity = found_in(account, stake, terrain).equity
        if equity >= account.initial:
            continue
        why = f"equity {equity} is below initial margin {account.initial}"
        reward = min(terrain.tip_cap // 10, max(account.collateral, 0) // 100)
        args = (account.account, stake.market)
        subject = f"cancel/{account.account}/{stake.market}"
        tasks.append(
            Task(subject, "liquidation", "cancel_orders", args, why, reward, stake.market, urgent=True)
        )
    return tasks


def _collects(account: Account, terrains: Mapping[int, Terrain]) -> list[Task]:
    tasks = []
    for stake in account.stakes:
        if is_over(stake, terrains[stake.market]):
            args = (account.account, stake.market)
            subject = f"collect/{account.account}/{stake.market}/{stake.pending_batch}"
            why = f"the order of batch {stake.pending_batch} has had its auction"
            tasks.append(Task(subject, "liquidation", "collect", args, why, stake.pending_tip, stake.market))
    return tasks


def _resolve(account: Account, terrains: Mapping[int, Terrain]) -> list[Task]:
    collects = _collects(account, terrains)
    if collects:
        return collects
    if any(stake.pending_lots for stake in account.stakes):
        return []
    why = f"no position is left, and it owes {-account.equity}"
    return [Task(f"resolve/{account.account}", "liquidation", "resolve", (account.account,), why)]


def _unwinds(terrains: Mapping[int, Terrain], backstop: Backstop) -> list[Task]:
    """What it has is offered once a batch; where the price is not fit what it offered is taken back."""
    tasks = []
    for market, lots in sorted(backstop.lots.items()):
        terrain = terrains[market]
        offered = backstop.offered.get(market, 0)
        subject = f"unwind/{market}/{terrain.batch}"
        if terrain.status not in FIT or terrain.mode == Mode.SETTLED:
            if offered:
                why = f"the price is not fit, and the backstop offers {offered} lots"
                args, subject = (market,), f"{subject}/back"
                tasks.append(Task(subject, "liquidation", "unwind", args, why, 0, market, urgent=True))
        elif market not in backstop.pending and terrain.mode != Mode.HALTED and not offered:
            why = f"the backstop has {lots} lots"
            tasks.append(Task(subject, "liquidation", "unwind", (market,), why, 0, market))
    return tasks
