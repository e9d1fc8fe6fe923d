"""Where all money is at the end of a run, to the unit.

The director settles every account of `observer.accounts` by transactions (`PerpEngine.sync`) first, and
lets a block pass; then `reconcile` reads. Fills that nobody has settled are counted in exactly, and said.

Two ways lead to each number: what contracts have in storage, and what their events have told since the
deployment. The engine's law (docs/risk.md, tests/support/engine_invariants.py) is, with F the funding that
accounts have paid less what they have received, and S the deficits that were credited to those who could
not pay them:

    collateral of all accounts + cash of all positions = tokens that came in less those that left - F + S

to the unit, since trades and fees only move money from one account to another. What of F is not owed to
anybody is rounding, always in the house's favour and less than a unit for each settlement.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from walras.chain.bindings.orderbook_v2 import Exposure, Fills
from walras.chain.bindings.perp_engine import Losses, Market, Open, Position
from walras.chain.call import Call
from walras.chain.exchange import Exchange
from walras.chain.rpc import Head
from walras.demo.figures import Check, Reconciliation
from walras.demo.observer import Observer, answers

TOKEN: Final = "token"
LOTS: Final = "lots"
ZERO: Final = "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class Held:
    """An account in a market: as stored, and what its orders did since."""

    stored: Position
    fills: Fills
    cash: int
    """Of the fills, token units."""

    @property
    def lots(self) -> int:
        """Fills that wait included."""
        return self.stored.lots + self.fills.lots

    @property
    def is_unsettled(self) -> bool:
        """Whether orders filled since the account was settled."""
        return has_fills(self.fills)


@dataclass(frozen=True, slots=True)
class State:
    """All that is read of the engine, at one block."""

    collateral: Mapping[int, int]
    held: Mapping[tuple[int, int], Held]
    markets: Mapping[int, Market]
    open: Mapping[int, Open]
    losses: Mapping[int, Losses]
    indexes: Mapping[int, int]
    tracked: int
    bad_debt: int


def has_fills(fills: Fills) -> bool:
    """Whether anything was filled."""
    return fills.maker_notional + fills.taker_notional > 0


def reconcile(observer: Observer) -> Reconciliation:
    """At the last block that the observer took in. Asks the chain, and changes nothing."""
    head = observer.head
    if head is None:
        raise RuntimeError("nothing was observed yet: call begin() first")
    state = _read(observer, head)
    holders, shares = _holders(observer, head)
    rounding = _rounding(observer, state)
    limit = observer.ledger.settlements
    return Reconciliation(
        block=head.number,
        time=head.time,
        accounts=len(state.collateral),
        positions=sum(1 for held in state.held.values() if held.lots),
        unsettled=sum(1 for held in state.held.values() if held.is_unsettled),
        checks=[
            *_tokens(observer, state, holders, head),
            *_custody(observer, state),
            *_by_market(observer, state),
            Check("Vault's shares", "issued", shares[1], "held by somebody", shares[0], "shares"),
            Check("Rounding", "beyond its bound", _beyond(rounding, limit), "nothing", 0, TOKEN),
        ],
        holders=holders,
        rounding=_decimal(rounding, observer.decimals),
        rounding_limit=limit,
    )


def lines(found: Reconciliation, decimals: int) -> list[str]:
    """The table for the terminal; the last line is `money reconciled: difference 0` where it is so."""
    made = [f"{'':46}{'found':>26}{'expected':>26}{'difference':>14}"]
    for check in found.checks:
        places = decimals if check.unit == TOKEN else 0
        numbers = [_decimal(Fraction(number), places) for number in (check.found, check.expected)]
        gap = _decimal(Fraction(check.difference), places) if check.difference else "0"
        made.append(f"{check.what:46}{numbers[0]:>26}{numbers[1]:>26}{gap:>14}")
    made.append(f"rounding, in the house: {found.rounding} (at most {found.rounding_limit} units)")
    made.append(f"money reconciled: difference {found.difference}")
    return made


# ---------------------------------------------------------------- reading


def _read(observer: Observer, head: Head) -> State:
    engine, books = observer.exchange.engine, observer.exchange.books
    accounts = observer.accounts
    pairs = [(account, market) for account in accounts for market in books]

    def ask(calls: Iterable[Call[Any]]) -> list[Any]:
        return answers(observer.reader, list(calls), head.number)

    markets = dict(zip(books, ask(engine.market(one) for one in books), strict=True))
    units = {number: market.unit for number, market in markets.items()}
    grids = {number: market.grid for number, market in markets.items()}
    positions: list[Position] = ask(engine.position(account, market) for account, market in pairs)
    previews: list[tuple[Fills, Exposure]] = ask(
        books[market].preview_sync(account) for account, market in pairs
    )
    held = {}
    for (account, market), stored, (fills, _) in zip(pairs, positions, previews, strict=True):
        if has_fills(fills) and fills.grid != grids[market]:
            raise RuntimeError(
                f"account {account:#x} has fills of an older grid of market {market}: settle it by "
                "PerpEngine.sync first"
            )
        if stored.lots or stored.cash or stored.basis or has_fills(fills):
            held[account, market] = Held(stored, fills, fills.cash * units[market])
    return State(
        collateral=dict(zip(accounts, ask(engine.collateral(one) for one in accounts), strict=True)),
        held=held,
        markets=markets,
        open=dict(zip(books, ask(engine.open_interest(one) for one in books), strict=True)),
        losses=dict(zip(books, ask(engine.losses_of(one) for one in books), strict=True)),
        indexes={
            one: told.index
            for one, told in zip(books, ask(engine.funding_of(one) for one in books), strict=True)
        },
        tracked=ask([engine.tracked()])[0],
        bad_debt=ask([engine.bad_debt()])[0],
    )


def _holders(observer: Observer, head: Head) -> tuple[dict[str, int], tuple[int, int]]:
    """Tokens by holder, contracts by name and the rest together; sum of the vault's shares, and their
    supply.
    """
    exchange = observer.exchange
    names = {one.address.lower(): type(one).__name__ for one in _contracts(exchange)}
    addresses = sorted(({one.lower() for one in observer.holders} | set(names)) - {ZERO})
    calls: list[Call[int]] = [exchange.token.balanceOf(one) for one in addresses]
    balances = dict(zip(addresses, answers(observer.reader, calls, head.number), strict=True))
    found = {name: balances[address] for address, name in names.items() if balances[address]}
    found["wallets of people and keepers"] = sum(balances[one] for one in addresses if one not in names)
    sharers = sorted(observer.providers.holders - {ZERO})
    shares = answers(observer.reader, [exchange.vault.balanceOf(one) for one in sharers], head.number)
    supply = answers(observer.reader, [exchange.vault.totalSupply()], head.number)[0]
    return found, (sum(shares), supply)


def _contracts(exchange: Exchange) -> list[Any]:
    """Those that may have tokens, and those that must not."""
    return [
        exchange.engine,
        exchange.fund,
        exchange.fees,
        exchange.triggers,
        exchange.vault,
        exchange.liquidation,
        exchange.router,
        exchange.treasury,
        exchange.timelock,
        exchange.token,
    ]


# ---------------------------------------------------------------- laws


def _tokens(observer: Observer, state: State, holders: Mapping[str, int], head: Head) -> list[Check]:
    """Each contract has what it keeps track of, and all together what was minted."""
    exchange = observer.exchange
    claims = [exchange.triggers.claimable(owner) for owner in sorted(observer.tip_owners)]
    told = answers(
        observer.reader,
        [
            exchange.token.totalSupply(),
            exchange.fund.reserve(),
            exchange.fund.pot(),
            exchange.fees.booked(),
            *claims,
        ],
        head.number,
    )
    supply, reserve, pot, booked = told[:4]
    credits = sum(told[4:])

    def has(name: str) -> int:
        return holders.get(name, 0)

    others = ("Vault", "LiquidationEngine", "OracleRouter", "PlainToken")
    return [
        Check("Tokens", "held by somebody", sum(holders.values()), "minted", supply, TOKEN),
        Check(
            "Engine's tokens", "balance", has("PerpEngine"), "what it keeps track of", state.tracked, TOKEN
        ),
        Check(
            "Insurance fund's",
            "balance",
            has("InsuranceFund"),
            "reserve and stakers' pot",
            reserve + pot,
            TOKEN,
        ),
        Check("Fee distributor's", "balance", has("FeeDistributor"), "pots", booked, TOKEN),
        Check(
            "Trigger orders'",
            "balance",
            has("TriggerOrders"),
            "tips that wait and credits",
            observer.tips + credits,
            TOKEN,
        ),
        Check("Contracts that hold nothing", "balances", sum(map(has, others)), "nothing", 0, TOKEN),
    ]


def _custody(observer: Observer, state: State) -> list[Check]:
    """The engine's tokens are the accounts'."""
    ledger = observer.ledger
    collateral = sum(state.collateral.values())
    cash = sum(held.stored.cash + held.cash for held in state.held.values())
    # in a market that has ended one side may be closed before the other: the rest is not traded cash yet
    ended = {market for market, losses in state.losses.items() if losses.settled_at}
    waits = sum(held.cash for (_, market), held in state.held.items() if market in ended)
    outstanding = sum(ledger.traded_cash[market] for market in ended) + waits
    law = state.tracked - ledger.funding + ledger.borne + ledger.bad_debt + outstanding
    differ = sum(1 for account, amount in state.collateral.items() if amount != ledger.collateral[account])
    astray = sum(
        1
        for key in state.held.keys() | ledger.positions.keys()
        if _stored(state.held.get(key)) != _told(ledger.positions.get(key))
    )
    return [
        Check(
            "Money into the engine",
            "kept track of",
            state.tracked,
            "came in less went out",
            ledger.came - ledger.left,
            TOKEN,
        ),
        Check(
            "Accounts' money",
            "collateral and positions' cash",
            collateral + cash,
            "tokens, funding, deficits",
            law,
            TOKEN,
        ),
        Check("Collateral", "in storage", collateral, "by events", ledger.expected_collateral, TOKEN),
        Check("Accounts that differ from their events", "collateral", differ, "none", 0, "accounts"),
        Check("Positions that differ from their events", "lots and cash", astray, "none", 0, "positions"),
        Check("Bad debt", "recorded", state.bad_debt, "by events", ledger.bad_debt, TOKEN),
    ]


def _by_market(observer: Observer, state: State) -> list[Check]:
    """What one has bought another has sold."""
    long: Counter[int] = Counter()
    short: Counter[int] = Counter()
    booked: Counter[int] = Counter()
    cash: Counter[int] = Counter(observer.ledger.traded_cash)
    for (_, market), held in state.held.items():
        long[market] += max(0, held.lots)
        short[market] += max(0, -held.lots)
        booked[market] += abs(held.stored.lots)
        cash[market] += held.cash
    made = []
    for market in state.markets:
        name = observer.exchange.name_of(market)
        stored = state.open[market].held_long + state.open[market].held_short
        borne = state.losses[market].borne
        made.append(
            Check(
                f"{name}: a lot has borne",
                "in storage",
                borne,
                "by events",
                observer.ledger.losses[market],
                "lot price",
            )
        )
        made.append(Check(f"{name}: positions", "of accounts", booked[market], "open interest", stored, LOTS))
        if not state.losses[market].settled_at:
            made.append(Check(f"{name}: lots", "long", long[market], "short", short[market], LOTS))
            made.append(Check(f"{name}: trades", "paid less received", cash[market], "nothing", 0, TOKEN))
    return made


def _rounding(observer: Observer, state: State) -> Fraction:
    """Of the funding and the deficits that were paid, what nobody has received or is owed."""
    owed = Fraction(0)
    for (_, market), held in state.held.items():
        basis = held.stored.basis + held.fills.basis - abs(held.stored.lots) * state.losses[market].borne
        owed += Fraction(held.lots * state.indexes[market] - basis, 2 ** state.markets[market].scale)
    return observer.ledger.funding + owed - observer.ledger.borne


def _beyond(rounding: Fraction, limit: int) -> int:
    """Units by which it is not within 0 .. limit."""
    outside = max(-rounding, rounding - limit, Fraction(0))
    return -(-outside.numerator // outside.denominator)


def _stored(held: Held | None) -> tuple[int, int]:
    return (held.stored.lots, held.stored.cash) if held else (0, 0)


def _told(holding: Any) -> tuple[int, int]:
    return (holding.lots, holding.cash) if holding else (0, 0)


def _decimal(number: Fraction, decimals: int) -> str:
    """1,234.000001, rounded down to a unit."""
    units = number.numerator // number.denominator
    whole, rest = divmod(abs(units), 10**decimals)
    return f"{'-' if units < 0 else ''}{whole:,}" + (f".{rest:0{decimals}d}" if decimals else "")
