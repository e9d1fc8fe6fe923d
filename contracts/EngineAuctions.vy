# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   EngineAuctions: code of PerpEngine that runs auctions and writes marks
@license AGPL-3.0-only
@notice  PerpEngine and its parts run this on the engine's storage, from within calls that hold its lock. No call from
         outside gets here.
@dev     Deployed once. Called directly it has nobody's storage but its own, where there is no market.
@custom:security Believes the router's price; asks the vault for quotes with little gas and no way to stop an auction.
@custom:halt A market or a price that is halted postpones its batches.
"""
from interfaces import IOrderbookV2

from snekmate.auth import ownable

from contracts.modules import token as tokens
from contracts.modules.engine import auctioning
from contracts.modules.engine import clearing
from contracts.modules.engine import ledger
from contracts.modules.engine import operators
from contracts.modules.engine import ramping

initializes: ownable
initializes: ledger
initializes: clearing[ledger := ledger]
initializes: operators
initializes: ramping[ledger := ledger]
initializes: auctioning[ledger := ledger, clearing := clearing, ramping := ramping]


token: public(immutable(address))
router: public(immutable(address))


@deploy
def __init__(token_: address, router_: address):
    """
    @notice Code for engines of one collateral and one router.
    @param token_  The collateral, 6 to 18 decimals.
    @param router_ OracleRouter.
    @dev   Reverts: "token: not a contract", "token: bad decimals".
    """
    tokens._check(token_)
    token = token_
    router = router_
    auctioning.__init__(router_, tokens._unit(token_))
    clearing.__init__(self)
    ownable.__init__()
    ownable._transfer_ownership(empty(address))


@external
@payable  # the value of `update_and_run` is in its context; it stays with the engine
@reentrant  # trap-ok: the part that runs it holds the lock
def run(market: uint256, runner: uint256) -> IOrderbookV2.Clearing:
    """
    @notice Runs the auction of a market whose batch is over, or postpones it while the market or its price is halted.
    @param market A listed market.
    @param runner Account that is paid the tip.
    @return What it did; nothing where the batch was postponed.
    @dev    Reverts: "engine: batch not due", "engine: awaiting price", "engine: too little gas"; in continuous mode
            "engine: market halted", "engine: price not fit".
    """
    return auctioning._run(market, runner)


@external
@reentrant  # trap-ok: the part that runs it holds the lock
def refresh(market: uint256):
    """
    @notice Takes a new price for a mark; without an auction there is no premium to sample.
    @param market A listed market.
    """
    auctioning._refresh(market)
