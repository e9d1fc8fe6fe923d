# pragma version 0.4.3
"""
@title   oracle_layout: the packed words of OracleRouter
@license AGPL-3.0-only
@notice  From the lowest bit:
         source   address 160 | weight 4 | heartbeat 18 | confidence bps 11 | thousands of gas 9 |
                  in a market's first source its policy: sources 4 | quorum 4 | deviation bps 11 | rejection bps 12 |
                  move bps a second 12 | spacing 10 | halted 1
         reading  troubles 3 | not heard 1 | weight 4 | published at 32 | confidence 88 | price 88: as numbers they
                  sort by price, and the lowest 40 bits by time
         state    price 88 | price before its second 88 | published at 32 | recorded at 32 | seconds since before 16
         tally    sum of price x seconds until the last record 128 | time of the newest observation 32 | observations 32
         observation   sum of price x seconds 128 | its time 32
         A word of 0 is one that was never written. Times fit 32 bits until the year 2106.
"""
from interfaces import IOracleRouter

MAX_SOURCES: constant(uint256) = 8
MAX_PRICE: constant(uint256) = 2**88 - 1
MAX_GAP: constant(uint256) = 2**16 - 1
GAS_UNIT: constant(uint256) = 1_000
HALTED: constant(uint256) = 1 << 255

# Fields of sources and readings: a call for each would cost a price more than all else that is done with them.
ADDRESS: constant(uint256) = 2**160 - 1
WEIGHT_AT: constant(uint256) = 160
WEIGHT: constant(uint256) = 2**4 - 1
HEARTBEAT_AT: constant(uint256) = 164
HEARTBEAT: constant(uint256) = 2**18 - 1
CONFIDENCE_BPS_AT: constant(uint256) = 182
CONFIDENCE_BPS: constant(uint256) = 2**11 - 1
GAS_AT: constant(uint256) = 193
GAS: constant(uint256) = 2**9 - 1

FAILED: constant(uint256) = 1         # the flags of IOracleRouter.Trouble
LATE: constant(uint256) = 2
WIDE: constant(uint256) = 4
TROUBLES: constant(uint256) = 7
UNHEARD: constant(uint256) = 8
READING_WEIGHT_AT: constant(uint256) = 4
TIME_AT: constant(uint256) = 8
TIMED: constant(uint256) = 2**40 - 1  # all below confidence and price
CONFIDENCE_AT: constant(uint256) = 40
PRICE_AT: constant(uint256) = 128


# ------------------------------------------------------------------ a market's sources and policy

@internal
@pure
def _source_word(source: IOracleRouter.Source) -> uint256:
    return (
        convert(source.source, uint256)
        | (source.weight << WEIGHT_AT)
        | (source.heartbeat << HEARTBEAT_AT)
        | (source.confidence_bps << CONFIDENCE_BPS_AT)
        | (source.gas_limit // GAS_UNIT << GAS_AT)
    )


@internal
@pure
def _policy(settings: IOracleRouter.Settings, sources: uint256, halted: bool) -> uint256:
    """
    @notice What is added to the word of the first source.
    """
    word: uint256 = (
        (sources << 202)
        | (settings.quorum << 206)
        | (settings.deviation_bps << 210)
        | (settings.rejection_bps << 221)
        | (settings.max_move_bps << 233)
        | (settings.spacing << 245)
    )
    return word + HALTED if halted else word


@internal
@pure
def _source(word: uint256) -> IOracleRouter.Source:
    return IOracleRouter.Source(
        source=convert(word & ADDRESS, address),
        weight=(word >> WEIGHT_AT) & WEIGHT,
        heartbeat=(word >> HEARTBEAT_AT) & HEARTBEAT,
        confidence_bps=(word >> CONFIDENCE_BPS_AT) & CONFIDENCE_BPS,
        gas_limit=((word >> GAS_AT) & GAS) * GAS_UNIT,
    )


@internal
@pure
def _settings(policy: uint256) -> IOracleRouter.Settings:
    return IOracleRouter.Settings(
        quorum=self._quorum(policy),
        deviation_bps=self._deviation_bps(policy),
        rejection_bps=self._rejection_bps(policy),
        max_move_bps=self._max_move_bps(policy),
        spacing=self._spacing(policy),
    )


@internal
@pure
def _numbers(policy: uint256) -> uint256:
    """
    @notice What goes by steps: guards, move and spacing; and whether the market is halted.
    """
    return policy >> 210


@internal
@pure
def _sources(policy: uint256) -> uint256:
    return (policy >> 202) & (2**4 - 1)


@internal
@pure
def _quorum(policy: uint256) -> uint256:
    return (policy >> 206) & (2**4 - 1)


@internal
@pure
def _deviation_bps(policy: uint256) -> uint256:
    return (policy >> 210) & (2**11 - 1)


@internal
@pure
def _rejection_bps(policy: uint256) -> uint256:
    return (policy >> 221) & (2**12 - 1)


@internal
@pure
def _max_move_bps(policy: uint256) -> uint256:
    return (policy >> 233) & (2**12 - 1)


@internal
@pure
def _spacing(policy: uint256) -> uint256:
    return (policy >> 245) & (2**10 - 1)


@internal
@pure
def _is_halted(policy: uint256) -> bool:
    return policy & HALTED != 0


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
