# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   EngineWordsDriver: the engine's packed words and pure rules, callable, for tests
@license AGPL-3.0-only
@dev     Each function of a word packs its arguments and returns what the accessors read from it.
"""
from interfaces import IOracleRouter
from interfaces import IPerpEngine

from contracts.modules.engine import account_words as words
from contracts.modules.engine import funding
from contracts.modules.engine import ledger
from contracts.modules.engine import margin
from contracts.modules.engine import mark as marks
from contracts.modules.engine import market_words as layout


# ------------------------------------------------------------------ words of an account

@external
@pure
def account(collateral: int256, markets: uint256) -> (int256, uint256):
    """
    @notice Collateral and markets.
    """
    word: uint256 = words._account(collateral, markets)
    return words._collateral(word), word & words.MARKETS


@external
@pure
def position(lots: int256, cash: int256, basis: int256) -> (int256, int256, int256):
    """
    @notice Lots, cash and basis.
    """
    word: uint256 = words._position(lots, cash, basis)
    return words._lots(word), words._cash(word), words._basis(word)


@external
@pure
def orders(
    bid_lots: uint256,
    ask_lots: uint256,
    bid_notional: uint256,
    ask_notional: uint256,
    highest_bid: uint256,
    lowest_ask: uint256,
) -> uint256[6]:
    """
    @notice Open orders.
    """
    word: uint256 = words._orders(bid_lots, ask_lots, bid_notional, ask_notional, highest_bid, lowest_ask)
    return [
        words._bid_lots(word),
        words._ask_lots(word),
        words._bid_notional(word),
        words._ask_notional(word),
        words._highest_bid(word),
        words._lowest_ask(word),
    ]


# ------------------------------------------------------------------ words of a market

@external
@pure
def book(book: address, unit: uint256, taker_ppm: uint256, grid: uint256, mode: uint256) -> (
    address, uint256, uint256, uint256, uint256
):
    """
    @notice The book's address with what is read beside it.
    """
    word: uint256 = layout._book_word(book, unit, taker_ppm, grid, mode)
    return layout._book(word), layout._unit(word), layout._taker_ppm(word), layout._grid(word), layout._mode(word)


@external
@pure
def rules(settings: IPerpEngine.MarketSettings) -> IPerpEngine.MarketSettings:
    """
    @notice Settings, but for those that other words hold: these come back as 0.
    """
    word: uint256 = layout._rules(settings)
    return IPerpEngine.MarketSettings(
        initial_ppm=layout._initial_ppm(word),
        maintenance_bps=layout._maintenance_bps(word),
        soft_notional=layout._soft_notional(word),
        hard_notional=layout._hard_notional(word),
        open_cap=0,
        account_cap=0,
        maker_ppm=layout._maker_ppm(word),
        taker_ppm=0,
        band_bps=layout._band_bps(word),
        mark_band_bps=layout._mark_band_bps(word),
        interest=layout._interest(word),
        funding_clamp=layout._funding_clamp(word),
        price_grace=layout._price_grace(word),
        max_mark_age=0,
        tip=layout._tip(word),
        restart_batches=layout._restart_batches(word),
        impact_lots=layout._impact_lots(word),
    )


@external
@pure
def open(long: uint256, short: uint256, lots: int256, open_cap: uint256, account_cap: uint256) -> uint256[6]:
    """
    @notice Exposure, positions and caps of a market with one account.
    """
    return self._open(layout._open_word(layout._sides(long, short, lots), open_cap, account_cap))


@external
@pure
def with_caps(sums: uint256[4], caps: uint256[2], other: uint256[2]) -> uint256[6]:
    """
    @notice Sums over accounts, after both caps were replaced.
    """
    sides: uint256 = layout._sides(sums[0], sums[1], convert(sums[2], int256)) + layout._sides(
        0, 0, -convert(sums[3], int256)
    )
    word: uint256 = layout._open_word(sides, caps[0], caps[1])
    return self._open(layout._open_word(layout._sides_of(word), other[0], other[1]))


@external
@view
def mark(mark: IPerpEngine.Mark, lot_size: uint256, due: uint256) -> (IPerpEngine.Mark, uint256):
    """
    @notice A mark, after another due time was set, and the lot size that lies beside it.
    """
    word: uint256 = layout._with_due(layout._mark_word(mark), due)
    span: uint256 = layout._span_word(mark.low, mark.high, lot_size)
    found: IPerpEngine.Mark = IPerpEngine.Mark(
        mark=layout._mark(word),
        index=layout._index(word),
        low=layout._low(span),
        high=layout._high(span),
        status=layout._status(word),
        time=layout._marked_at(word),
        due=layout._due(word),
        initial_ppm=layout._marked_initial(word),
        maintenance_ppm=layout._marked_maintenance(word),
    )
    return found, layout._lot_size(span)


@external
@pure
def funding_word(index: int256, growth: int256, time: uint256, scale: uint256, max_mark_age: uint256) -> (
    int256, int256, uint256, uint256, uint256, bool
):
    """
    @notice Funding, written once more with its own constants, and whether there are losses; after a time above 0 there are.
    """
    first: uint256 = layout._funding_word(0, 0, 0, layout._constants(scale, max_mark_age))
    if time != 0:
        first |= layout.HAS_LOSSES
    word: uint256 = layout._funding_word(index, growth, time, layout._constants_of(first))
    return (
        layout._exact_index(word),
        layout._growth(word),
        layout._funded_at(word),
        layout._scale(word),
        layout._max_mark_age(word),
        layout._has_losses(word),
    )


@external
@pure
def premium_word(hour: int256, quarter: int256, clearing: uint256, time: uint256, traded_at: uint256) -> (
    int256, int256, uint256, uint256, uint256
):
    """
    @notice Averages of the premium.
    """
    word: uint256 = layout._premium_word(hour, quarter, clearing, time, traded_at)
    return (
        layout._hour_premium(word),
        layout._quarter_premium(word),
        layout._clearing(word),
        layout._sampled_at(word),
        layout._traded_at(word),
    )


# ------------------------------------------------------------------ rules

@external
@pure
def owed(lots: int256, index: int256, losses: int256, basis: int256, scale: uint256) -> int256:
    """
    @notice As funding gives it.
    """
    return funding._owed(lots, index, losses, basis, scale)


@external
@pure
def share(worth: uint256, ppm: uint256, scale: uint256) -> uint256:
    """
    @notice Margin on a worth.
    """
    return margin._share(worth, ppm, scale)


@external
@pure
def premium(price: uint256, index: uint256, band_bps: uint256) -> int256:
    """
    @notice As funding gives it.
    """
    return funding._premium(price, index, band_bps)


@external
@pure
def averaged(average: int256, sample: int256, seconds: uint256, window: uint256) -> int256:
    """
    @notice As funding gives it.
    """
    return funding._averaged(average, sample, seconds, window)


@external
@pure
def rate(premium: int256, interest: int256, times: uint256, initial_ppm: uint256, maintenance_ppm: uint256) -> int256:
    """
    @notice As funding gives it.
    """
    return funding._rate(premium, interest, times, initial_ppm, maintenance_ppm)


@external
@pure
def growth(rate: int256, index_price: uint256) -> int256:
    """
    @notice As funding gives it.
    """
    return funding._growth(rate, index_price)


@external
@pure
def lot_price(price: uint256, lot_size: uint256, token_unit: uint256, scale: uint256) -> uint256:
    """
    @notice As mark gives it.
    """
    return marks._lot_price(price, lot_size, token_unit, scale)


@external
@pure
def mark_of(index: uint256, quarter: int256, clearing: uint256, band_bps: uint256) -> uint256:
    """
    @notice As mark gives it.
    """
    return marks._of(index, quarter, clearing, band_bps)


@external
@pure
def fractions(
    settings: IPerpEngine.MarketSettings, open_lots: uint256, index: uint256, scale: uint256, token_unit: uint256
) -> (uint256, uint256):
    """
    @notice Initial and maintenance margin fraction as mark gives them.
    """
    rules: uint256 = layout._rules(settings)
    return marks._initial_ppm(
        layout._initial_ppm(rules), rules, open_lots, index, scale, token_unit
    ), marks._maintenance_ppm(rules)


@external
@pure
def kept(before: int256, lots: int256, old_cash: int256, cash: int256) -> int256:
    """
    @notice As ledger gives it.
    """
    return ledger._kept(before, lots, old_cash, cash)


@internal
@pure
def _open(word: uint256) -> uint256[6]:
    return [
        layout._long(word),
        layout._short(word),
        layout._held_long(word),
        layout._held_short(word),
        layout._open_cap(word),
        layout._account_cap(word),
    ]
