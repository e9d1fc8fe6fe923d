"""Margin and caps: 11 to 13, 15, 27, 28."""

from collections import Counter
from fractions import Fraction
from typing import Final

from walras.audit.chain import call, ints, signed
from walras.audit.laws.auction import BATCHED, is_ask
from walras.audit.laws.oracle import reduces
from walras.audit.laws.shares import VIRTUAL
from walras.audit.run import ORDERS, STAGES, Run, exposures, law
from walras.audit.state import DEGRADED, LIVE, MODE_HALTED, PPM, SETTLED, Market
from walras.audit.system import BUILDER, MARKETS, MULTISIG, REFERRER, account, owner

KNOWN: Final = ORDERS | {
    "cancel",
    "cancel_all",
    "deposit",
    "withdraw",
    "transfer",
    "share",
    "grant",
    "switch",
    "sweep",
    "auction",
}

_LOTS: Final = 2**36 - 1


@law(
    11,
    "Who lets an exposure grow has initial margin after it, fees, funding and the worst fills counted.",
    kinds=ORDERS,
)
def growth_has_margin(run: Run) -> None:
    one = run.step.account
    for market in run.grown():
        here = run.here(market)
        if run.is_continuous(market) or here.mode == SETTLED:
            continue  # continuous: the order has traded, and the mark moved, since it was checked
        if run.step.kind in ("multicall", "replace") and reduces_too(run, market):
            continue  # a later order that lets nothing grow is asked for no margin
        equity, initial, _ = run.margins(one)
        assert equity >= initial, f"{one:#x} has {equity} and needs {initial}"
        if not run.is_turn(4):
            continue
        spare = worst_case(run, one)
        assert spare >= 0, f"{one:#x} lacks {float(-spare)} if the worst of its orders fill"


def reduces_too(run: Run, market: int) -> bool:
    """Whether several orders were placed, and some are on a side whose exposure did not grow."""
    placed = sum(name == "Placed" and at == run.system.books[market] for name, at, _ in run.events)
    after = run.after()
    sides = zip(exposures(run.before, market), exposures(after, market), (0, 36), strict=True)
    return placed > 1 and any(
        now <= was and after[2 + 2 * market] >> bits & _LOTS for was, now, bits in sides
    )


def worst_case(run: Run, one: int) -> Fraction:
    """Equity less initial margin, in the worst case of open orders filling or not, as the books list them."""
    state, spare = run.state, Fraction(run.state.collateral(one))
    builder = state.builder_ppm(one)
    for market in state.markets_of(one):
        here, held = state.market(market), state.position(one, market)
        if not held.has_orders:
            spare += _spare(held.lots, held.cash, held.basis, here)
            continue
        answer = run.chain.ask(run.system.books[market], call("open_orders(uint256)", one))
        assert answer is not None, "open_orders reverts"
        orders = ints(answer)[2:]
        pending = run.pending(one, market, here)
        cases = []
        for bids in (False, True):
            for asks in (False, True):
                lots, cash = held.lots + pending[0], held.cash + pending[1]
                paid = 0
                for at in range(0, len(orders), 11):
                    is_ask, tick, size = orders[at + 1 : at + 4]
                    if asks if is_ask else bids:
                        worth = size * tick * here.unit
                        lots += -size if is_ask else size
                        cash += worth if is_ask else -worth
                        paid += worth
                fees = Fraction(paid * (here.taker_ppm + builder), PPM)
                basis = held.basis + pending[2] + (lots - held.lots - pending[0]) * here.funding
                borne = (
                    abs(held.lots) * here.borne - abs(lots) * here.borne
                )  # what is traded bears nothing of before
                cases.append(_spare(lots, cash, basis, here) - fees - Fraction(borne, here.one))
        spare += min(cases)
    return spare


def _spare(lots: int, cash: int, basis: int, here: Market) -> Fraction:
    owed = lots * here.funding + abs(lots) * here.borne - basis
    worth = cash + Fraction(lots * here.mark - owed, here.one)
    return worth - Fraction(abs(lots) * here.mark * here.initial_ppm, here.one * PPM)


@law(
    12,
    "Who has initial margin does not come below maintenance margin but by price, time or a ramp.",
)
def health_is_not_talked_away(run: Run) -> None:
    one, before = run.step.account, run.before
    if not before or not before[0] & 7 or run.step.kind in STAGES or run.step.kind == "sync":
        return
    if any(args[0] == one and args[2] for args in run.named("Booked")) and run.step.kind not in ORDERS:
        return  # fills that waited came to light
    market_of = run.ghost.market_of
    placed = {market_of[at] for name, at, _ in run.events if name == "Placed" and at in market_of}
    if any(
        (before[0] >> market & 1 or market in placed) and run.is_continuous(market)
        for market in range(len(MARKETS))
    ):
        return  # continuous: trades, and marks that they move, in the same call
    if on_another_grid(run, one):
        return  # the words' ticks are no more what they were worth when they filled
    was = standing(run, before)
    if was[0] >= was[1]:
        equity, _, maintenance = run.margins(one)
        assert equity >= maintenance, f"{one:#x} had {was[0]} for {was[1]} and has {equity} for {maintenance}"


def on_another_grid(run: Run, one: int) -> bool:
    """Whether fills came to light of a grid whose ticks were worth something else than they are now."""
    paid: Counter[int] = Counter()
    for name, at, args in run.events:
        if name == "Settled" and at in run.ghost.market_of and args[0] == one:
            market = run.ghost.market_of[at]
            paid[market] += (args[3] if is_ask(args[1]) else -args[3]) * run.here(market).unit
        elif name == "Booked" and args[0] == one:
            paid[args[1]] -= args[3]
    return any(paid.values())


def standing(run: Run, words: tuple[int, ...]) -> tuple[int, int]:
    """Equity and initial margin of the subject's old words at the marks of now."""
    equity, initial = signed(words[0] >> 128, 112), 0
    for market in range(len(MARKETS)):
        if not words[0] >> market & 1:
            continue
        here = run.here(market)
        position = words[1 + 2 * market]
        lots = signed(position >> 216, 40)
        orders = words[2 + 2 * market]
        owed = lots * here.funding + abs(lots) * here.borne - signed(position, 120)
        equity += signed(position >> 120, 96) + lots * here.mark // here.one + -owed // here.one
        worst = max(abs(lots), *exposures(words, market))
        initial += -(-worst * here.mark * here.initial_ppm // (PPM * here.one))
        if orders:
            initial += run.state.losses(run.step.account, orders, here, words[0])
    return equity, initial


@law(13, "What one does leaves the accounts of others as they were.")
def others_are_left_alone(run: Run) -> None:
    kind, system = run.step.kind, run.system
    if kind not in KNOWN or kind == "execute":
        return
    one = run.step.account
    if not run.ghost.touched:
        return
    allowed = {
        0,
        one,
        system.fee_account,
        system.tip_account,
        system.vault_account,
        account(run.step.who),
        account(REFERRER),
        account(BUILDER),
        *run.state.sharers(one),
    }
    if kind == "transfer":
        allowed.add(one ^ 1)
    strange = run.ghost.touched - allowed
    assert not strange, f"{kind} of {one:#x} changed {[hex(other) for other in strange]}"


@law(13, "No account changes without a log that names it.", every=128)
def nobody_changes_unseen(run: Run) -> None:
    for one, has in run.full().collateral.items():
        assert has == run.ghost.collateral[one], f"{one:#x} changed from {run.ghost.collateral[one]} to {has}"


@law(
    15,
    "Nothing leaves but collateral, and no more than equity less initial margin.",
    hears=frozenset({"Withdrawn", "Transferred"}),
)
def profit_stays(run: Run) -> None:
    for name, args in [
        (event[0], event[2]) for event in run.events if event[0] in ("Withdrawn", "Transferred")
    ]:
        one, amount = args[0], args[-1] if name == "Transferred" else args[1]
        if not amount or one not in run.system.slot or run.step.kind in ("distribute", "enact"):
            continue
        assert run.state.collateral(one) >= 0, f"{one:#x} owes after a withdrawal"
        equity, initial, markets = _base_margin(run, one)
        assert not markets or equity >= initial, f"{one:#x} has {equity} for {initial} after it took {amount}"


def _base_ppm(run: Run, market: int) -> int:
    """Initial margin fraction while open interest is small: the rules', or on the way there."""
    target, now = run.here(market).rules & (2**20 - 1), run.chain.time
    start, begin, end = run.ghost.ramps.get(market, (target, 0, 0))
    if now >= end or start >= target:
        return target
    return start + (target - start) * (now - begin) // (end - begin)


def _base_margin(run: Run, one: int) -> tuple[int, int, int]:
    """Equity at the unkinder of mark and index, and margin at the base fractions."""
    state = run.state
    word = state.word(one)
    equity, initial = signed(word >> 128, 112), 0
    for market in state.markets_of(one):
        here, held = state.market(market), state.position(one, market)
        price = min(here.mark, here.index) if held.lots > 0 else max(here.mark, here.index)
        if here.status == 2:
            price = min(price, here.low) if held.lots > 0 else max(price, here.high)
        owed = held.lots * here.funding + abs(held.lots) * here.borne - held.basis
        equity += held.cash + held.lots * price // here.one + -owed // here.one
        base = _base_ppm(run, market)
        worst = max(abs(held.lots), held.lots + held.bids, held.asks - held.lots)
        initial += worst * here.mark * base // (PPM * here.one)
        if held.has_orders:
            orders = state.storage(state.engine, run.system.position_slot[one, market] + 1)
            initial += state.losses(one, orders, here, word)
    return equity, initial, word & 7


@law(
    27,
    "A side that grew is within the market's cap, and whoever let it grow within the account's.",
    kinds=ORDERS,
)
def caps(run: Run) -> None:
    for market in run.grown():
        was = run.opens[market]
        word = int(run.state.storage(run.state.engine, run.system.market_slot[market] + 2))
        cap, own = word >> 80 & (2**36 - 1), word >> 116 & (2**34 - 1)
        before, after = exposures(run.before, market), exposures(run.after(), market)
        for side in (0, 1):
            if after[side] <= before[side]:
                continue
            total, old = word >> 40 * side & (2**40 - 1), was >> 40 * side & (2**40 - 1)
            assert total <= cap or total <= old, f"side {side} of {market} is {total}, its cap {cap}"
            assert after[side] <= own, f"{run.step.account:#x} is {after[side]} on a side, its cap {own}"


@law(27, "Above a cap positions are reduced.", every=311, picks=BATCHED)
def reductions_pass_above_a_cap(run: Run) -> None:
    system, chain = run.system, run.chain
    market = run.number // 311 % BATCHED
    here = run.state.market(market)
    if here.mode >= MODE_HALTED or here.status not in (LIVE, DEGRADED) or here.due <= chain.time:
        return
    with run.trying():
        lower = call("lower_caps(uint256,uint256,uint256)", market, 1, 1)
        if chain.send(MULTISIG, system.guardian, lower) is None:
            return  # its time is over, or a vote has given the caps another owner
        for one in system.traded[run.number % 2 :: 2]:
            if run.state.lots(one, market):  # orders that close it already go first
                chain.send(owner(one), system.engine, call("cancel_all(uint256,uint256)", one, market))
                reduces(run, one, market)


@law(28, "The vault's position is within its allocation after any increase.", hears=frozenset({"Booked"}))
def vault_allocation(run: Run) -> None:
    vault = run.system.vault_account
    for name, _, args in run.events:
        if name != "Booked" or args[0] != vault or run.step.kind in STAGES:
            continue
        market, lots = args[1], args[2]
        now = run.state.lots(vault, market)
        if lots == 0 or abs(now) <= abs(now - lots) or (now > 0) != (lots > 0):
            continue
        plan = run.view(run.system.vault, "quote_settings(uint256)", market)
        here = run.state.market(market)
        # collateral and position before the fill, its own profit and funding
        base = max(0, run.state.collateral(vault) - args[5] + args[6])
        pending = int(run.state.storage(run.system.vault, run.system.at.vault_pending))
        if pending:  # what leaves shares losses
            (shares,) = run.view(run.system.vault, "balanceOf(address)", int(run.system.vault, 16))
            (supply,) = run.view(run.system.vault, "totalSupply()")
            pending = min(pending, shares * (base + 1) // (supply + VIRTUAL))
        capital = (base - pending) * plan[0] // 10_000
        cash = run.state.position(vault, market).cash + args[5] - args[3]
        lost = args[6] - cash - ((now - lots) * here.index >> here.scale)
        capital = max(0, capital - max(0, lost - 2))
        tick = max(1, here.index // here.one // here.unit)
        limit = capital * plan[1] // 10_000 // (tick * here.unit)
        assert abs(now) <= limit + 1, f"the vault holds {now} lots of {market}, its limit is {limit}"
