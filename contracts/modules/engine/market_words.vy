# pragma version 0.4.3
"""
@title   market_words: the packed words of a market in the engine
@license AGPL-3.0-only
@notice  From the lowest bit:
         book      address 160 | unit 64 | taker ppm 14 | grid 8 | mode 3 (number of the flag's bit) |
                   batches 7 (left until POST_ONLY ends)
         rules     initial ppm 20 | maintenance bps 14 | soft notional 40 | hard notional 40 | maker ppm 15, signed |
                   band bps 13 | mark band bps 11 | interest 21, signed | funding clamp 4 | price grace 10 | tip 40 |
                   restart batches 7 | impact lots 21
         open      long 40 | short 40 | open cap 36 | account cap 34 | held long 40 | held short 40
         mark      mark 72 | index 72 | time 32 | due 32 | initial ppm 20 | maintenance ppm 20 | status 4 (the flag)
         span      low 72 | high 72 | lot size 96
         funding   index 96, signed, with 16 bits of fraction | growth a second 80, signed, same unit | time 32 |
                   scale 7 | max mark age 12 | losses 1 (all positions have borne some) | ramping 1 (margins are on
                   their way, as the ramp tells)
         ramp      initial ppm 20 | maintenance ppm 20 | time 32 (all at its start) | end 32 | settings changed at 32 |
                   book changed at 32 | margins raised by the guardian at 32
         premium   of an hour 40, signed | of 15 minutes 40, signed | clearing 72 | time 32 | traded at 32
"""
from interfaces import IOracleRouter
from interfaces import IPerpEngine

BOOK: constant(uint256) = 2**160 - 1
UNIT_AT: constant(uint256) = 160
UNIT: constant(uint256) = 2**64 - 1
TAKER_AT: constant(uint256) = 224
GRID_AT: constant(uint256) = 238
MODE_AT: constant(uint256) = 246
RESTART_AT: constant(uint256) = 228
IMPACT_AT: constant(uint256) = 235

LOT_PRICE: constant(uint256) = 2**72 - 1
SIDE: constant(uint256) = 2**40 - 1
CAPS: constant(uint256) = (2**70 - 1) << 80
HELD_AT: constant(uint256) = 150
LOT_SIZE_AT: constant(uint256) = 144
FRACTION: constant(uint256) = 16
SCALE_AT: constant(uint256) = 208
HAS_LOSSES: constant(uint256) = 2**227   # in the word of funding
RAMPING: constant(uint256) = 2**228
TIME: constant(uint256) = 2**32 - 1


# ------------------------------------------------------------------ book

@internal
@pure
def _book_word(book: address, unit: uint256, taker_ppm: uint256, grid: uint256, state: uint256) -> uint256:
    """
    @param state Mode, and from bit 3 on the batches left.
    """
    return (
        convert(book, uint256)
        | (unit << UNIT_AT)
        | (taker_ppm << TAKER_AT)
        | (grid << GRID_AT)
        | (state << MODE_AT)
    )


@internal
@pure
def _book(word: uint256) -> address:
    return convert(word & BOOK, address)


@internal
@pure
def _unit(word: uint256) -> uint256:
    return (word >> UNIT_AT) & UNIT


@internal
@pure
def _taker_ppm(word: uint256) -> uint256:
    return (word >> TAKER_AT) & (2**14 - 1)


@internal
@pure
def _grid(word: uint256) -> uint256:
    return (word >> GRID_AT) & (2**8 - 1)


@internal
@pure
def _mode(word: uint256) -> uint256:
    """
    @notice Number of the mode's bit in IPerpEngine.Mode.
    """
    return (word >> MODE_AT) & 7


@internal
@pure
def _batches(word: uint256) -> uint256:
    """
    @notice Auctions to run until POST_ONLY gives way to ACTIVE; 0: it stays as it is.
    """
    return word >> (MODE_AT + 3)


@internal
@pure
def _state(word: uint256) -> uint256:
    return word >> MODE_AT


@internal
@pure
def _with_state(word: uint256, mode: uint256, batches: uint256) -> uint256:
    return (word & (2**MODE_AT - 1)) | (mode << MODE_AT) | (batches << (MODE_AT + 3))


# ------------------------------------------------------------------ rules

@internal
@pure
def _rules(settings: IPerpEngine.MarketSettings) -> uint256:
    return (
        settings.initial_ppm
        | (settings.maintenance_bps << 20)
        | (settings.soft_notional << 34)
        | (settings.hard_notional << 74)
        | ((convert(convert(settings.maker_ppm, bytes32), uint256) & (2**15 - 1)) << 114)
        | (settings.band_bps << 129)
        | (settings.mark_band_bps << 142)
        | ((convert(convert(settings.interest, bytes32), uint256) & (2**21 - 1)) << 153)
        | (settings.funding_clamp << 174)
        | (settings.price_grace << 178)
        | (settings.tip << 188)
        | (settings.restart_batches << RESTART_AT)
        | (settings.impact_lots << IMPACT_AT)
    )


@internal
@pure
def _settings(book: uint256, rules: uint256, open: uint256, funding: uint256) -> IPerpEngine.MarketSettings:
    """
    @notice A market's settings, from the words that hold them.
    """
    return IPerpEngine.MarketSettings(
        initial_ppm=self._initial_ppm(rules),
        maintenance_bps=self._maintenance_bps(rules),
        soft_notional=self._soft_notional(rules),
        hard_notional=self._hard_notional(rules),
        open_cap=self._open_cap(open),
        account_cap=self._account_cap(open),
        maker_ppm=self._maker_ppm(rules),
        taker_ppm=self._taker_ppm(book),
        band_bps=self._band_bps(rules),
        mark_band_bps=self._mark_band_bps(rules),
        interest=self._interest(rules),
        funding_clamp=self._funding_clamp(rules),
        price_grace=self._price_grace(rules),
        max_mark_age=self._max_mark_age(funding),
        tip=self._tip(rules),
        restart_batches=self._restart_batches(rules),
        impact_lots=self._impact_lots(rules),
    )


@internal
@pure
def _initial_ppm(rules: uint256) -> uint256:
    return rules & (2**20 - 1)


@internal
@pure
def _maintenance_bps(rules: uint256) -> uint256:
    return (rules >> 20) & (2**14 - 1)


@internal
@pure
def _soft_notional(rules: uint256) -> uint256:
    return (rules >> 34) & (2**40 - 1)


@internal
@pure
def _hard_notional(rules: uint256) -> uint256:
    return (rules >> 74) & (2**40 - 1)


@internal
@pure
def _maker_ppm(rules: uint256) -> int256:
    return convert(convert(rules << 127, bytes32), int256) >> 241


@internal
@pure
def _band_bps(rules: uint256) -> uint256:
    return (rules >> 129) & (2**13 - 1)


@internal
@pure
def _mark_band_bps(rules: uint256) -> uint256:
    return (rules >> 142) & (2**11 - 1)


@internal
@pure
def _interest(rules: uint256) -> int256:
    return convert(convert(rules << 82, bytes32), int256) >> 235


@internal
@pure
def _funding_clamp(rules: uint256) -> uint256:
    return (rules >> 174) & (2**4 - 1)


@internal
@pure
def _price_grace(rules: uint256) -> uint256:
    return (rules >> 178) & (2**10 - 1)


@internal
@pure
def _tip(rules: uint256) -> uint256:
    return (rules >> 188) & (2**40 - 1)


@internal
@pure
def _restart_batches(rules: uint256) -> uint256:
    return (rules >> RESTART_AT) & (2**7 - 1)


@internal
@pure
def _impact_lots(rules: uint256) -> uint256:
    return rules >> IMPACT_AT


# ------------------------------------------------------------------ open interest

@internal
@pure
def _open_word(sides: uint256, open_cap: uint256, account_cap: uint256) -> uint256:
    """
    @param sides As `_sides` gives them, of all accounts.
    """
    return sides | (open_cap << 80) | (account_cap << 116)


@internal
@pure
def _sides(long: uint256, short: uint256, lots: int256) -> uint256:
    """
    @notice What an account adds to the word of its market.
    @param long  The position that its open orders may lead to.
    @param short The same on the other side.
    @param lots  Its position.
    """
    held: uint256 = convert(abs(lots), uint256)
    return long | (short << 40) | (held << (HELD_AT if lots > 0 else HELD_AT + 40))


@internal
@pure
def _sides_of(word: uint256) -> uint256:
    return word & ~CAPS


@internal
@pure
def _long(word: uint256) -> uint256:
    return word & SIDE


@internal
@pure
def _short(word: uint256) -> uint256:
    return (word >> 40) & SIDE


@internal
@pure
def _open_cap(word: uint256) -> uint256:
    return (word >> 80) & (2**36 - 1)


@internal
@pure
def _account_cap(word: uint256) -> uint256:
    return (word >> 116) & (2**34 - 1)


@internal
@pure
def _held_long(word: uint256) -> uint256:
    return (word >> HELD_AT) & SIDE


@internal
@pure
def _held_short(word: uint256) -> uint256:
    return word >> (HELD_AT + 40)


# ------------------------------------------------------------------ mark

@internal
@pure
def _mark_word(mark: IPerpEngine.Mark) -> uint256:
    return (
        mark.mark
        | (mark.index << 72)
        | (mark.time << 144)
        | (mark.due << 176)
        | (mark.initial_ppm << 208)
        | (mark.maintenance_ppm << 228)
        | (convert(mark.status, uint256) << 248)
    )


@internal
@pure
def _mark(word: uint256) -> uint256:
    return word & LOT_PRICE


@internal
@pure
def _index(word: uint256) -> uint256:
    return (word >> 72) & LOT_PRICE


@internal
@pure
def _marked_at(word: uint256) -> uint256:
    return (word >> 144) & (2**32 - 1)


@internal
@pure
def _due(word: uint256) -> uint256:
    return (word >> 176) & (2**32 - 1)


@internal
@pure
def _with_due(word: uint256, due: uint256) -> uint256:
    return word & ~((2**32 - 1) << 176) | (due << 176)


@internal
@view
def _renewed(word: uint256, due: uint256) -> uint256:
    """
    @notice The same mark, as of now.
    """
    return self._with_due(word, due) & ~((2**32 - 1) << 144) | (block.timestamp << 144)


@internal
@pure
def _marked_initial(word: uint256) -> uint256:
    return (word >> 208) & (2**20 - 1)


@internal
@pure
def _marked_maintenance(word: uint256) -> uint256:
    return (word >> 228) & (2**20 - 1)


@internal
@pure
def _status(word: uint256) -> IOracleRouter.Status:
    return convert(word >> 248, IOracleRouter.Status)


# ------------------------------------------------------------------ span, funding, premium

@internal
@pure
def _span_word(low: uint256, high: uint256, lot_size: uint256) -> uint256:
    return low | (high << 72) | (lot_size << LOT_SIZE_AT)


@internal
@pure
def _low(word: uint256) -> uint256:
    return word & LOT_PRICE


@internal
@pure
def _high(word: uint256) -> uint256:
    return (word >> 72) & LOT_PRICE


@internal
@pure
def _lot_size(word: uint256) -> uint256:
    return word >> LOT_SIZE_AT


@internal
@pure
def _funding_word(index: int256, growth: int256, time: uint256, constants: uint256) -> uint256:
    """
    @param constants The scale and the largest age of a mark, in their places.
    """
    return (
        (convert(convert(index, bytes32), uint256) & (2**96 - 1))
        | ((convert(convert(growth, bytes32), uint256) & (2**80 - 1)) << 96)
        | (time << 176)
        | constants
    )


@internal
@pure
def _constants(scale: uint256, max_mark_age: uint256) -> uint256:
    return (scale << SCALE_AT) | (max_mark_age << 215)


@internal
@pure
def _constants_of(word: uint256) -> uint256:
    return word >> SCALE_AT << SCALE_AT


@internal
@pure
def _scale(word: uint256) -> uint256:
    return (word >> SCALE_AT) & (2**7 - 1)


@internal
@pure
def _max_mark_age(word: uint256) -> uint256:
    return (word >> 215) & (2**12 - 1)


@internal
@pure
def _has_losses(word: uint256) -> bool:
    return word & HAS_LOSSES != 0


@internal
@pure
def _is_ramping(word: uint256) -> bool:
    return word & RAMPING != 0


@internal
@pure
def _exact_index(word: uint256) -> int256:
    """
    @notice The funding index when the word was written, with FRACTION bits of fraction.
    """
    return convert(convert(word << 160, bytes32), int256) >> 160


@internal
@pure
def _growth(word: uint256) -> int256:
    return convert(convert(word << 80, bytes32), int256) >> 176


@internal
@pure
def _funded_at(word: uint256) -> uint256:
    return (word >> 176) & (2**32 - 1)


@internal
@pure
def _premium_word(hour: int256, quarter: int256, clearing: uint256, time: uint256, traded_at: uint256) -> uint256:
    return (
        (convert(convert(hour, bytes32), uint256) & (2**40 - 1))
        | ((convert(convert(quarter, bytes32), uint256) & (2**40 - 1)) << 40)
        | (clearing << 80)
        | (time << 152)
        | (traded_at << 184)
    )


@internal
@pure
def _hour_premium(word: uint256) -> int256:
    return convert(convert(word << 216, bytes32), int256) >> 216


@internal
@pure
def _quarter_premium(word: uint256) -> int256:
    return convert(convert(word << 176, bytes32), int256) >> 216


@internal
@pure
def _clearing(word: uint256) -> uint256:
    return (word >> 80) & LOT_PRICE


@internal
@pure
def _sampled_at(word: uint256) -> uint256:
    return (word >> 152) & (2**32 - 1)


@internal
@pure
def _traded_at(word: uint256) -> uint256:
    return word >> 184


# ------------------------------------------------------------------ ramp

@internal
@pure
def _ramp_word(initial_ppm: uint256, maintenance_ppm: uint256, start: uint256, end: uint256, changes: uint256) -> uint256:
    """
    @param changes As `_changes` gives them.
    """
    return initial_ppm | (maintenance_ppm << 20) | (start << 40) | (end << 72) | changes


@internal
@pure
def _ramp_initial(word: uint256) -> uint256:
    return word & (2**20 - 1)


@internal
@pure
def _ramp_maintenance(word: uint256) -> uint256:
    return (word >> 20) & (2**20 - 1)


@internal
@pure
def _ramp_start(word: uint256) -> uint256:
    return (word >> 40) & TIME


@internal
@pure
def _ramp_end(word: uint256) -> uint256:
    return (word >> 72) & TIME


@internal
@pure
def _changes(word: uint256) -> uint256:
    """
    @notice The times of the last changes, in their places.
    """
    return word >> 104 << 104


@internal
@pure
def _settings_changed_at(word: uint256) -> uint256:
    return (word >> 104) & TIME


@internal
@pure
def _book_changed_at(word: uint256) -> uint256:
    return (word >> 136) & TIME


@internal
@pure
def _raised_at(word: uint256) -> uint256:
    return word >> 168


@internal
@view
def _with_settings_change(word: uint256) -> uint256:
    """
    @notice The same with the settings changed now.
    """
    return word & ~(TIME << 104) | (block.timestamp << 104)


@internal
@view
def _with_book_change(word: uint256) -> uint256:
    return word & ~(TIME << 136) | (block.timestamp << 136)


@internal
@view
def _with_raise(word: uint256) -> uint256:
    return word & (2**168 - 1) | (block.timestamp << 168)
