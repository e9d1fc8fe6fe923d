# trap-ok: TRAP09 it has to be called back
# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
"""
@title   ActingTarget: what a proposal calls, which counts, calls somebody once, or reverts with as many bytes as told
@license AGPL-3.0-only
@notice  Anyone may use it: never deploy it for real.
"""
count: public(uint256)
has_succeeded: public(bool)

to: address
data: Bytes[4096]


@external
def arm(to: address, data: Bytes[4096]):
    """
    @notice What to call in the next act.
    """
    self.to = to
    self.data = data


@external
@payable
def act():
    """
    @notice Counts, then calls what it was armed with, once.
    """
    self.count += 1
    to: address = self.to
    self.to = empty(address)
    if to != empty(address):
        self.has_succeeded = raw_call(to, self.data, revert_on_failure=False)


@external
def fail(answer: Bytes[1024]):
    """
    @notice Reverts with some bytes.
    """
    raw_revert(answer)
