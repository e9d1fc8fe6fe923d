# pragma version 0.4.3
"""
@title   parts: the contracts whose code an engine runs on its own storage
@license AGPL-3.0-only
@notice  PerpEngine, EngineAccounts, EngineRelay, EngineSettings, EngineViews: each answers what it knows and leaves the rest to
         the next. EngineAuctions runs auctions and writes marks for them all, and answers nobody else. All that hold the
         collateral's and the router's address hold the same.
"""
from contracts.modules import refuse
from contracts.modules import token as tokens


interface Part:
    def token() -> address: view
    def router() -> address: view


MAX_ANSWER: constant(uint256) = 16_384       # bytes that a call may return


@internal
@view
def _check(token: address, router: address, part: address):
    """
    @notice For constructors. Reverts: "token: not a contract", "token: bad decimals", "engine: not a contract",
            "engine: parts differ" (the part is of another token or router).
    """
    tokens._check(token)
    if not (router.is_contract and part.is_contract):
        refuse._because("engine: not a contract")
    if staticcall Part(part).token() != token or staticcall Part(part).router() != router:
        refuse._because("engine: parts differ")
