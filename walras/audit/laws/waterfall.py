"""Liquidation and deleveraging: 16 to 26."""

from fractions import Fraction
from math import ceil, floor
from typing import Final

from walras.audit.chain import call, slot_of
from walras.audit.run import STAGES, Run, Scene, law
from walras.audit.state import DEGRADED, LIVE, MAX_TICK, PPM, SETTLED
from walras.audit.system import KEEPERS, MARKETS, STRANGER, account

SLACK: Final = 4
"""Token units, of roundings of a price, two fees and a margin."""
GAS: Final = 12_000_000
RANKS: Final = 8
"""Nominees of a round."""
NOTICE: Final = 30
"""Seconds between two liquidations without a buyer, where there are no batches."""


def scene_of(run: Run, *kinds: str) -> Scene | None:
    """Of the step that went through, where it is one of these."""
    return run.scene if run.step.kind in kinds else None


@law(
    16, "A liquidation succeeds below maintenance margin alone, everything settled.", stage=True, kinds=STAGES
)
def only_below_margin(run: Run) -> None:
    if scene := scene_of(run, "liquidate", "take_over", "deleverage"):
        assert scene.kindest < scene.maintenance, f"{scene.kindest} for {scene.maintenance}"
    if scene := scene_of(run, "cancel_orders"):
        assert scene.kindest < scene.initial, f"{scene.kindest} for {scene.initial}"
    if scene := scene_of(run, "resolve"):
        assert scene.equity < 0 == scene.maintenance, f"{scene.equity} for {scene.maintenance}"


@law(
    17,
    "Lots fall, the side stays, and equity over maintenance margin does not fall.",
    stage=True,
    kinds=STAGES,
)
def ratio_does_not_fall(run: Run) -> None:
    one, market = run.step.account, run.step.market
    if scene := scene_of(run, "liquidate"):
        for _, _, _, lots, tick, held in run.named("Liquidated"):
            here = scene.market
            assert 0 < -lots <= scene.lots or 0 < lots <= -scene.lots, f"{lots} of {scene.lots}"
            price = abs(lots) * tick * here.unit
            worth = Fraction(abs(lots) * here.mark, here.one)
            fee = Fraction(-(-price * (here.taker_ppm + run.state.builder_ppm(one)) // PPM)) + 1
            loss = worth - price if lots < 0 else price - worth
            if scene.equity <= scene.held:  # what is held elsewhere backs nothing here
                fee = Fraction(0)
                assert held == 0, f"{held} is taken of who has nothing"
            freed = worth * here.maintenance_ppm / PPM
            if lots < 0 and tick == MAX_TICK and tick * here.unit * here.one < here.mark:
                continue  # the mark is beyond the grid, which has no higher limit
            _kept(scene, scene.equity - held - loss - fee, scene.maintenance - freed)
    scene = scene_of(run, "take_over", "deleverage")
    if scene and (run.named("TakenOver") or run.named("Deleveraged")):
        left = run.state.lots(one, market)
        assert 0 <= left < scene.lots or scene.lots < left <= 0, f"{left} of {scene.lots}"
    if scene_of(run, "take_over") and run.state.markets_of(one):
        assert run.scene is not None
        equity, _, maintenance = run.state.margins(one)
        _kept(run.scene, Fraction(equity + run.held(one)), Fraction(maintenance))


def _kept(scene: Scene, equity: Fraction, maintenance: Fraction) -> None:
    """Against the equity at the marks. Of one that has less than nothing no more is taken."""
    if scene.equity <= 0:
        assert equity >= scene.equity - SLACK, f"{float(equity)} is left of {scene.equity}"
    else:
        fair = Fraction(scene.equity, scene.maintenance) * maintenance
        assert equity >= fair - SLACK, f"{float(equity)} is left, {float(fair)} would be fair"


@law(18, "Afterwards nothing is left, or what is worth the market's minimum.", stage=True, kinds=STAGES)
def no_dust(run: Run) -> None:
    if scene := scene_of(run, "liquidate", "take_over"):
        smallest = run.fall(run.step.market)[4]
        for name in ("Liquidated", "TakenOver"):
            for args in run.named(name):
                left = abs(scene.lots) - abs(args[3 if name == "Liquidated" else 2])
                worth = left * scene.market.mark >> scene.market.scale
                assert left == 0 or worth >= smallest, f"{left} lots, worth {worth}, are left"


@law(
    19,
    "Rewards are within their cap, and no more than what the account lost, or a fee from the pot.",
    stage=True,
)
def rewards_are_paid_for(run: Run) -> None:
    for args in run.named("Collected"):
        one, market, _, _, penalty, tip, returned = args
        fall = run.fall(market)
        assert tip <= fall[2], f"a tip of {tip} above the cap {fall[2]}"
        assert tip <= (penalty + tip) * fall[1] // 10_000, f"a tip of {tip} out of {penalty + tip}"
        assert returned >= 0, f"{one:#x} is returned {returned}"
    for args in run.named("Liquidated"):
        assert run.scene is None or args[5] <= max(0, run.scene.equity), f"{args[5]} is held of {args[0]:#x}"
    scene = scene_of(run, "take_over", "deleverage", "cancel_orders", "resolve")
    if scene is None:
        return
    fall, market = run.fall(run.step.market), run.step.market
    tips = sum(args[2] for args in run.named("Tipped"))
    earned = tips + sum(args[5] for args in run.named("Collected"))
    if run.step.kind == "cancel_orders":
        earned += fall[2] // 10
    taken = sum(abs(args[2]) for args in run.named("TakenOver")) + sum(
        args[3] for args in run.named("Deleveraged")
    )
    worth = taken * scene.market.mark >> scene.market.scale
    earned += min(fall[2], worth * scene.market.taker_ppm // (10 * PPM))
    gained = run.state.collateral(account(run.step.who)) - scene.keeper
    assert gained <= earned, f"the keeper gained {gained} of {earned} in {market}"


@law(
    20,
    "A deficit is paid: insurance, what others bear, and bad debt are what was lacking.",
    stage=True,
    kinds=STAGES | {"collect"},
)
def deficits_do_not_stay(run: Run) -> None:
    if run.step.kind in ("take_over", "deleverage", "resolve", "collect"):
        one = run.step.account
        if not any(run.state.lots(one, market) for market in range(len(MARKETS))) and not run.held(one):
            due = any(
                0 < run.state.market(market).due <= run.chain.time for market in run.state.markets_of(one)
            )
            has = run.state.collateral(one)
            assert has >= 0 or due, f"{one:#x} owes {-has} and has no position"
            if run.named("Covered") and run.step.kind != "deleverage":  # a round's insurance is what it took
                assert has == 0, f"{one:#x} has {has} once its deficit was covered"
    if scene := scene_of(run, "resolve"):
        for _, _, insured, socialised in run.named("Covered"):
            assert insured + socialised == -scene.equity, f"{insured} + {socialised} for {-scene.equity}"


@law(
    20,
    "What others bear is what the waterfall says that they bear.",
    hears=frozenset({"Covered", "Socialised"}),
)
def deficits_are_borne(run: Run) -> None:
    covered = sum(args[3] for args in run.named("Covered"))
    borne = sum(args[2] for args in run.named("Socialised"))
    assert covered == borne, f"{covered} is said, {borne} is borne"


@law(21, "The insurance fund falls by deficits and exits alone, and by no more than a market's cap.")
def insurance_pays_deficits_alone(run: Run) -> None:
    storage, fund, at = run.state.storage, run.system.fund, run.system.at
    now = int(storage(fund, at.reserve)) + int(storage(fund, at.pot))
    before = run.memory.get("insured", now)
    run.memory["insured"] = now
    drawn = [(args[0], args[1], args[2] + args[3]) for args in run.named("Drawn")]
    for market, asked, paid in drawn:
        cap, all_drawn = (
            int(storage(fund, slot_of(at.draw_caps, market))),
            int(storage(fund, slot_of(at.drawn, market))),
        )
        assert paid == 0 or all_drawn <= cap, f"market {market} has drawn {all_drawn}, its cap is {cap}"
        assert paid <= asked, f"{paid} was paid for {asked}"
    covered = sum(args[2] for args in run.named("Covered"))
    assert covered == sum(paid for _, _, paid in drawn), f"{covered} was covered, {drawn} drawn"
    if run.step.kind != "exit" and now < before:
        assert before - now == covered, f"{before - now} left, {covered} was covered"
    if run.step.kind == "exit":
        asked_at = run.memory.get(f"asked {run.step.who}", 0)
        assert run.chain.time >= asked_at + 14 * 86_400, "a stake left before its time"
        claimed = sum(args[3] for args in run.named("Claimed"))
        assert before - now == claimed, f"{before - now} left, {claimed} was claimed"
    if run.step.kind == "ask_exit":
        run.memory[f"asked {run.step.who}"] = run.chain.time


@law(
    22, "Whoever is below maintenance margin can be liquidated, and the health of all can be seen.", every=384
)
def waterfall_is_alive(run: Run) -> None:
    system, chain = run.system, run.chain
    accounts = system.accounts[:24]
    data = call("health(uint256[])", 32, len(accounts), *accounts)
    assert chain.ask(system.liquidation, data) is not None, f"health reverts: {chain.reason}"
    for one in system.traded:
        equity, maintenance = run.state.health(one)
        if maintenance and equity < maintenance:
            rescue(run, one)
            return


def rescue(run: Run, one: int) -> None:
    """One who is to be liquidated is: with a price of this second, at the end of the batch."""
    system, chain, state = run.system, run.chain, run.state
    with run.trying():
        market = next((number for number in state.markets_of(one) if state.lots(one, number)), None)
        if market is None or state.market(market).mode == SETTLED:
            return
        wait = max(0, max(state.market(number).due for number in range(len(MARKETS))) - chain.time) + 1
        chain.time += wait if state.market(market).due else max(wait, NOTICE)
        for number in range(len(MARKETS)):
            price = run.view(system.router, "last(uint256)", number)[0]
            run.world.publish(
                tuple((number, feed, price, 0, chain.time, 0) for feed in range(len(system.feeds[number])))
            )
        if not state.market(market).due:  # continuous: no batch ends that would bring a mark of this second
            chain.send(STRANGER, system.engine, call("run_auction(uint256)", market))
        if not run.prepare(one, market):
            reason = chain.reason
            assert reason in ("", "engine: awaiting price", "router: too little gas"), (
                f"settling {one:#x}: {reason}"
            )
            return
        status = run.view(system.router, "price(uint256)", market)[3]  # a halt since the mark was asked for
        equity, _, maintenance = state.margins(one)
        worth = run.view(system.engine, "worth(uint256)", one)
        held = run.held(one)
        if status not in (LIVE, DEGRADED) or not state.lots(one, market):
            return
        if max(equity, _signed(worth[1])) + held >= maintenance:
            return
        ways = (
            call("liquidate(uint256,uint256)", one, market),
            call("collect(uint256,uint256)", one, market),
            call("take_over(uint256,uint256,uint256)", one, market, 2**40),
        )
        reasons = []
        for data in ways:
            if chain.send(KEEPERS[0], system.liquidation, data, gas=GAS) is not None:
                return
            reasons.append(chain.reason)
        if reasons[0] == "liquidation: no buyer now":  # to an order of a batch, before these were voted away
            since = run.view(system.liquidation, "pending(uint256,uint256)", one, market)[3]
            assert since == chain.time, f"{one:#x}: no buyer since {since}"
            return
        allowed = {
            "liquidation: order is pending",
            "liquidation: not so deep",
            "liquidation: backstop is full",
        }
        assert "liquidation: order is pending" in reasons, f"{one:#x}: {reasons}"
        if reasons[0] == "liquidation: order is pending":
            allowed.add("liquidation: margin is met")  # at the backstop's marks, which are of this second
        assert set(reasons) <= allowed, f"{one:#x}: {reasons}"


def _signed(word: int) -> int:
    return word - 2**256 if word >> 255 else word


@law(
    23,
    "Nobody else bears a deficit while the insurance fund would pay.",
    stage=True,
    kinds=STAGES,
    hears=frozenset({"Covered", "Deleveraged"}),
)
def insurance_comes_first(run: Run) -> None:
    for _, market, _, socialised in run.named("Covered"):
        if socialised:
            left = run.view(run.system.fund, "draw_capacity(uint256)", market)[0]
            assert left == 0, f"the fund has {left} left for {market}, others bear {socialised}"
    scene, done = run.scene, run.named("Deleveraged")
    if scene is None or is_in_parts(run, scene):
        return  # what the fund has is for the others as well: inv_24 asks for the part
    for _, market, _, _, price in done:
        if price != scene.market.mark and (price > scene.market.mark) == (scene.lots > 0):
            left = run.view(run.system.fund, "draw_capacity(uint256)", market)[0]
            assert left == 0, f"the fund has {left} left for {market}, a nominee gets {price}"


def is_in_parts(run: Run, scene: Scene) -> bool:
    """Whether a deleveraging left lots, and nominees who were not called for."""
    lots = sum(args[3] for args in run.named("Deleveraged"))
    return lots < abs(scene.lots) and int.from_bytes(run.step.data[68:100]) < RANKS


@law(
    23,
    "No round is opened while the backstop would take three times the smallest part.",
    kinds=frozenset({"nominate"}),
)
def backstop_comes_first(run: Run) -> None:
    """A discount of three fifths of a margin, at most, makes room for more; so does a position's end."""
    system, chain, one, market = run.system, run.chain, run.step.account, run.step.market
    until, rounds = run.named("Nominated")[0][4], run.memory.setdefault("rounds", {})
    if rounds.get((one, market)) == until:
        return  # it was open
    rounds[one, market] = until
    here, held = run.state.market(market), abs(run.state.lots(one, market))
    part = -(-3 * run.fall(market)[4] * here.one // here.mark)
    if held >= part and run.state.lots(system.backstop, market) * run.state.lots(one, market) >= 0:
        with run.trying():
            data = call("take_over(uint256,uint256,uint256)", one, market, part)
            assert chain.send(KEEPERS[0], system.liquidation, data) is None, (
                f"a round is open, and the backstop took {part} of {held} lots"
            )
            assert chain.reason == "liquidation: backstop is full", f"for {part} of {held}: {chain.reason}"


@law(
    24,
    "Haircuts sum to the deficit, and nobody bears more than his profit.",
    stage=True,
    kinds=STAGES,
    hears=frozenset({"Deleveraged"}),
)
def haircuts(run: Run) -> None:
    scene, done = run.scene, run.named("Deleveraged")
    if not done:
        return
    assert scene is not None, "somebody is deleveraged by another step"
    here, held = scene.market, abs(scene.lots)
    lots = sum(args[3] for args in done)
    paid = sum(args[2] for args in run.named("Covered") if args[1] == run.step.market)
    sign = 1 if scene.lots > 0 else -1
    margin = -(-held * here.mark * here.maintenance_ppm // (PPM * here.one))
    whose = max(0, -scene.equity - scene.unborne)  # what others could not bear is not for who comes later
    owed = min(floor(Fraction(whose * margin, scene.maintenance)), max(0, scene.lost))
    part = ceil(Fraction(owed * lots, held))
    # for a part of the nominees the fund pays a part of what it has
    in_parts = is_in_parts(run, scene)
    whole = held if in_parts else lots
    assert min(part, scene.capacity * lots // whole) <= paid, f"the fund paid {paid} of {part}"
    haircut = Fraction(max(0, part - (paid if in_parts else scene.capacity)), lots)
    highest = haircut if sign > 0 else min(haircut, Fraction(here.mark, here.one))
    gap = Fraction(max(0, sign * (here.mark - here.index)), here.one)
    # the index instead, where that is worse for the account: as far as it can bear it
    backs = [
        floor(Fraction(max(0, one) * margin, scene.maintenance))
        for one in (scene.equity - scene.held, scene.equity)
    ]
    worse = [min(gap, Fraction(floor(Fraction(one * lots, held)), lots)) for one in backs]
    borne = Fraction(0)
    for _, _, nominee, size, price in done:
        least, most = (min(highest, Fraction(one, size)) for one in scene.bears[nominee])
        off = Fraction(sign * (price - here.mark), here.one)
        slack = Fraction(2, here.one)
        assert least - worse[1] - slack <= off <= most - worse[0] + slack, (
            f"{nominee:#x} bears {float(off)} a lot, {float(least)} to {float(most)} is right"
        )
        profit = scene.positions[nominee][1]
        assert off * size <= profit, f"{nominee:#x} bears {float(off * size)} of a profit of {profit}"
        borne += off * size
    assert borne <= haircut * lots + Fraction(2 * lots, here.one), f"{float(borne)} is borne for {part}"


@law(
    25,
    "The other side alone, who profits alone, in rank order, each as many lots as is said.",
    stage=True,
    kinds=STAGES,
)
def in_rank_order(run: Run) -> None:
    scene, done = run.scene, run.named("Deleveraged")
    if done:
        assert scene is not None, "somebody is deleveraged by another step"
        order = [nominee for nominee, _ in scene.nominees]
        places = [order.index(args[2]) for args in done]
        assert places == sorted(set(places)), f"ranks {places} came in this order"
        left = abs(scene.lots)
        for args in done:
            was, profit = scene.positions[args[2]]
            assert was * scene.lots < 0, f"{args[2]:#x} is on the same side"
            assert profit > 0, f"{args[2]:#x} has no profit"
            now = run.state.lots(args[2], run.step.market)
            assert abs(now) == abs(was) - args[3], f"{args[2]:#x} has {now} of {was}"
            left -= args[3]
        assert left >= 0, "more lots than the account had"
    if run.ok and run.step.kind == "nominate":
        found = run.view(
            run.system.liquidation, "nominees(uint256,uint256)", run.step.account, run.step.market
        )[3:]
        scores = found[1::2]
        assert scores == sorted(scores, reverse=True), f"scores {scores}"
        assert len(set(found[::2])) == len(scores) <= 8, "somebody twice"


@law(
    26,
    "Deleveraging lowers open interest by the same on both sides.",
    stage=True,
    kinds=STAGES,
    hears=frozenset({"Deleveraged"}),
)
def open_interest_falls_alike(run: Run) -> None:
    scene, done = run.scene, run.named("Deleveraged")
    if not done or scene is None:
        return
    lots = sum(args[3] for args in done)
    with run.trying():
        for nominee, _ in scene.nominees:
            run.chain.send(STRANGER, run.system.engine, call("sync(uint256)", nominee))
        word = int(run.state.storage(run.state.engine, run.system.market_slot[run.step.market] + 2))
    fell = scene.open[0] - (word >> 150 & (2**40 - 1)), scene.open[1] - (word >> 190)
    assert fell == (lots, lots), f"open interest fell by {fell}, {lots} lots were deleveraged"
