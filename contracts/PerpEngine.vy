# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   PerpEngine: the clearing house
@license AGPL-3.0-only
@notice  Holds the collateral, books what the order books fill, and lets nobody hold what he cannot carry. Each call of a
         trader first runs the market's auction if its batch is over, then settles the account wherever it has open
         orders, then acts, then asks for margin.
@dev     docs/risk.md explains the rules, IPerpEngine gives the units of all arguments and results. Views and governance
         are in EngineSettings and EngineViews, whose code runs on this contract's storage.
@custom:security Holds all collateral. Trusts its router for prices, its vault for quotes alone, and its owner within the
                 bounds of the settings. A call that reverts changes nothing.
@custom:halt The owner sets a market's mode; the router's guardian halts its price.
"""
from snekmate.auth import ownable

from interfaces import IOracleRouter
from interfaces import IOrderbookV2
from interfaces import IOrderbookViews
from interfaces import IPerpEngine

from contracts.modules import action_matrix
from contracts.modules import bits
from contracts.modules import refuse
from contracts.modules import token as tokens
from contracts.modules.engine import account_words as words
from contracts.modules.engine import clearing
from contracts.modules.engine import ledger
from contracts.modules.engine import margin
from contracts.modules.engine import market_words as layout
from contracts.modules.engine import operators

initializes: ownable
initializes: ledger
initializes: clearing[ledger := ledger]
initializes: operators
initializes: margin[ledger := ledger]


BPS: constant(uint256) = 10_000
MAX_ANSWER: constant(uint256) = 16_384

token: public(immutable(address))
settings: public(immutable(address))        # EngineSettings, whose code answers what this contract does not know


@deploy
def __init__(owner: address, token_: address, router: address, settings_: address):
    """
    @notice An engine without markets.
    @param owner     May do all that EngineSettings asks the owner for.
    @param token_    The collateral, 6 to 18 decimals.
    @param router    OracleRouter.
    @param settings_ EngineSettings.
    @dev   Reverts: "token: not a contract", "token: bad decimals", "engine: not a contract".
    """
    tokens._check(token_)
    if not (router.is_contract and settings_.is_contract):
        refuse._because("engine: not a contract")
    token = token_
    settings = settings_
    clearing.__init__(router, tokens._unit(token_))
    ownable.__init__()
    ownable._transfer_ownership(owner)


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


# ------------------------------------------------------------------ orders

@external
def place(account: uint256, market: uint256, order: IOrderbookV2.NewOrder) -> uint256:
    """
    @notice Places an order.
    @param account The caller's, or one that granted the caller PLACE.
    @param market  A listed market.
    @param order   As IOrderbookV2 tells.
    @return The order's id.
    @dev    Reverts: "engine: not authorised", "engine: unknown market", "engine: awaiting price", "engine: market halted",
            "engine: post-only mode", "engine: reduce-only mode", "engine: price not fit", "engine: open interest cap",
            "engine: account cap", "engine: margin missed", "engine: would not reduce"; as the book's `place`.
    """
    operators._authorise(account, operators.PLACE)
    book_word: uint256 = self._enter(account, market)
    self._check_mode(book_word, order)
    lowest: uint256 = 0
    highest: uint256 = 0
    lowest, highest = self._band(market)
    order_id: uint256 = 0
    fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
    exposure: IOrderbookV2.Exposure = empty(IOrderbookV2.Exposure)
    order_id, fills, exposure = extcall IOrderbookV2(layout._book(book_word)).place(account, order, lowest, highest)
    change: ledger.Change = self._book(account, market, fills, exposure)
    if order.reduce_only and change.grew:
        refuse._because("engine: would not reduce")
    self._check(account, market, book_word, change)
    if layout._due(ledger.markets[market].mark) == 0:
        clearing._run(market, account)
        self._settle(account, market)
    return order_id


@external
def cancel(account: uint256, market: uint256, order_id: uint256, lots: uint256) -> uint256:
    """
    @notice Takes lots off an open order.
    @param account  The caller's, or one that granted the caller CANCEL.
    @param market   A listed market.
    @param order_id The order.
    @param lots     How many; more than are open: all.
    @return Lots taken off.
    @dev    Reverts: "engine: not authorised", "engine: unknown market", "engine: awaiting price"; as the book's `cancel`.
    """
    operators._authorise(account, operators.CANCEL)
    book_word: uint256 = self._enter(account, market)
    taken: uint256 = 0
    fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
    exposure: IOrderbookV2.Exposure = empty(IOrderbookV2.Exposure)
    taken, fills, exposure = extcall IOrderbookV2(layout._book(book_word)).cancel(account, order_id, lots)
    self._book(account, market, fills, exposure)
    return taken


@external
def cancel_all(account: uint256, market: uint256) -> uint256:
    """
    @notice Cancels all of an account's open orders in a market.
    @param account The caller's, or one that granted the caller CANCEL.
    @param market  A listed market.
    @return How many there were.
    @dev    Reverts as `cancel`.
    """
    operators._authorise(account, operators.CANCEL)
    book_word: uint256 = self._enter(account, market)
    count: uint256 = 0
    fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
    exposure: IOrderbookV2.Exposure = empty(IOrderbookV2.Exposure)
    count, fills, exposure = extcall IOrderbookV2(layout._book(book_word)).cancel_all(account)
    self._book(account, market, fills, exposure)
    return count


@external
def cancel_replace(
    account: uint256,
    market: uint256,
    order_ids: DynArray[uint256, 32],
    new_orders: DynArray[IOrderbookV2.NewOrder, 32],
    strict: bool,
) -> (uint256, DynArray[uint256, 32]):
    """
    @notice Cancels orders and places others, as one: a ladder is moved, or several orders are placed at once.
    @param account    The caller's, or one that granted the caller PLACE.
    @param market     A listed market.
    @param order_ids  To cancel.
    @param new_orders To place after it.
    @param strict     Revert where one of order_ids is not open (any more).
    @return How many were cancelled; ids of the new orders.
    @dev    Reverts as `place` and as the book's `cancel_replace`.
    """
    operators._authorise(account, operators.PLACE)
    book_word: uint256 = self._enter(account, market)
    only_reduce: bool = False
    for order: IOrderbookV2.NewOrder in new_orders:
        self._check_mode(book_word, order)
        only_reduce = only_reduce or order.reduce_only
    lowest: uint256 = 0
    highest: uint256 = 0
    lowest, highest = self._band(market)
    count: uint256 = 0
    placed: DynArray[uint256, 32] = []
    fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
    exposure: IOrderbookV2.Exposure = empty(IOrderbookV2.Exposure)
    count, placed, fills, exposure = extcall IOrderbookV2(layout._book(book_word)).cancel_replace(
        account, order_ids, new_orders, strict, lowest, highest
    )
    change: ledger.Change = self._book(account, market, fills, exposure)
    if only_reduce and change.grew:
        refuse._because("engine: would not reduce")
    if len(new_orders) != 0:
        self._check(account, market, book_word, change)
        if layout._due(ledger.markets[market].mark) == 0:
            clearing._run(market, account)
            self._settle(account, market)
    return count, placed


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
    extcall IOrderbookV2(layout._book(self._listed(market))).cancel_all_after(account, deadline)


@external
def sweep(account: uint256, market: uint256, order_ids: DynArray[uint256, 32]) -> uint256:
    """
    @notice Takes expired orders off the book, by anyone.
    @param account   Whose they are.
    @param market    A listed market.
    @param order_ids Expired, or of an account whose switch's deadline has come.
    @return How many were open.
    @dev    Reverts: "engine: unknown market", "engine: awaiting price"; "book: not expired".
    """
    book_word: uint256 = self._enter(account, market)
    count: uint256 = 0
    fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
    exposure: IOrderbookV2.Exposure = empty(IOrderbookV2.Exposure)
    count, fills, exposure = extcall IOrderbookV2(layout._book(book_word)).sweep(account, order_ids)
    self._book(account, market, fills, exposure)
    return count


@external
def sync(account: uint256):
    """
    @notice Books what auctions did to an account's orders, in all its markets. By anyone.
    @param account Any account.
    """
    self._settle_all(account, max_value(uint256))


@external
def run_auction(market: uint256) -> IOrderbookV2.Clearing:
    """
    @notice Runs the auction of a market whose batch is over. By anyone, for a tip where it traded.
    @param market A listed market.
    @return What it did; nothing where the batch was postponed.
    @dev    Reverts: "engine: unknown market", "engine: batch not due", "engine: awaiting price".
    """
    self._listed(market)
    return clearing._run(market, convert(msg.sender, uint256) << 8)


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
@raw_return
@reentrant  # trap-ok
def __default__() -> Bytes[MAX_ANSWER]:
    """
    @notice Answers EngineSettings and EngineViews with their code on this contract's storage.
    """
    return raw_call(settings, msg.data, max_outsize=MAX_ANSWER, is_delegate_call=True)


# ------------------------------------------------------------------ before an action

@internal
@view
def _listed(market: uint256) -> uint256:
    """
    @notice A market's word.
    """
    word: uint256 = ledger.markets[market].book
    if word == 0:
        refuse._because("engine: unknown market")
    return word


@internal
def _enter(account: uint256, market: uint256) -> uint256:
    """
    @notice What comes before each action in a market: its due auction.
    @return The market's word.
    """
    word: uint256 = self._listed(market)
    clearing._run_due(market, account)
    return word


@internal
@pure
def _check_mode(book_word: uint256, order: IOrderbookV2.NewOrder):
    mode: uint256 = layout._mode(book_word)
    if mode >= clearing.MODE_HALTED:
        refuse._because("engine: market halted")
    if mode == clearing.MODE_POST_ONLY and not (order.post_only or order.reduce_only):
        refuse._because("engine: post-only mode")


@internal
@view
def _band(market: uint256) -> (uint256, uint256):
    """
    @notice Lowest and highest tick that an order may have.
    """
    unit: uint256 = layout._unit(ledger.markets[market].book)
    scale: uint256 = layout._scale(ledger.markets[market].funding)
    mark: uint256 = layout._mark(ledger.markets[market].mark)
    slack: uint256 = mark * layout._band_bps(ledger.markets[market].rules) // BPS
    one: uint256 = unit << scale
    return (mark - slack + one - 1) // one, min((mark + slack) // one, clearing.MAX_TICK)


# ------------------------------------------------------------------ settling

@internal
def _settle(account: uint256, market: uint256):
    """
    @notice Books what auctions did to an account's orders in a market.
    """
    fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
    exposure: IOrderbookV2.Exposure = empty(IOrderbookV2.Exposure)
    fills, exposure = extcall IOrderbookV2(layout._book(ledger.markets[market].book)).sync(account)
    self._book(account, market, fills, exposure)


@internal
def _book(
    account: uint256, market: uint256, fills: IOrderbookV2.Fills, exposure: IOrderbookV2.Exposure
) -> ledger.Change:
    """
    @notice Books fills, and takes reduce-only orders off the book as far as there is nothing left for them to reduce.
    @dev    In a batch that is over nothing leaves: its orders wait for the next touch.
    """
    change: ledger.Change = ledger._book(account, market, fills, exposure)
    if exposure.has_reduce_only and (
        convert(change.long, int256) > max(change.lots, 0) or convert(change.short, int256) > max(-change.lots, 0)
    ):
        due: uint256 = layout._due(ledger.markets[market].mark)
        if due == 0 or block.timestamp < due:
            self._trim(account, market, change.lots)
    return change


@internal
def _trim(account: uint256, market: uint256, lots: int256):
    """
    @notice Cancels what reduce-only orders have beyond a position, those in the highest slots first.
    """
    book: IOrderbookV2 = IOrderbookV2(layout._book(ledger.markets[market].book))
    bids: uint256 = convert(max(-lots, 0), uint256)  # that may rest
    asks: uint256 = convert(max(lots, 0), uint256)
    trimmed: bool = False
    taken: uint256 = 0
    fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
    exposure: IOrderbookV2.Exposure = empty(IOrderbookV2.Exposure)
    for order: IOrderbookV2.OpenOrder in staticcall IOrderbookViews(book.address).open_orders(account):
        if order.reduce_only:
            kept: uint256 = min(order.lots, asks if order.is_ask else bids)
            if order.is_ask:
                asks -= kept
            else:
                bids -= kept
            if kept != order.lots:
                taken, fills, exposure = extcall book.cancel(account, order.order_id, order.lots - kept)
                trimmed = True
    if trimmed:
        ledger._book(account, market, fills, exposure)


@internal
def _settle_all(account: uint256, but: uint256):
    """
    @notice Settles an account wherever it has open orders, and refreshes the marks of its markets that are too old.
    @param but A market that is settled already.
    """
    rest: uint256 = ledger.accounts[account] & words.MARKETS
    for _: uint256 in range(ledger.MAX_POSITIONS):
        if rest == 0:
            break
        market: uint256 = bits._highest(rest)
        rest ^= 1 << market
        if market != but and ledger.positions[account][market].orders != 0:
            self._settle(account, market)
        clearing._refresh(market)


# ------------------------------------------------------------------ after an action

@internal
def _check(account: uint256, market: uint256, book_word: uint256, change: ledger.Change):
    """
    @notice Whether an account may stand as it does after orders were placed. Reductions pass, as long as the account can
            pay what they cost; whatever lets an exposure grow needs a mode and a price that allow it, room under the
            caps, and initial margin.
    """
    self._settle_all(account, market)
    action: IOracleRouter.Action = IOracleRouter.Action.REDUCE
    if change.grew:
        action = IOracleRouter.Action.OPEN
    terms: IOracleRouter.Terms = action_matrix._terms(action, layout._status(ledger.markets[market].mark))
    if terms == empty(IOracleRouter.Terms):
        refuse._because("engine: price not fit")
    if not change.grew:
        standing: margin.Standing = margin._of(account, False, 0)
        if standing.equity < convert(standing.losses, int256):
            refuse._because("engine: margin missed")
        return
    if layout._mode(book_word) == clearing.MODE_REDUCE_ONLY:
        refuse._because("engine: reduce-only mode")
    if max(layout._long(change.open), layout._short(change.open)) > layout._open_cap(change.open):
        refuse._because("engine: open interest cap")
    if max(change.long, change.short) > layout._account_cap(change.open):
        refuse._because("engine: account cap")
    doubled: uint256 = 0
    if IOracleRouter.Terms.DOUBLE_MARGIN in terms:
        doubled = market + 1
    self._check_margin(margin._of(account, False, doubled), 0)


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
    self._settle_all(account, max_value(uint256))
    standing: margin.Standing = margin._of(account, True, 0)
    if standing.statuses in (IOracleRouter.Status.STALE | IOracleRouter.Status.HALTED):
        refuse._because("engine: price not fit")
    self._check_margin(standing, amount)
    ledger._credit(account, -convert(amount, int256))
    if ledger._collateral(account) < 0:
        refuse._because("engine: margin missed")
