"""What a run of the demo has shown, as numbers: what the report is drawn from, and its JSON.

Units: money in units of the collateral token, prices in units of the collateral token for one whole base,
sizes in lots, fractions in the unit that their name ends with (bps 1/10,000; ppm 1/1,000,000; ppb
1/1,000,000,000), times in unix seconds of the chain. Everything outside `machine` follows from the chain
alone: the same seed gives the same numbers.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

FORMAT: Final = "walras-demo/1"
STAGES: Final = (
    "cancelled",
    "liquidated",
    "filled",
    "taken_over",
    "insured",
    "deleveraged",
    "socialised",
    "bad_debt",
)
"""Of the waterfall: orders cancelled, orders placed into the auction, what of them the auction filled,
positions that the backstop took, deficits that insurance paid, positions reduced by rank, deficits borne by
all, deficits that nobody was there to bear. The amount of the second, third, fourth and sixth is what the
lots were worth; of `cancelled` it is 0; of the others it is the deficit."""

Columns = dict[str, list[int | None]]
"""A table by column; "time" is ascending. None where nothing is known."""


@dataclass(frozen=True, slots=True)
class Run:
    """What was run, so that it can be run again."""

    seed: int
    commit: str
    clean: bool
    """Whether the contracts were those of the commit."""
    options: Mapping[str, Any]
    command: str
    """That gives this run again."""
    start: int
    end: int
    block_s: int
    chain_id: int
    data: str
    """Where the prices came from."""
    traders: int


@dataclass(frozen=True, slots=True)
class Extreme:
    """The lowest, or widest, and when."""

    value: int
    time: int


@dataclass(frozen=True, slots=True)
class MarketFigures:
    """One market."""

    name: str
    number: int
    lot: int
    """One lot in 1e-18 of the base."""
    tick: int
    """One tick as a price."""
    venues: Sequence[str]
    prices: Columns
    """time, router, low, high, mark, status (1 LIVE, 2 DEGRADED, 4 STALE, 8 HALTED), and each venue's last
    trade.
    """
    auctions: Columns
    """Of those that traded: time, price, lots, volume, vault_lots (that the vault bought or sold)."""
    state: Columns
    """time, long, short (lots that are booked), interest (what the longer side is worth), rate_ppb (funding
    of 8 hours).
    """
    minutes: Columns
    """time, volume, auctions, orders: of the minute that begins then."""
    lowest: Mapping[str, Extreme]
    """By venue, and of "router" and "clearing"."""
    highest: Mapping[str, Extreme]
    widest_bps: Extreme | None
    """Largest distance between two venues' last trades, of the lower one."""
    status_s: Mapping[str, int]
    """Seconds by status of the router's price."""
    orders: int
    auctions_run: int
    auctions_traded: int
    postponed: int
    lots: int
    volume: int
    vault_volume: int
    last_rate_ppb: int


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Accounts that do the same."""

    name: str
    accounts: int
    paid_in: int
    taken_out: int
    equity: int
    """At the end, with what their owners' shares of the vault are worth."""
    result: int
    """equity + taken out - paid in."""
    liquidated: int
    """Accounts of it for which an order of a liquidation was placed."""
    deleveraged: int
    """Accounts of it that lost lots by rank."""
    series: Columns
    """time, equity, net (paid in less taken out, until then)."""


@dataclass(frozen=True, slots=True)
class StageFigures:
    """One stage of the waterfall in one market."""

    market: str
    stage: str
    count: int
    accounts: int
    amount: int
    """See STAGES."""


@dataclass(frozen=True, slots=True)
class WaterfallFigures:
    """What happened to those who could not carry their positions."""

    stages: Sequence[StageFigures]
    minutes: Mapping[str, Columns]
    """By stage: time, count, amount of the minute that begins then."""
    first: Mapping[str, int]
    """When a stage was first seen."""
    penalties: int
    tips: int
    unwound: int
    """Orders by which the backstop gives back what it took."""
    accounts: int
    """That came to any stage."""
    below_zero: int
    """Accounts that owed more than they had: somebody else paid."""
    given_up: int
    """What accounts that were reduced by rank were paid less than the mark: so much of deficits they bore."""
    incidents: Sequence[Mapping[str, Any]]
    """Each that is not a mere cancel or fill: time, market, stage, account, lots, amount. The first ones,
    if there are very many.
    """


@dataclass(frozen=True, slots=True)
class PurseFigures:
    """Vault and insurance fund."""

    vault: Columns
    """time, low, high (what its two accounts are worth), backstop, shares."""
    deposited: int
    withdrawn: int
    requests: int
    fund: Columns
    """time, reserve, pot."""
    contributed: int
    staked: int
    drawn: int
    bad_debt: int


@dataclass(frozen=True, slots=True)
class GasRow:
    """What one kind of call cost."""

    contract: str
    call: str
    count: int
    refused: int
    """That were included and reverted."""
    median: int
    """Of those that went through; 0 where none did."""
    largest: int
    total: int
    """Of all."""


@dataclass(frozen=True, slots=True)
class KeeperRow:
    """One keeper's key."""

    name: str
    address: str
    transactions: int
    refused: int
    gas: int
    spend_wei: int
    calls: Mapping[str, int]
    tips: int
    """What came to its account of the engine for auctions and liquidations."""


@dataclass(frozen=True, slots=True)
class Check:
    """A line of the reconciliation: two numbers that have to be one."""

    what: str
    left: str
    """What `found` is."""
    found: int
    right: str
    expected: int
    unit: str

    @property
    def difference(self) -> int:
        """Nothing, if money is where it should be."""
        return self.found - self.expected


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Where all money is, at one block."""

    block: int
    time: int
    accounts: int
    positions: int
    unsettled: int
    """Accounts in markets whose orders filled and that nobody has settled since: counted in, exactly."""
    checks: Sequence[Check]
    holders: Mapping[str, int]
    """Of the collateral token, by name."""
    rounding: str
    """What rounding has left in the house, in units of the token, as a decimal."""
    rounding_limit: int
    """It is no more than that: a unit for each settlement."""

    @property
    def difference(self) -> int:
        """The sum of all distances: 0, or money is missing or too much."""
        return sum(abs(check.difference) for check in self.checks)


@dataclass(frozen=True, slots=True)
class Headline:
    """The first numbers."""

    blocks: int
    transactions: int
    refused: int
    traders: int
    orders: int
    auctions: int
    auctions_traded: int
    volume: int
    fees: int
    liquidations: int
    """Orders of liquidations."""
    liquidated_accounts: int
    taken_over: int
    deleveragings: int
    insurance_used: int
    socialised: int
    bad_debt: int
    gas: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All of a run."""

    run: Run
    decimals: int
    """Of the collateral token."""
    headline: Headline
    markets: Sequence[MarketFigures]
    groups: Sequence[GroupFigures]
    waterfall: WaterfallFigures
    purses: PurseFigures
    gas: Sequence[GasRow]
    keepers: Sequence[KeeperRow]
    refusals: Mapping[str, int]
    """Transactions of the population that reverted, by reason."""
    reconciliation: Reconciliation | None
    machine: Mapping[str, Any] = field(default_factory=dict)
    """Of the clock on the wall: the only part that another run may have differently."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, with the sums that the properties tell."""
        made: dict[str, Any] = {"format": FORMAT, **asdict(self)}
        if self.reconciliation is not None:
            made["reconciliation"]["difference"] = self.reconciliation.difference
            for row, check in zip(made["reconciliation"]["checks"], self.reconciliation.checks, strict=True):
                row["difference"] = check.difference
        return made

    def to_json(self) -> str:
        """Sorted, so that two runs can be compared line by line."""
        return _laid_out(self.as_dict(), 0) + "\n"

    def without_machine(self) -> dict[str, Any]:
        """What the same seed gives again."""
        made = self.as_dict()
        del made["machine"]
        return made


def _laid_out(value: Any, depth: int) -> str:
    """JSON with a line for each entry, but a column of numbers on one."""
    inner, outer = " " * (depth + 1), " " * depth
    if isinstance(value, Mapping) and value:
        rows = [f"{inner}{json.dumps(str(key))}: {_laid_out(value[key], depth + 1)}" for key in sorted(value)]
        return "{\n" + ",\n".join(rows) + f"\n{outer}}}"
    if isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
        rows = [inner + _laid_out(one, depth + 1) for one in value]
        return "[\n" + ",\n".join(rows) + f"\n{outer}]"
    return json.dumps(value, sort_keys=True)
