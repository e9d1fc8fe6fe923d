# pragma version 0.4.3
"""
@title   account_words: the packed words of an account
@license AGPL-3.0-only
@notice  From the lowest bit:
         account   markets 128 (bit m: a position or open orders in m) | collateral 112, signed | shares 1 (others have in its fees)
         owing     market 8 (whose trades took most of what it has not) | what they took 248
         position  basis 120, signed | cash 96, signed | lots 40, signed
         orders    bid lots 36 | ask lots 36 | bid notional 56 | ask notional 56 | highest bid 18 | lowest ask 18
@dev     Writers refuse what does not fit ("engine: amount too large"); a basis is lots x index, 40 + 79 bits.
"""
from contracts.modules import refuse

MARKETS: constant(uint256) = 2**128 - 1
COLLATERAL_AT: constant(uint256) = 128
SHARES: constant(uint256) = 2**240
MAX_COLLATERAL: constant(int256) = 2**111 - 1
CASH_AT: constant(uint256) = 120
LOTS_AT: constant(uint256) = 216
MAX_LOTS: constant(int256) = 2**39 - 1
MAX_CASH: constant(int256) = 2**95 - 1
MAX_BASIS: constant(int256) = 2**119 - 1


# ------------------------------------------------------------------ account

@internal
@pure
def _account(collateral: int256, rest: uint256) -> uint256:
    """
    @param rest Of the word: MARKETS and SHARES.
    """
    self._check_fits(collateral, MAX_COLLATERAL)
    return ((convert(convert(collateral, bytes32), uint256) & (2**112 - 1)) << COLLATERAL_AT) | rest


@internal
@pure
def _collateral(word: uint256) -> int256:
    # shifted up to bit 255 and down again, so that the sign spreads
    return convert(convert(word << 16, bytes32), int256) >> 144


# ------------------------------------------------------------------ position

@internal
@pure
def _position(lots: int256, cash: int256, basis: int256) -> uint256:
    self._check_fits(lots, MAX_LOTS)
    self._check_fits(cash, MAX_CASH)
    self._check_fits(basis, MAX_BASIS)
    return (
        (convert(convert(lots, bytes32), uint256) << LOTS_AT)
        | ((convert(convert(cash, bytes32), uint256) & (2**96 - 1)) << CASH_AT)
        | (convert(convert(basis, bytes32), uint256) & (2**120 - 1))
    )


@internal
@pure
def _lots(word: uint256) -> int256:
    return convert(convert(word, bytes32), int256) >> LOTS_AT


@internal
@pure
def _cash(word: uint256) -> int256:
    return convert(convert(word << 40, bytes32), int256) >> 160


@internal
@pure
def _basis(word: uint256) -> int256:
    return convert(convert(word << 136, bytes32), int256) >> 136


# ------------------------------------------------------------------ open orders

@internal
@pure
def _orders(
    bid_lots: uint256,
    ask_lots: uint256,
    bid_notional: uint256,
    ask_notional: uint256,
    highest_bid: uint256,
    lowest_ask: uint256,
) -> uint256:
    """
    @notice A book bounds an account's open lots of a side by 2**29, so notionals by 2**47: they fit.
    @param highest_bid Highest tick that an open bid may have; 0 where there is none.
    @param lowest_ask  Lowest tick that an open ask may have; 0 where there is none.
    """
    return (
        bid_lots
        | (ask_lots << 36)
        | (bid_notional << 72)
        | (ask_notional << 128)
        | (highest_bid << 184)
        | (lowest_ask << 202)
    )


@internal
@pure
def _bid_lots(word: uint256) -> uint256:
    return word & (2**36 - 1)


@internal
@pure
def _ask_lots(word: uint256) -> uint256:
    return (word >> 36) & (2**36 - 1)


@internal
@pure
def _bid_notional(word: uint256) -> uint256:
    return (word >> 72) & (2**56 - 1)


@internal
@pure
def _ask_notional(word: uint256) -> uint256:
    return (word >> 128) & (2**56 - 1)


@internal
@pure
def _highest_bid(word: uint256) -> uint256:
    return (word >> 184) & (2**18 - 1)


@internal
@pure
def _lowest_ask(word: uint256) -> uint256:
    return word >> 202


@internal
@pure
def _check_fits(number: int256, largest: int256):
    if number > largest or number < -largest:
        refuse._because("engine: amount too large")


@internal
@pure
def _owing(market: uint256, amount: uint256) -> uint256:
    return market | (amount << 8)


@internal
@pure
def _owing_market(word: uint256) -> uint256:
    return word & 255


@internal
@pure
def _owed_most(word: uint256) -> uint256:
    return word >> 8
