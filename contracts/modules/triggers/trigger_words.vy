# pragma version 0.4.3
"""
@title   trigger_words: the packed words of a trigger order
@license AGPL-3.0-only
@notice  From the lowest bit:
         id        slot 6 | number 40 | account 168
         terms     number 40 | market 7 | kind 5 (the flag) | source 3 (the flag) | is ask | reduce-only | attached |
                   is long | slippage in bps | distance in bps | parked | paired | partner's slot 6 | grid 8 | lots 28 |
                   expiry 32 | tip 80
         prices    tick 18 | limit 18 | slippage 18 | distance 18 | order expiry 32 | extreme 72
         account   slots in use 64 | triggers that were ever placed 40
@dev     An account's trigger lies at account << 6 | slot. A number is never 0, so neither is a word of terms that is in
         use.
"""
from interfaces import ITriggerOrders

from contracts.modules import bits

MAX_TRIGGERS: constant(uint256) = 64
SLOT_BITS: constant(uint256) = 6
ACCOUNT_AT: constant(uint256) = 46
NUMBER: constant(uint256) = 2**40 - 1
SLOTS: constant(uint256) = 2**64 - 1
MARKET_AT: constant(uint256) = 40
KIND_AT: constant(uint256) = 47
SOURCE_AT: constant(uint256) = 52
ASK_AT: constant(uint256) = 55
REDUCE_AT: constant(uint256) = 56
ATTACHED_AT: constant(uint256) = 57
LONG_AT: constant(uint256) = 58
SLIPPAGE_BPS_AT: constant(uint256) = 59
DISTANCE_BPS_AT: constant(uint256) = 60
PARKED_AT: constant(uint256) = 61
PAIRED_AT: constant(uint256) = 62
PARTNER_AT: constant(uint256) = 63
GRID_AT: constant(uint256) = 69
LOTS_AT: constant(uint256) = 77
EXPIRY_AT: constant(uint256) = 105
TIP_AT: constant(uint256) = 137
TICK: constant(uint256) = 2**18 - 1
LIMIT_AT: constant(uint256) = 18
SLIPPAGE_AT: constant(uint256) = 36
DISTANCE_AT: constant(uint256) = 54
ORDER_EXPIRY_AT: constant(uint256) = 72
TIME: constant(uint256) = 2**32 - 1
EXTREME_AT: constant(uint256) = 104


# ------------------------------------------------------------------ id

@internal
@pure
def _id(account: uint256, number: uint256, slot: uint256) -> uint256:
    return (account << ACCOUNT_AT) | (number << SLOT_BITS) | slot


@internal
@pure
def _account(id: uint256) -> uint256:
    return id >> ACCOUNT_AT


@internal
@pure
def _owner(id: uint256) -> address:
    """
    @dev    Of a trigger that there is: an account's owner is an address.
    """
    return convert(id >> (ACCOUNT_AT + 8), address)


@internal
@pure
def _slot(id: uint256) -> uint256:
    return id & (MAX_TRIGGERS - 1)


@internal
@pure
def _key(account: uint256, slot: uint256) -> uint256:
    return (account << SLOT_BITS) | slot


@internal
@pure
def _is_of(id: uint256, terms: uint256) -> bool:
    """
    @notice Whether terms, found in the slot of an id, are those of its trigger.
    """
    return terms != 0 and terms & NUMBER == (id >> SLOT_BITS) & NUMBER


# ------------------------------------------------------------------ account

@internal
@pure
def _has_room(word: uint256) -> bool:
    return word & SLOTS != SLOTS


@internal
@pure
def _with_next(word: uint256) -> (uint256, uint256):
    """
    @notice The word after one more trigger, in the lowest slot that is free, of a word that has room; and the slot.
    """
    slot: uint256 = bits._lowest(~word & SLOTS)
    return (word | (1 << slot)) + (1 << MAX_TRIGGERS), slot


@internal
@pure
def _without(word: uint256, slot: uint256) -> uint256:
    return word & ~(1 << slot)


@internal
@pure
def _count(word: uint256) -> uint256:
    return word >> MAX_TRIGGERS


@internal
@pure
def _uses(word: uint256, slot: uint256) -> bool:
    return (word >> slot) & 1 != 0


# ------------------------------------------------------------------ terms

@internal
@pure
def _terms(terms: ITriggerOrders.NewTrigger, number: uint256, grid: uint256, is_long: bool) -> uint256:
    return (
        number
        | (terms.market << MARKET_AT)
        | (convert(terms.kind, uint256) << KIND_AT)
        | (convert(terms.source, uint256) << SOURCE_AT)
        | (convert(terms.is_ask, uint256) << ASK_AT)
        | (convert(terms.reduce_only, uint256) << REDUCE_AT)
        | (convert(terms.attached, uint256) << ATTACHED_AT)
        | (convert(is_long, uint256) << LONG_AT)
        | (convert(terms.slippage_in_bps, uint256) << SLIPPAGE_BPS_AT)
        | (convert(terms.distance_in_bps, uint256) << DISTANCE_BPS_AT)
        | (grid << GRID_AT)
        | (terms.lots << LOTS_AT)
        | (terms.expiry << EXPIRY_AT)
        | (terms.tip << TIP_AT)
    )


@internal
@pure
def _number(terms: uint256) -> uint256:
    return terms & NUMBER


@internal
@pure
def _market(terms: uint256) -> uint256:
    return (terms >> MARKET_AT) & 127


@internal
@pure
def _kind(terms: uint256) -> ITriggerOrders.Kind:
    return convert((terms >> KIND_AT) & 31, ITriggerOrders.Kind)


@internal
@pure
def _source(terms: uint256) -> ITriggerOrders.Source:
    return convert((terms >> SOURCE_AT) & 7, ITriggerOrders.Source)


@internal
@pure
def _is_ask(terms: uint256) -> bool:
    return (terms >> ASK_AT) & 1 != 0


@internal
@pure
def _is_reduce_only(terms: uint256) -> bool:
    return (terms >> REDUCE_AT) & 1 != 0


@internal
@pure
def _is_attached(terms: uint256) -> bool:
    return (terms >> ATTACHED_AT) & 1 != 0


@internal
@pure
def _is_long(terms: uint256) -> bool:
    return (terms >> LONG_AT) & 1 != 0


@internal
@pure
def _slippage_in_bps(terms: uint256) -> bool:
    return (terms >> SLIPPAGE_BPS_AT) & 1 != 0


@internal
@pure
def _distance_in_bps(terms: uint256) -> bool:
    return (terms >> DISTANCE_BPS_AT) & 1 != 0


@internal
@pure
def _is_parked(terms: uint256) -> bool:
    return (terms >> PARKED_AT) & 1 != 0


@internal
@pure
def _parked(terms: uint256) -> uint256:
    return terms | (1 << PARKED_AT)


@internal
@pure
def _is_paired(terms: uint256) -> bool:
    return (terms >> PAIRED_AT) & 1 != 0


@internal
@pure
def _partner(terms: uint256) -> uint256:
    """
    @notice Slot of the partner, of terms that are paired.
    """
    return (terms >> PARTNER_AT) & (MAX_TRIGGERS - 1)


@internal
@pure
def _paired(terms: uint256, slot: uint256) -> uint256:
    return terms | (1 << PAIRED_AT) | (slot << PARTNER_AT)


@internal
@pure
def _alone(terms: uint256) -> uint256:
    return terms & ~((1 << PAIRED_AT) | ((MAX_TRIGGERS - 1) << PARTNER_AT))


@internal
@pure
def _grid(terms: uint256) -> uint256:
    return (terms >> GRID_AT) & 255


@internal
@pure
def _lots(terms: uint256) -> uint256:
    return (terms >> LOTS_AT) & (2**28 - 1)


@internal
@pure
def _expiry(terms: uint256) -> uint256:
    return (terms >> EXPIRY_AT) & TIME


@internal
@pure
def _tip(terms: uint256) -> uint256:
    return terms >> TIP_AT


# ------------------------------------------------------------------ prices

@internal
@pure
def _prices(terms: ITriggerOrders.NewTrigger, extreme: uint256) -> uint256:
    return (
        terms.tick
        | (terms.limit << LIMIT_AT)
        | (terms.slippage << SLIPPAGE_AT)
        | (terms.distance << DISTANCE_AT)
        | (terms.order_expiry << ORDER_EXPIRY_AT)
        | (extreme << EXTREME_AT)
    )


@internal
@pure
def _tick(prices: uint256) -> uint256:
    return prices & TICK


@internal
@pure
def _limit(prices: uint256) -> uint256:
    return (prices >> LIMIT_AT) & TICK


@internal
@pure
def _slippage(prices: uint256) -> uint256:
    return (prices >> SLIPPAGE_AT) & TICK


@internal
@pure
def _distance(prices: uint256) -> uint256:
    return (prices >> DISTANCE_AT) & TICK


@internal
@pure
def _order_expiry(prices: uint256) -> uint256:
    return (prices >> ORDER_EXPIRY_AT) & TIME


@internal
@pure
def _extreme(prices: uint256) -> uint256:
    return prices >> EXTREME_AT


@internal
@pure
def _with_extreme(prices: uint256, extreme: uint256) -> uint256:
    return (prices & (2**EXTREME_AT - 1)) | (extreme << EXTREME_AT)
