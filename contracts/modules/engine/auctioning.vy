# pragma version 0.4.3
"""
@title   auctioning: auctions, and the marks that they leave
@license AGPL-3.0-only
@notice  The way of an auction: what the oracle says, whether the vault may quote on it, the book's clearing, the vault's
         fills, then premium, mark, margin fractions and funding, written down for all who value positions after it.
"""
from interfaces import IOracleRouter
from interfaces import IOrderbookV2
from interfaces import IOrderbookViews
from interfaces import IPerpEngine
from interfaces import IQuoter

from contracts.modules import action_matrix
from contracts.modules import refuse
from contracts.modules.engine import account_words as words
from contracts.modules.engine import clearing
from contracts.modules.engine import funding
from contracts.modules.engine import ledger
from contracts.modules.engine import mark as marks
from contracts.modules.engine import market_words as layout
from contracts.modules.engine import ramping

uses: ledger
uses: ramping
uses: clearing

MAX_QUOTE: constant(uint256) = 2**29        # lots, where the book stops
QUOTER_GAS: constant(uint256) = 300_000
TIP_PPM: constant(uint256) = 1_000_000

router: immutable(address)
token_unit: immutable(uint256)              # 10**decimals of the collateral


# what the router said, in lot prices
struct Seen:
    index: uint256
    low: uint256
    high: uint256
    status: IOracleRouter.Status
    published_at: uint256


@deploy
def __init__(router_: address, token_unit_: uint256):
    router = router_
    token_unit = token_unit_


# ------------------------------------------------------------------ auctions

@internal
def _run(market: uint256, runner: uint256) -> IOrderbookV2.Clearing:
    """
    @notice Runs an auction, or postpones it while the market or its price is halted.
    @param runner Account that is paid the tip.
    """
    book_word: uint256 = ledger.markets[market].book
    book: IOrderbookV2 = IOrderbookV2(layout._book(book_word))
    mark_word: uint256 = ledger.markets[market].mark
    due: uint256 = layout._due(mark_word)
    if due > block.timestamp:
        refuse._because("engine: batch not due")
    mode: uint256 = layout._mode(book_word)
    if mode == clearing.MODE_SETTLED:
        ledger.markets[market].mark = layout._renewed(mark_word, extcall book.postpone())
        return empty(IOrderbookV2.Clearing)
    rules: uint256 = ledger.markets[market].rules
    scale: uint256 = layout._scale(ledger.markets[market].funding)
    seen: Seen = self._see(market, scale)
    if mode >= clearing.MODE_HALTED or seen.status == IOracleRouter.Status.HALTED:
        if due == 0:  # continuous: an order that stays without its auction would keep all others out
            refuse._because("engine: market halted" if mode >= clearing.MODE_HALTED else "engine: price not fit")
        next: uint256 = extcall book.postpone()
        self._mark(market, seen, 0, False, next, rules)
        log IPerpEngine.Halted(market=market, due=next)
        return empty(IOrderbookV2.Clearing)

    unit: uint256 = layout._unit(book_word)
    index: int256 = funding._index(ledger.markets[market].funding)
    quotes: IOrderbookV2.VaultQuotes = empty(IOrderbookV2.VaultQuotes)
    if clearing.vault != empty(address) and due != 0:
        if self._may_quote(seen, due):
            quotes = self._quotes(market, unit, seen, scale)
        elif block.timestamp < due + layout._price_grace(rules) and seen.status != IOracleRouter.Status.STALE:
            refuse._because("engine: awaiting price")
    reference: uint256 = self._tick(layout._mark(mark_word), unit, scale)
    cleared: IOrderbookV2.Clearing = extcall book.clear(reference, index, quotes)
    batches: uint256 = layout._batches(book_word)
    if batches != 0 and (due != 0 or layout._marked_at(mark_word) != block.timestamp):  # in continuous mode, once a second
        self._count_down(market, book_word, batches - 1)
    if cleared.vault_bought + cleared.vault_sold != 0:  # booked at once: one who quotes has no orders to be settled
        lots: int256 = convert(cleared.vault_bought, int256) - convert(cleared.vault_sold, int256)
        ledger._change(
            clearing.vault_account, market, lots, -lots * convert(cleared.price * unit, int256), lots * index, 0, 0
        )
    price: uint256 = (cleared.price * unit) << scale
    impact: uint256 = layout._impact_lots(rules)
    counts: bool = cleared.lots >= impact
    if not counts:
        price = 0  # in continuous mode a book is what the last order made of it
        if due != 0:
            price = self._impact_price(book, impact, unit << scale, seen.index)
    next_due: uint256 = (staticcall book.market()).due
    self._mark(market, seen, price, counts, next_due, rules)
    if cleared.traded:
        # no more than a tenth of what a taker pays for the volume: who trades with himself for the tip loses by it
        fees: uint256 = cleared.lots * cleared.price * unit * layout._taker_ppm(book_word) // (10 * TIP_PPM)
        self._pay_tip(market, runner, min(layout._tip(rules), fees))
    return cleared


@internal
def _count_down(market: uint256, book_word: uint256, left: uint256):
    """
    @notice Of the batches after a restart in which nobody may take, one is over.
    """
    mode: uint256 = clearing.MODE_ACTIVE if left == 0 else clearing.MODE_POST_ONLY
    ledger.markets[market].book = layout._with_state(book_word, mode, left)
    if left == 0:
        log IPerpEngine.ModeSet(market=market, mode=IPerpEngine.Mode.ACTIVE)


@internal
@view
def _may_quote(seen: Seen, due: uint256) -> bool:
    """
    @notice The vault quotes on prices that are fit for it, and published after the batch closed.
    """
    terms: IOracleRouter.Terms = action_matrix._terms(IOracleRouter.Action.QUOTE, seen.status)
    return terms != empty(IOracleRouter.Terms) and seen.published_at > due


@internal
@view
def _quotes(market: uint256, unit: uint256, seen: Seen, scale: uint256) -> IOrderbookV2.VaultQuotes:
    """
    @notice Asks the vault. Nothing that it does can stop the auction, nor can the runner silence it by giving little gas.
            While an order of its account is not settled, one of its liquidation, it is not asked: its lots are not known.
    """
    if (
        not ledger._has_room(ledger.accounts[clearing.vault_account] & words.MARKETS, market)
        or ledger.positions[clearing.vault_account][market].orders != 0
    ):
        return empty(IOrderbookV2.VaultQuotes)
    position: uint256 = ledger.positions[clearing.vault_account][market].position
    lots: int256 = words._lots(position)
    question: IQuoter.Question = IQuoter.Question(
        market=market,
        unit=unit,
        mark=self._tick(seen.index, unit, scale),
        low=self._tick(seen.low, unit, scale),
        high=self._tick(seen.high + (unit << scale) - 1, unit, scale),  # outwards
        wider=seen.status == IOracleRouter.Status.DEGRADED,
        lots=lots,
        collateral=words._collateral(ledger.accounts[clearing.vault_account]),
        profit=words._cash(position)
            + (lots * convert(seen.index, int256) >> scale)
            - ledger._owed(market, lots, words._basis(position)),
    )
    if msg.gas < QUOTER_GAS + QUOTER_GAS // 32 + 20_000:
        refuse._because("engine: too little gas")
    success: bool = False
    answer: Bytes[128] = b""
    success, answer = raw_call(
        clearing.vault,
        abi_encode(question, method_id=method_id("quotes((uint256,uint256,uint256,uint256,uint256,bool,int256,int256,int256))")),
        max_outsize=128,
        gas=QUOTER_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success or len(answer) != 128:
        return empty(IOrderbookV2.VaultQuotes)
    quotes: IOrderbookV2.VaultQuotes = abi_decode(answer, IOrderbookV2.VaultQuotes)
    if (
        max(quotes.bid_lots, quotes.ask_lots) >= MAX_QUOTE
        or (quotes.bid_lots != 0 and (quotes.bid_tick == 0 or quotes.bid_tick > clearing.MAX_TICK))
        or (quotes.ask_lots != 0 and (quotes.ask_tick == 0 or quotes.ask_tick > clearing.MAX_TICK))
        or (quotes.bid_lots != 0 and quotes.ask_lots != 0 and quotes.bid_tick >= quotes.ask_tick)
    ):
        return empty(IOrderbookV2.VaultQuotes)
    # no further than the cap on its side, nor than it takes to close the vault's position
    open: uint256 = ledger.markets[market].open
    quotes.bid_lots = min(quotes.bid_lots, self._room(open, layout._long(open), -lots))
    quotes.ask_lots = min(quotes.ask_lots, self._room(open, layout._short(open), lots))
    return quotes


@internal
@pure
def _room(open: uint256, taken: uint256, closing: int256) -> uint256:
    """
    @notice Lots that the vault may trade on a side.
    @param taken   Exposure of that side.
    @param closing That reduce the vault's position, where it is above zero.
    """
    cap: uint256 = layout._open_cap(open)
    return cap - min(cap, taken) + convert(max(closing, 0), uint256)


@internal
def _pay_tip(market: uint256, runner: uint256, tip: uint256):
    """
    @notice Pays whoever ran an auction that traded, as far as the runners' pot goes.
    """
    amount: int256 = min(convert(tip, int256), ledger._collateral(clearing.tip_account))
    if amount > 0:
        ledger._credit(clearing.tip_account, -amount)
        ledger._credit(runner, amount)
        log IPerpEngine.Tipped(market=market, runner=runner, amount=convert(amount, uint256))


# ------------------------------------------------------------------ prices

@internal
def _see(market: uint256, scale: uint256) -> Seen:
    """
    @notice Records the oracle's price, and gives it in lot prices. One that is not where the sources are, or older than
            it says, is no news: its publish time is given as 0.
    """
    price: IOracleRouter.Price = extcall IOracleRouter(router).record(market)
    lot_size: uint256 = layout._lot_size(ledger.markets[market].span)
    published_at: uint256 = price.published_at
    if price.troubles in (IOracleRouter.Trouble.MOVE_LIMITED | IOracleRouter.Trouble.OUTDATED):
        published_at = 0
    return Seen(
        index=marks._lot_price(price.price, lot_size, token_unit, scale),
        low=marks._lot_price(price.low, lot_size, token_unit, scale),
        high=marks._lot_price(price.high, lot_size, token_unit, scale),
        status=price.status,
        published_at=published_at,
    )


@internal
def _refresh(market: uint256):
    """
    @notice Takes a new price for a mark; without an auction there is no premium to sample.
    """
    mark_word: uint256 = ledger.markets[market].mark
    due: uint256 = layout._due(mark_word)
    if layout._mode(ledger.markets[market].book) == clearing.MODE_SETTLED:
        ledger.markets[market].mark = layout._renewed(mark_word, due)
        return
    seen: Seen = self._see(market, layout._scale(ledger.markets[market].funding))
    self._mark(market, seen, 0, False, due, ledger.markets[market].rules)


@internal
def _mark(market: uint256, seen: Seen, price: uint256, traded: bool, due: uint256, rules: uint256):
    """
    @notice Writes down what follows from an index and a price: averages, mark, margin fractions, funding.
    @param price  Lot price that the premium is sampled from; 0: no sample.
    @param traded Whether it is a clearing price, of a trade large enough to tell.
    """
    funding_word: uint256 = ledger.markets[market].funding
    premium_word: uint256 = ledger.markets[market].premium
    scale: uint256 = layout._scale(funding_word)
    hour: int256 = layout._hour_premium(premium_word)
    quarter: int256 = layout._quarter_premium(premium_word)
    last: uint256 = layout._clearing(premium_word)
    traded_at: uint256 = layout._traded_at(premium_word)
    if block.timestamp - traded_at > funding.QUARTER:
        last = 0
    seconds: uint256 = block.timestamp - layout._sampled_at(premium_word)
    if price != 0 and seen.status != IOracleRouter.Status.STALE:
        if traded:
            last = min(price, layout.LOT_PRICE)
            traded_at = block.timestamp
        sample: int256 = funding._premium(price, seen.index, layout._mark_band_bps(rules))
        hour = funding._averaged(hour, sample, seconds, funding.HOUR)
        quarter = funding._averaged(quarter, sample, seconds, funding.QUARTER)
        ledger.markets[market].premium = layout._premium_word(hour, quarter, last, block.timestamp, traded_at)
    else:  # the silence counts already as it will at the next sample; nothing is stored of it
        hour = funding._faded(hour, seconds, funding.HOUR)
        quarter = funding._faded(quarter, seconds, funding.QUARTER)
    open: uint256 = ledger.markets[market].open
    base: uint256 = 0
    maintenance: uint256 = 0
    base, maintenance = ramping._fractions(market, rules, funding_word)
    constants: uint256 = layout._constants_of(funding_word)
    if layout._is_ramping(funding_word) and ramping._is_over(market):
        constants -= layout.RAMPING
    initial: uint256 = marks._initial_ppm(
        base, rules, max(layout._held_long(open), layout._held_short(open)), seen.index, scale, token_unit
    )
    rate: int256 = 0
    if seen.status != IOracleRouter.Status.HALTED and layout._mode(ledger.markets[market].book) < clearing.MODE_HALTED:
        rate = funding._rate(hour, layout._interest(rules), layout._funding_clamp(rules), initial, maintenance)
    exact: int256 = funding._exact_index(funding_word)
    ledger.markets[market].funding = layout._funding_word(
        exact, funding._growth(rate, seen.index), block.timestamp, constants
    )
    mark: uint256 = marks._of(seen.index, quarter, last, layout._mark_band_bps(rules))
    ledger.markets[market].mark = layout._mark_word(
        IPerpEngine.Mark(
            mark=mark,
            index=seen.index,
            low=seen.low,
            high=seen.high,
            status=seen.status,
            time=block.timestamp,
            due=due,
            initial_ppm=initial,
            maintenance_ppm=maintenance,
        )
    )
    ledger.markets[market].span = layout._span_word(
        seen.low, seen.high, layout._lot_size(ledger.markets[market].span)
    )
    log IPerpEngine.MarkSet(
        market=market,
        mark=mark,
        index=seen.index,
        status=seen.status,
        funding_index=exact >> layout.FRACTION,
        rate=rate,
    )


@internal
def _settle(market: uint256, price: uint256):
    """
    @notice The last mark of a market, and the end of its funding.
    """
    self._freeze(market)
    word: uint256 = ledger.markets[market].mark
    ledger.markets[market].mark = layout._mark_word(
        IPerpEngine.Mark(
            mark=price,
            index=price,
            low=price,
            high=price,
            status=IOracleRouter.Status.LIVE,
            time=block.timestamp,
            due=layout._due(word),
            initial_ppm=layout._marked_initial(word),
            maintenance_ppm=layout._marked_maintenance(word),
        )
    )
    ledger.markets[market].span = layout._span_word(price, price, layout._lot_size(ledger.markets[market].span))
    log IPerpEngine.MarkSet(
        market=market,
        mark=price,
        index=price,
        status=IOracleRouter.Status.LIVE,
        funding_index=funding._index(ledger.markets[market].funding),
        rate=0,
    )


@internal
def _freeze(market: uint256):
    """
    @notice Stops the funding index of a market until its next mark.
    """
    word: uint256 = ledger.markets[market].funding
    ledger.markets[market].funding = layout._funding_word(
        funding._exact_index(word), 0, block.timestamp, layout._constants_of(word)
    )


@internal
@view
def _impact_price(book: IOrderbookV2, lots: uint256, one: uint256, index: uint256) -> uint256:
    """
    @notice Where an auction traded too little to tell: the price at which the resting book would still take so many lots, if it
            is beyond the index, on either side; else the index, and there is no premium. Source: dYdX v4's impact prices.
    @param one A tick as a lot price.
    """
    bid: uint256 = 0
    ask: uint256 = 0
    bid, ask = staticcall IOrderbookViews(book.address).impact(lots)
    if bid * one > index:
        return bid * one
    if ask != 0 and ask * one < index:
        return ask * one
    return index


@internal
@pure
def _tick(lot_price: uint256, unit: uint256, scale: uint256) -> uint256:
    """
    @notice The tick at or below a lot price, on the grid.
    """
    return max(1, min((lot_price >> scale) // unit, clearing.MAX_TICK))
