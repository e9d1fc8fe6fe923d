# pragma version 0.4.3
"""
@title   conditions: when a trigger is executed, and with which order
@license AGPL-3.0-only
@notice  Whether it still stands, what its reference is, whether that has come to its price, and the order that follows.
@dev     Lot prices are compared exactly, multiplied by BPS.
"""
from interfaces import IOracleRouter
from interfaces import IOrderbookV2
from interfaces import IPerpEngine
from interfaces import ITriggerOrders

from contracts.modules.triggers import trigger_words as words


interface IEngine:
    def token() -> address: view
    def market(market: uint256) -> IPerpEngine.Market: view
    def market_settings(market: uint256) -> IPerpEngine.MarketSettings: view
    def mark(market: uint256) -> IPerpEngine.Mark: view
    def funding_of(market: uint256) -> IPerpEngine.Funding: view
    def position(account: uint256, market: uint256) -> IPerpEngine.Position: view
    def sync(account: uint256): nonpayable
    def sweep(account: uint256, market: uint256, order_ids: DynArray[uint256, 32]) -> uint256: nonpayable


BPS: constant(uint256) = 10_000
MAX_TICK: constant(uint256) = 2**18 - 2
MAX_LOTS: constant(uint256) = 2**28 - 1      # of an order


# a market, for a trigger
struct Seen:
    reason: String[32]      # why there is no reference; empty where there is one
    reference: uint256      # lot price
    mark: uint256           # lot price
    one: uint256            # a tick as a lot price
    grid: uint256
    band_bps: uint256


engine: public(immutable(address))


@deploy
def __init__(engine_: address):
    engine = engine_


@internal
@view
def _is_expired(terms: uint256) -> bool:
    expiry: uint256 = words._expiry(terms)
    return expiry != 0 and block.timestamp >= expiry


@internal
@view
def _position(account: uint256, terms: uint256) -> IPerpEngine.Position:
    """
    @notice The position, where the terms ask for it.
    """
    if words._is_reduce_only(terms) or words._is_attached(terms):
        return staticcall IEngine(engine).position(account, words._market(terms))
    return empty(IPerpEngine.Position)


@internal
@view
def _void(terms: uint256, grid: uint256, lots: int256) -> ITriggerOrders.End:
    """
    @notice Why a trigger is void; nothing where it is not.
    @param grid Of the market now.
    @param lots Of the position, signed.
    """
    if words._grid(terms) != grid:
        return ITriggerOrders.End.RESCALED
    if words._is_attached(terms) and (lots == 0 or (lots > 0) != words._is_long(terms)):
        return ITriggerOrders.End.CLOSED
    return empty(ITriggerOrders.End)


@internal
@view
def _see(terms: uint256, mark: IPerpEngine.Mark) -> Seen:
    """
    @notice The market of a trigger, and its reference if there is one that serves.
    """
    market: uint256 = words._market(terms)
    here: IPerpEngine.Market = staticcall IEngine(engine).market(market)
    rules: IPerpEngine.MarketSettings = staticcall IEngine(engine).market_settings(market)
    seen: Seen = Seen(
        reason="",
        reference=mark.mark,
        mark=mark.mark,
        one=here.unit << here.scale,
        grid=here.grid,
        band_bps=rules.band_bps,
    )
    if mark.status not in (IOracleRouter.Status.LIVE | IOracleRouter.Status.DEGRADED):
        seen.reason = "triggers: price not fit"
    elif block.timestamp - mark.time > rules.max_mark_age:
        seen.reason = "triggers: mark too old"
    elif words._source(terms) == ITriggerOrders.Source.INDEX:
        seen.reference = mark.index
    elif words._source(terms) == ITriggerOrders.Source.CLEARING:
        seen.reference = (staticcall IEngine(engine).funding_of(market)).clearing
        if seen.reference == 0:
            seen.reason = "triggers: no clearing price"
    return seen


@internal
@view
def _is_above(terms: uint256) -> bool:
    """
    @notice Whether it triggers at or above a price, not at or below.
    """
    takes: bool = words._kind(terms) in (ITriggerOrders.Kind.TAKE_MARKET | ITriggerOrders.Kind.TAKE_LIMIT)
    return takes == words._is_ask(terms)


@internal
@view
def _is_better(terms: uint256, prices: uint256, reference: uint256) -> bool:
    """
    @notice Whether a reference moves the extreme of a trailing stop.
    """
    if words._kind(terms) != ITriggerOrders.Kind.TRAILING:
        return False
    if words._is_ask(terms):
        return reference > words._extreme(prices)
    return reference < words._extreme(prices)


@internal
@view
def _price(terms: uint256, prices: uint256, one: uint256) -> uint256:
    """
    @notice Where a trigger triggers, exactly: 1/10,000 of a lot price; 0 for a trailing stop that is further below than
            prices go.
    @param one A tick as a lot price.
    """
    if words._kind(terms) != ITriggerOrders.Kind.TRAILING:
        return words._tick(prices) * one * BPS
    extreme: uint256 = words._extreme(prices)
    distance: uint256 = words._distance(prices) * (extreme if words._distance_in_bps(terms) else one * BPS)
    if not words._is_ask(terms):
        return extreme * BPS + distance
    return extreme * BPS - min(distance, extreme * BPS)


@internal
@view
def _is_triggered(terms: uint256, prices: uint256, seen: Seen) -> bool:
    """
    @notice Whether the condition holds at the reference, compared without rounding.
    """
    price: uint256 = self._price(terms, prices, seen.one)
    if self._is_above(terms):
        return seen.reference * BPS >= price
    return seen.reference * BPS <= price


@internal
@view
def _order(
    terms: uint256, prices: uint256, seen: Seen, position: IPerpEngine.Position
) -> IOrderbookV2.NewOrder:
    """
    @notice The order of a trigger; without lots where there is nothing that it could close.
    """
    is_ask: bool = words._is_ask(terms)
    lots: uint256 = words._lots(terms)
    if words._is_reduce_only(terms):
        free: int256 = position.lots - convert(position.ask_lots, int256)
        if not is_ask:
            free = -position.lots - convert(position.bid_lots, int256)
        lots = min(lots if lots != 0 else MAX_LOTS, convert(max(free, 0), uint256))
    tick: uint256 = words._limit(prices)
    is_market: bool = tick == 0
    if is_market:
        tick = self._market_tick(terms, prices, seen)
    return IOrderbookV2.NewOrder(
        is_ask=is_ask,
        tick=tick,
        lots=lots,
        batch_only=is_market,
        post_only=False,
        reduce_only=words._is_reduce_only(terms),
        expiry=words._order_expiry(prices),
        client_id=0,
    )


@internal
@view
def _market_tick(terms: uint256, prices: uint256, seen: Seen) -> uint256:
    """
    @notice The furthest limit from the reference that the slippage allows, and the engine's band. Rounded towards the
            reference: the owner bears no more than he said.
    """
    whole: uint256 = seen.reference * BPS
    slack: uint256 = words._slippage(prices) * (seen.reference if words._slippage_in_bps(terms) else seen.one * BPS)
    band: uint256 = seen.mark * seen.band_bps // BPS  # rounded down, as the engine does
    tick: uint256 = 0
    if words._is_ask(terms):
        tick = self._div_up(whole - min(slack, whole), seen.one * BPS)
        tick = max(tick, self._div_up(seen.mark - band, seen.one))
    else:
        tick = min((whole + slack) // (seen.one * BPS), (seen.mark + band) // seen.one)
    return max(1, min(tick, MAX_TICK))


@internal
@pure
def _div_up(dividend: uint256, divisor: uint256) -> uint256:
    return (dividend + divisor - 1) // divisor
