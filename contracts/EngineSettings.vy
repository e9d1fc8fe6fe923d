# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   EngineSettings: what the owner of a PerpEngine may do
@license AGPL-3.0-only
@notice  Code that PerpEngine runs on its own storage for calls that neither it nor EngineAccounts knows; what this does not
         know either, EngineViews answers.
@dev     Deployed once. Called directly it has nobody's storage but its own, and no owner there.
@custom:security Every mutator is for the owner, within bounds and steps that are constants here, or for the guardian, who can but
                 tighten: that is checked here, whatever contract the guardian is.
@custom:halt `set_mode` by the owner; by the guardian `restrict`, `pause_deposits` and, for a day, `pause_withdrawals`.
"""
from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from interfaces import IOracleRouter
from interfaces import IOrderbookV2
from interfaces import IPerpEngine

from contracts.modules import bits
from contracts.modules import refuse
from contracts.modules import steps
from contracts.modules import token as tokens
from contracts.modules.engine import auctioning
from contracts.modules.engine import clearing
from contracts.modules.engine import ledger
from contracts.modules.engine import mark as marks
from contracts.modules.engine import market_words as layout
from contracts.modules.engine import operators
from contracts.modules.engine import parts
from contracts.modules.engine import ramping
from contracts.modules.engine import settling

initializes: ownable
initializes: ledger
initializes: clearing[ledger := ledger]
initializes: operators
initializes: ramping[ledger := ledger]
initializes: auctioning[ledger := ledger, clearing := clearing, ramping := ramping]
initializes: settling[ledger := ledger, clearing := clearing]
initializes: ownable_2step[ownable := ownable]

exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
)

MAX_REFERRAL: constant(uint256) = 3_000      # bps of a fee
KEPT: constant(int256) = 6                   # tenths of a taker's fee that referrer and tip leave: no rebate is larger
MAX_LOT_SIZE: constant(uint256) = 2**96 - 1
PRICE_BITS: constant(uint256) = 66           # of the highest tick as a lot price
TICK_BITS: constant(uint256) = 18
MAX_INTERVAL: constant(uint256) = 3_600      # seconds of a batch: no order waits longer for its auction

# changes that are never too large for one step; docs/parameters.md has the reasons
INITIAL_STEP: constant(uint256) = 20_000     # ppm
MAINTENANCE_STEP: constant(uint256) = 10_000
NOTIONAL_STEP: constant(uint256) = 100_000   # whole tokens
CAP_STEP: constant(uint256) = 2**20          # lots
FEE_STEP: constant(uint256) = 100            # ppm
BAND_STEP: constant(uint256) = 50            # bps
INTEREST_STEP: constant(uint256) = 100_000   # 1/10**9
CLAMP_STEP: constant(uint256) = 1
TIME_STEP: constant(uint256) = 60            # seconds
IMPACT_STEP: constant(uint256) = 100         # lots
MIN_LOTS_STEP: constant(uint256) = 10

RAMP: constant(uint256) = 604_800            # seconds of a raise of margins by the owner: time to add collateral, or to leave
GUARDED_RAMP: constant(uint256) = 86_400     # and by the guardian, who is there for what cannot wait
RAISED_EVERY: constant(uint256) = 604_800    # seconds between two raises by the guardian: a vote is faster than several
PAUSE: constant(uint256) = 86_400            # seconds for which the guardian stops withdrawals, once

token: public(immutable(address))
router: public(immutable(address))
views: public(immutable(address))


@deploy
def __init__(token_: address, router_: address, views_: address):
    """
    @notice Code for engines of one collateral and one router.
    @param token_ The collateral, 6 to 18 decimals.
    @param router_ OracleRouter.
    @param views_ EngineViews.
    """
    tokens._check(token_)
    token = token_
    if not (router_.is_contract and views_.is_contract):
        refuse._because("engine: not a contract")
    router = router_
    views = views_
    clearing.__init__(empty(address))
    auctioning.__init__(router_, tokens._unit(token_))
    ownable.__init__()
    ownable_2step.__init__()
    ownable._transfer_ownership(empty(address))


# ------------------------------------------------------------------ markets

@external
def list_market(
    market: uint256,
    blueprint: address,
    book_views: address,
    lot_size: uint256,
    tick_size: uint256,
    interval: uint256,
    min_lots: uint256,
    settings: IPerpEngine.MarketSettings,
):
    """
    @notice Opens a market, with a book of its own, in the mode ACTIVE.
    @param market     Its number in the engine and in the router, 0 .. 127, which has to know it already and have a price.
    @param blueprint  Of OrderbookV2.
    @param book_views OrderbookViews.
    @param lot_size   Base per lot, 18 decimals, below 2**96.
    @param tick_size  Quote per base, 18 decimals; lot_size x tick_size has to be a whole number of token units.
    @param interval   Of the book, at most 3,600 seconds.
    @param min_lots   Of the book.
    @param settings   As IPerpEngine tells, with bounds.
    @dev   Owner only. Reverts: "engine: bad market", "engine: bad lot size", "engine: bad tick size", "engine: no price",
           "engine: no fee receiver";
           as `configure_market` and as the book's constructor.
    """
    ownable._check_owner()
    if market >= ledger.MAX_MARKETS or ledger.markets[market].book != 0:
        refuse._because("engine: bad market")
    if lot_size == 0 or lot_size > MAX_LOT_SIZE:
        refuse._because("engine: bad lot size")
    if ledger.fee_account == 0:
        refuse._because("engine: no fee receiver")
    if interval > MAX_INTERVAL:
        refuse._because("engine: bad time")
    self._check_settings(settings)
    unit: uint256 = self._unit(lot_size, tick_size)
    highest: uint256 = bits._highest(unit)
    if highest > PRICE_BITS - TICK_BITS - 1:
        refuse._because("engine: bad tick size")
    scale: uint256 = PRICE_BITS - TICK_BITS - 1 - highest
    book: address = create_from_blueprint(blueprint, self, book_views, interval, min_lots, code_offset=3)
    ledger.markets[market].book = layout._book_word(book, unit, settings.taker_ppm, 0, 0)
    ledger.markets[market].rules = layout._rules(settings)
    ledger.markets[market].open = layout._open_word(0, settings.open_cap, settings.account_cap)
    ledger.markets[market].span = layout._span_word(0, 0, lot_size)
    ledger.markets[market].funding = layout._funding_word(
        0, 0, block.timestamp, layout._constants(scale, settings.max_mark_age)
    )
    ledger.markets[market].premium = layout._premium_word(0, 0, 0, block.timestamp, 0)
    ledger.units[market][0] = unit
    seen: auctioning.Seen = auctioning._see(market, scale)
    if seen.status in (IOracleRouter.Status.STALE | IOracleRouter.Status.HALTED):
        refuse._because("engine: no price")
    due: uint256 = (staticcall IOrderbookV2(book).market()).due
    auctioning._mark(market, seen, 0, False, due, ledger.markets[market].rules)
    log IPerpEngine.MarketListed(market=market, book=book, unit=unit, scale=scale, lot_size=lot_size)
    log IPerpEngine.MarketConfigured(market=market, settings=settings)


@external
def configure_market(market: uint256, settings: IPerpEngine.MarketSettings):
    """
    @notice Replaces a market's settings, each by a step at most, and a day after the last change at the earliest: caps that fall
            are free of both. A margin fraction that rises moves to its new value in 7 days, along a line.
    @param market   A listed market.
    @param settings As IPerpEngine tells, with bounds.
    @dev   Owner only. Reverts: "engine: unknown market", "engine: bad margin", "engine: bad open interest",
           "engine: bad cap", "engine: bad fee", "engine: bad band", "engine: bad funding", "engine: bad time",
           "engine: bad tip", "engine: step too large", "engine: too soon".
    """
    ownable._check_owner()
    self._check_settings(settings)
    word: uint256 = settling._listed(market)
    before: IPerpEngine.MarketSettings = self._settings(market, word)
    if not self._lowers_caps_alone(before, settings):
        ramp: uint256 = ledger.ramps[market]
        if steps._is_early(layout._settings_changed_at(ramp)):
            refuse._because("engine: too soon")
        self._check_steps(before, settings)
        ledger.ramps[market] = layout._with_settings_change(ramp)
    self._configure(market, word, before, settings, block.timestamp + RAMP)


@external
def configure_book(market: uint256, interval: uint256, min_lots: uint256):
    """
    @notice Sets the length of a market's batches from the next one on, and its smallest order, a day after the last change at
            the earliest.
    @param market   A listed market.
    @param interval Seconds, at most 3,600, a minute or half of what it was from it; 0 for continuous mode.
    @param min_lots Lots, 10 or half of what it was from it.
    @dev   Owner only. Reverts: "engine: unknown market", "engine: bad time", "engine: step too large", "engine: too soon"; as the
           book's `configure`.
    """
    ownable._check_owner()
    book: IOrderbookV2 = IOrderbookV2(layout._book(settling._listed(market)))
    if interval > MAX_INTERVAL:
        refuse._because("engine: bad time")
    before: IOrderbookV2.Market = staticcall book.market()
    if steps._is_large(before.interval, interval, TIME_STEP) or steps._is_large(before.min_lots, min_lots, MIN_LOTS_STEP):
        refuse._because("engine: step too large")
    ramp: uint256 = ledger.ramps[market]
    if steps._is_early(layout._book_changed_at(ramp)):
        refuse._because("engine: too soon")
    ledger.ramps[market] = layout._with_book_change(ramp)
    extcall book.configure(interval, min_lots)


@external
def rescale(market: uint256, tick_size: uint256):
    """
    @notice Gives a market another tick size. All open orders become void.
    @param market    A listed market.
    @param tick_size Quote per base, 18 decimals.
    @dev   Owner only. Reverts: "engine: unknown market", "engine: bad tick size"; as the book's `rescale`.
    """
    ownable._check_owner()
    word: uint256 = settling._listed(market)
    unit: uint256 = self._unit(layout._lot_size(ledger.markets[market].span), tick_size)
    if unit << layout._scale(ledger.markets[market].funding) > layout.LOT_PRICE >> TICK_BITS:
        refuse._because("engine: bad tick size")
    book: IOrderbookV2 = IOrderbookV2(layout._book(word))
    grid: uint256 = extcall book.rescale()
    ledger.units[market][grid] = unit
    ledger.markets[market].book = layout._book_word(
        book.address, unit, layout._taker_ppm(word), grid, layout._state(word)
    )
    ledger.markets[market].mark = layout._with_due(ledger.markets[market].mark, (staticcall book.market()).due)


@external
def set_mode(market: uint256, mode: IPerpEngine.Mode):
    """
    @notice Sets what may be done in a market. While it is halted its funding stands still. Whatever it was, the way back to
            ACTIVE leads through POST_ONLY for the batches that the settings tell.
    @param market A listed market.
    @param mode   Not SETTLED, which only a settlement sets.
    @dev   Owner only. Reverts: "engine: unknown market", "engine: bad mode".
    """
    ownable._check_owner()
    word: uint256 = settling._listed(market)
    number: uint256 = bits._highest(convert(mode, uint256))
    if layout._mode(word) == clearing.MODE_SETTLED or number >= clearing.MODE_SETTLED or convert(mode, uint256) != 1 << number:
        refuse._because("engine: bad mode")
    batches: uint256 = 0
    if layout._mode(word) != clearing.MODE_ACTIVE and number == clearing.MODE_ACTIVE:
        batches = layout._restart_batches(ledger.markets[market].rules)
        if batches != 0:
            number = clearing.MODE_POST_ONLY
    ledger.markets[market].book = layout._with_state(word, number, batches)
    if number == clearing.MODE_HALTED:
        auctioning._freeze(market)
    log IPerpEngine.ModeSet(market=market, mode=convert(1 << number, IPerpEngine.Mode))


@external
def force_settle(market: uint256, price: uint256):
    """
    @notice Ends a market for good: its positions are worth this price from now on, and close at it.
    @param market A listed market.
    @param price  Lot price.
    @dev   By the liquidator, who decides whether it may be. Reverts: "engine: not the liquidator", "engine: unknown market",
           "engine: bad mode" (it is settled already), "engine: bad price".
    """
    operators._check_liquidator()
    word: uint256 = settling._listed(market)
    if layout._mode(word) == clearing.MODE_SETTLED:
        refuse._because("engine: bad mode")
    if price == 0 or price > layout.LOT_PRICE:
        refuse._because("engine: bad price")
    ledger.markets[market].book = layout._with_state(word, clearing.MODE_SETTLED, 0)
    ledger.settled_at[market] = block.timestamp
    auctioning._settle(market, price)
    log IPerpEngine.ModeSet(market=market, mode=IPerpEngine.Mode.SETTLED)


# ------------------------------------------------------------------ what the guardian may do

@external
def restrict(market: uint256, mode: IPerpEngine.Mode):
    """
    @notice Sets a stricter mode, in which reductions, cancels, auctions and liquidations go on: POST_ONLY or REDUCE_ONLY. It stays
            until the owner sets another.
    @param market A listed market.
    @param mode   Stricter than the one it has.
    @dev   Guardian only. Reverts: "engine: not the guardian", "engine: unknown market", "engine: bad mode", "engine: would loosen".
    """
    operators._check_guardian()
    word: uint256 = settling._listed(market)
    if mode != IPerpEngine.Mode.POST_ONLY and mode != IPerpEngine.Mode.REDUCE_ONLY:
        refuse._because("engine: bad mode")
    number: uint256 = bits._highest(convert(mode, uint256))
    if number <= layout._mode(word):
        refuse._because("engine: would loosen")
    ledger.markets[market].book = layout._with_state(word, number, 0)
    log IPerpEngine.ModeSet(market=market, mode=mode)


@external
def tighten(market: uint256, initial_ppm: uint256, maintenance_bps: uint256, open_cap: uint256, account_cap: uint256):
    """
    @notice Raises margins by a step at most, a week after the guardian's last raise at the earliest, and lowers caps. Margins move to
            their new values in a day, along a line, and no sooner than a raise that is on its way.
    @param market          A listed market.
    @param initial_ppm     No less than the settings say.
    @param maintenance_bps Of it, so that the maintenance margin fraction is no less than the settings say.
    @param open_cap        No more than the settings say.
    @param account_cap     No more than the settings say.
    @dev   Guardian only. Reverts: "engine: not the guardian", "engine: unknown market", "engine: would loosen", "engine: bad margin",
           "engine: step too large", "engine: too soon".
    """
    operators._check_guardian()
    word: uint256 = settling._listed(market)
    before: IPerpEngine.MarketSettings = self._settings(market, word)
    after: IPerpEngine.MarketSettings = before
    after.initial_ppm = initial_ppm
    after.maintenance_bps = maintenance_bps
    after.open_cap = open_cap
    after.account_cap = account_cap
    self._check_settings(after)
    if (
        initial_ppm < before.initial_ppm
        or marks._maintenance_ppm(layout._rules(after)) < marks._maintenance_ppm(layout._rules(before))
        or open_cap > before.open_cap
        or account_cap > before.account_cap
    ):
        refuse._because("engine: would loosen")
    ramp: uint256 = ledger.ramps[market]
    end: uint256 = block.timestamp + GUARDED_RAMP
    if layout._is_ramping(ledger.markets[market].funding):
        end = max(end, layout._ramp_end(ramp))
    if not self._lowers_caps_alone(before, after):
        if block.timestamp < layout._raised_at(ramp) + RAISED_EVERY:
            refuse._because("engine: too soon")
        self._check_steps(before, after)
        ledger.ramps[market] = layout._with_raise(ramp)
    self._configure(market, word, before, after, end)


@external
def pause_deposits():
    """
    @notice Stops deposits into accounts that have neither a position nor orders, until the owner's `unpause`.
    @dev   Guardian only. Reverts "engine: not the guardian".
    """
    operators._check_guardian()
    self._set_pauses(operators.pauses | operators.DEPOSITS)


@external
def pause_withdrawals():
    """
    @notice Stops withdrawals and transfers for a day: `gate` tells its end. Not again before the owner's `unpause`.
    @dev   Guardian only. Reverts: "engine: not the guardian", "engine: paused before".
    """
    operators._check_guardian()
    if operators.pauses & operators.WITHDRAWALS != 0:
        refuse._because("engine: paused before")
    ledger.gate = max(ledger.gate, block.timestamp + PAUSE)
    self._set_pauses(operators.pauses | operators.WITHDRAWALS)


@external
def unpause():
    """
    @notice Opens deposits, and lets the guardian pause withdrawals once more. A pause of withdrawals that runs goes on to its end.
    @dev   Owner only.
    """
    ownable._check_owner()
    self._set_pauses(0)


# ------------------------------------------------------------------ whom the engine trusts

@external
def set_guardian(guardian: address):
    """
    @notice Sets who may tighten.
    @param guardian Guardian; zero for nobody.
    @dev   Owner only.
    """
    ownable._check_owner()
    operators.guardian = guardian
    log IPerpEngine.GuardianSet(guardian=guardian)



@external
def set_vault(vault: address):
    """
    @notice Sets who quotes in auctions, and is an account of the engine.
    @param vault An IQuoter; zero for nobody.
    @dev   Owner only.
    """
    ownable._check_owner()
    clearing.vault = vault
    clearing.vault_account = convert(vault, uint256) << 8


@external
def set_fee_receiver(receiver: address):
    """
    @notice Sets whose account 0 gets the fees, and whose account 1 pays the tips.
    @param receiver FeeDistributor.
    @dev   Owner only.
    """
    ownable._check_owner()
    ledger.fee_account = convert(receiver, uint256) << 8
    clearing.tip_account = ledger.fee_account | 1


@external
def set_liquidator(liquidator: address):
    """
    @notice Sets who may call the hooks of EngineAccounts: cancel, reduce and move what accounts have, by the rules of the
            waterfall, which are its own.
    @param liquidator LiquidationEngine; zero for nobody.
    @dev   Owner only.
    """
    ownable._check_owner()
    operators.liquidator = liquidator
    log IPerpEngine.LiquidatorSet(liquidator=liquidator)


@external
def set_referral(referrer: address, bps: uint256):
    """
    @notice Sets which part of the fees of whom it referred goes to a referrer's account 0, from now on.
    @param referrer Anybody but zero.
    @param bps      1/10,000 of the fees; at most 3,000, 0 for nothing.
    @dev   Owner only. Reverts: "engine: bad share".
    """
    ownable._check_owner()
    if bps > MAX_REFERRAL or referrer == empty(address):  # zero: nobody referred
        refuse._because("engine: bad share")
    ledger.referral_bps[referrer] = bps
    log IPerpEngine.ReferralSet(referrer=referrer, bps=bps)


@external
@raw_return
@reentrant  # trap-ok: the code that answers holds the lock
def __default__() -> Bytes[parts.MAX_ANSWER]:
    """
    @notice Answers EngineViews with its code on the engine's storage.
    """
    return raw_call(views, msg.data, max_outsize=parts.MAX_ANSWER, is_delegate_call=True)


# ------------------------------------------------------------------ inside

@internal
@view
def _settings(market: uint256, word: uint256) -> IPerpEngine.MarketSettings:
    return layout._settings(
        word, ledger.markets[market].rules, ledger.markets[market].open, ledger.markets[market].funding
    )


@internal
def _configure(
    market: uint256,
    word: uint256,
    before: IPerpEngine.MarketSettings,
    settings: IPerpEngine.MarketSettings,
    end: uint256,
):
    """
    @notice Writes settings down, and where their margins come from.
    @param end Of the ramp, where a margin fraction rises.
    """
    ledger.markets[market].book = layout._book_word(
        layout._book(word), layout._unit(word), settings.taker_ppm, layout._grid(word), layout._state(word)
    )
    funding: uint256 = ledger.markets[market].funding
    flags: uint256 = funding & (layout.HAS_LOSSES | layout.RAMPING)
    if settings.initial_ppm != before.initial_ppm or settings.maintenance_bps != before.maintenance_bps:
        flags = (funding & layout.HAS_LOSSES) | self._ramp(market, layout._rules(settings), funding, end)
    ledger.markets[market].rules = layout._rules(settings)
    open: uint256 = ledger.markets[market].open
    ledger.markets[market].open = layout._open_word(
        layout._sides_of(open), settings.open_cap, settings.account_cap
    )
    ledger.markets[market].funding = layout._funding_word(
        layout._exact_index(funding),
        layout._growth(funding),
        layout._funded_at(funding),
        layout._constants(layout._scale(funding), settings.max_mark_age) | flags,
    )
    log IPerpEngine.MarketConfigured(market=market, settings=settings)


@internal
def _ramp(market: uint256, target: uint256, funding: uint256, end: uint256) -> uint256:
    """
    @notice Begins a ramp where margin fractions are now, or lower, where they fall.
    @param target Rules to be.
    @return The flag of the market's word of funding; none where nothing rises.
    """
    initial: uint256 = 0
    maintenance: uint256 = 0
    initial, maintenance = ramping._fractions(market, ledger.markets[market].rules, funding)
    initial = min(initial, layout._initial_ppm(target))
    maintenance = min(maintenance, marks._maintenance_ppm(target))
    if initial == layout._initial_ppm(target) and maintenance == marks._maintenance_ppm(target):
        return 0
    ledger.ramps[market] = layout._ramp_word(
        initial, maintenance, block.timestamp, end, layout._changes(ledger.ramps[market])
    )
    log IPerpEngine.RampStarted(market=market, initial_ppm=initial, maintenance_ppm=maintenance, end=end)
    return layout.RAMPING


@internal
def _set_pauses(pauses: uint256):
    operators.pauses = pauses
    log IPerpEngine.PausesSet(
        deposits=pauses & operators.DEPOSITS != 0, withdrawals=pauses & operators.WITHDRAWALS != 0
    )


@internal
@pure
def _lowers_caps_alone(before: IPerpEngine.MarketSettings, after: IPerpEngine.MarketSettings) -> bool:
    """
    @notice Whether nothing changes but caps, and these fall or stay.
    """
    return (
        layout._rules(before) == layout._rules(after)
        and before.taker_ppm == after.taker_ppm
        and before.max_mark_age == after.max_mark_age
        and after.open_cap <= before.open_cap
        and after.account_cap <= before.account_cap
    )


@internal
@pure
def _check_steps(before: IPerpEngine.MarketSettings, after: IPerpEngine.MarketSettings):
    """
    @notice What a single change may do. Tips are bounded by a tenth of what takers pay, batches of a restart concern nobody who
            is in the market already: they are free.
    """
    if (
        steps._is_large(before.initial_ppm, after.initial_ppm, INITIAL_STEP)
        or steps._is_large(
            marks._maintenance_ppm(layout._rules(before)), marks._maintenance_ppm(layout._rules(after)), MAINTENANCE_STEP
        )
        or steps._is_large(before.soft_notional, after.soft_notional, NOTIONAL_STEP)
        or steps._is_large(before.hard_notional, after.hard_notional, NOTIONAL_STEP)
        or (after.open_cap > before.open_cap and steps._is_large(before.open_cap, after.open_cap, CAP_STEP))
        or (after.account_cap > before.account_cap and steps._is_large(before.account_cap, after.account_cap, CAP_STEP))
        or steps._is_large_signed(before.maker_ppm, after.maker_ppm, FEE_STEP)
        or steps._is_large(before.taker_ppm, after.taker_ppm, FEE_STEP)
        or steps._is_large(before.band_bps, after.band_bps, BAND_STEP)
        or steps._is_large(before.mark_band_bps, after.mark_band_bps, BAND_STEP)
        or steps._is_large_signed(before.interest, after.interest, INTEREST_STEP)
        or steps._is_large(before.funding_clamp, after.funding_clamp, CLAMP_STEP)
        or steps._is_large(before.price_grace, after.price_grace, TIME_STEP)
        or steps._is_large(before.max_mark_age, after.max_mark_age, TIME_STEP)
        or steps._is_large(before.impact_lots, after.impact_lots, IMPACT_STEP)
    ):
        refuse._because("engine: step too large")


@internal
@view
def _unit(lot_size: uint256, tick_size: uint256) -> uint256:
    """
    @notice Token units per lot and tick, exactly.
    """
    if tick_size == 0 or tick_size > MAX_LOT_SIZE:
        refuse._because("engine: bad tick size")
    product: uint256 = lot_size * tick_size
    divisor: uint256 = 10**36 // auctioning.token_unit
    if product % divisor != 0:
        refuse._because("engine: bad tick size")
    return product // divisor


@internal
@pure
def _check_settings(settings: IPerpEngine.MarketSettings):
    if self._is_out(settings.initial_ppm, 10_000, 1_000_000) or self._is_out(settings.maintenance_bps, 1_000, 9_000):
        refuse._because("engine: bad margin")
    if settings.hard_notional >= 2**40 or settings.soft_notional >= settings.hard_notional:
        refuse._because("engine: bad open interest")
    if settings.open_cap >= 2**36 or settings.account_cap >= 2**34:
        refuse._because("engine: bad cap")
    taker_ppm: int256 = convert(min(settings.taker_ppm, 10_001), int256)
    if taker_ppm > 10_000 or settings.maker_ppm > taker_ppm or settings.maker_ppm < -taker_ppm * KEPT // 10:
        refuse._because("engine: bad fee")
    if self._is_out(settings.band_bps, 10, 5_000) or self._is_out(settings.mark_band_bps, 10, 2_000):
        refuse._because("engine: bad band")
    if abs(settings.interest) > 1_000_000 or self._is_out(settings.funding_clamp, 1, 10):
        refuse._because("engine: bad funding")
    if settings.price_grace > 600 or self._is_out(settings.max_mark_age, 1, 3_600):
        refuse._because("engine: bad time")
    if self._is_out(settings.impact_lots, 1, 2**21 - 1):
        refuse._because("engine: bad funding")
    if settings.restart_batches >= 2**7:
        refuse._because("engine: bad time")
    if settings.tip >= 2**40:
        refuse._because("engine: bad tip")


@internal
@pure
def _is_out(number: uint256, lowest: uint256, highest: uint256) -> bool:
    return number < lowest or number > highest
