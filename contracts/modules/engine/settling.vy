# pragma version 0.4.3
"""
@title   settling: what auctions did to an account's orders becomes what the account has
@license AGPL-3.0-only
@notice  The way from a book's answer to the ledger, for every call that touches an account.
"""
from interfaces import IOrderbookV2
from interfaces import IOrderbookViews

from contracts.modules import bits
from contracts.modules import refuse
from contracts.modules.engine import account_words as words
from contracts.modules.engine import clearing
from contracts.modules.engine import ledger
from contracts.modules.engine import market_words as layout

uses: ledger
uses: clearing


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
def _settle(account: uint256, market: uint256):
    """
    @notice Books what auctions did to an account's orders in a market.
    """
    fills: IOrderbookV2.Fills = empty(IOrderbookV2.Fills)
    exposure: IOrderbookV2.Exposure = empty(IOrderbookV2.Exposure)
    fills, exposure = extcall IOrderbookV2(layout._book(ledger.markets[market].book)).sync(account)
    self._book(account, market, fills, exposure, 0, 0)


@internal
def _book(
    account: uint256,
    market: uint256,
    fills: IOrderbookV2.Fills,
    exposure: IOrderbookV2.Exposure,
    bid: uint256,
    ask: uint256,
) -> ledger.Change:
    """
    @notice Books fills, and takes reduce-only orders off the book as far as there is nothing left for them to reduce.
    @dev    In a batch that is over nothing leaves: its orders wait for the next touch.
    """
    change: ledger.Change = ledger._book(account, market, fills, exposure, bid, ask)
    if exposure.has_reduce_only and (
        convert(change.long, int256) > max(change.lots, 0) or convert(change.short, int256) > max(-change.lots, 0)
    ):
        due: uint256 = layout._due(ledger.markets[market].mark)
        if due == 0 or block.timestamp < due:
            self._trim(account, market, change.lots)
            change.open = ledger.markets[market].open  # what was taken off leaves room under the caps
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
                taken, fills, exposure = self._cancel(book, account, order.order_id, order.lots - kept)
                trimmed = True
    if trimmed:
        ledger._book(account, market, fills, exposure, 0, 0)


@internal
def _cancel(
    book: IOrderbookV2, account: uint256, order_id: uint256, lots: uint256
) -> (uint256, IOrderbookV2.Fills, IOrderbookV2.Exposure):
    """
    @notice As the book's `cancel`: in one place, as its answer takes much code to read.
    """
    return extcall book.cancel(account, order_id, lots)


@internal
def _settle_all(account: uint256, but: uint256, now: bool):
    """
    @notice Settles an account wherever it has open orders, and refreshes the marks of its markets that are too old.
    @param but A market that is settled already.
    @param now Whether marks have to be of this second.
    """
    rest: uint256 = ledger.accounts[account] & words.MARKETS
    for _: uint256 in range(ledger.MAX_POSITIONS):
        if rest == 0:
            break
        market: uint256 = bits._highest(rest)
        rest ^= 1 << market
        if market != but and ledger.positions[account][market].orders != 0:
            self._settle(account, market)
        clearing._refresh(market, now)
