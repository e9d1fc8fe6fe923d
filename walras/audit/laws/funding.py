"""Funding: 7 to 10."""

from fractions import Fraction
from typing import Final

from walras.audit.chain import call, person, signed
from walras.audit.run import Run, law
from walras.audit.state import MODE_HALTED
from walras.audit.system import MARKETS, OTHER, STRANGER, account

PREMIUM: Final = 10**9
PERIOD: Final = 28_800
PART: Final = account(OTHER)
"""An account that has no position: part of another's is moved to it, and that undone."""
PUPPET: Final = person(0xFA)
"""Who may use the engine's hooks, in what is tried and undone."""


def owed(run: Run) -> Fraction:
    """What all positions owe each other for funding, and together for deficits that they bear."""
    full = run.full()
    sums = [0 for _ in MARKETS]
    for (_, number), held in full.positions.items():
        here = full.markets[number]
        sums[number] += held.lots * here.funding - held.basis + abs(held.lots) * here.borne
    for (_, number), (lots, _, basis) in full.pending.items():
        sums[number] += lots * full.markets[number].funding - basis
    return sum((Fraction(total, full.markets[number].one) for number, total in enumerate(sums)), Fraction(0))


@law(
    7,
    "What was paid and is owed for funding is no less than what was received, and by dust alone more.",
    every=128,
)
def funding_is_not_created(run: Run) -> None:
    paid = run.ghost.funding + owed(run) - run.ghost.borne
    most = run.ghost.settlements + len(run.full().positions)
    assert 0 <= paid <= most, f"{float(paid)} units were created or lost, {most} at most"


def subject(run: Run) -> int | None:
    """Some account with a position."""
    accounts = (*run.system.traded, run.system.vault_account)
    for number in range(len(accounts)):
        one = accounts[(run.number + number) % len(accounts)]
        if run.state.word(one) & 7:
            return one
    return None


@law(
    8,
    "Settling twice in a second changes nothing; settling now and later is settling later, but for 2 units a "
    "market.",
    every=201,
)
def settling_twice(run: Run) -> None:
    one = subject(run)
    if one is None:
        return
    sync = call("sync(uint256)", one)
    with run.trying():
        if run.chain.send(STRANGER, run.system.engine, sync) is None:
            return
        once = run.words(one)
        run.chain.send(STRANGER, run.system.engine, sync)
        assert run.words(one) == once, f"{one:#x} has changed by a second settlement"
        dues = [run.state.market(market).due for market in run.state.markets_of(one)]
        left = min([due - run.chain.time - 1 for due in dues if due] or [600])
        _forced(run, one)  # no orders are left: from here on time alone changes what it is worth
        forced = run.words(one)
        _forced(run, one)
        assert run.words(one) == forced, f"{one:#x} has changed by a second booking"
        if left < 2:
            return
        worth = []
        for stops in ((left // 2, left), (left,)):
            with run.trying():
                now = run.chain.time
                for stop in stops:
                    run.chain.time = now + stop
                    _forced(run, one)
                worth.append(run.state.margins(one)[0])
    assert abs(worth[0] - worth[1]) <= 2 * len(MARKETS), (
        f"{one:#x} is worth {worth[0]} settled twice, {worth[1]} once"
    )


def _forced(run: Run, one: int) -> None:
    """Book an account in all markets without trading: what the liquidator's `force_cancel` does."""
    run.chain.write(
        run.system.engine, run.system.at.liquidator, int(PUPPET, 16)
    )  # a contract cannot begin a transaction
    for market in run.state.markets_of(one):
        run.chain.send(PUPPET, run.system.engine, call("force_cancel(uint256,uint256)", one, market))


@law(
    9,
    "A rate over a time moves the index as an exact model says, and none is lost.",
    hears=frozenset({"MarkSet"}),
)
def rates_move_the_index(run: Run) -> None:
    marks = run.named("MarkSet")
    last = {args[0]: args for args in marks}
    for market, args in last.items():
        _, _, index, _, funding, rate = args
        here = run.here(market)
        if here.mode > MODE_HALTED:
            continue
        exact = rate * index << 16
        off = abs(here.growth * PREMIUM * PERIOD - exact)
        assert off < PREMIUM * PERIOD, (
            f"a rate of {rate} grows by {here.growth}, exactly {exact / PREMIUM / PERIOD}"
        )
        known = run.memory.get(f"index {market}")
        if known is not None:  # several marks of a second do not move it
            since = min(run.chain.time - known[1], 3_600)
            exact_index = known[0] + known[2] * since
            assert funding == exact_index >> 16, f"the index is {funding}, exactly {exact_index / 2**16}"
        word = int(run.state.storage(run.state.engine, run.system.market_slot[market] + 5))
        run.memory[f"index {market}"] = (signed(word, 96), run.chain.time, here.growth)


@law(10, "A position that is split over two accounts pays no less funding.", every=331, offset=7)
def splitting_does_not_gain(run: Run) -> None:
    split_and_compare(run, 3_000, "funding")


@law(
    14,
    "Splitting over accounts never lowers maintenance margin and deficits together.",
    every=331,
    offset=161,
)
def splitting_keeps_margin(run: Run) -> None:
    split_and_compare(run, 0, "margin")


def split_and_compare(run: Run, seconds: int, what: str) -> None:
    """Move a third of a position and of the collateral to an empty account; compare with doing nothing."""
    one = subject(run)
    if one is None or run.state.word(PART) & 7 or one == run.system.vault_account:
        return
    engine, liquidator = run.system.engine, PUPPET
    with run.trying():
        _forced(run, one)
        markets = [number for number in range(len(MARKETS)) if abs(run.state.lots(one, number)) > 3]
        if not markets:
            return
        market = markets[0]
        lots = run.state.lots(one, market)
        part = lots // 3 if lots > 0 else -(-lots // 3)
        here = run.state.market(market)
        cash = part * here.mark // here.one
        if here.due and run.chain.time >= here.due:
            return
        whole, divided = [], []
        with run.trying():
            run.chain.time += seconds
            if here.due and run.chain.time >= here.due:
                run.chain.time = here.due - 1
            whole = _worth(run, one)
        data = call("force_trade(uint256,uint256,uint256,int256,int256)", one, PART, market, -part, cash)
        if run.chain.send(liquidator, engine, data) is None:
            return
        give = max(0, run.state.collateral(one)) // 3
        run.chain.send(liquidator, engine, call("force_payment(uint256,uint256,uint256)", one, PART, give))
        run.chain.time += seconds
        if here.due and run.chain.time >= here.due:
            run.chain.time = here.due - 1
        divided = [first + second for first, second in zip(_worth(run, one), _worth(run, PART), strict=True)]
    if what == "funding":
        assert divided[0] <= whole[0], f"{one:#x} is worth {whole[0]}, split {divided[0]}"
    else:
        told = divided[1] + divided[2], whole[1] + whole[2]
        assert told[0] >= told[1] - 1, f"margin and deficits of {one:#x} are {told[1]}, split {told[0]}"


def _worth(run: Run, one: int) -> list[int]:
    """Equity, maintenance margin and deficit, as the exchange says."""
    equity, _, maintenance = run.view(run.system.engine, "margin_of(uint256)", one)
    return [signed(equity), maintenance, max(0, -signed(equity))]
