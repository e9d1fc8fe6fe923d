# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   LiquidationViews: what there is to see of the waterfall
@license AGPL-3.0-only
@notice  Code that LiquidationEngine runs on its own storage. It cannot write.
@dev     Accounts are as of their last settlement, prices as of the stored marks; a keeper simulates the call itself.
@custom:security Views alone.
@custom:halt Nothing to stop.
"""
from interfaces import ILiquidationEngine
from interfaces import IPerpEngine

from contracts.modules.liquidation import liquidation_words as layout
from contracts.modules.liquidation import planning
from contracts.modules.liquidation import ranks
from contracts.modules.liquidation import stage

initializes: stage
initializes: ranks[stage := stage]
initializes: planning[stage := stage]

exports: stage.engine


@deploy
def __init__(engine_: address):
    """
    @notice Views of the waterfalls of an engine.
    @param engine_ PerpEngine.
    """
    stage.__init__(engine_)


@external
@view
def settings(market: uint256) -> ILiquidationEngine.Settings:
    """
    @notice How a market is liquidated.
    @param market Any number; zeros where it is not configured.
    """
    return layout._settings(stage.settings_of[market])


@external
@view
def changed_at(market: uint256) -> uint256:
    """
    @notice When the settings of a market were last changed, unix seconds.
    @param market Any number; 0 before the first change, as the first configuration is none.
    """
    return layout._changed_at(stage.settings_of[market])


@external
@view
def pending(account: uint256, market: uint256) -> ILiquidationEngine.Pending:
    """
    @notice The liquidation order of an account in a market.
    @param account Any.
    @param market  Any number.
    """
    return layout._pending(stage.pendings[account][market])


@external
@view
def health(accounts: DynArray[uint256, 64]) -> DynArray[ILiquidationEngine.Health, 64]:
    """
    @notice How accounts stand at the stored marks, as of their last settlement, and what may be called. Never reverts.
    @param accounts Any.
    @return One for each.
    """
    found: DynArray[ILiquidationEngine.Health, 64] = []
    for account: uint256 in accounts:
        margin: IPerpEngine.Margin = staticcall IPerpEngine(stage.engine).margin_of(account)
        equity: int256 = stage._equity(account, margin.equity, False)
        stages: ILiquidationEngine.Stage = empty(ILiquidationEngine.Stage)
        if equity < convert(margin.initial, int256) and account != stage.backstop:
            stages |= ILiquidationEngine.Stage.CANCEL
        if equity < convert(margin.maintenance, int256):
            stages |= ILiquidationEngine.Stage.LIQUIDATE
            if stage._is_deep(equity, margin.maintenance):
                stages |= ILiquidationEngine.Stage.TAKE_OVER
        if margin.maintenance == 0 and equity < 0:
            stages |= ILiquidationEngine.Stage.RESOLVE
        found.append(
            ILiquidationEngine.Health(
                equity=equity, initial=margin.initial, maintenance=margin.maintenance, stages=stages
            )
        )
    return found


@external
@view
def plan(account: uint256, market: uint256) -> ILiquidationEngine.Plan:
    """
    @notice What `liquidate` would do and pay at the stored marks, with the account as it was settled last.
    @param account Any.
    @param market  A listed market.
    @return Zeros where it would be refused for margin that is met, a position that is not there, a market that is settled or
            not configured. A price that is not fit or an order that is pending still refuses.
    @dev    Reverts "engine: unknown market".
    """
    word: uint256 = stage.settings_of[market]
    scene: stage.Scene = stage._look(account, market)
    if (
        word == 0
        or scene.lots == 0
        or scene.equity >= convert(scene.maintenance, int256)
        or scene.market.mode == IPerpEngine.Mode.SETTLED
    ):
        return empty(ILiquidationEngine.Plan)
    return planning._plan(account, market, layout._settings(word), scene, stage._is_of_vault(account))


@external
@view
def planned(
    account: uint256, market: uint256, settings: ILiquidationEngine.Settings, scene: stage.Scene, is_of_vault: bool
) -> ILiquidationEngine.Plan:
    """
    @notice The plan for an account as LiquidationEngine finds it: for `liquidate`, whose code has no room for it.
    @param account     Any, with less than its maintenance margin and a position.
    @param market      A listed market.
    @param settings    Of the market.
    @param scene       The market, and the account in it.
    @param is_of_vault Nothing is held of the vault's accounts.
    """
    return planning._plan(account, market, settings, scene, is_of_vault)


@external
@view
def is_full(market: uint256, min_notional: uint256, backstop: uint256, scene: stage.Scene) -> bool:
    """
    @notice Whether the backstop has no room for a position, as LiquidationEngine finds both: for `nominate`.
    @param market       A listed market.
    @param min_notional A part that is worth less is not worth the gas, token units.
    @param backstop     The account that takes over; 0: nobody does.
    @param scene        The market, and the account in it.
    """
    return planning._is_full(market, min_notional, backstop, scene)


@external
@view
def nominees(account: uint256, market: uint256) -> (uint256, DynArray[ILiquidationEngine.Nominee, 8]):
    """
    @notice Who is nominated to take an account's position.
    @param account Any.
    @param market  Any number.
    @return Until when nominations are open, unix seconds; the nominees, from the highest score.
    """
    found: DynArray[ILiquidationEngine.Nominee, 8] = []
    for word: uint256 in ranks.rounds[account][market].nominees:
        if word != 0:
            found.append(layout._nominee(word))
    return ranks.rounds[account][market].until, found


@external
@view
def deleverage_score(nominee: uint256, market: uint256) -> uint256:
    """
    @notice What an account's position would be ranked by, beside one that is no larger: the higher, the earlier it is deleveraged;
            beside a larger one by the part of it that it can take. 2**32 is one.
    @param nominee Any account.
    @param market  A listed market.
    @return 0 where it has no profit.
    @dev    Reverts "engine: unknown market".
    """
    scene: stage.Scene = empty(stage.Scene)
    scene.mark = staticcall IPerpEngine(stage.engine).mark(market)
    scene.market = staticcall IPerpEngine(stage.engine).market(market)
    scene.lots = -stage._lots(nominee, market)
    return ranks._score(scene, market, nominee)


@external
@view
def deleverage_rank(account: uint256, market: uint256, nominee: uint256) -> uint256:
    """
    @notice Place of an account among those nominated to take another's position, were it nominated now.
    @param account Whose position is to be taken.
    @param market  A listed market.
    @param nominee Whose place is asked for.
    @return 1 is first; 0: it is not eligible.
    @dev    Reverts "engine: unknown market".
    """
    return ranks._rank(account, market, nominee)
