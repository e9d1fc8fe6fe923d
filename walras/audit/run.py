"""A run: steps are done, and after each the laws that are due are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import gcd
from typing import Any, Final

from walras.audit.beside import Beside
from walras.audit.chain import call, ints, signed, slot_of
from walras.audit.events import Event
from walras.audit.state import DEGRADED, Market, Position
from walras.audit.story import Step
from walras.audit.system import KEEPERS, MARKETS, STRANGER, account
from walras.audit.world import World

LAPSE: Final = 600
"""Seconds in which what nominees could not bear is nobody's."""
STAGES: Final = frozenset({"liquidate", "take_over", "cancel_orders", "deleverage", "nominate", "resolve"})
"""Kinds of steps before which the world is looked at as it would be without them."""
MODEL: Final = "model"
"""Name of the law that the chain does what the exact models do."""
CRASHED: Final = "the check itself failed"
"""What is told of one that could not be asked to its end: a fault of the check, or of what it looked at."""
ORDERS: Final = frozenset({"place", "close", "replace", "signed", "multicall", "execute"})

AHEAD: Final = 600
"""Steps for which it is planned at once what is asked seldom."""


class Broken(AssertionError):  # noqa: N818 (it is what happened to the exchange)
    """A law does not hold; `law` is its name."""

    def __init__(self, law: str, what: str) -> None:
        super().__init__(f"{law}: {what}")
        self.law = law


@dataclass(frozen=True, slots=True)
class Law:
    """One invariant, or a part of one."""

    number: int
    name: str
    sentence: str
    every: int
    """1: after each transaction that went through; else after each so many-th step, whatever it did."""
    check: Callable[[Run], None]
    stage: bool = False
    """Needs to look at the world before a stage of the waterfall."""
    offset: int = 0
    kinds: frozenset[str] = frozenset()
    """Kinds of steps after which it has something to say; empty: all."""
    hears: frozenset[str] = frozenset()
    """Events of which one has to be logged, or it has nothing to say; empty: it always has."""
    first: bool = False
    """Asked before all others, and only after a step that went through: nothing has been called since."""


LAWS: list[Law] = []


def law(
    number: int,
    sentence: str,
    every: int = 1,
    stage: bool = False,
    offset: int = 0,
    kinds: frozenset[str] = frozenset(),
    hears: frozenset[str] = frozenset(),
    first: bool = False,
    picks: int = 1,
) -> Callable[..., Any]:
    """Register a check of an invariant. `picks`: of so many things it looks at one, by the step's number.

    Raises ValueError where some of these would never have their turn.
    """
    if gcd(every, picks) != 1:
        raise ValueError(f"inv_{number:02}: each {every} steps, one of {picks}: some are never looked at")

    def register(check: Callable[[Run], None]) -> Callable[[Run], None]:
        name = f"inv_{number:02}_{check.__name__}"
        LAWS.append(Law(number, name, sentence, every, check, stage, offset, kinds, hears, first))
        return check

    return register


@dataclass(slots=True)
class Scene:
    """The world just before a stage, its market's auction run and its account settled."""

    equity: int
    """With what is held of penalties."""
    kindest: int
    initial: int
    maintenance: int
    market: Market
    lots: int
    lost: int
    """By the position at the mark, once what it owes for funding is paid."""
    held: int
    capacity: int
    """Of the insurance fund, for the market."""
    unborne: int
    """Of its deficit, what nominees before should have borne and could not."""
    keeper: int
    nominees: list[tuple[int, int]] = field(default_factory=list)
    """Of the round, with their scores, the highest first."""
    positions: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Lots and profit of nominees."""
    bears: dict[int, tuple[int, int]] = field(default_factory=dict)
    """What nominees can bear of a deficit; the most with all that is held of their penalties."""
    open: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Full:
    """All that is stored of all accounts, and what auctions owe them."""

    collateral: dict[int, int]
    positions: dict[tuple[int, int], Position]
    pending: dict[tuple[int, int], tuple[int, int, int]]
    """Lots, cash in token units and basis that are not booked yet."""
    markets: list[Market]


class Run:
    """One story as it is told to a world.

    `dense`: every law is asked after every step, as if it were that one. `start`: number of the step before
    the first, as what is asked seldom has to be asked elsewhere in each story. `model`: the exact models run
    beside; the world is at its beginning then.
    """

    def __init__(
        self, world: World, laws: list[Law], dense: int = 0, start: int = 0, model: bool = False
    ) -> None:
        self.world, self.system, self.chain = world, world.system, world.chain
        self.state, self.ghost = world.state, world.ghost
        self.laws = [one for one in laws if one.every == 1]
        self.each: dict[str, list[Law]] = {}
        """By kind of step, what is asked after each that went through."""
        self.due: dict[tuple[str, frozenset[str]], list[Law]] = {}
        """Of these, what hears events of these names."""
        self.seldom = sorted([one for one in laws if one.every != 1], key=lambda one: not one.first)
        self.turns: dict[int, list[Law]] = {}
        """By number of the step, what is due after it."""
        self.planned = start
        """Number of the first step for which that is not known."""
        self.dense = dense
        self.beside = Beside(world) if model else None
        self.stages = any(one.stage for one in laws)
        self.number = start
        self.step = Step("", "", "", b"", "")
        self.ok = False
        self.answer: bytes | None = None
        self.events: list[Event] = []
        self.scene: Scene | None = None
        self.before: tuple[int, ...] = ()
        """The words of the subject's account and positions before the step."""
        self.opens: list[int] = []
        """The markets' words of open interest before the step."""
        self.marks: list[int] = []
        """Their words of the mark."""
        self.money: tuple[int, ...] = ()
        self.memory: dict[str, Any] = {}
        """What laws remember of a story."""
        self.told: dict[str, int] = {}
        """Steps that went through, by kind."""
        self.asked: dict[tuple[str, frozenset[str]], int] = {}
        """The same by kind and names of events: what was asked after each."""
        self.gas = 0
        """That the step used."""
        self.seldom_done: dict[str, int] = {}
        self.guarded: list[Market] = []
        """The markets before a step of the guardian."""
        self.deposit_cap = 0
        self._full: Full | None = None
        self._named: dict[str, list[list[int]]] = {}
        self._after: tuple[int, ...] | None = None
        self._grown: list[int] | None = None
        self._looked = -1
        """Changes of the chain when the markets' words were read."""

    # ------------------------------------------------------------ telling

    def tell(self, step: Step) -> str:
        """Do a step and check; what it ended with. Raises Broken."""
        world, kind = self.world, step.kind
        self.number = number = self.dense or self.number + 1
        self.step, self.scene = step, None
        self._full = self._after = self._grown = None
        world.begin(step)
        if self.stages and kind in STAGES and self._goes_through(step):
            stage = next(one.name for one in self.laws if one.stage)
            self.scene = obey(stage, self._look, step)
        if self._looked != self.chain.changes:
            self._look_at_markets()
        self.before = self.words(step.account) if step.account else ()
        if kind == "guard":
            self._guard()
        if self.beside:
            obey(MODEL, self.beside.foretell, step)
        self.answer, self.events = obey(MODEL, world.act, step)  # which knows all reasons
        self.ok = self.answer is not None
        self.gas = self.chain.gas_used() if kind == "auction" else 0
        outcome = "ok" if self.ok else self.chain.reason  # checks make calls of their own
        named = self._named = {}
        seldom = self.seldom if self.dense else self._turn(number)
        if seldom and seldom[0].first:
            firsts = [one for one in seldom if one.first]
            seldom = [one for one in seldom if not one.first]
            if self.ok:
                self._ask_seldom(firsts)
        if self.ok:
            self.ghost.hear(self.events, self.chain.time)
            if kind == "donate":
                self.ghost.gifts[step.value[0]] += step.value[1]
            for name, _, args in self.events:
                if name in named:
                    named[name].append(args)
                else:
                    named[name] = [args]
            self.told[kind] = self.told.get(kind, 0) + 1
            key = kind, frozenset(named)
            due = self.due.get(key)
            if due is None:
                due = self.due[key] = self._each(*key)
            self.asked[key] = self.asked.get(key, 0) + 1
            self._ask(due)
        if seldom:
            self._ask_seldom(seldom)
        if self.beside:
            obey(MODEL, self.beside.compare, step, outcome, self.answer)
        return outcome

    def _ask_seldom(self, laws: list[Law]) -> None:
        self._ask(laws)
        for one in laws:
            self.seldom_done[one.name] = self.seldom_done.get(one.name, 0) + 1

    def _ask(self, laws: list[Law]) -> None:
        for one in laws:
            obey(one.name, one.check, self)

    def _each(self, kind: str, names: frozenset[str]) -> list[Law]:
        """What is called after a step of a kind that logged events of these names."""
        each = self.each.get(kind)
        if each is None:
            each = self.each[kind] = [one for one in self.laws if not one.kinds or kind in one.kinds]
        return [one for one in each if not one.hears or one.hears & names]

    def _turn(self, number: int) -> list[Law]:
        """What is asked seldom, and is due after a step of this number."""
        if number >= self.planned:
            start, self.planned = number, number + AHEAD
            self.turns.clear()
            for one in self.seldom:
                for at in range(start + (one.offset - start) % one.every, self.planned, one.every):
                    self.turns.setdefault(at, []).append(one)
        return self.turns.get(number, [])

    def _look_at_markets(self) -> None:
        """Before the step."""
        storage, engine = self.state.storage, self.state.engine
        self.opens = [storage(engine, slot + 2) for slot in self.system.market_slot]
        self.marks = [storage(engine, slot + 3) for slot in self.system.market_slot]
        self._looked = self.chain.changes

    def done(self) -> dict[str, int]:
        """How often each law was asked."""
        found = dict(self.seldom_done)
        for key, count in self.asked.items():
            for one in self.due[key]:
                found[one.name] = found.get(one.name, 0) + count
        return found

    # ------------------------------------------------------------ looking

    def is_continuous(self, market: int) -> bool:
        """Whether a market had no batches before the step, or has none after it."""
        return not self.marks[market] >> 176 & (2**32 - 1) or not self.here(market).due

    def here(self, market: int) -> Market:
        """A market now."""
        return self.state.market(market)

    def margins(self, one: int) -> tuple[int, int, int]:
        """Of an account now."""
        return self.state.margins(one)

    def after(self) -> tuple[int, ...]:
        """The words of the subject's account and positions after the step."""
        if self._after is None:
            self._after = self.words(self.step.account)
        return self._after

    def grown(self) -> list[int]:
        """Markets in which an exposure of the subject grew by an order."""
        if self._grown is None:
            self._grown = []
            if self.before and self.step.kind in ORDERS:
                before, after = self.before, self.after()
                for market in range(len(MARKETS)):
                    place = slice(1 + 2 * market, 3 + 2 * market)
                    if before[place] != after[place]:
                        was, now = exposures(before, market), exposures(after, market)
                        if now[0] > was[0] or now[1] > was[1]:
                            self._grown.append(market)
        return self._grown

    def is_turn(self, every: int) -> bool:
        """Whether a costly part of a check is due."""
        return bool(self.dense) or self.number % every == 0

    def _guard(self) -> None:
        self.guarded = [self.here(market) for market in range(len(MARKETS))]
        self.deposit_cap = int(self.state.storage(self.system.vault, self.system.at.vault_cap))

    def words(self, account: int) -> tuple[int, ...]:
        """An account's word, and position and orders in each market."""
        storage, engine = self.state.storage, self.state.engine
        return tuple([storage(engine, slot) for slot in self.system.slots_of.get(account, ())])

    def named(self, name: str) -> list[list[int]]:
        """Arguments of the last transaction's events of a name."""
        return self._named.get(name) or []

    def names(self) -> Iterable[str]:
        """Of the last transaction's events, each once."""
        return self._named

    def full(self) -> Full:
        """Everything, once a step."""
        if self._full is None:
            state, system = self.state, self.system
            markets = [state.market(number) for number in range(len(MARKETS))]
            collateral, positions, pending = {}, {}, {}
            for one in system.accounts:
                word = state.word(one)
                collateral[one] = signed(word >> 128, 112)
                if word & 7:
                    for number in range(len(MARKETS)):
                        if word >> number & 1:
                            held = state.position(one, number)
                            positions[one, number] = held
                            if held.has_orders:
                                pending[one, number] = self.pending(one, number, markets[number])
            self._full = Full(collateral, positions, pending, markets)
        return self._full

    def pending(self, one: int, market: int, here: Market) -> tuple[int, int, int]:
        """What auctions did to an account's orders since it was settled."""
        answer = self.chain.ask(self.system.books[market], call("preview_sync(uint256)", one))
        assert answer is not None, f"preview_sync reverts: {self.chain.reason}"
        lots, cash, basis, _, _, grid = ints(answer)[:6]
        unit = here.unit
        if grid != here.grid and lots | cash:
            unit = int(self.state.storage(self.state.engine, slot_of(self.system.at.units, market, grid)))
        return signed(lots), signed(cash) * unit, signed(basis)

    def view(self, to: str, signature: str, *values: int) -> list[int]:
        """A view's words. Raises AssertionError where it reverts."""
        answer = self.chain.ask(to, call(signature, *values))
        assert answer is not None, f"{signature} reverts: {self.chain.reason}"
        return ints(answer)

    def held(self, one: int) -> int:
        """Of an account's penalties, what waits for an outcome."""
        word = self.state.storage(self.system.liquidation, slot_of(self.system.at.notes, one))
        return int(word) & (2**128 - 1)

    def trying(self) -> Trying:
        """Whatever is done in it is undone."""
        return Trying(self)

    def fall(self, market: int) -> tuple[int, ...]:
        """Of a waterfall: penalty, tip bps, tip cap, buffer, min notional, patience, discount, unwind."""
        word = int(self.state.storage(self.system.liquidation, slot_of(self.system.at.fall_settings, market)))
        found = []
        for bits in (16, 13, 48, 17, 64, 8, 16, 16):
            found.append(word & ((1 << bits) - 1))
            word >>= bits
        return tuple(found)

    def profit(self, one: int, market: int, here: Market, paid: bool = False) -> int:
        """Unrealised, of a position: cash and value, less what it owes if that is not paid."""
        held = self.state.position(one, market)
        owed = 0 if paid else held.lots * here.funding + abs(held.lots) * here.borne - held.basis
        return held.cash + held.lots * here.mark // here.one + -owed // here.one

    def _goes_through(self, step: Step) -> bool:
        """Whether a step will: nobody looks at the world before one that is refused."""
        with self.trying():
            return self.world.send(step) is not None

    def _look(self, step: Step) -> Scene | None:
        """As laws of the waterfall need it; None where the stage could not begin."""
        one, market, system = step.account, step.market, self.system
        with self.trying():
            if step.kind == "resolve":
                listed = self.state.markets_of(one)
                market = listed[0] if listed else 0
                for number in reversed(listed[1:]):  # it runs what is due in all of them, from the highest
                    if 0 < self.state.market(number).due <= self.chain.time:
                        self.chain.send(STRANGER, system.engine, call("run_auction(uint256)", number))
            if step.kind == "take_over":
                self.prepare(system.backstop, market)  # which brings the marks of its markets up to date
            if not self.prepare(one, market):
                return None
            nominees = self._nominees(one, market) if step.kind == "deleverage" else []
            for nominee, _ in nominees:  # before one looks: the vault's makes a new mark
                self.chain.send(STRANGER, system.engine, call("sync(uint256)", nominee))
            here = self.state.market(market)
            equity, initial, maintenance = self.state.margins(one)
            held = self.held(one)
            kindest = equity
            worth = self.view(system.engine, "worth(uint256)", one)
            if worth[4] & DEGRADED:
                kindest = max(equity, signed(worth[1]))
            capacity = self.view(system.fund, "draw_capacity(uint256)", market)[0]
            scene = Scene(
                equity + held,
                kindest + held,
                initial,
                maintenance,
                here,
                self.state.lots(one, market),
                -self.profit(one, market, here, paid=True),
                held,
                capacity,
                self._unborne(one),
                self.state.collateral(account(step.who)),
                nominees,
            )
            for nominee, _ in nominees:
                profit = self.profit(nominee, market, here)
                scene.positions[nominee] = (self.state.lots(nominee, market), profit)
                own = self.state.margins(nominee)[0]
                least, most = (max(0, min(profit, one)) for one in (own, own + self.held(nominee)))
                scene.bears[nominee] = least, most
            word = int(self.state.storage(self.state.engine, system.market_slot[market] + 2))
            scene.open = (word >> 150 & (2**40 - 1), word >> 190)
            return scene

    def prepare(self, one: int, market: int) -> bool:
        """Run the auction that is due, settle an account, conclude its liquidation's order."""
        here = self.state.market(market)
        engine, liquidation = self.system.engine, self.system.liquidation
        if (
            here.due
            and self.chain.time >= here.due
            and self.chain.send(STRANGER, engine, call("run_auction(uint256)", market)) is None
        ):
            return False
        if self.chain.send(STRANGER, engine, call("sync(uint256)", one)) is None:
            return False
        word = int(self.state.storage(liquidation, slot_of(self.system.at.pendings, one, market)))
        if word & (2**32 - 1):
            if not any(self.state.lots(one, number) for number in range(len(MARKETS))):
                return False  # to conclude its order would cover its deficit too
            batch = self.view(self.system.books[market], "market()")[1]
            if here.due == 0 or batch != word >> 144 & (2**40 - 1):
                self.chain.send(KEEPERS[1], liquidation, call("collect(uint256,uint256)", one, market))
        return True

    def _unborne(self, one: int) -> int:
        """Of a deficit, what nominees could not bear, if that was not long ago."""
        word = int(self.state.storage(self.system.liquidation, slot_of(self.system.at.unborne, one)))
        return word >> 40 if self.chain.time < (word & (2**40 - 1)) + LAPSE else 0

    def _nominees(self, one: int, market: int) -> list[tuple[int, int]]:
        """Of a round, with their scores, the highest first."""
        pairs = self.view(self.system.liquidation, "nominees(uint256,uint256)", one, market)[3:]
        return list(zip(pairs[::2], pairs[1::2], strict=True))


def obey(law: str, check: Callable[..., Any], *args: object) -> Any:
    """Ask a law; Broken, with its name, where it does not hold, or could not be asked to its end."""
    try:
        return check(*args)
    except Broken:
        raise
    except AssertionError as found:
        raise Broken(law, str(found)) from found
    except Exception as found:
        raise Broken(law, f"{CRASHED}: {type(found).__name__}: {found}") from found


def exposures(words: tuple[int, ...], market: int) -> tuple[int, int]:
    """Long and short exposure of an account, from its words."""
    lots, orders = words[1 + 2 * market] >> 216, words[2 + 2 * market]
    lots -= lots >> 39 << 40
    return max(0, lots + (orders & _M36)), max(0, (orders >> 36 & _M36) - lots)


_M36: Final = 2**36 - 1


class Trying:
    """A checkpoint that is always gone back to, with the clock."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __enter__(self) -> None:
        self.checkpoint = self.run.chain.evm.snapshot()
        self.time = self.run.chain.time
        self.manners = dict(self.run.world.manners)

    def __exit__(self, *_: object) -> None:
        self.run.chain.back(self.checkpoint)
        self.run.world.manners = self.manners
        if self.run.chain.time != self.time:
            self.run.chain.time = self.time
