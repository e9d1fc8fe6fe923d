# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Timelock: owns the exchange's contracts and does, after a delay, what votes have decided
@license AGPL-3.0-only
@notice  snekmate's timelock_controller. The governor alone schedules and cancels operations, anybody executes them once
         their delay is over, and nobody administers it: its roles and its delay change by operations of its own.
@dev     docs/governance.md explains. Two functions are this file's: `update_delay` keeps the delay within bounds, and
         `accept_ownership` takes what it is offered. The module's functions have no lock, because operations call the
         timelock itself; an operation that is executed within itself reverts, for the module looks again after the calls.
@custom:security Trusts the governor, and whoever a vote gives a role. The constructor gives none to the deployer.
@custom:halt None. An operation that is scheduled can be cancelled by who has CANCELLER_ROLE: the governor, which does
             so for nobody, and whoever a vote names.
"""
from snekmate.auth import access_control
from snekmate.governance import timelock_controller

from contracts.modules import refuse


interface IOffered:
    def accept_ownership(): nonpayable


initializes: access_control
initializes: timelock_controller[access_control := access_control]

exports: (
    timelock_controller.__default__,
    timelock_controller.supportsInterface,
    timelock_controller.DEFAULT_ADMIN_ROLE,
    timelock_controller.PROPOSER_ROLE,
    timelock_controller.EXECUTOR_ROLE,
    timelock_controller.CANCELLER_ROLE,
    timelock_controller.IERC721_TOKENRECEIVER_SELECTOR,
    timelock_controller.IERC1155_TOKENRECEIVER_SINGLE_SELECTOR,
    timelock_controller.IERC1155_TOKENRECEIVER_BATCH_SELECTOR,
    timelock_controller.hasRole,
    timelock_controller.getRoleAdmin,
    timelock_controller.grantRole,
    timelock_controller.revokeRole,
    timelock_controller.renounceRole,
    timelock_controller.set_role_admin,
    timelock_controller.get_timestamp,
    timelock_controller.get_minimum_delay,
    timelock_controller.is_operation,
    timelock_controller.is_operation_pending,
    timelock_controller.is_operation_ready,
    timelock_controller.is_operation_done,
    timelock_controller.get_operation_state,
    timelock_controller.hash_operation,
    timelock_controller.hash_operation_batch,
    timelock_controller.schedule,
    timelock_controller.schedule_batch,
    timelock_controller.cancel,
    timelock_controller.execute,
    timelock_controller.execute_batch,
    timelock_controller.onERC721Received,
    timelock_controller.onERC1155Received,
    timelock_controller.onERC1155BatchReceived,
)


MIN_DELAY: constant(uint256) = 86_400          # a day
MAX_DELAY: constant(uint256) = 2_592_000       # 30 days
DELAY_STEP: constant(uint256) = 172_800        # two days
WEEK: constant(uint256) = 604_800

changed_at: uint256


@deploy
def __init__(minimum_delay: uint256, governor: address):
    """
    @notice A timelock for one governor, which is deployed after it: its address is known before.
    @param minimum_delay Seconds between scheduling and execution, from a day to 30.
    @param governor      Proposer and canceller. The governor's constructor checks that it is meant.
    @dev   Reverts: "timelock: no governor", "timelock: bad delay".
    """
    if governor == empty(address):
        refuse._because("timelock: no governor")
    self._check_bounds(minimum_delay)
    access_control.__init__()
    timelock_controller.__init__(minimum_delay, [governor], [empty(address)], empty(address))


@external
def update_delay(new_delay: uint256):
    """
    @notice Sets the delay of operations that are scheduled from now on.
    @param new_delay Seconds, from a day to 30, at most two days from what it was.
    @dev   By an operation of the timelock only. Reverts: "timelock: only timelock", "timelock: changed too recently"
           (less than a week ago), "timelock: step too large", "timelock: bad delay".
    """
    if msg.sender != self:
        refuse._because("timelock: only timelock")
    if block.timestamp < self.changed_at + WEEK:
        refuse._because("timelock: changed too recently")
    old: uint256 = timelock_controller.get_minimum_delay
    if max(old, new_delay) - min(old, new_delay) > DELAY_STEP:
        refuse._because("timelock: step too large")
    self._check_bounds(new_delay)
    self.changed_at = block.timestamp
    log timelock_controller.MinimumDelayChange(old_duration=old, new_duration=new_delay)
    timelock_controller.get_minimum_delay = new_delay


@external
def accept_ownership(offered: address):
    """
    @notice Takes a contract that its owner has offered to the timelock. From then on it does what votes decide, and nothing else.
    @param offered A contract whose `pending_owner` is the timelock.
    @dev   Anybody may call it: the owner's offer is the decision, and what the timelock owns it can only use by an
           operation. So no role is needed to deploy the exchange, and none is left. Reverts as the contract's
           `accept_ownership`, and without a reason where it has none.
    """
    extcall IOffered(offered).accept_ownership()


@internal
@pure
def _check_bounds(delay: uint256):
    if delay < MIN_DELAY or delay > MAX_DELAY:
        refuse._because("timelock: bad delay")
