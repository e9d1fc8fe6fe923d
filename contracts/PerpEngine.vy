# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   PerpEngine: the clearing house
@license AGPL-3.0-only
@notice  Holds the collateral, books what the order books fill, and lets nobody hold what he cannot carry.
"""
from interfaces import IOracleRouter
from interfaces import IOrderbookV2
from interfaces import IPerpEngine

from contracts.modules import action_matrix
from contracts.modules import refuse
from contracts.modules.engine import account_layout as words
from contracts.modules.engine import clearing
from contracts.modules.engine import ledger
from contracts.modules.engine import margin
from contracts.modules.engine import market_layout as layout
from contracts.modules.engine import operators

initializes: ledger
initializes: clearing[ledger := ledger]
initializes: operators
uses: margin

@deploy
def __init__(router: address, token_unit: uint256):
    clearing.__init__(router, token_unit)

@external
def run(market: uint256) -> IOrderbookV2.Clearing:
    return clearing._run(market, 0)
