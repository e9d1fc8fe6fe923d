# pragma version 0.4.3
"""
@title   shelf: the triggers that wait, in the slots of their accounts
@license AGPL-3.0-only
@notice  How one is stored, found, parked and taken away, and whose its tip is then.
"""
from interfaces import ITriggerOrders

from contracts.modules import refuse
from contracts.modules.triggers import trigger_words as words


struct Stored:
    terms: uint256
    prices: uint256


claimable: public(HashMap[address, uint256])    # tips earned, and tips that came back
accounts: HashMap[uint256, uint256]             # account -> slots in use, number of triggers ever
stored: HashMap[uint256, Stored]                # account and slot -> trigger
parked: HashMap[uint256, String[32]]            # id -> why, where its terms say that it is


@internal
def _take_slot(account: uint256) -> uint256:
    word: uint256 = self.accounts[account]
    if not words._has_room(word):
        refuse._because("triggers: too many triggers")
    slot: uint256 = 0
    word, slot = words._with_next(word)
    self.accounts[account] = word
    return slot


@internal
def _store(account: uint256, slot: uint256, terms: uint256, prices: uint256) -> uint256:
    """
    @return The id.
    """
    self.stored[words._key(account, slot)] = Stored(terms=terms, prices=prices)
    return words._id(account, words._number(terms), slot)


@internal
@view
def _live(id: uint256) -> uint256:
    """
    @notice The terms of a trigger that there is.
    """
    terms: uint256 = self.stored[words._key(words._account(id), words._slot(id))].terms
    if not words._is_of(id, terms):
        refuse._because("triggers: unknown trigger")
    return terms


@internal
@view
def _partner(id: uint256, terms: uint256) -> uint256:
    """
    @notice Id of a trigger's partner.
    """
    account: uint256 = words._account(id)
    slot: uint256 = words._partner(terms)
    return words._id(account, words._number(self.stored[words._key(account, slot)].terms), slot)


@internal
def _drop(id: uint256, terms: uint256):
    """
    @notice Frees a trigger's slot.
    """
    account: uint256 = words._account(id)
    slot: uint256 = words._slot(id)
    self.stored[words._key(account, slot)] = empty(Stored)
    self.accounts[account] = words._without(self.accounts[account], slot)
    if words._is_parked(terms):
        self.parked[id] = ""


@internal
def _remove(id: uint256, terms: uint256, why: ITriggerOrders.End):
    """
    @notice Ends a trigger that was not executed; its tip comes back.
    """
    tip: uint256 = words._tip(terms)
    self._drop(id, terms)
    self.claimable[words._owner(id)] += tip
    log ITriggerOrders.Removed(account=words._account(id), id=id, why=why, tip=tip)


@internal
def _remove_alone(id: uint256, terms: uint256, why: ITriggerOrders.End):
    """
    @notice The same; its partner stays, alone.
    """
    self._remove(id, terms, why)
    if words._is_paired(terms):
        key: uint256 = words._key(words._account(id), words._partner(terms))
        self.stored[key].terms = words._alone(self.stored[key].terms)


@internal
def _park(id: uint256, terms: uint256, reason: String[32]):
    """
    @notice Notes why a trigger could not be placed. All else stays.
    """
    if not words._is_parked(terms):
        self.stored[words._key(words._account(id), words._slot(id))].terms = words._parked(terms)
    self.parked[id] = reason
    log ITriggerOrders.Parked(account=words._account(id), id=id, reason=reason)


@internal
def _ratchet(id: uint256, prices: uint256, extreme: uint256):
    key: uint256 = words._key(words._account(id), words._slot(id))
    self.stored[key].prices = words._with_extreme(prices, extreme)
    log ITriggerOrders.Ratcheted(id=id, extreme=extreme)
