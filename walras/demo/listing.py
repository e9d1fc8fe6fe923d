"""Parameters of a run's exchange: those of params/local.yaml, with the markets that the tapes make."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from walras.demo.markets import ONE, DemoMarket
from walras.deploy.params import Params, load_params
from walras.devtools.compiler import PROJECT_ROOT
from walras.replay.market_day import GAS_LIMIT, HEARTBEAT, MAX_AGE, SETTINGS

BASE: Final = PROJECT_ROOT / "params" / "local.yaml"

OPEN_CAP_MILLIONS: Final = 40
"""Dollars a side of a market: never reached, so that margin and not a cap bounds the population."""
ACCOUNT_CAP_MILLIONS: Final = 8
"""Of one account: the largest maker, and the vault, fit."""
IMPACT_MILLIONTHS: Final = 10_000
"""Dollars that have to trade for a price to count for the mark."""
DRAW_CAP: Final = Decimal(250_000)
"""Of the insurance fund by market: a quarter of what is in it, so that no market empties it alone."""
ALLOCATED_BPS: Final = 9_000
"""Of the vault's capital, over all markets."""
PATIENCE: Final = 2
"""Auctions without a buyer until the backstop may come: sixteen seconds of the window."""


def key_of(label: str) -> LocalAccount:
    """An account of the demo by what it is for. Anybody can derive it: good for local chains alone."""
    account: LocalAccount = Account.from_key(keccak(text=f"walras demo: {label}"))
    return account


def publisher_key(venue: str) -> LocalAccount:
    """Of the publisher who watches a venue, in all its markets."""
    return key_of(f"publisher {venue}")


def make_params(markets: Sequence[DemoMarket], chain_id: int) -> Params:
    """All of it, checked as a file would be."""
    base = load_params(BASE)
    told = base.model_dump(mode="json")
    told["network"] |= {"chain_id": chain_id, "network": "demo"}
    told["oracle"]["signed_reports"] = {
        name: {
            "publishers": [publisher_key(name).address],
            "quorum": 1,
            "max_age_s": MAX_AGE,
            "keys": ["0x" + bytes(publisher_key(name).key).hex()],
        }
        for name in sorted({venue.name for market in markets for venue in market.venues})
    }
    told["vault"]["deposit_cap"] = "1000000000"  # nobody is kept out
    pattern = next(iter(told["markets"].values()))
    told["markets"] = {market.name: _market(market, pattern, len(markets)) for market in markets}
    return Params.model_validate_json(json.dumps(told))


def write_params(params: Params, path: Path) -> None:
    """As `ape run deploy --params` reads it."""
    told = params.model_dump(mode="json")
    head = "# Of a run of the demo, made by walras/demo/listing.py, where the reasons stand.\n"
    path.write_text(head + yaml.safe_dump(told, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _market(market: DemoMarket, pattern: dict[str, Any], count: int) -> dict[str, Any]:
    million, venues = market.lots_per_million, market.venues
    return pattern | {
        "number": market.number,
        "lot_size": f"{market.lot_size:f}",
        "tick_size": f"{market.tick_size:f}",
        "draw_cap": f"{DRAW_CAP:f}",
        "first_price": f"{Decimal(market.first_price) / ONE:f}",
        "settings": pattern["settings"]
        | {
            "open_cap": OPEN_CAP_MILLIONS * million,
            "account_cap": ACCOUNT_CAP_MILLIONS * million,
            "impact_lots": max(1, million * IMPACT_MILLIONTHS // 10**6),
        },
        "oracle": {
            # More than half of the venues: one that lies is then never a price by itself.
            "quorum": len(venues) // 2 + 1,
            "deviation_bps": SETTINGS.deviation_bps,
            "rejection_bps": SETTINGS.rejection_bps,
            "max_move_bps": SETTINGS.max_move_bps,
            "spacing_s": SETTINGS.spacing,
            "sources": [
                {
                    "kind": "signed",
                    "by": venue.name,
                    "weight": venue.weight,
                    "heartbeat_s": HEARTBEAT,
                    "confidence_bps": venue.confidence_bps,
                    "gas_limit": GAS_LIMIT,
                }
                for venue in venues
            ],
        },
        "quotes": pattern["quotes"] | {"allocation_bps": ALLOCATED_BPS // count},
        "liquidation": pattern["liquidation"] | {"patience": PATIENCE},
    }
