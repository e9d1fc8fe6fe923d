# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   EngineViews: what there is to see of a PerpEngine
@license AGPL-3.0-only
@notice  Code that PerpEngine runs on its own storage. It cannot write.
@dev     Positions are as of the account's last settlement; `sync` before, in the same call where it has to be exact.
@custom:security Views alone.
@custom:halt Nothing to stop.
"""
from interfaces import IPerpEngine

from contracts.modules import bits
from contracts.modules import refuse
from contracts.modules.engine import account_words as words
from contracts.modules.engine import funding
from contracts.modules.engine import ledger
from contracts.modules.engine import margin
from contracts.modules.engine import market_words as layout
from contracts.modules.engine import operators

from snekmate.auth import ownable
from contracts.modules.engine import clearing

initializes: ownable
initializes: ledger
initializes: clearing[ledger := ledger]
initializes: operators
initializes: margin[ledger := ledger]


@deploy
def __init__():
    clearing.__init__(empty(address), 0)
    ownable.__init__()
    ownable._transfer_ownership(empty(address))


@external
@view
def market(market: uint256) -> IPerpEngine.Market:
    """
    @notice What a market is.
    @param market A listed market.
    @dev   Reverts "engine: unknown market".
    """
    word: uint256 = self._listed(market)
    return IPerpEngine.Market(
        book=layout._book(word),
        mode=convert(1 << layout._mode(word), IPerpEngine.Mode),
        unit=layout._unit(word),
        scale=layout._scale(ledger.markets[market].funding),
        lot_size=layout._lot_size(ledger.markets[market].open),
        grid=layout._grid(word),
    )


@external
@view
def market_settings(market: uint256) -> IPerpEngine.MarketSettings:
    """
    @notice A market's settings.
    @param market A listed market.
    @dev   Reverts "engine: unknown market".
    """
    word: uint256 = self._listed(market)
    rules: uint256 = ledger.markets[market].rules
    open: uint256 = ledger.markets[market].open
    return IPerpEngine.MarketSettings(
        initial_ppm=layout._initial_ppm(rules),
        maintenance_bps=layout._maintenance_bps(rules),
        soft_notional=layout._soft_notional(rules),
        hard_notional=layout._hard_notional(rules),
        open_cap=layout._open_cap(open),
        account_cap=layout._account_cap(open),
        maker_ppm=layout._maker_ppm(rules),
        taker_ppm=layout._taker_ppm(word),
        band_bps=layout._band_bps(rules),
        mark_band_bps=layout._mark_band_bps(rules),
        interest=layout._interest(rules),
        funding_clamp=layout._funding_clamp(rules),
        price_grace=layout._price_grace(rules),
        max_mark_age=layout._max_mark_age(ledger.markets[market].funding),
        tip=layout._tip(rules),
    )


@external
@view
def mark(market: uint256) -> IPerpEngine.Mark:
    """
    @notice What positions are valued at.
    @param market A listed market.
    @dev   Reverts "engine: unknown market".
    """
    self._listed(market)
    word: uint256 = ledger.markets[market].mark
    span: uint256 = ledger.markets[market].span
    return IPerpEngine.Mark(
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


@external
@view
def funding_of(market: uint256) -> IPerpEngine.Funding:
    """
    @notice A market's funding now.
    @param market A listed market.
    @dev   Reverts "engine: unknown market".
    """
    self._listed(market)
    word: uint256 = ledger.markets[market].funding
    premium: uint256 = ledger.markets[market].premium
    return IPerpEngine.Funding(
        index=funding._index(word),
        growth=layout._growth(word),
        hour_premium=layout._hour_premium(premium),
        quarter_premium=layout._quarter_premium(premium),
        clearing=layout._clearing(premium),
    )


@external
@view
def open_interest(market: uint256) -> IPerpEngine.Open:
    """
    @notice Exposure of both sides, open orders included.
    @param market A listed market.
    @dev   Reverts "engine: unknown market".
    """
    self._listed(market)
    word: uint256 = ledger.markets[market].open
    return IPerpEngine.Open(long=layout._long(word), short=layout._short(word))


@external
@view
def collateral(account: uint256) -> int256:
    """
    @notice Collateral of an account, token units; negative where a loss is larger than it was.
    @param account Any.
    """
    return ledger._collateral(account)


@external
@view
def markets_of(account: uint256) -> DynArray[uint256, 16]:
    """
    @notice Markets in which an account has a position or open orders, from the highest number.
    @param account Any.
    """
    list: DynArray[uint256, 16] = []
    rest: uint256 = ledger.accounts[account] & words.MARKETS
    for _: uint256 in range(16):
        if rest == 0:
            break
        market: uint256 = bits._highest(rest)
        rest ^= 1 << market
        list.append(market)
    return list


@external
@view
def position(account: uint256, market: uint256) -> IPerpEngine.Position:
    """
    @notice A position and its open orders, as of the account's last settlement in the market.
    @param account Any.
    @param market  Any.
    """
    word: uint256 = ledger.positions[account][market].position
    orders: uint256 = ledger.positions[account][market].orders
    return IPerpEngine.Position(
        lots=words._lots(word),
        cash=words._cash(word),
        basis=words._basis(word),
        bid_lots=words._bid_lots(orders),
        ask_lots=words._ask_lots(orders),
        bid_notional=words._bid_notional(orders),
        ask_notional=words._ask_notional(orders),
    )


@external
@view
def margin_of(account: uint256) -> IPerpEngine.Margin:
    """
    @notice An account's margin at the stored marks, as of its last settlement.
    @param account Any.
    """
    standing: margin.Standing = margin._of(account, False, 0)
    return IPerpEngine.Margin(
        equity=standing.equity, initial=standing.initial, maintenance=standing.maintenance
    )


@external
@view
def worth(account: uint256) -> IPerpEngine.Worth:
    """
    @notice What an account is worth for somebody who may not gain by how it is valued: the vault of liquidity providers.
    @param account Any.
    @dev   At the stored marks, as of its last settlement.
    """
    standing: margin.Standing = margin._of(account, True, 0)
    free: int256 = min(ledger._collateral(account), standing.equity - convert(standing.initial, int256))
    return IPerpEngine.Worth(
        low=standing.equity,
        high=standing.equity + convert(margin._doubt(account), int256),
        initial=standing.initial,
        free=convert(max(free, 0), uint256),
        statuses=standing.statuses,
    )


@external
@view
def grant(account: uint256, operator: address) -> (uint256, uint256, uint256):
    """
    @notice What an operator may do for an account.
    @param account  Any.
    @param operator Anybody.
    @return Permissions; actions left; expiry.
    """
    word: uint256 = operators.grants[account][operator]
    return word & 255, (word >> 8) & (2**32 - 1), word >> 40


@external
@view
def tracked() -> uint256:
    """
    @notice Collateral that came in and has not left, token units: no less is in the engine's hands.
    """
    return ledger.tracked


@internal
@view
def _listed(market: uint256) -> uint256:
    word: uint256 = ledger.markets[market].book
    if word == 0:
        refuse._because("engine: unknown market")
    return word
