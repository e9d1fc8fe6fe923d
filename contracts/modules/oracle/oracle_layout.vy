# pragma version 0.4.3
"""
@title   oracle_layout: the packed words of OracleRouter
@license AGPL-3.0-only
@notice  From the lowest bit:
         policy   sources 8 | quorum 8 | deviation bps 16 | move bps a second 16 | spacing 16 | halted 1
         source   address 160 | weight 8 | heartbeat 24 | confidence bps 16 | gas limit 24
         reading  place 8 | weight 8 | published at 32 | confidence 88 | price 88: as numbers they sort by price
         state    price 88 | price before its second 88 | published at 32 | recorded at 32 | seconds since before 16
         tally    sum of price x seconds until the last record 128 | time of the newest observation 32 | observations 32
         observation   sum of price x seconds 128 | its time 32
         A word of 0 is one that was never written. Times fit 32 bits until the year 2106.
"""
from interfaces import IOracleRouter

MAX_SOURCES: constant(uint256) = 8
MAX_PRICE: constant(uint256) = 2**88 - 1
MAX_GAP: constant(uint256) = 2**16 - 1
HALTED: constant(uint256) = 1 << 64


# ------------------------------------------------------------------ policy

@internal
@pure
def _policy(settings: IOracleRouter.Settings, sources: uint256, halted: bool) -> uint256:
    word: uint256 = (
        sources
        | (settings.quorum << 8)
        | (settings.deviation_bps << 16)
        | (settings.max_move_bps << 32)
        | (settings.spacing << 48)
    )
    return word + HALTED if halted else word


@internal
@pure
def _settings(policy: uint256) -> IOracleRouter.Settings:
    return IOracleRouter.Settings(
        quorum=(policy >> 8) & (2**8 - 1),
        deviation_bps=(policy >> 16) & (2**16 - 1),
        max_move_bps=(policy >> 32) & (2**16 - 1),
        spacing=(policy >> 48) & (2**16 - 1),
    )


@internal
@pure
def _sources(policy: uint256) -> uint256:
    return policy & (2**8 - 1)


@internal
@pure
def _is_halted(policy: uint256) -> bool:
    return policy & HALTED != 0


# ------------------------------------------------------------------ source

@internal
@pure
def _source_word(source: IOracleRouter.Source) -> uint256:
    return (
        convert(source.source, uint256)
        | (source.weight << 160)
        | (source.heartbeat << 168)
        | (source.confidence_bps << 192)
        | (source.gas_limit << 208)
    )


@internal
@pure
def _source(word: uint256) -> IOracleRouter.Source:
    return IOracleRouter.Source(
        source=convert(word & (2**160 - 1), address),
        weight=(word >> 160) & (2**8 - 1),
        heartbeat=(word >> 168) & (2**24 - 1),
        confidence_bps=(word >> 192) & (2**16 - 1),
        gas_limit=(word >> 208) & (2**24 - 1),
    )


# ------------------------------------------------------------------ reading

@internal
@pure
def _reading(price: uint256, confidence: uint256, published_at: uint256, weight: uint256, place: uint256) -> uint256:
    return (price << 136) | (confidence << 48) | (published_at << 16) | (weight << 8) | place


@internal
@pure
def _reading_price(word: uint256) -> uint256:
    return word >> 136


@internal
@pure
def _reading_confidence(word: uint256) -> uint256:
    return (word >> 48) & MAX_PRICE


@internal
@pure
def _reading_time(word: uint256) -> uint256:
    return (word >> 16) & (2**32 - 1)


@internal
@pure
def _reading_weight(word: uint256) -> uint256:
    return (word >> 8) & (2**8 - 1)


# ------------------------------------------------------------------ state

@internal
@pure
def _state(price: uint256, before: uint256, published_at: uint256, recorded_at: uint256, gap: uint256) -> uint256:
    """
    @param gap Seconds; what is more than 16 bits hold is cut to MAX_GAP.
    """
    return price | (before << 88) | (published_at << 176) | (recorded_at << 208) | (min(gap, MAX_GAP) << 240)


@internal
@pure
def _price(state: uint256) -> uint256:
    return state & MAX_PRICE


@internal
@pure
def _before(state: uint256) -> uint256:
    return (state >> 88) & MAX_PRICE


@internal
@pure
def _published_at(state: uint256) -> uint256:
    return (state >> 176) & (2**32 - 1)


@internal
@pure
def _recorded_at(state: uint256) -> uint256:
    return (state >> 208) & (2**32 - 1)


@internal
@pure
def _gap(state: uint256) -> uint256:
    return state >> 240


# ------------------------------------------------------------------ history

@internal
@pure
def _tally(total: uint256, newest: uint256, observations: uint256) -> uint256:
    return total | (newest << 128) | (observations << 160)


@internal
@pure
def _total(word: uint256) -> uint256:
    """
    @notice The sum of a tally or of an observation.
    """
    return word & (2**128 - 1)


@internal
@pure
def _newest(tally: uint256) -> uint256:
    return (tally >> 128) & (2**32 - 1)


@internal
@pure
def _observations(tally: uint256) -> uint256:
    """
    @notice How many were ever written.
    """
    return tally >> 160


@internal
@pure
def _observation(total: uint256, time: uint256) -> uint256:
    return total | (time << 128)


@internal
@pure
def _observation_time(observation: uint256) -> uint256:
    return observation >> 128
