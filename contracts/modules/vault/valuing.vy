# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title   valuing: what the vault's accounts are worth, and a share of it
@license AGPL-3.0-only
@notice  A share is worth (equity + 1) / (totalSupply + 1,000,000) units. Who enters pays by the kinder end of what the accounts may be
         worth, who leaves is paid by the unkinder one, each rounded against him.
@dev     Vault.vy says why the virtual shares, and why nothing overflows.
"""
from interfaces import IOracleRouter
from interfaces import IPerpEngine

from contracts.modules import refuse
from contracts.modules.vault import shares as erc20


uses: erc20


VIRTUAL_SHARES: constant(uint256) = 10**6
MAX_SHARES_PER_UNIT: constant(uint256) = 10**12      # a million times as many as the first unit buys

engine: public(immutable(address))
account: immutable(uint256)                          # of the vault in the engine
backstop: immutable(uint256)                         # the account that takes positions over

has_backstop: public(bool)                           # it had a budget once


@deploy
def __init__(engine_: address):
    engine = engine_
    account = convert(self, uint256) << 8
    backstop = account | 1


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
    if self.has_backstop and self._is_owing():
        return "vault: no equity"  # others bear it once its positions are closed: a share is too cheap until then
    if self._supply() > MAX_SHARES_PER_UNIT * (self._positive(worth.low) + 1):
        return "vault: shares too cheap"
    return ""


@internal
@view
def _is_owing() -> bool:
    """
    @notice Whether account 0 is worth less than nothing, whatever the backstop has.
    """
    return (staticcall IPerpEngine(engine).worth(account)).low < 0


@internal
@view
def _is_short() -> bool:
    """
    @notice Whether account 0 has less than its initial margin, or owes: nothing of it is free then, whatever comes.
    """
    worth: IPerpEngine.Worth = staticcall IPerpEngine(engine).worth(account)
    return worth.low < convert(worth.initial, int256) or staticcall IPerpEngine(engine).collateral(account) < 0


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
def _shares_up(assets: uint256, equity: int256) -> uint256:
    """
    @notice The fewest shares that are worth so much, rounded up: against who leaves.
    """
    unit: uint256 = self._positive(equity) + 1
    return (assets * self._supply() + unit - 1) // unit


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


@internal
@view
def _payable(free: uint256) -> uint256:
    """
    @notice How much of what is free the engine pays now: nothing while it is gated, and no more than it has.
    """
    if block.timestamp < staticcall IPerpEngine(engine).gate():
        return 0
    return min(free, staticcall IPerpEngine(engine).tracked())


@internal
@view
def _is_shut() -> bool:
    """
    @notice Whether the engine takes no deposits; into an account with positions it always does.
    """
    return (staticcall IPerpEngine(engine).pauses())[0] and len(staticcall IPerpEngine(engine).markets_of(account)) == 0
