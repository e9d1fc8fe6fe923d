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
         2**96, so supply stays below 2**137. Prices hold equity below 2**118; funding adds as much in 100 days at all limits.
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
from contracts.modules import token as tokens
from contracts.modules.vault import quoting
from contracts.modules.vault import requests
from contracts.modules.vault import shares as erc20
from contracts.modules.vault import valuing
from contracts.modules.vault import vault_terms as terms


initializes: ownable
initializes: ownable_2step[ownable := ownable]
initializes: erc20
initializes: terms
initializes: valuing[erc20 := erc20]
initializes: requests[erc20 := erc20, valuing := valuing]

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
    requests.isOperator,
    requests.pending_value,
    terms.allocated_bps,
    terms.base_fee_bps,
    terms.cooldown,
    terms.cooldown_changed_at,
    terms.fee_changed_at,
    terms.fee_slope_bps,
    terms.quotes_changed_at,
    valuing.engine,
    valuing.has_backstop,
)


BPS: constant(uint256) = 10_000
OFFSET: constant(uint8) = 6                          # decimals that shares have beyond those of the token
MAX_ASSETS: constant(uint256) = 2**96 - 1
MAX_SHARES: constant(uint256) = 2**137
MAX_BACKSTOP_BPS: constant(uint256) = 2_000          # of the equity

asset: public(immutable(address))
decimals: public(immutable(uint8))
name: public(immutable(String[32]))
symbol: public(immutable(String[32]))

deposit_cap: public(uint256)                         # of the vault's equity, after an entry
guardian: public(address)                            # may lower the deposit cap; zero for nobody


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
    terms.__init__()
    valuing.__init__(engine_)
    asset = staticcall IPerpEngine(engine_).token()
    decimals = staticcall IERC20Detailed(asset).decimals() + OFFSET
    name = name_
    symbol = symbol_


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
    worth: IPerpEngine.Worth = valuing._worth_for_entry()
    self._check_cap(assets, worth)
    shares: uint256 = valuing._shares_down(assets, worth.high)
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
    worth: IPerpEngine.Worth = valuing._worth_for_entry()
    if shares > MAX_SHARES:
        refuse._because("vault: deposit cap")
    assets: uint256 = valuing._assets_up(shares, worth.high)
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
    if not requests._acts_for(controller):
        refuse._because("vault: not the controller")
    if shares == 0:
        refuse._because("vault: zero shares")
    if not requests._acts_for(owner):
        erc20._spend(owner, msg.sender, shares)
    erc20._move(owner, self, shares)
    worth: IPerpEngine.Worth = valuing._refreshed()
    value: uint256 = valuing._assets_down(shares, worth.low)
    if value == 0:
        refuse._because("vault: nothing to claim")
    requests._join(controller, shares, value, block.timestamp + terms.cooldown)
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
    request: IVault.Request = requests._claimable(controller)
    if shares == 0:
        refuse._because("vault: zero shares")
    if request.shares < shares:
        refuse._because("vault: more than claimable")
    worth: IPerpEngine.Worth = valuing._refreshed()
    value: uint256 = requests._value_down(request, shares, worth.low)
    assets: uint256 = value - terms._fee_up(value, terms._fee_bps(worth.low, worth.initial))
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
    request: IVault.Request = requests._claimable(controller)
    if assets > request.value:
        refuse._because("vault: more than claimable")
    worth: IPerpEngine.Worth = valuing._refreshed()
    value: uint256 = terms._gross_up(assets, terms._fee_bps(worth.low, worth.initial))
    shares: uint256 = requests._shares_up(request, value, worth.low)
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
    requests.isOperator[msg.sender][operator] = approved
    log IVault.OperatorSet(controller=msg.sender, operator=operator, approved=approved)
    return True


# ------------------------------------------------------------------ quotes

@external
@view
def quotes(question: IQuoter.Question) -> IOrderbookV2.VaultQuotes:
    """
    @notice What the vault bids and asks in an auction. It asks the engine nothing: that is locked while it calls.
    @param question As IQuoter tells. What the vault owes to those who asked is left out of its capital: what they asked for,
                    and no more than their shares' part of the collateral, as they share its losses.
    @return No lots in a market that is not configured.
    """
    settings: IVault.QuoteSettings = terms.quotes[question.market]
    if settings.spread_ppm == 0:
        return empty(IOrderbookV2.VaultQuotes)
    base: uint256 = valuing._positive(question.collateral) - requests._owed(question.collateral)
    return quoting._quotes(question, settings, base)


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
    terms._configure(market, settings, erc20.totalSupply != 0)


@external
def set_cooldown(cooldown: uint256):
    """
    @notice Sets how long requests wait from now on. While there are shares it goes by steps, a day apart.
    @param cooldown Seconds, 1 to 14 days; a day from what it was, or half of it.
    @dev   Owner only. Reverts: "vault: bad cooldown", "vault: step too large", "vault: too soon".
    """
    ownable._check_owner()
    terms._set_cooldown(cooldown, erc20.totalSupply != 0)


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
    terms._set_exit_fee(base_bps, slope_bps, erc20.totalSupply != 0)


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
    valuing.has_backstop = True
    worth: IPerpEngine.Worth = valuing._refreshed()
    set_aside: uint256 = valuing._positive((staticcall IPerpEngine(valuing.engine).worth(valuing.backstop)).high)
    if (set_aside + amount) * BPS > valuing._positive(worth.low) * MAX_BACKSTOP_BPS:
        refuse._because("vault: backstop too large")
    extcall IPerpEngine(valuing.engine).transfer(valuing.account, valuing.backstop, amount)
    log IVault.BackstopFunded(amount=convert(amount, int256))


@external
def recall_backstop(amount: uint256):
    """
    @notice Takes back what the backstop does not need. By the owner; by anyone what requests wait for beyond what is free: no more
            than they are worth now, and nothing while account 0 is below initial margin: what came would be free for nobody, could be
            asked for again, and stand behind positions whose losses insurance and others are to bear.
    @param amount Units of the token.
    @dev   Reverts as the engine's `transfer`; for others than the owner "vault: price not fit", "vault: account below margin",
           "ownable: caller is not the owner" (all that requests wait for is free), "vault: more than is short".
    """
    if msg.sender != ownable.owner:
        worth: IPerpEngine.Worth = valuing._refreshed()
        if valuing._is_short():
            refuse._because("vault: account below margin")
        owed: uint256 = requests._owed(worth.low)
        if owed <= worth.free:
            ownable._check_owner()
        if amount > owed - worth.free:
            refuse._because("vault: more than is short")
    extcall IPerpEngine(valuing.engine).transfer(valuing.backstop, valuing.account, amount)
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
    return valuing._positive(valuing._worth().low)


@external
@view
def convertToShares(assetAmount: uint256) -> uint256:
    """
    @notice What assets would buy, price fit or not.
    @param assetAmount Units of the token.
    """
    return valuing._shares_down(assetAmount, valuing._worth().high)


@external
@view
def convertToAssets(shareAmount: uint256) -> uint256:
    """
    @notice What shares are worth before the exit fee, price fit or not.
    @param shareAmount Shares.
    """
    return valuing._assets_down(shareAmount, valuing._worth().low)


@external
@view
def maxDeposit(receiver: address) -> uint256:
    """
    @notice The most that can be deposited. It never reverts.
    @param receiver Anybody but zero and the vault.
    @return 0 while entries are refused, or the engine's guardian has paused deposits and the account has no position.
    """
    return self._room(receiver, valuing._worth())


@external
@view
def maxMint(receiver: address) -> uint256:
    """
    @notice The most shares that can be minted. It never reverts.
    @param receiver Anybody but zero and the vault.
    @return 0 where `maxDeposit` is.
    """
    worth: IPerpEngine.Worth = valuing._worth()
    return valuing._shares_down(self._room(receiver, worth), worth.high)


@external
@view
def previewDeposit(assets: uint256) -> uint256:
    """
    @notice What a deposit would give, whatever the cap. It never reverts.
    @param assets Units of the token.
    @return 0 while entries are refused, and for 2**96 units or more.
    """
    worth: IPerpEngine.Worth = valuing._worth()
    if assets > MAX_ASSETS or valuing._refusal(worth) != "":
        return 0
    return valuing._shares_down(assets, worth.high)


@external
@view
def previewMint(shares: uint256) -> uint256:
    """
    @notice What a mint would cost, rounded up, whatever the cap. It never reverts.
    @param shares How many.
    @return 0 while entries are refused, and for more than 2**137 shares.
    """
    worth: IPerpEngine.Worth = valuing._worth()
    if shares > MAX_SHARES or valuing._refusal(worth) != "":
        return 0
    return valuing._assets_up(shares, worth.high)


@external
@view
def maxRedeem(controller: address) -> uint256:
    """
    @notice The shares that a controller can claim. It never reverts.
    @param controller Anybody.
    @return 0 while the price is not fit or the engine pays nobody; fewer than asked for where margin needs the
            collateral, or the engine has too little.
    """
    request: IVault.Request = requests._ripe(controller)
    worth: IPerpEngine.Worth = valuing._worth()
    shares: uint256 = request.shares
    assets: uint256 = self._net(request, shares, worth)
    most: uint256 = valuing._payable(worth.free)
    if most < assets:
        # a share pays less than (assets + 2) / shares: two roundings took less than a unit each
        shares = shares * most // (assets + 2)
        assets = self._net(request, shares, worth)
    return shares if assets != 0 else 0


@external
@view
def maxWithdraw(controller: address) -> uint256:
    """
    @notice The tokens that a controller can claim, after the fee. It never reverts.
    @param controller Anybody.
    @return 0 while the price is not fit or the engine pays nobody; less than his shares are worth where margin
            needs the collateral, or the engine has too little.
    """
    request: IVault.Request = requests._ripe(controller)
    worth: IPerpEngine.Worth = valuing._worth()
    return min(self._net(request, request.shares, worth), valuing._payable(worth.free))


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
    request: IVault.Request = requests.requests[controller]
    return request.shares if requestId == 0 and block.timestamp < request.claimable_from else 0


@external
@view
def claimableRedeemRequest(requestId: uint256, controller: address) -> uint256:
    """
    @notice Shares that a controller asked for and that have waited.
    @param requestId 0; there is no other.
    @param controller Anybody.
    """
    return requests._ripe(controller).shares if requestId == 0 else 0


@external
@view
def request_of(controller: address) -> IVault.Request:
    """
    @notice All that a controller has asked for and not claimed.
    @param controller Anybody.
    """
    return requests.requests[controller]


@external
@view
def quote_settings(market: uint256) -> IVault.QuoteSettings:
    """
    @notice How the vault quotes in a market.
    @param market Any number.
    """
    return terms.quotes[market]


@external
@view
def exit_fee_bps() -> uint256:
    """
    @notice What leaving costs now, of the value, in bps.
    """
    worth: IPerpEngine.Worth = valuing._worth()
    return terms._fee_bps(worth.low, worth.initial)


@external
@view
def supportsInterface(interface_id: bytes4) -> bool:
    """
    @notice ERC-165.
    @param interface_id ERC-165's own, operators and asynchronous redemption of ERC-7540, vaults of ERC-7575.
    """
    return interface_id in [0x01ffc9a7, 0xe3bc4e65, 0x620ee8e4, 0x2f0a18c5]


# ------------------------------------------------------------------ entries, inside

@internal
@view
def _check_cap(assets: uint256, worth: IPerpEngine.Worth):
    cap: uint256 = self.deposit_cap
    if assets > cap or valuing._positive(worth.high) > cap - assets:
        refuse._because("vault: deposit cap")


@internal
@view
def _room(receiver: address, worth: IPerpEngine.Worth) -> uint256:
    """
    @notice What can be deposited.
    """
    if receiver == empty(address) or receiver == self or valuing._refusal(worth) != "" or valuing._is_shut():
        return 0
    cap: uint256 = self.deposit_cap
    return cap - min(cap, valuing._positive(worth.high))


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
    if not extcall IERC20(asset).approve(valuing.engine, assets, default_return_value=True):
        refuse._because("token: transfer refused")
    extcall IPerpEngine(valuing.engine).deposit(valuing.account, assets)
    log IERC4626.Deposit(sender=msg.sender, owner=receiver, assets=assets, shares=shares)


# ------------------------------------------------------------------ exits, inside

@internal
@view
def _net(request: IVault.Request, shares: uint256, worth: IPerpEngine.Worth) -> uint256:
    """
    @notice What a claim would pay; 0 while the price is not fit.
    """
    if not valuing._is_fit(worth):
        return 0
    gross: uint256 = requests._value_down(request, shares, worth.low)
    return gross - terms._fee_up(gross, terms._fee_bps(worth.low, worth.initial))


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
    @notice Burns shares of a request and has the engine pay.
    """
    if assets == 0:
        refuse._because("vault: nothing to claim")
    erc20._check_receiver(receiver)
    if assets > worth.free:
        refuse._because("vault: margin in use")
    requests._take(controller, request, shares)
    erc20._burn(self, shares)
    extcall IPerpEngine(valuing.engine).withdraw(valuing.account, assets, receiver)
    log IVault.ExitFeeTaken(controller=controller, amount=gross - assets)
    log IERC4626.Withdraw(sender=msg.sender, receiver=receiver, owner=controller, assets=assets, shares=shares)
