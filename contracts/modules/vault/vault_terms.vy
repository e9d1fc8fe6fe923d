# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title   vault_terms: what governance sets of the vault, and how far at once
@license AGPL-3.0-only
@notice  Quotes by market, the exit fee, and the cooldown: their bounds are constants here. While there are shares each goes by
         steps, a day apart; what only tightens the quotes is free. docs/parameters.md has the reasons.
"""
from interfaces import IVault

from contracts.modules import refuse
from contracts.modules import steps


BPS: constant(uint256) = 10_000
DAY: constant(uint256) = 86_400
MAX_MARKETS: constant(uint256) = 128                 # of the engine
MAX_BASE_FEE: constant(uint256) = 100
MAX_FEE_SLOPE: constant(uint256) = 900
MAX_COOLDOWN: constant(uint256) = 14 * DAY
BASE_STEP: constant(uint256) = 25                    # bps; changes that are never too large
SLOPE_STEP: constant(uint256) = 100
COOLDOWN_STEP: constant(uint256) = DAY
ALLOCATION_STEP: constant(uint256) = 1_000           # bps
LEVERAGE_STEP: constant(uint256) = 5_000
DEPTH_STEP: constant(uint256) = 1_000
SPREAD_STEP: constant(uint256) = 500                 # ppm
SKEW_STEP: constant(uint256) = 500

cooldown: public(uint256)                            # seconds from a request to its claim
base_fee_bps: public(uint256)
fee_slope_bps: public(uint256)
allocated_bps: public(uint256)                       # over all markets
fee_changed_at: public(uint256)                      # unix seconds
cooldown_changed_at: public(uint256)
quotes_changed_at: public(HashMap[uint256, uint256])  # by market; what only tightens is no change
quotes: HashMap[uint256, IVault.QuoteSettings]


@deploy
def __init__():
    """
    @notice Requests wait three days, leaving is free, nothing is quoted.
    """
    self.cooldown = 3 * DAY


@internal
def _configure(market: uint256, settings: IVault.QuoteSettings, has_shares: bool):
    """
    @notice Sets how the vault quotes in a market.
    """
    if market >= MAX_MARKETS:
        refuse._because("vault: bad market")
    allocated: uint256 = self.allocated_bps - self.quotes[market].allocation_bps
    if settings.allocation_bps > BPS - allocated:
        refuse._because("vault: bad allocation")
    if settings.leverage_bps < 1_000 or settings.leverage_bps > 100_000:
        refuse._because("vault: bad leverage")
    if settings.spread_ppm < 100 or settings.spread_ppm > 100_000:
        refuse._because("vault: bad spread")
    if settings.skew_ppm > settings.spread_ppm:  # one auction takes it from full to beyond flat: it would pay for round trips
        refuse._because("vault: bad skew")
    if settings.depth_bps == 0 or settings.depth_bps > BPS:
        refuse._because("vault: bad depth")
    if has_shares:
        self._check_quotes_step(market, settings)
    self.allocated_bps = allocated + settings.allocation_bps
    self.quotes[market] = settings
    log IVault.QuotesConfigured(market=market, settings=settings)


@internal
def _set_cooldown(cooldown: uint256, has_shares: bool):
    if cooldown < DAY or cooldown > MAX_COOLDOWN:
        refuse._because("vault: bad cooldown")
    if has_shares:
        self._check_step(self.cooldown_changed_at, steps._is_large(self.cooldown, cooldown, COOLDOWN_STEP))
        self.cooldown_changed_at = block.timestamp
    self.cooldown = cooldown
    log IVault.CooldownSet(cooldown=cooldown)


@internal
def _set_exit_fee(base_bps: uint256, slope_bps: uint256, has_shares: bool):
    if base_bps > MAX_BASE_FEE or slope_bps > MAX_FEE_SLOPE:
        refuse._because("vault: bad fee")
    if has_shares:
        self._check_step(
            self.fee_changed_at,
            steps._is_large(self.base_fee_bps, base_bps, BASE_STEP)
                or steps._is_large(self.fee_slope_bps, slope_bps, SLOPE_STEP),
        )
        self.fee_changed_at = block.timestamp
    self.base_fee_bps = base_bps
    self.fee_slope_bps = slope_bps
    log IVault.ExitFeeSet(base_bps=base_bps, slope_bps=slope_bps)


@internal
@view
def _fee_bps(equity: int256, initial: uint256) -> uint256:
    """
    @notice base + slope x initial margin / equity, rounded up: who leaves while margin is in use leaves it to fewer.
    """
    if equity <= 0:
        return self.base_fee_bps + self.fee_slope_bps
    whole: uint256 = convert(equity, uint256)
    used: uint256 = min(initial, whole)
    return self.base_fee_bps + (self.fee_slope_bps * used + whole - 1) // whole


@internal
@pure
def _fee_up(gross: uint256, bps: uint256) -> uint256:
    return (gross * bps + BPS - 1) // BPS


@internal
@pure
def _gross_up(net: uint256, bps: uint256) -> uint256:
    """
    @notice What has to be claimed for something to be left after the fee.
    """
    kept_bps: uint256 = BPS - bps
    return (net * BPS + kept_bps - 1) // kept_bps


@internal
def _check_quotes_step(market: uint256, after: IVault.QuoteSettings):
    """
    @notice What may lose the providers more goes a step at most, and a day after the last that did.
    """
    before: IVault.QuoteSettings = self.quotes[market]
    if before.spread_ppm == 0:  # the first one
        before = after
        before.allocation_bps = 0
    if (
        after.allocation_bps <= before.allocation_bps
        and after.leverage_bps <= before.leverage_bps
        and after.depth_bps <= before.depth_bps
        and after.spread_ppm >= before.spread_ppm
        and after.skew_ppm == before.skew_ppm
    ):
        return
    self._check_step(
        self.quotes_changed_at[market],
        steps._is_large(before.allocation_bps, max(before.allocation_bps, after.allocation_bps), ALLOCATION_STEP)
            or steps._is_large(before.leverage_bps, max(before.leverage_bps, after.leverage_bps), LEVERAGE_STEP)
            or steps._is_large(before.depth_bps, max(before.depth_bps, after.depth_bps), DEPTH_STEP)
            or steps._is_large(before.spread_ppm, min(before.spread_ppm, after.spread_ppm), SPREAD_STEP)
            or steps._is_large(before.skew_ppm, after.skew_ppm, SKEW_STEP),
    )
    self.quotes_changed_at[market] = block.timestamp


@internal
@view
def _check_step(changed_at: uint256, is_large: bool):
    if is_large:
        refuse._because("vault: step too large")
    if steps._is_early(changed_at):
        refuse._because("vault: too soon")
