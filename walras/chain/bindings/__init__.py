"""Typed calls of all contracts, written by walras/devtools/bindings.py."""

from walras.chain.bindings.fee_distributor import FeeDistributor
from walras.chain.bindings.governance_token import GovernanceToken
from walras.chain.bindings.governor import Governor
from walras.chain.bindings.guardian import Guardian
from walras.chain.bindings.insurance_fund import InsuranceFund
from walras.chain.bindings.liquidation_engine import LiquidationEngine
from walras.chain.bindings.oracle_router import OracleRouter
from walras.chain.bindings.orderbook_v2 import OrderbookV2
from walras.chain.bindings.perp_engine import PerpEngine
from walras.chain.bindings.plain_token import PlainToken
from walras.chain.bindings.pyth_source import PythSource
from walras.chain.bindings.signed_reports import SignedReports
from walras.chain.bindings.timelock import Timelock
from walras.chain.bindings.treasury import Treasury
from walras.chain.bindings.trigger_orders import TriggerOrders
from walras.chain.bindings.vault import Vault

__all__ = [
    "FeeDistributor",
    "GovernanceToken",
    "Governor",
    "Guardian",
    "InsuranceFund",
    "LiquidationEngine",
    "OracleRouter",
    "OrderbookV2",
    "PerpEngine",
    "PlainToken",
    "PythSource",
    "SignedReports",
    "Timelock",
    "Treasury",
    "TriggerOrders",
    "Vault",
]
