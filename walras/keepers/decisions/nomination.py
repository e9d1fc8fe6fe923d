"""Whom to nominate for a position that neither an auction nor the backstop takes: those who profit most
opposite.

The contract keeps the eight highest scores, so it pays nobody to nominate others than these; what is left out
here somebody else may bring in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from walras.chain.bindings.perp_engine import Mode
from walras.keepers.decisions.liquidation import (
    FIT,
    LAPSE_S,
    Account,
    Backstop,
    LiquidationRules,
    Stake,
    Terrain,
    found_in,
    may_take,
)
from walras.keepers.task import Task

RANKS: Final = 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account on the other side of a market, with a profit."""

    account: int
    lots: int
    score: int
    """`deleverage_score`, 2**32 is one: beside a position no larger than its own."""


@dataclass(frozen=True, slots=True)
class Round:
    """Who is nominated already."""

    until: int
    scores: Mapping[int, int]
    """By account."""


def wanted(
    time: int,
    account: Account,
    stake: Stake,
    terrain: Terrain,
    backstop: Backstop,
    rules: LiquidationRules,
) -> bool:
    """Whether nominees are wanted for a position of an account that may not carry it."""
    if not stake.lots or terrain.status not in FIT or terrain.mode == Mode.SETTLED:
        return False
    account = found_in(account, stake, terrain)
    if account.equity >= account.maintenance:
        return False
    if stake.round_until:
        if time < stake.round_until:
            return True
        if time < stake.round_until + LAPSE_S and stake.nominees:
            return False  # it is to be executed now
    full = account.account == backstop.account or backstop.is_full(terrain, stake.lots)
    return full and may_take(account, stake, terrain, rules)


def decide(
    account: Account,
    stake: Stake,
    terrain: Terrain,
    candidates: Sequence[Candidate],
    known: Round | None,
) -> list[Task]:
    """Nominations for one position, from the highest score: those that would be kept."""
    held = abs(stake.lots)
    scored: list[tuple[int, int]] = []
    for one in candidates:
        opposite = one.lots != 0 and (one.lots > 0) != (stake.lots > 0)
        dust = abs(one.lots) < held and terrain.worth(one.lots) < terrain.min_notional
        if opposite and not dust and one.score and one.account != account.account:
            scored.append((max(1, one.score * min(abs(one.lots), held) // held), one.account))
    scored.sort(key=lambda pair: (-pair[0], pair[1]))
    named = dict(known.scores) if known else {}
    tasks = []
    for score, nominee in scored[:RANKS]:
        if nominee in named:
            continue
        if len(named) >= RANKS and score <= min(named.values()):
            break
        named[nominee] = score
        subject = f"nominate/{account.account}/{stake.market}/{nominee}"
        why = f"equity {account.equity} of {account.account}, score {score / 2**32:.4f}"
        args = (account.account, stake.market, nominee)
        tasks.append(Task(subject, "liquidation", "nominate", args, why, 0, stake.market, urgent=True))
    return tasks
