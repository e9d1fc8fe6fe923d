# pragma version 0.4.3
"""
@title   ranks: who is to be deleveraged first
@license AGPL-3.0-only
@notice  The order of those who profit on the other side of a position, each with a score computed here; a round keeps eight.
"""
from interfaces import ILiquidationEngine
from interfaces import IPerpEngine

from contracts.modules.liquidation import liquidation_words as layout
from contracts.modules.liquidation import sizing
from contracts.modules.liquidation import stage

uses: stage


struct Round:
    until: uint256             # nominations are open before; 0: there is none
    nominees: uint256[8]       # words, from the highest score


RANKS: constant(uint256) = 8                 # nominees of a round

rounds: HashMap[uint256, HashMap[uint256, Round]]  # account -> market -> who may take its position


@internal
@view
def _round(account: uint256, market: uint256) -> Round:
    """
    @notice The round for an account's position; an empty one where there is none, or it has lapsed.
    """
    round: Round = self.rounds[account][market]
    if block.timestamp >= round.until + stage.LAPSE:
        return empty(Round)
    return round


@internal
@pure
def _rest(round: Round, most: uint256) -> Round:
    """
    @notice A round without so many of its first nominees; none where nobody is left.
    """
    rest: Round = empty(Round)
    for i: uint256 in range(RANKS):
        if most < RANKS - i:
            rest.nominees[i] = round.nominees[i + most]
    if rest.nominees[0] != 0:
        rest.until = round.until
    return rest


@internal
@view
def _rank(account: uint256, market: uint256, nominee: uint256) -> uint256:
    """
    @notice Place of an account among the nominees, were it nominated now, 1 the first; 0: it is not eligible.
    """
    scene: stage.Scene = empty(stage.Scene)
    scene.mark = staticcall IPerpEngine(stage.engine).mark(market)
    scene.market = staticcall IPerpEngine(stage.engine).market(market)
    scene.lots = stage._lots(account, market)
    scene.held = convert(abs(scene.lots), uint256)
    settings: ILiquidationEngine.Settings = layout._settings(stage.settings_of[market])
    score: uint256 = self._candidacy(settings, scene, account, market, nominee)
    if score == 0:
        return 0
    rank: uint256 = 1
    for word: uint256 in self._round(account, market).nominees:
        if word >> 168 >= score and layout._nominee(word).account != nominee:
            rank += 1
    return rank


@internal
@view
def _score(scene: stage.Scene, market: uint256, nominee: uint256) -> uint256:
    """
    @notice What a nominee is ranked by; 0 where it is not on the other side, has no profit, or has no equity.
    """
    lots: int256 = stage._lots(nominee, market)
    if lots == 0 or scene.lots == 0 or (lots > 0) == (scene.lots > 0):
        return 0
    valuation: IPerpEngine.Valuation = empty(IPerpEngine.Valuation)
    equity: int256 = 0
    valuation, equity = self._standing(market, nominee)
    if valuation.profit <= 0 or equity <= 0:
        return 0
    cost: int256 = valuation.value - valuation.profit - valuation.funding
    return max(
        1,
        sizing._score(
            convert(valuation.profit, uint256),
            convert(abs(cost), uint256),
            convert(abs(valuation.value), uint256),
            convert(equity, uint256),
        ),
    )


@internal
@view
def _bears(market: uint256, nominee: uint256) -> uint256:
    """
    @notice What a nominee can bear of a deficit: his profit in the market, and no more than his equity, so that he owes nothing by
            it that others would have to bear. Token units.
    """
    valuation: IPerpEngine.Valuation = empty(IPerpEngine.Valuation)
    equity: int256 = 0
    valuation, equity = self._standing(market, nominee)
    return convert(max(min(valuation.profit, equity), 0), uint256)


@internal
@view
def _standing(market: uint256, nominee: uint256) -> (IPerpEngine.Valuation, int256):
    """
    @notice A nominee's position, and his equity, with what is held for an order in the market and is not earned yet: that is his when
            the order is cancelled or concluded.
    """
    pending: ILiquidationEngine.Pending = layout._pending(stage.pendings[nominee][market])
    held: uint256 = pending.held
    if held != 0:
        held -= held * stage._filled(nominee, market, pending)[1] // pending.lots
    return staticcall IPerpEngine(stage.engine).valuation(nominee, market), (
        staticcall IPerpEngine(stage.engine).margin_of(nominee)
    ).equity + convert(held, int256)


@internal
@view
def _candidacy(
    settings: ILiquidationEngine.Settings, scene: stage.Scene, account: uint256, market: uint256, nominee: uint256
) -> uint256:
    """
    @notice Score of one who may be nominated, for as much of the account's position as it can take; 0 where he may not: small
            positions would keep large ones out of the eight places, and dust has none.
    """
    lots: uint256 = convert(abs(stage._lots(nominee, market)), uint256)
    is_dust: bool = lots < scene.held and lots * scene.mark.mark >> scene.market.scale < settings.min_notional
    if nominee == account or is_dust:
        return 0
    score: uint256 = self._score(scene, market, nominee)
    if score == 0:
        return 0
    return max(1, score * min(lots, scene.held) // scene.held)
