# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Guardian: a multisig that can stop things, and nothing else
@license AGPL-3.0-only
@notice  Puts markets into stricter modes, raises margins, lowers caps, pauses deposits and, for a day, withdrawals, between two
         votes of governance. What it did stays until the owner of the contracts concerned undoes it; its powers end by
         themselves unless they are renewed.
@dev     docs/parameters.md tells what each power does to whom. Engine and vault check by themselves that what comes from here
         only tightens: this contract adds who, until when, and several markets in one call.
@custom:security The multisig is trusted with no money and cannot loosen; whoever holds its keys can annoy for a while. The owner is
                 governance behind its delay.
@custom:halt It is the halt. The owner ends its powers by `renew(0)`, or by `set_guardian` of engine and vault.
"""
from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from interfaces import IGuardian
from interfaces import IPerpEngine
from interfaces import IVault

from contracts.modules import refuse


initializes: ownable
initializes: ownable_2step[ownable := ownable]

implements: IGuardian

exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    # not renounce_ownership: nobody could renew
)


MAX_TERM: constant(uint256) = 15_552_000     # 180 days, in seconds
MAX_MARKETS: constant(uint256) = 128         # of an engine

engine: public(immutable(address))
vault: public(immutable(address))

multisig: public(address)
expires_at: public(uint256)


@deploy
def __init__(owner: address, engine_: address, vault_: address, multisig_: address):
    """
    @notice A guardian without powers: `renew` gives them, where engine and vault name it as theirs.
    @param owner     Renews, and names the multisig; may hand this right on in two steps.
    @param engine_   PerpEngine.
    @param vault_    Vault of the same engine.
    @param multisig_ Who acts; zero for nobody.
    @dev   Reverts: "guardian: no owner", "guardian: not a contract", "guardian: other engine".
    """
    if owner == empty(address):
        refuse._because("guardian: no owner")
    if not (engine_.is_contract and vault_.is_contract):
        refuse._because("guardian: not a contract")
    if staticcall IVault(vault_).engine() != engine_:
        refuse._because("guardian: other engine")
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(owner)
    engine = engine_
    vault = vault_
    self._set_multisig(multisig_)


# ------------------------------------------------------------------ of the multisig

@external
def restrict(markets: DynArray[uint256, MAX_MARKETS], mode: IPerpEngine.Mode):
    """
    @notice Puts markets into a stricter mode. Those that are in it, or in a stricter one, stay as they are.
    @param markets Listed markets.
    @param mode    POST_ONLY or REDUCE_ONLY: reductions, cancels and liquidations go on in both.
    @dev   Multisig only. Reverts: "guardian: not the multisig", "guardian: expired"; as the engine's `restrict`.
    """
    self._check()
    for market: uint256 in markets:
        if convert((staticcall IPerpEngine(engine).market(market)).mode, uint256) < convert(mode, uint256):
            extcall IPerpEngine(engine).restrict(market, mode)


@external
def raise_margins(market: uint256, initial_ppm: uint256, maintenance_bps: uint256):
    """
    @notice Raises margins by a step at most. They move to their new values in a day, and no sooner than a raise that is on
            its way.
    @param market          A listed market.
    @param initial_ppm     No less than the settings say.
    @param maintenance_bps Of it, so that the maintenance margin fraction is no less than the settings say.
    @dev   Multisig only. Reverts as `restrict` and as the engine's `tighten`.
    """
    self._check()
    settings: IPerpEngine.MarketSettings = staticcall IPerpEngine(engine).market_settings(market)
    extcall IPerpEngine(engine).tighten(market, initial_ppm, maintenance_bps, settings.open_cap, settings.account_cap)


@external
def lower_caps(market: uint256, open_cap: uint256, account_cap: uint256):
    """
    @notice Lowers caps, at once.
    @param market      A listed market.
    @param open_cap    Lots, no more than the settings say.
    @param account_cap Lots, no more than the settings say.
    @dev   Multisig only. Reverts as `restrict` and as the engine's `tighten`.
    """
    self._check()
    settings: IPerpEngine.MarketSettings = staticcall IPerpEngine(engine).market_settings(market)
    extcall IPerpEngine(engine).tighten(
        market, settings.initial_ppm, settings.maintenance_bps, open_cap, account_cap
    )


@external
def pause_deposits():
    """
    @notice Stops deposits of the engine into accounts that have neither a position nor orders, and those of the vault.
    @dev   Multisig only. Reverts as `restrict`.
    """
    self._check()
    extcall IPerpEngine(engine).pause_deposits()
    extcall IVault(vault).set_deposit_cap(0)


@external
def pause_withdrawals():
    """
    @notice Stops withdrawals and transfers for a day. Not again before the owner's `unpause`.
    @dev   Multisig only. Reverts as `restrict` and as the engine's `pause_withdrawals`.
    """
    self._check()
    extcall IPerpEngine(engine).pause_withdrawals()


@external
def lower_deposit_cap(cap: uint256):
    """
    @notice Lowers the equity up to which the vault takes deposits.
    @param cap Units of the token, no more than the cap is.
    @dev   Multisig only. Reverts as `restrict`; "ownable: caller is not the owner" where the cap would rise.
    """
    self._check()
    extcall IVault(vault).set_deposit_cap(cap)


# ------------------------------------------------------------------ governance

@external
def renew(until: uint256):
    """
    @notice Gives the multisig its powers until a time.
    @param until Unix seconds, at most 180 days ahead; one that has passed ends them.
    @dev   Owner only. Reverts "guardian: term too long".
    """
    ownable._check_owner()
    if until > block.timestamp + MAX_TERM:
        refuse._because("guardian: term too long")
    self.expires_at = until
    log IGuardian.Renewed(until=until)


@external
def set_multisig(multisig: address):
    """
    @notice Names who acts.
    @param multisig Zero for nobody.
    @dev   Owner only.
    """
    ownable._check_owner()
    self._set_multisig(multisig)


# ------------------------------------------------------------------ inside

@internal
@view
def _check():
    if msg.sender != self.multisig:
        refuse._because("guardian: not the multisig")
    if block.timestamp >= self.expires_at:
        refuse._because("guardian: expired")


@internal
def _set_multisig(multisig: address):
    self.multisig = multisig
    log IGuardian.MultisigSet(multisig=multisig)
