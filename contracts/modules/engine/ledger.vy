# pragma version 0.4.3
"""
@title   ledger: collateral, positions, and what fills do to them
@license AGPL-3.0-only
@notice  The one place where collateral and positions change. Whatever one account gives another receives; what is paid for
         rounding stays with the exchange.
@dev     Custody: the sum of all collateral, of all positions' cash and of what auctions owe unsettled accounts is the
         token balance that the engine keeps track of.
"""
from interfaces import IOrderbookV2
from interfaces import IPerpEngine

from contracts.modules import refuse
from contracts.modules import rounding
from contracts.modules.engine import account_words as words
from contracts.modules.engine import funding
from contracts.modules.engine import market_words as layout

PPM: constant(int256) = 1_000_000
BPS: constant(int256) = 10_000
MAX_MARKETS: constant(uint256) = 128         # that the engine lists
MAX_POSITIONS: constant(uint256) = 16        # markets of an account
MAX_LOSSES: constant(uint256) = 2**78        # with the funding index below 2**79 a basis fits its word


struct MarketWords:
    book: uint256
    rules: uint256
    open: uint256
    mark: uint256
    span: uint256
    funding: uint256
    premium: uint256


struct AccountMarket:
    position: uint256
    orders: uint256


# what a change did to an account in a market
struct Change:
    lots: int256           # of the position, after
    long: uint256          # exposure after: max(0, lots + open bids)
    short: uint256         # max(0, open asks - lots)
    open: uint256          # the market's word after


# who has a part in an account's fees; its word has SHARES
struct Sharing:
    referrer: address
    builder: address
    builder_ppm: uint256   # of what it trades, on top of its fees


markets: HashMap[uint256, MarketWords]
units: HashMap[uint256, HashMap[uint256, uint256]]  # market -> grid -> token units per lot and tick
accounts: HashMap[uint256, uint256]
positions: HashMap[uint256, HashMap[uint256, AccountMarket]]
fee_account: uint256       # where fees go, and rebates come from
tracked: uint256           # collateral that came in and has not left, token units
sharing: HashMap[uint256, Sharing]
referral_bps: HashMap[address, uint256]   # referrer -> its part of the fees of whom it referred
losses: HashMap[uint256, uint256]         # market -> what every lot of either side has borne of others' deficits, lot price units
bad_debt: uint256                         # deficits that nobody was there to bear, token units
gate: uint256                             # until when nothing is withdrawn, unix seconds
settled_at: HashMap[uint256, uint256]     # market -> when it was settled, unix seconds; 0: it is not
owing: HashMap[uint256, uint256]          # account -> market whose position, when it was closed last, left it less than nothing
ramps: HashMap[uint256, uint256]          # market -> where its margins come from, and times of changes


# ------------------------------------------------------------------ collateral

@internal
@view
def _collateral(account: uint256) -> int256:
    return words._collateral(self.accounts[account])


@internal
def _credit(account: uint256, amount: int256):
    """
    @notice Adds to an account's collateral; takes from it where the amount is negative.
    """
    if amount != 0:
        word: uint256 = self.accounts[account]
        self.accounts[account] = words._account(words._collateral(word) + amount, word & (words.MARKETS | words.SHARES))


# ------------------------------------------------------------------ fills

@internal
def _book(
    account: uint256,
    market: uint256,
    fills: IOrderbookV2.Fills,
    exposure: IOrderbookV2.Exposure,
    bid: uint256,
    ask: uint256,
) -> Change:
    """
    @notice Books what an account's orders filled, with fees and funding, and what they may still fill.
    @param fills    As the market's book returns it.
    @param exposure The account's open orders after it.
    @param bid      Highest tick of the bids that were placed just now; 0 for none.
    @param ask      Lowest tick of the asks that were placed just now; 0 for none.
    """
    book_word: uint256 = self.markets[market].book
    cash: int256 = 0
    fee: int256 = 0
    worth: int256 = 0
    if fills.grid != 0 or fills.maker_notional + fills.taker_notional != 0:
        unit: uint256 = layout._unit(book_word)
        if fills.grid != layout._grid(book_word):
            unit = self.units[market][fills.grid]
        cash = fills.cash * convert(unit, int256)
        worth = convert((fills.maker_notional + fills.taker_notional) * unit, int256)
        fee = rounding._div_up(
            (
                convert(fills.maker_notional, int256) * layout._maker_ppm(self.markets[market].rules)
                + convert(fills.taker_notional * layout._taker_ppm(book_word), int256)
            )
            * convert(unit, int256),
            PPM,
        )
    # the limits stay until their side is empty: an order that goes may leave them too far out, never too near
    before: uint256 = self.positions[account][market].orders
    highest: uint256 = 0
    if exposure.bid_lots != 0:
        highest = max(words._highest_bid(before), bid)
    lowest: uint256 = 0
    if exposure.ask_lots != 0:
        lowest = words._lowest_ask(before)
        if lowest == 0 or (ask != 0 and ask < lowest):
            lowest = ask
    orders: uint256 = words._orders(
        exposure.bid_lots, exposure.ask_lots, exposure.bid_notional, exposure.ask_notional, highest, lowest
    )
    change: Change = self._change(account, market, fills.lots, cash, fills.basis, fee, orders)
    if worth != 0 and self.accounts[account] & words.SHARES != 0:
        self._share(account, market, worth, fee)
        if change.lots == 0:
            self._note_deficit(account, market)
    return change


@internal
def _share(account: uint256, market: uint256, worth: int256, fee: int256):
    """
    @notice Gives a referrer its part of a fee, rounded down, and a builder what the account owes it on top, rounded up.
    @param worth What was traded, token units.
    @param fee   What the exchange charged for it; of a rebate nobody has a part.
    """
    sharing: Sharing = self.sharing[account]
    referral: int256 = max(fee, 0) * convert(self.referral_bps[sharing.referrer], int256) // BPS
    built: int256 = rounding._div_up(worth * convert(sharing.builder_ppm, int256), PPM)
    self._credit(self.fee_account, -referral)
    self._credit(convert(sharing.referrer, uint256) << 8, referral)
    self._credit(account, -built)
    self._credit(convert(sharing.builder, uint256) << 8, built)
    log IPerpEngine.Shared(account=account, market=market, referral=referral, built=built)


@internal
def _change(
    account: uint256, market: uint256, lots: int256, cash: int256, basis: int256, fee: int256, orders: uint256
) -> Change:
    """
    @notice Adds a trade to a position, pays funding up to now, and replaces what is known of the open orders.
    @dev    A trade that reduces a position realises the part of its cash that goes with the lots closed: the part kept
            is rounded up, so that of a profit no more than it moves to the collateral. Nothing is lost, the sum is exact.
    @param lots   Bought less sold.
    @param cash   Received less paid, token units.
    @param basis  Sum of signed lots x funding index of their auctions.
    @param fee    Token units, negative for a rebate.
    @param orders Open orders after it, a word of account_words.
    """
    charged: int256 = fee
    if fee < 0:  # a rebate is paid out of fees, and no further than they go
        charged = -min(-fee, max(self._collateral(self.fee_account), 0))
    position: uint256 = self.positions[account][market].position
    old_orders: uint256 = self.positions[account][market].orders
    funding_word: uint256 = self.markets[market].funding
    scale: uint256 = layout._scale(funding_word)
    before: int256 = words._lots(position)
    after: int256 = before + lots
    total: int256 = words._cash(position) + cash
    kept: int256 = self._kept(before, lots, words._cash(position), cash)
    losses: int256 = self._losses(market, funding_word)
    new_basis: int256 = words._basis(position) + basis - abs(before) * losses
    paid: int256 = rounding._shift_up(after * funding._index(funding_word) - new_basis, scale)
    new_basis += (paid << scale) + abs(after) * losses
    if after == 0:
        new_basis = 0  # less than a token unit, to the account's debit
    new_position: uint256 = words._position(after, kept, new_basis)
    if new_position != position:
        self.positions[account][market].position = new_position
    if orders != old_orders:
        self.positions[account][market].orders = orders

    delta: int256 = total - kept - paid - charged
    word: uint256 = self.accounts[account]
    listed: uint256 = self._listed(word & words.MARKETS, market, (new_position | orders) != 0)
    new_word: uint256 = words._account(words._collateral(word) + delta, listed | (word & words.SHARES))
    if new_word != word:
        self.accounts[account] = new_word
    self._credit(self.fee_account, charged)
    if after == 0 and before != 0:
        self._note_deficit(account, market)
    if lots != 0 or cash != 0 or paid != 0:
        log IPerpEngine.Booked(
            account=account, market=market, lots=lots, cash=cash, fee=charged, realised=total - kept, funding=paid
        )
    return self._exposed(market, before, after, old_orders, orders)


@internal
@view
def _losses(market: uint256, funding_word: uint256) -> int256:
    """
    @notice What every lot of the market has borne of others' deficits so far, lot price units.
    """
    if not layout._has_losses(funding_word):
        return 0
    return convert(self.losses[market], int256)


@internal
@view
def _owed(market: uint256, lots: int256, basis: int256) -> int256:
    """
    @notice What a position owes for funding and for others' deficits, as funding gives it.
    """
    word: uint256 = self.markets[market].funding
    return funding._owed(lots, funding._index(word), self._losses(market, word), basis, layout._scale(word))


@internal
def _socialise(market: uint256, amount: uint256) -> bool:
    """
    @notice Has all positions of a market bear an amount, lot for lot on both sides, rounded up. False where there are none, or
            so few that what each lot bears would not fit its word: then nobody bears anything, as a deficit has to end somewhere.
    @dev    Positions count as they are booked: so the sum of what they bear is the amount, and dust that stays with the
            exchange. Source of the form: Hyperliquid's and dYdX's deficits, shared by an index (docs/risk.md).
    """
    open: uint256 = self.markets[market].open
    lots: uint256 = layout._held_long(open) + layout._held_short(open)
    if lots == 0:
        return False
    word: uint256 = self.markets[market].funding
    losses: uint256 = self.losses[market] + ((amount << layout._scale(word)) + lots - 1) // lots
    if losses >= MAX_LOSSES:
        return False
    self.losses[market] = losses
    self.markets[market].funding = word | layout.HAS_LOSSES
    return True


@internal
def _note_deficit(account: uint256, market: uint256):
    """
    @notice Remembers in which market a position was closed at a loss that the account cannot bear.
    """
    if self._collateral(account) < 0:
        self.owing[account] = market


@internal
@pure
def _kept(before: int256, lots: int256, old_cash: int256, cash: int256) -> int256:
    """
    @notice Cash that stays in a position after a trade; the rest of old and new cash is realised.
    """
    after: int256 = before + lots
    if after == 0:
        return 0
    if before == 0 or lots == 0 or (before > 0) == (lots > 0):
        return old_cash + cash
    shared: int256 = old_cash  # reduced: of the old cash, the share of what is left
    whole: int256 = before
    if (before > 0) != (after > 0):
        shared = cash          # turned: of the new cash, the share of what is new
        whole = lots
    return rounding._div_up(shared * abs(after), abs(whole))


@internal
def _exposed(market: uint256, before: int256, after: int256, old_orders: uint256, orders: uint256) -> Change:
    """
    @notice Replaces an account's position and exposure in the sums of its market.
    """
    change: Change = Change(
        lots=after,
        long=self._long(after, orders),
        short=self._short(after, orders),
        open=self.markets[market].open,
    )
    was: uint256 = layout._sides(self._long(before, old_orders), self._short(before, old_orders), before)
    now: uint256 = layout._sides(change.long, change.short, after)
    if now != was:
        # unsafe: the word's sums are of all accounts, this one's part among them, so none of them falls below zero
        change.open = unsafe_add(change.open, unsafe_sub(now, was))
        self.markets[market].open = change.open
    return change


@internal
@pure
def _long(lots: int256, orders: uint256) -> uint256:
    return convert(max(0, lots + convert(words._bid_lots(orders), int256)), uint256)


@internal
@pure
def _short(lots: int256, orders: uint256) -> uint256:
    return convert(max(0, convert(words._ask_lots(orders), int256) - lots), uint256)


@internal
@pure
def _listed(markets: uint256, market: uint256, is_used: bool) -> uint256:
    """
    @notice An account's markets, this one among them where it is used.
    """
    bit: uint256 = 1 << market
    if not is_used:
        return markets & ~bit
    if not self._has_room(markets, market):
        refuse._because("engine: too many markets")
    return markets | bit


@internal
@pure
def _has_room(markets: uint256, market: uint256) -> bool:
    """
    @notice Whether an account in these markets may be in this one as well.
    """
    rest: uint256 = markets | (1 << market)
    for _: uint256 in range(MAX_POSITIONS):
        rest = rest & unsafe_sub(rest, 1)  # without its lowest bit; unsafe: 0 & anything is 0
    return rest == 0
