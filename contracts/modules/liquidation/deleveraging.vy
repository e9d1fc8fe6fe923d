# pragma version 0.4.3
"""
@title   deleveraging: a position that nobody took goes to who profits from it
@license AGPL-3.0-only
@notice  Anyone names accounts on the other side of a position that nobody took; the eight that profit most with the most
         leverage give up as much of theirs, in that order.
@dev     The exchange knows no list of its accounts: whoever profits from the order of the ranks brings it about.
"""
from interfaces import IInsuranceFund
from interfaces import ILiquidationEngine
from interfaces import IPerpEngine

from contracts.modules import refuse
from contracts.modules.liquidation import deficits
from contracts.modules.liquidation import liquidation_words as layout
from contracts.modules.liquidation import ranks
from contracts.modules.liquidation import sizing
from contracts.modules.liquidation import stage

uses: stage
uses: deficits
uses: ranks


interface Views:
    def is_full(market: uint256, min_notional: uint256, backstop: uint256, scene: stage.Scene) -> bool: view


# ------------------------------------------------------------------ the two calls

@internal
def _nominate(account: uint256, market: uint256, nominee: uint256, views: address):
    """
    @notice Gives a nominee its place in an account's round, which the first opens.
    @param views LiquidationViews.
    """
    settings: ILiquidationEngine.Settings = stage._settings(market)
    round: ranks.Round = ranks._round(account, market)
    if round.until == 0:
        stage._prepare_backstop(market)  # whose room is asked for
    stage._prepare(account, market)
    stage._prepare(nominee, market)  # before one looks: the vault's makes a new mark
    scene: stage.Scene = stage._look(account, market)
    if round.until == 0:
        stage._check_deep(account, market, settings, scene)
        if not staticcall Views(views).is_full(market, settings.min_notional, stage.backstop, scene):
            refuse._because("liquidation: backstop has room")
        round.until = max(scene.mark.due, block.timestamp + stage.NOTICE)
        ranks.rounds[account][market] = round
    elif block.timestamp >= round.until:
        refuse._because("liquidation: nominations closed")
    score: uint256 = ranks._candidacy(settings, scene, account, market, nominee)
    if score == 0:
        refuse._because("liquidation: not eligible")
    carried: uint256 = layout._nominee_word(nominee, score)
    is_kept: bool = False
    for i: uint256 in range(ranks.RANKS):
        word: uint256 = round.nominees[i]
        if word != 0 and layout._nominee(word).account == nominee:
            if not is_kept:
                refuse._because("liquidation: already nominated")
            ranks.rounds[account][market].nominees[i] = carried
            carried = 0  # its new score stands further up
        elif is_kept or carried >> 168 > word >> 168:  # among equals the earlier stays first
            ranks.rounds[account][market].nominees[i] = carried
            carried = word
            is_kept = True
        if is_kept and carried == 0:
            break
    if not is_kept:
        refuse._because("liquidation: score too low")
    log ILiquidationEngine.Nominated(
        account=account, market=market, nominee=nominee, score=score, until=round.until
    )


@internal
def _execute(account: uint256, market: uint256, most: uint256):
    """
    @notice Lets so many nominees take their parts, from the highest score. What each bears is as if all of them did.
    """
    settings: ILiquidationEngine.Settings = stage._settings(market)
    stage._prepare(account, market)
    round: ranks.Round = ranks._round(account, market)
    if round.until == 0:
        refuse._because("liquidation: no nominations")
    if block.timestamp < round.until:
        refuse._because("liquidation: nominations open")
    for i: uint256 in range(ranks.RANKS):  # before one looks, so that all trade at one mark: the vault's makes a new one
        nominee: uint256 = layout._nominee(round.nominees[i]).account
        if nominee != 0 and (i < most or stage._is_of_vault(nominee)):  # gas is bounded by those who are to take a part
            stage._prepare(nominee, market)
    scene: stage.Scene = stage._look(account, market)
    stage._check_deep(account, market, settings, scene)
    equity: int256 = (staticcall IPerpEngine(stage.engine).margin_of(account)).equity
    owed: uint256 = convert(max(-equity - convert(stage._held(account), int256), 0), uint256)
    unborne: uint256 = min(owed, deficits._unborne(account))  # what others could not bear is nobody's here
    # this position's part of it, and no more than the price has cost it: what is beyond was lost elsewhere, and is borne there
    position: IPerpEngine.Valuation = staticcall IPerpEngine(stage.engine).valuation(account, market)
    lost: int256 = -(position.profit + position.funding)
    owed = min((owed - unborne) * scene.margin // scene.maintenance, convert(max(lost, 0), uint256))
    # of a lot, at most: what the fund has is for the first lots, so the fewer are taken the less is left to bear
    capacity: uint256 = staticcall IInsuranceFund(deficits.fund).draw_capacity(market)
    worst: uint256 = self._haircut(scene, owed - min(owed, capacity), scene.held)
    takes: uint256[8] = empty(uint256[8])
    rests: uint256[8] = empty(uint256[8])
    left: uint256 = scene.held
    for i: uint256 in range(ranks.RANKS):
        takes[i], rests[i] = self._takes(market, scene, layout._nominee(round.nominees[i]).account, left, worst)
        left -= takes[i]
    ready: uint256 = 0
    for i: uint256 in range(ranks.RANKS):  # lots for which nobody has a profit that bears a haircut
        rest: uint256 = min(left, rests[i])
        takes[i] += rest
        left -= rest
        if i < most:
            ready += takes[i]
    if ready != 0:
        stage._clear_away(account, market)
        stage._tip(market, settings, scene, ready)
        # like the backstop they get the index where it is worse for the account
        loss: uint256 = sizing._bearable(scene.backing, scene.margin, scene.maintenance, ready, scene.held)
        gap: uint256 = min(stage._gap(scene), (loss << scene.market.scale) // ready)
        scene.mark.mark = scene.mark.mark - gap if scene.lots > 0 else scene.mark.mark + gap
    deficit: uint256 = (owed * ready + scene.held - 1) // scene.held
    asked: uint256 = min(deficit, capacity * ready // max(scene.held - left, 1))  # what the fund has is for all who take
    insured: uint256 = deficits._insure(account, market, asked)
    haircut: uint256 = self._haircut(scene, deficit - insured, ready)
    missed: uint256 = 0
    for i: uint256 in range(ranks.RANKS):
        if i < most and takes[i] != 0:
            nominee: uint256 = layout._nominee(round.nominees[i]).account
            if layout._pending(stage.pendings[nominee][market]).lots != 0:
                stage._clear_away(nominee, market)  # what it gives up here is no fill of its own liquidation's order
            missed += self._deleverage(account, market, scene, nominee, takes[i], haircut)
    deficits._note_unborne(account, missed)
    ranks.rounds[account][market] = ranks._rest(round, ranks.RANKS if ready == scene.held else most)
    if insured != 0:
        log ILiquidationEngine.Covered(account=account, market=market, insured=insured, socialised=0)
    deficits._resolve(account)


# ------------------------------------------------------------------ inside

@internal
@pure
def _haircut(scene: stage.Scene, deficit: uint256, lots: uint256) -> uint256:
    """
    @notice What each of some lots bears of a deficit, lot price, rounded up.
    """
    if lots == 0:
        return 0
    return ((deficit << scene.market.scale) + lots - 1) // lots


@internal
@view
def _takes(
    market: uint256, scene: stage.Scene, nominee: uint256, left: uint256, haircut: uint256
) -> (uint256, uint256):
    """
    @notice Lots of a nominee whose haircut it can bear, and those it has beyond them; none where it is not on the
            other side any more, or without a profit.
    """
    if nominee == 0 or ranks._score(scene, market, nominee) == 0:
        return 0, 0
    held: uint256 = convert(abs(stage._lots(nominee, market)), uint256)
    lots: uint256 = min(left, held)
    if haircut != 0:
        lots = min(lots, (ranks._bears(market, nominee) << scene.market.scale) // haircut)
    return lots, held - lots


@internal
def _deleverage(
    account: uint256, market: uint256, scene: stage.Scene, nominee: uint256, lots: uint256, haircut: uint256
) -> uint256:
    """
    @notice Lets a nominee take its part, a haircut off the mark, or as much of one as it can bear.
    @return What it could not bear, token units, rounded up.
    """
    off: uint256 = min(haircut, (ranks._bears(market, nominee) << scene.market.scale) // lots)
    price: uint256 = scene.mark.mark + off
    if scene.lots < 0:
        price = scene.mark.mark - min(scene.mark.mark, off)
    stage._trade(account, nominee, market, scene, lots, price)
    log ILiquidationEngine.Deleveraged(account=account, market=market, nominee=nominee, lots=lots, price=price)
    return ((haircut - off) * lots + (1 << scene.market.scale) - 1) >> scene.market.scale
