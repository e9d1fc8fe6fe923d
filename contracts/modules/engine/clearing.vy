# pragma version 0.4.3
"""
@title   clearing: when an auction runs, and when a mark is too old
@license AGPL-3.0-only
@notice  What every part of the engine knows of auctions. EngineAuctions runs them, and writes marks, on the storage of the engine.
"""
from interfaces import IOrderbookV2

from contracts.modules.engine import ledger
from contracts.modules.engine import market_words as layout

uses: ledger

MODE_ACTIVE: constant(uint256) = 0          # numbers of IPerpEngine.Mode's bits
MODE_POST_ONLY: constant(uint256) = 1
MODE_REDUCE_ONLY: constant(uint256) = 2
MODE_HALTED: constant(uint256) = 3
MODE_SETTLED: constant(uint256) = 4
MAX_TICK: constant(uint256) = 2**18 - 2

auctions: public(immutable(address))        # EngineAuctions

vault: address                              # zero: nobody quotes
vault_account: uint256
tip_account: uint256                        # whose collateral pays the runners


@deploy
def __init__(auctions_: address):
    auctions = auctions_


@internal
def _run_due(market: uint256, runner: uint256):
    """
    @notice Runs the market's auction if its batch is over, so that nothing joins or leaves a closed batch.
    """
    due: uint256 = layout._due(ledger.markets[market].mark)
    if due != 0 and block.timestamp >= due:
        self._run(market, runner)


@internal
def _run(market: uint256, runner: uint256) -> IOrderbookV2.Clearing:
    """
    @notice Runs an auction, or postpones it while the market or its price is halted. Reverts as EngineAuctions' `run`.
    @param runner Account that is paid the tip.
    """
    answer: Bytes[256] = raw_call(
        auctions,
        abi_encode(market, runner, method_id=method_id("run(uint256,uint256)")),
        max_outsize=256,
        is_delegate_call=True,
    )
    return abi_decode(answer, IOrderbookV2.Clearing)


@internal
def _refresh(market: uint256, now: bool):
    """
    @notice Takes a new price for a mark that is too old to be used; without an auction there is no premium to sample.
    @param now Whether any mark of an earlier second is too old.
    """
    age: uint256 = block.timestamp - layout._marked_at(ledger.markets[market].mark)
    if age > (0 if now else layout._max_mark_age(ledger.markets[market].funding)):
        raw_call(
            auctions,
            abi_encode(market, method_id=method_id("refresh(uint256)")),
            is_delegate_call=True,
        )
