# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   LiquidationEngine: the waterfall
@license AGPL-3.0-only
@notice  What happens to accounts that cannot carry their positions: their orders are cancelled, their positions go into the
         auction, then to the backstop, then to who profits most from them; deficits are paid by the insurance fund, then
         by all. And to markets that end. Anyone calls each stage, and is paid for it.
@dev     docs/risk.md explains the stages with worked numbers, ILiquidationEngine gives the units. What there is to see,
         LiquidationViews answers. Works on accounts through
         the hooks of PerpEngine, which names this contract its liquidator. Keeps what it holds of penalties in its own account 0.
@custom:security May move the positions and the collateral of any account within the rules below. Trusts engine, fund, router
                 and the code of LiquidationViews, and the owner within the bounds of the settings.
@custom:halt Liquidations stop while a market's price is STALE or HALTED; nothing else stops them.
"""
from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from interfaces import ILiquidationEngine
from interfaces import IOrderbookV2
from interfaces import IPerpEngine

from contracts.modules import refuse
from contracts.modules import steps
from contracts.modules.liquidation import deficits
from contracts.modules.liquidation import deleveraging
from contracts.modules.liquidation import ending
from contracts.modules.liquidation import liquidation_words as layout
from contracts.modules.liquidation import ranks
from contracts.modules.liquidation import sizing
from contracts.modules.liquidation import stage

# stage and ranks come first: LiquidationViews finds them in the same places
initializes: stage
initializes: ranks[stage := stage]
initializes: deficits[stage := stage]
initializes: deleveraging[stage := stage, deficits := deficits, ranks := ranks]
initializes: ending[stage := stage]
initializes: ownable
initializes: ownable_2step[ownable := ownable]

exports: (
    stage.engine,
    stage.backstop,
    deficits.fund,
    deficits.token,
    ending.router,
    ending.reported_at,
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
)


interface Views:
    def engine() -> address: view
    def planned(
        account: uint256, market: uint256, settings: ILiquidationEngine.Settings, scene: stage.Scene, is_of_vault: bool
    ) -> ILiquidationEngine.Plan: view


MAX_ANSWER: constant(uint256) = 16_384       # bytes that a view may return
PPM_STEP: constant(uint256) = 5_000          # changes that are never too large, each in the unit of its field
TIP_STEP: constant(uint256) = 500
TIP_CAP_STEP: constant(uint256) = 1_000_000
NOTIONAL_STEP: constant(uint256) = 100_000_000
PATIENCE_STEP: constant(uint256) = 1

views: public(immutable(address))            # LiquidationViews


@deploy
def __init__(owner: address, engine_: address, fund_: address, views_: address):
    """
    @notice A waterfall for an engine, which is told of it by `set_liquidator`, as the fund is by `set_engine`.
    @param owner   Sets parameters within bounds, and may settle markets.
    @param engine_ PerpEngine.
    @param fund_   InsuranceFund of the same token.
    @param views_  LiquidationViews of the same engine.
    @dev   Reverts: "liquidation: no owner", "liquidation: not a contract", "liquidation: other token",
           "liquidation: other engine" (the views').
    """
    if owner == empty(address):
        refuse._because("liquidation: no owner")
    if not (engine_.is_contract and fund_.is_contract and views_.is_contract):
        refuse._because("liquidation: not a contract")
    if staticcall Views(views_).engine() != engine_:
        refuse._because("liquidation: other engine")
    views = views_
    stage.__init__(engine_)
    deficits.__init__(engine_, fund_)
    ending.__init__(engine_)
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(owner)


# ------------------------------------------------------------------ 1: open orders

@external
def cancel_orders(account: uint256, market: uint256) -> uint256:
    """
    @notice Cancels the open orders in a market of an account below initial margin. Orders that can only reduce are nobody's to
            cancel before the account is to be liquidated: they are how it comes out, and count against its margin themselves.
            The backstop's never are: anyone places them by `unwind`, and would be paid for it.
    @param account Any.
    @param market  A listed market.
    @return How many there were. For some the caller is paid a tenth of the tip's cap, out of a hundredth of the collateral.
    @dev    Reverts: "liquidation: margin is met", "liquidation: order is pending" (which is not to be cancelled),
            "liquidation: nothing to cancel" (no orders, or such as can only reduce, and maintenance margin or the backstop), "liquidation: not configured",
            "engine: unknown market", "engine: awaiting price".
    """
    settings: ILiquidationEngine.Settings = stage._settings(market)
    scene: stage.Scene = stage._enter(account, market)
    if scene.equity >= convert(scene.initial, int256):
        refuse._because("liquidation: margin is met")
    stage._check_concluded(account, market)
    position: IPerpEngine.Position = staticcall IPerpEngine(stage.engine).position(account, market)
    if (
        convert(position.bid_lots, int256) <= max(-scene.lots, 0)
        and convert(position.ask_lots, int256) <= max(scene.lots, 0)
        and (scene.equity >= convert(scene.maintenance, int256) or account == stage.backstop)
    ):
        refuse._because("liquidation: nothing to cancel")
    count: uint256 = extcall IPerpEngine(stage.engine).force_cancel(account, market)
    if count != 0:
        stage._pay(account, convert(msg.sender, uint256) << 8, min(settings.tip_cap // 10, stage._collateral(account) // 100))
    log ILiquidationEngine.Cancelled(account=account, market=market, orders=count, keeper=msg.sender)
    return count


# ------------------------------------------------------------------ 2: through the auction

@external
def liquidate(account: uint256, market: uint256):
    """
    @notice Puts as much of a position as restores maintenance margin and a buffer into the next auction; all of it where that
            is not enough, deep below maintenance margin, or where dust would be left. The order's limit is where the
            account is left with no less equity for its maintenance margin than before; its orders in the market are
            cancelled. The penalty is held until the outcome is known: the caller has his tip of what was filled then. Where
            nothing is left the limit is the mark, and nobody is paid; nor of the vault's accounts, of which nothing is held.
    @param account Any.
    @param market  A listed market.
    @dev    Reverts: "liquidation: margin is met", "liquidation: no position", "liquidation: price not fit",
            "liquidation: order is pending", "liquidation: market is settled", "liquidation: not configured",
            "liquidation: no buyer now" (a market without batches, less than 30 seconds after an order that found no buyer),
            "engine: unknown market", "engine: awaiting price".
    """
    settings: ILiquidationEngine.Settings = stage._settings(market)
    stage._check_notice(account, market)
    scene: stage.Scene = stage._enter(account, market)
    stage._check_liquidatable(scene)
    stage._check_concluded(account, market)
    extcall IPerpEngine(stage.engine).force_cancel(account, market)

    plan: ILiquidationEngine.Plan = staticcall Views(views).planned(
        account, market, settings, scene, stage._is_of_vault(account)
    )
    is_ask: bool = plan.lots < 0
    lots: uint256 = convert(abs(plan.lots), uint256)
    stage._pay(account, stage.own, plan.penalty)
    stage._hold(account, convert(plan.penalty, int256))
    stage.keepers[account][market] = msg.sender
    stage.pendings[account][market] = layout._pending_word(
        ILiquidationEngine.Pending(
            lots=lots,
            before=scene.held,
            held=plan.penalty,
            batch=(staticcall IOrderbookV2(scene.market.book).market()).batch,
            failures=stage._failures(account, market),
            is_ask=is_ask,
        )
    )
    log ILiquidationEngine.Liquidated(
        account=account, market=market, lots=plan.lots, tick=plan.tick, held=plan.penalty, keeper=msg.sender
    )
    extcall IPerpEngine(stage.engine).force_order(account, market, stage._order(is_ask, plan.tick, lots))
    if scene.mark.due == 0:  # continuous mode: at once
        stage._run(market)
        extcall IPerpEngine(stage.engine).sync(account)
        stage._conclude(account, market, False)


@external
def collect(account: uint256, market: uint256):
    """
    @notice Concludes a liquidation whose batch is over: of the penalty on what was filled its keeper has his tip and
            the insurance the rest; what is left goes back. By anyone; every other stage does it too.
    @param account Any.
    @param market  A listed market.
    @dev    Reverts: "liquidation: no order is pending", "liquidation: order is pending" (its batch is not over).
    """
    if stage.pendings[account][market] & (2**32 - 1) == 0:
        refuse._because("liquidation: no order is pending")
    stage._enter(account, market)
    stage._check_concluded(account, market)
    deficits._resolve(account)


# ------------------------------------------------------------------ 3: the backstop

@external
def take_over(account: uint256, market: uint256, lots: uint256):
    """
    @notice Lets the backstop take a position over: of an account with less than two thirds of its maintenance margin, or
            whose orders found no buyer. At a discount to the mark, or to the index where that is worse for the account, as far as
            it can bear it; an account with nothing left gets the mark, and its deficit is covered as by `resolve`.
    @param account Any but the backstop.
    @param market  A listed market.
    @param lots    At most so many, as the backstop's own margin goes no further; all where dust would be left. An order
                   that is pending is cancelled and concluded.
    @dev    Reverts: "liquidation: margin is met", "liquidation: not so deep", "liquidation: no position",
            "liquidation: price not fit", "liquidation: backstop is full", "liquidation: not configured",
            "engine: unknown market", "engine: awaiting price", "engine: too many markets".
    """
    settings: ILiquidationEngine.Settings = stage._settings(market)
    stage._prepare_backstop(market)  # first: it trades at no older mark than its own settlement makes
    scene: stage.Scene = stage._enter(account, market)
    stage._check_deep(account, market, settings, scene)
    if stage.backstop == 0 or account == stage.backstop or lots == 0:
        refuse._because("liquidation: backstop is full")
    stage._clear_away(account, market)
    taken: uint256 = min(lots, scene.held)
    if (scene.held - taken) * scene.mark.mark >> scene.market.scale < settings.min_notional:
        taken = scene.held
    loss: uint256 = sizing._bearable(scene.backing, scene.margin, scene.maintenance, taken, scene.held)
    discount: uint256 = min(
        scene.mark.mark * settings.discount_ppm // stage.PPM + stage._gap(scene), (loss << scene.market.scale) // taken
    )
    price: uint256 = scene.mark.mark - discount if scene.lots > 0 else scene.mark.mark + discount
    own_lots: int256 = stage._lots(stage.backstop, market)
    reduces: bool = (own_lots > 0) != (scene.lots > 0) and convert(abs(own_lots), uint256) >= taken
    stage._trade(account, stage.backstop, market, scene, taken, price)
    margin: IPerpEngine.Margin = staticcall IPerpEngine(stage.engine).margin_of(stage.backstop)
    if not reduces and margin.equity < convert(margin.initial, int256):
        refuse._because("liquidation: backstop is full")
    log ILiquidationEngine.TakenOver(
        account=account,
        market=market,
        lots=convert(taken, int256) if scene.lots > 0 else -convert(taken, int256),
        price=price,
    )
    stage._tip(market, settings, scene, taken)
    deficits._resolve(account)


@external
def unwind(market: uint256):
    """
    @notice Puts what the backstop has in a market into the next auction, within the settings' distance from the mark, or from the
            index where that is better for it. By anyone.
            While the price is not fit, or the market is settled, it takes back what it put there, or what a liquidation of the backstop
            did: nobody else can, and a limit of before would be far from the mark of after.
    @param market A listed market.
    @dev   Reverts: "liquidation: no position", "liquidation: price not fit" (and nothing to take back),
           "liquidation: order is pending" (the backstop is liquidated itself), "liquidation: not configured",
           "engine: unknown market", "engine: awaiting price".
    """
    settings: ILiquidationEngine.Settings = stage._settings(market)
    scene: stage.Scene = stage._enter(stage.backstop, market)
    if scene.lots == 0:
        refuse._because("liquidation: no position")
    count: uint256 = extcall IPerpEngine(stage.engine).force_cancel(stage.backstop, market)
    if not stage._is_fit(scene):
        if count == 0:
            refuse._because("liquidation: price not fit")
        stage._conclude(stage.backstop, market, True)
        return
    stage._check_concluded(stage.backstop, market)
    lots: uint256 = min(scene.held, stage.MAX_ORDER)
    distance: uint256 = scene.mark.mark * settings.unwind_ppm // stage.PPM
    one: uint256 = scene.market.unit << scene.market.scale
    tick: uint256 = 0
    if scene.lots > 0:
        tick = sizing._ask_limit(max(scene.mark.mark, scene.mark.index), distance, 0, one)
    else:
        tick = sizing._bid_limit(min(scene.mark.mark, scene.mark.index), distance, 0, one)
    tick = max(1, min(tick, stage.MAX_TICK))
    extcall IPerpEngine(stage.engine).force_order(stage.backstop, market, stage._order(scene.lots > 0, tick, lots))
    if scene.mark.due == 0:
        stage._run(market)
        extcall IPerpEngine(stage.engine).sync(stage.backstop)
    log ILiquidationEngine.Unwound(
        market=market, lots=-convert(lots, int256) if scene.lots > 0 else convert(lots, int256), tick=tick
    )


# ------------------------------------------------------------------ 4 and 6: deficits

@external
def resolve(account: uint256):
    """
    @notice Covers the deficit of an account without positions: by the insurance fund as far as its cap for the market goes, the
            rest by all positions of the market, or as bad debt where there are none: of the market in which its last position
            was closed. Its open orders are cancelled, after the auctions of batches that are over.
    @param account Any.
    @dev    Reverts: "liquidation: no deficit" (or a position is left), "liquidation: order is pending" (a penalty is held in
            another market: `collect` first).
    """
    for market: uint256 in staticcall IPerpEngine(stage.engine).markets_of(account):
        due: uint256 = (staticcall IPerpEngine(stage.engine).mark(market)).due
        if due != 0 and block.timestamp >= due:
            stage._run(market)
    extcall IPerpEngine(stage.engine).sync(account)
    if stage._held(account) != 0:
        refuse._because("liquidation: order is pending")
    if not deficits._resolve(account):
        refuse._because("liquidation: no deficit")


# ------------------------------------------------------------------ 5: deleveraging

@external
def nominate(account: uint256, market: uint256, nominee: uint256):
    """
    @notice Names who is to take a part of a position that neither auction nor backstop took: an account on the other side, with
            a profit. The first opens the nominations, until the end of the batch, 30 seconds at least; the eight highest
            scores stay, a higher one displaces a lower.
    @param account As for `take_over`, where the backstop, which is settled first as there, has no room.
    @param market  A listed market.
    @param nominee Any account.
    @dev    Reverts: as `take_over`; "liquidation: backstop has room", "liquidation: nominations closed",
            "liquidation: not eligible" (not on the other side, without a profit, or dust beside the account's position),
            "liquidation: already nominated", "liquidation: score too low".
    """
    deleveraging._nominate(account, market, nominee, views)


@external
def deleverage(account: uint256, market: uint256, most: uint256 = ranks.RANKS):
    """
    @notice Executes a round of nominations, from the highest score: each nominee gives up as much of its position as the account
            has to close, at the mark; where the account owes more than it has, at the price at which it owes nothing, bounded by
            the nominee's profit. Lots go first to whose profit bears that price. The insurance fund pays of the deficit what it
            can beforehand, for the lots that are taken. What neither bears is shared as by `resolve` once the account has no
            position; lots that nobody takes are for the auction, or the next round. Where the index is worse for the account than
            the mark, nominees get that, as far as the account can bear it.
    @param account As for `nominate`.
    @param market  A listed market.
    @param most    Nominees of this call, from the highest score, one at the least; the others keep their places while lots are left. Orders that a
                   nominee has keep none of them: one nominee fits into a transaction whatever he has.
    @dev    Reverts: "liquidation: no nominations", "liquidation: nominations open"; as `take_over`.
    """
    deleveraging._execute(account, market, max(most, 1))


# ------------------------------------------------------------------ the end of a market

@external
def report_halt(market: uint256):
    """
    @notice Notes that a market's price is not fit, so that anyone may settle it if that lasts. By anyone; once a good price is
            recorded (the router's `record`, which every auction calls) it has to be reported anew.
    @param market Any the router knows.
    @dev   Reverts: "liquidation: price is fit", "liquidation: reported already", "router: unknown market".
    """
    ending._report(market)


@external
def settle(market: uint256):
    """
    @notice Ends a market: its positions close at the average price of the last hour with a good price. By the owner, or by anyone
            three days after `report_halt` if no good price was recorded since and there is none now. The liquidator closes who
            ends with a deficit for an hour (`settle_position`), then anyone closes anybody, by the engine's `settle_position`.
    @param market A listed market.
    @dev   Reverts: "liquidation: not halted so long", "engine: unknown market", "engine: bad mode" (it is settled already).
    """
    ending._settle(market, msg.sender == ownable.owner)


@external
def settle_position(account: uint256, market: uint256):
    """
    @notice Closes, in the first hour of a settlement, a position of an account that ends with a deficit, and covers this.
    @param account Any whose equity is below zero.
    @param market  A market that is settled.
    @dev    Reverts: "liquidation: margin is met", "engine: market not settled", "engine: unknown market".
    """
    extcall IPerpEngine(stage.engine).sync(account)
    stage._conclude(account, market, False)
    if (staticcall IPerpEngine(stage.engine).margin_of(account)).equity >= 0:
        refuse._because("liquidation: margin is met")
    extcall IPerpEngine(stage.engine).settle_position(account, market)
    deficits._resolve(account)


# ------------------------------------------------------------------ governance

@external
def configure(market: uint256, settings: ILiquidationEngine.Settings):
    """
    @notice Sets how a market is liquidated: at first freely, then each number by a step at most, and a day after the
            last change at the earliest.
    @param market   Any number.
    @param settings As ILiquidationEngine tells, with bounds; steps as docs/parameters.md tells.
    @dev   Owner only. Reverts: "liquidation: bad settings", "liquidation: step too large", "liquidation: too soon".
    """
    ownable._check_owner()
    if (
        max(settings.penalty_ppm, settings.discount_ppm) > 50_000
        or settings.unwind_ppm > settings.discount_ppm  # who sells to the backstop would buy back for less
        or settings.tip_bps > 5_000
        or settings.tip_cap >= 2**48
        or settings.buffer_ppm > 100_000
        or settings.min_notional >= 2**64
        or settings.patience == 0
        or settings.patience > 255
    ):
        refuse._because("liquidation: bad settings")
    word: uint256 = stage.settings_of[market]
    changed_at: uint256 = 0
    if word != 0:
        self._check_steps(layout._settings(word), settings)
        if steps._is_early(layout._changed_at(word)):
            refuse._because("liquidation: too soon")
        changed_at = block.timestamp
    stage.settings_of[market] = layout._settings_word(settings, changed_at)
    log ILiquidationEngine.Configured(market=market, settings=settings)


@external
def set_backstop(account: uint256):
    """
    @notice Sets the account that takes positions over. It loses no more than it has: what is not in it cannot be lost.
    @param account An account of the engine; 0: nobody.
    @dev    Owner only.
    """
    ownable._check_owner()
    stage.backstop = account
    log ILiquidationEngine.BackstopSet(account=account)


@external
@raw_return
@reentrant  # trap-ok: the code that answers holds the lock
def __default__() -> Bytes[MAX_ANSWER]:
    """
    @notice Answers LiquidationViews with its code on this contract's storage. That code cannot write:
            tests/unit/LiquidationEngine/test_views.py finds no opcode in it that could.
    """
    return raw_call(views, msg.data, max_outsize=MAX_ANSWER, is_delegate_call=True)


# ------------------------------------------------------------------ inside

@internal
@pure
def _check_steps(before: ILiquidationEngine.Settings, after: ILiquidationEngine.Settings):
    """
    @notice Each number goes a step at most.
    """
    if (
        steps._is_large(before.penalty_ppm, after.penalty_ppm, PPM_STEP)
        or steps._is_large(before.tip_bps, after.tip_bps, TIP_STEP)
        or steps._is_large(before.tip_cap, after.tip_cap, TIP_CAP_STEP)
        or steps._is_large(before.buffer_ppm, after.buffer_ppm, PPM_STEP)
        or steps._is_large(before.min_notional, after.min_notional, NOTIONAL_STEP)
        or steps._is_large(before.patience, after.patience, PATIENCE_STEP)
        or steps._is_large(before.discount_ppm, after.discount_ppm, PPM_STEP)
        or steps._is_large(before.unwind_ppm, after.unwind_ppm, PPM_STEP)
    ):
        refuse._because("liquidation: step too large")
