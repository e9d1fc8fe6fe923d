# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   FeeDistributor: who gets what the exchange earns
@license AGPL-3.0-only
@notice  The engine's fee receiver. Anyone may distribute what its accounts hold; the parts are booked into pots, and
         each pot is paid by a call of its own, so that who cannot be paid keeps nobody else from it.
@dev     docs/risk.md explains the rules with numbers; IFeeDistributor gives the units of all arguments and results.
         Parts are rounded down; what rounding leaves is the insurance fund's. Of a unit that comes in, each is in
         exactly one pot until it leaves: the token balance is `booked` and what was sent here without a call, which
         belongs to nobody. What others deposit into the engine accounts is distributed like fees and penalties.
         Nothing overflows: an engine account holds less than 2**111 units, and the sum of all tokens is a word.
@custom:security Trusts engine and insurance fund, which cannot be changed, and the owner with shares and recipients
                 within the bounds below. Nobody can take back what a pot holds.
@custom:halt None: a distribution moves what is earned already, and is refused where the engine refuses to pay.
"""
from ethereum.ercs import IERC20

from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from interfaces import IFeeDistributor
from interfaces import IInsuranceFund

from contracts.modules import refuse
from contracts.modules import steps
from contracts.modules import token as tokens


initializes: ownable
initializes: ownable_2step[ownable := ownable]

implements: IFeeDistributor

exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    # not renounce_ownership: recipients change, and the runners' pot may have to be recalled
)


interface IEngine:
    def token() -> address: view
    def collateral(account: uint256) -> int256: view
    def deposit(account: uint256, amount: uint256): nonpayable
    def withdraw(account: uint256, amount: uint256, to: address): nonpayable
    def transfer(account: uint256, to: uint256, amount: uint256): nonpayable


BPS: constant(uint256) = 10_000
MIN_INSURANCE: constant(uint256) = 1_000            # of fees
MIN_INSURANCE_OF_PENALTIES: constant(uint256) = 5_000
MAX_TREASURY: constant(uint256) = 5_000
MAX_RUNNERS: constant(uint256) = 2_000
MAX_OTHERS: constant(uint256) = 3_000               # all of them together
MAX_OTHER_COUNT: constant(uint256) = 4
MAX_FLOOR: constant(uint256) = 1_000_000            # whole tokens
SHARE_STEP: constant(uint256) = 500                 # what is never too large a change
FLOOR_STEP: constant(uint256) = 10_000              # whole tokens
FEES: constant(uint256) = 0                         # numbers of accounts
RUNNERS: constant(uint256) = 1
PENALTIES: constant(uint256) = 2
NUMBERS: constant(uint256) = 11                     # that go by steps


engine: public(immutable(address))
token: public(immutable(address))
insurance: public(immutable(address))
unit: immutable(uint256)                            # of one whole token

booked: public(uint256)                             # sum of all pots
deliverable: public(HashMap[address, uint256])      # pots of the insurance fund and of vaults, paid to their purposes
claimable: public(HashMap[address, uint256])        # pots of the rest, who fetch them
rules: IFeeDistributor.Settings
changed_at: public(uint256)                         # last change of a share or the floor; 0: none


@deploy
def __init__(owner: address, engine_: address, insurance_: address, settings_: IFeeDistributor.Settings):
    """
    @notice A distributor without income.
    @param owner      Sets shares and recipients; may hand this right on in two steps.
    @param engine_    PerpEngine, which is told of this contract by its `set_fee_receiver`.
    @param insurance_ InsuranceFund of the same token.
    @param settings_  As for `configure`.
    @dev   Reverts: "fees: no owner", "fees: not a contract", "fees: other token" (the fund's is not the engine's); as
           `configure`; as token._check.
    """
    if owner == empty(address):
        refuse._because("fees: no owner")
    if not (engine_.is_contract and insurance_.is_contract):
        refuse._because("fees: not a contract")
    engine = engine_
    insurance = insurance_
    token = staticcall IEngine(engine_).token()
    if staticcall IInsuranceFund(insurance_).token() != token:
        refuse._because("fees: other token")
    tokens._check(token)
    unit = tokens._unit(token)
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(owner)
    self._set(settings_)


# ------------------------------------------------------------------ distribution

@external
def distribute() -> IFeeDistributor.Parts:
    """
    @notice Takes what is earned out of the engine and books each recipient's part. By anyone. The runners' part goes to
            their account at once and does not leave the engine.
    @return The parts.
    @dev    Reverts: "fees: nothing to distribute" (neither fees over the floor nor penalties); as the engine's
            `withdraw`, for one "engine: deficit unpaid"; "token: inexact transfer" (less came than the engine paid).
    """
    parts: IFeeDistributor.Parts = self._distribute()
    if parts.fees + parts.penalties == 0:
        refuse._because("fees: nothing to distribute")
    return parts


@external
def deliver(recipient: address) -> uint256:
    """
    @notice Pays the pot of the insurance fund into its reserve, or that of a vault, present or past, into the vault's
            account 0 of the engine. By anyone.
    @param recipient The insurance fund or a vault.
    @return Units of the token.
    @dev    Reverts: "fees: nothing to deliver"; as the fund's `contribute` or the engine's `deposit`: the pot stays;
            "token: inexact transfer" (another amount left).
    """
    amount: uint256 = self.deliverable[recipient]
    if amount == 0:
        refuse._because("fees: nothing to deliver")
    self.deliverable[recipient] = 0
    self.booked -= amount
    before: uint256 = staticcall IERC20(token).balanceOf(self)
    if recipient == insurance:
        extcall IERC20(token).approve(insurance, amount, default_return_value=True)
        extcall IInsuranceFund(insurance).contribute(amount)
    else:
        extcall IERC20(token).approve(engine, amount, default_return_value=True)
        extcall IEngine(engine).deposit(convert(recipient, uint256) << 8, amount)
    tokens._check_moved(staticcall IERC20(token).balanceOf(self), before, amount)
    log IFeeDistributor.Delivered(recipient=recipient, amount=amount, by=msg.sender)
    return amount


@external
def claim(receiver: address) -> uint256:
    """
    @notice Pays the caller's pot: that of the treasury, present or past, or of another recipient.
    @param receiver Who gets the tokens.
    @return Units of the token.
    @dev    Reverts: "fees: no receiver" (the zero address), "fees: nothing to claim"; as token._push.
    """
    if receiver == empty(address):
        refuse._because("fees: no receiver")
    amount: uint256 = self.claimable[msg.sender]
    if amount == 0:
        refuse._because("fees: nothing to claim")
    self.claimable[msg.sender] = 0
    self.booked -= amount
    tokens._push(token, receiver, amount)
    log IFeeDistributor.Claimed(account=msg.sender, receiver=receiver, amount=amount)
    return amount


# ------------------------------------------------------------------ governance

@external
def configure(settings: IFeeDistributor.Settings):
    """
    @notice Replaces shares, recipients and floor. What was earned until now is distributed by the old ones first; pots
            stay whose they are. Recipients change freely; the floor and each share, those of the others in one, go by
            a step at most, and a day after the last change of any at the earliest.
    @param settings Of the fees at least 1,000 go to insurance, of the penalties 5,000; at most 5,000 to the treasury,
                    2,000 to runners, 3,000 to all others together; the floor is at most 1,000,000 whole tokens.
                    Steps as docs/parameters.md tells.
    @dev   Owner only. Reverts: "fees: no recipient" (a zero address has a share), "fees: bad recipient" (this contract,
           or a vault that is the insurance fund), "fees: bad shares" (not one for each of the others),
           "fees: share out of bounds", "fees: shares not whole" (their sum is not 10,000), "fees: bad floor",
           "fees: step too large", "fees: too soon"; as the engine's `withdraw`, where there is something to distribute.
    """
    ownable._check_owner()
    self._distribute()
    before: IFeeDistributor.Settings = self.rules
    self._set(settings)
    self._step(self._numbers(before), self._numbers(settings))


@external
def recall(amount: uint256):
    """
    @notice Takes money out of the runners' account back to the fees, where the next distribution splits it: when there
            is too much, or another receiver of fees is to come.
    @param amount Units of the token.
    @dev   Owner only. Reverts as the engine's `transfer`: "engine: margin missed" (it has less).
    """
    ownable._check_owner()
    extcall IEngine(engine).transfer(self._account(RUNNERS), self._account(FEES), amount)
    log IFeeDistributor.Recalled(amount=amount)


# ------------------------------------------------------------------ views

@external
@view
def settings() -> IFeeDistributor.Settings:
    """
    @notice Shares, recipients and floor.
    @return As configured.
    """
    return self.rules


@external
@view
def preview() -> IFeeDistributor.Parts:
    """
    @notice What a distribution would book now.
    @return The parts.
    """
    return self._parts()


# ------------------------------------------------------------------ inside

@internal
def _distribute() -> IFeeDistributor.Parts:
    """
    @notice Takes and books what there is; nothing where there is nothing.
    """
    parts: IFeeDistributor.Parts = self._parts()
    paid: uint256 = parts.fees + parts.penalties - parts.runners
    if paid == 0:  # insurance has a share, so there was nothing
        return parts
    self.booked += paid
    self.deliverable[self.rules.vault] += parts.vault
    self.deliverable[insurance] += parts.insurance
    self.claimable[self.rules.treasury] += parts.treasury
    for i: uint256 in range(len(parts.others), bound=MAX_OTHER_COUNT):
        self.claimable[self.rules.others[i]] += parts.others[i]
    if parts.penalties != 0:
        extcall IEngine(engine).transfer(self._account(PENALTIES), self._account(FEES), parts.penalties)
    if parts.runners != 0:
        extcall IEngine(engine).transfer(self._account(FEES), self._account(RUNNERS), parts.runners)
    before: uint256 = staticcall IERC20(token).balanceOf(self)
    extcall IEngine(engine).withdraw(self._account(FEES), paid, self)
    tokens._check_moved(before, staticcall IERC20(token).balanceOf(self), paid)
    log IFeeDistributor.Distributed(by=msg.sender, parts=parts)
    return parts


@internal
@view
def _parts() -> IFeeDistributor.Parts:
    """
    @notice Splits what the accounts hold over the floor. What rounding leaves is the insurance fund's.
    """
    rules: IFeeDistributor.Settings = self.rules
    fees: uint256 = self._above(FEES, rules.floor)
    penalties: uint256 = self._above(PENALTIES, 0)
    parts: IFeeDistributor.Parts = IFeeDistributor.Parts(
        fees=fees,
        penalties=penalties,
        vault=self._part_down(fees, rules.fees.vault) + self._part_down(penalties, rules.penalties.vault),
        insurance=fees + penalties,
        treasury=self._part_down(fees, rules.fees.treasury) + self._part_down(penalties, rules.penalties.treasury),
        runners=self._part_down(fees, rules.fees.runners) + self._part_down(penalties, rules.penalties.runners),
        others=[],
    )
    parts.insurance -= parts.vault + parts.treasury + parts.runners
    for i: uint256 in range(len(rules.others), bound=MAX_OTHER_COUNT):
        part: uint256 = self._part_down(fees, rules.fees.others[i])
        part += self._part_down(penalties, rules.penalties.others[i])
        parts.others.append(part)
        parts.insurance -= part
    return parts


@internal
@view
def _above(number: uint256, least: uint256) -> uint256:
    """
    @notice What one of this contract's accounts holds over the least that stays.
    """
    held: int256 = staticcall IEngine(engine).collateral(self._account(number))
    return convert(max(held - convert(least, int256), 0), uint256)


@internal
@view
def _account(number: uint256) -> uint256:
    return (convert(self, uint256) << 8) | number


@internal
@pure
def _part_down(amount: uint256, share: uint256) -> uint256:
    """
    @notice A share of an amount, rounded down: the insurance fund has the rest.
    """
    return amount * share // BPS


@internal
def _set(settings: IFeeDistributor.Settings):
    """
    @notice Replaces the settings where they are within bounds.
    """
    if settings.vault == empty(address) and settings.fees.vault | settings.penalties.vault != 0:
        refuse._because("fees: no recipient")
    if settings.treasury == empty(address) and settings.fees.treasury | settings.penalties.treasury != 0:
        refuse._because("fees: no recipient")
    if settings.vault in [self, insurance] or settings.treasury == self:
        refuse._because("fees: bad recipient")
    for other: address in settings.others:
        if other == empty(address):
            refuse._because("fees: no recipient")
        if other == self:
            refuse._because("fees: bad recipient")
    count: uint256 = len(settings.others)
    self._check_shares(settings.fees, count, MIN_INSURANCE)
    self._check_shares(settings.penalties, count, MIN_INSURANCE_OF_PENALTIES)
    if settings.floor > MAX_FLOOR * unit:
        refuse._because("fees: bad floor")
    self.rules = settings
    log IFeeDistributor.Configured(settings=settings)


@internal
def _step(before: uint256[NUMBERS], after: uint256[NUMBERS]):
    """
    @notice Each share and the floor go a step at most, once a day.
    """
    is_change: bool = False
    for i: uint256 in range(NUMBERS):
        least: uint256 = FLOOR_STEP * unit if i == 0 else SHARE_STEP
        if steps._is_large(before[i], after[i], least):
            refuse._because("fees: step too large")
        is_change = is_change or before[i] != after[i]
    if is_change:
        if steps._is_early(self.changed_at):
            refuse._because("fees: too soon")
        self.changed_at = block.timestamp


@internal
@pure
def _numbers(settings: IFeeDistributor.Settings) -> uint256[NUMBERS]:
    """
    @notice What goes by steps: the floor, and of each kind of income the shares, those of the others in one.
    """
    fees: IFeeDistributor.Shares = settings.fees
    penalties: IFeeDistributor.Shares = settings.penalties
    return [
        settings.floor,
        fees.vault,
        fees.insurance,
        fees.treasury,
        fees.runners,
        self._sum(fees.others),
        penalties.vault,
        penalties.insurance,
        penalties.treasury,
        penalties.runners,
        self._sum(penalties.others),
    ]


@internal
@pure
def _sum(shares: DynArray[uint256, MAX_OTHER_COUNT]) -> uint256:
    total: uint256 = 0
    for share: uint256 in shares:
        total += share
    return total


@internal
@pure
def _check_shares(shares: IFeeDistributor.Shares, count: uint256, min_insurance: uint256):
    if len(shares.others) != count:
        refuse._because("fees: bad shares")
    others: uint256 = 0
    for share: uint256 in shares.others:
        if share > MAX_OTHERS:
            refuse._because("fees: share out of bounds")
        others += share
    if (
        others > MAX_OTHERS
        or shares.vault > BPS
        or shares.insurance > BPS
        or shares.insurance < min_insurance
        or shares.treasury > MAX_TREASURY
        or shares.runners > MAX_RUNNERS
    ):
        refuse._because("fees: share out of bounds")
    if shares.vault + shares.insurance + shares.treasury + shares.runners + others != BPS:
        refuse._because("fees: shares not whole")
