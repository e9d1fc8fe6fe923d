# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   PermitToken: snekmate's ERC-20 with EIP-2612, of 6 decimals, for tests
@license AGPL-3.0-only
"""
from snekmate.auth import ownable
from snekmate.tokens import erc20

initializes: ownable
initializes: erc20[ownable := ownable]

exports: erc20.__interface__


@deploy
def __init__():
    ownable.__init__()
    erc20.__init__("Permit", "PRM", 6, "Permit", "1")
