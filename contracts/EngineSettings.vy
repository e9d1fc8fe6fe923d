# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   EngineSettings: what the owner of a PerpEngine may do
@license AGPL-3.0-only
@notice  Code that PerpEngine runs on its own storage for the calls that it does not know; what this does not know either,
         EngineViews answers.
@dev     Deployed once. Called directly it has nobody's storage but its own, and no owner there.
@custom:security Every mutator is for the owner alone, within bounds that are constants here.
@custom:halt `set_mode`.
"""
from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from interfaces import IOracleRouter
from interfaces import IOrderbookV2
from interfaces import IPerpEngine

from contracts.modules import bits
from contracts.modules import refuse
from contracts.modules import token as tokens
from contracts.modules.engine import clearing
from contracts.modules.engine import ledger
from contracts.modules.engine import margin
from contracts.modules.engine import market_words as layout
from contracts.modules.engine import operators
from contracts.modules.engine import settling

initializes: ownable
initializes: ledger
initializes: clearing[ledger := ledger]
initializes: operators
initializes: margin[ledger := ledger]
initializes: settling[ledger := ledger, clearing := clearing]
initializes: ownable_2step[ownable := ownable]

exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
)

MAX_ANSWER: constant(uint256) = 16_384
MAX_LOT_SIZE: constant(uint256) = 2**96 - 1
PRICE_BITS: constant(uint256) = 66           # of the highest tick as a lot price
TICK_BITS: constant(uint256) = 18

token: public(immutable(address))
views: public(immutable(address))


@deploy
def __init__(token_: address, router: address, views_: address):
    """
    @notice Code for engines of one collateral and one router.
    @param token_ The collateral, 6 to 18 decimals.
    @param router OracleRouter.
    @param views_ EngineViews.
    """
    tokens._check(token_)
    token = token_
    if not (router.is_contract and views_.is_contract):
        refuse._because("engine: not a contract")
    views = views_
    clearing.__init__(router, tokens._unit(token_))
    ownable.__init__()
    ownable_2step.__init__()
    ownable._transfer_ownership(empty(address))


# ------------------------------------------------------------------ collateral

@external
def deposit(account: uint256, amount: uint256):
    """
    @notice Adds to an account's collateral. By anyone, out of his own tokens.
    @param account Any account.
    @param amount  Token units, which the caller has approved.
    @dev    Reverts: "engine: no such account", "engine: amount too large"; as the token does.
    """
    if operators._owner(account) == empty(address):
        refuse._because("engine: no such account")
    if amount >= 2**111:
        refuse._because("engine: amount too large")
    ledger._credit(account, convert(amount, int256))
    ledger.tracked += amount
    tokens._pull(token, msg.sender, amount)
    log IPerpEngine.Deposited(account=account, amount=amount, by=msg.sender)


@external
def withdraw(account: uint256, amount: uint256, to: address):
    """
    @notice Pays out collateral. By the account's owner.
    @param account One of the caller's.
    @param amount  Token units: no more than the collateral, and than equity less initial margin.
    @param to      Who gets them.
    @dev    Reverts: "engine: not the owner", "engine: amount too large", "engine: margin missed", "engine: price not fit",
            "engine: deficit unpaid" (losses of accounts that could not bear them are not covered yet); as the token does.
    """
    operators._check_owner(account)
    self._release(account, amount)
    if amount > ledger.tracked:
        refuse._because("engine: deficit unpaid")
    ledger.tracked -= amount
    tokens._push(token, to, amount)
    log IPerpEngine.Withdrawn(account=account, amount=amount, to=to)


@external
def transfer(account: uint256, to: uint256, amount: uint256):
    """
    @notice Moves collateral between two accounts of the caller.
    @param account Gives, as `withdraw`.
    @param to      Receives.
    @param amount  Token units.
    @dev    Reverts as `withdraw`.
    """
    operators._check_owner(account)
    operators._check_owner(to)
    self._release(account, amount)
    ledger._credit(to, convert(amount, int256))
    log IPerpEngine.Transferred(sender=account, receiver=to, amount=amount)


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
    @param interval   Of the book.
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
    self._check_settings(settings)
    unit: uint256 = self._unit(lot_size, tick_size)
    highest: uint256 = bits._highest(unit)
    if highest > PRICE_BITS - TICK_BITS - 1:
        refuse._because("engine: bad tick size")
    scale: uint256 = PRICE_BITS - TICK_BITS - 1 - highest
    book: address = create_from_blueprint(blueprint, self, book_views, interval, min_lots, code_offset=3)
    ledger.markets[market].book = layout._book_word(book, unit, settings.taker_ppm, 0, 0)
    ledger.markets[market].rules = layout._rules(settings)
    ledger.markets[market].open = layout._open_word(0, 0, settings.open_cap, settings.account_cap, lot_size)
    ledger.markets[market].funding = layout._funding_word(
        0, 0, block.timestamp, layout._constants(scale, settings.max_mark_age)
    )
    ledger.markets[market].premium = layout._premium_word(0, 0, 0, block.timestamp, 0)
    ledger.units[market][0] = unit
    seen: clearing.Seen = clearing._see(market, scale)
    if seen.status in (IOracleRouter.Status.STALE | IOracleRouter.Status.HALTED):
        refuse._because("engine: no price")
    due: uint256 = (staticcall IOrderbookV2(book).market()).due
    clearing._mark(market, seen, 0, False, due, ledger.markets[market].rules)
    log IPerpEngine.MarketListed(market=market, book=book, unit=unit, scale=scale, lot_size=lot_size)
    log IPerpEngine.MarketConfigured(market=market, settings=settings)


@external
def configure_market(market: uint256, settings: IPerpEngine.MarketSettings):
    """
    @notice Replaces a market's settings.
    @param market   A listed market.
    @param settings As IPerpEngine tells, with bounds.
    @dev   Owner only. Reverts: "engine: unknown market", "engine: bad margin", "engine: bad open interest",
           "engine: bad cap", "engine: bad fee", "engine: bad band", "engine: bad funding", "engine: bad time",
           "engine: bad tip".
    """
    ownable._check_owner()
    self._check_settings(settings)
    word: uint256 = settling._listed(market)
    ledger.markets[market].book = layout._book_word(
        layout._book(word), layout._unit(word), settings.taker_ppm, layout._grid(word), layout._mode(word)
    )
    ledger.markets[market].rules = layout._rules(settings)
    open: uint256 = ledger.markets[market].open
    ledger.markets[market].open = layout._open_word(
        layout._long(open), layout._short(open), settings.open_cap, settings.account_cap, layout._lot_size(open)
    )
    funding: uint256 = ledger.markets[market].funding
    ledger.markets[market].funding = layout._funding_word(
        layout._exact_index(funding),
        layout._growth(funding),
        layout._funded_at(funding),
        layout._constants(layout._scale(funding), settings.max_mark_age),
    )
    log IPerpEngine.MarketConfigured(market=market, settings=settings)


@external
def configure_book(market: uint256, interval: uint256, min_lots: uint256):
    """
    @notice Sets the length of a market's batches from the next one on, and its smallest order.
    @param market   A listed market.
    @param interval Seconds; 0 for continuous mode.
    @param min_lots Lots.
    @dev   Owner only. Reverts: "engine: unknown market"; as the book's `configure`.
    """
    ownable._check_owner()
    extcall IOrderbookV2(layout._book(settling._listed(market))).configure(interval, min_lots)


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
    unit: uint256 = self._unit(layout._lot_size(ledger.markets[market].open), tick_size)
    if unit << layout._scale(ledger.markets[market].funding) > layout.LOT_PRICE >> TICK_BITS:
        refuse._because("engine: bad tick size")
    book: IOrderbookV2 = IOrderbookV2(layout._book(word))
    grid: uint256 = extcall book.rescale()
    ledger.units[market][grid] = unit
    ledger.markets[market].book = layout._book_word(
        book.address, unit, layout._taker_ppm(word), grid, layout._mode(word)
    )
    ledger.markets[market].mark = layout._with_due(ledger.markets[market].mark, (staticcall book.market()).due)


@external
def set_mode(market: uint256, mode: IPerpEngine.Mode):
    """
    @notice Sets what may be done in a market. While it is halted its funding stands still.
    @param market A listed market.
    @param mode   Not SETTLED, which only a settlement sets.
    @dev   Owner only. Reverts: "engine: unknown market", "engine: bad mode".
    """
    ownable._check_owner()
    word: uint256 = settling._listed(market)
    number: uint256 = bits._highest(convert(mode, uint256))
    if layout._mode(word) == clearing.MODE_SETTLED or number >= clearing.MODE_SETTLED or convert(mode, uint256) != 1 << number:
        refuse._because("engine: bad mode")
    ledger.markets[market].book = layout._book_word(
        layout._book(word), layout._unit(word), layout._taker_ppm(word), layout._grid(word), number
    )
    if number == clearing.MODE_HALTED:
        clearing._freeze(market)
    log IPerpEngine.ModeSet(market=market, mode=mode)


# ------------------------------------------------------------------ what an account's owner sets

@external
def set_operator(account: uint256, operator: address, permissions: uint256, actions: uint256, expiry: uint256):
    """
    @notice Lets somebody place or cancel orders for an account; never more.
    @param account     One of the caller's.
    @param operator    Who.
    @param permissions 1: place, 2: cancel, 3: both, 0: neither any more.
    @param actions     How often, below 2**32.
    @param expiry      Until when, unix seconds, below 2**40.
    @dev    Reverts: "engine: not the owner", "engine: bad grant".
    """
    operators._grant(account, operator, permissions, actions, expiry)


@external
def cancel_all_after(account: uint256, market: uint256, deadline: uint256):
    """
    @notice Sets a dead-man's switch: from the deadline on anyone may sweep all of the account's orders in the market.
    @param account  The caller's, or one that granted the caller CANCEL.
    @param market   A listed market.
    @param deadline Unix seconds; 0: none.
    @dev    Reverts: "engine: not authorised", "engine: unknown market", "book: deadline in the past".
    """
    operators._authorise(account, operators.CANCEL)
    extcall IOrderbookV2(layout._book(settling._listed(market))).cancel_all_after(account, deadline)


# ------------------------------------------------------------------ whom the engine trusts

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
@raw_return
@reentrant  # trap-ok
def __default__() -> Bytes[MAX_ANSWER]:
    """
    @notice Answers EngineViews with its code on the engine's storage.
    """
    return raw_call(views, msg.data, max_outsize=MAX_ANSWER, is_delegate_call=True)


# ------------------------------------------------------------------ inside

@internal
@view
def _unit(lot_size: uint256, tick_size: uint256) -> uint256:
    """
    @notice Token units per lot and tick, exactly.
    """
    if tick_size == 0 or tick_size > MAX_LOT_SIZE:
        refuse._because("engine: bad tick size")
    product: uint256 = lot_size * tick_size
    divisor: uint256 = 10**36 // clearing.token_unit
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
    if settings.taker_ppm > 10_000 or abs(settings.maker_ppm) > convert(settings.taker_ppm, int256):
        refuse._because("engine: bad fee")
    if self._is_out(settings.band_bps, 10, 5_000) or self._is_out(settings.mark_band_bps, 10, 2_000):
        refuse._because("engine: bad band")
    if abs(settings.interest) > 1_000_000 or self._is_out(settings.funding_clamp, 1, 10):
        refuse._because("engine: bad funding")
    if settings.price_grace > 600 or self._is_out(settings.max_mark_age, 1, 3_600):
        refuse._because("engine: bad time")
    if settings.tip >= 2**40:
        refuse._because("engine: bad tip")


@internal
@pure
def _is_out(number: uint256, lowest: uint256, highest: uint256) -> bool:
    return number < lowest or number > highest


@internal
@pure
def _check_margin(standing: margin.Standing, amount: uint256):
    """
    @notice Whether equity less an amount covers initial margin.
    """
    if standing.equity < convert(standing.initial + amount, int256):
        refuse._because("engine: margin missed")


@internal
def _release(account: uint256, amount: uint256):
    """
    @notice Takes an amount out of an account's collateral, if what is left carries its positions.
    """
    if amount >= 2**111:
        refuse._because("engine: amount too large")
    settling._settle_all(account, max_value(uint256), True)
    standing: margin.Standing = margin._of(account, True, 0)
    if standing.statuses in (IOracleRouter.Status.STALE | IOracleRouter.Status.HALTED):
        refuse._because("engine: price not fit")
    self._check_margin(standing, amount)
    ledger._credit(account, -convert(amount, int256))
    if ledger._collateral(account) < 0:
        refuse._because("engine: margin missed")
