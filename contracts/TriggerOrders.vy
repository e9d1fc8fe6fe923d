# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   TriggerOrders: stops, take-profits, trailing stops and pairs of them
@license AGPL-3.0-only
@notice  Orders that wait for a price. Their owner sets a tip aside for each; whoever sees that one has triggered
         executes it: this contract then places its order in the conditions.engine, as an operator whom the account's owner has
         granted 4 (place reduce-only orders) for what closes, 1 (place) for what opens. One that the engine refuses is
         parked with the reason, and stays as it was: it can be executed again while its condition holds.
@dev     docs/risk.md explains the rules with numbers; ITriggerOrders gives the units of all arguments and results.
         A condition is compared exactly, at a reference of now: the due auction has been run and the account is synced
         before, its mark is no older than the market allows, and the oracle's price is LIVE or DEGRADED.
         Of tokens, this contract holds the tips of triggers that there are, and what `claim` pays; what was sent here
         without a call belongs to nobody.
@custom:security Trusts the conditions.engine, which cannot be changed, and the token with the tips alone. Nobody but an account's
                 owner places triggers for it or cancels them; nobody can change one. It never withdraws, and never
                 cancels orders.
@custom:halt None. An owner ends it for himself: `cancel` asks nobody else, and `set_operator` of the engine ends the
             grant.
"""
from interfaces import IOracleRouter
from interfaces import IOrderbookV2
from interfaces import IPerpEngine
from interfaces import ITriggerOrders

from contracts.modules import refuse
from contracts.modules import token as tokens
from contracts.modules.triggers import conditions
from contracts.modules.triggers import shelf
from contracts.modules.triggers import trigger_words as words

initializes: conditions
initializes: shelf

implements: ITriggerOrders

exports: (
    conditions.engine,
    shelf.claimable,
)


MAX_TIME: constant(uint256) = 2**32 - 1
MAX_TIP: constant(uint256) = 2**80 - 1
MIN_GAS: constant(uint256) = 1_500_000       # to begin an execution with; what is left of it stays the caller's
REFUSAL: constant(uint256) = 100             # bytes of a reason


token: public(immutable(address))


@deploy
def __init__(engine_: address, token_: address):
    """
    @notice Trigger orders for the accounts of an engine.
    @param engine_ PerpEngine.
    @param token_  Its collateral.
    @dev   Reverts: "triggers: not a contract", "triggers: other token"; as token._check.
    """
    if not engine_.is_contract:
        refuse._because("triggers: not a contract")
    tokens._check(token_)
    if staticcall conditions.IEngine(engine_).token() != token_:
        refuse._because("triggers: other token")
    conditions.__init__(engine_)
    token = token_


# ------------------------------------------------------------------ by an account's owner

@external
def place(account: uint256, terms: ITriggerOrders.NewTrigger) -> uint256:
    """
    @notice Places a trigger. By the account's owner, whose tokens pay the tip. A trailing stop begins at the reference
            of now.
    @param account One of the caller's.
    @param terms   Its bounds are those that ITriggerOrders tells.
    @return The trigger's id.
    @dev    Reverts: "triggers: not the owner", "triggers: too many triggers" (64 of the account are open),
            "triggers: bad kind", "triggers: bad source", "triggers: bad tick", "triggers: bad limit",
            "triggers: bad slippage", "triggers: bad distance", "triggers: bad size", "triggers: bad expiry",
            "triggers: bad tip", "triggers: no position" (to be attached to), "triggers: bad side" (attached and
            reduce-only, it would not reduce); of a trailing stop "triggers: price not fit", "triggers: mark too old",
            "triggers: no clearing price"; "engine: unknown market"; as token._pull.
    """
    self._check_owner(account)
    slot: uint256 = shelf._take_slot(account)
    terms_word: uint256 = 0
    prices: uint256 = 0
    terms_word, prices = self._checked(account, terms)
    id: uint256 = shelf._store(account, slot, terms_word, prices)
    self._log_placed(account, id, 0, prices, terms)
    self._pull(terms.tip)
    return id


@external
def place_pair(
    account: uint256, first: ITriggerOrders.NewTrigger, second: ITriggerOrders.NewTrigger
) -> (uint256, uint256):
    """
    @notice Places two triggers of which one cancels the other: where one is executed, or cancelled by its owner, the
            other is removed and its tip comes back. Where one expires or becomes void the other stays, alone.
    @param account One of the caller's.
    @param first   As for `place`.
    @param second  As for `place`; it may be of another market.
    @return Their ids.
    @dev    Reverts as `place`.
    """
    self._check_owner(account)
    first_slot: uint256 = shelf._take_slot(account)
    first_terms: uint256 = 0
    first_prices: uint256 = 0
    first_terms, first_prices = self._checked(account, first)
    first_number: uint256 = words._count(shelf.accounts[account])
    second_slot: uint256 = shelf._take_slot(account)
    second_terms: uint256 = 0
    second_prices: uint256 = 0
    second_terms, second_prices = self._checked(account, second)
    second_id: uint256 = shelf._store(account, second_slot, words._paired(second_terms, first_slot), second_prices)
    first_id: uint256 = words._id(account, first_number, first_slot)
    shelf.stored[words._key(account, first_slot)] = shelf.Stored(
        terms=words._paired(first_terms, second_slot), prices=first_prices
    )
    self._log_placed(account, first_id, second_id, first_prices, first)
    self._log_placed(account, second_id, first_id, second_prices, second)
    self._pull(first.tip + second.tip)
    return first_id, second_id


@external
def cancel(id: uint256) -> uint256:
    """
    @notice Removes a trigger, and its partner if it has one. By the account's owner. It asks neither the engine nor the
            token.
    @param id A trigger.
    @return What comes to the caller's credit: the tips.
    @dev    Reverts: "triggers: unknown trigger", "triggers: not the owner".
    """
    terms: uint256 = shelf._live(id)
    self._check_owner(words._account(id))
    refund: uint256 = words._tip(terms)
    shelf._remove(id, terms, ITriggerOrders.End.CANCELLED)
    if words._is_paired(terms):
        partner: uint256 = shelf._partner(id, terms)
        partner_terms: uint256 = shelf._live(partner)
        refund += words._tip(partner_terms)
        shelf._remove(partner, partner_terms, ITriggerOrders.End.PARTNER)
    return refund


@external
def claim(receiver: address) -> uint256:
    """
    @notice Pays the caller's credit: tips that it earned, and tips that came back to it.
    @param receiver Who gets the tokens.
    @return Units of the token.
    @dev    Reverts: "triggers: no receiver" (the zero address), "triggers: nothing to claim"; as token._push.
    """
    if receiver == empty(address):
        refuse._because("triggers: no receiver")
    amount: uint256 = shelf.claimable[msg.sender]
    if amount == 0:
        refuse._because("triggers: nothing to claim")
    shelf.claimable[msg.sender] = 0
    tokens._push(token, receiver, amount)
    log ITriggerOrders.Claimed(account=msg.sender, receiver=receiver, amount=amount)
    return amount


# ------------------------------------------------------------------ by anyone

@external
def execute(id: uint256) -> uint256:
    """
    @notice Executes a trigger whose condition holds, for its tip, which comes to the caller's credit. By anyone. Runs
            the market's due auction, for whose tip the caller is the runner, and syncs the account before. What has
            expired or is void is removed; what the engine refuses is parked; a trailing stop whose reference is a new
            best is ratcheted.
    @param id A trigger.
    @return The engine's id of the order; 0 where none was placed: the events tell.
    @dev    Market kinds are of one batch, with a limit of the reference and the slippage, rounded towards the
            reference, within the engine's band. A reduce-only trigger has at most the lots that no open order closes
            already. Reverts: "triggers: too little gas", "triggers: unknown trigger", "triggers: price not fit" (the
            oracle's is STALE or HALTED), "triggers: mark too old" (run the auction, or sync an account of the market),
            "triggers: no clearing price", "triggers: not triggered", "triggers: failed without reason" (of the engine:
            it ran out of gas); as the engine's `sweep`, for one "engine: awaiting price".
    """
    if msg.gas < MIN_GAS:
        refuse._because("triggers: too little gas")
    terms: uint256 = shelf._live(id)
    if conditions._is_expired(terms):
        shelf._remove_alone(id, terms, ITriggerOrders.End.EXPIRED)
        return 0
    account: uint256 = words._account(id)
    market: uint256 = words._market(terms)
    extcall conditions.IEngine(conditions.engine).sync(account)  # and its mark, where it is too old
    mark: IPerpEngine.Mark = staticcall conditions.IEngine(conditions.engine).mark(market)
    if mark.due != 0 and block.timestamp >= mark.due:
        # not `run_auction`, whose tip this contract would get; this settles the caller's own orders too
        extcall conditions.IEngine(conditions.engine).sweep(convert(msg.sender, uint256) << 8, market, [])
        extcall conditions.IEngine(conditions.engine).sync(account)  # what that filled
        mark = staticcall conditions.IEngine(conditions.engine).mark(market)
    seen: conditions.Seen = conditions._see(terms, mark)
    position: IPerpEngine.Position = conditions._position(account, terms)
    void: ITriggerOrders.End = conditions._void(terms, seen.grid, position.lots)
    if void != empty(ITriggerOrders.End):
        shelf._remove_alone(id, terms, void)
        return 0
    if len(seen.reason) != 0:
        refuse._because(seen.reason)
    prices: uint256 = shelf.stored[words._key(account, words._slot(id))].prices
    if conditions._is_better(terms, prices, seen.reference):
        shelf._ratchet(id, prices, seen.reference)
        return 0
    if not conditions._is_triggered(terms, prices, seen):
        refuse._because("triggers: not triggered")
    order: IOrderbookV2.NewOrder = conditions._order(terms, prices, seen, position)
    if order.lots == 0:
        shelf._park(id, terms, "triggers: nothing to close")
        return 0
    success: bool = False
    answer: Bytes[REFUSAL] = b""
    success, answer = raw_call(
        conditions.engine,
        abi_encode(
            account,
            market,
            order,
            method_id=method_id("place(uint256,uint256,(bool,uint256,uint256,bool,bool,bool,uint256,uint256))"),
        ),
        max_outsize=REFUSAL,
        revert_on_failure=False,
    )
    if not success:
        if len(answer) != REFUSAL:
            refuse._because("triggers: failed without reason")
        reason: String[32] = abi_decode(slice(answer, 4, 96), (String[32]))
        if reason == "router: too little gas" or reason == "engine: too little gas":
            refuse._because("triggers: too little gas")  # who executes is to blame, not the trigger
        shelf._park(id, terms, reason)
        return 0
    order_id: uint256 = abi_decode(slice(answer, 0, 32), uint256)
    tip: uint256 = words._tip(terms)
    shelf._drop(id, terms)
    shelf.claimable[msg.sender] += tip
    log ITriggerOrders.Executed(
        account=account,
        id=id,
        by=msg.sender,
        order_id=order_id,
        reference=seen.reference,
        tick=order.tick,
        lots=order.lots,
        tip=tip,
    )
    if words._is_paired(terms):
        other: uint256 = shelf._partner(id, terms)
        other_terms: uint256 = shelf._live(other)
        shelf._remove(other, other_terms, ITriggerOrders.End.PARTNER)
    return order_id


@external
def ratchet(id: uint256) -> uint256:
    """
    @notice Moves the extreme of a trailing stop to the reference of now, where that is better for it. By anyone.
    @param id A trailing stop.
    @return Its extreme, lot price.
    @dev    Reverts: "triggers: unknown trigger", "triggers: not trailing", "triggers: price not fit",
            "triggers: mark too old", "triggers: no clearing price".
    """
    terms: uint256 = shelf._live(id)
    if words._kind(terms) != ITriggerOrders.Kind.TRAILING:
        refuse._because("triggers: not trailing")
    account: uint256 = words._account(id)
    extcall conditions.IEngine(conditions.engine).sync(account)  # for its mark, where it is too old
    mark: IPerpEngine.Mark = staticcall conditions.IEngine(conditions.engine).mark(words._market(terms))
    seen: conditions.Seen = conditions._see(terms, mark)
    if len(seen.reason) != 0:
        refuse._because(seen.reason)
    prices: uint256 = shelf.stored[words._key(account, words._slot(id))].prices
    if conditions._is_better(terms, prices, seen.reference):
        shelf._ratchet(id, prices, seen.reference)
        return seen.reference
    return words._extreme(prices)


@external
def sweep(id: uint256) -> ITriggerOrders.End:
    """
    @notice Removes a trigger that has expired, or is void: the position that it was attached to is closed or has
            turned, or its market has another grid. By anyone; the tip comes to the owner's credit.
    @param id A trigger.
    @return Why it was removed.
    @dev    Reverts: "triggers: unknown trigger", "triggers: not void".
    """
    terms: uint256 = shelf._live(id)
    why: ITriggerOrders.End = ITriggerOrders.End.EXPIRED
    if not conditions._is_expired(terms):
        account: uint256 = words._account(id)
        extcall conditions.IEngine(conditions.engine).sync(account)  # what auctions filled
        grid: uint256 = (staticcall conditions.IEngine(conditions.engine).market(words._market(terms))).grid
        why = conditions._void(terms, grid, conditions._position(account, terms).lots)
        if why == empty(ITriggerOrders.End):
            refuse._because("triggers: not void")
    shelf._remove_alone(id, terms, why)
    return why


# ------------------------------------------------------------------ views

@external
@view
def trigger(id: uint256) -> ITriggerOrders.Trigger:
    """
    @notice A trigger.
    @param id Any.
    @return All that there is to know; zeros where there is none.
    """
    account: uint256 = words._account(id)
    place: shelf.Stored = shelf.stored[words._key(account, words._slot(id))]
    terms: uint256 = place.terms
    if not words._is_of(id, terms):
        return empty(ITriggerOrders.Trigger)
    prices: uint256 = place.prices
    here: IPerpEngine.Market = staticcall conditions.IEngine(conditions.engine).market(words._market(terms))
    found: ITriggerOrders.Trigger = ITriggerOrders.Trigger(
        account=account,
        terms=ITriggerOrders.NewTrigger(
            market=words._market(terms),
            kind=words._kind(terms),
            source=words._source(terms),
            is_ask=words._is_ask(terms),
            tick=words._tick(prices),
            limit=words._limit(prices),
            slippage=words._slippage(prices),
            slippage_in_bps=words._slippage_in_bps(terms),
            distance=words._distance(prices),
            distance_in_bps=words._distance_in_bps(terms),
            lots=words._lots(terms),
            reduce_only=words._is_reduce_only(terms),
            attached=words._is_attached(terms),
            expiry=words._expiry(terms),
            order_expiry=words._order_expiry(prices),
            tip=words._tip(terms),
        ),
        is_above=conditions._is_above(terms),
        price=conditions._price(terms, prices, here.unit << here.scale),
        extreme=words._extreme(prices),
        grid=words._grid(terms),
        is_long=words._is_long(terms),
        partner=0,
        parked="",
    )
    if words._is_paired(terms):
        found.partner = shelf._partner(id, terms)
    if words._is_parked(terms):
        found.parked = shelf.parked[id]
    return found


@external
@view
def triggers_of(account: uint256) -> DynArray[uint256, words.MAX_TRIGGERS]:
    """
    @notice Ids of an account's triggers, by their slots.
    @param account Any.
    """
    found: DynArray[uint256, words.MAX_TRIGGERS] = []
    word: uint256 = shelf.accounts[account]
    for slot: uint256 in range(words.MAX_TRIGGERS):
        if words._uses(word, slot):
            number: uint256 = words._number(shelf.stored[words._key(account, slot)].terms)
            found.append(words._id(account, number, slot))
    return found


@external
@view
def executable(ids: DynArray[uint256, words.MAX_TRIGGERS]) -> DynArray[ITriggerOrders.Standing, words.MAX_TRIGGERS]:
    """
    @notice Which triggers could be executed, at the stored marks, as of the accounts' last settlement. An execution
            first syncs, and runs the auction that is due; whether the engine then takes the order its `preview` tells.
    @param ids Any.
    @return For each whether it is ready, and why not: "triggers: unknown trigger", "triggers: expired" and
            "triggers: void" (`sweep` it), "triggers: price not fit", "triggers: mark too old" (sync, or run the
            auction), "triggers: no clearing price", "triggers: not triggered", "triggers: nothing to close". Of one
            that is ready, why it is parked.
    @dev    Reverts never, but in the midst of a call of the conditions.engine, which then answers nobody.
    """
    found: DynArray[ITriggerOrders.Standing, words.MAX_TRIGGERS] = []
    for id: uint256 in ids:
        found.append(self._standing(id))
    return found


# ------------------------------------------------------------------ placing

@internal
@view
def _check_owner(account: uint256):
    """
    @dev    What is wider than an address and a sub-account is nobody's.
    """
    if account >> 8 != convert(msg.sender, uint256):
        refuse._because("triggers: not the owner")


@internal
def _checked(account: uint256, terms: ITriggerOrders.NewTrigger) -> (uint256, uint256):
    """
    @notice The words of new terms, where these are within their bounds; the number is that of the slot taken last.
    """
    kind: ITriggerOrders.Kind = terms.kind
    if not self._is_one(convert(kind, uint256)):
        refuse._because("triggers: bad kind")
    if not self._is_one(convert(terms.source, uint256)):
        refuse._because("triggers: bad source")
    is_trailing: bool = kind == ITriggerOrders.Kind.TRAILING
    is_limit: bool = kind in (ITriggerOrders.Kind.STOP_LIMIT | ITriggerOrders.Kind.TAKE_LIMIT)
    if (terms.tick == 0) != is_trailing or terms.tick > conditions.MAX_TICK:
        refuse._because("triggers: bad tick")
    if (terms.limit == 0) == is_limit or terms.limit > conditions.MAX_TICK:
        refuse._because("triggers: bad limit")
    if (is_limit and terms.slippage != 0) or not self._is_bounded(terms.slippage, terms.slippage_in_bps):
        refuse._because("triggers: bad slippage")
    if (terms.distance == 0) == is_trailing or not self._is_bounded(terms.distance, terms.distance_in_bps):
        refuse._because("triggers: bad distance")
    if terms.lots > conditions.MAX_LOTS or (terms.lots == 0 and not terms.reduce_only):
        refuse._because("triggers: bad size")
    if not (self._is_to_come(terms.expiry) and self._is_to_come(terms.order_expiry)):
        refuse._because("triggers: bad expiry")
    if terms.order_expiry != 0 and not is_limit:
        refuse._because("triggers: bad expiry")
    if terms.tip > MAX_TIP:
        refuse._because("triggers: bad tip")
    grid: uint256 = (staticcall conditions.IEngine(conditions.engine).market(terms.market)).grid
    if is_trailing or terms.attached:
        extcall conditions.IEngine(conditions.engine).sync(account)
    is_long: bool = False
    if terms.attached:
        lots: int256 = (staticcall conditions.IEngine(conditions.engine).position(account, terms.market)).lots
        if lots == 0:
            refuse._because("triggers: no position")
        is_long = lots > 0
        if terms.reduce_only and terms.is_ask != is_long:
            refuse._because("triggers: bad side")
    terms_word: uint256 = words._terms(terms, words._count(shelf.accounts[account]), grid, is_long)
    extreme: uint256 = 0
    if is_trailing:
        mark: IPerpEngine.Mark = staticcall conditions.IEngine(conditions.engine).mark(terms.market)
        seen: conditions.Seen = conditions._see(terms_word, mark)
        if len(seen.reason) != 0:
            refuse._because(seen.reason)
        extreme = seen.reference
    return terms_word, words._prices(terms, extreme)


@internal
@pure
def _is_one(flags: uint256) -> bool:
    """
    @notice Whether exactly one bit is set.
    """
    if flags == 0:
        return False
    return flags & (flags - 1) == 0


@internal
@pure
def _is_bounded(amount: uint256, in_bps: bool) -> bool:
    """
    @notice Whether a slippage or a distance is one.
    """
    if in_bps:
        return amount < conditions.BPS
    return amount <= conditions.MAX_TICK


@internal
@view
def _is_to_come(time: uint256) -> bool:
    return time == 0 or (time > block.timestamp and time <= MAX_TIME)


@internal
def _log_placed(account: uint256, id: uint256, partner: uint256, prices: uint256, terms: ITriggerOrders.NewTrigger):
    log ITriggerOrders.Placed(
        account=account, id=id, partner=partner, extreme=words._extreme(prices), terms=terms
    )


@internal
def _pull(tip: uint256):
    if tip != 0:
        tokens._pull(token, msg.sender, tip)


# ------------------------------------------------------------------ what is seen


@internal
@view
def _standing(id: uint256) -> ITriggerOrders.Standing:
    """
    @notice What an execution would do, as far as can be seen.
    """
    standing: ITriggerOrders.Standing = empty(ITriggerOrders.Standing)
    account: uint256 = words._account(id)
    place: shelf.Stored = shelf.stored[words._key(account, words._slot(id))]
    terms: uint256 = place.terms
    if not words._is_of(id, terms):
        standing.reason = "triggers: unknown trigger"
        return standing
    if conditions._is_expired(terms):
        standing.reason = "triggers: expired"
        return standing
    seen: conditions.Seen = conditions._see(terms, staticcall conditions.IEngine(conditions.engine).mark(words._market(terms)))
    position: IPerpEngine.Position = conditions._position(account, terms)
    if conditions._void(terms, seen.grid, position.lots) != empty(ITriggerOrders.End):
        standing.reason = "triggers: void"
    elif len(seen.reason) != 0:
        standing.reason = seen.reason
    elif not conditions._is_triggered(terms, place.prices, seen):
        standing.reason = "triggers: not triggered"
    elif conditions._order(terms, place.prices, seen, position).lots == 0:
        standing.reason = "triggers: nothing to close"
    else:
        standing.ready = True
        if words._is_parked(terms):
            standing.reason = shelf.parked[id]
    return standing
