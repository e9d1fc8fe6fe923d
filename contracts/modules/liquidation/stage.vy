# pragma version 0.4.3
"""
@title   stage: what all stages of the waterfall share
@license AGPL-3.0-only
@notice  How a stage finds a market and an account, what it may begin with, and how money and lots move: the only ways on which
         the waterfall changes what accounts have are the hooks of PerpEngine called here and in `deficits`.
"""
from interfaces import ILiquidationEngine
from interfaces import IOracleRouter
from interfaces import IOrderbookV2
from interfaces import IPerpEngine

from contracts.modules import action_matrix
from contracts.modules import refuse
from contracts.modules.liquidation import liquidation_words as layout


# a market as a stage finds it, and the account in it
struct Scene:
    mark: IPerpEngine.Mark
    market: IPerpEngine.Market
    lots: int256
    held: uint256              # |lots|
    equity: int256
    initial: uint256
    maintenance: uint256       # of the account
    margin: uint256            # maintenance margin of this position alone
    backing: uint256           # equity at the marks, with what is held: limits and prices are off the mark


PPM: constant(uint256) = 1_000_000
BPS: constant(uint256) = 10_000
MAX_TICK: constant(uint256) = 2**18 - 2
MAX_ORDER: constant(uint256) = 2**28 - 1     # lots
LAPSE: constant(uint256) = 600               # seconds in which a round is executed, or a failure counts
NOTICE: constant(uint256) = 30               # seconds at least for others to come: to be nominated, or to bid where there are no batches
RUNNERS: constant(uint256) = 1               # numbers of the fee receiver's accounts
PENALTIES: constant(uint256) = 2

engine: public(immutable(address))
own: immutable(uint256)                      # account that holds penalties until an order's outcome is known

backstop: public(uint256)                    # account that takes over; 0: nobody
settings_of: HashMap[uint256, uint256]
pendings: HashMap[uint256, HashMap[uint256, uint256]]  # account -> market -> order
keepers: HashMap[uint256, HashMap[uint256, address]]   # account -> market -> who placed it, or the last
notes: HashMap[uint256, uint256]             # account -> what is held of its penalties, whose outcome is open


@deploy
def __init__(engine_: address):
    engine = engine_
    own = convert(self, uint256) << 8


# ------------------------------------------------------------------ how a stage begins

@internal
@view
def _settings(market: uint256) -> ILiquidationEngine.Settings:
    word: uint256 = self.settings_of[market]
    if word == 0:
        refuse._because("liquidation: not configured")
    return layout._settings(word)


@internal
def _enter(account: uint256, market: uint256) -> Scene:
    """
    @notice Prepares an account, and looks.
    """
    self._prepare(account, market)
    return self._look(account, market)


@internal
def _prepare(account: uint256, market: uint256):
    """
    @notice Runs the market's auction if it is due, settles the account, concludes its liquidation's order if that is over.
    """
    due: uint256 = (staticcall IPerpEngine(engine).mark(market)).due
    if due != 0 and block.timestamp >= due:
        self._run(market)
    extcall IPerpEngine(engine).sync(account)
    self._conclude(account, market, False)


@internal
def _prepare_backstop(market: uint256):
    """
    @notice Prepares the account that takes over, where there is one: what it has is what is left after the last auction.
    """
    if self.backstop != 0:
        self._prepare(self.backstop, market)


@internal
@view
def _look(account: uint256, market: uint256) -> Scene:
    """
    @notice A market and the account in it, as they are stored.
    """
    scene: Scene = empty(Scene)
    scene.mark = staticcall IPerpEngine(engine).mark(market)
    scene.market = staticcall IPerpEngine(engine).market(market)
    scene.lots = self._lots(account, market)
    scene.held = convert(abs(scene.lots), uint256)
    divisor: uint256 = PPM << scene.market.scale
    scene.margin = (scene.held * scene.mark.mark * scene.mark.maintenance_ppm + divisor - 1) // divisor
    margin: IPerpEngine.Margin = staticcall IPerpEngine(engine).margin_of(account)
    here: uint256 = layout._pending(self.pendings[account][market]).held  # others may be earned already
    scene.backing = convert(max(margin.equity + convert(here, int256), 0), uint256)
    scene.initial = margin.initial
    scene.maintenance = margin.maintenance
    # where this market is the account's only one its status is all there is to know
    is_sure: bool = margin.maintenance == scene.margin and scene.mark.status == IOracleRouter.Status.LIVE
    scene.equity = self._equity(account, margin.equity, is_sure)
    return scene


@internal
@view
def _lots(account: uint256, market: uint256) -> int256:
    """
    @notice Of a position, as it was settled last.
    """
    return (staticcall IPerpEngine(engine).position(account, market)).lots


@internal
def _run(market: uint256):
    """
    @notice Runs an auction, and hands its tip on to the caller.
    """
    before: int256 = staticcall IPerpEngine(engine).collateral(own)
    extcall IPerpEngine(engine).run_auction(market)
    tip: int256 = staticcall IPerpEngine(engine).collateral(own) - before
    self._pay(own, convert(msg.sender, uint256) << 8, convert(tip, uint256))


@internal
@view
def _equity(account: uint256, equity: int256, is_sure: bool) -> int256:
    """
    @notice Equity with what is held of penalties; where a price is DEGRADED, at the kindest that it allows.
    @param equity  At the marks.
    @param is_sure No price is DEGRADED.
    """
    found: int256 = equity
    if not is_sure:
        worth: IPerpEngine.Worth = staticcall IPerpEngine(engine).worth(account)
        if IOracleRouter.Status.DEGRADED in worth.statuses:
            found = max(equity, worth.high)
    return found + convert(self._held(account), int256)


@internal
@view
def _is_fit(scene: Scene) -> bool:
    """
    @notice Whether the market's price is one to liquidate at.
    """
    terms: IOracleRouter.Terms = action_matrix._terms(IOracleRouter.Action.LIQUIDATE, scene.mark.status)
    return terms != empty(IOracleRouter.Terms) and scene.market.mode != IPerpEngine.Mode.SETTLED


@internal
@pure
def _gap(scene: Scene) -> uint256:
    """
    @notice By how much the index is worse for the account than the mark, lot price: at the mark alone who holds a market's open interest
            could make the price at which others have to take a position.
    """
    better: uint256 = scene.mark.mark
    worse: uint256 = scene.mark.index
    if scene.lots < 0:
        better = scene.mark.index
        worse = scene.mark.mark
    return better - min(better, worse)


@internal
@view
def _check_concluded(account: uint256, market: uint256):
    if layout._pending(self.pendings[account][market]).lots != 0:
        refuse._because("liquidation: order is pending")


@internal
@view
def _failures(account: uint256, market: uint256) -> uint256:
    """
    @notice Orders in a row that found no buyer; forgotten where no other followed for a while.
    """
    pending: ILiquidationEngine.Pending = layout._pending(self.pendings[account][market])
    if pending.lots == 0 and block.timestamp >= pending.batch + LAPSE:
        return 0
    return pending.failures


@internal
@view
def _check_notice(account: uint256, market: uint256):
    """
    @notice Where there are no batches an order is concluded as it is placed: after one that found no buyer others have time to come,
            or all failures that the backstop waits for would fit into one transaction. One that is not concluded yet is of a batch,
            whose number is no time of now.
    """
    last: ILiquidationEngine.Pending = layout._pending(self.pendings[account][market])
    is_early: bool = last.failures != 0 and block.timestamp < last.batch + NOTICE
    if is_early and (staticcall IPerpEngine(engine).mark(market)).due == 0:
        refuse._because("liquidation: no buyer now")


@internal
@view
def _check_liquidatable(scene: Scene):
    if scene.equity >= convert(scene.maintenance, int256):
        refuse._because("liquidation: margin is met")
    if scene.lots == 0:
        refuse._because("liquidation: no position")
    if scene.market.mode == IPerpEngine.Mode.SETTLED:
        refuse._because("liquidation: market is settled")
    if not self._is_fit(scene):
        refuse._because("liquidation: price not fit")


@internal
@view
def _check_deep(account: uint256, market: uint256, settings: ILiquidationEngine.Settings, scene: Scene):
    """
    @notice Whether the backstop, and after it others, may take over.
    """
    self._check_liquidatable(scene)
    if not (self._is_deep(scene.equity, scene.maintenance) or self._failures(account, market) >= settings.patience):
        refuse._because("liquidation: not so deep")


@internal
@pure
def _is_deep(equity: int256, maintenance: uint256) -> bool:
    return equity * 3 < convert(maintenance * 2, int256)


# ------------------------------------------------------------------ orders

@internal
@pure
def _order(is_ask: bool, tick: uint256, lots: uint256) -> IOrderbookV2.NewOrder:
    return IOrderbookV2.NewOrder(
        is_ask=is_ask,
        tick=tick,
        lots=lots,
        batch_only=True,
        post_only=False,
        reduce_only=True,
        expiry=0,
        client_id=0,
    )


@internal
@view
def _held(account: uint256) -> uint256:
    """
    @notice Of an account's penalties, in all markets, whose outcome is open, token units: they are its equity.
    """
    return layout._held(self.notes[account])


@internal
def _hold(account: uint256, amount: int256):
    self.notes[account] = layout._note(convert(convert(self._held(account), int256) + amount, uint256))


@internal
def _clear_away(account: uint256, market: uint256):
    """
    @notice Cancels an account's orders, and concludes the one of a liquidation, so that none of it stands in the way.
    """
    extcall IPerpEngine(engine).force_cancel(account, market)
    self._conclude(account, market, True)


@internal
def _conclude(account: uint256, market: uint256, now: bool):
    """
    @notice Splits the penalty of a liquidation's order whose batch is over by what was filled, its keeper's tip first; where there
            is no such order nothing happens.
    @param now Whether an order is concluded whose batch is not over: nothing is earned then. In a settled market, whose batch is
               never over, each is.
    @dev    While an order is pending, whatever makes the position smaller counts as its fill, up to its size.
    """
    pending: ILiquidationEngine.Pending = layout._pending(self.pendings[account][market])
    if pending.lots == 0:
        return
    is_over: bool = False
    filled: uint256 = 0
    is_over, filled = self._filled(account, market, pending)
    if not (is_over or now):
        return
    earned: uint256 = pending.held * filled // pending.lots
    tip: uint256 = self._tip_of(layout._settings(self.settings_of[market]), earned)
    failures: uint256 = 0
    if not is_over:
        failures = pending.failures  # nobody could buy
    elif filled * 2 < pending.lots:  # a lot a batch would keep the backstop away for good
        failures = pending.failures + 1
    self.pendings[account][market] = layout._pending_word(
        ILiquidationEngine.Pending(
            lots=0, before=0, held=0, batch=block.timestamp, failures=failures, is_ask=False
        )
    )
    self._hold(account, -convert(pending.held, int256))
    keeper: address = self.keepers[account][market]
    receiver: uint256 = (convert(staticcall IPerpEngine(engine).fee_receiver(), uint256) << 8) | PENALTIES
    self._pay(own, convert(keeper, uint256) << 8, tip)
    self._pay(own, receiver, earned - tip)
    self._pay(own, account, pending.held - earned)
    log ILiquidationEngine.Collected(
        account=account,
        market=market,
        filled=filled,
        penalty=earned - tip,
        tip=tip,
        returned=pending.held - earned,
        keeper=keeper,
    )


@internal
@view
def _filled(account: uint256, market: uint256, pending: ILiquidationEngine.Pending) -> (bool, uint256):
    """
    @notice Whether a liquidation's order is over, its batch or the market, and how many of its lots filled, as the account was settled
            last.
    """
    here: IPerpEngine.Market = staticcall IPerpEngine(engine).market(market)
    if (staticcall IOrderbookV2(here.book).market()).batch == pending.batch:
        return here.mode == IPerpEngine.Mode.SETTLED, 0
    lots: int256 = self._lots(account, market)
    left: uint256 = convert(max(lots if pending.is_ask else -lots, 0), uint256)
    return True, min(pending.before - min(pending.before, left), pending.lots)


@internal
@pure
def _tip_of(settings: ILiquidationEngine.Settings, penalty: uint256) -> uint256:
    """
    @notice The part of an earned penalty that is for who placed the order.
    """
    return min(penalty * settings.tip_bps // BPS, settings.tip_cap)


# ------------------------------------------------------------------ money

@internal
@view
def _collateral(account: uint256) -> uint256:
    return convert(max(staticcall IPerpEngine(engine).collateral(account), 0), uint256)


@internal
def _pay(account: uint256, to: uint256, amount: uint256):
    if amount != 0:
        extcall IPerpEngine(engine).force_payment(account, to, amount)


@internal
def _tip(market: uint256, settings: ILiquidationEngine.Settings, scene: Scene, lots: uint256):
    """
    @notice Pays the caller out of the runners' pot, as far as it goes: a tenth of a taker's fee on what was done at most, so
            that nobody gains by bringing about what he is paid to undo.
    """
    taker_ppm: uint256 = (staticcall IPerpEngine(engine).market_settings(market)).taker_ppm
    fees: uint256 = (lots * scene.mark.mark >> scene.market.scale) * taker_ppm // (10 * PPM)
    pot: uint256 = (convert(staticcall IPerpEngine(engine).fee_receiver(), uint256) << 8) | RUNNERS
    self._pay(pot, convert(msg.sender, uint256) << 8, min(min(settings.tip_cap, fees), self._collateral(pot)))


@internal
def _trade(account: uint256, to: uint256, market: uint256, scene: Scene, lots: uint256, price: uint256):
    """
    @notice Hands lots of a position on at a price; what a lot's fraction leaves is the account's.
    """
    signed: int256 = convert(lots, int256)
    cash: uint256 = lots * price
    if scene.lots > 0:
        paid: uint256 = (cash + (1 << scene.market.scale) - 1) >> scene.market.scale
        extcall IPerpEngine(engine).force_trade(account, to, market, -signed, convert(paid, int256))
    else:
        extcall IPerpEngine(engine).force_trade(
            account, to, market, signed, -convert(cash >> scene.market.scale, int256)
        )


@internal
@view
def _is_of_vault(account: uint256) -> bool:
    """
    @notice Whether an account is the vault's: the backstop is its account 1, it trades with account 0. What is held of a
            penalty is in no share price, so of these nothing is held: it would come back to whoever entered meanwhile.
    """
    return account | 1 == self.backstop
