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
@dev     docs/risk.md explains the rules, IPerpEngine gives the units of all arguments and results. Collateral is
         in EngineAccounts, signed and bundled calls in EngineRelay, governance in EngineSettings, views in EngineViews, and
         what happens in an auction in EngineAuctions: their code runs on this contract's storage.
@custom:security Holds all collateral. Trusts its router for prices, its vault for quotes alone, and its owner within the
                 bounds of the settings. A call that reverts changes nothing.
@custom:halt The owner sets a market's mode; the router's guardian halts its price.
"""
from snekmate.auth import ownable

from interfaces import IOracleRouter
from interfaces import IOrderbookV2

from contracts.modules import action_matrix
from contracts.modules import refuse
from contracts.modules.engine import account_words as words
from contracts.modules.engine import clearing
from contracts.modules.engine import ledger
from contracts.modules.engine import margin
from contracts.modules.engine import market_words as layout
from contracts.modules.engine import operators
from contracts.modules.engine import parts
from contracts.modules.engine import ramping
from contracts.modules.engine import settling

initializes: ownable
initializes: ledger
initializes: clearing[ledger := ledger]
initializes: operators
initializes: settling[ledger := ledger, clearing := clearing]
initializes: ramping[ledger := ledger]
initializes: margin[ledger := ledger, ramping := ramping]

exports: clearing.auctions


BPS: constant(uint256) = 10_000

accounts: public(immutable(address))        # EngineAccounts, whose code answers what this contract does not know


@deploy
def __init__(owner: address, token_: address, router_: address, auctions_: address, accounts_: address):
    """
    @notice An engine without markets.
    @param owner     May do all that EngineSettings asks the owner for.
    @param token_    The collateral, 6 to 18 decimals.
    @param router_   OracleRouter.
    @param auctions_ EngineAuctions.
    @param accounts_ EngineAccounts.
    @dev   Reverts as parts.
    """
    parts._check(token_, router_, auctions_)
    parts._check(token_, router_, accounts_)
    accounts = accounts_
    clearing.__init__(auctions_)
    ownable.__init__()
    ownable._transfer_ownership(owner)


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
    operators._authorise(account, operators.PLACE | (operators.REDUCE if order.reduce_only else 0))
    book_word: uint256 = self._enter(account, market)
    self._check_mode(book_word, order)
    lowest: uint256 = 0
    highest: uint256 = 0
    lowest, highest = self._band(market)
    order_id: uint256 = 0
    fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
    exposure: IOrderbookV2.Exposure = empty(IOrderbookV2.Exposure)
    order_id, fills, exposure = extcall IOrderbookV2(layout._book(book_word)).place(account, order, lowest, highest)
    bid: uint256 = 0
    ask: uint256 = order.tick
    if not order.is_ask:
        bid = order.tick
        ask = 0
    change: ledger.Change = settling._book(account, market, fills, exposure, bid, ask)
    self._check(account, market, book_word, change, bid != 0, ask != 0, order.reduce_only)
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
    taken, fills, exposure = settling._cancel(IOrderbookV2(layout._book(book_word)), account, order_id, lots)
    settling._book(account, market, fills, exposure, 0, 0)
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
    settling._book(account, market, fills, exposure, 0, 0)
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
    reduce_only: bool = False
    bid: uint256 = 0
    ask: uint256 = 0
    for order: IOrderbookV2.NewOrder in new_orders:
        self._check_mode(book_word, order)
        reduce_only = reduce_only or order.reduce_only
        if not order.is_ask:
            bid = max(bid, order.tick)
        elif ask == 0 or order.tick < ask:
            ask = order.tick
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
    change: ledger.Change = settling._book(account, market, fills, exposure, bid, ask)
    if len(new_orders) != 0:
        self._check(account, market, book_word, change, bid != 0, ask != 0, reduce_only)
    return count, placed


@external
def sync(account: uint256):
    """
    @notice Books what auctions did to an account's orders, in all its markets. By anyone. The marks of the vault's markets (its
            accounts 0 and 1) become those of this second, as whoever enters or leaves it is paid by them; others', where they are too old.
    @param account Any account.
    """
    settling._settle_all(account, max_value(uint256), account | 1 == clearing.vault_account | 1)


@external
def run_auction(market: uint256) -> IOrderbookV2.Clearing:
    """
    @notice Runs the auction of a market whose batch is over. By anyone, for a tip where it traded.
    @param market A listed market.
    @return What it did; nothing where the batch was postponed.
    @dev    Reverts: "engine: unknown market", "engine: batch not due", "engine: awaiting price"; in continuous mode, where there
            is no batch to put off, "engine: market halted" and "engine: price not fit" (HALTED).
    """
    settling._listed(market)
    return clearing._run(market, convert(msg.sender, uint256) << 8)


@external
@payable
@raw_return
@reentrant  # trap-ok: the code that answers holds the lock
def __default__() -> Bytes[parts.MAX_ANSWER]:
    """
    @notice Answers EngineAccounts, EngineRelay, EngineSettings and EngineViews with their code on this contract's storage.
    """
    return raw_call(accounts, msg.data, max_outsize=parts.MAX_ANSWER, is_delegate_call=True)


# ------------------------------------------------------------------ before an action

@internal
def _enter(account: uint256, market: uint256) -> uint256:
    """
    @notice What comes before each action in a market: its due auction.
    @return The market's word.
    """
    settling._listed(market)
    clearing._run_due(market, account)
    return ledger.markets[market].book  # the auction may have ended a restart


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


# ------------------------------------------------------------------ after an action

@internal
def _check(
    account: uint256, market: uint256, book_word: uint256, change: ledger.Change, bids: bool, asks: bool, reduce_only: bool
):
    """
    @notice Whether an account may stand as it does after orders were placed. Whatever lets an exposure grow needs a mode and
            a price that allow it, room under the caps on its side, and initial margin. What does not is a reduction. In
            continuous mode the auction follows at once.
    @param bids        Whether bids are among the new orders.
    @param asks        Whether asks are.
    @param reduce_only Whether one of them may do nothing but reduce.
    """
    settling._settle_all(account, market, False)
    long: uint256 = change.long if bids else 0   # as far as the new orders let it grow
    short: uint256 = change.short if asks else 0
    grew: bool = (long | short) != 0
    if grew and reduce_only:
        refuse._because("engine: would not reduce")
    action: IOracleRouter.Action = IOracleRouter.Action.REDUCE
    if grew:
        action = IOracleRouter.Action.OPEN
    terms: IOracleRouter.Terms = action_matrix._terms(action, layout._status(ledger.markets[market].mark))
    if terms == empty(IOracleRouter.Terms):
        refuse._because("engine: price not fit")
    doubled: uint256 = 0
    if grew:
        if layout._mode(book_word) == clearing.MODE_REDUCE_ONLY:
            refuse._because("engine: reduce-only mode")
        open: uint256 = change.open
        if (layout._long(open) if long != 0 else 0) > layout._open_cap(open) or (
            layout._short(open) if short != 0 else 0
        ) > layout._open_cap(open):
            refuse._because("engine: open interest cap")
        if max(long, short) > layout._account_cap(open):
            refuse._because("engine: account cap")
        if IOracleRouter.Terms.DOUBLE_MARGIN in terms:
            doubled = market + 1
    standing: margin.Standing = margin._of(account, False, doubled)
    if standing.equity < convert(standing.initial, int256) and (
        grew or not self._may_reduce(account, market, standing)
    ):
        refuse._because("engine: margin missed")
    if layout._due(ledger.markets[market].mark) == 0:
        clearing._run(market, account)
        settling._settle(account, market)


@internal
@view
def _may_reduce(account: uint256, market: uint256, standing: margin.Standing) -> bool:
    """
    @notice Whether an account below initial margin may place what reduces a position: if it fills at its limit, equity is to
            be no less of maintenance margin than before.
    """
    position: uint256 = ledger.positions[account][market].position
    orders: uint256 = ledger.positions[account][market].orders
    lots: int256 = words._lots(position)
    if standing.equity <= 0 or lots == 0:
        return False
    closing: uint256 = words._ask_lots(orders) if lots > 0 else words._bid_lots(orders)
    part: margin.Standing = margin._in(account, market, False, False)
    held: uint256 = convert(abs(lots), uint256)
    released: uint256 = part.maintenance * min(closing, held) // held
    return part.losses * standing.maintenance <= convert(standing.equity, uint256) * released
