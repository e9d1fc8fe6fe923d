# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   TriggerOrders: stops, take-profits, trailing stops and pairs of them
@license AGPL-3.0-only
@notice  Orders that wait for a price. Their owner sets a tip aside for each; whoever sees that one has triggered
         executes it: this contract then places its order in the engine, as an operator whom the account's owner has
         granted 4 (place reduce-only orders) for what closes, 1 (place) for what opens. One that the engine refuses is
         parked with the reason, and stays as it was: it can be executed again while its condition holds.
@dev     docs/risk.md explains the rules with numbers; ITriggerOrders gives the units of all arguments and results.
         A condition is compared exactly, at a reference of now: the due auction has been run and the account is synced
         before, its mark is no older than the market allows, and the oracle's price is LIVE or DEGRADED.
         Of tokens, this contract holds the tips of triggers that there are, and what `claim` pays; what was sent here
         without a call belongs to nobody.
@custom:security Trusts the engine, which cannot be changed, and the token with the tips alone. Nobody but an account's
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
from contracts.modules.triggers import trigger_words as words


implements: ITriggerOrders


interface IEngine:
    def token() -> address: view
    def market(market: uint256) -> IPerpEngine.Market: view
    def market_settings(market: uint256) -> IPerpEngine.MarketSettings: view
    def mark(market: uint256) -> IPerpEngine.Mark: view
    def funding_of(market: uint256) -> IPerpEngine.Funding: view
    def position(account: uint256, market: uint256) -> IPerpEngine.Position: view
    def sync(account: uint256): nonpayable
    def sweep(account: uint256, market: uint256, order_ids: DynArray[uint256, 32]) -> uint256: nonpayable


BPS: constant(uint256) = 10_000
MAX_TICK: constant(uint256) = 2**18 - 2
MAX_LOTS: constant(uint256) = 2**28 - 1      # of an order
MAX_TIME: constant(uint256) = 2**32 - 1
MAX_TIP: constant(uint256) = 2**80 - 1
MIN_GAS: constant(uint256) = 1_500_000       # to begin an execution with; what is left of it stays the caller's
REFUSAL: constant(uint256) = 100             # bytes of a reason


struct Stored:
    terms: uint256
    prices: uint256


# a market, for a trigger
struct Seen:
    reason: String[32]      # why there is no reference; empty where there is one
    reference: uint256      # lot price
    mark: uint256           # lot price
    one: uint256            # a tick as a lot price
    grid: uint256
    band_bps: uint256


engine: public(immutable(address))
token: public(immutable(address))

claimable: public(HashMap[address, uint256])    # tips earned, and tips that came back
accounts: HashMap[uint256, uint256]             # account -> slots in use, number of triggers ever
stored: HashMap[uint256, Stored]                # account and slot -> trigger
parked: HashMap[uint256, String[32]]            # id -> why, where its terms say that it is


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
    if staticcall IEngine(engine_).token() != token_:
        refuse._because("triggers: other token")
    engine = engine_
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
    slot: uint256 = self._take_slot(account)
    terms_word: uint256 = 0
    prices: uint256 = 0
    terms_word, prices = self._checked(account, terms)
    id: uint256 = self._store(account, slot, terms_word, prices)
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
    first_slot: uint256 = self._take_slot(account)
    first_terms: uint256 = 0
    first_prices: uint256 = 0
    first_terms, first_prices = self._checked(account, first)
    first_number: uint256 = words._count(self.accounts[account])
    second_slot: uint256 = self._take_slot(account)
    second_terms: uint256 = 0
    second_prices: uint256 = 0
    second_terms, second_prices = self._checked(account, second)
    second_id: uint256 = self._store(account, second_slot, words._paired(second_terms, first_slot), second_prices)
    first_id: uint256 = words._id(account, first_number, first_slot)
    self.stored[words._key(account, first_slot)] = Stored(
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
    terms: uint256 = self._live(id)
    self._check_owner(words._account(id))
    refund: uint256 = words._tip(terms)
    self._remove(id, terms, ITriggerOrders.End.CANCELLED)
    if words._is_paired(terms):
        partner: uint256 = self._partner(id, terms)
        partner_terms: uint256 = self._live(partner)
        refund += words._tip(partner_terms)
        self._remove(partner, partner_terms, ITriggerOrders.End.PARTNER)
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
    amount: uint256 = self.claimable[msg.sender]
    if amount == 0:
        refuse._because("triggers: nothing to claim")
    self.claimable[msg.sender] = 0
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
    terms: uint256 = self._live(id)
    if self._is_expired(terms):
        self._remove_alone(id, terms, ITriggerOrders.End.EXPIRED)
        return 0
    account: uint256 = words._account(id)
    market: uint256 = words._market(terms)
    extcall IEngine(engine).sync(account)  # and its mark, where it is too old
    mark: IPerpEngine.Mark = staticcall IEngine(engine).mark(market)
    if mark.due != 0 and block.timestamp >= mark.due:
        # not `run_auction`, whose tip this contract would get; this settles the caller's own orders too
        extcall IEngine(engine).sweep(convert(msg.sender, uint256) << 8, market, [])
        extcall IEngine(engine).sync(account)  # what that filled
        mark = staticcall IEngine(engine).mark(market)
    seen: Seen = self._see(terms, mark)
    position: IPerpEngine.Position = self._position(account, terms)
    void: ITriggerOrders.End = self._void(terms, seen.grid, position.lots)
    if void != empty(ITriggerOrders.End):
        self._remove_alone(id, terms, void)
        return 0
    if len(seen.reason) != 0:
        refuse._because(seen.reason)
    prices: uint256 = self.stored[words._key(account, words._slot(id))].prices
    if self._is_better(terms, prices, seen.reference):
        self._ratchet(id, prices, seen.reference)
        return 0
    if not self._is_triggered(terms, prices, seen):
        refuse._because("triggers: not triggered")
    order: IOrderbookV2.NewOrder = self._order(terms, prices, seen, position)
    if order.lots == 0:
        self._park(id, terms, "triggers: nothing to close")
        return 0
    success: bool = False
    answer: Bytes[REFUSAL] = b""
    success, answer = raw_call(
        engine,
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
        self._park(id, terms, reason)
        return 0
    order_id: uint256 = abi_decode(slice(answer, 0, 32), uint256)
    tip: uint256 = words._tip(terms)
    self._drop(id, terms)
    self.claimable[msg.sender] += tip
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
        other: uint256 = self._partner(id, terms)
        other_terms: uint256 = self._live(other)
        self._remove(other, other_terms, ITriggerOrders.End.PARTNER)
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
    terms: uint256 = self._live(id)
    if words._kind(terms) != ITriggerOrders.Kind.TRAILING:
        refuse._because("triggers: not trailing")
    account: uint256 = words._account(id)
    extcall IEngine(engine).sync(account)  # for its mark, where it is too old
    mark: IPerpEngine.Mark = staticcall IEngine(engine).mark(words._market(terms))
    seen: Seen = self._see(terms, mark)
    if len(seen.reason) != 0:
        refuse._because(seen.reason)
    prices: uint256 = self.stored[words._key(account, words._slot(id))].prices
    if self._is_better(terms, prices, seen.reference):
        self._ratchet(id, prices, seen.reference)
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
    terms: uint256 = self._live(id)
    why: ITriggerOrders.End = ITriggerOrders.End.EXPIRED
    if not self._is_expired(terms):
        account: uint256 = words._account(id)
        extcall IEngine(engine).sync(account)  # what auctions filled
        grid: uint256 = (staticcall IEngine(engine).market(words._market(terms))).grid
        why = self._void(terms, grid, self._position(account, terms).lots)
        if why == empty(ITriggerOrders.End):
            refuse._because("triggers: not void")
    self._remove_alone(id, terms, why)
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
    place: Stored = self.stored[words._key(account, words._slot(id))]
    terms: uint256 = place.terms
    if not words._is_of(id, terms):
        return empty(ITriggerOrders.Trigger)
    prices: uint256 = place.prices
    here: IPerpEngine.Market = staticcall IEngine(engine).market(words._market(terms))
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
        is_above=self._is_above(terms),
        price=self._price(terms, prices, here.unit << here.scale),
        extreme=words._extreme(prices),
        grid=words._grid(terms),
        is_long=words._is_long(terms),
        partner=0,
        parked="",
    )
    if words._is_paired(terms):
        found.partner = self._partner(id, terms)
    if words._is_parked(terms):
        found.parked = self.parked[id]
    return found


@external
@view
def triggers_of(account: uint256) -> DynArray[uint256, words.MAX_TRIGGERS]:
    """
    @notice Ids of an account's triggers, by their slots.
    @param account Any.
    """
    found: DynArray[uint256, words.MAX_TRIGGERS] = []
    word: uint256 = self.accounts[account]
    for slot: uint256 in range(words.MAX_TRIGGERS):
        if words._uses(word, slot):
            number: uint256 = words._number(self.stored[words._key(account, slot)].terms)
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
    @dev    Reverts never, but in the midst of a call of the engine, which then answers nobody.
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
def _take_slot(account: uint256) -> uint256:
    word: uint256 = self.accounts[account]
    if not words._has_room(word):
        refuse._because("triggers: too many triggers")
    slot: uint256 = 0
    word, slot = words._with_next(word)
    self.accounts[account] = word
    return slot


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
    if (terms.tick == 0) != is_trailing or terms.tick > MAX_TICK:
        refuse._because("triggers: bad tick")
    if (terms.limit == 0) == is_limit or terms.limit > MAX_TICK:
        refuse._because("triggers: bad limit")
    if (is_limit and terms.slippage != 0) or not self._is_bounded(terms.slippage, terms.slippage_in_bps):
        refuse._because("triggers: bad slippage")
    if (terms.distance == 0) == is_trailing or not self._is_bounded(terms.distance, terms.distance_in_bps):
        refuse._because("triggers: bad distance")
    if terms.lots > MAX_LOTS or (terms.lots == 0 and not terms.reduce_only):
        refuse._because("triggers: bad size")
    if not (self._is_to_come(terms.expiry) and self._is_to_come(terms.order_expiry)):
        refuse._because("triggers: bad expiry")
    if terms.order_expiry != 0 and not is_limit:
        refuse._because("triggers: bad expiry")
    if terms.tip > MAX_TIP:
        refuse._because("triggers: bad tip")
    grid: uint256 = (staticcall IEngine(engine).market(terms.market)).grid
    if is_trailing or terms.attached:
        extcall IEngine(engine).sync(account)
    is_long: bool = False
    if terms.attached:
        lots: int256 = (staticcall IEngine(engine).position(account, terms.market)).lots
        if lots == 0:
            refuse._because("triggers: no position")
        is_long = lots > 0
        if terms.reduce_only and terms.is_ask != is_long:
            refuse._because("triggers: bad side")
    terms_word: uint256 = words._terms(terms, words._count(self.accounts[account]), grid, is_long)
    extreme: uint256 = 0
    if is_trailing:
        mark: IPerpEngine.Mark = staticcall IEngine(engine).mark(terms.market)
        seen: Seen = self._see(terms_word, mark)
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
        return amount < BPS
    return amount <= MAX_TICK


@internal
@view
def _is_to_come(time: uint256) -> bool:
    return time == 0 or (time > block.timestamp and time <= MAX_TIME)


@internal
def _store(account: uint256, slot: uint256, terms: uint256, prices: uint256) -> uint256:
    """
    @return The id.
    """
    self.stored[words._key(account, slot)] = Stored(terms=terms, prices=prices)
    return words._id(account, words._number(terms), slot)


@internal
def _log_placed(account: uint256, id: uint256, partner: uint256, prices: uint256, terms: ITriggerOrders.NewTrigger):
    log ITriggerOrders.Placed(
        account=account, id=id, partner=partner, extreme=words._extreme(prices), terms=terms
    )


@internal
def _pull(tip: uint256):
    if tip != 0:
        tokens._pull(token, msg.sender, tip)


# ------------------------------------------------------------------ removing

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


# ------------------------------------------------------------------ conditions

@internal
@view
def _is_expired(terms: uint256) -> bool:
    expiry: uint256 = words._expiry(terms)
    return expiry != 0 and block.timestamp >= expiry


@internal
@view
def _position(account: uint256, terms: uint256) -> IPerpEngine.Position:
    """
    @notice The position, where the terms ask for it.
    """
    if words._is_reduce_only(terms) or words._is_attached(terms):
        return staticcall IEngine(engine).position(account, words._market(terms))
    return empty(IPerpEngine.Position)


@internal
@view
def _void(terms: uint256, grid: uint256, lots: int256) -> ITriggerOrders.End:
    """
    @notice Why a trigger is void; nothing where it is not.
    @param grid Of the market now.
    @param lots Of the position, signed.
    """
    if words._grid(terms) != grid:
        return ITriggerOrders.End.RESCALED
    if words._is_attached(terms) and (lots == 0 or (lots > 0) != words._is_long(terms)):
        return ITriggerOrders.End.CLOSED
    return empty(ITriggerOrders.End)


@internal
@view
def _see(terms: uint256, mark: IPerpEngine.Mark) -> Seen:
    """
    @notice The market of a trigger, and its reference if there is one that serves.
    """
    market: uint256 = words._market(terms)
    here: IPerpEngine.Market = staticcall IEngine(engine).market(market)
    rules: IPerpEngine.MarketSettings = staticcall IEngine(engine).market_settings(market)
    seen: Seen = Seen(
        reason="",
        reference=mark.mark,
        mark=mark.mark,
        one=here.unit << here.scale,
        grid=here.grid,
        band_bps=rules.band_bps,
    )
    if mark.status not in (IOracleRouter.Status.LIVE | IOracleRouter.Status.DEGRADED):
        seen.reason = "triggers: price not fit"
    elif block.timestamp - mark.time > rules.max_mark_age:
        seen.reason = "triggers: mark too old"
    elif words._source(terms) == ITriggerOrders.Source.INDEX:
        seen.reference = mark.index
    elif words._source(terms) == ITriggerOrders.Source.CLEARING:
        seen.reference = (staticcall IEngine(engine).funding_of(market)).clearing
        if seen.reference == 0:
            seen.reason = "triggers: no clearing price"
    return seen


@internal
@view
def _is_above(terms: uint256) -> bool:
    """
    @notice Whether it triggers at or above a price, not at or below.
    """
    takes: bool = words._kind(terms) in (ITriggerOrders.Kind.TAKE_MARKET | ITriggerOrders.Kind.TAKE_LIMIT)
    return takes == words._is_ask(terms)


@internal
@view
def _is_better(terms: uint256, prices: uint256, reference: uint256) -> bool:
    """
    @notice Whether a reference moves the extreme of a trailing stop.
    """
    if words._kind(terms) != ITriggerOrders.Kind.TRAILING:
        return False
    if words._is_ask(terms):
        return reference > words._extreme(prices)
    return reference < words._extreme(prices)


@internal
@view
def _price(terms: uint256, prices: uint256, one: uint256) -> uint256:
    """
    @notice Where a trigger triggers, exactly: 1/10,000 of a lot price; 0 for a trailing stop that is further below than
            prices go.
    @param one A tick as a lot price.
    """
    if words._kind(terms) != ITriggerOrders.Kind.TRAILING:
        return words._tick(prices) * one * BPS
    extreme: uint256 = words._extreme(prices)
    distance: uint256 = words._distance(prices) * (extreme if words._distance_in_bps(terms) else one * BPS)
    if not words._is_ask(terms):
        return extreme * BPS + distance
    return extreme * BPS - min(distance, extreme * BPS)


@internal
@view
def _is_triggered(terms: uint256, prices: uint256, seen: Seen) -> bool:
    """
    @notice Whether the condition holds at the reference, compared without rounding.
    """
    price: uint256 = self._price(terms, prices, seen.one)
    if self._is_above(terms):
        return seen.reference * BPS >= price
    return seen.reference * BPS <= price


@internal
@view
def _order(
    terms: uint256, prices: uint256, seen: Seen, position: IPerpEngine.Position
) -> IOrderbookV2.NewOrder:
    """
    @notice The order of a trigger; without lots where there is nothing that it could close.
    """
    is_ask: bool = words._is_ask(terms)
    lots: uint256 = words._lots(terms)
    if words._is_reduce_only(terms):
        free: int256 = position.lots - convert(position.ask_lots, int256)
        if not is_ask:
            free = -position.lots - convert(position.bid_lots, int256)
        lots = min(lots if lots != 0 else MAX_LOTS, convert(max(free, 0), uint256))
    tick: uint256 = words._limit(prices)
    is_market: bool = tick == 0
    if is_market:
        tick = self._market_tick(terms, prices, seen)
    return IOrderbookV2.NewOrder(
        is_ask=is_ask,
        tick=tick,
        lots=lots,
        batch_only=is_market,
        post_only=False,
        reduce_only=words._is_reduce_only(terms),
        expiry=words._order_expiry(prices),
        client_id=0,
    )


@internal
@view
def _market_tick(terms: uint256, prices: uint256, seen: Seen) -> uint256:
    """
    @notice The furthest limit from the reference that the slippage allows, and the engine's band. Rounded towards the
            reference: the owner bears no more than he said.
    """
    whole: uint256 = seen.reference * BPS
    slack: uint256 = words._slippage(prices) * (seen.reference if words._slippage_in_bps(terms) else seen.one * BPS)
    band: uint256 = seen.mark * seen.band_bps // BPS  # rounded down, as the engine does
    tick: uint256 = 0
    if words._is_ask(terms):
        tick = self._div_up(whole - min(slack, whole), seen.one * BPS)
        tick = max(tick, self._div_up(seen.mark - band, seen.one))
    else:
        tick = min((whole + slack) // (seen.one * BPS), (seen.mark + band) // seen.one)
    return max(1, min(tick, MAX_TICK))


@internal
@pure
def _div_up(dividend: uint256, divisor: uint256) -> uint256:
    return (dividend + divisor - 1) // divisor


@internal
@view
def _standing(id: uint256) -> ITriggerOrders.Standing:
    """
    @notice What an execution would do, as far as can be seen.
    """
    standing: ITriggerOrders.Standing = empty(ITriggerOrders.Standing)
    account: uint256 = words._account(id)
    place: Stored = self.stored[words._key(account, words._slot(id))]
    terms: uint256 = place.terms
    if not words._is_of(id, terms):
        standing.reason = "triggers: unknown trigger"
        return standing
    if self._is_expired(terms):
        standing.reason = "triggers: expired"
        return standing
    seen: Seen = self._see(terms, staticcall IEngine(engine).mark(words._market(terms)))
    position: IPerpEngine.Position = self._position(account, terms)
    if self._void(terms, seen.grid, position.lots) != empty(ITriggerOrders.End):
        standing.reason = "triggers: void"
    elif len(seen.reason) != 0:
        standing.reason = seen.reason
    elif not self._is_triggered(terms, place.prices, seen):
        standing.reason = "triggers: not triggered"
    elif self._order(terms, place.prices, seen, position).lots == 0:
        standing.reason = "triggers: nothing to close"
    else:
        standing.ready = True
        if words._is_parked(terms):
            standing.reason = self.parked[id]
    return standing
