# pragma version 0.4.3
"""
@title   planning: what a stage will do
@license AGPL-3.0-only
@notice  How many lots of a liquidation go into the auction, at which limit, for which penalty; and whether the backstop has room.
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


@internal
@view
def _is_full(market: uint256, min_notional: uint256, backstop: uint256, scene: stage.Scene) -> bool:
    """
    @notice Whether the backstop can take neither a position nor a part of it that is worth the gas.
    @param backstop The account that takes over; 0: nobody does.
    """
    if backstop == 0:
        return True
    listed: DynArray[uint256, 16] = staticcall IPerpEngine(stage.engine).markets_of(backstop)
    if len(listed) == 16 and market not in listed:
        return True
    margin: IPerpEngine.Margin = staticcall IPerpEngine(stage.engine).margin_of(backstop)
    spare: uint256 = convert(max(margin.equity - convert(margin.initial, int256), 0), uint256)
    room: uint256 = (spare * stage.PPM << scene.market.scale) // (scene.mark.mark * scene.mark.initial_ppm)
    lots: int256 = stage._lots(backstop, market)
    if (lots > 0) != (scene.lots > 0):
        room += convert(abs(lots), uint256)
    room = min(room, scene.held)
    return room == 0 or (room != scene.held and room * scene.mark.mark >> scene.market.scale < min_notional)
