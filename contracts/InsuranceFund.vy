# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   InsuranceFund: pays what an account owes and cannot
@license AGPL-3.0-only
@notice  Two purses. The reserve is the fund's own and pays first. The pot belongs to stakers and pays when the reserve is
         empty. The engine draws, market by market up to a cap; stakers leave by a request, two weeks of waiting and a
         week in which to claim, and share every draw until they have.
@dev     docs/risk.md explains the rules with numbers; IInsuranceFund gives the units of all arguments and results.
         A share is worth (pot + 1) / (total_shares + 1,000) units: the 1,000 virtual shares and the virtual unit own
         what rounding leaves, so that nobody can make a share so dear that another's stake rounds to nothing. What is
         counted in shares or assets is rounded down, against who asks: a share's worth falls by draws and nothing else.
         Nothing overflows: reserve and pot stay below 2**112, and whenever a draw leaves more than 10**9 shares a
         unit, those shares are void. Hence total_shares + 1,000 <= 10**9 * (pot + 1) at all times (it begins with
         1,000 <= 10**9, and stakes and claims do not lower a share's worth), that is below 2**142, and the
         largest product, with an amount below 2**112, is below 2**254.
@custom:security Trusts the engine to draw for deficits only, and the owner with the caps; the engine cannot be changed.
                 Without a draw nobody gets out more than went in. Tokens sent here without a call belong to nobody.
                 A staker who keeps asking to leave can leave in every third week.
@custom:halt `set_draw_cap(market, 0)` by the owner stops draws, market by market. Exits cannot be stopped.
"""
from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from interfaces import IInsuranceFund

from contracts.modules import refuse
from contracts.modules import steps
from contracts.modules import token as tokens


initializes: ownable
initializes: ownable_2step[ownable := ownable]

implements: IInsuranceFund

exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    # not renounce_ownership: a cap is on the sum of all draws, and somebody has to be able to raise it
)


MAX_AMOUNT: constant(uint256) = 2**112 - 1
VIRTUAL_SHARES: constant(uint256) = 10**3
MAX_SHARES_PER_UNIT: constant(uint256) = 10**9  # a million times as many as the first unit buys
EXIT_DELAY: constant(uint256) = 1_209_600       # 14 days, in seconds
CLAIM_WINDOW: constant(uint256) = 604_800       # 7 days


struct Stake:
    epoch: uint256
    shares: uint256
    exit_shares: uint256   # <= shares: only a claim takes shares away, and it ends the request
    exit_from: uint256


CAP_STEP: constant(uint256) = 100_000  # whole tokens; a rise of what may be drawn that is never too large

token: public(immutable(address))
unit: immutable(uint256)                       # of one whole token

engine: public(address)
reserve: public(uint256)
pot: public(uint256)
epoch: public(uint256)                         # shares of an earlier one are void
total_shares: public(uint256)
stakes: HashMap[address, Stake]
draw_cap: public(HashMap[uint256, uint256])    # by market
drawn: public(HashMap[uint256, uint256])       # by market, ever
cap_raised_at: public(HashMap[uint256, uint256])  # by market, while there are shares


@deploy
def __init__(owner: address, token_: address):
    """
    @notice An empty fund.
    @param owner  Sets the engine once, and the caps; may hand this right on in two steps.
    @param token_ The collateral token, of 6 to 18 decimals.
    @dev   Reverts: "fund: no owner", "token: not a contract", "token: bad decimals".
    """
    if owner == empty(address):
        refuse._because("fund: no owner")
    tokens._check(token_)
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(owner)
    token = token_
    unit = tokens._unit(token_)


# ------------------------------------------------------------------ reserve

@external
def contribute(amount: uint256):
    """
    @notice Adds to the reserve, by anyone and for good.
    @param amount Units of the token, which the caller has approved.
    @dev   Reverts: "fund: zero amount", "fund: amount too large" (the reserve would reach 2**112); as token._pull.
    """
    if amount == 0:
        refuse._because("fund: zero amount")
    if amount > MAX_AMOUNT - self.reserve:
        refuse._because("fund: amount too large")
    self.reserve += amount
    tokens._pull(token, msg.sender, amount)
    log IInsuranceFund.Contributed(sender=msg.sender, amount=amount)


# ------------------------------------------------------------------ stakers

@external
def stake(assets: uint256, receiver: address) -> uint256:
    """
    @notice Puts tokens into the pot for shares of it, which cannot be transferred.
    @param assets   Units of the token, which the caller has approved.
    @param receiver Whose shares they become. A request of his to leave is not changed by it.
    @return Shares, rounded down.
    @dev    Reverts: "fund: no receiver" (the zero address), "fund: no engine" (none is set yet), "fund: amount too large" (the
            pot would reach 2**112), "fund: zero shares" (the assets are worth less than one); as token._pull.
    """
    if receiver == empty(address):
        refuse._because("fund: no receiver")
    if self.engine == empty(address):
        refuse._because("fund: no engine")  # one unit would have the first caps go by steps
    if assets > MAX_AMOUNT - self.pot:
        refuse._because("fund: amount too large")
    shares: uint256 = self._shares_down(assets)
    if shares == 0:
        refuse._because("fund: zero shares")
    held: Stake = self._stake(receiver)
    held.shares += shares
    self.stakes[receiver] = held
    self.total_shares += shares
    self.pot += assets
    tokens._pull(token, msg.sender, assets)
    log IInsuranceFund.Staked(sender=msg.sender, receiver=receiver, assets=assets, shares=shares)
    return shares


@external
def request_exit(shares: uint256):
    """
    @notice Asks to leave with some of the caller's shares. They stay at risk until they are claimed, which is possible
            for 7 days, 14 days from now. A request takes the place of an earlier one, whose waiting is lost: to leave with
            more, or again after the claim's time has passed, ask again for all of it.
    @param shares How many of the caller's shares in all.
    @dev   Reverts: "fund: no shares" (0 are none to leave with), "fund: not enough shares" (the caller has fewer).
    """
    held: Stake = self._stake(msg.sender)
    if shares == 0:
        refuse._because("fund: no shares")
    if shares > held.shares:
        refuse._because("fund: not enough shares")
    held.exit_shares = shares
    held.exit_from = block.timestamp + EXIT_DELAY
    self.stakes[msg.sender] = held
    log IInsuranceFund.ExitRequested(
        account=msg.sender, shares=shares, claimable_from=held.exit_from, until=held.exit_from + CLAIM_WINDOW
    )


@external
def cancel_exit():
    """
    @notice Takes the caller's request to leave back, also one whose time to claim has passed.
    @dev   Reverts "fund: no exit requested".
    """
    held: Stake = self._stake(msg.sender)
    if held.exit_shares == 0:
        refuse._because("fund: no exit requested")
    held.exit_shares = 0
    held.exit_from = 0
    self.stakes[msg.sender] = held
    log IInsuranceFund.ExitCancelled(account=msg.sender)


@external
def claim(receiver: address) -> uint256:
    """
    @notice Pays the caller's request to leave, all of it, at what its shares are worth now.
    @param receiver Who gets the tokens.
    @return Units of the token, rounded down.
    @dev    Reverts: "fund: no receiver" (the zero address), "fund: no exit requested", "fund: exit too early" (less than
            14 days after the request), "fund: exit expired" (21 days after it, or later), "fund: nothing to claim" (the
            shares are worth less than a unit); as token._push: a receiver whom the token bars stops this claim alone.
    """
    if receiver == empty(address):
        refuse._because("fund: no receiver")
    held: Stake = self._stake(msg.sender)
    shares: uint256 = held.exit_shares
    if shares == 0:
        refuse._because("fund: no exit requested")
    if block.timestamp < held.exit_from:
        refuse._because("fund: exit too early")
    if block.timestamp >= held.exit_from + CLAIM_WINDOW:
        refuse._because("fund: exit expired")
    assets: uint256 = self._assets_down(shares)
    if assets == 0:
        refuse._because("fund: nothing to claim")
    held.shares -= shares
    held.exit_shares = 0
    held.exit_from = 0
    self.stakes[msg.sender] = held
    self.total_shares -= shares
    self.pot -= assets
    tokens._push(token, receiver, assets)
    log IInsuranceFund.Claimed(account=msg.sender, receiver=receiver, shares=shares, assets=assets)
    return assets


# ------------------------------------------------------------------ deficits

@external
def draw(market: uint256, amount: uint256) -> uint256:
    """
    @notice Pays a deficit to the engine, out of the reserve and then out of the pot, as far as they and the market's
            cap go. A fund that has nothing pays nothing: want of money does not revert.
            A draw that empties the pot, or leaves a unit to more than 10**9 shares, makes all shares void: who stakes
            later does not share with those whose stake is gone. What is left then, less than a millionth of what
            those shares cost at first, becomes reserve.
    @param market The market in which the deficit arose.
    @param amount The deficit, units of the token, any number.
    @return What was paid: min(amount, draw_capacity(market)).
    @dev    Engine only. Reverts: "fund: only engine"; as token._push, where the token does not pay the engine.
    """
    if msg.sender != self.engine:
        refuse._because("fund: only engine")
    paid: uint256 = min(amount, self._draw_capacity(market))
    from_reserve: uint256 = min(paid, self.reserve)
    from_pot: uint256 = paid - from_reserve
    log IInsuranceFund.Drawn(market=market, amount=amount, from_reserve=from_reserve, from_pot=from_pot)
    if paid == 0:
        return 0
    self.drawn[market] += paid
    self.reserve -= from_reserve
    if from_pot != 0:
        self.pot -= from_pot
        self._void_if_lost()
    tokens._push(token, msg.sender, paid)
    return paid


@external
@view
def draw_capacity(market: uint256) -> uint256:
    """
    @notice The most that a draw would pay now.
    @param market Any number.
    @return Units of the token: what is left of the market's cap, at most what reserve and pot hold.
    """
    return self._draw_capacity(market)


# ------------------------------------------------------------------ governance

@external
def set_engine(engine: address):
    """
    @notice Names who may draw, once and for good; from then on the fund takes stakes.
    @param engine The engine's contract.
    @dev   Owner only. Reverts: "fund: engine is set", "fund: engine not a contract".
    """
    ownable._check_owner()
    if self.engine != empty(address):
        refuse._because("fund: engine is set")
    if not engine.is_contract:
        refuse._because("fund: engine not a contract")
    self.engine = engine
    log IInsuranceFund.EngineSet(engine=engine)


@external
def set_draw_cap(market: uint256, cap: uint256):
    """
    @notice Sets how much may be drawn for a market in all, what was drawn before included. 0, as at first, is nothing. A cap
            falls freely; while there are shares it rises by steps, a day apart.
    @param market The market.
    @param cap    Units of the token, of all draws ever. One below `drawn(market)` stops draws. What is left to be drawn
                  rises by 100,000 whole tokens, or half.
    @dev   Owner only. Reverts "fund: amount too large" (2**112 or more), "fund: step too large", "fund: too soon".
    """
    ownable._check_owner()
    if cap > MAX_AMOUNT:
        refuse._because("fund: amount too large")
    if self.total_shares != 0 and cap > self.draw_cap[market]:
        drawn: uint256 = self.drawn[market]
        if steps._is_large(max(self.draw_cap[market], drawn) - drawn, max(cap, drawn) - drawn, CAP_STEP * unit):
            refuse._because("fund: step too large")
        if steps._is_early(self.cap_raised_at[market]):
            refuse._because("fund: too soon")
        self.cap_raised_at[market] = block.timestamp
    self.draw_cap[market] = cap
    log IInsuranceFund.DrawCapSet(market=market, cap=cap)


# ------------------------------------------------------------------ views

@external
@view
def shares_of(account: address) -> uint256:
    """
    @notice The shares of an account, those that ask to leave included.
    @param account Any address.
    @return Shares; 0 where they are void.
    """
    return self._stake(account).shares


@external
@view
def value_of(account: address) -> uint256:
    """
    @notice What an account's shares are worth now.
    @param account Any address.
    @return Units of the token, rounded down.
    """
    return self._assets_down(self._stake(account).shares)


@external
@view
def pending_exit(account: address) -> IInsuranceFund.Exit:
    """
    @notice The request of an account to leave, also one whose time to claim has passed.
    @param account Any address.
    @return Zeros where there is none, or its shares are void.
    """
    held: Stake = self._stake(account)
    if held.exit_shares == 0:
        return empty(IInsuranceFund.Exit)
    return IInsuranceFund.Exit(
        shares=held.exit_shares, claimable_from=held.exit_from, until=held.exit_from + CLAIM_WINDOW
    )


@external
@view
def preview_stake(assets: uint256) -> uint256:
    """
    @notice What a stake would give now. It never reverts.
    @param assets Any number of units of the token.
    @return Shares, rounded down; 0 where the stake would be refused.
    """
    if self.engine == empty(address) or assets > MAX_AMOUNT - self.pot:
        return 0
    return self._shares_down(assets)


@external
@view
def preview_claim(account: address) -> uint256:
    """
    @notice What a claim of an account would pay now. It never reverts.
    @param account Any address.
    @return Units of the token, rounded down; 0 where the claim would be refused.
    """
    held: Stake = self._stake(account)
    if block.timestamp < held.exit_from or block.timestamp >= held.exit_from + CLAIM_WINDOW:
        return 0
    return self._assets_down(held.exit_shares)


# ------------------------------------------------------------------ inside

@internal
@view
def _stake(account: address) -> Stake:
    """
    @notice An account's stake of this epoch: an empty one where its shares are void.
    """
    held: Stake = self.stakes[account]
    if held.epoch != self.epoch:
        return Stake(epoch=self.epoch, shares=0, exit_shares=0, exit_from=0)
    return held


@internal
@view
def _shares_down(assets: uint256) -> uint256:
    """
    @notice What assets buy, rounded down: against who stakes, for those who have.
    """
    return assets * (self.total_shares + VIRTUAL_SHARES) // (self.pot + 1)


@internal
@view
def _assets_down(shares: uint256) -> uint256:
    """
    @notice What shares are worth, rounded down: against who leaves, for those who stay. Shares of this epoch are worth
            at most the pot, as the virtual ones are worth something.
    """
    return shares * (self.pot + 1) // (self.total_shares + VIRTUAL_SHARES)


@internal
@view
def _draw_capacity(market: uint256) -> uint256:
    cap: uint256 = self.draw_cap[market]
    drawn: uint256 = self.drawn[market]
    if cap <= drawn:
        return 0
    return min(cap - drawn, self.reserve + self.pot)


@internal
def _void_if_lost():
    """
    @notice After a draw from the pot: begins an epoch where the shares of this one are worth too little, or nothing.
    @dev    What is left in the pot goes to the reserve, which is empty, as the pot pays last: it stays below 2**112.
    """
    shares: uint256 = self.total_shares
    dust: uint256 = self.pot
    if shares == 0:
        return
    if dust != 0 and shares + VIRTUAL_SHARES <= MAX_SHARES_PER_UNIT * (dust + 1):
        return
    log IInsuranceFund.SharesVoided(epoch=self.epoch, shares=shares, dust=dust)
    self.reserve += dust
    self.pot = 0
    self.total_shares = 0
    self.epoch += 1
