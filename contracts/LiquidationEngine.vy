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
@dev     docs/risk.md explains the stages with worked numbers, ILiquidationEngine gives the units. Works on accounts through
         the hooks of PerpEngine, which names this contract its liquidator. Keeps what it holds of penalties in its own account 0.
@custom:security May move the positions and the collateral of any account within the rules below. Trusts engine, fund and
                 router, and the owner within the bounds of the settings.
@custom:halt Liquidations stop while a market's price is STALE or HALTED; nothing else stops them.
"""
from ethereum.ercs import IERC20

from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from interfaces import IInsuranceFund
from interfaces import ILiquidationEngine
from interfaces import IOracleRouter
from interfaces import IOrderbookV2
from interfaces import IPerpEngine

from contracts.modules import action_matrix
from contracts.modules import refuse
from contracts.modules import token as tokens
from contracts.modules.engine import mark as marks
from contracts.modules.liquidation import liquidation_words as layout
from contracts.modules.liquidation import sizing

initializes: ownable
initializes: ownable_2step[ownable := ownable]

exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
)


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


struct Round:
    until: uint256             # nominations are open before; 0: there is none
    nominees: uint256[8]       # words, from the highest score


PPM: constant(uint256) = 1_000_000
BPS: constant(uint256) = 10_000
MAX_TICK: constant(uint256) = 2**18 - 2
MAX_ORDER: constant(uint256) = 2**28 - 1     # lots
RANKS: constant(uint256) = 8                 # nominees of a round
NOMINATION: constant(uint256) = 30           # seconds for nominations at least; at most until the end of the batch
LAPSE: constant(uint256) = 600               # seconds in which a round is executed
HALT: constant(uint256) = 259_200            # seconds after the last good price from which anyone settles a market
WINDOW: constant(uint256) = 3_600            # seconds over which its final price is averaged
RUNNERS: constant(uint256) = 1               # numbers of the fee receiver's accounts
PENALTIES: constant(uint256) = 2

engine: public(immutable(address))
fund: public(immutable(address))             # InsuranceFund
router: public(immutable(address))
token: public(immutable(address))
token_unit: immutable(uint256)
own: immutable(uint256)                      # account that holds penalties until an order's outcome is known

backstop: public(uint256)                    # account that takes over; 0: nobody
settings_of: HashMap[uint256, uint256]
pendings: HashMap[uint256, HashMap[uint256, uint256]]  # account -> market -> order
rounds: HashMap[uint256, HashMap[uint256, Round]]
notes: HashMap[uint256, uint256]             # account -> what is held of its penalties, and where it was liquidated last


@deploy
def __init__(owner: address, engine_: address, fund_: address):
    """
    @notice A waterfall for an engine, which is told of it by `set_liquidator`, as the fund is by `set_engine`.
    @param owner   Sets parameters within bounds, and may settle markets.
    @param engine_ PerpEngine.
    @param fund_   InsuranceFund of the same token.
    @dev   Reverts: "liquidation: no owner", "liquidation: not a contract", "liquidation: other token".
    """
    if owner == empty(address):
        refuse._because("liquidation: no owner")
    if not (engine_.is_contract and fund_.is_contract):
        refuse._because("liquidation: not a contract")
    engine = engine_
    fund = fund_
    token = staticcall IPerpEngine(engine_).token()
    router = staticcall IPerpEngine(engine_).router()
    if staticcall IInsuranceFund(fund_).token() != token:
        refuse._because("liquidation: other token")
    token_unit = tokens._unit(token)
    own = convert(self, uint256) << 8
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(owner)


# ------------------------------------------------------------------ 1: open orders

@external
def cancel_orders(account: uint256, market: uint256) -> uint256:
    """
    @notice Cancels the open orders in a market of an account below initial margin.
    @param account Any.
    @param market  A listed market.
    @return How many there were. For some the caller is paid a tenth of the tip's cap, out of a hundredth of the collateral; by the
            backstop nothing, as anyone may have placed its orders.
    @dev    Reverts: "liquidation: margin is met", "liquidation: order is pending" (which is not to be cancelled),
            "liquidation: not configured", "engine: unknown market", "engine: awaiting price".
    """
    settings: ILiquidationEngine.Settings = self._settings(market)
    scene: Scene = self._enter(account, market)
    if scene.equity >= convert(scene.initial, int256):
        refuse._because("liquidation: margin is met")
    self._check_concluded(account, market)
    count: uint256 = extcall IPerpEngine(engine).force_cancel(account, market)
    if count != 0 and account != self.backstop:
        self._pay(account, convert(msg.sender, uint256) << 8, min(settings.tip_cap // 10, self._collateral(account) // 100))
    log ILiquidationEngine.Cancelled(account=account, market=market, orders=count, keeper=msg.sender)
    return count


# ------------------------------------------------------------------ 2: through the auction

@external
def liquidate(account: uint256, market: uint256):
    """
    @notice Puts as much of a position as restores maintenance margin and a buffer into the next auction; all of it where that
            is not enough, deep below maintenance margin, or where dust would be left. The order's limit is where the
            account is left with no less equity for its maintenance margin than before; its orders in the market are
            cancelled. The penalty is held until the outcome is known; the caller has his tip of it at once. Where nothing is
            left the limit is the mark, and nobody is paid.
    @param account Any.
    @param market  A listed market.
    @dev    Reverts: "liquidation: margin is met", "liquidation: no position", "liquidation: price not fit",
            "liquidation: order is pending", "liquidation: market is settled", "liquidation: not configured",
            "engine: unknown market", "engine: awaiting price".
    """
    settings: ILiquidationEngine.Settings = self._settings(market)
    scene: Scene = self._enter(account, market)
    self._check_liquidatable(scene)
    self._check_concluded(account, market)
    extcall IPerpEngine(engine).force_cancel(account, market)

    builder: address = empty(address)
    referrer: address = empty(address)
    builder_ppm: uint256 = 0
    referrer, builder, builder_ppm = staticcall IPerpEngine(engine).sharing_of(account)
    fee_ppm: uint256 = (staticcall IPerpEngine(engine).market_settings(market)).taker_ppm + builder_ppm
    lots: uint256 = min(self._size(settings, scene, fee_ppm), MAX_ORDER)
    loss: uint256 = sizing._bearable(scene.backing, scene.margin, scene.maintenance, lots, scene.held)
    if scene.backing == 0:
        fee_ppm = 0  # it cannot bear them
    worth: uint256 = lots * scene.mark.mark >> scene.market.scale
    penalty: uint256 = min(min(worth * settings.penalty_ppm // PPM, loss // 2), self._collateral(account))
    penalty = min(penalty, 2**72 - 1)
    tip: uint256 = min(penalty * settings.tip_bps // BPS, settings.tip_cap)
    self._pay(account, own, penalty)
    self._pay(own, convert(msg.sender, uint256) << 8, tip)

    one: uint256 = scene.market.unit << scene.market.scale
    per_lot: uint256 = ((loss - penalty) << scene.market.scale) // lots
    is_ask: bool = scene.lots > 0
    tick: uint256 = 0
    if is_ask:
        tick = sizing._ask_limit(scene.mark.mark, per_lot, fee_ppm, one)
    else:
        tick = sizing._bid_limit(scene.mark.mark, per_lot, fee_ppm, one)
    tick = max(1, min(tick, MAX_TICK))
    batch: uint256 = (staticcall IOrderbookV2(scene.market.book).market()).batch
    self.pendings[account][market] = layout._pending_word(
        ILiquidationEngine.Pending(
            lots=lots,
            before=scene.held,
            held=penalty - tip,
            paid=tip,
            batch=batch,
            failures=self._failures(account, market),
            is_ask=is_ask,
        )
    )
    self.notes[account] = layout._note(layout._held(self.notes[account]) + penalty - tip, market)
    log ILiquidationEngine.Liquidated(
        account=account,
        market=market,
        lots=-convert(lots, int256) if is_ask else convert(lots, int256),
        tick=tick,
        held=penalty,
        tip=tip,
        keeper=msg.sender,
    )
    extcall IPerpEngine(engine).force_order(account, market, self._order(is_ask, tick, lots))
    if scene.mark.due == 0:  # continuous mode: at once
        self._run(market)
        extcall IPerpEngine(engine).sync(account)
        self._collect(account, market, True)


@external
def collect(account: uint256, market: uint256):
    """
    @notice Concludes a liquidation whose batch is over: the penalty on what was filled goes to the insurance, the rest back.
    @param account Any.
    @param market  A listed market.
    @dev    Reverts: "liquidation: no order is pending", "liquidation: order is pending" (its batch is not over).
    """
    if self.pendings[account][market] & (2**32 - 1) == 0:
        refuse._because("liquidation: no order is pending")
    self._enter(account, market)
    self._check_concluded(account, market)


# ------------------------------------------------------------------ 3: the backstop

@external
def take_over(account: uint256, market: uint256, lots: uint256):
    """
    @notice Lets the backstop take a position over: of an account with less than two thirds of its maintenance margin, or
            whose orders found no buyer. At a discount to the mark, as far as the account can bear it; an account with
            nothing left gets the mark, and its deficit is covered as by `resolve`.
    @param account Any but the backstop.
    @param market  A listed market.
    @param lots    At most so many, as the backstop's own margin goes no further; all where dust would be left. An order
                   that is pending is cancelled and concluded.
    @dev    Reverts: "liquidation: margin is met", "liquidation: not so deep", "liquidation: no position",
            "liquidation: price not fit", "liquidation: backstop is full", "liquidation: not configured", "engine: unknown market", "engine: awaiting price", "engine: too many markets".
    """
    settings: ILiquidationEngine.Settings = self._settings(market)
    scene: Scene = self._enter(account, market)
    self._check_deep(account, market, settings, scene)
    if self.backstop == 0 or account == self.backstop or lots == 0:
        refuse._because("liquidation: backstop is full")
    self._clear_away(account, market)
    taken: uint256 = min(lots, scene.held)
    if (scene.held - taken) * scene.mark.mark >> scene.market.scale < settings.min_notional:
        taken = scene.held
    loss: uint256 = sizing._bearable(scene.backing, scene.margin, scene.maintenance, taken, scene.held)
    discount: uint256 = min(
        scene.mark.mark * settings.discount_ppm // PPM, (loss << scene.market.scale) // taken
    )
    price: uint256 = scene.mark.mark - discount if scene.lots > 0 else scene.mark.mark + discount
    extcall IPerpEngine(engine).sync(self.backstop)
    own_lots: int256 = (staticcall IPerpEngine(engine).position(self.backstop, market)).lots
    reduces: bool = (own_lots > 0) != (scene.lots > 0) and convert(abs(own_lots), uint256) >= taken
    self._trade(account, self.backstop, market, scene, taken, price)
    margin: IPerpEngine.Margin = staticcall IPerpEngine(engine).margin_of(self.backstop)
    if not reduces and margin.equity < convert(margin.initial, int256):
        refuse._because("liquidation: backstop is full")
    log ILiquidationEngine.TakenOver(
        account=account,
        market=market,
        lots=convert(taken, int256) if scene.lots > 0 else -convert(taken, int256),
        price=price,
    )
    self._tip(market, settings, scene, taken)
    self._resolve(account, market)


@external
def unwind(market: uint256):
    """
    @notice Puts what the backstop has in a market into the next auction, within the settings' distance from the mark. By anyone.
    @param market A listed market.
    @dev   Reverts: "liquidation: no position", "liquidation: price not fit", "liquidation: order is pending" (the backstop is
           liquidated itself), "liquidation: not configured", "engine: unknown market", "engine: awaiting price".
    """
    settings: ILiquidationEngine.Settings = self._settings(market)
    scene: Scene = self._enter(self.backstop, market)
    if scene.lots == 0:
        refuse._because("liquidation: no position")
    self._check_price(scene)
    self._check_concluded(self.backstop, market)
    extcall IPerpEngine(engine).force_cancel(self.backstop, market)
    lots: uint256 = min(scene.held, MAX_ORDER)
    distance: uint256 = scene.mark.mark * settings.unwind_ppm // PPM
    one: uint256 = scene.market.unit << scene.market.scale
    tick: uint256 = 0
    if scene.lots > 0:
        tick = sizing._ask_limit(scene.mark.mark, distance, 0, one)
    else:
        tick = sizing._bid_limit(scene.mark.mark, distance, 0, one)
    tick = max(1, min(tick, MAX_TICK))
    extcall IPerpEngine(engine).force_order(self.backstop, market, self._order(scene.lots > 0, tick, lots))
    if scene.mark.due == 0:
        self._run(market)
        extcall IPerpEngine(engine).sync(self.backstop)
    log ILiquidationEngine.Unwound(
        market=market, lots=-convert(lots, int256) if scene.lots > 0 else convert(lots, int256), tick=tick
    )


# ------------------------------------------------------------------ 4 and 6: deficits

@external
def resolve(account: uint256, market: uint256):
    """
    @notice Covers the deficit of an account without positions: by the insurance fund as far as its cap for the market goes, the
            rest by all positions of the market, or as bad debt where there are none. Its open orders are cancelled.
    @param account Any.
    @param market  Whose insurance and positions bear it: the one in which the account was liquidated last; any where it never was.
    @dev    Reverts: "liquidation: no deficit" (or a position is left), "liquidation: another market", "engine: unknown market".
    """
    if not layout._may_bear(self.notes[account], market):
        refuse._because("liquidation: another market")
    self._enter(account, market)
    if not self._resolve(account, market):
        refuse._because("liquidation: no deficit")


# ------------------------------------------------------------------ 5: deleveraging

@external
def nominate(account: uint256, market: uint256, nominee: uint256):
    """
    @notice Names who is to take a part of a position that neither auction nor backstop took: an account on the other side, with
            a profit. The first opens the nominations, until the end of the batch, 30 seconds at least; the eight highest
            scores stay, a higher one displaces a lower.
    @param account As for `take_over`, where the backstop has no room.
    @param market  A listed market.
    @param nominee Any account.
    @dev    Reverts: as `take_over`; "liquidation: backstop has room", "liquidation: nominations closed",
            "liquidation: not eligible" (not on the other side, without a profit, or dust beside the account's position),
            "liquidation: already nominated", "liquidation: score too low".
    """
    settings: ILiquidationEngine.Settings = self._settings(market)
    scene: Scene = self._enter(account, market)
    round: Round = self.rounds[account][market]
    if round.until == 0 or block.timestamp >= round.until + LAPSE:
        self._check_deep(account, market, settings, scene)
        self._check_full(market, settings, scene)
        round = empty(Round)
        round.until = max(scene.mark.due, block.timestamp + NOMINATION)
        self.rounds[account][market] = round
    elif block.timestamp >= round.until:
        refuse._because("liquidation: nominations closed")
    extcall IPerpEngine(engine).sync(nominee)
    score: uint256 = self._candidacy(settings, scene, account, market, nominee)
    if score == 0:
        refuse._because("liquidation: not eligible")
    carried: uint256 = layout._nominee_word(nominee, score)
    is_kept: bool = False
    for i: uint256 in range(RANKS):
        word: uint256 = round.nominees[i]
        if word != 0 and layout._nominee(word).account == nominee:
            if not is_kept:
                refuse._because("liquidation: already nominated")
            self.rounds[account][market].nominees[i] = carried
            carried = 0  # its new score stands further up
        elif is_kept or carried >> 168 > word >> 168:  # among equals the earlier stays first
            self.rounds[account][market].nominees[i] = carried
            carried = word
            is_kept = True
        if is_kept and carried == 0:
            break
    if not is_kept:
        refuse._because("liquidation: score too low")
    log ILiquidationEngine.Nominated(
        account=account, market=market, nominee=nominee, score=score, until=round.until
    )


@external
def deleverage(account: uint256, market: uint256):
    """
    @notice Executes a round of nominations, from the highest score: each nominee gives up as much of its position as the account
            has to close, at the mark, or where the account owes more than it has at the price at which it owes nothing. The
            insurance fund pays of the deficit what it can beforehand, for the lots that are taken: nobody keeps a position that others
            have paid for. No nominee loses more than its profit. What nobody takes is for the auction, or the next round.
    @param account As for `nominate`.
    @param market  A listed market.
    @dev    Reverts: "liquidation: no nominations", "liquidation: nominations open"; as `take_over`.
    """
    settings: ILiquidationEngine.Settings = self._settings(market)
    scene: Scene = self._enter(account, market)
    round: Round = self.rounds[account][market]
    if round.until == 0 or block.timestamp >= round.until + LAPSE:
        refuse._because("liquidation: no nominations")
    if block.timestamp < round.until:
        refuse._because("liquidation: nominations open")
    self.rounds[account][market] = empty(Round)
    self._check_deep(account, market, settings, scene)
    self._clear_away(account, market)
    owed: uint256 = convert(max(-(staticcall IPerpEngine(engine).margin_of(account)).equity, 0), uint256)
    # of a lot, at most: what the fund has is for the first lots, so the fewer are taken the less is left to bear
    capacity: uint256 = staticcall IInsuranceFund(fund).draw_capacity(market)
    haircut: uint256 = self._haircut(scene, owed - min(owed, capacity), scene.held)
    takes: uint256[8] = empty(uint256[8])
    left: uint256 = scene.held
    for i: uint256 in range(RANKS):
        takes[i] = self._take(market, scene, layout._nominee(round.nominees[i]).account, left, haircut)
        left -= takes[i]
    ready: uint256 = scene.held - left
    deficit: uint256 = (owed * ready + scene.held - 1) // scene.held
    insured: uint256 = self._insure(account, market, deficit)
    haircut = self._haircut(scene, deficit - insured, ready)
    price: uint256 = scene.mark.mark + haircut
    if scene.lots < 0:
        price = scene.mark.mark - min(scene.mark.mark, haircut)
    left = scene.held
    for i: uint256 in range(RANKS):
        if takes[i] != 0:
            left -= self._deleverage(
                account, market, scene, layout._nominee(round.nominees[i]).account, takes[i], haircut, price
            )
    self.notes[account] = layout._note(layout._held(self.notes[account]), market)
    if insured != 0:
        log ILiquidationEngine.Covered(account=account, market=market, insured=insured, socialised=0)
    self._tip(market, settings, scene, scene.held - left)
    self._resolve(account, market)


# ------------------------------------------------------------------ the end of a market

@external
def settle(market: uint256):
    """
    @notice Ends a market: its positions close at the average price of the last hour with a good price. By the owner, or by anyone
            three days after the last good price, while the price is not fit. The liquidator closes who ends with a deficit
            for an hour (`settle_position`), then anyone closes anybody, by the engine's `settle_position`.
    @param market A listed market.
    @dev   Reverts: "liquidation: not halted so long", "engine: unknown market", "engine: bad mode" (it is settled already).
    """
    listed: IPerpEngine.Market = staticcall IPerpEngine(engine).market(market)
    last: uint256 = 0
    published_at: uint256 = 0
    recorded_at: uint256 = 0
    last, published_at, recorded_at = staticcall IOracleRouter(router).last(market)
    silence: uint256 = block.timestamp - recorded_at
    if msg.sender != ownable.owner:
        status: IOracleRouter.Status = (staticcall IOracleRouter(router).price(market)).status
        if silence < HALT or status in (IOracleRouter.Status.LIVE | IOracleRouter.Status.DEGRADED):
            refuse._because("liquidation: not halted so long")
    price: uint256 = marks._lot_price(
        self._final_price(market, last, silence), listed.lot_size, token_unit, listed.scale
    )
    extcall IPerpEngine(engine).force_settle(market, price)
    log ILiquidationEngine.Settled(market=market, price=price, by=msg.sender)


@external
def settle_position(account: uint256, market: uint256):
    """
    @notice Closes, in the first hour of a settlement, a position of an account that ends with a deficit, and covers this.
    @param account Any whose equity is below zero.
    @param market  A market that is settled.
    @dev    Reverts: "liquidation: margin is met", "engine: market not settled", "engine: unknown market".
    """
    extcall IPerpEngine(engine).sync(account)
    if layout._pending(self.pendings[account][market]).lots != 0:
        self._collect(account, market, False)
    if (staticcall IPerpEngine(engine).margin_of(account)).equity >= 0:
        refuse._because("liquidation: margin is met")
    extcall IPerpEngine(engine).settle_position(account, market)
    self._resolve(account, market)


# ------------------------------------------------------------------ governance

@external
def configure(market: uint256, settings: ILiquidationEngine.Settings):
    """
    @notice Sets how a market is liquidated.
    @param market   Any number.
    @param settings As ILiquidationEngine tells, with bounds.
    @dev   Owner only. Reverts: "liquidation: bad settings".
    """
    ownable._check_owner()
    if (
        max(settings.penalty_ppm, max(settings.discount_ppm, settings.unwind_ppm)) > 50_000
        or settings.tip_bps > 5_000
        or settings.tip_cap >= 2**48
        or settings.buffer_ppm > 100_000
        or settings.min_notional >= 2**64
        or settings.patience == 0
        or settings.patience > 255
    ):
        refuse._because("liquidation: bad settings")
    self.settings_of[market] = layout._settings_word(settings)
    log ILiquidationEngine.Configured(market=market, settings=settings)


@external
def set_backstop(account: uint256):
    """
    @notice Sets the account that takes positions over. It loses no more than it has: what is not in it cannot be lost.
    @param account An account of the engine; 0: nobody.
    @dev    Owner only.
    """
    ownable._check_owner()
    self.backstop = account
    log ILiquidationEngine.BackstopSet(account=account)


# ------------------------------------------------------------------ views

@external
@view
def settings(market: uint256) -> ILiquidationEngine.Settings:
    """
    @notice How a market is liquidated.
    @param market Any number; zeros where it is not configured.
    """
    return layout._settings(self.settings_of[market])


@external
@view
def pending(account: uint256, market: uint256) -> ILiquidationEngine.Pending:
    """
    @notice The liquidation order of an account in a market.
    @param account Any.
    @param market  Any number.
    """
    return layout._pending(self.pendings[account][market])


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
        margin: IPerpEngine.Margin = staticcall IPerpEngine(engine).margin_of(account)
        equity: int256 = self._equity(account, margin.equity, False)
        stages: ILiquidationEngine.Stage = empty(ILiquidationEngine.Stage)
        if equity < convert(margin.initial, int256):
            stages |= ILiquidationEngine.Stage.CANCEL
        if equity < convert(margin.maintenance, int256):
            stages |= ILiquidationEngine.Stage.LIQUIDATE
            if self._is_deep(equity, margin.maintenance):
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
def nominees(account: uint256, market: uint256) -> (uint256, DynArray[ILiquidationEngine.Nominee, 8]):
    """
    @notice Who is nominated to take an account's position.
    @param account Any.
    @param market  Any number.
    @return Until when nominations are open, unix seconds; the nominees, from the highest score.
    """
    found: DynArray[ILiquidationEngine.Nominee, 8] = []
    for word: uint256 in self.rounds[account][market].nominees:
        if word != 0:
            found.append(layout._nominee(word))
    return self.rounds[account][market].until, found


@external
@view
def deleverage_score(nominee: uint256, market: uint256) -> uint256:
    """
    @notice What an account's position would be ranked by: the higher, the earlier it is deleveraged. 2**32 is one.
    @param nominee Any account.
    @param market  A listed market.
    @return 0 where it has no profit.
    @dev    Reverts "engine: unknown market".
    """
    scene: Scene = empty(Scene)
    scene.mark = staticcall IPerpEngine(engine).mark(market)
    scene.market = staticcall IPerpEngine(engine).market(market)
    scene.lots = -(staticcall IPerpEngine(engine).position(nominee, market)).lots
    return self._score(scene, market, nominee)


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
    scene: Scene = empty(Scene)
    scene.mark = staticcall IPerpEngine(engine).mark(market)
    scene.market = staticcall IPerpEngine(engine).market(market)
    scene.lots = (staticcall IPerpEngine(engine).position(account, market)).lots
    scene.held = convert(abs(scene.lots), uint256)
    settings: ILiquidationEngine.Settings = layout._settings(self.settings_of[market])
    score: uint256 = self._candidacy(settings, scene, account, market, nominee)
    if score == 0:
        return 0
    rank: uint256 = 1
    for word: uint256 in self.rounds[account][market].nominees:
        if word >> 168 >= score and layout._nominee(word).account != nominee:
            rank += 1
    return rank


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
    @notice Runs the market's auction if it is due, settles the account, concludes its liquidation's order if that is over,
            and looks.
    """
    due: uint256 = (staticcall IPerpEngine(engine).mark(market)).due
    if due != 0 and block.timestamp >= due:
        self._run(market)
    extcall IPerpEngine(engine).sync(account)
    scene: Scene = empty(Scene)
    scene.mark = staticcall IPerpEngine(engine).mark(market)
    scene.market = staticcall IPerpEngine(engine).market(market)
    scene.lots = (staticcall IPerpEngine(engine).position(account, market)).lots
    scene.held = convert(abs(scene.lots), uint256)
    pending: ILiquidationEngine.Pending = layout._pending(self.pendings[account][market])
    if pending.lots != 0:
        is_over: bool = (
            scene.mark.due == 0 or (staticcall IOrderbookV2(scene.market.book).market()).batch != pending.batch
        )
        if is_over or scene.market.mode == IPerpEngine.Mode.SETTLED:
            self._collect(account, market, is_over)
    divisor: uint256 = PPM << scene.market.scale
    scene.margin = (scene.held * scene.mark.mark * scene.mark.maintenance_ppm + divisor - 1) // divisor
    margin: IPerpEngine.Margin = staticcall IPerpEngine(engine).margin_of(account)
    scene.backing = convert(
        max(margin.equity + convert(layout._held(self.notes[account]), int256), 0), uint256
    )
    scene.initial = margin.initial
    scene.maintenance = margin.maintenance
    # where this market is the account's only one its status is all there is to know
    is_sure: bool = margin.maintenance == scene.margin and scene.mark.status == IOracleRouter.Status.LIVE
    scene.equity = self._equity(account, margin.equity, is_sure)
    return scene


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
    return found + convert(layout._held(self.notes[account]), int256)


@internal
@view
def _check_price(scene: Scene):
    terms: IOracleRouter.Terms = action_matrix._terms(IOracleRouter.Action.LIQUIDATE, scene.mark.status)
    if terms == empty(IOracleRouter.Terms):
        refuse._because("liquidation: price not fit")


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
def _check_liquidatable(scene: Scene):
    if scene.equity >= convert(scene.maintenance, int256):
        refuse._because("liquidation: margin is met")
    if scene.lots == 0:
        refuse._because("liquidation: no position")
    if scene.market.mode == IPerpEngine.Mode.SETTLED:
        refuse._because("liquidation: market is settled")
    self._check_price(scene)


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
@view
def _check_full(market: uint256, settings: ILiquidationEngine.Settings, scene: Scene):
    """
    @notice Whether the backstop can take neither the position nor a part of it that is worth the gas.
    """
    if self.backstop == 0:
        return
    listed: DynArray[uint256, 16] = staticcall IPerpEngine(engine).markets_of(self.backstop)
    if len(listed) == 16 and market not in listed:
        return
    margin: IPerpEngine.Margin = staticcall IPerpEngine(engine).margin_of(self.backstop)
    spare: uint256 = convert(max(margin.equity - convert(margin.initial, int256), 0), uint256)
    room: uint256 = (spare * PPM << scene.market.scale) // (scene.mark.mark * scene.mark.initial_ppm)
    lots: int256 = (staticcall IPerpEngine(engine).position(self.backstop, market)).lots
    if (lots > 0) != (scene.lots > 0):
        room += convert(abs(lots), uint256)
    room = min(room, scene.held)
    if room != 0 and (room == scene.held or room * scene.mark.mark >> scene.market.scale >= settings.min_notional):
        refuse._because("liquidation: backstop has room")


@internal
@pure
def _is_deep(equity: int256, maintenance: uint256) -> bool:
    return equity * 3 < convert(maintenance * 2, int256)


# ------------------------------------------------------------------ orders

@internal
@view
def _size(settings: ILiquidationEngine.Settings, scene: Scene, fee_ppm: uint256) -> uint256:
    """
    @notice Lots to liquidate.
    """
    worth: uint256 = scene.held * scene.mark.mark >> scene.market.scale
    if self._is_deep(scene.equity, scene.maintenance) or worth < settings.min_notional:
        return scene.held
    lots: uint256 = sizing._lots_up(
        convert(scene.equity, uint256),
        scene.maintenance + worth * settings.buffer_ppm // PPM,
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
def _clear_away(account: uint256, market: uint256):
    """
    @notice Cancels an account's orders, and concludes the one of a liquidation, so that none of it stands in the way.
    """
    extcall IPerpEngine(engine).force_cancel(account, market)
    if layout._pending(self.pendings[account][market]).lots != 0:
        self._collect(account, market, False)


@internal
def _collect(account: uint256, market: uint256, is_over: bool):
    """
    @notice Splits a penalty by what was filled: nothing where the order's batch is not over.
    @dev    While an order is pending, whatever makes the position smaller counts as its fill, up to its size.
    """
    pending: ILiquidationEngine.Pending = layout._pending(self.pendings[account][market])
    lots: int256 = (staticcall IPerpEngine(engine).position(account, market)).lots
    left: uint256 = convert(max(lots if pending.is_ask else -lots, 0), uint256)
    filled: uint256 = 0
    if is_over:
        filled = min(pending.before - min(pending.before, left), pending.lots)
    earned: uint256 = (pending.held + pending.paid) * filled // pending.lots
    penalty: uint256 = earned - min(earned, pending.paid)
    failures: uint256 = 0
    if filled == 0:
        failures = pending.failures + 1
    self.pendings[account][market] = layout._pending_word(
        ILiquidationEngine.Pending(
            lots=0, before=0, held=0, paid=0, batch=block.timestamp, failures=failures, is_ask=False
        )
    )
    note: uint256 = self.notes[account]
    self.notes[account] = layout._with_held(note, layout._held(note) - pending.held)
    receiver: uint256 = (convert(staticcall IPerpEngine(engine).fee_receiver(), uint256) << 8) | PENALTIES
    self._pay(own, receiver, penalty)
    self._pay(own, account, pending.held - penalty)
    log ILiquidationEngine.Collected(
        account=account, market=market, filled=filled, penalty=penalty, returned=pending.held - penalty
    )


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
def _insure(account: uint256, market: uint256, deficit: uint256) -> uint256:
    """
    @notice Pays of a deficit what the insurance fund has for the market; a fund that cannot pay stops nothing.
    """
    if deficit == 0:
        return 0
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        fund,
        abi_encode(market, deficit, method_id=method_id("draw(uint256,uint256)")),
        max_outsize=32,
        revert_on_failure=False,
    )
    if not success or len(answer) != 32:
        return 0
    paid: uint256 = abi_decode(answer, uint256)
    if paid != 0:
        extcall IERC20(token).approve(engine, paid, default_return_value=True)
        extcall IPerpEngine(engine).deposit(account, paid)
    return paid


@internal
def _resolve(account: uint256, market: uint256) -> bool:
    """
    @notice Covers the deficit of an account that has no position any more, and cancels its orders.
    @return Whether there was one.
    """
    collateral: int256 = staticcall IPerpEngine(engine).collateral(account)
    if collateral >= 0:
        return False
    listed: DynArray[uint256, 16] = staticcall IPerpEngine(engine).markets_of(account)
    for one: uint256 in listed:
        if (staticcall IPerpEngine(engine).position(account, one)).lots != 0:
            return False
    for one: uint256 in listed:
        due: uint256 = (staticcall IPerpEngine(engine).mark(one)).due
        if due != 0 and block.timestamp >= due:
            return False  # its orders cannot leave a closed batch; after its auction
        extcall IPerpEngine(engine).force_cancel(account, one)
    deficit: uint256 = convert(-collateral, uint256)
    insured: uint256 = self._insure(account, market, deficit)
    if deficit != insured:
        extcall IPerpEngine(engine).force_socialise(account, market, deficit - insured)
    log ILiquidationEngine.Covered(
        account=account, market=market, insured=insured, socialised=deficit - insured
    )
    return True


# ------------------------------------------------------------------ ranks

@internal
@view
def _score(scene: Scene, market: uint256, nominee: uint256) -> uint256:
    """
    @notice What a nominee is ranked by; 0 where it is not on the other side, has no profit, or has no equity.
    """
    lots: int256 = (staticcall IPerpEngine(engine).position(nominee, market)).lots
    if lots == 0 or scene.lots == 0 or (lots > 0) == (scene.lots > 0):
        return 0
    valuation: IPerpEngine.Valuation = staticcall IPerpEngine(engine).valuation(nominee, market)
    equity: int256 = (staticcall IPerpEngine(engine).margin_of(nominee)).equity
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
def _candidacy(
    settings: ILiquidationEngine.Settings, scene: Scene, account: uint256, market: uint256, nominee: uint256
) -> uint256:
    """
    @notice Score of one who may be nominated; 0 where he may not.
    """
    if nominee == account or self._is_dust(settings, scene, market, nominee):
        return 0
    return self._score(scene, market, nominee)


@internal
@view
def _is_dust(settings: ILiquidationEngine.Settings, scene: Scene, market: uint256, nominee: uint256) -> bool:
    """
    @notice Whether a position is too small to have a place among eight. Scores know no size.
    """
    lots: uint256 = convert(abs((staticcall IPerpEngine(engine).position(nominee, market)).lots), uint256)
    return lots < scene.held and lots * scene.mark.mark >> scene.market.scale < settings.min_notional


@internal
@pure
def _haircut(scene: Scene, deficit: uint256, lots: uint256) -> uint256:
    """
    @notice What each of some lots bears of a deficit, lot price, rounded up.
    """
    if lots == 0:
        return 0
    return ((deficit << scene.market.scale) + lots - 1) // lots


@internal
def _take(market: uint256, scene: Scene, nominee: uint256, left: uint256, haircut: uint256) -> uint256:
    """
    @notice Lots that a nominee can take, if it still is on the other side with a profit, and as far as this bears a haircut.
    """
    if nominee == 0 or left == 0:
        return 0
    extcall IPerpEngine(engine).sync(nominee)
    if self._score(scene, market, nominee) == 0:
        return 0
    lots: uint256 = convert(abs((staticcall IPerpEngine(engine).position(nominee, market)).lots), uint256)
    return self._bounded(market, scene, nominee, min(left, lots), haircut)


@internal
@view
def _bounded(market: uint256, scene: Scene, nominee: uint256, most: uint256, haircut: uint256) -> uint256:
    """
    @notice Lots for which a nominee's profit bears a haircut of each.
    """
    if most == 0 or haircut == 0:
        return most
    profit: uint256 = convert((staticcall IPerpEngine(engine).valuation(nominee, market)).profit, uint256)
    return min(most, (profit << scene.market.scale) // haircut)


@internal
def _deleverage(
    account: uint256, market: uint256, scene: Scene, nominee: uint256, most: uint256, haircut: uint256, price: uint256
) -> uint256:
    """
    @notice Lets a nominee take its part, no more than its profit bears.
    @return Lots.
    """
    lots: uint256 = self._bounded(market, scene, nominee, most, haircut)
    if lots == 0:
        return 0
    self._trade(account, nominee, market, scene, lots, price)
    log ILiquidationEngine.Deleveraged(
        account=account, market=market, nominee=nominee, lots=lots, price=price
    )
    return lots


# ------------------------------------------------------------------ settlement

@internal
@view
def _final_price(market: uint256, last: uint256, silence: uint256) -> uint256:
    """
    @notice Average of the recorded price over the WINDOW that ends with the last record; the last one where the history does
            not go so far back.
    """
    whole: uint256 = self._average(market, silence + WINDOW)
    if whole == 0:
        return last
    # what came after the last record is it, held
    sum: uint256 = whole * (silence + WINDOW)
    return (sum - min(sum, last * silence)) // WINDOW


@internal
@view
def _average(market: uint256, window: uint256) -> uint256:
    """
    @notice The router's average; 0 where it cannot say.
    """
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        router,
        abi_encode(market, window, method_id=method_id("twap(uint256,uint256)")),
        max_outsize=32,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success or len(answer) != 32:
        return 0
    return abi_decode(answer, uint256)
