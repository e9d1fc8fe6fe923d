# pragma version 0.4.3
"""
@title   margin: what an account is worth, and what it has to be worth
@license AGPL-3.0-only
@notice  Equity counts against the account: values rounded down, funding owed up. Initial margin is asked for the worst of
         position and open orders, these valued at their limits with the taker's fee: so no fill can break it.
"""
from interfaces import IOracleRouter
from interfaces import IPerpEngine

from contracts.modules import bits
from contracts.modules.engine import account_words as words
from contracts.modules.engine import ledger
from contracts.modules.engine import market_words as layout
from contracts.modules.engine import ramping

uses: ledger
uses: ramping

PPM: constant(uint256) = 1_000_000


struct Standing:
    equity: int256
    initial: uint256       # margin for the worst case of positions and open orders, and `losses`
    maintenance: uint256   # for the positions
    losses: uint256        # what open orders lose against the mark where they fill, with their fees
    statuses: IOracleRouter.Status  # of the marks of all markets with a position


@internal
@view
def _of(account: uint256, unkind: bool, doubled: uint256) -> Standing:
    """
    @notice An account's standing at the stored marks; what auctions did to its orders since has to be booked already.
    @param unkind  For what leaves: value positions at the unkinder of mark and index, and on a price that is DEGRADED at the end of its range
                   that is unkindest to the account.
    @param doubled Market whose initial margin is doubled, plus 1; 0 for none.
    """
    word: uint256 = ledger.accounts[account]
    sum: Standing = empty(Standing)
    sum.equity = words._collateral(word)
    rest: uint256 = word & words.MARKETS
    for _: uint256 in range(ledger.MAX_POSITIONS):
        if rest == 0:
            break
        market: uint256 = bits._highest(rest)
        rest ^= 1 << market
        part: Standing = self._in(account, market, unkind, doubled == market + 1)
        sum.equity += part.equity
        sum.initial += part.initial
        sum.maintenance += part.maintenance
        sum.losses += part.losses
        sum.statuses |= part.statuses
    return sum


@internal
@view
def _in(account: uint256, market: uint256, unkind: bool, double: bool) -> Standing:
    """
    @notice What one market adds.
    """
    found: Standing = empty(Standing)
    position: uint256 = ledger.positions[account][market].position
    orders: uint256 = ledger.positions[account][market].orders
    mark_word: uint256 = ledger.markets[market].mark
    mark: uint256 = layout._mark(mark_word)
    lots: int256 = words._lots(position)
    scale: uint256 = layout._scale(ledger.markets[market].funding)
    if lots != 0:
        found.statuses = layout._status(mark_word)
        value_at: uint256 = mark
        if unkind:
            span: uint256 = ledger.markets[market].span
            if found.statuses != IOracleRouter.Status.DEGRADED:
                span = layout._span_word(layout._index(mark_word), layout._index(mark_word), 0)
            value_at = min(mark, layout._low(span)) if lots > 0 else max(mark, layout._high(span))
        found.equity = (
            words._cash(position)
            + (lots * convert(value_at, int256) >> scale)
            - ledger._owed(market, lots, words._basis(position))
        )
        found.maintenance = self._share(
            convert(abs(lots), uint256) * mark, layout._marked_maintenance(mark_word), scale
        )
    worst: uint256 = convert(abs(lots), uint256)
    if orders != 0:
        worst = max(ledger._long(lots, orders), max(ledger._short(lots, orders), worst))
        found.losses = self._losses(account, market, orders, mark, scale)
    initial_ppm: uint256 = layout._marked_initial(mark_word)
    if unkind:
        initial_ppm = ramping._fractions(  # others' orders do not keep anybody's money here
            market, ledger.markets[market].rules, ledger.markets[market].funding
        )[0]
    found.initial = self._share(worst * mark, initial_ppm << 1 if double else initial_ppm, scale) + found.losses
    return found


@internal
@view
def _doubt(account: uint256) -> uint256:
    """
    @notice By how much an account's equity may be above the unkind one of `_of`, where it is the kinder of mark and index
            that holds, or the kinder end of a range that is DEGRADED. Rounded up.
    """
    sum: uint256 = 0
    rest: uint256 = ledger.accounts[account] & words.MARKETS
    for _: uint256 in range(ledger.MAX_POSITIONS):
        if rest == 0:
            break
        market: uint256 = bits._highest(rest)
        rest ^= 1 << market
        mark_word: uint256 = ledger.markets[market].mark
        bottom: uint256 = layout._index(mark_word)
        top: uint256 = bottom
        if layout._status(mark_word) == IOracleRouter.Status.DEGRADED:
            bottom = layout._low(ledger.markets[market].span)
            top = layout._high(ledger.markets[market].span)
        width: uint256 = max(top, layout._mark(mark_word)) - min(bottom, layout._mark(mark_word))
        lots: uint256 = convert(abs(words._lots(ledger.positions[account][market].position)), uint256)
        scale: uint256 = layout._scale(ledger.markets[market].funding)
        sum += self._worth_up(lots, width, scale)
    return sum


@internal
@view
def _losses(account: uint256, market: uint256, orders: uint256, mark: uint256, scale: uint256) -> uint256:
    """
    @notice The most that open orders can lose against the mark by filling, whichever of them do, with the taker's and the
            builder's fee: all lots of a side are counted at the limit that is furthest on the wrong side of the mark.
    """
    book_word: uint256 = ledger.markets[market].book
    unit: uint256 = layout._unit(book_word)
    paid: uint256 = words._bid_notional(orders) * unit
    received: uint256 = words._ask_notional(orders) * unit
    losses: uint256 = self._share(paid + received, layout._taker_ppm(book_word), 0)
    if ledger.accounts[account] & words.SHARES != 0:
        losses += self._share(paid + received, ledger.sharing[account].builder_ppm, 0)
    limit: uint256 = (words._highest_bid(orders) * unit) << scale
    if limit > mark:
        losses += self._worth_up(words._bid_lots(orders), limit - mark, scale)
    limit = (words._lowest_ask(orders) * unit) << scale
    if limit < mark:
        losses += self._worth_up(words._ask_lots(orders), mark - limit, scale)
    return losses


@internal
@pure
def _worth_up(lots: uint256, price: uint256, scale: uint256) -> uint256:
    """
    @notice Lots at a lot price, token units, rounded up.
    """
    return (lots * price + (1 << scale) - 1) >> scale


@internal
@pure
def _share(worth: uint256, ppm: uint256, scale: uint256) -> uint256:
    """
    @notice ppm of a worth with `scale` bits of fraction, rounded up.
    """
    divisor: uint256 = PPM << scale
    return (worth * ppm + divisor - 1) // divisor
