# pragma version 0.4.3
"""
@title   liquidation_words: the packed words of the liquidation engine
@license AGPL-3.0-only
@notice  From the lowest bit:
         settings  penalty ppm 16 | tip bps 13 | tip cap 48 | buffer ppm 17 | min notional 64 | patience 8 |
                   discount ppm 16 | unwind ppm 16 | changed at 40
         pending   lots 32 | before 40 | held 72 | batch 40 | failures 8 | is ask 1
         nominee   account 168 | score 88
         note      held 128 | 1, so that the word is never emptied and filled again
"""
from interfaces import ILiquidationEngine


@internal
@pure
def _settings_word(settings: ILiquidationEngine.Settings, changed_at: uint256) -> uint256:
    """
    @param changed_at Unix seconds of the last change; 0 before the first, as the first configuration is none.
    """
    return (
        settings.penalty_ppm
        | (settings.tip_bps << 16)
        | (settings.tip_cap << 29)
        | (settings.buffer_ppm << 77)
        | (settings.min_notional << 94)
        | (settings.patience << 158)
        | (settings.discount_ppm << 166)
        | (settings.unwind_ppm << 182)
        | (changed_at << 198)
    )


@internal
@pure
def _settings(word: uint256) -> ILiquidationEngine.Settings:
    return ILiquidationEngine.Settings(
        penalty_ppm=word & (2**16 - 1),
        tip_bps=(word >> 16) & (2**13 - 1),
        tip_cap=(word >> 29) & (2**48 - 1),
        buffer_ppm=(word >> 77) & (2**17 - 1),
        min_notional=(word >> 94) & (2**64 - 1),
        patience=(word >> 158) & (2**8 - 1),
        discount_ppm=(word >> 166) & (2**16 - 1),
        unwind_ppm=(word >> 182) & (2**16 - 1),
    )


@internal
@pure
def _changed_at(word: uint256) -> uint256:
    return word >> 198


@internal
@pure
def _pending_word(pending: ILiquidationEngine.Pending) -> uint256:
    return (
        pending.lots
        | (pending.before << 32)
        | (pending.held << 72)
        | (pending.batch << 144)
        | (min(pending.failures, 255) << 184)
        | (convert(pending.is_ask, uint256) << 192)
    )


@internal
@pure
def _pending(word: uint256) -> ILiquidationEngine.Pending:
    return ILiquidationEngine.Pending(
        lots=word & (2**32 - 1),
        before=(word >> 32) & (2**40 - 1),
        held=(word >> 72) & (2**72 - 1),
        batch=(word >> 144) & (2**40 - 1),
        failures=(word >> 184) & (2**8 - 1),
        is_ask=word >> 192 != 0,
    )


@internal
@pure
def _nominee_word(account: uint256, score: uint256) -> uint256:
    return account | (score << 168)


@internal
@pure
def _nominee(word: uint256) -> ILiquidationEngine.Nominee:
    return ILiquidationEngine.Nominee(account=word & (2**168 - 1), score=word >> 168)


@internal
@pure
def _note(held: uint256) -> uint256:
    return held | 2**128


@internal
@pure
def _held(note: uint256) -> uint256:
    return note & (2**128 - 1)
