"""What must always hold of an engine, read from the chain alone: the model is not asked.

An Audit watches an exchange and is told after each call. Its checks have the numbers and names of the list
that auditors go by; a failing one raises AssertionError with its name. 1 to 9, 11 to 13, 15 and 27 are here;
10 and 14 are properties of pure rules (tests/unit/PerpEngine/test_words.py), 29 to 33 those of a book
(tests/stateful/test_book.py).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from tests.support.engine import EnginePair
from walras.devtools.evm import Event, Reverted
from walras.model.book import Exposure, Fills
from walras.model.revert import Revert

PREMIUM: Final = 10**9
PERIOD: Final = 28_800
FRACTION: Final = 2**16
DUE: Final = 6  # where a mark says when its auction is due
TOUCHED: Final = {
    "Deposited": ("account",),
    "Withdrawn": ("account",),
    "Transferred": ("sender", "receiver"),
    "Booked": ("account",),
    "Tipped": ("runner",),
    "Socialised": ("account",),
    "ForcedPayment": ("account", "receiver"),
}
"""Events, and their arguments that name an account."""


@dataclass(frozen=True, slots=True)
class Held:
    """An account in a market, as stored, and what its orders did since."""

    lots: int
    cash: int
    basis: int
    bid_lots: int
    ask_lots: int
    pending: Fills
    left: Exposure
    pending_cash: int  # token units


@dataclass(frozen=True, slots=True)
class World:
    """All that the checks look at, at one time."""

    time: int
    balance: int
    tracked: int
    collateral: dict[int, int]
    held: dict[tuple[int, int], Held]
    margins: dict[int, tuple[int, int, int]]
    sums: dict[int, tuple[int, int, int, int]]
    marks: dict[int, tuple[int, ...]]
    index: dict[int, int]
    losses: dict[int, int]
    """By market, what each lot has borne of others' deficits, lot price units."""
    bad_debt: int
    settled: frozenset[int]
    """Markets that have ended: there one side may close before the other."""


class Audit:
    """Watches an exchange from its beginning on."""

    def __init__(self, pair: EnginePair) -> None:
        self.pair = pair
        self.booked_cash: Counter[int] = Counter()  # by market, of all Booked events
        self.funding = 0
        self.fees = 0
        self.settlements = 0
        self.moved = 0  # collateral that came in less what left, by the events
        self.borne = 0  # deficits that all positions of a market bear
        self.checked: Counter[str] = Counter()
        self.before = self.look()

    # ------------------------------------------------------------ looking

    def look(self) -> World:
        """Everything, of all accounts that were ever used."""
        pair, engine = self.pair, self.pair.engine
        markets = range(len(pair.books))
        held = {}
        for market in markets:
            units = pair.model.markets[market].units
            for account in pair.accounts:
                lots, cash, basis, bids, asks, _, _ = engine.position(account, market)
                fills, left = pair.books[market].preview_sync(account)
                pending = Fills(*fills)
                if lots or cash or basis or bids or asks or pending.lots:
                    unit = units[pending.grid] if pending.lots else 0
                    held[account, market] = Held(
                        lots, cash, basis, bids, asks, pending, Exposure(*left), pending.cash * unit
                    )
        return World(
            time=pair.evm.time,
            balance=pair.token.balanceOf(engine.address),
            tracked=engine.tracked(),
            collateral={account: engine.collateral(account) for account in pair.accounts},
            held=held,
            margins={account: tuple(engine.margin_of(account)) for account in pair.accounts},
            sums={market: tuple(engine.open_interest(market)) for market in markets},
            marks={market: tuple(engine.mark(market)) for market in markets},
            index={market: engine.funding_of(market)[0] for market in markets},
            losses={market: engine.losses_of(market)[0] for market in markets},
            bad_debt=engine.bad_debt(),
            settled=frozenset(market for market in markets if engine.losses_of(market)[1]),
        )

    def after(self, events: list[Event]) -> None:
        """Check everything after a call that went through."""
        self.told(events)
        now, before = self.look(), self.before
        for name in dir(self):
            if name.startswith("inv_"):
                try:
                    getattr(self, name)(events, before, now)
                except AssertionError as found:
                    raise AssertionError(f"{name}: {found}") from found
                self.checked[name] += 1
        self.before = now

    def told(self, events: list[Event]) -> None:
        """Hear what a call did."""
        for event in events:
            self._note(event)

    def refused(self) -> None:
        """Check that a call that was refused has changed nothing."""
        now = self.look()
        same = (now.balance, now.tracked, now.collateral, now.held, now.sums, now.marks)
        was = self.before
        assert same == (was.balance, was.tracked, was.collateral, was.held, was.sums, was.marks), (
            "a refused call left something behind"
        )
        self.checked["refused"] += 1

    def begin(self) -> None:
        """Take the world as it is for the one before the next call: time or governance has changed it."""
        self.before = self.look()

    def _note(self, event: Event) -> None:
        args = event.args
        if event.name == "Booked":
            self.booked_cash[args["market"]] += args["cash"]
            self.funding += args["funding"]
            self.fees += args["fee"]
            self.settlements += 1
        elif event.name == "Deposited":
            self.moved += args["amount"]
        elif event.name == "Withdrawn":
            self.moved -= args["amount"]
        elif event.name == "Socialised" and args["is_borne"]:
            self.borne += args["amount"]
            self.settlements += 1  # rounded up like one

    def scale(self, market: int) -> int:
        """One token unit as a lot price."""
        return int(2 ** self.pair.engine.market(market)[3])

    # ------------------------------------------------------------ custody and conservation

    def inv_01_custody(self, _events: list[Event], _before: World, now: World) -> None:
        """The engine has what it keeps track of, and that is what came in and has not left."""
        assert now.balance >= now.tracked == self.moved, (now.balance, now.tracked, self.moved)

    def inv_02_money_is_conserved(self, _events: list[Event], _before: World, now: World) -> None:
        """Collateral, cash and funding are the money there is, but for dust that stays in the house."""
        worth = Fraction(sum(now.collateral.values()))
        for (_, market), held in now.held.items():
            # lots sum to nothing until a market is settled; losses are borne by what is booked, on both sides
            lots = held.lots + held.pending.lots
            value = lots * (now.marks[market][0] - now.index[market]) + held.basis + held.pending.basis
            value -= abs(held.lots) * now.losses[market]
            worth += held.cash + held.pending_cash + Fraction(value, self.scale(market))
        dust = now.tracked + now.bad_debt - worth
        assert 0 <= dust <= self.settlements + len(now.held), float(dust)

    def inv_03_lots_sum_to_zero(self, _events: list[Event], _before: World, now: World) -> None:
        """What one is long another is short, fills that wait included."""
        sums: Counter[int] = Counter()
        for (_, market), held in now.held.items():
            sums[market] += held.lots + held.pending.lots
        assert not any(total for market, total in sums.items() if market not in now.settled), sums

    def inv_04_trades_are_exact(self, _events: list[Event], _before: World, now: World) -> None:
        """What one pays for lots another receives."""
        sums = Counter(self.booked_cash)
        for (_, market), held in now.held.items():
            sums[market] += held.pending_cash
        assert not any(total for market, total in sums.items() if market not in now.settled), sums

    def inv_05_aggregates(self, _events: list[Event], _before: World, now: World) -> None:
        """The sums of exposure, and of positions that are booked, are the sums over accounts."""
        for market, sums in now.sums.items():
            here = [held for (_, where), held in now.held.items() if where == market]
            longs = sum(max(0, held.lots + held.bid_lots) for held in here)
            shorts = sum(max(0, held.ask_lots - held.lots) for held in here)
            held_long = sum(max(0, held.lots) for held in here)
            held_short = sum(max(0, -held.lots) for held in here)
            assert sums == (longs, shorts, held_long, held_short), market

    def inv_06_fees_arrive(self, events: list[Event], before: World, now: World) -> None:
        """What accounts are charged is what the receiver gets, to the unit."""
        receiver = self.pair.model.fee_account
        charged = sum(event.args["fee"] for event in events if event.name == "Booked")
        shared = sum(event.args["referral"] for event in events if event.name == "Shared")
        own = any(
            event.args.get(name) == receiver for event in events for name in TOUCHED.get(event.name, ())
        )
        if not own:
            got = now.collateral[receiver] - before.collateral.get(receiver, 0)
            assert got == charged - shared, (got, charged, shared)

    # ------------------------------------------------------------ funding

    def owed(self, world: World) -> Fraction:
        """What all positions owe each other for funding, and together for deficits that they bear."""
        owed = Fraction(0)
        for (_, market), held in world.held.items():
            lots = held.lots + held.pending.lots
            basis = held.basis + held.pending.basis - abs(held.lots) * world.losses[market]
            owed += Fraction(lots * world.index[market] - basis, self.scale(market))
        return owed

    def inv_07_funding_is_not_created(self, _events: list[Event], _before: World, now: World) -> None:
        """What was paid, and is owed, is no less than what was received, is owed to others, and was borne."""
        paid = self.funding + self.owed(now) - self.borne
        assert 0 <= paid <= self.settlements, float(paid)

    def inv_08_settling_twice(self, events: list[Event], _before: World, now: World) -> None:
        """A second settlement in the same second changes nothing."""
        pair = self.pair
        if len(events) % 7 == 1:  # now and then
            for account in sorted(now.collateral)[:3]:
                kept = pair.evm.snapshot()
                pair.engine.sync(account)
                once = self.look()
                pair.engine.sync(account)
                twice = self.look()
                pair.evm.revert(kept)
                assert once == twice, hex(account)
        assert now.time == self.pair.evm.time

    def inv_09_rates_move_the_index(self, events: list[Event], _before: World, _now: World) -> None:
        """The index grows by rate x price / eight hours, to less than a unit of its fraction."""
        last = {event.args["market"]: event.args for event in events if event.name == "MarkSet"}
        for market, args in last.items():
            exact = Fraction(args["rate"] * args["index"] * FRACTION, PREMIUM * PERIOD)
            growth = self.pair.engine.funding_of(market)[1]
            assert abs(growth - exact) < 1, (growth, float(exact))

    # ------------------------------------------------------------ margin and caps

    def inv_11_growth_has_margin(self, events: list[Event], before: World, now: World) -> None:
        """Who has let an exposure grow has initial margin, whichever of its orders fill, fees paid."""
        for market, sums in now.sums.items():
            for side in (0, 1):
                if sums[side] > before.sums[market][side] and now.marks[market][DUE]:
                    grown = self._grown(market, side, before, now)
                    assert grown, "a sum grew and nobody's exposure"
                    for account in grown:
                        assert self._spare(account, now) >= 0, hex(account)

    def inv_12_health_is_not_talked_away(self, _events: list[Event], before: World, now: World) -> None:
        """Without a price, time or governance nobody who was healthy becomes unhealthy."""
        if (now.marks, now.index, now.time) == (before.marks, before.index, before.time):
            waiting = {account for (account, _), held in before.held.items() if held.pending.lots}
            for account, (equity, initial, _) in before.margins.items():
                if equity >= initial and account not in waiting:
                    assert now.margins[account][0] >= now.margins[account][2], hex(account)

    def inv_13_others_are_left_alone(self, events: list[Event], before: World, now: World) -> None:
        """Only accounts that an event names change."""
        named = {self.pair.model.fee_account, self.pair.model.tip_account}
        for event in events:
            named |= {event.args[name] for name in TOUCHED.get(event.name, ())}
        shared = any(event.name == "Shared" for event in events)
        for account, collateral in before.collateral.items():
            if account not in named and not shared:
                assert now.collateral[account] == collateral, hex(account)
                for market in now.sums:
                    was, is_ = before.held.get((account, market)), now.held.get((account, market))
                    assert (was.lots if was else 0) == (is_.lots if is_ else 0), hex(account)

    def inv_15_profit_stays(self, events: list[Event], _before: World, now: World) -> None:
        """Who has taken money out keeps initial margin, and collateral that is not negative."""
        for event in events:
            if event.name in {"Withdrawn", "Transferred"} and event.args["amount"]:
                account = event.args["account" if event.name == "Withdrawn" else "sender"]
                worth = self.pair.engine.worth(account)  # at the base fraction: others keep nobody
                assert now.collateral[account] >= 0, hex(account)
                assert worth[0] >= worth[2], (hex(account), worth)

    def inv_27_caps(self, _events: list[Event], before: World, now: World) -> None:
        """A side that grew is within its cap, and so is each account that grew."""
        for market, sums in now.sums.items():
            settings = self.pair.model.markets[market].settings
            for side in (0, 1):
                if sums[side] > before.sums[market][side]:
                    assert sums[side] <= settings.open_cap, (market, sums)
                    for account in self._grown(market, side, before, now):
                        assert self._exposure(now, account, market)[side] <= settings.account_cap

    # ------------------------------------------------------------ inside

    @staticmethod
    def _exposure(world: World, account: int, market: int) -> tuple[int, int]:
        held = world.held.get((account, market))
        if held is None:
            return 0, 0
        return max(0, held.lots + held.bid_lots), max(0, held.ask_lots - held.lots)

    def _spare(self, account: int, world: World) -> Fraction:
        """Equity less initial margin, in the worst case of the open orders of each market filling or not."""
        spare = Fraction(world.collateral[account])
        for (whose, market), held in world.held.items():
            if whose != account:
                continue
            price, initial_ppm = world.marks[market][0], world.marks[market][7]
            one, here = self.scale(market), self.pair.model.markets[market]
            orders = self.pair.books[market].open_orders(account)
            cases = []
            for bids in (False, True):
                for asks in (False, True):
                    lots = held.lots + held.pending.lots
                    cash, fees = held.cash + held.pending_cash, Fraction(0)
                    for order in orders:
                        is_ask, tick, size = order[1], order[2], order[3]
                        if asks if is_ask else bids:
                            worth = size * tick * here.unit
                            lots += -size if is_ask else size
                            cash += worth if is_ask else -worth
                            fees += Fraction(worth * here.settings.taker_ppm, 10**6)
                    value = Fraction(lots * price, one)
                    initial = Fraction(abs(lots) * price * initial_ppm, one * 10**6)
                    cases.append(cash - fees + value - initial)
            basis = held.basis + held.pending.basis - abs(held.lots) * world.losses[market]
            lots = held.lots + held.pending.lots
            owed = Fraction(lots * world.index[market] - basis, one)
            spare += min(cases) - owed
        return spare

    def _grown(self, market: int, side: int, before: World, now: World) -> list[int]:
        """Accounts whose exposure of a side is larger than before."""
        return [
            account
            for account in now.collateral
            if self._exposure(now, account, market)[side] > self._exposure(before, account, market)[side]
        ]


class AuditedPair(EnginePair):
    """An exchange whose every action is audited, beside the comparison with the model."""

    audit: Audit | None = None

    def _both(self, contract: Callable[[], Any], reference: Callable[[], Any]) -> tuple[Any, Any] | None:
        if self.audit is None:
            return super()._both(contract, reference)
        self.audit.begin()
        both = super()._both(contract, reference)
        if both is None:
            self.audit.refused()
        else:
            self.audit.after(self.events)
        return both


class BlindPair(AuditedPair):
    """The same, without any comparison with the model, which only tells traders their sizes."""

    def _both(self, contract: Callable[[], Any], reference: Callable[[], Any]) -> tuple[Any, Any] | None:
        expected = None
        self.refusal = None
        try:
            expected = reference()
        except Revert as reason:
            self.refusal = str(reason)
        if self.audit is not None:
            self.audit.begin()
        try:
            found = contract()
        except Reverted as reason:
            self.refusal = str(reason)
            if self.audit is not None:
                self.audit.refused()
            return None
        if self.audit is not None:
            self.audit.after(self.engine.events())
        return None if self.refusal else (found, expected)

    @staticmethod
    def _equal(found: Any, _expected: Any) -> Any:
        return found
