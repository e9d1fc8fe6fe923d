# pragma version 0.4.3
"""
@title   ending: when a market may be settled, and at which price
@license AGPL-3.0-only
@notice  The owner at any time, anyone three days after the price was reported unfit, if it never came back.
"""
from interfaces import ILiquidationEngine
from interfaces import IOracleRouter
from interfaces import IPerpEngine

from contracts.modules import refuse
from contracts.modules import token as tokens
from contracts.modules.engine import mark as marks
from contracts.modules.liquidation import stage

uses: stage

HALT: constant(uint256) = 259_200            # seconds after a report from which anyone settles a market
WINDOW: constant(uint256) = 3_600            # seconds over which its final price is averaged

router: public(immutable(address))
token_unit: immutable(uint256)

reported_at: public(HashMap[uint256, uint256])  # market -> when its price was last reported unfit, unix seconds


@deploy
def __init__(engine_: address):
    router = staticcall IPerpEngine(engine_).router()
    token_unit = tokens._unit(staticcall IPerpEngine(engine_).token())


@internal
def _report(market: uint256):
    """
    @notice Notes since when a market's price is not fit.
    """
    price: IOracleRouter.Price = staticcall IOracleRouter(router).price(market)
    if self._is_fit(price):
        refuse._because("liquidation: price is fit")
    last: uint256 = 0
    published_at: uint256 = 0
    recorded_at: uint256 = 0
    last, published_at, recorded_at = staticcall IOracleRouter(router).last(market)
    if self.reported_at[market] > recorded_at:
        refuse._because("liquidation: reported already")
    self.reported_at[market] = block.timestamp
    log ILiquidationEngine.HaltReported(market=market, status=price.status)


@internal
def _settle(market: uint256, by_owner: bool):
    """
    @notice Ends a market at the average of the last hour with a good price.
    """
    listed: IPerpEngine.Market = staticcall IPerpEngine(stage.engine).market(market)
    last: uint256 = 0
    published_at: uint256 = 0
    recorded_at: uint256 = 0
    last, published_at, recorded_at = staticcall IOracleRouter(router).last(market)
    if not by_owner:
        reported_at: uint256 = self.reported_at[market]
        if (
            reported_at <= recorded_at
            or block.timestamp < reported_at + HALT
            or self._is_fit(staticcall IOracleRouter(router).price(market))
        ):
            refuse._because("liquidation: not halted so long")
    price: uint256 = marks._lot_price(
        self._final_price(market, last, block.timestamp - recorded_at), listed.lot_size, token_unit, listed.scale
    )
    extcall IPerpEngine(stage.engine).force_settle(market, price)
    log ILiquidationEngine.Settled(market=market, price=price, by=msg.sender)


@internal
@view
def _is_fit(price: IOracleRouter.Price) -> bool:
    return price.status in (IOracleRouter.Status.LIVE | IOracleRouter.Status.DEGRADED)


@internal
@view
def _final_price(market: uint256, last: uint256, silence: uint256) -> uint256:
    """
    @notice Average of the recorded price over the WINDOW that ends with the last record; the last one where the history does
            not go so far back.
    """
    whole: uint256 = self._average(market, silence + WINDOW)
    if whole == 0:
        return last
    # what came after the last record is it, held
    sum: uint256 = whole * (silence + WINDOW)
    return (sum - min(sum, last * silence)) // WINDOW


@internal
@view
def _average(market: uint256, window: uint256) -> uint256:
    """
    @notice The router's average; 0 where it cannot say.
    """
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        router,
        abi_encode(market, window, method_id=method_id("twap(uint256,uint256)")),
        max_outsize=32,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success or len(answer) != 32:
        return 0
    return abi_decode(answer, uint256)
