"""A run: steps are done, and after each the laws that are due are asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from walras.audit.chain import call, ints, signed, slot_of
from walras.audit.events import Event
from walras.audit.state import DEGRADED, Market, Position
from walras.audit.story import Step
from walras.audit.system import KEEPERS, MARKETS, STRANGER, account
from walras.audit.world import World

STAGES: Final = frozenset({"liquidate", "take_over", "cancel_orders", "deleverage", "nominate", "resolve"})
"""Kinds of steps before which the world is looked at as it would be without them."""
ORDERS: Final = frozenset({"place", "close", "replace", "signed", "multicall", "execute"})


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


LAWS: list[Law] = []


def law(
    number: int,
    sentence: str,
    every: int = 1,
    stage: bool = False,
    offset: int = 0,
    kinds: frozenset[str] = frozenset(),
) -> Callable[..., Any]:
    """Register a check of an invariant."""

    def register(check: Callable[[Run], None]) -> Callable[[Run], None]:
        name = f"inv_{number:02}_{check.__name__}"
        LAWS.append(Law(number, name, sentence, every, check, stage, offset, kinds))
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
    keeper: int
    nominees: list[tuple[int, int]] = field(default_factory=list)
    """Of the round, with their scores, the highest first."""
    positions: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Lots and profit of nominees."""
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
    the first, as what is asked seldom has to be asked elsewhere in each story.
    """

    def __init__(self, world: World, laws: list[Law], dense: int = 0, start: int = 0) -> None:
        self.world, self.system, self.chain = world, world.system, world.chain
        self.state, self.ghost = world.state, world.ghost
        self.laws = [one for one in laws if one.every == 1]
        self.each: dict[str, list[Law]] = {}
        """By kind of step, what is asked after each that went through."""
        self.seldom = [one for one in laws if one.every != 1]
        self.dense = dense
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
        self.seldom_done: dict[str, int] = {}
        self.guarded: list[tuple[int, int, int]] = []
        """Before a step of the guardian: initial ppm, maintenance bps and mode of the markets."""
        self.deposit_cap = 0
        self._here: dict[int, Market] = {}
        self._margins: dict[int, tuple[int, int, int]] = {}
        self._full: Full | None = None
        self._named: dict[str, list[list[int]]] | None = None

    # ------------------------------------------------------------ telling

    def tell(self, step: Step) -> str:
        """Do a step and check; what it ended with. Raises Broken."""
        world, state = self.world, self.state
        self.number = self.dense or self.number + 1
        self.step, self._full, self._named = step, None, None
        if self._here:
            self._here, self._margins = {}, {}
        world.begin(step)
        self.scene = None
        if self.stages and step.kind in STAGES:
            self.scene = self._look(step)
        storage, engine = state.storage, state.engine
        self.opens = [int(storage(engine, slot + 2)) for slot in self.system.market_slot]
        self.marks = [int(storage(engine, slot + 3)) for slot in self.system.market_slot]
        self.before = self.words(step.account) if step.account else ()
        if step.kind == "guard":
            self._guard()
        self.answer, self.events = world.act(step)
        self.ok = self.answer is not None
        outcome = "ok" if self.ok else self.chain.reason
        if self.ok:
            self.ghost.hear(self.events, self.chain.time)
            if step.kind == "donate":
                self.ghost.gifts[step.value[0]] += step.value[1]
            each = self.each.get(step.kind)
            if each is None:
                each = [one for one in self.laws if not one.kinds or step.kind in one.kinds]
                self.each[step.kind] = each
            self.told[step.kind] = self.told.get(step.kind, 0) + 1
            try:
                for one in each:
                    one.check(self)
            except Broken:
                raise
            except AssertionError as found:
                raise Broken(one.name, str(found)) from found
        number = self.number
        for one in self.seldom:
            if self.dense or number % one.every == one.offset:
                self._ask(one)
        return outcome

    def _ask(self, one: Law) -> None:
        try:
            one.check(self)
        except Broken:
            raise
        except AssertionError as found:
            raise Broken(one.name, str(found)) from found
        self.seldom_done[one.name] = self.seldom_done.get(one.name, 0) + 1

    def done(self) -> dict[str, int]:
        """How often each law was asked."""
        found = dict(self.seldom_done)
        for kind, count in self.told.items():
            for one in self.each[kind]:
                found[one.name] = found.get(one.name, 0) + count
        return found

    # ------------------------------------------------------------ looking

    def here(self, market: int) -> Market:
        """A market after the step: not for what is tried and undone."""
        found = self._here.get(market)
        if found is None:
            found = self._here[market] = self.state.market(market)
        return found

    def margins(self, one: int) -> tuple[int, int, int]:
        """Of an account after the step."""
        found = self._margins.get(one)
        if found is None:
            found = self._margins[one] = self.state.margins(
                one, {n: self.here(n) for n in self.state.markets_of(one)}
            )
        return found

    def is_turn(self, every: int) -> bool:
        """Whether a costly part of a check is due."""
        return bool(self.dense) or self.number % every == 0

    def _guard(self) -> None:
        storage, engine = self.state.storage, self.state.engine
        self.guarded = []
        for slot in self.system.market_slot:
            rules, book = int(storage(engine, slot + 1)), int(storage(engine, slot))
            self.guarded.append((rules & (2**20 - 1), rules >> 20 & (2**14 - 1), book >> 246 & 7))
        self.deposit_cap = int(storage(self.system.vault, self.system.at.vault_cap))

    def words(self, account: int) -> tuple[int, ...]:
        """An account's word, and position and orders in each market."""
        storage, engine = self.state.storage, self.state.engine
        if account not in self.system.slot:
            return ()
        found = [int(storage(engine, self.system.slot[account]))]
        for market in range(len(MARKETS)):
            slot = self.system.position_slot[account, market]
            found += (int(storage(engine, slot)), int(storage(engine, slot + 1)))
        return tuple(found)

    def named(self, name: str) -> list[list[int]]:
        """Arguments of the last transaction's events of a name."""
        if self._named is None:
            self._named = {}
            for called, _, args in self.events:
                self._named.setdefault(called, []).append(args)
        return self._named.get(name, [])

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

    def _look(self, step: Step) -> Scene | None:
        """As laws of the waterfall need it; None where the stage could not begin."""
        one, market, system = step.account, step.market, self.system
        with self.trying():
            if step.kind == "resolve":
                market = self.state.markets_of(one)[0] if self.state.markets_of(one) else 0
            if step.kind == "take_over":
                self.prepare(system.backstop, market)  # which brings the marks of its markets up to date
            if not self.prepare(one, market):
                return None
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
                self.state.collateral(account(step.who)),
            )
            if step.kind == "deleverage":
                self._nominees(scene, one, market)
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

    def _nominees(self, scene: Scene, one: int, market: int) -> None:
        found = self.view(self.system.liquidation, "nominees(uint256,uint256)", one, market)
        pairs = found[3:]
        scene.nominees = list(zip(pairs[::2], pairs[1::2], strict=True))
        for nominee, _ in scene.nominees:
            self.chain.send(STRANGER, self.system.engine, call("sync(uint256)", nominee))
        for nominee, _ in scene.nominees:
            here = self.state.market(market)
            scene.positions[nominee] = (self.state.lots(nominee, market), self.profit(nominee, market, here))
        word = int(self.state.storage(self.state.engine, self.system.market_slot[market] + 2))
        scene.open = (word >> 150 & (2**40 - 1), word >> 190)


class Trying:
    """A checkpoint that is always gone back to, with the clock."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __enter__(self) -> None:
        self.checkpoint = self.run.chain.evm.snapshot()
        self.time = self.run.chain.time
        self.manners = dict(self.run.world.manners)

    def __exit__(self, *_: object) -> None:
        self.run.chain.evm.revert(self.checkpoint)
        self.run.world.manners = self.manners
        if self.run.chain.time != self.time:
            self.run.chain.time = self.time
