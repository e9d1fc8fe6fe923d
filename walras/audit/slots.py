"""Where contracts keep what the audit reads: slots of variables, from the compiler's layouts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from walras.devtools.compiler import Artifact

ROLES = ("owner", "pending_owner")


@dataclass(frozen=True, slots=True)
class Slots:
    """By contract and variable."""

    markets: int
    units: int
    accounts: int
    positions: int
    tracked: int
    sharing: int
    losses: int
    bad_debt: int
    gate: int
    liquidator: int
    owing: int
    ramps: int
    settled_at: int
    pauses: int
    grants: int
    vault_supply: int
    vault_shares: int
    vault_owner: int
    vault_requests: int
    vault_pending: int
    vault_cap: int
    vault_has_backstop: int
    reserve: int
    pot: int
    epoch: int
    stakes_total: int
    draw_caps: int
    drawn: int
    booked: int
    deliverable: int
    claimable: int
    fall_settings: int
    pendings: int
    notes: int
    unborne: int
    reported_at: int
    tips: int
    trigger_accounts: int
    votes: int
    votes_supply: int
    balances: int
    ruled: dict[str, tuple[int, ...]]
    """By a contract's name in System, words that only governance changes."""


def slots_of(sources: Callable[[str], Artifact]) -> Slots:
    """The layouts as they are compiled. Raises LookupError where a variable is not there, or not once."""

    def at(contract: str, variable: str) -> int:
        found = _found(sources(contract).layout["storage_layout"], variable)
        if len(found) != 1:
            raise LookupError(f"{contract} has {len(found)} variables called {variable}")
        return found[0]

    def words(contract: str, *variables: str) -> tuple[int, ...]:
        return tuple(at(contract, variable) for variable in variables)

    engine, vault, fund, fall = "PerpEngine", "Vault", "InsuranceFund", "LiquidationEngine"
    vault_rules = ("deposit_cap", "cooldown", "base_fee_bps", "fee_slope_bps", "allocated_bps", "guardian")
    return Slots(
        markets=at(engine, "markets"),
        units=at(engine, "units"),
        accounts=at(engine, "accounts"),
        positions=at(engine, "positions"),
        tracked=at(engine, "tracked"),
        sharing=at(engine, "sharing"),
        losses=at(engine, "losses"),
        bad_debt=at(engine, "bad_debt"),
        gate=at(engine, "gate"),
        liquidator=at(engine, "liquidator"),
        owing=at(engine, "owing"),
        ramps=at(engine, "ramps"),
        settled_at=at(engine, "settled_at"),
        pauses=at(engine, "pauses"),
        grants=at(engine, "grants"),
        vault_supply=at(vault, "totalSupply"),
        vault_shares=at(vault, "balanceOf"),
        vault_owner=at(vault, "owner"),
        vault_requests=at(vault, "requests"),
        vault_pending=at(vault, "pending_value"),
        vault_cap=at(vault, "deposit_cap"),
        vault_has_backstop=at(vault, "has_backstop"),
        reserve=at(fund, "reserve"),
        pot=at(fund, "pot"),
        epoch=at(fund, "epoch"),
        stakes_total=at(fund, "total_shares"),
        draw_caps=at(fund, "draw_cap"),
        drawn=at(fund, "drawn"),
        booked=at("FeeDistributor", "booked"),
        deliverable=at("FeeDistributor", "deliverable"),
        claimable=at("FeeDistributor", "claimable"),
        fall_settings=at(fall, "settings_of"),
        pendings=at(fall, "pendings"),
        notes=at(fall, "notes"),
        unborne=at(fall, "unborne"),
        reported_at=at(fall, "reported_at"),
        tips=at("TriggerOrders", "claimable"),
        trigger_accounts=at("TriggerOrders", "accounts"),
        votes=at("GovernanceToken", "balanceOf"),
        votes_supply=at("GovernanceToken", "totalSupply"),
        balances=at("PlainToken", "balanceOf"),
        ruled={
            "engine": words(
                engine,
                "owner",
                "fee_account",
                "vault",
                "vault_account",
                "tip_account",
                "liquidator",
                "guardian",
            ),
            "vault": words(vault, *ROLES, *vault_rules),
            "fund": words(fund, *ROLES, "engine"),
            "liquidation": words(fall, *ROLES, "backstop"),
            "fees": words("FeeDistributor", *ROLES),
            "router": words("OracleRouter", *ROLES, "guardian"),
        },
    )


def _found(layout: dict[str, Any], variable: str) -> list[int]:
    """Slots of the variables of a name, those of modules included."""
    found = []
    for name, entry in layout.items():
        if "slot" in entry:
            if name == variable:
                found.append(int(entry["slot"]))
        else:
            found += _found(entry, variable)
    return found
