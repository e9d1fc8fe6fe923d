"""The exact models beside stories of the whole exchange: they agree, and where it is wrong they do not."""

from itertools import accumulate
from random import Random
from typing import Any

import pytest

from walras.audit.actions import Drawer
from walras.audit.beside import FROM_CHAIN, Beside
from walras.audit.bite import hunt
from walras.audit.chain import call, slot_of, words
from walras.audit.planted import PLANTED
from walras.audit.run import MODEL, Run
from walras.audit.runner import MODEL_EVERY, Options, broken_by, run, shrink, told
from walras.audit.story import Step
from walras.audit.system import DAY, DONOR, ROUTER_GUARD, STRANGER, System
from walras.audit.world import World
from walras.devtools.compiler import PROJECT_ROOT
from walras.model.engine import Engine
from walras.model.stage import Pending


@pytest.fixture(scope="module")
def world() -> World:
    """An exchange on which each test begins anew."""
    system = System()
    system.live_in()
    return World(system)


def begin(world: World) -> Beside:
    """The models of an exchange at its beginning."""
    world.reset()
    return Beside(world)


def act(world: World, beside: Beside, step: Step) -> None:
    """A step of both, compared."""
    beside.foretell(step)
    answer, _ = world.act(step)
    beside.compare(step, "ok" if answer is not None else world.chain.reason, answer)


def drawing(world: World, seed: int, **weights: int) -> Drawer:
    """Draws steps of some kinds alone."""
    drawer = Drawer(world, Random(seed), "crash")
    drawer.ways = [getattr(drawer, kind) for kind in weights]
    drawer.cumulated = list(accumulate(weights.values()))
    drawer.total = float(drawer.cumulated[-1])
    return drawer


def contribution(world: World) -> Step:
    """Somebody gives to the insurance."""
    return Step("contribute", DONOR, "fund", call("contribute(uint256)", 7 * world.system.usd), "a gift")


def test_the_models_do_what_the_exchange_does() -> None:
    report = run(Options(seed=40, steps=1_200, length=100, only=(MODEL,)))  # each profile, all decimals
    assert report.failure is None, report.failure.what
    assert report.beside == report.steps == 1_200
    assert set(report.not_known) <= FROM_CHAIN
    assert report.not_known.total() < 60


def test_the_end_of_a_market(world: World) -> None:
    world.reset()
    drawer = drawing(world, 6, place=6, auction=1)
    story = Run(world, [], model=True)
    for _ in range(100):
        story.tell(drawer.draw())
    held = [one for one in world.system.accounts if 0 in world.state.markets_of(one)]
    assert len(held) > 3

    def tell(to: str, signature: str, *values: int, wait: int, who: str = STRANGER) -> str:
        prices = drawer.prices.steady(world.chain.time + wait, (1, 2))  # that of market 0 has stopped
        return story.tell(Step("end", who, to, call(signature, *values), signature, wait=wait, prices=prices))

    assert tell("router", "halt(uint256)", 0, wait=0, who=ROUTER_GUARD) == "ok"
    assert tell("liquidation", "report_halt(uint256)", 0, wait=1) == "ok"
    assert tell("liquidation", "settle(uint256)", 0, wait=60) == "liquidation: not halted so long"
    assert tell("liquidation", "settle(uint256)", 0, wait=3 * DAY) == "ok"
    early = tell("engine", "settle_position(uint256,uint256)", held[0], 0, wait=0)
    assert early == "engine: settlement not open"
    for account in held:
        assert tell("engine", "settle_position(uint256,uint256)", account, 0, wait=3_600) == "ok"
    assert not any(world.state.lots(one, 0) for one in world.system.accounts)


def test_what_they_do_not_know_is_what_is_documented(world: World) -> None:
    world.reset()
    drawer = drawing(world, 2, record=1, govern=4, halt=1)
    story = Run(world, [], model=True)
    for _ in range(300):
        story.tell(drawer.draw())
    assert story.beside
    assert set(story.beside.not_known) == FROM_CHAIN
    told_in_docs = (PROJECT_ROOT / "docs" / "invariants.md").read_text()
    assert all(f"`{name}`" in told_in_docs for name in FROM_CHAIN)


def test_a_call_that_no_model_knows_is_counted(world: World) -> None:
    beside = begin(world)
    act(world, beside, Step("odd", STRANGER, "engine", call("cancel_nonces(uint256,uint256)", 0, 1), "odd"))
    assert beside.not_known == {"engine.cancel_nonces": 1}
    with pytest.raises(LookupError, match="engine has no function 0x00000000"):
        beside.foretell(Step("odd", STRANGER, "engine", bytes(4), "odd"))


def test_models_are_asked_beside_a_few_stories_of_all_laws() -> None:
    report = run(Options(seed=MODEL_EVERY, steps=80, length=40))
    assert (report.failure, report.steps, report.beside) == (None, 80, 40)
    assert run(Options(seed=MODEL_EVERY + 1, steps=40, length=40)).beside == 0
    assert run(Options(seed=MODEL_EVERY + 1, steps=40, length=40, model=True)).beside == 40


# ------------------------------------------------------------------ that it bites


def test_a_planted_bug_is_found_by_the_models_alone() -> None:
    planted = next(one for one in PLANTED if one.number == 40)  # half of the shares that move stay
    found = hunt(planted, steps=12_000, minutes=20, seed=0, model=True)
    assert found.law == MODEL
    assert "shares of" in found.what


def test_a_fault_of_a_model_is_found_and_cut_down(monkeypatch: pytest.MonkeyPatch) -> None:
    withdraw = Engine.withdraw

    def forgetful(self: Engine, sender: int, account: int, amount: int) -> None:
        withdraw(self, sender, account, amount)
        self.tracked += amount // 2

    monkeypatch.setattr(Engine, "withdraw", forgetful)
    failure = run(Options(seed=0, steps=3_000, only=(MODEL,))).failure
    assert failure is not None
    assert failure.law == MODEL
    system = System(failure.decimals)
    system.live_in()
    world = World(system)
    steps = shrink(world, failure)
    assert len(steps) <= 2 < len(failure.steps)
    broken, rows = broken_by(world, steps, (MODEL,), failure.number)
    assert broken is not None
    assert "tracked" in str(broken)
    assert len(rows) == len(steps)
    table, python = told(failure, steps)
    assert "BREAKS THE LAW" in table
    assert "only=['model']" in python


@pytest.mark.parametrize("outcome", ["ok", "fund: zero amount"])
def test_another_outcome_is_found(world: World, outcome: str) -> None:
    beside = begin(world)
    step = contribution(world)
    if outcome == "ok":
        step.data = call("contribute(uint256)", 0)
    beside.foretell(step)
    with pytest.raises(AssertionError, match="the chain says"):
        beside.compare(step, outcome, b"")


def test_another_answer_is_found(world: World) -> None:
    beside = begin(world)
    step = Step("stake", DONOR, "fund", call("stake(uint256,address)", 10**6, 9), "stake")
    beside.foretell(step)
    answer, _ = world.act(step)
    assert answer is not None
    wrong = words(int.from_bytes(answer) + 1)
    with pytest.raises(AssertionError, match="the chain answers"):
        beside.compare(step, "ok", wrong)


def test_the_id_of_another_order_is_found(world: World) -> None:
    beside = begin(world)
    drawer = drawing(world, 1, place=1)
    for _ in range(40):
        step = drawer.place()
        assert step
        beside.foretell(step)
        answer, _ = world.act(step)
        beside.compare(step, "ok" if answer else world.chain.reason, answer)
        if answer and step.market == 0:
            break
    assert answer
    with pytest.raises(AssertionError, match="the chain answers"):
        beside.compare(step, "ok", words(int.from_bytes(answer) ^ 1))


def places(world: World) -> list[tuple[str, str, int]]:
    """Words that are compared after each step: whose, and where they are."""
    system, at = world.system, world.system.at
    account, market = system.traded[0], 1
    who = system.traded[0] >> 8
    engine = [
        ("tracked", at.tracked), ("bad debt", at.bad_debt), ("gate", at.gate), ("pauses", at.pauses),
        ("ramps", slot_of(at.ramps, market)), ("settled", slot_of(at.settled_at, market)),
        ("grant", slot_of(at.grants, account, int(system.triggers, 16))),
        *((f"market {number}", system.market_slot[market] + number) for number in range(7)),
    ]  # fmt: skip
    vault = [
        ("cap", at.vault_cap), ("supply", at.vault_supply), ("pending", at.vault_pending),
        ("shares", slot_of(at.vault_shares, int(STRANGER, 16))),
        *((f"request {n}", slot_of(at.vault_requests, int(STRANGER, 16)) + n) for n in range(3)),
    ]  # fmt: skip
    fund = [
        ("reserve", at.reserve), ("pot", at.pot), ("epoch", at.epoch), ("stakes", at.stakes_total),
        ("cap", slot_of(at.draw_caps, market)), ("drawn", slot_of(at.drawn, market)),
    ]  # fmt: skip
    fees = [
        ("booked", at.booked), ("deliverable", slot_of(at.deliverable, int(system.fund, 16))),
        ("claimable", slot_of(at.claimable, int(system.treasury, 16))),
    ]  # fmt: skip
    liquidation = [
        ("pending", slot_of(at.pendings, account, market)),
        ("reported", slot_of(at.reported_at, market)),
    ]
    triggers = [("tips", slot_of(at.tips, who)), ("slots", slot_of(at.trigger_accounts, account))]
    found = {
        "engine": engine, "vault": vault, "fund": fund,
        "fees": fees, "liquidation": liquidation, "triggers": triggers,
    }  # fmt: skip
    return [(contract, name, slot) for contract, slots in found.items() for name, slot in slots]


def agree(beside: Beside) -> bool:
    """Whether chain and models have the same after a step."""
    try:
        beside.same.each_step()
    except AssertionError:
        return False
    return True


FLIPPED = {"ramps": 1 << 104, "market 0": 1 << 160}
"""The bit that is another in words whose lowest bit is not compared: times of changes, ticks' worth."""


def test_every_word_that_is_compared_is_found_where_it_is_another(world: World) -> None:
    beside = begin(world)
    beside.same.each_step()
    chain, system = world.chain, world.system
    missed = []
    for contract, name, slot in places(world):
        where = str(getattr(system, contract))
        word = chain.word(where, slot)
        chain.write(where, slot, word ^ FLIPPED.get(name, 1))
        if agree(beside):
            missed.append((contract, name))
        chain.write(where, slot, word)
    assert agree(beside)
    assert missed == []


def test_every_bit_of_an_account_is_compared(world: World) -> None:
    world.reset()
    drawer = drawing(world, 5, place=6, auction=1)
    story = Run(world, [], model=True)
    for _ in range(80):
        story.tell(drawer.draw())
    beside, chain, system = story.beside, world.chain, world.system
    assert beside
    slots = [(one, number) for one in system.traded for number in world.state.markets_of(one)]
    assert slots
    for account, market in slots[:4]:
        at = [(system.slot[account], 241)]
        slot = system.position_slot[account, market]
        at += [(slot, 256), (slot + 1, 220)]
        for where, bits in at:
            word = chain.word(system.engine, where)
            for bit in range(0, bits, 3):
                chain.write(system.engine, where, word ^ 1 << bit)
                with pytest.raises(AssertionError):
                    beside.same.account(account)
            chain.write(system.engine, where, word)


def spoil_depth(beside: Beside) -> None:
    """A resting order of the model is a lot smaller."""
    order = next(
        one
        for market in beside.models.engine.markets.values()
        for one in market.book.orders
        if one.lots > 1 and not one.terms.batch_only
    )
    order.lots -= 1


def spoil_stake(beside: Beside) -> None:
    """A staker has more shares."""
    fund = beside.models.fund
    who, stake = next(iter(fund.stakes.items()))
    fund.stakes[who] = type(stake)(stake.shares + 1, stake.exit)


def spoil_trigger(beside: Beside) -> None:
    """A trigger waits for another price."""
    trigger = next(iter(beside.models.triggers.triggers.values()))
    trigger.extreme += 1


def spoil_held(beside: Beside) -> None:
    """Something is held of an account's penalties in a market of which the words are not read."""
    beside.models.liquidation.pendings[beside.system.fee_account, 0] = Pending(lots=1, held=5)


@pytest.mark.parametrize("spoil", [spoil_depth, spoil_stake, spoil_trigger, spoil_held])
def test_what_views_tell_is_compared(world: World, spoil: Any) -> None:
    world.reset()
    drawer = drawing(world, 8, place=3, trigger=1)
    story = Run(world, [], model=True)
    for _ in range(30):
        story.tell(drawer.draw())
    assert story.beside
    story.beside.same.everything()
    spoil(story.beside)
    with pytest.raises(AssertionError, match="the chain has"):
        story.beside.same.everything()
