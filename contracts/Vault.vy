# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Vault: liquidity providers, who together quote for what an auction leaves over
@license AGPL-3.0-only
@notice  Its capital is account 0 that it has in the engine, and account 1, the backstop's, which takes over positions that no
         auction takes and loses no more than it has. Who enters buys shares at once, valued at
         the kinder end of what that account may be worth; who leaves asks first, waits, and is paid what his shares
         are worth at the unkinder end, at the request or at the claim, whichever is less, and less a fee that those
         get who stay.
@dev     docs/risk.md explains the rules with numbers; IVault gives units. ERC-4626 with asynchronous redemption of
         ERC-7540: all that a controller asked for is one request, whose id is 0.
         A share is worth (equity + 1) / (totalSupply + 1,000,000) units. The virtual shares and the virtual unit make
         it cost a million times the victim's loss to make shares dear by gifts. Source: OpenZeppelin, "A novel
         defense against the ERC4626 inflation attack", and its ERC4626.sol.
         Nothing overflows: whoever enters leaves totalSupply + 1,000,000 <= 10**12 * (equity + 1), and equity below
         2**96, so supply stays below 2**137; the engine's words hold equity below 2**116 whatever is given to it.
@custom:security Trusts the engine with all assets and for their worth, which is that of the engine's marks: they are
                 as old as a market's max_mark_age at most. The owner sets quotes, fee, cap and cooldown within bounds
                 that are constants here; he cannot stop an exit. A guardian may lower the cap. Tokens sent here without a
                 call belong to nobody.
@custom:halt `set_deposit_cap(0)`, by the guardian as well, stops entries, `configure` with no allocation what adds to a position. Exits wait
             while the price of a market with a position is STALE or HALTED, and as long as margin needs the collateral.
"""
from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed
from ethereum.ercs import IERC4626
from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from interfaces import IOracleRouter
from interfaces import IOrderbookV2
from interfaces import IPerpEngine
from interfaces import IQuoter
from interfaces import IVault

from contracts.modules import refuse
from contracts.modules import steps
from contracts.modules import token as tokens
from contracts.modules.vault import quoting
from contracts.modules.vault import shares as erc20


initializes: ownable
initializes: ownable_2step[ownable := ownable]
initializes: erc20

implements: IERC20
implements: IERC4626
implements: IQuoter
implements: IVault

exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    # not renounce_ownership: quotes have to be changed when a market does
    erc20.totalSupply,
    erc20.balanceOf,
    erc20.allowance,
    erc20.transfer,
    erc20.transferFrom,
    erc20.approve,
)


BPS: constant(uint256) = 10_000
DAY: constant(uint256) = 86_400
OFFSET: constant(uint8) = 6                          # decimals that shares have beyond those of the token
VIRTUAL_SHARES: constant(uint256) = 10**6
MAX_SHARES_PER_UNIT: constant(uint256) = 10**12      # a million times as many as the first unit buys
MAX_ASSETS: constant(uint256) = 2**96 - 1
MAX_SHARES: constant(uint256) = 2**137
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
MAX_BACKSTOP_BPS: constant(uint256) = 2_000          # of the equity

engine: public(immutable(address))
asset: public(immutable(address))
decimals: public(immutable(uint8))
name: public(immutable(String[32]))
symbol: public(immutable(String[32]))
account: immutable(uint256)
backstop: immutable(uint256)                         # the account that takes positions over

cooldown: public(uint256)                            # seconds from a request to its claim
deposit_cap: public(uint256)                         # of the vault's equity, after an entry
base_fee_bps: public(uint256)
fee_slope_bps: public(uint256)
allocated_bps: public(uint256)                       # over all markets
pending_value: public(uint256)                       # of all requests
has_backstop: public(bool)                           # it had a budget once
guardian: public(address)                            # may lower the deposit cap; zero for nobody
fee_changed_at: public(uint256)                      # unix seconds
cooldown_changed_at: public(uint256)
quotes_changed_at: public(HashMap[uint256, uint256])  # by market; what only tightens is no change
isOperator: public(HashMap[address, HashMap[address, bool]])
requests: HashMap[address, IVault.Request]
settings: HashMap[uint256, IVault.QuoteSettings]


@deploy
def __init__(owner: address, engine_: address, name_: String[32], symbol_: String[32]):
    """
    @notice An empty vault that quotes nowhere, takes no deposits yet, and lets requests wait three days.
    @param owner   Sets quotes, fee, cap and cooldown; may hand this right on in two steps.
    @param engine_ PerpEngine, whose token is the asset.
    @param name_   Of the shares.
    @param symbol_ Of the shares.
    @dev   Reverts: "vault: no owner", "vault: engine not a contract".
    """
    if owner == empty(address):
        refuse._because("vault: no owner")
    if not engine_.is_contract:
        refuse._because("vault: engine not a contract")
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(owner)
    engine = engine_
    asset = staticcall IPerpEngine(engine_).token()
    decimals = staticcall IERC20Detailed(asset).decimals() + OFFSET
    name = name_
    symbol = symbol_
    account = convert(self, uint256) << 8
    backstop = account | 1
    self.cooldown = 3 * DAY


# ------------------------------------------------------------------ entries

@external
def deposit(assets: uint256, receiver: address) -> uint256:
    """
    @notice Buys shares for assets.
    @param assets   Units of the token, which the caller has approved.
    @param receiver Whose the shares become; neither zero nor the vault.
    @return Shares, rounded down.
    @dev    Reverts: "vault: price not fit", "vault: no equity" (the account owes as much as it has),
            "vault: shares too cheap" (a unit is more than 10**12 of them), "vault: deposit cap",
            "vault: zero shares", "vault: bad receiver"; as token._pull and as the engine's deposit.
    """
    worth: IPerpEngine.Worth = self._worth_for_entry()
    self._check_cap(assets, worth)
    shares: uint256 = self._shares_down(assets, worth.high)
    self._enter(assets, shares, receiver)
    return shares


@external
def mint(shares: uint256, receiver: address) -> uint256:
    """
    @notice Buys a number of shares.
    @param shares   How many.
    @param receiver As in deposit.
    @return Units of the token that they cost, rounded up; the caller has approved them.
    @dev    Reverts as `deposit`.
    """
    worth: IPerpEngine.Worth = self._worth_for_entry()
    if shares > MAX_SHARES:
        refuse._because("vault: deposit cap")
    assets: uint256 = self._assets_up(shares, worth.high)
    self._check_cap(assets, worth)
    self._enter(assets, shares, receiver)
    return assets


# ------------------------------------------------------------------ exits

@external
def requestRedeem(shares: uint256, controller: address, owner: address) -> uint256:
    """
    @notice Asks shares back: they wait in the vault's hands, share its losses, and can be claimed after the cooldown.
            What was asked before and not claimed joins: values are added, and all of it waits anew. A request cannot
            be taken back.
    @param shares     How many.
    @param controller Who claims: the caller, or one who made the caller his operator.
    @param owner      Whose shares they are: the caller, or one who made the caller his operator, or approved the
                      shares.
    @return The request's id, 0.
    @dev    Reverts: "vault: not the controller", "vault: zero shares", "vault: allowance too low",
            "vault: not enough shares", "vault: price not fit", "vault: nothing to claim" (the shares are worth less
            than a unit).
    """
    if not self._acts_for(controller):
        refuse._because("vault: not the controller")
    if shares == 0:
        refuse._because("vault: zero shares")
    if not self._acts_for(owner):
        erc20._spend(owner, msg.sender, shares)
    erc20._move(owner, self, shares)
    worth: IPerpEngine.Worth = self._refreshed()
    value: uint256 = self._assets_down(shares, worth.low)
    if value == 0:
        refuse._because("vault: nothing to claim")
    request: IVault.Request = self.requests[controller]
    request.shares += shares
    request.value += value
    request.claimable_from = block.timestamp + self.cooldown
    self.requests[controller] = request
    self.pending_value += value
    log IVault.RedeemRequest(controller=controller, owner=owner, requestId=0, sender=msg.sender, shares=shares)
    return 0


@external
def redeem(shares: uint256, receiver: address, controller: address) -> uint256:
    """
    @notice Claims shares that were asked back and have waited.
    @param shares     How many of them.
    @param receiver   Who gets the tokens; neither zero nor the vault.
    @param controller The caller, or one who made the caller his operator.
    @return Units of the token, rounded down, less the fee.
    @dev    Reverts: "vault: not the controller", "vault: zero shares", "vault: more than claimable",
            "vault: price not fit", "vault: nothing to claim" (less than a unit is left after the fee),
            "vault: margin in use" (the account's positions need the collateral: claim less, or later),
            "vault: bad receiver"; as the engine's withdraw.
    """
    request: IVault.Request = self._claimable(controller)
    if shares == 0:
        refuse._because("vault: zero shares")
    if request.shares < shares:
        refuse._because("vault: more than claimable")
    worth: IPerpEngine.Worth = self._refreshed()
    value: uint256 = self._value_down(request, shares, worth.low)
    assets: uint256 = value - self._fee_up(value, self._fee_bps(worth))
    self._leave(request, assets, value, shares, worth, receiver, controller)
    return assets


@external
def withdraw(assets: uint256, receiver: address, controller: address) -> uint256:
    """
    @notice Claims an amount out of the shares that were asked back and have waited.
    @param assets     Units of the token, after the fee.
    @param receiver   As in redeem.
    @param controller As in redeem.
    @return Shares that it took, rounded up.
    @dev    Reverts as `redeem`.
    """
    request: IVault.Request = self._claimable(controller)
    if assets > request.value:
        refuse._because("vault: more than claimable")
    worth: IPerpEngine.Worth = self._refreshed()
    kept_bps: uint256 = BPS - self._fee_bps(worth)
    value: uint256 = (assets * BPS + kept_bps - 1) // kept_bps
    shares: uint256 = self._shares_up(request, value, worth.low)
    if shares > request.shares:
        refuse._because("vault: more than claimable")
    self._leave(request, assets, value, shares, worth, receiver, controller)
    return shares


@external
def setOperator(operator: address, approved: bool) -> bool:
    """
    @notice Lets somebody ask back and claim for the caller, to any receiver, or no longer.
    @param operator Who.
    @param approved Whether he may.
    @return True.
    """
    self.isOperator[msg.sender][operator] = approved
    log IVault.OperatorSet(controller=msg.sender, operator=operator, approved=approved)
    return True


# ------------------------------------------------------------------ quotes

@external
@view
def quotes(question: IQuoter.Question) -> IOrderbookV2.VaultQuotes:
    """
    @notice What the vault bids and asks in an auction. It asks the engine nothing: that is locked while it calls.
    @param question As IQuoter tells. What the vault owes to those who asked is left out of its capital.
    @return No lots in a market that is not configured.
    """
    settings: IVault.QuoteSettings = self.settings[question.market]
    if settings.spread_ppm == 0:
        return empty(IOrderbookV2.VaultQuotes)
    base: int256 = question.collateral - convert(self.pending_value, int256)
    return quoting._quotes(question, settings, convert(max(base, 0), uint256))


# ------------------------------------------------------------------ governance

@external
def configure(market: uint256, settings: IVault.QuoteSettings):
    """
    @notice Sets how the vault quotes in a market, from the next auction on. While there are shares it goes by steps, a
            day apart, but for what only tightens: no more allocation, leverage and depth, no less spread, and the same
            skew. The first configuration of a market has a step of its allocation alone.
    @param market   Its number, below 128.
    @param settings As IVault tells, with bounds; steps as docs/parameters.md tells. With no allocation the vault quotes
                    what reduces its position alone.
    @dev   Owner only. Reverts: "vault: bad market", "vault: bad allocation", "vault: bad leverage",
           "vault: bad spread", "vault: bad skew", "vault: bad depth", "vault: step too large", "vault: too soon".
    """
    ownable._check_owner()
    if market >= MAX_MARKETS:
        refuse._because("vault: bad market")
    allocated: uint256 = self.allocated_bps - self.settings[market].allocation_bps
    if settings.allocation_bps > BPS - allocated:
        refuse._because("vault: bad allocation")
    if settings.leverage_bps < 1_000 or settings.leverage_bps > 100_000:
        refuse._because("vault: bad leverage")
    if settings.spread_ppm < 100 or settings.spread_ppm > 100_000:
        refuse._because("vault: bad spread")
    if settings.skew_ppm > 100_000:
        refuse._because("vault: bad skew")
    if settings.depth_bps == 0 or settings.depth_bps > BPS:
        refuse._because("vault: bad depth")
    if erc20.totalSupply != 0:
        self._check_quotes_step(market, settings)
    self.allocated_bps = allocated + settings.allocation_bps
    self.settings[market] = settings
    log IVault.QuotesConfigured(market=market, settings=settings)


@external
def set_cooldown(cooldown: uint256):
    """
    @notice Sets how long requests wait from now on. While there are shares it goes by steps, a day apart.
    @param cooldown Seconds, 1 to 14 days; a day from what it was, or half of it.
    @dev   Owner only. Reverts: "vault: bad cooldown", "vault: step too large", "vault: too soon".
    """
    ownable._check_owner()
    if cooldown < DAY or cooldown > MAX_COOLDOWN:
        refuse._because("vault: bad cooldown")
    if erc20.totalSupply != 0:
        self._check_step(self.cooldown_changed_at, steps._is_large(self.cooldown, cooldown, COOLDOWN_STEP))
        self.cooldown_changed_at = block.timestamp
    self.cooldown = cooldown
    log IVault.CooldownSet(cooldown=cooldown)


@external
def set_exit_fee(base_bps: uint256, slope_bps: uint256):
    """
    @notice Sets what leaving costs: base + slope x initial margin / equity, and no more than base + slope. While there are
            shares it goes by steps, a day apart.
    @param base_bps  At most 100; 25 from what it was, or half of it.
    @param slope_bps At most 900; 100 from what it was, or half of it.
    @dev   Owner only. Reverts: "vault: bad fee", "vault: step too large", "vault: too soon".
    """
    ownable._check_owner()
    if base_bps > MAX_BASE_FEE or slope_bps > MAX_FEE_SLOPE:
        refuse._because("vault: bad fee")
    if erc20.totalSupply != 0:
        self._check_step(
            self.fee_changed_at,
            steps._is_large(self.base_fee_bps, base_bps, BASE_STEP)
                or steps._is_large(self.fee_slope_bps, slope_bps, SLOPE_STEP),
        )
        self.fee_changed_at = block.timestamp
    self.base_fee_bps = base_bps
    self.fee_slope_bps = slope_bps
    log IVault.ExitFeeSet(base_bps=base_bps, slope_bps=slope_bps)


@external
def set_deposit_cap(cap: uint256):
    """
    @notice Sets up to which equity the vault takes deposits.
    @param cap Units of the token, below 2**96; 0, as at first: none.
    @dev   By the owner; by the guardian where it does not rise. Reverts: "ownable: caller is not the owner", "vault: bad cap".
    """
    if msg.sender != self.guardian or cap > self.deposit_cap:
        ownable._check_owner()
    if cap > MAX_ASSETS:
        refuse._because("vault: bad cap")
    self.deposit_cap = cap
    log IVault.DepositCapSet(cap=cap)


@external
def set_guardian(guardian: address):
    """
    @notice Sets who may lower the deposit cap.
    @param guardian Guardian; zero for nobody.
    @dev   Owner only.
    """
    ownable._check_owner()
    self.guardian = guardian
    log IVault.GuardianSet(guardian=guardian)


@external
def fund_backstop(amount: uint256):
    """
    @notice Sets a part of the capital aside for positions that no auction takes: no more than it can be lost with them.
    @param amount Units of the token, out of account 0; with it account 1 has a fifth of the equity at most.
    @dev   Owner only. Reverts: "vault: price not fit", "vault: backstop too large"; as the engine's `transfer`.
    """
    ownable._check_owner()
    self.has_backstop = True
    worth: IPerpEngine.Worth = self._refreshed()
    set_aside: uint256 = self._positive((staticcall IPerpEngine(engine).worth(backstop)).high)
    if (set_aside + amount) * BPS > self._positive(worth.low) * MAX_BACKSTOP_BPS:
        refuse._because("vault: backstop too large")
    extcall IPerpEngine(engine).transfer(account, backstop, amount)
    log IVault.BackstopFunded(amount=convert(amount, int256))


@external
def recall_backstop(amount: uint256):
    """
    @notice Takes back what the backstop does not need. By the owner; by anyone while requests wait for more than is free.
    @param amount Units of the token.
    @dev   Reverts: "ownable: caller is not the owner"; as the engine's `transfer`.
    """
    free: uint256 = (staticcall IPerpEngine(engine).worth(account)).free
    if self.pending_value <= free:
        ownable._check_owner()
    extcall IPerpEngine(engine).transfer(backstop, account, amount)
    log IVault.BackstopFunded(amount=-convert(amount, int256))


# ------------------------------------------------------------------ views, at the stored marks

@external
@view
def share() -> address:
    """
    @notice The token of the shares: this contract.
    """
    return self


@external
@view
def totalAssets() -> uint256:
    """
    @notice What the vault's accounts are worth at the unkinder end; 0 where it owes.
    """
    return self._positive(self._worth().low)


@external
@view
def convertToShares(assetAmount: uint256) -> uint256:
    """
    @notice What assets would buy, price fit or not.
    @param assetAmount Units of the token.
    """
    return self._shares_down(assetAmount, self._worth().high)


@external
@view
def convertToAssets(shareAmount: uint256) -> uint256:
    """
    @notice What shares are worth before the exit fee, price fit or not.
    @param shareAmount Shares.
    """
    return self._assets_down(shareAmount, self._worth().low)


@external
@view
def maxDeposit(receiver: address) -> uint256:
    """
    @notice The most that can be deposited. It never reverts.
    @param receiver Anybody but zero and the vault.
    @return 0 while entries are refused.
    """
    return self._room(receiver, self._worth())


@external
@view
def maxMint(receiver: address) -> uint256:
    """
    @notice The most shares that can be minted. It never reverts.
    @param receiver Anybody but zero and the vault.
    @return 0 while entries are refused.
    """
    worth: IPerpEngine.Worth = self._worth()
    return self._shares_down(self._room(receiver, worth), worth.high)


@external
@view
def previewDeposit(assets: uint256) -> uint256:
    """
    @notice What a deposit would give, whatever the cap. It never reverts.
    @param assets Units of the token.
    @return 0 while entries are refused, and for 2**96 units or more.
    """
    worth: IPerpEngine.Worth = self._worth()
    if assets > MAX_ASSETS or self._refusal(worth) != "":
        return 0
    return self._shares_down(assets, worth.high)


@external
@view
def previewMint(shares: uint256) -> uint256:
    """
    @notice What a mint would cost, rounded up, whatever the cap. It never reverts.
    @param shares How many.
    @return 0 while entries are refused, and for more than 2**137 shares.
    """
    worth: IPerpEngine.Worth = self._worth()
    if shares > MAX_SHARES or self._refusal(worth) != "":
        return 0
    return self._assets_up(shares, worth.high)


@external
@view
def maxRedeem(controller: address) -> uint256:
    """
    @notice The shares that a controller can claim. It never reverts.
    @param controller Anybody.
    @return 0 while the price is not fit; fewer than asked for where margin needs the collateral.
    """
    request: IVault.Request = self._ripe(controller)
    worth: IPerpEngine.Worth = self._worth()
    shares: uint256 = request.shares
    assets: uint256 = self._net(request, shares, worth)
    if worth.free < assets:
        # a share pays less than (assets + 2) / shares: two roundings took less than a unit each
        shares = shares * worth.free // (assets + 2)
        assets = self._net(request, shares, worth)
    return shares if assets != 0 else 0


@external
@view
def maxWithdraw(controller: address) -> uint256:
    """
    @notice The tokens that a controller can claim, after the fee. It never reverts.
    @param controller Anybody.
    @return 0 while the price is not fit; less than his shares are worth where margin needs the collateral.
    """
    request: IVault.Request = self._ripe(controller)
    worth: IPerpEngine.Worth = self._worth()
    return min(self._net(request, request.shares, worth), worth.free)


@external
@view
def previewRedeem(shares: uint256) -> uint256:
    """
    @notice As ERC-7540 demands, it reverts: what a claim pays depends on the request.
    @param shares Not looked at.
    @dev   Reverts "vault: asynchronous".
    """
    raise "vault: asynchronous"


@external
@view
def previewWithdraw(assets: uint256) -> uint256:
    """
    @notice As ERC-7540 demands, it reverts: what a claim takes depends on the request.
    @param assets Not looked at.
    @dev   Reverts "vault: asynchronous".
    """
    raise "vault: asynchronous"


@external
@view
def pendingRedeemRequest(requestId: uint256, controller: address) -> uint256:
    """
    @notice Shares that a controller asked for and that wait still.
    @param requestId 0; there is no other.
    @param controller Anybody.
    """
    request: IVault.Request = self.requests[controller]
    return request.shares if requestId == 0 and block.timestamp < request.claimable_from else 0


@external
@view
def claimableRedeemRequest(requestId: uint256, controller: address) -> uint256:
    """
    @notice Shares that a controller asked for and that have waited.
    @param requestId 0; there is no other.
    @param controller Anybody.
    """
    return self._ripe(controller).shares if requestId == 0 else 0


@external
@view
def request_of(controller: address) -> IVault.Request:
    """
    @notice All that a controller has asked for and not claimed.
    @param controller Anybody.
    """
    return self.requests[controller]


@external
@view
def quote_settings(market: uint256) -> IVault.QuoteSettings:
    """
    @notice How the vault quotes in a market.
    @param market Any number.
    """
    return self.settings[market]


@external
@view
def exit_fee_bps() -> uint256:
    """
    @notice What leaving costs now, of the value, in bps.
    """
    return self._fee_bps(self._worth())


@external
@view
def supportsInterface(interface_id: bytes4) -> bool:
    """
    @notice ERC-165.
    @param interface_id ERC-165's own, operators and asynchronous redemption of ERC-7540, vaults of ERC-7575.
    """
    return interface_id in [0x01ffc9a7, 0xe3bc4e65, 0x620ee8e4, 0x2f0a18c5]


# ------------------------------------------------------------------ worth

@internal
@view
def _check_step(changed_at: uint256, is_large: bool):
    if is_large:
        refuse._because("vault: step too large")
    if steps._is_early(changed_at):
        refuse._because("vault: too soon")


@internal
def _check_quotes_step(market: uint256, after: IVault.QuoteSettings):
    """
    @notice What may lose the providers more goes a step at most, and a day after the last that did.
    """
    before: IVault.QuoteSettings = self.settings[market]
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
def _worth() -> IPerpEngine.Worth:
    """
    @notice Of account 0, and of the backstop's where it is not below zero: what that owes is not the vault's to pay.
    """
    worth: IPerpEngine.Worth = staticcall IPerpEngine(engine).worth(account)
    if self.has_backstop:
        more: IPerpEngine.Worth = staticcall IPerpEngine(engine).worth(backstop)
        worth.low += max(more.low, 0)
        worth.high += max(more.high, 0)
        worth.statuses |= more.statuses
    return worth


@internal
def _refreshed() -> IPerpEngine.Worth:
    """
    @notice What the accounts are worth at marks of this second.
    """
    extcall IPerpEngine(engine).sync(account)
    if self.has_backstop:
        extcall IPerpEngine(engine).sync(backstop)
    worth: IPerpEngine.Worth = self._worth()
    if not self._is_fit(worth):
        refuse._because("vault: price not fit")
    return worth


@internal
def _worth_for_entry() -> IPerpEngine.Worth:
    worth: IPerpEngine.Worth = self._refreshed()
    refusal: String[32] = self._refusal(worth)
    if refusal != "":
        refuse._because(refusal)
    return worth


@internal
@view
def _is_fit(worth: IPerpEngine.Worth) -> bool:
    return not (worth.statuses in (IOracleRouter.Status.STALE | IOracleRouter.Status.HALTED))


@internal
@view
def _refusal(worth: IPerpEngine.Worth) -> String[32]:
    """
    @notice Why nobody can enter now; nothing where he can.
    """
    if not self._is_fit(worth):
        return "vault: price not fit"
    if worth.low < 0 or (worth.low == 0 and erc20.totalSupply != 0):
        return "vault: no equity"
    if self._supply() > MAX_SHARES_PER_UNIT * (self._positive(worth.low) + 1):
        return "vault: shares too cheap"
    return ""


@internal
@pure
def _positive(number: int256) -> uint256:
    return convert(max(number, 0), uint256)


@internal
@view
def _supply() -> uint256:
    return erc20.totalSupply + VIRTUAL_SHARES


@internal
@view
def _shares_down(assets: uint256, equity: int256) -> uint256:
    """
    @notice What assets buy, rounded down: against who enters, for those who have.
    """
    return assets * self._supply() // (self._positive(equity) + 1)


@internal
@view
def _assets_up(shares: uint256, equity: int256) -> uint256:
    """
    @notice What shares cost, rounded up: against who enters.
    """
    supply: uint256 = self._supply()
    return (shares * (self._positive(equity) + 1) + supply - 1) // supply


@internal
@view
def _assets_down(shares: uint256, equity: int256) -> uint256:
    """
    @notice What shares are worth, rounded down: against who leaves, for those who stay.
    """
    return shares * (self._positive(equity) + 1) // self._supply()


# ------------------------------------------------------------------ entries, inside

@internal
@view
def _check_cap(assets: uint256, worth: IPerpEngine.Worth):
    cap: uint256 = self.deposit_cap
    if assets > cap or self._positive(worth.high) > cap - assets:
        refuse._because("vault: deposit cap")


@internal
@view
def _room(receiver: address, worth: IPerpEngine.Worth) -> uint256:
    """
    @notice What can be deposited.
    """
    if receiver == empty(address) or receiver == self or self._refusal(worth) != "":
        return 0
    cap: uint256 = self.deposit_cap
    return cap - min(cap, self._positive(worth.high))


@internal
def _enter(assets: uint256, shares: uint256, receiver: address):
    """
    @notice Shares against tokens, which go on to the engine at once.
    """
    if shares == 0:
        refuse._because("vault: zero shares")
    erc20._check_receiver(receiver)
    erc20._mint(receiver, shares)
    tokens._pull(asset, msg.sender, assets)
    if not extcall IERC20(asset).approve(engine, assets, default_return_value=True):
        refuse._because("token: transfer refused")
    extcall IPerpEngine(engine).deposit(account, assets)
    log IERC4626.Deposit(sender=msg.sender, owner=receiver, assets=assets, shares=shares)


# ------------------------------------------------------------------ exits, inside

@internal
@view
def _acts_for(who: address) -> bool:
    return msg.sender == who or self.isOperator[who][msg.sender]


@internal
@view
def _ripe(controller: address) -> IVault.Request:
    """
    @notice A request that has waited; an empty one where there is none.
    """
    request: IVault.Request = self.requests[controller]
    if block.timestamp < request.claimable_from:
        return empty(IVault.Request)
    return request


@internal
@view
def _claimable(controller: address) -> IVault.Request:
    if not self._acts_for(controller):
        refuse._because("vault: not the controller")
    return self._ripe(controller)


@internal
@view
def _value_down(request: IVault.Request, shares: uint256, equity: int256) -> uint256:
    """
    @notice What some of a request's shares are paid before the fee: the least of then and now, rounded down.
    """
    if shares == 0:
        return 0
    return min(request.value * shares // request.shares, self._assets_down(shares, equity))


@internal
@view
def _shares_up(request: IVault.Request, gross: uint256, equity: int256) -> uint256:
    """
    @notice The fewest of a request's shares that are worth a value; more than it has where they are not.
    """
    if gross == 0:
        return 0
    if gross > request.value:
        return max_value(uint256)
    then: uint256 = (gross * request.shares + request.value - 1) // request.value
    unit: uint256 = self._positive(equity) + 1
    return max(then, (gross * self._supply() + unit - 1) // unit)


@internal
@view
def _fee_bps(worth: IPerpEngine.Worth) -> uint256:
    """
    @notice base + slope x initial margin / equity, rounded up: who leaves while margin is in use leaves it to fewer.
    """
    if worth.low <= 0:
        return self.base_fee_bps + self.fee_slope_bps
    equity: uint256 = convert(worth.low, uint256)
    used: uint256 = min(worth.initial, equity)
    return self.base_fee_bps + (self.fee_slope_bps * used + equity - 1) // equity


@internal
@pure
def _fee_up(gross: uint256, bps: uint256) -> uint256:
    return (gross * bps + BPS - 1) // BPS


@internal
@view
def _net(request: IVault.Request, shares: uint256, worth: IPerpEngine.Worth) -> uint256:
    """
    @notice What a claim would pay; 0 while the price is not fit.
    """
    if not self._is_fit(worth):
        return 0
    gross: uint256 = self._value_down(request, shares, worth.low)
    return gross - self._fee_up(gross, self._fee_bps(worth))


@internal
def _leave(
    request: IVault.Request,
    assets: uint256,
    gross: uint256,
    shares: uint256,
    worth: IPerpEngine.Worth,
    receiver: address,
    controller: address,
):
    """
    @notice Burns shares of a request and has the engine pay. What is left of the request is worth its share, rounded
            down.
    """
    if assets == 0:
        refuse._because("vault: nothing to claim")
    erc20._check_receiver(receiver)
    if assets > worth.free:
        refuse._because("vault: margin in use")
    left: IVault.Request = empty(IVault.Request)
    if shares != request.shares:
        left = request
        left.shares -= shares
        left.value = request.value * left.shares // request.shares
    self.requests[controller] = left
    self.pending_value -= request.value - left.value
    erc20._burn(self, shares)
    extcall IPerpEngine(engine).withdraw(account, assets, receiver)
    log IVault.ExitFeeTaken(controller=controller, amount=gross - assets)
    log IERC4626.Withdraw(sender=msg.sender, receiver=receiver, owner=controller, assets=assets, shares=shares)
