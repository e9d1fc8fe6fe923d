# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   OracleRouter: one price a market, out of several sources, with what it is worth
@license AGPL-3.0-only
@notice  Asks the sources of a market, takes the weighted median of those that answer in time, and says by a status and
         its reasons how far it may be trusted. `price` answers whatever the sources do; `record` writes the answer
         down, for averages, for the limit on its speed, and so that publish times never go back.
@dev     docs/oracle.md explains the rules and how to choose parameters; IOracleRouter gives the units of all arguments
         and results.
@custom:security A source is called with a fixed stipend of gas, by static call, and at most three words of its answer are
                 read: it can be wrong, or missing, but not stop the others. No source with less than half of the
                 weight that is heard moves the price past its neighbours in the median. A call that has too little gas left for a full stipend reverts, or its
                 caller could choose which sources are heard.
@custom:halt `halt` by the owner, market by market, and for a day by the guardian; `resume` by the owner.
"""
from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from interfaces import IOracleRouter
from interfaces import IPullSource

from contracts.modules import action_matrix
from contracts.modules import refuse
from contracts.modules import steps
from contracts.modules.oracle import aggregate
from contracts.modules.oracle import oracle_layout as layout
from contracts.modules.oracle import price_history as history


initializes: ownable
initializes: ownable_2step[ownable := ownable]
initializes: history

implements: IOracleRouter

exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    # not renounce_ownership: somebody has to be able to end a halt
)


BPS: constant(uint256) = 10_000
MAX_CLOCK_SKEW: constant(uint256) = 5     # seconds by which a source's clock may be ahead of the chain's
MAX_DEVIATION_BPS: constant(uint256) = 2_000
MAX_REJECTION_BPS: constant(uint256) = 4_000
MAX_MOVE_BPS: constant(uint256) = 4_000
MAX_SPACING: constant(uint256) = 1_000
DEVIATION_STEP: constant(uint256) = 50    # what is never too large a change
REJECTION_STEP: constant(uint256) = 100
MOVE_STEP: constant(uint256) = 100
SPACING_STEP: constant(uint256) = 15      # seconds
MAX_WEIGHT: constant(uint256) = 15
MAX_HEARTBEAT: constant(uint256) = 172_800
MIN_SOURCE_GAS: constant(uint256) = 20_000
MAX_SOURCE_GAS: constant(uint256) = 500_000
SEQUENCER_GAS: constant(uint256) = 100_000
CALL_OVERHEAD: constant(uint256) = 10_000  # more than a call to a cold address costs before its stipend
MAX_GRACE: constant(uint256) = 86_400
GUARDED_HALT: constant(uint256) = 86_400   # seconds of a halt by the guardian

sequencer_feed: public(immutable(address))  # Chainlink's L2 sequencer uptime feed; zero where the chain has none
sequencer_grace: public(immutable(uint256))  # seconds

guardian: public(address)
changed_at: public(HashMap[uint256, uint256])    # last change of a market's guards, move limit or spacing; 0: none
halted_until: public(HashMap[uint256, uint256])  # end of the guardian's halt, until the owner resumes; 0: there was none
sources: HashMap[uint256, uint256[layout.MAX_SOURCES]]  # with the policy in the first


@deploy
def __init__(owner: address, guardian_: address, sequencer_feed_: address, sequencer_grace_: uint256):
    """
    @notice Opens a router without markets.
    @param owner            May do everything that follows under "governance".
    @param guardian_        May halt markets; zero for nobody.
    @param sequencer_feed_  Chainlink's sequencer uptime feed of this chain; zero where there is no sequencer.
    @param sequencer_grace_ Seconds after the sequencer came back during which prices are STALE, at most a day.
    @dev   Reverts: "router: no owner", "router: no sequencer feed", "router: grace too long".
    """
    if owner == empty(address):
        refuse._because("router: no owner")
    if sequencer_feed_ != empty(address) and not sequencer_feed_.is_contract:
        refuse._because("router: no sequencer feed")
    if sequencer_grace_ > MAX_GRACE:
        refuse._because("router: grace too long")
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(owner)
    self._set_guardian(guardian_)
    sequencer_feed = sequencer_feed_
    sequencer_grace = sequencer_grace_


# ------------------------------------------------------------------ prices

@external
@view
def price(market: uint256) -> IOracleRouter.Price:
    """
    @notice What the sources say now. Whatever they do, it is told by the status: the call does not revert.
    @dev    Reverts: "router: unknown market"; "router: too little gas" where a source could not get its stipend; to
            those whom `record` and `update` call, as there is no price in the midst of one.
    @param market A configured market.
    @return The price and what it is worth. Published no earlier than what was last recorded.
    """
    return self._price(market, self._policy(market), history.states[market])


@external
def record(market: uint256) -> IOracleRouter.Price:
    """
    @notice As `price`, and writes it down when it is a new one. By anyone.
    @param market A configured market.
    @return As `price`.
    @dev    Reverts as `price`.
    """
    return self._record(market)


@external
@payable
def update(market: uint256, payloads: DynArray[Bytes[4096], layout.MAX_SOURCES]) -> IOracleRouter.Price:
    """
    @notice Feeds the market's sources, then records. By anyone. A source that refuses its payload is told by the event
            UpdateRefused and stops nothing: somebody may have brought the same prices a moment earlier. A source that
            is fed gets all the gas and may ask for all the value of the call: who feeds it trusts it with them.
    @param market   A configured market.
    @param payloads One for each source in the order of `configuration`, empty for sources that need none; those at the
                    end may be left out. The sources' fees come with the call, what is left of it goes back.
    @return As `price`.
    @dev    Reverts: "router: too many payloads", "router: refund failed"; as `price`.
    """
    policy: uint256 = self._policy(market)
    if len(payloads) > layout._sources(policy):
        refuse._because("router: too many payloads")
    left: uint256 = msg.value
    place: uint256 = 0
    for payload: Bytes[4096] in payloads:
        if len(payload) != 0:
            left -= self._feed(market, convert(self.sources[market][place] & layout.ADDRESS, address), payload, left)
        place += 1
    found: IOracleRouter.Price = self._record(market)
    if left != 0:
        if not raw_call(msg.sender, b"", value=left, revert_on_failure=False):
            refuse._because("router: refund failed")
    return found


@external
@view
def readings(market: uint256) -> DynArray[IOracleRouter.Reading, layout.MAX_SOURCES]:
    """
    @notice What each source says now, and what is wrong with it.
    @param market A configured market.
    @return In the order of `configuration`.
    @dev    Reverts as `price`.
    """
    policy: uint256 = self._policy(market)
    call: Bytes[36] = self._question(market)
    heard: uint256[layout.MAX_SOURCES] = empty(uint256[layout.MAX_SOURCES])
    words: uint256[layout.MAX_SOURCES] = empty(uint256[layout.MAX_SOURCES])
    count: uint256 = 0
    list: DynArray[IOracleRouter.Reading, layout.MAX_SOURCES] = []
    for i: uint256 in range(layout._sources(policy), bound=layout.MAX_SOURCES):
        source: uint256 = self.sources[market][i]
        word: uint256 = self._ask(source, call, layout._rejection_bps(policy))
        words[i] = word
        list.append(
            IOracleRouter.Reading(
                source=convert(source & layout.ADDRESS, address),
                price=word >> layout.PRICE_AT,
                confidence=(word >> layout.CONFIDENCE_AT) & layout.MAX_PRICE,
                published_at=(word & layout.TIMED) >> layout.TIME_AT,
                troubles=convert(word & layout.TROUBLES, IOracleRouter.Trouble),
            )
        )
        if word & layout.UNHEARD == 0:
            heard[count] = word
            count += 1
    low: uint256 = 0
    high: uint256 = 0
    low, high = aggregate._guard(
        aggregate._median(aggregate._sorted(heard, count), count), layout._deviation_bps(policy)
    )
    for i: uint256 in range(len(list), bound=layout.MAX_SOURCES):
        if words[i] & layout.UNHEARD == 0 and (list[i].price < low or list[i].price > high):
            list[i].troubles |= IOracleRouter.Trouble.SOURCE_DEVIATES
    return list


@external
@view
def twap(market: uint256, window: uint256) -> uint256:
    """
    @notice The average over time of the recorded price until now; each record holds until the next.
    @param market A market.
    @param window Seconds.
    @return Price, rounded down.
    @dev    Reverts: "router: bad window", "router: not enough history" (it begins with the first record; 1,024
            observations are kept).
    """
    return history._average(market, window)


@external
@view
def last(market: uint256) -> (uint256, uint256, uint256):
    """
    @notice What was recorded last.
    @param market A market.
    @return Price, its publish time, time of the record; zeros before the first.
    """
    state: uint256 = history.states[market]
    return layout._price(state), layout._published_at(state), layout._recorded_at(state)


@external
@view
def terms(action: IOracleRouter.Action, status: IOracleRouter.Status) -> IOracleRouter.Terms:
    """
    @notice On which terms an action may be done: the action matrix.
    @param action One action.
    @param status One status.
    @return Nothing where the action is not allowed.
    """
    return action_matrix._terms(action, status)


@external
@view
def configuration(
    market: uint256
) -> (IOracleRouter.Settings, DynArray[IOracleRouter.Source, layout.MAX_SOURCES]):
    """
    @notice The settings of a market.
    @param market A configured market.
    @return Settings; sources.
    @dev    Reverts "router: unknown market".
    """
    policy: uint256 = self._policy(market)
    list: DynArray[IOracleRouter.Source, layout.MAX_SOURCES] = []
    for i: uint256 in range(layout._sources(policy), bound=layout.MAX_SOURCES):
        list.append(layout._source(self.sources[market][i]))
    return layout._settings(policy), list


@external
@view
def is_configured(market: uint256) -> bool:
    """
    @notice Whether a market is configured.
    @param market Any number.
    @return True where `price` answers.
    """
    return self.sources[market][0] != 0


# ------------------------------------------------------------------ governance

@external
def configure(
    market: uint256,
    settings: IOracleRouter.Settings,
    sources: DynArray[IOracleRouter.Source, layout.MAX_SOURCES],
):
    """
    @notice Opens a market, or replaces all its settings. What was recorded stays: publish times do not go back. A halt
            stays as well. Sources and quorum change freely: a source that fails is replaced at once. The guards, the
            move limit and the spacing go by a step at most, and a day after their last change at the earliest.
    @param market   The exchange's number of the market.
    @param settings As IOracleRouter tells, with bounds; steps as docs/parameters.md tells.
    @param sources  1 to 8 different contracts.
    @dev   Owner only. Reverts: "router: no sources", "router: bad quorum", "router: bad deviation guard",
           "router: bad outer guard", "router: bad move limit", "router: bad spacing", "router: not a source",
           "router: source listed twice", "router: bad weight", "router: bad heartbeat",
           "router: bad confidence limit", "router: bad gas limit"; of a market that is open "router: step too large",
           "router: too soon".
    """
    ownable._check_owner()
    if len(sources) == 0:
        refuse._because("router: no sources")
    if settings.quorum == 0 or settings.quorum > len(sources):
        refuse._because("router: bad quorum")
    if settings.deviation_bps == 0 or settings.deviation_bps > MAX_DEVIATION_BPS:
        refuse._because("router: bad deviation guard")
    if settings.rejection_bps < settings.deviation_bps or settings.rejection_bps > MAX_REJECTION_BPS:
        refuse._because("router: bad outer guard")
    if settings.max_move_bps == 0 or settings.max_move_bps > MAX_MOVE_BPS:
        refuse._because("router: bad move limit")
    if settings.spacing == 0 or settings.spacing > MAX_SPACING:
        refuse._because("router: bad spacing")
    before: uint256 = self.sources[market][0]
    policy: uint256 = layout._policy(settings, len(sources), layout._is_halted(before))
    for i: uint256 in range(len(sources), bound=layout.MAX_SOURCES):
        self._check_source(sources[i], settings.deviation_bps)
        for j: uint256 in range(i, bound=layout.MAX_SOURCES):
            if sources[j].source == sources[i].source:
                refuse._because("router: source listed twice")
        self.sources[market][i] = layout._source_word(sources[i])
    self.sources[market][0] += policy
    if before != 0 and layout._numbers(before) != layout._numbers(policy):
        self._check_step(layout._settings(before), settings, self.changed_at[market])
        self.changed_at[market] = block.timestamp
    log IOracleRouter.MarketConfigured(market=market, settings=settings, sources=sources)


@external
def halt(market: uint256):
    """
    @notice Makes the price of a market HALTED: by the owner until `resume`, by the guardian for a day, and not again before `resume`.
            A halt of the owner's stays what it is.
    @param market A configured market.
    @dev   Guardian or owner only. Reverts: "router: not guardian or owner", "router: unknown market", "router: halted before".
    """
    policy: uint256 = self._policy(market)
    if msg.sender == ownable.owner:
        self.halted_until[market] = 0
    elif msg.sender != self.guardian:
        refuse._because("router: not guardian or owner")
    elif self.halted_until[market] != 0:
        refuse._because("router: halted before")
    elif not layout._is_halted(policy):
        self.halted_until[market] = block.timestamp + GUARDED_HALT
    self.sources[market][0] = policy | layout.HALTED
    log IOracleRouter.MarketHalted(market=market, by=msg.sender)


@external
def resume(market: uint256):
    """
    @notice Ends a halt.
    @param market A configured market.
    @dev   Owner only. Reverts "router: unknown market".
    """
    ownable._check_owner()
    self.sources[market][0] = self._policy(market) & ~layout.HALTED
    self.halted_until[market] = 0
    log IOracleRouter.MarketResumed(market=market)


@external
def set_guardian(guardian: address):
    """
    @notice Sets who besides the owner may halt.
    @param guardian Zero for nobody.
    @dev   Owner only.
    """
    ownable._check_owner()
    self._set_guardian(guardian)


# ------------------------------------------------------------------ inside

@internal
@view
def _price(market: uint256, policy: uint256, state: uint256) -> IOracleRouter.Price:
    """
    @notice The rules from sources to status.
    """
    found: IOracleRouter.Price = empty(IOracleRouter.Price)
    if layout._is_halted(policy) and self._is_halt_on(market):
        found.troubles = IOracleRouter.Trouble.MARKET_HALTED
    else:
        found.troubles = self._sequencer()
    if found.troubles not in (IOracleRouter.Trouble.MARKET_HALTED | IOracleRouter.Trouble.SEQUENCER_DOWN):
        troubles: IOracleRouter.Trouble = found.troubles
        found = self._median(market, policy)
        found.troubles |= troubles
    recorded: uint256 = layout._price(state)
    published_at: uint256 = layout._published_at(state)
    if found.price == 0:
        found.price = recorded
        found.low = recorded
        found.high = recorded
        if recorded == 0:
            found.troubles |= IOracleRouter.Trouble.NO_PRICE
    else:
        if found.published_at < published_at:
            found.troubles |= IOracleRouter.Trouble.OUTDATED
        fair: uint256 = found.price
        found.price = history._limited(state, fair, layout._max_move_bps(policy))
        if found.price != fair:
            found.troubles |= IOracleRouter.Trouble.MOVE_LIMITED
            found.low = min(found.low, found.price)
            found.high = max(found.high, found.price)
    found.published_at = max(found.published_at, published_at)
    found.status = self._status(found.troubles)
    return found


@internal
@view
def _is_halt_on(market: uint256) -> bool:
    """
    @notice Whether a halt is the owner's, or the guardian's of less than a day ago.
    """
    end: uint256 = self.halted_until[market]
    return end == 0 or block.timestamp < end


@internal
@view
def _median(market: uint256, policy: uint256) -> IOracleRouter.Price:
    """
    @notice Asks all sources, and what they come to. Price 0 where it comes to none.
    """
    call: Bytes[36] = self._question(market)
    guard: uint256 = layout._rejection_bps(policy)
    troubles: uint256 = 0
    heard: uint256[layout.MAX_SOURCES] = empty(uint256[layout.MAX_SOURCES])
    count: uint256 = 0
    source: uint256 = policy
    for i: uint256 in range(layout._sources(policy), bound=layout.MAX_SOURCES):
        if i != 0:
            source = self.sources[market][i]
        word: uint256 = self._ask(source, call, guard)
        troubles |= word
        if word & layout.UNHEARD == 0:
            heard[count] = word
            count = unsafe_add(count, 1)  # unsafe: at most MAX_SOURCES
    found: IOracleRouter.Price = aggregate._of(heard, count, policy)
    found.troubles |= convert(troubles & layout.TROUBLES, IOracleRouter.Trouble)
    return found


@internal
@pure
def _question(market: uint256) -> Bytes[36]:
    """
    @notice The call of IPriceSource.read.
    """
    return abi_encode(market, method_id=method_id("read(uint256)"))


@internal
@view
def _ask(source: uint256, call: Bytes[36], guard: uint256) -> uint256:
    """
    @notice What one source says. It may do what it likes with its gas.
    @dev    unsafe: the stipend has 9 bits times 1,000; prices and confidences are below 2**88 where they are multiplied,
            basis points below 2**12; a publish time is not after now where it is subtracted.
    @param source Its word.
    @param call   What to ask it.
    @param guard  The market's outer guard, basis points.
    @return Reading, a word of oracle_layout.
    """
    stipend: uint256 = unsafe_mul((source >> layout.GAS_AT) & layout.GAS, layout.GAS_UNIT)
    self._check_gas(stipend)
    success: bool = False
    answer: Bytes[96] = b""
    success, answer = raw_call(
        convert(source & layout.ADDRESS, address),
        call,
        max_outsize=96,
        gas=stipend,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success or len(answer) != 96:
        return layout.FAILED | layout.UNHEARD
    price: uint256 = 0
    confidence: uint256 = 0
    published_at: uint256 = 0
    price, confidence, published_at = abi_decode(answer, (uint256, uint256, uint256))
    if price == 0 or price | confidence > layout.MAX_PRICE:
        return layout.FAILED | layout.UNHEARD
    if published_at > block.timestamp:
        if published_at > block.timestamp + MAX_CLOCK_SKEW:
            return layout.FAILED | layout.UNHEARD
        published_at = block.timestamp
    word: uint256 = (
        (price << layout.PRICE_AT)
        | (confidence << layout.CONFIDENCE_AT)
        | (published_at << layout.TIME_AT)
        | (((source >> layout.WEIGHT_AT) & layout.WEIGHT) << layout.READING_WEIGHT_AT)
    )
    if unsafe_sub(block.timestamp, published_at) > (source >> layout.HEARTBEAT_AT) & layout.HEARTBEAT:
        return word | layout.LATE | layout.UNHEARD
    # a confidence is rounded up by its source, so limits are as well
    width: uint256 = unsafe_mul(unsafe_sub(max(confidence, 1), 1), BPS)
    if width >= unsafe_mul(price, (source >> layout.CONFIDENCE_BPS_AT) & layout.CONFIDENCE_BPS) and confidence != 0:
        word |= layout.WIDE
        if width >= unsafe_mul(price, guard):
            word |= layout.UNHEARD
    return word


@internal
@view
def _sequencer() -> IOracleRouter.Trouble:
    """
    @notice What the sequencer's uptime feed says: SEQUENCER_DOWN, SEQUENCER_GRACE or nothing.
    @dev    Its answer is 0 while the sequencer is up, since startedAt; startedAt is 0 before it was ever set.
    """
    if sequencer_feed == empty(address):
        return empty(IOracleRouter.Trouble)
    success: bool = False
    answer: Bytes[160] = b""
    self._check_gas(SEQUENCER_GAS)
    success, answer = raw_call(
        sequencer_feed,
        method_id("latestRoundData()"),
        max_outsize=160,
        gas=SEQUENCER_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success or len(answer) != 160:
        return IOracleRouter.Trouble.SEQUENCER_DOWN
    status: uint256 = extract32(answer, 32, output_type=uint256)
    since: uint256 = extract32(answer, 64, output_type=uint256)
    if status != 0 or since == 0:
        return IOracleRouter.Trouble.SEQUENCER_DOWN
    if block.timestamp < since or block.timestamp - since < sequencer_grace:
        return IOracleRouter.Trouble.SEQUENCER_GRACE
    return empty(IOracleRouter.Trouble)


@internal
@view
def _check_gas(stipend: uint256):
    """
    @notice Reverts "router: too little gas" where a call could not be given its stipend: one 64th of the gas stays
            with the caller, a 32nd is asked for.
    """
    if msg.gas < stipend + (stipend >> 5) + CALL_OVERHEAD:
        refuse._because("router: too little gas")


@internal
@view
def _status(troubles: IOracleRouter.Trouble) -> IOracleRouter.Status:
    """
    @notice The worst that the troubles make of a price.
    """
    if troubles == empty(IOracleRouter.Trouble):
        return IOracleRouter.Status.LIVE
    if troubles in (
        IOracleRouter.Trouble.SEQUENCER_DOWN | IOracleRouter.Trouble.MARKET_HALTED | IOracleRouter.Trouble.NO_PRICE
    ):
        return IOracleRouter.Status.HALTED
    if troubles in (
        IOracleRouter.Trouble.QUORUM_MISSED
        | IOracleRouter.Trouble.NO_MAJORITY
        | IOracleRouter.Trouble.SEQUENCER_GRACE
    ):
        return IOracleRouter.Status.STALE
    return IOracleRouter.Status.DEGRADED


@internal
def _record(market: uint256) -> IOracleRouter.Price:
    """
    @notice The price now, written down where the sources came to one.
    """
    policy: uint256 = self._policy(market)
    state: uint256 = history.states[market]
    found: IOracleRouter.Price = self._price(market, policy, state)
    if found.troubles not in (
        IOracleRouter.Trouble.QUORUM_MISSED
        | IOracleRouter.Trouble.NO_MAJORITY
        | IOracleRouter.Trouble.SEQUENCER_DOWN
        | IOracleRouter.Trouble.MARKET_HALTED
    ):
        history._record(market, state, found.price, found.published_at, layout._spacing(policy))
        log IOracleRouter.Recorded(
            market=market, price=found.price, published_at=found.published_at, troubles=found.troubles
        )
    return found


@internal
def _feed(market: uint256, source: address, payload: Bytes[4096], left: uint256) -> uint256:
    """
    @notice Gives a source its payload, and its fee out of what is left of the value.
    @return What it cost: nothing where it was refused.
    """
    success: bool = False
    answer: Bytes[100] = b""
    success, answer = raw_call(
        source,
        abi_encode(payload, method_id=method_id("update_fee(bytes)")),
        max_outsize=100,
        is_static_call=True,
        revert_on_failure=False,
    )
    fee: uint256 = 0
    if success:
        success = len(answer) >= 32
    if success:
        fee = extract32(answer, 0, output_type=uint256)
        success = fee <= left
        answer = b""
    if success:
        success, answer = raw_call(
            source,
            abi_encode(market, payload, method_id=method_id("update(uint256,bytes)")),
            max_outsize=100,
            value=fee,
            revert_on_failure=False,
        )
    if success:
        return fee
    log IOracleRouter.UpdateRefused(market=market, source=source, why=answer)
    return 0


@internal
@view
def _policy(market: uint256) -> uint256:
    """
    @notice The word with the policy of a configured market.
    """
    policy: uint256 = self.sources[market][0]
    if policy == 0:
        refuse._because("router: unknown market")
    return policy


@internal
@view
def _check_source(source: IOracleRouter.Source, deviation_bps: uint256):
    if not source.source.is_contract:
        refuse._because("router: not a source")
    if source.weight == 0 or source.weight > MAX_WEIGHT:
        refuse._because("router: bad weight")
    if source.heartbeat == 0 or source.heartbeat > MAX_HEARTBEAT:
        refuse._because("router: bad heartbeat")
    if source.confidence_bps > deviation_bps:
        refuse._because("router: bad confidence limit")
    if source.gas_limit < MIN_SOURCE_GAS or source.gas_limit > MAX_SOURCE_GAS or source.gas_limit % layout.GAS_UNIT != 0:
        refuse._because("router: bad gas limit")


@internal
@view
def _check_step(before: IOracleRouter.Settings, after: IOracleRouter.Settings, changed_at: uint256):
    """
    @notice Each number of a market's policy goes a step at most, once a day. The quorum counts sources, and goes with them.
    """
    if (
        steps._is_large(before.deviation_bps, after.deviation_bps, DEVIATION_STEP)
        or steps._is_large(before.rejection_bps, after.rejection_bps, REJECTION_STEP)
        or steps._is_large(before.max_move_bps, after.max_move_bps, MOVE_STEP)
        or steps._is_large(before.spacing, after.spacing, SPACING_STEP)
    ):
        refuse._because("router: step too large")
    if steps._is_early(changed_at):
        refuse._because("router: too soon")


@internal
def _set_guardian(guardian: address):
    self.guardian = guardian
    log IOracleRouter.GuardianSet(guardian=guardian)
