"""Custody and conservation: 1 to 6, and 50."""

from fractions import Fraction
from typing import Final

from walras.audit.chain import signed, slot_of
from walras.audit.run import Run, law
from walras.audit.state import PPM
from walras.audit.system import MARKETS, REFERRAL_BPS, REFERRER, TRADERS, account

OFTEN: Final = 128
"""Steps between two readings of everything."""


@law(1, "Each contract has the tokens that it keeps track of, and beyond them gifts alone.")
def custody(run: Run) -> None:
    storage, system, ghost = run.state.storage, run.system, run.ghost
    fund = int(storage(system.fund, system.at.reserve)) + int(storage(system.fund, system.at.pot))
    booked = int(storage(system.fees, system.at.booked))
    tracked = run.state.tracked()
    token, holds, gifts = system.token, system.holds, ghost.gifts
    for name, kept in (
        ("engine", tracked),
        ("fund", fund),
        ("fees", booked),
        ("vault", 0),
        ("liquidation", 0),
    ):
        has = storage(token, holds[name])
        assert has == kept + gifts.get(name, 0), f"{name} has {has} and keeps track of {kept}"
    assert tracked == ghost.tracked, f"the engine tracks {tracked}, {ghost.tracked} came in and stayed"


@law(1, "Trigger orders have the tips of what is open and the credits.", every=512)
def custody_of_tips(run: Run) -> None:
    system = run.system
    owed = 0
    for one in system.traded:
        if not int(run.state.storage(system.triggers, slot_of(system.at.trigger_accounts, one))) & (
            2**64 - 1
        ):
            continue
        for number in run.view(system.triggers, "triggers_of(uint256)", one)[2:]:
            owed += run.view(system.triggers, "trigger(uint256)", number)[17]
    people = (*TRADERS, *(f"0x{one >> 8:040x}" for one in system.accounts))
    owed += sum(
        int(run.state.storage(system.triggers, slot_of(system.at.tips, int(who, 16)))) for who in set(people)
    )
    has = int(run.state.storage(system.token, system.holds["triggers"]))
    assert has == owed + run.ghost.gifts["triggers"], f"triggers have {has} and owe {owed}"


@law(
    2,
    "Collateral, cash and funding are the money that came in, less recorded bad debt, but for dust.",
    every=OFTEN,
)
def money_is_conserved(run: Run) -> None:
    full = run.full()
    sums = [[0, 0] for _ in MARKETS]  # cash, lot price units
    for (_, number), held in full.positions.items():
        here = full.markets[number]
        sums[number][0] += held.cash
        sums[number][1] += held.lots * (here.mark - here.funding) + held.basis - abs(held.lots) * here.borne
    for (_, number), (lots, cash, basis) in full.pending.items():
        here = full.markets[number]
        sums[number][0] += cash
        sums[number][1] += lots * (here.mark - here.funding) + basis
    worth = Fraction(sum(full.collateral.values()))
    for number, (cash, value) in enumerate(sums):
        worth += cash + Fraction(value, full.markets[number].one)
    dust = run.state.tracked() + run.state.bad_debt() - worth
    most = run.ghost.settlements + len(full.positions)
    assert 0 <= dust <= most, f"{float(dust)} units of dust, {most} at most"


@law(
    3,
    "In each market the lots of all accounts, those of fills that wait included, sum to nothing.",
    every=OFTEN,
)
def lots_sum_to_zero(run: Run) -> None:
    full = run.full()
    sums = [0 for _ in MARKETS]
    for (_, number), held in full.positions.items():
        sums[number] += held.lots
    for (_, number), fills in full.pending.items():
        sums[number] += fills[0]
    for number, total in enumerate(sums):
        assert total == 0 or full.markets[number].mode == 4, f"{total} lots too many in {number}"


@law(4, "What one pays for lots another receives, to the unit.", every=OFTEN)
def trades_are_exact(run: Run) -> None:
    full = run.full()
    sums = list(run.ghost.booked_cash)
    for (_, number), fills in full.pending.items():
        sums[number] += fills[1]
    for number, total in enumerate(sums):
        assert total == 0 or full.markets[number].mode == 4, f"{total} units were paid to nobody in {number}"


@law(5, "The engine's sums of exposures and positions are those over all accounts.", every=OFTEN)
def aggregates(run: Run) -> None:
    full = run.full()
    for number, here in enumerate(full.markets):
        mine = [held for (_, where), held in full.positions.items() if where == number]
        word = here.open
        stored = word & (2**40 - 1), word >> 40 & (2**40 - 1), word >> 150 & (2**40 - 1), word >> 190
        sums = (
            sum(max(0, held.lots + held.bids) for held in mine),
            sum(max(0, held.asks - held.lots) for held in mine),
            sum(max(0, held.lots) for held in mine),
            sum(max(0, -held.lots) for held in mine),
        )
        assert stored == sums, f"in {number}: {stored} is kept, {sums} is true"


@law(
    6,
    "Fees are rounded up, what others get of them down: nobody is charged less, and nobody gets more.",
    hears=frozenset({"Settled"}),
)
def rounding(run: Run) -> None:
    settled: dict[tuple[int, int], list[int]] = {}
    traded: dict[tuple[int, int], tuple[int, int]] = {}
    market_of, came = run.ghost.market_of, fees_that_came(run)
    for name, at, args in run.events:
        if name == "Settled" and at in market_of:
            sums = settled.setdefault((args[0], market_of[at]), [0, 0])
            sums[0] += args[3] - args[6]
            sums[1] += args[6]
        elif name == "Booked" and (args[0], args[1]) in settled:
            maker, taker = settled.pop((args[0], args[1]))
            here = run.here(args[1])
            if here.grid:  # lots of before may have another unit
                continue
            maker_ppm = signed(here.rules >> 114, 15)
            exact = Fraction((maker * maker_ppm + taker * here.taker_ppm) * here.unit, PPM)
            fee = -(-exact.numerator // exact.denominator)
            if args[4] != fee:
                assert fee < args[4] <= 0, f"fee {args[4]} for {float(exact)}"
                left = run.state.collateral(run.system.fee_account)
                assert left <= came, f"a rebate of {-args[4]} for {-fee}, and fees of {left} are there"
            traded[args[0], args[1]] = (maker + taker) * here.unit, args[4]
        elif name == "Shared" and run.step.kind != "share":  # which has another rate after it
            known = traded.pop((args[0], args[1]), None)
            if known is None:
                continue
            notional, fee = known
            built = -(-notional * run.state.builder_ppm(args[0]) // PPM)
            assert args[3] == built, f"a builder got {args[3]} for {built}"
            is_referred = run.state.sharers(args[0])[0] == account(REFERRER)
            referral = max(0, fee) * REFERRAL_BPS // 10_000 if is_referred else 0
            assert args[2] == referral, f"a referrer got {args[2]} for {referral}"


def fees_that_came(run: Run) -> int:
    """What a step brought in fees, and otherwise, to the account that rebates are paid from."""
    fees, receiver = run.system.fee_account, 0
    for name, _, args in run.events:
        if name == "Booked":
            receiver += max(0, args[4]) + (args[5] if args[0] == fees else 0)
        elif name in ("ForcedPayment", "Transferred") and args[1] == fees:
            receiver += args[2]
    return receiver


@law(50, "An indexer that adds up the logs has the chain's state, for every account.")
def indexer_touched(run: Run) -> None:
    ghost, state = run.ghost, run.state
    for one in ghost.touched:
        if one in run.system.slot:
            has = state.collateral(one)
            assert has == ghost.collateral[one], f"{one:#x} has {has}, the logs say {ghost.collateral[one]}"
    for _, _, args in (event for event in run.events if event[0] == "Booked"):
        held = state.position(args[0], args[1]) if args[0] in run.system.slot else None
        if held is not None:
            told = ghost.lots[args[0], args[1]], ghost.cash[args[0], args[1]]
            assert (held.lots, held.cash) == told, (
                f"{args[0]:#x} holds {held.lots, held.cash}, the logs say {told}"
            )


@law(50, "The same of accounts that no log names, and of all tokens of contracts.", every=OFTEN)
def indexer(run: Run) -> None:
    full, ghost = run.full(), run.ghost
    for one, has in full.collateral.items():
        assert has == ghost.collateral[one], f"{one:#x} has {has}, the logs say {ghost.collateral[one]}"
    for (one, number), held in full.positions.items():
        told = ghost.lots[one, number], ghost.cash[one, number]
        assert (held.lots, held.cash) == told, f"{one:#x} holds {held.lots, held.cash}, the logs say {told}"
    for (one, number), lots in ghost.lots.items():
        if lots and (one, number) not in full.positions and one in run.system.slot:
            raise AssertionError(f"{one:#x} holds nothing in {number}, the logs say {lots}")
    assert run.state.bad_debt() == ghost.bad_debt, "bad debt that no log tells"
    for name, slot in run.system.holds.items():
        has = int(run.state.storage(run.system.token, slot))
        assert has == ghost.balances[name], f"{name} has {has} tokens, the logs say {ghost.balances[name]}"


@law(50, "What the views say is what is stored.", every=193, picks=len(MARKETS) * (2 * len(TRADERS) + 2))
def views(run: Run) -> None:
    system = run.system
    accounts = (*system.traded, system.vault_account, system.backstop)
    one = accounts[run.number % len(accounts)]
    equity, initial, maintenance = run.view(run.system.engine, "margin_of(uint256)", one)
    told = signed(equity), initial, maintenance
    assert told == run.state.margins(one), f"margin_of says {told}, the storage {run.state.margins(one)}"
    here = run.state.market(run.number % len(MARKETS))
    words = run.view(run.system.engine, "mark(uint256)", run.number % len(MARKETS))
    assert words[:7] == [here.mark, here.index, here.low, here.high, here.status, here.time, here.due], "mark"
