# pragma version 0.4.3
"""
@title   deficits: who pays what an account owes and has not
@license AGPL-3.0-only
@notice  The insurance fund as far as its cap for the market goes, then all positions of the market.
"""
from ethereum.ercs import IERC20

from interfaces import IInsuranceFund
from interfaces import ILiquidationEngine
from interfaces import IPerpEngine

from contracts.modules import refuse
from contracts.modules.liquidation import stage

uses: stage

fund: public(immutable(address))             # InsuranceFund
token: public(immutable(address))

unborne: HashMap[uint256, uint256]           # account -> of its deficit what nominees should have borne, and could not, << 40 | when


@deploy
def __init__(engine_: address, fund_: address):
    fund = fund_
    token = staticcall IPerpEngine(engine_).token()
    if staticcall IInsuranceFund(fund_).token() != token:
        refuse._because("liquidation: other token")


@internal
def _resolve(account: uint256) -> bool:
    """
    @notice Covers the deficit of an account that has no position any more, where its last one was closed, and cancels its orders.
    @return Whether there was one, and no batch that is closed, or a penalty whose outcome is open, was in the way.
    """
    collateral: int256 = staticcall IPerpEngine(stage.engine).collateral(account)
    if collateral >= 0 or stage._held(account) != 0:
        return False
    listed: DynArray[uint256, 16] = staticcall IPerpEngine(stage.engine).markets_of(account)
    for one: uint256 in listed:
        if stage._lots(account, one) != 0:
            return False
    for one: uint256 in listed:
        due: uint256 = (staticcall IPerpEngine(stage.engine).mark(one)).due
        if due != 0 and block.timestamp >= due:
            return False  # its orders cannot leave a closed batch; after its auction
        extcall IPerpEngine(stage.engine).force_cancel(account, one)
    market: uint256 = staticcall IPerpEngine(stage.engine).owing(account)
    deficit: uint256 = convert(-collateral, uint256)
    self.unborne[account] = 0
    insured: uint256 = self._insure(account, market, deficit)
    if deficit != insured:
        extcall IPerpEngine(stage.engine).force_socialise(account, market, deficit - insured)
    log ILiquidationEngine.Covered(
        account=account, market=market, insured=insured, socialised=deficit - insured
    )
    return True


@internal
@view
def _unborne(account: uint256) -> uint256:
    """
    @notice Of an account's deficit, what nominees that were executed not long ago should have borne, and could not.
    """
    word: uint256 = self.unborne[account]
    if block.timestamp >= (word & (2**40 - 1)) + stage.LAPSE:
        return 0
    return word >> 40


@internal
def _note_unborne(account: uint256, amount: uint256):
    if amount != 0:
        self.unborne[account] = (self._unborne(account) + amount) << 40 | block.timestamp


@internal
def _insure(account: uint256, market: uint256, deficit: uint256) -> uint256:
    """
    @notice Pays of a deficit what the insurance fund has for the market; a fund that cannot pay stops nothing.
    """
    if deficit == 0:
        return 0
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        fund,
        abi_encode(market, deficit, method_id=method_id("draw(uint256,uint256)")),
        max_outsize=32,
        revert_on_failure=False,
    )
    if not success or len(answer) != 32:
        return 0
    paid: uint256 = abi_decode(answer, uint256)
    if paid != 0:
        extcall IERC20(token).approve(stage.engine, paid, default_return_value=True)
        extcall IPerpEngine(stage.engine).deposit(account, paid)
    return paid
