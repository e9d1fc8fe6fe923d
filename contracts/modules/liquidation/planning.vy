# pragma version 0.4.3
"""
@title   planning: what a liquidation puts into the auction
@license AGPL-3.0-only
@notice  How many lots, at which limit, for which penalty.
"""
from interfaces import ILiquidationEngine
from interfaces import IPerpEngine

from contracts.modules.liquidation import sizing
from contracts.modules.liquidation import stage

uses: stage

MAX_PENALTY: constant(uint256) = 2**72 - 1   # held of one order, token units


@internal
@view
def _plan(
    account: uint256, market: uint256, settings: ILiquidationEngine.Settings, scene: stage.Scene, is_of_vault: bool
) -> ILiquidationEngine.Plan:
    """
    @notice How much of a position is sold or bought, at which limit, for which penalty.
    @param is_of_vault Nothing is held of the vault's accounts.
    """
    builder: address = empty(address)
    referrer: address = empty(address)
    builder_ppm: uint256 = 0
    referrer, builder, builder_ppm = staticcall IPerpEngine(stage.engine).sharing_of(account)
    fee_ppm: uint256 = (staticcall IPerpEngine(stage.engine).market_settings(market)).taker_ppm + builder_ppm
    lots: uint256 = min(self._size(settings, scene, fee_ppm), stage.MAX_ORDER)
    loss: uint256 = sizing._bearable(scene.backing, scene.margin, scene.maintenance, lots, scene.held)
    if scene.backing == 0:
        fee_ppm = 0  # it cannot bear them
    worth: uint256 = lots * scene.mark.mark >> scene.market.scale
    penalty: uint256 = min(min(worth * settings.penalty_ppm // stage.PPM, loss // 2), stage._collateral(account))
    penalty = 0 if is_of_vault else min(penalty, MAX_PENALTY)
    one: uint256 = scene.market.unit << scene.market.scale
    per_lot: uint256 = ((loss - penalty) << scene.market.scale) // lots
    tick: uint256 = 0
    signed: int256 = convert(lots, int256)
    if scene.lots > 0:
        tick = sizing._ask_limit(scene.mark.mark, per_lot, fee_ppm, one)
        signed = -signed
    else:
        tick = sizing._bid_limit(scene.mark.mark, per_lot, fee_ppm, one)
    return ILiquidationEngine.Plan(
        lots=signed,
        tick=max(1, min(tick, stage.MAX_TICK)),
        penalty=penalty,
        tip=stage._tip_of(settings, penalty),
    )


@internal
@view
def _size(settings: ILiquidationEngine.Settings, scene: stage.Scene, fee_ppm: uint256) -> uint256:
    """
    @notice Lots to liquidate.
    """
    worth: uint256 = scene.held * scene.mark.mark >> scene.market.scale
    if stage._is_deep(scene.equity, scene.maintenance) or worth < settings.min_notional:
        return scene.held
    lots: uint256 = sizing._lots_up(
        convert(scene.equity, uint256),
        scene.maintenance + worth * settings.buffer_ppm // stage.PPM,
        scene.held,
        scene.mark.mark,
        scene.mark.maintenance_ppm + settings.buffer_ppm,
        settings.penalty_ppm + fee_ppm,
        scene.market.scale,
    )
    if (scene.held - lots) * scene.mark.mark >> scene.market.scale < settings.min_notional:
        return scene.held
    return lots
